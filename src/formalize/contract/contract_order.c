/* See contract_order.h. */
#include "formalize/contract/contract_order.h"

struct lists {
    const struct sol_contract **at[CONTRACT_BASES_MOST + 1];
    size_t n[CONTRACT_BASES_MOST + 1], lists, left;
};

static bool in_a_tail(const struct lists *l, const struct sol_contract *c) {
    for (size_t i = 0; i < l->lists; i++)
        for (size_t k = 1; k < l->n[i]; k++)
            if (l->at[i][k] == c) return true;
    return false;
}

static void drop(struct lists *l, const struct sol_contract *c) {
    for (size_t i = 0; i < l->lists; i++)
        if (l->n[i] && l->at[i][0] == c) {
            l->at[i]++;
            l->n[i]--;
            l->left--;
        }
}

/* The merge of C3; false: no head is free. */
static bool merge(struct lists *l, struct sol_contract *c) {
    while (l->left) {
        const struct sol_contract *head = NULL;
        for (size_t i = 0; !head && i < l->lists; i++)
            if (l->n[i] && !in_a_tail(l, l->at[i][0])) head = l->at[i][0];
        if (!head) return false;
        c->order[c->n_order++] = head;
        drop(l, head);
    }
    return true;
}

static void put_once(struct sol_contract *c, const struct sol_contract *base) {
    for (size_t i = 0; i < c->n_order; i++)
        if (c->order[i] == base) return;
    c->order[c->n_order++] = base;
}

static void depth_first(struct sol_contract *c) {
    c->tangled = true;
    c->n_order = 1;
    for (size_t i = c->n_bases; i-- > 0;)
        for (size_t k = 0; k < c->bases[i]->n_order; k++) put_once(c, c->bases[i]->order[k]);
}

/* The orders of the bases, from the last to the first, and the bases themselves. */
static bool prepare(struct sol_program *program, struct sol_contract *c, struct lists *l, struct error *err) {
    const struct sol_contract **own = arena_new(program->arena, const struct sol_contract *, c->n_bases + 1, err);
    size_t room = 1;
    if (!own) return false;
    for (size_t i = c->n_bases; i-- > 0;) {
        own[l->n[c->n_bases]++] = c->bases[i];
        l->at[l->lists] = c->bases[i]->order;
        l->n[l->lists] = c->bases[i]->n_order;
        l->left += l->n[l->lists++];
    }
    l->at[l->lists] = own;
    l->left += l->n[l->lists++];
    for (size_t i = 0; i < l->lists; i++) room += l->n[i];
    c->order = arena_new(program->arena, const struct sol_contract *, room, err);
    return c->order != NULL;
}

bool contract_order(struct sol_program *program, struct sol_contract *c, unsigned depth, struct error *err) {
    struct lists *l;
    if (c->visit == 2) return true;
    if (c->visit == 1 || depth > SOL_DEPTH_MOST) return true; /* a circle: whoever asks sees no order of it */
    c->visit = 1;
    for (size_t i = 0; i < c->n_bases; i++) {
        struct sol_contract *base = &program->contracts[c->bases[i] - program->contracts];
        if (!contract_order(program, base, depth + 1, err)) return false;
        if (base->visit == 1) c->tangled = true;
    }
    if (!(l = arena_new(program->arena, struct lists, 1, err)) || !prepare(program, c, l, err)) return false;
    c->order[c->n_order++] = c;
    if (c->tangled || !merge(l, c)) depth_first(c);
    c->visit = 2;
    return true;
}
