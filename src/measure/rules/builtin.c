/* Files that are part of the program: the table that the build makes of suites/, materials/, recipes/, rules/, leaves/,
 * taxonomies/ and the models of pocket/. */
#include "measure/rules/builtin.h"

#include <string.h>

const struct builtin_file *builtin_files(size_t *n) {
    *n = builtin_n_files;
    return builtin_table;
}

const struct builtin_file *builtin_find(const char *name) {
    for (size_t i = 0; i < builtin_n_files; i++)
        if (strcmp(builtin_table[i].name, name) == 0) return &builtin_table[i];
    return NULL;
}
