/* Names of what is read and written: see corrupt_places.h. */
#include "media/corrupt_places.h"

#include "base/file.h"
#include "base/file_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct corrupt_identity {
    dev_t device;
    ino_t inode;
};

static int by_identity(const void *a, const void *b) {
    const struct corrupt_identity *x = a, *y = b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static bool identify(struct corrupt_places *p, struct arena *arena, struct error *err) {
    p->identities = arena_new(arena, struct corrupt_identity, p->n, err);
    if (!p->identities) return false;
    for (size_t i = 0; i < p->n; i++) {
        struct stat s;
        if (stat(p->files[i], &s) == 0)
            p->identities[p->n_identities++] = (struct corrupt_identity){s.st_dev, s.st_ino};
    }
    qsort(p->identities, p->n_identities, sizeof *p->identities, by_identity);
    return true;
}

static bool is_read(const struct corrupt_places *p, const char *path) {
    struct stat s;
    if (stat(path, &s) != 0) return false;
    struct corrupt_identity key = {s.st_dev, s.st_ino};
    return bsearch(&key, p->identities, p->n_identities, sizeof key, by_identity) != NULL;
}

/* The longest beginning of `path` that exists, as the file system knows it; NULL: none. Owned by the caller. */
static char *resolved(const char *path, struct arena *arena, struct error *err) {
    char *part = arena_copy(arena, path, strlen(path), err);
    while (part) {
        char *real = realpath(part[0] ? part : ".", NULL), *slash = strrchr(part, '/');
        if (real || !part[0]) return real;
        *(slash ? slash : part) = 0;
    }
    return NULL;
}

/* What stands in IN is read again the next time, so nothing is written there. */
static bool stands_apart(const char *in, const char *out, struct arena *arena, struct error *err) {
    char *inside = resolved(in, arena, err), *outside = resolved(out, arena, err);
    size_t n = inside ? strlen(inside) : 0;
    bool within = inside && outside && strncmp(inside, outside, n) == 0 && (outside[n] == '/' || outside[n] == 0);
    free(inside);
    free(outside);
    return !within || error_set(err, ERROR_USAGE, "OUT '%s' lies within IN '%s': name another folder", out, in);
}

/* A pipe or a device may never end. What is not there is told when it is opened. */
static bool can_be_read(const char *in, struct error *err) {
    struct stat s;
    return stat(in, &s) != 0 || S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) ||
           error_set(err, ERROR_DATA, "%s: neither a regular file nor a folder", in);
}

static bool list(const char *in, bool folder, struct arena *arena, struct corrupt_places *p, struct error *err) {
    struct file_list l = {.keeps_unread = true};
    size_t skip = strlen(in);
    if (!can_be_read(in, err)) return false;
    if (!file_list_add(&l, in, NULL, NULL, arena, err)) return false;
    if (l.n == 0) return error_set(err, ERROR_DATA, "%s: no files there", in);
    p->files = l.paths;
    p->n = l.n;
    if (!(p->relative = arena_new(arena, const char *, l.n, err))) return false;
    for (size_t i = 0; i < l.n; i++) {
        const char *slash = strrchr(l.paths[i], '/');
        p->relative[i] = folder ? l.paths[i] + skip + 1 : slash ? slash + 1 : l.paths[i];
    }
    return true;
}

static bool ends_with(const char *t, const char *end) {
    return text_ends(text_of(t), text_of(end));
}

static bool check_extension(const char *out, const struct corruption_choice *choice, struct error *err) {
    const struct medium *m = choice->corruption->medium;
    return ends_with(out, m->extension) ||
           error_set(err, ERROR_USAGE, "OUT '%s': %ss are written with the extension '%s'", out, m->name, m->extension);
}

bool corrupt_places_plan(const struct corrupt_settings *s, const struct corruption_choices *choices,
                         struct arena *arena, struct corrupt_places *p, struct error *err) {
    bool folder = file_is_folder(s->in);
    size_t n = strlen(s->out);
    *p = (struct corrupt_places){.out = s->out};
    if (n == 0) return error_set(err, ERROR_USAGE, "OUT has no name");
    p->one = !folder && choices->n == 1 && s->out[n - 1] != '/' && !file_is_folder(s->out);
    if (folder && !stands_apart(s->in, s->out, arena, err)) return false;
    if (!list(s->in, folder, arena, p, err) || !identify(p, arena, err)) return false;
    return p->one ? check_extension(s->out, choices->at, err) : file_make_folders(s->out, err);
}

const char *corrupt_place(const struct corrupt_places *p, size_t file, const struct corruption_choice *choice,
                          struct arena *arena, struct error *err) {
    const char *extension = choice->corruption->medium->extension, *name = p->relative[file];
    const char *path = p->one ? p->out
                              : arena_printf(arena, err, "%s/%s/%s/%s%s", p->out, choice->corruption->name,
                                             choice->label, name, ends_with(name, extension) ? "" : extension);
    if (!path) return NULL;
    char *parent = arena_copy(arena, path, strlen(path), err), *slash = parent ? strrchr(parent, '/') : NULL;
    if (!parent) return NULL;
    if (slash) *slash = 0;
    if (slash && slash > parent && !file_make_folders(parent, err)) return NULL;
    if (is_read(p, path)) {
        error_set(err, ERROR_DATA, "'%s' is a file that is read: name another OUT", path);
        return NULL;
    }
    return path;
}
