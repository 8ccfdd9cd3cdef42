/* Writing a model and its tokenizer as GGUF v3 that llama.cpp loads: see model.h. */
#include "lm/model/arch.h"
#include "lm/model/model_head.h"
#include "lm/model/lora.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct saving {
    struct lm_model *m; /* not changed */
    const struct lm_arch *arch;
    struct gguf_writer *w;
    enum lm_type type;
    float **made; /* values in another order than the model's, held until the file is written */
    size_t n_made, capacity;
    struct error *err;
};

static float *make(struct saving *s, size_t n) {
    if (s->n_made == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        float **made = memory_grow(s->made, capacity, sizeof *made);
        if (!made) return error_memory(s->err, "model writer"), NULL;
        s->made = made;
        s->capacity = capacity;
    }
    float *values = memory_alloc(n * sizeof *values);
    if (!values) return error_memory(s->err, "model writer"), NULL;
    return s->made[s->n_made++] = values;
}

static bool check_values(const struct saving *s, const char *name, const float *values) {
    return values ||
           error_set(s->err, ERROR_USAGE, "matrix '%s' has no plain values; load the model with its values kept", name);
}

/* Rows that are no whole blocks of the wanted type are kept as F16, as llama.cpp's own converter does. */
static bool put_matrix(struct saving *s, const char *name, const float *values, size_t dims, const uint64_t *shape) {
    const struct lm_type_info *info = lm_type_find(s->type);
    enum lm_type type = info && shape[dims - 1] % info->block ? LM_F16 : s->type;
    return gguf_put_tensor(s->w, name, type, dims, shape, values, s->err);
}

static bool put_values(struct saving *s, const struct model_part *p, const char *name, const float *values) {
    uint64_t shape[2] = {p->n, p->k};
    return gguf_put_tensor(s->w, name, LM_F32, p->k ? 2 : 1, shape, values, s->err);
}

/* Rows of each head from halves (i, i + size/2) to pairs (2i, 2i+1), which GGUF's llama expects. */
static const float *interleave(struct saving *s, const struct model_part *p, const float *values) {
    size_t k = p->k ? p->k : 1, size = s->m->shape.head_size;
    if ((p->id != PART_Q && p->id != PART_K) || !arch_permutes(s->m) || !values) return values;
    float *out = make(s, p->n * k);
    for (size_t row = 0; out && row < p->n; row++)
        memcpy(out + row * k, values + lm_rope_half_row(row, size) * k, k * sizeof *out);
    return out;
}

/* Parts that stand one behind the other in a tensor; the first one writes all. */
static bool put_joined(struct saving *s, const char *name, const struct model_part *p, const float *const *parts,
                       const size_t *rows, size_t n, bool stacked) {
    size_t all = 0, k = p->k ? p->k : 1, at = 0;
    for (size_t i = 0; i < n; i++) {
        if (!check_values(s, name, parts[i])) return false;
        all += rows[i];
    }
    float *values = make(s, all * k);
    for (size_t i = 0; values && i < n; at += rows[i++])
        memcpy(values + at * k, parts[i], rows[i] * k * sizeof *values);
    uint64_t shape[3] = {n, p->n, p->k}, flat[2] = {all, p->k};
    if (!values) return false;
    if (!p->k) return gguf_put_tensor(s->w, name, LM_F32, 1, flat, values, s->err);
    return stacked ? put_matrix(s, name, values, 3, shape) : put_matrix(s, name, values, 2, flat);
}

static bool put_fused(struct saving *s, const char *name, const struct model_part *p,
                      const struct lm_matrix *const *list, size_t n) {
    const float *parts[3];
    size_t rows[3];
    for (size_t i = 0; i < n; i++) {
        parts[i] = p->bias ? list[i]->bias : list[i]->values;
        rows[i] = list[i]->n;
    }
    return put_joined(s, name, p, parts, rows, n, false);
}

static bool put_experts(struct saving *s, const char *name, const struct model_part *p, const struct lm_matrix *list) {
    size_t n = s->m->shape.experts;
    const float **parts = memory_zeroed(n, sizeof *parts);
    size_t *rows = memory_zeroed(n, sizeof *rows);
    bool ok = (parts && rows) || error_memory(s->err, "model writer");
    for (size_t i = 0; ok && i < n; i++) {
        parts[i] = list[i].values;
        rows[i] = list[i].n;
    }
    ok = ok && put_joined(s, name, p, parts, rows, n, true);
    memory_free(parts);
    memory_free(rows);
    return ok;
}

/* Parts that the first one of them has written. */
static bool is_written(const struct saving *s, const struct model_part *p) {
    bool qkv = s->arch->fused_qkv && (p->id == PART_K || p->id == PART_V);
    return qkv || (s->arch->fused_gate_up && p->id == PART_UP) || p->expert > 0;
}

