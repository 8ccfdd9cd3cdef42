/* Inside of the engine: pages of keys and values, one forward pass over a list of rows, and what scoring and generation
 * share. The contract for users is engine.h.
 *
 * Keys and values live in pages of 16 positions (16i .. 16i+15), as [layers][key or value][kv_heads * head_size][16]. A
 * sequence is a chain of pages through `parent`. Sequences with a common prefix share all pages before the one in which
 * they part; that one is copied. A row of a forward pass is one token at one position; rows of parent and child may be
 * in the same pass, because all keys and values of a layer are written before its attention. The lane of a position in
 * its page is position mod 16 and attention sums by lanes, so no result depends on which pages are shared or on what
 * else is in the pass. */
#ifndef LM_ENGINE_INTERNAL_H
#define LM_ENGINE_INTERNAL_H

#include "lm/engine/engine.h"
#include "lm/engine/engine_kernel.h"
#include "lm/engine/hook_plan.h"

enum { PAGE = KERNEL_LANES };

struct kv_page {
    struct kv_page *parent;    /* the page before it in the chain; NULL: holds position 0 */
    size_t index;              /* number in the chain */
    size_t filled;             /* places taken */
    bool kept;                 /* mark of kv_keep */
    size_t holders, held;      /* kept states that have the page, and places of it that they need; see kv_hold */
    int32_t pending[PAGE];     /* row of the pass under way that fills this place; -1: filled before */
    const float *const *table; /* values of the pages of the chain, for the pass number `pass` */
    uint64_t pass;
    float *values;
};

struct kv_store {
    struct kv_page **live, **spare;
    size_t n_live, n_spare, capacity, most;
    size_t floats;       /* in a page */
    size_t layer_floats; /* in one layer of a page */
    size_t key_floats;   /* keys of one layer; the values follow */
};

bool kv_init(struct kv_store *kv, const struct lm_shape *shape, size_t bytes, struct error *err) MUST_CHECK;
void kv_done(struct kv_store *kv);
size_t kv_room(const struct kv_store *kv); /* pages that may still be taken */
/* NULL: no room (ERROR_ENVIRONMENT, names the limit) or out of memory. */
struct kv_page *kv_take(struct kv_store *kv, struct kv_page *parent, struct error *err) MUST_CHECK;
/* Marks a chain as in use; kv_sweep then takes back every page without a mark and clears the marks. */
void kv_keep(struct kv_page *last);
/* The same for the way to a node of a tree: path[i] is the page of position i, n positions. Pages of which the way has
 * a later copy are replaced by it. */
void kv_keep_path(struct kv_page **path, size_t n);
void kv_sweep(struct kv_store *kv);
/* A kept state holds the first `places` of the page, until it lets go: it is not swept, nor are they written again. */
void kv_hold(struct kv_page *page, size_t places);
void kv_let_go(struct kv_page *page);
/* What stands behind the first `places` was another branch and may be written over, as far as it is not held. */
void kv_cut(struct kv_page *page, size_t places);

struct forward_row {
    int32_t token;
    uint32_t position;
    struct kv_page *page; /* that holds the position */
    const struct hook_plan *plan; /* of its sequence; NULL: no hook acts */
};

/* A further page that needs the keys and values of a row. */
struct forward_copy {
    uint32_t row;
    struct kv_page *page;
};

