/* Pictures without a source: fills and landscapes that follow from a stream of random numbers. They are what tests and
 * measurements look at, and what is shown beside a text that has nothing to do with it (MultiTrust's "unrelated"
 * pictures). On the arena. */
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

#endif
