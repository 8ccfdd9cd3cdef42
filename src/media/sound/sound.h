/* Sounds: one channel, 16,000 values a second, about -1 to 1. Read from WAV, FLAC, OGG, AIFF, AU and MP3 through
 * libsndfile, written as WAV of 16 bits. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include "media/medium.h"

enum { SOUND_RATE = 16000, SOUND_SECONDS_MOST = 600, SOUND_VALUES_MOST = SOUND_RATE * SOUND_SECONDS_MOST };

struct sound {
    size_t n; /* at least 1 */
    float *at;
};

extern const struct medium medium_sound;

/* A silent one; ERROR_DATA: no values, or more than SOUND_VALUES_MOST. */
struct sound *sound_new(size_t n, struct arena *arena, struct error *err) MUST_CHECK;
struct sound *sound_copy(const struct sound *sound, struct arena *arena, struct error *err) MUST_CHECK;

bool sound_looks(struct text bytes);
/* Other rates are resampled, several channels averaged, and both noted, as is a depth below 16 bits. ERROR_DATA:
 * damaged, cut short (of a WAV whose data chunk says more than there is), without values, a value that is no number,
 * too long. */
struct sound *sound_read(struct text bytes, struct arena *arena, struct media_told *told, struct error *err) MUST_CHECK;
/* Rounded to the nearest of 65,536 steps, what lies beyond is clipped. Equal values give equal bytes. */
bool sound_write(const struct sound *sound, struct buffer *out, struct error *err) MUST_CHECK;

/* `in`, n values at one rate, at another: polyphase low-pass of windowed sincs, half-width 16 zero crossings of the
 * lower rate, Kaiser's window with beta 9, cut at 0.94 of the lower half rate. Rates 1,000 to 384,000. */
bool sound_resample(const float *in, size_t n, unsigned from, unsigned to, struct arena *arena, float **out,
                    size_t *n_out, struct error *err) MUST_CHECK;
/* The value at any place between values, by the same low-pass; cut: of the half rate, at most 1. Beyond the ends: 0. */
double sound_between(const float *in, size_t n, double place, double cut);
/* Played `speed` times as fast, so that its pitch is as many times as high; the lengths follow. */
struct sound *sound_played(const struct sound *sound, double speed, struct arena *arena, struct error *err) MUST_CHECK;

/* Mean square of the frames of 20 ms that lie within 30 dB of the loudest one: the power of speech without its pauses.
 * 0: silence. */
double sound_active_power(const float *at, size_t n);
double sound_power(const float *at, size_t n); /* mean square of all */

/* Signal to distortion, 10 log10(sum x^2 / sum (y - x)^2), infinite for equal sounds; log-spectral distance, the root
 * mean square over 257 bands of the difference of levels in dB, mean over frames of 512 values, levels 60 dB below the
 * loudest of `a` being the least. Sounds of one length. */
double sound_sdr(const struct sound *a, const struct sound *b);
bool sound_spectral_distance(const struct sound *a, const struct sound *b, struct arena *arena, double *out,
                             struct error *err) MUST_CHECK;

#endif
