/* The parts of a model as they follow from its description, in file order: see model_internal.h. */
#include "lm/model/model_internal.h"

struct walk {
    model_part_visit *visit;
    void *context;
    struct error *err;
};

static bool values(const struct walk *w, enum model_part_id id, size_t layer, float **at, float **bias, size_t n,
                   size_t k) {
    struct model_part part = {.id = id, .layer = layer, .n = n, .k = k, .values = at};
    if (!w->visit(w->context, &part, w->err)) return false;
    part.bias = true;
    part.values = bias;
    return !bias || w->visit(w->context, &part, w->err);
}

static bool matrix(const struct walk *w, enum model_part_id id, size_t layer, size_t expert, struct lm_matrix *m,
                   bool bias, size_t n, size_t k) {
    struct model_part part = {.id = id, .layer = layer, .expert = expert, .n = n, .k = k, .matrix = m};
    if (!w->visit(w->context, &part, w->err)) return false;
    struct model_part other = {.id = id, .bias = true, .layer = layer, .expert = expert, .n = n, .values = &m->bias};
    return !bias || w->visit(w->context, &other, w->err);
}

static bool attention(const struct walk *w, const struct lm_shape *s, struct lm_layer *y, size_t l) {
    size_t q = s->heads * s->head_size, kv = s->kv_heads * s->head_size;
    return matrix(w, PART_Q, l, 0, &y->q, s->qkv_bias, q, s->width) &&
           matrix(w, PART_K, l, 0, &y->k, s->qkv_bias, kv, s->width) &&
           matrix(w, PART_V, l, 0, &y->v, s->qkv_bias, kv, s->width) &&
           matrix(w, PART_O, l, 0, &y->o, s->o_bias, s->width, q);
}

static bool feed_forward(const struct walk *w, const struct lm_shape *s, struct lm_layer *y, size_t l) {
    if (s->experts) return true;
    return (s->ungated || matrix(w, PART_GATE, l, 0, &y->gate, s->ffn_bias, s->hidden, s->width)) &&
           matrix(w, PART_UP, l, 0, &y->up, s->ffn_bias, s->hidden, s->width) &&
           matrix(w, PART_DOWN, l, 0, &y->down, s->ffn_bias, s->width, s->hidden);
}

static bool experts(const struct walk *w, const struct lm_shape *s, struct lm_layer *y, size_t l) {
    if (!s->experts) return true;
    if (!matrix(w, PART_ROUTER, l, 0, &y->router, false, s->experts, s->width)) return false;
    for (size_t i = 0; i < s->experts; i++)
        if (!matrix(w, PART_GATES, l, i, &y->gates[i], false, s->hidden, s->width)) return false;
    for (size_t i = 0; i < s->experts; i++)
        if (!matrix(w, PART_UPS, l, i, &y->ups[i], false, s->hidden, s->width)) return false;
    for (size_t i = 0; i < s->experts; i++)
        if (!matrix(w, PART_DOWNS, l, i, &y->downs[i], false, s->width, s->hidden)) return false;
    return !s->shared_hidden ||
           (values(w, PART_SHARED_WEIGHT, l, &y->shared_weight, NULL, s->width, 0) &&
            matrix(w, PART_SHARED_GATE, l, 0, &y->gate, false, s->shared_hidden, s->width) &&
            matrix(w, PART_SHARED_UP, l, 0, &y->up, false, s->shared_hidden, s->width) &&
            matrix(w, PART_SHARED_DOWN, l, 0, &y->down, false, s->width, s->shared_hidden));
}

static bool further_norms(const struct walk *w, const struct lm_shape *s, struct lm_layer *y, size_t l) {
    bool whole = s->qk_norm == LM_QK_WHOLE;
    if (s->post_norms && (!values(w, PART_ATTENTION_POST_NORM, l, &y->attention_post_norm, NULL, s->width, 0) ||
                          !values(w, PART_FFN_POST_NORM, l, &y->ffn_post_norm, NULL, s->width, 0)))
        return false;
    return s->qk_norm == LM_QK_PLAIN ||
           (values(w, PART_Q_NORM, l, &y->q_norm, NULL, s->head_size * (whole ? s->heads : 1), 0) &&
            values(w, PART_K_NORM, l, &y->k_norm, NULL, s->head_size * (whole ? s->kv_heads : 1), 0));
}

static bool layer(const struct walk *w, const struct lm_shape *s, struct lm_layer *y, size_t l) {
    bool bias = s->norm == LM_NORM_LAYER;
    if (!s->no_pre_norms &&
        (!values(w, PART_ATTENTION_NORM, l, &y->attention_norm, bias ? &y->attention_norm_bias : NULL, s->width, 0) ||
         !values(w, PART_FFN_NORM, l, &y->ffn_norm, bias ? &y->ffn_norm_bias : NULL, s->width, 0)))
        return false;
    return attention(w, s, y, l) && feed_forward(w, s, y, l) && experts(w, s, y, l) && further_norms(w, s, y, l);
}

bool model_parts(struct lm_model *m, model_part_visit *visit, void *context, struct error *err) {
    const struct lm_shape *s = &m->shape;
    const struct walk w = {visit, context, err};
    float **bias = s->norm == LM_NORM_LAYER ? &m->output_norm_bias : NULL;
    if (!matrix(&w, PART_EMBEDDING, 0, 0, &m->embedding, false, s->vocabulary, s->width) ||
        (s->learned_positions && !values(&w, PART_POSITIONS, 0, &m->positions, NULL, s->context, s->width)) ||
        !values(&w, PART_OUTPUT_NORM, 0, &m->output_norm, bias, s->width, 0) ||
        (s->scaling.kind == LM_SCALING_FACTORS &&
         !values(&w, PART_ROPE_FACTORS, 0, &m->rope_factors, NULL, lm_shape_rotated(s) / 2, 0)) ||
        (s->scaling.kind == LM_SCALING_LONG &&
         (!values(&w, PART_ROPE_LONG, 0, &m->rope_factors, NULL, lm_shape_rotated(s) / 2, 0) ||
          !values(&w, PART_ROPE_SHORT, 0, &m->rope_short, NULL, lm_shape_rotated(s) / 2, 0))) ||
        (!s->tied && !matrix(&w, PART_OUTPUT, 0, 0, &m->output, false, s->vocabulary, s->width)))
        return false;
    for (size_t l = 0; l < s->layers; l++)
        if (!layer(&w, s, &m->layers[l], l)) return false;
    return true;
}

bool model_part_is_norm(enum model_part_id id) {
    return id == PART_OUTPUT_NORM || id == PART_ATTENTION_NORM || id == PART_FFN_NORM ||
           id == PART_ATTENTION_POST_NORM || id == PART_FFN_POST_NORM || id == PART_Q_NORM || id == PART_K_NORM;
}

size_t model_part_count(const struct model_part *p) {
    return p->n * (p->k ? p->k : 1);
}

bool model_new_layers(struct lm_model *m, struct error *err) {
    m->layers = memory_zeroed(m->shape.layers, sizeof *m->layers);
    if (!m->layers) return error_memory(err, "layers");
    for (size_t l = 0; m->shape.experts && l < m->shape.layers; l++) {
        struct lm_layer *y = &m->layers[l];
        y->gates = memory_zeroed(m->shape.experts, sizeof *y->gates);
        y->ups = memory_zeroed(m->shape.experts, sizeof *y->ups);
        y->downs = memory_zeroed(m->shape.experts, sizeof *y->downs);
        if (!y->gates || !y->ups || !y->downs) return error_memory(err, "experts");
    }
    return true;
}
