/* What the readers of model files share. */
#ifndef LM_MODEL_FILE_H
#define LM_MODEL_FILE_H

#include "lm/files/file.h"

enum {
    MODEL_DIMS = 4,
    MODEL_TENSORS_MAX = 65536,
    MODEL_LAYERS_MAX = 1024,
    MODEL_NAME_MAX = 65535, /* bytes of a tensor name or a metadata key */
};

/* Reading bytes with a position that never passes the end. */
struct bytes {
    const unsigned char *at;
    uint64_t len, pos;
    const char *path;
};
bool bytes_need(const struct bytes *b, uint64_t n, const char *what, struct error *err) MUST_CHECK;
bool bytes_u32(struct bytes *b, uint32_t *out, const char *what, struct error *err) MUST_CHECK;
bool bytes_u64(struct bytes *b, uint64_t *out, const char *what, struct error *err) MUST_CHECK;

/* "PATH: byte OFFSET: ..." as ERROR_DATA. Returns false. */
bool model_file_error(const char *path, uint64_t offset, struct error *err, const char *format, ...) PRINTF_LIKE(4, 5);
/* For "%.*s" in messages: at most 100 bytes of a name, cut before the first byte that is no printable text. */
struct text shown_name(struct text name);

/* Elements and bytes of a tensor: checked multiplication, whole blocks. False: overflow or a row of broken blocks. */
bool tensor_extent(const struct lm_tensor *t, uint64_t *elements, uint64_t *bytes) MUST_CHECK;
/* No two tensors of one file may share bytes. no_holes: they must fill from..end of the file to the byte. */
bool tensors_check_places(const struct lm_tensor *tensors, size_t n, const char *path, bool no_holes, uint64_t from,
                          uint64_t end, struct error *err) MUST_CHECK;
/* Sorts for look-ups; a name that comes twice is an error. */
bool tensors_index(struct lm_file *file, struct error *err) MUST_CHECK;
bool metadata_index(struct lm_file *file, struct error *err) MUST_CHECK;

/* Each reads one mapping into *file (arena ready, path set). safetensors_read appends: path names the shard. */
bool gguf_read(struct lm_file *file, const struct file_map *map, struct error *err) MUST_CHECK;
bool safetensors_claims(const struct file_map *map);
bool safetensors_read(struct lm_file *file, const struct file_map *map, const char *path, struct error *err) MUST_CHECK;
/* Plausible sizes in the place of a llama2.c header: how long the file must be; 0: no such header. */
uint64_t llama2c_length(const struct file_map *map);
bool llama2c_read(struct lm_file *file, const struct file_map *map, struct error *err) MUST_CHECK;

#endif
