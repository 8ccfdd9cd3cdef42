/* Confined execution: see sql_run.h. */
#include "verify/sql_run.h"

#include "base/file.h"
#include "base/progress.h"
#include "verify/sql_lex.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_BETWEEN_LOOKS = 1000, FIRST_ROWS = 64, VALUE_MOST = 1 << 20, SQL_MOST = 1 << 16 };
#define DATABASE_MOST ((size_t)1 << 32)

const struct sql_limits sql_limits_usual = {500000000, 60, 100000, (size_t)64 << 20, (size_t)256 << 20};
const char *const sql_state_names[] = {"ran", "refused", "failed", "stopped"};

struct sql_database {
    sqlite3 *db;
    char *path;        /* of a file; NULL: of bytes */
    const char *shown; /* name for messages */
    /* of the query at hand */
    const struct sql_limits *limits;
    uint64_t looks;
    double deadline;
    sqlite3_int64 memory; /* SQLite's, before it */
    const char *stopped;  /* why */
    const char *denied;   /* the first thing that it may not */
    char denied_name[64];
};

/* Sorted. What depends on chance, on the machine or on more than the database is not there. */
static const char *const functions[] = {"->",
                                        "->>",
                                        "abs",
                                        "acos",
                                        "asin",
                                        "atan",
                                        "atan2",
                                        "avg",
                                        "ceil",
                                        "ceiling",
                                        "char",
                                        "coalesce",
                                        "concat",
                                        "cos",
                                        "count",
                                        "cume_dist",
                                        "date",
                                        "datetime",
                                        "degrees",
                                        "dense_rank",
                                        "exp",
                                        "first_value",
                                        "floor",
                                        "format",
                                        "glob",
                                        "group_concat",
                                        "hex",
                                        "ifnull",
                                        "iif",
                                        "instr",
                                        "json",
                                        "json_array",
                                        "json_array_length",
                                        "json_each",
                                        "json_extract",
                                        "json_group_array",
                                        "json_group_object",
                                        "json_object",
                                        "json_quote",
                                        "json_type",
                                        "json_valid",
                                        "julianday",
                                        "lag",
                                        "last_value",
                                        "lead",
                                        "length",
                                        "like",
                                        "ln",
                                        "log",
                                        "log10",
                                        "log2",
                                        "lower",
                                        "ltrim",
                                        "max",
                                        "min",
                                        "mod",
                                        "nth_value",
                                        "ntile",
                                        "nullif",
                                        "percent_rank",
                                        "pi",
                                        "pow",
                                        "power",
                                        "printf",
                                        "quote",
                                        "radians",
                                        "rank",
                                        "replace",
                                        "round",
                                        "row_number",
                                        "rtrim",
                                        "sign",
                                        "sin",
                                        "sqrt",
                                        "strftime",
                                        "string_agg",
                                        "substr",
                                        "substring",
                                        "subtype",
                                        "sum",
                                        "tan",
                                        "time",
                                        "total",
                                        "trim",
                                        "trunc",
                                        "typeof",
                                        "unicode",
                                        "unixepoch",
                                        "upper"};

static int by_name(const void *name, const void *row) {
    return sqlite3_stricmp(name, *(const char *const *)row);
}

static bool may_call(const char *name) {
    return bsearch(name, functions, sizeof functions / sizeof *functions, sizeof *functions, by_name) != NULL;
}

/* Tables that SQLite makes itself and that show more than the database's own content. */
static bool may_read(const char *table) {
    return sqlite3_strnicmp(table, "pragma_", 7) != 0 && sqlite3_stricmp(table, "sqlite_dbpage") != 0 &&
           sqlite3_stricmp(table, "dbstat") != 0 && sqlite3_stricmp(table, "sqlite_stmt") != 0;
}

/* The table in which SQLite keeps the schema: DROP and CREATE ask first whether they may change its rows. */
static bool is_schema(const char *table) {
    return table && (!sqlite3_stricmp(table, "sqlite_master") || !sqlite3_stricmp(table, "sqlite_schema") ||
                     !sqlite3_stricmp(table, "sqlite_temp_master") || !sqlite3_stricmp(table, "sqlite_temp_schema"));
}

static const char *action_name(int action, const char *table) {
    bool writes = action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
    if (writes && is_schema(table)) return "a change of the schema";
    switch (action) {
    case SQLITE_ATTACH:
        return "ATTACH";
    case SQLITE_DETACH:
        return "DETACH";
    case SQLITE_PRAGMA:
        return "PRAGMA";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return "a transaction";
    case SQLITE_INSERT:
        return "INSERT";
    case SQLITE_UPDATE:
        return "UPDATE";
    case SQLITE_DELETE:
        return "DELETE";
    case SQLITE_FUNCTION:
        return "function";
    case SQLITE_READ:
        return "table";
    default:
        return "a change of the schema";
    }
}

