/* Likeness of replies: see kinship.h. */
#include "measure/rules/kinship.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { TEXT_MOST = 1 << 20, GRAM = 4 };

/* ---- F1 ---- */

static bool is_blank(uint32_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x3000 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || (c >= 0x1c && c <= 0x1f);
}

/* The characters in lower case, blanks collapsed, none at the ends; returns how many. out: room for t.len. */
static size_t characters(struct text t, uint32_t *out) {
    size_t n = 0;
    for (size_t at = 0; at < t.len;) {
        uint32_t c;
        size_t step = text_utf8_next(text_part(t, at, t.len), &c);
        if (!step) c = 0xfffd;
        at += step ? step : 1;
        if (is_blank(c)) {
            if (n && out[n - 1] != ' ') out[n++] = ' ';
        } else {
            out[n++] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
        }
    }
    return n && out[n - 1] == ' ' ? n - 1 : n;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorted keys as counts. */
static void count_keys(const uint64_t *keys, size_t n, struct kin_grams *out) {
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        if (!out->n || out->at[out->n - 1].key != keys[i]) out->at[out->n++] = (struct kin_gram){keys[i], 0};
        out->at[out->n - 1].count++;
    }
    for (size_t i = 0; i < out->n; i++) square += out->at[i].count * out->at[i].count;
    out->norm = sqrt(square);
}

bool kin_grams(const struct text *texts, size_t n, struct arena *arena, struct kin_grams *out, struct error *err) {
    size_t bytes = 0, keys = 0;
    *out = (struct kin_grams){0};
    for (size_t i = 0; i < n; i++) bytes += texts[i].len < TEXT_MOST ? texts[i].len : TEXT_MOST;
    uint32_t *letters = memory_grow(NULL, bytes + 1, sizeof *letters);
    uint64_t *key = memory_grow(NULL, bytes + 1, sizeof *key);
    bool ok = letters && key;
    if (!ok) error_memory(err, "runs of characters");
    for (size_t i = 0; ok && i < n; i++) {
        size_t m = characters(text_part(texts[i], 0, TEXT_MOST), letters);
        for (size_t c = 0; c + GRAM <= m; c++) key[keys++] = hash_xxh3(letters + c, GRAM * sizeof *letters);
    }
    if (ok && keys) qsort(key, keys, sizeof *key, by_key);
    ok = ok && (out->at = arena_new(arena, struct kin_gram, keys + 1, err));
    if (ok) count_keys(key, keys, out);
    memory_free(letters);
    memory_free(key);
    return ok;
}

double kin_cosine(const struct kin_grams *a, const struct kin_grams *b) {
    double sum = 0;
    if (!(a->norm > 0) || !(b->norm > 0)) return 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->at[i].key == b->at[k].key)
            sum += a->at[i++].count * b->at[k++].count;
        else if (a->at[i].key < b->at[k].key)
            i++;
        else
            k++;
    }
    return sum / a->norm / b->norm;
}

double kin_similarity(const struct kin_grams *a, const struct kin_grams *b, size_t prompts) {
    double sum = 0;
    for (size_t p = 0; p < prompts; p++) sum += kin_cosine(&a[p], &b[p]);
    return sum / (double)prompts;
}

/* ---- attribution ---- */

struct attribution {
    const struct kin_grams *grams;
    size_t models, prompts, train;
    uint64_t *key; /* of all training answers, ascending */
    double *idf;   /* ln(N / df) of each */
    size_t n;
    double *centroid; /* [models][n] */
    double *norm;     /* [models] */
    double *bundle;   /* [n] */
};

static size_t place_of(const struct attribution *a, uint64_t key) {
    size_t lo = 0, hi = a->n;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (a->key[middle] < key)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < a->n && a->key[lo] == key ? lo : SIZE_MAX;
}

static bool learn_keys(struct attribution *a, struct arena *arena, struct error *err) {
    size_t all = 0, n = 0;
    for (size_t m = 0; m < a->models; m++)
        for (size_t p = 0; p < a->train; p++) all += a->grams[m * a->prompts + p].n;
    uint64_t *key = arena_new(arena, uint64_t, all + 1, err);
    a->idf = arena_new(arena, double, all + 1, err);
    if (!key || !a->idf) return false;
    for (size_t m = 0; m < a->models; m++)
        for (size_t p = 0; p < a->train; p++)
            for (size_t i = 0; i < a->grams[m * a->prompts + p].n; i++)
                key[n++] = a->grams[m * a->prompts + p].at[i].key;
    if (n) qsort(key, n, sizeof *key, by_key);
    for (size_t i = 0; i < n; i++) { /* each answer holds a gram once, so equal keys are the answers with it */
        if (!a->n || key[a->n - 1] != key[i]) key[a->n++] = key[i];
        a->idf[a->n - 1]++;
    }
    for (size_t i = 0; i < a->n; i++) a->idf[i] = log((double)(a->models * a->train) / a->idf[i]);
    a->key = key;
    return true;
}

