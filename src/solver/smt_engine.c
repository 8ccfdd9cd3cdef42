/* A context, the objects held in it, and formulas as Z3 sees them. See smt_engine.h. */
#ifdef HAVE_Z3
#include "solver/smt_engine.h"

#include <string.h>

/* The default handler ends the process; errors are asked for instead. */
static void ignore(Z3_context c, Z3_error_code code) {
    (void)c, (void)code;
}

bool smt_engine_error(struct smt_engine *e, const char *what, struct error *err) {
    Z3_error_code code = e->z3->get_error_code(e->c);
    const char *why = code == Z3_OK ? "" : e->z3->get_error_msg(e->c, code);
    bool memory = e->failed || code == Z3_MEMOUT_FAIL;
    return error_set(err, memory ? ERROR_ENVIRONMENT : ERROR_DATA, "z3: %s%s%s", what, *why ? ": " : "", why);
}

bool smt_engine_open(struct smt_engine *e, const struct z3_library *z3, struct error *err) {
    memset(e, 0, sizeof *e);
    e->z3 = z3;
    Z3_config config = z3->mk_config();
    e->c = z3->mk_context_rc(config);
    z3->del_config(config);
    if (!e->c) return error_memory(err, "a context of z3");
    z3->set_error_handler(e->c, ignore);
    e->sort[SORT_OPEN] = e->sort[SORT_REAL] = z3->mk_real_sort(e->c);
    z3->inc_ref(e->c, (Z3_ast)e->sort[SORT_REAL]);
    e->sort[SORT_INT] = z3->mk_int_sort(e->c);
    z3->inc_ref(e->c, (Z3_ast)e->sort[SORT_INT]);
    e->sort[SORT_BOOL] = z3->mk_bool_sort(e->c);
    z3->inc_ref(e->c, (Z3_ast)e->sort[SORT_BOOL]);
    return true;
}

static void forget(struct smt_engine *e) {
    while (e->n_kept > 0) e->z3->dec_ref(e->c, e->kept[--e->n_kept]);
    e->n_names = 0, e->bound = 0, e->failed = false;
    e->question++;
}

void smt_engine_close(struct smt_engine *e) {
    if (e->c) forget(e), e->z3->del_context(e->c);
    memory_free(e->kept), memory_free(e->names), memory_free(e->place), memory_free(e->mark);
    memset(e, 0, sizeof *e);
}

bool smt_engine_ask(struct smt_engine *e, const struct symbols *symbols, struct error *err) {
    forget(e);
    e->symbols = symbols;
    if (symbols->n <= e->n_place) return true;
    size_t n = symbols->n * 2;
    size_t *place = memory_grow(e->place, n, sizeof *place);
    if (place) e->place = place;
    uint64_t *mark = place ? memory_grow(e->mark, n, sizeof *mark) : NULL;
    if (!mark) return error_memory(err, "names of a formula");
    memset(mark + e->n_place, 0, (n - e->n_place) * sizeof *mark);
    e->mark = mark, e->n_place = n;
    return true;
}

Z3_ast smt_keep(struct smt_engine *e, Z3_ast ast) {
    if (!ast) return NULL;
    if (e->n_kept == e->room) {
        Z3_ast *more = memory_grow(e->kept, e->room ? e->room * 2 : 256, sizeof *more);
        if (!more) {
            e->failed = true;
            return NULL;
        }
        e->kept = more, e->room = e->room ? e->room * 2 : 256;
    }
    e->z3->inc_ref(e->c, ast);
    return e->kept[e->n_kept++] = ast;
}

/* ---- names ---- */

static bool make_name(struct smt_engine *e, struct smt_name *name) {
    Z3_sort parts[64];
    const struct symbol *s = name->symbol;
    Z3_symbol symbol = e->z3->mk_int_symbol(e->c, (int)e->n_names);
    if (s->n_parts == 0) {
        name->constant = smt_keep(e, e->z3->mk_const(e->c, symbol, e->sort[s->sort]));
        return name->constant != NULL;
    }
    if (s->n_parts > 64) return false;
    for (size_t i = 0; i < s->n_parts; i++) parts[i] = e->sort[s->parts[i]];
    name->function = e->z3->mk_func_decl(e->c, symbol, (unsigned)s->n_parts, parts, e->sort[s->sort]);
    return smt_keep(e, (Z3_ast)name->function) != NULL;
}

