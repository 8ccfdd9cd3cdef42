/* basanite goals check: what a policy can decide, what it leaves open, and what contradicts itself. */
#include "cli/goals_policy.h"
#include "cli/goals_profile.h"

#include "report/text_grid.h"
#include "set/policy_conflict.h"
#include "set/policy_trace.h"

#include <math.h>
#include <string.h>

/* What a clause needs. */
struct clause_row {
    size_t goal;
    const struct policy_clause *clause;
    struct policy_metric metric;
    const char *run, *group; /* what is run for it */
    bool no_group;           /* the task has items, and none of the group */
    uint64_t items;          /* 0: not known */
    uint64_t smallest;       /* n at which it can be met; 0: at none, or it is no share of independent items */
    uint64_t passing;        /* successes of `items` that meet it; valid where `passes` */
    bool exact, passes;
};
struct checking {
    struct arguments *args;
    const struct policy *policy;
    struct policy_names names;
    struct policy_trace trace;
    struct policy_conflicts conflicts;
    struct clause_row *rows;
    size_t n_rows;
};

/* Figures that count every item of their task; of others, such as over_refusal, only a part of the items counts, which
 * nobody knows before they are asked. */
static bool counts_all(const char *metric) {
    static const char *const names[] = {"score",        "acc",        "exact_match", "refusal_rate", "compliance_rate",
                                        "partial_rate", "parse_rate", "listed_rate", "matching",     "judged_rate",
                                        "call_formed",  "call_tool",  "toxic_rate",  "level_share",  "class_share"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], metric) == 0) return true;
    return false;
}

/* ---- rows */

static bool fill_row(struct checking *c, struct clause_row *row, struct error *err) {
    const struct policy_figure *f = &row->clause->figure;
    struct policy_place place = {.run = "", .group = ""};
    if (!c->names.metric(c->names.context, text_of(f->name), c->args->arena, &row->metric, err)) return false;
    if (f->place[0] && (!c->names.place(c->names.context, text_of(f->place), c->args->arena, &place, err) ||
                        !c->names.items(c->names.context, text_of(f->place), &row->items, err)))
        return false;
    row->run = place.run;
    row->group = place.group;
    if (place.group[0] && row->items == 0) {
        uint64_t all = 0;
        if (!c->names.items(c->names.context, text_of(place.run), &all, err)) return false;
        row->no_group = all > 0;
    }
    row->exact = row->metric.exact && !f->difference;
    if (!row->exact) return true;
    row->smallest = policy_size_smallest(row->clause, goals_exact);
    row->passes = row->items && counts_all(row->metric.name) &&
                  policy_size_passing(row->clause, goals_exact, row->items, &row->passing);
    return true;
}

static bool fill_rows(struct checking *c, struct error *err) {
    const struct policy *p = c->policy;
    size_t n = 0;
    for (size_t i = 0; i < p->n_goals; i++) n += p->goals[i].n_clauses;
    if (!(c->rows = arena_new(c->args->arena, struct clause_row, n + 1, err))) return false;
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_clauses; k++) {
            struct clause_row *row = &c->rows[c->n_rows++];
            *row = (struct clause_row){.goal = i, .clause = &p->goals[i].clauses[k]};
            if (!fill_row(c, row, err)) return false;
        }
    return true;
}

/* Why a clause can never be met; NULL: it can. */
static const char *never(const struct checking *c, const struct clause_row *row, struct error *err) {
    struct arena *arena = c->args->arena;
    unsigned long long items = row->items, smallest = row->smallest, n_min = row->clause->n_min;
    if (row->clause->prefer || c->policy->goals[row->goal].waived_by) return NULL;
    if (row->no_group) return arena_printf(arena, err, "'%s' has no group '%s'", row->run, row->group);
    if (!row->exact) return NULL;
    if (smallest == 0) return "no number of items can show it; its exact bound never reaches the target";
    if (items && items < smallest)
        return arena_printf(arena, err, "needs %llu items at least, and '%s' has %llu", smallest,
                            row->clause->figure.place, items);
    if (items && items < n_min)
        return arena_printf(arena, err, "n_min is %llu, and '%s' has %llu items", n_min, row->clause->figure.place,
                            items);
    return NULL;
}

