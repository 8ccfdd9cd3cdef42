/* A survey of trust (identity confusion, Li et al. 2024, third question): people rate their trust from 1 to 7 before
 * and after they read of a model's error, of several kinds and in several tasks. What is analysed is the drop, before
 * less after. The paper's own analysis is not public; the tests are the usual ones for ratings of the same people:
 *
 *   drop        mean of each kind of error, and of each task and kind; bootstrap over respondents; Wilcoxon's signed
 * ranks difference  of the kind in question from each other one, within respondents: Wilcoxon, Holm, Cliff's delta
 *   kinds       Friedman and Kendall's W over respondents who met all kinds
 *   attribution shares of what people blame for the kind in question
 *
 * Left out, and counted: respondents who failed an attention check, and those who gave one and the same rating
 * throughout (three rows or more). */
#ifndef MEASURE_SURVEY_H
#define MEASURE_SURVEY_H

#include "record/record.h"

struct survey_row {
    size_t respondent, task, error; /* places of names */
    double before, after;
    struct text attribution;
    bool failed;
};
struct survey {
    struct survey_row *row;
    size_t n;
    struct text *respondent, *task, *error;
    size_t respondents, tasks, errors;
};
enum { SURVEY_KINDS = 16 };

/* A file of CSV, TSV or JSONL with the columns respondent, error, before, after, and, where they are there, task,
 * attribution, check_ok (1, 0, yes, no, true, false). ERROR_DATA: FILE:LINE, the column, a rating outside 1 to 7. */
bool survey_read(const char *path, struct arena *arena, struct survey *out, struct error *err) MUST_CHECK;

struct survey_settings {
    const char *error; /* the kind in question; NULL: "identity", else the first that holds it */
    double confidence;
    uint64_t bootstrap, seed;
};
struct survey_result {
    struct figure *figures; /* on the arena */
    size_t n_figures;
    size_t kept, failed, straight; /* respondents */
};
/* ERROR_DATA: no such kind of error, nobody is left. */
bool survey_analyse(const struct survey *survey, const struct survey_settings *settings, struct arena *arena,
                    struct survey_result *out, struct error *err) MUST_CHECK;

#endif
