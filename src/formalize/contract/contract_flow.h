/* What happens in a function, in the order of its lines: reads and writes of state variables, calls, arithmetic, loops,
 * each with the conditions that hold when it is reached. Modifiers are walked around the body, internal calls are
 * followed with what their parameters stand for, FLOW_LEVELS_MOST deep. A branch is walked once, a loop once; what a
 * local variable holds is a set of sources (enum flow_source), united over branches, and a form: equal forms are the
 * same expression once locals and parameters are replaced by what they stand for. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_FLOW_H
#define FORMALIZE_CONTRACT_CONTRACT_FLOW_H

#include "formalize/contract/contract_program.h"

/* Where a value comes from. 0: a constant. */
enum flow_source {
    FLOW_PARAM = 1,       /* a parameter that a caller from outside chooses; msg.data */
    FLOW_SENDER = 2,      /* msg.sender */
    FLOW_ORIGIN = 4,      /* tx.origin */
    FLOW_VALUE = 8,       /* msg.value */
    FLOW_TIME = 16,       /* block.timestamp, now */
    FLOW_HEIGHT = 32,     /* block.number */
    FLOW_CHANCE = 64,     /* the hash of a block that is known, its difficulty, its miner */
    FLOW_HASH = 128,      /* a hash of something */
    FLOW_STATE = 256,     /* a state variable */
    FLOW_BALANCE = 512,   /* what this contract holds */
    FLOW_SPOT = 1024,     /* a price or balance of elsewhere at this moment */
    FLOW_RESULT = 2048,   /* whether a low-level call went well */
    FLOW_LENGTH = 4096,   /* the length of a stored array that grows */
    FLOW_THIS = 8192,     /* this contract */
    FLOW_SPAN = 16384,    /* a span of fifteen minutes or more */
    FLOW_OTHER = 32768,   /* not known: the answer of another contract, a parameter of an internal function */
    FLOW_CHECKED = 65536, /* true only if msg.sender was tested */
    FLOW_FIXED = 131072,  /* a state variable that nothing writes after construction */
    FLOW_INPUTS = 262144, /* the length of an array that a caller passes */
};

struct flow_value {
    uint32_t from; /* of flow_source */
    uint32_t keys; /* the same of the places in brackets, where it is a state variable */
    uint64_t form;
    const struct sol_state *state; /* read or pointed to by it alone; NULL */
    const struct sol_node *type;   /* as far as it is known; NULL */
};

enum flow_end { FLOW_FALLS, FLOW_RETURNS, FLOW_REVERTS, FLOW_BREAKS };

/* One condition that holds: "left op right", or left is true where op is 0, false where it is '!'. */
struct flow_guard {
    const struct flow_guard *up;
    uint32_t op; /* as sol_op */
    struct flow_value left, right;
    bool maybe;        /* one side of an `or` */
    bool dead;         /* it never holds */
    enum flow_end end; /* what happens otherwise: FLOW_REVERTS; FLOW_RETURNS; FLOW_FALLS: only a branch is left out */
    const struct sol_file *file;
    const struct sol_node *node;
    uint32_t at;  /* number of events before it */
    uint32_t any; /* all sources of the whole condition */
};

enum flow_kind {
    FLOW_READ,  /* state */
    FLOW_WRITE, /* state, keys, op, left: what is written to, right: what */
    FLOW_CALL,  /* call, left: target, right: the value sent, or what decides where it goes */
    FLOW_ARITH, /* op, left, right; wraps */
    FLOW_GUARD, /* guard */
    FLOW_LOOP,  /* left: what bounds it, or nothing */
    FLOW_LOOP_END,
    FLOW_DESTROY,  /* left: who gets what is left */
    FLOW_MODULUS,  /* left % right, or a number made of a hash */
    FLOW_INTERNAL, /* called: what is called */
    FLOW_DROPPED,  /* a result of a low-level call that is never looked at */
    FLOW_RETURN,   /* left */
};

enum flow_call { CALL_LOW, CALL_SEND, CALL_TRANSFER, CALL_DELEGATE, CALL_STATIC, CALL_OTHER, CALL_NEW };
extern const char *const flow_call_names[]; /* as they are written: "call", "send", .. */

struct flow_event {
    enum flow_kind kind;
    const struct sol_file *file;
    const struct sol_node *node;
    const struct sol_function *in, *called;
    const struct flow_guard *guards; /* the innermost first */
    const struct sol_state *state;
    struct flow_value left, right, result; /* result: of ARITH, its form */
    uint32_t op, keys[2];                  /* keys: sources of the first and the last place in brackets */
    uint32_t word;                         /* CALL_OTHER: what is called */
    unsigned level, loops;                 /* calls deep; loops around it */
    uint32_t loop;                         /* the event of the innermost loop, UINT32_MAX: none */
    enum flow_call call;
    bool wraps, sends, dropped, fixed_gas;
};

struct flow {
    const struct sol_program *program;
    const struct sol_contract *contract; /* in which names are looked for */
    const struct sol_function *function;
    struct flow_event *at;
    size_t n, room;
    bool cut; /* more happens than was followed */
};
enum { FLOW_LOCK = 'L' }; /* op of a condition that is a lock of which no more is known than its name */
enum { FLOW_LEVELS_MOST = 4, FLOW_EVENTS_MOST = 4096, FLOW_STEPS_MOST = 100000 };

/* All that happens when a function of `contract` (of its own, or of a base) is called from outside. */
bool contract_flow(const struct sol_program *program, const struct sol_contract *contract,
                   const struct sol_function *function, struct arena *arena, struct flow *out,
                   struct error *err) MUST_CHECK;

/* Does this condition test who calls: msg.sender against something stored, or looked up where only some stand? */
bool flow_guard_is_check(const struct flow_guard *guard);
/* Is one of the conditions such a test? */
bool flow_checked(const struct flow_guard *guards);
uint32_t flow_line(const struct flow_event *event);
/* Forms are made of forms: of the kind of a node (or an operator) and two parts. A parameter: N_PARAM, its name, its
 * place. */
uint64_t flow_form(uint64_t kind, uint64_t a, uint64_t b);

#endif
