/* The table of learners, and what those that multiply share: see learner.h. */
#include "measure/table/learner.h"

#include <math.h>
#include <string.h>

const struct learner *const learners[LEARNERS] = {&learner_logistic, &learner_knn, &learner_forest,
                                                  &learner_perceptron};

enum { HOT = 64 };

static size_t width_of(size_t n_levels) {
    return n_levels <= 2 ? 1 : n_levels < HOT ? n_levels : HOT;
}

size_t learner_width(const struct synth_code *code) {
    size_t width = 1 + code->n_values;
    for (size_t c = 0; c < code->n_codes; c++) width += width_of(code->n_levels[c]);
    return width;
}

void learner_spread(const struct synth_points *x, size_t i, double *row) {
    const struct synth_code *code = x->code;
    const double *value = x->value + i * code->n_values;
    const uint16_t *which = x->which + i * code->n_codes;
    double deviation = sqrt(1.0 / 12); /* of ranks */
    *row++ = 1;
    for (size_t k = 0; k < code->n_values; k++) *row++ = (value[k] - 0.5) / deviation;
    for (size_t c = 0; c < code->n_codes; c++) {
        size_t width = width_of(code->n_levels[c]);
        memset(row, 0, width * sizeof *row);
        if (width == 1)
            row[0] = which[c];
        else
            row[which[c] % HOT] = 1;
        row += width;
    }
}
