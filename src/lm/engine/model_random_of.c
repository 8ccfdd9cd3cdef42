/* Random models of any architecture, scaled so that their next-token distributions are neither flat nor sharp: see
 * model.h. */
#include "lm/model/arch.h"
#include "lm/engine/engine.h"

#include <math.h>
#include <string.h>

const struct option_def lm_random_options[] = {
    {"layers", OPTION_INT, NULL, 1, 1024, NULL, "layers (default: 4, gemma3 6)"},
    {"width", OPTION_INT, "256", 2, 1 << 20, NULL, "of a state"},
    {"heads", OPTION_INT, "4", 1, 4096, NULL, "heads of queries"},
    {"kv_heads", OPTION_INT, NULL, 1, 4096, NULL, "heads of keys and values (default: half of them, gpt2 all)"},
    {"head_size", OPTION_INT, NULL, 2, 4096, NULL, "of a head (default: width / heads)"},
    {"hidden", OPTION_INT, NULL, 1, 1 << 24, NULL,
     "of the feed-forward, of one expert (default: twice the width, experts half of it)"},
    {"vocabulary", OPTION_INT, "512", 260, 1 << 20, NULL, "tokens"},
    {"context", OPTION_INT, "512", 1, 1 << 24, NULL, "longest sequence"},
    {"tied", OPTION_FLAG, NULL, 1, 0, NULL, "the output matrix is the embedding (default: as the architecture has it)"},
    {"window", OPTION_INT, NULL, 1, 1 << 24, NULL, "positions seen (default: gemma 24, others all)"},
    {"experts", OPTION_INT, NULL, 1, 512, NULL, "experts (default: 8 where the architecture has some)"},
    {"experts_used", OPTION_INT, "2", 1, 512, NULL, "experts for one token"},
    {"shared", OPTION_INT, NULL, 1, 1 << 24, NULL,
     "of the shared expert (default: twice the width where there is one)"},
    {"rope_base", OPTION_REAL, NULL, 1, 1e9, NULL, "of rotations (default: 10000, gemma3 1000000)"},
    {"scaling", OPTION_CHOICE, "none", 1, 0, "none|linear|llama3|yarn|longrope", "of rotations"},
    {"factor", OPTION_REAL, "8", 1, 1e6, NULL, "of the scaling"},
    {"biases", OPTION_FLAG, NULL, 1, 0, NULL, "biases of queries, keys, values, outputs and feed-forwards too"},
    {"activation", OPTION_CHOICE, "own", 1, 0, "own|silu|gelu_tanh|gelu", "function (own: the architecture's)"},
    {"seed", OPTION_INT, "1", 0, 9e18, NULL, "of all values"},
};
const size_t lm_random_n_options = sizeof lm_random_options / sizeof *lm_random_options;
enum {
    LAYERS,
    WIDTH,
    HEADS,
    KV_HEADS,
    HEAD_SIZE,
    HIDDEN,
    VOCABULARY,
    CONTEXT,
    TIED,
    WINDOW,
    EXPERTS,
    EXPERTS_USED,
    SHARED,
    ROPE_BASE,
    SCALING,
    FACTOR,
    BIASES,
    ACTIVATION,
    SEED
};

static size_t given(const struct option_value *o, size_t otherwise) {
    return o->given ? (size_t)o->integer : otherwise;
}

static void put_scaling(struct lm_shape *s, const struct option_value *o) {
    struct lm_rope_scaling *r = &s->scaling;
    if (text_equal_c(o[SCALING].text, "none")) return;
    r->factor = (float)o[FACTOR].real;
    r->context = s->context / 8 ? s->context / 8 : 1;
    if (text_equal_c(o[SCALING].text, "linear")) r->kind = LM_SCALING_LINEAR;
    if (text_equal_c(o[SCALING].text, "llama3")) {
        r->kind = LM_SCALING_FACTORS;
        r->beta_slow = 1;
        r->beta_fast = 4;
    }
    if (text_equal_c(o[SCALING].text, "longrope")) {
        r->kind = LM_SCALING_LONG;
        r->factor = 0;
        r->amplitude = arch_long_amplitude(s);
    }
    if (text_equal_c(o[SCALING].text, "yarn")) {
        r->kind = LM_SCALING_YARN;
        r->beta_slow = 1;
        r->beta_fast = 32;
        r->amplitude = (float)(1 + 0.1 * log((double)r->factor));
    }
}

