/* See effect_graph.h. */
#include "measure/causal/effect_graph.h"

#include "measure/causal/graph.h"
#include "measure/causal/identify.h"

#include <string.h>

struct asked {
    const struct effect_settings *settings;
    const struct estimator *estimator;
    const struct effect_table *table;
    struct graph g;
    graph_set seen; /* nodes with a column in the table */
    size_t x, y;
    struct arena *arena;
    struct error *err;
};

static bool has_column(const struct effect_table *t, const char *name) {
    for (size_t c = 0; c < t->n_columns; c++)
        if (strcmp(t->column[c].name, name) == 0) return true;
    return false;
}

static bool open_graph(struct asked *a) {
    struct text outcome = text_of(a->settings->outcome), first;
    if (!graph_read(a->settings->graph, a->arena, &a->g, a->err)) return false;
    if (!text_next(&outcome, ',', &first)) first = outcome;
    a->x = graph_node(&a->g, text_of(a->settings->treatment), a->err);
    if (a->x == SIZE_MAX || (a->y = graph_node(&a->g, text_trim(first), a->err)) == SIZE_MAX) return false;
    for (size_t i = 0; i < a->g.n; i++)
        if (has_column(a->table, a->g.name[i])) a->seen |= graph_one(i);
    return true;
}

/* Names of a set with commas, on the arena. */
static const char *names_of(struct asked *a, graph_set s) {
    struct buffer b;
    buffer_init(&b, 65536);
    for (graph_set k = s; k; k &= k - 1) buffer_printf(&b, "%s%s", k == s ? "" : ",", a->g.name[graph_first(k)]);
    char *out = buffer_check(&b, "names", a->err) ? arena_copy(a->arena, b.at ? b.at : "", b.len, a->err) : NULL;
    buffer_done(&b);
    return out;
}

static const char *path_of(struct asked *a, const struct graph_path *path) {
    struct buffer b;
    buffer_init(&b, 65536);
    graph_put_path(&b, &a->g, path);
    char *out = buffer_check(&b, "path", a->err) ? arena_copy(a->arena, b.at ? b.at : "", b.len, a->err) : NULL;
    buffer_done(&b);
    return out ? out : "";
}

/* The first set whose nodes all have a column. */
static bool first_seen(const struct asked *a, const struct graph_sets *sets, graph_set *out) {
    for (size_t i = 0; i < sets->n; i++)
        if (!(sets->set[i] & ~a->seen)) return *out = sets->set[i], true;
    return false;
}

static bool refuse(struct asked *a) {
    struct identify_result id;
    if (!identify(&a->g, graph_one(a->x), graph_one(a->y), a->arena, &id, a->err)) return false;
    const char *x = a->g.name[a->x], *y = a->g.name[a->y], *file = a->g.file;
    if (!id.identifiable)
        return error_set(a->err, ERROR_DATA,
                         "%s: the effect of '%s' on '%s' is not identifiable; `basanite data "
                         "identify` shows why",
                         file, x, y);
    return error_set(a->err, ERROR_DATA,
                     "%s: the effect of '%s' on '%s' is identifiable, but '%s' cannot tell it with "
                     "the columns of the table; `basanite data identify` shows the formula",
                     file, x, y, a->estimator->name);
}

/* Nodes of the graph among the covariates that were given; names that the graph does not know are said. */
static bool given_nodes(struct asked *a, graph_set *out, struct buffer *warnings) {
    struct text rest = text_of(a->settings->covariates), name;
    *out = 0;
    while (text_next(&rest, ',', &name)) {
        size_t colon = text_find(name, TEXT(":"), 0);
        struct text bare = text_trim(colon == SIZE_MAX ? name : text_part(name, 0, colon));
        size_t node = 0;
        while (node < a->g.n && !text_equal_c(bare, a->g.name[node])) node++;
        if (node < a->g.n)
            *out |= graph_one(node);
        else
            buffer_printf(warnings, "'%.*s' is not in the graph, which therefore says nothing of adjusting for it\n",
                          TEXT_ARG(bare));
    }
    return true;
}

/* Covariates that were given must satisfy the adjustment criterion. */
static bool check_given(struct asked *a, struct buffer *warnings) {
    struct graph_path path;
    graph_set z, x = graph_one(a->x), y = graph_one(a->y);
    if (!given_nodes(a, &z, warnings)) return false;
    graph_set wrong = z & (graph_forbidden(&a->g, x, y) | x | y);
    if (wrong)
        return error_set(a->err, ERROR_DATA,
                         "%s: adjusting for '%s' takes away part of the effect, or mixes it with "
                         "something else: it comes after the treatment",
                         a->g.file, a->g.name[graph_first(wrong)]);
    if (graph_adjusts(&a->g, x, y, z, &path)) return true;
    return error_set(a->err, ERROR_DATA, "%s: adjusting for {%s} leaves a way open that is not causal: %s", a->g.file,
                     names_of(a, z), path_of(a, &path));
}

