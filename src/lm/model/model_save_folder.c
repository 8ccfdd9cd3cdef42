/* Writing a model as transformers reads it: see model_export.h. Tensors have the names of arch_config_name, queries and
 * keys their rows as halves, norms of gemma their gain less 1, matrices of gpt2 their columns as rows. */
#include "lm/files/safetensors_write.h"
#include "lm/model/arch.h"
#include "lm/model/lora.h"
#include "lm/model/model_export.h"
#include "lm/tokenizer/tokenizer_config.h"

#include <stdio.h>
#include <string.h>

#define TOKENIZER_MAX ((size_t)1 << 30)

struct export {
    struct lm_model *m; /* not changed */
    const struct lm_arch *arch;
    struct safetensors_writer *w;
    enum lm_type type;
    void **made; /* values that are not the model's own, held until they are written */
    size_t n_made, capacity;
    struct error *err;
};

static void *make(struct export *x, size_t n, size_t width) {
    if (x->n_made == x->capacity) {
        size_t capacity = x->capacity ? x->capacity * 2 : 64;
        void **made = memory_grow(x->made, capacity, sizeof *made);
        if (!made) return error_memory(x->err, "model writer"), NULL;
        x->made = made;
        x->capacity = capacity;
    }
    void *values = memory_alloc(n * width);
    if (!values) return error_memory(x->err, "model writer"), NULL;
    return x->made[x->n_made++] = values;
}

/* ---- values ---- */

/* Rows of each head from pairs (2i, 2i+1) to halves (i, i + size / 2). */
static const float *halve(struct export *x, const struct model_part *p, const float *values) {
    size_t k = p->k ? p->k : 1, size = x->m->shape.head_size;
    if ((p->id != PART_Q && p->id != PART_K) || !x->m->shape.rope_interleaved || !values) return values;
    float *out = make(x, p->n * k, sizeof *out);
    for (size_t row = 0; out && row < p->n; row++)
        memcpy(out + lm_rope_half_row(row, size) * k, values + row * k, k * sizeof *out);
    return out;
}

