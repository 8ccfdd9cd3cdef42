/* Sums: every answer is found again from the words of its prompt, without the case; cases and prompts are all
 * different, scratch paper holds, splits and shares are exact. */
#include "check.h"

#include "measure/world/world_item.h"
#include "measure/world/world_sums.h"

#include <stdlib.h>
#include <string.h>

static struct world *w;
static const struct sums *s;
static struct arena arena;
static struct buffer text;

static int setup(void **state) {
    struct error err;
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    buffer_init(&text, 1 << 18);
    if (!(w = world_new(WORLD_DEFAULT_SEED, &err))) return fprintf(stderr, "%s\n", err.message), -1;
    return (s = world_sums(w)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    world_free(w);
    arena_done(&arena);
    buffer_done(&text);
    return 0;
}

static struct text member(const json_t *object, const char *key) {
    return json_text(json_object_get(object, key));
}

/* "forty two", "one hundred and six" or digits */
static long number_of(struct text t) {
    static const char *const ones[] = {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                                       "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                                       "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                       "fifty", "sixty", "seventy", "eighty", "ninety"};
    int64_t digits;
    long total = 0;
    struct text word;
    if (text_to_i64(t, &digits)) return (long)digits;
    while (text_next(&t, ' ', &word)) {
        long known = -1;
        for (long i = 0; i < 20; i++)
            if (text_equal_c(word, ones[i])) known = i;
        for (long i = 2; i < 10; i++)
            if (text_equal_c(word, tens[i])) known = 10 * i;
        if (text_equal_c(word, "hundred"))
            total *= 100;
        else if (known >= 0)
            total += known;
        else if (!text_equal_c(word, "and"))
            fail_msg("'%.*s' is no number", TEXT_ARG(word));
    }
    return total;
}

static long slot_number(const json_t *slots, const char *key) {
    return number_of(member(slots, key));
}

static long day_of(struct text t) {
    for (long i = 0; i < 7; i++)
        if (text_equal(w->words.days.at[i], t)) return i;
    fail_msg("'%.*s' is no day", TEXT_ARG(t));
    return 0;
}

/* The numbers of a list, "3, 4 and 5" or steps. */
static size_t numbers_of(struct text t, long out[16]) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') continue;
        out[n] = 0;
        for (; i < t.len && t.at[i] >= '0' && t.at[i] <= '9'; i++) out[n] = 10 * out[n] + t.at[i] - '0';
        n++;
    }
    return n;
}

static size_t words_of(struct text t, struct text out[16]) {
    size_t n = 0;
    struct text word;
    while (text_next(&t, ' ', &word)) {
        if (text_equal_c(word, "and") || text_equal_c(word, "means")) continue;
        while (word.len && word.at[word.len - 1] == ',') word.len--;
        out[n++] = word;
    }
    return n;
}

/* Every line between the think marks is true, "a op b = c.", and what follows starts from it. */
static void check_scratch(struct text reply) {
    size_t from = text_find(reply, TEXT("<think>"), 0), to = text_find(reply, TEXT("</think>"), 0);
    if (from == SIZE_MAX) return;
    struct text paper = text_part(reply, from + 7, to), line;
    size_t lines = 0;
    while (text_next(&paper, '.', &line)) {
        long x[16];
        if (line.len < 5) continue;
        assert_int_equal(numbers_of(line, x), 3);
        char op = text_find(line, TEXT(" x "), 0) != SIZE_MAX   ? 'x'
                  : text_find(line, TEXT(" + "), 0) != SIZE_MAX ? '+'
                                                                : '-';
        assert_int_equal(op == 'x' ? x[0] * x[1] : op == '+' ? x[0] + x[1] : x[0] - x[1], x[2]);
        lines++;
    }
    assert_true(lines > 0);
}

static long run_steps(const json_t *slots) {
    long now = slot_number(slots, "S");
    struct text steps = member(slots, "T"), step;
    while (text_next(&steps, '.', &step)) {
        long x[16];
        if (numbers_of(step, x) != 1) continue;
        now = text_find(step, TEXT("Add"), 0) != SIZE_MAX    ? now + x[0]
              : text_find(step, TEXT("away"), 0) != SIZE_MAX ? now - x[0]
                                                             : now * x[0];
    }
    return now;
}

