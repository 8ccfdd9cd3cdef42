/* Opening what a steer needs: see common_steer.h. */
#include "cli/common_steer.h"

#include "act/objective/objective.h"
#include "act/steer/steer_subject.h"
#include "cli/commands.h"
#include "report/reward_spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rewards live as long as the subject. */
struct rewards {
    struct reward_spec *reward, *baseline;
};

static void release(void *owned) {
    struct rewards *r = owned;
    reward_spec_close(r->reward);
    reward_spec_close(r->baseline);
    memory_free(r);
}

/* A steer of tokens computes them by passes of its own, which no index holds to anything. */
static bool may_quote(const struct arguments *args, const struct steer *steer, struct error *err) {
    return !args_text(args, "quotes", NULL) || steer->needs & STEER_WHOLE ||
           error_set(err, ERROR_USAGE, "--quotes: of the steers only best-of-n can be held to a trusted text");
}

bool common_steers(const struct arguments *args, struct text **specs, size_t *n, struct error *err) {
    const char *spec = args_text(args, "steer", NULL);
    *n = 0;
    if (!spec) return true;
    const struct steer *steer = steer_find(text_of(spec), err);
    return steer && may_quote(args, steer, err) &&
           spec_grid(args->arena, text_of(spec), steer->options, steer->n_options, specs, n, err);
}

/* One more model in this process, as the subject is opened. */
static bool open_model(const struct arguments *args, const char *spec, const char *flag, struct subject **out,
                       struct error *err) {
    struct subject_settings settings;
    if (!spec) return true;
    common_subject_settings(args, &settings);
    return (*out = subject_open(text_of(spec), &settings, err)) || error_wrap(err, "--%s", flag);
}

static bool open_reward(const struct arguments *args, const char *flag, struct reward_spec **out, struct error *err) {
    const char *spec = args_text(args, flag, NULL);
    if (!spec) return true;
    return (*out = reward_spec_open(spec, getenv("BASANITE_PATH"), common_threads(args), err)) ||
           error_wrap(err, "--%s", flag);
}

static bool open_parts(const struct arguments *args, const struct steer *steer, struct steer_parts *parts,
                       struct rewards *rewards, struct error *err) {
    bool head = steer->needs & STEER_NEEDS_HEAD;
    if (args->crew)
        return error_set(err, ERROR_USAGE, "--steer: a steered subject is asked by one process; leave out mpirun");
    if (!open_model(args, args_text(args, "baseline", NULL), "baseline", &parts->baseline, err)) return false;
    if (head && !open_model(args, args_text(args, "reward", NULL), "reward", &parts->head, err)) return false;
    if (!head && !open_reward(args, "reward", &rewards->reward, err)) return false;
    if (!open_reward(args, "baseline-reward", &rewards->baseline, err)) return false;
    if (rewards->reward) parts->reward = reward_spec_reward(rewards->reward);
    if (rewards->baseline) parts->baseline_reward = reward_spec_reward(rewards->baseline);
    return true;
}

/* The strength with which a model of this program was aligned, as its file tells; NaN: it does not. */
static double beta_of(const struct arguments *args, const char *path) {
    struct error ignored = {0};
    struct lm_file *file = common_model_file(args, path, &ignored);
    const struct lm_value *value = file ? lm_file_value(file, "basanite.train.objective") : NULL;
    const struct objective *o = value ? objective_find(value->text, &ignored) : NULL;
    const struct option_value *v =
        o ? spec_parse(args->arena, value->text, o->options, o->n_options, &ignored) : NULL;
    double beta = NAN;
    for (size_t i = 0; v && i < o->n_options; i++)
        if (strcmp(o->options[i].name, "beta") == 0 && o->options[i].type == OPTION_REAL) beta = v[i].real;
    lm_file_close(file);
    return beta;
}

/* Where the spec leaves beta out it is that of the baseline; else it stays as it is, and may be refused. */
static bool add_beta(const struct arguments *args, const struct steer *steer, struct text *spec, struct error *err) {
    const char *baseline = args_text(args, "baseline", NULL);
    if (!(steer->needs & STEER_NEEDS_BETA) || !baseline || text_find(*spec, TEXT(",beta="), 0) != SIZE_MAX) return true;
    double beta = beta_of(args, baseline);
    if (!(beta > 0)) return true;
    char number[32];
    text_from_f64(beta, number);
    const char *whole = arena_printf(args->arena, err, "%.*s,beta=%s", TEXT_ARG(*spec), number);
    if (whole) *spec = text_of(whole);
    return whole != NULL;
}

struct subject *common_steer_by(const struct arguments *args, struct text spec, struct subject *subject, bool trace,
                                struct error *err) {
    struct rewards *rewards = memory_zeroed(1, sizeof *rewards);
    struct steer_parts parts = {.base = subject, .trace = trace, .release = release, .owned = rewards};
    const struct steer *steer = rewards ? steer_find(spec, err) : NULL;
    if (!rewards) error_memory(err, "rewards");
    if (steer && add_beta(args, steer, &spec, err) && open_parts(args, steer, &parts, rewards, err)) {
        struct subject *steered = steer_subject_new(spec, &parts, err);
        if (steered && steer_subject_note(steered)[0] && !args_on(args, "quiet"))
            fprintf(stderr, "%s\n", steer_subject_note(steered));
        return steered;
    }
    subject_close(subject);
    subject_close(parts.baseline);
    subject_close(parts.head);
    if (rewards) release(rewards);
    return NULL;
}

static bool no_others(const struct arguments *args, struct error *err) {
    static const char *const flags[] = {"baseline", "baseline-reward", "reward"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (args_text(args, flags[i], NULL))
            return error_set(err, ERROR_USAGE, "--%s goes with --steer", flags[i]);
    return true;
}

struct subject *common_steer(const struct arguments *args, struct subject *subject, struct error *err) {
    struct text *specs;
    size_t n;
    bool ok = common_steers(args, &specs, &n, err);
    if (ok && n == 0 && no_others(args, err)) return subject;
    if (ok && n == 1) return common_steer_by(args, specs[0], subject, false, err);
    if (ok && n > 1) error_set(err, ERROR_USAGE, "--steer: %zu steers; generate takes several, here one is wanted", n);
    subject_close(subject);
    return NULL;
}

void common_steer_told(const struct arguments *args, const struct subject *subject, double seconds) {
    struct steer_spent spent = steer_subject_spent(subject);
    double tokens = spent.tokens ? (double)spent.tokens : 1;
    if (args_on(args, "quiet") || !spent.tokens) return; /* from the record alone, or nothing was asked */
    fprintf(stderr, "%s: %llu tokens, %llu reward calls, %llu rollouts of %.1f tokens, %.4f s per token",
            strrchr(subject->spec, '~') + 1, (unsigned long long)spent.tokens, (unsigned long long)spent.reward_calls,
            (unsigned long long)spent.rollouts,
            spent.rollouts ? (double)spent.rollout_tokens / (double)spent.rollouts : 0, seconds / tokens);
    if (spent.sure + spent.planned)
        fprintf(stderr, ", %.0f%% of tokens without a look", 100 * (double)(spent.sure + spent.planned) / tokens);
    if (spent.alarms)
        fprintf(stderr, "; ALARM: at %llu steps too few effective samples, weights left out",
                (unsigned long long)spent.alarms);
    fputc('\n', stderr);
}