static const float *transpose(struct export *x, const float *values, size_t n, size_t k) {
    float *out = make(x, n * k, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        for (size_t j = 0; j < k; j++) out[j * n + i] = values[i * k + j];
    return out;
}

/* One behind the other. */
static const float *join(struct export *x, const struct model_part *p, const struct lm_matrix *const *list, size_t n,
                         size_t *rows) {
    size_t k = p->k ? p->k : 1, at = 0;
    *rows = 0;
    for (size_t i = 0; i < n; i++) *rows += list[i]->n;
    float *out = make(x, *rows * k, sizeof *out);
    for (size_t i = 0; out && i < n; at += list[i++]->n) {
        const float *part = p->bias ? list[i]->bias : list[i]->values;
        if (!part) return NULL;
        memcpy(out + at * k, part, list[i]->n * k * sizeof *out);
    }
    return out;
}

/* Gain less 1: as F32 where 1 more gives the gain again, else as F64. */
static bool put_gain(struct export *x, const char *name, const struct model_part *p, const float *gain) {
    const uint64_t shape[1] = {p->n};
    bool exact = true;
    for (size_t i = 0; i < p->n; i++) exact = exact && (gain[i] - 1) + 1 == gain[i];
    void *out = make(x, p->n, exact ? sizeof(float) : sizeof(double));
    for (size_t i = 0; out && i < p->n; i++) {
        if (exact) ((float *)out)[i] = gain[i] - 1;
        else ((double *)out)[i] = (double)gain[i] - 1;
    }
    return out && safetensors_put(x->w, name, exact ? LM_F32 : LM_F64, 1, shape, out, x->err);
}

/* ---- tensors ---- */

static bool put_values(struct export *x, const char *name, const struct model_part *p, const float *values,
                       size_t rows) {
    bool turned = x->arch->transposed && p->matrix && p->id >= PART_ATTENTION_NORM;
    if (!values)
        return x->err->kind != ERROR_NONE ? false
                                          : error_set(x->err, ERROR_USAGE,
                                                      "tensor '%s' has no plain values; "
                                                      "load the model with its values kept", name);
    if (x->arch->gain_offset && model_part_is_norm(p->id)) return put_gain(x, name, p, values);
    if (turned && !(values = transpose(x, values, rows, p->k))) return false;
    uint64_t shape[2] = {turned ? p->k : rows, turned ? rows : p->k}, one_row[2] = {1, rows};
    if (p->id == PART_SHARED_WEIGHT) return safetensors_put(x->w, name, LM_F32, 2, one_row, values, x->err);
    bool typed = p->matrix && p->id != PART_ROUTER; /* as in GGUF */
    return safetensors_put(x->w, name, typed ? x->type : LM_F32, p->k ? 2 : 1, shape, values, x->err);
}

static bool put_part(void *context, const struct model_part *p, struct error *err) {
    struct export *x = context;
    const struct lm_layer *y = &x->m->layers[p->layer];
    bool qkv = x->arch->fused_qkv && (p->id == PART_Q || p->id == PART_K || p->id == PART_V);
    bool gate_up = x->arch->fused_gate_up && (p->id == PART_GATE || p->id == PART_UP);
    size_t rows = p->n;
    (void)err;
    bool table =
        p->id == PART_ROPE_FACTORS || p->id == PART_ROPE_LONG || p->id == PART_ROPE_SHORT; /* config.json says them */
    if (table || (qkv && p->id != PART_Q) || (gate_up && p->id != PART_GATE)) return true;
    const char *prefix = x->arch->prefix ? x->arch->prefix : "model.";
    struct arch_name name =
        arch_config_name(x->arch, prefix, qkv ? PART_QKV : gate_up ? PART_GATE_UP : p->id, p->layer, p->expert);
    size_t n = strlen(name.text);
    snprintf(name.text + n, sizeof name.text - n, "%s", p->bias ? ".bias" : ".weight");
    const struct lm_matrix *const parts[2][3] = {{&y->q, &y->k, &y->v}, {&y->gate, &y->up, NULL}};
    const float *values = qkv       ? join(x, p, parts[0], 3, &rows)
                          : gate_up ? join(x, p, parts[1], 2, &rows)
                                    : halve(x, p, p->matrix ? p->matrix->values : *p->values);
    return put_values(x, name.text, p, values, rows);
}

/* Collects the tensors. */
static bool begin(struct export *x, const struct lm_model *m, struct lm_model *copy, enum lm_type type,
                  struct error *err) {
    *copy = *m; /* walking over parts wants a model that may be changed; it is not */
    *x = (struct export){.m = copy, .arch = arch_of_config(m), .type = type, .err = err};
    if (type != LM_F32 && type != LM_F16 && type != LM_BF16)
        return error_set(err, ERROR_USAGE, "safetensors are written as f32, f16 or bf16, not as %s",
                         lm_type_find(type)->name);
    const uint64_t shape[2] = {m->head.n, m->shape.width};
    return (x->w = safetensors_writer_new(err)) != NULL && model_parts(copy, put_part, x, err) &&
           (!m->head.n || safetensors_put(x->w, "score.weight", LM_F32, 2, shape, m->head.weights, err));
}

static void end(struct export *x) {
    safetensors_writer_free(x->w);
    for (size_t i = 0; i < x->n_made; i++) memory_free(x->made[i]);
    memory_free(x->made);
}

bool lm_model_save_safetensors(const struct lm_model *m, const char *path, enum lm_type type, struct error *err) {
    struct lm_model copy;
    struct export x;
    bool ok = begin(&x, m, &copy, type, err) && safetensors_write_file(x.w, path, err);
    end(&x);
    return ok;
}

/* ---- the folder ---- */

static bool write_in(const char *folder, const char *name, const struct buffer *text, struct error *err) {
    struct buffer path;
    buffer_init(&path, 1 << 16);
    buffer_printf(&path, "%s/%s", folder, name);
    bool ok =
        buffer_put_char(&path, 0) && buffer_check(&path, "path", err) && file_write(path.at, buffer_text(text), err);
    buffer_done(&path);
    return ok;
}

/* Where generation starts and ends, all ends. */
static bool put_generation(const struct tokenizer *t, struct buffer *out, struct error *err) {
    json_t *to = json_object(), *ends = json_array();
    for (size_t i = 0; i < tokenizer_vocabulary(t); i++)
        if (tokenizer_ends(t, (int32_t)i)) json_array_append_new(ends, json_integer((json_int_t)i));
    if (tokenizer_bos(t) >= 0) json_object_set_new(to, "bos_token_id", json_integer(tokenizer_bos(t)));
    json_object_set_new(to, "eos_token_id", ends);
    bool ok = to && json_put(out, to, 2) && buffer_put_c(out, "\n");
    json_decref(to);
    return ok && buffer_check(out, "generation_config.json", err);
}

static bool write_tokenizer(const struct lm_model *m, const char *folder, struct error *err) {
    struct buffer all, config, generation;
    if (!m->tokenizer) return true;
    buffer_init(&all, TOKENIZER_MAX);
    buffer_init(&config, TOKENIZER_MAX);
    buffer_init(&generation, TOKENIZER_MAX);
    bool ok = tokenizer_to_json(m->tokenizer, &all, err) &&
              tokenizer_to_config(m->tokenizer, m->shape.context, &config, err) &&
              put_generation(m->tokenizer, &generation, err) && write_in(folder, "tokenizer.json", &all, err) &&
              write_in(folder, "tokenizer_config.json", &config, err) &&
              write_in(folder, "generation_config.json", &generation, err);
    buffer_done(&all);
    buffer_done(&config);
    buffer_done(&generation);
    return ok;
}

/* A folder is one model: another's config.json stays what it is, and what a run that failed has left goes. */
static bool begin_folder(const char *folder, struct error *err) {
    static const char *const names[] = {"config.json", "model.safetensors", "model.safetensors.index.json"};
    bool ok = file_make_folders(folder, err);
    for (size_t i = 0; ok && i < sizeof names / sizeof *names; i++) {
        struct buffer path;
        buffer_init(&path, 1 << 16);
        buffer_printf(&path, "%s/%s", folder, names[i]);
        ok = buffer_put_char(&path, 0) && buffer_check(&path, "path", err);
        if (ok && i == 0 && file_exists(path.at))
            ok = error_set(err, ERROR_USAGE, "'%s' holds a model already; name another folder", folder);
        if (ok && i > 0) remove(path.at);
        buffer_done(&path);
    }
    return ok;
}

bool lm_model_save_folder(const struct lm_model *m, const char *folder, enum lm_type type, uint64_t most,
                          struct error *err) {
    struct lm_model copy;
    struct export x = {0};
    struct buffer config;
    buffer_init(&config, (size_t)16 << 20);
    bool ok = lm_model_config(m, type, &config, err) && begin_folder(folder, err) && write_tokenizer(m, folder, err) &&
              begin(&x, m, &copy, type, err) && safetensors_write_folder(x.w, folder, most, err) &&
              write_in(folder, "config.json", &config, err);
    end(&x);
    buffer_done(&config);
    return ok;
}
