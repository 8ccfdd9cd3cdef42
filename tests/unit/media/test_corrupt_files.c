/* Going through files: the same bytes for any number of threads and whatever lies beside a file, one line for each file
 * that fails, and nothing that is read is written. */
#include "check.h"

#include "base/file.h"
#include "media/corrupt_files.h"
#include "media/image/image.h"
#include "media/image/image_made.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static struct error err;
static char folder[64], in[96], out[96];

static int set_up(void **state) {
    arena_init(&arena, (size_t)1 << 30);
    error_clear(&err);
    snprintf(folder, sizeof folder, "corrupt-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(in, sizeof in, "%s/in", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    return 0;
}

static int tear_down(void **state) {
    char line[128];
    arena_done(&arena);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line);
}

static char *path_of(const char *base, const char *name) {
    char *path = arena_printf(&arena, &err, "%s/%s", base, name);
    check_ok(path);
    return path;
}

static void put(const char *name, struct text bytes) {
    char *path = path_of(in, name), *parent = arena_copy(&arena, path, strlen(path), &err);
    check_ok(parent);
    *strrchr(parent, '/') = 0;
    check_ok(file_make_folders(parent, &err));
    check_ok(file_write(path, bytes, &err));
}

static void put_scene(const char *name, uint64_t seed, bool jpeg) {
    struct buffer b;
    struct rng rng = rng_stream(seed, "test/scene", 0);
    struct image *image = image_made_scene(32 + seed, 24, &rng, &arena, &err);
    buffer_init(&b, 1 << 20);
    check_ok(image && (jpeg ? jpeg_write(image, 90, &b, &err) : png_write(image, &b, &err)));
    put(name, buffer_text(&b));
    buffer_done(&b);
}

struct log {
    struct buffer rows; /* one a line, without the names of folders */
    size_t errors;
};

static bool keep(void *context, const json_t *row, struct error *e) {
    struct log *log = context;
    log->errors += json_object_get(row, "error") != NULL;
    json_put_canonical(&log->rows, row);
    buffer_put_char(&log->rows, '\n');
    return buffer_check(&log->rows, "log", e);
}

static bool run(const char *from, const char *to, const char *const *kinds, size_t n, size_t threads, struct log *log,
                struct corrupt_result *result) {
    struct pool *pool = pool_new(threads, &err);
    check_ok(pool);
    *log = (struct log){0};
    buffer_init(&log->rows, 1 << 24);
    struct corrupt_settings s = {
        .in = from, .out = to, .kinds = kinds, .n_kinds = n, .seed = 3, .pool = pool, .sink = keep, .context = log};
    bool ok = corrupt_files(&s, &arena, result, &err);
    pool_free(pool);
    return ok;
}

static void same_for_any_number_of_threads(void **state) {
    static const char *const kinds[] = {"image,severity=3"};
    struct log one, many;
    struct corrupt_result result;
    put_scene("a.png", 1, false);
    put_scene("b/c.jpg", 2, true);
    put_scene("b/d.png", 3, false);
    check_ok(run(in, out, kinds, 1, 1, &one, &result));
    assert_int_equal(result.files, 3);
    assert_int_equal(result.written, 66);
    assert_int_equal(result.failed, 0);
    assert_true(file_exists(path_of(out, "fog/3/a.png")));
    assert_true(file_exists(path_of(out, "fog/3/b/c.jpg.png")));
    assert_true(file_exists(path_of(out, "flip/3/b/d.png")));
    for (size_t threads = 2; threads <= 5; threads += 3) {
        check_ok(run(in, out, kinds, 1, threads, &many, &result)); /* the log has the digests of all files */
        assert_true(text_equal(buffer_text(&one.rows), buffer_text(&many.rows)));
        buffer_done(&many.rows);
    }
    buffer_done(&one.rows);
}

static char *digest_of(const char *path) {
    char *hex = arena_alloc(&arena, HASH_HEX, 1, &err);
    check_ok(hex && sha256_file(path, hex, &err));
    return hex;
}

/* Other files, other names and other corruptions beside it leave a file what it is. */
static void files_do_not_change_each_other(void **state) {
    static const char *const one[] = {"snow,severity=2"}, *const more[] = {"fog", "snow", "speckle,sd=0.1"};
    struct log log;
    struct corrupt_result result;
    put_scene("m.png", 1, false);
    check_ok(run(in, out, one, 1, 1, &log, &result));
    buffer_done(&log.rows);
    char *before = digest_of(path_of(out, "snow/2/m.png"));
    put_scene("a.png", 2, false);
    put_scene("z/n.png", 1, false); /* the same picture under another name */
    check_ok(run(in, out, more, 3, 2, &log, &result));
    buffer_done(&log.rows);
    assert_string_equal(before, digest_of(path_of(out, "snow/2/m.png")));
    assert_string_equal(before, digest_of(path_of(out, "snow/2/z/n.png")));
    assert_string_not_equal(before, digest_of(path_of(out, "snow/2/a.png")));
}

