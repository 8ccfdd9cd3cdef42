/* Trainings by several processes, played by threads. */
#ifndef TESTS_TRAIN_TEAM_H
#define TESTS_TRAIN_TEAM_H

#include "check.h"
#include "thread_team.h"

#include "act/train/train.h"

struct sitting {
    struct train_settings settings;
    struct train_result result;
    struct error err;
    bool ok;
};

static inline void train_in_team(struct team *team, void *argument) {
    struct sitting *s = argument;
    s->settings.team = team;
    struct train *train = train_prepare(&s->settings, &s->err);
    s->ok = train && train_run(train, &s->result, &s->err);
    train_free(train);
}

/* Members with the same settings; some of them may differ: see the callers. */
static inline void team_of(struct sitting *members, void **arguments, size_t size, const struct train_settings *s) {
    for (size_t r = 0; r < size; r++) {
        members[r] = (struct sitting){.settings = *s};
        members[r].settings.threads = 1 + r % 2;
        arguments[r] = &members[r];
    }
}

static inline void check_ok_with(bool ok, const struct error *err) {
    if (!ok) fail_msg("%s", err->message);
}

static inline void check_fails_with(bool ok, const struct error *err, enum error_kind kind, const char *part) {
    if (ok || err->kind != kind || !strstr(err->message, part))
        fail_msg("ok %d, '%s', expected '%s'", ok, err->message, part);
}

/* What process 0 ends with; none may fail. */
static inline struct train_result train_with_team(size_t size, const struct train_settings *s) {
    struct sitting members[THREAD_TEAM_MOST];
    void *arguments[THREAD_TEAM_MOST];
    team_of(members, arguments, size, s);
    thread_team_run(size, train_in_team, arguments);
    for (size_t r = 0; r < size; r++) check_ok_with(members[r].ok, &members[r].err);
    return members[0].result;
}

#endif
