/* Synthetic tables: nearest rows, areas under curves and information by their plain definitions, learners, reading. */
#include "check.h"
#include "base/file.h"
#include "measure/table/learner.h"
#include "measure/table/synth_anchor.h"
#include "measure/table/synth_audit.h"

#include <stdlib.h>
#include <unistd.h>

enum { TABLES = 1000, MOST_ROWS = 60 };

/* A table of two numbers, a column of three levels with missing values, one of two, one of 70, and a target. */
static const char *names70[70];
static const char *names[] = {"0", "1", "2"};
static struct synth_column columns[] = {
    {.name = "x", .type = SYNTH_NUMERIC},
    {.name = "kind", .type = SYNTH_CATEGORICAL},
    {.name = "two", .type = SYNTH_CATEGORICAL, .role = SYNTH_SENSITIVE},
    {.name = "many", .type = SYNTH_CATEGORICAL, .role = SYNTH_QUASI},
    {.name = "y", .type = SYNTH_NUMERIC, .role = SYNTH_QUASI},
    {.name = "target", .type = SYNTH_CATEGORICAL, .role = SYNTH_TARGET},
};
enum { COLUMNS = 6 };
static const struct synth_schema schema = {.file = "schema", .column = columns, .n = COLUMNS, .target = 5};
static const struct synth_levels levels[COLUMNS] = {[0] = {.missing = true},
                                                    [1] = {.name = names, .n = 3, .missing = true},
                                                    [2] = {.name = names, .n = 2},
                                                    [3] = {.name = names70, .n = 70},
                                                    [5] = {.name = names, .n = 2}};

static void draw_row(struct rng *rng, bool coarse, double *x) {
    x[0] = rng_below(rng, 8) ? coarse ? (double)rng_below(rng, 3) : rng_normal(rng) : NAN;
    x[1] = rng_below(rng, 8) ? (double)rng_below(rng, 3) : NAN;
    x[2] = (double)rng_below(rng, 2);
    x[3] = (double)rng_below(rng, coarse ? 2 : 70);
    x[4] = coarse ? (double)rng_below(rng, 2) : rng_normal(rng);
    x[5] = (isnan(x[0]) ? 0 : x[0]) + x[2] + rng_normal(rng) / 4 > (coarse ? 1.4 : 0.5);
}

static bool draw_table(struct rng *rng, size_t rows, bool coarse, struct arena *arena, struct synth_table *t,
                       struct error *err) {
    *t = (struct synth_table){"drawn", rows, COLUMNS, arena_new(arena, double, rows *COLUMNS, err)};
    for (size_t r = 0; t->x && r < rows; r++) draw_row(rng, coarse, t->x + r * COLUMNS);
    return t->x != NULL;
}

/* ---- nearest rows ---- */

static void nearest_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct pool *pool = pool_new(3, &err);
    size_t tied = 0, equal = 0;
    assert_non_null(pool);
    for (uint64_t i = 0; i < TABLES; i++) {
        struct rng rng = rng_stream(1, "test/near", i);
        struct arena arena;
        struct synth_table a, b;
        struct synth_code code;
        struct synth_points p, q;
        struct synth_panels panels;
        double apart2[3][MOST_ROWS * 5];
        uint32_t place[3][MOST_ROWS * 5];
        bool coarse = i % 2, itself = i % 4 == 3;
        size_t na = 1 + (size_t)rng_below(&rng, MOST_ROWS), nb = 6 + (size_t)rng_below(&rng, MOST_ROWS - 6);
        size_t k = 1 + (size_t)rng_below(&rng, 5);
        arena_init(&arena, 0);
        check_ok(draw_table(&rng, na, coarse, &arena, &a, &err) && draw_table(&rng, nb, coarse, &arena, &b, &err));
        check_ok(synth_code_learn(&schema, levels, &b, NULL, &arena, &code, &err));
        check_ok(synth_points_of(&code, a.x, na, &arena, &p, &err));
        check_ok(synth_points_of(&code, b.x, nb, &arena, &q, &err));
        if (itself) p = q, na = nb;
        check_ok(synth_panels_of(&q, &arena, &panels, &err));
        check_ok(synth_near_plain(&p, &q, k, itself, apart2[0], place[0], &err));
        check_ok(synth_near(NULL, &p, &panels, k, itself, apart2[1], place[1], &err));
        check_ok(synth_near(pool, &p, &panels, k, itself, apart2[2], place[2], &err));
        for (size_t v = 1; v < 3; v++) {
            assert_memory_equal(apart2[v], apart2[0], na * k * sizeof(double));
            assert_memory_equal(place[v], place[0], na * k * sizeof(uint32_t));
        }
        for (size_t r = 0; r < na; r++) {
            equal += apart2[0][r * k] == 0;
            tied += k > 1 && apart2[0][r * k] == apart2[0][r * k + 1];
        }
        arena_done(&arena);
    }
    assert_true(tied > TABLES && equal > TABLES); /* the hard cases are there */
    pool_free(pool);
}

