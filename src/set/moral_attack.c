/* The least votes that move the first place: see moral_attack.h. */
#include "set/moral_attack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 2 * MORAL_SAYS, GREEDY_STEPS = 200, PLAN_MOST = 64 };
/* First is who is first by more than rounding. */
#define MARGIN 1e-9

/* What becomes of a pair: the edge that is kept of it. */
struct outcome {
    uint8_t way; /* 0: none, 1: from a to b, 2: from b to a */
    double p;
};
struct option {
    struct outcome outcome;
    uint32_t cost, add[2][MORAL_SAYS];
};
struct target {
    uint32_t a, b;
    struct outcome now;
    const struct option *option; /* by cost; the cheapest of each outcome other than `now` */
    size_t n;
    size_t chosen; /* 1 + option; 0: the pair stays */
};
struct attack {
    struct moral_ranker ranker;
    struct target *target;
    size_t n_targets;
    uint32_t *kept; /* targets of which an edge is kept now */
    size_t n_kept;
    uint32_t changed[PLAN_MOST];
    size_t n_changed;
    struct moral_arc *arc;
    size_t value;
    bool dethrones;
    uint64_t trials, most;
};

/* ---- options ---- */

static struct outcome outcome_of(const moral_votes_of votes) {
    struct moral_pair pair = {.a = 0, .b = 1};
    memcpy(pair.votes, votes, sizeof pair.votes);
    for (uint8_t back = 0; back < 2; back++) {
        struct moral_edge e = moral_edge_of(&pair, back);
        if (e.kept) return (struct outcome){(uint8_t)(1 + back), e.p};
    }
    return (struct outcome){0, 0};
}

static bool same(struct outcome x, struct outcome y) {
    return x.way == y.way && x.p == y.p;
}

struct options {
    struct option *list;
    size_t n, room;
    struct error *err;
};

/* Options come by cost, so that the first of an outcome is the cheapest. */
static bool add_option(struct options *o, const moral_votes_of votes, struct outcome now, const uint32_t add[KINDS],
                       uint32_t cost) {
    moral_votes_of after;
    struct option option = {.cost = cost};
    for (size_t i = 0; i < KINDS; i++) {
        option.add[i / MORAL_SAYS][i % MORAL_SAYS] = add[i];
        after[i / MORAL_SAYS][i % MORAL_SAYS] = votes[i / MORAL_SAYS][i % MORAL_SAYS] + add[i];
    }
    option.outcome = outcome_of((const uint32_t(*)[MORAL_SAYS])after);
    if (same(option.outcome, now)) return true;
    for (size_t i = 0; i < o->n; i++)
        if (same(o->list[i].outcome, option.outcome)) return true;
    if (o->n == o->room) {
        size_t room = o->room ? 2 * o->room : 32;
        struct option *list = memory_grow(o->list, room, sizeof *list);
        if (!list) return error_memory(o->err, "options");
        o->list = list;
        o->room = room;
    }
    o->list[o->n++] = option;
    return true;
}

/* All ways to give `left` votes to the kinds from `kind` on. */
static bool spread(struct options *o, const moral_votes_of votes, struct outcome now, uint32_t add[KINDS], size_t kind,
                   uint32_t left, uint32_t cost) {
    if (kind == KINDS - 1) {
        add[kind] = left;
        return add_option(o, votes, now, add, cost);
    }
    for (uint32_t n = 0; n <= left; n++) {
        add[kind] = n;
        if (!spread(o, votes, now, add, kind + 1, left - n, cost)) return false;
    }
    return true;
}

/* Beyond the votes of which every set is listed: many votes of one kind, twice as many as there are. */
static bool add_floods(struct options *o, const moral_votes_of votes, struct outcome now) {
    uint64_t all = 0;
    for (size_t i = 0; i < KINDS; i++) all += votes[i / MORAL_SAYS][i % MORAL_SAYS];
    uint32_t most = all < 1000 ? (uint32_t)(2 * all + 4) : 2000;
    for (uint32_t n = MORAL_ATTACK_VOTES + 1; all && n <= most; n++)
        for (size_t kind = 0; kind < KINDS; kind++) {
            uint32_t add[KINDS] = {0};
            add[kind] = n;
            if (!add_option(o, votes, now, add, n)) return false;
        }
    return true;
}

/* On the arena. */
static bool list_options(const moral_votes_of votes, struct arena *arena, struct target *t, struct error *err) {
    struct options o = {.err = err};
    uint32_t add[KINDS] = {0};
    bool ok = true;
    t->now = outcome_of(votes);
    for (uint32_t cost = 1; ok && cost <= MORAL_ATTACK_VOTES; cost++)
        ok = spread(&o, votes, t->now, add, 0, cost, cost);
    ok = ok && add_floods(&o, votes, t->now);
    struct option *list = ok ? arena_new(arena, struct option, o.n + 1, err) : NULL;
    if (list && o.n) memcpy(list, o.list, o.n * sizeof *list);
    memory_free(o.list);
    t->option = list;
    t->n = o.n;
    return list != NULL;
}

