/* Reading and telling: see rule_set.h. */
#include "measure/trace/rule_set.h"

#include "base/yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_MOST = 1 << 20, NAME = 200 };

bool rule_set_is(const char *path) {
    return text_ends(text_of(path), TEXT(".yaml")) || text_ends(text_of(path), TEXT(".yml"));
}

void rule_set_done(struct rule_set *set) {
    json_decref(set->json);
    set->json = NULL;
}

/* ---- reading */

static bool add_call(struct rule_set *set, struct text agent, const struct yaml *tool, struct error *err) {
    if (tool->kind != YAML_SCALAR || !tool->scalar.len) return yaml_error(tool, err, "expected the name of a tool");
    for (size_t i = 0; i < set->n_calls; i++)
        if (text_equal(set->calls[i].tool, tool->scalar)) return true;
    if (set->n_calls == RULE_CALLS_MOST) return yaml_error(tool, err, "more than %d tools", RULE_CALLS_MOST);
    set->calls[set->n_calls++] = (struct rule_call){agent, tool->scalar};
    return true;
}

static bool read_agents(struct rule_set *set, const struct yaml *root, struct error *err) {
    const struct yaml *agents = yaml_get(root, "agents");
    if (!agents || agents->kind != YAML_MAPPING)
        return yaml_error(agents ? agents : root, err, "expected 'agents', a mapping of agents to their tools");
    for (size_t i = 0; i < agents->n; i++) {
        const struct yaml *tools = agents->child[i];
        if (tools->kind != YAML_SEQUENCE) return yaml_error(tools, err, "expected a list of tools");
        for (size_t k = 0; k < tools->n; k++)
            if (!add_call(set, agents->key[i]->scalar, tools->child[k], err)) return false;
    }
    return true;
}

/* The steps of a line as those of a chain: the unlesses of the line go to every step but the first. */
static json_t *steps_json(const struct yaml *steps, const struct yaml *unless, struct error *err) {
    json_t *list = json_array(), *without = unless ? yaml_to_json(unless, err) : NULL;
    for (size_t i = 0; i < steps->n; i++) {
        json_t *call = json_from_text(steps->child[i]->scalar);
        if (i && without) call = json_pack("{s:o s:O}", "call", call, "unless", without);
        json_array_append_new(list, call);
    }
    json_decref(without);
    return list;
}

static bool names_only(const struct yaml *list, struct error *err) {
    for (size_t i = 0; i < list->n; i++)
        if (list->child[i]->kind != YAML_SCALAR || !list->child[i]->scalar.len)
            return yaml_error(list->child[i], err, "expected the name of a tool");
    return true;
}

static bool read_line(struct rule_set *set, const struct yaml *node, bool must, struct error *err) {
    static const char *const keys[] = {"id", "steps", "unless"};
    const struct yaml *steps = yaml_get(node, "steps"), *unless = yaml_get(node, "unless");
    struct rule_line *line = &set->lines[set->n_lines];
    if (!yaml_check_keys(node, keys, 3, err)) return false;
    if (set->n_lines == RULE_LINES_MOST) return yaml_error(node, err, "more than %d rules", RULE_LINES_MOST);
    *line = (struct rule_line){.must = must, .line = node->line};
    if (!yaml_opt_text(node, "id", &line->id, err)) return false;
    if (!line->id.len) return yaml_error(node, err, "expected 'id', a name");
    if (!steps || steps->kind != YAML_SEQUENCE || steps->n == 0)
        return yaml_error(node, err, "expected 'steps', a list of tools");
    if (unless && unless->kind != YAML_SEQUENCE) return yaml_error(unless, err, "expected a list of tools");
    if (!names_only(steps, err) || (unless && !names_only(unless, err))) return false;
    json_t *json = steps_json(steps, unless, err);
    if (!json || json_array_append_new(set->json, json) != 0) return error_memory(err, "rules");
    line->chain = (struct spec_chain){
        .file = set->file, .category = set->name, .subcategory = line->id, .number = 1, .steps = json};
    set->n_lines++;
    return true;
}

static bool read_lines(struct rule_set *set, const struct yaml *root, const char *key, struct error *err) {
    const struct yaml *list = yaml_get(root, key);
    if (list && list->kind != YAML_SEQUENCE) return yaml_error(list, err, "expected a list of rules");
    for (size_t i = 0; list && i < list->n; i++)
        if (!read_line(set, list->child[i], strcmp(key, "must") == 0, err)) return false;
    return true;
}

static bool compile(struct rule_set *set, struct arena *arena, struct error *err) {
    for (size_t i = 0; i < set->n_lines; i++) {
        struct tool_spec one = {.arena = arena, .chains = &set->lines[i].chain, .n_chains = 1};
        struct chain_set made;
        if (!chain_set_make(&one, arena, &made, err)) return false;
        set->lines[i].dfa = made.dfas[0];
    }
    return true;
}

bool rule_set_read(struct rule_set *set, const char *path, struct arena *arena, struct error *err) {
    static const char *const keys[] = {"rules", "agents", "never", "must"};
    *set = (struct rule_set){.file = path, .json = json_array()};
    const struct yaml *root = yaml_read_file(arena, path, BYTES_MOST, err);
    set->calls = arena_new(arena, struct rule_call, RULE_CALLS_MOST, err);
    set->lines = arena_new(arena, struct rule_line, RULE_LINES_MOST + 1, err);
    if (!root || !set->calls || !set->lines || !set->json || !yaml_check_keys(root, keys, 4, err)) return false;
    if (!yaml_opt_text(root, "rules", &set->name, err)) return false;
    if (!set->name.len) return yaml_error(root, err, "expected 'rules', the name of the set");
    return read_agents(set, root, err) && read_lines(set, root, "never", err) && read_lines(set, root, "must", err) &&
           (set->n_lines || yaml_error(root, err, "no rules: expected 'never' or 'must'")) && compile(set, arena, err);
}

