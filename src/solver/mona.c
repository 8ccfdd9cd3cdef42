/* MONA as a child: see mona.h. It ends with 0 whatever it finds, so its words are read. Premises stand in an
 * implication: its `assert` prunes states instead. */
#include "solver/mona.h"

#include "base/process.h"

#include <string.h>
#include <time.h>

bool mona_there(void) {
    static const char *const argv[] = {"mona", "-q", "/dev/stdin", NULL};
    struct buffer said, other;
    struct process_result r = {0};
    buffer_init(&said, 4096), buffer_init(&other, 4096);
    bool there =
        process_run(argv, TEXT("ws1s; true;\n"), (struct process_limits){.seconds = 10}, &said, &other, &r, NULL) &&
        text_find(buffer_text(&said), TEXT("Formula is valid"), 0) != SIZE_MAX;
    buffer_done(&said), buffer_done(&other);
    return there;
}

/* ---- what it is given ---- */

struct writer {
    struct buffer *out;
    const struct sets_names *names;
    size_t bound; /* names bound so far */
};
struct bound {
    const struct sets_formula *by;
    size_t first; /* number of its first name */
    const struct bound *outer;
};

static void put_thing(struct writer *w, const struct sets_formula *f, const struct bound *b) {
    for (; b; b = b->outer)
        for (size_t i = 0; i < b->by->n_bound; i++)
            if (text_equal(b->by->bound[i], f->name)) {
                buffer_printf(w->out, "x%zu", b->first + i);
                return;
            }
    for (size_t i = 0; i < w->names->n_things; i++)
        if (text_equal(w->names->thing[i], f->name)) buffer_printf(w->out, "e%zu", i + 1);
}

static void put_set_name(struct writer *w, const struct sets_formula *f) {
    for (size_t i = 0; i < w->names->n_sets; i++)
        if (text_equal(w->names->set[i], f->name)) buffer_printf(w->out, "S%zu", i + 1);
}

static void put(struct writer *w, const struct sets_formula *f, const struct bound *b);

static void put_list(struct writer *w, const struct sets_formula *f, const struct bound *b) {
    if (f->n == 0) {
        buffer_put_c(w->out, "empty");
        return;
    }
    buffer_put_char(w->out, '{');
    for (size_t i = 0; i < f->n; i++) {
        if (i) buffer_put_c(w->out, ", ");
        put_thing(w, f->of[i], b);
    }
    buffer_put_char(w->out, '}');
}

static void put_quantified(struct writer *w, const struct sets_formula *f, const struct bound *b) {
    struct bound inner = {f, w->bound + 1, b};
    w->bound += f->n_bound;
    buffer_put_c(w->out, f->kind == SETS_ALL ? "(all1 " : "(ex1 ");
    for (size_t i = 0; i < f->n_bound; i++) buffer_printf(w->out, "%sx%zu", i ? ", " : "", inner.first + i);
    buffer_put_c(w->out, ": ");
    for (size_t i = 0; f->n == 2 && i < f->n_bound; i++) {
        buffer_printf(w->out, "(x%zu in ", inner.first + i);
        put(w, f->of[0], b);
        buffer_put_c(w->out, f->kind == SETS_ALL ? ") => " : ") & ");
    }
    put(w, f->of[f->n - 1], &inner);
    buffer_put_char(w->out, ')');
}

static void put(struct writer *w, const struct sets_formula *f, const struct bound *b) {
    static const char *const sign[] = {
        [SETS_UNION] = " union ", [SETS_INTER] = " inter ", [SETS_MINUS] = " \\ ",   [SETS_SUB] = " sub ",
        [SETS_EQUAL] = " = ",     [SETS_UNEQUAL] = " ~= ",  [SETS_IN] = " in ",      [SETS_NOT_IN] = " notin ",
        [SETS_AND] = " & ",       [SETS_OR] = " | ",        [SETS_IMPLIES] = " => ", [SETS_IFF] = " <=> ",
    };
    switch (f->kind) {
    case SETS_NAME:
        put_set_name(w, f);
        return;
    case SETS_THING:
        put_thing(w, f, b);
        return;
    case SETS_LIST:
        put_list(w, f, b);
        return;
    case SETS_TRUE:
    case SETS_FALSE:
        buffer_put_c(w->out, f->kind == SETS_TRUE ? "true" : "false");
        return;
    case SETS_NOT:
        buffer_put_c(w->out, "~");
        put(w, f->of[0], b);
        return;
    case SETS_ALL:
    case SETS_SOME:
        put_quantified(w, f, b);
        return;
    default:
        buffer_put_char(w->out, '(');
        put(w, f->of[0], b);
        buffer_put_c(w->out, sign[f->kind]);
        put(w, f->of[1], b);
        buffer_put_char(w->out, ')');
    }
}

