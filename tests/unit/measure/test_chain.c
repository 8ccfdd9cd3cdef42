/* Chains as automata: against MONA's smallest automaton for the same words (the same language, the same number of
 * states), against trying all places in drawn words, and over traces. */
#include "check.h"

#include "base/file.h"
#include "base/process.h"
#include "base/rng.h"
#include "measure/trace/chain.h"

#include <stdlib.h>
#include <unistd.h>

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

static void draw(struct chain_pattern *p, struct rng *rng) {
    *p = (struct chain_pattern){.n = 1 + rng_below(rng, 4), .n_letters = 1 + rng_below(rng, 3)};
    for (size_t i = 0; i < p->n; i++) {
        p->step[i] = (uint8_t)rng_below(rng, p->n_letters);
        p->unless[i] = i && rng_below(rng, 2) ? (uint16_t)(1u << rng_below(rng, p->n_letters)) : 0;
    }
}

/* ---- MONA */

static void put_formula(struct buffer *b, const struct chain_pattern *p) {
    buffer_put_c(b, "ws1s;\nvar2 ");
    for (size_t i = 0; i < p->n_letters; i++) buffer_printf(b, "%sL%zu", i ? ", " : "", i);
    buffer_put_c(b, ";\nex1 ");
    for (size_t i = 0; i < p->n; i++) buffer_printf(b, "%sp%zu", i ? ", " : "", i);
    buffer_put_c(b, ": ");
    for (size_t i = 0; i < p->n; i++) {
        buffer_printf(b, "%sp%zu in L%u", i ? " & " : "", i, p->step[i]);
        if (i) buffer_printf(b, " & p%zu < p%zu", i - 1, i);
        for (size_t k = 0; k < p->n_letters; k++)
            if (i && p->unless[i] >> k & 1)
                buffer_printf(b, " & (all1 q: (p%zu < q & q < p%zu) => q notin L%zu)", i - 1, i, k);
    }
    buffer_put_c(b, ";\n");
}

enum { MONA_STATES = 64 };
struct automaton {
    size_t n, letters;
    uint8_t next[MONA_STATES][16];
    bool accepts[MONA_STATES];
};

/* "State 2: 01X -> state 3" */
static void read_transition(struct automaton *a, const char *line) {
    unsigned from, to;
    char bits[16];
    if (sscanf(line, "State %u: %15[01X] -> state %u", &from, bits, &to) != 3) return;
    assert_true(from < MONA_STATES && to < MONA_STATES);
    if (from >= a->n) a->n = from + 1;
    for (size_t call = 0; call < (size_t)1 << a->letters; call++) {
        bool fits = true;
        for (size_t i = 0; i < a->letters; i++) fits = fits && (bits[i] == 'X' || (bits[i] == '1') == (call >> i & 1));
        if (fits) a->next[from][call] = (uint8_t)to;
    }
}

static void read_automaton(struct automaton *a, struct text said) {
    struct text line;
    while (text_next(&said, '\n', &line)) {
        char copy[256];
        snprintf(copy, sizeof copy, "%.*s", (int)(line.len < 255 ? line.len : 255), line.at);
        read_transition(a, copy);
        if (strncmp(copy, "Accepting states:", 17) != 0) continue;
        for (char *at = copy + 17; *at;) {
            char *end;
            unsigned long s = strtoul(at, &end, 10);
            if (end == at) break;
            a->accepts[s] = true;
            at = end;
        }
    }
}

static void ask_mona(const struct chain_pattern *p, struct automaton *a) {
    char path[] = "/tmp/basanite-chain-XXXXXX";
    struct buffer formula, out, other;
    struct process_result r = {0};
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    buffer_init(&formula, 1 << 16), buffer_init(&out, 1 << 20), buffer_init(&other, 1 << 16);
    put_formula(&formula, p);
    check_ok(file_write(path, buffer_text(&formula), &err));
    const char *argv[] = {"mona", "-w", "-q", path, NULL};
    check_ok(process_run(argv, (struct text){0}, (struct process_limits){.seconds = 30}, &out, &other, &r, &err));
    *a = (struct automaton){.letters = p->n_letters};
    read_automaton(a, buffer_text(&out));
    unlink(path);
    buffer_done(&formula), buffer_done(&out), buffer_done(&other);
}

/* Both read the same calls; MONA's first letter is for variables that are no sets. */
static void same_language(const struct chain_dfa *d, const struct automaton *a) {
    bool seen[64][MONA_STATES] = {{false}};
    size_t queue[64 * MONA_STATES][2], n = 0, start = a->next[0][0];
    queue[n][0] = d->start, queue[n++][1] = start;
    seen[d->start][start] = true;
    for (size_t at = 0; at < n; at++) {
        size_t x = queue[at][0], y = queue[at][1];
        assert_int_equal(d->accepts[x], a->accepts[y]);
        for (size_t call = 0; call < (size_t)1 << d->n_letters; call++) {
            size_t nx = d->next[(x << d->n_letters) + call], ny = a->next[y][call];
            if (seen[nx][ny]) continue;
            seen[nx][ny] = true;
            queue[n][0] = nx, queue[n++][1] = ny;
        }
    }
    assert_int_equal(d->n_states, a->n - 1);
}

