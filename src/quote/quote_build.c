/* Making an index: documents are normalised into the text files of shards, these are sorted (or their windows put into
 * a filter), and the whole takes its place when it is complete. See quote_build.h. */
#include "quote/quote_build.h"

#include "base/hash.h"
#include "base/progress.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SHARD = 64 << 20,
    LEAST_SHARD = 1 << 20,
    MOST_SHARD = 1 << 30,
    MAX_SHARDS = 4096,
    LONGEST_DOCUMENT = 1 << 30,
    HEX_FILES = 6
};
static const char *const endings[HEX_FILES] = {"text", "documents", "suffixes", "keys", "sources", "lines"};

struct shard_facts {
    uint64_t bytes, documents;
    char sha256[HEX_FILES][HASH_HEX];
};

struct building {
    const struct quote_build_settings *settings;
    struct quote_build_result *result;
    const char *out;
    char *folder; /* where shards are made */
    size_t shard_bytes, width, stride;
    struct shard_facts *shards;
    size_t n_shards;
    struct buffer text, sources, documents, lines; /* of the shard that is filled; the last two u64 */
    struct arena arena;
    struct progress progress;
    struct quote_shard *open; /* [n_shards] once they are sorted */
    size_t n_open;
    uint64_t read;
};

static bool is_first(const struct building *b) {
    return team_rank(b->settings->team) == 0;
}
/* Who sorts a shard. */
static bool is_mine(const struct building *b, size_t shard) {
    return shard % team_size(b->settings->team) == team_rank(b->settings->team);
}

static char *shard_path(struct building *b, size_t i, const char *ending, struct error *err) {
    return arena_printf(&b->arena, err, "%s/%04zu%s%s", b->folder, i, *ending ? "." : "", ending);
}

/* ---- documents into shards ---- */

static bool put_u64(struct buffer *out, uint64_t v) {
    return buffer_put(out, &v, sizeof v);
}

static bool write_buffer(struct building *b, const char *ending, const struct buffer *from, struct error *err) {
    char *path = shard_path(b, b->n_shards, ending, err);
    return path && buffer_check(from, "a shard", err) && file_write(path, buffer_text(from), err);
}

static bool write_offsets(struct building *b, const char *ending, struct buffer *offsets, const struct buffer *of,
                          struct error *err) {
    put_u64(offsets, of->len);
    return write_buffer(b, ending, offsets, err);
}

static bool end_shard(struct building *b, struct error *err) {
    if (b->n_shards == MAX_SHARDS)
        return error_set(err, ERROR_USAGE, "more than %d shards: give more --memory", MAX_SHARDS);
    struct shard_facts *grown = memory_grow(b->shards, b->n_shards + 1, sizeof *grown);
    if (!grown) return error_memory(err, "shards");
    b->shards = grown;
    b->shards[b->n_shards] = (struct shard_facts){.bytes = b->text.len, .documents = b->documents.len / 8};
    bool ok = !is_mine(b, b->n_shards) ||
              (write_buffer(b, "text", &b->text, err) && write_buffer(b, "sources", &b->sources, err) &&
               write_offsets(b, "documents", &b->documents, &b->text, err) &&
               write_offsets(b, "lines", &b->lines, &b->sources, err));
    b->n_shards += ok;
    buffer_clear(&b->text), buffer_clear(&b->sources), buffer_clear(&b->documents), buffer_clear(&b->lines);
    return ok;
}

static void count_windows(struct building *b, size_t characters) {
    struct quote_facts *f = &b->result->facts;
    f->documents++;
    f->characters += characters;
    if (characters >= b->width) f->windows += (characters - b->width) / b->stride + 1;
}

static bool take_document(void *context, const struct quote_document *d, struct error *err) {
    struct building *b = context;
    char end = (char)QUOTE_END;
    size_t characters;
    if (d->text.len >= LONGEST_DOCUMENT)
        return error_set(err, ERROR_DATA, "%s: a document of %zu bytes; at most 1 GiB", d->file, d->text.len);
    if (b->text.len && b->text.len + d->text.len + 1 > b->shard_bytes && !end_shard(b, err)) return false;
    put_u64(&b->documents, b->text.len);
    put_u64(&b->lines, b->sources.len);
    if (!quote_text_append(d->text, &b->text, &characters, err)) return false;
    buffer_put(&b->text, &end, 1);
    buffer_put_text(&b->sources, d->source);
    buffer_put_char(&b->sources, '\n');
    count_windows(b, characters);
    b->read += d->text.len;
    progress_at(&b->progress, b->read, "bytes");
    return true;
}

