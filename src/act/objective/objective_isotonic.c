/* Calibration of confidences by a monotone map: see isotonic.h. No model is trained; the map is what is written. */
#include "act/objective/isotonic.h"
#include "act/objective/objective.h"

#include <math.h>
#include <stdlib.h>

enum { BINS = 10 };

/* Neighbouring claims with one value. */
struct block {
    double low, high, sum, weight; /* confidences from low to high */
};

static double level(const struct block *b) {
    return b->sum / b->weight;
}

static int by_confidence(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    if (x->confidence != y->confidence) return x->confidence < y->confidence ? -1 : 1;
    return x->right < y->right ? -1 : x->right > y->right; /* equal sums for any order of the rows */
}

/* Blocks of equal confidence, of which those that would fall are pooled. */
static size_t pool_blocks(const struct claim *claims, size_t n, struct block *blocks) {
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const struct claim *c = &claims[i];
        if (used && blocks[used - 1].high == c->confidence && blocks[used - 1].low == c->confidence) {
            blocks[used - 1].sum += c->weight * c->right;
            blocks[used - 1].weight += c->weight;
        } else {
            blocks[used++] = (struct block){c->confidence, c->confidence, c->weight * c->right, c->weight};
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < used; i++) {
        blocks[kept++] = blocks[i];
        for (; kept > 1 && level(&blocks[kept - 2]) >= level(&blocks[kept - 1]); kept--) {
            blocks[kept - 2].high = blocks[kept - 1].high;
            blocks[kept - 2].sum += blocks[kept - 1].sum;
            blocks[kept - 2].weight += blocks[kept - 1].weight;
        }
    }
    return kept;
}

bool isotonic_fit(struct claim *claims, size_t n, struct arena *arena, struct confidence_map *out, struct error *err) {
    struct block *blocks = memory_zeroed(n, sizeof *blocks);
    if (!blocks) return error_memory(err, "claims");
    qsort(claims, n, sizeof *claims, by_confidence);
    size_t kept = pool_blocks(claims, n, blocks);
    *out = (struct confidence_map){.from = arena_new(arena, double, 2 * kept, err), .claims = n};
    out->to = out->from ? arena_new(arena, double, 2 * kept, err) : NULL;
    for (size_t i = 0; out->to && i < kept; i++)
        for (int end = 0; end < 1 + (blocks[i].high > blocks[i].low); end++) {
            out->from[out->n] = end ? blocks[i].high : blocks[i].low;
            out->to[out->n++] = fmin(fmax(level(&blocks[i]), 0), 1);
        }
    memory_free(blocks);
    return out->to != NULL;
}

static double mapped(const struct confidence_map *map, double confidence) {
    return map ? confidence_map_at(map, confidence) : confidence;
}

double claims_brier(const struct claim *claims, size_t n, const struct confidence_map *map) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        double off = mapped(map, claims[i].confidence) - claims[i].right;
        sum += claims[i].weight * off * off;
        weight += claims[i].weight;
    }
    return sum / weight;
}

double claims_ece(const struct claim *claims, size_t n, const struct confidence_map *map) {
    double off[BINS] = {0}, weight = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double p = mapped(map, claims[i].confidence);
        int bin = (int)ceil(p * BINS) - 1;
        bin = bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
        off[bin] += claims[i].weight * (p - claims[i].right);
        weight += claims[i].weight;
    }
    for (int b = 0; b < BINS; b++) sum += fabs(off[b]) / weight;
    return sum;
}

static const struct option_def options[] = {
    {"least", OPTION_INT, "20", 2, 1e9, NULL, "claims that are needed; a map of few follows their accidents"},
};

static bool fit(const struct option_value *o, struct claim *claims, size_t n, struct arena *arena,
                struct confidence_map *out, struct error *err) {
    if (n < (size_t)o[0].integer)
        return error_set(err, ERROR_DATA,
                         "%zu claims are fewer than %lld; take more, or allow it with isotonic,least=%zu", n,
                         (long long)o[0].integer, n > 2 ? n : 2);
    return isotonic_fit(claims, n, arena, out, err);
}

const struct objective objective_isotonic = {
    .name = "isotonic",
    .summary = "a map that never falls from confidences of recorded answers to how often they are right; writes a map, "
               "no model",
    .source = "pool adjacent violators: Ayer et al. 1955; Zadrozny & Elkan 2002, section 2",
    .options = options,
    .n_options = 1,
    .of_claims = fit,
};
