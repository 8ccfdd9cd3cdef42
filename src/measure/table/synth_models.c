/* What can be learnt from a synthetic table, and whom it serves: utility and fairness of learners trained on it and
 * tested on real rows. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include <math.h>
#include <stdlib.h>

enum { PART_BYTES = 1 << 30 };

/* ---- training: one part a learner ---- */

struct training {
    struct synth_case *c;
    struct synth_points features;
    double *y;
    bool both; /* are both classes there? */
    struct error error[LEARNERS];
    bool ok[LEARNERS];
};

static bool train_one(struct training *t, size_t l, struct arena *arena, struct error *err) {
    struct synth_case *c = t->c;
    struct synth_model *m = &c->model[l];
    void *model = NULL;
    if (!t->both) { /* a table of one class teaches that class */
        for (size_t r = 0; r < c->fold->test.rows; r++) m->share[r] = t->y[0];
        return synth_attack(c, NULL, NULL, m, arena, err);
    }
    return learners[l]->train(&t->features, t->y, c->seed, arena, &model, err) &&
           learners[l]->ask(model, &c->fold->test_features, m->share, arena, err) &&
           synth_attack(c, learners[l], model, m, arena, err);
}

static void train_part(void *context, size_t l, size_t worker) {
    struct training *t = context;
    struct arena arena;
    (void)worker;
    arena_init(&arena, PART_BYTES);
    t->ok[l] = train_one(t, l, &arena, &t->error[l]);
    arena_done(&arena);
}

bool synth_models_train(struct synth_case *c, struct error *err) {
    const struct synth_fold *f = c->fold;
    struct training t = {.c = c, .y = arena_new(c->arena, double, c->table.rows, err)};
    size_t ones = 0;
    if (!t.y || !synth_points_of(&f->features, c->table.x, c->table.rows, c->arena, &t.features, err)) return false;
    synth_target_of(f, &c->table, t.y);
    for (size_t r = 0; r < c->table.rows; r++) ones += t.y[r] > 0;
    t.both = ones > 0 && ones < c->table.rows;
    for (size_t l = 0; l < LEARNERS; l++) {
        c->model[l] = (struct synth_model){.share = arena_new(c->arena, double, f->test.rows, err)};
        if (!c->model[l].share) return false;
    }
    pool_run(c->pool, LEARNERS, train_part, &t);
    for (size_t l = 0; l < LEARNERS; l++)
        if (!t.ok[l]) {
            *err = t.error[l];
            return error_wrap(err, "%s", learners[l]->name);
        }
    return true;
}

/* ---- utility ---- */

struct counts {
    double right, ones, ones_right, zeros_right, n;
};

static struct counts count(const struct synth_case *c, size_t learner) {
    const struct synth_fold *f = c->fold;
    struct counts k = {.n = (double)f->test.rows};
    for (size_t r = 0; r < f->test.rows; r++) {
        bool says = learner_says(c->model[learner].share[r]), one = f->test_y[r] > 0;
        k.right += says == one;
        k.ones += one;
        k.ones_right += one && says;
        k.zeros_right += !one && !says;
    }
    return k;
}

bool synth_accuracy(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)groups, (void)err;
    *out = stat_wilson((uint64_t)count(c, learner).right, c->fold->test.rows, c->confidence);
    return true;
}

bool synth_balanced(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)groups, (void)err;
    struct counts k = count(c, learner);
    *out = synth_plain((k.ones_right / k.ones + k.zeros_right / (k.n - k.ones)) / 2);
    return true;
}

/* 2 TP / (2 TP + FP + FN); nothing found: 0. */
static double f1_of(double found, double missed, double alarms) {
    return found > 0 ? 2 * found / (2 * found + missed + alarms) : 0;
}

bool synth_f1(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)groups, (void)err;
    struct counts k = count(c, learner);
    double zeros = k.n - k.ones, ones_missed = k.ones - k.ones_right, zeros_missed = zeros - k.zeros_right;
    *out = synth_plain(c->fold->rare_is_one ? f1_of(k.ones_right, ones_missed, zeros_missed)
                                            : f1_of(k.zeros_right, zeros_missed, ones_missed));
    return true;
}

struct scored {
    double score;
    bool one;
};

static int by_score(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

bool synth_auc(const double *score, const double *y, size_t n, struct arena *arena, double *out, struct error *err) {
    struct scored *s = arena_new(arena, struct scored, n, err);
    double pairs = 0, zeros_below = 0, ones = 0;
    if (!s) return false;
    for (size_t i = 0; i < n; i++) s[i] = (struct scored){score[i], y[i] > 0};
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n;) {
        double zeros = 0, same = 0, at = s[i].score;
        for (; i < n && s[i].score == at; i++) s[i].one ? same++ : zeros++;
        pairs += same * (zeros_below + zeros / 2);
        zeros_below += zeros;
        ones += same;
    }
    *out = ones > 0 && zeros_below > 0 ? pairs / (ones * zeros_below) : NAN;
    return true;
}

