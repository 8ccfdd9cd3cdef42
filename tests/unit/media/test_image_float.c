/* Filters, sizes, colours and fractals against their definitions, computed pixel by pixel in f64. */
#include "check.h"

#include "media/image/image_float.h"

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

static struct floats random_floats(size_t w, size_t h, size_t channels, uint64_t seed) {
    struct floats f;
    struct rng rng = rng_stream(seed, "test/floats", 0);
    check_ok(floats_new(&f, w, h, channels, &arena, &err));
    for (size_t i = 0; i < floats_count(&f); i++) f.at[i] = (float)rng_unit(&rng);
    return f;
}

static struct floats copy_of(const struct floats *f) {
    struct floats copy;
    check_ok(floats_new(&copy, f->width, f->height, f->channels, &arena, &err));
    memcpy(copy.at, f->at, floats_count(f) * sizeof *f->at);
    return copy;
}

/* Beyond the edges the last pixel. */
static double pixel(const struct floats *f, long x, long y, size_t c) {
    long w = (long)f->width, h = (long)f->height;
    x = x < 0 ? 0 : x < w ? x : w - 1;
    y = y < 0 ? 0 : y < h ? y : h - 1;
    return f->at[((size_t)y * f->width + (size_t)x) * f->channels + c];
}

static void blur_is_that_of_the_definition(void **state) {
    static const double sigmas[] = {0.7, 2, 6};
    for (int s = 0; s < 3; s++) {
        struct floats f = random_floats(17, 9, 3, 1), blurred = copy_of(&f);
        check_ok(floats_blur(&blurred, sigmas[s], &arena, &err));
        long r = (long)ceil(4 * sigmas[s]);
        for (size_t i = 0; i < floats_count(&f); i++) {
            double sum = 0, weights = 0;
            for (long dy = -r; dy <= r; dy++)
                for (long dx = -r; dx <= r; dx++) {
                    double w = exp(-0.5 * (double)(dx * dx + dy * dy) / (sigmas[s] * sigmas[s]));
                    sum += w * pixel(&f, (long)(i / 3 % 17) + dx, (long)(i / 3 / 17) + dy, i % 3);
                    weights += w;
                }
            check_near(blurred.at[i], sum / weights, 2e-6);
        }
    }
}

/* The three means have the sd that was asked for, to within that of whole pixels: a point becomes a bell of that width.
 */
static void far_blur_has_its_sd(void **state) {
    struct floats f;
    check_ok(floats_new(&f, 401, 1, 1, &arena, &err));
    f.at[200] = 1;
    check_ok(floats_blur_far(&f, 20, &arena, &err));
    double sum = 0, square = 0;
    for (int x = 0; x < 401; x++) sum += f.at[x], square += f.at[x] * (x - 200) * (x - 200);
    check_near(sum, 1, 1e-5);
    check_near(sqrt(square), 20, 0.5);
}

/* Mirrored edges add no weight: the mean stays. */
static void far_blur_keeps_the_mean(void **state) {
    struct floats f = random_floats(30, 20, 1, 2);
    double before = 0, after = 0, least = 1, most = 0;
    for (size_t i = 0; i < 600; i++) before += f.at[i];
    check_ok(floats_blur_far(&f, 200, &arena, &err)); /* further than the grid is wide */
    for (size_t i = 0; i < 600; i++) {
        after += f.at[i];
        least = fmin(least, f.at[i]);
        most = fmax(most, f.at[i]);
    }
    check_near(after, before, 1e-3);
    assert_true(most - least < 0.02);
}

static void filter_is_that_of_the_definition(void **state) {
    struct filter filter;
    struct floats f = random_floats(13, 11, 3, 3), out = copy_of(&f);
    check_ok(filter_motion(&filter, 4, 3, 0.6, &arena, &err));
    check_ok(floats_filter(&out, &filter, &arena, &err));
    for (size_t i = 0; i < floats_count(&f); i++) {
        double sum = 0;
        for (size_t t = 0; t < filter.n; t++)
            sum += filter.taps[t].weight *
                   pixel(&f, (long)(i / 3 % 13) + filter.taps[t].dx, (long)(i / 3 / 13) + filter.taps[t].dy, i % 3);
        check_near(out.at[i], sum, 2e-6);
    }
}

