/* What the tables say when the search is over: solutions and their proofs, or the deepest goals that are missing. And
 * whether a program is stratified at all. See horn.h. */
#include "solver/horn_engine.h"

#include <string.h>

struct explanation {
    struct horn_engine *e;
    struct arena *arena;
    struct horn_answer *out;
    struct horn_proof ***proof; /* by table and answer; NULL: not made yet */
    bool *seen;                 /* by table, of what failed */
    bool failed;
};

static bool text_of_term(struct explanation *x, const struct horn_term *t, struct text *out) {
    struct horn_engine *e = x->e;
    buffer_clear(&e->text);
    char *copy = horn_put(&e->text, t, NULL) ? text_copy(x->arena, buffer_text(&e->text), e->err) : NULL;
    *out = (struct text){copy ? copy : "", copy ? e->text.len : 0};
    if (!copy) x->failed = true;
    return copy != NULL;
}

/* ---- proofs ---- */

static const struct horn_proof *proof_of(struct explanation *x, const struct horn_term *goal, struct premise p,
                                         size_t depth);

static bool proofs_of(struct explanation *x, const struct table_answer *a, size_t n, const struct horn_proof **out,
                      size_t depth) {
    for (size_t i = 0; i < n; i++)
        if (!(out[i] = proof_of(x, a->goal[i], a->premise[i], depth))) return false;
    return true;
}

/* Each answer has one proof, shared by all who need it: it was found before theirs, so nothing proves itself. */
static const struct horn_proof *proof_of(struct explanation *x, const struct horn_term *goal, struct premise p,
                                         size_t depth) {
    struct horn_engine *e = x->e;
    struct horn_proof **made = p.table == SIZE_MAX ? NULL : x->proof[p.table];
    if (p.table != SIZE_MAX && !made) {
        made = arena_new(e->arena, struct horn_proof *, e->table[p.table].n, e->err);
        if (!(x->proof[p.table] = made)) return x->failed = true, NULL;
    }
    if (made && made[p.answer]) return made[p.answer];
    struct horn_proof *proof = arena_new(x->arena, struct horn_proof, 1, e->err);
    if (!proof) return x->failed = true, NULL;
    *proof = (struct horn_proof){.clause = SIZE_MAX};
    if (!text_of_term(x, goal, &proof->goal) || p.table == SIZE_MAX) return x->failed ? NULL : proof;
    made[p.answer] = proof;
    const struct table_answer *a = &e->table[p.table].answer[p.answer];
    proof->clause = a->clause;
    if (depth >= 2000) return proof; /* the rest of a very long chain is left out */
    proof->n_from = e->program->clause[a->clause].n_goals;
    proof->from = arena_new(x->arena, const struct horn_proof *, proof->n_from + 1, e->err);
    if (!proof->from) return x->failed = true, NULL;
    return proofs_of(x, a, proof->n_from, proof->from, depth + 1) ? proof : NULL;
}

/* Proofs are shared, so a walk may meet one very often; it ends after a million steps. */
static void walk(bool *used, const struct horn_proof *p, size_t *budget) {
    if (p->clause == SIZE_MAX || *budget == 0) return;
    --*budget;
    used[p->clause] = true;
    for (size_t i = 0; i < p->n_from; i++) walk(used, p->from[i], budget);
}

static bool solution(struct explanation *x, const struct table_answer *a, struct horn_solution *s) {
    size_t n = x->out->n_variables, n_goals = x->e->query->n_goals;
    s->value = arena_new(x->arena, struct text, n + 1, x->e->err);
    s->proof = arena_new(x->arena, const struct horn_proof *, n_goals + 1, x->e->err);
    if (!s->value || !s->proof) return false;
    for (size_t i = 0; i < n; i++)
        if (!text_of_term(x, a->term->argument[i], &s->value[i])) return false;
    return proofs_of(x, a, n_goals, s->proof, 0);
}

static bool solutions(struct explanation *x) {
    const struct horn_table *t = &x->e->table[0];
    size_t n = t->n < HORN_KEPT_SOLUTIONS ? t->n : HORN_KEPT_SOLUTIONS, budget = 1000000;
    x->out->solution = arena_new(x->arena, struct horn_solution, n, x->e->err);
    x->proof = arena_new(x->e->arena, struct horn_proof **, x->e->n_tables, x->e->err);
    x->out->used = arena_new(x->arena, bool, x->e->program->n + 1, x->e->err);
    if (!x->out->solution || !x->proof || !x->out->used) return false;
    for (size_t i = 0; i < n; i++)
        if (!solution(x, &t->answer[i], &x->out->solution[i])) return false;
    x->out->n_solutions = n;
    for (size_t i = 0; i < x->e->query->n_goals; i++) walk(x->out->used, x->out->solution[0].proof[i], &budget);
    return true;
}

/* ---- failure ---- */

static bool add_missing(struct explanation *x, const struct horn_term *goal, size_t clause) {
    struct horn_missing m = {.clause = clause};
    if (x->out->n_missing == HORN_KEPT_MISSING) return true;
    if (!text_of_term(x, goal, &m.goal)) return false;
    for (size_t i = 0; i < x->out->n_missing; i++)
        if (text_equal(x->out->missing[i].goal, m.goal)) return true;
    x->out->missing[x->out->n_missing++] = m;
    return true;
}

