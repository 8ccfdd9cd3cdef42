/* Scorers turn an answer into a score; readers find the answer inside a text first. Both are tables; a task names them. */
#ifndef MEASURE_SCORER_H
#define MEASURE_SCORER_H

#include "measure/task.h"

enum parse_state { PARSED_OK, PARSED_FALLBACK, PARSED_FAIL };
extern const char *const parse_state_names[]; /* "ok", "fallback", "fail" */

struct score {
    double value;          /* NaN: null */
    struct text label;     /* short word: correct, wrong, refusal, compliance, ... */
    enum parse_state parsed;
    json_t *parts;         /* named numbers that metrics read ("acc", "acc_norm", "mc2", "picked", ...); owned by the caller */
};

struct scorer {
    const char *name, *version, *summary;
    const struct option_def *options;
    size_t n_options;
    /* answer.error is NONE here; failed answers are not scored. */
    bool (*score)(const struct task *task, const struct option_value *options, const struct item *item,
                  const struct answer *answer, struct arena *arena, struct score *out, struct error *err);
};
size_t scorers(const struct scorer *const **out);
bool task_score(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                struct score *out, struct error *err) MUST_CHECK;

/* The filters of a task (filter_list), one table: regex, take_first, first_line, strip, number, letter, lowercase, ... */
struct reader {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
};
size_t readers(const struct reader **out);

#endif
