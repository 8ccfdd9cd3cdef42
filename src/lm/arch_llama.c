/* The llama architecture (Touvron et al. 2023): RMSNorm, RoPE, grouped-query attention, SwiGLU, tied or untied output.
 * Reads the shape from GGUF metadata, config.json or the header of llama2.c, and the tensors under either naming. What
 * a file asks for beyond that (scaled rotations, biases, experts, further tensors) is refused by name: running it
 * without would silently give another model. */
#include "lm/model_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- shape ---- */

/* Where a number of the shape stands in the three containers. */
struct size_key {
    const char *gguf, *config, *llama2c;
    size_t at; /* in struct lm_shape */
    bool optional;
};
static const struct size_key size_keys[] = {
    {"llama.block_count", "num_hidden_layers", "layers", offsetof(struct lm_shape, layers), false},
    {"llama.embedding_length", "hidden_size", "width", offsetof(struct lm_shape, width), false},
    {"llama.attention.head_count", "num_attention_heads", "heads", offsetof(struct lm_shape, heads), false},
    {"llama.attention.head_count_kv", "num_key_value_heads", "kv_heads", offsetof(struct lm_shape, kv_heads), true},
    {"llama.attention.key_length", "head_dim", "head_size", offsetof(struct lm_shape, head_size), true},
    {"llama.feed_forward_length", "intermediate_size", "hidden", offsetof(struct lm_shape, hidden), false},
    {"llama.context_length", "max_position_embeddings", "context", offsetof(struct lm_shape, context), false},
};

/* A number of the file; NAN when it is not there. */
static bool read_number(const struct lm_file *file, const char *key, double *out, struct error *err) {
    *out = NAN;
    if (file->container == LM_GGUF) {
        const struct lm_value *v = lm_file_value(file, key);
        if (!v) return true;
        if (v->kind == LM_VALUE_U64) return *out = (double)v->u64, true;
        if (v->kind == LM_VALUE_I64) return *out = (double)v->i64, true;
        if (v->kind == LM_VALUE_F64) return *out = v->f64, true;
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected one number", file->path, key);
    }
    const json_t *v = json_object_get(file->config, key);
    if (!v || json_is_null(v)) return true;
    if (!json_is_number(v)) return json_mismatch(v, key, (struct json_place){"config.json", 0, ""}, "a number", err);
    *out = json_number_value(v);
    return true;
}

static bool missing(const struct lm_file *file, const char *key, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: %s '%s' is missing", file->path,
                     file->container == LM_GGUF ? "metadata" : "config.json:", key);
}

static const char *size_key_name(const struct size_key *k, const struct lm_file *file) {
    return file->container == LM_GGUF ? k->gguf : file->container == LM_SAFETENSORS ? k->config : k->llama2c;
}

static bool read_sizes(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    for (size_t i = 0; i < sizeof size_keys / sizeof *size_keys; i++) {
        const char *key = size_key_name(&size_keys[i], file);
        size_t *out = (size_t *)(void *)((char *)s + size_keys[i].at);
        double v;
        if (!read_number(file, key, &v, err)) return false;
        if (isnan(v) && size_keys[i].optional) continue;
        if (isnan(v)) return missing(file, key, err);
        if (!(v >= 1 && v <= (double)(1u << 30) && v == floor(v)))
            return error_set(err, ERROR_DATA, "%s: '%s' is %.17g, expected a whole number from 1 to 2^30", file->path,
                             key, v);
        *out = (size_t)v;
    }
    if (!s->kv_heads) s->kv_heads = s->heads;
    if (!s->head_size && s->width % s->heads != 0)
        return error_set(err, ERROR_DATA, "%s: width %zu does not divide into %zu heads", file->path, s->width,
                         s->heads);
    if (!s->head_size) s->head_size = s->width / s->heads;
    return true;
}

/* A positive real; initial NAN: it must be there. */
static bool read_real(const struct lm_file *file, const char *key, double initial, float *out, struct error *err) {
    double v;
    if (!read_number(file, key, &v, err)) return false;
    if (isnan(v)) v = initial;
    if (isnan(v)) return missing(file, key, err);
    *out = (float)v;
    return (isfinite(*out) && *out > 0) ||
           error_set(err, ERROR_DATA, "%s: '%s' is %.9g, expected a number above 0", file->path, key, v);
}

