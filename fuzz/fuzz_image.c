/* Pictures from strangers: what is read has the size that the file says and no more pixels than were allowed, the same
 * twice; every refusal is about the data and has a message. */
#include "media/image/image.h"

#include <stdlib.h>
#include <string.h>

enum { PIXELS_MOST = 1 << 16 };

static struct image *read_it(struct text bytes, struct arena *arena, struct media_told *told, struct error *err) {
    return png_looks(bytes) ? png_read(bytes, PIXELS_MOST, arena, told, err)
                            : jpeg_read(bytes, PIXELS_MOST, arena, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16) return 0;
    struct text bytes = {(const char *)data, size};
    struct error err = {0};
    struct arena arena;
    struct media_told told = {0};
    arena_init(&arena, (size_t)64 << 20);
    struct image *image = read_it(bytes, &arena, &told, &err), *again = NULL;
    if (!image && (err.kind != ERROR_DATA || !err.message[0])) abort();
    if (image && (image->width == 0 || image->height == 0 || image->width * image->height > PIXELS_MOST)) abort();
    if (image) again = read_it(bytes, &arena, &told, &err);
    if (image && (!again || memcmp(image->rgb, again->rgb, 3 * image->width * image->height) != 0)) abort();
    arena_done(&arena);
    return 0;
}
