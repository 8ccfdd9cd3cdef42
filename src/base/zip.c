/* Reading ZIP files: see zip.h. The end record leads to the directory, the directory to the members. */
#include "base/zip.h"

#include "base/file.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define END_BYTES 22
#define END_COMMENT 65535
#define ENTRY_BYTES 46
#define LOCAL_BYTES 30
#define MEMBERS_MOST 4000000
#define NAME_MOST 4096
#define STEP 65536

struct zip {
    struct file_map map;
    struct text bytes;
    char *shown;
    struct arena arena;
    struct zip_member *members;
    size_t n;
    uint32_t *slots; /* by name: index + 1, 0: free */
    size_t n_slots;
};

static uint64_t number(struct text t, uint64_t at, size_t bytes) {
    uint64_t v = 0;
    memcpy(&v, t.at + at, bytes); /* little-endian */
    return v;
}

static bool bad(const struct zip *z, uint64_t at, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: byte %llu: %s", z->shown, (unsigned long long)at, what);
}

static bool bad_member(const struct zip *z, struct text name, const char *what, struct error *err) {
    struct buffer shown;
    buffer_init(&shown, 1 << 16);
    buffer_put_utf8(&shown, text_part(name, 0, name.len < 120 ? name.len : 120));
    error_set(err, ERROR_DATA, "%s: member '%s': %s", z->shown, shown.at ? shown.at : "", what);
    buffer_done(&shown);
    return false;
}

struct directory {
    uint64_t at, bytes, entries;
};

static bool find_directory(const struct zip *z, struct directory *d, struct error *err) {
    struct text f = z->bytes;
    size_t least = f.len > END_BYTES + END_COMMENT ? f.len - END_BYTES - END_COMMENT : 0;
    for (size_t end = f.len < END_BYTES ? 0 : f.len - END_BYTES + 1; end-- > least;) {
        if (number(f, end, 4) != 0x06054b50) continue;
        *d = (struct directory){number(f, end + 16, 4), number(f, end + 12, 4), number(f, end + 10, 2)};
        bool large = end >= 20 && number(f, end - 20, 4) == 0x07064b50;
        uint64_t record = large ? number(f, end - 12, 8) : 0;
        if (large && f.len >= 56 && record <= f.len - 56 && number(f, record, 4) == 0x06064b50)
            *d = (struct directory){number(f, record + 48, 8), number(f, record + 40, 8), number(f, record + 32, 8)};
        if (d->at > end || d->bytes > end - d->at) return bad(z, end, "its directory reaches outside the file", err);
        if (d->entries > MEMBERS_MOST || d->entries > d->bytes / ENTRY_BYTES)
            return bad(z, end, "more members are announced than its directory can hold", err);
        return true;
    }
    return bad(z, f.len, "expected the end of a zip file; it is cut short, copy it again", err);
}

/* A name that stays inside a folder: no drive, no root, no step up. */
static bool name_is_tame(struct text name) {
    struct text rest = name, part;
    if (!name.len || name.len > NAME_MOST || name.at[0] == '/' || memchr(name.at, 0, name.len) ||
        memchr(name.at, '\\', name.len) || memchr(name.at, ':', name.len < 3 ? name.len : 3))
        return false;
    while (text_next(&rest, '/', &part))
        if (text_equal_c(part, "..")) return false;
    return text_utf8_invalid(name) == SIZE_MAX;
}

/* Numbers that do not fit into 32 bits stand in the extra field 1, in the order size, packed, place. */
static bool widen(struct text extra, struct zip_member *m) {
    uint64_t *wide[3] = {m->size == 0xFFFFFFFF ? &m->size : NULL, m->packed == 0xFFFFFFFF ? &m->packed : NULL,
                         m->at == 0xFFFFFFFF ? &m->at : NULL};
    if (!wide[0] && !wide[1] && !wide[2]) return true;
    while (extra.len >= 4) {
        size_t len = (size_t)number(extra, 2, 2), from = 4;
        if (len > extra.len - 4) return false;
        for (int i = 0; number(extra, 0, 2) == 1 && i < 3; i++) {
            if (!wide[i]) continue;
            if (from + 8 > 4 + len) return false;
            *wide[i] = number(extra, from, 8);
            from += 8;
        }
        if (number(extra, 0, 2) == 1) return true;
        extra = text_part(extra, 4 + len, extra.len);
    }
    return false;
}

