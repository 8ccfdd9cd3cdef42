/* Recorded answers of any layout: never crashes, every message is set; what can be read can be found again. */
#include "subject/replay_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"", "arc", "m"};
    static const char *const maps[] = {"", "a:b", ":text"};
    static const char *const formats[] = {"auto", "json", "csv", "tsv"};
    if (size < 1 || size > 1 << 16) return 0;
    struct error err = {0};
    struct replay_options options = {.name = text_of(names[data[0] % 3]),
                                     .map = text_of(maps[data[0] / 3 % 3]),
                                     .format = text_of(formats[data[0] / 9 % 4])};
    int fd = memfd_create("replay", 0);
    char path[64];
    if (fd < 0) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data + 1, size - 1) != (ssize_t)(size - 1)) abort();
    struct replay_file *file = replay_file_open(path, &options, &err);
    if (!file && (err.kind == ERROR_NONE || !err.message[0])) abort();
    for (size_t i = 0; file && i < file->n; i++) {
        const struct replay_row *row = file->byid[i];
        if (!replay_file_find(file, row->id, row->task, row->sample, &err) && err.kind != ERROR_DATA) abort();
    }
    replay_file_close(file);
    close(fd);
    return 0;
}
