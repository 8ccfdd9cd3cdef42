/* Opening a record, transactions, statements: see record.h. */
#include "record/record_internal.h"

#include "base/file.h"
#include "record/schema.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 30000

static const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) sql,
    RECORD_STATEMENTS(X)
#undef X
};

bool record_sql_error(struct record *record, const char *what, struct error *err) {
    return schema_sql_error(record->db, record->path, what, err);
}

static bool open_db(struct record *record, struct error *err) {
    int flags = record->mode == RECORD_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    if (record->mode == RECORD_READ && !file_exists(record->path))
        return error_set(err, ERROR_DATA, "record '%s' does not exist; `basanite run` makes one, or name one with "
                         "--record", record->path);
    int rc = sqlite3_open_v2(record->path, &record->db, flags, NULL);
    if (rc == SQLITE_CANTOPEN && record->mode == RECORD_READ) {
        sqlite3_close(record->db);
        rc = sqlite3_open_v2(record->path, &record->db, SQLITE_OPEN_READONLY, NULL);
    }
    if (rc != SQLITE_OK) return record_sql_error(record, "cannot be opened", err);
    sqlite3_busy_timeout(record->db, BUSY_MS);
    /* A record may come from a stranger: its schema may not call functions, nor writes reach the file's own pages. */
    sqlite3_db_config(record->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(record->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_extended_result_codes(record->db, 0);
    /* Rows are joined by digests, which lie in no order: what doesn't fit into the cache is read again and again. Taken
     * only as far as it is used. */
    sqlite3_exec(record->db, "pragma cache_size = -262144", NULL, NULL, NULL);
    if (record->mode == RECORD_WRITE &&
        sqlite3_exec(record->db, "pragma journal_mode = wal; pragma synchronous = normal",
                     NULL, NULL, NULL) != SQLITE_OK && sqlite3_errcode(record->db) != SQLITE_NOTADB)
        return record_sql_error(record, "cannot be written", err);
    if (record->mode == RECORD_READ) sqlite3_exec(record->db, "pragma query_only = on", NULL, NULL, NULL);
    return schema_prepare(record->db, record->path, record->mode == RECORD_WRITE, err);
}

struct record *record_open(const char *path, enum record_mode mode, struct error *err) {
    struct record *record = memory_zeroed(1, sizeof *record);
    size_t n = strlen(path);
    if (!record || !(record->path = memory_alloc(n + 1))) {
        memory_free(record);
        return error_memory(err, "record"), NULL;
    }
    memcpy(record->path, path, n + 1);
    record->mode = mode;
    record->lock = -1;
    if (open_db(record, err)) return record;
    record_close(record);
    return NULL;
}

void record_close(struct record *record) {
    if (!record) return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) sqlite3_finalize(record->statements[i]);
    sqlite3_close(record->db);
    if (record->lock >= 0) close(record->lock);
    memory_free(record->path);
    memory_free(record);
}

const char *record_path(const struct record *record) {
    return record->path;
}

static bool transaction(struct record *record, const char *sql, struct error *err) {
    if (sqlite3_exec(record->db, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    return record_sql_error(record, sql, err);
}

bool record_begin(struct record *record, struct error *err) {
    return transaction(record, "begin immediate", err);
}

bool record_commit(struct record *record, struct error *err) {
    return transaction(record, "commit", err);
}

void record_rollback(struct record *record) {
    if (record && !sqlite3_get_autocommit(record->db)) sqlite3_exec(record->db, "rollback", NULL, NULL, NULL);
}

sqlite3_stmt *record_statement(struct record *record, enum record_statement which, struct error *err) {
    sqlite3_stmt **s = &record->statements[which];
    if (!*s &&
        sqlite3_prepare_v3(record->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL) != SQLITE_OK)
        return record_sql_error(record, "statement", err), NULL;
    sqlite3_reset(*s);
    sqlite3_clear_bindings(*s);
    return *s;
}

int record_step(struct record *record, sqlite3_stmt *s, struct error *err) {
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) return 1;
    if (rc == SQLITE_DONE) return 0;
    record_sql_error(record, "read", err);
    return -1;
}

bool record_done(struct record *record, sqlite3_stmt *s, struct error *err) {
    int rc = sqlite3_step(s);
    bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (!ok) record_sql_error(record, "write", err);
    sqlite3_reset(s);
    return ok;
}

void bind_c(sqlite3_stmt *s, int at, const char *text) {
    if (text) sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

void bind_text(sqlite3_stmt *s, int at, struct text t) {
    sqlite3_bind_text64(s, at, t.at ? t.at : "", t.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void bind_real(sqlite3_stmt *s, int at, double value) {
    if (!isnan(value)) sqlite3_bind_double(s, at, value);
}

bool bind_json(sqlite3_stmt *s, int at, const json_t *value, struct error *err) {
    if (!value) return true;
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    json_put_canonical(&b, value);
    bool ok = buffer_check(&b, "a value for the record", err);
    if (ok) bind_text(s, at, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

struct text column_text(sqlite3_stmt *s, int at) {
    const char *p = (const char *)sqlite3_column_text(s, at);
    return (struct text){p ? p : "", p ? (size_t)sqlite3_column_bytes(s, at) : 0};
}

double column_real(sqlite3_stmt *s, int at) {
    return sqlite3_column_type(s, at) == SQLITE_NULL ? NAN : sqlite3_column_double(s, at);
}

json_t *column_json(sqlite3_stmt *s, int at) {
    struct error ignored;
    if (sqlite3_column_type(s, at) == SQLITE_NULL) return NULL;
    return json_read(column_text(s, at), "record", 0, &ignored);
}
