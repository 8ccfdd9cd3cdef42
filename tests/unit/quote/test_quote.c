/* Trusted text: the normaliser, indexes of one and several shards, filters and their files, scores, damaged files.
 * Windows are counted anew by a plain set of strings. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "quote/quote_build.h"
#include "quote/quote_json.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct arena arena;

static int open_folder(void **state) {
    snprintf(folder, sizeof folder, "/tmp/basanite-quote-XXXXXX");
    arena_init(&arena, (size_t)1 << 30);
    return !mkdtemp(folder);
}

static int close_folder(void **state) {
    char command[128];
    arena_done(&arena);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static char *path_of(const char *name) {
    struct error err;
    char *path = arena_printf(&arena, &err, "%s/%s", folder, name);
    assert_non_null(path);
    return path;
}

/* ---- the normaliser ---- */

static void normal_form(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {" \n\t ", ""},
        {"a  b", "a b"},
        {"a \t\xc2\xa0\xe2\x80\x83 b", "a b"},
        {"a\r\n\r\nb", "a\nb"},
        {"a \n b", "a \nb"},
        {"a\n  \nb", "a\n\nb"},
        {"  a\n", "a"},
        {"a\x0b\x1c"
         "b",
         "a b"},
        {"\xe2\x80\x9cq\xe2\x80\x9d  'q'", "\xe2\x80\x9cq\xe2\x80\x9d 'q'"},
        {"a\xe2\x80\x8b"
         "b",
         "a\xe2\x80\x8b"
         "b"}, /* a zero-width space is no white space */
    };
    struct error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quote_text t;
        struct buffer b;
        size_t n;
        check_ok(quote_text_normalise(text_of(cases[i].in), &arena, &t, &err));
        if (!text_equal_c(t.text, cases[i].out)) fail_msg("case %zu: '%.*s'", i, TEXT_ARG(t.text));
        assert_int_equal(t.n, text_utf8_count(t.text));
        assert_int_equal(t.at[t.n], t.text.len);
        buffer_init(&b, 1 << 16);
        check_ok(quote_text_append(text_of(cases[i].in), &b, &n, &err));
        assert_true(text_equal(buffer_text(&b), t.text));
        assert_int_equal(n, t.n);
        buffer_done(&b);
    }
}

static void offsets_lead_back(void **state) {
    struct text in = TEXT("  one \t two\r\n\r\n  thr\xc3\xa9"
                          "e  ");
    struct quote_text t;
    struct error err = {0};
    check_ok(quote_text_normalise(in, &arena, &t, &err));
    assert_true(text_equal_c(t.text, "one two\nthr\xc3\xa9"
                                     "e"));
    struct quote_span word = quote_span_origin(&t, (struct quote_span){4, 7}),
                      last = quote_span_origin(&t, (struct quote_span){8, 13});
    assert_true(text_equal_c(text_part(in, word.from, word.to), "two"));
    assert_true(text_equal_c(text_part(in, last.from, last.to), "thr\xc3\xa9"
                                                                "e"));
    check_fails(quote_text_normalise(TEXT("abc\xff"), &arena, &t, &err), ERROR_DATA, "byte 3 is not valid UTF-8");
    assert_true(quote_is_binary((struct text){"a\0b", 3}));
    assert_false(quote_is_binary(TEXT("plain\n\ttext")));
}

/* ---- documents of a small language ---- */

enum { DOCUMENTS = 300 };
static struct text documents[DOCUMENTS];

/* Words of a small vocabulary: windows of ten characters repeat. size: characters of each document, about. */
static void draw_documents(size_t size) {
    static const char *const words[] = {"mill", "ford", "the",          "a",     "gr\xc3\xbcn",
                                        "of",   "bee",  "\xe6\xa9\x8b", "tower", "b"};
    struct error err;
    for (size_t d = 0; d < DOCUMENTS; d++) {
        struct rng rng = rng_stream(5, "documents", d);
        size_t n = 0, most = size + rng_below(&rng, size);
        char *room = arena_new(&arena, char, most + 16, &err);
        assert_non_null(room);
        while (n < most) {
            const char *word = words[rng_below(&rng, 10)];
            memcpy(room + n, word, strlen(word));
            n += strlen(word);
            room[n++] = ' ';
        }
        documents[d] = (struct text){room, n};
    }
}

