/* The published simulator of driving: a plan of poses is tracked by a controller (LQR) on a kinematic bicycle. Velocity
 * and curvature of the plan are fitted by least squares with penalties (jerk 1e-4, rate of curvature 1e-2); one second
 * ahead the controller aims at its velocity, and at no lateral error. Below 0.2 m/s a plain brake takes over. */
#ifndef MEASURE_DRIVE_SIMULATE_H
#define MEASURE_DRIVE_SIMULATE_H

#include "measure/drive/drive_signal.h"

enum { DRIVE_POSES = 8, DRIVE_STEPS = 41 }; /* half seconds of a plan; tenths of seconds of a course, 0 to 4 s */
#define DRIVE_STEP 0.1

/* start: the state now; plan: [DRIVE_POSES] poses of the rear axle at 0.5, 1, ... 4 s. out: [DRIVE_STEPS]. */
void drive_simulate(const struct drive_state *start, const struct drive_pose *plan, struct drive_state *out);
/* The plan between its poses, straight on in x, y and the heading. out: [DRIVE_STEPS]. */
void drive_interpolate(struct drive_pose start, const struct drive_pose *plan, struct drive_pose *out);
/* Velocities and curvatures of n poses, n - 1 of each; n at most DRIVE_STEPS. */
void drive_profile(const struct drive_pose *poses, size_t n, double *velocity, double *curvature);

#endif
