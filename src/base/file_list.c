/* See file_list.h. */
#include "base/file_list.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MOST = 100000, DEPTH_MOST = 32 };

struct walk {
    struct file_list *list;
    bool (*wanted)(void *context, const char *path);
    void *context;
    struct arena *arena;
};

static bool add(struct walk *w, const char *path, struct error *err) {
    struct file_list *l = w->list;
    if (l->n >= FILES_MOST) return error_set(err, ERROR_DATA, "%s: more than %d files", path, FILES_MOST);
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 64;
        const char **more = arena_new(w->arena, const char *, room, err);
        if (!more) return false;
        if (l->n) memcpy(more, l->paths, l->n * sizeof *more);
        l->paths = more;
        l->room = room;
    }
    l->paths[l->n++] = path;
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool walk(struct walk *w, const char *folder, int depth, struct error *err);

static bool take(struct walk *w, const char *path, int depth, struct error *err) {
    struct stat s;
    if (lstat(path, &s) != 0)
        return w->list->keeps_unread ? add(w, path, err) : error_system(err, errno, "cannot read", path);
    if (S_ISLNK(s.st_mode) && (stat(path, &s) != 0 || S_ISDIR(s.st_mode))) return true;
    if (S_ISDIR(s.st_mode)) return walk(w, path, depth + 1, err);
    return !S_ISREG(s.st_mode) || (w->wanted && !w->wanted(w->context, path)) || add(w, path, err);
}

static bool walk(struct walk *w, const char *folder, int depth, struct error *err) {
    char **names = NULL;
    size_t n = 0, room = 0;
    bool ok = depth < DEPTH_MOST || error_set(err, ERROR_DATA, "%s: folders too deep", folder);
    DIR *dir = ok ? opendir(folder) : NULL;
    if (ok && !dir)
        return w->list->keeps_unread && depth ? add(w, folder, err) : error_system(err, errno, "cannot read", folder);
    for (struct dirent *e; ok && (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        if (n >= FILES_MOST) ok = error_set(err, ERROR_DATA, "%s: more than %d files", folder, FILES_MOST);
        if (ok && n == room) {
            char **more = realloc(names, (room = room ? 2 * room : 64) * sizeof *more);
            ok = more || error_memory(err, folder);
            names = more ? more : names;
        }
        if (ok) ok = (names[n] = arena_printf(w->arena, err, "%s/%s", folder, e->d_name)) && ++n;
    }
    if (dir) closedir(dir);
    if (n) qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; ok && i < n; i++) ok = take(w, names[i], depth, err);
    free(names);
    return ok;
}

bool file_list_add(struct file_list *list, const char *path, bool (*wanted)(void *context, const char *path),
                   void *context, struct arena *arena, struct error *err) {
    struct walk w = {list, wanted, context, arena};
    if (!file_is_folder(path)) return add(&w, path, err);
    return walk(&w, path, 0, err);
}
