/* One Z3 context and what is made in it: for smt_*.c. */
#ifndef SOLVER_SMT_ENGINE_H
#define SOLVER_SMT_ENGINE_H

#include "solver/smt.h"
#include "solver/z3_library.h"

#include <pthread.h>

/* Interrupts a context once its time is over, again and again until it is told that the question has ended. */
struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct z3_library *z3;
    Z3_context armed;              /* NULL: nothing to watch */
    double deadline, sleeps_until; /* of CLOCK_MONOTONIC */
    bool running, ending, fired;
};

/* A name of the question in Z3. */
struct smt_name {
    const struct symbol *symbol;
    Z3_ast constant; /* no function */
    Z3_func_decl function;
};
struct smt_engine {
    const struct z3_library *z3;
    Z3_context c;
    Z3_ast *kept; /* each held once until smt_engine_forget */
    size_t n_kept, room;
    Z3_sort sort[4]; /* by enum formula_sort */
    /* of one question */
    const struct symbols *symbols;
    struct smt_name *names; /* in the order of first sight */
    size_t n_names, names_room;
    size_t *place; /* by symbol: index in names + 1, where mark says this question */
    uint64_t *mark;
    size_t n_place;
    uint64_t question;
    unsigned bound; /* names bound so far, to give each a symbol of its own */
    bool failed;    /* memory ran out while keeping */
};

struct smt {
    struct z3_library z3;
    struct smt_engine engine;
    struct smt_limits limits;
    struct watchdog watchdog;
};

bool smt_engine_open(struct smt_engine *engine, const struct z3_library *z3, struct error *err) MUST_CHECK;
void smt_engine_close(struct smt_engine *engine);
/* Begins a question; what the one before has made is let go. */
bool smt_engine_ask(struct smt_engine *engine, const struct symbols *symbols, struct error *err) MUST_CHECK;
/* Holds what Z3 returned; NULL stays NULL. */
Z3_ast smt_keep(struct smt_engine *engine, Z3_ast ast);
/* A line as Z3 sees it. ERROR_DATA where Z3 refuses it. */
Z3_ast smt_claim(struct smt_engine *engine, const struct formula *f, struct error *err) MUST_CHECK;
/* A term, as Real where as_real. */
Z3_ast smt_term(struct smt_engine *engine, const struct formula *f, bool as_real, struct error *err) MUST_CHECK;
struct smt_name *smt_engine_name(struct smt_engine *engine, struct text name, struct error *err) MUST_CHECK;
/* ERROR_ENVIRONMENT or ERROR_DATA with what Z3 says; "" where it says nothing. Returns false. */
bool smt_engine_error(struct smt_engine *engine, const char *what, struct error *err);

double smt_now(void);
void watchdog_init(struct watchdog *watchdog, const struct z3_library *z3);
void watchdog_done(struct watchdog *watchdog);
bool watchdog_arm(struct watchdog *watchdog, Z3_context c, double deadline, struct error *err) MUST_CHECK;
bool watchdog_disarm(struct watchdog *watchdog); /* has it fired? */

/* The values of the names under a model, on the arena. */
bool smt_values(struct smt_engine *engine, Z3_model model, const struct formula *const *lines, size_t n,
                struct arena *arena, struct smt_answer *out, struct error *err) MUST_CHECK;
/* One number of a model; *exact false: irrational, from below. NULL and err where it is none. */
const struct rational *smt_number(struct smt_engine *engine, Z3_model model, Z3_ast term, struct arena *arena,
                                  bool *exact, struct error *err) MUST_CHECK;
/* Fills checked and doubt. */
bool smt_try_out(const struct formula *const *lines, size_t n, struct arena *arena, struct smt_answer *out,
                 struct error *err) MUST_CHECK;

#endif
