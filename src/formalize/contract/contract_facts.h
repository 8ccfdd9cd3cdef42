/* What is known of a state variable from all that is written: is it an amount, does it grow, does anything write it,
 * does it say who may do something. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_FACTS_H
#define FORMALIZE_CONTRACT_CONTRACT_FACTS_H

#include "formalize/contract/contract_flow.h"

/* Sets sums, written, grows and is_role of all state variables of a linked program. */
void contract_facts(const struct sol_program *program);
/* Sets `opened` from what the functions of a contract do. */
void contract_open_facts(const struct flow *flows, size_t n);

#endif