static void one_file_gives_one_file(void **state) {
    static const char *const kind[] = {"contrast,share=0.5"};
    struct log log;
    struct corrupt_result result;
    char *from = path_of(in, "a.png"), *to = path_of(folder, "b.png");
    put_scene("a.png", 1, false);
    check_ok(run(from, to, kind, 1, 1, &log, &result));
    assert_non_null(strstr(log.rows.at, "\"severity\":null"));
    assert_non_null(strstr(log.rows.at, "\"parameters\":{\"share\":0.5}"));
    assert_non_null(strstr(log.rows.at, digest_of(to)));
    assert_non_null(strstr(log.rows.at, digest_of(from)));
    buffer_done(&log.rows);
    check_fails(run(from, path_of(folder, "b.jpg"), kind, 1, 1, &log, &result), ERROR_USAGE, "the extension '.png'");
}

static void what_fails_is_told_and_others_go_on(void **state) {
    static const char *const kinds[] = {"fog,severity=1:2"};
    struct log log;
    struct corrupt_result result;
    put_scene("b.png", 1, false);
    put("a.txt", TEXT("no picture"));
    put("c.png", TEXT("\x89PNG\r\n\x1a\n"));
    put("d.png", TEXT(""));
    put_scene("e.png", 2, false);
    check_ok(run(in, out, kinds, 1, 2, &log, &result));
    assert_int_equal(result.files, 5);
    assert_int_equal(result.failed, 3);
    assert_int_equal(result.written, 4);
    assert_int_equal(log.errors, 3); /* once for each file, not for each severity */
    assert_non_null(strstr(result.first, "a.txt: neither "));
    assert_non_null(strstr(log.rows.at, "c.png: damaged PNG: no header"));
    assert_non_null(strstr(log.rows.at, "d.png: the file is empty"));
    buffer_done(&log.rows);
}

/* In part: the picture is written at one severity, and in the way of the other stands a folder. */
static void what_fails_says_which_file_and_kind(void **state) {
    static const char *const kinds[] = {"fog,severity=1:2"};
    struct log log;
    struct corrupt_result result;
    put_scene("a.png", 1, false);
    put("b.png", TEXT(""));
    check_ok(file_make_folders(path_of(out, "fog/2/a.png"), &err));
    check_ok(run(in, out, kinds, 1, 1, &log, &result));
    assert_int_equal(result.written, 1);
    assert_int_equal(result.failed, 2);
    assert_int_equal(result.gave, 1);
    assert_int_equal(result.partly, 1);
    assert_non_null(strstr(result.first, "in/a.png, fog at severity 2: "));
    buffer_done(&log.rows);
}

/* Root may list every folder, so another user goes through them. */
static void a_folder_that_cannot_be_listed_is_told(void **state) {
    static const char *const kinds[] = {"fog,severity=1"};
    struct log log;
    struct corrupt_result result;
    bool root = geteuid() == 0;
    put_scene("a.png", 1, false);
    put_scene("closed/b.png", 1, false);
    put_scene("z/c.png", 1, false);
    assert_int_equal(chmod(folder, 0777) | chmod(in, 0777) | chmod(path_of(in, "closed"), 0), 0);
    if (root) assert_int_equal(seteuid(65534), 0);
    bool ok = run(in, out, kinds, 1, 1, &log, &result);
    if (root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path_of(in, "closed"), 0700), 0);
    check_ok(ok);
    assert_int_equal(result.files, 3);
    assert_int_equal(result.written, 2);
    assert_int_equal(result.failed, 1);
    assert_non_null(strstr(result.first, "in/closed': Permission denied"));
    assert_true(file_exists(path_of(out, "fog/1/z/c.png")));
    buffer_done(&log.rows);
}