static void put_not_in_brackets(struct writer *w, const struct sets_formula *f) {
    buffer_put_char(w->out, '(');
    put(w, f, NULL);
    buffer_put_char(w->out, ')');
}

bool mona_put(struct buffer *out, const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
              const bool *in, const struct sets_formula *goal) {
    struct writer w = {.out = out, .names = names};
    buffer_put_c(out, "ws1s;\n");
    for (size_t i = 0; i < names->n_sets; i++) buffer_printf(out, "var2 S%zu;\n", i + 1);
    for (size_t i = 0; i < names->n_things; i++) buffer_printf(out, "const e%zu = %zu;\n", i + 1, i);
    buffer_put_c(out, goal ? "(true" : "true");
    for (size_t i = 0; i < n; i++)
        if (in[i]) buffer_put_c(out, "\n& "), put_not_in_brackets(&w, premises[i]);
    if (goal) buffer_put_c(out, ")\n=> "), put_not_in_brackets(&w, goal);
    return buffer_put_c(out, ";\n");
}

/* ---- what it says ---- */

enum said { SAID_VALID, SAID_NEVER, SAID_SOMETIMES, SAID_NOTHING };

struct child {
    const struct sets_names *names;
    const struct sets_formula *const *premises;
    size_t n;
    struct mona_limits limits;
    struct arena *arena;
    struct sets_answer *out;
    struct error *err;
    struct buffer said;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool gave_up(struct child *c, const struct process_result *r, struct text complaint) {
    bool memory = text_find(complaint, TEXT("out of memory"), 0) != SIZE_MAX ||
                  text_find(buffer_text(&c->said), TEXT("out of memory"), 0) != SIZE_MAX ||
                  text_find(complaint, TEXT("bad_alloc"), 0) != SIZE_MAX;
    if (r->exit_code == 127) return error_set(c->err, ERROR_ENVIRONMENT, "mona is not installed");
    c->out->reason = r->timed_out ? "timeout"
                     : memory     ? "limit of memory"
                                  : arena_printf(c->arena, c->err, "mona ended with %d", r->exit_code);
    return c->out->reason != NULL;
}

static bool ask(struct child *c, const bool *in, const struct sets_formula *goal, enum said *said) {
    static const char *const argv[] = {"mona", "-q", "/dev/stdin", NULL};
    struct process_limits limits = {.seconds = c->limits.seconds, .memory = c->limits.memory << 20};
    struct process_result r = {0};
    struct buffer input, complaint;
    double from = now();
    buffer_init(&input, (size_t)64 << 20), buffer_init(&complaint, 65536);
    buffer_clear(&c->said);
    bool ok = (mona_put(&input, c->names, c->premises, c->n, in, goal) || buffer_check(&input, "mona", c->err)) &&
              process_run(argv, buffer_text(&input), limits, &c->said, &complaint, &r, c->err);
    *said = SAID_NOTHING;
    struct text t = buffer_text(&c->said);
    if (ok && text_find(t, TEXT("Formula is valid"), 0) != SIZE_MAX) *said = SAID_VALID;
    if (ok && text_find(t, TEXT("Formula is unsatisfiable"), 0) != SIZE_MAX) *said = SAID_NEVER;
    /* Behind that one stands a counterexample too. */
    if (ok && *said == SAID_NOTHING && text_find(t, TEXT("counter-example of least length"), 0) != SIZE_MAX)
        *said = SAID_SOMETIMES;
    if (ok && *said == SAID_NOTHING) ok = gave_up(c, &r, buffer_text(&complaint));
    buffer_done(&input), buffer_done(&complaint);
    c->out->seconds += now() - from;
    return ok;
}

/* "S3 = {0,2}": the set and its numbers; ranges do not occur. */
static bool read_set(const struct child *c, struct text line, size_t *set, struct text *numbers) {
    size_t open = text_find(line, TEXT(" = {"), 0);
    uint64_t which;
    if (line.len < 6 || line.at[0] != 'S' || open == SIZE_MAX || line.at[line.len - 1] != '}') return false;
    if (!text_to_u64(text_part(line, 1, open), &which) || which == 0 || which > c->names->n_sets) return false;
    *set = (size_t)which - 1;
    *numbers = text_part(line, open + 4, line.len - 1);
    return true;
}

/* The first list of sets is the counterexample; a satisfying example may follow. */
static struct text counterexample(struct text said) {
    size_t from = text_find(said, TEXT("counter-example"), 0), to = text_find(said, TEXT("A satisfying"), from);
    return text_part(said, from, to == SIZE_MAX ? said.len : to);
}

static bool most_things(const struct child *c, struct text part, size_t *most) {
    struct text line, number, numbers;
    size_t set;
    *most = c->names->n_things;
    while (text_next(&part, '\n', &line)) {
        uint64_t thing;
        if (!read_set(c, line, &set, &numbers)) continue;
        while (numbers.len > 0 && text_next(&numbers, ',', &number)) {
            if (!text_to_u64(number, &thing) || thing > 1000000)
                return error_set(c->err, ERROR_ENVIRONMENT, "an answer of mona is not understood");
            if (thing + 1 > *most) *most = (size_t)thing + 1;
        }
    }
    return true;
}

static bool read_model(struct child *c) {
    struct text part = counterexample(buffer_text(&c->said)), line, number, numbers, again = part;
    size_t set, most;
    uint64_t thing;
    if (!most_things(c, part, &most) ||
        !sets_model_init(&c->out->model, c->names, most - c->names->n_things, c->arena, c->err))
        return false;
    while (text_next(&again, '\n', &line)) {
        if (!read_set(c, line, &set, &numbers)) continue;
        while (numbers.len > 0 && text_next(&numbers, ',', &number))
            if (text_to_u64(number, &thing)) c->out->model.member[set][thing / 64] |= (uint64_t)1 << (thing % 64);
    }
    return true;
}

/* The least of the premises, in their order, that still do it. */
static bool find_core(struct child *c, bool *in, const struct sets_formula *goal, enum said wanted) {
    enum said said;
    c->out->minimal = c->n <= 32;
    for (size_t i = 0; i < c->n && c->n <= 32; i++) {
        in[i] = false;
        if (!ask(c, in, goal, &said)) return false;
        in[i] = said != wanted;
        if (said == SAID_NOTHING) c->out->minimal = false;
    }
    c->out->reason = NULL;
    if (!(c->out->core = arena_new(c->arena, size_t, c->n + 1, c->err))) return false;
    for (size_t i = 0; i < c->n; i++)
        if (in[i]) c->out->core[c->out->n_core++] = i;
    return true;
}

static bool decide(struct child *c, bool *in, const struct sets_formula *goal) {
    enum said claim, together;
    c->out->verdict = SETS_UNKNOWN;
    if (!ask(c, in, NULL, &together) || together == SAID_NOTHING) return c->err->kind == ERROR_NONE;
    if (together == SAID_NEVER) {
        c->out->verdict = SETS_CONTRADICTION;
        return find_core(c, in, NULL, SAID_NEVER);
    }
    if (!ask(c, in, goal, &claim) || claim == SAID_NOTHING) return c->err->kind == ERROR_NONE;
    if (claim == SAID_VALID) {
        c->out->verdict = SETS_HOLDS;
        return find_core(c, in, goal, SAID_VALID);
    }
    c->out->verdict = SETS_REFUTED;
    return read_model(c);
}

bool mona_decide(const struct sets_names *names, const struct sets_formula *const *premises, size_t n,
                 const struct sets_formula *goal, struct mona_limits limits, struct arena *arena,
                 struct sets_answer *out, struct error *err) {
    struct error own = {0};
    struct child c = {names, premises, n, limits, arena, out, &own, {0}};
    bool *in = arena_new(arena, bool, n + 1, &own);
    *out = (struct sets_answer){0};
    if (!(c.limits.seconds > 0)) c.limits.seconds = 2;
    if (c.limits.memory == 0) c.limits.memory = 512;
    for (size_t i = 0; in && i < n; i++) in[i] = true;
    buffer_init(&c.said, (size_t)16 << 20);
    bool ok = in && decide(&c, in, goal);
    buffer_done(&c.said);
    return ok || error_set(err, own.kind, "%s", own.message);
}
