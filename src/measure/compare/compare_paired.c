/* Each figure of both runs and their difference, paired: the tests `paired` and `noninferior`.
 *
 * A share of items that are a yes or a no and of no common cluster: exact McNemar, with Tango's interval. Everything
 * else: clusters are resampled for both runs at once (paired bootstrap, percentiles expanded by Student's t); p is the
 * share of random exchanges of the two runs' answers, cluster by cluster, that lie as far apart (a permutation test).
 */
#include "measure/compare/compare_internal.h"
#include "measure/compare/compare_joint.h"
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define POWER 0.8

/* ---- a yes or a no */

static bool is_plain_share(const struct figure *f) {
    return strcmp(f->method, "wilson") == 0;
}

/* Whether more is better, less is, or neither: 1, -1, 0. */
static int good_side(const char *direction) {
    return strcmp(direction, "up") == 0 ? 1 : strcmp(direction, "down") == 0 ? -1 : 0;
}

static void count_pairs(const struct joint *j, struct compare_row *row) {
    const struct tally_selection *a = j->side[0], *b = j->side[1];
    bool turned = (a->use->metric->rule->scale < 0) != (good_side(row->direction) < 0);
    row->counted = true;
    for (size_t i = 0; i < a->n; i++) {
        bool before = (a->value[i] == 1) != turned, after = (b->value[i] == 1) != turned;
        row->gained += !before && after;
        row->lost += before && !after;
        row->both += before && after;
        row->neither += !before && !after;
    }
}

static void share_row(struct compare_task *t, const struct joint *j, struct compare_margin *margin,
                      struct compare_row *row) {
    count_pairs(j, row);
    bool less = good_side(row->direction) < 0;
    uint64_t up = less ? row->lost : row->gained, down = less ? row->gained : row->lost, changed = up + down;
    struct interval x = stat_paired_shares(row->n, up, down, t->figures.confidence);
    row->lo = x.lo;
    row->hi = x.hi;
    row->p = (t->mid ? stat_mcnemar_mid : stat_mcnemar)(up, down);
    row->method = t->mid ? "mcnemar-mid,interval=tango" : "mcnemar,interval=tango";
    if (!t->unplanned)
        row->detectable = smallest_effect_mcnemar(row->n, (double)(changed ? changed : 1) / (double)row->n,
                                                  t->figures.confidence, POWER, t->mid);
    if (!margin) return;
    double above = stat_paired_shares_above(row->n, up, down, -margin->margin);
    double below = stat_paired_shares_above(row->n, down, up, -margin->margin);
    margin->p = margin->side > 0 ? above : margin->side < 0 ? below : fmax(above, below);
}

/* ---- everything else */

static void margin_p(const double *kept, size_t n, struct compare_margin *margin) {
    uint64_t low = 1, high = 1;
    for (size_t i = 0; i < n; i++) {
        low += kept[i] <= -margin->margin;
        high += kept[i] >= margin->margin;
    }
    uint64_t worse = margin->side > 0 ? low : margin->side < 0 ? high : low > high ? low : high;
    margin->p = (double)worse / (double)(n + 1);
}

/* Where every resample is equal: a share is one of as many pairs as there are clusters; anything else has no interval.
 */
static void equal_resamples(struct compare_task *t, const struct joint *j, struct compare_row *row) {
    const struct metric_rule *rule = j->side[0]->use->metric->rule;
    bool share = rule->pick && rule->least == 0 && rule->most == 1;
    double d = row->value;
    row->lo = row->hi = NAN;
    if (share && (d == 0 || d == 1 || d == -1)) {
        struct interval x = stat_paired_shares(j->n, d > 0 ? j->n : 0, d < 0 ? j->n : 0, t->figures.confidence);
        row->lo = x.lo;
        row->hi = x.hi;
    } else {
        row->null_reason = "no resample differs from another, so there is no interval";
    }
}

