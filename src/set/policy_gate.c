/* Gates of policies: see policy_gate.h. By recursive descent, with a bound on how deep brackets go. */
#include "set/policy_gate.h"

#include "set/policy_lex.h"

#include <math.h>
#include <string.h>

enum { DEEPEST = 100, LONGEST = 1 << 14, VALUES_MOST = 64, NODES_MOST = 4096 };

const char *const policy_verdict_names[] = {[POLICY_VIOLATED] = "violated",
                                            [POLICY_UNDECIDED] = "undecided",
                                            [POLICY_MET] = "met",
                                            [POLICY_WAIVED] = "waived",
                                            [POLICY_IDLE] = "does not apply"};

enum gate_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_PICK, NODE_ALL, NODE_TEST };
enum gate_op { AT_LEAST, AT_MOST, ABOVE, BELOW, EQUAL, UNEQUAL };

struct node {
    enum gate_kind kind;
    const struct node *left, *right;
    /* NODE_PICK: met, violated or undecided of what `left` (NULL: all) picks */
    enum policy_verdict asked;
    const char *text;
    /* NODE_TEST */
    size_t field;
    enum gate_op op;
    double number;
    const char *const *values;
    size_t n_values;
};
struct policy_gate {
    const struct node *root;
    size_t picks;
};

/* ---- fields of a goal */

static const char *const field_names[] = {"severity", "level",     "weight", "id",    "kind",
                                          "hard",     "attribute", "owner",  "clause"};
enum { N_NUMBERS = 3, FIELD_HARD = 5, N_FIELDS = sizeof field_names / sizeof *field_names };

static double number_of(const struct policy_goal *g, size_t field) {
    return field == 0 ? g->severity : field == 1 ? g->level : g->weight;
}

static const char *text_of_field(const struct policy_goal *g, size_t field) {
    const char *const texts[] = {
        g->id, policy_kind_names[g->kind], g->hard ? "true" : "false", g->attribute, g->owner, g->clause};
    return texts[field - N_NUMBERS];
}

/* ---- reading */

struct gate_reader {
    struct policy_reader r;
    unsigned depth;
    size_t nodes, picks;
};

static const struct node *read_or(struct gate_reader *g, bool inside, struct error *err);

static const struct node *new_node(struct gate_reader *g, struct node node, struct error *err) {
    if (++g->nodes > NODES_MOST) return policy_expected(&g->r, "at most 4096 parts", err), NULL;
    struct node *out = arena_new(g->r.arena, struct node, 1, err);
    if (out) *out = node;
    return out;
}

