/* How alike two models hold the same texts, layer by layer: see aqi.h. */
#include "measure/score/aqi.h"

#include "tensor/dots.h"

#include <math.h>

/* The texts of a layer less their mean, in f64: [n, width]. */
static double *centred(const struct aqi_source *s, size_t layer) {
    double *x = memory_zeroed(s->n + 1, s->width * sizeof *x);
    if (!x) return NULL;
    double *mean = x + s->n * s->width;
    for (size_t i = 0; i < s->n; i++) {
        const float *h = s->values + (i * s->layers + layer) * s->width;
        dots()->scale_add_f32(x + i * s->width, h, 1, s->width);
        dots()->scale_add_f32(mean, h, -1 / (double)s->n, s->width);
    }
    for (size_t i = 0; i < s->n; i++) dots()->add(x + i * s->width, mean, s->width);
    return x;
}

/* HSIC of centred linear kernels is the sum over pairs of the product of both inner products. */
bool aqi_cka(const struct aqi_source *a, const struct aqi_source *b, size_t layer, double *out, struct error *err) {
    double *x = centred(a, layer), *y = centred(b, layer), xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; x && y && i < a->n; i++)
        for (size_t j = 0; j <= i; j++) {
            double k = dots()->dot(x + i * a->width, x + j * a->width, a->width);
            double l = dots()->dot(y + i * b->width, y + j * b->width, b->width), times = i == j ? 1 : 2;
            xy += times * k * l;
            xx += times * k * k;
            yy += times * l * l;
        }
    bool ok = x && y;
    memory_free(x);
    memory_free(y);
    *out = xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
    return ok || error_memory(err, "texts");
}
