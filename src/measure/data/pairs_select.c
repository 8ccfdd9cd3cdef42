/* Which pairs of a group: see pairs.h. */
#include "measure/data/pairs.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

const char *const pair_policies[PAIR_POLICIES + 1] = {"top-winner", "max-mean", "max-margin", "all", NULL};

static bool is_valid(const struct pair_candidate *w, const struct pair_candidate *l, const struct pair_rule *rule) {
    double gap = w->value - l->value;
    if (!(rule->delta > 0 ? gap >= rule->delta : gap > 0)) return false; /* NaN is none */
    if (rule->length == 0) return true;
    double shorter = fmin(w->length, l->length);
    return fabs(w->length - l->length) <= rule->length * shorter;
}

struct chooser {
    const struct pair_candidate *c;
    size_t n;
    const struct pair_rule *rule;
};

/* The best by a measure; the first of equal ones. */
static bool choose_best(const struct chooser *x, bool by_mean, struct pair *out) {
    double best = -INFINITY;
    bool found = false;
    for (size_t w = 0; w < x->n; w++)
        for (size_t l = 0; l < x->n; l++) {
            if (!is_valid(&x->c[w], &x->c[l], x->rule)) continue;
            double measure = by_mean ? (x->c[w].value + x->c[l].value) / 2 : x->c[w].value - x->c[l].value;
            if (found && !(measure > best)) continue;
            best = measure;
            *out = (struct pair){w, l};
            found = true;
        }
    return found;
}

/* Winners from the best on; the loser is the first valid one in a drawn order. */
static bool choose_top(const struct chooser *x, size_t *order, struct rng *rng, struct pair *out) {
    size_t winner = SIZE_MAX;
    for (size_t w = 0; w < x->n; w++) {
        bool wins = false;
        for (size_t l = 0; !wins && l < x->n; l++) wins = is_valid(&x->c[w], &x->c[l], x->rule);
        if (wins && (winner == SIZE_MAX || x->c[w].value > x->c[winner].value)) winner = w;
    }
    if (winner == SIZE_MAX) return false;
    for (size_t i = 0; i < x->n; i++) order[i] = i;
    rng_shuffle(rng, order, x->n);
    for (size_t i = 0; i < x->n; i++)
        if (is_valid(&x->c[winner], &x->c[order[i]], x->rule)) return *out = (struct pair){winner, order[i]}, true;
    return false;
}

bool pair_select(const struct pair_candidate *candidates, size_t n_candidates, const struct pair_rule *rule,
                 uint64_t seed, struct text id, struct arena *arena, struct pair **out, size_t *n, size_t *valid,
                 struct error *err) {
    const struct chooser x = {candidates, n_candidates, rule};
    *n = *valid = 0;
    for (size_t w = 0; w < n_candidates; w++)
        for (size_t l = 0; l < n_candidates; l++) *valid += is_valid(&candidates[w], &candidates[l], rule);
    size_t room = rule->policy == PAIR_ALL ? *valid : 1;
    size_t *order = arena_new(arena, size_t, n_candidates + 1, err);
    if (!order || !(*out = arena_new(arena, struct pair, room + 1, err))) return false;
    if (rule->policy == PAIR_ALL) {
        for (size_t w = 0; w < n_candidates; w++)
            for (size_t l = 0; l < n_candidates; l++)
                if (is_valid(&candidates[w], &candidates[l], rule)) (*out)[(*n)++] = (struct pair){w, l};
        return true;
    }
    char *stream = arena_printf(arena, err, "pairs/%.*s", TEXT_ARG(id));
    if (!stream) return false;
    struct rng rng = rng_stream_text(seed, text_of(stream));
    *n = rule->policy == PAIR_TOP_WINNER ? choose_top(&x, order, &rng, *out)
                                         : choose_best(&x, rule->policy == PAIR_MAX_MEAN, *out);
    return true;
}
