/* Pictures that are made: fills, landscapes, text. */
#include "check.h"

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

static struct image *text_picture(const char *t, size_t width, size_t scale) {
    struct image *image = image_made_text(text_of(t), width, scale, &arena, &err);
    check_ok(image);
    return image;
}

/* Rows of '#' and '.', one character a pixel. */
static void check_dots(const struct image *image, size_t left, size_t top, const char *const *rows, size_t n) {
    for (size_t y = 0; y < n; y++)
        for (size_t x = 0; rows[y][x]; x++)
            assert_int_equal(image->rgb[3 * ((top + y) * image->width + left + x)], rows[y][x] == '#' ? 0 : 255);
}

static void text_is_made_of_dots(void **state) {
    static const char *const rows[] = {"#...#...#..", "#...#......", "#...#..##..", "#####...#..",
                                       "#...#...#..", "#...#...#..", "#...#..###.", "..........."};
    struct image *image = text_picture("Hi", 18, 1);
    assert_int_equal(image->height, 15);
    check_dots(image, 3, 3, rows, 8);
}

static void dots_are_scaled(void **state) {
    struct image *one = text_picture("mill?", 40, 1), *three = text_picture("mill?", 120, 3);
    assert_int_equal(three->height, 3 * one->height);
    for (size_t i = 0; i < three->width * three->height; i++)
        assert_int_equal(three->rgb[3 * i], one->rgb[3 * (i / 120 / 3 * 40 + i % 120 / 3)]);
}

static size_t lines(const char *t, size_t columns) {
    return (text_picture(t, 6 + 6 * columns, 1)->height - 6) / 9;
}

static void text_is_wrapped_at_blanks(void **state) {
    assert_int_equal(lines("abc def", 7), 1);
    assert_int_equal(lines("abc def", 6), 2);
    assert_int_equal(lines("abc def", 3), 2);
    assert_int_equal(lines("abcdefgh", 3), 3); /* a word that is longer than a line is cut */
    assert_int_equal(lines("a\nb\n\nc", 9), 4);
    /* The same lines, however they came about. */
    struct image *a = text_picture("abc def", 30, 1), *b = text_picture("abc\ndef", 30, 1);
    assert_int_equal(image_distance(a, b), 0);
}

static bool any_dot(const struct image *image) {
    for (size_t i = 0; i < 3 * image->width * image->height; i++)
        if (image->rgb[i] == 0) return true;
    return false;
}

static void all_characters_of_ascii_differ(void **state) {
    struct image *all[128];
    for (int c = ' '; c <= '~'; c++) {
        char t[] = {'x', (char)c, 0};
        all[c] = text_picture(t, 30, 1);
        assert_true(any_dot(all[c]));
        for (int d = ' '; d < c; d++) assert_int_equal(image_distance(all[c], all[d]), 255);
    }
}

static void what_cannot_be_written_is_refused(void **state) {
    char many[4000];
    memset(many, 'a', sizeof many - 1);
    many[sizeof many - 1] = 0;
    check_fails(image_made_text(TEXT(" \n"), 99, 1, &arena, &err), ERROR_DATA, "no text");
    check_fails(image_made_text(TEXT("caf\xc3\xa9"), 99, 1, &arena, &err), ERROR_DATA, "U+00E9 (byte 3)");
    check_fails(image_made_text(TEXT("a\tb"), 99, 1, &arena, &err), ERROR_DATA, "U+0009");
    check_fails(image_made_text(TEXT("a"), 11, 1, &arena, &err), ERROR_USAGE, "too narrow");
    check_fails(image_made_text(text_of(many), 12, 1, &arena, &err), ERROR_DATA,
                "3999 lines of 1 characters, at most 909");
}

/* ---- fills and landscapes ---- */

static void a_colour_is_one(void **state) {
    struct rng rng = rng_stream(1, "test", 0);
    struct image *image = image_made_colour(9, 7, &rng, &arena, &err);
    check_ok(image);
    for (size_t i = 3; i < 3 * 63; i++) assert_int_equal(image->rgb[i], image->rgb[i % 3]);
}

/* 256 bins of 600 values on average: chi-square with 255 degrees, mean 255, sd 22.6; limits at five of them. */
static void noise_is_uniform(void **state) {
    struct rng rng = rng_stream(1, "test", 0);
    struct image *image = image_made_noise(320, 160, &rng, &arena, &err);
    double bins[256] = {0}, chi = 0;
    check_ok(image);
    for (size_t i = 0; i < 3 * 320 * 160; i++) bins[image->rgb[i]]++;
    for (int v = 0; v < 256; v++) chi += (bins[v] - 600) * (bins[v] - 600) / 600;
    check_near(chi, 255, 5 * 22.6);
}

static void landscapes_differ_by_their_stream(void **state) {
    struct rng a = rng_stream(1, "test", 0), b = rng_stream(1, "test", 0), c = rng_stream(1, "test", 1);
    struct image *one = image_made_scene(64, 48, &a, &arena, &err), *same = image_made_scene(64, 48, &b, &arena, &err);
    struct image *other = image_made_scene(64, 48, &c, &arena, &err);
    check_ok(one && same && other);
    assert_int_equal(image_distance(one, same), 0);
    assert_true(image_psnr(one, other) < 20);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(text_is_made_of_dots),
        T(dots_are_scaled),
        T(text_is_wrapped_at_blanks),
        T(all_characters_of_ascii_differ),
        T(what_cannot_be_written_is_refused),
        T(a_colour_is_one),
        T(noise_is_uniform),
        T(landscapes_differ_by_their_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
