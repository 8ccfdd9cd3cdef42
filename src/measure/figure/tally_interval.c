/* Estimates and intervals of one figure. A mean of rows that belong to no clusters has a closed form; anything else is
 * resampled by clusters, from what each cluster adds to the sums of its metric. */
#include "measure/figure/tally_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct metric_view tally_view(const struct tally_selection *s, size_t row) {
    const double *parts = tally_parts_at(s->tally, row);
    const struct metric_rule *rule = s->use->metric->rule;
    struct metric_view view = {.parsed = tally_at(s->tally, row)->parsed};
    for (size_t i = 0; rule->parts[i]; i++) view.part[i] = parts[s->place[i]];
    return view;
}

/* The figure when cluster c counts weights[c] times. */
static double value_of_clusters(void *context, const uint32_t *weights, size_t n) {
    struct tally_selection *s = context;
    const struct metric_rule *rule = s->use->metric->rule;
    double sums[METRIC_SUMS];
    (void)n;
    tally_weigh(s, weights, sums);
    return rule->pick ? sums[1] / sums[0] : rule->value(sums, s->use->options);
}

/* ---- intervals ---- */

void tally_no_interval(struct figure *figure, struct interval *out, const char *why) {
    out->lo = out->hi = NAN;
    figure->null_reason = why;
}

static double estimate_of(struct tally_selection *s, struct error *err, bool *ok) {
    uint32_t *ones = memory_grow(NULL, s->n_clusters, sizeof *ones);
    *ok = ones || error_memory(err, "figures");
    for (size_t i = 0; ones && i < s->n_clusters; i++) ones[i] = 1;
    double value = ones ? value_of_clusters(s, ones, s->n_clusters) : NAN;
    memory_free(ones);
    return value;
}

const char *tally_why(struct tally_selection *s, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    double sums[METRIC_SUMS];
    if (!rule->why) return rule->undetermined ? rule->undetermined : "the items do not determine it";
    uint32_t *ones = memory_grow(NULL, s->n_clusters, sizeof *ones);
    if (!ones) return error_memory(err, "figures"), NULL;
    for (size_t i = 0; i < s->n_clusters; i++) ones[i] = 1;
    s->sums.by_kind = false;
    tally_weigh(s, ones, sums);
    memory_free(ones);
    return rule->why(sums, s->arena, err);
}

/* "bootstrap,B=1000,cluster=question,clusters=25"; a cluster made by a template has no name. */
static const char *bootstrap_method(const struct tally_selection *s, bool clustered, struct error *err) {
    const char *field = s->tally->spec.cluster_field ? s->tally->spec.cluster_field : "item";
    bool named = strcmp(field, "cluster") != 0;
    uint64_t resamples = s->tally->settings.bootstrap;
    if (!clustered) return arena_printf(s->arena, err, "bootstrap,B=%" PRIu64, resamples);
    return arena_printf(s->arena, err, "bootstrap,B=%" PRIu64 "%s%s,clusters=%zu", resamples, named ? ",cluster=" : "",
                        named ? field : "", s->n_clusters);
}

/* Many clusters of few kinds: only how often each kind is drawn matters. */
enum { MANY_CLUSTERS = 2000, PER_KIND = 16 };

static bool by_kind(struct tally_selection *s) {
    s->sums.by_kind = s->n_clusters >= MANY_CLUSTERS && PER_KIND * s->sums.n_kinds <= s->n_clusters;
    return s->sums.by_kind;
}

bool tally_resample(struct tally_selection *s, stat_visit *visit, void *context, const char *stream,
                    struct error *err) {
    const struct figure_settings *settings = &s->tally->settings;
    if (by_kind(s))
        return stat_resample_kinds(s->sums.times, s->sums.n_kinds, visit, context, settings->bootstrap, settings->seed,
                                   stream, err);
    return stat_resample(s->n_clusters, NULL, s->n_clusters, NULL, visit, context, settings->bootstrap, settings->seed,
                         stream, err);
}

