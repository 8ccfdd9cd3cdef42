/* basanite info: a model file: shape, tensors, tokenizer, first prompt as tokens, warnings. */
#include "cli/commands.h"
#include "cli/info_pickle.h"

#include "lm/template/chat.h"
#include "lm/model/model_head.h"
#include "measure/rules/identity_card.h"

#include <string.h>

static const char *const flags[] = {"subject",  "template", "tensors", "tokenizer", "prompt",
                                    "identity", "json",     "out",     NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_info = {
    .name = "info",
    .synopsis = "[FILE|SUBJECT] [--tensors] [--tokenizer] [--prompt TEXT] [--identity]",
    .summary = "a model file or subject: shape, tensors, tokenizer, template, warnings",
    .example = "basanite info pocket --prompt \"Hello\"",
    .flags = flags,
    .run = run,
};

static json_t *tensors_json(const struct lm_file *file) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < file->n_tensors; i++) {
        const struct lm_tensor *t = &file->tensors[i];
        json_t *shape = json_array();
        for (size_t d = 0; d < t->dims; d++) json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
        json_array_append_new(list, json_pack("{s:o s:s s:o s:I}", "name", json_from_text(t->name), "type",
                                              lm_type_find(t->type)->name, "shape", shape, "offset",
                                              (json_int_t)t->offset));
    }
    return list;
}

static json_t *file_json(const struct lm_file *file, const char *digest, bool tensors) {
    static const char *const containers[] = {"gguf", "safetensors", "llama2c"};
    json_t *j = json_pack("{s:s s:s s:I s:I s:I s:s}", "path", file->path ? file->path : "(built in)", "container",
                          containers[file->container], "version", (json_int_t)file->version, "tensors",
                          (json_int_t)file->n_tensors, "bytes", (json_int_t)file->bytes, "sha256", digest);
    if (j && tensors) json_object_set_new(j, "tensor_list", tensors_json(file));
    return j;
}

/* Control and user tokens, by id. */
static json_t *specials_json(const struct tokenizer *t) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < tokenizer_vocabulary(t); i++) {
        enum token_type type = tokenizer_type(t, (int32_t)i);
        if (type != TOKEN_CONTROL && type != TOKEN_USER && type != TOKEN_UNKNOWN) continue;
        json_array_append_new(list, json_pack("{s:I s:o s:s}", "id", (json_int_t)i, "text",
                                              json_from_text(tokenizer_token(t, (int32_t)i)), "type",
                                              type == TOKEN_CONTROL ? "control"
                                              : type == TOKEN_USER  ? "user"
                                                                    : "unknown"));
    }
    return list;
}

/* Ids of the embedding that are no tokens; special tokens that a prompt names, which it then holds. */
static bool use_warnings(const struct arguments *args, const struct tokenizer *t, size_t rows, struct buffer *out,
                         struct error *err) {
    struct token_list ids = {0};
    size_t n = tokenizer_vocabulary(t);
    if (rows > n)
        buffer_printf(out, "the embedding has %zu rows, %zu more than there are tokens; they have no text\n", rows,
                      rows - n);
    bool ok = tokenizer_encode(t, text_of(args_text(args, "prompt", "")), TOKENIZE_SPECIAL, &ids, err);
    for (size_t i = 0; ok && i < ids.n; i++)
        if (tokenizer_type(t, ids.ids[i]) == TOKEN_CONTROL)
            buffer_printf(out, "the prompt's own text names '%.*s', which becomes that token\n",
                          TEXT_ARG(tokenizer_token(t, ids.ids[i])));
    token_list_done(&ids);
    return ok && buffer_check(out, "warnings", err);
}

