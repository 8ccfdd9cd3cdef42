/* The reference materials that are part of the program: see material.h. */
#include "measure/material.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b) {
    const struct material_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

const struct material_file *material_files(struct arena *arena, size_t *n, struct error *err) {
    size_t n_files;
    const struct builtin_file *files = builtin_files(&n_files);
    struct material_file *out = arena_new(arena, struct material_file, n_files + 1, err);
    *n = 0;
    for (size_t i = 0; out && i < n_files; i++) {
        struct text name = text_of(files[i].name);
        if (!text_starts(name, TEXT("materials/")) || !text_ends(name, TEXT(".yaml"))) continue;
        struct material_file *file = &out[(*n)++];
        file->name = text_copy(arena, text_part(name, sizeof "materials/" - 1, name.len - 5), err);
        file->source = (struct text){(const char *)files[i].at, (size_t)(files[i].end - files[i].at)};
        if (!file->name) return NULL;
    }
    if (out) qsort(out, *n, sizeof *out, by_name);
    return out;
}
