/* Looking inside a model: activations of any site (hidden states, what attention, feed-forward and single heads give),
 * the likeliest next tokens and the log-probability of each token of a text, for many texts in one pass. The promise of
 * engine.h holds for every number. */
#ifndef LM_OBSERVE_H
#define LM_OBSERVE_H

#include "lm/engine/engine.h"

/* What becomes of a text's positions from..to-1. */
enum lm_pool {
    LM_POOL_EACH,  /* all of them, one row each */
    LM_POOL_MEAN,  /* one row: their mean, summed in f64 in the order of positions */
    LM_POOL_FIRST, /* one row: the first, or */
    LM_POOL_LAST,  /* the last of them; for a marked position let from and to enclose it */
};
struct lm_observe_options {
    const struct lm_site *sites; /* hooks.h: which activations, in this order in every row; n_sites 0: none */
    size_t n_sites;
    enum lm_pool pool; /* of the sites only; top and next are of each position */
    size_t top;        /* likeliest next tokens that are kept of each position, at most the vocabulary */
    bool next;         /* log-probabilities of the tokens that follow */
    bool all;          /* log-probabilities of every token that could follow */
};
struct lm_observe_ask {
    const int32_t *ids; /* the whole text, not empty, at most the context */
    size_t n;
    size_t from, to;              /* positions that are looked at; to 0: up to the end */
    const struct lm_hooks *hooks; /* hooks.h; what is read stands behind their changes */
    size_t mark;                  /* their prompt: this many tokens */
};
/* All on the arena. A bad ask, or one whose numbers overflow, has its error set and the others are observed. */
struct lm_observed {
    float *values;      /* [n_rows, lm_sites_size]; NULL: no sites were asked for */
    size_t n_rows;      /* to - from of LM_POOL_EACH, else 1 */
    size_t positions;   /* to - from */
    struct lm_top *top; /* [positions, options.top], falling, ties by id: of the token that follows each position */
    double *rest;       /* [positions]: probability that is left for all other tokens */
    float *all;         /* [positions, vocabulary], options.all */
    float *next;        /* [positions]: log p(token at position + 1); NaN behind the last token */
    struct error error;
};
/* Numbers in a row: the sum of lm_site_size over the sites. */
size_t lm_sites_size(const struct lm_shape *shape, const struct lm_site *sites, size_t n);
/* results: n, filled. What texts have in common is computed once, and no block behind the last that is asked for.
 * false: ERROR_USAGE (the options ask for what the model has not), out of memory, or interrupted. */
bool lm_observe(struct lm_engine *engine, const struct lm_observe_options *options, const struct lm_observe_ask *asks,
                size_t n, struct lm_observed *results, struct arena *arena, const struct interrupt *stop,
                struct error *err) MUST_CHECK;

#endif
