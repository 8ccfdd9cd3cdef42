/* What the names of formulas are: sorts and units. See formula.h. */
#include "solver/formula.h"

#include "base/hash.h"

#include <string.h>

static bool fail(struct error *err, size_t *column, const struct formula *at, const char *what, struct text name) {
    *column = at->column;
    return error_set(err, ERROR_DATA, "column %zu: '%.*s' %s", at->column, name.len > 60 ? 60 : (int)name.len, name.at,
                     what);
}

void symbols_init(struct symbols *s, struct arena *arena) {
    *s = (struct symbols){.arena = arena};
}

static size_t *slot_of(const struct symbols *s, struct text name) {
    size_t i = (size_t)hash_xxh3(name.at, name.len) & (s->n_slots - 1);
    while (s->slot[i] != 0 && !text_equal(s->at[s->slot[i] - 1].name, name)) i = (i + 1) & (s->n_slots - 1);
    return &s->slot[i];
}

const struct symbol *symbols_find(const struct symbols *s, struct text name) {
    size_t *slot = s->n_slots ? slot_of(s, name) : NULL;
    return slot && *slot ? &s->at[*slot - 1] : NULL;
}

static bool grow(struct symbols *s, struct error *err) {
    size_t room = s->room ? s->room * 2 : 64;
    struct symbol *at = arena_new(s->arena, struct symbol, room, err);
    size_t *slot = arena_new(s->arena, size_t, room * 2, err);
    if (!at || !slot) return false;
    if (s->n) memcpy(at, s->at, s->n * sizeof *at);
    s->at = at, s->room = room, s->slot = slot, s->n_slots = room * 2;
    for (size_t i = 0; i < s->n; i++) *slot_of(s, at[i].name) = i + 1;
    return true;
}

/* The symbol of this name, made where it is new. */
static struct symbol *take(struct symbols *s, struct text name, struct error *err) {
    const struct symbol *there = symbols_find(s, name);
    if (there) return &s->at[there - s->at];
    if (s->n == s->room && !grow(s, err)) return NULL;
    s->at[s->n] = (struct symbol){.name = name};
    *slot_of(s, name) = ++s->n;
    return &s->at[s->n - 1];
}

/* ---- first pass ---- */

static bool note_unit(struct symbols *s, const struct formula *f, struct text name, const void *line,
                      struct error *err) {
    if (!f->unit) return true;
    struct symbol *symbol = take(s, name, err);
    if (!symbol) return false;
    if (!symbol->unit) symbol->unit = f->unit, symbol->unit_from = line;
    return true;
}

static bool same_parts(const struct symbol *s, const struct formula *f) {
    bool same = s->sort == f->sort && s->n_parts == f->n_parts;
    for (size_t i = 0; i < f->n_parts && same; i++) same = s->parts[i] == f->parts[i];
    return same;
}

static bool declare(struct symbols *s, const struct formula *f, const void *line, size_t *column, struct error *err) {
    for (size_t i = 0; i < f->n_bound; i++) {
        struct symbol *symbol = take(s, f->bound[i], err);
        if (!symbol) return false;
        if (symbol->declared && !same_parts(symbol, f))
            return fail(err, column, f, "is declared twice, and otherwise", f->bound[i]);
        symbol->declared = true;
        symbol->sort = f->sort, symbol->parts = f->parts, symbol->n_parts = f->n_parts;
        if (!note_unit(s, f, f->bound[i], line, err)) return false;
    }
    return true;
}

bool symbols_note(struct symbols *s, const struct formula *f, const void *line, size_t *column, struct error *err) {
    if (f->kind == FORMULA_DECLARE) return declare(s, f, line, column, err);
    if (f->kind == FORMULA_NAME) return note_unit(s, f, f->name, line, err);
    for (size_t i = 0; i < f->n; i++)
        if (!symbols_note(s, f->of[i], line, column, err)) return false;
    return true;
}

/* ---- second pass ---- */

/* Names that quantifiers bind, innermost first. */
struct scope {
    const struct formula *by;
    const struct scope *outer;
};
struct inference {
    struct symbols *symbols;
    size_t *column;
    struct error *err;
};

static bool bound_sort(const struct scope *scope, struct text name, enum formula_sort *sort) {
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->by->n_bound; i++)
            if (text_equal(scope->by->bound[i], name)) {
                *sort = scope->by->sort == SORT_OPEN ? SORT_REAL : scope->by->sort;
                return true;
            }
    return false;
}

static bool is_claim(enum formula_kind kind) {
    return kind == FORMULA_TRUE || kind == FORMULA_FALSE || (kind >= FORMULA_LESS && kind <= FORMULA_SOME);
}

