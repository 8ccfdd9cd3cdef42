/* Faults and harmless changes planted in true cases: see world_cases.h. */
#include "measure/world/world_cases.h"

#include <string.h>

const char *const case_variant_names[N_VARIANTS] = {
#define CASE_VARIANT(name) #name,
    CASE_VARIANTS(CASE_VARIANT)
#undef CASE_VARIANT
};

struct planting {
    struct safety_case *c;
    struct case_voice voice;
    struct said_pair said;
    struct rng *rng;
};

/* One of the nodes that tell so, drawn; SIZE_MAX: none. mask: one bit for each of TELLS_... */
static size_t choose(struct planting *p, unsigned mask) {
    size_t fits = 0, at = 0;
    for (size_t i = 0; i < p->c->n; i++) fits += mask >> p->c->node[i].tells & 1;
    if (fits == 0) return SIZE_MAX;
    size_t left = rng_below(p->rng, fits);
    for (;; at++)
        if (mask >> p->c->node[at].tells & 1 && left-- == 0) return at;
}

/* What was said becomes the node's sentence and formula `k`; k > 0 adds to them. */
static bool say_again(struct planting *p, size_t at, bool said, size_t k) {
    struct safety_node *node = &p->c->node[at];
    struct text text = buffer_text(&p->said.sentence), formula = buffer_text(&p->said.formula);
    size_t from = k ? strlen(node->text) : 0;
    if (!said || from + text.len + 1 >= CASE_TEXT || formula.len >= CASE_TEXT) return false;
    if (k) node->text[from++] = ' ';
    memcpy(node->text + from, text.at, text.len);
    node->text[from + text.len] = 0;
    memcpy(node->formula[k], formula.at, formula.len);
    node->formula[k][formula.len] = 0;
    node->n_formulas = k + 1;
    said_clear(&p->said);
    return true;
}

static bool say_number(struct planting *p, size_t at, enum relation_kind relation, uint32_t number, size_t k) {
    return say_again(p, at, say_bound(&p->said, &p->voice, (enum quantity)p->c->node[at].what, relation, number), k);
}

static void drop(struct safety_case *c, size_t at) {
    for (size_t i = 0; i < c->n; i++)
        if (c->node[i].parent > (int)at) c->node[i].parent--;
    memmove(&c->node[at], &c->node[at + 1], (c->n - at - 1) * sizeof *c->node);
    c->n--;
}

/* The node whose split is touched; a parent stands before its children, so it keeps its place when one is dropped. */
static bool plant_at(struct planting *p, size_t at, const char *status, struct planted *out) {
    *out = (struct planted){at == SIZE_MAX ? 0 : (size_t)p->c->node[at].parent, status};
    return at != SIZE_MAX && p->c->node[at].parent >= 0;
}

enum {
    OF_MOST = 1 << TELLS_MOST,
    OF_LEAST = 1 << TELLS_LEAST,
    OF_IDLE = 1 << TELLS_IDLE,
    OF_SET = 1 << TELLS_SET,
    OF_FACT = 1 << TELLS_FACT,
    OF_LAW = 1 << TELLS_LAW
};

static bool plant_bound(struct planting *p, enum case_variant variant, struct planted *out) {
    size_t at = choose(p, variant == VARIANT_weakened ? OF_MOST | OF_LEAST : OF_MOST);
    if (!plant_at(p, at,
                  variant == VARIANT_contradicted ? "vacuous"
                  : variant == VARIANT_tightened  ? "holds"
                                                  : "refuted",
                  out))
        return false;
    const struct safety_node *node = &p->c->node[at];
    uint32_t number = node->number, farther = (uint32_t)rng_below(p->rng, 4);
    if (node->tells == TELLS_LEAST) {
        uint32_t lower = node->breaks > farther ? node->breaks - farther : node->breaks;
        return say_number(p, at, REL_LEAST, lower, 0);
    }
    switch (variant) {
    case VARIANT_weakened:
        return say_number(p, at, REL_MOST, node->breaks + farther, 0);
    case VARIANT_slipped:
        return number * 1000 >= node->breaks && say_number(p, at, REL_MOST, number * 1000, 0);
    case VARIANT_swapped:
        return say_number(p, at, REL_LEAST, number, 0);
    case VARIANT_contradicted:
        return say_number(p, at, REL_LEAST, number + 1 + farther, 1);
    default:
        return number > 1 && say_number(p, at, REL_MOST, number - 1, 0);
    }
}

static bool plant_drop(struct planting *p, unsigned mask, const char *status, struct planted *out) {
    size_t at = choose(p, mask);
    if (!plant_at(p, at, status, out)) return false;
    drop(p->c, at);
    return true;
}