static bool check_member(const struct zip *z, const struct zip_member *m, unsigned flags, struct error *err) {
    if (!name_is_tame(m->name))
        return bad_member(z, m->name, "a name that is empty, absolute or leads elsewhere is not read", err);
    if (flags & 1) return bad_member(z, m->name, "is encrypted, which is not read", err);
    if (m->at > z->bytes.len || z->bytes.len - m->at < LOCAL_BYTES || m->packed > z->bytes.len - m->at - LOCAL_BYTES)
        return bad_member(z, m->name, "reaches beyond the end of the file", err);
    return m->method != ZIP_STORED || m->packed == m->size ||
           bad_member(z, m->name, "is stored in another size than it has", err);
}

static bool remember(struct zip *z, size_t i, struct error *err) {
    struct text name = z->members[i].name;
    size_t slot = hash_xxh3(name.at, name.len) & (z->n_slots - 1);
    for (; z->slots[slot]; slot = (slot + 1) & (z->n_slots - 1))
        if (text_equal(z->members[z->slots[slot] - 1].name, name)) return bad_member(z, name, "comes twice", err);
    z->slots[slot] = (uint32_t)i + 1;
    return true;
}

/* The entry at *at, which moves on. */
static bool read_entry(struct zip *z, uint64_t *at, uint64_t end, struct error *err) {
    struct text f = z->bytes;
    if (end - *at < ENTRY_BYTES || number(f, *at, 4) != 0x02014b50)
        return bad(z, *at, "expected an entry of the zip's directory", err);
    uint64_t name = number(f, *at + 28, 2), extra = number(f, *at + 30, 2), comment = number(f, *at + 32, 2);
    uint64_t all = ENTRY_BYTES + name + extra + comment, from = *at + ENTRY_BYTES;
    if (end - *at < all) return bad(z, *at, "an entry of the zip's directory is cut short", err);
    struct zip_member m = {.name = text_part(f, from, from + name),
                           .method = (enum zip_method)number(f, *at + 10, 2),
                           .crc = (uint32_t)number(f, *at + 16, 4),
                           .packed = number(f, *at + 20, 4),
                           .size = number(f, *at + 24, 4),
                           .at = number(f, *at + 42, 4)};
    if (!widen(text_part(f, from + name, from + name + extra), &m))
        return bad_member(z, m.name, "its sizes in 64 bits are missing", err);
    if (!check_member(z, &m, (unsigned)number(f, *at + 8, 2), err)) return false;
    z->members[z->n] = m;
    *at += all;
    return remember(z, z->n++, err);
}

static bool read_directory(struct zip *z, struct error *err) {
    struct directory d = {0};
    if (!find_directory(z, &d, err)) return false;
    for (z->n_slots = 16; z->n_slots < 2 * d.entries; z->n_slots *= 2) {
    }
    if (!(z->members = arena_new(&z->arena, struct zip_member, d.entries + 1, err)) ||
        !(z->slots = arena_new(&z->arena, uint32_t, z->n_slots, err)))
        return false;
    uint64_t at = d.at, packed = 0;
    for (uint64_t i = 0; i < d.entries; i++) {
        if (!read_entry(z, &at, d.at + d.bytes, err)) return false;
        packed += z->members[i].packed;
    }
    /* Members that share their bytes are how a small file unpacks to a huge one. */
    return packed <= z->bytes.len || bad(z, d.at, "its members overlap", err);
}

struct zip *zip_open(const char *path, const char *shown, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return NULL;
    struct zip *z = zip_open_bytes((struct text){(const char *)map.at, map.len}, shown, err);
    if (z)
        z->map = map;
    else
        file_unmap(&map);
    return z;
}

struct zip *zip_open_bytes(struct text bytes, const char *shown, struct error *err) {
    struct zip *z = memory_zeroed(1, sizeof *z);
    if (!z) return error_memory(err, "zip"), NULL;
    arena_init(&z->arena, (size_t)1 << 30);
    z->bytes = bytes;
    if ((z->shown = text_copy(&z->arena, text_of(shown), err)) && read_directory(z, err)) return z;
    zip_close(z);
    return NULL;
}

void zip_close(struct zip *z) {
    if (!z) return;
    file_unmap(&z->map);
    arena_done(&z->arena);
    memory_free(z);
}

size_t zip_members(const struct zip *z, const struct zip_member **out) {
    *out = z->members;
    return z->n;
}

