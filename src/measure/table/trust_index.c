/* See trust_index.h. */
#include "measure/table/trust_index.h"

#include <math.h>
#include <string.h>

const char trust_letters[TRUST_DIMENSIONS + 1] = "FPUAB";
const char *const trust_names[TRUST_DIMENSIONS] = {"fidelity", "privacy", "utility", "fairness", "robustness"};

/* ---- weights ---- */

static const struct trust_preset presets[] = {
    {"all", {1, 1, 1, 1, 1}},           {"PU", {0, 1, 1, 0, 0}},  {"UF", {1, 0, 1, 0, 0}},
    {"PUF", {1, 1, 1, 0, 0}},           {"PUA", {0, 1, 1, 1, 0}}, {"UAB", {0, 0, 1, 1, 1}},
    {"privacy-first", {1, 4, 1, 1, 1}},
};

size_t trust_presets(const struct trust_preset **out) {
    *out = presets;
    return sizeof presets / sizeof *presets;
}

static bool unknown(struct text word, struct error *err) {
    return error_set(err, ERROR_USAGE,
                     "--weights: '%.*s': expected a preset (all, PU, UF, PUF, PUA, UAB, privacy-first), letters of "
                     "F P U A B, or F=..,P=..; ecdf=mid may stand behind",
                     TEXT_ARG(word));
}

static bool named(struct text word, struct trust_weights *w, struct error *err) {
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (text_equal_c(word, presets[i].name)) {
            memcpy(w->of, presets[i].of, sizeof w->of);
            return true;
        }
    for (size_t i = 0; i < word.len; i++) {
        const char *at = memchr(trust_letters, word.at[i], TRUST_DIMENSIONS);
        if (!at || w->of[at - trust_letters] > 0) return unknown(word, err);
        w->of[at - trust_letters] = 1;
    }
    return word.len > 0 || unknown(word, err);
}

static bool weighted(struct text piece, size_t equals, struct trust_weights *w, struct error *err) {
    struct text key = text_part(piece, 0, equals), value = text_part(piece, equals + 1, piece.len);
    if (text_equal_c(key, "ecdf")) {
        w->mid = text_equal_c(value, "mid");
        return w->mid || text_equal_c(value, "upper") ||
               error_set(err, ERROR_USAGE, "--weights: ecdf: expected upper or mid, found '%.*s'", TEXT_ARG(value));
    }
    const char *at = key.len == 1 ? memchr(trust_letters, key.at[0], TRUST_DIMENSIONS) : NULL;
    double x;
    if (!at) return unknown(piece, err);
    if (!text_to_f64(value, &x) || !(x >= 0 && x <= 1e6))
        return error_set(err, ERROR_USAGE, "--weights: %c: expected a number of 0 or more, found '%.*s'", *at,
                         TEXT_ARG(value));
    w->of[at - trust_letters] = x;
    return true;
}

bool trust_weights_parse(const char *spec, struct arena *arena, struct trust_weights *out, struct error *err) {
    struct text rest = text_of(spec), piece;
    bool given = false;
    double sum = 0;
    *out = (struct trust_weights){.name = text_copy(arena, rest, err)};
    if (!out->name) return false;
    while (text_next(&rest, ',', &piece)) {
        size_t equals = text_find(piece, TEXT("="), 0);
        if (equals == SIZE_MAX && given) return unknown(piece, err);
        if (equals == SIZE_MAX ? !named(piece, out, err) : !weighted(piece, equals, out, err)) return false;
        given = true;
    }
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) sum += out->of[d];
    if (!(sum > 0)) return error_set(err, ERROR_USAGE, "--weights: '%s' gives no dimension any weight", spec);
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) out->of[d] /= sum;
    return true;
}

/* ---- the index ---- */

double trust_ecdf(const double *cohort, size_t n, double a, bool mid) {
    size_t below = 0, same = 0;
    for (size_t j = 0; j < n; j++) {
        below += cohort[j] < a;
        same += cohort[j] == a;
    }
    double u = ((double)below + (mid ? 0.5 : 1) * (double)same) / (double)n;
    return fmax(u, 0.5 / (double)n);
}

/* What is worked on: aligned values of one metric within one fold. */
struct fold_values {
    double *value;
    size_t n;
};

static void gather(const struct trust_cohort *c, size_t metric, uint64_t fold, struct fold_values *out) {
    out->n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->candidate[i].fold == fold)
            out->value[out->n++] = c->metric[metric].polarity * c->raw[i * c->k + metric].estimate;
}

static enum trust_use use_of(const struct trust_cohort *c, size_t metric) {
    bool same = true;
    if (c->metric[metric].shown_only) return TRUST_SHOWN;
    for (size_t i = 0; i < c->n; i++)
        if (isnan(c->raw[i * c->k + metric].estimate)) return TRUST_DROPPED;
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < i && same; j++)
            same = c->candidate[i].fold != c->candidate[j].fold ||
                   c->raw[i * c->k + metric].estimate == c->raw[j * c->k + metric].estimate;
    return same ? TRUST_UNINFORMATIVE : TRUST_USED;
}

