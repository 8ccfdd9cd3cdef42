/* SQL that a model wrote, executed on SQLite and confined. What it may do is read: the authorizer admits SELECT, READ,
 * RECURSIVE and the functions of a list (no random ones, none that reach outside); no ATTACH, no PRAGMA, no
 * transaction, no extension; one statement, which must be read-only by SQLite's own word. The file is opened read-only
 * and immutable, so that not even a journal appears beside it. Steps of the virtual machine, seconds, rows, bytes of
 * the result and memory have limits; the limit of steps comes first and is the same on every machine.
 *
 * A failing query is a result and no error: an error is only that there is no memory. Not thread-safe: a database
 * belongs to one thread at a time. */
#ifndef VERIFY_SQL_RUN_H
#define VERIFY_SQL_RUN_H

#include "base/hash.h"
#include "base/text.h"

struct sql_limits {
    uint64_t steps; /* of the virtual machine */
    double seconds; /* a safety net behind the steps */
    size_t rows;    /* of the result */
    size_t bytes;   /* of the result */
    size_t memory;  /* of SQLite above what it held before */
};
/* 500 million steps, 60 s, 100,000 rows, 64 MiB, 256 MiB */
extern const struct sql_limits sql_limits_usual;

enum sql_type { SQL_NULL, SQL_INTEGER, SQL_REAL, SQL_TEXT, SQL_BLOB };
struct sql_cell {
    enum sql_type type;
    int64_t integer;
    double real;
    struct text text; /* of TEXT and BLOB: bytes, not always UTF-8 */
};
struct sql_table {
    size_t n_columns, n_rows;
    const struct sql_cell *cells; /* [n_rows * n_columns], row by row */
};

enum sql_state {
    SQL_RAN,
    SQL_REFUSED, /* it may not do that, or is not one statement that reads: never executed */
    SQL_FAILED,  /* SQLite cannot: no such column, a syntax error */
    SQL_STOPPED, /* it went over a limit */
};
extern const char *const sql_state_names[]; /* "ran", "refused", "failed", "stopped" */
struct sql_result {
    enum sql_state state;
    const char *why; /* of what did not run; on the arena */
    struct sql_table table;
    uint64_t steps; /* in thousands, rounded down */
};

struct sql_database;
/* ERROR_DATA: no database, or one that is being written (a live write-ahead log beside it). */
struct sql_database *sql_open(const char *path, struct error *err) MUST_CHECK;
/* The same of the bytes of a database file, which are copied. */
struct sql_database *sql_open_bytes(const void *at, size_t n, const char *shown_name, struct error *err) MUST_CHECK;
/* One without tables. */
struct sql_database *sql_open_empty(struct error *err) MUST_CHECK;
void sql_close(struct sql_database *database);
const char *sql_shown_name(const struct sql_database *database);
/* SHA-256 of what was opened, as it is now: equal before and after, whatever was run. */
bool sql_digest(const struct sql_database *database, char hex[HASH_HEX], struct error *err) MUST_CHECK;

/* limits NULL: the usual ones. The table and `why` live on the arena. */
bool sql_run(struct sql_database *database, struct text sql, const struct sql_limits *limits, struct arena *arena,
             struct sql_result *out, struct error *err) MUST_CHECK;
/* Prepares and does not run: SQL_RAN means that it could be run (tables and columns exist). */
bool sql_prepares(struct sql_database *database, struct text sql, struct arena *arena, struct sql_result *out,
                  struct error *err) MUST_CHECK;
/* The bytes of the database, on the arena: what sql_open_bytes takes. */
bool sql_bytes(struct sql_database *database, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

#endif
