/* Names, models and what is true in them: see sets.h. Sets are bits, one a thing. */
#include "solver/sets.h"

#include <string.h>

/* ---- names ---- */

void sets_names_init(struct sets_names *n, struct arena *arena) {
    *n = (struct sets_names){.arena = arena};
}

static size_t find(const struct text *list, size_t n, struct text name) {
    for (size_t i = 0; i < n; i++)
        if (text_equal(list[i], name)) return i;
    return SIZE_MAX;
}

static bool add(struct arena *arena, struct text **list, size_t *n, size_t *room, struct text name, struct error *err) {
    if (find(*list, *n, name) != SIZE_MAX) return true;
    if (*n == *room) {
        size_t more = *room ? *room * 2 : 16;
        struct text *at = arena_new(arena, struct text, more, err);
        if (!at) return false;
        if (*n) memcpy(at, *list, *n * sizeof *at);
        *list = at, *room = more;
    }
    (*list)[(*n)++] = name;
    return true;
}

struct bound {
    const struct sets_formula *by;
    const size_t *thing; /* what its names are just now */
    const struct bound *outer;
};

static bool bound_at(const struct bound *b, struct text name, size_t *thing) {
    for (; b; b = b->outer)
        for (size_t i = 0; i < b->by->n_bound; i++)
            if (text_equal(b->by->bound[i], name)) {
                if (b->thing) *thing = b->thing[i];
                return true;
            }
    return false;
}

static bool clash(const struct sets_formula *f, size_t *column, struct error *err) {
    *column = f->column;
    return error_set(err, ERROR_DATA, "column %zu: '%.*s' is a set in one place and a thing in another", f->column,
                     TEXT_ARG(f->name));
}

static bool collect(struct sets_names *n, const struct sets_formula *f, const struct bound *b, size_t *column,
                    struct error *err) {
    struct bound inner = {f, NULL, b};
    size_t ignored;
    if (f->kind == SETS_NAME) {
        if (bound_at(b, f->name, &ignored) || find(n->thing, n->n_things, f->name) != SIZE_MAX)
            return clash(f, column, err);
        return add(n->arena, &n->set, &n->n_sets, &n->set_room, f->name, err);
    }
    if (f->kind == SETS_THING) {
        if (bound_at(b, f->name, &ignored)) return true;
        if (find(n->set, n->n_sets, f->name) != SIZE_MAX) return clash(f, column, err);
        return add(n->arena, &n->thing, &n->n_things, &n->thing_room, f->name, err);
    }
    bool binds = f->kind == SETS_ALL || f->kind == SETS_SOME;
    for (size_t i = 0; i < f->n; i++)
        if (!collect(n, f->of[i], binds && i + 1 == f->n ? &inner : b, column, err)) return false;
    return true;
}

bool sets_names_add(struct sets_names *n, const struct sets_formula *f, size_t *column, struct error *err) {
    return collect(n, f, NULL, column, err);
}

/* ---- models ---- */

bool sets_model_init(struct sets_model *m, const struct sets_names *names, size_t others, struct arena *arena,
                     struct error *err) {
    *m = (struct sets_model){.names = names, .others = others, .words = (names->n_things + others + 63) / 64};
    if (m->words == 0) m->words = 1;
    if (!(m->member = arena_new(arena, uint64_t *, names->n_sets + 1, err))) return false;
    for (size_t i = 0; i < names->n_sets; i++)
        if (!(m->member[i] = arena_new(arena, uint64_t, m->words, err))) return false;
    return true;
}

struct looking {
    const struct sets_model *m;
    struct arena *arena;
    struct error *err;
};

static size_t thing_at(const struct looking *l, const struct sets_formula *f, const struct bound *b) {
    size_t thing = SIZE_MAX;
    if (bound_at(b, f->name, &thing)) return thing;
    return find(l->m->names->thing, l->m->names->n_things, f->name);
}

static bool has(const uint64_t *set, size_t thing) {
    return set[thing / 64] >> (thing % 64) & 1;
}

/* The members of an expression, on the arena where they are not a set's own. */
static const uint64_t *members(const struct looking *l, const struct sets_formula *f, const struct bound *b) {
    if (f->kind == SETS_NAME) {
        size_t set = find(l->m->names->set, l->m->names->n_sets, f->name);
        if (set == SIZE_MAX) error_set(l->err, ERROR_DATA, "'%.*s' is not known", TEXT_ARG(f->name));
        return set == SIZE_MAX ? NULL : l->m->member[set];
    }
    uint64_t *out = arena_new(l->arena, uint64_t, l->m->words, l->err);
    if (!out) return NULL;
    if (f->kind == SETS_LIST) {
        for (size_t i = 0; i < f->n; i++) {
            size_t thing = thing_at(l, f->of[i], b);
            if (thing == SIZE_MAX) return error_set(l->err, ERROR_DATA, "a thing is not known"), NULL;
            out[thing / 64] |= (uint64_t)1 << (thing % 64);
        }
        return out;
    }
    const uint64_t *x = members(l, f->of[0], b), *y = x ? members(l, f->of[1], b) : NULL;
    if (!y) return NULL;
    for (size_t w = 0; w < l->m->words; w++)
        out[w] = f->kind == SETS_UNION ? x[w] | y[w] : f->kind == SETS_INTER ? x[w] & y[w] : x[w] & ~y[w];
    return out;
}

static bool truth(const struct looking *l, const struct sets_formula *f, const struct bound *b, bool *is);

