/* Reading the goals of a policy, in their two forms: see policy.h and policy_rule.h. */
#include "set/policy_internal.h"

#include "set/policy_lex.h"
#include "set/policy_rule.h"

#include <math.h>
#include <string.h>

enum { LIST_MOST = 64, RELATIONS_MOST = 64, EXCEPTIONS_MOST = 8 };

static const char *const known_keys[] = {
    "id",      "level",  "kind",   "text",       "clause",     "attribute", "when", "for_each", "metric",
    "op",      "target", "tol",    "confidence", "n_min",      "severity",  "hard", "owner",    "relations",
    "because", "weight", "prefer", "unseen",     "exceptions", "evidence",  "rule"};

/* No kind was said yet. */
#define NO_KIND ((enum policy_kind) - 1)

static struct policy_goal new_goal(const struct yaml *at) {
    return (struct policy_goal){.id = "",
                                .text = "",
                                .kind = NO_KIND,
                                .clause = "",
                                .attribute = "",
                                .owner = "",
                                .because = "",
                                .for_each = "",
                                .weight = 1,
                                .line = at->line,
                                .column = at->column,
                                .evidence = {.until = POLICY_NO_DAY},
                                .waived_until = POLICY_NO_DAY};
}

/* ---- when */

/* {domain: health, lang: [en, de]} */
static bool when_of_mapping(struct policy_reading *r, const struct yaml *node, struct policy_when *out,
                            struct error *err) {
    struct policy_test *tests = arena_new(r->arena, struct policy_test, node->n + 1, err);
    if (node->n > POLICY_TESTS_MOST)
        return yaml_error(node, err, "'when': expected at most %d tests", POLICY_TESTS_MOST);
    if (!tests) return false;
    for (size_t i = 0; i < node->n; i++) {
        if (!(tests[i].name = text_copy(r->arena, node->key[i]->scalar, err))) return false;
        if (!policy_texts(r, node, tests[i].name, LIST_MOST, &tests[i].values, &tests[i].n_values, err)) return false;
        if (!tests[i].n_values) return yaml_error(node->child[i], err, "'%s': expected a value", tests[i].name);
    }
    *out = (struct policy_when){tests, node->n};
    return true;
}

static bool read_when(struct policy_reading *r, const struct yaml *mapping, struct policy_when *out,
                      struct error *err) {
    const struct yaml *node = yaml_get(mapping, "when");
    struct error why = {0};
    if (!node) return true;
    if (node->kind == YAML_MAPPING) return when_of_mapping(r, node, out, err);
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "'when': expected tests such as domain=health");
    if (policy_when_parse(node->scalar, r->arena, out, &why)) return true;
    return why.kind == ERROR_DATA ? yaml_error(node, err, "%s", why.message) : (*err = why, false);
}

/* ---- clauses */

static bool read_op(const struct yaml *mapping, enum policy_op *op, struct error *err) {
    const struct yaml *node = yaml_get(mapping, "op");
    struct text t = {0};
    if (!node) return yaml_error(mapping, err, "expected 'op': >=, <=, >, <, in or near");
    if (!yaml_opt_text(mapping, "op", &t, err)) return false;
    for (int k = POLICY_AT_LEAST; k <= POLICY_NEAR; k++)
        if (text_equal_c(t, policy_op_names[k])) return *op = (enum policy_op)k, true;
    return yaml_error(node, err, "'op': expected >=, <=, >, <, in or near, found '%.*s'",
                      (int)(t.len < 20 ? t.len : 20), t.at);
}

static bool read_target(const struct yaml *mapping, struct policy_clause *c, struct error *err) {
    const struct yaml *node = yaml_get(mapping, "target");
    if (!node) return yaml_error(mapping, err, "expected 'target': a number");
    if (c->op != POLICY_IN) return policy_number(node, "target", &c->target, err);
    if (node->kind != YAML_SEQUENCE || node->n != 2)
        return yaml_error(node, err, "'target': expected the lower and the upper end, [0.4, 0.6], where op is in");
    return policy_number(node->child[0], "target", &c->target, err) &&
           policy_number(node->child[1], "target", &c->upper, err);
}

/* What all clauses of a mapping share. */
static bool read_bound(struct policy_reading *r, const struct yaml *mapping, struct policy_clause *c,
                       struct error *err) {
    const struct yaml *tol = yaml_get(mapping, "tol"), *confidence = yaml_get(mapping, "confidence");
    int64_t n_min = 0;
    (void)r;
    *c = (struct policy_clause){.upper = NAN, .tol = NAN};
    if (!read_op(mapping, &c->op, err) || !read_target(mapping, c, err) ||
        (tol && !policy_number(tol, "tol", &c->tol, err)) ||
        (confidence && !policy_number(confidence, "confidence", &c->confidence, err)) ||
        !yaml_opt_i64(mapping, "n_min", &n_min, err))
        return false;
    if (n_min < 0 || n_min > (int64_t)1 << 40)
        return yaml_error(yaml_get(mapping, "n_min"), err, "'n_min': expected a number of items");
    if (confidence && !(c->confidence > 0.5 && c->confidence < 1))
        return yaml_error(confidence, err, "'confidence': expected a number between 0.5 and 1 such as 0.95");
    c->n_min = (uint64_t)n_min;
    return true;
}

