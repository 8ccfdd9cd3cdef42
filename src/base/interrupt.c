/* The signals that ask to stop: see interrupt.h. */
#include "base/interrupt.h"

#include <stddef.h>
#include <stdlib.h>

static struct interrupt *flag;
static int second_code;

/* Many times the frame that the kernel writes, which holds all vector and tile registers (11 KiB with AMX). */
static _Alignas(64) char handler_stack[128 << 10];

static void on_signal(int number) {
    (void)number;
    if (flag->asked) _Exit(second_code);
    flag->asked = 1;
}

void interrupt_on_signals(struct interrupt *i, int code) {
    flag = i;
    second_code = code;
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
