/* What the files that follow a function share: see contract_flow.h. */
#ifndef FORMALIZE_CONTRACT_CONTRACT_FLOW_INTERNAL_H
#define FORMALIZE_CONTRACT_CONTRACT_FLOW_INTERNAL_H

#include "formalize/contract/contract_flow.h"

struct flow_local {
    uint32_t word;
    bool points; /* into storage */
    struct flow_value value;
};

/* A function that is being walked. */
struct flow_frame {
    const struct flow_frame *up;
    const struct sol_function *function;
    struct flow_local *locals;
    size_t n, room;
    unsigned level, branch; /* calls deep; branches around what is walked */
    bool wraps;             /* within unchecked, or an old version */
    struct flow_value returned;
    bool returns;
    const struct sol_node *use; /* of a modifier: the next one, or NULL for the body */
    struct flow_frame *body;    /* of a modifier: the frame that it stands around */
};

struct walker {
    struct flow *flow;
    const struct sol_program *program;
    const struct sol_contract *contract;
    struct arena *arena;
    struct error *err;
    const struct flow_guard *guards;
    uint32_t steps, loop;
    unsigned loops, silent; /* silent: nothing is told */
    bool failed;
    uint64_t fresh;
};

/* ---- values */
struct flow_value flow_unite(struct flow_value a, struct flow_value b, uint64_t form);
struct flow_value flow_constant(uint64_t form);
struct flow_value flow_expression(struct walker *w, struct flow_frame *f, const struct sol_node *node);
struct flow_value flow_call_value(struct walker *w, struct flow_frame *f, const struct sol_node *node);
void flow_assign(struct walker *w, struct flow_frame *f, const struct sol_node *to, struct flow_value value,
                 uint32_t op, const struct sol_node *node);
/* Writes a state variable whose place is already known. */
void flow_write(struct walker *w, struct flow_frame *f, const struct sol_node *to, struct flow_value value, uint32_t op,
                const struct sol_node *node);
bool flow_is_recent(const struct flow_value *block);
uint64_t flow_sender_form(void);

/* ---- locals */
struct flow_local *flow_local(struct flow_frame *f, uint32_t word);
void flow_declare(struct walker *w, struct flow_frame *f, const struct sol_node *param, struct flow_value value);

/* ---- conditions */
/* Evaluates a condition and lets it hold (or its contrary) from here on. */
void flow_suppose(struct walker *w, struct flow_frame *f, const struct sol_node *condition, bool holds,
                  enum flow_end end);

/* ---- statements */
enum flow_end flow_statement(struct walker *w, struct flow_frame *f, const struct sol_node *node);
/* A function with its modifiers; args: one value a parameter. What it returns. */
struct flow_value flow_enter(struct walker *w, const struct flow_frame *from, const struct sol_function *function,
                             const struct flow_value *args, size_t n, const struct sol_node *node);

struct flow_event *flow_tell(struct walker *w, const struct flow_frame *f, enum flow_kind kind,
                             const struct sol_node *node);

#endif
