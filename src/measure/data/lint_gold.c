/* Rules of data lint about gold answers and options, and what constants score. */
#include "measure/data/lint_internal.h"

#include "measure/statistics/statistics.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static uint64_t with_gold(const struct lint_set *set) {
    uint64_t n = 0;
    for (size_t i = 0; i < set->n; i++) n += set->rows[i].has_gold;
    return n;
}

static uint64_t with_options(const struct lint_set *set) {
    uint64_t n = 0;
    for (size_t i = 0; i < set->n; i++) n += set->rows[i].n_options > 0;
    return n;
}

/* Most rows have some: this is a set of choices. */
static bool is_choice(const struct lint_set *set) {
    return set->n > 0 && 2 * with_options(set) > set->n;
}

/* ---- row by row ---- */

bool lint_gold_missing(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        uint64_t n = with_gold(set);
        for (size_t i = 0; i < set->n && 10 * n >= 9 * set->n; i++) {
            const struct lint_row *row = &set->rows[i];
            if (!row->has_gold &&
                !lint_tell(lint, FINDING_ERROR, set, row, err, "no gold answer; %llu of %zu rows have one",
                           (unsigned long long)n, set->n))
                return false;
        }
    }
    return true;
}

bool lint_gold_outside(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        for (size_t i = 0; i < set->n; i++) {
            const struct lint_row *row = &set->rows[i];
            bool outside = row->n_options && row->has_gold && row->gold_index < 0 && (row->gold.len || !set->task);
            if (outside &&
                !lint_tell(lint, FINDING_ERROR, set, row, err, "gold '%.*s' is none of %zu options ('%.*s', ...)",
                           TEXT_ARG(lint_short(row->gold)), row->n_options, TEXT_ARG(lint_short(row->options[0]))))
                return false;
        }
    }
    return true;
}

static bool check_options(struct lint *lint, const struct lint_set *set, const struct lint_row *row,
                          struct error *err) {
    if (row->n_options < 2)
        return !is_choice(set) || lint_tell(lint, FINDING_ERROR, set, row, err,
                                            "%zu options where the other rows have several", row->n_options);
    for (size_t i = 0; i < row->n_options; i++) {
        if (!text_trim(row->options[i]).len)
            return lint_tell(lint, FINDING_ERROR, set, row, err, "option %zu is empty", i + 1);
        for (size_t k = 0; k < i; k++)
            if (text_equal(text_trim(row->options[k]), text_trim(row->options[i])))
                return lint_tell(lint, FINDING_ERROR, set, row, err, "options %zu and %zu are equal: '%.*s'", k + 1,
                                 i + 1, TEXT_ARG(lint_short(row->options[i])));
    }
    return true;
}

bool lint_options(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++)
            if (!check_options(lint, &lint->sets[s], &lint->sets[s].rows[i], err)) return false;
    return true;
}

/* ---- always the same ---- */

struct places {
    uint64_t n, at[LINT_OPTIONS_MOST];
    size_t most, n_options; /* the place that is most often right; options of most rows */
    double chance;          /* what guessing gives, mean of 1 / options */
};

static struct places count_places(const struct lint_set *set) {
    struct places p = {0};
    for (size_t i = 0; i < set->n; i++) {
        const struct lint_row *row = &set->rows[i];
        if (row->n_options < 2 || row->gold_index < 0 || row->gold_index >= LINT_OPTIONS_MOST) continue;
        p.n++;
        p.at[row->gold_index]++;
        p.chance += 1 / (double)row->n_options;
        if (row->n_options > p.n_options) p.n_options = row->n_options;
    }
    for (size_t k = 0; k < LINT_OPTIONS_MOST; k++)
        if (p.at[k] > p.at[p.most]) p.most = k;
    p.chance = p.n ? p.chance / (double)p.n : NAN;
    return p;
}

/* The chance that one of `options` places is right at least k times of n. */
static double chance_of_most(uint64_t k, uint64_t n, double share, size_t options) {
    return k ? fmin(1, (double)options * (1 - stat_binomial_cdf(k - 1, n, share))) : 1;
}

