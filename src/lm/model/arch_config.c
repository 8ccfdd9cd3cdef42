/* The description in a Hugging Face config.json. Keys that ask for what the description
 * cannot say are refused by name. */
#include "lm/model/arch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct json_place place(const char *path) {
    return (struct json_place){"config.json", 0, path};
}

/* ---- rotations ---- */

static bool put_real(const json_t *from, const char *key, double initial, float *out, struct error *err) {
    const json_t *v = json_object_get(from, key);
    double number = json_is_number(v) ? json_number_value(v) : initial;
    if (v && !json_is_null(v) && !json_is_number(v))
        return json_mismatch(v, key, place("rope_scaling"), "a number", err);
    if (isnan(number)) return error_set(err, ERROR_DATA, "config.json: rope_scaling: '%s' is missing", key);
    *out = (float)number;
    return (isfinite(*out) && *out > 0) ||
           error_set(err, ERROR_DATA, "config.json: rope_scaling: '%s' is %.9g, expected a number above 0", key,
                     number);
}

static bool put_context(struct lm_shape *s, const json_t *from, struct error *err) {
    float context = 0;
    if (!put_real(from, "original_max_position_embeddings", (double)s->context, &context, err)) return false;
    if (context > (float)(1u << 30))
        return error_set(err, ERROR_DATA,
                         "config.json: rope_scaling: 'original_max_position_embeddings' is above 2^30");
    s->scaling.context = (size_t)context;
    return true;
}

static bool put_yarn(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch, const json_t *from,
                     struct error *err) {
    struct lm_rope_scaling *r = &s->scaling;
    r->kind = LM_SCALING_YARN;
    if (json_object_get(from, "mscale") || json_object_get(from, "mscale_all_dim") ||
        json_is_false(json_object_get(from, "truncate")))
        return arch_refuse(file, arch, "config.json asks for scaled rotations with 'mscale' or 'truncate'", err);
    if (!put_real(from, "factor", NAN, &r->factor, err) || !put_context(s, from, err) ||
        !put_real(from, "beta_fast", 32, &r->beta_fast, err) || !put_real(from, "beta_slow", 1, &r->beta_slow, err))
        return false;
    double usual = r->factor > 1 ? 1 + 0.1 * log((double)r->factor) : 1;
    return put_real(from, "attention_factor", usual, &r->amplitude, err);
}

static bool put_llama3(struct lm_shape *s, const json_t *from, struct error *err) {
    struct lm_rope_scaling *r = &s->scaling;
    r->kind = LM_SCALING_FACTORS;
    return put_real(from, "factor", NAN, &r->factor, err) &&
           put_real(from, "low_freq_factor", NAN, &r->beta_slow, err) &&
           put_real(from, "high_freq_factor", NAN, &r->beta_fast, err) &&
           put_real(from, "original_max_position_embeddings", NAN, &(float){0}, err) && put_context(s, from, err);
}

float arch_long_amplitude(const struct lm_shape *s) {
    double factor = (double)s->context / (double)s->scaling.context;
    return factor > 1 ? (float)sqrt(1 + log(factor) / log((double)s->scaling.context)) : 1;
}

/* The tables are read with the tensors. The context of the first training stands beside rope_scaling, or in it. */
static bool put_long(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch, const json_t *from,
                     struct error *err) {
    const char *key = "original_max_position_embeddings";
    s->scaling.kind = LM_SCALING_LONG;
    if (json_object_get(from, "long_mscale"))
        return arch_refuse(file, arch, "config.json asks for scaled rotations with 'long_mscale'", err);
    if (!put_context(s, json_object_get(file->config, key) ? file->config : from, err)) return false;
    return put_real(from, "attention_factor", (double)arch_long_amplitude(s), &s->scaling.amplitude, err);
}

static bool read_scaling(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch, const json_t *from,
                         struct error *err) {
    const json_t *kind = json_object_get(from, "rope_type");
    struct text type = json_text(kind ? kind : json_object_get(from, "type"));
    char what[160];
    if (type.len == 0 || text_equal_c(type, "default")) return true;
    if (text_equal_c(type, "llama3")) return put_llama3(s, from, err);
    if (text_equal_c(type, "yarn")) return put_yarn(s, file, arch, from, err);
    if (text_equal_c(type, "longrope") || text_equal_c(type, "su")) return put_long(s, file, arch, from, err);
    if (text_equal_c(type, "linear")) {
        s->scaling.kind = LM_SCALING_LINEAR;
        return put_real(from, "factor", NAN, &s->scaling.factor, err);
    }
    snprintf(what, sizeof what, "config.json asks for scaled rotations (rope_scaling) of the kind '%.*s'",
             (int)(type.len < 40 ? type.len : 40), type.at);
    return arch_refuse(file, arch, what, err);
}

