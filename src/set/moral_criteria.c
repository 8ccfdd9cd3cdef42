/* Six figures: see moral_criteria.h. */
#include "set/moral_criteria.h"

#include "set/moral_attack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 10 };

static struct moral_criterion blank(const char *name, const char *figure, const char *why) {
    return (struct moral_criterion){.name = name, .figure = figure, .value = NAN, .why = why};
}

static struct moral_criterion share(const char *name, const char *figure, uint64_t k, uint64_t n, const char *none) {
    if (!n) return blank(name, figure, none);
    return (struct moral_criterion){name, figure, (double)k / (double)n, "", k, n};
}

static struct moral_criterion fine_grained(const struct moral_report *r) {
    uint64_t n = 0, k = 0;
    for (size_t c = 1; c <= r->m->n_contexts; c++) {
        const struct moral_place_of *p = &r->place[c];
        if (!p->n_nodes || p->votes < MORAL_WEAK) continue;
        n++;
        k += p->standing[0].value != r->place[0].standing[0].value;
    }
    return share("fine-grained", "contexts with a winner of their own", k, n, "no context has a winner and 30 votes");
}

/* ---- generalizable: ranks without one context, asked about its votes */

struct leaving {
    moral_votes_of *all, *of, *without;
    struct moral_arc *arc;
    struct moral_ranker ranker;
};

static bool leaving_init(struct leaving *l, const struct moral *m, struct arena *arena, struct error *err) {
    return (l->all = arena_alloc(arena, m->n_pairs + 1, sizeof *l->all, err)) &&
           (l->of = arena_alloc(arena, m->n_pairs + 1, sizeof *l->of, err)) &&
           (l->without = arena_alloc(arena, m->n_pairs + 1, sizeof *l->without, err)) &&
           (l->arc = arena_new(arena, struct moral_arc, m->n_pairs + 1, err)) &&
           moral_ranker_init(&l->ranker, m->n_values, m->n_pairs, arena, err);
}

static void agree(const struct moral *m, const struct leaving *l, uint64_t *k, uint64_t *n) {
    for (size_t i = 0; i < m->n_pairs; i++) {
        double a = l->ranker.rank[m->pair[i].a], b = l->ranker.rank[m->pair[i].b];
        if (a <= 0 || b <= 0 || a == b) continue;
        const uint32_t *up = l->of[i][0], *down = l->of[i][1]; /* shown from a to b, from b to a */
        uint64_t for_b = (uint64_t)up[MORAL_UPGRADE] + down[MORAL_NO_UPGRADE];
        uint64_t for_a = (uint64_t)down[MORAL_UPGRADE] + up[MORAL_NO_UPGRADE];
        *k += b > a ? for_b : for_a;
        *n += for_a + for_b;
    }
}

static bool generalizable(const struct moral *m, struct arena *arena, struct moral_criterion *out, struct error *err) {
    struct leaving l;
    uint64_t k = 0, n = 0;
    static const char figure[] = "votes of a context that was left out, with the order of the others";
    if (!leaving_init(&l, m, arena, err)) return false;
    moral_count(m, MORAL_ALL, NULL, l.all);
    for (uint32_t c = 0; !m->counts && c < m->n_contexts; c++) {
        moral_count(m, c, NULL, l.of);
        for (size_t i = 0; i < m->n_pairs; i++)
            for (size_t s = 0; s < 2 * MORAL_SAYS; s++)
                l.without[i][s / MORAL_SAYS][s % MORAL_SAYS] =
                    l.all[i][s / MORAL_SAYS][s % MORAL_SAYS] - l.of[i][s / MORAL_SAYS][s % MORAL_SAYS];
        moral_rank_arcs(&l.ranker, l.arc, moral_arcs(m, (const moral_votes_of *)l.without, l.arc));
        agree(m, &l, &k, &n);
    }
    *out = share("generalizable", figure, k, n,
                 m->counts ? "counts do not tell in which context a vote was given"
                           : "no two values were compared in one context and ranked by others");
    return true;
}

/* ---- scalable: every second voter */

