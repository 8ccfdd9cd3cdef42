/* The random numbers: Philox known answers, golden streams, ranges and moments. */
#include "check.h"

#include "base/hash.h"
#include "base/rng_words.h"

#include <stdlib.h>

/* Philox4x32-10 on its full 128-bit counter, written straight from the paper, as an oracle: ours counts in the first two
 * words and leaves the others zero. */
static void philox_oracle(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        uint64_t left = (uint64_t)0xD2511F53u * c[0], right = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(right >> 32) ^ c1 ^ k[0];
        c[1] = (uint32_t)right;
        c[2] = (uint32_t)(left >> 32) ^ c3 ^ k[1];
        c[3] = (uint32_t)left;
        k[0] += 0x9E3779B9u; /* golden ratio */
        k[1] += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
    memcpy(out, c, sizeof c);
}

/* Origin: kat_vectors of the Random123 distribution, philox4x32 with 10 rounds. */
static void philox_known_answers(void **state) {
    (void)state;
    static const struct { uint32_t counter[4], key[2], out[4]; } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        philox_oracle(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
    struct rng zero = {0};
    for (int i = 0; i < 4; i++) assert_int_equal(rng_u32(&zero), known[0].out[i]);
    struct rng r = {.key = 0x299f31d0a4093822u, .counter = 0x85a308d3fffffffeu};
    for (uint64_t block = r.counter; block != 0x85a308d3fffffffeu + 5; block++) {
        uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), 0, 0}, out[4];
        philox_oracle(counter, known[2].key, out);
        for (int i = 0; i < 4; i++) assert_int_equal(rng_u32(&r), out[i]);
    }
}

static void streams_are_keyed(void **state) {
    (void)state;
    struct rng a = rng_stream(7, "shuffle", 12), b = rng_stream_text(7, TEXT("shuffle/12"));
    assert_true(a.key == b.key && a.key == hash_xxh3("7/shuffle/12", 12));
    assert_true(rng_stream(7, "shuffle", 13).key != a.key && rng_stream(8, "shuffle", 12).key != a.key);
    char longest[2000];
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_true(rng_stream(1, longest, 0).key != rng_stream(1, longest, 1).key);
    assert_true(rng_stream_text(1, (struct text){longest, 1999}).key != rng_stream_text(1, (struct text){longest, 1998}).key);
    assert_true(rng_stream_text(1, (struct text){NULL, 0}).key == hash_xxh3("1/", 2));
}

/* Recorded from this implementation: stored runs depend on these bytes, so they must never change. */
static void golden_stream(void **state) {
    (void)state;
    struct rng r = rng_stream(1, "golden", 0);
    uint64_t digest[8];
    for (int i = 0; i < 4; i++) digest[i] = rng_u64(&r);
    digest[4] = rng_below(&r, 1000);
    double u = rng_unit(&r);
    memcpy(&digest[5], &u, 8);
    size_t order[32];
    for (size_t i = 0; i < 32; i++) order[i] = i;
    rng_shuffle(&r, order, 32);
    digest[6] = digest[7] = 0;
    for (size_t i = 0; i < 32; i++) digest[6] = digest[6] * 31 + order[i];
    for (int i = 0; i < 64; i++) digest[7] = digest[7] << 1 | rng_chance(&r, 1u << 30);
    static const uint64_t golden[8] = {0x39d107410b618142u, 0x82ed28df7df676efu, 0xbebd41d92ef59c9au, 0xc2211fb17747bc28u, 0x00000000000001b5u, 0x3fbc47c81466e0e8u, 0xf33087697d2fc7e4u, 0x02c040000022f32bu};
    for (int i = 0; i < 8; i++)
        if (digest[i] != golden[i]) fail_msg("value %d is 0x%016llx", i, (unsigned long long)digest[i]);
}

