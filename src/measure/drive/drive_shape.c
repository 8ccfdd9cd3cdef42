/* Shapes of driving: see drive_shape.h. */
#include "measure/drive/drive_shape.h"

#include <math.h>

double drive_angle(double angle) {
    return atan2(sin(angle), cos(angle));
}

struct drive_pose drive_ahead(struct drive_pose p, double along) {
    return (struct drive_pose){p.x + along * cos(p.heading), p.y + along * sin(p.heading), p.heading};
}

struct drive_box drive_car(struct drive_pose rear_axle) {
    return (struct drive_box){drive_ahead(rear_axle, DRIVE_CENTRE), DRIVE_FRONT + DRIVE_REAR, DRIVE_WIDTH};
}

void drive_corners(const struct drive_box *b, struct drive_point out[4]) {
    static const double ahead[4] = {1, -1, -1, 1}, left[4] = {1, 1, -1, -1};
    double c = cos(b->centre.heading), s = sin(b->centre.heading);
    for (int i = 0; i < 4; i++) {
        double x = ahead[i] * b->length / 2, y = left[i] * b->width / 2;
        out[i] = (struct drive_point){b->centre.x + x * c - y * s, b->centre.y + x * s + y * c};
    }
}

/* Ends of the shadow of n points on the direction (c, s). */
static void shadow(const struct drive_point *p, int n, double c, double s, double *low, double *high) {
    *low = INFINITY, *high = -INFINITY;
    for (int i = 0; i < n; i++) {
        double at = p[i].x * c + p[i].y * s;
        *low = fmin(*low, at), *high = fmax(*high, at);
    }
}

static bool apart(const struct drive_point *a, int n, const struct drive_point *b, int m, double angle) {
    double la, ha, lb, hb;
    shadow(a, n, cos(angle), sin(angle), &la, &ha);
    shadow(b, m, cos(angle), sin(angle), &lb, &hb);
    return ha < lb || hb < la;
}

/* All relative to the middle of a, so that large coordinates cost no digits. */
bool drive_overlap(const struct drive_box *a, const struct drive_box *b) {
    struct drive_box here = *a, there = *b;
    struct drive_point p[4], q[4];
    here.centre.x = here.centre.y = 0;
    there.centre.x -= a->centre.x, there.centre.y -= a->centre.y;
    drive_corners(&here, p);
    drive_corners(&there, q);
    double ha = here.centre.heading, hb = there.centre.heading, turn = 1.57079632679489661923;
    return !apart(p, 4, q, 4, ha) && !apart(p, 4, q, 4, ha + turn) && !apart(p, 4, q, 4, hb) &&
           !apart(p, 4, q, 4, hb + turn);
}

bool drive_segment_meets(struct drive_point a, struct drive_point b, const struct drive_box *box) {
    struct drive_box here = *box;
    struct drive_point p[2] = {{0, 0}, {b.x - a.x, b.y - a.y}}, q[4];
    here.centre.x -= a.x, here.centre.y -= a.y;
    drive_corners(&here, q);
    double h = here.centre.heading, turn = 1.57079632679489661923, across = atan2(p[1].y, p[1].x) + turn;
    return !apart(p, 2, q, 4, h) && !apart(p, 2, q, 4, h + turn) && !apart(p, 2, q, 4, across);
}

bool drive_inside(const struct drive_area *area, struct drive_point p) {
    bool in = false;
    for (size_t i = 0, j = area->n - 1; i < area->n; j = i++) {
        struct drive_point a = area->at[i], b = area->at[j];
        if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) in = !in;
    }
    return in;
}

static double side(struct drive_point a, struct drive_point b, struct drive_point p) {
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/* Properly: not where they only touch. */
static bool cross(struct drive_point a, struct drive_point b, struct drive_point c, struct drive_point d) {
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

bool drive_areas_meet(const struct drive_area *a, const struct drive_area *b) {
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            if (cross(a->at[i], a->at[(i + 1) % a->n], b->at[j], b->at[(j + 1) % b->n])) return true;
    return drive_inside(a, b->at[0]) || drive_inside(b, a->at[0]);
}

double drive_bearing(struct drive_pose from, struct drive_point to) {
    double x = to.x - from.x, y = to.y - from.y;
    return x == 0 && y == 0 ? 0 : fabs(drive_angle(atan2(y, x) - from.heading));
}

double drive_along(const struct drive_point *line, size_t n, struct drive_point p) {
    double best = INFINITY, at = 0, way = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double dx = line[i + 1].x - line[i].x, dy = line[i + 1].y - line[i].y, length = hypot(dx, dy);
        double t = length > 0 ? ((p.x - line[i].x) * dx + (p.y - line[i].y) * dy) / (length * length) : 0;
        t = fmin(fmax(t, 0), 1);
        double off = hypot(p.x - line[i].x - t * dx, p.y - line[i].y - t * dy);
        if (off < best) best = off, at = way + t * length;
        way += length;
    }
    return at;
}
