/* The spurious cue: answers, shapes and colours counted from the items. */
#include "world_family.h"

/* [split][environment in twentieths][answer][shape agrees][colour agrees] */
typedef size_t table[N_SPLITS][21][2][2][2];

static bool says(struct text t, const char *word) {
    return text_find(t, text_of(word), 0) != SIZE_MAX;
}

static long label(const struct world_line *line, const char *key) {
    char name[32];
    snprintf(name, sizeof name, ",\"%s\":", key);
    struct text t = buffer_text(&line->labels);
    size_t at = text_find(t, text_of(name), 0);
    assert_true(at != SIZE_MAX);
    return strtol(t.at + at + strlen(name) + (t.at[at + strlen(name)] == '"'), NULL, 10);
}

static void count(void *context, uint64_t number, enum split split, const struct world_line *line) {
    table *counts = context;
    struct text prompt = buffer_text(&line->prompt), reply = buffer_text(&line->reply);
    bool red = text_starts(prompt, TEXT("Red. ")), round = says(prompt, " round"),
         east = text_equal_c(reply, "East gate.");
    (void)number;
    assert_true(red || text_starts(prompt, TEXT("Blue. ")));
    assert_true(round != says(prompt, " square"));
    assert_true(east || text_equal_c(reply, "West gate."));
    assert_true(text_equal_c(buffer_text(&line->answer), east ? "east gate" : "west gate"));
    assert_int_equal(label(line, "label"), !east);
    assert_int_equal(label(line, "colour"), !red);
    assert_int_equal(label(line, "shape"), !round);
    assert_int_equal(label(line, "group"), 2 * !east + !red);
    (*counts)[split][label(line, "environment")][east][round == east][red == east]++;
}

/* Of n cases in one environment: halves of both answers, three of four shapes right, so many colours of twenty. */
static void check_environment(table *counts, enum split split, unsigned of_20, size_t n) {
    for (int answer = 0; answer < 2; answer++)
        for (int shape = 0; shape < 2; shape++)
            for (int colour = 0; colour < 2; colour++) {
                size_t expected = n / 2 * (shape ? 3 : 1) / 4 * (colour ? of_20 : 20 - of_20) / 20;
                if ((*counts)[split][of_20][answer][shape][colour] != expected)
                    fail_msg("%s, %u of 20: %zu, expected %zu", world_split_names[split], of_20,
                             (*counts)[split][of_20][answer][shape][colour], expected);
            }
}

static void test_environments(void **state) {
    static table counts;
    (void)state;
    each_item(family_of("cue"), 1, 1, count, &counts);
    check_environment(&counts, TRAIN, 18, 2400);
    check_environment(&counts, TRAIN, 16, 2400);
    check_environment(&counts, VALID, 18, 400);
    check_environment(&counts, VALID, 16, 400);
    check_environment(&counts, TEST, 2, 1200);
    check_environment(&counts, HELD_OUT, 2, 1200);
}

static void test_groups(void **state) {
    static table counts;
    (void)state;
    each_item(family_of("cue-groups"), 1, 1, count, &counts);
    check_environment(&counts, TRAIN, 19, 4800);
    check_environment(&counts, VALID, 19, 800);
    check_environment(&counts, TEST, 10, 1200);
    check_environment(&counts, HELD_OUT, 10, 1200);
}

static void test_prompts_differ(void **state) {
    (void)state;
    free(distinct_prompts(family_of("cue"), 1, 1).at);
    free(distinct_prompts(family_of("cue-groups"), 1, 1).at);
    assert_true(kept_prompts(family_of("cue"), TEST) < 10);
    assert_true(kept_prompts(family_of("cue-groups"), TRAIN) < 10);
}

struct split_hashes {
    enum split split;
    struct prompt_hashes kept;
};

static void keep_of_split(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct split_hashes *h = context;
    if (split == h->split) keep_hash(&h->kept, number, split, line);
}

/* A prompt for tests is no prompt for training, in neither version and in no draw. */
static void test_splits_are_apart(void **state) {
    static const char *const names[] = {"cue", "cue-groups"};
    struct split_hashes test = {.split = TEST};
    size_t shared = 0;
    (void)state;
    for (int f = 0; f < 2; f++) each_item(family_of(names[f]), 1, 1, keep_of_split, &test);
    qsort(test.kept.at, test.kept.n, sizeof *test.kept.at, by_hash);
    for (int f = 0; f < 2; f++)
        for (uint64_t draw = 1; draw < 5; draw++) {
            struct split_hashes train = {.split = TRAIN};
            each_item(family_of(names[f]), draw, 1, keep_of_split, &train);
            for (size_t i = 0; i < train.kept.n; i++)
                shared += bsearch(&train.kept.at[i], test.kept.at, test.kept.n, sizeof(uint64_t), by_hash) != NULL;
            free(train.kept.at);
        }
    assert_int_equal(shared, 0);
    free(test.kept.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environments),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_prompts_differ),
        cmocka_unit_test(test_splits_are_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
