/* A model as parameters on a tape: see trainable.h. The layout of every array is the model's own, so that values go in
 * and out by plain copies; rotation pairs follow shape.rope_interleaved. */
#include "lm/train/trainable_internal.h"

#include "base/hash.h"
#include "lm/model/model_head.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_PARAMETERS = 9 };

/* The arrays of a layer in file order. norm: [width], otherwise a matrix. */
static const struct {
    const char *name;
    bool norm;
    size_t at; /* offset in struct lm_layer */
} block[BLOCK_PARAMETERS] = {
    {"attn_norm", true, offsetof(struct lm_layer, attention_norm)},
    {"attn_q", false, offsetof(struct lm_layer, q)},
    {"attn_k", false, offsetof(struct lm_layer, k)},
    {"attn_v", false, offsetof(struct lm_layer, v)},
    {"attn_output", false, offsetof(struct lm_layer, o)},
    {"ffn_norm", true, offsetof(struct lm_layer, ffn_norm)},
    {"ffn_gate", false, offsetof(struct lm_layer, gate)},
    {"ffn_up", false, offsetof(struct lm_layer, up)},
    {"ffn_down", false, offsetof(struct lm_layer, down)},
};

static bool add(struct lm_trainable *t, const char *name, const float *values, size_t dims, size_t n, size_t k,
                struct error *err) {
    if (!values)
        return error_set(err, ERROR_USAGE, "tensor '%s' has no plain values; load the model with its values kept",
                         name);
    struct parameter *p = &t->parameters[t->n];
    size_t size = n * (dims == 2 ? k : 1);
    snprintf(t->names[t->n], TRAINABLE_NAME, "%s", name);
    p->name = t->names[t->n];
    p->value = (struct tensor){.dims = dims, .shape = {n, dims == 2 ? k : 0}};
    parameter_changed(p);
    t->list[t->n++] = p;
    t->n_list = t->n;
    p->value.data = memory_aligned(64, size * sizeof(float));
    p->value.grad = memory_zeroed(size, sizeof(float));
    if (!p->value.data || !p->value.grad) return error_memory(err, name);
    memcpy(p->value.data, values, size * sizeof(float));
    return true;
}

static bool add_matrix(struct lm_trainable *t, const char *name, const struct lm_matrix *m, struct error *err) {
    return add(t, name, m->values, 2, m->n, m->k, err);
}

static bool add_block(struct lm_trainable *t, const struct lm_layer *layer, size_t l, struct error *err) {
    for (size_t i = 0; i < BLOCK_PARAMETERS; i++) {
        char name[TRAINABLE_NAME];
        const char *field = (const char *)layer + block[i].at;
        snprintf(name, sizeof name, "blk.%zu.%s.weight", l, block[i].name);
        if (block[i].norm ? !add(t, name, *(float *const *)field, 1, t->shape.width, 0, err)
                          : !add_matrix(t, name, (const struct lm_matrix *)field, err))
            return false;
    }
    return true;
}

struct lm_trainable *lm_trainable_new(const struct lm_model *model, struct error *err) {
    if (lm_shape_feature(&model->shape)) {
        struct buffer words;
        buffer_init(&words, 4096);
        (void)lm_shape_put(&words, &model->shape);
        error_set(err, ERROR_DATA,
                  "model '%s' of the architecture %s cannot be trained, only plain llama can; it has: %.*s",
                  model->name, lm_arch_name(model->arch), (int)words.len, words.at ? words.at : "");
        buffer_done(&words);
        return NULL;
    }
    size_t most = 4 + BLOCK_PARAMETERS * model->shape.layers;
    struct lm_trainable *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "trainable model"), NULL;
    t->shape = model->shape;
    t->parameters = memory_zeroed(most, sizeof *t->parameters);
    t->list = memory_zeroed(most, sizeof *t->list);
    t->names = memory_zeroed(most, sizeof *t->names);
    bool ok = (t->parameters && t->list && t->names) || error_memory(err, "trainable model");
    ok = ok && add_matrix(t, "token_embd.weight", &model->embedding, err);
    for (size_t l = 0; ok && l < model->shape.layers; l++) ok = add_block(t, &model->layers[l], l, err);
    ok = ok && add(t, "output_norm.weight", model->output_norm, 1, model->shape.width, 0, err);
    if (ok && !model->shape.tied) ok = add_matrix(t, "output.weight", &model->output, err);
    t->head = model->head.n > 0;
    if (ok && t->head) ok = add(t, lm_head_tensor_name, model->head.weights, 2, model->head.n, model->shape.width, err);
    if (ok) return t;
    lm_trainable_free(t);
    return NULL;
}

void lm_trainable_free(struct lm_trainable *t) {
    if (!t) return;
    trainable_adapters_free(t);
    for (size_t i = 0; t->parameters && i < t->n; i++) {
        parameter_done(&t->parameters[i]);
        memory_free(t->parameters[i].value.data);
        memory_free(t->parameters[i].value.grad);
    }
    memory_free(t->parameters);
    memory_free(t->list);
    memory_free(t->names);
    memory_free(t);
}

