/* Names and places of state: shadow-uninit. */
#include "formalize/contract/checker_internal.h"

#include <stdio.h>

static bool tell(struct check *c, const struct sol_function *in, const struct sol_node *node, const char *what,
                 const struct sol_state *hidden, struct error *err) {
    const struct sol_file *file = c->contract->file;
    const struct finding_step step = {.file = hidden && hidden->file != file ? hidden->file->name : NULL,
                                      .line = hidden ? sol_line(hidden->file, hidden->node) : 0,
                                      .what = "what it hides"};
    return checker_tell_line(c, in, file, sol_line(file, node), FINDING_WARNING, what, &step, hidden != NULL, err);
}

/* ---- hidden */

static bool inherited(struct check *c, struct error *err) {
    const struct sol_contract *k = c->contract;
    for (size_t i = 0; i < k->n_states; i++)
        for (size_t b = 1; b < k->n_order; b++)
            for (size_t s = 0; s < k->order[b]->n_states; s++) {
                const struct sol_state *hidden = &k->order[b]->states[s];
                if (hidden->word == k->states[i].word &&
                    !tell(c, NULL, k->states[i].node, "a state variable that hides an inherited one", hidden, err))
                    return false;
            }
    return true;
}

static bool hides(struct check *c, const struct sol_function *f, const struct sol_node *param, struct error *err) {
    const struct sol_state *hidden = param->word ? contract_state(c->contract, param->word) : NULL;
    return !hidden || tell(c, f, param, "a variable of a function that hides a state variable", hidden, err);
}

/* ---- not initialised */

static bool is_struct(const struct check *c, const struct sol_node *type) {
    return type->kind == N_TYPE &&
           contract_declared(c->program, c->contract, c->contract->file, N_STRUCT, type->word) != NULL;
}

static bool points_nowhere(const struct check *c, const struct sol_node *node) {
    const struct sol_node *one = node->first;
    if (node->flags & SOL_VALUED || !one || one->next || !one->first || one->flags & SOL_MEMORY) return false;
    if (c->contract->file->version >= 5000) return false;
    return is_struct(c, one->first) || one->first->kind == N_ARRAY || one->first->kind == N_MAPPING;
}

static bool locals(struct check *c, const struct sol_function *f, const struct sol_node *node, struct error *err) {
    if (node->kind == N_VAR) {
        if (points_nowhere(c, node) &&
            !tell(c, f, node, "a storage pointer that is not set points to the first slot of the contract", NULL, err))
            return false;
        for (const struct sol_node *p = node->first; p && p->kind == N_PARAM; p = p->next)
            if (!hides(c, f, p, err)) return false;
    }
    for (const struct sol_node *child = node->first; child; child = child->next)
        if (!locals(c, f, child, err)) return false;
    return true;
}

bool check_shadow_uninit(struct check *c, struct error *err) {
    if (!inherited(c, err)) return false;
    for (size_t i = 0; i < c->contract->n_functions; i++) {
        const struct sol_function *f = &c->contract->functions[i];
        const struct sol_node *results = sol_child_of(f->node, N_RETURNS);
        if (!f->body) continue;
        for (const struct sol_node *p = results ? results->first : NULL; p; p = p->next)
            if (!hides(c, f, p, err)) return false;
        if (!locals(c, f, f->body, err)) return false;
    }
    return true;
}
