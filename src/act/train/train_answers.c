/* The passes of a step that learns from answers: their log-probabilities forward,
 * the loss and its derivatives in f64, and back.
 *
 * A loss that is a mean over groups is taken pass by pass. One that needs all groups of a step at once is computed from
 * a first round of passes without derivatives; in a second round each pass gets its share of them.
 * So memory is bounded by one pass. */
#include "act/train/train_internal.h"

#include <math.h>
#include <string.h>

/* Groups of answers as one batch of the network. Memory of its own. */
struct answer_pass {
    struct train_batch batch;
    int32_t *ids, *at, *targets; /* at: rows that predict a token of an answer */
    int32_t *ends; /* rows whose states the head sees: the last of the prompt, and each token of the answer */
    size_t *starts, n_at, n_ends;
};

static void pass_done(struct answer_pass *p) {
    memory_free(p->ids);
    memory_free(p->at);
    memory_free(p->targets);
    memory_free(p->ends);
    memory_free(p->starts);
}

/* What is heard beside the words: nothing; the ends; every state. */
enum listening { HEAR_WORDS, HEAR_ENDS, HEAR_ALL };

static enum listening listening_of(const struct train *t) {
    const struct objective *o = t->objective;
    return o->pooled && o->mean(t->options) ? HEAR_ALL : o->pooled || o->head ? HEAR_ENDS : HEAR_WORDS;
}

/* The last token predicts nothing, so only a head looks at it. */
static void pass_add(struct answer_pass *p, const struct graded_answer *a, enum listening listening) {
    size_t first = p->batch.rows, prompt = 0;
    bool head = listening != HEAR_WORDS, all = listening == HEAR_ALL;
    p->starts[p->batch.n_segments++] = first;
    while (prompt < a->n && !a->counted[prompt]) prompt++;
    if (head && !all) p->ends[p->n_ends++] = (int32_t)(first + prompt - 1);
    for (size_t i = 0; i + !head < a->n; i++) {
        if (i + 1 < a->n && a->counted[i + 1]) {
            p->at[p->n_at] = (int32_t)p->batch.rows;
            p->targets[p->n_at++] = a->ids[i + 1];
        }
        if (all || (head && a->counted[i])) p->ends[p->n_ends++] = (int32_t)p->batch.rows;
        p->ids[p->batch.rows++] = a->ids[i];
    }
    p->starts[p->batch.n_segments] = p->batch.rows;
}

static bool pass_init(struct answer_pass *p, const struct answer_group *const *groups, size_t n,
                      enum listening listening, struct error *err) {
    size_t answers = 0, tokens = 0;
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g]->n; i++, answers++) tokens += groups[g]->answers[i].n;
    *p = (struct answer_pass){.ids = memory_zeroed(tokens, sizeof *p->ids),
                              .at = memory_zeroed(tokens, sizeof *p->at),
                              .targets = memory_zeroed(tokens, sizeof *p->targets),
                              .ends = memory_zeroed(tokens + answers, sizeof *p->ends),
                              .starts = memory_zeroed(answers + 1, sizeof *p->starts)};
    if (!p->ids || !p->at || !p->targets || !p->ends || !p->starts) return error_memory(err, "answers of a step");
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g]->n; i++) pass_add(p, &groups[g]->answers[i], listening);
    p->batch.ids = p->ids;
    p->batch.starts = p->starts;
    return true;
}

/* What a pass hears of the model: log-probabilities [n_at], and what the head says [n_ends, outputs]; NULL: not asked
 * for. */
struct heard {
    struct tensor *logprob, *outputs;
};

