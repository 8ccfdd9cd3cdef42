/* The second opinion on a puzzle: Z3, in one context for all puzzles. See island.h. */
#include "formalize/domain/island.h"

#include <stdio.h>

#ifdef HAVE_Z3
#include "solver/z3_library.h"

struct island_z3 {
    struct z3_library z3;
    Z3_context c;
    Z3_solver solver;
    Z3_ast role[ISLAND_PEOPLE_MOST];
};

/* The default handler ends the process; errors are asked for instead. */
static void ignore(Z3_context c, Z3_error_code code) {
    (void)c, (void)code;
}

struct island_z3 *island_z3_new(struct error *err) {
    struct island_z3 *z = memory_zeroed(1, sizeof *z);
    if (!z) return error_memory(err, "z3"), NULL;
    if (!z3_library_open(&z->z3, err)) {
        island_z3_free(z);
        return NULL;
    }
    Z3_config config = z->z3.mk_config();
    z->c = z->z3.mk_context(config);
    z->z3.del_config(config);
    z->z3.set_error_handler(z->c, ignore);
    z->solver = z->z3.mk_simple_solver(z->c);
    z->z3.solver_inc_ref(z->c, z->solver);
    for (int i = 0; i < ISLAND_PEOPLE_MOST; i++)
        z->role[i] = z->z3.mk_const(z->c, z->z3.mk_int_symbol(z->c, i), z->z3.mk_bool_sort(z->c));
    return z;
}

void island_z3_free(struct island_z3 *z) {
    if (!z) return;
    if (z->solver) z->z3.solver_dec_ref(z->c, z->solver);
    if (z->c) z->z3.del_context(z->c);
    z3_library_close(&z->z3);
    memory_free(z);
}

static Z3_ast formula(struct island_z3 *z, const struct said *s) {
    Z3_ast parts[64];
    if (s->kind == SAID_KNIGHT) return z->role[s->person];
    if (s->kind == SAID_KNAVE) return z->z3.mk_not(z->c, z->role[s->person]);
    for (size_t i = 0; i < s->n; i++) parts[i] = formula(z, s->of[i]);
    switch (s->kind) {
    case SAID_NOT:
        return z->z3.mk_not(z->c, parts[0]);
    case SAID_AND:
        return z->z3.mk_and(z->c, (unsigned)s->n, parts);
    case SAID_OR:
        return z->z3.mk_or(z->c, (unsigned)s->n, parts);
    case SAID_IF:
        return z->z3.mk_implies(z->c, parts[0], parts[1]);
    default:
        return z->z3.mk_iff(z->c, parts[0], parts[1]);
    }
}

/* Roles of the model that the last check found; a role that it leaves open is completed. */
static Z3_ast found(struct island_z3 *z, const struct island *island, uint32_t *knights) {
    Z3_model model = z->z3.solver_get_model(z->c, z->solver);
    Z3_ast same[ISLAND_PEOPLE_MOST];
    *knights = 0;
    z->z3.model_inc_ref(z->c, model);
    for (size_t i = 0; i < island->n; i++) {
        Z3_ast value = NULL;
        bool known = z->z3.model_eval(z->c, model, z->role[i], true, &value);
        bool knight = known && z->z3.get_bool_value(z->c, value) == Z3_L_TRUE;
        *knights |= (uint32_t)knight << i;
        same[i] = knight ? z->role[i] : z->z3.mk_not(z->c, z->role[i]);
    }
    z->z3.model_dec_ref(z->c, model);
    return z->z3.mk_and(z->c, (unsigned)island->n, same);
}

static bool check(struct island_z3 *z, bool *satisfied, struct error *err) {
    Z3_lbool verdict = z->z3.solver_check(z->c, z->solver);
    *satisfied = verdict == Z3_L_TRUE;
    if (verdict != Z3_L_UNDEF && z->z3.get_error_code(z->c) == Z3_OK) return true;
    return error_set(err, ERROR_ENVIRONMENT, "z3 gave no verdict: %s",
                     z->z3.solver_get_reason_unknown(z->c, z->solver));
}

bool island_z3_count(struct island_z3 *z, const struct island *island, size_t *ways, uint32_t *first,
                     struct error *err) {
    uint32_t other;
    bool more = true, ok = true;
    *ways = 0;
    z->z3.solver_push(z->c, z->solver);
    for (size_t i = 0; i < island->n; i++)
        z->z3.solver_assert(z->c, z->solver, z->z3.mk_iff(z->c, z->role[i], formula(z, island->said[i])));
    while (*ways < 2 && (ok = check(z, &more, err)) && more) {
        Z3_ast way = found(z, island, *ways ? &other : first);
        z->z3.solver_assert(z->c, z->solver, z->z3.mk_not(z->c, way));
        ++*ways;
    }
    z->z3.solver_pop(z->c, z->solver, 1);
    return ok;
}

#else

struct island_z3 *island_z3_new(struct error *err) {
    error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
    return NULL;
}

void island_z3_free(struct island_z3 *z) {
    (void)z;
}

bool island_z3_count(struct island_z3 *z, const struct island *island, size_t *ways, uint32_t *first,
                     struct error *err) {
    (void)z, (void)island, (void)ways, (void)first;
    return error_set(err, ERROR_ENVIRONMENT, "z3 is not part of this build");
}

#endif
