/* Opening an index and looking in it: see quote_index.h. */
#include "quote/quote_index.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SHARDS = 4096, MOST_RANKS = 4096, AROUND = 120 };

const char *const quote_engines[QUOTE_ENGINES + 1] = {"exact", "bloom", NULL};

struct quote_index {
    char *path;
    size_t memory;
    struct quote_facts facts;
    struct quote_bloom *bloom;
    struct quote_shard *shards;
    size_t n_shards;
    size_t *first; /* [n_shards + 1] documents before each shard */
    json_t *json;
    char digest[HASH_HEX];
};

/* ---- opening ---- */

static bool check_normaliser(const char *path, const json_t *json, bool needed, struct error *err) {
    const json_t *said = json_object_get(json, "normaliser");
    if (!said && !needed) return true; /* a public sketch */
    if (text_equal_c(json_text(said), QUOTE_NORMALISER)) return true;
    return error_set(err, ERROR_DATA, "%s: made by normaliser '%.*s', this program has '%s': make the index anew", path,
                     TEXT_ARG(json_text(said)), QUOTE_NORMALISER);
}

static bool count_field(const json_t *json, const char *path, const char *key, uint64_t *out, struct error *err) {
    struct json_place place = {path, 0, ""};
    int64_t v;
    if (!json_get_i64(json, key, place, &v, err)) return false;
    *out = v < 0 ? 0 : (uint64_t)v;
    return v >= 0 || error_set(err, ERROR_DATA, "%s: field '%s' is %lld", path, key, (long long)v);
}

static bool open_bloom(struct quote_index *x, struct error *err) {
    const json_t *json;
    x->bloom = quote_bloom_open(x->path, &x->facts.width, &json, err);
    if (!x->bloom || !check_normaliser(x->path, json, false, err)) return false;
    x->json = json_incref((json_t *)json);
    const struct quote_bloom_shape *shape = quote_bloom_shape(x->bloom);
    struct quote_facts *f = &x->facts;
    f->engine = QUOTE_BLOOM;
    f->stride = 1;
    f->rate = quote_bloom_rate(x->bloom);
    f->declared_rate = shape->rate;
    f->distinct = (uint64_t)(quote_bloom_distinct(x->bloom) + 0.5);
    uint64_t stride = 1;
    if (json_object_get(json, "normaliser") && !(count_field(json, x->path, "documents", &f->documents, err) &&
                                                 count_field(json, x->path, "characters", &f->characters, err) &&
                                                 count_field(json, x->path, "bytes", &f->bytes, err) &&
                                                 count_field(json, x->path, "windows", &f->windows, err) &&
                                                 count_field(json, x->path, "stride", &stride, err)))
        return false;
    f->stride = (size_t)stride;
    return json_digest(json, x->digest, err);
}

static bool open_shard(struct quote_index *x, size_t i, const json_t *said, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    uint64_t bytes, documents;
    struct quote_shard *s = &x->shards[i];
    char *path = arena_printf(&arena, err, "%s/%04zu", x->path, i);
    bool ok = path && count_field(said, x->path, "bytes", &bytes, err) &&
              count_field(said, x->path, "documents", &documents, err) && quote_shard_open(path, s, err);
    if (ok) {
        x->n_shards++;
        ok = (s->n == bytes && s->n_documents == documents) ||
             error_set(err, ERROR_DATA, "%s: %zu bytes and %zu documents, the index says %llu and %llu", path, s->n,
                       s->n_documents, (unsigned long long)bytes, (unsigned long long)documents);
        x->first[i + 1] = x->first[i] + s->n_documents;
    }
    arena_done(&arena);
    return ok;
}

