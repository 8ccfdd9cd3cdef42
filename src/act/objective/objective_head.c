/* Learning what texts are or are worth: a head on the state of a text's last token, with the model under it. With v the
 * head's outputs:
 *
 * classify (cross-entropy):  - sum_k y_k log softmax(v)_k
 *     y: the label's class, of which `smooth` is shared out to all classes (Szegedy et al. 2016, section 7)
 * reward (Bradley & Terry 1952; Ouyang et al. 2022, equation 1):
 *         - log sigma(v(y+) - v(y-) - m) + center (v(y+) + v(y-))^2
 *     margin: m = reward_chosen - reward_rejected (Touvron et al. 2023, section 3.2.2), else 0; center keeps rewards
 *     around 0 (Eisenstein et al. 2023)
 * value (regression):  half the square of v - reward; beyond `delta` its tangent (Huber 1964)
 *     at=tokens: the mean over the prompt's last token and all tokens of the answer, so that the head tells of
 *     unfinished answers what they will be worth (Yang & Klein 2021)
 *     at=next: the same, but each token goes towards what is said of the next one, which stands still (the last towards
 *     the reward): controlled decoding's Q loss with the token that was drawn in place of the mean over all (Mudgal et
 *     al. 2024), whose expectation it is where the model drew the answers */
#include "act/objective/objective.h"
#include "act/objective/option_rows.h"

#include <math.h>

static double total_weight(const struct answer_view *answers, size_t n, size_t step) {
    double sum = 0;
    for (size_t i = 0; i < n; i += step) sum += answers[i].weight;
    return sum;
}

/* Where the outputs behind the last token begin. */
static size_t last(const struct answer_view *a) {
    return a->n * a->outputs;
}

/* ---- classes */

enum { SMOOTH };

static const struct option_def classify_options[] = {
    REAL("smooth", "0", 0, 1, "share of each label that is given to all classes alike"),
};

/* Cross-entropy of one text, its slope times `share` added; *best: the likeliest class. */
static double class_loss(const double *v, size_t n, size_t class, double smooth, double share, double *slope,
                         size_t *best) {
    double most = -INFINITY, sum = 0, loss = 0;
    *best = 0;
    for (size_t k = 0; k < n; k++)
        if (v[k] > most) most = v[ *best = k];
    for (size_t k = 0; k < n; k++) sum += exp(v[k] - most);
    for (size_t k = 0; k < n; k++) {
        double y = (k == class ? 1 - smooth : 0) + smooth / (double)n, logp = v[k] - most - log(sum);
        loss -= y * logp;
        slope[k] += share * (exp(logp) - y);
    }
    return loss;
}

static bool classify(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                     double *loss, struct error *err) {
    double total = total_weight(answers, n, 1);
    (void)err;
    *loss = 0;
    for (size_t i = 0; i < n; i++) {
        struct answer_view *a = &answers[i];
        double share = a->weight / total;
        size_t best;
        *loss += share * class_loss(a->value + last(a), a->outputs, (size_t)a->level - 1, o[SMOOTH].real, share,
                                    a->value_gradient + last(a), &best);
        step_figure_add(figures, "accuracy", (int)best + 1 == a->level, a->weight);
    }
    return true;
}

/* ---- rewards */

enum { MARGIN, CENTER };

static const struct option_def reward_options[] = {
    FLAG("margin", "ask for the gap between reward_chosen and reward_rejected"),
    REAL("center", "0", 0, 1e6, "weight of the square of the sum of both rewards"),
};

static bool reward(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                   double *loss, struct error *err) {
    double total = total_weight(answers, n, 2), center = o[CENTER].real;
    *loss = 0;
    for (size_t i = 0; i < n; i += 2) {
        struct answer_view *better = &answers[i], *worse = &answers[i + 1];
        double asked = o[MARGIN].flag ? better->reward - worse->reward : 0, share = better->weight / total;
        if (!isfinite(asked))
            return answer_fault(better, "margin asks for the numbers 'reward_chosen' and 'reward_rejected'", err);
        double high = better->value[last(better)], low = worse->value[last(worse)], gap = high - low - asked;
        *loss += share * (center * (high + low) * (high + low) - log_sigmoid(gap));
        better->value_gradient[last(better)] += share * (2 * center * (high + low) - sigmoid(-gap));
        worse->value_gradient[last(worse)] += share * (2 * center * (high + low) + sigmoid(-gap));
        step_figure_add(figures, "reward_chosen", high, better->weight);
        step_figure_add(figures, "reward_rejected", low, better->weight);
        step_figure_add(figures, "margin", high - low, better->weight);
        step_figure_add(figures, "accuracy", high > low ? 1 : high == low ? 0.5 : 0, better->weight);
    }
    return true;
}

/* ---- values */

enum { AT, DELTA };

static const struct option_def value_options[] = {
    CHOICE("at", "end", "end|tokens|next",
           "what is to be known: behind the last token alone, or all along the answer; next: from token to token"),
    REAL("delta", "0", 0, 1e6, "errors beyond this count by their size, not by their square; 0: all by their square"),
};

static double huber(double off, double delta, double *slope) {
    bool far = delta > 0 && fabs(off) > delta;
    *slope = far ? copysign(delta, off) : off;
    return far ? delta * (fabs(off) - delta / 2) : off * off / 2;
}

static bool value(const struct option_value *o, struct answer_view *answers, size_t n, struct step_figures *figures,
                  double *loss, struct error *err) {
    double total = total_weight(answers, n, 1);
    bool chained = option_chosen(o, AT, "next");
    *loss = 0;
    for (size_t i = 0; i < n; i++) {
        struct answer_view *a = &answers[i];
        size_t from = option_chosen(o, AT, "end") ? a->n : 0;
        double share = a->weight / (total * (double)(a->n + 1 - from)), slope;
        if (!isfinite(a->reward)) return answer_fault(a, "an answer has no finite number as its 'reward'", err);
        for (size_t t = from; t <= a->n; t++) {
            double wanted = chained && t < a->n ? a->value[t + 1] : a->reward;
            *loss += share * huber(a->value[t] - wanted, o[DELTA].real, &slope);
            a->value_gradient[t] += share * slope;
        }
        step_figure_add(figures, "value", a->value[a->n], a->weight);
        step_figure_add(figures, "reward", a->reward, a->weight);
        step_figure_add(figures, "error", fabs(a->value[a->n] - a->reward), a->weight);
    }
    return true;
}

#define HEAD(table, function)                                                                                          \
    .options = table, .n_options = sizeof table / sizeof *table, .wordless = true, .of_answers = function

const struct objective objective_classify = {
    .name = "classify",
    .summary = "a classifier: a linear head on the state of a text's last token says which label it has",
    .source = "cross-entropy; smoothing: Szegedy et al. 2016, section 7",
    .unit = "nats a text",
    HEAD(classify_options, classify),
    .forms = ANSWERS_CLASSES,
    .head = LM_CLASSES,
};

const struct objective objective_reward = {
    .name = "reward",
    .summary = "a reward model: a head gives the chosen answer more than the rejected one",
    .source = "Bradley & Terry 1952; Ouyang et al. 2022, equation 1",
    .unit = "nats a pair",
    HEAD(reward_options, reward),
    .forms = ANSWERS_PAIRS,
    .head = LM_REWARD,
};

const struct objective objective_value = {
    .name = "value",
    .summary = "a value model: a head says what reward an answer has, at its end or all along it",
    .source = "regression; along the answer: Yang & Klein 2021, section 2",
    HEAD(value_options, value),
    .forms = ANSWERS_GROUPS,
    .head = LM_WORTH,
    .graded = true,
};
