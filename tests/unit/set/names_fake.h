/* Figures and tasks of a house that is small enough to read: see set/policy_names.h. */
#ifndef TESTS_NAMES_FAKE_H
#define TESTS_NAMES_FAKE_H

#include "set/policy_names.h"

static const struct policy_metric fake_metrics[] = {
    {"acc", "share", "up", POLICY_ACCURACY, 0, 1, true},
    {"refusal_rate", "share", "none", POLICY_BEHAVIOUR, 0, 1, true},
    {"over_refusal", "share", "down", POLICY_BEHAVIOUR, 0, 1, true},
    {"youden_j", "difference", "up", POLICY_BEHAVIOUR, -1, 1, false},
    {"youden", "difference", "up", POLICY_BEHAVIOUR, -1, 1, false},
    {"harmful_refusal", "share", "up", POLICY_BEHAVIOUR, 0, 1, true},
    {"win_rate", "share", "up", POLICY_WIN, 0, 1, true},
    {"ece", "share", "down", POLICY_UNCERTAINTY, 0, 1, false},
    {"abstention_rate", "share", "none", POLICY_ABSTENTION, 0, 1, true},
};
static const char *const fake_places[] = {"facts", "xstest/unsafe", "xstest/safe", "novel", "refusals", "tastes"};

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
    for (size_t i = 0; i < sizeof fake_places / sizeof *fake_places; i++) {
        if (!text_equal_c(place, fake_places[i])) continue;
        *out = (struct policy_place){fake_places[i], "", &fake_places[i], 1};
        return true;
    }
    return error_set(err, ERROR_USAGE, "no task '%.*s'", TEXT_ARG(place));
}

static const struct policy_names fake_names = {.metric = fake_metric, .place = fake_place};

#endif
