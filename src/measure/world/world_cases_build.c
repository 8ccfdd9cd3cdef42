/* True cases: claims of a machine, each a goal with what it follows from. See world_cases.h. Bounds are drawn so that a
 * split follows with a margin of 0 to 9 units; what is idle is not needed. */
#include "measure/world/world_cases.h"

#include <string.h>

struct building {
    struct safety_case *c;
    struct case_voice voice;
    struct said_pair said;
    bool ok;
};

/* Takes what was said last as a node; returns its place. */
static int add(struct building *b, bool said, enum node_kind kind, int parent, const char *reason) {
    struct safety_case *c = b->c;
    struct text text = buffer_text(&b->said.sentence), formula = buffer_text(&b->said.formula);
    b->ok = b->ok && said && c->n < CASE_NODES && text.len < CASE_TEXT && formula.len < CASE_TEXT;
    if (!b->ok) return 0;
    struct safety_node *node = &c->node[c->n];
    *node = (struct safety_node){.kind = kind, .parent = parent, .reason = reason, .n_formulas = formula.len > 0};
    memcpy(node->text, text.at, text.len);
    if (formula.len) memcpy(node->formula[0], formula.at, formula.len);
    said_clear(&b->said);
    return (int)c->n++;
}

static int tell(struct building *b, bool said, enum node_kind kind, int parent, int tells, int what, uint32_t number) {
    int at = add(b, said, kind, parent, "none");
    if (!b->ok) return at;
    b->c->node[at].tells = tells;
    b->c->node[at].what = what;
    b->c->node[at].number = number;
    return at;
}

static uint32_t below(struct building *b, uint32_t n) {
    return (uint32_t)rng_below(b->voice.rng, n);
}

static const struct machine *machine_of(const struct building *b) {
    return &world_cases(b->voice.w)->truth[b->voice.machine];
}

static int most(struct building *b, int parent, enum quantity q, uint32_t number, uint32_t breaks) {
    int at =
        tell(b, say_bound(&b->said, &b->voice, q, REL_MOST, number), NODE_EVIDENCE, parent, TELLS_MOST, (int)q, number);
    if (b->ok) b->c->node[at].breaks = breaks;
    return at;
}

static void idle(struct building *b, int parent, enum quantity q) {
    tell(b, say_bound(&b->said, &b->voice, q, REL_NEVER, 0), NODE_EVIDENCE, parent, TELLS_IDLE, (int)q, 0);
}

/* A bound that follows from a narrower one of evidence. */
static void most_by_goal(struct building *b, int parent, enum quantity q, uint32_t number) {
    uint32_t narrower = number - below(b, number < 4 ? 1 : 3);
    int goal = add(b, say_bound(&b->said, &b->voice, q, REL_MOST, number), NODE_GOAL, parent, "arith");
    most(b, goal, q, narrower, number + 1);
    idle(b, goal, q);
}

/* ---- the claims */

static void claim_time(struct building *b, int parent, bool deep) {
    static const enum quantity parts[] = {Q_SENSE, Q_DECIDE, Q_BRAKE};
    const struct machine *m = machine_of(b);
    uint32_t margin = below(b, 10), sum = 0, number[3];
    for (size_t i = 0; i < 3; i++) sum += number[i] = m->value[parts[i]] + below(b, 5);
    int goal = add(b, say_bound(&b->said, &b->voice, Q_RESPONSE, REL_MOST, sum + margin), NODE_GOAL, parent, "arith");
    tell(b, say_sum(&b->said, &b->voice, Q_RESPONSE, parts, 3), NODE_LAW, goal, TELLS_LAW, 0, 0);
    for (size_t i = 0; i < 3; i++) {
        if (deep && i == 2)
            most_by_goal(b, goal, parts[i], number[i]);
        else
            most(b, goal, parts[i], number[i], number[i] + margin + 1);
    }
    idle(b, goal, Q_SENSE);
}