static void put_activation(struct lm_shape *s, struct text name) {
    if (text_equal_c(name, "silu")) s->activation = LM_SILU;
    if (text_equal_c(name, "gelu_tanh")) s->activation = LM_GELU_TANH;
    if (text_equal_c(name, "gelu")) s->activation = LM_GELU_ERF;
}

static struct lm_shape make_shape(const struct lm_arch *arch, const struct option_value *o) {
    struct lm_shape s = {.norm_eps = 1e-5f, .rope_interleaved = arch->interleaved, .tied = arch->tied || o[TIED].flag};
    if (arch->features) arch->features(&s);
    bool gemma3 = s.local_rope_base > 0;
    s.layers = given(&o[LAYERS], gemma3 ? 6 : 4);
    s.width = (size_t)o[WIDTH].integer;
    s.heads = (size_t)o[HEADS].integer;
    s.kv_heads = given(&o[KV_HEADS], s.learned_positions || s.heads % 2 ? s.heads : s.heads / 2);
    s.head_size = given(&o[HEAD_SIZE], s.width / s.heads);
    s.experts = given(&o[EXPERTS], arch->random_experts);
    s.experts_used = s.experts ? (size_t)o[EXPERTS_USED].integer : 0;
    s.shared_hidden = given(&o[SHARED], arch->shared_expert ? 2 * s.width : 0);
    s.hidden = given(&o[HIDDEN], s.experts ? s.width : 2 * s.width);
    s.vocabulary = (size_t)o[VOCABULARY].integer;
    s.context = (size_t)o[CONTEXT].integer;
    s.window = given(&o[WINDOW], s.unwindowed_every ? 24 : 0);
    s.rope_base = o[ROPE_BASE].given ? (float)o[ROPE_BASE].real : gemma3 ? 1e6f : 1e4f;
    if (o[BIASES].flag) s.qkv_bias = s.o_bias = s.ffn_bias = true;
    put_scaling(&s, o);
    put_activation(&s, o[ACTIVATION].text);
    if (arch->derive) arch->derive(&s, true);
    return s;
}

/* ---- the tokenizer ---- */

static struct tokenizer *make_tokenizer(size_t vocabulary, struct error *err) {
    /* llama.cpp wants the last two of everything that is called phi3. */
    static const struct text specials[] = {{"<s>", 3}, {"</s>", 4}, {"<unk>", 5}, {"<|endoftext|>", 13}};
    const struct tokenizer_training training = {.specials = specials, .n_specials = 4, .vocabulary = vocabulary,
                                                .pre = "gpt-2",
                                                .bos = {"<s>", 3}, .eos = {"</s>", 4}};
    return tokenizer_train(&training, err);
}

/* ---- the scale of the logits ---- */

enum { TOKENS = 64, STEPS = 24 };
#define WANTED 2.5

struct sharpening {
    struct lm_model *m;
    struct lm_engine *engine;
    float *logits, *gain, *bias; /* gain and bias as they were drawn */
    int32_t ids[TOKENS];
    size_t n;
};

/* n: 1 or more. */
static double entropy_of(const float *logits, size_t n) {
    double max = (double)logits[0], mean = 0;
    for (size_t i = 1; i < n; i++) max = fmax(max, (double)logits[i]);
    double sum = exp((double)logits[0] - max);
    for (size_t i = 1; i < n; i++) sum += exp((double)logits[i] - max);
    for (size_t i = 0; i < n; i++) mean += exp((double)logits[i] - max) / sum * ((double)logits[i] - max);
    return log(sum) - mean;
}

