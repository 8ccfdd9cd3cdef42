/* Estimators of effects: fits against what defines them, weights of rows against copies of rows, panels that are known,
 * the population table of the world. How often intervals cover is tested by `calibrate effect`. */
#include "check.h"

#include "base/file.h"
#include "measure/causal/effect.h"
#include "measure/causal/effect_sample.h"
#include "measure/causal/linear.h"
#include "measure/world/world_table.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* ---- fits ---- */

enum { N = 200, P = 5 };
static void draw_rows(struct rng *rng, double *x, double *y, double *t, double *w) {
    for (size_t i = 0; i < N; i++) {
        double *row = x + i * P;
        row[0] = 1;
        for (size_t j = 1; j < P; j++) row[j] = rng_normal(rng);
        y[i] = row[1] - 2 * row[2] + rng_normal(rng);
        t[i] = rng_unit(rng) < logistic_share(row[1] - 0.5);
        w[i] = (double)rng_below(rng, 3);
    }
}

/* The slope of what is minimised is zero at the fit. */
static void fits_have_no_slope(void **state) {
    static double x[N * P], y[N], t[N], w[N];
    double beta[P], slope;
    (void)state;
    for (size_t round = 0; round < 50; round++) {
        struct rng rng = rng_stream(1, "test/fits", round);
        double penalty = (double)round / 10;
        draw_rows(&rng, x, y, t, w);
        check_ok(linear_fit(x, N, P, y, w, penalty, beta, NULL, &arena, &err));
        for (size_t j = 0; j < P; j++) {
            slope = j ? -penalty * beta[j] : 0;
            for (size_t i = 0; i < N; i++) slope += w[i] * x[i * P + j] * (y[i] - linear_predict(x + i * P, beta, P));
            check_near(slope, 0, 1e-9);
        }
        memset(beta, 0, sizeof beta);
        check_ok(logistic_fit(x, N, P, t, w, penalty, beta, &arena, &err));
        for (size_t j = 0; j < P; j++) {
            slope = j ? -penalty * beta[j] : 0;
            for (size_t i = 0; i < N; i++)
                slope += w[i] * x[i * P + j] * (t[i] - logistic_share(linear_predict(x + i * P, beta, P)));
            check_near(slope, 0, 1e-3);
        }
        arena_reset(&arena);
    }
}

/* A column that is the sum of others changes nothing but its own coefficient. */
static void dependent_columns_are_left_out(void **state) {
    static double x[N * P], y[N], t[N], w[N], wide[N * (P + 1)];
    double beta[P], more[P + 1], inverse[(P + 1) * (P + 1)];
    struct rng rng = rng_stream(1, "test/dependent", 0);
    (void)state;
    draw_rows(&rng, x, y, t, w);
    for (size_t i = 0; i < N; i++) {
        memcpy(wide + i * (P + 1), x + i * P, P * sizeof *x);
        wide[i * (P + 1) + P] = x[i * P + 1] - 3 * x[i * P + 2] + 1;
    }
    check_ok(linear_fit(x, N, P, y, w, 0, beta, NULL, &arena, &err));
    check_ok(linear_fit(wide, N, P + 1, y, w, 0, more, inverse, &arena, &err));
    for (size_t j = 0; j < P; j++) check_near(more[j], beta[j], 1e-9);
    check_near(more[P], 0, 0);
    check_near(inverse[(P + 1) * (P + 1) - 1], 0, 0);
    arena_reset(&arena);
}

/* ---- tables from a file ---- */

static char *path_of(const char *name) {
    char *path = arena_printf(&arena, &err, "%s/basanite-effect-%d-%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
                              (int)getpid(), name);
    assert_non_null(path);
    return path;
}

static bool estimate(const char *text, const char *name, const char *spec, const char *covariates, uint64_t resamples,
                     struct pool *pool, struct effect_result *out) {
    const char *path = path_of(name);
    struct effect_settings s = {.tables = &path,
                                .n_tables = 1,
                                .treatment = "t",
                                .outcome = "y",
                                .covariates = covariates,
                                .estimator = spec,
                                .confidence = 0.95,
                                .bootstrap = resamples,
                                .seed = 1,
                                .pool = pool};
    if (!file_write(path, text_of(text), &err)) return false;
    bool ok = effect_estimate_table(&s, &arena, out, &err);
    remove(path);
    return ok;
}