/* `metric` and `unseen`: a figure or several, all held to the same target. */
static bool add_figures(struct policy_reading *r, const struct yaml *mapping, const char *key,
                        const struct policy_clause *bound, struct policy_clause **clauses, size_t *n,
                        struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    if (!node) return true;
    if (node->kind == YAML_MAPPING) return yaml_error(node, err, "'%s': expected a figure such as acc(demo)", key);
    size_t more = node->kind == YAML_SEQUENCE ? node->n : 1;
    if (*n + more > POLICY_CLAUSES_MOST)
        return yaml_error(node, err, "'%s': expected at most %d figures", key, POLICY_CLAUSES_MOST);
    struct policy_clause *all = arena_new(r->arena, struct policy_clause, *n + more + 1, err);
    if (!all) return false;
    if (*n) memcpy(all, *clauses, *n * sizeof *all);
    for (size_t i = 0; i < more; i++) {
        const struct yaml *one = node->kind == YAML_SEQUENCE ? node->child[i] : node;
        struct policy_clause *c = &all[*n + i];
        struct error why = {0};
        *c = *bound;
        c->unseen = strcmp(key, "unseen") == 0;
        c->line = one->line, c->column = one->column;
        if (one->kind != YAML_SCALAR) return yaml_error(one, err, "'%s': expected a figure such as acc(demo)", key);
        if (!policy_figure_parse(one->scalar, r->arena, &c->figure, &why))
            return why.kind == ERROR_DATA ? yaml_error(one, err, "%s", why.message) : (*err = why, false);
    }
    *clauses = all;
    *n += more;
    return true;
}

static bool read_clauses(struct policy_reading *r, const struct yaml *mapping, struct policy_clause **clauses,
                         size_t *n, struct error *err) {
    static const char *const of_figures[] = {"op", "target", "tol", "n_min", "unseen"};
    struct policy_clause bound;
    if (!yaml_get(mapping, "metric")) {
        for (size_t i = 0; i < sizeof of_figures / sizeof *of_figures; i++)
            if (yaml_get(mapping, of_figures[i]))
                return yaml_error(yaml_get(mapping, of_figures[i]), err, "'%s' without 'metric'", of_figures[i]);
        return true;
    }
    return read_bound(r, mapping, &bound, err) && add_figures(r, mapping, "metric", &bound, clauses, n, err) &&
           add_figures(r, mapping, "unseen", &bound, clauses, n, err);
}

/* ---- relations, exceptions, evidence */

static bool read_relation(struct policy_reading *r, const struct yaml *node, struct policy_relation *out,
                          struct error *err) {
    if (node->kind != YAML_MAPPING || node->n != 1 || node->child[0]->kind != YAML_SCALAR)
        return yaml_error(node, err, "a relation is {refines: ID}, {supports: ID}, {conflicts: ID} or {overrides: ID}");
    *out = (struct policy_relation){.goal = SIZE_MAX, .line = node->child[0]->line, .column = node->child[0]->column};
    for (int k = POLICY_REFINES; k <= POLICY_OVERRIDES; k++)
        if (text_equal_c(node->key[0]->scalar, policy_relation_names[k])) {
            out->kind = (enum policy_relation_kind)k;
            return (out->other = text_copy(r->arena, node->child[0]->scalar, err)) != NULL;
        }
    return yaml_check_keys(node, policy_relation_names, 4, err);
}

