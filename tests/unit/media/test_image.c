/* Reading and writing of pictures, and how far apart they are. PNG files are made chunk by chunk (made_png.h), so that
 * libpng is not its own judge; the structural similarity is computed again from its definition. */
#include "check.h"
#include "made_png.h"

#include "media/image/image.h"
#include "media/image/image_made.h"

enum { MOST = 1 << 20 };
static struct arena arena;
static struct error err;

static int set_up(void **state) {
    arena_init(&arena, (size_t)1 << 30);
    error_clear(&err);
    return 0;
}

static int tear_down(void **state) {
    arena_done(&arena);
    return 0;
}

static struct image *scene(size_t w, size_t h, uint64_t seed) {
    struct rng rng = rng_stream(seed, "test/scene", 0);
    struct image *image = image_made_scene(w, h, &rng, &arena, &err);
    check_ok(image);
    return image;
}

static void check_pixels(const struct made_png *p, const unsigned char *expected, const char *note) {
    struct buffer b;
    struct media_told told = {0};
    buffer_init(&b, 1 << 24);
    png_made(&b, p);
    struct image *image = png_read(buffer_text(&b), MOST, &arena, &told, &err);
    check_ok(image);
    assert_int_equal(image->width, p->width);
    assert_int_equal(image->height, p->height);
    assert_memory_equal(image->rgb, expected, 3 * p->width * p->height);
    assert_int_equal(told.n_notes, note != NULL);
    if (note) assert_string_equal(told.notes[0], note);
    buffer_done(&b);
}

/* ---- kinds of PNG ---- */

static void png_reads_colour(void **state) {
    static const unsigned char rows[] = {1, 2, 3, 250, 251, 252, 0, 0, 0, 255, 255, 255};
    check_pixels(&(struct made_png){2, 2, 8, 2, .rows = rows, .row = 6}, rows, NULL);
}

static void png_reads_grey_of_one_bit(void **state) {
    static const unsigned char rows[] = {0xa0}, expected[] = {255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0};
    check_pixels(&(struct made_png){4, 1, 1, 0, .rows = rows, .row = 1}, expected, NULL);
}

static void png_reads_palette(void **state) {
    static const unsigned char palette[] = {10, 20, 30, 40, 50, 60}, rows[] = {0x40},
                               expected[] = {10, 20, 30, 40, 50, 60};
    check_pixels(&(struct made_png){2, 1, 1, 3, palette, NULL, sizeof palette, 0, rows, 1}, expected, NULL);
}

/* 16 bits without gAMA are taken as sRGB and reduced to 8: x / 257. */
static void png_reads_sixteen_bits(void **state) {
    static const unsigned char rows[] = {0, 0, 0x80, 0x80, 0xff, 0xff, 0x40, 0x40, 0x20, 0x20, 0x10, 0x10};
    static const unsigned char expected[] = {0, 0x80, 0xff, 0x40, 0x20, 0x10};
    check_pixels(&(struct made_png){2, 1, 16, 2, .rows = rows, .row = 12}, expected, NULL);
}

/* (100 x 51 + 255 x 204) / 255 = 224 */
static void png_lays_alpha_over_white(void **state) {
    static const unsigned char rows[] = {100, 0, 255, 51, 9, 8, 7, 255, 9, 8, 7, 0};
    static const unsigned char expected[] = {224, 204, 255, 9, 8, 7, 255, 255, 255};
    check_pixels(&(struct made_png){3, 1, 8, 6, .rows = rows, .row = 12}, expected, "alpha over white");
}

static void png_with_opaque_alpha_says_nothing(void **state) {
    static const unsigned char rows[] = {100, 0, 255, 255}, expected[] = {100, 0, 255};
    check_pixels(&(struct made_png){1, 1, 8, 6, .rows = rows, .row = 4}, expected, NULL);
}