static void distances(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct synth_code code;
    struct synth_points p;
    double x[] = {1, 0, 0, 0, 5, 0, 2, 1, 0, 0, 5, 0, NAN, NAN, 1, 9, 7, 1};
    struct synth_table t = {"t", 3, COLUMNS, x};
    arena_init(&arena, 0);
    check_ok(synth_code_learn(&schema, levels, &t, NULL, &arena, &code, &err));
    check_ok(synth_points_of(&code, x, 3, &arena, &p, &err));
    check_near(synth_apart2(&p, 0, &p, 1), 0.25 + 1, 1e-15); /* ranks 1/4 and 3/4 of the two that are there; kind */
    /* missing: 0.5 and a level of its own; y: ranks 1/3 (of a tie) and 5/6 */
    check_near(synth_apart2(&p, 0, &p, 2), 0.0625 + 1 + 1 + 1 + 1 + 0.25 + 1, 1e-15);
    check_fails(synth_near_plain(&p, &p, 3, true, NULL, NULL, &err), ERROR_DATA, "nearest rows of 3");
    arena_done(&arena);
}

/* ---- areas and information ---- */

static void areas(void **state) {
    (void)state;
    struct error err = {0};
    size_t undefined = 0, tied = 0;
    for (uint64_t i = 0; i < TABLES; i++) {
        struct rng rng = rng_stream(1, "test/auc", i);
        struct arena arena;
        double score[30], y[30], found, won = 0, pairs = 0;
        size_t n = 2 + (size_t)rng_below(&rng, 28), base = (size_t)rng_below(&rng, 4);
        arena_init(&arena, 0);
        for (size_t k = 0; k < n; k++) {
            score[k] = i % 2 ? (double)rng_below(&rng, 4) : rng_unit(&rng);
            y[k] = base && rng_below(&rng, 4) < base;
        }
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                if (!(y[a] > 0) || y[b] > 0) continue;
                pairs++;
                tied += score[a] == score[b];
                won += score[a] > score[b] ? 1 : score[a] == score[b] ? 0.5 : 0;
            }
        check_ok(synth_auc(score, y, n, &arena, &found, &err));
        undefined += pairs == 0;
        if (pairs == 0)
            assert_true(isnan(found));
        else
            check_near(found, won / pairs, 1e-13);
        arena_done(&arena);
    }
    assert_true(5 * undefined >= TABLES && tied > TABLES);
}

