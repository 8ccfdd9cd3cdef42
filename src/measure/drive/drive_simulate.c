/* Tracking a plan: see drive_simulate.h. */
#include "measure/drive/drive_simulate.h"

#include <math.h>
#include <string.h>

enum { HORIZON = 10, N = DRIVE_STEPS - 1 };
#define JERK_PENALTY 1e-4
#define CURVATURE_PENALTY 1e-2
#define START_PENALTY 1e-10
#define Q_ALONG 10.0
#define R_ALONG 1.0
#define SLOW 0.2
#define STEEPEST (3.14159265358979323846 / 3)

/* ---- the plan ---- */

void drive_interpolate(struct drive_pose start, const struct drive_pose *plan, struct drive_pose *out) {
    for (size_t i = 0; i < DRIVE_STEPS; i++) {
        size_t k = i / 5;
        struct drive_pose a = k ? plan[k - 1] : start, b = plan[k < DRIVE_POSES ? k : DRIVE_POSES - 1];
        double t = (double)(i % 5) / 5;
        out[i] = (struct drive_pose){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y),
                                     drive_angle(a.heading + t * drive_angle(b.heading - a.heading))};
    }
}

/* Least squares with the matrix of its normal equations, positive definite: Cholesky. */
static void solve(double a[N][N], double *x, size_t n) {
    for (size_t c = 0; c < n; c++) {
        for (size_t k = 0; k < c; k++) a[c][c] -= a[c][k] * a[c][k];
        a[c][c] = sqrt(fmax(a[c][c], 1e-300));
        for (size_t r = c + 1; r < n; r++) {
            for (size_t k = 0; k < c; k++) a[r][c] -= a[r][k] * a[c][k];
            a[r][c] /= a[c][c];
        }
    }
    for (size_t r = 0; r < n; r++) {
        for (size_t k = 0; k < r; k++) x[r] -= a[r][k] * x[k];
        x[r] /= a[r][r];
    }
    for (size_t r = n; r-- > 0;) {
        for (size_t k = r + 1; k < n; k++) x[r] -= a[k][r] * x[k];
        x[r] /= a[r][r];
    }
}

/* Adds a row of the problem: weights w [n], value y. */
static void add(double a[N][N], double *b, const double *w, double y, size_t n) {
    for (size_t r = 0; r < n; r++) {
        if (w[r] == 0) continue;
        b[r] += w[r] * y;
        for (size_t c = 0; c < n; c++) a[r][c] += w[r] * w[c];
    }
}

/* x: v_0 and accelerations a_0 ..; displacements dt v_k (cos h_k, sin h_k) and equal accelerations. */
static void fit_velocity(const struct drive_pose *p, size_t n, double *x) {
    double a[N][N] = {{0}}, w[N];
    memset(x, 0, n * sizeof *x);
    for (size_t k = 0; k < n; k++) {
        double c = cos(p[k].heading), s = sin(p[k].heading);
        for (int axis = 0; axis < 2; axis++) {
            memset(w, 0, sizeof w);
            w[0] = DRIVE_STEP * (axis ? s : c);
            for (size_t j = 1; j <= k; j++) w[j] = DRIVE_STEP * DRIVE_STEP * (axis ? s : c);
            add(a, x, w, axis ? p[k + 1].y - p[k].y : p[k + 1].x - p[k].x, n);
        }
    }
    for (size_t k = 1; k + 1 < n; k++) {
        memset(w, 0, sizeof w);
        w[k] = -sqrt(JERK_PENALTY), w[k + 1] = sqrt(JERK_PENALTY);
        add(a, x, w, 0, n);
    }
    solve(a, x, n);
}

/* x: curvature and its rates; turns of dt v_k kappa_k. */
static void fit_curvature(const struct drive_pose *p, const double *v, size_t n, double *x) {
    double a[N][N] = {{0}}, w[N];
    memset(x, 0, n * sizeof *x);
    for (size_t k = 0; k < n; k++) {
        memset(w, 0, sizeof w);
        w[0] = DRIVE_STEP * v[k];
        for (size_t j = 1; j <= k; j++) w[j] = DRIVE_STEP * DRIVE_STEP * v[k];
        add(a, x, w, drive_angle(p[k + 1].heading - p[k].heading), n);
    }
    for (size_t k = 0; k < n; k++) a[k][k] += k ? CURVATURE_PENALTY : START_PENALTY;
    solve(a, x, n);
}

