/* See synth_code.h. */
#include "measure/table/synth_code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double RARE = 0.005; /* of R_tr: levels below this share are one */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The values of a column that are there, sorted. */
static bool sorted_column(const struct synth_table *t, size_t column, struct arena *arena, const double **out,
                          size_t *n, struct error *err) {
    double *values = arena_new(arena, double, t->rows, err);
    *n = 0;
    if (!values) return false;
    for (size_t r = 0; r < t->rows; r++)
        if (!isnan(t->x[r * t->n + column])) values[(*n)++] = t->x[r * t->n + column];
    qsort(values, *n, sizeof *values, by_value);
    *out = values;
    return true;
}

/* How many of the sorted values are below x (or_equal: not above it). */
static size_t count_below(const double *sorted, size_t n, double x, bool or_equal) {
    size_t from = 0, to = n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (sorted[middle] < x || (or_equal && sorted[middle] == x))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

bool synth_code_learn(const struct synth_schema *schema, const struct synth_levels *levels,
                      const struct synth_table *train, const bool *wanted, struct arena *arena, struct synth_code *out,
                      struct error *err) {
    *out = (struct synth_code){.schema = schema, .levels = levels};
    out->part = arena_new(arena, struct synth_part, schema->n, err);
    out->n_levels = arena_new(arena, size_t, schema->n, err);
    if (!out->part || !out->n_levels) return false;
    for (size_t c = 0; c < schema->n; c++) {
        if (wanted && !wanted[c]) continue;
        struct synth_part *p = &out->part[out->n_parts++];
        bool categorical = schema->column[c].type == SYNTH_CATEGORICAL;
        *p = (struct synth_part){.column = c, .value = SIZE_MAX, .code = SIZE_MAX};
        if (!categorical) {
            p->value = out->n_values++;
            if (!sorted_column(train, c, arena, &p->sorted, &p->n_sorted, err)) return false;
        }
        if (categorical || levels[c].missing) {
            out->n_levels[out->n_codes] = (categorical ? levels[c].n : 1) + levels[c].missing;
            p->code = out->n_codes++;
        }
    }
    return true;
}

static void code_row(const struct synth_code *code, const double *x, double *value, uint16_t *which) {
    for (size_t i = 0; i < code->n_parts; i++) {
        const struct synth_part *p = &code->part[i];
        double v = x[p->column];
        if (p->value != SIZE_MAX) {
            size_t below = isnan(v) ? 0 : count_below(p->sorted, p->n_sorted, v, false);
            size_t upto = isnan(v) ? 0 : count_below(p->sorted, p->n_sorted, v, true);
            bool ranked = !isnan(v) && p->n_sorted > 0;
            value[p->value] = ranked ? (double)(below + upto) / 2 / (double)p->n_sorted : 0.5;
            if (p->code != SIZE_MAX) which[p->code] = isnan(v);
        } else {
            which[p->code] = (uint16_t)(isnan(v) ? code->n_levels[p->code] - 1 : (size_t)v);
        }
    }
}

static bool points_room(const struct synth_code *code, size_t n, struct arena *arena, struct synth_points *out,
                        struct error *err) {
    *out = (struct synth_points){.code = code, .n = n};
    out->value = arena_new(arena, double, n * code->n_values + 1, err);
    out->which = arena_new(arena, uint16_t, n * code->n_codes + 1, err);
    return out->value && out->which;
}

bool synth_points_of(const struct synth_code *code, const double *x, size_t n, struct arena *arena,
                     struct synth_points *out, struct error *err) {
    if (!points_room(code, n, arena, out, err)) return false;
    for (size_t r = 0; r < n; r++)
        code_row(code, x + r * code->schema->n, out->value + r * code->n_values, out->which + r * code->n_codes);
    return true;
}

bool synth_points_some(const struct synth_points *points, const size_t *places, size_t n, struct arena *arena,
                       struct synth_points *out, struct error *err) {
    const struct synth_code *code = points->code;
    if (!points_room(code, n, arena, out, err)) return false;
    for (size_t r = 0; r < n; r++) {
        memcpy(out->value + r * code->n_values, points->value + places[r] * code->n_values,
               code->n_values * sizeof *out->value);
        memcpy(out->which + r * code->n_codes, points->which + places[r] * code->n_codes,
               code->n_codes * sizeof *out->which);
    }
    return true;
}

double synth_apart2(const struct synth_points *a, size_t i, const struct synth_points *b, size_t j) {
    size_t n_values = a->code->n_values, n_codes = a->code->n_codes;
    const double *x = a->value + i * n_values, *y = b->value + j * n_values;
    const uint16_t *s = a->which + i * n_codes, *t = b->which + j * n_codes;
    double sum = 0;
    unsigned differ = 0;
    for (size_t k = 0; k < n_codes; k++) differ += s[k] != t[k];
    for (size_t k = 0; k < n_values; k++) sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sum + differ;
}

/* ---- bins ---- */

/* Levels of at least RARE of the rows have a bin each; the others share one. */
static bool bin_levels(const struct synth_table *train, size_t c, size_t n_levels, struct arena *arena,
                       struct synth_binning *b, struct error *err) {
    size_t *count = arena_new(arena, size_t, n_levels + 1, err), bins = 0;
    if (!count || !(b->bin[c] = arena_new(arena, uint16_t, n_levels + 1, err))) return false;
    for (size_t r = 0; r < train->rows; r++)
        if (!isnan(train->x[r * train->n + c])) count[(size_t)train->x[r * train->n + c]]++;
    for (size_t l = 0; l < n_levels; l++)
        if ((double)count[l] >= RARE * (double)train->rows) b->bin[c][l] = (uint16_t)bins++;
    bool others = bins < n_levels;
    for (size_t l = 0; l < n_levels; l++)
        if ((double)count[l] < RARE * (double)train->rows) b->bin[c][l] = (uint16_t)bins;
    b->n_bins[c] = bins + others;
    return true;
}

static bool bin_numbers(const struct synth_table *train, size_t c, struct arena *arena, struct synth_binning *b,
                        struct error *err) {
    const double *sorted;
    size_t n;
    if (!sorted_column(train, c, arena, &sorted, &n, err) || !(b->edge[c] = arena_new(arena, double, SYNTH_BINS, err)))
        return false;
    for (size_t k = 1; n && k < SYNTH_BINS; k++) {
        double edge = sorted[(k * n + SYNTH_BINS - 1) / SYNTH_BINS - 1];
        if (edge < sorted[n - 1] && (b->n_edges[c] == 0 || edge > b->edge[c][b->n_edges[c] - 1]))
            b->edge[c][b->n_edges[c]++] = edge;
    }
    b->n_bins[c] = b->n_edges[c] + 1;
    return true;
}

bool synth_binning_learn(const struct synth_schema *schema, const struct synth_levels *levels,
                         const struct synth_table *train, struct arena *arena, struct synth_binning *out,
                         struct error *err) {
    *out = (struct synth_binning){.n_columns = schema->n,
                                  .n_bins = arena_new(arena, size_t, schema->n, err),
                                  .bin = arena_new(arena, uint16_t *, schema->n, err),
                                  .edge = arena_new(arena, double *, schema->n, err),
                                  .n_edges = arena_new(arena, size_t, schema->n, err),
                                  .missing = arena_new(arena, bool, schema->n, err)};
    if (!out->n_bins || !out->bin || !out->edge || !out->n_edges || !out->missing) return false;
    for (size_t c = 0; c < schema->n; c++) {
        bool named = synth_has_levels(&schema->column[c]);
        if (!(named ? bin_levels(train, c, levels[c].n, arena, out, err) : bin_numbers(train, c, arena, out, err)))
            return false;
        if ((out->missing[c] = levels[c].missing)) out->n_bins[c]++;
    }
    return true;
}

static uint16_t bin_of(const struct synth_binning *b, size_t c, double x) {
    if (isnan(x)) return (uint16_t)(b->n_bins[c] - 1);
    return b->bin[c] ? b->bin[c][(size_t)x] : (uint16_t)count_below(b->edge[c], b->n_edges[c], x, false);
}

bool synth_bins_of(const struct synth_binning *binning, const struct synth_table *table, struct arena *arena,
                   uint16_t ***out, struct error *err) {
    uint16_t **bins = arena_new(arena, uint16_t *, binning->n_columns, err);
    if (!bins) return false;
    for (size_t c = 0; c < binning->n_columns; c++) {
        if (!(bins[c] = arena_new(arena, uint16_t, table->rows, err))) return false;
        for (size_t r = 0; r < table->rows; r++) bins[c][r] = bin_of(binning, c, table->x[r * table->n + c]);
    }
    *out = bins;
    return true;
}
