/* Kept states inside of the engine: see kept.h. */
#ifndef LM_KEPT_INTERNAL_H
#define LM_KEPT_INTERNAL_H

#include "lm/engine/engine_internal.h"
#include "lm/engine/kept.h"

/* Keeps the first n positions of the chain that ends in `last`; tokens: head, then tail. */
struct lm_kept *kept_new(struct lm_engine *engine, const struct trie_sequence *tokens, size_t n, struct kv_page *last,
                         struct error *err) MUST_CHECK;
/* Marks the nodes that some kept state has. */
void kept_mark(const struct lm_engine *engine, struct trie *trie, const struct trie_sequence *sequences, size_t n);
/* The page of the position of a node that is marked. */
struct kv_page *kept_page(const struct lm_engine *engine, const struct trie_node *node);

#endif
