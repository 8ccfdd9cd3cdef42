/* What a model proposes for a case: how a goal is split, and formulas of a sentence. Replies are read strictly; what
 * they propose gets the origin model, and no formula is taken that does not read and fit the names of the case. */
#ifndef FORMALIZE_CASE_PROPOSAL_H
#define FORMALIZE_CASE_PROPOSAL_H

#include "formalize/case/case_edit.h"

/* A reply in the fixed form: lines "strategy: TEXT" (at most one), "goal: TEXT", "solution: TEXT", in any order. */
enum { PROPOSED_MOST = 12 };
struct case_split_reply {
    struct text strategy; /* empty: none */
    enum case_kind kind[PROPOSED_MOST];
    struct text text[PROPOSED_MOST];
    size_t n;
    size_t unread; /* lines that are something else */
};
/* False: it proposes nothing. Texts are views into the reply. */
bool case_read_split(struct text reply, struct case_split_reply *out);
/* The same proposals, whatever their order: for votes. */
bool case_same_split(const struct case_split_reply *a, const struct case_split_reply *b);
/* New nodes below `goal`, through the strategy where there is one; goals among them are undeveloped. */
bool case_take_split(struct assurance_case *c, struct arena *arena, size_t goal, const struct case_split_reply *reply,
                     struct error *err) MUST_CHECK;

/* The reason of the split that the lines of a node are premises of, or else its own; unchecked: nobody asks for any. */
enum case_reason case_reason_for(const struct assurance_case *c, size_t node);

enum { FORMULAS_MOST = 16 };
struct case_formulas {
    struct text line[FORMULAS_MOST]; /* in the form of the printer, where the language has one; on the arena */
    size_t n;
    const char *words; /* all of them in words; "" where the language has no words */
};
/* Lines of a reply, each a formula of the language, that fit together with the formulas of all other nodes of that
 * language: sorts and units. ERROR_DATA says which line and column cannot stand, or that there is none. */
bool case_read_formulas(const struct assurance_case *c, size_t node, struct text reply, struct arena *arena,
                        struct case_formulas *out, struct error *err) MUST_CHECK;
bool case_same_formulas(const struct case_formulas *a, const struct case_formulas *b);

#endif
