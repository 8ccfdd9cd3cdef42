/* Kinds of faults of contracts, and what could not be read: one table, one function a kind. A checker sees
 * what happens in all functions of a contract (contract_flow.h) and tells each fault with the lines that show it. None
 * looks at how functions or variables are called, but for the language's own names and three whose contracts are
 * known by them (balanceOf, getReserves, slot0). */
#ifndef FORMALIZE_CONTRACT_CHECKER_H
#define FORMALIZE_CONTRACT_CHECKER_H

#include "base/finding.h"
#include "formalize/contract/contract_facts.h"
#include "formalize/contract/suppress.h"

struct check;
struct checker {
    struct finding_rule is;
    bool (*check)(struct check *check, struct error *err); /* of one contract; NULL: told while files are read */
    const char *swc; /* entries of the SWC registry that it finds, with commas: "SWC-101"; NULL: none */
};
size_t checkers(const struct checker **out);
/* The rules alone, for lists and SARIF. */
const struct finding_rule *const *checker_rules(size_t *n);
/* The share of its alarms that were right on the development set, (hits + 1) / (alarms + 2); see docs/contract.md. */
double checker_confidence(const char *rule, unsigned *hits, unsigned *alarms);

struct checker_settings {
    const char *only;           /* names with commas; NULL: all. Known ones (finding_only) */
    struct suppressions *waive; /* NULL: none */
    finding_sink *sink;
    void *context;
};
/* All findings of a linked program, file by file, contract by contract, rule by rule. */
bool checker_run(const struct sol_program *program, const struct checker_settings *settings,
                 struct error *err) MUST_CHECK;

#endif
