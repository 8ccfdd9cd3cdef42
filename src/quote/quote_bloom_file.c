/* Files of Bloom filters: see quote_bloom.h for their form. */
#include "quote/quote_bloom_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_BLOCKS = 1 << 20, BLOCK = 64 << 20 };

/* ---- the header ---- */

struct header_field {
    const char *name;
    size_t at, bytes;
};
enum {
    H_TOTAL,
    H_FILTERS,
    H_OPTIONS,
    H_GROWTH,
    H_BYTES,
    H_BITS,
    H_ITEMS,
    H_RATE,
    H_EACH,
    H_HASHES,
    H_CAPACITY,
    H_N2,
    H_FIELDS
};
static const struct header_field fields[H_FIELDS] = {{"items of all filters", 0, 8},
                                                     {"number of filters", 8, 4},
                                                     {"options", 12, 4},
                                                     {"growth", 16, 4},
                                                     {"bytes", 20, 8},
                                                     {"bits", 28, 8},
                                                     {"items", 36, 8},
                                                     {"error", 44, 8},
                                                     {"bits_per_element", 52, 8},
                                                     {"hashes", 60, 4},
                                                     {"max_entries", 64, 8},
                                                     {"n2", 72, 1}};

static uint64_t field(const unsigned char *header, int i) {
    uint64_t v = 0;
    memcpy(&v, header + fields[i].at, fields[i].bytes);
    return v;
}

static double real_field(const unsigned char *header, int i) {
    double v;
    memcpy(&v, header + fields[i].at, 8);
    return v;
}

static void put_field(unsigned char *header, int i, uint64_t v) {
    memcpy(header + fields[i].at, &v, fields[i].bytes);
}

static void put_real(unsigned char *header, int i, double v) {
    memcpy(header + fields[i].at, &v, 8);
}

static void put_header(const struct quote_bloom_shape *shape, unsigned char header[BLOOM_HEADER]) {
    put_field(header, H_TOTAL, shape->items);
    put_field(header, H_FILTERS, 1);
    put_field(header, H_OPTIONS, shape->options);
    put_field(header, H_GROWTH, shape->growth);
    put_field(header, H_BYTES, shape->bytes);
    put_field(header, H_BITS, shape->bits);
    put_field(header, H_ITEMS, shape->items);
    put_real(header, H_RATE, shape->rate);
    put_real(header, H_EACH, shape->bits_per_element);
    put_field(header, H_HASHES, shape->hashes);
    put_field(header, H_CAPACITY, shape->capacity);
    put_field(header, H_N2, shape->n2);
}

static bool differs(int i, double found, double expected, struct error *err) {
    return error_set(err, ERROR_DATA, "field '%s' of the header is %.17g, the others say %.17g", fields[i].name, found,
                     expected);
}

static bool near(double a, double b) {
    return fabs(a - b) <= 1e-6 * (fabs(a) + fabs(b));
}

/* k, m and f agree with the formulas. */
static bool check_shape(const struct quote_bloom_shape *s, struct error *err) {
    struct quote_bloom_shape wanted;
    if (!quote_bloom_shape_of(s->capacity, s->rate, &wanted, err)) {
        if (err) err->kind = ERROR_DATA; /* here it is the file that asks for it */
        return error_wrap(err, "header");
    }
    if (s->n2) {
        if (s->n2 > 43 || s->bits != (uint64_t)1 << s->n2)
            return differs(H_BITS, (double)s->bits, ldexp(1, s->n2), err);
        if (s->bits < wanted.bits) return differs(H_BITS, (double)s->bits, (double)wanted.bits, err);
    } else if (s->bits != wanted.bits) {
        return differs(H_BITS, (double)s->bits, (double)wanted.bits, err);
    }
    if (s->bytes != (s->bits + 7) / 8) return differs(H_BYTES, (double)s->bytes, (double)((s->bits + 7) / 8), err);
    if (!near(s->bits_per_element, wanted.bits_per_element))
        return differs(H_EACH, s->bits_per_element, wanted.bits_per_element, err);
    return s->hashes == wanted.hashes || differs(H_HASHES, s->hashes, wanted.hashes, err);
}

