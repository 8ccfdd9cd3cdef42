/* Other rates and other speeds: see sound.h. A low-pass of windowed sincs (Smith and Gossett 1984; Kaiser's window,
 * Kaiser and Schafer 1980). For two rates its values are made once for each phase; for any place between values they
 * are made where they are needed. */
#include "media/sound/sound.h"

#include <math.h>

static const double HALF_WIDTH = 16, /* zero crossings on either side */
    BETA = 9, PASS = 0.94;

/* Modified Bessel function of the first kind, order 0, by its series. */
static double bessel(double x) {
    double sum = 1, term = 1;
    for (int k = 1; k < 40 && term > 1e-17 * sum; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* The low-pass at a distance of t values; cut: of the half rate. */
static double kernel(double t, double cut) {
    double x = t * cut / HALF_WIDTH;
    if (x <= -1 || x >= 1) return 0;
    double phase = M_PI * t * cut, sinc = fabs(phase) < 1e-9 ? 1 : sin(phase) / phase;
    return cut * sinc * bessel(BETA * sqrt(1 - x * x)) / bessel(BETA);
}

static unsigned common_divisor(unsigned a, unsigned b) {
    while (b) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* taps: [phases, width]: what a value at `first + k` counts for the phase. */
static void fill_taps(float *taps, size_t phases, size_t width, double cut) {
    double reach = HALF_WIDTH / cut;
    for (size_t p = 0; p < phases; p++) {
        double place = (double)p / (double)phases, sum = 0;
        for (size_t k = 0; k < width; k++) sum += kernel(place - ((double)k - floor(reach)), cut);
        for (size_t k = 0; k < width; k++)
            taps[p * width + k] = (float)(kernel(place - ((double)k - floor(reach)), cut) / sum);
    }
}

bool sound_resample(const float *in, size_t n, unsigned from, unsigned to, struct arena *arena, float **out,
                    size_t *n_out, struct error *err) {
    unsigned divisor = common_divisor(from, to);
    size_t up = to / divisor, down = from / divisor;
    double cut = PASS * fmin(1, (double)to / from), reach = HALF_WIDTH / cut;
    size_t width = 2 * (size_t)floor(reach) + 2;
    *n_out = (size_t)(((unsigned long long)n * up + down - 1) / down);
    if (*n_out == 0 || *n_out > SOUND_VALUES_MOST)
        return error_set(err, ERROR_DATA, "a sound of no values, or of more than %d seconds", SOUND_SECONDS_MOST);
    float *taps = arena_new(arena, float, up *width, err);
    *out = taps ? arena_new(arena, float, *n_out, err) : NULL;
    if (!*out) return false;
    fill_taps(taps, up, width, cut);
    for (size_t i = 0; i < *n_out; i++) {
        unsigned long long place = (unsigned long long)i * down;
        const float *of = taps + place % up * width;
        long long first = (long long)(place / up) - (long long)floor(reach);
        double sum = 0;
        for (size_t k = 0; k < width; k++) {
            long long at = first + (long long)k;
            if (at >= 0 && at < (long long)n) sum += (double)of[k] * in[at];
        }
        (*out)[i] = (float)sum;
    }
    return true;
}

double sound_between(const float *in, size_t n, double place, double cut) {
    double reach = HALF_WIDTH / cut, sum = 0;
    long long first = (long long)ceil(place - reach), last = (long long)floor(place + reach);
    if (first < 0) first = 0;
    if (last >= (long long)n) last = (long long)n - 1;
    for (long long at = first; at <= last; at++) sum += kernel(place - (double)at, cut) * in[at];
    return sum;
}

/* Rates that stand to each other as near to the speed as thousandths allow, so that the taps are few. */
struct sound *sound_played(const struct sound *sound, double speed, struct arena *arena, struct error *err) {
    struct sound *out = arena_new(arena, struct sound, 1, err);
    unsigned from = (unsigned)llround(1000 * speed);
    if (!out || !sound_resample(sound->at, sound->n, from < 1 ? 1 : from, 1000, arena, &out->at, &out->n, err))
        return NULL;
    return out;
}
