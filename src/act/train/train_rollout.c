/* A step that learns from the model's own answers: prompts are drawn, answered and judged, then the objective takes
 * `inner` steps on them. Log-probabilities of the policy that answered are computed anew by the passes that train, so
 * that both agree to the bit before the first inner step. */
#include "act/train/train_internal.h"

#include <math.h>

const struct option_def train_rollout_options[] = {
    {"n", OPTION_INT, "8", 1, 4096, NULL, "answers a prompt"},
    {"max_tokens", OPTION_INT, "64", 1, 1e6, NULL, "longest answer"},
    {"temperature", OPTION_REAL, "1", 1e-3, 100, NULL, "of the answers"},
    {"top_p", OPTION_REAL, "1", 1e-3, 1, NULL,
     "of the answers; below 1 their log-probabilities are those of the whole distribution all the same"},
    {"inner", OPTION_INT, "1", 1, 1000, NULL, "optimiser steps on the answers of one step"},
    {"resample", OPTION_INT, "0", 0, 1000, NULL,
     "prompts drawn in place of those whose answers are all alike, at most; 0: none"},
    {"drift", OPTION_REAL, "8", 0, 1e6, NULL,
     "stop when answers have become this many times longer or shorter than at first; 0: never"},
    {"special", OPTION_FLAG, NULL, 1, 0, NULL, "rewards see control tokens in the text of an answer, by their names"},
};
const size_t train_n_rollout_options = sizeof train_rollout_options / sizeof *train_rollout_options;
enum { SAMPLES, MAX_TOKENS, TEMPERATURE, TOP_P, INNER, RESAMPLE, DRIFT, SPECIAL };

bool train_rollout_open(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    const struct option_value *o = t->rollout_options;
    struct prompts_settings how = {.paths = s->data, .n = s->n_data, .tokenizer = t->model->tokenizer,
                                   .template_name = s->template_name,
                                   .context = t->model->shape.context, .answer = (size_t)o[MAX_TOKENS].integer,
                                   .shuffle = t->rule.shuffle, .seed = s->seed};
    if (s->mix)
        return error_set(err, ERROR_USAGE, "--mix mixes documents; objective %s learns from prompts: give --data",
                         t->objective->name);
    if (s->n_valid)
        return error_set(err, ERROR_USAGE, "objective %s has no validation loss; watch it with --probe",
                         t->objective->name);
    if (t->objective->levels && !s->reward->levels)
        return error_set(err, ERROR_USAGE, "objective %s needs levels, and the reward %s gives none",
                         t->objective->name, s->reward->name);
    if (!t->objective->levels && !s->reward->rewards)
        return error_set(err, ERROR_USAGE, "objective %s needs rewards, and %s gives only levels", t->objective->name,
                         s->reward->name);
    if (o[SAMPLES].integer < 2 && t->objective->compares)
        return error_set(err, ERROR_USAGE, "objective %s compares the answers to a prompt: n must be 2 or more",
                         t->objective->name);
    return (t->prompts = prompts_new(&how, err)) &&
           (t->engine = lm_engine_new(t->model, t->pool, (struct lm_engine_options){0}, err));
}

size_t train_rollout_samples(const struct train *t) {
    return (size_t)t->rollout_options[SAMPLES].integer;
}

/* ---- one step */

static bool answer(struct train *t, const struct prompt *const *prompts, size_t n, uint64_t at, struct rollout *out,
                   struct error *err) {
    const struct option_value *o = t->rollout_options;
    const struct rollout_settings settings = {.samples = (size_t)o[SAMPLES].integer,
                                              .max_tokens = (size_t)o[MAX_TOKENS].integer,
                                              .temperature = o[TEMPERATURE].real, .top_p = o[TOP_P].real,
                                              .seed = t->settings.seed,
                                              .special = o[SPECIAL].flag,
                                              .tokenizer = t->model->tokenizer, .reward = t->settings.reward,
                                              .team = t->settings.team, .stop = t->settings.stop};
    bool ok = rollout_make(t->engine, &settings, prompts, n, at, &t->rollout_arena, out, err);
    return team_agree(t->settings.team, ok, err);
}

static void tell(struct step_figures *figures, const struct rollout *r, const struct reward *reward, double weight) {
    static const char *const levels[] = {"level_1", "level_2", "level_3", "level_4", "level_worse"};
    if (reward->rewards) step_figure_add(figures, "reward", r->reward, weight);
    for (int i = 0; reward->levels && i < 5; i++) step_figure_add(figures, levels[i], r->level[i], weight);
    step_figure_add(figures, "length", r->length, weight);
    step_figure_add(figures, "whole", r->whole, weight);
    step_figure_add(figures, "entropy", r->entropy, weight);
}

