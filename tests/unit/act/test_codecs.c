/* Codecs on single matrices: what they must equal when activations say nothing, masks against brute force, GPTQ against
 * rounding on random layers, the same bits for any threads, and what is refused. */
#include "check.h"

#include "act/compress/codec.h"
#include "act/compress/codec_awq.h"
#include "act/compress/grid.h"
#include "act/compress/mask.h"
#include "base/arena.h"
#include "base/rng.h"

#include <stdlib.h>

static struct arena arena;

static void draw(float *out, size_t n, const char *stream, uint64_t index) {
    struct rng rng = rng_stream(11, stream, index);
    for (size_t i = 0; i < n; i++) out[i] = (float)rng_normal(&rng);
}

static struct codec_choice *choice_of(const char *spec) {
    struct codec_choice *out;
    struct error err = {0};
    size_t n;
    check_ok(codec_choices(&arena, &spec, 1, &out, &n, &err));
    assert_int_equal(n, 1);
    return out;
}

/* w compressed by a spec. */
static float *compressed(const char *spec, const float *w, size_t rows, size_t columns, struct moments *inputs,
                         struct pool *pool) {
    const struct codec_choice *c = choice_of(spec);
    struct error err = {0};
    float *out = arena_new(&arena, float, rows *columns, &err);
    memcpy(out, w, rows * columns * sizeof *out);
    struct codec_matrix m = {"a", rows, columns, out, inputs, true};
    check_ok(codec_fits(c, &m, &err));
    check_ok(c->codec->compress(c->options, &m, pool, &err));
    return out;
}

/* Moments of activations that are the unit vectors, each once: H = 1. */
static struct moments identity(size_t k) {
    struct moments m;
    struct error err = {0};
    float *x = calloc(k * k, sizeof *x);
    for (size_t i = 0; i < k; i++) x[i * k + i] = 1;
    check_ok(moments_init(&m, k, true, &err));
    check_ok(moments_add(&m, NULL, x, k, &err));
    moments_end(&m);
    free(x);
    return m;
}

static struct moments drawn(size_t k, size_t tokens, uint64_t index) {
    struct moments m;
    struct error err = {0};
    float *x = malloc(tokens * k * sizeof *x), *mix = malloc(k * k * sizeof *mix), *y = calloc(tokens * k, sizeof *y);
    draw(x, tokens * k, "x", index);
    draw(mix, k * k, "mix", index);
    for (size_t t = 0; t < tokens; t++) /* inputs that depend on one another */
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++) y[t * k + i] += x[t * k + j] * (mix[i * k + j] * 0.5f + (i == j));
    check_ok(moments_init(&m, k, true, &err));
    check_ok(moments_add(&m, NULL, y, tokens, &err));
    moments_end(&m);
    free(x), free(mix), free(y);
    return m;
}

static void gptq_of_the_identity_is_rtn(void **state) {
    enum { R = 20, C = 64 };
    static const int bits[] = {2, 3, 4, 6, 8}, groups[] = {0, 16, 64};
    struct moments one = identity(C);
    float w[R * C];
    (void)state;
    draw(w, R * C, "w", 1);
    for (size_t b = 0; b < 5; b++)
        for (size_t g = 0; g < 3; g++)
            for (int act = 0; act < 2; act++) {
                char gptq[96], rtn[96];
                snprintf(gptq, sizeof gptq, "gptq,bits=%d,group=%d,damp=0.01,block=32,act=%s", bits[b], groups[g],
                         act ? "yes" : "no");
                snprintf(rtn, sizeof rtn, "rtn,bits=%d,group=%d,sym", bits[b], groups[g]);
                assert_memory_equal(compressed(gptq, w, R, C, &one, NULL), compressed(rtn, w, R, C, NULL, NULL),
                                    sizeof w);
                snprintf(gptq, sizeof gptq, "gptq,bits=%d,group=%d,sym=no", bits[b], groups[g]);
                float wide[R * C];
                memcpy(wide, w, sizeof w);
                grid_round_rows(GRID_WIDE, (unsigned)bits[b], (size_t)groups[g], wide, R, C);
                assert_memory_equal(compressed(gptq, w, R, C, &one, NULL), wide, sizeof w);
            }
    moments_done(&one);
    arena_reset(&arena);
}

