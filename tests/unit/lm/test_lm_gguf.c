/* The GGUF reader and writer: every value type, three versions, damaged and hostile files. */
#include "gguf_bytes.h"

#include "lm/files/file.h"

#include <stdlib.h>
#include <unistd.h>

static const char *root;

/* A small file with all kinds of values and two tensors. */
static struct gguf_bytes small_file(uint32_t version) {
    struct gguf_bytes g = gguf_begin(version, 2, 7);
    gguf_string(&g, "general.architecture", "test");
    gguf_u32(&g, "a.u32", 4000000000u);
    gguf_f32(&g, "a.f32", 0.5f);
    gguf_key(&g, "a.bool", 7);
    buffer_put_char(&g.b, 1);
    gguf_key(&g, "a.i8", 1);
    buffer_put_char(&g.b, -5);
    gguf_key(&g, "a.texts", 9);
    bytes_put_u32(&g.b, 8);
    gguf_length(&g, 3);
    gguf_text(&g, "one");
    gguf_text(&g, "");
    gguf_text(&g, "three");
    gguf_key(&g, "a.i16s", 9);
    bytes_put_u32(&g.b, 3);
    gguf_length(&g, 2);
    buffer_put(&g.b, (const int16_t[]){-7, 8}, 4);
    gguf_info(&g, "m", 3, 2, 0, 0);
    gguf_info(&g, "v", 2, 0, 0, 32);
    gguf_pad(&g, 32);
    gguf_floats(&g, 6, 1);
    gguf_pad(&g, 32);
    gguf_floats(&g, 2, 10);
    assert_false(g.b.failed);
    return g;
}

static void check_small(const struct lm_file *f, uint32_t version) {
    struct text t;
    double v;
    assert_int_equal(f->container, LM_GGUF);
    assert_int_equal(f->version, version);
    assert_int_equal(f->n_metadata, 7);
    assert_true(text_equal_c(lm_file_value(f, "general.architecture")->text, "test"));
    assert_int_equal(lm_file_value(f, "a.u32")->u64, 4000000000u);
    check_near(lm_file_value(f, "a.f32")->f64, 0.5, 0);
    assert_true(lm_file_value(f, "a.bool")->boolean);
    assert_int_equal(lm_file_value(f, "a.i8")->i64, -5);
    const struct lm_value *texts = lm_file_value(f, "a.texts"), *numbers = lm_file_value(f, "a.i16s");
    assert_true(lm_value_text(texts, 2, &t) && text_equal_c(t, "three"));
    assert_true(lm_value_text(texts, 1, &t) && t.len == 0);
    assert_false(lm_value_text(texts, 3, &t));
    assert_false(lm_value_number(texts, 0, &v));
    assert_true(lm_value_number(numbers, 0, &v) && v == -7);
    assert_true(lm_value_number(numbers, 1, &v) && v == 8);
    assert_false(lm_value_number(numbers, 2, &v));
    assert_false(lm_value_text(NULL, 0, &t));
    assert_null(lm_file_value(f, "nothing"));
    const struct lm_tensor *m = lm_file_tensor(f, "m");
    assert_int_equal(m->dims, 2);
    assert_int_equal(m->shape[0], 2);
    assert_int_equal(m->shape[1], 3);
    assert_int_equal(lm_tensor_size(m), 6);
    float values[6];
    struct error err = {0};
    check_ok(lm_tensor_to_f32(m, values, &err));
    for (size_t i = 0; i < 6; i++) check_near((double)values[i], 1.0 + (double)i, 0);
    check_ok(lm_tensor_to_f32(lm_file_tensor(f, "v"), values, &err));
    check_near((double)values[1], 11, 0);
    assert_null(lm_file_tensor(f, "x"));
}

static void all_versions_are_read(void **state) {
    for (uint32_t version = 1; version <= 3; version++) {
        struct error err = {0};
        struct gguf_bytes g = small_file(version);
        struct lm_file *f = lm_file_open_memory(g.b.at, g.b.len, &err);
        check_ok(f);
        check_small(f, version);
        lm_file_close(f);
        buffer_done(&g.b);
    }
}

