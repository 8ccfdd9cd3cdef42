/* The rule of data lint about findings of audits of contracts: labels that Web3Bugs (Zhang et al., ICSE 2023) knows. */
#include "measure/data/lint_internal.h"

/* L1 to L9, LA, LB; S1 to S6, SE, SC; O1 to O9; some with "-N" behind them. */
static bool is_bug_label(struct text label) {
    if (label.len < 2) return false;
    char group = label.at[0], which = label.at[1];
    bool known = (group == 'L' && ((which >= '1' && which <= '9') || which == 'A' || which == 'B')) ||
                 (group == 'S' && ((which >= '1' && which <= '6') || which == 'E' || which == 'C')) ||
                 (group == 'O' && which >= '1' && which <= '9');
    if (!known || label.len == 2) return known;
    return label.len == 4 && label.at[2] == '-' && label.at[3] >= '1' && label.at[3] <= '9';
}

bool lint_bug_labels(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++) {
            const struct lint_row *row = &lint->sets[s].rows[i];
            const json_t *label = json_object_get(row->row, "Bug Label");
            struct text t = text_trim(json_text(label));
            if (label && json_object_get(row->row, "Contest ID") && !is_bug_label(t) &&
                !lint_tell(lint, FINDING_ERROR, &lint->sets[s], row, err, "'%.*s' is no label of a bug",
                           TEXT_ARG(lint_short(t))))
                return false;
        }
    return true;
}
