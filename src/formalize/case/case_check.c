/* A checker and its updates: read, ask what is new, roll up. See case_check.h. */
#include "formalize/case/case_theorem.h"
#include "solver/mona.h"
#include "solver/prolog.h"

#include <math.h>
#include <string.h>

const char *case_status_name(enum case_status status) {
    static const char *const names[] = {"holds", "refuted", "vacuous", "unknown", "error", "skipped"};
    return names[status];
}

const char *case_support_name(enum case_support support) {
    static const char *const names[] = {"yes", "open", "no"};
    return names[support];
}

struct case_checker *case_checker_new(const struct case_check_settings *settings, struct error *err) {
    struct case_checker *k = memory_zeroed(1, sizeof *k);
    size_t workers = pool_threads(settings->pool);
    if (!k || !(k->worker = memory_zeroed(workers, sizeof *k->worker))) {
        memory_free(k);
        error_memory(err, "a checker of cases");
        return NULL;
    }
    k->settings = *settings;
    k->n_workers = workers;
    arena_init(&k->kept, (size_t)4 << 30);
    arena_init(&k->now, (size_t)4 << 30);
    for (size_t i = 0; i < workers; i++) arena_init(&k->worker[i].arena, (size_t)2 << 30);
    if (settings->node && !(k->settings.node = k->node = text_copy(&k->kept, text_of(settings->node), err))) {
        case_checker_free(k);
        return NULL;
    }
    return k;
}

void case_checker_free(struct case_checker *k) {
    if (!k) return;
    for (size_t i = 0; i < k->n_workers; i++) {
        smt_free(k->worker[i].smt);
        arena_done(&k->worker[i].arena);
    }
    if (k->outcome) case_outcomes_forget(k, true);
    memory_free(k->outcome), memory_free(k->line), memory_free(k->worker);
    arena_done(&k->kept), arena_done(&k->now);
    memory_free(k);
}

/* ---- what is looked at ---- */

static bool find_root(struct case_checker *k) {
    k->report.root = k->c->root;
    for (size_t i = 0; k->node && i < k->c->n_nodes; i++)
        if (strcmp(k->c->nodes[i].id, k->node) == 0) {
            k->report.root = i;
            return true;
        }
    return !k->node || error_set(k->err, ERROR_USAGE, "the case has no node '%s'", k->node);
}

/* Everything below the root; a list of what is still to be looked through instead of a recursion: cases may be deep. */
static bool look_below(struct case_checker *k) {
    size_t *todo = arena_new(&k->now, size_t, k->c->n_nodes + 1, k->err), n = 0;
    k->report.nodes = arena_new(&k->now, struct case_node_result, k->c->n_nodes + 1, k->err);
    if (!todo || !k->report.nodes) return false;
    for (size_t i = 0; i < k->c->n_nodes; i++)
        k->report.nodes[i] = (struct case_node_result){.status = CASE_SKIPPED, .belief = NAN, .disbelief = NAN};
    todo[n++] = k->report.root;
    k->report.nodes[k->report.root].looked_at = true;
    while (n > 0) {
        const struct case_node *node = &k->c->nodes[todo[--n]];
        for (size_t i = 0; i < node->n_supported_by; i++) {
            struct case_node_result *r = &k->report.nodes[node->supported_by[i]];
            if (!r->looked_at) todo[n++] = node->supported_by[i];
            r->looked_at = true;
        }
    }
    return true;
}

/* ---- asking ---- */

struct asking {
    struct case_checker *k;
    struct case_theorem **theorem;
    size_t n;
    struct error *err; /* by worker */
};

static bool prove(struct case_checker *k, const struct case_theorem *t, struct case_worker *w, struct error *err) {
    switch (t->language) {
    case CASE_SETS_LINES:
        return case_prove_sets(k, t, w, t->outcome, err);
    case CASE_RULES:
        return case_prove_rules(k, t, w, t->outcome, err);
    default:
        return case_prove_formulas(k, t, w, t->outcome, err);
    }
}

static void ask_one(void *context, size_t part, size_t worker) {
    struct asking *a = context;
    struct case_worker *w = &a->k->worker[worker];
    if (a->err[worker].kind != ERROR_NONE) return;
    if (!prove(a->k, a->theorem[part], w, &a->err[worker]) && a->err[worker].kind == ERROR_NONE)
        error_memory(&a->err[worker], "a theorem");
    arena_reset(&w->arena);
}

