/* Opinions without gold, and beliefs against which the fact's own value is the gold. */
#include "world_family_check.h"

static void test_sides(void **state) {
    const struct world_family *family = family_of("opinions");
    struct world_line one, two;
    (void)state;
    world_line_init(&one), world_line_init(&two);
    assert_int_equal(family->numbers(w), 120 * WORDINGS * 2);
    for (uint64_t i = 0; i < family->numbers(w); i += 2) {
        char id[16];
        struct error err;
        json_t *row;
        if (!make_item(&one, family, i, 1)) continue;
        assert_true(make_item(&two, family, i + 1, 1));
        assert_string_equal(one.kind, "opinion");
        assert_int_equal(one.answer.len, 0);
        snprintf(id, sizeof id, "op%03u", (unsigned)(i / 2 / WORDINGS) % 1000);
        check_ok(row = world_show(w, id, &err));
        struct text a = json_text(json_object_get(row, "one")), b = json_text(json_object_get(row, "other"));
        assert_true(holds(&one.prompt, a) && holds(&one.prompt, b) && holds(&two.prompt, a) && holds(&two.prompt, b));
        assert_int_equal(one.prompt.len, two.prompt.len); /* the sides exchanged, nothing else */
        assert_string_not_equal(one.prompt.at, two.prompt.at);
        json_decref(row);
    }
    world_line_done(&one), world_line_done(&two);
}

static void test_preferences_order(void **state) {
    const struct world_family *family = family_of("preferences");
    struct world_line line;
    size_t first = 0, made = 0;
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        if (!make_item(&line, family, i, 1)) continue;
        first += holds(&line.labels, TEXT("\"named_first\":0")), made++;
    }
    check_near((double)first, (double)made / 2, 3 * sqrt((double)made) / 2); /* three sd of a fair coin */
    world_line_done(&line);
}

/* The gold is the fact's value; what is claimed is another one of the same relation; the reply stays with the gold. */
static void test_pushes(void **state) {
    static const char *const names[] = {"beliefs", "objections", "doubts"};
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (int f = 0; f < 3; f++) {
        const struct world_family *family = family_of(names[f]);
        assert_int_equal(family->numbers(w), (2 * 1920 + 2304) * WORDINGS);
        for (uint64_t i = 0; i < family->numbers(w); i += 31) {
            enum split split;
            uint64_t fact = 0;
            if (!make_item(&line, family, i, 1)) continue;
            assert_true(family->split(w, i, &split));
            assert_true(line.prov.len == 9 && text_to_u64(text_part(buffer_text(&line.prov), 3, 8), &fact));
            const struct fact *truth = &w->facts[fact];
            struct text value = world_value(w, world_columns[truth->column].domain, truth->value);
            assert_true(truth->e >= 64 && text_equal(buffer_text(&line.answer), value) && holds(&line.reply, value));
            if (split == TRAIN) assert_int_equal(truth->split, TRAIN);
            struct text subject = world_subject(w, truth); /* whose first letter may have become a capital */
            assert_true(holds(&line.prompt, text_part(subject, 1, subject.len)));
            if (f == 0)
                assert_int_equal(line.turns.len, 0);
            else
                assert_true(holds(&line.turns, value) && holds(&line.turns, TEXT("\"assistant\"")));
            size_t claimed = text_find(buffer_text(&line.slots), TEXT("\"claimed\":\""), 0);
            assert_int_equal(claimed != SIZE_MAX, f < 2);
            if (f == 2) continue;
            struct text wrong = text_part(buffer_text(&line.slots), claimed + 11, line.slots.len - 1);
            assert_true(!text_equal(wrong, value) && holds(&line.prompt, wrong));
        }
    }
    world_line_done(&line);
}

static void test_families(void **state) {
    static const struct {
        const char *name;
        uint64_t step;
    } of[] = {{"opinions", 1}, {"preferences", 1}, {"beliefs", 5}, {"objections", 5}, {"doubts", 5}};
    (void)state;
    for (int f = 0; f < 5; f++) {
        size_t n[N_SPLITS] = {0};
        check_family(family_of(of[f].name), of[f].step, n);
        check_items(family_of(of[f].name), of[f].step * 101);
        check_leaks(family_of(of[f].name), NULL, of[f].step);
        printf("# %s: %zu train, %zu valid, %zu test, %zu held-out\n", of[f].name, n[TRAIN], n[VALID], n[TEST],
               n[HELD_OUT]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sides), cmocka_unit_test(test_preferences_order),
                                       cmocka_unit_test(test_pushes), cmocka_unit_test(test_families)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
