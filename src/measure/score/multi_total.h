/* The total of MultiTrust from the scores of its 32 tasks (Zhang et al. 2024, as the released scripts aggregate, which
 * is not a plain mean): tasks from their parts, ten sub-aspects from tasks, the total from these. One table of nodes; a
 * node is the weighted mean of those that name it as their parent. */
#ifndef MEASURE_MULTI_TOTAL_H
#define MEASURE_MULTI_TOTAL_H

#include "base/json.h"

/* How a leaf is read. A list of numbers stands for its mean (settings, prompts), but for the first and the last. */
enum multi_leaf {
    MULTI_INNER,   /* no leaf */
    MULTI_POINTS,  /* 0 to 100, more is better */
    MULTI_AGAINST, /* 0 to 100, more is worse: 100 less it counts */
    MULTI_R,       /* a correlation, -1 to 1, times 100; null, where answers do not vary, is 0 as published */
    MULTI_BEST,    /* a list of points: the greatest number (the release compares their texts) */
    MULTI_P        /* six p values: the share that is not below .05 */
};
struct multi_node {
    const char *name;   /* "T.1", "T.I", "total"; of a part "T.1/object" */
    const char *parent; /* NULL: the total */
    double weight;
    enum multi_leaf leaf;
};
/* Children stand before their parents. */
const struct multi_node *multi_nodes(size_t *n);
enum { MULTI_NODES_MOST = 160 };
/* values, missing: [n of multi_nodes]. NaN: a leaf beneath is not there, and `missing` names it. row: {"T.1":
 * {"object": 71.5, ...}, "T.5": 60, ...}. ERROR_DATA with place: a value that is none, or an unknown task or part. */
bool multi_total(const json_t *row, struct json_place place, double *values, const char **missing,
                 struct error *err) MUST_CHECK;

#endif