/* With the special tokens where they are asked for. rows: of the embedding; 0: there is no model. */
static json_t *tokenizer_json(const struct arguments *args, const struct tokenizer *t, size_t rows, struct error *err) {
    struct buffer warnings;
    buffer_init(&warnings, 1 << 16);
    char digest[65] = "";
    bool ok = tokenizer_warnings(t, &warnings) && chat_warnings(t, &warnings, err) &&
              use_warnings(args, t, rows, &warnings, err);
    tokenizer_digest(t, digest);
    json_t *j = json_pack("{s:s s:s s:I s:i s:i s:b s:b s:s s:o}", "kind", tokenizer_kind(t), "pre", tokenizer_pre(t),
                          "vocabulary", (json_int_t)tokenizer_vocabulary(t), "bos", tokenizer_bos(t), "eos",
                          tokenizer_eos(t), "adds_bos", tokenizer_adds_bos(t), "chat_template",
                          tokenizer_chat_template(t).len > 0, "sha256", digest, "warnings",
                          json_from_text(text_trim(buffer_text(&warnings))));
    if (j && args_on(args, "tokenizer")) json_object_set_new(j, "specials", specials_json(t));
    buffer_done(&warnings);
    if (ok && !j) error_memory(err, "tokenizer");
    if (ok) return j;
    json_decref(j);
    return NULL;
}

/* {"kind", "outputs", "labels"}; NULL: there is none. */
static json_t *head_json(const struct lm_model *m) {
    const struct lm_head *h = &m->head;
    if (!h->n) return NULL;
    json_t *labels = h->labels ? json_array() : NULL;
    for (size_t i = 0; labels && i < h->n; i++) json_array_append_new(labels, json_from_text(h->labels[i]));
    return json_pack("{s:s s:I s:o*}", "kind", lm_head_kind_name(h->kind), "outputs", (json_int_t)h->n, "labels",
                     labels);
}

static json_t *model_json(const struct lm_model *m, struct error *err) {
    const struct lm_shape *s = &m->shape;
    struct buffer words;
    buffer_init(&words, 4096);
    bool ok = lm_shape_put(&words, s) && buffer_check(&words, "description", err);
    json_t *j = json_pack("{s:s s:s s:I s:I s:I s:I s:I s:I s:I s:I s:f s:o s:b s:I s:s}", "name", m->name,
                          "architecture", lm_arch_name(m->arch), "layers", (json_int_t)s->layers, "width",
                          (json_int_t)s->width, "heads", (json_int_t)s->heads, "kv_heads", (json_int_t)s->kv_heads,
                          "head_size", (json_int_t)s->head_size, "hidden", (json_int_t)s->hidden, "vocabulary",
                          (json_int_t)s->vocabulary, "context", (json_int_t)s->context, "rope_base",
                          (double)s->rope_base, "features", json_from_text(buffer_text(&words)), "tied_output", s->tied,
                          "parameters", (json_int_t)m->parameters, "types", m->types);
    json_t *head = head_json(m);
    if (j && head) json_object_set_new(j, "head", head);
    buffer_done(&words);
    if (ok && !j) error_memory(err, "model");
    if (ok) return j;
    json_decref(j);
    return NULL;
}

static bool add_tokenizer(const struct arguments *args, const struct tokenizer *t, size_t rows, json_t *all,
                          struct error *err) {
    json_t *j = tokenizer_json(args, t, rows, err);
    return j && (json_object_set_new(all, "tokenizer", j) == 0 || error_memory(err, "tokenizer"));
}

/* A tokenizer without a model. */
static json_t *describe_tokenizer(const struct arguments *args, const char *path, struct error *err) {
    struct tokenizer *t = tokenizer_open(path, err);
    json_t *all = t ? json_object() : NULL;
    if (all && !add_tokenizer(args, t, 0, all, err)) {
        json_decref(all);
        all = NULL;
    }
    tokenizer_free(t);
    return all;
}

