/* The corruptions of pictures, on landscapes that are made: 19 kinds and three more, five severities each. What can be
 * said of one by its formula is computed again. */
#include "check.h"

#include "base/hash.h"
#include "media/corruption.h"
#include "media/image/image.h"
#include "media/image/image_made.h"

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

static struct image *filled(size_t w, size_t h, int red, int green, int blue) {
    struct image *image = image_new(w, h, 1 << 20, &arena, &err);
    check_ok(image);
    for (size_t i = 0; i < w * h; i++) {
        image->rgb[3 * i] = (unsigned char)red;
        image->rgb[3 * i + 1] = (unsigned char)green;
        image->rgb[3 * i + 2] = (unsigned char)blue;
    }
    return image;
}

/* A copy, corrupted as the spec says. */
static struct image *corrupted(const struct image *image, const char *spec, uint64_t seed) {
    struct corruption_choices choices;
    struct media_told told = {0};
    struct image *copy = image_copy(image, &arena, &err);
    check_ok(copy);
    check_ok(corruption_choose(&spec, 1, &arena, &choices, &err));
    assert_int_equal(choices.n, 1);
    check_ok(corruption_apply(choices.at, copy, seed, "picture", &arena, &told, &err));
    return copy;
}

static const struct corruption *const *pictures(size_t *n) {
    const struct corruption *const *all;
    *n = corruptions(&all);
    size_t images = 0;
    while (images < *n && all[images]->medium == &medium_image) images++;
    *n = images;
    return all;
}

/* ---- the table ---- */

static void rows_are_sound(void **state) {
    const struct corruption *const *all;
    size_t n = corruptions(&all), images;
    pictures(&images);
    assert_int_equal(images, 22); /* 19, rotate, flip, bounded noise */
    for (size_t i = 0; i < n; i++) {
        const struct corruption *c = all[i];
        assert_true(c->n_options >= 1 && c->n_options <= CORRUPTION_PARAMETERS_MOST);
        assert_true(c->name[0] && c->summary[0] && (c->image != NULL) != (c->sound != NULL));
        for (size_t k = i + 1; k < n; k++) assert_string_not_equal(c->name, all[k]->name);
        for (size_t o = 0; o < c->n_options; o++) {
            assert_true(c->options[o].type == OPTION_INT || c->options[o].type == OPTION_REAL);
            assert_null(c->options[o].initial);
            for (int s = 0; s < CORRUPTION_SEVERITIES; s++)
                assert_true(c->severities[s][o] >= c->options[o].least && c->severities[s][o] <= c->options[o].most);
        }
    }
}

static size_t count(const char *spec) {
    struct corruption_choices choices;
    check_ok(corruption_choose(&spec, 1, &arena, &choices, &err));
    return choices.n;
}

static void specs_are_read(void **state) {
    struct corruption_choices c;
    const char *own = "glass-blur,shift=4", *both = "glass-blur,severity=5,times=1";
    assert_int_equal(count("image"), 110);
    assert_int_equal(count("image,severity=2"), 22);
    assert_int_equal(count("fog"), 5);
    assert_int_equal(count("fog,severity=1:3"), 2);
    assert_int_equal(count("speckle,sd=0.1:0.2:0.3"), 3);
    check_ok(corruption_choose(&own, 1, &arena, &c, &err));
    assert_int_equal(c.at->severity, 0);
    assert_string_equal(c.at->label, "shift=4");
    check_near(c.at->parameters[0], 1, 0); /* of severity 3 */
    check_near(c.at->parameters[1], 4, 0);
    check_near(c.at->parameters[2], 3, 0);
    check_ok(corruption_choose(&both, 1, &arena, &c, &err));
    assert_string_equal(c.at->label, "severity=5,times=1");
    check_near(c.at->parameters[0], 1.5, 0);
    check_near(c.at->parameters[2], 1, 0);
}

