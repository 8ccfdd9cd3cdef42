/* The corruptions of pictures, by family; their rows of the table (media/corruption.h). Parameters and formulas are
 * those of the 19 kinds that "Benchmarking neural network robustness to common corruptions" (Hendrycks and Dietterich,
 * 2019) made usual, as TrustGen has them; docs/corrupt.md says where ours depart. */
#ifndef MEDIA_IMAGE_CORRUPTIONS_H
#define MEDIA_IMAGE_CORRUPTIONS_H

#include "media/corruption.h"
#include "media/image/image.h"

/* image_noise.c; the last is beyond the 19 */
extern const struct corruption corruption_gaussian_noise, corruption_shot_noise, corruption_salt_pepper,
    corruption_speckle, corruption_bounded_noise;
/* image_blur.c */
extern const struct corruption corruption_gaussian_blur, corruption_glass_blur, corruption_defocus_blur,
    corruption_motion_blur, corruption_zoom_blur;
/* image_weather.c, image_frost.c */
extern const struct corruption corruption_fog, corruption_snow, corruption_spatter, corruption_frost;
/* image_digital.c */
extern const struct corruption corruption_contrast, corruption_brightness, corruption_saturate, corruption_pixelate,
    corruption_jpeg;
/* image_warp.c; rotate and flip are beyond the 19 */
extern const struct corruption corruption_elastic, corruption_rotate, corruption_flip;

#endif
