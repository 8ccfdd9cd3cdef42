/* Areas of known agents: see calibrate_area.h. Requests are drawn as the released code draws them: each attribute in
 * 0..1, each mask bit with chance 1/2, redrawn until one is set. */
#include "measure/material/calibrate_area.h"

#include "base/arena.h"
#include "base/rng.h"
#include "measure/statistics/area.h"

#include <math.h>
#include <stdio.h>

enum { TRIALS = 100000, ATTRIBUTES_MOST = 5 };

enum agent { HALF, ANY, BEST_OF_THREE };

/* Mean error over the attributes that are asked for. */
static double trial(struct rng *rng, enum agent agent, size_t k) {
    double wanted[ATTRIBUTES_MOST], best = INFINITY;
    bool asked[ATTRIBUTES_MOST];
    size_t n = 0;
    for (size_t i = 0; i < k; i++) wanted[i] = rng_unit(rng);
    while (!n)
        for (size_t i = 0; i < k; i++) n += asked[i] = rng_u32(rng) & 1;
    for (size_t segment = 0; segment < (agent == BEST_OF_THREE ? 3 : 1); segment++) {
        double sum = 0;
        for (size_t i = 0; i < k; i++) {
            double shown = agent == HALF ? 0.5 : rng_unit(rng);
            sum += asked[i] ? fabs(shown - wanted[i]) : 0;
        }
        best = fmin(best, sum / (double)n);
    }
    return best;
}

bool calibrate_area(uint64_t seed, calibrate_report *report, void *context, struct error *err) {
    static const struct { double error, area; } constant[] = {{0, 0.990}, {0.05, 0.58}, {0.1, 0.45}, {0.3, 0.24}};
    static const struct {
        const char *name;
        enum agent agent;
        double area[3]; /* of 2, 3, 5 attributes */
    } agents[] = {{"always shows one half", HALF, {0.32, 0.31, 0.30}},
                  {"shows anything", ANY, {0.28, 0.27, 0.25}},
                  {"best of three at random", BEST_OF_THREE, {0.43, 0.40, 0.35}}};
    static const size_t sizes[] = {2, 3, 5};
    const struct calibrate_out out = {report, context};
    double *error = memory_zeroed(TRIALS, sizeof *error);
    char name[96];
    if (!error) return error_memory(err, "trials");
    for (size_t c = 0; c < sizeof constant / sizeof *constant; c++) {
        snprintf(name, sizeof name, "area of a constant error of %g", constant[c].error);
        calibrate_number(&out, name, constant[c].area, stat_tracking_area(&constant[c].error, 1), 1e-12, "");
    }
    for (size_t a = 0; a < sizeof agents / sizeof *agents; a++)
        for (size_t s = 0; s < 3; s++) {
            snprintf(name, sizeof name, "area, %s, %zu attributes", agents[a].name, sizes[s]);
            struct rng rng = rng_stream(seed, name, 0);
            for (size_t i = 0; i < TRIALS; i++) error[i] = trial(&rng, agents[a].agent, sizes[s]);
            calibrate_number(&out, name, agents[a].area[s], stat_tracking_area(error, TRIALS), 0.006,
                             "100,000 requests; stated to two digits");
        }
    memory_free(error);
    return true;
}
