/* Training data as packed rows: see corpus.h. */
#include "act/corpus.h"

#include "base/file.h"
#include "base/rng.h"
#include "lm/chat.h"

#include <string.h>

#define LINE_MAX ((size_t)64 << 20)

struct corpus {
    int32_t *tokens;
    uint64_t n_tokens, capacity;
    uint64_t *documents; /* first token of each document, and the end */
    uint64_t n_documents, documents_capacity;
    size_t context;
    /* Row r holds tokens row_from[r]..row_from[r+1]-1. */
    uint64_t *row_from;
    uint64_t n_rows;
    size_t *order; /* of the pass in use */
    uint64_t order_pass, order_seed;
    char digest[HASH_HEX];
    struct {
        int32_t *ids, *targets;
        float *weights;
        size_t *starts;
        size_t rows_capacity, segments_capacity;
    } batch;
};

static bool grow(void **at, uint64_t need, uint64_t *capacity, size_t size, struct error *err) {
    if (need <= *capacity) return true;
    uint64_t wanted = *capacity ? *capacity * 2 : 4096;
    if (wanted < need) wanted = need;
    void *more = memory_grow(*at, wanted, size);
    if (!more) return error_memory(err, "training data");
    *at = more;
    *capacity = wanted;
    return true;
}

static bool add_document(struct corpus *c, const struct tokenizer *tokenizer, struct text t, struct error *err) {
    struct token_list ids = {0};
    bool bos_written = false;
    struct text bos = tokenizer_bos(tokenizer) >= 0 ? tokenizer_token(tokenizer, tokenizer_bos(tokenizer)) : TEXT("");
    if (bos.len) bos_written = text_starts(t, bos);
    bool ok = tokenizer_encode(tokenizer, t, TOKENIZE_SPECIAL | (bos_written ? 0 : TOKENIZE_BOS), &ids, err);
    int32_t eos = tokenizer_eos(tokenizer);
    if (ok && eos >= 0 && ids.n && ids.ids[ids.n - 1] != eos) ok = token_list_put(&ids, eos, err);
    if (ok && ids.n > 1) {
        ok = grow((void **)&c->tokens, c->n_tokens + ids.n, &c->capacity, sizeof *c->tokens, err) &&
             grow((void **)&c->documents, c->n_documents + 2, &c->documents_capacity, sizeof *c->documents, err);
        if (ok) {
            memcpy(c->tokens + c->n_tokens, ids.ids, ids.n * sizeof *ids.ids);
            c->documents[c->n_documents++] = c->n_tokens;
            c->n_tokens += ids.n;
            c->documents[c->n_documents] = c->n_tokens;
        }
    }
    token_list_done(&ids);
    return ok;
}

static bool add_row(struct corpus *c, const struct tokenizer *tokenizer, struct chat_template **chat,
                    const char *template_name, const json_t *row, struct json_place place, struct error *err) {
    struct text t;
    json_t *messages = json_object_get(row, "messages");
    if (!messages) return json_get_text(row, "text", place, &t, err) && add_document(c, tokenizer, t, err);
    if (!*chat && !(*chat = chat_template_new(tokenizer, template_name, err))) return false;
    struct buffer b;
    buffer_init(&b, LINE_MAX);
    bool ok = chat_render(*chat, messages, false, &b, err) && buffer_check(&b, "conversation", err) &&
              add_document(c, tokenizer, buffer_text(&b), err);
    if (!ok) error_wrap(err, "%s:%zu", place.file, place.line);
    buffer_done(&b);
    return ok;
}

