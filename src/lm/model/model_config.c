/* The description as config.json: see model_export.h. What was written is read again by arch_config.c and must give the
 * same description, so that what this kind's config.json cannot say is found whatever it is. */
#include "lm/model/arch.h"
#include "lm/model/model_export.h"
#include "lm/model/model_head.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 9 }; /* of a real: as many as tell one f32 from another */

struct saying {
    const struct lm_model *m;
    const struct lm_arch *arch;
    json_t *to; /* a member that memory was lacking for is missing, which reading again finds */
    struct lm_rope_scaling scaling;
};

/* ---- members ---- */

/* The shortest decimal that is this f32. */
static json_t *real(float value) {
    double number = (double)value;
    for (int n = 6; n <= DIGITS; n++) {
        char digits[32];
        snprintf(digits, sizeof digits, "%.*g", n, (double)value);
        if (text_to_f64(text_of(digits), &number) && (float)number == value) break;
    }
    return json_from_f64(number);
}

static void put(const struct saying *s, const char *usual, json_t *value) {
    for (const struct arch_alias *a = s->arch->aliases; a && a->usual; a++)
        if (strcmp(a->usual, usual) == 0) usual = a->own;
    json_object_set_new(s->to, usual, value);
}

static void put_size(const struct saying *s, const char *key, size_t value) {
    put(s, key, json_integer((json_int_t)value));
}

static void put_kind(const struct saying *s, enum lm_type type) {
    const struct tokenizer *t = s->m->tokenizer;
    const char *stored = type == LM_F16 ? "float16" : type == LM_BF16 ? "bfloat16" : "float32";
    put(s, "architectures", json_pack("[o]", lm_head_class(s->m, s->arch->causal)));
    if (s->m->head.n) put(s, "id2label", lm_head_labels(s->m));
    put(s, "model_type", json_string(s->arch->config));
    put(s, "torch_dtype", json_string(stored));
    put(s, "tie_word_embeddings", json_boolean(s->m->shape.tied));
    if (t && tokenizer_bos(t) >= 0) put(s, "bos_token_id", json_integer(tokenizer_bos(t)));
    if (t && tokenizer_eos(t) >= 0) put(s, "eos_token_id", json_integer(tokenizer_eos(t)));
}

static void put_sizes(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    put_size(s, "hidden_size", h->width);
    put_size(s, "num_hidden_layers", h->layers);
    put_size(s, "num_attention_heads", h->heads);
    put_size(s, "intermediate_size", h->hidden);
    put_size(s, "max_position_embeddings", h->context);
    put_size(s, "vocab_size", h->vocabulary);
    put(s, h->norm == LM_NORM_LAYER ? "layer_norm_epsilon" : "rms_norm_eps", real(h->norm_eps));
    if (h->learned_positions) return;
    put_size(s, "num_key_value_heads", h->kv_heads);
    put_size(s, "head_dim", h->head_size);
}

/* What looks at another key has hidden_act beside it, as files of gemma do. */
static void put_activation(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    const char *word = h->activation == LM_SILU       ? "silu"
                       : h->activation == LM_GELU_ERF ? "gelu"
                       : h->ungated                   ? "gelu_new"
                                                      : "gelu_pytorch_tanh";
    if (!h->ungated) put(s, "hidden_act", json_string(word));
    if (s->arch->activation) put(s, s->arch->activation, json_string(word));
}

static void put_biases(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    if (s->arch->says & SAYS_ATTENTION_BIAS) put(s, "attention_bias", json_boolean(h->qkv_bias));
    if (s->arch->says & SAYS_FFN_BIAS) put(s, "mlp_bias", json_boolean(h->ffn_bias));
}

static void put_experts(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    if (!h->experts) return;
    put_size(s, "num_local_experts", h->experts);
    put_size(s, "num_experts_per_tok", h->experts_used);
    if (s->arch == &arch_mixtral) return;
    json_object_set_new(s->to, "intermediate_size",
                        json_integer((json_int_t)h->hidden)); /* of layers without experts: none */
    put(s, "norm_topk_prob", json_boolean(!h->experts_whole));
    put(s, "decoder_sparse_step", json_integer(1));
    put(s, "mlp_only_layers", json_array());
    if (h->shared_hidden) put_size(s, "shared_expert_intermediate_size", h->shared_hidden);
}

static void put_caps(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    float scale = lm_shape_attention_scale(h);
    if (h->attention_cap > 0) put(s, "attn_logit_softcapping", real(h->attention_cap));
    if (h->logit_cap > 0) put(s, "final_logit_softcapping", real(h->logit_cap));
    if (!h->embedding_scale) return; /* only gemma has the next one */
    double query = h->attention_scale > 0 ? round(1 / ((double)scale * (double)scale)) : (double)h->head_size;
    put(s, "query_pre_attn_scalar", json_integer((json_int_t)query));
}

/* ---- windows ---- */

