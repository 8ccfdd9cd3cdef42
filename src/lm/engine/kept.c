/* Kept states: a list in the engine, matched against the tree of every call. A page that a state holds is never swept,
 * and its places that are held are never written again; see kv_hold in engine_internal.h. */
#include "lm/engine/kept_internal.h"

#include <string.h>

struct lm_kept {
    struct lm_engine *engine;
    int32_t *ids;
    struct trie_sequence tokens; /* of ids */
    struct kv_page **pages;      /* [n / PAGE, rounded up] */
    size_t n, n_pages;
};

static void release(struct lm_kept *kept) {
    if (!kept) return;
    memory_free(kept->ids);
    memory_free(kept->pages);
    memory_free(kept);
}

static struct lm_kept *make(struct lm_engine *e, const struct trie_sequence *tokens, size_t n, struct error *err) {
    struct lm_kept **list = memory_grow(e->kept, e->n_kept + 1, sizeof *list);
    if (list) e->kept = list;
    struct lm_kept *kept = list ? memory_zeroed(1, sizeof *kept) : NULL;
    if (!kept) return error_memory(err, "a kept state"), NULL;
    *kept = (struct lm_kept){.engine = e, .n = n, .n_pages = (n + PAGE - 1) / PAGE};
    kept->ids = memory_alloc(n * sizeof *kept->ids);
    kept->pages = memory_zeroed(kept->n_pages, sizeof *kept->pages);
    if (!kept->ids || !kept->pages) return error_memory(err, "a kept state"), release(kept), NULL;
    size_t head = tokens->n_head < n ? tokens->n_head : n;
    memcpy(kept->ids, tokens->head, head * sizeof *kept->ids);
    if (n > head) memcpy(kept->ids + head, tokens->tail, (n - head) * sizeof *kept->ids);
    kept->tokens = (struct trie_sequence){.head = kept->ids, .n_head = n, .plan = tokens->plan};
    return kept;
}

struct lm_kept *kept_new(struct lm_engine *e, const struct trie_sequence *tokens, size_t n, struct kv_page *last,
                         struct error *err) {
    struct lm_kept *kept = make(e, tokens, n, err);
    if (!kept) return NULL;
    while (last->index >= kept->n_pages) last = last->parent;
    for (struct kv_page *page = last; page; page = page->parent) {
        kept->pages[page->index] = page;
        kv_hold(page, page == last ? (n - 1) % PAGE + 1 : PAGE);
    }
    e->kept[e->n_kept++] = kept;
    return kept;
}

void lm_kept_free(struct lm_kept *kept) {
    if (!kept) return;
    struct lm_engine *e = kept->engine;
    for (size_t i = 0; i < kept->n_pages; i++) kv_let_go(kept->pages[i]);
    for (size_t i = 0; i < e->n_kept; i++) {
        if (e->kept[i] != kept) continue;
        memmove(e->kept + i, e->kept + i + 1, (e->n_kept - i - 1) * sizeof *e->kept);
        e->n_kept--;
        break;
    }
    release(kept); /* the pages are swept by the next call: one may be under way */
}

size_t lm_kept_tokens(const struct lm_kept *kept) {
    return kept->n;
}

uint64_t lm_rows_computed(const struct lm_engine *engine) {
    return engine->computed;
}

/* The state that has most of the beginning; *shared: positions. */
static size_t longest(const struct lm_engine *e, const struct trie_sequence *sequence, size_t *shared) {
    size_t best = 0;
    *shared = 0;
    for (size_t i = 0; i < e->n_kept; i++) {
        size_t n = trie_shared(&e->kept[i]->tokens, sequence);
        if (n <= *shared) continue;
        *shared = n;
        best = i;
    }
    return best;
}

void kept_mark(const struct lm_engine *e, struct trie *trie, const struct trie_sequence *sequences, size_t n) {
    if (e->options.no_prefix_sharing || !e->n_kept) return;
    for (size_t s = 0; s < n; s++) {
        size_t shared, which = longest(e, &sequences[s], &shared);
        for (uint32_t i = sequences[s].end; shared && i != TRIE_NONE; i = trie->nodes[i].parent)
            if (trie->nodes[i].depth < shared) trie->nodes[i].kept = (uint32_t)which + 1;
    }
}

struct kv_page *kept_page(const struct lm_engine *e, const struct trie_node *node) {
    return e->kept[node->kept - 1]->pages[node->depth / PAGE];
}

/* ---- Making one ---- */

static bool compute(struct lm_engine *e, const struct trie_sequence *tokens, size_t from, struct kv_page **last,
                    struct error *err) {
    for (size_t i = from; i < tokens->n_head;) {
        for (; i < tokens->n_head && e->n_rows < e->options.rows; i++) {
            struct kv_page *page = forward_add(e, tokens->head[i], i, *last, err);
            if (!page) return forward_drop(e), false;
            forward_hook(e, &tokens->plan);
            *last = page;
        }
        if (!forward_run(e, NULL, 0, err)) return false;
    }
    return true;
}

struct lm_kept *lm_keep(struct lm_engine *e, const int32_t *ids, size_t n, const struct lm_hooks *hooks, size_t mark,
                        const struct interrupt *stop, struct error *err) {
    size_t context = e->model->shape.context, shared = 0, which;
    struct kv_page *last = NULL;
    struct lm_kept *kept = NULL;
    if (!n || n > context)
        return error_set(err, ERROR_DATA, "a state of %zu tokens: 1 to %zu can be kept", n, context), NULL;
    if (!lm_hooks_check(e->model, hooks, err) || !engine_check_ids(e, ids, n, "state", err)) return NULL;
    struct trie_sequence tokens = {.head = ids, .n_head = n, .plan = hook_plan_make(hooks, mark)};
    kv_sweep(&e->kv);
    which = longest(e, &tokens, &shared);
    if (e->options.no_prefix_sharing) shared = 0;
    if (shared) last = e->kept[which]->pages[(shared - 1) / PAGE];
    e->stop = stop;
    if (compute(e, &tokens, shared, &last, err)) kept = kept_new(e, &tokens, n, last, err);
    e->stop = NULL;
    kv_sweep(&e->kv);
    return kept;
}