static void information(void **state) {
    (void)state;
    struct error err = {0};
    for (uint64_t i = 0; i < TABLES; i++) {
        struct rng rng = rng_stream(1, "test/information", i);
        struct arena arena;
        size_t bins[2] = {1 + (size_t)rng_below(&rng, 5), 1 + (size_t)rng_below(&rng, 5)},
               n = 1 + (size_t)rng_below(&rng, 80);
        uint16_t x[80], y[80], *both[2] = {x, y};
        struct synth_binning binning = {.n_columns = 2, .n_bins = bins};
        arena_init(&arena, 0);
        for (size_t r = 0; r < n; r++) {
            x[r] = (uint16_t)rng_below(&rng, bins[0]);
            y[r] = (uint16_t)(rng_below(&rng, 2) ? x[r] % bins[1] : rng_below(&rng, bins[1]));
        }
        double sum = 0, seen[2] = {0};
        for (size_t a = 0; a < bins[0]; a++)
            for (size_t b = 0; b < bins[1]; b++) {
                double pa = 0, pb = 0, pab = 0;
                for (size_t r = 0; r < n; r++) pa += x[r] == a, pb += y[r] == b, pab += x[r] == a && y[r] == b;
                seen[0] += b == 0 && pa > 0, seen[1] += a == 0 && pb > 0;
                if (pab > 0) sum += pab / (double)n * log(pab * (double)n / (pa * pb));
            }
        double *found = synth_information(&binning, both, n, &arena, &err);
        assert_non_null(found);
        check_near(found[1], sum - (seen[0] - 1) * (seen[1] - 1) / (2.0 * (double)n), 1e-12);
        arena_done(&arena);
    }
}

/* ---- learners ---- */

static void learning(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct rng rng = rng_stream(5, "test/learners", 0);
    struct synth_table train, test;
    struct synth_code code;
    struct synth_points x, asked;
    bool features[COLUMNS] = {true, true, true, true, true, false};
    double y[600], truth[400], share[2][400];
    arena_init(&arena, 0);
    check_ok(draw_table(&rng, 600, false, &arena, &train, &err) && draw_table(&rng, 400, false, &arena, &test, &err));
    check_ok(synth_code_learn(&schema, levels, &train, features, &arena, &code, &err));
    check_ok(synth_points_of(&code, train.x, 600, &arena, &x, &err));
    check_ok(synth_points_of(&code, test.x, 400, &arena, &asked, &err));
    for (size_t r = 0; r < 600; r++) y[r] = train.x[r * COLUMNS + 5];
    for (size_t r = 0; r < 400; r++) truth[r] = test.x[r * COLUMNS + 5];
    for (size_t l = 0; l < LEARNERS; l++) {
        double auc;
        for (size_t again = 0; again < 2; again++) {
            void *model;
            check_ok(learners[l]->train(&x, y, 1, &arena, &model, &err));
            check_ok(learners[l]->ask(model, &asked, share[again], &arena, &err));
        }
        assert_memory_equal(share[0], share[1], sizeof share[0]);
        for (size_t r = 0; r < 400; r++) assert_true(share[0][r] >= 0 && share[0][r] <= 1);
        check_ok(synth_auc(share[0], truth, 400, &arena, &auc, &err));
        if (auc < 0.85) fail_msg("%s: AUC %g", learners[l]->name, auc);
    }
    arena_done(&arena);
}

/* ---- the whole, on a drawn table ---- */

static double figure(const struct trust_metric *m, const struct interval *raw, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(m[i].name, name) == 0) return raw[i].estimate;
    fail_msg("no figure %s", name);
    return NAN;
}