static bool bootstrap_row(struct compare_task *t, struct joint *j, const char *stream, struct compare_margin *margin,
                          struct compare_row *row, struct error *err) {
    double confidence = stat_expanded_confidence(t->figures.confidence, j->n);
    const char *many = t->clustered ? arena_printf(t->out->arena, err, ",clusters=%zu", j->n) : "";
    row->method =
        many ? arena_printf(t->out->arena, err, "paired-bootstrap,B=%" PRIu64 "%s", t->figures.bootstrap, many) : NULL;
    if (!row->method) return false;
    if (j->n < 2) return row->null_reason = "one cluster gives no interval", true;
    if (!tally_gather_sums(j->side[0], err) || !tally_gather_sums(j->side[1], err)) return false;
    double *kept = memory_grow(NULL, t->figures.bootstrap, sizeof *kept);
    char *exchange = arena_printf(t->arena, err, "%s/exchange", stream);
    if (!kept || !exchange) return memory_free(kept), error_memory(err, "resamples");
    size_t n_kept;
    bool ok = joint_resample(j, stream, kept, &n_kept, err);
    bool enough = ok && n_kept >= 2 && n_kept >= t->figures.bootstrap / 2;
    if (ok && !enough) row->null_reason = "most resamples do not determine it, so there is no interval";
    if (enough) {
        stat_percentiles(kept, n_kept, confidence, &row->lo, &row->hi);
        double z = -stat_normal_quantile((1 - confidence) / 2);
        row->detectable = smallest_effect_error((row->hi - row->lo) / (2 * z), t->figures.confidence, POWER);
        row->lo = fmin(row->lo, row->value);
        row->hi = fmax(row->hi, row->value);
        if (margin) margin_p(kept, n_kept, margin);
        if (row->lo == row->hi) equal_resamples(t, j, row);
        ok = joint_exchange(j, exchange, row->value, &row->p, err);
    }
    memory_free(kept);
    return ok;
}

/* Nothing is drawn: 0 is the difference on any items. */
static void unchanged_row(struct tally_selection sides[2], bool share, struct compare_margin *margin,
                          struct compare_row *row) {
    struct joint j = {.side = {&sides[0], &sides[1]}};
    if (share && sides[0].n == sides[1].n) count_pairs(&j, row);
    row->lo = row->hi = 0;
    row->p = 1;
    row->method = COMPARE_UNCHANGED;
    if (margin) margin->p = margin->margin > 0 ? 0 : 1;
}

bool compare_paired_row(struct compare_task *t, struct tally_selection sides[2], size_t field, const uint16_t value[2],
                        struct compare_margin *margin, struct compare_row *row, struct figure *figure, bool *shown,
                        struct error *err) {
    struct figure f[2];
    bool there[2];
    for (int s = 0; s < 2; s++)
        if (!tally_figure(&sides[s], field, value[s], &f[s], &there[s], err)) return false;
    *shown = there[0] && there[1];
    *figure = f[1];
    *row = (struct compare_row){.task = t->name,
                                .name = f[0].name,
                                .group = f[0].group,
                                .a = f[0].value,
                                .b = f[1].value,
                                .value = f[1].value - f[0].value,
                                .lo = NAN,
                                .hi = NAN,
                                .p = NAN,
                                .detectable = NAN,
                                .n = f[0].n < f[1].n ? f[0].n : f[1].n,
                                .unit = f[0].unit,
                                .direction = f[0].direction,
                                .method = "none"};
    if (!*shown) return true;
    if (isnan(row->value)) {
        row->null_reason = isnan(f[0].value) ? f[0].null_reason : f[1].null_reason;
        return true;
    }
    if (sides[0].use->metric->rule->exact) { /* resamples of items would not be resamples of it */
        row->null_reason = "a statement about each set of items, which has no interval";
        return true;
    }
    struct joint j;
    if (t->unchanged && row->value == 0) return unchanged_row(sides, is_plain_share(&f[0]), margin, row), true;
    char *stream = arena_printf(t->arena, err, "compare/%s/%s/%s", t->name, row->name, row->group);
    if (!stream || !joint_make(&j, sides, &t->figures, t->arena, err)) return false;
    if (j.whole && is_plain_share(&f[0]) && is_plain_share(&f[1])) return share_row(t, &j, margin, row), true;
    return bootstrap_row(t, &j, stream, margin, row, err);
}