static char *write_documents(const char *name) {
    char *path = path_of(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (size_t d = 0; d < DOCUMENTS; d++)
        fprintf(f, "{\"id\": \"d%zu\", \"text\": \"%.*s\"}\n", d, TEXT_ARG(documents[d]));
    assert_int_equal(fclose(f), 0);
    return path;
}

static struct quote_index *build(const char *documents_path, const char *name, struct quote_build_settings s,
                                 struct quote_build_result *result) {
    struct error err = {0};
    char *out = path_of(name);
    s.quiet = true;
    check_ok(quote_build(&documents_path, 1, out, &s, result, &err));
    struct quote_index *index = quote_index_open(out, 0, &err);
    if (!index) fail_msg("%s", err.message);
    return index;
}

static int compare_texts(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* All windows of all documents, sorted: the plain truth. */
static size_t all_windows(size_t w, struct text **out) {
    size_t n = 0, room = 0;
    struct text *all = NULL;
    struct error err = {0};
    for (size_t d = 0; d < DOCUMENTS; d++) {
        struct quote_text t;
        check_ok(quote_text_normalise(documents[d], &arena, &t, &err));
        for (size_t i = 0; i + w <= t.n; i++) {
            if (n == room) assert_non_null(all = realloc(all, (room = 2 * room + 1000) * sizeof *all));
            all[n++] = text_part(t.text, t.at[i], t.at[i + w]);
        }
    }
    qsort(all, n, sizeof *all, compare_texts);
    *out = all;
    return n;
}

static bool is_window(const struct text *all, size_t n, struct text t) {
    return bsearch(&t, all, n, sizeof *all, compare_texts) != NULL;
}

/* Half of it from the documents, half drawn: text that is partly quoted. */
static struct text draw_query(uint64_t i, char *room) {
    struct rng rng = rng_stream(6, "queries", i);
    size_t n = 0;
    while (n < 300) {
        struct text d = documents[rng_below(&rng, DOCUMENTS)];
        size_t from = rng_below(&rng, d.len - 60), len = 5 + rng_below(&rng, 40);
        while (((unsigned char)d.at[from] & 0xc0) == 0x80) from++;
        while (((unsigned char)d.at[from + len] & 0xc0) == 0x80) len++;
        memcpy(room + n, d.at + from, len);
        n += len;
        if (rng_below(&rng, 3) == 0) room[n++] = (char)('a' + rng_below(&rng, 26));
    }
    return (struct text){room, n};
}

static void members_are_exact(void **state) {
    struct error err = {0};
    struct text *all;
    draw_documents(200);
    char *path = write_documents("small.jsonl");
    for (size_t w = 1; w <= 25; w += 6) {
        struct quote_build_result r;
        char name[32];
        snprintf(name, sizeof name, "small-%zu.idx", w);
        struct quote_index *index = build(path, name, (struct quote_build_settings){.width = w}, &r);
        size_t n = all_windows(w, &all), distinct = 0;
        for (size_t i = 0; i < n; i++) distinct += i == 0 || compare_texts(&all[i], &all[i - 1]) != 0;
        assert_int_equal(r.facts.windows, n);
        assert_int_equal(r.facts.distinct, distinct);
        assert_int_equal(quote_index_facts(index)->distinct, distinct);
        for (uint64_t q = 0; q < 60; q++) {
            char room[600];
            struct quote_text t;
            check_ok(quote_text_normalise(draw_query(q, room), &arena, &t, &err));
            bool *yes = arena_new(&arena, bool, t.n, &err);
            quote_index_members(index, &t, yes);
            for (size_t i = 0; i + w <= t.n; i++)
                if (yes[i] != is_window(all, n, text_part(t.text, t.at[i], t.at[i + w])))
                    fail_msg("width %zu, query %d, window %zu: %d", w, (int)q, i, yes[i]);
        }
        free(all);
        quote_index_close(index);
    }
}

/* ---- shards, threads ---- */

static void same_file(const char *a, const char *b) {
    struct file_map x, y;
    struct error err = {0};
    check_ok(file_map(a, &x, &err));
    check_ok(file_map(b, &y, &err));
    if (x.len != y.len || memcmp(x.at, y.at, x.len) != 0) fail_msg("%s and %s differ", a, b);
    file_unmap(&x), file_unmap(&y);
}

static void shards_change_nothing(void **state) {
    struct error err = {0};
    struct quote_build_result r;
    draw_documents(8000);
    char *path = write_documents("large.jsonl");
    struct quote_index *one = build(path, "one.idx", (struct quote_build_settings){0}, &r);
    struct quote_index *many = build(path, "many.idx", (struct quote_build_settings){.memory = 8 << 20}, &r);
    assert_int_equal(quote_index_facts(one)->shards, 1);
    assert_true(quote_index_facts(many)->shards >= 3);
    assert_int_equal(quote_index_facts(one)->distinct, quote_index_facts(many)->distinct);
    for (uint64_t q = 0; q < 40; q++) {
        char room[600];
        struct quote_text t;
        struct quote_score a, b;
        const struct quote_score_settings details = {.details = true};
        struct text query = draw_query(q, room);
        check_ok(quote_score(one, query, &details, &arena, &a, &err));
        check_ok(quote_score(many, query, &details, &arena, &b, &err));
        json_t *x = quote_score_json(one, &a, QUOTE_ALL), *y = quote_score_json(many, &b, QUOTE_ALL);
        if (!json_equal(x, y)) fail_msg("query %d: %s\n%s", (int)q, json_dumps(x, 0), json_dumps(y, 0));
        json_decref(x), json_decref(y);
        check_ok(quote_text_normalise(query, &arena, &t, &err));
    }
    check_ok(quote_index_check(many, &err));
    quote_index_close(one), quote_index_close(many);
    struct pool *pool = pool_new(3, &err);
    quote_index_close(build(path, "threads.idx", (struct quote_build_settings){.memory = 0, .pool = pool}, &r));
    pool_free(pool);
    static const char *const files[] = {"index.json",     "0000.text",    "0000.suffixes", "0000.keys",
                                        "0000.documents", "0000.sources", "0000.lines"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char a[64], b[64];
        snprintf(a, sizeof a, "one.idx/%s", files[i]);
        snprintf(b, sizeof b, "threads.idx/%s", files[i]);
        same_file(path_of(a), path_of(b));
    }
}

/* An index eight times as large as what may stay in memory. */
static void memory_is_kept(void **state) {
    struct error err = {0};
    struct quote_index *index = quote_index_open(path_of("one.idx"), 1, &err); /* at every look */
    if (!index) fail_msg("%s", err.message);
    struct quote_index *free_one = quote_index_open(path_of("one.idx"), 0, &err);
    for (uint64_t q = 0; q < 10; q++) {
        char room[600];
        struct quote_score a, b;
        const struct quote_score_settings plain = {0};
        struct text query = draw_query(q, room);
        check_ok(quote_score(index, query, &plain, &arena, &a, &err));
        check_ok(quote_score(free_one, query, &plain, &arena, &b, &err));
        assert_int_equal(a.members, b.members);
    }
    quote_index_close(index), quote_index_close(free_one);
}

/* ---- filters ---- */

static void filters_err_at_their_rate(void **state) {
    struct error err = {0};
    struct quote_bloom_shape shape;
    check_ok(quote_bloom_shape_of(20000, 0.01, &shape, &err));
    struct quote_bloom *a = quote_bloom_new(&shape, &err), *b = quote_bloom_new(&shape, &err),
                       *both = quote_bloom_new(&shape, &err);
    for (uint64_t i = 0; i < 20000; i++) {
        quote_bloom_add(i % 2 ? a : b, &i, sizeof i);
        quote_bloom_add(both, &i, sizeof i);
    }
    uint64_t yes = 0, trials = 200000;
    for (uint64_t i = 0; i < 20000; i++) assert_true(quote_bloom_has(both, &i, sizeof i));
    for (uint64_t i = 20000; i < 20000 + trials; i++) yes += quote_bloom_has(both, &i, sizeof i);
    check_near((double)yes, 0.01 * (double)trials, 4 * sqrt(0.01 * (double)trials) + 0.02 * 0.01 * (double)trials);
    check_near(quote_bloom_rate(both), 0.01, 0.0005);
    check_near(quote_bloom_distinct(both), 20000, 200);
    check_ok(quote_bloom_unite(a, b, &err));
    assert_int_equal(quote_bloom_set_bits(a), quote_bloom_set_bits(both));
    check_ok(quote_bloom_write(a, path_of("a.bf"), 25, NULL, 1000, &err)); /* parts of 1,000 bytes */
    check_ok(quote_bloom_write(both, path_of("both.bf"), 25, NULL, 0, &err));
    size_t width;
    struct quote_bloom *read = quote_bloom_open(path_of("a.bf"), &width, NULL, &err);
    if (!read) fail_msg("%s", err.message);
    for (uint64_t i = 0; i < 30000; i++)
        assert_int_equal(quote_bloom_has(read, &i, sizeof i), quote_bloom_has(both, &i, sizeof i));
    assert_int_equal(width, 25);
    quote_bloom_free(read), quote_bloom_free(a), quote_bloom_free(b), quote_bloom_free(both);
    check_fails(quote_bloom_shape_of(0, 0.01, &shape, &err), ERROR_USAGE, "no elements");
    check_fails(quote_bloom_shape_of(10, 1, &shape, &err), ERROR_USAGE, "between 0 and 1");
    check_fails(quote_bloom_shape_of(UINT64_MAX, 1e-9, &shape, &err), ERROR_USAGE, "larger than 1 TiB");
}

/* Puts value at a place of the header; the reader names the field. */
static void headers_that_contradict(void **state) {
    static const struct {
        size_t at, bytes;
        uint64_t value;
        const char *named;
    } faults[] = {{8, 4, 2, "counts 2 filters"}, {12, 4, 8, "'options'"},    {20, 8, 5, "'bytes'"},
                  {28, 8, 640, "'bits'"},        {36, 8, 1, "items of all"}, {44, 8, 0, "rate"},
                  {60, 4, 3, "'hashes'"},        {64, 8, 3, "'bits'"},       {72, 1, 10, "'bits'"}};
    struct error err = {0};
    struct text part;
    size_t width;
    check_ok(file_read(&arena, path_of("both.bf.part0.bin"), 1 << 24, &part, &err));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char *copy = arena_copy(&arena, part.at, part.len, &err);
        memcpy(copy + faults[i].at, &faults[i].value, faults[i].bytes);
        check_ok(file_write(path_of("both.bf.part0.bin"), (struct text){copy, part.len}, &err));
        check_fails(quote_bloom_open(path_of("both.bf"), &width, NULL, &err), ERROR_DATA, faults[i].named);
    }
    check_ok(file_write(path_of("both.bf.part0.bin"), text_part(part, 0, part.len - 1), &err));
    check_fails(quote_bloom_open(path_of("both.bf"), &width, NULL, &err), ERROR_DATA, "it is cut short");
    check_ok(file_write(path_of("both.bf.part0.bin"), text_part(part, 0, 40), &err));
    check_fails(quote_bloom_open(path_of("both.bf"), &width, NULL, &err), ERROR_DATA, "it is cut short");
    check_ok(file_write(path_of("both.bf.part0.bin"), part, &err));
    json_t *index = json_read_file(path_of("both.bf"), 1 << 20, &err);
    struct buffer b;
    buffer_init(&b, 1 << 20);
    json_object_set_new(json_array_get(json_object_get(index, "blocks"), 1), "part_file", json_string("../other"));
    json_put(&b, index, 0);
    check_ok(file_write(path_of("both.bf"), buffer_text(&b), &err));
    check_fails(quote_bloom_open(path_of("both.bf"), &width, NULL, &err), ERROR_DATA, "not the name of a file beside");
    buffer_done(&b);
    json_decref(index);
}

/* ---- damaged indexes ---- */

static void damage_is_named(void **state) {
    static const char *const files[] = {"0000.suffixes", "0000.keys", "0000.documents", "0000.lines", "0000.text"};
    struct error err = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[64];
        struct text whole;
        snprintf(name, sizeof name, "one.idx/%s", files[i]);
        check_ok(file_read(&arena, path_of(name), 1 << 28, &whole, &err));
        check_ok(file_write(path_of(name), text_part(whole, 0, whole.len - 3), &err));
        check_fails(quote_index_open(path_of("one.idx"), 0, &err), ERROR_DATA, "one.idx/0000");
        /* The right length, other bytes: opened, searched without harm, and found by its digest. */
        char *turned = arena_copy(&arena, whole.at, whole.len, &err);
        size_t from = i == 2 || i == 3 ? whole.len : whole.len / 2;
        for (size_t k = from; k < whole.len; k++) turned[k] = (char)~turned[k];
        check_ok(file_write(path_of(name), (struct text){turned, whole.len}, &err));
        struct quote_index *index = quote_index_open(path_of("one.idx"), 0, &err);
        if (!index) fail_msg("%s", err.message);
        for (uint64_t q = 0; q < 5; q++) {
            char room[600];
            struct quote_score s;
            const struct quote_score_settings details = {.details = true};
            check_ok(quote_score(index, draw_query(q, room), &details, &arena, &s, &err));
        }
        if (from < whole.len) check_fails(quote_index_check(index, &err), ERROR_DATA, files[i]);
        quote_index_close(index);
        check_ok(file_write(path_of(name), whole, &err));
    }
    struct text json;
    check_ok(file_read(&arena, path_of("one.idx/index.json"), 1 << 20, &json, &err));
    size_t at = text_find(json, TEXT(QUOTE_NORMALISER), 0);
    char *other = arena_copy(&arena, json.at, json.len, &err);
    other[at] = 'x';
    check_ok(file_write(path_of("one.idx/index.json"), (struct text){other, json.len}, &err));
    check_fails(quote_index_open(path_of("one.idx"), 0, &err), ERROR_DATA, "made by normaliser 'xuip-1'");
    check_fails(quote_index_open(path_of("nowhere"), 0, &err), ERROR_ENVIRONMENT, "nowhere");
}

