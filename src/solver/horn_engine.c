/* Proving with tables: see horn.h.
 *
 * Each call has a table by its variant. A table is worked on by trying every clause and taking, for each goal of its
 * body, the answers that the table of that goal has so far, after working on that one first unless it is already being
 * worked on. This is repeated over all tables that were touched until no answer is new; then they are complete. A
 * negated goal is worked out completely before it is decided, in passes of its own: strata see to it that it does not
 * need a table that waits for it. */
#include "solver/horn_engine.h"

#include "base/hash.h"

#include <string.h>

bool horn_stop(struct horn_engine *e, enum horn_verdict verdict, const char *reason) {
    if (e->stop == HORN_PROVED) e->stop = verdict, e->reason = reason;
    return false;
}

static bool no_memory(struct horn_engine *e) {
    if (e->err->kind == ERROR_NONE) error_memory(e->err, "a proof");
    return horn_stop(e, HORN_UNKNOWN, "out of memory");
}

/* ---- index ---- */

static size_t slot_of(const struct text_index *x, struct text key) {
    size_t i = (size_t)hash_xxh3(key.at, key.len) & (x->slots - 1);
    while (x->key[i].at && !text_equal(x->key[i], key)) i = (i + 1) & (x->slots - 1);
    return i;
}

bool horn_index_find(const struct text_index *x, struct text key, size_t *value) {
    size_t i = x->slots ? slot_of(x, key) : 0;
    if (!x->slots || !x->key[i].at) return false;
    *value = x->value[i];
    return true;
}

static bool index_grow(struct text_index *x, struct arena *arena, struct error *err) {
    struct text_index more = {.slots = x->slots ? x->slots * 4 : 64, .n = x->n};
    more.key = arena_new(arena, struct text, more.slots, err);
    more.value = arena_new(arena, size_t, more.slots, err);
    if (!more.key || !more.value) return false;
    for (size_t i = 0; i < x->slots; i++) {
        if (!x->key[i].at) continue;
        size_t to = slot_of(&more, x->key[i]);
        more.key[to] = x->key[i], more.value[to] = x->value[i];
    }
    *x = more;
    return true;
}

bool horn_index_add(struct text_index *x, struct arena *arena, struct text key, size_t value, struct error *err) {
    if (x->n * 2 >= x->slots && !index_grow(x, arena, err)) return false;
    size_t i = slot_of(x, key);
    x->n += !x->key[i].at;
    x->key[i] = key, x->value[i] = value;
    return true;
}

/* ---- the stack of terms ---- */

enum { BLOCK = 4096, CELLS = 16384 };

struct horn_term *horn_value(struct horn_term *t) {
    while (t->kind == HORN_VARIABLE && t->bound) t = t->bound;
    return t;
}

static bool grow_blocks(struct horn_engine *e) {
    struct term_stack *s = &e->stack;
    if (s->n_blocks == s->room) {
        size_t room = s->room ? s->room * 2 : 16;
        struct horn_term **more = memory_grow(s->block, room, sizeof *more);
        if (!more) return no_memory(e);
        s->block = more, s->room = room;
    }
    if (s->n_blocks >= 2048) return horn_stop(e, HORN_UNKNOWN, "limit: too many terms at a time");
    if (!(s->block[s->n_blocks] = memory_alloc(BLOCK * sizeof **s->block))) return no_memory(e);
    s->n_blocks++;
    return true;
}

static bool grow_cells(struct horn_engine *e) {
    if (e->n_cell_blocks == e->cell_blocks_room) {
        size_t room = e->cell_blocks_room ? e->cell_blocks_room * 2 : 16;
        struct horn_term ***more = memory_grow(e->cells, room, sizeof *more);
        if (!more) return no_memory(e);
        e->cells = more, e->cell_blocks_room = room;
    }
    if (e->n_cell_blocks >= 2048) return horn_stop(e, HORN_UNKNOWN, "limit: too many terms at a time");
    if (!(e->cells[e->n_cell_blocks] = memory_alloc(CELLS * sizeof **e->cells))) return no_memory(e);
    e->n_cell_blocks++;
    return true;
}

