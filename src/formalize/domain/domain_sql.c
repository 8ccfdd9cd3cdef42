/* Questions to databases: does a reference query run, does a prediction give the same table, what does a query give.
 * See verify/sql_judge.h. Databases lie beside the file, DB_ID.sqlite. */
#include "formalize/domain/domain.h"

#include "verify/sql_shape.h"
#include "verify/sql_shelf.h"

enum { ROWS_SHOWN = 1000 };

static const char *means(void) {
    return "by SQLite, reading alone";
}

static bool claims(const json_t *row) {
    return json_is_string(json_object_get(row, "query")) && json_is_string(json_object_get(row, "db_id"));
}

static void *open_sql(const struct domain_settings *settings, struct error *err) {
    struct sql_judge_settings usual = sql_judge_usual();
    usual.strict = settings->strict;
    if (settings->timeout > 0) usual.limits.seconds = settings->timeout;
    return sql_shelf_new(NULL, NULL, &usual, true, err);
}

static void close_sql(void *state) {
    sql_shelf_free(state);
}

static bool keep(json_t *out, const char *key, json_t *value, struct error *err) {
    return json_object_set_new(out, key, value) == 0 || error_memory(err, key);
}

/* The judge of a row, which must have a database unless nothing is to be run. */
static struct sql_judge *judge_of(struct sql_shelf *shelf, const struct domain_unit *unit, struct text *query,
                                  struct error *err) {
    struct text db_id;
    if (!json_get_text(unit->row, "query", unit->place, query, err) ||
        !json_get_text(unit->row, "db_id", unit->place, &db_id, err))
        return NULL;
    struct sql_judge *judge = sql_shelf_judge(shelf, db_id, unit->place.file, err);
    if (!judge) return error_wrap(err, "%s:%zu", unit->place.file, unit->place.line), NULL;
    if (sql_judge_database(judge) || sql_is_null(*query)) return judge;
    error_set(err, ERROR_DATA, "%s:%zu: there is no database '%.*s.sqlite' beside the file", unit->place.file,
              unit->place.line, TEXT_ARG(db_id));
    return NULL;
}

/* The prediction of a row, where it has one. */
static const json_t *prediction_of(const json_t *row) {
    const json_t *value = json_object_get(row, "prediction");
    return value ? value : json_object_get(row, "sql");
}

static bool tell_result(json_t *out, const struct sql_result *r, bool *holds, struct error *err) {
    *holds = r->state == SQL_RAN;
    if (!keep(out, "state", json_string(sql_state_names[r->state]), err)) return false;
    return *holds ? keep(out, "rows", json_integer((json_int_t)r->table.n_rows), err)
                  : keep(out, "why", json_sprintf("%s: %s", sql_state_names[r->state], r->why), err);
}

static bool tell_shape(json_t *out, struct text query, struct arena *arena, struct error *err) {
    struct sql_shape shape;
    struct text structure;
    if (!sql_shape_of(query, arena, &shape, err) || !sql_structure(query, arena, &structure, err)) return false;
    return keep(out, "hardness", json_string(sql_hardness_names[shape.hardness]), err) &&
           keep(out, "structure", json_from_text(structure), err);
}

/* A reference runs; a prediction about it is right. */
static bool check(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    struct text query, reference;
    struct sql_judgement j;
    struct sql_result r;
    struct sql_judge *judge = judge_of(state, unit, &query, err);
    const json_t *prediction = prediction_of(unit->row);
    if (!judge) return false;
    if (prediction && !json_is_string(prediction) && !json_is_null(prediction))
        return json_mismatch(prediction, "prediction", unit->place, "SQL, or null", err);
    if (!prediction && sql_is_null(query)) {
        *holds = true;
        return keep(out, "feasible", json_false(), err);
    }
    if (!prediction) {
        struct text db_id = json_text(json_object_get(unit->row, "db_id"));
        return sql_clean_reference(query, sql_set_of(db_id), arena, &reference, err) &&
               sql_run(sql_judge_database(judge), reference, NULL, arena, &r, err) && tell_result(out, &r, holds, err);
    }
    if (!sql_judge_answer(judge, query, json_is_null(prediction) ? TEXT("null") : json_text(prediction), arena, &j,
                          err))
        return error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
    *holds = j.score > 0;
    if (!keep(out, "verdict", json_string(sql_verdict_names[j.verdict]), err) ||
        !keep(out, "score", json_integer(j.score), err))
        return false;
    return *holds ||
           keep(out, "why",
                j.why ? json_sprintf("%s (%s: %s)", sql_verdict_names[j.verdict], sql_state_names[j.state], j.why)
                      : json_string(sql_verdict_names[j.verdict]),
                err);
}

static json_t *cell_json(const struct sql_cell *cell) {
    switch (cell->type) {
    case SQL_INTEGER:
        return json_integer(cell->integer);
    case SQL_REAL:
        return json_from_f64(cell->real);
    case SQL_NULL:
        return json_null();
    default:
        return json_from_text(cell->text);
    }
}

/* The table that the row's query gives. */
static bool solve(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                  struct error *err) {
    struct text query;
    struct sql_result r;
    struct sql_judge *judge = judge_of(state, unit, &query, err);
    if (!judge) return false;
    if (sql_is_null(query)) return *holds = true, keep(out, "feasible", json_false(), err);
    if (!sql_run(sql_judge_database(judge), query, NULL, arena, &r, err) || !tell_result(out, &r, holds, err) ||
        !tell_shape(out, query, arena, err))
        return false;
    json_t *table = json_array();
    for (size_t i = 0; table && i < r.table.n_rows && i < ROWS_SHOWN; i++) {
        json_t *row = json_array();
        for (size_t c = 0; row && c < r.table.n_columns; c++)
            json_array_append_new(row, cell_json(&r.table.cells[i * r.table.n_columns + c]));
        json_array_append_new(table, row);
    }
    return keep(out, "table", table, err);
}

const struct domain domain_sql = {
    .name = "sql",
    .summary = "queries of questions to databases: a reference runs, a prediction gives the same table",
    .row = "{\"db_id\", \"query\", \"prediction\"?}",
    .means = means,
    .claims = claims,
    .open = open_sql,
    .close = close_sql,
    .check = check,
    .solve = solve,
};
