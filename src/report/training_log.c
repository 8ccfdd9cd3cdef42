/* Reading the log of a training: see training_log.h. */
#include "report/training_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_LINE ((size_t)1 << 20)
#define MOST_POINTS 10000000u
#define MOST_STEPS ((int64_t)1 << 50)

static bool grow(struct training_log *log, struct training_curve *c, struct error *err) {
    size_t more = c->capacity ? 2 * c->capacity : 64;
    if (more > MOST_POINTS) return error_set(err, ERROR_DATA, "a curve of more than %u points", MOST_POINTS);
    double **columns[4] = {&c->x, &c->y, &c->lo, &c->hi};
    for (size_t i = 0; i < 4; i++) {
        double *at = arena_new(&log->arena, double, more, err);
        if (!at) return false;
        if (c->n) memcpy(at, *columns[i], c->n * sizeof *at);
        *columns[i] = at;
    }
    uint64_t *items = arena_new(&log->arena, uint64_t, more, err);
    if (!items) return false;
    if (c->n) memcpy(items, c->items, c->n * sizeof *items);
    c->items = items;
    c->capacity = more;
    return true;
}

static bool put(struct training_log *log, struct training_curve *c, double x, double y, double lo, double hi,
                uint64_t items, struct error *err) {
    if (c->n == c->capacity && !grow(log, c, err)) return false;
    c->x[c->n] = x, c->y[c->n] = y, c->lo[c->n] = lo, c->hi[c->n] = hi, c->items[c->n] = items;
    c->n++;
    return true;
}

/* A member that is a number; absent or null: nothing. */
static bool put_member(struct training_log *log, struct training_curve *c, const json_t *row, const char *key,
                       double step, struct json_place place, struct error *err) {
    const json_t *value = json_object_get(row, key);
    if (!value || json_is_null(value)) return true;
    if (!json_is_number(value)) return json_mismatch(value, key, place, "a number", err);
    return put(log, c, step, json_number_value(value), NAN, NAN, 0, err);
}

static struct training_curve *probe_of(struct training_log *log, const char *name, struct error *err) {
    for (size_t i = 0; i < log->n_probes; i++)
        if (strcmp(log->probes[i].name, name) == 0) return &log->probes[i];
    if (log->n_probes == log->capacity) {
        size_t more = log->capacity ? 2 * log->capacity : 16;
        struct training_curve *probes = arena_new(&log->arena, struct training_curve, more, err);
        if (!probes) return NULL;
        if (log->n_probes) memcpy(probes, log->probes, log->n_probes * sizeof *probes);
        log->probes = probes;
        log->capacity = more;
    }
    struct training_curve *c = &log->probes[log->n_probes];
    *c = (struct training_curve){.name = text_copy(&log->arena, text_of(name), err)};
    if (!c->name) return NULL;
    log->n_probes++;
    return c;
}