static bool add_jsonl(struct corpus *c, const char *path, const struct tokenizer *tokenizer, const char *template_name,
                      uint64_t max_tokens, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MAX, err);
    if (!lines) return false;
    struct chat_template *chat = NULL;
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = true;
    while (ok && (max_tokens == 0 || c->n_tokens < max_tokens) && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = add_row(c, tokenizer, &chat, template_name, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    chat_template_free(chat);
    jsonl_close(lines);
    return ok && state >= 0;
}

/* Plain text: documents are separated by blank lines of three or more line ends. */
static bool add_plain(struct corpus *c, const char *path, const struct tokenizer *tokenizer, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    struct text all;
    bool ok = file_read(&arena, path, (size_t)2 << 30, &all, err);
    for (size_t at = 0; ok && at < all.len;) {
        size_t end = text_find(all, TEXT("\n\n\n"), at);
        if (end == SIZE_MAX) end = all.len;
        struct text document = text_trim(text_part(all, at, end));
        if (document.len) ok = add_document(c, tokenizer, document, err);
        at = end + 3;
    }
    arena_done(&arena);
    return ok;
}

/* Cuts the stream into rows of the context length: whole documents are not kept together, none is cut short. */
static bool cut_rows(struct corpus *c, struct error *err) {
    uint64_t rows = (c->n_tokens + c->context - 1) / c->context;
    c->row_from = memory_zeroed(rows + 1, sizeof *c->row_from);
    c->order = memory_zeroed(rows, sizeof *c->order);
    if (!c->row_from || !c->order) return error_memory(err, "training rows");
    for (uint64_t r = 0; r <= rows; r++) c->row_from[r] = r * c->context < c->n_tokens ? r * c->context : c->n_tokens;
    c->n_rows = rows;
    c->order_pass = UINT64_MAX;
    return true;
}

struct corpus *corpus_new(const char *const *paths, size_t n, const struct tokenizer *tokenizer, const char *template_name,
                          size_t context, uint64_t max_tokens, struct error *err) {
    struct corpus *c = memory_zeroed(1, sizeof *c);
    if (!c) return error_memory(err, "training data"), NULL;
    c->context = context;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = text_ends(text_of(paths[i]), TEXT(".jsonl"))
                 ? add_jsonl(c, paths[i], tokenizer, template_name, max_tokens, err)
                 : add_plain(c, paths[i], tokenizer, err);
    if (ok && c->n_tokens < 2) ok = error_set(err, ERROR_DATA, "'%s': no training text in it", n ? paths[0] : "");
    if (ok) ok = cut_rows(c, err);
    if (ok) sha256_hex(c->tokens, c->n_tokens * sizeof *c->tokens, c->digest);
    if (ok) return c;
    corpus_free(c);
    return NULL;
}

void corpus_free(struct corpus *c) {
    if (!c) return;
    memory_free(c->tokens);
    memory_free(c->documents);
    memory_free(c->row_from);
    memory_free(c->order);
    memory_free(c->batch.ids);
    memory_free(c->batch.targets);
    memory_free(c->batch.weights);
    memory_free(c->batch.starts);
    memory_free(c);
}

uint64_t corpus_documents(const struct corpus *c) {
    return c->n_documents;
}

uint64_t corpus_tokens(const struct corpus *c) {
    return c->n_tokens;
}

uint64_t corpus_rows(const struct corpus *c) {
    return c->n_rows;
}

const char *corpus_digest(const struct corpus *c) {
    return c->digest;
}

static void order_pass(struct corpus *c, uint64_t pass, uint64_t seed) {
    if (c->order_pass == pass && c->order_seed == seed) return;
    for (size_t i = 0; i < c->n_rows; i++) c->order[i] = i;
    if (seed) {
        struct rng rng = rng_stream(seed, "corpus/order", pass);
        rng_shuffle(&rng, c->order, c->n_rows);
    }
    c->order_pass = pass;
    c->order_seed = seed;
}

static bool reserve_batch(struct corpus *c, size_t rows, struct error *err) {
    if (rows <= c->batch.rows_capacity) return true;
    int32_t *ids = memory_grow(c->batch.ids, rows, sizeof *ids);
    if (ids) c->batch.ids = ids;
    int32_t *targets = memory_grow(c->batch.targets, rows, sizeof *targets);
    if (targets) c->batch.targets = targets;
    float *weights = memory_grow(c->batch.weights, rows, sizeof *weights);
    if (weights) c->batch.weights = weights;
    size_t *starts = memory_grow(c->batch.starts, rows + 1, sizeof *starts);
    if (starts) c->batch.starts = starts;
    if (!ids || !targets || !weights || !starts) return error_memory(err, "training batch");
    c->batch.rows_capacity = rows;
    return true;
}

/* The first document that starts behind token `at`. */
static uint64_t next_document(const struct corpus *c, uint64_t at) {
    uint64_t lo = 0, hi = c->n_documents;
    while (lo < hi) {
        uint64_t middle = (lo + hi) / 2;
        if (c->documents[middle] > at)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

/* Appends one packed row; a token whose successor is in another document or row predicts nothing. */
static void append_row(struct corpus *c, size_t row, size_t *n, size_t *n_segments) {
    uint64_t from = c->row_from[row], to = c->row_from[row + 1], d = next_document(c, from);
    c->batch.starts[(*n_segments)++] = *n;
    for (uint64_t i = from; i < to; i++) {
        if (i > from && d < c->n_documents && i == c->documents[d]) {
            c->batch.starts[(*n_segments)++] = *n;
            d++;
        }
        bool last = i + 1 >= to || (d < c->n_documents && i + 1 == c->documents[d]);
        c->batch.ids[*n] = c->tokens[i];
        c->batch.targets[*n] = last ? -1 : c->tokens[i + 1];
        c->batch.weights[*n] = last ? 0.0f : 1.0f;
        (*n)++;
    }
}

bool corpus_batch(struct corpus *c, uint64_t first, size_t n, uint64_t seed, struct train_batch *batch,
                  struct error *err) {
    if (!reserve_batch(c, n * c->context, err)) return false;
    size_t rows = 0, segments = 0;
    for (uint64_t r = first; r < first + n; r++) {
        order_pass(c, r / c->n_rows, seed);
        append_row(c, c->order[r % c->n_rows], &rows, &segments);
    }
    c->batch.starts[segments] = rows;
    *batch = (struct train_batch){.ids = c->batch.ids, .targets = c->batch.targets, .weights = c->batch.weights,
                                  .rows = rows, .starts = c->batch.starts, .n_segments = segments};
    return true;
}
