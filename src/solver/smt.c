/* Questions put to Z3: see smt.h. */
#include "solver/smt.h"

#include <string.h>

#ifdef HAVE_Z3
#include "solver/smt_engine.h"

bool smt_there(void) {
    struct z3_library z3;
    bool there = z3_library_open(&z3, NULL);
    z3_library_close(&z3);
    return there;
}

void smt_version(char out[32]) {
    struct z3_library z3;
    unsigned major, minor, build, revision;
    out[0] = 0;
    if (z3_library_open(&z3, NULL)) {
        z3.get_version(&major, &minor, &build, &revision);
        snprintf(out, 32, "%u.%u.%u", major, minor, build);
    }
    z3_library_close(&z3);
}

void smt_set_limits(struct smt *smt, struct smt_limits limits) {
    smt->limits = limits;
    if (!(smt->limits.seconds > 0)) smt->limits.seconds = 2;
    if (smt->limits.steps == 0) smt->limits.steps = 20000000;
    if (smt->limits.memory == 0) smt->limits.memory = 2000;
}

struct smt *smt_new(struct smt_limits limits, struct error *err) {
    struct smt *smt = memory_zeroed(1, sizeof *smt);
    char megabytes[16];
    if (!smt) {
        error_memory(err, "z3");
        return NULL;
    }
    smt_set_limits(smt, limits);
    watchdog_init(&smt->watchdog, &smt->z3);
    if (!z3_library_open(&smt->z3, err)) {
        smt_free(smt);
        return NULL;
    }
    snprintf(megabytes, sizeof megabytes, "%u", smt->limits.memory);
    smt->z3.global_param_set("memory_max_size", megabytes);
    if (!smt_engine_open(&smt->engine, &smt->z3, err)) {
        smt_free(smt);
        return NULL;
    }
    return smt;
}

void smt_free(struct smt *smt) {
    if (!smt) return;
    watchdog_done(&smt->watchdog);
    if (smt->engine.z3) smt_engine_close(&smt->engine);
    z3_library_close(&smt->z3);
    memory_free(smt);
}

/* ---- one question in one context ---- */

enum way { WAY_SIMPLE, WAY_FULL }; /* the incremental core; the portfolio of tactics, which has nlsat */

struct question {
    struct smt *smt;
    struct smt_engine *engine;
    const struct formula *const *lines;
    size_t n;
    bool proving;            /* the last line is a negated goal */
    Z3_ast *claim, *tracker; /* by line */
    Z3_solver solver;        /* of WAY_SIMPLE */
    double deadline;
    bool nonlinear; /* WAY_SIMPLE has already failed once */
    char reason[128];
};

static bool has_name(const struct formula *f) {
    bool has = f->kind == FORMULA_NAME || f->kind == FORMULA_CALL;
    for (size_t i = 0; i < f->n && !has; i++) has = has_name(f->of[i]);
    return has;
}

static bool nonlinear_in(const struct formula *f) {
    if (f->kind == FORMULA_MULTIPLY && has_name(f->of[0]) && has_name(f->of[1])) return true;
    if (f->kind == FORMULA_DIVIDE && has_name(f->of[1])) return true;
    if (f->kind == FORMULA_POWER && has_name(f->of[0])) return true;
    for (size_t i = 0; i < f->n; i++)
        if (nonlinear_in(f->of[i])) return true;
    return false;
}

static void limit_steps(struct question *q, Z3_solver s, uint32_t steps) {
    const struct z3_library *z3 = q->engine->z3;
    Z3_context c = q->engine->c;
    Z3_params params = z3->mk_params(c);
    z3->params_inc_ref(c, params);
    z3->params_set_uint(c, params, z3->mk_string_symbol(c, "rlimit"), steps);
    z3->solver_set_params(c, s, params);
    z3->params_dec_ref(c, params);
}