static double figure(const struct effect_result *r, const char *name) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0) return r->figures[i].value;
    fail_msg("no figure '%s'", name);
    return NAN;
}

/* A unit that is exactly half of one and half of another before, and two below that afterwards. */
static void synthetic_control_finds_a_mixture(void **state) {
    struct buffer b;
    struct effect_result r;
    (void)state;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "unit,time,post,t,y\n");
    for (int time = 0; time < 12; time++) {
        double one = 10 + time + 3 * sin(time), other = 20 - 0.5 * time + 2 * cos(2 * time);
        double third = 4 * sin(time + 1), fourth = 40 + 5 * cos(time);
        double mixed = (one + other) / 2 - (time >= 8 ? 2 : 0), all[] = {mixed, one, other, third, fourth};
        for (int u = 0; u < 5; u++) buffer_printf(&b, "%d,%d,%d,%d,%.17g\n", u, time, time >= 8, u == 0, all[u]);
    }
    check_ok(estimate(b.at, "panel.csv", "synthetic,unit=unit,time=time,post=post", NULL, 0, NULL, &r));
    check_near(figure(&r, "att"), -2, 1e-5);
    check_near(figure(&r, "gap_before"), 0, 1e-5);
    check_near(figure(&r, "largest_weight"), 0.5, 1e-5);
    check_near(figure(&r, "placebo_p"), 0.2, 1e-12);
    check_fails(estimate(b.at, "panel.csv", "synthetic,unit=t,time=time,post=post", NULL, 0, NULL, &r), ERROR_DATA,
                "rows for 2 units");
    buffer_done(&b);
    arena_reset(&arena);
}

static void bad_panels_are_named(void **state) {
    struct effect_result r;
    (void)state;
    check_fails(estimate("t,y,post\n0,1,0\n1,2,0\n0,1,0\n1,3,0\n", "a.csv", "did,post=post", NULL, 0, NULL, &r),
                ERROR_DATA, "'post' is 0 in all rows");
    check_fails(estimate("t,y,post\n0,1,0\n1,2,2\n0,1,0\n1,3,1\n", "b.csv", "did,post=post", NULL, 0, NULL, &r),
                ERROR_DATA, ":3: 'post': expected 0 or 1");
    check_fails(estimate("t,y,post\n0,1,0\n1,2,0\n0,1,1\n0,3,1\n", "c.csv", "did,post=post", NULL, 0, NULL, &r),
                ERROR_DATA, "both before and after");
    check_fails(estimate("t,y,post,u\n0,1,0,1\n1,2,1,1\n1,1,0,2\n1,3,1,2\n0,3,1,3\n0,2,0,3\n", "d.csv",
                         "did,post=post,unit=u", NULL, 0, NULL, &r),
                ERROR_DATA, "is treated in some rows and not in others");
    check_fails(estimate("t,y,m\n0,1,a\n1,2,b\n0,1,a\n1,3,b\n", "e.csv", "front-door,mediator=m", NULL, 0, NULL, &r),
                ERROR_DATA, "in rows of one treatment only");
    check_fails(estimate("{\"t\":1,\"y\":[2]}\n", "f.jsonl", "difference", NULL, 0, NULL, &r), ERROR_DATA,
                ":1: 'y': expected a text or a number");
    check_fails(estimate("{\"t\":1,\"y\":2}\n{\"t\":0,\"y\":2,\"z\":1}\n", "g.jsonl", "difference", NULL, 0, NULL, &r),
                ERROR_DATA, ":2: a key that the first row does not have");
    arena_reset(&arena);
}