/* The groups of a step: `batch` prompts; those whose answers are all alike make room for the next prompts. */
static bool collect(struct train *t, struct answer_group *groups, size_t *n, struct step_figures *figures,
                    struct error *err) {
    size_t batch = t->rule.batch, spare = (size_t)t->rollout_options[RESAMPLE].integer;
    const struct prompt **prompts = arena_new(&t->rollout_arena, const struct prompt *, batch, err);
    if (!prompts) return false;
    *n = 0;
    for (size_t want = batch; want;) {
        struct rollout r;
        for (size_t i = 0; i < want; i++) prompts[i] = prompts_next(t->prompts, t->prompt_at + i);
        if (!answer(t, prompts, want, t->prompt_at, &r, err)) return false;
        t->prompt_at += want;
        tell(figures, &r, t->settings.reward, (double)want);
        size_t before = *n;
        for (size_t g = 0; g < want; g++)
            if (!spare || !rollout_flat(&r.groups[g])) groups[(*n)++] = r.groups[g];
        want = batch - *n < spare ? batch - *n : spare;
        spare -= want;
        /* What is flat to the end still counts for its divergence. */
        if (!want && !*n && before == 0) groups[(*n)++] = r.groups[0];
    }
    return true;
}

/* Counts the tokens of the groups anew: resampling has left some out. */
static size_t count(struct answer_group *groups, size_t n, size_t *answers) {
    size_t counted = 0;
    *answers = 0;
    for (size_t g = 0; g < n; g++)
        for (size_t i = 0; i < groups[g].n; i++) {
            groups[g].answers[i].first_counted = counted;
            groups[g].answers[i].ordinal = (*answers)++;
            counted += groups[g].answers[i].n_counted;
        }
    return counted;
}

static bool score(struct train *t, struct step_answers *step, size_t counted, size_t answers, struct error *err) {
    float *sampled = arena_new(&t->rollout_arena, float, counted, err);
    float *reference = t->objective->reference ? arena_new(&t->rollout_arena, float, counted, err) : NULL;
    float *said =
        t->objective->head ? arena_new(&t->rollout_arena, float, (counted + answers) * t->model->head.n, err) : NULL;
    if (!sampled || (t->objective->reference && !reference) || (t->objective->head && !said) ||
        !train_answers_score(t, t->trainable, step->groups, step->n, sampled, said, err) ||
        (reference && !train_answers_score(t, t->other, step->groups, step->n, reference, NULL, err)))
        return false;
    step->sampled = sampled;
    step->reference = reference;
    step->said = said;
    return true;
}

static bool check_drift(struct train *t, const struct step_figures *figures, struct error *err) {
    double length = step_figure(figures, "length"), most = t->rollout_options[DRIFT].real;
    if (!t->first_length) t->first_length = length;
    if (most == 0 || (length <= most * t->first_length && length * most >= t->first_length)) return true;
    return error_set(err, ERROR_DATA,
                     "answers have %.1f tokens at step %llu and had %.1f at first (drift=%g); lower lr, raise beta, or "
                     "allow it with drift=0",
                     length, (unsigned long long)t->step + 1, t->first_length, most);
}

/* Not the last inner step: the trainer takes that. */
static bool inner_steps(struct train *t, const struct step_answers *step, double *loss, struct step_figures *last,
                        struct error *err) {
    uint64_t inner = (uint64_t)t->rollout_options[INNER].integer;
    double rate = t->still ? 0 : train_rate(&t->rule, t->step, t->steps);
    for (uint64_t i = 0; i < inner; i++) {
        *last = (struct step_figures){0};
        if (!train_answers_pass(t, step, loss, last, err)) return false;
        if (i + 1 < inner && !adamw_step(t->adamw, t->pool, rate, t->decayed, &t->norm, err))
            return error_wrap(err, "step %llu", (unsigned long long)t->step + 1);
        if (i + 1 < inner && !train_within_hold(t, err)) return false;
    }
    return true;
}

bool train_rollout_gradients(struct train *t, double *loss, struct error *err) {
    struct step_figures figures = {0}, last;
    size_t n;
    arena_reset(&t->rollout_arena);
    struct answer_group *groups = arena_new(&t->rollout_arena, struct answer_group, t->rule.batch, err);
    const struct answer_group **list = arena_new(&t->rollout_arena, const struct answer_group *, t->rule.batch, err);
    if (!groups || !list || !lm_trainable_store(t->trainable, t->model, err) ||
        !collect(t, groups, &n, &figures, err) || !check_drift(t, &figures, err))
        return false;
    for (size_t g = 0; g < n; g++) list[g] = &groups[g];
    struct step_answers step = {.groups = list, .n = n};
    size_t answers, counted = count(groups, n, &answers);
    if (!score(t, &step, counted, answers, err) || !inner_steps(t, &step, loss, &last, err)) return false;
    step_figures_merge(&figures, &last);
    step_figures_merge(&t->figures, &figures);
    return true;
}
