/* Logs of several agents that answered the same items, each with an answer, a confidence, a round, and what it cost.
 *
 * Read from two layouts; a map (FILE.yaml) says what the columns are where their names do not:
 *
 *   long   a row an answer, JSONL or CSV: item, gold, agent, round, answer, confidence, time_s, cost
 *            {item: KEY, gold: KEY, agent: KEY, answer: KEY, confidence: KEY, round: KEY, time: KEY, cost: KEY}
 *   wide   a row an item, its agents beside each other:
 *            {item: COLUMN, gold: COLUMN, decision: NAME,
 *             agents: [{name, agent, round, answer, confidence, time, cost}, ...]}
 *          without a map: each X beside an X_confidence is a source; X and X_1 are the second and the first round of
 *          agent X; gold is the column gold, Category, category, label or class, the item id or item; what is called
 *          orchestrator, decision or final decides and is no source
 *
 * Both may say `classes: [...]`; else the classes are those of the gold answers, sorted, or, where no item has one,
 * those of the answers. An empty answer and "unknown" are silence. A confidence must lie in 0..1. Every fault is told
 * as FILE:LINE with the field. */
#ifndef MEASURE_AGENT_LOG_H
#define MEASURE_AGENT_LOG_H

#include "base/json.h"

enum { AGENT_SOURCES_MOST = 64, AGENT_CLASSES_MOST = 256, AGENT_ITEMS_MOST = 1000000, AGENT_SILENT = -1 };

/* One agent in one round. */
struct agent_source {
    struct text name, agent; /* name: the column, or AGENT, or AGENT/ROUND where it has several */
    int64_t round;
    bool decides;   /* what was decided in the end from the others' answers: no source of a fusion */
    bool confident; /* it says confidences: all of its answers carry one */
};
struct agent_said {
    int32_t answer;      /* class, or AGENT_SILENT */
    double confidence;   /* NaN: not said */
    double time_s, cost; /* NaN: not known */
};
struct agent_item {
    struct text id;
    int32_t gold; /* class, or AGENT_SILENT: not known */
    const char *file;
    size_t line;
};

/* All on the arena of the reader. */
struct agent_log {
    struct agent_source *source;
    size_t n_sources;
    struct text *classes;
    size_t n_classes;
    struct agent_item *item;
    size_t n_items, n_gold;
    struct agent_said *said;   /* [n_items][n_sources] */
    size_t bad_rows, no_class; /* with lenient: rows left out; answers outside the classes, which count as silence */
};

struct agent_log_settings {
    const char *map; /* NULL: none */
    bool lenient;
};
bool agent_log_read(const char *const *paths, size_t n_paths, const struct agent_log_settings *settings,
                    struct arena *arena, struct agent_log *out, struct error *err) MUST_CHECK;
static inline const struct agent_said *agent_said_at(const struct agent_log *log, size_t item, size_t source) {
    return &log->said[item * log->n_sources + source];
}
/* Place of a source by name; the nearest one is named where there is none (ERROR_USAGE). */
bool agent_log_source(const struct agent_log *log, struct text name, size_t *out, struct error *err) MUST_CHECK;

#endif
