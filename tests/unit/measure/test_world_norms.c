/* Norms: counts, gold found again from the rows, stories that say what the truth says. */
#include "world_family_check.h"

enum { ACTS = 240, JUDGEMENTS = 200, SCENES = 200, ROWS = ACTS + JUDGEMENTS + SCENES };
static json_t *row[ROWS];

static int begin(void **state) {
    struct error err;
    if (setup(state) != 0) return -1;
    for (size_t i = 0; i < ROWS; i++) {
        char id[16];
        snprintf(id, sizeof id, "nm%03zu", i);
        if (!(row[i] = world_show(w, id, &err))) return -1;
    }
    return 0;
}

static int end(void **state) {
    for (size_t i = 0; i < ROWS; i++) json_decref(row[i]);
    return teardown(state);
}

static struct text text_at(size_t i, const char *key) {
    return json_text(json_object_get(row[i], key));
}

static void test_counts(void **state) {
    size_t good = 0, neutral = 0, bad = 0, right = 0, wrong = 0, of_feeling = 0;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct text value = text_at(i, "value"), feeling = text_at(i, "feeling");
        good += text_equal_c(value, "good"), neutral += text_equal_c(value, "neutral"),
            bad += text_equal_c(value, "bad");
        right += text_equal_c(value, "right"), wrong += text_equal_c(value, "wrong");
        if (!feeling.len) continue;
        size_t same = 0;
        for (size_t k = 0; k < ROWS; k++) same += text_equal(feeling, text_at(k, "feeling"));
        assert_int_equal(same, 25);
        of_feeling++;
    }
    assert_true(good == 80 && neutral == 80 && bad == 80 && right == 100 && wrong == 100);
    assert_int_equal(of_feeling, 200);
    for (size_t i = 0; i < ACTS; i++)
        for (size_t k = 0; k < i; k++) assert_false(text_equal(text_at(i, "act"), text_at(k, "act")));
}

/* Whether the prompt holds all the words around the name. */
static bool holds_all(const struct world_line *line, struct text words) {
    for (size_t at = 0, slot; at < words.len; at = slot + 2) {
        slot = text_find(words, TEXT("$N"), at);
        if (slot == SIZE_MAX) slot = words.len;
        if (!holds(&line->prompt, text_part(words, at, slot))) return false;
    }
    return true;
}

/* The row whose own words stand in the prompt, the longest of those that do. */
static size_t row_of(const struct world_line *line, size_t from, size_t to, const char *key) {
    size_t best = SIZE_MAX;
    for (size_t i = from; i < to; i++)
        if (holds_all(line, text_at(i, key)) && (best == SIZE_MAX || text_at(i, key).len > text_at(best, key).len))
            best = i;
    return best;
}

static void test_act_gold(void **state) {
    const struct world_family *family = family_of("acts");
    struct world_line line;
    size_t place[3] = {0};
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        size_t of = row_of(&line, 0, ACTS, "act");
        assert_true(of < ACTS && line.n_options == 3);
        assert_true(text_equal(line.option[line.right], text_at(of, "value")));
        assert_int_equal(line.reply.at[line.reply.len - 1], 'A' + (int)line.right);
        place[line.right]++;
    }
    for (int k = 0; k < 3; k++) assert_true(place[k] > 900); /* a third of 3,100 */
    world_line_done(&line);
}

static void test_judgement_gold(void **state) {
    const struct world_family *family = family_of("judgements");
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        size_t of = ACTS + (size_t)(i / 2 / WORDINGS * 2 + i % 2);
        assert_true(holds(&line.prompt, text_at(of, "situation")) && holds(&line.prompt, text_at(of, "ending")));
        bool right = text_equal_c(text_at(of, "value"), "right");
        assert_string_equal(line.reply.at, right ? "Right." : "Wrong.");
        assert_int_equal(line.right, right ? 0 : 1);
    }
    world_line_done(&line);
}

static void test_feeling_gold(void **state) {
    const struct world_family *family = family_of("feelings");
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        size_t of = row_of(&line, ACTS + JUDGEMENTS, ROWS, "scene");
        assert_true(of < ROWS && line.n_options == 4);
        assert_true(text_equal(line.option[line.right], text_at(of, "feeling")));
        for (size_t a = 0; a < 4; a++)
            for (size_t b = 0; b < a; b++) assert_false(text_equal(line.option[a], line.option[b]));
    }
    world_line_done(&line);
}

/* Each act, ending and scene in 24 stories; those of good acts never say that it was bad, and the other way round. */
static void test_stories(void **state) {
    static const char *const praise[] = {"good", "kind", "thanked", "praised"};
    static const char *const blame[] = {"bad", "cruel", "punished", "blamed"};
    const struct world_block *block = block_of("stories");
    struct world_document document = {0};
    (void)state;
    buffer_init(&document.text, 1 << 12);
    assert_int_equal(block->documents(w), ROWS * 24);
    for (uint64_t d = 0; d < block->documents(w); d++) {
        size_t of = (size_t)(d % ROWS), good = 0, bad = 0;
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, d, 1));
        if (of < ACTS) {
            struct text value = text_at(of, "value"), act = text_at(of, "act"), t = buffer_text(&document.text);
            size_t act_at = text_find(t, act, 0);
            assert_true(act_at != SIZE_MAX);
            memset(document.text.at + act_at, '-', act.len); /* what is said of it, without the act's own words */
            for (int k = 0; k < 4; k++)
                good += holds(&document.text, text_of(praise[k])), bad += holds(&document.text, text_of(blame[k]));
            if (text_equal_c(value, "good") && (bad || !good)) fail_msg("%s", document.text.at);
            if (text_equal_c(value, "bad") && !bad) fail_msg("%s", document.text.at);
            if (text_equal_c(value, "neutral") && (good > 1 || bad > 1)) fail_msg("%s", document.text.at);
        } else if (of < ACTS + JUDGEMENTS)
            assert_true(holds(&document.text, text_at(of, "situation")) &&
                        holds(&document.text, text_at(of, "ending")));
        else
            assert_true(holds(&document.text, text_at(of, "feeling")));
    }
    buffer_done(&document.text);
}

static void test_families(void **state) {
    static const char *const names[] = {"acts", "judgements", "feelings"};
    (void)state;
    for (int f = 0; f < 3; f++) {
        size_t count[N_SPLITS] = {0};
        check_family(family_of(names[f]), 1, count);
        check_items(family_of(names[f]), 37);
        check_leaks(family_of(names[f]), block_of("stories"), 1);
        printf("# %s: %zu train, %zu valid, %zu test, %zu held-out\n", names[f], count[TRAIN], count[VALID],
               count[TEST], count[HELD_OUT]);
    }
    printf("# stories: %llu bytes\n", (unsigned long long)check_block(block_of("stories")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_act_gold), cmocka_unit_test(test_judgement_gold),
        cmocka_unit_test(test_feeling_gold), cmocka_unit_test(test_stories),  cmocka_unit_test(test_families),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
