/* The model of the benchmarks, and how fast model files are opened: see bench_model.h. */
#include "lm/calibrate/bench_model.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct lm_model *bench_model(const struct bench *b, enum matmul_type compute, struct error *err) {
    const struct lm_shape shape = {.layers = 4,
                                   .width = 256,
                                   .heads = 4,
                                   .kv_heads = 4,
                                   .head_size = 64,
                                   .hidden = 512,
                                   .vocabulary = 3072,
                                   .context = 512,
                                   .norm_eps = 1e-5f,
                                   .rope_base = 10000.0f,
                                   .rope_interleaved = true,
                                   .tied = true};
    const struct lm_load_options options = {.compute = compute, .keep_values = true};
    return b->subject ? lm_model_load(b->subject, &options, err) : lm_model_random(&shape, NULL, 1, err);
}

/* Of all matrices that a token meets, elements and bytes. */
struct weights {
    double elements, bytes;
};

static void add_matrix(struct weights *sum, const struct lm_model *model, const struct lm_matrix *w) {
    const struct lm_type_info *type = w->stored.type;
    bool half = model->compute == MATMUL_BF16 && matmul_bf16_is_native();
    double each = type ? (double)type->bytes / (double)type->block : half ? sizeof(uint16_t) : sizeof(float);
    sum->elements += (double)w->n * (double)w->k;
    sum->bytes += (double)w->n * (double)w->k * each;
}

static struct weights weights_of(const struct lm_model *model) {
    struct weights sum = {0};
    add_matrix(&sum, model, &model->output);
    for (size_t l = 0; l < model->shape.layers; l++) {
        const struct lm_layer *at = &model->layers[l];
        const struct lm_matrix *const all[] = {&at->q,    &at->k,  &at->v,    &at->o,
                                               &at->gate, &at->up, &at->down, &at->router};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) add_matrix(&sum, model, all[i]);
        for (size_t i = 0; i < model->shape.experts_used; i++) {
            add_matrix(&sum, model, &at->gates[i]);
            add_matrix(&sum, model, &at->ups[i]);
            add_matrix(&sum, model, &at->downs[i]);
        }
    }
    return sum;
}

double bench_model_flops(const struct lm_model *model) {
    return 2 * weights_of(model).elements;
}

double bench_model_bytes(const struct lm_model *model) {
    return weights_of(model).bytes;
}

static bool load(void *context, struct error *err) {
    const struct lm_load_options options = {.compute = MATMUL_F32};
    struct lm_model *model = lm_model_load(context, &options, err);
    lm_model_free(model);
    return model != NULL;
}

static bool load_file(struct bench *b, const char *path, const char *name, struct error *err) {
    struct stat info;
    double seconds;
    if (stat(path, &info) != 0) return error_set(err, ERROR_ENVIRONMENT, "bench load: cannot read '%s'", path);
    if (!bench_time(b, load, (void *)(uintptr_t)path, &seconds, err)) return false;
    double rate = 1e-9 * (double)info.st_size / seconds;
    b->report(b->context, &(struct bench_row){"load", name, rate, "GB/s", NAN, 1e-9 * b->bandwidth});
    return true;
}

/* A file of random weights under the folder for temporary files, gone when it was measured. */
static bool load_random(struct bench *b, const struct lm_model *model, enum lm_type type, const char *name,
                        struct error *err) {
    char path[4096];
    const char *folder = getenv("TMPDIR");
    int n = snprintf(path, sizeof path, "%s/basanite-bench-XXXXXX", folder && *folder ? folder : "/tmp");
    if (n < 0 || (size_t)n >= sizeof path) return error_set(err, ERROR_ENVIRONMENT, "TMPDIR is too long");
    int file = mkstemp(path);
    if (file < 0)
        return error_set(err, ERROR_ENVIRONMENT, "bench load: cannot make a file in '%s'; set TMPDIR to a folder that "
                         "can be written", folder && *folder ? folder : "/tmp");
    close(file);
    bool ok = lm_model_save(model, path, type, NULL, 0, err) && load_file(b, path, name, err);
    unlink(path);
    return ok;
}

bool bench_load(struct bench *b, struct error *err) {
    if (!bench_bandwidth(b, err)) return false;
    struct lm_model *model = bench_model(b, MATMUL_F32, err);
    if (!model) return false;
    bool ok = b->subject ? load_file(b, b->subject, model->types, err)
                         : load_random(b, model, LM_F16, "F16", err) && load_random(b, model, LM_Q8_0, "Q8_0", err);
    lm_model_free(model);
    return ok;
}
