/* What a causal graph tells of an effect: sets to adjust for, front doors, instruments, the formula with its steps, or
 * two models that show that there is none. See data_effect.h. */
#include "cli/data_effect.h"

#include "measure/causal/advise.h"
#include "measure/causal/hedge.h"

#include <inttypes.h>

enum { OUT_BYTES = 16 << 20 };

struct question {
    const struct graph *g;
    graph_set x, y;
    struct identify_result id;
    struct graph_sets adjust, doors;
    struct graph_instrument instrument[GRAPH_NODES_MOST];
    size_t n_instruments;
    bool any, models;
    struct hedge_pair pair;
};

/* Names with commas of a flag; without it what the file says. */
static bool find_nodes(const struct arguments *args, const char *flag, const struct graph *g, enum graph_role role,
                       graph_set *out, struct error *err) {
    struct text rest = text_of(args_text(args, flag, "")), name;
    for (*out = 0; rest.len && text_next(&rest, ',', &name);) {
        size_t node = graph_node(g, text_trim(name), err);
        if (node == SIZE_MAX) return false;
        *out |= graph_one(node);
    }
    if (!*out) *out = g->role[role];
    return *out ||
           error_set(err, ERROR_USAGE, "expected --%s NODE, or '%s NODE' in '%s'", flag, graph_roles[role], g->file);
}

static bool ask(struct question *q, struct arena *arena, struct error *err) {
    bool single = graph_count(q->x) == 1 && graph_count(q->y) == 1;
    if (!identify(q->g, q->x, q->y, arena, &q->id, err)) return false;
    graph_adjustments(q->g, q->x, q->y, &q->adjust, &q->any);
    if (single) graph_front_doors(q->g, graph_first(q->x), graph_first(q->y), &q->doors);
    if (single) q->n_instruments = graph_instruments(q->g, graph_first(q->x), graph_first(q->y), q->instrument);
    if (q->id.identifiable) return true;
    error_clear(err);
    q->models = hedge_models(q->g, q->x, q->y, &q->id, arena, &q->pair, err);
    return q->models || err->kind == ERROR_NONE;
}

/* ---- for people ---- */

static void put_sets(struct buffer *b, const struct graph *g, const char *what, const struct graph_sets *sets) {
    for (size_t i = 0; i < sets->n; i++) {
        buffer_printf(b, "%s: {", what);
        graph_put_set(b, g, sets->set[i]);
        buffer_put_c(b, "}\n");
    }
    if (sets->more) buffer_printf(b, "%s: there may be more, or larger ones\n", what);
}

static void put_why_not(struct buffer *b, const struct question *q) {
    struct graph_path path;
    if (!graph_adjusts(q->g, q->x, q->y, 0, &path) && path.n) {
        buffer_put_c(b, "open without adjusting: ");
        graph_put_path(b, q->g, &path);
        buffer_put_char(b, '\n');
    }
    if (!q->any) buffer_put_c(b, "adjust for: no set of observed nodes blocks what is not causal\n");
}

static void put_models(struct buffer *b, const struct question *q) {
    buffer_put_c(b, "hedge: {");
    graph_put_set(b, q->g, q->id.hedge);
    buffer_put_c(b, "} around {");
    graph_put_set(b, q->g, q->id.inside);
    buffer_put_c(b, "}\n");
    for (size_t k = 0; q->models && k < 2; k++) {
        buffer_printf(b, "model %zu, in which P = %.6g below:\n", k + 1, q->pair.effect[k]);
        hedge_put(b, q->g, &q->pair.model[k]);
    }
    if (!q->models) return;
    buffer_put_c(b, "both have the same P of everything observed, and P(");
    for (graph_set s = q->y; s; s &= s - 1)
        buffer_printf(b, "%s%s = %d", s == q->y ? "" : ", ", q->g->name[graph_first(s)], (q->pair.y & s & -s) != 0);
    buffer_put_c(b, " | do(");
    for (graph_set s = q->x; s; s &= s - 1)
        buffer_printf(b, "%s%s = %d", s == q->x ? "" : ", ", q->g->name[graph_first(s)], (q->pair.x & s & -s) != 0);
    buffer_printf(b, ")) is %.6g in one and %.6g in the other\n", q->pair.effect[0], q->pair.effect[1]);
}

static void put_instruments(struct buffer *b, const struct question *q) {
    for (size_t i = 0; i < q->n_instruments; i++) {
        buffer_printf(b, "instrument: %s", q->g->name[q->instrument[i].node]);
        if (q->instrument[i].given) buffer_put_c(b, " given {"), graph_put_set(b, q->g, q->instrument[i].given);
        buffer_put_c(b, q->instrument[i].given ? "}\n" : "\n");
    }
}

