/* The description in GGUF metadata: keys are the same for all architectures, behind the architecture's own word (keys
 * as llama.cpp's gguf-py lists them). A key that is not known here and asks for something is refused by name. */
#include "lm/model/arch.h"
#include "lm/model/model_head.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Keys that are read, here or in arch.c; and those that change nothing. */
static const char *const known[] = {
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_epsilon",
    "attention.layer_norm_rms_epsilon",
    "attention.scale",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "expert_count",
    "expert_used_count",
    "expert_feed_forward_length",
    "expert_shared_feed_forward_length",
    "expert_gating_func",
    "expert_weights_norm",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.freq_base_swa",
    "rope.scale_linear",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scaling.finetuned",
    "vocab_size",
    "tensor_data_layout",
    "classifier.output_labels",
};

/* 0, false, "none" and an empty text or list ask for nothing. */
static bool asks_nothing(const struct lm_value *v) {
    switch (v->kind) {
    case LM_VALUE_U64:
        return v->u64 == 0;
    case LM_VALUE_I64:
        return v->i64 == 0;
    case LM_VALUE_F64:
        return v->f64 == 0;
    case LM_VALUE_BOOL:
        return !v->boolean;
    case LM_VALUE_TEXT:
        return v->text.len == 0 || text_equal_c(v->text, "none");
    default:
        return v->count == 0;
    }
}

/* How a head looks at a text; a model without one says how embeddings are made of its states, which is not built. */
static bool is_of_head(const struct lm_file *file, struct text key, const struct lm_value *v) {
    return text_equal_c(key, "pooling_type") && lm_head_find(file) && v->kind == LM_VALUE_U64 &&
           v->u64 == LM_POOLING_RANK;
}

static bool refuse_unknown(const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    char prefix[40];
    snprintf(prefix, sizeof prefix, "%s.", arch->gguf);
    for (size_t i = 0; i < file->n_metadata; i++) {
        struct text key = file->metadata[i].key;
        if (!text_starts(key, text_of(prefix)) || asks_nothing(&file->metadata[i].value)) continue;
        struct text rest = text_part(key, strlen(prefix), key.len);
        bool ok = is_of_head(file, rest, &file->metadata[i].value);
        for (size_t k = 0; !ok && k < sizeof known / sizeof *known; k++) ok = text_equal_c(rest, known[k]);
        if (!ok)
            return error_set(err, ERROR_DATA, "%s: metadata '%.*s' asks for what is not built for %s", file->path,
                             (int)(key.len < 100 ? key.len : 100), key.at, arch->name);
    }
    return true;
}

static bool has(const struct lm_file *file, const struct lm_arch *arch, const char *key) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", arch->gguf, key);
    return lm_file_value(file, full) != NULL;
}

/* The text of a key, empty when there is none. */
static bool read_text(const struct lm_file *file, const struct lm_arch *arch, const char *key, struct text *out,
                      struct error *err) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", arch->gguf, key);
    const struct lm_value *v = lm_file_value(file, full);
    *out = TEXT("");
    if (!v) return true;
    if (v->kind != LM_VALUE_TEXT)
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected a text", file->path, full);
    *out = v->text;
    return true;
}

/* A factor of 1 scales nothing. */
static bool read_linear(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, const char *key,
                        struct error *err) {
    if (!arch_real(file, arch, key, NAN, &s->scaling.factor, err)) return false;
    if (s->scaling.factor != 1) s->scaling.kind = LM_SCALING_LINEAR;
    return true;
}

static bool read_yarn(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    struct lm_rope_scaling *r = &s->scaling;
    r->kind = LM_SCALING_YARN;
    r->context = s->context;
    if (!arch_real(file, arch, "rope.scaling.factor", NAN, &r->factor, err) ||
        !arch_size(file, arch, "rope.scaling.original_context_length", &r->context, err) ||
        !arch_real(file, arch, "rope.scaling.yarn_beta_fast", 32, &r->beta_fast, err) ||
        !arch_real(file, arch, "rope.scaling.yarn_beta_slow", 1, &r->beta_slow, err) ||
        !arch_real(file, arch, "rope.scaling.attn_factor", 1, &r->amplitude, err))
        return false;
    if (r->factor > 1) r->amplitude = (float)((double)r->amplitude * (1 + 0.1 * log((double)r->factor)));
    return true;
}

static bool read_long(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    s->scaling.kind = LM_SCALING_LONG;
    s->scaling.context = s->context;
    return arch_size(file, arch, "rope.scaling.original_context_length", &s->scaling.context, err) &&
           arch_real(file, arch, "rope.scaling.attn_factor", 1, &s->scaling.amplitude, err);
}

static bool read_scaling(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                         struct error *err) {
    struct text type;
    char what[160];
    bool two_tables = lm_file_tensor(file, "rope_factors_long.weight") != NULL; /* files name no type */
    if (!read_text(file, arch, "rope.scaling.type", &type, err)) return false;
    if (lm_file_tensor(file, "rope_freqs.weight")) s->scaling.kind = LM_SCALING_FACTORS;
    if (has(file, arch, "rope.scale_linear") && !read_linear(s, arch, file, "rope.scale_linear", err)) return false;
    if (two_tables && (type.len == 0 || text_equal_c(type, "none") || text_equal_c(type, "longrope")))
        return read_long(s, arch, file, err);
    if (type.len == 0 || text_equal_c(type, "none")) return true;
    if (text_equal_c(type, "linear")) return read_linear(s, arch, file, "rope.scaling.factor", err);
    if (text_equal_c(type, "yarn")) return read_yarn(s, arch, file, err);
    snprintf(what, sizeof what, "the file asks for scaled rotations (rope scaling) of the kind '%.*s'",
             (int)(type.len < 40 ? type.len : 40), type.at);
    return arch_refuse(file, arch, what, err);
}

