/* Nodes so that each comes after all that support it: what is computed from below is computed in this order. */
#ifndef FORMALIZE_CASE_ORDER_H
#define FORMALIZE_CASE_ORDER_H

#include "formalize/case/case.h"

/* The nodes at and below `root`, on the arena; *n of them. Without recursion: cases may be deep. */
size_t *case_order(const struct assurance_case *c, size_t root, struct arena *arena, size_t *n,
                   struct error *err) MUST_CHECK;

#endif