void drive_profile(const struct drive_pose *poses, size_t n_poses, double *velocity, double *curvature) {
    double x[N];
    size_t n = n_poses - 1;
    fit_velocity(poses, n, x);
    for (size_t k = 0; k < n; k++) velocity[k] = k ? velocity[k - 1] + DRIVE_STEP * x[k] : x[0];
    fit_curvature(poses, velocity, n, x);
    for (size_t k = 0; k < n; k++) curvature[k] = k ? curvature[k - 1] + DRIVE_STEP * x[k] : x[0];
}

/* ---- the controller ---- */

struct command {
    double acceleration, steering_rate;
};

/* Errors and steering angle in HORIZON steps, as a line in the steering rate: e = slope u + rest. */
static void look_ahead(const double error[3], double v, double a, const double *curvature, double slope[3],
                       double rest[3]) {
    memset(slope, 0, 3 * sizeof *slope);
    memcpy(rest, error, 3 * sizeof *rest);
    for (size_t k = 0; k < HORIZON; k++) {
        double speed = v + (double)k * DRIVE_STEP * a;
        for (int side = 0; side < 2; side++) {
            double *e = side ? rest : slope;
            double lateral = e[0] + speed * DRIVE_STEP * e[1];
            double heading = e[1] + speed * DRIVE_STEP / DRIVE_WHEELBASE * e[2];
            e[0] = lateral, e[1] = heading;
        }
        rest[1] -= speed * curvature[k] * DRIVE_STEP;
        slope[2] += DRIVE_STEP;
    }
}

static double steer(const double error[3], double v, double a, const double *curvature) {
    static const double q[3] = {1, 10, 0};
    double slope[3], rest[3], square = 1, tail = 0;
    look_ahead(error, v, a, curvature, slope, rest);
    rest[1] = drive_angle(rest[1]), rest[2] = drive_angle(rest[2]);
    for (int i = 0; i < 3; i++) square += slope[i] * q[i] * slope[i], tail += slope[i] * q[i] * rest[i];
    return -tail / square;
}

static struct command control(const struct drive_state *s, const struct drive_pose *plan, const double *velocity,
                              const double *curvature, size_t step) {
    double ahead[HORIZON], reach = HORIZON * DRIVE_STEP;
    size_t at = step + HORIZON < N ? step + HORIZON : N - 1;
    double wanted = velocity[at], dx = s->pose.x - plan[step].x, dy = s->pose.y - plan[step].y;
    double heading = plan[step].heading;
    double error[3] = {-dx * sin(heading) + dy * cos(heading), drive_angle(s->pose.heading - heading), s->steering};
    if (wanted <= SLOW && s->v <= SLOW) return (struct command){-0.5 * (s->v - wanted), 0};
    for (size_t k = 0; k < HORIZON; k++) ahead[k] = curvature[step + k < at ? step + k : at];
    double a = reach * Q_ALONG * (wanted - s->v) / (reach * reach * Q_ALONG + R_ALONG);
    return (struct command){a, steer(error, s->v, a, ahead)};
}

/* ---- the car ---- */

static struct drive_state move(const struct drive_state *s, struct command c) {
    struct drive_state next = *s;
    double dt = DRIVE_STEP;
    double a = s->ax + dt / (dt + 0.2) * (c.acceleration - s->ax);
    double steering = s->steering + dt / (dt + 0.05) * (dt * c.steering_rate);
    next.pose.x += s->v * cos(s->pose.heading) * dt;
    next.pose.y += s->v * sin(s->pose.heading) * dt;
    next.pose.heading = drive_angle(s->pose.heading + s->v * tan(s->steering) / DRIVE_WHEELBASE * dt);
    next.v += a * dt;
    next.ax = a, next.ay = 0;
    next.steering = fmin(fmax(steering, -STEEPEST), STEEPEST);
    next.turning = next.v * tan(next.steering) / DRIVE_WHEELBASE;
    next.turning_rate = (next.turning - s->turning) / dt;
    return next;
}

void drive_simulate(const struct drive_state *start, const struct drive_pose *plan, struct drive_state *out) {
    struct drive_pose poses[DRIVE_STEPS];
    double velocity[N], curvature[N];
    drive_interpolate(start->pose, plan, poses);
    drive_profile(poses, DRIVE_STEPS, velocity, curvature);
    out[0] = *start;
    for (size_t i = 0; i + 1 < DRIVE_STEPS; i++)
        out[i + 1] = move(&out[i], control(&out[i], poses, velocity, curvature, i));
}
