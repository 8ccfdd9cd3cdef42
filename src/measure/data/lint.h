/* Health of data before anything is measured with it: rules over the rows of files and tasks, one function each, in one
 * table (lint.c). A file is read as its ending says (dataset.h); what is a prompt, an option, the gold and the id of
 * its rows is told by the usual names of columns. Of a task these are what it would ask. */
#ifndef MEASURE_LINT_H
#define MEASURE_LINT_H

#include "base/finding.h"
#include "measure/task/task.h"

struct lint;
struct lint_rule {
    struct finding_rule is;
    bool (*check)(struct lint *lint, struct error *err);
};
size_t lint_rules(const struct lint_rule **out);

struct lint_settings {
    const char *path; /* folders searched for suites, tasks and their data */
    const char *only; /* names of rules with commas; NULL: all */
    uint64_t seed;
    finding_sink *sink;
    void *context;
};
/* What constants score, for choices: what a figure must beat before it says anything. NaN: no such rows. */
struct lint_baseline {
    const char *name; /* of the file or task, on the arena */
    uint64_t rows;
    double chance, first, constant,
        longest;  /* uniform; first option; the best single place or label; the longest option */
    double named; /* the only option that stands in the prompt, else uniform */
};
struct lint_result {
    uint64_t sets, rows, findings[FINDING_SEVERITIES];
    uint64_t prompts; /* different ones, over all sets */
    struct lint_baseline *baselines;
    size_t n_baselines;
};
/* names: files of rows, task files, suites. Of one rule and file at most 20 rows are told, then how many more there
 * are. A name that is neither a file nor a suite, an unknown rule: ERROR_USAGE. What is wrong with data is a finding,
 * never an error. */
bool lint_run(const char *const *names, size_t n, const struct lint_settings *settings, struct arena *arena,
              struct lint_result *result, struct error *err) MUST_CHECK;

#endif
