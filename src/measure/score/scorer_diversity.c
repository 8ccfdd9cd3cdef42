/* How little a text repeats itself (Welleck et al. 2020; Su et al. 2022): with d different ones among the g runs of n
 * words,
 *     rep_n = 100 (1 - d / (g + 1)),   diversity = product over n = 2, 3, 4 of 1 - rep_n / 100
 * The 1 is in the published form: a text without any repetition stays below 1, and one of fewer than four words has 0
 * whatever it says. `exact` is the product of d / g, over those n of which there are runs. Both fall with length, so
 * that texts are compared at the same one: `words` cuts them. */
#include "measure/score/scorer_internal.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>

enum { FORM, WORDS, SHORTEST = 2, LONGEST = 4 };

static const struct option_def diversity_options[] = {
    {"form", OPTION_CHOICE, "published", 1, 0, "published|exact", "which of both is the score; both are told"},
    {"words", OPTION_INT, "0", 0, 1 << 30, NULL, "only the first so many words; 0: all"},
};

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A number for each word, equal for equal words; on the arena. */
static uint64_t *words_of(struct text t, size_t most, struct arena *arena, size_t *n, struct error *err) {
    uint64_t *words = arena_new(arena, uint64_t, t.len / 2 + 1, err);
    *n = 0;
    for (size_t i = 0; words && i < t.len && (!most || *n < most);) {
        size_t from = i;
        while (i < t.len && !is_blank(t.at[i])) i++;
        if (i > from) words[(*n)++] = hash_xxh3(t.at + from, i - from);
        while (i < t.len && is_blank(t.at[i])) i++;
    }
    return words;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Different runs of `length` words among the `runs`; room: [runs]. */
static size_t different(const uint64_t *words, size_t runs, size_t length, uint64_t *room) {
    size_t n = runs > 0;
    for (size_t i = 0; i < runs; i++) room[i] = hash_xxh3(words + i, length * sizeof *words);
    qsort(room, runs, sizeof *room, by_number);
    for (size_t i = 1; i < runs; i++) n += room[i] != room[i - 1];
    return n;
}

static bool score_diversity(const struct task *task, const struct option_value *options, const struct item *item,
                            const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t = answer->text;
    double published = 1, exact = 1;
    bool any = false;
    if (text_trim(t).len && !score_read(task, item, t, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    size_t n;
    uint64_t *words = words_of(t, (size_t)options[WORDS].integer, arena, &n, err);
    uint64_t *room = words ? arena_new(arena, uint64_t, n + 1, err) : NULL;
    if (!room) return false;
    for (size_t length = SHORTEST; length <= LONGEST; length++) {
        char name[16];
        size_t runs = n >= length ? n - length + 1 : 0, d = different(words, runs, length, room);
        double rep = 100 * (1 - (double)d / ((double)runs + 1));
        snprintf(name, sizeof name, "rep_%zu", length);
        if (!score_part(out, name, rep, err)) return false;
        published *= 1 - rep / 100; /* as published, so that the last bits are, too */
        if (runs) exact *= (double)d / (double)runs, any = true;
    }
    if (!any) exact = NAN; /* one word repeats nothing and varies nothing */
    out->value = text_equal_c(options[FORM].text, "exact") ? exact : published;
    return score_part(out, "diversity", published, err) && score_part(out, "exact", exact, err) &&
           score_part(out, "words", (double)n, err);
}

const struct scorer scorer_diversity = {
    .name = "diversity",
    .version = "1",
    .summary = "how little the answer repeats its runs of 2 to 4 words: rep_2, rep_3, rep_4, diversity, exact",
    .options = diversity_options,
    .n_options = sizeof diversity_options / sizeof *diversity_options,
    .exact = true,
    .score = score_diversity,
};
