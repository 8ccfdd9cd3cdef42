/* What an answer is worth while a model learns. The rooms act and measure do not know one another: training asks for
 * rewards through this type, and a module above both gives it one (report/reward_spec.h). */
#ifndef SUBJECT_REWARD_H
#define SUBJECT_REWARD_H

#include "base/json.h"

/* One answer to one prompt. */
struct reward_ask {
    const json_t *row; /* of the prompt's file, with what is known of the right answer */
    const char *file;
    size_t line;
    struct text answer; /* without the token that ends it */
    bool whole;         /* the answer came to its end; false: cut at the longest that is allowed */
    size_t tokens;
};

struct reward_result {
    double reward; /* NaN: none */
    int level;     /* 1: best; 0: none */
};

struct reward {
    void *context;
    const char *name;
    bool levels, rewards; /* which of both it gives */
    /* Of n answers. ERROR_DATA: a row without what it needs, by FILE:LINE. The result depends on the answer alone. */
    bool (*judge)(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                  struct error *err);
};

#endif