static bool learn_centroids(struct attribution *a, struct arena *arena, struct error *err) {
    a->centroid = arena_alloc(arena, a->models * (a->n + 1), sizeof *a->centroid, err);
    a->norm = arena_new(arena, double, a->models, err);
    a->bundle = arena_new(arena, double, a->n + 1, err);
    if (!a->centroid || !a->norm || !a->bundle) return false;
    for (size_t m = 0; m < a->models; m++) {
        double *c = a->centroid + m * a->n, square = 0;
        for (size_t p = 0; p < a->train; p++) {
            const struct kin_grams *g = &a->grams[m * a->prompts + p];
            for (size_t i = 0; i < g->n; i++) c[place_of(a, g->at[i].key)] += g->at[i].count / g->norm;
        }
        for (size_t i = 0; i < a->n; i++) {
            c[i] *= a->idf[i];
            square += c[i] * c[i];
        }
        a->norm[m] = sqrt(square);
    }
    return true;
}

/* The model whose centroid is nearest to the answers of `model` to `bundle` prompts from `from` on. */
static size_t nearest(struct attribution *a, size_t model, size_t from, size_t bundle) {
    size_t best = 0;
    double most = -INFINITY;
    memset(a->bundle, 0, a->n * sizeof *a->bundle);
    for (size_t p = from; p < from + bundle; p++) {
        const struct kin_grams *g = &a->grams[model * a->prompts + p];
        for (size_t i = 0; i < g->n; i++) {
            size_t at = place_of(a, g->at[i].key);
            if (at != SIZE_MAX) a->bundle[at] += g->at[i].count * a->idf[at];
        }
    }
    for (size_t m = 0; m < a->models; m++) {
        double sum = 0;
        for (size_t i = 0; i < a->n; i++) sum += a->bundle[i] * a->centroid[m * a->n + i];
        sum = a->norm[m] > 0 ? sum / a->norm[m] : 0;
        if (sum > most) most = sum, best = m;
    }
    return best;
}

bool kin_attribute(const struct kin_grams *grams, size_t models, size_t prompts, size_t train, size_t bundle,
                   struct arena *arena, uint64_t *right, uint64_t *trials, struct error *err) {
    struct attribution a = {.grams = grams, .models = models, .prompts = prompts, .train = train};
    *right = *trials = 0;
    if (!learn_keys(&a, arena, err) || !learn_centroids(&a, arena, err)) return false;
    for (size_t m = 0; m < models; m++)
        for (size_t p = train; p + bundle <= prompts; p += bundle) {
            *right += nearest(&a, m, p, bundle) == m;
            ++*trials;
        }
    return true;
}

/* ---- F2 ---- */

static uint64_t allele(struct text t) {
    size_t at = 0;
    for (int i = 0; i < GRAM && at < t.len; i++) {
        uint32_t c;
        size_t step = text_utf8_next(text_part(t, at, t.len), &c);
        at += step ? step : 1;
    }
    return hash_xxh3(t.at ? t.at : "", at);
}

/* Pairs of equal alleles of both sides at a prompt; of one side: ordered pairs of different samples. */
static double equal_alleles(const struct kin_replies *a, const struct kin_replies *b, size_t p) {
    double n = 0;
    for (size_t i = 0; i < a->samples; i++)
        for (size_t k = 0; k < b->samples; k++) {
            if (a == b && i == k) continue;
            n += allele(a->reply[p * a->samples + i]) == allele(b->reply[p * b->samples + k]);
        }
    return n;
}

/* sum_x P(x)^2 over prompts: of one sample 1, else from pairs of different samples, which is the correction. */
static double own_alleles(const struct kin_replies *a) {
    double sum = 0;
    if (a->samples == 1) return (double)a->prompts;
    for (size_t p = 0; p < a->prompts; p++) sum += equal_alleles(a, a, p) / (double)(a->samples * (a->samples - 1));
    return sum;
}

double kin_genetic(const struct kin_replies *a, const struct kin_replies *b) {
    double both = 0;
    if (!a->samples || !b->samples || !a->prompts) return NAN;
    for (size_t p = 0; p < a->prompts; p++) both += equal_alleles(a, b, p) / (double)(a->samples * b->samples);
    return both / sqrt(own_alleles(a) * own_alleles(b));
}

