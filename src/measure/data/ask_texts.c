/* See ask_texts.h. */
#include "measure/data/ask_texts.h"

#include "measure/dataset/ask_file.h"

enum { WRITTEN_TOKENS = 256 };

struct asking {
    const struct ask *asks;
    struct arena *arena;
    struct text *out;
    uint64_t *asked;
};

static bool take(void *context, const struct answer *answer, struct error *err) {
    struct asking *a = context;
    if (answer->error.kind != ERROR_NONE)
        return *err = answer->error, error_wrap(err, "row '%.*s'", TEXT_ARG(a->asks[answer->ask].id));
    char *copy = text_copy(a->arena, answer->text, err);
    a->out[answer->ask] = (struct text){copy, copy ? answer->text.len : 0};
    ++*a->asked;
    return copy != NULL;
}

bool ask_texts(struct subject *subject, const struct text *ids, const struct text *prompts, size_t n, size_t max_tokens,
               struct arena *arena, struct text *out, uint64_t *asked, struct error *err) {
    struct ask *asks = arena_new(arena, struct ask, n + 1, err);
    struct message *messages = arena_new(arena, struct message, n + 1, err);
    struct asking a = {asks, arena, out, asked};
    if (!asks || !messages) return false;
    for (size_t i = 0; i < n; i++) {
        messages[i] = (struct message){TEXT("user"), prompts[i]};
        asks[i] = (struct ask){.id = ids[i],
                               .kind = ASK_GENERATE,
                               .prompt = prompts[i],
                               .messages = &messages[i],
                               .n_messages = subject->capabilities & SUBJECT_CHATS ? 1 : 0,
                               .samples = 1,
                               .top_p = 1,
                               .max_tokens = max_tokens ? max_tokens : WRITTEN_TOKENS};
        if (!ask_digest(&asks[i], err)) return false;
    }
    return n == 0 || subject_ask(subject, asks, n, take, &a, err);
}