static bool list_targets(struct attack *a, const struct moral *m, uint32_t context, struct arena *arena,
                         struct error *err) {
    moral_votes_of *votes = arena_alloc(arena, m->n_pairs + 1, sizeof *votes, err), none = {{0}};
    struct target untouched = {0};
    size_t n = m->n_values * (m->n_values - 1) / 2, pair = 0;
    a->target = votes ? arena_new(arena, struct target, n + 1, err) : NULL;
    a->kept = a->target ? arena_new(arena, uint32_t, n + 1, err) : NULL;
    a->arc = a->kept ? arena_new(arena, struct moral_arc, m->n_pairs + PLAN_MOST, err) : NULL;
    if (!a->arc || !list_options((const uint32_t(*)[MORAL_SAYS])none, arena, &untouched, err)) return false;
    moral_count(m, context, NULL, votes);
    for (uint32_t x = 0; x < m->n_values; x++)
        for (uint32_t y = x + 1; y < m->n_values; y++) {
            struct target *t = &a->target[a->n_targets++];
            bool known = pair < m->n_pairs && m->pair[pair].a == x && m->pair[pair].b == y;
            *t = untouched;
            if (known && !list_options((const uint32_t(*)[MORAL_SAYS])votes[pair++], arena, t, err)) return false;
            t->a = x;
            t->b = y;
            if (t->now.way) a->kept[a->n_kept++] = (uint32_t)(a->n_targets - 1);
        }
    return true;
}

/* ---- trials ---- */

static size_t put_arc(const struct attack *a, size_t n, const struct target *t, struct outcome o) {
    if (!o.way) return n;
    a->arc[n] = (struct moral_arc){o.way == 1 ? t->a : t->b, o.way == 1 ? t->b : t->a, o.p};
    return n + 1;
}

/* How far the first place has moved, in shares of the rank of who must lose it: above MARGIN it has. */
static double moved(struct attack *a) {
    size_t n = 0;
    double best = 0, own;
    for (size_t i = 0; i < a->n_kept; i++)
        if (!a->target[a->kept[i]].chosen) n = put_arc(a, n, &a->target[a->kept[i]], a->target[a->kept[i]].now);
    for (size_t i = 0; i < a->n_changed; i++) {
        const struct target *t = &a->target[a->changed[i]];
        n = put_arc(a, n, t, t->option[t->chosen - 1].outcome);
    }
    a->trials++;
    moral_rank_arcs(&a->ranker, a->arc, n);
    own = a->ranker.rank[a->value];
    for (size_t i = 0; i < a->ranker.n_nodes; i++)
        if (a->ranker.nodes[i] != a->value) best = fmax(best, a->ranker.rank[a->ranker.nodes[i]]);
    return a->dethrones ? (best - own) / (own > 0 ? own : 1) : (own - best) / (best > 0 ? best : 1);
}

static void choose(struct attack *a, size_t target, size_t option) {
    a->target[target].chosen = option + 1;
    a->changed[a->n_changed++] = (uint32_t)target;
}

static void take_back(struct attack *a) {
    a->target[a->changed[--a->n_changed]].chosen = 0;
}

/* Is there a set of options of the targets from `from` on of exactly this cost that does it? It stays chosen. */
static bool try_all(struct attack *a, size_t from, uint32_t left) {
    if (!left) return moved(a) > MARGIN;
    for (size_t i = from; i < a->n_targets; i++)
        for (size_t k = 0; k < a->target[i].n && a->target[i].option[k].cost <= left; k++) {
            choose(a, i, k);
            if (try_all(a, i + 1, left - a->target[i].option[k].cost)) return true;
            take_back(a);
        }
    return false;
}

/* How many sets of options have each cost: the product of the polynomials of the targets. */
static void count_sets(const struct attack *a, double sets[MORAL_ATTACK_VOTES + 1]) {
    memset(sets, 0, (MORAL_ATTACK_VOTES + 1) * sizeof *sets);
    sets[0] = 1;
    for (size_t i = 0; i < a->n_targets; i++) {
        double n[MORAL_ATTACK_VOTES + 1] = {0};
        for (size_t k = 0; k < a->target[i].n && a->target[i].option[k].cost <= MORAL_ATTACK_VOTES; k++)
            n[a->target[i].option[k].cost]++;
        for (size_t c = MORAL_ATTACK_VOTES; c > 0; c--)
            for (size_t k = 1; k <= c; k++) sets[c] += n[k] * sets[c - k];
    }
}

/* ---- greedy ---- */

/* The change of one target that moves the first place most for a vote; a target that was changed may be changed on. */
static bool greedy_step(struct attack *a, double *now) {
    size_t target = SIZE_MAX, option = 0;
    double best = 0, after = *now;
    for (size_t i = 0; i < a->n_targets; i++) {
        struct target *t = &a->target[i];
        size_t was = t->chosen;
        uint32_t paid = was ? t->option[was - 1].cost : 0;
        if (!was && a->n_changed == PLAN_MOST) continue;
        for (size_t k = 0; k < t->n; k++) {
            if (t->option[k].cost <= paid) continue;
            if (!was && !t->chosen) a->changed[a->n_changed++] = (uint32_t)i;
            t->chosen = k + 1;
            double x = moved(a), gain = (x - *now) / (t->option[k].cost - paid);
            if (gain <= best) continue;
            best = gain;
            after = x;
            target = i;
            option = k;
        }
        if (!was && t->chosen) a->n_changed--;
        t->chosen = was;
    }
    if (target == SIZE_MAX) return false;
    if (!a->target[target].chosen) a->changed[a->n_changed++] = (uint32_t)target;
    a->target[target].chosen = option + 1;
    *now = after;
    return true;
}