static bool read_header(const unsigned char *header, struct quote_bloom_shape *out, struct error *err) {
    if (field(header, H_FILTERS) != 1)
        return error_set(err, ERROR_DATA, "the header counts %llu filters; only filters that do not scale are read",
                         (unsigned long long)field(header, H_FILTERS));
    *out = (struct quote_bloom_shape){.items = field(header, H_ITEMS),
                                      .bits = field(header, H_BITS),
                                      .bytes = field(header, H_BYTES),
                                      .capacity = field(header, H_CAPACITY),
                                      .rate = real_field(header, H_RATE),
                                      .bits_per_element = real_field(header, H_EACH),
                                      .hashes = (uint32_t)field(header, H_HASHES),
                                      .options = (uint32_t)field(header, H_OPTIONS),
                                      .growth = (uint32_t)field(header, H_GROWTH),
                                      .n2 = (uint8_t)field(header, H_N2)};
    if (!(out->options & 4))
        return error_set(err, ERROR_DATA, "field 'options' of the header is %u: hashes of 32 bits are not read",
                         out->options);
    if (field(header, H_TOTAL) != out->items)
        return differs(H_TOTAL, (double)field(header, H_TOTAL), (double)out->items, err);
    return check_shape(out, err);
}

/* ---- writing ---- */

static json_t *block_json(uint64_t iter, size_t number, uint64_t size, const char *part) {
    return json_pack("{s:I s:I s:I s:s}", "iter", (json_int_t)iter, "block_num", (json_int_t)number, "block_size",
                     (json_int_t)size, "part_file", part);
}

static json_t *info_json(const struct quote_bloom_shape *s) {
    return json_pack("{s:I s:i s:I s:I s:I s:I s:I s:f s:f s:I s:I s:i}", "chain_size", (json_int_t)s->items,
                     "chain_n_filters", 1, "options", (json_int_t)s->options, "growth", (json_int_t)s->growth, "bytes",
                     (json_int_t)s->bytes, "bits", (json_int_t)s->bits, "current_size", (json_int_t)s->items, "error",
                     s->rate, "bits_per_element", s->bits_per_element, "hashes", (json_int_t)s->hashes, "max_entries",
                     (json_int_t)s->capacity, "n2", (int)s->n2);
}

static const char *name_in_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct writing {
    const struct quote_bloom *bloom;
    const char *path;
    uint64_t part_bytes, next; /* next: byte of the filter */
    json_t *blocks;
    size_t part;
};

/* One part: the header if it is the first, then blocks until it is full. */
static bool write_part(struct writing *w, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *name = arena_printf(&arena, err, "%s.part%zu.bin", w->path, w->part);
    struct file_out out;
    bool ok = name && file_out_open(&out, name, err);
    if (!ok) return arena_done(&arena), false;
    uint64_t room = w->part_bytes;
    if (w->part == 0) {
        unsigned char header[BLOOM_HEADER];
        put_header(&w->bloom->shape, header);
        file_out_put(&out, header, sizeof header);
        room -= sizeof header;
        json_array_append_new(w->blocks, block_json(1, 0, sizeof header, name_in_folder(name)));
    }
    while (room > 0 && w->next < w->bloom->shape.bytes) {
        uint64_t n = w->bloom->shape.bytes - w->next;
        n = n < BLOCK ? n : BLOCK;
        n = n < room ? n : room;
        file_out_put(&out, w->bloom->bits + w->next, (size_t)n);
        w->next += n;
        room -= n;
        json_array_append_new(w->blocks, block_json(1 + w->next, json_array_size(w->blocks), n, name_in_folder(name)));
    }
    ok = file_out_commit(&out, err);
    arena_done(&arena);
    return ok;
}

