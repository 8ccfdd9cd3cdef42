/* Asks, answers and looks as bytes, from one process of a crew to another (subject_crew.h). Both are the same program
 * on the same kind of machine, so numbers stay as memory has them; a byte too few is an error all the same. */
#ifndef ASK_WIRE_H
#define ASK_WIRE_H

#include "subject/subject_look.h"

/* What is read, up to the first thing that does not fit; behind it everything is empty. */
struct wire {
    struct text rest;
    bool failed;
};

void wire_put_u64(struct buffer *out, uint64_t value);
void wire_put_text(struct buffer *out, struct text t);
void wire_put_error(struct buffer *out, const struct error *error);
void wire_put_ask(struct buffer *out, const struct ask *ask);
void wire_put_answer(struct buffer *out, const struct answer *answer);
/* values: numbers in a row (lm_sites_size); top: likeliest tokens of a position. */
void wire_put_look(struct buffer *out, const struct look *look, size_t values, size_t top);

uint64_t wire_get_u64(struct wire *in);
struct text wire_get_text(struct wire *in); /* borrowed from the bytes */
void wire_get_error(struct wire *in, struct error *out);
/* Texts are borrowed from the bytes, lists are on the arena; gold and labels are released by wire_done_ask. False:
 * bytes that are no ask, or out of memory. */
bool wire_get_ask(struct wire *in, struct arena *arena, struct ask *out, struct error *err) MUST_CHECK;
void wire_done_ask(struct ask *ask);
bool wire_get_answer(struct wire *in, struct arena *arena, struct answer *out, struct error *err) MUST_CHECK;
bool wire_get_look(struct wire *in, struct arena *arena, struct look *out, struct error *err) MUST_CHECK;

#endif
