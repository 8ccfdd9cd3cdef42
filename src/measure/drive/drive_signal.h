/* What a drive feels like: accelerations, jerks and turning of a course of states, smoothed as the published metrics do
 * it, and the bounds between which they are comfortable. */
#ifndef MEASURE_DRIVE_SIGNAL_H
#define MEASURE_DRIVE_SIGNAL_H

#include "measure/drive/drive_shape.h"

enum { DRIVE_STEPS_MOST = 64 };

struct drive_state {
    struct drive_pose pose;                 /* of the rear axle */
    double v, ax, ay;                       /* there, along and across */
    double steering, turning, turning_rate; /* of the wheels; of the body, rad/s, and its derivative */
};

/* Savitzky & Golay, Analytical Chemistry 36, 1964: polynomials of least squares over `window` values (at most n), their
 * derivative `order` at each value, `step` apart; at both ends by the polynomial of the first and the last window. An
 * even window (what the published metrics use) gives the value half a step on: so does scipy's savgol_filter. degree at
 * most 3 and below the window. out may not be y. */
void drive_savgol(const double *y, size_t n, size_t window, size_t degree, size_t order, double step, double *out);

enum drive_signal {
    DRIVE_JERK,     /* of the magnitude of acceleration, m/s3 */
    DRIVE_LATERAL,  /* acceleration across, m/s2; the plain bicycle has none */
    DRIVE_ALONG,    /* acceleration along, at the middle of the car */
    DRIVE_TURN_UP,  /* rad/s2 */
    DRIVE_LON_JERK, /* of the acceleration along */
    DRIVE_TURN      /* rad/s */
};
enum { DRIVE_SIGNALS = DRIVE_TURN + 1 };
extern const char *const drive_signal_names[];
/* n states `step` seconds apart, at least 4; rounded to eight decimals. wide: accelerations are smoothed over the whole
 * course, as the released style score does it, and not over eight states. */
void drive_signal(const struct drive_state *states, size_t n, double step, enum drive_signal which, bool wide,
                  double *out);

struct drive_bounds {
    double low, high;
};
/* All values strictly inside? */
bool drive_within(const double *values, size_t n, struct drive_bounds bounds);
/* Bounds of a style, A, N or C: 1.2, 1 and 0.8 times those of N; any other letter: those of the style-free score. */
struct drive_bounds drive_comfort_bounds(enum drive_signal which, char style);
bool drive_comfortable(const struct drive_state *states, size_t n, double step, char style);

#endif
