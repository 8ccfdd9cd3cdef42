/* Files beside a tokenizer's own: see tokenizer_beside.h. */
#include "lm/tokenizer/tokenizer_beside.h"

#define CONFIG_MAX ((size_t)16 << 20)

/* ---- reading ---- */

static bool read_object(struct tokenizer_beside *b, const char *path, const char *name, json_t **out,
                        struct error *err) {
    char *file = file_beside(&b->arena, path, name, err);
    if (!file) return false;
    if (!file_exists(file)) return true;
    if (!(*out = json_read_file(file, CONFIG_MAX, err))) return false;
    return json_is_object(*out) || json_mismatch(*out, "", (struct json_place){file, 1, ""}, "an object", err);
}

bool tokenizer_beside_read(struct tokenizer_beside *b, const char *path, struct error *err) {
    *b = (struct tokenizer_beside){.template = TEXT("")};
    arena_init(&b->arena, CONFIG_MAX * 2);
    char *jinja = file_beside(&b->arena, path, "chat_template.jinja", err);
    return jinja && read_object(b, path, "tokenizer_config.json", &b->config, err) &&
           read_object(b, path, "added_tokens.json", &b->added, err) &&
           (!file_exists(jinja) || file_read(&b->arena, jinja, CONFIG_MAX, &b->template, err));
}

void tokenizer_beside_done(struct tokenizer_beside *b) {
    json_decref(b->config);
    json_decref(b->added);
    arena_done(&b->arena);
}

/* ---- added tokens ---- */

struct added {
    uint64_t id;
    struct text form;
    bool special;
    unsigned char flags;
};
typedef bool take_added(void *context, const struct added *token);

/* Calls for each added token whose id is a number; those of tokenizer_config.json come last and so count more. */
static bool each_added(const struct tokenizer_beside *b, take_added *take, void *context) {
    const char *key;
    json_t *v;
    json_object_foreach(b->added, key, v) { /* {"form": id} */
        struct added one = {.id = (uint64_t)json_integer_value(v), .form = text_of(key)};
        bool counts =
            json_is_integer(v) && json_integer_value(v) >= 0 && one.id < TOKENIZER_MOST_TOKENS && one.form.len;
        if (counts && !take(context, &one)) return false;
    }
    json_object_foreach(json_object_get(b->config, "added_tokens_decoder"), key, v) { /* {"id": {"content": ...}} */
        struct added one = {.form = json_text(json_object_get(v, "content")),
                            .special = json_is_true(json_object_get(v, "special"))};
        if (!text_to_u64(text_of(key), &one.id) || one.id >= TOKENIZER_MOST_TOKENS || !one.form.len) continue;
        if (json_is_true(json_object_get(v, "lstrip"))) one.flags |= STRIP_LEFT;
        if (json_is_true(json_object_get(v, "rstrip"))) one.flags |= STRIP_RIGHT;
        if (!take(context, &one)) return false;
    }
    return true;
}

static bool count_added(void *context, const struct added *token) {
    size_t *n = context;
    if (token->id >= *n) *n = (size_t)token->id + 1;
    return true;
}

size_t tokenizer_beside_vocabulary(const struct tokenizer_beside *b, size_t n) {
    return each_added(b, count_added, &n) ? n : 0;
}

struct putting {
    struct tokenizer *t;
    const char *shown;
    struct error *err;
};

/* Control, unknown and byte tokens of the model itself stay what they are. */
static bool put_added(void *context, const struct added *token) {
    const struct putting *p = context;
    struct tokenizer *t = p->t;
    struct text *form = &t->tokens[token->id];
    bool own = form->len > 0;
    if (own && !text_equal(*form, token->form))
        return error_set(p->err, ERROR_DATA,
                         "%s: token %llu is '%.*s' there and '%.*s' in tokenizer_config.json beside it; they "
                         "do not belong together",
                         p->shown, (unsigned long long)token->id, (int)(form->len < 60 ? form->len : 60), form->at,
                         (int)(token->form.len < 60 ? token->form.len : 60), token->form.at);
    if (!own && !tokenizer_keep(t, token->form, form, p->err)) return false;
    unsigned char *type = &t->types[token->id];
    if (!own || *type == TOKEN_NORMAL || *type == TOKEN_UNUSED || *type == TOKEN_USER)
        *type = token->special ? TOKEN_CONTROL : TOKEN_USER;
    t->flags[token->id] = token->flags;
    return true;
}

bool tokenizer_beside_put_tokens(const struct tokenizer_beside *b, struct tokenizer *t, const char *shown,
                                 struct error *err) {
    return each_added(b, put_added, &(struct putting){t, shown, err});
}

/* ---- BOS, EOS, template ---- */

static int32_t config_token(const struct tokenizer *t, const json_t *config, const char *key) {
    const json_t *v = json_object_get(config, key);
    struct text form = json_is_object(v) ? json_text(json_object_get(v, "content")) : json_text(v);
    return form.len ? tokenizer_find(t, form) : -1;
}

/* The template, or of several the one named default. */
static struct text config_template(const json_t *config) {
    const json_t *template = json_object_get(config, "chat_template");
    for (size_t i = 0; json_is_array(template) && i < json_array_size(template); i++) {
        const json_t *one = json_array_get(template, i);
        if (text_equal_c(json_text(json_object_get(one, "name")), "default"))
            return json_text(json_object_get(one, "template"));
    }
    return json_text(template);
}

bool tokenizer_beside_put_ends(const struct tokenizer_beside *b, struct tokenizer *t, struct error *err) {
    int32_t bos = config_token(t, b->config, "bos_token"), eos = config_token(t, b->config, "eos_token");
    const json_t *add_bos = json_object_get(b->config, "add_bos_token"),
                 *add_eos = json_object_get(b->config, "add_eos_token");
    struct text template = config_template(b->config);
    if (bos >= 0) t->bos = bos;
    if (eos >= 0) t->eos = eos;
    if (json_is_boolean(add_bos)) t->adds_bos = json_is_true(add_bos);
    if (json_is_boolean(add_eos)) t->adds_eos = json_is_true(add_eos);
    return tokenizer_keep(t, template.len ? template : b->template, &t->chat_template, err);
}
