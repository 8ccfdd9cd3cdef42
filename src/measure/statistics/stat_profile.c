/* Profiles of values: see profile.h. */
#include "measure/statistics/profile.h"

#include "measure/statistics/statistics.h"

#include <assert.h>
#include <math.h>

const char *const basic_values[BASIC_VALUES + 1] = {"universalism", "benevolence",    "tradition",   "conformity",
                                                    "security",     "power",          "achievement", "hedonism",
                                                    "stimulation",  "self-direction", NULL};
const double basic_value_angles[BASIC_VALUES] = {0, 40, 80, 80, 120, 160, 200, 240, 280, 320};

void profile_centre(const double *x, const double *w, size_t n, double *c) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        if (isnan(x[i]) || !(weight > 0)) continue;
        sum += weight * x[i];
        all += weight;
    }
    for (size_t i = 0; i < n; i++) c[i] = all > 0 && (!w || w[i] > 0) ? x[i] - sum / all : NAN;
}

/* Solves n equations a [n, n + 1] by elimination with pivots; what comes out stands in the last column. False: they are
 * singular. */
static bool solve(double *a, size_t n) {
    size_t width = n + 1;
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * width + k]) > fabs(a[best * width + k])) best = i;
        if (!(fabs(a[best * width + k]) > 1e-9)) return false;
        for (size_t j = 0; j < width; j++) {
            double t = a[k * width + j];
            a[k * width + j] = a[best * width + j], a[best * width + j] = t;
        }
        for (size_t i = 0; i < n; i++) {
            double f = i == k ? 0 : a[i * width + k] / a[k * width + k];
            for (size_t j = k; j < width; j++) a[i * width + j] -= f * a[k * width + j];
        }
    }
    for (size_t k = 0; k < n; k++) a[k * width + n] /= a[k * width + k];
    return true;
}

/* ---- choices ---- */

static const double ridge = 0.01;

bool profile_weights(double n, const double *sum, const double *pairs, size_t values, double *w) {
    double a[PROFILE_MOST * (PROFILE_MOST + 1)];
    size_t width = values + 1, pair = 0;
    assert(values <= PROFILE_MOST);
    if (!(n > 0)) return false;
    for (size_t i = 0; i < values; i++) {
        for (size_t j = i; j < values; j++) a[i * width + j] = a[j * width + i] = pairs[pair++];
        a[i * width + i] += ridge * n;
        a[i * width + values] = sum[i];
    }
    if (!solve(a, values)) return false;
    for (size_t i = 0; i < values; i++) w[i] = a[i * width + values];
    return true;
}

/* ---- the circle ---- */

static void add_equation(double a[12], double degrees, double x) {
    double row[4] = {1, cos(degrees * M_PI / 180), sin(degrees * M_PI / 180), x};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) a[4 * i + j] += row[i] * row[j];
}

static double share_explained(const double *degrees, const double *x, size_t n, const double fitted[3]) {
    double mean = 0, left = 0, all = 0, known = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) mean += x[i], known++;
    mean /= known;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        double angle = degrees[i] * M_PI / 180,
               off = x[i] - fitted[0] - fitted[1] * cos(angle) - fitted[2] * sin(angle);
        left += off * off;
        all += (x[i] - mean) * (x[i] - mean);
    }
    return all > 1e-18 * known ? 1 - left / all : NAN;
}

struct profile_circle profile_circle(const double *degrees, const double *x, size_t n) {
    const struct profile_circle none = {NAN, NAN, NAN, NAN};
    double a[12] = {0};
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) add_equation(a, degrees[i], x[i]), known++;
    if (known < 4 || !solve(a, 3)) return none;
    const double fitted[3] = {a[3], a[7], a[11]};
    struct profile_circle out = {.mean = fitted[0], .amplitude = hypot(fitted[1], fitted[2])};
    out.fit = share_explained(degrees, x, n, fitted);
    double angle = atan2(fitted[2], fitted[1]) * 180 / M_PI;
    out.angle = isnan(out.fit) ? NAN : angle < 0 ? angle + 360 : angle;
    if (isnan(out.fit)) out.amplitude = 0;
    return out;
}

/* ---- reliability ---- */

double profile_alpha_of(double n, const double *item, const double *item_squares, size_t items, double total,
                        double total_squares) {
    double parts = 0, k = (double)items;
    if (items < 2 || !(n >= 2)) return NAN;
    for (size_t i = 0; i < items; i++) parts += fmax(0, item_squares[i] - item[i] * item[i] / n);
    double whole = total_squares - total * total / n;
    /* what rounding leaves of sums that do not vary is no variance */
    if (!(whole > 1e-12 * total_squares)) return NAN;
    return k / (k - 1) * (1 - parts / whole);
}

