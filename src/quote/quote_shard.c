/* Finding strings in a sorted shard: see quote_shard.h. */
#include "quote/quote_shard.h"

#include "base/file_pages.h"

#include <string.h>

/* ---- opening ---- */

static uint64_t word_at(const struct file_map *map, size_t i) {
    uint64_t v;
    memcpy(&v, map->at + 8 * i, 8);
    return v;
}

static bool map_one(const char *path, const char *ending, struct file_map *map, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *name = arena_printf(&arena, err, "%s.%s", path, ending);
    bool ok = name && file_map(name, map, err);
    arena_done(&arena);
    return ok;
}

/* A table of offsets: it begins at 0, never falls and ends at the length of the file that it is about. */
static bool check_offsets(const struct file_map *table, size_t count, size_t end, const char *path, const char *ending,
                          struct error *err) {
    bool ok = table->len == 8 * (count + 1) && word_at(table, 0) == 0 && word_at(table, count) == end;
    for (size_t i = 0; ok && i < count; i++) ok = word_at(table, i) <= word_at(table, i + 1);
    return ok || error_set(err, ERROR_DATA, "%s.%s: its offsets do not fit the file that they are of", path, ending);
}

static bool check_sizes(struct quote_shard *s, const char *path, struct error *err) {
    s->n = s->text.len;
    s->width = quote_position_bytes(s->n);
    s->n_keys = (s->n + QUOTE_KEY_EVERY - 1) / QUOTE_KEY_EVERY;
    if (s->documents.len < 8 || s->documents.len % 8)
        return error_set(err, ERROR_DATA, "%s.documents: %zu bytes are no table of offsets", path, s->documents.len);
    s->n_documents = s->documents.len / 8 - 1;
    if (s->suffixes.len != s->n * s->width)
        return error_set(err, ERROR_DATA, "%s.suffixes: %zu bytes, expected %zu: it is cut short or of another text",
                         path, s->suffixes.len, s->n * s->width);
    if (s->keys.len != 8 * s->n_keys)
        return error_set(err, ERROR_DATA, "%s.keys: %zu bytes, expected %zu", path, s->keys.len, 8 * s->n_keys);
    return check_offsets(&s->documents, s->n_documents, s->n, path, "documents", err) &&
           check_offsets(&s->lines, s->n_documents, s->sources.len, path, "lines", err);
}

bool quote_shard_open(const char *path, struct quote_shard *shard, struct error *err) {
    memset(shard, 0, sizeof *shard);
    const struct {
        const char *ending;
        struct file_map *map;
    } files[] = {{"text", &shard->text}, {"documents", &shard->documents}, {"suffixes", &shard->suffixes},
                 {"keys", &shard->keys}, {"sources", &shard->sources},     {"lines", &shard->lines}};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++)
        ok = map_one(path, files[i].ending, files[i].map, err);
    ok = ok && check_sizes(shard, path, err);
    if (!ok) quote_shard_close(shard);
    return ok;
}

static void free_map(struct file_map *map) {
    memory_free((void *)map->at);
}

void quote_shard_close(struct quote_shard *shard) {
    if (shard->owned) {
        free_map(&shard->text), free_map(&shard->documents), free_map(&shard->suffixes), free_map(&shard->keys);
        free_map(&shard->lines);
        memset(shard, 0, sizeof *shard);
        return;
    }
    file_unmap(&shard->text), file_unmap(&shard->documents), file_unmap(&shard->suffixes);
    file_unmap(&shard->keys), file_unmap(&shard->sources), file_unmap(&shard->lines);
    memset(shard, 0, sizeof *shard);
}

void quote_shard_forget(const struct quote_shard *shard) {
    if (shard->owned) return;
    file_forget(shard->text.at, shard->text.len);
    file_forget(shard->suffixes.at, shard->suffixes.len);
    file_forget(shard->keys.at, shard->keys.len);
    file_forget(shard->documents.at, shard->documents.len);
}

/* ---- places ---- */

/* Little-endian; the last entries have no eight bytes behind them. A position that is no position (a damaged file) is
 * the last. */
size_t quote_shard_position(const struct quote_shard *s, size_t rank) {
    const unsigned char *at = s->suffixes.at + rank * s->width;
    uint64_t v = 0;
    if (rank + 8 < s->n) {
        memcpy(&v, at, 8);
        if (s->width < 8) v &= ((uint64_t)1 << 8 * s->width) - 1;
    } else {
        memcpy(&v, at, s->width);
    }
    return v < s->n ? (size_t)v : s->n - 1;
}

size_t quote_shard_document(const struct quote_shard *s, size_t position) {
    size_t lo = 0, hi = s->n_documents;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (word_at(&s->documents, mid) <= position)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

size_t quote_shard_start(const struct quote_shard *s, size_t document) {
    return (size_t)word_at(&s->documents, document);
}

/* Without the byte that ends it. */
struct text quote_shard_text(const struct quote_shard *s, size_t document) {
    size_t from = quote_shard_start(s, document), end = quote_shard_start(s, document + 1);
    if (end > from) end--;
    return (struct text){(const char *)s->text.at + from, end - from};
}

struct text quote_shard_source(const struct quote_shard *s, size_t document) {
    size_t from = (size_t)word_at(&s->lines, document), end = (size_t)word_at(&s->lines, document + 1);
    return (struct text){(const char *)s->sources.at + from, end - from};
}

/* ---- searching ---- */

static size_t common(const unsigned char *a, const unsigned char *b, size_t from, size_t n) {
    size_t i = from;
    while (i + 8 <= n) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y) return i + (size_t)__builtin_ctzll(x ^ y) / 8;
        i += 8;
    }
    while (i < n && a[i] == b[i]) i++;
    return i;
}