/* The verified hazards: one that is mitigated is missing, or one that nobody asked for is there. */
static bool plant_list(struct planting *p, bool missing, struct planted *out) {
    size_t verified = SIZE_MAX, mitigated = SIZE_MAX;
    for (size_t i = 0; i < p->c->n; i++) {
        if (p->c->node[i].tells != TELLS_SET) continue;
        if (p->c->node[i].what == SET_VERIFIED) verified = i;
        if (p->c->node[i].what == SET_MITIGATED) mitigated = i;
    }
    if (!plant_at(p, verified, missing ? "refuted" : "holds", out)) return false;
    uint32_t asked = p->c->node[mitigated].number, has = p->c->node[verified].number, danger = 0;
    for (size_t tries = 0; tries < 200; tries++) {
        danger = 1u << rng_below(p->rng, DANGERS);
        if (missing ? (asked & danger) && (has & ~danger) : !(has & danger)) break;
    }
    uint16_t now = (uint16_t)(missing ? has & ~danger : has | danger);
    return now != has && (!missing || asked & danger) &&
           say_again(p, verified, say_listing(&p->said, &p->voice, SET_VERIFIED, now), 0);
}

/* Two facts become rules that lean on each other. */
static bool plant_circle(struct planting *p, struct planted *out) {
    size_t fact[2], n = 0;
    for (size_t i = 0; i < p->c->n && n < 2; i++)
        if (p->c->node[i].tells == TELLS_FACT) fact[n++] = i;
    if (n < 2 || !plant_at(p, fact[0], "refuted", out)) return false;
    return say_again(p, fact[0], say_circle(&p->said, &p->voice, WORD_TESTED, WORD_REVIEWED), 0) &&
           say_again(p, fact[1], say_circle(&p->said, &p->voice, WORD_REVIEWED, WORD_TESTED), 0);
}

static bool plant_order(struct planting *p, struct planted *out) {
    size_t at = choose(p, OF_MOST | OF_SET | OF_FACT), other = SIZE_MAX;
    if (!plant_at(p, at, "holds", out)) return false;
    for (size_t i = 0; i < p->c->n; i++)
        if (i != at && p->c->node[i].parent == p->c->node[at].parent && p->c->node[i].kind == NODE_EVIDENCE) other = i;
    if (other == SIZE_MAX) return false;
    struct safety_node kept = p->c->node[at];
    p->c->node[at] = p->c->node[other];
    p->c->node[other] = kept;
    return true;
}

/* A bound of what no split of numbers asks for. */
static bool plant_more(struct planting *p, struct planted *out) {
    size_t at = choose(p, OF_MOST);
    if (!plant_at(p, at, "holds", out) || p->c->n == CASE_NODES) return false;
    p->c->node[p->c->n] = (struct safety_node){
        .kind = NODE_EVIDENCE, .parent = p->c->node[at].parent, .reason = "none", .tells = TELLS_IDLE, .what = Q_SPEED};
    p->c->n++;
    return say_number(p, p->c->n - 1, REL_LEAST, 1 + (uint32_t)rng_below(p->rng, 9), 0);
}

static bool plant(struct planting *p, enum case_variant variant, struct planted *out) {
    switch (variant) {
    case VARIANT_none:
        *out = (struct planted){0, "holds"};
        return true;
    case VARIANT_dropped:
        return plant_drop(p, OF_MOST | OF_LEAST | OF_LAW, "refuted", out);
    case VARIANT_unproved:
        return plant_drop(p, OF_FACT, "refuted", out);
    case VARIANT_idle_dropped:
        return plant_drop(p, OF_IDLE, "holds", out);
    case VARIANT_unlisted:
        return plant_list(p, true, out);
    case VARIANT_more_listed:
        return plant_list(p, false, out);
    case VARIANT_circular:
        return plant_circle(p, out);
    case VARIANT_reordered:
        return plant_order(p, out);
    case VARIANT_more_evidence:
        return plant_more(p, out);
    default:
        return plant_bound(p, variant, out);
    }
}

bool safety_case_plant(struct safety_case *c, const struct world *w, size_t machine, unsigned template,
                       enum case_variant variant, struct rng *rng, struct planted *planted) {
    struct safety_case before = *c;
    struct planting p = {.c = c, .rng = rng, .voice = {w, machine, template, c->symbol, rng}};
    said_init(&p.said);
    bool ok = plant(&p, variant, planted);
    said_done(&p.said);
    if (!ok) *c = before;
    return ok;
}
