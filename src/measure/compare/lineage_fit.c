/* Calibrating features of pairs against pairs of known ancestry, and the table of causes: see lineage.h. */
#include "measure/compare/lineage.h"

#include <math.h>
#include <string.h>

enum { F = LINEAGE_FEATURES, STEPS = 40 };
#define PENALTY 1.0 /* of the square of each weight's distance from PRIOR, half of it */
#define PRIOR 1.0

const char *const lineage_feature_names[LINEAGE_FEATURES] = {"f1",      "f2",      "f3",    "tokens",
                                                             "weights", "spectra", "logits"};
const char *const lineage_cause_names[CAUSES] = {
    "no claim",      "disclosed inheritance", "undisclosed reuse suspected",
    "contamination", "hallucination",         "undetermined"};

static bool is_of(enum lineage_channel channel, int feature) {
    return (feature <= LINEAGE_F3) == (channel == CHANNEL_TEXTS);
}

static bool uses(const struct lineage_pair *p, const size_t left[2]) {
    for (int i = 0; i < 2; i++)
        if (left[i] != SIZE_MAX && (p->a == left[i] || p->b == left[i])) return false;
    return true;
}

/* ---- standard form: by mean and spread of the unrelated pairs ---- */

static void standardise(const struct lineage_pair *pairs, size_t n, const size_t left[2], struct lineage_fit *out) {
    for (int f = 0; f < F; f++) {
        double sum = 0, square = 0, count = 0;
        if (!is_of(out->channel, f)) continue;
        for (size_t i = 0; i < n; i++) {
            double x = pairs[i].feature[f];
            if (pairs[i].related || isnan(x) || !uses(&pairs[i], left)) continue;
            sum += x;
            square += x * x;
            count++;
        }
        out->mean[f] = count > 0 ? sum / count : 0;
        double variance = count > 1 ? (square - sum * sum / count) / (count - 1) : 0;
        out->spread[f] = variance > 1e-18 ? sqrt(variance) : 0; /* 0: it says nothing */
    }
}

/* Far out values are bent: one of 20 spreads says no more than one of 6. The constant stands last. */
static void vector_of(const struct lineage_fit *fit, const double feature[LINEAGE_FEATURES], double x[F + 1]) {
    for (int f = 0; f < F; f++) {
        double z = isnan(feature[f]) || !(fit->spread[f] > 0) ? 0 : (feature[f] - fit->mean[f]) / fit->spread[f];
        x[f] = copysign(log1p(fabs(z)), z);
    }
    x[F] = 1;
}

double lineage_score(const struct lineage_fit *fit, const double feature[LINEAGE_FEATURES]) {
    double x[F + 1], sum = 0;
    vector_of(fit, feature, x);
    for (int f = 0; f <= F; f++) sum += fit->weight[f] * x[f];
    return sum;
}

/* ---- Newton's method ---- */

/* Solves h d = g for a positive definite h, by Cholesky; both are overwritten. */
static void solve(double h[F + 1][F + 1], double g[F + 1]) {
    for (int i = 0; i <= F; i++) {
        for (int k = 0; k < i; k++) {
            for (int j = 0; j < k; j++) h[i][k] -= h[i][j] * h[k][j];
            h[i][k] /= h[k][k];
        }
        for (int j = 0; j < i; j++) h[i][i] -= h[i][j] * h[i][j];
        h[i][i] = sqrt(fmax(h[i][i], 1e-12));
        for (int j = 0; j < i; j++) g[i] -= h[i][j] * g[j];
        g[i] /= h[i][i];
    }
    for (int i = F; i >= 0; i--) {
        for (int j = i + 1; j <= F; j++) g[i] -= h[j][i] * g[j];
        g[i] /= h[i][i];
    }
}

