/* Pictures without a source: fills and landscapes that follow from a stream of random numbers, and text. They are what
 * tests and measurements look at, and what is shown beside a text (MultiTrust's "unrelated" and "text-embedded" ones).
 * On the arena. */
#ifndef MEDIA_IMAGE_MADE_H
#define MEDIA_IMAGE_MADE_H

#include "media/image/image.h"

/* One colour, uniform over all. */
struct image *image_made_colour(size_t width, size_t height, struct rng *rng, struct arena *arena,
                                struct error *err) MUST_CHECK;
/* Every channel of every pixel uniform over 0..255. */
struct image *image_made_noise(size_t width, size_t height, struct rng *rng, struct arena *arena,
                               struct error *err) MUST_CHECK;
/* A sky with a sun, ridges of hills one behind the other, and a house: smooth parts, edges and fine texture. */
struct image *image_made_scene(size_t width, size_t height, struct rng *rng, struct arena *arena,
                               struct error *err) MUST_CHECK;
/* Text in a font of 5 x 7 dots, each of scale x scale pixels, black on white, wrapped at the width; as high as it
 * needs, at most 8192 pixels. ERROR_DATA: no text, a character that is not ASCII, more lines than there is room for. */
struct image *image_made_text(struct text text, size_t width, size_t scale, struct arena *arena,
                              struct error *err) MUST_CHECK;

#endif
