/* The corruptions of pictures, by family; their rows of the table (media/corruption.h). Parameters and formulas are
 * those of the 19 kinds that "Benchmarking neural network robustness to common corruptions" (Hendrycks and Dietterich,
 * 2019) made usual, as TrustGen has them; docs/corrupt.md says where ours depart. */
#ifndef MEDIA_IMAGE_CORRUPTIONS_H
#define MEDIA_IMAGE_CORRUPTIONS_H

#include "media/corruption.h"
#include "media/image/image.h"

/* image_noise.c */
extern const struct corruption corruption_gaussian_noise, corruption_shot_noise, corruption_salt_pepper,
    corruption_speckle;

#endif
