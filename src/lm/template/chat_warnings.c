/* What is wrong with a model's chat template, found by asking it for the prompt of one question: see chat.h. */
#include "lm/template/chat.h"

#include <string.h>

#define QUESTION "Where does the ferry land?"
#define ANSWER "At the old quay below the mill."
#define FURTHER "And when does it leave?"
#define SAID(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
enum { PROMPT_MAX = 1 << 20, MARK_MAX = 64 };

static bool render(const struct chat_template *t, struct text conversation, bool answer, struct buffer *out,
                   struct error *err) {
    json_t *messages = json_read(conversation, "conversation", 1, err);
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

/* The token at which the model's texts are cut, not only one of the vocabulary. */
static bool is_cut_out(const struct tokenizer *tokenizer, struct text mark) {
    struct token_list ids = {0};
    struct error why = {0};
    int32_t id = tokenizer_find(tokenizer, mark);
    bool found = false;
    if (id >= 0 && tokenizer_encode(tokenizer, mark, TOKENIZE_SPECIAL, &ids, &why))
        for (size_t i = 0; i < ids.n; i++) found |= ids.ids[i] == id;
    token_list_done(&ids);
    return found || why.kind != ERROR_NONE;
}

static void warn_of_mark(const struct tokenizer *tokenizer, struct text mark, struct buffer *out) {
    if (tokenizer_find(tokenizer, mark) < 0)
        buffer_printf(out, "the chat template writes '%.*s', which is no token: the model sees it in pieces\n",
                      TEXT_ARG(mark));
    else if (!is_cut_out(tokenizer, mark))
        buffer_printf(out,
                      "the chat template writes '%.*s', which is a token but no special one: "
                      "the model sees it in pieces\n",
                      TEXT_ARG(mark));
}

/* Each mark once, in the order in which they come; then those of other forms,
 * which a template of another family may write. */
static void warn_of_marks(const struct tokenizer *tokenizer, struct text prompt, struct buffer *out) {
    static const char *const others[] = {"<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<s>", "</s>"};
    struct text mark;
    for (size_t at = 0; next_mark(prompt, &at, &mark);) {
        bool again = text_find(prompt, mark, 0) + mark.len < at;
        if (!again) warn_of_mark(tokenizer, mark, out);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (text_find(prompt, text_of(others[i]), 0) != SIZE_MAX) warn_of_mark(tokenizer, text_of(others[i]), out);
}

/* What stands between an answer and the next question: generation must stop at its first special token. */
static void warn_of_end(const struct tokenizer *tokenizer, struct text prompt, struct buffer *out) {
    size_t from = text_find(prompt, TEXT(ANSWER), 0), to = text_find(prompt, TEXT(FURTHER), 0);
    struct token_list ids = {0};
    struct error why = {0};
    int32_t first = -1;
    if (from == SIZE_MAX || to == SIZE_MAX || from > to) return; /* it loses texts, or refuses such a conversation */
    struct text between = text_part(prompt, from + strlen(ANSWER), to);
    bool ok = tokenizer_encode(tokenizer, between, TOKENIZE_SPECIAL, &ids, &why);
    for (size_t i = 0; ok && first < 0 && i < ids.n; i++) {
        enum token_type type = tokenizer_type(tokenizer, ids.ids[i]);
        if (type == TOKEN_CONTROL || type == TOKEN_USER) first = ids.ids[i];
    }
    token_list_done(&ids);
    if (!ok || (first >= 0 && tokenizer_ends(tokenizer, first))) return;
    if (first < 0)
        buffer_put_c(out,
                     "the chat template ends answers with no special token: generation does not know where to stop\n");
    else
        buffer_printf(out, "the chat template ends answers with '%.*s', which does not end generation\n",
                      TEXT_ARG(tokenizer_token(tokenizer, first)));
}

/* Tokens that only conversations have. */
static void warn_of_no_template(const struct tokenizer *tokenizer, struct buffer *out) {
    static const char *const marks[] = {"<|im_start|>", "<|start_header_id|>", "<start_of_turn>", "<|user|>",
                                        "<|assistant|>"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (tokenizer_find(tokenizer, text_of(marks[i])) < 0) continue;
        buffer_printf(out,
                      "no chat template, though there are tokens of one ('%s'): "
                      "the texts of a conversation are only joined; --template names one\n",
                      marks[i]);
        return;
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

/* The prompt of a question, with and without an opening for the answer. */
static bool ask(const struct tokenizer *tokenizer, const struct chat_template *t, struct buffer *out,
                struct error *err) {
    struct buffer prompt, unopened;
    const struct text question = TEXT("[" SAID("user", QUESTION) "]");
    buffer_init(&prompt, PROMPT_MAX);
    buffer_init(&unopened, PROMPT_MAX);
    bool ok = render(t, question, true, &prompt, err) && render(t, question, false, &unopened, err);
    if (ok) warn_of_prompt(tokenizer, buffer_text(&prompt), buffer_text(&unopened), out);
    buffer_done(&prompt);
    buffer_done(&unopened);
    return ok;
}

/* A conversation that goes on after an answer. Templates that refuse one are for single questions. */
static void go_on(const struct tokenizer *tokenizer, const struct chat_template *t, struct buffer *out,
                  struct error *err) {
    struct buffer prompt;
    const struct text turns =
        TEXT("[" SAID("user", QUESTION) "," SAID("assistant", ANSWER) "," SAID("user", FURTHER) "]");
    struct error why = {0};
    buffer_init(&prompt, PROMPT_MAX);
    if (render(t, turns, true, &prompt, &why)) warn_of_end(tokenizer, buffer_text(&prompt), out);
    if (why.kind == ERROR_ENVIRONMENT) *err = why;
    buffer_done(&prompt);
}

bool chat_warnings(const struct tokenizer *tokenizer, struct buffer *out, struct error *err) {
    struct error why = {0};
    if (!tokenizer_chat_template(tokenizer).len) return warn_of_no_template(tokenizer, out), true;
    struct chat_template *t = chat_template_new(tokenizer, NULL, &why);
    if (t && ask(tokenizer, t, out, &why))
        go_on(tokenizer, t, out, &why);
    else
        buffer_printf(out, "the chat template does not work: %s\n", why.message);
    chat_template_free(t);
    return why.kind == ERROR_ENVIRONMENT ? error_set(err, why.kind, "%s", why.message) : true;
}