static Z3_solver solver_new(struct question *q, enum way way, uint32_t steps) {
    const struct z3_library *z3 = q->engine->z3;
    Z3_context c = q->engine->c;
    Z3_solver s = way == WAY_SIMPLE ? z3->mk_simple_solver(c) : z3->mk_solver(c);
    if (!s) return NULL;
    z3->solver_inc_ref(c, s);
    limit_steps(q, s, steps);
    return s;
}

static bool open_question(struct question *q, const struct symbols *symbols, struct arena *arena, struct error *err) {
    struct smt_engine *e = q->engine;
    q->claim = arena_new(arena, Z3_ast, q->n + 1, err);
    q->tracker = arena_new(arena, Z3_ast, q->n + 1, err);
    if (!q->claim || !q->tracker || !smt_engine_ask(e, symbols, err)) return false;
    for (size_t i = 0; i < q->n; i++) {
        Z3_symbol symbol = e->z3->mk_int_symbol(e->c, (int)(2000000 + i));
        if (!(q->claim[i] = smt_claim(e, q->lines[i], err))) return false;
        q->tracker[i] = smt_keep(e, e->z3->mk_const(e->c, symbol, e->sort[SORT_BOOL]));
        if (!q->tracker[i]) return smt_engine_error(e, "a line is refused", err);
        q->nonlinear = q->nonlinear || nonlinear_in(q->lines[i]);
    }
    if (!(q->solver = solver_new(q, WAY_SIMPLE, q->smt->limits.steps))) return smt_engine_error(e, "no solver", err);
    for (size_t i = 0; i < q->n; i++) {
        Z3_ast tracked = smt_keep(e, e->z3->mk_implies(e->c, q->tracker[i], q->claim[i]));
        if (!tracked) return smt_engine_error(e, "a line is refused", err);
        e->z3->solver_assert(e->c, q->solver, tracked);
    }
    return true;
}

static void close_question(struct question *q) {
    if (q->solver) q->engine->z3->solver_dec_ref(q->engine->c, q->solver);
    q->solver = NULL;
}

static enum smt_verdict verdict_of(struct question *q, Z3_solver s, Z3_lbool result) {
    const struct z3_library *z3 = q->engine->z3;
    if (result == Z3_L_TRUE) return SMT_SAT;
    if (result == Z3_L_FALSE) return SMT_UNSAT;
    const char *why = s ? z3->solver_get_reason_unknown(q->engine->c, s) : "no solver";
    snprintf(q->reason, sizeof q->reason, "%s", why && *why ? why : "not decided");
    return SMT_UNKNOWN;
}

/* Watched until the deadline, or earlier. `model` (NULL: not wanted) is held and belongs to the caller. */
static enum smt_verdict watched(struct question *q, Z3_solver s, const Z3_ast *assumed, size_t n, double until,
                                Z3_model *model) {
    const struct z3_library *z3 = q->engine->z3;
    Z3_context c = q->engine->c;
    if (until <= smt_now() || !watchdog_arm(&q->smt->watchdog, c, until, NULL)) {
        snprintf(q->reason, sizeof q->reason, "timeout");
        return SMT_UNKNOWN;
    }
    Z3_lbool result = n ? z3->solver_check_assumptions(c, s, (unsigned)n, assumed) : z3->solver_check(c, s);
    bool fired = watchdog_disarm(&q->smt->watchdog);
    enum smt_verdict verdict = verdict_of(q, s, result);
    if (verdict == SMT_UNKNOWN && fired) snprintf(q->reason, sizeof q->reason, "timeout");
    if (verdict == SMT_SAT && model) {
        *model = z3->solver_get_model(c, s);
        if (*model) z3->model_inc_ref(c, *model);
    }
    return verdict;
}

