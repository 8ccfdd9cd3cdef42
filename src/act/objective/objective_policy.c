/* Policy gradients on sampled answers. Each token of an answer has an advantage A; with u = exp(log pi - log pi_old)
 *
 *     L = - average of min(u A, clip(u, 1 - low, 1 + high) A) + beta average of k3
 *     k3 = exp(r) - r - 1, r = log pi_ref - log pi
 *
 * (Schulman et al. 2017, equation 7; k3: Schulman 2020). The objectives differ in where the advantages come from:
 *
 * grpo (Shao et al. 2024, section 4.1): A = (reward - mean of the group) / (deviation of the group + 1e-6), deviation
 *     with n - 1; scale=none leaves the deviation out (Liu et al. 2025, "Dr. GRPO")
 * rloo (Ahmadian et al. 2024, equation 8): A = reward - mean of the others of the group
 * reinforce++ (Hu 2025): rewards to go with a penalty beta (log pi_old - log pi_ref) at each token, whitened over all
 *     tokens of the step
 * ppo (Schulman et al. 2017): a head on the same states says what an answer will be worth, V_t before token t. With r_t
 *     the same penalty, and at the last token the reward too, and V behind it 0 (Schulman et al. 2016, equation 16)
 *         A_t = d_t + discount lambda A_{t+1},   d_t = r_t + discount V_{t+1} - V_t,   whitened over the step,
 *     from the V of the policy that answered; R_t = A_t + V_t before whitening, and to the loss is added
 *         value x average of max((V - R)^2, (V held within value_clip of the first V - R)^2) / 2
 *
 * average=tokens: all tokens of the step alike; sequences: the mean of each answer first; constant: sums over `length`
 * tokens. */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"

#include <math.h>

#define SHARED                                                                                                         \
    REAL("beta", "0.001", 0, 1e6, "weight of the divergence from the reference"),                                      \
        REAL("low", "0.2", 0, 1, "ratios below 1 - low gain nothing more"),                                            \
        REAL("high", "0.2", 0, 1e6, "nor above 1 + high"),                                                             \
        CHOICE("average", "tokens", "tokens|sequences|constant", "of the tokens' losses"),                             \
        REAL("length", "256", 1, 1e6, "tokens that average=constant divides by")

static const struct option_def grpo_options[] = {
    SHARED,
    CHOICE("scale", "std", "std|none", "advantages over the deviation of the group, or as they are"),
};
static const struct option_def rloo_options[] = {SHARED};
static const struct option_def reinforce_options[] = {
    SHARED,
    REAL("discount", "1", 0, 1, "of later rewards"),
};
static const struct option_def ppo_options[] = {
    SHARED,
    REAL("discount", "1", 0, 1, "of later rewards"),
    REAL("lambda", "0.95", 0, 1, "of advantages: 1 looks to the end of the answer, 0 one token far"),
    REAL("value", "0.1", 0, 1e6, "weight of the head's loss"),
    REAL("value_clip", "0.5", 0, 1e6, "the head gains nothing by going further than this in one step; 0: it may"),
};
enum { BETA, LOW, HIGH, AVERAGE, LENGTH, OWN, LAMBDA, VALUE, VALUE_CLIP };

/* ---- advantages */

/* Of all tokens of the step: advantage[first[i] + t] of token t of answer i. */
struct advantages {
    double *of;
    size_t *first, tokens;
};

static bool advantages_init(struct advantages *a, const struct answer_view *answers, size_t n, struct error *err) {
    *a = (struct advantages){.first = memory_zeroed(n, sizeof *a->first)};
    for (size_t i = 0; a->first && i < n; i++) {
        a->first[i] = a->tokens;
        a->tokens += answers[i].n;
    }
    a->of = memory_zeroed(a->tokens, sizeof *a->of);
    return (a->of && a->first) || error_memory(err, "advantages");
}

static void advantages_done(struct advantages *a) {
    memory_free(a->of);
    memory_free(a->first);
}

static void spread(struct advantages *a, const struct answer_view *answers, size_t i, double advantage) {
    for (size_t t = 0; t < answers[i].n; t++) a->of[a->first[i] + t] = advantage;
}

static bool check(const struct answer_view *answers, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(answers[i].reward))
            return answer_fault(&answers[i], "the reward of an answer is no finite number", err);
    return true;
}

/* Mean and deviation (with n - 1) of the rewards of one group; one answer alone: 0 and 1,
 * so that its reward counts as it is. */
static void group_moments(const struct answer_view *a, size_t n, double *mean, double *deviation) {
    *mean = 0;
    *deviation = 1;
    if (n < 2) return;
    double square = 0;
    for (size_t i = 0; i < n; i++) *mean += a[i].reward / (double)n;
    for (size_t i = 0; i < n; i++) square += (a[i].reward - *mean) * (a[i].reward - *mean);
    *deviation = sqrt(square / (double)(n - 1));
}

