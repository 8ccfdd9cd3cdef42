/* The reference materials that are part of the program: see material.h. */
#include "measure/material/material.h"

#include "measure/leaf/leaf.h"
#include "measure/rules/builtin.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b) {
    const struct material_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* The planted fault of a leaf: material "safety-violence" of leaves/safety.violence.yaml. */
static bool add_leaf(struct arena *arena, const char *name, struct material_file *file, struct error *err) {
    struct buffer b;
    struct leaf *leaf = leaf_open(text_of(name), err);
    json_t *material = leaf ? leaf_material_json(leaf, err) : NULL;
    buffer_init(&b, 1 << 20);
    bool ok = material && (json_put(&b, material, 0), buffer_check(&b, name, err));
    const char *copy = ok ? text_copy(arena, buffer_text(&b), err) : NULL;
    file->name = copy ? text_copy(arena, json_text(json_object_get(material, "material")), err) : NULL;
    file->source = text_of(copy);
    buffer_done(&b);
    json_decref(material);
    leaf_free(leaf);
    return file->name != NULL;
}

static bool add_leaves(struct arena *arena, struct material_file *out, size_t *n, struct error *err) {
    size_t leaves;
    const char *const *names = leaf_names(arena, &leaves, err);
    for (size_t i = 0; names && i < leaves; i++)
        if (!add_leaf(arena, names[i], &out[(*n)++], err)) return false;
    return names != NULL;
}

const struct material_file *material_files(struct arena *arena, size_t *n, struct error *err) {
    size_t n_files;
    const struct builtin_file *files = builtin_files(&n_files);
    struct material_file *out = arena_new(arena, struct material_file, n_files + 1, err); /* a leaf is a file, too */
    *n = 0;
    for (size_t i = 0; out && i < n_files; i++) {
        struct text name = text_of(files[i].name);
        if (!text_starts(name, TEXT("materials/")) || !text_ends(name, TEXT(".yaml"))) continue;
        struct material_file *file = &out[(*n)++];
        file->name = text_copy(arena, text_part(name, sizeof "materials/" - 1, name.len - 5), err);
        file->source = (struct text){(const char *)files[i].at, (size_t)(files[i].end - files[i].at)};
        if (!file->name) return NULL;
    }
    if (!out || !add_leaves(arena, out, n, err)) return NULL;
    qsort(out, *n, sizeof *out, by_name);
    return out;
}
