/* Mixing files by weights: see corpus.h. Documents that are read more than once stand more than once in the stream. */
#include "act/data/corpus_internal.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define MOST_MIXED ((uint64_t)1 << 31) /* tokens */

/* Documents of file f, and how many of them a pass has. */
struct share {
    uint64_t from, n, wanted;
};

/* The file that is longest for its weight is read once, so that nothing is left out. */
static void wish(const struct corpus *c, const uint64_t *ends, struct share *shares) {
    double most = 0;
    for (size_t f = 0; f < c->settings.n; f++) {
        shares[f].from = f ? ends[f - 1] : 0;
        shares[f].n = ends[f] - shares[f].from;
        double passes = (double)shares[f].n / c->settings.weights[f];
        most = passes > most ? passes : most;
    }
    for (size_t f = 0; f < c->settings.n; f++)
        shares[f].wanted = (uint64_t)llround(fmin(c->settings.weights[f] * most, (double)MOST_MIXED + 1));
}

/* Whole copies of the file, then a draw of the rest in the order of the file:
 * kept[i] says how often document i comes. */
static bool draw(const struct corpus *c, size_t f, const struct share *share, uint64_t *kept, struct error *err) {
    if (share->n == 0) return true;
    size_t *order = memory_alloc(share->n * sizeof *order);
    if (!order) return error_memory(err, "mixed data");
    struct rng rng = rng_stream(c->settings.seed, "corpus/mix", f);
    for (size_t i = 0; i < share->n; i++) order[i] = i;
    rng_shuffle(&rng, order, share->n);
    for (uint64_t i = 0; i < share->n; i++) kept[i] = share->wanted / share->n;
    for (uint64_t i = 0; i < share->wanted % share->n; i++) kept[order[i]]++;
    memory_free(order);
    return true;
}

struct mixed {
    struct corpus *from;
    int32_t *tokens;
    bool *counted;
    uint64_t *documents;
    uint64_t n_tokens, n_documents, n_longer;
};

static void copy_document(struct mixed *m, uint64_t d) {
    const struct corpus *c = m->from;
    uint64_t at = c->documents[d], n = c->documents[d + 1] - at;
    memcpy(m->tokens + m->n_tokens, c->tokens + at, n * sizeof *m->tokens);
    if (m->counted) memcpy(m->counted + m->n_tokens, c->counted + at, n * sizeof *m->counted);
    m->documents[m->n_documents++] = m->n_tokens;
    m->n_tokens += n;
    m->documents[m->n_documents] = m->n_tokens;
    m->n_longer += n > c->settings.context;
}

static bool room(struct mixed *m, const uint64_t *kept, struct error *err) {
    const struct corpus *c = m->from;
    uint64_t tokens = 0, documents = 0;
    for (uint64_t d = 0; d < c->n_documents; d++) {
        uint64_t more;
        if (__builtin_mul_overflow(kept[d], c->documents[d + 1] - c->documents[d], &more) || more > MOST_MIXED ||
            (tokens += more) > MOST_MIXED)
            return error_set(err, ERROR_USAGE,
                             "a pass over this mixture has more than %llu tokens; bring the weights closer "
                             "together",
                             (unsigned long long)MOST_MIXED);
        documents += kept[d];
    }
    m->tokens = memory_alloc(tokens * sizeof *m->tokens);
    m->counted = c->counted ? memory_alloc(tokens * sizeof *m->counted) : NULL;
    m->documents = memory_alloc((documents + 1) * sizeof *m->documents);
    return (m->tokens && m->documents && (m->counted || !c->counted)) || error_memory(err, "mixed data");
}

static void take_over(struct mixed *m) {
    struct corpus *c = m->from;
    memory_free(c->tokens);
    memory_free(c->counted);
    memory_free(c->documents);
    c->tokens = m->tokens, c->counted = m->counted, c->documents = m->documents;
    c->n_tokens = m->n_tokens, c->n_documents = m->n_documents, c->n_longer = m->n_longer;
    m->tokens = NULL, m->counted = NULL, m->documents = NULL;
}

/* A document that comes k times stands in the first k copies of its file. */
static void copy_all(struct mixed *m, const struct share *shares, const uint64_t *kept) {
    for (size_t f = 0; f < m->from->settings.n; f++)
        for (uint64_t copy = 0; copy * shares[f].n < shares[f].wanted; copy++)
            for (uint64_t d = shares[f].from; d < shares[f].from + shares[f].n; d++)
                if (kept[d] > copy) copy_document(m, d);
}

bool corpus_mix(struct corpus *c, const uint64_t *ends, struct error *err) {
    struct mixed m = {.from = c};
    struct share *shares = memory_zeroed(c->settings.n, sizeof *shares);
    uint64_t *kept = memory_zeroed(c->n_documents, sizeof *kept);
    bool ok = (shares && kept) || error_memory(err, "mixed data");
    if (ok) wish(c, ends, shares);
    for (size_t f = 0; ok && f < c->settings.n; f++) ok = draw(c, f, &shares[f], kept + shares[f].from, err);
    ok = ok && room(&m, kept, err);
    if (ok) {
        copy_all(&m, shares, kept);
        take_over(&m);
    }
    memory_free(m.tokens);
    memory_free(m.counted);
    memory_free(m.documents);
    memory_free(shares);
    memory_free(kept);
    return ok;
}