typedef void advantages_of(const struct option_value *o, const struct answer_view *answers, size_t n,
                           struct advantages *a);

static void grpo_advantages(const struct option_value *o, const struct answer_view *answers, size_t n,
                            struct advantages *a) {
    bool scaled = option_chosen(o, OWN, "std");
    for (size_t from = 0, to; from < n; from = to) {
        double mean, deviation;
        to = answer_group_end(answers, from, n);
        group_moments(answers + from, to - from, &mean, &deviation);
        for (size_t i = from; i < to; i++)
            spread(a, answers, i, (answers[i].reward - mean) / (scaled ? deviation + 1e-6 : 1));
    }
}

static void rloo_advantages(const struct option_value *o, const struct answer_view *answers, size_t n,
                            struct advantages *a) {
    (void)o;
    for (size_t from = 0, to; from < n; from = to) {
        double sum = 0;
        to = answer_group_end(answers, from, n);
        for (size_t i = from; i < to; i++) sum += answers[i].reward;
        for (size_t i = from; i < to; i++)
            spread(a, answers, i,
                   to - from < 2 ? 0 : answers[i].reward - (sum - answers[i].reward) / (double)(to - from - 1));
    }
}

static void whiten(struct advantages *a) {
    double mean = 0, square = 0;
    for (size_t t = 0; t < a->tokens; t++) mean += a->of[t] / (double)a->tokens;
    for (size_t t = 0; t < a->tokens; t++) square += (a->of[t] - mean) * (a->of[t] - mean);
    double deviation = a->tokens > 1 ? sqrt(square / (double)(a->tokens - 1)) : 0;
    for (size_t t = 0; t < a->tokens; t++) a->of[t] = (a->of[t] - mean) / (deviation + 1e-8);
}

static void reinforce_advantages(const struct option_value *o, const struct answer_view *answers, size_t n,
                                 struct advantages *a) {
    for (size_t i = 0; i < n; i++) {
        double to_go = 0;
        for (size_t t = answers[i].n; t-- > 0;) {
            double reward = t + 1 == answers[i].n ? answers[i].reward : 0;
            reward -= o[BETA].real * (answers[i].sampled[t] - answers[i].reference[t]);
            to_go = reward + o[OWN].real * to_go;
            a->of[a->first[i] + t] = to_go;
        }
    }
    whiten(a);
}

/* ---- the loss */

static double token_share(const struct option_value *o, const struct answer_view *answers, size_t n, size_t i,
                          size_t tokens) {
    if (option_chosen(o, AVERAGE, "tokens")) return 1 / (double)tokens;
    double length = option_chosen(o, AVERAGE, "sequences") ? (double)answers[i].n : o[LENGTH].real;
    return 1 / (length * (double)n);
}

/* min(u A, clip(u) A) of one token, and its derivative by log pi. */
static double clipped(const struct option_value *o, double logprob, double sampled, double advantage, double *slope,
                      bool *cut) {
    double u = exp(logprob - sampled), held = fmin(fmax(u, 1 - o[LOW].real), 1 + o[HIGH].real);
    *cut = held * advantage < u * advantage;
    *slope = *cut ? 0 : u * advantage;
    return *cut ? held * advantage : u * advantage;
}

static double policy_loss(const struct option_value *o, struct answer_view *answers, size_t n,
                          const struct advantages *a, double beta, struct step_figures *figures) {
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        struct answer_view *x = &answers[i];
        double share = token_share(o, answers, n, i, a->tokens), slope;
        for (size_t t = 0; t < x->n; t++) {
            bool cut;
            double gain = clipped(o, x->logprob[t], x->sampled[t], a->of[a->first[i] + t], &slope, &cut);
            double r = x->reference[t] - x->logprob[t], kl = exp(r) - r - 1;
            loss += share * (beta * kl - gain);
            x->gradient[t] += share * (beta * (1 - exp(r)) - slope);
            step_figure_add(figures, "kl", kl, 1);
            step_figure_add(figures, "clipped", cut, 1);
        }
    }
    return loss;
}

static bool learn(const struct option_value *o, advantages_of *advantages, double beta, struct answer_view *answers,
                  size_t n, struct step_figures *figures, double *loss, struct error *err) {
    struct advantages a = {0};
    bool ok = check(answers, n, err) && advantages_init(&a, answers, n, err);
    if (ok) {
        advantages(o, answers, n, &a);
        *loss = policy_loss(o, answers, n, &a, beta, figures);
    }
    advantages_done(&a);
    return ok;
}

static bool grpo(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                 double *loss, struct error *err) {
    return learn(o, grpo_advantages, o[BETA].real, answers, n, figures, loss, err);
}

static bool rloo(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                 double *loss, struct error *err) {
    return learn(o, rloo_advantages, o[BETA].real, answers, n, figures, loss, err);
}

