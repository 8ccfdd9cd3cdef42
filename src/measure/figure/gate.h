/* Gate expressions: what figures must be, as one line of text.
 *
 *   gate       = any ;
 *   any        = all { "or" all } ;
 *   all        = one { "and" one } ;
 *   one        = "not" one | "(" any ")" | comparison ;
 *   comparison = operand ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) operand ;
 *   operand    = NUMBER [ "%" ] | figure | "d" "(" figure ")" ;
 *   figure     = NAME { "," KEY "=" VALUE } [ "(" PLACE ")" ] ;
 *
 * PLACE is a task, or TASK/GROUP, or a group that one task has; a group is VALUE or FIELD=VALUE. A figure without a
 * place is meant of every task that has it, and all of them must do. d(x) is the difference of compared runs: the later
 * one less the base. "accuracy" is acc.
 *
 * The end of the interval on the bad side decides, never the estimate: x >= 0.9 is met when the lower end is at least
 * 0.9, violated when the upper end is below it, and undecided in between or where there is no interval. Shares of
 * independent items get the exact interval (Clopper and Pearson 1934) in place of Wilson's. Two figures are compared by
 * the interval of their difference (stat_mover_difference). Undecided parts are joined as in Kleene's logic: undecided
 * and violated is violated, undecided or met is met. */
#ifndef MEASURE_GATE_H
#define MEASURE_GATE_H

#include "measure/statistics/statistics.h"
#include "record/record.h"

enum gate_verdict { GATE_VIOLATED, GATE_UNDECIDED, GATE_MET };
extern const char *const gate_verdict_names[]; /* "violated", ... */

struct gate;
/* On the arena. Errors are ERROR_USAGE and name the column, counted in bytes from 1. */
struct gate *gate_parse(struct text source, struct arena *arena, struct error *err) MUST_CHECK;
bool gate_uses_difference(const struct gate *gate);

/* What the names of an expression stand for. */
struct gate_figures {
    const struct figure *figures;
    size_t n;
    const struct figure *differences; /* values are differences; n 0: nothing is compared, d(x) is an error */
    size_t n_differences;
    double confidence;
};

/* One comparison with one figure. */
struct gate_finding {
    const char *condition; /* as it was written: "d(acc) >= -0.02" */
    const char *what;      /* "d(acc) of demo, kind=rare" */
    double value, lo, hi;  /* NaN: not known */
    uint64_t n;
    const char *method;
    const char *why; /* undecided: what is missing; NULL: the interval holds the bound */
    enum gate_verdict verdict;
};
struct gate_result {
    enum gate_verdict verdict;
    struct gate_finding *findings; /* in the order of the text */
    size_t n;
};
/* On the arena, which must outlive neither gate nor figures. A figure that is not there is ERROR_USAGE. */
bool gate_judge(const struct gate *gate, const struct gate_figures *figures, struct arena *arena,
                struct gate_result *result, struct error *err) MUST_CHECK;
/* Several subjects under one gate: all findings, the worst verdict. */
bool gate_join(struct gate_result *all, const struct gate_result *more, struct arena *arena,
               struct error *err) MUST_CHECK;
/* What a gate decides by: of shares of independent items the exact interval at this confidence, else the figure's own.
 * *method says which. */
struct interval gate_interval(const struct figure *figure, double confidence, const char **method);
/* "d(acc) of demo is -0.05 (-0.08 to -0.02, n = 400): violated" */
bool gate_put_finding(struct buffer *out, const struct gate_finding *finding);
/* True where the gate is met, or undecided and that is allowed; else ERROR_GATE names what is not met. */
bool gate_pass(const struct gate_result *result, bool allow_undecided, struct error *err) MUST_CHECK;

#endif
