/* Comparing what was drawn: see calibrate_pairs.h. */
#include "measure/material/calibrate_pairs.h"

#include "measure/compare/compare_internal.h"

#include <math.h>

struct calibrate_pairs {
    struct compare_task task;
    struct comparison out;
    struct arena arena, kept; /* of one comparison; of all */
    struct metric_use use;
    const char *metric;
};

struct calibrate_pairs *calibrate_pairs_new(const char *metric, double confidence, uint64_t resamples,
                                            struct error *err) {
    struct calibrate_pairs *p = memory_zeroed(1, sizeof *p);
    if (!p) return error_memory(err, "comparisons"), NULL;
    arena_init(&p->arena, (size_t)1 << 28);
    arena_init(&p->kept, (size_t)1 << 28);
    p->out.arena = &p->arena;
    p->metric = metric;
    p->task = (struct compare_task){.out = &p->out,
                                    .name = "t",
                                    .arena = &p->arena,
                                    .unplanned = true,
                                    .spec = {.task = "t", .scorer = "match", .uses = &p->use, .n_uses = 1},
                                    .figures = {.confidence = confidence, .bootstrap = resamples, .seed = 1}};
    if (metric_use_plain(metric, &p->kept, &p->use, err)) return p;
    calibrate_pairs_free(p);
    return NULL;
}

void calibrate_pairs_free(struct calibrate_pairs *p) {
    if (!p) return;
    arena_done(&p->arena);
    arena_done(&p->kept);
    memory_free(p);
}

static bool add_side(const struct calibrate_pairs *p, struct tally *tally, const double *x, size_t n,
                     struct error *err) {
    json_t *parts = json_pack("{s:f}", p->metric, 0.0);
    bool ok = parts || error_memory(err, "scores");
    for (size_t i = 0; ok && i < n; i++) {
        struct record_row row = {
            .task = TEXT("t"), .position = i, .answer = 1, .scored = true, .value = NAN, .evidence = parts};
        ok = (json_real_set(json_object_get(parts, p->metric), x[i]) == 0 || error_memory(err, "scores")) &&
             tally_add(tally, &row, err);
    }
    json_decref(parts);
    return ok;
}

bool calibrate_pairs_compare(struct calibrate_pairs *p, const double *a, const double *b, size_t n, uint64_t seed,
                             struct compare_row *row, struct figure *figure, struct error *err) {
    static const uint16_t none[2];
    struct tally *tally[2] = {0};
    struct tally_selection side[2] = {0};
    bool shown, ok = true;
    arena_reset(&p->arena);
    p->task.figures.seed = seed;
    for (int i = 0; ok && i < 2; i++)
        ok = (tally[i] = tally_new_of(&p->task.spec, &p->task.figures, err)) &&
             add_side(p, tally[i], i ? b : a, n, err) && tally_selection_open(&side[i], tally[i], &p->arena, err) &&
             tally_use_metric(&side[i], &p->use, err);
    ok = ok && compare_paired_row(&p->task, side, SIZE_MAX, none, NULL, row, figure, &shown, err);
    for (int i = 0; i < 2; i++) {
        if (tally[i]) tally_selection_close(&side[i]);
        tally_free(tally[i]);
    }
    return ok;
}

bool calibrate_pairs_judge(struct calibrate_pairs *p, const struct gate *gate, const struct compare_row *row,
                           const struct figure *figure, enum gate_verdict *verdict, struct error *err) {
    struct figure difference = compare_difference(row, figure);
    struct gate_figures figures = {.figures = figure,
                                   .n = 1,
                                   .differences = &difference,
                                   .n_differences = 1,
                                   .confidence = p->task.figures.confidence};
    struct gate_result result;
    if (!gate_judge(gate, &figures, &p->arena, &result, err)) return false;
    *verdict = result.verdict;
    return true;
}

void calibrate_pairs_draw(struct rng *rng, double effect, double *a, double *b, size_t n) {
    double own = CALIBRATE_PAIRS_DEVIATION / sqrt(2);
    for (size_t i = 0; i < n; i++) {
        double item = 0.5 + 0.1 * rng_normal(rng);
        a[i] = item + own * rng_normal(rng);
        b[i] = item + own * rng_normal(rng) + effect;
    }
}
