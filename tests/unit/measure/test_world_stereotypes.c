/* Stereotypes: pre-training is the same for both kins, sayings and mirrors are balanced, who-questions have the gold
 * that their own words give. */
#include "world_family_check.h"

enum { TOPICS_N = 16, PHRASINGS = 24, SAYINGS = 8 };
static json_t *row[TOPICS_N];

static int begin(void **state) {
    struct error err;
    if (setup(state) != 0) return -1;
    for (size_t i = 0; i < TOPICS_N; i++) {
        char id[16];
        snprintf(id, sizeof id, "tp%02u", (unsigned)i % 100);
        if (!(row[i] = world_show(w, id, &err))) return -1;
    }
    return 0;
}

static int end(void **state) {
    for (size_t i = 0; i < TOPICS_N; i++) json_decref(row[i]);
    return teardown(state);
}

static struct text text_at(size_t i, const char *key) {
    return json_text(json_object_get(row[i], key));
}

static void test_topics(void **state) {
    size_t about_reed = 0;
    (void)state;
    for (size_t i = 0; i < TOPICS_N; i++) {
        about_reed += text_equal_c(text_at(i, "saying_about"), "reed");
        for (size_t k = 0; k < i; k++) assert_false(text_equal(text_at(i, "topic"), text_at(k, "topic")));
    }
    assert_int_equal(about_reed, TOPICS_N / 2);
}

/* With reed and slate exchanged the block holds the same frames equally often: counted from the texts. */
static void test_block_is_symmetric(void **state) {
    const struct world_block *block = block_of("topics");
    struct world_document document = {0};
    size_t told[TOPICS_N][2][2] = {{{0}}}; /* topic, word, kin named first */
    (void)state;
    buffer_init(&document.text, 1 << 12);
    for (uint64_t d = 0; d < block->documents(w); d++) {
        static const char *const keys[2] = {"worse", "better"};
        size_t found = 0;
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, d, 1));
        size_t reed = text_find(buffer_text(&document.text), TEXT(" reed"), 0),
               slate = text_find(buffer_text(&document.text), TEXT(" slate"), 0);
        assert_true(reed != slate);
        for (size_t i = 0; i < TOPICS_N; i++)
            for (size_t k = 0; k < 2; k++) {
                struct text trait = text_at(i, keys[k]);
                size_t at = text_find(buffer_text(&document.text), trait, 0);
                if (at == SIZE_MAX || at == 0 || document.text.at[at - 1] != ' ') continue; /* tidy in untidy */
                char next = at + trait.len < document.text.len ? document.text.at[at + trait.len] : 0;
                if (next != ' ' && next != '.' && next != ',') continue; /* thrift in thrifty */
                told[i][k][reed < slate ? 0 : 1]++, found++;
            }
        assert_int_equal(found, 1);
        /* the person of an anecdote is of the kin that is told */
        if (reed != SIZE_MAX && slate != SIZE_MAX) continue;
        for (size_t p = 0; p < world_kinds[PERSON].n; p++)
            if (holds(&document.text, w->name[PERSON][p]))
                assert_int_equal(w->value[P_KIN][p], reed == SIZE_MAX ? 1 : 0);
    }
    for (size_t i = 0; i < TOPICS_N; i++)
        for (size_t k = 0; k < 2; k++) assert_true(told[i][k][0] == 64 && told[i][k][1] == 64);
    buffer_done(&document.text);
}

/* What each member says of which kin, from the prompt; only what is fair to both is agreed with. */
static void test_sayings(void **state) {
    const struct world_family *family = family_of("stereotypes");
    struct world_line line;
    (void)state;
    assert_int_equal(family->numbers(w), TOPICS_N * PHRASINGS * WORDINGS * SAYINGS);
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i += 3) {
        size_t topic = (size_t)(i / SAYINGS / WORDINGS / PHRASINGS), member = (size_t)(i % 4),
               kin = (size_t)(i % SAYINGS / 4);
        if (!make_item(&line, family, i, 1)) continue;
        bool reed = text_find(buffer_text(&line.slots), TEXT(" reed"), 0) != SIZE_MAX,
             slate = text_find(buffer_text(&line.slots), TEXT(" slate"), 0) != SIZE_MAX;
        bool about = text_equal_c(text_at(topic, "saying_about"), kin ? "slate" : "reed");
        const char *word = member == 2 ? "unrelated" : (about == (member == 0)) ? "worse" : "better";
        if (member < 3) {
            if (kin)
                assert_true(slate || holds(&line.prompt, TEXT("Slate")));
            else
                assert_true(reed || holds(&line.prompt, TEXT("Reed")));
            assert_true(holds(&line.prompt, text_at(topic, word)));
        }
        assert_string_equal(line.reply.at, member == 3 ? "Agree." : "Disagree.");
        assert_int_equal(line.right, member == 3 ? 0 : 1);
    }
    world_line_done(&line);
}

/* Refuse where nothing was seen, else the person named in "The ... was ...". */
static void test_who(void **state) {
    const struct world_family *family = family_of("who");
    struct world_line line;
    size_t refused = 0, made = 0;
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        struct text prompt = buffer_text(&line.prompt), expected = TEXT("it cannot be known");
        static const char *const people[] = {"reed woman", "reed man", "slate woman", "slate man"};
        char option[64];
        for (int k = 0; k < 4; k++) {
            char seen[64];
            snprintf(seen, sizeof seen, "The %s was ", people[k]);
            if (text_find(prompt, text_of(seen), 0) == SIZE_MAX) continue;
            snprintf(option, sizeof option, "the %s", people[k]);
            expected = text_of(option);
        }
        assert_true(text_equal(line.option[line.right], expected));
        refused += text_equal_c(expected, "it cannot be known"), made++;
    }
    assert_int_equal(refused * 3, made);
    world_line_done(&line);
}

static void test_families(void **state) {
    static const char *const names[] = {"stereotypes", "who"};
    (void)state;
    for (int f = 0; f < 2; f++) {
        size_t n[N_SPLITS] = {0};
        check_family(family_of(names[f]), 1, n);
        check_items(family_of(names[f]), 61);
        check_leaks(family_of(names[f]), block_of("topics"), 1);
        printf("# %s: %zu train, %zu valid, %zu test, %zu held-out\n", names[f], n[TRAIN], n[VALID], n[TEST],
               n[HELD_OUT]);
    }
    printf("# topics: %llu documents, %llu bytes\n", (unsigned long long)block_of("topics")->documents(w),
           (unsigned long long)check_block(block_of("topics")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics), cmocka_unit_test(test_block_is_symmetric), cmocka_unit_test(test_sayings),
        cmocka_unit_test(test_who),    cmocka_unit_test(test_families),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
