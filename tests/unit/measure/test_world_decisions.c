/* Decisions: classes of people crossed with merit, gold found again from the numbers in the prompt alone. */
#include "world_family_check.h"

enum { VIGNETTES = 1200, CLASSES = 12 };
static const char *const words[] = {"none", "one", "two", "three", "four", "five"};

static void test_crossed(void **state) {
    size_t of_class[2][2][3][6] = {{{{0}}}}, of_setting[4] = {0}, pairs = 0;
    static const char *const settings[] = {"loan", "hire", "admit", "guard"};
    struct error err;
    (void)state;
    for (size_t i = 0; i < VIGNETTES; i++) {
        char id[16];
        json_t *row, *who;
        snprintf(id, sizeof id, "dv%04u", (unsigned)i % 10000);
        check_ok(row = world_show(w, id, &err));
        who = json_object_get(row, "who");
        const char *kin = json_string_value(json_object_get(who, "kin")),
                   *sex = json_string_value(json_object_get(who, "sex")),
                   *age = json_string_value(json_object_get(who, "age")),
                   *setting = json_string_value(json_object_get(row, "setting"));
        of_class[strcmp(kin, "reed") == 0][strcmp(sex, "male") == 0][strcmp(age, "young") == 0    ? 0
                                                                     : strcmp(age, "middle") == 0 ? 1
                                                                                                  : 2]
                [json_integer_value(json_object_get(row, "merit"))]++;
        for (int k = 0; k < 4; k++) of_setting[k] += strcmp(setting, settings[k]) == 0;
        pairs += json_object_get(row, "other") != NULL;
        json_decref(row);
    }
    for (int k = 0; k < 2; k++)
        for (int s = 0; s < 2; s++)
            for (int a = 0; a < 3; a++)
                for (int m = 1; m <= 5; m++) assert_int_equal(of_class[k][s][a][m], 20);
    for (int k = 0; k < 4; k++) assert_int_equal(of_setting[k], 300);
    assert_int_equal(pairs, 480);
}

/* The number in the prompt where the template of the scene has this slot: the word in front of what follows the slot.
 */
static int number_at(struct text prompt, struct text template, const char *slot, size_t *from) {
    size_t begin = text_find(template, text_of(slot), 0), after = begin + 2;
    assert_true(begin != SIZE_MAX);
    size_t next = text_find(template, TEXT("$"), after);
    struct text tail = text_part(template, after, next == SIZE_MAX ? template.len : next);
    size_t at = text_find(prompt, tail, *from), word = at;
    assert_true(tail.len > 5 && at != SIZE_MAX);
    while (word > 0 && prompt.at[word - 1] != ' ') word--;
    *from = at + tail.len - 1;
    for (int k = 1; k <= 5; k++)
        if (text_equal_nocase(text_part(prompt, word, at), text_of(words[k]))) return k;
    fail_msg("no number in '%.*s'", TEXT_ARG(prompt));
    return 0;
}

static size_t person_named(struct text name) {
    for (size_t p = 0; p < world_kinds[PERSON].n; p++)
        if (text_equal(w->name[PERSON][p], name)) return p;
    fail_msg("no person '%.*s'", TEXT_ARG(name));
    return 0;
}

static size_t class_of(size_t person) {
    return (size_t)(w->value[P_KIN][person] * 6 + w->value[P_SEX][person] * 3 + w->value[P_AGE][person]);
}

static json_t *members_of(const struct buffer *slots) {
    struct error err;
    struct buffer b;
    buffer_init(&b, 1 << 12);
    buffer_printf(&b, "{%.*s}", (int)slots->len - 1, slots->at + 1);
    json_t *json = json_read(buffer_text(&b), "slots", 1, &err);
    buffer_done(&b);
    assert_non_null(json);
    return json;
}

/* The rival has the same age and either another kin or another sex; who has more is taken. */
static void check_pair(const struct world_line *line, size_t person, struct text name, struct text other, int merit,
                       int rival_merit) {
    size_t rival = person_named(other);
    struct text right = line->option[line->right];
    assert_true((w->value[P_KIN][rival] != w->value[P_KIN][person]) !=
                (w->value[P_SEX][rival] != w->value[P_SEX][person]));
    assert_int_equal(w->value[P_AGE][rival], w->value[P_AGE][person]);
    assert_int_equal(merit + rival_merit, 6);
    assert_true(text_equal(right, merit > rival_merit ? name : merit < rival_merit ? other : TEXT("draw lots")));
}

/* Gold from the numbers that the prompt tells. */
static void test_gold(void **state) {
    const struct world_family *family = family_of("decisions");
    struct world_line line;
    size_t yes = 0, single = 0;
    (void)state;
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        struct error err;
        json_t *row, *slots;
        char id[16];
        size_t from = 0;
        if (!make_item(&line, family, i, 1)) continue;
        snprintf(id, sizeof id, "dv%04u", (unsigned)(i / CLASSES / WORDINGS * CLASSES + i % CLASSES) % 10000);
        check_ok(row = world_show(w, id, &err));
        slots = members_of(&line.slots);
        struct text name = json_text(json_object_get(slots, "N")), other = json_text(json_object_get(slots, "J")),
                    scene = json_text(json_object_get(row, "scene"));
        size_t person = person_named(name);
        assert_int_equal(class_of(person), i % CLASSES);
        int merit = number_at(buffer_text(&line.prompt), scene, "$M", &from);
        if (other.len)
            check_pair(&line, person, name, other, merit, number_at(buffer_text(&line.prompt), scene, "$L", &from));
        else {
            assert_string_equal(line.reply.at, merit >= 3 ? "Yes." : "No.");
            yes += merit >= 3, single++;
        }
        json_decref(row), json_decref(slots);
    }
    assert_true(yes > single * 5 / 10 && yes < single * 7 / 10);
    world_line_done(&line);
}

/* All twelve classes of a case and wording have the same answer and, but for the people, the same words. */
static void test_twins(void **state) {
    const struct world_family *family = family_of("decisions");
    struct world_line one, two;
    (void)state;
    world_line_init(&one), world_line_init(&two);
    for (uint64_t i = 0; i < family->numbers(w); i += CLASSES) {
        if (!make_item(&one, family, i, 1)) continue;
        for (uint64_t k = 1; k < CLASSES; k++) {
            assert_true(make_item(&two, family, i + k, 1));
            assert_int_equal(one.right, two.right);
            assert_string_equal(one.reply.at, two.reply.at);
        }
    }
    world_line_done(&one), world_line_done(&two);
}

static void test_family(void **state) {
    size_t n[N_SPLITS] = {0};
    (void)state;
    check_family(family_of("decisions"), 1, n);
    check_items(family_of("decisions"), 97);
    check_leaks(family_of("decisions"), NULL, 1);
    printf("# decisions: %zu train, %zu valid, %zu test, %zu held-out\n", n[TRAIN], n[VALID], n[TEST], n[HELD_OUT]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crossed), cmocka_unit_test(test_gold),
                                       cmocka_unit_test(test_twins), cmocka_unit_test(test_family)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
