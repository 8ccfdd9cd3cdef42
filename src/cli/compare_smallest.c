/* Which of several model files to take: see compare_smallest.h. */
#include "cli/compare_smallest.h"

#include "lm/files/file.h"

#include <stdlib.h>
#include <string.h>

struct size {
    bool is_file;
    double bits;    /* a weight */
    uint64_t bytes; /* of the file */
};

static double weights_of(const struct lm_file *file) {
    double sum = 0;
    for (size_t i = 0; i < file->n_tensors; i++) sum += (double)lm_tensor_size(&file->tensors[i]);
    return sum;
}

/* A codec's levels are written as plain numbers, so its file does not show how small the model could be. */
static double stated_bits(const struct lm_file *file) {
    const struct lm_value *v = lm_file_value(file, "basanite.compress.bits_per_weight");
    char number[32] = "";
    if (v && v->kind == LM_VALUE_TEXT && v->text.len < sizeof number) memcpy(number, v->text.at, v->text.len);
    return strtod(number, NULL);
}

static struct size size_of(const struct arguments *args, const char *spec) {
    struct size s = {0};
    struct error none = {0};
    struct lm_file *file = common_model_file(args, spec, &none);
    double weights = file ? weights_of(file) : 0;
    if (weights > 0) {
        double stated = stated_bits(file);
        s = (struct size){true, stated > 0 ? stated : 8 * (double)file->bytes / weights, file->bytes};
    }
    lm_file_close(file);
    return s;
}

bool compare_note_smallest(const struct arguments *args, struct comparison *c, struct error *err) {
    size_t files = 0, met = 0, best = 0;
    struct size smallest = {0};
    if (c->gate.n == 0 || c->n_runs < 3) return true;
    for (size_t i = 1; i < c->n_runs; i++) {
        struct size s = size_of(args, c->runs[i].spec);
        files += s.is_file;
        if (!s.is_file || c->runs[i].gate != GATE_MET) continue;
        met++;
        if (best && (s.bits > smallest.bits || (s.bits == smallest.bits && s.bytes >= smallest.bytes))) continue;
        best = i;
        smallest = s;
    }
    if (files < 2) return true;
    if (!best) return compare_note(c, err, "none of the %zu files passes the gate", files);
    return compare_note(c, err,
                        "%zu of %zu files pass the gate; the smallest of them is %s: %.2f bits a weight, "
                        "a file of %.1f MB",
                        met, files, c->runs[best].spec, smallest.bits, (double)smallest.bytes / 1e6);
}
