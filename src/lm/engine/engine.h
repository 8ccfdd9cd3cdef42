/* Running a model: exact scoring of continuations and generation, many sequences at once.
 *
 * Contract: every log-probability and token depends on its own ask only: not on batch size, order, threads or on
 * whether shared prefixes are computed once. It holds because each row of a matrix product is computed in fixed tiles
 * (tensor/matmul), attention of a row reads its sequence's keys in position order with sums in that order, and random
 * numbers are keyed by (seed, stream, sample, position). */
#ifndef LM_ENGINE_H
#define LM_ENGINE_H

#include "base/interrupt.h"
#include "base/rng.h"
#include "lm/engine/hooks.h"
#include "lm/engine/logits_processor.h"
#include "lm/model/model.h"

struct lm_engine; /* scratch and KV store for one model; mutable, one thread drives it */

struct lm_engine_options {
    size_t rows;             /* most rows in flight, 0: 512; never changes a result */
    bool no_prefix_sharing;  /* for tests */
    size_t kv_bytes;         /* most memory for keys and values, 0: 1 GiB */
    bool by_blocks;          /* for the functions of block.h alone: keys and values of one layer are held */
};
struct lm_engine *lm_engine_new(const struct lm_model *model, struct pool *pool, struct lm_engine_options options,
                                struct error *err) MUST_CHECK;
void lm_engine_free(struct lm_engine *engine);

/* log p(continuation | prefix), token by token. n_prefix 0: the first token of the continuation is not scored (it has
 * no context) and counts 0. Longer than the context: ERROR_DATA naming the ask's index, lengths and limit,
 * in result.error. */
struct lm_score_ask {
    const int32_t *prefix;
    size_t n_prefix;
    const int32_t *continuation;
    size_t n;
    const struct lm_hooks *hooks; /* hooks.h; NULL: none */
};
struct lm_score_result {
    double sum;      /* of log-probabilities, f64 */
    bool greedy;     /* each token was the arg-max */
    float *tokens;   /* [n] log-probabilities, on the arena */
    struct error error;
};
/* Asks that share prefixes (with one another, token by token) have them computed once. results: n, filled. A bad ask
 * has its error set and the others are scored; false: out of memory (also: keys and values of one sequence and one pass
 * do not fit kv_bytes) or interrupted. After an interrupt, which is obeyed inside of a pass, the asks that were done
 * have their results, and those of the others have its error. */
bool lm_score(struct lm_engine *engine, const struct lm_score_ask *asks, size_t n, struct lm_score_result *results,
              struct arena *arena, const struct interrupt *stop, struct error *err) MUST_CHECK;

/* All logits of one sequence: out [n, vocabulary]. */
bool lm_logits(struct lm_engine *engine, const int32_t *ids, size_t n, float *out, struct error *err) MUST_CHECK;

struct lm_sampling {
    double temperature; /* 0: greedy (ties: smallest id) */
    double top_p;       /* 1: off */
    size_t top_k;       /* 0: off */
    uint64_t seed;
};
struct lm_top {
    int32_t id;
    float logprob;
};
/* Told of each token as it is drawn, but the end token and what completes a stop text. top: the ask's `top` likeliest
 * tokens of its place. answer: the text so far, which may end inside a character or a stop text. Both are borrowed.
 * false ends the answer here (STOP). */
typedef bool lm_generate_token(void *context, int32_t token, float logprob, const struct lm_top *top,
                               struct text answer);
struct lm_generate_ask {
    const int32_t *prompt; /* not empty */
    size_t n_prompt;
    size_t max_tokens;
    struct lm_sampling sampling;
    uint64_t stream; /* with the sample number and position keys the random numbers: a digest of the ask */
    uint64_t sample;
    const struct text *stops; /* texts that end the answer; they are cut off */
    size_t n_stops;
    const struct logits_processor *processors; /* change the logits before sampling, in this order */
    size_t n_processors;
    const struct lm_hooks *hooks; /* hooks.h; NULL: none */
    bool special;                 /* control tokens are part of the answer's text, by their names */
    size_t top;                   /* likeliest tokens of each place that are told, at most the vocabulary */
    bool keep;                    /* the state at the end of the answer stays: result.kept, see kept.h */
    lm_generate_token *token;     /* NULL: not told */
    void *token_context;
};
enum lm_finish { LM_FINISH_STOP, LM_FINISH_LENGTH, LM_FINISH_ERROR };
struct lm_generate_result {
    int32_t *ids; /* without the end token, with those of a stop text; on the arena */
    float *logprobs; /* of the sampled tokens under the unmodified distribution (temperature 1) */
    struct lm_top *top; /* [n, ask's top], of the same distribution, falling, ties by id; NULL: none were asked for */
    size_t n;
    /* The pieces of the tokens as in the middle of a text (a leading blank stays), without special tokens unless the
     * ask keeps them (never the end token); a stop text and what follows it is cut off, so is a character that the end
     * of the answer cut in two. On the arena; empty without a tokenizer. */
    struct text text;
    enum lm_finish finish;
    int32_t end; /* the end token that was drawn; -1: the answer ended otherwise */
    float end_logprob;
    struct lm_kept
        *kept; /* where it was asked for and the answer is whole, also if the call then fails; the caller's */
    struct error error;
};
typedef void lm_generate_done(void *context, size_t ask, const struct lm_generate_result *result);
/* Continuous batching: finished sequences make room. done (may be NULL) is called once as each ask ends, in any order.
 * An answer ends with an end token, a stop text or where a processor ends it (STOP), after max_tokens or where prompt
 * and answer fill the context (LENGTH); a bad ask has finish ERROR and its error set, and the others go on. Sampling in
 * this order: processors, temperature, top_k, top_p. After a failure or interrupt (false) the results that were passed
 * to done are whole, the others have finish ERROR. Equal beginnings of prompts are computed once. */
bool lm_generate(struct lm_engine *engine, const struct lm_generate_ask *asks, size_t n,
                 struct lm_generate_result *results, struct arena *arena, lm_generate_done *done, void *context,
                 const struct interrupt *stop, struct error *err) MUST_CHECK;

#endif
