/* Guideline libraries: likeness against the plain table of common subsequences, clusters against all pairs, building
 * twice, what is signed, and finding. */
#include "check.h"

#include "base/rng.h"
#include "set/cards.h"
#include "set/guide_build.h"
#include "set/guide_find.h"

#include <stdlib.h>
#include <unistd.h>

enum { CASES = 1000, LONGEST = 200 };

static struct arena arena;
static struct error err;
static char path[64], second[64];

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    snprintf(path, sizeof path, "guide-%d.jsonl", (int)getpid());
    snprintf(second, sizeof second, "guide-%d-lib.jsonl", (int)getpid());
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    remove(path);
    remove(second);
    return 0;
}

/* ---- likeness */

/* The table of the longest common subsequence of code points. */
static double ratio_plainly(struct text a, struct text b) {
    static unsigned table[LONGEST + 1][LONGEST + 1];
    uint32_t x[LONGEST], y[LONGEST];
    size_t n = 0, m = 0;
    for (size_t used; a.len; a = text_part(a, used, a.len)) used = text_utf8_next(a, &x[n++]);
    for (size_t used; b.len; b = text_part(b, used, b.len)) used = text_utf8_next(b, &y[m++]);
    for (size_t i = 1; i <= n; i++)
        for (size_t k = 1; k <= m; k++) {
            unsigned best = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
            table[i][k] = x[i - 1] == y[k - 1] ? table[i - 1][k - 1] + 1 : best;
        }
    return n + m ? 2.0 * table[n][m] / (double)(n + m) : 1;
}

/* Letters of a small alphabet with some beyond ASCII; every third text is another one with a few letters changed. */
static struct text draw_text(struct rng *rng, char *out, size_t most) {
    static const char *const letters[] = {"a", "b", "c", " ", "\xc3\xa9", "\xe4\xb8\xad"};
    size_t n = 1 + rng_below(rng, most - 1), at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *letter = letters[rng_below(rng, 6)];
        memcpy(out + at, letter, strlen(letter));
        at += strlen(letter);
    }
    return (struct text){out, at};
}

static void test_ratio(void **state) {
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(1, "test/ratio", i);
        char a[4 * LONGEST], b[4 * LONGEST];
        struct text x = draw_text(&rng, a, i % 2 ? 20 : LONGEST), y = draw_text(&rng, b, LONGEST);
        check_near(guide_ratio(x, y), ratio_plainly(x, y), 1e-15);
        check_near(guide_ratio(x, y), guide_ratio(y, x), 1e-15);
    }
    check_near(guide_ratio((struct text){0}, (struct text){0}), 1, 0);
    check_near(guide_ratio_rounded(0.495), 0.5, 0);
    check_near(guide_ratio_rounded(0.4949), 0.49, 1e-15);
}

/* ---- clusters */

static void test_clusters(void **state) {
    enum { TEXTS = 24 };
    size_t alone = 0, joined = 0;
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(2, "test/clusters", i);
        char store[TEXTS][4 * LONGEST];
        struct text text[TEXTS];
        uint32_t found[TEXTS];
        size_t n_found, plain[TEXTS];
        for (size_t k = 0; k < TEXTS; k++) {
            text[k] = draw_text(&rng, store[k], 40);
            if (k && rng_below(&rng, 3) == 0) { /* one letter more than an earlier text */
                size_t from = rng_below(&rng, k);
                memcpy(store[k], text[from].at, text[from].len);
                store[k][text[from].len] = "xyz"[rng_below(&rng, 3)];
                text[k] = (struct text){store[k], text[from].len + 1};
            }
        }
        struct guide_build_settings settings = {.tau = 0.9, .compat = i % 5 == 0};
        arena_reset(&arena);
        check_ok(guide_cluster(text, NULL, TEXTS, &settings, &arena, found, &n_found, &err));
        for (size_t k = 0; k < TEXTS; k++) plain[k] = k;
        for (size_t again = 0; again < TEXTS; again++) /* labels flow until nothing changes */
            for (size_t a = 0; a < TEXTS; a++)
                for (size_t b = 0; b < TEXTS; b++) {
                    double r = ratio_plainly(text[a], text[b]);
                    if ((settings.compat ? round(100 * r) / 100 : r) >= 0.9 && plain[b] > plain[a]) plain[b] = plain[a];
                }
        for (size_t a = 0; a < TEXTS; a++)
            for (size_t b = 0; b < a; b++) {
                assert_int_equal(found[a] == found[b], plain[a] == plain[b]);
                joined += found[a] == found[b], alone += found[a] != found[b];
            }
    }
    printf("%zu pairs joined, %zu not\n", joined, alone);
    assert_true(joined > CASES);
}

