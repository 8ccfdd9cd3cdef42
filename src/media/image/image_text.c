/* Text in a font of dots, black on white: see image_made.h. The font is part of this file, so that the same text gives
 * the same pixels on every machine. */
#include "media/image/image_made.h"

#include <string.h>

/* A character is 5 x 7 dots in a cell of 6 x 9; a margin of one cell's width goes around. */
enum { DOTS_WIDE = 5, DOTS_HIGH = 7, CELL_WIDE = 6, CELL_HIGH = 9, MARGIN = 3, HEIGHT_MOST = 8192 };
enum { FIRST = ' ', LAST = '~' };

/* Rows from above, the leftmost dot is 16. */
static const unsigned char font[LAST - FIRST + 1][DOTS_HIGH] = {
    {0, 0, 0, 0, 0, 0, 0},        {4, 4, 4, 4, 4, 0, 4},        {10, 10, 10, 0, 0, 0, 0},
    {10, 10, 31, 10, 31, 10, 10}, {4, 15, 20, 14, 5, 30, 4},    {24, 25, 2, 4, 8, 19, 3},
    {12, 18, 20, 8, 21, 18, 13},  {12, 4, 8, 0, 0, 0, 0},       {2, 4, 8, 8, 8, 4, 2},
    {8, 4, 2, 2, 2, 4, 8},        {0, 4, 21, 14, 21, 4, 0},     {0, 4, 4, 31, 4, 4, 0},
    {0, 0, 0, 0, 12, 4, 8},       {0, 0, 0, 31, 0, 0, 0},       {0, 0, 0, 0, 0, 12, 12},
    {0, 1, 2, 4, 8, 16, 0},       {14, 17, 19, 21, 25, 17, 14}, {4, 12, 4, 4, 4, 4, 14},
    {14, 17, 1, 2, 4, 8, 31},     {31, 2, 4, 2, 1, 17, 14},     {2, 6, 10, 18, 31, 2, 2},
    {31, 16, 30, 1, 1, 17, 14},   {6, 8, 16, 30, 17, 17, 14},   {31, 1, 2, 4, 8, 8, 8},
    {14, 17, 17, 14, 17, 17, 14}, {14, 17, 17, 15, 1, 2, 12},   {0, 12, 12, 0, 12, 12, 0},
    {0, 12, 12, 0, 12, 4, 8},     {2, 4, 8, 16, 8, 4, 2},       {0, 0, 31, 0, 31, 0, 0},
    {8, 4, 2, 1, 2, 4, 8},        {14, 17, 1, 2, 4, 0, 4},      {14, 17, 1, 13, 21, 21, 14},
    {14, 17, 17, 31, 17, 17, 17}, {30, 17, 17, 30, 17, 17, 30}, {14, 17, 16, 16, 16, 17, 14},
    {28, 18, 17, 17, 17, 18, 28}, {31, 16, 16, 30, 16, 16, 31}, {31, 16, 16, 30, 16, 16, 16},
    {14, 17, 16, 23, 17, 17, 15}, {17, 17, 17, 31, 17, 17, 17}, {14, 4, 4, 4, 4, 4, 14},
    {7, 2, 2, 2, 2, 18, 12},      {17, 18, 20, 24, 20, 18, 17}, {16, 16, 16, 16, 16, 16, 31},
    {17, 27, 21, 21, 17, 17, 17}, {17, 17, 25, 21, 19, 17, 17}, {14, 17, 17, 17, 17, 17, 14},
    {30, 17, 17, 30, 16, 16, 16}, {14, 17, 17, 17, 21, 18, 13}, {30, 17, 17, 30, 20, 18, 17},
    {15, 16, 16, 14, 1, 1, 30},   {31, 4, 4, 4, 4, 4, 4},       {17, 17, 17, 17, 17, 17, 14},
    {17, 17, 17, 17, 17, 10, 4},  {17, 17, 17, 21, 21, 21, 10}, {17, 17, 10, 4, 10, 17, 17},
    {17, 17, 17, 10, 4, 4, 4},    {31, 1, 2, 4, 8, 16, 31},     {14, 8, 8, 8, 8, 8, 14},
    {0, 16, 8, 4, 2, 1, 0},       {14, 2, 2, 2, 2, 2, 14},      {4, 10, 17, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 31},       {8, 4, 2, 0, 0, 0, 0},        {0, 0, 14, 1, 15, 17, 15},
    {16, 16, 22, 25, 17, 17, 30}, {0, 0, 14, 16, 16, 17, 14},   {1, 1, 13, 19, 17, 17, 15},
    {0, 0, 14, 17, 31, 16, 14},   {6, 9, 8, 28, 8, 8, 8},       {0, 15, 17, 17, 15, 1, 14},
    {16, 16, 22, 25, 17, 17, 17}, {4, 0, 12, 4, 4, 4, 14},      {2, 0, 6, 2, 2, 18, 12},
    {16, 16, 18, 20, 24, 20, 18}, {12, 4, 4, 4, 4, 4, 14},      {0, 0, 26, 21, 21, 17, 17},
    {0, 0, 22, 25, 17, 17, 17},   {0, 0, 14, 17, 17, 17, 14},   {0, 0, 30, 17, 30, 16, 16},
    {0, 0, 13, 19, 15, 1, 1},     {0, 0, 22, 25, 16, 16, 16},   {0, 0, 14, 16, 14, 1, 30},
    {8, 8, 28, 8, 8, 9, 6},       {0, 0, 17, 17, 17, 19, 13},   {0, 0, 17, 17, 17, 10, 4},
    {0, 0, 17, 17, 21, 21, 10},   {0, 0, 17, 10, 4, 10, 17},    {0, 0, 17, 17, 15, 1, 14},
    {0, 0, 31, 2, 4, 8, 31},      {2, 4, 4, 8, 4, 4, 2},        {4, 4, 4, 4, 4, 4, 4},
    {8, 4, 4, 2, 4, 4, 8},        {0, 0, 8, 21, 2, 0, 0},
};

