/* The recipes that are part of the program: see recipe.h. */
#include "recipe/recipe.h"

#include "measure/rules/builtin.h"

#include <stdlib.h>
#include <string.h>

static int by_slug(const void *a, const void *b) {
    const struct recipe_file *x = a, *y = b;
    return strcmp(x->slug, y->slug);
}

const struct recipe_file *recipe_files(struct arena *arena, size_t *n, struct error *err) {
    size_t n_files;
    const struct builtin_file *files = builtin_files(&n_files);
    struct recipe_file *out = arena_new(arena, struct recipe_file, n_files + 1, err);
    *n = 0;
    for (size_t i = 0; out && i < n_files; i++) {
        struct text name = text_of(files[i].name);
        if (!text_starts(name, TEXT("recipes/")) || !text_ends(name, TEXT(".yaml"))) continue;
        struct recipe_file *file = &out[(*n)++];
        file->slug = text_copy(arena, text_part(name, sizeof "recipes/" - 1, name.len - 5), err);
        file->source = (struct text){(const char *)files[i].at, (size_t)(files[i].end - files[i].at)};
        if (!file->slug) return NULL;
    }
    if (out) qsort(out, *n, sizeof *out, by_slug);
    return out;
}