static enum smt_verdict by_tactics(struct question *q, const bool *in, Z3_model *model) {
    Z3_solver s = solver_new(q, WAY_FULL, q->smt->limits.steps);
    if (!s) return verdict_of(q, NULL, Z3_L_UNDEF);
    for (size_t i = 0; i < q->n; i++)
        if (in[i]) q->engine->z3->solver_assert(q->engine->c, s, q->claim[i]);
    enum smt_verdict verdict = watched(q, s, NULL, 0, q->deadline, model);
    q->engine->z3->solver_dec_ref(q->engine->c, s);
    return verdict;
}

/* Can the lines with in[i] be true together? Nonlinear questions that the incremental core leaves open within a quarter
 * of the time go to the tactics. */
static enum smt_verdict decide(struct question *q, const bool *in, Z3_ast *room, Z3_model *model) {
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        if (in[i]) room[n++] = q->tracker[i];
    double now = smt_now(), until = q->nonlinear ? now + (q->deadline - now) / 4 : q->deadline;
    if (n == 0) return by_tactics(q, in, model);
    enum smt_verdict verdict = watched(q, q->solver, room, n, until, model);
    if (verdict != SMT_UNKNOWN || smt_now() >= q->deadline) return verdict;
    return by_tactics(q, in, model);
}

/* Leaves lines out, one by one in their order, as long as the rest cannot be true. */
static bool find_core(struct question *q, bool *in, Z3_ast *room, struct arena *arena, struct smt_answer *out,
                      struct error *err) {
    out->minimal = true;
    for (size_t i = 0; i < q->n; i++) {
        if (!in[i]) continue;
        in[i] = false;
        enum smt_verdict verdict = decide(q, in, room, NULL);
        in[i] = verdict != SMT_UNSAT;
        out->minimal = out->minimal && verdict != SMT_UNKNOWN;
        out->n_core += in[i];
    }
    out->core = arena_new(arena, size_t, out->n_core + 1, err);
    if (!out->core) return false;
    for (size_t i = 0, k = 0; i < q->n; i++)
        if (in[i]) out->core[k++] = i;
    return true;
}

static bool keep_reason(struct question *q, struct arena *arena, struct smt_answer *out, struct error *err) {
    bool limit = strstr(q->reason, "max. resource limit") != NULL;
    out->reason = text_copy(arena, text_of(limit ? "limit of steps" : q->reason), err);
    return out->reason != NULL;
}

/* Values of a model; irrational ones are tried at a fraction nearby. */
static bool take_values(struct question *q, Z3_model model, struct arena *arena, struct smt_answer *out,
                        struct error *err) {
    return smt_values(q->engine, model, q->lines, q->n, arena, out, err) &&
           smt_try_out(q->lines, q->n, arena, out, err);
}

static struct formula *fixed_at(struct arena *arena, const struct smt_value *v, struct error *err) {
    struct formula *part = arena_new(arena, struct formula, 3, err);
    const struct formula **of = arena_new(arena, const struct formula *, 2, err);
    if (!part || !of) return NULL;
    part[0] = (struct formula){.kind = FORMULA_NAME, .name = v->name};
    part[1] = (struct formula){.kind = FORMULA_NUMBER, .number = v->value.number};
    of[0] = &part[0], of[1] = &part[1];
    part[2] = (struct formula){.kind = FORMULA_EQUAL, .of = of, .n = 2};
    return &part[2];
}