const struct zip_member *zip_find(const struct zip *z, const char *name) {
    size_t slot = hash_xxh3(name, strlen(name)) & (z->n_slots - 1);
    for (; z->slots[slot]; slot = (slot + 1) & (z->n_slots - 1))
        if (text_equal_c(z->members[z->slots[slot] - 1].name, name)) return &z->members[z->slots[slot] - 1];
    return NULL;
}

/* Puts what was unpacked; false: more than the member says. */
static bool take(struct buffer *out, const unsigned char *at, size_t n, const struct zip_member *m) {
    return n <= m->size - out->len && buffer_put(out, at, n);
}

static bool inflate_all(const struct zip_member *m, struct text packed, struct buffer *out, unsigned char *step) {
    z_stream s = {.next_in = (unsigned char *)(uintptr_t)packed.at};
    size_t left = packed.len;
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return false;
    int state = Z_OK;
    bool fits = true;
    while (fits && state == Z_OK) {
        if (s.avail_in == 0) left -= s.avail_in = (uInt)(left < STEP ? left : STEP);
        s.next_out = step;
        s.avail_out = STEP;
        state = inflate(&s, Z_NO_FLUSH);
        fits = take(out, step, STEP - s.avail_out, m);
        if (state == Z_BUF_ERROR && left > 0) state = Z_OK;
    }
    inflateEnd(&s);
    return fits && state == Z_STREAM_END;
}

static bool unzstd_all(const struct zip_member *m, struct text packed, struct buffer *out, unsigned char *step) {
    ZSTD_DStream *s = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed.at, packed.len, 0};
    size_t state = s ? ZSTD_initDStream(s) : 0;
    bool good = s && !ZSTD_isError(state);
    while (good && (in.pos < in.size || state != 0)) {
        ZSTD_outBuffer to = {step, STEP, 0};
        size_t before = in.pos;
        state = ZSTD_decompressStream(s, &to, &in);
        good = !ZSTD_isError(state) && take(out, step, to.pos, m) && (to.pos > 0 || in.pos > before || state == 0);
    }
    ZSTD_freeDStream(s);
    return good && state == 0;
}

/* The bytes of a member as they lie in the file. */
static bool packed_bytes(const struct zip *z, const struct zip_member *m, struct text *out, struct error *err) {
    if (number(z->bytes, m->at, 4) != 0x04034b50)
        return bad_member(z, m->name, "does not begin where the directory says", err);
    uint64_t from = m->at + LOCAL_BYTES + number(z->bytes, m->at + 26, 2) + number(z->bytes, m->at + 28, 2);
    if (from > z->bytes.len || m->packed > z->bytes.len - from)
        return bad_member(z, m->name, "reaches beyond the end of the file", err);
    *out = text_part(z->bytes, from, from + m->packed);
    return true;
}

bool zip_read(const struct zip *z, const struct zip_member *m, struct buffer *out, struct error *err) {
    struct text packed;
    buffer_clear(out);
    if (m->size > out->max) {
        char why[160];
        snprintf(why, sizeof why, "unpacks to %llu bytes, more than the %zu that are read", (unsigned long long)m->size,
                 out->max);
        return bad_member(z, m->name, why, err);
    }
    if (!packed_bytes(z, m, &packed, err)) return false;
    unsigned char *step = memory_alloc(STEP);
    if (!step) return error_memory(err, "zip");
    bool good = m->method == ZIP_STORED     ? buffer_put_text(out, packed)
                : m->method == ZIP_DEFLATED ? inflate_all(m, packed, out, step)
                : m->method == ZIP_ZSTD     ? unzstd_all(m, packed, out, step)
                                            : false;
    memory_free(step);
    if (!buffer_check(out, "zip member", err)) return false;
    if (m->method != ZIP_STORED && m->method != ZIP_DEFLATED && m->method != ZIP_ZSTD)
        return bad_member(z, m->name, "is compressed in a way that is not read; deflate and zstd are", err);
    if (!good || out->len != m->size)
        return bad_member(z, m->name, "cannot be unpacked to what it says; the file is damaged", err);
    uint32_t crc = (uint32_t)crc32_z(0, (const unsigned char *)(out->at ? out->at : ""), out->len);
    return crc == m->crc || bad_member(z, m->name, "its check sum does not fit; the file is damaged", err);
}
