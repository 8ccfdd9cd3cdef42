/* A head: a linear map of the state behind the final norm of a sequence's last token, to what the sequence is (one
 * number a class) or is worth (one number). Files:
 *   GGUF         cls.output.weight [outputs, width], as rerankers of llama.cpp have it, with ARCH.pooling_type 4, names
 *                of classes in ARCH.classifier.output_labels and, ours, basanite.head: classify, reward or value
 *   safetensors  score.weight, as classes ...ForSequenceClassification of transformers have it, with id2label of
 *                config.json
 * A file that does not say its kind, as no config.json does, has a reward where there is one output, else classes. Such
 * files of transformers hold no matrix of next tokens; the embedding takes its place. */
#ifndef LM_MODEL_HEAD_H
#define LM_MODEL_HEAD_H

#include "base/json.h"
#include "lm/model/model.h"

enum { LM_HEAD_OUTPUTS = 65536, LM_POOLING_RANK = 4 /* of llama.cpp: the last state through the head */ };
extern const char *const lm_head_tensor_name; /* in GGUF */

/* "classify", "reward", "value"; of LM_NO_HEAD "none". */
const char *lm_head_kind_name(enum lm_head_kind kind);
/* Gives the model a head of zeros in place of its own. labels: [n] names of classes; NULL: none. */
bool lm_head_new(struct lm_model *model, enum lm_head_kind kind, size_t n, const struct text *labels,
                 struct error *err) MUST_CHECK;
void lm_head_drop(struct lm_model *model);
/* Is the model's head of this kind, with these labels in this order? */
bool lm_head_is(const struct lm_model *model, enum lm_head_kind kind, size_t n, const struct text *labels);
/* out: [n] = weights state, state: [width]; sums in f64. */
void lm_head_apply(const struct lm_model *model, const float *state, double *out);

struct lm_file;
struct gguf_writer;
/* The tensor of a head in a file; NULL: it has none. */
const struct lm_tensor *lm_head_find(const struct lm_file *file);
/* Reads it in place of the model's own. ERROR_DATA: shape, values or labels that do not fit. */
bool lm_head_load(struct lm_model *model, const struct lm_file *file, struct error *err) MUST_CHECK;
/* Metadata and tensor, where the model has a head; both before the writer ends. */
bool lm_head_put_metadata(const struct lm_model *model, struct gguf_writer *w, struct error *err) MUST_CHECK;
bool lm_head_put_tensor(const struct lm_model *model, struct gguf_writer *w, struct error *err) MUST_CHECK;
/* For config.json: the class of transformers in place of the causal one, where there is a head; names by number,
 * LABEL_0, ... where there are none. */
json_t *lm_head_class(const struct lm_model *model, const char *causal);
json_t *lm_head_labels(const struct lm_model *model);

#endif
