/* Names of data files with a * in them: see task_internal.h. */
#include "measure/task/task_internal.h"

#include "base/file.h"

#include <glob.h>
#include <string.h>

enum { NAMES_MOST = 4096 };

struct names {
    struct text *at;
    size_t n;
};

static bool add_name(struct task *t, struct names *names, struct text name, struct error *err) {
    char *copy = text_copy(&t->arena, name, err);
    if (names->n == NAMES_MOST) return error_set(err, ERROR_DATA, "task '%s': over %d data files", t->name, NAMES_MOST);
    if (copy) names->at[names->n++] = (struct text){copy, name.len};
    return copy != NULL;
}

/* The files of one folder that fit, without the folder. *found: there are some. */
static bool expand_in(struct task *t, struct text folder, struct text pattern, struct names *names, bool *found,
                      struct error *err) {
    glob_t hits = {0};
    bool whole = pattern.at[0] == '/' || !folder.len;
    char *path = whole ? text_copy(&t->arena, pattern, err)
                       : arena_printf(&t->arena, err, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(pattern));
    if (!path) return false;
    int state = glob(path, 0, NULL, &hits);
    bool ok = state == 0 || state == GLOB_NOMATCH || error_set(err, ERROR_ENVIRONMENT, "cannot look for '%s'", path);
    size_t skip = whole ? 0 : folder.len + 1;
    *found = ok && hits.gl_pathc > 0;
    for (size_t i = 0; ok && i < hits.gl_pathc; i++) ok = add_name(t, names, text_of(hits.gl_pathv[i] + skip), err);
    globfree(&hits);
    return ok;
}

/* Beside the task, else in the first folder of the path that has some. */
static bool expand(struct task *t, struct text name, struct names *names, struct error *err) {
    struct text rest = text_of(t->settings.path ? t->settings.path : "."), folder;
    bool found = false;
    if (t->folder.len && !expand_in(t, t->folder, name, names, &found, err)) return false;
    while (!found && text_next(&rest, ':', &folder))
        if (!expand_in(t, folder.len ? folder : TEXT("."), name, names, &found, err)) return false;
    return found || add_name(t, names, name, err);
}

bool task_expand_data(struct task *t, struct error *err) {
    struct names names = {0};
    bool some = false;
    for (size_t i = 0; i < t->n_data; i++)
        some |= !world_rows_spec(t->data_names[i]).len && memchr(t->data_names[i].at, '*', t->data_names[i].len);
    if (!some) return true;
    if (!(names.at = arena_new(&t->arena, struct text, NAMES_MOST, err))) return false;
    for (size_t i = 0; i < t->n_data; i++) {
        bool many = !world_rows_spec(t->data_names[i]).len && memchr(t->data_names[i].at, '*', t->data_names[i].len);
        if (!(many ? expand(t, t->data_names[i], &names, err) : add_name(t, &names, t->data_names[i], err)))
            return false;
    }
    t->data_names = names.at;
    t->n_data = names.n;
    return true;
}
