/* The pool: every part once, on its worker, OpenMP at one thread, and what a run costs. */
#include "check.h"

#include "base/arena.h"
#include "base/pool.h"
#include "base/progress.h"

#include <omp.h>
#include <signal.h>

enum { MOST = 1000 };

struct seen {
    int times[MOST];
    size_t worker[MOST];
    int openmp[MOST];
};

static void note(void *context, size_t part, size_t worker) {
    struct seen *seen = context;
    seen->times[part]++;
    seen->worker[part] = worker;
    seen->openmp[part] = omp_get_max_threads();
}

static void every_part_once(void **state) {
    (void)state;
    struct error err = {0};
    static struct seen seen;
    for (size_t threads = 1; threads <= 9; threads++) {
        struct pool *pool = pool_new(threads, &err);
        assert_non_null(pool);
        assert_int_equal(pool_threads(pool), threads);
        for (size_t n = 0; n <= MOST; n = n < 12 ? n + 1 : n * 3 < MOST || n == MOST ? n * 3 : MOST) {
            memset(&seen, 0, sizeof seen);
            pool_run(pool, n, note, &seen);
            for (size_t i = 0; i < MOST; i++) {
                assert_int_equal(seen.times[i], i < n);
                if (i >= n) continue;
                assert_true(seen.worker[i] < threads && seen.openmp[i] == 1);
                assert_true(i == 0 || seen.worker[i] >= seen.worker[i - 1]); /* contiguous shares */
            }
        }
        pool_free(pool);
    }
}

static void note_signals(void *context, size_t part, size_t worker) {
    (void)part;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ((bool *)context)[worker] = sigismember(&blocked, SIGTERM) == 1;
}

static void workers_take_no_signals(void **state) {
    (void)state;
    struct error err = {0};
    struct pool *pool = pool_new(3, &err);
    assert_non_null(pool);
    bool blocked[3] = {false};
    pool_run(pool, 3, note_signals, blocked);
    assert_true(!blocked[0] && blocked[1] && blocked[2]);
    pool_free(pool);
}

static void without_a_pool(void **state) {
    (void)state;
    static struct seen seen;
    pool_run(NULL, 5, note, &seen);
    for (size_t i = 0; i < 5; i++) assert_true(seen.times[i] == 1 && seen.worker[i] == 0);
    assert_int_equal(pool_threads(NULL), 1);
    assert_true(pool_processors() >= 1);
    pool_free(NULL);
}

static void add_one(void *context, size_t part, size_t worker) {
    (void)worker;
    ((uint64_t *)context)[part * 8]++; /* a cache line each */
}

/* Not a gate: the time is printed, the counts are checked. */
static void many_short_runs(void **state) {
    (void)state;
    struct error err = {0};
    enum { ROUNDS = 20000 };
    for (size_t threads = 2; threads <= 4; threads++) {
        _Alignas(64) uint64_t counts[64] = {0};
        struct pool *pool = pool_new(threads, &err);
        assert_non_null(pool);
        double start = clock_seconds();
        for (int i = 0; i < ROUNDS; i++) pool_run(pool, 8, add_one, counts);
        printf("pool_run with %zu threads: %.2f us\n", threads, (clock_seconds() - start) / ROUNDS * 1e6);
        for (int i = 0; i < 8; i++) assert_int_equal(counts[i * 8], ROUNDS);
        pool_free(pool);
    }
}

static void survives_lack_of_memory(void **state) {
    (void)state;
    struct error err = {0};
    for (uint64_t n = 1; n <= 2; n++) {
        memory_fail_at(n);
        check_fails(pool_new(2, &err), ERROR_ENVIRONMENT, "out of memory");
        memory_fail_at(0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_part_once), cmocka_unit_test(workers_take_no_signals),
                                       cmocka_unit_test(without_a_pool), cmocka_unit_test(many_short_runs),
                                       cmocka_unit_test(survives_lack_of_memory)};
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
