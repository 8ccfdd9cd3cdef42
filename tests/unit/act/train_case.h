/* What the tests of trainings share: a folder of their own, a training from settings, what its log says, stopping. */
#ifndef TESTS_TRAIN_CASE_H
#define TESTS_TRAIN_CASE_H

#include "check.h"

#include "act/train/train.h"
#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64]; /* made by each test's own make_folder */

static inline const char *in_folder(const char *name) {
    static char paths[32][128];
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static inline struct train_result train_with(const struct train_settings *settings) {
    struct error err = {0};
    struct train_result result;
    struct train *train = train_prepare(settings, &err);
    check_ok(train);
    check_ok(train_run(train, &result, &err));
    train_free(train);
    return result;
}

/* Member `name` of the object `of` in the newest line of a log that has it. */
static inline double logged(const char *log, const char *of, const char *name) {
    struct arena arena;
    struct error err = {0};
    struct text all, line;
    double value = NAN;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder(log), 1 << 20, &all, &err));
    while (text_next(&all, '\n', &line) && line.len) {
        json_t *row = json_read(line, "log", 1, &err);
        check_ok(row);
        const json_t *number = json_object_get(json_object_get(row, of), name);
        if (number) value = json_number_value(number);
        json_decref(row);
    }
    arena_done(&arena);
    return value;
}

struct stopper {
    struct interrupt stop;
    useconds_t after;
};

static inline void *ask_to_stop(void *context) {
    struct stopper *stopper = context;
    usleep(stopper->after);
    stopper->stop.asked = 1;
    return NULL;
}

static inline struct train_result train_in_sittings(struct train_settings *s) {
    struct train_result result = {0};
    for (int sittings = 1; sittings < 200; sittings++) {
        struct error err = {0};
        struct stopper stopper = {.after = 10000u * (unsigned)sittings};
        pthread_t thread;
        s->stop = &stopper.stop;
        struct train *train = train_prepare(s, &err);
        check_ok(train);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stopper), 0);
        bool done = train_run(train, &result, &err);
        pthread_join(thread, NULL);
        train_free(train);
        if (!done && err.kind != ERROR_INTERRUPTED) fail_msg("%s", err.message);
        if (done && sittings > 1) return result;
        if (done) s->fresh = true; /* it was too quick to be stopped */
        s->steps = s->steps + (done ? 200 : 0);
    }
    fail_msg("it never ended");
    return result;
}

#endif
