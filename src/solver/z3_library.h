/* Z3, loaded when it is first needed: its library is large, and most commands never ask it.
 * Only where the build found its header. */
#ifndef SOLVER_Z3_LIBRARY_H
#define SOLVER_Z3_LIBRARY_H

#include "base/error.h"

#include <z3.h>

/* The functions that are used, by their names without "Z3_". */
#define Z3_USED(F)                                                                                                     \
    F(get_version)                                                                                                     \
    F(global_param_set)                                                                                                \
    F(mk_config)                                                                                                       \
    F(del_config)                                                                                                      \
    F(mk_context) F(mk_context_rc) F(del_context) F(set_error_handler) F(get_error_code) F(get_error_msg) F(interrupt) \
        F(inc_ref) F(dec_ref) F(mk_simple_solver) F(mk_solver) F(solver_inc_ref) F(solver_dec_ref) F(solver_push)      \
            F(solver_pop) F(solver_assert) F(solver_set_params) F(solver_check) F(solver_check_assumptions)            \
                F(solver_get_model) F(solver_get_reason_unknown) F(model_inc_ref) F(model_dec_ref) F(model_eval)       \
                    F(get_bool_value) F(get_numeral_string) F(is_numeral_ast) F(is_algebraic_number)                   \
                        F(get_algebraic_number_lower) F(mk_params) F(params_inc_ref) F(params_dec_ref)                 \
                            F(params_set_uint) F(mk_string_symbol) F(mk_int_symbol) F(mk_bool_sort) F(mk_int_sort)     \
                                F(mk_real_sort) F(mk_const) F(mk_func_decl) F(mk_app) F(mk_numeral) F(mk_true)         \
                                    F(mk_false) F(mk_not) F(mk_and) F(mk_or) F(mk_implies) F(mk_iff) F(mk_eq) F(mk_lt) \
                                        F(mk_le) F(mk_gt) F(mk_ge) F(mk_add) F(mk_sub) F(mk_mul) F(mk_div)             \
                                            F(mk_unary_minus) F(mk_int2real) F(to_app) F(mk_forall_const)              \
                                                F(mk_exists_const) F(mk_optimize) F(optimize_inc_ref)                  \
                                                    F(optimize_dec_ref) F(optimize_assert) F(optimize_minimize)        \
                                                        F(optimize_set_params) F(optimize_check) F(optimize_get_model) \
                                                            F(optimize_get_reason_unknown) F(mk_tactic)                \
                                                                F(tactic_inc_ref) F(tactic_dec_ref)                    \
                                                                    F(mk_solver_from_tactic)

struct z3_library {
    void *handle;
#define Z3_MEMBER(name) __typeof__(Z3_##name) *name;
    Z3_USED(Z3_MEMBER)
#undef Z3_MEMBER
};
/* ERROR_ENVIRONMENT: it is not installed, or lacks a function. */
bool z3_library_open(struct z3_library *library, struct error *err) MUST_CHECK;
void z3_library_close(struct z3_library *library);

#endif