static void refuse(const char *a, const char *b, const char *part) {
    const char *specs[] = {a, b};
    struct corruption_choices c;
    check_fails(corruption_choose(specs, b ? 2 : 1, &arena, &c, &err), ERROR_USAGE, part);
}

static void bad_specs_are_refused(void **state) {
    refuse("gausian-noise", NULL, "did you mean 'gaussian-noise'?");
    refuse("fog,severity=6", NULL, "expected a number from 1 to 5, found '6'");
    refuse("fog,severity=0", NULL, "expected a number from 1 to 5, found '0'");
    refuse("fog,strenght=2", NULL, "did you mean 'strength'?");
    refuse("jpeg,quality=7.5", NULL, "quality");
    refuse("fog,severity=2", "fog", "'fog' at '2' is asked for twice");
    refuse("image,sd=2", NULL, "has no key 'sd'");
}

/* ---- all of them ---- */

static void psnr_falls_with_severity(void **state) {
    static const char *const kinds[] = {"gaussian-noise", "shot-noise",    "salt-pepper", "speckle",
                                        "bounded-noise",  "gaussian-blur", "glass-blur",  "defocus-blur",
                                        "motion-blur",    "zoom-blur",     "contrast"};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct image *image = scene(160, 128, seed);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            double last = INFINITY;
            for (int s = 1; s <= CORRUPTION_SEVERITIES; s++) {
                char spec[64];
                snprintf(spec, sizeof spec, "%s,severity=%d", kinds[k], s);
                double psnr = image_psnr(image, corrupted(image, spec, seed));
                if (!(psnr < last)) fail_msg("%s of scene %d: %g after %g", spec, (int)seed, psnr, last);
                last = psnr;
            }
        }
    }
}

static uint64_t sum_of(const struct image *image) {
    return hash_xxh3(image->rgb, 3 * image->width * image->height) ^ image->width;
}

/* The same twice, another picture than before, and another one with another seed where anything is drawn. */
static void all_are_determined_by_the_seed(void **state) {
    static const char *const fixed[] = {"gaussian-blur", "defocus-blur", "zoom-blur", "contrast", "brightness",
                                        "saturate",      "pixelate",     "jpeg",      "rotate",   "flip"};
    size_t n, drawn = 0;
    const struct corruption *const *all = pictures(&n);
    struct image *image = scene(64, 48, 7);
    for (size_t i = 0; i < n; i++) {
        bool is_fixed = false;
        for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) is_fixed |= strcmp(fixed[k], all[i]->name) == 0;
        drawn += !is_fixed;
        for (int s = 1; s <= CORRUPTION_SEVERITIES; s++) {
            char spec[64];
            snprintf(spec, sizeof spec, "%s,severity=%d", all[i]->name, s);
            uint64_t one = sum_of(corrupted(image, spec, 1)), again = sum_of(corrupted(image, spec, 1));
            uint64_t other = sum_of(corrupted(image, spec, 2));
            if (one != again) fail_msg("%s: not the same twice", spec);
            if (one == sum_of(image)) fail_msg("%s: nothing was changed", spec);
            if ((one == other) != is_fixed)
                fail_msg("%s: another seed %s", spec, is_fixed ? "changes it" : "changes nothing");
        }
    }
    assert_int_equal(drawn, 12);
}

static void all_take_pictures_of_any_size(void **state) {
    static const size_t sizes[][2] = {{1, 1}, {1, 40}, {40, 1}, {2, 3}, {11, 7}, {300, 5}};
    size_t n;
    const struct corruption *const *all = pictures(&n);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (size_t i = 0; i < n; i++)
            for (int s = 1; s <= CORRUPTION_SEVERITIES; s++) {
                char spec[64];
                struct image *image = scene(sizes[k][0], sizes[k][1], 1);
                snprintf(spec, sizeof spec, "%s,severity=%d", all[i]->name, s);
                struct image *out = corrupted(image, spec, 1);
                assert_int_equal(out->width * out->height, sizes[k][0] * sizes[k][1]);
                arena_reset(&arena);
            }
}

