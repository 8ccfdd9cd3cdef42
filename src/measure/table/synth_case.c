/* What several figures of one candidate need, computed once. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include <math.h>

static bool measure_distances(struct synth_case *c, struct error *err) {
    size_t n = c->table.rows;
    c->to_train = arena_new(c->arena, double, n *SYNTH_NEAR_K, err);
    c->to_test = arena_new(c->arena, double, n, err);
    return c->to_train && c->to_test &&
           synth_near(c->pool, &c->points, &c->fold->train_panels, SYNTH_NEAR_K, false, c->to_train, NULL, err) &&
           synth_near(c->pool, &c->points, &c->fold->test_panels, 1, false, c->to_test, NULL, err);
}

bool synth_case_new(const struct synth_fold *fold, const struct synth_table *table, struct synth_model *real,
                    struct pool *pool, uint64_t seed, double confidence, struct arena *arena, struct synth_case *out,
                    struct error *err) {
    *out = (struct synth_case){.fold = fold,
                               .pool = pool,
                               .arena = arena,
                               .seed = seed,
                               .confidence = confidence,
                               .table = *table,
                               .advantage = NAN,
                               .low = NAN,
                               .real = real};
    return synth_points_of(&fold->code, table->x, table->rows, arena, &out->points, err) &&
           synth_panels_of(&out->points, arena, &out->panels, err) &&
           synth_bins_of(&fold->binning, table, arena, &out->bins, err) &&
           (out->mi = synth_information(&fold->binning, out->bins, table->rows, arena, err)) &&
           measure_distances(out, err);
}