size_t lm_trainable_parameters(struct lm_trainable *t, struct parameter *const **out) {
    *out = t->list;
    return t->n_list;
}

static void add_values(struct sha256 *sha, const struct parameter *p) {
    sha256_add(sha, p->value.data, tensor_size(&p->value) * sizeof(float));
}

void lm_trainable_digest(const struct lm_trainable *t, char hex[HASH_HEX]) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < t->n; i++) add_values(&sha, &t->parameters[i]);
    for (size_t i = 0; t->adapters && i < t->n_list; i++) add_values(&sha, t->list[i]);
    sha256_end_hex(&sha, hex);
}

/* ---- Forward ---- */

struct twin {
    struct lm_trainable *trainable;
    struct tape *tape;
    const int32_t *positions;
    const size_t *starts;
    size_t n_segments;
};

/* Matrix `target` (see lora.h) of layer l, whose parameters begin at w in the order of `block`. */
static struct tensor *map(const struct twin *t, size_t l, struct parameter *w, size_t target, struct tensor *x,
                          struct error *err) {
    static const size_t at[LM_LORA_TARGETS] = {1, 2, 3, 4, 6, 7, 8};
    struct tensor *y = tape_linear(t->tape, x, &w[at[target]], NULL, err);
    return trainable_adapted(t->trainable, t->tape, l, target, x, y, err);
}

/* x + attention(norm(x)) */
static struct tensor *attend(const struct twin *t, size_t l, struct parameter *w, struct tensor *x, struct error *err) {
    const struct lm_shape *s = &t->trainable->shape;
    struct tape *tape = t->tape;
    struct tensor *q, *k, *v, *y = tape_rmsnorm(tape, x, &w[0], s->norm_eps, err);
    if (!y || !(q = map(t, l, w, 0, y, err)) || !(k = map(t, l, w, 1, y, err)) || !(v = map(t, l, w, 2, y, err)) ||
        !(q = tape_rope(tape, q, s->heads, s->head_size, t->positions, s->rope_base, s->rope_interleaved, err)) ||
        !(k = tape_rope(tape, k, s->kv_heads, s->head_size, t->positions, s->rope_base, s->rope_interleaved, err)) ||
        !(y = tape_attention(tape, q, k, v, s->heads, s->kv_heads, s->head_size, t->starts, t->n_segments, err)) ||
        !(y = map(t, l, w, 3, y, err)))
        return NULL;
    return tape_add(tape, x, y, err);
}

/* x + down(silu(gate(norm(x))) * up(norm(x))) */
static struct tensor *feed_forward(const struct twin *t, size_t l, struct parameter *w, struct tensor *x,
                                   struct error *err) {
    struct tensor *gate, *up, *y = tape_rmsnorm(t->tape, x, &w[5], t->trainable->shape.norm_eps, err);
    if (!y || !(gate = map(t, l, w, 4, y, err)) || !(up = map(t, l, w, 5, y, err)) ||
        !(y = tape_swiglu(t->tape, gate, up, err)) || !(y = map(t, l, w, 6, y, err)))
        return NULL;
    return tape_add(t->tape, x, y, err);
}

static bool check_segments(const struct lm_trainable *t, const int32_t *ids, size_t n, const size_t *starts,
                           size_t n_segments, struct error *err) {
    if (!n_segments || starts[0] != 0 || starts[n_segments] != n)
        return error_set(err, ERROR_DATA, "packed sequences must begin at 0 and end at %zu", n);
    for (size_t s = 0; s < n_segments; s++) {
        if (starts[s + 1] <= starts[s])
            return error_set(err, ERROR_DATA, "packed sequence %zu is empty or runs backwards", s);
        if (starts[s + 1] - starts[s] > t->shape.context)
            return error_set(err, ERROR_DATA, "packed sequence %zu has %zu tokens, the context is %zu", s,
                             starts[s + 1] - starts[s], t->shape.context);
    }
    for (size_t i = 0; i < n; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= t->shape.vocabulary)
            return error_set(err, ERROR_DATA, "token %zu is %d, the vocabulary has 0..%zu", i, (int)ids[i],
                             t->shape.vocabulary - 1);
    return true;
}

static struct parameter *norm_of(const struct lm_trainable *t) {
    return &t->parameters[1 + BLOCK_PARAMETERS * t->shape.layers];
}

