/* What the files of the trainable model share. */
#ifndef LM_TRAINABLE_INTERNAL_H
#define LM_TRAINABLE_INTERNAL_H

#include "lm/train/trainable.h"

enum { TRAINABLE_NAME = 48 };

/* W x + scale B (A x); parameters a, b. */
struct trainable_adapter {
    bool used;
    struct parameter a, b;
    char names[2][TRAINABLE_NAME];
};

struct lm_trainable {
    struct lm_shape shape;
    size_t n; /* token_embd, those of each layer, output_norm, output unless tied, the head where there is one */
    bool head;
    struct parameter *parameters;
    char (*names)[TRAINABLE_NAME];
    struct parameter **list; /* what is trained */
    size_t n_list;
    struct lm_lora lora;
    struct trainable_adapter (*adapters)[LM_LORA_TARGETS]; /* of each layer; NULL: none */
};

/* trainable_adapt.c */
void trainable_adapters_free(struct lm_trainable *t);
/* y = W x of matrix `target` of layer l, plus what its adapter adds. */
struct tensor *trainable_adapted(const struct lm_trainable *t, struct tape *tape, size_t l, size_t target,
                                 struct tensor *x, struct tensor *y, struct error *err) MUST_CHECK;
/* values += what the adapter of this matrix adds to it. */
bool trainable_merge(const struct lm_trainable *t, size_t l, size_t target, float *values,
                     struct error *err) MUST_CHECK;

#endif
