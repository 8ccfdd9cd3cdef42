/* Cases of the part sums, and how they are asked and answered. See pocket/sums.yaml. */
#ifndef MEASURE_WORLD_SUMS_H
#define MEASURE_WORLD_SUMS_H

#include "measure/world/world_part.h"

/* What is asked; a case is its kind and numbers:
 *   plus minus       a, b, 1: in words
 *   total            good, other good, jars, other jars;  change: good, jars, crowns;  afford: good, crowns
 *   chain            start, then step x 128 + number: add, take away, multiply
 *   after before     day, days;  until: day, day;  market: town, day;  age: year
 *   greatest ...     numbers;  counted: animals;  named: animals, then the place
 *   code             1 + animal x 32 + word for each entry, then from 4 on the message and at 7 its length */
#define SUM_KINDS(X)                                                                                                   \
    X(plus, 4000)                                                                                                      \
    X(minus, 4000) X(total, 1500) X(change, 1500) X(afford, 1000) X(chains, 3000) X(after, 600) X(before, 600)         \
        X(until, 40) X(market, 60) X(age, 700) X(greatest, 700) X(least, 700) X(sorted, 700) X(counted, 700)           \
            X(named, 700) X(codes, 2000)
enum sum_kind {
#define SUM_KIND(name, n) SUM_##name,
    SUM_KINDS(SUM_KIND)
#undef SUM_KIND
        N_SUM_KINDS
};
extern const char *const sum_kind_names[N_SUM_KINDS];

enum { SUM_NUMBERS = 8 };
struct sum_case {
    uint8_t kind, n; /* how many numbers are in use */
    uint16_t x[SUM_NUMBERS];
};

enum { SUM_FAMILIES = 6 };
struct sums {
    struct list ones, tens, steps, places, words, ask[N_SUM_KINDS];
    struct text crowns, jars, result, days, years, means;
    uint16_t *goods, *towns; /* whose price or market day is told 64 times or more */
    size_t n_goods, n_towns;
    struct sum_case *cases;
    size_t first[SUM_FAMILIES + 1]; /* cases of a family */
    uint8_t *split;                 /* of each case */
    uint64_t *apart;                /* a set of hashes: cases for validation, tests and held out */
};
const struct sums *world_sums(const struct world *w);

/* Draws case i of a kind; false: this one doesn't do, take the next draw of rng. */
bool sum_draw(const struct world *w, const struct sums *s, enum sum_kind kind, size_t i, struct rng *rng,
              struct sum_case *c);
/* Prompt, slots, reply, answer, aliases and kind of the gold. */
bool sum_put(struct world_line *line, const struct world *w, const struct sum_case *c, unsigned template);

#endif