static void weights_of_filters_sum_to_one(void **state) {
    for (int radius = 1; radius <= 20; radius++) {
        struct filter disc, line;
        double a = 0, b = 0;
        check_ok(filter_disc(&disc, radius, 0.5, &arena, &err));
        check_ok(filter_motion(&line, radius, 5, radius, &arena, &err));
        for (size_t i = 0; i < disc.n; i++) a += disc.taps[i].weight;
        for (size_t i = 0; i < line.n; i++) b += line.taps[i].weight;
        check_near(a, 1, 1e-5);
        check_near(b, 1, 1e-5);
    }
}

/* Along the horizontal the weights are those of half a bell. */
static void motion_goes_along_its_line(void **state) {
    struct filter line;
    check_ok(filter_motion(&line, 2, 3, 0, &arena, &err));
    assert_int_equal(line.n, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(line.taps[i].dx, i);
        assert_int_equal(line.taps[i].dy, 0);
        check_near(line.taps[i].weight / line.taps[0].weight, exp(-i * i / 18.0), 1e-6);
    }
}

static void disc_is_round(void **state) {
    struct filter disc;
    check_ok(filter_disc(&disc, 3, 0, &arena, &err)); /* 29 points with x x + y y <= 9 */
    assert_int_equal(disc.n, 29);
    check_near(disc.taps[0].weight, 1 / 29.0, 1e-7);
}

/* ---- sizes ---- */

/* The mean over what a pixel covers, by a fine raster. */
static void area_is_the_mean_of_what_is_covered(void **state) {
    struct floats f = random_floats(7, 5, 3, 4), out;
    check_ok(floats_resize_area(&f, 3, 2, &out, &arena, &err));
    for (size_t i = 0; i < floats_count(&out); i++) {
        double sum = 0;
        for (int k = 0; k < 7 * 5; k++) { /* 7 x 5 points of the raster of 21 x 10 that both sizes divide */
            size_t x = (i / 3 % 3 * 7 + (size_t)(k % 7)) / 3, y = (i / 9 * 5 + (size_t)(k / 7)) / 2;
            sum += f.at[(y * 7 + x) * 3 + i % 3];
        }
        check_near(out.at[i], sum / 35, 1e-6);
    }
}

static void area_of_the_same_size_is_the_same(void **state) {
    struct floats f = random_floats(9, 4, 1, 5), out;
    check_ok(floats_resize_area(&f, 9, 4, &out, &arena, &err));
    for (size_t i = 0; i < 36; i++) check_near(out.at[i], f.at[i], 1e-7);
}

static void bilinear_of_a_slope_is_a_slope(void **state) {
    struct floats f, out;
    check_ok(floats_new(&f, 10, 10, 1, &arena, &err));
    for (size_t i = 0; i < 100; i++) f.at[i] = (float)(i % 10) + 10 * (float)(i / 10);
    check_ok(floats_resize_bilinear(&f, 30, 20, &out, &arena, &err));
    for (size_t y = 2; y < 18; y++)
        for (size_t x = 2; x < 28; x++) /* within the middles of the outermost pixels */
            check_near(out.at[y * 30 + x], ((double)x + 0.5) / 3 - 0.5 + 10 * (((double)y + 0.5) / 2 - 0.5), 1e-4);
}

static void zoom_stays_in_the_middle(void **state) {
    struct floats f, out;
    struct floats_zoomer zoomer;
    check_ok(floats_new(&f, 21, 21, 1, &arena, &err));
    for (size_t i = 0; i < 441; i++) f.at[i] = (float)(i % 21);
    check_ok(floats_new(&out, 21, 21, 1, &arena, &err));
    check_ok(floats_zoomer_new(&zoomer, &f, &arena, &err));
    floats_zoom(&f, 2, &zoomer, &out);
    for (size_t x = 0; x < 21; x++) check_near(out.at[10 * 21 + x], 10 + ((double)x - 10) / 2, 1e-5);
}

