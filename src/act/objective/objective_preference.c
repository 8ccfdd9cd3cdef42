/* Learning from preferences. With rho(y) = sum_t log pi(y_t) - log pi_ref(y_t), y+ the better and y- the worse answer:
 *
 * dpo (Rafailov et al. 2023, equation 7):  - log sigma(beta (rho(y+) - rho(y-)))
 *     smooth: the share of labels taken for wrong (Chowdhury et al. 2024; "cDPO"): (1 - e) of the above + e of its
 *     mirror sft: added weight of - log pi(y+) / |y+| (Pang et al. 2024, equation 3)
 * ipo (Azar et al. 2023, equation 17):     (rho(y+) - rho(y-) - 1 / (2 beta))^2
 * kto (Ethayarajh et al. 2024, equation 8): w (1 - sigma(s beta (rho(y) - z))) with s = 1 and w
 * = desirable for wanted answers,
 *     s = -1 and w = undesirable for others; z = max(0, mean rho of answers under prompts that are not theirs), without
 *     gradient. */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"

#include <math.h>

#define NORM CHOICE("norm", "sum", "sum|mean", "of the log-ratios of an answer's tokens")

enum { BETA, NORM_AT, FALL, SMOOTH, SFT };

/* ---- pairs */

struct pair {
    struct answer_view *better, *worse;
    double scale[2]; /* of the two log-ratios: 1, or 1 / tokens */
    double gap;
};

static struct pair make_pair(const struct option_value *o, struct answer_view *at) {
    bool mean = option_chosen(o, NORM_AT, "mean");
    struct pair p = {.better = at, .worse = at + 1};
    p.scale[0] = mean ? 1 / (double)at[0].n : 1;
    p.scale[1] = mean ? 1 / (double)at[1].n : 1;
    p.gap = p.scale[0] * answer_log_ratio(&at[0]) - p.scale[1] * answer_log_ratio(&at[1]);
    return p;
}

static void pull(struct answer_view *a, double by) {
    for (size_t t = 0; t < a->n; t++) a->gradient[t] += by;
}

/* What TRL users look at: rewards beta rho and log-probabilities of both sides, each by itself; and rho a token,
 * for watch. */
static void tell(const struct option_value *o, const struct pair *p, struct step_figures *figures) {
    double w = p->better->weight, rewards[2];
    const struct answer_view *side[2] = {p->better, p->worse};
    static const char *const names[2][3] = {{"reward_chosen", "logprob_chosen", "ratio_chosen"},
                                            {"reward_rejected", "logprob_rejected", "ratio_rejected"}};
    for (int i = 0; i < 2; i++) {
        rewards[i] = o[BETA].real * p->scale[i] * answer_log_ratio(side[i]);
        step_figure_add(figures, names[i][0], rewards[i], w);
        step_figure_add(figures, names[i][1], answer_sum(side[i]->logprob, side[i]->n), w);
        step_figure_add(figures, names[i][2], answer_log_ratio(side[i]) / (double)side[i]->n, w);
    }
    step_figure_add(figures, "margin", rewards[0] - rewards[1], w);
    step_figure_add(figures, "accuracy", p->gap > 0 ? 1 : p->gap == 0 ? 0.5 : 0, w);
}

/* The loss of one pair, and its derivative by the gap. */
typedef double pair_loss(const struct option_value *o, double gap, double *slope);

static double dpo_loss(const struct option_value *o, double gap, double *slope) {
    double beta = o[BETA].real, e = o[SMOOTH].real, h = beta * gap;
    *slope = -beta * ((1 - e) * sigmoid(-h) - e * sigmoid(h));
    return -(1 - e) * log_sigmoid(h) - e * log_sigmoid(-h);
}

static double ipo_loss(const struct option_value *o, double gap, double *slope) {
    double off = gap - 1 / (2 * o[BETA].real);
    *slope = 2 * off;
    return off * off;
}

static double total_weight(const struct answer_view *answers, size_t n, size_t step) {
    double sum = 0;
    for (size_t i = 0; i < n; i += step) sum += answers[i].weight;
    return sum;
}

