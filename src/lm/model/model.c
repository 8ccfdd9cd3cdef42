/* Loading models: the table of architectures, matrices, the tokenizer that belongs to a file. See model.h; saving is in
 * model_save.c, random models in model_random.c. */
#include "lm/model/arch.h"
#include "lm/model/lora.h"
#include "lm/model/model_head.h"
#include "lm/tokenizer/tokenizer_config.h"

#include "base/hash.h"

#include <assert.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void matrix_done(struct lm_matrix *w) {
    matmul_weights_free(w->packed);
    memory_free(w->values);
    memory_free(w->bias);
}

static void experts_done(struct lm_matrix *list, size_t n) {
    for (size_t i = 0; list && i < n; i++) matrix_done(&list[i]);
    memory_free(list);
}

static void layer_done(struct lm_layer *y, size_t experts) {
    struct lm_matrix *matrices[] = {&y->q, &y->k, &y->v, &y->o, &y->gate, &y->up, &y->down, &y->router};
    float *vectors[] = {y->attention_norm,      y->ffn_norm,      y->attention_norm_bias, y->ffn_norm_bias,
                        y->attention_post_norm, y->ffn_post_norm, y->q_norm,              y->k_norm,
                        y->shared_weight};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) matrix_done(matrices[i]);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) memory_free(vectors[i]);
    experts_done(y->gates, experts);
    experts_done(y->ups, experts);
    experts_done(y->downs, experts);
}

void lm_model_free(struct lm_model *m) {
    if (!m) return;
    for (size_t l = 0; m->layers && l < m->shape.layers; l++) layer_done(&m->layers[l], m->shape.experts);
    if (m->shape.tied) m->output.values = NULL; /* the embedding's */
    matrix_done(&m->output);
    matrix_done(&m->embedding);
    memory_free(m->layers);
    memory_free(m->output_norm);
    memory_free(m->output_norm_bias);
    memory_free(m->positions);
    memory_free(m->rope_factors);
    memory_free(m->rope_short);
    lm_head_drop(m);
    tokenizer_free(m->tokenizer);
    matmul_store_free(m->store);
    lm_file_close(m->file);
    memory_free(m);
}

/* ---- what architectures use ---- */

static bool check_features(const struct lm_shape *s, const char *what, struct error *err) {
    size_t rotated = lm_shape_rotated(s);
    if (rotated < 2 || rotated % 2 || rotated > s->head_size)
        return error_set(err, ERROR_DATA, "%s: %zu dimensions of heads of size %zu cannot be rotated in pairs", what,
                         rotated, s->head_size);
    if (s->ungated && s->activation == LM_SILU)
        return error_set(err, ERROR_DATA, "%s: a feed-forward without a gate has a GELU, not silu", what);
    if (s->experts && (s->experts > 512 || s->experts_used < 1 || s->experts_used > s->experts || s->ungated))
        return error_set(err, ERROR_DATA, "%s: these sizes make no model: %zu of %zu experts", what, s->experts_used,
                         s->experts);
    if (s->shared_hidden > 1 << 24 || (s->shared_hidden && !s->experts))
        return error_set(err, ERROR_DATA, "%s: these sizes make no model: a shared expert of %zu beside %zu experts",
                         what, s->shared_hidden, s->experts);
    return true;
}

bool model_check_shape(const struct lm_shape *s, const char *what, struct error *err) {
    bool ok = s->layers >= 1 && s->layers <= 1024 && s->width >= 1 && s->width <= 1 << 20 && s->hidden >= 1 &&
              s->hidden <= 1 << 24 && s->heads >= 1 && s->heads <= 4096 && s->kv_heads >= 1 &&
              s->heads % s->kv_heads == 0 && s->head_size >= 2 && s->head_size <= 4096 && s->head_size % 2 == 0 &&
              s->vocabulary >= 1 && s->vocabulary <= 1 << 28 && s->context >= 1;
    if (ok) return check_features(s, what, err);
    return error_set(
        err, ERROR_DATA,
        "%s: these sizes make no model: %zu layers, width %zu, %zu heads of size %zu over %zu key/value heads, "
        "hidden %zu, vocabulary %zu, context %zu",
        what, s->layers, s->width, s->heads, s->head_size, s->kv_heads, s->hidden, s->vocabulary, s->context);
}

bool model_pack(const struct lm_model *m, struct lm_matrix *w, struct error *err) {
    if (m->unpacked) return true;
    return (w->packed = matmul_weights_new(w->values, w->n, w->k, m->compute, err)) != NULL;
}

