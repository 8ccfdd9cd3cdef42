/* What the families of checkers share. */
#ifndef FORMALIZE_CONTRACT_CHECKER_INTERNAL_H
#define FORMALIZE_CONTRACT_CHECKER_INTERNAL_H

#include "formalize/contract/checker.h"

struct checker_told;
struct check {
    const struct sol_program *program;
    const struct sol_contract *contract;
    const struct checker *rule;
    const struct flow *flows; /* of its own functions, with a body, modifiers left out */
    size_t n_flows;
    const struct checker_settings *settings;
    struct arena *arena;       /* of this contract */
    struct checker_told *told; /* rule and place, so that nothing is told twice */
};

/* A fault in a function, at the line of `at` (NULL: of the function), as the steps show. */
struct checker_step {
    const struct flow_event *event; /* NULL: `guard` */
    const struct flow_guard *guard;
    const char *what;
};
bool checker_tell(struct check *c, const struct sol_function *in, const struct sol_file *file, uint32_t line,
                  const char *what, const struct checker_step *steps, size_t n, struct error *err);
/* The same at an event, with the function that it happens in. severity: FINDING_NOTE and so on. */
bool checker_tell_at(struct check *c, const struct flow_event *at, enum finding_severity severity, const char *what,
                     const struct checker_step *steps, size_t n, struct error *err);
bool checker_tell_line(struct check *c, const struct sol_function *in, const struct sol_file *file, uint32_t line,
                       enum finding_severity severity, const char *what, const struct finding_step *steps, size_t n,
                       struct error *err);

/* ---- questions that several ask */
/* Called from outside, and not only to look. */
bool checker_acts(const struct flow *flow);
bool checker_is_view(const struct flow *flow);
/* Can both happen in one call? Not when a condition holds for one and its contrary for the other. */
bool checker_together(const struct flow_event *a, const struct flow_event *b);
/* Is a condition about one of these sources? */
bool checker_about(const struct flow_guard *guards, uint32_t from);
/* A payment: value leaves the contract. */
bool checker_pays(const struct flow_event *e);
/* Does a flag that is tested before and set here keep it from being reached twice? */
bool checker_once(const struct flow *flow, const struct flow_event *e);
bool checker_locked(const struct flow *flow, size_t call);
/* Is a value no more than something else, by a condition that holds? */
bool checker_at_most(const struct flow_guard *guards, struct flow_value value);

bool check_reentrancy(struct check *c, struct error *err);
bool check_unchecked_call(struct check *c, struct error *err);
bool check_dos_loop(struct check *c, struct error *err);
bool check_delegatecall(struct check *c, struct error *err);
bool check_access(struct check *c, struct error *err);
bool check_tx_origin(struct check *c, struct error *err);
bool check_selfdestruct(struct check *c, struct error *err);
bool check_wrong_constructor(struct check *c, struct error *err);
bool check_overflow(struct check *c, struct error *err);
bool check_price_read(struct check *c, struct error *err);
bool check_timestamp(struct check *c, struct error *err);
bool check_randomness(struct check *c, struct error *err);
bool check_front_run(struct check *c, struct error *err);
bool check_shadow_uninit(struct check *c, struct error *err);

#endif