/* Weights that go anywhere between their bounds, all at once, are rounded to the same; and the bounds leave room. */
static void weights_within_their_cells_round_alike(void **state) {
    enum { R = 12, C = 64, DRAWS = 20 };
    static const char *const specs[] = {"rtn,bits=2,group=16", "rtn,bits=3,group=64", "rtn,bits=4,group=32",
                                        "rtn,bits=8,group=64", "rtn,bits=4,group=32,sym", "rtn,bits=3,group=0"};
    static float w[R * C], low[R * C], high[R * C], moved[R * C];
    (void)state;
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        const struct codec_choice *c = choice_of(specs[s]);
        draw(w, R * C, "within", s);
        for (size_t i = 0; i < C; i++) w[i] = s % 2 ? fabsf(w[i]) : w[i] * 1e-3f; /* a row of one sign, or tiny */
        struct codec_matrix m = {"a", R, C, w, NULL, true};
        const float *before = compressed(specs[s], w, R, C, NULL, NULL);
        size_t roomy = 0;
        c->codec->cells(c->options, &m, low, high);
        for (size_t i = 0; i < R * C; i++) {
            if (!(low[i] <= high[i])) fail_msg("%s: bounds of %zu", specs[s], i);
            roomy += low[i] < high[i];
        }
        assert_true(roomy > R * C / 2);
        for (size_t d = 0; d < DRAWS; d++) {
            struct rng rng = rng_stream(12, specs[s], d);
            for (size_t i = 0; i < R * C; i++) {
                double u = d == 0 ? 0 : d == 1 ? 1 : rng_unit(&rng);
                moved[i] = (float)fmin(fmax(low[i] + u * ((double)high[i] - low[i]), low[i]), high[i]);
            }
            const float *after = compressed(specs[s], moved, R, C, NULL, NULL);
            if (memcmp(before, after, sizeof w) != 0) fail_msg("%s: draw %zu is rounded otherwise", specs[s], d);
        }
    }
}

static void wanda_of_equal_norms_is_magnitude(void **state) {
    enum { R = 16, C = 64 };
    struct moments one = identity(C);
    float w[R * C];
    (void)state;
    draw(w, R * C, "w", 2);
    static const char *const patterns[] = {"1of2", "1of4", "2of4", "3of4", "4of8"};
    for (size_t i = 0; i < 5; i++) {
        char wanda[64], magnitude[64];
        snprintf(wanda, sizeof wanda, "wanda,pattern=%s", patterns[i]);
        snprintf(magnitude, sizeof magnitude, "magnitude,pattern=%s", patterns[i]);
        assert_memory_equal(compressed(wanda, w, R, C, &one, NULL), compressed(magnitude, w, R, C, NULL, NULL),
                            sizeof w);
    }
    moments_done(&one);
    arena_reset(&arena);
}

/* alpha 0 makes every factor 1. */
static void awq_without_its_searches_is_rtn(void **state) {
    enum { R = 12, C = 32 };
    struct moments m = drawn(C, 50, 1);
    double s[C];
    float w[R * C], scaled[R * C];
    (void)state;
    draw(w, R * C, "w", 3);
    memcpy(scaled, w, sizeof w);
    awq_factors(&m, 0, s);
    for (size_t j = 0; j < C; j++) assert_true(s[j] == 1);
    struct codec_matrix matrix = {"a", R, C, scaled, &m, true};
    awq_round_scaled(&matrix, s, 3, 16);
    float *rtn = compressed("rtn,bits=3,group=16", w, R, C, NULL, NULL);
    assert_memory_equal(scaled, rtn, sizeof w);
    assert_memory_equal(compressed("awq,bits=3,group=16,clip=no", w, R, C, &m, NULL), rtn, sizeof w);
    moments_done(&m);
    arena_reset(&arena);
}

/* Of the six ways to keep two of four, the one that keeps most. */
static void masks_are_the_best_of_six(void **state) {
    enum { R = 30, C = 16 };
    struct moments m = drawn(C, 60, 2);
    float w[R * C];
    (void)state;
    draw(w, R * C, "w", 4);
    for (int codec = 0; codec < 2; codec++) {
        const float *out = compressed(codec ? "wanda,pattern=2of4" : "magnitude,pattern=2of4", w, R, C, &m, NULL);
        for (size_t at = 0; at < R * C; at += 4) {
            double best = -1, score[4];
            unsigned kept = 0, found = 0;
            for (size_t i = 0; i < 4; i++)
                score[i] = fabs((double)w[at + i]) * (codec ? sqrt(m.squares[at % C + i]) : 1);
            for (unsigned mask = 0; mask < 16; mask++) {
                double sum = 0;
                if (__builtin_popcount(mask) != 2) continue;
                for (unsigned i = 0; i < 4; i++) sum += mask >> i & 1 ? score[i] : 0;
                if (sum > best) best = sum, kept = mask;
            }
            for (unsigned i = 0; i < 4; i++) {
                found |= (unsigned)(out[at + i] != 0) << i;
                if (out[at + i] != 0) assert_true(out[at + i] == w[at + i]);
            }
            assert_int_equal(found, kept);
        }
    }
    moments_done(&m);
    arena_reset(&arena);
}

