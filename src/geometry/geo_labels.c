/* Where the names of points stand: each begins outside its point, away from the middle of the figure; names that
 * overlap one another push each other apart, round after round. */
#include "geometry/geo_draw.h"

#include <math.h>

enum { ROUNDS = 400 };
#define LETTER 8.0
#define HEIGHT 14.0
#define AWAY 13.0
#define EDGE 2.0

static void keep_inside(struct geo_label *l) {
    l->x = fmin(fmax(l->x, l->width / 2 + EDGE), GEO_PICTURE - l->width / 2 - EDGE);
    l->y = fmin(fmax(l->y, l->height / 2 + EDGE), GEO_PICTURE - l->height / 2 - EDGE);
}

static bool push(struct geo_label *a, struct geo_label *b) {
    double x = (a->width + b->width) / 2 - fabs(a->x - b->x), y = (a->height + b->height) / 2 - fabs(a->y - b->y);
    if (x <= 0 || y <= 0) return false;
    double step = fmin(x, y) / 2 + 0.5;
    bool along = x < y;
    double sign = along ? (a->x < b->x ? -1 : 1) : (a->y < b->y ? -1 : 1);
    *(along ? &a->x : &a->y) += sign * step;
    *(along ? &b->x : &b->y) -= sign * step;
    return true;
}

bool geo_labels_place(const struct geo_names *names, const struct geo_point *pixel, struct geo_label *out) {
    double x = 0, y = 0;
    bool moved = true;
    for (size_t i = 0; i < names->n; i++) x += pixel[i].x / (double)names->n, y += pixel[i].y / (double)names->n;
    for (size_t i = 0; i < names->n; i++) {
        double dx = pixel[i].x - x, dy = pixel[i].y - y, far = hypot(dx, dy);
        if (far < 1) dx = 0, dy = -1, far = 1;
        out[i] = (struct geo_label){pixel[i].x + AWAY * dx / far, pixel[i].y + AWAY * dy / far,
                                    LETTER * (double)text_utf8_count(names->name[i]) + 4, HEIGHT};
        keep_inside(&out[i]);
    }
    for (size_t round = 0; moved && round < ROUNDS; round++) {
        moved = false;
        for (size_t i = 0; i < names->n; i++)
            for (size_t k = 0; k < i; k++) moved |= push(&out[k], &out[i]);
        for (size_t i = 0; i < names->n; i++) keep_inside(&out[i]);
    }
    return !moved;
}
