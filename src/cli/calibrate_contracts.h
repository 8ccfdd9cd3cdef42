/* Contracts with planted bugs, twins by one edit (part `contracts` of the pocket world): does each checker find its
 * kind, at its line, and nothing in the twin; and does what the function is called change anything? */
#ifndef CLI_CALIBRATE_CONTRACTS_H
#define CLI_CALIBRATE_CONTRACTS_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: pairs of twins of each naming, 0: 1,000. */
bool calibrate_contracts(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                         struct error *err) MUST_CHECK;

#endif
