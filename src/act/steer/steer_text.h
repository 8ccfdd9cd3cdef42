/* Texts in the making, and language models as a source of what steers ask for. Inside of the room. */
#ifndef ACT_STEER_TEXT_H
#define ACT_STEER_TEXT_H

#include "act/steer/steer_subject.h"
#include "lm/engine/kept.h"
#include "subject/subject_lm.h"

/* One answer. */
struct steer_said {
    const struct ask *ask;
    size_t index, sample;          /* of the ask in its batch; of the answer */
    struct lm_prompt prompt, prompt_bl, prompt_head; /* as tokens of each model */
    json_t *row;                   /* what the reward reads: prompt or messages, gold, labels */
    uint64_t stream;
    struct token_list ids;         /* said so far, without an end token */
    float *logprobs;               /* [ids.n] under the base */
    struct buffer text;            /* stop texts are cut off */
    bool ended;
    enum answer_finish finish;
    struct error error;
    struct lm_kept *kept, *kept_bl; /* states of what has been said, in the base's and the baseline's engine */
    int32_t *plan;                 /* tokens that the best rollout goes on with; planned of them */
    size_t planned;
    struct steer_spent spent;
    double divergence, log_ratio;  /* sums over tokens: KL of the choice to the base; of what was drawn */
    uint64_t looked;               /* values for running-z, their mean and sum of squares off it */
    double looked_mean, looked_squares;
    json_t *trace;                 /* a list; NULL: not wanted */
};

/* What steers a model: models, rewards, what a spec says. */
struct steering {
    struct steer_settings settings;
    struct subject *base, *baseline, *head; /* opened models; NULL: none */
    struct lm_subject *base_lm, *baseline_lm, *head_lm;
    const struct reward *reward, *reward_bl;
    bool trace;
    bool other_words;           /* the baseline has another tokenizer: texts are tokenised anew for it */
    const struct interrupt *stop;
    struct steer_spent spent;
    /* of the step under way */
    struct steer_said *said;    /* places name them by number */
    struct arena *step;
    struct steer_rollouts *rollouts; /* of this step's places, in the order in which they were asked for */
};

/* Rollouts of one place, for what is to be kept of them. */
struct steer_rollouts {
    struct steer_rollouts *next;
    size_t text;
    const int32_t *candidate;
    struct lm_generate_result *results; /* [n]; kept states are the step's until one is taken */
    size_t first, n; /* its ends are those from `first` on */
};

/* The likeliest tokens behind what has been said, or the log-probabilities of given ones. */
struct steer_row {
    size_t text;
    int32_t *ids;     /* [n] falling, ties by id; given: borrowed, not changed */
    double *logprobs; /* [n] */
    size_t n;
    bool given;
};
/* One row a text, by one pass of the policy's engine; the state of the text is kept. ERROR_DATA of one text goes into
 * its error. */
bool steer_rows(struct steering *s, enum steer_policy policy, struct steer_row *rows, size_t n,
                struct error *err) MUST_CHECK;
/* Blocks of candidates drawn from the base: rows[i] gets `settings.topk` of them as places on the step's arena. */
bool steer_blocks(struct steering *s, const size_t *texts, size_t n, struct steer_place *places,
                  struct error *err) MUST_CHECK;
struct steer_source steering_source(struct steering *s);

/* Does the text end with these tokens? Its text then, on the arena; *whole: by an end token or a stop text, else it is
 * as long as it may be. */
bool steer_text_with(struct steering *s, const struct steer_said *said, const int32_t *next, size_t n,
                     struct text more, struct text *out, bool *ends, bool *whole, struct error *err) MUST_CHECK;

/* The ask as rewards read it: as a row of a file. Owned by the caller. */
json_t *steer_ask_row(const struct ask *ask, struct error *err) MUST_CHECK;
void steer_add_spent(struct steer_spent *to, const struct steer_spent *more);
/* What an answer tells of how it came about; owned by the caller. kl, log_ratio NaN: not known. */
json_t *steer_extra(const struct subject *subject, double kl, double log_ratio, const struct steer_spent *spent);
/* Best of n whole answers of the base; kl is the most that it can be. */
bool steer_best_of(struct steering *s, struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink,
                   void *context, struct error *err) MUST_CHECK;

/* Decodes all texts to their end. */
bool steer_decode(struct steering *s, struct steer_said *said, size_t n, struct error *err) MUST_CHECK;

/* A step as JSON; see docs/steer.md. Owned by the caller. */
struct steer_step {
    const struct steer_place *places;
    const struct steer_value *values; /* NULL: they were not looked at */
    const double *scores, *policy;
    size_t n, chosen;
    const char *why; /* "value", "sure" (skip), "planned", "block" */
    struct steer_spent spent;
    double ms;
};
json_t *steer_step_json(const struct steering *s, const struct steer_said *said, const struct steer_step *step);

#endif
