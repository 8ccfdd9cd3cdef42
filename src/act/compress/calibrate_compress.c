/* Known weights of codecs: see calibrate_compress.h. */
#include "act/compress/calibrate_compress.h"

#include "act/compress/codec_awq.h"
#include "act/compress/grid.h"

#include "base/arena.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIZE_MOST = 4096, NAME = 96 };

struct known {
    size_t rows, columns, tokens, block;
    double damping;
    float *w, *x;
    struct moments inputs;
    size_t number;
};

/* One expected result and where it is compared. */
struct asked {
    const struct known *known;
    const char *name;
    const json_t *expect;
    struct arena *arena;
    const struct calibrate_out *out;
};

bool calibrate_compress_is(const json_t *gold) {
    const json_t *first = json_array_get(gold, 0);
    return json_object_get(first, "W") && json_object_get(first, "X") && json_object_get(first, "expect");
}

/* [rows, columns] numbers. */
static bool read_numbers(const json_t *list, size_t rows, size_t columns, float *out, const char *what,
                         struct error *err) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            const json_t *v = json_array_get(json_array_get(list, i), j);
            if (!json_is_number(v))
                return error_set(err, ERROR_DATA, "%s: expected %zu lists of %zu numbers; row %zu has none at %zu",
                                 what, rows, columns, i, j);
            out[i * columns + j] = (float)json_number_value(v);
        }
    return true;
}

static size_t whole(const json_t *row, const char *key) {
    long long v = json_integer_value(json_object_get(row, key));
    return v > 0 && v <= SIZE_MOST ? (size_t)v : 0;
}

static bool read_known(struct known *k, struct arena *arena, const json_t *row, size_t at, const char *path,
                       struct error *err) {
    *k = (struct known){.rows = whole(row, "rows"),
                        .columns = whole(row, "cols"),
                        .tokens = whole(row, "tokens"),
                        .block = whole(row, "blocksize"),
                        .number = at,
                        .damping = json_number_value(json_object_get(row, "percdamp"))};
    if (!k->rows || !k->columns || !k->tokens || !k->block)
        return error_set(err, ERROR_DATA, "%s: case %zu: expected rows, cols, tokens and blocksize from 1 to %d", path,
                         at, SIZE_MOST);
    return (k->w = arena_new(arena, float, k->rows * k->columns, err)) &&
           (k->x = arena_new(arena, float, k->tokens * k->columns, err)) &&
           read_numbers(json_object_get(row, "W"), k->rows, k->columns, k->w, path, err) &&
           read_numbers(json_object_get(row, "X"), k->tokens, k->columns, k->x, path, err) &&
           moments_init(&k->inputs, k->columns, true, err) && moments_add(&k->inputs, NULL, k->x, k->tokens, err) &&
           (moments_end(&k->inputs), true);
}

/* ---- the codecs on it ---- */

static struct codec_matrix copy_of(const struct asked *a, struct error *err) {
    const struct known *k = a->known;
    float *w = arena_new(a->arena, float, k->rows * k->columns, err);
    if (w) memcpy(w, k->w, k->rows * k->columns * sizeof *w);
    return (struct codec_matrix){a->name, k->rows, k->columns, w, (struct moments *)&k->inputs, true};
}

/* Mean square of (W' - W) x. */
static bool output_error(const struct asked *a, const float *w, double *out, struct error *err) {
    const struct known *k = a->known;
    float *d = arena_new(a->arena, float, k->rows * k->columns, err);
    for (size_t i = 0; d && i < k->rows * k->columns; i++) d[i] = w[i] - k->w[i];
    return d && moments_output_error(&k->inputs, NULL, d, k->rows, out, err);
}