bool synth_model_auc(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)groups;
    double auc;
    if (!synth_auc(c->model[learner].share, c->fold->test_y, c->fold->test.rows, c->arena, &auc, err)) return false;
    *out = synth_plain(auc);
    return true;
}

bool synth_ratio(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)groups;
    double here, there = NAN;
    size_t n = c->fold->test.rows;
    if (!synth_auc(c->model[learner].share, c->fold->test_y, n, c->arena, &here, err) ||
        (c->real && !synth_auc(c->real[learner].share, c->fold->test_y, n, c->arena, &there, err)))
        return false;
    *out = synth_plain(there > 0.5 ? (here - 0.5) / (there - 0.5) : NAN);
    return true;
}

/* ---- fairness ---- */

struct rates {
    double tpr, fpr, yes;
};

static bool rates_of(const struct synth_case *c, size_t learner, size_t groups, struct rates **out, struct error *err) {
    const struct synth_fold *f = c->fold;
    const struct synth_groups *g = &f->groups[groups];
    double *counts = arena_new(c->arena, double, 4 * g->n, err); /* [g][class][says] */
    if (!counts || !(*out = arena_new(c->arena, struct rates, g->n, err))) return false;
    for (size_t r = 0; r < f->test.rows; r++)
        if (g->of[r] != SIZE_MAX)
            counts[4 * g->of[r] + 2 * (f->test_y[r] > 0) + learner_says(c->model[learner].share[r])]++;
    for (size_t k = 0; k < g->n; k++) {
        const double *n = counts + 4 * k;
        (*out)[k] = (struct rates){.tpr = n[3] / (n[2] + n[3]), /* 0 / 0: NaN, told as such */
                                   .fpr = n[1] / (n[0] + n[1]),
                                   .yes = (n[1] + n[3]) / (n[0] + n[1] + n[2] + n[3])};
    }
    return true;
}

typedef double gap_of(const struct rates *a, const struct rates *b);

static double opportunity(const struct rates *a, const struct rates *b) {
    return fabs(a->tpr - b->tpr);
}

static double average(const struct rates *a, const struct rates *b) {
    return fabs((a->fpr - b->fpr) + (a->tpr - b->tpr)) / 2;
}

static double odds(const struct rates *a, const struct rates *b) {
    double t = fabs(a->tpr - b->tpr), f = fabs(a->fpr - b->fpr);
    return isnan(t) || isnan(f) ? NAN : fmax(t, f);
}

static double parity(const struct rates *a, const struct rates *b) {
    return fabs(a->yes - b->yes);
}

/* The largest over pairs of groups; NaN where one is. */
static bool largest(struct synth_case *c, size_t learner, size_t groups, gap_of *gap, struct interval *out,
                    struct error *err) {
    struct rates *rates;
    double most = 0;
    if (!rates_of(c, learner, groups, &rates, err)) return false;
    for (size_t a = 0; a < c->fold->groups[groups].n; a++)
        for (size_t b = 0; b < a; b++) {
            double one = gap(&rates[a], &rates[b]);
            if (isnan(one) || one > most) most = isnan(most) ? most : one;
        }
    *out = synth_plain(most);
    return true;
}

bool synth_opportunity(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    return largest(c, learner, groups, opportunity, out, err);
}

bool synth_average_odds(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    return largest(c, learner, groups, average, out, err);
}

bool synth_odds(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    return largest(c, learner, groups, odds, out, err);
}

bool synth_parity(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    return largest(c, learner, groups, parity, out, err);
}

/* ---- robustness: what the attack found ---- */

bool synth_adversarial_accuracy(struct synth_case *c, size_t learner, size_t groups, struct interval *out,
                                struct error *err) {
    (void)groups, (void)err;
    *out = stat_wilson(c->model[learner].right, c->model[learner].attacked, c->confidence);
    return true;
}

bool synth_adversarial_f1(struct synth_case *c, size_t learner, size_t groups, struct interval *out,
                          struct error *err) {
    (void)groups, (void)err;
    const struct synth_model *m = &c->model[learner];
    *out = synth_plain(f1_of((double)m->rare_found, (double)m->rare_missed, (double)m->rare_alarms));
    return true;
}

bool synth_adversarial_drop(struct synth_case *c, size_t learner, size_t groups, struct interval *out,
                            struct error *err) {
    (void)groups, (void)err;
    const struct synth_model *m = &c->model[learner];
    struct interval lost = stat_paired_shares(m->attacked, m->clean_right - m->right, 0, c->confidence);
    *out = lost;
    return true;
}