static bool read_documents(struct building *b, const char *const *paths, size_t n, struct error *err) {
    progress_init(&b->progress, "read documents", 0, b->settings->quiet);
    bool ok = quote_documents_read(paths, n, &b->settings->documents, take_document, b, &b->result->skipped,
                                   &b->result->why, err);
    progress_end(&b->progress);
    if (ok && b->result->facts.documents == 0) return error_set(err, ERROR_DATA, "there are no documents");
    ok = ok && (b->documents.len == 0 || end_shard(b, err));
    for (size_t i = 0; i < b->n_shards; i++) b->result->facts.bytes += b->shards[i].bytes - b->shards[i].documents;
    return ok;
}

/* ---- sorting ---- */

struct sorting {
    struct building *b;
    const size_t *mine;
    struct error *errors;
    char *(*paths)[1 + HEX_FILES];
};

static bool sort_one(struct sorting *s, size_t k, struct error *err) {
    struct file_map text;
    if (interrupted(s->b->settings->documents.stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (!file_map(s->paths[k][1], &text, err)) return false;
    bool ok = quote_shard_sort(s->paths[k][0], (struct text){(const char *)text.at, text.len}, err);
    file_unmap(&text);
    for (size_t i = 0; ok && i < HEX_FILES; i++)
        ok = sha256_file(s->paths[k][1 + i], s->b->shards[s->mine[k]].sha256[i], err);
    return ok;
}

static void sort_part(void *context, size_t part, size_t worker) {
    struct sorting *s = context;
    sort_one(s, part, &s->errors[part]);
}

static bool sort_mine(struct building *b, struct error *err) {
    size_t n = 0, *mine = arena_new(&b->arena, size_t, b->n_shards + 1, err);
    struct sorting s = {b, mine, arena_new(&b->arena, struct error, b->n_shards + 1, err),
                        arena_alloc(&b->arena, b->n_shards + 1, sizeof *s.paths, err)};
    if (!mine || !s.errors || !s.paths) return false;
    for (size_t i = 0; i < b->n_shards; i++) {
        if (!is_mine(b, i)) continue;
        mine[n] = i;
        if (!(s.paths[n][0] = shard_path(b, i, "", err))) return false;
        for (size_t k = 0; k < HEX_FILES; k++)
            if (!(s.paths[n][1 + k] = shard_path(b, i, endings[k], err))) return false;
        n++;
    }
    /* With a limit of memory one shard at a time, as the limit is of all. */
    pool_run(b->settings->memory ? NULL : b->settings->pool, n, sort_part, &s);
    for (size_t i = 0; i < n; i++)
        if (s.errors[i].kind != ERROR_NONE) return *err = s.errors[i], false;
    return true;
}

/* Each process knows the digests of its own shards; then the first one has all. */
static bool gather_digests(struct building *b, struct error *err) {
    struct team *team = b->settings->team;
    if (team_size(team) == 1) return true;
    size_t each = sizeof b->shards[0].sha256, n = b->n_shards, size = team_size(team), at = 0;
    char *all = arena_new(&b->arena, char, n *each, err);
    size_t *bytes = arena_new(&b->arena, size_t, size, err);
    if (!all || !bytes) return false;
    for (size_t r = 0; r < size; r++)
        for (size_t i = r; i < n; i += size, bytes[r] += each, at += each)
            if (r == team_rank(team)) memcpy(all + at, b->shards[i].sha256, each);
    if (!team_gather(team, all, bytes, err)) return false;
    at = 0;
    for (size_t r = 0; r < size; r++)
        for (size_t i = r; i < n; i += size, at += each) memcpy(b->shards[i].sha256, all + at, each);
    return true;
}

static bool open_shards(struct building *b, struct error *err) {
    b->open = memory_zeroed(b->n_shards + 1, sizeof *b->open);
    if (!b->open) return error_memory(err, "shards");
    for (; b->n_open < b->n_shards; b->n_open++) {
        char *path = shard_path(b, b->n_open, "", err);
        if (!path || !quote_shard_open(path, &b->open[b->n_open], err)) return false;
    }
    return true;
}

static json_t *shards_json(const struct building *b) {
    json_t *all = json_array();
    for (size_t i = 0; i < b->n_shards; i++) {
        json_t *digests = json_object();
        for (size_t k = 0; k < HEX_FILES; k++)
            json_object_set_new(digests, endings[k], json_string(b->shards[i].sha256[k]));
        json_array_append_new(all, json_pack("{s:I s:I s:o}", "bytes", (json_int_t)b->shards[i].bytes, "documents",
                                             (json_int_t)b->shards[i].documents, "sha256", digests));
    }
    return all;
}

static json_t *facts_json(const struct building *b) {
    const struct quote_facts *f = &b->result->facts;
    return json_pack("{s:s s:I s:I s:I s:I s:I}", "normaliser", QUOTE_NORMALISER, "documents", (json_int_t)f->documents,
                     "characters", (json_int_t)f->characters, "bytes", (json_int_t)f->bytes, "windows",
                     (json_int_t)f->windows, "stride", (json_int_t)f->stride);
}

static bool write_index(struct building *b, struct error *err) {
    json_t *json = facts_json(b);
    char *path = arena_printf(&b->arena, err, "%s/index.json", b->folder);
    bool ok = path && json && json_object_set_new(json, "format", json_string("quote-index-1")) == 0 &&
              json_object_set_new(json, "width", json_integer((json_int_t)b->width)) == 0 &&
              json_object_set_new(json, "distinct", json_integer((json_int_t)b->result->facts.distinct)) == 0 &&
              json_object_set_new(json, "shards", shards_json(b)) == 0;
    struct buffer out;
    buffer_init(&out, 64 << 20);
    ok = (ok && json_put(&out, json, 1) && buffer_put_char(&out, '\n')) || error_memory(err, "index");
    ok = ok && file_write(path, buffer_text(&out), err);
    buffer_done(&out);
    json_decref(json);
    return ok;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
    return remove(path);
}
static void remove_folder(const char *path) {
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* An index is replaced, anything else is not. */
static bool may_replace(struct building *b, struct error *err) {
    struct stat status;
    if (stat(b->out, &status) != 0) return true;
    if (b->settings->engine == QUOTE_BLOOM)
        return S_ISREG(status.st_mode) || error_set(err, ERROR_USAGE, "--out %s is there and no file", b->out);
    char *index = arena_printf(&b->arena, err, "%s/index.json", b->out);
    if (!index) return false;
    if (S_ISDIR(status.st_mode) && (file_exists(index) || rmdir(b->out) == 0)) return true;
    return error_set(err, ERROR_USAGE, "--out %s is there and no index of trusted text; it is left as it is", b->out);
}

/* The old one goes aside first: whoever is killed in between has both under names that say so. */
static bool take_place(struct building *b, struct error *err) {
    char *old = arena_printf(&b->arena, err, "%s.old-%ld", b->out, (long)getpid());
    if (!old) return false;
    bool there = file_is_folder(b->out);
    if (there && rename(b->out, old) != 0) return error_system(err, errno, "move", b->out);
    if (rename(b->folder, b->out) != 0) {
        int why = errno;
        if (there) (void)!rename(old, b->out);
        return error_system(err, why, "write", b->out);
    }
    if (there) remove_folder(old);
    return true;
}

static bool finish_exact(struct building *b, struct error *err) {
    bool ok = sort_mine(b, err);
    if (!team_agree(b->settings->team, ok, err) || !gather_digests(b, err)) return false;
    if (is_first(b)) {
        ok = open_shards(b, err) &&
             quote_count_distinct(b->open, b->n_open, b->width, b->settings->pool, &b->result->facts.distinct, err) &&
             write_index(b, err) && take_place(b, err);
    }
    return team_agree(b->settings->team, ok, err) &&
           team_tell(b->settings->team, &b->result->facts.distinct, sizeof(uint64_t), err);
}

/* ---- filters ---- */

/* All windows of one document, of which the last characters of `at` are known. */
static void add_document(struct building *b, struct quote_bloom *bloom, struct text t, size_t *at) {
    size_t w = b->width, n = 0, i = 0;
    for (;; n++) {
        at[n % (w + 1)] = i;
        if (n >= w && (n - w) % b->stride == 0) {
            size_t from = at[(n - w) % (w + 1)];
            b->result->added += quote_bloom_add(bloom, t.at + from, i - from);
        }
        uint32_t c;
        size_t len = text_utf8_next(text_part(t, i, t.len), &c);
        if (len == 0) return;
        i += len;
    }
}

static bool fill_from(struct building *b, struct quote_bloom *bloom, size_t *at, size_t shard, struct error *err) {
    char *path = shard_path(b, shard, "text", err);
    struct file_map map;
    if (!path || !file_map(path, &map, err)) return false;
    progress_init(&b->progress, "windows", b->result->facts.windows, b->settings->quiet);
    struct text rest = {(const char *)map.at, map.len}, document;
    bool ok = true;
    while (ok && text_next(&rest, (char)QUOTE_END, &document) && rest.at) {
        add_document(b, bloom, document, at);
        if (interrupted(b->settings->documents.stop)) ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (rest.len == 0) break;
    }
    progress_end(&b->progress);
    file_unmap(&map);
    return ok;
}

static bool finish_bloom(struct building *b, struct error *err) {
    struct quote_facts *f = &b->result->facts;
    struct quote_bloom_shape shape;
    size_t *at = arena_new(&b->arena, size_t, b->width + 1, err);
    double rate = b->settings->rate > 0 ? b->settings->rate : 1e-3;
    if (!at || !quote_bloom_shape_of(f->windows, rate, &shape, err)) return false;
    struct quote_bloom *bloom = quote_bloom_new(&shape, err);
    bool ok = bloom;
    for (size_t i = 0; ok && i < b->n_shards; i++) ok = fill_from(b, bloom, at, i, err);
    json_t *meta = ok ? facts_json(b) : NULL;
    ok = ok && (meta || error_memory(err, "index")) && quote_bloom_write(bloom, b->out, b->width, meta, 0, err);
    if (ok) {
        f->distinct = (uint64_t)(quote_bloom_distinct(bloom) + 0.5);
        f->rate = quote_bloom_rate(bloom);
        f->declared_rate = rate;
    }
    json_decref(meta);
    quote_bloom_free(bloom);
    return ok;
}

/* ---- the whole ---- */

static bool begin(struct building *b, struct error *err) {
    const struct quote_build_settings *s = b->settings;
    b->width = s->width ? s->width : 25;
    b->stride = s->engine == QUOTE_BLOOM && s->stride ? s->stride : 1;
    if (b->width > 10000)
        return error_set(err, ERROR_USAGE, "--width %zu: windows of 1 to 10,000 characters", b->width);
    b->shard_bytes = s->memory ? s->memory / 8 : SHARD;
    if (b->shard_bytes < LEAST_SHARD) b->shard_bytes = LEAST_SHARD;
    if (b->shard_bytes > MOST_SHARD) b->shard_bytes = MOST_SHARD;
    struct quote_facts *f = &b->result->facts;
    *f = (struct quote_facts){.engine = s->engine, .width = b->width, .stride = b->stride};
    long pid = (long)getpid();
    if (!team_tell(s->team, &pid, sizeof pid, err)) return false;
    b->folder = arena_printf(&b->arena, err, "%s.making-%ld", b->out, pid);
    return b->folder && (!is_first(b) || may_replace(b, err)) && file_make_folders(b->folder, err);
}

static bool build(struct building *b, const char *const *paths, size_t n, struct error *err) {
    bool ok = begin(b, err);
    if (!team_agree(b->settings->team, ok, err)) return false;
    ok = read_documents(b, paths, n, err);
    if (!team_agree(b->settings->team, ok, err)) return false;
    b->result->facts.shards = b->settings->engine == QUOTE_EXACT ? b->n_shards : 0;
    return b->settings->engine == QUOTE_BLOOM ? finish_bloom(b, err) : finish_exact(b, err);
}

bool quote_build(const char *const *paths, size_t n, const char *out, const struct quote_build_settings *settings,
                 struct quote_build_result *result, struct error *err) {
    struct building b = {.settings = settings, .result = result, .out = out};
    double started = clock_seconds();
    memset(result, 0, sizeof *result);
    if (settings->engine == QUOTE_BLOOM && team_size(settings->team) > 1)
        return error_set(err, ERROR_USAGE, "a filter is made by one process; make one a part and unite them");
    arena_init(&b.arena, 0);
    buffer_init(&b.text, (size_t)MOST_SHARD + LONGEST_DOCUMENT + 1);
    buffer_init(&b.sources, (size_t)1 << 32);
    buffer_init(&b.documents, (size_t)1 << 32);
    buffer_init(&b.lines, (size_t)1 << 32);
    bool ok = build(&b, paths, n, err);
    for (size_t i = 0; i < b.n_open; i++) quote_shard_close(&b.open[i]);
    if (b.folder && is_first(&b)) remove_folder(b.folder);
    buffer_done(&b.text), buffer_done(&b.sources), buffer_done(&b.documents), buffer_done(&b.lines);
    memory_free(b.open), memory_free(b.shards);
    arena_done(&b.arena);
    result->seconds = clock_seconds() - started;
    return ok;
}
