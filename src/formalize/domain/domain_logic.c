/* Knights and knaves: exactly one solution, and the one that the row gives, by enumeration and by Z3. */
#include "formalize/domain/domain.h"
#include "formalize/domain/island.h"
#include "solver/smt.h"

#include <stdlib.h>

enum { WAYS_MOST = 1024 };

static const char NONE[] = "no solution: nobody could say this", TWO[] = "more than one solution";

static bool claims(const json_t *row) {
    const json_t *slots = json_object_get(row, "slots"), *from = json_is_object(slots) ? slots : row;
    return json_object_get(from, "names") && json_object_get(from, "statements");
}

static const char *means(void) {
    return smt_there() ? "by enumeration and by Z3" : "by enumeration; Z3 is not part of this build";
}

struct logic {
    const struct domain_settings *settings;
    void *z3; /* NULL: not part of this build */
};

static void close_logic(void *state) {
    struct logic *l = state;
    if (l) island_z3_free(l->z3);
    free(l);
}

static void *open_logic(const struct domain_settings *settings, struct error *err) {
    struct logic *l = calloc(1, sizeof *l);
    if (!l) return error_memory(err, "solver"), NULL;
    l->settings = settings;
    if (!smt_there() || (l->z3 = island_z3_new(err))) return l;
    close_logic(l);
    return NULL;
}

static json_t *roles_json(const struct island *island, uint32_t knights) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < island->n; i++) json_array_append_new(list, json_boolean(knights >> i & 1));
    return list;
}

static bool put_why(json_t *out, const char *why, struct error *err) {
    return json_object_set_new(out, "why", json_string(why)) == 0 || error_memory(err, "verdict");
}

/* Both solvers; an error when they do not agree, which would be a fault of this program. */
static bool solve_both(void *z3, const struct island *island, struct json_place place, uint32_t *ways, size_t most,
                       size_t *n, struct error *err) {
    size_t by_z3;
    uint32_t first = 0;
    *n = island_enumerate(island, ways, most);
    if (!z3) return true;
    if (!island_z3_count(z3, island, &by_z3, &first, err)) return false;
    if (by_z3 == (*n < 2 ? *n : 2) && (*n != 1 || first == ways[0])) return true;
    return error_set(err, ERROR_ENVIRONMENT, "%s:%zu: enumeration finds %zu solutions, z3 %zu%s", place.file,
                     place.line, *n, by_z3, by_z3 == *n ? ", another one" : "");
}

static bool check_logic(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                        struct error *err) {
    struct logic *l = state;
    struct island island;
    uint32_t way[2];
    size_t n;
    *holds = false;
    if (!island_read(unit->row, unit->place, arena, &island, err) ||
        !solve_both(l->z3, &island, unit->place, way, 2, &n, err))
        return false;
    if (json_object_set_new(out, "people", json_integer((json_int_t)island.n)) != 0 ||
        json_object_set_new(out, "solutions", json_integer((json_int_t)n)) != 0)
        return error_memory(err, "verdict");
    if (n == 0) return put_why(out, NONE, err);
    if (n > 1) return put_why(out, TWO, err);
    if (island.told && island.solution != way[0]) return put_why(out, "the only solution is another one", err);
    return *holds = true;
}

static bool solve_logic(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                        struct error *err) {
    struct logic *l = state;
    size_t most = l->settings->most;
    struct island island;
    uint32_t *ways = arena_new(arena, uint32_t, WAYS_MOST, err);
    size_t n;
    if (!ways || !island_read(unit->row, unit->place, arena, &island, err) ||
        !solve_both(l->z3, &island, unit->place, ways, WAYS_MOST, &n, err))
        return false;
    json_t *list = json_array();
    struct buffer text;
    buffer_init(&text, 1 << 16);
    for (size_t i = 0; list && i < n && i < most && i < WAYS_MOST; i++)
        json_array_append_new(list, roles_json(&island, ways[i]));
    if (n == 1) island_put_solution(&text, &island, ways[0]);
    bool ok = list && buffer_check(&text, "solution", err) && json_object_set(out, "solution", list) == 0 &&
              json_object_set_new(out, "solutions", json_integer((json_int_t)n)) == 0 &&
              (n != 1 || json_object_set_new(out, "solution_text_format", json_from_text(buffer_text(&text))) == 0);
    buffer_done(&text);
    json_decref(list);
    *holds = n == 1 || (n > 1 && most > 1);
    if (!ok) return error_memory(err, "solutions");
    return *holds || put_why(out, n ? TWO : NONE, err);
}

const struct domain domain_logic = {
    .name = "logic",
    .summary = "knights and knaves: one solution, and the given one, by enumeration and by Z3",
    .row = "{\"names\", \"statements\", \"solution\"?, \"solution_text_format\"?}",
    .means = means,
    .claims = claims,
    .open = open_logic,
    .close = close_logic,
    .check = check_logic,
    .solve = solve_logic,
};
