/* Plane geometry: problems are solved by forward closure and drawn, proofs are checked step by step, rules are redrawn.
 * What it stands on is src/geometry; rows and their words are formalize/geometry/. */
#include "formalize/domain/domain.h"

#include "base/file.h"
#include "formalize/geometry/geo_row.h"

#include <string.h>

struct state {
    struct arena arena;
    struct geo_rules rules;
    const struct domain_settings *how;
    struct smt *z3; /* NULL: not asked */
};

static const double Z3_SECONDS = 10; /* of one step */

static const char *means(void) {
    return "by forward closure over rules and exact linear tables, checked step by step";
}

/* Rows of mathematics have a "problem", too: here it is made of constructions, or has a proof beside it. */
static bool claims(const json_t *row) {
    const json_t *problem = json_object_get(row, "problem");
    return (json_is_string(problem) && geo_problem_claims(json_text(problem))) || geo_row_is_public(row) ||
           ((problem || json_object_get(row, "coords")) && json_object_get(row, "proof"));
}

static bool claims_text(struct text file) {
    return geo_problem_claims(file) || geo_row_is_rules(file);
}

static void close_state(void *state) {
    struct state *s = state;
    smt_free(s->z3);
    arena_done(&s->arena);
    memory_free(s);
}

static bool open_judge(struct state *s, struct error *err) {
    if (!s->how->judge) return true;
    if (strcmp(s->how->judge, "z3") != 0)
        return error_set(err, ERROR_USAGE, "--judge: of geometry expected z3, found '%s'", s->how->judge);
    s->z3 = smt_new((struct smt_limits){.seconds = s->how->timeout > 0 ? s->how->timeout : Z3_SECONDS}, err);
    return s->z3 != NULL;
}

static void *open_state(const struct domain_settings *how, struct error *err) {
    struct state *s = memory_zeroed(1, sizeof *s);
    struct text file;
    if (!s) {
        error_memory(err, "rules of geometry");
        return NULL;
    }
    arena_init(&s->arena, (size_t)64 << 20);
    s->how = how;
    bool ok = how->rules ? file_read(&s->arena, how->rules, 1 << 20, &file, err) &&
                               geo_rules_read(file, how->rules, &s->arena, &s->rules, err)
                         : geo_rules_builtin(true, &s->arena, &s->rules, err);
    if (ok && open_judge(s, err)) return s;
    close_state(s);
    return NULL;
}

struct splitting {
    const char *file;
    domain_take *take;
    void *context;
};

static bool take_unit(void *context, struct text t, struct text id, size_t line, struct error *err) {
    struct splitting *s = context;
    const struct domain_unit unit = {.place = {s->file, line, ""}, .text = t, .id = id};
    return s->take(s->context, &unit, err);
}

static bool split(void *state, struct text file, const char *name, domain_take *take, void *context,
                  struct error *err) {
    struct splitting s = {name, take, context};
    (void)state;
    return geo_row_is_rules(file) ? geo_row_split_rules(file, name, take_unit, &s, err)
                                  : geo_problem_split(file, name, take_unit, &s, err);
}

static struct geo_unit unit_of(const struct domain_unit *unit) {
    return (struct geo_unit){unit->place, unit->row, unit->text, unit->id};
}

static bool check(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    const struct state *s = state;
    const struct geo_unit u = unit_of(unit);
    if (!u.row && geo_row_is_rules(u.text)) return geo_row_check_rule(&u, s->z3, out, holds, err);
    if (s->z3)
        return error_set(err, ERROR_USAGE, "%s: Z3 judges rules that are checked and problems that are solved",
                         unit->place.file);
    if (u.row && json_object_get(u.row, "proof"))
        return geo_row_check_proof(&u, &s->rules, !s->how->loose, arena, out, holds, err);
    return geo_row_check_problem(&u, arena, out, holds, err);
}

static bool solve(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    const struct state *s = state;
    const struct geo_unit u = unit_of(unit);
    if (!u.row && geo_row_is_rules(u.text))
        return error_set(err, ERROR_USAGE, "%s: rules are checked, not solved", unit->place.file);
    return geo_row_solve(&u, &s->rules, s->z3, s->how->timeout, s->how->most, arena, out, holds, err);
}

static bool parse(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    const struct geo_unit u = unit_of(unit);
    (void)state;
    *holds = true;
    if (!u.row && geo_row_is_rules(u.text)) return geo_row_parse_rule(&u, out, err);
    if (u.row && geo_row_is_public(u.row)) return geo_row_parse_public(&u, arena, out, holds, err);
    return geo_row_parse(&u, arena, out, err);
}

static bool draw(void *state, const struct domain_unit *unit, struct arena *arena, struct buffer *svg,
                 struct error *err) {
    const struct geo_unit u = unit_of(unit);
    (void)state;
    return geo_row_draw(&u, arena, svg, err);
}

const struct domain domain_geometry = {
    .name = "geometry",
    .summary = "plane geometry: problems solved by rules and exact tables, proofs checked step by step, rules redrawn",
    .row = "{\"problem\", \"premises\"?, \"proof\"?}, or texts of problems and of rules",
    .means = means,
    .claims = claims,
    .claims_text = claims_text,
    .open = open_state,
    .close = close_state,
    .split = split,
    .check = check,
    .solve = solve,
    .parse = parse,
    .draw = draw,
    .judged = true,
};
