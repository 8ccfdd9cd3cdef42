/* Writing a model and its tokenizer as GGUF v3 that llama.cpp loads: see model.h. The parts are walked over twice:
 * first their names, types and shapes are listed, then their values are written, so that no more than the values of
 * one part are there in another order or type than the model's. */
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
    const struct lm_save_steps *steps; /* NULL: all values are there */
    bool writing;                      /* the second walk */
    bool in_layer;
    size_t layer;    /* the one whose values are there */
    float *made[4];  /* values of the part in another order or type than the model's */
    size_t n_made;
    struct error *err;
};

static float *make(struct saving *s, size_t n) {
    float *values = n <= SIZE_MAX / sizeof *values ? memory_alloc(n * sizeof *values) : NULL;
    if (!values || s->n_made == sizeof s->made / sizeof *s->made) {
        memory_free(values);
        return error_memory(s->err, "model writer"), NULL;
    }
    return s->made[s->n_made++] = values;
}

static void drop_made(struct saving *s) {
    while (s->n_made) memory_free(s->made[--s->n_made]);
}

/* Plain values of a matrix, also of one that is left in its file; NULL and an error: there are none. */
static const float *matrix_values(struct saving *s, const char *name, const struct lm_matrix *m) {
    if (m->values) return m->values;
    if (!m->stored.type) {
        error_set(s->err, ERROR_USAGE, "matrix '%s' has no plain values; load the model with its values kept", name);
        return NULL;
    }
    float *values = make(s, m->n * m->k);
    for (size_t i = 0; values && i < m->n; i++) lm_matrix_row(m, i, values + i * m->k);
    return values;
}

/* values: of the second walk. */
static bool put_tensor(struct saving *s, const char *name, enum lm_type type, size_t dims, const uint64_t *shape,
                       const float *values) {
    if (s->writing) return gguf_write_tensor(s->w, name, values, s->err);
    return gguf_put_tensor(s->w, name, type, dims, shape, NULL, s->err);
}

/* Rows that are no whole blocks of the wanted type are kept as F16, as llama.cpp's own converter does. */
static bool put_matrix(struct saving *s, const char *name, const float *values, size_t dims, const uint64_t *shape) {
    enum lm_type wanted = s->steps && s->steps->type ? s->steps->type(s->steps->context, name) : s->type;
    const struct lm_type_info *info = lm_type_find(wanted);
    enum lm_type type = info && shape[dims - 1] % info->block ? LM_F16 : wanted;
    return put_tensor(s, name, type, dims, shape, values);
}

