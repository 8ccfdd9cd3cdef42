/* Privacy norms: 98 vignettes whose rating is found again from the words of the prompt alone. */
#include "world_family_check.h"

/* Weights as the design of the part states them, written down a second time by what the texts say. */
static const struct {
    const char *words;
    int weight;
} weights[] = {
    {"market day", 0},      {"the trade of", 0}, {"mail address", 1},       {"the debt of", 1},
    {"the ailment of", 2},  {"the vote of", 2},  {"purse number", 2},       {"agrees that", 0},
    {"was never asked", 1}, {"the healer,", 0},  {"the sister", 0},         {"night guard", 1},
    {"the mayor", 1},       {"a seller", 2},     {"who like to gossip", 3}, {"a stranger", 3},
};

static int rating_of(const struct buffer *prompt) {
    int rating = 5, found = 0;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        if (holds(prompt, text_of(weights[i].words))) rating -= weights[i].weight, found++;
    if (found != 3) fail_msg("%d parts in '%s'", found, prompt->at);
    return rating < 1 ? 1 : rating;
}

static void test_gold(void **state) {
    const struct world_family *family = family_of("privacy");
    struct world_line line;
    size_t of_rating[6] = {0};
    (void)state;
    world_line_init(&line);
    assert_int_equal(family->numbers(w), 98 * WORDINGS);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        int rating = rating_of(&line.prompt);
        assert_int_equal(rating, line.answer.at[0] - '0');
        assert_true(line.answer.len == 1 && line.reply.at[line.reply.len - 2] == line.answer.at[0]);
    }
    for (size_t row = 0; row < 98; row++) {
        struct error err;
        char id[16];
        json_t *shown;
        snprintf(id, sizeof id, "pv%02zu", row);
        check_ok(shown = world_show(w, id, &err));
        of_rating[json_integer_value(json_object_get(shown, "rating"))]++;
        json_decref(shown);
    }
    /* counted by hand from the three lists of weights */
    assert_true(of_rating[5] == 4 && of_rating[4] == 12 && of_rating[3] == 20 && of_rating[2] == 24 &&
                of_rating[1] == 38);
    world_line_done(&line);
}

static void test_family(void **state) {
    size_t count[N_SPLITS] = {0};
    (void)state;
    check_family(family_of("privacy"), 1, count);
    check_items(family_of("privacy"), 11);
    check_leaks(family_of("privacy"), NULL, 1);
    printf("# privacy: %zu train, %zu valid, %zu test, %zu held-out\n", count[TRAIN], count[VALID], count[TEST],
           count[HELD_OUT]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gold), cmocka_unit_test(test_family)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