static bool put_part(void *context, const struct model_part *p, struct error *err) {
    struct saving *s = context;
    struct lm_layer *y = &s->m->layers[p->layer];
    bool qkv = s->arch->fused_qkv && p->id == PART_Q, gate_up = s->arch->fused_gate_up && p->id == PART_GATE;
    struct arch_name name = arch_gguf_name(qkv ? PART_QKV : gate_up ? PART_GATE_UP : p->id, p->layer);
    size_t n = strlen(name.text);
    (void)err;
    snprintf(name.text + n, sizeof name.text - n, "%s", p->bias ? ".bias" : ".weight");
    if (is_written(s, p)) return true;
    if (qkv) return put_fused(s, name.text, p, (const struct lm_matrix *const[]){&y->q, &y->k, &y->v}, 3);
    if (gate_up) return put_fused(s, name.text, p, (const struct lm_matrix *const[]){&y->gate, &y->up}, 2);
    if (p->id == PART_GATES) return put_experts(s, name.text, p, y->gates);
    if (p->id == PART_UPS) return put_experts(s, name.text, p, y->ups);
    if (p->id == PART_DOWNS) return put_experts(s, name.text, p, y->downs);
    const float *plain = p->matrix ? p->matrix->values : *p->values, *values;
    if (!check_values(s, name.text, plain) || !(values = interleave(s, p, plain))) return false;
    if (!p->matrix || p->id == PART_ROUTER) return put_values(s, p, name.text, values);
    return put_matrix(s, name.text, values, 2, (uint64_t[2]){p->n, p->k});
}

/* llama.cpp's numbers of general.file_type (enum llama_ftype): of the K types those of files in which all matrices have
 * one type (..._S). Types of activations have none. */
static bool put_file_type(const struct saving *s) {
    static const struct {
        enum lm_type type;
        uint32_t number;
    } rows[] = {
        {LM_F32, 0},   {LM_F16, 1},   {LM_Q4_0, 2},  {LM_Q4_1, 3},  {LM_Q8_0, 7},  {LM_Q5_0, 8},    {LM_Q5_1, 9},
        {LM_Q2_K, 10}, {LM_Q3_K, 11}, {LM_Q4_K, 14}, {LM_Q5_K, 16}, {LM_Q6_K, 18}, {LM_IQ4_NL, 25}, {LM_IQ4_XS, 30},
        {LM_BF16, 32},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == s->type) return gguf_put_u32(s->w, "general.file_type", rows[i].number, s->err);
    return true;
}

/* ---- metadata ---- */

/* The key behind the architecture's word; 0 is not written. */
static bool put_size(const struct saving *s, const char *key, size_t value) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", s->arch->gguf, key);
    return !value || gguf_put_u32(s->w, full, (uint32_t)value, s->err);
}

static bool put_real(const struct saving *s, const char *key, float value) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", s->arch->gguf, key);
    return value == 0 || gguf_put_f32(s->w, full, value, s->err);
}

static bool put_scaling(const struct saving *s) {
    const struct lm_rope_scaling *r = &s->m->shape.scaling;
    char full[128];
    snprintf(full, sizeof full, "%s.rope.scaling.type", s->arch->gguf);
    if (r->kind == LM_SCALING_LONG)
        return gguf_put_text(s->w, full, TEXT("longrope"), s->err) &&
               put_size(s, "rope.scaling.original_context_length", r->context) &&
               put_real(s, "rope.scaling.attn_factor", r->amplitude);
    if (r->kind != LM_SCALING_LINEAR && r->kind != LM_SCALING_YARN) return true;
    bool yarn = r->kind == LM_SCALING_YARN;
    if (!gguf_put_text(s->w, full, yarn ? TEXT("yarn") : TEXT("linear"), s->err) ||
        !put_real(s, "rope.scaling.factor", r->factor))
        return false;
    if (!yarn) return true;
    double usual = r->factor > 1 ? 1 + 0.1 * log((double)r->factor) : 1;
    return put_size(s, "rope.scaling.original_context_length", r->context) &&
           put_real(s, "rope.scaling.attn_factor", (float)((double)r->amplitude / usual)) &&
           put_real(s, "rope.scaling.yarn_beta_fast", r->beta_fast) &&
           put_real(s, "rope.scaling.yarn_beta_slow", r->beta_slow);
}

