/* Figures and tasks of a house that is small enough to read: see set/policy_names.h. */
#ifndef TESTS_NAMES_FAKE_H
#define TESTS_NAMES_FAKE_H

#include "set/policy_names.h"

static const struct policy_metric fake_metrics[] = {
    {"acc", "share", "up", POLICY_ACCURACY, true},
    {"refusal_rate", "share", "none", POLICY_BEHAVIOUR, true},
    {"over_refusal", "share", "down", POLICY_BEHAVIOUR, true},
    {"youden_j", "points", "up", POLICY_BEHAVIOUR, false},
    {"win_rate", "share", "up", POLICY_WIN, true},
    {"ece", "share", "down", POLICY_UNCERTAINTY, false},
    {"abstention_rate", "share", "none", POLICY_ABSTENTION, true},
};
static const struct policy_place fake_places[] = {
    {"facts", "", 1000}, {"xstest/unsafe", "", 200}, {"xstest/safe", "", 250},
    {"novel", "", 500},  {"refusals", "", 500},      {"tastes", "", 300},
};

static inline bool fake_metric(void *context, struct text name, struct arena *arena, struct policy_metric *out,
                               struct error *err) {
    (void)context, (void)arena;
    const char *names[16];
    size_t n = sizeof fake_metrics / sizeof *fake_metrics;
    for (size_t i = 0; i < n; i++) {
        names[i] = fake_metrics[i].name;
        if (text_equal_c(name, names[i])) return *out = fake_metrics[i], true;
    }
    const char *near = text_nearest(name, names, n);
    return error_set(err, ERROR_USAGE, "no figure '%.*s'%s%s%s", TEXT_ARG(name), near ? "; did you mean '" : "",
                     near ? near : "", near ? "'?" : "");
}

static inline bool fake_place(void *context, struct text place, struct arena *arena, struct policy_place *out,
                              struct error *err) {
    (void)context, (void)arena;
    for (size_t i = 0; i < sizeof fake_places / sizeof *fake_places; i++)
        if (text_equal_c(place, fake_places[i].run)) return *out = fake_places[i], true;
    return error_set(err, ERROR_USAGE, "no task '%.*s'", TEXT_ARG(place));
}

static const struct policy_names fake_names = {NULL, fake_metric, fake_place};

#endif
