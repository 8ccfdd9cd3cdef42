/* A stretch of trusted text, sorted: finds any string in it exactly. The documents stand normalised one after the
 * other, each followed by the byte 0xFF, which is in no UTF-8 text, so that nothing found runs from one document into
 * the next.
 *
 * Files of shard N of an index, all little-endian:
 *   N.text      the documents
 *   N.documents u64 [documents + 1]: where each begins in N.text; the last: the length of N.text
 *   N.suffixes  [bytes of N.text] positions in the order of what stands there, each in the fewest bytes that hold them
 * all N.keys      u64 [ceil(suffixes / 32)]: the first eight bytes of every 32nd suffix as one big-endian number
 *   N.sources   JSONL: {"id", "file", "line"?} of each document
 *   N.lines     u64 [documents + 1]: where each of these lines begins */
#ifndef QUOTE_SHARD_H
#define QUOTE_SHARD_H

#include "base/buffer.h"
#include "base/file.h"

enum { QUOTE_END = 0xff, QUOTE_KEY_EVERY = 32 };

/* Bytes of a position in n bytes. */
static inline size_t quote_position_bytes(size_t n) {
    size_t bytes = 1;
    while (bytes < 8 && n > (size_t)1 << 8 * bytes) bytes++;
    return bytes;
}

struct quote_shard {
    struct file_map text, documents, suffixes, keys, sources, lines;
    size_t n; /* bytes of text */
    size_t n_documents;
    size_t width; /* bytes of a suffix's position */
    size_t n_keys;
    bool owned; /* in memory, not mapped */
};

/* path: of the files, without the dot. ERROR_DATA: sizes that contradict one another. */
bool quote_shard_open(const char *path, struct quote_shard *shard, struct error *err) MUST_CHECK;
void quote_shard_close(struct quote_shard *shard);
void quote_shard_forget(const struct quote_shard *shard);

/* Writes N.suffixes and N.keys of a text that is below 2^31 bytes. Takes five bytes of memory for each of the text, and
 * what the text takes. */
bool quote_shard_sort(const char *path, struct text text, struct error *err) MUST_CHECK;

/* The same in memory: takes text (memory_alloc), as the file would be; documents: where each begins, and the end. */
bool quote_shard_of_memory(unsigned char *text, size_t n, const uint64_t *documents, size_t n_documents,
                           struct quote_shard *shard, struct error *err) MUST_CHECK;

/* Suffixes in order; [lo, hi). */
struct quote_range {
    size_t lo, hi;
};
/* Bytes of the longest beginning of the string that stands somewhere. *near (may be NULL): the rank of a suffix that
 * begins so. A string with the byte 0xFF is not found further than that. */
size_t quote_shard_longest(const struct quote_shard *shard, struct text string, size_t *near);
/* All suffixes that begin with the string. */
struct quote_range quote_shard_range(const struct quote_shard *shard, struct text string);
/* Of suffixes in a range that begin with the same `depth` bytes, those whose next byte is this one. */
struct quote_range quote_shard_step(const struct quote_shard *shard, struct quote_range range, size_t depth,
                                    unsigned char byte);
size_t quote_shard_position(const struct quote_shard *shard, size_t rank); /* in the text */
size_t quote_shard_document(const struct quote_shard *shard, size_t position);
struct text quote_shard_text(const struct quote_shard *shard, size_t document);
size_t quote_shard_start(const struct quote_shard *shard, size_t document);       /* position of its first byte */
struct text quote_shard_source(const struct quote_shard *shard, size_t document); /* a line of JSON */

#endif