static bool constant_place(struct lint *lint, const struct lint_set *set, struct error *err) {
    struct places p = count_places(set);
    uint64_t most = p.at[p.most];
    if (p.n < 10) return true;
    if (set->permuted && most < p.n) return true;
    char letter = (char)('A' + (p.most < 26 ? p.most : 25));
    if (most == p.n)
        return lint_tell(lint, set->permuted ? FINDING_WARNING : FINDING_ERROR, set, NULL, err,
                         "the gold is option %c in all %llu rows: always saying %c scores 1%s", letter,
                         (unsigned long long)p.n, letter, set->permuted ? " (the task permutes them)" : "");
    double chance = chance_of_most(most, p.n, p.chance, p.n_options);
    return chance > 1e-6 ||
           lint_tell(lint, FINDING_WARNING, set, NULL, err,
                     "the gold is option %c in %llu of %llu rows (%.4g; chance is %.4g, p = %.2g)", letter,
                     (unsigned long long)most, (unsigned long long)p.n, (double)most / (double)p.n, p.chance, chance);
}

/* The only gold of ten rows or more; NULL: they differ. */
static const struct lint_row *only_gold(const struct lint_set *set, uint64_t *n) {
    uint64_t same = 0;
    const struct lint_row *first = NULL;
    *n = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!set->rows[i].gold.len) continue;
        if (!first) first = &set->rows[i];
        ++*n;
        same += text_equal_nocase(text_trim(set->rows[i].gold), text_trim(first->gold));
    }
    return *n >= 10 && same == *n ? first : NULL;
}

/* Of a task it may be meant: what is scored need not be the gold. */
static bool constant_label(struct lint *lint, const struct lint_set *set, struct error *err) {
    uint64_t n;
    const struct lint_row *first = only_gold(set, &n);
    return !first || lint_tell(lint, set->task ? FINDING_WARNING : FINDING_ERROR, set, NULL, err,
                               "the gold is '%.*s' in all %llu rows: one class only", TEXT_ARG(lint_short(first->gold)),
                               (unsigned long long)n);
}

/* A task that puts its public file right hides what is wrong with it: told where the gold is one only as published. */
static bool constant_published(struct lint *lint, const struct lint_set *set, struct error *err) {
    uint64_t n, other;
    const struct lint_row *first = only_gold(set, &n);
    for (size_t s = 0; first && s < lint->n_sets; s++)
        if (strcmp(lint->sets[s].name, set->name) == 0 && only_gold(&lint->sets[s], &other)) first = NULL;
    return !first || lint_tell(lint, FINDING_WARNING, set, NULL, err,
                               "as published (--compat) the gold is '%.*s' in all %llu rows: always saying it scores 1",
                               TEXT_ARG(lint_short(first->gold)), (unsigned long long)n);
}

bool lint_constant_gold(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++)
        if (!(is_choice(&lint->sets[s]) ? constant_place : constant_label)(lint, &lint->sets[s], err)) return false;
    for (size_t s = 0; s < lint->n_published; s++)
        if (!constant_published(lint, &lint->published[s], err)) return false;
    return true;
}

/* ---- told by its length, or by the prompt ---- */

static size_t longest_option(const struct lint_row *row, size_t *ties) {
    size_t best = 0;
    *ties = 0;
    for (size_t i = 1; i < row->n_options; i++)
        if (row->options[i].len > row->options[best].len) best = i;
    for (size_t i = 0; i < row->n_options; i++) *ties += row->options[i].len == row->options[best].len;
    return best;
}

/* What taking the longest option scores; ties are shared out. */
static double longest_score(const struct lint_set *set, uint64_t *n) {
    double score = 0;
    *n = 0;
    for (size_t i = 0; i < set->n; i++) {
        const struct lint_row *row = &set->rows[i];
        size_t ties;
        if (row->n_options < 2 || row->gold_index < 0 || (size_t)row->gold_index >= row->n_options) continue;
        size_t best = longest_option(row, &ties);
        ++*n;
        if (row->options[row->gold_index].len == row->options[best].len) score += 1 / (double)ties;
    }
    return *n ? score / (double)*n : NAN;
}

bool lint_gold_length(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        uint64_t n;
        double score = longest_score(set, &n), chance = count_places(set).chance;
        if (n < 30) continue;
        uint64_t hits = (uint64_t)llround(score * (double)n);
        double p = hits ? 1 - stat_binomial_cdf(hits - 1, n, chance) : 1;
        if (p < 1e-6 && score > 1.25 * chance &&
            !lint_tell(lint, FINDING_WARNING, set, NULL, err,
                       "taking the longest option scores %.4g where chance is %.4g (%llu rows)", score, chance,
                       (unsigned long long)n))
            return false;
    }
    return true;
}

