/* Traces of the world: so many of each as are said, outcomes that are wrong where a step is, and one correction that
 * makes them right; every trace is OTLP that is read without complaint, its parents around their children. */
#include "check.h"

#include "measure/trace/trace.h"
#include "measure/world/world_traces.h"

static struct world *w;
static struct error err;

static int setup(void **state) {
    (void)state;
    if (!(w = world_new(WORLD_DEFAULT_SEED, &err))) return fprintf(stderr, "%s\n", err.message), -1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    return 0;
}

static void faults_are_counted(void **state) {
    size_t rules[TALE_RULES + 1] = {0}, steps[TALE_STEPS + 1] = {0};
    (void)state;
    for (size_t i = 0; i < TALES; i++) {
        const struct tale *t = &world_tales(w)->tale[i];
        rules[t->rule]++;
        steps[t->wrong]++;
        assert_true(i >= TALES_CLEAN || (!t->rule && t->wrong == TALE_STEPS));
        assert_true(!t->rule || t->wrong == TALE_STEPS);
    }
    for (size_t r = 1; r <= TALE_RULES; r++) assert_int_equal(rules[r], TALES_A_RULE);
    assert_int_equal(steps[TALE_PAGE], 0);
    assert_int_equal(steps[TALE_STEPS], TALES_CLEAN + TALE_RULES * TALES_A_RULE);
    for (size_t s = 0; s < TALE_STEPS; s++) assert_true(s == TALE_PAGE || steps[s] == 87 || steps[s] == 88);
}

static void one_step_decides(void **state) {
    (void)state;
    for (size_t i = 0; i < TALES; i++) {
        const struct tale *t = &world_tales(w)->tale[i];
        assert_int_equal(tale_outcome(t, TALE_STEPS) == tale_right(t), t->wrong == TALE_STEPS);
        for (unsigned s = 0; s < TALE_STEPS; s++)
            assert_int_equal(tale_outcome(t, s) == tale_right(t), t->wrong == TALE_STEPS || s == t->wrong);
    }
}

static size_t orphans, spans;

static bool look(void *context, const struct trace *t, struct error *error) {
    (void)context, (void)error;
    for (size_t i = 0; i < t->n; i++) orphans += t->spans[i].orphan;
    spans = t->n;
    return true;
}

static void traces_are_read(void **state) {
    const struct trace_settings settings = {.sink = look};
    struct trace_counts counts = {0};
    struct arena arena;
    struct buffer text;
    size_t planted = 0;
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    buffer_init(&text, 1 << 18);
    for (size_t i = 0; i < TALES; i++) {
        const struct tale *t = &world_tales(w)->tale[i];
        buffer_clear(&text);
        assert_true(tale_put_otlp(&text, w, i));
        json_t *value = json_read(buffer_text(&text), "trace", 1, &err);
        check_ok(value);
        check_ok(trace_read_json(value, "trace", &settings, &arena, &counts, &err));
        json_decref(value);
        assert_true(spans >= 17 && spans <= 32);
        planted += t->rule == 13 && t->way % 2 == 1;
    }
    assert_int_equal(counts.bad, 0);
    assert_int_equal(counts.cut, 0);
    assert_int_equal(orphans, planted);
    buffer_done(&text);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_counted),
        cmocka_unit_test(one_step_decides),
        cmocka_unit_test(traces_are_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
