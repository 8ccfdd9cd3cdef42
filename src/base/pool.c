/* A fixed pool of threads with static partition: see pool.h. */
#include "base/pool.h"

#include "base/arena.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define SPINS 4000

/* Tells the processor that this is a waiting loop. */
static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

struct worker {
    struct pool *pool;
    size_t index;
    pthread_t thread;
    bool started;
};

struct pool {
    size_t threads;
    struct worker *workers; /* [threads]; 0 is the caller */
    pthread_mutex_t mutex;
    pthread_cond_t wake, finished;
    _Atomic uint64_t round; /* counts jobs; workers wait for it to change */
    _Atomic size_t running;
    bool stop;
    pool_work *work;
    void *context;
    size_t parts;
};

size_t pool_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (size_t)n : 1;
}

static void do_share(struct pool *pool, size_t worker) {
    size_t from = pool->parts * worker / pool->threads, to = pool->parts * (worker + 1) / pool->threads;
    for (size_t p = from; p < to; p++) pool->work(pool->context, p, worker);
}

static uint64_t wait_round(struct pool *pool, uint64_t seen) {
    for (int i = 0; i < SPINS; i++) {
        uint64_t round = atomic_load_explicit(&pool->round, memory_order_acquire);
        if (round != seen) return round;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->round);
}

static void *worker_main(void *argument) {
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    uint64_t seen = 0;
    omp_set_num_threads(1);
    for (;;) {
        seen = wait_round(pool, seen);
        if (pool->stop) return NULL;
        do_share(pool, worker->index);
        if (atomic_fetch_sub_explicit(&pool->running, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->finished);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void start_round(struct pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

/* Workers take no signals: a handler would write its frame where the interrupted code's stack pointer is, and that may
   be inside an array (interrupt.h). Blocked before they start, since they inherit the mask. The code of the thread that
   did not start, or 0. */
static int start_workers(struct pool *pool) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = 0;
    for (size_t i = 1; i < pool->threads && code == 0; i++) {
        pool->workers[i] = (struct worker){.pool = pool, .index = i};
        code = pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]);
        pool->workers[i].started = code == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

struct pool *pool_new(size_t threads, struct error *err) {
    struct pool *pool = memory_zeroed(1, sizeof *pool);
    if (!pool) return error_memory(err, "thread pool"), NULL;
    pool->threads = threads ? threads : pool_processors();
    if (pool->threads > 1024) pool->threads = 1024;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pool->workers = memory_zeroed(pool->threads, sizeof *pool->workers);
    if (!pool->workers) return error_memory(err, "thread pool"), pool_free(pool), NULL;
    omp_set_num_threads(1);
    int code = start_workers(pool);
    if (code != 0) return error_system(err, code, "cannot start", "thread"), pool_free(pool), NULL;
    return pool;
}

void pool_free(struct pool *pool) {
    if (!pool) return;
    pool->stop = true;
    start_round(pool);
    for (size_t i = 1; pool->workers && i < pool->threads; i++)
        if (pool->workers[i].started) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->finished);
    pthread_mutex_destroy(&pool->mutex);
    memory_free(pool->workers);
    memory_free(pool);
}

size_t pool_threads(const struct pool *pool) {
    return pool ? pool->threads : 1;
}

void pool_run(struct pool *pool, size_t n, pool_work *work, void *context) {
    if (!pool || pool->threads == 1 || n <= 1) {
        for (size_t p = 0; p < n; p++) work(context, p, 0);
        return;
    }
    pool->work = work;
    pool->context = context;
    pool->parts = n;
    atomic_store_explicit(&pool->running, pool->threads - 1, memory_order_relaxed);
    start_round(pool);
    do_share(pool, 0);
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->running, memory_order_acquire) == 0) return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->running) > 0) pthread_cond_wait(&pool->finished, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