/* n cells side by side; those at the end of a block that are too few are left. */
static struct horn_term **push_cells(struct horn_engine *e, size_t n) {
    if (e->cells_used % CELLS + n > CELLS) e->cells_used += CELLS - e->cells_used % CELLS;
    while (e->cells_used / CELLS >= e->n_cell_blocks)
        if (!grow_cells(e)) return NULL;
    struct horn_term **at = &e->cells[e->cells_used / CELLS][e->cells_used % CELLS];
    e->cells_used += n;
    return at;
}

struct horn_term *horn_push(struct horn_engine *e, enum horn_kind kind, size_t n) {
    struct term_stack *s = &e->stack;
    if (s->used == s->n_blocks * BLOCK && !grow_blocks(e)) return NULL;
    struct horn_term *t = &s->block[s->used / BLOCK][s->used % BLOCK];
    s->used++;
    *t = (struct horn_term){.kind = kind, .n = n};
    if (n > 0 && !(t->argument = push_cells(e, n))) return NULL;
    return t;
}

/* Where the search stands; going back forgets what came later. */
struct mark {
    size_t terms, cells, trail;
};

static struct mark mark(const struct horn_engine *e) {
    return (struct mark){e->stack.used, e->cells_used, e->n_trail};
}

void horn_undo(struct horn_engine *e, size_t trail) {
    while (e->n_trail > trail) e->trail[--e->n_trail]->bound = NULL;
}

static void back(struct horn_engine *e, struct mark m) {
    horn_undo(e, m.trail);
    e->stack.used = m.terms, e->cells_used = m.cells;
}

/* ---- unification ---- */

static bool occurs(const struct horn_term *v, struct horn_term *t) {
    t = horn_value(t);
    if (t == v) return true;
    for (size_t i = 0; i < t->n; i++)
        if (occurs(v, t->argument[i])) return true;
    return false;
}

static bool bind(struct horn_engine *e, struct horn_term *v, struct horn_term *t) {
    if (t->n > 0 && !t->ground && occurs(v, t)) return false;
    if (e->n_trail == e->trail_room) {
        size_t room = e->trail_room ? e->trail_room * 2 : 1024;
        struct horn_term **more = memory_grow(e->trail, room, sizeof *more);
        if (!more) return no_memory(e);
        e->trail = more, e->trail_room = room;
    }
    v->bound = t;
    e->trail[e->n_trail++] = v;
    return true;
}

bool horn_unify(struct horn_engine *e, struct horn_term *a, struct horn_term *b) {
    a = horn_value(a), b = horn_value(b);
    if (a == b) return true;
    if (a->kind == HORN_VARIABLE) return bind(e, a, b);
    if (b->kind == HORN_VARIABLE) return bind(e, b, a);
    if (a->kind != b->kind || a->n != b->n) return false;
    if (a->kind == HORN_INTEGER) return a->integer == b->integer;
    if (a->kind == HORN_REAL) return a->real == b->real;
    if (!text_equal(a->name, b->name)) return false;
    for (size_t i = 0; i < a->n; i++)
        if (!horn_unify(e, a->argument[i], b->argument[i])) return false;
    return true;
}

/* A term of a clause with the variables of this use of it. Ground parts are shared. */
static struct horn_term *use(struct horn_engine *e, struct horn_term *t, struct horn_term **variable) {
    if (t->ground) return t;
    if (t->kind == HORN_VARIABLE) {
        struct horn_term **v = &variable[t->integer];
        if (!*v && (*v = horn_push(e, HORN_VARIABLE, 0))) (*v)->name = t->name;
        return *v;
    }
    struct horn_term *copy = horn_push(e, HORN_COMPOUND, t->n);
    if (!copy) return NULL;
    copy->name = t->name;
    for (size_t i = 0; i < t->n; i++)
        if (!(copy->argument[i] = use(e, t->argument[i], variable))) return NULL;
    return copy;
}

