/* Reading a policy: see policy.h. What is wrong in one goal does not keep the others from being read. */
#include "set/policy_internal.h"

#include "set/policy_gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const policy_op_names[] = {[POLICY_AT_LEAST] = ">=", [POLICY_AT_MOST] = "<=", [POLICY_ABOVE] = ">",
                                       [POLICY_BELOW] = "<",     [POLICY_IN] = "in",      [POLICY_NEAR] = "near"};
const char *const policy_relation_names[] = {[POLICY_REFINES] = "refines",
                                             [POLICY_SUPPORTS] = "supports",
                                             [POLICY_CONFLICTS] = "conflicts",
                                             [POLICY_OVERRIDES] = "overrides"};
const char *const policy_kind_names[] = {[POLICY_INSTRUCTION] = "instruction",
                                         [POLICY_PREFERENCE] = "preference",
                                         [POLICY_PRINCIPLE] = "principle",
                                         [POLICY_NORM] = "norm",
                                         [POLICY_VALUE] = "value",
                                         [POLICY_DOCUMENT] = "document"};
const char *const policy_measure_names[] = {[POLICY_ACCURACY] = "accuracy",
                                            [POLICY_WIN] = "preference",
                                            [POLICY_BEHAVIOUR] = "behaviour",
                                            [POLICY_UNCERTAINTY] = "uncertainty",
                                            [POLICY_ABSTENTION] = "abstention"};

bool policy_fault(struct policy_reading *r, const struct error *why) {
    if (why->kind != ERROR_DATA && why->kind != ERROR_USAGE) {
        if (r->err) *r->err = *why;
        return false;
    }
    if (r->n_faults++ == 0) {
        r->first = *why;
        r->first.kind = ERROR_DATA;
    }
    struct policy_faults *f = r->faults;
    if (!f || f->n == f->most) return true;
    char *copy = text_copy(r->arena, text_of(why->message), r->err);
    if (!copy) return false;
    f->messages[f->n++] = copy;
    return true;
}

bool policy_error_at(const struct policy *p, size_t line, size_t column, struct error *err, const char *format, ...) {
    char message[900];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "%s:%zu:%zu: %s", p->file, line, column, message);
}

/* ---- members */

bool policy_text(struct policy_reading *r, const struct yaml *mapping, const char *key, const char **out,
                 struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    if (!node) return true;
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, err, "'%s': expected a text", key);
    if (memchr(node->scalar.at, 0, node->scalar.len)) return yaml_error(node, err, "'%s' holds a zero byte", key);
    return (*out = text_copy(r->arena, node->scalar, err)) != NULL;
}

bool policy_texts(struct policy_reading *r, const struct yaml *mapping, const char *key, size_t most,
                  const char *const **out, size_t *n, struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    *n = 0;
    if (!node) return true;
    size_t wanted = node->kind == YAML_SEQUENCE ? node->n : 1;
    if (node->kind == YAML_MAPPING || wanted > most)
        return yaml_error(node, err, "'%s': expected a text or a list of at most %zu", key, most);
    const char **texts = arena_new(r->arena, const char *, wanted + 1, err);
    if (!texts) return false;
    for (; *n < wanted; (*n)++) {
        const struct yaml *one = node->kind == YAML_SEQUENCE ? node->child[*n] : node;
        if (one->kind != YAML_SCALAR || !one->scalar.len || memchr(one->scalar.at, 0, one->scalar.len))
            return yaml_error(one, err, "'%s': expected a text", key);
        if (!(texts[*n] = text_copy(r->arena, one->scalar, err))) return false;
    }
    *out = texts;
    return true;
}

bool policy_small(const struct yaml *mapping, const char *key, int64_t most, int *out, struct error *err) {
    int64_t n = *out;
    const struct yaml *node = yaml_get(mapping, key);
    if (!node) return true;
    if (!yaml_opt_i64(mapping, key, &n, err)) return false;
    if (n < 1 || n > most)
        return yaml_error(node, err, "'%s': expected a whole number from 1 to %lld, found %lld", key, (long long)most,
                          (long long)n);
    *out = (int)n;
    return true;
}

bool policy_number(const struct yaml *node, const char *key, double *out, struct error *err) {
    struct text t = node->scalar;
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "'%s': expected a number", key);
    bool percent = t.len > 1 && t.at[t.len - 1] == '%';
    struct text digits = text_part(t, 0, t.len - percent);
    if (!text_to_f64(digits, out) || !isfinite(*out))
        return yaml_error(node, err, "'%s': expected a number, found '%.*s'", key, (int)(t.len < 40 ? t.len : 40),
                          t.at);
    if (percent) *out /= 100;
    return true;
}

bool policy_day(const struct yaml *mapping, const char *key, int *out, struct error *err) {
    const struct yaml *node = yaml_get(mapping, key);
    if (!node) return true;
    if (node->kind == YAML_SCALAR && policy_day_parse(node->scalar, out)) return true;
    return yaml_error(node, err, "'%s': expected a day such as 2026-08-02", key);
}

bool policy_id(const struct yaml *at, const char *key, const char *id, struct error *err) {
    size_t n = strlen(id);
    if (n > 0 && n <= 80 && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n &&
        id[0] != '-' && id[0] != '.')
        return true;
    return yaml_error(at, err, "'%s': expected 1 to 80 letters, digits, '-', '_' and '.', found '%.40s'", key, id);
}

/* ---- the whole */

