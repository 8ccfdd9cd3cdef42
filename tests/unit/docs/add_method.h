/* What docs/add-a-method.md asks to be declared in the tree; here for its files alone. */
#ifndef TESTS_DOCS_ADD_METHOD_H
#define TESTS_DOCS_ADD_METHOD_H

#include "formalize/contract/checker_internal.h"
#include "formalize/domain/domain.h"
#include "measure/causal/effect_internal.h"
#include "measure/score/scorer_internal.h"

extern const struct scorer scorer_shout;
extern const struct estimator estimator_medians;
extern const struct domain domain_ledger;
bool check_many_states(struct check *c, struct error *err);

#endif