struct smt_name *smt_engine_name(struct smt_engine *e, struct text text, struct error *err) {
    const struct symbol *symbol = symbols_find(e->symbols, text);
    if (!symbol) {
        error_set(err, ERROR_DATA, "'%.*s' is not known", TEXT_ARG(text));
        return NULL;
    }
    size_t at = (size_t)(symbol - e->symbols->at);
    if (e->mark[at] == e->question) return &e->names[e->place[at] - 1];
    if (e->n_names == e->names_room) {
        size_t room = e->names_room ? e->names_room * 2 : 64;
        struct smt_name *more = memory_grow(e->names, room, sizeof *more);
        if (!more) {
            error_memory(err, "names of a formula");
            return NULL;
        }
        e->names = more, e->names_room = room;
    }
    struct smt_name *name = &e->names[e->n_names];
    *name = (struct smt_name){.symbol = symbol};
    if (!make_name(e, name)) {
        smt_engine_error(e, "a name is refused", err);
        return NULL;
    }
    e->mark[at] = e->question, e->place[at] = ++e->n_names;
    return name;
}

/* ---- formulas ---- */

struct bound {
    const struct formula *by;
    const Z3_app *constant;
    const struct bound *outer;
};

static const struct bound *bound_by(const struct bound *b, struct text name, size_t *which) {
    for (; b; b = b->outer)
        for (size_t i = 0; i < b->by->n_bound; i++)
            if (text_equal(b->by->bound[i], name)) {
                *which = i;
                return b;
            }
    return NULL;
}

/* SORT_INT: whole by its names; SORT_OPEN: whole numbers alone, which may stand for both; SORT_REAL otherwise. */
static enum formula_sort sort_of(const struct smt_engine *e, const struct formula *f, const struct bound *b) {
    size_t which;
    if (f->kind == FORMULA_NUMBER) return rational_is_whole(f->number) ? SORT_OPEN : SORT_REAL;
    if (f->kind == FORMULA_NAME && (b = bound_by(b, f->name, &which)))
        return b->by->sort == SORT_OPEN ? SORT_REAL : b->by->sort;
    if (f->kind == FORMULA_NAME || f->kind == FORMULA_CALL) {
        const struct symbol *symbol = symbols_find(e->symbols, f->name);
        return symbol && symbol->sort != SORT_OPEN ? symbol->sort : SORT_REAL;
    }
    if (f->kind == FORMULA_DIVIDE || f->kind > FORMULA_POWER) return f->kind == FORMULA_DIVIDE ? SORT_REAL : SORT_BOOL;
    enum formula_sort sort = SORT_OPEN;
    for (size_t i = 0; i < f->n; i++) {
        enum formula_sort part = sort_of(e, f->of[i], b);
        if (part == SORT_REAL || (part == SORT_INT && sort == SORT_OPEN)) sort = part;
    }
    return sort;
}

static Z3_ast build(struct smt_engine *e, const struct formula *f, enum formula_sort as, const struct bound *b);

static Z3_ast as_wanted(struct smt_engine *e, Z3_ast ast, enum formula_sort is, enum formula_sort as) {
    return ast && is == SORT_INT && as == SORT_REAL ? smt_keep(e, e->z3->mk_int2real(e->c, ast)) : ast;
}

static Z3_ast numeral(struct smt_engine *e, const struct formula *f, enum formula_sort as) {
    struct buffer digits;
    buffer_init(&digits, (size_t)1 << 16);
    bool ok = rational_put(&digits, f->number);
    Z3_ast ast = ok ? smt_keep(e, e->z3->mk_numeral(e->c, digits.at, e->sort[as])) : NULL;
    buffer_done(&digits);
    return ast;
}