static double number_or_nan(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool put_probes(struct training_log *log, json_t *row, double step, struct json_place place, struct error *err) {
    json_t *probe = json_object_get(row, "probe"), *figure;
    const char *name;
    if (!probe) return true;
    if (!json_is_object(probe)) return json_mismatch(probe, "probe", place, "an object", err);
    json_object_foreach(probe, name, figure) {
        double value;
        struct json_place inner = {place.file, place.line, name};
        struct training_curve *c = json_get_f64(figure, "value", inner, &value, err) ? probe_of(log, name, err) : NULL;
        json_int_t items = json_integer_value(json_object_get(figure, "n"));
        if (!c || !put(log, c, step, value, number_or_nan(figure, "lo"), number_or_nan(figure, "hi"),
                       items > 0 ? (uint64_t)items : 0, err))
            return false;
    }
    return true;
}

/* {NAME: mean, ...} of the steps or of the validation data, as the curve "WHAT/NAME". */
static bool put_means(struct training_log *log, json_t *row, const char *key, const char *what, double step,
                      struct json_place place, struct error *err) {
    json_t *means = json_object_get(row, key);
    const char *name;
    json_t *mean;
    if (!means) return true;
    if (!json_is_object(means)) return json_mismatch(means, key, place, "an object", err);
    json_object_foreach(means, name, mean) {
        char shown[128];
        if (!json_is_number(mean) && !json_is_null(mean)) return json_mismatch(mean, name, place, "a number", err);
        snprintf(shown, sizeof shown, "%s/%s", what, name);
        struct training_curve *c = json_is_number(mean) ? probe_of(log, shown, err) : NULL;
        if (json_is_number(mean) && (!c || !put(log, c, step, json_number_value(mean), NAN, NAN, 0, err))) return false;
    }
    return true;
}

/* Told where the products are. */
static void note_unit(struct training_log *log, const json_t *row) {
    struct text unit = json_text(json_object_get(row, "unit"));
    if (unit.len) snprintf(log->unit, sizeof log->unit, "%.*s", (int)(unit.len < 31 ? unit.len : 31), unit.at);
}

static void note_products(struct training_log *log, const json_t *row) {
    struct text compute = json_text(json_object_get(row, "compute")), isa = json_text(json_object_get(row, "isa"));
    size_t n = strlen(log->products);
    if (!compute.len || !isa.len || n + 80 > sizeof log->products) return;
    if (n)
        n += (size_t)snprintf(log->products + n, sizeof log->products - n, ", by step %llu ",
                              (unsigned long long)log->steps);
    snprintf(log->products + n, sizeof log->products - n, "%.*s on %.*s", (int)(compute.len < 16 ? compute.len : 16),
             compute.at, (int)(isa.len < 32 ? isa.len : 32), isa.at);
}

static bool put_line(struct training_log *log, json_t *row, struct json_place place, struct error *err) {
    int64_t step, stage = json_integer_value(json_object_get(row, "stage"));
    if (!json_get_i64(row, "step", place, &step, err)) return false;
    bool first = log->loss.n + log->valid.n + log->n_probes == 0;
    if (!first && stage != log->stage) log->begun = log->steps;
    if (step < 0 || step > MOST_STEPS || (!first && stage == log->stage && log->begun + (uint64_t)step <= log->steps))
        return error_set(err, ERROR_DATA, "%s:%zu: step %lld does not follow step %llu", place.file, place.line,
                         (long long)step, (unsigned long long)(log->steps - log->begun));
    log->stage = stage;
    log->steps = log->begun + (uint64_t)step;
    if (isfinite(number_or_nan(row, "seconds"))) log->seconds = number_or_nan(row, "seconds");
    note_products(log, row);
    note_unit(log, row);
    return put_member(log, &log->loss, row, "loss", (double)log->steps, place, err) &&
           put_member(log, &log->valid, row, "valid_loss", (double)log->steps, place, err) &&
           put_member(log, &log->speed, row, "tokens_per_second", (double)log->steps, place, err) &&
           put_means(log, row, "figures", "steps", (double)log->steps, place, err) &&
           put_means(log, row, "valid", "valid", (double)log->steps, place, err) &&
           put_probes(log, row, (double)log->steps, place, err);
}

static bool read_lines(struct training_log *log, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    json_t *row;
    size_t line;
    int state = lines ? 0 : -1;
    bool ok = lines != NULL;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = put_line(log, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && state >= 0;
}

bool training_log_read(struct training_log *log, const char *path, struct error *err) {
    *log = (struct training_log){0};
    arena_init(&log->arena, (size_t)2 << 30);
    struct text name = text_of(path);
    for (size_t i = name.len; i-- > 0;)
        if (name.at[i] == '/') {
            name = text_part(name, i + 1, name.len);
            break;
        }
    if (text_ends(name, TEXT(".log.jsonl"))) name.len -= 10;
    if ((log->name = text_copy(&log->arena, name, err)) && read_lines(log, path, err)) {
        if (log->loss.n + log->valid.n + log->n_probes > 0) return true;
        error_set(err, ERROR_DATA, "'%s': no line of a training in it", path);
    }
    training_log_done(log);
    return false;
}

void training_log_done(struct training_log *log) {
    arena_done(&log->arena);
    *log = (struct training_log){0};
}
