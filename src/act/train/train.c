/* The training loop: see train.h. */
#include "act/train/train_internal.h"

#include "base/file.h"
#include "base/progress.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { EVERY_SECONDS = 120 };

struct train *train_prepare(const struct train_settings *settings, struct error *err) {
    struct train *t = memory_zeroed(1, sizeof *t);
    if (!t) return error_memory(err, "training"), NULL;
    t->settings = *settings;
    arena_init(&t->arena, (size_t)4 << 30);
    arena_init(&t->probe_arena, (size_t)1 << 30);
    arena_init(&t->rollout_arena, (size_t)4 << 30);
    if (train_setup(t, err)) return t;
    train_free(t);
    return NULL;
}

void train_free(struct train *t) {
    if (!t) return;
    corpus_free(t->corpus);
    corpus_free(t->valid);
    answers_free(t->answers);
    answers_free(t->valid_answers);
    dump_free(t->dump);
    dump_free(t->valid_dump);
    prompts_free(t->prompts);
    lm_engine_free(t->engine);
    adamw_free(t->adamw);
    gradient_sum_free(t->sum);
    tape_free(t->tape);
    lm_trainable_free(t->trainable);
    lm_trainable_free(t->other);
    lm_model_free(t->reference_model);
    lm_model_free(t->model);
    pool_free(t->pool);
    arena_done(&t->probe_arena);
    arena_done(&t->rollout_arena);
    arena_done(&t->arena);
    memory_free(t);
}

/* All of it; the model is not written. */
static bool measure_settle(struct train *t, double *seconds, struct error *err) {
    double began = clock_seconds();
    bool ok = train_settle(t, err);
    *seconds = clock_seconds() - began;
    return ok;
}

/* Two steps that change no weight: the rate is 0. The first also makes the products, the second is measured. */
static bool measure(struct train *t, double *seconds, struct error *err) {
    if (t->objective->settle) return measure_settle(t, seconds, err);
    double norm, began = 0, loss = 0;
    bool ok = true;
    t->still = true;
    for (int i = 0; ok && i < 2; i++) {
        began = clock_seconds();
        ok = train_gradients(t, &loss, err) && adamw_step(t->adamw, t->pool, 0, NULL, &norm, err);
    }
    *seconds = clock_seconds() - began;
    t->tokens = 0;
    t->still = false;
    t->prompt_at = 0;
    t->first_length = 0;
    t->figures = (struct step_figures){0};
    *adamw_steps(t->adamw) = 0;
    for (size_t i = 0; i < t->n_parameters; i++)
        for (int which = 1; which <= 2; which++)
            memset(adamw_moment(t->adamw, i, which), 0, tensor_size(&t->parameters[i]->value) * sizeof(float));
    return ok;
}

bool train_plan(struct train *t, struct train_plan *plan, struct error *err) {
    struct train_size size = train_size(t);
    *plan = (struct train_plan){.parameters = t->learning,
                                .frozen = t->frozen,
                                .documents = size.documents,
                                .longer = size.longer,
                                .tokens = size.tokens,
                                .rows = size.rows,
                                .steps = t->steps,
                                .tokens_a_step = t->answers || t->prompts ? t->rule.batch * size.tokens / size.rows
                                                                          : t->rule.batch * t->model->shape.context};
    snprintf(plan->corpus, sizeof plan->corpus, "%s", size.digest);
    if (!tokenizer_digest(t->model->tokenizer, plan->tokenizer)) return error_memory(err, "tokenizer");
    if (!train_reference(t, err) || !measure(t, &plan->seconds, err)) return false;
    plan->seconds *= (double)t->steps;
    plan->memory = train_memory(t);
    plan->tried = t->tried;
    plan->n_tried = t->n_tried;
    return true;
}

size_t train_shares(const struct train *t) {
    return train_passes(t, t->rule.batch);
}

static bool checkpoint(struct train *t, double *saved, struct error *err) {
    *saved = clock_seconds();
    return train_checkpoint_save(t, err) && train_keep_tidy(t, err);
}

static bool stop_here(struct train *t, struct error *err) {
    if (!train_checkpoint_save(t, err)) return false;
    return error_set(err, ERROR_INTERRUPTED, "interrupted at step %llu of %llu; the same command goes on from there",
                     (unsigned long long)t->step, (unsigned long long)t->steps);
}

static void show(struct train *t, struct progress *progress) {
    char note[64];
    snprintf(note, sizeof note, "loss %.4f", t->loss);
    progress_at(progress, t->step, note);
}

/* What is measured before and after the one step. */
static bool settle_once(struct train *t, FILE *log, struct error *err) {
    return train_report(t, log, err) && (t->step == t->steps || (train_settle(t, err) && train_report(t, log, err)));
}

static bool train_steps(struct train *t, FILE *log, struct progress *progress, struct error *err) {
    double saved = clock_seconds(),
           patience = t->settings.every_seconds > 0 ? t->settings.every_seconds : EVERY_SECONDS;
    for (bool moved = false;; moved = true) {
        if (!train_report(t, log, err)) return err && err->kind == ERROR_INTERRUPTED ? stop_here(t, err) : false;
        bool late = train_milestone(t) || clock_seconds() - saved > patience;
        bool ok = !moved || !late || checkpoint(t, &saved, err);
        if (!team_agree(t->settings.team, ok, err)) return false;
        if (t->step == t->steps || t->settled) return true;
        bool stop;
        if (!team_any(t->settings.team, interrupted(t->settings.stop), &stop, err)) return false;
        if (stop) return stop_here(t, err);
        if (!team_agree(t->settings.team, train_step(t, err), err)) return false;
        show(t, progress);
    }
}