/* The number that the slots ask for; -1: the answer is no number. */
static long expected_number(struct text sort, const json_t *slots) {
    long x[16];
    struct text words[16];
    if (text_equal_c(sort, "plus")) return slot_number(slots, "A") + slot_number(slots, "B");
    if (text_equal_c(sort, "minus")) return slot_number(slots, "A") - slot_number(slots, "B");
    if (text_equal_c(sort, "total"))
        return slot_number(slots, "N") * slot_number(slots, "P") + slot_number(slots, "M") * slot_number(slots, "Q");
    if (text_equal_c(sort, "change"))
        return slot_number(slots, "C") - slot_number(slots, "N") * slot_number(slots, "P");
    if (text_equal_c(sort, "afford")) return slot_number(slots, "C") / slot_number(slots, "P");
    if (text_equal_c(sort, "chains")) return run_steps(slots);
    if (text_equal_c(sort, "age")) return 900 - slot_number(slots, "Y");
    if (text_equal_c(sort, "until") || text_equal_c(sort, "market"))
        return (day_of(member(slots, "E")) - day_of(member(slots, "D")) + 7) % 7;
    if (text_equal_c(sort, "counted")) return (long)words_of(member(slots, "L"), words);
    if (!text_equal_c(sort, "greatest") && !text_equal_c(sort, "least")) return -1;
    size_t n = numbers_of(member(slots, "L"), x);
    for (size_t i = 1; i < n; i++)
        if (text_equal_c(sort, "least") ? x[i] < x[0] : x[i] > x[0]) x[0] = x[i];
    return x[0];
}

static void check_sorted(struct text list, struct text answer) {
    long x[16], y[16];
    size_t n = numbers_of(list, x);
    assert_int_equal(numbers_of(answer, y), n);
    for (size_t i = 0; i < n; i++) {
        size_t found = 0;
        for (size_t k = 0; k < n; k++) found += x[k] == y[i];
        assert_int_equal(found, 1);
        assert_true(i == 0 || y[i - 1] < y[i]);
    }
}

static void check_code(struct text code, struct text message, struct text answer) {
    struct text entry[16], sent[16], read[16];
    size_t n = words_of(code, entry), m = words_of(message, sent);
    assert_int_equal(words_of(answer, read), m);
    for (size_t i = 0; i < m; i++) {
        size_t found = 0;
        for (size_t k = 0; k + 1 < n; k += 2)
            if (text_equal(entry[k], sent[i])) found++, assert_true(text_equal(entry[k + 1], read[i]));
        assert_int_equal(found, 1);
    }
}