/* The sort of f where it is known without asking what its place wants; SORT_OPEN otherwise. */
static enum formula_sort own_sort(const struct inference *i, const struct formula *f, const struct scope *scope) {
    enum formula_sort sort;
    if (is_claim(f->kind)) return SORT_BOOL;
    if (f->kind != FORMULA_NAME && f->kind != FORMULA_CALL) return SORT_REAL;
    if (f->kind == FORMULA_NAME && bound_sort(scope, f->name, &sort)) return sort;
    const struct symbol *symbol = symbols_find(i->symbols, f->name);
    return symbol ? symbol->sort : SORT_OPEN;
}

static bool infer(const struct inference *i, const struct formula *f, bool claim, const struct scope *scope);

static bool wanted(const struct inference *i, const struct formula *f, enum formula_sort sort, bool claim) {
    if ((sort == SORT_BOOL) == claim) return true;
    struct text what = f->name.len ? f->name : TEXT("this");
    return fail(i->err, i->column, f,
                claim ? "is a number where a claim must stand"
                      : "is a claim where a number must "
                        "stand",
                what);
}

static bool infer_name(const struct inference *i, const struct formula *f, bool claim, const struct scope *scope) {
    enum formula_sort sort;
    if (bound_sort(scope, f->name, &sort)) return wanted(i, f, sort, claim);
    struct symbol *symbol = take(i->symbols, f->name, i->err);
    if (!symbol) return false;
    if (symbol->n_parts > 0) return fail(i->err, i->column, f, "is a function: it needs arguments", f->name);
    if (symbol->sort == SORT_OPEN) symbol->sort = claim ? SORT_BOOL : SORT_REAL;
    return wanted(i, f, symbol->sort, claim);
}

static bool infer_call(const struct inference *i, const struct formula *f, bool claim, const struct scope *scope) {
    enum formula_sort sort;
    if (bound_sort(scope, f->name, &sort)) return fail(i->err, i->column, f, "is no function", f->name);
    struct symbol *symbol = take(i->symbols, f->name, i->err);
    if (!symbol) return false;
    if (symbol->sort == SORT_OPEN) {
        enum formula_sort *parts = arena_new(i->symbols->arena, enum formula_sort, f->n, i->err);
        if (!parts) return false;
        for (size_t a = 0; a < f->n; a++) parts[a] = SORT_REAL;
        symbol->parts = parts, symbol->n_parts = f->n, symbol->sort = claim ? SORT_BOOL : SORT_REAL;
    }
    if (symbol->n_parts == 0) return fail(i->err, i->column, f, "is no function", f->name);
    if (symbol->n_parts != f->n)
        return fail(i->err, i->column, f, "has another number of arguments elsewhere", f->name);
    enum formula_sort of_call = symbol->sort; /* inferring the arguments may move the symbols */
    const enum formula_sort *parts = symbol->parts;
    for (size_t a = 0; a < f->n; a++) {
        if (!infer(i, f->of[a], parts[a] == SORT_BOOL, scope)) return false;
        if (parts[a] == SORT_INT && own_sort(i, f->of[a], scope) == SORT_REAL && f->of[a]->kind == FORMULA_NAME)
            return fail(i->err, i->column, f->of[a], "is Real where an Int must stand", f->of[a]->name);
    }
    return wanted(i, f, of_call, claim);
}

/* Both sides of = and != are claims, or both numbers; names that are still open are numbers. */
static bool infer_equal(const struct inference *i, const struct formula *f, const struct scope *scope) {
    bool claims = own_sort(i, f->of[0], scope) == SORT_BOOL || own_sort(i, f->of[1], scope) == SORT_BOOL;
    return infer(i, f->of[0], claims, scope) && infer(i, f->of[1], claims, scope);
}

static bool infer(const struct inference *i, const struct formula *f, bool claim, const struct scope *scope) {
    struct scope inner = {f, scope};
    if (f->kind == FORMULA_NAME) return infer_name(i, f, claim, scope);
    if (f->kind == FORMULA_CALL) return infer_call(i, f, claim, scope);
    if (!wanted(i, f, is_claim(f->kind) ? SORT_BOOL : SORT_REAL, claim)) return false;
    if (f->kind == FORMULA_EQUAL || f->kind == FORMULA_UNEQUAL) return infer_equal(i, f, scope);
    bool of_claims = f->kind >= FORMULA_NOT && f->kind <= FORMULA_SOME;
    bool binds = f->kind == FORMULA_ALL || f->kind == FORMULA_SOME;
    for (size_t k = 0; k < f->n; k++)
        if (!infer(i, f->of[k], of_claims, binds ? &inner : scope)) return false;
    return true;
}

bool symbols_infer(struct symbols *s, const struct formula *f, size_t *column, struct error *err) {
    struct inference i = {s, column, err};
    return f->kind == FORMULA_DECLARE || infer(&i, f, true, NULL);
}

/* ---- units ---- */

struct units {
    const struct symbols *symbols;
    struct arena *arena;
    size_t *column;
    struct error *err;
};

/* The unit of f in *unit, NULL where nothing is known of it. `any`: a plain number, which takes what stands beside. */
struct measured {
    const struct unit *unit;
    bool any;
};

