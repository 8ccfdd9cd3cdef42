/* The stream of a task's items. The rows are read twice: first to count them, to see that ids are unique and to spread
 * --limit evenly over the groups; then to be asked. Of an item only its 8-byte id stays in memory. */
#include "measure/task/task_internal.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS_MOST = 4096, POOL_MOST = 256 };

/* Of a task in several languages, whose pairs must stay together, `--limit` takes the items with the lowest hashes of
 * their pairs, which are the same in every language; else they are spread evenly. */
struct group {
    struct text name;
    uint64_t n, quota, seen;
    uint64_t *pairs; /* hashes of all its items; NULL: they are spread */
    size_t capacity;
    uint64_t highest; /* hash that is still taken */
};

#define BAD_LISTED 10

struct task_items {
    const struct task *task;
    struct arena arena;
    struct task_source *source;
    struct group *groups;
    size_t n_groups;
    uint64_t rows, count, bad, number;
    struct buffer bad_list; /* what is wrong with the first of them, a line each */
    /* ids of the first pass */
    uint64_t *ids;
    size_t n_ids, ids_capacity;
    /* few-shot pool */
    struct task_example *pool;
    uint64_t *pool_ids;
    size_t n_pool;
};

/* ---- first pass */

static struct group *group_of(struct task_items *s, struct text name, struct error *err) {
    for (size_t i = 0; i < s->n_groups; i++)
        if (text_equal(s->groups[i].name, name)) return &s->groups[i];
    if (s->n_groups == GROUPS_MOST) {
        error_set(err, ERROR_DATA, "task '%s': over %d groups; --limit cannot be spread over them", s->task->name,
                  GROUPS_MOST);
        return NULL;
    }
    char *copy = text_copy(&s->arena, name, err);
    if (!copy) return NULL;
    s->groups[s->n_groups] = (struct group){.name = {copy, name.len}};
    return &s->groups[s->n_groups++];
}

static bool keep_id(struct task_items *s, struct text id, struct error *err) {
    if (s->n_ids == s->ids_capacity) {
        size_t wanted = s->ids_capacity ? 2 * s->ids_capacity : 1024;
        uint64_t *more = memory_grow(s->ids, wanted, sizeof *more);
        if (!more) return error_memory(err, "ids");
        s->ids = more;
        s->ids_capacity = wanted;
    }
    s->ids[s->n_ids++] = hash_xxh3(id.at, id.len);
    return true;
}

static bool keeps_pairs(const struct task_items *s) {
    return s->task->lints_parallel && s->task->pair.given && s->task->settings.limit;
}

static bool pair_hash(const struct task_items *s, const json_t *row, struct json_place place, struct arena *arena,
                      uint64_t *out, struct error *err) {
    struct text pair;
    if (!task_field_text(&s->task->pair, row, place, arena, &pair, err)) return false;
    return *out = hash_xxh3(pair.at, pair.len), true;
}

/* Behind group->n, which counts this row already. */
static bool keep_pair(struct group *group, uint64_t hash, struct error *err) {
    if (group->n > group->capacity) {
        size_t wanted = group->capacity ? 2 * group->capacity : 1024;
        uint64_t *more = memory_grow(group->pairs, wanted, sizeof *more);
        if (!more) return error_memory(err, "pairs");
        group->pairs = more;
        group->capacity = wanted;
    }
    group->pairs[group->n - 1] = hash;
    return true;
}

/* Everything of a row that can be wrong is looked at in the first pass when bad rows are only counted. */
static int see_row(struct task_items *s, struct task_source *source, struct arena *arena, struct error *err) {
    json_t *row;
    struct json_place place;
    int state = task_source_next(source, &row, &place, err);
    if (state != 1) return state;
    struct text id, name;
    s->rows++;
    bool ok =
        task_row_id(s->task, row, place, s->rows, arena, &id, err) && task_row_group(s->task, row, arena, &name, err);
    struct group *group = ok ? group_of(s, name, err) : NULL;
    if (group) group->n++;
    ok = group && keep_id(s, id, err);
    uint64_t hash;
    if (ok && keeps_pairs(s)) ok = pair_hash(s, row, place, arena, &hash, err) && keep_pair(group, hash, err);
    json_decref(row);
    return ok ? 1 : -1;
}

