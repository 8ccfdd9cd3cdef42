/* Tool calls in the pocket form: NAME KEY=VALUE ; KEY=VALUE, with or without the marks <call> </call> around it (a
 * subject may keep its special tokens to itself). The gold text is the call that is wanted;
 * the order of its arguments is free. */
#include "measure/score/scorer_internal.h"

#include <ctype.h>

enum { CALL_ARGUMENTS_MOST = 32 };

struct call {
    struct text tool;
    struct text key[CALL_ARGUMENTS_MOST], value[CALL_ARGUMENTS_MOST];
    size_t n;
};

static struct text without_marks(struct text t) {
    struct text open = TEXT("<call>"), close = TEXT("</call>");
    t = text_trim(t);
    if (text_starts(t, open)) t = text_part(t, open.len, t.len);
    if (text_ends(t, close)) t = text_part(t, 0, t.len - close.len);
    return text_trim(t);
}

static bool is_name(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.at[i]) && t.at[i] != '_' && t.at[i] != '-') return false;
    return t.len > 0;
}

/* False: not well formed. A name alone is a word, not a call. */
static bool read_call(struct text t, struct call *call) {
    struct text rest, piece;
    t = without_marks(t);
    size_t blank = text_find(t, TEXT(" "), 0);
    *call = (struct call){.tool = text_part(t, 0, blank == SIZE_MAX ? t.len : blank)};
    if (!is_name(call->tool)) return false;
    rest = blank == SIZE_MAX ? TEXT("") : text_part(t, blank + 1, t.len);
    while (text_next(&rest, ';', &piece)) {
        size_t equals = text_find(piece, TEXT("="), 0);
        if (equals == SIZE_MAX || call->n == CALL_ARGUMENTS_MOST) return false;
        call->key[call->n] = text_trim(text_part(piece, 0, equals));
        call->value[call->n] = text_trim(text_part(piece, equals + 1, piece.len));
        if (!is_name(call->key[call->n]) || !call->value[call->n].len) return false;
        call->n++;
    }
    return call->n > 0;
}

/* How many of the wanted arguments stand in the call. */
static size_t right_arguments(const struct call *wanted, const struct call *call) {
    size_t right = 0;
    for (size_t i = 0; i < wanted->n; i++)
        for (size_t j = 0; j < call->n; j++)
            if (text_equal(wanted->key[i], call->key[j]) && text_equal(wanted->value[i], call->value[j])) {
                right++;
                break;
            }
    return right;
}

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
    if (item->n_gold_texts != 1 || !read_call(item->gold_texts[0], &wanted))
        return error_set(err, ERROR_DATA,
                         "scorer 'call' needs one call as gold (doc_to_target): NAME KEY=VALUE ; KEY=VALUE");
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    bool formed = out->parsed != PARSED_FAIL && read_call(t, &call);
    bool tool = formed && text_equal(call.tool, wanted.tool);
    size_t right = tool ? right_arguments(&wanted, &call) : 0;
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
