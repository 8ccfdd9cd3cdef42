/* See advise.h. */
#include "measure/causal/advise.h"

struct case_of {
    const struct graph *g;
    size_t node; /* the nuisance or the protected node; or the domain */
    graph_set y, domain;
};

static bool depends(const struct case_of *c, graph_set a, graph_set b) {
    return a && b && !graph_separated(c->g, a, b, c->g->role[GRAPH_SELECTED] & ~(a | b), NULL);
}
static bool has(const struct case_of *c, enum graph_role role) {
    return c->g->role[role] & graph_one(c->node);
}

/* s comes after y, and where a row comes from changes how. */
static bool varies_with_domain(const struct case_of *c) {
    graph_set s = graph_one(c->node);
    return (graph_descendants(c->g, c->y) & s) && depends(c, c->domain, s);
}
static bool comes_by_selection(const struct case_of *c) {
    graph_set s = graph_one(c->node);
    return has(c, GRAPH_LABELLED) && c->g->role[GRAPH_SELECTED] && graph_separated(c->g, s, c->y, 0, NULL) &&
           depends(c, s, c->y);
}
static bool can_be_edited(const struct case_of *c) {
    return has(c, GRAPH_EDITABLE) && depends(c, graph_one(c->node), c->y);
}
static bool goes_with_label(const struct case_of *c) {
    return has(c, GRAPH_LABELLED) && !comes_by_selection(c) && depends(c, graph_one(c->node), c->y);
}
static bool is_unknown(const struct case_of *c) {
    return !has(c, GRAPH_LABELLED) && !has(c, GRAPH_EDITABLE) && !c->domain && depends(c, graph_one(c->node), c->y);
}
static bool wants_parity(const struct case_of *c) {
    return has(c, GRAPH_PARITY) && depends(c, graph_one(c->node), c->y);
}
static bool wants_counterfactual(const struct case_of *c) {
    return !has(c, GRAPH_PARITY) && depends(c, graph_one(c->node), c->y);
}
static bool domain_alone(const struct case_of *c) {
    return !depends(c, graph_one(c->node), c->y);
}
static bool domain_and_label(const struct case_of *c) {
    return depends(c, graph_one(c->node), c->y);
}

/* What a row is about, and between what the open way leads. */
static const struct {
    enum graph_role of;
    bool (*fits)(const struct case_of *c);
    bool to_domain; /* the way from the domain to the node, not from the node to the outcome */
    const char *train, *against;
} rules[] = {
    {GRAPH_NUISANCE, varies_with_domain, true, "irm, vrex, balance",
     "a cue that follows the label, more or less by domain"},
    {GRAPH_NUISANCE, comes_by_selection, false, "groupdro, reweigh",
     "a cue that goes with the label because of how rows were chosen"},
    {GRAPH_NUISANCE, goes_with_label, false, "balance, groupdro, dfr",
     "a cue with known values that goes with the label"},
    {GRAPH_NUISANCE, can_be_edited, false, "cad, clp", "a cue that can be changed by itself"},
    {GRAPH_NUISANCE, is_unknown, false, "jtt, augment", "a cue whose values nobody knows"},
    {GRAPH_DOMAIN, domain_alone, false, "dann, mmd, coral", "domains with the same shares of labels"},
    {GRAPH_DOMAIN, domain_and_label, false, "irm, not dann", "domains with different shares of labels"},
    {GRAPH_PROTECTED, wants_parity, false, "reweigh, eqodds", "rates that differ between groups"},
    {GRAPH_PROTECTED, wants_counterfactual, false, "clp with this graph",
     "answers that would differ were the group another"},
};

static const char *reason(const struct case_of *c, bool to_domain, struct arena *arena, struct error *err) {
    struct graph_path path;
    struct buffer b;
    graph_set from = to_domain ? c->domain : graph_one(c->node), to = to_domain ? graph_one(c->node) : c->y;
    graph_set given = c->g->role[GRAPH_SELECTED] & ~(from | to);
    buffer_init(&b, 65536);
    bool apart = graph_separated(c->g, from, to, given, &path);
    graph_put_set(&b, c->g, from);
    buffer_put_c(&b, apart ? " and " : " is not independent of ");
    graph_put_set(&b, c->g, to);
    if (apart) buffer_put_c(&b, " are independent");
    if (given) buffer_put_c(&b, " given "), graph_put_set(&b, c->g, given);
    if (!apart) buffer_put_c(&b, ": "), graph_put_path(&b, c->g, &path);
    char *text = buffer_check(&b, "reason", err) ? arena_copy(arena, b.at, b.len, err) : NULL;
    buffer_done(&b);
    return text;
}

/* Domains speak for themselves only where no nuisance does. */
static bool is_asked(const struct graph *g, enum graph_role of) {
    return of != GRAPH_DOMAIN || !(g->role[GRAPH_NUISANCE] | g->role[GRAPH_PROTECTED]);
}

bool advise(const struct graph *g, struct arena *arena, struct advice *out, struct error *err) {
    *out = (struct advice){.n = 0};
    if (!g->role[GRAPH_OUTCOME]) return error_set(err, ERROR_DATA, "%s: no outcome; say 'outcome NODE'", g->file);
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
        for (graph_set s = is_asked(g, rules[k].of) ? g->role[rules[k].of] : 0; s; s &= s - 1) {
            struct case_of c = {g, graph_first(s), g->role[GRAPH_OUTCOME], g->role[GRAPH_DOMAIN]};
            if (!rules[k].fits(&c) || out->n == ADVICE_MOST) continue;
            const char *because = reason(&c, rules[k].to_domain, arena, err);
            if (!because) return false;
            out->row[out->n++] = (struct advice_row){rules[k].train, rules[k].against, because};
        }
    return out->n > 0 || error_set(err, ERROR_DATA,
                                   "%s: nothing in it calls for more than plain training; mark nodes as "
                                   "nuisance, domain or protected",
                                   g->file);
}
