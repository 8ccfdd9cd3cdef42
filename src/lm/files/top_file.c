/* Distillation dumps: see top_file.h for every byte. */
#include "lm/files/top_file.h"

#include "lm/files/little_endian.h"
#include "lm/files/model_file.h"

#include <math.h>
#include <string.h>

enum { HEADER = 128, ONE = 65535 };
static const char magic[8] = "BSNTOP1\n";

static size_t position_bytes(uint32_t k) {
    return (size_t)k * 6 + 2;
}

static void put_header(struct top_out *out) {
    const struct top_header *h = &out->header;
    unsigned char at[HEADER] = {0};
    memcpy(at, magic, sizeof magic);
    put_u32(at + 8, h->k);
    put_u32(at + 12, h->vocabulary);
    put_u64(at + 16, h->texts);
    put_u64(at + 24, h->positions);
    put_hex(at + 32, h->tokenizer);
    put_hex(at + 64, h->subject);
    put_hex(at + 96, h->ids);
    file_out_put(&out->file, at, sizeof at);
}

bool top_out_open(struct top_out *out, const char *path, const struct top_header *header, struct error *err) {
    *out = (struct top_out){.header = *header};
    if (!header->k || header->k > TOP_K_MAX || header->k > header->vocabulary)
        return error_set(err, ERROR_USAGE, "a dump of %u tokens of each position: 1 to %u can be kept", header->k,
                         header->vocabulary < TOP_K_MAX ? header->vocabulary : (unsigned)TOP_K_MAX);
    if (!file_out_open(&out->file, path, err)) return false;
    sha256_init(&out->ids);
    put_header(out);
    if (fseek(out->file.stream, 0, SEEK_CUR) == 0) return true;
    file_out_abandon(&out->file);
    return error_set(err, ERROR_ENVIRONMENT,
                     "%s: a dump can only be written where its beginning can be written again; name "
                     "a file",
                     path);
}

void top_out_text(struct top_out *out, const int32_t *ids, size_t n) {
    add_ids(&out->ids, ids, n);
    out->header.texts++;
}

static uint16_t units(double p) {
    return p > 0 ? p < 1 ? (uint16_t)lround(p * ONE) : ONE : 0;
}

void top_out_put(struct top_out *out, const int32_t *ids, const double *p, double rest) {
    unsigned char at[6];
    for (uint32_t i = 0; i < out->header.k; i++) {
        put_u32(at, (uint32_t)ids[i]);
        put_u16(at + 4, units(p[i]));
        file_out_put(&out->file, at, 6);
    }
    put_u16(at, units(rest));
    file_out_put(&out->file, at, 2);
    out->header.positions++;
}

bool top_out_commit(struct top_out *out, struct error *err) {
    sha256_end_hex(&out->ids, out->header.ids);
    if (fseek(out->file.stream, 0, SEEK_SET) != 0) out->file.failed = true;
    put_header(out);
    return file_out_commit(&out->file, err);
}

void top_out_abandon(struct top_out *out) {
    file_out_abandon(&out->file);
}

/* ---- reading ---- */

static bool check_position(const struct top_in *in, const char *path, uint64_t i, struct error *err) {
    uint32_t k = in->header.k, before = ONE;
    size_t offset = HEADER + i * position_bytes(k);
    for (uint32_t j = 0; j < k; j++) {
        const unsigned char *at = in->map.at + offset + j * 6;
        if (get_u32(at) >= in->header.vocabulary)
            return model_file_error(path, offset + j * 6, err, "token %u, the vocabulary has 0..%u", get_u32(at),
                                    in->header.vocabulary - 1);
        if (get_u16(at + 4) > before)
            return model_file_error(path, offset + j * 6 + 4, err, "probability %u behind %u, expected falling ones",
                                    get_u16(at + 4), before);
        before = get_u16(at + 4);
    }
    return true;
}

static bool read_header(struct top_in *in, const char *path, struct error *err) {
    const unsigned char *at = in->map.at;
    struct top_header *h = &in->header;
    uint64_t bytes;
    if (in->map.len < HEADER || memcmp(at, magic, sizeof magic) != 0)
        return model_file_error(path, 0, err, "no distillation dump: expected \"BSNTOP1\" and %d bytes of header",
                                HEADER);
    h->k = get_u32(at + 8);
    h->vocabulary = get_u32(at + 12);
    h->texts = get_u64(at + 16);
    h->positions = get_u64(at + 24);
    get_hex(at + 32, h->tokenizer);
    get_hex(at + 64, h->subject);
    get_hex(at + 96, h->ids);
    if (!h->k || h->k > TOP_K_MAX || h->k > h->vocabulary)
        return model_file_error(path, 8, err, "%u tokens of each position from a vocabulary of %u", h->k,
                                h->vocabulary);
    if (__builtin_mul_overflow(h->positions, (uint64_t)position_bytes(h->k), &bytes) || bytes > UINT64_MAX - HEADER ||
        HEADER + bytes != in->map.len)
        return model_file_error(path, 24, err, "%llu positions of %u tokens do not make %zu bytes",
                                (unsigned long long)h->positions, h->k, in->map.len);
    for (uint64_t i = 0; i < h->positions; i++)
        if (!check_position(in, path, i, err)) return false;
    return true;
}

bool top_in_read(struct top_in *in, const struct file_map *map, const char *path, struct error *err) {
    *in = (struct top_in){.map = *map};
    return read_header(in, path, err);
}

bool top_in_open(struct top_in *in, const char *path, struct error *err) {
    *in = (struct top_in){0};
    if (!file_map(path, &in->map, err)) return false;
    if (read_header(in, path, err)) return true;
    top_in_close(in);
    return false;
}

void top_in_close(struct top_in *in) {
    file_unmap(&in->map);
    *in = (struct top_in){0};
}

double top_in_get(const struct top_in *in, uint64_t position, int32_t *ids, double *p) {
    const unsigned char *at = in->map.at + HEADER + position * position_bytes(in->header.k);
    for (uint32_t i = 0; i < in->header.k; i++, at += 6) {
        ids[i] = (int32_t)get_u32(at);
        p[i] = (double)get_u16(at + 4) / ONE;
    }
    return (double)get_u16(at) / ONE;
}