/* On the tape, which is begun anew. */
static bool pass_forward(struct train *t, struct lm_trainable *model, const struct answer_pass *p, bool words,
                         enum listening listening, struct heard *out, struct error *err) {
    const struct train_batch *b = &p->batch;
    tape_reset(t->tape);
    *out = (struct heard){0};
    struct tensor *x, *stream = lm_trainable_stream(model, t->tape, b->ids, b->rows, b->starts, b->n_segments, err);
    if (!stream) return false;
    if (words && (!(x = lm_trainable_states(model, t->tape, stream, p->at, p->n_at, err)) ||
                  !(x = lm_trainable_words(model, t->tape, x, err)) ||
                  !(out->logprob = tape_logprob(t->tape, x, p->targets, err))))
        return false;
    if (listening == HEAR_WORDS) return true;
    if (!(x = lm_trainable_states(model, t->tape, stream, p->ends, p->n_ends, err))) return false;
    if (listening == HEAR_ALL) x = tape_means(t->tape, x, b->starts, b->n_segments, err);
    out->outputs = t->objective->pooled ? x : lm_trainable_outputs(model, t->tape, x, err);
    return out->outputs != NULL;
}

static size_t outputs_of(const struct train *t) {
    return t->objective->pooled ? t->model->shape.width : t->objective->head ? t->model->head.n : 0;
}

/* Where in the step's log-probabilities, and in what the head says of it, the groups behind the first n begin. */
struct extent {
    size_t words, said;
};

static struct extent extent_of(const struct train *t, const struct answer_group *const *groups, size_t n) {
    struct extent e = {0};
    size_t outputs = outputs_of(t);
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g]->n; i++) {
            e.words += groups[g]->answers[i].n_counted;
            e.said += (groups[g]->answers[i].n_counted + 1) * outputs;
        }
    return e;
}

/* words, said: of all of n groups, of which each process has those of its passes; NULL: not asked for. */
static bool gather_heard(struct train *t, const struct answer_group *const *groups, size_t n, float *words, float *said,
                         struct error *err) {
    size_t words_bytes[TEAM_MOST], said_bytes[TEAM_MOST], passes = train_passes(t, n);
    struct extent last = {0};
    for (size_t r = 0; r < team_size(t->settings.team); r++) {
        size_t end = team_share(t->settings.team, passes, r).end * t->rule.micro;
        struct extent e = extent_of(t, groups, end < n ? end : n);
        words_bytes[r] = (e.words - last.words) * sizeof *words;
        said_bytes[r] = (e.said - last.said) * sizeof *said;
        last = e;
    }
    return (!words || team_gather(t->settings.team, words, words_bytes, err)) &&
           (!said || team_gather(t->settings.team, said, said_bytes, err));
}

bool train_answers_score(struct train *t, struct lm_trainable *model, const struct answer_group *const *groups,
                         size_t n, float *out, float *values, struct error *err) {
    struct team_share share = team_share(t->settings.team, train_passes(t, n), team_rank(t->settings.team));
    bool ok = true;
    enum listening listening = values ? listening_of(t) : HEAR_WORDS;
    for (size_t i = share.first; ok && i < share.end; i++) {
        struct answer_pass p = {0};
        struct heard heard = {0};
        struct train_rows rows = train_pass_rows(t, n, i);
        struct extent at = extent_of(t, groups, rows.first);
        ok = pass_init(&p, groups + rows.first, rows.n, listening, err) &&
             pass_forward(t, model, &p, out != NULL, listening, &heard, err);
        if (ok && out) memcpy(out + at.words, heard.logprob->data, p.n_at * sizeof *out);
        if (ok && values) memcpy(values + at.said, heard.outputs->data, tensor_size(heard.outputs) * sizeof *values);
        t->tokens += p.batch.rows;
        pass_done(&p);
    }
    return team_agree(t->settings.team, ok, err) && gather_heard(t, groups, n, out, values, err);
}

/* ---- views */

/* What the loss sees of some groups. Memory of its own. */
struct views {
    struct answer_view *of;
    double *values; /* four of each token: log-probability, reference, sampled, gradient */
    double *said;   /* three of each end and output of the head: value, sampled, gradient */
    size_t n, tokens, n_said;
    double weight;
};

static void views_done(struct views *v) {
    memory_free(v->of);
    memory_free(v->values);
    memory_free(v->said);
}

