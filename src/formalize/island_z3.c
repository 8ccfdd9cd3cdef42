/* The second opinion on a puzzle: Z3, in one context for all puzzles. See island.h. */
#include "formalize/island.h"

#include <stdio.h>

#ifdef HAVE_Z3
#include <z3.h>

struct island_z3 {
    Z3_context c;
    Z3_solver solver;
    Z3_ast role[ISLAND_PEOPLE_MOST];
};

/* The default handler ends the process; errors are asked for instead. */
static void ignore(Z3_context c, Z3_error_code code) {
    (void)c, (void)code;
}

bool island_z3_there(void) {
    return true;
}

void island_z3_version(char out[32]) {
    unsigned major, minor, build, revision;
    Z3_get_version(&major, &minor, &build, &revision);
    snprintf(out, 32, "%u.%u.%u", major, minor, build);
}

struct island_z3 *island_z3_new(struct error *err) {
    struct island_z3 *z = memory_zeroed(1, sizeof *z);
    if (!z) return error_memory(err, "z3"), NULL;
    Z3_config config = Z3_mk_config();
    z->c = Z3_mk_context(config);
    Z3_del_config(config);
    Z3_set_error_handler(z->c, ignore);
    z->solver = Z3_mk_simple_solver(z->c);
    Z3_solver_inc_ref(z->c, z->solver);
    for (int i = 0; i < ISLAND_PEOPLE_MOST; i++)
        z->role[i] = Z3_mk_const(z->c, Z3_mk_int_symbol(z->c, i), Z3_mk_bool_sort(z->c));
    return z;
}

void island_z3_free(struct island_z3 *z) {
    if (!z) return;
    Z3_solver_dec_ref(z->c, z->solver);
    Z3_del_context(z->c);
    memory_free(z);
}

static Z3_ast formula(struct island_z3 *z, const struct said *s) {
    Z3_ast parts[64];
    if (s->kind == SAID_KNIGHT) return z->role[s->person];
    if (s->kind == SAID_KNAVE) return Z3_mk_not(z->c, z->role[s->person]);
    for (size_t i = 0; i < s->n; i++) parts[i] = formula(z, s->of[i]);
    switch (s->kind) {
    case SAID_NOT:
        return Z3_mk_not(z->c, parts[0]);
    case SAID_AND:
        return Z3_mk_and(z->c, (unsigned)s->n, parts);
    case SAID_OR:
        return Z3_mk_or(z->c, (unsigned)s->n, parts);
    case SAID_IF:
        return Z3_mk_implies(z->c, parts[0], parts[1]);
    default:
        return Z3_mk_iff(z->c, parts[0], parts[1]);
    }
}

/* Roles of the model that the last check found; a role that it leaves open is completed. */
static Z3_ast found(struct island_z3 *z, const struct island *island, uint32_t *knights) {
    Z3_model model = Z3_solver_get_model(z->c, z->solver);
    Z3_ast same[ISLAND_PEOPLE_MOST];
    *knights = 0;
    Z3_model_inc_ref(z->c, model);
    for (size_t i = 0; i < island->n; i++) {
        Z3_ast value = NULL;
        bool known = Z3_model_eval(z->c, model, z->role[i], true, &value);
        bool knight = known && Z3_get_bool_value(z->c, value) == Z3_L_TRUE;
        *knights |= (uint32_t)knight << i;
        same[i] = knight ? z->role[i] : Z3_mk_not(z->c, z->role[i]);
    }
    Z3_model_dec_ref(z->c, model);
    return Z3_mk_and(z->c, (unsigned)island->n, same);
}

static bool check(struct island_z3 *z, bool *satisfied, struct error *err) {
    Z3_lbool verdict = Z3_solver_check(z->c, z->solver);
    *satisfied = verdict == Z3_L_TRUE;
    if (verdict != Z3_L_UNDEF && Z3_get_error_code(z->c) == Z3_OK) return true;
    return error_set(err, ERROR_ENVIRONMENT, "z3 gave no verdict: %s", Z3_solver_get_reason_unknown(z->c, z->solver));
}

bool island_z3_count(struct island_z3 *z, const struct island *island, size_t *ways, uint32_t *first,
                     struct error *err) {
    uint32_t other;
    bool more = true, ok = true;
    *ways = 0;
    Z3_solver_push(z->c, z->solver);
    for (size_t i = 0; i < island->n; i++)
        Z3_solver_assert(z->c, z->solver, Z3_mk_iff(z->c, z->role[i], formula(z, island->said[i])));
    while (*ways < 2 && (ok = check(z, &more, err)) && more) {
        Z3_ast way = found(z, island, *ways ? &other : first);
        Z3_solver_assert(z->c, z->solver, Z3_mk_not(z->c, way));
        ++*ways;
    }
    Z3_solver_pop(z->c, z->solver, 1);
    return ok;
}

#else

bool island_z3_there(void) {
    return false;
}

void island_z3_version(char out[32]) {
    out[0] = 0;
}

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
