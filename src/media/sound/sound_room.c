/* What a room, a microphone and a line do: see sound_corruptions.h. */
#include "media/sound/sound_corruptions.h"
#include "media/sound/sound_spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void scale_to_power(struct sound *sound, double power) {
    double now = sound_power(sound->at, sound->n);
    float gain = now > 0 ? (float)sqrt(power / now) : 1;
    for (size_t i = 0; i < sound->n; i++) sound->at[i] *= gain;
}

/* ---- reverberation ---- */

/* Time in which the energy that is still to come falls by 60 dB, from its fall between -5 and -25 dB (Schroeder 1965).
 */
static double decay_time(const float *impulse, size_t n) {
    double left = 0, all, from = 0, to = 0;
    for (size_t i = 0; i < n; i++) left += (double)impulse[i] * impulse[i];
    all = left;
    for (size_t i = 0; i < n && to == 0; i++) {
        double level = 10 * log10(left / all);
        if (from == 0 && level <= -5) from = (double)i;
        if (level <= -25) to = (double)i;
        left -= (double)impulse[i] * impulse[i];
    }
    return to > from ? 3 * (to - from) / SOUND_RATE : 0;
}

/* Noise that decays, behind a direct sound that is as loud as it all together. */
static bool reverb(struct sound *sound, struct corruption_work *work, struct error *err) {
    double rt60 = work->parameters[0], energy = 0, power = sound_power(sound->at, sound->n);
    size_t n = (size_t)(rt60 * SOUND_RATE) + 1;
    float *impulse = arena_new(work->arena, float, n, err), *out = arena_new(work->arena, float, sound->n, err);
    if (!impulse || !out) return false;
    for (size_t i = 0; i < n; i++) {
        impulse[i] = (float)(rng_normal(&work->rng) * exp(-6.9077552789821 * (double)i / (rt60 * SOUND_RATE)));
        energy += (double)impulse[i] * impulse[i];
    }
    media_tell(work->told, "rt60", decay_time(impulse, n));
    for (size_t i = 0; i < n; i++) impulse[i] *= (float)(1 / sqrt(energy));
    impulse[0] += 1;
    if (!sound_convolve(sound->at, sound->n, impulse, n, out, work->arena, err)) return false;
    memcpy(sound->at, out, sound->n * sizeof *out);
    scale_to_power(sound, power); /* as loud as before */
    return true;
}

/* ---- band ---- */

/* Share of the energy above a frequency. */
static bool energy_above(const struct sound *sound, double hz, struct arena *arena, double *out, struct error *err) {
    float *bands;
    size_t n, first = (size_t)ceil(hz * SPECTRUM_FRAME / SOUND_RATE);
    double above = 0, all = 0;
    if (!sound_spectrum(sound, arena, &bands, &n, err)) return false;
    for (size_t f = 0; f < n; f++)
        for (size_t b = 0; b < SPECTRUM_BANDS; b++) {
            all += bands[f * SPECTRUM_BANDS + b];
            if (b >= first) above += bands[f * SPECTRUM_BANDS + b];
        }
    *out = all > 0 ? above / all : 0;
    return true;
}

/* At the rate that has only what lies below, and back. */
static bool band_limit(struct sound *sound, struct corruption_work *work, struct error *err) {
    double hz = work->parameters[0], above;
    float *low, *back;
    size_t n_low, n;
    unsigned rate = (unsigned)llround(2 * hz);
    if (!sound_resample(sound->at, sound->n, SOUND_RATE, rate, work->arena, &low, &n_low, err) ||
        !sound_resample(low, n_low, rate, SOUND_RATE, work->arena, &back, &n, err))
        return false;
    memcpy(sound->at, back, (n < sound->n ? n : sound->n) * sizeof *back);
    if (!energy_above(sound, hz, work->arena, &above, err)) return false;
    media_tell(work->told, "energy_above", above);
    return true;
}

/* ---- clipping ---- */

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* The loudest share of the values is cut to what the others reach, then all is as loud as before. */
static bool clip(struct sound *sound, struct corruption_work *work, struct error *err) {
    double power = sound_power(sound->at, sound->n);
    size_t keep = sound->n - (size_t)floor(work->parameters[0] * (double)sound->n), clipped = 0;
    float *sizes = arena_new(work->arena, float, sound->n, err);
    if (!sizes) return false;
    for (size_t i = 0; i < sound->n; i++) sizes[i] = fabsf(sound->at[i]);
    qsort(sizes, sound->n, sizeof *sizes, by_size);
    float most = sizes[keep ? keep - 1 : 0];
    for (size_t i = 0; i < sound->n; i++) {
        if (fabsf(sound->at[i]) <= most) continue;
        sound->at[i] = copysignf(most, sound->at[i]);
        clipped++;
    }
    media_tell(work->told, "clipped", (double)clipped / (double)sound->n);
    scale_to_power(sound, power);
    return true;
}

