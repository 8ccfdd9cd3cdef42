/* What the readers of logs of agents share. Inside of fusion. */
#ifndef MEASURE_AGENT_INTERNAL_H
#define MEASURE_AGENT_INTERNAL_H

#include "measure/fusion/agent_log.h"

/* Different texts in the order in which they came, each found by hashing. */
struct agent_names {
    struct text *at;
    size_t n, capacity;
    uint32_t *slot; /* place + 1; 0: free */
    size_t slots;   /* a power of two, at least twice n */
};
/* The place of a name, which joins when it is new: then its bytes are copied to the arena. At most `most`: ERROR_DATA.
 */
bool agent_names_place(struct agent_names *names, struct text name, size_t most, struct arena *arena, size_t *out,
                       struct error *err) MUST_CHECK;
bool agent_names_find(const struct agent_names *names, struct text name, size_t *out); /* false: it is not there */
void agent_names_done(struct agent_names *names);

/* Columns of one source of the wide form. Empty texts: there is no such column. */
struct agent_columns {
    struct text name, agent, answer, confidence, time, cost;
    int64_t round;
    bool decides;
};
struct agent_map {
    struct text item, gold;
    bool by_answer;                                           /* the long form: a row is an answer */
    struct text agent, answer, confidence, round, time, cost; /* of the long form */
    struct agent_columns *source;                             /* of the wide one */
    size_t n_sources;
    struct text *classes;
    size_t n_classes; /* 0: told from the data */
};
bool agent_map_read(const char *path, struct arena *arena, struct agent_map *out, struct error *err) MUST_CHECK;
/* From the names of a row's columns. */
bool agent_map_guess(const json_t *row, struct json_place place, struct arena *arena, struct agent_map *out,
                     struct error *err) MUST_CHECK;

#endif
