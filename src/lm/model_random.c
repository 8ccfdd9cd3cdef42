/* New models with random weights: see model.h. Each tensor has its own stream of random numbers, so that a tensor's
 * values do not depend on the other sizes. */
#include "lm/model_internal.h"

#include "base/hash.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>

static float *new_values(struct lm_model *m, size_t n, struct error *err) {
    float *values = memory_aligned(64, n * sizeof *values);
    if (!values) return error_memory(err, "weights"), NULL;
    m->parameters += n;
    return values;
}

static bool random_values(struct lm_model *m, struct lm_matrix *w, size_t n, size_t k, double scale, struct rng rng,
                          struct error *err) {
    *w = (struct lm_matrix){.n = n, .k = k, .values = new_values(m, n * k, err)};
    for (size_t i = 0; w->values && i < n * k; i++) w->values[i] = (float)(scale * rng_normal(&rng));
    return w->values != NULL;
}

static bool ones(struct lm_model *m, float **out, struct error *err) {
    *out = new_values(m, m->shape.width, err);
    for (size_t i = 0; *out && i < m->shape.width; i++) (*out)[i] = 1;
    return *out != NULL;
}

static bool random_layer(struct lm_model *m, size_t l, uint64_t seed, struct error *err) {
    const struct lm_shape *s = &m->shape;
    struct lm_layer *y = &m->layers[l];
    size_t q = s->heads * s->head_size, kv = s->kv_heads * s->head_size;
    double in = 0.02, out = 0.02 / sqrt(2.0 * (double)s->layers);
    const struct {
        struct lm_matrix *w;
        const char *stream;
        size_t n, k;
        double scale;
    } matrices[7] = {
        {&y->q, "init/q", q, s->width, in},
        {&y->k, "init/k", kv, s->width, in},
        {&y->v, "init/v", kv, s->width, in},
        {&y->o, "init/o", s->width, q, out},
        {&y->gate, "init/gate", s->hidden, s->width, in},
        {&y->up, "init/up", s->hidden, s->width, in},
        {&y->down, "init/down", s->width, s->hidden, out},
    };
    if (!ones(m, &y->attention_norm, err) || !ones(m, &y->ffn_norm, err)) return false;
    for (size_t i = 0; i < 7; i++)
        if (!random_values(m, matrices[i].w, matrices[i].n, matrices[i].k, matrices[i].scale,
                           rng_stream(seed, matrices[i].stream, l), err) ||
            !model_pack(m, matrices[i].w, err))
            return false;
    return true;
}

/* No file stands behind the model: its digest is that of its recipe. */
static void name_random(struct lm_model *m, uint64_t seed) {
    const struct lm_shape *s = &m->shape;
    char recipe[512];
    int n = snprintf(
        recipe, sizeof recipe,
        "random %s seed %llu layers %zu width %zu heads %zu kv_heads %zu head_size %zu hidden %zu vocabulary %zu "
        "context %zu norm_eps %a rope_base %a interleaved %d tied %d",
        m->arch->name, (unsigned long long)seed, s->layers, s->width, s->heads, s->kv_heads, s->head_size, s->hidden,
        s->vocabulary, s->context, (double)s->norm_eps, (double)s->rope_base, s->rope_interleaved, s->tied);
    sha256_hex(recipe, (size_t)n, m->digest);
    snprintf(m->name, sizeof m->name, "random-%s-%llu", m->arch->name, (unsigned long long)seed);
    snprintf(m->types, sizeof m->types, "F32");
}

struct lm_model *lm_model_random(const struct lm_shape *shape, struct tokenizer *tokenizer, uint64_t seed,
                                 struct error *err) {
    struct lm_model *m = memory_zeroed(1, sizeof *m);
    if (!m) {
        tokenizer_free(tokenizer);
        error_memory(err, "model");
        return NULL;
    }
    *m = (struct lm_model){.arch = &arch_llama, .shape = *shape, .tokenizer = tokenizer, .keeps_values = true};
    name_random(m, seed);
    bool ok = model_check_shape(shape, "random model", err) && model_new_layers(m, err) &&
              ones(m, &m->output_norm, err) &&
              random_values(m, &m->embedding, shape->vocabulary, shape->width, 0.02,
                            rng_stream(seed, "init/embedding", 0), err);
    for (size_t l = 0; ok && l < shape->layers; l++) ok = random_layer(m, l, seed, err);
    if (ok && shape->tied) ok = model_tie_output(m, err);
    if (ok && !shape->tied)
        ok = random_values(m, &m->output, shape->vocabulary, shape->width, 0.02, rng_stream(seed, "init/output", 0),
                           err) &&
             model_pack(m, &m->output, err);
    if (ok) return m;
    lm_model_free(m);
    return NULL;
}