static bool resampled(struct tally_selection *s, const char *stream, struct interval *out, struct error *err) {
    const struct figure_settings *settings = &s->tally->settings;
    double confidence = stat_expanded_confidence(settings->confidence, s->n_clusters);
    if (by_kind(s))
        return stat_bootstrap_kinds(s->sums.times, s->sums.n_kinds, value_of_clusters, s, settings->bootstrap,
                                    confidence, settings->seed, stream, out, err);
    if (s->sums.n_patterns) /* weighing them needs no room that threads would share */
        return stat_bootstrap_rows(settings->pool, s->n_clusters, value_of_clusters, s, settings->bootstrap, confidence,
                                   settings->seed, stream, out, err);
    return stat_bootstrap(s->n_clusters, NULL, s->n_clusters, NULL, value_of_clusters, s, settings->bootstrap,
                          confidence, settings->seed, stream, out, err);
}

static bool bootstrap_interval(struct tally_selection *s, struct figure *figure, struct interval *out,
                               struct error *err) {
    const struct figure_settings *settings = &s->tally->settings;
    bool ok, clustered = s->n_clusters < s->n;
    figure->n = s->n;
    if (!(figure->method = bootstrap_method(s, clustered, err)) || !tally_gather_sums(s, err)) return false;
    if (settings->bootstrap == 0 || s->n_clusters < 2) {
        out->estimate = estimate_of(s, err, &ok);
        tally_no_interval(figure, out,
                          settings->bootstrap == 0 ? "no resamples were asked for, so there is no interval"
                          : clustered              ? "one cluster gives no interval"
                                                   : "one item gives no interval");
        return ok;
    }
    char *name = arena_printf(s->arena, err, "bootstrap/%s/%s/%s", figure->task, figure->name, figure->group);
    if (!name) return false;
    if (s->use->metric->rule->folds ? !tally_folded(s, name, out, err) : !resampled(s, name, out, err)) return false;
    if (isnan(out->lo) && !isnan(out->estimate))
        tally_no_interval(figure, out, "most resamples do not determine it, so there is no interval");
    return true;
}

/* A percentile interval of a biased statistic (ece) may miss its own estimate. One of equal values has no width:
 * a share is then one of clusters (Wilson), anything else has none. */
static bool mend_bootstrap(struct tally_selection *s, struct figure *figure, bool binary, struct interval *out,
                           struct error *err) {
    if (isnan(out->lo)) return true;
    if (binary && out->lo == out->hi && (out->estimate == 0 || out->estimate == 1)) {
        *out = stat_wilson(out->estimate == 0 ? 0 : s->n_clusters, s->n_clusters, s->tally->settings.confidence);
        if (!(figure->method = arena_printf(s->arena, err, "wilson,clusters=%zu", s->n_clusters))) return false;
    }
    out->lo = fmin(out->lo, out->estimate);
    out->hi = fmax(out->hi, out->estimate);
    if (out->lo == out->hi) tally_no_interval(figure, out, "no resample differs from another, so there is no interval");
    return true;
}

/* Resamples of equal values are equal: they need not be drawn. */
static bool all_equal(const struct tally_selection *s) {
    for (size_t i = 1; i < s->n; i++)
        if (s->value[i] != s->value[0]) return false;
    return true;
}

static bool clustered_mean(struct tally_selection *s, struct figure *figure, bool binary, struct interval *out,
                           struct error *err) {
    if (!all_equal(s) || s->n_clusters < 2 || s->tally->settings.bootstrap == 0) {
        if (!bootstrap_interval(s, figure, out, err)) return false;
    } else {
        *out = (struct interval){s->value[0], s->value[0], s->value[0]};
        if (!(figure->method = bootstrap_method(s, true, err))) return false;
    }
    return mend_bootstrap(s, figure, binary, out, err);
}

