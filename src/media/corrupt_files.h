/* Files and folders of pictures and sounds, corrupted: every file by every corruption that fits its medium. A file that
 * cannot be read or written, or a folder below IN that cannot be listed (counted as a file), is told in the log and the
 * others go on. What is drawn follows from the seed, the corruption and the bytes of the file alone, so that other
 * files, names, threads and the order change nothing.
 *
 * One file and one corruption give the file OUT, which must have the extension of its medium (.png). All else is
 * written into the folder OUT as KIND/LABEL/PATH, PATH as it is below IN, its extension added where it is another one
 * (mill.jpg.png). Files are replaced whole, never one that is read, and never below IN. */
#ifndef MEDIA_CORRUPT_FILES_H
#define MEDIA_CORRUPT_FILES_H

#include "base/interrupt.h"
#include "base/json.h"
#include "base/pool.h"

typedef bool corrupt_sink(void *context, const json_t *row, struct error *err); /* borrowed; in order */

struct corrupt_settings {
    const char *in, *out;
    const char *const *kinds; /* specs, see corruption.h */
    size_t n_kinds;
    uint64_t seed;
    struct pool *pool; /* NULL: one thread */
    const struct interrupt *stop;
    corrupt_sink *sink;
    void *context;
};
struct corrupt_result {
    size_t files, failed, written; /* files read, files of which something failed, files written */
    size_t gave, partly;           /* files of which something was written; of these, those of which something failed */
    char first[1024];              /* what failed first; "" */
};
/* Rows: {file, out, kind, severity (null: own parameters), parameters, seed, measured, notes, sha256_in, sha256_out},
 * and {file, error} or {file, out, kind, error}. False for what stops all of it: ERROR_USAGE, an IN that cannot be
 * listed, an OUT that cannot be made, an interrupt. */
bool corrupt_files(const struct corrupt_settings *settings, struct arena *arena, struct corrupt_result *out,
                   struct error *err) MUST_CHECK;

#endif
