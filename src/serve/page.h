/* The local page: a web app over a record, for one user of this machine. It shows runs, figures, comparisons, samples,
 * assurance cases and trainings, and starts runs as child processes. docs/page.md is the manual, docs/security.md says
 * what it is safe against.
 *
 * The record is only read here; what writes to it is the program itself, started as a child. */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include "base/interrupt.h"
#include "base/error.h"

struct page_settings {
    unsigned port;         /* 0: a free one */
    const char *record;    /* need not exist yet */
    const char *cases;     /* a file or folder of assurance cases; NULL: none are shown */
    const char *policies;  /* the same of policies */
    const char *trainings; /* a folder of logs of trainings, or one log; NULL: none */
    double patience;       /* seconds in which a client must have sent its request, 0: 30 */
    const struct interrupt *stop;
    /* Told once connections are taken. url: "http://127.0.0.1:8080/?token=..."; false ends the server. */
    bool (*ready)(void *context, const char *url, struct error *err);
    void *context;
};
/* Serves until asked to stop; work that was started from the page is stopped, too. */
bool page_run(const struct page_settings *settings, struct error *err) MUST_CHECK;

#endif
