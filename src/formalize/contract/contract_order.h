/* The order in which bases are searched: C3 linearisation (Barrett et al., "A monotonic superclass linearization for
 * Dylan", 1996), with the bases of Solidity read from the last to the first. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_ORDER_H
#define FORMALIZE_CONTRACT_CONTRACT_ORDER_H

#include "formalize/contract/contract_program.h"

/* Sets order and n_order, of its bases first. Where no order exists (bases in a circle, or that contradict each other)
 * `tangled` is set, and the order is depth first. depth: 0. False: out of memory. */
bool contract_order(struct sol_program *program, struct sol_contract *contract, unsigned depth,
                    struct error *err) MUST_CHECK;

#endif
