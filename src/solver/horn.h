/* Rules and facts in the syntax of Prolog, and an engine of our own that proves goals from them and says how.
 *
 * A line is one clause, "head :- goal, goal" or "head", with or without the last full stop; a query is "goal, goal".
 * A goal is a call of a predicate of the program, \+ of a goal, a comparison (= \= == \== < > =< >= =:= =\=), `is` with
 * + - * / // mod min max abs, or one of true, fail, member/2, memberchk/2, length/2, is_list/1, atom/1, number/1,
 * integer/1, atomic/1, compound/1, var/1, nonvar/1. Everything else that Prolog itself knows (shell, open, consult,
 * halt, assertz, call, findall ...) is refused by its name, in heads too, as are directives, ";" and "->".
 *
 * Meaning: least model, bottom of each call tabled by its variant (Tamaki and Sato 1986), so that cyclic support ends;
 * negation as failure over strata (Apt, Blair and Walker 1988): a program in which a predicate depends on its own
 * negation is refused. Unification has the occurs check. Nothing here does input or output. */
#ifndef SOLVER_HORN_H
#define SOLVER_HORN_H

#include "base/buffer.h"

enum {
    HORN_CLAUSES_MOST = 20000,
    HORN_BYTES_MOST = 65536,
    HORN_DEPTH_MOST = 64,
    HORN_GOALS_MOST = 200,
    HORN_ARGUMENTS_MOST = 64,
    HORN_VARIABLES_MOST = 200
};

enum horn_kind { HORN_VARIABLE, HORN_ATOM, HORN_INTEGER, HORN_REAL, HORN_COMPOUND };
struct horn_term {
    enum horn_kind kind;
    struct text name; /* ATOM, COMPOUND (a list is '[|]' of two, its end the atom '[]'); VARIABLE: as it was written */
    int64_t integer;  /* VARIABLE of a clause: which, from 0 */
    double real;
    bool ground;             /* of a clause: no variable below */
    struct horn_term *bound; /* VARIABLE while proving */
    size_t n;
    struct horn_term **argument;
};
struct horn_clause {
    struct horn_term *head; /* NULL: a query */
    struct horn_term **goal;
    size_t n_goals;
    struct text *variable; /* names as written; "_" has one for each time */
    size_t n_variables;
    size_t source; /* as given */
};
struct horn_program {
    struct arena *arena;
    struct horn_clause *clause; /* in the order in which they came */
    size_t n, room;
};

void horn_program_init(struct horn_program *program, struct arena *arena);
/* One line. ERROR_DATA with the column in *column and in front of the message. `source` stands in answers. */
bool horn_add(struct horn_program *program, struct text line, size_t source, size_t *column,
              struct error *err) MUST_CHECK;
const struct horn_clause *horn_query(struct arena *arena, struct text line, size_t *column,
                                     struct error *err) MUST_CHECK;
/* Any term that Prolog prints, for what a child process answers; operators as in clauses. */
struct horn_term *horn_term_read(struct arena *arena, struct text t, struct error *err) MUST_CHECK;

struct horn_limits {
    size_t steps;   /* resolutions; 0: 1,000,000 */
    size_t answers; /* of all tables; 0: 100,000 */
    size_t depth;   /* of tables that wait for one another; 0: 1,000 */
};
enum horn_verdict { HORN_PROVED, HORN_FAILED, HORN_UNKNOWN, HORN_ERROR };

/* One step of a proof: a goal, and from what it follows. */
struct horn_proof {
    struct text goal;
    size_t clause; /* of the program; SIZE_MAX: decided by itself (comparison, negation, list test) */
    const struct horn_proof **from;
    size_t n_from;
};
struct horn_solution {
    struct text *value;              /* by variable of the query, as Prolog writes it; "_" in front: any */
    const struct horn_proof **proof; /* by goal of the query */
};
/* A goal that could not be proved and on which the query hangs. */
struct horn_missing {
    struct text goal;
    size_t clause; /* whose body needs it; SIZE_MAX: the query */
};
struct horn_answer {
    enum horn_verdict verdict;
    const char *reason;             /* UNKNOWN: the limit; ERROR: what is wrong */
    struct horn_solution *solution; /* in the order in which they were found; at most 100 are kept */
    size_t n_solutions, n_variables;
    bool *used;                   /* by clause: part of the proof of the first solution */
    struct horn_missing *missing; /* FAILED: the deepest goals, at most 16 */
    size_t n_missing;
    size_t steps;
};
/* Is the program stratified? ERROR_DATA names a predicate that depends on its own negation. */
bool horn_check(const struct horn_program *program, struct arena *arena, struct error *err) MUST_CHECK;
/* Needs a program that horn_check accepts. The search itself may use 256 MB. False only when memory ran out. */
bool horn_solve(const struct horn_program *program, const struct horn_clause *query, struct horn_limits limits,
                struct arena *arena, struct horn_answer *out, struct error *err) MUST_CHECK;

/* As Prolog's writeq prints it; bound variables by their values, free ones as _0, _1, ... in the order of `seen`, which
 * may be NULL: by their names. */
struct horn_seen {
    const struct horn_term *variable[HORN_VARIABLES_MOST];
    size_t n;
};
bool horn_put(struct buffer *out, const struct horn_term *term, struct horn_seen *seen);
/* "authorised(r7)\n  reviewed(r7)\n ..." for people; `say` names a clause (NULL: nothing is said of it). */
typedef const char *horn_say(void *context, size_t clause);
bool horn_put_proof(struct buffer *out, const struct horn_proof *proof, size_t indent, horn_say *say, void *context);

/* For those who call Prolog itself: is the name one of the goals above? */
bool horn_is_builtin(struct text name, size_t arity);

#endif
