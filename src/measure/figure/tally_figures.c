/* Figures of the rows that a tally has collected: for each metric all rows together, then each value of each field by
 * which the task is split, in the order of their bytes. Rows are sorted by cluster and item first, so that neither sums
 * nor resamples depend on the order in which they came. */
#include "measure/figure/metric_rules.h"
#include "measure/figure/tally_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_cluster(const void *a, const void *b, void *context) {
    const struct tally *tally = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct tally_row *x = tally_at(tally, i), *y = tally_at(tally, j);
    if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    if (x->sample != y->sample) return x->sample < y->sample ? -1 : 1;
    return i < j ? -1 : i > j;
}

/* Whether the row counts, and its value where the metric is a mean. */
static bool row_counts(struct tally_selection *s, size_t row, double *value) {
    const struct metric_rule *rule = s->use->metric->rule;
    struct metric_view view = tally_view(s, row);
    *value = 0;
    if (!rule->pick) return rule->add(&view, 0, s->use->options, s->scratch);
    *value = rule->pick(&view, s->use->options);
    return !isnan(*value);
}

/* ---- one figure ---- */

/* All rows (field SIZE_MAX) or those with one value of a field; fills counts that concern all of them. */
static void select_rows(struct tally_selection *s, size_t field, uint16_t value, struct figure *figure) {
    const struct tally *tally = s->tally;
    uint64_t last = 0, read = 0, readable = 0;
    s->n = s->n_clusters = 0;
    for (size_t i = 0; i < tally->n; i++) {
        size_t at = s->order[i];
        const struct tally_row *row = tally_at(tally, at);
        if (field != SIZE_MAX && row->value_of[field] != value) continue;
        if (row->failed) {
            figure->errors++;
            continue;
        }
        readable += row->parsed >= 0;
        read += row->parsed == PARSED_OK || row->parsed == PARSED_FALLBACK;
        figure->n++;
        if (!row_counts(s, at, &s->value[s->n])) continue;
        if (s->n == 0 || row->cluster != last) s->size[s->n_clusters++] = 0;
        last = row->cluster;
        s->size[s->n_clusters - 1]++;
        s->cluster[s->n] = (uint32_t)(s->n_clusters - 1);
        s->row[s->n++] = (uint32_t)at;
    }
    figure->parsed = readable ? (double)read / (double)readable : NAN;
}

/* Makes one row of each cluster; those that do not count are left out. */
static bool join_clusters(struct tally_selection *s, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    size_t from = 0, kept = 0, most = 0;
    for (size_t c = 0; c < s->n_clusters; c++) most = s->size[c] > most ? s->size[c] : most;
    struct metric_view *views = memory_grow(NULL, most + 1, sizeof *views);
    if (!views) return error_memory(err, "figures");
    for (size_t c = 0; c < s->n_clusters; c++) {
        size_t size = s->size[c];
        for (size_t i = 0; i < size; i++) views[i] = tally_view(s, s->row[from + i]);
        double value = rule->join(views, size, s->use->options);
        from += size;
        if (isnan(value)) continue;
        s->value[kept] = value;
        s->size[kept] = 1;
        s->cluster[kept] = (uint32_t)kept;
        s->row[kept] = s->row[from - size];
        kept++;
    }
    s->n = s->n_clusters = kept;
    memory_free(views);
    return true;
}

static const char *why_null(const struct tally_selection *s, const struct figure *figure, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    if (figure->n + figure->errors == 0) return "there are no items";
    if (figure->n == 0) return arena_printf(s->arena, err, "all %" PRIu64 " items failed", figure->errors);
    if (figure->parsed == 0) return "no answer could be read";
    for (size_t i = 0; rule->parts[i]; i++)
        if (!s->tally->seen[s->place[i]] && i < rule->needs)
            return arena_printf(s->arena, err, "scorer '%s' gives no part '%s'", s->tally->spec.scorer, rule->parts[i]);
    if (rule == &rule_group_exact && s->use->options[0].integer)
        return arena_printf(s->arena, err, "no group of %" PRId64 " items is complete (--limit cuts them)",
                            s->use->options[0].integer);
    if (rule->nothing) return rule->nothing;
    return arena_printf(s->arena, err, "none of %" PRIu64 " items counts here", figure->n);
}

