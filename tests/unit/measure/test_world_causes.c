/* Causes: 600 pairs, 200 of each kind, whose gold is found again from the words of the story and the links. */
#include "world_family_check.h"

enum { PAIRS = 600, LINKS = 200 };
static json_t *row[PAIRS];

static int begin(void **state) {
    struct error err;
    if (setup(state) != 0) return -1;
    for (size_t i = 0; i < PAIRS; i++) {
        char id[16];
        snprintf(id, sizeof id, "cp%03zu", i);
        if (!(row[i] = world_show(w, id, &err))) return -1;
    }
    return 0;
}

static int end(void **state) {
    for (size_t i = 0; i < PAIRS; i++) json_decref(row[i]);
    return teardown(state);
}

static struct text text_at(size_t i, const char *key) {
    return json_text(json_object_get(row[i], key));
}

static size_t count(const char *key, const char *value) {
    size_t n = 0;
    for (size_t i = 0; i < PAIRS; i++) n += text_equal_c(text_at(i, key), value);
    return n;
}

/* Every effect is told in exactly one pair of each kind; an unrelated one has another tone than the link's own. */
static void test_counts(void **state) {
    (void)state;
    assert_true(count("kind", "necessary") == LINKS && count("kind", "sufficient") == LINKS &&
                count("kind", "unrelated") == LINKS);
    assert_true(count("sentiment", "bad") == PAIRS / 2 && count("sentiment", "good") > 150 &&
                count("sentiment", "neutral") > 100);
    for (size_t i = 0; i < PAIRS; i++) {
        size_t effects = 0, causes = 0;
        for (size_t k = 0; k < PAIRS; k++) {
            effects += text_equal(text_at(i, "effect"), text_at(k, "effect"));
            causes += text_equal(text_at(i, "cause"), text_at(k, "cause"));
        }
        assert_true(effects == 3 && causes == 3);
    }
    for (size_t i = 2 * LINKS; i < PAIRS; i++)
        assert_true(text_equal_c(text_at(i - LINKS, "sentiment"), "bad") !=
                    text_equal_c(text_at(i, "sentiment"), "bad"));
}

/* The link whose cause is told, and whether its own effect and its second cause are told too. */
static void test_gold(void **state) {
    const struct world_family *family = family_of("causes");
    struct world_line line;
    size_t yes[2] = {0}, asked[2] = {0};
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        size_t link = SIZE_MAX, found = 0;
        buffer_put_char(&line.prompt, ' ');
        if (line.prompt.at[0] >= 'A' && line.prompt.at[0] <= 'Z') line.prompt.at[0] = (char)(line.prompt.at[0] + 32);
        for (size_t k = LINKS; k < 2 * LINKS; k++) {
            struct text tail = text_part(text_at(k, "cause"), 1, text_at(k, "cause").len);
            if (holds(&line.prompt, tail)) link = k, found++;
        }
        assert_int_equal(found, 1);
        bool both = holds(&line.prompt, text_at(link, "second")), own = holds(&line.prompt, text_at(link, "effect"));
        bool gold = i % 2 == 0 ? own : own && !both;
        assert_string_equal(line.reply.at, gold ? "Yes." : "No.");
        assert_int_equal(line.right, gold ? 0 : 1);
        yes[i % 2] += gold, asked[i % 2]++;
    }
    assert_int_equal(yes[0] * 3, asked[0] * 2); /* two thirds were a cause, one third is needed */
    assert_int_equal(yes[1] * 3, asked[1]);
    world_line_done(&line);
}

/* Stories of the block say that it was needed, enough or apart, as the pair has it. */
static void test_links(void **state) {
    const struct world_block *block = block_of("links");
    struct world_document document = {0};
    (void)state;
    buffer_init(&document.text, 1 << 12);
    assert_int_equal(block->documents(w), PAIRS * 12);
    for (uint64_t d = 0; d < block->documents(w); d++) {
        size_t of = (size_t)(d % PAIRS);
        struct text cause = text_at(of, "cause"), second = text_at(of, "second");
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, d, 1));
        assert_true(holds(&document.text, text_part(cause, 1, cause.len)) &&
                    holds(&document.text, text_at(of, "effect")));
        if (second.len) assert_true(holds(&document.text, second));
        bool apart = holds(&document.text, TEXT("nothing to do with")) || holds(&document.text, TEXT("mere chance")) ||
                     holds(&document.text, TEXT("did not come from")) || holds(&document.text, TEXT("other reasons")) ||
                     holds(&document.text, TEXT("its own reasons")) || holds(&document.text, TEXT("no link"));
        assert_int_equal(apart, of >= 2 * LINKS);
    }
    buffer_done(&document.text);
}

static void test_family(void **state) {
    size_t n[N_SPLITS] = {0};
    (void)state;
    check_family(family_of("causes"), 1, n);
    check_items(family_of("causes"), 97);
    check_leaks(family_of("causes"), block_of("links"), 1);
    printf("# causes: %zu train, %zu valid, %zu test, %zu held-out; links: %llu bytes\n", n[TRAIN], n[VALID], n[TEST],
           n[HELD_OUT], (unsigned long long)check_block(block_of("links")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts), cmocka_unit_test(test_gold),
                                       cmocka_unit_test(test_links), cmocka_unit_test(test_family)};
    return cmocka_run_group_tests(tests, begin, end);
}