/* A line for each clause that can never be met, with its place. */
static size_t infeasible(const struct checking *c, struct buffer *b) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        const struct clause_row *row = &c->rows[i];
        struct error err = {0};
        const char *why = never(c, row, &err);
        if (!why) continue;
        buffer_printf(b, "%s%s:%zu:%zu: goal '%s': ", n++ ? "\n" : "", c->policy->file, row->clause->line,
                      row->clause->column, c->policy->goals[row->goal].id);
        goals_clause_put(b, row->clause);
        buffer_printf(b, ": %s", why);
    }
    return n;
}

/* ---- text */

static const char *const path_words[] = {[POLICY_PATH_NONE] = "nothing",
                                         [POLICY_PATH_DOCUMENT] = "document",
                                         [POLICY_PATH_REFINED] = "refined",
                                         [POLICY_PATH_MEASURED] = "measured"};

static bool put_clause_row(struct checking *c, struct text_grid *grid, const struct clause_row *row,
                           struct error *err) {
    const struct policy_goal *g = &c->policy->goals[row->goal];
    struct arena *arena = c->args->arena;
    struct buffer b;
    buffer_init(&b, 4096);
    goals_clause_put(&b, row->clause);
    const char *clause = text_copy(arena, buffer_text(&b), err);
    buffer_done(&b);
    const char *items = row->items ? arena_printf(arena, err, "%llu", (unsigned long long)row->items) : "";
    const char *smallest = row->smallest ? arena_printf(arena, err, "%llu", (unsigned long long)row->smallest) : "";
    bool up = row->clause->op == POLICY_AT_LEAST || row->clause->op == POLICY_ABOVE;
    const char *passing =
        row->passes ? arena_printf(arena, err, "%s%llu", up ? ">= " : "<= ", (unsigned long long)row->passing) : "";
    if (!clause || !items || !smallest || !passing) return false;
    const char *cells[] = {g->clause, g->attribute, g->id, clause, row->run, items, smallest, passing};
    return text_grid_row(grid, cells, err);
}

/* Clause of the law -> attribute -> goal -> figure -> run, a row a clause. */
static bool put_matrix(struct checking *c, struct buffer *b, struct error *err) {
    static const char *const header[] = {"clause", "attribute", "goal",    "figure and target",
                                         "run",    "items",     "least n", "passes at"};
    struct text_grid grid;
    if (!text_grid_init(&grid, c->args->arena, 8, err) || !text_grid_row(&grid, header, err)) return false;
    grid.right[5] = grid.right[6] = grid.right[7] = true;
    for (size_t i = 0; i < c->n_rows; i++)
        if (!put_clause_row(c, &grid, &c->rows[i], err)) return false;
    for (size_t i = 0; i < c->policy->n_goals; i++) {
        const struct policy_goal *g = &c->policy->goals[i];
        const char *cells[] = {g->clause, g->attribute, g->id, path_words[c->trace.paths[i]], "", "", "", ""};
        if (c->trace.paths[i] != POLICY_PATH_MEASURED && !text_grid_row(&grid, cells, err)) return false;
    }
    text_grid_put(&grid, b, 0, false, 0);
    return true;
}

/* Run -> figure -> goals: what would be missed if one of them went away. */
static void put_back(struct checking *c, struct buffer *b) {
    buffer_put_c(b, "back:\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        const char *figure = c->rows[i].clause->figure.text;
        bool before = false;
        for (size_t k = 0; k < i && !before; k++) before = strcmp(c->rows[k].clause->figure.text, figure) == 0;
        if (before) continue;
        buffer_printf(b, "  %s%s%s:", c->rows[i].run, c->rows[i].run[0] ? " -> " : "", figure);
        for (size_t k = i; k < c->n_rows; k++)
            if (strcmp(c->rows[k].clause->figure.text, figure) == 0)
                buffer_printf(b, " %s", c->policy->goals[c->rows[k].goal].id);
        buffer_put_char(b, '\n');
    }
}