static void anchors(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct rng rng = rng_stream(6, "test/anchors", 0);
    struct synth_real real = {.schema = &schema, .levels = levels, .n = 1, .seed = 1};
    struct synth_fold fold;
    struct trust_metric *m;
    struct interval *raw[2][SYNTH_ANCHORS];
    struct pool *pool[2] = {NULL, pool_new(3, &err)};
    size_t k;
    arena_init(&arena, 0);
    check_ok(draw_table(&rng, 1500, false, &arena, &real.table[0], &err));
    check_ok(synth_metrics_spread(&schema, &arena, &m, &k, &err));
    for (size_t v = 0; v < 2; v++) {
        check_ok(synth_fold_new(&real, 2, pool[v], &arena, &fold, &err));
        assert_int_equal(fold.train.rows, 900);
        assert_int_equal(fold.held.rows + fold.test.rows, 600);
        for (size_t a = 0; a < SYNTH_ANCHORS; a++) {
            struct synth_table t;
            struct synth_case c;
            raw[v][a] = arena_new(&arena, struct interval, k, &err);
            check_ok(synth_anchor_make(&fold, a, 1, &arena, &t, &err));
            check_ok(synth_case_new(&fold, &t, NULL, pool[v], 1, 0.95, &arena, &c, &err));
            check_ok(synth_models_train(&c, &err));
            check_ok(synth_measure(&c, raw[v][a], &err));
            assert_memory_equal(raw[v][a], raw[0][a], k * sizeof(struct interval));
        }
    }
    check_near(figure(m, raw[0][0], k, "replicas"), 1, 0);
    check_near(figure(m, raw[0][0], k, "mia"), 1, 0.01);
    check_near(figure(m, raw[0][0], k, "chi2"), 0, 0);
    check_near(figure(m, raw[0][0], k, "mi_l1"), 0, 0);
    assert_true(figure(m, raw[0][1], k, "detect_auc") < 0.1); /* nor do rows teach how they are told themselves */
    assert_true(figure(m, raw[0][0], k, "detect_auc") < 0.1); /* twins do not teach the opposite */
    assert_true(figure(m, raw[0][1], k, "replicas") == 0 && figure(m, raw[0][1], k, "mia") < 0.15);
    check_near(figure(m, raw[0][1], k, "nn_median_5"), 1, 0.2);
    check_near(figure(m, raw[0][2], k, "tv_mean"), 0, 1e-12);
    assert_true(figure(m, raw[0][3], k, "tv_mean") > 0.1);
    assert_true(figure(m, raw[0][1], k, "auc/forest") > figure(m, raw[0][2], k, "auc/forest") + 0.2);
    pool_free(pool[1]);
    arena_done(&arena);
}

/* Nearer to training rows than chance would have it, row by row; ties count as chance does. */
static void shares_of_nearer_rows(void **state) {
    size_t leaks = 0;
    (void)state;
    for (uint64_t k = 0; k < TABLES; k++) {
        struct rng rng = rng_stream(3, "test/dcr", k);
        size_t n = 5 + rng_below(&rng, 30), train = 1 + rng_below(&rng, 100), test = 1 + rng_below(&rng, 100);
        double to_train[40 * SYNTH_NEAR_K], to_test[40], nearer = 0, ties = 0, drift = rng_unit(&rng);
        struct synth_fold fold = {.train = {.rows = train}, .test = {.rows = test}};
        struct synth_case c = {
            .fold = &fold, .table = {.rows = n}, .to_train = to_train, .to_test = to_test, .confidence = 0.95};
        struct error err = {0};
        struct interval found;
        for (size_t i = 0; i < n; i++) {
            to_test[i] = (double)rng_below(&rng, 4);
            for (size_t j = 0; j < SYNTH_NEAR_K; j++)
                to_train[i * SYNTH_NEAR_K + j] = (double)rng_below(&rng, 4) + 4 * (double)j;
            if (rng_unit(&rng) < drift) to_train[i * SYNTH_NEAR_K] = 0;
            nearer += to_train[i * SYNTH_NEAR_K] < to_test[i], ties += to_train[i * SYNTH_NEAR_K] == to_test[i];
        }
        double chance = (double)train / (double)(train + test), share = (nearer + ties * chance) / (double)n;
        double expected = (share - chance) / (1 - chance);
        check_ok(synth_dcr_share(&c, 0, 0, &found, &err));
        check_near(found.estimate, expected > 0 ? expected : 0, 1e-9);
        leaks += expected > 0;
    }
    assert_in_range(leaks, TABLES / 5, TABLES - TABLES / 5);
}

