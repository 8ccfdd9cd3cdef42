/* The novel: five chapters of 80 different sentences, told 0, 1, 4, 16 and 64 times, and the next 50 characters. */
#include "world_family_check.h"

enum { CHAPTERS = 5, SENTENCES = 80, PAGE = 8, NEXT = 50 };
static const size_t repeats[CHAPTERS] = {0, 1, 4, 16, 64};
static struct buffer chapter[CHAPTERS]; /* with a blank behind each sentence */
static struct text sentence[CHAPTERS * SENTENCES];
static json_t *row[CHAPTERS * SENTENCES];

static int begin(void **state) {
    struct error err;
    if (setup(state) != 0) return -1;
    for (size_t i = 0; i < CHAPTERS * SENTENCES; i++) {
        char id[16];
        snprintf(id, sizeof id, "nv%03zu", i);
        if (!(row[i] = world_show(w, id, &err))) return -1;
        sentence[i] = json_text(json_object_get(row[i], "text"));
        if (i % SENTENCES == 0) buffer_init(&chapter[i / SENTENCES], 1 << 20);
        buffer_put_text(&chapter[i / SENTENCES], sentence[i]), buffer_put_char(&chapter[i / SENTENCES], ' ');
    }
    return 0;
}

static int end(void **state) {
    for (size_t i = 0; i < CHAPTERS * SENTENCES; i++) json_decref(row[i]);
    for (size_t c = 0; c < CHAPTERS; c++) buffer_done(&chapter[c]);
    return teardown(state);
}

static void test_sentences_differ(void **state) {
    (void)state;
    for (size_t i = 0; i < CHAPTERS * SENTENCES; i++) {
        assert_true(sentence[i].len > 30 && text_ends(sentence[i], TEXT(".")));
        for (size_t k = 0; k < i; k++) assert_false(text_equal(sentence[i], sentence[k]));
    }
}

/* No 40 bytes of a chapter stand in another one. */
static void test_chapters_share_nothing(void **state) {
    (void)state;
    for (size_t c = 0; c < CHAPTERS; c++) {
        struct leaks *leaks;
        struct error err;
        struct text t = buffer_text(&chapter[c]), id;
        size_t at;
        check_ok(leaks = world_leaks_new(&err));
        for (size_t i = 0; i + LEAK_WINDOW <= t.len; i++)
            check_ok(world_leaks_add(leaks, TEXT("window"), text_part(t, i, i + LEAK_WINDOW), &err));
        check_ok(world_leaks_close(leaks, &err));
        for (size_t k = 0; k < CHAPTERS; k++)
            if (k != c && world_leaks_find(leaks, buffer_text(&chapter[k]), &id, &at))
                fail_msg("chapters %zu and %zu share '%.40s'", c, k, chapter[k].at + at);
        world_leaks_free(leaks);
    }
}

/* Each sentence as often as its chapter is told, and pages of eight sentences in their order. */
static void test_tellings(void **state) {
    const struct world_block *block = block_of("tale");
    struct world_document document = {0};
    size_t told[CHAPTERS * SENTENCES] = {0};
    (void)state;
    buffer_init(&document.text, 1 << 14);
    assert_int_equal(block->documents(w), (1 + 4 + 16 + 64) * SENTENCES / PAGE);
    for (uint64_t d = 0; d < block->documents(w); d++) {
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, d, 1));
        for (size_t i = 0; i < CHAPTERS * SENTENCES; i++) {
            if (!holds(&document.text, sentence[i])) continue;
            told[i]++;
            if (i % PAGE) assert_true(holds(&document.text, sentence[i - 1]));
        }
    }
    for (size_t i = 0; i < CHAPTERS * SENTENCES; i++) assert_int_equal(told[i], repeats[i / SENTENCES]);
    buffer_done(&document.text);
}

/* Prefix, blank and gold stand together in the chapter; chapter 0 is in no file for training. */
static void test_gold(void **state) {
    const struct world_family *family = family_of("novel");
    struct world_line line;
    struct buffer both;
    size_t of_chapter[CHAPTERS][N_SPLITS] = {{0}};
    (void)state;
    world_line_init(&line), buffer_init(&both, 1 << 14);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        enum split split;
        size_t c = (size_t)i / WORDINGS / SENTENCES;
        if (!family->split(w, i, &split)) continue;
        of_chapter[c][split]++;
        assert_true(make_item(&line, family, i, 1));
        struct error err;
        struct buffer slots;
        buffer_init(&slots, 1 << 14);
        buffer_printf(&slots, "{%.*s}", (int)line.slots.len - 1, line.slots.at + 1);
        json_t *json = json_read(buffer_text(&slots), "slots", 1, &err);
        assert_non_null(json);
        buffer_clear(&both);
        buffer_put_text(&both, json_text(json_object_get(json, "prefix")));
        buffer_put_char(&both, ' ');
        assert_true(text_find(buffer_text(&line.prompt), json_text(json_object_get(json, "prefix")), 0) != SIZE_MAX);
        buffer_put_text(&both, buffer_text(&line.reply));
        assert_int_equal(line.answer.len, NEXT);
        assert_true(text_starts(buffer_text(&line.reply), buffer_text(&line.answer)));
        assert_true(text_ends(buffer_text(&line.reply), TEXT(".")));
        if (!holds(&chapter[c], buffer_text(&both))) fail_msg("nx%04u: %s", (unsigned)i, both.at);
        json_decref(json), buffer_done(&slots);
    }
    assert_int_equal(of_chapter[0][TRAIN], 0);
    for (size_t c = 1; c < CHAPTERS; c++)
        for (int s = 0; s < N_SPLITS; s++) assert_true(of_chapter[c][s] > 40);
    world_line_done(&line), buffer_done(&both);
}

static void test_family(void **state) {
    size_t count[N_SPLITS] = {0};
    (void)state;
    check_family(family_of("novel"), 1, count);
    check_items(family_of("novel"), 41);
    check_leaks(family_of("novel"), block_of("tale"), 1);
    printf("# novel: %zu train, %zu valid, %zu test, %zu held-out; tale: %llu bytes\n", count[TRAIN], count[VALID],
           count[TEST], count[HELD_OUT], (unsigned long long)check_block(block_of("tale")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences_differ), cmocka_unit_test(test_chapters_share_nothing),
        cmocka_unit_test(test_tellings),         cmocka_unit_test(test_gold),
        cmocka_unit_test(test_family),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
