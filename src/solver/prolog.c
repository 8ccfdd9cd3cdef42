/* SWI-Prolog as a child: see prolog.h.
 *
 * The child reads terms: how many inferences, the list of predicates, clauses, `end`, the query as q(Variables, Goal).
 * It answers with one line, limit(Which), fault(Text) or answers, and behind that one line for the values of each
 * solution. */
#include "solver/prolog.h"

#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything is one goal, so that no file is needed. Wall time is kept from outside: library(time) is slow to load. */
static const char driver[] = "set_prolog_flag(double_quotes,codes),use_module(library(lists)),"
                             "read_term(user_input,inferences(I),[]),read_term(user_input,Ps,[]),"
                             "forall(member(P,Ps),(dynamic(u:P),table(u:P))),"
                             "repeat,read_term(user_input,C,[]),(C==end->true;assertz(u:C),fail),!,"
                             "read_term(user_input,q(V,G),[]),"
                             "catch(call_with_inference_limit(findall(V,u:G,L),I,R),E,true),"
                             "(nonvar(E)->(E=error(resource_error(M),_)->A=limit(M);"
                             "E=error(F,_)->A=fault(F);A=fault(E));R==inference_limit_exceeded->A=limit(inferences);"
                             "A=answers),"
                             "O=[quoted(true),ignore_ops(true)],write_term(A,O),nl,"
                             "(A==answers->sort(L,Sorted),forall(member(X,Sorted),(write_term(X,O),nl));true)";

bool prolog_version(char out[32]) {
    static const char *const argv[] = {"swipl", "--version", NULL};
    struct buffer said, other;
    struct process_result r = {0};
    bool there = false;
    out[0] = 0;
    buffer_init(&said, 4096), buffer_init(&other, 4096);
    if (process_run(argv, TEXT(""), (struct process_limits){.seconds = 10}, &said, &other, &r, NULL)) {
        struct text rest = buffer_text(&said), word;
        while (!there && text_next(&rest, ' ', &word))
            there = word.len > 0 && word.len < 31 && word.at[0] >= '0' && word.at[0] <= '9';
        if (there) memcpy(out, word.at, word.len), out[word.len] = 0;
    }
    buffer_done(&said), buffer_done(&other);
    return there;
}

/* ---- what the child is given ---- */

/* A predicate by another name: with a blank in front of it none is known to Prolog. */
static void put_renamed(struct buffer *out, const struct horn_term *t, struct horn_seen *seen) {
    struct horn_term named = *t;
    char name[512];
    if (horn_is_builtin(t->name, t->n)) {
        horn_put(out, t, seen);
        return;
    }
    if (t->name.len > sizeof name - 2) { /* longer names by their text are data only: cut ones could meet */
        out->failed = true;
        return;
    }
    memcpy(name, "p ", 2), memcpy(name + 2, t->name.at, t->name.len);
    named.name = (struct text){name, t->name.len + 2};
    named.ground = false;
    horn_put(out, &named, seen);
}

static void put_goal(struct buffer *out, const struct horn_term *t, struct horn_seen *seen) {
    if (t->n == 1 && text_equal_c(t->name, "\\+")) {
        buffer_put_c(out, "\\+ (");
        put_goal(out, t->argument[0], seen);
        buffer_put_char(out, ')');
    } else if (horn_is_builtin(t->name, t->n)) {
        buffer_put_char(out, '(');
        horn_put(out, t, seen);
        buffer_put_char(out, ')');
    } else {
        put_renamed(out, t, seen);
    }
}

static void put_goals(struct buffer *out, const struct horn_clause *c, struct horn_seen *seen) {
    for (size_t i = 0; i < c->n_goals; i++) {
        if (i) buffer_put_c(out, ", ");
        put_goal(out, c->goal[i], seen);
    }
}

