/* Where the rows of a task come from: files found beside the task file or along the path, files that are built in, or
 * the pocket world, which makes them. */
#include "measure/dataset/npy.h"
#include "measure/task/task_beside.h"
#include "measure/rules/builtin.h"

#include "base/file.h"
#include "base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct task_source {
    const struct task *task;
    struct arena arena;
    const struct text *names;
    size_t n, next;
    struct dataset *dataset;
    const char *shown; /* name of the open file */
    bool numbers_rows; /* the task asks for __row__ */
    bool tells_place;  /* the task asks for __place__ */
    bool tells_fields; /* the task asks for __fields__ */
    bool draws;        /* the task asks for __draw__ */
    struct beside *beside; /* rows that others carry; NULL: the task asks for none */
    struct npy arrays[TASK_ARRAYS_MOST]; /* columns beside the rows */
    size_t n_arrays;   /* open ones; 0 for rows of examples from files of their own */
    size_t row;        /* rows read so far, of all files */
    uint64_t place;    /* the same, with bad rows */
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

/* NULL without an error: it is not there. */
static char *look_for(const struct task *task, const char *name, struct arena *arena, struct error *err) {
    if (task->folder.len && name[0] != '/') {
        char *beside = arena_printf(arena, err, "%.*s/%s", TEXT_ARG(task->folder), name);
        if (!beside || file_exists(beside)) return beside;
    }
    struct error why = {0};
    return file_find(arena, name, task->settings.path ? task->settings.path : ".", &why);
}

/* A name may be several, divided by |: places of which the first that has the file counts. */
static char *find_file(const struct task *task, const char *names, const char **found, struct arena *arena,
                       struct error *err) {
    struct text rest = text_of(names), part;
    const char *name = names;
    err->kind = ERROR_NONE;
    while (text_next(&rest, '|', &part)) {
        if (!(name = text_copy(arena, text_trim(part), err))) return NULL;
        char *path = look_for(task, name, arena, err);
        if (path) *found = name;
        if (path || err->kind != ERROR_NONE) return path;
    }
    error_set(err, ERROR_DATA,
              "task '%s': data file '%s' is not there; looked%s%.*s%s in '%s' (BASANITE_PATH names folders)%s%s",
              task->name, names, task->folder.len ? " beside the task in '" : "", TEXT_ARG(task->folder),
              task->folder.len ? "' and" : "", task->settings.path ? task->settings.path : ".",
              task->origin[0] ? "; get it from " : "", task->origin);
    return NULL;
}

static const struct builtin_file *find_builtin(const struct task *task, struct text name) {
    char path[256];
    int n = snprintf(path, sizeof path, "suites/%.*s", TEXT_ARG(name));
    return task->folder.len == 0 && n > 0 && (size_t)n < sizeof path ? builtin_find(path) : NULL;
}

/* *descriptor >= 0: to be closed by the caller. *found: the name under which it is there. */
static char *locate(const struct task *task, struct text name, struct arena *arena, int *descriptor, const char **found,
                    struct error *err) {
    *descriptor = -1;
    char *copy = text_copy(arena, name, err);
    if (!copy) return NULL;
    *found = copy;
    if (world_rows_spec(name).len) return world_shelf_path(task->shelf, world_rows_spec(name), arena, err);
    const struct builtin_file *file = find_builtin(task, name);
    if (file) return open_builtin(file, arena, descriptor, err);
    return find_file(task, copy, found, arena, err);
}

/* Rows that are part of the program, and so never others. */
static bool is_made(const struct task *task, struct text name) {
    return world_rows_spec(name).len || find_builtin(task, name);
}

bool task_data_there(const struct task *task, struct error *err) {
    struct arena arena;
    bool there = true;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; there && i < task->n_data; i++) {
        int descriptor;
        const char *found;
        there = world_rows_spec(task->data_names[i]).len ||
                locate(task, task->data_names[i], &arena, &descriptor, &found, err);
        if (there && !world_rows_spec(task->data_names[i]).len && descriptor >= 0) close(descriptor);
    }
    for (size_t i = 0; there && i < task->n_arrays; i++) {
        const char *found, *name = text_copy(&arena, task->array_files[i], err);
        there = name && find_file(task, name, &found, &arena, err);
    }
    arena_done(&arena);
    return there;
}

static bool open_arrays(struct task_source *s, struct error *err) {
    const struct task *task = s->task;
    for (; s->n_arrays < task->n_arrays; s->n_arrays++) {
        const char *found = NULL, *name = text_copy(&s->arena, task->array_files[s->n_arrays], err);
        char *path = name ? find_file(task, name, &found, &s->arena, err) : NULL;
        if (!path || !npy_open(path, found, &s->arrays[s->n_arrays], err)) return false;
    }
    return true;
}

/* The values of the row; false: an array is too short. */
static bool add_arrays(struct task_source *s, json_t *row, struct error *err) {
    for (size_t i = 0; i < s->n_arrays; i++) {
        struct text name = s->task->array_names[i];
        json_t *value = npy_value(&s->arrays[i], s->row, err);
        if (!value) return false;
        if (json_object_setn_new(row, name.at, name.len, value) != 0) return error_memory(err, "row");
    }
    return true;
}

