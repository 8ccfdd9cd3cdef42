/* Lists against lists, whatever their order: the best one-to-one matching of what was said with what is accepted, by
 * the likeness of each two. Parts: list_similarity (the mean over the longer list, so that what is missing or too much
 * counts 0), list_precision and list_recall (of pairs that are like enough). */
#include "measure/rules/match.h"
#include "measure/score/scorer_internal.h"
#include "measure/statistics/assign.h"

#include <math.h>
#include <string.h>

static const struct option_def list_options[] = {
    {"by", OPTION_CHOICE, "words", 1, 0, "words|signs|whole",
     "likeness of two: words: F1 of SQuAD; signs: F1 of what blanks part, for formulas; whole: equal or not"},
    {"least", OPTION_REAL, "0.5", 0, 1, NULL, "from which likeness on two are a pair"},
};

enum { PARTS_MOST = 64 };
struct parts {
    struct text at[PARTS_MOST];
    size_t n;
};

/* Parts stand between line breaks or semicolons; marks of lists in front of them ("- ", "2. ") do not count. */
static void cut(struct text t, struct parts *out) {
    for (size_t i = 0, from = 0; i <= t.len; i++) {
        if (i < t.len && t.at[i] != '\n' && t.at[i] != ';') continue;
        struct text part = text_trim(text_part(t, from, i));
        from = i + 1;
        size_t mark = 0;
        while (mark < part.len && part.at[mark] >= '0' && part.at[mark] <= '9') mark++;
        bool numbered = mark > 0 && mark + 1 < part.len && part.at[mark] == '.' && part.at[mark + 1] == ' ';
        if (numbered || text_starts(part, TEXT("- ")) || text_starts(part, TEXT("* ")))
            part = text_trim(text_part(part, numbered ? mark + 2 : 2, part.len));
        if (part.len && out->n < PARTS_MOST) out->at[out->n++] = part;
    }
}

static size_t signs(struct text t, struct text *out, size_t most) {
    size_t n = 0;
    struct text rest = t, one;
    while (rest.len && text_next(&rest, ' ', &one))
        if (one.len && n < most) out[n++] = one;
    return n;
}

/* Each sign counts as often as both have it. */
static double signs_f1(struct text a, struct text b) {
    enum { MOST = 64 };
    struct text x[MOST], y[MOST];
    bool taken[MOST] = {false};
    size_t n = signs(a, x, MOST), m = signs(b, y, MOST), both = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++)
            if (!taken[k] && text_equal(x[i], y[k])) {
                taken[k] = true, both++;
                break;
            }
    return n + m ? 2 * (double)both / (double)(n + m) : 0;
}

static bool likeness(const char *by, struct text a, struct text b, struct arena *arena, double *out,
                     struct error *err) {
    if (strcmp(by, "words") == 0) return match_token_f1(a, b, arena, out, err);
    *out = strcmp(by, "signs") == 0 ? signs_f1(a, b) : text_equal(a, b);
    return true;
}

static bool put_parts(struct score *out, double like, double precision, double recall, struct error *err) {
    out->value = like;
    out->label = recall == 1 && precision == 1 ? TEXT("all") : recall > 0 ? TEXT("some") : TEXT("none");
    return score_part(out, "list_similarity", like, err) && score_part(out, "list_precision", precision, err) &&
           score_part(out, "list_recall", recall, err);
}

static bool score_lists(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t;
    struct parts said = {.n = 0}, gold = {.n = 0};
    size_t column_of[PARTS_MOST], pairs = 0;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    cut(t, &said);
    for (size_t i = 0; i < item->n_gold_texts; i++) cut(item->gold_texts[i], &gold);
    if (gold.n == 0) return true; /* nothing to be like */
    if (said.n == 0) return put_parts(out, 0, 0, 0, err);
    double *gain = arena_new(arena, double, gold.n *said.n, err);
    for (size_t i = 0; gain && i < gold.n; i++)
        for (size_t k = 0; k < said.n; k++)
            if (!likeness(options[0].text.at, gold.at[i], said.at[k], arena, &gain[i * said.n + k], err)) return false;
    double sum = gain ? assign_best(gain, gold.n, said.n, column_of) : NAN;
    if (isnan(sum)) return error_memory(err, "lists");
    for (size_t i = 0; i < gold.n; i++)
        pairs += column_of[i] != SIZE_MAX && gain[i * said.n + column_of[i]] >= options[1].real;
    double longer = (double)(gold.n > said.n ? gold.n : said.n);
    return put_parts(out, sum / longer, (double)pairs / (double)said.n, (double)pairs / (double)gold.n, err);
}

const struct scorer scorer_lists = {
    .name = "match-lists",
    .version = "1",
    .summary = "lists by their best one-to-one matching: list_similarity, list_precision, list_recall",
    .metrics = "[list_similarity, list_precision, list_recall]",
    .options = list_options,
    .n_options = 2,
    .score = score_lists,
};
