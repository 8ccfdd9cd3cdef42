/* Where rules may apply in a figure: every way to put points for the points of a rule so that premises, guards and
 * conclusions are true in the figure. Whether the premises are known is asked later, again and again; the ways are
 * found once. Rules that a linear table makes needless are left out. */
#ifndef GEOMETRY_GEO_MATCH_H
#define GEOMETRY_GEO_MATCH_H

#include "geometry/geo_scene.h"

struct geo_instance {
    uint8_t rule; /* index */
    uint8_t used; /* it fired, or can never tell anything */
    uint8_t points[GEO_RULE_POINTS];
};
struct geo_matches {
    struct geo_instance *at;
    size_t n, room;
    bool full; /* GEO_INSTANCES_MOST were found, or the time was up: some are missing */
};
enum { GEO_INSTANCES_MOST = 3000000 };

enum geo_match_which { GEO_MATCH_OTHERS, GEO_MATCH_LINEAR_TOO }; /* linear rules are left out, or looked for too */
/* `allowed`: by rule, NULL: all. `until`: seconds of the monotonic clock; 0: no limit. */
bool geo_match(struct geo_scene *scene, const struct geo_rules *rules, const bool *allowed, enum geo_match_which which,
               double until, struct geo_matches *out, struct error *err) MUST_CHECK;
void geo_matches_done(struct geo_matches *matches);
/* Sets `linear` of each rule: in a figure of its own, a table that holds its premises knows its conclusions. */
bool geo_rules_note_linear(struct geo_rules *rules, struct error *err) MUST_CHECK;
double geo_clock(void); /* seconds of the monotonic clock */

#endif