static double loss_of(const struct moments *m, const float *w, const float *now, size_t rows) {
    double out = 0;
    struct error err = {0};
    float *d = arena_new(&arena, float, rows * m->k, &err);
    for (size_t i = 0; i < rows * m->k; i++) d[i] = now[i] - w[i];
    check_ok(moments_output_error(m, NULL, d, rows, &out, &err));
    return out;
}

/* tr((W - W') H (W - W')^T), over 100 random layers. */
static void second_order_beats_first(void **state) {
    enum { R = 16, C = 32, LAYERS = 100 };
    static const struct {
        const char *better, *worse;
        double share; /* of the mean loss, at most; and of layers in which it is better, at least */
    } pairs[] = {{"gptq,bits=3,group=16", "rtn,bits=3,group=16,sym", 0.8},
                 {"gptq,bits=3,group=16,act", "rtn,bits=3,group=16,sym", 0.8},
                 {"gptq,bits=3,group=16,act,static", "rtn,bits=3,group=16,sym", 0.8},
                 {"sparsegpt,pattern=2of4", "wanda,pattern=2of4", 0.8},
                 {"sparsegpt,share=0.5", "wanda,share=0.5", 1},
                 {"wanda,pattern=2of4", "magnitude,pattern=2of4", 1}};
    double sums[sizeof pairs / sizeof *pairs][2] = {{0}};
    float w[R * C];
    (void)state;
    for (uint64_t l = 0; l < LAYERS; l++) {
        struct moments m = drawn(C, 100, 100 + l);
        draw(w, R * C, "w", 100 + l);
        for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
            sums[p][0] += loss_of(&m, w, compressed(pairs[p].better, w, R, C, &m, NULL), R);
            sums[p][1] += loss_of(&m, w, compressed(pairs[p].worse, w, R, C, &m, NULL), R);
        }
        moments_done(&m);
        arena_reset(&arena);
    }
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        printf("%s / %s: %.4f\n", pairs[p].better, pairs[p].worse, sums[p][0] / sums[p][1]);
        assert_true(sums[p][0] < pairs[p].share * sums[p][1]);
    }
}

static void threads_change_nothing(void **state) {
    enum { R = 50, C = 96 };
    static const char *const specs[] = {
        "rtn,bits=3,group=32", "gptq,bits=3,group=32", "gptq,bits=3,group=32,act",     "awq,bits=3,group=32",
        "wanda,share=0.5",     "magnitude,share=0.3",  "sparsegpt,share=0.5,block=32", "sparsegpt,pattern=2of4"};
    struct error err = {0};
    struct pool *pool = pool_new(3, &err);
    float w[R * C];
    (void)state;
    draw(w, R * C, "w", 5);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct moments one = drawn(C, 200, 3), many = drawn(C, 200, 3);
        assert_memory_equal(compressed(specs[i], w, R, C, &one, NULL), compressed(specs[i], w, R, C, &many, pool),
                            sizeof w);
        moments_done(&one);
        moments_done(&many);
    }
    pool_free(pool);
    arena_reset(&arena);
}

static size_t levels_of(const float *w, size_t n) {
    size_t levels = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen |= w[j] == w[i];
        levels += !seen;
    }
    return levels;
}

static void groups_have_few_levels_and_shares_are_met(void **state) {
    enum { R = 10, C = 64 };
    struct moments m = drawn(C, 100, 4);
    float w[R * C];
    (void)state;
    draw(w, R * C, "w", 6);
    static const char *const specs[] = {"rtn,bits=2,group=32", "gptq,bits=2,group=32", "awq,bits=2,group=32",
                                        "gptq,bits=2,group=32,act,static"};
    for (size_t i = 0; i < 4; i++) {
        const float *out = compressed(specs[i], w, R, C, &m, NULL);
        for (size_t at = 0; at < R * C; at += 32) assert_true(levels_of(out + at, 32) <= 4);
    }
    static const char *const pruners[] = {"wanda,share=0.75", "sparsegpt,share=0.75,block=32", "magnitude,share=0.75"};
    for (size_t i = 0; i < 3; i++) {
        const float *out = compressed(pruners[i], w, R, C, &m, NULL);
        size_t zeros = 0;
        for (size_t j = 0; j < R * C; j++) zeros += out[j] == 0;
        /* "at most the value at place floor(p n)" takes one more a mask */
        assert_in_range(zeros, R * C * 3 / 4, R * C * 3 / 4 + 2);
    }
    moments_done(&m);
    arena_reset(&arena);
}

