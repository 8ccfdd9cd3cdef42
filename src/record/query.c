/* Reading for people: SQL under a sandbox, exports as JSON rows. */
#include "record/record_internal.h"

#include "base/progress.h"

#include <string.h>

#define STEPS_BETWEEN_LOOKS 10000
#define LONGEST_VALUE (1 << 20)

/* Functions a query may call: those of SQLite's core and aggregates that cannot reach outside. */
static const char *const allowed_functions[] = {
    "abs", "avg", "coalesce", "count", "char", "concat", "format", "glob", "group_concat", "hex", "ifnull", "iif",
    "instr", "json_extract", "json_array_length", "json_type", "->", "->>", "length", "like", "lower", "ltrim", "max",
    "min", "nullif", "printf", "quote", "replace", "round", "rtrim", "sign", "sqrt", "substr", "substring", "sum",
    "total", "trim", "typeof", "unicode", "upper", "row_number", "rank", "lag", "lead", "datetime", "date", "strftime"};

static int authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d) {
    (void)context, (void)a, (void)c, (void)d;
    if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE) return SQLITE_OK;
    if (action == SQLITE_FUNCTION && b)
        for (size_t i = 0; i < sizeof allowed_functions / sizeof *allowed_functions; i++)
            if (sqlite3_stricmp(b, allowed_functions[i]) == 0) return SQLITE_OK;
    return SQLITE_DENY;
}

static int out_of_time(void *context) {
    return clock_seconds() > *(double *)context;
}

static json_t *cell(sqlite3_stmt *s, int i) {
    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER: return json_integer(sqlite3_column_int64(s, i));
    case SQLITE_FLOAT: return json_from_f64(sqlite3_column_double(s, i));
    case SQLITE_TEXT: return json_from_text(column_text(s, i));
    case SQLITE_BLOB: return json_string("(bytes)");
    default: return json_null();
    }
}

static bool give_row(sqlite3_stmt *s, bool header, record_query_sink *sink, void *context, struct error *err) {
    json_t *row = json_array();
    for (int i = 0; row && i < sqlite3_column_count(s); i++)
        if (json_array_append_new(row, header ? json_string(sqlite3_column_name(s, i)) : cell(s, i)) != 0) {
            json_decref(row);
            row = NULL;
        }
    if (!row) return error_memory(err, "row");
    bool ok = sink(context, row, header, err);
    json_decref(row);
    return ok;
}

static bool give_rows(struct record *record, sqlite3_stmt *s, const char *what, record_query_sink *sink, void *context,
                      struct error *err) {
    bool ok = give_row(s, true, sink, context, err);
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(s)) == SQLITE_ROW) ok = give_row(s, false, sink, context, err);
    if (!ok || rc == SQLITE_DONE) return ok;
    if (rc == SQLITE_INTERRUPT)
        return error_set(err, ERROR_ENVIRONMENT, "%s took too long and was stopped; narrow it or give --timeout", what);
    return error_set(err, ERROR_DATA, "%s: %s", what, sqlite3_errmsg(record->db));
}

bool record_query(struct record *record, struct text sql, double seconds, record_query_sink *sink, void *context,
                  struct error *err) {
    double deadline = clock_seconds() + (seconds > 0 ? seconds : 60);
    sqlite3_stmt *s = NULL;
    const char *tail = NULL;
    if (sql.len > INT32_MAX) return error_set(err, ERROR_USAGE, "query is too long");
    sqlite3_set_authorizer(record->db, authorize, NULL);
    sqlite3_progress_handler(record->db, STEPS_BETWEEN_LOOKS, out_of_time, &deadline);
    int longest = sqlite3_limit(record->db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE * 64);
    int rc = sqlite3_prepare_v2(record->db, sql.at, (int)sql.len, &s, &tail);
    bool ok;
    if (rc != SQLITE_OK)
        ok = error_set(err, ERROR_USAGE, "query: %s%s", sqlite3_errmsg(record->db),
                       rc == SQLITE_AUTH ? "; only select is allowed here" : "");
    else if (!s)
        ok = error_set(err, ERROR_USAGE, "query is empty");
    else if (tail && text_trim((struct text){tail, (size_t)(sql.at + sql.len - tail)}).len > 0)
        ok = error_set(err, ERROR_USAGE, "query: one statement at a time");
    else
        ok = give_rows(record, s, "query", sink, context, err);
    sqlite3_finalize(s);
    sqlite3_limit(record->db, SQLITE_LIMIT_LENGTH, longest);
    sqlite3_progress_handler(record->db, 0, NULL, NULL);
    sqlite3_set_authorizer(record->db, NULL, NULL);
    return ok;
}

