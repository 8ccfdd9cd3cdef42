/* Puzzles of knights and knaves: drawing, solving, changing. See world_knights.h. */
#include "measure/world/world_knights.h"

const char *const puzzle_changes[N_CHANGES] = {"leaf", "statement", "order", "names"};

static bool leaf_holds(unsigned leaf, unsigned knights) {
    return (knights >> (leaf / 2) & 1) != leaf % 2;
}

static bool holds(const struct spoken *s, unsigned knights) {
    bool a = leaf_holds(s->a, knights), b = leaf_holds(s->b, knights);
    switch ((enum spoken_kind)s->kind) {
    case SPOKEN_NOT:
        return !a;
    case SPOKEN_AND:
        return a && b;
    case SPOKEN_OR:
        return a || b;
    case SPOKEN_IF:
        return !a || b;
    case SPOKEN_IFF:
        return a == b;
    default:
        return a;
    }
}

size_t puzzle_solve(const struct puzzle *p, unsigned *knights) {
    size_t ways = 0;
    for (unsigned all = 0; all < 1u << p->n && ways < 2; all++) {
        size_t fits = 0;
        while (fits < p->n && holds(&p->said[fits], all) == (all >> fits & 1)) fits++;
        if (fits == p->n && ways++ == 0) *knights = all;
    }
    return ways;
}

static bool has_two(const struct spoken *s) {
    return s->kind >= SPOKEN_AND;
}

/* Nobody calls himself a knave: such a statement has no solution. */
static uint8_t draw_leaf(size_t people, size_t speaker, struct rng *rng) {
    uint64_t leaf;
    do leaf = rng_below(rng, people * 2);
    while (leaf == speaker * 2 + 1);
    return (uint8_t)leaf;
}

static struct spoken draw_spoken(size_t people, size_t speaker, struct rng *rng) {
    struct spoken s = {.kind = (uint8_t)rng_below(rng, N_SPOKEN)};
    s.a = draw_leaf(people, speaker, rng);
    do s.b = has_two(&s) ? draw_leaf(people, speaker, rng) : 0;
    while (has_two(&s) && s.b == s.a);
    return s;
}

/* ---- changes */

/* One other solution. */
static bool is_other(const struct puzzle *p, unsigned before) {
    unsigned knights;
    return puzzle_solve(p, &knights) == 1 && knights != before;
}

/* The k-th change of a leaf: of a person's first or second leaf into another. False: it is no change. */
static bool change_leaf(struct puzzle *p, size_t k) {
    size_t leaves = 2 * p->n, person = k / leaves / 2, second = k / leaves % 2;
    struct spoken *s = &p->said[person];
    uint8_t leaf = (uint8_t)(k % leaves), *changed = second ? &s->b : &s->a;
    if (second && !has_two(s)) return false;
    if (leaf == *changed || leaf == person * 2 + 1 || (has_two(s) && leaf == (second ? s->a : s->b))) return false;
    return *changed = leaf, true;
}

/* All changes of one leaf are tried, from a drawn one on. */
static bool find_leaf(struct puzzle *p, struct rng *rng) {
    size_t all = 4 * p->n * p->n, from = rng_below(rng, all);
    for (size_t k = 0; k < all; k++) {
        struct puzzle changed = *p;
        if (!change_leaf(&changed, (from + k) % all) || !is_other(&changed, p->knights)) continue;
        puzzle_solve(&changed, &changed.knights);
        return *p = changed, true;
    }
    return false;
}

/* The k-th other statement: of a person, a kind that is not his own and two leaves. False: it is none. */
static bool change_spoken(struct puzzle *p, size_t k) {
    size_t leaves = 2 * p->n, person = k / leaves / leaves / N_SPOKEN;
    struct spoken s = {.kind = (uint8_t)(k / leaves / leaves % N_SPOKEN),
                       .a = (uint8_t)(k / leaves % leaves),
                       .b = (uint8_t)(k % leaves)};
    if (s.kind == p->said[person].kind || s.a == person * 2 + 1) return false;
    if (has_two(&s) ? s.a == s.b || s.b == person * 2 + 1 : s.b != 0) return false;
    return p->said[person] = s, true;
}

static bool find_spoken(struct puzzle *p, struct rng *rng) {
    size_t all = 4 * p->n * p->n * p->n * N_SPOKEN, from = rng_below(rng, all);
    for (size_t k = 0; k < all; k++) {
        struct puzzle changed = *p;
        /* a step that meets all, so that neighbours are not tried in a row */
        if (!change_spoken(&changed, (from + k * 7919) % all) || !is_other(&changed, p->knights)) continue;
        puzzle_solve(&changed, &changed.knights);
        return *p = changed, true;
    }
    return false;
}