/* Answer number `at` of the views, whose tokens and ends begin there. */
static void view_fill(struct views *v, const struct step_answers *step, size_t g, const struct graded_answer *a,
                      size_t outputs, size_t at, size_t token, size_t end) {
    const struct answer_group *group = step->groups[g];
    double *reference = v->values + v->tokens + token, *sampled = v->values + 2 * v->tokens + token,
           *said = v->said + v->n_said + end;
    for (size_t k = 0; k < a->n_counted; k++) {
        if (step->reference) reference[k] = (double)step->reference[a->first_counted + k];
        if (step->sampled) sampled[k] = (double)step->sampled[a->first_counted + k];
    }
    for (size_t k = 0; step->said && k < (a->n_counted + 1) * outputs; k++)
        said[k] = (double)step->said[(a->first_counted + a->ordinal) * outputs + k];
    v->of[at] = (struct answer_view){.group = g,
                                     .file = group->file,
                                     .line = group->line,
                                     .weight = group->weight,
                                     .reward = a->reward,
                                     .level = a->level,
                                     .n = a->n_counted,
                                     .logprob = v->values + token,
                                     .reference = step->reference ? reference : NULL,
                                     .sampled = step->sampled ? sampled : NULL,
                                     .gradient = v->values + 3 * v->tokens + token,
                                     .outputs = outputs,
                                     .value = v->said + end,
                                     .value_sampled = step->said ? said : NULL,
                                     .value_gradient = v->said + 2 * v->n_said + end};
}

static bool views_init(struct views *v, const struct train *t, const struct step_answers *step, size_t from, size_t n,
                       struct error *err) {
    size_t outputs = outputs_of(t);
    *v = (struct views){0};
    for (size_t g = from; g < from + n; g++) {
        v->n += step->groups[g]->n;
        v->weight += step->groups[g]->weight;
        for (size_t i = 0; i < step->groups[g]->n; i++) v->tokens += step->groups[g]->answers[i].n_counted;
    }
    v->n_said = (v->tokens + v->n) * outputs;
    v->of = memory_zeroed(v->n, sizeof *v->of);
    v->values = memory_zeroed(4 * v->tokens, sizeof *v->values);
    v->said = memory_zeroed(3 * v->n_said, sizeof *v->said);
    if (!v->of || !v->values || !v->said) return error_memory(err, "answers of a step");
    size_t at = 0, token = 0, end = 0;
    for (size_t g = from; g < from + n; g++)
        for (size_t i = 0; i < step->groups[g]->n; i++) {
            const struct graded_answer *a = &step->groups[g]->answers[i];
            view_fill(v, step, g, a, outputs, at++, token, end);
            token += a->n_counted;
            end += (a->n_counted + 1) * outputs;
        }
    return true;
}

/* d loss / d what was heard: of the log-probabilities, of the head's outputs. */
struct pulls {
    double *words, *head;
};

static struct pulls views_pulls(const struct views *v) {
    return (struct pulls){v->values + 3 * v->tokens, v->said + 2 * v->n_said};
}

static bool all_finite(const struct train *t, const double *values, size_t n, const char *what, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return error_set(err, ERROR_DATA, "%s is not finite at step %llu; lower lr or look for broken data", what,
                             (unsigned long long)t->step + 1);
    return true;
}

static bool views_loss(struct train *t, struct views *v, struct step_figures *figures, double *loss,
                       struct error *err) {
    return all_finite(t, v->values, v->tokens, "a log-probability", err) &&
           all_finite(t, v->said, v->n_said, "what the head says", err) &&
           t->objective->of_answers(t->options, v->of, v->n, figures, loss, err) &&
           all_finite(t, loss, 1, "the loss", err);
}

/* The sum over the tensor of x times its pull; *root: with what was there before. NULL x: nothing is added. */
static bool add_root(struct train *t, struct tensor *x, const double *pull, struct tensor **root, struct error *err) {
    if (!x) return true;
    size_t n = tensor_size(x);
    float *weights = memory_alloc(n * sizeof *weights);
    if (!weights) return error_memory(err, "answers of a step");
    for (size_t i = 0; i < n; i++) weights[i] = (float)pull[i];
    struct tensor *sum = tape_weighted_sum(t->tape, x, weights, err);
    memory_free(weights);
    *root = sum && *root ? tape_add(t->tape, *root, sum, err) : sum;
    return *root != NULL;
}