static bool read_relations(struct policy_reading *r, const struct yaml *mapping, struct policy_goal *g,
                           struct error *err) {
    const struct yaml *list = yaml_get(mapping, "relations");
    if (!list) return true;
    if (list->kind != YAML_SEQUENCE || list->n > RELATIONS_MOST)
        return yaml_error(list, err, "'relations': expected a list such as [{overrides: chat}]");
    if (!(g->relations = arena_new(r->arena, struct policy_relation, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!read_relation(r, list->child[i], &g->relations[i], err)) return false;
    g->n_relations = list->n;
    return true;
}

static bool read_exceptions(struct policy_reading *r, const struct yaml *mapping, struct policy_goal *g,
                            struct error *err) {
    static const char *const known[] = {"when", "metric", "op", "target", "tol", "confidence", "n_min", "unseen"};
    const struct yaml *list = yaml_get(mapping, "exceptions");
    if (!list) return true;
    if (list->kind != YAML_SEQUENCE || list->n > EXCEPTIONS_MOST)
        return yaml_error(list, err, "'exceptions': expected a list of at most %d", EXCEPTIONS_MOST);
    if (!(g->exceptions = arena_new(r->arena, struct policy_exception, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *node = list->child[i];
        struct policy_exception *e = &g->exceptions[i];
        if (node->kind != YAML_MAPPING || !yaml_get(node, "when") || !yaml_get(node, "metric"))
            return yaml_error(node, err, "an exception is {when, metric, op, target}");
        if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err) || !read_when(r, node, &e->when, err) ||
            !read_clauses(r, node, &e->clauses, &e->n_clauses, err))
            return false;
    }
    g->n_exceptions = list->n;
    return true;
}

static bool read_evidence(struct policy_reading *r, const struct yaml *mapping, struct policy_evidence *out,
                          struct error *err) {
    static const char *const known[] = {"file", "sha256", "owner", "until"};
    const struct yaml *node = yaml_get(mapping, "evidence");
    if (!node) return true;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "'evidence': expected {file, sha256, owner, until}");
    if (!yaml_check_keys(node, known, 4, err) || !policy_text(r, node, "file", &out->file, err) ||
        !policy_text(r, node, "sha256", &out->sha256, err) || !policy_text(r, node, "owner", &out->owner, err) ||
        !policy_day(node, "until", &out->until, err))
        return false;
    if (out->sha256 && (strlen(out->sha256) != 64 || strspn(out->sha256, "0123456789abcdef") != 64))
        return yaml_error(yaml_get(node, "sha256"), err, "'sha256': expected 64 hexadecimal digits");
    return true;
}

/* ---- one goal */

static bool read_kind(struct policy_reading *r, const struct yaml *node, struct policy_goal *g, struct error *err) {
    const struct yaml *kind = yaml_get(node, "kind");
    struct text t = {0};
    (void)r;
    if (!kind) return true;
    if (!yaml_opt_text(node, "kind", &t, err)) return false;
    for (int k = POLICY_INSTRUCTION; k <= POLICY_DOCUMENT; k++)
        if (text_equal_c(t, policy_kind_names[k])) return g->kind = (enum policy_kind)k, true;
    const char *near = text_nearest(t, policy_kind_names, POLICY_DOCUMENT + 1);
    return yaml_error(kind, err,
                      "'kind': expected instruction, preference, principle, norm, value or document, found "
                      "'%.*s'%s%s%s",
                      (int)(t.len < 40 ? t.len : 40), t.at, near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

static bool read_rule(struct policy_reading *r, const struct yaml *node, struct policy_goal *g, struct error *err) {
    struct error why = {0};
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "'rule': expected one line of text");
    if (policy_rule_parse(node->scalar, r->arena, g, &why)) return true;
    return why.kind == ERROR_DATA ? yaml_error(node, err, "%s", why.message) : (*err = why, false);
}

static bool read_words(struct policy_reading *r, const struct yaml *node, struct policy_goal *g, struct error *err) {
    return policy_text(r, node, "id", &g->id, err) && policy_text(r, node, "text", &g->text, err) &&
           policy_text(r, node, "clause", &g->clause, err) && policy_text(r, node, "attribute", &g->attribute, err) &&
           policy_text(r, node, "owner", &g->owner, err) && policy_text(r, node, "because", &g->because, err) &&
           policy_text(r, node, "for_each", &g->for_each, err);
}

static bool read_numbers(const struct yaml *node, struct policy_goal *g, struct error *err) {
    const struct yaml *weight = yaml_get(node, "weight");
    if (!policy_small(node, "level", 3, &g->level, err) || !policy_small(node, "severity", 5, &g->severity, err) ||
        !yaml_opt_bool(node, "hard", &g->hard, err))
        return false;
    return !weight || policy_number(weight, "weight", &g->weight, err);
}

static bool read_goal(struct policy_reading *r, const struct yaml *node, struct policy_goal *g, struct error *err) {
    *g = new_goal(node);
    if (node->kind == YAML_SCALAR) return read_rule(r, node, g, err);
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "a goal is a mapping with an id, or one line");
    const struct yaml *rule = yaml_get(node, "rule");
    bool prefer = false;
    if (!yaml_check_keys(node, known_keys, sizeof known_keys / sizeof *known_keys, err) ||
        (rule && !read_rule(r, rule, g, err)))
        return false;
    if (rule && (yaml_get(node, "metric") || yaml_get(node, "id") || yaml_get(node, "relations")))
        return yaml_error(node, err, "what a rule says is not said again by 'id', 'metric' and 'relations' beside it");
    if (!read_words(r, node, g, err) || !read_numbers(node, g, err) || !read_kind(r, node, g, err) ||
        !read_when(r, node, &g->when, err) || !read_evidence(r, node, &g->evidence, err) ||
        !yaml_opt_bool(node, "prefer", &prefer, err))
        return false;
    if (rule) return true;
    if (!read_clauses(r, node, &g->clauses, &g->n_clauses, err) || !read_relations(r, node, g, err) ||
        !read_exceptions(r, node, g, err))
        return false;
    for (size_t i = 0; i < g->n_clauses; i++) g->clauses[i].prefer = prefer;
    return true;
}

/* Places of clauses of a rule: the line it stands in. */
static void place_clauses(const struct policy_goal *g, struct policy_clause *clauses, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!clauses[i].line) clauses[i].line = g->line, clauses[i].column = g->column;
}

