/* Figures of the rows that a tally has collected: for each metric all rows together, then each value of each field by
 * which the task is split, in the order of their bytes. Rows are sorted by cluster and item first, so that neither sums
 * nor resamples depend on the order in which they came. */
#include "measure/statistics.h"
#include "measure/tally_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The rows of one figure and the memory for them. */
struct selection {
    const struct tally *tally;
    struct arena *arena;
    const struct metric_use *use;
    const char *name, *task, *scorer; /* copies on the arena, which may outlive tally and task */
    size_t place[METRIC_PARTS];       /* of the rule's parts among the tally's */
    uint32_t *order;                  /* all rows, sorted */
    uint32_t *row;                    /* rows that count */
    uint32_t *cluster;                /* of each */
    uint32_t *size;                   /* rows of each cluster */
    double *value;                    /* of each row: means */
    size_t n, n_clusters;
    bool macro;
    double scratch[METRIC_SUMS];
};

static int by_cluster(const void *a, const void *b, void *context) {
    const struct tally *tally = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct tally_row *x = tally_at(tally, i), *y = tally_at(tally, j);
    if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    if (x->sample != y->sample) return x->sample < y->sample ? -1 : 1;
    return i < j ? -1 : i > j;
}

static struct metric_view view_of(const struct selection *s, size_t row) {
    const double *parts = tally_parts_at(s->tally, row);
    const struct metric_rule *rule = s->use->metric->rule;
    struct metric_view view = {.parsed = tally_at(s->tally, row)->parsed};
    for (size_t i = 0; rule->parts[i]; i++) view.part[i] = parts[s->place[i]];
    return view;
}

/* Whether the row counts, and its value where the metric is a mean. */
static bool row_counts(struct selection *s, size_t row, double *value) {
    const struct metric_rule *rule = s->use->metric->rule;
    struct metric_view view = view_of(s, row);
    *value = 0;
    if (!rule->pick) return rule->add(&view, 0, s->use->options, s->scratch);
    *value = rule->pick(&view, s->use->options);
    return !isnan(*value);
}

static double mean_value(void *context, const uint32_t *weights, size_t n) {
    const struct selection *s = context;
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)weights[i] * s->value[i];
        total += (double)weights[i];
    }
    return sum / total;
}

static double sums_value(void *context, const uint32_t *weights, size_t n) {
    const struct selection *s = context;
    const struct metric_rule *rule = s->use->metric->rule;
    double sums[METRIC_SUMS] = {0};
    for (size_t i = 0; i < n; i++) {
        if (weights[i] == 0) continue;
        struct metric_view view = view_of(s, s->row[i]);
        double weight = (double)weights[i];
        if (s->macro) weight /= (double)s->size[s->cluster[i]];
        rule->add(&view, weight, s->use->options, sums);
    }
    return rule->value(sums, s->use->options);
}

/* ---- intervals ---- */

static void no_interval(struct figure *figure, struct interval *out, const char *why) {
    out->lo = out->hi = NAN;
    figure->null_reason = why;
}

static double estimate_of(struct selection *s, stat_function *function, struct error *err, bool *ok) {
    uint32_t *ones = memory_grow(NULL, s->n, sizeof *ones);
    *ok = ones || error_memory(err, "figures");
    for (size_t i = 0; ones && i < s->n; i++) ones[i] = 1;
    double value = ones ? function(s, ones, s->n) : NAN;
    memory_free(ones);
    return value;
}

/* "bootstrap,B=1000,cluster=question,clusters=25"; a cluster made by a template has no name. */
static const char *bootstrap_method(const struct selection *s, bool clustered, struct error *err) {
    const char *field = s->tally->spec.cluster_field ? s->tally->spec.cluster_field : "item";
    bool named = strcmp(field, "cluster") != 0;
    uint64_t resamples = s->tally->settings.bootstrap;
    if (!clustered) return arena_printf(s->arena, err, "bootstrap,B=%" PRIu64, resamples);
    return arena_printf(s->arena, err, "bootstrap,B=%" PRIu64 "%s%s,clusters=%zu", resamples, named ? ",cluster=" : "",
                        named ? field : "", s->n_clusters);
}

static bool bootstrap_interval(struct selection *s, struct figure *figure, struct interval *out, struct error *err) {
    const struct figure_settings *settings = &s->tally->settings;
    stat_function *function = s->use->metric->rule->pick ? mean_value : sums_value;
    bool ok, clustered = s->n_clusters < s->n;
    figure->n = s->n;
    if (!(figure->method = bootstrap_method(s, clustered, err))) return false;
    if (settings->bootstrap == 0 || s->n_clusters < 2) {
        out->estimate = estimate_of(s, function, err, &ok);
        no_interval(figure, out,
                    settings->bootstrap == 0 ? "no resamples were asked for, so there is no interval"
                    : clustered              ? "one cluster gives no interval"
                                             : "one item gives no interval");
        return ok;
    }
    char *name = arena_printf(s->arena, err, "bootstrap/%s/%s/%s", figure->task, figure->name, figure->group);
    if (!name || !stat_bootstrap(s->n, s->cluster, s->n_clusters, NULL, function, s, settings->bootstrap,
                                 settings->confidence, settings->seed, name, out, err))
        return false;
    if (isnan(out->lo) && !isnan(out->estimate))
        no_interval(figure, out, "most resamples do not determine it, so there is no interval");
    return true;
}

