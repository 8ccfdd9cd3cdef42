/* Writing safetensors: one file, or shards with an index where the tensors are more bytes than one file may have. The
 * format stands in safetensors.c. */
#ifndef LM_SAFETENSORS_WRITE_H
#define LM_SAFETENSORS_WRITE_H

#include "lm/files/file.h"

struct safetensors_writer;
struct safetensors_writer *safetensors_writer_new(struct error *err) MUST_CHECK;
void safetensors_writer_free(struct safetensors_writer *w);
/* type: F32, F16, BF16, which f32 values are converted to when they are written, or F64, of f64 values. Shape outermost
 * first. The values are borrowed until the end. */
bool safetensors_put(struct safetensors_writer *w, const char *name, enum lm_type type, size_t dims,
                     const uint64_t *shape, const void *values, struct error *err) MUST_CHECK;
/* All tensors into one file, the widest types first. */
bool safetensors_write_file(struct safetensors_writer *w, const char *path, struct error *err) MUST_CHECK;
/* Into FOLDER/model.safetensors, or FOLDER/model-00001-of-00002.safetensors ... of at most `most` bytes of tensors each
 * (a larger tensor has a file of its own) and FOLDER/model.safetensors.index.json. */
bool safetensors_write_folder(struct safetensors_writer *w, const char *folder, uint64_t most,
                              struct error *err) MUST_CHECK;

#endif