static uint8_t leaf_moved(uint8_t leaf, const size_t *to) {
    return (uint8_t)(to[leaf / 2] * 2 + leaf % 2);
}

/* People speak in another order; everybody says the same and is the same. */
static void change_order(struct puzzle *p, struct rng *rng) {
    struct puzzle before = *p;
    size_t to[KNIGHTS_MOST];
    bool moved = false;
    while (!moved) {
        for (size_t i = 0; i < p->n; i++) to[i] = i;
        rng_shuffle(rng, to, p->n);
        for (size_t i = 0; i < p->n; i++) moved |= to[i] != i;
    }
    p->knights = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct spoken *s = &p->said[to[i]];
        *s = before.said[i];
        s->a = leaf_moved(s->a, to);
        if (has_two(s)) s->b = leaf_moved(s->b, to);
        p->name[to[i]] = before.name[i];
        p->knights |= (before.knights >> i & 1) << to[i];
    }
}

static void draw_names(struct puzzle *p, size_t of, struct rng *rng) {
    for (size_t i = 0; i < p->n;) {
        bool known = false;
        p->name[i] = (uint8_t)rng_below(rng, of);
        for (size_t k = 0; k < i; k++) known |= p->name[k] == p->name[i];
        i += !known;
    }
}

void puzzle_change(struct puzzle *p, enum puzzle_change change, struct rng *rng) {
    if (change == CHANGE_LEAF) /* puzzle_draw made sure that there is one, and another statement */
        find_leaf(p, rng);
    else if (change == CHANGE_STATEMENT)
        find_spoken(p, rng);
    else if (change == CHANGE_ORDER)
        change_order(p, rng);
    else
        p->rare = true, draw_names(p, world_kinds[RIVER].n, rng);
}

/* ---- drawing */

static enum split split_of_twentieth(uint64_t hash) {
    uint64_t twentieth = hash % 20;
    return twentieth < 12 ? TRAIN : twentieth < 14 ? VALID : twentieth < 17 ? TEST : HELD_OUT;
}

enum split puzzle_split(const struct puzzle *p) {
    uint8_t a = p->name[0], b = p->name[1];
    uint8_t pair[2] = {a < b ? a : b, a < b ? b : a};
    return split_of_twentieth(hash_xxh3(pair, sizeof pair));
}

enum split puzzle_said_split(const struct puzzle *p) {
    return split_of_twentieth(hash_xxh3(p->said, p->n * sizeof *p->said));
}

static bool can_change(const struct puzzle *p, struct rng *rng) {
    struct puzzle leaf = *p, spoken = *p;
    return find_leaf(&leaf, rng) && find_spoken(&spoken, rng);
}

void puzzle_draw(struct puzzle *p, size_t people, enum split split, struct rng *rng) {
    *p = (struct puzzle){.n = people};
    do
        for (size_t i = 0; i < people; i++) p->said[i] = draw_spoken(people, i, rng);
    while (puzzle_solve(p, &p->knights) != 1 || !can_change(p, rng));
    do draw_names(p, KNIGHT_NAMES, rng);
    while (puzzle_split(p) != split);
}

/* That somebody is a knight and, or, or just if he is a knave: true or false whoever he is. As many true as false. */
static struct spoken draw_plain(size_t people, struct rng *rng) {
    static const enum spoken_kind kinds[] = {SPOKEN_OR, SPOKEN_OR, SPOKEN_AND, SPOKEN_IFF};
    uint8_t about = (uint8_t)(2 * rng_below(rng, people)), knave_first = (uint8_t)rng_below(rng, 2);
    return (struct spoken){(uint8_t)kinds[rng_below(rng, sizeof kinds / sizeof *kinds)], (uint8_t)(about + knave_first),
                           (uint8_t)(about + 1 - knave_first)};
}

void puzzle_draw_few(struct puzzle *p, size_t people, enum split split, struct rng *rng) {
    *p = (struct puzzle){.n = people};
    for (size_t i = 0; i < people; i++) p->name[i] = (uint8_t)i;
    do
        for (size_t i = 0; i < people; i++) p->said[i] = draw_plain(people, rng);
    while (puzzle_said_split(p) != split || puzzle_solve(p, &p->knights) != 1);
}
