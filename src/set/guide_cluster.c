/* Which guidelines say the same: see guide_build.h. */
#include "set/guide_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 32 };

/* A text, its characters counted in buckets: what two texts have in common is at most what their buckets share. */
struct bag {
    struct text text;
    uint32_t at, length;
    uint16_t count[BUCKETS];
};
struct joining {
    const struct guide_build_settings *settings;
    const char *const *apart;
    struct bag *bag; /* by length */
    size_t n;
    uint32_t *parent;
    uint8_t *joined; /* scratch of a row of pairs, by part */
    size_t row;
    float *vector; /* [n][width], as the texts came */
    double *length;
    size_t width;
};

static void fill_bag(struct bag *b, struct text t, uint32_t at) {
    *b = (struct bag){.text = t, .at = at};
    for (size_t used; t.len; t = text_part(t, used, t.len)) {
        uint32_t c;
        used = text_utf8_next(t, &c);
        if (!used) c = (unsigned char)t.at[0], used = 1;
        b->count[c % BUCKETS]++;
        b->length++;
    }
}

static int by_length(const void *p, const void *q) {
    const struct bag *x = p, *y = q;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static double bound(const struct bag *x, const struct bag *y) {
    unsigned shared = 0;
    for (size_t i = 0; i < BUCKETS; i++) shared += x->count[i] < y->count[i] ? x->count[i] : y->count[i];
    return 2.0 * shared / (x->length + y->length);
}

static bool reaches(const struct guide_build_settings *s, double ratio) {
    return (s->compat ? guide_ratio_rounded(ratio) : ratio) >= s->tau;
}

static uint32_t root(uint32_t *parent, uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

/* The lower number is the root, so that it does not matter in which order texts are joined. */
static void join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = root(parent, a);
    b = root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Pair (row, row + 1 + k): is it joined? */
static void compare(void *context, size_t k, size_t worker) {
    struct joining *j = context;
    const struct bag *x = &j->bag[j->row], *y = &j->bag[j->row + 1 + k];
    (void)worker;
    bool together = !j->apart || strcmp(j->apart[x->at], j->apart[y->at]) == 0;
    j->joined[k] = together && reaches(j->settings, bound(x, y)) && reaches(j->settings, guide_ratio(x->text, y->text));
}

/* Longer texts than this cannot reach tau: LCS is at most the shorter length. */
static size_t within(const struct joining *j, size_t row) {
    size_t n = 0;
    while (row + 1 + n < j->n) {
        const struct bag *x = &j->bag[row], *y = &j->bag[row + 1 + n];
        if (!reaches(j->settings, 2.0 * x->length / (x->length + y->length))) break;
        n++;
    }
    return n;
}

/* ---- by vectors */

static double product(const float *a, const float *b, size_t width) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* The same of texts as they came: (row, row + 1 + k). */
static void compare_vectors(void *context, size_t k, size_t worker) {
    struct joining *j = context;
    size_t a = j->row, b = a + 1 + k;
    (void)worker;
    double both = j->length[a] * j->length[b];
    j->joined[k] = (!j->apart || strcmp(j->apart[a], j->apart[b]) == 0) && both > 0 &&
                   product(j->vector + a * j->width, j->vector + b * j->width, j->width) >= j->settings->near * both;
}

static bool measure(struct joining *j, struct arena *arena, struct error *err) {
    if (!(j->length = arena_new(arena, double, j->n + 1, err))) return false;
    for (size_t i = 0; i < j->n; i++) {
        const float *v = j->vector + i * j->width;
        j->length[i] = sqrt(product(v, v, j->width));
        if (!isfinite(j->length[i])) return error_set(err, ERROR_DATA, "the vector of a guideline is not finite");
    }
    return true;
}

static bool join_by_vectors(struct joining *j, const struct text *text, struct arena *arena, struct error *err) {
    const struct guide_build_settings *s = j->settings;
    bool ok = s->embed(s->context, text, j->n, &j->width, &j->vector, err) && measure(j, arena, err);
    for (j->row = 0; ok && j->row + 1 < j->n; j->row++) {
        size_t pairs = j->n - j->row - 1;
        pool_run(s->pool, pairs, compare_vectors, j);
        for (size_t k = 0; k < pairs; k++)
            if (j->joined[k]) join(j->parent, (uint32_t)j->row, (uint32_t)(j->row + 1 + k));
    }
    memory_free(j->vector);
    return ok;
}

static void number(struct joining *j, uint32_t *cluster, size_t *n_clusters) {
    *n_clusters = 0;
    for (uint32_t i = 0; i < j->n; i++) {
        uint32_t r = root(j->parent, i);
        cluster[i] = r == i ? (uint32_t)(*n_clusters)++ : cluster[r];
    }
}

bool guide_cluster(const struct text *text, const char *const *apart, size_t n,
                   const struct guide_build_settings *settings, struct arena *arena, uint32_t *cluster,
                   size_t *n_clusters, struct error *err) {
    struct joining j = {.settings = settings,
                        .apart = apart,
                        .n = n,
                        .bag = memory_zeroed(n + 1, sizeof *j.bag),
                        .parent = arena_new(arena, uint32_t, n + 1, err),
                        .joined = arena_new(arena, uint8_t, n + 1, err)};
    bool ok = (j.bag || error_memory(err, "guidelines")) && j.parent && j.joined;
    for (uint32_t i = 0; ok && i < n; i++) {
        fill_bag(&j.bag[i], text[i], i);
        j.parent[i] = i;
    }
    if (ok && n) qsort(j.bag, n, sizeof *j.bag, by_length);
    for (j.row = 0; ok && j.row < n; j.row++) {
        size_t pairs = within(&j, j.row);
        pool_run(settings->pool, pairs, compare, &j);
        for (size_t k = 0; k < pairs; k++)
            if (j.joined[k]) join(j.parent, j.bag[j.row].at, j.bag[j.row + 1 + k].at);
    }
    if (ok && settings->embed && n) ok = join_by_vectors(&j, text, arena, err);
    if (ok) number(&j, cluster, n_clusters);
    memory_free(j.bag);
    return ok;
}