struct lm_engine {
    const struct lm_model *model;
    struct pool *pool;
    struct lm_engine_options options;
    const struct engine_kernels *kernels;
    struct kv_store kv;
    struct arena tables; /* page tables of one pass */
    uint64_t pass, computed;   /* rows computed since the start */
    struct lm_kept **kept;     /* kept.h */
    size_t n_kept;
    /* the pass being put together */
    struct forward_row *rows, *picked; /* picked: those whose last state is needed */
    size_t n_rows;
    size_t n_generated; /* the first of these rows (and of those picked) continue answers: see forward_product */
    struct row_room *room; /* of their products */
    struct forward_copy *copies;
    size_t n_copies, copies_capacity;
    bool hooked;                       /* some row has a plan */
    const struct interrupt *stop;      /* of the call at hand, looked at before each layer; NULL: nobody may stop it */
    const struct forward_watch *watch; /* who reads activations, see forward_visit.h; NULL: nobody */
    /* activations, [options.rows, ...] */
    float *x, *normed, *q, *k, *v, *gate, *up;
    float *logits; /* [logit_rows, vocabulary] */
    size_t logit_rows;
    /* rotations of positions 0..n_angles-1, [n_angles, rotated / 2] each; [1]: of layers with a base of their own */
    struct forward_angles {
        float *cosines, *sines;
    } angles[2];
    size_t n_angles;
    struct forward_experts *experts; /* scratch of forward_experts.c; NULL: the model has none */
    float *scratch; /* one part a worker */
    size_t scratch_stride;
};

/* Adds the row of `token` at `position`, behind the page of the position before it (NULL for position 0). Returns the
 * page that holds it: last itself, or a new one when a page begins or the place is taken by another sequence (the
 * places before are copied). NULL: no room or out of memory; nothing was added. The pass must not be full (n_rows <
 * options.rows). */
struct kv_page *forward_add(struct lm_engine *engine, int32_t token, size_t position, struct kv_page *last,
                            struct error *err) MUST_CHECK;
/* Lets the hooks of a sequence act on the row that was added last. */
void forward_hook(struct lm_engine *engine, const struct hook_plan *plan);
/* Runs the pass. need: ascending indices of the rows whose last hidden state is wanted; they stand compacted in
 * engine->x. The list of rows is empty afterwards, also after a failure; one is that engine->stop was asked. */
bool forward_run(struct lm_engine *engine, const uint32_t *need, size_t n_need, struct error *err) MUST_CHECK;
/* Parts of a pass, for block.c, over the rows that were added, of which each sequence stands whole: the list is empty
 * afterwards. Embeddings into e->x. Of e->normed [rows, width], the normed states, values weighed by the attention of
 * one layer, in their place; its keys and values stand at the beginning of the pages. */
void forward_embed(struct lm_engine *engine);
bool forward_attend(struct lm_engine *engine, const struct lm_layer *layer, size_t l, struct error *err) MUST_CHECK;
/* Of the first n normed states: f(gate) * up, or f(up), [n, hidden], in a buffer of the engine. */
bool forward_hidden(struct lm_engine *engine, const struct lm_layer *layer, size_t n, float **hidden,
                    struct error *err) MUST_CHECK;
/* The norm of the model's kind of one state. */
void forward_norm(const struct lm_engine *engine, const float *gain, const float *bias, float *out, const float *x);
/* Forgets the rows that were added. */
void forward_drop(struct lm_engine *engine);
/* States from..from+n-1 of engine->x after the last norm, into the first rows of engine->normed. */
void forward_last_norm(struct lm_engine *engine, size_t from, size_t n);
/* Logits of hidden states from..from+n-1 of engine->x into out [n, vocabulary]. */
bool forward_logits(struct lm_engine *engine, size_t from, size_t n, float *out, struct error *err) MUST_CHECK;
/* y: [rows, w.n] = x: [rows, w.k] times w^T, and its bias. Where weights are left in their file, rows of given text
 * meet them unpacked (matmul_apply) and generated ones in their type (row_product), which a row is says its ask alone;
 * of models with rounds_given all rows meet types that row_product rounds for as generated ones do. */
bool forward_product(const struct lm_engine *engine, const struct lm_matrix *w, const float *x, size_t rows, float *y,
                     struct error *err) MUST_CHECK;
/* The same for rows of which the first `generated` are generated. */
bool forward_product_of(const struct lm_engine *engine, const struct lm_matrix *w, const float *x, size_t rows,
                        size_t generated, float *y, struct error *err) MUST_CHECK;
