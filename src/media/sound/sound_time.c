/* What happens to time: see sound_corruptions.h. */
#include "media/sound/sound_corruptions.h"

#include <math.h>
#include <string.h>

static void take(struct sound *to, const struct sound *from) {
    *to = *from;
}

/* ---- drift ---- */

/* A clock that runs faster and slower by a share, once in four seconds: value i is what was at i + a sin(w i). */
static bool drift(struct sound *sound, struct corruption_work *work, struct error *err) {
    double share = work->parameters[0] / 100, period = 4.0 * SOUND_RATE, depth = share * period / (2 * M_PI), most = 0;
    double phase = 2 * M_PI * rng_unit(&work->rng);
    struct sound *copy = sound_copy(sound, work->arena, err);
    if (!copy) return false;
    for (size_t i = 0; i < sound->n; i++) {
        double shift = depth * (sin(2 * M_PI * (double)i / period + phase) - sin(phase));
        most = fmax(most, fabs(shift));
        sound->at[i] = (float)sound_between(copy->at, copy->n, (double)i + shift, 0.94);
    }
    media_tell(work->told, "shift_ms", 1000 * most / SOUND_RATE);
    return true;
}

/* ---- packets ---- */

/* Exactly round(share x packets) of them, whichever, are silent. */
static bool packet_loss(struct sound *sound, struct corruption_work *work, struct error *err) {
    size_t size = (size_t)(work->parameters[1] * SOUND_RATE / 1000), n = (sound->n + size - 1) / size;
    size_t lost = (size_t)llround(work->parameters[0] * (double)n), gone = 0;
    size_t *order = arena_new(work->arena, size_t, n, err);
    if (!order) return false;
    for (size_t i = 0; i < n; i++) order[i] = i;
    rng_shuffle(&work->rng, order, n);
    for (size_t i = 0; i < lost; i++) {
        size_t from = order[i] * size, to = from + size < sound->n ? from + size : sound->n;
        memset(sound->at + from, 0, (to - from) * sizeof *sound->at);
        gone += to - from;
    }
    media_tell(work->told, "lost", (double)gone / (double)sound->n);
    return true;
}

/* ---- faster at the same pitch: WSOLA (Verhelst and Roelands, ICASSP 1993) ---- */

enum { WINDOW = 30 * SOUND_RATE / 1000, STEP = WINDOW / 2, SEARCH = 8 * SOUND_RATE / 1000 };

static float at_of(const struct sound *s, long long i) {
    return i >= 0 && i < (long long)s->n ? s->at[i] : 0;
}

/* Where, near `wanted`, the sound goes on most like it does from `natural` on: normalised correlation. */
static long long best_near(const struct sound *s, long long wanted, long long natural) {
    double best = -2;
    long long found = wanted;
    for (long long d = -SEARCH; d <= SEARCH; d++) {
        double xy = 0, yy = 1e-9;
        for (int i = 0; i < STEP; i++) {
            double x = at_of(s, natural + i), y = at_of(s, wanted + d + i);
            xy += x * y;
            yy += y * y;
        }
        double likeness = xy / sqrt(yy);
        if (likeness > best || best == -2) best = likeness, found = wanted + d;
    }
    return found;
}

static struct sound *stretched(const struct sound *s, double speed, struct arena *arena, struct error *err) {
    struct sound *out = sound_new((size_t)fmax(1, llround((double)s->n / speed)), arena, err);
    long long natural = 0;
    if (!out) return NULL;
    for (size_t to = 0; to < out->n; to += STEP) {
        long long wanted = llround((double)to * speed), from = to ? best_near(s, wanted, natural) : 0;
        for (size_t i = 0; i < WINDOW && to + i < out->n; i++) {
            double w = 0.5 - 0.5 * cos(2 * M_PI * ((double)i + 0.5) / WINDOW);
            if (to == 0 && i < STEP) w = 1;
            out->at[to + i] += (float)(w * at_of(s, from + (long long)i));
        }
        natural = from + STEP;
    }
    return out;
}

static bool tempo(struct sound *sound, struct corruption_work *work, struct error *err) {
    struct sound *out = stretched(sound, work->parameters[0], work->arena, err);
    if (!out) return false;
    media_tell(work->told, "tempo", (double)sound->n / (double)out->n);
    take(sound, out);
    return true;
}

/* Played faster or slower, then as long as before. */
static bool pitch(struct sound *sound, struct corruption_work *work, struct error *err) {
    double speed = pow(2, work->parameters[0] / 12);
    struct sound *played = sound_played(sound, speed, work->arena, err);
    struct sound *out = played ? stretched(played, (double)played->n / (double)sound->n, work->arena, err) : NULL;
    if (!out) return false;
    media_tell(work->told, "pitch", (double)sound->n / (double)played->n);
    take(sound, out);
    return true;
}

/* ---- rows ---- */

static const struct option_def percent_option[] = {
    {"percent", OPTION_REAL, NULL, 0, 20, NULL, "by which the clock runs fast and slow"},
};
static const struct option_def packet_options[] = {
    {"share", OPTION_REAL, NULL, 0, 1, NULL, "of the packets that are lost"},
    {"ms", OPTION_REAL, NULL, 5, 500, NULL, "length of a packet"},
};
static const struct option_def factor_option[] = {
    {"factor", OPTION_REAL, NULL, 0.4, 3, NULL, "how many times as fast, at the same pitch"},
};
static const struct option_def semitones_option[] = {
    {"semitones", OPTION_REAL, NULL, -18, 18, NULL, "higher, at the same tempo; below 0: lower"},
};

const struct corruption corruption_drift = {
    .name = "drift",
    .medium = &medium_sound,
    .summary = "a clock that runs faster and slower",
    .options = percent_option,
    .n_options = 1,
    .severities = {{.2}, {.5}, {1}, {2}, {4}},
    .sound = drift,
};
const struct corruption corruption_packet_loss = {
    .name = "packet-loss",
    .medium = &medium_sound,
    .summary = "stretches that were lost and are silent",
    .options = packet_options,
    .n_options = 2,
    .severities = {{.02, 20}, {.05, 20}, {.1, 20}, {.2, 20}, {.35, 20}},
    .sound = packet_loss,
};
const struct corruption corruption_tempo = {
    .name = "tempo",
    .medium = &medium_sound,
    .summary = "spoken faster, at the same pitch",
    .options = factor_option,
    .n_options = 1,
    .severities = {{1.1}, {1.25}, {1.5}, {1.75}, {2}},
    .sound = tempo,
};
const struct corruption corruption_pitch = {
    .name = "pitch",
    .medium = &medium_sound,
    .summary = "a higher voice, at the same tempo",
    .options = semitones_option,
    .n_options = 1,
    .severities = {{1}, {2}, {4}, {6}, {9}},
    .sound = pitch,
};