struct tensor *lm_trainable_stream(struct lm_trainable *t, struct tape *tape, const int32_t *ids, size_t n,
                                   const size_t *starts, size_t n_segments, struct error *err) {
    if (!check_segments(t, ids, n, starts, n_segments, err)) return NULL;
    int32_t *positions = memory_alloc(n * sizeof *positions);
    if (!positions) return error_memory(err, "positions"), NULL;
    for (size_t s = 0; s < n_segments; s++)
        for (size_t i = starts[s]; i < starts[s + 1]; i++) positions[i] = (int32_t)(i - starts[s]);
    struct twin twin = {t, tape, positions, starts, n_segments};
    struct tensor *x = tape_embed(tape, &t->parameters[0], ids, n, err);
    for (size_t l = 0; x && l < t->shape.layers; l++) {
        struct parameter *w = &t->parameters[1 + BLOCK_PARAMETERS * l];
        x = attend(&twin, l, w, x, err);
        if (x) x = feed_forward(&twin, l, w, x, err);
    }
    memory_free(positions);
    return x;
}

struct tensor *lm_trainable_states(struct lm_trainable *t, struct tape *tape, struct tensor *x, const int32_t *at,
                                   size_t n_at, struct error *err) {
    if (at) x = tape_rows(tape, x, at, n_at, err);
    return x ? tape_rmsnorm(tape, x, norm_of(t), t->shape.norm_eps, err) : NULL;
}

struct tensor *lm_trainable_words(struct lm_trainable *t, struct tape *tape, struct tensor *states, struct error *err) {
    return tape_linear(tape, states, t->shape.tied ? &t->parameters[0] : norm_of(t) + 1, NULL, err);
}

struct tensor *lm_trainable_outputs(struct lm_trainable *t, struct tape *tape, struct tensor *states,
                                    struct error *err) {
    if (!t->head) return error_set(err, ERROR_USAGE, "the model has no head"), NULL;
    return tape_linear(tape, states, &t->parameters[t->n - 1], NULL, err);
}

struct tensor *lm_trainable_logits_at(struct lm_trainable *t, struct tape *tape, const int32_t *ids, size_t n,
                                      const size_t *starts, size_t n_segments, const int32_t *at, size_t n_at,
                                      struct error *err) {
    struct tensor *x = lm_trainable_stream(t, tape, ids, n, starts, n_segments, err);
    if (x) x = lm_trainable_states(t, tape, x, at, n_at, err);
    return x ? lm_trainable_words(t, tape, x, err) : NULL;
}

struct tensor *lm_trainable_logits(struct lm_trainable *t, struct tape *tape, const int32_t *ids, size_t n,
                                   const size_t *starts, size_t n_segments, struct error *err) {
    return lm_trainable_logits_at(t, tape, ids, n, starts, n_segments, NULL, 0, err);
}

/* ---- Back into the model ---- */

static void store(const struct parameter *p, float *values) {
    if (values) memcpy(values, p->value.data, tensor_size(&p->value) * sizeof(float));
}

static bool renew(struct lm_matrix *m, const float *values, struct error *err) {
    return !m->packed || matmul_weights_update(m->packed, values, err);
}

static bool store_matrix(const struct parameter *p, struct lm_matrix *m, struct error *err) {
    store(p, m->values);
    return renew(m, p->value.data, err);
}

static bool store_layer(const struct lm_trainable *t, const struct parameter *p, size_t l, struct lm_layer *layer,
                        struct error *err) {
    size_t target = 0;
    for (size_t i = 0; i < BLOCK_PARAMETERS; i++) {
        char *field = (char *)layer + block[i].at;
        if (block[i].norm) {
            store(&p[i], *(float **)(void *)field);
            continue;
        }
        struct lm_matrix *m = (struct lm_matrix *)(void *)field;
        if (t->adapters && !m->values)
            return error_set(err, ERROR_USAGE, "'%s' has no plain values; load the model with its values kept",
                             p[i].name);
        store(&p[i], m->values);
        if (!trainable_merge(t, l, target++, m->values, err) ||
            !renew(m, t->adapters ? m->values : p[i].value.data, err))
            return false;
    }
    return true;
}

static bool same_shape(const struct lm_shape *a, const struct lm_shape *b) {
    return a->layers == b->layers && a->width == b->width && a->heads == b->heads && a->kv_heads == b->kv_heads &&
           a->head_size == b->head_size && a->hidden == b->hidden && a->vocabulary == b->vocabulary &&
           a->tied == b->tied;
}

bool lm_trainable_store(const struct lm_trainable *t, struct lm_model *model, struct error *err) {
    size_t outputs = t->head ? t->parameters[t->n - 1].value.shape[0] : 0;
    if (!same_shape(&t->shape, &model->shape) || model->head.n != outputs)
        return error_set(err, ERROR_USAGE, "trained values do not have the shape of model '%s'", model->name);
    const struct parameter *p = t->parameters;
    if (!store_matrix(p++, &model->embedding, err)) return false;
    for (size_t l = 0; l < model->shape.layers; l++, p += BLOCK_PARAMETERS)
        if (!store_layer(t, p, l, &model->layers[l], err)) return false;
    store(p++, model->output_norm);
    if (t->head) store(&t->parameters[t->n - 1], model->head.weights);
    return store_matrix(model->shape.tied ? t->parameters : p, &model->output, err);
}
