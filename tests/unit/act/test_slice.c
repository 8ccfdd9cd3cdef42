/* Slices of a teacher: published maps and divergence, derivatives against finite differences, a student that is its teacher, and the
 * choice of c against a teacher whose over-confidence is known. */
#include "check.h"

#include "act/objective/slice.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { V = 12, K = 5 };

static void test_maps(void **state) {
    (void)state;
    static const double p[K] = {.90, .05, .03, .015, .005};
    static const struct {
        struct slice_mend mend;
        double w[K];
    } rows[] = {
        {{SLICE_PAPER, 1, 0, 0}, {.3749, .1602, .1570, .1547, .1532}},
        {{SLICE_PAPER, .5, 0, 0}, {.5898, .1077, .1035, .1005, .0985}},
        {{SLICE_PAPER, .3, 0, 0}, {.8218, .0483, .0452, .0430, .0416}},
        {{SLICE_PAPER, .2, 0, 0}, {.9519, .0136, .0123, .0114, .0108}},
        {{SLICE_PAPER, .1, 0, 0}, {.9994, .0002, .0002, .0001, .0001}},
        {{SLICE_POWER, 2, 0, 0}, {.6166, .1453, .1126, .0796, .0460}},
        {{SLICE_POWER, .5, 0, 0}, {.9955, .0031, .0011, .0003, .0000}},
        {{SLICE_SMOOTH, 1, .1, 0}, {.8, .075, .055, .04, .03}},
        {{SLICE_LINEAR, 1, 0, 1e-6}, {.90, .05, .03, .015, .005}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        double w[K], sum = 0;
        slice_mend(&rows[r].mend, p, K, w);
        for (int i = 0; i < K; i++) {
            check_near(w[i], rows[r].w[i], 5.1e-5);
            sum += w[i];
        }
        check_near(sum, 1, 1e-12);
    }
    /* No claim goes beyond exp(1/c) / (exp(1/c) + 4), reached by a slice that is sure. */
    static const double sure[K] = {1, 0, 0, 0, 0};
    static const struct {
        double c, most;
    } ceilings[] = {{1, .4046}, {.3, .8751}, {.1, .9998}};
    for (int r = 0; r < 3; r++) {
        double w[K];
        slice_mend(&(struct slice_mend){SLICE_PAPER, ceilings[r].c, 0, 0}, sure, K, w);
        check_near(w[0], ceilings[r].most, 5.1e-5);
    }
}

static void random_row(struct rng *rng, float *logits, int32_t *ids, double *w, double *rest) {
    double sum = 0;
    for (int v = 0; v < V; v++) logits[v] = (float)(2 * rng_normal(rng));
    for (int i = 0; i < K; i++) ids[i] = (int32_t)((i * 5 + 2) % V);
    for (int i = 0; i < K; i++) sum += w[i] = 0.05 + rng_unit(rng);
    for (int i = 0; i < K; i++) w[i] /= sum;
    *rest = 0.3 * rng_unit(rng);
}

static void test_divergence(void **state) {
    (void)state;
    static const double w[K] = {.90, .05, .03, .015, .005}, q[K] = {.6, .2, .1, .06, .04};
    float logits[K];
    int32_t ids[K];
    double p[K], gradient[K];
    for (int i = 0; i < K; i++) {
        ids[i] = i;
        logits[i] = (float)log(q[i]);
    }
    check_near(slice_divergence(SLICE_FIVE, logits, K, ids, w, K, 0, p, gradient), 0.228293, 5e-7);
    check_near(slice_divergence(SLICE_SIX, logits, K, ids, w, K, 0, p, gradient), 0.228293, 5e-7);
    /* The student is its teacher and nothing is left out: no loss, nothing to learn. */
    for (int form = SLICE_SIX; form <= SLICE_FIVE; form++) {
        double same[K];
        slice_divergence((enum slice_form)form, logits, K, ids, w, K, 0, same, gradient);
        check_near(slice_divergence((enum slice_form)form, logits, K, ids, same, K, 0, p, gradient), 0, 1e-12);
        for (int v = 0; v < K; v++) check_near(gradient[v], 0, 1e-12);
    }
}

/* The logits are f32: steps are taken that f32 holds exactly. */
static void test_derivatives(void **state) {
    (void)state;
    struct rng rng = rng_stream(1, "slices", 0);
    for (int form = SLICE_SIX; form <= SLICE_FIVE_SOFTMAX; form++)
        for (int round = 0; round < 20; round++) {
            float logits[V];
            int32_t ids[K];
            double w[K], rest, p[V], gradient[V], scratch[V];
            random_row(&rng, logits, ids, w, &rest);
            for (int v = 0; v < V; v++) logits[v] = roundf(logits[v] * 1024) / 1024;
            slice_divergence((enum slice_form)form, logits, V, ids, w, K, rest, p, gradient);
            for (int v = 0; v < V; v++) {
                float keep = logits[v], h = 1.0f / 4096;
                double side[4];
                for (int s = 0; s < 4; s++) { /* of fourth order */
                    logits[v] = keep + h * (float[]){2, 1, -1, -2}[s];
                    side[s] = slice_divergence((enum slice_form)form, logits, V, ids, w, K, rest, p, scratch);
                }
                logits[v] = keep;
                double slope = (-side[0] + 8 * side[1] - 8 * side[2] + side[3]) / (12 * (double)h);
                check_near(gradient[v], slope, 1e-6 * fmax(1e-2, fabs(slope)));
            }
        }
}

/* What the forms leave alone: five buckets give nothing outside the slice, six do. */
static void test_outside(void **state) {
    (void)state;
    struct rng rng = rng_stream(2, "slices", 0);
    float logits[V];
    int32_t ids[K];
    double w[K], rest, p[V], gradient[V], moved = 0;
    random_row(&rng, logits, ids, w, &rest);
    slice_divergence(SLICE_FIVE, logits, V, ids, w, K, rest, p, gradient);
    for (int v = 0; v < V; v++) {
        bool inside = false;
        for (int i = 0; i < K; i++) inside |= ids[i] == v;
        if (!inside) check_near(gradient[v], 0, 0);
    }
    slice_divergence(SLICE_SIX, logits, V, ids, w, K, rest, p, gradient);
    for (int i = 0; i < K; i++) moved += gradient[ids[i]];
    assert_true(fabs(moved) > 1e-6);
}

struct seen {
    int n;
    double first, at_best, best;
};

static void tell(void *context, double c, double ece) {
    struct seen *s = context;
    if (s->n++ == 0) s->first = ece;
    if (fabs(c - s->best) < 1e-12) s->at_best = ece;
}

/* Tokens come with the probabilities q; the teacher claims q^2 / sum. The power map with c = 2 gives q back. */
static void test_fit(void **state) {
    (void)state;
    enum { N = 20000 };
    static struct slice_case cases[N];
    static double p[N][K];
    struct rng rng = rng_stream(3, "slices", 0);
    for (int i = 0; i < N; i++) {
        double q[K], sum = 0, sharp = 0, draw;
        for (int k = 0; k < K; k++) sum += q[k] = exp(1.5 * rng_normal(&rng));
        for (int k = 0; k < K; k++) q[k] /= sum;
        for (int k = 1; k < K; k++) /* falling */
            for (int j = k; j > 0 && q[j] > q[j - 1]; j--) {
                double t = q[j];
                q[j] = q[j - 1];
                q[j - 1] = t;
            }
        for (int k = 0; k < K; k++) sharp += q[k] * q[k];
        for (int k = 0; k < K; k++) p[i][k] = q[k] * q[k] / sharp;
        draw = rng_unit(&rng);
        cases[i] = (struct slice_case){p[i], 0, draw < q[0]};
    }
    struct seen seen = {.best = -1};
    struct slice_mend mend = {SLICE_POWER, 1, 0, 0};
    double c = slice_fit(mend, false, cases, N, K, tell, &seen);
    check_near(c, 2, 0.12);
    assert_int_equal(seen.n, 21 + 16);
    mend.c = 1;
    double raw = slice_ece(&mend, false, cases, N, K);
    mend.c = c;
    double mended = slice_ece(&mend, false, cases, N, K);
    assert_true(raw > 0.1 && mended < 0.015);
    /* FIRST's own grid has an inner minimum, too. */
    mend.map = SLICE_PAPER;
    c = slice_fit(mend, false, cases, N, K, NULL, NULL);
    assert_true(c > 0.1 && c < 1);
    mend.c = 1;
    raw = slice_ece(&mend, false, cases, N, K);
    mend.c = c;
    assert_true(slice_ece(&mend, false, cases, N, K) < raw);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maps),    cmocka_unit_test(test_divergence), cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_outside), cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
