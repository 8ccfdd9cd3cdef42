/* The score with which an answer was recorded: logs of other programs bring their own verdicts, which are kept as they
 * are and only their figures are computed anew. Of a row: `value` (or `score`), `label`, and the numbers in `evidence`.
 */
#include "measure/score/scorer_internal.h"

#include <math.h>
#include <string.h>

static bool take_parts(const json_t *evidence, struct score *out, struct error *err) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)evidence, name,
                        value) if (json_is_number(value) &&
                                   !score_part(out, name, json_number_value(value), err)) return false;
    return true;
}

static bool score_recorded(const struct task *task, const struct option_value *options, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)answer, (void)arena;
    const json_t *value = json_object_get(item->row, "value");
    if (!value) value = json_object_get(item->row, "score");
    if (value && !json_is_number(value) && !json_is_null(value))
        return json_mismatch(value, "value", (struct json_place){"the row", 1, ""}, "a number", err);
    out->value = json_is_number(value) ? json_number_value(value) : NAN;
    out->label = json_text(json_object_get(item->row, "label"));
    if (text_equal_c(json_text(json_object_get(item->row, "parsed")), "fail")) out->parsed = PARSED_FAIL;
    return take_parts(json_object_get(item->row, "evidence"), out, err);
}

const struct scorer scorer_recorded = {
    .name = "recorded",
    .version = "1",
    .summary = "the score with which the answer was recorded (key value or score of the row), as in imported logs",
    .score = score_recorded,
};
