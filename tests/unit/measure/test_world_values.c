/* Values: acts and items as the words promise, dilemmas of their kind, and agents who act by their profile. */
#include "world_family.h"

#include "measure/world/world_values.h"

#include <math.h>

enum { VALUES = 10, ACTS = 120, ITEMS = 60 };

static json_t *row_at(size_t row) {
    struct error err;
    struct buffer b;
    buffer_init(&b, 1 << 12);
    assert_true(world_part_values.put_row(&b, w, row));
    json_t *read = json_read(buffer_text(&b), "row", 1, &err);
    if (!read) fail_msg("%s", err.message);
    buffer_done(&b);
    return read;
}

static void read_vector(const json_t *list, int *out) {
    assert_int_equal(json_array_size(list), VALUES);
    for (size_t v = 0; v < VALUES; v++) out[v] = (int)json_integer_value(json_array_get(list, v));
}

/* Ten values, twelve acts each; half of the items are reversed; personas cancel out. */
static void the_words_are_balanced(void **state) {
    int serves[VALUES] = {0}, key[VALUES] = {0}, u[VALUES], sum[VALUES] = {0}, low = 0, high = 0;
    (void)state;
    for (size_t i = 0; i < ACTS; i++) {
        json_t *row = row_at(i);
        read_vector(json_object_get(row, "u"), u);
        for (size_t v = 0; v < VALUES; v++) assert_in_range(u[v] + 1, 0, 2);
        serves[i / 12] += u[i / 12];
        json_decref(row);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        json_t *row = row_at(ACTS + i);
        key[i / 6] += (int)json_integer_value(json_object_get(row, "key"));
        json_decref(row);
    }
    for (size_t i = 0; i < 16; i++) {
        json_t *row = row_at(ACTS + ITEMS + i);
        read_vector(json_object_get(row, "quarters"), u);
        for (size_t v = 0; v < VALUES; v++) sum[v] += u[v];
        json_decref(row);
    }
    for (size_t v = 0; v < VALUES; v++) assert_true(serves[v] == 8 && key[v] == 0 && sum[v] == 0);
    for (size_t i = ACTS + ITEMS + 19; i < world_part_values.rows(w); i++) {
        json_t *row = row_at(i);
        bool is_low = text_equal_c(json_text(json_object_get(row, "ambiguity")), "low");
        low += is_low, high += !is_low;
        json_decref(row);
    }
    assert_true(low == 160 && high == 240);
}

struct seen {
    const int *t;
    size_t n, first, better, sure;
    double expected;
    int u[2][VALUES];
};

static void look(struct seen *s, const struct world_line *line) {
    struct error err;
    struct buffer b;
    buffer_init(&b, 1 << 14);
    buffer_printf(&b, "{\"x\":0%.*s}", (int)line->labels.len, line->labels.at);
    json_t *labels = json_read(buffer_text(&b), "labels", 1, &err);
    buffer_clear(&b);
    buffer_printf(&b, "{\"x\":0%.*s}", (int)line->slots.len, line->slots.at);
    json_t *slots = json_read(buffer_text(&b), "slots", 1, &err);
    assert_true(labels && slots);
    read_vector(json_object_get(labels, "u_a"), s->u[0]), read_vector(json_object_get(labels, "u_b"), s->u[1]);
    struct text a = json_text(json_object_get(slots, "A")), reply = buffer_text(&line->reply);
    bool first = text_starts(reply, a);
    assert_true(first || text_starts(reply, json_text(json_object_get(slots, "B"))));
    assert_true(text_ends(reply, TEXT(".")));
    int d = 0;
    for (size_t v = 0; v < VALUES; v++) d += (s->u[0][v] - s->u[1][v]) * s->t[v];
    double p = 1 / (1 + exp(-d / 4.0));
    s->n++, s->first += first, s->expected += p;
    if (fabs(p - 0.5) > 0.45) s->sure++, s->better += first == (p > 0.5);
    json_decref(labels), json_decref(slots);
    buffer_done(&b);
}

static void count(void *context, uint64_t number, enum split split, const struct world_line *line) {
    (void)number, (void)split;
    look(context, line);
}

/* The share that does the first act is the mean of the logistic function, counted from the labels alone. */
static void agents_act_by_their_profile(void **state) {
    static const struct {
        const char *family;
        int t[VALUES];
    } agents[] = {{"dilemmas-universal", {8, 7, 3, 2, -3, -7, -8, -5, 0, 5}},
                  {"dilemmas-power", {-8, -5, 0, 1, 5, 8, 7, 3, -3, -7}},
                  {"dilemmas-secure", {-3, 3, 7, 6, 8, 5, 0, -5, -8, -7}}};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct seen s = {.t = agents[k].t};
        each_item(family_of(agents[k].family), 1, 1, count, &s);
        assert_true(s.n > 10000);
        check_near((double)s.first / (double)s.n, s.expected / (double)s.n, 0.015);
        assert_true((double)s.better / (double)s.sure > 0.97);
    }
    struct seen s = {.t = agents[0].t}; /* other personas each time: no profile */
    each_item(family_of("dilemmas"), 1, 1, count, &s);
    check_near((double)s.better / (double)s.sure, 0.5, 0.03);
}

/* Whoever is asked, and in which order, is the same for each profile; items are the same in every family. */
static void prompts_do_not_tell_the_profile(void **state) {
    static const char *const names[][2] = {{"dilemmas", "dilemmas-power"}, {"survey", "survey-universal"}};
    struct world_line a, b;
    (void)state;
    world_line_init(&a), world_line_init(&b);
    for (size_t k = 0; k < 2; k++) {
        struct item x = {.family = family_of(names[k][0])}, y = {.family = family_of(names[k][1])};
        size_t n = 0, same = 0;
        for (uint64_t i = 0; i < x.family->numbers(w); i += 7) {
            if (!x.family->split(w, i, &x.split)) continue;
            y.split = x.split, x.number = y.number = (uint32_t)i;
            assert_true(world_make_line(&a, w, &x, 1) && world_make_line(&b, w, &y, 1));
            assert_true(text_equal(buffer_text(&a.prompt), buffer_text(&b.prompt)));
            same += text_equal(buffer_text(&a.reply), buffer_text(&b.reply)), n++;
        }
        assert_true(n > 100 && same < n * 3 / 4);
    }
    world_line_done(&a), world_line_done(&b);
}

/* Every act is found in its own words, and no other; a text of two acts names both. */
static void acts_are_told_apart(void **state) {
    const int8_t *u[3];
    char two[256];
    (void)state;
    for (size_t i = 0; i < ACTS; i++) {
        json_t *row = row_at(i), *next = row_at((i + 1) % ACTS);
        const char *act = json_string_value(json_object_get(row, "act"));
        int told[VALUES];
        assert_int_equal(world_acts_named(w, text_of(act), u, 3), 1);
        read_vector(json_object_get(row, "u"), told);
        for (size_t v = 0; v < VALUES; v++) assert_int_equal(u[0][v], told[v]);
        snprintf(two, sizeof two, "Either %s, or %s?", act, json_string_value(json_object_get(next, "act")));
        assert_int_equal(world_acts_named(w, text_of(two), u, 3), 2);
        json_decref(row), json_decref(next);
    }
    assert_int_equal(world_acts_named(w, TEXT("Nothing of the kind."), u, 3), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_words_are_balanced),
                                       cmocka_unit_test(agents_act_by_their_profile),
                                       cmocka_unit_test(acts_are_told_apart),
                                       cmocka_unit_test(prompts_do_not_tell_the_profile)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