/* rope_scaling, or rope_parameters as newer files have it, there also one for each kind of layer. */
static bool read_rotations(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch,
                           struct error *err) {
    const json_t *c = file->config, *from = json_object_get(c, "rope_parameters");
    if (!json_is_object(from)) from = json_object_get(c, "rope_scaling");
    const json_t *local = json_object_get(from, "sliding_attention"), *global = json_object_get(from, "full_attention");
    double part;
    if (json_is_object(global)) from = global;
    if (!arch_real(file, arch, "rope_theta", 10000, &s->rope_base, err) ||
        (json_object_get(c, "rope_local_base_freq") &&
         !arch_real(file, arch, "rope_local_base_freq", NAN, &s->local_rope_base, err)) ||
        !put_real(from, "rope_theta", (double)s->rope_base, &s->rope_base, err) ||
        (local && !put_real(local, "rope_theta", (double)s->local_rope_base, &s->local_rope_base, err)) ||
        !read_scaling(s, file, arch, from, err) || !arch_number(file, arch, "partial_rotary_factor", &part, err))
        return false;
    if (isnan(part) || part == 1) return true;
    s->rotated = (size_t)fmax(0, fmin(1, part) * (double)s->head_size);
    return s->rotated >= 2 ||
           arch_refuse(file, arch, "partial_rotary_factor in config.json leaves nothing to rotate", err);
}

void arch_llama3_factors(const struct lm_shape *s, float *out) {
    const struct lm_rope_scaling *r = &s->scaling;
    size_t size = lm_shape_rotated(s);
    const double tau = 6.283185307179586;
    for (size_t i = 0; i < size / 2; i++) {
        double rate = pow((double)s->rope_base, -2.0 * (double)i / (double)size),
               turns = (double)r->context * rate / tau;
        double keep = (turns - (double)r->beta_slow) / ((double)r->beta_fast - (double)r->beta_slow);
        keep = fmin(1, fmax(0, keep));
        out[i] = (float)(1 / (keep + (1 - keep) / (double)r->factor));
    }
}

/* ---- windows ---- */

/* layer_types says of each layer what the description must say too. */
static bool check_layers(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch,
                         struct error *err) {
    const json_t *list = json_object_get(file->config, "layer_types");
    size_t windowed = 0;
    if (!json_is_array(list)) return true;
    for (size_t l = 0; l < json_array_size(list); l++) {
        struct text type = json_text(json_array_get(list, l));
        windowed += text_equal_c(type, "sliding_attention");
        if (!text_equal_c(type, "sliding_attention") && !text_equal_c(type, "full_attention"))
            return arch_refuse(file, arch, "layer_types in config.json names other kinds of attention", err);
    }
    if (windowed == 0) s->window = 0;
    for (size_t l = 0; l < s->layers && l < json_array_size(list); l++)
        if (text_equal_c(json_text(json_array_get(list, l)), "sliding_attention") != (lm_shape_window(s, l) > 0))
            return arch_refuse(file, arch, "layer_types in config.json has another order of windows", err);
    return true;
}

static bool read_window(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch, struct error *err) {
    const json_t *use = json_object_get(file->config, "use_sliding_window");
    double full;
    if (!arch_size(file, arch, "sliding_window", &s->window, err) ||
        !arch_size(file, arch, "sliding_window_pattern", &s->unwindowed_every, err) ||
        !arch_number(file, arch, "max_window_layers", &full, err))
        return false;
    if (json_is_false(use) || (arch->local_window && !json_is_true(use))) s->window = 0;
    if (s->window && full > 0)
        return arch_refuse(file, arch, "config.json asks for windows in some layers (max_window_layers)", err);
    return check_layers(s, file, arch, err);
}

/* no_rope_layers: 1 where a layer rotates. */
static bool check_unrotated(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch,
                            struct error *err) {
    const json_t *list = json_object_get(file->config, "no_rope_layers");
    if (!s->unrotated_every) return true;
    if (!arch_size(file, arch, "no_rope_layer_interval", &s->unrotated_every, err)) return false;
    for (size_t l = 0; json_is_array(list) && l < s->layers && l < json_array_size(list); l++)
        if ((json_integer_value(json_array_get(list, l)) != 0) != lm_shape_rotates(s, l))
            return arch_refuse(file, arch, "no_rope_layers in config.json is another order of layers", err);
    return true;
}