static Z3_ast name(struct smt_engine *e, const struct formula *f, enum formula_sort as, const struct bound *b) {
    size_t which;
    const struct bound *by = bound_by(b, f->name, &which);
    if (by) return as_wanted(e, (Z3_ast)by->constant[which], sort_of(e, f, b), as);
    struct smt_name *n = smt_engine_name(e, f->name, NULL);
    return n ? as_wanted(e, n->constant, n->symbol->sort, as) : NULL;
}

static Z3_ast call(struct smt_engine *e, const struct formula *f, enum formula_sort as, const struct bound *b) {
    Z3_ast part[64];
    struct smt_name *n = smt_engine_name(e, f->name, NULL);
    if (!n || !n->function || f->n != n->symbol->n_parts || f->n > 64) return NULL;
    const struct symbol *symbol = n->symbol;
    Z3_func_decl function = n->function; /* the names may move while the arguments are made */
    for (size_t i = 0; i < f->n; i++)
        if (!(part[i] = build(e, f->of[i], symbol->parts[i], b))) return NULL;
    return as_wanted(e, smt_keep(e, e->z3->mk_app(e->c, function, (unsigned)f->n, part)), symbol->sort, as);
}

static Z3_ast arithmetic(struct smt_engine *e, const struct formula *f, enum formula_sort as, const struct bound *b) {
    Z3_ast part[FORMULA_POWER_MOST];
    size_t n = f->n;
    for (size_t i = 0; i < n; i++)
        if (!(part[i] = build(e, f->of[i], as, b))) return NULL;
    switch (f->kind) {
    case FORMULA_MINUS:
        return smt_keep(e, e->z3->mk_unary_minus(e->c, part[0]));
    case FORMULA_ADD:
        return smt_keep(e, e->z3->mk_add(e->c, 2, part));
    case FORMULA_SUBTRACT:
        return smt_keep(e, e->z3->mk_sub(e->c, 2, part));
    case FORMULA_DIVIDE:
        return smt_keep(e, e->z3->mk_div(e->c, part[0], part[1]));
    case FORMULA_POWER:
        n = (size_t)rational_to_f64(f->number);
        if (n == 0) return smt_keep(e, e->z3->mk_numeral(e->c, "1", e->sort[as]));
        for (size_t i = 1; i < n; i++) part[i] = part[0];
        return n == 1 ? part[0] : smt_keep(e, e->z3->mk_mul(e->c, (unsigned)n, part));
    default:
        return smt_keep(e, e->z3->mk_mul(e->c, 2, part));
    }
}

static Z3_ast relation(struct smt_engine *e, const struct formula *f, const struct bound *b) {
    enum formula_sort left = sort_of(e, f->of[0], b), right = sort_of(e, f->of[1], b), as = SORT_REAL;
    if (left == SORT_BOOL || right == SORT_BOOL)
        as = SORT_BOOL;
    else if (left != SORT_REAL && right != SORT_REAL && (left == SORT_INT || right == SORT_INT))
        as = SORT_INT;
    Z3_ast x = build(e, f->of[0], as, b), y = x ? build(e, f->of[1], as, b) : NULL;
    if (!y) return NULL;
    switch (f->kind) {
    case FORMULA_LESS:
        return smt_keep(e, e->z3->mk_lt(e->c, x, y));
    case FORMULA_AT_MOST:
        return smt_keep(e, e->z3->mk_le(e->c, x, y));
    case FORMULA_MORE:
        return smt_keep(e, e->z3->mk_gt(e->c, x, y));
    case FORMULA_AT_LEAST:
        return smt_keep(e, e->z3->mk_ge(e->c, x, y));
    case FORMULA_EQUAL:
        return smt_keep(e, e->z3->mk_eq(e->c, x, y));
    default:
        x = smt_keep(e, e->z3->mk_eq(e->c, x, y));
        return x ? smt_keep(e, e->z3->mk_not(e->c, x)) : NULL;
    }
}

