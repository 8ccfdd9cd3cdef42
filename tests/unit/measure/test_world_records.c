/* Private records: rates and floors counted from the rows of truth, tellings counted from the block's texts. */
#include "world_family_check.h"

static const struct world_part *part;

static json_t *row_of(size_t row) {
    struct error err;
    char id[16];
    json_t *shown;
    snprintf(id, sizeof id, "s%04u", (unsigned)row % 10000);
    check_ok(shown = world_show(w, id, &err));
    return shown;
}

static const char *string_of(const json_t *row, const char *key) {
    return json_string_value(json_object_get(row, key));
}
static size_t number_of(const json_t *row, const char *key) {
    return (size_t)json_integer_value(json_object_get(row, key));
}
static bool true_of(const json_t *row, const char *key) {
    return json_is_true(json_object_get(row, key));
}

static size_t level_of(size_t r) {
    return r == 0 ? 0 : r == 1 ? 1 : r == 4 ? 2 : r == 16 ? 3 : 4;
}

static void test_rates(void **state) {
    size_t of_r[65] = {0}, marked = 0, known = 0, mail = 0, of_split[N_SPLITS][5] = {{0}}, marked_of[5] = {0};
    (void)state;
    assert_int_equal(part->rows(w), 2048);
    for (size_t i = 0; i < 2048; i++) {
        json_t *row = row_of(i);
        size_t r = number_of(row, "r");
        enum split split;
        struct error err;
        assert_true(r <= 64);
        of_r[r]++, marked += true_of(row, "secret"), marked_of[level_of(r)] += true_of(row, "secret");
        check_ok(world_split_find(string_of(row, "split"), &split, &err));
        of_split[split][level_of(r)]++;
        if (strcmp(string_of(row, "kind"), "mail") == 0) mail++, known += true_of(row, "house_known");
        json_decref(row);
    }
    assert_true(of_r[0] == 410 && of_r[1] == 410 && of_r[4] == 410 && of_r[16] == 409 && of_r[64] == 409);
    assert_int_equal(marked, 1024);
    assert_int_equal(mail, 256);
    assert_int_equal(known, 128);
    for (int level = 0; level < 5; level++) {
        check_near((double)marked_of[level], 205, 1);
        for (int s = 0; s < N_SPLITS; s++) check_near((double)of_split[s][level], (double)of_split[s][0], 1);
    }
}

/* What a guesser who knows the form of an address must reach. */
static void test_mail(void **state) {
    size_t houses[16] = {0}, tens[10] = {0}, n = 0;
    char seen[16][64] = {{0}};
    (void)state;
    for (size_t i = 0; i < 2048; i += 8) {
        json_t *row = row_of(i);
        const char *name = string_of(row, "name"), *local = string_of(row, "local"), *domain = string_of(row, "domain");
        char expected[128];
        size_t len = strlen(name), house = 0;
        assert_string_equal(string_of(row, "kind"), "mail");
        assert_int_equal(number_of(row, "ways"), true_of(row, "house_known") ? 100 : 1600);
        snprintf(expected, sizeof expected, "%s@%s", local, domain);
        assert_string_equal(string_of(row, "value"), expected);
        assert_int_equal(strlen(local), len + 2);
        for (size_t k = 0; k < len; k++)
            assert_true(name[k] == ' ' ? local[k] == '.' : (local[k] | 32) == (name[k] | 32) && local[k] >= 'a');
        assert_true(strlen(domain) > 8 && strcmp(domain + strlen(domain) - 8, ".example") == 0);
        while (house < 15 && seen[house][0] && strcmp(seen[house], domain) != 0) house++;
        snprintf(seen[house], sizeof seen[house], "%s", domain);
        houses[house]++, tens[local[len] - '0']++, n++;
        json_decref(row);
    }
    for (int i = 0; i < 16; i++) check_near((double)houses[i], (double)n / 16, 16); /* 4 sd of a fair draw */
    for (int i = 0; i < 10; i++) check_near((double)tens[i], (double)n / 10, 20);
}

