/* Model files as subjects: GGUF, safetensors, Hugging Face folders, llama2.c. Opening, digests, capabilities; how asks
 * are put to a model stands in subject_lm.h. */
#include "subject/subject_lm.h"

#include "base/hash.h"
#include "lm/model/lora.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what every model in this process has ---- */

bool subject_lm_load_options(const struct subject *subject, struct lm_load_options *out, struct error *err) {
    *out = (struct lm_load_options){0};
    return lm_load_options_parse(text_of(subject->settings.compute ? subject->settings.compute : "auto"), out, err);
}

static bool is_builtin_template(const char *name) {
    return strcmp(name, "none") == 0 || strcmp(name, "chatml") == 0;
}

/* The template that settings name, else the model's own; a model without one is no chat model. */
static bool open_template(struct subject *subject, struct lm_subject *lm, struct error *err) {
    const char *name = subject->settings.template_name;
    const struct tokenizer *tokenizer = lm->model->tokenizer;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    bool ok = true, plain = name && strcmp(name, "none") == 0;
    if (plain) {
        sha256_hex(name, strlen(name), subject->template_digest);
    } else if (name || tokenizer_chat_template(tokenizer).len) {
        if (name && !is_builtin_template(name)) name = file_find(&arena, name, subject->settings.path, err);
        ok = (name || !subject->settings.template_name) &&
             (lm->template = chat_template_new(tokenizer, name, err)) != NULL;
        if (ok) {
            struct text source = chat_template_source(lm->template);
            sha256_hex(source.at, source.len, subject->template_digest);
        } else {
            error_wrap(err, "chat template%s%s%s", subject->settings.template_name ? " '" : " of the model",
                       subject->settings.template_name ? subject->settings.template_name : "",
                       subject->settings.template_name ? "'" : "");
        }
    }
    arena_done(&arena);
    if (!ok) return false;
    if (plain || lm->template)
        subject->capabilities |= SUBJECT_CHATS;
    else
        snprintf(subject->lacks, sizeof subject->lacks,
                 "the model brings no chat template; the texts of a conversation are "
                 "only joined by line breaks");
    return true;
}

