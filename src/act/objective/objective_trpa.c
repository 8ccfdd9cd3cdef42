/* Trust region preference approximation (Su et al. 2025): rules sort the answers of a prompt into levels, 1 the best;
 * every two answers of different levels are a preference. With rho_i the mean over the tokens
 * of answer i of log pi - log pi_ref:
 *
 *     L = mean over the pairs, by the weight of their prompt, of -log sigma(kappa beta (rho_i - rho_j)) + c K
 *
 * kappa = anisotropy where the better answer i has level 1, else 1 (the paper's KTPO weighting as its code has it;
 * ktpo=per-response as its formula: kappa of each answer by itself). K is the mean over the tokens of an estimate of
 * KL(sampling policy || pi):
 *     trkl=paper   exp(-d) + d - 1 with d = log pi_old - log pi, without bias for tokens drawn from pi_old
 *     trkl=code    exp(d) - d - 1, d within -10..10, as the published code
 * root: c sqrt(K + 1/4) in place of c K: the bound of the paper's theorem; 1/4 keeps its slope 1 at K = 0.
 *
 * Only the order of the levels counts, so the loss does not change when scores are rescaled. Groups with one level have
 * no pair; a step without any is skipped, or (fallback=sign, as the published code) has the loss mean of -log sigma(s_i
 * rho_i), s_i = 1 for level 1, else -1. */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"

#include <math.h>


static const struct option_def options[] = {
    REAL("beta", "0.1", 1e-6, 1e6, "weight of the reference"),
    REAL("anisotropy", "2.5", 1e-3, 1e3, "kappa: weight of answers of level 1"),
    CHOICE("ktpo", "winner", "winner|per-response|off",
           "who is weighted: pairs by their better answer, each answer, none"),
    CHOICE("norm", "mean", "mean|sum", "of the log-ratios of an answer's tokens"),
    REAL("c", "0.001", 0, 1e6, "weight of the trust region"),
    CHOICE("trkl", "paper", "paper|code", "estimate of the trust region's divergence"),
    FLAG("root", "c sqrt(K + 1/4) in place of c K"),
    CHOICE("average", "pairs", "pairs|prompts", "all pairs alike, or the mean of each prompt first"),
    CHOICE("fallback", "skip", "skip|sign", "a step without pairs: no loss, or the published code's"),
};
enum { BETA, ANISOTROPY, KTPO, NORM, C, TRKL, ROOT, AVERAGE, FALLBACK };

static double scale_of(const struct option_value *o, const struct answer_view *a) {
    return option_chosen(o, NORM, "mean") ? 1 / (double)a->n : 1;
}

static double rho_of(const struct option_value *o, const struct answer_view *a) {
    return scale_of(o, a) * answer_log_ratio(a);
}

/* d loss / d rho of an answer, carried on to its tokens. */
static void pull(const struct option_value *o, struct answer_view *a, double by) {
    for (size_t t = 0; t < a->n; t++) a->gradient[t] += by * scale_of(o, a);
}

/* kappa of the pair's better and worse answer. */
static void weigh(const struct option_value *o, const struct answer_view *better, const struct answer_view *worse,
                  double kappa[2]) {
    double first = better->level == 1 ? o[ANISOTROPY].real : 1;
    if (option_chosen(o, KTPO, "off")) first = 1;
    kappa[0] = kappa[1] = first;
    if (option_chosen(o, KTPO, "per-response")) kappa[1] = worse->level == 1 ? o[ANISOTROPY].real : 1;
}

/* Pairs of the answers a[0..n-1] of one prompt. */
static size_t count_pairs(const struct answer_view *a, size_t n) {
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) pairs += a[i].level < a[j].level;
    return pairs;
}

/* Their losses, each times `share`. */
static double prompt_loss(const struct option_value *o, struct answer_view *a, size_t n, double share,
                          struct step_figures *figures) {
    double loss = 0, beta = o[BETA].real;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            if (a[i].level >= a[j].level) continue;
            double kappa[2], better = rho_of(o, &a[i]), worse = rho_of(o, &a[j]);
            weigh(o, &a[i], &a[j], kappa);
            double h = beta * (kappa[0] * better - kappa[1] * worse), slope = -share * beta * sigmoid(-h);
            loss -= share * log_sigmoid(h);
            pull(o, &a[i], slope * kappa[0]);
            pull(o, &a[j], -slope * kappa[1]);
            step_figure_add(figures, "h_high", better, 1);
            step_figure_add(figures, "h_low", worse, 1);
            step_figure_add(figures, "gap", better - worse, 1);
        }
    return loss;
}