/* Behind the last row: arrays must not have more values. */
static bool end_arrays(const struct task_source *s, struct error *err) {
    for (size_t i = 0; i < s->n_arrays; i++)
        if (s->arrays[i].n != s->row)
            return error_set(err, ERROR_DATA, "%s: %zu values beside %zu rows", s->arrays[i].name, s->arrays[i].n,
                             s->row);
    return true;
}

static bool read_beside(struct task_source *s, struct error *err);

struct task_source *task_source_open(const struct task *task, bool fewshot, struct error *err) {
    struct task_source *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "data"), NULL;
    bool own = fewshot && task->n_fewshot;
    *s = (struct task_source){.task = task, .names = own ? task->fewshot_names : task->data_names,
                              .n = own ? task->n_fewshot : task->n_data, .memory = -1,
                              .numbers_rows = text_find(task->source, TEXT("__row__"), 0) != SIZE_MAX,
                              .tells_place = text_find(task->source, TEXT("__place__"), 0) != SIZE_MAX,
                              .draws = text_find(task->source, TEXT("__draw__"), 0) != SIZE_MAX,
                              .tells_fields = text_find(task->source, TEXT("__fields__"), 0) != SIZE_MAX};
    arena_init(&s->arena, 1 << 20);
    /* All files must be there before the first row is read. */
    for (size_t i = 0; i < s->n; i++) {
        int descriptor;
        const char *found;
        char *path = locate(task, s->names[i], &s->arena, &descriptor, &found, err);
        if (descriptor >= 0) close(descriptor);
        if (path) continue;
        task_source_close(s);
        return NULL;
    }
    if ((own || open_arrays(s, err)) && (!task->beside_by.given || own || read_beside(s, err))) return s;
    task_source_close(s);
    return NULL;
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
    beside_free(s->beside);
    for (size_t i = 0; i < s->n_arrays; i++) npy_close(&s->arrays[i]);
    arena_done(&s->arena);
    memory_free(s);
}

