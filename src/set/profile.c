/* Reading profiles: see profile.h. */
#include "set/profile.h"

#include "set/policy_lex.h"

#include <string.h>

enum { ITEMS_MOST = 1000, ACTIONS_MOST = 2000, LINKS_MOST = 64, MATCHES_MOST = 10000, QUESTIONS_MOST = 200 };

struct reading {
    struct arena *arena;
    struct profile *p;
};

static bool text_at(struct reading *r, const struct yaml *map, const char *key, bool needed, const char **out,
                    struct error *err) {
    const struct yaml *node = yaml_get(map, key);
    *out = "";
    if (!node) return !needed || yaml_error(map, err, "expected '%s'", key);
    if (node->kind != YAML_SCALAR || !node->scalar.len) return yaml_error(node, err, "'%s': expected a text", key);
    return (*out = text_copy(r->arena, node->scalar, err)) != NULL;
}

static bool day_at(const struct yaml *map, const char *key, int *out, struct error *err) {
    const struct yaml *node = yaml_get(map, key);
    *out = POLICY_NO_DAY;
    if (!node || (node->kind == YAML_SCALAR && policy_day_parse(node->scalar, out))) return true;
    return yaml_error(node, err, "'%s': expected a day such as 2026-08-02", key);
}

static bool list_at(const struct yaml *root, const char *key, size_t most, const struct yaml **out, struct error *err) {
    *out = yaml_get(root, key);
    if (!*out || ((*out)->kind == YAML_SEQUENCE && (*out)->n <= most)) return true;
    return yaml_error(*out, err, "'%s': expected a list of at most %zu", key, most);
}

/* ---- items */

static bool read_numbers(const struct yaml *node, struct profile_item *item, struct error *err) {
    int64_t level = 1, severity = 3, n_min = 0;
    if (!yaml_opt_i64(node, "level", &level, err) || !yaml_opt_i64(node, "severity", &severity, err) ||
        !yaml_opt_i64(node, "n_min", &n_min, err))
        return false;
    if (level < 1 || level > 3 || severity < 1 || severity > 5 || n_min < 0)
        return yaml_error(node, err, "expected 'level' 1 to 3, 'severity' 1 to 5 and 'n_min' from 0");
    item->level = (int)level, item->severity = (int)severity, item->n_min = (uint64_t)n_min;
    return day_at(node, "since", &item->since, err) && day_at(node, "until", &item->until, err);
}

static bool read_item(struct reading *r, const struct yaml *node, struct profile_item *item, struct error *err) {
    static const char *const known[] = {"id",         "clause", "text",   "attribute", "because", "note",
                                        "kind",       "metric", "unseen", "op",        "target",  "tol",
                                        "confidence", "n_min",  "level",  "severity",  "since",   "until"};
    if (node->kind != YAML_MAPPING) return yaml_error(node, err, "an item is {id, clause, text}");
    if (!yaml_check_keys(node, known, sizeof known / sizeof *known, err) ||
        !text_at(r, node, "id", true, &item->id, err) || !text_at(r, node, "clause", true, &item->clause, err) ||
        !text_at(r, node, "text", true, &item->text, err) ||
        !text_at(r, node, "attribute", false, &item->attribute, err) ||
        !text_at(r, node, "because", false, &item->because, err) ||
        !text_at(r, node, "note", false, &item->note, err) || !text_at(r, node, "kind", false, &item->kind, err) ||
        !text_at(r, node, "metric", false, &item->metric, err) ||
        !text_at(r, node, "unseen", false, &item->unseen, err) || !text_at(r, node, "op", false, &item->op, err) ||
        !text_at(r, node, "target", false, &item->target, err) || !text_at(r, node, "tol", false, &item->tol, err) ||
        !text_at(r, node, "confidence", false, &item->confidence, err) || !read_numbers(node, item, err))
        return false;
    if (item->metric[0] && (!item->op[0] || !item->target[0]))
        return yaml_error(node, err, "item '%s': 'metric' needs 'op' and 'target'", item->id);
    if (item->until != POLICY_NO_DAY && item->since != POLICY_NO_DAY && item->until < item->since)
        return yaml_error(node, err, "item '%s': 'until' is before 'since'", item->id);
    return true;
}

static size_t item_find(const struct profile *p, struct text id) {
    for (size_t i = 0; i < p->n_items; i++)
        if (text_equal_c(id, p->items[i].id)) return i;
    return SIZE_MAX;
}