static double of_pairs(const struct option_value *o, pair_loss *loss_of, double sft, struct answer_view *answers,
                       size_t n, struct step_figures *figures) {
    double loss = 0, total = total_weight(answers, n, 2);
    for (size_t i = 0; i < n; i += 2) {
        struct pair p = make_pair(o, &answers[i]);
        double share = p.better->weight / total, slope, length = (double)p.better->n;
        loss += share * (loss_of(o, p.gap, &slope) - sft * answer_sum(p.better->logprob, p.better->n) / length);
        pull(p.better, share * (slope * p.scale[0] - sft / length));
        pull(p.worse, -share * slope * p.scale[1]);
        tell(o, &p, figures);
    }
    return loss;
}

static bool dpo(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                double *loss, struct error *err) {
    (void)err;
    *loss = of_pairs(o, dpo_loss, o[SFT].real, answers, n, figures);
    return true;
}

static bool ipo(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                double *loss, struct error *err) {
    (void)err;
    *loss = of_pairs(o, ipo_loss, 0, answers, n, figures);
    return true;
}

/* ---- pairs of sampled answers */

/* Is a better than b? By levels where there are any, else by rewards. */
static bool better(const struct answer_view *a, const struct answer_view *b) {
    return a->level > 0 ? a->level < b->level : a->reward > b->reward;
}

/* The best and the worst answer of a group; the first of equal ones. False: all are alike. */
static bool extremes(struct answer_view *a, size_t n, struct answer_view pair[2], size_t at[2]) {
    at[0] = at[1] = 0;
    for (size_t i = 1; i < n; i++) {
        if (better(&a[i], &a[at[0]])) at[0] = i;
        if (better(&a[at[1]], &a[i])) at[1] = i;
    }
    pair[0] = a[at[0]];
    pair[1] = a[at[1]];
    return better(&pair[0], &pair[1]);
}

/* Groups without a better answer are left out; a step of such groups has no loss. */
static bool online_dpo(const struct option_value *o, struct answer_view *answers, size_t n,
                       struct step_figures *figures, double *loss, struct error *err) {
    struct answer_view *pairs = memory_zeroed(n + 1, sizeof *pairs);
    if (!pairs) return error_memory(err, "pairs");
    size_t found = 0, at[2];
    bool ok = true;
    for (size_t from = 0, to; ok && from < n; from = to) {
        to = answer_group_end(answers, from, n);
        for (size_t i = from; ok && i < to; i++)
            ok = answers[i].level > 0 || isfinite(answers[i].reward) ||
                 answer_fault(&answers[i], "an answer has neither a level nor a finite reward", err);
        bool pair = ok && to - from > 1 && extremes(answers + from, to - from, pairs + found, at);
        step_figure_add(figures, "no_pairs", pair ? 0 : 1, 1);
        found += pair ? 2 : 0;
    }
    if (ok) *loss = found ? of_pairs(o, dpo_loss, o[SFT].real, pairs, found, figures) : 0;
    memory_free(pairs);
    return ok;
}

/* ---- single answers */

enum { DESIRABLE = 3, UNDESIRABLE };

/* Groups of two: the answer, and another one's under the same prompt (level 0). */
static bool kto(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                double *loss, struct error *err) {
    (void)err;
    double total = total_weight(answers, n, 2), z = 0, beta = o[BETA].real;
    for (size_t i = 1; i < n; i += 2) z += answers[i].weight / total * answer_log_ratio(&answers[i]);
    z = fmax(z, 0);
    *loss = 0;
    for (size_t i = 0; i < n; i += 2) {
        struct answer_view *a = &answers[i];
        bool wanted = a->level == 1;
        double scale = option_chosen(o, NORM_AT, "mean") ? 1 / (double)a->n : 1, rho = scale * answer_log_ratio(a);
        double sign = wanted ? 1 : -1, w = o[wanted ? DESIRABLE : UNDESIRABLE].real * a->weight / total;
        double v = sigmoid(sign * beta * (rho - z));
        *loss += w * (1 - v);
        pull(a, -w * v * (1 - v) * sign * beta * scale);
        step_figure_add(figures, wanted ? "reward_chosen" : "reward_rejected", beta * rho, a->weight);
        step_figure_add(figures, wanted ? "logprob_chosen" : "logprob_rejected", answer_sum(a->logprob, a->n),
                        a->weight);
        step_figure_add(figures, wanted ? "ratio_chosen" : "ratio_rejected", answer_log_ratio(a) / (double)a->n,
                        a->weight);
        step_figure_add(figures, "kl", z, a->weight);
    }
    return true;
}