static double number(const json_t *row, const char *key, double otherwise) {
    const json_t *v = json_object_get(row, key);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

/* Weights, or where levels lie on ties what they do to the output. */
static bool compare(const struct asked *a, const float *w, bool by_error, struct error *err) {
    const struct known *k = a->known;
    float *expected = arena_new(a->arena, float, k->rows * k->columns, err);
    double most = 0, mse = number(a->expect, "mse_out", NAN), found;
    char label[NAME];
    snprintf(label, sizeof label, "%s %zu", a->name, k->number);
    if (!expected || !read_numbers(json_object_get(a->expect, "W"), k->rows, k->columns, expected, label, err) ||
        !output_error(a, w, &found, err))
        return false;
    for (size_t i = 0; i < k->rows * k->columns; i++) most = fmax(most, fabs((double)w[i] - (double)expected[i]));
    if (by_error)
        calibrate_number(a->out, label, mse, found, 0.01 * mse, "mean square error of the output, which ties decide");
    else
        calibrate_number(a->out, label, 0, most, 1e-5, "largest difference of a weight");
    return true;
}

/* A codec by its spec. */
static bool try_codec(const struct asked *a, const char *spec, bool by_error, struct error *err) {
    struct codec_choice *choice;
    struct codec_matrix m = copy_of(a, err);
    size_t n;
    return m.w && codec_choices(a->arena, &spec, 1, &choice, &n, err) && codec_fits(choice, &m, err) &&
           choice->codec->compress(choice->options, &m, NULL, err) && compare(a, m.w, by_error, err);
}

static bool try_rtn(const struct asked *a, struct error *err) {
    char spec[NAME];
    snprintf(spec, sizeof spec, "rtn,bits=%zu,group=%zu", whole(a->expect, "bits"), whole(a->expect, "group"));
    return try_codec(a, spec, false, err);
}

static bool try_gptq(const struct asked *a, struct error *err) {
    char spec[2 * NAME], damping[32];
    bool sym = number(a->expect, "sym", 0) != 0;
    text_from_f64(a->known->damping, damping);
    snprintf(spec, sizeof spec, "gptq,bits=%zu,group=%zu,sym=%s,act=%s,damp=%s,block=%zu", whole(a->expect, "bits"),
             whole(a->expect, "group"), sym ? "yes" : "no", number(a->expect, "act_order", 0) != 0 ? "yes" : "no",
             damping, a->known->block);
    return try_codec(a, spec, sym, err);
}

static bool try_mask(const struct asked *a, const char *codec, struct error *err) {
    char spec[2 * NAME], damping[32];
    text_from_f64(a->known->damping, damping);
    bool half = strstr(a->name, "unstructured") != NULL, sparsegpt = strcmp(codec, "sparsegpt") == 0;
    int n = snprintf(spec, sizeof spec, "%s,%s", codec, half ? "share=0.5" : "pattern=2of4");
    if (sparsegpt) snprintf(spec + n, sizeof spec - (size_t)n, ",damp=%s,block=%zu", damping, a->known->block);
    return try_codec(a, spec, false, err);
}

/* The search for factors, judged by the matrix's own output: its best step, and what that gives. */
static bool try_awq_scale(const struct asked *a, struct error *err) {
    const struct known *k = a->known;
    unsigned bits = (unsigned)whole(a->expect, "bits");
    double *s = arena_new(a->arena, double, k->columns, err), least = INFINITY, best = 0, loss;
    struct codec_matrix m = copy_of(a, err);
    char label[NAME];
    if (!s || !m.w) return false;
    for (unsigned step = 0; step <= 20; step++) { /* the last time at the best */
        double alpha = step < 20 ? step / 20.0 : best;
        memcpy(m.w, k->w, k->rows * k->columns * sizeof *m.w);
        awq_factors(&k->inputs, alpha, s);
        awq_round_scaled(&m, s, bits, whole(a->expect, "group"));
        if (!output_error(a, m.w, &loss, err)) return false;
        if (loss < least) least = loss, best = alpha;
    }
    double most = 0;
    for (size_t j = 0; j < k->columns; j++)
        most = fmax(most, fabs(s[j] - json_number_value(json_array_get(json_object_get(a->expect, "scales"), j))));
    snprintf(label, sizeof label, "%s %zu alpha", a->name, k->number);
    calibrate_number(a->out, label, number(a->expect, "best_alpha", NAN), best, 1e-9, "");
    snprintf(label, sizeof label, "%s %zu factors", a->name, k->number);
    calibrate_number(a->out, label, 0, most, 1e-5, "largest difference of a factor");
    return compare(a, m.w, false, err);
}

static bool try_awq_clip(const struct asked *a, struct error *err) {
    const struct known *k = a->known;
    size_t group = whole(a->expect, "group"), groups = group ? k->columns / group : 0;
    double *most = arena_new(a->arena, double, k->rows *groups, err), difference = 0;
    float *expected = arena_new(a->arena, float, k->rows *groups, err);
    struct codec_matrix m = copy_of(a, err);
    char label[NAME];
    snprintf(label, sizeof label, "%s %zu", a->name, k->number);
    if (!groups) return error_set(err, ERROR_DATA, "%s: expected a group", label);
    if (!most || !expected || !m.w || !awq_clip(&m, (unsigned)whole(a->expect, "bits"), group, NULL, most, err) ||
        !read_numbers(json_object_get(a->expect, "max"), k->rows, groups, expected, label, err))
        return false;
    for (size_t i = 0; i < k->rows * groups; i++) difference = fmax(difference, fabs(most[i] - (double)expected[i]));
    calibrate_number(a->out, label, 0, difference, 1e-5, "largest difference of a limit");
    return true;
}

static bool try_one(const struct asked *a, struct error *err) {
    struct text name = text_of(a->name);
    if (text_starts(name, TEXT("rtn_"))) return try_rtn(a, err);
    if (text_starts(name, TEXT("gptq_"))) return try_gptq(a, err);
    if (text_starts(name, TEXT("awq_scale"))) return try_awq_scale(a, err);
    if (text_starts(name, TEXT("awq_clip"))) return try_awq_clip(a, err);
    if (text_starts(name, TEXT("magnitude_"))) return try_mask(a, "magnitude", err);
    if (text_starts(name, TEXT("wanda_"))) return try_mask(a, "wanda", err);
    if (text_starts(name, TEXT("sparsegpt_"))) return try_mask(a, "sparsegpt", err);
    calibrate_give(a->out, a->name, "a codec", "none", 0, CALIBRATE_MISSED, "no codec has this name");
    return true;
}

bool calibrate_compress(const json_t *gold, const char *path, calibrate_report *report, void *context,
                        struct error *err) {
    const struct calibrate_out out = {report, context};
    bool ok = true;
    size_t i;
    const json_t *row;
    json_array_foreach(gold, i, row) {
        struct arena arena;
        struct known known = {0};
        const char *name;
        json_t *expect;
        if (!ok) break;
        arena_init(&arena, (size_t)1 << 28);
        ok = read_known(&known, &arena, row, i, path, err);
        if (ok) json_object_foreach(json_object_get(row, "expect"), name, expect) {
                const struct asked a = {&known, name, expect, &arena, &out};
                if (ok) ok = try_one(&a, err);
            }
        moments_done(&known.inputs);
        arena_done(&arena);
    }
    return ok;
}