/* The ways together are shorter than what the sensor sees. */
static void claim_way(struct building *b, int parent) {
    static const enum quantity parts[] = {Q_STOP, Q_REACTION};
    const struct machine *m = machine_of(b);
    uint32_t margin = 1 + below(b, 10), x = m->value[Q_STOP] + below(b, 5), y = m->value[Q_REACTION] + below(b, 5);
    int goal = add(b, say_compared(&b->said, &b->voice, Q_WAY, REL_LESS, Q_RANGE), NODE_GOAL, parent, "arith");
    tell(b, say_sum(&b->said, &b->voice, Q_WAY, parts, 2), NODE_LAW, goal, TELLS_LAW, 0, 0);
    most_by_goal(b, goal, Q_STOP, x);
    most(b, goal, Q_REACTION, y, y + margin);
    int range = tell(b, say_bound(&b->said, &b->voice, Q_RANGE, REL_LEAST, x + y + margin), NODE_EVIDENCE, goal,
                     TELLS_LEAST, Q_RANGE, x + y + margin);
    if (b->ok) b->c->node[range].breaks = x + y;
    idle(b, goal, Q_REACTION);
}

static void claim_force(struct building *b, int parent) {
    const struct machine *m = machine_of(b);
    uint32_t mass = m->value[Q_MASS] + below(b, 5), slow = m->value[Q_DECELERATION], force = mass * slow + below(b, 10);
    int goal = add(b, say_bound(&b->said, &b->voice, Q_FORCE, REL_MOST, force), NODE_GOAL, parent, "arith");
    tell(b, say_product(&b->said, &b->voice, Q_FORCE, Q_MASS, Q_DECELERATION), NODE_LAW, goal, TELLS_LAW, 0, 0);
    most(b, goal, Q_MASS, mass, force / slow + 1);
    most(b, goal, Q_DECELERATION, slow, force / mass + 1);
    tell(b, say_bound(&b->said, &b->voice, Q_MASS, REL_NEVER, 0), NODE_EVIDENCE, goal, TELLS_NOTHING, 0, 0);
    tell(b, say_bound(&b->said, &b->voice, Q_DECELERATION, REL_NEVER, 0), NODE_EVIDENCE, goal, TELLS_NOTHING, 0, 0);
    idle(b, goal, Q_SPEED);
}

static void list(struct building *b, int parent, enum case_set set, uint16_t dangers) {
    tell(b, say_listing(&b->said, &b->voice, set, dangers), NODE_EVIDENCE, parent, TELLS_SET, (int)set, dangers);
}

/* Every hazard is mitigated, every mitigation verified; each set holds the one before it. Above, sets are only names:
 * that split is about any sets; below, they may be looked at. */
static void claim_hazards(struct building *b, int parent) {
    const char *reason = below(b, 2) ? "sets" : "finite";
    uint16_t hazards = machine_of(b)->hazards, mitigated = (uint16_t)(hazards | 1u << below(b, DANGERS)),
             verified = (uint16_t)(mitigated | 1u << below(b, DANGERS));
    int goal = add(b, say_subset(&b->said, &b->voice, SET_HAZARDS, SET_VERIFIED), NODE_GOAL, parent, "sets");
    int one = add(b, say_subset(&b->said, &b->voice, SET_HAZARDS, SET_MITIGATED), NODE_GOAL, goal, reason);
    list(b, one, SET_HAZARDS, hazards);
    list(b, one, SET_MITIGATED, mitigated);
    int two = add(b, say_subset(&b->said, &b->voice, SET_MITIGATED, SET_VERIFIED), NODE_GOAL, goal, reason);
    list(b, two, SET_MITIGATED, mitigated);
    list(b, two, SET_VERIFIED, verified);
}

static void claim_release(struct building *b, int parent) {
    unsigned version = machine_of(b)->version;
    int goal = add(b, say_wanted(&b->said, &b->voice, WORD_RELEASED, version), NODE_GOAL, parent, "horn");
    tell(b, say_rule(&b->said, &b->voice, WORD_RELEASED, WORD_TESTED, WORD_REVIEWED), NODE_LAW, goal, TELLS_LAW, 0, 0);
    tell(b, say_fact(&b->said, &b->voice, WORD_TESTED, version), NODE_EVIDENCE, goal, TELLS_FACT, WORD_TESTED, version);
    tell(b, say_fact(&b->said, &b->voice, WORD_REVIEWED, version), NODE_EVIDENCE, goal, TELLS_FACT, WORD_REVIEWED,
         version);
    tell(b, say_fact(&b->said, &b->voice, WORD_SIGNED, version), NODE_EVIDENCE, goal, TELLS_IDLE, WORD_SIGNED, version);
}

