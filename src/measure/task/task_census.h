/* What the first pass over a task's rows found out: how many there are of each group, which ids come twice, how --limit
 * is spread, and of each row whether it is an item and of which group, so that a later pass steps over what it does not
 * ask without reading it. A task keeps its newest census: data that stand as they did are not counted again. */
#ifndef MEASURE_TASK_CENSUS_H
#define MEASURE_TASK_CENSUS_H

#include "measure/task/task_internal.h"

/* Of a task in several languages, whose pairs must stay together, `--limit` takes the items with the lowest hashes of
 * their pairs, which are the same in every language; else they are spread evenly. */
struct census_group {
    struct text name;
    uint64_t n, quota;
    uint64_t *pairs;  /* hashes of all its items; NULL: they are spread */
    size_t capacity;
    uint64_t highest; /* hash that is still taken */
};

/* What is known of a row before it is read: no item; to be looked at (it was bad, or its pair decides); of group
 * code - CENSUS_GROUP. */
enum { CENSUS_NONE, CENSUS_LOOK, CENSUS_GROUP };

struct census {
    struct arena arena;
    struct census_group *groups;
    size_t n_groups;
    uint64_t rows, count; /* items, those within the limit */
    uint16_t *codes;      /* of every row of the files, wanted or not */
    size_t n_codes, codes_capacity;
    uint64_t stamp; /* of the files (task_data_stamp) */
    size_t holders;
};

/* Counts the rows, or gives what the task keeps; to be dropped by the caller, before the task is freed. NULL: bad rows
 * (where the task is not lenient), ids that come twice, no rows at all. Safe from several threads. */
const struct census *task_census_take(const struct task *task, struct error *err) MUST_CHECK;
void task_census_drop(const struct task *task, const struct census *census);

/* The task's own: made and freed with it. */
struct census_keeper *census_keeper_new(struct error *err) MUST_CHECK;
void census_keeper_free(struct census_keeper *keeper);

/* SIZE_MAX: no group of that name. */
size_t census_group_of(const struct census *census, struct text name);
int census_code(const struct census *census, uint64_t place);
/* Whether --limit goes by pairs, and the hash of a row's pair. */
bool census_keeps_pairs(const struct task *task);
bool census_pair_hash(const struct task *task, const json_t *row, struct json_place place, struct arena *arena,
                      uint64_t *out, struct error *err) MUST_CHECK;

#endif
