/* One choice of several: by log-probability of the continuations, or read from a generated answer. Equal best choices
 * share the credit. acc: sum of log-probabilities; acc_norm: per byte of the choice (both as lm-eval). With a mask of
 * true answers: mc1 = the best is true, mc2 = probability of all true answers together (TruthfulQA,
 * Lin et al. 2022). */
#include "measure/score/scorer_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- naming a choice in a text */

static bool word_byte(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool only_word(struct text t, size_t at, size_t n) {
    return (at == 0 || !word_byte(t.at[at - 1])) && (at + n == t.len || !word_byte(t.at[at + n]));
}

static size_t letter_index(const struct item *item, char c) {
    size_t index = c >= 'A' && c <= 'Z' ? (size_t)(c - 'A') : c >= 'a' && c <= 'z' ? (size_t)(c - 'a') : SIZE_MAX;
    return index < item->n_choices ? index : SIZE_MAX;
}

static size_t find_nocase(struct text t, struct text part, size_t from) {
    for (size_t i = from; part.len && i + part.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + part.len), part)) return i;
    return SIZE_MAX;
}

/* A letter that stands for the answer: alone, in brackets, or after "answer is". */
static size_t named_by_letter(const struct item *item, struct text t) {
    static const struct text cues[] = {TEXT("answer is"), TEXT("answer:"), TEXT("option"), TEXT("choice")};
    size_t at = 0;
    while (at < t.len && (t.at[at] == '(' || t.at[at] == '[' || t.at[at] == '"' || t.at[at] == '*')) at++;
    if (at < t.len && isupper((unsigned char)t.at[at]) && only_word(t, at, 1)) {
        /* "A dog" is an article, "A." or "A)" or "A" alone is an answer. */
        char after = at + 1 < t.len ? t.at[at + 1] : 0;
        if (after != ' ' || t.len - at < 3 || t.at[at] != 'A') return letter_index(item, t.at[at]);
    }
    if (t.len == 1) return letter_index(item, t.at[0]);
    for (size_t c = 0; c < sizeof cues / sizeof *cues; c++) {
        size_t cue = find_nocase(t, cues[c], 0);
        if (cue == SIZE_MAX) continue;
        size_t i = cue + cues[c].len;
        while (i < t.len && strchr(" :(*[\"'", t.at[i])) i++;
        if (i < t.len && isupper((unsigned char)t.at[i]) && only_word(t, i, 1)) return letter_index(item, t.at[i]);
    }
    for (size_t i = 0; i + 2 < t.len; i++)
        if (t.at[i] == '(' && t.at[i + 2] == ')' && isupper((unsigned char)t.at[i + 1]))
            return letter_index(item, t.at[i + 1]);
    return SIZE_MAX;
}

static struct text strip_marks(struct text t) {
    t = text_trim(t);
    while (t.len && strchr(".,;:!?\"'()[]*", t.at[t.len - 1])) t.len--;
    while (t.len && strchr("\"'([*", t.at[0])) t = text_part(t, 1, t.len);
    return text_trim(t);
}

/* The only choice that the text is, begins with, or holds as words. */
static size_t named_by_text(const struct item *item, struct text t) {
    struct text bare = strip_marks(t);
    for (size_t i = 0; i < item->n_choices; i++)
        if (text_equal_nocase(strip_marks(item->choices[i]), bare) && bare.len) return i;
    for (int whole = 0; whole < 2; whole++) {
        size_t found = SIZE_MAX, longest = 0;
        bool several = false;
        for (size_t i = 0; i < item->n_choices; i++) {
            struct text c = strip_marks(item->choices[i]);
            size_t at = find_nocase(bare, c, 0);
            while (at != SIZE_MAX && !only_word(bare, at, c.len)) at = find_nocase(bare, c, at + 1);
            if (at == SIZE_MAX || (whole == 0 && at != 0)) continue;
            if (found != SIZE_MAX && c.len == longest) several = true;
            if (c.len > longest) {
                /* A longer choice that holds the shorter one is meant; two apart are two. */
                several = found != SIZE_MAX && find_nocase(c, strip_marks(item->choices[found]), 0) == SIZE_MAX;
                found = i;
                longest = c.len;
            } else if (found != SIZE_MAX && found != i &&
                       find_nocase(strip_marks(item->choices[found]), c, 0) == SIZE_MAX) {
                several = true;
            }
        }
        if (found != SIZE_MAX) return several ? SIZE_MAX : found;
    }
    return SIZE_MAX;
}

size_t choice_named(const struct item *item, struct text answer) {
    struct text t = text_trim(answer);
    if (t.len == 0 || item->n_choices == 0) return SIZE_MAX;
    size_t exact = SIZE_MAX;
    for (size_t i = 0; i < item->n_choices && exact == SIZE_MAX; i++)
        if (text_equal_nocase(strip_marks(item->choices[i]), strip_marks(t))) exact = i;
    if (exact != SIZE_MAX) return exact;
    size_t letter = named_by_letter(item, t);
    return letter != SIZE_MAX ? letter : named_by_text(item, t);
}

