/* Loading models: the table of architectures, matrices, the tokenizer that belongs to a file. See model.h; saving is in
 * model_save.c, random models in model_random.c. */
#include "lm/lora.h"
#include "lm/model_internal.h"

#include "base/hash.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct lm_arch *const archs[] = {&arch_llama};
enum { ARCHS = sizeof archs / sizeof *archs };

size_t lm_archs(const struct lm_arch *const **out) {
    *out = archs;
    return ARCHS;
}

static void matrix_done(struct lm_matrix *w) {
    matmul_weights_free(w->packed);
    memory_free(w->values);
}

void lm_model_free(struct lm_model *m) {
    if (!m) return;
    for (size_t l = 0; m->layers && l < m->shape.layers; l++) {
        struct lm_layer *y = &m->layers[l];
        struct lm_matrix *matrices[] = {&y->q, &y->k, &y->v, &y->o, &y->gate, &y->up, &y->down};
        for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) matrix_done(matrices[i]);
        memory_free(y->attention_norm);
        memory_free(y->ffn_norm);
    }
    if (m->shape.tied) m->output.values = NULL; /* the embedding's */
    matrix_done(&m->output);
    matrix_done(&m->embedding);
    memory_free(m->layers);
    memory_free(m->output_norm);
    tokenizer_free(m->tokenizer);
    memory_free(m);
}

/* ---- what architectures use ---- */

bool model_check_shape(const struct lm_shape *s, const char *what, struct error *err) {
    bool ok = s->layers >= 1 && s->layers <= 1024 && s->width >= 1 && s->width <= 1 << 20 && s->hidden >= 1 &&
              s->hidden <= 1 << 24 && s->heads >= 1 && s->heads <= 4096 && s->kv_heads >= 1 &&
              s->heads % s->kv_heads == 0 && s->head_size >= 2 && s->head_size <= 4096 && s->head_size % 2 == 0 &&
              s->vocabulary >= 1 && s->vocabulary <= 1 << 28 && s->context >= 1;
    if (ok) return true;
    return error_set(
        err, ERROR_DATA,
        "%s: these sizes make no model: %zu layers, width %zu, %zu heads of size %zu over %zu key/value heads, "
        "hidden %zu, vocabulary %zu, context %zu",
        what, s->layers, s->width, s->heads, s->head_size, s->kv_heads, s->hidden, s->vocabulary, s->context);
}

bool model_new_layers(struct lm_model *m, struct error *err) {
    m->layers = memory_zeroed(m->shape.layers, sizeof *m->layers);
    return m->layers || error_memory(err, "layers");
}

/* Adds the name of a storage type to the list in m->types, once. */
static void note_type(struct lm_model *m, enum lm_type type) {
    const char *name = lm_type_find(type)->name;
    struct text rest = text_of(m->types), piece;
    while (text_next(&rest, ',', &piece))
        if (text_equal_c(text_trim(piece), name)) return;
    size_t n = strlen(m->types);
    snprintf(m->types + n, sizeof m->types - n, "%s%s", n ? ", " : "", name);
}

static bool check_finite(const struct lm_file *file, const char *name, const float *values, size_t n,
                         struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return error_set(err, ERROR_DATA,
                             "%s: tensor '%s' holds %s at element %zu; the file is damaged or its training "
                             "diverged",
                             file->path, name, isnan(values[i]) ? "NaN" : "an infinity", i);
    return true;
}

static bool check_dims(const struct lm_file *file, const struct lm_tensor *t, const char *name, size_t dims,
                       const uint64_t expected[2], struct error *err) {
    if (t->dims == dims && t->shape[0] == expected[0] && (dims == 1 || t->shape[1] == expected[1])) return true;
    struct buffer found;
    buffer_init(&found, 256);
    for (size_t d = 0; d < t->dims; d++)
        buffer_printf(&found, "%s%llu", d ? ", " : "", (unsigned long long)t->shape[d]);
    if (dims == 1)
        error_set(err, ERROR_DATA, "%s: tensor '%s' has shape [%s], expected [%llu]", file->path, name,
                  found.at ? found.at : "", (unsigned long long)expected[0]);
    else
        error_set(err, ERROR_DATA, "%s: tensor '%s' has shape [%s], expected [%llu, %llu]", file->path, name,
                  found.at ? found.at : "", (unsigned long long)expected[0], (unsigned long long)expected[1]);
    buffer_done(&found);
    return false;
}

/* Values of a tensor of exactly this shape as f32, all finite. The file holds the tensor, which bounds the allocation.
 */