static void put_lines(struct buffer *b, const struct question *q) {
    buffer_printf(b, "P(");
    graph_put_set(b, q->g, q->y);
    buffer_put_c(b, " | do(");
    graph_put_set(b, q->g, q->x);
    buffer_put_c(b, "))");
    if (q->id.identifiable) {
        buffer_put_c(b, " = ");
        estimand_put(b, q->g, q->id.formula);
        buffer_put_char(b, '\n');
    } else {
        buffer_put_c(b, ": not identifiable from this graph\n");
    }
    put_sets(b, q->g, "adjust for", &q->adjust);
    put_why_not(b, q);
    put_sets(b, q->g, "front door", &q->doors);
    put_instruments(b, q);
    buffer_put_c(b, "steps:\n");
    for (size_t i = 0; i < q->id.n_steps; i++)
        buffer_printf(b, "%*s%d. %s\n", 2 * (q->id.step[i].depth + 1), "", q->id.step[i].line, q->id.step[i].what);
    if (!q->id.identifiable) put_models(b, q);
}

/* ---- as JSON ---- */

static json_t *names_json(const struct graph *g, graph_set s) {
    json_t *list = json_array();
    for (; list && s; s &= s - 1) json_array_append_new(list, json_string(g->name[graph_first(s)]));
    return list;
}

static json_t *sets_json(const struct graph *g, const struct graph_sets *sets) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < sets->n; i++) json_array_append_new(list, names_json(g, sets->set[i]));
    return list;
}

static json_t *formula_json(const struct question *q) {
    struct buffer b;
    buffer_init(&b, OUT_BYTES);
    if (q->id.identifiable) estimand_put(&b, q->g, q->id.formula);
    json_t *text = q->id.identifiable ? json_from_text(buffer_text(&b)) : json_null();
    buffer_done(&b);
    return text;
}

static json_t *question_json(const struct question *q) {
    json_t *steps = json_array(), *instruments = json_array(), *pair = json_null();
    for (size_t i = 0; i < q->id.n_steps; i++)
        json_array_append_new(steps, json_pack("{s:i s:i s:s}", "depth", q->id.step[i].depth, "line",
                                               q->id.step[i].line, "what", q->id.step[i].what));
    for (size_t i = 0; i < q->n_instruments; i++)
        json_array_append_new(instruments, json_pack("{s:s s:o}", "node", q->g->name[q->instrument[i].node], "given",
                                                     names_json(q->g, q->instrument[i].given)));
    if (q->models) pair = json_pack("[f f]", q->pair.effect[0], q->pair.effect[1]);
    return json_pack("{s:o s:o s:b s:o s:o s:o s:o s:o s:o s:o s:o}", "treatment", names_json(q->g, q->x), "outcome",
                     names_json(q->g, q->y), "identifiable", q->id.identifiable, "formula", formula_json(q), "adjust",
                     sets_json(q->g, &q->adjust), "front_door", sets_json(q->g, &q->doors), "instruments", instruments,
                     "steps", steps, "hedge", names_json(q->g, q->id.hedge), "inside", names_json(q->g, q->id.inside),
                     "models", pair);
}

static bool print_advice(struct arguments *args, const struct graph *g, struct error *err) {
    struct advice advice;
    struct buffer b;
    if (!advise(g, args->arena, &advice, err)) return false;
    if (args_on(args, "json")) {
        json_t *list = json_array();
        for (size_t i = 0; list && i < advice.n; i++)
            json_array_append_new(list, json_pack("{s:s s:s s:s}", "train", advice.row[i].train, "against",
                                                  advice.row[i].against, "because", advice.row[i].because));
        json_t *all = json_pack("{s:o}", "advice", list);
        bool ok = all ? print_json(args->out, all, err) : error_memory(err, "advice");
        json_decref(all);
        return ok;
    }
    buffer_init(&b, OUT_BYTES);
    for (size_t i = 0; i < advice.n; i++)
        buffer_printf(&b, "%s: %s, because %s\n", advice.row[i].train, advice.row[i].against, advice.row[i].because);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool print_answer(struct arguments *args, const struct question *q, struct error *err) {
    struct buffer b;
    if (args_on(args, "json")) {
        json_t *all = question_json(q);
        bool printed = all ? print_json(args->out, all, err) : error_memory(err, "answer");
        json_decref(all);
        return printed;
    }
    buffer_init(&b, OUT_BYTES);
    put_lines(&b, q);
    bool ok = buffer_check(&b, "answer", err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

bool data_identify(struct arguments *args, struct error *err) {
    struct graph g;
    if (args->n_words != 2)
        return error_set(err, ERROR_USAGE, "expected `basanite data identify GRAPH [--treatment T --outcome Y]`");
    if (!graph_read(args->words[1], args->arena, &g, err)) return false;
    if (args_on(args, "advise")) return print_advice(args, &g, err);
    struct question *q = arena_new(args->arena, struct question, 1, err);
    if (!q) return false;
    q->g = &g;
    if (!find_nodes(args, "treatment", &g, GRAPH_TREATMENT, &q->x, err) ||
        !find_nodes(args, "outcome", &g, GRAPH_OUTCOME, &q->y, err) || !ask(q, args->arena, err) ||
        !print_answer(args, q, err))
        return false;
    return q->id.identifiable || error_set(err, ERROR_GATE, "the effect is not identifiable from this graph");
}
