/* Whether both runs' texts may come from one distribution: a two-sample test (maximum mean discrepancy; Gretton et al.,
 * "A kernel two-sample test", JMLR 13, 2012) with exchanges of the two runs' answers to the same prompt.
 *
 * A text is the vector of its counts of runs of 1 to `ngram` characters, made to have length 1 (an empty text: the zero
 * vector); the kernel is the inner product. With one answer a prompt the statistic is the squared distance of both
 * runs' mean vectors, and the answers of a cluster are exchanged together. With several answers a prompt it is the mean
 * over prompts of the squared distance of both runs' means at that prompt, and the answers of each prompt are dealt
 * anew (as Gao, Liang and Guestrin, "Model equality testing", 2024, do). Under equal distributions every exchange is as
 * likely as what was seen, so p = (1 + exchanges that lie as far apart) / (1 + exchanges) is exact whatever the kernel.
 * Runs of characters are kept as their hash in one of BUCKETS places, so a few of them share a place. */
#include "measure/compare/compare_internal.h"
#include "measure/compare/lineage.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 15, BYTES_MOST = 1 << 16, NGRAM_MOST = 8 };
#define ROUNDING 1e-12

struct feature {
    uint32_t bucket;
    float amount;
};

/* Both texts of a pair; unit: which exchange moves them. */
struct vectors {
    struct feature *at[2];
    uint32_t n[2];
};

struct same {
    struct compare_task *task;
    size_t ngram;
    struct vectors *of; /* [n_pairs] */
    unsigned char *equal;
    uint64_t *digest;
    uint32_t *count; /* [BUCKETS] */
    uint32_t *used;  /* buckets of the text at hand */
    uint64_t with_text;
};

/* Counts the runs of 1 to ngram characters of a text; returns how many buckets of s->used are used. */
static size_t count_runs(struct same *s, struct text t) {
    size_t starts[NGRAM_MOST], n = 0, used = 0, at = 0; /* ring of the places of the last characters */
    while (at < t.len) {
        uint32_t code;
        size_t step = text_utf8_next(text_part(t, at, t.len), &code);
        starts[n++ % s->ngram] = at;
        at += step ? step : 1;
        for (size_t length = 1; length <= s->ngram && length <= n; length++) {
            size_t from = starts[(n - length) % s->ngram];
            uint32_t bucket = (uint32_t)(hash_xxh3(t.at + from, at - from) % BUCKETS);
            if (s->count[bucket]++ == 0) s->used[used++] = bucket;
        }
    }
    return used;
}

static bool take(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct same *s = context;
    size_t used = count_runs(s, text_part(row->text, 0, row->text.len < BYTES_MOST ? row->text.len : BYTES_MOST));
    struct feature *out = arena_new(s->task->arena, struct feature, used + 1, err);
    double square = 0;
    if (!out) return false;
    for (size_t i = 0; i < used; i++) square += (double)s->count[s->used[i]] * s->count[s->used[i]];
    for (size_t i = 0; i < used; i++) {
        out[i] = (struct feature){s->used[i], (float)(s->count[s->used[i]] / sqrt(square))};
        s->count[s->used[i]] = 0;
    }
    s->of[pair].at[side] = out;
    s->of[pair].n[side] = (uint32_t)used;
    s->with_text += row->text.len > 0;
    uint64_t digest = hash_xxh3(row->text.at ? row->text.at : "", row->text.len);
    if (side == 0) s->digest[pair] = digest;
    s->equal[pair] = side == 1 && s->digest[pair] == digest;
    return true;
}

/* ---- statistics */

/* Usable pairs in groups: the pairs of a cluster, or the samples of a prompt. */
struct groups {
    size_t *pair, *end; /* pairs of group g: pair[end[g - 1] .. end[g] - 1] */
    size_t n, n_pairs, most;
    bool samples; /* groups are prompts */
};

struct keyed {
    uint64_t key, place;
    size_t pair;
};

static int by_key(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static bool make_groups(struct compare_task *t, struct groups *g, struct error *err) {
    struct keyed *keys = arena_new(t->arena, struct keyed, t->n_usable + 1, err);
    g->pair = arena_new(t->arena, size_t, t->n_usable + 1, err);
    g->end = arena_new(t->arena, size_t, t->n_usable + 1, err);
    if (!keys || !g->pair || !g->end) return false;
    for (size_t i = 0; i < t->n_pairs; i++) g->samples = g->samples || (t->pairs[i].usable && t->pairs[i].sample > 0);
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].usable)
            keys[g->n_pairs++] = (struct keyed){g->samples ? t->pairs[i].position[0] : t->pairs[i].cluster, i, i};
    qsort(keys, g->n_pairs, sizeof *keys, by_key);
    for (size_t i = 0; i < g->n_pairs; i++) {
        bool last = i + 1 == g->n_pairs || keys[i + 1].key != keys[i].key;
        g->pair[i] = keys[i].pair;
        if (!last) continue;
        g->end[g->n] = i + 1;
        size_t size = i + 1 - (g->n ? g->end[g->n - 1] : 0);
        g->most = size > g->most ? size : g->most;
        g->n++;
    }
    return true;
}

