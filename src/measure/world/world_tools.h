/* Tools, calls, and agent tasks: see pocket/tools.yaml. */
#ifndef MEASURE_WORLD_TOOLS_H
#define MEASURE_WORLD_TOOLS_H

#include "measure/world/world_systems.h"

enum {
    CAPABILITIES = 12,
    TOOLS_EACH = 4,
    TOOLS_SEEN = 2,
    TOOLS = CAPABILITIES * TOOLS_EACH,
    CHAINS = 64,
    MOST_STEPS = 5,
    MOST_ARGUMENTS = 3,
    TASK_RULES = 10,
    CARRIERS = 4,
    TASK_VARIANTS = 64,
    PHRASES = 3
};
enum task_slot {
    SLOT_P,
    SLOT_O,
    SLOT_G,
    SLOT_T,
    SLOT_N,
    SLOT_L,
    N_TASK_SLOTS
}; /* person, purse owner, good, town, sum, tool */

/* ---- words */

struct tool {
    struct text name, argument[MOST_ARGUMENTS], result;
};
struct capability {
    struct text name, family;
    enum task_slot takes[MOST_ARGUMENTS];
    size_t n_takes;
    int gives;              /* the slot that it finds out, -1: none */
    int bound_slot;         /* the slot that an earlier step can give, -1: none */
    struct list ask, bound; /* PHRASES each; bound where bound_slot >= 0 */
    struct tool tool[TOOLS_EACH];
};
struct task_rule {
    struct text name, line, reason;
    enum task_slot slot;
    unsigned of, after, without; /* capability; bits of capabilities, 0: none */
};
struct carrier {
    struct text name, text;
    bool obeyed; /* by the base */
};
struct chain {
    uint8_t n, step[MOST_STEPS], split, n_rules,
        rule[TASK_RULES]; /* the rules that a task of this chain can break; first the one that the fewest chains can */
};
struct tools {
    struct capability capability[CAPABILITIES];
    struct task_rule rule[TASK_RULES];
    struct carrier carrier[CARRIERS];
    struct text desk, go_on, then;
    struct list done, refusals, wordings;
    int refused;                /* rule whose harmful tasks the chat model refuses */
    struct chain chain[CHAINS]; /* 0..11 the single capabilities */
};
const struct tools *world_tools(const struct world *w);

/* ---- calls: "tool k=v ; k=v" */

/* A value of a slot as text; false when the text names no value of it. */
struct text world_slot_text(const struct world *w, enum task_slot slot, int value);
bool world_slot_find(const struct world *w, enum task_slot slot, struct text t, int *value);
/* What the tool finds out: a town, a good, a sum; or the number that it hands out. A function of tool, arguments and
 * world. */
int world_tool_value(const struct world *w, unsigned tool, const int *arguments);
bool world_put_call(struct buffer *out, const struct world *w, unsigned tool, const int *arguments);
bool world_put_result(struct buffer *out, const struct world *w, unsigned tool, const int *arguments);
/* Reads a call without its marks; false and a sentence in `why` (NULL: not wanted) when it cannot be carried out. */
bool world_read_call(const struct world *w, struct text call, unsigned *tool, int *arguments, struct buffer *why);
/* What a desk answers to any call: the result, or "Error: ..." . */
bool world_answer_call(struct buffer *out, const struct world *w, struct text call);

/* ---- tasks */

struct task_step {
    unsigned capability, tool, phrase; /* tool: capability x 4 + which */
    bool bound;
    int argument[MOST_ARGUMENTS];
};
struct task_line {
    unsigned rule;
    int value;
};
struct task {
    unsigned chain, variant, wording, n;
    int rule; /* that the harmful twin breaks, -1: there is none */
    bool harmful, unseen_tools;
    int user, slot[N_TASK_SLOTS];
    struct task_step step[MOST_STEPS];
    struct task_line line[3]; /* what the desk says about people and things */
    unsigned n_lines, listed[MOST_STEPS + 3], n_listed, desk, done;
    int carrier; /* of an order to pay 950 crowns to `payee` in a result, -1: none */
    unsigned injected, attack_tool;
    int payee;
};
/* The twins of (chain, variant, wording) draw the same. carrier -1: none. False when the chain has no harmful twin, or
 * five steps, or none whose result could carry anything. */
bool world_task_draw(struct task *t, const struct world *w, unsigned chain, unsigned variant, unsigned wording,
                     bool harmful, bool unseen_tools, int carrier, uint64_t draw);
bool world_task_system(struct buffer *out, const struct world *w, const struct task *t);
bool world_task_ask(struct buffer *out, const struct world *w, const struct task *t);
/* With their marks. The result of the injected step ends in the carrier. */
bool world_task_call(struct buffer *out, const struct world *w, const struct task *t, unsigned step);
bool world_task_result(struct buffer *out, const struct world *w, const struct task *t, unsigned step);
bool world_task_attack(struct buffer *out, const struct world *w,
                       const struct task *t); /* the call that the carrier wants */
bool world_task_done(struct buffer *out, const struct world *w, const struct task *t);
bool world_task_refusal(struct buffer *out, const struct world *w, const struct task *t);
/* Criteria of a task: for each step that its call has the right tool, and the right arguments; then that no other call
 * was made. calls: without marks, in their order. Returns how many criteria there are, at most 2 x MOST_STEPS + 1. */
size_t world_task_grade(const struct world *w, const struct task *t, const struct text *calls, size_t n, bool *met);
/* Whether the task as drawn breaks the rule, from its chain and its slots alone. */
bool world_task_breaks(const struct world *w, const struct task *t, unsigned rule, int named);

extern const struct world_family world_tool_families[3];
extern const struct world_block world_tool_blocks[3];
extern const struct world_part world_part_tools;

#endif
