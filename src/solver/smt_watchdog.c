/* The thread that interrupts Z3 when its time is over: see smt_engine.h. */
#ifdef HAVE_Z3
#include "solver/smt_engine.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>

double smt_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct timespec at_time(double seconds) {
    return (struct timespec){(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
}

/* An interrupt only reaches a check that is running; one that comes too early is lost, so it is repeated. */
static void *watch(void *context) {
    struct watchdog *w = context;
    pthread_mutex_lock(&w->lock);
    while (!w->ending) {
        double now = smt_now();
        w->sleeps_until = !w->armed ? INFINITY : w->deadline;
        if (!w->armed) {
            pthread_cond_wait(&w->changed, &w->lock);
        } else if (now < w->deadline) {
            struct timespec t = at_time(w->deadline);
            pthread_cond_timedwait(&w->changed, &w->lock, &t);
        } else {
            w->fired = true;
            w->z3->interrupt(w->armed);
            struct timespec t = at_time(now + 0.01);
            pthread_cond_timedwait(&w->changed, &w->lock, &t);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void watchdog_init(struct watchdog *w, const struct z3_library *z3) {
    pthread_condattr_t attributes;
    memset(w, 0, sizeof *w);
    w->z3 = z3;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Signals are for the main thread. */
static bool start(struct watchdog *w) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    w->running = pthread_create(&w->thread, NULL, watch, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->running;
}

void watchdog_done(struct watchdog *w) {
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (w->running) pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}

bool watchdog_arm(struct watchdog *w, Z3_context c, double deadline, struct error *err) {
    if (!w->running && !start(w)) return error_set(err, ERROR_ENVIRONMENT, "no thread to keep the time of z3");
    pthread_mutex_lock(&w->lock);
    /* It wakes on its own at the end of its sleep, so it is only told of an earlier deadline. */
    w->armed = c, w->deadline = deadline, w->fired = false;
    if (deadline < w->sleeps_until) pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return true;
}

bool watchdog_disarm(struct watchdog *w) {
    pthread_mutex_lock(&w->lock);
    w->armed = NULL;
    bool fired = w->fired;
    pthread_mutex_unlock(&w->lock);
    return fired;
}
#else
typedef int smt_watchdog_is_not_part_of_this_build;
#endif
