/* The texts of a tokenizer's tokens as a tree of bytes, in depth-first order. Inside of the room. */
#ifndef LM_GRAMMAR_VOCABULARY_H
#define LM_GRAMMAR_VOCABULARY_H

#include "lm/grammar/grammar_mask.h"

struct grammar_vocabulary {
    size_t n; /* tokens */
    struct buffer text;
    size_t *at;     /* [n + 1] text of token i: at[i]..at[i + 1] */
    uint64_t *ends; /* bits: tokens that end generation */
    int32_t *same;  /* [n] the next token with the same text, -1: none */
    /* nodes: the byte that leads there, its depth (1: first byte of a text), the node behind its subtree, its token
     * (-1) */
    size_t n_nodes, deepest;
    uint8_t *byte;
    uint16_t *depth;
    uint32_t *after;
    int32_t *token;
};

#endif