bool model_tie_output(struct lm_model *m, struct error *err) {
    m->output = (struct lm_matrix){
        .n = m->embedding.n, .k = m->embedding.k, .values = m->embedding.values, .stored = m->embedding.stored};
    return m->output.stored.type ? model_leave_matrix(m, &m->output, err) : model_pack(m, &m->output, err);
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
        return error_set(err, ERROR_DATA, "%s: an adapter is no whole model; join it to its base: BASE.gguf+%s",
                         file->path, file->path);
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
        error_set(err, ERROR_DATA, "%s: no tensors in this file (a vocabulary alone?), expected a whole model",
                  file->path);
        return NULL;
    }
    if (!arch_name(file, &name, err)) return NULL;
    const struct lm_arch *const *archs;
    size_t n = lm_archs(&archs);
    bool config = file->container == LM_SAFETENSORS;
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(name, config ? archs[i]->config : archs[i]->gguf)) return archs[i];
    buffer_init(&known, 4096);
    for (size_t i = 0; i < n; i++) {
        const char *word = config ? archs[i]->config : archs[i]->gguf;
        bool again = i && !config && strcmp(word, archs[i - 1]->gguf) == 0;
        if (!again) buffer_printf(&known, "%s%s", i ? ", " : "", word);
    }
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

/* From the files beside: any kind of tokenizer, or a llama2.c tokenizer that fits. None is no error. */
static bool find_tokenizer(struct lm_model *m, const struct lm_file *file, struct error *err) {
    struct arena arena;
    arena_init(&arena, 0);
    char *beside = file_beside(&arena, file->path, "", err);
    const char *folder = file_is_folder(file->path) ? file->path : beside && *beside ? beside : ".";
    char *json = arena_printf(&arena, err, "%s/tokenizer.json", folder), *bin = NULL;
    bool ok = beside && json && find_llama2c_tokenizer(&arena, folder, m->shape.vocabulary, &bin, err);
    bool has_json = ok && file_exists(json);
    char other[PATH_MAX];
    if (ok && bin && (file->container == LM_LLAMA2C || !has_json))
        ok = (m->tokenizer = tokenizer_from_llama2c(bin, m->shape.vocabulary, err)) != NULL;
    else if (has_json)
        ok = (m->tokenizer = tokenizer_from_json(json, err)) != NULL;
    else if (ok && file->container == LM_SAFETENSORS && tokenizer_find_file(folder, other, sizeof other))
        ok = (m->tokenizer = tokenizer_open(other, err)) != NULL;
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

static bool drop_part(void *context, const struct model_part *part, struct error *err) {
    (void)context;
    if (!part->matrix || part->id == PART_EMBEDDING) return true;
    memory_free(part->matrix->values);
    part->matrix->values = NULL;
    return true;
}

void model_drop_values(struct lm_model *m) {
    m->keeps_values = false;
    bool all = model_parts(m, drop_part, NULL, NULL);
    assert(all); /* the visit never fails; a tied output is not visited */
    (void)all;
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
    if (model_choose_weights(m, file, options, err) && (m->arch = find_arch(file, err)) &&
        arch_read_shape(m, file, err) && arch_load_tensors(m, file, err) && load_tokenizer(m, file, options, err) &&
        lm_file_digest(file, m->digest, err) && merge_adapters(m, options->adapters, options->n_adapters, err)) {
        if (!keep && m->keeps_values) model_drop_values(m);
        return m;
    }
    lm_model_free(m);
    return NULL;
}

const struct lm_builtin *lm_builtin_find(struct lm_builtins builtins, struct text name) {
    for (size_t i = 0; i < builtins.n; i++)
        if (text_equal_c(name, builtins.model[i].name)) return &builtins.model[i];
    return NULL;
}

static struct lm_model *load_path(const char *path, const struct lm_load_options *options, struct error *err) {
    const struct lm_builtin *builtin = lm_builtin_find(options->builtins, text_of(path));
    if (builtin) return lm_model_load_memory(builtin->at, builtin->bytes, options, err);
    struct lm_file *file = lm_file_open(path, err);
    struct lm_model *m = file ? load_file(file, options, err) : NULL;
    if (m && m->store)
        m->file = file;
    else
        lm_file_close(file);
    return m;
}

/* Those of the path come first. */
static bool join_adapters(struct arena *arena, const struct lm_adapter *named, size_t n,
                          struct lm_load_options *options, struct error *err) {
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
    if (lm_spec_split(&arena, text_of(path), &base, &named, &n, err) &&
        (n == 0 || join_adapters(&arena, named, n, &with, err)))
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
