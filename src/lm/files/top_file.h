/* Distillation dumps, `.topk`: the likeliest next tokens behind each token of texts. All numbers are little-endian.
 *
 *   0    8 bytes   "BSNTOP1\n"
 *   8    u32       K, tokens kept of each position
 *   12   u32       vocabulary
 *   16   u64       texts
 *   24   u64       positions of all texts together
 *   32   32 bytes  sha256 of the tokenizer
 *   64   32 bytes  sha256 of the subject, the teacher
 *   96   32 bytes  sha256 of the texts: all token ids in their order, as u32
 *   128            for each position K x (u32 id, u16 p) by falling p, then u16 rest; p and rest in units of 1/65535
 *
 * The distribution of a position is that of the token which follows it, also behind the last token of a text. Beside
 * FILE.topk stands FILE.topk.jsonl with one line a text: {"id", "choice"?, "position", "text": [ids], "loss_mask": [0,
 * 1]}. */
#ifndef LM_TOP_FILE_H
#define LM_TOP_FILE_H

#include "base/file.h"
#include "base/hash.h"

enum { TOP_K_MAX = 1 << 16 };

struct top_header {
    uint32_t k, vocabulary;
    uint64_t texts, positions;
    char tokenizer[HASH_HEX], subject[HASH_HEX], ids[HASH_HEX];
};

struct top_out {
    struct file_out file;
    struct top_header header;
    struct sha256 ids;
};
/* header: k, vocabulary, tokenizer, subject. ERROR_ENVIRONMENT where the path cannot be gone back in (a pipe). */
bool top_out_open(struct top_out *out, const char *path, const struct top_header *header, struct error *err) MUST_CHECK;
/* A text begins; then top_out_put for each of its tokens. Failures are told by the commit. */
void top_out_text(struct top_out *out, const int32_t *ids, size_t n);
/* ids, p: [k], by falling p; p and rest are probabilities. */
void top_out_put(struct top_out *out, const int32_t *ids, const double *p, double rest);
bool top_out_commit(struct top_out *out, struct error *err) MUST_CHECK;
void top_out_abandon(struct top_out *out); /* also safe after commit */

/* Mapped for reading. ERROR_DATA with the byte: no such file, cut, ids outside the vocabulary, p that do not fall. */
struct top_in {
    struct file_map map;
    struct top_header header;
};
bool top_in_open(struct top_in *in, const char *path, struct error *err) MUST_CHECK;
/* The same of bytes in memory, which are borrowed; not to be closed. */
bool top_in_read(struct top_in *in, const struct file_map *map, const char *path, struct error *err) MUST_CHECK;
void top_in_close(struct top_in *in);
/* ids, p: [k]; returns rest. */
double top_in_get(const struct top_in *in, uint64_t position, int32_t *ids, double *p);

#endif
