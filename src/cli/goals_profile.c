/* Profiles by name, policies begun from them, classes of uses: see goals_profile.h. */
#include "cli/goals_profile.h"

#include "base/file.h"
#include "cli/goals_policy.h"
#include "measure/rules/builtin.h"

#include <string.h>

#define FOLDER "profiles/"
enum { PROFILES_MOST = 16, FILE_MOST = 16 << 20, ROWS_MOST = 10000 };

static bool no_profile(const char *name, struct arena *arena, struct error *err) {
    const char *near = builtin_nearest(FOLDER, ".yaml", text_of(name), arena);
    return error_set(err, ERROR_USAGE, "no profile '%s'%s%s%s; `basanite methods profile` lists them", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool profile_text(const struct arguments *args, const char *name, struct text *out, const char **shown,
                         struct error *err) {
    char path[160];
    *shown = name;
    if (text_ends(text_of(name), TEXT(".yaml"))) return file_read(args->arena, name, FILE_MOST, out, err);
    snprintf(path, sizeof path, FOLDER "%.100s.yaml", name);
    const struct builtin_file *file = builtin_find(path);
    if (!file) return no_profile(name, args->arena, err);
    *out = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
    return (*shown = arena_printf(args->arena, err, "built-in:%s", path)) != NULL;
}

/* ---- the published data */

/* The list of the first of two files that is there, or NULL. */
static bool published(const struct arguments *args, const char *one, const char *other, json_t **out,
                      struct error *err) {
    const char *path = common_path(args, err), *names[] = {one, other};
    *out = NULL;
    if (!path) return false;
    for (size_t i = 0; i < 2 && !*out; i++) {
        struct error why = {0};
        char *found = file_find(args->arena, names[i], path, &why);
        if (found && !(*out = json_read_file(found, FILE_MOST, err))) return false;
    }
    return true;
}

static bool has_item(const struct profile *p, const char *id) {
    for (size_t i = 0; id && i < p->n_items; i++)
        if (strcmp(p->items[i].id, id) == 0) return true;
    return false;
}

static bool action_of(const struct profile *p, const json_t *row, struct arena *arena, struct profile_action *out,
                      struct error *err) {
    const json_t *links = json_object_get(row, "hasRelatedRisk");
    const char *id = json_string_value(json_object_get(row, "id"));
    size_t n = json_array_size(links);
    const char **items = arena_new(arena, const char *, n + 1, err);
    if (!items) return false;
    if (!id) return error_set(err, ERROR_DATA, "sfma: an action without an id");
    *out = (struct profile_action){.id = text_copy(arena, text_of(id), err), .items = items};
    for (size_t i = 0; out->id && i < n; i++) {
        const char *item = json_string_value(json_array_get(links, i));
        if (!has_item(p, item))
            return error_set(err, ERROR_DATA, "sfma: action '%s' is for '%s', which is no item", id, item ? item : "?");
        if (!(items[out->n_items++] = text_copy(arena, text_of(item), err))) return false;
    }
    return out->id != NULL;
}

/* Published actions in place of the built-in ones; added links stay. */
static bool take_actions(const struct arguments *args, struct profile *p, const json_t *rows, struct error *err) {
    size_t n = json_array_size(rows), kept = 0;
    if (n > ROWS_MOST) return error_set(err, ERROR_DATA, "sfma: over %d actions", ROWS_MOST);
    struct profile_action *all = arena_new(args->arena, struct profile_action, n + p->n_actions + 1, err);
    if (!all) return false;
    for (; kept < n; kept++)
        if (!action_of(p, json_array_get(rows, kept), args->arena, &all[kept], err)) return false;
    for (size_t i = 0; i < p->n_actions; i++)
        if (p->actions[i].added) all[kept++] = p->actions[i];
    p->actions = all;
    p->n_actions = kept;
    return true;
}

static bool match_of(const json_t *row, struct arena *arena, struct profile_match *out, struct error *err) {
    char key[32];
    const char *from = json_string_value(json_object_get(row, "id"));
    for (int k = PROFILE_EXACT; from && k <= PROFILE_RELATED; k++) {
        snprintf(key, sizeof key, "%sMatch", profile_match_names[k]);
        const char *to = json_string_value(json_array_get(json_object_get(row, key), 0));
        if (!to) continue;
        *out = (struct profile_match){(enum profile_match_kind)k, text_copy(arena, text_of(from), err),
                                      text_copy(arena, text_of(to), err)};
        return out->from && out->to;
    }
    return error_set(err, ERROR_DATA, "sfma: a pair without a kind of match");
}

static bool take_matches(const struct arguments *args, struct profile *p, const json_t *rows, struct error *err) {
    size_t n = json_array_size(rows);
    if (n > ROWS_MOST) return error_set(err, ERROR_DATA, "sfma: over %d pairs", ROWS_MOST);
    if (!(p->matches = arena_new(args->arena, struct profile_match, n + 1, err))) return false;
    for (p->n_matches = 0; p->n_matches < n; p->n_matches++)
        if (!match_of(json_array_get(rows, p->n_matches), args->arena, &p->matches[p->n_matches], err)) return false;
    return true;
}

static bool take_published(const struct arguments *args, struct profile *p, struct error *err) {
    json_t *rows = NULL;
    bool ok = true;
    if (p->n_actions) {
        ok = published(args, "sfma/nist_rmf_genai_actions.json", "sfma/nist_rmf_genai_actions_dev.json", &rows, err) &&
             (!rows || take_actions(args, p, rows, err));
    } else if (p->n_matches) {
        ok = published(args, "sfma/ibm2nistgenai_mapping.json", "sfma/ibm2nistgenai_mapping_dev.json", &rows, err) &&
             (!rows || take_matches(args, p, rows, err));
    }
    json_decref(rows);
    return ok;
}

struct profile *goals_profile(const struct arguments *args, const char *name, struct error *err) {
    struct text source;
    const char *shown;
    if (!profile_text(args, name, &source, &shown, err)) return NULL;
    struct profile *p = profile_read(source, shown, args->arena, err);
    return p && take_published(args, p, err) ? p : NULL;
}

/* ---- what a policy makes of its profiles */

static void put_reach(struct buffer *out, const struct profile *p, const struct profile_reach *r) {
    if (!r->actions) return;
    buffer_printf(out, "; %zu actions reach %zu of %zu items", r->actions, r->items, p->n_items);
    if (r->published_items < r->items)
        buffer_printf(out, " (%zu by the published links: %s)", r->published_items, p->actions_why);
    buffer_printf(out, ", %zu reach none; %zu are served by a goal", r->unlinked, r->served);
}

static void put_matches(struct buffer *out, const struct profile *p) {
    size_t kinds[PROFILE_RELATED + 1] = {0};
    if (!p->n_matches) return;
    for (size_t i = 0; i < p->n_matches; i++) kinds[p->matches[i].kind]++;
    buffer_printf(out, "%s%zu mapped pairs:", p->n_items ? "; " : "", p->n_matches);
    for (int k = PROFILE_EXACT; k <= PROFILE_RELATED; k++)
        buffer_printf(out, "%s %zu %s", k ? "," : "", kinds[k], profile_match_names[k]);
    buffer_printf(out, "; %zu count as coverage", kinds[PROFILE_EXACT] + kinds[PROFILE_CLOSE]);
}

static bool put_profile(struct arguments *args, const struct profile *p, const struct policy *policy,
                        const struct policy_trace *trace, struct buffer *out, json_t *list, struct error *err) {
    bool *held = arena_new(args->arena, bool, p->n_items + 1, err);
    struct profile_reach reach;
    size_t asked = 0;
    if (!held) return false;
    for (size_t i = 0; i < p->n_items; i++) {
        size_t goal = policy_goal_find(policy, text_of(p->items[i].id));
        asked += goal != SIZE_MAX;
        held[i] = goal != SIZE_MAX && trace->paths[goal] != POLICY_PATH_NONE;
    }
    if (!profile_reach(p, held, args->arena, &reach, err)) return false;
    buffer_printf(out, "profile %s: ", p->name);
    if (p->n_items) buffer_printf(out, "%zu items, %zu of them goals", p->n_items, asked);
    put_reach(out, p, &reach);
    put_matches(out, p);
    if (p->n_requirements) buffer_printf(out, "; %zu technical requirements", p->n_requirements);
    buffer_put_char(out, '\n');
    json_array_append_new(list, json_pack("{s:s s:i s:i s:i s:i s:i s:i s:i s:i s:i}", "profile", p->name, "items",
                                          (int)p->n_items, "goals", (int)asked, "actions", (int)reach.actions,
                                          "items_reached", (int)reach.items, "items_reached_as_published",
                                          (int)reach.published_items, "actions_unlinked", (int)reach.unlinked,
                                          "actions_served", (int)reach.served, "pairs", (int)p->n_matches,
                                          "requirements", (int)p->n_requirements));
    return true;
}

bool goals_profiles_put(struct arguments *args, const struct policy *policy, const struct policy_trace *trace,
                        struct buffer *out, json_t *list, struct error *err) {
    bool nist = false;
    for (size_t i = 0; i < policy->n_profiles; i++) {
        const struct profile *p = goals_profile(args, policy->profiles[i], err);
        if (!p || !put_profile(args, p, policy, trace, out, list, err)) return false;
        nist = nist || strcmp(p->name, "nist-genai") == 0;
    }
    if (!nist) return true;
    const struct profile *crosswalk = goals_profile(args, "atlas-nist", err);
    return crosswalk && put_profile(args, crosswalk, policy, trace, out, list, err);
}

/* ---- goals init */

static bool asks_anything(const struct profile *const *profiles, size_t n, int day) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < profiles[i]->n_items; k++)
            if (profile_item_holds(&profiles[i]->items[k], day)) return true;
    return false;
}

