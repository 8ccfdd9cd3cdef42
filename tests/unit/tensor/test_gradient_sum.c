/* Sums of gradients: the tree of the header, to the bit, for any number of processes and threads. */
#include "check.h"
#include "thread_team.h"

#include "tensor/gradient_sum.h"

#include <string.h>

enum { SIZES = 3, VALUES = 1 + 40000 + 17 };
static const size_t sizes[SIZES] = {1, 40000, 17};

/* Value i of pass p, of very different sizes, so that another order gives other bits. */
static float value_of(size_t pass, size_t i) {
    uint64_t mixed = (pass * VALUES + i + 1) * 0x9e3779b97f4a7c15u;
    float x = (float)(mixed >> 40) * 0x1p-24f - 0.5f;
    for (size_t k = 0; k < (pass * 7 + i) % 5; k++) x *= 37;
    return x;
}

/* The tree as the header says it: passes first..first+2^level-1. */
static float node_of(size_t level, size_t index, size_t i) {
    return level == 0 ? value_of(index, i) : node_of(level - 1, 2 * index, i) + node_of(level - 1, 2 * index + 1, i);
}

static float tree_of(size_t from, size_t passes, size_t i) {
    size_t level = 0;
    while (((size_t)2 << level) <= passes - from) level++;
    size_t next = from + ((size_t)1 << level);
    float first = node_of(level, from >> level, i);
    return next == passes ? first : first + tree_of(next, passes, i);
}

struct member {
    size_t passes, threads;
    float values[VALUES];
    bool ok;
};

static void make(struct team *team, void *argument) {
    struct member *m = argument;
    struct error err = {0};
    struct parameter parameters[SIZES] = {0}, *list[SIZES];
    struct pool *pool = pool_new(m->threads, &err);
    for (size_t k = 0; k < SIZES; k++) {
        parameters[k].value =
            (struct tensor){.dims = 1, .shape = {sizes[k]}, .grad = memory_zeroed(sizes[k], sizeof(float))};
        list[k] = &parameters[k];
    }
    struct gradient_sum *sum = gradient_sum_new(list, SIZES, pool, team, &err);
    bool ok = pool && sum;
    for (int step = 0; ok && step < 2; step++) { /* the second one finds memory that the first has used */
        struct team_share share = gradient_sum_begin(sum, m->passes);
        for (size_t k = 0; k < SIZES; k++) memset(parameters[k].value.grad, 0, sizes[k] * sizeof(float));
        for (size_t p = share.first; ok && p < share.end; p++) {
            for (size_t k = 0, at = 0; k < SIZES; at += sizes[k++])
                for (size_t i = 0; i < sizes[k]; i++) parameters[k].value.grad[i] += value_of(p, at + i);
            ok = gradient_sum_take(sum, &err);
        }
        ok = ok && gradient_sum_end(sum, &err);
    }
    for (size_t k = 0, at = 0; k < SIZES; at += sizes[k++])
        memcpy(m->values + at, parameters[k].value.grad, sizes[k] * sizeof(float));
    m->ok = ok;
    gradient_sum_free(sum);
    for (size_t k = 0; k < SIZES; k++) memory_free(parameters[k].value.grad);
    pool_free(pool);
}

static void test_tree(void **state) {
    (void)state;
    static struct member members[5];
    void *arguments[5];
    static const size_t passes[] = {1, 2, 3, 7, 8, 13};
    bool order_matters = false;
    for (size_t p = 0; p < sizeof passes / sizeof *passes; p++) {
        for (size_t size = 1; size <= 5; size++) {
            for (size_t r = 0; r < size; r++) {
                members[r] = (struct member){.passes = passes[p], .threads = 1 + (r + size) % 3};
                arguments[r] = &members[r];
            }
            if (size == 1)
                make(NULL, &members[0]);
            else
                thread_team_run(size, make, arguments);
            for (size_t r = 0; r < size; r++) {
                assert_true(members[r].ok);
                if (r) assert_memory_equal(members[r].values, members[0].values, sizeof members[0].values);
            }
            for (size_t i = 0; i < VALUES; i += 97) {
                float plain = 0;
                for (size_t k = 0; k < passes[p]; k++) plain += value_of(k, i);
                if (members[0].values[i] != tree_of(0, passes[p], i))
                    fail_msg("%zu passes, %zu processes, value %zu: %.9g", passes[p], size, i,
                             (double)members[0].values[i]);
                order_matters = order_matters || plain != members[0].values[i];
            }
        }
    }
    assert_true(order_matters); /* else this test could not tell */
}

static void test_bytes(void **state) {
    (void)state;
    assert_int_equal(gradient_sum_bytes(10, 1), 0);
    assert_int_equal(gradient_sum_bytes(10, 2), 40);
    assert_int_equal(gradient_sum_bytes(10, 5), 120);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tree), cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
