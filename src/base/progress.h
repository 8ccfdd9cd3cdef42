/* A progress line on stderr, only when that is a terminal: what, done/total, rate, time left, a note. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include "base/text.h"

struct progress {
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t from;  /* done before the start (a run that goes on); rate and time left do not count it */
    double started, shown;
    bool visible;
};
void progress_init(struct progress *p, const char *what, uint64_t total, bool quiet);
void progress_at(struct progress *p, uint64_t done, const char *note); /* at most ten times a second */
void progress_end(struct progress *p);                                /* clears the line */
double clock_seconds(void);   /* monotonic */
uint64_t clock_now_ns(void);  /* UTC, since 1970 */

#endif
