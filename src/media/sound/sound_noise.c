/* Noise that has no voice: see sound_corruptions.h. */
#include "media/sound/sound_corruptions.h"

#include <math.h>
#include <string.h>

static const double PEAK = 0.95;

static double peak_of(const float *at, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs((double)at[i]));
    return most;
}

bool sound_mix(struct sound *sound, const float *noise, double snr, struct corruption_work *work, struct error *err) {
    double speech = sound_active_power(sound->at, sound->n), power = sound_power(noise, sound->n), added = 0;
    if (!(speech > 0)) return error_set(err, ERROR_DATA, "a silent sound has no ratio to noise");
    if (!(power > 0)) return error_set(err, ERROR_DATA, "too short for this noise, which is silent in it");
    float gain = (float)sqrt(speech / (power * pow(10, snr / 10)));
    for (size_t i = 0; i < sound->n; i++) {
        float clean = sound->at[i];
        sound->at[i] = clean + gain * noise[i];
        double d = (double)sound->at[i] - clean;
        added += d * d;
    }
    media_tell(work->told, "snr", 10 * log10(speech * (double)sound->n / added));
    double peak = peak_of(sound->at, sound->n);
    if (peak <= 1) return true;
    for (size_t i = 0; i < sound->n; i++) sound->at[i] *= (float)(PEAK / peak);
    media_tell(work->told, "rescaled", PEAK / peak);
    return true;
}

/* ---- white, pink ---- */

static bool white(struct sound *sound, struct corruption_work *work, struct error *err) {
    float *noise = arena_new(work->arena, float, sound->n, err);
    if (!noise) return false;
    for (size_t i = 0; i < sound->n; i++) noise[i] = (float)rng_normal(&work->rng);
    return sound_mix(sound, noise, work->parameters[0], work, err);
}

/* Equal power in every octave: the sum of white noises behind first-order low-passes, of one power each, whose corners
 * lie an octave apart (van der Ziel 1950: 1/f noise as a sum of relaxations). */
static bool pink(struct sound *sound, struct corruption_work *work, struct error *err) {
    enum { OCTAVES = 11 };
    double keep[OCTAVES], state[OCTAVES];
    float *noise = arena_new(work->arena, float, sound->n, err);
    if (!noise) return false;
    for (int k = 0; k < OCTAVES; k++) {
        keep[k] = exp(-2 * M_PI * SOUND_RATE / 4 / SOUND_RATE * pow(2, -k));
        state[k] = rng_normal(&work->rng);
    }
    for (size_t i = 0; i < sound->n; i++) {
        double sum = 0;
        for (int k = 0; k < OCTAVES; k++)
            sum += state[k] = keep[k] * state[k] + sqrt(1 - keep[k] * keep[k]) * rng_normal(&work->rng);
        noise[i] = (float)sum;
    }
    return sound_mix(sound, noise, work->parameters[0], work, err);
}

/* ---- noise that is made of the sound itself ---- */

/* `voice` from a place on, going round, forwards or backwards. */
static void add_round(float *out, size_t n, const struct sound *voice, size_t from, bool backwards) {
    for (size_t i = 0; i < n; i++) {
        size_t at = (from + i) % voice->n;
        out[i] += voice->at[backwards ? voice->n - 1 - at : at];
    }
}

/* Many voices: the sound itself, each time higher or lower by up to a fourth, from another place, every second one
 * backwards, so that it has the colour and the rhythm of speech and no words. */
static bool babble(struct sound *sound, struct corruption_work *work, struct error *err) {
    size_t voices = (size_t)work->parameters[1];
    float *noise = arena_new(work->arena, float, sound->n, err);
    for (size_t v = 0; noise && v < voices; v++) {
        double speed = 0.75 + 0.6 * rng_unit(&work->rng);
        struct sound *voice = sound_played(sound, speed, work->arena, err);
        if (!voice) return false;
        add_round(noise, sound->n, voice, rng_below(&work->rng, voice->n), v % 2 == 1);
    }
    return noise && sound_mix(sound, noise, work->parameters[0], work, err);
}

/* One more speaker who says the same, in another voice, from another place: a third to two thirds further on. */
static bool overlap(struct sound *sound, struct corruption_work *work, struct error *err) {
    float *noise = arena_new(work->arena, float, sound->n, err);
    bool higher = rng_unit(&work->rng) < 0.5;
    struct sound *voice = noise ? sound_played(sound, higher ? 1.19 : 0.84, work->arena, err) : NULL;
    if (!voice) return false;
    add_round(noise, sound->n, voice, (size_t)((double)voice->n * (1 + rng_unit(&work->rng)) / 3), false);
    return sound_mix(sound, noise, work->parameters[0], work, err);
}

static bool background(struct sound *sound, struct corruption_work *work, struct error *err) {
    float *noise = arena_new(work->arena, float, sound->n, err);
    if (!noise) return false;
    sound_conversation(noise, sound->n, &work->rng);
    return sound_mix(sound, noise, work->parameters[0], work, err);
}

/* ---- rows ---- */

static const struct option_def snr_option[] = {
    {"snr", OPTION_REAL, NULL, -30, 60, NULL, "power of the speech over that of the noise, dB; less is worse"},
};
static const struct option_def babble_options[] = {
    {"snr", OPTION_REAL, NULL, -30, 60, NULL, "power of the speech over that of the voices, dB; less is worse"},
    {"voices", OPTION_INT, NULL, 1, 32, NULL, "how many"},
};

const struct corruption corruption_white = {
    .name = "white-noise",
    .medium = &medium_sound,
    .summary = "normal noise of equal power at all frequencies",
    .options = snr_option,
    .n_options = 1,
    .severities = {{20}, {15}, {10}, {5}, {0}},
    .sound = white,
};
const struct corruption corruption_pink = {
    .name = "pink-noise",
    .medium = &medium_sound,
    .summary = "noise of equal power in all octaves",
    .options = snr_option,
    .n_options = 1,
    .severities = {{20}, {15}, {10}, {5}, {0}},
    .sound = pink,
};
const struct corruption corruption_babble = {
    .name = "babble",
    .medium = &medium_sound,
    .summary = "many voices without words, made of the sound itself",
    .options = babble_options,
    .n_options = 2,
    .severities = {{20, 6}, {15, 6}, {10, 6}, {5, 6}, {0, 6}},
    .sound = babble,
};
const struct corruption corruption_background = {
    .name = "background",
    .medium = &medium_sound,
    .summary = "two synthetic voices in conversation behind it",
    .options = snr_option,
    .n_options = 1,
    .severities = {{15}, {10}, {5}, {0}, {-5}},
    .sound = background,
};
const struct corruption corruption_overlap = {
    .name = "overlap",
    .medium = &medium_sound,
    .summary = "one more speaker at the same time",
    .options = snr_option,
    .n_options = 1,
    .severities = {{15}, {10}, {5}, {0}, {-5}},
    .sound = overlap,
};
