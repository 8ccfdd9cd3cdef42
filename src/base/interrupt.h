/* Whether the user asked to stop: a flag that cli/ sets from a signal and long loops look at. Passed down by pointer. */
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

#endif
