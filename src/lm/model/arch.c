/* The table of architectures, and numbers of the shape that all of them have, from the three containers: see arch.h. */
#include "lm/model/arch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* GGUF files of mistral and mixtral call themselves llama: the first row that fits is taken. */
static const struct lm_arch *const archs[] = {
    &arch_llama,  &arch_mistral, &arch_mixtral, &arch_qwen2, &arch_qwen2moe, &arch_qwen3,   &arch_qwen3moe,
    &arch_gemma2, &arch_gemma3,  &arch_phi3,    &arch_gpt2,  &arch_olmo2,    &arch_smollm3,
};
enum { ARCHS = sizeof archs / sizeof *archs };

size_t lm_archs(const struct lm_arch *const **out) {
    *out = archs;
    return ARCHS;
}

const char *lm_arch_name(const struct lm_arch *arch) {
    return arch ? arch->name : arch_llama.name;
}

const char *lm_arch_summary(const struct lm_arch *arch) {
    return arch ? arch->summary : arch_llama.summary;
}

const struct lm_arch *lm_arch_find(struct text name) {
    for (size_t i = 0; i < ARCHS; i++)
        if (text_equal_c(name, archs[i]->name)) return archs[i];
    return NULL;
}

const char *arch_gguf(const struct lm_model *m) {
    return m->arch ? m->arch->gguf : arch_llama.gguf;
}

const struct lm_arch *arch_of_config(const struct lm_model *m) {
    const struct lm_arch *arch = m->arch ? m->arch : &arch_llama;
    if (strcmp(arch->gguf, arch_llama.gguf) != 0) return arch;
    if (m->shape.experts) return &arch_mixtral;
    return arch == &arch_mistral || m->shape.window ? &arch_mistral : &arch_llama;
}

bool arch_permutes(const struct lm_model *m) {
    return !m->shape.rope_interleaved && (!m->arch || m->arch->interleaved);
}

bool arch_refuse(const struct lm_file *file, const struct lm_arch *arch, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: %s, which is not built for %s", file->path, what, arch->name);
}

/* ---- numbers ---- */

struct key {
    char text[128];
};

/* As the file has it: with the architecture's word in metadata, under the architecture's own name in config.json. */
static struct key full_key(const struct lm_file *file, const struct lm_arch *arch, const char *key) {
    struct key out;
    for (const struct arch_alias *a = arch->aliases; file->container == LM_SAFETENSORS && a && a->usual; a++)
        if (strcmp(a->usual, key) == 0) key = a->own;
    snprintf(out.text, sizeof out.text, "%s%s%s", file->container == LM_GGUF ? arch->gguf : "",
             file->container == LM_GGUF ? "." : "", key);
    return out;
}

bool arch_number(const struct lm_file *file, const struct lm_arch *arch, const char *key, double *out,
                 struct error *err) {
    struct key full = full_key(file, arch, key);
    *out = NAN;
    if (file->container == LM_GGUF) {
        const struct lm_value *v = lm_file_value(file, full.text);
        if (!v) return true;
        if (v->kind == LM_VALUE_U64) return *out = (double)v->u64, true;
        if (v->kind == LM_VALUE_I64) return *out = (double)v->i64, true;
        if (v->kind == LM_VALUE_F64) return *out = v->f64, true;
        return error_set(err, ERROR_DATA, "%s: metadata '%s': expected one number", file->path, full.text);
    }
    const json_t *v = json_object_get(file->config, full.text);
    if (!v || json_is_null(v)) return true;
    if (!json_is_number(v))
        return json_mismatch(v, full.text, (struct json_place){"config.json", 0, ""}, "a number", err);
    *out = json_number_value(v);
    return true;
}

static bool missing(const struct lm_file *file, const char *key, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: %s '%s' is missing", file->path,
                     file->container == LM_GGUF ? "metadata" : "config.json:", key);
}

