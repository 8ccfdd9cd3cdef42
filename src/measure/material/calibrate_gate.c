/* Gates on differences, simulated: see calibrate_gate.h. */
#include "measure/material/calibrate_gate.h"

#include "measure/material/calibrate_pairs.h"
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { WHAT = 120, NAME = 200, ITEMS = 400, PAIRS = 60, RESAMPLES = 499, REPEAT_LEAST = 1000 };
#define LEVEL 0.95
#define FALSE_FAILURES 0.05 /* the rate that is stated */
#define FALSE_PASSES 0.03
#define FALSE_PASSES_DRAWN 0.035
#define CAUGHT 0.975

struct simulation {
    struct calibrate_out rows;
    uint64_t seed, repeat;
    struct calibrate_pairs *pairs;
    const struct gate *gate;
    double a[ITEMS], b[ITEMS];
};

/* n items, of which the share `differ` differs by chance where nothing has changed. */
struct design {
    uint64_t n;
    double differ;
};
static const struct design designs[] = {{100, 0.1}, {200, 0.02}, {200, 0.3}, {400, 0.1}};
enum { DESIGNS = sizeof designs / sizeof *designs };

static double whole_points(double margin) {
    return ceil(100 * margin - 1e-6) / 100;
}

/* Two subjects that are a yes or a no on each item, the second better by d. */
static void draw_shares(struct rng *rng, const struct design *design, double d, double *a, double *b) {
    double differ = fmax(design->differ, fabs(d));
    for (uint64_t i = 0; i < design->n; i++) {
        double u = rng_unit(rng);
        bool gained = u < (differ + d) / 2, lost = !gained && u < differ;
        a[i] = lost || (!gained && rng_unit(rng) < 0.7);
        b[i] = gained || (!lost && a[i] == 1);
    }
}

/* How often of `repeat` times the gate is not met, which is exit code 1; design NULL: of fractions. */
static bool failures(struct simulation *s, const struct design *design, double d, const char *stream, double *share,
                     struct error *err) {
    uint64_t failed = 0, n = design ? design->n : PAIRS;
    for (uint64_t r = 0; r < s->repeat; r++) {
        struct rng rng = rng_stream(s->seed, stream, n * s->repeat + r);
        struct compare_row row;
        struct figure figure;
        enum gate_verdict verdict;
        if (design)
            draw_shares(&rng, design, d, s->a, s->b);
        else
            calibrate_pairs_draw(&rng, d, s->a, s->b, n);
        if (!calibrate_pairs_compare(s->pairs, s->a, s->b, n, r + 1, &row, &figure, err) ||
            !calibrate_pairs_judge(s->pairs, s->gate, &row, &figure, &verdict, err))
            return false;
        failed += verdict != GATE_MET;
    }
    *share = (double)failed / (double)s->repeat;
    return true;
}

/* Three subjects under one gate: unchanged, worse by twice the margin, and by half of it. chance: of failing by half of
 * it; NaN: not known. */
static bool drawn(struct simulation *s, const char *what, const struct design *design, double margin, double unchanged,
                  double chance, struct error *err) {
    char name[NAME], how[NAME];
    double share;
    if (!failures(s, design, 0, "gate/unchanged", &share, err)) return false;
    snprintf(name, sizeof name, "unchanged: fails, %s", what);
    snprintf(how, sizeof how, "%" PRIu64 " comparisons; %s %.4f", s->repeat,
             design ? "summed over all outcomes" : "by the normal law", unchanged);
    calibrate_range(&s->rows, name, share, 0, FALSE_FAILURES, how);
    if (!failures(s, design, -2 * margin, "gate/worse", &share, err)) return false;
    snprintf(name, sizeof name, "worse by twice that: fails, %s", what);
    snprintf(how, sizeof how, "%" PRIu64 " comparisons", s->repeat);
    calibrate_range(&s->rows, name, share, CAUGHT, 1, how);
    if (isnan(chance)) return true;
    if (!failures(s, design, -margin / 2, "gate/half", &share, err)) return false;
    snprintf(name, sizeof name, "worse by half of that: fails, %s", what);
    snprintf(how, sizeof how, "%" PRIu64 " comparisons; expected: summed over all outcomes", s->repeat);
    calibrate_number(&s->rows, name, chance, share, 0.04, how);
    return true;
}

