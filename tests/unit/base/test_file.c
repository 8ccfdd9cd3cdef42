/* Whole files, maps, safe writing, folders. */
#include "scratch.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

static void writes_and_reads(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    struct arena a;
    struct text t;
    scratch_init(&s);
    arena_init(&a, 0);
    check_ok(file_write(s.file, (struct text){"a\0b", 3}, &err));
    check_ok(file_read(&a, s.file, 3, &t, &err));
    assert_int_equal(t.len, 3);
    assert_memory_equal(t.at, "a\0b", 4);
    check_fails(file_read(&a, s.file, 2, &t, &err), ERROR_DATA, "larger than 2 bytes");
    check_fails(file_read(&a, s.folder, 99, &t, &err), ERROR_DATA, "is a folder");
    check_fails(file_read(&a, "/nonexistent/x", 99, &t, &err), ERROR_ENVIRONMENT, "cannot open '/nonexistent/x'");
    struct file_map map;
    check_ok(file_map(s.file, &map, &err));
    assert_int_equal(map.len, 3);
    file_unmap(&map);
    assert_int_equal(map.len, 0);
    check_fails(file_map(s.folder, &map, &err), ERROR_DATA, "not a regular file");
    check_ok(file_write(s.file, TEXT(""), &err));
    check_ok(file_read(&a, s.file, 0, &t, &err));
    assert_int_equal(t.len, 0);
    check_ok(file_map(s.file, &map, &err));
    assert_int_equal(map.len, 0);
    file_unmap(&map);
    arena_done(&a);
    scratch_done(&s);
}

/* An abandoned or failed writing leaves the old file and no other; scratch_done would fail on a file left behind. */
static void keeps_the_old_file(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    struct arena a;
    struct text t;
    struct file_out out;
    scratch_init(&s);
    arena_init(&a, 0);
    scratch_put(&s, "old", 3);
    check_ok(file_out_open(&out, s.file, &err));
    assert_true(file_out_put(&out, "new", 3));
    assert_true(file_exists(out.temporary));
    check_ok(file_read(&a, s.file, 9, &t, &err));
    assert_true(text_equal_c(t, "old"));
    file_out_abandon(&out);
    file_out_abandon(&out);
    check_fails(file_write("/nonexistent/x", TEXT("y"), &err), ERROR_ENVIRONMENT, "cannot write '/nonexistent/x'");
    check_fails(file_write(s.folder, TEXT("y"), &err), ERROR_ENVIRONMENT, "cannot write");
    char left[128];
    snprintf(left, sizeof left, "%s.tmp-%d", s.folder, (int)getpid());
    assert_false(file_exists(left));
    if (file_exists("/dev/full")) {
        check_ok(file_out_open(&out, s.file, &err));
        assert_non_null(freopen("/dev/full", "wb", out.stream));
        file_out_put(&out, "new", 3);
        check_fails(file_out_commit(&out, &err), ERROR_ENVIRONMENT, "nothing was lost");
    }
    check_ok(file_read(&a, s.file, 9, &t, &err));
    assert_true(text_equal_c(t, "old"));
    arena_done(&a);
    scratch_done(&s);
}

/* A rename would put a file in the place of /dev/null and /dev/stdout. */
static void writes_links_and_pipes_in_place(void **state) {
    (void)state;
    struct scratch s;
    struct error err = {0};
    struct arena arena;
    struct text t;
    struct stat info;
    char link_path[128], pipe_path[128], temporary[160], got[8] = "";
    scratch_init(&s);
    arena_init(&arena, 1 << 16);
    snprintf(link_path, sizeof link_path, "%s/link", s.folder);
    snprintf(pipe_path, sizeof pipe_path, "%s/pipe", s.folder);
    scratch_put(&s, "old", 3);
    assert_int_equal(symlink(s.file, link_path), 0);
    check_ok(file_write(link_path, TEXT("new"), &err));
    assert_int_equal(lstat(link_path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    check_ok(file_read(&arena, s.file, 100, &t, &err));
    assert_true(text_equal_c(t, "new"));
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    int fd = open(pipe_path, O_RDWR | O_NONBLOCK);
    assert_true(fd >= 0);
    check_ok(file_write(pipe_path, TEXT("abc"), &err));
    assert_int_equal(read(fd, got, sizeof got), 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(close(fd), 0);
    /* Nor is a link followed that waits under the temporary name. */
    snprintf(temporary, sizeof temporary, "%s/out.tmp-%d", s.folder, (int)getpid());
    assert_int_equal(symlink(s.file, temporary), 0);
    char out[128];
    snprintf(out, sizeof out, "%s/out", s.folder);
    check_ok(file_write(out, TEXT("elsewhere"), &err));
    arena_reset(&arena);
    check_ok(file_read(&arena, s.file, 100, &t, &err));
    assert_true(text_equal_c(t, "new"));
    unlink(out);
    unlink(link_path);
    unlink(pipe_path);
    arena_done(&arena);
    scratch_done(&s);
}

static void folders_and_search(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    struct arena a;
    char path[160], list[256];
    scratch_init(&s);
    arena_init(&a, 0);
    scratch_put(&s, "x", 1);
    snprintf(path, sizeof path, "%s/a/b", s.folder);
    check_ok(file_make_folders(path, &err));
    check_ok(file_make_folders(path, &err));
    assert_true(file_is_folder(path));
    check_fails(file_make_folders(s.file, &err), ERROR_ENVIRONMENT, "not a folder");
    snprintf(list, sizeof list, "/nonexistent::%s", s.folder);
    assert_string_equal(file_find(&a, "file", list, &err), s.file);
    assert_string_equal(file_find(&a, s.file, NULL, &err), s.file);
    check_fails(file_find(&a, "gone", list, &err), ERROR_DATA, list);
    check_fails(file_find(&a, "gone", NULL, &err), ERROR_DATA, "'gone' was not found here;");
    assert_string_equal(file_beside(&a, "x/y/z.yaml", "w", &err), "x/y/w");
    assert_string_equal(file_beside(&a, "z.yaml", "w", &err), "w");
    rmdir(path);
    snprintf(path, sizeof path, "%s/a", s.folder);
    rmdir(path);
    arena_done(&a);
    scratch_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads), cmocka_unit_test(keeps_the_old_file),
                                       cmocka_unit_test(folders_and_search),
                                       cmocka_unit_test(writes_links_and_pipes_in_place)};
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
