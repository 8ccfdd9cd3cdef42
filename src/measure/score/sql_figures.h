/* Figures of judged questions to databases: RS(c) for several c, and what stands behind it. */
#ifndef MEASURE_SQL_FIGURES_H
#define MEASURE_SQL_FIGURES_H

#include "measure/score/sql_cases.h"
#include "record/record.h"

enum { SQL_COSTS_MOST = 16 };
struct sql_costs {
    double c[SQL_COSTS_MOST]; /* NaN: N, the number of questions */
    const char *name[SQL_COSTS_MOST];
    size_t n;
};
/* "0:1:10:N"; ERROR_USAGE. Names on the arena. */
bool sql_costs_read(struct text list, struct sql_costs *out, struct arena *arena, struct error *err) MUST_CHECK;

enum sql_signal { SQL_SIGNAL_NONE, SQL_SIGNAL_FIELD, SQL_SIGNAL_TEXT, SQL_SIGNAL_RESULT, SQL_SIGNAL_PREPARES };
struct sql_figure_settings {
    struct sql_costs costs;
    enum sql_signal signal;
    double alpha; /* of the safe cut */
    bool luck;    /* perturbed databases were asked */
    uint64_t seed;
    double confidence;
};
/* All on the arena. */
bool sql_figures(const struct sql_cases *cases, const struct sql_figure_settings *settings, struct arena *arena,
                 struct figure **out, size_t *n, struct error *err) MUST_CHECK;

#endif
