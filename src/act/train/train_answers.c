/* The passes of a step that learns from answers: their log-probabilities forward, the loss and its derivatives in f64, and back.
 *
 * A loss that is a mean over groups is taken pass by pass. One that needs all groups of a step at once is computed from
 * a first round of passes without derivatives; in a second round each pass gets its share of them. So memory is bounded by one pass. */
#include "act/train/train_internal.h"

#include <math.h>
#include <string.h>

/* Groups of answers as one batch of the network. Memory of its own. */
struct answer_pass {
    struct train_batch batch;
    int32_t *ids, *at, *targets; /* at: rows that predict a token of an answer */
    size_t *starts, n_at;
};

static void pass_done(struct answer_pass *p) {
    memory_free(p->ids);
    memory_free(p->at);
    memory_free(p->targets);
    memory_free(p->starts);
}

static void pass_add(struct answer_pass *p, const struct graded_answer *a) {
    p->starts[p->batch.n_segments++] = p->batch.rows;
    for (size_t i = 0; i + 1 < a->n; i++) {
        if (a->counted[i + 1]) {
            p->at[p->n_at] = (int32_t)p->batch.rows;
            p->targets[p->n_at++] = a->ids[i + 1];
        }
        p->ids[p->batch.rows++] = a->ids[i];
    }
    p->starts[p->batch.n_segments] = p->batch.rows;
}

static bool pass_init(struct answer_pass *p, const struct answer_group *const *groups, size_t n, struct error *err) {
    size_t answers = 0, tokens = 0;
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g]->n; i++, answers++) tokens += groups[g]->answers[i].n;
    *p = (struct answer_pass){.ids = memory_zeroed(tokens, sizeof *p->ids), .at = memory_zeroed(tokens, sizeof *p->at),
                              .targets = memory_zeroed(tokens, sizeof *p->targets),
                              .starts = memory_zeroed(answers + 1, sizeof *p->starts)};
    if (!p->ids || !p->at || !p->targets || !p->starts) return error_memory(err, "answers of a step");
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g]->n; i++) pass_add(p, &groups[g]->answers[i]);
    p->batch.ids = p->ids;
    p->batch.starts = p->starts;
    return true;
}

/* Log-probabilities [n_at] on the tape, which is begun anew. */
static struct tensor *pass_forward(struct train *t, struct lm_trainable *model, const struct answer_pass *p, struct error *err) {
    const struct train_batch *b = &p->batch;
    tape_reset(t->tape);
    struct tensor *logits = lm_trainable_logits_at(model, t->tape, b->ids, b->rows, b->starts, b->n_segments, p->at, p->n_at, err);
    return logits ? tape_logprob(t->tape, logits, p->targets, err) : NULL;
}

/* The smallest bound of the log-probabilities of groups that are asked about at once. */
static size_t micro_groups(const struct train *t) {
    return t->rule.micro;
}

bool train_answers_score(struct train *t, struct lm_trainable *model, const struct answer_group *const *groups, size_t n,
                         float *out, struct error *err) {
    bool ok = true;
    for (size_t from = 0, some; ok && from < n; from += some) {
        struct answer_pass p = {0};
        some = n - from < micro_groups(t) ? n - from : micro_groups(t);
        struct tensor *x = pass_init(&p, groups + from, some, err) ? pass_forward(t, model, &p, err) : NULL;
        if (x) memcpy(out, x->data, p.n_at * sizeof *out);
        ok = x != NULL;
        out += p.n_at;
        t->tokens += p.batch.rows;
        pass_done(&p);
    }
    return ok;
}

/* ---- views */

/* What the loss sees of some groups. Memory of its own. */
struct views {
    struct answer_view *of;
    double *values; /* four of each token: log-probability, reference, sampled, gradient */
    size_t n, tokens;
    double weight;
};

static void views_done(struct views *v) {
    memory_free(v->of);
    memory_free(v->values);
}

static bool views_init(struct views *v, const struct step_answers *step, size_t from, size_t n, struct error *err) {
    *v = (struct views){0};
    for (size_t g = from; g < from + n; g++) {
        v->n += step->groups[g]->n;
        v->weight += step->groups[g]->weight;
        for (size_t i = 0; i < step->groups[g]->n; i++) v->tokens += step->groups[g]->answers[i].n_counted;
    }
    v->of = memory_zeroed(v->n, sizeof *v->of);
    v->values = memory_zeroed(4 * v->tokens, sizeof *v->values);
    if (!v->of || !v->values) return error_memory(err, "answers of a step");
    size_t at = 0, token = 0;
    for (size_t g = from; g < from + n; g++)
        for (size_t i = 0; i < step->groups[g]->n; i++) {
            const struct graded_answer *a = &step->groups[g]->answers[i];
            double *reference = v->values + v->tokens + token, *sampled = v->values + 2 * v->tokens + token;
            for (size_t k = 0; k < a->n_counted; k++) {
                if (step->reference) reference[k] = (double)step->reference[a->first_counted + k];
                if (step->sampled) sampled[k] = (double)step->sampled[a->first_counted + k];
            }
            v->of[at++] = (struct answer_view){.group = g, .file = step->groups[g]->file, .line = step->groups[g]->line, .weight = step->groups[g]->weight, .reward = a->reward, .level = a->level,
                                               .n = a->n_counted, .logprob = v->values + token,
                                               .reference = step->reference ? reference : NULL,
                                               .sampled = step->sampled ? sampled : NULL,
                                               .gradient = v->values + 3 * v->tokens + token};
            token += a->n_counted;
        }
    return true;
}

static double *views_gradient(const struct views *v) {
    return v->values + 3 * v->tokens;
}

