/* Chat templates: see chat.h. */
#include "lm/template/chat.h"

#include "base/file.h"

#include <string.h>

#define TEMPLATE_MAX ((size_t)1 << 20)

static const char chatml[] =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ "
    "'<|im_start|>assistant\\n' }}{% endif %}";

struct chat_template {
    struct arena arena;
    struct text source;
    struct jinja *jinja;
    struct text bos, eos;
};

static struct text token_text(const struct tokenizer *tokenizer, int32_t id) {
    return id >= 0 ? tokenizer_token(tokenizer, id) : TEXT("");
}

static bool find_source(struct chat_template *t, const struct tokenizer *tokenizer, const char *name,
                        struct error *err) {
    if (!name) {
        t->source = tokenizer_chat_template(tokenizer);
        return t->source.len > 0 || error_set(err, ERROR_DATA,
                                              "the model brings no chat template; give --template chatml "
                                              "or a file, or ask with a plain prompt");
    }
    if (strcmp(name, "chatml") == 0) {
        t->source = TEXT(chatml);
        return true;
    }
    return file_read(&t->arena, name, TEMPLATE_MAX, &t->source, err);
}

struct chat_template *chat_template_new(const struct tokenizer *tokenizer, const char *name, struct error *err) {
    struct chat_template *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "chat template"), NULL;
    arena_init(&t->arena, 4 * TEMPLATE_MAX);
    struct jinja_options options = {.trim_blocks = true, .lstrip_blocks = true};
    if (tokenizer) {
        t->bos = token_text(tokenizer, tokenizer_bos(tokenizer));
        t->eos = token_text(tokenizer, tokenizer_eos(tokenizer));
    }
    if (find_source(t, tokenizer, name, err) &&
        (t->jinja = jinja_parse(t->source, name ? name : "chat template", options, err)))
        return t;
    chat_template_free(t);
    return NULL;
}

void chat_template_free(struct chat_template *t) {
    if (!t) return;
    jinja_free(t->jinja);
    arena_done(&t->arena);
    memory_free(t);
}

struct text chat_template_source(const struct chat_template *t) {
    return t->source;
}

bool chat_render(const struct chat_template *t, const json_t *messages, bool answer, struct buffer *out,
                 struct error *err) {
    json_t *variables = json_pack("{s:O s:b s:o s:o}", "messages", messages, "add_generation_prompt", answer,
                                  "bos_token", json_from_text(t->bos), "eos_token", json_from_text(t->eos));
    if (!variables) return error_memory(err, "chat template variables");
    bool ok = jinja_render(t->jinja, variables, out, err);
    json_decref(variables);
    return ok;
}