static size_t anchor_of(const struct trust_cohort *c, uint64_t fold, const char *name) {
    for (size_t i = 0; i < c->n; i++)
        if (c->candidate[i].anchor && c->candidate[i].fold == fold && strcmp(c->candidate[i].generator, name) == 0)
            return i;
    return SIZE_MAX;
}

static double absolute_of(const struct trust_cohort *c, size_t i, size_t metric) {
    const struct trust_metric *m = &c->metric[metric];
    uint64_t fold = c->candidate[i].fold;
    size_t bad = anchor_of(c, fold, m->dimension == TRUST_PRIVACY ? "leak" : "uniform");
    size_t good = anchor_of(c, fold, "fresh");
    if (bad == SIZE_MAX || good == SIZE_MAX) return NAN;
    double low = m->polarity * c->raw[bad * c->k + metric].estimate;
    double high = m->polarity * c->raw[good * c->k + metric].estimate;
    double a = m->polarity * c->raw[i * c->k + metric].estimate;
    return high > low ? fmin(fmax((a - low) / (high - low), 0), 1) : NAN;
}

static bool folds_are_fit(const struct trust_cohort *c, struct error *err) {
    for (size_t i = 0; i < c->n; i++) {
        size_t beside = 0;
        for (size_t j = 0; j < c->n; j++) beside += c->candidate[j].fold == c->candidate[i].fold;
        if (beside < 2)
            return error_set(err, ERROR_DATA,
                             "'%s' is the only candidate of fold %llu: an index compares, expected two or more "
                             "(anchors count)",
                             c->candidate[i].id, (unsigned long long)c->candidate[i].fold);
    }
    return c->n > 0 || error_set(err, ERROR_DATA, "no candidates: an index compares, expected two or more");
}

static void set_u(const struct trust_cohort *c, bool mid, struct fold_values *room, struct trust_index *t) {
    for (size_t m = 0; m < c->k; m++) {
        t->use[m] = use_of(c, m);
        for (size_t i = 0; i < c->n; i++) {
            double a = c->metric[m].polarity * c->raw[i * c->k + m].estimate;
            t->absolute[i * c->k + m] = absolute_of(c, i, m);
            t->u[i * c->k + m] = t->use[m] == TRUST_UNINFORMATIVE ? 1 : NAN;
            if (t->use[m] != TRUST_USED) continue;
            gather(c, m, c->candidate[i].fold, room);
            t->u[i * c->k + m] = trust_ecdf(room->value, room->n, a, mid);
        }
    }
}

static double pi_of(const struct trust_cohort *c, const struct trust_index *t, size_t i, size_t dimension) {
    double sum = 0;
    size_t n = 0;
    for (size_t m = 0; m < c->k; m++) {
        if (c->metric[m].dimension != dimension || isnan(t->u[i * c->k + m])) continue;
        sum += log(t->u[i * c->k + m]);
        n++;
    }
    return n ? exp(sum / (double)n) : NAN;
}

static bool set_weights(const struct trust_index *t, const double *wanted, double *used, struct error *err) {
    double sum = 0;
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) sum += used[d] = isnan(t->pi[d]) ? 0 : wanted[d];
    for (size_t d = 0; d < TRUST_DIMENSIONS && sum > 0; d++) used[d] /= sum;
    return sum > 0 || error_set(err, ERROR_DATA, "nothing measures the dimensions that have weight");
}

bool trust_index_of(const struct trust_cohort *c, const struct trust_weights *weights, struct arena *arena,
                    struct trust_index *out, struct error *err) {
    struct fold_values room = {.value = arena_new(arena, double, c->n + 1, err)};
    *out = (struct trust_index){.u = arena_new(arena, double, c->n * c->k + 1, err),
                                .absolute = arena_new(arena, double, c->n * c->k + 1, err),
                                .use = arena_new(arena, enum trust_use, c->k + 1, err),
                                .pi = arena_new(arena, double, c->n *TRUST_DIMENSIONS + 1, err),
                                .nats = arena_new(arena, double, c->n *TRUST_DIMENSIONS + 1, err),
                                .tau = arena_new(arena, double, c->n + 1, err)};
    if (!room.value || !out->u || !out->absolute || !out->use || !out->pi || !out->nats || !out->tau ||
        !folds_are_fit(c, err))
        return false;
    set_u(c, weights->mid, &room, out);
    for (size_t i = 0; i < c->n; i++)
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) out->pi[i * TRUST_DIMENSIONS + d] = pi_of(c, out, i, d);
    if (!set_weights(out, weights->of, out->weight, err)) return false;
    for (size_t i = 0; i < c->n; i++) {
        double sum = 0;
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) {
            double *nats = &out->nats[i * TRUST_DIMENSIONS + d];
            *nats = out->weight[d] > 0 ? out->weight[d] * log(out->pi[i * TRUST_DIMENSIONS + d]) : 0;
            sum += *nats;
        }
        out->tau[i] = exp(sum);
    }
    return true;
}