static int authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d) {
    struct sql_database *database = context;
    (void)c, (void)d;
    if (action == SQLITE_SELECT || action == SQLITE_RECURSIVE) return SQLITE_OK;
    if (action == SQLITE_READ && a && may_read(a)) return SQLITE_OK;
    if (action == SQLITE_FUNCTION && b && may_call(b)) return SQLITE_OK;
    if (!database->denied) {
        const char *name = action == SQLITE_FUNCTION ? b : action == SQLITE_READ ? a : "";
        database->denied = action_name(action, a);
        snprintf(database->denied_name, sizeof database->denied_name, "%s%s", name && *name ? " " : "",
                 name ? name : "");
    }
    return SQLITE_DENY;
}

static int look(void *context) {
    struct sql_database *d = context;
    d->looks++;
    if (d->limits->steps && d->looks > d->limits->steps / STEPS_BETWEEN_LOOKS)
        d->stopped = "too many steps";
    else if (sqlite3_memory_used() - d->memory > (sqlite3_int64)d->limits->memory)
        d->stopped = "too much memory";
    else if ((d->looks & 15) == 0 && clock_seconds() > d->deadline)
        d->stopped = "too much time";
    return d->stopped != NULL;
}

/* ---- opening */

static void put_uri(struct buffer *b, const char *path) {
    buffer_put_c(b, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("?#%", *p))
            buffer_printf(b, "%%%02x", (unsigned)(unsigned char)*p);
        else
            buffer_put_char(b, *p);
    }
    buffer_put_c(b, "?immutable=1");
}

static bool is_being_written(const char *path) {
    char wal[4096];
    struct file_map map;
    struct error ignored = {0};
    if ((size_t)snprintf(wal, sizeof wal, "%s-wal", path) >= sizeof wal || !file_exists(wal)) return false;
    if (!file_map(wal, &map, &ignored)) return true;
    bool live = map.len > 0;
    file_unmap(&map);
    return live;
}

/* What a hostile database or query could use, switched off; then the guards. */
static bool confine(struct sql_database *d, struct error *err) {
    static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                              SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER};
    static const int limits[][2] = {{SQLITE_LIMIT_LENGTH, VALUE_MOST}, {SQLITE_LIMIT_SQL_LENGTH, SQL_MOST},
                                    {SQLITE_LIMIT_EXPR_DEPTH, 200},    {SQLITE_LIMIT_COMPOUND_SELECT, 50},
                                    {SQLITE_LIMIT_ATTACHED, 0},        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
                                    {SQLITE_LIMIT_WORKER_THREADS, 0},  {SQLITE_LIMIT_TRIGGER_DEPTH, 1}};
    int done;
    bool ok =
        sqlite3_exec(d->db, "pragma temp_store = memory; pragma cell_size_check = on", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) sqlite3_db_config(d->db, off[i], 0, &done);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &done);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) sqlite3_limit(d->db, limits[i][0], limits[i][1]);
    ok = ok && sqlite3_exec(d->db, "select count(*) from sqlite_schema", NULL, NULL, NULL) == SQLITE_OK;
    if (!ok) return error_set(err, ERROR_DATA, "%s: is no SQLite database (%s)", d->shown, sqlite3_errmsg(d->db));
    sqlite3_set_authorizer(d->db, authorize, d);
    sqlite3_progress_handler(d->db, STEPS_BETWEEN_LOOKS, look, d);
    return true;
}

static struct sql_database *new_database(const char *path, const char *shown, struct error *err) {
    size_t n = strlen(path ? path : shown) + 1;
    struct sql_database *d = memory_zeroed(1, sizeof *d + n);
    if (!d) return error_memory(err, "database"), NULL;
    char *name = (char *)(d + 1);
    memcpy(name, path ? path : shown, n);
    d->path = path ? name : NULL;
    d->shown = name;
    d->limits = &sql_limits_usual;
    d->deadline = clock_seconds() + d->limits->seconds;
    return d;
}

struct sql_database *sql_open(const char *path, struct error *err) {
    struct sql_database *d = NULL;
    struct buffer uri;
    if (!file_exists(path) || file_is_folder(path))
        return error_set(err, ERROR_DATA, "%s: no such database", path), NULL;
    if (is_being_written(path)) {
        error_set(err, ERROR_DATA, "%s: is being written (a write-ahead log lies beside it); copy it first", path);
        return NULL;
    }
    buffer_init(&uri, 1 << 16);
    put_uri(&uri, path);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    bool ok = buffer_check(&uri, path, err) && (d = new_database(path, path, err)) != NULL;
    if (ok && sqlite3_open_v2(uri.at, &d->db, flags, NULL) != SQLITE_OK)
        ok = error_set(err, ERROR_DATA, "%s: %s", path, sqlite3_errmsg(d->db));
    ok = ok && confine(d, err);
    buffer_done(&uri);
    if (ok) return d;
    sql_close(d);
    return NULL;
}