static void cut_to_range(const struct tally_selection *s, struct interval *x) {
    const struct metric_rule *rule = s->use->metric->rule;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; rule->bounded_by_parts && i < s->n; i++) {
        struct metric_view row = tally_view(s, s->row[i]);
        least = isnan(row.part[1]) ? -INFINITY : fmin(least, row.part[1]);
        most = isnan(row.part[2]) ? INFINITY : fmax(most, row.part[2]);
    }
    if (!rule->bounded_by_parts || least < rule->least) least = rule->least;
    if (!rule->bounded_by_parts || most > rule->most) most = rule->most;
    if (x->lo < least) x->lo = least;
    if (x->hi > most) x->hi = most;
}

static bool tell_options(const struct tally_selection *s, struct figure *figure, struct error *err) {
    const struct metric *metric = s->use->metric;
    for (size_t i = 0; metric->rule->tells_options && i < metric->n_options; i++) {
        const struct option_value *value = &s->use->options[i];
        const char *more =
            metric->options[i].type == OPTION_INT
                ? arena_printf(s->arena, err, "%s,%s=%" PRId64, figure->method, metric->options[i].name, value->integer)
                : arena_printf(s->arena, err, "%s,%s=%.*s", figure->method, metric->options[i].name,
                               TEXT_ARG(value->text));
        if (!more) return false;
        figure->method = more;
    }
    return true;
}

static bool mark_compat(const struct tally_selection *s, struct figure *figure, struct error *err) {
    if (s->tally->spec.compat) figure->method = arena_printf(s->arena, err, "%s,compat", figure->method);
    return figure->method != NULL;
}

bool tally_figure(struct tally_selection *s, size_t field, uint16_t value, struct figure *figure, bool *shown,
                  struct error *err) {
    const struct tally *tally = s->tally;
    const struct metric *metric = s->use->metric;
    *figure = (struct figure){.name = s->name,
                              .task = s->task,
                              .group = "",
                              .value = NAN,
                              .lo = NAN,
                              .hi = NAN,
                              .k = -1,
                              .method = "none",
                              .unit = metric->unit,
                              .direction = metric->direction,
                              .scorer = s->scorer};
    if (field != SIZE_MAX && !(figure->group = arena_printf(s->arena, err, "%s=%.*s", tally->fields[field].name,
                                                            TEXT_ARG(tally->fields[field].values[value]))))
        return false;
    select_rows(s, field, value, figure);
    if (metric->rule->join && !join_clusters(s, err)) return false;
    *shown = field == SIZE_MAX || s->n > 0 || figure->n == 0;
    if (!*shown) return true;
    if (s->n == 0) {
        figure->null_reason = why_null(s, figure, err);
        figure->n = 0;
        return figure->null_reason != NULL;
    }
    struct interval x = {0};
    if (!tally_interval(s, figure, &x, err)) return false;
    cut_to_range(s, &x);
    if (isnan(x.estimate)) {
        const char *why = tally_why(s, err);
        if (!why) return false;
        tally_no_interval(figure, &x, why);
    }
    figure->value = x.estimate;
    figure->lo = x.lo;
    figure->hi = x.hi;
    return tell_options(s, figure, err) && mark_compat(s, figure, err);
}

/* ---- all figures ---- */

static int by_text(const void *a, const void *b, void *context) {
    const struct tally_field *field = context;
    return text_compare(field->values[*(const uint16_t *)a], field->values[*(const uint16_t *)b]);
}

uint16_t *tally_sorted_values(const struct tally_field *field, struct arena *arena, struct error *err) {
    uint16_t *order = arena_new(arena, uint16_t, field->n, err);
    if (!order) return NULL;
    for (size_t i = 1; i < field->n; i++) order[i - 1] = (uint16_t)i;
    qsort_r(order, field->n - 1, sizeof *order, by_text, (void *)field);
    return order;
}

static void errors_figure(const struct tally_selection *s, struct figure *figure) {
    const struct tally *tally = s->tally;
    uint64_t errors = 0;
    for (size_t i = 0; i < tally->n; i++) errors += tally_at(tally, i)->failed;
    *figure = (struct figure){.name = "errors",
                              .task = s->task,
                              .group = "",
                              .value = (double)errors,
                              .lo = (double)errors,
                              .hi = (double)errors,
                              .n = tally->n,
                              .k = -1,
                              .method = "exact",
                              .unit = "items",
                              .direction = "down",
                              .parsed = NAN,
                              .errors = errors,
                              .scorer = s->scorer};
}

