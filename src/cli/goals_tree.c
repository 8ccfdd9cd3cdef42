/* basanite goals tree POLICY: values, what refines them, and what is measured; what nothing decides is marked. */
#include "cli/goals_policy.h"

#include "report/report.h"
#include "set/policy_trace.h"

#include <string.h>

enum { DEEPEST = 40 };

struct drawing {
    const struct policy *policy;
    const struct policy_trace *trace;
    struct buffer *out;
    bool color;
    bool *drawn;
};

static bool refines(const struct policy_goal *g, size_t other) {
    for (size_t k = 0; k < g->n_relations; k++)
        if (g->relations[k].kind == POLICY_REFINES && (other == SIZE_MAX || g->relations[k].goal == other)) return true;
    return false;
}

static void put_goal(struct drawing *d, size_t goal, size_t depth) {
    const struct policy_goal *g = &d->policy->goals[goal];
    bool none = d->trace->paths[goal] == POLICY_PATH_NONE && !g->waived_by;
    int indent = (int)(2 * depth);
    buffer_printf(d->out, "%*s%sL%d %s%s %s%s%s%s\n", indent, "", none && d->color ? "\033[31m" : "", g->level, g->id,
                  g->hard ? " (hard)" : "", policy_kind_names[g->kind], g->text[0] ? ": " : "", g->text,
                  none           ? d->color ? "  nothing decides it\033[0m" : "  nothing decides it"
                  : g->waived_by ? "  waived"
                                 : "");
    if (d->drawn[goal] && g->n_clauses) {
        buffer_printf(d->out, "%*s  as above\n", indent, "");
        return;
    }
    d->drawn[goal] = true;
    for (size_t i = 0; i < g->n_clauses; i++) {
        buffer_printf(d->out, "%*s  = ", indent, "");
        goals_clause_put(d->out, &g->clauses[i]);
        buffer_printf(d->out, "%s%s\n", g->for_each[0] ? " for each " : "", g->for_each);
    }
    if (g->kind == POLICY_DOCUMENT)
        buffer_printf(d->out, "%*s  = document%s%s\n", indent, "", g->evidence.file ? " " : ", none yet",
                      g->evidence.file ? g->evidence.file : "");
    for (size_t i = 0; i < d->policy->n_goals && depth < DEEPEST; i++)
        if (refines(&d->policy->goals[i], goal)) put_goal(d, i, depth + 1);
}

static json_t *tree_json(struct drawing *d, size_t goal, size_t depth) {
    static const char *const path_words[] = {"none", "document", "refined", "measured"};
    const struct policy_goal *g = &d->policy->goals[goal];
    json_t *measures = json_array(), *below = json_array();
    for (size_t i = 0; i < g->n_clauses; i++) {
        struct buffer b;
        buffer_init(&b, 4096);
        goals_clause_put(&b, &g->clauses[i]);
        json_array_append_new(measures, json_from_text(buffer_text(&b)));
        buffer_done(&b);
    }
    for (size_t i = 0; i < d->policy->n_goals && depth < DEEPEST; i++)
        if (refines(&d->policy->goals[i], goal)) json_array_append_new(below, tree_json(d, i, depth + 1));
    return json_pack("{s:s s:i s:s s:s s:s s:o s:o}", "id", g->id, "level", g->level, "kind",
                     policy_kind_names[g->kind], "text", g->text, "path", path_words[d->trace->paths[goal]], "measures",
                     measures, "refined_by", below);
}

bool goals_tree(struct arguments *args, const char *name, struct error *err) {
    struct policy_names names;
    struct policy_trace trace;
    struct buffer b;
    struct report_options terminal = {0};
    const struct policy *p = goals_policy(args, name, &names, err);
    if (!p || !policy_trace(p, &names, args->arena, &trace, err)) return false;
    print_terminal(args, &terminal);
    buffer_init(&b, (size_t)64 << 20);
    struct drawing d = {p, &trace, &b, terminal.color, arena_new(args->arena, bool, p->n_goals + 1, err)};
    if (!d.drawn) return false;
    json_t *roots = json_array();
    for (int level = 3; level >= 1; level--)
        for (size_t i = 0; i < p->n_goals; i++) {
            if (p->goals[i].level != level || refines(&p->goals[i], SIZE_MAX)) continue;
            if (args_on(args, "json"))
                json_array_append_new(roots, tree_json(&d, i, 0));
            else
                put_goal(&d, i, 0);
        }
    bool ok = args_on(args, "json") ? print_json(args->out, roots, err) : print_buffer(args->out, &b, err);
    json_decref(roots);
    buffer_done(&b);
    return ok;
}
