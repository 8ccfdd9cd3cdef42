/* A split of formulas, by Z3. */
#include "formalize/case/case_theorem.h"

#include <string.h>

static bool session(struct case_checker *k, struct case_worker *w, struct error *err) {
    struct error why = {0};
    if (w->smt || w->smt_missing) return true;
    w->smt = smt_new((struct smt_limits){.seconds = k->settings.seconds, .steps = k->settings.steps}, &why);
    if (w->smt) return true;
    w->smt_missing = "z3 is not installed";
    return smt_there() ? error_set(err, ERROR_ENVIRONMENT, "%s", why.message) : true;
}

static const struct formula *formula_at(const struct case_checker *k, struct case_point p) {
    return k->read[CASE_FORMULAS][case_line_number(k, p)]->formula;
}

/* The lines of the goal as one claim. */
static const struct formula *goal_of(const struct case_checker *k, const struct case_theorem *t, struct arena *arena,
                                     struct error *err) {
    if (t->n_goal == 1) return formula_at(k, t->goal[0]);
    struct formula *f = arena_new(arena, struct formula, 1, err);
    const struct formula **of = arena_new(arena, const struct formula *, t->n_goal, err);
    if (!f || !of) return NULL;
    for (size_t i = 0; i < t->n_goal; i++) of[i] = formula_at(k, t->goal[i]);
    *f = (struct formula){.kind = FORMULA_AND, .column = 1, .of = of, .n = t->n_goal};
    return f;
}

/* ---- a counterexample in the words of the case ---- */

static bool mentions(const struct formula *f, struct text name) {
    if ((f->kind == FORMULA_NAME || f->kind == FORMULA_CALL) && text_equal(f->name, name)) return true;
    for (size_t i = 0; i < f->n; i++)
        if (mentions(f->of[i], name)) return true;
    return false;
}

static void put_value(struct buffer *b, const struct value *v, bool exact) {
    if (v->kind == VALUE_TRUTH)
        buffer_put_c(b, v->truth ? "true" : "false");
    else if (exact)
        rational_put(b, v->number);
    else
        buffer_put_c(b, "irrational");
}

static json_t *json_of(struct buffer *b) {
    json_t *text = b->failed ? NULL : json_from_text(buffer_text(b));
    buffer_clear(b);
    return text;
}

static json_t *symbol_of(const struct smt_value *v, struct buffer *b) {
    buffer_put_text(b, v->name);
    for (size_t i = 0; i < v->n_arguments; i++) {
        buffer_put_c(b, i ? ", " : "(");
        put_value(b, &v->arguments[i], true);
    }
    if (v->n_arguments) buffer_put_char(b, ')');
    return json_of(b);
}

/* "2.777777..." where more digits follow. */
static json_t *decimal_of(const struct smt_value *v, struct buffer *b) {
    bool exact = true;
    if (v->value.kind == VALUE_TRUTH) return json_null();
    rational_put_decimal(b, v->value.number, 6, &exact);
    if (!exact || !v->exact) buffer_put_c(b, "...");
    return json_of(b);
}

/* Whose lines speak of it: nodes in the order of the premises, then the goal's. */
static json_t *from_of(const struct case_checker *k, const struct case_theorem *t, struct text name) {
    json_t *from = json_array();
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < t->n_premise + t->n_goal && from; i++) {
        struct case_point p = i < t->n_premise ? t->premise[i] : t->goal[i - t->n_premise];
        if (p.node == last || !mentions(formula_at(k, p), name)) continue;
        last = p.node;
        json_array_append_new(from, json_string(k->c->nodes[p.node].id));
    }
    return from;
}