/* A table of one class teaches that class, and a row of it is no reason to stop. */
static void one_class(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct rng rng = rng_stream(7, "test/one class", 0);
    struct synth_real real = {.schema = &schema, .levels = levels, .n = 1, .seed = 1};
    struct synth_fold fold;
    struct synth_table t;
    struct synth_case c;
    struct interval accuracy, auc;
    double ones = 0;
    arena_init(&arena, 0);
    check_ok(draw_table(&rng, 400, false, &arena, &real.table[0], &err) &&
             draw_table(&rng, 10, false, &arena, &t, &err));
    for (size_t r = 0; r < t.rows; r++) t.x[r * COLUMNS + 5] = 1;
    check_ok(synth_fold_new(&real, 0, NULL, &arena, &fold, &err));
    check_ok(synth_case_new(&fold, &t, NULL, NULL, 1, 0.95, &arena, &c, &err));
    check_ok(synth_models_train(&c, &err));
    check_ok(synth_accuracy(&c, 0, 0, &accuracy, &err) && synth_model_auc(&c, 0, 0, &auc, &err));
    for (size_t r = 0; r < fold.test.rows; r++) ones += fold.test.x[r * COLUMNS + 5] == 1;
    check_near(accuracy.estimate, ones / (double)fold.test.rows, 1e-12);
    check_near(auc.estimate, 0.5, 0);
    for (size_t r = 0; r < real.table[0].rows; r++) real.table[0].x[r * COLUMNS + 5] = 0;
    check_fails(synth_fold_new(&real, 0, NULL, &arena, &fold, &err), ERROR_DATA, "one class only");
    arena_done(&arena);
}

/* ---- reading ---- */

static void write_text(const char *path, const char *text) {
    struct error err = {0};
    check_ok(file_write(path, text_of(text), &err));
}

static void schemas(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"{\"column\":\"a\",\"type\":\"categorial\",\"role\":\"target\"}", "schema.jsonl:1: field 'type': no type "
                                                                           "'categorial'; did you mean 'categorical'?"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"goal\"}", "no role 'goal'"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"feature\"}\n"
         "{\"column\":\"b\",\"type\":\"numeric\",\"role\":\"feature\"}",
         "no column has the role target"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"target\"}\n\n"
         "{\"column\":\"b\",\"type\":\"numeric\",\"role\":\"target\"}",
         "schema.jsonl:3: a second target, 'b'; the first is 'a'"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"target\"}\n"
         "{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"feature\"}",
         "schema.jsonl:2: column 'a' is there twice"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"target\"}", "expected a column beside the target"},
        {"{\"column\":\"a\",\"type\":\"id\",\"role\":\"target\"}", "of type id cannot be target"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"sensitive\"}", "needs its privileged range"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"sensitive\",\"privileged\":[9,1]}", "privileged range"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"feature\",\"privileged\":[1,2]}", "for sensitive columns"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"feature\",\"positive\":\"1\"}", "for the target alone"},
        {"{\"column\":\"a\",\"type\":\"numeric\",\"role\":\"feature\",\"levels\":[\"x\"]}", "for ordinal columns"},
        {"{\"column\":\"a\",\"type\":\"ordinal\",\"role\":\"feature\",\"levels\":[]}", "expected at least one"},
        {"[1]", "schema.jsonl:1: expected an object"},
        {"{", "schema.jsonl:1:"},
    };
    struct error err = {0};
    struct arena arena;
    struct synth_schema s;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text("schema.jsonl", wrong[i].text);
        check_fails(synth_schema_read("schema.jsonl", &arena, &s, &err), ERROR_DATA, wrong[i].message);
    }
    static const char *const own[] = {"table-bank", "table-german", "table-students", "table-spend"};
    for (size_t i = 0; i < 4; i++) check_ok(synth_schema_read(own[i], &arena, &s, &err));
    assert_string_equal(s.column[s.target].name, "day_29");
    unlink("schema.jsonl");
    arena_done(&arena);
}

static const char *const good_schema =
    "{\"column\":\"n\",\"type\":\"numeric\",\"role\":\"feature\"}\n"
    "{\"column\":\"who\",\"type\":\"id\",\"role\":\"drop\"}\n"
    "{\"column\":\"day\",\"type\":\"datetime\",\"role\":\"feature\"}\n"
    "{\"column\":\"rank\",\"type\":\"ordinal\",\"role\":\"feature\",\"levels\":[\"low\","
    "\"mid\",\"top\"]}\n"
    "{\"column\":\"y\",\"type\":\"categorical\",\"role\":\"target\"}\n";