bool tally_use_metric(struct tally_selection *s, const struct metric_use *use, struct error *err) {
    const struct metric_rule *rule = use->metric->rule;
    s->use = use;
    memset(s->place, 0, sizeof s->place);
    s->macro = rule->macro >= 0 && text_equal_c(use->options[rule->macro].text, "macro");
    for (size_t i = 0; rule->parts[i]; i++)
        while (strcmp(s->tally->parts[s->place[i]], rule->parts[i]) != 0) s->place[i]++;
    return (s->name = text_copy(s->arena, text_of(use->name), err)) != NULL;
}

/* A figure, and behind it the same corrected for its detector's error, where that is known. */
static bool add_figure(struct tally_selection *s, size_t field, uint16_t value, struct figure *out, size_t *n,
                       struct error *err) {
    struct figure *raw = &out[*n];
    bool shown, more;
    if (!tally_figure(s, field, value, raw, &shown, err)) return false;
    if (field == SIZE_MAX) tally_measure_detector(s);
    if (!shown) return true;
    if (!tally_mark_unmeasured(s, raw, err) || !tally_corrected(s, raw, raw + 1, &more, err)) return false;
    *n += 1 + more;
    return true;
}

static bool is_split_by(const struct metric_use *use, const char *field) {
    return !use->only || strcmp(use->only, field) == 0;
}

static bool all_figures(struct tally_selection *s, struct figure *out, size_t *n, struct error *err) {
    const struct tally *tally = s->tally;
    size_t n_fields = tally->n_fields;
    uint16_t *values[TALLY_FIELDS];
    for (size_t f = 0; f < n_fields; f++)
        if (!(values[f] = tally_sorted_values(&tally->fields[f], s->arena, err))) return false;
    for (size_t m = 0; m < tally->spec.n_uses + tally->n_own; m++) {
        if (!tally_use_metric(s, tally_use(tally, m), err) || !add_figure(s, SIZE_MAX, 0, out, n, err)) return false;
        for (size_t f = 0; f < n_fields && !s->use->whole; f++)
            for (size_t v = 0; v + 1 < tally->fields[f].n && is_split_by(s->use, tally->fields[f].name); v++)
                if (!add_figure(s, f, values[f][v], out, n, err)) return false;
    }
    errors_figure(s, &out[(*n)++]);
    return true;
}

bool tally_selection_open(struct tally_selection *s, const struct tally *tally, struct arena *arena,
                          struct error *err) {
    size_t rows = tally->n ? tally->n : 1;
    *s = (struct tally_selection){.tally = tally, .arena = arena};
    s->order = memory_grow(NULL, rows, sizeof *s->order);
    s->row = memory_grow(NULL, rows, sizeof *s->row);
    s->cluster = memory_grow(NULL, rows, sizeof *s->cluster);
    s->size = memory_grow(NULL, rows, sizeof *s->size);
    s->value = memory_grow(NULL, rows, sizeof *s->value);
    if (!s->order || !s->row || !s->cluster || !s->size || !s->value) return error_memory(err, "figures");
    for (size_t i = 0; i < tally->n; i++) s->order[i] = (uint32_t)i;
    qsort_r(s->order, tally->n, sizeof *s->order, by_cluster, (void *)tally);
    return (s->task = text_copy(arena, text_of(tally->spec.task), err)) &&
           (s->scorer = text_copy(arena, text_of(tally->spec.scorer), err));
}

void tally_selection_close(struct tally_selection *s) {
    memory_free(s->order);
    memory_free(s->row);
    memory_free(s->cluster);
    memory_free(s->size);
    memory_free(s->value);
    tally_sums_done(&s->sums);
}

bool tally_figures(struct tally *tally, struct arena *arena, struct figure **out, size_t *n, struct error *err) {
    struct tally_selection s;
    size_t groups = 1;
    for (size_t f = 0; f < tally->n_fields; f++) groups += tally->fields[f].n - 1;
    *n = 0;
    *out = arena_new(arena, struct figure, 2 * groups * (tally->spec.n_uses + tally->n_own) + 1, err);
    bool ok = tally_selection_open(&s, tally, arena, err) && *out && all_figures(&s, *out, n, err);
    tally_selection_close(&s);
    return ok;
}