static bool read_field(struct gate_reader *g, size_t *field, struct error *err) {
    struct text word = policy_peek_word(&g->r);
    for (size_t i = 0; i < N_FIELDS; i++)
        if (text_equal_c(word, field_names[i])) return g->r.at += word.len, *field = i, true;
    if (!word.len) return policy_expected(&g->r, "a field of goals, such as severity", err);
    const char *near = text_nearest(word, field_names, N_FIELDS);
    return error_set(err, ERROR_DATA, "gate: column %zu: goals have no field '%.*s'%s%s%s", g->r.at + 1,
                     (int)(word.len < 40 ? word.len : 40), word.at, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

static bool read_gate_op(struct gate_reader *g, enum gate_op *op, struct error *err) {
    static const struct {
        const char *mark;
        enum gate_op op;
    } marks[] = {{">=", AT_LEAST}, {"<=", AT_MOST}, {"==", EQUAL}, {"!=", UNEQUAL},
                 {">", ABOVE},     {"<", BELOW},    {"=", EQUAL}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (policy_take_mark(&g->r, marks[i].mark)) return *op = marks[i].op, true;
    return policy_expected(&g->r, ">=, <=, >, <, = or !=", err);
}

static bool read_value(struct gate_reader *g, const char **out, struct error *err) {
    struct text t = policy_rest(&g->r);
    return t.len && t.at[0] == '"' ? policy_take_string(&g->r, out, err)
                                   : policy_take_word(&g->r, "a word or a text", out, err);
}

static bool read_values(struct gate_reader *g, struct node *node, struct error *err) {
    const char **values = arena_new(g->r.arena, const char *, VALUES_MOST, err);
    if (!values) return false;
    if (!policy_take_mark(&g->r, "{")) return policy_expected(&g->r, "'{' behind 'in'", err);
    do {
        if (node->n_values == VALUES_MOST) return policy_expected(&g->r, "at most 64 values", err);
        if (!read_value(g, &values[node->n_values], err)) return false;
        node->n_values++;
    } while (policy_take_mark(&g->r, ","));
    node->values = values;
    return policy_take_mark(&g->r, "}") || policy_expected(&g->r, "',' or '}'", err);
}

static bool read_operand(struct gate_reader *g, struct node *node, struct error *err) {
    bool percent;
    const char **value = arena_new(g->r.arena, const char *, 1, err);
    if (!value || !read_gate_op(g, &node->op, err)) return false;
    if (node->field < N_NUMBERS) return policy_take_number(&g->r, &node->number, &percent, err);
    if (node->op != EQUAL && node->op != UNEQUAL)
        return policy_expected(&g->r, "= or != before a word: more and less are for severity, level and weight", err);
    node->values = value;
    node->n_values = 1;
    return read_value(g, value, err);
}

static const struct node *read_test(struct gate_reader *g, struct error *err) {
    struct node node = {.kind = NODE_TEST, .op = EQUAL};
    static const char *const yes[] = {"true"};
    if (policy_take_keyword(&g->r, "all")) return new_node(g, (struct node){.kind = NODE_ALL}, err);
    if (!read_field(g, &node.field, err)) return NULL;
    struct text rest = policy_rest(&g->r);
    if (node.field == FIELD_HARD && (!rest.len || !strchr("=!<>", rest.at[0]))) {
        node.values = yes, node.n_values = 1;
        return new_node(g, node, err);
    }
    bool ok = node.field >= N_NUMBERS && policy_take_keyword(&g->r, "in") ? read_values(g, &node, err)
                                                                          : read_operand(g, &node, err);
    return ok ? new_node(g, node, err) : NULL;
}

/* met(COND) */
static const struct node *read_pick(struct gate_reader *g, struct error *err) {
    struct node node = {.kind = NODE_PICK};
    policy_rest(&g->r);
    size_t from = g->r.at;
    if (policy_take_keyword(&g->r, "met"))
        node.asked = POLICY_MET;
    else if (policy_take_keyword(&g->r, "violated"))
        node.asked = POLICY_VIOLATED;
    else if (policy_take_keyword(&g->r, "undecided"))
        node.asked = POLICY_UNDECIDED;
    else
        return policy_expected(&g->r, "met(...), violated(...) or undecided(...)", err), NULL;
    if (!policy_take_mark(&g->r, "(")) return policy_expected(&g->r, "'('", err), NULL;
    if (!policy_take_mark(&g->r, ")")) {
        if (!(node.left = read_or(g, true, err))) return NULL;
        if (!policy_take_mark(&g->r, ")")) return policy_expected(&g->r, "')', 'and' or 'or'", err), NULL;
    }
    g->picks++;
    node.text = text_copy(g->r.arena, text_part(g->r.source, from, g->r.at), err);
    return node.text ? new_node(g, node, err) : NULL;
}

static const struct node *read_one(struct gate_reader *g, bool inside, struct error *err) {
    const struct node *node;
    if (++g->depth > DEEPEST)
        return error_set(err, ERROR_DATA, "gate: column %zu: brackets and 'not' go deeper than %d", g->r.at + 1,
                         DEEPEST),
               NULL;
    if (policy_take_keyword(&g->r, "not")) {
        node = read_one(g, inside, err);
        if (node) node = new_node(g, (struct node){.kind = NODE_NOT, .left = node}, err);
    } else if (policy_take_mark(&g->r, "(")) {
        node = read_or(g, inside, err);
        if (node && !policy_take_mark(&g->r, ")")) node = (policy_expected(&g->r, "')', 'and' or 'or'", err), NULL);
    } else {
        node = inside ? read_test(g, err) : read_pick(g, err);
    }
    g->depth--;
    return node;
}

static const struct node *read_and(struct gate_reader *g, bool inside, struct error *err) {
    const struct node *node = read_one(g, inside, err);
    while (node && policy_take_keyword(&g->r, "and")) {
        const struct node *right = read_one(g, inside, err);
        node = right ? new_node(g, (struct node){.kind = NODE_AND, .left = node, .right = right}, err) : NULL;
    }
    return node;
}

static const struct node *read_or(struct gate_reader *g, bool inside, struct error *err) {
    const struct node *node = read_and(g, inside, err);
    while (node && policy_take_keyword(&g->r, "or")) {
        const struct node *right = read_and(g, inside, err);
        node = right ? new_node(g, (struct node){.kind = NODE_OR, .left = node, .right = right}, err) : NULL;
    }
    return node;
}

struct policy_gate *policy_gate_parse(struct text source, struct arena *arena, struct error *err) {
    struct policy_gate *gate = arena_new(arena, struct policy_gate, 1, err);
    struct gate_reader g = {.r = {.source = source, .what = "gate", .arena = arena}};
    if (!gate) return NULL;
    if (source.len > LONGEST || memchr(source.at ? source.at : "", 0, source.len))
        return error_set(err, ERROR_DATA, "gate: column 1: expected at most %d bytes of text", LONGEST), NULL;
    if (!(gate->root = read_or(&g, false, err))) return NULL;
    if (!policy_at_end(&g.r)) return policy_expected(&g.r, "'and', 'or' or the end", err), NULL;
    gate->picks = g.picks;
    return gate;
}

/* ---- judging */

static bool compares(double x, enum gate_op op, double y) {
    switch (op) {
    case AT_LEAST:
        return x >= y;
    case AT_MOST:
        return x <= y;
    case ABOVE:
        return x > y;
    case BELOW:
        return x < y;
    case EQUAL:
        return x == y;
    default:
        return x != y;
    }
}

static bool picks(const struct node *node, const struct policy_goal *g) {
    bool found = false;
    switch (node->kind) {
    case NODE_ALL:
        return true;
    case NODE_AND:
        return picks(node->left, g) && picks(node->right, g);
    case NODE_OR:
        return picks(node->left, g) || picks(node->right, g);
    case NODE_NOT:
        return !picks(node->left, g);
    default:
        break;
    }
    if (node->field < N_NUMBERS) return compares(number_of(g, node->field), node->op, node->number);
    for (size_t i = 0; i < node->n_values && !found; i++)
        found = strcmp(node->values[i], text_of_field(g, node->field)) == 0;
    return found == (node->op != UNEQUAL);
}

struct judging {
    const struct policy *policy;
    const enum policy_verdict *verdicts;
    struct policy_gate_result *out;
};

static enum policy_verdict judge_pick(struct judging *j, const struct node *node) {
    struct policy_gate_finding *f = &j->out->findings[j->out->n++];
    *f = (struct policy_gate_finding){.text = node->text, .first = SIZE_MAX};
    for (size_t i = 0; i < j->policy->n_goals; i++) {
        enum policy_verdict v = j->verdicts[i];
        if (node->left && !picks(node->left, &j->policy->goals[i])) continue;
        f->fitting++;
        if (v > POLICY_MET) continue;
        f->picked++;
        f->counts[v]++;
        bool decides = node->asked == POLICY_MET ? v != POLICY_MET : v == node->asked;
        if (decides && (f->first == SIZE_MAX || v < j->verdicts[f->first])) f->first = i;
    }
    if (node->asked != POLICY_MET)
        f->verdict = f->counts[node->asked] ? POLICY_MET : POLICY_VIOLATED;
    else if (f->counts[POLICY_VIOLATED])
        f->verdict = POLICY_VIOLATED;
    else
        f->verdict = f->counts[POLICY_UNDECIDED] || !f->fitting ? POLICY_UNDECIDED : POLICY_MET;
    return f->verdict;
}

static enum policy_verdict judge_node(struct judging *j, const struct node *node) {
    enum policy_verdict left, right;
    if (node->kind == NODE_PICK) return judge_pick(j, node);
    left = judge_node(j, node->left);
    if (node->kind == NODE_NOT)
        return left == POLICY_MET ? POLICY_VIOLATED : left == POLICY_VIOLATED ? POLICY_MET : POLICY_UNDECIDED;
    right = judge_node(j, node->right);
    if (node->kind == NODE_AND) return left < right ? left : right;
    return left > right ? left : right;
}

bool policy_gate_judge(const struct policy_gate *gate, const struct policy *policy, const enum policy_verdict *verdicts,
                       struct arena *arena, struct policy_gate_result *out, struct error *err) {
    struct judging j = {policy, verdicts, out};
    *out = (struct policy_gate_result){.findings = arena_new(arena, struct policy_gate_finding, gate->picks + 1, err)};
    if (!out->findings) return false;
    out->verdict = judge_node(&j, gate->root);
    return true;
}