/* Everything that decides answers and is not in the model's own files. */
static bool combine_digest(struct subject *subject, const struct lm_model *model, bool whole, struct error *err) {
    struct buffer b;
    struct lm_load_options options;
    bool bf16 = model->compute == MATMUL_BF16;
    if (!subject_lm_load_options(subject, &options, err)) return false;
    bool exact = model->store && options.given == LM_GIVEN_F32; /* otherwise f32 is what happens anyway */
    bool asked = options.weights != LM_WEIGHTS_AUTO || exact, special = subject->settings.keep_special;
    const struct lm_quotes *quotes = ((const struct lm_subject *)subject->state)->quotes;
    memcpy(subject->digest, model->digest, sizeof subject->digest);
    if (whole && !subject->settings.template_name && !bf16 && !asked && !special && !quotes) return true;
    buffer_init(&b, 1024);
    buffer_printf(&b, "files %s\ntokenizer %s\ntemplate %s\ncompute %s\n", model->digest, subject->tokenizer,
                  subject->template_digest, bf16 ? "bf16" : model->rounds_given ? "int8" : "f32");
    if (options.weights != LM_WEIGHTS_AUTO)
        buffer_put_c(&b, options.weights == LM_WEIGHTS_LEFT ? "weights left\n" : "weights packed\n");
    if (special) buffer_put_c(&b, "special kept\n");
    lm_quotes_put(&b, quotes);
    bool ok = buffer_check(&b, "digest", err);
    if (ok) subject_digest_text(subject, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

/* Most memory for keys and values: room for one sequence that fills the context, at least 1 GiB, at most a quarter of
 * the machine's memory. It is taken as it is needed, and never changes a result. */
static size_t kv_bytes(const struct lm_shape *s) {
    const double least = (double)((size_t)1 << 30);
    double token = 2.0 * (double)s->layers * (double)s->kv_heads * (double)s->head_size * sizeof(float);
    double wanted = token * ((double)s->context + 1024);
    double quarter = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 4;
    if (wanted > quarter) wanted = quarter;
    return (size_t)(wanted > least ? wanted : least);
}

struct lm_engine *subject_lm_engine(const struct subject *subject, struct error *err) {
    const struct lm_subject *lm = subject->state;
    struct lm_engine_options options = {.rows = subject->settings.batch,
                                        .no_prefix_sharing = subject->settings.no_prefix_sharing,
                                        .kv_bytes = kv_bytes(&lm->model->shape)};
    return lm_engine_new(lm->model, lm->pool, options, err);
}

static bool start_engine(struct subject *subject, struct lm_subject *lm, struct error *err) {
    return (lm->pool = pool_new(subject->settings.threads, err)) != NULL &&
           (lm->engine = subject_lm_engine(subject, err)) != NULL;
}

bool subject_lm_open(struct subject *subject, struct lm_model *model, int how, struct error *err) {
    struct lm_subject *lm = memory_zeroed(1, sizeof *lm);
    if (!lm) {
        if (!(how & SUBJECT_LM_BORROWED)) lm_model_free(model);
        return error_memory(err, "subject");
    }
    subject->state = lm;
    lm->model = model;
    lm->borrowed = how & SUBJECT_LM_BORROWED;
    lm->stop = subject->settings.stop;
    lm->keep_special = subject->settings.keep_special;
    if (!model->tokenizer)
        return error_set(err, ERROR_DATA,
                         "model '%s' brings no tokenizer and none lies beside it; put tokenizer.json, or "
                         "tok*.bin for llama2.c, into its folder",
                         model->name);
    subject->capabilities = SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES | SUBJECT_TOKEN_LOGPROBS |
                            SUBJECT_REPRODUCES | SUBJECT_FOLLOWS;
    if (!subject->declared && !(subject->declared = json_pack("{s:s}", "model", model->name)))
        return error_memory(err, "name of the model");
    if (!tokenizer_digest(model->tokenizer, subject->tokenizer)) return error_memory(err, "digest of the tokenizer");
    return lm_quotes_open(subject, err) && open_template(subject, lm, err) &&
           combine_digest(subject, model, how & SUBJECT_LM_WHOLE, err) && start_engine(subject, lm, err);
}

void subject_lm_close(struct subject *subject) {
    struct lm_subject *lm = subject->state;
    if (!lm) return;
    lm_engine_free(lm->engine);
    lm_forms_done(&lm->forms);
    lm_quotes_close(lm->quotes);
    pool_free(lm->pool);
    chat_template_free(lm->template);
    if (!lm->borrowed) lm_model_free(lm->model);
    memory_free(lm);
    subject->state = NULL;
}

/* ---- files ---- */

/* Existing files, and what can only be meant as one, so that a missing file is told as such. */
static bool claims(struct text spec) {
    static const char *const endings[] = {".gguf", ".bin", ".safetensors", "/"};
    char path[4096];
    if (spec.len == 0 || spec.len >= sizeof path || memchr(spec.at, 0, spec.len)) return false;
    memcpy(path, spec.at, spec.len);
    path[spec.len] = 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(spec, text_of(endings[i]))) return true;
    return lm_spec_is_adapted(spec) || file_exists(path) || text_starts(spec, TEXT("/")) ||
           text_starts(spec, TEXT("./")) || text_starts(spec, TEXT("../"));
}

/* Adds a file to the list for the record. */
static bool note_file(struct subject *subject, const char *path, size_t bytes, struct error *err) {
    json_t *name = json_from_text(text_of(path));
    json_t *one = name ? json_pack("{s:O s:I}", "path", name, "bytes", (json_int_t)bytes) : NULL;
    json_decref(name);
    return (one && json_array_append_new(subject->files, one) == 0) || error_memory(err, "list of files");
}

/* All files of a model or adapter. *whole: one GGUF, which holds tokenizer and template too. */
static bool note_files(struct subject *subject, const char *path, bool *whole, struct error *err) {
    struct lm_file *file = lm_file_open(path, err);
    if (!file) return false;
    *whole = file->container == LM_GGUF;
    bool ok = true;
    for (size_t i = 0; ok && i < file->n_maps; i++)
        ok = note_file(subject, file->n_maps == 1 ? path : file->names[i], file->maps[i].len, err);
    lm_file_close(file);
    return ok;
}

/* The last part of each path: two quantised files of one model have the same general.name. */
static bool name_files(struct subject *subject, const char *base, const struct lm_load_options *options,
                       struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i <= options->n_adapters; i++) {
        struct text path = text_of(i ? options->adapters[i - 1].path : base);
        while (path.len > 1 && path.at[path.len - 1] == '/') path.len--;
        size_t from = path.len;
        while (from > 0 && path.at[from - 1] != '/') from--;
        if (i) buffer_put_c(&b, "+");
        buffer_put_text(&b, from < path.len ? text_part(path, from, path.len) : path);
        if (!i || options->adapters[i - 1].factor == 1) continue;
        buffer_put_c(&b, "@");
        buffer_put_f64(&b, options->adapters[i - 1].factor);
    }
    bool ok = buffer_check(&b, "name", err);
    if (ok) subject_name_text(subject, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

char *subject_lm_split(struct arena *arena, struct subject *subject, struct text spec, struct lm_load_options *options,
                       struct error *err) {
    struct lm_adapter *adapters;
    char *base;
    if (!lm_spec_split(arena, spec, &base, &adapters, &options->n_adapters, err)) return NULL;
    options->adapters = adapters;
    for (size_t i = 0; i < options->n_adapters; i++)
        if (!(adapters[i].path = file_find(arena, adapters[i].path, subject->settings.path, err)))
            return error_wrap(err, "adapter"), NULL;
    return name_files(subject, base, options, err) ? base : NULL;
}

bool subject_lm_note_adapters(struct subject *subject, const struct lm_load_options *options, struct error *err) {
    bool ignored;
    for (size_t i = 0; i < options->n_adapters; i++)
        if (!note_files(subject, options->adapters[i].path, &ignored, err)) return false;
    return true;
}

static bool open_file(struct subject *subject, struct text spec, struct error *err) {
    struct arena arena;
    struct lm_load_options options;
    struct lm_model *model = NULL;
    char *path = NULL;
    bool whole = false, ok = false;
    arena_init(&arena, (size_t)1 << 20);
    if (subject_lm_load_options(subject, &options, err) &&
        (path = subject_lm_split(&arena, subject, spec, &options, err)) &&
        !(path = file_find(&arena, path, subject->settings.path, err)))
        error_wrap(err, "model file");
    if (path && !(subject->files = json_array())) error_memory(err, "list of files");
    if (path && subject->files && note_files(subject, path, &whole, err) &&
        subject_lm_note_adapters(subject, &options, err) && (model = lm_model_load(path, &options, err)))
        ok = subject_lm_open(subject, model, whole ? SUBJECT_LM_WHOLE : 0, err);
    arena_done(&arena);
    return ok;
}

const struct subject_kind subject_files = {
    .name = "file",
    .summary = "a model file in this process: GGUF, safetensors, a Hugging Face folder, llama2.c",
    .form = "FILE.gguf, FILE.safetensors, FOLDER or FILE.bin, with adapters FILE.gguf+STYLE.lora.gguf[@0.5]",
    .claims = claims,
    .open = open_file,
    .ask = subject_lm_ask,
    .show_prompt = subject_lm_show_prompt,
    .close = subject_lm_close,
};