/* Mean entropy with the last norm scaled. */
static bool measure(const struct sharpening *s, double scale, double *out, struct error *err) {
    size_t width = s->m->shape.width, vocabulary = s->m->shape.vocabulary;
    for (size_t i = 0; i < width; i++) {
        s->m->output_norm[i] = (float)(scale * (double)s->gain[i]);
        if (s->bias) s->m->output_norm_bias[i] = (float)(scale * (double)s->bias[i]);
    }
    if (!lm_logits(s->engine, s->ids, s->n, s->logits, err)) return false;
    *out = 0;
    for (size_t i = 0; i < s->n; i++) *out += entropy_of(s->logits + i * vocabulary, vocabulary) / (double)s->n;
    return true;
}

static bool search(const struct sharpening *s, double *entropy, struct error *err) {
    double low = -8, high = 8; /* powers of two: flat, sharp */
    for (size_t i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (!measure(s, exp2(middle), entropy, err)) return false;
        if (*entropy > WANTED) low = middle;
        else high = middle;
    }
    return true;
}

static float *copy(const float *values, size_t n) {
    float *out = values ? memory_alloc(n * sizeof *out) : NULL;
    if (out) memcpy(out, values, n * sizeof *out);
    return out;
}

static bool sharpen(struct lm_model *m, uint64_t seed, double *entropy, struct error *err) {
    struct sharpening s = {.m = m, .n = m->shape.context < TOKENS ? m->shape.context : TOKENS};
    struct rng rng = rng_stream(seed, "init/probe", 0);
    for (size_t i = 0; i < s.n; i++) s.ids[i] = (int32_t)rng_below(&rng, m->shape.vocabulary);
    s.logits = memory_alloc(s.n * m->shape.vocabulary * sizeof *s.logits);
    s.gain = copy(m->output_norm, m->shape.width);
    s.bias = copy(m->output_norm_bias, m->shape.width);
    bool ok = (s.logits && s.gain && (s.bias || !m->output_norm_bias)) || error_memory(err, "random model");
    ok = ok && (s.engine = lm_engine_new(m, NULL, (struct lm_engine_options){.rows = TOKENS}, err)) != NULL &&
         search(&s, entropy, err);
    lm_engine_free(s.engine);
    memory_free(s.logits);
    memory_free(s.gain);
    memory_free(s.bias);
    return ok;
}

/* ---- the whole ---- */

static void refuse_arch(struct text name, struct error *err) {
    const struct lm_arch *const *list;
    size_t n = lm_archs(&list);
    struct buffer known;
    buffer_init(&known, 4096);
    for (size_t i = 0; i < n; i++) buffer_printf(&known, "%s%s", i ? ", " : "", lm_arch_name(list[i]));
    error_set(err, ERROR_USAGE, "no architecture '%.*s'; there are %s", (int)(name.len < 60 ? name.len : 60), name.at,
              known.at ? known.at : "");
    buffer_done(&known);
}

static struct lm_model *make_model(const struct lm_arch *arch, struct text spec, const struct option_value *o,
                                   double *entropy, struct error *err) {
    struct lm_shape shape = make_shape(arch, o);
    uint64_t seed = (uint64_t)o[SEED].integer;
    if (!model_check_shape(&shape, "random model", err)) return NULL;
    struct tokenizer *tokenizer = make_tokenizer(shape.vocabulary, err);
    struct lm_model *m = tokenizer ? model_random(arch, &shape, tokenizer, seed, spec, err) : NULL;
    if (m && sharpen(m, seed, entropy, err)) return m;
    lm_model_free(m);
    return NULL;
}

struct lm_model *lm_model_random_of(struct text spec, double *entropy, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    const struct lm_arch *arch = lm_arch_find(spec_name(spec));
    struct lm_model *m = NULL;
    char *whole = arena_printf(&arena, err, "%.*s", TEXT_ARG(spec));
    if (!arch) {
        refuse_arch(spec_name(spec), err);
    } else {
        const struct option_value *o =
            whole ? spec_parse(&arena, text_of(whole), lm_random_options, lm_random_n_options, err) : NULL;
        if (o) m = make_model(arch, text_of(whole), o, entropy, err);
    }
    arena_done(&arena);
    return m;
}