bool quote_bloom_write(const struct quote_bloom *bloom, const char *path, size_t width, const json_t *meta,
                       uint64_t part_bytes, struct error *err) {
    struct writing w = {bloom, path, part_bytes ? part_bytes : (uint64_t)2 << 30, 0, json_array(), 0};
    if (w.part_bytes <= BLOOM_HEADER) return json_decref(w.blocks), error_set(err, ERROR_USAGE, "parts are too small");
    bool ok = w.blocks || error_memory(err, "index");
    for (; ok && (w.part == 0 || w.next < bloom->shape.bytes); w.part++) ok = write_part(&w, err);
    json_t *index = ok ? json_pack("{s:O s:o s:I s:s}", "blocks", w.blocks, "bf_info", info_json(&bloom->shape),
                                   "width", (json_int_t)width, "key", name_in_folder(path))
                       : NULL;
    if (ok && !index) ok = error_memory(err, "index");
    if (ok && meta && json_object_update((json_t *)index, (json_t *)meta) != 0) ok = error_memory(err, "index");
    struct buffer text;
    buffer_init(&text, 256 << 20);
    ok = ok && json_put(&text, index, 1) && buffer_put_char(&text, '\n') && file_write(path, buffer_text(&text), err);
    buffer_done(&text);
    json_decref(index);
    json_decref(w.blocks);
    return ok;
}

/* ---- reading ---- */

struct opening {
    struct quote_bloom *bloom;
    const char *path;
    json_t *blocks;
    size_t parts_room;
};

static struct bloom_part *part_named(struct opening *o, struct text name, struct error *err) {
    struct quote_bloom *b = o->bloom;
    for (size_t i = b->n_parts; i > 0; i--)
        if (text_equal_c(name, b->parts[i - 1].name)) return &b->parts[i - 1];
    /* A part is a file beside the index, never one elsewhere. */
    if (name.len == 0 || memchr(name.at, '/', name.len) || text_equal_c(name, ".."))
        return error_set(err, ERROR_DATA, "part_file '%.*s' is not the name of a file beside the index",
                         TEXT_ARG(name)),
               NULL;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *zero = text_copy(&arena, name, err), *path = zero ? file_beside(&arena, o->path, zero, err) : NULL;
    struct bloom_part *grown = path ? memory_grow(b->parts, b->n_parts + 1, sizeof *b->parts) : NULL;
    struct bloom_part *part = NULL;
    if (grown) {
        b->parts = grown;
        part = &b->parts[b->n_parts];
        *part = (struct bloom_part){.name = memory_alloc(name.len + 1)};
        if (part->name && file_map(path, &part->map, err)) {
            memcpy(part->name, name.at, name.len);
            part->name[name.len] = 0;
            b->n_parts++;
        } else {
            if (!part->name) error_memory(err, "parts");
            memory_free(part->name);
            part = NULL;
        }
    } else if (path) {
        error_memory(err, "parts");
    }
    arena_done(&arena);
    return part;
}

/* Block i where it stands. */
static bool block_at(struct opening *o, size_t i, const unsigned char **at, uint64_t *n, uint64_t *iter,
                     struct error *err) {
    char where[64];
    snprintf(where, sizeof where, "blocks[%zu]", i);
    struct json_place place = {o->path, 0, where};
    const json_t *block = json_array_get(o->blocks, i);
    int64_t number, size, upto;
    struct text name;
    if (!json_get_i64(block, "block_num", place, &number, err) ||
        !json_get_i64(block, "block_size", place, &size, err) || !json_get_i64(block, "iter", place, &upto, err) ||
        !json_get_text(block, "part_file", place, &name, err))
        return false;
    if (number != (int64_t)i || size < 0 || upto < 1)
        return error_set(err, ERROR_DATA, "%s: %s: block_num %lld, block_size %lld, iter %lld", o->path, where,
                         (long long)number, (long long)size, (long long)upto);
    struct bloom_part *part = part_named(o, name, err);
    if (!part) return error_wrap(err, "%s: %s", o->path, where);
    if ((uint64_t)size > part->map.len - part->used)
        return error_set(err, ERROR_DATA, "%s: %s needs %lld bytes of part '%s', which has %llu left: it is cut short",
                         o->path, where, (long long)size, part->name, (unsigned long long)(part->map.len - part->used));
    *at = part->map.at + part->used;
    *n = (uint64_t)size;
    *iter = (uint64_t)upto;
    part->used += *n;
    return true;
}

