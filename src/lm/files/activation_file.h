/* Files of activations, `.act`: what a model's layers held while it read texts. All numbers are little-endian.
 *
 *   0    8 bytes   "BSNACT1\n"
 *   8    u64       n, rows
 *   16   u32       layers of a row
 *   20   u32       width, numbers of a layer
 *   24   u32       type of a number: 0 is f32
 *   28   u32       pooling: 0 a row for each position, 1 mean, 2 first, 3 last of the positions looked at
 *   32   u32       blocks of the model, B
 *   36   u32       0
 *   40   32 bytes  sha256 of the subject
 *   72   32 bytes  sha256 of the texts: all token ids in the order of the rows, as u32
 *   104  u32 each  which layers: 0 the embedding, l what block l leaves, B + 1 that of block B after the final norm;
 *                  zeros up to a multiple of 64 bytes
 *   then           n x layers x width numbers, so that the file can be mapped
 *
 * Beside FILE.act stands FILE.act.jsonl with one line a text, in the order of the rows: {"id", "choice"?, "row",
 * "rows", "tokens", and what the row of the asks said beside its prompt}. */
#ifndef LM_ACTIVATION_FILE_H
#define LM_ACTIVATION_FILE_H

#include "base/file.h"
#include "base/hash.h"

enum { ACTIVATION_LAYERS_MAX = 4096 };

struct activation_header {
    uint64_t n;
    uint32_t layers, width, pooling, blocks;
    uint32_t which[ACTIVATION_LAYERS_MAX]; /* [layers] */
    char subject[HASH_HEX], texts[HASH_HEX];
};

/* Written row by row; n and the digest of the texts are put in at the end. */
struct activation_out {
    struct file_out file;
    struct activation_header header;
    struct sha256 texts;
};
/* header: all but n and texts. ERROR_ENVIRONMENT where the path cannot be gone back in (a pipe). */
bool activation_out_open(struct activation_out *out, const char *path, const struct activation_header *header,
                         struct error *err) MUST_CHECK;
/* A text and its rows: values [rows, layers * width]. Failures are told by the commit. */
void activation_out_put(struct activation_out *out, const int32_t *ids, size_t n_ids, const float *values, size_t rows);
bool activation_out_commit(struct activation_out *out, struct error *err) MUST_CHECK;
void activation_out_abandon(struct activation_out *out); /* also safe after commit */

/* Mapped for reading: values [n, layers, width]. ERROR_DATA with the byte: no such file, cut, wrong sizes. */
struct activation_in {
    struct file_map map;
    struct activation_header header;
    const float *values;
};
bool activation_in_open(struct activation_in *in, const char *path, struct error *err) MUST_CHECK;
/* The same of bytes in memory, which are borrowed; not to be closed. */
bool activation_in_read(struct activation_in *in, const struct file_map *map, const char *path,
                        struct error *err) MUST_CHECK;
void activation_in_close(struct activation_in *in);

#endif
