/* Child processes: see process.h. */
#include "base/process.h"

#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct child {
    pid_t pid;
    int in, out, err; /* our ends; -1: closed */
};

static void close_end(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool make_pipes(int pipes[3][2], struct error *err) {
    for (int i = 0; i < 3; i++) pipes[i][0] = pipes[i][1] = -1;
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC) != 0) {
            error_system(err, errno, "cannot make", "pipe");
            for (int k = 0; k < i; k++) {
                close(pipes[k][0]);
                close(pipes[k][1]);
            }
            return false;
        }
    return true;
}

/* A group of its own, no signals blocked. */
static void set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, pipe_signal;
    posix_spawnattr_init(attributes);
    sigemptyset(&none);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &pipe_signal);
}

static bool spawn(struct child *child, const char *const *argv, uint64_t memory, struct error *err) {
    int p[3][2];
    if (!make_pipes(p, err)) return false;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, p[0][0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, p[1][1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, p[2][1], STDERR_FILENO);
    set_attributes(&attributes);
    /* The memory limit must hold before the program starts: a shell sets it and becomes the program. */
    char limit[64];
    snprintf(limit, sizeof limit, "ulimit -v %llu; exec \"$@\"", (unsigned long long)(memory >> 10));
    size_t n = 0;
    while (argv[n]) n++;
    const char **wrapped = memory_alloc((n + 5) * sizeof *wrapped);
    int code = ENOMEM;
    if (wrapped) {
        const char *const head[] = {"/bin/sh", "-c", limit, "sh"};
        memcpy(wrapped, head, sizeof head);
        memcpy(wrapped + 4, argv, (n + 1) * sizeof *wrapped);
        char *const *run = (char *const *)(memory ? wrapped : argv);
        code = posix_spawnp(&child->pid, run[0], &actions, &attributes, run, environ);
    }
    memory_free(wrapped);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(p[0][0]);
    close(p[1][1]);
    close(p[2][1]);
    child->in = p[0][1];
    child->out = p[1][0];
    child->err = p[2][0];
    if (code == 0) return true;
    close_end(&child->in);
    close_end(&child->out);
    close_end(&child->err);
    return error_system(err, code, "cannot start program", argv[0]);
}

/* Reads what is there; closes the end at its end. Bytes beyond the limit are read and dropped. */
static void drain(int *fd, struct buffer *b, size_t limit) {
    char chunk[1 << 14];
    ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n > 0) {
        size_t room = b->len < limit ? limit - b->len : 0;
        buffer_put(b, chunk, (size_t)n < room ? (size_t)n : room);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_end(fd);
    }
}

static void feed(int *fd, struct text *input) {
    ssize_t n = input->len ? write(*fd, input->at, input->len) : 0;
    if (n > 0) *input = text_part(*input, (size_t)n, input->len);
    if (input->len == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) close_end(fd);
}

/* Moves bytes until the child closes its ends or time is up. */
static bool move_bytes(struct child *c, struct text input, double deadline, size_t limit, struct buffer *out,
                       struct buffer *err_out) {
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    if (input.len == 0) close_end(&c->in);
    while (c->out >= 0 || c->err >= 0) {
        double left = deadline - clock_seconds();
        if (left <= 0) return false;
        struct pollfd p[3] = {{c->in, POLLOUT, 0}, {c->out, POLLIN, 0}, {c->err, POLLIN, 0}};
        if (poll(p, 3, left > 1 ? 1000 : (int)(left * 1000) + 1) < 0 && errno != EINTR) return false;
        if (c->in >= 0 && p[0].revents) feed(&c->in, &input);
        if (c->out >= 0 && p[1].revents) drain(&c->out, out, limit);
        if (c->err >= 0 && p[2].revents) drain(&c->err, err_out, limit);
    }
    return true;
}

