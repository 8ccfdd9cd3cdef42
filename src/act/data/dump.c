/* Dumps as training data: see dump.h. */
#include "act/data/dump.h"
#include "act/data/pass_order.h"

#include "base/json.h"
#include "lm/files/top_file.h"

#include <string.h>

#define MOST_LINE ((size_t)256 << 20)

struct dump_text {
    const struct top_in *file;
    uint64_t position; /* of its first token in the file */
    const int32_t *ids;
    const bool *learned; /* [n] */
    size_t n;
};

struct dump {
    struct dump_settings settings; /* its paths and tokenizer are not used after dump_new */
    struct arena arena;
    struct top_in *files;
    size_t n_files;
    struct dump_text *texts;
    size_t n_texts, capacity;
    uint64_t tokens;
    size_t *row_from, n_rows; /* row r holds texts row_from[r]..row_from[r+1]-1 */
    struct pass_order order;
    char digest[HASH_HEX];
    struct {
        int32_t *ids, *targets, *top;
        float *weights;
        size_t *starts;
        double *p, *rest;
        size_t capacity;
    } batch;
    struct batch_slices slices;
};

/* ---- the twin file */

static bool grow(struct dump *d, struct error *err) {
    if (d->n_texts < d->capacity) return true;
    size_t wanted = d->capacity ? 2 * d->capacity : 1024;
    struct dump_text *more = memory_grow(d->texts, wanted, sizeof *more);
    if (!more) return error_memory(err, "dump");
    d->texts = more;
    d->capacity = wanted;
    return true;
}

static bool read_tokens(struct dump *d, const struct top_in *file, const json_t *list, const json_t *mask,
                        struct json_place place, struct dump_text *t, struct error *err) {
    int32_t *ids = arena_new(&d->arena, int32_t, t->n, err);
    bool *learned = arena_new(&d->arena, bool, t->n, err), any = false;
    if (!ids || !learned) return false;
    for (size_t i = 0; i < t->n; i++) {
        const json_t *id = json_array_get(list, i), *counts = json_array_get(mask, i);
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value >= (json_int_t)file->header.vocabulary)
            return error_set(err, ERROR_DATA, "%s:%zu: field 'text': entry %zu is no token of the vocabulary",
                             place.file, place.line, i);
        ids[i] = (int32_t)value;
        learned[i] = i > 0 && json_integer_value(counts) != 0;
        any |= learned[i];
    }
    t->ids = ids;
    t->learned = learned;
    return any || error_set(err, ERROR_DATA, "%s:%zu: field 'loss_mask': no token is learned", place.file, place.line);
}

static bool add_line(struct dump *d, const struct top_in *file, const json_t *row, struct json_place place,
                     struct sha256 *ids, struct error *err) {
    json_t *list, *mask;
    int64_t position;
    if (json_object_get(row, "error")) return true; /* a text that could not be looked at */
    if (!json_get_array(row, "text", place, &list, err) || !json_get_array(row, "loss_mask", place, &mask, err) ||
        !json_get_i64(row, "position", place, &position, err) || !grow(d, err))
        return false;
    struct dump_text t = {.file = file, .position = (uint64_t)position, .n = json_array_size(list)};
    if (t.n < 2 || json_array_size(mask) != t.n || position < 0 || t.position > file->header.positions ||
        t.n > file->header.positions - t.position)
        return error_set(err, ERROR_DATA, "%s:%zu: %zu tokens at position %lld do not fit the dump's %llu positions",
                         place.file, place.line, t.n, (long long)position, (unsigned long long)file->header.positions);
    if (t.n > d->settings.context)
        return error_set(err, ERROR_DATA, "%s:%zu: %zu tokens, but the context has %zu", place.file, place.line, t.n,
                         d->settings.context);
    if (!read_tokens(d, file, list, mask, place, &t, err)) return false;
    sha256_add(ids, t.ids, t.n * sizeof *t.ids);
    d->texts[d->n_texts++] = t;
    d->tokens += t.n;
    return true;
}

static bool read_twin(struct dump *d, const struct top_in *file, const char *path, struct error *err) {
    const char *twin = arena_printf(&d->arena, err, "%s.jsonl", path);
    struct jsonl *lines = twin ? jsonl_open(twin, MOST_LINE, err) : NULL;
    struct sha256 sha;
    char ids[HASH_HEX];
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = lines != NULL;
    sha256_init(&sha);
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = add_line(d, file, row, (struct json_place){twin, line, ""}, &sha, err);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    sha256_end_hex(&sha, ids);
    return ok && state >= 0 &&
           (strcmp(ids, file->header.ids) == 0 ||
            error_set(err, ERROR_DATA, "'%s' has other texts than the dump '%s'", twin, path));
}

/* ---- the dump */

static bool read_file(struct dump *d, const char *path, const char *tokenizer, struct error *err) {
    struct top_in *file = &d->files[d->n_files];
    if (!top_in_open(file, path, err)) return false;
    d->n_files++;
    if (strcmp(file->header.tokenizer, tokenizer) != 0)
        return error_set(err, ERROR_DATA,
                         "'%s' was made with another vocabulary than the student's; teacher and student must share one",
                         path);
    if (file->header.k != d->files[0].header.k)
        return error_set(err, ERROR_DATA, "'%s' keeps %u tokens of a position, '%s' keeps %u", path, file->header.k,
                         d->settings.paths[0], d->files[0].header.k);
    return read_twin(d, file, path, err);
}

static void digest(struct dump *d) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < d->n_files; i++) sha256_add(&sha, d->files[i].map.at, d->files[i].map.len);
    for (size_t i = 0; i < d->n_texts; i++)
        sha256_add(&sha, d->texts[i].learned, d->texts[i].n * sizeof *d->texts[i].learned);
    sha256_end_hex(&sha, d->digest);
}

