/* A fresh part is fresh only when no act learned its prompts: every string in the JSONL files of the acts' folders is
 * held against what the part asks. See certify_internal.h. */
#include "certify/certify_internal.h"

#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 6, FILES_MOST = 10000, LINE_MOST = 64 << 20 };

struct prompts {
    uint64_t *hashes;
    size_t n, capacity, files, found;
    char first[512]; /* where the first one stands */
};

static uint64_t hash_of(struct text t) {
    t = text_trim(t);
    return hash_xxh3(t.at, t.len);
}

static bool keep(struct prompts *p, struct text t, struct error *err) {
    if (p->n == p->capacity) {
        size_t wanted = p->capacity ? 2 * p->capacity : 1024;
        void *more = memory_grow(p->hashes, wanted, sizeof *p->hashes);
        if (!more) return error_memory(err, "prompts");
        p->hashes = more;
        p->capacity = wanted;
    }
    p->hashes[p->n++] = hash_of(t);
    return true;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* What is said last before the answer. */
static bool keep_items(struct prompts *p, const struct task *task, struct error *err) {
    struct task_items *items = task_open(task, err);
    struct arena arena;
    struct item item;
    int state = items ? 1 : -1;
    arena_init(&arena, (size_t)256 << 20);
    while (state == 1 && (state = task_next(items, &arena, &item, err)) == 1) {
        struct text last = item.n_messages ? item.messages[item.n_messages - 1].text : item.prompt;
        if (!keep(p, last, err)) state = -1;
        item_done(&item);
        arena_reset(&arena);
    }
    arena_done(&arena);
    task_close(items);
    return state == 0;
}

/* Every string of the row, however deep. */
static void look(struct prompts *p, const json_t *value, const char *path, size_t line) {
    const char *key;
    size_t i;
    json_t *part;
    if (json_is_string(value)) {
        uint64_t hash = hash_of(json_text(value));
        if (!bsearch(&hash, p->hashes, p->n, sizeof hash, by_value)) return;
        if (p->found++ == 0) snprintf(p->first, sizeof p->first, "%s:%zu", path, line);
    }
    if (json_is_array(value)) json_array_foreach(value, i, part) look(p, part, path, line);
    if (json_is_object(value)) json_object_foreach((json_t *)value, key, part) look(p, part, path, line);
}

static bool look_into(struct prompts *p, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int state = lines ? 1 : -1;
    while (state == 1 && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        look(p, row, path, line);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    return state == 0;
}

static bool look_through(struct prompts *p, const char *folder, int depth, struct arena *arena, struct error *err) {
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool ok = true;
    if (!dir) return true; /* an act that made nothing has none */
    while (ok && (entry = readdir(dir))) {
        struct stat state;
        if (entry->d_name[0] == '.') continue;
        const char *path = arena_printf(arena, err, "%s/%s", folder, entry->d_name);
        size_t n = strlen(entry->d_name);
        if (!(ok = path != NULL) || lstat(path, &state) != 0) continue;
        if (S_ISDIR(state.st_mode) && depth < DEPTH_MOST) ok = look_through(p, path, depth + 1, arena, err);
        if (!S_ISREG(state.st_mode) || n < 6 || strcmp(entry->d_name + n - 6, ".jsonl") != 0) continue;
        ok = (++p->files <= FILES_MOST || error_set(err, ERROR_DATA, "'%s': more than %d files", folder, FILES_MOST)) &&
             look_into(p, path, err);
    }
    closedir(dir);
    return ok;
}

static bool gather(struct certifying *c, struct task_slice slice, struct prompts *p, struct error *err) {
    struct task_settings settings = c->s->tasks;
    settings.slice = slice;
    if (!settings.limit) settings.limit = c->policy->items;
    struct suite *suite = suite_load_many(c->places, c->n_places, &settings, err);
    bool ok = suite != NULL;
    for (size_t i = 0; ok && i < suite->n_tasks; i++) ok = keep_items(p, suite->tasks[i], err);
    suite_free(suite);
    if (ok && p->n) qsort(p->hashes, p->n, sizeof *p->hashes, by_value);
    return ok;
}

bool certify_leaks(struct certifying *c, struct task_slice slice, struct error *err) {
    struct prompts p = {0};
    bool ok = gather(c, slice, &p, err);
    for (size_t i = 0; ok && i < c->out->n_acts; i++)
        if (c->out->acts[i].folder) ok = look_through(&p, c->out->acts[i].folder, 0, c->arena, err);
    memory_free(p.hashes);
    if (!ok || p.found == 0) return ok;
    return error_set(
        err, ERROR_DATA,
        "%zu texts of the acts' files are prompts of the fresh items, the first at %s; an act that learned "
        "what it is judged by shows nothing: take other data for it",
        p.found, p.first);
}
