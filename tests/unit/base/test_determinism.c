/* Random streams and the pool together: the same bytes for 1, 2, 3 and 8 threads, whatever the order of the work. */
#include "check.h"

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"

enum { PARTS = 257, DRAWS = 100 };

struct job {
    double values[PARTS][DRAWS];
};

static void draw_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct job *job = context;
    struct rng r = rng_stream(11, "part", part);
    for (size_t i = 0; i < DRAWS; i++) job->values[part][i] = rng_normal(&r);
}

static void same_bytes_for_all_threads(void **state) {
    (void)state;
    struct error err = {0};
    static struct job job;
    char first[HASH_HEX], hex[HASH_HEX];
    pool_run(NULL, PARTS, draw_part, &job);
    sha256_hex(&job, sizeof job, first);
    static const size_t threads[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 4; i++) {
        struct pool *pool = pool_new(threads[i], &err);
        assert_non_null(pool);
        memset(&job, 0, sizeof job);
        pool_run(pool, PARTS, draw_part, &job);
        sha256_hex(&job, sizeof job, hex);
        assert_string_equal(hex, first);
        pool_free(pool);
    }
}

/* What else was drawn, and in which order streams are opened, changes nothing. */
static void streams_do_not_touch_each_other(void **state) {
    (void)state;
    struct rng a = rng_stream(1, "a", 0), b = rng_stream(1, "b", 0);
    uint64_t together[16], alone[16];
    for (int i = 0; i < 16; i++) {
        together[i] = rng_u64(&a);
        rng_below(&b, 3);
    }
    a = rng_stream(1, "a", 0);
    for (int i = 0; i < 16; i++) alone[i] = rng_u64(&a);
    assert_memory_equal(together, alone, sizeof alone);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes_for_all_threads),
                                       cmocka_unit_test(streams_do_not_touch_each_other)};
    return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
