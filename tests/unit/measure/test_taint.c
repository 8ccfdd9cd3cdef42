/* Taint: small traces by hand; and 1,000 drawn ones against an implementation that shares nothing with it:
 * happened-before from its words, pair by pair, closed by Warshall's algorithm; evidence by comparing windows one by
 * one. */
#include "check.h"

#include "base/rng.h"
#include "measure/trace/taint.h"

#include <stdlib.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

/* ---- by hand */

static void windows_are_contained(void **state) {
    static const struct {
        const char *x, *y;
        double c;
    } cases[] = {{"abcdefgh", "abcdefgh", 1},
                 {"abcdefghi", "abcdefgh", 1},
                 {"abcdefghij", "xbcdefghij", 2. / 3},
                 {"short", "short", 1},
                 {"short", "other", 0},
                 {"", "abc", 0},
                 {"aaaaaaaaaaaaaaaa", "aaaaaaaa", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double c;
        check_ok(taint_contained(text_of(cases[i].x), text_of(cases[i].y), &arena, &c, &err));
        check_near(c, cases[i].c, 1e-12);
    }
}

static void values_are_tokens(void **state) {
    struct text none = {0}, token;
    const struct text page = TEXT("Please pay purse 48291730 at once, says Lena Vorm.");
    (void)state;
    assert_true(taint_token(page, TEXT("{\"amount\":5,\"purse\":\"48291730\"}"), none, &token));
    assert_true(text_equal_c(token, "48291730"));
    assert_true(taint_token(page, TEXT("{\"purse\":48291730}"), none, &token));
    assert_true(taint_token(page, TEXT("{\"to\":\"Lena Vorm\"}"), none, &token));
    assert_false(taint_token(page, TEXT("{\"48291730\":\"x\"}"), none, &token));    /* a key is no value */
    assert_false(taint_token(page, TEXT("{\"purse\":\"4829173\"}"), none, &token)); /* a part of a number */
    assert_false(taint_token(page, TEXT("{\"to\":\"at\"}"), none, &token));         /* too few bits */
    assert_false(
        taint_token(page, TEXT("{\"purse\":\"48291730\"}"), TEXT("send 48291730"), &token)); /* was asked for */
    assert_true(taint_token(page, TEXT("48291730"), none, &token));
}

/* ---- drawn */

enum { SPANS = 9, NODES = 2 * SPANS, TRACES = 1000 };

static const char *const pieces[] = {"the mill stands ",     "by the old river ",   "pay 48291730 now ",
                                     "ask Lena Vorm first ", "seven crowns a jar ", "no more than that ",
                                     "key 77120394 opens ",  "and so it ends "};
static const char *const people[] = {"ann", "bob", "cid"};

static struct text drawn_text(struct rng *rng, bool empty_too) {
    char text[200] = "";
    size_t n = rng_below(rng, 3) + (empty_too ? 0 : 1);
    for (size_t i = 0; i < n; i++) strcat(text, pieces[rng_below(rng, 8)]);
    char *copy = arena_printf(&arena, &err, "%s", text);
    check_ok(copy);
    return text_of(copy);
}

static struct text drawn_arguments(struct rng *rng) {
    static const char *const values[] = {"48291730", "77120394", "Lena Vorm", "mill", "seven crowns a jar"};
    char *copy = arena_printf(&arena, &err, "{\"n\":%llu,\"what\":\"%s\"}", (unsigned long long)rng_below(rng, 50),
                              values[rng_below(rng, 5)]);
    check_ok(copy);
    return text_of(copy);
}

static int by_beginning(const void *a, const void *b) {
    const struct trace_span *x = a, *y = b;
    if (x->t0 != y->t0) return x->t0 < y->t0 ? -1 : 1;
    return x->line < y->line ? -1 : 1;
}

static void draw(struct trace *t, struct trace_span *spans, struct rng *rng) {
    *t = (struct trace){
        .file = "drawn", .id = TEXT("t"), .spans = spans, .n = 2 + rng_below(rng, SPANS - 1), .clock = true};
    for (size_t i = 0; i < t->n; i++) {
        struct trace_span *s = &spans[i];
        uint64_t t0 = rng_below(rng, 24);
        *s = (struct trace_span){.parent = SIZE_MAX, .ok = -1, .line = i, .t0 = t0, .t1 = t0 + rng_below(rng, 5)};
        s->agent = text_of(people[rng_below(rng, 3)]);
        s->op = rng_below(rng, 8) == 0 ? TEXT("retrieval") : TEXT("chat");
        s->in = drawn_text(rng, true);
        s->out = drawn_text(rng, true);
        if (rng_below(rng, 3) == 0) {
            s->tool = TEXT("tool");
            s->in = drawn_arguments(rng);
        }
        s->trust = rng_below(rng, 3) == 0 ? TRACE_UNTRUSTED : (enum trace_trust)rng_below(rng, 2);
        if (rng_below(rng, 4) == 0) s->to = text_of(people[rng_below(rng, 3)]);
        if (rng_below(rng, 4) == 0) {
            s->key = rng_below(rng, 2) ? TEXT("k1") : TEXT("k2");
            s->effects = rng_below(rng, 2) ? EFFECT_REMEMBER : EFFECT_RECALL;
        }
    }
    qsort(spans, t->n, sizeof *spans, by_beginning);
    for (size_t i = 1; i < t->n; i++)
        if (rng_below(rng, 2)) {
            size_t p = rng_below(rng, i);
            if (spans[p].t0 <= spans[i].t0) spans[i].parent = p;
        }
}

static bool before(const struct trace *t, size_t i, size_t j) {
    return i < j && t->spans[i].t1 <= t->spans[j].t0;
}

static void all_before(const struct trace *t, bool reach[NODES][NODES]) {
    const struct trace_span *s = t->spans;
    memset(reach, 0, sizeof(bool) * NODES * NODES);
    for (size_t j = 0; j < t->n; j++) {
        reach[2 * j][2 * j + 1] = true;
        if (s[j].parent != SIZE_MAX) {
            reach[2 * s[j].parent][2 * j] = true;
            if (s[j].t1 <= s[s[j].parent].t1 && s[j].t0 < s[s[j].parent].t1)
                reach[2 * j + 1][2 * s[j].parent + 1] = true;
        }
        for (size_t i = 0; i < t->n; i++)
            if (before(t, i, j) && text_equal(s[i].agent, s[j].agent)) reach[2 * i + 1][2 * j] = true;
        size_t last = SIZE_MAX;
        for (size_t i = 0; i < t->n; i++)
            if (s[i].key.len && s[i].effects == EFFECT_REMEMBER && text_equal(s[i].key, s[j].key) && before(t, i, j))
                last = i;
        if (last != SIZE_MAX && s[j].effects == EFFECT_RECALL) reach[2 * last][2 * j + 1] = true;
    }
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; s[i].to.len && j < t->n; j++)
            if (before(t, i, j) && text_equal(s[j].agent, s[i].to)) {
                reach[2 * i + 1][2 * j] = true;
                break;
            }
    for (size_t k = 0; k < NODES; k++)
        for (size_t i = 0; i < NODES; i++)
            for (size_t j = 0; j < NODES; j++) reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
}