/* A mean of rows within the range of the metric, at every look: clusters of equal size count once each. */
static bool always_valid_mean(struct tally_selection *s, struct figure *figure, struct interval *out,
                              struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    double sum = 0, least = 1, most = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->value[i];
        least = fmin(least, s->value[i]);
        most = fmax(most, s->value[i]);
    }
    bool equal = true;
    for (size_t c = 1; c < s->n_clusters; c++) equal = equal && s->size[c] == s->size[0];
    figure->n = s->n;
    bool share = strcmp(s->use->metric->unit, "share") == 0 || (isfinite(rule->least) && isfinite(rule->most));
    bool bounded = least >= 0 && most <= 1 && share;
    *out = stat_always_valid(sum / (double)s->size[0], s->n_clusters, s->tally->settings.confidence);
    out->estimate = sum / (double)s->n;
    if (!bounded) tally_no_interval(figure, out, "no always-valid interval is known for what has no bounds");
    if (bounded && !equal)
        tally_no_interval(figure, out, "no always-valid interval is known for clusters of unequal size");
    figure->method = s->n_clusters < s->n ? arena_printf(s->arena, err, "beta-mixture,clusters=%zu", s->n_clusters)
                                          : "beta-mixture";
    return figure->method != NULL;
}

enum { RARE = 30, RARE_OF = 100 };

/* Fractions of which fewer than thirty are not 0, or not 1: their mean is far from normal, and Student's t ends too
 * near on the other side (it misses 9.7 instead of 2.5 % there where eight of 400 are expected). */
static bool is_rare(const struct tally_selection *s) {
    const struct metric_rule *rule = s->use->metric->rule;
    size_t some = 0, less = 0;
    if (rule->least != 0 || rule->most != 1 || s->n < RARE_OF) return false;
    for (size_t i = 0; i < s->n; i++) {
        if (!(s->value[i] >= 0 && s->value[i] <= 1)) return false;
        some += s->value[i] > 0;
        less += s->value[i] < 1;
    }
    return some && less && (some < RARE || less < RARE);
}

/* The score interval of a share p of as many items as would vary as much, p (1 - p) by the variance of the mean (Korn &
 * Graubard, Survey Methodology 24, 1998, for surveys). */
static struct interval rare_mean(const struct tally_selection *s) {
    double n = (double)s->n, sum = 0, square = 0, z = -stat_normal_quantile((1 - s->tally->settings.confidence) / 2);
    for (size_t i = 0; i < s->n; i++) sum += s->value[i];
    double p = sum / n;
    for (size_t i = 0; i < s->n; i++) square += (s->value[i] - p) * (s->value[i] - p);
    double size = p * (1 - p) * n * (n - 1) / square, all = 1 + z * z / size;
    double centre = (p + z * z / (2 * size)) / all,
           half = z * sqrt(p * (1 - p) / size + z * z / (4 * size * size)) / all;
    return (struct interval){p, fmax(0, centre - half), fmin(1, centre + half)};
}

static bool mean_figure(struct tally_selection *s, struct figure *figure, struct interval *out, struct error *err) {
    const struct metric_rule *rule = s->use->metric->rule;
    /* A difference or a length is no share, whatever its values. */
    bool binary = (rule->least != -1 || rule->scale != 1) && !(rule->least == 0 && isinf(rule->most));
    uint64_t k = 0;
    for (size_t i = 0; i < s->n; i++) {
        binary = binary && (s->value[i] == 0 || s->value[i] == 1);
        k += s->value[i] == 1;
    }
    if (binary) figure->k = (int64_t)k;
    figure->n = s->n;
    if (s->tally->settings.always_valid) {
        if (!always_valid_mean(s, figure, out, err)) return false;
    } else if (s->n_clusters < s->n) {
        if (!clustered_mean(s, figure, binary, out, err)) return false;
    } else if (binary) {
        *out = stat_wilson(k, s->n, s->tally->settings.confidence);
        figure->method = "wilson";
    } else if (is_rare(s)) {
        *out = rare_mean(s);
        figure->method = "score,n=effective";
    } else {
        *out = stat_mean_t(s->value, s->n, s->tally->settings.confidence);
        figure->method = "student-t";
        if (s->n < 2) tally_no_interval(figure, out, "one item gives no interval");
    }
    out->estimate = out->estimate * rule->scale + rule->shift;
    out->lo = out->lo * rule->scale + rule->shift;
    out->hi = out->hi * rule->scale + rule->shift;
    return true;
}

/* ---- two shares ---- */

static const char *side_method(const double sides[2]) {
    return sides[1] < 0 ? "newcombe" : "mover-wilson";
}