struct sql_database *sql_open_bytes(const void *at, size_t n, const char *shown, struct error *err) {
    struct sql_database *d = new_database(NULL, shown, err);
    unsigned char *copy = d && n && n <= DATABASE_MOST ? sqlite3_malloc64(n) : NULL;
    if (!copy) {
        sql_close(d);
        if (d) error_set(err, ERROR_DATA, "%s: %zu bytes are no database", shown, n);
        return NULL;
    }
    memcpy(copy, at, n);
    if (n > 19 && copy[18] == 2) copy[18] = copy[19] = 1; /* written ahead: not in memory */
    /* It owns the copy, also when it fails. */
    if (sqlite3_open_v2(":memory:", &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        sqlite3_free(copy);
        error_memory(err, "database");
    } else if (sqlite3_deserialize(d->db, "main", copy, (sqlite3_int64)n, (sqlite3_int64)n,
                                   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
        error_set(err, ERROR_DATA, "%s: %s", shown, sqlite3_errmsg(d->db));
    } else if (confine(d, err)) {
        return d;
    }
    sql_close(d);
    return NULL;
}

struct sql_database *sql_open_empty(struct error *err) {
    sqlite3 *db = NULL;
    sqlite3_int64 n = 0;
    bool ok = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "pragma user_version = 1", NULL, NULL, NULL) == SQLITE_OK;
    unsigned char *bytes = ok ? sqlite3_serialize(db, "main", &n, 0) : NULL;
    struct sql_database *empty = bytes ? sql_open_bytes(bytes, (size_t)n, "the empty database", err) : NULL;
    if (!bytes) error_memory(err, "database");
    sqlite3_free(bytes);
    sqlite3_close(db);
    return empty;
}

void sql_close(struct sql_database *d) {
    if (!d) return;
    sqlite3_close(d->db);
    memory_free(d);
}

const char *sql_shown_name(const struct sql_database *d) {
    return d->shown;
}

bool sql_bytes(struct sql_database *d, struct arena *arena, struct text *out, struct error *err) {
    if (d->path) return file_read(arena, d->path, DATABASE_MOST, out, err);
    sqlite3_int64 n = 0;
    const unsigned char *at = sqlite3_serialize(d->db, "main", &n, SQLITE_SERIALIZE_NOCOPY);
    char *copy = at ? arena_copy(arena, (const char *)at, (size_t)n, err) : NULL;
    if (!at) return error_memory(err, "database");
    *out = (struct text){copy, (size_t)n};
    return copy != NULL;
}

bool sql_digest(const struct sql_database *d, char hex[HASH_HEX], struct error *err) {
    if (d->path) return sha256_file(d->path, hex, err);
    sqlite3_int64 n = 0;
    const unsigned char *at = sqlite3_serialize(d->db, "main", &n, SQLITE_SERIALIZE_NOCOPY);
    if (!at) return error_memory(err, "database");
    sha256_hex(at, (size_t)n, hex);
    return true;
}

/* ---- running */

static bool not_run(struct sql_result *out, enum sql_state state, struct arena *arena, const char *why,
                    const char *name, struct error *err) {
    out->state = state;
    out->why = arena_printf(arena, err, "%s%s", why, name);
    return out->why != NULL;
}

/* Nothing but blanks, comments and semicolons: no second statement. */
static bool is_blank(struct text rest) {
    struct sql_piece piece;
    while (sql_next(&rest, &piece))
        if (!sql_is_sign(&piece, ";")) return false;
    return true;
}

/* *statement NULL: it does not run, and out says why. */
static bool prepare(struct sql_database *d, struct text sql, struct arena *arena, sqlite3_stmt **statement,
                    struct sql_result *out, struct error *err) {
    const char *tail = NULL;
    *out = (struct sql_result){.state = SQL_RAN};
    *statement = NULL;
    d->denied = d->stopped = NULL;
    d->looks = 0;
    d->memory = sqlite3_memory_used();
    d->deadline = clock_seconds() + d->limits->seconds;
    if (sql.len > SQL_MOST) return not_run(out, SQL_REFUSED, arena, "longer than 64 KiB", "", err);
    if (sql.len && memchr(sql.at, 0, sql.len)) return not_run(out, SQL_REFUSED, arena, "has a zero byte", "", err);
    int rc = sqlite3_prepare_v2(d->db, sql.len ? sql.at : "", (int)sql.len, statement, &tail);
    if (rc == SQLITE_NOMEM) return error_memory(err, "query");
    if (d->denied) return not_run(out, SQL_REFUSED, arena, d->denied, d->denied_name, err);
    if (rc != SQLITE_OK) return not_run(out, SQL_FAILED, arena, sqlite3_errmsg(d->db), "", err);
    const char *why = NULL;
    if (!*statement)
        why = "no statement";
    else if (!is_blank(text_part(sql, (size_t)(tail - sql.at), sql.len)))
        why = "more than one statement";
    else if (sqlite3_stmt_isexplain(*statement))
        why = "EXPLAIN";
    else if (!sqlite3_stmt_readonly(*statement))
        why = "it writes";
    else if (sqlite3_bind_parameter_count(*statement))
        why = "has parameters without values";
    else if (!sqlite3_column_count(*statement))
        why = "gives no table";
    if (!why) return true;
    sqlite3_finalize(*statement);
    *statement = NULL;
    return not_run(out, SQL_REFUSED, arena, why, "", err);
}

struct taking {
    struct sql_database *d;
    sqlite3_stmt *statement;
    struct arena *arena;
    struct sql_cell *cells;
    size_t rows, columns, capacity, bytes;
};

static bool take_cell(struct taking *t, int column, struct sql_cell *cell, struct error *err) {
    sqlite3_stmt *s = t->statement;
    int type = sqlite3_column_type(s, column);
    *cell = (struct sql_cell){0};
    if (type == SQLITE_INTEGER) {
        cell->type = SQL_INTEGER;
        cell->integer = sqlite3_column_int64(s, column);
    } else if (type == SQLITE_FLOAT) {
        cell->type = SQL_REAL;
        cell->real = sqlite3_column_double(s, column);
    } else if (type != SQLITE_NULL) {
        const void *at =
            type == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, column) : sqlite3_column_blob(s, column);
        size_t n = (size_t)sqlite3_column_bytes(s, column);
        char *copy = arena_copy(t->arena, at && n ? at : "", at ? n : 0, err);
        if (!copy) return false;
        cell->type = type == SQLITE_TEXT ? SQL_TEXT : SQL_BLOB;
        cell->text = (struct text){copy, at ? n : 0};
        t->bytes += n;
    }
    t->bytes += sizeof *cell;
    return true;
}

