/* Drawing the cases of sums. See world_sums.h. */
#include "measure/world/world_sums.h"

static void set(struct sum_case *c, size_t at, uint64_t x) {
    c->x[at] = (uint16_t)x;
    if (c->n <= at) c->n = (uint8_t)(at + 1);
}

/* A third each of one, two and three digits; a quarter of the short ones in words. */
static bool draw_two(enum sum_kind kind, size_t i, struct rng *rng, struct sum_case *c) {
    static const uint64_t limit[] = {1, 10, 100, 1000};
    size_t digits = 1 + i % 3;
    if (digits == 1 && rng_below(rng, 40) == 0) digits = 3; /* where all short ones are taken */
    uint64_t a = limit[digits - 1] + rng_below(rng, limit[digits] - limit[digits - 1]),
             b = 1 + rng_below(rng, limit[digits] - 1);
    if (kind == SUM_minus && b > a) return false;
    set(c, 0, a), set(c, 1, b), set(c, 2, digits < 3 && i / 3 % 4 == 0);
    return true;
}

static unsigned price(const struct world *w, size_t good) {
    return (unsigned)w->value[G_PRICE][good];
}

static bool draw_price(const struct world *w, const struct sums *s, enum sum_kind kind, struct rng *rng,
                       struct sum_case *c) {
    size_t good = s->goods[rng_below(rng, s->n_goods)], other = s->goods[rng_below(rng, s->n_goods)];
    uint64_t jars = 2 + rng_below(rng, 8);
    set(c, 0, good);
    if (kind == SUM_total) {
        set(c, 1, other), set(c, 2, jars), set(c, 3, 2 + rng_below(rng, 8));
        return good != other;
    }
    if (kind == SUM_change) {
        uint64_t cost = jars * price(w, good);
        set(c, 1, jars), set(c, 2, (cost / 10 + 1 + rng_below(rng, 10)) * 10);
        return true;
    }
    set(c, 1, 10 + rng_below(rng, 590));
    return c->x[1] >= price(w, good);
}

enum { STEP_ADD, STEP_TAKE, STEP_TIMES };

static bool draw_chain(size_t i, struct rng *rng, struct sum_case *c) {
    size_t steps = 2 + i % 3;
    uint64_t now = 2 + rng_below(rng, 98);
    set(c, 0, now);
    for (size_t k = 1; k <= steps; k++) {
        uint64_t step = rng_below(rng, 3), by = step == STEP_TIMES ? 2 + rng_below(rng, 3) : 2 + rng_below(rng, 58);
        if (step == STEP_TAKE && by > now) return false;
        now = step == STEP_ADD ? now + by : step == STEP_TAKE ? now - by : now * by;
        if (now > 999) return false;
        set(c, k, step * 128 + by);
    }
    return true;
}

static bool draw_day(const struct world *w, const struct sums *s, enum sum_kind kind, struct rng *rng,
                     struct sum_case *c) {
    uint64_t day = rng_below(rng, w->words.days.n);
    if (kind == SUM_age) return set(c, 0, 100 + rng_below(rng, 800)), true;
    if (kind == SUM_market) {
        size_t town = s->towns[rng_below(rng, s->n_towns)];
        return set(c, 0, town), set(c, 1, day), (int)day != w->value[T_MARKET][town];
    }
    set(c, 0, day);
    if (kind != SUM_until) return set(c, 1, 1 + rng_below(rng, 100)), true;
    set(c, 1, rng_below(rng, w->words.days.n));
    return c->x[1] != day;
}

/* n different numbers below `limit`. */
static void draw_different(struct rng *rng, struct sum_case *c, size_t n, uint64_t limit) {
    for (size_t i = 0; i < n;) {
        uint64_t x = rng_below(rng, limit);
        bool known = false;
        for (size_t k = 0; k < i; k++) known |= c->x[k] == x;
        if (!known) set(c, i++, x);
    }
}

static bool draw_list(const struct world *w, enum sum_kind kind, size_t i, struct rng *rng, struct sum_case *c) {
    if (kind == SUM_counted) return draw_different(rng, c, 3 + i % 6, w->words.animals.n), true;
    if (kind != SUM_named) return draw_different(rng, c, 3 + i % 3, i % 2 ? 100 : 1000), true;
    size_t n = 3 + i % 4;
    draw_different(rng, c, n, w->words.animals.n);
    return set(c, n, rng_below(rng, n)), true;
}

/* Three or four entries; a message of two or three different ones. */
static bool draw_code(const struct world *w, const struct sums *s, size_t i, struct rng *rng, struct sum_case *c) {
    struct sum_case animals = {0}, words = {0}, message = {0};
    size_t n = 3 + i % 2, len = 2 + i / 2 % 2;
    draw_different(rng, &animals, n, w->words.animals.n);
    draw_different(rng, &words, n, s->words.n);
    draw_different(rng, &message, len, n);
    for (size_t k = 0; k < n; k++) set(c, k, 1 + (uint64_t)animals.x[k] * 32 + words.x[k]);
    for (size_t k = 0; k < len; k++) set(c, 4 + k, message.x[k]);
    return set(c, 7, len), true;
}

bool sum_draw(const struct world *w, const struct sums *s, enum sum_kind kind, size_t i, struct rng *rng,
              struct sum_case *c) {
    *c = (struct sum_case){.kind = (uint8_t)kind};
    switch (kind) {
    case SUM_plus:
    case SUM_minus:
        return draw_two(kind, i, rng, c);
    case SUM_total:
    case SUM_change:
    case SUM_afford:
        return draw_price(w, s, kind, rng, c);
    case SUM_chains:
        return draw_chain(i, rng, c);
    case SUM_codes:
        return draw_code(w, s, i, rng, c);
    case SUM_after:
    case SUM_before:
    case SUM_until:
    case SUM_market:
    case SUM_age:
        return draw_day(w, s, kind, rng, c);
    default:
        return draw_list(w, kind, i, rng, c);
    }
}