static void samples_lie_between_their_pixels(void **state) {
    struct floats f = random_floats(5, 4, 1, 6), one = random_floats(1, 1, 1, 7);
    float out;
    floats_sample(&f, 2.25f, 1.5f, &out);
    double above = .75 * f.at[7] + .25 * f.at[8], below = .75 * f.at[12] + .25 * f.at[13];
    check_near(out, (above + below) / 2, 1e-6);
    floats_sample(&f, -7, 99, &out);
    check_near(out, f.at[15], 1e-7);
    floats_sample(&f, NAN, NAN, &out);
    check_near(out, f.at[0], 0);
    floats_sample(&one, 3, 3, &out);
    check_near(out, one.at[0], 0);
}

/* ---- colours ---- */

/* Hue by its angle in the hexagon, from another formula. */
static void hsv_round_trip(void **state) {
    for (int i = 0; i < 17 * 17 * 17; i++) {
        float rgb[3] = {(float)(i % 17) / 16, (float)(i / 17 % 17) / 16, (float)(i / 289) / 16}, hsv[3], again[3];
        hsv_of_rgb(rgb, hsv);
        rgb_of_hsv(hsv, again);
        for (int c = 0; c < 3; c++) check_near(again[c], rgb[c], 1e-6);
        assert_true(hsv[0] >= 0 && hsv[0] < 6 && hsv[1] >= 0 && hsv[1] <= 1);
        double most = fmax(rgb[0], fmax(rgb[1], rgb[2])), least = fmin(rgb[0], fmin(rgb[1], rgb[2]));
        check_near(hsv[2], most, 0);
        check_near(hsv[1] * most, most - least, 1e-6);
    }
    const float orange[3] = {1, 0.5f, 0};
    float hsv[3];
    hsv_of_rgb(orange, hsv);
    check_near(hsv[0] * 60, 30, 1e-5);
}

static void fractals_fill_their_range(void **state) {
    struct floats f, smooth, rough;
    struct rng rng = rng_stream(1, "test/fractal", 0), same = rng_stream(1, "test/fractal", 0);
    double step[2] = {0};
    check_ok(floats_fractal(&f, 128, 128, 1.6, &rng, &arena, &err));
    float least = 1, most = 0;
    for (size_t i = 0; i < 128 * 128; i++) least = fminf(least, f.at[i]), most = fmaxf(most, f.at[i]);
    check_near(least, 0, 0);
    check_near(most, 1, 0);
    check_ok(floats_fractal(&smooth, 100, 60, 2.5, &same, &arena, &err));
    same = rng_stream(1, "test/fractal", 0);
    check_ok(floats_fractal(&rough, 100, 60, 1.3, &same, &arena, &err));
    for (size_t i = 1; i < 100 * 60; i++) {
        step[0] += fabs(smooth.at[i] - smooth.at[i - 1]);
        step[1] += fabs(rough.at[i] - rough.at[i - 1]);
    }
    assert_true(3 * step[0] < step[1]);
}

/* Wider than the largest square: stretched, not refused. */
static void fractals_are_stretched(void **state) {
    struct floats f;
    struct rng rng = rng_stream(1, "test/fractal", 0);
    check_ok(floats_fractal(&f, 5000, 3, 2, &rng, &arena, &err));
    assert_int_equal(f.width, 5000);
    for (size_t i = 0; i < 15000; i++) assert_true(f.at[i] >= 0 && f.at[i] <= 1);
}

static void bytes_are_cut_and_rounded(void **state) {
    assert_int_equal(image_byte(-1), 0);
    assert_int_equal(image_byte(2), 255);
    assert_int_equal(image_byte(NAN), 0);
    assert_int_equal(image_byte(0.499f / 255), 0);
    assert_int_equal(image_byte(0.501f / 255), 1);
    for (int i = 0; i < 256; i++) assert_int_equal(image_byte((float)i / 255), i);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(blur_is_that_of_the_definition),
        T(far_blur_has_its_sd),
        T(far_blur_keeps_the_mean),
        T(filter_is_that_of_the_definition),
        T(weights_of_filters_sum_to_one),
        T(motion_goes_along_its_line),
        T(disc_is_round),
        T(area_is_the_mean_of_what_is_covered),
        T(area_of_the_same_size_is_the_same),
        T(bilinear_of_a_slope_is_a_slope),
        T(zoom_stays_in_the_middle),
        T(samples_lie_between_their_pixels),
        T(hsv_round_trip),
        T(fractals_fill_their_range),
        T(fractals_are_stretched),
        T(bytes_are_cut_and_rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
