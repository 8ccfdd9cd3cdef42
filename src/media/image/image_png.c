/* PNG through libpng's simplified interface, which reports errors as text: see image.h. */
#include "media/image/image.h"

#include <png.h>
#include <string.h>

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

bool png_looks(struct text bytes) {
    return bytes.len >= sizeof signature && memcmp(bytes.at, signature, sizeof signature) == 0;
}

/* The chunks up to IEND, which libpng does not miss where the pixels are all there. */
static bool is_whole(struct text bytes, struct error *err) {
    const unsigned char *at = (const unsigned char *)bytes.at;
    for (size_t i = sizeof signature; bytes.len - i >= 12;) {
        size_t n = (size_t)at[i] << 24 | (size_t)at[i + 1] << 16 | (size_t)at[i + 2] << 8 | at[i + 3];
        if (memcmp(at + i + 4, "IEND", 4) == 0) return true;
        if (n > bytes.len - i - 12) break;
        i += 12 + n;
    }
    return error_set(err, ERROR_DATA, "the PNG is cut short: no IEND within its %zu bytes", bytes.len);
}

/* rgba over white: [n][4] to [n][3]. Were there any pixels that are not opaque? */
static bool lay_over_white(const unsigned char *rgba, size_t n, unsigned char *rgb) {
    bool clear = false;
    for (size_t i = 0; i < n; i++) {
        unsigned alpha = rgba[4 * i + 3];
        clear |= alpha < 255;
        for (size_t c = 0; c < 3; c++)
            rgb[3 * i + c] = (unsigned char)((rgba[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
    return clear;
}

static bool fault(png_image *png, struct error *err) {
    error_set(err, ERROR_DATA, "damaged PNG: %.63s", png->message);
    png_image_free(png);
    return false;
}

/* With alpha by way of a picture of four channels. */
static bool read_pixels(png_image *png, struct image *image, struct arena *arena, struct media_told *told,
                        struct error *err) {
    bool alpha = png->format & PNG_FORMAT_FLAG_ALPHA;
    size_t n = image->width * image->height;
    unsigned char *rgba = alpha ? arena_alloc(arena, n, 4, err) : NULL;
    if (alpha && !rgba) {
        png_image_free(png);
        return false;
    }
    png->format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
    png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* 16 bits without a word on gamma are sRGB as 8 bits are */
    if (!png_image_finish_read(png, NULL, alpha ? rgba : image->rgb, 0, NULL)) return fault(png, err);
    if (alpha && lay_over_white(rgba, n, image->rgb) && told) media_note(told, "alpha over white");
    return true;
}

/* libpng itself names a width of 0 only as "invalid IHDR data". */
static bool check_header(struct text bytes, size_t most, struct error *err) {
    const unsigned char *at = (const unsigned char *)bytes.at + 16;
    if (bytes.len < 33 || memcmp(bytes.at + 12, "IHDR", 4) != 0)
        return error_set(err, ERROR_DATA, "damaged PNG: no header");
    uint32_t width = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    uint32_t height = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7];
    return image_size_check(width, height, most, err);
}

struct image *png_read(struct text bytes, size_t most, struct arena *arena, struct media_told *told,
                       struct error *err) {
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!check_header(bytes, most, err) || !is_whole(bytes, err)) return NULL;
    if (!png_image_begin_read_from_memory(&png, bytes.at, bytes.len)) return fault(&png, err), NULL;
    struct image *image = image_new(png.width, png.height, most, arena, err);
    if (!image) {
        png_image_free(&png);
        return NULL;
    }
    return read_pixels(&png, image, arena, told, err) ? image : NULL;
}

bool png_write(const struct image *image, struct buffer *out, struct error *err) {
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = PNG_FORMAT_RGB};
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(png);
    unsigned char *bytes = memory_alloc(n);
    if (!bytes) return error_memory(err, "PNG");
    bool ok = png_image_write_to_memory(&png, bytes, &n, 0, image->rgb, 0, NULL) ||
              error_set(err, ERROR_ENVIRONMENT, "cannot make a PNG: %.63s", png.message);
    ok = ok && (buffer_put(out, bytes, n) || buffer_check(out, "PNG", err));
    memory_free(bytes);
    return ok;
}
