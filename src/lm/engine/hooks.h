/* Hooks: changes of activations while a model runs forward, for steering, ablation and activation patching. An ask of
 * lm_score, lm_generate or lm_observe names a list of them; they act on its rows alone, so that asks with other hooks,
 * or none, may stand in the same call and are computed once as far as no hook has acted. The promise of engine.h holds:
 * what an ask gets depends on its tokens and its hooks, on nothing beside it.
 *
 * Sites, in the order in which a block is computed (Elhage et al. 2021 for the words):
 *   LM_HEAD          z of one head of block 1..layers: values weighed by attention, before the output matrix;
 *                    [head_size]
 *   LM_ATTENTION     what the attention of block 1..layers adds to the residual stream; [width]
 *   LM_FEED_FORWARD  what its feed-forward (or its experts together) adds; [width]
 *   LM_STATE         the residual stream: 0 is the embedding, l what block l leaves; [width]. layers + 1 is the last
 *                    state after the final norm, which can be read (observe.h) but not changed.
 *
 * Where a model norms what a part gives before adding it (gemma, olmo2), LM_ATTENTION and LM_FEED_FORWARD are after
 * that norm: state l - 1 + attention l + feed-forward l is state l, bit for bit. */
#ifndef LM_HOOKS_H
#define LM_HOOKS_H

#include "lm/model/model.h"

enum lm_part { LM_STATE, LM_ATTENTION, LM_FEED_FORWARD, LM_HEAD };
struct lm_site {
    enum lm_part part;
    size_t layer;
    size_t head; /* LM_HEAD only */
};
/* Numbers at the site: width or head_size. */
size_t lm_site_size(const struct lm_shape *shape, struct lm_site site);
/* ERROR_USAGE: the model has no such layer or head. */
bool lm_site_check(const struct lm_model *model, struct lm_site site, struct error *err) MUST_CHECK;

enum lm_change {
    LM_ADD,         /* x + coefficient v: steering (Turner et al. 2023) */
    LM_REPLACE,     /* v: patching with the values of another run, or ablation to a mean */
    LM_SCALE,       /* coefficient x: 0 is ablation to zero */
    LM_PROJECT_OUT, /* x - coefficient (x.v / v.v) v: 1 takes a direction out (Arditi et al. 2024); v = 0 changes
                       nothing */
};
/* Positions at which a hook acts. The prompt is an ask's prompt or prefix, or its first `mark` tokens; the answer is
 * what follows. The first token of an answer is predicted at the prompt's last position. */
enum lm_where { LM_EVERYWHERE, LM_IN_PROMPT, LM_AT_PROMPT_END, LM_IN_ANSWER, LM_BETWEEN };
struct lm_hook {
    struct lm_site site;
    enum lm_change change;
    float coefficient;
    /* v: [n_values, lm_site_size]. One vector is meant for every position; of several the i-th is meant for the i-th
     * position at which the hook acts, and behind the last it acts no more. LM_SCALE needs none. Borrowed. */
    const float *values;
    size_t n_values;
    enum lm_where where;
    size_t from, to; /* LM_BETWEEN: positions from..to-1 */
};
/* They act in this order wherever sites are equal. Borrowed while the ask runs; asks that point to the same list share
 * what they have in common. */
struct lm_hooks {
    const struct lm_hook *list;
    size_t n;
};
/* ERROR_USAGE names the hook that this model cannot have. NULL is no hooks. */
bool lm_hooks_check(const struct lm_model *model, const struct lm_hooks *hooks, struct error *err) MUST_CHECK;

#endif
