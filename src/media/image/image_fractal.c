/* Noise like clouds: see image_float.h. */
#include "media/image/image_float.h"

#include <math.h>

enum { SIDE_MOST = 4096 };

/* A square that goes on at its other side: [side][side], side a power of two. */
struct field {
    float *at;
    size_t side;
    float step; /* how far values are moved */
    struct rng *rng;
};

static float *cell(const struct field *f, size_t x, size_t y) {
    return f->at + (y & (f->side - 1)) * f->side + (x & (f->side - 1));
}

static float moved(struct field *f, float sum) {
    return sum / 4 + f->step * (float)(2 * rng_unit(f->rng) - 1);
}

/* Middles of squares from their corners, then middles of edges from their four neighbours. */
static void halve(struct field *f, size_t step) {
    size_t half = step / 2, n = f->side;
    for (size_t y = 0; y < n; y += step)
        for (size_t x = 0; x < n; x += step)
            *cell(f, x + half, y + half) =
                moved(f, *cell(f, x, y) + *cell(f, x + step, y) + *cell(f, x, y + step) + *cell(f, x + step, y + step));
    for (size_t y = 0; y < n; y += half)
        for (size_t x = y % step ? 0 : half; x < n; x += step)
            *cell(f, x, y) = moved(f, *cell(f, x + half, y) + *cell(f, x + n - half, y) + *cell(f, x, y + half) +
                                          *cell(f, x, y + n - half));
}

static void normalise(float *at, size_t n) {
    float least = at[0], most = at[0];
    for (size_t i = 1; i < n; i++) {
        if (at[i] < least) least = at[i];
        if (at[i] > most) most = at[i];
    }
    float range = most > least ? most - least : 1;
    for (size_t i = 0; i < n; i++) at[i] = (at[i] - least) / range;
}

/* The upper left part of the square, one value a pixel. */
static bool crop(const struct floats *square, size_t width, size_t height, struct floats *out, struct arena *arena,
                 struct error *err) {
    if (!floats_new(out, width, height, 1, arena, err)) return false;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) out->at[y * width + x] = square->at[y * square->width + x];
    return true;
}

bool floats_fractal(struct floats *f, size_t width, size_t height, double decay, struct rng *rng, struct arena *arena,
                    struct error *err) {
    struct floats square;
    size_t longer = width > height ? width : height, side = 2;
    while (side < longer && side < SIDE_MOST) side *= 2;
    if (!floats_new(&square, side, side, 1, arena, err)) return false;
    struct field field = {square.at, side, 1, rng};
    for (size_t step = side; step >= 2; step /= 2) {
        halve(&field, step);
        field.step = (float)(field.step / decay);
    }
    normalise(square.at, side * side);
    return longer <= side ? crop(&square, width, height, f, arena, err)
                          : floats_resize_bilinear(&square, width, height, f, arena, err);
}
