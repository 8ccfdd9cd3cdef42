/* Files that are part of the program: the table that the build makes of suites/, materials/, recipes/, rules/, leaves/,
 * taxonomies/ and the models of pocket/. */
#include "measure/rules/builtin.h"

#include <string.h>

enum { NAMES_MOST = 256 };

const struct builtin_file *builtin_files(size_t *n) {
    *n = builtin_n_files;
    return builtin_table;
}

const struct builtin_file *builtin_find(const char *name) {
    for (size_t i = 0; i < builtin_n_files; i++)
        if (strcmp(builtin_table[i].name, name) == 0) return &builtin_table[i];
    return NULL;
}

const char *builtin_nearest(const char *folder, const char *ending, struct text name, struct arena *arena) {
    const char *names[NAMES_MOST];
    struct error ignored;
    size_t known = 0;
    for (size_t i = 0; i < builtin_n_files && known < NAMES_MOST; i++) {
        struct text t = text_of(builtin_table[i].name);
        if (!text_starts(t, text_of(folder)) || !text_ends(t, text_of(ending))) continue;
        if (t.len < strlen(folder) + strlen(ending)) continue;
        names[known] = text_copy(arena, text_part(t, strlen(folder), t.len - strlen(ending)), &ignored);
        if (names[known]) known++;
    }
    return text_nearest(name, names, known);
}