/* Each length is given in a block of its own, so that a sanitizer sees every byte read too far. */
static void any_truncation_is_an_error(void **state) {
    for (uint32_t version = 1; version <= 3; version++) {
        struct gguf_bytes g = small_file(version);
        for (size_t n = 0; n < g.b.len; n++) {
            struct error err = {0};
            char *part = malloc(n ? n : 1);
            memcpy(part, g.b.at, n);
            struct lm_file *f = lm_file_open_memory(part, n, &err);
            assert_null(f);
            assert_int_equal(err.kind, ERROR_DATA);
            assert_true(strlen(err.message) > 10);
            free(part);
        }
        buffer_done(&g.b);
    }
}

static void any_changed_byte_is_survived(void **state) {
    struct gguf_bytes g = small_file(3);
    for (size_t n = 0; n < g.b.len; n++)
        for (int bit = 0; bit < 8; bit += 7) {
            struct error err = {0};
            g.b.at[n] ^= (char)(1 << bit);
            struct lm_file *f = lm_file_open_memory(g.b.at, g.b.len, &err);
            if (f) assert_true(f->arena.used < 64 * g.b.len);
            lm_file_close(f);
            g.b.at[n] ^= (char)(1 << bit);
        }
    buffer_done(&g.b);
}

static void refused(struct gguf_bytes *g, const char *part) {
    struct error err = {0};
    check_fails(lm_file_open_memory(g->b.at, g->b.len, &err), ERROR_DATA, part);
    buffer_done(&g->b);
}

static void absurd_counts_are_refused(void **state) {
    struct gguf_bytes g = gguf_begin(3, UINT64_MAX, 0);
    refused(&g, "tensors, the file has room for 0");
    g = gguf_begin(3, 0, 1ull << 62);
    refused(&g, "metadata entries");
    g = gguf_begin(3, 0, 1);
    gguf_key(&g, "list", 9);
    bytes_put_u32(&g.b, 8);
    gguf_length(&g, 1ull << 60);
    refused(&g, "metadata 'list'");
    g = gguf_begin(3, 0, 1);
    bytes_put_u64(&g.b, UINT64_MAX); /* the length of a key */
    bytes_put_u64(&g.b, 0);
    refused(&g, "metadata key needs");
    g = gguf_begin(3, 0, 1);
    gguf_key(&g, "nested", 9);
    bytes_put_u32(&g.b, 9);
    gguf_length(&g, 1);
    refused(&g, "no arrays in arrays");
    g = gguf_begin(3, 0, 1);
    gguf_key(&g, "odd", 13);
    bytes_put_u64(&g.b, 0);
    refused(&g, "value of type 13");
}

static void wrong_heads_are_refused(void **state) {
    struct gguf_bytes g = gguf_begin(4, 0, 0);
    refused(&g, "GGUF version 4");
    g = gguf_begin(0x03000000, 0, 0);
    refused(&g, "big-endian");
    g = gguf_begin(3, 0, 2);
    gguf_u32(&g, "same", 1);
    gguf_u32(&g, "same", 2);
    refused(&g, "'same' comes twice");
    g = gguf_begin(3, 0, 1);
    gguf_u32(&g, "bad\x01key", 1);
    refused(&g, "not printable");
    g = gguf_begin(3, 0, 1);
    gguf_u32(&g, "general.alignment", 24);
    refused(&g, "power of two");
}

/* One tensor [inner, rows] of a type at an offset with `bytes` of data behind it. */
static struct gguf_bytes one_tensor(uint64_t inner, uint64_t rows, uint32_t type, uint64_t offset, size_t bytes) {
    struct gguf_bytes g = gguf_begin(3, 1, 0);
    gguf_info(&g, "t", inner, rows, type, offset);
    gguf_pad(&g, 32);
    for (size_t i = 0; i < bytes; i++) buffer_put_char(&g.b, 0);
    return g;
}

