/* Judging gate expressions: see gate.h. */
#include "measure/figure/gate_internal.h"

#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

enum { FINDINGS_MOST = 100000 };

const char *const gate_verdict_names[] = {
    [GATE_VIOLATED] = "violated", [GATE_UNDECIDED] = "undecided", [GATE_MET] = "met"};

struct judge {
    const struct gate_figures *figures;
    struct arena *arena;
    struct gate_finding *findings;
    size_t n, capacity;
};

/* ---- one comparison */

static bool is_share_of(double value, double share) {
    return fabs(value - share) <= 1e-12;
}

/* Of independent items; what else the method says (detector unmeasured) changes nothing. */
static bool is_plain_wilson(struct text method) {
    return text_equal_c(method, "wilson") || text_starts(method, TEXT("wilson,detector"));
}

/* Exact where the figure is a share of independent items; of what is not there (1 - k / n) turned round. */
struct interval gate_interval(const struct figure *f, double confidence, const char **method) {
    struct interval x = {f->value, f->lo, f->hi};
    *method = f->method;
    if (f->k < 0 || f->n == 0 || !is_plain_wilson(text_of(f->method))) return x;
    double share = (double)f->k / (double)f->n;
    struct interval exact = stat_clopper_pearson((uint64_t)f->k, f->n, confidence);
    if (is_share_of(f->value, share))
        x = (struct interval){f->value, exact.lo, exact.hi};
    else if (is_share_of(f->value, 1 - share))
        x = (struct interval){f->value, 1 - exact.hi, 1 - exact.lo};
    else
        return x;
    *method = "clopper-pearson";
    return x;
}

static enum gate_verdict verdict_of(struct interval x, enum gate_operator operator, double bound) {
    bool met = false, violated = false;
    switch (operator) {
    case GATE_AT_LEAST:
        met = x.lo >= bound, violated = x.hi < bound;
        break;
    case GATE_AT_MOST:
        met = x.hi <= bound, violated = x.lo > bound;
        break;
    case GATE_ABOVE:
        met = x.lo > bound, violated = x.hi <= bound;
        break;
    case GATE_BELOW:
        met = x.hi < bound, violated = x.lo >= bound;
        break;
    case GATE_EQUAL:
        met = x.lo == bound && x.hi == bound, violated = x.lo > bound || x.hi < bound;
        break;
    case GATE_UNEQUAL:
        met = x.lo > bound || x.hi < bound, violated = x.lo == bound && x.hi == bound;
        break;
    }
    return met ? GATE_MET : violated ? GATE_VIOLATED : GATE_UNDECIDED;
}

static enum gate_operator turned(enum gate_operator operator) {
    switch (operator) {
    case GATE_AT_LEAST:
        return GATE_AT_MOST;
    case GATE_AT_MOST:
        return GATE_AT_LEAST;
    case GATE_ABOVE:
        return GATE_BELOW;
    case GATE_BELOW:
        return GATE_ABOVE;
    default:
        return operator;
    }
}

static const char *what_of(const struct gate_operand *o, const struct figure *f, struct arena *arena,
                           struct error *err) {
    return arena_printf(arena, err, "%s%s%s of %s%s%s", o->difference ? "d(" : "", f->name, o->difference ? ")" : "",
                        f->task[0] ? f->task : "all tasks", f->group[0] ? ", " : "", f->group);
}

static struct gate_finding *add(struct judge *j, const struct gate_node *node, struct error *err) {
    if (j->n == j->capacity) {
        size_t wanted = 2 * j->capacity + 8;
        struct gate_finding *grown =
            wanted < FINDINGS_MOST ? arena_new(j->arena, struct gate_finding, wanted, err) : NULL;
        if (!grown) return error_set(err, ERROR_USAGE, "gate: more than %d comparisons", FINDINGS_MOST / 2), NULL;
        if (j->n) memcpy(grown, j->findings, j->n * sizeof *grown);
        j->findings = grown;
        j->capacity = wanted;
    }
    j->findings[j->n] = (struct gate_finding){.condition = text_copy(j->arena, text_of(node->text), err)};
    return j->findings[j->n].condition ? &j->findings[j->n++] : NULL;
}

