/* Quotes: the trusted text, and replies that are of it in the share that the words say; what is not shares no window of 25
 * characters with it. Windows are looked for by a search of their own (quote_index). */
#include "world_family.h"

#include "quote/quote_score.h"

static struct quote_index *index_of_rows(size_t *rows) {
    struct error err;
    static struct buffer all[4096];
    struct text texts[4096];
    size_t n = *rows = world_part_quotes.rows(w);
    assert_true(n <= 4096);
    for (size_t i = 0; i < n; i++) {
        buffer_init(&all[i], 1 << 12);
        assert_true(world_part_quotes.put_row(&all[i], w, i));
        json_t *row = json_read(buffer_text(&all[i]), "row", 1, &err);
        if (!row) fail_msg("%s", err.message);
        buffer_clear(&all[i]);
        buffer_put_text(&all[i], json_text(json_object_get(row, "text")));
        texts[i] = buffer_text(&all[i]);
        json_decref(row);
    }
    struct quote_index *index = quote_index_of_texts(texts, n, 0, &err);
    if (!index) fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++) buffer_done(&all[i]);
    return index;
}

struct counts {
    const struct quote_index *index;
    struct arena arena;
    size_t items, quoted, plain, wrong;
    double quoted_length, plain_length;
};

static bool says(const struct buffer *labels, const char *what) {
    return text_find(buffer_text(labels), text_of(what), 0) != SIZE_MAX;
}

static void count(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct counts *c = context;
    struct error err = {0};
    struct quote_score s;
    const struct quote_score_settings settings = {.details = true};
    (void)number, (void)split;
    arena_reset(&c->arena);
    check_ok(quote_score(c->index, buffer_text(&line->reply), &settings, &c->arena, &s, &err));
    bool quoted = says(&line->labels, "\"quoted\":true"), wrong = says(&line->labels, "\"wrong\":true");
    bool named = text_find(buffer_text(&line->reply), buffer_text(&line->answer), 0) != SIZE_MAX;
    c->items++, c->quoted += quoted, c->plain += !quoted, c->wrong += wrong;
    if (quoted) {
        assert_true(s.windows > 0 && s.members == s.windows && s.whole == 1 && named);
        c->quoted_length += (double)s.text.n;
    } else {
        if (s.members) fail_msg("'%.*s' shares a window with the trusted text", TEXT_ARG(buffer_text(&line->reply)));
        c->plain_length += (double)s.text.n;
    }
}

static struct counts count_family(const struct quote_index *index, const char *name, uint64_t draw) {
    struct counts c = {.index = index};
    arena_init(&c.arena, 1 << 24);
    each_item(family_of(name), draw, 3, count, &c);
    arena_done(&c.arena);
    return c;
}

static void shares_and_windows(void **state) {
    size_t rows;
    struct quote_index *index = index_of_rows(&rows);
    assert_int_equal(rows, 1920);
    static const char *const names[] = {"quotes", "quotes-other", "quotes-short"};
    for (int f = 0; f < 3; f++) {
        struct counts c = count_family(index, names[f], 1 + (uint64_t)f);
        double n = (double)c.items, plain = (double)c.plain;
        assert_true(c.items > 5000);
        check_near((double)c.quoted / n, 0.35, 4 * sqrt(0.35 * 0.65 / n));
        check_near((double)c.wrong / plain, 0.10, 4 * sqrt(0.1 * 0.9 / plain));
        double quoted_length = c.quoted_length / (double)c.quoted, plain_length = c.plain_length / plain;
        if (f < 2) assert_true(plain_length > 0.9 * quoted_length && plain_length < quoted_length);
        else assert_true(plain_length < 0.6 * quoted_length);
    }
    quote_index_close(index);
}

static void another_draw_quotes_others(void **state) {
    struct world_line a, b;
    struct item item = {.family = family_of("quotes")};
    size_t same = 0, n = 0;
    world_line_init(&a), world_line_init(&b);
    for (uint64_t i = 0; i < item.family->numbers(w) && n < 400; i++) {
        if (!item.family->split(w, i, &item.split)) continue;
        item.number = (uint32_t)i;
        assert_true(world_make_line(&a, w, &item, 1) && world_make_line(&b, w, &item, 2));
        assert_true(text_equal(buffer_text(&a.prompt), buffer_text(&b.prompt)));
        same += text_equal(buffer_text(&a.reply), buffer_text(&b.reply));
        n++;
    }
    assert_true(same < n / 2);
    world_line_done(&a), world_line_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares_and_windows), cmocka_unit_test(another_draw_quotes_others)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