static bool counterexample(struct case_checker *k, const struct case_theorem *t, const struct smt_answer *a,
                           struct case_outcome *o, struct error *err) {
    json_t *list = json_array();
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    for (size_t i = 0; i < a->n_values && list; i++) {
        const struct smt_value *v = &a->values[i];
        json_t *symbol = symbol_of(v, &b), *decimal = decimal_of(v, &b);
        put_value(&b, &v->value, v->exact);
        json_t *exact = json_of(&b);
        json_array_append_new(list, json_pack("{s:o s:o s:o s:o}", "symbol", symbol, "exact", exact, "decimal", decimal,
                                              "from", from_of(k, t, v->name)));
    }
    buffer_done(&b);
    bool ok = list && json_object_set_new(o->detail, "counterexample", list) == 0;
    if (ok) ok = json_object_set_new(o->detail, "tried_out", json_boolean(a->checked)) == 0;
    if (ok && a->doubt) ok = case_detail(o, "doubt", a->doubt);
    return ok || error_memory(err, "a counterexample");
}

static bool look_up(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    const struct smt_answer *a = context;
    (void)argument;
    for (size_t i = 0; i < a->n_values && n == 0; i++)
        if (a->values[i].n_arguments == 0 && text_equal(a->values[i].name, name)) {
            *out = a->values[i].value;
            return true;
        }
    return false;
}

/* Which lines of the goal are false there, by our own evaluator. */
static bool fails(struct case_checker *k, const struct case_theorem *t, const struct smt_answer *a,
                  struct case_worker *w, struct case_outcome *o, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; i < t->n_goal && list; i++) {
        struct value v;
        struct error why = {0};
        bool known = formula_evaluate(&w->arena, formula_at(k, t->goal[i]), look_up, (void *)a, &v, &why);
        if (t->n_goal == 1 || (known && !v.truth))
            json_array_append_new(list, json_from_text(case_line_at(k, t->goal[i])->text));
    }
    return (list && json_object_set_new(o->detail, "fails", list) == 0) || error_memory(err, "a counterexample");
}

static bool keep_core(const struct smt_answer *a, size_t n_premise, struct case_outcome *o, struct error *err) {
    if (!(o->core = memory_alloc((a->n_core + 1) * sizeof *o->core))) return error_memory(err, "a core");
    for (size_t i = 0; i < a->n_core; i++)
        if (a->core[i] < n_premise) o->core[o->n_core++] = a->core[i];
    o->minimal = a->minimal;
    return true;
}

bool case_prove_formulas(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                         struct case_outcome *o, struct error *err) {
    struct smt_answer a;
    const struct formula **premise = arena_new(&w->arena, const struct formula *, t->n_premise + 1, err);
    const struct formula *goal = premise ? goal_of(k, t, &w->arena, err) : NULL;
    if (!goal || !session(k, w, err)) return false;
    if (!case_detail(o, "by", "z3")) return error_memory(err, "an outcome");
    if (!w->smt) {
        o->status = CASE_UNKNOWN, o->missing = "z3";
        return case_detail(o, "reason", w->smt_missing) || error_memory(err, "an outcome");
    }
    for (size_t i = 0; i < t->n_premise; i++) premise[i] = formula_at(k, t->premise[i]);
    struct error why = {0};
    if (!smt_prove(w->smt, &k->symbols, premise, t->n_premise, goal, &w->arena, &a, &why)) {
        if (why.kind != ERROR_DATA) return error_set(err, why.kind, "%s", why.message);
        o->status = CASE_ERROR;
        return case_detail(o, "reason", why.message) || error_memory(err, "an outcome");
    }
    o->seconds = a.seconds;
    if (a.verdict == SMT_UNSAT) {
        o->status = a.contradiction ? CASE_VACUOUS : CASE_HOLDS;
        return keep_core(&a, t->n_premise, o, err);
    }
    o->status = a.verdict == SMT_SAT ? CASE_REFUTED : CASE_UNKNOWN;
    if (a.verdict == SMT_UNKNOWN) return case_detail(o, "reason", a.reason) || error_memory(err, "an outcome");
    return counterexample(k, t, &a, o, err) && fails(k, t, &a, w, o, err);
}
