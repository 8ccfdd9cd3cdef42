/* Recorded answers of any layout: never crashes, every message is set; what can be read can be found again. */
#include "memory_file.h"
#include "subject/replay_file.h"

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
    struct memory_file bytes = memory_file_open(data + 1, size - 1);
    struct replay_file *file = replay_file_open(bytes.path, &options, &err);
    if (!file && (err.kind == ERROR_NONE || !err.message[0])) abort();
    for (size_t i = 0; file && i < file->n; i++) {
        const struct replay_row *row = file->byid[i];
        if (!replay_file_find(file, row->id, row->task, row->sample, &err) && err.kind != ERROR_DATA) abort();
    }
    replay_file_close(file);
    memory_file_close(&bytes);
    return 0;
}
