/* Files of activations: see activation_file.h for every byte. */
#include "lm/files/activation_file.h"

#include "lm/files/little_endian.h"
#include "lm/files/model_file.h"

#include <string.h>

enum { FIXED = 104, ALIGNED = 64 };
static const char magic[8] = "BSNACT1\n";

static size_t header_bytes(uint32_t layers) {
    return (FIXED + layers * 4 + ALIGNED - 1) / ALIGNED * ALIGNED;
}

static void put_header(struct activation_out *out) {
    static const unsigned char zeros[ALIGNED] = {0};
    const struct activation_header *h = &out->header;
    unsigned char at[FIXED] = {0};
    memcpy(at, magic, sizeof magic);
    put_u64(at + 8, h->n);
    put_u32(at + 16, h->layers);
    put_u32(at + 20, h->width);
    put_u32(at + 28, h->pooling);
    put_u32(at + 32, h->blocks);
    put_hex(at + 40, h->subject);
    put_hex(at + 72, h->texts);
    file_out_put(&out->file, at, sizeof at);
    for (uint32_t i = 0; i < h->layers; i++) {
        unsigned char one[4];
        put_u32(one, h->which[i]);
        file_out_put(&out->file, one, sizeof one);
    }
    file_out_put(&out->file, zeros, header_bytes(h->layers) - FIXED - h->layers * 4);
}

bool activation_out_open(struct activation_out *out, const char *path, const struct activation_header *header,
                         struct error *err) {
    *out = (struct activation_out){.header = *header};
    if (!header->layers || header->layers > ACTIVATION_LAYERS_MAX || !header->width)
        return error_set(err, ERROR_USAGE, "activations of %u layers of %u numbers: 1 to %d layers can be written",
                         header->layers, header->width, ACTIVATION_LAYERS_MAX);
    if (!file_out_open(&out->file, path, err)) return false;
    sha256_init(&out->texts);
    put_header(out);
    if (fseek(out->file.stream, 0, SEEK_CUR) == 0) return true;
    file_out_abandon(&out->file);
    return error_set(err, ERROR_ENVIRONMENT,
                     "%s: a file of activations can only be written where its beginning can be "
                     "written again; name a file",
                     path);
}

void activation_out_put(struct activation_out *out, const int32_t *ids, size_t n_ids, const float *values,
                        size_t rows) {
    add_ids(&out->texts, ids, n_ids);
    size_t n = rows * out->header.layers * out->header.width;
    put_floats(&out->file, values, n);
    out->header.n += rows;
}

bool activation_out_commit(struct activation_out *out, struct error *err) {
    sha256_end_hex(&out->texts, out->header.texts);
    if (fseek(out->file.stream, 0, SEEK_SET) != 0) out->file.failed = true;
    put_header(out);
    return file_out_commit(&out->file, err);
}

void activation_out_abandon(struct activation_out *out) {
    file_out_abandon(&out->file);
}

/* ---- reading ---- */

static bool check_sizes(const struct activation_in *in, const char *path, struct error *err) {
    const struct activation_header *h = &in->header;
    uint64_t n;
    if (get_u32(in->map.at + 24) != 0)
        return model_file_error(path, 24, err, "numbers of type %u, expected 0 (f32)", get_u32(in->map.at + 24));
    if (!h->layers || h->layers > ACTIVATION_LAYERS_MAX || !h->width)
        return model_file_error(path, 16, err, "%u layers of %u numbers, expected 1 to %d of at least 1", h->layers,
                                h->width, ACTIVATION_LAYERS_MAX);
    if (h->pooling > 3) return model_file_error(path, 28, err, "pooling %u, expected 0 to 3", h->pooling);
    if (__builtin_mul_overflow(h->n, (uint64_t)h->layers * h->width, &n) || n > (UINT64_MAX - (1 << 20)) / 4 ||
        header_bytes(h->layers) + n * 4 != in->map.len)
        return model_file_error(path, 8, err, "%llu rows of %u x %u numbers do not make %zu bytes",
                                (unsigned long long)h->n, h->layers, h->width, in->map.len);
    return true;
}

static bool read_header(struct activation_in *in, const char *path, struct error *err) {
    const unsigned char *at = in->map.at;
    struct activation_header *h = &in->header;
    if (in->map.len < FIXED || memcmp(at, magic, sizeof magic) != 0)
        return model_file_error(path, 0, err, "no file of activations: expected \"BSNACT1\" and %d bytes of header",
                                FIXED);
    h->n = get_u64(at + 8);
    h->layers = get_u32(at + 16);
    h->width = get_u32(at + 20);
    h->pooling = get_u32(at + 28);
    h->blocks = get_u32(at + 32);
    get_hex(at + 40, h->subject);
    get_hex(at + 72, h->texts);
    if (!check_sizes(in, path, err)) return false;
    for (uint32_t i = 0; i < h->layers; i++) {
        h->which[i] = get_u32(at + FIXED + i * 4);
        if (h->which[i] > h->blocks + 1)
            return model_file_error(path, FIXED + i * 4, err, "layer %u of a model with %u blocks", h->which[i],
                                    h->blocks);
    }
    in->values = (const float *)(const void *)(at + header_bytes(h->layers));
    return true;
}

bool activation_in_read(struct activation_in *in, const struct file_map *map, const char *path, struct error *err) {
    *in = (struct activation_in){.map = *map};
    return read_header(in, path, err);
}

bool activation_in_open(struct activation_in *in, const char *path, struct error *err) {
    *in = (struct activation_in){0};
    if (!file_map(path, &in->map, err)) return false;
    if (read_header(in, path, err)) return true;
    activation_in_close(in);
    return false;
}

void activation_in_close(struct activation_in *in) {
    file_unmap(&in->map);
    *in = (struct activation_in){0};
}