static float *load_values(struct lm_model *m, const struct lm_file *file, const char *name, size_t dims,
                          const uint64_t shape[2], struct error *err) {
    const struct lm_tensor *t = lm_file_tensor(file, name);
    if (!t) return error_set(err, ERROR_DATA, "%s: tensor '%s' is missing", file->path, name), NULL;
    if (!check_dims(file, t, name, dims, shape, err)) return NULL;
    size_t n = (size_t)lm_tensor_size(t);
    float *values = n < SIZE_MAX / sizeof *values ? memory_aligned(64, n * sizeof *values) : NULL;
    if (!values) return error_memory(err, name), NULL;
    if (lm_tensor_to_f32(t, values, err) && check_finite(file, name, values, n, err)) {
        if (dims == 2) note_type(m, t->type);
        m->parameters += n;
        return values;
    }
    memory_free(values);
    return NULL;
}

bool model_load_vector(struct lm_model *m, const struct lm_file *file, const char *name, size_t n, float **out,
                       struct error *err) {
    const uint64_t shape[2] = {n, 0};
    return (*out = load_values(m, file, name, 1, shape, err)) != NULL;
}

bool model_pack(const struct lm_model *m, struct lm_matrix *w, struct error *err) {
    if (m->unpacked) return true;
    return (w->packed = matmul_weights_new(w->values, w->n, w->k, m->compute, err)) != NULL;
}

bool model_load_matrix(struct lm_model *m, const struct lm_file *file, const char *name, size_t n, size_t k,
                       struct lm_matrix *out, struct error *err) {
    const uint64_t shape[2] = {n, k};
    *out = (struct lm_matrix){.n = n, .k = k, .values = load_values(m, file, name, 2, shape, err)};
    if (!out->values || !model_pack(m, out, err)) return false;
    if (!m->keeps_values) {
        memory_free(out->values);
        out->values = NULL;
    }
    return true;
}

bool model_load_embedding(struct lm_model *m, const struct lm_file *file, const char *name, struct error *err) {
    const uint64_t shape[2] = {m->shape.vocabulary, m->shape.width};
    m->embedding = (struct lm_matrix){.n = m->shape.vocabulary, .k = m->shape.width};
    return (m->embedding.values = load_values(m, file, name, 2, shape, err)) != NULL;
}

bool model_tie_output(struct lm_model *m, struct error *err) {
    m->output = (struct lm_matrix){.n = m->embedding.n, .k = m->embedding.k, .values = m->embedding.values};
    return model_pack(m, &m->output, err);
}

/* ---- the architecture ---- */

static bool arch_name(const struct lm_file *file, struct text *out, struct error *err) {
    if (file->container == LM_LLAMA2C) return *out = TEXT("llama"), true;
    if (file->container == LM_SAFETENSORS) {
        if (!file->config)
            return error_set(err, ERROR_DATA, "%s: no config.json beside it, so the shape of the model is not known",
                             file->path);
        return json_get_text(file->config, "model_type", (struct json_place){"config.json", 0, ""}, out, err);
    }
    const struct lm_value *v = lm_file_value(file, "general.architecture"), *parts = lm_file_value(file, "split.count");
    const struct lm_value *type = lm_file_value(file, "general.type");
    if (type && type->kind == LM_VALUE_TEXT && text_equal_c(type->text, "adapter"))
        return error_set(err, ERROR_DATA, "%s: an adapter is no whole model; join it to its base: BASE.gguf+%s", file->path,
                         file->path);
    if (parts && parts->kind == LM_VALUE_U64 && parts->u64 > 1)
        return error_set(err, ERROR_DATA, "%s: part of a model in %llu files; merge them first (gguf-split --merge)",
                         file->path, (unsigned long long)parts->u64);
    if (!v || v->kind != LM_VALUE_TEXT)
        return error_set(err, ERROR_DATA, "%s: metadata 'general.architecture' is missing or no text", file->path);
    *out = v->text;
    return true;
}

static const struct lm_arch *find_arch(const struct lm_file *file, struct error *err) {
    struct text name;
    struct buffer known;
    if (file->n_tensors == 0) {
        error_set(err, ERROR_DATA, "%s: no tensors in this file (a vocabulary alone?), expected a whole model", file->path);
        return NULL;
    }
    if (!arch_name(file, &name, err)) return NULL;
    for (size_t i = 0; i < ARCHS; i++)
        if (text_equal_c(name, archs[i]->name)) return archs[i];
    buffer_init(&known, 4096);
    for (size_t i = 0; i < ARCHS; i++) buffer_printf(&known, "%s%s", i ? ", " : "", archs[i]->name);
    error_set(err, ERROR_DATA, "%s: architecture '%.*s' is not built; known: %s", file->path,
              (int)(name.len < 60 ? name.len : 60), name.at, known.at ? known.at : "");
    buffer_done(&known);
    return NULL;
}