/* gate = f(gate) * up, or without a gate up = f(up), for one row of n values; returns where the result stands. */
float *forward_gate(const struct lm_engine *engine, float *gate, float *up, size_t n);
/* Feed-forward of a layer with experts (Shazeer et al. 2017): the likeliest experts_used of the router's choices,
 * weighed by their softmax (see lm_shape.experts_whole), and behind them the shared one. Rows of engine->normed into
 * engine->q. Each expert computes its rows together, and a row's sum goes over its experts in their order, so
 * neighbours change nothing. */
bool forward_experts(struct lm_engine *engine, const struct lm_layer *layer, size_t rows, struct error *err) MUST_CHECK;
bool forward_experts_init(struct lm_engine *engine, struct error *err) MUST_CHECK;
void forward_experts_done(struct lm_engine *engine);
/* Deals n parts to the threads, or runs them at once when the work (in floats touched) is not worth a start. */
void engine_deal(const struct lm_engine *engine, size_t n, size_t floats, pool_work *work, void *context);

/* Sets err when a token id is not in the vocabulary; what: "prompt", "prefix", ... */
bool engine_check_ids(const struct lm_engine *engine, const int32_t *ids, size_t n, const char *what,
                      struct error *err) MUST_CHECK;

/* Sequences of tokens as one tree in depth-first order: every common prefix stands once. */
enum { TRIE_NONE = UINT32_MAX };
struct trie_node {
    int32_t token;
    uint32_t depth, parent;   /* depth 0: first token, parent TRIE_NONE */
    uint32_t first, next;     /* list of scored children, or of what the user of the tree likes; TRIE_NONE ends it */
    uint32_t sequence;        /* that brought it first, in sorted order */
    uint32_t kept;            /* 1 + number of the kept state that has it; 0: none */
    float logprob;            /* of the token behind its parents, where scored */
    bool useful, wanted;      /* for trie_walk: must be computed; its last state is looked at. The caller sets them */
    bool scored, best;        /* best: the token is the arg-max */
};
struct trie_sequence {
    const int32_t *head, *tail; /* the tokens are head, then tail */
    size_t n_head, n_tail;      /* not both 0 */
    size_t ask;                 /* whose it is; free for the caller */
    struct hook_plan plan;
    uint32_t end;               /* set: the node of the last token */
};
struct trie {
    struct trie_node *nodes; /* each before its children, those before its next sibling */
    size_t n, deepest;       /* deepest: most tokens of a sequence */
    const struct trie_sequence *sequences; /* as sorted */
};
/* Sorts the sequences by their tokens and fills the tree; sequences with different hooks share the nodes before the
 * first position at which one of them acts. share false: every sequence has nodes of its own. */
size_t trie_shared(const struct trie_sequence *a, const struct trie_sequence *b); /* leading positions */
bool trie_build(struct trie *trie, struct trie_sequence *sequences, size_t n, bool share, struct arena *arena,
                struct error *err) MUST_CHECK;

/* The tree of texts that are all given, computed depth first in passes of at most options.rows rows. A node that is not
 * useful gets no row, nor does one whose state is kept unless it is wanted. */
struct trie_walk {
    struct lm_engine *engine;
    const struct trie *trie;
    size_t cursor;          /* next node */
    size_t done;            /* nodes before it have been computed and looked at */
    struct kv_page **path;  /* page of each position on the way to the cursor */
    uint32_t *need, *nodes; /* of a pass: ascending rows that are wanted, and the nodes of all rows */
    size_t n_need;
};
/* Looks at what a pass computed: the n_need wanted states stand in engine->x. */
typedef bool trie_look(void *context, const struct trie_walk *walk, struct error *err);
/* For a tree whose nodes are marked, also by kept_mark; the walk's lists are on the arena. */
bool trie_walk_init(struct trie_walk *walk, struct lm_engine *engine, const struct trie *trie, struct arena *arena,
                    struct error *err) MUST_CHECK;
/* what: "scoring", for the message of an interruption. */
bool trie_walk_run(struct trie_walk *walk, const char *what, trie_look *look, void *context,
                   const struct interrupt *stop, struct error *err) MUST_CHECK;

#endif