/* Adds a text's vector, which counts for the second run (sign 1) or the first (-1). */
static void add(double *sum, const struct vectors *v, int side, double sign) {
    for (uint32_t i = 0; i < v->n[side]; i++) sum[v->at[side][i].bucket] += sign * (double)v->at[side][i].amount;
}

static double take_square(double *sum) {
    double square = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
        square += sum[b] * sum[b];
        sum[b] = 0;
    }
    return square;
}

/* The same where only the places of some texts are not 0. */
static double take_square_of(double *sum, const struct same *s, const struct groups *g, size_t from, size_t to) {
    double square = 0;
    for (size_t i = from; i < to; i++)
        for (int side = 0; side < 2; side++) {
            const struct vectors *v = &s->of[g->pair[i]];
            for (uint32_t k = 0; k < v->n[side]; k++) {
                double *at = &sum[v->at[side][k].bucket];
                square += *at * *at;
                *at = 0;
            }
        }
    return square;
}

/* One answer a prompt: groups whose coin is 1 are exchanged. coin NULL: as seen. */
static double pooled(const struct same *s, const struct groups *g, const uint32_t *coin, double *sum) {
    for (size_t k = 0, i = 0; k < g->n; k++) {
        double sign = coin && coin[k] ? -1 : 1;
        for (; i < g->end[k]; i++) {
            add(sum, &s->of[g->pair[i]], 1, sign);
            add(sum, &s->of[g->pair[i]], 0, -sign);
        }
    }
    return take_square(sum) / ((double)g->n_pairs * (double)g->n_pairs);
}

/* Several: of the 2 m answers of a prompt the first m of the order count for the second run. rng NULL: as seen. */
static double within(const struct same *s, const struct groups *g, struct rng *rng, size_t *order, double *sum) {
    double total = 0;
    for (size_t k = 0; k < g->n; k++) {
        size_t from = k ? g->end[k - 1] : 0, m = g->end[k] - from;
        if (m == 0) continue; /* no group is empty */
        for (size_t i = 0; i < 2 * m; i++) order[i] = i;
        if (rng) rng_shuffle(rng, order, 2 * m);
        for (size_t i = 0; i < 2 * m; i++) {
            size_t pair = g->pair[from + order[i] % m];
            add(sum, &s->of[pair], order[i] < m ? 1 : 0, i < m ? 1 : -1);
        }
        total += take_square_of(sum, s, g, from, g->end[k]) / ((double)m * (double)m);
    }
    return total / (double)g->n;
}

static bool exchange(struct same *s, const struct groups *g, struct compare_row *row, struct error *err) {
    struct compare_task *t = s->task;
    double *sum = memory_zeroed(BUCKETS, sizeof *sum);
    uint32_t *coin = memory_grow(NULL, g->n + 1, sizeof *coin);
    size_t *order = memory_grow(NULL, 2 * g->most + 1, sizeof *order);
    char *stream = arena_printf(t->arena, err, "compare/%s/same", t->name);
    uint64_t beyond = 1;
    bool ok = sum && coin && order && stream;
    if (!ok) error_memory(err, "texts to compare");
    if (ok) row->value = g->samples ? within(s, g, NULL, order, sum) : pooled(s, g, NULL, sum);
    for (uint64_t r = 0; ok && r < t->figures.bootstrap; r++) {
        struct rng rng = rng_stream(t->figures.seed, stream, r);
        if (!g->samples) rng_below_many(&rng, 2, coin, g->n);
        double other = g->samples ? within(s, g, &rng, order, sum) : pooled(s, g, coin, sum);
        beyond += other >= row->value * (1 - ROUNDING) - ROUNDING * ROUNDING;
    }
    row->p = (double)beyond / (double)(t->figures.bootstrap + 1);
    memory_free(sum);
    memory_free(coin);
    memory_free(order);
    return ok;
}

