/* A scene: points of one figure, what is known of them, and how it came to be known. Facts are either looked up by
 * their canonical form (mid, cyc, sim, simr, sqsum) or answered by linear tables over exact fractions: directions of
 * lines, in half turns: coll, para, perp, eqang, ang. Each is an equation modulo 1; in a figure it holds with one whole
 * number, which is put in, so that the table computes over the rationals. That number is constant as the figure moves
 * without degenerating: what follows holds in every figure of the same arrangement. logarithms of lengths, with one
 * constant for each prime: cong, eqrat, rat, len lengths: cong, rat, len, and AB + BC = AC where B stands between on a
 * line */
#ifndef GEOMETRY_GEO_SCENE_H
#define GEOMETRY_GEO_SCENE_H

#include "geometry/geo_rule.h"
#include "geometry/geo_table.h"

enum geo_table_kind { GEO_ANGLES, GEO_RATIOS, GEO_LENGTHS, GEO_TABLES };
const char *geo_table_name(enum geo_table_kind kind); /* "angles", as steps of proofs call it */

enum { GEO_PRIMES_MOST = 60, GEO_KNOWN_MOST = 60000 };

/* Why a fact was added: a rule (its index, 0 or more), or */
enum geo_reason { GEO_GIVEN = -1, GEO_BY_TABLE = -2, GEO_BY_LENGTHS = -3, GEO_BY_NUMBERS = -4 };

/* What was known: facts and equations before these counts. */
struct geo_moment {
    size_t facts, equations[GEO_TABLES];
};
struct geo_known {
    struct geo_fact fact; /* canonical */
    int reason;
    uint8_t points[GEO_RULE_POINTS]; /* of a rule, in its order */
    struct geo_fact from[3];         /* BY_NUMBERS */
    size_t n_from;
    uint32_t level, origin;   /* GIVEN: as told when it was added */
    struct geo_moment before; /* what it may rest on */
};

struct geo_scene {
    size_t n;
    struct geo_point at[GEO_POINTS_MOST];
    double diameter;
    double *turn, *log; /* [n (n - 1) / 2] of each pair: direction in half turns, logarithm of the length */
    struct geo_table *table[GEO_TABLES];
    int64_t prime[GEO_PRIMES_MOST];
    size_t n_primes;
    struct geo_known *known;
    size_t n_known, room;
    uint32_t *slot; /* by canonical form; index + 1 */
    size_t slots;
    struct geo_moment begun; /* what was known when the level began */
    size_t n_levels;
    size_t lost; /* equations that were left out, since a number did not fit */
};

bool geo_scene_init(struct geo_scene *scene, const struct geo_point *at, size_t n, struct error *err) MUST_CHECK;
void geo_scene_done(struct geo_scene *scene);

/* Column of a pair of different points, in either order. */
uint32_t geo_pair(uint8_t a, uint8_t b);
/* True in the figure, points apart where they must be; quicker than geo_holds. */
bool geo_scene_true(const struct geo_scene *scene, const struct geo_fact *fact);
bool geo_scene_guard(const struct geo_scene *scene, const struct geo_fact *guard);

/* Is it known? Only of facts that are true in the figure. */
bool geo_scene_knows(struct geo_scene *scene, const struct geo_fact *fact);
/* Was it added in this very form? SIZE_MAX: no. */
size_t geo_scene_find(const struct geo_scene *scene, const struct geo_fact *canonical);

/* Adds what the fact says beyond what is known; *fresh: there was something. ERROR_DATA: it is false in the figure, or
 * contradicts what is known. */
bool geo_scene_add(struct geo_scene *scene, const struct geo_known *what, bool *fresh, struct error *err) MUST_CHECK;
/* Begins a level: from now on what is added belongs to it. */
void geo_scene_level(struct geo_scene *scene);
struct geo_moment geo_scene_now(const struct geo_scene *scene);

/* The equations of a fact in one table, tidied; returns how many, at most 3 (of coll, which
 * any one of them says). */
size_t geo_scene_equations(struct geo_scene *scene, enum geo_table_kind kind, const struct geo_fact *fact,
                           struct geo_equation out[3]);
/* The table that answers for a kind of fact; GEO_TABLES: none does. */
enum geo_table_kind geo_table_of(enum geo_kind kind);
/* Facts of lengths that one table knows and the other does not yet are carried over; sums of squares with numbers. */
bool geo_scene_carry(struct geo_scene *scene, bool *fresh, struct error *err) MUST_CHECK;
/* AB = q CD is known with a number q. */
bool geo_scene_ratio(struct geo_scene *scene, const uint8_t *pairs, struct geo_fraction *q);

#endif
