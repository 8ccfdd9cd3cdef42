/* Sets of points, activations and texts, as `score --scorer aqi` reads them. */
#ifndef CLI_SCORE_AQI_READ_H
#define CLI_SCORE_AQI_READ_H

#include "cli/commands.h"
#include "lm/files/activation_file.h"
#include "measure/score/aqi_look.h"

struct aqi_reading {
    struct arguments *args;
    struct pool *pool;
    struct subject *subject; /* opened when the first texts come */
};
struct aqi_set {
    struct aqi_texts texts;
    struct aqi_source source;
    struct activation_in activations;
    struct aqi_look *look;
    double *points;
    float *values; /* those of a sample */
    bool owns_sums;
};
/* FILE.act with FILE.act.jsonl; rows (CSV, JSON, JSONL) with a text, of which the subject is looked into; rows of
 * numbers. */
bool aqi_set_read(struct aqi_reading *reading, const char *path, const struct aqi_settings *settings,
                  struct aqi_set *out, struct error *err) MUST_CHECK;
void aqi_set_close(struct aqi_set *set);

/* Released raw numbers: rows model, category, n, chi_raw, xb_raw, and what else the form needs. */
bool aqi_compose_files(struct arguments *args, const char *spec, struct error *err) MUST_CHECK;

#endif
