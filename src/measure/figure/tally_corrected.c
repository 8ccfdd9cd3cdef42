/* Figures corrected for the error of the detector that they rest on: see detector.h. The rows are those that the raw
 * figure counted. */
#include "measure/figure/tally_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static enum detector_event event_of(const struct metric_use *use) {
    switch (use->metric->rule->event) {
    case METRIC_EVENT_NOT:
        return DETECTED_AT_ALL;
    case METRIC_EVENT_PARTIAL:
    case METRIC_EVENT_SIDES:
        return use->options[0].flag ? DETECTED_AT_ALL : DETECTED_WHOLE;
    default:
        return DETECTED_WHOLE;
    }
}

bool tally_rests_on_detector(const struct tally_selection *s) {
    const struct metric_rule *rule = s->use->metric->rule;
    const struct detector *d = s->tally->spec.detector;
    return d && rule->event != METRIC_EVENT_NONE && strcmp(rule->parts[0], d->part) == 0;
}

/* Whether the detector said yes of a row that counts. */
static double said(const struct tally_selection *s, size_t i) {
    const struct metric_rule *rule = s->use->metric->rule;
    if (rule->pick) return rule->event == METRIC_EVENT_NOT ? 1 - s->value[i] : s->value[i];
    struct metric_view view = tally_view(s, s->row[i]);
    double partly = event_of(s->use) == DETECTED_AT_ALL && !isnan(view.part[2]) ? view.part[2] : 0;
    return fmin(1, view.part[0] + partly);
}

void tally_measure_detector(struct tally_selection *s) {
    enum detector_event event = event_of(s->use);
    s->detector = (struct stat_detector){0};
    s->detector_source = NULL;
    if (!tally_rests_on_detector(s)) return;
    for (size_t i = 0; i < s->n; i++) {
        enum detector_label truth = (enum detector_label)tally_at(s->tally, s->row[i])->person;
        double yes = said(s, i);
        if (truth != DETECTOR_UNLABELLED && (yes == 0 || yes == 1))
            detector_count(&s->detector, event, truth, yes == 1);
    }
    s->detector_source = "labels of people in this run";
    if (s->detector.positives && s->detector.negatives) return;
    s->detector = s->tally->spec.detector->error[event];
    s->detector_source = s->detector.positives ? s->tally->spec.detector->source : NULL;
}

bool tally_mark_unmeasured(struct tally_selection *s, struct figure *figure, struct error *err) {
    if (!tally_rests_on_detector(s) || s->detector_source || s->tally->spec.detector->exact || isnan(figure->value))
        return true;
    return (figure->method = arena_printf(s->arena, err, "%s,detector unmeasured", figure->method)) != NULL;
}

/* ---- what was counted ---- */

static bool is_of_side(const struct tally_selection *s, size_t i, int side) {
    return side < 0 || (tally_view(s, s->row[i]).part[1] >= 0.5) == (side == 0);
}

static double share_of(const struct tally_selection *s, int side, double *rows) {
    double yes = 0;
    *rows = 0;
    for (size_t i = 0; i < s->n; i++)
        if (is_of_side(s, i, side)) yes += said(s, i), ++*rows;
    return yes / *rows;
}

/* The variance of that share where rows of a cluster go together (linearised; Kish, Survey Sampling, 1965,
 * section 6.4). */
static double clustered_variance(const struct tally_selection *s, int side, double p, double rows) {
    double square = 0, of_cluster = 0, clusters = (double)s->n_clusters;
    for (size_t i = 0; i < s->n; i++) {
        if (is_of_side(s, i, side)) of_cluster += said(s, i) - p;
        if (i + 1 < s->n && s->cluster[i + 1] == s->cluster[i]) continue;
        square += of_cluster * of_cluster;
        of_cluster = 0;
    }
    return clusters / (clusters - 1) * square / (rows * rows);
}

/* The share of yes among the rows of a side (-1: all of them), and of how many independent rows it is worth. */
static void effective_share(const struct tally_selection *s, int side, double *p, double *n) {
    double rows;
    *p = share_of(s, side, &rows);
    *n = rows;
    if (s->n_clusters == s->n) return;
    double variance = clustered_variance(s, side, *p, rows), plain = *p * (1 - *p);
    *n = fmin(rows, variance > 0 && plain > 0 ? plain / variance : (double)s->n_clusters);
}

static struct interval corrected(const struct tally_selection *s, double *uncut) {
    double p[2], n[2], confidence = s->tally->settings.confidence;
    if (s->use->metric->rule->event != METRIC_EVENT_SIDES) {
        effective_share(s, -1, &p[0], &n[0]);
        return stat_rogan_gladen(p[0], n[0], s->detector, confidence, uncut);
    }
    for (int side = 0; side < 2; side++) effective_share(s, side, &p[side], &n[side]);
    return stat_rogan_gladen_gap(p[0], n[0], p[1], n[1], s->detector, confidence, uncut);
}

/* ---- the figure ---- */

static const char *method_of(const struct tally_selection *s, double uncut, double value, struct error *err) {
    const struct stat_detector *d = &s->detector;
    bool cut = fabs(uncut - value) > 1e-12;
    return arena_printf(
        s->arena, err, "rogan-gladen,se=%" PRIu64 "/%" PRIu64 ",sp=%" PRIu64 "/%" PRIu64 "%s%s%.4g,from=%s", d->found,
        d->positives, d->kept, d->negatives, cut ? ",cut from " : "", cut ? "" : ",uncut ", uncut, s->detector_source);
}

bool tally_corrected(struct tally_selection *s, const struct figure *raw, struct figure *out, bool *shown,
                     struct error *err) {
    double uncut;
    *shown = s->detector_source && tally_rests_on_detector(s) && !isnan(raw->value);
    if (!*shown) return true;
    *out = *raw;
    out->k = -1;
    out->null_reason = NULL;
    struct text name = spec_name(text_of(raw->name));
    if (!(out->name = arena_printf(s->arena, err, "%.*s_corrected%s", TEXT_ARG(name), raw->name + name.len)))
        return false;
    struct interval x = corrected(s, &uncut);
    bool turned = s->use->metric->rule->event == METRIC_EVENT_NOT;
    out->value = turned ? 1 - x.estimate : x.estimate;
    out->lo = turned ? 1 - x.hi : x.lo;
    out->hi = turned ? 1 - x.lo : x.hi;
    if (isnan(x.estimate))
        out->null_reason = "the detector tells no better than chance on what people labelled";
    else if (isnan(x.lo))
        out->null_reason = "more or fewer yes than its measured error allows: the detector errs otherwise here";
    if (s->tally->settings.always_valid) {
        out->lo = out->hi = NAN;
        out->null_reason = "no always-valid interval is known for what is corrected";
    }
    return (out->method = method_of(s, turned ? 1 - uncut : uncut, out->value, err)) != NULL;
}
