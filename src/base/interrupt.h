/* Whether the user asked to stop: a flag that a signal sets and long loops look at. Passed down by pointer. */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    volatile sig_atomic_t asked;
};
static inline bool interrupted(const struct interrupt *i) {
    return i && i->asked;
}

/* From now on SIGINT and SIGTERM set `i`; a second one ends the program at once, with exit code `code`. `i` must live
 * as long as the program. The handler runs on a stack of its own, because it may not touch the interrupted one:
 * oneDNN's generated matrix kernels use the stack pointer as one more register, so that it may point into any array
 * while they run. For the same reason threads that multiply and have no such stack block signals (pool.c). Call it from
 * the main thread, before others are started. */
void interrupt_on_signals(struct interrupt *i, int code);

#endif