static bool open_exact(struct quote_index *x, struct error *err) {
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *path = arena_printf(&arena, err, "%s/index.json", x->path);
    x->json = path ? json_read_file(path, 64 << 20, err) : NULL;
    struct json_place place = {x->path, 0, ""};
    json_t *shards;
    uint64_t width;
    struct quote_facts *f = &x->facts;
    bool ok = x->json && check_normaliser(x->path, x->json, true, err) &&
              json_get_array(x->json, "shards", place, &shards, err) &&
              count_field(x->json, x->path, "width", &width, err) &&
              count_field(x->json, x->path, "documents", &f->documents, err) &&
              count_field(x->json, x->path, "characters", &f->characters, err) &&
              count_field(x->json, x->path, "windows", &f->windows, err) &&
              count_field(x->json, x->path, "distinct", &f->distinct, err) &&
              count_field(x->json, x->path, "bytes", &f->bytes, err) && json_digest(x->json, x->digest, err);
    arena_done(&arena);
    if (!ok) return false;
    size_t n = json_array_size(shards);
    if (n > MAX_SHARDS || width < 1 || width > 10000)
        return error_set(err, ERROR_DATA, "%s: %zu shards, windows of %llu characters", x->path, n,
                         (unsigned long long)width);
    f->width = (size_t)width;
    f->stride = 1;
    x->shards = memory_zeroed(n ? n : 1, sizeof *x->shards);
    x->first = memory_zeroed(n + 1, sizeof *x->first);
    if (!x->shards || !x->first) return error_memory(err, "index");
    for (size_t i = 0; i < n; i++)
        if (!open_shard(x, i, json_array_get(shards, i), err)) return false;
    f->shards = n;
    return x->first[n] == f->documents || error_set(err, ERROR_DATA, "%s: its shards hold %zu documents, not %llu",
                                                    x->path, x->first[n], (unsigned long long)f->documents);
}

struct quote_index *quote_index_open(const char *path, size_t memory, struct error *err) {
    size_t len = strlen(path);
    struct quote_index *x = memory_zeroed(1, sizeof *x);
    if (!x || !(x->path = memory_alloc(len + 1))) return memory_free(x), error_memory(err, "index"), NULL;
    memcpy(x->path, path, len + 1);
    x->memory = memory;
    if (!(file_is_folder(path) ? open_exact(x, err) : open_bloom(x, err))) return quote_index_close(x), NULL;
    return x;
}

/* The texts normalised as a shard is; *characters and *windows are counted. */
static bool join_texts(const struct text *texts, size_t n, struct quote_facts *f, struct buffer *out, uint64_t *starts,
                       struct error *err) {
    char end = (char)QUOTE_END;
    for (size_t i = 0; i < n; i++) {
        size_t characters;
        starts[i] = out->len;
        if (!quote_text_append(texts[i], out, &characters, err)) return false;
        buffer_put(out, &end, 1);
        f->characters += characters;
        if (characters >= f->width) f->windows += characters - f->width + 1;
    }
    starts[n] = out->len;
    f->bytes = out->len - n;
    return buffer_check(out, "texts", err);
}

struct quote_index *quote_index_of_texts(const struct text *texts, size_t n, size_t width, struct error *err) {
    struct quote_index *x = memory_zeroed(1, sizeof *x);
    struct buffer out;
    buffer_init(&out, ((size_t)1 << 31) - 1);
    uint64_t *starts = memory_zeroed(n + 1, sizeof *starts);
    bool ok = x && starts && (x->shards = memory_zeroed(1, sizeof *x->shards)) &&
              (x->first = memory_zeroed(2, sizeof *x->first));
    if (!ok) error_memory(err, "index");
    if (ok) {
        x->facts = (struct quote_facts){
            .engine = QUOTE_EXACT, .width = width ? width : 25, .stride = 1, .documents = n, .shards = 1};
        ok = join_texts(texts, n, &x->facts, &out, starts, err);
    }
    if (ok) {
        sha256_hex(out.at, out.len, x->digest);
        x->first[1] = n;
        unsigned char *text = memory_alloc(out.len + 1);
        ok = text || error_memory(err, "index");
        if (ok) memcpy(text, out.at ? out.at : "", out.len);
        ok = ok && quote_shard_of_memory(text, out.len, starts, n, &x->shards[0], err);
        x->n_shards = ok;
    }
    buffer_done(&out);
    memory_free(starts);
    if (ok) return x;
    quote_index_close(x);
    return NULL;
}

