/* The safetensors reader: headers, places of tensors, folders with shards, damaged and hostile files. */
#include "check.h"

#include "base/hash.h"
#include "lm/files/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root;

/* Header length, header, then `bytes` of data that count up. */
static struct buffer make(const char *header, size_t bytes) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 24);
    uint64_t n = strlen(header);
    buffer_put(&b, &n, sizeof n);
    buffer_put_c(&b, header);
    for (size_t i = 0; i < bytes; i++) buffer_put_char(&b, (char)i);
    return b;
}

static const char good[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                           "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                           "\"h\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]},"
                           "\"one\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[32,40]},"
                           "\"none\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[40,40]}}  ";

static void tensors_are_found(void **state) {
    struct error err = {0};
    struct buffer b = make(good, 40);
    struct lm_file *f = lm_file_open_memory(b.at, b.len, &err);
    check_ok(f);
    assert_int_equal(f->container, LM_SAFETENSORS);
    assert_int_equal(f->n_tensors, 4);
    const struct lm_tensor *w = lm_file_tensor(f, "w"), *h = lm_file_tensor(f, "h"), *one = lm_file_tensor(f, "one");
    assert_int_equal(w->dims, 2);
    assert_int_equal(w->shape[0], 2);
    assert_int_equal(w->shape[1], 3);
    assert_int_equal(w->type, LM_F32);
    assert_int_equal(h->type, LM_BF16);
    assert_int_equal(*(const unsigned char *)h->data, 24);
    assert_int_equal(one->dims, 0);
    assert_int_equal(lm_tensor_size(one), 1);
    assert_int_equal(lm_tensor_size(lm_file_tensor(f, "none")), 0);
    assert_null(lm_file_tensor(f, "__metadata__"));
    lm_file_close(f);
    buffer_done(&b);
}

static void any_truncation_is_an_error(void **state) {
    struct buffer b = make(good, 40);
    for (size_t n = 0; n < b.len; n++) {
        struct error err = {0};
        char *part = malloc(n ? n : 1);
        memcpy(part, b.at, n);
        assert_null(lm_file_open_memory(part, n, &err));
        assert_int_equal(err.kind, ERROR_DATA);
        free(part);
    }
    buffer_done(&b);
}

static void any_changed_byte_is_survived(void **state) {
    struct buffer b = make(good, 40);
    for (size_t n = 0; n < b.len; n++) {
        struct error err = {0};
        b.at[n] ^= 1;
        lm_file_close(lm_file_open_memory(b.at, b.len, &err));
        b.at[n] ^= 1;
    }
    buffer_done(&b);
}

static void wrong_headers_are_refused(void **state) {
    static const struct {
        const char *header;
        size_t bytes;
        const char *error;
    } cases[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}", 8, "JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],"
         "\"data_offsets\":[8,8]}}",
         8, "duplicate"},
        {"{\"a\":{\"dtype\":\"F8_E5M2\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2,
         "dtype 'F8_E5M2', which is not built"},
        {"{\"a\":{\"dtype\":\"Q8_0\",\"shape\":[32],\"data_offsets\":[0,34]}}", 34, "dtype 'Q8_0'"},
        {"{\"a\":{\"dtype\":7,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "a.dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "sizes of at least 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "sizes of at least 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,2],\"data_offsets\":[0,8]}}", 8, "5 dimensions"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "rising"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "rising"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,12]}}", 12, "has 12 bytes, its shape needs 8"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 8, "the data has 8 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 8, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", 8, "the data has 8"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
         "\"data_offsets\":[4,12]}}",
         12, "'a' and 'b' overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
         "\"data_offsets\":[12,16]}}",
         16, "4 unused bytes before tensor 'b'"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "4 unused bytes before tensor 'a'"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, "1 unused bytes behind"},
        {"{\"a\":[1]}", 0, "an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct buffer b = make(cases[i].header, cases[i].bytes);
        check_fails(lm_file_open_memory(b.at, b.len, &err), ERROR_DATA, cases[i].error);
        buffer_done(&b);
    }
}

static void absurd_header_lengths_are_refused(void **state) {
    struct error err = {0};
    char bytes[64] = {0};
    const uint64_t lengths[] = {64, 1000, 1u << 24};
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes, &lengths[i], 8);
        bytes[8] = '{';
        check_fails(lm_file_open_memory(bytes, sizeof bytes, &err), ERROR_DATA, "cut short");
    }
}

static void failing_memory_is_survived(void **state) {
    struct buffer b = make(good, 40);
    for (uint64_t n = 1;; n++) {
        struct error err = {0};
        memory_fail_at(n);
        struct lm_file *f = lm_file_open_memory(b.at, b.len, &err);
        memory_fail_at(0);
        lm_file_close(f);
        if (f) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        assert_true(n < 100);
    }
    buffer_done(&b);
}

/* ---- folders ---- */

struct folder {
    char path[64];
};