static void put_conflict(struct checking *c, struct buffer *b, const struct policy_conflict *one) {
    buffer_put_c(b, "cannot be met together:");
    for (size_t i = 0; i < one->n_goals; i++) buffer_printf(b, " %s", c->policy->goals[one->goals[i]].id);
    for (size_t i = 0; i < one->n_ties; i++) buffer_printf(b, "%s%s", i ? "; " : ", since ", one->ties[i]);
    buffer_put_char(b, '\n');
    for (size_t i = 0; i < one->n_moved; i++) {
        const struct policy_moved *m = &one->moved[i];
        buffer_printf(b, "  nearest that can: %s %s, %s %.6g instead of %.6g\n", c->policy->goals[m->goal].id,
                      m->clause->figure.text, m->end, m->to, m->from);
    }
}

static void put_conflicts(struct checking *c, struct buffer *b) {
    for (size_t i = 0; i < c->conflicts.n; i++) put_conflict(c, b, &c->conflicts.found[i]);
    if (!c->conflicts.looked)
        buffer_printf(b, "conflicts: not looked for: %s\n", c->conflicts.why);
    else if (!c->conflicts.n)
        buffer_printf(b, "conflicts: none among %zu figures with %zu ties between them\n", c->conflicts.figures,
                      c->conflicts.ties);
}

static bool put_text(struct checking *c, struct error *err) {
    const struct policy *p = c->policy;
    const struct policy_trace *t = &c->trace;
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    bool ok = put_matrix(c, &b, err);
    put_back(c, &b);
    if (infeasible(c, &b)) buffer_put_char(&b, '\n');
    for (size_t i = 0; i < t->n_orphans; i++) buffer_printf(&b, "%s\n", t->orphans[i]);
    put_conflicts(c, &b);
    json_t *ignored = json_array();
    ok = ok && goals_profiles_put(c->args, p, t, &b, ignored, err);
    json_decref(ignored);
    buffer_printf(
        &b,
        "policy %s: %zu goals; %zu measured, %zu by what refines them, %zu by documents, %zu waived; coverage "
        "%zu of %zu; gate %s\n",
        p->name, p->n_goals, t->measured, t->refined, t->documents, t->waived, t->executable, t->active, p->gate);
    ok = ok && print_buffer(c->args->out, &b, err);
    buffer_done(&b);
    return ok;
}

/* ---- JSON */

static json_t *row_json(const struct checking *c, const struct clause_row *row) {
    const struct policy_goal *g = &c->policy->goals[row->goal];
    const struct policy_clause *k = row->clause;
    uint64_t planned = goals_planned(k);
    return json_pack("{s:s s:s s:s s:s s:s s:s s:o s:o s:o s:f s:s s:s s:s s:o s:o s:o s:o}", "goal", g->id, "clause",
                     g->clause, "attribute", g->attribute, "figure", k->figure.name, "place", k->figure.place, "op",
                     policy_op_names[k->op], "target", json_from_f64(k->target), "upper", json_from_f64(k->upper),
                     "tol", json_from_f64(k->tol), "confidence", k->confidence, "unit", row->metric.unit, "run",
                     row->run, "measure", policy_measure_names[row->metric.measure], "items",
                     row->items ? json_integer((json_int_t)row->items) : json_null(), "least_n",
                     row->smallest ? json_integer((json_int_t)row->smallest) : json_null(), "passes_at",
                     row->passes ? json_integer((json_int_t)row->passing) : json_null(), "planned_n",
                     planned ? json_integer((json_int_t)planned) : json_null());
}

static json_t *conflict_json(const struct checking *c, const struct policy_conflict *one) {
    json_t *goals = json_array(), *ties = json_array(), *moved = json_array();
    for (size_t i = 0; i < one->n_goals; i++)
        json_array_append_new(goals, json_string(c->policy->goals[one->goals[i]].id));
    for (size_t i = 0; i < one->n_ties; i++) json_array_append_new(ties, json_string(one->ties[i]));
    for (size_t i = 0; i < one->n_moved; i++)
        json_array_append_new(moved, json_pack("{s:s s:s s:s s:f s:f}", "goal", c->policy->goals[one->moved[i].goal].id,
                                               "figure", one->moved[i].clause->figure.text, "end", one->moved[i].end,
                                               "from", one->moved[i].from, "to", one->moved[i].to));
    return json_pack("{s:o s:o s:o}", "goals", goals, "ties", ties, "nearest", moved);
}

