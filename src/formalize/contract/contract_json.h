/* A file of a program as JSON: contracts, functions with their places, features and hashes, who calls whom, what could
 * not be read. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_JSON_H
#define FORMALIZE_CONTRACT_CONTRACT_JSON_H

#include "base/json.h"
#include "formalize/contract/contract_profile.h"

/* Adds "version", "contracts", "functions", "calls", "faults" to out (an object). arena: for names. */
bool contract_json(const struct sol_program *program, const struct contract_profiles *profiles, size_t file,
                   struct arena *arena, json_t *out, struct error *err) MUST_CHECK;

#endif
