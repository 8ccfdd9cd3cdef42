/* What a script may read of an item: its gold answer and its labels, in the shapes in which tasks keep them.
 * Gold: an index into the choices, a text, a number, a list of accepted texts (the first one counts), or an object with
 * "index", "text" or "texts", "number", "mask" and "labels". */
#ifndef SUBJECT_SCRIPT_GOLD_H
#define SUBJECT_SCRIPT_GOLD_H

#include "base/rng.h"
#include "subject/subject.h"

/* A label of the ask, or of its gold's "labels"; NULL when there is none. Borrowed. */
const json_t *gold_label(const struct ask *ask, const char *name);
/* Index of the gold choice, SIZE_MAX when the gold names none. */
bool gold_choice(const struct ask *ask, struct arena *arena, size_t *out, struct error *err) MUST_CHECK;
/* For golds that name no single choice: the mask of those that an ideal subject finds equally good, one 0 or 1 a
 * choice; else NULL. Borrowed. */
const json_t *gold_mask(const struct ask *ask);
/* The gold answer as text; *found false when the item has none. An index without choices becomes a letter (0: A). */
bool gold_text(const struct ask *ask, struct arena *arena, struct text *out, bool *found, struct error *err) MUST_CHECK;
/* An answer that is not the gold one: the text of label 'wrong', else another choice with equal chance, else that it
 * does not know. *choice is left as it is where no choice was taken. */
bool gold_wrong(const struct ask *ask, struct rng *rng, struct arena *arena, struct text *out, size_t *choice,
                struct error *err) MUST_CHECK;

#endif
