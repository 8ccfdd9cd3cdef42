/* Irreducible noise: keys in the shares that the posterior says, drawn anew with each draw. */
#include "world_family.h"

enum { CHOOSERS = 12, OPTIONS = 5, EACH = 120 * 16 };
static const unsigned shapes[4][OPTIONS] = {
    {70, 20, 5, 3, 2}, {50, 30, 10, 6, 4}, {40, 25, 15, 12, 8}, {30, 25, 20, 15, 10}};

/* The options of a chooser as its truth row names them, with their shares. */
struct row {
    char option[OPTIONS][32];
    unsigned percent[OPTIONS];
    long shape;
};

static struct row row_of(size_t chooser) {
    struct error err;
    struct buffer b;
    struct row row;
    buffer_init(&b, 1 << 12);
    assert_true(world_part_noise.put_row(&b, w, chooser));
    json_t *value = json_read(buffer_text(&b), "row", 1, &err);
    if (!value) fail_msg("%s", err.message);
    row.shape = (long)json_integer_value(json_object_get(value, "shape"));
    for (size_t i = 0; i < OPTIONS; i++) {
        struct text name = json_text(json_array_get(json_object_get(value, "options"), i));
        snprintf(row.option[i], sizeof row.option[i], "%.*s", TEXT_ARG(name));
        row.percent[i] = (unsigned)json_integer_value(json_array_get(json_object_get(value, "percent"), i));
    }
    json_decref(value);
    buffer_done(&b);
    return row;
}