/* Variables of a clause are one term for each place; numbers make them one. */
static struct horn_term *numbered(struct arena *arena, const struct horn_term *t, struct horn_term **variable,
                                  struct error *err) {
    if (t->ground) return (struct horn_term *)t;
    if (t->kind == HORN_VARIABLE) {
        struct horn_term **v = &variable[t->integer];
        if (!*v && (*v = arena_new(arena, struct horn_term, 1, err))) **v = *t;
        return *v;
    }
    struct horn_term *copy = arena_new(arena, struct horn_term, 1, err);
    if (!copy) return NULL;
    *copy = *t;
    if (!(copy->argument = arena_new(arena, struct horn_term *, t->n, err))) return NULL;
    for (size_t i = 0; i < t->n; i++)
        if (!(copy->argument[i] = numbered(arena, t->argument[i], variable, err))) return NULL;
    return copy;
}

static bool number_clause(struct arena *arena, const struct horn_clause *from, struct horn_term **variable,
                          struct horn_clause *out, struct error *err) {
    *out = *from;
    if (from->head && !(out->head = numbered(arena, from->head, variable, err))) return false;
    out->goal = arena_new(arena, struct horn_term *, from->n_goals + 1, err);
    if (!out->goal) return false;
    for (size_t i = 0; i < from->n_goals; i++)
        if (!(out->goal[i] = numbered(arena, from->goal[i], variable, err))) return false;
    return true;
}

static bool put_clause(struct buffer *out, const struct horn_clause *c, struct error *err) {
    struct arena arena;
    struct horn_term *variable[HORN_VARIABLES_MOST] = {0};
    struct horn_clause n;
    struct horn_seen seen = {.n = 0};
    arena_init(&arena, (size_t)64 << 20);
    bool ok = number_clause(&arena, c, variable, &n, err);
    if (ok) {
        buffer_put_char(out, '(');
        put_renamed(out, n.head, &seen);
        if (n.n_goals > 0) buffer_put_c(out, " :- "), put_goals(out, &n, &seen);
        buffer_put_c(out, ").\n");
    }
    arena_done(&arena);
    return ok;
}

static bool put_query(struct buffer *out, const struct horn_clause *q, struct error *err) {
    struct arena arena;
    struct horn_term *variable[HORN_VARIABLES_MOST] = {0};
    struct horn_clause n;
    struct horn_seen seen = {.n = 0};
    arena_init(&arena, (size_t)64 << 20);
    bool ok = number_clause(&arena, q, variable, &n, err);
    if (ok) {
        buffer_put_c(out, "q([");
        for (size_t i = 0; i < q->n_variables; i++) {
            if (i) buffer_put_char(out, ',');
            horn_put(out, variable[i], &seen);
        }
        buffer_put_c(out, "], (");
        put_goals(out, &n, &seen);
        buffer_put_c(out, ")).\n");
    }
    arena_done(&arena);
    return ok;
}

static void put_predicate(struct buffer *out, const struct horn_term *t, bool *first) {
    while (t->n == 1 && text_equal_c(t->name, "\\+")) t = t->argument[0];
    if (horn_is_builtin(t->name, t->n)) return;
    struct horn_term bare = {.kind = HORN_ATOM, .name = t->name, .ground = true};
    if (!*first) buffer_put_char(out, ',');
    *first = false;
    put_renamed(out, &bare, NULL);
    buffer_printf(out, "/%zu", t->n);
}

static bool put_input(struct buffer *out, const struct horn_program *p, const struct horn_clause *q,
                      struct prolog_limits limits, struct error *err) {
    bool first = true;
    buffer_printf(out, "inferences(%zu).\n[", limits.inferences);
    for (size_t i = 0; i < p->n; i++) {
        put_predicate(out, p->clause[i].head, &first);
        for (size_t g = 0; g < p->clause[i].n_goals; g++) put_predicate(out, p->clause[i].goal[g], &first);
    }
    for (size_t g = 0; g < q->n_goals; g++) put_predicate(out, q->goal[g], &first);
    buffer_put_c(out, "].\n");
    for (size_t i = 0; i < p->n; i++)
        if (!put_clause(out, &p->clause[i], err)) return false;
    buffer_put_c(out, "end.\n");
    return put_query(out, q, err) && buffer_check(out, "rules for prolog", err);
}

