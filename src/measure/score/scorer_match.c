/* Texts and numbers against accepted answers. match: exact, relaxed (case, blanks, punctuation and English articles do
 * not count; SQuAD's normal form), start, contains, verbatim (the answer begins with the text, byte by byte); token_f1
 * is SQuAD's. number: equal within a tolerance. stated: an answer with a stated confidence. */
#include "measure/rules/match.h"
#include "measure/score/scorer_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const struct option_def match_options[] = {
    {"mode", OPTION_CHOICE, "relaxed", 1, 0, "exact|relaxed|start|contains|verbatim",
     "how the answer must agree with an accepted one"},
    {"ignore_case", OPTION_FLAG, "no", 1, 0, NULL, "mode exact: capitals do not count"},
    {"ignore_punctuation", OPTION_FLAG, "no", 1, 0, NULL, "mode exact: punctuation does not count"},
};
static const struct option_def number_options[] = {
    {"tolerance", OPTION_REAL, "1e-6", 0, 1e300, NULL, "largest difference"},
    {"relative", OPTION_REAL, "0", 0, 1, NULL, "largest difference as a share of the gold number"},
};

static bool agrees(const char *mode, struct text answer, struct text gold) {
    if (strcmp(mode, "start") == 0) return text_starts(answer, gold);
    if (strcmp(mode, "contains") == 0) return gold.len && text_find(answer, gold, 0) != SIZE_MAX;
    return text_equal(answer, gold);
}

static const char *mode_of(const struct option_value *options) {
    static const char *const modes[] = {"exact", "relaxed", "start", "contains", "verbatim"};
    for (size_t i = 0; i < 5; i++)
        if (text_equal_c(options[0].text, modes[i])) return modes[i];
    return modes[1];
}

/* The text without what does not count in mode exact; its end stays where it is, as in lm-eval. */
static bool take_out(const struct option_value *options, struct text t, struct arena *arena, struct text *out,
                     struct error *err) {
    *out = t;
    if (!options || (!options[1].flag && !options[2].flag)) return true;
    char *at = arena_new(arena, char, t.len + 1, err);
    size_t n = 0;
    for (size_t i = 0; at && i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (options[2].flag && ispunct(c)) continue;
        at[n++] = (char)(options[1].flag ? tolower(c) : c);
    }
    *out = (struct text){at, n};
    return at != NULL;
}

/* exactly: the options of match; NULL: mode exact takes the texts as they are. */
static bool match_texts(const struct item *item, const char *mode, const struct option_value *exactly, struct text t,
                        struct arena *arena, double *exact, double *f1,
                        struct error *err) {
    struct text answer, gold;
    bool as_is = strcmp(mode, "exact") == 0, begins = strcmp(mode, "verbatim") == 0;
    *exact = *f1 = 0;
    if (!match_normal_form(t, arena, &answer, err)) return false;
    for (size_t i = 0; i < item->n_gold_texts; i++) {
        if (!match_normal_form(item->gold_texts[i], arena, &gold, err)) return false;
        struct text wanted = text_trim(item->gold_texts[i]), said = text_trim(t);
        if (as_is && (!take_out(exactly, wanted, arena, &wanted, err) || !take_out(exactly, said, arena, &said, err)))
            return false;
        bool same = as_is    ? text_equal(said, wanted)
                    : begins ? wanted.len && text_starts(said, wanted)
                             : agrees(mode, answer, gold);
        double overlap = match_words_f1(answer, gold);
        if (same) *exact = 1;
        if (overlap > *f1) *f1 = overlap;
    }
    return true;
}

static bool score_match(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t;
    double exact, f1;
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    if (!match_texts(item, mode_of(options), options, t, arena, &exact, &f1, err)) return false;
    out->value = exact;
    out->label = exact == 1 ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "exact_match", exact, err) && score_part(out, "token_f1", f1, err);
}

/* ---- numbers */

static bool score_number(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t, where;
    double found;
    if (isnan(item->gold_number))
        return error_set(err, ERROR_DATA, "scorer 'number' needs a number as gold (doc_to_target)");
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL || !number_in(t, true, &found, &where)) return score_unread(out);
    double most = options[0].real + options[1].real * fabs(item->gold_number);
    out->value = fabs(found - item->gold_number) <= most;
    out->label = out->value == 1 ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "exact_match", out->value, err) && score_part(out, "number", found, err);
}

/* ---- stated confidence */

/* "confidence: 80%", "I am 0.8 sure": the last number from 0 to 1, or to 100 with a percent sign, behind the cue. */
static bool stated_confidence(struct text t, double *out, size_t *cue_at) {
    static const struct text cues[] = {TEXT("confidence"), TEXT("Confidence"), TEXT("probability"),
                                       TEXT("Probability")};
    size_t at = SIZE_MAX;
    for (size_t c = 0; c < 4; c++)
        for (size_t i = text_find(t, cues[c], 0); i != SIZE_MAX; i = text_find(t, cues[c], i + 1))
            if (at == SIZE_MAX || i > at) at = i;
    if (at == SIZE_MAX) return false;
    struct text where, rest = text_part(t, at, t.len);
    if (!number_in(rest, false, out, &where)) return false;
    size_t end = (size_t)(where.at + where.len - t.at);
    bool percent = (end < t.len && t.at[end] == '%') || *out > 1;
    if (percent) *out /= 100;
    *cue_at = at;
    return *out >= 0 && *out <= 1;
}

static bool score_stated(const struct task *task, const struct option_value *options, const struct item *item,
                         const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    double confidence, exact, f1;
    size_t cue;
    struct text t;
    if (!stated_confidence(answer->text, &confidence, &cue)) return score_unread(out);
    struct text before = text_trim(text_part(answer->text, 0, cue));
    while (before.len && strchr(",;.(", before.at[before.len - 1])) before.len--;
    if (!score_read(task, item, before, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    if (item->n_choices) {
        size_t named = choice_named(item, t);
        if (named == SIZE_MAX) return score_unread(out);
        exact = item->gold_index >= 0 && named == (size_t)item->gold_index;
    } else if (!match_texts(item, mode_of(options), NULL, t, arena, &exact, &f1, err)) {
        return false;
    }
    out->value = exact;
    out->label = exact == 1 ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "acc", exact, err) && score_part(out, "confidence", confidence, err);
}

const struct scorer scorer_match = {
    .name = "match", .version = "1", .summary = "the answer agrees with an accepted text: exact_match, token_f1",
    .metrics = "[exact_match, token_f1]",
    .options = match_options, .n_options = 3, .score = score_match,
};
const struct scorer scorer_number = {
    .name = "number", .version = "1", .summary = "the last number of the answer equals the gold number",
    .metrics = "[exact_match]",
    .options = number_options, .n_options = 2, .score = score_number,
};
const struct scorer scorer_stated = {
    .name = "stated", .version = "1", .summary = "an answer with a stated confidence: acc, confidence (for ece, brier)",
    .options = match_options, .n_options = 1, .score = score_stated,
};
