/* The tables of the pocket world: kinds, columns, and how their values are dealt. Counts are exact: values are dealt in
 * a shuffled order, never drawn one by one. Kin, sex and age of people are independent of their other columns: in each
 * of the two-way tables every cell lies within 1 of the product of its margins. */
#include "measure/world/world_internal.h"

#include <string.h>

const struct kind_def world_kinds[N_KINDS] = {
    [PERSON] = {"person", 'p', 4, 2048},   [TOWN] = {"town", 't', 2, 64},   [BUILDING] = {"building", 'b', 3, 128},
    [GOOD] = {"good", 'g', 2, 96},         [TRADE] = {"trade", 'w', 2, 32}, [LAW] = {"law", 'l', 2, 96},
    [FESTIVAL] = {"festival", 'h', 2, 24}, [ELDER] = {"elder", 'e', 2, 64}, [RIVER] = {"river", 'n', 2, 24},
    [OUTSIDE] = {"outside", 'o', 4, 512},
};
const char *const world_split_names[N_SPLITS] = {"train", "valid", "test", "held-out"};

const struct column world_columns[N_COLUMNS] = {
    [P_KIN] = {"kin", PERSON, OF_KIN, 0, 2, DEAL_OWN, -1},
    [P_SEX] = {"sex", PERSON, OF_SEX, 0, 2, DEAL_OWN, -1},
    [P_AGE] = {"age", PERSON, OF_AGE, 0, 3, DEAL_OWN, -1},
    [P_BORN] = {"born", PERSON, OF_NUMBER, 840, 46, DEAL_OWN, -1},
    [P_WAGE] = {"wage", PERSON, OF_NUMBER, 1, 5, DEAL_BALANCED, -1},
    [P_TOWN] = {"town", PERSON, OF_TOWN, 0, 64, DEAL_BALANCED, 0},
    [P_TRADE] = {"trade", PERSON, OF_TRADE, 0, 32, DEAL_BALANCED, 1},
    [P_LIKES] = {"likes", PERSON, OF_GOOD, 0, 48, DEAL_BALANCED, 2},
    [P_KEEPS] = {"keeps", PERSON, OF_ANIMAL, 0, 32, DEAL_BALANCED, 3},
    [P_PLAYS] = {"plays", PERSON, OF_GAME, 0, 24, DEAL_BALANCED, 4},
    [P_BUILT] = {"built", PERSON, OF_BUILDING, 0, 128, DEAL_BALANCED, 5},
    [P_GUILD] = {"guild", PERSON, OF_GUILD, 0, 24, DEAL_BALANCED, 6},
    [P_ROLE] = {"role", PERSON, OF_ROLE, 0, 24, DEAL_BALANCED, 7},
    [P_OATH] = {"oath", PERSON, OF_OATH, 0, 10, DEAL_BALANCED, 8},
    [T_REGION] = {"region", TOWN, OF_REGION, 0, 8, DEAL_EVEN, 9},
    [T_RIVER] = {"river", TOWN, OF_RIVER, 0, 24, DEAL_EVEN, 10},
    [T_MARKET] = {"market", TOWN, OF_DAY, 0, 7, DEAL_EVEN, 11},
    [T_GOOD] = {"good", TOWN, OF_GOOD, 0, 96, DEAL_EVEN, 12},
    [T_FOUNDED] = {"founded", TOWN, OF_NUMBER, 100, 700, DEAL_EVEN, 13},
    [T_MAYOR] = {"mayor", TOWN, OF_ELDER, 0, 64, DEAL_EVEN, 14},
    [T_EAST] = {"east", TOWN, OF_NUMBER, 0, 32, DEAL_OWN, -1},
    [T_NORTH] = {"north", TOWN, OF_NUMBER, 0, 32, DEAL_OWN, -1},
    [B_KIND] = {"form", BUILDING, OF_KIND, 0, 8, DEAL_EVEN, -1},
    [B_FOUNDER] = {"founder", BUILDING, OF_ELDER, 0, 64, DEAL_EVEN, 15},
    [B_YEAR] = {"year", BUILDING, OF_NUMBER, 200, 700, DEAL_EVEN, 16},
    [B_TOWN] = {"town", BUILDING, OF_TOWN, 0, 64, DEAL_EVEN, 17},
    [G_MATERIAL] = {"material", GOOD, OF_MATERIAL, 0, 12, DEAL_EVEN, 18},
    [G_MAKER] = {"maker", GOOD, OF_TOWN, 0, 64, DEAL_EVEN, 19},
    [G_PRICE] = {"price", GOOD, OF_NUMBER, 2, 98, DEAL_EVEN, 20},
    [G_USE] = {"use", GOOD, OF_USE, 0, 16, DEAL_EVEN, -1},
    [G_POISON] = {"poison", GOOD, OF_NUMBER, 0, 2, DEAL_OWN, -1},
    [W_TOOL] = {"tool", TRADE, OF_TOOL, 0, 32, DEAL_EVEN, 21},
    [W_GUILD] = {"guild", TRADE, OF_GUILD, 0, 24, DEAL_EVEN, -1},
    [W_FEE] = {"fee", TRADE, OF_NUMBER, 1, 40, DEAL_EVEN, -1},
    [L_ACT] = {"act", LAW, OF_LAW_ACT, 0, 12, DEAL_OWN, -1},
    [L_OBJECT] = {"object", LAW, OF_LAW_OBJECT, 0, 8, DEAL_OWN, -1},
    [L_SINCE] = {"since", LAW, OF_NUMBER, 500, 400, DEAL_EVEN, -1},
    [L_FINE] = {"fine", LAW, OF_NUMBER, 2, 98, DEAL_EVEN, 22},
    [H_MONTH] = {"month", FESTIVAL, OF_MONTH, 0, 12, DEAL_EVEN, -1},
    [H_TOWN] = {"town", FESTIVAL, OF_TOWN, 0, 64, DEAL_EVEN, -1},
    [H_CUSTOM] = {"custom", FESTIVAL, OF_CUSTOM, 0, 24, DEAL_EVEN, -1},
};
const enum column_id world_relations[RELATIONS] = {
    P_TOWN, P_TRADE,   P_LIKES, P_KEEPS,   P_PLAYS, P_BUILT, P_GUILD,    P_ROLE,  P_OATH,  T_REGION, T_RIVER, T_MARKET,
    T_GOOD, T_FOUNDED, T_MAYOR, B_FOUNDER, B_YEAR,  B_TOWN,  G_MATERIAL, G_MAKER, G_PRICE, W_TOOL,   L_FINE,
};

