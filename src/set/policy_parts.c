/* Reading what stands beside the goals: stakeholders, attributes, risks, acts, waivers. See policy.h. */
#include "set/policy_internal.h"

#include <math.h>
#include <string.h>

enum { LIST_MOST = 1000, SHORT_MOST = 100, LINES_MOST = 20 };

/* A list of mappings (or of plain ids) under `key`; NULL where there is none. */
static bool list_of(const struct yaml *root, const char *key, const struct yaml **out, struct error *err) {
    *out = yaml_get(root, key);
    if (!*out || ((*out)->kind == YAML_SEQUENCE && (*out)->n <= LIST_MOST)) return true;
    return yaml_error(*out, err, "'%s': expected a list of at most %d", key, LIST_MOST);
}

static bool read_named(struct policy_reading *r, const struct yaml *root, const char *key, struct policy_named **out,
                       size_t *n, struct error *err) {
    static const char *const known[] = {"id", "role", "owner", "weight", "veto"};
    const struct yaml *list;
    if (!list_of(root, key, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(*out = arena_new(r->arena, struct policy_named, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *node = list->child[i], *weight = yaml_get(node, "weight");
        struct policy_named *one = &(*out)[i];
        *one = (struct policy_named){
            .id = "", .role = "", .owner = "", .weight = 1, .line = node->line, .column = node->column};
        if (node->kind == YAML_SCALAR) {
            if (!(one->id = text_copy(r->arena, node->scalar, err))) return false;
        } else if (node->kind != YAML_MAPPING) {
            return yaml_error(node, err, "'%s': expected an id or {id, role, owner, weight, veto}", key);
        } else if (!yaml_check_keys(node, known, 5, err) || !policy_text(r, node, "id", &one->id, err) ||
                   !policy_text(r, node, "role", &one->role, err) || !policy_text(r, node, "owner", &one->owner, err) ||
                   !yaml_opt_bool(node, "veto", &one->veto, err) ||
                   (weight && !policy_number(weight, "weight", &one->weight, err))) {
            return false;
        }
        if (!policy_id(node, "id", one->id, err)) return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp((*out)[k].id, one->id) == 0)
                return yaml_error(node, err, "'%s': '%s' is there before, in line %zu", key, one->id, (*out)[k].line);
    }
    return *n = list->n, true;
}

static bool read_quadrant(struct policy_reading *r, const struct yaml *node, struct policy_risk *risk,
                          struct error *err) {
    static const char *const known[] = {"known-known", "known-unknown", "unknown-known", "unknown-unknown"};
    if (!policy_text(r, node, "quadrant", &risk->quadrant, err)) return false;
    if (!risk->quadrant[0]) return true;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(known[i], risk->quadrant) == 0) return true;
    return yaml_error(yaml_get(node, "quadrant"), err,
                      "'quadrant': expected known-known, known-unknown, unknown-known or unknown-unknown, found "
                      "'%.40s'",
                      risk->quadrant);
}

static bool read_risks(struct policy_reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"id", "source", "severity", "likelihood", "quadrant", "goals"};
    const struct yaml *list;
    struct policy *p = r->policy;
    if (!list_of(root, "risks", &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(p->risks = arena_new(r->arena, struct policy_risk, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *node = list->child[i];
        struct policy_risk *risk = &p->risks[i];
        *risk =
            (struct policy_risk){.id = "", .source = "", .quadrant = "", .line = node->line, .column = node->column};
        if (node->kind != YAML_MAPPING) return yaml_error(node, err, "a risk is {id, severity, likelihood, quadrant}");
        if (!yaml_check_keys(node, known, 6, err) || !policy_text(r, node, "id", &risk->id, err) ||
            !policy_text(r, node, "source", &risk->source, err) ||
            !policy_small(node, "severity", 5, &risk->severity, err) ||
            !policy_small(node, "likelihood", 5, &risk->likelihood, err) || !read_quadrant(r, node, risk, err) ||
            !policy_texts(r, node, "goals", SHORT_MOST, &risk->goals, &risk->n_goals, err) ||
            !policy_id(node, "id", risk->id, err))
            return false;
        if (!risk->severity || !risk->likelihood)
            return yaml_error(node, err, "risk '%s': expected 'severity' and 'likelihood', 1 to 5 each", risk->id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->risks[k].id, risk->id) == 0)
                return yaml_error(node, err, "risk '%s' is there before, in line %zu", risk->id, p->risks[k].line);
    }
    return p->n_risks = list->n, true;
}

bool policy_parts_read(struct policy_reading *r, const struct yaml *root, struct error *err) {
    struct policy *p = r->policy;
    return policy_texts(r, root, "jurisdictions", SHORT_MOST, &p->jurisdictions, &p->n_jurisdictions, err) &&
           policy_texts(r, root, "profiles", SHORT_MOST, &p->profiles, &p->n_profiles, err) &&
           policy_text(r, root, "key_env", &p->key_env, err) &&
           read_named(r, root, "stakeholders", &p->stakeholders, &p->n_stakeholders, err) &&
           read_named(r, root, "attributes", &p->attributes, &p->n_attributes, err) && read_risks(r, root, err);
}

/* ---- waivers */

static bool read_waiver(struct policy_reading *r, const struct yaml *node, struct error *err) {
    static const char *const known[] = {"goal", "owner", "until", "because"};
    struct policy *p = r->policy;
    const char *goal = "", *owner = "", *because = "";
    int until = POLICY_NO_DAY;
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "a waiver is {goal, owner, until}");
    if (!yaml_check_keys(node, known, 4, err) || !policy_text(r, node, "goal", &goal, err) ||
        !policy_text(r, node, "owner", &owner, err) || !policy_text(r, node, "because", &because, err) ||
        !policy_day(node, "until", &until, err))
        return false;
    if (!goal[0] || !owner[0] || until == POLICY_NO_DAY)
        return yaml_error(node, err, "a waiver names its goal, its owner and its last day: {goal, owner, until}");
    size_t at = policy_goal_find(p, text_of(goal));
    if (at == SIZE_MAX) return yaml_error(yaml_get(node, "goal"), err, "there is no goal '%.80s' to waive", goal);
    if (until < r->settings->as_of) {
        char day[11], today[11];
        (void)policy_day_put(until, day), (void)policy_day_put(r->settings->as_of, today);
        return yaml_error(yaml_get(node, "until"), err, "the waiver of goal '%.80s' ran out on %s, before %s", goal,
                          day, today);
    }
    if (p->goals[at].waived_by) return yaml_error(node, err, "goal '%.80s' is waived twice", goal);
    p->goals[at].waived_by = owner;
    p->goals[at].waived_until = until;
    return true;
}

bool policy_waivers_read(struct policy_reading *r, const struct yaml *root) {
    const struct yaml *list;
    struct error why = {0};
    if (!list_of(root, "waivers", &list, &why)) return policy_fault(r, &why);
    for (size_t i = 0; list && i < list->n; i++) {
        struct error one = {0};
        if (!read_waiver(r, list->child[i], &one) && !policy_fault(r, &one)) return false;
    }
    return true;
}

/* ---- acts */

/* Only {subject} and {out} may stand in braces. */
static bool check_holes(const struct yaml *at, const char *text, bool *out_used, struct error *err) {
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        bool out = strncmp(open, "{out}", 5) == 0;
        if (!out && strncmp(open, "{subject}", 9) != 0)
            return yaml_error(at, err, "only {subject} and {out} stand for something in an act, found '%.20s'", open);
        *out_used |= out;
    }
    return true;
}

