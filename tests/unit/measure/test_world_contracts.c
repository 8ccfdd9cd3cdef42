/* Contracts of the world: twins differ by one edit, the lines of the bug stand in the function that is asked about, the
 * function is short, half of the items have a bug, and neither member of a pair tells which. */
#include "world_fixture.h"

#include "base/json.h"

enum { TOKENS_MOST = 200, LINES_MOST = 8 };

static json_t *labels_of(const struct world_line *line) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "{\"slots\":{%s},\"labels\":{%s}}", line->slots.at + 1, line->labels.at + 1);
    json_t *row = json_read(buffer_text(&b), "item", 1, &err);
    check_ok(row);
    buffer_done(&b);
    return row;
}

static const char *slot(const json_t *row, const char *key) {
    return json_string_value(json_object_get(json_object_get(row, "slots"), key));
}
static const char *label(const json_t *row, const char *key) {
    return json_string_value(json_object_get(json_object_get(row, "labels"), key));
}
static long number_of(const json_t *row, const char *key) {
    return (long)json_integer_value(json_object_get(json_object_get(row, "labels"), key));
}

/* Words and other characters, a rough count of tokens from above. */
static unsigned tokens(const char *code) {
    unsigned n = 0;
    for (bool in = false; *code; code++) {
        bool letter = (*code >= 'a' && *code <= 'z') || (*code >= 'A' && *code <= 'Z') ||
                      (*code >= '0' && *code <= '9') || *code == '_';
        n += *code > ' ' && (!letter || !in);
        in = letter;
    }
    return n;
}

/* Lines of a that stand nowhere in b. */
static unsigned lines_not_in(const char *a, const char *b) {
    struct text rest = text_of(a), line;
    unsigned n = 0;
    while (text_next(&rest, '\n', &line)) n += text_find(text_of(b), line, 0) == SIZE_MAX;
    return n;
}

static void check_lines(const json_t *row) {
    const json_t *lines = json_object_get(json_object_get(row, "labels"), "lines");
    bool bug = strcmp(label(row, "label"), "vulnerable") == 0;
    assert_true(json_array_size(lines) <= LINES_MOST && (json_array_size(lines) > 0) == bug);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        long at = (long)json_integer_value(json_array_get(lines, i));
        assert_in_range(at, number_of(row, "from"), number_of(row, "to"));
    }
    struct text rest = text_of(slot(row, "source")), line = {0};
    for (long i = 0; i < number_of(row, "from"); i++) assert_true(text_next(&rest, '\n', &line));
    assert_true(text_find(line, text_of(label(row, "fn")), 0) != SIZE_MAX); /* it begins there */
    assert_true(strlen(label(row, "cause")) == 0 || bug);
    assert_in_range(tokens(slot(row, "code")), 10, TOKENS_MOST);
}

static void twins(void **state) {
    static const char *const families[] = {"contracts", "contracts-named", "contracts-swapped"};
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        const struct world_family *family = family_of(families[f]);
        uint64_t n = family->numbers(w), made[N_SPLITS] = {0}, first_has_it = 0, pairs = 0;
        for (uint64_t pair = 0; pair < n / 2; pair += 5) {
            struct world_line line[2];
            json_t *row[2];
            enum split split;
            if (!family->split(w, 2 * pair, &split)) continue;
            for (unsigned m = 0; m < 2; m++) {
                world_line_init(&line[m]);
                assert_true(family->make(&line[m], w, 2 * pair + m, split, 1));
                row[m] = labels_of(&line[m]);
                check_lines(row[m]);
            }
            made[split]++;
            pairs++;
            bool bug = strcmp(label(row[0], "label"), "vulnerable") == 0;
            first_has_it += bug;
            assert_int_equal(strcmp(label(row[1], "label"), "vulnerable") == 0, !bug);
            assert_string_equal(label(row[0], "class"), label(row[1], "class"));
            assert_int_equal(strcmp(label(row[!bug], "fn"), "withdraw") == 0, f == 1);
            assert_int_equal(strcmp(label(row[bug], "fn"), "withdraw") == 0, f == 2);
            if (f == 0) assert_in_range(lines_not_in(slot(row[0], "code"), slot(row[1], "code")), 0, 6);
            for (unsigned m = 0; m < 2; m++) {
                json_decref(row[m]);
                world_line_done(&line[m]);
            }
        }
        for (int s = 0; s < N_SPLITS; s++) assert_true(made[s] > 20);
        assert_true(first_has_it > pairs * 2 / 5 && first_has_it < pairs * 3 / 5);
        assert_true(n >= 4 * 6000);
    }
}

static void draws(void **state) {
    const struct world_family *family = family_of("contracts");
    unsigned same = 0, n = 0;
    (void)state;
    for (uint64_t i = 0; i < family->numbers(w); i += 101) {
        struct world_line a, b;
        enum split split;
        if (!family->split(w, i, &split)) continue;
        world_line_init(&a);
        world_line_init(&b);
        assert_true(family->make(&a, w, i, split, 1) && family->make(&b, w, i, split, 2));
        same += strcmp(a.prompt.at, b.prompt.at) == 0;
        n++;
        world_line_done(&a);
        world_line_done(&b);
    }
    assert_true(n > 100 && same < n / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(twins), cmocka_unit_test(draws)};
    return cmocka_run_group_tests_name("world_contracts", tests, setup, teardown);
}