static void put_layers(const struct saying *s) {
    json_t *kinds = json_array();
    for (size_t l = 0; l < s->m->shape.layers; l++)
        json_array_append_new(kinds,
                              json_string(lm_shape_window(&s->m->shape, l) ? "sliding_attention" : "full_attention"));
    put(s, "layer_types", kinds);
}

static void put_window(const struct saying *s) {
    const struct lm_shape *h = &s->m->shape;
    if (!(s->arch->says & SAYS_WINDOW)) return;
    if (s->arch->local_window) put(s, "use_sliding_window", json_boolean(h->window > 0));
    put(s, "sliding_window", h->window ? json_integer((json_int_t)h->window) : json_null());
    if (h->window && s->arch->local_window) put(s, "max_window_layers", json_integer(0));
    if (!h->window || !h->unwindowed_every) return;
    put_size(s, "sliding_window_pattern", h->unwindowed_every);
    put_layers(s);
    if (h->local_rope_base > 0) put(s, "rope_local_base_freq", real(h->local_rope_base));
}

/* ---- rotations ---- */

/* Does this scaling give the table that the model has? */
static bool gives_table(const struct saying *s, const struct lm_rope_scaling *r) {
    struct lm_shape shape = s->m->shape;
    size_t n = lm_shape_rotated(&shape) / 2;
    float *table = memory_alloc(n * sizeof *table);
    shape.scaling = *r;
    if (table) arch_llama3_factors(&shape, table);
    bool same = table && memcmp(table, s->m->rope_factors, n * sizeof *table) == 0;
    memory_free(table);
    return same;
}

/* GGUF has the table of llama 3 alone, config.json the four numbers that it is made of: those of the known models are
 * tried for every context of a first training that the model's own may come from. */
static bool find_llama3(struct saying *s) {
    struct lm_rope_scaling *r = &s->scaling;
    const float *table = s->m->rope_factors;
    if (r->factor > 0) return gives_table(s, r);
    *r = (struct lm_rope_scaling){.kind = LM_SCALING_FACTORS, .beta_slow = 1, .beta_fast = 4, .context = 8192};
    for (size_t i = 0; i < lm_shape_rotated(&s->m->shape) / 2; i++) r->factor = fmaxf(r->factor, table[i]);
    if (gives_table(s, r)) return true;
    for (r->context = s->m->shape.context; r->context; r->context /= 2)
        if (gives_table(s, r)) return true;
    return false;
}

static json_t *table_json(const float *table, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, real(table[i]));
    return list;
}

/* Two tables; the context of the first training stands beside them. */
static void put_long(const struct saying *s) {
    const struct lm_model *m = s->m;
    size_t n = lm_shape_rotated(&m->shape) / 2;
    json_t *to = json_pack("{s:s, s:o, s:o}", "rope_type", "longrope", "long_factor", table_json(m->rope_factors, n),
                           "short_factor", table_json(m->rope_short, n));
    json_object_set_new(to, "type", json_string("longrope"));
    if (s->scaling.amplitude != arch_long_amplitude(&m->shape))
        json_object_set_new(to, "attention_factor", real(s->scaling.amplitude));
    put(s, "rope_scaling", to);
    put_size(s, "original_max_position_embeddings", s->scaling.context);
}

static json_t *scaling_json(const struct lm_rope_scaling *r) {
    json_t *to = json_object();
    float usual = r->factor > 1 ? (float)(1 + 0.1 * log((double)r->factor)) : 1;
    static const char *const names[] = {
        [LM_SCALING_LINEAR] = "linear", [LM_SCALING_FACTORS] = "llama3", [LM_SCALING_YARN] = "yarn"};
    json_object_set_new(to, "rope_type", json_string(names[r->kind]));
    json_object_set_new(to, "factor", real(r->factor));
    if (r->kind == LM_SCALING_LINEAR) return to;
    json_object_set_new(to, "original_max_position_embeddings", json_integer((json_int_t)r->context));
    bool yarn = r->kind == LM_SCALING_YARN;
    json_object_set_new(to, yarn ? "beta_fast" : "high_freq_factor", real(r->beta_fast));
    json_object_set_new(to, yarn ? "beta_slow" : "low_freq_factor", real(r->beta_slow));
    if (yarn && r->amplitude != usual) json_object_set_new(to, "attention_factor", real(r->amplitude));
    return to;
}

static bool put_rotations(struct saying *s, struct error *err) {
    const struct lm_shape *h = &s->m->shape;
    if (h->learned_positions) return true;
    put(s, "rope_theta", real(h->rope_base));
    if (h->rotated && h->rotated != h->head_size) {
        double part = ceil((double)h->rotated / (double)h->head_size * 1e9) / 1e9; /* readers cut the product down */
        put(s, "partial_rotary_factor", json_real(part));
    }
    if (h->unrotated_every) {
        json_t *rotates = json_array();
        for (size_t l = 0; l < h->layers; l++) json_array_append_new(rotates, json_integer(lm_shape_rotates(h, l)));
        put(s, "no_rope_layers", rotates);
        put_size(s, "no_rope_layer_interval", h->unrotated_every);
    }
    if (h->scaling.kind == LM_SCALING_NONE) return true;
    if (h->scaling.kind == LM_SCALING_FACTORS && !find_llama3(s))
        return error_set(err, ERROR_DATA,
                         "model '%s': its table of rotation rates is not one that config.json has numbers for",
                         s->m->name);
    if (h->scaling.kind == LM_SCALING_LONG) put_long(s);
    else put(s, "rope_scaling", scaling_json(&s->scaling));
    return true;
}

