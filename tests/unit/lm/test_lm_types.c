/* Storage types: layouts and rounding of the blocks against bytes made by ggml's reference code. */
#include "check.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "lm/types/types_internal.h"

#include <float.h>
#include <stdlib.h>

static const char *root;

static unsigned char *from_hex(struct text hex) {
    unsigned char *out = malloc(hex.len / 2 + 1);
    assert_non_null(out);
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        const char pair[3] = {hex.at[i], hex.at[i + 1], 0};
        out[i / 2] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return out;
}

/* Vectors of llama.cpp's quantize_row_*_ref and dequantize_row_*, exact bytes. */
static void quantisers_equal_ggml(void **state) {
    struct error err = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/../shared/data/compressed-trust/gguf_quant_vectors.json", root);
    if (!file_exists(path)) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    json_t *all = json_read_file(path, 1 << 24, &err), *v;
    check_ok(all);
    size_t i, done = 0;
    json_array_foreach(json_is_array(all) ? all : json_object_get(all, "cases"), i, v) {
        const struct lm_type_info *type = lm_type_named(json_text(json_object_get(v, "type")));
        assert_non_null(type);
        size_t n = (size_t)json_integer_value(json_object_get(v, "n"));
        size_t bytes = (size_t)json_integer_value(json_object_get(v, "bytes"));
        assert_int_equal(n / type->block * type->bytes, bytes);
        float *x = (float *)(void *)from_hex(json_text(json_object_get(v, "x_f32le")));
        float *y = (float *)(void *)from_hex(json_text(json_object_get(v, "y_f32le")));
        unsigned char *blocks = from_hex(json_text(json_object_get(v, "blocks")));
        unsigned char *made = malloc(bytes);
        float *back = malloc(n * sizeof *back);
        type->from_f32(x, made, n);
        assert_memory_equal(made, blocks, bytes);
        type->to_f32(blocks, back, n);
        assert_memory_equal(back, y, n * sizeof *back);
        free(x), free(y), free(blocks), free(made), free(back);
        done++;
    }
    json_decref(all);
    assert_int_equal(done, 30); /* six of each of five types */
}

enum { MANY = 16384 };

/* Uneven values with groups of zeros and of another size, without the mathematical library: equal on every machine. */
static void fill_values(float *x, uint64_t stream) {
    struct rng rng = rng_stream(7, "values", stream);
    for (size_t i = 0; i < MANY; i++) {
        double u = rng_unit(&rng) + rng_unit(&rng) + rng_unit(&rng) - 1.5;
        x[i] = (float)(i / 32 % 7 == 3 ? 0 : i / 256 % 3 == 1 ? u * u * u : u * 0.0625);
    }
}

/* Any bytes but those that make an f16 or f32 infinite. */
static void fill_bytes(unsigned char *at, size_t n, uint64_t stream) {
    struct rng rng = rng_stream(7, "bytes", stream);
    for (size_t i = 0; i < n; i++) at[i] = (unsigned char)(rng_u32(&rng) & 0xbf);
}

/* xxh3 of the blocks of fixed values, and of the values of fixed bytes, both made by ggml's reference functions (commit
 * d99724f; it has no such code for F16, BF16 and the values of Q8_1: those are our own). */
static const struct {
    enum lm_type id;
    uint64_t blocks, values;
    double error; /* of a round trip: root of squared error over squared values, at most */
} known[] = {
    {LM_F16, 0xe8d8d5aef2ec197b, 0xf01d77f42964b317, 0.00026}, /* half a unit of 11 bits: 2.4e-4 */
    {LM_BF16, 0xc02f31851909b2ea, 0xeb97550900cfc916, 0.002},
    {LM_Q8_0, 0xd05e8b84174029d7, 0x0140d7e7bcd678cd, 0.0092},
    {LM_Q8_1, 0xff3efadc5a976619, 0xf13b1bb383ee6cf0, 0.0095},
    {LM_Q8_K, 0xc1bb3abfab22100e, 0x9e175fae7b9b5f3d, 0.013},
    {LM_Q6_K, 0x85c15a2ae9e78556, 0x95d45b3645055b2c, 0.028},
    {LM_Q5_K, 0xe82a3a8a1780f166, 0x9a193ae658a674fe, 0.058},
    {LM_Q5_1, 0x941aa0cb7439ebae, 0x68b80b73e1bfe4f2, 0.061},
    {LM_Q5_0, 0xaec28925007d9d6b, 0xf68f60c6af911c68, 0.067},
    {LM_Q4_K, 0xe0d12260d8c94e07, 0x16cab497a5114866, 0.11},
    {LM_Q4_1, 0xf6206bed3a93a698, 0x2ce98fa76b259ce7, 0.13},
    {LM_Q4_0, 0x4237a9ce0d0a6316, 0xa8fc1c65d4808777, 0.13},
    {LM_IQ4_XS, 0x2861a0a7101da631, 0x6a04a73ca0693cec, 0.11},
    {LM_IQ4_NL, 0x7f725195b3e602ed, 0x7a04870253fe21d6, 0.11},
    {LM_Q3_K, 0x6ed6ae6f0bab3284, 0xdb3e07b05ac82fda, 0.19},
    {LM_Q2_K, 0xbb909e247c1f8962, 0xe55ca7a986e5bff3, 0.46},
};
enum { KNOWN = sizeof known / sizeof *known };