static void png_reads_palette_with_clear_entry(void **state) {
    static const unsigned char palette[] = {10, 20, 30, 40, 50, 60}, clear[] = {0}, rows[] = {0x40};
    static const unsigned char expected[] = {255, 255, 255, 40, 50, 60};
    check_pixels(&(struct made_png){2, 1, 1, 3, palette, clear, sizeof palette, 1, rows, 1}, expected,
                 "alpha over white");
}

/* ---- what is refused ---- */

/* A header alone: nothing else is looked at. */
static void refuse_size(uint32_t w, uint32_t h, const char *part) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    png_made(&b, &(struct made_png){w, h, 8, 2});
    check_fails(png_read(buffer_text(&b), IMAGE_PIXELS_MOST, &arena, NULL, &err), ERROR_DATA, part);
    assert_true(arena.used < 1 << 20); /* refused before any room was made */
    buffer_done(&b);
}

static void png_sizes_are_bounded(void **state) {
    refuse_size(0, 7, "no pixels (0 x 7)");
    refuse_size(7, 0, "no pixels (7 x 0)");
    refuse_size(8001, 8000, "8001 x 8000 pixels, at most 64 million");
    refuse_size(0xffffffff, 0xffffffff, "at most 64 million");
}

/* Cut short anywhere, the picture is an error and never one with rows missing. */
static void cut_anywhere(struct text whole, bool png) {
    for (size_t n = 3; n < whole.len; n++) {
        unsigned char *copy = malloc(n); /* so that a sanitizer sees a step beyond */
        memcpy(copy, whole.at, n);
        struct text part = {(char *)copy, n};
        error_clear(&err);
        if (png && !png_looks(part)) {
            free(copy);
            continue;
        }
        if (png ? png_read(part, MOST, &arena, NULL, &err) : jpeg_read(part, MOST, &arena, &err))
            fail_msg("%zu of %zu bytes were read as a picture", n, whole.len);
        assert_int_equal(err.kind, ERROR_DATA);
        assert_true(err.message[0]);
        arena_reset(&arena);
        free(copy);
    }
}

static void png_cut_short_is_refused(void **state) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(png_write(scene(24, 16, 1), &b, &err));
    cut_anywhere(buffer_text(&b), true);
    b.at[b.len / 2] ^= 1; /* a check sum that is not right */
    check_fails(png_read(buffer_text(&b), MOST, &arena, NULL, &err), ERROR_DATA, "damaged PNG: ");
    buffer_done(&b);
}

static void jpeg_cut_short_is_refused(void **state) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(jpeg_write(scene(24, 16, 1), 80, &b, &err));
    struct text whole = buffer_text(&b);
    cut_anywhere(text_part(whole, 0, whole.len - 2), false); /* without the end marker all of the picture is there */
    buffer_done(&b);
}

static void jpeg_sizes_are_bounded(void **state) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(jpeg_write(scene(24, 16, 1), 80, &b, &err));
    check_fails(jpeg_read(buffer_text(&b), 24 * 16 - 1, &arena, &err), ERROR_DATA, "24 x 16 pixels, at most");
    buffer_done(&b);
}

static void others_are_no_pictures(void **state) {
    assert_null(medium_of(TEXT("GIF89a")));
    assert_null(medium_of(TEXT("")));
    assert_ptr_equal(medium_of(TEXT("\xff\xd8\xff\xe0")), &medium_image);
}

/* ---- round trips ---- */

static void png_round_trip(void **state) {
    struct image *image = scene(61, 37, 2);
    struct buffer a, b;
    buffer_init(&a, 1 << 20);
    buffer_init(&b, 1 << 20);
    check_ok(png_write(image, &a, &err));
    check_ok(png_write(image, &b, &err));
    assert_true(text_equal(buffer_text(&a), buffer_text(&b)));
    struct image *again = png_read(buffer_text(&a), MOST, &arena, NULL, &err);
    check_ok(again);
    assert_int_equal(image_distance(image, again), 0);
    assert_true(isinf(image_psnr(image, again)));
    buffer_done(&a);
    buffer_done(&b);
}

