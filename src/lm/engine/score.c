/* Scoring: log-probabilities of given continuations. All asks become one tree of tokens, which is walked in passes; a
 * node without children needs no row, and only nodes before a scored token need logits. */
#include "lm/engine/kept_internal.h"

#include <math.h>
#include <string.h>

/* The child's list of its parent gets every token that some ask scores, once. */
static void mark_scored(struct trie *trie, uint32_t end, size_t n) {
    for (uint32_t i = end; n; n--, i = trie->nodes[i].parent) {
        struct trie_node *node = &trie->nodes[i];
        if (node->scored || node->parent == TRIE_NONE) continue;
        node->scored = true;
        node->next = trie->nodes[node->parent].first;
        trie->nodes[node->parent].first = i;
        trie->nodes[node->parent].wanted = true;
    }
}

/* Leaves need no row. */
static void mark_useful(struct trie *trie) {
    for (size_t i = 0; i < trie->n; i++)
        if (trie->nodes[i].parent != TRIE_NONE) trie->nodes[trie->nodes[i].parent].useful = true;
}

struct scored_rows {
    const struct trie_walk *walk;
    struct trie_node *nodes;
    size_t from;
};

static void score_row(void *context, size_t i, size_t worker) {
    const struct scored_rows *rows = context;
    const struct lm_engine *e = rows->walk->engine;
    const float *logits = e->logits + i * e->model->shape.vocabulary;
    struct kernel_mass mass = e->kernels->mass(logits, e->model->shape.vocabulary);
    double log_sum = log(mass.sum);
    uint32_t node = rows->walk->nodes[rows->walk->need[rows->from + i]];
    for (uint32_t c = rows->nodes[node].first; c != TRIE_NONE; c = rows->nodes[c].next) {
        struct trie_node *child = &rows->nodes[c];
        child->logprob = (float)((double)logits[child->token] - (double)mass.max - log_sum);
        child->best = (size_t)child->token == mass.best;
    }
}

static bool score_pass(void *context, const struct trie_walk *w, struct error *err) {
    const struct trie *trie = context;
    struct lm_engine *e = w->engine;
    for (size_t i = 0; i < w->n_need; i += e->logit_rows) {
        size_t n = w->n_need - i < e->logit_rows ? w->n_need - i : e->logit_rows;
        if (!forward_logits(e, i, n, e->logits, err)) return false;
        struct scored_rows rows = {w, trie->nodes, i};
        engine_deal(e, n, n * e->model->shape.vocabulary, score_row, &rows);
    }
    return true;
}

static bool check_ask(const struct lm_engine *e, const struct lm_score_ask *ask, size_t index, struct error *err) {
    size_t context = e->model->shape.context;
    if (ask->n_prefix > context || ask->n > context - ask->n_prefix)
        return error_set(err, ERROR_DATA, "ask %zu: %zu + %zu tokens are longer than the context of %zu", index,
                         ask->n_prefix, ask->n, context);
    if (lm_hooks_check(e->model, ask->hooks, err) && engine_check_ids(e, ask->prefix, ask->n_prefix, "prefix", err) &&
        engine_check_ids(e, ask->continuation, ask->n, "continuation", err))
        return true;
    return error_wrap(err, "ask %zu", index);
}

/* Reads an ask's answer off the tree. */
static void collect(const struct trie *trie, const struct trie_sequence *sequence, const struct lm_score_ask *ask,
                    struct lm_score_result *result) {
    result->greedy = true;
    uint32_t at = sequence->end;
    for (size_t i = ask->n; i--; at = trie->nodes[at].parent) {
        const struct trie_node *node = &trie->nodes[at];
        result->tokens[i] = node->logprob; /* 0 for a first token, which has no context */
        if (node->scored && !node->best) result->greedy = false;
    }
    for (size_t i = 0; i < ask->n; i++) {
        result->sum += (double)result->tokens[i];
        if (isfinite(result->tokens[i]) || result->error.kind) continue;
        error_set(&result->error, ERROR_DATA,
                  "ask %zu: the log-probability of token %zu is not a number; the model overflows there", sequence->ask,
                  i);
    }
}

/* Every token of the sequence has been scored: the node before the last one was looked at, and those before it earlier.
 */
static bool is_done(const struct trie_walk *walk, const struct trie_sequence *sequence) {
    uint32_t before = walk->trie->nodes[sequence->end].parent;
    return before == TRIE_NONE || before < walk->done;
}

/* Prepares results and the sequences of all asks that can be scored. Returns their number through *n_sequences. */
static bool prepare(const struct lm_engine *e, const struct lm_score_ask *asks, size_t n,
                    struct lm_score_result *results, struct trie_sequence *sequences, size_t *n_sequences,
                    struct arena *arena, struct error *err) {
    *n_sequences = 0;
    for (size_t i = 0; i < n; i++) {
        results[i] = (struct lm_score_result){0};
        if (!check_ask(e, &asks[i], i, &results[i].error)) continue;
        results[i].greedy = true;
        if (!asks[i].n) continue;
        if (!(results[i].tokens = arena_new(arena, float, asks[i].n, err))) return false;
        sequences[(*n_sequences)++] = (struct trie_sequence){.head = asks[i].prefix,
                                                             .n_head = asks[i].n_prefix,
                                                             .tail = asks[i].continuation,
                                                             .n_tail = asks[i].n,
                                                             .ask = i,
                                                             .plan = hook_plan_make(asks[i].hooks, asks[i].n_prefix)};
    }
    return true;
}

bool lm_score(struct lm_engine *e, const struct lm_score_ask *asks, size_t n, struct lm_score_result *results,
              struct arena *arena, const struct interrupt *stop, struct error *err) {
    struct arena scratch;
    arena_init(&scratch, SIZE_MAX);
    struct trie trie;
    struct trie_walk walk;
    size_t n_sequences;
    bool ok = false;
    struct trie_sequence *sequences = arena_new(&scratch, struct trie_sequence, n, err);
    if (!sequences || !prepare(e, asks, n, results, sequences, &n_sequences, arena, err) ||
        !trie_build(&trie, sequences, n_sequences, !e->options.no_prefix_sharing, &scratch, err) ||
        !trie_walk_init(&walk, e, &trie, &scratch, err))
        goto out;
    kept_mark(e, &trie, sequences, n_sequences);
    mark_useful(&trie);
    for (size_t i = 0; i < n_sequences; i++) mark_scored(&trie, sequences[i].end, sequences[i].n_tail);
    ok = trie_walk_run(&walk, "scoring", score_pass, &trie, stop, err);
    for (size_t i = 0; i < n_sequences && (ok || err->kind == ERROR_INTERRUPTED); i++) {
        if (ok || is_done(&walk, &sequences[i]))
            collect(&trie, &sequences[i], &asks[sequences[i].ask], &results[sequences[i].ask]);
        else
            results[sequences[i].ask].error = *err;
    }
out:
    kv_sweep(&e->kv);
    arena_done(&scratch);
    return ok;
}