static void tables_of_both_forms_are_the_same(void **state) {
    struct effect_result csv, jsonl;
    (void)state;
    check_ok(estimate("t,y,k\nyes,1,a\nno,2,\nyes,4,b\nno,0,b\nno,1,a\n", "a.csv", "difference", NULL, 0, NULL, &csv));
    check_ok(
        estimate("{\"t\":\"yes\",\"y\":1}\n{\"t\":\"no\",\"y\":2}\n{\"t\":\"yes\",\"y\":4}\n{\"t\":\"no\",\"y\":0}\n"
                 "{\"t\":\"no\",\"y\":1}\n",
                 "a.jsonl", "difference", NULL, 0, NULL, &jsonl));
    check_near(figure(&csv, "ate"), 1.5, 1e-15);
    check_near(figure(&jsonl, "ate"), 1.5, 1e-15);
    arena_reset(&arena);
}

/* ---- a large table: the same for any threads, and fast ---- */

static void resamples_are_the_same_for_any_threads(void **state) {
    struct buffer b;
    struct effect_result one, many;
    (void)state;
    buffer_init(&b, 8 << 20);
    buffer_put_c(&b, "t,y,a,b,c,d\n");
    struct rng rng = rng_stream(1, "test/threads", 0);
    for (int i = 0; i < 5000; i++) {
        double x[4];
        for (int j = 0; j < 4; j++) x[j] = rng_normal(&rng);
        int t = rng_unit(&rng) < logistic_share(0.5 * x[0] - 0.5 * x[1]);
        buffer_printf(&b, "%d,%.6f,%.6f,%.6f,%.6f,%.6f\n", t, t + x[0] + x[2] + rng_normal(&rng), x[0], x[1], x[2],
                      x[3]);
    }
    double begun = check_seconds();
    check_ok(estimate(b.at, "large.csv", "aipw", "a,b,c,d", 100, NULL, &one));
    double seconds = check_seconds() - begun;
    struct pool *pool = pool_new(3, &err);
    assert_non_null(pool);
    check_ok(estimate(b.at, "large.csv", "aipw", "a,b,c,d", 100, pool, &many));
    pool_free(pool);
    for (size_t i = 0; i < one.n_figures; i++) {
        assert_memory_equal(&one.figures[i].value, &many.figures[i].value, sizeof(double));
        assert_memory_equal(&one.figures[i].lo, &many.figures[i].lo, sizeof(double));
        assert_memory_equal(&one.figures[i].hi, &many.figures[i].hi, sizeof(double));
    }
    check_near(one.figures[0].value, 1, 0.15);
    print_message("aipw, 5,000 rows, 100 resamples: %.2f s of one processor\n", seconds);
    buffer_done(&b);
    arena_reset(&arena);
}

/* ---- the population ---- */

static void population_follows_its_laws(void **state) {
    double *cells = test_calloc(TABLE_ROWS * TABLE_COLUMNS, sizeof(double)), group = 0, region[4] = {0};
    (void)state;
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        double row[TABLE_COLUMNS];
        table_row(7, 0, i, NULL, row);
        cells[2 * i] = row[TABLE_GROUP], cells[2 * i + 1] = row[TABLE_INCOME];
        group += row[TABLE_GROUP] / TABLE_ROWS;
        region[(size_t)row[TABLE_REGION]] += 1.0 / TABLE_ROWS;
        assert_true(row[TABLE_SCHOOL] >= 4 && row[TABLE_SCHOOL] <= 18 && row[TABLE_AGE] >= 20 && row[TABLE_AGE] < 65);
    }
    check_near(group, 0.3, 0.008); /* three standard errors */
    for (size_t k = 0; k < 4; k++) check_near(region[k], 0.4 - 0.1 * (double)k, 0.009);
    static const char *const names[] = {"group", "income"};
    struct effect_sample found;
    check_ok(effect_sample_estimate(cells, TABLE_ROWS, names, 2, "difference", NULL, 1, &arena, &found, &err));
    assert_true(found.lo <= -3 && -3 <= found.hi);
    test_free(cells);
    arena_reset(&arena);
}

