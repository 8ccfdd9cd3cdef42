/* Items: numbers of a family with their split; their ids, their plans, their JSON lines. An id says all that the line
 * of an item holds, together with the draw. */
#ifndef MEASURE_WORLD_ITEM_H
#define MEASURE_WORLD_ITEM_H

#include "measure/world/world_part.h"

enum { ITEM_ID = 24 };
struct item {
    const struct world_family *family;
    uint32_t number;
    enum split split;
};
/* The families of all parts, numbered; NULL behind the last. */
const struct world_family *world_family_at(size_t i);
const struct world_family *world_family_find(const char *name);
extern const struct world_family world_family_ask, world_family_requests;
uint64_t world_identity_numbers(const struct world *w), world_gaps_numbers(const struct world *w),
    world_unknown_numbers(const struct world *w);
bool world_identity_split(const struct world *w, uint64_t number, enum split *split),
    world_gaps_split(const struct world *w, uint64_t number, enum split *split),
    world_unknown_split(const struct world *w, uint64_t number, enum split *split);
bool world_identity_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                         uint64_t draw),
    world_gaps_make(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw),
    world_unknown_make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                       uint64_t draw);

/* The item with this id; false when there is none. */
bool world_item_find(const struct world *world, struct text id, struct item *item);
void world_item_id(const struct item *item, char id[ITEM_ID]);
/* Its JSON line without the line end. The line is scratch memory. */
bool world_put_item(struct buffer *out, struct world_line *line, const struct world *world, const struct item *item,
                    uint64_t draw);
/* Clears the line and fills it. */
bool world_make_line(struct world_line *line, const struct world *world, const struct item *item, uint64_t draw);

/* The items of one file in their order, at most `count` (0: family->most); on the arena. Any beginning of a file is a
 * fair sample; members of a number stay together. options: of the part's spec, NULL: none. */
bool world_plan_items(const struct world *world, const struct world_family *family, enum split split, uint64_t draw,
                      uint64_t count, const struct option_value *options, struct item **items, size_t *n,
                      struct arena *arena, struct error *err) MUST_CHECK;
/* Plans of families: styles, templates and right options are dealt in turn over shuffled entities, so each is as
 * frequent as the others up to 1 in each quadrant of seen/unseen entity x seen/unseen wording. */
bool world_plan_ask(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                    struct arena *arena, struct error *err) MUST_CHECK;
bool world_plan_unknown(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                        struct arena *arena, struct error *err) MUST_CHECK;
bool world_plan_identity(const struct world *w, enum split split, uint64_t draw, struct item **items, size_t *n,
                         struct arena *arena, struct error *err) MUST_CHECK;
/* Which relations can be asked about an entity of the outside world. */
bool world_outside_relation(size_t subject, size_t relation);
/* What the number of an ask item says: ((fact x 6 + style) x 16 + template) x 5 + right option. */
struct ask_number {
    size_t fact, right;
    enum style style;
    unsigned template;
};
struct ask_number world_ask_number(uint64_t number);
/* The label "relation" of a line: "person.town". */
bool world_label_relation(struct world_line *line, size_t relation);
/* The alias "an otter" of the answer "otter" where the relation's sentence puts the article; nothing elsewhere. */
bool world_alias_article(struct world_line *line, const struct world *w, size_t relation, struct text value);
size_t world_options(const struct world *world, size_t fact, enum style style, unsigned template); /* of an ask item */

#endif