/* Both answers can become unlikely while the gap between them grows: then the model says something third. */
static bool watch(const struct option_value *o, const struct step_figures *figures, struct error *err) {
    double chosen = step_figure(figures, "ratio_chosen"), rejected = step_figure(figures, "ratio_rejected");
    double most = o[FALL].real;
    if (most == 0 || !(chosen < -most && rejected < -most)) return true;
    return error_set(
        err, ERROR_DATA,
        "both sides fall: against the reference, a token of chosen answers has lost %.2f nats and one of "
        "rejected answers %.2f (fall=%g); lower lr, raise beta or add sft=1 (dpo), or allow it with fall=0",
        -chosen, -rejected, most);
}

static const struct option_def dpo_options[] = {
    REAL("beta", "0.1", 1e-6, 1e6, "weight of the reference"),
    NORM,
    REAL("fall", "1", 0, 1e6, "stop when both sides have fallen by this many nats a token; 0: never"),
    REAL("smooth", "0", 0, 0.5, "share of the labels taken for wrong"),
    REAL("sft", "0", 0, 1e6, "weight of the likelihood of the chosen answer"),
};

static const struct option_def ipo_options[] = {
    REAL("beta", "0.1", 1e-6, 1e6, "weight of the reference; the gap aimed at is 1 / (2 beta)"),
    NORM,
    REAL("fall", "1", 0, 1e6, "stop when both sides have fallen by this many nats a token; 0: never"),
};

static const struct option_def kto_options[] = {
    REAL("beta", "0.1", 1e-6, 1e6, "weight of the reference"),
    NORM,
    REAL("fall", "1", 0, 1e6, "stop when both sides have fallen by this many nats a token; 0: never"),
    REAL("desirable", "1", 0, 1e6, "weight of wanted answers"),
    REAL("undesirable", "1", 0, 1e6, "weight of the others"),
};
#define OPTIONS(table) .options = table, .n_options = sizeof table / sizeof *table

const struct objective objective_dpo = {
    .name = "dpo",
    .summary = "direct preference optimisation: the chosen answer becomes likelier than the rejected one",
    .source = "Rafailov et al. 2023, equation 7",
    .unit = "nats a pair",
    OPTIONS(dpo_options),
    .forms = ANSWERS_PAIRS,
    .reference = true,
    .of_answers = dpo,
    .watch = watch,
};

const struct objective objective_online_dpo = {
    .name = "online-dpo",
    .summary = "direct preference optimisation on sampled answers: the best of a group against its worst",
    .source = "Guo et al. 2024, equation 4",
    .unit = "nats a pair",
    OPTIONS(dpo_options),
    .rollouts = true,
    .compares = true,
    .reference = true,
    .whole = true,
    .of_answers = online_dpo,
    .watch = watch,
};

const struct objective objective_ipo = {
    .name = "ipo",
    .summary = "identity preference optimisation: the gap between both answers goes to 1 / (2 beta)",
    .source = "Azar et al. 2023, equation 17",
    OPTIONS(ipo_options),
    .forms = ANSWERS_PAIRS,
    .reference = true,
    .of_answers = ipo,
    .watch = watch,
};

const struct objective objective_kto = {
    .name = "kto",
    .summary = "Kahneman-Tversky optimisation: answers that are wanted or not, without pairs",
    .source = "Ethayarajh et al. 2024, equation 8",
    OPTIONS(kto_options),
    .forms = ANSWERS_LABELLED,
    .reference = true,
    .whole = true,
    .mismatched = true,
    .of_answers = kto,
    .watch = watch,
};