static bool views_loss(struct train *t, struct views *v, struct step_figures *figures, double *loss, struct error *err) {
    for (size_t i = 0; i < v->tokens; i++)
        if (!isfinite(v->values[i]))
            return error_set(err, ERROR_DATA, "a log-probability is not finite at step %llu; lower lr or look for broken data",
                             (unsigned long long)t->step + 1);
    if (!t->objective->of_answers(t->options, v->of, v->n, figures, loss, err)) return false;
    return isfinite(*loss) || error_set(err, ERROR_DATA, "the loss is not finite at step %llu; lower lr or look for broken data",
                                        (unsigned long long)t->step + 1);
}

/* Carries derivatives [n_at] of the log-probabilities back into the parameters. */
static bool pass_backward(struct train *t, struct tensor *logprob, const double *gradient, size_t n, struct error *err) {
    float *weights = memory_alloc((n ? n : 1) * sizeof *weights);
    if (!weights) return error_memory(err, "answers of a step");
    for (size_t i = 0; i < n; i++) weights[i] = (float)gradient[i];
    struct tensor *root = tape_weighted_sum(t->tape, logprob, weights, err);
    memory_free(weights);
    return root && tape_backward(t->tape, root, err);
}

/* ---- a step */

/* One pass of a loss that is a mean over groups: it counts by their weight. */
static bool pass_by_itself(struct train *t, const struct step_answers *step, size_t from, size_t n, double total, double *loss,
                           struct step_figures *figures, struct error *err) {
    struct answer_pass p = {0};
    struct views v = {0};
    double own = 0;
    struct tensor *x = pass_init(&p, step->groups + from, n, err) ? pass_forward(t, t->trainable, &p, err) : NULL;
    bool ok = x && views_init(&v, step, from, n, err);
    for (size_t i = 0; ok && i < v.tokens; i++) v.values[i] = (double)x->data[i];
    ok = ok && views_loss(t, &v, figures, &own, err);
    double share = ok ? v.weight / total : 0, *gradient = ok ? views_gradient(&v) : NULL;
    for (size_t i = 0; ok && i < v.tokens; i++) gradient[i] *= share;
    *loss += share * own;
    t->tokens += p.batch.rows;
    ok = ok && (step->forward_only || pass_backward(t, x, gradient, v.tokens, err));
    views_done(&v);
    pass_done(&p);
    return ok;
}

/* All passes of a loss that needs the whole step: first what it sees, then back. */
static bool passes_together(struct train *t, const struct step_answers *step, double *loss, struct step_figures *figures,
                            struct error *err) {
    struct views v = {0};
    float *logprob = NULL;
    bool ok = views_init(&v, step, 0, step->n, err) &&
              ((logprob = memory_zeroed(v.tokens, sizeof *logprob)) != NULL || error_memory(err, "answers of a step")) &&
              train_answers_score(t, t->trainable, step->groups, step->n, logprob, err);
    for (size_t i = 0; ok && i < v.tokens; i++) v.values[i] = (double)logprob[i];
    ok = ok && views_loss(t, &v, figures, loss, err);
    const double *gradient = ok ? views_gradient(&v) : NULL;
    for (size_t from = 0, some; ok && !step->forward_only && from < step->n; from += some) {
        struct answer_pass p = {0};
        some = step->n - from < micro_groups(t) ? step->n - from : micro_groups(t);
        struct tensor *x = pass_init(&p, step->groups + from, some, err) ? pass_forward(t, t->trainable, &p, err) : NULL;
        ok = x && pass_backward(t, x, gradient, p.n_at, err);
        gradient += p.n_at;
        t->tokens += p.batch.rows;
        pass_done(&p);
    }
    memory_free(logprob);
    views_done(&v);
    return ok;
}

bool train_answers_pass(struct train *t, const struct step_answers *step, double *loss, struct step_figures *figures,
                        struct error *err) {
    double total = 0;
    for (size_t g = 0; g < step->n; g++) total += step->groups[g]->weight;
    *loss = 0;
    if (t->objective->whole && step->n > micro_groups(t)) return passes_together(t, step, loss, figures, err);
    for (size_t from = 0, some; from < step->n; from += some) {
        some = step->n - from < micro_groups(t) ? step->n - from : micro_groups(t);
        if (!pass_by_itself(t, step, from, some, total, loss, figures, err)) return false;
    }
    return true;
}

bool train_answers_gradients(struct train *t, double *loss, struct error *err) {
    size_t n = t->rule.batch;
    const struct answer_group **groups = memory_zeroed(n, sizeof *groups);
    if (!groups) return error_memory(err, "answers of a step");
    for (size_t i = 0; i < n; i++) groups[i] = answers_next(t->answers, t->step * n + i);
    struct step_answers step = {.groups = groups, .n = n, .reference = t->reference};
    struct step_figures figures = {0};
    bool ok = train_answers_pass(t, &step, loss, &figures, err);
    if (ok) step_figures_merge(&t->figures, &figures);
    memory_free(groups);
    return ok;
}

bool train_answers_validate(struct train *t, double *loss, struct error *err) {
    enum { GROUPS = 256 };
    const struct answer_group *groups[GROUPS];
    size_t n = answers_groups(t->valid_answers) < GROUPS ? answers_groups(t->valid_answers) : GROUPS;
    for (size_t i = 0; i < n; i++) groups[i] = answers_group(t->valid_answers, i);
    struct step_answers step = {.groups = groups, .n = n, .reference = t->valid_reference, .forward_only = true};
    t->valid_figures = (struct step_figures){0};
    return train_answers_pass(t, &step, loss, &t->valid_figures, err);
}
