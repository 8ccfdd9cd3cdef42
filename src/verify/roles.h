/* Who is a knight and who is a knave, read from a text: answers and reference solutions of the logic puzzles. Source of
 * the rule: the published code of trust region preference approximation (arXiv 2504.04524), section on logic puzzles.
 */
#ifndef VERIFY_ROLES_H
#define VERIFY_ROLES_H

#include "base/text.h"

enum { ROLES_MOST = 64 };

struct roles {
    size_t n;
    struct text name[ROLES_MOST];
    bool knight[ROLES_MOST];
};

/* A reference solution: one line a person, "(1) NAME is a knight", any case. False: a line is not like that, a name
 * comes twice, there is nobody, or there are more than ROLES_MOST. Names are views into t. */
bool roles_of_solution(struct text t, struct roles *out);

enum roles_verdict { ROLES_NOT_GIVEN, ROLES_WRONG, ROLES_RIGHT };
/* The answer must hold the words knight and knave, wherever they stand, exactly once for each person; the first "NAME
 * is a knight|knave" (whole words, any case and white space) is what it says of a person. NOT_GIVEN: too few or too
 * many of the words, or somebody is not spoken of. */
enum roles_verdict roles_compare(struct text answer, const struct roles *expected);

#endif
