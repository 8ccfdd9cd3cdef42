/* Rows of the engine's calibration: comparing, and reading gold values. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void calibration_skip(struct calibration *c, const char *name, const char *why) {
    calibrate_skip(&c->rows, name, why);
}

void calibration_failed(struct calibration *c, const char *name, const struct error *why) {
    calibrate_failed(&c->rows, name, why);
}

void calibration_number(struct calibration *c, const char *name, double expected, double found, double tolerance) {
    calibrate_number(&c->rows, name, expected, found, tolerance, "");
}

void calibration_numbers(struct calibration *c, const char *name, const double *expected, const double *found, size_t n,
                         double relative, double least) {
    size_t worst = 0;
    double off = -1, allowed = relative * least;
    for (size_t i = 0; i < n; i++) {
        double scale = fabs(expected[i]) > least ? fabs(expected[i]) : least, d = fabs(found[i] - expected[i]) / scale;
        if (d <= off) continue; /* NaN is the worst */
        off = d;
        worst = i;
        allowed = relative * scale;
        if (isnan(d)) break;
    }
    char note[64];
    snprintf(note, sizeof note, "furthest off of %zu: entry %zu", n, worst);
    if (n) calibrate_number(&c->rows, name, expected[worst], found[worst], allowed, note);
}

void calibration_ids(struct calibration *c, const char *name, const int32_t *expected, size_t n, const int32_t *found,
                     size_t m) {
    char e[64], f[64], note[96] = "";
    size_t i = 0;
    while (i < n && i < m && expected[i] == found[i]) i++;
    snprintf(e, sizeof e, "%zu tokens", n);
    snprintf(f, sizeof f, "%zu tokens", m);
    bool equal = i == n && i == m;
    if (!equal && i < n && i < m)
        snprintf(note, sizeof note, "token %zu: expected %d, found %d", i, (int)expected[i], (int)found[i]);
    else if (!equal)
        snprintf(note, sizeof note, "the first %zu are equal", i);
    calibrate_give(&c->rows, name, e, f, 0, equal ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

bool calibration_get_ids(struct calibration *c, const json_t *object, const char *key, struct json_place place,
                         int32_t **out, size_t *n, struct error *err) {
    json_t *array;
    if (!json_get_array(object, key, place, &array, err)) return false;
    *n = json_array_size(array);
    if (!(*out = arena_new(&c->arena, int32_t, *n, err))) return false;
    for (size_t i = 0; i < *n; i++) {
        const json_t *value = json_array_get(array, i);
        json_int_t id = json_integer_value(value);
        if (!json_is_integer(value) || id < INT32_MIN || id > INT32_MAX)
            return json_mismatch(value, key, place, "an array of token ids", err);
        (*out)[i] = (int32_t)id;
    }
    return true;
}

bool calibration_get_reals(struct calibration *c, const json_t *object, const char *key, struct json_place place,
                           double **out, size_t *n, struct error *err) {
    json_t *array;
    if (!json_get_array(object, key, place, &array, err)) return false;
    *n = json_array_size(array);
    if (!(*out = arena_new(&c->arena, double, *n, err))) return false;
    for (size_t i = 0; i < *n; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_number(value)) return json_mismatch(value, key, place, "an array of numbers", err);
        (*out)[i] = json_number_value(value);
    }
    return true;
}