static void nth_is_that_of_sorting(void **state) {
    struct rng rng = rng_stream(3, "nth", 0);
    (void)state;
    for (size_t n = 1; n < 60; n++)
        for (size_t at = 0; at < n; at++) {
            double v[60], sorted[60];
            for (size_t i = 0; i < n; i++) sorted[i] = v[i] = (double)rng_below(&rng, n / 2 + 1);
            for (size_t i = 1; i < n; i++)
                for (size_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
                    double t = sorted[j];
                    sorted[j] = sorted[j - 1], sorted[j - 1] = t;
                }
            assert_true(mask_nth(v, n, at) == sorted[at]);
        }
}

static void what_is_refused(void **state) {
    struct error err = {0};
    struct codec_choice *out;
    size_t n;
    float w[40] = {0}, x[80];
    struct moments m;
    struct codec_matrix matrix = {"blk.0.attn_q.weight", 2, 20, w, &m, true};
    (void)state;
    const char *unknown = "gtpq", *key = "gptq,bit=3", *both = "wanda,share=0.4,pattern=2of4", *range = "rtn,bits=9";
    const char *block = "sparsegpt,pattern=2of4,block=30";
    check_fails(codec_choices(&arena, &unknown, 1, &out, &n, &err), ERROR_USAGE, "did you mean 'gptq'");
    check_fails(codec_choices(&arena, &key, 1, &out, &n, &err), ERROR_USAGE, "'bits'");
    check_fails(codec_choices(&arena, &both, 1, &out, &n, &err), ERROR_USAGE, "either share or pattern");
    check_fails(codec_choices(&arena, &range, 1, &out, &n, &err), ERROR_USAGE, "from 2 to 8");
    check_fails(codec_choices(&arena, &block, 1, &out, &n, &err), ERROR_USAGE, "block=30");
    check_fails(codec_fits(choice_of("gptq,group=8"), &matrix, &err), ERROR_DATA, "'blk.0.attn_q.weight'");
    check_fails(codec_fits(choice_of("wanda,pattern=4of8"), &matrix, &err), ERROR_DATA, "whole runs of 8");
    check_fails(codec_fits(choice_of("q4_0"), &matrix, &err), ERROR_DATA, "whole blocks of 32");
    draw(x, 80, "x", 9);
    check_ok(moments_init(&m, 20, true, &err));
    check_ok(moments_add(&m, NULL, x, 4, &err)); /* four rows cannot span twenty columns */
    moments_end(&m);
    const struct codec_choice *singular = choice_of("gptq,group=20,damp=0");
    check_fails(singular->codec->compress(singular->options, &matrix, NULL, &err), ERROR_DATA, "singular");
    assert_non_null(strstr(err.message, "blk.0.attn_q.weight"));
    x[3] = NAN;
    check_fails(moments_add(&m, NULL, x, 4, &err), ERROR_DATA, "not finite");
    moments_done(&m);
    arena_reset(&arena);
}

static void grids_become_cells(void **state) {
    const char *specs[] = {"gptq,bits=2:3:4,group=64", "q4_K"};
    struct codec_choice *out;
    struct error err = {0};
    size_t n;
    (void)state;
    check_ok(codec_choices(&arena, specs, 2, &out, &n, &err));
    assert_int_equal(n, 4);
    assert_string_equal(out[0].name, "gptq-bits2-group64");
    assert_string_equal(out[2].name, "gptq-bits4-group64");
    assert_string_equal(out[3].name, "q4_k");
    check_near(codec_bits(&out[1], 256), 3 + 19.0 / 64, 1e-12);
    check_near(codec_bits(&out[3], 256), 4.5, 1e-12);
    arena_reset(&arena);
}

int main(void) {
    arena_init(&arena, (size_t)1 << 30);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gptq_of_the_identity_is_rtn),
        cmocka_unit_test(weights_within_their_cells_round_alike),
        cmocka_unit_test(wanda_of_equal_norms_is_magnitude),
        cmocka_unit_test(awq_without_its_searches_is_rtn),
        cmocka_unit_test(masks_are_the_best_of_six),
        cmocka_unit_test(second_order_beats_first),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(groups_have_few_levels_and_shares_are_met),
        cmocka_unit_test(nth_is_that_of_sorting),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(grids_become_cells),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