/* Whichever allocation fails, it is told, and nothing leaks or is read that is not there. */
static void every_failed_allocation_is_told(void **state) {
    size_t n;
    const struct corruption *const *all = pictures(&n);
    for (size_t i = 0; i < n; i++) {
        struct corruption_choice choice = {.corruption = all[i], .severity = 3};
        bool ok = false;
        memcpy(choice.parameters, all[i]->severities[2], sizeof choice.parameters);
        for (uint64_t k = 1; !ok && k < 100; k++) {
            struct media_told told = {0};
            struct image *image = scene(12, 9, 1);
            struct arena scratch;
            arena_init(&scratch, 0);
            error_clear(&err);
            memory_fail_at(k);
            ok = corruption_apply(&choice, image, 1, "picture", &scratch, &told, &err);
            memory_fail_at(0);
            if (!ok && (err.kind != ERROR_ENVIRONMENT || !err.message[0]))
                fail_msg("%s: '%s'", all[i]->name, err.message);
            arena_done(&scratch);
        }
        assert_true(ok);
    }
}

/* ---- noise, by its moments ---- */

static void moments(const struct image *image, double *mean, double *variance) {
    size_t n = 3 * image->width * image->height;
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += image->rgb[i], square += (double)image->rgb[i] * image->rgb[i];
    *mean = sum / (double)n / 255;
    *variance = square / (double)n / 255 / 255 - *mean * *mean;
}

/* 120,000 values: the sd of a mean is sd / 346, that of a variance about 0.004 of it; limits at five of them. */
static void noise_has_the_moments_of_its_law(void **state) {
    struct image *grey = filled(200, 200, 128, 128, 128);
    static const struct {
        const char *spec;
        double variance;
    } rows[] = {
        {"gaussian-noise,sd=0.1", 0.01},
        {"speckle,sd=0.15", 0.15 * 0.15 * 128 * 128 / 255.0 / 255},
        {"shot-noise,scale=60", 128 / 255.0 / 60}, /* a rate of 30.1: the normal */
        {"shot-noise,scale=40", 128 / 255.0 / 40}, /* a rate of 20: inversion */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double mean, variance;
        moments(corrupted(grey, rows[i].spec, 1), &mean, &variance);
        check_near(mean, 128 / 255.0, 5 * sqrt(rows[i].variance) / 346);
        check_near(variance / rows[i].variance, 1, 0.025);
    }
}

/* Rates near 12: values beyond 1 are cut, so the share of black pixels at a rate of 1 is looked at: 1 / e. */
static void shot_noise_counts_photons(void **state) {
    struct image *dark = filled(200, 200, 51, 51, 51), *out = corrupted(dark, "shot-noise,scale=5", 1);
    size_t none = 0, one = 0;
    for (size_t i = 0; i < 120000; i++) none += out->rgb[i] == 0, one += out->rgb[i] == 51;
    check_near((double)none / 120000, exp(-1), 0.007);
    check_near((double)one / 120000, exp(-1), 0.007);
}

static void salt_and_pepper_come_in_equal_shares(void **state) {
    struct image *grey = filled(200, 200, 128, 128, 128), *out = corrupted(grey, "salt-pepper,amount=0.2", 1);
    size_t black = 0, white = 0;
    for (size_t i = 0; i < 120000; i++) black += out->rgb[i] == 0, white += out->rgb[i] == 255;
    check_near((double)black / 120000, 0.1, 0.0045);
    check_near((double)white / 120000, 0.1, 0.0045);
}

/* The severities of a picture share their draws: what 0.03 replaces, 0.27 replaces as well. */
static void severities_share_their_draws(void **state) {
    struct image *grey = filled(50, 50, 128, 128, 128);
    struct image *few = corrupted(grey, "salt-pepper,severity=1", 1),
                 *many = corrupted(grey, "salt-pepper,severity=5", 1);
    for (size_t i = 0; i < 7500; i++)
        if (few->rgb[i] != 128) assert_int_not_equal(many->rgb[i], 128);
}