/* Room for the variables of a term, none of which has been met; on the stack of terms, not of the thread. */
static struct horn_term **no_variables(struct horn_engine *e, size_t n) {
    struct horn_term **variable = push_cells(e, n + 1);
    if (variable) memset(variable, 0, (n + 1) * sizeof *variable);
    return variable;
}

/* ---- what lasts ---- */

struct renaming {
    const struct horn_term *from[HORN_VARIABLES_MOST];
    struct horn_term *to[HORN_VARIABLES_MOST];
    size_t n;
};

static struct horn_term *last_variable(struct horn_engine *e, const struct horn_term *t, struct renaming *r) {
    for (size_t i = 0; i < r->n; i++)
        if (r->from[i] == t) return r->to[i];
    if (r->n == HORN_VARIABLES_MOST)
        return horn_stop(e, HORN_UNKNOWN, "limit: more than 200 variables in a goal"), NULL;
    struct horn_term *v = arena_new(e->arena, struct horn_term, 1, e->err);
    if (!v) return no_memory(e), NULL;
    *v = (struct horn_term){.kind = HORN_VARIABLE, .name = t->name, .integer = (int64_t)r->n};
    r->from[r->n] = t;
    return r->to[r->n++] = v;
}

/* What the i-th argument adds to the depth: the rest of a list next to nothing. */
static size_t deeper(const struct horn_term *t, size_t i) {
    return i == 1 && t->n == 2 && text_equal_c(t->name, "[|]") ? 1 : HORN_LEVEL;
}

/* A copy that outlives the stack; its variables are numbered like those of a clause. */
static struct horn_term *keep(struct horn_engine *e, struct horn_term *t, struct renaming *r, size_t depth) {
    t = horn_value(t);
    if (t->kind == HORN_VARIABLE) return last_variable(e, t, r);
    if (depth > HORN_TERM_DEPTH_MOST) return horn_stop(e, HORN_UNKNOWN, "limit: a term nests more than 200 deep"), NULL;
    struct horn_term *copy = arena_new(e->arena, struct horn_term, 1, e->err);
    if (!copy) return no_memory(e), NULL;
    *copy = *t;
    copy->ground = true;
    if (t->n == 0) return copy;
    if (!(copy->argument = arena_new(e->arena, struct horn_term *, t->n, e->err))) return no_memory(e), NULL;
    for (size_t i = 0; i < t->n; i++) {
        if (!(copy->argument[i] = keep(e, t->argument[i], r, depth + deeper(t, i)))) return NULL;
        copy->ground = copy->ground && copy->argument[i]->ground;
    }
    return copy;
}

static bool too_deep(const struct horn_term *t, size_t depth) {
    t = horn_value((struct horn_term *)t);
    if (depth > HORN_TERM_DEPTH_MOST) return true;
    for (size_t i = 0; i < t->n; i++)
        if (too_deep(t->argument[i], depth + deeper(t, i))) return true;
    return false;
}

/* The text of a term after `front`; a view until the next. */
static bool key_of(struct horn_engine *e, size_t front, struct horn_term *t, struct text *key) {
    struct horn_seen seen = {.n = 0};
    buffer_clear(&e->text);
    if (too_deep(t, 0)) return horn_stop(e, HORN_UNKNOWN, "limit: a term nests more than 200 deep");
    if (front != SIZE_MAX) buffer_printf(&e->text, "%zu ", front);
    if (!horn_put(&e->text, t, &seen))
        return e->text.full ? horn_stop(e, HORN_UNKNOWN, "limit: a term of over a MB") : no_memory(e);
    *key = buffer_text(&e->text);
    return true;
}