static bool give_adjustment(struct asked *a, struct effect_given *given) {
    struct graph_sets sets;
    graph_set z = 0;
    bool any;
    graph_adjustments(&a->g, graph_one(a->x), graph_one(a->y), &sets, &any);
    if (!first_seen(a, &sets, &z)) return refuse(a);
    if (!(a->estimator->needs & EFFECT_ADJUSTS))
        return z == 0 || refuse(a); /* plain means are right only where nothing must be adjusted for */
    return (given->covariates = names_of(a, z)) != NULL;
}

static bool add_role(struct asked *a, struct effect_given *given, const char *role, size_t node) {
    given->spec = arena_printf(a->arena, a->err, "%s,%s=%s", given->spec, role, a->g.name[node]);
    return given->spec != NULL;
}

static bool names_role(const struct effect_given *given, const char *role) {
    return strstr(given->spec, role) != NULL;
}

static bool give_instrument(struct asked *a, struct effect_given *given) {
    struct graph_instrument found[GRAPH_NODES_MOST];
    size_t n = graph_instruments(&a->g, a->x, a->y, found);
    for (size_t i = 0; i < n; i++)
        if (!((graph_one(found[i].node) | found[i].given) & ~a->seen))
            return (given->covariates = names_of(a, found[i].given)) != NULL &&
                   add_role(a, given, "instrument", found[i].node);
    return error_set(a->err, ERROR_DATA, "%s: no node with a column is an instrument of '%s' on '%s'", a->g.file,
                     a->g.name[a->x], a->g.name[a->y]);
}

static bool give_mediator(struct asked *a, struct effect_given *given) {
    struct graph_sets doors;
    graph_front_doors(&a->g, a->x, a->y, &doors);
    for (size_t i = 0; i < doors.n; i++)
        if (!(doors.set[i] & ~a->seen) && graph_count(doors.set[i]) == 1)
            return add_role(a, given, "mediator", graph_first(doors.set[i]));
    return error_set(a->err, ERROR_DATA, "%s: no node with a column is a front door of '%s' and '%s'", a->g.file,
                     a->g.name[a->x], a->g.name[a->y]);
}

/* The column that a spec names in this role must have the part in the graph that the estimator takes it to have. */
static bool check_instrument(struct asked *a, const struct effect_given *given) {
    struct graph_instrument found[GRAPH_NODES_MOST];
    size_t n = graph_instruments(&a->g, a->x, a->y, found);
    const char *at = strstr(given->spec, "instrument=") + strlen("instrument=");
    struct text name = spec_name(text_of(at)); /* up to the next comma */
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(name, a->g.name[found[i].node])) return true;
    return error_set(a->err, ERROR_DATA, "%s: '%.*s' is no instrument of '%s' on '%s'", a->g.file, TEXT_ARG(name),
                     a->g.name[a->x], a->g.name[a->y]);
}

static bool check_mediator(struct asked *a, const struct effect_given *given) {
    struct graph_sets doors;
    const char *at = strstr(given->spec, "mediator=") + strlen("mediator=");
    struct text name = spec_name(text_of(at));
    graph_front_doors(&a->g, a->x, a->y, &doors);
    for (size_t i = 0; i < doors.n; i++)
        if (graph_count(doors.set[i]) == 1 && text_equal_c(name, a->g.name[graph_first(doors.set[i])])) return true;
    return error_set(a->err, ERROR_DATA, "%s: '%.*s' is no front door of '%s' and '%s'", a->g.file, TEXT_ARG(name),
                     a->g.name[a->x], a->g.name[a->y]);
}

bool effect_from_graph(const struct effect_settings *settings, const struct estimator *estimator,
                       const struct effect_table *table, struct arena *arena, struct effect_given *given,
                       struct buffer *warnings, struct error *err) {
    struct asked *a = arena_new(arena, struct asked, 1, err);
    if (!a) return false;
    *a = (struct asked){settings, estimator, table, .arena = arena, .err = err};
    if (!open_graph(a)) return false;
    if (strcmp(estimator->name, "iv") == 0)
        return names_role(given, "instrument=") ? check_instrument(a, given) : give_instrument(a, given);
    if (strcmp(estimator->name, "front-door") == 0)
        return names_role(given, "mediator=") ? check_mediator(a, given) : give_mediator(a, given);
    if (strcmp(estimator->name, "did") == 0 || strcmp(estimator->name, "synthetic") == 0)
        return error_set(err, ERROR_USAGE, "--graph: '%s' rests on time, of which the graph says nothing",
                         estimator->name);
    return settings->covariates && (estimator->needs & EFFECT_ADJUSTS) ? check_given(a, warnings)
                                                                       : give_adjustment(a, given);
}