/* Carries the pulls back into the parameters. */
static bool pass_backward(struct train *t, const struct heard *heard, struct pulls by, struct error *err) {
    struct tensor *root = NULL;
    return add_root(t, heard->logprob, by.words, &root, err) && add_root(t, heard->outputs, by.head, &root, err) &&
           tape_backward(t->tape, root, err);
}

static bool pass_run(struct train *t, struct answer_pass *p, const struct step_answers *step, struct train_rows rows,
                     struct heard *heard, struct error *err) {
    enum listening listening = listening_of(t);
    bool ok = pass_init(p, step->groups + rows.first, rows.n, listening, err) &&
              pass_forward(t, t->trainable, p, !t->objective->wordless, listening, heard, err);
    t->tokens += p->batch.rows;
    return ok;
}

/* ---- a step */

/* What a step has heard of the model: words, said as in struct views. Memory of its own. */
struct hearing {
    float *words, *said; /* NULL: nothing */
};

static void hearing_done(struct hearing *h) {
    memory_free(h->words);
    memory_free(h->said);
}

static bool hearing_init(struct hearing *h, const struct train *t, const struct step_answers *step, struct error *err) {
    struct extent all = extent_of(t, step->groups, step->n);
    *h = (struct hearing){0};
    if (!t->objective->wordless) h->words = memory_zeroed(all.words + 1, sizeof *h->words);
    if (all.said) h->said = memory_zeroed(all.said, sizeof *h->said);
    return ((h->words || t->objective->wordless) && (h->said || !all.said)) || error_memory(err, "answers of a step");
}

/* Views of some groups of a step, with what was heard of them. */
static bool views_heard(struct views *v, const struct train *t, const struct step_answers *step, struct train_rows rows,
                        const struct hearing *h, struct error *err) {
    struct extent at = extent_of(t, step->groups, rows.first);
    if (!views_init(v, t, step, rows.first, rows.n, err)) return false;
    for (size_t i = 0; h->words && i < v->tokens; i++) v->values[i] = (double)h->words[at.words + i];
    for (size_t i = 0; h->said && i < v->n_said; i++) v->said[i] = (double)h->said[at.said + i];
    return true;
}

/* What a pass of a loss that is a mean over groups sees and pulls; its figures, and *loss: its part of the loss,
 * by weight. */
static bool views_by_itself(struct train *t, struct views *v, const struct step_answers *step, struct train_rows rows,
                            const struct hearing *h, double total, double *loss, struct step_figures *figures,
                            struct error *err) {
    double own = 0;
    if (!views_heard(v, t, step, rows, h, err) || !views_loss(t, v, figures, &own, err)) return false;
    double share = v->weight / total;
    struct pulls by = views_pulls(v);
    for (size_t i = 0; i < v->tokens; i++) by.words[i] *= share;
    for (size_t i = 0; i < v->n_said; i++) by.head[i] *= share;
    *loss += share * own;
    return true;
}

static bool pass_by_itself(struct train *t, const struct step_answers *step, struct train_rows rows, double total,
                           struct hearing *h, double *loss, struct step_figures *figures, struct error *err) {
    struct answer_pass p = {0};
    struct views v = {0};
    struct heard heard = {0};
    struct extent at = extent_of(t, step->groups, rows.first);
    bool ok = pass_run(t, &p, step, rows, &heard, err);
    if (ok && heard.logprob) memcpy(h->words + at.words, heard.logprob->data, p.n_at * sizeof *h->words);
    if (ok && heard.outputs)
        memcpy(h->said + at.said, heard.outputs->data, tensor_size(heard.outputs) * sizeof *h->said);
    ok = ok && views_by_itself(t, &v, step, rows, h, total, loss, figures, err) &&
         (step->forward_only ||
          (pass_backward(t, &heard, views_pulls(&v), err) && (step->stays || gradient_sum_take(t->sum, err))));
    views_done(&v);
    pass_done(&p);
    return ok;
}

