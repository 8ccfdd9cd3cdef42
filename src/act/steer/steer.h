/* Steering while decoding: one table. A steer changes what is said next, and no weight. Most of them give each
 * candidate z for the next token a value Q(s, z) beside its log-probability under the base model pi, and choose by
 *
 *     pi_steered(z | s)  ~  pi(z | s) exp(Q(s, z) / alpha)          the maximiser of E[Q] - alpha KL(. || pi)
 *
 * over the k likeliest candidates (Chakraborty et al., Transfer Q*, NeurIPS 2024). alpha = infinity is the base model,
 * alpha = 0 the candidate of most value. What a steer has to know (log-probabilities, how a text may end and what such
 * an end is worth) it asks a source for, so that language models and small tables of known answers run through the same
 * estimators. */
#ifndef ACT_STEER_H
#define ACT_STEER_H

#include "base/option.h"

/* Whose words an unfinished text is finished with. */
enum steer_policy { STEER_BASE, STEER_BASELINE };

/* A text so far and one candidate for what comes next: a token, or a block of them. All borrowed. */
struct steer_place {
    size_t text;            /* which of the source's texts; places of one text stand together */
    const int32_t *prefix;  /* what has been said */
    size_t n_prefix;
    const int32_t *next;    /* the candidate */
    size_t n_next;
    double logprob;         /* of the candidate under the base */
};

/* One way in which the text goes on and ends. */
struct steer_end {
    double reward;          /* of the whole text */
    double baseline_reward; /* what the baseline was aligned to; only where the steer asks for it */
    double mass;            /* its probability where ends are counted out, else 1 */
    struct text text;       /* of the continuation, for people; may be empty */
    bool truncated;         /* the horizon came before the end */
};
struct steer_ends {
    struct steer_end *of; /* [n], on the arena */
    size_t n;
    bool exact;           /* all ends there are, with their probabilities: no sampling error */
};

/* Functions that a steer does not need may be NULL. Errors end the step; what is wrong with one text alone is told by a
 * NaN. */
struct steer_source {
    void *context;
    bool has_baseline, has_reward, has_baseline_reward, has_head;
    /* log p(candidate | text) of each place. out: [n] */
    bool (*logprobs)(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, double *out,
                     struct error *err);
    /* What the text is worth as it stands behind the candidate. out: [n] */
    bool (*partial)(void *context, const struct steer_place *places, size_t n, double *out, struct error *err);
    /* What a value head expects behind the candidate. out: [n] */
    bool (*head)(void *context, const struct steer_place *places, size_t n, double *out, struct error *err);
    /* Ends behind each place, drawn by the policy: rollouts number first..first+m-1 (the same random numbers for all
     * candidates of a text), or all ends. out: [n] */
    bool (*finish)(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, size_t first,
                   size_t m, struct steer_ends *out, struct arena *arena, struct error *err);
};

/* What is known of a candidate. */
struct steer_value {
    double q, error;        /* error: standard, by sampling; NaN: not known; 0: none */
    double effective;       /* of weighted ends: effective sample size (where all ends are counted out, the share);
                             * else NaN */
    bool fell_back;         /* too few effective samples: the weights were left out */
    bool dropped;           /* halving: its value was not looked at to the end */
    struct steer_ends ends; /* those that were looked at, for a trace */
    double *weights;        /* [ends.n], summing to 1; NULL: all alike */
};

enum steer_mode { STEER_AS_ASKED, STEER_GREEDY, STEER_SAMPLE };
enum steer_norm { STEER_PLAIN, STEER_RUNNING_Z, STEER_MINMAX };

/* What a spec says. Numbers that a steer has no option for have their defaults. */
struct steer_settings {
    const struct steer *steer;
    double alpha;            /* 0 .. infinity */
    size_t topk;
    enum steer_mode mode;
    double skip;             /* candidates likelier than this need no look; 1: all do */
    enum steer_norm norm;
    size_t rollouts, horizon;
    double rollout_temperature;
    bool halving;
    size_t block;            /* tokens of a candidate */
    bool replan;             /* every token anew; else only where the base disagrees with the best rollout */
    double beta;             /* of the baseline's alignment, or of the soft value; NaN: not said */
    double clip;             /* most that a weight may be, in mean weights; 0: anything */
    double least_effective;  /* fewer effective samples: the weights are left out */
    size_t samples;          /* best-of-n: whole answers */
    double cutoff;           /* contrast: least probability of a candidate, in that of the likeliest */
};

enum {
    STEER_NEEDS_BASELINE = 1,
    STEER_NEEDS_REWARD = 2,
    STEER_NEEDS_BASELINE_REWARD = 4,
    STEER_NEEDS_HEAD = 8,    /* the reward is a model whose head tells of unfinished texts */
    STEER_NEEDS_BETA = 16,
    STEER_WHOLE = 32,        /* chooses among whole answers: needs no log-probabilities */
};

struct steer {
    const char *name, *summary, *source; /* paper and formula */
    const struct option_def *options;
    size_t n_options;
    int needs;
    enum steer_policy policy; /* whose rollouts */
    /* out: [n]; ends and weights on the arena. NULL: a steer of whole answers. */
    bool (*q_values)(const struct steer_settings *settings, const struct steer_source *source,
                     const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,
                     struct error *err);
};
size_t steers(const struct steer *const **out);
const struct steer *steer_find(struct text spec, struct error *err) MUST_CHECK;
/* One spec without grids (spec_grid makes them of alpha=0.1:0.3:inf). ERROR_USAGE by key. */
bool steer_settings_read(struct text spec, struct arena *arena, struct steer_settings *out,
                         struct error *err) MUST_CHECK;

/* ---- values to choices, see steer_choose.c ---- */

/* Candidates of one text: score = log p + (q - most q) / alpha, so that values that are all alike change nothing by a
 * bit; alpha 0: of the most valuable ones alone. -INFINITY: never taken. */
void steer_scores(const struct steer_settings *settings, const double *logprobs, const double *q, size_t n,
                  double *scores);
/* softmax(scores / temperature), in f64. */
void steer_softmax(const double *scores, size_t n, double temperature, double *out);
/* The highest; of equal ones that with the lowest token. */
size_t steer_best(const double *scores, const int32_t *tokens, size_t n);
/* sum p (log p - log base) over the candidates: what choosing by `policy` costs in nats beside the base. */
double steer_divergence(const double *policy, const double *logprobs, size_t n);

#endif
