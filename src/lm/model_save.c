/* Writing a model and its tokenizer as GGUF v3 that llama.cpp loads: see model.h. */
#include "lm/lora.h"
#include "lm/model_internal.h"

#include <stdio.h>
#include <string.h>

struct saving {
    const struct lm_model *m;
    struct gguf_writer *w;
    enum lm_type type;
    float **permuted; /* rows of q and k in GGUF's order, held until the file is written */
    size_t n_permuted;
    struct error *err;
};

static bool put_vector(struct saving *s, const char *name, const float *values) {
    uint64_t shape[1] = {s->m->shape.width};
    return gguf_put_tensor(s->w, name, LM_F32, 1, shape, values, s->err);
}

/* Rows that are no whole blocks of the wanted type are kept as F16, as llama.cpp's own converter does. */
static bool put_matrix(struct saving *s, const char *name, const float *values, const struct lm_matrix *w) {
    uint64_t shape[2] = {w->n, w->k};
    const struct lm_type_info *info = lm_type_find(s->type);
    if (!values)
        return error_set(s->err, ERROR_USAGE, "matrix '%s' has no plain values; load the model with its values kept",
                         name);
    enum lm_type type = info && w->k % info->block ? LM_F16 : s->type;
    return gguf_put_tensor(s->w, name, type, 2, shape, values, s->err);
}

/* Rows of each head from halves (i, i + size/2) to pairs (2i, 2i+1), which GGUF's llama expects. */
static const float *interleave(struct saving *s, const struct lm_matrix *w) {
    size_t size = s->m->shape.head_size;
    if (s->m->shape.rope_interleaved || !w->values) return w->values;
    float *out = memory_alloc(w->n * w->k * sizeof *out);
    if (!out) return error_memory(s->err, "rows of q and k"), NULL;
    s->permuted[s->n_permuted++] = out;
    for (size_t row = 0; row < w->n; row++)
        memcpy(out + row * w->k, w->values + lm_rope_half_row(row, size) * w->k, w->k * sizeof *out);
    return out;
}

static bool put_layer(struct saving *s, size_t l) {
    const struct lm_layer *y = &s->m->layers[l];
    const struct {
        const char *name;
        const struct lm_matrix *w;
        bool rotated;
    } matrices[7] = {
        {"attn_q", &y->q, true},       {"attn_k", &y->k, true},       {"attn_v", &y->v, false},
        {"attn_output", &y->o, false}, {"ffn_gate", &y->gate, false}, {"ffn_up", &y->up, false},
        {"ffn_down", &y->down, false},
    };
    char name[64];
    snprintf(name, sizeof name, "blk.%zu.attn_norm.weight", l);
    if (!put_vector(s, name, y->attention_norm)) return false;
    snprintf(name, sizeof name, "blk.%zu.ffn_norm.weight", l);
    if (!put_vector(s, name, y->ffn_norm)) return false;
    for (size_t i = 0; i < 7; i++) {
        const struct lm_matrix *w = matrices[i].w;
        const float *values = matrices[i].rotated ? interleave(s, w) : w->values;
        if (!values && w->values) return false;
        snprintf(name, sizeof name, "blk.%zu.%s.weight", l, matrices[i].name);
        if (!put_matrix(s, name, values, w)) return false;
    }
    return true;
}

static bool put_tensors(struct saving *s) {
    const struct lm_model *m = s->m;
    if (!put_matrix(s, "token_embd.weight", m->embedding.values, &m->embedding) ||
        !put_vector(s, "output_norm.weight", m->output_norm))
        return false;
    if (!m->shape.tied && !put_matrix(s, "output.weight", m->output.values, &m->output)) return false;
    for (size_t l = 0; l < m->shape.layers; l++)
        if (!put_layer(s, l)) return false;
    return true;
}

/* llama.cpp's numbers of general.file_type. */
static uint32_t file_type(enum lm_type type) {
    switch (type) {
    case LM_F16:
        return 1;
    case LM_Q4_0:
        return 2;
    case LM_Q8_0:
        return 7;
    case LM_BF16:
        return 32;
    default:
        return 0;
    }
}

static bool put_shape(struct saving *s) {
    const struct lm_shape *h = &s->m->shape;
    const struct {
        const char *key;
        size_t value;
    } sizes[] = {
        {"llama.vocab_size", h->vocabulary},          {"llama.context_length", h->context},
        {"llama.embedding_length", h->width},         {"llama.block_count", h->layers},
        {"llama.feed_forward_length", h->hidden},     {"llama.rope.dimension_count", h->head_size},
        {"llama.attention.head_count", h->heads},     {"llama.attention.head_count_kv", h->kv_heads},
        {"llama.attention.key_length", h->head_size}, {"llama.attention.value_length", h->head_size},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (!gguf_put_u32(s->w, sizes[i].key, (uint32_t)sizes[i].value, s->err)) return false;
    return gguf_put_f32(s->w, "llama.attention.layer_norm_rms_epsilon", h->norm_eps, s->err) &&
           gguf_put_f32(s->w, "llama.rope.freq_base", h->rope_base, s->err);
}

static bool put_metadata(struct saving *s, const struct lm_extra *extra, size_t n_extra) {
    bool ok = gguf_put_text(s->w, "general.architecture", text_of(s->m->arch ? s->m->arch->name : "llama"), s->err) &&
              gguf_put_text(s->w, "general.name", text_of(s->m->name), s->err) &&
              gguf_put_u32(s->w, "general.file_type", file_type(s->type), s->err) &&
              gguf_put_u32(s->w, "general.quantization_version", 2, s->err) && put_shape(s);
    for (size_t i = 0; ok && i < n_extra; i++) ok = gguf_put_text(s->w, extra[i].key, extra[i].value, s->err);
    if (!ok) return false;
    if (s->m->tokenizer) return tokenizer_to_gguf(s->m->tokenizer, s->w, s->err);
    return gguf_put_text(s->w, "tokenizer.ggml.model", TEXT("none"), s->err);
}

bool lm_model_save(const struct lm_model *m, const char *path, enum lm_type type, const struct lm_extra *extra,
                   size_t n_extra, struct error *err) {
    struct saving s = {.m = m, .type = type, .err = err};
    s.permuted = memory_zeroed(2 * m->shape.layers, sizeof *s.permuted);
    bool ok = s.permuted || error_memory(err, "model writer");
    ok = ok && (s.w = gguf_writer_new(path, err)) != NULL && put_metadata(&s, extra, n_extra) && put_tensors(&s) &&
         gguf_writer_end(s.w, err);
    gguf_writer_free(s.w);
    for (size_t i = 0; i < s.n_permuted; i++) memory_free(s.permuted[i]);
    memory_free(s.permuted);
    return ok;
}