/* ---- both sides of a task */

struct both {
    struct tally *tally[2];
    struct tally_selection side[2];
};

static bool add_row(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct both *both = context;
    (void)pair;
    return tally_add(both->tally[side], row, err);
}

static void close_both(struct both *both) {
    for (int s = 0; s < 2; s++) {
        tally_selection_close(&both->side[s]);
        tally_free(both->tally[s]);
    }
}

/* Of the base only values are shown; intervals that would be resampled for it alone are left out. */
static bool open_both(struct compare_task *t, struct both *both, struct error *err) {
    struct figure_settings values = t->figures;
    values.bootstrap = 0;
    *both = (struct both){0};
    for (int s = 0; s < 2; s++)
        if (!(both->tally[s] = tally_new_of(&t->spec, s ? &t->figures : &values, err))) return false;
    if (!compare_walk(t, 0, add_row, both, err)) return false;
    for (int s = 0; s < 2; s++)
        if (!tally_selection_open(&both->side[s], both->tally[s], t->arena, err)) return false;
    return true;
}

static bool use_metric(struct both *both, size_t m, struct error *err) {
    for (int s = 0; s < 2; s++)
        if (!tally_use_metric(&both->side[s], tally_use(both->tally[s], m), err)) return false;
    return true;
}

struct figure compare_difference(const struct compare_row *row, const struct figure *figure) {
    struct figure d = *figure;
    d.value = row->value;
    d.lo = row->lo;
    d.hi = row->hi;
    d.n = row->n;
    d.k = -1;
    d.method = row->method;
    d.null_reason = row->null_reason;
    return d;
}

static bool put_figures(struct compare_task *t, const struct compare_row *row, const struct figure *figure,
                        struct error *err) {
    struct figure d = compare_difference(row, figure);
    return compare_add_figure(t, false, figure, err) && compare_add_figure(t, true, &d, err);
}

/* The place of a value of side 0 among those of side 1, which may have come in another order; 0: it has none. */
static uint16_t place_of(const struct tally_field *field, struct text value) {
    for (size_t v = 1; v < field->n; v++)
        if (text_equal(field->values[v], value)) return (uint16_t)v;
    return 0;
}

static bool put_row(struct compare_task *t, struct both *both, size_t m, size_t field, uint16_t first,
                    struct error *err) {
    struct compare_row row;
    uint16_t value[2] = {first, 0};
    if (field != SIZE_MAX)
        value[1] = place_of(&both->tally[1]->fields[field], both->tally[0]->fields[field].values[first]);
    struct figure figure;
    bool shown;
    if (!compare_paired_row(t, both->side, field, value, NULL, &row, &figure, &shown, err)) return false;
    if (!shown) return true;
    row.test = "paired";
    row.first = m == 0 && field == SIZE_MAX;
    return compare_add_row(t, &row, err) && put_figures(t, &row, &figure, err);
}

static bool put_rows(struct compare_task *t, struct both *both, struct error *err) {
    const struct tally *tally = both->tally[0];
    for (size_t m = 0; m < tally->spec.n_uses + tally->n_own; m++) {
        if (!use_metric(both, m, err) || !put_row(t, both, m, SIZE_MAX, 0, err)) return false;
        for (size_t f = 0; f < tally->n_fields && !both->side[0].use->whole; f++) {
            uint16_t *values = tally_sorted_values(&tally->fields[f], t->arena, err);
            if (!values) return false;
            for (size_t v = 0; v + 1 < tally->fields[f].n; v++)
                if (!put_row(t, both, m, f, values[v], err)) return false;
        }
    }
    return true;
}

