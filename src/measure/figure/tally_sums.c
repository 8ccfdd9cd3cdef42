/* What the clusters of a figure add to the sums of its metric: see tally_internal.h. */
#include "measure/figure/tally_internal.h"

#include "base/hash.h"

#include <string.h>

static void row_sums(const struct tally_selection *s, size_t i, double *sums) {
    const struct metric_rule *rule = s->use->metric->rule;
    if (rule->pick) {
        sums[0] += 1;
        sums[1] += s->value[i];
        return;
    }
    struct metric_view view = tally_view(s, s->row[i]);
    rule->add(&view, s->macro ? 1 / (double)s->size[s->cluster[i]] : 1, s->use->options, sums);
}

static bool cluster_sums(const struct tally_selection *s, size_t from, size_t n, double *sums, struct error *err) {
    struct metric_view *views = memory_grow(NULL, n + 1, sizeof *views);
    if (!views) return error_memory(err, "figures");
    for (size_t i = 0; i < n; i++) views[i] = tally_view(s, s->row[from + i]);
    s->use->metric->rule->gather(views, n, s->use->options, sums);
    memory_free(views);
    return true;
}

static bool reserve_amounts(struct tally_sums *x, struct error *err) {
    if (x->n + METRIC_SUMS <= x->capacity) return true;
    size_t wanted = 2 * x->capacity + METRIC_SUMS;
    uint8_t *sum = memory_grow(x->sum, wanted, sizeof *sum);
    if (sum) x->sum = sum;
    double *amount = memory_grow(x->amount, wanted, sizeof *amount);
    if (amount) x->amount = amount;
    if (!sum || !amount) return error_memory(err, "figures");
    x->capacity = wanted;
    return true;
}

/* Behind the kinds there are: what a cluster adds, until it is known whether that is a new kind. */
static size_t put_amounts(struct tally_sums *x, const double *sums) {
    size_t n = 0;
    for (size_t k = 0; k < METRIC_SUMS; k++) {
        if (sums[k] == 0) continue;
        x->sum[x->n + n] = (uint8_t)k;
        x->amount[x->n + n++] = sums[k];
    }
    return n;
}

static bool same_kind(const struct tally_sums *x, size_t kind, size_t n) {
    size_t from = x->from[kind];
    return x->from[kind + 1] - from == n && memcmp(x->sum + from, x->sum + x->n, n) == 0 &&
           memcmp(x->amount + from, x->amount + x->n, n * sizeof *x->amount) == 0;
}

/* The kind of what was put last, n amounts. */
static uint32_t find_kind(struct tally_sums *x, size_t n) {
    uint64_t hash = hash_xxh3(x->amount + x->n, n * sizeof *x->amount) ^ hash_xxh3(x->sum + x->n, n);
    size_t slot = hash & (x->n_slots - 1);
    for (; x->slots[slot]; slot = (slot + 1) & (x->n_slots - 1))
        if (same_kind(x, x->slots[slot] - 1, n)) return x->slots[slot] - 1;
    x->n += n;
    x->times[x->n_kinds] = 0;
    x->from[++x->n_kinds] = x->n;
    x->slots[slot] = (uint32_t)x->n_kinds;
    return (uint32_t)x->n_kinds - 1;
}

/* Room for as many clusters as the tally has rows, once for all of its figures. */
static bool reserve_clusters(struct tally_selection *s, struct error *err) {
    struct tally_sums *x = &s->sums;
    size_t most = s->tally->n + 1;
    if (!x->n_slots) {
        for (x->n_slots = 16; x->n_slots < 2 * most;) x->n_slots *= 2;
        x->kind = memory_grow(NULL, most, sizeof *x->kind);
        x->times = memory_grow(NULL, most, sizeof *x->times);
        x->drawn = memory_grow(NULL, most, sizeof *x->drawn);
        x->from = memory_grow(NULL, most + 1, sizeof *x->from);
        x->slots = memory_grow(NULL, x->n_slots, sizeof *x->slots);
    }
    if (!x->kind || !x->times || !x->drawn || !x->from || !x->slots) return error_memory(err, "figures");
    memset(x->slots, 0, x->n_slots * sizeof *x->slots);
    x->n = x->n_kinds = x->from[0] = 0;
    x->by_kind = false;
    memory_free(x->mean_rows);
    memory_free(x->mean_values);
    x->mean_rows = x->mean_values = NULL;
    return true;
}