static bool check_act(struct policy_reading *r, const struct yaml *node, struct policy_act *a, struct error *err) {
    bool in_run = false, in_subject = false;
    (void)r;
    for (size_t i = 0; i < a->n_run; i++) {
        if (strncmp(a->run[i], "basanite ", 9) != 0)
            return yaml_error(yaml_get(node, "run"), err, "act '%s': a line begins with 'basanite ', found '%.40s'",
                              a->name, a->run[i]);
        if (!check_holes(yaml_get(node, "run"), a->run[i], &in_run, err)) return false;
    }
    if (!check_holes(node, a->subject, &in_subject, err)) return false;
    if (in_subject && !a->n_run)
        return yaml_error(node, err, "act '%s': nothing makes what 'subject' says lies in {out}", a->name);
    if (a->n_run && strcmp(a->subject, "{subject}") == 0 && !a->guide && !a->steer && !a->guard)
        return yaml_error(node, err, "act '%s': expected 'subject': what results from the lines of 'run'", a->name);
    if (!a->n_run && !a->system && !a->steer && !a->guard && !a->guide && strcmp(a->subject, "{subject}") == 0)
        return yaml_error(node, err, "act '%s' does nothing: expected run, subject, system, steer, guard or guide",
                          a->name);
    if (!(a->cost >= 0)) return yaml_error(node, err, "act '%s': expected 'cost' from 0", a->name);
    return true;
}

