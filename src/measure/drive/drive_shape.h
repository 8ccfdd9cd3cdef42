/* Poses, boxes and areas of driving, in metres and radians; x ahead of the heading, y to its left. The car is that of
 * the published simulator: a Pacifica whose pose is that of its rear axle. Pure functions of their arguments. */
#ifndef MEASURE_DRIVE_SHAPE_H
#define MEASURE_DRIVE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#define DRIVE_WIDTH 2.297
#define DRIVE_FRONT 4.049 /* rear axle to the front bumper */
#define DRIVE_REAR 1.127
#define DRIVE_WHEELBASE 3.089
#define DRIVE_CENTRE ((DRIVE_FRONT - DRIVE_REAR) / 2) /* rear axle to the middle of the box */

struct drive_point {
    double x, y;
};
struct drive_pose {
    double x, y, heading;
};
struct drive_box {
    struct drive_pose centre;
    double length, width;
};
struct drive_area { /* a polygon, closed by itself */
    struct drive_point *at;
    size_t n;
};

double drive_angle(double angle); /* to -pi..pi */
struct drive_box drive_car(struct drive_pose rear_axle);
struct drive_pose drive_ahead(struct drive_pose pose, double along); /* moved along its heading */
/* Front left, rear left, rear right, front right. */
void drive_corners(const struct drive_box *box, struct drive_point out[4]);
/* Do two boxes share a point? Separating axes (touching counts). */
bool drive_overlap(const struct drive_box *a, const struct drive_box *b);
/* Does the segment a-b share a point with the box? */
bool drive_segment_meets(struct drive_point a, struct drive_point b, const struct drive_box *box);
/* Crossing number; what lies on an edge belongs to one of the two sides. */
bool drive_inside(const struct drive_area *area, struct drive_point p);
/* Do the insides of two polygons meet? An edge crosses one of the other, or a corner lies inside. */
bool drive_areas_meet(const struct drive_area *a, const struct drive_area *b);
/* Angle from the heading to a point, 0..pi; at the point itself: 0. */
double drive_bearing(struct drive_pose from, struct drive_point to);
/* Way along a line to the foot of the point nearest to p. n points, at least 1. */
double drive_along(const struct drive_point *line, size_t n, struct drive_point p);

#endif