static bool kept_text(struct horn_engine *e, struct text *t) {
    char *copy = text_copy(e->arena, *t, e->err);
    *t = (struct text){copy, t->len};
    return copy || no_memory(e);
}

/* What keeps terms needs some KB of the stack, but not while goals wait for one another: it stays out of their frames.
 */
#define APART __attribute__((noinline))

/* The table of a call, made where it is new. */
APART static bool table_of(struct horn_engine *e, struct horn_term *goal, size_t *out) {
    struct text key;
    if (!key_of(e, SIZE_MAX, goal, &key)) return false;
    if (horn_index_find(&e->tables, key, out)) return true;
    if (e->n_tables == e->tables_room) {
        size_t room = e->tables_room ? e->tables_room * 2 : 64;
        struct horn_table *more = arena_new(e->arena, struct horn_table, room, e->err);
        if (!more) return no_memory(e);
        if (e->n_tables) memcpy(more, e->table, e->n_tables * sizeof *more);
        e->table = more, e->tables_room = room;
    }
    struct renaming r = {.n = 0};
    struct horn_table t = {.key = key};
    if (!kept_text(e, &t.key) || !(t.goal = keep(e, goal, &r, 0))) return false;
    t.n_variables = r.n;
    if (!horn_index_add(&e->tables, e->arena, t.key, e->n_tables, e->err)) return no_memory(e);
    e->table[ *out = e->n_tables++] = t;
    return true;
}

/* ---- proving ---- */

/* One use of a clause. */
struct attempt {
    size_t table, clause;
    const struct horn_clause *c;
    struct horn_term *head;
    struct horn_term *variable[HORN_VARIABLES_MOST];
    struct horn_term *goal[HORN_GOALS_MOST];
    struct premise premise[HORN_GOALS_MOST];
};

static bool work_on(struct horn_engine *e, size_t table);

APART static bool add_answer(struct horn_engine *e, struct attempt *a) {
    struct text key;
    size_t there;
    if (!key_of(e, a->table, a->head, &key)) return false;
    if (horn_index_find(&e->answers, key, &there)) return true;
    if (++e->n_answers > e->limits.answers) return horn_stop(e, HORN_UNKNOWN, "limit of answers");
    struct horn_table *t = &e->table[a->table];
    if (t->n == t->room) {
        size_t room = t->room ? t->room * 2 : 4;
        struct table_answer *more = arena_new(e->arena, struct table_answer, room, e->err);
        if (!more) return no_memory(e);
        if (t->n) memcpy(more, t->answer, t->n * sizeof *more);
        t->answer = more, t->room = room;
    }
    struct renaming r = {.n = 0};
    size_t n = a->c->n_goals;
    struct table_answer answer = {.clause = a->clause};
    answer.goal = arena_new(e->arena, struct horn_term *, n + 1, e->err);
    answer.premise = arena_new(e->arena, struct premise, n + 1, e->err);
    if (!answer.goal || !answer.premise) return no_memory(e);
    if (!kept_text(e, &key) || !(answer.term = keep(e, a->head, &r, 0))) return false;
    answer.n_variables = r.n;
    for (size_t i = 0; i < n; i++) {
        if (!(answer.goal[i] = keep(e, a->goal[i], &r, 0))) return false;
        answer.premise[i] = a->premise[i];
    }
    if (!horn_index_add(&e->answers, e->arena, key, t->n, e->err)) return no_memory(e);
    t->answer[t->n++] = answer;
    return e->changed = true;
}