static void a_pipe_is_refused(void **state) {
    static const char *const kinds[] = {"fog,severity=1"};
    struct log log;
    struct corrupt_result result;
    char *pipe = path_of(folder, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(20); /* whoever opens it waits for ever */
    check_fails(run(pipe, out, kinds, 1, 1, &log, &result), ERROR_DATA, "pipe: neither a regular file nor a folder");
    alarm(0);
}

static void a_missing_file_is_told(void **state) {
    static const char *const kinds[] = {"fog"};
    struct log log;
    struct corrupt_result result;
    check_ok(run(path_of(in, "nothing.png"), out, kinds, 1, 1, &log, &result));
    assert_int_equal(result.failed, 1);
    assert_non_null(strstr(result.first, "No such file"));
    buffer_done(&log.rows);
}

static void nothing_that_is_read_is_written(void **state) {
    static const char *const kind[] = {"fog,severity=1"}, *const all[] = {"fog"};
    struct log log;
    struct corrupt_result result;
    put_scene("a.png", 1, false);
    char *file = path_of(in, "a.png"), *link = path_of(folder, "b.png"), *before = digest_of(file);
    check_ok(run(file, file, kind, 1, 1, &log, &result));
    assert_int_equal(result.failed, 1);
    assert_non_null(strstr(result.first, "is a file that is read"));
    buffer_done(&log.rows);
    assert_int_equal(symlink("in/a.png", link), 0); /* another name of it */
    check_ok(run(file, link, kind, 1, 1, &log, &result));
    assert_int_equal(result.failed, 1);
    buffer_done(&log.rows);
    check_fails(run(in, in, all, 1, 1, &log, &result), ERROR_USAGE, "lies within IN");
    check_fails(run(in, path_of(in, "deep/er"), all, 1, 1, &log, &result), ERROR_USAGE, "lies within IN");
    check_fails(run(in, path_of(folder, "in/../in/deep"), all, 1, 1, &log, &result), ERROR_USAGE, "lies within IN");
    assert_false(file_exists(path_of(in, "deep")));
    assert_string_equal(before, digest_of(file));
}

static void an_out_that_cannot_be_made_is_an_error(void **state) {
    static const char *const kinds[] = {"fog"};
    struct log log;
    struct corrupt_result result;
    put_scene("a.png", 1, false);
    check_fails(run(in, path_of(in, "a.png/x"), kinds, 1, 1, &log, &result), ERROR_USAGE, "lies within IN");
    check_fails(run(path_of(in, "a.png"), path_of(in, "a.png/x"), kinds, 1, 1, &log, &result), ERROR_ENVIRONMENT,
                "a.png");
    check_fails(run(path_of(in, "a.png"), path_of(in, "a.png"), kinds, 1, 1, &log, &result), ERROR_ENVIRONMENT,
                "is in the way");
}

/* Whichever allocation fails, the file is told or all of it fails; when none does, the file is there. */
static void every_failed_allocation_is_told(void **state) {
    static const char *const kinds[] = {"gaussian-blur,severity=1", "jpeg,severity=1"};
    struct corrupt_result result;
    put_scene("a.jpg", 1, true);
    bool ok = false;
    for (uint64_t k = 1; !ok && k < 300; k++) {
        struct arena own;
        struct log log = {0};
        struct corrupt_settings s = {
            .in = in, .out = out, .kinds = kinds, .n_kinds = 2, .seed = 1, .sink = keep, .context = &log};
        arena_init(&own, 0);
        buffer_init(&log.rows, 1 << 20);
        error_clear(&err);
        memory_fail_at(k);
        ok = corrupt_files(&s, &own, &result, &err);
        memory_fail_at(0);
        assert_true(ok || err.message[0]);
        assert_true(!ok || result.failed == (log.errors > 0));
        ok = ok && result.failed == 0 && !log.rows.failed;
        buffer_done(&log.rows);
        arena_done(&own);
    }
    assert_true(ok);
    assert_true(file_exists(path_of(out, "jpeg/1/a.jpg.png")));
}

static void an_interrupt_stops_it(void **state) {
    static const char *const kinds[] = {"fog"};
    struct interrupt stop = {1};
    struct corrupt_result result;
    struct log log = {0};
    put_scene("a.png", 1, false);
    struct corrupt_settings s = {
        .in = in, .out = out, .kinds = kinds, .n_kinds = 1, .stop = &stop, .sink = keep, .context = &log};
    check_fails(corrupt_files(&s, &arena, &result, &err), ERROR_INTERRUPTED, "stopped");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(same_for_any_number_of_threads),
        T(files_do_not_change_each_other),
        T(one_file_gives_one_file),
        T(what_fails_is_told_and_others_go_on),
        T(what_fails_says_which_file_and_kind),
        T(a_folder_that_cannot_be_listed_is_told),
        T(a_pipe_is_refused),
        T(a_missing_file_is_told),
        T(nothing_that_is_read_is_written),
        T(an_out_that_cannot_be_made_is_an_error),
        T(every_failed_allocation_is_told),
        T(an_interrupt_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