/* A name that came out irrational is held at a fraction nearby, and the question asked again. */
static bool hold_one(struct question *q, struct arena *arena, struct smt_answer *out, bool *again, struct error *err) {
    const struct z3_library *z3 = q->engine->z3;
    struct smt_answer next = *out;
    const struct smt_value *v = NULL;
    Z3_model model = NULL;
    for (size_t i = 0; i < out->n_values && !v; i++)
        if (!out->values[i].exact && out->values[i].n_arguments == 0) v = &out->values[i];
    *again = false;
    if (!v) return true;
    const struct formula *held = fixed_at(arena, v, err);
    Z3_ast claim = held ? smt_claim(q->engine, held, err) : NULL;
    if (!claim) return false;
    Z3_solver s = solver_new(q, WAY_FULL, q->smt->limits.steps);
    for (size_t i = 0; s && i < q->n; i++) z3->solver_assert(q->engine->c, s, q->claim[i]);
    if (s) z3->solver_assert(q->engine->c, s, claim);
    enum smt_verdict verdict = s ? watched(q, s, NULL, 0, q->deadline, &model) : SMT_UNKNOWN;
    bool ok = true;
    if (verdict == SMT_SAT && model) {
        q->claim[q->n - 1] = smt_keep(q->engine, z3->mk_and(q->engine->c, 2, (Z3_ast[]){q->claim[q->n - 1], claim}));
        ok = q->claim[q->n - 1] && take_values(q, model, arena, &next, err);
        if (ok) *out = next, *again = true;
        z3->model_dec_ref(q->engine->c, model);
    }
    if (s) z3->solver_dec_ref(q->engine->c, s);
    return ok;
}

/* The lines cannot all be true. Of a proof: can the premises? */
static bool refuted(struct question *q, bool *in, Z3_ast *room, struct arena *arena, struct smt_answer *out,
                    struct error *err) {
    if (q->proving) {
        in[q->n - 1] = false;
        enum smt_verdict premises = decide(q, in, room, NULL);
        out->contradiction = premises == SMT_UNSAT;
        in[q->n - 1] = premises != SMT_UNSAT;
        if (premises == SMT_UNKNOWN) {
            out->verdict = SMT_UNKNOWN;
            return keep_reason(q, arena, out, err);
        }
    }
    return find_core(q, in, room, arena, out, err);
}

static bool answer_in(struct question *q, struct arena *arena, bool with_values, struct smt_answer *out,
                      struct error *err) {
    Z3_model model = NULL;
    bool *in = arena_new(arena, bool, q->n + 1, err), ok = true;
    Z3_ast *room = arena_new(arena, Z3_ast, q->n + 1, err);
    if (!in || !room) return false;
    for (size_t i = 0; i < q->n; i++) in[i] = true;
    out->verdict = decide(q, in, room, with_values ? &model : NULL);
    if (out->verdict == SMT_UNSAT)
        ok = refuted(q, in, room, arena, out, err);
    else if (out->verdict == SMT_UNKNOWN)
        ok = keep_reason(q, arena, out, err);
    if (model) {
        bool again = true;
        ok = take_values(q, model, arena, out, err);
        q->engine->z3->model_dec_ref(q->engine->c, model);
        for (int i = 0; ok && again && i < 8 && !out->checked; i++) ok = hold_one(q, arena, out, &again, err);
    }
    return ok;
}

/* In a second context, so that nothing asked before can show in the values. */
static bool model_afresh(struct question *q, const struct symbols *symbols, struct arena *arena, struct smt_answer *out,
                         struct error *err) {
    struct smt_engine fresh;
    struct question again = {
        .smt = q->smt, .engine = &fresh, .lines = q->lines, .n = q->n, .proving = q->proving, .deadline = q->deadline};
    if (!smt_engine_open(&fresh, q->engine->z3, err)) return false;
    bool ok = open_question(&again, symbols, arena, err) && answer_in(&again, arena, true, out, err);
    close_question(&again);
    smt_engine_close(&fresh);
    return ok;
}

static bool ask(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                bool proving, struct arena *arena, struct smt_answer *out, struct error *err) {
    struct question q = {.smt = smt, .engine = &smt->engine, .lines = lines, .n = n, .proving = proving};
    *out = (struct smt_answer){0};
    double from = smt_now();
    q.deadline = from + smt->limits.seconds;
    bool ok = open_question(&q, symbols, arena, err) && answer_in(&q, arena, false, out, err);
    close_question(&q);
    /* What was not decided within the steps may depend on what the context has seen, so it is asked afresh too. */
    if (ok && (out->verdict == SMT_SAT || (out->verdict == SMT_UNKNOWN && smt_now() < q.deadline)))
        ok = model_afresh(&q, symbols, arena, out, err);
    out->seconds = smt_now() - from;
    return ok;
}

