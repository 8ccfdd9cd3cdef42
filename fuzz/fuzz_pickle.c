/* Any bytes as a file of torch.save: a list of tensors whose names and shapes can be read, or a message. */
#include "lm/files/pickle.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct file_map map = {at, n};
    struct arena arena;
    struct pickle_list list;
    arena_init(&arena, (size_t)256 << 20);
    if (pickle_read(&map, "fuzz", &arena, &list, &err)) {
        for (size_t i = 0; i < list.n; i++) {
            struct text name = list.tensors[i].name; /* read whole, so that a wild pointer is seen */
            if (text_find(name, TEXT("\n"), 0) != SIZE_MAX && !name.len) abort();
            if (!list.tensors[i].type || list.tensors[i].dims > PICKLE_DIMS) abort();
        }
    } else if (err.kind == ERROR_NONE || !err.message[0]) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
