/* Problems of plane geometry with traces of their proofs. See pocket/geometry.yaml, geometry/geo_made.h. Number of an
 * item: scene x 3 + kind of trace; the wording is drawn among those of its split. */
#include "geometry/geo_made.h"
#include "measure/world/part_common.h"

#include <string.h>

enum { SCENES = 1000, KINDS = 3, STEPS_LEAST = 2, STEPS_MOST = 12, TRIES = 400, ITEM_BYTES = 64 << 20 };
static const char *const kinds[KINDS] = {"verified", "wrong", "reflect"};

struct state {
    struct list ask;
    struct geo_rules rules;
    uint8_t split[SCENES];
};

extern const struct world_part world_part_geometry;

static const struct state *state_of(const struct world *w) {
    return world_state(w, &world_part_geometry);
}

static bool draw(struct world *w, void *state, struct error *err) {
    struct state *s = state;
    struct words_reader r = {&w->arena, err};
    const struct yaml *root = words_open(&r, "geometry.yaml");
    return root && words_list(&r, root, "ask", "PG", WORDINGS, &s->ask) &&
           geo_rules_builtin(true, &w->arena, &s->rules, err) &&
           world_case_splits(w, "geometry/splits", s->split, SCENES, err);
}

/* ---- items */

static uint64_t numbers(const struct world *w) {
    (void)w;
    return (uint64_t)SCENES * KINDS;
}

static bool split_of(const struct world *w, uint64_t number, enum split *split) {
    *split = (enum split)state_of(w)->split[number / KINDS];
    return true;
}

/* A problem of which this kind of trace exists; what comes after the first scene is drawn alike for all kinds. */
static bool find(struct geo_made *made, struct geo_trace *trace, enum geo_trace_kind kind,
                 const struct geo_rules *rules, struct rng *scenes, struct rng *traces, struct arena *arena) {
    for (size_t i = 0; i < TRIES; i++) {
        struct error err = {0};
        size_t points = GEO_MADE_LEAST + rng_below(scenes, GEO_MADE_MOST - GEO_MADE_LEAST + 1);
        arena_reset(arena);
        if (geo_make(made, points, STEPS_LEAST, STEPS_MOST, 1, rules, scenes, arena, &err) &&
            geo_trace(made, kind, rules, traces, trace, &err))
            return true;
        if (err.kind == ERROR_ENVIRONMENT) return false;
    }
    return false;
}

static bool put_labels(struct world_line *line, const struct geo_made *made, const struct geo_trace *trace,
                       uint64_t number) {
    world_label(line, "case", "gy%04u", (unsigned)(number / KINDS));
    world_label(line, "traces", "%s", kinds[number % KINDS]);
    world_put_pair(&line->slots, "problem", buffer_text(&made->text));
    world_put_key(&line->labels, "steps");
    buffer_printf(&line->labels, "%zu", made->proof.n - made->proof.n_given);
    world_put_key(&line->labels, "points");
    buffer_printf(&line->labels, "%zu", made->figure.n);
    world_put_key(&line->labels, "left");
    buffer_printf(&line->labels, "%zu", trace->back);
    world_put_key(&line->labels, "wrong");
    buffer_put_char(&line->labels, '[');
    bool first = true;
    for (size_t i = 0; i < trace->n; i++)
        if (trace->line[i].wrong) {
            buffer_printf(&line->labels, "%s%zu", first ? "" : ",", trace->line[i].number);
            first = false;
        }
    return buffer_put_char(&line->labels, ']');
}

static bool tell(struct world_line *line, const struct world *w, uint64_t number, enum split split, uint64_t draw_seed,
                 const struct geo_made *made, const struct geo_trace *trace) {
    const struct state *s = state_of(w);
    struct rng rng = world_stream(w, "geometry/wordings", draw_seed, number);
    unsigned template = world_template(w, split, &rng);
    struct buffer given, goal;
    buffer_init(&given, 1 << 14);
    buffer_init(&goal, 1 << 8);
    bool ok = geo_made_put_premises(&given, made) && geo_fact_put(&goal, &made->problem.goal[0], &made->problem.names);
    const struct slot slots[] = {{"P", buffer_text(&given)}, {"G", buffer_text(&goal)}};
    ok = ok && part_prompt(line, s->ask.at[template], slots, 2) &&
         part_template(line, w, "geometry", template, s->split[number / KINDS]) &&
         buffer_put_text(&line->answer, buffer_text(&goal)) && geo_trace_put(&line->reply, made, trace, &s->rules) &&
         put_labels(line, made, trace, number) && world_put_pair(&line->slots, "given", buffer_text(&given));
    line->kind = "proof";
    buffer_done(&given);
    buffer_done(&goal);
    return ok;
}

static bool make(struct world_line *line, const struct world *w, uint64_t number, enum split split,
                 uint64_t draw_seed) {
    struct rng scenes = world_stream(w, "geometry/scenes", draw_seed, number / KINDS),
               traces = world_stream(w, "geometry/traces", draw_seed, number);
    struct geo_trace *trace;
    struct geo_made *made;
    struct arena arena, own;
    arena_init(&arena, ITEM_BYTES);
    arena_init(&own, ITEM_BYTES);
    made = arena_new(&own, struct geo_made, 1, NULL);
    trace = made ? arena_new(&own, struct geo_trace, 1, NULL) : NULL;
    bool ok = trace != NULL;
    if (ok) {
        geo_made_init(made);
        ok = find(made, trace, (enum geo_trace_kind)(number % KINDS), &state_of(w)->rules, &scenes, &traces, &arena) &&
             tell(line, w, number, split, draw_seed, made, trace);
        geo_made_done(made);
    }
    arena_done(&arena);
    arena_done(&own);
    return ok;
}

/* traces=reflect: of that kind alone; verified unless said. */
static bool wanted(const struct world *w, uint64_t number, const struct option_value *options) {
    (void)w;
    return text_equal_c(options[0].given ? options[0].text : TEXT("verified"), kinds[number % KINDS]);
}

/* Proofs are longer than what the small models read unless a recipe asks for them. */
static bool never_trains(const struct world *w, uint64_t number) {
    (void)w, (void)number;
    return false;
}

static const struct option_def keys[] = {
    {"traces", OPTION_CHOICE, NULL, 1, 0, "verified|wrong|reflect",
     "proofs as they are, with wrong steps, or with a branch that is left (default: verified)"},
};
static const struct world_family families[] = {
    {.name = "geometry",
     .prefix = "gy",
     .digits = 4,
     .most = SCENES,
     .numbers = numbers,
     .split = split_of,
     .make = make,
     .trains = never_trains,
     .options = keys,
     .n_options = 1,
     .wanted = wanted},
};
const struct world_part world_part_geometry = {.name = "geometry",
                                               .version = 1,
                                               .words = true,
                                               .later = true,
                                               .state_size = sizeof(struct state),
                                               .draw = draw,
                                               .families = families,
                                               .n_families = 1};
