/* Ten worked answers: see calibrate_metric.h. */
#include "measure/material/calibrate_metric.h"

#include "measure/figure/metric_internal.h"

#include <math.h>
#include <stdio.h>

static const struct {
    double confidence;
    bool right;
} answers[] = {{.95, true},  {.92, true}, {.88, false}, {.85, true}, {.81, true},
               {.73, false}, {.66, true}, {.55, false}, {.42, true}, {.31, false}};

static const struct {
    const char *metric; /* as a task names it */
    const char *name;
    double expected;
} known[] = {
    {"\"acc\"", "accuracy", .6},
    {"{\"metric\": \"ece\", \"edges\": \"right\"}", "ece, ten bins closed on the right", .318},
    {"{\"metric\": \"trust\", \"edges\": \"right\"}", "trust, accuracy less ece", .282},
    {"\"brier\"", "brier", .22254},
};
enum { ANSWERS = sizeof answers / sizeof *answers, KNOWN = sizeof known / sizeof *known };

static bool name_metrics(struct metric_use *uses, struct arena *arena, struct error *err) {
    const struct json_place place = {"calibration", 0, "metric_list"};
    bool ok = true;
    for (size_t i = 0; ok && i < KNOWN; i++) {
        json_t *entry = json_read(text_of(known[i].metric), "calibration", 1, err);
        ok = entry && metric_use_parse(entry, place, arena, &uses[i], err);
        json_decref(entry);
    }
    return ok;
}

static bool add_answers(struct tally *tally, struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < ANSWERS; i++) {
        char id[HASH_HEX];
        snprintf(id, sizeof id, "%zu", i);
        json_t *parts = json_pack("{s:f s:b}", "confidence", answers[i].confidence, "acc", answers[i].right);
        struct record_row row = {.task = TEXT("calibration"),
                                 .item_id = text_of(id),
                                 .item = id,
                                 .answer = 1,
                                 .scored = true,
                                 .value = answers[i].right,
                                 .parsed = "ok",
                                 .evidence = parts};
        ok = parts ? tally_add(tally, &row, err) : error_memory(err, "answers");
        json_decref(parts);
    }
    return ok;
}

bool calibrate_metric(calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    const struct figure_settings settings = {.confidence = 0.95, .bootstrap = 100, .seed = 1};
    struct metric_use uses[KNOWN];
    struct tally_spec spec = {.task = "calibration", .scorer = "stated", .uses = uses, .n_uses = KNOWN};
    struct figure *figures;
    struct arena arena;
    size_t n;
    arena_init(&arena, 1 << 24);
    struct tally *tally = name_metrics(uses, &arena, err) ? tally_new_of(&spec, &settings, err) : NULL;
    bool ok = tally && add_answers(tally, err) && tally_figures(tally, &arena, &figures, &n, err);
    for (size_t i = 0; ok && i < KNOWN; i++)
        calibrate_number(&out, known[i].name, known[i].expected, figures[i].value, 5e-6, "ten answers worked by hand");
    tally_free(tally);
    arena_done(&arena);
    return ok;
}
