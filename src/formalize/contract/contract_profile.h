/* What a function looks like in numbers, and who calls whom. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_PROFILE_H
#define FORMALIZE_CONTRACT_CONTRACT_PROFILE_H

#include "formalize/contract/contract_flow.h"

/* 64 counts and flags in thirteen groups: 1 what it may do, 2 calls, 3 state, 4 results of calls, 5 who calls,
 * 6 arithmetic, 7 loops, 8 blocks, 9 what is final, 10 order of products, 11 prices, 12 untested inputs, 13 size. */
#define CONTRACT_FEATURES(X)                                                                                           \
    X(1, public)                                                                                                       \
    X(1, external)                                                                                                     \
    X(1, internal)                                                                                                     \
    X(1, private) X(1, payable) X(1, view) X(1, pure) X(1, modifiers) X(1, constructor) X(1, fallback) X(1, inherited) \
        X(2, low_calls) X(2, sends) X(2, transfers) X(2, delegatecalls) X(2, static_calls) X(2, contract_calls)        \
            X(2, calls_with_value) X(2, calls_with_gas) X(3, reads) X(3, writes) X(3, reads_before_call)               \
                X(3, writes_after_call) X(3, late_writes) X(3, deletes) X(4, results_dropped) X(4, results_tested)     \
                    X(5, sender_tests) X(5, sender_conditions) X(5, origin_conditions) X(5, role_writes)               \
                        X(6, arithmetic) X(6, arithmetic_wraps) X(6, arithmetic_inputs) X(6, products)                 \
                            X(6, differences) X(7, loops) X(7, loops_over_lists) X(7, loops_over_inputs)               \
                                X(7, calls_in_loops) X(7, payments_in_loops) X(8, time_conditions)                     \
                                    X(8, height_conditions) X(8, chance_conditions) X(8, chance_moduli)                \
                                        X(9, ends_contract) X(9, delegates_to_input) X(10, divides_before_product)     \
                                            X(11, spot_reads) X(11, balance_conditions) X(11, spot_payments)           \
                                                X(12, addresses_untested) X(12, numbers_untested) X(13, lines)         \
                                                    X(13, tokens) X(13, statements) X(13, cyclomatic) X(13, depth)     \
                                                        X(13, inputs) X(13, outputs) X(13, names)                      \
                                                            X(13, internal_calls) X(13, conditions) X(13, events)
enum contract_feature {
#define X(group, name) FEATURE_##name,
    CONTRACT_FEATURES(X)
#undef X
        FEATURES
};
extern const char *const contract_feature_names[FEATURES];
extern const unsigned char contract_feature_groups[FEATURES];

struct contract_late {
    uint32_t word, read, call, write; /* the variable; lines */
};
struct contract_edge {
    uint32_t from, to;   /* indices of functions; to UINT32_MAX: in none of the files */
    uint32_t type, word; /* what is called: a contract or 0, and the name */
    uint32_t line;
    bool external;
};
enum { CONTRACT_LATE_MOST = 8 };
struct contract_profile {
    uint32_t features[FEATURES];
    struct contract_late late[CONTRACT_LATE_MOST]; /* as many as features say, but for the most */
    bool cut;                                      /* more happens than was followed */
};
struct contract_profiles {
    struct contract_profile *at; /* by the index of functions; those without a body are empty */
    struct contract_edge *edges; /* by from, then line; each once */
    size_t n, n_edges;
};
/* Of a linked program; all on the arena. */
bool contract_profiles(const struct sol_program *program, struct arena *arena, struct contract_profiles *out,
                       struct error *err) MUST_CHECK;

#endif
