/* The page from its start to its end, and the table of its routes: see page.h. */
#include "serve/page.h"

#include "serve/page_cases.h"
#include "serve/page_http.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const struct page_route page_routes[] = {
    {"about", false, page_about},
    {"runs", false, page_runs},
    {"run", false, page_run_of},
    {"figures", false, page_figures},
    {"items", false, page_items},
    {"item", false, page_item},
    {"labels", false, page_labels},
    {"pieces", false, page_pieces},
    {"compare", false, page_compare},
    {"flips", false, page_flips},
    {"cases", false, page_case_list},
    {"case", false, page_case_text},
    {"case/check", true, page_case_check},
    {"case/save", true, page_case_save},
    {"policies", false, page_policy_list},
    {"policy", false, page_policy_text},
    {"policy/check", true, page_policy_check},
    {"policy/save", true, page_policy_save},
    {"trainings", false, page_trainings},
    {"training", false, page_training},
    {"work/kinds", false, page_job_kinds},
    {"work", false, page_job_list},
    {"work/said", false, page_job_log},
    {"work/start", true, page_job_start},
    {"work/stop", true, page_job_stop},
    {NULL},
};

enum { TICKS = 20 }; /* in a second */

static void wait_for_stop(const struct interrupt *stop, struct page_http *http) {
    for (unsigned tick = 0; !interrupted(stop); tick++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000000 / TICKS}, NULL);
        if (tick % TICKS == 0) page_http_tend(http);
    }
}

static bool serve(struct page_app *page, struct error *err) {
    char url[128];
    struct page_http *http = page_http_new(page, err);
    if (!http) return false;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/?token=%s", page_http_port(http), page->token);
    bool ok = page->settings->ready(page->settings->context, url, err);
    if (ok) wait_for_stop(page->settings->stop, http);
    page_http_free(http);
    return ok;
}

bool page_run(const struct page_settings *settings, struct error *err) {
    struct page_app page = {.settings = settings};
    if (!guard_make_token(page.token, err)) return false;
    pthread_mutex_init(&page.lock, NULL);
    bool ok = (page.jobs = page_jobs_new(err)) != NULL;
    page.plans = json_object();
    if (ok && (!(page.compared = page_compared_new()) || !(page.cases = page_cases_new())))
        ok = error_memory(err, "page");
    ok = ok && serve(&page, err);
    page_jobs_free(page.jobs);
    page_compared_free(page.compared);
    page_cases_free(page.cases);
    page_close_records(&page);
    json_decref(page.plans);
    pthread_mutex_destroy(&page.lock);
    return ok;
}