static void put_claim(struct building *b, unsigned claim, int parent) {
    switch (claim) {
    case 0:
        claim_time(b, parent, false);
        break;
    case 1:
        claim_force(b, parent);
        break;
    case 2:
        claim_release(b, parent);
        break;
    case 3:
        claim_time(b, parent, true);
        break;
    case 4:
        claim_way(b, parent);
        break;
    default:
        claim_hazards(b, parent);
    }
}

static void begin(struct building *b, struct safety_case *c, const struct world *w, size_t machine, unsigned template,
                  struct rng *rng) {
    *b = (struct building){.c = c, .ok = true, .voice = {w, machine, template, (uint8_t)rng_below(rng, SYMBOLS), rng}};
    memset(c, 0, sizeof *c);
    c->symbol = b->voice.symbol;
    said_init(&b->said);
}

bool safety_claim_draw(struct safety_case *c, const struct world *w, size_t machine, unsigned claim, unsigned template,
                       struct rng *rng) {
    struct building b;
    begin(&b, c, w, machine, template, rng);
    put_claim(&b, claim, -1);
    c->depth = claim < 3 ? 2 : 3;
    said_done(&b.said);
    return b.ok;
}

static bool put_whole(struct building *b) {
    const struct cases_state *s = world_cases(b->voice.w);
    const struct slot slot = {"D", s->machine[b->voice.machine]};
    return world_render(&b->said.sentence, s->whole.at[b->voice.template], &slot, 1);
}

/* Depth 2: one flat claim. Depth 3: one deep claim, or flat ones below a goal. Depth 4: flat and deep ones below a
 * goal. Each claim stands at most once. */
bool safety_case_draw(struct safety_case *c, const struct world *w, size_t machine, unsigned shape, unsigned template,
                      struct rng *rng) {
    static const uint8_t below_whole[2][4][4] = {{{0, 1}, {1, 2}, {0, 2}, {0, 1, 2}},
                                                 {{0, 4}, {1, 5, 2}, {3, 4, 5}, {3, 1, 4, 5}}};
    static const uint8_t n_below[2][4] = {{2, 2, 2, 3}, {2, 3, 3, 4}};
    unsigned depth = 2 + shape % 3, form = shape / 3 % 8;
    if (depth == 2) return safety_claim_draw(c, w, machine, form % 3, template, rng);
    if (depth == 3 && form < 3) return safety_claim_draw(c, w, machine, 3 + form, template, rng);
    struct building b;
    begin(&b, c, w, machine, template, rng);
    int root = add(&b, put_whole(&b), NODE_GOAL, -1, "none");
    for (size_t i = 0; i < n_below[depth == 4][form % 4]; i++)
        put_claim(&b, below_whole[depth == 4][form % 4][i], root);
    c->depth = depth;
    said_done(&b.said);
    return b.ok;
}

/* ---- as a file */

void safety_node_id(const struct safety_case *c, size_t node, char out[16]) {
    static const char letters[] = "GEL";
    snprintf(out, 16, "%c%zu", letters[c->node[node].kind], node + 1);
}

static void put_string(struct buffer *out, const char *key, const char *value) {
    buffer_printf(out, "\"%s\":", key);
    json_put_string(out, text_of(value));
}

bool safety_case_put(struct buffer *out, const struct safety_case *c, const char *name) {
    static const char *const kinds[] = {"goal", "evidence", "law"};
    char id[16];
    buffer_put_c(out, "{\"format\":\"tdt-1\",");
    put_string(out, "name", name);
    buffer_put_c(out, ",\"root\":\"G1\",\"nodes\":[");
    for (size_t i = 0; i < c->n; i++) {
        const struct safety_node *node = &c->node[i];
        safety_node_id(c, i, id);
        buffer_printf(out, "%s{\"id\":\"%s\",\"kind\":\"%s\",", i ? "," : "", id, kinds[node->kind]);
        put_string(out, "text", node->text);
        if (node->parent >= 0) safety_node_id(c, (size_t)node->parent, id);
        buffer_printf(out, node->parent < 0 ? ",\"parent\":null" : ",\"parent\":\"%s\"", id);
        buffer_printf(out, ",\"join\":\"and\",\"reason\":\"%s\",\"formal\":[", node->reason);
        for (size_t k = 0; k < node->n_formulas; k++) {
            if (k) buffer_put_char(out, ',');
            json_put_string(out, text_of(node->formula[k]));
        }
        buffer_put_c(out, "]}");
    }
    return buffer_put_c(out, "]}");
}
