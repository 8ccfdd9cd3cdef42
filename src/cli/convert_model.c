/* Formats of models that are written: see convert_model.h. */
#include "cli/convert_model.h"

#include "lm/model/lora.h"
#include "lm/model/model_export.h"
#include "lm/tokenizer/tokenizer_config.h"

#include <string.h>

enum { TYPE, SHARD };
static const struct option_def format_options[] = {
    {"type", OPTION_TEXT, "", 1, 0, NULL,
     "storage type of matrices: f32, f16, bf16, q8_0, ... (default: as in IN, else f16)"},
    {"shard", OPTION_INT, "4096", 1, 1 << 24, NULL, "of hf: most MiB of tensors in one file"},
};

struct writing {
    const struct lm_model *m;
    const char *path;
    enum lm_type type;
    uint64_t shard; /* bytes */
};

static bool write_gguf(const struct arguments *args, const struct writing *w, struct error *err) {
    const char *license = args_text(args, "license", NULL);
    const struct lm_extra extra = {"general.license", text_of(license)};
    return lm_model_save(w->m, w->path, w->type, &extra, license ? 1 : 0, err);
}

static bool write_folder(const struct arguments *args, const struct writing *w, struct error *err) {
    (void)args;
    return lm_model_save_folder(w->m, w->path, w->type, w->shard, err);
}

/* The file beside the result, unless something is there that says something else. */
static bool write_beside(const struct writing *w, const char *name, const struct buffer *text, struct error *err) {
    struct arena arena;
    struct text old = TEXT("");
    arena_init(&arena, (size_t)1 << 30);
    char *path = file_beside(&arena, w->path, name, err);
    bool there = path && file_exists(path);
    bool ok = path && (!there || file_read(&arena, path, (size_t)1 << 28, &old, err));
    if (ok && there && !text_equal(old, buffer_text(text)))
        ok = error_set(err, ERROR_USAGE, "'%s' belongs to another model; write into a folder of its own", path);
    ok = ok && (there || file_write(path, buffer_text(text), err));
    arena_done(&arena);
    return ok;
}

/* The weights alone, and the config.json without which nobody can read them. */
static bool write_safetensors(const struct arguments *args, const struct writing *w, struct error *err) {
    struct buffer config;
    (void)args;
    buffer_init(&config, (size_t)16 << 20);
    bool ok = lm_model_config(w->m, w->type, &config, err) && write_beside(w, "config.json", &config, err) &&
              lm_model_save_safetensors(w->m, w->path, w->type, err);
    buffer_done(&config);
    return ok;
}

/* With its tokenizer, where that can be said; where not, the model is written and the reason told. */
static bool write_llama2c(const struct arguments *args, const struct writing *w, struct error *err) {
    struct error why = {0};
    struct buffer tokenizer;
    buffer_init(&tokenizer, (size_t)1 << 28);
    bool said = w->m->tokenizer && tokenizer_to_llama2c(w->m->tokenizer, &tokenizer, &why);
    bool ok = (!said || write_beside(w, "tokenizer.bin", &tokenizer, err)) && lm_model_save_llama2c(w->m, w->path, err);
    if (ok && !said && !args_on(args, "quiet"))
        fprintf(stderr, "no tokenizer.bin beside it: %s\n",
                w->m->tokenizer ? why.message : "the model brings no tokenizer");
    buffer_done(&tokenizer);
    return ok;
}

static const struct format {
    const char *name;
    bool (*write)(const struct arguments *args, const struct writing *w, struct error *err);
    enum lm_container container;
    bool folder;
    bool blocks; /* holds types of blocks */
    bool f32;    /* holds nothing else */
} formats[] = {
    {"gguf", write_gguf, LM_GGUF, false, true, false},
    {"hf", write_folder, LM_SAFETENSORS, true, false, false},
    {"safetensors", write_safetensors, LM_SAFETENSORS, false, false, false},
    {"llama2c", write_llama2c, LM_LLAMA2C, false, false, true},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static const struct format *find_format(const char *flag, struct text name, struct error *err) {
    for (size_t i = 0; i < FORMATS; i++)
        if (text_equal_c(name, formats[i].name)) return &formats[i];
    error_set(err, ERROR_USAGE, "--%s: '%.*s' is no format of models; there are gguf, hf, safetensors and llama2c",
              flag, TEXT_ARG(name));
    return NULL;
}

/* The type of the only kind of matrices, where it can be written; otherwise F16. */
static enum lm_type own_type(const struct format *format, const struct lm_model *m) {
    const struct lm_type_info *info = lm_type_named(text_of(m->types));
    if (format->f32) return LM_F32;
    return info && info->from_f32 && (format->blocks || info->block == 1) ? info->id : LM_F16;
}

static bool choose_type(const struct format *format, const struct lm_model *m, struct text named, enum lm_type *type,
                        struct error *err) {
    const struct lm_type_info *info = named.len ? lm_type_named(named) : NULL;
    if (named.len && (!info || !info->from_f32))
        return error_set(err, ERROR_USAGE, "--format: type '%.*s' cannot be written", TEXT_ARG(named));
    if (info && ((!format->blocks && info->block != 1) || (format->f32 && info->id != LM_F32)))
        return error_set(err, ERROR_USAGE, "--format: %s cannot hold the type '%.*s'; it has %s", format->name,
                         TEXT_ARG(named), format->f32 ? "f32" : "f32, f16 and bf16");
    *type = info ? info->id : own_type(format, m);
    return true;
}

bool convert_write(const struct arguments *args, const struct lm_model *m, const char *path, enum lm_type *type,
                   struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 16);
    struct text spec = text_of(args_text(args, "format", "gguf"));
    const struct format *format = find_format("format", spec_name(spec), err);
    const struct option_value *o =
        format ? spec_parse(&arena, spec, format_options, sizeof format_options / sizeof *format_options, err) : NULL;
    bool ok = o && choose_type(format, m, o[TYPE].text, type, err);
    if (ok && o[SHARD].given && !format->folder) ok = error_set(err, ERROR_USAGE, "--format: only hf has shards");
    if (ok && args_text(args, "license", NULL) && format->container != LM_GGUF)
        ok = error_set(err, ERROR_USAGE, "--license: only gguf has a place for it");
    if (ok) {
        const struct writing w = {m, path, *type, (uint64_t)o[SHARD].integer << 20};
        ok = format->write(args, &w, err);
    }
    arena_done(&arena);
    return ok;
}

bool convert_check_from(const struct arguments *args, const char *path, struct error *err) {
    const char *from = args_text(args, "from", NULL);
    const struct format *format = from ? find_format("from", text_of(from), err) : NULL;
    struct lm_adapter *adapters;
    struct arena arena;
    size_t n = 0;
    char *base = NULL;
    arena_init(&arena, (size_t)1 << 20);
    bool ok = (!from || format) && lm_spec_split(&arena, text_of(path), &base, &adapters, &n, err);
    if (ok && args_on(args, "merge") && !n)
        ok = error_set(err, ERROR_USAGE, "--merge: '%s' names no adapter; expected BASE+ADAPTER", path);
    struct lm_file *file = ok && format ? lm_file_open(base, err) : NULL;
    if (ok && format) {
        ok = file != NULL;
        if (ok && (file->container != format->container ||
                   (file->container == LM_SAFETENSORS && file_is_folder(base) != format->folder)))
            ok = error_set(err, ERROR_DATA, "%s: not of the format '%s' that --from names", base, from);
    }
    lm_file_close(file);
    arena_done(&arena);
    return ok;
}
