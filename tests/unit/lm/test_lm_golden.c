/* Known answers of a real model, stories260K (Karpathy's llama2.c), computed elsewhere in f64, and of single blocks,
 * computed by PyTorch: all rows of the engine's calibration must pass. Tolerances and their reasons:
 * calibrate_engine.h. */
#include "check.h"

#include "base/file.h"
#include "lm/calibrate/calibrate_engine.h"

static const char *root;

struct tally {
    size_t passed, missed, skipped;
};

static void count(void *context, const struct calibrate_row *row) {
    struct tally *t = context;
    if (row->state == CALIBRATE_PASSED) t->passed++;
    if (row->state == CALIBRATE_SKIPPED) t->skipped++, print_message("skipped: %s: %s\n", row->name, row->note);
    if (row->state != CALIBRATE_MISSED) return;
    t->missed++;
    print_error("missed: %s: expected %s, found %s, tolerance %g; %s\n", row->name, row->expected, row->found,
                row->tolerance, row->note);
}

static void known_answers_are_found(void **state) {
    struct error err = {0};
    struct tally tally = {0};
    char gold[4096];
    snprintf(gold, sizeof gold, "%s/../shared/data/models/stories260K/golden.json", root);
    if (!file_exists(gold)) {
        print_message("skipped: %s is not there\n", gold);
        skip();
    }
    struct pool *pool = pool_new(2, &err);
    check_ok(pool);
    check_ok(calibrate_engine(gold, pool, count, &tally, &err));
    assert_int_equal(tally.missed, 0);
    assert_true(tally.passed > 100);
    pool_free(pool);
}

static void bad_gold_is_refused(void **state) {
    struct error err = {0};
    struct tally tally = {0};
    check_fails(calibrate_engine("/nowhere/golden.json", NULL, count, &tally, &err), ERROR_ENVIRONMENT, "golden.json");
    assert_int_equal(tally.passed + tally.missed + tally.skipped, 0);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_are_found),
        cmocka_unit_test(bad_gold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
