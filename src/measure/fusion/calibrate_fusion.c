/* Planted agents: see calibrate_fusion.h. */
#include "measure/fusion/calibrate_fusion.h"

#include "base/rng.h"
#include "measure/fusion/agent_trust.h"
#include "measure/fusion/fuse.h"
#include "measure/fusion/fuse_conformal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { K = 4, ITEMS = 2000, NAME = 120, REPEATS = 20 };

/* Of class t: says t with chance `right`, else one of the others with chances that are no even shares. */
static double planted(double right, size_t t, size_t s) {
    static const double miss[K - 1] = {0.6, 0.3, 0.1};
    return t == s ? right : (1 - right) * miss[(s + K - t - 1) % K];
}

static bool draw_log(size_t n, const double *right, size_t n_sources, uint64_t seed, uint64_t repeat,
                     struct arena *arena, struct agent_log *out, struct error *err) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    static const char *const classes[K] = {"rot", "rust", "scab", "sound"};
    struct rng rng = rng_stream(seed, "fusion/agents", repeat);
    *out = (struct agent_log){.source = arena_new(arena, struct agent_source, n_sources, err),
                              .classes = arena_new(arena, struct text, K, err),
                              .item = arena_new(arena, struct agent_item, n, err),
                              .said = arena_new(arena, struct agent_said, n * n_sources, err),
                              .n_sources = n_sources,
                              .n_classes = K,
                              .n_items = n,
                              .n_gold = n};
    if (!out->source || !out->classes || !out->item || !out->said) return false;
    for (size_t t = 0; t < K; t++) out->classes[t] = text_of(classes[t]);
    for (size_t s = 0; s < n_sources; s++)
        out->source[s] = (struct agent_source){text_of(names[s]), text_of(names[s]), 1, false, true};
    for (size_t i = 0; i < n; i++) {
        size_t t = rng_below(&rng, K);
        out->item[i] = (struct agent_item){TEXT("i"), (int32_t)t, "drawn", i + 1};
        for (size_t s = 0; s < n_sources; s++) {
            double u = rng_unit(&rng), sum = 0;
            size_t said = 0;
            while (said + 1 < K && (sum += planted(right[s], t, said)) <= u) said++;
            out->said[i * n_sources + s] = (struct agent_said){(int32_t)said, 0.9, NAN, NAN};
        }
    }
    return true;
}

