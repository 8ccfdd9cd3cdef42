/* The nearest values that satisfy lines: Z3's optimiser for linear arithmetic. See smt.h.
 *
 * Each target gets a distance d with d >= name - value and d >= value - name; the weighted sum of the distances is
 * minimised. A fresh context, so that ties are broken alike whatever was asked before. */
#ifdef HAVE_Z3
#include "solver/smt_engine.h"

struct search {
    struct smt_engine engine;
    Z3_optimize optimise;
    struct arena *arena;
    struct error *err;
};

static bool hold(struct search *s, Z3_ast claim) {
    if (!smt_keep(&s->engine, claim)) return smt_engine_error(&s->engine, "a target is refused", s->err);
    s->engine.z3->optimize_assert(s->engine.c, s->optimise, claim);
    return true;
}

static Z3_ast numeral(struct search *s, const struct rational *number) {
    struct buffer digits;
    buffer_init(&digits, (size_t)1 << 16);
    Z3_ast ast = rational_put(&digits, number)
                     ? smt_keep(&s->engine, s->engine.z3->mk_numeral(s->engine.c, digits.at, s->engine.sort[SORT_REAL]))
                     : NULL;
    buffer_done(&digits);
    return ast;
}

static Z3_ast target_term(struct search *s, const struct smt_target *t) {
    struct formula name = {.kind = FORMULA_NAME, .name = t->name};
    const struct symbol *symbol = symbols_find(s->engine.symbols, t->name);
    if (!symbol || symbol->sort == SORT_BOOL || symbol->n_parts > 0) {
        error_set(s->err, ERROR_DATA, "target '%.*s' is no number", TEXT_ARG(t->name));
        return NULL;
    }
    return smt_term(&s->engine, &name, true, s->err);
}

/* weight * d, with d at least the distance of the target. */
static Z3_ast distance(struct search *s, const struct smt_target *t, size_t i) {
    const struct z3_library *z3 = s->engine.z3;
    Z3_context c = s->engine.c;
    Z3_ast x = target_term(s, t), v = x ? numeral(s, t->value) : NULL;
    if (!v) return NULL;
    Z3_ast d =
        smt_keep(&s->engine, z3->mk_const(c, z3->mk_int_symbol(c, (int)(3000000 + i)), s->engine.sort[SORT_REAL]));
    Z3_ast above = d ? smt_keep(&s->engine, z3->mk_sub(c, 2, (Z3_ast[]){x, v})) : NULL;
    Z3_ast below = above ? smt_keep(&s->engine, z3->mk_sub(c, 2, (Z3_ast[]){v, x})) : NULL;
    if (!below) smt_engine_error(&s->engine, "a target is refused", s->err);
    if (!below || !hold(s, z3->mk_ge(c, d, above)) || !hold(s, z3->mk_ge(c, d, below))) return NULL;
    Z3_ast weight = t->weight ? numeral(s, t->weight) : NULL;
    if (!t->weight) return d;
    return weight ? smt_keep(&s->engine, z3->mk_mul(c, 2, (Z3_ast[]){weight, d})) : NULL;
}

static bool set_up(struct search *s, const struct formula *const *lines, size_t n, const struct smt_target *targets,
                   size_t n_targets) {
    const struct z3_library *z3 = s->engine.z3;
    Z3_context c = s->engine.c;
    Z3_ast *part = arena_new(s->arena, Z3_ast, n_targets + 1, s->err);
    if (!part) return false;
    for (size_t i = 0; i < n; i++) {
        Z3_ast claim = smt_claim(&s->engine, lines[i], s->err);
        if (!claim || !hold(s, claim)) return false;
    }
    for (size_t i = 0; i < n_targets; i++) {
        if (targets[i].weight && rational_sign(targets[i].weight) <= 0)
            return error_set(s->err, ERROR_DATA, "the weight of '%.*s' is not above 0", TEXT_ARG(targets[i].name));
        if (!(part[i] = distance(s, &targets[i], i))) return false;
    }
    if (n_targets == 0) return true;
    Z3_ast sum = smt_keep(&s->engine, z3->mk_add(c, (unsigned)n_targets, part));
    if (!sum) return smt_engine_error(&s->engine, "the sum of the distances is refused", s->err);
    z3->optimize_minimize(c, s->optimise, sum);
    return true;
}