/* Is the program there? Asked once, and only when a split needs it. */
static void look_for_programs(struct case_checker *k, const struct asking *a) {
    char version[32];
    for (size_t i = 0; i < a->n; i++) {
        bool rules = a->theorem[i]->language == CASE_RULES;
        bool sets = k->c->nodes[a->theorem[i]->node].reason == CASE_SETS;
        if (rules && !k->swipl_known) k->swipl = prolog_version(version), k->swipl_known = true;
        if (sets && !k->mona_known) k->mona = mona_there(), k->mona_known = true;
    }
}

static bool ask(struct case_checker *k, struct asking *a) {
    a->k = k;
    if (a->n == 0) return true;
    if (!(a->err = arena_new(&k->now, struct error, k->n_workers, k->err))) return false;
    look_for_programs(k, a);
    if (a->n == 1)
        ask_one(a, 0, 0);
    else
        pool_run(k->settings.pool, a->n, ask_one, a);
    for (size_t i = 0; i < k->n_workers; i++)
        if (a->err[i].kind != ERROR_NONE) return error_set(k->err, a->err[i].kind, "%s", a->err[i].message);
    for (size_t i = 0; i < a->n; i++) {
        k->report.seconds += a->theorem[i]->outcome->seconds;
        k->report.solved++;
    }
    return true;
}

static struct case_outcome *outcome_new(struct case_checker *k, const char *key) {
    struct case_outcome *o = memory_zeroed(1, sizeof *o);
    if (o && (o->detail = json_object())) {
        memcpy(o->key, key, HASH_HEX);
        o->status = CASE_UNKNOWN;
        return o;
    }
    memory_free(o);
    error_memory(k->err, "an outcome");
    return NULL;
}

static bool any_fault(const struct case_checker *k) {
    for (size_t i = 0; i < k->n_theorems; i++)
        if (k->theorem[i]->fault) return true;
    return false;
}

/* Takes what an earlier update has found, or puts the theorem on the list. Two alike are asked once. */
static bool take_or_list(struct case_checker *k, struct case_theorem *t, struct asking *a) {
    char key[HASH_HEX];
    if (!case_theorem_key(k, t, key)) return false;
    t->outcome = case_outcome_find(k, key);
    if (!t->outcome) {
        if (!(t->outcome = outcome_new(k, key))) return false;
        if (!case_outcome_add(k, t->outcome)) {
            case_outcome_free(t->outcome);
            return false;
        }
        a->theorem[a->n++] = t;
        if (k->plain && t->language == CASE_FORMULAS && !case_infer(k, t)) return false;
    }
    t->outcome->used = k->update;
    return true;
}

static bool ask_all(struct case_checker *k) {
    struct asking a = {.theorem = arena_new(&k->now, struct case_theorem *, k->n_theorems + 1, k->err)};
    bool refuse = k->settings.refuse_errors && any_fault(k);
    if (!a.theorem) return false;
    for (size_t i = 0; i < k->n_theorems; i++) {
        struct case_theorem *t = k->theorem[i];
        if (t->fault) continue;
        if (refuse)
            t->not_asked = "not asked, because another formula of the case is wrong";
        else if (!take_or_list(k, t, &a))
            return false;
    }
    if (ask(k, &a)) return true;
    case_outcomes_forget(k, true); /* some of them are half done */
    return false;
}

/* ---- an update ---- */

static bool update(struct case_checker *k) {
    return find_root(k) && look_below(k) && case_make_theorems(k) && case_read_lines(k) && case_sorts_key(k) &&
           ask_all(k) && case_believe(k) && case_roll_up(k);
}

const struct case_report *case_checker_update(struct case_checker *k, const struct assurance_case *c,
                                              struct error *err) {
    struct error own = {0};
    k->err = &own;
    k->c = c;
    k->update++;
    arena_reset(&k->now);
    k->report = (struct case_report){.c = c};
    bool ok = update(k);
    if (ok) k->report.theorems = k->n_theorems;
    if (ok && k->n_outcomes > 2 * k->n_theorems + 1000) case_outcomes_forget(k, false);
    k->err = NULL;
    if (ok) return &k->report;
    error_set(err, own.kind, "%s", own.message);
    return NULL;
}

const json_t *case_theorem_detail(const struct case_theorem *t) {
    return t->outcome ? t->outcome->detail : NULL;
}

enum case_status case_theorem_status(const struct case_theorem *t) {
    return t->fault ? CASE_ERROR : t->outcome ? t->outcome->status : CASE_SKIPPED;
}

size_t case_theorem_branch(const struct case_theorem *t) {
    return t->branch;
}
