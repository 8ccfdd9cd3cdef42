/* Cases as YAML in the shape of gsn2x: id -> node; the prefix of an id gives the kind, or nodeType does. See
 * case_format.h. What only gsn2x knows (classes, acp, layers, module) is kept for the way back. */
#include "formalize/case/case_format.h"

#include <string.h>

/* In this order: "Sn" before "S", "CSn" and "CG" before "C". */
static const struct {
    const char *prefix, *type;
    enum case_kind kind;
} kinds[] = {
    {"Sn", "Solution", CASE_SOLUTION},
    {"S", "Strategy", CASE_STRATEGY},
    {"CSn", "CounterSolution", CASE_COUNTER_SOLUTION},
    {"CG", "CounterGoal", CASE_COUNTER_GOAL},
    {"C", "Context", CASE_CONTEXT},
    {"G", "Goal", CASE_GOAL},
    {"A", "Assumption", CASE_ASSUMPTION},
    {"J", "Justification", CASE_JUSTIFICATION},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

bool case_gsn_prefix(struct text id, enum case_kind *out) {
    for (size_t i = 0; i < KINDS; i++)
        if (text_starts(id, text_of(kinds[i].prefix))) return *out = kinds[i].kind, true;
    return false;
}

const char *case_gsn_type(enum case_kind kind) {
    size_t i = 0;
    while (kinds[i].kind != kind) i++;
    return kinds[i].type;
}

/* The members of a node: read here or by case_read_fields, or kept as they are. */
static const char *const known_keys[] = {
    "text",          "supportedBy", "inContextOf", "challenges", "undeveloped", "url",      "nodeType",
    "law",           "join",        "reason",      "formal",     "trust",       "needs",    "origin",
    "same_as",       "classes",     "acp",         "defeated",   "defeats",     "charWrap", "horizontalIndex",
    "rankIncrement", "tea",         "sacm",        "tdt",        "csv",
};
enum { READ_KEYS = 15, KNOWN_KEYS = sizeof known_keys / sizeof *known_keys };

static size_t find_key(struct text key) {
    size_t i = 0;
    while (i < KNOWN_KEYS && !text_equal_c(key, known_keys[i])) i++;
    return i;
}

/* Any other member with a plain text is a layer of gsn2x, unless it looks like a slip of the pen. */
static bool take_members(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    for (size_t i = 0; i < mapping->n; i++) {
        const struct yaml *key = mapping->key[i], *value = mapping->child[i];
        size_t known = find_key(key->scalar);
        if (known < READ_KEYS) continue;
        bool layer = known == KNOWN_KEYS && text_starts(key->scalar, TEXT("layer"));
        const char *near = known == KNOWN_KEYS && !layer ? text_nearest(key->scalar, known_keys, KNOWN_KEYS) : NULL;
        if (known == KNOWN_KEYS && (near || value->kind != YAML_SCALAR))
            return case_build_error(b, case_place_of(key), "%s: unknown key '%.*s'%s%s%s", node->id,
                                    TEXT_ARG(key->scalar), near ? "; did you mean '" : "", near ? near : "",
                                    near ? "'?" : "");
        if (!case_keep(b, &node->other, key->scalar, value)) return false;
    }
    return true;
}

static bool read_type(struct case_build *b, const struct yaml *mapping, const struct yaml *key, enum case_kind *out) {
    const struct yaml *type = yaml_get(mapping, "nodeType");
    for (size_t i = 0; type && i < KINDS; i++)
        if (type->kind == YAML_SCALAR && text_equal_nocase(type->scalar, text_of(kinds[i].type)))
            return *out = kinds[i].kind, true;
    if (type)
        return case_build_error(b, case_place_of(type),
                                "%.*s: unknown nodeType: expected Goal, Strategy, Solution, "
                                "Context, Assumption, Justification, CounterGoal or CounterSolution",
                                TEXT_ARG(key->scalar));
    return case_gsn_prefix(key->scalar, out) ||
           case_build_error(b, case_place_of(key),
                            "'%.*s': the beginning of an id gives its kind: expected G, S, Sn, C, "
                            "A, J, CG or CSn, or a nodeType",
                            TEXT_ARG(key->scalar));
}

/* Confidence of links (acp) is of the node itself or of nodes that are there. */
static bool check_acp(struct case_build *b, const struct yaml *mapping, struct text id) {
    const struct yaml *acp = yaml_get(mapping, "acp");
    if (acp && acp->kind != YAML_MAPPING)
        return case_build_error(b, case_place_of(acp), "%.*s: 'acp': expected names with ids", TEXT_ARG(id));
    for (size_t i = 0; acp && i < acp->n; i++)
        if (!case_read_ids(b, acp->child[i], "acp", CASE_MENTIONS, id)) return false;
    return true;
}

static bool read_node(struct case_build *b, const struct yaml *key, const struct yaml *mapping) {
    enum case_kind kind;
    if (mapping->kind != YAML_MAPPING)
        return case_build_error(b, case_place_of(key), "'%.*s': expected a node: {text: ..., supportedBy: ...}",
                                TEXT_ARG(key->scalar));
    if (!read_type(b, mapping, key, &kind)) return false;
    struct case_node *node = case_build_node(b, key->scalar, kind, case_place_of(key));
    if (!node || !yaml_opt_text(mapping, "text", &node->text, b->err) ||
        !yaml_opt_bool(mapping, "law", &node->law, b->err) || !case_read_fields(b, mapping, node) ||
        !take_members(b, mapping, node) || !check_acp(b, mapping, key->scalar))
        return false;
    return case_read_links(b, mapping, "supportedBy", CASE_SUPPORTED_BY, key->scalar) &&
           case_read_links(b, mapping, "inContextOf", CASE_IN_CONTEXT_OF, key->scalar) &&
           case_read_links(b, mapping, "challenges", CASE_CHALLENGES, key->scalar);
}

/* module.extends[].develops: ids of another file, each developed by nodes of this one. */
static bool check_develops(struct case_build *b, const struct yaml *root, const struct yaml *develops) {
    for (size_t i = 0; develops && develops->kind == YAML_MAPPING && i < develops->n; i++) {
        const struct yaml *key = develops->key[i];
        struct text own = {0};
        for (size_t k = 0; k < root->n && !own.len; k++)
            if (text_equal(root->key[k]->scalar, key->scalar)) own = key->scalar;
        if (own.len)
            return case_build_error(b, case_place_of(key), "'%.*s' is developed here, and is of this module",
                                    TEXT_ARG(own));
        const struct yaml *by = develops->child[i];
        for (size_t k = 0; by->kind == YAML_SEQUENCE && k < by->n; k++)
            if (by->child[k]->kind == YAML_SCALAR &&
                !case_build_link(b, CASE_MENTIONS, by->child[k]->scalar, by->child[k]->scalar, true,
                                 case_place_of(by->child[k])))
                return false;
    }
    return true;
}

static bool copy_member(struct case_build *b, const struct yaml *mapping, const char *key, const char **out) {
    struct text t = {0};
    if (!yaml_opt_text(mapping, key, &t, b->err)) return false;
    return t.len == 0 || (*out = text_copy(b->arena, t, b->err)) != NULL;
}

static bool read_module(struct case_build *b, const struct yaml *root, const struct yaml *module) {
    const struct yaml *extends = yaml_get(module, "extends");
    if (module->kind != YAML_MAPPING) return yaml_error(module, b->err, "'module': expected name, brief, ...");
    for (size_t i = 0; extends && extends->kind == YAML_SEQUENCE && i < extends->n; i++)
        if (!check_develops(b, root, yaml_get(extends->child[i], "develops"))) return false;
    size_t told = (yaml_get(module, "name") != NULL) + (yaml_get(module, "brief") != NULL);
    return copy_member(b, module, "name", &b->out->name) && copy_member(b, module, "brief", &b->out->description) &&
           (told == module->n || case_keep(b, &b->out->other, TEXT("module"), module));
}

/* What other formats keep of a file stands beside the nodes, under their names. */
static bool of_another(struct text key) {
    static const char *const names[] = {"tea", "sacm", "tdt", "csv", "glossary"};
    for (size_t i = 0; i < 5; i++)
        if (text_equal_c(key, names[i])) return true;
    return false;
}

static bool read_mapping(struct case_build *b, const struct yaml *root) {
    if (root->kind != YAML_MAPPING)
        return yaml_error(root, b->err, "expected an assurance case: ids with nodes, as G1: {text: ...}");
    for (size_t i = 0; i < root->n; i++) {
        const struct yaml *key = root->key[i], *value = root->child[i];
        bool ok;
        if (text_equal_c(key->scalar, "module"))
            ok = read_module(b, root, value);
        else if (text_equal_c(key->scalar, "format") && value->kind == YAML_SCALAR)
            ok = true;
        else if (of_another(key->scalar))
            ok = case_keep(b, &b->out->other, key->scalar, value);
        else
            ok = read_node(b, key, value);
        if (!ok) return false;
    }
    return true;
}

static bool claims(const struct case_source *source) {
    (void)source;
    return true;
}

static bool read_gsn(struct case_build *b, const struct case_source *source) {
    const struct yaml *root = source->tree ? source->tree : yaml_read(b->arena, source->t, b->file, b->err);
    return root && read_mapping(b, root);
}

const struct case_format case_format_gsn = {
    .name = "gsn",
    .summary = "YAML in the shape of gsn2x: ids with nodes",
    .ending = ".gsn.yaml",
    .claims = claims,
    .read = read_gsn,
    .write = case_write_gsn,
};
