/* The progress line and clocks: see progress.h. */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

double clock_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

uint64_t clock_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_init(struct progress *p, const char *what, uint64_t total, bool quiet) {
    *p = (struct progress){.what = what, .total = total, .started = clock_seconds(),
                           .visible = !quiet && isatty(STDERR_FILENO)};
}

static void put_time(double seconds) {
    if (seconds < 90)
        fprintf(stderr, " %.0f s left", seconds);
    else if (seconds < 5400)
        fprintf(stderr, " %.0f min left", seconds / 60);
    else
        fprintf(stderr, " %.1f h left", seconds / 3600);
}

void progress_at(struct progress *p, uint64_t done, const char *note) {
    double now = p->visible ? clock_seconds() : 0;
    if (!p->visible || now - p->shown < 0.1) return;
    p->shown = now;
    double rate = now > p->started ? (double)(done - p->from) / (now - p->started) : 0;
    fprintf(stderr, "\r\033[K%s %llu", p->what, (unsigned long long)done);
    if (p->total) fprintf(stderr, "/%llu", (unsigned long long)p->total);
    fprintf(stderr, " %.1f/s", rate);
    if (p->total && rate > 0 && done < p->total) put_time((double)(p->total - done) / rate);
    fprintf(stderr, " %s", note ? note : "");
    fflush(stderr);
}

void progress_end(struct progress *p) {
    if (p->visible) fputs("\r\033[K", stderr);
    p->visible = false;
}