void quote_index_close(struct quote_index *x) {
    if (!x) return;
    for (size_t i = 0; i < x->n_shards; i++) quote_shard_close(&x->shards[i]);
    quote_bloom_free(x->bloom);
    json_decref(x->json);
    memory_free(x->shards), memory_free(x->first), memory_free(x->path), memory_free(x);
}

const struct quote_facts *quote_index_facts(const struct quote_index *x) {
    return &x->facts;
}
const struct quote_bloom *quote_index_bloom(const struct quote_index *x) {
    return x->bloom;
}
const char *quote_index_digest(const struct quote_index *x) {
    return x->digest;
}

size_t quote_index_shards(const struct quote_index *x, const struct quote_shard **out) {
    *out = x->shards;
    return x->n_shards;
}

/* ---- memory ---- */

size_t quote_resident_bytes(void) {
    unsigned long long whole = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return 0;
    if (fscanf(f, "%llu %llu", &whole, &resident) != 2) resident = 0;
    fclose(f);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

void quote_index_trim(const struct quote_index *x) {
    /* Below the limit already, as the next search takes some: dozens of new places, each with its neighbours. */
    if (x->memory == 0 || quote_resident_bytes() <= x->memory / 4 * 3) return;
    if (x->bloom) quote_bloom_forget(x->bloom);
    for (size_t i = 0; i < x->n_shards; i++) quote_shard_forget(&x->shards[i]);
}

/* ---- looking ---- */

size_t quote_index_longest(const struct quote_index *x, struct text string) {
    size_t best = 0;
    quote_index_trim(x);
    for (size_t i = 0; i < x->n_shards && best < string.len; i++) {
        size_t found = quote_shard_longest(&x->shards[i], string, NULL);
        if (found > best) best = found;
    }
    return best;
}

size_t quote_index_reach(const struct quote_index *x, const struct quote_text *t, size_t from, size_t end) {
    size_t found = t->at[from] + quote_index_longest(x, text_part(t->text, t->at[from], t->at[end]));
    size_t lo = from, hi = end; /* last character that begins at or before `found` */
    while (lo < hi) {
        size_t mid = lo + (hi - lo + 1) / 2;
        if (t->at[mid] <= found)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo - from;
}

/* Most windows are decided without a search of their own. What ends a window, its last `tail` characters, is looked for
 * first: if they stand nowhere, no window that holds as much of them as was missed is a member. A window that is found
 * goes on as far as the words do, and every window on the way is a member. */
static void exact_members(const struct quote_index *x, const struct quote_text *t, bool *yes) {
    size_t w = x->facts.width, tail = w / 2 ? w / 2 : 1, last = t->n - w, i = 0;
    while (i <= last) {
        size_t p = i + w - tail, found = quote_index_reach(x, t, p, p + tail);
        if (found < tail) {
            for (size_t j = i; j <= p && j <= last; j++) yes[j] = false;
            i = p + 1;
            continue;
        }
        found = quote_index_reach(x, t, i, t->n);
        if (found < w) {
            yes[i++] = false;
            continue;
        }
        for (size_t end = i + found - w; i <= end; i++) yes[i] = true;
    }
}

void quote_index_members(const struct quote_index *x, const struct quote_text *t, bool *yes) {
    size_t w = x->facts.width;
    if (t->n < w) return;
    if (x->bloom)
        quote_bloom_have(x->bloom, t->text.at, t->at, t->at + w, t->n - w + 1, yes);
    else
        exact_members(x, t, yes);
}

uint64_t quote_index_count(const struct quote_index *x, struct text string) {
    uint64_t n = 0;
    quote_index_trim(x);
    for (size_t i = 0; i < x->n_shards; i++) {
        struct quote_range r = quote_shard_range(&x->shards[i], string);
        n += r.hi - r.lo;
    }
    return n;
}

/* Bytes before `at` of whole characters, at most AROUND. */
static struct text text_before(struct text document, size_t at) {
    size_t from = at > AROUND ? at - AROUND : 0;
    while (from < at && ((unsigned char)document.at[from] & 0xc0) == 0x80) from++;
    return text_part(document, from, at);
}

static struct text text_after(struct text document, size_t at) {
    size_t end = document.len - at > AROUND ? at + AROUND : document.len;
    while (end > at && end < document.len && ((unsigned char)document.at[end] & 0xc0) == 0x80) end--;
    return text_part(document, at, end);
}

static struct quote_place place_of(const struct quote_index *x, size_t shard, size_t position, size_t len) {
    const struct quote_shard *s = &x->shards[shard];
    size_t d = quote_shard_document(s, position), at = position - quote_shard_start(s, d);
    struct text text = quote_shard_text(s, d);
    if (at > text.len) at = text.len; /* a damaged file */
    if (len > text.len - at) len = text.len - at;
    return (struct quote_place){x->first[shard] + d, text_utf8_count(text_part(text, 0, at)), quote_shard_source(s, d),
                                text_before(text, at), text_after(text, at + len)};
}

/* Keeps the `most` smallest, sorted. */
static size_t keep_smallest(size_t *kept, size_t n, size_t most, size_t position) {
    if (n == most && position >= kept[n - 1]) return n;
    size_t i = n < most ? n : n - 1;
    while (i > 0 && kept[i - 1] > position) kept[i] = kept[i - 1], i--;
    kept[i] = position;
    return n < most ? n + 1 : n;
}

size_t quote_index_places(const struct quote_index *x, struct text string, struct quote_place *out, size_t most) {
    enum { MOST = 64 };
    size_t kept[MOST], n = 0;
    if (most > MOST) most = MOST;
    quote_index_trim(x);
    for (size_t i = 0; i < x->n_shards && n < most && string.len; i++) {
        struct quote_range r = quote_shard_range(&x->shards[i], string);
        size_t found = 0, room = most - n;
        for (size_t rank = r.lo; rank < r.hi && rank - r.lo < MOST_RANKS; rank++)
            found = keep_smallest(kept, found, room, quote_shard_position(&x->shards[i], rank));
        for (size_t k = 0; k < found; k++) out[n++] = place_of(x, i, kept[k], string.len);
    }
    return n;
}

struct text quote_index_document(const struct quote_index *x, size_t document) {
    for (size_t i = 0; i < x->n_shards; i++)
        if (document < x->first[i + 1]) return quote_shard_text(&x->shards[i], document - x->first[i]);
    return TEXT("");
}

/* ---- checking ---- */

static bool check_file(const char *path, const json_t *digests, const char *ending, struct error *err) {
    char hex[HASH_HEX];
    if (!sha256_file(path, hex, err)) return false;
    return text_equal_c(json_text(json_object_get(digests, ending)), hex) ||
           error_set(err, ERROR_DATA, "%s: its sha256 is not what the index says: it was changed", path);
}

bool quote_index_check(const struct quote_index *x, struct error *err) {
    static const char *const endings[] = {"text", "documents", "suffixes", "keys", "sources", "lines"};
    if (x->bloom) return true; /* its header was checked when it was opened; a sketch carries no digests */
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool ok = true;
    for (size_t i = 0; ok && i < x->n_shards; i++) {
        const json_t *digests = json_object_get(json_array_get(json_object_get(x->json, "shards"), i), "sha256");
        for (size_t k = 0; ok && k < sizeof endings / sizeof *endings; k++) {
            char *path = arena_printf(&arena, err, "%s/%04zu.%s", x->path, i, endings[k]);
            ok = path && check_file(path, digests, endings[k], err);
        }
    }
    arena_done(&arena);
    return ok;
}