static bool of_sets(const struct looking *l, const struct sets_formula *f, const struct bound *b, bool *is) {
    const uint64_t *y = members(l, f->of[1], b), *x;
    if (!y) return false;
    if (f->kind == SETS_IN || f->kind == SETS_NOT_IN) {
        size_t thing = thing_at(l, f->of[0], b);
        if (thing == SIZE_MAX) return error_set(l->err, ERROR_DATA, "a thing is not known");
        *is = has(y, thing) == (f->kind == SETS_IN);
        return true;
    }
    if (!(x = members(l, f->of[0], b))) return false;
    bool same = true;
    for (size_t w = 0; w < l->m->words && same; w++) same = f->kind == SETS_SUB ? (x[w] & ~y[w]) == 0 : x[w] == y[w];
    *is = same == (f->kind != SETS_UNEQUAL);
    return true;
}

/* Every choice of things for the bound names from the i-th on. */
static bool for_all(const struct looking *l, const struct sets_formula *f, const struct bound *b, size_t *thing,
                    size_t i, const uint64_t *within, bool *is) {
    struct bound inner = {f, thing, b};
    bool all = f->kind == SETS_ALL;
    if (i == f->n_bound) return truth(l, f->of[f->n - 1], &inner, is);
    *is = all;
    for (size_t t = 0; t < l->m->names->n_things + l->m->others && *is == all; t++) {
        if (within && !has(within, t)) continue;
        thing[i] = t;
        if (!for_all(l, f, b, thing, i + 1, within, is)) return false;
    }
    return true;
}

static bool truth(const struct looking *l, const struct sets_formula *f, const struct bound *b, bool *is) {
    bool x = false, y = false;
    size_t thing[16];
    switch (f->kind) {
    case SETS_TRUE:
    case SETS_FALSE:
        *is = f->kind == SETS_TRUE;
        return true;
    case SETS_NOT:
        if (!truth(l, f->of[0], b, &x)) return false;
        *is = !x;
        return true;
    case SETS_AND:
    case SETS_OR:
    case SETS_IMPLIES:
    case SETS_IFF:
        if (!truth(l, f->of[0], b, &x) || !truth(l, f->of[1], b, &y)) return false;
        *is = f->kind == SETS_AND ? x && y : f->kind == SETS_OR ? x || y : f->kind == SETS_IMPLIES ? !x || y : x == y;
        return true;
    case SETS_ALL:
    case SETS_SOME: {
        const uint64_t *within = f->n == 2 ? members(l, f->of[0], b) : NULL;
        if (f->n == 2 && !within) return false;
        return for_all(l, f, b, thing, 0, within, is);
    }
    default:
        return of_sets(l, f, b, is);
    }
}

bool sets_is_true(const struct sets_model *m, const struct sets_formula *f, struct arena *arena, bool *is,
                  struct error *err) {
    struct looking l = {m, arena, err};
    return truth(&l, f, NULL, is);
}

/* ---- in words ---- */

static void put_thing(struct buffer *out, const struct sets_model *m, size_t thing) {
    if (thing < m->names->n_things)
        buffer_put_text(out, m->names->thing[thing]);
    else if (m->others == 1)
        buffer_put_c(out, "another");
    else
        buffer_printf(out, "another%zu", thing - m->names->n_things + 1);
}

static bool put_bits(struct buffer *out, const struct sets_model *m, const uint64_t *set) {
    bool first = true;
    buffer_put_char(out, '{');
    for (size_t t = 0; t < m->names->n_things + m->others; t++) {
        if (!has(set, t)) continue;
        if (!first) buffer_put_c(out, ", ");
        put_thing(out, m, t);
        first = false;
    }
    return buffer_put_char(out, '}');
}

bool sets_put_members(struct buffer *out, const struct sets_model *m, size_t set) {
    return put_bits(out, m, m->member[set]);
}

/* "a, b are in X and not in Y" for the things of x outside y. */
static void put_difference(struct buffer *out, const struct sets_model *m, const uint64_t *x, const uint64_t *y,
                           const struct sets_formula *of_x, const struct sets_formula *of_y) {
    size_t n = 0;
    for (size_t t = 0; t < m->names->n_things + m->others; t++) {
        if (!has(x, t) || has(y, t)) continue;
        if (n++) buffer_put_c(out, ", ");
        put_thing(out, m, t);
    }
    if (n == 0) return;
    buffer_put_c(out, n == 1 ? " is in " : " are in ");
    sets_put_words(out, of_x);
    buffer_put_c(out, " and not in ");
    sets_put_words(out, of_y);
}

bool sets_put_why(struct buffer *out, const struct sets_model *m, const struct sets_formula *f, struct arena *arena,
                  struct error *err) {
    struct looking l = {m, arena, err};
    bool is = false;
    if (f->kind == SETS_AND) {
        for (size_t i = 0; i < f->n; i++) {
            if (!truth(&l, f->of[i], NULL, &is)) return false;
            if (!is) return sets_put_why(out, m, f->of[i], arena, err);
        }
        return true;
    }
    if (f->kind == SETS_IN || f->kind == SETS_NOT_IN) {
        buffer_put_text(out, f->of[0]->name);
        buffer_put_c(out, f->kind == SETS_IN ? " is not in " : " is in ");
        return sets_put_words(out, f->of[1]);
    }
    if (f->kind != SETS_SUB && f->kind != SETS_EQUAL) return true;
    const uint64_t *x = members(&l, f->of[0], NULL), *y = x ? members(&l, f->of[1], NULL) : NULL;
    if (!y) return false;
    size_t before = out->len;
    put_difference(out, m, x, y, f->of[0], f->of[1]);
    if (f->kind == SETS_EQUAL && out->len == before) put_difference(out, m, y, x, f->of[1], f->of[0]);
    return !out->failed;
}