static bool fuse_all(const char *spec, const struct agent_log *log, size_t n_sources, bool loo, struct arena *arena,
                     struct fused *out, struct error *err) {
    static const size_t source[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct fusion *method;
    return fuse(spec, log, source, n_sources, loo, arena, &method, out, err);
}

/* ---- a confused agent ---- */

static bool confused(uint64_t seed, uint64_t repeat, struct arena *arena, double *off, struct error *err) {
    static const double right[] = {0.6, 0.75, 0.85, 0.9, 0.7};
    struct agent_log log;
    struct fused f;
    if (!draw_log(ITEMS, right, 5, seed, repeat, arena, &log, err)) return false;
    for (size_t i = 0; i < ITEMS; i++) log.item[i].gold = AGENT_SILENT;
    log.n_gold = 0;
    if (!fuse_all("dawid-skene", &log, 5, false, arena, &f, err)) return false;
    double sum = 0;
    for (size_t t = 0; t < K; t++)
        for (size_t s = 0; s < K; s++) sum += fabs(f.confusion[t * K + s] - planted(right[0], t, s));
    *off = sum / (K * K);
    return true;
}

/* ---- copies ---- */

/* Mean divergence of the posterior with k copies of agent 0 from that with one. */
static bool copies(uint64_t seed, uint64_t repeat, const char *spec, size_t k, struct arena *arena, double *kl,
                   struct error *err) {
    static const double right[] = {0.7, 0.75, 0.7, 0.7, 0.7, 0.7, 0.7};
    struct agent_log one, many;
    struct fused f, g;
    if (!draw_log(ITEMS, right, 2, seed, repeat, arena, &one, err) ||
        !draw_log(ITEMS, right, 1 + k, seed, repeat, arena, &many, err))
        return false;
    for (size_t i = 0; i < ITEMS; i++) {
        many.item[i].gold = one.item[i].gold;
        for (size_t s = 0; s < 1 + k; s++) many.said[i * (1 + k) + s] = one.said[i * 2 + (s == 1)];
    }
    if (!fuse_all(spec, &one, 2, false, arena, &f, err) || !fuse_all(spec, &many, 1 + k, false, arena, &g, err))
        return false;
    *kl = 0;
    for (size_t c = 0; c < ITEMS * K; c++)
        if (f.p[c] > 0) *kl += f.p[c] * log(f.p[c] / fmax(g.p[c], 1e-300)) / ITEMS;
    return true;
}

/* ---- a liar ---- */

/* Agent 2 says anything, with confidence .99; its honest twin is right so often as it says, .8. */
static bool liar(uint64_t seed, uint64_t repeat, bool honest, struct arena *arena, double *weight, double *trust,
                 struct error *err) {
    static const double right[] = {0.8, 0.75, 0.8};
    const struct agent_trust_settings settings = {10, true, 0.85};
    struct agent_log log;
    struct agent_record record;
    struct agent_trust t;
    struct fused f;
    struct rng rng = rng_stream(seed, "fusion/liar", repeat);
    if (!draw_log(ITEMS, right, 3, seed, repeat, arena, &log, err)) return false;
    for (size_t i = 0; i < ITEMS; i++)
        if (honest)
            log.said[i * 3 + 2].confidence = 0.8;
        else
            log.said[i * 3 + 2] = (struct agent_said){(int32_t)rng_below(&rng, K), 0.99, NAN, NAN};
    if (!fuse_all("pool", &log, 3, false, arena, &f, err) || !agent_record_of(&log, 2, arena, &record, err) ||
        !agent_trust_of(record.c, record.y, record.n, &settings, &t, err))
        return false;
    *weight = f.weight[2];
    *trust = t.trust;
    return true;
}

/* ---- temperature ---- */

/* True chance p, told as sigma(T logit p): the fitted temperature must be T, and of T = 1 the ece nothing. */
static bool tempered(uint64_t seed, uint64_t repeat, double temperature, struct arena *arena, double *found,
                     double *ece, struct error *err) {
    enum { N = 10000 };
    const struct agent_trust_settings settings = {10, true, 0.85};
    struct rng rng = rng_stream(seed, "fusion/temperature", repeat);
    struct agent_trust t;
    double *c = arena_new(arena, double, N, err), *y = c ? arena_new(arena, double, N, err) : NULL;
    if (!y) return false;
    for (size_t i = 0; i < N; i++) {
        double logit = 1.2 * rng_normal(&rng) + 0.5;
        y[i] = rng_unit(&rng) < 1 / (1 + exp(-logit));
        c[i] = 1 / (1 + exp(-logit * temperature));
    }
    if (!agent_trust_of(c, y, N, &settings, &t, err)) return false;
    *found = t.temperature;
    *ece = t.ece;
    return true;
}

/* ---- sets ---- */

static bool covered(uint64_t seed, uint64_t repeat, struct arena *arena, double *coverage, struct error *err) {
    static const double right[] = {0.7, 0.75, 0.8};
    struct agent_log log;
    struct conformal c;
    struct fused f;
    if (!draw_log(400, right, 3, seed, repeat, arena, &log, err) || !fuse_all("bayes", &log, 3, true, arena, &f, err) ||
        !fuse_conformal(&log, f.p, 0.1, seed, arena, &c, err))
        return false;
    *coverage = c.coverage;
    return true;
}

/* ---- all ---- */

static const double temperatures[3] = {0.5, 1, 2};
static const size_t doses[] = {1, 2, 4, 6}; /* copies; the first is the clean twin */
enum { DOSES = sizeof doses / sizeof *doses };

struct found {
    double off, kl_pool[DOSES], kl_bayes[DOSES], weight, trust, temperature[3], ece, coverage;
    double honest_weight, honest_trust;
};

static bool one_round(uint64_t seed, uint64_t r, struct arena *arena, struct found *sum, struct found *worst,
                      struct error *err) {
    struct found f = {0};
    double ece;
    if (!confused(seed, r, arena, &f.off, err) || !liar(seed, r, false, arena, &f.weight, &f.trust, err) ||
        !liar(seed, r, true, arena, &f.honest_weight, &f.honest_trust, err) ||
        !covered(seed, r, arena, &f.coverage, err))
        return false;
    for (size_t d = 0; d < DOSES; d++) {
        if (!copies(seed, r, "pool", doses[d], arena, &f.kl_pool[d], err) ||
            !copies(seed, r, "bayes", doses[d], arena, &f.kl_bayes[d], err))
            return false;
        worst->kl_pool[d] = fmax(worst->kl_pool[d], f.kl_pool[d]);
        worst->kl_bayes[d] = r ? fmin(worst->kl_bayes[d], f.kl_bayes[d]) : f.kl_bayes[d];
    }
    for (size_t t = 0; t < 3; t++) {
        if (!tempered(seed, r, temperatures[t], arena, &f.temperature[t], &ece, err)) return false;
        if (temperatures[t] == 1) f.ece = ece;
        double off = fabs(f.temperature[t] / temperatures[t] - 1);
        sum->temperature[t] += f.temperature[t];
        worst->temperature[t] = fmax(worst->temperature[t], off);
    }
    worst->off = fmax(worst->off, f.off);
    worst->honest_weight = r ? fmin(worst->honest_weight, f.honest_weight) : f.honest_weight;
    worst->honest_trust = r ? fmin(worst->honest_trust, f.honest_trust) : f.honest_trust;
    sum->weight += f.weight < 0.05, worst->trust = fmax(worst->trust, f.trust);
    sum->ece += f.ece;
    sum->coverage += f.coverage;
    return true;
}

/* One copy is the clean twin: nothing changes. With more the pool stays, and naive Bayes is seen to sharpen. */
static void tell_copies(const struct calibrate_out *rows, const struct found *worst, const char *how) {
    char name[NAME];
    for (size_t d = 0; d < DOSES; d++) {
        bool clean = doses[d] == 1;
        snprintf(name, sizeof name, "clone-k %zu: KL of the pool from one copy", doses[d]);
        calibrate_range(rows, name, worst->kl_pool[d], 0, clean ? 1e-12 : 0.01, how);
        snprintf(name, sizeof name, "clone-k %zu: naive Bayes %s, KL", doses[d], clean ? "stays" : "sharpens");
        calibrate_range(rows, name, worst->kl_bayes[d], clean ? 0 : 0.01, clean ? 1e-12 : 100, how);
    }
}

bool calibrate_fusion(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct calibrate_out rows = {report, context};
    struct found sum = {0}, worst = {0};
    struct arena arena;
    uint64_t n = repeat ? repeat : REPEATS;
    char how[NAME], name[NAME];
    bool ok = true;
    arena_init(&arena, (size_t)1 << 28);
    for (uint64_t r = 0; ok && r < n; r++) {
        ok = one_round(seed, r, &arena, &sum, &worst, err);
        arena_reset(&arena);
    }
    arena_done(&arena);
    if (!ok) return false;
    snprintf(how, sizeof how, "worst of %llu logs of %d items", (unsigned long long)n, ITEMS);
    calibrate_range(&rows, "a confused agent: mean error of EM's entries", worst.off, 0, 0.03, how);
    tell_copies(&rows, &worst, how);
    calibrate_range(&rows, "its honest twin: weight in the pool", worst.honest_weight, 0.05, 1, how);
    calibrate_range(&rows, "its honest twin: trust", worst.honest_trust, 0.48, 0.5,
                    "(1 - ece) / 2: one confidence says nothing of which answers are right");
    calibrate_range(&rows, "a liar: logs whose pool gives it less than .05", sum.weight / (double)n, 0.9, 1,
                    "share of these logs");
    calibrate_range(&rows, "a liar: its trust", worst.trust, 0, 0.05, how);
    for (size_t t = 0; t < 3; t++) {
        snprintf(name, sizeof name, "temperature %g, found", temperatures[t]);
        calibrate_number(&rows, name, temperatures[t], sum.temperature[t] / (double)n, 0.03 * temperatures[t],
                         "mean of logs of 10,000 answers");
    }
    calibrate_range(&rows, "a calibrated agent: ece", sum.ece / (double)n, 0, 0.02, "mean of logs of 10,000 answers");
    calibrate_range(&rows, "conformal sets of alpha .1: coverage", sum.coverage / (double)n, 0.88, 0.93,
                    "mean of 20 halves of each log");
    return true;
}
