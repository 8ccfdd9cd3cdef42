/* Puzzles of knights, who only tell the truth, and knaves, who only lie: everybody says one thing about who is what. A
 * puzzle is sound when exactly one way of being knights and knaves makes each knight's words true and each knave's
 * false.
 *
 * Statements, as nested lists of JSON or as the text of nested tuples, which published files hold:
 *   ["T", i] or ('telling-truth', i)   person i (from 0) is a knight
 *   ["L", i] or ('lying', i)           person i is a knave
 *   ["not", S]   ["and", S, ...]   ["or", S, ...]   ["->", S, S]   ["<=>", S, S]
 */
#ifndef FORMALIZE_ISLAND_H
#define FORMALIZE_ISLAND_H

#include "base/json.h"

enum { ISLAND_PEOPLE_MOST = 20, ISLAND_DEPTH_MOST = 50 };

enum said_kind { SAID_KNIGHT, SAID_KNAVE, SAID_NOT, SAID_AND, SAID_OR, SAID_IF, SAID_IFF };
struct said {
    enum said_kind kind;
    size_t person;          /* of the first two */
    const struct said **of; /* of the others */
    size_t n;
};

struct island {
    size_t n;
    struct text name[ISLAND_PEOPLE_MOST];
    const struct said *said[ISLAND_PEOPLE_MOST]; /* by person */
    bool told;                                   /* the row brings a solution */
    uint32_t solution;                           /* bit i: person i is a knight */
};

/* The members names, statements and, where they are there, solution and solution_text_format, of the row or of its
 * "slots". ERROR_DATA with FILE:LINE: another number of statements or roles than of names, a name twice, an unknown
 * operator or a wrong number of parts, a person that is not there, and a text of the solution that says something else
 * than its list. */
bool island_read(const json_t *row, struct json_place place, struct arena *arena, struct island *out,
                 struct error *err) MUST_CHECK;

/* All ways, by trying each of 2^n; the first `most` of them, in the order of the bits. Returns how many there are in
 * all. */
size_t island_enumerate(const struct island *island, uint32_t *ways, size_t most);

/* The same question put to Z3: how many ways, counted up to 2, and the first one it finds. */
struct island_z3;
struct island_z3 *island_z3_new(struct error *err) MUST_CHECK;
void island_z3_free(struct island_z3 *z3);
bool island_z3_count(struct island_z3 *z3, const struct island *island, size_t *ways, uint32_t *first,
                     struct error *err) MUST_CHECK;

/* "(1) Ada is a knight\n(2) Bo is a knave" */
bool island_put_solution(struct buffer *out, const struct island *island, uint32_t knights);

#endif