bool goals_init(struct arguments *args, struct error *err) {
    const struct profile *profiles[PROFILES_MOST];
    struct text rest = text_of(args_text(args, "profile", "eu-ai-act")), name;
    size_t n = 0;
    int day;
    if (!goals_day(args, &day, err)) return false;
    while (text_next(&rest, ',', &name)) {
        const char *copy = text_copy(args->arena, text_trim(name), err);
        if (n == PROFILES_MOST) return error_set(err, ERROR_USAGE, "--profile: at most %d profiles", PROFILES_MOST);
        if (!copy || !(profiles[n] = goals_profile(args, copy, err))) return false;
        if (!profiles[n]->n_items)
            return error_set(err, ERROR_USAGE, "profile '%s' asks for nothing by itself", profiles[n]->name);
        for (size_t i = 0; i < n; i++)
            if (strcmp(profiles[i]->name, profiles[n]->name) == 0)
                return error_set(err, ERROR_USAGE, "--profile: '%s' is given twice", copy);
        n++;
    }
    if (!n) return error_set(err, ERROR_USAGE, "--profile: expected names of profiles");
    if (!asks_anything(profiles, n, day))
        return error_set(err, ERROR_USAGE, "none of the profiles asks for anything on that day; give another --as-of");
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    profile_policy_put(&b, profiles, n, "begun", day);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

/* ---- goals classify */

static json_t *verdict_json(const struct profile *p, const struct profile_verdict *v) {
    json_t *tracks = json_object(), *steps = json_array();
    for (size_t i = 0; i < v->n_tracks; i++)
        json_object_set_new(tracks, v->tracks[i].track,
                            json_pack("{s:s? s:s? s:s? s:s?}", "class", v->tracks[i].name, "rule",
                                      v->tracks[i].by ? v->tracks[i].by->id : NULL, "clause",
                                      v->tracks[i].by ? v->tracks[i].by->clause : NULL, "missing",
                                      v->tracks[i].missing));
    for (size_t i = 0; i < v->n_steps; i++)
        json_array_append_new(steps, json_pack("{s:s s:s s:s? s:s}", "rule", v->steps[i].rule->id, "clause",
                                               v->steps[i].rule->clause, "answer",
                                               v->steps[i].decided ? v->steps[i].decided->name : NULL, "holds",
                                               v->steps[i].holds == POLICY_YES  ? "yes"
                                               : v->steps[i].holds == POLICY_NO ? "no"
                                                                                : "open"));
    return json_pack("{s:s s:o s:o}", "profile", p->name, "tracks", tracks, "path", steps);
}

static bool print_verdict(struct arguments *args, const struct profile *p, const struct profile_verdict *v,
                          const struct policy_context *answers, struct error *err) {
    struct buffer b;
    if (args_on(args, "json")) {
        json_t *j = verdict_json(p, v);
        bool ok = j ? print_json(args->out, j, err) : error_memory(err, "classes");
        json_decref(j);
        return ok;
    }
    buffer_init(&b, (size_t)1 << 20);
    profile_verdict_put(&b, v, answers);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

bool goals_classify(struct arguments *args, const char *path, struct error *err) {
    const struct profile *p = goals_profile(args, args_text(args, "profile", "eu-ai-act"), err);
    const struct yaml *root = p ? yaml_read_file(args->arena, path, FILE_MOST, err) : NULL;
    struct policy_context answers;
    struct profile_verdict v;
    if (!root || !profile_answers_read(p, root, args->arena, &answers, err)) return false;
    if (!profile_classify(p, &answers, args->arena, &v, err))
        return err->kind == ERROR_DATA ? error_wrap(err, "%s:%zu:%zu", path, root->line, root->column) : false;
    if (!print_verdict(args, p, &v, &answers, err)) return false;
    for (size_t i = 0; i < v.n_tracks; i++)
        if (!v.tracks[i].name)
            return error_set(err, ERROR_GATE, "the class is open: answer '%s', or say 'unanswered: no'",
                             v.tracks[i].missing ? v.tracks[i].missing : "more");
    return true;
}