static bool differ(const struct units *u, const struct formula *at, const struct unit *a, const struct unit *b) {
    struct buffer text;
    buffer_init(&text, 1024);
    *u->column = at->column;
    unit_put(&text, a), buffer_put_c(&text, " beside "), unit_put(&text, b);
    if (unit_same_dimension(a, b)) {
        const struct rational *factor = rational_divide(u->arena, b->scale, a->scale, u->err);
        if (factor) buffer_put_c(&text, ": a factor of "), rational_put(&text, factor);
    }
    error_set(u->err, ERROR_DATA, "column %zu: units do not agree: %.*s", at->column, TEXT_ARG(buffer_text(&text)));
    buffer_done(&text);
    return false;
}

static bool measure(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out);

static bool beside(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out) {
    struct measured a, b;
    if (!measure(u, f->of[0], scope, &a) || !measure(u, f->of[1], scope, &b)) return false;
    if (a.unit && b.unit && !unit_equal(a.unit, b.unit)) return differ(u, f, a.unit, b.unit);
    *out = (struct measured){a.unit ? a.unit : b.unit, a.any && b.any};
    if (!a.unit != !b.unit && !(a.unit ? b.any : a.any)) out->unit = NULL; /* beside a name of which nothing is known */
    return true;
}

static bool product(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out) {
    struct measured a, b;
    if (!measure(u, f->of[0], scope, &a) || !measure(u, f->of[1], scope, &b)) return false;
    *out = (struct measured){NULL, a.any && b.any};
    if ((!a.unit && !a.any) || (!b.unit && !b.any) || out->any) return true;
    const struct unit *one = unit_one(u->arena, u->err);
    if (!one) return false;
    out->unit =
        unit_times(u->arena, a.unit ? a.unit : one, b.unit ? b.unit : one, f->kind == FORMULA_DIVIDE ? -1 : 1, u->err);
    return out->unit != NULL;
}

static bool power(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out) {
    const struct unit *one = unit_one(u->arena, u->err);
    if (!one || !measure(u, f->of[0], scope, out)) return false;
    if (!out->unit) return true;
    out->unit = unit_times(u->arena, one, out->unit, (int)rational_to_f64(f->number), u->err);
    return out->unit != NULL;
}

static bool of_name(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out) {
    enum formula_sort sort;
    if (bound_sort(scope, f->name, &sort)) return true;
    const struct symbol *symbol = symbols_find(u->symbols, f->name);
    if (!symbol || !symbol->unit) return true;
    if (f->unit && !unit_equal(f->unit, symbol->unit))
        return differ(u, f, f->unit, symbol->unit) ||
               error_wrap(u->err, "'%.*s' has another unit elsewhere", TEXT_ARG(f->name));
    out->unit = symbol->unit;
    return true;
}

static bool measure(const struct units *u, const struct formula *f, const struct scope *scope, struct measured *out) {
    struct measured part;
    struct scope inner = {f, scope};
    bool binds = f->kind == FORMULA_ALL || f->kind == FORMULA_SOME;
    *out = (struct measured){0};
    switch (f->kind) {
    case FORMULA_NUMBER:
        *out = (struct measured){f->unit, !f->unit};
        return true;
    case FORMULA_NAME:
        return of_name(u, f, scope, out);
    case FORMULA_MINUS:
        return measure(u, f->of[0], scope, out);
    case FORMULA_ADD:
    case FORMULA_SUBTRACT:
        return beside(u, f, scope, out);
    case FORMULA_MULTIPLY:
    case FORMULA_DIVIDE:
        return product(u, f, scope, out);
    case FORMULA_POWER:
        return power(u, f, scope, out);
    case FORMULA_LESS:
    case FORMULA_AT_MOST:
    case FORMULA_MORE:
    case FORMULA_AT_LEAST:
    case FORMULA_EQUAL:
    case FORMULA_UNEQUAL:
        return beside(u, f, scope, &part);
    case FORMULA_CALL:
        for (size_t i = 0; i < f->n; i++)
            if (!measure(u, f->of[i], scope, &part)) return false;
        if (symbols_find(u->symbols, f->name)) out->unit = symbols_find(u->symbols, f->name)->unit;
        return true;
    default:
        for (size_t i = 0; i < f->n; i++)
            if (!measure(u, f->of[i], binds ? &inner : scope, &part)) return false;
        return true;
    }
}

bool symbols_check_units(const struct symbols *s, struct arena *arena, const struct formula *f, size_t *column,
                         struct error *err) {
    struct units u = {s, arena, column, err};
    struct measured ignored;
    if (f->kind != FORMULA_DECLARE) return measure(&u, f, NULL, &ignored);
    for (size_t i = 0; f->unit && i < f->n_bound; i++) {
        const struct symbol *symbol = symbols_find(s, f->bound[i]);
        if (symbol && symbol->unit && !unit_equal(symbol->unit, f->unit)) return differ(&u, f, f->unit, symbol->unit);
    }
    return true;
}