static void decide(struct gate_finding *out, struct interval x, enum gate_operator operator, double bound,
                   const char *null_reason) {
    out->value = x.estimate;
    out->lo = x.lo;
    out->hi = x.hi;
    bool known = !isnan(x.lo) && !isnan(x.hi);
    out->verdict = known ? verdict_of(x, operator, bound) : GATE_UNDECIDED;
    if (!known) out->why = null_reason ? null_reason : "it has no interval";
}

/* A figure against a number. */
static bool judge_bound(struct judge *j, const struct gate_node *node, const struct gate_operand *o,
                        const struct figure *f, enum gate_operator operator, double bound, enum gate_verdict *verdict,
                        struct error *err) {
    const char *method;
    struct gate_finding *out = add(j, node, err);
    if (!out || !(out->what = what_of(o, f, j->arena, err))) return false;
    struct interval x = gate_interval(f, j->figures->confidence, &method);
    out->n = f->n;
    if (!(out->method = text_copy(j->arena, text_of(method), err))) return false;
    const char *reason = f->null_reason ? text_copy(j->arena, text_of(f->null_reason), err) : NULL;
    if (f->null_reason && !reason) return false;
    decide(out, x, operator, bound, reason);
    *verdict = out->verdict;
    return true;
}

/* A figure against another one: their difference against 0. */
static bool judge_pair(struct judge *j, const struct gate_node *node, const struct figure *f, const struct figure *g,
                       enum gate_verdict *verdict, struct error *err) {
    const char *methods[2];
    struct gate_finding *out = add(j, node, err);
    const char *one = out ? what_of(&node->a, f, j->arena, err) : NULL;
    const char *other = one ? what_of(&node->b, g, j->arena, err) : NULL;
    if (!other || !(out->what = arena_printf(j->arena, err, "%s less %s", one, other))) return false;
    struct interval x = gate_interval(f, j->figures->confidence, &methods[0]);
    struct interval y = gate_interval(g, j->figures->confidence, &methods[1]);
    out->n = f->n < g->n ? f->n : g->n;
    out->method = "mover";
    decide(out, stat_mover_difference(x, y), node->operator, 0, "one of them has no interval");
    *verdict = out->verdict;
    return true;
}

static enum gate_verdict worse(enum gate_verdict a, enum gate_verdict b) {
    return a < b ? a : b;
}

static const struct figure *of_same_task(const struct figure *f, const struct figure *const *others, size_t n) {
    if (n == 1) return others[0];
    for (size_t i = 0; i < n; i++)
        if (strcmp(others[i]->task, f->task) == 0) return others[i];
    return NULL;
}

static bool judge_figures(struct judge *j, const struct gate_node *node, enum gate_verdict *verdict,
                          struct error *err) {
    const struct figure **a, **b;
    size_t n_a, n_b;
    if (!gate_find(&node->a, j->figures, j->arena, &a, &n_a, err) ||
        !gate_find(&node->b, j->figures, j->arena, &b, &n_b, err))
        return false;
    *verdict = GATE_MET;
    for (size_t i = 0; i < (n_a > 1 ? n_a : n_b); i++) {
        enum gate_verdict one = GATE_UNDECIDED;
        const struct figure *f = n_a > 1 ? a[i] : a[0], *g = n_a > 1 ? of_same_task(f, b, n_b) : b[i];
        if (!g)
            return error_set(err, ERROR_USAGE,
                             "gate: column %zu: '%.*s' is not measured of task '%s'; name the task of both",
                             node->b.column, TEXT_ARG(node->b.name), f->task);
        if (!judge_pair(j, node, f, g, &one, err)) return false;
        *verdict = worse(*verdict, one);
    }
    return true;
}