/* The same, while a child that closes its input early cannot end us by SIGPIPE. */
static bool talk(struct child *c, struct text input, double deadline, size_t limit, struct buffer *out,
                 struct buffer *err_out) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    bool ok = move_bytes(c, input, deadline, limit, out, err_out);
    close_end(&c->in);
    struct timespec now = {0, 0};
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static bool has_ended(const struct child *c) {
    siginfo_t info = {0};
    int failed = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return (!failed && info.si_pid == c->pid) || (failed && errno != EINTR);
}

static void pause_for(long milliseconds) {
    struct timespec pause = {0, milliseconds * 1000000};
    nanosleep(&pause, NULL);
}

/* What the child left running in its group is ended before it is reaped, while its number cannot be anyone else's. */
static int wait_child(struct child *c, double deadline, bool *timed_out) {
    int status = 0;
    while (!has_ended(c)) {
        if (!*timed_out && clock_seconds() > deadline) {
            *timed_out = true;
            kill(-c->pid, SIGKILL);
        }
        pause_for(1);
    }
    kill(-c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_run(const char *const *argv, struct text input, struct process_limits limits, struct buffer *out,
                 struct buffer *err_out, struct process_result *result, struct error *err) {
    struct child child = {.in = -1, .out = -1, .err = -1};
    *result = (struct process_result){0};
    double deadline = clock_seconds() + (limits.seconds > 0 ? limits.seconds : 60);
    size_t limit = limits.output ? limits.output : (size_t)16 << 20;
    if (!spawn(&child, argv, limits.memory, err)) return false;
    if (!talk(&child, input, deadline, limit, out, err_out)) {
        result->timed_out = true;
        kill(-child.pid, SIGKILL);
    }
    close_end(&child.in);
    close_end(&child.out);
    close_end(&child.err);
    result->exit_code = wait_child(&child, deadline, &result->timed_out);
    return true;
}

/* ---- following */

#define PARENT "BASANITE_PARENT"

/* Our environment with our number in it. Freed by the caller. */
static char **child_environment(char parent[64]) {
    size_t n = 0, kept = 0;
    while (environ[n]) n++;
    char **out = memory_alloc((n + 2) * sizeof *out);
    if (!out) return NULL;
    snprintf(parent, 64, PARENT "=%ld", (long)getpid());
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], PARENT "=", sizeof PARENT) != 0) out[kept++] = environ[i];
    out[kept] = parent, out[kept + 1] = NULL;
    return out;
}

void process_die_with_parent(void) {
    const char *parent = getenv(PARENT);
    if (!parent || strtol(parent, NULL, 10) != (long)getppid()) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strtol(parent, NULL, 10) != (long)getppid()) raise(SIGKILL); /* it went before we asked */
}

static bool spawn_logged(const char *const *argv, const char *folder, int log, pid_t *pid, struct error *err) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    set_attributes(&attributes);
    char parent[64], **environment = child_environment(parent);
    int code =
        environment ? posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, environment) : ENOMEM;
    memory_free(environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code == 0 || error_system(err, code, "cannot start program", argv[0]);
}

bool process_follow(const char *const *argv, const char *folder, const char *log, double seconds,
                    const struct interrupt *stop, struct process_result *result, struct error *err) {
    enum { PATIENCE = 10 };
    struct child child = {.in = -1, .out = -1, .err = -1};
    *result = (struct process_result){0};
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return error_system(err, errno, "cannot write", log);
    bool ok = spawn_logged(argv, folder, fd, &child.pid, err);
    close(fd);
    if (!ok) return false;
    double deadline = seconds > 0 ? clock_seconds() + seconds : HUGE_VAL;
    bool told = false;
    while (!has_ended(&child) && clock_seconds() <= deadline) {
        if (interrupted(stop) && !told) {
            told = true;
            kill(-child.pid, SIGINT);
            deadline = clock_seconds() + PATIENCE;
        }
        pause_for(20);
    }
    result->exit_code = wait_child(&child, deadline, &result->timed_out);
    result->timed_out = result->timed_out && !told;
    return true;
}
