/* Signals that ask to stop: the flag is set, and nothing is written where the interrupted code's stack pointer is. */
#include "check.h"

#include "base/interrupt.h"

#include <pthread.h>
#include <time.h>

static struct interrupt flag;

static void *send_soon(void *to) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    pthread_kill(*(pthread_t *)to, SIGTERM);
    return NULL;
}

/* Waits for the flag with the stack pointer in the middle of an array, as generated kernels do. */
static void wait_with_stack_pointer(void *middle) {
#if defined(__x86_64__)
    __asm__ volatile("mov %%rsp, %%r12\n\tmov %0, %%rsp\n1:\tpause\n\tcmpl $0, (%1)\n\tje 1b\n\tmov %%r12, %%rsp"
                     :
                     : "r"(middle), "r"(&flag.asked)
                     : "r12", "memory", "cc");
#elif defined(__aarch64__)
    __asm__ volatile("mov x12, sp\n\tmov sp, %0\n1:\tldr w13, [%1]\n\tcbz w13, 1b\n\tmov sp, x12"
                     :
                     : "r"(middle), "r"(&flag.asked)
                     : "x12", "x13", "memory", "cc");
#endif
}

static void leaves_the_stack_alone(void **state) {
    (void)state;
#if !defined(__x86_64__) && !defined(__aarch64__)
    skip();
#endif
    static _Alignas(64) unsigned char array[1 << 18];
    memset(array, 0x5a, sizeof array);
    interrupt_on_signals(&flag, 130);
    assert_false(interrupted(&flag));
    pthread_t self = pthread_self(), sender;
    assert_int_equal(pthread_create(&sender, NULL, send_soon, &self), 0);
    wait_with_stack_pointer(array + sizeof array / 2);
    pthread_join(sender, NULL);
    assert_true(interrupted(&flag));
    for (size_t i = 0; i < sizeof array; i++) assert_int_equal(array[i], 0x5a);
    assert_false(interrupted(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaves_the_stack_alone)};
    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
