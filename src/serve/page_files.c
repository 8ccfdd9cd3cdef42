/* Files that the page may show and change: see page_files.h. */
#include "serve/page_files.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_shown(const struct page_files *files, const char *folder, const char *name) {
    char path[8192];
    struct stat st;
    bool ends = false;
    for (size_t i = 0; files->endings[i]; i++) ends |= text_ends(text_of(name), text_of(files->endings[i]));
    if (!ends || name[0] == '.' || text_utf8_invalid(text_of(name)) != SIZE_MAX) return false;
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    return n > 0 && (size_t)n < sizeof path && lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted(const char **names, size_t n) {
    json_t *list = json_array();
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *list_folder(const struct page_files *files, struct error *err) {
    struct arena arena;
    struct dirent *entry;
    DIR *folder = opendir(files->place);
    if (!folder) return error_system(err, errno, "cannot read folder", files->place), NULL;
    arena_init(&arena, 0);
    const char **names = arena_new(&arena, const char *, PAGE_FILES_MOST, err);
    size_t n = 0;
    while (names && n < PAGE_FILES_MOST && (entry = readdir(folder)))
        if (is_shown(files, files->place, entry->d_name) &&
            !(names[n++] = text_copy(&arena, text_of(entry->d_name), err)))
            names = NULL;
    json_t *list = names ? sorted(names, n) : NULL;
    closedir(folder);
    arena_done(&arena);
    return list;
}

static const char *own_name(const struct page_files *files) {
    const char *slash = strrchr(files->place, '/');
    return slash ? slash + 1 : files->place;
}

json_t *page_files_list(const struct page_files *files, struct error *err) {
    if (file_is_folder(files->place)) return list_folder(files, err);
    if (!file_exists(files->place))
        return error_set(err, ERROR_DATA, "there is no file or folder '%s'", files->place), NULL;
    return json_pack("[s]", own_name(files));
}

const char *page_files_path(const struct page_files *files, struct text name, struct arena *arena, struct error *err) {
    char *copy = text_copy(arena, name, err);
    if (!copy) return NULL;
    if (strlen(copy) == name.len && !strchr(copy, '/')) {
        if (!file_is_folder(files->place) && strcmp(copy, own_name(files)) == 0) return files->place;
        if (file_is_folder(files->place) && is_shown(files, files->place, copy))
            return arena_printf(arena, err, "%s/%s", files->place, copy);
    }
    return error_set(err, ERROR_USAGE, "there is no file '%.200s' here", copy), NULL;
}

bool page_files_read(const struct page_files *files, struct text name, struct arena *arena, struct text *out,
                     char digest[HASH_HEX], struct error *err) {
    const char *path = page_files_path(files, name, arena, err);
    if (!path || !file_read(arena, path, PAGE_FILE_BYTES, out, err)) return false;
    sha256_hex(out->at, out->len, digest);
    return true;
}

bool page_files_write(const struct page_files *files, struct text name, struct text text, struct text was,
                      struct arena *arena, char digest[HASH_HEX], struct error *err) {
    struct text before;
    const char *path = page_files_path(files, name, arena, err);
    if (!path || !file_read(arena, path, PAGE_FILE_BYTES, &before, err)) return false;
    sha256_hex(before.at, before.len, digest);
    if (!text_equal_c(was, digest))
        return error_set(err, ERROR_USAGE, "'%.*s' was changed by somebody else meanwhile; load it again",
                         TEXT_ARG(name));
    if (text.len > PAGE_FILE_BYTES)
        return error_set(err, ERROR_USAGE, "the text is longer than %d bytes", PAGE_FILE_BYTES);
    sha256_hex(text.at, text.len, digest);
    return file_write(path, text, err);
}

/* ---- routes */

json_t *page_file_answer(const struct page_files *files, const struct page_ask *ask, struct api_error *err) {
    struct text name, text;
    struct error why;
    char digest[HASH_HEX];
    if (!page_ask_needs(ask, "name", &name, err)) return NULL;
    if (!page_files_read(files, name, ask->arena, &text, digest, &why)) {
        api_refuse(err, why.kind == ERROR_USAGE ? 404 : 500, "name", NULL, "%s", why.message);
        return NULL;
    }
    return json_pack("{s:o s:o s:s}", "name", json_from_text(name), "text", json_from_text(text), "digest", digest);
}

json_t *page_file_save(const struct page_files *files, const struct page_ask *ask, struct api_error *err) {
    struct text name, text, was;
    struct error why;
    char digest[HASH_HEX];
    if (!page_ask_body(ask, "name", &name, err) || !page_ask_body(ask, "text", &text, err) ||
        !page_ask_body(ask, "was", &was, err))
        return NULL;
    if (page_files_write(files, name, text, was, ask->arena, digest, &why)) return json_pack("{s:s}", "digest", digest);
    api_refuse(err, why.kind == ERROR_USAGE ? 409 : 500, "name", NULL, "%s", why.message);
    return NULL;
}
