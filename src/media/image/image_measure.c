/* How far two pictures are apart: see image.h. */
#include "media/image/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 11 };

int image_distance(const struct image *a, const struct image *b) {
    int most = 0;
    for (size_t i = 0; i < 3 * a->width * a->height; i++) {
        int d = abs(a->rgb[i] - b->rgb[i]);
        if (d > most) most = d;
    }
    return most;
}

double image_psnr(const struct image *a, const struct image *b) {
    uint64_t sum = 0; /* at most 192e6 x 255^2 */
    size_t n = 3 * a->width * a->height;
    for (size_t i = 0; i < n; i++) {
        int d = a->rgb[i] - b->rgb[i];
        sum += (uint64_t)(d * d);
    }
    return sum ? 10 * log10(255.0 * 255.0 * (double)n / (double)sum) : INFINITY;
}

/* ---- structural similarity, row by row ---- */

/* x, y, xx, yy, xy of one row of luma, smoothed along the row: [5][positions]. */
enum { MOMENTS = 5 };
struct similarity {
    const struct image *a, *b;
    size_t positions; /* windows in a row */
    float kernel[WINDOW];
    float *luma[2]; /* [width] */
    float *rows;    /* [WINDOW][MOMENTS][positions]: the last rows, around */
};

static void make_kernel(float kernel[WINDOW]) {
    double sum = 0, w[WINDOW];
    for (int i = 0; i < WINDOW; i++) sum += w[i] = exp(-(i - 5) * (i - 5) / (2 * 1.5 * 1.5));
    for (int i = 0; i < WINDOW; i++) kernel[i] = (float)(w[i] / sum);
}

/* BT.601 luma of one row. */
static void luma_of(const struct image *image, size_t y, float *out) {
    const unsigned char *p = image->rgb + 3 * image->width * y;
    for (size_t x = 0; x < image->width; x++, p += 3)
        out[x] = 0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2];
}

static void smooth_row(const struct similarity *s, size_t y) {
    float *out = s->rows + y % WINDOW * MOMENTS * s->positions;
    size_t n = s->positions;
    memset(out, 0, MOMENTS * n * sizeof *out);
    luma_of(s->a, y, s->luma[0]);
    luma_of(s->b, y, s->luma[1]);
    for (int k = 0; k < WINDOW; k++) {
        const float *a = s->luma[0] + k, *b = s->luma[1] + k, w = s->kernel[k];
        for (size_t x = 0; x < n; x++) {
            out[x] += w * a[x];
            out[n + x] += w * b[x];
            out[2 * n + x] += w * (a[x] * a[x]);
            out[3 * n + x] += w * (b[x] * b[x]);
            out[4 * n + x] += w * (a[x] * b[x]);
        }
    }
}

/* The sum over the windows whose last row is y. */
static double sum_row(const struct similarity *s, size_t y, float *m) {
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    size_t n = s->positions;
    double sum = 0;
    memset(m, 0, MOMENTS * n * sizeof *m);
    for (size_t k = 0; k < WINDOW; k++) {
        const float *row = s->rows + (y + 1 + k) % WINDOW * MOMENTS * n, w = s->kernel[k];
        for (size_t i = 0; i < MOMENTS * n; i++) m[i] += w * row[i];
    }
    for (size_t x = 0; x < n; x++) {
        double a = m[x], b = m[n + x], aa = m[2 * n + x] - a * a, bb = m[3 * n + x] - b * b, ab = m[4 * n + x] - a * b;
        sum += (2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2));
    }
    return sum;
}

bool image_ssim(const struct image *a, const struct image *b, struct arena *arena, double *out, struct error *err) {
    *out = NAN;
    if (a->width < WINDOW || a->height < WINDOW) return true;
    struct similarity s = {.a = a, .b = b, .positions = a->width - WINDOW + 1};
    float *m = arena_new(arena, float, MOMENTS *s.positions, err);
    s.rows = arena_new(arena, float, WINDOW *MOMENTS *s.positions, err);
    for (int i = 0; i < 2; i++) s.luma[i] = arena_new(arena, float, a->width, err);
    if (!m || !s.rows || !s.luma[0] || !s.luma[1]) return false;
    make_kernel(s.kernel);
    double sum = 0;
    for (size_t y = 0; y < a->height; y++) {
        smooth_row(&s, y);
        if (y + 1 >= WINDOW) sum += sum_row(&s, y, m);
    }
    *out = sum / ((double)s.positions * (double)(a->height - WINDOW + 1));
    return true;
}