/* ---- building */

static void write_file(const char *name, const char *text) {
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void write_library(const struct guide_library *library) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(guide_put(&b, library, &err));
    write_file(second, b.at ? b.at : "");
    buffer_done(&b);
}

static const char raw[] =
    "{\"id\": 1, \"risk\": true, \"answer\": \"Here are some guidelines:\\n1. **Point to help**: say who can help.\\n- "
    "Stay "
    "calm: do not scold.\\nno colon in this line\"}\n"
    "{\"id\": 2, \"risk\": false, \"text\": \"Point to help: say who can help!\", \"finish\": \"stop\"}\n"
    "{\"id\": 3, \"answer\": \"I cannot do that.\"}\n"
    "{\"source\": \"q9\", \"text\": \"Stay calm: do not scold, ever.\"}\n"
    "{\"source\": \"q9\", \"title\": \"Be brief\", \"text\": \"three sentences are enough\", \"when\": \"When "
    "asked\"}\n"
    "{\"id\": 4, \"positive_ctxs\": [{\"title\": \"Be brief\", \"text\": \"three sentences are enough\"}]}\n"
    "{\"id\": 4, \"positive_ctxs\": [{\"title\": \"Be brief\", \"text\": \"three sentences are enough\"}]}\n";

static void test_build(void **state) {
    const char *const files[] = {path};
    struct guide_build_settings settings = {.tau = 0.85};
    struct guide_library none = {0}, read;
    struct guide_built first, again;
    (void)state;
    arena_reset(&arena);
    write_file(path, raw);
    check_ok(guide_build(&none, files, 1, &settings, &arena, &first, &err));
    assert_int_equal(first.rows, 7);
    assert_int_equal(first.no_guideline, 1);
    assert_int_equal(first.read, 7);
    assert_int_equal(first.known, 1); /* the last row */
    assert_int_equal(first.same, 1);  /* "who can help!" from another input */
    assert_int_equal(first.near, 1);  /* "ever" */
    assert_int_equal(first.added, 4); /* help, calm, brief when asked, brief anywhere */
    assert_int_equal(first.library.n, 4);
    const struct guideline *g = first.library.guide;
    assert_string_equal(g[0].title, "Point to help");
    assert_int_equal(g[0].n_sources, 2);
    assert_int_equal(g[0].risk, 1);
    assert_string_equal(g[1].text, "Stay calm: do not scold.");
    assert_int_equal(g[1].n_merged, 1);
    assert_string_equal(g[2].when, "When asked");
    assert_string_equal(g[3].text, "Be brief: three sentences are enough");
    assert_int_equal(first.n_merges, 1);
    write_library(&first.library);
    check_ok(guide_read(second, &arena, &read, &err));
    check_ok(guide_build(&read, files, 1, &settings, &arena, &again, &err));
    assert_int_equal(again.added + again.same + again.near + again.joined, 0);
    assert_int_equal(again.known, again.read);
    struct buffer x, y;
    buffer_init(&x, 1 << 20);
    buffer_init(&y, 1 << 20);
    check_ok(guide_put(&x, &first.library, &err));
    check_ok(guide_put(&y, &again.library, &err));
    assert_string_equal(x.at, y.at);
    buffer_done(&x);
    buffer_done(&y);
}