/* ---- the rest ---- */

/* Words of transformers: its "gelu" is the exact one. What names none has its architecture's. */
static bool read_activation(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch,
                            struct error *err) {
    static const struct {
        const char *word;
        enum lm_activation activation;
    } words[] = {{"silu", LM_SILU},          {"swish", LM_SILU},
                 {"gelu_new", LM_GELU_TANH}, {"gelu_pytorch_tanh", LM_GELU_TANH},
                 {"gelu_fast", LM_GELU_TANH}, {"gelu", LM_GELU_ERF}};
    const char *key = arch->activation ? arch->activation : "hidden_act";
    struct text name = json_text(json_object_get(file->config, key));
    if (!name.len) return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_c(name, words[i].word) || (s->ungated && words[i].activation == LM_SILU)) continue;
        s->activation = words[i].activation;
        return true;
    }
    char what[160];
    snprintf(what, sizeof what, "config.json asks for the activation '%.*s' (%s)", (int)(name.len < 40 ? name.len : 40),
             name.at, key);
    return arch_refuse(file, arch, what, err);
}

static bool read_experts(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch,
                         struct error *err) {
    const json_t *c = file->config, *list = json_object_get(c, "mlp_only_layers");
    double step;
    if (!arch_size(file, arch, "num_local_experts", &s->experts, err) ||
        !arch_size(file, arch, "num_experts_per_tok", &s->experts_used, err) ||
        !arch_number(file, arch, "decoder_sparse_step", &step, err))
        return false;
    if (!s->experts) return true;
    if (step > 1 || json_array_size(list) > 0)
        return arch_refuse(file, arch,
                           "config.json asks for layers without experts (decoder_sparse_step, mlp_only_layers)", err);
    const json_t *norm = json_object_get(c, "norm_topk_prob");
    if (arch->says & SAYS_WEIGHTS_NORM) s->experts_whole = !json_is_true(norm);
    else if (json_is_false(norm))
        return arch_refuse(file, arch, "config.json asks for weights of experts that do not sum to 1 (norm_topk_prob)",
                           err);
    if (!arch->shared_expert || !arch_size(file, arch, "shared_expert_intermediate_size", &s->shared_hidden, err))
        return !arch->shared_expert;
    return s->shared_hidden ||
           error_set(err, ERROR_DATA, "%s: config.json: 'shared_expert_intermediate_size' is missing", file->path);
}

static bool read_caps(struct lm_shape *s, const struct lm_file *file, const struct lm_arch *arch, struct error *err) {
    const json_t *c = file->config;
    float query = 0;
    if (json_is_number(json_object_get(c, "attn_logit_softcapping")) &&
        !arch_real(file, arch, "attn_logit_softcapping", NAN, &s->attention_cap, err))
        return false;
    if (json_is_number(json_object_get(c, "final_logit_softcapping")) &&
        !arch_real(file, arch, "final_logit_softcapping", NAN, &s->logit_cap, err))
        return false;
    if (!json_is_number(json_object_get(c, "query_pre_attn_scalar"))) return true;
    if (!arch_real(file, arch, "query_pre_attn_scalar", NAN, &query, err)) return false;
    if (query != (float)s->head_size) s->attention_scale = 1.0f / sqrtf(query);
    return true;
}

bool arch_read_config(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    const json_t *c = file->config;
    const char *eps = s->norm == LM_NORM_LAYER ? "layer_norm_epsilon" : "rms_norm_eps";
    s->rope_interleaved = false;
    if (!arch_real(file, arch, eps, s->norm == LM_NORM_LAYER ? 1e-5 : 1e-6, &s->norm_eps, err) ||
        !read_rotations(s, file, arch, err) || !read_window(s, file, arch, err) ||
        !check_unrotated(s, file, arch, err) || !read_activation(s, file, arch, err) ||
        !read_experts(s, file, arch, err) || !read_caps(s, file, arch, err))
        return false;
    if (json_is_true(json_object_get(c, "attention_bias"))) s->qkv_bias = s->o_bias = true;
    if (json_is_true(json_object_get(c, "mlp_bias"))) s->ffn_bias = true;
    return !arch->config_rest || arch->config_rest(s, file, err);
}