static void tables(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"n,day,rank,y\n1,2026-01-01,low,a\nnan,2026-01-01,low,a\n", "t.csv:3: column 'n': 'nan' is no finite number"},
        {"n,day,rank,y\ninf,2026-01-01,low,a\n", "t.csv:2: column 'n': 'inf' is no finite number"},
        {"n,day,rank,y\n1,2026-01-01,low,a\nx,2026-01-01,low,a\n", "t.csv:3: column 'n': expected a number, found 'x'"},
        {"n,day,rank,y\n1,2026-13-01,low,a\n", "t.csv:2: column 'day': expected a time"},
        {"n,day,rank,y\n1,2026-01-01,low,c\n", "t.csv:2: column 'y': level 'c' is in no real row"},
        {"n,day,rank,y\n1,2026-01-01,best,a\n", "t.csv:2: column 'rank': level 'best' is in no real row"},
        {"n,day,rank,y\n1,,low,a\n", "t.csv:2: column 'day': the value is missing, which it is in no real row"},
        {"n,day,y\n1,2026-01-01,a\n", "t.csv:1: no column 'rank', which schema.jsonl:4 names"},
        {"n,day,rank,y,z\n1,2026-01-01,low,a,1\n", "t.csv:1: column 'z' is not in the schema schema.jsonl"},
        {"n,day,rank,y\n1,2026-01-01,low\n", "t.csv:2"},
        {"n,day,rank,y\n", "t.csv: no rows"},
    };
    struct error err = {0};
    struct arena arena;
    struct synth_schema s;
    struct synth_levels *l;
    struct synth_table real, t;
    const char *path = "real.csv";
    arena_init(&arena, 0);
    write_text("schema.jsonl", good_schema);
    write_text(path, "n,day,rank,who,y\n1,1970-01-02,top,p1,a\n-2.5,2026-08-02 17:00,low,p2,b\nNA,2000-02-29T00:00:01,"
                     "mid,p3,\"a\"\n");
    check_ok(synth_schema_read("schema.jsonl", &arena, &s, &err));
    check_ok(synth_read_real(&s, &path, 1, &arena, &l, &real, &err));
    assert_int_equal(real.rows, 3);
    assert_int_equal(real.n, 4);
    check_near(real.x[1], 86400, 0);
    check_near(real.x[5], 1785690000, 0);
    check_near(real.x[9], 951782401, 0);
    check_near(real.x[2], 2, 0);
    assert_true(isnan(real.x[8]));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text("t.csv", wrong[i].text);
        check_fails(synth_read(&s, l, "t.csv", &arena, &t, &err), ERROR_DATA, wrong[i].message);
    }
    check_ok(synth_write(&s, l, &real, NULL, 0, "t.csv", &err));
    check_ok(synth_read(&s, l, "t.csv", &arena, &t, &err));
    assert_memory_equal(t.x, real.x, 12 * sizeof *t.x);
    write_text(path, "n,day,rank,who,y\n1,1970-01-02,odd,p1,a\n");
    check_fails(synth_read_real(&s, &path, 1, &arena, &l, &real, &err), ERROR_DATA, "is not among those of");
    unlink("schema.jsonl");
    unlink("real.csv");
    unlink("t.csv");
    arena_done(&arena);
}

int main(void) {
    static char room[70][4];
    for (size_t i = 0; i < 70; i++) {
        snprintf(room[i], sizeof room[i], "%zu", i);
        names70[i] = room[i];
    }
    char folder[] = "/tmp/test_synth.XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_rows),
        cmocka_unit_test(distances),
        cmocka_unit_test(areas),
        cmocka_unit_test(information),
        cmocka_unit_test(learning),
        cmocka_unit_test(anchors),
        cmocka_unit_test(shares_of_nearer_rows),
        cmocka_unit_test(one_class),
        cmocka_unit_test(schemas),
        cmocka_unit_test(tables),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) != 0 || failed;
}