static bool put_values(struct saving *s, const struct model_part *p, const char *name, const float *values) {
    uint64_t shape[2] = {p->n, p->k};
    return put_tensor(s, name, LM_F32, p->k ? 2 : 1, shape, values);
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

/* Parts that stand one behind the other in a tensor; the first one writes all. Values [rows, k] each: those of a
 * matrix, or its bias. */
static bool put_joined(struct saving *s, const char *name, const struct model_part *p,
                       const struct lm_matrix *const *list, size_t n, bool stacked) {
    size_t all = 0, k = p->k ? p->k : 1, at = 0;
    float *values = NULL;
    for (size_t i = 0; i < n; i++) all += list[i]->n;
    if (s->writing && !(values = make(s, all * k))) return false;
    for (size_t i = 0; values && i < n; at += list[i++]->n) {
        const float *part = p->bias ? list[i]->bias : matrix_values(s, name, list[i]);
        if (!part) return false;
        memcpy(values + at * k, part, list[i]->n * k * sizeof *values);
        while (s->n_made > 1) memory_free(s->made[--s->n_made]);
    }
    uint64_t shape[3] = {n, p->n, p->k}, flat[2] = {all, p->k};
    if (!p->k) return put_tensor(s, name, LM_F32, 1, flat, values);
    return stacked ? put_matrix(s, name, values, 3, shape) : put_matrix(s, name, values, 2, flat);
}

static bool put_experts(struct saving *s, const char *name, const struct model_part *p, const struct lm_matrix *list) {
    size_t n = s->m->shape.experts;
    const struct lm_matrix **parts = memory_zeroed(n, sizeof *parts);
    if (!parts) return error_memory(s->err, "model writer");
    for (size_t i = 0; i < n; i++) parts[i] = &list[i];
    bool ok = put_joined(s, name, p, parts, n, true);
    memory_free(parts);
    return ok;
}

/* Parts that the first one of them has written. */
static bool is_written(const struct saving *s, const struct model_part *p) {
    bool qkv = s->arch->fused_qkv && (p->id == PART_K || p->id == PART_V);
    return qkv || (s->arch->fused_gate_up && p->id == PART_UP) || p->expert > 0;
}

/* A part that is a tensor of its own. */
static bool put_single(struct saving *s, const char *name, const struct model_part *p) {
    const float *values = NULL;
    if (s->writing) {
        values = p->matrix ? matrix_values(s, name, p->matrix) : *p->values;
        if (!values || !(values = interleave(s, p, values))) return false;
    }
    if (!p->matrix || p->id == PART_ROUTER) return put_values(s, p, name, values);
    return put_matrix(s, name, values, 2, (uint64_t[2]){p->n, p->k});
}

/* Lets go of the layer that is written, and has the part's made. */
static bool enter_layer(struct saving *s, const struct model_part *p) {
    bool of_layer = p->id >= PART_ATTENTION_NORM;
    if (!s->writing || !s->steps || !of_layer || (s->in_layer && s->layer == p->layer)) return true;
    if (s->in_layer && s->steps->written) s->steps->written(s->steps->context, s->layer);
    s->in_layer = true;
    s->layer = p->layer;
    return !s->steps->layer || s->steps->layer(s->steps->context, p->layer, s->err);
}

static bool put_part(void *context, const struct model_part *p, struct error *err) {
    struct saving *s = context;
    struct lm_layer *y = &s->m->layers[p->layer];
    bool qkv = s->arch->fused_qkv && p->id == PART_Q, gate_up = s->arch->fused_gate_up && p->id == PART_GATE, ok;
    struct arch_name name = arch_gguf_name(qkv ? PART_QKV : gate_up ? PART_GATE_UP : p->id, p->layer);
    size_t n = strlen(name.text);
    (void)err;
    snprintf(name.text + n, sizeof name.text - n, "%s", p->bias ? ".bias" : ".weight");
    if (!enter_layer(s, p)) return false;
    if (is_written(s, p)) return true;
    if (qkv)
        ok = put_joined(s, name.text, p, (const struct lm_matrix *const[]){&y->q, &y->k, &y->v}, 3, false);
    else if (gate_up)
        ok = put_joined(s, name.text, p, (const struct lm_matrix *const[]){&y->gate, &y->up}, 2, false);
    else if (p->id == PART_GATES || p->id == PART_UPS || p->id == PART_DOWNS)
        ok = put_experts(s, name.text, p, p->id == PART_GATES ? y->gates : p->id == PART_UPS ? y->ups : y->downs);
    else
        ok = put_single(s, name.text, p);
    drop_made(s);
    return ok;
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

static bool put_parts(struct saving *s, struct lm_model *copy) {
    if (!model_parts(copy, put_part, s, s->err) || !lm_head_put_tensor(s->m, s->w, s->err) ||
        !gguf_writer_begin(s->w, s->err))
        return false;
    s->writing = true;
    bool ok = model_parts(copy, put_part, s, s->err);
    if (s->in_layer && s->steps->written) s->steps->written(s->steps->context, s->layer);
    return ok;
}

bool lm_model_save_by(const struct lm_model *m, const char *path, enum lm_type type, const struct lm_extra *extra,
                      size_t n_extra, const struct lm_save_steps *steps, struct error *err) {
    struct lm_model copy = *m; /* walking over parts wants a model that may be changed; it is not */
    struct saving s = {.m = &copy, .arch = m->arch ? m->arch : &arch_llama, .type = type, .steps = steps, .err = err};
    bool ok = check_shape(&s) && (s.w = gguf_writer_new(path, err)) != NULL && put_metadata(&s, extra, n_extra) &&
              put_parts(&s, &copy) && gguf_writer_end(s.w, err);
    gguf_writer_free(s.w);
    drop_made(&s);
    return ok;
}

bool lm_model_save(const struct lm_model *m, const char *path, enum lm_type type, const struct lm_extra *extra,
                   size_t n_extra, struct error *err) {
    return lm_model_save_by(m, path, type, extra, n_extra, NULL, err);
}