static void test_bad(void **state) {
    static const char *const rows[][2] = {
        {"{\"text\": \"no colon\"}\n", ":1: field 'text': a guideline is 'Title: explanation'; there is no colon"},
        {"{\"text\": \"A: b\"}\nnot json\n", ":2"},
        {"{\"text\": \"A: b\", \"risk\": 1}\n", ":1: field 'risk': expected true or false"},
        {"{\"words\": \"A: b\"}\n", ":1: expected a guideline {text}"},
        {"[1]\n", ":1: expected an object"},
    };
    const char *const files[] = {path};
    struct guide_build_settings settings = {.tau = 0.9};
    struct guide_library none = {0}, library;
    struct guide_built built;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(path, rows[i][0]);
        arena_reset(&arena);
        check_fails(guide_build(&none, files, 1, &settings, &arena, &built, &err), ERROR_DATA, rows[i][1]);
    }
    arena_reset(&arena);
    write_file(path, raw);
    check_ok(guide_build(&none, files, 1, &settings, &arena, &built, &err));
    write_library(&built.library);
    check_ok(guide_read(second, &arena, &library, &err));
    FILE *f = fopen(second, "r");
    char line[4096];
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    char *word = strstr(line, "who can help");
    assert_non_null(word);
    memcpy(word, "who can hurt", 12);
    write_file(second, line);
    check_fails(guide_read(second, &arena, &library, &err), ERROR_DATA, ":1: field 'sha256': the line was changed");
    write_file(second, "{\"gid\": 1, \"title\": \"A\", \"text\": \"A: b\"}\n");
    check_fails(guide_read(second, &arena, &library, &err), ERROR_DATA, ":1: field 'sha256': is missing");
}

/* ---- finding */

static bool embed(void *context, const struct text *text, size_t n, size_t *width, float **out, struct error *e) {
    float *v = memory_zeroed(n * 2, sizeof *v);
    (void)e;
    for (size_t i = 0; v && i < n; i++) {
        v[2 * i] = text_find(text[i], TEXT("alm"), 0) != SIZE_MAX ? 1 : 0.1f;
        v[2 * i + 1] = *(const float *)context;
    }
    *width = 2;
    *out = v;
    return v != NULL;
}

static void test_find(void **state) {
    static const uint64_t against[] = {0};
    struct guideline guide[] = {
        {.gid = 0, .title = "Help", .text = "Help: point to a doctor when somebody is ill", .when = ""},
        {.gid = 1, .title = "Calm", .text = "Calm: do not scold people who are ill", .when = "", .conflicts = against},
        {.gid = 2, .title = "Help", .text = "Help: point to a doctor when somebody is sick", .when = ""},
        {.gid = 3, .title = "Sums", .text = "Sums: add the numbers one by one", .when = ""},
    };
    struct guide_library library = {guide, 4}, empty = {0};
    struct guide_find_settings settings = {.k = 6, .spread = 0.5};
    struct guide_found found;
    struct text input = TEXT("My neighbour is ill and needs a doctor");
    float third = 0.5f;
    (void)state;
    arena_reset(&arena);
    check_ok(guide_find(&library, input, &settings, &arena, &found, &err));
    assert_int_equal(found.hit[0].guide->gid, 0);
    assert_int_equal(found.n, 2); /* the second Help is nearly the first, sums are about nothing of it */
    assert_int_equal(found.alike, 1);
    assert_true(found.hit[0].score > found.hit[1].score && found.hit[0].score <= 1);
    guide[1].n_conflicts = 1;
    check_ok(guide_find(&library, input, &settings, &arena, &found, &err));
    assert_int_equal(found.contradicting, 1);
    assert_int_equal(found.n, 1);
    static const uint64_t against_calm[] = {1}; /* the one that is found first says it, too */
    guide[1].n_conflicts = 0, guide[0].conflicts = against_calm, guide[0].n_conflicts = 1;
    check_ok(guide_find(&library, input, &settings, &arena, &found, &err));
    assert_int_equal(found.contradicting, 1);
    assert_int_equal(found.n, 1);
    guide[1].n_conflicts = 1, guide[0].n_conflicts = 0;
    settings.spread = 1, settings.k = 2;
    check_ok(guide_find(&library, input, &settings, &arena, &found, &err));
    assert_int_equal(found.hit[1].guide->gid, 2);
    settings.embed = embed, settings.context = &third, settings.k = 1;
    check_ok(guide_find(&library, TEXT("stay calm"), &settings, &arena, &found, &err));
    assert_int_equal(found.hit[0].guide->gid, 1);
    check_near(found.hit[0].score, 1, 1e-12);
    const float stored[] = {1, 0, 0, 1, 1, 1, -1, 0}; /* two numbers each; the input gets (1, third) */
    settings.vectors = stored, third = 0.1f;
    check_ok(guide_find(&library, TEXT("anything"), &settings, &arena, &found, &err));
    check_near(found.hit[0].score, 1, 1e-12);
    assert_int_equal(found.hit[0].guide->gid, 2);
    settings.vectors = NULL;
    third = NAN;
    check_fails(guide_find(&library, input, &settings, &arena, &found, &err), ERROR_DATA, "not finite");
    check_fails(guide_find(&empty, input, &settings, &arena, &found, &err), ERROR_DATA, "the library is empty");
    settings.k = 0;
    check_fails(guide_find(&library, input, &settings, &arena, &found, &err), ERROR_USAGE, "--k: expected at least 1");
}

