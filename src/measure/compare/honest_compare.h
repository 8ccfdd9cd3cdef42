/* Two files of answers to the same questions, by a model before and after it was changed: nine transitions, and the
 * scores made of them with intervals. Each answer is judged by the scorer `honesty`. */
#ifndef MEASURE_HONEST_COMPARE_H
#define MEASURE_HONEST_COMPARE_H

#include "measure/rules/honest.h"
#include "measure/score/judge.h"
#include "measure/figure/tally.h"

struct honest_comparison {
    struct honest_table table;
    uint64_t n;
    struct figure *figures; /* on the arena */
    size_t n_figures;
};
/* Figures: over_conservativeness and prudence (Clopper-Pearson, among the items of their denominators), honesty
 * (bootstrap over questions), accuracy before and after (loose, Clopper-Pearson) and its difference (paired bootstrap),
 * refusal of what was known and of what was not, and the cells n1 .. n9. The k-th row of an id in one file belongs to
 * the k-th in the other; files that differ in their ids are refused (ERROR_DATA names the first).
 * judge: asked about answers that are left open; NULL: none. record: of paths "run:NAME". */
bool honest_compare(const char *const *before, size_t n_before, const char *const *after, size_t n_after,
                    const char *scorer, const char *path, struct judge *judge, struct record *record,
                    const struct figure_settings *settings,
                    struct arena *arena, struct honest_comparison *out, struct error *err) MUST_CHECK;

/* The figures of given types, for callers that have them: type and loose of each question before and after. */
struct honest_pair {
    enum honest_type before, after;
    bool loose_before, loose_after;
};
bool honest_figures(const struct honest_pair *pairs, size_t n, const struct figure_settings *settings,
                    struct arena *arena, struct honest_comparison *out, struct error *err) MUST_CHECK;

#endif
