/* What a tally must know of a task, asked of the task. */
#include "measure/figure/tally_internal.h"

bool tally_spec_of(const struct task *task, struct tally_spec *spec, struct error *err) {
    *spec = (struct tally_spec){.task = task_name(task),
                                .scorer = task_scorer(task)->name,
                                .cluster_field = task_cluster_field(task),
                                .compat = task_compat(task),
                                .reads = !(task_needs(task) & SUBJECT_SCORES),
                                .detector = task_detector(task)};
    spec->uses = task_metrics(task, &spec->n_uses);
    spec->fields = task_group_fields(task, &spec->n_fields);
    if (spec->n_fields < TALLY_FIELDS) return true;
    return error_set(err, ERROR_DATA, "task '%s': figures for %zu fields; at most %d are possible", spec->task,
                     spec->n_fields, TALLY_FIELDS - 1);
}

struct tally *tally_new(const struct task *task, const struct figure_settings *settings, struct error *err) {
    struct tally_spec spec;
    return tally_spec_of(task, &spec, err) ? tally_new_of(&spec, settings, err) : NULL;
}
