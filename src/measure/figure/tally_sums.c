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

static void forget_patterns(struct tally_sums *x) {
    for (size_t p = 0; p < x->n_patterns; p++) {
        memory_free(x->patterns[p].cluster);
        memory_free(x->patterns[p].amount);
    }
    x->n_patterns = 0;
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
    forget_patterns(x);
    return true;
}

enum { MANY = 8192 };

/* The pattern of a kind, a new one where it is none yet; SIZE_MAX: there are too many. */
static size_t find_pattern(struct tally_sums *x, size_t kind) {
    size_t from = x->from[kind], n = x->from[kind + 1] - from, p = 0;
    while (p < x->n_patterns && (x->patterns[p].n_sums != n || memcmp(x->patterns[p].sum, x->sum + from, n) != 0)) p++;
    if (p == TALLY_PATTERNS) return SIZE_MAX;
    if (p == x->n_patterns) {
        x->patterns[x->n_patterns++] = (struct tally_pattern){.n_sums = n};
        memcpy(x->patterns[p].sum, x->sum + from, n);
    }
    return p;
}

/* of: [kinds], the pattern of each. */
static bool fill_patterns(struct tally_selection *s, const uint8_t *of, struct error *err) {
    struct tally_sums *x = &s->sums;
    for (size_t p = 0; p < x->n_patterns; p++) {
        struct tally_pattern *t = &x->patterns[p];
        size_t n = 0, i = 0;
        for (size_t c = 0; c < s->n_clusters; c++) n += of[x->kind[c]] == p;
        t->cluster = memory_grow(NULL, n + 1, sizeof *t->cluster);
        t->amount = memory_grow(NULL, n * t->n_sums + 1, sizeof *t->amount);
        if (!t->cluster || !t->amount) return error_memory(err, "figures");
        t->n = n;
        for (size_t c = 0; c < s->n_clusters; c++) {
            if (of[x->kind[c]] != p) continue;
            t->cluster[i] = (uint32_t)c;
            for (size_t k = 0; k < t->n_sums; k++) t->amount[k * n + i] = x->amount[x->from[x->kind[c]] + k];
            i++;
        }
    }
    return true;
}

/* Of many clusters of which few are alike, those that add to the same sums side by side. */
static bool find_patterns(struct tally_selection *s, struct error *err) {
    struct tally_sums *x = &s->sums;
    if (s->n_clusters < MANY || 2 * x->n_kinds < s->n_clusters) return true;
    uint8_t *of = memory_alloc(x->n_kinds);
    bool few = true;
    if (!of) return error_memory(err, "figures");
    for (size_t kind = 0; few && kind < x->n_kinds; kind++) {
        size_t p = find_pattern(x, kind);
        few = p != SIZE_MAX;
        of[kind] = (uint8_t)p;
    }
    if (!few) x->n_patterns = 0;
    bool ok = fill_patterns(s, of, err);
    memory_free(of);
    return ok;
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
    return find_patterns(s, err);
}

enum { LANES = 8, PART = 512 };

/* Sum of weight times amount, eight sums side by side. */
static double weighted(const double *weight, const double *amount, size_t n) {
    double sum[LANES] = {0}, all = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) sum[l] += weight[i + l] * amount[i + l];
    for (size_t l = 0; i < n; i++, l++) sum[l] += weight[i] * amount[i];
    for (size_t l = 0; l < LANES; l++) all += sum[l];
    return all;
}

static void weigh_patterns(const struct tally_sums *x, const uint32_t *weights, double *sums) {
    double weight[PART];
    for (size_t p = 0; p < x->n_patterns; p++) {
        const struct tally_pattern *t = &x->patterns[p];
        for (size_t from = 0; from < t->n; from += PART) {
            size_t n = t->n - from < PART ? t->n - from : PART;
            for (size_t i = 0; i < n; i++) weight[i] = (double)(int32_t)weights[t->cluster[from + i]];
            for (size_t k = 0; k < t->n_sums; k++)
                sums[t->sum[k]] += weighted(weight, t->amount + k * t->n + from, n);
        }
    }
}

void tally_weigh(struct tally_selection *s, const uint32_t *weights, double *sums) {
    struct tally_sums *x = &s->sums;
    const uint32_t *drawn = x->by_kind ? weights : x->drawn;
    memset(sums, 0, METRIC_SUMS * sizeof *sums);
    if (x->n_patterns) {
        weigh_patterns(x, weights, sums);
        return;
    }
    if (!x->by_kind) {
        memset(x->drawn, 0, x->n_kinds * sizeof *x->drawn);
        for (size_t c = 0; c < s->n_clusters; c++) x->drawn[x->kind[c]] += weights[c];
    }
    for (size_t kind = 0; kind < x->n_kinds; kind++)
        for (size_t i = x->from[kind]; i < x->from[kind + 1]; i++)
            sums[x->sum[i]] += (double)drawn[kind] * x->amount[i];
}

void tally_sums_done(struct tally_sums *x) {
    memory_free(x->kind);
    memory_free(x->times);
    memory_free(x->drawn);
    memory_free(x->from);
    memory_free(x->slots);
    memory_free(x->sum);
    memory_free(x->amount);
    forget_patterns(x);
}