static bool first_here(struct text t, size_t at, size_t len) {
    for (size_t i = 0; i < at; i++)
        if (memcmp(t.at + i, t.at + at, len) == 0) return false;
    return true;
}

static bool has_window(struct text t, const char *window, size_t len) {
    for (size_t i = 0; i + len <= t.len; i++)
        if (memcmp(t.at + i, window, len) == 0) return true;
    return false;
}

/* Windows one by one; of texts of fewer than 8 bytes the whole. */
static double naive_contained(struct text x, struct text y) {
    size_t lx = x.len < 8 ? x.len : 8, ly = y.len < 8 ? y.len : 8, nx = 0, ny = 0, both = 0;
    if (!x.len || !y.len) return 0;
    for (size_t i = 0; i + lx <= x.len; i++)
        if (first_here(x, i, lx)) {
            nx++;
            both += lx == ly ? (ly < 8 ? x.len == y.len && has_window(y, x.at, lx) : has_window(y, x.at + i, 8)) : 0;
        }
    for (size_t i = 0; i + ly <= y.len; i++) ny += first_here(y, i, ly);
    return (double)both / (double)(nx < ny ? nx : ny);
}

/* The values of drawn arguments are the number and the text behind "what". */
static bool naive_token(struct text x, struct text arguments, struct text asked) {
    size_t from = text_find(arguments, TEXT("what\":\""), 0);
    if (from == SIZE_MAX) return false;
    struct text value = text_part(arguments, from + 7, arguments.len - 2);
    if (text_equal_c(value, "mill") ? 4 * log2(26) < 10 : false) return false;
    for (size_t at = 0; (at = text_find(x, value, at)) != SIZE_MAX; at++) { /* pieces have blanks around all values */
        bool there = text_find(asked, value, 0) != SIZE_MAX;
        return !there;
    }
    return false;
}

