/* Bands of a run as text: see report_bands.h. */
#include "report/report_bands.h"

#include <math.h>
#include <string.h>

const char *const report_band_heads[BAND_CELLS] = {"band", "figure", "estimate", "interval", "n", "should be", ""};

/* Numbers as bands are written: at most three decimals, no zeros behind. */
static const char *number(double x, struct arena *arena, struct error *err) {
    char *printed = arena_printf(arena, err, "%.3f", x);
    size_t n = printed ? strlen(printed) : 0;
    while (n && printed[n - 1] == '0') printed[--n] = 0;
    if (n && printed[n - 1] == '.') printed[--n] = 0;
    return printed && strcmp(printed, "-0") == 0 ? "0" : printed;
}

static const char *ends(const struct band *band, struct arena *arena, struct error *err) {
    const char *from = number(band->from, arena, err), *to = number(band->to, arena, err);
    if (!from || !to) return NULL;
    if (isinf(band->from)) return arena_printf(arena, err, "<= %s", to);
    if (isinf(band->to)) return arena_printf(arena, err, ">= %s", from);
    return arena_printf(arena, err, "%s to %s", from, to);
}

static const char *interval(const struct band *band, struct arena *arena, struct error *err) {
    if (isnan(band->lo) || isnan(band->hi)) return "-";
    const char *lo = number(band->lo, arena, err), *hi = number(band->hi, arena, err);
    return lo && hi ? arena_printf(arena, err, "%s to %s", lo, hi) : NULL;
}

bool report_band_cells(const struct band *band, struct arena *arena, const char *cells[BAND_CELLS], struct error *err) {
    bool measured = !isnan(band->value);
    cells[BAND_NAME] = band->name;
    cells[BAND_WHAT] = band->what;
    cells[BAND_VALUE] = measured ? number(band->value, arena, err) : "-";
    cells[BAND_INTERVAL] = interval(band, arena, err);
    cells[BAND_N] = arena_printf(arena, err, "%llu", (unsigned long long)band->n);
    cells[BAND_ENDS] = ends(band, arena, err);
    cells[BAND_VERDICT] = band->met ? "met" : measured ? "MISSED" : "not measured";
    for (size_t i = 0; i < BAND_CELLS; i++)
        if (!cells[i]) return false;
    return true;
}

const char *report_bands_lead(const struct report_run *run, struct arena *arena, struct error *err) {
    size_t missed = bands_missed(run->bands, run->n_bands);
    return arena_printf(arena, err, "%zu of %zu bands met", run->n_bands - missed, run->n_bands);
}

json_t *report_bands_json(const struct report_run *run) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < run->n_bands; i++) {
        const struct band *b = &run->bands[i];
        json_t *row = json_pack("{s:s s:s s:s s:o s:o s:o s:I s:o s:o s:b}", "name", b->name, "task", b->task, "figure",
                                b->what, "value", json_from_f64(b->value), "lo", json_from_f64(b->lo), "hi",
                                json_from_f64(b->hi), "n", (json_int_t)b->n, "from", json_from_f64(b->from), "to",
                                json_from_f64(b->to), "met", b->met);
        if (row && json_array_append_new(list, row) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}