/* Loss and figures of all passes in their order, from what all processes have heard. */
static bool tell_together(struct train *t, const struct step_answers *step, const struct hearing *h, double total,
                          double *loss, struct step_figures *figures, struct error *err) {
    bool ok = true;
    for (size_t i = 0, passes = train_passes(t, step->n); ok && i < passes; i++) {
        struct views v = {0};
        ok = views_by_itself(t, &v, step, train_pass_rows(t, step->n, i), h, total, loss, figures, err);
        views_done(&v);
    }
    return ok;
}

/* All passes of a loss that is a mean over groups. */
static bool passes_apart(struct train *t, const struct step_answers *step, double *loss, struct step_figures *figures,
                         struct error *err) {
    struct team *team = t->settings.team;
    struct team_share share = team_share(team, train_passes(t, step->n), team_rank(team));
    struct step_figures own = {0};
    struct hearing h;
    double total = 0, ignored = 0;
    bool ok = hearing_init(&h, t, step, err), alone = team_size(team) == 1;
    for (size_t g = 0; g < step->n; g++) total += step->groups[g]->weight;
    if (!step->forward_only) share = gradient_sum_begin(t->sum, train_passes(t, step->n));
    for (size_t i = share.first; ok && i < share.end; i++)
        ok = pass_by_itself(t, step, train_pass_rows(t, step->n, i), total, &h, alone ? loss : &ignored,
                            alone ? figures : &own, err);
    ok = team_agree(team, ok, err) && (step->forward_only || gradient_sum_end(t->sum, err)) &&
         gather_heard(t, step->groups, step->n, h.words, h.said, err) &&
         (alone || tell_together(t, step, &h, total, loss, figures, err));
    hearing_done(&h);
    return ok;
}

/* The second round of one pass of a loss that needs the whole step. */
static bool pass_back(struct train *t, const struct step_answers *step, struct train_rows rows, struct pulls by,
                      struct error *err) {
    struct answer_pass p = {0};
    struct heard heard = {0};
    struct extent at = extent_of(t, step->groups, rows.first);
    by.words += at.words;
    by.head += at.said;
    bool ok =
        pass_run(t, &p, step, rows, &heard, err) && pass_backward(t, &heard, by, err) && gradient_sum_take(t->sum, err);
    pass_done(&p);
    return ok;
}

static bool passes_back(struct train *t, const struct step_answers *step, struct pulls by, struct error *err) {
    struct team_share share = gradient_sum_begin(t->sum, train_passes(t, step->n));
    bool ok = true;
    for (size_t i = share.first; ok && i < share.end; i++)
        ok = pass_back(t, step, train_pass_rows(t, step->n, i), by, err);
    return team_agree(t->settings.team, ok, err) && gradient_sum_end(t->sum, err);
}

/* All passes of a loss that needs the whole step: first what it sees, then back. */
static bool passes_together(struct train *t, const struct step_answers *step, double *loss,
                            struct step_figures *figures, struct error *err) {
    struct views v = {0};
    struct hearing h;
    bool ok = team_agree(t->settings.team, hearing_init(&h, t, step, err), err) &&
              train_answers_score(t, t->trainable, step->groups, step->n, h.words, h.said, err) &&
              views_heard(&v, t, step, (struct train_rows){0, step->n}, &h, err) &&
              views_loss(t, &v, figures, loss, err) &&
              (step->forward_only || passes_back(t, step, views_pulls(&v), err));
    hearing_done(&h);
    views_done(&v);
    return ok;
}

bool train_answers_pass(struct train *t, const struct step_answers *step, double *loss, struct step_figures *figures,
                        struct error *err) {
    *loss = 0;
    if (t->objective->whole && train_passes(t, step->n) > 1) return passes_together(t, step, loss, figures, err);
    return passes_apart(t, step, loss, figures, err);
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

bool train_answers_example(struct train *t, size_t number, double *loss, struct error *err) {
    const struct answer_group *group = answers_group(t->answers, number);
    struct step_answers step = {.groups = &group, .n = 1, .reference = t->reference, .stays = true};
    struct step_figures ignored = {0};
    struct hearing h;
    bool ok = hearing_init(&h, t, &step, err) &&
              pass_by_itself(t, &step, (struct train_rows){0, 1}, group->weight, &h, loss, &ignored, err);
    hearing_done(&h);
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