/* ---- F3 ---- */

struct sameness {
    size_t prompts, na, nb, n;
    float *kernel; /* [prompts][n][n] */
    uint32_t *order;
};

static void pad(struct text t, uint32_t out[KIN_CHARACTERS]) {
    size_t at = 0;
    for (size_t i = 0; i < KIN_CHARACTERS; i++) {
        uint32_t c = 0;
        if (at < t.len) {
            size_t step = text_utf8_next(text_part(t, at, t.len), &c);
            at += step ? step : 1;
        }
        out[i] = c;
    }
}

static bool fill_kernel(struct sameness *s, const struct kin_replies *a, const struct kin_replies *b,
                        struct error *err) {
    uint32_t(*letters)[KIN_CHARACTERS] = memory_grow(NULL, s->n, sizeof *letters);
    if (!letters) return error_memory(err, "replies");
    for (size_t p = 0; p < s->prompts; p++) {
        float *k = s->kernel + p * s->n * s->n;
        for (size_t i = 0; i < s->n; i++)
            pad(i < s->na ? a->reply[p * s->na + i] : b->reply[p * s->nb + i - s->na], letters[i]);
        for (size_t i = 0; i < s->n; i++)
            for (size_t j = 0; j < s->n; j++) {
                unsigned equal = 0;
                for (size_t c = 0; c < KIN_CHARACTERS; c++) equal += letters[i][c] == letters[j][c];
                k[i * s->n + j] = (float)equal / KIN_CHARACTERS;
            }
    }
    memory_free(letters);
    return true;
}

/* The first na of the order are a's. */
static double mmd2(const struct sameness *s, const float *k, const uint32_t *order) {
    double within_a = 0, within_b = 0, across = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->n; j++) {
            double v = (double)k[order[i] * s->n + order[j]];
            if (i == j) continue;
            if (i < s->na && j < s->na)
                within_a += v;
            else if (i >= s->na && j >= s->na)
                within_b += v;
            else
                across += v / 2;
        }
    double na = (double)s->na, nb = (double)s->nb;
    return within_a / (na * (na - 1)) + within_b / (nb * (nb - 1)) - 2 * across / (na * nb);
}

static double mean_mmd2(struct sameness *s, struct rng *rng) {
    double sum = 0;
    for (size_t p = 0; p < s->prompts; p++) {
        for (size_t i = 0; i < s->n; i++) s->order[i] = (uint32_t)i;
        for (size_t i = s->n; rng && i > 1; i--) {
            uint32_t k = (uint32_t)rng_below(rng, i), kept = s->order[i - 1];
            s->order[i - 1] = s->order[k];
            s->order[k] = kept;
        }
        sum += mmd2(s, s->kernel + p * s->n * s->n, s->order);
    }
    return sum / (double)s->prompts;
}

bool kin_same(const struct kin_replies *a, const struct kin_replies *b, uint64_t exchanges, uint64_t seed,
              const char *name, struct kin_test *out, struct error *err) {
    struct sameness s = {.prompts = a->prompts, .na = a->samples, .nb = b->samples, .n = a->samples + b->samples};
    uint64_t beyond = 1;
    if (a->prompts != b->prompts || a->samples < 2 || b->samples < 2 || !a->prompts)
        return error_set(err, ERROR_DATA, "a test of sameness needs the same prompts and two samples or more of each");
    if (s.prompts > SIZE_MAX / (s.n * s.n) ||
        !(s.kernel = memory_grow(NULL, s.prompts * s.n * s.n, sizeof *s.kernel)) ||
        !(s.order = memory_grow(NULL, s.n, sizeof *s.order))) {
        memory_free(s.kernel);
        return error_memory(err, "replies");
    }
    bool ok = fill_kernel(&s, a, b, err);
    if (ok) {
        out->mmd2 = mean_mmd2(&s, NULL);
        double sum = 0, square = 0;
        for (uint64_t r = 0; r < exchanges; r++) {
            struct rng rng = rng_stream(seed, name, r);
            double other = mean_mmd2(&s, &rng);
            beyond += other >= out->mmd2 - 1e-12;
            sum += other;
            square += other * other;
        }
        double n = (double)exchanges, mean = sum / n, sd = sqrt(fmax(square / n - mean * mean, 0));
        out->p = (double)beyond / (n + 1);
        out->power = sd > 0 ? 0.5 * erfc((1.6448536 - (out->mmd2 - mean) / sd) / sqrt(2)) : out->mmd2 > mean;
    }
    memory_free(s.kernel);
    memory_free(s.order);
    return ok;
}
