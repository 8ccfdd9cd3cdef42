/* A leaf of a taxonomy. What is read draws cases within its limits or says why not, with the file; without the world
 * where it needs none. */
#include "measure/leaf/leaf_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void must(bool ok) {
    if (!ok) abort();
}

static bool count(void *context, const json_t *row, struct error *err) {
    (void)err;
    must(json_is_string(json_object_get(row, "id")));
    return ++*(uint64_t *)context < 1000 || error_set(err, ERROR_DATA, "enough");
}

static bool needs_world(const struct leaf *l) {
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].source == LEAF_WORLD) return true;
    return l->world_items.len > 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct leaf_settings settings = {.seed = 1, .draw = 1, .count = 8, .world = 7};
    struct leaf_made made;
    uint64_t rows = 0;
    if (n > 1 << 16) return 0;
    struct leaf *leaf = leaf_parse((struct text){(const char *)at, n}, "leaf.yaml", &err);
    if (!leaf)
        must(err.message[0] != 0);
    else if (!needs_world(leaf) && !leaf_make(leaf, NULL, &settings, count, &rows, &made, &err))
        must(err.message[0] != 0);
    else if (!needs_world(leaf))
        must(rows >= 8 && rows == made.rows);
    leaf_free(leaf);
    return 0;
}
