/* Room in which products unpack weights that are not kept, see matmul_weights_new_source: taken for one product and
 * given back, so that a model needs as many as it has callers at the same time. Inside of the room. */
#ifndef TENSOR_MATMUL_STORE_H
#define TENSOR_MATMUL_STORE_H

#include "tensor/matmul.h"

enum {
    STORE_WANTED = 2 << 20, /* bytes of weights unpacked together, to stay in a cache, if that feeds all threads */
    STORE_BYTES = 64 << 20, /* never more, but for one block */
    STORE_BLOCKS = 64,
};

struct store_room {
    struct store_room *next;
    void *bytes; /* aligned to 64 */
    size_t n;
};

struct store_room *store_take(struct matmul_store *store, size_t bytes, struct error *err) MUST_CHECK;
void store_give(struct matmul_store *store, struct store_room *room);

#endif