static bool add_stretch(struct quote_bloom *b, const unsigned char *at, uint64_t first, uint64_t n, struct error *err) {
    struct bloom_stretch *last = b->n_stretches ? &b->stretches[b->n_stretches - 1] : NULL;
    if (last && last->at + last->n == at) return last->n += n, true;
    struct bloom_stretch *grown = memory_grow(b->stretches, b->n_stretches + 1, sizeof *grown);
    if (!grown) return error_memory(err, "blocks");
    b->stretches = grown;
    b->stretches[b->n_stretches++] = (struct bloom_stretch){first, n, at};
    return true;
}

static bool read_blocks(struct opening *o, struct error *err) {
    struct quote_bloom *b = o->bloom;
    size_t n_blocks = json_array_size(o->blocks);
    const unsigned char *at;
    uint64_t n, iter, next = 0;
    if (n_blocks == 0 || n_blocks > MAX_BLOCKS)
        return error_set(err, ERROR_DATA, "%s: field 'blocks' has %zu entries", o->path, n_blocks);
    if (!block_at(o, 0, &at, &n, &iter, err)) return false;
    if (n != BLOOM_HEADER || iter != 1)
        return error_set(err, ERROR_DATA, "%s: block 0 is the header, of %d bytes and iter 1, here %llu and %llu",
                         o->path, BLOOM_HEADER, (unsigned long long)n, (unsigned long long)iter);
    if (!read_header(at, &b->shape, err)) return error_wrap(err, "%s", o->path);
    for (size_t i = 1; i < n_blocks; i++) {
        if (!block_at(o, i, &at, &n, &iter, err)) return false;
        if (n > b->shape.bytes - next || iter != 1 + next + n)
            return error_set(err, ERROR_DATA, "%s: block %zu ends at iter %llu, the blocks before it at %llu", o->path,
                             i, (unsigned long long)iter, (unsigned long long)(1 + next));
        if (n && !add_stretch(b, at, next, n, err)) return false;
        next += n;
    }
    return next == b->shape.bytes || error_set(err, ERROR_DATA, "%s: the blocks hold %llu of %llu bytes", o->path,
                                               (unsigned long long)next, (unsigned long long)b->shape.bytes);
}

/* Where the index repeats what the header says, both agree. */
static bool check_info(const struct opening *o, const json_t *index, struct error *err) {
    const struct quote_bloom_shape *s = &o->bloom->shape;
    const json_t *info = json_object_get(index, "bf_info");
    const struct {
        const char *key;
        double value;
    } known[] = {{"bytes", (double)s->bytes}, {"bits", (double)s->bits},
                 {"hashes", s->hashes},       {"max_entries", (double)s->capacity},
                 {"error", s->rate},          {"n2", s->n2},
                 {"options", s->options}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const json_t *said = json_object_get(info, known[i].key);
        if (said && !near(json_number_value(said), known[i].value))
            return error_set(err, ERROR_DATA, "%s: field 'bf_info.%s' is %g, the header says %g", o->path, known[i].key,
                             json_number_value(said), known[i].value);
    }
    return true;
}

static bool read_index(struct opening *o, size_t *width, struct error *err) {
    struct json_place place = {o->path, 0, ""};
    int64_t said;
    o->bloom->index = json_read_file(o->path, 256 << 20, err);
    if (!o->bloom->index || !json_get_array(o->bloom->index, "blocks", place, &o->blocks, err) ||
        !json_get_i64(o->bloom->index, "width", place, &said, err))
        return false;
    if (said < 1 || said > 10000)
        return error_set(err, ERROR_DATA, "%s: field 'width' is %lld", o->path, (long long)said);
    *width = (size_t)said;
    return read_blocks(o, err) && check_info(o, o->bloom->index, err);
}

struct quote_bloom *quote_bloom_open(const char *path, size_t *width, const json_t **index, struct error *err) {
    struct opening o = {memory_zeroed(1, sizeof *o.bloom), path, NULL, 0};
    if (!o.bloom) return error_memory(err, "filter"), NULL;
    if (!read_index(&o, width, err)) return quote_bloom_free(o.bloom), NULL;
    if (index) *index = o.bloom->index;
    return o.bloom;
}
