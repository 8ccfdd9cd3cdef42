/* Runs the test server in a thread of the test, and talks to it behind the subject's back. */
#ifndef TESTS_FAULT_RUN_H
#define TESTS_FAULT_RUN_H

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/progress.h"
#include "check.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct fault_run {
    const char *argv[32];
    char port_file[128], url[64];
    pthread_t thread;
};

static void *fault_run_thread(void *context) {
    struct fault_run *run = context;
    struct buffer out, err_out;
    struct process_result result;
    struct error err = {0};
    buffer_init(&out, 1 << 16);
    buffer_init(&err_out, 1 << 16);
    if (!process_run(run->argv, TEXT(""), (struct process_limits){.seconds = 250}, &out, &err_out, &result, &err))
        fprintf(stderr, "%s\n", err.message);
    if (err_out.len) fprintf(stderr, "%s", err_out.at);
    buffer_done(&out);
    buffer_done(&err_out);
    return NULL;
}

static inline void fault_pause(double s) {
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

/* options: ends with NULL. Waits until it listens. */
static inline void fault_start(struct fault_run *run, const char *program, const char *const *options) {
    size_t n = 0;
    char line[32] = "";
    *run = (struct fault_run){0};
    snprintf(run->port_file, sizeof run->port_file, "%s/basanite-port-%ld-%ld",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid(), (long)(clock_seconds() * 1e6));
    run->argv[n++] = program;
    run->argv[n++] = "--port-file";
    run->argv[n++] = run->port_file;
    run->argv[n++] = "--life";
    run->argv[n++] = "280";
    for (size_t i = 0; options && options[i] && n < 31; i++) run->argv[n++] = options[i];
    assert_int_equal(pthread_create(&run->thread, NULL, fault_run_thread, run), 0);
    for (int i = 0; i < 500 && !file_exists(run->port_file); i++) fault_pause(0.01);
    FILE *f = fopen(run->port_file, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    unlink(run->port_file);
    line[strcspn(line, "\n")] = 0;
    snprintf(run->url, sizeof run->url, "http://127.0.0.1:%s", line);
}

static size_t fault_receive(char *at, size_t size, size_t n, void *context) {
    return buffer_put(context, at, size * n) ? size * n : 0;
}

/* GET (or an empty POST); the reply as JSON, NULL if it is none. */
static inline json_t *fault_call(const struct fault_run *run, const char *route, bool post) {
    struct buffer b;
    char url[128];
    snprintf(url, sizeof url, "%s%s", run->url, route);
    buffer_init(&b, 1 << 16);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fault_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &b);
    if (post) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    json_t *value = json_read(buffer_text(&b), "reply", 1, NULL);
    buffer_done(&b);
    return value;
}

static inline size_t fault_stat(const struct fault_run *run, const char *key) {
    json_t *stats = fault_call(run, "/stats", false);
    assert_non_null(stats);
    size_t n = (size_t)json_integer_value(json_object_get(stats, key));
    json_decref(stats);
    return n;
}

static inline void fault_stop(struct fault_run *run) {
    json_decref(fault_call(run, "/quit", true));
    pthread_join(run->thread, NULL);
}

#endif