static bool set_gate(struct simulation *s, const char *metric, double margin, struct arena *arena, struct error *err) {
    char *text = arena_printf(arena, err, "d(%s) >= -%.2f", metric, margin);
    s->gate = text ? gate_parse(text_of(text), arena, err) : NULL;
    calibrate_pairs_free(s->pairs);
    s->pairs = s->gate ? calibrate_pairs_new(metric, LEVEL, RESAMPLES, err) : NULL;
    return s->pairs != NULL;
}

static bool shares(struct simulation *s, const struct design *design, struct arena *arena, struct error *err) {
    uint64_t n = design->n;
    double differ = design->differ, margin = smallest_margin_shares(n, differ, LEVEL, 1 - FALSE_FAILURES);
    char what[WHAT], name[NAME];
    margin = whole_points(margin);
    snprintf(what, sizeof what, "n = %" PRIu64 ", %g differ, d >= -%.2f", n, differ, margin);
    snprintf(name, sizeof name, "worse by that: passes, %s", what);
    calibrate_range(&s->rows, name, stat_paired_shares_pass(n, fmax(differ, margin), -margin, margin, LEVEL), 0,
                    FALSE_PASSES, "summed over all outcomes");
    if (s->repeat < REPEAT_LEAST) return true;
    double half = 1 - stat_paired_shares_pass(n, fmax(differ, margin / 2), -margin / 2, margin, LEVEL);
    return set_gate(s, "exact_match", margin, arena, err) &&
           drawn(s, what, design, margin, 1 - stat_paired_shares_pass(n, differ, 0, margin, LEVEL), half, err);
}

/* The paired bootstrap: the margin as of Student's t with the deviation that is drawn. */
static bool fractions(struct simulation *s, struct arena *arena, struct error *err) {
    double error = CALIBRATE_PAIRS_DEVIATION / sqrt(PAIRS), t = stat_t_quantile((1 + LEVEL) / 2, PAIRS - 1), share;
    double margin = whole_points((t + stat_t_quantile(1 - FALSE_FAILURES, PAIRS - 1)) * error);
    char what[WHAT], name[NAME], how[NAME];
    snprintf(what, sizeof what, "%d fractions, d >= -%.2f", PAIRS, margin);
    if (!set_gate(s, "token_f1", margin, arena, err) ||
        !drawn(s, what, NULL, margin, stat_normal_cdf(t - margin / error), NAN, err) ||
        !failures(s, NULL, -margin, "gate/at", &share, err))
        return false;
    snprintf(name, sizeof name, "worse by that: passes, %s", what);
    snprintf(how, sizeof how, "%" PRIu64 " comparisons", s->repeat);
    calibrate_range(&s->rows, name, 1 - share, 0, FALSE_PASSES_DRAWN, how);
    return true;
}

bool calibrate_gate(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct simulation *s = memory_zeroed(1, sizeof *s);
    struct arena arena;
    if (!s) return error_memory(err, "gates");
    arena_init(&arena, (size_t)1 << 24);
    s->rows = (struct calibrate_out){report, context};
    s->seed = seed;
    s->repeat = repeat ? repeat : 1000;
    bool ok = true;
    for (size_t i = 0; ok && i < DESIGNS; i++) ok = shares(s, &designs[i], &arena, err);
    if (s->repeat < REPEAT_LEAST)
        calibrate_skip(&s->rows, "what is drawn", "fewer than 1000 repetitions show too little");
    else
        ok = ok && fractions(s, &arena, err);
    calibrate_pairs_free(s->pairs);
    arena_done(&arena);
    memory_free(s);
    return ok;
}