static bool read_act(struct policy_reading *r, const struct yaml *node, struct policy_act *a, struct error *err) {
    static const char *const known[] = {"name",  "for",   "run",  "subject", "system", "steer",
                                        "guard", "guide", "kind", "cost",    "effect"};
    const struct yaml *cost = yaml_get(node, "cost"), *effect = yaml_get(node, "effect");
    *a = (struct policy_act){
        .name = "", .subject = "{subject}", .kind = "", .effect = NAN, .line = node->line, .column = node->column};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "an act is {name, for, run, subject, cost}");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err) ||
        !policy_text(r, node, "name", &a->name, err) || !policy_id(node, "name", a->name, err) ||
        !policy_texts(r, node, "for", SHORT_MOST, &a->targets, &a->n_targets, err) ||
        !policy_texts(r, node, "run", LINES_MOST, &a->run, &a->n_run, err) ||
        !policy_text(r, node, "subject", &a->subject, err) || !policy_text(r, node, "system", &a->system, err) ||
        !policy_text(r, node, "steer", &a->steer, err) || !policy_text(r, node, "guard", &a->guard, err) ||
        !policy_text(r, node, "guide", &a->guide, err) || !policy_text(r, node, "kind", &a->kind, err) ||
        (cost && !policy_number(cost, "cost", &a->cost, err)) ||
        (effect && !policy_number(effect, "effect", &a->effect, err)))
        return false;
    return check_act(r, node, a, err);
}

static bool check_targets(struct policy_reading *r, const struct yaml *node, const struct policy_act *a,
                          struct error *err) {
    const struct policy_names *names = r->settings->names;
    struct policy_metric metric;
    if (!a->n_targets)
        return yaml_error(node, err, "act '%s': expected 'for': ids of goals or names of figures", a->name);
    for (size_t i = 0; i < a->n_targets; i++) {
        struct error why = {0};
        if (policy_goal_find(r->policy, text_of(a->targets[i])) != SIZE_MAX || !names) continue;
        if (names->metric(names->context, text_of(a->targets[i]), r->arena, &metric, &why)) continue;
        if (why.kind == ERROR_ENVIRONMENT) return *err = why, false;
        return yaml_error(yaml_get(node, "for"), err, "act '%s': '%.80s' is neither a goal nor a figure", a->name,
                          a->targets[i]);
    }
    return true;
}

bool policy_acts_read(struct policy_reading *r, const struct yaml *root) {
    const struct yaml *list;
    struct policy *p = r->policy;
    struct error why = {0};
    if (!list_of(root, "acts", &list, &why)) return policy_fault(r, &why);
    if (!list) return true;
    if (!(p->acts = arena_new(r->arena, struct policy_act, list->n + 1, r->err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        struct error one = {0};
        struct policy_act *a = &p->acts[p->n_acts];
        bool ok = read_act(r, list->child[i], a, &one) && check_targets(r, list->child[i], a, &one);
        for (size_t k = 0; ok && k < p->n_acts; k++)
            if (strcmp(p->acts[k].name, a->name) == 0)
                ok =
                    yaml_error(list->child[i], &one, "act '%s' is there before, in line %zu", a->name, p->acts[k].line);
        if (!ok && !policy_fault(r, &one)) return false;
        p->n_acts += ok;
    }
    return true;
}
