/* Whether an answer is like an accepted one: overlap of words, or of characters. */
#include "measure/rules/match.h"
#include "measure/score/scorer_internal.h"

#include <math.h>

static const struct option_def similarity_options[] = {
    {"by", OPTION_CHOICE, "characters", 1, 0, "characters|words",
     "characters: F2 of runs of 1 to 6 (chrF); words: F1 of SQuAD"},
    {"least", OPTION_REAL, "0.5", 0, 1, NULL, "from which similarity on it counts as yes"},
};

enum { RUNS_MOST = 6, TEXT_MOST = 1000 };

/* How often the run of n bytes at `at` stands in t before place `end`. */
static size_t times(struct text t, const char *at, size_t n, size_t end) {
    size_t k = 0;
    for (size_t i = 0; i + n <= t.len && i < end; i++)
        k += text_equal((struct text){t.at + i, n}, (struct text){at, n});
    return k;
}

/* Runs of n characters that both have, each as often as in the text that has it less often. */
static size_t common(struct text a, struct text b, size_t n) {
    size_t k = 0;
    for (size_t i = 0; i + n <= a.len; i++) k += times(a, a.at + i, n, i) < times(b, a.at + i, n, b.len);
    return k;
}

/* White space does not count, nor what stands behind the first 1,000 bytes. */
static bool squeeze(struct text t, struct arena *arena, struct text *out, struct error *err) {
    char *kept = arena_new(arena, char, t.len + 1, err);
    size_t n = 0;
    if (!kept) return false;
    for (size_t i = 0; i < t.len && n < TEXT_MOST; i++)
        if (t.at[i] != ' ' && t.at[i] != '\n' && t.at[i] != '\t' && t.at[i] != '\r') kept[n++] = t.at[i];
    *out = (struct text){kept, n};
    return true;
}

/* chrF: Popovic, Tenth Workshop on Statistical Machine Translation, 2015, 392-395; beta 2, runs of bytes. */
static bool character_f(struct text answer, struct text gold, struct arena *arena, double *out, struct error *err) {
    struct text a, g;
    double precision = 0, recall = 0, orders = 0;
    if (!squeeze(answer, arena, &a, err) || !squeeze(gold, arena, &g, err)) return false;
    for (size_t n = 1; n <= RUNS_MOST && n <= a.len && n <= g.len; n++) {
        double both = (double)common(a, g, n);
        precision += both / (double)(a.len - n + 1);
        recall += both / (double)(g.len - n + 1);
        orders++;
    }
    if (orders) precision /= orders, recall /= orders;
    *out = precision + recall > 0 ? 5 * precision * recall / (4 * precision + recall) : 0;
    return true;
}

static bool score_similarity(const struct task *task, const struct option_value *options, const struct item *item,
                             const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t;
    double best = NAN;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    for (size_t i = 0; i < item->n_gold_texts; i++) {
        double like;
        bool ok = text_equal_c(options[0].text, "words") ? match_token_f1(t, item->gold_texts[i], arena, &like, err)
                                                         : character_f(t, item->gold_texts[i], arena, &like, err);
        if (!ok) return false;
        best = isnan(best) ? like : fmax(best, like);
    }
    if (isnan(best)) return true; /* nothing to be like */
    out->value = best >= options[1].real;
    out->label = out->value == 1 ? TEXT("similar") : TEXT("different");
    return score_part(out, "said", out->value, err) && score_part(out, "token_f1", best, err);
}

const struct scorer scorer_similarity = {
    .name = "similarity",
    .version = "1",
    .summary = "the answer is like an accepted one, by characters (chrF) or words: said; token_f1 is how like",
    .metrics = "[judged_rate, token_f1]",
    .detects = "said",
    .options = similarity_options,
    .n_options = 2,
    .score = score_similarity,
};