/* Better quality is nearer, and 95 is near. */
static void jpeg_round_trip(void **state) {
    struct image *image = scene(64, 48, 3);
    double last = 0;
    for (int quality = 5; quality <= 95; quality += 30) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        check_ok(jpeg_write(image, quality, &b, &err));
        struct image *again = jpeg_read(buffer_text(&b), MOST, &arena, &err);
        check_ok(again);
        assert_true(image_psnr(image, again) > last);
        last = image_psnr(image, again);
        buffer_done(&b);
    }
    assert_true(last > 28);
}

/* ---- distances ---- */

static void psnr_and_distance_of_known_pictures(void **state) {
    struct image *a = image_new(20, 10, MOST, &arena, &err), *b = image_new(20, 10, MOST, &arena, &err);
    check_ok(a && b);
    memset(b->rgb, 5, 600); /* a mean square of 25 */
    check_near(image_psnr(a, b), 10 * log10(255 * 255 / 25.0), 1e-12);
    b->rgb[77] = 200;
    assert_int_equal(image_distance(a, b), 200);
}

/* One window after the other, each moment on its own, in f64. */
static double ssim_of_definition(const struct image *a, const struct image *b) {
    double w[11][11], total = 0, sum = 0;
    for (int j = 0; j < 11; j++)
        for (int i = 0; i < 11; i++) total += w[j][i] = exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
    size_t nx = a->width - 10, ny = a->height - 10;
    for (size_t p = 0; p < nx * ny; p++) {
        double m[5] = {0};
        for (size_t q = 0; q < 121; q++) {
            const size_t at = 3 * ((p / nx + q / 11) * a->width + p % nx + q % 11);
            const unsigned char *u = a->rgb + at, *v = b->rgb + at;
            double x = .299 * u[0] + .587 * u[1] + .114 * u[2], y = .299 * v[0] + .587 * v[1] + .114 * v[2];
            double k = w[q / 11][q % 11] / total;
            m[0] += k * x, m[1] += k * y, m[2] += k * x * x, m[3] += k * y * y, m[4] += k * x * y;
        }
        double c1 = 6.5025, c2 = 58.5225, xx = m[2] - m[0] * m[0], yy = m[3] - m[1] * m[1], xy = m[4] - m[0] * m[1];
        sum += (2 * m[0] * m[1] + c1) * (2 * xy + c2) / ((m[0] * m[0] + m[1] * m[1] + c1) * (xx + yy + c2));
    }
    return sum / (double)(nx * ny);
}

static void ssim_is_that_of_the_definition(void **state) {
    double found;
    struct image *a = scene(40, 33, 4), *b = scene(40, 33, 5), *small = scene(10, 40, 6);
    check_ok(image_ssim(a, b, &arena, &found, &err));
    check_near(found, ssim_of_definition(a, b), 1e-4); /* ours keeps moments of up to 65025 in f32 */
    assert_true(found < 0.9);
    check_ok(image_ssim(a, a, &arena, &found, &err));
    check_near(found, 1, 1e-12);
    check_ok(image_ssim(small, small, &arena, &found, &err));
    assert_true(isnan(found));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(png_reads_colour),
        T(png_reads_grey_of_one_bit),
        T(png_reads_palette),
        T(png_reads_sixteen_bits),
        T(png_lays_alpha_over_white),
        T(png_with_opaque_alpha_says_nothing),
        T(png_reads_palette_with_clear_entry),
        T(png_sizes_are_bounded),
        T(png_cut_short_is_refused),
        T(jpeg_cut_short_is_refused),
        T(jpeg_sizes_are_bounded),
        T(others_are_no_pictures),
        T(png_round_trip),
        T(jpeg_round_trip),
        T(psnr_and_distance_of_known_pictures),
        T(ssim_is_that_of_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