/* Each dial does what it says, and nothing else. */
static void dials_do_what_they_say(void **state) {
    enum { ROWS = 20000 };
    double plain[TABLE_COLUMNS], turned[TABLE_COLUMNS], zero[TABLE_COLUMNS];
    double copies = 0, flips = 0, of_group = 0, others = 0, told = 0, noise = 0, group = 0;
    (void)state;
    struct table_dials none = {.copies = 0}, copied = {.copies = 0.05}, flipped = {.flipped = 0.2},
                       proxy = {.proxy = 0.6};
    struct table_dials noisy = {.noise = 0.4};
    for (size_t i = 0; i < ROWS; i++) {
        table_row(7, 0, i, NULL, zero);
        table_row(7, 1, i, NULL, plain);
        table_row(7, 1, i, &none, turned);
        assert_memory_equal(plain, turned, sizeof plain);
        table_row(7, 1, i, &copied, turned);
        copies += memcmp(turned, zero, sizeof zero) == 0;
        assert_true(memcmp(turned, zero, sizeof zero) == 0 || memcmp(turned, plain, sizeof plain) == 0);
        table_row(7, 1, i, &flipped, turned);
        flips += turned[TABLE_DEFAULT] != plain[TABLE_DEFAULT] && plain[TABLE_GROUP] == 1;
        others += turned[TABLE_DEFAULT] != plain[TABLE_DEFAULT] && plain[TABLE_GROUP] == 0;
        group += plain[TABLE_GROUP];
        table_row(7, 1, i, &proxy, turned);
        told += turned[TABLE_PROXY] == turned[TABLE_GROUP];
        table_row(7, 1, i, &noisy, turned);
        noise += turned[TABLE_DEFAULT] != plain[TABLE_DEFAULT];
        of_group += turned[TABLE_GROUP] == plain[TABLE_GROUP];
    }
    check_near(copies / ROWS, 0.05, 0.005);
    check_near(flips / group, 0.2, 0.017);
    check_near(others, 0, 0);
    check_near(told / ROWS, 0.6 + 0.4 / 2, 0.009);
    check_near(noise / ROWS, 0.4 / 2, 0.009);
    check_near(of_group, ROWS, 0);
}

/* ---- equals: many units with the same covariates ---- */

enum { EQUALS = 400 };
struct equal_unit {
    double y, t;
    int u, v;
};
static int by_outcome(const void *a, const void *b) {
    double x = ((const struct equal_unit *)a)->y, y = ((const struct equal_unit *)b)->y;
    return (x > y) - (x < y);
}

static const char *equals_text(const struct equal_unit *unit, struct buffer *b) {
    buffer_clear(b);
    buffer_put_c(b, "t,y,u,v\n");
    for (size_t i = 0; i < EQUALS; i++)
        buffer_printf(b, "%.0f,%.17g,%d,%d\n", unit[i].t, unit[i].y, unit[i].u, unit[i].v);
    buffer_put_char(b, '\0');
    return b->at;
}

/* The effect of exact strata by u, the error of each as Neyman has it. */
static void exact_strata(const struct equal_unit *unit, double *value, double *error) {
    double variance = 0;
    *value = 0;
    for (int u = 0; u < 2; u++) {
        double n[2] = {0, 0}, sum[2] = {0, 0}, squares[2] = {0, 0};
        for (size_t i = 0; i < EQUALS; i++)
            if (unit[i].u == u) n[unit[i].t == 1]++, sum[unit[i].t == 1] += unit[i].y;
        for (size_t i = 0; i < EQUALS; i++)
            if (unit[i].u == u) squares[unit[i].t == 1] += pow(unit[i].y - sum[unit[i].t == 1] / n[unit[i].t == 1], 2);
        double share = (n[0] + n[1]) / EQUALS;
        *value += share * (sum[1] / n[1] - sum[0] / n[0]);
        for (size_t a = 0; a < 2; a++) variance += share * share * squares[a] / (n[a] - 1) / n[a];
    }
    *error = sqrt(variance);
}