/* Many at once are the same as one after the other, whatever was drawn before, and so is what follows. */
static void many_are_the_same(void **state) {
    (void)state;
    static const uint64_t ranges[] = {1, 7, 400, (uint64_t)3 << 30, (uint64_t)1 << 32};
    for (size_t k = 0; k < 5; k++)
        for (size_t count = 0; count < 70; count += 3)
            for (int before = 0; before < 3; before++) {
                struct rng a = rng_stream(9, "many", count), b = a;
                uint32_t found[70];
                for (int i = 0; i < before; i++) assert_int_equal(rng_u32(&a), rng_u32(&b));
                rng_below_many(&a, ranges[k], found, count);
                for (size_t i = 0; i < count; i++) assert_int_equal(found[i], rng_below(&b, ranges[k]));
                assert_true(rng_u64(&a) == rng_u64(&b));
            }
}

/* Words at once, made by whatever this processor has, are those of rng_u64; the counter goes on, also beyond 32 bits. */
static void words_are_the_same(void **state) {
    (void)state;
    static const uint64_t counters[] = {0, 5, 0xfffffff0u, 0xfffffffffffffff0u};
    static const size_t counts[] = {0, 1, 63, 64, 65, 128, 300};
    for (size_t c = 0; c < 4; c++)
        for (size_t k = 0; k < 7; k++)
            for (int before = 0; before < 3; before++) {
                struct rng a = rng_stream(9, "words", k), b;
                uint64_t found[300];
                a.counter = counters[c];
                b = a;
                for (int i = 0; i < before; i++) assert_int_equal(rng_u32(&a), rng_u32(&b));
                rng_words(&a, found, counts[k]);
                for (size_t i = 0; i < counts[k]; i++) assert_true(found[i] == rng_u64(&b));
                assert_true(rng_u64(&a) == rng_u64(&b));
            }
}

/* Bounds are five standard errors, so the fixed streams pass with room and a wrong formula does not. */
static void ranges_and_moments(void **state) {
    (void)state;
    enum { N = 400000 };
    struct rng r = rng_stream(3, "moments", 0);
    double sum = 0, squares = 0, fourth = 0, units = 0;
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&r), u = rng_unit(&r);
        assert_true(isfinite(x) && u >= 0 && u < 1);
        sum += x, squares += x * x, fourth += x * x * x * x, units += u;
    }
    check_near(sum / N, 0, 5 / sqrt(N));
    check_near(squares / N, 1, 5 * sqrt(2.0 / N));
    check_near(fourth / N, 3, 5 * sqrt(96.0 / N));
    check_near(units / N, 0.5, 5 * sqrt(1.0 / 12 / N));
    size_t counts[7] = {0}, hits = 0;
    for (int i = 0; i < 70000; i++) counts[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) check_near((double)counts[i], 10000, 5 * sqrt(10000 * 6.0 / 7));
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(rng_below(&r, 1), 0);
        assert_true(rng_below(&r, (uint64_t)3 << 62) < (uint64_t)3 << 62);
        assert_false(rng_chance(&r, 0));
        assert_true(rng_chance(&r, (uint64_t)1 << 32));
        hits += rng_chance(&r, (uint64_t)1 << 31);
    }
    check_near((double)hits, 5000, 250);
}

/* All 24 orders of four equally often. */
static void shuffles_evenly(void **state) {
    (void)state;
    size_t counts[256] = {0}, kinds = 0;
    for (uint64_t i = 0; i < 24000; i++) {
        struct rng r = rng_stream(5, "orders", i);
        size_t order[4] = {0, 1, 2, 3};
        rng_shuffle(&r, order, 4);
        counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        if (counts[i] == 0) continue;
        kinds++;
        check_near((double)counts[i], 1000, 160);
    }
    assert_int_equal(kinds, 24);
    struct rng r = {0};
    rng_shuffle(&r, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(philox_known_answers), cmocka_unit_test(streams_are_keyed),
                                       cmocka_unit_test(golden_stream), cmocka_unit_test(many_are_the_same), cmocka_unit_test(words_are_the_same), cmocka_unit_test(ranges_and_moments),
                                       cmocka_unit_test(shuffles_evenly)};
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
