/* Gaps between languages: see parallel_gap.h. */
#include "measure/figure/parallel_gap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANGUAGES_MOST = 64, CLASSES_MOST = 16 };

struct row {
    uint64_t pair;
    size_t order; /* of coming */
    double published, right, picked;
    uint16_t lang;
    bool read;
};

struct parallel_gaps {
    struct arena arena;
    const char *lang[LANGUAGES_MOST];
    size_t n_langs;
    struct row *rows;
    size_t n, capacity;
    bool sorted;
};

struct parallel_gaps *parallel_gaps_new(struct error *err) {
    struct parallel_gaps *g = memory_zeroed(1, sizeof *g);
    if (!g) return error_memory(err, "gaps"), NULL;
    arena_init(&g->arena, 1 << 20);
    return g;
}

void parallel_gaps_free(struct parallel_gaps *g) {
    if (!g) return;
    memory_free(g->rows);
    arena_done(&g->arena);
    memory_free(g);
}

static bool language(struct parallel_gaps *g, struct text name, uint16_t *out, struct error *err) {
    for (size_t i = 0; i < g->n_langs; i++)
        if (text_equal_c(name, g->lang[i])) return *out = (uint16_t)i, true;
    if (g->n_langs == LANGUAGES_MOST) return error_set(err, ERROR_DATA, "over %d languages", LANGUAGES_MOST);
    *out = (uint16_t)g->n_langs;
    return (g->lang[g->n_langs++] = text_copy(&g->arena, name, err)) != NULL;
}

bool parallel_gaps_add(struct parallel_gaps *g, const struct parallel_answer *a, struct error *err) {
    struct row row = {hash_xxh3(a->pair.at, a->pair.len), g->n, a->published, a->right, a->picked, 0, a->read};
    if (!language(g, a->lang, &row.lang, err)) return false;
    if (g->n == g->capacity) {
        size_t wanted = g->capacity ? 2 * g->capacity : 1024;
        struct row *more = memory_grow(g->rows, wanted, sizeof *more);
        if (!more) return error_memory(err, "gaps");
        g->rows = more;
        g->capacity = wanted;
    }
    g->rows[g->n++] = row;
    g->sorted = false;
    return true;
}

static int by_pair(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->pair != y->pair) return x->pair < y->pair ? -1 : 1;
    if (x->lang != y->lang) return (x->lang > y->lang) - (x->lang < y->lang);
    return (x->order > y->order) - (x->order < y->order);
}

/* ---- two languages */

struct twins {
    const struct row *mine, *theirs;
};

enum part { GAP, HARNESS, PARSE, ABILITY, PARTS };
struct means {
    double published, right, read;
};

struct selection {
    const struct twins *twins;
    size_t n;
    enum part part;
};

static double published_of(const struct row *row) {
    return isnan(row->published) ? row->right : row->published;
}

static void add(struct means *m, const struct row *row, double weight) {
    m->published += weight * published_of(row);
    m->right += weight * row->right;
    m->read += weight * row->read;
}

static double split(const struct means *l, const struct means *r, double n, enum part part) {
    double gap = (l->published - r->published) / n, strict = (l->right - r->right) / n;
    if (part == GAP) return gap;
    if (part == HARNESS) return gap - strict;
    bool known = l->read > 0 && r->read > 0;
    double ability = known ? (l->right / l->read - r->right / r->read) * (l->read + r->read) / (2 * n) : 0;
    return part == ABILITY ? ability : strict - ability;
}

static double statistic(void *context, const uint32_t *weights, size_t n) {
    const struct selection *s = context;
    struct means l = {0}, r = {0};
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += weights[i];
        add(&l, s->twins[i].mine, weights[i]);
        add(&r, s->twins[i].theirs, weights[i]);
    }
    return total > 0 ? split(&l, &r, total, s->part) : (double)NAN;
}

static bool intervals(struct selection *s, struct parallel_gap *gap, double confidence, uint64_t resamples,
                      uint64_t seed, struct error *err) {
    struct interval *const out[PARTS] = {&gap->gap, &gap->harness, &gap->parse, &gap->ability};
    double cover = stat_expanded_confidence(confidence, s->n);
    for (int part = 0; part < PARTS; part++) {
        s->part = (enum part)part;
        struct means l = {0}, r = {0};
        for (size_t i = 0; i < s->n; i++) add(&l, s->twins[i].mine, 1), add(&r, s->twins[i].theirs, 1);
        *out[part] = (struct interval){s->n ? split(&l, &r, (double)s->n, s->part) : (double)NAN, NAN, NAN};
        if (s->n && resamples > 1 &&
            !stat_bootstrap(s->n, NULL, s->n, NULL, statistic, s, resamples, cover, seed, "parallel/gap", out[part],
                            err))
            return false;
    }
    return true;
}

