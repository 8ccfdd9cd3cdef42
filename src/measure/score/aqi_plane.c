/* The plane in which texts spread most, for pictures: see aqi.h. */
#include "measure/score/aqi.h"

#include "tensor/dots.h"

#include <math.h>
#include <string.h>

enum { STEPS = 40 };

struct plane {
    const double *x;
    size_t n, d;
    double *mean, *axis, *next; /* [d] */
};

static double unit(double *v, size_t d) {
    double length = sqrt(dots()->dot(v, v, d));
    for (size_t c = 0; length > 0 && c < d; c++) v[c] /= length;
    return length;
}

static void off(double *v, const double *axis, size_t d) {
    dots()->scale_add(v, axis, -dots()->dot(v, axis, d), d);
}

/* Power iteration on the scatter, off `other` (NULL: of nothing), from a direction that is the same each time. */
static void find_axis(struct plane *p, const double *other, uint64_t number) {
    struct rng rng = rng_stream(1, "aqi/axis", number);
    for (size_t c = 0; c < p->d; c++) p->axis[c] = rng_normal(&rng);
    for (int step = 0; step < STEPS; step++) {
        if (other) off(p->axis, other, p->d);
        if (!(unit(p->axis, p->d) > 0)) return;
        double shift = dots()->dot(p->mean, p->axis, p->d);
        memset(p->next, 0, p->d * sizeof *p->next);
        for (size_t i = 0; i < p->n; i++) {
            double along = dots()->dot(p->x + i * p->d, p->axis, p->d) - shift;
            dots()->scale_add(p->next, p->x + i * p->d, along, p->d);
        } /* places sum to 0, so that the mean need not be taken off again */
        memcpy(p->axis, p->next, p->d * sizeof *p->axis);
    }
    if (other) off(p->axis, other, p->d);
    unit(p->axis, p->d);
}

static void place(const struct plane *p, double *out) {
    double shift = dots()->dot(p->mean, p->axis, p->d);
    for (size_t i = 0; i < p->n; i++) out[i] = dots()->dot(p->x + i * p->d, p->axis, p->d) - shift;
}

bool aqi_plane(const double *x, size_t n, size_t d, double *first, double *second, struct error *err) {
    double *room = memory_zeroed(4 * d + 1, sizeof *room);
    struct plane p = {x, n, d, room, room + d, room + 2 * d};
    if (!room) return error_memory(err, "the plane of texts");
    for (size_t i = 0; i < n; i++) dots()->scale_add(p.mean, x + i * d, 1 / (double)n, d);
    find_axis(&p, NULL, 0);
    place(&p, first);
    memcpy(room + 3 * d, p.axis, d * sizeof *p.axis);
    find_axis(&p, room + 3 * d, 1);
    place(&p, second);
    memory_free(room);
    return true;
}
