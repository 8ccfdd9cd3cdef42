/* The label for which most of several answers vote; see measure/rules/votes.h. A tie goes to the second label, which
 * must not be missed, and is marked; where nobody votes the answer is unread. */
#include "measure/score/scorer_internal.h"

#include "measure/rules/votes.h"

enum { OF, AFTER, OPTIONS };
static const struct option_def votes_options[OPTIONS] = {
    [OF] = {"of", OPTION_TEXT, "safe|vulnerable", 1, 0, NULL, "the two labels; the second wins a tie"},
    [AFTER] = {"after", OPTION_TEXT, "the label is", 1, 0, NULL, "words before the label"},
};

static bool labels_of(const struct option_value *options, struct text labels[2], struct error *err) {
    struct text rest = options[OF].text, more;
    bool two = text_next(&rest, '|', &labels[0]) && text_next(&rest, '|', &labels[1]) && !text_next(&rest, '|', &more);
    return (two && labels[0].len && labels[1].len) ||
           error_set(err, ERROR_USAGE, "scorer 'votes': expected of=A|B, found '%.*s'", TEXT_ARG(options[OF].text));
}

/* The gold text: the sentence that votes, or the label alone. */
static int gold_of(const struct item *item, struct text after, const struct text labels[2]) {
    struct text gold = item->n_gold_texts ? text_trim(item->gold_texts[0]) : TEXT("");
    for (int k = 0; k < 2; k++)
        if (text_equal_nocase(gold, labels[k])) return k;
    return vote_of(gold, after, labels);
}

static bool score_votes(const struct task *task, const struct option_value *options, const struct item *item,
                        const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text labels[2], t;
    if (!labels_of(options, labels, err)) return false;
    int gold = gold_of(item, options[AFTER].text, labels);
    if (gold == VOTE_NONE)
        return error_set(err, ERROR_DATA, "scorer 'votes': item '%.*s' has no gold label %.*s", TEXT_ARG(item->id),
                         TEXT_ARG(options[OF].text));
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    const struct votes v = votes_count(t, options[AFTER].text, labels);
    unsigned given = v.for_label[0] + v.for_label[1];
    if (!score_part(out, "gold", gold, err) ||
        !score_part(out, "missing", v.missing / (double)(given + v.missing), err))
        return false;
    if (v.winner == VOTE_NONE) return score_unread(out);
    out->parsed = PARSED_OK;
    out->value = v.winner == gold;
    out->label = labels[v.winner];
    return score_part(out, "acc", out->value, err) && score_part(out, "picked", v.winner, err) &&
           score_part(out, "tied", v.tied, err) &&
           score_part(out, "confidence", v.for_label[v.winner] / (double)given, err);
}

const struct scorer scorer_votes = {
    .name = "votes",
    .version = "1",
    .summary = "the label that most of several answers give, as in \"the label is safe\"; a tie goes to the second",
    .metrics = "[score, parse_rate]",
    .options = votes_options,
    .n_options = OPTIONS,
    .score = score_votes,
};
