/* A server and many clients beside the engine alone: see bench_serve.h. */
#include "serve/bench_serve.h"

#include "base/progress.h"
#include "serve/serve_job.h"
#include "subject/openai_http.h"
#include "subject/openai_stream.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ASKS = 256, CLIENTS = 64, ANSWER = 64, START_MS = 60000 };

struct serving {
    struct subject *subject; /* of the batch */
    struct lm_generate_ask asks[ASKS];
    size_t expected[ASKS], tokens; /* of each answer, and together */
    struct serve_job *jobs[ASKS];
    struct serve_forms *forms;
    char bodies[ASKS][256];
    struct openai_http *http;
    pid_t server;
    bool streams;
    double begun[ASKS], first[ASKS];
    struct openai_stream pieces[ASKS];
    struct buffer said[ASKS];
};

/* ---- the server ---- */

/* The first line that the program says within a while. */
static bool read_line(int fd, char *line, size_t size) {
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < size && poll(&p, 1, START_MS) == 1) {
        ssize_t got = read(fd, line + n, 1);
        if (got <= 0) break;
        if (line[n] == '\n') return line[n] = 0, true;
        n++;
    }
    return false;
}

static bool start_server(const struct bench *b, pid_t *pid, char *url, size_t size, struct error *err) {
    char threads[24];
    snprintf(threads, sizeof threads, "%zu", pool_threads(b->pool));
    const char *const argv[] = {"/proc/self/exe",
                                "serve",
                                "--api",
                                "--port",
                                "0",
                                "--quiet",
                                "--grace",
                                "0",
                                "--threads",
                                threads,
                                "--subject",
                                b->subject ? b->subject : "pocket",
                                b->compute ? "--compute" : NULL,
                                b->compute,
                                NULL};
    int ends[2];
    if (pipe(ends) != 0) return error_system(err, errno, "cannot make", "a pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int code = posix_spawn(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    bool ok = code == 0 && read_line(ends[0], url, size);
    close(ends[0]);
    if (code) return error_system(err, code, "cannot start", "basanite serve");
    return ok || error_set(err, ERROR_ENVIRONMENT, "bench: the server did not start");
}

static void stop_server(pid_t pid) {
    int status;
    kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
}

/* ---- the asks ---- */

static bool make_asks(struct serving *s, struct error *err) {
    static const char *const words[] = {"The mill stands by",           "Who keeps the bakery?",
                                        "It is said of the river that", "Three towns away there",
                                        "The clerk wrote that",         "Tell me about the harbour"};
    struct api_error why;
    for (size_t i = 0; i < ASKS; i++) {
        snprintf(s->bodies[i], sizeof s->bodies[i],
                 "{\"prompt\":\"%s (%zu)\",\"max_tokens\":%d,\"temperature\":1,\"seed\":%zu,\"stream\":false}",
                 words[i % (sizeof words / sizeof *words)], i, ANSWER, i);
        s->jobs[i] = serve_job_new(s->subject, s->forms, API_COMPLETIONS, text_of(s->bodies[i]), &why);
        if (!s->jobs[i]) return error_set(err, ERROR_DATA, "bench: %s", why.message);
        s->asks[i] = s->jobs[i]->choices[0].ask;
    }
    return true;
}

/* All in one batch of the engine. */
static bool run_batch(void *context, struct error *err) {
    struct serving *s = context;
    struct lm_subject *lm = s->subject->state;
    static struct lm_generate_result results[ASKS];
    struct arena arena;
    arena_init(&arena, 0);
    bool ok = lm_generate(lm->engine, s->asks, ASKS, results, &arena, NULL, NULL, NULL, err);
    s->tokens = 0;
    for (size_t i = 0; ok && i < ASKS; i++) {
        if (results[i].error.kind) ok = error_set(err, results[i].error.kind, "bench: %s", results[i].error.message);
        s->tokens += s->expected[i] = results[i].n;
    }
    arena_done(&arena);
    return ok;
}

/* ---- the clients ---- */

static bool make(void *context, size_t i, const char **route, struct buffer *body, struct error *err) {
    struct serving *s = context;
    struct text t = text_of(s->bodies[i]), plain = TEXT("\"stream\":false}");
    *route = "/completions";
    s->begun[i] = clock_seconds();
    s->first[i] = 0;
    if (s->streams) {
        buffer_clear(&s->said[i]);
        s->pieces[i] = (struct openai_stream){.text = &s->said[i]};
        buffer_put_text(body, text_part(t, 0, t.len - plain.len));
        buffer_put_c(body, "\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    } else {
        buffer_put_text(body, t);
    }
    return buffer_check(body, "request", err);
}

static enum openai_verdict part(void *context, size_t i, struct text lines, struct error *err) {
    struct serving *s = context;
    if (!s->streams) return OPENAI_AGAIN;
    if (!openai_stream_take(&s->pieces[i], lines, err)) return OPENAI_END;
    if (!s->first[i] && (s->said[i].len || s->pieces[i].ended)) s->first[i] = clock_seconds() - s->begun[i];
    return OPENAI_TAKEN;
}

static enum openai_verdict take(void *context, size_t i, struct text reply, double ms, struct error *err) {
    struct serving *s = context;
    size_t tokens = s->pieces[i].tokens_out;
    (void)ms;
    if (!s->streams) {
        struct arena arena;
        struct openai_reply r;
        arena_init(&arena, 0);
        if (!openai_reply_read(&arena, reply, &r, err)) return arena_done(&arena), OPENAI_END;
        tokens = r.tokens_out;
        openai_reply_done(&r);
        arena_done(&arena);
    }
    if (tokens == s->expected[i]) return OPENAI_TAKEN;
    error_set(err, ERROR_GATE, "bench: answer %zu has %zu tokens through the server and %zu without", i, tokens,
              s->expected[i]);
    return OPENAI_END;
}

static bool fail(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                 struct error *err) {
    (void)context, (void)i, (void)status, (void)reply, (void)gone;
    *err = *why;
    return false;
}

static bool run_clients(void *context, struct error *err) {
    struct serving *s = context;
    const struct openai_exchange exchange = {s, make, take, fail, part};
    return openai_http_run(s->http, ASKS, true, &exchange, err);
}

/* ---- measuring ---- */

static void report(struct bench *b, const char *name, double value, const char *unit, double floor, double per_cpu) {
    b->report(b->context, &(struct bench_row){"serve", name, value, unit, NAN, floor, per_cpu});
}

/* Processor time of the server, all its threads. */
static double cpu_of(pid_t pid) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return NAN;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void tell(struct bench *b, const struct serving *s, double *alone, double *alone_cpu, double *served,
                 double *served_cpu) {
    size_t n = b->repeat;
    double tokens = (double)s->tokens, batch = tokens / bench_median(alone, n);
    char name[64];
    snprintf(name, sizeof name, "%d clients, %s", CLIENTS, s->streams ? "streams" : "whole");
    report(b, name, tokens / bench_median(served, n), "tokens/s", batch, tokens / bench_median(served_cpu, n));
    if (!s->streams) {
        report(b, "the same in one batch", batch, "tokens/s", NAN, tokens / bench_median(alone_cpu, n));
    } else {
        double first[ASKS];
        memcpy(first, s->first, sizeof first);
        report(b, "first token of a stream", 1000 * bench_median(first, ASKS), "ms", NAN, 0);
    }
}

/* One after the other, again and again, so that both see the same machine. */
static bool measure(struct bench *b, struct serving *s, struct error *err) {
    double *alone = memory_zeroed(b->repeat * 4, sizeof *alone), *alone_cpu = alone + b->repeat;
    double *served = alone_cpu + b->repeat, *served_cpu = served + b->repeat;
    bool ok = alone || error_memory(err, "times");
    ok = ok && run_batch(s, err) && run_clients(s, err); /* to warm up */
    for (size_t i = 0; ok && i < b->repeat; i++) {
        double began = clock_seconds(), cpu = cpu_of(getpid());
        ok = run_batch(s, err);
        alone[i] = clock_seconds() - began;
        alone_cpu[i] = cpu_of(getpid()) - cpu;
        began = clock_seconds(), cpu = cpu_of(s->server);
        ok = ok && run_clients(s, err);
        served[i] = clock_seconds() - began;
        served_cpu[i] = cpu_of(s->server) - cpu;
    }
    if (ok) tell(b, s, alone, alone_cpu, served, served_cpu);
    memory_free(alone);
    return ok;
}

static bool measure_both(struct bench *b, struct serving *s, struct error *err) {
    s->streams = false;
    if (!measure(b, s, err)) return false;
    s->streams = true;
    return measure(b, s, err);
}

static bool open_all(struct bench *b, struct serving *s, struct lm_builtins builtins, struct error *err) {
    struct subject_settings settings = {.threads = pool_threads(b->pool), .builtins = builtins, .compute = b->compute};
    s->subject = subject_open(text_of(b->subject ? b->subject : "pocket"), &settings, err);
    if (!s->subject) return false;
    s->forms = serve_forms_new(((struct lm_subject *)s->subject->state)->model->tokenizer, err);
    for (size_t i = 0; i < ASKS; i++) buffer_init(&s->said[i], 1 << 20);
    return s->forms && make_asks(s, err);
}

static void close_all(struct serving *s) {
    for (size_t i = 0; i < ASKS; i++) {
        serve_job_let_go(s->jobs[i]);
        buffer_done(&s->said[i]);
    }
    openai_http_free(s->http);
    serve_forms_free(s->forms);
    subject_close(s->subject);
    memory_free(s);
}

bool bench_serve(struct bench *b, struct lm_builtins builtins, struct error *err) {
    struct serving *s = memory_zeroed(1, sizeof *s);
    char url[128];
    if (!s) return error_memory(err, "bench");
    bool ok = open_all(b, s, builtins, err) && start_server(b, &s->server, url, sizeof url, err);
    struct openai_http_settings settings = {
        .base = text_of(url), .loopback = true, .concurrency = CLIENTS, .timeout = 600, .reply_max = OPENAI_REPLY_MAX};
    ok = ok && (s->http = openai_http_new(&settings, err)) && measure_both(b, s, err);
    if (s->server > 0) stop_server(s->server);
    close_all(s);
    return ok;
}
