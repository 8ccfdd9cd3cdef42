/* The first pass over a task's rows: see task_census.h. Of an item only its 8-byte id stays in memory meanwhile, and
 * two bytes afterwards. */
#include "measure/task/task_census.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MOST = 4096 };

struct census_keeper {
    pthread_mutex_t lock; /* of all below, and of `holders` */
    struct census *newest;
};

struct counting {
    const struct task *task;
    struct census *census;
    uint64_t *ids;
    size_t n_ids, ids_capacity;
};

static bool room_for(void **list, size_t n, size_t *capacity, size_t size, const char *what, struct error *err) {
    if (n < *capacity) return true;
    size_t wanted = *capacity ? 2 * *capacity : 1024;
    void *more = memory_grow(*list, wanted, size);
    if (!more) return error_memory(err, what);
    *list = more;
    *capacity = wanted;
    return true;
}

/* ---- groups, ids and pairs of rows */

size_t census_group_of(const struct census *c, struct text name) {
    for (size_t i = 0; i < c->n_groups; i++)
        if (text_equal(c->groups[i].name, name)) return i;
    return SIZE_MAX;
}

static struct census_group *group_of(struct counting *k, struct text name, struct error *err) {
    struct census *c = k->census;
    size_t i = census_group_of(c, name);
    if (i != SIZE_MAX) return &c->groups[i];
    if (c->n_groups == GROUPS_MOST) {
        error_set(err, ERROR_DATA, "task '%s': over %d groups; --limit cannot be spread over them", k->task->name,
                  GROUPS_MOST);
        return NULL;
    }
    char *copy = text_copy(&c->arena, name, err);
    if (!copy) return NULL;
    c->groups[c->n_groups] = (struct census_group){.name = {copy, name.len}};
    return &c->groups[c->n_groups++];
}

static bool keep_id(struct counting *k, struct text id, struct error *err) {
    void *ids = k->ids;
    bool ok = room_for(&ids, k->n_ids, &k->ids_capacity, sizeof *k->ids, "ids", err);
    k->ids = ids;
    if (ok) k->ids[k->n_ids++] = hash_xxh3(id.at, id.len);
    return ok;
}

bool census_keeps_pairs(const struct task *task) {
    return task->lints_parallel && task->pair.given && task->settings.limit;
}

bool census_pair_hash(const struct task *task, const json_t *row, struct json_place place, struct arena *arena,
                      uint64_t *out, struct error *err) {
    struct text pair;
    if (!task_field_text(&task->pair, row, place, arena, &pair, err)) return false;
    return *out = hash_xxh3(pair.at, pair.len), true;
}

/* Behind group->n, which counts this row already. */
static bool keep_pair(struct census_group *group, uint64_t hash, struct error *err) {
    void *pairs = group->pairs;
    bool ok = room_for(&pairs, group->n - 1, &group->capacity, sizeof *group->pairs, "pairs", err);
    group->pairs = pairs;
    if (ok) group->pairs[group->n - 1] = hash;
    return ok;
}

/* The rows before it that have no code yet were read over: they are no items. */
static bool keep_code(struct census *c, uint64_t place, size_t code, struct error *err) {
    void *codes = c->codes;
    bool ok = true;
    while (ok && c->n_codes <= place) {
        ok = room_for(&codes, c->n_codes, &c->codes_capacity, sizeof *c->codes, "rows", err);
        c->codes = codes;
        if (ok) c->codes[c->n_codes++] = CENSUS_NONE;
    }
    if (ok) c->codes[place] = (uint16_t)code;
    return ok;
}

int census_code(const struct census *c, uint64_t place) {
    return place < c->n_codes ? c->codes[place] : CENSUS_LOOK;
}

/* ---- the pass */

