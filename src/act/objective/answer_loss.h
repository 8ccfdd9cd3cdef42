/* Losses that see a model through the log-probabilities of its answers' tokens, or through what a head says of them:
 * preferences, rewards, policies, classes.
 *
 * Such a loss is computed in f64 from the log-probabilities of all answers of a step, and gives its derivative by each
 * of them; the trainer carries that back through the network. So every loss is a small function of plain numbers,
 * tested by itself against finite differences, and the answers of a group need not fit into one pass. */
#ifndef ACT_ANSWER_LOSS_H
#define ACT_ANSWER_LOSS_H

#include "base/option.h"

/* One answer. Log-probabilities in nats of its n tokens under: the model as it is now, the reference, the policy that
 * the answer was sampled from. */
struct answer_view {
    size_t group; /* 0..; answers of a group stand together */
    const char *file; /* where its prompt comes from, for messages; NULL: not known */
    size_t line;
    double weight; /* of the group */
    double reward; /* NaN: none */
    int level;     /* 1: best; 0: none */
    size_t n;
    const double *logprob, *reference, *sampled; /* [n]; reference, sampled: NULL where there are none */
    double *gradient; /* [n] out: d loss / d logprob; comes as zeros */
    /* Of objectives with a head, [n + 1, outputs]: what it says of the prompt, and behind each token; sampled: said
     * when the answer was (NULL: nobody knows). */
    size_t outputs;
    const double *value, *value_sampled;
    double *value_gradient; /* out: d loss / d value; comes as zeros */
};

/* Named figures of one step for the log. Each is a mean, by weight. */
enum { STEP_FIGURES = 24 };
struct step_figures {
    struct step_figure {
        const char *name;
        double sum, weight;
    } of[STEP_FIGURES];
    size_t n;
};
/* Adds value x weight to the mean `name` (a literal). */
void step_figure_add(struct step_figures *figures, const char *name, double value, double weight);
void step_figures_merge(struct step_figures *into, const struct step_figures *from);
/* The mean; NaN when there is none. */
double step_figure(const struct step_figures *figures, const char *name);

/* The loss of n answers. ERROR_DATA: what cannot be learned from (no level, a reward that is not finite),
 * by answer_fault. */
typedef bool answer_loss(const struct option_value *options, struct answer_view *answers, size_t n,
                         struct step_figures *figures, double *loss, struct error *err);

/* "FILE:LINE: what". Returns false. */
bool answer_fault(const struct answer_view *answer, const char *what, struct error *err);
/* Behind the last answer of the group that begins at `from`. */
size_t answer_group_end(const struct answer_view *answers, size_t from, size_t n);
/* Sum over the tokens of an answer of log pi - log pi_ref. */
double answer_log_ratio(const struct answer_view *answer);
double answer_sum(const double *values, size_t n);
/* log sigma(x) and sigma(x), without overflow. */
double log_sigmoid(double x);
double sigmoid(double x);

#endif
