/* RS(c), its parts, by kind of question, and thresholds on a signal: see sql_figures.h. */
#include "measure/score/sql_figures.h"

#include "measure/statistics/statistics.h"
#include "record/figure.h"
#include "verify/sql_shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 1000, GROUPS_MOST = 64, KINDS = 5, MOST = 4096 };

struct putting {
    const struct sql_cases *cases;
    const struct sql_figure_settings *s;
    struct arena *arena;
    struct figure *out;
    size_t n;
};

bool sql_costs_read(struct text list, struct sql_costs *out, struct arena *arena, struct error *err) {
    struct text one;
    *out = (struct sql_costs){.n = 0};
    while (text_next(&list, ':', &one)) {
        double c = NAN;
        bool is_n = text_equal_c(one, "N");
        if (out->n == SQL_COSTS_MOST || (!is_n && !(text_to_f64(one, &c) && c >= 0 && isfinite(c))))
            return error_set(err, ERROR_USAGE, "sql: c: expected at most %d numbers from 0, or N, as in 0:1:10:N",
                             SQL_COSTS_MOST);
        out->c[out->n] = c;
        if (!(out->name[out->n] = arena_printf(arena, err, "reliability,c=%.*s", TEXT_ARG(one)))) return false;
        out->n++;
    }
    return out->n > 0 || error_set(err, ERROR_USAGE, "sql: c: expected a number, as in 10");
}

/* ---- one figure */

static struct figure *put(struct putting *p, const char *name, const char *group, double value, uint64_t n,
                          const char *unit, const char *direction) {
    struct figure *f = &p->out[p->n < MOST - 1 ? p->n++ : p->n];
    *f = figure_new(name, group, value, n);
    f->unit = unit, f->direction = direction, f->scorer = "sql";
    return f;
}

/* A share; its interval is made where all shares get theirs. */
static void put_share(struct putting *p, const char *name, const char *group, uint64_t k, uint64_t n,
                      const char *direction) {
    struct figure *f = put(p, name, group, n ? (double)k / (double)n : NAN, n, "share", direction);
    f->method = "wilson";
    f->k = n ? (int64_t)k : -1;
    if (!n) f->null_reason = "no such questions";
}

/* ---- RS(c) */

static struct reliability of_kinds(const uint32_t *times) {
    return (struct reliability){times[0], times[1], times[2], times[3], times[4]};
}

static double score_of_kinds(void *context, const uint32_t *times, size_t n) {
    struct reliability r = of_kinds(times);
    (void)n;
    return reliability_score(&r, *(double *)context);
}

static bool put_scores(struct putting *p, const char *group, const struct reliability *r, struct error *err) {
    uint64_t n = reliability_n(r);
    const uint32_t times[KINDS] = {(uint32_t)r->right, (uint32_t)r->missed, (uint32_t)r->wrong, (uint32_t)r->silent,
                                   (uint32_t)r->falsely};
    for (size_t i = 0; i < p->s->costs.n; i++) {
        double c = isnan(p->s->costs.c[i]) ? (double)p->cases->n_cases : p->s->costs.c[i];
        struct interval ci;
        if (!stat_bootstrap_kinds(times, KINDS, score_of_kinds, &c, RESAMPLES,
                                  stat_expanded_confidence(p->s->confidence, n), p->s->seed, "sql/reliability", &ci,
                                  err))
            return false;
        struct figure *f = put(p, p->s->costs.name[i], group, reliability_score(r, c), n, "points", "up");
        f->lo = ci.lo;
        f->hi = ci.hi;
        if (!(f->method = arena_printf(p->arena, err, "bootstrap,B=%d", RESAMPLES))) return false;
    }
    put(p, "harmful", group, (double)reliability_harmful(r), n, "count", "down");
    return true;
}