/* After rounding to bytes, which is what an attack must hold as well; and the bound is reached. */
static void bounded_noise_keeps_its_bound(void **state) {
    for (int bound = 1; bound <= 64; bound *= 2) {
        char spec[32];
        struct image *image = scene(80, 60, 3);
        snprintf(spec, sizeof spec, "bounded-noise,linf=%d", bound);
        assert_int_equal(image_distance(image, corrupted(image, spec, 1)), bound);
    }
}

/* ---- what the released code of TrustGen does otherwise ---- */

static void motion_blur_keeps_colours_apart(void **state) {
    struct image *image = filled(40, 40, 0, 0, 0);
    for (size_t i = 0; i < 800; i++) image->rgb[3 * i] = 255; /* the upper half is red */
    struct image *out = corrupted(image, "motion-blur,severity=5", 1);
    bool mixed = false;
    for (size_t i = 0; i < 1600; i++) {
        assert_int_equal(out->rgb[3 * i + 1], 0);
        assert_int_equal(out->rgb[3 * i + 2], 0);
        mixed |= out->rgb[3 * i] > 20 && out->rgb[3 * i] < 235;
    }
    assert_true(mixed);
}

/* A line through the middle stays a line; a box would widen it. The same line further out is spread. */
static void zoom_blur_spreads_away_from_the_middle(void **state) {
    struct image *middle = filled(101, 101, 0, 0, 0), *aside = filled(101, 101, 0, 0, 0);
    for (size_t y = 0; y < 101; y++) middle->rgb[3 * (y * 101 + 50)] = 255, aside->rgb[3 * (y * 101 + 85)] = 255;
    middle = corrupted(middle, "zoom-blur,severity=3", 1);
    aside = corrupted(aside, "zoom-blur,severity=3", 1);
    const unsigned char *row = middle->rgb + (size_t)3 * 50 * 101, *far = aside->rgb + (size_t)3 * 50 * 101;
    assert_int_equal(row[3 * 50], 255);
    assert_int_equal(row[3 * 48], 0);
    assert_int_equal(row[3 * 52], 0);
    assert_int_equal(far[3 * 84], 0); /* nothing moves towards the middle */
    assert_true(far[3 * 85] < 60 && far[3 * 88] > 5);
}

/* ---- formulas ---- */

static void contrast_is_about_the_mean_of_each_channel(void **state) {
    struct image *image = scene(30, 20, 9), *out = corrupted(image, "contrast,share=0.3", 1);
    for (size_t c = 0; c < 3; c++) {
        double mean = 0;
        for (size_t i = 0; i < 600; i++) mean += image->rgb[3 * i + c] / 600.0;
        for (size_t i = 0; i < 600; i++)
            check_near(out->rgb[3 * i + c], (image->rgb[3 * i + c] - mean) * 0.3 + mean, 0.501);
    }
}

static void brightness_and_saturation_change_one_thing(void **state) {
    struct image *image = filled(1, 1, 100, 50, 0); /* hue 30, saturation 1, value 0.392 */
    struct image *bright = corrupted(image, "brightness,more=0.2", 1),
                 *pale = corrupted(image, "saturate,times=0.5,more=0", 1);
    assert_int_equal(bright->rgb[0], 151);
    assert_int_equal(bright->rgb[1], 76);
    assert_int_equal(bright->rgb[2], 0);
    assert_int_equal(pale->rgb[0], 100);
    assert_int_equal(pale->rgb[1], 75);
    assert_int_equal(pale->rgb[2], 50);
}