bool arch_real(const struct lm_file *file, const struct lm_arch *arch, const char *key, double initial, float *out,
               struct error *err) {
    double v;
    if (!arch_number(file, arch, key, &v, err)) return false;
    if (isnan(v)) v = initial;
    if (isnan(v)) return missing(file, full_key(file, arch, key).text, err);
    *out = (float)v;
    return (isfinite(*out) && *out > 0) || error_set(err, ERROR_DATA, "%s: '%s' is %.9g, expected a number above 0",
                                                     file->path, full_key(file, arch, key).text, v);
}

bool arch_size(const struct lm_file *file, const struct lm_arch *arch, const char *key, size_t *out,
               struct error *err) {
    double v;
    if (!arch_number(file, arch, key, &v, err)) return false;
    if (isnan(v)) return true;
    if (!(v >= 1 && v <= (double)(1u << 30) && v == floor(v)))
        return error_set(err, ERROR_DATA, "%s: '%s' is %.17g, expected a whole number from 1 to 2^30", file->path,
                         full_key(file, arch, key).text, v);
    *out = (size_t)v;
    return true;
}

/* ---- sizes ---- */

/* Where a number of the shape stands in the three containers. */
struct size_key {
    const char *keys[3]; /* by enum lm_container */
    size_t at;           /* in struct lm_shape */
    bool optional;
};
static const struct size_key size_keys[] = {
    {{"block_count", "num_hidden_layers", "layers"}, offsetof(struct lm_shape, layers), false},
    {{"embedding_length", "hidden_size", "width"}, offsetof(struct lm_shape, width), false},
    {{"attention.head_count", "num_attention_heads", "heads"}, offsetof(struct lm_shape, heads), false},
    {{"attention.head_count_kv", "num_key_value_heads", "kv_heads"}, offsetof(struct lm_shape, kv_heads), true},
    {{"attention.key_length", "head_dim", "head_size"}, offsetof(struct lm_shape, head_size), true},
    {{"feed_forward_length", "intermediate_size", "hidden"}, offsetof(struct lm_shape, hidden), false},
    {{"context_length", "max_position_embeddings", "context"}, offsetof(struct lm_shape, context), false},
};

static bool read_sizes(struct lm_shape *s, const struct lm_arch *arch, const struct lm_file *file, struct error *err) {
    for (size_t i = 0; i < sizeof size_keys / sizeof *size_keys; i++) {
        const char *key = size_keys[i].keys[file->container];
        size_t *out = (size_t *)(void *)((char *)s + size_keys[i].at);
        if (!arch_size(file, arch, key, out, err)) return false;
        if (!*out && size_keys[i].at == offsetof(struct lm_shape, hidden) && s->ungated)
            *out = 4 * s->width; /* GPT-2 */
        if (!*out && !size_keys[i].optional) return missing(file, full_key(file, arch, key).text, err);
    }
    if (!s->kv_heads) s->kv_heads = s->heads;
    if (!s->head_size && s->width % s->heads != 0)
        return error_set(err, ERROR_DATA, "%s: width %zu does not divide into %zu heads", file->path, s->width,
                         s->heads);
    if (!s->head_size) s->head_size = s->width / s->heads;
    return true;
}

bool arch_read_shape(struct lm_model *m, const struct lm_file *file, struct error *err) {
    struct lm_shape *s = &m->shape;
    const struct lm_arch *arch = m->arch;
    if (arch->features) arch->features(s);
    if (!read_sizes(s, arch, file, err)) return false;
    if (file->container == LM_GGUF) {
        if (!arch_read_gguf(s, arch, file, err)) return false;
    } else if (file->container == LM_SAFETENSORS) {
        if (!arch_read_config(s, arch, file, err)) return false;
    } else {
        s->norm_eps = 1e-5f; /* fixed in llama2.c */
        s->rope_base = 10000;
        s->rope_interleaved = true;
    }
    if (arch->derive) arch->derive(s, file->container == LM_GGUF);
    return true;
}
