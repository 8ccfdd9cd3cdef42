/* Figures and tasks of a house that is small enough to read: see set/policy_names.h. */
#ifndef TESTS_NAMES_FAKE_H
#define TESTS_NAMES_FAKE_H

#include "base/option.h"
#include "set/policy_names.h"

static const struct policy_metric fake_metrics[] = {
    {.name = "acc",
     .unit = "share",
     .direction = "up",
     .measure = POLICY_ACCURACY,
     .least = 0,
     .most = 1,
     .exact = true},
    {.name = "refusal_rate",
     .unit = "share",
     .direction = "none",
     .measure = POLICY_BEHAVIOUR,
     .least = 0,
     .most = 1,
     .exact = true},
    {.name = "over_refusal",
     .unit = "share",
     .direction = "down",
     .measure = POLICY_BEHAVIOUR,
     .least = 0,
     .most = 1,
     .exact = true},
    {.name = "youden_j",
     .unit = "difference",
     .direction = "up",
     .measure = POLICY_BEHAVIOUR,
     .least = -1,
     .most = 1,
     .exact = false},
    {.name = "youden",
     .unit = "difference",
     .direction = "up",
     .measure = POLICY_BEHAVIOUR,
     .least = -1,
     .most = 1,
     .exact = false},
    {.name = "harmful_refusal",
     .unit = "share",
     .direction = "up",
     .measure = POLICY_BEHAVIOUR,
     .least = 0,
     .most = 1,
     .exact = true},
    {.name = "value_centred",
     .unit = "points",
     .direction = "none",
     .measure = POLICY_BEHAVIOUR,
     .least = NAN,
     .most = NAN},
    {.name = "win_rate",
     .unit = "share",
     .direction = "up",
     .measure = POLICY_WIN,
     .least = 0,
     .most = 1,
     .exact = true},
    {.name = "ece",
     .unit = "share",
     .direction = "down",
     .measure = POLICY_UNCERTAINTY,
     .least = 0,
     .most = 1,
     .exact = false},
    {.name = "abstention_rate",
     .unit = "share",
     .direction = "none",
     .measure = POLICY_ABSTENTION,
     .least = 0,
     .most = 1,
     .exact = true},
};
static const char *const fake_places[] = {"facts", "xstest/unsafe", "xstest/safe", "novel", "refusals", "tastes"};

static inline bool fake_metric(void *context, struct text name, struct arena *arena, struct policy_metric *out,
                               struct error *err) {
    (void)context, (void)arena;
    const char *names[16];
    size_t n = sizeof fake_metrics / sizeof *fake_metrics;
    for (size_t i = 0; i < n; i++) {
        names[i] = fake_metrics[i].name;
        if (text_equal_c(spec_name(name), names[i])) return *out = fake_metrics[i], true;
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