/* x' = (x + c f) m / (m + c), so with white everywhere x' = (1 + c f) / (1 + c): between 1 / (1 + c) and 1. */
static void fog_stays_within_its_formula(void **state) {
    struct image *out = corrupted(filled(64, 64, 255, 255, 255), "fog,strength=1.5,decay=2", 1);
    int least = 255, most = 0;
    for (size_t i = 0; i < 3 * 64 * 64; i++) {
        if (out->rgb[i] < least) least = out->rgb[i];
        if (out->rgb[i] > most) most = out->rgb[i];
    }
    assert_int_equal(least, 102); /* 255 / 2.5 */
    assert_int_equal(most, 255);
}

static void pixelate_makes_blocks(void **state) {
    struct image *image = scene(40, 40, 3), *out = corrupted(image, "pixelate,share=0.25", 1);
    for (size_t y = 0; y < 40; y++)
        for (size_t x = 0; x < 40; x++)
            for (size_t c = 0; c < 3; c++) {
                double mean = 0;
                for (size_t k = 0; k < 16; k++)
                    mean += image->rgb[3 * ((y / 4 * 4 + k / 4) * 40 + x / 4 * 4 + k % 4) + c] / 16.0;
                check_near(out->rgb[3 * (y * 40 + x) + c], mean, 0.501);
            }
}

static void a_quarter_turn_moves_every_pixel(void **state) {
    struct image *image = scene(24, 24, 3), *out = corrupted(image, "rotate,degrees=90", 1);
    for (size_t y = 0; y < 24; y++)
        for (size_t x = 0; x < 24; x++) /* to the left: the right edge becomes the upper one */
            for (size_t c = 0; c < 3; c++)
                check_near(out->rgb[3 * (y * 24 + x) + c], image->rgb[3 * (x * 24 + 23 - y) + c], 1);
}

static void flips_undo_themselves(void **state) {
    struct image *image = scene(9, 5, 3);
    for (int way = 1; way <= 5; way++) {
        char spec[32];
        snprintf(spec, sizeof spec, "flip,way=%d", way);
        struct image *once = corrupted(image, spec, 1), *twice = corrupted(once, spec, 1);
        assert_int_equal(once->width, way < 4 ? 9 : 5);
        assert_int_equal(image_distance(image, twice), 0);
    }
}

static void elastic_without_size_changes_nothing(void **state) {
    struct image *image = scene(30, 20, 3), *out = corrupted(image, "elastic,alpha=0,affine=0", 1);
    assert_int_equal(image_distance(image, out), 0);
}

/* The worst of a jpeg is measured: what is written is what libjpeg made of it. */
static void jpeg_is_what_it_is_stored_as(void **state) {
    struct image *image = scene(50, 30, 3), *out = corrupted(image, "jpeg,quality=10", 1);
    struct buffer b;
    buffer_init(&b, 1 << 20);
    check_ok(jpeg_write(image, 10, &b, &err));
    struct image *again = jpeg_read(buffer_text(&b), 1 << 20, &arena, &err);
    check_ok(again);
    assert_int_equal(image_distance(out, again), 0);
    buffer_done(&b);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(rows_are_sound),
        T(specs_are_read),
        T(bad_specs_are_refused),
        T(psnr_falls_with_severity),
        T(all_are_determined_by_the_seed),
        T(all_take_pictures_of_any_size),
        T(every_failed_allocation_is_told),
        T(noise_has_the_moments_of_its_law),
        T(shot_noise_counts_photons),
        T(salt_and_pepper_come_in_equal_shares),
        T(severities_share_their_draws),
        T(bounded_noise_keeps_its_bound),
        T(motion_blur_keeps_colours_apart),
        T(zoom_blur_spreads_away_from_the_middle),
        T(contrast_is_about_the_mean_of_each_channel),
        T(brightness_and_saturation_change_one_thing),
        T(fog_stays_within_its_formula),
        T(pixelate_makes_blocks),
        T(a_quarter_turn_moves_every_pixel),
        T(flips_undo_themselves),
        T(elastic_without_size_changes_nothing),
        T(jpeg_is_what_it_is_stored_as),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
