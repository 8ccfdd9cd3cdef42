/* One tool call in the pocket form (measure/rules/call.h). The gold text is the call that is wanted; the order of its
 * arguments is free. */
#include "measure/score/scorer_internal.h"

#include "measure/rules/call.h"

static bool put_parts(struct score *out, bool formed, bool tool, bool arguments, struct error *err) {
    out->label = arguments ? TEXT("right")
                 : tool    ? TEXT("other arguments")
                 : formed  ? TEXT("other tool")
                           : TEXT("no call");
    return score_part(out, "formed", formed, err) && score_part(out, "tool", tool, err) &&
           score_part(out, "arguments", arguments, err);
}

static bool score_call(const struct task *task, const struct option_value *options, const struct item *item,
                       const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    struct text t;
    struct call wanted, call;
    (void)options;
    if (item->n_gold_texts != 1 || !call_read(item->gold_texts[0], &wanted))
        return error_set(err, ERROR_DATA,
                         "scorer 'call' needs one call as gold (doc_to_target): NAME KEY=VALUE ; KEY=VALUE");
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    bool formed = out->parsed != PARSED_FAIL && call_read(t, &call);
    bool tool = formed && text_equal(call.tool, wanted.tool);
    size_t right = tool ? call_right_arguments(&wanted, &call) : 0;
    out->value = tool ? (double)(1 + right) / (double)(1 + wanted.n) : 0;
    return put_parts(out, formed, tool, tool && right == wanted.n && call.n == wanted.n, err);
}

const struct scorer scorer_call = {
    .name = "call",
    .version = "1",
    .summary = "a tool call against the one that is wanted: formed, tool, arguments; its value is the share of tool "
               "and arguments that are right",
    .score = score_call,
};
