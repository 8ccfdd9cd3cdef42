/* Matrices that are left in their model's file: see enum lm_weights in model.h. */
#include "lm/model/model_internal.h"

#include "base/file_pages.h"
#include "base/option.h"

#include <math.h>
#include <string.h>

void lm_matrix_row(const struct lm_matrix *w, size_t i, float *out) {
    const struct lm_stored *s = &w->stored;
    if (w->values)
        memcpy(out, w->values + i * w->k, w->k * sizeof *out);
    else
        s->type->to_f32(s->at + i * (s->k / s->type->block * s->type->bytes), out, s->k);
}

static uint64_t matrix_values(const struct lm_file *file) {
    uint64_t sum = 0;
    for (size_t i = 0; i < file->n_tensors; i++)
        if (file->tensors[i].dims >= 2) sum += lm_tensor_size(&file->tensors[i]);
    return sum;
}

bool model_choose_weights(struct lm_model *m, const struct lm_file *file, const struct lm_load_options *options,
                          struct error *err) {
    bool can = !file->borrowed && !options->keep_values && !options->no_packing && !options->n_adapters;
    bool wanted = options->weights == LM_WEIGHTS_LEFT ||
                  (options->weights == LM_WEIGHTS_AUTO && matrix_values(file) > LM_LEFT_FROM);
    if (!can || !wanted) return true;
    m->rounds_given = m->compute == MATMUL_F32 && options->given != LM_GIVEN_F32;
    return (m->store = matmul_store_new(err)) != NULL;
}

static const struct option_def compute_options[] = {
    {"weights", OPTION_CHOICE, "auto", 1, 0, "auto|packed|left", "where the weights are while the model runs"},
};

static bool take_options(struct text type, const struct option_value *weights, struct lm_load_options *out,
                         struct error *err) {
    bool bf16 = text_equal_c(type, "bf16"), int8 = text_equal_c(type, "int8"), f32 = text_equal_c(type, "f32");
    if (!bf16 && !int8 && !f32 && !text_equal_c(type, "auto"))
        return error_set(err, ERROR_USAGE, "compute type '%.*s': there are 'auto', 'f32', 'bf16' and 'int8'",
                         TEXT_ARG(type));
    out->compute = bf16 ? MATMUL_BF16 : MATMUL_F32;
    out->given = int8 ? LM_GIVEN_INT8 : f32 ? LM_GIVEN_F32 : LM_GIVEN_AUTO;
    bool packed = text_equal_c(weights->text, "packed");
    out->weights = packed                                        ? LM_WEIGHTS_PACKED
                   : int8 || text_equal_c(weights->text, "left") ? LM_WEIGHTS_LEFT
                                                                 : LM_WEIGHTS_AUTO;
    return !int8 || !packed ||
           error_set(err, ERROR_USAGE, "compute int8 is of weights that stay in their file; weights=packed needs "
                                       "'f32' or 'bf16'");
}

bool lm_load_options_parse(struct text spec, struct lm_load_options *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 16);
    const struct option_value *o = spec_parse(&arena, spec, compute_options, 1, err);
    bool ok = o && take_options(spec_name(spec), o, out, err);
    arena_done(&arena);
    return ok;
}

static void read_rows(const void *context, size_t first, size_t n, float *out) {
    const struct lm_stored *w = context;
    w->type->to_f32(w->at + first * (w->k / w->type->block * w->type->bytes), out, n * w->k);
}

bool model_leave_matrix(const struct lm_model *m, struct lm_matrix *w, struct error *err) {
    const struct matmul_source source = {read_rows, &w->stored};
    return (w->packed = matmul_weights_new_source(&source, w->n, w->k, m->compute, m->store, err)) != NULL;
}

/* Infinite or not a number: all bits of the exponent are set. In integers, so that many are looked at together. */
static bool any_broken(const float *values, size_t n) {
    uint32_t broken = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        broken |= (uint32_t)((bits & 0x7f800000u) == 0x7f800000u);
    }
    return broken != 0;
}

static bool find_broken(const struct lm_stored *w, size_t *at, float *value) {
    enum { CHUNK = 16 * LM_TYPE_BLOCK_MOST };
    float values[CHUNK];
    size_t total = w->n * w->k;
    for (size_t i = 0; i < total; i += CHUNK) {
        size_t n = total - i < CHUNK ? total - i : CHUNK;
        w->type->to_f32(w->at + i / w->type->block * w->type->bytes, values, n);
        if (!any_broken(values, n)) continue;
        for (size_t j = 0; j < n; j++)
            if (!isfinite(values[j])) return *at = i + j, *value = values[j], true;
    }
    return false;
}

/* Pages that were looked through are given back: rows of an embedding, say, may never be needed. */
bool model_find_broken(const struct lm_stored *w, size_t *at, float *value) {
    bool found = find_broken(w, at, value);
    file_forget(w->at, w->n * (w->k / w->type->block * w->type->bytes));
    return found;
}
