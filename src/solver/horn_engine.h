/* The inside of the engine of horn.h, for horn_engine.c, horn_goal.c and horn_explain.c. */
#ifndef SOLVER_HORN_ENGINE_H
#define SOLVER_HORN_ENGINE_H

#include "solver/horn.h"

/* A level of a term costs ten, an item of a list one, so that lists may be long. Goals that wait for one another stand
 * on the stack of the thread, so they are counted: HORN_FRAMES_MOST. */
enum {
    HORN_LEVEL = 10,
    HORN_TERM_DEPTH_MOST = 200 * HORN_LEVEL,
    HORN_FRAMES_MOST = 4000,
    HORN_KEPT_SOLUTIONS = 100,
    HORN_KEPT_MISSING = 16,
    HORN_KEPT_FAILURES = 4
};

/* What proved a goal of a body: an answer of a table; table SIZE_MAX: decided by itself. */
struct premise {
    size_t table, answer;
};
struct table_answer {
    struct horn_term *term; /* the goal with its values */
    size_t n_variables;     /* in it; numbered from 0 */
    size_t clause;
    struct horn_term **goal; /* the body as it was proved; n_goals of the clause */
    struct premise *premise; /* by goal */
};
/* How far a clause came: the goals at which it stopped, of those that came furthest. */
struct clause_failure {
    size_t clause, at;
    struct horn_term *goal[HORN_KEPT_FAILURES];
    size_t table[HORN_KEPT_FAILURES]; /* of that goal; SIZE_MAX: decided by itself */
    size_t n;
};
struct horn_table {
    struct text key; /* the goal as text, variables numbered: a variant is the same text */
    struct horn_term *goal;
    size_t n_variables;
    size_t pass; /* in which it was worked on last */
    bool complete, running;
    struct table_answer *answer;
    size_t n, room;
    struct clause_failure *failure;
    size_t n_failures, failures_room;
};
/* From text to index. */
struct text_index {
    struct text *key;
    size_t *value;
    size_t n, slots;
};
/* Terms that die when the search goes back behind them. */
struct term_stack {
    struct horn_term **block;
    size_t n_blocks, room, used; /* used: terms handed out in all */
};

struct horn_engine {
    const struct horn_program *program;
    const struct horn_clause *query;
    struct horn_limits limits;
    struct arena *arena; /* of what lasts */
    struct term_stack stack;
    struct horn_term ***cells; /* arrays of arguments on the stack: blocks, like the terms */
    size_t n_cell_blocks, cell_blocks_room, cells_used;
    struct horn_term **trail;
    size_t n_trail, trail_room;
    struct horn_table *table;
    size_t n_tables, tables_room;
    struct text_index tables;  /* by key */
    struct text_index answers; /* by table and key */
    struct text_index heads;   /* by name/arity: first clause + 1; next_clause goes on */
    size_t *next_clause;
    size_t steps, depth, frames, pass, n_answers;
    bool changed;
    struct buffer text;
    enum horn_verdict stop; /* HORN_PROVED: go on */
    const char *reason;
    struct error *err;
};

/* Ends the search: UNKNOWN with a limit, ERROR with a fault. Returns false. */
bool horn_stop(struct horn_engine *e, enum horn_verdict verdict, const char *reason);
struct horn_term *horn_value(struct horn_term *t);
/* A new term on the stack, of n arguments. */
struct horn_term *horn_push(struct horn_engine *e, enum horn_kind kind, size_t n);
bool horn_unify(struct horn_engine *e, struct horn_term *a, struct horn_term *b);
void horn_undo(struct horn_engine *e, size_t trail);

enum goal_result { GOAL_YES, GOAL_NO, GOAL_CHOICES, GOAL_STOP };
/* A goal that is decided by itself. CHOICES: member/2, of which *list is walked by the caller. */
enum goal_result horn_decide(struct horn_engine *e, struct horn_term *goal, struct horn_term **list);
/* Is there no answer to the goal? Works its table out completely first. */
enum goal_result horn_negated(struct horn_engine *e, struct horn_term *goal);

bool horn_index_find(const struct text_index *index, struct text key, size_t *value);
bool horn_index_add(struct text_index *index, struct arena *arena, struct text key, size_t value, struct error *err);

bool horn_explain(struct horn_engine *e, size_t table, struct arena *arena, struct horn_answer *out);

#endif