/* The penalty is in the rewards already. */
static bool reinforce(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                      double *loss, struct error *err) {
    return learn(o, reinforce_advantages, 0, answers, n, figures, loss, err);
}

/* ---- ppo */

/* Advantages before they are whitened, and what the head should have said. */
static void gae(const struct option_value *o, const struct answer_view *answers, size_t n, struct advantages *a,
                double *returns) {
    for (size_t i = 0; i < n; i++) {
        const struct answer_view *x = &answers[i];
        double behind = 0, advantage = 0;
        for (size_t t = x->n; t-- > 0; behind = x->value_sampled[t]) {
            double reward = (t + 1 == x->n ? x->reward : 0) - o[BETA].real * (x->sampled[t] - x->reference[t]);
            advantage = reward + o[OWN].real * behind - x->value_sampled[t] + o[OWN].real * o[LAMBDA].real * advantage;
            a->of[a->first[i] + t] = advantage;
            returns[a->first[i] + t] = advantage + x->value_sampled[t];
        }
    }
}

/* How much of the returns' variance the head knew beforehand: 1 - var(R - V) / var(R), R - V being the advantages. */
static void tell_explained(const struct advantages *a, const double *returns, struct step_figures *figures) {
    double mean[2] = {0}, square[2] = {0}, tokens = (double)a->tokens;
    for (size_t t = 0; t < a->tokens; t++) {
        mean[0] += a->of[t] / tokens;
        mean[1] += returns[t] / tokens;
    }
    for (size_t t = 0; t < a->tokens; t++) {
        square[0] += (a->of[t] - mean[0]) * (a->of[t] - mean[0]);
        square[1] += (returns[t] - mean[1]) * (returns[t] - mean[1]);
    }
    if (square[1] > 0) step_figure_add(figures, "explained", 1 - square[0] / square[1], 1);
}

static double value_loss(const struct option_value *o, struct answer_view *answers, size_t n,
                         const struct advantages *a, const double *returns, struct step_figures *figures) {
    double loss = 0, most = o[VALUE_CLIP].real > 0 ? o[VALUE_CLIP].real : INFINITY;
    for (size_t i = 0; i < n; i++) {
        struct answer_view *x = &answers[i];
        double share = o[VALUE].real * token_share(o, answers, n, i, a->tokens);
        for (size_t t = 0; t < x->n; t++) {
            double first = x->value_sampled[t], off = x->value[t] - returns[a->first[i] + t];
            double held = fmin(fmax(x->value[t], first - most), first + most) - returns[a->first[i] + t];
            bool cut = held * held > off * off;
            double own = (cut ? held * held : off * off) / 2;
            loss += share * own;
            x->value_gradient[t] += cut ? 0 : share * off;
            step_figure_add(figures, "value_loss", own, 1);
            step_figure_add(figures, "value_clipped", cut, 1);
        }
    }
    return loss;
}

static bool ppo(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                double *loss, struct error *err) {
    struct advantages a = {0};
    double *returns = NULL;
    bool ok = check(answers, n, err) && advantages_init(&a, answers, n, err) &&
              ((returns = memory_zeroed(a.tokens, sizeof *returns)) || error_memory(err, "returns"));
    if (ok) {
        gae(o, answers, n, &a, returns);
        tell_explained(&a, returns, figures);
        whiten(&a);
        *loss = policy_loss(o, answers, n, &a, 0, figures) + value_loss(o, answers, n, &a, returns, figures);
    }
    memory_free(returns);
    advantages_done(&a);
    return ok;
}

#define POLICY(table, function)                                                                                        \
    .options = table, .n_options = sizeof table / sizeof *table, .rollouts = true, .reference = true, .whole = true,   \
    .of_answers = function

const struct objective objective_grpo = {
    .name = "grpo",
    .summary = "group relative policy optimisation: rewards of sampled answers against those of their group",
    .source = "Shao et al. 2024, section 4.1",
    POLICY(grpo_options, grpo),
    .compares = true,
};

const struct objective objective_rloo = {
    .name = "rloo",
    .summary = "REINFORCE leave-one-out: rewards of sampled answers against the mean of the others",
    .source = "Ahmadian et al. 2024, equation 8",
    POLICY(rloo_options, rloo),
    .compares = true,
};

const struct objective objective_reinforce = {
    .name = "reinforce++",
    .summary = "REINFORCE++: rewards to go of sampled answers, whitened over the whole step",
    .source = "Hu 2025, section 3",
    POLICY(reinforce_options, reinforce),
};

const struct objective objective_ppo = {
    .name = "ppo",
    .summary = "proximal policy optimisation: rewards of sampled answers against what a value head on the same model "
               "expected at each token",
    .source = "Schulman et al. 2017, equations 7 and 9; advantages: Schulman et al. 2016, equation 16",
    POLICY(ppo_options, ppo),
    .head = LM_WORTH,
    .critic = true,
};