static void wrong_tensors_are_refused(void **state) {
    struct gguf_bytes g = one_tensor(8, 4, 0, 32, 128);
    refused(&g, "'t' of 128 bytes at data offset 32 ends behind");
    g = one_tensor(8, 4, 0, UINT64_MAX - 31, 128);
    refused(&g, "ends behind");
    g = one_tensor(8, 4, 0, 4, 256);
    refused(&g, "no multiple of the alignment 32");
    g = one_tensor(1ull << 33, 1ull << 33, 0, 0, 128);
    refused(&g, "overflows");
    g = one_tensor(1ull << 31, 1ull << 30, 0, 0, 128);
    refused(&g, "ends behind");
    g = one_tensor(8, 4, 16, 0, 128);
    refused(&g, "type 16 (IQ2_XXS), which is not built");
    g = one_tensor(8, 4, 999, 0, 128);
    refused(&g, "type 999 (unknown)");
    g = one_tensor(33, 1, 8, 0, 128);
    refused(&g, "no whole blocks of Q8_0");
    g = one_tensor(0, 1, 0, 0, 128);
    refused(&g, "size of 0");
    g = gguf_begin(3, 1, 0);
    gguf_text(&g, "t");
    bytes_put_u32(&g.b, 5);
    for (size_t i = 0; i < 64; i++) buffer_put_char(&g.b, 1);
    refused(&g, "5 dimensions");
}

static void overlaps_and_repeated_names_are_refused(void **state) {
    struct gguf_bytes g = gguf_begin(3, 2, 0);
    gguf_info(&g, "a", 16, 0, 0, 0);
    gguf_info(&g, "b", 16, 0, 0, 32);
    gguf_pad(&g, 32);
    gguf_floats(&g, 32, 0);
    refused(&g, "'a' and 'b' overlap");
    g = gguf_begin(3, 2, 0);
    gguf_info(&g, "a", 8, 0, 0, 0);
    gguf_info(&g, "a", 8, 0, 0, 32);
    gguf_pad(&g, 32);
    gguf_floats(&g, 32, 0);
    refused(&g, "'a' comes twice");
}

/* What a hostile file makes us hold stays within a small multiple of its size. */
static void memory_is_bounded_by_the_file(void **state) {
    struct error err = {0};
    struct gguf_bytes g = gguf_begin(3, 0, 1);
    gguf_key(&g, "empty texts", 9);
    bytes_put_u32(&g.b, 8);
    gguf_length(&g, 100000);
    for (size_t i = 0; i < 100000; i++) bytes_put_u64(&g.b, 0);
    struct lm_file *f = lm_file_open_memory(g.b.at, g.b.len, &err);
    check_ok(f);
    assert_true(f->arena.used < 4 * g.b.len);
    lm_file_close(f);
    buffer_done(&g.b);
    g = gguf_begin(3, 0, 20000);
    for (size_t i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%zu", i);
        gguf_key(&g, key, 0);
        buffer_put_char(&g.b, 1);
    }
    f = lm_file_open_memory(g.b.at, g.b.len, &err);
    check_ok(f);
    assert_true(f->arena.used < 16 * g.b.len);
    lm_file_close(f);
    buffer_done(&g.b);
}

static void failing_memory_is_survived(void **state) {
    struct gguf_bytes g = small_file(3);
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        memory_fail_at(n);
        struct lm_file *f = lm_file_open_memory(g.b.at, g.b.len, &err);
        memory_fail_at(0);
        lm_file_close(f);
        if (f) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_true(n < 100);
    }
    buffer_done(&g.b);
}

/* ---- the writer ---- */

