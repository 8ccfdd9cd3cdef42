/* The progress line writes nothing where stderr is no terminal, and something where it is; clocks go forward. */
#include "scratch.h"

#include "base/progress.h"

#include <fcntl.h>
#include <time.h>

/* Runs a short progress with stderr at fd; returns nothing, restores stderr. */
static void run_at(int fd, bool quiet) {
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    struct progress p;
    progress_init(&p, "reading", 10, quiet);
    for (uint64_t i = 0; i <= 10; i++) {
        progress_at(&p, i, i ? NULL : "note");
        if (i == 5) nanosleep(&(struct timespec){0, 110000000}, NULL);
    }
    progress_end(&p);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void silent_without_terminal(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s);
    int fd = open(s.file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    run_at(fd, false);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(fd);
    scratch_done(&s);
}

static void shows_on_a_terminal(void **state) {
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int slave = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 ? open(ptsname(master), O_RDWR | O_NOCTTY) : -1;
    if (slave < 0) {
        printf("skipped: no pseudo-terminal here\n");
        if (master >= 0) close(master);
        skip();
    }
    char shown[4096] = "";
    size_t n = 0;
    fcntl(master, F_SETFL, O_NONBLOCK);
    run_at(slave, false);
    for (int i = 0; i < 50; i++) { /* the kernel hands it over when it likes */
        ssize_t more = read(master, shown + n, sizeof shown - 1 - n);
        if (more > 0) n += (size_t)more;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    shown[n] = 0;
    assert_non_null(strstr(shown, "reading 0/10"));
    assert_non_null(strstr(shown, "reading 6/10"));
    assert_non_null(strstr(shown, "left"));
    assert_null(strstr(shown, "reading 7/10")); /* at most ten a second */
    run_at(slave, true);
    assert_true(read(master, shown, sizeof shown) <= 0);
    close(slave);
    close(master);
}

static void clocks(void **state) {
    (void)state;
    double before = clock_seconds();
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    assert_true(clock_seconds() - before >= 0.002);
    check_near((double)clock_now_ns() * 1e-9, (double)time(NULL), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(silent_without_terminal), cmocka_unit_test(shows_on_a_terminal),
                                       cmocka_unit_test(clocks)};
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