/* ---- what it answers ---- */

static bool is_call(const struct horn_term *t, const char *name, size_t n) {
    return t->kind == HORN_COMPOUND && t->n == n && text_equal_c(t->name, name);
}

static bool kept(struct arena *arena, const struct horn_term *t, struct horn_seen *seen, struct text *out,
                 struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    char *copy = horn_put(&b, t, seen) ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    if (b.failed) error_set(err, ERROR_DATA, "a term of over a MB");
    buffer_done(&b);
    return copy != NULL;
}

static bool one_solution(struct arena *arena, const struct horn_term *t, size_t n, struct text **out,
                         struct error *err) {
    struct horn_seen seen = {.n = 0};
    if (!(*out = arena_new(arena, struct text, n + 1, err))) return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_call(t, "[|]", 2)) return error_set(err, ERROR_ENVIRONMENT, "an answer of prolog is not understood");
        if (!kept(arena, t->argument[0], &seen, &(*out)[i], err)) return false;
        t = t->argument[1];
    }
    return true;
}

struct sorting {
    struct text *value;
    size_t n;
};

static int by_bytes(const void *a, const void *b) {
    const struct sorting *x = a, *y = b;
    for (size_t i = 0; i < x->n; i++) {
        int order = text_compare(x->value[i], y->value[i]);
        if (order) return order;
    }
    return 0;
}

static bool sorted(struct arena *arena, struct text **value, size_t *n, size_t n_variables, struct error *err) {
    struct sorting *s = arena_new(arena, struct sorting, *n + 1, err);
    size_t kept = 0;
    if (!s) return false;
    for (size_t i = 0; i < *n; i++) s[i] = (struct sorting){value[i], n_variables};
    qsort(s, *n, sizeof *s, by_bytes);
    for (size_t i = 0; i < *n; i++)
        if (i == 0 || by_bytes(&s[i - 1], &s[i]) != 0) value[kept++] = s[i].value;
    *n = kept;
    return true;
}

static bool read_answers(struct arena *arena, struct text rest, struct prolog_answer *out, struct error *err) {
    struct text line, count = rest;
    size_t n = 0;
    while (text_next(&count, '\n', &line)) n++;
    if (!(out->value = arena_new(arena, struct text *, n + 1, err))) return false;
    while (text_next(&rest, '\n', &line)) {
        if (line.len == 0) continue;
        struct horn_term *t = horn_term_read(arena, line, err);
        if (!t) return error_wrap(err, "an answer of prolog is not understood");
        if (!one_solution(arena, t, out->n_variables, &out->value[out->n_solutions++], err)) return false;
    }
    out->verdict = out->n_solutions > 0 ? HORN_PROVED : HORN_FAILED;
    return sorted(arena, out->value, &out->n_solutions, out->n_variables, err);
}

static bool told(struct arena *arena, const char *before, const struct horn_term *t, struct prolog_answer *out,
                 struct error *err) {
    struct text what;
    if (!kept(arena, t, NULL, &what, err)) return false;
    out->reason = arena_printf(arena, err, "%s%.*s", before, TEXT_ARG(what));
    return out->reason != NULL;
}

static bool read_output(struct arena *arena, struct text said, struct prolog_answer *out, struct error *err) {
    struct text first;
    if (!text_next(&said, '\n', &first)) return error_set(err, ERROR_ENVIRONMENT, "prolog did not answer");
    if (text_equal_c(first, "answers")) return read_answers(arena, said, out, err);
    struct horn_term *t = horn_term_read(arena, first, err);
    if (!t) return error_wrap(err, "an answer of prolog is not understood");
    if (is_call(t, "limit", 1)) {
        out->verdict = HORN_UNKNOWN;
        return told(arena, "limit of ", t->argument[0], out, err);
    }
    if (!is_call(t, "fault", 1)) return error_set(err, ERROR_ENVIRONMENT, "an answer of prolog is not understood");
    out->verdict = HORN_ERROR;
    return told(arena, "", t->argument[0], out, err);
}