/* Remembers the goal at which a use of the clause stopped, if none came further. */
APART static bool failed_at(struct horn_engine *e, const struct attempt *a, size_t at, size_t of_table) {
    struct horn_table *t = &e->table[a->table];
    struct clause_failure *f = NULL;
    for (size_t i = 0; i < t->n_failures && !f; i++)
        if (t->failure[i].clause == a->clause) f = &t->failure[i];
    if (!f) {
        if (t->n_failures == t->failures_room) {
            size_t room = t->failures_room ? t->failures_room * 2 : 4;
            struct clause_failure *more = arena_new(e->arena, struct clause_failure, room, e->err);
            if (!more) return no_memory(e);
            if (t->n_failures) memcpy(more, t->failure, t->n_failures * sizeof *more);
            t->failure = more, t->failures_room = room;
        }
        f = &t->failure[t->n_failures++];
        *f = (struct clause_failure){.clause = a->clause, .at = at};
    }
    if (at < f->at) return true;
    if (at > f->at) f->at = at, f->n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->table[i] == of_table && of_table != SIZE_MAX) return true;
    if (f->n == HORN_KEPT_FAILURES) return true;
    struct renaming r = {.n = 0};
    if (!(f->goal[f->n] = keep(e, a->goal[at], &r, 0))) return false;
    f->table[f->n++] = of_table;
    return true;
}

static bool step(struct horn_engine *e) {
    return ++e->steps <= e->limits.steps || horn_stop(e, HORN_UNKNOWN, "limit of steps");
}

static bool body(struct horn_engine *e, struct attempt *a, size_t at);

static bool from_list(struct horn_engine *e, struct attempt *a, size_t at, struct horn_term *list) {
    struct horn_term *goal = horn_value(a->goal[at]), *t = list;
    for (; t->kind == HORN_COMPOUND && t->n == 2 && text_equal_c(t->name, "[|]"); t = horn_value(t->argument[1])) {
        struct mark m = mark(e);
        if (!step(e)) return false;
        if (horn_unify(e, goal->argument[0], t->argument[0]) && !body(e, a, at + 1)) return false;
        back(e, m);
    }
    if (t->kind == HORN_VARIABLE) return horn_stop(e, HORN_ERROR, "a member of a list that is open at its end");
    return true;
}

static bool by_itself(struct horn_engine *e, struct attempt *a, size_t at) {
    struct horn_term *list = NULL;
    struct mark m = mark(e);
    a->premise[at] = (struct premise){SIZE_MAX, 0};
    switch (horn_decide(e, horn_value(a->goal[at]), &list)) {
    case GOAL_YES:
        if (!body(e, a, at + 1)) return false;
        break;
    case GOAL_CHOICES:
        return from_list(e, a, at, list);
    case GOAL_NO:
        if (!failed_at(e, a, at, SIZE_MAX)) return false;
        break;
    default:
        return horn_stop(e, HORN_ERROR, "not decided");
    }
    back(e, m);
    return true;
}

/* The answers of the goal's table, those that come while they are looked through too. */
static bool from_table(struct horn_engine *e, struct attempt *a, size_t at) {
    size_t table;
    bool any = false;
    if (!table_of(e, a->goal[at], &table) || !work_on(e, table)) return false;
    for (size_t i = 0; i < e->table[table].n; i++) {
        struct mark m = mark(e);
        struct horn_term **variable = step(e) ? no_variables(e, e->table[table].answer[i].n_variables) : NULL;
        struct horn_term *answer = variable ? use(e, e->table[table].answer[i].term, variable) : NULL;
        if (!answer) return false;
        a->premise[at] = (struct premise){table, i};
        any = true;
        if (horn_unify(e, a->goal[at], answer) && !body(e, a, at + 1)) return false;
        if (e->stop != HORN_PROVED) return false;
        back(e, m);
    }
    return any || failed_at(e, a, at, table);
}

static bool body(struct horn_engine *e, struct attempt *a, size_t at) {
    if (e->stop != HORN_PROVED) return false;
    if (at == a->c->n_goals) return add_answer(e, a);
    if (e->frames == HORN_FRAMES_MOST) return horn_stop(e, HORN_UNKNOWN, "limit of depth");
    struct horn_term *goal = horn_value(a->goal[at]);
    e->frames++;
    bool ok = horn_is_builtin(goal->name, goal->n) ? by_itself(e, a, at) : from_table(e, a, at);
    e->frames--;
    return ok;
}

