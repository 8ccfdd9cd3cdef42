/* Bytes as a file that can be opened by its path, for readers that take one. */
#ifndef FUZZ_MEMORY_FILE_H
#define FUZZ_MEMORY_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[64], link[96]; /* link: "", or a path with an ending, for readers that tell the format by it */
};

static inline struct memory_file memory_file_open(const void *at, size_t n) {
    struct memory_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    if (file.fd < 0 || (n && write(file.fd, at, n) != (ssize_t)n)) abort();
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

static inline struct memory_file memory_file_open_as(const void *at, size_t n, const char *ending) {
    struct memory_file file = memory_file_open(at, n);
    snprintf(file.link, sizeof file.link, "/tmp/basanite-fuzz-%d.%s", (int)getpid(), ending);
    unlink(file.link);
    if (symlink(file.path, file.link) != 0) abort();
    return file;
}

static inline void memory_file_close(struct memory_file *file) {
    if (file->link[0]) unlink(file->link);
    close(file->fd);
}

#endif