static void check_words_answer(struct text sort, const json_t *slots, struct text answer) {
    static const char *const places[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    struct text words[16];
    if (text_equal_c(sort, "sorted")) return check_sorted(member(slots, "L"), answer);
    if (text_equal_c(sort, "codes")) return check_code(member(slots, "C"), member(slots, "M"), answer);
    if (text_equal_c(sort, "named")) {
        size_t n = words_of(member(slots, "L"), words), at = 0;
        while (!text_equal_c(member(slots, "K"), places[at])) at++;
        assert_true(at < n && text_equal(words[at], answer));
        return;
    }
    long n = slot_number(slots, "N") % 7, day = day_of(member(slots, "D"));
    assert_true(text_equal_c(sort, "after") || text_equal_c(sort, "before"));
    assert_int_equal(day_of(answer), (text_equal_c(sort, "after") ? day + n : day + 7 - n) % 7);
}

static void check_item(const json_t *item) {
    const json_t *slots = json_object_get(item, "slots"), *gold = json_object_get(item, "gold"), *value;
    struct text sort = member(json_object_get(item, "labels"), "sort"), answer = member(gold, "answer"),
                prompt = member(item, "prompt"), reply = member(gold, "reply");
    const char *key;
    json_object_foreach((json_t *)slots, key, value) {
        struct text filled = json_text(value); /* the first letter may have become a capital */
        assert_true(text_find(prompt, text_part(filled, 1, filled.len), 0) != SIZE_MAX);
    }
    check_scratch(reply);
    assert_true(prompt.len < 700);
    long number = expected_number(sort, slots);
    if (number < 0) return check_words_answer(sort, slots, answer);
    if (number_of(answer) != number) fail_msg("%.*s: %.*s", TEXT_ARG(prompt), TEXT_ARG(answer));
    assert_string_equal(json_string_value(json_object_get(gold, "kind")), "number");
}

static size_t plan(const char *family, enum split split, uint64_t draw, struct item **items) {
    struct error err;
    size_t n;
    check_ok(world_plan_items(w, world_family_find(family), split, draw, 0, NULL, items, &n, &arena, &err));
    assert_true(n > 0);
    return n;
}

static const char *const families[SUM_FAMILIES] = {"sums", "prices", "chains", "days", "order", "codes"};

static void test_gold(void **state) {
    struct world_line line;
    struct error err;
    (void)state;
    world_line_init(&line);
    for (size_t f = 0; f < SUM_FAMILIES; f++)
        for (int split = 0; split < N_SPLITS; split++) {
            struct item *items;
            size_t n = plan(families[f], (enum split)split, 1, &items);
            for (size_t i = 0; i < n; i++) {
                buffer_clear(&text);
                assert_true(world_put_item(&text, &line, w, &items[i], 1));
                json_t *item = json_read(buffer_text(&text), "item", 1, &err);
                if (!item) fail_msg("%s", err.message);
                check_item(item);
                json_decref(item);
            }
            arena_reset(&arena);
        }
    world_line_done(&line);
}

/* A price or a market day that stands in a prompt is that of the world, and told 64 times or more. */
static void test_known(void **state) {
    (void)state;
    assert_true(s->n_goods >= 10 && s->n_towns >= 7);
    for (size_t i = 0; i < s->n_goods; i++) assert_true(w->facts[w->fact_of[20][s->goods[i]]].e >= 64);
    for (size_t i = 0; i < s->n_towns; i++) assert_true(w->facts[w->fact_of[11][s->towns[i]]].e >= 64);
    assert_true(world_relations[20] == G_PRICE && world_relations[11] == T_MARKET);
}

static void test_cases(void **state) {
    size_t of_kind[N_SUM_KINDS] = {0}, digits[4] = {0}, in_words = 0, n = s->first[SUM_FAMILIES];
    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct sum_case *c = &s->cases[i];
        of_kind[c->kind]++;
        if (c->kind != SUM_plus) continue;
        digits[c->x[0] > 99 ? 3 : c->x[0] > 9 ? 2 : 1]++, in_words += c->x[2];
    }
    assert_int_equal(of_kind[SUM_plus], 4000);
    assert_int_equal(of_kind[SUM_codes], 2000);
    assert_true(of_kind[SUM_until] >= 38 && of_kind[SUM_age] >= 650);
    assert_true(digits[1] >= 40 && digits[2] >= 1300 && digits[3] >= 1300 && in_words > 250 && in_words < 800);
    for (size_t f = 0; f < SUM_FAMILIES; f++) {
        double count[N_SPLITS] = {0}, all = (double)(s->first[f + 1] - s->first[f]);
        static const double share[N_SPLITS] = {12, 2, 3, 3};
        for (size_t i = s->first[f]; i < s->first[f + 1]; i++) count[s->split[i]]++;
        for (int k = 0; k < N_SPLITS; k++) check_near(count[k], share[k] * all / 20, 2);
    }
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static size_t prompts_of(const char *family, enum split split, uint64_t draw, struct text **out) {
    struct error err;
    struct item *items;
    struct world_line line;
    size_t n = plan(family, split, draw, &items);
    *out = arena_new(&arena, struct text, n, &err);
    world_line_init(&line);
    for (size_t i = 0; i < n; i++) {
        assert_true(world_make_line(&line, w, &items[i], draw));
        (*out)[i] = (struct text){arena_copy(&arena, line.prompt.at, line.prompt.len, &err), line.prompt.len};
    }
    world_line_done(&line);
    qsort(*out, n, sizeof **out, by_text);
    for (size_t i = 1; i < n; i++)
        if (text_equal((*out)[i - 1], (*out)[i])) fail_msg("%s asks twice: %.*s", family, TEXT_ARG((*out)[i]));
    return n;
}

static void test_files(void **state) {
    (void)state;
    for (size_t k = 0; k < SUM_FAMILIES; k++)
        for (int split = 0; split < N_SPLITS; split++) {
            struct text *one, *two;
            size_t n = prompts_of(families[k], (enum split)split, 1, &one),
                   m = prompts_of(families[k], (enum split)split, 2, &two), same = 0;
            for (size_t i = 0; i < m; i++) same += bsearch(&two[i], one, n, sizeof *one, by_text) != NULL;
            if (same * 10 >= n)
                fail_msg("%s, %s: %zu of %zu prompts stay in draw 2", families[k], world_split_names[split], same, n);
            arena_reset(&arena);
        }
}

static void test_block(void **state) {
    const struct world_block *block = world_part_sums.blocks;
    struct world_document document = {0};
    size_t bytes = 0, longest = 0;
    (void)state;
    buffer_init(&document.text, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, i, 1));
        bytes += document.text.len;
        if (document.text.len > longest) longest = document.text.len;
    }
    printf("# sums: %llu documents, %zu bytes, longest %zu\n", (unsigned long long)block->documents(w), bytes, longest);
    assert_true(bytes > 2200000 && bytes < 2900000 && longest < 1500);
    buffer_done(&document.text);
}