/* The counts of both sides where each row counts once and is a yes or a no. */
static bool two_counts(const struct tally_selection *s, uint64_t n[2], uint64_t k[2]) {
    const struct tally_sums *x = &s->sums;
    n[0] = n[1] = k[0] = k[1] = 0;
    for (size_t kind = 0; kind < x->n_kinds; kind++)
        for (size_t i = x->from[kind]; i < x->from[kind + 1]; i++) {
            if (x->amount[i] != 1) return false;
            uint64_t *to = x->sum[i] % 2 ? k : n;
            to[x->sum[i] / 2] += x->times[kind];
        }
    return n[0] && n[1];
}

/* The same where every resample is equal, as all rows of a side are: a side has as many rows as clusters. False: they
 * are not all yes or all no. */
static bool equal_counts(const struct tally_selection *s, uint64_t n[2], uint64_t k[2]) {
    const struct tally_sums *x = &s->sums;
    double total[4] = {0};
    n[0] = n[1] = 0;
    for (size_t kind = 0; kind < x->n_kinds; kind++)
        for (size_t i = x->from[kind]; i < x->from[kind + 1]; i++) {
            total[x->sum[i]] += x->times[kind] * x->amount[i];
            if (x->sum[i] % 2 == 0) n[x->sum[i] / 2] += x->times[kind];
        }
    for (int side = 0; side < 2; side++) {
        double share = total[2 * side + 1] / total[2 * side];
        if (share != 0 && share != 1) return false;
        k[side] = share == 0 ? 0 : n[side];
    }
    return true;
}

/* The closed form where rows are independent; *done false: they are not, or some are neither yes nor no. */
static bool two_shares(struct tally_selection *s, struct figure *figure, struct interval *out, bool *done,
                       struct error *err) {
    const double *sides = s->use->metric->rule->sides;
    uint64_t n[2], k[2];
    *done = false;
    if (sides[0] == 0 || s->n_clusters < s->n) return true;
    if (!tally_gather_sums(s, err)) return false;
    if (!(*done = two_counts(s, n, k))) return true;
    *out = stat_two_shares(sides[0], k[0], n[0], sides[1], k[1], n[1], s->tally->settings.confidence);
    figure->n = s->n;
    figure->method = side_method(sides);
    return true;
}

/* What is no estimate of anything: both ends are the value. */
static bool exact_figure(struct tally_selection *s, struct figure *figure, struct interval *out, struct error *err) {
    bool ok;
    figure->n = s->n;
    figure->method = s->use->metric->rule->exact;
    if (!tally_gather_sums(s, err)) return false;
    out->estimate = out->lo = out->hi = estimate_of(s, err, &ok);
    return ok;
}

static bool sums_figure(struct tally_selection *s, struct figure *figure, struct interval *out, struct error *err) {
    const double *sides = s->use->metric->rule->sides;
    uint64_t n[2], k[2];
    bool done;
    if (s->use->metric->rule->exact) return exact_figure(s, figure, out, err);
    if (s->tally->settings.always_valid) {
        bool ok;
        figure->n = s->n;
        figure->method = "none";
        if (!tally_gather_sums(s, err)) return false;
        out->estimate = estimate_of(s, err, &ok);
        tally_no_interval(figure, out, "no always-valid interval is known for this metric");
        return ok;
    }
    if (!two_shares(s, figure, out, &done, err)) return false;
    if (done) return true;
    if (!bootstrap_interval(s, figure, out, err)) return false;
    if (sides[0] == 0 || !(out->lo == out->hi) || !equal_counts(s, n, k))
        return mend_bootstrap(s, figure, false, out, err);
    *out = stat_two_shares(sides[0], k[0], n[0], sides[1], k[1], n[1], s->tally->settings.confidence);
    figure->method = arena_printf(s->arena, err, "%s,clusters=%zu", side_method(sides), s->n_clusters);
    return figure->method != NULL;
}

bool tally_interval(struct tally_selection *s, struct figure *figure, struct interval *out, struct error *err) {
    return (s->use->metric->rule->pick ? mean_figure : sums_figure)(s, figure, out, err);
}
