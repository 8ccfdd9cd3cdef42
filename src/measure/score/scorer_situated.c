/* Questions with a document that may be wrong: see situated.h. Yes-or-no questions: written answers are read for their
 * truth value, and one that says none counts as False; scored choices True and False count by their probability, so
 * that a subject's figures are its expectation and not a draw. Parts: acc, gold and picked (0 False, 1 True), and of
 * methods that ask for both answers own_ok, doc_ok, chose; of methods with a threshold signal, which it is compared
 * with. kind=text: an answer is right when an accepted one stands in it; one that holds the document's wrong value as
 * well (label `told`) is labelled "both", for it may name the right one only to deny it. */
#include "measure/score/scorer_internal.h"

#include "measure/rules/honest.h"
#include "measure/rules/situated.h"

#include <math.h>

static const struct option_def situated_options[] = {
    {"kind", OPTION_CHOICE, "truth", 1, 0, "truth|text", "what answers are: True or False, or words"},
};

static bool gold_of(const struct item *item, enum truth *gold, struct error *err) {
    struct text t = item->gold_index >= 0 ? item->choices[item->gold_index]
                    : item->n_gold_texts  ? item->gold_texts[0]
                                          : TEXT("");
    *gold = truth_of_answer(t);
    return *gold != TRUTH_UNREAD ||
           error_set(err, ERROR_DATA, "scorer 'situated' needs True or False as gold (doc_to_target)");
}

static bool score_choices(const struct item *item, const struct answer *answer, struct score *out, struct error *err) {
    double best = -INFINITY, all = 0;
    for (size_t i = 0; i < answer->n_choices; i++)
        if (answer->choices[i].logprob > best) best = answer->choices[i].logprob;
    if (!isfinite(best) || item->gold_index < 0) return score_unread(out);
    for (size_t i = 0; i < answer->n_choices; i++)
        all += isnan(answer->choices[i].logprob) ? 0 : exp(answer->choices[i].logprob - best);
    double gold = answer->choices[item->gold_index].logprob;
    out->value = isnan(gold) ? 0 : exp(gold - best) / all;
    out->label = out->value >= 0.5 ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "acc", out->value, err);
}

/* Of methods that ask for both: whether the own answer and the document's are right, and which of them was given (0
 * own, 1 document, 2 both say the same, 3 neither). */
static bool put_sources(const struct item *item, enum truth gold, enum truth said, struct score *out,
                        struct error *err) {
    const json_t *own = json_object_get(json_object_get(item->said, "own"), "truth");
    const json_t *doc = json_object_get(json_object_get(item->said, "doc"), "truth");
    if (!own || !doc) return true;
    enum truth by_own = truth_of_answer(json_text(own)), by_doc = truth_of_answer(json_text(doc));
    int chose = said == by_own ? (said == by_doc ? 2 : 0) : said == by_doc ? 1 : 3;
    return score_part(out, "own_ok", by_own == gold, err) && score_part(out, "doc_ok", by_doc == gold, err) &&
           score_part(out, "chose", chose, err);
}

/* What a threshold of the method is compared with. */
static bool put_signal(const struct item *item, struct score *out, struct error *err) {
    const json_t *signal = json_object_get(item->said, "signal");
    return !signal || score_part(out, "signal", json_is_number(signal) ? json_number_value(signal) : NAN, err);
}

/* ---- answers in words ---- */

static bool normal_says(struct text said, struct text wanted, struct arena *arena, bool *out, struct error *err) {
    struct text a, b;
    if (!honest_normal_form(said, arena, &a, err) || !honest_normal_form(wanted, arena, &b, err)) return false;
    return *out = b.len && text_find(a, b, 0) != SIZE_MAX, true;
}

static bool is_right(const struct item *item, struct text said, struct arena *arena, bool *out, struct error *err) {
    *out = false;
    for (size_t i = 0; i < item->n_gold_texts && !*out; i++)
        if (!normal_says(said, item->gold_texts[i], arena, out, err)) return false;
    return true;
}

/* As put_sources, by which answer stands in the other. */
static bool put_text_sources(const struct item *item, struct text said, struct arena *arena, struct score *out,
                             struct error *err) {
    const json_t *own = json_object_get(json_object_get(item->said, "own"), "text");
    const json_t *doc = json_object_get(json_object_get(item->said, "doc"), "text");
    bool own_ok, doc_ok, is_own, is_doc;
    if (!own || !doc) return true;
    if (!is_right(item, json_text(own), arena, &own_ok, err) || !is_right(item, json_text(doc), arena, &doc_ok, err) ||
        !normal_says(said, json_text(own), arena, &is_own, err) ||
        !normal_says(said, json_text(doc), arena, &is_doc, err))
        return false;
    return score_part(out, "own_ok", own_ok, err) && score_part(out, "doc_ok", doc_ok, err) &&
           score_part(out, "chose", is_own ? (is_doc ? 2 : 0) : is_doc ? 1 : 3, err);
}

static bool score_text(const struct task *task, const struct item *item, const struct answer *answer,
                       struct arena *arena, struct score *out, struct error *err) {
    const json_t *told = json_object_get(json_object_get(item->gold, "labels"), "told");
    struct text said;
    bool right, wrong_too = false;
    if (!score_read(task, item, answer->text, arena, &said, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) said = answer->text;
    if (!is_right(item, said, arena, &right, err)) return false;
    bool told_right = false;
    if (told && (!is_right(item, json_text(told), arena, &told_right, err) ||
                 (!told_right && !normal_says(said, json_text(told), arena, &wrong_too, err))))
        return false;
    out->value = right;
    out->label = right && wrong_too ? TEXT("both") : right ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "acc", right, err) && put_text_sources(item, said, arena, out, err) &&
           put_signal(item, out, err);
}

/* ---- truth values ---- */

static bool score_situated(const struct task *task, const struct option_value *options, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    enum truth gold, said;
    struct text t;
    if (text_equal_c(options[0].text, "text")) return score_text(task, item, answer, arena, out, err);
    if (!gold_of(item, &gold, err)) return false;
    if (answer->n_choices) return score_choices(item, answer, out, err);
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    said = truth_of_answer(out->parsed == PARSED_FAIL ? answer->text : t);
    out->parsed = said == TRUTH_UNREAD ? PARSED_FALLBACK : PARSED_OK; /* counted beside the figures */
    if (said == TRUTH_UNREAD) said = TRUTH_FALSE;
    out->value = said == gold;
    out->label = said == gold ? TEXT("correct") : TEXT("wrong");
    return score_part(out, "acc", out->value, err) && score_part(out, "gold", gold == TRUTH_TRUE, err) &&
           score_part(out, "picked", said == TRUTH_TRUE, err) && put_sources(item, gold, said, out, err) &&
           put_signal(item, out, err);
}

const struct scorer scorer_situated = {
    .name = "situated",
    .version = "1",
    .summary = "True or False, read with its denials, scored choices by their probability; or words (kind=text): acc",
    .options = situated_options,
    .n_options = 1,
    .metrics =
        "[acc, acc_true_source, acc_false_source, situated_acc, {metric: situated_at, share: 0.9}, fallback_rate]",
    .score = score_situated,
};
