/* Finding data.pkl in a zip (APPNOTE 6.3): the end record, the central directory, one stored member. Members that are
 * compressed are refused: torch.save stores. */
#include "lm/files/pickle_internal.h"

#include <string.h>

#define END_BYTES 22
#define END_COMMENT 65535
#define ENTRY_BYTES 46
#define LOCAL_BYTES 30

static uint64_t number(struct text t, size_t at, size_t bytes) {
    uint64_t v = 0;
    memcpy(&v, t.at + at, bytes); /* little-endian */
    return v;
}

static bool bad(const char *path, size_t at, struct error *err, const char *what) {
    return error_set(err, ERROR_DATA, "%s: byte %zu: %s", path, at, what);
}

/* Where the central directory lies and how many entries it has; large files say it in a record of their own. */
static bool find_directory(struct text f, const char *path, uint64_t *at, uint64_t *entries, struct error *err) {
    size_t least = f.len > END_BYTES + END_COMMENT ? f.len - END_BYTES - END_COMMENT : 0;
    for (size_t end = f.len < END_BYTES ? 0 : f.len - END_BYTES + 1; end-- > least;) {
        if (number(f, end, 4) != 0x06054b50) continue;
        *entries = number(f, end + 10, 2);
        *at = number(f, end + 16, 4);
        bool large = end >= 20 && number(f, end - 20, 4) == 0x07064b50;
        uint64_t record = large ? number(f, end - 12, 8) : 0;
        if (large && f.len >= 56 && record <= f.len - 56 && number(f, (size_t)record, 4) == 0x06064b50) {
            *entries = number(f, (size_t)record + 32, 8);
            *at = number(f, (size_t)record + 48, 8);
        }
        return true;
    }
    return bad(path, f.len, err, "a zip without its end record; the file is cut short");
}

/* A field that did not fit into 32 bits stands in the extra field 1: sizes first, then the offset. */
static uint64_t wide(struct text extra, uint64_t narrow, size_t before) {
    if (narrow != 0xFFFFFFFF) return narrow;
    while (extra.len >= 4) {
        size_t len = (size_t)number(extra, 2, 2);
        if (len > extra.len - 4) break;
        if (number(extra, 0, 2) == 1 && len >= before + 8) return number(extra, 4 + before, 8);
        extra = text_part(extra, 4 + len, extra.len);
    }
    return narrow;
}

/* The bytes of one member, by its entry in the directory. */
static bool member(struct text f, const char *path, size_t at, struct text extra, struct text *out, struct error *err) {
    uint64_t packed = number(f, at + 20, 4), size = number(f, at + 24, 4), local = number(f, at + 42, 4);
    size_t before = (packed == 0xFFFFFFFF ? 8u : 0u) + (size == 0xFFFFFFFF ? 8u : 0u);
    size = wide(extra, size, 0);
    local = wide(extra, local, before);
    if (number(f, at + 10, 2) != 0) return bad(path, at, err, "data.pkl is compressed, expected a stored member");
    if (local > f.len || f.len - local < LOCAL_BYTES || number(f, (size_t)local, 4) != 0x04034b50)
        return bad(path, at, err, "data.pkl is said to lie where no member begins");
    uint64_t from = local + LOCAL_BYTES + number(f, (size_t)local + 26, 2) + number(f, (size_t)local + 28, 2);
    if (from > f.len || size > f.len - from) return bad(path, at, err, "data.pkl reaches beyond the end of the file");
    *out = text_part(f, (size_t)from, (size_t)(from + size));
    return true;
}

bool pickle_find_in_zip(struct text f, const char *path, struct text *pickle, struct error *err) {
    uint64_t place = 0, entries = 0;
    bool numpy = false;
    if (!find_directory(f, path, &place, &entries, err)) return false;
    size_t at = place <= f.len ? (size_t)place : f.len;
    for (uint64_t i = 0; i < entries; i++) {
        if (f.len - at < ENTRY_BYTES || number(f, at, 4) != 0x02014b50)
            return bad(path, at, err, "expected an entry of the zip's directory");
        size_t name = (size_t)number(f, at + 28, 2), extra = (size_t)number(f, at + 30, 2),
               comment = (size_t)number(f, at + 32, 2), all = ENTRY_BYTES + name + extra + comment;
        if (f.len - at < all) return bad(path, at, err, "an entry of the zip's directory is cut short");
        struct text shown = text_part(f, at + ENTRY_BYTES, at + ENTRY_BYTES + name);
        struct text more = text_part(f, at + ENTRY_BYTES + name, at + ENTRY_BYTES + name + extra);
        if (text_equal_c(shown, "data.pkl") || text_ends(shown, TEXT("/data.pkl")))
            return member(f, path, at, more, pickle, err);
        numpy |= text_ends(shown, TEXT(".npy"));
        at += all;
    }
    return bad(path, (size_t)place, err,
               numpy ? "arrays of NumPy (.npz), not a model; store the model as safetensors or GGUF"
                     : "no data.pkl in this zip; expected a file of torch.save");
}