static bool half_of(const struct moral *m, struct arena *arena, struct moral *out, struct error *err) {
    *out = *m;
    out->vote = arena_new(arena, struct moral_vote, m->n_votes + 1, err);
    out->pair = arena_new(arena, struct moral_pair, m->n_pairs + 1, err);
    if (!out->vote || !out->pair) return false;
    memcpy(out->pair, m->pair, m->n_pairs * sizeof *m->pair);
    for (size_t i = 0; i < m->n_pairs; i++) memset(out->pair[i].votes, 0, sizeof out->pair[i].votes);
    out->n_votes = 0;
    out->n_voters = (m->n_voters + 1) / 2;
    for (size_t i = 0; i < m->n_votes; i++) {
        struct moral_vote v = m->vote[i];
        if (v.voter % 2) continue;
        v.voter /= 2;
        out->vote[out->n_votes++] = v;
        out->pair[v.pair].votes[v.back][v.says]++;
    }
    return true;
}

/* The mean width of the intervals of the first values, those of `like`. */
static double width(const struct moral_place_of *p, const struct moral_place_of *like) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < like->n_nodes && i < FIRST; i++)
        for (size_t k = 0; k < p->n_nodes; k++) {
            if (p->standing[k].value != like->standing[i].value) continue;
            sum += p->standing[k].hi - p->standing[k].lo;
            n++;
        }
    return n ? sum / (double)n : (double)NAN;
}

static bool scalable(const struct moral_report *r, const struct moral_standing_settings *settings, struct arena *arena,
                     struct moral_criterion *out, struct error *err) {
    static const char name[] = "scalable", figure[] = "intervals of half of the voters, in those of all";
    struct moral half;
    struct moral_place_of place;
    *out = blank(name, figure, "no voters, or no resamples");
    if (!r->m->n_voters || !settings->resamples) return true;
    if (!half_of(r->m, arena, &half, err) || !moral_stand(&half, MORAL_ALL, settings, arena, &place, err)) return false;
    double ratio = width(&place, &r->place[0]) / width(&r->place[0], &r->place[0]);
    if (isfinite(ratio)) *out = (struct moral_criterion){name, figure, ratio, "", 0, 0};
    return true;
}

/* ---- robust, auditable */

static bool robust(const struct moral_report *r, struct arena *arena, struct moral_criterion *out, struct error *err) {
    static const char name[] = "robust", figure[] = "least votes that take the first place, of all votes";
    struct moral_attacked a;
    *out = blank(name, figure, "nobody is first, or too many values");
    if (!r->place[0].n_nodes || r->m->n_values > MORAL_ATTACK_VALUES) return true;
    if (!moral_attack(r->m, MORAL_ALL, r->place[0].standing[0].value, 0, arena, &a, err)) return false;
    *out = share(name, a.exact ? figure : "votes that are needed at least to take the first place, of all", a.at_least,
                 r->place[0].votes, "no votes");
    return true;
}

static struct moral_criterion auditable(const struct moral_report *r) {
    static const char name[] = "auditable", figure[] = "rank outside cycles";
    double inside = 0;
    if (r->m->counts) return blank(name, figure, "counts name no voter");
    if (!r->place[0].n_nodes) return blank(name, figure, "nothing has a rank");
    for (size_t c = 0; c < r->cycles.n; c++)
        for (size_t k = 0; k < r->cycles.component[c].n; k++)
            for (size_t i = 0; i < r->place[0].n_nodes; i++)
                if (r->place[0].standing[i].value == r->cycles.component[c].value[k])
                    inside += r->place[0].standing[i].rank;
    return (struct moral_criterion){name, figure, 1 - inside, "", 0, 0};
}

bool moral_criteria(const struct moral_report *r, struct moral_fair fair,
                    const struct moral_standing_settings *settings, struct arena *arena,
                    struct moral_criterion out[MORAL_CRITERIA], struct error *err) {
    out[0] = fine_grained(r);
    out[4] = share("legitimate", "participants who find the place of their value fair", fair.k, fair.n,
                   "only participants can say it");
    out[5] = auditable(r);
    return generalizable(r->m, arena, &out[1], err) && scalable(r, settings, arena, &out[2], err) &&
           robust(r, arena, &out[3], err);
}