/* Of the drill no sum is one that is asked later, in either order of its numbers, and all lines are right. */
static void test_drill(void **state) {
    const struct world_block *block = world_part_sums.blocks + 1;
    static bool later[2][1000][1000], drilled[2][1000][1000];
    struct world_document document = {0};
    size_t n = 0, different = 0;
    (void)state;
    for (size_t i = 0; i < s->first[SUM_FAMILIES]; i++) {
        const struct sum_case *c = &s->cases[i];
        if (s->split[i] == TRAIN || (c->kind != SUM_plus && c->kind != SUM_minus)) continue;
        later[c->kind == SUM_minus][c->x[0]][c->x[1]] = true;
        if (c->kind == SUM_plus) later[0][c->x[1]][c->x[0]] = true;
    }
    buffer_init(&document.text, 1 << 16);
    for (uint64_t i = 0; i < 8000; i++) {
        struct text rest, line;
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, i, 1));
        for (rest = buffer_text(&document.text); rest.len && text_next(&rest, '\n', &line);) {
            uint64_t x[3] = {0};
            size_t k = 0;
            for (size_t at = 0; at < line.len; at++) {
                bool digit = line.at[at] >= '0' && line.at[at] <= '9';
                if (digit) x[k] = x[k] * 10 + (uint64_t)(line.at[at] - '0');
                bool more = at + 1 < line.len && line.at[at + 1] >= '0' && line.at[at + 1] <= '9';
                if (digit && !more) assert_true(++k <= 3);
            }
            assert_int_equal(k, 3);
            uint64_t high = x[0] > x[1] ? x[0] : x[1], low = x[0] > x[1] ? x[1] : x[0];
            bool minus = x[2] != x[0] + x[1];
            if (minus) assert_int_equal(x[2], high - low);
            if (later[minus][high][low]) fail_msg("'%.*s' is asked later", TEXT_ARG(line));
            different += !drilled[minus][high][low];
            drilled[minus][high][low] = true, n++;
        }
    }
    assert_int_equal(n, 48000);
    assert_true(different > 25000);
    buffer_done(&document.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_known),
                                       cmocka_unit_test(test_gold), cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_block), cmocka_unit_test(test_drill)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