static void blocks_and_values_are_known(void **state) {
    static float x[MANY], y[MANY];
    static unsigned char blocks[MANY * 4];
    for (size_t t = 0; t < KNOWN; t++) {
        const struct lm_type_info *type = lm_type_find(known[t].id);
        size_t bytes = MANY / type->block * type->bytes;
        fill_values(x, t);
        memset(blocks, 0xa5, sizeof blocks);
        type->from_f32(x, blocks, MANY);
        uint64_t made = hash_xxh3(blocks, bytes);
        assert_int_equal(blocks[bytes], 0xa5); /* not a byte too many */
        fill_bytes(blocks, bytes, t);
        type->to_f32(blocks, y, MANY);
        uint64_t read = hash_xxh3(y, sizeof y);
        if (made != known[t].blocks || read != known[t].values)
            print_message("%s: 0x%016llx, 0x%016llx\n", type->name, (unsigned long long)made, (unsigned long long)read);
        assert_true(made == known[t].blocks);
        assert_true(read == known[t].values);
    }
}

static void round_trips_stay_in_their_bounds(void **state) {
    static float x[MANY], y[MANY];
    static unsigned char blocks[MANY * 4];
    for (size_t t = 0; t < KNOWN; t++) {
        const struct lm_type_info *type = lm_type_find(known[t].id);
        double error = 0, size = 0;
        fill_values(x, 100 + t);
        type->from_f32(x, blocks, MANY);
        type->to_f32(blocks, y, MANY);
        for (size_t i = 0; i < MANY; i++) {
            error += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
            size += (double)x[i] * (double)x[i];
        }
        error = sqrt(error / size);
        if (!(error <= known[t].error) || error < known[t].error / 4)
            print_message("%s: error %g, bound %g\n", type->name, error, known[t].error);
        assert_true(error <= known[t].error);
        assert_true(error >= known[t].error / 4); /* the bound says something */
    }
}

static void twins_of_decoders_give_equal_bits(void **state) {
    static unsigned char blocks[MANY * 4 + 1];
    static float a[MANY], b[MANY];
    const struct type_decoders *twins[2] = {NULL};
    size_t n = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) twins[n++] = &type_decoders_avx2;
    if (type_decoders() == &type_decoders_avx512) twins[n++] = &type_decoders_avx512;
#endif
    struct rng rng = rng_stream(7, "twins", 0);
    for (size_t i = 0; i < sizeof blocks; i++) blocks[i] = (unsigned char)rng_u32(&rng);
    for (size_t w = 0; w < n; w++) {
#define TYPE_COMPARE(name, NAME, values, size)                                                                         \
    type_decoders_plain.name(blocks + 1, a, MANY);                                                                     \
    twins[w]->name(blocks + 1, b, MANY);                                                                               \
    for (size_t i = 0; i < MANY; i++) assert_true(memcmp(&a[i], &b[i], sizeof *a) == 0 || (isnan(a[i]) && isnan(b[i])));
        TYPE_LIST(TYPE_COMPARE)
#undef TYPE_COMPARE
    }
}

/* Any values make blocks: the largest, the smallest, constants of both signs, what is not finite. */
static void extreme_values_make_blocks(void **state) {
    const float values[] = {0, 1, -1, 3.5f, -65504, 65505, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45f, -1e-40f, 1e-15f, 1e-20f, INFINITY, -INFINITY, NAN};
    enum { N = sizeof values / sizeof *values };
    float x[LM_TYPE_BLOCK_MOST], y[LM_TYPE_BLOCK_MOST];
    unsigned char block[LM_TYPE_BYTES_MOST * 32];
    for (size_t t = 0; t < KNOWN; t++) {
        const struct lm_type_info *type = lm_type_find(known[t].id);
        for (size_t a = 0; a < N; a++)
            for (size_t b = 0; b < N; b++) {
                for (size_t i = 0; i < LM_TYPE_BLOCK_MOST; i++) x[i] = values[i % 5 == 2 ? b : a];
                type->from_f32(x, block, LM_TYPE_BLOCK_MOST);
                type->to_f32(block, y, LM_TYPE_BLOCK_MOST);
                for (size_t i = 0; a == 0 && b == 0 && i < LM_TYPE_BLOCK_MOST; i++) assert_true(y[i] == 0);
                /* A constant that f16 can scale comes back. */
                for (size_t i = 0; a == b && a >= 1 && a <= 3 && i < LM_TYPE_BLOCK_MOST; i++)
                    assert_true(fabsf(y[i] - x[i]) <= 0.04f * fabsf(x[i]));
            }
    }
}

