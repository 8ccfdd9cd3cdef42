/* Voices that say vowels: a pulse train through three resonators (Klatt, JASA 67, 1980), two speakers in turns. See
 * sound_corruptions.h. */
#include "media/sound/sound_corruptions.h"

#include <math.h>

/* Formants of ten vowels of adult men, Hz (Peterson and Barney, JASA 24, 1952, table II). */
static const double vowels[][3] = {{270, 2290, 3010}, {390, 1990, 2550}, {530, 1840, 2480}, {660, 1720, 2410},
                                   {730, 1090, 2440}, {570, 840, 2410},  {440, 1020, 2240}, {300, 870, 2240},
                                   {640, 1190, 2390}, {490, 1350, 1690}};
enum { VOWELS = sizeof vowels / sizeof *vowels, FORMANTS = 3 };
static const double bandwidths[FORMANTS] = {60, 90, 120};

struct voice {
    double pitch, scale; /* Hz; of the formants */
    double phase, before[FORMANTS][2], last;
};

static double resonate(struct voice *v, double x, const double *formants) {
    for (int f = 0; f < FORMANTS; f++) {
        double c = -exp(-2 * M_PI * bandwidths[f] / SOUND_RATE);
        double b = 2 * exp(-M_PI * bandwidths[f] / SOUND_RATE) * cos(2 * M_PI * formants[f] * v->scale / SOUND_RATE);
        double y = (1 - b - c) * x + b * v->before[f][0] + c * v->before[f][1];
        v->before[f][1] = v->before[f][0];
        v->before[f][0] = x = y;
    }
    double radiated = x - v->last; /* the lips: a first difference */
    v->last = x;
    return radiated;
}

/* One vowel of n values, fading in and out; returns how many were there. */
static size_t say_vowel(struct voice *v, float *out, size_t n, size_t most, struct rng *rng) {
    const double *formants = vowels[rng_below(rng, VOWELS)];
    double pitch = v->pitch * (0.9 + 0.2 * rng_unit(rng));
    if (n > most) n = most;
    for (size_t i = 0; i < n; i++) {
        v->phase += pitch / SOUND_RATE;
        bool pulse = v->phase >= 1;
        if (pulse) v->phase -= 1;
        double loud = sin(M_PI * ((double)i + 0.5) / (double)n);
        out[i] = (float)(loud * resonate(v, pulse, formants));
    }
    return n;
}

static size_t values(struct rng *rng, double least, double most) {
    return (size_t)(SOUND_RATE * (least + (most - least) * rng_unit(rng)));
}

void sound_conversation(float *out, size_t n, struct rng *rng) {
    struct voice voices[2] = {{.pitch = 100 + 30 * rng_unit(rng), .scale = 1},
                              {.pitch = 180 + 50 * rng_unit(rng), .scale = 1.16}};
    size_t at = 0, who = rng_below(rng, 2);
    while (at < n) {
        for (size_t end = at + values(rng, 0.6, 2); at < n && at < end;)
            at += say_vowel(&voices[who], out + at, values(rng, 0.12, 0.22), n - at, rng);
        for (size_t end = at + values(rng, 0.15, 0.5); at < n && at < end; at++) out[at] = 0;
        who = 1 - who;
    }
}