/* The pattern is a number, every n-th layer being without a window, or a list that says it of each layer. */
static bool read_window(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    char full[128];
    snprintf(full, sizeof full, "%s.attention.sliding_window_pattern", arch->gguf);
    const struct lm_value *pattern = lm_file_value(file, full);
    double window;
    if (!arch_number(file, arch, "attention.sliding_window", &window, err)) return false;
    if (window == 0) s->window = 0;
    else if (!isnan(window) && !arch_size(file, arch, "attention.sliding_window", &s->window, err)) return false;
    if (pattern && pattern->kind != LM_VALUE_ARRAY &&
        !arch_size(file, arch, "attention.sliding_window_pattern", &s->unwindowed_every, err))
        return false;
    for (size_t l = 0; pattern && pattern->kind == LM_VALUE_ARRAY && l < s->layers && l < pattern->count; l++) {
        double windowed;
        if (!lm_value_number(pattern, l, &windowed) || (windowed != 0) != (lm_shape_window(s, l) > 0))
            return arch_refuse(file, arch, "attention.sliding_window_pattern is another order of layers", err);
    }
    return true;
}

/* Older files say feed_forward_length alone: of the shared expert, and of all that are used together. */
static bool read_shared(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    static const char key[] = "expert_shared_feed_forward_length";
    double size;
    if (!arch_number(file, arch, key, &size, err)) return false;
    if (!arch->shared_expert)
        return isnan(size) || size == 0 || arch_refuse(file, arch, "there is a shared expert", err);
    s->shared_hidden = s->hidden;
    if (!has(file, arch, "expert_feed_forward_length") && s->experts_used) s->hidden /= s->experts_used;
    return arch_size(file, arch, key, &s->shared_hidden, err);
}

/* Whether weights of experts sum to 1 follows from the architecture; some files say it as well. */
static bool check_weights(const struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                          struct error *err) {
    char full[128];
    snprintf(full, sizeof full, "%s.expert_weights_norm", arch->gguf);
    const struct lm_value *v = lm_file_value(file, full);
    if (!v || (v->kind == LM_VALUE_BOOL && v->boolean != s->experts_whole)) return true;
    return arch_refuse(file, arch, "expert_weights_norm is another than the architecture has", err);
}

static bool read_experts(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                         struct error *err) {
    double n, gating;
    if (!arch_number(file, arch, "expert_count", &n, err) ||
        !arch_number(file, arch, "expert_gating_func", &gating, err))
        return false;
    if (isnan(n) || n == 0) return true;
    if (!isnan(gating) && gating != 0 && gating != 1)
        return arch_refuse(file, arch, "expert_gating_func is not that of a softmax", err);
    return check_weights(s, arch, file, err) && arch_size(file, arch, "expert_count", &s->experts, err) &&
           arch_size(file, arch, "expert_used_count", &s->experts_used, err) && read_shared(s, arch, file, err) &&
           arch_size(file, arch, "expert_feed_forward_length", &s->hidden, err);
}

static bool read_caps(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    double attention, logits, scale;
    if (!arch_number(file, arch, "attn_logit_softcapping", &attention, err) ||
        !arch_number(file, arch, "final_logit_softcapping", &logits, err) ||
        !arch_number(file, arch, "attention.scale", &scale, err))
        return false;
    if (!isnan(attention)) s->attention_cap = (float)attention;
    if (!isnan(logits)) s->logit_cap = (float)logits;
    if (!isnan(scale)) s->attention_scale = (float)scale;
    bool ok = isfinite(s->attention_cap) && isfinite(s->logit_cap) && isfinite(s->attention_scale) &&
              s->attention_cap >= 0 && s->logit_cap >= 0 && s->attention_scale >= 0;
    return ok || arch_refuse(file, arch, "a cap or scale is below 0 or not finite", err);
}

static bool read_rotations(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file,
                           struct error *err) {
    s->rope_interleaved = arch->interleaved;
    if (!arch_real(file, arch, "rope.freq_base", 10000, &s->rope_base, err) ||
        !arch_size(file, arch, "rope.dimension_count", &s->rotated, err) || !read_scaling(s, arch, file, err))
        return false;
    if (has(file, arch, "rope.freq_base_swa") &&
        !arch_real(file, arch, "rope.freq_base_swa", NAN, &s->local_rope_base, err))
        return false;
    if (s->rotated == s->head_size) s->rotated = 0;
    return true;
}

/* Biases that the architecture may have or not are there when the first layer has them. */
static void look_for_biases(struct lm_shape *s, const struct lm_file *file) {
    s->qkv_bias |= lm_file_tensor(file, "blk.0.attn_q.bias") || lm_file_tensor(file, "blk.0.attn_qkv.bias");
    s->o_bias |= lm_file_tensor(file, "blk.0.attn_output.bias") != NULL;
    s->ffn_bias |= lm_file_tensor(file, "blk.0.ffn_down.bias") != NULL;
}

bool arch_read_gguf(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    double value_length;
    const char *eps = s->norm == LM_NORM_LAYER ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
    if (!arch_real(file, arch, eps, NAN, &s->norm_eps, err) || !read_rotations(s, arch, file, err) ||
        !arch_number(file, arch, "attention.value_length", &value_length, err) || !read_window(s, arch, file, err) ||
        !read_experts(s, arch, file, err) || !read_caps(s, arch, file, err))
        return false;
    if (!isnan(value_length) && value_length != (double)s->head_size)
        return arch_refuse(file, arch, "attention.value_length is not the head size", err);
    look_for_biases(s, file);
    return refuse_unknown(arch, file, err);
}
