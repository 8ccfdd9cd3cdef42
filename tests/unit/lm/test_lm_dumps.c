/* Files of activations and distillation dumps: what is written is read again, byte for byte as the headers say; files
 * that are cut, changed or foreign are refused with the byte; a file that is not committed does not exist. */
#include "check.h"

#include "lm/files/activation_file.h"
#include "lm/files/top_file.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/basanite-dumps-XXXXXX";

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

#define DIGEST_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_B "ff00000000000000000000000000000000000000000000000000000000000001"

enum { ROWS = 5, LAYERS = 3, WIDTH = 7 };

static void write_activations(const char *name, bool commit) {
    struct error err = {0};
    struct activation_header header = {
        .layers = LAYERS, .width = WIDTH, .pooling = 3, .blocks = 8, .which = {0, 8, 9}, .subject = DIGEST_A};
    struct activation_out out;
    float values[ROWS * LAYERS * WIDTH];
    int32_t ids[] = {1, 70000, 3};
    for (size_t i = 0; i < ROWS * LAYERS * WIDTH; i++) values[i] = (float)i / 3 - 4;
    check_ok(activation_out_open(&out, path_of(name), &header, &err));
    activation_out_put(&out, ids, 2, values, 4);
    activation_out_put(&out, ids + 2, 1, values + 4 * LAYERS * WIDTH, 1);
    if (commit) check_ok(activation_out_commit(&out, &err));
    activation_out_abandon(&out);
}

static void activations_come_back(void **state) {
    struct error err = {0};
    struct activation_in in;
    char hex[HASH_HEX];
    static const unsigned char ids[] = {1, 0, 0, 0, 0x70, 0x11, 1, 0, 3, 0, 0, 0};
    write_activations("a.act", true);
    check_ok(activation_in_open(&in, path_of("a.act"), &err));
    assert_int_equal(in.map.len, 128 + ROWS * LAYERS * WIDTH * 4); /* 104 + 3 layers, up to a multiple of 64 */
    assert_memory_equal(in.map.at,
                        "BSNACT1\n\5\0\0\0\0\0\0\0\3\0\0\0\7\0\0\0\0\0\0\0\3\0\0\0\10\0\0\0\0\0\0\0\1\x23\x45", 43);
    assert_int_equal(in.header.n, ROWS);
    assert_int_equal(in.header.pooling, 3);
    assert_int_equal(in.header.which[2], 9);
    assert_string_equal(in.header.subject, DIGEST_A);
    sha256_hex(ids, sizeof ids, hex);
    assert_string_equal(in.header.texts, hex);
    for (size_t i = 0; i < ROWS * LAYERS * WIDTH; i++) assert_true(in.values[i] == (float)i / 3 - 4);
    activation_in_close(&in);
    write_activations("never.act", false);
    assert_false(file_exists(path_of("never.act")));
}

enum { K = 2, POSITIONS = 3 };

static void write_top(const char *name) {
    struct error err = {0};
    struct top_header header = {.k = K, .vocabulary = 70001, .tokenizer = DIGEST_A, .subject = DIGEST_B};
    struct top_out out;
    int32_t text[] = {1, 70000, 3};
    check_ok(top_out_open(&out, path_of(name), &header, &err));
    top_out_text(&out, text, 2);
    top_out_put(&out, (int32_t[]){70000, 5}, (double[]){0.75, 0.2}, 0.05);
    top_out_put(&out, (int32_t[]){3, 4}, (double[]){1, 0}, 0);
    top_out_text(&out, text + 2, 1);
    top_out_put(&out, (int32_t[]){0, 1}, (double[]){0.5, 0.5}, 1e-9);
    check_ok(top_out_commit(&out, &err));
    top_out_abandon(&out);
}