static bool try_clause(struct horn_engine *e, size_t table, size_t clause) {
    struct mark m = mark(e);
    struct horn_term **call_variable = step(e) ? no_variables(e, e->table[table].n_variables) : NULL;
    bool ok = call_variable != NULL;
    /* On the heap: clauses wait for one another, and this is large. */
    struct attempt *a = ok ? memory_zeroed(1, sizeof *a) : NULL;
    if (ok && !a) ok = no_memory(e);
    if (ok) {
        a->table = table, a->clause = clause;
        a->c = clause == SIZE_MAX ? e->query : &e->program->clause[clause];
        struct horn_term *call = use(e, e->table[table].goal, call_variable);
        a->head = call ? use(e, a->c->head, a->variable) : NULL;
        ok = a->head != NULL;
        if (ok && horn_unify(e, call, a->head)) {
            for (size_t i = 0; i < a->c->n_goals && ok; i++)
                ok = (a->goal[i] = use(e, a->c->goal[i], a->variable)) != NULL;
            ok = ok && body(e, a, 0);
        }
    }
    memory_free(a);
    back(e, m);
    return ok && e->stop == HORN_PROVED;
}

static bool head_key(struct horn_engine *e, const struct horn_term *t, struct text *key) {
    buffer_clear(&e->text);
    buffer_put_text(&e->text, t->name);
    if (!buffer_printf(&e->text, "/%zu", t->n)) return no_memory(e);
    *key = buffer_text(&e->text);
    return true;
}

/* Once in each pass. */
static bool work_on(struct horn_engine *e, size_t table) {
    struct horn_table *t = &e->table[table];
    struct text key;
    size_t clause = 0;
    bool ok = true;
    if (t->complete || t->running || t->pass == e->pass) return true;
    if (++e->depth > e->limits.depth) return horn_stop(e, HORN_UNKNOWN, "limit of depth");
    t->pass = e->pass, t->running = true;
    if (e->query && table == 0) {
        ok = try_clause(e, table, SIZE_MAX);
    } else {
        if (!head_key(e, t->goal, &key)) return false;
        if (!horn_index_find(&e->heads, key, &clause)) clause = 0;
        for (; clause > 0 && ok; clause = e->next_clause[clause - 1]) ok = try_clause(e, table, clause - 1);
    }
    e->table[table].running = false; /* the tables may have moved */
    e->depth--;
    return ok;
}

/* Passes until nothing is new; then every table that was touched is complete. */
static bool complete(struct horn_engine *e, size_t table) {
    size_t first = e->pass + 1;
    bool before = e->changed;
    do {
        e->pass++, e->changed = false;
        if (!work_on(e, table)) return false;
    } while (e->changed);
    for (size_t i = 0; i < e->n_tables; i++)
        if (e->table[i].pass >= first && !e->table[i].running) e->table[i].complete = true;
    e->changed = before;
    return true;
}

enum goal_result horn_negated(struct horn_engine *e, struct horn_term *goal) {
    size_t table;
    if (horn_is_builtin(goal->name, goal->n)) {
        struct horn_term *list = NULL;
        size_t trail = e->n_trail;
        enum goal_result r = horn_decide(e, goal, &list);
        if (r == GOAL_CHOICES) {
            struct horn_term first = {
                .kind = HORN_COMPOUND, .name = TEXT("memberchk"), .n = 2, .argument = goal->argument};
            r = horn_decide(e, &first, &list);
        }
        horn_undo(e, trail);
        return r == GOAL_YES ? GOAL_NO : r == GOAL_NO ? GOAL_YES : GOAL_STOP;
    }
    if (!table_of(e, goal, &table) || (!e->table[table].complete && !complete(e, table))) return GOAL_STOP;
    return e->table[table].n == 0 ? GOAL_YES : GOAL_NO;
}

