/* cmocka with its many includes, and the comparisons that it lacks. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

/* Processor time of this thread: what limits are put on, because others may hold the machine. */
static inline double check_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* |actual - expected| <= tolerance, shown when it is not. */
#define check_near(actual, expected, tolerance)                                                                        \
    do {                                                                                                               \
        double a_ = (actual), e_ = (expected), t_ = (tolerance);                                                       \
        if (!(fabs(a_ - e_) <= t_)) fail_msg("%s: %.17g, expected %.17g within %g", #actual, a_, e_, t_);              \
    } while (0)

/* A fallible call that must succeed; prints the error's message otherwise. `err` is the caller's struct error. */
#define check_ok(call)                                                                                                 \
    do {                                                                                                               \
        if (!(call)) fail_msg("%s: %s", #call, err.message);                                                           \
    } while (0)

/* A fallible call that must fail with this kind and a message that contains `part`. */
#define check_fails(call, expected_kind, part)                                                                         \
    do {                                                                                                               \
        error_clear(&err);                                                                                             \
        if (call) fail_msg("%s succeeded", #call);                                                                     \
        if (err.kind != (expected_kind) || !strstr(err.message, (part)))                                               \
            fail_msg("%s: kind %d, message '%s', expected kind %d with '%s'", #call, (int)err.kind, err.message,       \
                     (int)(expected_kind), (part));                                                                    \
    } while (0)

#endif