/* The place behind a word that introduces an answer: "answer:", "correct answer is", "gold =", "solution:". */
static size_t introduced(struct text t, size_t from) {
    static const char *const words[] = {"answer", "gold", "solution", "label"};
    for (size_t i = from; i < t.len; i++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            size_t n = strlen(words[w]), at = i + n;
            if (at >= t.len || (i && isalnum((unsigned char)t.at[i - 1])) ||
                !text_equal_nocase(text_part(t, i, at), text_of(words[w])))
                continue;
            while (at < t.len && t.at[at] == ' ') at++;
            if (at + 2 < t.len && text_equal_nocase(text_part(t, at, at + 2), TEXT("is"))) return at + 2;
            if (at < t.len && (t.at[at] == ':' || t.at[at] == '=')) return at + 1;
        }
    return SIZE_MAX;
}

static bool starts_as_word(struct text t, struct text word) {
    t = text_trim(t);
    return word.len && t.len >= word.len && text_equal_nocase(text_part(t, 0, word.len), word) &&
           (t.len == word.len || !isalnum((unsigned char)t.at[word.len]));
}

/* "Answer: GOLD" in the prompt itself; of choices its letter, too. An introduction at the very end is the place to
 * answer. Examples stand before the item, so of several answers the last one counts. */
static bool says_gold(const struct lint_row *row) {
    char letter = (char)('A' + (row->gold_index >= 0 && row->gold_index < 26 ? row->gold_index : 25));
    struct text by_letter = {&letter, 1}, gold = text_trim(row->gold);
    bool says = false;
    for (size_t at = 0; (at = introduced(row->prompt, at)) != SIZE_MAX;) {
        struct text rest = text_trim(text_part(row->prompt, at, row->prompt.len));
        if (!rest.len) break;
        says = (gold.len && starts_as_word(rest, gold)) ||
               (row->n_options && row->gold_index >= 0 && starts_as_word(rest, by_letter) && rest.len == 1);
    }
    return says;
}

bool lint_leak(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        uint64_t told = 0;
        for (size_t i = 0; i < set->n; i++) told += set->rows[i].has_gold && says_gold(&set->rows[i]);
        for (size_t i = 0; told && i < set->n; i++) {
            const struct lint_row *row = &set->rows[i];
            if (row->has_gold && says_gold(row) &&
                !lint_tell(lint, FINDING_ERROR, set, row, err, "the prompt tells its own gold, '%.*s'",
                           TEXT_ARG(lint_short(row->gold))))
                return false;
        }
    }
    return true;
}

/* ---- what constants score ---- */

static bool holds(struct text t, struct text part) {
    for (size_t i = 0; part.len && i + part.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + part.len), part)) return true;
    return false;
}

/* The only option that stands in the prompt, where there is one; else a guess. */
static double named_score(const struct lint_set *set) {
    double score = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < set->n; i++) {
        const struct lint_row *row = &set->rows[i];
        size_t found = 0, which = 0;
        if (row->n_options < 2 || row->gold_index < 0 || (size_t)row->gold_index >= row->n_options) continue;
        for (size_t k = 0; k < row->n_options; k++)
            if (text_trim(row->options[k]).len > 2 && holds(row->prompt, text_trim(row->options[k])))
                found++, which = k;
        n++;
        score += found == 1 ? which == (size_t)row->gold_index : 1 / (double)row->n_options;
    }
    return n ? score / (double)n : NAN;
}

bool lint_baselines(struct lint *lint, struct error *err) {
    struct lint_result *r = lint->result;
    if (!(r->baselines = arena_new(lint->arena, struct lint_baseline, lint->n_sets + 1, err))) return false;
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        struct places p = count_places(set);
        uint64_t n;
        if (!is_choice(set) || p.n == 0) continue;
        double total = (double)p.n;
        r->baselines[r->n_baselines++] = (struct lint_baseline){.name = set->name,
                                                                .rows = p.n,
                                                                .chance = p.chance,
                                                                .first = (double)p.at[0] / total,
                                                                .constant = (double)p.at[p.most] / total,
                                                                .longest = longest_score(set, &n),
                                                                .named = named_score(set)};
    }
    return true;
}