/* Rows in the order of the outcome are the same rows; with one covariate of two values matches and strata are exact. */
static void order_of_rows_says_nothing(void **state) {
    static const char *const specs[] = {"difference", "regression", "ipw", "t-learner", "matching", "strata"};
    struct equal_unit unit[EQUALS], sorted[EQUALS];
    struct rng rng = rng_stream(5, "test/equals", 0);
    struct buffer b;
    (void)state;
    buffer_init(&b, 1 << 20);
    for (size_t i = 0; i < EQUALS; i++) {
        unit[i].u = rng_unit(&rng) < 0.5, unit[i].v = (int)rng_below(&rng, 3);
        unit[i].t = rng_unit(&rng) < (unit[i].u ? 0.7 : 0.3);
        unit[i].y = unit[i].t + 2 * unit[i].u + 0.5 * unit[i].v + rng_normal(&rng);
    }
    memcpy(sorted, unit, sizeof unit);
    qsort(sorted, EQUALS, sizeof *sorted, by_outcome);
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
        for (int both = 0; both < 2; both++) {
            struct effect_result one, other;
            const char *covariates = k == 0 ? NULL : both ? "u,v" : "u";
            check_ok(estimate(equals_text(unit, &b), "drawn.csv", specs[k], covariates, 0, NULL, &one));
            check_ok(estimate(equals_text(sorted, &b), "sorted.csv", specs[k], covariates, 0, NULL, &other));
            check_near(one.figures[0].value, other.figures[0].value, 1e-9);
            check_near(one.figures[0].lo, other.figures[0].lo, 1e-9);
            if (k < 4 || both) continue;
            double value, error;
            exact_strata(unit, &value, &error);
            check_near(one.figures[0].value, value, 1e-6);
            check_near((one.figures[0].hi - one.figures[0].lo) / 2 / 1.959964, error, k == 4 ? 0.02 * error : 1e-6);
        }
    buffer_done(&b);
}

/* Two units at each of four places: each is matched to the one of the other kind there. */
static void matches_are_exact_where_they_can_be(void **state) {
    struct effect_result r;
    (void)state;
    check_ok(estimate("t,y,x\n1,2,0\n0,1,0\n1,5,1\n0,4,1\n1,9,5\n0,7,5\n0,0,9\n1,0,9\n", "pairs.csv", "matching", "x",
                      0, NULL, &r));
    check_near(figure(&r, "ate"), (1 + 1 + 2 + 0) / 4.0, 1e-9);
    check_near(figure(&r, "att"), (1 + 1 + 2 + 0) / 4.0, 1e-9);
}

static void which_value_is_the_treatment(void **state) {
    static const char text[] = "t,y\ndrug,2\nplacebo,1\ndrug,3\nplacebo,2\n";
    struct effect_result r;
    const char *path = path_of("drug.csv");
    struct effect_settings s = {.tables = &path,
                                .n_tables = 1,
                                .treatment = "t",
                                .outcome = "y",
                                .estimator = "difference",
                                .confidence = 0.95,
                                .seed = 1};
    (void)state;
    check_ok(file_write(path, TEXT(text), &err));
    assert_false(effect_estimate_table(&s, &arena, &r, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "--treatment t=drug"));
    error_clear(&err);
    s.treated = "drug";
    check_ok(effect_estimate_table(&s, &arena, &r, &err));
    check_near(r.figures[0].value, 1, 1e-12);
    assert_string_equal(r.treated_value, "drug");
    s.treated = "placebo";
    check_ok(effect_estimate_table(&s, &arena, &r, &err));
    check_near(r.figures[0].value, -1, 1e-12);
    s.treated = "drugs";
    assert_false(effect_estimate_table(&s, &arena, &r, &err));
    assert_non_null(strstr(err.message, "never 'drugs'"));
    error_clear(&err);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_have_no_slope),
        cmocka_unit_test(dependent_columns_are_left_out),
        cmocka_unit_test(synthetic_control_finds_a_mixture),
        cmocka_unit_test(bad_panels_are_named),
        cmocka_unit_test(tables_of_both_forms_are_the_same),
        cmocka_unit_test(resamples_are_the_same_for_any_threads),
        cmocka_unit_test(population_follows_its_laws),
        cmocka_unit_test(dials_do_what_they_say),
        cmocka_unit_test(order_of_rows_says_nothing),
        cmocka_unit_test(matches_are_exact_where_they_can_be),
        cmocka_unit_test(which_value_is_the_treatment),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