static bool put_rows(struct same *s, struct error *err) {
    struct compare_task *t = s->task;
    struct groups g = {0};
    struct compare_row row = {.test = "same",
                              .task = t->name,
                              .name = "texts",
                              .group = "",
                              .a = NAN,
                              .b = NAN,
                              .lo = NAN,
                              .hi = NAN,
                              .detectable = NAN,
                              .n = t->n_usable,
                              .unit = "squared distance",
                              .direction = "none",
                              .first = true,
                              .null_reason = "a test of equality, which gives p and no interval"};
    struct compare_row equal = row;
    if (!make_groups(t, &g, err) || !exchange(s, &g, &row, err)) return false;
    row.method = arena_printf(t->arena, err, "mmd,ngram=%zu,exchanges=%llu,of=%s", s->ngram,
                              (unsigned long long)t->figures.bootstrap, g.samples ? "samples" : "prompts");
    equal.name = "equal_texts";
    equal.direction = "none";
    equal.first = false;
    equal.p = NAN;
    equal.null_reason = NULL;
    if (!row.method || !compare_share(t, s->equal, "equal_texts", &equal, err) || !compare_add_row(t, &row, err))
        return false;
    return compare_add_row(t, &equal, err) && compare_put_figure(t, &equal, err);
}

/* ---- the other kernel: whole replies, character by character (kinship.h); it needs samples ---- */

static bool put_test(struct compare_task *t, const char *name, double value, double p, uint64_t n, const char *unit,
                     struct error *err) {
    struct compare_row row = {.test = "same",
                              .task = t->name,
                              .name = name,
                              .group = "",
                              .a = NAN,
                              .b = NAN,
                              .value = value,
                              .lo = NAN,
                              .hi = NAN,
                              .p = p,
                              .detectable = NAN,
                              .n = n,
                              .unit = unit,
                              .direction = "none",
                              .method = "mmd,kernel=hamming",
                              .first = !isnan(p)};
    return compare_add_row(t, &row, err) && compare_put_figure(t, &row, err);
}

static bool run_hamming(struct compare_task *t, struct error *err) {
    struct lineage_texts texts[2];
    struct kin_test test;
    for (int side = 0; side < 2; side++) {
        bool there;
        if (!lineage_texts_read(t->record, t->run[side], text_of(t->name), t->arena, &texts[side], &there, err))
            return false;
        if (!there) return compare_no_row(t, "same", "mmd2", "its answers are choices, not texts", err);
        if (texts[side].replies.samples < 2)
            return compare_no_row(t, "same", "mmd2", "kernel=hamming needs two samples of each prompt, --samples", err);
    }
    char *stream = arena_printf(t->arena, err, "compare/%s/same/hamming", t->name);
    uint64_t n = texts[0].replies.prompts;
    return stream &&
           lineage_texts_parallel(&texts[0], &texts[1], t->out->runs[t->base].name, t->out->runs[t->other].name, err) &&
           kin_same(&texts[0].replies, &texts[1].replies, t->figures.bootstrap, t->figures.seed, stream, &test, err) &&
           put_test(t, "mmd2", test.mmd2, test.p, n, "squared distance", err) &&
           put_test(t, "same_p", test.p, NAN, n, "p", err) &&
           put_test(t, "same_power", test.power, NAN, n, "power", err);
}

enum { NGRAM, KERNEL };
static const struct option_def options_same[] = {
    [NGRAM] = {"ngram", OPTION_INT, "3", 1, NGRAM_MOST, NULL, "characters of the longest runs"},
    [KERNEL] = {"kernel", OPTION_CHOICE, "runs", 1, 0, "runs|hamming",
                "runs of characters; or whole replies character by character, which needs samples"},
};

static bool run_same(struct compare_task *t, const struct option_value *options, struct error *err) {
    if (text_equal_c(options[KERNEL].text, "hamming")) return run_hamming(t, err);
    struct same s = {.task = t, .ngram = (size_t)options[NGRAM].integer};
    s.of = arena_new(t->arena, struct vectors, t->n_pairs + 1, err);
    s.equal = arena_new(t->arena, unsigned char, t->n_pairs + 1, err);
    s.digest = arena_new(t->arena, uint64_t, t->n_pairs + 1, err);
    s.count = arena_new(t->arena, uint32_t, BUCKETS, err);
    s.used = arena_new(t->arena, uint32_t, BUCKETS, err);
    if (!s.of || !s.equal || !s.digest || !s.count || !s.used || !compare_walk(t, 0, take, &s, err)) return false;
    if (s.with_text == 0) return compare_no_row(t, "same", "texts", "its answers are choices, not texts", err);
    return put_rows(&s, err);
}

const struct compare_test compare_test_same = {
    .name = "same",
    .summary = "whether both runs' texts may come from one distribution (two-sample test on runs of characters)",
    .options = options_same,
    .n_options = sizeof options_same / sizeof *options_same,
    .run = run_same,
};
