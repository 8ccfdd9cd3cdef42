/* Writing a model for programs that do not read GGUF: folders as transformers reads them, safetensors, llama2.c. What a
 * format has no words for is refused by name, so that no other model is written silently. All need kept values. */
#ifndef LM_MODEL_EXPORT_H
#define LM_MODEL_EXPORT_H

#include "lm/model/model.h"

/* config.json, generation_config.json, model.safetensors (or shards of at most `most` bytes with their index),
 * tokenizer.json and tokenizer_config.json, in a folder that is made where it is not there. Matrices in `type` (F32,
 * F16 or BF16), vectors in F32, so that the model comes back to the bit where its matrices had that type. config.json
 * is written last: a folder of a command that failed is no model. ERROR_DATA: config.json cannot say what the model is;
 * ERROR_USAGE: a type, or a tokenizer that tokenizer.json cannot say. */
bool lm_model_save_folder(const struct lm_model *model, const char *folder, enum lm_type type, uint64_t most,
                          struct error *err) MUST_CHECK;
/* The tensors alone, under the same names. */
bool lm_model_save_safetensors(const struct lm_model *model, const char *path, enum lm_type type,
                               struct error *err) MUST_CHECK;
/* A plain llama in the format of llama2.c, F32. */
bool lm_model_save_llama2c(const struct lm_model *model, const char *path, struct error *err) MUST_CHECK;
/* config.json as text. type: of the matrices. */
bool lm_model_config(const struct lm_model *model, enum lm_type type, struct buffer *out, struct error *err) MUST_CHECK;

#endif