static bool refuse(const struct lm_file *file, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: %s, which is not built for llama", file->path, what);
}

static bool gguf_rest(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    double rope, experts, value_length;
    const struct lm_value *scaling = lm_file_value(file, "llama.rope.scaling.type");
    if (!read_real(file, "llama.attention.layer_norm_rms_epsilon", NAN, &s->norm_eps, err) ||
        !read_real(file, "llama.rope.freq_base", 10000, &s->rope_base, err) ||
        !read_number(file, "llama.rope.dimension_count", &rope, err) ||
        !read_number(file, "llama.expert_count", &experts, err) ||
        !read_number(file, "llama.attention.value_length", &value_length, err))
        return false;
    if ((scaling && !(scaling->kind == LM_VALUE_TEXT && text_equal_c(scaling->text, "none"))) ||
        lm_file_value(file, "llama.rope.scale_linear") || lm_file_tensor(file, "rope_freqs.weight"))
        return refuse(file, "the file asks for scaled rotations (rope scaling)", err);
    if (experts > 0) return refuse(file, "the file asks for experts (llama.expert_count)", err);
    if (!isnan(rope) && rope != (double)s->head_size)
        return refuse(file, "llama.rope.dimension_count is not the head size", err);
    if (!isnan(value_length) && value_length != (double)s->head_size)
        return refuse(file, "llama.attention.value_length is not the head size", err);
    s->rope_interleaved = true;
    return true;
}

static bool config_rest(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    const json_t *c = file->config, *scaling = json_object_get(c, "rope_scaling");
    const json_t *rope = json_object_get(c, "rope_parameters"), *kind = json_object_get(rope, "rope_type");
    struct text activation = json_text(json_object_get(c, "hidden_act"));
    if (!read_real(file, "rms_norm_eps", 1e-6, &s->norm_eps, err) ||
        !read_real(file, "rope_theta", 10000, &s->rope_base, err))
        return false;
    if (json_is_number(json_object_get(rope, "rope_theta")))
        s->rope_base = (float)json_number_value(json_object_get(rope, "rope_theta"));
    if (!(isfinite(s->rope_base) && s->rope_base > 0))
        return refuse(file, "rope_theta in config.json is not above 0", err);
    if ((scaling && !json_is_null(scaling)) || (kind && !text_equal_c(json_text(kind), "default")))
        return refuse(file, "config.json asks for scaled rotations (rope_scaling)", err);
    if (json_is_true(json_object_get(c, "attention_bias")) || json_is_true(json_object_get(c, "mlp_bias")))
        return refuse(file, "config.json asks for biases (attention_bias, mlp_bias)", err);
    if (activation.len && !text_equal_c(activation, "silu"))
        return refuse(file, "config.json names a hidden_act other than silu", err);
    s->rope_interleaved = false;
    return true;
}

static bool read_shape(struct lm_shape *s, const struct lm_file *file, struct error *err) {
    if (!read_sizes(s, file, err)) return false;
    if (file->container == LM_GGUF) return gguf_rest(s, file, err);
    if (file->container == LM_SAFETENSORS) return config_rest(s, file, err);
    s->norm_eps = 1e-5f; /* fixed in llama2.c */
    s->rope_base = 10000;
    s->rope_interleaved = true;
    return true;
}

/* ---- tensors ---- */

struct names {
    const char *embedding, *output_norm, *output, *layer; /* layer: what stands before the number */
    const char *parts[9];                                 /* in the order of load_layer */
};
static const struct names gguf_names = {
    "token_embd.weight",
    "output_norm.weight",
    "output.weight",
    "blk.",
    {"attn_norm", "ffn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"},
};
static const struct names hf_names = {
    "model.embed_tokens.weight",
    "model.norm.weight",
    "lm_head.weight",
    "model.layers.",
    {"input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
     "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"},
};

struct layer_name {
    char text[96];
};

static struct layer_name layer_name(const struct names *names, size_t layer, size_t part) {
    struct layer_name name;
    snprintf(name.text, sizeof name.text, "%s%zu.%s.weight", names->layer, layer, names->parts[part]);
    return name;
}