/* What is made small: the penalised log-loss. */
static double loss(const struct lineage_pair *pairs, size_t n, const size_t left[2], double balance,
                   const struct lineage_fit *fit) {
    double sum = 0;
    for (int f = 0; f < F; f++) sum += PENALTY / 2 * (fit->weight[f] - PRIOR) * (fit->weight[f] - PRIOR);
    for (size_t i = 0; i < n; i++) {
        if (!uses(&pairs[i], left)) continue;
        double s = lineage_score(fit, pairs[i].feature), margin = pairs[i].related ? s : -s;
        double lost = margin > 0 ? log1p(exp(-margin)) : -margin + log1p(exp(margin));
        sum += (pairs[i].related ? balance : 1) * lost;
    }
    return sum;
}

/* A step of Newton's, halved until it lowers the loss. Returns how far the weights moved. */
static double step(const struct lineage_pair *pairs, size_t n, const size_t left[2], double balance,
                   struct lineage_fit *fit) {
    double h[F + 1][F + 1] = {{0}}, g[F + 1] = {0}, moved = 0;
    for (int f = 0; f <= F; f++) {
        h[f][f] = f < F ? PENALTY : 1e-6;
        g[f] = f < F ? -PENALTY * (fit->weight[f] - PRIOR) : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double x[F + 1], sum = 0;
        if (!uses(&pairs[i], left)) continue;
        vector_of(fit, pairs[i].feature, x);
        for (int f = 0; f <= F; f++) sum += fit->weight[f] * x[f];
        double p = 1 / (1 + exp(-sum)), w = pairs[i].related ? balance : 1;
        for (int f = 0; f <= F; f++) {
            g[f] += w * (pairs[i].related - p) * x[f];
            for (int k = 0; k <= f; k++) h[f][k] += w * p * (1 - p) * x[f] * x[k];
        }
    }
    solve(h, g);
    const struct lineage_fit from = *fit;
    double before = loss(pairs, n, left, balance, &from), scale = 1;
    for (int half = 0; half < 30; half++, scale /= 2) {
        for (int f = 0; f <= F; f++) fit->weight[f] = from.weight[f] + scale * g[f];
        if (loss(pairs, n, left, balance, fit) <= before) break;
    }
    for (int f = 0; f <= F; f++) moved = fmax(moved, scale * fabs(g[f]));
    return moved;
}

/* The constant anew, by bisection of the score that falls with it, as weights that were cut to 0 leave it astray. */
static void settle_constant(const struct lineage_pair *pairs, size_t n, const size_t left[2], double balance,
                            struct lineage_fit *fit) {
    double low = -60, high = 60;
    for (int i = 0; i < 80; i++) {
        double sum = 0;
        fit->weight[F] = (low + high) / 2;
        for (size_t k = 0; k < n; k++)
            if (uses(&pairs[k], left))
                sum += (pairs[k].related ? balance : 1) *
                       (pairs[k].related - 1 / (1 + exp(-lineage_score(fit, pairs[k].feature))));
        *(sum > 0 ? &low : &high) = fit->weight[F];
    }
}

/* Related pairs are few: together they weigh as much as the others. */
void lineage_fit(const struct lineage_pair *pairs, size_t n, const size_t left[2], enum lineage_channel channel,
                 struct lineage_fit *out) {
    double related = 0, others = 0;
    memset(out, 0, sizeof *out);
    out->channel = channel;
    standardise(pairs, n, left, out);
    for (int f = 0; f < F; f++) out->weight[f] = PRIOR;
    for (size_t i = 0; i < n; i++)
        if (uses(&pairs[i], left)) *(pairs[i].related ? &related : &others) += 1;
    for (int i = 0; i < STEPS && related > 0; i++)
        if (step(pairs, n, left, others / related, out) < 1e-10) break;
    for (int f = 0; f < F; f++) out->weight[f] = out->spread[f] > 0 ? fmax(out->weight[f], 0) : 0;
    if (related > 0) settle_constant(pairs, n, left, others / related, out);
}

