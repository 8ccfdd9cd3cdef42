/* A grammar (GBNF) and a text; a zero byte parts them. What parses is followed: the text byte
 * by byte, and again after all was forgotten; the same places accept and refuse. A random walk of allowed bytes is
 * never refused by grammar_match. */
#include "lm/grammar/grammar_walk.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 4 << 20, WALK_LENGTH = 200 };

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

/* A refusal says why; only what is too deep, too large or too ambiguous is refused, and memory never runs out. */
static void check_failure(const struct error *err) {
    if (err->kind != ERROR_DATA || !err->message[0]) abort();
}

/* Bytes read before the text is refused, or SIZE_MAX where it cannot be followed. */
static size_t follow(struct grammar_walk *w, struct text t, bool *accepts) {
    struct error err = {0};
    int32_t place = grammar_walk_start(w, &err);
    size_t i = 0;
    for (; place >= 0 && i < t.len; i++) place = grammar_walk_step(w, place, (uint8_t)t.at[i], &err);
    if (place == WALK_BROKEN) check_failure(&err);
    *accepts = place >= 0 && w->places[place].accepts;
    return place == WALK_BROKEN || place == WALK_FULL ? SIZE_MAX : place >= 0 ? t.len + 1 : i;
}

/* Bytes that may come, chosen by the text. */
static size_t make_text(struct grammar_walk *w, struct text choices, char *out) {
    struct error err = {0};
    int32_t place = grammar_walk_start(w, &err);
    size_t n = 0;
    while (place >= 0 && n < WALK_LENGTH && n < choices.len) {
        int32_t next = WALK_DEAD;
        unsigned byte = (unsigned char)choices.at[n];
        for (unsigned i = 0; i < 256 && next < 0; i++) {
            next = grammar_walk_step(w, place, (uint8_t)(byte + i), &err);
            if (next == WALK_BROKEN || next == WALK_FULL) return n;
            if (next >= 0) out[n] = (char)(byte + i);
        }
        if (next < 0) return n;
        place = next;
        n++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct text source = {(const char *)at, n}, t = {"", 0};
    const char *zero = n ? memchr(at, 0, n) : NULL;
    if (zero) {
        source.len = (size_t)(zero - source.at);
        t = (struct text){zero + 1, n - source.len - 1};
    }
    struct grammar *g = grammar_from_gbnf(source, "fuzz", &err);
    if (!g) return check_failure(&err), 0;
    struct grammar_walk w;
    bool accepts, again;
    if (!grammar_walk_init(&w, g, MOST_BYTES, &err)) abort();
    size_t first = follow(&w, t, &accepts);
    grammar_walk_reset(&w);
    if (follow(&w, t, &again) != first || again != accepts) abort();
    char made[WALK_LENGTH];
    size_t m = make_text(&w, t, made);
    enum grammar_verdict verdict;
    if (grammar_match(g, (struct text){made, m}, &verdict, NULL, &err) && verdict == GRAMMAR_REFUSED &&
        first != SIZE_MAX && m)
        abort();
    grammar_walk_done(&w);
    grammar_free(g);
    return 0;
}
