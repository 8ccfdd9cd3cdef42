/* The llama2.c reader: order of the tensors, tied and untied output, damaged headers. */
#include "check.h"

#include "lm/files/file.h"

#include <stdlib.h>

static const char *root;

/* width 4, hidden 3, 2 layers, 2 heads, 1 kv head, vocabulary 5, context 6; value i is i. */
enum { HEADER = 28, FLOATS = 5 * 4 + 2 * (2 * 4 + 2 * 16 + 2 * 4 * 2 + 3 * 4 * 3) + 4 + 6 * 2 };

static unsigned char *make(int32_t vocabulary, size_t *n) {
    const int32_t header[7] = {4, 3, 2, 2, 1, vocabulary, 6};
    size_t floats = FLOATS + (vocabulary < 0 ? 20 : 0);
    *n = HEADER + 4 * floats;
    unsigned char *file = malloc(*n);
    memcpy(file, header, sizeof header);
    for (size_t i = 0; i < floats; i++) {
        float v = (float)i;
        memcpy(file + HEADER + 4 * i, &v, 4);
    }
    return file;
}

static void expect(const struct lm_file *f, const char *name, size_t dims, uint64_t rows, uint64_t columns,
                   float first) {
    struct error err = {0};
    const struct lm_tensor *t = lm_file_tensor(f, name);
    if (!t) fail_msg("tensor '%s' is missing", name);
    float values[64];
    assert_int_equal(t->dims, dims);
    assert_int_equal(t->shape[0], rows);
    if (dims == 2) assert_int_equal(t->shape[1], columns);
    assert_true(lm_tensor_size(t) <= 64);
    check_ok(lm_tensor_to_f32(t, values, &err));
    for (size_t i = 0; i < lm_tensor_size(t); i++) check_near((double)values[i], (double)first + (double)i, 0);
}

static void tensors_stand_in_order(void **state) {
    struct error err = {0};
    size_t n;
    unsigned char *bytes = make(5, &n);
    struct lm_file *f = lm_file_open_memory(bytes, n, &err);
    check_ok(f);
    assert_int_equal(f->container, LM_LLAMA2C);
    assert_int_equal(f->n_tensors, 2 + 9 * 2);
    expect(f, "token_embd.weight", 2, 5, 4, 0);
    expect(f, "blk.0.attn_norm.weight", 1, 4, 0, 20);
    expect(f, "blk.1.attn_norm.weight", 1, 4, 0, 24);
    expect(f, "blk.0.attn_q.weight", 2, 4, 4, 28);
    expect(f, "blk.1.attn_k.weight", 2, 2, 4, 68);
    expect(f, "blk.0.attn_v.weight", 2, 2, 4, 76);
    expect(f, "blk.1.attn_output.weight", 2, 4, 4, 108);
    expect(f, "blk.0.ffn_norm.weight", 1, 4, 0, 124);
    expect(f, "blk.0.ffn_gate.weight", 2, 3, 4, 132);
    expect(f, "blk.0.ffn_down.weight", 2, 4, 3, 156);
    expect(f, "blk.1.ffn_up.weight", 2, 3, 4, 192);
    expect(f, "output_norm.weight", 1, 4, 0, 204);
    assert_null(lm_file_tensor(f, "output.weight"));
    lm_file_close(f);
    free(bytes);
}

static void negative_vocabulary_has_an_output_matrix(void **state) {
    struct error err = {0};
    size_t n;
    unsigned char *bytes = make(-5, &n);
    struct lm_file *f = lm_file_open_memory(bytes, n, &err);
    check_ok(f);
    expect(f, "token_embd.weight", 2, 5, 4, 0);
    expect(f, "output.weight", 2, 5, 4, FLOATS);
    lm_file_close(f);
    free(bytes);
}

static void other_lengths_are_refused(void **state) {
    struct error err = {0};
    size_t n;
    unsigned char *bytes = make(5, &n);
    for (size_t short_n = 0; short_n < n; short_n++) {
        unsigned char *part = malloc(short_n ? short_n : 1);
        memcpy(part, bytes, short_n);
        const char *message = short_n == 0 ? "empty" : short_n < HEADER ? "no model file" : "it is cut short";
        check_fails(lm_file_open_memory(part, short_n, &err), ERROR_DATA, message);
        free(part);
    }
    free(bytes);
}

static void absurd_headers_are_refused(void **state) {
    static const int32_t headers[][7] = {
        {0, 3, 2, 2, 1, 5, 6},         {-4, 3, 2, 2, 1, 5, 6},        {4, 3, INT32_MAX, 2, 1, 5, 6},
        {4, 3, 2, 3, 1, 5, 6},         {4, 3, 2, 2, 3, 5, 6},         {4, 3, 2, 4, 2, 5, 6},
        {4, 3, 2, 2, 1, 0, 6},         {4, 3, 2, 2, 1, INT32_MIN, 6}, {4, 3, 2, 2, 1, 5, -1},
        {4, INT32_MAX, 2, 2, 1, 5, 6}, {INT32_MAX, 3, 2, 1, 1, 5, 6}, {4, 3, 2, 0, 0, 5, 6},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct error err = {0};
        size_t n;
        unsigned char *bytes = make(5, &n);
        memcpy(bytes, headers[i], HEADER);
        check_fails(lm_file_open_memory(bytes, n, &err), ERROR_DATA, "no model file");
        free(bytes);
    }
}

static void real_file_is_listed(void **state) {
    struct error err = {0};
    char path[4096], hex[65];
    snprintf(path, sizeof path, "%s/../shared/data/models/stories260K/stories260K.bin", root);
    if (!file_exists(path)) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    struct lm_file *f = lm_file_open(path, &err);
    check_ok(f);
    assert_int_equal(f->n_tensors, 47);
    check_ok(lm_file_digest(f, hex, &err)); /* sha256sum of the file */
    assert_string_equal(hex, "b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696");
    lm_file_close(f);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_stand_in_order),    cmocka_unit_test(negative_vocabulary_has_an_output_matrix),
        cmocka_unit_test(other_lengths_are_refused), cmocka_unit_test(absurd_headers_are_refused),
        cmocka_unit_test(real_file_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