/* ---- what was said, read again ---- */

static bool same_layers(const struct lm_shape *a, const struct lm_shape *b) {
    for (size_t l = 0; l < a->layers; l++)
        if (lm_shape_window(a, l) != lm_shape_window(b, l) || lm_shape_rotates(a, l) != lm_shape_rotates(b, l) ||
            lm_shape_is_local(a, l) != lm_shape_is_local(b, l))
            return false;
    return true;
}

static bool same_scaling(const struct lm_rope_scaling *a, const struct lm_rope_scaling *b) {
    if (a->kind == LM_SCALING_LONG)
        return a->kind == b->kind && a->context == b->context && a->amplitude == b->amplitude;
    if (a->kind != b->kind || (a->kind != LM_SCALING_NONE && a->factor != b->factor)) return false;
    if (a->kind == LM_SCALING_NONE || a->kind == LM_SCALING_LINEAR) return true;
    return a->beta_fast == b->beta_fast && a->beta_slow == b->beta_slow && a->context == b->context &&
           (a->kind != LM_SCALING_YARN || a->amplitude == b->amplitude);
}

static const char *difference(const struct lm_shape *a, const struct lm_shape *b,
                              const struct lm_rope_scaling *scaling) {
    const struct {
        const char *what;
        bool same;
    } rows[] = {
        {"sizes", a->layers == b->layers && a->width == b->width && a->heads == b->heads &&
                      a->kv_heads == b->kv_heads && a->head_size == b->head_size && a->hidden == b->hidden &&
                      a->context == b->context},
        {"norms", a->norm == b->norm && a->norm_eps == b->norm_eps && a->no_pre_norms == b->no_pre_norms &&
                      a->post_norms == b->post_norms && a->qk_norm == b->qk_norm},
        {"biases", a->qkv_bias == b->qkv_bias && a->o_bias == b->o_bias && a->ffn_bias == b->ffn_bias},
        {"rotations", a->learned_positions == b->learned_positions && lm_shape_rotated(a) == lm_shape_rotated(b) &&
                          (a->learned_positions || a->rope_base == b->rope_base) && same_scaling(scaling, &b->scaling)},
        {"windows", same_layers(a, b)},
        {"rope base where there is a window", !a->window || a->local_rope_base == b->local_rope_base},
        {"scale of the attention", lm_shape_attention_scale(a) == lm_shape_attention_scale(b)},
        {"caps", a->attention_cap == b->attention_cap && a->logit_cap == b->logit_cap},
        {"scale of the embedding", a->embedding_scale == b->embedding_scale},
        {"feed-forward", a->activation == b->activation && a->ungated == b->ungated},
        {"experts", a->experts == b->experts && a->experts_used == b->experts_used},
        {"weights of experts", a->experts_whole == b->experts_whole},
        {"shared expert", a->shared_hidden == b->shared_hidden},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!rows[i].same) return rows[i].what;
    return NULL;
}

static bool check(const struct saying *s, struct error *err) {
    struct lm_model again = {.arch = s->arch};
    struct lm_file file = {.container = LM_SAFETENSORS, .path = "config.json", .config = s->to};
    if (!arch_read_shape(&again, &file, err)) return error_wrap(err, "model '%s' as %s", s->m->name, s->arch->causal);
    const char *what = difference(&s->m->shape, &again.shape, &s->scaling);
    return !what || error_set(err, ERROR_DATA, "model '%s': config.json of %s cannot say this model's %s", s->m->name,
                              s->arch->causal, what);
}

/* Nine digits, and a point in every real: readers tell 8.0 from 8. */
static bool put_text(const struct saying *s, struct buffer *out) {
    char *text = json_dumps(s->to, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    bool ok = text && buffer_put_c(out, text) && buffer_put_c(out, "\n");
    free(text);
    return ok;
}

bool lm_model_config(const struct lm_model *m, enum lm_type type, struct buffer *out, struct error *err) {
    struct saying s = {.m = m, .arch = arch_of_config(m), .to = json_object(), .scaling = m->shape.scaling};
    if (!s.to) return error_memory(err, "config.json");
    put_kind(&s, type);
    put_sizes(&s);
    put_activation(&s);
    put_biases(&s);
    put_experts(&s);
    put_caps(&s);
    put_window(&s);
    bool ok = put_rotations(&s, err) && check(&s, err);
    if (ok && !put_text(&s, out)) ok = error_memory(err, "config.json");
    json_decref(s.to);
    return ok && buffer_check(out, "config.json", err);
}
