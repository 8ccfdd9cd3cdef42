/* One file of a made folder, hashed and counted while it is written; the items of one file, rendered by all threads. */
#ifndef MEASURE_WORLD_WRITING_H
#define MEASURE_WORLD_WRITING_H

#include "base/file.h"
#include "base/hash.h"
#include "base/pool.h"
#include "measure/world/world_item.h"

struct made_file {
    char path[64]; /* in the folder */
    uint64_t lines, bytes;
    char sha256[HASH_HEX];
};

uint64_t world_count_lines(struct text t);

struct writing {
    struct made_file *file;
    struct file_out out;
    struct sha256 sha;
    const struct interrupt *stop;
    struct error *err;
};
/* path: where the file goes; file: its entry, of which the path is set and the rest 0. */
bool writing_begin(struct writing *f, struct made_file *file, const char *path, const struct interrupt *stop,
                   struct error *err) MUST_CHECK;
/* Whole lines with their line ends. ERROR_INTERRUPTED when that was asked for. */
bool writing_put(struct writing *f, struct text lines) MUST_CHECK;
/* ok: whether all was put; otherwise nothing is left. Must be called once behind writing_begin,
 * also when that failed. */
bool writing_end(struct writing *f, bool ok) MUST_CHECK;

/* Puts lines 0..n-1 in their order, each as `put` makes it, without its line end; `put` is called from all threads. The
 * same bytes for any pool; memory for a thousand lines at a time. */
typedef bool writing_source(struct buffer *out, struct world_line *scratch, const void *context, size_t number);
bool writing_put_lines(struct writing *f, writing_source *put, const void *context, size_t n,
                       struct pool *pool) MUST_CHECK;

/* What is the same for all items of a file. */
struct item_style {
    uint64_t draw;
    int manner; /* of the prompts, see struct world_line */
};
bool writing_put_items(struct writing *f, const struct world *world, const struct item *items, size_t n,
                       const struct item_style *style, struct pool *pool) MUST_CHECK;

#endif
