/* To answer or to be silent, decided again from what was recorded, and held against the decision that was published
 * with it: verify/sql_clean.h. */
#include "measure/score/scorer_internal.h"
#include "verify/sql_clean.h"

enum { METHOD, SET, RATIO, STRICT, OPTIONS };
static const struct option_def decision_options[OPTIONS] = {
    [METHOD] = {"method", OPTION_CHOICE, "demo", 1, 0, "pipeline|demo|vote",
                "pipeline: the answer is {\"detected\", \"sql\", \"checked\"}; vote: a list of samples; demo: what one "
                "model wrote"},
    [SET] = {"set", OPTION_CHOICE, "auto", 1, 0, "auto|plain|atis|advising|ehrsql|spider",
             "whose clean-up is used; auto: what the row's 'dataset' says"},
    [RATIO] = {"ratio", OPTION_REAL, "1", 0.5, 1, NULL, "of vote: the share of samples that must be one text"},
    [STRICT] = {"strict", OPTION_FLAG, "no", 1, 0, NULL,
                "of pipeline: an error label that is neither word abstains, too (published: it answers)"},
};

static bool bad(const struct item *item, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%.*s: %s", TEXT_ARG(item->source), what);
}

static enum sql_set set_of(const struct option_value *options, const struct item *item) {
    struct text name = options[SET].text;
    if (text_equal_c(name, "auto")) name = json_text(json_object_get(item->row, "dataset"));
    for (size_t i = 0; i < SQL_SETS; i++)
        if (text_equal_c(name, sql_set_names[i])) return (enum sql_set)i;
    return SQL_SET_PLAIN;
}

/* NULL with err: the answer is not what the method needs. Owned. */
static json_t *parsed(const struct item *item, struct text answer, bool list, struct error *err) {
    struct error why = {0};
    json_t *j = json_read(answer, "answer", 1, &why);
    if (list ? json_array_size(j) > 0 : json_is_object(j)) return j;
    json_decref(j);
    bad(item, list ? "the answer is no list of samples" : "the answer is no {\"detected\", \"sql\", \"checked\"}", err);
    return NULL;
}

static bool by_pipeline(const struct option_value *o, const struct item *item, struct text answer, struct arena *arena,
                        struct text *out, struct error *err) {
    json_t *j = parsed(item, answer, false, err);
    struct text made = {0};
    bool ok =
        j && sql_pipeline(json_text(json_object_get(j, "detected")), json_text(json_object_get(j, "sql")),
                          json_text(json_object_get(j, "checked")), o[STRICT].flag, set_of(o, item), arena, &made, err);
    char *copy = ok ? text_copy(arena, made, err) : NULL;
    *out = (struct text){copy, made.len};
    json_decref(j);
    return copy != NULL;
}

static bool by_vote(const struct option_value *o, const struct item *item, struct text answer, struct arena *arena,
                    struct text *out, struct error *err) {
    json_t *j = parsed(item, answer, true, err);
    struct sql_vote vote = {0};
    size_t n = json_array_size(j);
    struct text *samples = j ? arena_new(arena, struct text, n, err) : NULL;
    for (size_t i = 0; samples && i < n; i++) samples[i] = json_text(json_array_get(j, i));
    bool ok = samples && sql_voting(samples, n, o[RATIO].real, set_of(o, item), arena, &vote, err);
    char *copy = ok ? text_copy(arena, vote.winner, err) : NULL;
    *out = (struct text){copy, vote.winner.len};
    json_decref(j);
    return copy != NULL;
}

static bool score_decision(const struct task *task, const struct option_value *o, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    bool vote = text_equal_c(o[METHOD].text, "vote"), pipeline = text_equal_c(o[METHOD].text, "pipeline");
    struct text made;
    (void)task;
    if (!item->n_gold_texts) return bad(item, "no recorded decision", err);
    if (!(vote       ? by_vote(o, item, answer->text, arena, &made, err)
          : pipeline ? by_pipeline(o, item, answer->text, arena, &made, err)
                     : sql_demo(answer->text, set_of(o, item), arena, &made, err)))
        return false;
    bool silent = sql_is_null(made), was = sql_is_null(item->gold_texts[0]);
    out->value = silent == was;
    out->label = silent == was ? (silent ? TEXT("silent") : TEXT("answered"))
                 : vote        ? TEXT("stale")
                 : silent      ? TEXT("silent, answered before")
                               : TEXT("answered, silent before");
    return score_part(out, "acc", out->value, err) &&
           score_part(out, "exact_match", text_equal(text_trim(made), text_trim(item->gold_texts[0])), err) &&
           score_part(out, "abstained", silent, err) && (!vote || score_part(out, "stale", silent != was, err));
}

const struct scorer scorer_sql_decision = {
    .name = "sql-decision",
    .version = "1",
    .summary = "answer or silence to questions to databases, decided again and held against the recorded decision",
    .metrics = "[acc, exact_match, coverage]",
    .options = decision_options,
    .n_options = OPTIONS,
    .exact = true,
    .shown_by = "the tests of known answers",
    .score = score_decision,
};