struct export_table {
    const char *name, *sql;
};

static const struct export_table export_tables[] = {
    {"answers", "select i.id, a.sample, r.subject, a.text, a.finish, a.tokens_in, a.tokens_out, a.logprobs, a.ms,"
                " a.error, s.scorer, s.value, s.label, s.parsed, s.evidence, p.task from plans p"
                " join runs r on r.id = p.run join items i on i.digest = p.item"
                " join answers a on a.ask = p.ask and a.subject = r.subject and a.sample < p.samples"
                " and a.seed = p.seed"
                " left join scores s on s.answer = a.id and s.item = p.item and s.run = p.run where p.run = ?"
                " order by p.task, p.position, a.sample, s.scorer"},
    {"asks", "select i.id, q.messages, q.want, q.digest, p.task from plans p join asks q on q.digest = p.ask"
             " join items i on i.digest = p.item where p.run = ? order by p.task, p.position"},
    {"items", "select i.* from plans p join items i on i.digest = p.item where p.run = ? order by p.task, p.position"},
    {"figures", "select name, task, grp as \"group\", value, lo, hi, n, k, method, unit, direction, parsed, errors,"
                " null_reason, scorer from figures where run = ? order by id"},
    {"comparisons", "select c.name, c.task, x.name as a, y.name as b, c.diff, c.lo, c.hi, c.p, c.p_corrected, c.method"
                    " from comparisons c join runs x on x.id = c.a join runs y on y.id = c.b"
                    " where ? in (c.a, c.b) order by c.id"},
    {"labels", "select p.task, i.id as item, a.sample, l.label, l.who, l.why from plans p join runs r on r.id = p.run"
               " join items i on i.digest = p.item join answers a on a.ask = p.ask and a.subject = r.subject"
               " and a.sample < p.samples and a.seed = p.seed join labels l on l.answer = a.id where p.run = ?"
               " order by p.task, p.position, a.sample, l.at, l.rowid"},
    {"evidence", "select seq, kind, ref, digest, prev, hash from evidence where run = ? order by seq"},
};
#define EXPORT_TABLES (sizeof export_tables / sizeof *export_tables)

bool record_export(struct record *record, int64_t run, const char *table, record_query_sink *sink, void *context,
                   struct error *err) {
    const char *names[EXPORT_TABLES], *sql = NULL;
    for (size_t i = 0; i < EXPORT_TABLES; i++) {
        names[i] = export_tables[i].name;
        if (strcmp(table, names[i]) == 0) sql = export_tables[i].sql;
    }
    if (!sql) {
        const char *near = text_nearest(text_of(table), names, EXPORT_TABLES);
        return error_set(
            err, ERROR_USAGE,
            "no table '%s' to export; there are answers, asks, items, figures, comparisons, labels, evidence%s%s%s",
            table, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, sql, -1, &s, NULL) != SQLITE_OK) return record_sql_error(record, "export", err);
    sqlite3_bind_int64(s, 1, run);
    bool ok = give_rows(record, s, "export", sink, context, err);
    sqlite3_finalize(s);
    return ok;
}

json_t *record_tasks_json(struct record *record, int64_t run, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, "select task from plans where run = ? group by task order by min(rowid)", -1, &s,
                           NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    sqlite3_bind_int64(s, 1, run);
    json_t *list = json_array();
    int state = 0;
    while (list && (state = record_step(record, s, err)) == 1)
        if (json_array_append_new(list, json_from_text(column_text(s, 0))) != 0) break;
    sqlite3_finalize(s);
    if (state < 0) return json_decref(list), NULL;
    if (!list) error_memory(err, "tasks");
    return list;
}