static bool put_features(const struct saving *s) {
    const struct lm_shape *h = &s->m->shape;
    return put_size(s, "attention.sliding_window", h->window) &&
           (!h->window || put_size(s, "attention.sliding_window_pattern", h->unwindowed_every)) &&
           (!h->window || put_real(s, "rope.freq_base_swa", h->local_rope_base)) &&
           put_real(s, "attn_logit_softcapping", h->attention_cap) &&
           put_real(s, "final_logit_softcapping", h->logit_cap) && put_size(s, "expert_count", h->experts) &&
           put_size(s, "expert_used_count", h->experts_used) &&
           (!h->experts || put_size(s, "expert_feed_forward_length", h->hidden)) &&
           put_size(s, "expert_shared_feed_forward_length", h->shared_hidden) && put_scaling(s);
}

static bool put_shape(const struct saving *s) {
    const struct lm_shape *h = &s->m->shape;
    bool turns = !h->learned_positions;
    const struct {
        const char *key;
        size_t value;
    } sizes[] = {
        {"vocab_size", h->vocabulary},          {"context_length", h->context},
        {"embedding_length", h->width},         {"block_count", h->layers},
        {"feed_forward_length", h->hidden},     {"rope.dimension_count", turns ? lm_shape_rotated(h) : 0},
        {"attention.head_count", h->heads},     {"attention.head_count_kv", h->kv_heads},
        {"attention.key_length", h->head_size}, {"attention.value_length", h->head_size},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (!put_size(s, sizes[i].key, sizes[i].value)) return false;
    bool layer_norm = h->norm == LM_NORM_LAYER;
    return put_real(s, layer_norm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", h->norm_eps) &&
           put_real(s, "rope.freq_base", turns ? h->rope_base : 0) && put_features(s);
}

/* What GGUF has no key for follows from the architecture's name, so it must be what the model has. */
static bool check_shape(const struct saving *s) {
    const struct lm_shape *h = &s->m->shape;
    struct lm_shape t = {.layers = h->layers, .width = h->width, .heads = h->heads, .head_size = h->head_size};
    if (s->arch->features) s->arch->features(&t);
    if (s->arch->derive) s->arch->derive(&t, true);
    const struct {
        const char *what;
        bool same;
    } rows[] = {
        {"norm", t.norm == h->norm && t.no_pre_norms == h->no_pre_norms && t.post_norms == h->post_norms},
        {"qk_norm", t.qk_norm == h->qk_norm},
        {"learned_positions", t.learned_positions == h->learned_positions},
        {"unrotated_every", t.unrotated_every == h->unrotated_every},
        {"local_rope_base without a window",
         !h->local_rope_base || h->window || t.local_rope_base == h->local_rope_base},
        {"attention_scale", t.attention_scale == h->attention_scale},
        {"embedding_scale", t.embedding_scale == h->embedding_scale},
        {"activation", t.activation == h->activation && t.ungated == h->ungated},
        {"weights of experts", t.experts_whole == h->experts_whole},
        {"shared expert", s->arch->shared_expert == (h->shared_hidden > 0)},
        {"order of rotated rows", s->arch->interleaved || h->learned_positions || !h->rope_interleaved},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!rows[i].same)
            return error_set(s->err, ERROR_DATA, "model '%s': GGUF of the architecture %s cannot say this model's %s",
                             s->m->name, s->arch->gguf, rows[i].what);
    return true;
}

static bool put_metadata(struct saving *s, const struct lm_extra *extra, size_t n_extra) {
    bool ok = gguf_put_text(s->w, "general.architecture", text_of(s->arch->gguf), s->err) &&
              gguf_put_text(s->w, "general.name", text_of(s->m->name), s->err) && put_file_type(s) &&
              gguf_put_u32(s->w, "general.quantization_version", 2, s->err) && put_shape(s) &&
              lm_head_put_metadata(s->m, s->w, s->err);
    for (size_t i = 0; ok && i < n_extra; i++) ok = gguf_put_text(s->w, extra[i].key, extra[i].value, s->err);
    if (!ok) return false;
    if (s->m->tokenizer) return tokenizer_to_gguf(s->m->tokenizer, s->w, s->err);
    return gguf_put_text(s->w, "tokenizer.ggml.model", TEXT("none"), s->err);
}

bool lm_model_save(const struct lm_model *m, const char *path, enum lm_type type, const struct lm_extra *extra,
                   size_t n_extra, struct error *err) {
    struct lm_model copy = *m; /* walking over parts wants a model that may be changed; it is not */
    struct saving s = {.m = &copy, .arch = m->arch ? m->arch : &arch_llama, .type = type, .err = err};
    bool ok = check_shape(&s) && (s.w = gguf_writer_new(path, err)) != NULL && put_metadata(&s, extra, n_extra) &&
              model_parts(&copy, put_part, &s, err) && lm_head_put_tensor(m, s.w, err) && gguf_writer_end(s.w, err);
    gguf_writer_free(s.w);
    for (size_t i = 0; i < s.n_made; i++) memory_free(s.made[i]);
    memory_free(s.made);
    return ok;
}
