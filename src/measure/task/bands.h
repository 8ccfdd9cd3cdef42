/* Bands: where the figures of a suite should lie. A suite lists them under `bands`; they stand in the settings of each
 * of its runs, so a report can judge them again. The estimate decides; its interval is told beside it. Each band is
 *
 *   {name, task, figure, group?, minus?, over?, from?, to?}
 *
 * group: "FIELD=VALUE"; minus or over: {task?, figure?, group?} of another figure (what is left out is that of the
 * band), which is subtracted or divided by; from, to: the ends, both included, at least one of them. */
#ifndef MEASURE_BANDS_H
#define MEASURE_BANDS_H

#include "base/yaml.h"
#include "record/record.h"

/* Adds the bands of a suite's node to a JSON list; unknown keys and values of a wrong kind are ERROR_DATA with their
 * place. */
bool bands_read(const struct yaml *node, json_t *bands, struct error *err) MUST_CHECK;

struct band {
    const char *name, *task, *what; /* what: "exact_match of told=common", ": ... less ..." and so on, for people */
    double from, to;                /* -INFINITY, INFINITY: open */
    double value, lo, hi;           /* NaN: not measured; no interval */
    uint64_t n;                     /* the smaller of both figures' */
    bool met;                       /* not measured: not met */
};
/* The bands of a list against the figures of a run; everything on the arena, names borrowed from the list. */
bool bands_judge(const json_t *bands, const struct figure *figures, size_t n_figures, struct arena *arena,
                 struct band **out, size_t *n, struct error *err) MUST_CHECK;
size_t bands_missed(const struct band *bands, size_t n);

#endif