static void halves_round_trip(void **state) {
    const enum lm_type types[2] = {LM_F16, LM_BF16};
    for (size_t t = 0; t < 2; t++) {
        const struct lm_type_info *type = lm_type_find(types[t]);
        for (uint32_t bits = 0; bits < 65536; bits++) {
            uint16_t in = (uint16_t)bits, out;
            float value;
            type->to_f32(&in, &value, 1);
            type->from_f32(&value, &out, 1);
            if (isnan(value)) continue;
            assert_int_equal(in, out);
        }
    }
}

/* Known bit patterns of IEEE 754 half precision and bfloat16. */
static void halves_have_known_values(void **state) {
    const uint16_t f16[] = {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555};
    const float expected[] = {1, -2, 65504, 0x1p-14f, 0x1p-24f, 0.333251953125f};
    float out[6];
    lm_type_find(LM_F16)->to_f32(f16, out, 6);
    for (size_t i = 0; i < 6; i++) check_near((double)out[i], (double)expected[i], 0);
    const uint16_t bf16 = 0x4049;
    lm_type_find(LM_BF16)->to_f32(&bf16, out, 1);
    check_near((double)out[0], 3.140625, 0);
}

static void blocks_of_zeros_and_of_broken_values(void **state) {
    const enum lm_type types[2] = {LM_Q8_0, LM_Q4_0};
    for (size_t t = 0; t < 2; t++) {
        const struct lm_type_info *type = lm_type_find(types[t]);
        float x[32] = {0}, y[32];
        unsigned char block[64];
        type->from_f32(x, block, 32);
        type->to_f32(block, y, 32);
        for (size_t i = 0; i < 32; i++) assert_true(y[i] == 0);
        x[3] = INFINITY;
        x[4] = NAN;
        x[5] = 1e-45f;
        type->from_f32(x, block, 32); /* no undefined conversion; the scale says that it is broken */
        type->to_f32(block, y, 32);
        assert_false(isfinite(y[3]));
    }
}

static void unaligned_data_is_read(void **state) {
    size_t n;
    const struct lm_type_info *types;
    n = lm_types(&types);
    assert_int_equal(n, 22);
    for (size_t t = 0; t < n; t++) {
        unsigned char bytes[LM_TYPE_BYTES_MOST + 1] = {0};
        float out[LM_TYPE_BLOCK_MOST];
        assert_true(types[t].block <= LM_TYPE_BLOCK_MOST && types[t].bytes <= LM_TYPE_BYTES_MOST);
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 7);
        types[t].to_f32(bytes + 1, out, types[t].block);
        assert_ptr_equal(lm_type_find(types[t].id), &types[t]);
        assert_ptr_equal(lm_type_named(text_of(types[t].name)), &types[t]);
        assert_string_equal(lm_type_name_of(types[t].id), types[t].name);
    }
}

static void integers_are_read(void **state) {
    const int64_t big[2] = {-3, 1ll << 40};
    float out[2];
    lm_type_find(LM_I64)->to_f32(big, out, 2);
    check_near((double)out[0], -3, 0);
    check_near((double)out[1], 0x1p40, 0);
    assert_null(lm_type_find(LM_I64)->from_f32);
}

static void names(void **state) {
    assert_null(lm_type_find(16));
    assert_string_equal(lm_type_name_of(16), "IQ2_XXS");
    assert_null(lm_type_name_of(4000));
    assert_ptr_equal(lm_type_named(TEXT("q8_0")), lm_type_find(LM_Q8_0));
    assert_null(lm_type_named(TEXT("Q9")));
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantisers_equal_ggml),
        cmocka_unit_test(blocks_and_values_are_known),
        cmocka_unit_test(round_trips_stay_in_their_bounds),
        cmocka_unit_test(twins_of_decoders_give_equal_bits),
        cmocka_unit_test(extreme_values_make_blocks),
        cmocka_unit_test(halves_round_trip),
        cmocka_unit_test(halves_have_known_values),
        cmocka_unit_test(blocks_of_zeros_and_of_broken_values),
        cmocka_unit_test(unaligned_data_is_read),
        cmocka_unit_test(integers_are_read),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
