/* Files: read whole with a maximum, mapped, and written under a temporary name first so that a failed command leaves no
 * half file and a killed one leaves the old file. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buffer.h"

#include <stdio.h>

/* The whole file in the arena, zero-terminated; "-" reads standard input. */
bool file_read(struct arena *arena, const char *path, size_t max, struct text *out, struct error *err) MUST_CHECK;

struct file_map {
    const unsigned char *at;
    size_t len;
};
/* Read-only; an empty file gives len 0. */
bool file_map(const char *path, struct file_map *map, struct error *err) MUST_CHECK;
void file_unmap(struct file_map *map);

/* A file being written as PATH.tmp-PID beside its final name; what is no file (a device, a pipe, a link) is written in
 * place, and stays what it is. */
struct file_out {
    FILE *stream;
    char *path, *temporary;
    uint64_t written;
    bool failed;
    int failure; /* errno of the first failure */
};
bool file_out_open(struct file_out *out, const char *path, struct error *err) MUST_CHECK;
bool file_out_put(struct file_out *out, const void *at, size_t n); /* remembers the first failure */
/* Flushes, fsyncs, renames. On failure the temporary file is removed. */
bool file_out_commit(struct file_out *out, struct error *err) MUST_CHECK;
void file_out_abandon(struct file_out *out); /* also safe after commit */
/* All at once. */
bool file_write(const char *path, struct text t, struct error *err) MUST_CHECK;

bool file_exists(const char *path);
bool file_is_folder(const char *path);
bool file_make_folders(const char *path, struct error *err) MUST_CHECK;
/* Path of `name` beside `path` (its folder + "/" + name), in the arena. */
char *file_beside(struct arena *arena, const char *path, const char *name, struct error *err) MUST_CHECK;
/* First existing of: name itself if it has a slash or exists, then DIR/name for each DIR of the colon list. NULL if
 * there is none (err says where it was looked for). */
char *file_find(struct arena *arena, const char *name, const char *colon_list, struct error *err) MUST_CHECK;

#endif
