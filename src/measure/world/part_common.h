/* What parts whose items ask about people, acts and sayings share: drawn names, options, answers, ids of rows. */
#ifndef MEASURE_PART_COMMON_H
#define MEASURE_PART_COMMON_H

#include "measure/world/world_part.h"

struct text part_person(const struct world *w, struct rng *rng); /* a name of the 2,048, drawn */
struct text part_town(const struct world *w, struct rng *rng);
/* Two people and a town, drawn one after the other: draws never stand in one expression, whose order C leaves open. */
struct part_cast {
    struct text name, other, town;
};
struct part_cast part_cast(const struct world *w, struct rng *rng);
/* A person of this kin, sex and age, drawn. */
size_t part_person_of(const struct world *w, int kin, int sex, int age, struct rng *rng);

/* Options in a drawn order: fills line->option and line->right, puts "A. ...\nB. ..." into `lines` and the reply "ANS:
 * B". right: index into `option` as given; n at most 8. The texts stay borrowed. */
bool part_choice(struct world_line *line, struct buffer *lines, const struct text *option, size_t n, size_t right,
                 struct rng *rng);
/* Two fixed words as options and the right one, with a full stop, as the reply: "Yes." */
bool part_word(struct world_line *line, const struct text *option, size_t n, size_t right);
/* Template NAME/INDEX and the labels entity and wording, seen or unseen. */
bool part_template(struct world_line *line, const struct world *w, const char *name, unsigned template,
                   unsigned split_of_case);
/* The row that "PREFIX012" names: its number, below n, with exactly so many digits; SIZE_MAX: none. */
size_t part_row(struct text id, const char *prefix, size_t digits, size_t n);
/* {"id":"PREFIX012"  of a row of truth, the brace left open */
bool part_put_id(struct buffer *out, const char *prefix, int digits, size_t row);
/* Renders template into the prompt of the line. */
bool part_prompt(struct world_line *line, struct text template, const struct slot *slots, size_t n_slots);
/* A sequence of exactly n entries under key; NULL and the fault otherwise. */
const struct yaml *part_sequence(struct words_reader *r, const struct yaml *mapping, const char *key, size_t n);
/* The number below n that the scalar names; false and the fault otherwise. */
bool part_number(struct words_reader *r, const struct yaml *node, unsigned n, uint8_t *out);

#endif