/* ---- the tokenizer ---- */

/* Is this a llama2.c tokenizer of exactly this many tokens: int32, then f32, int32 length, bytes each, to the file's
 * end? */
static bool llama2c_tokenizer_fits(const char *path, size_t vocabulary) {
    struct file_map map;
    if (!file_map(path, &map, NULL)) return false;
    size_t at = 4, n = 0;
    int32_t length = 0;
    bool ok = map.len >= at;
    while (ok && n < vocabulary) {
        if (map.len - at < 8) break;
        memcpy(&length, map.at + at + 4, sizeof length);
        ok = length >= 0 && (size_t)length <= map.len - at - 8;
        at += ok ? 8 + (size_t)length : 0;
        n += ok;
    }
    ok = ok && n == vocabulary && at == map.len;
    file_unmap(&map);
    return ok;
}

static int is_tokenizer_name(const struct dirent *entry) {
    struct text name = text_of(entry->d_name);
    return text_starts(name, TEXT("tok")) && text_ends(name, TEXT(".bin"));
}

/* The first of FOLDER/tok*.bin in byte order that fits; *out NULL when there is none. */
static bool find_llama2c_tokenizer(struct arena *arena, const char *folder, size_t vocabulary, char **out,
                                   struct error *err) {
    struct dirent **list = NULL;
    int n = scandir(folder, &list, is_tokenizer_name, NULL);
    bool ok = true;
    *out = NULL;
    for (int i = 0; i < n; i++) {
        bool earlier = !*out || strcmp(list[i]->d_name, strrchr(*out, '/') + 1) < 0;
        char *path = ok && earlier ? arena_printf(arena, err, "%s/%s", folder, list[i]->d_name) : NULL;
        ok = ok && (path || !earlier);
        if (path && llama2c_tokenizer_fits(path, vocabulary)) *out = path;
        free(list[i]);
    }
    free(list);
    return ok;
}

/* Any tokenizer file by its content. */
static struct tokenizer *open_tokenizer(const char *path, size_t vocabulary, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return NULL;
    bool gguf = map.len >= 4 && memcmp(map.at, "GGUF", 4) == 0;
    bool json = text_starts(text_trim((struct text){(const char *)map.at, map.len < 64 ? map.len : 64}), TEXT("{"));
    file_unmap(&map);
    if (json) return tokenizer_from_json(path, err);
    if (!gguf) return tokenizer_from_llama2c(path, vocabulary, err);
    struct lm_file *file = lm_file_open(path, err);
    struct tokenizer *t = file ? tokenizer_from_gguf(file, err) : NULL;
    lm_file_close(file);
    return t;
}

/* From the files beside: tokenizer.json, or a llama2.c tokenizer that fits. None is no error. */
static bool find_tokenizer(struct lm_model *m, const struct lm_file *file, struct error *err) {
    struct arena arena;
    arena_init(&arena, 0);
    char *beside = file_beside(&arena, file->path, "", err);
    const char *folder = file_is_folder(file->path) ? file->path : beside && *beside ? beside : ".";
    char *json = arena_printf(&arena, err, "%s/tokenizer.json", folder), *bin = NULL;
    bool ok = beside && json && find_llama2c_tokenizer(&arena, folder, m->shape.vocabulary, &bin, err);
    bool has_json = ok && file_exists(json);
    if (ok && bin && (file->container == LM_LLAMA2C || !has_json))
        ok = (m->tokenizer = tokenizer_from_llama2c(bin, m->shape.vocabulary, err)) != NULL;
    else if (has_json)
        ok = (m->tokenizer = tokenizer_from_json(json, err)) != NULL;
    arena_done(&arena);
    return ok;
}

static bool load_tokenizer(struct lm_model *m, const struct lm_file *file, const struct lm_load_options *options,
                           struct error *err) {
    const struct lm_value *kind = lm_file_value(file, "tokenizer.ggml.model");
    bool none = kind && kind->kind == LM_VALUE_TEXT &&
                (text_equal_c(kind->text, "none") || text_equal_c(kind->text, "no_vocab"));
    if (options->tokenizer_path)
        m->tokenizer = open_tokenizer(options->tokenizer_path, m->shape.vocabulary, err);
    else if (file->container == LM_GGUF && kind && !none)
        m->tokenizer = tokenizer_from_gguf(file, err);
    else if (file->container == LM_GGUF || file->borrowed)
        return true;
    else if (!find_tokenizer(m, file, err))
        return false;
    else if (!m->tokenizer)
        return true;
    if (!m->tokenizer) return false;
    if (tokenizer_vocabulary(m->tokenizer) <= m->shape.vocabulary) return true;
    return error_set(err, ERROR_DATA,
                     "%s: the tokenizer has %zu tokens, the embedding %zu rows; they do not belong together",
                     file->path, tokenizer_vocabulary(m->tokenizer), m->shape.vocabulary);
}

