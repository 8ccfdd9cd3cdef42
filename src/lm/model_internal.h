/* What architectures use to fill a model. All names in messages are those of the file. */
#ifndef LM_MODEL_INTERNAL_H
#define LM_MODEL_INTERNAL_H

#include "lm/model.h"

extern const struct lm_arch arch_llama;

bool model_new_layers(struct lm_model *m, struct error *err) MUST_CHECK;
/* Checks shape [n] and values (finite), converts to f32. *out is owned by the model. */
bool model_load_vector(struct lm_model *m, const struct lm_file *file, const char *name, size_t n, float **out,
                       struct error *err) MUST_CHECK;
/* The same for a matrix [n, k], packed for products; its f32 values stay when the model keeps them. */
bool model_load_matrix(struct lm_model *m, const struct lm_file *file, const char *name, size_t n, size_t k,
                       struct lm_matrix *out, struct error *err) MUST_CHECK;
/* The embedding keeps its values always and is never packed. */
bool model_load_embedding(struct lm_model *m, const struct lm_file *file, const char *name,
                          struct error *err) MUST_CHECK;
/* The output matrix is the embedding: same values, own packing. */
bool model_tie_output(struct lm_model *m, struct error *err) MUST_CHECK;
/* Packs m->values unless the model is unpacked. */
bool model_pack(const struct lm_model *m, struct lm_matrix *w, struct error *err) MUST_CHECK;
/* Can these sizes be a model of this kind: heads, pairs, limits. `what` begins the message. */
bool model_check_shape(const struct lm_shape *shape, const char *what, struct error *err) MUST_CHECK;

#endif
