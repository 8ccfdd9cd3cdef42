/* Rule sets: what contradicts, what is vacuous, how the rest is broken; drawn sets against trying all runs up to a
 * length (and, within rule_set_run itself, against Z3 where it is installed: a disagreement is an error); bad files. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "measure/trace/rule_set.h"
#include "solver/smt.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct error err;
static char path[64];

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    snprintf(path, sizeof path, "/tmp/basanite-rules-XXXXXX.yaml");
    int file = mkstemps(path, 5);
    if (file >= 0) close(file);
    return file >= 0 ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return unlink(path);
}

static bool read_text(struct rule_set *set, const char *text) {
    return file_write(path, text_of(text), &err) && rule_set_read(set, path, &arena, &err);
}

struct heard {
    char text[8][200];
    size_t n, witness[8];
};

static bool hear(void *context, const struct finding *f, struct error *error) {
    struct heard *h = context;
    (void)error;
    if (h->n == 8) return true;
    h->witness[h->n] = f->n_witness;
    snprintf(h->text[h->n++], sizeof h->text[0], "%s %s:%zu %s", f->rule, f->item, f->line, f->what);
    return true;
}

static void sets_are_told(void **state) {
    static const char house[] = "rules: house\n"
                                "agents: {searcher: [open, fetch], writer: [send, approve]}\n"
                                "never:\n"
                                "  - {id: leak, steps: [open, send], unless: [approve]}\n"
                                "  - {id: silence, steps: [send]}\n"
                                "  - {id: idle, steps: [pay]}\n"
                                "must:\n"
                                "  - {id: tell, steps: [fetch, send]}\n";
    struct rule_set set;
    struct heard h = {.n = 0};
    struct buffer witness;
    (void)state;
    buffer_init(&witness, 1 << 16);
    check_ok(read_text(&set, house));
    check_ok(rule_set_check(&set, hear, &h, &witness, &err));
    assert_int_equal(h.n, 4);
    assert_string_equal(h.text[0], "contradiction silence:5 cannot be kept with: tell");
    assert_string_equal(h.text[1], "breakable leak:4 is broken by calls that are granted");
    assert_int_equal(h.witness[1], 2);
    assert_string_equal(h.text[2], "breakable silence:5 is broken by calls that are granted");
    assert_string_equal(h.text[3], "vacuous idle:6 nobody may call what it forbids");
    assert_non_null(strstr(witness.at, "\"trace\":\"leak\",\"span\":\"2\",\"agent\":\"writer\""));
    buffer_done(&witness);
    rule_set_done(&set);
}

/* ---- drawn sets */

enum { SETS = 150, TOOLS = 3, LONGEST = 5 };

struct drawn {
    uint8_t step[8], n, unless; /* unless: TOOLS: nothing */
    bool must;
};

static bool goes_through(const struct drawn *d, const uint8_t *word, size_t n, size_t step, size_t from) {
    if (step == d->n) return true;
    for (size_t at = from; at < n; at++) {
        if (word[at] == d->step[step] && goes_through(d, word, n, step + 1, at + 1)) return true;
        if (step && word[at] == d->unless) return false;
    }
    return false;
}

/* The length of the shortest run up to LONGEST that does all that must and nothing that never may be; SIZE_MAX: none.
 */
static size_t shortest(const struct drawn *d, size_t n_lines) {
    for (size_t n = 0, words = 1; n <= LONGEST; n++, words *= TOOLS)
        for (size_t w = 0; w < words; w++) {
            uint8_t word[LONGEST + 8] = {0};
            bool good = true;
            for (size_t i = 0, rest = w; i < n; i++, rest /= TOOLS) word[i] = (uint8_t)(rest % TOOLS);
            for (size_t i = 0; good && i < n_lines; i++) good = goes_through(&d[i], word, n, 0, 0) == d[i].must;
            if (good) return n;
        }
    return SIZE_MAX;
}