static int compare_ids(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Names the id that comes twice: the rows are read once more, as that is rare. */
static bool name_duplicate(struct task_items *s, uint64_t hash, struct error *err) {
    struct task_source *source = task_source_open(s->task, false, err);
    struct arena arena;
    arena_init(&arena, 1 << 24);
    json_t *row;
    struct json_place place;
    size_t first = 0;
    uint64_t number = 0;
    bool found = false;
    while (source && !found && task_source_next(source, &row, &place, err) == 1) {
        struct text id;
        if (task_row_id(s->task, row, place, ++number, &arena, &id, err) && hash_xxh3(id.at, id.len) == hash) {
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

static bool check_ids(struct task_items *s, struct error *err) {
    if (s->n_ids) qsort(s->ids, s->n_ids, sizeof *s->ids, compare_ids);
    for (size_t i = 1; i < s->n_ids; i++)
        if (s->ids[i] == s->ids[i - 1]) return name_duplicate(s, s->ids[i], err);
    memory_free(s->ids);
    s->ids = NULL;
    return true;
}

/* The same number from each group while it has any; what is left goes to the groups that have more. */
static void share_out(struct task_items *s, uint64_t limit) {
    uint64_t total = 0, left;
    for (size_t i = 0; i < s->n_groups; i++) total += s->groups[i].n;
    if (limit == 0 || limit >= total) {
        for (size_t i = 0; i < s->n_groups; i++) s->groups[i].quota = s->groups[i].n;
        s->count = total;
        return;
    }
    for (left = limit; left > 0;) {
        size_t open = 0;
        for (size_t i = 0; i < s->n_groups; i++) open += s->groups[i].quota < s->groups[i].n;
        if (open == 0) break;
        uint64_t each = left / open ? left / open : 1;
        for (size_t i = 0; i < s->n_groups && left > 0; i++) {
            uint64_t room = s->groups[i].n - s->groups[i].quota, more = room < each ? room : each;
            if (more > left) more = left;
            s->groups[i].quota += more;
            left -= more;
        }
    }
    s->count = limit - left;
}

static void choose_pairs(struct task_items *s) {
    for (size_t i = 0; keeps_pairs(s) && i < s->n_groups; i++) {
        struct group *group = &s->groups[i];
        if (group->n) qsort(group->pairs, group->n, sizeof *group->pairs, compare_ids);
        if (group->quota) group->highest = group->pairs[group->quota - 1];
    }
}

static bool first_pass(struct task_items *s, struct error *err) {
    struct task_source *source = task_source_open(s->task, false, err);
    if (!source) return false;
    struct arena arena;
    arena_init(&arena, 1 << 26);
    int state;
    bool ok = true;
    while ((state = see_row(s, source, &arena, err)) != 0) {
        if (state < -1 || (state < 0 && !s->task->settings.lenient)) {
            ok = false;
            break;
        }
        arena_reset(&arena);
    }
    error_clear(ok ? err : NULL);
    arena_done(&arena);
    task_source_close(source);
    if (ok && s->rows == 0 && s->task->settings.split)
        ok = error_set(err, ERROR_USAGE, "--split: the data of task '%s' have no rows of split '%s'", s->task->name,
                       s->task->settings.split);
    if (ok && s->rows == 0 && s->task->settings.lang)
        ok = error_set(err, ERROR_USAGE, "--lang: the data of task '%s' have no rows in '%s'", s->task->name,
                       s->task->settings.lang);
    if (ok && s->rows == 0) ok = error_set(err, ERROR_DATA, "task '%s': the data have no rows", s->task->name);
    return ok && check_ids(s, err);
}

/* ---- few-shot examples */

static bool read_pool(struct task_items *s, struct error *err) {
    if (s->task->shots == 0) return true;
    s->pool = arena_new(&s->arena, struct task_example, POOL_MOST, err);
    s->pool_ids = arena_new(&s->arena, uint64_t, POOL_MOST, err);
    struct task_source *source = s->pool && s->pool_ids ? task_source_open(s->task, true, err) : NULL;
    if (!source) return false;
    json_t *row;
    struct json_place place;
    int state = 0;
    bool ok = true;
    while (ok && s->n_pool < POOL_MOST && (state = task_source_next(source, &row, &place, err)) == 1) {
        struct text id;
        ok = task_row_example(s->task, row, place, &s->arena, &s->pool[s->n_pool], err) &&
             task_row_id(s->task, row, place, s->n_pool + 1, &s->arena, &id, err);
        if (ok) s->pool_ids[s->n_pool++] = hash_xxh3(id.at, id.len);
        json_decref(row);
    }
    task_source_close(source);
    if (!ok || state < 0) return false;
    size_t others = s->task->n_fewshot ? s->n_pool
                    : s->n_pool        ? s->n_pool - 1
                                       : 0; /* an item is no example of itself */
    return others >= s->task->shots ||
           error_set(err, ERROR_DATA, "task '%s': %zu examples asked for, the data have %zu rows", s->task->name,
                     s->task->shots, s->n_pool);
}

/* Examples for the item, never itself: drawn by its id, so they do not depend on which other items are asked. */
static bool choose_shots(struct task_items *s, struct text id, struct arena *arena, struct task_example **out,
                         struct error *err) {
    size_t k = s->task->shots, chosen = 0, order[POOL_MOST];
    *out = NULL;
    if (k == 0) return true;
    if (!(*out = arena_new(arena, struct task_example, k, err))) return false;
    uint64_t self = hash_xxh3(id.at, id.len);
    for (size_t i = 0; i < s->n_pool; i++) order[i] = i;
    if (!s->task->shots_first_n) {
        struct rng rng = rng_stream(s->task->settings.seed, "fewshot", self);
        rng_shuffle(&rng, order, s->n_pool);
    }
    for (size_t i = 0; i < s->n_pool && chosen < k; i++)
        if (s->task->n_fewshot || s->pool_ids[order[i]] != self) (*out)[chosen++] = s->pool[order[i]];
    return true;
}

/* ---- the stream */

struct task_items *task_open(const struct task *task, struct error *err) {
    struct task_items *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "items"), NULL;
    s->task = task;
    buffer_init(&s->bad_list, 1 << 16);
    arena_init(&s->arena, (size_t)256 << 20);
    if (task_scorer_ready(task, err) && (s->groups = arena_new(&s->arena, struct group, GROUPS_MOST, err)) &&
        first_pass(s, err) && read_pool(s, err) &&
        (share_out(s, task->settings.limit), choose_pairs(s), s->source = task_source_open(task, false, err)))
        return s;
    task_close(s);
    return NULL;
}

void task_close(struct task_items *s) {
    if (!s) return;
    task_source_close(s->source);
    memory_free(s->ids);
    for (size_t i = 0; i < s->n_groups; i++) memory_free(s->groups[i].pairs);
    buffer_done(&s->bad_list);
    arena_done(&s->arena);
    memory_free(s);
}

uint64_t task_items_count(const struct task_items *s) {
    return s->count;
}

uint64_t task_bad_rows(const struct task_items *s, struct text *list) {
    *list = buffer_text(&s->bad_list);
    return s->bad;
}

/* The j-th of n items of a group is taken when the evenly spaced quota steps on at it. */
static bool take(struct group *group, uint64_t pair) {
    if (group->pairs) return pair <= group->highest && group->seen < group->quota && (group->seen++, true);
    uint64_t j = group->seen++;
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)(j + 1) * group->quota / group->n) > (uint64_t)((wide)j * group->quota / group->n);
}

/* 1 an item, 0 the end, -1 a bad row, -2 a lost file; *taken false: not within the limit. */
static int next_row(struct task_items *s, struct arena *arena, struct item *item, bool *taken, struct error *err) {
    json_t *row;
    struct json_place place;
    int state = task_source_next(s->source, &row, &place, err);
    if (state != 1) return state;
    struct text name, id;
    struct task_example *shots;
    s->number++;
    struct group *group = task_row_group(s->task, row, arena, &name, err) ? group_of(s, name, err) : NULL;
    uint64_t pair = 0;
    bool ok = group && (!keeps_pairs(s) || pair_hash(s, row, place, arena, &pair, err));
    *taken = ok && group->n > 0 && take(group, pair);
    if (ok && *taken)
        ok = task_row_id(s->task, row, place, s->number, arena, &id, err) && choose_shots(s, id, arena, &shots, err);
    if (ok && *taken)
        return task_row_item(s->task, row, place, s->number, shots, s->task->shots, arena, item, err) ? 1 : -1;
    json_decref(row);
    return ok ? 1 : -1;
}

int task_next(struct task_items *s, struct arena *arena, struct item *item, struct error *err) {
    for (;;) {
        bool taken = false;
        int state = next_row(s, arena, item, &taken, err);
        if (state == 1 && taken) return 1;
        if (state == 0) return 0;
        if (state == 1) continue;
        if (state < -1 || !s->task->settings.lenient) return -1;
        if (s->bad++ < BAD_LISTED) buffer_printf(&s->bad_list, "%s\n", err->message);
        error_clear(err);
    }
}