static bool cut_rows(struct dump *d, struct error *err) {
    d->row_from = memory_zeroed(d->n_texts + 1, sizeof *d->row_from);
    if (!d->row_from) return error_memory(err, "dump");
    size_t used = 0;
    for (size_t i = 0; i < d->n_texts; i++) {
        if (i == 0 || used + d->texts[i].n > d->settings.context) {
            d->row_from[d->n_rows++] = i;
            used = 0;
        }
        used += d->texts[i].n;
    }
    d->row_from[d->n_rows] = d->n_texts;
    return pass_order_init(&d->order, d->n_rows, d->settings.shuffle, d->settings.seed, "dump/order", err);
}

static bool read_files(struct dump *d, struct error *err) {
    char tokenizer[65];
    d->files = memory_zeroed(d->settings.n, sizeof *d->files);
    if (!d->files) return error_memory(err, "dump");
    if (!tokenizer_digest(d->settings.tokenizer, tokenizer)) return error_memory(err, "tokenizer");
    for (size_t i = 0; i < d->settings.n; i++)
        if (!read_file(d, d->settings.paths[i], tokenizer, err)) return false;
    return d->n_texts || error_set(err, ERROR_DATA, "'%s': no texts in it", d->settings.paths[0]);
}

struct dump *dump_new(const struct dump_settings *settings, struct error *err) {
    struct dump *d = memory_zeroed(1, sizeof *d);
    if (!d) return error_memory(err, "dump"), NULL;
    d->settings = *settings;
    arena_init(&d->arena, (size_t)8 << 30);
    if (read_files(d, err) && cut_rows(d, err)) {
        digest(d);
        return d;
    }
    dump_free(d);
    return NULL;
}

void dump_free(struct dump *d) {
    if (!d) return;
    for (size_t i = 0; i < d->n_files; i++) top_in_close(&d->files[i]);
    memory_free(d->files);
    memory_free(d->texts);
    memory_free(d->row_from);
    pass_order_done(&d->order);
    memory_free(d->batch.ids);
    memory_free(d->batch.targets);
    memory_free(d->batch.top);
    memory_free(d->batch.weights);
    memory_free(d->batch.starts);
    memory_free(d->batch.p);
    memory_free(d->batch.rest);
    arena_done(&d->arena);
    memory_free(d);
}

uint64_t dump_texts(const struct dump *d) {
    return d->n_texts;
}

uint64_t dump_tokens(const struct dump *d) {
    return d->tokens;
}

uint64_t dump_rows(const struct dump *d) {
    return d->n_rows;
}

size_t dump_k(const struct dump *d) {
    return d->files[0].header.k;
}

const char *dump_digest(const struct dump *d) {
    return d->digest;
}

/* ---- batches */

static bool reserve(struct dump *d, size_t rows, struct error *err) {
    if (rows <= d->batch.capacity) return true;
    size_t k = dump_k(d);
    const struct {
        void **at;
        size_t n, size;
    } arrays[] = {
        {(void **)&d->batch.ids, rows, sizeof *d->batch.ids},
        {(void **)&d->batch.targets, rows, sizeof *d->batch.targets},
        {(void **)&d->batch.weights, rows, sizeof *d->batch.weights},
        {(void **)&d->batch.starts, rows + 1, sizeof *d->batch.starts},
        {(void **)&d->batch.top, rows * k, sizeof *d->batch.top},
        {(void **)&d->batch.p, rows * k, sizeof *d->batch.p},
        {(void **)&d->batch.rest, rows, sizeof *d->batch.rest},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        void *more = memory_grow(*arrays[i].at, arrays[i].n, arrays[i].size);
        if (!more) return error_memory(err, "training batch");
        *arrays[i].at = more;
    }
    d->batch.capacity = rows;
    return true;
}

static void append_text(struct dump *d, const struct dump_text *t, size_t *n) {
    size_t k = dump_k(d);
    for (size_t i = 0; i < t->n; i++, (*n)++) {
        bool predicts = i + 1 < t->n && t->learned[i + 1];
        d->batch.ids[*n] = t->ids[i];
        d->batch.targets[*n] = predicts ? t->ids[i + 1] : -1;
        d->batch.weights[*n] = predicts ? 1.0f : 0.0f;
        d->batch.rest[*n] = top_in_get(t->file, t->position + i, d->batch.top + *n * k, d->batch.p + *n * k);
    }
}

bool dump_batch(struct dump *d, uint64_t first, size_t n, struct train_batch *batch, struct error *err) {
    if (n > SIZE_MAX / d->settings.context)
        return error_set(err, ERROR_USAGE, "a batch of %zu rows of %zu tokens is too large", n, d->settings.context);
    if (!reserve(d, n * d->settings.context, err)) return false;
    size_t rows = 0, segments = 0;
    for (uint64_t r = first; r < first + n; r++) {
        size_t row = pass_order_at(&d->order, r);
        for (size_t i = d->row_from[row]; i < d->row_from[row + 1]; i++) {
            d->batch.starts[segments++] = rows;
            append_text(d, &d->texts[i], &rows);
        }
    }
    d->batch.starts[segments] = rows;
    d->slices = (struct batch_slices){dump_k(d), d->batch.top, d->batch.p, d->batch.rest};
    *batch = (struct train_batch){.ids = d->batch.ids,
                                  .targets = d->batch.targets,
                                  .weights = d->batch.weights,
                                  .rows = rows,
                                  .starts = d->batch.starts,
                                  .n_segments = segments,
                                  .slices = &d->slices};
    return true;
}