static bool ended_early(struct arena *arena, const struct process_result *r, struct text complaint,
                        struct prolog_answer *out, struct error *err) {
    if (r->exit_code == 127) return error_set(err, ERROR_ENVIRONMENT, "swipl is not installed");
    out->verdict = HORN_UNKNOWN;
    complaint = text_trim(complaint);
    out->reason = r->timed_out ? "limit of time"
                               : arena_printf(arena, err, "swipl ended with %d: %.*s", r->exit_code,
                                              complaint.len > 200 ? 200 : (int)complaint.len, complaint.at);
    return out->reason != NULL;
}

bool prolog_solve(const struct horn_program *program, const struct horn_clause *query, struct prolog_limits limits,
                  struct arena *arena, struct prolog_answer *out, struct error *err) {
    char stack[48];
    const char *const argv[] = {"swipl", "-q", "-f", "none", "--no-tty", stack, "-g", driver, "-t", "halt(0)", NULL};
    struct buffer input, said, complaint;
    struct process_result r = {0};
    if (!(limits.seconds > 0)) limits.seconds = 2;
    if (limits.inferences == 0) limits.inferences = 1000000;
    if (limits.stack == 0) limits.stack = 64;
    snprintf(stack, sizeof stack, "--stack-limit=%zum", limits.stack);
    *out = (struct prolog_answer){.verdict = HORN_UNKNOWN, .n_variables = query->n_variables};
    buffer_init(&input, (size_t)64 << 20), buffer_init(&said, (size_t)16 << 20), buffer_init(&complaint, 65536);
    struct process_limits process = {.seconds = limits.seconds, .memory = (limits.stack + 1000) << 20};
    bool ok = put_input(&input, program, query, limits, err) &&
              process_run(argv, buffer_text(&input), process, &said, &complaint, &r, err);
    if (ok && r.exit_code == 0 && !r.timed_out && text_trim(buffer_text(&said)).len > 0)
        ok = read_output(arena, buffer_text(&said), out, err);
    else if (ok)
        ok = ended_early(arena, &r, buffer_text(&complaint), out, err);
    buffer_done(&input), buffer_done(&said), buffer_done(&complaint);
    return ok;
}

/* ---- two opinions ---- */

static bool ours_sorted(const struct horn_answer *ours, struct arena *arena, struct text ***value, size_t *n,
                        struct error *err) {
    *n = ours->n_solutions;
    if (!(*value = arena_new(arena, struct text *, *n + 1, err))) return false;
    for (size_t i = 0; i < *n; i++) {
        struct horn_seen seen = {.n = 0};
        if (!((*value)[i] = arena_new(arena, struct text, ours->n_variables + 1, err))) return false;
        for (size_t v = 0; v < ours->n_variables; v++) {
            struct horn_term *t = horn_term_read(arena, ours->solution[i].value[v], err);
            if (!t || !kept(arena, t, &seen, &(*value)[i][v], err)) return false;
        }
    }
    return sorted(arena, *value, n, ours->n_variables, err);
}

bool prolog_agrees(const struct prolog_answer *theirs, const struct horn_answer *ours, struct arena *arena,
                   const char **why, struct error *err) {
    struct text **value;
    size_t n;
    *why = NULL;
    bool decided = theirs->verdict <= HORN_FAILED && ours->verdict <= HORN_FAILED;
    if (!decided) return true;
    if (theirs->verdict != ours->verdict) *why = "one proves it and the other does not";
    if (*why || ours->verdict == HORN_FAILED || ours->n_solutions >= 100) return true;
    if (!ours_sorted(ours, arena, &value, &n, err)) return false;
    if (n != theirs->n_solutions) *why = "they find another number of solutions";
    for (size_t i = 0; i < n && !*why; i++)
        for (size_t v = 0; v < ours->n_variables; v++)
            if (!text_equal(value[i][v], theirs->value[i][v])) *why = "they find other solutions";
    return true;
}