static void dumps_come_back(void **state) {
    struct error err = {0};
    struct top_in in;
    int32_t ids[K];
    double p[K];
    write_top("t.topk");
    check_ok(top_in_open(&in, path_of("t.topk"), &err));
    assert_int_equal(in.map.len, 128 + POSITIONS * (6 * K + 2));
    assert_memory_equal(in.map.at, "BSNTOP1\n\2\0\0\0\x71\x11\1\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1\x23", 34);
    assert_int_equal(in.header.texts, 2);
    assert_int_equal(in.header.positions, POSITIONS);
    assert_string_equal(in.header.tokenizer, DIGEST_A);
    assert_string_equal(in.header.subject, DIGEST_B);
    check_near(top_in_get(&in, 0, ids, p), 0.05, 0.5 / 65535);
    assert_int_equal(ids[0], 70000);
    assert_int_equal(ids[1], 5);
    check_near(p[0], 0.75, 0.5 / 65535);
    check_near(p[1], 0.2, 0.5 / 65535);
    assert_true(top_in_get(&in, 1, ids, p) == 0 && p[0] == 1 && p[1] == 0);
    assert_true(top_in_get(&in, 2, ids, p) == 0 && ids[1] == 1);
    top_in_close(&in);
}

/* The file with `n` bytes at `at` replaced, cut to `length` where that is not 0. */
static const char *changed(const char *from, size_t at, const void *bytes, size_t n, size_t length) {
    struct error err = {0};
    struct arena arena;
    struct text t;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, path_of(from), 1 << 20, &t, &err));
    char *copy = arena_copy(&arena, t.at, t.len, &err);
    memcpy(copy + at, bytes, n);
    check_ok(file_write(path_of("changed"), (struct text){copy, length ? length : t.len}, &err));
    arena_done(&arena);
    return path_of("changed");
}

static void foreign_and_broken_files_are_refused(void **state) {
    struct error err = {0};
    struct activation_in in;
    struct top_in top;
    static const unsigned char most[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    write_activations("a.act", true);
    write_top("t.topk");
    static const struct {
        size_t at, n, length;
        const char *said;
    } activations[] = {{0, 1, 0, "no file of activations"},
                       {0, 0, 50, "no file of activations"},
                       {8, 8, 0, "do not make"},
                       {16, 4, 0, "byte 16"},
                       {20, 4, 0, "do not make"},
                       {24, 1, 0, "byte 24: numbers of type 255"},
                       {28, 1, 0, "pooling 255"},
                       {104, 4, 0, "byte 104: layer 4294967295"},
                       {0, 0, 300, "do not make 300 bytes"}},
      tops[] = {{0, 1, 0, "no distillation dump"},
                {0, 0, 20, "no distillation dump"},
                {8, 4, 0, "byte 8"},
                {24, 8, 0, "byte 24"},
                {0, 0, 130, "do not make 130"},
                {128, 4, 0, "byte 128: token 4294967295"},
                {138, 2, 0, "expected falling ones"}};
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        const char *path = changed("a.act", activations[i].at, activations[i].length ? "B" : (const char *)most,
                                   activations[i].length ? 0 : activations[i].n, activations[i].length);
        check_fails(activation_in_open(&in, path, &err), ERROR_DATA, activations[i].said);
    }
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        const char *path = changed("t.topk", tops[i].at, tops[i].length ? "B" : (const char *)most,
                                   tops[i].length ? 0 : tops[i].n, tops[i].length);
        check_fails(top_in_open(&top, path, &err), ERROR_DATA, tops[i].said);
    }
}

static void what_cannot_be_written_is_told(void **state) {
    struct error err = {0};
    struct activation_out out;
    struct top_out top;
    struct activation_header header = {.layers = 0, .width = 4};
    struct top_header two = {.k = 9, .vocabulary = 8};
    check_fails(activation_out_open(&out, path_of("x"), &header, &err), ERROR_USAGE, "1 to 4096 layers");
    check_fails(top_out_open(&top, path_of("x"), &two, &err), ERROR_USAGE, "1 to 8 can be kept");
    header.layers = 1;
    check_fails(activation_out_open(&out, "/nonexistent/x", &header, &err), ERROR_ENVIRONMENT, "/nonexistent/x");
}

static int setup(void **state) {
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state) {
    static const char *const names[] = {"a.act", "t.topk", "changed"};
    for (size_t i = 0; i < 3; i++) unlink(path_of(names[i]));
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_come_back),
        cmocka_unit_test(dumps_come_back),
        cmocka_unit_test(foreign_and_broken_files_are_refused),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
