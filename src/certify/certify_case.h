/* A policy as an assurance case: the claim that the system is fit for its use, split by attribute into the policy's
 * goals, and each goal into one piece of evidence for each figure that it requires. Where figures are known the
 * evidence says the interval that was measured as formulas, so that whether a goal follows is a theorem for a solver;
 * where they are not, it says which figure it waits for. */
#ifndef CERTIFY_CASE_H
#define CERTIFY_CASE_H

#include "certify/certify.h"
#include "formalize/case/case.h"

/* round: whose figures the evidence states; NULL: none are known. On the arena; case_done releases the rest. */
bool certify_case(const struct policy *policy, const struct certify_round *round, struct arena *arena,
                  struct assurance_case *out, struct error *err) MUST_CHECK;

#endif
