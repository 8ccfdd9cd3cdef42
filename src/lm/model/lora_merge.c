/* Reading an adapter and adding it to a model: see lora.h. */
#include "lm/model/lora.h"
#include "lm/model/arch.h"
#include "lm/model/model_head.h"

#include "base/hash.h"
#include "lm/files/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool lm_lora_add(float *values, size_t n, size_t k, size_t rank, double scale, const float *a, const float *b,
                 struct error *err) {
    float *scaled = memory_aligned(64, n * rank * sizeof *scaled);
    if (!scaled) return error_memory(err, "adapter");
    for (size_t i = 0; i < n * rank; i++) scaled[i] = (float)(scale * (double)b[i]);
    bool ok = matmul(NULL, MATMUL_F32, false, false, n, k, rank, scaled, a, values, true, err);
    memory_free(scaled);
    return ok;
}

size_t lm_rope_half_row(size_t row, size_t size) {
    size_t i = row % size;
    return row - i + (i % 2 ? i / 2 + size / 2 : i / 2);
}

struct merging {
    struct lm_model *model;
    const struct lm_file *file;
    double scale; /* factor x alpha; divided by each pair's rank */
    size_t used;  /* tensors of the file */
};

static bool check_text(const struct merging *m, const char *key, const char *expected, const char *otherwise,
                       struct error *err) {
    const struct lm_value *v = lm_file_value(m->file, key);
    if (v && v->kind == LM_VALUE_TEXT && text_equal_c(v->text, expected)) return true;
    struct text found =
        v && v->kind == LM_VALUE_TEXT ? text_part(v->text, 0, v->text.len < 80 ? v->text.len : 80) : TEXT("nothing");
    return error_set(err, ERROR_DATA, "%s: %s is '%.*s', expected '%s'; %s", m->file->path, key, TEXT_ARG(found),
                     expected, otherwise);
}

/* alpha; and that the adapter was made for this model, where the file tells. */
static bool check_head(struct merging *m, double *alpha, struct error *err) {
    const struct lm_value *a = lm_file_value(m->file, "adapter.lora.alpha"),
                          *base = lm_file_value(m->file, "basanite.adapter.base");
    if (!check_text(m, "general.type", "adapter", "this is no adapter", err) ||
        !check_text(m, "adapter.type", "lora", "only this kind is built", err) ||
        !check_text(m, "general.architecture", arch_gguf(m->model), "the base has another architecture", err))
        return false;
    if (!a || a->kind != LM_VALUE_F64 || !isfinite(a->f64))
        return error_set(err, ERROR_DATA, "%s: metadata 'adapter.lora.alpha' is missing or no number", m->file->path);
    *alpha = a->f64;
    if (!base || (base->kind == LM_VALUE_TEXT && text_equal_c(base->text, m->model->digest))) return true;
    struct text wanted =
        base->kind == LM_VALUE_TEXT ? text_part(base->text, 0, base->text.len < 64 ? base->text.len : 64) : TEXT("?");
    return error_set(err, ERROR_DATA,
                     "%s: made for another base: sha256 %.*s, but '%s' is %s; name the file it was trained on",
                     m->file->path, TEXT_ARG(wanted), m->model->name, m->model->digest);
}

/* A tensor [rows, columns] as f32; a size of 0 may be any from 1 to 65536 and is set. */
static float *read_part(const struct merging *m, const char *name, uint64_t *rows, uint64_t *columns,
                        struct error *err) {
    const struct lm_tensor *t = lm_file_tensor(m->file, name);
    if (!t)
        return error_set(err, ERROR_DATA, "%s: tensor '%s' is missing, its other half is there", m->file->path, name),
               NULL;
    uint64_t *const expected[2] = {rows, columns};
    for (size_t i = 0; t->dims == 2 && i < 2; i++)
        if (*expected[i] == 0 && t->shape[i] >= 1 && t->shape[i] <= 65536) *expected[i] = t->shape[i];
    if (t->dims != 2 || t->shape[0] != *rows || t->shape[1] != *columns) {
        error_set(err, ERROR_DATA,
                  "%s: tensor '%s' has shape [%llu, %llu], expected [%llu, %llu]; it belongs to another model",
                  m->file->path, name, (unsigned long long)t->shape[0],
                  t->dims > 1 ? (unsigned long long)t->shape[1] : 1ull, (unsigned long long)*rows,
                  (unsigned long long)*columns);
        return NULL;
    }
    size_t n = (size_t)lm_tensor_size(t);
    float *values = memory_aligned(64, n * sizeof *values);
    if (!values) return error_memory(err, name), NULL;
    bool ok = lm_tensor_to_f32(t, values, err);
    for (size_t i = 0; ok && i < n; i++)
        if (!isfinite(values[i]))
            ok = error_set(err, ERROR_DATA, "%s: tensor '%s' holds a value that is not finite at element %zu",
                           m->file->path, name, i);
    if (ok) return values;
    memory_free(values);
    return NULL;
}

