/* JPEG through libjpeg: see image.h. libjpeg reports errors by a jump; between it and the setjmp there are only its own
 * frames, and what must be freed afterwards lies in one struct. */
#include "media/image/image.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { SCANS_MOST = 200 }; /* a progressive file may repeat scans of a large picture without end */

struct trouble {
    struct jpeg_error_mgr manager; /* first, so that libjpeg's pointer to it is one to us */
    jmp_buf back;
    char message[JMSG_LENGTH_MAX]; /* of the first warning or of the error */
};
struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct trouble trouble;
    struct jpeg_progress_mgr progress;
    struct image *image;
};
struct encoder {
    struct jpeg_compress_struct jpeg;
    struct trouble trouble;
    unsigned char *bytes; /* grown by libjpeg with malloc */
    unsigned long n;
};

bool jpeg_looks(struct text bytes) {
    return bytes.len >= 3 && memcmp(bytes.at, "\xff\xd8\xff", 3) == 0;
}

static void give_up(j_common_ptr jpeg) {
    struct trouble *t = (struct trouble *)jpeg->err;
    if (!t->message[0]) jpeg->err->format_message(jpeg, t->message);
    longjmp(t->back, 1);
}

/* Level below 0: a warning. */
static void hear(j_common_ptr jpeg, int level) {
    struct trouble *t = (struct trouble *)jpeg->err;
    if (level >= 0) return;
    if (!t->message[0]) jpeg->err->format_message(jpeg, t->message);
    jpeg->err->num_warnings++;
}

static void say_nothing(j_common_ptr jpeg) {
}

static struct jpeg_error_mgr *listen(struct trouble *t) {
    jpeg_std_error(&t->manager);
    t->manager.error_exit = give_up;
    t->manager.emit_message = hear;
    t->manager.output_message = say_nothing;
    return &t->manager;
}

static void count_scans(j_common_ptr jpeg) {
    struct trouble *t = (struct trouble *)jpeg->err;
    if (((j_decompress_ptr)jpeg)->input_scan_number <= SCANS_MOST) return;
    snprintf(t->message, sizeof t->message, "more than %d scans", SCANS_MOST);
    longjmp(t->back, 1);
}

static bool read_rows(struct decoder *d, struct error *err) {
    JSAMPROW row;
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        row = d->image->rgb + 3 * d->image->width * d->jpeg.output_scanline;
        if (jpeg_read_scanlines(&d->jpeg, &row, 1) != 1)
            return error_set(err, ERROR_DATA, "damaged JPEG: a row is missing");
    }
    jpeg_finish_decompress(&d->jpeg);
    return d->jpeg.err->num_warnings == 0 || error_set(err, ERROR_DATA, "damaged JPEG: %.200s", d->trouble.message);
}

static bool decode(struct decoder *d, struct text bytes, size_t most, struct arena *arena, struct error *err) {
    if (setjmp(d->trouble.back)) return error_set(err, ERROR_DATA, "damaged JPEG: %.200s", d->trouble.message);
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.mem->max_memory_to_use = (long)1 << 30;
    d->progress.progress_monitor = count_scans;
    d->jpeg.progress = &d->progress;
    jpeg_mem_src(&d->jpeg, (const unsigned char *)bytes.at, bytes.len);
    jpeg_read_header(&d->jpeg, TRUE);
    if (!image_size_check(d->jpeg.image_width, d->jpeg.image_height, most, err)) return false;
    if (d->jpeg.num_components != 1 && d->jpeg.num_components != 3)
        return error_set(err, ERROR_DATA, "a JPEG of %d colour channels: only grey and colour (1 and 3) are read",
                         d->jpeg.num_components);
    d->jpeg.out_color_space = JCS_RGB;
    d->jpeg.dct_method = JDCT_ISLOW;
    if (!(d->image = image_new(d->jpeg.image_width, d->jpeg.image_height, most, arena, err))) return false;
    jpeg_start_decompress(&d->jpeg);
    return read_rows(d, err);
}

struct image *jpeg_read(struct text bytes, size_t most, struct arena *arena, struct error *err) {
    struct decoder *d = arena_new(arena, struct decoder, 1, err);
    if (!d) return NULL;
    d->jpeg.err = listen(&d->trouble);
    bool ok = decode(d, bytes, most, arena, err);
    jpeg_destroy_decompress(&d->jpeg);
    return ok ? d->image : NULL;
}

static bool encode(struct encoder *e, const struct image *image, int quality, struct error *err) {
    if (setjmp(e->trouble.back))
        return error_set(err, ERROR_ENVIRONMENT, "cannot make a JPEG: %.200s", e->trouble.message);
    jpeg_create_compress(&e->jpeg);
    jpeg_mem_dest(&e->jpeg, &e->bytes, &e->n);
    e->jpeg.image_width = (JDIMENSION)image->width;
    e->jpeg.image_height = (JDIMENSION)image->height;
    e->jpeg.input_components = 3;
    e->jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&e->jpeg);
    jpeg_set_quality(&e->jpeg, quality, TRUE);
    e->jpeg.dct_method = JDCT_ISLOW;
    jpeg_start_compress(&e->jpeg, TRUE);
    while (e->jpeg.next_scanline < e->jpeg.image_height) {
        JSAMPROW row = image->rgb + 3 * image->width * e->jpeg.next_scanline;
        jpeg_write_scanlines(&e->jpeg, &row, 1);
    }
    jpeg_finish_compress(&e->jpeg);
    return true;
}

bool jpeg_write(const struct image *image, int quality, struct buffer *out, struct error *err) {
    struct encoder *e = memory_zeroed(1, sizeof *e);
    if (!e) return error_memory(err, "JPEG");
    e->jpeg.err = listen(&e->trouble);
    bool ok = encode(e, image, quality, err);
    jpeg_destroy_compress(&e->jpeg);
    ok = ok && (buffer_put(out, e->bytes, e->n) || buffer_check(out, "JPEG", err));
    free(e->bytes);
    memory_free(e);
    return ok;
}