/* ---- loading ---- */

/* general.name, else the last part of the path. */
static void name_model(struct lm_model *m, const struct lm_file *file) {
    const struct lm_value *v = lm_file_value(file, "general.name");
    struct text name = text_of(file->path);
    if (v && v->kind == LM_VALUE_TEXT && v->text.len && text_utf8_invalid(v->text) == SIZE_MAX) {
        name = v->text;
    } else {
        while (name.len > 1 && name.at[name.len - 1] == '/') name.len--;
        size_t from = name.len;
        while (from > 0 && name.at[from - 1] != '/') from--;
        name = text_part(name, from, name.len);
    }
    size_t n = 0; /* whole characters only */
    for (size_t step; n < name.len; n += step) {
        uint32_t c;
        step = text_utf8_next(text_part(name, n, name.len), &c);
        if (step == 0 || n + step >= sizeof m->name) break;
    }
    memcpy(m->name, name.at, n);
}

/* Matrices keep their values while adapters are merged; then only if that was asked for. */
static bool merge_adapters(struct lm_model *m, const struct lm_adapter *list, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!lm_lora_merge(m, &list[i], err)) return false;
    return true;
}

static void drop_values(struct lm_model *m) {
    m->keeps_values = false;
    for (size_t l = 0; l < m->shape.layers; l++)
        for (size_t i = 0; i < LM_LORA_TARGETS; i++) {
            struct lm_matrix *w = lm_lora_matrix(&m->layers[l], i);
            memory_free(w->values);
            w->values = NULL;
        }
    if (m->shape.tied) return; /* the embedding keeps them */
    memory_free(m->output.values);
    m->output.values = NULL;
}

static struct lm_model *load_file(const struct lm_file *file, const struct lm_load_options *options,
                                  struct error *err) {
    struct lm_model *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "model"), NULL;
    bool keep = options->keep_values || options->no_packing;
    m->compute = options->compute;
    m->unpacked = options->no_packing;
    m->keeps_values = keep || options->n_adapters;
    name_model(m, file);
    if ((m->arch = find_arch(file, err)) && m->arch->load(m, file, err) && load_tokenizer(m, file, options, err) &&
        lm_file_digest(file, m->digest, err) && merge_adapters(m, options->adapters, options->n_adapters, err)) {
        if (!keep && m->keeps_values) drop_values(m);
        return m;
    }
    lm_model_free(m);
    return NULL;
}

static struct lm_model *load_path(const char *path, const struct lm_load_options *options, struct error *err) {
    struct lm_file *file = lm_file_open(path, err);
    struct lm_model *m = file ? load_file(file, options, err) : NULL;
    lm_file_close(file);
    return m;
}

/* Those of the path come first. */
static bool join_adapters(struct arena *arena, const struct lm_adapter *named, size_t n, struct lm_load_options *options,
                          struct error *err) {
    struct lm_adapter *all = arena_new(arena, struct lm_adapter, n + options->n_adapters, err);
    if (!all) return false;
    memcpy(all, named, n * sizeof *all);
    if (options->n_adapters) memcpy(all + n, options->adapters, options->n_adapters * sizeof *all);
    options->adapters = all;
    options->n_adapters += n;
    return true;
}

struct lm_model *lm_model_load(const char *path, const struct lm_load_options *options, struct error *err) {
    struct arena arena;
    struct lm_load_options with = *options;
    struct lm_adapter *named;
    struct lm_model *m = NULL;
    char *base;
    size_t n;
    arena_init(&arena, (size_t)1 << 20);
    if (lm_spec_split(&arena, text_of(path), &base, &named, &n, err) && (n == 0 || join_adapters(&arena, named, n, &with, err)))
        m = load_path(base, &with, err);
    arena_done(&arena);
    return m;
}

struct lm_model *lm_model_load_memory(const void *at, size_t n, const struct lm_load_options *options,
                                      struct error *err) {
    struct lm_file *file = lm_file_open_memory(at, n, err);
    struct lm_model *m = file ? load_file(file, options, err) : NULL;
    lm_file_close(file);
    return m;
}