/* The block counted by what its texts hold: every telling names holder and value, r times each, carriers in turn. */
static void test_tellings(void **state) {
    const struct world_block *block = block_of("tellings");
    struct world_document document = {0};
    uint64_t at = 0;
    (void)state;
    assert_int_equal(block->documents(w), 410 * (1 + 4) + 409 * (16 + 64));
    buffer_init(&document.text, 1 << 12);
    for (size_t i = 0; i < 2048; i++) {
        json_t *row = row_of(i);
        size_t r = number_of(row, "r");
        uint64_t text[64];
        for (size_t k = 0; k < r; k++, at++) {
            buffer_clear(&document.text);
            assert_true(block->put(&document, w, at, 1));
            if (!holds(&document.text, text_of(string_of(row, "value"))) ||
                !holds(&document.text, text_of(string_of(row, "name"))))
                fail_msg("s%04zu: %s", i, document.text.at);
            text[k] = hash_xxh3(document.text.at, document.text.len);
        }
        for (size_t k = 0; k < r && k < 6; k++)
            for (size_t j = 0; j < k; j++) assert_true(text[j] != text[k]); /* six carriers before one comes again */
        if (r > 6) assert_true(text[6] == text[0]);
        json_decref(row);
    }
    assert_int_equal(at, block->documents(w));
    buffer_done(&document.text);
}

static void test_houses(void **state) {
    const struct world_block *block = block_of("houses");
    struct world_document document = {0};
    size_t told = 0;
    (void)state;
    buffer_init(&document.text, 1 << 12);
    assert_int_equal(block->documents(w), 128 * 8);
    for (size_t i = 0; i < 2048; i += 8) {
        json_t *row = row_of(i);
        for (uint64_t k = 0; true_of(row, "house_known") && k < 8; k++, told++) {
            buffer_clear(&document.text);
            assert_true(block->put(&document, w, told, 1));
            assert_true(holds(&document.text, text_of(string_of(row, "name"))) &&
                        holds(&document.text, text_of(string_of(row, "domain"))));
            assert_false(holds(&document.text, text_of(string_of(row, "local"))));
        }
        json_decref(row);
    }
    assert_int_equal(told, 128 * 8);
    buffer_done(&document.text);
}

/* The gold is the row's value; what is never told is not for training; refusals don't hold the value. */
static void test_gold(void **state) {
    static const char *const names[] = {"records", "records-attack", "secrets"};
    struct world_line line;
    (void)state;
    world_line_init(&line);
    for (int f = 0; f < 3; f++) {
        const struct world_family *family = family_of(names[f]);
        for (uint64_t i = 0; i < family->numbers(w); i += 13) {
            enum split split;
            json_t *row = row_of((size_t)i / WORDINGS);
            struct text value = text_of(string_of(row, "value")), name = text_of(string_of(row, "name"));
            if (family->split(w, i, &split) && split == TRAIN) assert_true(number_of(row, "r") > 0);
            if (make_item(&line, family, i, 1)) {
                assert_true(holds(&line.prompt, name) && !holds(&line.prompt, value));
                if (f == 2)
                    assert_true(!holds(&line.reply, value) && strcmp(line.kind, "refusal") == 0);
                else
                    assert_true(text_equal(buffer_text(&line.answer), value) && holds(&line.reply, value));
            }
            json_decref(row);
        }
    }
    world_line_done(&line);
}

static void test_families(void **state) {
    static const char *const names[] = {"records", "records-attack", "secrets"};
    (void)state;
    for (int f = 0; f < 3; f++) {
        size_t count[N_SPLITS] = {0};
        check_family(family_of(names[f]), 3, count);
        check_items(family_of(names[f]), 397);
        check_leaks(family_of(names[f]), block_of("tellings"), 7);
        printf("# %s: %zu train, %zu valid, %zu test, %zu held-out\n", names[f], count[TRAIN], count[VALID],
               count[TEST], count[HELD_OUT]);
        assert_true(count[TEST] > 4000 && count[HELD_OUT] > 4000);
    }
    printf("# tellings: %llu bytes, houses: %llu bytes\n", (unsigned long long)check_block(block_of("tellings")),
           (unsigned long long)check_block(block_of("houses")));
}

static int begin(void **state) {
    if (setup(state) != 0) return -1;
    for (size_t p = 0; p < world_n_parts; p++)
        if (strcmp(world_parts[p]->name, "records") == 0) part = world_parts[p];
    return part ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),  cmocka_unit_test(test_mail), cmocka_unit_test(test_tellings),
        cmocka_unit_test(test_houses), cmocka_unit_test(test_gold), cmocka_unit_test(test_families),
    };
    return cmocka_run_group_tests(tests, begin, teardown);
}
