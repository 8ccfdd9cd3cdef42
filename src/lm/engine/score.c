/* Scoring: log-probabilities of given continuations. All asks become one tree of tokens, which is walked depth first in
 * passes of at most options.rows rows; a node without children needs no row, and only nodes before a scored token need
 * logits. Pages of finished branches are given back after each pass. */
#include "lm/engine/kept_internal.h"

#include <math.h>
#include <string.h>

struct scoring {
    struct lm_engine *engine;
    struct trie trie;
    struct kv_page **path; /* page of each position on the way to the cursor */
    uint32_t *need;        /* rows of the pass that need logits, and their nodes */
    uint32_t *nodes;
    size_t n_need;
    size_t cursor; /* next node */
};

/* The child's list of its parent gets every token that some ask scores, once. */
static void mark_scored(struct trie *trie, uint32_t end, size_t n) {
    for (uint32_t i = end; n; n--, i = trie->nodes[i].parent) {
        struct trie_node *node = &trie->nodes[i];
        if (node->scored || node->parent == TRIE_NONE) continue;
        node->scored = true;
        node->next = trie->nodes[node->parent].first;
        trie->nodes[node->parent].first = i;
    }
}

static void skip_leaves(struct scoring *s) {
    while (s->cursor < s->trie.n && !s->trie.nodes[s->cursor].inner) s->cursor++;
}

/* Everything that is not on the way to the cursor is finished. */
static void give_back(struct scoring *s) {
    size_t depth = s->cursor < s->trie.n ? s->trie.nodes[s->cursor].depth : 0;
    kv_keep_path(s->path, depth);
    if (depth) kv_cut(s->path[depth - 1], (depth - 1) % PAGE + 1);
    kv_sweep(&s->engine->kv);
}

static bool fill_pass(struct scoring *s, struct error *err) {
    struct lm_engine *e = s->engine;
    s->n_need = 0;
    for (; s->cursor < s->trie.n && e->n_rows < e->options.rows; s->cursor++) {
        const struct trie_node *node = &s->trie.nodes[s->cursor];
        if (!node->inner) continue;
        if (node->kept && node->first == TRIE_NONE) {
            s->path[node->depth] = kept_page(e, node);
            continue;
        }
        if (e->n_rows && !kv_room(&e->kv)) break;
        uint32_t row = (uint32_t)e->n_rows;
        struct kv_page *last = node->depth ? s->path[node->depth - 1] : NULL;
        if (!(s->path[node->depth] = forward_add(e, node->token, node->depth, last, err))) return false;
        forward_hook(e, &s->trie.sequences[node->sequence].plan);
        if (node->first == TRIE_NONE) continue;
        s->need[s->n_need] = row;
        s->nodes[s->n_need++] = (uint32_t)s->cursor;
    }
    return true;
}

struct scored_rows {
    struct scoring *scoring;
    size_t from;
};

static void score_row(void *context, size_t i, size_t worker) {
    const struct scored_rows *rows = context;
    struct scoring *s = rows->scoring;
    const struct lm_engine *e = s->engine;
    const float *logits = e->logits + i * e->model->shape.vocabulary;
    struct kernel_mass mass = e->kernels->mass(logits, e->model->shape.vocabulary);
    double log_sum = log(mass.sum);
    for (uint32_t c = s->trie.nodes[s->nodes[rows->from + i]].first; c != TRIE_NONE; c = s->trie.nodes[c].next) {
        struct trie_node *child = &s->trie.nodes[c];
        child->logprob = (float)((double)logits[child->token] - (double)mass.max - log_sum);
        child->best = (size_t)child->token == mass.best;
    }
}

static bool run_pass(struct scoring *s, struct error *err) {
    struct lm_engine *e = s->engine;
    if (!forward_run(e, s->need, s->n_need, err)) return false;
    for (size_t i = 0; i < s->n_need; i += e->logit_rows) {
        size_t n = s->n_need - i < e->logit_rows ? s->n_need - i : e->logit_rows;
        if (!forward_logits(e, i, n, e->logits, err)) return false;
        struct scored_rows rows = {s, i};
        engine_deal(e, n, n * e->model->shape.vocabulary, score_row, &rows);
    }
    return true;
}

static bool run_tree(struct scoring *s, const struct interrupt *stop, struct error *err) {
    for (skip_leaves(s); s->cursor < s->trie.n; skip_leaves(s)) {
        if (interrupted(stop)) return error_set(err, ERROR_INTERRUPTED, "scoring was interrupted");
        give_back(s);
        if (!fill_pass(s, err)) {
            forward_drop(s->engine);
            return false;
        }
        if (!run_pass(s, err)) return false;
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
    struct scoring s = {.engine = e};
    size_t n_sequences, rows = e->options.rows;
    bool ok = false;
    struct trie_sequence *sequences = arena_new(&scratch, struct trie_sequence, n, err);
    if (!sequences || !prepare(e, asks, n, results, sequences, &n_sequences, arena, err) ||
        !trie_build(&s.trie, sequences, n_sequences, !e->options.no_prefix_sharing, &scratch, err) ||
        !(s.path = arena_new(&scratch, struct kv_page *, s.trie.deepest, err)) ||
        !(s.need = arena_new(&scratch, uint32_t, rows, err)) || !(s.nodes = arena_new(&scratch, uint32_t, rows, err)))
        goto out;
    kept_mark(e, &s.trie, sequences, n_sequences);
    for (size_t i = 0; i < n_sequences; i++) mark_scored(&s.trie, sequences[i].end, sequences[i].n_tail);
    if (!run_tree(&s, stop, err)) goto out;
    for (size_t i = 0; i < n_sequences; i++)
        collect(&s.trie, &sequences[i], &asks[sequences[i].ask], &results[sequences[i].ask]);
    ok = true;
out:
    kv_sweep(&e->kv);
    arena_done(&scratch);
    return ok;
}