static bool write_model(struct train *t, struct train_result *result, struct error *err) {
    char seed[32], steps[32], kept[32];
    struct buffer arithmetic;
    if (!train_keep_take(t, &result->kept, err)) return false;
    result->loss = t->loss;
    result->valid_loss = t->valid_loss;
    buffer_init(&arithmetic, 1 << 16);
    train_arithmetic_put(t, &arithmetic);
    snprintf(seed, sizeof seed, "secret");
    if (!t->rule.epsilon) snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->settings.seed);
    snprintf(kept, sizeof kept, "%llu", (unsigned long long)result->kept);
    snprintf(steps, sizeof steps, "%llu", (unsigned long long)t->steps);
    const struct lm_extra extra[] = {{"basanite.train.objective", text_of(t->settings.objective)},
                                     {"basanite.train.seed", text_of(seed)},
                                     {"basanite.train.steps", text_of(steps)},
                                     {"basanite.train.kept", text_of(kept)},
                                     {"basanite.train.corpus", text_of(train_size(t).digest)},
                                     {"basanite.train.settings", text_of(t->config)},
                                     {"basanite.train.init", text_of(t->settings.init)},
                                     {"basanite.train.products", buffer_text(&arithmetic)},
                                     {"general.license", text_of(t->settings.license)}};
    size_t n = sizeof extra / sizeof *extra - (t->settings.license ? 0 : 1);
    bool ok = buffer_check(&arithmetic, "metadata", err) &&
              (!t->trainable || lm_trainable_store(t->trainable, t->model, err));
    if (ok && t->objective->critic) lm_head_drop(t->model);
    ok = ok &&
         (t->settings.lora
              ? lm_trainable_save_adapter(t->trainable, t->model, t->settings.out, t->settings.type, extra, n, err)
              : lm_model_save(t->model, t->settings.out, t->settings.type, extra, n, err)) &&
         sha256_file(t->settings.out, result->digest, err) && train_card(t, result, err);
    buffer_done(&arithmetic);
    return ok;
}

static bool begin(struct train *t, struct error *err) {
    bool found = false, ok = true;
    if (t->settings.fresh && team_rank(t->settings.team) == 0 && file_exists(t->checkpoint_path) &&
        unlink(t->checkpoint_path) != 0)
        ok = error_system(err, errno, "cannot remove", t->checkpoint_path);
    if (!team_agree(t->settings.team, ok, err)) return false;
    if (!train_reference(t, err) || !train_checkpoint_load(t, &found, err)) return false;
    if (t->settings.resume && !found)
        return error_set(err, ERROR_USAGE, "no checkpoint '%s' to go on from; leave out --resume", t->checkpoint_path);
    return train_arithmetic_note(t, err) && train_log_cut(t, !found, err) && train_keep_restore(t, err);
}

/* The steps, with the log of process 0. */
static bool train_sitting(struct train *t, struct train_result *result, struct error *err) {
    FILE *log = NULL;
    bool writes = team_rank(t->settings.team) == 0, ok = !writes || (log = fopen(t->log_path, "ab")) != NULL;
    if (!ok) (void)error_system(err, errno, "cannot write", t->log_path);
    if (!team_agree(t->settings.team, ok, err)) {
        if (log) fclose(log);
        return false;
    }
    struct progress progress;
    progress_init(&progress, "training", t->steps, t->settings.quiet || !writes);
    progress.from = t->step;
    t->began = t->logged = clock_seconds();
    ok = t->objective->settle ? settle_once(t, log, err) : train_steps(t, log, &progress, err);
    result->seconds = clock_seconds() - t->began;
    progress_end(&progress);
    if (log && fclose(log) != 0 && ok) ok = error_system(err, errno, "cannot write", t->log_path);
    return ok;
}

bool train_run(struct train *t, struct train_result *result, struct error *err) {
    *result = (struct train_result){.loss = NAN, .valid_loss = NAN, .setting = NAN};
    if (!begin(t, err)) return false;
    result->first_step = t->step;
    bool ok = train_sitting(t, result, err), writes = team_rank(t->settings.team) == 0;
    ok = ok && train_log_tokens(t, err);
    if (!ok && err && err->kind == ERROR_DATA && file_exists(t->checkpoint_path))
        error_wrap(err, "stopped, '%s' keeps the state of the newest checkpoint", t->checkpoint_path);
    result->steps = t->step;
    result->loss = t->loss;
    result->valid_loss = t->valid_loss;
    result->setting = t->setting;
    result->gflops = result->seconds > 0 ? train_flops(t, t->tokens_all) / result->seconds * 1e-9 : 0;
    ok = ok && (!writes || write_model(t, result, err));
    if (ok && writes) unlink(t->checkpoint_path);
    if (ok && writes && t->reference) unlink(t->reference_path);
    if (ok && writes) ok = train_keep_done(t, err);
    return team_agree(t->settings.team, ok, err);
}
