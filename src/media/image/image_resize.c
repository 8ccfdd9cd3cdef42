/* Other sizes: see image_float.h. */
#include "media/image/image_float.h"

#include <math.h>
#include <string.h>

/* Adds what [from, to) covers of a row or column: weights of the first and last pixel are parts. */
struct cover {
    size_t first, last;
    float head, tail, whole; /* weights of first, last, and between, over the length */
};

static struct cover cover_of(size_t i, size_t from, size_t to) {
    double low = (double)i * (double)from / (double)to, high = (double)(i + 1) * (double)from / (double)to;
    struct cover c = {.first = (size_t)low};
    c.last = (size_t)ceil(high) - 1;
    if (c.last >= from) c.last = from - 1;
    double length = high - low;
    c.whole = (float)(1 / length);
    c.head = c.first == c.last ? 1 : (float)(((double)c.first + 1 - low) / length);
    c.tail = (float)((high - (double)c.last) / length);
    return c;
}

static float weight(const struct cover *c, size_t i) {
    return i == c->first ? c->head : i == c->last ? c->tail : c->whole;
}

/* A row of the input, shrunk, added with weight w. */
static void add_row(const float *in, size_t from, size_t channels, size_t to, float w, float *out) {
    for (size_t x = 0; x < to; x++) {
        struct cover c = cover_of(x, from, to);
        for (size_t i = c.first; i <= c.last; i++)
            for (size_t k = 0; k < channels; k++) out[x * channels + k] += w * weight(&c, i) * in[i * channels + k];
    }
}

bool floats_resize_area(const struct floats *f, size_t width, size_t height, struct floats *out, struct arena *arena,
                        struct error *err) {
    size_t n = f->width * f->channels;
    if (!floats_new(out, width, height, f->channels, arena, err)) return false;
    for (size_t y = 0; y < height; y++) {
        struct cover c = cover_of(y, f->height, height);
        for (size_t i = c.first; i <= c.last; i++)
            add_row(f->at + i * n, f->width, f->channels, width, weight(&c, i), out->at + y * width * f->channels);
    }
    return true;
}

/* ---- bilinear, by tables of where rows and columns lie ---- */

struct floats_place {
    uint32_t at; /* the pixel before */
    float part;
};

/* Where the columns or rows of the output lie in the input: middle + (i - half) scale. */
static void place(struct floats_place *places, size_t n, size_t from, double scale) {
    for (size_t i = 0; i < n; i++) {
        double x = ((double)i - 0.5 * (double)(n - 1)) * scale + 0.5 * (double)(from - 1);
        if (!(x > 0)) x = 0;
        if (x > (double)(from - 1)) x = (double)(from - 1);
        size_t at = (size_t)x;
        if (at + 1 >= from) at = from > 1 ? from - 2 : 0;
        places[i] = (struct floats_place){(uint32_t)at, (float)(x - (double)at)};
    }
}

/* Two rows mixed into one: [width][channels]. */
static void mix_rows(const struct floats *f, struct floats_place y, float *out) {
    size_t n = f->width * f->channels;
    const float *above = f->at + y.at * n, *below = f->height > 1 ? above + n : above;
    for (size_t i = 0; i < n; i++) out[i] = above[i] + y.part * (below[i] - above[i]);
}

static void scale(const struct floats *f, struct floats *out, double across, double down,
                  const struct floats_zoomer *room) {
    size_t channels = f->channels, right = f->width > 1 ? channels : 0;
    place(room->x, out->width, f->width, across);
    place(room->y, out->height, f->height, down);
    for (size_t j = 0; j < out->height; j++) {
        float *to = out->at + j * out->width * channels;
        mix_rows(f, room->y[j], room->row);
        for (size_t i = 0; i < out->width; i++)
            for (size_t k = 0; k < channels; k++) {
                const float *p = room->row + room->x[i].at * channels + k;
                *to++ = p[0] + room->x[i].part * (p[right] - p[0]);
            }
    }
}

static bool make_room(struct floats_zoomer *room, const struct floats *f, size_t width, size_t height,
                      struct arena *arena, struct error *err) {
    room->x = arena_new(arena, struct floats_place, width, err);
    room->y = arena_new(arena, struct floats_place, height, err);
    room->row = arena_new(arena, float, f->width * f->channels, err);
    return room->x && room->y && room->row;
}

bool floats_resize_bilinear(const struct floats *f, size_t width, size_t height, struct floats *out,
                            struct arena *arena, struct error *err) {
    struct floats_zoomer room;
    if (!floats_new(out, width, height, f->channels, arena, err) || !make_room(&room, f, width, height, arena, err))
        return false;
    scale(f, out, (double)f->width / (double)width, (double)f->height / (double)height, &room);
    return true;
}

bool floats_zoomer_new(struct floats_zoomer *zoomer, const struct floats *f, struct arena *arena, struct error *err) {
    return make_room(zoomer, f, f->width, f->height, arena, err);
}

void floats_zoom(const struct floats *f, double zoom, const struct floats_zoomer *zoomer, struct floats *out) {
    scale(f, out, 1 / zoom, 1 / zoom, zoomer);
}