static const char *temporary(char path[64]) {
    strcpy(path, "/tmp/test-gguf-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    return path;
}

static const float ramp[128] = {0, 1, -2, 3, -4, 5, -6, 7, 0.5f, 1.25f, -1.5f, 0.125f, 100, -100};

static bool write_all(const char *path, struct error *err) {
    const struct text words[2] = {TEXT("a"), TEXT("\xe2\x96\x81"
                                                  "b")};
    const float reals[2] = {1.5f, -2};
    const int32_t integers[3] = {1, -2, 3};
    const uint64_t vector[1] = {3}, matrix[2] = {2, 64}, cube[3] = {2, 2, 32};
    struct gguf_writer *w = gguf_writer_new(path, err);
    bool ok = w && gguf_put_text(w, "general.architecture", TEXT("x"), err) && gguf_put_u32(w, "u", 7, err) &&
              gguf_put_u64(w, "w", 1ull << 40, err) && gguf_put_f32(w, "f", 0.25f, err) &&
              gguf_put_bool(w, "b", true, err) && gguf_put_texts(w, "s", words, 2, err) &&
              gguf_put_f32s(w, "r", reals, 2, err) && gguf_put_i32s(w, "i", integers, 3, err) &&
              gguf_put_tensor(w, "f32", LM_F32, 1, vector, ramp, err) &&
              gguf_put_tensor(w, "f16", LM_F16, 2, matrix, ramp, err) &&
              gguf_put_tensor(w, "bf16", LM_BF16, 2, matrix, ramp, err) &&
              gguf_put_tensor(w, "q8", LM_Q8_0, 3, cube, ramp, err) &&
              gguf_put_tensor(w, "q4", LM_Q4_0, 2, matrix, ramp, err) && gguf_writer_end(w, err);
    gguf_writer_free(w);
    return ok;
}

static void written_files_read_back(void **state) {
    struct error err = {0};
    char path[64];
    check_ok(write_all(temporary(path), &err));
    struct lm_file *f = lm_file_open(path, &err);
    check_ok(f);
    assert_int_equal(f->version, 3);
    assert_int_equal(f->n_tensors, 5);
    assert_int_equal(lm_file_value(f, "u")->u64, 7);
    assert_int_equal(lm_file_value(f, "w")->u64, 1ull << 40);
    check_near(lm_file_value(f, "f")->f64, 0.25, 0);
    assert_true(lm_file_value(f, "b")->boolean);
    struct text t;
    double v;
    assert_true(lm_value_text(lm_file_value(f, "s"), 1, &t) && text_equal_c(t, "\xe2\x96\x81"
                                                                               "b"));
    assert_true(lm_value_number(lm_file_value(f, "r"), 1, &v) && v == -2);
    assert_true(lm_value_number(lm_file_value(f, "i"), 1, &v) && v == -2);
    for (size_t i = 0; i < f->n_tensors; i++) {
        const struct lm_tensor *x = &f->tensors[i];
        const struct lm_type_info *type = lm_type_find(x->type);
        assert_int_equal(x->offset % 32, 0);
        unsigned char expected[512];
        type->from_f32(ramp, expected, (size_t)lm_tensor_size(x));
        assert_memory_equal(x->data, expected, x->bytes);
    }
    assert_int_equal(lm_file_tensor(f, "q8")->dims, 3);
    assert_int_equal(lm_file_tensor(f, "q8")->shape[2], 32);
    char hex[65], whole[65];
    check_ok(lm_file_digest(f, hex, &err));
    lm_file_close(f);
    char again[64];
    check_ok(write_all(temporary(again), &err));
    struct lm_file *g = lm_file_open(again, &err);
    check_ok(g);
    check_ok(lm_file_digest(g, whole, &err));
    assert_string_equal(hex, whole);
    lm_file_close(g);
    unlink(path);
    unlink(again);
}

static void alignment_is_written(void **state) {
    struct error err = {0};
    char path[64];
    const uint64_t shape[1] = {3};
    struct gguf_writer *w = gguf_writer_new(temporary(path), &err);
    check_ok(w);
    check_fails(gguf_put_u32(w, "general.alignment", 48, &err), ERROR_USAGE, "power of two");
    check_ok(gguf_put_u32(w, "general.alignment", 256, &err));
    check_ok(gguf_put_tensor(w, "a", LM_F32, 1, shape, ramp, &err));
    check_ok(gguf_put_tensor(w, "b", LM_F32, 1, shape, ramp + 1, &err));
    check_ok(gguf_writer_end(w, &err));
    gguf_writer_free(w);
    struct lm_file *f = lm_file_open(path, &err);
    check_ok(f);
    for (size_t i = 0; i < 2; i++) assert_int_equal(f->tensors[i].offset % 256, 0);
    assert_memory_equal(lm_file_tensor(f, "b")->data, ramp + 1, 12);
    lm_file_close(f);
    unlink(path);
}

static void wrong_use_of_the_writer_leaves_nothing(void **state) {
    struct error err = {0};
    char path[64];
    const uint64_t odd[1] = {33}, none[1] = {0}, vector[1] = {4};
    struct gguf_writer *w = gguf_writer_new(temporary(path), &err);
    check_ok(w);
    check_ok(gguf_put_u32(w, "k", 1, &err));
    check_fails(gguf_put_u32(w, "k", 1, &err), ERROR_USAGE, "'k' is written twice");
    check_fails(gguf_put_tensor(w, "t", LM_Q8_0, 1, odd, ramp, &err), ERROR_USAGE, "whole blocks");
    check_fails(gguf_put_tensor(w, "t", LM_I64, 1, vector, ramp, &err), ERROR_USAGE, "I64 cannot be written");
    check_fails(gguf_put_tensor(w, "t", LM_F32, 1, none, ramp, &err), ERROR_USAGE, "size of 0");
    check_ok(gguf_put_tensor(w, "t", LM_F32, 1, vector, ramp, &err));
    check_ok(gguf_put_tensor(w, "t", LM_F32, 1, vector, ramp, &err));
    check_fails(gguf_writer_end(w, &err), ERROR_USAGE, "'t' is written twice");
    gguf_writer_free(w);
    assert_false(file_exists(path));
    check_fails(gguf_writer_new("/no such folder/x.gguf", &err), ERROR_ENVIRONMENT, "cannot write");
}

static void failing_memory_leaves_no_file(void **state) {
    char path[64];
    temporary(path);
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        memory_fail_at(n);
        bool ok = write_all(path, &err);
        memory_fail_at(0);
        if (ok) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_false(file_exists(path));
        assert_true(n < 200);
    }
    unlink(path);
}

