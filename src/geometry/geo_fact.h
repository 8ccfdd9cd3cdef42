/* Facts about points of the plane, and guards: what is said, in which order points may stand, how it is written.
 *
 *   coll A B C          on one line               mid M A B        M is the middle of AB
 *   para A B C D        AB parallel to CD         cyc A B C D      on one circle; cyc6 of six
 *   perp A B C D        AB at right angles to CD  centre O A B C   OA = OB = OC
 *   cong A B C D        AB = CD                   sqsum A B A C B C   AB^2 + AC^2 = BC^2
 *   eqang A B C D E F G H   the full angle from AB to CD is that from EF to GH
 *   eqrat A B C D E F G H   AB : CD = EF : GH
 *   rat A B C D q       AB = q CD                 len A B v        AB = v
 *   ang A B C D q       the full angle from AB to CD is q half turns
 *   sim A B C P Q R     similar, corner to corner, of one orientation; simr: of opposite orientations
 *
 * A full angle is counter-clockwise from the first line to the second, modulo a half turn. Guards (ncoll, distinct,
 * diff, npara, nperp, sameori, oppori, sameside, samedir, btw) are read in a figure and never proved. */
#ifndef GEOMETRY_GEO_FACT_H
#define GEOMETRY_GEO_FACT_H

#include "base/buffer.h"
#include "geometry/geo_fraction.h"

enum { GEO_POINTS_MOST = 64, GEO_ARGUMENTS = 8 };

enum geo_kind {
    GEO_COLL,
    GEO_PARA,
    GEO_PERP,
    GEO_CONG,
    GEO_MID,
    GEO_CYC,
    GEO_CYC6,
    GEO_CENTRE,
    GEO_EQANG,
    GEO_EQRAT,
    GEO_RAT,
    GEO_LEN,
    GEO_ANG,
    GEO_SQSUM,
    GEO_SIM,
    GEO_SIMR,
    GEO_FACTS, /* guards from here on */
    GEO_NCOLL = GEO_FACTS,
    GEO_DISTINCT,
    GEO_DIFF,
    GEO_NPARA,
    GEO_NPERP,
    GEO_SAMEORI,
    GEO_OPPORI,
    GEO_SAMESIDE,
    GEO_SAMEDIR,
    GEO_BTW,
    GEO_KINDS
};

struct geo_fact {
    enum geo_kind kind;
    uint8_t n; /* points; of distinct 2 to 8, else as the kind has */
    uint8_t at[GEO_ARGUMENTS];
    struct geo_fraction value; /* rat, len, ang; else 0 */
};

/* Names of points: what stands at an index. Texts are borrowed. */
struct geo_names {
    struct text name[GEO_POINTS_MOST];
    size_t n;
};
int geo_names_find(const struct geo_names *names, struct text name); /* -1: none */

const char *geo_kind_name(enum geo_kind kind);
size_t geo_kind_points(enum geo_kind kind);
bool geo_kind_has_value(enum geo_kind kind);
bool geo_kind_is_guard(enum geo_kind kind);

/* "perp A B C D" with names that are known; `add`: new ones are added. ERROR_DATA says what is wrong, without a place.
 */
bool geo_fact_read(struct text t, struct geo_names *names, bool add, struct geo_fact *out,
                   struct error *err) MUST_CHECK;
bool geo_fact_put(struct buffer *out, const struct geo_fact *fact, const struct geo_names *names);

/* The one form of all ways to say a fact; eqang and eqrat that share a line or a segment become para and cong. */
struct geo_fact geo_fact_canonical(struct geo_fact fact);
bool geo_fact_equal(const struct geo_fact *a, const struct geo_fact *b); /* of canonical ones: the same fact */
int geo_fact_compare(const struct geo_fact *a, const struct geo_fact *b);
uint64_t geo_fact_hash(const struct geo_fact *fact);
/* Does it say nothing, as "cong A B B A"? */
bool geo_fact_is_trivial(const struct geo_fact *fact);
/* Has it two points at one place where a line, a circle or a triangle is needed, as "para A A B C"? */
bool geo_fact_is_degenerate(const struct geo_fact *fact);
/* What centre and cyc6 say in parts (cong, cyc); other facts are their own part. Returns how many, at most 3. */
size_t geo_fact_parts(const struct geo_fact *fact, struct geo_fact out[3]);

#endif