/* ---- telling */

static const struct finding_rule contradiction = {"contradiction", "rules that no run can keep together", FINDING_ERROR,
                                                  NULL};
static const struct finding_rule vacuous = {"vacuous", "a rule that nobody could break with what is granted",
                                            FINDING_ERROR, NULL};
static const struct finding_rule breakable = {"breakable", "what is granted lets this rule be broken, and how",
                                              FINDING_NOTE, NULL};
const struct finding_rule *const rule_set_rules[3] = {&contradiction, &vacuous, &breakable};

struct telling {
    const struct rule_set *set;
    struct arena *arena;
    finding_sink *sink;
    void *context;
    struct buffer *witness;
};

static bool tell(const struct telling *t, const struct finding_rule *rule, const struct rule_line *line,
                 const struct rule_run *run, const char *what, struct error *err) {
    struct finding_step steps[RULE_WORD_MOST];
    size_t n = run ? run->n : 0;
    for (size_t i = 0; i < n; i++) {
        const struct rule_call *c = &t->set->calls[run->call[i]];
        const char *said =
            arena_printf(t->arena, err, "%zu: %.*s calls %.*s", i + 1, TEXT_ARG(c->agent), TEXT_ARG(c->tool));
        if (!said) return false;
        steps[i] = (struct finding_step){.line = line->line, .what = said};
    }
    const char *item = text_copy(t->arena, line->id, err);
    const struct finding f = {.rule = rule->name,
                              .severity = rule->severity,
                              .file = t->set->file,
                              .line = line->line,
                              .item = item,
                              .what = what,
                              .witness = steps,
                              .n_witness = n};
    return item && t->sink(t->context, &f, err);
}

static bool put_witness(const struct telling *t, const struct rule_line *line, const struct rule_run *run,
                        struct error *err) {
    for (size_t i = 0; t->witness && i < run->n; i++) {
        const struct rule_call *c = &t->set->calls[run->call[i]];
        buffer_put_c(t->witness, "{\"trace\":");
        json_put_string(t->witness, line->id);
        buffer_printf(t->witness, ",\"span\":\"%zu\",\"agent\":", i + 1);
        json_put_string(t->witness, c->agent);
        buffer_printf(t->witness,
                      ",\"op\":\"execute_tool\",\"t0\":\"%zu\",\"t1\":\"%zu\",\"status\":\"ok\",\"tool\":"
                      "{\"name\":",
                      1000 * i + 1000, 1000 * i + 1900);
        json_put_string(t->witness, c->tool);
        buffer_put_c(t->witness, ",\"args\":{},\"result\":\"\",\"ok\":true}}\n");
    }
    return !t->witness || buffer_check(t->witness, "witness", err);
}

/* Of lines that cannot hold together those of which none can be left out, tried from the last. */
static bool tell_contradiction(const struct telling *t, uint32_t must, uint32_t never, struct error *err) {
    struct rule_run run;
    char what[NAME] = "cannot be kept with:";
    const struct rule_line *first = NULL;
    if (!rule_set_run(t->set, must, never, t->arena, &run, err)) return false;
    if (run.there) return true;
    for (size_t i = t->set->n_lines; i-- > 0;) {
        uint32_t bit = (uint32_t)1 << i;
        if (!rule_set_run(t->set, must & ~bit, never & ~bit, t->arena, &run, err)) return false;
        if (!run.there) must &= ~bit, never &= ~bit;
    }
    for (size_t i = 0; i < t->set->n_lines; i++) {
        if (!((must | never) >> i & 1)) continue;
        size_t len = strlen(what);
        if (first) snprintf(what + len, sizeof what - len, " %.*s", TEXT_ARG(t->set->lines[i].id));
        if (!first) first = &t->set->lines[i];
    }
    if (strchr(what, ':')[1] == 0) snprintf(what, sizeof what, "nobody may do what it asks for");
    return !first || tell(t, &contradiction, first, NULL, what, err);
}

bool rule_set_check(const struct rule_set *set, finding_sink *sink, void *context, struct buffer *witness,
                    struct error *err) {
    struct arena arena;
    struct telling t = {.set = set, .arena = &arena, .sink = sink, .context = context, .witness = witness};
    uint32_t must = 0, never = 0;
    bool ok = true;
    arena_init(&arena, (size_t)1 << 30);
    for (size_t i = 0; i < set->n_lines; i++) *(set->lines[i].must ? &must : &never) |= (uint32_t)1 << i;
    ok = tell_contradiction(&t, must, never, err);
    for (size_t i = 0; ok && i < set->n_lines; i++) {
        const struct rule_line *line = &set->lines[i];
        struct rule_run run;
        if (line->must) continue;
        arena_reset(&arena);
        ok = rule_set_run(set, (uint32_t)1 << i, 0, &arena, &run, err);
        if (ok && run.there)
            ok = tell(&t, &breakable, line, &run, "is broken by calls that are granted", err) &&
                 put_witness(&t, line, &run, err);
        else if (ok)
            ok = tell(&t, &vacuous, line, NULL, "nobody may call what it forbids", err);
    }
    arena_done(&arena);
    return ok;
}
