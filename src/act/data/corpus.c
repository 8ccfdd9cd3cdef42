/* Training data as packed rows: see corpus.h. */
#include "act/data/corpus_internal.h"

/* ---- rows */

/* Rows of the context length cut from the stream. The last token is no input: nothing follows it. */
static void cut_stream(struct corpus *c) {
    uint64_t end = c->n_tokens - 1, context = c->settings.context;
    c->n_rows = (end + context - 1) / context;
    for (uint64_t r = 0; r <= c->n_rows; r++) c->row_from[r] = r * context < end ? r * context : end;
}

/* Rows of whole documents, each of which fits: the next one begins a new row when there is no room, or when each is to
 * have its own; then append_row leaves out what does not fit. */
static void cut_documents(struct corpus *c) {
    for (uint64_t d = 0; d < c->n_documents; d++)
        if (d == 0 || c->settings.single || c->documents[d + 1] - c->row_from[c->n_rows - 1] > c->settings.context)
            c->row_from[c->n_rows++] = c->documents[d];
    c->row_from[c->n_rows] = c->n_tokens;
}

static bool cut_rows(struct corpus *c, struct error *err) {
    uint64_t most = c->settings.answers || c->settings.single ? c->n_documents : c->n_tokens / c->settings.context + 1;
    c->row_from = memory_zeroed(most + 1, sizeof *c->row_from);
    if (!c->row_from) return error_memory(err, "training rows");
    c->settings.answers || c->settings.single ? cut_documents(c) : cut_stream(c);
    return pass_order_init(&c->order, c->n_rows, c->settings.shuffle, c->settings.seed, "corpus/order", err);
}

static void digest(struct corpus *c) {
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, c->tokens, c->n_tokens * sizeof *c->tokens);
    sha256_add(&sha, c->documents, (c->n_documents + 1) * sizeof *c->documents);
    sha256_end_hex(&sha, c->digest);
}

static bool read_files(struct corpus *c, uint64_t *ends, struct error *err) {
    const struct corpus_settings *s = &c->settings;
    for (size_t i = 0; i < s->n; i++) {
        uint64_t before = c->n_documents;
        if (!corpus_read(c, s->paths[i], err)) return false;
        if (c->n_documents == before) return error_set(err, ERROR_DATA, "'%s': no training text in it", s->paths[i]);
        ends[i] = c->n_documents;
    }
    return c->n_documents || error_set(err, ERROR_DATA, "no training data");
}

struct corpus *corpus_new(const struct corpus_settings *settings, struct error *err) {
    struct corpus *c = memory_zeroed(1, sizeof *c);
    uint64_t *ends = memory_zeroed(settings->n, sizeof *ends);
    bool ok = (c && ends) || error_memory(err, "training data");
    if (ok) c->settings = *settings;
    ok = ok && (settings->context > 1 || error_set(err, ERROR_USAGE, "the context must have at least 2 tokens")) &&
         read_files(c, ends, err) && (!settings->weights || corpus_mix(c, ends, err)) && cut_rows(c, err);
    memory_free(ends);
    if (ok) {
        digest(c);
        return c;
    }
    corpus_free(c);
    return NULL;
}

void corpus_free(struct corpus *c) {
    if (!c) return;
    memory_free(c->tokens);
    memory_free(c->counted);
    memory_free(c->documents);
    memory_free(c->row_from);
    pass_order_done(&c->order);
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

uint64_t corpus_longer(const struct corpus *c) {
    return c->n_longer;
}

uint64_t corpus_rows(const struct corpus *c) {
    return c->n_rows;
}

const char *corpus_digest(const struct corpus *c) {
    return c->digest;
}

/* ---- batches */

static bool reserve_batch(struct corpus *c, size_t rows, struct error *err) {
    if (rows <= c->batch.capacity) return true;
    int32_t *ids = memory_grow(c->batch.ids, rows, sizeof *ids);
    if (ids) c->batch.ids = ids;
    int32_t *targets = memory_grow(c->batch.targets, rows, sizeof *targets);
    if (targets) c->batch.targets = targets;
    float *weights = memory_grow(c->batch.weights, rows, sizeof *weights);
    if (weights) c->batch.weights = weights;
    size_t *starts = memory_grow(c->batch.starts, rows + 1, sizeof *starts);
    if (starts) c->batch.starts = starts;
    if (!ids || !targets || !weights || !starts) return error_memory(err, "training batch");
    c->batch.capacity = rows;
    return true;
}

/* The first document that starts behind token `at`; n_documents (the end) when there is none. */
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

/* Appends one packed row. The last token of a document predicts nothing; the last of a row predicts its successor,
 * which the row itself does not hold. */
static void append_row(struct corpus *c, size_t row, size_t *n, size_t *n_segments) {
    uint64_t from = c->row_from[row], to = c->row_from[row + 1], d = next_document(c, from);
    if (to - from > c->settings.context) to = from + c->settings.context;
    c->batch.starts[(*n_segments)++] = *n;
    for (uint64_t i = from; i < to; i++) {
        if (i == c->documents[d]) {
            c->batch.starts[(*n_segments)++] = *n;
            d++;
        }
        bool predicts = i + 1 < c->documents[d] && (!c->counted || c->counted[i + 1]);
        c->batch.ids[*n] = c->tokens[i];
        c->batch.targets[*n] = predicts ? c->tokens[i + 1] : -1;
        c->batch.weights[*n] = predicts ? 1.0f : 0.0f;
        (*n)++;
    }
}

bool corpus_batch(struct corpus *c, uint64_t first, size_t n, struct train_batch *batch, struct error *err) {
    if (n > SIZE_MAX / c->settings.context)
        return error_set(err, ERROR_USAGE, "a batch of %zu rows of %zu tokens is too large", n, c->settings.context);
    if (!reserve_batch(c, n * c->settings.context, err)) return false;
    size_t rows = 0, segments = 0;
    for (uint64_t r = first; r < first + n; r++) append_row(c, pass_order_at(&c->order, r), &rows, &segments);
    c->batch.starts[segments] = rows;
    *batch = (struct train_batch){.ids = c->batch.ids, .targets = c->batch.targets, .weights = c->batch.weights,
                                  .rows = rows, .starts = c->batch.starts, .n_segments = segments};
    return true;
}