/* ---- sentences ---- */

static void sentences_and_joins(void **state) {
    static const struct text corpus[] = {{"Nobody knows who built the mill at the ford, but it was old in 812.", 67},
                                         {"The bell of the tower was cast for the abbot of the upper town.", 63}};
    struct error err = {0};
    struct quote_index *index = quote_index_of_texts(corpus, 2, 0, &err);
    struct quote_score s;
    const struct quote_score_settings details = {.details = true};
    check_ok(quote_score(index,
                         TEXT("The bell of the tower was cast for the abbot of the upper town! It is \"loud.\"\nNobody "
                              "knows who built the abbot of the upper town."),
                         &details, &arena, &s, &err));
    assert_int_equal(s.n_sentences, 3);
    assert_int_equal(s.whole, 1);
    assert_true(s.sentences[0].whole && !s.sentences[0].stitched);
    assert_true(!s.sentences[1].whole && s.sentences[1].joins == 0);
    assert_true(s.sentences[2].stitched && s.sentences[2].joins == 1);
    assert_int_equal(s.sources, 2);
    /* A changed word is no join: the same document goes on behind it. */
    check_ok(quote_score(index, TEXT("The bell of the tower was coat for the abbot of the upper town."), &details,
                         &arena, &s, &err));
    assert_true(!s.sentences[0].whole && !s.sentences[0].stitched);
    check_ok(quote_score(index, (struct text){"ab\xff", 3}, &details, &arena, &s, &err));
    assert_true(s.state == QUOTE_INVALID && s.bad_byte == 2);
    check_ok(quote_score(index, (struct text){"a\0b", 3}, &details, &arena, &s, &err));
    assert_true(s.state == QUOTE_BINARY);
    check_ok(quote_score(index, TEXT(""), &details, &arena, &s, &err));
    assert_true(s.state == QUOTE_TOO_SHORT && isnan(s.quip));
    struct quote_stretch *found;
    size_t n;
    struct quote_text t;
    check_ok(quote_text_normalise(TEXT("the abbot of the upper mill"), &arena, &t, &err));
    check_ok(quote_stretches(index, &t, 6, 2, &arena, &found, &n, &err));
    assert_int_equal(n, 1);
    assert_true(text_equal_c(quote_span_text(&t, found[0].span), "the abbot of the upper "));
    assert_int_equal(found[0].count, 1);
    assert_int_equal(found[0].places[0].document, 1);
    assert_int_equal(found[0].places[0].at, 35);
    quote_index_close(index);
}

