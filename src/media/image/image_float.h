/* Pictures as numbers between 0 and 1, for what corruptions compute. All of it is f32 in a fixed order. */
#ifndef MEDIA_IMAGE_FLOAT_H
#define MEDIA_IMAGE_FLOAT_H

#include "media/image/image.h"

/* The nearest of 0..255; what is outside is cut, NaN gives 0. */
static inline unsigned char image_byte(float x) {
    return (unsigned char)(255 * (x > 0 ? x < 1 ? x : 1 : 0) + 0.5f);
}

#endif
