/* What the parts of the page share: the open page, its routes, and the records that are open for reading. A route is a
 * function that makes a JSON value of a request; it runs in the thread of its connection. Inside of serve. */
#ifndef SERVE_PAGE_PARTS_H
#define SERVE_PAGE_PARTS_H

#include "record/record.h"
#include "serve/page.h"
#include "serve/page_ask.h"
#include "serve/page_jobs.h"
#include "serve/serve_guard.h"

#include <pthread.h>

enum { PAGE_RECORDS = 4 };

struct page_cases;
struct page_compared;
struct page_app {
    const struct page_settings *settings;
    char token[GUARD_TOKEN];
    pthread_mutex_t lock;                 /* of the next two */
    json_t *plans;                        /* of runs that nobody writes, by run (page_runs.c) */
    struct record *records[PAGE_RECORDS]; /* open and in nobody's hands */
    struct page_jobs *jobs;
    struct page_compared *compared;
    struct page_cases *cases;
};

typedef json_t *page_answer(struct page_app *page, struct page_ask *ask, struct api_error *err);
struct page_route {
    const char *path; /* below /api/ */
    bool writes;      /* asked by POST with a JSON object; otherwise by GET */
    page_answer *answer;
};
extern const struct page_route page_routes[]; /* ends with path NULL */

/* page_records.c. A record for this thread alone, until it is given back; NULL with err. */
struct record *page_take_record(struct page_app *page, struct error *err) MUST_CHECK;
void page_give_record(struct page_app *page, struct record *record);
void page_close_records(struct page_app *page);

/* The run that argument `name` names, and its plain JSON; NULL with err. Owned by the caller. */
json_t *page_named_run(struct record *record, struct text name, struct arena *arena, struct api_error *err);
/* Of the run's settings: the scorer of a task, NULL: not said. Borrowed from the run. */
const char *page_task_scorer(const json_t *run, struct text task);

page_answer page_about, page_runs, page_run_of, page_figures;                           /* page_runs.c */
page_answer page_items, page_item, page_labels;                                         /* page_items.c */
page_answer page_pieces;                                                                /* page_pieces.c */
page_answer page_compare, page_flips;                                                   /* page_compare.c */
page_answer page_case_list, page_case_text, page_case_check, page_case_save;            /* page_cases.c */
page_answer page_policy_list, page_policy_text, page_policy_check, page_policy_save;    /* page_policies.c */
page_answer page_trainings, page_training;                                              /* page_training.c */
page_answer page_job_list, page_job_log, page_job_start, page_job_stop, page_job_kinds; /* page_work.c */

/* The path of this program, on the arena. */
const char *page_self(struct arena *arena, struct api_error *err);

struct page_compared *page_compared_new(void);
void page_compared_free(struct page_compared *compared);

#endif
