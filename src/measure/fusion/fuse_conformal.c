/* Conformal sets: see fuse_conformal.h. */
#include "measure/fusion/fuse_conformal.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { SPLITS = 20, LEAST = 20 };

struct score {
    double miss, tie;
};

static int order(const void *a, const void *b) {
    const struct score *x = a, *y = b;
    if (x->miss != y->miss) return x->miss < y->miss ? -1 : 1;
    return x->tie != y->tie ? (x->tie < y->tie ? -1 : 1) : 0;
}

/* Sorts. No threshold rules anything out when there are too few. */
static struct score threshold(struct score *scores, size_t n, double alpha) {
    double place = ceil(((double)n + 1) * (1 - alpha) - 1e-9);
    if (!(place <= (double)n)) return (struct score){INFINITY, 0};
    qsort(scores, n, sizeof *scores, order);
    return scores[place < 1 ? 0 : (size_t)place - 1];
}

struct work {
    const struct agent_log *log;
    struct score *all;  /* [n][K] */
    struct score *part; /* [n_gold] */
    size_t *item;       /* [n_gold] */
    double alpha;
};

static void split(struct work *w, uint64_t seed, uint64_t number, struct conformal *out) {
    size_t n = w->log->n_gold, k = w->log->n_classes, half = n / 2, covered = 0, classes = 0, open = 0;
    struct rng rng = rng_stream(seed, "conformal/split", number);
    rng_shuffle(&rng, w->item, n);
    for (size_t j = 0; j < half; j++) w->part[j] = w->all[w->item[j] * k + (size_t)w->log->item[w->item[j]].gold];
    struct score t = threshold(w->part, half, w->alpha);
    for (size_t j = half; j < n; j++) {
        const struct score *row = &w->all[w->item[j] * k];
        size_t size = 0;
        for (size_t c = 0; c < k; c++) size += order(&row[c], &t) <= 0;
        covered += order(&row[w->log->item[w->item[j]].gold], &t) <= 0;
        classes += size;
        open += size != 1;
    }
    double rest = (double)(n - half), coverage = (double)covered / rest;
    out->coverage += coverage / SPLITS;
    out->size += (double)classes / rest / SPLITS;
    out->escalated += (double)open / rest / SPLITS;
    out->least = number ? fmin(out->least, coverage) : coverage;
    out->most = number ? fmax(out->most, coverage) : coverage;
}

bool fuse_conformal(const struct agent_log *log, const double *p, double alpha, uint64_t seed, struct arena *arena,
                    struct conformal *out, struct error *err) {
    size_t n = log->n_items, k = log->n_classes, gold = 0;
    struct work w = {.log = log, .alpha = alpha};
    *out = (struct conformal){.splits = SPLITS};
    if (!(alpha > 0 && alpha < 1)) return error_set(err, ERROR_USAGE, "--conformal: expected a number between 0 and 1");
    if (log->n_gold < LEAST)
        return error_set(err, ERROR_DATA, "--conformal needs %d gold answers or more, the log has %zu", LEAST,
                         log->n_gold);
    w.all = arena_alloc(arena, n, k * sizeof *w.all, err);
    w.part = w.all ? arena_new(arena, struct score, log->n_gold, err) : NULL;
    w.item = w.part ? arena_new(arena, size_t, log->n_gold, err) : NULL;
    out->in = w.item ? arena_alloc(arena, n, k * sizeof *out->in, err) : NULL;
    if (!out->in) return false;
    for (size_t i = 0; i < n; i++) {
        struct rng rng = rng_stream(seed, "conformal/tie", i);
        for (size_t t = 0; t < k; t++) w.all[i * k + t] = (struct score){1 - p[i * k + t], rng_unit(&rng)};
        if (log->item[i].gold != AGENT_SILENT) w.item[gold++] = i;
    }
    for (size_t j = 0; j < gold; j++) w.part[j] = w.all[w.item[j] * k + (size_t)log->item[w.item[j]].gold];
    struct score t = threshold(w.part, gold, alpha);
    for (size_t c = 0; c < n * k; c++) out->in[c] = order(&w.all[c], &t) <= 0;
    for (uint64_t s = 0; s < SPLITS; s++) split(&w, seed, s, out);
    return true;
}