/* ---- values */

static bool values_of_scores(const struct item *item, const struct answer *answer, struct choice_values *v) {
    bool known = false;
    for (size_t i = 0; i < item->n_choices; i++) {
        const struct choice_score *c = &answer->choices[i];
        size_t bytes = item->choices[i].len ? item->choices[i].len : 1;
        v->sum[i] = c->logprob;
        v->per_byte[i] = c->logprob / (double)bytes;
        known |= !isnan(c->logprob);
    }
    return known;
}

bool choice_values(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                   struct choice_values *v, struct error *err) {
    size_t n = item->n_choices;
    v->parsed = PARSED_OK;
    v->sum = arena_new(arena, double, n + 1, err);
    v->per_byte = arena_new(arena, double, n + 1, err);
    if (!v->sum || !v->per_byte) return false;
    if (answer->n_choices == n && n > 0) {
        if (!values_of_scores(item, answer, v)) v->parsed = PARSED_FAIL;
        return true;
    }
    struct text t;
    if (!score_read(task, item, answer->text, arena, &t, &v->parsed, err)) return false;
    size_t named = v->parsed == PARSED_FAIL ? SIZE_MAX : choice_named(item, t);
    if (named == SIZE_MAX) v->parsed = PARSED_FAIL;
    for (size_t i = 0; i < n; i++) v->sum[i] = v->per_byte[i] = i == named ? 0 : CHOICE_NOT_TAKEN;
    return true;
}

/* ---- the scorer */

static double softmax_share(const double *logprob, const json_t *mask, size_t n, double best) {
    double all = 0, some = 0;
    for (size_t i = 0; i < n; i++) {
        double p = isnan(logprob[i]) ? 0 : exp(logprob[i] - best);
        all += p;
        if (mask ? json_integer_value(json_array_get(mask, i)) != 0 : logprob[i] == best) some += p;
    }
    return some / all;
}

static bool put_mc(const struct item *item, const struct choice_values *v, const struct best_choice *best,
                   struct score *out, struct error *err) {
    const json_t *mask = json_object_get(item->gold, "mask");
    if (!mask) return true;
    double true_among_best = 0;
    for (size_t i = 0; i < item->n_choices; i++)
        if (v->sum[i] == best->value && json_integer_value(json_array_get(mask, i))) true_among_best++;
    return score_part(out, "mc1", true_among_best / (double)best->ties, err) &&
           score_part(out, "mc2", softmax_share(v->sum, mask, item->n_choices, best->value), err);
}

/* Which choice it is, and where it stood among those asked. */
static bool put_picked(const struct item *item, size_t asked, struct score *out, struct error *err) {
    return score_part(out, "picked", (double)choice_source(item, asked), err) &&
           score_part(out, "place", (double)asked, err) && score_part(out, "choices", (double)item->n_choices, err);
}

/* Where the item tells how likely each choice is to be right: that of the one that was taken. */
static bool put_chance(const struct item *item, size_t asked, struct score *out, struct error *err) {
    const json_t *posterior = json_object_get(json_object_get(item->gold, "labels"), "posterior");
    const json_t *chance = json_array_get(posterior, choice_source(item, asked));
    if (!posterior || json_is_null(posterior)) return true;
    if (json_array_size(posterior) != item->n_choices || !json_is_number(chance))
        return error_set(err, ERROR_DATA, "label 'posterior': expected %zu numbers, one a choice", item->n_choices);
    return score_part(out, "chance", json_number_value(chance), err);
}

static bool score_choice(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)options;
    struct choice_values v;
    struct best_choice best, best_norm;
    if (!choice_values(task, item, answer, arena, &v, err)) return false;
    if (item->gold_index >= 0 &&
        !score_part(out, "gold", (double)choice_source(item, (size_t)item->gold_index), err))
        return false;
    out->parsed = v.parsed;
    if (v.parsed == PARSED_FAIL || !choices_best(v.sum, item->n_choices, &best) ||
        !choices_best(v.per_byte, item->n_choices, &best_norm))
        return score_unread(out);
    double acc = choice_credit(v.sum, &best, item->gold_index);
    out->value = acc;
    out->label = isnan(acc) ? TEXT("") : acc == 1 ? TEXT("correct") : acc > 0 ? TEXT("tie") : TEXT("wrong");
    if (best.ties == 1 && (!put_picked(item, best.index, out, err) || !put_chance(item, best.index, out, err)))
        return false;
    return score_part(out, "acc", acc, err) &&
           score_part(out, "acc_norm", choice_credit(v.per_byte, &best_norm, item->gold_index), err) &&
           score_part(out, "confidence", softmax_share(v.sum, NULL, item->n_choices, best.value) / (double)best.ties,
                      err) &&
           put_mc(item, &v, &best, out, err);
}

const struct scorer scorer_choice = {
    .name = "choice",
    .version = "2",
    .summary = "one of several choices: acc, acc_norm, mc1, mc2; ties share the credit; letters and texts are read",
    .score = score_choice,
};
