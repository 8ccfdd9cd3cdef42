/* The walk over a tree of given texts that scoring and observing share: see engine_internal.h. Pages of finished
 * branches are given back before each pass. */
#include "lm/engine/kept_internal.h"

bool trie_walk_init(struct trie_walk *w, struct lm_engine *e, const struct trie *trie, struct arena *arena,
                    struct error *err) {
    *w = (struct trie_walk){.engine = e, .trie = trie};
    w->path = arena_new(arena, struct kv_page *, trie->deepest, err);
    w->need = w->path ? arena_new(arena, uint32_t, e->options.rows, err) : NULL;
    w->nodes = w->need ? arena_new(arena, uint32_t, e->options.rows, err) : NULL;
    return w->nodes != NULL;
}

static void skip_useless(struct trie_walk *w) {
    while (w->cursor < w->trie->n && !w->trie->nodes[w->cursor].useful) w->cursor++;
}

/* Everything that is not on the way to the cursor is finished. */
static void give_back(struct trie_walk *w) {
    size_t depth = w->cursor < w->trie->n ? w->trie->nodes[w->cursor].depth : 0;
    kv_keep_path(w->path, depth);
    if (depth) kv_cut(w->path[depth - 1], (depth - 1) % PAGE + 1);
    kv_sweep(&w->engine->kv);
}

static bool fill_pass(struct trie_walk *w, struct error *err) {
    struct lm_engine *e = w->engine;
    w->n_need = 0;
    for (; w->cursor < w->trie->n && e->n_rows < e->options.rows; w->cursor++) {
        const struct trie_node *node = &w->trie->nodes[w->cursor];
        if (!node->useful) continue;
        if (node->kept && !node->wanted) {
            w->path[node->depth] = kept_page(e, node);
            continue;
        }
        if (e->n_rows && !kv_room(&e->kv)) break;
        uint32_t row = (uint32_t)e->n_rows;
        struct kv_page *last = node->depth ? w->path[node->depth - 1] : NULL;
        if (!(w->path[node->depth] = forward_add(e, node->token, node->depth, last, err))) return false;
        forward_hook(e, &w->trie->sequences[node->sequence].plan);
        w->nodes[row] = (uint32_t)w->cursor;
        if (node->wanted) w->need[w->n_need++] = row;
    }
    return true;
}

static bool walk(struct trie_walk *w, trie_look *look, void *context, struct error *err) {
    for (skip_useless(w); w->cursor < w->trie->n; skip_useless(w)) {
        give_back(w);
        if (!fill_pass(w, err)) {
            forward_drop(w->engine);
            return false;
        }
        if (!forward_run(w->engine, w->need, w->n_need, err) || !look(context, w, err)) return false;
        w->done = w->cursor;
    }
    return true;
}

bool trie_walk_run(struct trie_walk *w, const char *what, trie_look *look, void *context, const struct interrupt *stop,
                   struct error *err) {
    w->engine->stop = stop;
    bool ok = walk(w, look, context, err);
    w->engine->stop = NULL;
    if (!ok && err->kind == ERROR_INTERRUPTED) error_set(err, ERROR_INTERRUPTED, "%s was interrupted", what);
    return ok;
}
