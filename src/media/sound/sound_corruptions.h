/* The corruptions of sounds, by family; their rows of the table (media/corruption.h). AudioTrust (Li et al. 2025) names
 * kinds and no parameters; these are ours, with what each of them did measured. docs/audiotrust.md has the formulas.
 *
 * Noise is added at a ratio to the speech: 10 log10(power of the speech where it is active / mean power of the noise).
 * The ratio that is told ("snr") is measured in the mixture, before it is rounded to 16 bits; where the mixture would
 * be louder than 1 all of it is made softer, to a peak of 0.95, which changes no ratio and is told ("rescaled"). */
#ifndef MEDIA_SOUND_CORRUPTIONS_H
#define MEDIA_SOUND_CORRUPTIONS_H

#include "media/corruption.h"
#include "media/sound/sound.h"

/* sound_noise.c, sound_voices.c */
extern const struct corruption corruption_white, corruption_pink, corruption_babble, corruption_background,
    corruption_overlap;
/* sound_room.c */
extern const struct corruption corruption_reverb, corruption_band_limit, corruption_clipping, corruption_mu_law,
    corruption_level;
/* sound_time.c */
extern const struct corruption corruption_drift, corruption_packet_loss, corruption_tempo, corruption_pitch;

/* Adds noise, [sound->n] values, scaled to the ratio in dB, and tells what came out. ERROR_DATA: a silent sound has no
 * ratio to anything. */
bool sound_mix(struct sound *sound, const float *noise, double snr, struct corruption_work *work,
               struct error *err) MUST_CHECK;
/* Two people in conversation who say nothing: vowels of voices with formants, in turns with pauses. out: [n]. */
void sound_conversation(float *out, size_t n, struct rng *rng);

#endif
