/* What is wrong with a model's chat template, found by asking it for the prompt of one question: see chat.h. */
#include "lm/template/chat.h"

#include <string.h>

#define QUESTION "Where does the ferry land?"
enum { PROMPT_MAX = 1 << 20, MARK_MAX = 64 };

static bool render(const struct chat_template *t, bool answer, struct buffer *out, struct error *err) {
    json_t *messages = json_read(TEXT("[{\"role\":\"user\",\"content\":\"" QUESTION "\"}]"), "question", 1, err);
    bool ok = messages && chat_render(t, messages, answer, out, err) && buffer_check(out, "prompt", err);
    json_decref(messages);
    return ok;
}

static bool writes_twice(struct text prompt, struct text bos) {
    if (!bos.len || !text_starts(prompt, bos)) return false;
    return text_starts(text_part(prompt, bos.len, prompt.len), bos);
}

/* The next <|name|> at or after *at, which moves behind it. */
static bool next_mark(struct text prompt, size_t *at, struct text *mark) {
    for (;;) {
        size_t from = text_find(prompt, TEXT("<|"), *at), to;
        if (from == SIZE_MAX || (to = text_find(prompt, TEXT("|>"), from + 2)) == SIZE_MAX) return false;
        *mark = text_part(prompt, from, to + 2);
        *at = to + 2;
        bool blank = text_find(*mark, TEXT(" "), 0) != SIZE_MAX || text_find(*mark, TEXT("\n"), 0) != SIZE_MAX;
        if (mark->len <= MARK_MAX && !blank) return true;
        *at = from + 2;
    }
}

/* Each mark once, in the order in which they come. */
static void warn_of_marks(const struct tokenizer *tokenizer, struct text prompt, struct buffer *out) {
    struct text mark;
    for (size_t at = 0; next_mark(prompt, &at, &mark);) {
        bool again = text_find(prompt, mark, 0) + mark.len < at;
        if (!again && tokenizer_find(tokenizer, mark) < 0)
            buffer_printf(out, "the chat template writes '%.*s', which is no token: the model sees it in pieces\n",
                          TEXT_ARG(mark));
    }
}

static void warn_of_prompt(const struct tokenizer *tokenizer, struct text prompt, struct text unopened,
                           struct buffer *out) {
    int32_t bos = tokenizer_bos(tokenizer);
    if (text_find(prompt, TEXT(QUESTION), 0) == SIZE_MAX)
        buffer_put_c(out, "the chat template loses what the user says\n");
    if (text_equal(prompt, unopened))
        buffer_put_c(out, "the chat template has no opening for the answer (add_generation_prompt changes nothing)\n");
    if (bos >= 0 && writes_twice(prompt, tokenizer_token(tokenizer, bos)))
        buffer_put_c(out, "the chat template writes BOS twice\n");
    warn_of_marks(tokenizer, prompt, out);
}

bool chat_warnings(const struct tokenizer *tokenizer, struct buffer *out, struct error *err) {
    struct buffer prompt, unopened;
    struct error why = {0};
    if (!tokenizer_chat_template(tokenizer).len) return true;
    buffer_init(&prompt, PROMPT_MAX);
    buffer_init(&unopened, PROMPT_MAX);
    struct chat_template *t = chat_template_new(tokenizer, NULL, &why);
    if (t && render(t, true, &prompt, &why) && render(t, false, &unopened, &why))
        warn_of_prompt(tokenizer, buffer_text(&prompt), buffer_text(&unopened), out);
    else
        buffer_printf(out, "the chat template does not work: %s\n", why.message);
    chat_template_free(t);
    buffer_done(&prompt);
    buffer_done(&unopened);
    return why.kind == ERROR_ENVIRONMENT ? error_set(err, why.kind, "%s", why.message) : true;
}
