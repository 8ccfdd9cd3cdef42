/* Any bytes as the header of a safetensors file with some data behind it; the length in front is made here, so that the
 * fuzzer spends its time on the header. Bytes behind the first zero are the data. */
#include "lm/files/file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_bytes(const uint8_t *data, size_t size) {
    struct error err = {0};
    struct lm_file *f = lm_file_open_memory(data, size, &err);
    if (!f && (err.kind != ERROR_DATA || !err.message[0])) abort();
    for (size_t i = 0; f && i < f->n_tensors; i++) {
        size_t n = (size_t)lm_tensor_size(&f->tensors[i]);
        if (n > size) abort();
        float *values = malloc((n ? n : 1) * sizeof *values);
        if (!values || !lm_tensor_to_f32(&f->tensors[i], values, &err)) abort();
        free(values);
    }
    lm_file_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_bytes(data, size);
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    uint64_t header = zero ? (uint64_t)(zero - data) : size;
    size_t rest = zero ? size - (size_t)header - 1 : 0;
    uint8_t *file = malloc(8 + size);
    if (!file) return 0;
    memcpy(file, &header, 8);
    memcpy(file + 8, data, (size_t)header);
    if (rest) memcpy(file + 8 + header, zero + 1, rest);
    open_bytes(file, 8 + (size_t)header + rest);
    free(file);
    return 0;
}
