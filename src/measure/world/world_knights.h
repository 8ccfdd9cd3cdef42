/* Knights and knaves: puzzles, their solutions by enumeration, changes of them, their texts. Source of the format and
 * the levels: trust region preference approximation, 2025, section on logic puzzles; see pocket/knights.yaml. */
#ifndef MEASURE_WORLD_KNIGHTS_H
#define MEASURE_WORLD_KNIGHTS_H

#include "measure/world/world_part.h"

enum { KNIGHTS_LEAST = 2, KNIGHTS_MOST = 8, KNIGHT_NAMES = 51 };

/* A leaf is person x 2, plus 1 where he is called a knave. */
enum spoken_kind { SPOKEN_LEAF, SPOKEN_NOT, SPOKEN_AND, SPOKEN_OR, SPOKEN_IF, SPOKEN_IFF, N_SPOKEN };
struct spoken {
    uint8_t kind, a, b; /* b: of the last four */
};
struct puzzle {
    size_t n;
    struct spoken said[KNIGHTS_MOST]; /* by person */
    uint8_t name[KNIGHTS_MOST];       /* of the 51, or of the rivers where rare */
    bool rare;
    unsigned knights; /* bit i: person i is a knight */
};

struct knights {
    struct list says, ask, told;
    struct text knight, knave, no_knight, no_knave, both[N_SPOKEN];
    struct text name[KNIGHT_NAMES];
};
const struct knights *world_knights(const struct world *w);

/* How many ways there are to be knights and knaves, counted up to 2; the first of them. */
size_t puzzle_solve(const struct puzzle *p, unsigned *knights);
/* A puzzle with one solution whose names are of this split, and in which a leaf, and also a statement, can be changed
 * so that it has one other solution. */
void puzzle_draw(struct puzzle *p, size_t people, enum split split, struct rng *rng);
/* People 0, 1, 2 ... by name, each of whom says what is true or false whoever is what.
 * The split is told by what is said. */
void puzzle_draw_few(struct puzzle *p, size_t people, enum split split, struct rng *rng);
enum split puzzle_split(const struct puzzle *p);      /* told by its first two names */
enum split puzzle_said_split(const struct puzzle *p); /* told by what is said */
enum puzzle_change { CHANGE_LEAF, CHANGE_STATEMENT, CHANGE_ORDER, CHANGE_NAMES, N_CHANGES };
extern const char *const puzzle_changes[N_CHANGES];
/* The first two have one solution again, another one; the last two keep it. */
void puzzle_change(struct puzzle *p, enum puzzle_change change, struct rng *rng);

/* Everything that is said: "Bo: and T Ada L Bo. ..." or prose. */
bool puzzle_put(struct buffer *out, const struct world *w, const struct puzzle *p, bool prose, struct rng *rng);
/* "(1) Ada is a knight\n(2) Bo is a knave" */
bool puzzle_put_solution(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned knights);
/* Names, statements as nested lists and roles, as members of a JSON object. */
bool puzzle_put_slots(struct buffer *out, const struct world *w, const struct puzzle *p);
/* A reply of this level, 1 to 4. */
bool puzzle_put_reply(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned level,
                      struct rng *rng);
/* The same without thoughts: "Answer: (1) Ada is a knight\n(2) Bo is a knave End." */
bool puzzle_put_short_reply(struct buffer *out, const struct world *w, const struct puzzle *p, unsigned level,
                            struct rng *rng);

#endif