/* Can the i-th change be left out, or be had for fewer votes? Then it is. */
static bool cheaper(struct attack *a, size_t i) {
    struct target *t = &a->target[a->changed[i]];
    size_t was = t->chosen;
    uint32_t number = a->changed[i];
    t->chosen = 0;
    a->changed[i] = a->changed[--a->n_changed];
    if (moved(a) > MARGIN) return true;
    a->changed[a->n_changed++] = a->changed[i];
    a->changed[i] = number;
    for (size_t k = 0; k < t->n && t->option[k].cost < t->option[was - 1].cost; k++) {
        t->chosen = k + 1;
        if (moved(a) > MARGIN) return true;
    }
    t->chosen = was;
    return false;
}

/* What is not needed is left out again, until every vote of the plan is. Each round takes a vote away, so it ends. */
static void prune(struct attack *a) {
    for (bool again = true; again;) {
        again = false;
        for (size_t i = a->n_changed; i-- > 0;) again |= i < a->n_changed && cheaper(a, i);
    }
}

static bool greedy(struct attack *a) {
    double now = moved(a);
    for (int i = 0; now <= MARGIN && i < GREEDY_STEPS; i++)
        if (!greedy_step(a, &now)) return false;
    if (now <= MARGIN) return false;
    prune(a);
    return true;
}

/* ---- the plan ---- */

static bool put_plan(struct attack *a, struct arena *arena, struct moral_attacked *out, struct error *err) {
    out->plan = arena_new(arena, struct moral_ballots, KINDS * a->n_changed + 1, err);
    if (!out->plan) return false;
    for (size_t i = 0; i < a->n_changed; i++) {
        const struct target *t = &a->target[a->changed[i]];
        const struct option *o = &t->option[t->chosen - 1];
        for (size_t back = 0; back < 2; back++) {
            uint32_t on_this = 0;
            for (int says = 0; says < MORAL_SAYS; says++) {
                if (!o->add[back][says]) continue;
                on_this += o->add[back][says];
                out->plan[out->n_plan++] = (struct moral_ballots){back ? t->b : t->a, back ? t->a : t->b,
                                                                  o->add[back][says], (enum moral_says)says};
            }
            out->votes += on_this;
            if (on_this > out->voters) out->voters = on_this;
        }
    }
    moved(a);
    size_t after = SIZE_MAX;
    for (size_t i = 0; i < a->ranker.n_nodes; i++) {
        size_t v = a->ranker.nodes[i];
        if (after == SIZE_MAX || a->ranker.rank[v] > a->ranker.rank[after] * (1 + MARGIN)) after = v;
    }
    out->first_after = after;
    return true;
}

/* Exactly as far as it may be tried, then greedily. */
static bool find_plan(struct attack *a, struct moral_attacked *out) {
    double sets[MORAL_ATTACK_VOTES + 1], so_far = 0;
    count_sets(a, sets);
    out->at_least = 1;
    for (uint32_t votes = 1; votes <= MORAL_ATTACK_VOTES; votes++) {
        so_far += sets[votes];
        if (so_far > (double)a->most) break;
        if (try_all(a, 0, votes)) return out->exact = true;
        out->at_least = votes + 1;
    }
    return greedy(a);
}

bool moral_attack(const struct moral *m, uint32_t context, size_t value, uint64_t trials, struct arena *arena,
                  struct moral_attacked *out, struct error *err) {
    struct attack a = {.value = value, .most = trials ? trials : MORAL_ATTACK_TRIALS};
    *out = (struct moral_attacked){.value = value};
    if (m->n_values > MORAL_ATTACK_VALUES)
        return error_set(err, ERROR_USAGE, "--attack: %zu values, at most %d; --only leaves those of one context",
                         m->n_values, MORAL_ATTACK_VALUES);
    if (!moral_ranker_init(&a.ranker, m->n_values, m->n_pairs + PLAN_MOST, arena, err) ||
        !list_targets(&a, m, context, arena, err))
        return false;
    moved(&a);
    out->first = moral_top(&a.ranker);
    if (out->first == SIZE_MAX)
        return error_set(err, ERROR_DATA, "--attack: no edge is kept, so that no value is first");
    a.dethrones = out->dethrones = out->first == value;
    bool found = find_plan(&a, out);
    if (found && !put_plan(&a, arena, out, err)) return false;
    if (out->exact) out->at_least = out->votes;
    if (!out->exact && found && out->votes == out->at_least) out->exact = true;
    out->trials = a.trials;
    return true;
}
