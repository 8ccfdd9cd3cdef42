/* Spectra of sounds, by KISS FFT. */
#ifndef MEDIA_SOUND_SPECTRUM_H
#define MEDIA_SOUND_SPECTRUM_H

#include "media/sound/sound.h"

enum { SPECTRUM_FRAME = 512, SPECTRUM_BANDS = SPECTRUM_FRAME / 2 + 1 };

/* Powers of the frames of 512 values, 160 apart, under Hann's window: [frames, 257] on the arena; of a shorter sound
 * one frame with zeros behind it. */
bool sound_spectrum(const struct sound *sound, struct arena *arena, float **out, size_t *n_frames,
                    struct error *err) MUST_CHECK;

/* in * filter, its first n values, in blocks. out: [n], not `in`. */
bool sound_convolve(const float *in, size_t n, const float *filter, size_t n_filter, float *out, struct arena *arena,
                    struct error *err) MUST_CHECK;

#endif