/* Rows of b from GGUF's order to that of a model whose pairs are halves. */
static bool halve(float *b, size_t n, size_t rank, size_t head_size, struct error *err) {
    float *copy = memory_alloc(n * rank * sizeof *copy);
    if (!copy) return error_memory(err, "adapter");
    memcpy(copy, b, n * rank * sizeof *b);
    for (size_t row = 0; row < n; row++)
        memcpy(b + lm_rope_half_row(row, head_size) * rank, copy + row * rank, rank * sizeof *b);
    memory_free(copy);
    return true;
}

static bool merge_pair(struct merging *m, struct lm_matrix *w, const char names[2][80], bool rotated,
                       struct error *err) {
    uint64_t rank = 0, n = w->n, k = w->k;
    if (!n)
        return error_set(err, ERROR_DATA, "%s: tensor '%s' belongs to a matrix that '%s' does not have", m->file->path,
                         names[0], m->model->name);
    if (!w->values)
        return error_set(err, ERROR_USAGE, "'%s' has no plain values; load it with its values kept", m->model->name);
    float *a = read_part(m, names[0], &rank, &k, err), *b = a ? read_part(m, names[1], &n, &rank, err) : NULL;
    bool ok = b && (!rotated || halve(b, w->n, (size_t)rank, m->model->shape.head_size, err)) &&
              lm_lora_add(w->values, w->n, w->k, (size_t)rank, m->scale / (double)rank, a, b, err) &&
              (!w->packed || matmul_weights_update(w->packed, w->values, err));
    memory_free(a);
    memory_free(b);
    m->used += 2;
    return ok;
}

/* Half of the pair of a target. Where there are experts the feed-forward that may have one is the shared expert. */
static void put_name(const struct merging *m, size_t l, size_t target, bool b, char out[80]) {
    bool shared = m->model->shape.shared_hidden && target >= 4;
    snprintf(out, 80, "blk.%zu.%s%s.weight.lora_%c", l, lm_lora_target_names[target], shared ? "_shexp" : "",
             b ? 'b' : 'a');
}

static bool merge_layer(struct merging *m, size_t l, struct error *err) {
    for (size_t i = 0; i < LM_LORA_TARGETS; i++) {
        char names[2][80];
        for (int half = 0; half < 2; half++) put_name(m, l, i, half, names[half]);
        if (!lm_file_tensor(m->file, names[0]) && !lm_file_tensor(m->file, names[1])) continue;
        bool rotated = i < 2 && arch_permutes(m->model);
        if (!merge_pair(m, lm_lora_matrix(&m->model->layers[l], i), names, rotated, err)) return false;
    }
    return true;
}

/* The first tensor that is none of those merged, for the message. */
static bool refuse_rest(const struct merging *m, struct error *err) {
    for (size_t t = 0; t < m->file->n_tensors; t++) {
        struct text name = m->file->tensors[t].name;
        bool fits = &m->file->tensors[t] == lm_head_find(m->file);
        for (size_t l = 0; !fits && l < m->model->shape.layers; l++)
            for (size_t i = 0; !fits && i < 2 * LM_LORA_TARGETS; i++) {
                char known[80];
                put_name(m, l, i / 2, i % 2, known);
                fits = text_equal_c(name, known);
            }
        if (!fits)
            return error_set(
                err, ERROR_DATA, "%s: tensor '%.*s' fits no matrix of '%s' (%zu layers) that may have an adapter",
                m->file->path, (int)(name.len < 100 ? name.len : 100), name.at, m->model->name, m->model->shape.layers);
    }
    return error_set(err, ERROR_DATA, "%s: an adapter without tensors", m->file->path);
}

static bool note(struct merging *m, const struct lm_adapter *adapter, struct error *err) {
    char digest[65], recipe[256], factor[32];
    if (!lm_file_digest(m->file, digest, err)) return false;
    text_from_f64(adapter->factor, factor);
    int n = snprintf(recipe, sizeof recipe, "%s+%s@%s", m->model->digest, digest, factor);
    sha256_hex(recipe, (size_t)n, m->model->digest);
    return true;
}

static bool merge(struct merging *m, const struct lm_adapter *adapter, struct error *err) {
    double alpha = 0;
    if (!check_head(m, &alpha, err)) return false;
    m->scale = adapter->factor * alpha;
    for (size_t l = 0; l < m->model->shape.layers; l++)
        if (!merge_layer(m, l, err)) return false;
    bool head = lm_head_find(m->file) != NULL;
    if (head && !lm_head_load(m->model, m->file, err)) return false;
    if (m->used == 0 || m->used + head != m->file->n_tensors) return refuse_rest(m, err);
    return note(m, adapter, err);
}

bool lm_lora_merge(struct lm_model *model, const struct lm_adapter *adapter, struct error *err) {
    struct lm_file *file = lm_file_open(adapter->path, err);
    if (!file) return error_wrap(err, "adapter");
    struct merging m = {.model = model, .file = file};
    bool ok = file->container == LM_GGUF ? merge(&m, adapter, err)
                                         : error_set(err, ERROR_DATA, "%s: an adapter is a GGUF file", adapter->path);
    lm_file_close(file);
    return ok;
}
