/* The parts of a model, one by one, as they follow from its description: loading, saving, random values and freeing
 * walk over the same list. Inside of the room. */
#ifndef LM_MODEL_INTERNAL_H
#define LM_MODEL_INTERNAL_H

#include "lm/model/model.h"

enum model_part_id {
    PART_EMBEDDING,
    PART_POSITIONS,
    PART_OUTPUT_NORM,
    PART_OUTPUT,
    PART_ROPE_FACTORS,
    PART_ROPE_LONG,
    PART_ROPE_SHORT,
    PART_ATTENTION_NORM, /* from here on: of a layer */
    PART_FFN_NORM,
    PART_Q,
    PART_K,
    PART_V,
    PART_O,
    PART_GATE,
    PART_UP,
    PART_DOWN,
    PART_ATTENTION_POST_NORM,
    PART_FFN_POST_NORM,
    PART_Q_NORM,
    PART_K_NORM,
    PART_ROUTER,
    PART_GATES, /* of one expert each */
    PART_UPS,
    PART_DOWNS,
    PART_SHARED_WEIGHT, /* of the shared expert */
    PART_SHARED_GATE,
    PART_SHARED_UP,
    PART_SHARED_DOWN,
    PART_QKV, /* in files only: q, k, v as one; gate and up as one */
    PART_GATE_UP,
    MODEL_PARTS,
};

/* A matrix [n, k], or values [n] or (positions) [n, k] that are never packed. */
/* Does a model from this file leave its matrices there? Then m->store is made. */
bool model_choose_weights(struct lm_model *m, const struct lm_file *file, const struct lm_load_options *options,
                          struct error *err) MUST_CHECK;
/* Leaves a matrix in its file: makes its products read it there. */
bool model_leave_matrix(const struct lm_model *m, struct lm_matrix *w, struct error *err) MUST_CHECK;
/* The first value that is not finite; false: all are. */
bool model_find_broken(const struct lm_stored *w, size_t *at, float *value);

struct model_part {
    enum model_part_id id;
    bool bias;
    size_t layer, expert, n, k;
    struct lm_matrix *matrix; /* or */
    float **values;
};
typedef bool model_part_visit(void *context, const struct model_part *part, struct error *err);
/* Visits every part that the description has; a bias comes right behind its matrix or norm. The layers are made. */
bool model_parts(struct lm_model *m, model_part_visit *visit, void *context, struct error *err) MUST_CHECK;
bool model_part_is_norm(enum model_part_id id);
size_t model_part_count(const struct model_part *part); /* of values */

/* Layers, with their lists of experts. */
bool model_new_layers(struct lm_model *m, struct error *err) MUST_CHECK;
/* The output matrix is the embedding: same values, own packing. */
bool model_tie_output(struct lm_model *m, struct error *err) MUST_CHECK;
/* Packs m->values unless the model is unpacked. */
bool model_pack(const struct lm_model *m, struct lm_matrix *w, struct error *err) MUST_CHECK;
/* A random model; settings: where it is not NULL, its norms and biases vary too. Takes the tokenizer. */
struct lm_model *model_random(const struct lm_arch *arch, const struct lm_shape *shape, struct tokenizer *tokenizer,
                              uint64_t seed, struct text settings, struct error *err) MUST_CHECK;
/* Frees the plain values of all matrices that are not looked up. */
void model_drop_values(struct lm_model *m);
/* Can these sizes be a model of this kind: heads, pairs, limits. `what` begins the message. */
bool model_check_shape(const struct lm_shape *shape, const char *what, struct error *err) MUST_CHECK;

#endif