static bool naive_source(const struct trace *t, size_t node) {
    const struct trace_span *s = &t->spans[node / 2];
    bool untrusted = s->trust == TRACE_UNTRUSTED || (text_equal_c(s->op, "retrieval") && s->trust != TRACE_TRUSTED);
    return untrusted && node % 2 == (s->out.len ? 1u : 0u);
}

static void naive(const struct trace *t, bool coarse, bool tainted[NODES]) {
    static bool reach[NODES][NODES];
    bool more = true;
    all_before(t, reach);
    for (size_t i = 0; i < 2 * t->n; i++) tainted[i] = naive_source(t, i);
    while (more) {
        more = false;
        for (size_t y = 0; y < 2 * t->n; y++)
            for (size_t x = 0; x < 2 * t->n && !tainted[y]; x++) {
                struct text tx = taint_text(t, x), ty = taint_text(t, y);
                if (!tainted[x] || !reach[x][y]) continue;
                bool shows = naive_contained(tx, ty) >= 0.2 ||
                             (y % 2 == 0 && t->spans[y / 2].tool.len && naive_token(tx, ty, t->spans[0].in));
                if (coarse || shows) tainted[y] = more = true;
            }
    }
}

static void taint_agrees(void **state) {
    static struct trace_span spans[SPANS];
    size_t yes[2] = {0}, no[2] = {0};
    (void)state;
    for (size_t i = 0; i < TRACES; i++) {
        struct rng rng = rng_stream(5, "taint", i);
        struct trace t;
        arena_reset(&arena);
        draw(&t, spans, &rng);
        for (int coarse = 0; coarse < 2; coarse++) {
            struct taint found;
            bool expected[NODES];
            check_ok(taint_trace(&t, coarse, &arena, &found, &err));
            naive(&t, coarse, expected);
            for (size_t k = 0; k < 2 * t.n; k++) {
                if (found.nodes[k].tainted != expected[k])
                    fail_msg("trace %zu, %s, node %zu: %d, expected %d", i, coarse ? "coarse" : "fine", k,
                             found.nodes[k].tainted, expected[k]);
                yes[coarse] += expected[k];
                no[coarse] += !expected[k];
                size_t x = k, steps = 0;
                for (; found.nodes[k].tainted && !found.nodes[x].source; x = found.nodes[x].from) steps++;
                if (found.nodes[k].tainted) assert_int_equal(steps, found.nodes[k].depth);
            }
        }
    }
    for (int c = 0; c < 2; c++) {
        print_message("%s: %zu tainted, %zu not\n", c ? "coarse" : "fine", yes[c], no[c]);
        assert_true(5 * yes[c] >= yes[c] + no[c] && 5 * no[c] >= yes[c] + no[c]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_contained),
        cmocka_unit_test(values_are_tokens),
        cmocka_unit_test(taint_agrees),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