static void fill_clauses(struct policy_reading *r, const struct policy_goal *g, struct policy_clause *clauses,
                         size_t n) {
    place_clauses(g, clauses, n);
    for (size_t i = 0; i < n; i++)
        if (clauses[i].confidence <= 0 && clauses[i].op != POLICY_NEAR) clauses[i].confidence = r->policy->confidence;
}

/* What was left out. */
static bool finish_goal(struct policy_reading *r, const struct yaml *node, struct policy_goal *g, struct error *err) {
    static const enum policy_kind by_level[] = {POLICY_INSTRUCTION, POLICY_INSTRUCTION, POLICY_PREFERENCE,
                                                POLICY_PRINCIPLE};
    if (!g->id[0]) return yaml_error(node, err, "expected 'id': the name of the goal");
    if (!policy_id(node, "id", g->id, err)) return false;
    if (g->level == 0 && g->kind == POLICY_DOCUMENT) g->level = 1;
    if (g->level == 0)
        return yaml_error(node, err, "goal '%s': expected 'level': 1 instructions, 2 preferences, 3 values", g->id);
    if (g->kind == NO_KIND) g->kind = by_level[g->level];
    if (g->severity == 0) g->severity = 3;
    if (!(g->weight > 0)) return yaml_error(node, err, "goal '%s': expected 'weight' above 0", g->id);
    fill_clauses(r, g, g->clauses, g->n_clauses);
    for (size_t i = 0; i < g->n_exceptions; i++)
        fill_clauses(r, g, g->exceptions[i].clauses, g->exceptions[i].n_clauses);
    for (size_t i = 0; i < g->n_relations; i++)
        if (!g->relations[i].line) g->relations[i].line = g->line, g->relations[i].column = g->column;
    return true;
}

/* ---- all goals */

static bool add_goal(struct policy_reading *r, const struct yaml *node) {
    struct policy *p = r->policy;
    struct error why = {0};
    struct policy_goal *g = &p->goals[p->n_goals];
    if (read_goal(r, node, g, &why) && finish_goal(r, node, g, &why)) return p->n_goals++, true;
    return policy_fault(r, &why);
}

static bool says_goal(struct text line) {
    struct text t = text_trim(line);
    return t.len && t.at[0] != '#';
}

static size_t goals_in(struct text block) {
    size_t n = 0;
    for (struct text line; text_next(&block, '\n', &line);) n += says_goal(line);
    return n;
}

/* `rules: |`: a goal a line; blank lines and those that begin with # are left out. */
static bool add_rules(struct policy_reading *r, const struct yaml *block) {
    struct text rest = block->scalar, line;
    for (size_t i = 0; text_next(&rest, '\n', &line); i++) {
        struct yaml one = *block;
        one.scalar = line;
        one.line = block->line + i;
        if (says_goal(line) && !add_goal(r, &one)) return false;
    }
    return true;
}

bool policy_goals_read(struct policy_reading *r, const struct yaml *root) {
    const struct yaml *list = yaml_get(root, "goals"), *rules = yaml_get(root, "rules");
    struct error why = {0};
    if (list && list->kind != YAML_SEQUENCE)
        return yaml_error(list, &why, "'goals': expected a list of goals"), policy_fault(r, &why);
    if (rules && rules->kind != YAML_SCALAR)
        return yaml_error(rules, &why, "'rules': expected lines of text, one goal each"), policy_fault(r, &why);
    size_t n = (list ? list->n : 0) + (rules ? goals_in(rules->scalar) : 0);
    if (n == 0 || n > POLICY_GOALS_MOST)
        return yaml_error(list ? list : root, &why, "expected 'goals': a list of 1 to %d", POLICY_GOALS_MOST),
               policy_fault(r, &why);
    if (!(r->policy->goals = arena_new(r->arena, struct policy_goal, n, r->err))) return false;
    for (size_t i = 0; list && i < list->n; i++)
        if (!add_goal(r, list->child[i])) return false;
    return !rules || add_rules(r, rules);
}
