/* Runs a fuzz target once on each file of the folders given, with any compiler: the seeds, among them every input that ever
 * broke something, are a test. */
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

/* Exactly as long as the file, so that a sanitizer sees a step beyond. */
static bool run_file(const char *folder, const char *name, struct error *err) {
    struct arena arena;
    struct file_map map;
    arena_init(&arena, 1 << 16);
    char *path = arena_printf(&arena, err, "%s/%s", folder, name);
    bool ok = path && file_map(path, &map, err);
    unsigned char *copy = ok ? malloc(map.len + !map.len) : NULL;
    if (copy) {
        for (size_t i = 0; i < map.len; i++) copy[i] = map.at[i];
        LLVMFuzzerTestOneInput(copy, map.len);
        file_unmap(&map);
    }
    free(copy);
    arena_done(&arena);
    return ok;
}

int main(int argc, char **argv) {
    struct error err = {0};
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        for (const struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
            if (entry->d_name[0] == '.') continue;
            if (!run_file(argv[i], entry->d_name, &err)) return fprintf(stderr, "%s\n", err.message), 1;
            n++;
        }
        if (folder) closedir(folder);
    }
    if (n == 0) return printf("not ok - seeds: there are none\n"), 1;
    return printf("ok - %zu seeds\n", n), 0;
}
