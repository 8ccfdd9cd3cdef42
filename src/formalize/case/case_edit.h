/* Adding to a case that was read: its nodes and lists are copied into new places on the arena, what was there stays
 * valid. Whether the case is still one is decided by case_valid. */
#ifndef FORMALIZE_CASE_EDIT_H
#define FORMALIZE_CASE_EDIT_H

#include "formalize/case/case.h"

/* A new node with an id that nothing has: G, S, Sn, C, A, J, CG or CSn and the next number. Its place, SIZE_MAX: no
 * memory, or too many. text is copied. Pointers to nodes are then old. */
size_t case_add_node(struct assurance_case *c, struct arena *arena, enum case_kind kind, struct text text,
                     struct error *err) MUST_CHECK;
/* `below` supports `above`, behind those that do; `above` is then no longer undeveloped. */
bool case_add_support(struct assurance_case *c, struct arena *arena, size_t above, size_t below,
                      struct error *err) MUST_CHECK;
bool case_set_formulas(struct assurance_case *c, struct arena *arena, size_t node, const struct text *lines, size_t n,
                       struct error *err) MUST_CHECK;
/* A goal or strategy with nothing below. */
bool case_is_open(const struct case_node *node);

#endif
