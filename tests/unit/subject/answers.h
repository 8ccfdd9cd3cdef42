/* Answers of a subject, collected in the order of asks and samples, for tests. */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

#include "check.h"

#include "subject/subject.h"

#include <stdlib.h>

enum { ANSWERS_MAX = 256 };

struct answers {
    struct arena arena;
    struct answer all[ANSWERS_MAX]; /* copies */
    size_t n;
    size_t refuse_at; /* the sink says no at this answer, from 1; 0: never */
};

static inline bool answers_take(void *context, const struct answer *a, struct error *err) {
    struct answers *to = context;
    assert_true(to->n < ANSWERS_MAX);
    if (to->refuse_at && to->n + 1 == to->refuse_at) return error_set(err, ERROR_ENVIRONMENT, "the sink is full");
    struct answer *copy = &to->all[to->n];
    size_t n_logprobs = a->logprobs ? a->tokens_out : 0;
    char *text = arena_copy(&to->arena, a->text.at ? a->text.at : "", a->text.len, err);
    void *choices = arena_copy(&to->arena, (const char *)a->choices, a->n_choices * sizeof *a->choices, err);
    void *logprobs = arena_copy(&to->arena, (const char *)a->logprobs, n_logprobs * sizeof *a->logprobs, err);
    if (!text || !choices || !logprobs) return false;
    *copy = *a;
    copy->text.at = text;
    if (a->choices) copy->choices = choices;
    if (a->logprobs) copy->logprobs = logprobs;
    to->n++;
    return true;
}

static inline int answers_order(const void *a, const void *b) {
    const struct answer *x = a, *y = b;
    if (x->ask != y->ask) return x->ask < y->ask ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static inline void answers_init(struct answers *a) {
    *a = (struct answers){0};
    arena_init(&a->arena, 0);
}

static inline void answers_done(struct answers *a) {
    arena_done(&a->arena);
}

/* Asks, and checks that every ask got each of its samples once. */
static inline void answers_ask(struct answers *a, struct subject *subject, const struct ask *asks, size_t n) {
    struct error err = {0};
    size_t at = 0;
    arena_reset(&a->arena);
    a->n = 0;
    check_ok(subject_ask(subject, asks, n, answers_take, a, &err));
    qsort(a->all, a->n, sizeof *a->all, answers_order);
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < (asks[i].kind == ASK_SCORE || !asks[i].samples ? 1 : asks[i].samples); s++, at++) {
            assert_true(at < a->n);
            assert_int_equal(a->all[at].ask, i);
            assert_int_equal(a->all[at].sample, s);
        }
    assert_int_equal(at, a->n);
}

/* Everything but times, as text, for comparison byte by byte. */
static inline void answers_put(const struct answers *a, struct buffer *out) {
    for (size_t i = 0; i < a->n; i++) {
        const struct answer *x = &a->all[i];
        buffer_printf(out, "%zu/%zu %d %zu %zu %d[%s] '%.*s'", x->ask, x->sample, (int)x->finish, x->tokens_in,
                      x->tokens_out, (int)x->error.kind, x->error.message, TEXT_ARG(x->text));
        for (size_t c = 0; c < x->n_choices; c++)
            buffer_printf(out, " %a:%zu:%zu:%d", x->choices[c].logprob, x->choices[c].tokens, x->choices[c].bytes,
                          x->choices[c].greedy);
        for (size_t t = 0; x->logprobs && t < x->tokens_out; t++) buffer_printf(out, " %a", (double)x->logprobs[t]);
        buffer_put_char(out, '\n');
    }
}

static inline bool text_is(struct text t, const char *expected) {
    return text_equal_c(t, expected);
}

#endif
