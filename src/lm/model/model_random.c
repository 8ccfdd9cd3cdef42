/* New models with random weights: see model.h. Each tensor has its own stream of random numbers, so that a tensor's
 * values do not depend on the other sizes. */
#include "lm/model/arch.h"

#include "base/hash.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>

/* How the values of a part are drawn. */
struct random_plan {
    struct lm_model *m;
    uint64_t seed;
    bool varied; /* norms and biases differ from 1 and 0, matrices keep the size of what they get; else as for training
                  */
};

/* Streams of random numbers; a bias has the same with "/bias" behind. */
static const char *const streams[MODEL_PARTS] = {
    [PART_EMBEDDING] = "init/embedding",
    [PART_POSITIONS] = "init/positions",
    [PART_OUTPUT_NORM] = "init/output_norm",
    [PART_OUTPUT] = "init/output",
    [PART_ROPE_FACTORS] = "init/rope_factors",
    [PART_ROPE_LONG] = "init/rope_long",
    [PART_ROPE_SHORT] = "init/rope_short",
    [PART_ATTENTION_NORM] = "init/attention_norm",
    [PART_FFN_NORM] = "init/ffn_norm",
    [PART_Q] = "init/q",
    [PART_K] = "init/k",
    [PART_V] = "init/v",
    [PART_O] = "init/o",
    [PART_GATE] = "init/gate",
    [PART_UP] = "init/up",
    [PART_DOWN] = "init/down",
    [PART_ATTENTION_POST_NORM] = "init/attention_post_norm",
    [PART_FFN_POST_NORM] = "init/ffn_post_norm",
    [PART_Q_NORM] = "init/q_norm",
    [PART_K_NORM] = "init/k_norm",
    [PART_ROUTER] = "init/router",
    [PART_GATES] = "init/gates",
    [PART_UPS] = "init/ups",
    [PART_DOWNS] = "init/downs",
    [PART_SHARED_WEIGHT] = "init/shared_weight",
    [PART_SHARED_GATE] = "init/shared_gate",
    [PART_SHARED_UP] = "init/shared_up",
    [PART_SHARED_DOWN] = "init/shared_down",
};

/* Deviation of the values around 0, around 1 for the gain of a norm. */
static double deviation(const struct random_plan *plan, const struct model_part *p) {
    const struct lm_shape *s = &plan->m->shape;
    bool out = p->id == PART_O || p->id == PART_DOWN || p->id == PART_DOWNS ||
               p->id == PART_SHARED_DOWN;
    bool norm = model_part_is_norm(p->id);
    if (!plan->varied) return norm || p->bias ? 0 : out ? 0.02 / sqrt(2.0 * (double)s->layers) : 0.02;
    if (norm || p->bias) return 0.2;
    if (p->id == PART_ROPE_LONG || p->id == PART_ROPE_SHORT) return p->id == PART_ROPE_LONG ? 4 : 0.2;
    if (p->id == PART_EMBEDDING || p->id == PART_POSITIONS)
        return s->embedding_scale > 0 ? 1 / (double)s->embedding_scale : 1;
    if (p->id == PART_SHARED_WEIGHT) return 1 / sqrt((double)p->n);
    /* What layers add is half as large as what they get, so that roundings grow little from layer to layer; a router
     * that hardly prefers anything would choose otherwise for the smallest of them. */
    return (p->id == PART_ROUTER ? 4 : out ? 0.5 : 1) / sqrt((double)p->k);
}

static bool random_part(void *context, const struct model_part *p, struct error *err) {
    struct random_plan *plan = context;
    size_t n = model_part_count(p);
    char stream[64];
    snprintf(stream, sizeof stream, "%s%s", streams[p->id], p->bias ? "/bias" : "");
    struct rng rng = rng_stream(plan->seed, stream, p->layer + ((uint64_t)p->expert << 32));
    float *values = memory_aligned(64, n * sizeof *values);
    if (!values) return error_memory(err, "weights");
    plan->m->parameters += n;
    double mean = model_part_is_norm(p->id) && !p->bias ? 1 : 0, scale = deviation(plan, p);
    for (size_t i = 0; i < n; i++) values[i] = (float)(scale == 0 ? mean : mean + scale * rng_normal(&rng));
    if (p->id == PART_ROPE_FACTORS) arch_llama3_factors(&plan->m->shape, values);
    for (size_t i = 0; i < n && (p->id == PART_ROPE_LONG || p->id == PART_ROPE_SHORT); i++)
        values[i] = 1 + fabsf(values[i]);
    if (!p->matrix) return *p->values = values, true;
    *p->matrix = (struct lm_matrix){.n = p->n, .k = p->k, .values = values};
    return p->id == PART_EMBEDDING || model_pack(plan->m, p->matrix, err);
}

/* No file stands behind the model: its digest is that of its recipe. */
static void name_random(struct lm_model *m, uint64_t seed, struct text settings) {
    const struct lm_shape *s = &m->shape;
    char recipe[1024];
    int n = snprintf(
        recipe, sizeof recipe,
        "random %s seed %llu layers %zu width %zu heads %zu kv_heads %zu head_size %zu hidden %zu vocabulary %zu "
        "context %zu norm_eps %a rope_base %a interleaved %d tied %d",
        m->arch->name, (unsigned long long)seed, s->layers, s->width, s->heads, s->kv_heads, s->head_size, s->hidden,
        s->vocabulary, s->context, (double)s->norm_eps, (double)s->rope_base, s->rope_interleaved, s->tied);
    if (settings.len) n += snprintf(recipe + n, sizeof recipe - (size_t)n, " settings %.400s", settings.at);
    sha256_hex(recipe, (size_t)n, m->digest);
    snprintf(m->name, sizeof m->name, "random-%s-%llu", m->arch->name, (unsigned long long)seed);
    snprintf(m->types, sizeof m->types, "F32");
}

struct lm_model *model_random(const struct lm_arch *arch, const struct lm_shape *shape, struct tokenizer *tokenizer,
                              uint64_t seed, struct text settings, struct error *err) {
    struct lm_model *m = memory_zeroed(1, sizeof *m);
    if (!m) {
        tokenizer_free(tokenizer);
        error_memory(err, "model");
        return NULL;
    }
    *m = (struct lm_model){.arch = arch, .shape = *shape, .tokenizer = tokenizer, .keeps_values = true};
    struct random_plan plan = {m, seed, settings.at != NULL};
    name_random(m, seed, settings);
    if (model_check_shape(shape, "random model", err) && model_new_layers(m, err) &&
        model_parts(m, random_part, &plan, err) && (!shape->tied || model_tie_output(m, err)))
        return m;
    lm_model_free(m);
    return NULL;
}

struct lm_model *lm_model_random(const struct lm_shape *shape, struct tokenizer *tokenizer, uint64_t seed,
                                 struct error *err) {
    return model_random(&arch_llama, shape, tokenizer, seed, (struct text){0}, err);
}