static bool read_items(struct reading *r, const struct yaml *root, struct error *err) {
    const struct yaml *list;
    if (!list_at(root, "items", ITEMS_MOST, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(r->p->items = arena_new(r->arena, struct profile_item, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        struct profile_item *item = &r->p->items[i];
        if (!read_item(r, list->child[i], item, err)) return false;
        if (item_find(r->p, text_of(item->id)) != SIZE_MAX)
            return yaml_error(list->child[i], err, "two items with id '%s'", item->id);
        r->p->n_items = i + 1;
    }
    return true;
}

/* ---- actions */

static bool read_action(struct reading *r, const struct yaml *key, const struct yaml *links, struct profile_action *a,
                        struct error *err) {
    if (!(a->id = text_copy(r->arena, key->scalar, err))) return false;
    if (links->kind != YAML_SEQUENCE || links->n > LINKS_MOST)
        return yaml_error(links, err, "'%s': expected a list of items", a->id);
    const char **items = arena_new(r->arena, const char *, links->n + 1, err);
    for (size_t i = 0; items && i < links->n; i++) {
        size_t item = item_find(r->p, links->child[i]->scalar);
        if (item == SIZE_MAX)
            return yaml_error(links->child[i], err, "'%s': there is no item '%.*s'", a->id,
                              TEXT_ARG(links->child[i]->scalar));
        items[i] = r->p->items[item].id;
    }
    a->items = items;
    a->n_items = links->n;
    return items != NULL;
}

static bool read_actions(struct reading *r, const struct yaml *root, struct error *err) {
    static const char *const keys[] = {"actions", "actions_added"};
    if (!(r->p->actions = arena_new(r->arena, struct profile_action, ACTIONS_MOST, err))) return false;
    for (int added = 0; added < 2; added++) {
        const struct yaml *map = yaml_get(root, keys[added]);
        if (map && map->kind != YAML_MAPPING) return yaml_error(map, err, "'%s': expected {ID: [items]}", keys[added]);
        for (size_t i = 0; map && i < map->n; i++) {
            if (r->p->n_actions == ACTIONS_MOST) return yaml_error(map, err, "over %d actions", ACTIONS_MOST);
            struct profile_action *a = &r->p->actions[r->p->n_actions];
            *a = (struct profile_action){.added = added == 1};
            if (!read_action(r, map->key[i], map->child[i], a, err)) return false;
            r->p->n_actions++;
        }
    }
    return true;
}

/* ---- requirements, matches */

const char *const profile_match_names[] = {"exact", "close", "broad", "narrow", "related"};

static bool read_requirements(struct reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"id", "text", "benchmarks"};
    const struct yaml *list;
    if (!list_at(root, "requirements", ITEMS_MOST, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(r->p->requirements = arena_new(r->arena, struct profile_requirement, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        struct profile_requirement *one = &r->p->requirements[i];
        int64_t benchmarks = 0;
        if (!yaml_check_keys(list->child[i], known, 3, err) || !text_at(r, list->child[i], "id", true, &one->id, err) ||
            !text_at(r, list->child[i], "text", true, &one->text, err) ||
            !yaml_opt_i64(list->child[i], "benchmarks", &benchmarks, err))
            return false;
        one->benchmarks = benchmarks > 0 ? (uint64_t)benchmarks : 0;
    }
    r->p->n_requirements = list->n;
    return true;
}

static bool read_match(struct reading *r, const struct yaml *node, struct profile_match *out, struct error *err) {
    static const char *const known[] = {"from", "exact", "close", "broad", "narrow", "related"};
    size_t kinds = 0;
    if (node->kind != YAML_MAPPING || node->n != 2)
        return yaml_error(node, err, "a match is {from, exact: to}, or close, broad, narrow, related");
    if (!yaml_check_keys(node, known, 6, err) || !text_at(r, node, "from", true, &out->from, err)) return false;
    for (int k = PROFILE_EXACT; k <= PROFILE_RELATED; k++) {
        if (!yaml_get(node, profile_match_names[k])) continue;
        kinds++;
        out->kind = (enum profile_match_kind)k;
        if (!text_at(r, node, profile_match_names[k], true, &out->to, err)) return false;
    }
    return kinds == 1 || yaml_error(node, err, "expected one kind of match");
}

static bool read_matches(struct reading *r, const struct yaml *root, struct error *err) {
    const struct yaml *list;
    if (!list_at(root, "matches", MATCHES_MOST, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(r->p->matches = arena_new(r->arena, struct profile_match, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++)
        if (!read_match(r, list->child[i], &r->p->matches[i], err)) return false;
    r->p->n_matches = list->n;
    return true;
}

/* ---- classes */

static bool when_at(struct reading *r, const struct yaml *node, struct policy_when *out, struct error *err) {
    const struct yaml *when = yaml_get(node, "when");
    struct error why = {0};
    *out = (struct policy_when){0};
    if (!when) return true;
    if (when->kind != YAML_SCALAR) return yaml_error(when, err, "'when': expected tests such as chatbot=yes");
    if (!policy_when_parse(when->scalar, r->arena, out, &why))
        return why.kind == ERROR_DATA ? yaml_error(when, err, "%s", why.message) : (*err = why, false);
    for (size_t i = 0; i < out->n; i++) {
        bool asked = false;
        for (size_t k = 0; k < r->p->n_questions && !asked; k++)
            asked = strcmp(r->p->questions[k], out->tests[i].name) == 0;
        if (!asked) return yaml_error(when, err, "'when': '%s' is none of the questions", out->tests[i].name);
    }
    return true;
}

static bool read_questions(struct reading *r, const struct yaml *root, struct error *err) {
    const struct yaml *map = yaml_get(root, "questions");
    if (!map) return true;
    if (map->kind != YAML_MAPPING || map->n > QUESTIONS_MOST)
        return yaml_error(map, err, "'questions': expected {NAME: text}, at most %d", QUESTIONS_MOST);
    const char **names = arena_new(r->arena, const char *, map->n + 1, err);
    const char **texts = names ? arena_new(r->arena, const char *, map->n + 1, err) : NULL;
    for (size_t i = 0; texts && i < map->n; i++)
        if (!(names[i] = text_copy(r->arena, map->key[i]->scalar, err)) ||
            !(texts[i] = text_copy(r->arena, map->child[i]->scalar, err)))
            return false;
    r->p->questions = names, r->p->question_texts = texts, r->p->n_questions = map->n;
    return texts != NULL;
}

static bool read_impossible(struct reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"when", "because"};
    const struct yaml *list;
    if (!list_at(root, "impossible", ITEMS_MOST, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(r->p->impossible = arena_new(r->arena, struct profile_impossible, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        struct profile_impossible *one = &r->p->impossible[i];
        if (!yaml_check_keys(list->child[i], known, 2, err) || !when_at(r, list->child[i], &one->when, err) ||
            !text_at(r, list->child[i], "because", true, &one->because, err))
            return false;
    }
    r->p->n_impossible = list->n;
    return true;
}

static bool read_classes(struct reading *r, const struct yaml *root, struct error *err) {
    static const char *const known[] = {"id", "track", "class", "clause", "when", "because"};
    const struct yaml *list;
    if (!list_at(root, "classes", ITEMS_MOST, &list, err) || !list) return err->kind == ERROR_NONE;
    if (!(r->p->classes = arena_new(r->arena, struct profile_class, list->n + 1, err))) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *node = list->child[i];
        struct profile_class *c = &r->p->classes[i];
        if (node->kind != YAML_MAPPING) return yaml_error(node, err, "a rule is {id, track, class, clause, when}");
        if (!yaml_check_keys(node, known, 6, err) || !text_at(r, node, "id", true, &c->id, err) ||
            !text_at(r, node, "track", true, &c->track, err) || !text_at(r, node, "class", true, &c->name, err) ||
            !text_at(r, node, "clause", true, &c->clause, err) ||
            !text_at(r, node, "because", false, &c->because, err) || !when_at(r, node, &c->when, err))
            return false;
    }
    r->p->n_classes = list->n;
    return true;
}

struct profile *profile_read(struct text source, const char *shown_name, struct arena *arena, struct error *err) {
    static const char *const known[] = {"profile", "title",     "source",        "jurisdiction", "checked",
                                        "items",   "actions",   "actions_added", "actions_why",  "requirements",
                                        "matches", "questions", "impossible",    "classes"};
    struct error local = {0};
    struct profile *p = arena_new(arena, struct profile, 1, err);
    const struct yaml *root = p ? yaml_read(arena, source, shown_name, err) : NULL;
    struct reading r = {arena, p};
    if (!root) return NULL;
    if (!err) err = &local;
    error_clear(err); /* lists that are not there leave it so */
    if (root->kind != YAML_MAPPING) return yaml_error(root, err, "a profile is a mapping"), NULL;
    bool ok = yaml_check_keys(root, known, sizeof known / sizeof *known, err) &&
              text_at(&r, root, "profile", true, &p->name, err) && text_at(&r, root, "title", true, &p->title, err) &&
              text_at(&r, root, "source", true, &p->source, err) &&
              text_at(&r, root, "jurisdiction", false, &p->jurisdiction, err) &&
              text_at(&r, root, "actions_why", false, &p->actions_why, err) &&
              day_at(root, "checked", &p->checked, err) && read_items(&r, root, err) && read_actions(&r, root, err) &&
              read_requirements(&r, root, err) && read_matches(&r, root, err) && read_questions(&r, root, err) &&
              read_impossible(&r, root, err) && read_classes(&r, root, err);
    return ok ? p : NULL;
}

bool profile_item_holds(const struct profile_item *item, int day) {
    return (item->since == POLICY_NO_DAY || day >= item->since) && (item->until == POLICY_NO_DAY || day <= item->until);
}

static bool same_before(const struct profile *p, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(p->actions[i].id, p->actions[at].id) == 0) return true;
    return false;
}

bool profile_reach(const struct profile *p, const bool *held, struct arena *arena, struct profile_reach *out,
                   struct error *err) {
    bool *all = arena_new(arena, bool, p->n_items + 1, err), *published = NULL;
    if (!all || !(published = arena_new(arena, bool, p->n_items + 1, err))) return false;
    *out = (struct profile_reach){0};
    for (size_t i = 0; i < p->n_actions; i++) {
        const struct profile_action *a = &p->actions[i];
        size_t links = 0, served = 0;
        for (size_t k = 0; k < p->n_actions;
             k++) { /* an action may stand there twice: published, and with added links */
            if (strcmp(p->actions[k].id, a->id) != 0) continue;
            for (size_t l = 0; l < p->actions[k].n_items; l++) {
                size_t item = item_find(p, text_of(p->actions[k].items[l]));
                links++;
                served += held && held[item];
                all[item] = true;
                published[item] |= !p->actions[k].added;
            }
        }
        if (same_before(p, i)) continue;
        out->actions++;
        out->unlinked += links == 0;
        out->served += served > 0;
    }
    for (size_t i = 0; i < p->n_items; i++) out->items += all[i], out->published_items += published[i];
    return true;
}

/* ---- a policy */

static void put_text(struct buffer *out, const char *key, const char *text) {
    if (!text[0]) return;
    buffer_printf(out, ", %s: ", key);
    json_put_string(out, text_of(text)); /* which is YAML, too */
}

static void put_item(struct buffer *out, const struct profile *p, const struct profile_item *item) {
    bool document = !item->metric[0];
    buffer_put_c(out, "  - {id: ");
    buffer_put_c(out, item->id);
    buffer_printf(out, ", level: %d, severity: %d", item->level, item->severity);
    put_text(out, "kind", document ? "document" : item->kind);
    put_text(out, "clause", item->clause);
    put_text(out, "attribute", item->attribute);
    put_text(out, "text", item->text);
    if (!document) {
        buffer_put_c(out, ",\n     metric: ");
        json_put_string(out, text_of(item->metric));
        put_text(out, "unseen", item->unseen);
        put_text(out, "op", item->op);
        buffer_printf(out, ", target: %s", item->target);
        if (item->tol[0]) buffer_printf(out, ", tol: %s", item->tol);
        if (item->confidence[0]) buffer_printf(out, ", confidence: %s", item->confidence);
        if (item->n_min) buffer_printf(out, ", n_min: %llu", (unsigned long long)item->n_min);
        put_text(out, "because", item->because);
    }
    buffer_put_c(out, "}\n");
    (void)p;
}

static void put_list(struct buffer *out, const char *key, const struct profile *const *profiles, size_t n, bool name) {
    size_t shown = 0;
    buffer_printf(out, "%s: [", key);
    for (size_t i = 0; i < n; i++) {
        const char *text = name ? profiles[i]->name : profiles[i]->jurisdiction;
        bool before = !text[0];
        for (size_t k = 0; k < i && !before; k++)
            before = strcmp(text, name ? profiles[k]->name : profiles[k]->jurisdiction) == 0;
        if (!before) buffer_printf(out, "%s%s", shown++ ? ", " : "", text);
    }
    buffer_put_c(out, "]\n");
}

bool profile_policy_put(struct buffer *out, const struct profile *const *profiles, size_t n, const char *name,
                        int day) {
    char shown[11];
    (void)policy_day_put(day, shown);
    buffer_printf(
        out,
        "# Begun from profiles as of %s. Nothing here is legal advice. Give every figure the task of your own "
        "bank, set\n# severities, name owners; duties of kind document wait for people: evidence: {file, "
        "sha256, owner, until}.\npolicy: %s\nsystem: {name: %s, subject: pocket, use: \"say what it is "
        "for\"}\n",
        shown, name, name);
    put_list(out, "jurisdictions", profiles, n, false);
    put_list(out, "profiles", profiles, n, true);
    buffer_put_c(out, "goals:\n");
    for (size_t i = 0; i < n; i++) {
        buffer_printf(out, "  # %s: %s (%s)\n", profiles[i]->name, profiles[i]->title, profiles[i]->source);
        for (size_t k = 0; k < profiles[i]->n_items; k++)
            if (profile_item_holds(&profiles[i]->items[k], day)) put_item(out, profiles[i], &profiles[i]->items[k]);
    }
    return !out->failed;
}