bool smt_check(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
               struct arena *arena, struct smt_answer *out, struct error *err) {
    return ask(smt, symbols, lines, n, false, arena, out, err);
}

bool smt_prove(struct smt *smt, const struct symbols *symbols, const struct formula *const *premises, size_t n,
               const struct formula *goal, struct arena *arena, struct smt_answer *out, struct error *err) {
    const struct formula **lines = arena_new(arena, const struct formula *, n + 1, err);
    if (!lines) return false;
    for (size_t i = 0; i < n; i++) lines[i] = premises[i];
    if (!(lines[n] = formula_not(arena, goal, err))) return false;
    return ask(smt, symbols, lines, n + 1, true, arena, out, err);
}

static Z3_solver nlsat_new(struct question *q) {
    const struct z3_library *z3 = q->engine->z3;
    Z3_context c = q->engine->c;
    Z3_tactic tactic = z3->mk_tactic(c, "qfnra-nlsat");
    if (!tactic) return NULL;
    z3->tactic_inc_ref(c, tactic);
    Z3_solver s = z3->mk_solver_from_tactic(c, tactic);
    if (s) z3->solver_inc_ref(c, s);
    if (s) limit_steps(q, s, q->smt->limits.steps);
    z3->tactic_dec_ref(c, tactic);
    return s;
}

bool smt_check_real(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                    enum smt_verdict *verdict, struct arena *arena, struct error *err) {
    struct smt_engine fresh;
    struct question q = {.smt = smt, .engine = &fresh, .lines = lines, .n = n};
    q.deadline = smt_now() + smt->limits.seconds;
    if (!smt_engine_open(&fresh, &smt->z3, err)) return false;
    bool ok = open_question(&q, symbols, arena, err);
    Z3_solver s = ok ? nlsat_new(&q) : NULL;
    ok = ok && (s || smt_engine_error(&fresh, "no nlsat", err));
    for (size_t i = 0; ok && i < n; i++) fresh.z3->solver_assert(fresh.c, s, q.claim[i]);
    if (ok) *verdict = watched(&q, s, NULL, 0, q.deadline, NULL);
    if (s) fresh.z3->solver_dec_ref(fresh.c, s);
    close_question(&q);
    smt_engine_close(&fresh);
    return ok;
}

#else

bool smt_there(void) {
    return false;
}

void smt_version(char out[32]) {
    out[0] = 0;
}

struct smt *smt_new(struct smt_limits limits, struct error *err) {
    (void)limits;
    error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
    return NULL;
}

void smt_free(struct smt *smt) {
    (void)smt;
}

void smt_set_limits(struct smt *smt, struct smt_limits limits) {
    (void)smt, (void)limits;
}

bool smt_check(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
               struct arena *arena, struct smt_answer *out, struct error *err) {
    (void)smt, (void)symbols, (void)lines, (void)n, (void)arena, (void)out;
    return error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
}

bool smt_check_real(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                    enum smt_verdict *verdict, struct arena *arena, struct error *err) {
    (void)smt, (void)symbols, (void)lines, (void)n, (void)verdict, (void)arena;
    return error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
}

bool smt_prove(struct smt *smt, const struct symbols *symbols, const struct formula *const *premises, size_t n,
               const struct formula *goal, struct arena *arena, struct smt_answer *out, struct error *err) {
    (void)smt, (void)symbols, (void)premises, (void)n, (void)goal, (void)arena, (void)out;
    return error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
}

bool smt_nearest(struct smt *smt, const struct symbols *symbols, const struct formula *const *lines, size_t n,
                 struct smt_target *targets, size_t n_targets, struct arena *arena, struct smt_nearest *out,
                 struct error *err) {
    (void)smt, (void)symbols, (void)lines, (void)n, (void)targets, (void)n_targets, (void)arena, (void)out;
    return error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
}

#endif