/* ---- files of other tools ---- */

static void real_files_are_listed(void **state) {
    static const struct {
        const char *name;
        size_t tensors, metadata;
        const char *error; /* NULL: opens */
    } files[] = {
        {"container-fixtures/empty.gguf", 0, 1, NULL},
        {"container-fixtures/tiny.gguf", 0, 0, "'test.weight.0' of 32768 bytes"},
        {"stories260K/stories260K-v3.gguf", 47, 0, NULL},
        {"stories260K/tinyllamas-stories-260k-f32.gguf", 48, 18, NULL},
        {"vocab-gguf/ggml-vocab-gpt-2.gguf", 0, 0, NULL},
        {"vocab-gguf/ggml-vocab-llama-spm.gguf", 0, 0, NULL},
        {"vocab-gguf/ggml-vocab-falcon.gguf", 0, 0, NULL},
        {"vocab-gguf/ggml-vocab-deepseek-coder.gguf", 0, 0, NULL},
        {"vocab-gguf/ggml-vocab-bert-bge.gguf", 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error err = {0};
        char path[4096];
        snprintf(path, sizeof path, "%s/../shared/data/models/%s", root, files[i].name);
        if (!file_exists(path)) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        struct lm_file *f = lm_file_open(path, &err);
        if (files[i].error) {
            assert_null(f);
            assert_non_null(strstr(err.message, files[i].error));
            continue;
        }
        check_ok(f);
        assert_int_equal(f->n_tensors, files[i].tensors);
        if (files[i].metadata) assert_int_equal(f->n_metadata, files[i].metadata);
        lm_file_close(f);
    }
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_versions_are_read),
        cmocka_unit_test(any_truncation_is_an_error),
        cmocka_unit_test(any_changed_byte_is_survived),
        cmocka_unit_test(absurd_counts_are_refused),
        cmocka_unit_test(wrong_heads_are_refused),
        cmocka_unit_test(wrong_tensors_are_refused),
        cmocka_unit_test(overlaps_and_repeated_names_are_refused),
        cmocka_unit_test(memory_is_bounded_by_the_file),
        cmocka_unit_test(failing_memory_is_survived),
        cmocka_unit_test(written_files_read_back),
        cmocka_unit_test(alignment_is_written),
        cmocka_unit_test(wrong_use_of_the_writer_leaves_nothing),
        cmocka_unit_test(failing_memory_leaves_no_file),
        cmocka_unit_test(real_files_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
