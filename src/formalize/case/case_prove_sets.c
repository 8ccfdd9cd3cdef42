/* A split of claims about sets: by looking where members are given, by MONA otherwise; where both can, both must agree.
 */
#include "formalize/case/case_theorem.h"
#include "solver/mona.h"

static const struct sets_formula *claim_at(const struct case_checker *k, struct case_point p) {
    return k->read[CASE_SETS_LINES][case_line_number(k, p)]->sets;
}

struct question {
    struct case_checker *k;
    const struct case_theorem *t;
    struct arena *arena;
    struct sets_names names;
    const struct sets_formula **premise, *goal;
    struct case_outcome *o;
    struct error *err;
};

static bool detail(struct question *q, const char *name, const char *text) {
    return case_detail(q->o, name, text) || error_memory(q->err, "an outcome");
}

static const struct sets_formula *goal_of(struct question *q) {
    const struct sets_formula *goal = claim_at(q->k, q->t->goal[0]);
    for (size_t i = 1; i < q->t->n_goal && goal; i++) {
        struct sets_formula *both = arena_new(q->arena, struct sets_formula, 1, q->err);
        const struct sets_formula **of = arena_new(q->arena, const struct sets_formula *, 2, q->err);
        if (!both || !of) return NULL;
        of[0] = goal, of[1] = claim_at(q->k, q->t->goal[i]);
        *both = (struct sets_formula){.kind = SETS_AND, .column = 1, .of = of, .n = 2};
        goal = both;
    }
    return goal;
}

/* A name that is a set here and a thing there is an error of this split. */
static bool add_names(struct question *q, bool *clash) {
    struct error why = {0};
    size_t column;
    bool ok = true;
    sets_names_init(&q->names, q->arena);
    for (size_t i = 0; i < q->t->n_premise && ok; i++) ok = sets_names_add(&q->names, q->premise[i], &column, &why);
    ok = ok && sets_names_add(&q->names, q->goal, &column, &why);
    *clash = !ok && why.kind == ERROR_DATA;
    if (!*clash) return ok || error_set(q->err, why.kind, "%s", why.message);
    q->o->status = CASE_ERROR;
    return detail(q, "reason", why.message);
}

static bool counterexample(struct question *q, const struct sets_answer *a) {
    json_t *list = json_array();
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    for (size_t i = 0; i < q->names.n_sets && list; i++) {
        sets_put_members(&b, &a->model, i);
        json_array_append_new(list, json_pack("{s:o s:o}", "symbol", json_from_text(q->names.set[i]), "exact",
                                              json_from_text(buffer_text(&b))));
        buffer_clear(&b);
    }
    bool ok = (list && json_object_set_new(q->o->detail, "counterexample", list) == 0) ||
              error_memory(q->err, "a counterexample");
    ok = ok && sets_put_why(&b, &a->model, q->goal, q->arena, q->err);
    if (ok && b.len > 0) ok = detail(q, "why", b.at);
    buffer_done(&b);
    return ok;
}

/* The counterexample must make every premise true and the goal false. */
static bool tried_out(struct question *q, const struct sets_answer *a, bool *is) {
    *is = true;
    for (size_t i = 0; i < q->t->n_premise && *is; i++)
        if (!sets_is_true(&a->model, q->premise[i], q->arena, is, q->err)) return false;
    bool goal = true;
    if (*is && !sets_is_true(&a->model, q->goal, q->arena, &goal, q->err)) return false;
    *is = *is && !goal;
    return json_object_set_new(q->o->detail, "tried_out", json_boolean(*is)) == 0 || error_memory(q->err, "an outcome");
}

static bool conclude(struct question *q, const struct sets_answer *a, const char *by) {
    static const enum case_status status[] = {CASE_HOLDS, CASE_REFUTED, CASE_VACUOUS, CASE_UNKNOWN};
    bool is;
    q->o->status = status[a->verdict];
    q->o->seconds += a->seconds;
    if (!detail(q, "by", by) || (a->reason && !detail(q, "reason", a->reason))) return false;
    if (a->verdict == SETS_REFUTED) return counterexample(q, a) && tried_out(q, a, &is);
    if (!(q->o->core = memory_alloc((a->n_core + 1) * sizeof *q->o->core))) return error_memory(q->err, "a core");
    for (size_t i = 0; i < a->n_core; i++) q->o->core[q->o->n_core++] = a->core[i];
    q->o->minimal = a->minimal;
    return true;
}

static bool by_looking(struct question *q, struct sets_answer *a) {
    return sets_evaluate(&q->names, q->premise, q->t->n_premise, q->goal, q->arena, a, q->err);
}

/* Without MONA: what can be decided by looking or by trying all. */
static bool without(struct question *q) {
    struct sets_answer a;
    if (!by_looking(q, &a)) return false;
    if (a.verdict != SETS_UNKNOWN) return conclude(q, &a, "looking");
    if (!sets_try_all(&q->names, q->premise, q->t->n_premise, q->goal, q->arena, &a, q->err)) return false;
    if (a.verdict != SETS_UNKNOWN) return conclude(q, &a, "trying all");
    q->o->status = CASE_UNKNOWN, q->o->missing = "mona";
    return detail(q, "by", "mona") && detail(q, "reason", "mona is not installed");
}

static bool by_mona(struct question *q) {
    struct sets_answer a, looked;
    struct mona_limits limits = {.seconds = q->k->settings.seconds};
    if (!mona_decide(&q->names, q->premise, q->t->n_premise, q->goal, limits, q->arena, &a, q->err)) return false;
    if (!by_looking(q, &looked)) return false;
    bool both = a.verdict != SETS_UNKNOWN && looked.verdict != SETS_UNKNOWN;
    if (!both || a.verdict == looked.verdict) return conclude(q, &a, both ? "mona and looking" : "mona");
    q->o->status = CASE_ERROR;
    return detail(q, "by", "mona and looking") && detail(q, "reason", "they disagree: this is a fault of the program");
}

bool case_prove_sets(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                     struct case_outcome *o, struct error *err) {
    struct question q = {.k = k, .t = t, .arena = &w->arena, .o = o, .err = err};
    struct sets_answer a;
    bool clash;
    q.premise = arena_new(q.arena, const struct sets_formula *, t->n_premise + 1, err);
    if (!q.premise || !(q.goal = goal_of(&q))) return false;
    for (size_t i = 0; i < t->n_premise; i++) q.premise[i] = claim_at(k, t->premise[i]);
    if (!add_names(&q, &clash)) return false;
    if (clash) return true;
    if (k->c->nodes[t->node].reason == CASE_FINITE) return by_looking(&q, &a) && conclude(&q, &a, "looking");
    return k->mona ? by_mona(&q) : without(&q);
}