/* A percentile interval of a biased statistic (ece) may miss its own estimate. One of equal values has no width:
 * a share is then one of clusters (Wilson), anything else has none. */
static bool mend_bootstrap(struct selection *s, struct figure *figure, bool binary, struct interval *out,
                           struct error *err) {
    if (isnan(out->lo)) return true;
    if (binary && out->lo == out->hi && (out->estimate == 0 || out->estimate == 1)) {
        *out = stat_wilson(out->estimate == 0 ? 0 : s->n_clusters, s->n_clusters, s->tally->settings.confidence);
        if (!(figure->method = arena_printf(s->arena, err, "wilson,clusters=%zu", s->n_clusters))) return false;
    }
    out->lo = fmin(out->lo, out->estimate);
    out->hi = fmax(out->hi, out->estimate);
    if (out->lo == out->hi) no_interval(figure, out, "no resample differs from another, so there is no interval");
    return true;
}

static bool mean_figure(struct selection *s, struct figure *figure, struct interval *out, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    bool binary = rule->least != -1 || rule->scale != 1; /* a difference is no share, whatever its values */
    uint64_t k = 0;
    for (size_t i = 0; i < s->n; i++) {
        binary = binary && (s->value[i] == 0 || s->value[i] == 1);
        k += s->value[i] == 1;
    }
    if (binary) figure->k = (int64_t)k;
    figure->n = s->n;
    if (s->n_clusters < s->n) {
        if (!bootstrap_interval(s, figure, out, err) || !mend_bootstrap(s, figure, binary, out, err)) return false;
    } else if (binary) {
        *out = stat_wilson(k, s->n, s->tally->settings.confidence);
        figure->method = "wilson";
    } else {
        *out = stat_mean_t(s->value, s->n, s->tally->settings.confidence);
        figure->method = "student-t";
        if (s->n < 2) no_interval(figure, out, "one item gives no interval");
    }
    out->estimate = out->estimate * rule->scale + rule->shift;
    out->lo = out->lo * rule->scale + rule->shift;
    out->hi = out->hi * rule->scale + rule->shift;
    return true;
}

static bool sums_figure(struct selection *s, struct figure *figure, struct interval *out, struct error *err) {
    return bootstrap_interval(s, figure, out, err) && mend_bootstrap(s, figure, false, out, err);
}

/* ---- one figure ---- */