static bool check(const struct answer_view *a, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (a[i].level < 1) return answer_fault(&a[i], "an answer has no level; trpa learns from levels", err);
    return true;
}

static double sign_loss(const struct option_value *o, struct answer_view *a, size_t n) {
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        double s = a[i].level == 1 ? 1 : -1, rho = rho_of(o, &a[i]);
        loss -= log_sigmoid(s * rho) / (double)n;
        pull(o, &a[i], -s * sigmoid(-s * rho) / (double)n);
    }
    return loss;
}

static double pairs_loss(const struct option_value *o, struct answer_view *a, size_t n, struct step_figures *figures) {
    size_t pairs = 0;
    double loss = 0, prompts = 0, weighted = 0;
    for (size_t from = 0, to; from < n; from = to) {
        to = answer_group_end(a, from, n);
        size_t own = count_pairs(a + from, to - from);
        pairs += own;
        weighted += a[from].weight * (double)own;
        prompts += own ? a[from].weight : 0;
        step_figure_add(figures, "no_pairs", own ? 0 : 1, 1);
    }
    step_figure_add(figures, "pairs", (double)pairs, 1);
    if (!pairs) return option_chosen(o, FALLBACK, "sign") ? sign_loss(o, a, n) : 0;
    for (size_t from = 0, to; from < n; from = to) {
        to = answer_group_end(a, from, n);
        size_t own = count_pairs(a + from, to - from);
        double share = option_chosen(o, AVERAGE, "pairs") ? a[from].weight / weighted
                       : own                       ? a[from].weight / ((double)own * prompts)
                                                   : 0;
        loss += prompt_loss(o, a + from, to - from, share, figures);
    }
    return loss;
}

/* The estimate of one token, and its derivative by log pi. */
static double token_kl(const struct option_value *o, double sampled, double logprob, double *slope) {
    double d = sampled - logprob;
    if (option_chosen(o, TRKL, "paper")) {
        *slope = exp(-d) - 1;
        return exp(-d) + d - 1;
    }
    double k = exp(d) - d - 1;
    *slope = k > 10 ? 0 : 1 - exp(d);
    return fmin(k, 10);
}

static double trust_loss(const struct option_value *o, struct answer_view *a, size_t n, struct step_figures *figures) {
    double tokens = 0, k = 0, slope;
    for (size_t i = 0; i < n; i++) {
        if (!a[i].sampled) return 0; /* answers from a file: nobody knows who drew them */
        tokens += (double)a[i].n;
        for (size_t t = 0; t < a[i].n; t++) k += token_kl(o, a[i].sampled[t], a[i].logprob[t], &slope);
    }
    k /= tokens;
    step_figure_add(figures, "trust_kl", k, 1);
    double root = sqrt(k + 0.25), by = o[ROOT].flag ? o[C].real / (2 * root) : o[C].real;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < a[i].n; t++) {
            (void)token_kl(o, a[i].sampled[t], a[i].logprob[t], &slope);
            a[i].gradient[t] += by * slope / tokens;
        }
    return o[ROOT].flag ? o[C].real * root : o[C].real * k;
}

static bool trpa(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                 double *loss, struct error *err) {
    if (!check(answers, n, err)) return false;
    *loss = pairs_loss(o, answers, n, figures);
    *loss += trust_loss(o, answers, n, figures);
    return true;
}

const struct objective objective_trpa = {
    .name = "trpa",
    .summary = "trust region preference approximation: sampled answers are sorted into levels by rules, "
               "all pairs across levels count",
    .source = "Su et al. 2025",
    .unit = "nats a pair",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .forms = ANSWERS_GROUPS,
    .rollouts = true,
    .levels = true,
    .compares = true,
    .reference = true,
    .whole = true,
    .of_answers = trpa,
};