static void put_parts(struct putting *p, const struct reliability *r) {
    uint64_t n = reliability_n(r), feasible = r->right + r->missed + r->wrong, infeasible = r->silent + r->falsely;
    put_share(p, "harmful_rate", "", reliability_harmful(r), n, "down");
    put_share(p, "coverage", "", reliability_answered(r), n, "none");
    put_share(p, "answer_precision", "", r->right, reliability_answered(r), "up");
    put_share(p, "false_refusal", "", r->missed, feasible, "down");
    put_share(p, "miss_rate", "", r->falsely, infeasible, "down");
    put_share(p, "infeasible", "", infeasible, n, "none");
    struct figure *f = put(p, "break_even", "", reliability_break_even(r), n, "penalty", "up");
    if (isinf(f->value)) f->value = NAN, f->null_reason = "no harmful answer";
    f = put(p, "useful_until", "", reliability_useful_until(r), n, "penalty", "up");
    if (isinf(f->value)) f->value = NAN, f->null_reason = "no harmful answer";
}

static void put_flags(struct putting *p) {
    uint64_t right = 0, empty = 0, lucky = 0, answered = 0, none = 0, refused = 0;
    for (size_t i = 0; i < p->cases->n_cases; i++) {
        const struct sql_judgement *j = &p->cases->cases[i].judged;
        right += j->verdict == SQL_RIGHT;
        empty += j->empty;
        lucky += j->lucky;
        answered += j->answered && j->feasible;
        none += j->verdict == SQL_NO_RESULT;
        refused += j->verdict == SQL_NO_RESULT && j->state == SQL_REFUSED;
    }
    put_share(p, "no_result", "", none, answered, "down");
    put_share(p, "refused_sql", "", refused, answered, "down");
    put_share(p, "right_by_emptiness", "", empty, right, "none");
    if (p->s->luck) put_share(p, "luck_rate", "", lucky, right, "down");
}

/* ---- groups */

struct group {
    const char *name;
    struct reliability r;
};

