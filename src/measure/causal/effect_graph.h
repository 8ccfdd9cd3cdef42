/* What a causal graph says of an estimate: what to adjust for, or why the effect cannot be told. */
#ifndef MEASURE_EFFECT_GRAPH_H
#define MEASURE_EFFECT_GRAPH_H

#include "measure/causal/effect.h"
#include "measure/causal/effect_table.h"

struct effect_given {
    const char *covariates; /* names with commas */
    const char *spec;       /* of the estimator, with the columns that the graph gave */
};
/* Fills in what the settings leave open, and checks what they say. ERROR_DATA: the effect is not identifiable in the
 * graph, or not by this estimator; covariates that open a path or block the effect. */
bool effect_from_graph(const struct effect_settings *settings, const struct estimator *estimator,
                       const struct effect_table *table, struct arena *arena, struct effect_given *given,
                       struct buffer *warnings, struct error *err) MUST_CHECK;

#endif
