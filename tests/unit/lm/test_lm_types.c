/* Storage types: layouts and rounding of the blocks against bytes made by ggml's reference code. */
#include "check.h"

#include "base/file.h"
#include "base/json.h"
#include "lm/types.h"

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
        if (!type) continue;
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
    assert_true(done >= 12); /* six of each built type */
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
    assert_true(n >= 5);
    for (size_t t = 0; t < n; t++) {
        unsigned char bytes[128] = {0};
        float out[32];
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
    assert_null(lm_type_find(12));
    assert_string_equal(lm_type_name_of(12), "Q4_K");
    assert_null(lm_type_name_of(4000));
    assert_ptr_equal(lm_type_named(TEXT("q8_0")), lm_type_find(LM_Q8_0));
    assert_null(lm_type_named(TEXT("Q9")));
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantisers_equal_ggml),
        cmocka_unit_test(halves_round_trip),
        cmocka_unit_test(halves_have_known_values),
        cmocka_unit_test(blocks_of_zeros_and_of_broken_values),
        cmocka_unit_test(unaligned_data_is_read),
        cmocka_unit_test(integers_are_read),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