/* All rows (field SIZE_MAX) or those with one value of a field; fills counts that concern all of them. */
static void select_rows(struct selection *s, size_t field, uint16_t value, struct figure *figure) {
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

/* Makes one row of each cluster; those that are not whole are left out. */
static void join_clusters(struct selection *s) {
    uint64_t whole = (uint64_t)s->use->options[0].integer;
    size_t from = 0, kept = 0;
    for (size_t c = 0; c < s->n_clusters; c++) {
        size_t size = s->size[c];
        double product = 1;
        for (size_t i = from; i < from + size; i++) product *= s->value[i];
        from += size;
        if (whole && size != whole) continue;
        s->value[kept] = product;
        s->size[kept] = 1;
        s->cluster[kept] = (uint32_t)kept;
        s->row[kept] = s->row[from - size];
        kept++;
    }
    s->n = s->n_clusters = kept;
}

static const char *why_null(const struct selection *s, const struct figure *figure, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    if (figure->n + figure->errors == 0) return "there are no items";
    if (figure->n == 0) return arena_printf(s->arena, err, "all %" PRIu64 " items failed", figure->errors);
    if (figure->parsed == 0) return "no answer could be read";
    for (size_t i = 0; rule->parts[i]; i++)
        if (!s->tally->seen[s->place[i]] && i < rule->needs)
            return arena_printf(s->arena, err, "scorer '%s' gives no part '%s'", s->tally->spec.scorer, rule->parts[i]);
    if (rule->joins && s->use->options[0].integer)
        return arena_printf(s->arena, err, "no group of %" PRId64 " items is complete (--limit cuts them)",
                            s->use->options[0].integer);
    return arena_printf(s->arena, err, "none of %" PRIu64 " items counts here", figure->n);
}

static void cut_to_range(const struct metric_rule *rule, struct interval *x) {
    if (x->lo < rule->least) x->lo = rule->least;
    if (x->hi > rule->most) x->hi = rule->most;
}

static bool tell_options(const struct selection *s, struct figure *figure, struct error *err) {
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

/* *shown false: no row of this group counts, though rows of others do. */
static bool make_figure(struct selection *s, size_t field, uint16_t value, struct figure *figure, bool *shown,
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
    if (metric->rule->joins) join_clusters(s);
    *shown = field == SIZE_MAX || s->n > 0 || figure->n == 0;
    if (!*shown) return true;
    if (s->n == 0) {
        figure->null_reason = why_null(s, figure, err);
        figure->n = 0;
        return figure->null_reason != NULL;
    }
    struct interval x = {0};
    if (!(metric->rule->pick ? mean_figure : sums_figure)(s, figure, &x, err)) return false;
    cut_to_range(metric->rule, &x);
    if (isnan(x.estimate)) no_interval(figure, &x, "the items do not determine it");
    figure->value = x.estimate;
    figure->lo = x.lo;
    figure->hi = x.hi;
    return tell_options(s, figure, err);
}

/* ---- all figures ---- */

static int by_text(const void *a, const void *b, void *context) {
    const struct tally_field *field = context;
    return text_compare(field->values[*(const uint16_t *)a], field->values[*(const uint16_t *)b]);
}

/* The values of a field in the order of their bytes. */
static uint16_t *sorted_values(const struct tally_field *field, struct arena *arena, struct error *err) {
    uint16_t *order = arena_new(arena, uint16_t, field->n, err);
    if (!order) return NULL;
    for (size_t i = 1; i < field->n; i++) order[i - 1] = (uint16_t)i;
    qsort_r(order, field->n - 1, sizeof *order, by_text, (void *)field);
    return order;
}

static void errors_figure(const struct selection *s, struct figure *figure) {
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

static bool use_metric(struct selection *s, const struct metric_use *use, struct error *err) {
    const struct metric_rule *rule = use->metric->rule;
    s->use = use;
    memset(s->place, 0, sizeof s->place);
    s->macro = rule->macro >= 0 && text_equal_c(use->options[rule->macro].text, "macro");
    for (size_t i = 0; rule->parts[i]; i++)
        while (strcmp(s->tally->parts[s->place[i]], rule->parts[i]) != 0) s->place[i]++;
    return (s->name = text_copy(s->arena, text_of(use->name), err)) != NULL;
}

static bool all_figures(struct selection *s, struct figure *out, size_t *n, struct error *err) {
    const struct tally *tally = s->tally;
    size_t n_fields = tally->n_fields;
    uint16_t *values[TALLY_FIELDS];
    if (!(s->task = text_copy(s->arena, text_of(tally->spec.task), err)) ||
        !(s->scorer = text_copy(s->arena, text_of(tally->spec.scorer), err)))
        return false;
    for (size_t f = 0; f < n_fields; f++)
        if (!(values[f] = sorted_values(&tally->fields[f], s->arena, err))) return false;
    for (size_t m = 0; m < tally->spec.n_uses + tally->n_own; m++) {
        bool shown;
        if (!use_metric(s, tally_use(tally, m), err)) return false;
        if (!make_figure(s, SIZE_MAX, 0, &out[(*n)++], &shown, err)) return false;
        for (size_t f = 0; f < n_fields && !s->use->whole; f++)
            for (size_t v = 0; v + 1 < tally->fields[f].n; v++) {
                if (!make_figure(s, f, values[f][v], &out[*n], &shown, err)) return false;
                *n += shown;
            }
    }
    errors_figure(s, &out[(*n)++]);
    return true;
}

bool tally_figures(struct tally *tally, struct arena *arena, struct figure **out, size_t *n, struct error *err) {
    struct selection s = {.tally = tally, .arena = arena};
    size_t rows = tally->n ? tally->n : 1, groups = 1;
    bool ok = false;
    for (size_t f = 0; f < tally->n_fields; f++) groups += tally->fields[f].n - 1;
    *n = 0;
    *out = arena_new(arena, struct figure, groups * (tally->spec.n_uses + tally->n_own) + 1, err);
    s.order = memory_grow(NULL, rows, sizeof *s.order);
    s.row = memory_grow(NULL, rows, sizeof *s.row);
    s.cluster = memory_grow(NULL, rows, sizeof *s.cluster);
    s.size = memory_grow(NULL, rows, sizeof *s.size);
    s.value = memory_grow(NULL, rows, sizeof *s.value);
    if (!*out) goto out;
    if (!s.order || !s.row || !s.cluster || !s.size || !s.value) {
        error_memory(err, "figures");
        goto out;
    }
    for (size_t i = 0; i < tally->n; i++) s.order[i] = (uint32_t)i;
    qsort_r(s.order, tally->n, sizeof *s.order, by_cluster, tally);
    ok = all_figures(&s, *out, n, err);
out:
    memory_free(s.order);
    memory_free(s.row);
    memory_free(s.cluster);
    memory_free(s.size);
    memory_free(s.value);
    return ok;
}