static bool put_errors(struct compare_task *t, struct error *err) {
    double n = (double)t->n_failed;
    struct figure errors = {.name = "errors",
                            .task = t->name,
                            .group = "",
                            .value = n,
                            .lo = n,
                            .hi = n,
                            .n = t->n_pairs,
                            .k = -1,
                            .method = "exact",
                            .unit = "items",
                            .direction = "down",
                            .scorer = t->scorer};
    return compare_add_figure(t, false, &errors, err);
}

static const struct option_def paired_options[] = {
    {"p", OPTION_CHOICE, "exact", 1, 0, "exact|mid",
     "of McNemar's test: exact never says too much; mid-p is nearer to its level"},
};

static bool run_paired(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct both both;
    t->mid = text_equal_c(options[0].text, "mid");
    bool ok = open_both(t, &both, err) && put_rows(t, &both, err) && put_errors(t, err);
    close_both(&both);
    return ok;
}

const struct compare_test compare_test_paired = {
    .name = "paired",
    .summary = "difference of each figure: exact McNemar, else paired bootstrap over clusters and exchanges",
    .options = paired_options,
    .n_options = 1,
    .run = run_paired,
};

/* ---- no worse than a margin */

enum { MARGIN, FIGURE };
static const struct option_def margin_options[] = {
    [MARGIN] = {"margin", OPTION_REAL, "0.05", 0, 1, NULL, "how much worse is still as good, in the figure's unit"},
    [FIGURE] = {"figure", OPTION_TEXT, "", 1, 0, NULL, "which one (default: the first of each task)"},
};

static void judge_margin(const struct compare_margin *margin, struct compare_row *row) {
    bool low = margin->side >= 0, high = margin->side <= 0;
    row->p = margin->p;
    if (isnan(row->lo)) {
        row->verdict = "undecided";
        return;
    }
    bool within = (!low || row->lo > -margin->margin) && (!high || row->hi < margin->margin);
    bool beyond = (low && row->hi < -margin->margin) || (high && row->lo > margin->margin);
    row->verdict = beyond ? "worse" : !within ? "undecided" : margin->side ? "no worse" : "equal";
}

static bool put_margin(struct compare_task *t, struct both *both, const struct option_value *options,
                       struct error *err) {
    struct compare_row row;
    struct figure figure;
    bool shown;
    static const uint16_t none[2];
    struct compare_margin margin = {
        .margin = options[MARGIN].real, .p = NAN, .side = good_side(both->side[0].use->metric->direction)};
    if (!compare_paired_row(t, both->side, SIZE_MAX, none, &margin, &row, &figure, &shown, err)) return false;
    row.test = "noninferior";
    row.first = true;
    judge_margin(&margin, &row);
    row.method = arena_printf(t->out->arena, err, "%s,margin=%g", row.method, margin.margin);
    return row.method && compare_add_row(t, &row, err);
}

static bool run_noninferior(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct both both;
    t->mid = false;
    struct text wanted = options[FIGURE].text;
    bool ok = open_both(t, &both, err), found = false;
    for (size_t m = 0; ok && m < both.tally[0]->spec.n_uses + both.tally[0]->n_own && !found; m++) {
        found = wanted.len == 0 || text_equal_c(wanted, tally_use(both.tally[0], m)->name);
        if (found) ok = use_metric(&both, m, err) && put_margin(t, &both, options, err);
    }
    if (ok && !found) {
        char *name = text_copy(t->arena, wanted, err);
        ok = name && compare_no_row(t, "noninferior", name, "the task has no such figure", err);
    }
    close_both(&both);
    return ok;
}

const struct compare_test compare_test_noninferior = {
    .name = "noninferior",
    .summary = "whether the other run is no worse than a margin, by the end of the interval",
    .options = margin_options,
    .n_options = sizeof margin_options / sizeof *margin_options,
    .run = run_noninferior,
};