/* Everything of a row that can be wrong is looked at here when bad rows are only counted. */
static bool count_row(struct counting *k, const json_t *row, struct json_place place, uint64_t at, struct arena *arena,
                      struct error *err) {
    struct census *c = k->census;
    struct text id, name;
    bool ok =
        task_row_id(k->task, row, place, c->rows, arena, &id, err) && task_row_group(k->task, row, arena, &name, err);
    struct census_group *group = ok ? group_of(k, name, err) : NULL;
    if (group) group->n++;
    ok = group && keep_id(k, id, err);
    if (!ok || !census_keeps_pairs(k->task))
        return ok && keep_code(c, at, CENSUS_GROUP + (size_t)(group - c->groups), err);
    uint64_t hash;
    return census_pair_hash(k->task, row, place, arena, &hash, err) && keep_pair(group, hash, err) &&
           keep_code(c, at, CENSUS_LOOK, err);
}

/* 1 a row, 0 the end, -1 a bad row, -2 a lost file. */
static int see_row(struct counting *k, struct task_source *source, struct arena *arena, struct error *err) {
    json_t *row;
    struct json_place place;
    int state = task_source_next(source, &row, &place, err);
    if (state == 0 || state < -1) return state;
    uint64_t at = task_source_place(source) - 1;
    bool ok = state == 1;
    if (ok) {
        k->census->rows++;
        ok = count_row(k, row, place, at, arena, err);
        json_decref(row);
    }
    struct error no_room;
    if (!ok && !keep_code(k->census, at, CENSUS_LOOK, &no_room)) return *err = no_room, -2;
    return ok ? 1 : -1;
}

static bool see_rows(struct counting *k, struct error *err) {
    struct task_source *source = task_source_open(k->task, false, err);
    if (!source) return false;
    struct arena arena;
    arena_init(&arena, 1 << 26);
    int state;
    bool ok = true;
    while (ok && (state = see_row(k, source, &arena, err)) != 0) {
        ok = state == 1 || (state == -1 && k->task->settings.lenient);
        if (ok) arena_reset(&arena);
    }
    /* What stands behind the last item is no item, too. */
    uint64_t all = task_source_place(source);
    if (ok && all > k->census->n_codes) ok = keep_code(k->census, all - 1, CENSUS_NONE, err);
    error_clear(ok ? err : NULL);
    arena_done(&arena);
    task_source_close(source);
    return ok;
}

static bool check_rows(const struct counting *k, struct error *err) {
    const struct task *t = k->task;
    if (k->census->rows) return true;
    if (t->settings.split)
        return error_set(err, ERROR_USAGE, "--split: the data of task '%s' have no rows of split '%s'", t->name,
                         t->settings.split);
    if (t->settings.lang)
        return error_set(err, ERROR_USAGE, "--lang: the data of task '%s' have no rows in '%s'", t->name,
                         t->settings.lang);
    if (t->settings.slice.of > 1)
        return error_set(err, ERROR_USAGE, "--slice: the data of task '%s' have no rows in part %u of %u", t->name,
                         t->settings.slice.index, t->settings.slice.of);
    if (t->where.given && k->census->n_codes)
        return error_set(err, ERROR_DATA, "task '%s': none of %zu rows fits (key where)", t->name,
                         (size_t)k->census->n_codes);
    return error_set(err, ERROR_DATA, "task '%s': the data have no rows", t->name);
}

/* ---- ids that come twice */

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Names the id that comes twice: the rows are read once more, as that is rare. */
static bool name_duplicate(const struct task *task, uint64_t hash, struct error *err) {
    struct task_source *source = task_source_open(task, false, err);
    struct arena arena;
    arena_init(&arena, 1 << 24);
    json_t *row;
    struct json_place place;
    size_t first = 0;
    uint64_t number = 0;
    bool found = false;
    while (source && !found && task_source_next(source, &row, &place, err) == 1) {
        struct text id;
        if (task_row_id(task, row, place, ++number, &arena, &id, err) && hash_xxh3(id.at, id.len) == hash) {
            found = first > 0;
            if (found)
                error_set(err, ERROR_DATA, "%s:%zu: id '%.*s' is that of line %zu, too; name a unique field with 'id'",
                          place.file, place.line, TEXT_ARG(id), first);
            first = place.line;
        }
        json_decref(row);
        arena_reset(&arena);
    }
    arena_done(&arena);
    task_source_close(source);
    return false;
}

