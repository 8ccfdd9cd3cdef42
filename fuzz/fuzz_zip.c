/* Zip files from strangers: never more than was allowed, every refusal has a message, and what was read is what is
 * said. */
#include "base/zip.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16) return 0;
    struct error err = {0};
    struct memory_file bytes = memory_file_open(data, size);
    struct zip *zip = zip_open(bytes.path, "fuzz", &err);
    if (!zip && (err.kind == ERROR_NONE || !err.message[0])) abort();
    const struct zip_member *all;
    size_t n = zip ? zip_members(zip, &all) : 0;
    for (size_t i = 0; i < n && i < 64; i++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        error_clear(&err);
        bool read = zip_read(zip, &all[i], &out, &err);
        if (read && out.len != all[i].size) abort();
        if (!read && (err.kind == ERROR_NONE || !err.message[0])) abort();
        buffer_done(&out);
    }
    zip_close(zip);
    memory_file_close(&bytes);
    return 0;
}