/* ---- conformal ---- */

/* Whether any pair can be told from another by a channel. */
static bool speaks(const struct lineage_pair *pairs, size_t n, int channel) {
    for (size_t i = 1; i < n; i++)
        if (pairs[i].score[channel] != pairs[0].score[channel]) return true;
    return false;
}

double lineage_conformal(const struct lineage_pair *pairs, size_t n_pairs, struct lineage_pair *pair, size_t accused,
                         size_t *n) {
    double least = 2; /* above any */
    size_t channels = 0;
    for (int c = 0; c < CHANNELS; c++) {
        size_t beyond = 1;
        *n = 0;
        for (size_t i = 0; i < n_pairs; i++) {
            if (pairs[i].related || pairs[i].a == accused || pairs[i].b == accused) continue;
            ++*n;
            beyond += pairs[i].score[c] >= pair->score[c];
        }
        if (!speaks(pairs, n_pairs, c)) continue;
        channels++;
        if ((double)beyond / (double)(1 + *n) < least) pair->by = (enum lineage_channel)c;
        least = fmin(least, (double)beyond / (double)(1 + *n));
    }
    return channels ? fmin(1, (double)channels * least) : 1;
}

void lineage_calibrate(struct lineage_pair *pairs, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < CHANNELS; c++) {
            struct lineage_fit fit;
            const size_t left[2] = {pairs[i].a, pairs[i].b};
            lineage_fit(pairs, n, left, (enum lineage_channel)c, &fit);
            pairs[i].score[c] = lineage_score(&fit, pairs[i].feature);
        }
    for (size_t i = 0; i < n; i++) {
        size_t others;
        pairs[i].p = lineage_conformal(pairs, n, &pairs[i], pairs[i].b, &others);
    }
}

struct lineage_quality lineage_quality(const struct lineage_pair *pairs, size_t n) {
    struct lineage_quality q = {0};
    double above = 0, least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        *(pairs[i].related ? &q.related : &q.unrelated) += 1;
        *(pairs[i].related ? &q.found : &q.accused) += pairs[i].p <= 0.05;
        for (size_t k = 0; pairs[i].related && k < n; k++)
            if (!pairs[k].related) above += (pairs[i].p < pairs[k].p) + 0.5 * (pairs[i].p == pairs[k].p);
    }
    for (size_t i = 0; i < n; i++)
        if (pairs[i].related) least = fmin(least, pairs[i].feature[LINEAGE_F1]);
    for (size_t i = 0; i < n; i++) q.raw += !pairs[i].related && pairs[i].feature[LINEAGE_F1] >= least;
    q.raw /= (double)q.unrelated;
    q.found /= (double)q.related;
    q.accused /= (double)q.unrelated;
    q.auc = above / ((double)q.related * (double)q.unrelated);
    return q;
}

/* ---- the cause ---- */

enum lineage_cause lineage_cause(const struct lineage_facts *f, const char **rule) {
    if (!f->claims) return *rule = "it does not claim to be that model", CAUSE_NO_CLAIM;
    if (f->declares) return *rule = "it declares that model as its base", CAUSE_DISCLOSED;
    if (!f->available) return *rule = "there is no evidence of both models to compare", CAUSE_UNDETERMINED;
    if (!f->calibrated) return *rule = "not calibrated: fewer than 20 unrelated reference pairs", CAUSE_UNDETERMINED;
    if (f->p <= 0.05) return *rule = "nothing is declared, and conformal p <= .05", CAUSE_REUSE;
    if (f->searchable && f->found)
        return *rule = "p > .05, and the claim stands in the texts it learned from", CAUSE_CONTAMINATION;
    if (f->searchable) return *rule = "p > .05, and the claim stands in no text it learned from", CAUSE_HALLUCINATION;
    return *rule = "p > .05, and the texts it learned from cannot be searched", CAUSE_HALLUCINATION;
}