/* A file that holds only a tokenizer, or an architecture that is not built, is still described. */
static bool describe_contents(const struct arguments *args, const char *path, const struct lm_file *file, json_t *all,
                              struct error *err) {
    struct error why = {0};
    struct lm_model *model = file->n_tensors ? common_model(args, path, &why) : NULL;
    struct tokenizer *own = NULL;
    const struct tokenizer *tokenizer = model ? model->tokenizer : NULL;
    if (!model)
        json_object_set_new(all, "note", json_string(file->n_tensors ? why.message : "no tensors in this file"));
    if (!model && file->container == LM_GGUF) tokenizer = own = tokenizer_from_gguf(file, &why);
    json_t *described = model ? model_json(model, err) : NULL;
    if (described) json_object_set_new(all, "model", described);
    size_t rows = model ? model->shape.vocabulary : 0;
    bool ok = (!model || described) && (!tokenizer || add_tokenizer(args, tokenizer, rows, all, err));
    tokenizer_free(own);
    lm_model_free(model);
    return ok;
}

static bool is_tokenizer_file(const char *path) {
    static const char *const ends[] = {".json", ".model", ".tiktoken", ".txt"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends(text_of(path), text_of(ends[i]))) return true;
    return false;
}

/* What its files declare: names, makers, what it was made from, each with its place. */
static bool add_identity(const struct arguments *args, const struct lm_file *file, json_t *all, struct error *err) {
    struct identity_card card;
    if (!args_on(args, "identity")) return true;
    struct identity_rules *rules = identity_open(TEXT(""), NULL, err);
    json_t *j =
        rules && identity_card_read(file, rules, args->arena, &card, err) ? identity_card_json(&card, err) : NULL;
    identity_close(rules);
    return j && (json_object_set_new(all, "identity", j) == 0 || error_memory(err, "identity"));
}

static json_t *describe(const struct arguments *args, const char *path, struct error *err) {
    if (is_tokenizer_file(path)) return describe_tokenizer(args, path, err);
    if (info_is_pickle(path)) return info_pickle(path, err);
    struct lm_file *file = common_model_file(args, path, err);
    if (!file) return NULL;
    char digest[65] = "";
    json_t *all = lm_file_digest(file, digest, err) ? json_object() : NULL;
    if (all) {
        json_object_set_new(all, "file", file_json(file, digest, args_on(args, "tensors")));
        if (!describe_contents(args, path, file, all, err) || !add_identity(args, file, all, err)) {
            json_decref(all);
            all = NULL;
        }
    }
    lm_file_close(file);
    return all;
}

static bool add_prompt(const struct arguments *args, const char *path, json_t *all, struct error *err) {
    struct subject_settings settings;
    common_subject_settings(args, &settings);
    struct subject *subject = subject_open(text_of(path), &settings, err);
    if (!subject) return false;
    struct text prompt = text_of(args_text(args, "prompt", "Hello"));
    struct message message = {TEXT("user"), prompt};
    struct ask ask = {.id = TEXT("prompt"), .kind = ASK_GENERATE, .samples = 1, .max_tokens = 1};
    if (subject->capabilities & SUBJECT_CHATS) {
        ask.messages = &message;
        ask.n_messages = 1;
    } else {
        ask.prompt = prompt;
    }
    struct buffer b;
    buffer_init(&b, 1 << 24);
    bool ok = true;
    if (subject_show_prompt(subject, &ask, &b, err)) {
        json_t *tokens = json_read(buffer_text(&b), "prompt", 0, err);
        ok = tokens && json_object_set_new(all, "first_prompt", tokens) == 0;
    }
    buffer_done(&b);
    subject_close(subject);
    return ok;
}

/* A subject that is no model file: what it is and can do. */
static json_t *describe_subject(const struct arguments *args, const char *spec, struct error *err) {
    struct subject_settings settings;
    struct buffer words;
    common_subject_settings(args, &settings);
    struct subject *subject = subject_open(text_of(spec), &settings, err);
    if (!subject) return NULL;
    buffer_init(&words, 1024);
    json_t *all = NULL;
    if (subject_put_capabilities(&words, subject->capabilities) && buffer_check(&words, "subject", err)) {
        all = json_pack("{s:{s:s s:s s:s s:s s:o s:s}}", "subject", "spec", subject->spec, "kind", subject->kind->name,
                        "name", subject->name, "digest", subject->digest, "capabilities",
                        json_from_text(buffer_text(&words)), "lacks", subject->lacks);
        if (!all) error_memory(err, "subject");
    }
    buffer_done(&words);
    subject_close(subject);
    return all;
}