static struct group *group_of(struct group *all, size_t *n, const char *name) {
    for (size_t i = 0; i < *n; i++)
        if (strcmp(all[i].name, name) == 0) return &all[i];
    if (*n == GROUPS_MOST) return NULL;
    all[*n] = (struct group){.name = name};
    return &all[(*n)++];
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

/* feasible=yes, type=seen-sql:easy, hardness=easy: each case is in up to three. */
static bool names_of(struct putting *p, const struct sql_case *c, const char *out[3], struct error *err) {
    const struct sql_question *q = c->question;
    out[0] = c->judged.feasible ? "feasible=yes" : "feasible=no";
    out[1] = out[2] = NULL;
    if (q->type.len && !(out[1] = arena_printf(p->arena, err, "type=%.*s:%.*s", TEXT_ARG(q->type), TEXT_ARG(q->note))))
        return false;
    if (c->judged.feasible)
        out[2] = arena_printf(p->arena, err, "hardness=%s", sql_hardness_names[c->judged.reference.hardness]);
    return !c->judged.feasible || out[2];
}

static bool put_groups(struct putting *p, struct error *err) {
    struct group *all = arena_new(p->arena, struct group, GROUPS_MOST, err);
    size_t n = 0;
    if (!all) return false;
    for (size_t i = 0; i < p->cases->n_cases; i++) {
        const char *names[3];
        if (!names_of(p, &p->cases->cases[i], names, err)) return false;
        for (size_t k = 0; k < 3; k++) {
            struct group *g = names[k] ? group_of(all, &n, names[k]) : NULL;
            if (g) sql_count(&g->r, &p->cases->cases[i].judged, false);
        }
    }
    qsort(all, n, sizeof *all, by_name);
    for (size_t i = 0; i < n; i++)
        if (!put_scores(p, all[i].name, &all[i].r, err)) return false;
    return true;
}

/* ---- thresholds */

static double signal_of(const struct sql_case *c, enum sql_signal which) {
    switch (which) {
    case SQL_SIGNAL_FIELD:
        return c->signal;
    case SQL_SIGNAL_TEXT:
        return c->signals.text_share;
    case SQL_SIGNAL_RESULT:
        return c->signals.result_share;
    case SQL_SIGNAL_PREPARES:
        return c->signals.prepares;
    default:
        return NAN;
    }
}

/* Those of the split (or of all others), as cases of an answer that may be given or not. What was silent already stays
 * so: it has no signal. */
static struct reliability_case *tuning_cases(struct putting *p, bool valid, size_t *n, struct error *err) {
    struct reliability_case *out = arena_new(p->arena, struct reliability_case, p->cases->n_cases + 1, err);
    *n = 0;
    for (size_t i = 0; out && i < p->cases->n_cases; i++) {
        const struct sql_case *c = &p->cases->cases[i];
        if (text_equal_c(c->question->split, "valid") != valid) continue;
        out[(*n)++] = (struct reliability_case){.signal = c->judged.answered ? signal_of(c, p->s->signal) : NAN,
                                                .right = c->judged.verdict == SQL_RIGHT,
                                                .infeasible = !c->judged.feasible};
    }
    return out;
}

/* The cut that was found, and what it comes to on the rows that it was not chosen on. */
static bool put_cut(struct putting *p, const char *what, size_t cost, const struct reliability_cut *cut, double c,
                    const struct reliability_case *test, size_t n, const char *where, struct error *err) {
    struct reliability_cut on_test;
    const char *name = p->s->costs.name[cost] + sizeof "reliability," - 1;
    const char *threshold = arena_printf(p->arena, err, "%s_cut,%s", what, name);
    const char *score = arena_printf(p->arena, err, "%s_reliability,%s", what, name);
    const char *covered = arena_printf(p->arena, err, "%s_coverage,%s", what, name);
    const char *harmed = arena_printf(p->arena, err, "%s_harmful,%s", what, name);
    if (!threshold || !score || !covered || !harmed) return false;
    struct figure *f = put(p, threshold, "", isinf(cut->at) ? NAN : cut->at, n, "signal", "none");
    if (isinf(cut->at)) f->null_reason = "never to answer is best";
    if (!reliability_at_cut(test, n, c, cut->at, &on_test)) return true;
    put(p, score, where, on_test.score, n, "points", "up");
    put_share(p, covered, where, on_test.answered, n, "none");
    put(p, harmed, where, (double)on_test.harmful, n, "count", "down");
    return true;
}

static bool put_tuned(struct putting *p, struct error *err) {
    size_t n_valid, n_test;
    double auroc, area;
    struct reliability_case *valid = tuning_cases(p, true, &n_valid, err), *test = tuning_cases(p, false, &n_test, err);
    if (!valid || !test) return false;
    const char *where = n_valid ? "on=test" : "on=the rows it was chosen on";
    if (!n_valid) valid = test, n_valid = n_test;
    if (!n_test) test = valid, n_test = n_valid;
    if (!reliability_auroc(test, n_test, &auroc, err) || !reliability_risk_area(test, n_test, &area, err)) return false;
    struct figure *f = put(p, "signal_auroc", "", auroc, n_test, "share", "up");
    if (isnan(auroc)) f->null_reason = "not both right and harmful answers with a signal";
    put(p, "risk_area", "", area, n_test, "share", "down");
    for (size_t i = 0; i < p->s->costs.n; i++) {
        double c = isnan(p->s->costs.c[i]) ? (double)n_test : p->s->costs.c[i];
        struct reliability_cut best, safe;
        if (!reliability_best_cut(valid, n_valid, c, &best, err) ||
            !reliability_safe_cut(valid, n_valid, p->s->alpha, 0.95, c, &safe, err) ||
            !put_cut(p, "best", i, &best, c, test, n_test, where, err) ||
            !put_cut(p, "safe", i, &safe, c, test, n_test, where, err))
            return false;
    }
    return true;
}

bool sql_figures(const struct sql_cases *cases, const struct sql_figure_settings *settings, struct arena *arena,
                 struct figure **out, size_t *n, struct error *err) {
    struct putting p = {cases, settings, arena, arena_new(arena, struct figure, MOST, err), 0};
    struct reliability all = {0}, sure = {0};
    if (!p.out) return false;
    for (size_t i = 0; i < cases->n_cases; i++) {
        sql_count(&all, &cases->cases[i].judged, false);
        sql_count(&sure, &cases->cases[i].judged, true);
    }
    if (!put_scores(&p, "", &all, err)) return false;
    put_parts(&p, &all);
    put_flags(&p);
    put_share(&p, "unanswered", "", cases->unanswered, cases->n_cases, "none");
    if (settings->luck && !put_scores(&p, "luck=counted as wrong", &sure, err)) return false;
    if (!put_groups(&p, err) || (settings->signal != SQL_SIGNAL_NONE && !put_tuned(&p, err))) return false;
    *out = p.out;
    *n = p.n;
    return true;
}
