/* Asking agents a second time where it pays, played over recorded second answers. Evidence so far gives p(t) by naive
 * Bayes; agent a's second answer is drawn from R_a(new | t, old, reference), counted, where `reference` is the answer
 * of the first source that has a single round (a look-up that both could see), with the table without it as prior. The
 * gain of asking is the expected largest posterior, sum over new of P(new) max_t p(t | new), less the largest now;
 * agents are asked one at a time, the most gainful first, while it pays: gain * value > cost + price. */
#ifndef MEASURE_FUSE_AGAIN_H
#define MEASURE_FUSE_AGAIN_H

#include "measure/fusion/fuse.h"

enum { AGAIN_ROWS_MOST = 16 };
extern const struct option_def fuse_again_options[];
extern const size_t fuse_n_again_options;

/* One policy. */
struct again_row {
    double least; /* gain from which it asks; -INFINITY: always, INFINITY: never, NaN: by value and price */
    size_t n, right;
    size_t asked, could; /* second answers; those that are recorded */
    double cost;         /* of what was asked, mean over items */
};
struct again {
    struct again_row row[AGAIN_ROWS_MOST];
    size_t n_rows;
    struct text reference; /* its name; empty: none */
};
/* spec: information-value[,value=V,price=P,...]. Items with a gold answer, each told from the others. */
bool fuse_again(const char *spec, const struct agent_log *log, struct arena *arena, struct again *out,
                struct error *err) MUST_CHECK;

#endif