/* ---- few levels ---- */

/* mu-law with mu = 255, rounded to so many bits (ITU-T G.711 has 8). */
static bool mu_law(struct sound *sound, struct corruption_work *work, struct error *err) {
    double half = (double)(1 << ((int)work->parameters[0] - 1)), signal = 0, noise = 0;
    (void)err;
    for (size_t i = 0; i < sound->n; i++) {
        double x = fmin(1, fmax(-1, (double)sound->at[i]));
        double code = copysign(log1p(255 * fabs(x)) / log(256), x);
        double rounded = fmin(half - 1, fmax(-half, nearbyint(code * half))) / half;
        double y = copysign(expm1(fabs(rounded) * log(256)) / 255, rounded);
        signal += x * x;
        noise += (y - x) * (y - x);
        sound->at[i] = (float)y;
    }
    media_tell(work->told, "quantisation_snr", noise > 0 ? 10 * log10(signal / noise) : INFINITY);
    return true;
}

/* ---- level ---- */

static bool level(struct sound *sound, struct corruption_work *work, struct error *err) {
    double gain = pow(10, work->parameters[0] / 20), offset = work->parameters[1], mean = 0;
    double before = sound_power(sound->at, sound->n);
    (void)err;
    for (size_t i = 0; i < sound->n; i++) sound->at[i] = (float)(gain * sound->at[i]);
    double after = sound_power(sound->at, sound->n);
    for (size_t i = 0; i < sound->n; i++) mean += sound->at[i] = (float)(sound->at[i] + offset);
    media_tell(work->told, "gain", before > 0 && after > 0 ? 10 * log10(after / before) : NAN);
    media_tell(work->told, "mean", mean / (double)sound->n);
    return true;
}

/* ---- rows ---- */

static const struct option_def rt60_option[] = {
    {"rt60", OPTION_REAL, NULL, 0.05, 5, NULL, "seconds until the room is 60 dB quieter; more is worse"},
};
static const struct option_def hz_option[] = {
    {"hz", OPTION_REAL, NULL, 500, 8000, NULL, "what lies above is lost; less is worse"},
};
static const struct option_def share_option[] = {
    {"share", OPTION_REAL, NULL, 0, 0.9, NULL, "of the values that are cut"},
};
static const struct option_def bits_option[] = {
    {"bits", OPTION_INT, NULL, 2, 12, NULL, "of a value; fewer are worse"},
};
static const struct option_def level_options[] = {
    {"gain", OPTION_REAL, NULL, -80, 40, NULL, "dB"},
    {"offset", OPTION_REAL, NULL, -0.9, 0.9, NULL, "added to every value"},
};

const struct corruption corruption_reverb = {
    .name = "reverb",
    .medium = &medium_sound,
    .summary = "a room whose echo is as loud as the speaker",
    .options = rt60_option,
    .n_options = 1,
    .severities = {{.2}, {.4}, {.7}, {1}, {1.5}},
    .sound = reverb,
};
const struct corruption corruption_band_limit = {
    .name = "band-limit",
    .medium = &medium_sound,
    .summary = "a line that carries only low frequencies",
    .options = hz_option,
    .n_options = 1,
    .severities = {{6000}, {4000}, {3000}, {2000}, {1000}},
    .sound = band_limit,
};
const struct corruption corruption_clipping = {
    .name = "clipping",
    .medium = &medium_sound,
    .summary = "a microphone that was too close: the loudest values are cut",
    .options = share_option,
    .n_options = 1,
    .severities = {{.01}, {.03}, {.08}, {.15}, {.3}},
    .sound = clip,
};
const struct corruption corruption_mu_law = {
    .name = "mu-law",
    .medium = &medium_sound,
    .summary = "few levels, as on a telephone line",
    .options = bits_option,
    .n_options = 1,
    .severities = {{8}, {6}, {5}, {4}, {3}},
    .sound = mu_law,
};
const struct corruption corruption_level = {
    .name = "level",
    .medium = &medium_sound,
    .summary = "too soft, and around a level that is not 0; what is softer than a step of 16 bits is silence",
    .options = level_options,
    .n_options = 2,
    .severities = {{-10, 0}, {-20, .05}, {-30, .1}, {-40, .15}, {-50, .2}},
    .sound = level,
};
