/* See sound_spectrum.h. */
#include "media/sound/sound_spectrum.h"

#include <kiss_fftr.h>
#include <math.h>
#include <string.h>

enum { HOP = 160 };

bool sound_spectrum(const struct sound *sound, struct arena *arena, float **out, size_t *n_frames, struct error *err) {
    *n_frames = sound->n <= SPECTRUM_FRAME ? 1 : 1 + (sound->n - SPECTRUM_FRAME) / HOP;
    *out = arena_alloc(arena, *n_frames, SPECTRUM_BANDS * sizeof **out, err);
    kiss_fftr_cfg plan = *out ? kiss_fftr_alloc(SPECTRUM_FRAME, 0, NULL, NULL) : NULL;
    if (!plan) return *out ? error_memory(err, "spectrum") : false;
    for (size_t f = 0; f < *n_frames; f++) {
        float frame[SPECTRUM_FRAME] = {0};
        kiss_fft_cpx bands[SPECTRUM_BANDS];
        for (size_t i = 0; i < SPECTRUM_FRAME && f * HOP + i < sound->n; i++)
            frame[i] = sound->at[f * HOP + i] * (float)(0.5 - 0.5 * cos(2 * M_PI * (double)i / SPECTRUM_FRAME));
        kiss_fftr(plan, frame, bands);
        for (size_t b = 0; b < SPECTRUM_BANDS; b++)
            (*out)[f * SPECTRUM_BANDS + b] = bands[b].r * bands[b].r + bands[b].i * bands[b].i;
    }
    kiss_fftr_free(plan);
    return true;
}

bool sound_spectral_distance(const struct sound *a, const struct sound *b, struct arena *arena, double *out,
                             struct error *err) {
    float *x, *y, most = 0;
    size_t n, m;
    double sum = 0;
    *out = NAN;
    if (!sound_spectrum(a, arena, &x, &n, err) || !sound_spectrum(b, arena, &y, &m, err)) return false;
    for (size_t i = 0; i < n * SPECTRUM_BANDS; i++) most = fmaxf(most, x[i]);
    if (most == 0) return true;
    for (size_t f = 0; f < n; f++) {
        double square = 0;
        for (size_t i = f * SPECTRUM_BANDS; i < (f + 1) * SPECTRUM_BANDS; i++) {
            double d = 10 * log10(fmax(x[i], 1e-6 * most) / fmax(y[i], 1e-6 * most));
            square += d * d;
        }
        sum += sqrt(square / SPECTRUM_BANDS);
    }
    *out = sum / (double)n;
    return true;
}

/* ---- convolution ---- */

struct blocks {
    size_t size, step; /* of the transform; of the values that it takes */
    kiss_fftr_cfg forward, back;
    kiss_fft_cpx *filter, *block;
    float *values;
};

static bool blocks_init(struct blocks *b, const float *filter, size_t n_filter, struct arena *arena,
                        struct error *err) {
    for (b->size = 1024; b->size < 4 * n_filter;) b->size *= 2;
    b->step = b->size - n_filter + 1;
    b->filter = arena_new(arena, kiss_fft_cpx, b->size / 2 + 1, err);
    b->block = arena_new(arena, kiss_fft_cpx, b->size / 2 + 1, err);
    b->values = arena_new(arena, float, b->size, err);
    if (!b->filter || !b->block || !b->values) return false;
    b->forward = kiss_fftr_alloc((int)b->size, 0, NULL, NULL);
    b->back = kiss_fftr_alloc((int)b->size, 1, NULL, NULL);
    if (!b->forward || !b->back) return error_memory(err, "spectrum");
    memcpy(b->values, filter, n_filter * sizeof *filter);
    kiss_fftr(b->forward, b->values, b->filter);
    return true;
}

/* The values from `from` on, added to out. */
static void convolve_block(struct blocks *b, const float *in, size_t n, size_t from, float *out) {
    size_t taken = n - from < b->step ? n - from : b->step;
    memset(b->values, 0, b->size * sizeof *b->values);
    memcpy(b->values, in + from, taken * sizeof *in);
    kiss_fftr(b->forward, b->values, b->block);
    for (size_t i = 0; i <= b->size / 2; i++) {
        kiss_fft_cpx x = b->block[i], h = b->filter[i];
        b->block[i] = (kiss_fft_cpx){x.r * h.r - x.i * h.i, x.r * h.i + x.i * h.r};
    }
    kiss_fftri(b->back, b->block, b->values);
    for (size_t i = 0; i < b->size && from + i < n; i++) out[from + i] += b->values[i] / (float)b->size;
}

bool sound_convolve(const float *in, size_t n, const float *filter, size_t n_filter, float *out, struct arena *arena,
                    struct error *err) {
    struct blocks b = {0};
    bool ok = blocks_init(&b, filter, n_filter, arena, err);
    memset(out, 0, n * sizeof *out);
    for (size_t from = 0; ok && from < n; from += b.step) convolve_block(&b, in, n, from, out);
    kiss_fftr_free(b.forward);
    kiss_fftr_free(b.back);
    return ok;
}