/* Whether the built-in model or a file is meant; other kinds of subject have a form of their own. */
static bool names_file(const char *spec) {
    const struct subject_kind *const *kinds;
    size_t n = subject_kinds(&kinds);
    for (size_t i = 0; i < n; i++)
        if (kinds[i]->claims(text_of(spec))) return kinds[i]->show_prompt != NULL;
    return true;
}

/* A template of the file itself that does not work is one of its warnings, and no failure. */
static bool add_first_prompt(const struct arguments *args, const char *path, json_t *all, struct error *err) {
    struct error why = {0};
    if (add_prompt(args, path, all, &why)) return true;
    if (why.kind != ERROR_DATA || args_text(args, "template", NULL) || args_text(args, "prompt", NULL))
        return *err = why, false;
    return json_object_set_new(all, "note", json_string(why.message)) == 0 || error_memory(err, "note");
}

static void print_object(FILE *out, const char *title, const json_t *object) {
    const char *key;
    json_t *value;
    if (!object) return;
    fprintf(out, "%s\n", title);
    json_object_foreach((json_t *)object, key, value) {
        struct buffer b;
        buffer_init(&b, (size_t)64 << 20);
        if (json_is_string(value))
            buffer_put_text(&b, json_text(value));
        else if (!json_is_array(value))
            json_put(&b, value, 0);
        if (b.len) fprintf(out, "  %-14s %.*s\n", key, (int)b.len, b.at);
        for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
            buffer_clear(&b);
            json_put(&b, json_array_get(value, i), 0);
            fprintf(out, "  %.*s\n", (int)b.len, b.at ? b.at : "");
        }
        buffer_done(&b);
    }
}

static void print_identity(FILE *out, const json_t *identity) {
    const json_t *facts = json_object_get(identity, "facts");
    if (!identity) return;
    fputs("identity\n", out);
    if (!json_array_size(facts)) fputs("  nothing is declared\n", out);
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const json_t *f = json_array_get(facts, i);
        fprintf(out, "  %-14s %s  (%s, %s)\n", json_string_value(json_object_get(f, "fact")),
                json_string_value(json_object_get(f, "value")), json_string_value(json_object_get(f, "at")),
                json_string_value(json_object_get(f, "key")));
    }
}

static void print_prompt(FILE *out, const json_t *tokens) {
    if (!tokens) return;
    fputs("first prompt\n ", out);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        const json_t *t = json_array_get(tokens, i);
        struct buffer b;
        buffer_init(&b, 1 << 20);
        json_put_string(&b, json_text(json_object_get(t, "text")));
        fprintf(out, " %lld:%.*s", (long long)json_integer_value(json_object_get(t, "id")), (int)b.len,
                b.at ? b.at : "");
        buffer_done(&b);
    }
    fputc('\n', out);
}

static bool run(struct arguments *args, struct error *err) {
    if (!common_words(args, &command_info, 0, 1, err)) return false;
    const char *path = args->n_words ? args->words[0] : args_text(args, "subject", "pocket");
    json_t *all = names_file(path) ? describe(args, path, err) : describe_subject(args, path, err);
    if (!all) return false;
    bool ok = !json_object_get(all, "model") || add_first_prompt(args, path, all, err);
    if (ok && args_on(args, "json")) {
        ok = print_json(args->out, all, err);
    } else if (ok) {
        print_object(args->out, "subject", json_object_get(all, "subject"));
        print_object(args->out, "file", json_object_get(all, "file"));
        print_object(args->out, "model", json_object_get(all, "model"));
        print_object(args->out, "tokenizer", json_object_get(all, "tokenizer"));
        print_identity(args->out, json_object_get(all, "identity"));
        print_prompt(args->out, json_object_get(all, "first_prompt"));
        if (json_object_get(all, "note"))
            fprintf(args->out, "note: %s\n", json_string_value(json_object_get(all, "note")));
    }
    json_decref(all);
    return ok;
}
