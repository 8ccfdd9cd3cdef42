/* The world that the tests of a file share, made once, and its families and blocks by name. */
#ifndef TESTS_WORLD_FIXTURE_H
#define TESTS_WORLD_FIXTURE_H

#include "check.h"

#include "measure/world/world_item.h"

#include <stdlib.h>

static struct world *w;

static inline int setup(void **state) {
    struct error err = {0};
    (void)state;
    return (w = world_new(WORLD_DEFAULT_SEED, &err)) ? 0 : (fprintf(stderr, "%s\n", err.message), -1);
}

static inline int teardown(void **state) {
    (void)state;
    world_free(w);
    return 0;
}

static inline const struct world_family *family_of(const char *name) {
    const struct world_family *family = world_family_find(name);
    if (!family) fail_msg("no family '%s'", name);
    return family;
}

static inline const struct world_block *block_of(const char *name) {
    for (size_t p = 0; p < world_n_parts; p++)
        for (size_t i = 0; i < world_parts[p]->n_blocks; i++)
            if (strcmp(world_parts[p]->blocks[i].name, name) == 0) return &world_parts[p]->blocks[i];
    fail_msg("no block '%s'", name);
    return NULL;
}

#endif