/* Cuts the next line of at most `columns` characters off *rest: at a line break, at the last blank that fits, or else
 * in the word. */
static struct text next_line(struct text *rest, size_t columns) {
    size_t fit = 0, blank = SIZE_MAX;
    while (fit < rest->len && fit < columns && rest->at[fit] != '\n') {
        if (rest->at[fit] == ' ') blank = fit;
        fit++;
    }
    bool ends = fit == rest->len || rest->at[fit] == '\n' || rest->at[fit] == ' ';
    size_t n = ends || blank == SIZE_MAX ? fit : blank;
    struct text line = text_part(*rest, 0, n);
    if (n < rest->len && (rest->at[n] == '\n' || rest->at[n] == ' ')) n++; /* what the line is cut at is not shown */
    *rest = text_part(*rest, n, rest->len);
    return line;
}

static bool check_text(struct text t, struct error *err) {
    if (text_trim(t).len == 0) return error_set(err, ERROR_DATA, "no text to be written");
    for (size_t i = 0; i < t.len; i++) {
        uint32_t code = (unsigned char)t.at[i];
        if ((code >= FIRST && code <= LAST) || code == '\n') continue;
        text_utf8_next(text_part(t, i, t.len), &code);
        return error_set(err, ERROR_DATA, "the font has no character U+%04X (byte %zu): it has those of ASCII",
                         (unsigned)code, i);
    }
    return true;
}

static void draw_dots(struct image *image, unsigned char c, size_t left, size_t top, size_t scale) {
    for (size_t y = 0; y < DOTS_HIGH * scale; y++)
        for (size_t x = 0; x < DOTS_WIDE * scale; x++)
            if (font[c - FIRST][y / scale] >> (DOTS_WIDE - 1 - x / scale) & 1)
                memset(image->rgb + 3 * ((top + y) * image->width + left + x), 0, 3);
}

struct image *image_made_text(struct text text, size_t width, size_t scale, struct arena *arena, struct error *err) {
    size_t room = width > 2 * MARGIN * scale ? width - 2 * MARGIN * scale : 0, columns = room / (CELL_WIDE * scale),
           lines = 0;
    if (!check_text(text, err)) return NULL;
    if (columns == 0)
        return error_set(err, ERROR_USAGE, "%zu pixels are too narrow for text of scale %zu", width, scale), NULL;
    for (struct text rest = text; rest.len; lines++) next_line(&rest, columns);
    size_t height = (lines * CELL_HIGH + 2 * MARGIN) * scale;
    if (height > HEIGHT_MOST)
        return error_set(err, ERROR_DATA, "the text takes %zu lines of %zu characters, at most %zu", lines, columns,
                         (HEIGHT_MOST / scale - 2 * MARGIN) / CELL_HIGH),
               NULL;
    struct image *image = image_new(width, height, IMAGE_PIXELS_MOST, arena, err);
    if (!image) return NULL;
    memset(image->rgb, 255, 3 * width * height);
    for (size_t line = 0; text.len; line++) {
        struct text now = next_line(&text, columns);
        for (size_t i = 0; i < now.len; i++)
            draw_dots(image, (unsigned char)now.at[i], (MARGIN + i * CELL_WIDE) * scale,
                      (MARGIN + line * CELL_HIGH) * scale, scale);
    }
    return image;
}