static bool check_ids(struct counting *k, struct error *err) {
    if (k->n_ids) qsort(k->ids, k->n_ids, sizeof *k->ids, compare_hashes);
    for (size_t i = 1; i < k->n_ids; i++)
        if (k->ids[i] == k->ids[i - 1]) return name_duplicate(k->task, k->ids[i], err);
    return true;
}

/* ---- the limit */

/* The same number from each group while it has any; what is left goes to the groups that have more. */
static void share_out(struct census *c, uint64_t limit) {
    uint64_t total = 0, left;
    for (size_t i = 0; i < c->n_groups; i++) total += c->groups[i].n;
    if (limit == 0 || limit >= total) {
        for (size_t i = 0; i < c->n_groups; i++) c->groups[i].quota = c->groups[i].n;
        c->count = total;
        return;
    }
    for (left = limit; left > 0;) {
        size_t open = 0;
        for (size_t i = 0; i < c->n_groups; i++) open += c->groups[i].quota < c->groups[i].n;
        if (open == 0) break;
        uint64_t each = left / open ? left / open : 1;
        for (size_t i = 0; i < c->n_groups && left > 0; i++) {
            uint64_t room = c->groups[i].n - c->groups[i].quota, more = room < each ? room : each;
            if (more > left) more = left;
            c->groups[i].quota += more;
            left -= more;
        }
    }
    c->count = limit - left;
}

static void choose_pairs(struct census *c) {
    for (size_t i = 0; i < c->n_groups; i++) {
        struct census_group *group = &c->groups[i];
        if (!group->pairs) continue;
        qsort(group->pairs, group->n, sizeof *group->pairs, compare_hashes);
        if (group->quota) group->highest = group->pairs[group->quota - 1];
    }
}

/* ---- made, kept, dropped */

static void free_census(struct census *c) {
    if (!c) return;
    for (size_t i = 0; i < c->n_groups; i++) memory_free(c->groups[i].pairs);
    memory_free(c->codes);
    arena_done(&c->arena);
    memory_free(c);
}

static struct census *make_census(const struct task *task, uint64_t stamp, struct error *err) {
    struct census *c = memory_zeroed(1, sizeof *c);
    if (!c) return error_memory(err, "items"), NULL;
    struct counting k = {.task = task, .census = c};
    arena_init(&c->arena, (size_t)256 << 20);
    c->stamp = stamp;
    c->groups = arena_new(&c->arena, struct census_group, GROUPS_MOST, err);
    bool ok = c->groups && see_rows(&k, err) && check_rows(&k, err) && check_ids(&k, err);
    memory_free(k.ids);
    if (!ok) return free_census(c), NULL;
    share_out(c, task->settings.limit);
    choose_pairs(c);
    return c;
}

struct census_keeper *census_keeper_new(struct error *err) {
    struct census_keeper *keeper = memory_zeroed(1, sizeof *keeper);
    if (!keeper) return error_memory(err, "items"), NULL;
    pthread_mutex_init(&keeper->lock, NULL);
    return keeper;
}

void census_keeper_free(struct census_keeper *keeper) {
    if (!keeper) return;
    free_census(keeper->newest);
    pthread_mutex_destroy(&keeper->lock);
    memory_free(keeper);
}

/* The keeper holds the newest itself; an older one goes when nobody holds it. */
const struct census *task_census_take(const struct task *task, struct error *err) {
    struct census_keeper *keeper = task->census;
    uint64_t stamp;
    if (!task_data_stamp(task, &stamp, err)) return NULL;
    pthread_mutex_lock(&keeper->lock);
    struct census *old = keeper->newest, *c = old && old->stamp == stamp ? old : make_census(task, stamp, err);
    if (c && c != old) {
        keeper->newest = c;
        if (old && old->holders == 0) free_census(old);
    }
    if (c) c->holders++;
    pthread_mutex_unlock(&keeper->lock);
    return c;
}

void task_census_drop(const struct task *task, const struct census *census) {
    struct census_keeper *keeper = task->census;
    struct census *c = (struct census *)census;
    if (!c) return;
    pthread_mutex_lock(&keeper->lock);
    if (--c->holders == 0 && c != keeper->newest) free_census(c);
    pthread_mutex_unlock(&keeper->lock);
}
