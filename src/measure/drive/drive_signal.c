/* Smoothed signals and comfort: see drive_signal.h. */
#include "measure/drive/drive_signal.h"

#include <math.h>

enum { DEGREE_MOST = 3, TERMS = DEGREE_MOST + 1, NARROW = 8, JERK_WINDOW = 15, TURN_WINDOW = 5 };

const char *const drive_signal_names[] = {
    "jerk", "lateral acceleration", "longitudinal acceleration", "yaw acceleration", "longitudinal jerk", "yaw rate"};

/* ---- Savitzky-Golay ---- */

/* Solves the normal equations by Gauss's elimination with pivots; at most four unknowns. */
static void solve(double a[TERMS][TERMS + 1], size_t n) {
    for (size_t c = 0; c < n; c++) {
        size_t best = c;
        for (size_t r = c + 1; r < n; r++)
            if (fabs(a[r][c]) > fabs(a[best][c])) best = r;
        for (size_t k = 0; k <= n; k++) {
            double t = a[c][k];
            a[c][k] = a[best][k], a[best][k] = t;
        }
        for (size_t r = 0; r < n; r++) {
            double f = r == c ? 0 : a[r][c] / a[c][c];
            for (size_t k = c; k <= n; k++) a[r][k] -= f * a[c][k];
        }
    }
    for (size_t r = 0; r < n; r++) a[r][n] /= a[r][r];
}

/* Coefficients of the polynomial over w values, the middle of which is 0. */
static void fit(const double *y, size_t w, size_t degree, double c[TERMS]) {
    double a[TERMS][TERMS + 1] = {{0}};
    size_t n = degree + 1;
    for (size_t i = 0; i < w; i++) {
        double t = (double)i - (double)(w - 1) / 2, power[2 * TERMS] = {1};
        for (size_t k = 1; k < 2 * TERMS; k++) power[k] = power[k - 1] * t;
        for (size_t r = 0; r < n; r++) {
            for (size_t k = 0; k < n; k++) a[r][k] += power[r + k];
            a[r][n] += power[r] * y[i];
        }
    }
    solve(a, n);
    for (size_t r = 0; r < n; r++) c[r] = a[r][n];
}

/* The derivative of that order at t. */
static double at(const double c[TERMS], size_t degree, size_t order, double t) {
    double sum = 0;
    for (size_t k = order; k <= degree; k++) {
        double f = c[k];
        for (size_t j = 0; j < order; j++) f *= (double)(k - j);
        for (size_t j = order; j < k; j++) f *= t;
        sum += f;
    }
    return sum;
}

void drive_savgol(const double *y, size_t n, size_t window, size_t degree, size_t order, double step, double *out) {
    double c[TERMS], scale = pow(step, -(double)order);
    size_t w = window < n ? window : n, half = w / 2, back = w % 2 ? half : half - 1;
    for (size_t i = half; i + half < n; i++) {
        fit(y + i - back, w, degree, c);
        out[i] = at(c, degree, order, 0) * scale;
    }
    fit(y, w, degree, c);
    for (size_t i = 0; i < half; i++) out[i] = at(c, degree, order, (double)i - (double)(w - 1) / 2) * scale;
    fit(y + n - w, w, degree, c);
    for (size_t i = n - half; i < n; i++)
        out[i] = at(c, degree, order, (double)(i - (n - w)) - (double)(w - 1) / 2) * scale;
}

/* ---- signals ---- */

static void round8(double *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = rint(x[i] * 1e8) / 1e8;
}

/* Of the middle of the car, as the released code shifts it. */
static double along(const struct drive_state *s) {
    return s->ax + DRIVE_CENTRE * (s->turning * s->turning + s->turning_rate);
}

static void acceleration(const struct drive_state *s, size_t n, enum drive_signal which, size_t window, double *out) {
    double raw[DRIVE_STEPS_MOST] = {0};
    for (size_t i = 0; i < n; i++)
        raw[i] = which == DRIVE_LATERAL ? s[i].ay : which == DRIVE_JERK ? hypot(s[i].ax, s[i].ay) : along(&s[i]);
    drive_savgol(raw, n, window, 2, 0, 1, out);
    round8(out, n);
}

static void turning(const struct drive_state *s, size_t n, double step, size_t order, double *out) {
    double heading[DRIVE_STEPS_MOST] = {0}, turns = 0;
    for (size_t i = 0; i < n; i++) {
        if (i) turns += rint((s[i].pose.heading - s[i - 1].pose.heading) / (2 * 3.14159265358979323846));
        heading[i] = s[i].pose.heading - 2 * 3.14159265358979323846 * turns;
    }
    drive_savgol(heading, n, TURN_WINDOW, order + 1, order, step, out);
    round8(out, n);
}

void drive_signal(const struct drive_state *s, size_t n, double step, enum drive_signal which, bool wide, double *out) {
    double smooth[DRIVE_STEPS_MOST] = {0};
    switch (which) {
    case DRIVE_LATERAL:
    case DRIVE_ALONG:
        acceleration(s, n, which, wide ? n : NARROW, out);
        return;
    case DRIVE_JERK:
    case DRIVE_LON_JERK:
        acceleration(s, n, which, NARROW, smooth);
        drive_savgol(smooth, n, wide ? n : JERK_WINDOW, 2, 1, step, out);
        round8(out, n);
        return;
    case DRIVE_TURN:
        turning(s, n, step, 1, out);
        return;
    case DRIVE_TURN_UP:
        turning(s, n, step, 2, out);
        return;
    }
}

/* ---- comfort ---- */

bool drive_within(const double *values, size_t n, struct drive_bounds b) {
    for (size_t i = 0; i < n; i++)
        if (!(values[i] > b.low && values[i] < b.high)) return false;
    return true;
}

struct drive_bounds drive_comfort_bounds(enum drive_signal which, char style) {
    static const double styled[DRIVE_SIGNALS] = {7.0, 4.0, 2.0, 1.8, 3.6, 0.7};
    static const double plain[DRIVE_SIGNALS] = {8.37, 4.89, 2.40, 1.93, 4.13, 0.95};
    bool known = style == 'A' || style == 'N' || style == 'C';
    double times = style == 'A' ? 1.2 : style == 'C' ? 0.8 : 1;
    double high = known ? times * styled[which] : plain[which];
    double low = which == DRIVE_ALONG ? (known ? times * -3.2 : -4.05) : -high;
    return (struct drive_bounds){low, high};
}

bool drive_comfortable(const struct drive_state *s, size_t n, double step, char style) {
    double values[DRIVE_STEPS_MOST];
    bool wide = style == 'A' || style == 'N' || style == 'C';
    for (int which = 0; which < DRIVE_SIGNALS; which++) {
        drive_signal(s, n, step, (enum drive_signal)which, wide, values);
        if (!drive_within(values, n, drive_comfort_bounds((enum drive_signal)which, style))) return false;
    }
    return true;
}