static bool take(struct search *s, struct smt_target *targets, size_t n, struct smt_nearest *out) {
    const struct z3_library *z3 = s->engine.z3;
    Z3_model model = z3->optimize_get_model(s->engine.c, s->optimise);
    bool ok = model != NULL, exact;
    if (!ok) return smt_engine_error(&s->engine, "no model", s->err);
    z3->model_inc_ref(s->engine.c, model);
    out->sum = rational_from_i64(s->arena, 0, s->err);
    for (size_t i = 0; i < n && (ok = out->sum != NULL); i++) {
        struct smt_target *t = &targets[i];
        Z3_ast term = target_term(s, t);
        t->at = term ? smt_number(&s->engine, model, term, s->arena, &exact, s->err) : NULL;
        const struct rational *away = t->at ? rational_subtract(s->arena, t->at, t->value, s->err) : NULL;
        if (away && rational_sign(away) < 0) away = rational_negate(s->arena, away, s->err);
        if (away && t->weight) away = rational_multiply(s->arena, away, t->weight, s->err);
        out->sum = away ? rational_add(s->arena, out->sum, away, s->err) : NULL;
        ok = out->sum != NULL;
    }
    z3->model_dec_ref(s->engine.c, model);
    return ok;
}

static void limit_steps(struct search *s, uint32_t steps) {
    const struct z3_library *z3 = s->engine.z3;
    Z3_params params = z3->mk_params(s->engine.c);
    z3->params_inc_ref(s->engine.c, params);
    z3->params_set_uint(s->engine.c, params, z3->mk_string_symbol(s->engine.c, "rlimit"), steps);
    z3->optimize_set_params(s->engine.c, s->optimise, params);
    z3->params_dec_ref(s->engine.c, params);
}

static bool search(struct search *s, struct smt *smt, struct smt_target *targets, size_t n, struct smt_nearest *out) {
    const struct z3_library *z3 = s->engine.z3;
    limit_steps(s, smt->limits.steps);
    if (!watchdog_arm(&smt->watchdog, s->engine.c, smt_now() + smt->limits.seconds, s->err)) return false;
    Z3_lbool result = z3->optimize_check(s->engine.c, s->optimise, 0, NULL);
    bool fired = watchdog_disarm(&smt->watchdog);
    out->verdict = result == Z3_L_TRUE ? SMT_SAT : result == Z3_L_FALSE ? SMT_UNSAT : SMT_UNKNOWN;
    if (out->verdict == SMT_SAT) return take(s, targets, n, out);
    if (out->verdict == SMT_UNSAT) return true;
    const char *why = fired ? "timeout" : z3->optimize_get_reason_unknown(s->engine.c, s->optimise);
    out->reason = text_copy(s->arena, text_of(why && *why ? why : "not decided"), s->err);
    return out->reason != NULL;
}

bool smt_nearest(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                 struct smt_target *targets, size_t n_targets, struct arena *arena, struct smt_nearest *out,
                 struct error *err) {
    struct search s = {.arena = arena, .err = err};
    *out = (struct smt_nearest){0};
    if (!smt_engine_open(&s.engine, &smt->z3, err)) return false;
    s.optimise = smt->z3.mk_optimize(s.engine.c);
    bool ok = s.optimise != NULL || error_memory(err, "z3");
    if (ok) smt->z3.optimize_inc_ref(s.engine.c, s.optimise);
    ok = ok && smt_engine_ask(&s.engine, symbols, err) && set_up(&s, lines, n, targets, n_targets) &&
         search(&s, smt, targets, n_targets, out);
    if (s.optimise) smt->z3.optimize_dec_ref(s.engine.c, s.optimise);
    smt_engine_close(&s.engine);
    return ok;
}
#else
typedef int smt_nearest_is_not_part_of_this_build;
#endif
