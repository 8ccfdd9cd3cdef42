/* One answer in the making: see generate_sequence.h. */
#include "lm/engine/generate_sequence.h"

#include <string.h>

enum { TEXT_MOST = 1 << 28 };

void sequence_init(struct sequence *s, const struct lm_generate_ask *ask, size_t index) {
    *s = (struct sequence){
        .ask = ask, .index = index, .end_token = -1, .chain = {.processors = ask->processors, .n = ask->n_processors}};
    buffer_init(&s->text, TEXT_MOST);
    for (size_t i = 0; i < ask->n_stops; i++)
        if (ask->stops[i].len > s->longest_stop) s->longest_stop = ask->stops[i].len;
}

void sequence_done(struct sequence *s) {
    memory_free(s->ids);
    memory_free(s->logprobs);
    memory_free(s->top);
    logits_chain_end(&s->chain);
    buffer_done(&s->text);
    *s = (struct sequence){0};
}

size_t sequence_limit(const struct lm_generate_ask *ask, size_t context) {
    return ask->max_tokens < context - ask->n_prompt ? ask->n_prompt + ask->max_tokens : context;
}

bool sequence_reserve(struct sequence *s, struct error *err) {
    if (s->n < s->capacity) return true;
    size_t capacity = s->capacity ? s->capacity * 2 : 32, top = s->ask->top;
    int32_t *ids = memory_grow(s->ids, capacity, sizeof *ids);
    if (ids) s->ids = ids;
    float *logprobs = ids ? memory_grow(s->logprobs, capacity, sizeof *logprobs) : NULL;
    if (logprobs) s->logprobs = logprobs;
    struct lm_top *tops = logprobs && top ? memory_grow(s->top, capacity, top * sizeof *tops) : NULL;
    if (tops) s->top = tops;
    if (!logprobs || (top && !tops)) return error_memory(err, "an answer's tokens");
    s->capacity = capacity;
    return true;
}

struct lm_top *sequence_top(const struct sequence *s) {
    return s->top ? s->top + s->n * s->ask->top : NULL;
}

/* Where the first stop text begins, SIZE_MAX if there is none. Only the end of the text is new: bytes from `known`. */
static size_t find_stop(const struct sequence *s, size_t known) {
    size_t first = SIZE_MAX, from = known >= s->longest_stop ? known - s->longest_stop + 1 : 0;
    if (!s->longest_stop) return first;
    for (size_t i = 0; i < s->ask->n_stops; i++) {
        if (!s->ask->stops[i].len) continue;
        size_t at = text_find(buffer_text(&s->text), s->ask->stops[i], from);
        if (at < first) first = at;
    }
    return first;
}

static bool end(struct sequence *s, enum lm_finish finish) {
    s->ended = true;
    s->finish = finish;
    return true;
}

bool sequence_put(struct sequence *s, const struct lm_model *model, int32_t token, float logprob, struct error *err) {
    if (model->tokenizer && tokenizer_ends(model->tokenizer, token)) {
        s->end_token = token;
        s->end_logprob = logprob;
        return end(s, LM_FINISH_STOP);
    }
    if (!sequence_reserve(s, err)) return false;
    const struct lm_generate_ask *ask = s->ask;
    const struct lm_top *top = sequence_top(s);
    size_t known = s->text.len;
    s->ids[s->n] = token;
    s->logprobs[s->n++] = logprob;
    if (model->tokenizer) {
        tokenizer_piece(model->tokenizer, token, ask->special, &s->text);
        if (!buffer_check(&s->text, "an answer's text", err)) return false;
    }
    size_t stop = find_stop(s, known);
    if (stop != SIZE_MAX) {
        s->text.len = stop;
        return end(s, LM_FINISH_STOP);
    }
    if (ask->token && !ask->token(ask->token_context, token, logprob, top, buffer_text(&s->text)))
        return end(s, LM_FINISH_STOP);
    if (ask->n_prompt + s->n >= sequence_limit(ask, model->shape.context)) return end(s, LM_FINISH_LENGTH);
    return true;
}

/* Length without the character that the end of the answer cut in two. */
static size_t whole_characters(const char *at, size_t n) {
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)at[n - back];
        if ((c & 0xc0) == 0x80) continue; /* a later byte of a character */
        size_t length = c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return c >= 0xf8 || length <= back ? n : n - back;
    }
    return n;
}

bool sequence_result(struct sequence *s, struct lm_generate_result *result, struct arena *arena, struct error *err) {
    size_t bytes = s->text.len ? whole_characters(s->text.at, s->text.len) : 0, n_top = s->n * s->ask->top;
    int32_t *ids = arena_new(arena, int32_t, s->n, err);
    float *logprobs = ids ? arena_new(arena, float, s->n, err) : NULL;
    struct lm_top *top = logprobs && s->ask->top ? arena_new(arena, struct lm_top, n_top, err) : NULL;
    char *text = logprobs ? arena_copy(arena, s->text.at, bytes, err) : NULL;
    if (!text || (s->ask->top && !top)) return false;
    if (n_top) memcpy(top, s->top, n_top * sizeof *top);
    if (s->n) {
        memcpy(ids, s->ids, s->n * sizeof *ids);
        memcpy(logprobs, s->logprobs, s->n * sizeof *logprobs);
    }
    *result = (struct lm_generate_result){.ids = ids,
                                          .logprobs = logprobs,
                                          .top = top,
                                          .n = s->n,
                                          .text = {text, bytes},
                                          .finish = s->finish,
                                          .end = s->end_token,
                                          .end_logprob = s->end_logprob,
                                          .error = s->error};
    return true;
}
