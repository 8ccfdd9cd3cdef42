/* What a judge's votes say of an answer, from the row that keeps them: judge.h. */
#include "measure/score/scorer_internal.h"

#include "measure/score/judge.h"

#include <math.h>

static const struct option_def judge_options[] = {
    {"claim", OPTION_TEXT, "Is the answer correct?", 1, 0, NULL, "what the judge is asked about each answer"},
    {"repeats", OPTION_INT, "1", 1, JUDGE_REPEATS_MOST, NULL,
     "votes in each of the two orders of yes and no; more than 1 are sampled"},
};

/* Votes of this sample: in the row, or in its answer of a group. */
static const json_t *kept_votes(const struct item *item, size_t sample) {
    const json_t *one = json_array_get(json_object_get(item->row, "answers"), sample);
    return json_object_get(json_is_object(one) ? one : item->row, "judged");
}

static double yes_of(int winner) {
    return winner < 0 ? NAN : winner == 0;
}

static bool score_judge(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct judge_votes v;
    uint32_t first, read;
    (void)task, (void)arena;
    out->parsed = PARSED_FAIL;
    out->label = TEXT("unjudged");
    if (!judge_votes_of(kept_votes(item, answer->sample), options[0].text, &v)) return true;
    judge_first_votes(&v, &first, &read);
    uint32_t all = read + v.nonsense[0] + v.nonsense[1];
    double said = yes_of(judge_winner(&v));
    out->value = said;
    out->label = read == 0 ? TEXT("nonsense") : isnan(said) ? TEXT("undecided") : said == 1 ? TEXT("yes") : TEXT("no");
    if (!isnan(said)) out->parsed = v.nonsense[0] + v.nonsense[1] ? PARSED_FALLBACK : PARSED_OK;
    return score_part(out, "said", said, err) &&
           score_part(out, "said_first", yes_of(judge_winner_of_order(&v, 0)), err) &&
           score_part(out, "said_second", yes_of(judge_winner_of_order(&v, 1)), err) &&
           score_part(out, "first_votes", read ? (double)first / read : NAN, err) &&
           score_part(out, "nonsense", all ? (double)(all - read) / all : NAN, err);
}

const struct scorer scorer_judge = {
    .name = "judge",
    .version = "1",
    .summary = "yes or no by the votes of a judge (--judge), in both orders, repeated; undecided and nonsense counted, "
               "never guessed",
    .metrics = "[judged_rate, judge_kappa, judge_agreement, judge_first, judge_nonsense]",
    .open_label = "unjudged",
    .polls = true,
    .detects = "said",
    .options = judge_options,
    .n_options = 2,
    .score = score_judge,
};
