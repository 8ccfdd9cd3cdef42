/* The stream of a task's items. The rows are read twice: first to be counted (task_census.h), then to be asked. */
#include "measure/task/task_census.h"

#include "base/rng.h"

#include <string.h>

enum { POOL_MOST = 256 };

#define BAD_LISTED 10

struct task_items {
    const struct task *task;
    struct arena arena;
    struct task_source *source;
    const struct census *census;
    uint64_t *seen; /* items of each group so far */
    uint64_t bad, number;
    struct buffer bad_list; /* what is wrong with the first of them, a line each */
    /* few-shot pool */
    struct task_example *pool;
    uint64_t *pool_ids;
    size_t n_pool;
};

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
    if (task_scorer_ready(task, err) && (s->census = task_census_take(task, err)) &&
        (s->seen = arena_new(&s->arena, uint64_t, s->census->n_groups + 1, err)) && read_pool(s, err) &&
        (s->source = task_source_open(task, false, err)))
        return s;
    task_close(s);
    return NULL;
}

void task_close(struct task_items *s) {
    if (!s) return;
    task_source_close(s->source);
    task_census_drop(s->task, s->census);
    buffer_done(&s->bad_list);
    arena_done(&s->arena);
    memory_free(s);
}

uint64_t task_items_count(const struct task_items *s) {
    return s->census->count;
}

uint64_t task_bad_rows(const struct task_items *s, struct text *list) {
    *list = buffer_text(&s->bad_list);
    return s->bad;
}

/* The n items of a group are cut into `quota` even stretches, and of each one is taken, by a hash of the stretch:
 * taking always the last would take one and the same member of every pair, where pairs or classes follow each other
 * in turn. */
static bool take(struct task_items *s, size_t index, uint64_t pair) {
    const struct census_group *group = &s->census->groups[index];
    uint64_t *seen = &s->seen[index];
    if (group->pairs) return pair <= group->highest && *seen < group->quota && ((*seen)++, true);
    uint64_t j = (*seen)++;
    if (group->quota == 0) return false;
    __extension__ typedef unsigned __int128 wide;
    wide n = group->n, quota = group->quota;
    uint64_t stretch = (uint64_t)((wide)j * quota / n);
    uint64_t from = (uint64_t)((stretch * n + quota - 1) / quota);
    uint64_t to = (uint64_t)(((stretch + 1) * n + quota - 1) / quota);
    return j == from + hash_xxh3(&stretch, sizeof stretch) % (to - from);
}

/* Steps over the rows that the census knows not to be taken. 1: the next row is to be read, *known says that it is
 * taken; 0 the end, -1 and -2 as below. */
static int step_over(struct task_items *s, bool *known, struct error *err) {
    for (;;) {
        int code = census_code(s->census, task_source_place(s->source));
        *known = code >= CENSUS_GROUP && take(s, (size_t)(code - CENSUS_GROUP), 0);
        if (code == CENSUS_LOOK || *known) return 1;
        if (code >= CENSUS_GROUP) s->number++;
        int state = task_source_skip(s->source, err);
        if (state != 1) return state;
    }
}

/* Whether a row of which nothing is known is within the limit. */
static bool look(struct task_items *s, const json_t *row, struct json_place place, struct arena *arena, bool *taken,
                 struct error *err) {
    struct text name;
    uint64_t pair = 0;
    if (!task_row_group(s->task, row, arena, &name, err)) return false;
    if (census_keeps_pairs(s->task) && !census_pair_hash(s->task, row, place, arena, &pair, err)) return false;
    size_t group = census_group_of(s->census, name);
    *taken = group != SIZE_MAX && s->census->groups[group].n > 0 && take(s, group, pair);
    return true;
}

/* 1 an item, 0 the end, -1 a bad row, -2 a lost file; *taken false: not within the limit. */
static int next_row(struct task_items *s, struct arena *arena, struct item *item, bool *taken, struct error *err) {
    json_t *row;
    struct json_place place;
    int state = step_over(s, taken, err);
    if (state == 1) state = task_source_next(s->source, &row, &place, err);
    if (state != 1) return state;
    struct text id;
    struct task_example *shots;
    s->number++;
    bool ok = *taken || look(s, row, place, arena, taken, err);
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
