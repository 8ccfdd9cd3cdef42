/* Speed of looking for quotes: see bench_quote.h. */
#include "quote/bench_quote.h"

#include "base/buffer.h"
#include "base/rng.h"
#include "quote/quote_score.h"

#include <math.h>
#include <string.h>

enum {
    WORDS = 20000,
    CORPUS = 8 << 20,
    WIDTH = 25,
    CAPACITY = 4 << 20,
    ANSWER = 1000,
    ANSWERS = 200,
    SMALL = 20000,
    DOCUMENTS = 4096
};

/* ---- made-up text ---- */

/* Word i of a language that begins with `lead`; letters from its number. */
static size_t put_word(char *out, char lead, uint64_t i) {
    size_t n = 0;
    out[n++] = lead;
    for (i++; i > 0; i /= 13) out[n++] = (char)('b' + i % 13);
    return n;
}

/* Ranks fall off as 1 / rank does. */
static void draw_text(struct buffer *out, size_t size, uint64_t stream, char lead) {
    struct rng rng = rng_stream(3, "bench/quote", stream);
    while (out->len < size) {
        char word[32];
        double u = rng_unit(&rng);
        size_t n = put_word(word, lead, (uint64_t)(exp(u * log((double)WORDS)) - 1));
        word[n++] = ' ';
        buffer_put(out, word, n);
    }
}

/* ---- filters ---- */

struct windows {
    const struct quote_bloom *bloom;
    struct quote_text text;
    bool *yes;
};

static bool look(void *context, struct error *err) {
    struct windows *w = context;
    quote_bloom_have(w->bloom, w->text.text.at, w->text.at, w->text.at + WIDTH, w->text.n - WIDTH + 1, w->yes);
    return true;
}

static bool time_windows(struct bench *b, const struct quote_bloom *bloom, const struct quote_bloom *small,
                         struct text text, const char *name, struct arena *arena, struct error *err) {
    struct windows w = {.bloom = bloom};
    struct bench_times times, best;
    if (!quote_text_normalise(text, arena, &w.text, err) || !(w.yes = arena_new(arena, bool, w.text.n, err)))
        return false;
    if (!bench_times(b, look, &w, &times, err)) return false;
    w.bloom = small;
    if (!bench_times(b, look, &w, &best, err)) return false;
    double n = (double)(w.text.n - WIDTH + 1) / 1e6;
    b->report(b->context,
              &(struct bench_row){"quote", name, n / times.wall, "M/s", (double)NAN, n / best.wall, n / times.cpu});
    return true;
}

static struct quote_bloom *fill(struct text corpus, size_t capacity, struct arena *arena, struct error *err) {
    struct quote_bloom_shape shape;
    struct quote_text t;
    struct quote_bloom *bloom = NULL;
    if (!quote_bloom_shape_of(capacity, 1e-3, &shape, err) || !quote_text_normalise(corpus, arena, &t, err) ||
        !(bloom = quote_bloom_new(&shape, err)))
        return NULL;
    for (size_t i = 0; i + WIDTH <= t.n && i < capacity; i++)
        quote_bloom_add(bloom, t.text.at + t.at[i], t.at[i + WIDTH] - t.at[i]);
    return bloom;
}

static bool bench_filter(struct bench *b, struct text corpus, struct text other, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    struct text some = text_part(corpus, 0, 1 << 20);
    struct quote_bloom *bloom = fill(corpus, CAPACITY, &arena, err),
                       *small = bloom ? fill(corpus, SMALL, &arena, err) : NULL;
    bool ok = small && time_windows(b, bloom, small, some, "filter, windows it has", &arena, err) &&
              time_windows(b, bloom, small, other, "filter, windows it has not", &arena, err);
    quote_bloom_free(bloom), quote_bloom_free(small);
    arena_done(&arena);
    return ok;
}

/* ---- exact ---- */

struct making {
    const struct text *documents;
    struct quote_index *index;
};

static bool make(void *context, struct error *err) {
    struct making *m = context;
    quote_index_close(m->index);
    return (m->index = quote_index_of_texts(m->documents, DOCUMENTS, WIDTH, err));
}

struct answers {
    const struct quote_index *index;
    struct text corpus, other;
    size_t copied; /* characters of each answer that are copied */
    bool details;
    struct arena arena;
};

/* Pieces of 100 characters, of which the first `copied` / 100 are copied. */
static bool score_answers(void *context, struct error *err) {
    struct answers *a = context;
    const struct quote_score_settings settings = {.details = a->details};
    for (size_t i = 0; i < ANSWERS; i++) {
        char answer[ANSWER];
        struct quote_score s;
        for (size_t at = 0; at < ANSWER; at += 100) {
            struct text from = at < a->copied ? a->corpus : a->other;
            memcpy(answer + at, from.at + (i * 7919 + at * 104729) % (from.len - 100), 100);
        }
        arena_reset(&a->arena);
        if (!quote_score(a->index, (struct text){answer, ANSWER}, &settings, &a->arena, &s, err)) return false;
    }
    return true;
}

static bool time_answers(struct bench *b, struct answers *a, const char *name, struct error *err) {
    struct bench_times t;
    if (!bench_times(b, score_answers, a, &t, err)) return false;
    double us = 1e6 / ANSWERS;
    b->report(b->context, &(struct bench_row){"quote", name, t.wall * us, "us", (double)NAN, (double)NAN, t.cpu * us});
    return true;
}

static bool bench_exact(struct bench *b, struct text corpus, struct text other, struct error *err) {
    struct text documents[DOCUMENTS];
    for (size_t d = 0; d < DOCUMENTS; d++)
        documents[d] = text_part(corpus, corpus.len / DOCUMENTS * d, corpus.len / DOCUMENTS * (d + 1));
    struct making m = {documents, NULL};
    struct bench_times t;
    bool ok = bench_times(b, make, &m, &t, err);
    if (ok) {
        double mb = (double)corpus.len / 1e6;
        b->report(b->context, &(struct bench_row){"quote", "exact index, made in memory", mb / t.wall, "MB/s",
                                                  (double)NAN, (double)NAN, mb / t.cpu});
        struct answers a = {.index = m.index, .corpus = corpus, .other = other};
        arena_init(&a.arena, 1 << 28);
        a.copied = ANSWER;
        ok = time_answers(b, &a, "answer of 1,000, copied", err);
        a.copied = ANSWER / 2;
        ok = ok && time_answers(b, &a, "half of it copied", err);
        a.details = true;
        ok = ok && time_answers(b, &a, "the same with sources", err);
        a.copied = 0, a.details = false;
        ok = ok && time_answers(b, &a, "nothing copied", err);
        arena_done(&a.arena);
    }
    quote_index_close(m.index);
    return ok;
}

bool bench_quote(struct bench *b, struct error *err) {
    struct buffer corpus, other;
    buffer_init(&corpus, CORPUS + 64);
    buffer_init(&other, (1 << 20) + 64);
    draw_text(&corpus, CORPUS, 0, 'a');
    draw_text(&other, 1 << 20, 1, 'z');
    bool ok = buffer_check(&corpus, "text", err) && buffer_check(&other, "text", err) &&
              bench_filter(b, buffer_text(&corpus), buffer_text(&other), err) &&
              bench_exact(b, buffer_text(&corpus), buffer_text(&other), err);
    buffer_done(&corpus), buffer_done(&other);
    return ok;
}