static bool take_row(struct taking *t, struct error *err) {
    if (t->rows == t->capacity) {
        size_t more = t->capacity ? 2 * t->capacity : FIRST_ROWS;
        struct sql_cell *grown = arena_new(t->arena, struct sql_cell, more * t->columns, err);
        if (!grown) return false;
        if (t->rows) memcpy(grown, t->cells, t->rows * t->columns * sizeof *grown);
        t->cells = grown;
        t->capacity = more;
    }
    for (size_t c = 0; c < t->columns; c++)
        if (!take_cell(t, (int)c, &t->cells[t->rows * t->columns + c], err)) return false;
    t->rows++;
    if (t->rows > t->d->limits->rows)
        t->d->stopped = "too many rows";
    else if (t->bytes > t->d->limits->bytes)
        t->d->stopped = "too large a table";
    return true;
}

bool sql_run(struct sql_database *d, struct text sql, const struct sql_limits *limits, struct arena *arena,
             struct sql_result *out, struct error *err) {
    struct taking t = {.d = d, .arena = arena};
    int rc = SQLITE_ROW;
    bool ok = true;
    d->limits = limits ? limits : &sql_limits_usual;
    if (!prepare(d, sql, arena, &t.statement, out, err)) return false;
    if (!t.statement) return true;
    t.columns = (size_t)sqlite3_column_count(t.statement);
    while (ok && !d->stopped && (rc = sqlite3_step(t.statement)) == SQLITE_ROW) ok = take_row(&t, err);
    out->steps = d->looks;
    if (!ok) {
        /* out of memory, and err says so */
    } else if (d->stopped) {
        ok = not_run(out, SQL_STOPPED, arena, d->stopped, "", err);
    } else if (rc == SQLITE_NOMEM) {
        ok = not_run(out, SQL_STOPPED, arena, "too much memory", "", err);
    } else if (rc != SQLITE_DONE) {
        ok = not_run(out, rc == SQLITE_TOOBIG ? SQL_STOPPED : SQL_FAILED, arena, sqlite3_errmsg(d->db), "", err);
    } else {
        out->table = (struct sql_table){t.columns, t.rows, t.cells};
    }
    sqlite3_finalize(t.statement);
    d->limits = &sql_limits_usual;
    return ok;
}

bool sql_prepares(struct sql_database *d, struct text sql, struct arena *arena, struct sql_result *out,
                  struct error *err) {
    sqlite3_stmt *statement;
    if (!prepare(d, sql, arena, &statement, out, err)) return false;
    sqlite3_finalize(statement);
    return true;
}