static struct folder new_folder(void) {
    struct folder f = {"/tmp/test-safetensors-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static void put(const struct folder *f, const char *name, const void *at, size_t n) {
    struct error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    check_ok(file_write(path, (struct text){at, n}, &err));
}

static void put_c(const struct folder *f, const char *name, const char *text) {
    put(f, name, text, strlen(text));
}

static void put_shard(const struct folder *f, const char *name, const char *tensor, char first) {
    char header[256];
    snprintf(header, sizeof header, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", tensor);
    struct buffer b = make(header, 4);
    b.at[b.len - 4] = first;
    put(f, name, b.at, b.len);
    buffer_done(&b);
}

static void remove_folder(const struct folder *f) {
    static const char *const names[] = {"config.json", "model.safetensors.index.json", "model.safetensors",
                                        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        unlink(path);
    }
    rmdir(f->path);
}

#define INDEX "model.safetensors.index.json"

static void shards_are_one_model(void **state) {
    struct error err = {0};
    struct folder f = new_folder();
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "no config.json");
    put_c(&f, "config.json", "{}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "neither model.safetensors nor");
    put_c(&f, INDEX,
          "{\"weight_map\":{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}}");
    check_fails(lm_file_open(f.path, &err), ERROR_ENVIRONMENT, "model-00002");
    put_shard(&f, "model-00001-of-00002.safetensors", "a", 11);
    put_shard(&f, "model-00002-of-00002.safetensors", "b", 22);
    struct lm_file *file = lm_file_open(f.path, &err);
    check_ok(file);
    assert_int_equal(file->n_tensors, 2);
    assert_int_equal(file->n_maps, 4);
    assert_int_equal(*(const char *)lm_file_tensor(file, "a")->data, 11);
    assert_int_equal(*(const char *)lm_file_tensor(file, "b")->data, 22);
    assert_non_null(file->config);
    char hex[65], expected[65];
    check_ok(lm_file_digest(file, hex, &err));
    /* config.json < model-00001 < model-00002 < the index, whatever the order of reading */
    struct buffer all;
    buffer_init(&all, 1 << 20);
    const size_t order[4] = {0, 3, 2, 1};
    for (size_t i = 0; i < 4; i++) buffer_put(&all, file->maps[order[i]].at, file->maps[order[i]].len);
    sha256_hex(all.at, all.len, expected);
    assert_string_equal(hex, expected);
    buffer_done(&all);
    lm_file_close(file);
    remove_folder(&f);
}

static void wrong_indices_are_refused(void **state) {
    struct error err = {0};
    struct folder f = new_folder();
    put_c(&f, "config.json", "{}");
    put_shard(&f, "model-00001-of-00002.safetensors", "a", 1);
    put_shard(&f, "model-00002-of-00002.safetensors", "a", 1);
    put_c(&f, INDEX, "{\"weight_map\":{\"a\":\"../../etc/passwd\"}}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "in the same folder");
    put_c(&f, INDEX, "{\"weight_map\":{\"a\":7}}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "in the same folder");
    put_c(&f, INDEX, "{\"weight_map\":[]}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "weight_map");
    put_c(&f, INDEX, "[]");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "an object");
    put_c(&f, INDEX,
          "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"z\":\"model-00001-of-00002.safetensors\"}}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "'z' is listed in 'model-00001-of-00002.safetensors'");
    put_c(&f, INDEX,
          "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "'a' comes twice");
    put_c(&f, "config.json", "{\"a\":");
    check_fails(lm_file_open(f.path, &err), ERROR_DATA, "config.json:1");
    remove_folder(&f);
}

static void real_files_are_listed(void **state) {
    static const struct {
        const char *name;
        size_t tensors;
        const char *error;
    } files[] = {
        {"container-fixtures/multi_layer.safetensors", 9, NULL},
        {"container-fixtures/mnist.safetensors", 20, NULL},
        /* holds 5 bytes that no tensor owns, which the format forbids */
        {"container-fixtures/tiny.safetensors", 0, "5 unused bytes behind the last tensor"},
        {"stories260K/model.safetensors", 47, NULL},
        {"stories260K", 47, NULL},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error err = {0};
        char path[4096];
        snprintf(path, sizeof path, "%s/../shared/data/models/%s", root, files[i].name);
        if (!file_exists(path)) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        if (files[i].error) {
            check_fails(lm_file_open(path, &err), ERROR_DATA, files[i].error);
            continue;
        }
        struct lm_file *f = lm_file_open(path, &err);
        check_ok(f);
        assert_int_equal(f->n_tensors, files[i].tensors);
        lm_file_close(f);
    }
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found),
        cmocka_unit_test(any_truncation_is_an_error),
        cmocka_unit_test(any_changed_byte_is_survived),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(absurd_header_lengths_are_refused),
        cmocka_unit_test(failing_memory_is_survived),
        cmocka_unit_test(shards_are_one_model),
        cmocka_unit_test(wrong_indices_are_refused),
        cmocka_unit_test(real_files_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
