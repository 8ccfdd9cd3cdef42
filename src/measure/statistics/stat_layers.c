/* Sums of cells of texts, and the scatter that follows: see layers.h. */
#include "measure/statistics/layers.h"

#include "tensor/dots.h"

#include <math.h>
#include <string.h>

enum { FIRST_TEXTS = 64 };
static const size_t bytes_most = (size_t)8 << 30;

struct layers {
    size_t layers, width, cells, stride; /* doubles of a cell */
    double *reference;                   /* [layers, width] */
    double *cell;                        /* [cells] of sum [layers, width], gram [layers, layers] */
    double *square;                      /* [layers] squared norms, nothing taken off */
    uint64_t *n;                         /* [cells] */
    uint64_t total;
    double *centred;                     /* [layers, width] of one text */
    float *first;                        /* [FIRST_TEXTS, layers, width], until the reference is known */
    size_t first_cell[FIRST_TEXTS], n_first;
    bool known;
};

size_t layers_bytes(size_t layers, size_t width, size_t cells) {
    size_t vector, cell, all;
    if (layers == 0 || layers > LAYERS_MOST || width == 0 || cells == 0 ||
        __builtin_mul_overflow(layers, width, &vector) || __builtin_add_overflow(vector, layers * layers, &cell) ||
        __builtin_mul_overflow(cell, (cells + 2) * sizeof(double), &all) ||
        __builtin_add_overflow(all, vector * FIRST_TEXTS * sizeof(float), &all))
        return SIZE_MAX;
    return all;
}

struct layers *layers_new(size_t layers, size_t width, size_t cells, struct error *err) {
    if (layers_bytes(layers, width, cells) > bytes_most) {
        error_set(err, ERROR_DATA, "%zu layers of %zu numbers in %zu groups of texts: more than 8 GiB of sums; choose "
                  "fewer layers", layers, width, cells);
        return NULL;
    }
    struct layers *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "sums of layers"), NULL;
    s->layers = layers;
    s->width = width;
    s->cells = cells;
    s->stride = layers * width + layers * layers;
    s->reference = memory_zeroed(layers * width, sizeof *s->reference);
    s->cell = memory_zeroed(cells * s->stride, sizeof *s->cell);
    s->square = memory_zeroed(layers, sizeof *s->square);
    s->n = memory_zeroed(cells, sizeof *s->n);
    s->centred = memory_zeroed(layers * width, sizeof *s->centred);
    s->first = memory_zeroed(FIRST_TEXTS * layers * width, sizeof *s->first);
    if (s->reference && s->cell && s->square && s->n && s->centred && s->first) return s;
    layers_free(s);
    error_memory(err, "sums of layers");
    return NULL;
}

void layers_free(struct layers *s) {
    if (!s) return;
    memory_free(s->reference);
    memory_free(s->cell);
    memory_free(s->square);
    memory_free(s->n);
    memory_free(s->centred);
    memory_free(s->first);
    memory_free(s);
}

static void add_known(struct layers *s, size_t cell, const float *h) {
    size_t size = s->layers * s->width;
    double *sum = s->cell + cell * s->stride, *gram = sum + size;
    for (size_t i = 0; i < size; i++) s->centred[i] = (double)h[i] - s->reference[i];
    dots()->add(sum, s->centred, size);
    for (size_t l = 0; l < s->layers; l++)
        for (size_t m = 0; m <= l; m++) {
            double product = dots()->dot(s->centred + l * s->width, s->centred + m * s->width, s->width);
            gram[l * s->layers + m] += product;
            if (m < l) gram[m * s->layers + l] += product;
        }
    s->n[cell]++;
}

/* The reference is the mean of what came first; then that is added. */
static void settle(struct layers *s) {
    size_t size = s->layers * s->width;
    for (size_t t = 0; t < s->n_first; t++)
        dots()->scale_add_f32(s->reference, s->first + t * size, 1 / (double)s->n_first, size);
    s->known = true;
    for (size_t t = 0; t < s->n_first; t++) add_known(s, s->first_cell[t], s->first + t * size);
}

bool layers_add(struct layers *s, size_t cell, const float *h, struct error *err) {
    size_t size = s->layers * s->width;
    for (size_t i = 0; i < size; i++)
        if (!isfinite(h[i]))
            return error_set(err, ERROR_DATA, "number %zu of layer %zu is no finite number", i % s->width + 1,
                             i / s->width);
    for (size_t l = 0; l < s->layers; l++)
        for (size_t c = 0; c < s->width; c++)
            s->square[l] += (double)h[l * s->width + c] * (double)h[l * s->width + c];
    s->total++;
    if (s->known) return add_known(s, cell, h), true;
    memcpy(s->first + s->n_first * size, h, size * sizeof *h);
    s->first_cell[s->n_first++] = cell;
    if (s->n_first == FIRST_TEXTS) settle(s);
    return true;
}

