/* Pickled weights: tensors are listed by name, type and shape; calls are named and never made; what is cut short or is no
 * plain value is refused with its place. The pickles are written here opcode by opcode. */
#include "check.h"

#include "base/buffer.h"
#include "base/zip.h"
#include "lm/files/pickle.h"

#include <stdlib.h>
#include <unistd.h>

static struct error err;
static const char *root;

#define GLOBAL(module, name) "c" module "\n" name "\n"
#define NAME(text, length) "X" length "\0\0\0" text
/* _rebuild_tensor_v2(storage, 0, (2, 3), (3, 1), False, {}) */
#define TENSOR(storage, key, sizes)                                                                                    \
    GLOBAL("torch._utils", "_rebuild_tensor_v2")                                                                       \
    "((" NAME("storage", "\7") GLOBAL("torch", storage) NAME(key, "\1") NAME("cpu", "\3") "K\6tQK\0" sizes "K\3K\1\x86\x89}tR"

static struct pickle_list read_list(struct arena *arena, const char *bytes, size_t n) {
    struct pickle_list list;
    struct file_map map = {(const unsigned char *)bytes, n};
    check_ok(pickle_read(&map, "test.pt", arena, &list, &err));
    return list;
}

static void check_tensor(const struct pickle_list *list, size_t i, const char *name, const char *type, size_t dims,
                         uint64_t first) {
    assert_true(i < list->n);
    if (!text_equal_c(list->tensors[i].name, name)) fail_msg("found '%.*s'", TEXT_ARG(list->tensors[i].name));
    assert_string_equal(list->tensors[i].type, type);
    assert_int_equal(list->tensors[i].dims, dims);
    if (dims) assert_int_equal(list->tensors[i].shape[0], first);
}

static void tensors_are_listed(void **state) {
    (void)state;
    static const char pickle[] = "\x80\2}q\0(" NAME("a", "\1") TENSOR("FloatStorage", "0", "K\2K\3\x86") NAME("n", "\1")
                                 "}" NAME("b", "\1") TENSOR("HalfStorage", "1", "M\0\1\x85") "su.";
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct pickle_list list = read_list(&arena, pickle, sizeof pickle - 1);
    assert_int_equal(list.n, 2);
    check_tensor(&list, 0, "a", "f32", 2, 2);
    check_tensor(&list, 1, "n.b", "f16", 1, 256);
    assert_int_equal(list.tensors[0].elements, 6);
    assert_true(text_equal_c(list.tensors[1].storage, "1"));
    assert_int_equal(list.n_calls, 0);
    arena_done(&arena);
}

/* The classic attack: a call of os.system as the value of a key. */
static void nothing_is_called(void **state) {
    (void)state;
    char mark[] = "/tmp/basanite-pickle-XXXXXX", pickle[256];
    close(mkstemp(mark));
    unlink(mark);
    int n = snprintf(pickle, sizeof pickle, "\x80\2}U\1xcposix\nsystem\nU%ctouch %s\x85Rs.", (int)strlen(mark) + 6, mark);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct pickle_list list = read_list(&arena, pickle, (size_t)n);
    assert_int_equal(list.n, 0);
    assert_int_equal(list.n_calls, 1);
    assert_true(text_equal_c(list.calls[0], "posix.system"));
    assert_false(file_exists(mark));
    arena_done(&arena);
}

static void bad_pickles_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *part;
    } cases[] = {
        {"\x80\2}", 3, "byte 3: the pickle is cut short"},
        {"\x80\2R.", 4, "an opcode without its operands"},
        {"\x80\2(K\1u.", 6, "items without what they belong to"},
        {"\x80\2h\5.", 5, "nothing was remembered"},
        {"\x80\2\xFF.", 4, "byte 2: opcode 0xff"},
        {"\x80\2X\xFF\xFF\xFF\x7F" "a.", 9, "longer than the file"},
        {"PK\3\4", 4, "expected the end of a zip file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct pickle_list list;
        struct file_map map = {(const unsigned char *)cases[i].bytes, cases[i].n};
        arena_init(&arena, 1 << 20);
        check_fails(pickle_read(&map, "test.pt", &arena, &list, &err), ERROR_DATA, cases[i].part);
        arena_done(&arena);
    }
}

/* torch.save stores data.pkl; other writers of zips compress it, and a zip may have none. */
static void a_pickle_in_a_zip_is_found(void **state) {
    (void)state;
    static const char pickle[] = "\x80\2cposix\nsystem\n)R.";
    static const struct {
        const char *name;
        enum zip_method method;
        const char *part; /* NULL: it is found */
    } cases[] = {
        {"archive/data.pkl", ZIP_STORED, NULL},
        {"data.pkl", ZIP_DEFLATED, NULL},
        {"archive/mydata.pkl", ZIP_STORED, "no data.pkl in this zip"},
        {"weights.npy", ZIP_STORED, "arrays of NumPy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct buffer bytes;
        struct zip_writer w;
        struct pickle_list list;
        arena_init(&arena, 1 << 20);
        buffer_init(&bytes, 1 << 16);
        zip_begin(&w, &bytes);
        check_ok(zip_put(&w, TEXT("archive/version"), TEXT("3\n"), ZIP_STORED, &err));
        check_ok(zip_put(&w, text_of(cases[i].name), (struct text){pickle, sizeof pickle - 1}, cases[i].method, &err));
        check_ok(zip_end(&w, &err));
        struct file_map map = {(const unsigned char *)bytes.at, bytes.len};
        if (cases[i].part) {
            check_fails(pickle_read(&map, "test.pt", &arena, &list, &err), ERROR_DATA, cases[i].part);
        } else {
            check_ok(pickle_read(&map, "test.pt", &arena, &list, &err));
            assert_true(list.is_zip && list.n_calls == 1 && text_equal_c(list.calls[0], "posix.system"));
        }
        buffer_done(&bytes);
        arena_done(&arena);
    }
}

static void a_real_file_is_listed(void **state) {
    (void)state;
    char path[512];
    struct file_map map;
    struct arena arena;
    struct pickle_list list;
    snprintf(path, sizeof path, "%s/../shared/data/models/container-fixtures/demo_rand_params.pth", root);
    if (!file_exists(path)) {
        printf("skipped: no %s\n", path);
        skip();
    }
    arena_init(&arena, 1 << 24);
    check_ok(file_map(path, &map, &err));
    assert_true(pickle_claims(&map));
    check_ok(pickle_read(&map, path, &arena, &list, &err));
    assert_true(list.is_zip);
    assert_int_equal(list.n_calls, 0);
    assert_true(list.n > 10);
    for (size_t cut = 0; cut < map.len; cut += 1 + cut / 16) { /* every cut is refused */
        struct file_map part = {map.at, cut};
        struct pickle_list none;
        check_fails(pickle_read(&part, path, &arena, &none, &err), ERROR_DATA, "byte");
    }
    file_unmap(&map);
    arena_done(&arena);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_listed),
        cmocka_unit_test(nothing_is_called),
        cmocka_unit_test(bad_pickles_are_refused),
        cmocka_unit_test(a_pickle_in_a_zip_is_found),
        cmocka_unit_test(a_real_file_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