static json_t *goals_json(const struct checking *c) {
    json_t *list = json_array();
    for (size_t i = 0; i < c->policy->n_goals; i++) {
        const struct policy_goal *g = &c->policy->goals[i];
        json_array_append_new(list, json_pack("{s:s s:i s:s s:s s:s s:i s:b s:s s:s?}", "id", g->id, "level", g->level,
                                              "kind", policy_kind_names[g->kind], "clause", g->clause, "attribute",
                                              g->attribute, "severity", g->severity, "hard", g->hard, "path",
                                              path_words[c->trace.paths[i]], "waived_by", g->waived_by));
    }
    return list;
}

static bool put_json(struct checking *c, struct error *err) {
    const struct policy_trace *t = &c->trace;
    json_t *rows = json_array(), *orphans = json_array(), *conflicts = json_array();
    for (size_t i = 0; i < c->n_rows; i++) json_array_append_new(rows, row_json(c, &c->rows[i]));
    for (size_t i = 0; i < t->n_orphans; i++) json_array_append_new(orphans, json_string(t->orphans[i]));
    for (size_t i = 0; i < c->conflicts.n; i++)
        json_array_append_new(conflicts, conflict_json(c, &c->conflicts.found[i]));
    json_t *profiles = json_array();
    struct buffer text;
    buffer_init(&text, 1 << 20);
    bool told = goals_profiles_put(c->args, c->policy, t, &text, profiles, err);
    buffer_done(&text);
    if (!told) return false;
    json_t *all =
        json_pack("{s:s s:s s:{s:i s:i s:i s:i s:i s:i} s:o s:o s:o s:o s:o s:s?}", "policy", c->policy->name, "gate",
                  c->policy->gate, "coverage", "active", (int)t->active, "executable", (int)t->executable, "measured",
                  (int)t->measured, "refined", (int)t->refined, "documents", (int)t->documents, "waived",
                  (int)t->waived, "goals", goals_json(c), "matrix", rows, "orphans", orphans, "conflicts", conflicts,
                  "profiles", profiles, "conflicts_not_looked_for", c->conflicts.looked ? NULL : c->conflicts.why);
    bool ok = all ? print_json(c->args->out, all, err) : error_memory(err, "policy");
    json_decref(all);
    return ok;
}

static bool judge(struct checking *c, struct error *err) {
    struct buffer b;
    buffer_init(&b, 800);
    size_t short_of = infeasible(c, &b);
    char first[800];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(b.at ? b.at : "", "\n"), b.at ? b.at : "");
    buffer_done(&b);
    if (c->trace.n_orphans)
        return error_set(err, ERROR_GATE, "policy %s: %zu orphans; first %s", c->policy->name, c->trace.n_orphans,
                         c->trace.orphans[0]);
    if (c->conflicts.n) {
        buffer_init(&b, 400);
        for (size_t i = 0; i < c->conflicts.found[0].n_goals; i++)
            buffer_printf(&b, "%s%s", i ? ", " : "", c->policy->goals[c->conflicts.found[0].goals[i]].id);
        error_set(err, ERROR_GATE, "policy %s: goals that cannot be met together: %s", c->policy->name, b.at);
        buffer_done(&b);
        return false;
    }
    return short_of == 0 || error_set(err, ERROR_GATE, "policy %s: %s", c->policy->name, first);
}

bool goals_check(struct arguments *args, const char *name, struct error *err) {
    struct checking c = {.args = args};
    c.policy = goals_policy(args, name, &c.names, err);
    return c.policy && fill_rows(&c, err) && policy_trace(c.policy, &c.names, args->arena, &c.trace, err) &&
           policy_conflicts(c.policy, &c.names, args->arena, &c.conflicts, err) &&
           (args_on(args, "json") ? put_json(&c, err) : put_text(&c, err)) && judge(&c, err);
}