static bool descend(struct explanation *x, size_t table, size_t depth) {
    const struct horn_table *t = &x->e->table[table];
    x->seen[table] = true;
    for (size_t i = 0; i < t->n_failures; i++) {
        const struct clause_failure *f = &t->failure[i];
        for (size_t k = 0; k < f->n; k++) {
            size_t below = f->table[k];
            const struct horn_table *b = below == SIZE_MAX ? NULL : &x->e->table[below];
            if (b && (b->n > 0 || x->seen[below])) continue;
            bool leaf = !b || b->n_failures == 0 || depth > 500;
            if (leaf ? !add_missing(x, f->goal[k], f->clause) : !descend(x, below, depth + 1)) return false;
        }
    }
    return true;
}

/* Where everything that fails waits for itself, the goals of the query are what is missing. */
static bool missing(struct explanation *x) {
    x->out->missing = arena_new(x->arena, struct horn_missing, HORN_KEPT_MISSING, x->e->err);
    x->seen = arena_new(x->e->arena, bool, x->e->n_tables, x->e->err);
    if (!x->out->missing || !x->seen || !descend(x, 0, 0)) return false;
    const struct horn_table *t = &x->e->table[0];
    for (size_t i = 0; i < t->n_failures && x->out->n_missing == 0; i++)
        for (size_t k = 0; k < t->failure[i].n; k++)
            if (!add_missing(x, t->failure[i].goal[k], SIZE_MAX)) return false;
    return true;
}

bool horn_explain(struct horn_engine *e, size_t table, struct arena *arena, struct horn_answer *out) {
    struct explanation x = {.e = e, .arena = arena, .out = out};
    out->verdict = e->table[table].n > 0 ? HORN_PROVED : HORN_FAILED;
    return out->verdict == HORN_PROVED ? solutions(&x) : missing(&x);
}

static bool put_proof(struct buffer *out, const struct horn_proof *p, size_t indent, horn_say *say, void *context,
                      size_t *lines) {
    if (*lines == 0) return true;
    if (--*lines == 0) return buffer_printf(out, "%*s...\n", (int)indent, "");
    buffer_printf(out, "%*s", (int)indent, "");
    buffer_put_text(out, p->goal);
    const char *from = say && p->clause != SIZE_MAX ? say(context, p->clause) : NULL;
    if (from) buffer_put_c(out, "  by "), buffer_put_c(out, from);
    buffer_put_char(out, '\n');
    for (size_t i = 0; i < p->n_from; i++)
        if (!put_proof(out, p->from[i], indent + 2, say, context, lines)) return false;
    return !out->failed;
}

bool horn_put_proof(struct buffer *out, const struct horn_proof *proof, size_t indent, horn_say *say, void *context) {
    size_t lines = 500;
    return put_proof(out, proof, indent, say, context, &lines);
}

/* ---- strata ---- */

struct strata {
    struct text_index index;
    size_t *level; /* by predicate */
    struct text *name;
    size_t n, room;
    struct arena *arena;
    struct error *err;
};

static bool predicate(struct strata *s, const struct horn_term *t, size_t *out) {
    char *key = arena_printf(s->arena, s->err, "%.*s/%zu", TEXT_ARG(t->name), t->n);
    if (!key) return false;
    if (horn_index_find(&s->index, text_of(key), out)) return true;
    if (s->n == s->room) return error_set(s->err, ERROR_DATA, "too many predicates");
    *out = s->n++;
    s->name[*out] = text_of(key);
    return horn_index_add(&s->index, s->arena, s->name[*out], *out, s->err);
}

static bool is_negation(const struct horn_term *t) {
    return t->n == 1 && text_equal_c(t->name, "\\+");
}

/* Lifts heads above what they need; *lifted: something moved. */
static bool lift(struct strata *s, const struct horn_program *p, bool *lifted) {
    *lifted = false;
    for (size_t i = 0; i < p->n; i++) {
        size_t head, below;
        if (!predicate(s, p->clause[i].head, &head)) return false;
        for (size_t g = 0; g < p->clause[i].n_goals; g++) {
            const struct horn_term *t = p->clause[i].goal[g];
            size_t nots = 0;
            for (; is_negation(t); t = t->argument[0]) nots = 1;
            if (horn_is_builtin(t->name, t->n)) continue;
            if (!predicate(s, t, &below)) return false;
            if (s->level[head] >= s->level[below] + nots) continue;
            s->level[head] = s->level[below] + nots;
            *lifted = true;
            if (s->level[head] > s->n)
                return error_set(s->err, ERROR_DATA, "'%.*s' depends on its own negation", TEXT_ARG(s->name[head]));
        }
    }
    return true;
}

bool horn_check(const struct horn_program *p, struct arena *arena, struct error *err) {
    struct strata s = {.arena = arena, .err = err};
    bool lifted = true;
    for (size_t i = 0; i < p->n; i++) s.room += 1 + p->clause[i].n_goals;
    s.level = arena_new(arena, size_t, s.room + 1, err);
    s.name = arena_new(arena, struct text, s.room + 1, err);
    if (!s.level || !s.name) return false;
    while (lifted)
        if (!lift(&s, p, &lifted)) return false;
    return true;
}
