/* Rows as the record would give them, for figures of answers that no record keeps: see metric_internal.h. */
#include "measure/figure/metric_internal.h"

#include <math.h>

struct record_row record_row_of_item(const struct task *task, const struct item *item) {
    return (struct record_row){.task = text_of(task_name(task)),
                               .item_id = item->id,
                               .group = item->group,
                               .lang = item->lang,
                               .pair = item->pair,
                               .twin = item->twin,
                               .cluster = item->cluster,
                               .item = item->digest,
                               .gold = item->gold,
                               .value = NAN};
}

bool record_row_score(const struct task *task, const struct item *item, const struct answer *answer,
                      struct arena *arena, struct record_row *row, struct error *err) {
    struct score score = {.value = NAN};
    bool ok = task_score(task, item, answer, arena, &score, err);
    row->scored = ok;
    row->answer = 1;
    row->value = score.value;
    row->label = score.label;
    row->parsed = parse_state_names[score.parsed];
    row->evidence = score.parts;
    return ok || error_wrap(err, "item '%.*s'", TEXT_ARG(item->id));
}