static void agreement(const struct selection *s, struct parallel_gap *gap) {
    uint64_t table[CLASSES_MOST * CLASSES_MOST] = {0}, same = 0;
    for (size_t i = 0; i < s->n; i++) {
        double a = s->twins[i].mine->picked, b = s->twins[i].theirs->picked;
        if (!(a >= 0 && a < CLASSES_MOST && b >= 0 && b < CLASSES_MOST)) continue;
        table[(size_t)a * CLASSES_MOST + (size_t)b]++;
        same += a == b;
        gap->both++;
    }
    gap->same = gap->both ? (double)same / (double)gap->both : (double)NAN;
    gap->kappa = gap->both ? stat_cohen_kappa(table, CLASSES_MOST) : (double)NAN;
}

static void test(const struct selection *s, struct parallel_gap *gap) {
    uint64_t gained = 0, lost = 0;
    for (size_t i = 0; i < s->n; i++) {
        bool a = s->twins[i].mine->right >= 0.5, b = s->twins[i].theirs->right >= 0.5;
        gained += a && !b, lost += b && !a;
    }
    gap->p = s->n ? stat_mcnemar(gained, lost) : (double)NAN;
}

/* The twins of two languages among the sorted rows. */
static size_t find_twins(const struct parallel_gaps *g, size_t lang, size_t reference, struct twins *out) {
    size_t n = 0;
    for (size_t from = 0, to; from < g->n; from = to) {
        struct twins t = {0};
        for (to = from; to < g->n && g->rows[to].pair == g->rows[from].pair; to++) {
            const struct row *row = &g->rows[to];
            if (row->lang == lang && !t.mine) t.mine = row;
            if (row->lang == reference && !t.theirs) t.theirs = row;
        }
        if (t.mine && t.theirs) out[n++] = t;
    }
    return n;
}

static bool find_reference(const struct parallel_gaps *g, const char *name, size_t *out, struct error *err) {
    *out = 0;
    for (size_t i = 0; i < g->n_langs; i++)
        if (strcmp(g->lang[i], name ? name : "en") == 0) return *out = i, true;
    return !name || error_set(err, ERROR_USAGE, "no answer is in the reference language '%s'", name);
}

bool parallel_gaps_split(struct parallel_gaps *g, const char *reference, double confidence, uint64_t resamples,
                         uint64_t seed, struct arena *arena, struct parallel_gap **out, size_t *n, struct error *err) {
    double p[LANGUAGES_MOST], holm[LANGUAGES_MOST];
    size_t r;
    *n = 0;
    if (!find_reference(g, reference, &r, err)) return false;
    if (!g->sorted && g->n) qsort(g->rows, g->n, sizeof *g->rows, by_pair);
    g->sorted = true;
    struct twins *twins = memory_grow(NULL, g->n + 1, sizeof *twins);
    *out = arena_new(arena, struct parallel_gap, g->n_langs + 1, err);
    bool ok = *out && (twins || error_memory(err, "gaps"));
    for (size_t l = 0; ok && l < g->n_langs; l++) {
        if (l == r) continue;
        struct parallel_gap *gap = &(*out)[(*n)++];
        struct selection s = {.twins = twins, .n = find_twins(g, l, r, twins)};
        *gap = (struct parallel_gap){.lang = text_copy(arena, text_of(g->lang[l]), err),
                                     .n = s.n,
                                     .reference = text_copy(arena, text_of(g->lang[r]), err)};
        ok = gap->lang && gap->reference && intervals(&s, gap, confidence, resamples, seed, err);
        agreement(&s, gap);
        test(&s, gap);
    }
    for (size_t i = 0; ok && i < *n; i++) p[i] = (*out)[i].p;
    if (ok) stat_holm(p, holm, *n);
    for (size_t i = 0; ok && i < *n; i++) (*out)[i].p_holm = holm[i];
    memory_free(twins);
    return ok;
}
