/* A split of rules: our own engine, which says how and what is missing, and SWI-Prolog where it is installed; both must
 * agree. */
#include "formalize/case/case_theorem.h"
#include "solver/prolog.h"

#include <string.h>

struct question {
    struct case_checker *k;
    const struct case_theorem *t;
    struct arena *arena;
    struct horn_program program;
    struct case_outcome *o;
    bool *used;    /* by clause */
    bool no_proof; /* it is proved, but not by us: each clause may be needed */
    struct buffer answer, proof;
    struct error *err;
};

static bool detail(struct question *q, const char *name, const char *text) {
    return case_detail(q->o, name, text) || error_memory(q->err, "an outcome");
}

static bool decided(struct question *q, enum case_status status, const char *reason) {
    q->o->status = status;
    return !reason || detail(q, "reason", reason);
}

static const char *say(void *context, size_t clause) {
    const struct question *q = context;
    return q->k->c->nodes[q->t->premise[q->program.clause[clause].source].node].id;
}

static bool add_missing(struct question *q, const struct horn_answer *a) {
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_missing && list; i++) json_array_append_new(list, json_from_text(a->missing[i].goal));
    return (list && json_object_set_new(q->o->detail, "missing", list) == 0) || error_memory(q->err, "an outcome");
}

static void add_answer(struct question *q, const struct horn_clause *query, const struct horn_answer *a) {
    for (size_t i = 0; i < a->n_solutions && i < 10; i++)
        for (size_t v = 0; v < query->n_variables; v++) {
            if (text_starts(query->variable[v], TEXT("_"))) continue;
            if (q->answer.len) buffer_put_c(&q->answer, v ? ", " : "; ");
            buffer_put_text(&q->answer, query->variable[v]);
            buffer_put_c(&q->answer, " = ");
            buffer_put_text(&q->answer, a->solution[i].value[v]);
        }
    if (a->n_solutions > 10) buffer_put_c(&q->answer, "; ...");
    for (size_t g = 0; g < query->n_goals; g++) horn_put_proof(&q->proof, a->solution[0].proof[g], 0, say, q);
    for (size_t i = 0; i < q->program.n; i++) q->used[i] = q->used[i] || a->used[i];
}

static bool alone(struct question *q, const char *why) {
    const char *doubt = arena_printf(q->arena, q->err, "SWI-Prolog gave no verdict: %s", why);
    return doubt && detail(q, "doubt", doubt);
}

/* What both say of one line of the goal; *on: it is proved, and the next line may be asked. */
static bool weigh(struct question *q, const struct horn_clause *query, const struct horn_answer *ours,
                  const struct prolog_answer *theirs, bool *on) {
    const char *why = NULL;
    *on = false;
    if (theirs && !prolog_agrees(theirs, ours, q->arena, &why, q->err)) return false;
    if (why) return decided(q, CASE_ERROR, "SWI-Prolog and our own engine disagree: this is a fault of the program");
    /* One of them may reach a limit before the other, or crash. */
    if (theirs && theirs->verdict == HORN_UNKNOWN && ours->verdict != HORN_UNKNOWN)
        if (!detail(q, "by", "own engine") || !alone(q, theirs->reason)) return false;
    enum horn_verdict verdict = ours->verdict;
    const char *reason = ours->reason;
    if (verdict == HORN_UNKNOWN && theirs && theirs->verdict <= HORN_FAILED) {
        verdict = theirs->verdict;
    } else if (verdict == HORN_UNKNOWN && theirs && theirs->reason) {
        reason = arena_printf(q->arena, q->err, "%s (SWI-Prolog: %s)", ours->reason, theirs->reason);
        if (!reason) return false;
    }
    if (verdict == HORN_UNKNOWN) return decided(q, CASE_UNKNOWN, reason);
    if (verdict == HORN_ERROR) return decided(q, CASE_ERROR, reason);
    if (verdict == HORN_FAILED) return decided(q, CASE_REFUTED, NULL) && add_missing(q, ours);
    *on = true;
    if (ours->verdict == HORN_PROVED)
        add_answer(q, query, ours);
    else
        q->no_proof = true;
    return true;
}

static bool ask(struct question *q, struct text line, bool *on) {
    size_t column;
    struct horn_answer ours;
    struct prolog_answer theirs;
    struct error why = {0};
    const struct horn_clause *query = horn_query(q->arena, line, &column, q->err);
    if (!query) return false;
    if (!horn_solve(&q->program, query, (struct horn_limits){0}, q->arena, &ours, q->err)) return false;
    if (!q->k->swipl) return weigh(q, query, &ours, NULL, on);
    struct prolog_limits limits = {.seconds = q->k->settings.seconds};
    if (prolog_solve(&q->program, query, limits, q->arena, &theirs, &why)) return weigh(q, query, &ours, &theirs, on);
    /* It crashed or was not understood: what we have proved ourselves stays. */
    *on = false;
    return detail(q, "by", "own engine") && alone(q, why.message) && weigh(q, query, &ours, NULL, on);
}

static bool keep_core(struct question *q) {
    if (!(q->o->core = memory_alloc((q->program.n + 1) * sizeof *q->o->core))) return error_memory(q->err, "a core");
    for (size_t i = 0; i < q->program.n; i++)
        if (q->used[i] || q->no_proof) q->o->core[q->o->n_core++] = q->program.clause[i].source;
    q->o->minimal = false; /* one proof, not the smallest */
    return true;
}

static bool read_program(struct question *q) {
    horn_program_init(&q->program, q->arena);
    for (size_t i = 0; i < q->t->n_premise; i++) {
        size_t column;
        if (!horn_add(&q->program, case_line_at(q->k, q->t->premise[i])->text, i, &column, q->err)) return false;
    }
    return (q->used = arena_new(q->arena, bool, q->program.n + 1, q->err)) != NULL;
}

static bool prove(struct question *q) {
    bool on = true;
    struct error why = {0};
    if (!detail(q, "by", q->k->swipl ? "SWI-Prolog and own engine" : "own engine") || !read_program(q)) return false;
    if (!horn_check(&q->program, q->arena, &why))
        return why.kind == ERROR_DATA ? decided(q, CASE_ERROR, why.message)
                                      : error_set(q->err, why.kind, "%s", why.message);
    q->o->status = CASE_HOLDS;
    for (size_t i = 0; i < q->t->n_goal && on; i++)
        if (!ask(q, case_line_at(q->k, q->t->goal[i])->text, &on)) return false;
    if (q->o->status != CASE_HOLDS) return true;
    if (q->answer.len && !detail(q, "answer", q->answer.at)) return false;
    return (!q->proof.len || detail(q, "proof", q->proof.at)) && keep_core(q);
}

bool case_prove_rules(struct case_checker *k, const struct case_theorem *t, struct case_worker *w,
                      struct case_outcome *o, struct error *err) {
    struct question q = {.k = k, .t = t, .arena = &w->arena, .o = o, .err = err};
    buffer_init(&q.answer, (size_t)1 << 20), buffer_init(&q.proof, (size_t)1 << 22);
    bool ok = prove(&q);
    buffer_done(&q.answer), buffer_done(&q.proof);
    return ok;
}
