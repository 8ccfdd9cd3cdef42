/* Sounds in memory, and the medium that they are: see sound.h. */
#include "media/sound/sound.h"

#include "media/corruption.h"

#include <math.h>
#include <string.h>

enum { FRAME = SOUND_RATE / 50 };

struct sound *sound_new(size_t n, struct arena *arena, struct error *err) {
    if (n == 0 || n > SOUND_VALUES_MOST)
        return error_set(err, ERROR_DATA, n ? "a sound of more than %d seconds" : "the sound has no values",
                         SOUND_SECONDS_MOST),
               NULL;
    struct sound *sound = arena_new(arena, struct sound, 1, err);
    if (!sound || !(sound->at = arena_new(arena, float, n, err))) return NULL;
    sound->n = n;
    return sound;
}

struct sound *sound_copy(const struct sound *sound, struct arena *arena, struct error *err) {
    struct sound *copy = sound_new(sound->n, arena, err);
    if (copy) memcpy(copy->at, sound->at, sound->n * sizeof *sound->at);
    return copy;
}

double sound_power(const float *at, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)at[i] * at[i];
    return n ? sum / (double)n : 0;
}

/* The last frame may be shorter. */
static double frame_power(const float *at, size_t n, size_t from) {
    return sound_power(at + from, n - from < FRAME ? n - from : FRAME);
}

double sound_active_power(const float *at, size_t n) {
    double most = 0, sum = 0, frames = 0;
    for (size_t from = 0; from < n; from += FRAME) most = fmax(most, frame_power(at, n, from));
    for (size_t from = 0; from < n; from += FRAME) {
        double power = frame_power(at, n, from), weight = n - from < FRAME ? (double)(n - from) / FRAME : 1;
        if (power >= 1e-3 * most) sum += weight * power, frames += weight;
    }
    return frames > 0 ? sum / frames : 0;
}

double sound_sdr(const struct sound *a, const struct sound *b) {
    double signal = 0, distortion = 0;
    for (size_t i = 0; i < a->n; i++) {
        double d = (double)b->at[i] - a->at[i];
        signal += (double)a->at[i] * a->at[i];
        distortion += d * d;
    }
    return distortion > 0 ? 10 * log10(signal / distortion) : INFINITY;
}

/* ---- the medium ---- */

static void *read(struct text bytes, struct arena *arena, struct media_told *told, struct error *err) {
    return sound_read(bytes, arena, told, err);
}

static void *copy(const void *sound, struct arena *arena, struct error *err) {
    return sound_copy(sound, arena, err);
}

static bool corrupt(void *sound, const struct corruption *corruption, struct corruption_work *work, struct error *err) {
    return corruption->sound(sound, work, err);
}

static bool measure(const void *before, const void *after, struct arena *scratch, struct media_told *told,
                    struct error *err) {
    const struct sound *a = before, *b = after;
    double distance;
    if (a->n != b->n) {
        media_note(told, "another length, so the values are not compared");
        return true;
    }
    if (!sound_spectral_distance(a, b, scratch, &distance, err)) return false;
    media_tell(told, "sdr", sound_sdr(a, b));
    media_tell(told, "spectral_distance", distance);
    return true;
}

static bool write(const void *sound, struct buffer *out, struct error *err) {
    return sound_write(sound, out, err);
}

const struct medium medium_sound = {
    .name = "sound",
    .what = "a WAV, FLAC, OGG, AIFF, AU or MP3 sound",
    .extension = ".wav",
    .looks = sound_looks,
    .read = read,
    .copy = copy,
    .corrupt = corrupt,
    .measure = measure,
    .write = write,
};