/* ---- a question ---- */

static bool index_heads(struct horn_engine *e) {
    const struct horn_program *p = e->program;
    struct text key;
    if (!(e->next_clause = arena_new(e->arena, size_t, p->n + 1, e->err))) return no_memory(e);
    for (size_t i = p->n; i-- > 0;) { /* from behind, so that chains run in order */
        size_t next = 0;
        if (!head_key(e, p->clause[i].head, &key)) return false;
        if (horn_index_find(&e->heads, key, &next)) e->next_clause[i] = next;
        if (next == 0 && !kept_text(e, &key)) return false;
        if (!horn_index_add(&e->heads, e->arena, key, i + 1, e->err)) return no_memory(e);
    }
    return true;
}

/* The query as a clause: a head of its variables, which no program can name, before its goals. */
static const struct horn_clause *as_clause(struct horn_engine *e, const struct horn_clause *query) {
    struct horn_clause *c = arena_new(e->arena, struct horn_clause, 1, e->err);
    struct horn_term *head = arena_new(e->arena, struct horn_term, 1, e->err);
    struct horn_term **variable = arena_new(e->arena, struct horn_term *, query->n_variables + 1, e->err);
    if (!c || !head || !variable) return no_memory(e), NULL;
    *c = *query;
    *head = (struct horn_term){.kind = HORN_COMPOUND, .name = TEXT(" query"), .n = query->n_variables};
    head->argument = variable, head->ground = query->n_variables == 0;
    for (size_t i = 0; i < query->n_variables; i++) {
        if (!(variable[i] = arena_new(e->arena, struct horn_term, 1, e->err))) return no_memory(e), NULL;
        *variable[i] = (struct horn_term){.kind = HORN_VARIABLE, .name = query->variable[i], .integer = (int64_t)i};
    }
    c->head = head;
    return c;
}

static void done(struct horn_engine *e) {
    for (size_t i = 0; i < e->stack.n_blocks; i++) memory_free(e->stack.block[i]);
    for (size_t i = 0; i < e->n_cell_blocks; i++) memory_free(e->cells[i]);
    memory_free(e->stack.block), memory_free(e->cells), memory_free(e->trail);
    buffer_done(&e->text);
}

static bool prove(struct horn_engine *e, const struct horn_clause *query) {
    size_t table;
    e->query = as_clause(e, query);
    return e->query && index_heads(e) && table_of(e, e->query->head, &table) && complete(e, table);
}

bool horn_solve(const struct horn_program *program, const struct horn_clause *query, struct horn_limits limits,
                struct arena *arena, struct horn_answer *out, struct error *err) {
    struct error own = {0};
    struct arena scratch;
    struct horn_engine e = {.program = program, .limits = limits, .arena = &scratch, .err = &own};
    if (e.limits.steps == 0) e.limits.steps = 1000000;
    if (e.limits.answers == 0) e.limits.answers = 100000;
    if (e.limits.depth == 0) e.limits.depth = 1000;
    arena_init(&scratch, (size_t)256 << 20);
    buffer_init(&e.text, (size_t)1 << 20);
    *out = (struct horn_answer){.verdict = HORN_UNKNOWN, .n_variables = query->n_variables};
    bool decided = prove(&e, query);
    out->steps = e.steps;
    /* What the search itself may use is limited, so that rules that make ever longer terms end like the others. */
    bool ok = own.kind == ERROR_NONE || e.stop == HORN_UNKNOWN;
    if (own.kind != ERROR_NONE && ok) e.reason = "limit of memory";
    if (ok && decided) ok = horn_explain(&e, 0, arena, out);
    if (ok && !decided) out->verdict = e.stop == HORN_PROVED ? HORN_UNKNOWN : e.stop, out->reason = e.reason;
    done(&e);
    arena_done(&scratch);
    return ok || error_set(err, ERROR_ENVIRONMENT, "%s", own.message);
}
