/* Where the rows of a task come from: files found beside the task file or along the path, files that are built in, or the
 * pocket world, which makes them. */
#include "measure/task_internal.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct task_source {
    const struct task *task;
    struct arena arena;
    const struct text *names;
    size_t n, next;
    struct dataset *dataset;
    const char *shown; /* name of the open file */
    bool numbers_rows; /* the task asks for __row__ */
    size_t row;        /* rows read so far, of all files */
    int memory;        /* descriptor of a built-in file, -1: none */
};

/* A built-in file as something that can be opened by path. */
static char *open_builtin(const struct builtin_file *file, struct arena *arena, int *descriptor, struct error *err) {
    size_t n = (size_t)(file->end - file->at), done = 0;
    *descriptor = memfd_create("basanite", MFD_CLOEXEC);
    if (*descriptor < 0) return error_system(err, errno, "cannot open built-in", file->name), NULL;
    while (done < n) {
        ssize_t wrote = write(*descriptor, file->at + done, n - done);
        if (wrote <= 0) return error_system(err, errno, "cannot open built-in", file->name), NULL;
        done += (size_t)wrote;
    }
    return arena_printf(arena, err, "/proc/self/fd/%d", *descriptor);
}

static char *find_file(const struct task *task, const char *name, struct arena *arena, struct error *err) {
    if (task->folder.len && name[0] != '/') {
        char *beside = arena_printf(arena, err, "%.*s/%s", TEXT_ARG(task->folder), name);
        if (!beside || file_exists(beside)) return beside;
    }
    struct error why = {0};
    char *path = file_find(arena, name, task->settings.path ? task->settings.path : ".", &why);
    if (path) return path;
    error_set(err, ERROR_DATA, "task '%s': data file '%s' is not there; looked%s%.*s%s in '%s' (BASANITE_PATH names folders)%s%s",
              task->name, name, task->folder.len ? " beside the task in '" : "", TEXT_ARG(task->folder),
              task->folder.len ? "' and" : "", task->settings.path ? task->settings.path : ".",
              task->origin[0] ? "; get it from " : "", task->origin);
    return NULL;
}

/* *descriptor >= 0: to be closed by the caller. */
static char *locate(const struct task *task, struct text name, struct arena *arena, int *descriptor, struct error *err) {
    *descriptor = -1;
    char *copy = text_copy(arena, name, err);
    if (!copy) return NULL;
    if (world_rows_spec(name).len) return world_shelf_path(task->shelf, world_rows_spec(name), arena, err);
    if (task->folder.len == 0) {
        char *builtin_name = arena_printf(arena, err, "suites/%s", copy);
        const struct builtin_file *file = builtin_name ? builtin_find(builtin_name) : NULL;
        if (!builtin_name) return NULL;
        if (file) return open_builtin(file, arena, descriptor, err);
    }
    return find_file(task, copy, arena, err);
}

struct task_source *task_source_open(const struct task *task, bool fewshot, struct error *err) {
    struct task_source *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "data"), NULL;
    bool own = fewshot && task->n_fewshot;
    *s = (struct task_source){.task = task, .names = own ? task->fewshot_names : task->data_names,
                              .n = own ? task->n_fewshot : task->n_data, .memory = -1,
                              .numbers_rows = text_find(task->source, TEXT("__row__"), 0) != SIZE_MAX};
    arena_init(&s->arena, 1 << 20);
    /* All files must be there before the first row is read. */
    for (size_t i = 0; i < s->n; i++) {
        int descriptor;
        char *path = locate(task, s->names[i], &s->arena, &descriptor, err);
        if (descriptor >= 0) close(descriptor);
        if (path) continue;
        task_source_close(s);
        return NULL;
    }
    return s;
}

static void close_file(struct task_source *s) {
    dataset_close(s->dataset);
    s->dataset = NULL;
    if (s->memory >= 0) close(s->memory);
    s->memory = -1;
}

void task_source_close(struct task_source *s) {
    if (!s) return;
    close_file(s);
    arena_done(&s->arena);
    memory_free(s);
}

static bool open_next(struct task_source *s, struct error *err) {
    close_file(s);
    char *path = locate(s->task, s->names[s->next], &s->arena, &s->memory, err);
    char *shown = text_copy(&s->arena, s->names[s->next], err);
    if (!path || !shown) return false;
    s->shown = shown;
    s->next++;
    s->dataset = dataset_open(path, shown, &s->task->kwargs, err);
    return s->dataset != NULL;
}

/* 1 wanted, 0 not, -1 error */
static int wanted(const struct task *task, const json_t *row, struct json_place place, struct error *err) {
    if (!task->where.given) return 1;
    json_t *value = task_field_value(&task->where, row, place, err);
    if (!value) return -1;
    int yes = json_is_true_like(value);
    json_decref(value);
    return yes;
}

/* 1 where the row is of the split that is asked for, 0 where not, -1 an error. */
static int of_split(const struct task *t, const json_t *row, struct json_place place, struct error *err) {
    struct arena arena;
    struct text split;
    if (!t->settings.split) return 1;
    arena_init(&arena, 1 << 20);
    int yes = task_field_text(&t->split, row, place, &arena, &split, err) ? text_equal_c(split, t->settings.split) : -1;
    arena_done(&arena);
    return yes;
}

int task_source_next(struct task_source *s, json_t **row, struct json_place *place, struct error *err) {
    for (;;) {
        if (!s->dataset) {
            if (s->next == s->n) return 0;
            if (!open_next(s, err)) return -2;
        }
        *place = (struct json_place){.file = s->shown, .path = ""};
        int state = dataset_next(s->dataset, row, &place->line, err);
        if (state < 0) return -1;
        if (state == 0) {
            close_file(s);
            continue;
        }
        /* Which file a row is from, for templates: without folders and endings that differ. */
        if (s->n > 1 && json_object_set_new(*row, "__file__", json_string(s->shown)) != 0) return error_memory(err, "row"), -1;
        /* Its number, from 0, only for tasks that use it: what a row holds is part of its items' digests. */
        if (s->numbers_rows && json_object_set_new(*row, "__row__", json_integer((json_int_t)s->row)) != 0)
            return error_memory(err, "row"), -1;
        s->row++;
        int yes = wanted(s->task, *row, *place, err);
        if (yes == 1) yes = of_split(s->task, *row, *place, err);
        if (yes == 1) return 1;
        json_decref(*row);
        *row = NULL;
        if (yes < 0) return -1;
    }
}

json_t *task_data_digests(const struct task *task, struct error *err) {
    json_t *list = json_array();
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < task->n_data; i++) {
        int descriptor;
        char digest[HASH_HEX], *path = locate(task, task->data_names[i], &arena, &descriptor, err);
        ok = path && sha256_file(path, digest, err) &&
             json_array_append_new(list, json_pack("{s:o s:s}", "path", json_from_text(task->data_names[i]), "sha256",
                                                   digest)) == 0;
        if (descriptor >= 0) close(descriptor);
    }
    arena_done(&arena);
    if (ok) return list;
    json_decref(list);
    return NULL;
}