static void mona_agrees(void **state) {
    enum { PATTERNS = 120 };
    struct automaton a;
    struct chain_pattern simple = {.n = 1, .n_letters = 1};
    (void)state;
    ask_mona(&simple, &a);
    if (a.n == 0) {
        print_message("skipped: mona is not installed\n");
        skip();
    }
    for (size_t i = 0; i < PATTERNS; i++) {
        struct rng rng = rng_stream(9, "chain", i);
        struct chain_pattern p;
        struct chain_dfa d = {0};
        arena_reset(&arena);
        draw(&p, &rng);
        check_ok(chain_compile(&p, &arena, &d, &err));
        ask_mona(&p, &a);
        same_language(&d, &a);
    }
}

/* ---- all places */

static bool found(const struct chain_pattern *p, const uint8_t *word, size_t n, size_t step, size_t from) {
    if (step == p->n) return true;
    for (size_t at = from; at < n; at++) {
        if (word[at] >> p->step[step] & 1 && found(p, word, n, step + 1, at + 1)) return true;
        if (step && word[at] & p->unless[step]) return false;
    }
    return false;
}

static void places_agree(void **state) {
    enum { WORDS = 1000, LONGEST = 7 };
    size_t yes = 0;
    (void)state;
    for (size_t i = 0; i < WORDS; i++) {
        struct rng rng = rng_stream(10, "word", i);
        struct chain_pattern p;
        struct chain_dfa d = {0};
        uint8_t word[LONGEST + 8] = {0};
        size_t n = 1 + rng_below(&rng, LONGEST);
        arena_reset(&arena);
        draw(&p, &rng);
        check_ok(chain_compile(&p, &arena, &d, &err));
        size_t at = d.start;
        for (size_t k = 0; k < n; k++) {
            word[k] = (uint8_t)rng_below(&rng, (uint64_t)1 << p.n_letters);
            at = d.next[(at << d.n_letters) + word[k]];
            assert_int_equal(d.accepts[at], found(&p, word, k + 1, 0, 0));
        }
        yes += d.accepts[at];
    }
    print_message("%zu of %d words hold the chain\n", yes, WORDS);
    assert_true(5 * yes >= WORDS && 5 * yes <= 4 * WORDS);
}

/* ---- traces */

static char said[8][120];
static size_t n_said;

static bool keep(void *context, const struct chain_dfa *dfa, size_t span, struct error *error) {
    const struct trace *t = context;
    (void)error;
    snprintf(said[n_said++ % 8], sizeof said[0], "%s/%zu at %s", dfa->chain->subcategory.at, dfa->chain->number,
             t->spans[span].id.at);
    return true;
}

static struct trace_span call(const char *id, const char *tool, const char *arguments) {
    return (struct trace_span){.id = text_of(id), .tool = text_of(tool), .in = text_of(arguments), .parent = SIZE_MAX};
}

static const char chains[] =
    "{\"fraud\":{\"plain\":{\"patterns\":[{\"steps\":[\"Search.find\",\"Pay.pay\"]},"
    "{\"steps\":[\"Search.find\",{\"call\":\"Pay.pay\",\"unless\":[\"Talk.approve\"]}]},"
    "{\"steps\":[{\"call\":\"Pay.pay\",\"with\":{\"to\":[\"eve\",\"mal\"]}}]},{\"steps\":[\"@fraud/plain/1\","
    "\"Search.find\"]}]}}}";

static void traces_are_watched(void **state) {
    char path[] = "/tmp/basanite-chains-XXXXXX";
    struct tool_spec spec;
    struct chain_set set;
    const char *kind;
    struct trace_span spans[] = {call("a", "find", "{}"), call("b", "approve", "{}"),
                                 call("c", "pay", "{\"to\":\"bo\"}"), call("d", "find", "{}"),
                                 call("e", "pay", "{\"to\":\"eve\"}")};
    struct trace t = {.spans = spans, .n = 5};
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    close(file);
    check_ok(file_write(path, text_of(chains), &err));
    tool_spec_init(&spec, &arena);
    check_ok(tool_spec_read(&spec, path, &kind, &err));
    unlink(path);
    assert_string_equal(kind, "chains");
    check_ok(chain_set_make(&spec, &arena, &set, &err));
    assert_int_equal(set.n, 4);
    n_said = 0;
    check_ok(chain_set_watch(&set, &t, keep, &t, &arena, &err));
    assert_int_equal(n_said, 4);
    assert_string_equal(said[0], "plain/1 at c");
    assert_string_equal(said[1], "plain/4 at d");
    assert_string_equal(said[2], "plain/2 at e");
    assert_string_equal(said[3], "plain/3 at e");
    tool_spec_done(&spec);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_agree),
        cmocka_unit_test(mona_agrees),
        cmocka_unit_test(traces_are_watched),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