static bool read_system(struct policy_reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"name", "subject", "use"};
    const struct yaml *system = yaml_get(root, "system");
    struct policy *p = r->policy;
    if (!system) return true;
    if (system->kind != YAML_MAPPING) return yaml_error(system, err, "'system': expected {name, subject, use}");
    return yaml_check_keys(system, known, 3, err) && policy_text(r, system, "name", &p->system, err) &&
           policy_text(r, system, "subject", &p->subject, err) && policy_text(r, system, "use", &p->use, err);
}

static bool read_risk(struct policy_reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"prohibited", "high", "limited", "minimal"};
    const struct yaml *node = yaml_get(root, "risk");
    if (!policy_text(r, root, "risk", &r->policy->risk, err)) return false;
    if (!node) return true;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(r->policy->risk, known[i]) == 0) return true;
    return yaml_error(node, err, "'risk': expected prohibited, high, limited or minimal, found '%.40s'",
                      r->policy->risk);
}

static bool read_gate(struct policy_reading *r, const struct yaml *root, struct error *err) {
    const struct yaml *node = yaml_get(root, "gate");
    struct policy *p = r->policy;
    struct error why = {0};
    if (!policy_text(r, root, "gate", &p->gate, err)) return false;
    p->gate_line = node ? node->line : root->line;
    p->gate_column = node ? node->column : root->column;
    if (!node || policy_gate_parse(text_of(p->gate), r->arena, &why)) return true;
    if (why.kind == ERROR_ENVIRONMENT) return *err = why, false;
    return yaml_error(node, err, "%s", why.message);
}

static bool read_head(struct policy_reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"policy",     "system", "risk",     "jurisdictions", "stakeholders",
                                        "attributes", "risks",  "gate",     "acts",          "waivers",
                                        "goals",      "rules",  "profiles", "key_env",       "confidence",
                                        "items"};
    struct policy *p = r->policy;
    const struct yaml *confidence = yaml_get(root, "confidence");
    if (root->kind != YAML_MAPPING)
        return yaml_error(root, err, "a policy is a mapping that begins with 'policy: NAME'");
    if (!yaml_check_keys(root, known, sizeof known / sizeof *known, err) ||
        !policy_text(r, root, "policy", &p->name, err))
        return false;
    if (!p->name) return yaml_error(root, err, "expected 'policy': the name of the policy");
    if (!policy_id(yaml_get(root, "policy"), "policy", p->name, err)) return false;
    int64_t items = 0;
    if (!yaml_opt_i64(root, "items", &items, err)) return false;
    if (items < 0) return yaml_error(yaml_get(root, "items"), err, "'items': expected a whole number, 0 for all");
    p->items = (uint64_t)items;
    if (confidence && (!policy_number(confidence, "confidence", &p->confidence, err))) return false;
    if (!(p->confidence > 0.5 && p->confidence < 1))
        return yaml_error(confidence ? confidence : root, err, "'confidence': expected a number between 0.5 and 1");
    return true;
}

/* Each part whose faults do not touch the others. */
static bool read_parts(struct policy_reading *r, const struct yaml *root) {
    bool (*const parts[])(struct policy_reading *, const struct yaml *,
                          struct error *) = {read_system, read_risk, read_gate, policy_parts_read};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct error why = {0};
        if (!parts[i](r, root, &why) && !policy_fault(r, &why)) return false;
    }
    return policy_goals_read(r, root) && policy_goals_check(r) && policy_waivers_read(r, root) &&
           policy_acts_read(r, root);
}

/* The default asks about severe goals; a policy that has none must not pass by having none. */
static void settle_gate(struct policy *p) {
    bool severe = false;
    for (size_t i = 0; i < p->n_goals; i++) severe = severe || p->goals[i].severity >= 4;
    if (!p->gate) p->gate = severe ? POLICY_GATE_DEFAULT : "met(all)";
}

struct policy *policy_read(struct text source, const char *shown_name, const struct policy_settings *settings,
                           struct arena *arena, struct policy_faults *faults, struct error *err) {
    struct policy *p = arena_new(arena, struct policy, 1, err);
    if (!p) return NULL;
    if (source.len > POLICY_FILE_MOST)
        return error_set(err, ERROR_DATA, "%s:1:1: expected at most %d bytes", shown_name, POLICY_FILE_MOST), NULL;
    const struct yaml *root = yaml_read(arena, source, shown_name, err);
    if (!root) return NULL;
    *p = (struct policy){.system = "", .use = "", .risk = "", .file = root->file};
    p->confidence = settings->confidence > 0 ? settings->confidence : 0.95;
    struct policy_reading r = {.arena = arena, .settings = settings, .policy = p, .faults = faults, .err = err};
    struct error why = {0};
    if (!read_head(&r, root, &why) && !policy_fault(&r, &why)) return NULL;
    if (root->kind == YAML_MAPPING && !read_parts(&r, root)) return NULL;
    if (r.n_faults == 0) return settle_gate(p), p;
    if (err) *err = r.first;
    if (r.n_faults > 1 && err) {
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, " (and %zu more)", r.n_faults - 1);
    }
    return NULL;
}

size_t policy_goal_find(const struct policy *p, struct text id) {
    for (size_t i = 0; i < p->n_goals; i++)
        if (text_equal_c(id, p->goals[i].id)) return i;
    return SIZE_MAX;
}

const char *policy_risk_class(const struct policy_risk *risk) {
    int score = risk->severity * risk->likelihood;
    return score >= 15 ? "high" : score >= 8 ? "medium" : "low";
}