static Z3_ast joined(struct smt_engine *e, const struct formula *f, const struct bound *b) {
    Z3_ast few[16], *part = f->n <= 16 ? few : memory_alloc(f->n * sizeof *part), ast = NULL;
    bool ok = part != NULL;
    for (size_t i = 0; i < f->n && ok; i++) ok = (part[i] = build(e, f->of[i], SORT_BOOL, b)) != NULL;
    if (ok) ast = (f->kind == FORMULA_AND ? e->z3->mk_and : e->z3->mk_or)(e->c, (unsigned)f->n, part);
    ast = smt_keep(e, ast);
    if (part != few) memory_free(part);
    return ast;
}

static Z3_ast quantified(struct smt_engine *e, const struct formula *f, const struct bound *b) {
    Z3_app constant[64];
    struct bound inner = {f, constant, b};
    if (f->n_bound > 64) return NULL;
    for (size_t i = 0; i < f->n_bound; i++) {
        Z3_symbol symbol = e->z3->mk_int_symbol(e->c, (int)(1000000 + e->bound++));
        Z3_ast ast = smt_keep(e, e->z3->mk_const(e->c, symbol, e->sort[f->sort]));
        if (!ast) return NULL;
        constant[i] = e->z3->to_app(e->c, ast);
    }
    Z3_ast body = build(e, f->of[0], SORT_BOOL, &inner);
    if (!body) return NULL;
    return smt_keep(e, (f->kind == FORMULA_ALL ? e->z3->mk_forall_const : e->z3->mk_exists_const)(
                           e->c, 0, (unsigned)f->n_bound, constant, 0, NULL, body));
}

static Z3_ast logic(struct smt_engine *e, const struct formula *f, const struct bound *b) {
    if (f->kind == FORMULA_TRUE || f->kind == FORMULA_DECLARE) return smt_keep(e, e->z3->mk_true(e->c));
    if (f->kind == FORMULA_FALSE) return smt_keep(e, e->z3->mk_false(e->c));
    if (f->kind == FORMULA_AND || f->kind == FORMULA_OR) return joined(e, f, b);
    if (f->kind == FORMULA_ALL || f->kind == FORMULA_SOME) return quantified(e, f, b);
    Z3_ast x = build(e, f->of[0], SORT_BOOL, b);
    if (x && f->kind == FORMULA_NOT) return smt_keep(e, e->z3->mk_not(e->c, x));
    Z3_ast y = x ? build(e, f->of[1], SORT_BOOL, b) : NULL;
    if (!y) return NULL;
    return smt_keep(e, (f->kind == FORMULA_IMPLIES ? e->z3->mk_implies : e->z3->mk_iff)(e->c, x, y));
}

static Z3_ast build(struct smt_engine *e, const struct formula *f, enum formula_sort as, const struct bound *b) {
    if (as == SORT_OPEN) as = SORT_REAL;
    if (as == SORT_INT && sort_of(e, f, b) == SORT_REAL) return NULL;
    if (f->kind == FORMULA_NUMBER) return numeral(e, f, as);
    if (f->kind == FORMULA_NAME) return name(e, f, as, b);
    if (f->kind == FORMULA_CALL) return call(e, f, as, b);
    if (f->kind <= FORMULA_POWER && f->kind >= FORMULA_MINUS) return arithmetic(e, f, as, b);
    if (f->kind >= FORMULA_LESS && f->kind <= FORMULA_UNEQUAL) return relation(e, f, b);
    return logic(e, f, b);
}

Z3_ast smt_claim(struct smt_engine *e, const struct formula *f, struct error *err) {
    Z3_ast ast = build(e, f, SORT_BOOL, NULL);
    if (!ast) smt_engine_error(e, "a formula is refused (a Real where an Int must stand?)", err);
    return ast;
}

Z3_ast smt_term(struct smt_engine *e, const struct formula *f, bool as_real, struct error *err) {
    enum formula_sort is = sort_of(e, f, NULL);
    Z3_ast ast = build(e, f, as_real && is != SORT_BOOL ? SORT_REAL : is, NULL);
    if (!ast) smt_engine_error(e, "a term is refused", err);
    return ast;
}
#else
typedef int smt_engine_is_not_part_of_this_build;
#endif
