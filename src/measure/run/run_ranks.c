/* Ranks of confidences among all items of a task: see run_internal.h. */
#include "measure/run/run_internal.h"

#include "measure/rules/situated.h"

#include <math.h>

static bool grow(struct run_ranks *r, uint64_t n, struct error *err) {
    if (n <= r->capacity) return true;
    uint64_t more = r->capacity ? 2 * r->capacity : 1024;
    while (more < n) more *= 2;
    if (!r->values && !(r->values = memory_zeroed(r->steps, sizeof *r->values)))
        return error_memory(err, "confidences");
    for (size_t s = 0; s < r->steps; s++) {
        double *grown = memory_grow(r->values[s], more, sizeof *grown);
        if (!grown) return error_memory(err, "confidences");
        r->values[s] = grown;
    }
    r->capacity = more;
    return true;
}

bool run_ranks_put(struct run_ranks *r, size_t step, uint64_t position, double confidence, struct error *err) {
    if (!r->collecting) return true;
    if (!grow(r, position + 1, err)) return false;
    r->values[step][position] = confidence;
    if (position + 1 > r->n) r->n = position + 1;
    return true;
}

double run_ranks_get(const struct run_ranks *r, size_t step, uint64_t position) {
    return r->known && position < r->n ? r->values[step][position] : (double)NAN;
}

bool run_ranks_count(struct run_ranks *r, struct error *err) {
    double *ranks = memory_grow(NULL, r->n + 1, sizeof *ranks);
    bool ok = ranks || error_memory(err, "ranks");
    for (size_t s = 0; ok && s < r->steps && r->values; s++) {
        ok = situated_percentiles(r->values[s], ranks, r->n, err);
        for (uint64_t i = 0; ok && i < r->n; i++) r->values[s][i] = ranks[i];
    }
    memory_free(ranks);
    r->collecting = false;
    r->known = true;
    return ok;
}

void run_ranks_done(struct run_ranks *r) {
    for (size_t s = 0; r->values && s < r->steps; s++) memory_free(r->values[s]);
    memory_free(r->values);
    *r = (struct run_ranks){0};
}