void layers_end(struct layers *s) {
    if (!s->known && s->n_first) settle(s);
}

uint64_t layers_texts(const struct layers *s, size_t cell) {
    return s->n[cell];
}

void layers_scales(const struct layers *s, double *scale) {
    for (size_t l = 0; l < s->layers; l++)
        scale[l] = s->square[l] > 0 ? 1 / sqrt(s->square[l] / (double)s->total) : 1;
}

/* ---- scatter ---- */

struct group_sums {
    double *sum, *gram; /* [layers, width], [layers, layers] */
    double n;
};

static bool gather(const struct layers *s, const uint8_t *group, uint8_t which, struct group_sums *out,
                   struct error *err) {
    size_t size = s->layers * s->width;
    *out = (struct group_sums){.sum = memory_zeroed(s->stride, sizeof(double))};
    if (!out->sum) return error_memory(err, "scatter of layers");
    out->gram = out->sum + size;
    for (size_t c = 0; c < s->cells; c++)
        if (group[c] == which) {
            dots()->add(out->sum, s->cell + c * s->stride, s->stride);
            out->n += (double)s->n[c];
        }
    return true;
}

/* Adds a group's scatter around its own mean. */
static void add_within(const struct layers *s, const struct group_sums *g, double *within) {
    for (size_t l = 0; l < s->layers; l++)
        for (size_t m = 0; m < s->layers; m++)
            within[l * s->layers + m] += g->gram[l * s->layers + m] -
                                         dots()->dot(g->sum + l * s->width, g->sum + m * s->width, s->width) / g->n;
}

static void put_scatter(const struct layers *s, struct group_sums *g, const double *scale, struct layers_scatter *out) {
    size_t n = s->layers, size = n * s->width;
    for (size_t k = 0; k < 2; k++) add_within(s, &g[k], out->within);
    for (size_t i = 0; i < size; i++) g[1].sum[i] = g[1].sum[i] / g[1].n - g[0].sum[i] / g[0].n;
    for (size_t l = 0; l < n; l++)
        for (size_t m = 0; m < n; m++) {
            out->apart[l * n + m] = scale[l] * scale[m] *
                                    dots()->dot(g[1].sum + l * s->width, g[1].sum + m * s->width, s->width);
            out->within[l * n + m] *= scale[l] * scale[m];
        }
}

bool layers_scatter(const struct layers *s, const uint8_t *group, const double *scale, struct layers_scatter *out,
                    struct error *err) {
    struct group_sums g[2] = {{0}};
    *out = (struct layers_scatter){.layers = s->layers,
                                   .within = memory_zeroed(s->layers * s->layers, sizeof(double)),
                                   .apart = memory_zeroed(s->layers * s->layers, sizeof(double))};
    bool ok = (out->within && out->apart) || error_memory(err, "scatter of layers");
    for (uint8_t k = 0; ok && k < 2; k++) {
        ok = gather(s, group, k, &g[k], err);
        out->n[k] = g[k].n;
        if (ok && g[k].n == 0) ok = error_set(err, ERROR_DATA, "a group has no texts; both labels are needed");
    }
    if (ok) put_scatter(s, g, scale, out);
    for (size_t k = 0; k < 2; k++) memory_free(g[k].sum);
    if (!ok) layers_scatter_done(out);
    return ok;
}

void layers_scatter_done(struct layers_scatter *scatter) {
    memory_free(scatter->within);
    memory_free(scatter->apart);
    scatter->within = scatter->apart = NULL;
}

static double form(const double *matrix, size_t n, const double *a) {
    double sum = 0;
    for (size_t l = 0; l < n; l++)
        for (size_t m = 0; m < n; m++) sum += a[l] * a[m] * matrix[l * n + m];
    return sum;
}

double layers_within(const struct layers_scatter *s, const double *alpha) {
    return form(s->within, s->layers, alpha);
}

double layers_apart(const struct layers_scatter *s, const double *alpha) {
    return form(s->apart, s->layers, alpha);
}

double layers_rho(const struct layers_scatter *s, const double *alpha) {
    return (s->n[0] + s->n[1]) * layers_apart(s, alpha) / layers_within(s, alpha);
}

double layers_pooled(const struct layers *s, size_t cell, const double *alpha, double *sum) {
    const double *from = s->cell + cell * s->stride;
    memset(sum, 0, s->width * sizeof *sum);
    for (size_t l = 0; l < s->layers; l++) dots()->scale_add(sum, from + l * s->width, alpha[l], s->width);
    return form(from + s->layers * s->width, s->layers, alpha);
}
