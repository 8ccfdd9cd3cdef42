/* Pictures that are made: see image_made.h. */
#include "media/image/image_made.h"
#include "media/image/image_float.h"

#include <math.h>
#include <string.h>

struct image *image_made_colour(size_t width, size_t height, struct rng *rng, struct arena *arena, struct error *err) {
    struct image *image = image_new(width, height, IMAGE_PIXELS_MOST, arena, err);
    uint32_t colour = rng_u32(rng);
    for (size_t i = 0; image && i < 3 * width * height; i++) image->rgb[i] = (unsigned char)(colour >> 8 * (i % 3));
    return image;
}

struct image *image_made_noise(size_t width, size_t height, struct rng *rng, struct arena *arena, struct error *err) {
    struct image *image = image_new(width, height, IMAGE_PIXELS_MOST, arena, err);
    for (size_t i = 0; image && i < 3 * width * height; i++) image->rgb[i] = (unsigned char)rng_u32(rng);
    return image;
}

/* ---- landscapes; all places and lengths are shares of width and height ---- */

enum { RIDGES = 3, WAVES = 3 };

struct ridge {
    float height, wave[WAVES], turn[WAVES], colour[3];
};
struct scene {
    float sky[2][3]; /* above, below */
    float sun[3];    /* x, y, radius */
    struct ridge ridges[RIDGES];
    float house[4]; /* left, top, right, bottom */
    float wall[3], roof[3];
};

static float between(struct rng *rng, double least, double most) {
    return (float)(least + (most - least) * rng_unit(rng));
}

static void colour_between(struct rng *rng, const float least[3], const float most[3], float out[3]) {
    for (int c = 0; c < 3; c++) out[c] = between(rng, least[c], most[c]);
}

static void draw_scene(struct scene *s, struct rng *rng) {
    static const float above[2][3] = {{.25f, .4f, .7f}, {.5f, .65f, .95f}},
                       below[2][3] = {{.7f, .7f, .75f}, {.95f, .9f, .9f}};
    static const float green[2][3] = {{.12f, .35f, .1f}, {.4f, .65f, .3f}},
                       red[2][3] = {{.5f, .2f, .15f}, {.9f, .6f, .45f}};
    colour_between(rng, above[0], above[1], s->sky[0]);
    colour_between(rng, below[0], below[1], s->sky[1]);
    s->sun[0] = between(rng, .1, .9), s->sun[1] = between(rng, .08, .25), s->sun[2] = between(rng, .05, .09);
    for (int i = 0; i < RIDGES; i++) {
        struct ridge *r = &s->ridges[i];
        r->height = between(rng, .4, .46) + .15f * (float)i;
        for (int w = 0; w < WAVES; w++)
            r->wave[w] = between(rng, .01, .05) / (float)(w + 1), r->turn[w] = between(rng, 0, 6.2831853);
        colour_between(rng, green[0], green[1], r->colour);
    }
    s->house[0] = between(rng, .15, .6), s->house[2] = s->house[0] + between(rng, .15, .25);
    s->house[1] = between(rng, .45, .52), s->house[3] = between(rng, .7, .8);
    colour_between(rng, red[0], red[1], s->wall);
    for (int c = 0; c < 3; c++) s->roof[c] = 0.45f * s->wall[c];
}

static float ridge_at(const struct ridge *r, float u) {
    float v = r->height;
    for (int w = 0; w < WAVES; w++) v += r->wave[w] * sinf(r->turn[w] + 6.2831853f * (1.5f * (float)w + 1) * u);
    return v;
}

/* Sky, sun and hills, the hills with a fine grain. */
static void land_at(const struct scene *s, float u, float v, float aspect, float grain, float out[3]) {
    float x = (u - s->sun[0]) * aspect, y = v - s->sun[1];
    for (int c = 0; c < 3; c++) out[c] = s->sky[0][c] + v * (s->sky[1][c] - s->sky[0][c]);
    if (x * x + y * y < s->sun[2] * s->sun[2]) out[0] = 1, out[1] = .9f, out[2] = .35f;
    for (int i = 0; i < RIDGES; i++)
        if (v > ridge_at(&s->ridges[i], u))
            for (int c = 0; c < 3; c++) out[c] = s->ridges[i].colour[c] + grain;
}

/* Bricks, a window, a roof as wide as the wall and a little more. */
static void house_at(const struct scene *s, float u, float v, float out[3]) {
    float x = (u - s->house[0]) / (s->house[2] - s->house[0]), y = (v - s->house[1]) / (s->house[3] - s->house[1]);
    float middle = fabsf(x - 0.5f);
    if (y < 0 && y > -0.6f && middle < 0.62f * (1 + y / 0.6f)) memcpy(out, s->roof, sizeof s->roof);
    if (!(x > 0 && x < 1 && y > 0 && y < 1)) return;
    float row = y * 12, brick = x * 8 + (float)((int)row % 2) / 2;
    bool joint = row - floorf(row) < 0.2f || brick - floorf(brick) < 0.12f,
         window = middle < 0.15f && y > .25f && y < .55f;
    for (int c = 0; c < 3; c++) out[c] = window ? 0.98f - 0.2f * (float)c : s->wall[c] * (joint ? 0.75f : 1);
}

struct image *image_made_scene(size_t width, size_t height, struct rng *rng, struct arena *arena, struct error *err) {
    struct image *image = image_new(width, height, IMAGE_PIXELS_MOST, arena, err);
    struct scene scene;
    float rgb[3];
    draw_scene(&scene, rng);
    for (size_t i = 0; image && i < width * height; i++) {
        float u = ((float)(i % width) + 0.5f) / (float)width, v = ((float)(i / width) + 0.5f) / (float)height;
        land_at(&scene, u, v, (float)width / (float)height, between(rng, -.04, .04), rgb);
        house_at(&scene, u, v, rgb);
        for (size_t c = 0; c < 3; c++) image->rgb[3 * i + c] = image_byte(rgb[c]);
    }
    return image;
}