static bool judge_comparison(struct judge *j, const struct gate_node *node, enum gate_verdict *verdict,
                             struct error *err) {
    const struct gate_operand *o = node->a.is_number ? &node->b : &node->a;
    enum gate_operator operator= node->a.is_number ? turned(node->operator) : node->operator;
    double bound = node->a.is_number ? node->a.number : node->b.number;
    const struct figure **found;
    size_t n;
    if (!node->a.is_number && !node->b.is_number) return judge_figures(j, node, verdict, err);
    if (!gate_find(o, j->figures, j->arena, &found, &n, err)) return false;
    *verdict = GATE_MET;
    for (size_t i = 0; i < n; i++) {
        enum gate_verdict one = GATE_UNDECIDED;
        if (!judge_bound(j, node, o, found[i], operator, bound, &one, err)) return false;
        *verdict = worse(*verdict, one);
    }
    return true;
}

/* ---- expressions */

static bool judge_node(struct judge *j, const struct gate_node *node, enum gate_verdict *verdict, struct error *err) {
    enum gate_verdict left = GATE_UNDECIDED, right = GATE_UNDECIDED;
    if (node->kind == GATE_COMPARISON) return judge_comparison(j, node, verdict, err);
    if (!judge_node(j, node->left, &left, err) || (node->right && !judge_node(j, node->right, &right, err)))
        return false;
    switch (node->kind) {
    case GATE_AND:
        *verdict = worse(left, right);
        break;
    case GATE_OR:
        *verdict = left > right ? left : right;
        break;
    default:
        *verdict = left == GATE_MET ? GATE_VIOLATED : left == GATE_VIOLATED ? GATE_MET : GATE_UNDECIDED;
        break;
    }
    return true;
}

bool gate_judge(const struct gate *gate, const struct gate_figures *figures, struct arena *arena,
                struct gate_result *result, struct error *err) {
    struct judge j = {.figures = figures, .arena = arena};
    *result = (struct gate_result){.verdict = GATE_UNDECIDED};
    if (!judge_node(&j, gate->root, &result->verdict, err)) return false;
    result->findings = j.findings;
    result->n = j.n;
    return true;
}

bool gate_join(struct gate_result *all, const struct gate_result *more, struct arena *arena, struct error *err) {
    struct gate_finding *both = arena_new(arena, struct gate_finding, all->n + more->n, err);
    if (!both) return false;
    if (all->n) memcpy(both, all->findings, all->n * sizeof *both);
    if (more->n) memcpy(both + all->n, more->findings, more->n * sizeof *both);
    all->verdict = all->n ? worse(all->verdict, more->verdict) : more->verdict;
    all->findings = both;
    all->n += more->n;
    return true;
}

bool gate_put_finding(struct buffer *out, const struct gate_finding *f) {
    buffer_printf(out, "%s", f->what);
    if (isnan(f->value))
        buffer_put_c(out, " is not known");
    else
        buffer_printf(out, " is %.4g", f->value);
    if (!isnan(f->lo)) buffer_printf(out, " (%.4g to %.4g", f->lo, f->hi);
    buffer_printf(out, "%sn = %llu)", isnan(f->lo) ? " (" : ", ", (unsigned long long)f->n);
    return f->why ? buffer_printf(out, ": %s, %s", gate_verdict_names[f->verdict], f->why)
                  : buffer_printf(out, ": %s", gate_verdict_names[f->verdict]);
}

bool gate_pass(const struct gate_result *result, bool allow_undecided, struct error *err) {
    if (result->verdict == GATE_MET || (result->verdict == GATE_UNDECIDED && allow_undecided)) return true;
    struct buffer b;
    size_t missed = 0;
    buffer_init(&b, 800);
    for (size_t i = 0; i < result->n; i++) missed += result->findings[i].verdict != GATE_MET;
    for (size_t i = 0, shown = 0; i < result->n && shown < 2; i++) { /* under "not" a met one may be at fault */
        if (missed && result->findings[i].verdict == GATE_MET) continue;
        buffer_printf(&b, "%s%s: ", shown++ ? "; " : "", result->findings[i].condition);
        gate_put_finding(&b, &result->findings[i]);
    }
    bool undecided = result->verdict == GATE_UNDECIDED;
    error_set(err, ERROR_GATE, "gate %s: %s%s", gate_verdict_names[result->verdict], b.at ? b.at : "",
              undecided ? "; ask more items, or let --allow-undecided pass it" : "");
    buffer_done(&b);
    return false;
}
