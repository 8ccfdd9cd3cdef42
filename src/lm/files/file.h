/* A model file of any container as one thing: named tensors and metadata, mapped read-only. Containers: GGUF v2, v3 (v1
 * is read too), safetensors (one file or a Hugging Face folder with config.json and shards), llama2.c .bin. */
#ifndef LM_FILE_H
#define LM_FILE_H

#include "base/file.h"
#include "base/json.h"
#include "lm/types/types.h"

enum lm_container { LM_GGUF, LM_SAFETENSORS, LM_LLAMA2C };

struct lm_tensor {
    struct text name;
    enum lm_type type;
    size_t dims;
    uint64_t shape[4]; /* outermost first, as numpy prints it (GGUF stores the reverse) */
    const void *data;  /* into the mapping, may be unaligned */
    size_t bytes;
    uint64_t offset; /* in its file, for messages */
};

enum lm_value_kind { LM_VALUE_U64, LM_VALUE_I64, LM_VALUE_F64, LM_VALUE_BOOL, LM_VALUE_TEXT, LM_VALUE_ARRAY };

/* GGUF metadata; arrays stay in the mapping and are read element by element. */
struct lm_value {
    enum lm_value_kind kind;
    uint64_t u64;
    int64_t i64;
    double f64;
    bool boolean;
    struct text text;
    enum lm_value_kind element; /* of arrays */
    uint64_t count;
    const void *raw;   /* array elements; texts: see lm_value_text */
    uint32_t raw_type; /* GGUF value type of the elements */
};

struct lm_file {
    struct arena arena;
    enum lm_container container;
    const char *path;
    uint32_t version;      /* GGUF version; 0 otherwise */
    struct file_map *maps; /* every file of the model: weights, and config.json and the index where there are */
    const char **names;    /* their names without the folder */
    size_t n_maps;
    bool borrowed; /* the bytes belong to the caller */
    struct lm_tensor *tensors;
    size_t n_tensors;
    const struct lm_tensor **by_name; /* sorted, for look-ups */
    struct lm_entry {
        struct text key;
        struct lm_value value;
    } * metadata; /* GGUF only */
    size_t n_metadata;
    const struct lm_entry **by_key; /* sorted */
    json_t *config; /* config.json of (or beside) safetensors; the header of llama2.c as an object; else NULL */
    uint64_t bytes; /* of all files */
};

/* Opens by content, not by name: GGUF magic, safetensors header, folder, llama2.c header. Everything is checked: counts
 * and offsets against the file's size, overlaps, types, names twice. Errors: FILE: byte offset, field, expected, found.
 */
struct lm_file *lm_file_open(const char *path, struct error *err) MUST_CHECK;
void lm_file_close(struct lm_file *file);
const struct lm_tensor *lm_file_tensor(const struct lm_file *file, const char *name);
const struct lm_value *lm_file_value(const struct lm_file *file, const char *key);
/* Element i of an array of texts; arrays of numbers as double or int. False: out of range or another kind. Texts of an
 * array are indexed once at open (stored on the arena), so this is O(1). */
bool lm_value_text(const struct lm_value *array, uint64_t i, struct text *out);
size_t lm_value_bytes(const struct lm_value *array); /* of one element; 0: texts */
bool lm_value_number(const struct lm_value *array, uint64_t i, double *out);
/* Values as f32: out has as many elements as the tensor. */
bool lm_tensor_to_f32(const struct lm_tensor *t, float *out, struct error *err) MUST_CHECK;
uint64_t lm_tensor_size(const struct lm_tensor *t);
/* Parses the same from memory (fuzzing). The bytes are borrowed. */
struct lm_file *lm_file_open_memory(const void *at, size_t n, struct error *err) MUST_CHECK;
/* sha256 over the bytes of all files of the model in name order, as `cat config.json model.safetensors | sha256sum`
 * would give it; of a single file its own sha256. The digest of a subject. */
bool lm_file_digest(const struct lm_file *file, char hex[65], struct error *err) MUST_CHECK;

/* GGUF v3 writer: metadata first, then tensors; streamed through base/file (temporary name first). A key or tensor name
 * that comes twice is an error. The key "general.alignment" (u32, a power of two from 8 to 65536) sets the alignment,
 * else 32. */
struct gguf_writer;
struct gguf_writer *gguf_writer_new(const char *path, struct error *err) MUST_CHECK;
void gguf_writer_free(struct gguf_writer *w); /* without gguf_writer_end: nothing is left on disk */
bool gguf_put_u32(struct gguf_writer *w, const char *key, uint32_t v, struct error *err) MUST_CHECK;
bool gguf_put_u64(struct gguf_writer *w, const char *key, uint64_t v, struct error *err) MUST_CHECK;
bool gguf_put_f32(struct gguf_writer *w, const char *key, float v, struct error *err) MUST_CHECK;
bool gguf_put_bool(struct gguf_writer *w, const char *key, bool v, struct error *err) MUST_CHECK;
bool gguf_put_text(struct gguf_writer *w, const char *key, struct text v, struct error *err) MUST_CHECK;
bool gguf_put_texts(struct gguf_writer *w, const char *key, const struct text *v, uint64_t n,
                    struct error *err) MUST_CHECK;
bool gguf_put_f32s(struct gguf_writer *w, const char *key, const float *v, uint64_t n, struct error *err) MUST_CHECK;
bool gguf_put_bytes(struct gguf_writer *w, const char *key, struct text v,
                    struct error *err) MUST_CHECK; /* a list of u8 */
bool gguf_put_i32s(struct gguf_writer *w, const char *key, const int32_t *v, uint64_t n, struct error *err) MUST_CHECK;
/* Values are converted to `type` when written; shape outermost first. data: f32, borrowed until gguf_writer_end. NULL:
 * they come later, by gguf_write_tensor. */
bool gguf_put_tensor(struct gguf_writer *w, const char *name, enum lm_type type, size_t dims, const uint64_t *shape,
                     const float *data, struct error *err) MUST_CHECK;
/* For values that are never all there at once: writes metadata and the list of tensors; from then on each tensor's
 * values are handed over in turn, in the order of that list. */
bool gguf_writer_begin(struct gguf_writer *w, struct error *err) MUST_CHECK;
bool gguf_write_tensor(struct gguf_writer *w, const char *name, const float *data, struct error *err) MUST_CHECK;
bool gguf_writer_end(struct gguf_writer *w, struct error *err) MUST_CHECK;

#endif