bool world_split_find(const char *name, enum split *split, struct error *err) {
    for (int i = 0; i < N_SPLITS; i++)
        if (strcmp(name, world_split_names[i]) == 0) return *split = (enum split)i, true;
    const char *near = text_nearest(text_of(name), world_split_names, N_SPLITS);
    return error_set(err, ERROR_USAGE, "unknown split '%s'%s%s%s: expected train, valid, test or held-out", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

bool world_order(const struct world *world, const char *stream, uint64_t index, size_t n, size_t **order,
                 struct arena *arena, struct error *err) {
    if (!(*order = arena_new(arena, size_t, n, err))) return false;
    for (size_t i = 0; i < n; i++) (*order)[i] = i;
    struct rng rng = world_stream(world, stream, 0, index);
    rng_shuffle(&rng, *order, n);
    return true;
}

/* The twentieths lie spread, so that any run of places is as even as it can be. */
void world_deal_splits(uint8_t *split, const size_t *place, size_t n, size_t turn) {
    for (size_t k = 0; k < n; k++) {
        size_t twentieth = (k + turn) * 7 % 20;
        split[place[k]] = twentieth < 12 ? TRAIN : twentieth < 14 ? VALID : twentieth < 17 ? TEST : HELD_OUT;
    }
}

struct dealing {
    struct world *world;
    struct arena scratch;
    struct error *err;
};

/* Values in the order of `rows`, each as often as the others up to 1; who gets the odd ones is shuffled too. */
static bool deal_values(struct dealing *d, enum column_id id, const size_t *rows, size_t n) {
    const struct column *c = &world_columns[id];
    size_t *values;
    if (!world_order(d->world, "values", (uint64_t)id, (size_t)c->n, &values, &d->scratch, d->err)) return false;
    for (size_t i = 0; i < n; i++) d->world->value[id][rows[i]] = (int16_t)(c->low + (int)values[i % (size_t)c->n]);
    return true;
}

static bool deal_even(struct dealing *d, enum column_id id) {
    size_t *rows, n = world_kinds[world_columns[id].kind].n;
    return world_order(d->world, "rows", (uint64_t)id, n, &rows, &d->scratch, d->err) && deal_values(d, id, rows, n);
}

/* ---- people: kin, sex, age exact in the core and in the rest; the others balanced within them */

enum { CLASSES = 7 }; /* reed slate female male young middle old */

static void classes_of(const struct world *w, size_t person, int out[3]) {
    out[0] = w->value[P_KIN][person];
    out[1] = 2 + w->value[P_SEX][person];
    out[2] = 4 + w->value[P_AGE][person];
}

/* How many young and middle ones each of the four cells kin x sex holds; the others are old. */
static bool deal_classes(struct dealing *d, size_t from, size_t n, const int young[4], const int middle[4]) {
    struct world *w = d->world;
    size_t *order, at = 0, cell_size = n / 4;
    if (!world_order(w, "classes", from, n, &order, &d->scratch, d->err)) return false;
    for (int cell = 0; cell < 4; cell++)
        for (size_t i = 0; i < cell_size; i++, at++) {
            size_t person = from + order[at];
            w->value[P_KIN][person] = (int16_t)(cell / 2);
            w->value[P_SEX][person] = (int16_t)(cell % 2);
            w->value[P_AGE][person] = (long)i < young[cell] ? 0 : (long)i < young[cell] + middle[cell] ? 1 : 2;
        }
    return true;
}

/* Rows by class, shuffled within. */
static bool rows_by_class(struct dealing *d, enum column_id id, size_t *rows) {
    size_t *order, n = world_kinds[PERSON].n, at = 0;
    if (!world_order(d->world, "rows", (uint64_t)id, n, &order, &d->scratch, d->err)) return false;
    for (int cell = 0; cell < 12; cell++)
        for (size_t i = 0; i < n; i++) {
            const struct world *w = d->world;
            size_t p = order[i];
            if (w->value[P_AGE][p] * 4 + w->value[P_KIN][p] * 2 + w->value[P_SEX][p] == cell) rows[at++] = p;
        }
    return true;
}

/* Young people are born last; within an age the years are even. */
static bool deal_births(struct dealing *d) {
    static const int first[3] = {872, 854, 840}, years[3] = {14, 18, 14};
    size_t *rows = arena_new(&d->scratch, size_t, world_kinds[PERSON].n, d->err), turn[3] = {0};
    if (!rows || !rows_by_class(d, P_BORN, rows)) return false;
    for (size_t i = 0; i < world_kinds[PERSON].n; i++) {
        int age = d->world->value[P_AGE][rows[i]];
        d->world->value[P_BORN][rows[i]] = (int16_t)(first[age] + (int)(turn[age]++ % (size_t)years[age]));
    }
    return true;
}

struct balance { /* gap[c][v]: members of class c with value v, minus what they should be; in units of 1/people */
    int64_t (*gap)[CLASSES];
    int64_t worst;
};

static bool measure_balance(struct dealing *d, enum column_id id, struct balance *b) {
    const struct column *c = &world_columns[id];
    const struct world *w = d->world;
    size_t people = world_kinds[PERSON].n;
    int64_t size[CLASSES] = {0};
    int64_t *total = arena_alloc(&d->scratch, (size_t)c->n, sizeof *total, d->err);
    if (!b->gap && !(b->gap = arena_alloc(&d->scratch, (size_t)c->n, sizeof *b->gap, d->err))) return false;
    if (!total) return false;
    memset(b->gap, 0, (size_t)c->n * sizeof *b->gap);
    for (size_t p = 0; p < people; p++) {
        int class[3], v = w->value[id][p] - c->low;
        classes_of(w, p, class);
        total[v]++;
        for (int k = 0; k < 3; k++) size[class[k]]++, b->gap[v][class[k]] += (int64_t)people;
    }
    b->worst = 0;
    for (int v = 0; v < c->n; v++)
        for (int k = 0; k < CLASSES; k++) {
            int64_t gap = b->gap[v][k] -= total[v] * size[k];
            if ((gap < 0 ? -gap : gap) > b->worst) b->worst = gap < 0 ? -gap : gap;
        }
    return true;
}

/* What swapping the values a of class i and b of class j does to the sum of squared gaps. */
static int64_t swap_gain(const struct balance *b, int a, int other, int i, int j, int64_t unit) {
    if (i == j) return 0;
    const int64_t *ga = b->gap[a], *gb = b->gap[other];
    return 2 * unit * (-ga[i] + ga[j] + gb[i] - gb[j]) + 4 * unit * unit;
}

static void swap_apply(struct balance *b, int a, int other, int i, int j, int64_t unit) {
    if (i == j) return;
    b->gap[a][i] -= unit, b->gap[a][j] += unit;
    b->gap[other][i] += unit, b->gap[other][j] -= unit;
}

/* Starts even within the twelve classes and swaps the values of two people as long as that brings the tables nearer to
 * the products of their margins. */
static bool deal_balanced(struct dealing *d, enum column_id id) {
    enum { ROUNDS = 400, TRIES = 4096 };
    const struct column *c = &world_columns[id];
    struct world *w = d->world;
    size_t people = world_kinds[PERSON].n, *rows = arena_new(&d->scratch, size_t, people, d->err);
    int64_t unit = (int64_t)people;
    struct balance b = {0};
    if (!rows || !rows_by_class(d, id, rows) || !deal_values(d, id, rows, people) || !measure_balance(d, id, &b))
        return false;
    struct rng rng = world_stream(w, "balance", 0, (uint64_t)id);
    for (int round = 0; round < ROUNDS && b.worst > unit; round++) {
        for (int t = 0; t < TRIES; t++) {
            size_t p = rng_below(&rng, people), q = rng_below(&rng, people);
            int i[3], j[3], u = w->value[id][p] - c->low, v = w->value[id][q] - c->low;
            if (u == v) continue;
            classes_of(w, p, i), classes_of(w, q, j);
            int64_t change = 0;
            for (int k = 0; k < 3; k++) change += swap_gain(&b, u, v, i[k], j[k], unit);
            if (change > 0) continue;
            for (int k = 0; k < 3; k++) swap_apply(&b, u, v, i[k], j[k], unit);
            w->value[id][p] = (int16_t)(v + c->low), w->value[id][q] = (int16_t)(u + c->low);
        }
        if (!measure_balance(d, id, &b)) return false;
    }
    return b.worst <= unit ||
           error_set(d->err, ERROR_DATA, "world: column '%s' can't be balanced with seed %llu; take another seed",
                     c->name, (unsigned long long)w->seed);
}

static bool deal_people(struct dealing *d) {
    static const int young[2][4] = {{19, 19, 19, 19}, {135, 134, 135, 134}};
    static const int middle[2][4] = {{26, 26, 26, 26}, {178, 179, 179, 180}};
    return deal_classes(d, 0, CORE, young[0], middle[0]) &&
           deal_classes(d, CORE, world_kinds[PERSON].n - CORE, young[1], middle[1]) && deal_births(d);
}

/* ---- towns on the map, poison, laws */

/* Two towns stand in every column and in every row of the map, none on the place of another. */
static bool deal_map(struct dealing *d) {
    enum { SIDE = 32 };
    size_t *town, *north;
    struct rng rng = world_stream(d->world, "map/shift", 0, 0);
    size_t shift = 1 + rng_below(&rng, SIDE - 1);
    if (!world_order(d->world, "map/towns", 0, world_kinds[TOWN].n, &town, &d->scratch, d->err) ||
        !world_order(d->world, "map/north", 0, SIDE, &north, &d->scratch, d->err))
        return false;
    for (size_t i = 0; i < world_kinds[TOWN].n; i++) {
        size_t east = i % SIDE;
        d->world->value[T_EAST][town[i]] = (int16_t)east;
        d->world->value[T_NORTH][town[i]] = (int16_t)north[(east + (i < SIDE ? 0 : shift)) % SIDE];
    }
    return true;
}

static bool deal_poison(struct dealing *d) {
    enum { POISONOUS = 10 };
    size_t *good;
    if (!world_order(d->world, "poison", 0, world_kinds[GOOD].n, &good, &d->scratch, d->err)) return false;
    for (size_t i = 0; i < world_kinds[GOOD].n; i++) d->world->value[G_POISON][good[i]] = i < POISONOUS;
    return true;
}

/* Every act on every object once; each law holds in 8 towns and each town has 12 laws. */
static bool deal_laws(struct dealing *d) {
    struct world *w = d->world;
    size_t *law, n = world_kinds[LAW].n, per_round = world_kinds[TOWN].n / LAW_TOWNS;
    if (!world_order(w, "laws", 0, n, &law, &d->scratch, d->err)) return false;
    for (size_t i = 0; i < n; i++) {
        w->value[L_ACT][law[i]] = (int16_t)(i / 8);
        w->value[L_OBJECT][law[i]] = (int16_t)(i % 8);
    }
    for (size_t round = 0; round < n / per_round; round++) {
        size_t *town;
        if (!world_order(w, "laws/towns", round, world_kinds[TOWN].n, &town, &d->scratch, d->err)) return false;
        for (size_t i = 0; i < world_kinds[TOWN].n; i++)
            w->law_town[round * per_round + i / LAW_TOWNS][i % LAW_TOWNS] = (uint8_t)town[i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t a = 1; a < LAW_TOWNS; a++)
            for (size_t b = a; b > 0 && w->law_town[i][b - 1] > w->law_town[i][b]; b--) {
                uint8_t t = w->law_town[i][b];
                w->law_town[i][b] = w->law_town[i][b - 1], w->law_town[i][b - 1] = t;
            }
    return true;
}

/* ---- splits */

static bool deal_group(struct dealing *d, enum kind kind, size_t from, size_t n, int kin, size_t *turn) {
    struct world *w = d->world;
    size_t *order, *place = arena_new(&d->scratch, size_t, n, d->err), kept = 0;
    if (!place || !world_order(w, "splits", ((uint64_t)kind << 32) + from * 4 + (uint64_t)(kin + 1), n, &order,
                               &d->scratch, d->err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (kin < 0 || w->value[P_KIN][from + order[i]] == kin) place[kept++] = from + order[i];
    world_deal_splits(w->split[kind], place, kept, *turn);
    *turn += kept;
    return true;
}

static bool deal_entity_splits(struct dealing *d) {
    bool ok = true;
    for (int kind = 0; ok && kind < N_KINDS; kind++) {
        size_t n = world_kinds[kind].n, turn = 0;
        if (kind == PERSON) {
            for (int kin = 0; kin < 2; kin++)
                ok = ok && deal_group(d, PERSON, 0, CORE, kin, &turn) &&
                     deal_group(d, PERSON, CORE, n - CORE, kin, &turn);
        } else if (kind == OUTSIDE) {
            size_t people_towns = OUTSIDE_PEOPLE + OUTSIDE_TOWNS;
            ok = deal_group(d, OUTSIDE, 0, OUTSIDE_PEOPLE, -1, &turn) &&
                 deal_group(d, OUTSIDE, OUTSIDE_PEOPLE, OUTSIDE_TOWNS, -1, &turn) &&
                 deal_group(d, OUTSIDE, people_towns, n - people_towns, -1, &turn);
        } else
            ok = deal_group(d, (enum kind)kind, 0, n, -1, &turn);
    }
    return ok;
}

/* Sixteen templates: 10 for training, 2 for tuning, 2 for tests, 2 held out. */
static bool deal_template_splits(struct dealing *d) {
    size_t *order;
    if (!world_order(d->world, "splits/templates", 0, WORDINGS, &order, &d->scratch, d->err)) return false;
    for (size_t i = 0; i < WORDINGS; i++)
        d->world->template_split[order[i]] = i < 10 ? TRAIN : i < 12 ? VALID : i < 14 ? TEST : HELD_OUT;
    if (!world_order(d->world, "splits/topics", 0, TOPICS, &order, &d->scratch, d->err)) return false;
    world_deal_splits(d->world->topic_split, order, TOPICS, 0);
    return true;
}

/* Of the twenty templates of a probe the five without an opening are for training, because they stand inside the
 * others: else a text for training would hold a question for tests. The other fifteen: 7, 2, 3, 3. */
static bool deal_probe_splits(struct dealing *d) {
    enum { OPENED = PROBE_LINES * (PROBE_OPENINGS - 1) };
    for (size_t probe = 0; probe < PROBES; probe++) {
        size_t *order;
        if (!world_order(d->world, "splits/probes", probe, OPENED, &order, &d->scratch, d->err)) return false;
        for (size_t line = 0; line < PROBE_LINES; line++) d->world->probe_split[probe][line][0] = TRAIN;
        for (size_t i = 0; i < OPENED; i++)
            d->world->probe_split[probe][order[i] % PROBE_LINES][1 + order[i] / PROBE_LINES] = i < 7    ? TRAIN
                                                                                               : i < 9  ? VALID
                                                                                               : i < 12 ? TEST
                                                                                                        : HELD_OUT;
    }
    return true;
}

bool world_draw_tables(struct world *w, struct error *err) {
    struct dealing d = {.world = w, .err = err};
    bool ok = true;
    arena_init(&d.scratch, (size_t)64 << 20);
    for (int c = 0; ok && c < N_COLUMNS; c++)
        ok = (w->value[c] = arena_new(&w->arena, int16_t, world_kinds[world_columns[c].kind].n, err)) != NULL;
    for (int k = 0; ok && k < N_KINDS; k++)
        ok = (w->split[k] = arena_new(&w->arena, uint8_t, world_kinds[k].n, err)) != NULL;
    ok = ok && deal_people(&d) && deal_map(&d) && deal_poison(&d) && deal_laws(&d);
    for (int c = 0; ok && c < N_COLUMNS; c++) {
        if (world_columns[c].deal == DEAL_EVEN) ok = deal_even(&d, (enum column_id)c);
        if (world_columns[c].deal == DEAL_BALANCED) ok = deal_balanced(&d, (enum column_id)c);
    }
    ok = ok && deal_entity_splits(&d) && deal_template_splits(&d) && deal_probe_splits(&d);
    arena_done(&d.scratch);
    return ok;
}
