/* What a model of Z3 says of the names, and whether it is so: see smt_engine.h. */
#ifdef HAVE_Z3
#include "solver/smt_engine.h"

#include <string.h>

const struct rational *smt_number(struct smt_engine *e, Z3_model model, Z3_ast term, struct arena *arena, bool *exact,
                                  struct error *err) {
    Z3_ast value = NULL;
    if (!e->z3->model_eval(e->c, model, term, true, &value) || !smt_keep(e, value)) {
        smt_engine_error(e, "a model has no value", err);
        return NULL;
    }
    *exact = !e->z3->is_algebraic_number(e->c, value);
    if (!*exact && !(value = smt_keep(e, e->z3->get_algebraic_number_lower(e->c, value, 20)))) {
        smt_engine_error(e, "an irrational number has no fraction near it", err);
        return NULL;
    }
    if (!e->z3->is_numeral_ast(e->c, value)) {
        smt_engine_error(e, "the value in a model is no number", err);
        return NULL;
    }
    return rational_from_text(arena, text_of(e->z3->get_numeral_string(e->c, value)), err);
}

static bool value_of(struct smt_engine *e, Z3_model model, Z3_ast term, enum formula_sort sort, struct arena *arena,
                     struct value *out, bool *exact, struct error *err) {
    Z3_ast value = NULL;
    *exact = true;
    if (sort != SORT_BOOL) {
        *out = (struct value){.kind = VALUE_NUMBER, .number = smt_number(e, model, term, arena, exact, err)};
        return out->number != NULL;
    }
    if (!e->z3->model_eval(e->c, model, term, true, &value) || !smt_keep(e, value))
        return smt_engine_error(e, "a model has no value", err);
    *out = (struct value){.kind = VALUE_TRUTH, .truth = e->z3->get_bool_value(e->c, value) == Z3_L_TRUE};
    return true;
}

struct collector {
    struct smt_engine *engine;
    Z3_model model;
    struct arena *arena;
    struct smt_answer *out;
    size_t room;
    struct error *err;
};

static struct smt_value *add(struct collector *k) {
    if (k->out->n_values == k->room) {
        size_t room = k->room ? k->room * 2 : 32;
        struct smt_value *more = arena_new(k->arena, struct smt_value, room, k->err);
        if (!more) return NULL;
        if (k->out->n_values) memcpy(more, k->out->values, k->out->n_values * sizeof *more);
        k->out->values = more, k->room = room;
    }
    return &k->out->values[k->out->n_values++];
}

static bool same_value(const struct value *a, const struct value *b) {
    if (a->kind != b->kind) return false;
    if (a->kind == VALUE_TRUTH) return a->truth == b->truth;
    struct arena small;
    int order = 1;
    arena_init(&small, (size_t)1 << 20);
    bool same = rational_compare(&small, a->number, b->number, &order, NULL) && order == 0;
    arena_done(&small);
    return same;
}

static const struct smt_value *find(const struct smt_answer *a, struct text name, const struct value *argument,
                                    size_t n) {
    for (size_t i = 0; i < a->n_values; i++) {
        const struct smt_value *v = &a->values[i];
        bool same = v->n_arguments == n && text_equal(v->name, name);
        for (size_t k = 0; k < n && same; k++) same = same_value(&v->arguments[k], &argument[k]);
        if (same) return v;
    }
    return NULL;
}

/* The value of a function where a line calls it. */
static bool collect_call(struct collector *k, const struct formula *f, const struct symbol *symbol) {
    struct value *argument = arena_new(k->arena, struct value, f->n, k->err), result;
    bool exact = true, own;
    if (!argument) return false;
    for (size_t i = 0; i < f->n; i++) {
        Z3_ast term = smt_term(k->engine, f->of[i], symbol->parts[i] == SORT_REAL, k->err);
        if (!term || !value_of(k->engine, k->model, term, symbol->parts[i], k->arena, &argument[i], &own, k->err))
            return false;
        exact = exact && own;
    }
    if (find(k->out, f->name, argument, f->n)) return true;
    Z3_ast term = smt_term(k->engine, f, false, k->err);
    if (!term || !value_of(k->engine, k->model, term, symbol->sort, k->arena, &result, &own, k->err)) return false;
    struct smt_value *v = add(k);
    if (v) *v = (struct smt_value){f->name, argument, f->n, result, exact && own};
    return v != NULL;
}

/* Calls outside quantifiers; inside, arguments have no value of their own. */
static bool collect_calls(struct collector *k, const struct formula *f) {
    if (f->kind == FORMULA_ALL || f->kind == FORMULA_SOME) return true;
    for (size_t i = 0; i < f->n; i++)
        if (!collect_calls(k, f->of[i])) return false;
    const struct symbol *symbol = f->kind == FORMULA_CALL ? symbols_find(k->engine->symbols, f->name) : NULL;
    return !symbol || collect_call(k, f, symbol);
}

bool smt_values(struct smt_engine *e, Z3_model model, const struct formula *const *lines, size_t n, struct arena *arena,
                struct smt_answer *out, struct error *err) {
    struct collector k = {e, model, arena, out, 0, err};
    size_t names = e->n_names;
    out->n_values = 0;
    for (size_t i = 0; i < names; i++) {
        const struct smt_name *name = &e->names[i];
        if (!name->constant) continue;
        struct value value;
        bool exact;
        if (!value_of(e, model, name->constant, name->symbol->sort, arena, &value, &exact, err)) return false;
        struct smt_value *v = add(&k);
        if (!v) return false;
        *v = (struct smt_value){name->symbol->name, NULL, 0, value, exact};
    }
    for (size_t i = 0; i < n; i++)
        if (!collect_calls(&k, lines[i])) return false;
    return true;
}

static bool look_up(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    const struct smt_value *v = find(context, name, argument, n);
    if (v) *out = v->value;
    return v != NULL;
}

bool smt_try_out(const struct formula *const *lines, size_t n, struct arena *arena, struct smt_answer *out,
                 struct error *err) {
    struct error why = {0};
    out->checked = true, out->doubt = NULL;
    for (size_t i = 0; i < n && out->checked; i++) {
        struct value value;
        bool ok = formula_evaluate(arena, lines[i], look_up, out, &value, &why);
        if (!ok && why.kind == ERROR_ENVIRONMENT) return error_set(err, why.kind, "%s", why.message);
        out->checked = ok && value.kind == VALUE_TRUTH && value.truth;
    }
    if (out->checked) return true;
    bool irrational = false;
    for (size_t i = 0; i < out->n_values; i++) irrational = irrational || !out->values[i].exact;
    const char *doubt = why.message[0] ? why.message : "a line is not true under these values";
    out->doubt = text_copy(arena, text_of(irrational ? "a value is irrational" : doubt), err);
    return out->doubt != NULL;
}
#else
typedef int smt_values_are_not_part_of_this_build;
#endif