struct probe {
    const struct quote_shard *s;
    const unsigned char *string;
    size_t len;
};

/* How far the suffix of a rank agrees with the string, of which it is known to agree for `from` bytes. *before: the
 * suffix stands before the string. */
static size_t agree(const struct probe *p, size_t rank, size_t from, bool *before) {
    size_t at = quote_shard_position(p->s, rank), left = p->s->n - at, n = left < p->len ? left : p->len;
    size_t same = common(p->s->text.at + at, p->string, from < n ? from : n, n);
    *before = same < p->len && (same == left || p->s->text.at[at + same] < p->string[same]);
    return same;
}

static uint64_t key_of(const unsigned char *at, size_t n) {
    uint64_t v = 0;
    memcpy(&v, at, n < 8 ? n : 8);
    return __builtin_bswap64(v);
}

/* Keys that are smaller, or (equal too) not larger. */
static size_t keys_below(const struct quote_shard *s, uint64_t key, bool equal_too) {
    size_t lo = 0, n = s->n_keys;
    while (n > 0) {
        size_t half = n / 2;
        uint64_t there = word_at(&s->keys, lo + half);
        bool right = equal_too ? there <= key : there < key;
        lo = right ? lo + half + 1 : lo;
        n = right ? n - half - 1 : half;
    }
    return lo;
}

/* Ranks among which the string would stand: [lo, hi], from the keys alone. */
static struct quote_range around(const struct probe *p) {
    size_t n = p->s->n;
    uint64_t low = key_of(p->string, p->len), high = low;
    if (p->len < 8) high |= p->len ? ((uint64_t)1 << 8 * (8 - p->len)) - 1 : UINT64_MAX;
    size_t lo = keys_below(p->s, low, false), hi = keys_below(p->s, high, true);
    struct quote_range r = {lo ? (lo - 1) * QUOTE_KEY_EVERY : 0, hi * QUOTE_KEY_EVERY};
    if (r.hi > n) r.hi = n;
    if (r.lo > r.hi) r.lo = r.hi; /* damaged keys */
    return r;
}

size_t quote_shard_longest(const struct quote_shard *s, struct text string, size_t *near) {
    struct probe p = {s, (const unsigned char *)string.at, string.len};
    if (near) *near = 0;
    if (s->n == 0 || string.len == 0) return 0;
    struct quote_range r = around(&p);
    size_t lo = r.lo, hi = r.hi, low_same = 0, high_same = 0;
    bool before;
    /* lo: first rank that is not known to stand before the string. */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        size_t same = agree(&p, mid, low_same < high_same ? low_same : high_same, &before);
        if (same == p.len) {
            if (near) *near = mid;
            return same;
        }
        if (before)
            lo = mid + 1, low_same = same;
        else
            hi = mid, high_same = same;
    }
    size_t best = 0;
    if (lo > 0) best = agree(&p, lo - 1, 0, &before), near ? (void)(*near = lo - 1) : (void)0;
    size_t behind = lo < s->n ? agree(&p, lo, 0, &before) : 0;
    if (behind > best) {
        best = behind;
        if (near) *near = lo;
    }
    return best;
}

/* The first rank from which on suffixes do not stand before the string; past: and do not begin with it. */
static size_t bound(const struct probe *p, struct quote_range r, bool past) {
    size_t lo = r.lo, hi = r.hi, low_same = 0, high_same = 0;
    while (lo < hi) {
        bool before;
        size_t mid = lo + (hi - lo) / 2;
        size_t same = agree(p, mid, low_same < high_same ? low_same : high_same, &before);
        if (before || (past && same == p->len))
            lo = mid + 1, low_same = same;
        else
            hi = mid, high_same = same;
    }
    return lo;
}

struct quote_range quote_shard_range(const struct quote_shard *s, struct text string) {
    struct probe p = {s, (const unsigned char *)string.at, string.len};
    if (s->n == 0 || string.len == 0) return (struct quote_range){0, s->n};
    struct quote_range r = around(&p);
    r.lo = bound(&p, r, false);
    r.hi = bound(&p, r, true);
    return r;
}

struct quote_range quote_shard_step(const struct quote_shard *s, struct quote_range range, size_t depth,
                                    unsigned char byte) {
    struct quote_range out = range;
    for (int past = 0; past < 2; past++) {
        size_t lo = past ? out.lo : range.lo, hi = range.hi;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2, at = quote_shard_position(s, mid) + depth;
            bool before = at >= s->n || s->text.at[at] < byte || (past && s->text.at[at] == byte);
            if (before)
                lo = mid + 1;
            else
                hi = mid;
        }
        if (past)
            out.hi = lo;
        else
            out.lo = lo;
    }
    return out;
}
