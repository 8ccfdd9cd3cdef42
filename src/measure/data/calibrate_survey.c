/* Surveys by simulation: see calibrate_survey.h. */
#include "measure/data/calibrate_survey.h"

#include "base/rng.h"
#include "measure/data/survey.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PEOPLE = 200, KINDS = 3, RESAMPLES = 100, NAME = 120 };
#define DEVIATION 1.2

static const char *const kinds[KINDS] = {"identity", "logic", "inconsistency"};

/* Everybody meets every kind once. */
static bool draw(uint64_t seed, const char *stream, uint64_t index, const double drop[KINDS], struct arena *arena,
                 struct survey *out, struct error *err) {
    struct rng rng = rng_stream(seed, stream, index);
    *out = (struct survey){.row = arena_new(arena, struct survey_row, PEOPLE * KINDS, err),
                           .respondent = arena_new(arena, struct text, PEOPLE, err),
                           .task = arena_new(arena, struct text, 1, err),
                           .error = arena_new(arena, struct text, KINDS, err),
                           .respondents = PEOPLE,
                           .tasks = 1,
                           .errors = KINDS};
    if (!out->row || !out->respondent || !out->task || !out->error) return false;
    out->task[0] = TEXT("any");
    for (size_t k = 0; k < KINDS; k++) out->error[k] = text_of(kinds[k]);
    for (size_t i = 0; i < PEOPLE; i++)
        for (size_t k = 0; k < KINDS; k++) {
            double before = 5 + (double)rng_below(&rng, 3);
            double after = fmin(fmax(round(before - drop[k] - DEVIATION * rng_normal(&rng)), 1), 7);
            out->row[out->n++] = (struct survey_row){.respondent = i, .error = k, .before = before, .after = after};
        }
    return true;
}

static double find(const struct survey_result *r, const char *name, const char *group) {
    for (size_t i = 0; i < r->n_figures; i++)
        if (strcmp(r->figures[i].name, name) == 0 && strcmp(r->figures[i].group, group) == 0)
            return r->figures[i].value;
    return NAN;
}

struct tally {
    double ordered, told, alarms;
};

static bool simulate(uint64_t seed, uint64_t repeat, const char *stream, const double drop[KINDS], struct tally *t,
                     struct error *err) {
    struct arena arena;
    struct survey_settings settings = {.confidence = 0.95, .bootstrap = RESAMPLES, .seed = seed};
    bool ok = true;
    arena_init(&arena, (size_t)1 << 28);
    for (uint64_t r = 0; ok && r < repeat; r++) {
        struct survey s;
        struct survey_result found;
        ok = draw(seed, stream, r, drop, &arena, &s, err) && survey_analyse(&s, &settings, &arena, &found, err);
        if (!ok) break;
        double a = find(&found, "drop", "error=identity"), b = find(&found, "drop", "error=logic");
        double c = find(&found, "drop", "error=inconsistency");
        double p = find(&found, "wilcoxon_p_holm", "identity - logic");
        double q = find(&found, "wilcoxon_p_holm", "identity - inconsistency");
        t->ordered += a > b && b > c;
        t->told += p < 0.01 && q < 0.01;
        t->alarms += p <= 0.05 || q <= 0.05;
        arena_reset(&arena);
    }
    arena_done(&arena);
    t->ordered /= (double)repeat;
    t->told /= (double)repeat;
    t->alarms /= (double)repeat;
    return ok;
}

bool calibrate_survey(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    static const double planted[KINDS] = {1.5, 0.9, 0.7}, none[KINDS] = {0.9, 0.9, 0.9};
    struct calibrate_out rows = {report, context};
    struct tally found = {0}, flat = {0};
    char how[NAME];
    uint64_t n = repeat ? repeat : 200;
    if (!simulate(seed, n, "survey/planted", planted, &found, err) ||
        !simulate(seed, n, "survey/flat", none, &flat, err))
        return false;
    snprintf(how, sizeof how, "%llu surveys of %d people", (unsigned long long)n, PEOPLE);
    calibrate_range(&rows, "drops of 1.5, .9, .7: told apart with corrected p < .01", found.told, 0.8, 1, how);
    calibrate_range(&rows, "drops of 1.5, .9, .7: found in this order", found.ordered, 0.9, 1, how);
    calibrate_range(&rows, "equal drops: false alarms at .05", flat.alarms, 0, 0.05 + 3 * sqrt(0.05 * 0.95 / (double)n),
                    how);
    return true;
}
