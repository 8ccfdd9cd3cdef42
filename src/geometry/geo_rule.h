/* The rule language: a line a rule, "ID|name|premises|guards|conclusions", facts with semicolons between, points as
 * capital letters that stand for any points. Lines that are empty or begin with # say nothing. The built-in rules are
 * rules/geometry.txt, and rules/geometry-more.txt, which holds what those 68 lack. */
#ifndef GEOMETRY_GEO_RULE_H
#define GEOMETRY_GEO_RULE_H

#include "geometry/geo_plane.h"

enum { GEO_RULE_FACTS = 8, GEO_RULE_POINTS = 12, GEO_RULES_MOST = 250 };

struct geo_rule {
    struct text id, name;
    size_t line;
    struct geo_names points; /* of the rule: at most GEO_RULE_POINTS */
    struct geo_fact premise[GEO_RULE_FACTS], guard[GEO_RULE_FACTS], gives[GEO_RULE_FACTS];
    size_t n_premises, n_guards, n_gives;
    bool linear; /* a linear table has its conclusions from its premises: see geo_scene.h */
};
struct geo_rules {
    struct geo_rule *at;
    size_t n;
};

/* Texts are borrowed from t. ERROR_DATA with FILE:LINE. */
bool geo_rules_read(struct text t, const char *file, struct arena *arena, struct geo_rules *out,
                    struct error *err) MUST_CHECK;
/* `more`: those of rules/geometry-more.txt too. */
bool geo_rules_builtin(bool more, struct arena *arena, struct geo_rules *out, struct error *err) MUST_CHECK;
/* One line of a file of rules. */
bool geo_rule_read(struct text line, struct geo_rule *out, struct error *err) MUST_CHECK;
const struct geo_rule *geo_rules_find(const struct geo_rules *rules, struct text id); /* NULL: none */
/* The number of a rule in public traces ("r13"), as the id here; NULL: none of ours is it. Two ids: "G42 G43". */
const char *geo_rule_of_public(struct text number);

/* A fact of a rule, its points taken from `points` by their number in the rule. */
struct geo_fact geo_rule_fact(const struct geo_fact *of_rule, const uint8_t *points);

/* Draws the rule `times` times: random points are moved until every premise holds (Gauss-Newton, the shortest step),
 * figures that miss a guard by less than 0.05 are thrown away, and the conclusions are measured. */
struct geo_redraw {
    size_t drawn, wrong; /* figures that were found; in which a conclusion fails */
    double worst;        /* the largest residual of a conclusion */
    size_t conclusion;   /* where it stood */
};
/* One figure of the premises and guards, at: [points of the rule]. False: none was found. */
bool geo_rule_figure(const struct geo_rule *rule, uint64_t seed, struct geo_point *at);
bool geo_rule_redraw(const struct geo_rule *rule, size_t times, uint64_t seed, struct geo_redraw *out,
                     struct error *err) MUST_CHECK;

#endif