static bool load_layer(struct lm_model *m, const struct lm_file *file, const struct names *names, size_t l,
                       struct error *err) {
    const struct lm_shape *s = &m->shape;
    struct lm_layer *y = &m->layers[l];
    size_t q = s->heads * s->head_size, kv = s->kv_heads * s->head_size;
    const struct {
        struct lm_matrix *matrix;
        size_t n, k;
    } matrices[7] = {
        {&y->q, q, s->width},
        {&y->k, kv, s->width},
        {&y->v, kv, s->width},
        {&y->o, s->width, q},
        {&y->gate, s->hidden, s->width},
        {&y->up, s->hidden, s->width},
        {&y->down, s->width, s->hidden},
    };
    if (!model_load_vector(m, file, layer_name(names, l, 0).text, s->width, &y->attention_norm, err) ||
        !model_load_vector(m, file, layer_name(names, l, 1).text, s->width, &y->ffn_norm, err))
        return false;
    for (size_t i = 0; i < 7; i++)
        if (!model_load_matrix(m, file, layer_name(names, l, i + 2).text, matrices[i].n, matrices[i].k,
                               matrices[i].matrix, err))
            return false;
    return true;
}

/* Is this the name of a part of one of the layers? */
static bool is_layer_name(const struct names *names, struct text name, size_t layers) {
    struct text rest = text_part(name, strlen(names->layer), name.len), number;
    uint64_t l;
    if (!text_starts(name, text_of(names->layer)) || !text_next(&rest, '.', &number) || !text_to_u64(number, &l) ||
        l >= layers)
        return false;
    for (size_t i = 0; i < 9; i++)
        if (text_equal_c(name, layer_name(names, (size_t)l, i).text)) return true;
    /* A table of rotation speeds that old exports carry; it follows from rope_theta. */
    return text_equal_c(rest, "self_attn.rotary_emb.inv_freq");
}

/* Every tensor of the file must be one that was used. */
static bool refuse_others(const struct lm_model *m, const struct lm_file *file, const struct names *names,
                          struct error *err) {
    for (size_t i = 0; i < file->n_tensors; i++) {
        struct text name = file->tensors[i].name;
        if (text_equal_c(name, names->embedding) || text_equal_c(name, names->output_norm) ||
            text_equal_c(name, names->output) || is_layer_name(names, name, m->shape.layers))
            continue;
        return error_set(err, ERROR_DATA,
                         "%s: tensor '%.*s' is no part of a llama model of %zu layers, so the file asks for "
                         "more than is built",
                         file->path, (int)(name.len < 100 ? name.len : 100), name.at, m->shape.layers);
    }
    return true;
}

static bool is_tied(const struct lm_file *file, const struct names *names) {
    if (file->container == LM_SAFETENSORS) return json_is_true(json_object_get(file->config, "tie_word_embeddings"));
    return !lm_file_tensor(file, names->output);
}

static bool load(struct lm_model *m, const struct lm_file *file, struct error *err) {
    struct lm_shape *s = &m->shape;
    const struct names *names = file->container == LM_SAFETENSORS ? &hf_names : &gguf_names;
    if (!read_shape(s, file, err)) return false;
    const struct lm_tensor *t = lm_file_tensor(file, names->embedding);
    if (!t) return error_set(err, ERROR_DATA, "%s: tensor '%s' is missing", file->path, names->embedding);
    s->vocabulary = t->dims == 2 ? (size_t)t->shape[0] : 0;
    s->tied = is_tied(file, names);
    if (!model_check_shape(s, file->path, err) || !refuse_others(m, file, names, err) || !model_new_layers(m, err) ||
        !model_load_embedding(m, file, names->embedding, err) ||
        !model_load_vector(m, file, names->output_norm, s->width, &m->output_norm, err))
        return false;
    for (size_t l = 0; l < s->layers; l++)
        if (!load_layer(m, file, names, l, err)) return false;
    if (s->tied) return model_tie_output(m, err);
    return model_load_matrix(m, file, names->output, s->vocabulary, s->width, &m->output, err);
}

const struct lm_arch arch_llama = {
    .name = "llama",
    .summary = "RMSNorm, RoPE, grouped-query attention, SwiGLU; biases, experts and scaled RoPE are not built",
    .load = load,
};