static void put_line(struct buffer *b, const struct drawn *d, size_t i) {
    buffer_printf(b, "  - {id: r%zu, steps: [", i);
    for (size_t k = 0; k < d->n; k++) buffer_printf(b, "%st%u", k ? ", " : "", d->step[k]);
    buffer_put_c(b, "]");
    if (d->unless < TOOLS) buffer_printf(b, ", unless: [t%u]", d->unless);
    buffer_put_c(b, "}\n");
}

static void runs_agree(void **state) {
    size_t there = 0;
    (void)state;
    for (size_t s = 0; s < SETS; s++) {
        struct rng rng = rng_stream(11, "rule-set", s);
        struct drawn d[5];
        struct rule_set set;
        struct rule_run run;
        struct buffer b;
        size_t n = 4 + rng_below(&rng, 2);
        uint32_t all = 0, none = 0;
        arena_reset(&arena);
        buffer_init(&b, 1 << 16);
        buffer_put_c(&b, "rules: drawn\nagents: {a: [t0, t1, t2]}\nnever:\n");
        for (size_t i = 0; i < n; i++) {
            d[i] = (struct drawn){.n = (uint8_t)(1 + rng_below(&rng, 2)), .must = i + 2 >= n};
            d[i].n += d[i].must || rng_below(&rng, 4) > 0;
            if (!d[i].must && d[i].n == 3) d[i].n = 2;
            for (size_t k = 0; k < 3; k++) d[i].step[k] = (uint8_t)rng_below(&rng, TOOLS);
            d[i].unless = (uint8_t)(d[i].must ? rng_below(&rng, TOOLS + 1) : TOOLS);
            if (!d[i].must && rng_below(&rng, 5) == 0) d[i].unless = (uint8_t)rng_below(&rng, TOOLS);
            if (i + 2 == n) buffer_put_c(&b, "must:\n");
            put_line(&b, &d[i], i);
            *(d[i].must ? &all : &none) |= 1u << i;
        }
        check_ok(read_text(&set, b.at));
        check_ok(rule_set_run(&set, all, none, &arena, &run, &err));
        size_t known = shortest(d, n);
        if (known != SIZE_MAX ? !run.there || run.n != known : run.there && run.n <= LONGEST)
            fail_msg("set %zu: run of %zu (%d), known %zu\n%s", s, run.n, run.there, known, b.at);
        there += run.there;
        rule_set_done(&set);
        buffer_done(&b);
    }
    print_message("%zu of %d sets can be kept; Z3 %s\n", there, SETS, smt_there() ? "agrees" : "is not installed");
    assert_true(5 * there >= SETS && 5 * there <= 4 * SETS);
}

static void bad_files_are_named(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"rules: r\nagents: {a: [x]}\n", "no rules"},
        {"rules: r\nnever: [{id: a, steps: [x]}]\n", "expected 'agents'"},
        {"agents: {a: [x]}\nnever: [{id: a, steps: [x]}]\n", "expected 'rules'"},
        {"rules: r\nagents: {a: x}\nnever: [{id: a, steps: [x]}]\n", ":2:13: expected a list of tools"},
        {"rules: r\nagents: {a: [x]}\nnever: [{id: a}]\n", "expected 'steps'"},
        {"rules: r\nagents: {a: [x]}\nnever: [{id: a, steps: [[x]]}]\n", "expected the name of a tool"},
        {"rules: r\nagents: {a: [x]}\nnever: [{steps: [x]}]\n", "expected 'id'"},
        {"rules: r\nagents: {a: [x]}\nnever: [{id: a, step: [x]}]\n", "step"},
        {"rules: r\nagents: {a: [x]}\nmust: 5\n", "expected a list of rules"},
        {"rules: r\nagents: {a: [x]}\nnever: [{id: a, steps: [\"@r/a/1\"]}]\n", "refers to itself"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rule_set set;
        check_fails(read_text(&set, cases[i].text), ERROR_DATA, cases[i].says);
        rule_set_done(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_told),
        cmocka_unit_test(runs_agree),
        cmocka_unit_test(bad_files_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