double profile_alpha(const double *x, size_t people, size_t items) {
    double sums[PROFILE_MOST] = {0}, squares[PROFILE_MOST] = {0}, total = 0, total_squares = 0;
    if (items > PROFILE_MOST) return NAN;
    for (size_t p = 0; p < people; p++) {
        double sum = 0;
        for (size_t i = 0; i < items; i++) {
            double value = x[p * items + i];
            if (isnan(value)) return NAN;
            sums[i] += value, squares[i] += value * value, sum += value;
        }
        total += sum, total_squares += sum * sum;
    }
    return profile_alpha_of((double)people, sums, squares, items, total, total_squares);
}

/* ---- nearness ---- */

double profile_distance(const double *c, const double *t, const double *w, size_t n) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        if (isnan(c[i]) || isnan(t[i]) || !(weight > 0)) continue;
        sum += weight * (c[i] - t[i]) * (c[i] - t[i]);
        all += weight;
    }
    return all > 0 ? sqrt(sum / all) : NAN;
}

double profile_along(const double *c, const double *t, size_t n) {
    double sum = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(c[i]) || isnan(t[i])) continue;
        sum += c[i] * t[i];
        length += t[i] * t[i];
    }
    return length > 0 ? sum / sqrt(length) : NAN;
}

/* Those that both know. */
static size_t known_pairs(const double *c, const double *t, size_t n, double *x, double *y) {
    size_t k = 0;
    assert(n <= PROFILE_MOST);
    for (size_t i = 0; i < n; i++)
        if (!isnan(c[i]) && !isnan(t[i])) x[k] = c[i], y[k++] = t[i];
    return k;
}

double profile_cosine(const double *c, const double *t, size_t n) {
    double x[PROFILE_MOST], y[PROFILE_MOST];
    return stat_pearson(x, y, known_pairs(c, t, n, x, y));
}

static void rank_values(const double *x, size_t n, double *rank) {
    for (size_t i = 0; i < n; i++) {
        double below = 0, equal = 0;
        for (size_t j = 0; j < n; j++) below += x[j] < x[i], equal += x[j] == x[i];
        rank[i] = below + (equal + 1) / 2;
    }
}

double profile_spearman(const double *c, const double *t, size_t n) {
    double x[PROFILE_MOST], y[PROFILE_MOST], rank_x[PROFILE_MOST], rank_y[PROFILE_MOST];
    size_t k = known_pairs(c, t, n, x, y);
    rank_values(x, k, rank_x), rank_values(y, k, rank_y);
    return stat_pearson(rank_x, rank_y, k);
}

/* ---- consistency ---- */

double profile_entropy(const double *p, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] > 0) sum -= p[i] * log2(p[i]);
    return sum;
}

double profile_divergence(const double *p, size_t forms, size_t n) {
    double mean[PROFILE_MOST] = {0}, within = 0;
    assert(n <= PROFILE_MOST && forms > 0);
    for (size_t f = 0; f < forms; f++) {
        within += profile_entropy(p + f * n, n) / (double)forms;
        for (size_t i = 0; i < n; i++) mean[i] += p[f * n + i] / (double)forms;
    }
    return fmax(0, profile_entropy(mean, n) - within);
}

/* ---- strengths ---- */

enum { MM_STEPS = 200 };

void profile_strengths(const double *wins, size_t n, double *strength) {
    double s[PROFILE_MOST], next[PROFILE_MOST];
    assert(n <= PROFILE_MOST);
    for (size_t i = 0; i < n; i++) s[i] = 1;
    for (int step = 0; step < MM_STEPS; step++) {
        double sum = 0, met_any = 0;
        for (size_t i = 0; i < n; i++) {
            double won = 0, below = 0;
            for (size_t j = 0; j < n; j++) {
                double met = wins[i * n + j] + wins[j * n + i];
                if (i == j || !(met > 0)) continue;
                won += wins[i * n + j] + 0.5;
                below += (met + 1) / (s[i] + s[j]);
            }
            next[i] = below > 0 ? won / below : NAN;
            if (!isnan(next[i])) sum += log(next[i]), met_any++;
        }
        for (size_t i = 0; i < n; i++) s[i] = isnan(next[i]) ? 1 : next[i] / exp(sum / met_any);
    }
    for (size_t i = 0; i < n; i++) strength[i] = isnan(next[i]) ? NAN : log(s[i]);
}
