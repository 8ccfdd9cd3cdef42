/* Z3, loaded when it is first needed: its library is large, and most commands never ask it.
 * Only where the build found its header. */
#ifndef FORMALIZE_Z3_LIBRARY_H
#define FORMALIZE_Z3_LIBRARY_H

#include "base/error.h"

#include <z3.h>

/* The functions that are used, by their names without "Z3_". */
#define Z3_USED(F)                                                                                                     \
    F(get_version) F(mk_config) F(del_config) F(mk_context) F(del_context) F(set_error_handler) F(get_error_code)      \
    F(mk_simple_solver) F(solver_inc_ref) F(solver_dec_ref) F(solver_push) F(solver_pop) F(solver_assert)              \
    F(solver_check)                                                                                                    \
    F(solver_get_model) F(solver_get_reason_unknown) F(model_inc_ref) F(model_dec_ref) F(model_eval) F(get_bool_value) \
    F(mk_const) F(mk_int_symbol) F(mk_bool_sort) F(mk_not) F(mk_and) F(mk_or) F(mk_implies) F(mk_iff)

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