static bool open_next(struct task_source *s, struct error *err) {
    close_file(s);
    const char *found = NULL;
    char *path = locate(s->task, s->names[s->next], &s->arena, &s->memory, &found, err);
    if (!path) return false;
    s->shown = found;
    s->next++;
    s->dataset = dataset_open(path, found, &s->task->kwargs, err);
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

/* 1 where the row is in a language that is asked for, 0 where not, -1 an error. */
static int of_language(const struct task *t, const json_t *row, struct json_place place, struct error *err) {
    struct arena arena;
    struct text lang, name;
    if (!t->settings.lang) return 1;
    arena_init(&arena, 1 << 20);
    int yes = task_field_text(&t->lang, row, place, &arena, &lang, err) ? 0 : -1;
    for (struct text rest = text_of(t->settings.lang); yes == 0 && text_next(&rest, ',', &name);)
        yes = text_equal_nocase(text_trim(name), lang);
    arena_done(&arena);
    return yes;
}

/* 1 where the row is of the part that is asked for, 0 where not, -1 an error. The low bits of the hash: the high ones
 * say which pairs a limit takes (task_census.h). */
static int of_slice(const struct task_source *s, const json_t *row, struct json_place place, struct error *err) {
    const struct task *t = s->task;
    const struct task_field *field = t->cluster.given ? &t->cluster : t->pair.given ? &t->pair : NULL;
    struct task_slice slice = t->settings.slice;
    struct arena arena;
    struct text key;
    if (slice.of < 2) return 1;
    arena_init(&arena, 1 << 20);
    int yes = field ? task_field_text(field, row, place, &arena, &key, err)
                    : task_row_id(t, row, place, s->row, &arena, &key, err);
    yes = yes ? hash_xxh3(key.at, key.len) % slice.of == slice.index - 1 : -1;
    arena_done(&arena);
    return yes;
}

/* A number of the row's own, from the seed: for prompts that are put together by chance. */
static json_int_t draw(const struct task_source *s) {
    struct rng rng = rng_stream(s->task->settings.seed, "draw", s->row);
    return (json_int_t)rng_below(&rng, 1 << 20);
}

/* What templates may ask for beyond the columns. Only for tasks that use it: what a row holds is part of its items'
 * digests. */
static bool add_own_fields(struct task_source *s, json_t *row, struct error *err) {
    bool ok = true;
    json_t *fields = s->tells_fields ? json_copy(row) : NULL;
    /* Which file a row is from: without folders and endings that differ. */
    if (s->n > 1) ok = json_object_set_new(row, "__file__", json_string(s->shown)) == 0;
    if (ok && s->numbers_rows) ok = json_object_set_new(row, "__row__", json_integer((json_int_t)s->row)) == 0;
    if (ok && s->tells_place) ok = json_object_set_new(row, "__place__", json_integer((json_int_t)s->next - 1)) == 0;
    if (ok && s->draws) ok = json_object_set_new(row, "__draw__", json_integer(draw(s))) == 0;
    if (ok && s->tells_fields) ok = fields && json_object_set(row, "__fields__", fields) == 0;
    json_decref(fields);
    return ok || error_memory(err, "row");
}

/* 1 a row of any kind, 0 the end, -1 a bad row, -2 a file that cannot be read. */
static int next_row(struct task_source *s, json_t **row, struct json_place *place, struct error *err) {
    for (;;) {
        if (!s->dataset) {
            if (s->next == s->n) return end_arrays(s, err) ? 0 : -2;
            if (!open_next(s, err)) return -2;
        }
        *place = (struct json_place){.file = s->shown, .path = ""};
        int state = dataset_next(s->dataset, row, &place->line, err);
        if (state) s->place++;
        if (state < 0) return -1;
        if (state == 1 && add_arrays(s, *row, err) && add_own_fields(s, *row, err)) return s->row++, 1;
        if (state == 1) return json_decref(*row), *row = NULL, -2;
        close_file(s);
    }
}

int task_source_skip(struct task_source *s, struct error *err) {
    for (;;) {
        if (!s->dataset) {
            if (s->next == s->n) return 0;
            if (!open_next(s, err)) return -2;
        }
        int state = dataset_skip(s->dataset, err);
        if (state) s->place++;
        if (state == 1) s->row++;
        if (state) return state;
        close_file(s);
    }
}

uint64_t task_source_place(const struct task_source *s) {
    return s->place;
}

/* Reads all rows once and keeps those that others carry. */
static bool read_beside(struct task_source *s, struct error *err) {
    json_t *row;
    struct json_place place;
    int state = -1;
    if (!(s->beside = beside_new(&s->task->beside_by, &s->task->beside_where, err))) return false;
    while ((state = next_row(s, &row, &place, err)) == 1) {
        bool ok = beside_keep(s->beside, row, place, err);
        json_decref(row);
        if (!ok) return false;
    }
    s->next = s->row = 0;
    s->place = 0;
    return state == 0;
}

int task_source_next(struct task_source *s, json_t **row, struct json_place *place, struct error *err) {
    int state;
    while ((state = next_row(s, row, place, err)) == 1) {
        int yes = s->beside && !beside_give(s->beside, *row, *place, err) ? -1 : wanted(s->task, *row, *place, err);
        if (yes == 1) yes = of_split(s->task, *row, *place, err);
        if (yes == 1) yes = of_language(s->task, *row, *place, err);
        if (yes == 1) yes = of_slice(s, *row, *place, err);
        if (yes == 1) return 1;
        json_decref(*row);
        *row = NULL;
        if (yes < 0) return -1;
    }
    return state;
}

bool task_rows_fit(const struct task *task, uint64_t *seen) {
    struct error unheard; /* a bad row is told, with its place, by whoever asks for the items */
    json_t *row;
    struct json_place place;
    int state, fits = 0;
    *seen = 0;
    if (!task->where.given) return true;
    struct task_source *s = task_source_open(task, false, &unheard);
    if (!s) return true;
    while (!fits && (state = next_row(s, &row, &place, &unheard)) != 0) {
        if (state == 1) fits = s->beside && !beside_give(s->beside, row, place, &unheard)
                                   ? -1 : wanted(task, row, place, &unheard);
        if (state == 1) json_decref(row);
        if (state == -2 || ((state < 0 || fits < 0) && !task->settings.lenient)) break;
        if (fits < 0) fits = 0;
    }
    bool none = state == 0 && s->row > 0;
    *seen = s->row;
    task_source_close(s);
    return !none;
}

bool task_data_stamp(const struct task *task, uint64_t *out, struct error *err) {
    struct arena arena;
    bool ok = true;
    *out = 0;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; ok && i < task->n_data; i++) {
        if (is_made(task, task->data_names[i])) continue;
        int descriptor;
        const char *found;
        struct stat state = {0};
        char *path = locate(task, task->data_names[i], &arena, &descriptor, &found, err);
        ok = path && (stat(path, &state) == 0 || error_system(err, errno, "cannot open", path));
        uint64_t parts[] = {*out, i, state.st_dev, state.st_ino, (uint64_t)state.st_size,
                            (uint64_t)state.st_mtim.tv_sec, (uint64_t)state.st_mtim.tv_nsec};
        *out = hash_xxh3(parts, sizeof parts);
    }
    arena_done(&arena);
    return ok;
}

json_t *task_data_digests(const struct task *task, struct error *err) {
    json_t *list = json_array();
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < task->n_data; i++) {
        int descriptor;
        const char *found;
        char digest[HASH_HEX], *path = locate(task, task->data_names[i], &arena, &descriptor, &found, err);
        ok = path && sha256_file(path, digest, err) &&
             json_array_append_new(list, json_pack("{s:s s:s}", "path", found, "sha256", digest)) == 0;
        if (descriptor >= 0) close(descriptor);
    }
    arena_done(&arena);
    if (ok) return list;
    json_decref(list);
    return NULL;
}