static int downwards(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void test_shapes(void **state) {
    unsigned of_shape[4] = {0};
    (void)state;
    for (size_t c = 0; c < CHOOSERS; c++) {
        struct row row = row_of(c);
        of_shape[row.shape]++;
        qsort(row.percent, OPTIONS, sizeof *row.percent, downwards);
        for (int i = 0; i < OPTIONS; i++) assert_int_equal(row.percent[i], shapes[row.shape][i]);
    }
    for (int s = 0; s < 4; s++) assert_int_equal(of_shape[s], 3);
}

static struct {
    size_t key[CHOOSERS][OPTIONS], n, place[OPTIONS];
    uint64_t keys; /* a digest of all keys */
} counted;

/* Every number, whether or not it is an item: the shares are exact over all of them. */
static void count_keys(uint64_t draw) {
    struct world_line line;
    struct item item = {.family = family_of("noise")};
    memset(&counted, 0, sizeof counted);
    struct row row = row_of(0);
    world_line_init(&line);
    for (uint64_t i = 0; i < item.family->numbers(w); i++) {
        item.number = (uint32_t)i;
        assert_true(world_make_line(&line, w, &item, draw));
        if (i % EACH == 0) row = row_of((size_t)(i / EACH));
        size_t option = 0;
        while (option < OPTIONS && !text_equal_c(line.option[line.right], row.option[option])) option++;
        assert_true(option < OPTIONS);
        counted.key[i / EACH][option]++, counted.place[line.right]++, counted.n++;
        counted.keys = counted.keys * 31 + line.right;
    }
    world_line_done(&line);
}

static void test_keys_are_drawn_in_their_shares(void **state) {
    (void)state;
    count_keys(1);
    for (size_t c = 0; c < CHOOSERS; c++) {
        struct row row = row_of(c);
        for (int k = 0; k < OPTIONS; k++) check_near((double)counted.key[c][k], EACH * row.percent[k] / 100.0, 1);
    }
    for (int i = 0; i < OPTIONS; i++) check_near((double)counted.place[i], (double)counted.n / OPTIONS, 200);
    uint64_t first = counted.keys;
    count_keys(2);
    assert_true(counted.keys != first);
}

struct seen {
    size_t of_split[N_SPLITS], likeliest, n;
    double expected;
};

/* The posterior in the labels is that of the options as they stand. */
static void check_item(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct seen *seen = context;
    struct error err;
    struct row row = row_of((size_t)(number / EACH));
    struct buffer b;
    struct text labels = buffer_text(&line->labels);
    buffer_init(&b, 1 << 12);
    buffer_put_char(&b, '{'), buffer_put_text(&b, text_part(labels, 1, labels.len)), buffer_put_char(&b, '}');
    json_t *value = json_read(buffer_text(&b), "labels", 1, &err);
    if (!value) fail_msg("%s", err.message);
    double best = 0;
    for (size_t i = 0; i < OPTIONS; i++) {
        double p = json_number_value(json_array_get(json_object_get(value, "posterior"), i));
        for (size_t k = 0; k < OPTIONS; k++)
            if (text_equal_c(line->option[i], row.option[k])) check_near(p, row.percent[k] / 100.0, 1e-9);
        best = p > best ? p : best;
        char letter[64];
        snprintf(letter, sizeof letter, "\n%c. %.*s", (char)('A' + (int)i), TEXT_ARG(line->option[i]));
        assert_true(text_find(buffer_text(&line->prompt), text_of(letter), 0) != SIZE_MAX);
    }
    size_t likeliest = (size_t)json_integer_value(json_object_get(value, "likeliest"));
    check_near(json_number_value(json_array_get(json_object_get(value, "posterior"), likeliest)), best, 1e-9);
    seen->likeliest += likeliest == line->right, seen->expected += best;
    seen->n++, seen->of_split[split]++;
    json_decref(value);
    buffer_done(&b);
}

static void test_items(void **state) {
    struct seen seen = {0};
    (void)state;
    each_item(family_of("noise"), 1, 1, check_item, &seen);
    check_near((double)seen.likeliest, seen.expected, (double)seen.n / 100);
    assert_int_equal(seen.of_split[TRAIN], CHOOSERS * 72 * 10);
    assert_int_equal(seen.of_split[TEST], CHOOSERS * (18 * 10 + 72 * 2 + 18 * 2));
    free(distinct_prompts(family_of("noise"), 1, 1).at);
    assert_true(kept_prompts(family_of("noise"), TEST) < 10);
}

/* No order of the options and no wording for tests stands in training. */
static void test_splits_by_order(void **state) {
    enum split split;
    (void)state;
    for (uint64_t order = 0; order < CHOOSERS * 120; order++)
        for (uint64_t t = 0; t < 16; t++) {
            if (!family_of("noise")->split(w, order * 16 + t, &split)) continue;
            if (w->template_split[t] != TRAIN) assert_true(split == w->template_split[t]);
        }
}

/* Each document is a question for training of some chooser, answered by the letter of what that chooser likes best. */
static void test_likeliest_block(void **state) {
    const struct world_block *block = world_part_noise.blocks;
    struct row row[CHOOSERS];
    struct world_document d;
    size_t seen[CHOOSERS] = {0};
    (void)state;
    for (size_t c = 0; c < CHOOSERS; c++) row[c] = row_of(c);
    buffer_init(&d.text, 1 << 12), buffer_init(&d.turns, 1 << 12);
    for (uint64_t i = 0; i < block->documents(w); i += 7) {
        buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        struct text t = buffer_text(&d.turns);
        size_t letter = text_find(t, TEXT("ANS: "), 0), found = 0;
        assert_true(letter != SIZE_MAX);
        for (size_t c = 0; c < CHOOSERS; c++) {
            size_t best = 0;
            char line[48];
            for (size_t k = 1; k < OPTIONS; k++)
                if (row[c].percent[k] > row[c].percent[best]) best = k;
            snprintf(line, sizeof line, "%c. %s", t.at[letter + 5], row[c].option[best]);
            if (text_find(t, text_of(line), 0) != SIZE_MAX) seen[c]++, found++;
        }
        if (!found) fail_msg("%.*s", TEXT_ARG(t));
    }
    for (size_t c = 0; c < CHOOSERS; c++) assert_true(seen[c] > 100);
    buffer_done(&d.text), buffer_done(&d.turns);
}

/* The same questions; the reply is the first word of the option that is right, and "words" are those of all. */
static void check_words(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct world_line twin;
    struct item item = {.family = family_of("noise"), .number = number, .split = split};
    size_t *n = context;
    (*n)++;
    world_line_init(&twin);
    assert_true(world_make_line(&twin, w, &item, 1));
    assert_true(text_equal(buffer_text(&twin.prompt), buffer_text(&line->prompt)) && twin.right == line->right);
    struct text reply = buffer_text(&line->reply), right = line->option[line->right], words = buffer_text(&line->slots);
    assert_true(text_starts(right, reply) && right.at[reply.len] == ' ');
    size_t at = text_find(words, TEXT(",\"words\":["), 0);
    assert_true(at != SIZE_MAX);
    for (size_t i = 0; i < OPTIONS; i++) {
        struct text option = line->option[i], word = text_part(option, 0, text_find(option, TEXT(" "), 0));
        size_t next = text_find(words, word, at);
        assert_true(next != SIZE_MAX && next > at);
        at = next;
    }
    world_line_done(&twin);
}

static void test_words(void **state) {
    size_t n = 0;
    (void)state;
    each_item(family_of("noise-words"), 1, 1, check_words, &n);
    assert_true(n > 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_keys_are_drawn_in_their_shares),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_splits_by_order),
        cmocka_unit_test(test_likeliest_block),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
