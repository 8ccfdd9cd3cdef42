/* A walk over files with known outcomes: see calibrate_files.h. */
#include "lm/calibrate/calibrate_files.h"

#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool check_one(const char *folder, const char *name, calibrate_file *check, void *context, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 16);
    char *path = arena_printf(&arena, err, "%s/%s", folder, name);
    bool ok = path && check(context, path, err);
    arena_done(&arena);
    return ok;
}

bool calibrate_files(const char *path, const char *ending, const char *expected, calibrate_file *check, void *context,
                     struct error *err) {
    if (!file_is_folder(path)) return check(context, path, err);
    struct dirent **files = NULL;
    int n = scandir(path, &files, is_shown, compare_names);
    size_t checked = 0;
    bool ok = true;
    for (int i = 0; ok && i < n; i++) {
        if (!text_ends(text_of(files[i]->d_name), text_of(ending))) continue;
        ok = check_one(path, files[i]->d_name, check, context, err);
        checked++;
    }
    for (int i = 0; i < n; i++) free(files[i]);
    free(files);
    return !ok || checked ? ok : error_set(err, ERROR_DATA, "%s: expected %s", path, expected);
}