static void refusals(void **state) {
    struct error err = {0};
    struct quote_build_result r;
    struct quote_build_settings s = {.quiet = true};
    char *bad = path_of("bad.txt"), *mine = path_of("mine");
    check_ok(file_write(bad, TEXT("good \xff bad"), &err));
    check_fails(quote_build((const char *const *)&bad, 1, path_of("bad.idx"), &s, &r, &err), ERROR_DATA,
                "byte 5 of the text is not valid UTF-8");
    assert_int_equal(access(path_of("bad.idx"), F_OK), -1);
    check_ok(file_write(bad, (struct text){"a\0b", 3}, &err));
    check_fails(quote_build((const char *const *)&bad, 1, path_of("bad.idx"), &s, &r, &err), ERROR_DATA, "binary");
    s.documents.lenient = true;
    check_fails(quote_build((const char *const *)&bad, 1, path_of("bad.idx"), &s, &r, &err), ERROR_DATA,
                "no documents");
    check_ok(file_make_folders(mine, &err));
    check_ok(file_write(path_of("mine/letter"), TEXT("dear"), &err));
    check_ok(file_write(bad, TEXT("good"), &err));
    check_fails(quote_build((const char *const *)&bad, 1, mine, &s, &r, &err), ERROR_USAGE, "left as it is");
    assert_int_equal(access(path_of("mine/letter"), F_OK), 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_form),
        cmocka_unit_test(offsets_lead_back),
        cmocka_unit_test(members_are_exact),
        cmocka_unit_test(shards_change_nothing),
        cmocka_unit_test(memory_is_kept),
        cmocka_unit_test(filters_err_at_their_rate),
        cmocka_unit_test(headers_that_contradict),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(sentences_and_joins),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