enum { MANY = 8192 };

/* Of a mean over many clusters of which no two are alike: rows and sums of values as they are, zeros included. */
static bool spread_means(struct tally_selection *s, struct error *err) {
    struct tally_sums *x = &s->sums;
    if (!s->use->metric->rule->pick || x->n_kinds < MANY || x->n_kinds != s->n_clusters) return true;
    x->mean_rows = memory_zeroed(x->n_kinds, sizeof *x->mean_rows);
    x->mean_values = memory_zeroed(x->n_kinds, sizeof *x->mean_values);
    if (!x->mean_rows || !x->mean_values) return error_memory(err, "figures");
    for (size_t kind = 0; kind < x->n_kinds; kind++)
        for (size_t i = x->from[kind]; i < x->from[kind + 1]; i++)
            (x->sum[i] ? x->mean_values : x->mean_rows)[kind] = x->amount[i];
    return true;
}

bool tally_gather_sums(struct tally_selection *s, struct error *err) {
    struct tally_sums *x = &s->sums;
    if (!reserve_clusters(s, err)) return false;
    for (size_t c = 0, i = 0; c < s->n_clusters; c++) {
        double sums[METRIC_SUMS] = {0};
        if (s->use->metric->rule->gather && !cluster_sums(s, i, s->size[c], sums, err)) return false;
        for (size_t end = i + s->size[c]; i < end; i++)
            if (!s->use->metric->rule->gather) row_sums(s, i, sums);
        if (!reserve_amounts(x, err)) return false;
        x->kind[c] = find_kind(x, put_amounts(x, sums));
        x->times[x->kind[c]]++;
    }
    return spread_means(s, err);
}

/* Eight sums side by side, then one after the other: of many clusters, each of a kind of its own. */
static void weigh_means(const struct tally_sums *x, const uint32_t *drawn, double *sums) {
    enum { LANES = 8 };
    double rows[LANES] = {0}, values[LANES] = {0};
    size_t kind = 0;
    for (; kind + LANES <= x->n_kinds; kind += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double weight = (double)(int32_t)drawn[kind + l];
            rows[l] += weight * x->mean_rows[kind + l];
            values[l] += weight * x->mean_values[kind + l];
        }
    for (size_t l = 0; kind < x->n_kinds; kind++, l++) {
        rows[l] += (double)drawn[kind] * x->mean_rows[kind];
        values[l] += (double)drawn[kind] * x->mean_values[kind];
    }
    for (size_t l = 0; l < LANES; l++) {
        sums[0] += rows[l];
        sums[1] += values[l];
    }
}

void tally_weigh(struct tally_selection *s, const uint32_t *weights, double *sums) {
    struct tally_sums *x = &s->sums;
    bool distinct = x->n_kinds == s->n_clusters; /* each is the kind of its own place */
    const uint32_t *drawn = x->by_kind || distinct ? weights : x->drawn;
    memset(sums, 0, METRIC_SUMS * sizeof *sums);
    if (x->mean_rows) {
        weigh_means(x, drawn, sums);
        return;
    }
    if (!x->by_kind && !distinct) {
        memset(x->drawn, 0, x->n_kinds * sizeof *x->drawn);
        for (size_t c = 0; c < s->n_clusters; c++) x->drawn[x->kind[c]] += weights[c];
    }
    for (size_t kind = 0; kind < x->n_kinds; kind++)
        for (size_t i = x->from[kind]; i < x->from[kind + 1]; i++) sums[x->sum[i]] += (double)drawn[kind] * x->amount[i];
}

void tally_sums_done(struct tally_sums *x) {
    memory_free(x->kind);
    memory_free(x->times);
    memory_free(x->drawn);
    memory_free(x->from);
    memory_free(x->slots);
    memory_free(x->sum);
    memory_free(x->amount);
    memory_free(x->mean_rows);
    memory_free(x->mean_values);
}