/* ---- cards */

static void test_cards(void **state) {
    struct cards cards;
    size_t refused;
    (void)state;
    arena_reset(&arena);
    write_file(
        path,
        "{\"id\": 1, \"title\": \"Company\", \"policies\": [\"SIGNS that the person feels less alone\", \"CHOICES "
        "the person still has\"]}\n"
        "{\"id\": 2, \"title\": \"Truth\", \"policies\": [\"FACTS that can be checked by others\"]}\n"
        "{\"id\": 3, \"title\": \"Near\", \"policies\": [\"CHOICES the person still has\", \"SIGNS that the person "
        "feels less lonely\"]}\n"
        "{\"id\": 4, \"title\": \"Said\", \"policies\": [\"ANYTHING else\"], \"canonical\": 2}\n");
    check_ok(cards_read(path, &arena, &cards, &err));
    check_ok(cards_merge(&cards, 0.5, NULL, NULL, &arena, &refused, &err));
    assert_int_equal(cards.card[0].canonical, 0);
    assert_int_equal(cards.card[1].canonical, 1);
    assert_int_equal(cards.card[2].canonical, 0);
    assert_int_equal(cards.card[3].canonical, 1);
    cards_done(&cards);
    write_file(path, "{\"id\": 1, \"title\": \"A\"}\n{\"id\": 1, \"title\": \"B\"}\n");
    check_fails(cards_read(path, &arena, &cards, &err), ERROR_DATA, ":2: column 'id': stands twice");
    write_file(path, "{\"id\": 1, \"title\": \"A\", \"canonical\": 7}\n");
    check_fails(cards_read(path, &arena, &cards, &err), ERROR_DATA, ":1: column 'canonical': there is no such card");
    write_file(path, "{\"kind\": \"vote\"}\n{\"id\": 1, \"title\": \"A\", \"canonical\": 2}\n"
                     "{\"id\": 2, \"title\": \"B\", \"canonical\": 1}\n");
    check_fails(cards_read(path, &arena, &cards, &err), ERROR_DATA, ":2: column 'canonical': leads round in a circle");
    write_file(path, "{\"id\": 1}\n");
    check_fails(cards_read(path, &arena, &cards, &err), ERROR_DATA, ":1: column 'title': is empty");
}

/* Who said that it is the same as a card goes with that one, through what that one said, and where it is merged. */
static void test_cards_follow(void **state) {
    struct cards cards;
    size_t refused;
    (void)state;
    arena_reset(&arena);
    write_file(path, "{\"id\": 1, \"title\": \"A\", \"policies\": [\"SIGNS of care for whoever asks\"]}\n"
                     "{\"id\": 2, \"title\": \"B\", \"policies\": [\"SIGNS of care for whoever asks\"]}\n"
                     "{\"id\": 3, \"title\": \"C\", \"policies\": [\"QUITE another thing\"], \"canonical\": 2}\n"
                     "{\"id\": 4, \"title\": \"D\", \"policies\": [\"NOTHING like it\"], \"canonical\": 3}\n");
    check_ok(cards_read(path, &arena, &cards, &err));
    assert_int_equal(cards.card[3].canonical, 1);
    check_ok(cards_merge(&cards, 0.9, NULL, NULL, &arena, &refused, &err));
    for (size_t i = 0; i < 4; i++) assert_int_equal(cards.card[i].canonical, 0);
    cards_done(&cards);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cards_follow), cmocka_unit_test(test_ratio), cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_build),        cmocka_unit_test(test_bad),   cmocka_unit_test(test_find),
        cmocka_unit_test(test_cards),
    };
    return cmocka_run_group_tests_name("guide", tests, setup, teardown);
}
