/* Child processes: bytes in and out, limits, and nothing left behind. */
#include "scratch.h"

#include "base/process.h"
#include "base/progress.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static struct buffer out, err_out;

static struct process_result run_it(const char *const *argv, struct text input, struct process_limits limits) {
    struct error err = {0};
    struct process_result result;
    buffer_clear(&out);
    buffer_clear(&err_out);
    if (!process_run(argv, input, limits, &out, &err_out, &result, &err)) fail_msg("%s", err.message);
    return result;
}

static struct process_result shell(const char *script, struct process_limits limits) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return run_it(argv, TEXT(""), limits);
}

static size_t open_files(void) {
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    if (!d) return 0;
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

static void talks(void **state) {
    (void)state;
    size_t files = open_files();
    struct process_result r = shell("echo out; echo err >&2; exit 7", (struct process_limits){0});
    assert_true(r.exit_code == 7 && !r.timed_out);
    assert_true(text_equal_c(buffer_text(&out), "out\n") && text_equal_c(buffer_text(&err_out), "err\n"));
    size_t n = 3 << 20; /* far beyond what pipes hold, both ways */
    char *big = malloc(n);
    assert_non_null(big);
    for (size_t i = 0; i < n; i++) big[i] = (char)(i * 31 >> 3);
    const char *const cat[] = {"cat", NULL};
    r = run_it(cat, (struct text){big, n}, (struct process_limits){0});
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.at, big, n);
    const char *const deaf[] = {"true", NULL}; /* never reads: no SIGPIPE for us */
    for (int i = 0; i < 20; i++) assert_int_equal(run_it(deaf, (struct text){big, n}, (struct process_limits){0}).exit_code, 0);
    const char *const closes[] = {"sh", "-c", "exec <&-; sleep 0.1; echo done", NULL};
    run_it(closes, (struct text){big, n}, (struct process_limits){0});
    assert_true(text_equal_c(buffer_text(&out), "done\n"));
    free(big);
    assert_int_equal(shell("kill -TERM $$", (struct process_limits){0}).exit_code, 128 + SIGTERM);
    assert_int_equal(open_files(), files);
}

static void limits_hold(void **state) {
    (void)state;
    double start = clock_seconds();
    struct process_result r = shell("echo early; sleep 30 & sleep 30", (struct process_limits){.seconds = 0.3});
    assert_true(r.timed_out && r.exit_code == 128 + SIGKILL && clock_seconds() - start < 5);
    assert_true(text_equal_c(buffer_text(&out), "early\n"));
    start = clock_seconds(); /* closed pipes do not escape the limit */
    r = shell("exec >&- 2>&-; sleep 30", (struct process_limits){.seconds = 0.3});
    assert_true(r.timed_out && clock_seconds() - start < 5);
    r = shell("head -c 300000 /dev/zero; echo x >&2", (struct process_limits){.output = 1000});
    assert_true(r.exit_code == 0 && out.len == 1000 && err_out.len == 2);
    r = shell("ulimit -v", (struct process_limits){.memory = (uint64_t)512 << 20});
    assert_true(text_equal_c(buffer_text(&out), "524288\n"));
    const char *const argv[] = {"echo", "a b", "$HOME", NULL}; /* the wrapping shell expands nothing */
    run_it(argv, TEXT(""), (struct process_limits){.memory = (uint64_t)512 << 20});
    assert_true(text_equal_c(buffer_text(&out), "a b $HOME\n"));
}

static void leaves_nothing_running(void **state) {
    (void)state;
    shell("sleep 30 >/dev/null 2>&1 </dev/null & echo $!", (struct process_limits){0});
    int64_t pid;
    assert_true(text_to_i64(text_trim(buffer_text(&out)), &pid));
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    for (int i = 0; i < 200; i++) { /* gone, or a zombie that its new parent has yet to reap */
        FILE *f = fopen(path, "r");
        if (!f) return;
        size_t n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
        text[n] = 0;
        if (strstr(text, ") Z") || strstr(text, ") X")) return;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    fail_msg("still running: %s", text);
}

static void missing_programs(void **state) {
    (void)state;
    struct error err = {0};
    struct process_result r;
    const char *const argv[] = {"no-such-program-here", NULL};
    size_t files = open_files();
    check_fails(process_run(argv, TEXT(""), (struct process_limits){0}, &out, &err_out, &r, &err), ERROR_ENVIRONMENT,
                "cannot start program 'no-such-program-here'");
    memory_fail_at(1);
    check_fails(process_run(argv, TEXT(""), (struct process_limits){0}, &out, &err_out, &r, &err), ERROR_ENVIRONMENT, "cannot start");
    memory_fail_at(0);
    assert_int_equal(open_files(), files);
    assert_int_equal(run_it(argv, TEXT(""), (struct process_limits){.memory = 1 << 30}).exit_code, 127);
}

static int start(void **state) {
    (void)state;
    buffer_init(&out, (size_t)16 << 20);
    buffer_init(&err_out, (size_t)16 << 20);
    return 0;
}

static int end(void **state) {
    (void)state;
    buffer_done(&out);
    buffer_done(&err_out);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(talks), cmocka_unit_test(limits_hold),
                                       cmocka_unit_test(leaves_nothing_running), cmocka_unit_test(missing_programs)};
    return cmocka_run_group_tests_name("process", tests, start, end);
}
