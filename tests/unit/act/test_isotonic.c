/* Isotonic regression: against the minimum found by trying all poolings, sums and ties; maps there and back; from
 * rows to a map. */
#include "check.h"

#include "act/objective/isotonic.h"
#include "act/train/train.h"
#include "base/file.h"
#include "base/rng.h"

#include <stdlib.h>

static char folder[64];

static const char *in_folder(const char *name) {
    static char paths[16][128];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-isotonic-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* Squared error of the best map that never falls: each partition of the sorted claims into runs of equal value,
 * whose means must rise. */
static double best_by_trying(const struct claim *c, size_t n) {
    double best = INFINITY;
    for (unsigned cuts = 0; cuts < 1u << (n - 1); cuts++) {
        double error = 0, before = -INFINITY;
        bool rises = true;
        for (size_t from = 0, to; from < n; from = to) {
            double sum = 0, weight = 0;
            for (to = from; to == from || (to < n && !(cuts >> (to - 1) & 1)); to++) {
                sum += c[to].weight * c[to].right;
                weight += c[to].weight;
            }
            if (to < n && c[to].confidence == c[to - 1].confidence) rises = false; /* equal ones have one value */
            rises = rises && sum / weight >= before;
            before = sum / weight;
            for (size_t i = from; i < to; i++) error += c[i].weight * (c[i].right - before) * (c[i].right - before);
        }
        if (rises && error < best) best = error;
    }
    return best;
}

static void test_is_the_best(void **state) {
    (void)state;
    enum { N = 9 };
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng rng = rng_stream(seed, "isotonic", 0);
        struct claim c[N];
        struct arena arena;
        struct error err = {0};
        struct confidence_map map;
        double error = 0, weight = 0;
        arena_init(&arena, 0);
        for (size_t i = 0; i < N; i++)
            c[i] = (struct claim){(double)rng_below(&rng, 7) / 6,
                                  seed % 2 ? (double)rng_below(&rng, 2) : rng_unit(&rng), 0.5 + rng_unit(&rng)};
        check_ok(isotonic_fit(c, N, &arena, &map, &err));
        for (size_t i = 1; i < map.n; i++) assert_true(map.from[i] > map.from[i - 1] && map.to[i] >= map.to[i - 1]);
        for (size_t i = 0; i < N; i++) {
            double off = confidence_map_at(&map, c[i].confidence) - c[i].right;
            error += c[i].weight * off * off;
            weight += c[i].weight;
        }
        check_near(error, best_by_trying(c, N), 1e-12);
        check_near(claims_brier(c, N, &map), error / weight, 1e-12);
        arena_done(&arena);
    }
}

static void test_maps(void **state) {
    (void)state;
    struct arena arena;
    struct error err = {0};
    double from[] = {0.25, 0.5, 0.75}, to[] = {0.125, 0.25, 1};
    const struct confidence_map map = {from, to, 3, 7};
    struct confidence_map again;
    arena_init(&arena, 0);
    static const double points[][2] = {{0, 0.125},     {0.25, 0.125}, {0.375, 0.1875}, {0.5, 0.25},
                                       {0.625, 0.625}, {0.75, 1},     {1, 1}};
    check_ok(confidence_map_write(&map, in_folder("map.json"), &err));
    check_ok(confidence_map_read(in_folder("map.json"), &arena, &again, &err));
    assert_int_equal(again.claims, 7);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        check_near(confidence_map_at(&again, points[i][0]), points[i][1], 0);
    static const char *const bad[][2] = {
        {"{\"from\":[0],\"to\":[0]}", "format is not"},
        {"{\"format\":\"confidence-map-1\",\"from\":[0,1],\"to\":[0]}", "equal length"},
        {"{\"format\":\"confidence-map-1\",\"from\":[],\"to\":[]}", "equal length"},
        {"{\"format\":\"confidence-map-1\",\"from\":[0.5,0.5],\"to\":[0,1]}", "does not rise"},
        {"{\"format\":\"confidence-map-1\",\"from\":[0,1],\"to\":[1,0]}", "'to' falls"},
        {"{\"format\":\"confidence-map-1\",\"from\":[0,2],\"to\":[0,1]}", "not between 0 and 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_ok(file_write(in_folder("bad.json"), text_of(bad[i][0]), &err));
        check_fails(confidence_map_read(in_folder("bad.json"), &arena, &again, &err), ERROR_DATA, bad[i][1]);
    }
    arena_done(&arena);
}

/* Claims of 0.9 that are right half of the time, and of 0.4 that are right once in four. */
static void test_from_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    struct train_claims r;
    buffer_init(&b, 1 << 16);
    for (int i = 0; i < 40; i++)
        buffer_printf(&b,
                      i % 2 ? "{\"confidence\":0.9,\"correct\":%s}\n"
                            : "{\"evidence\":\"{\\\"confidence\\\":0.4,\\\"acc\\\":%s}\"}\n",
                      i % 2 ? (i / 2 % 2 ? "true" : "false") : (i / 2 % 4 ? "0" : "1"));
    check_ok(file_write(in_folder("claims.jsonl"), buffer_text(&b), &err));
    const char *data = in_folder("claims.jsonl"), *bad = in_folder("bad.jsonl");
    struct train_settings s = {.objective = "isotonic", .data = &data, .n_data = 1, .out = in_folder("cal.json")};
    assert_true(train_is_of_claims("isotonic,least=3") && !train_is_of_claims("lm") && !train_is_of_claims("nosuch"));
    check_ok(train_claims(&s, &r, &err));
    assert_int_equal(r.data.claims, 40);
    check_near(r.data.ece[0], 0.5 * 0.4 + 0.5 * 0.15, 1e-12);
    check_near(r.data.ece[1], 0, 1e-12);
    assert_true(r.data.brier[1] < r.data.brier[0] && r.valid.claims == 0);
    struct arena arena;
    struct confidence_map map;
    arena_init(&arena, 0);
    check_ok(confidence_map_read(s.out, &arena, &map, &err));
    check_near(confidence_map_at(&map, 0.9), 0.5, 1e-12);
    check_near(confidence_map_at(&map, 0.4), 0.25, 1e-12);
    arena_done(&arena);
    static const char *const rows[][2] = {
        {"{\"correct\":true}", "bad.jsonl:1: field 'confidence': expected a number from 0 to 1"},
        {"{\"confidence\":0.5}", "bad.jsonl:1: field 'correct': expected a number from 0 to 1"},
        {"{\"confidence\":1.5,\"acc\":1}", "bad.jsonl:1: field 'confidence': expected a number from 0 to 1"},
        {"{\"confidence\":0.5,\"acc\":\"yes\"}", "bad.jsonl:1: field 'acc': expected a number from 0 to 1"},
        {"{\"confidence\":0.5,\"acc\":1,\"weight\":0}", "bad.jsonl:1: field 'weight': expected a number above 0"},
        {"{\"confidence\":0.5,\"acc\":1}", "1 claims are fewer than 20"},
        {"", "no claims in it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_ok(file_write(bad, text_of(rows[i][0]), &err));
        s.data = &bad;
        check_fails(train_claims(&s, &r, &err), ERROR_DATA, rows[i][1]);
    }
    s.out = in_folder("cal.gguf");
    check_fails(train_claims(&s, &r, &err), ERROR_USAGE, "must end in .json");
    buffer_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_the_best),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_from_rows),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
