/* Runs: starting, continuing, locking, ending, listing. */
#include "record/record_internal.h"

#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool run_key_digest(const struct record_run_key *key, char hex[HASH_HEX], struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    const char *parts[] = {key->config, key->suite, key->subject, key->build};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buffer_put_c(&b, parts[i] ? parts[i] : "");
        buffer_put_char(&b, '\n');
    }
    buffer_printf(&b, "%llu", (unsigned long long)key->seed);
    bool ok = buffer_check(&b, "run key", err);
    if (ok) sha256_hex(b.at, b.len, hex);
    buffer_done(&b);
    return ok;
}

/* A byte lock at the run's number in PATH.lock: the system drops it when the process dies. */
static bool lock_run(struct record *record, int64_t run, const char *name, struct error *err) {
    if (record->lock < 0) {
        struct buffer b;
        buffer_init(&b, 8192);
        buffer_printf(&b, "%s.lock", record->path);
        if (!buffer_check(&b, "name of the lock file", err)) return buffer_done(&b), false;
        record->lock = open(b.at, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        bool ok = record->lock >= 0 || error_system(err, errno, "cannot open lock file", b.at);
        buffer_done(&b);
        if (!ok) return false;
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = run, .l_len = 1};
    if (fcntl(record->lock, F_SETLK, &lock) == 0) return true;
    if (errno != EACCES && errno != EAGAIN) return error_system(err, errno, "cannot lock record", record->path);
    struct flock holder = lock;
    int pid = fcntl(record->lock, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK ? (int)holder.l_pid : 0;
    return error_set(err, ERROR_ENVIRONMENT, "run '%s' of record '%s' is being written by process %d; wait for it, or "
                     "start another run with --fresh", name, record->path, pid);
}

static void fill_run(sqlite3_stmt *s, struct record_run *run) {
    struct text name = column_text(s, 1), state = column_text(s, 2);
    *run = (struct record_run){.id = sqlite3_column_int64(s, 0), .resumed = true};
    snprintf(run->name, sizeof run->name, "%.*s", TEXT_ARG(name));
    run->finished = text_equal_c(state, "done");
    run->started_ns = (uint64_t)sqlite3_column_int64(s, 3);
    run->ended_ns = (uint64_t)sqlite3_column_int64(s, 4);
}

static bool new_run(struct record *record, const struct record_run_key *key, const char *digest, struct record_run *run,
                    struct error *err) {
    *run = (struct record_run){.started_ns = clock_now_ns()};
    if (key->name) {
        snprintf(run->name, sizeof run->name, "%s", key->name);
    } else {
        sqlite3_stmt *next = record_statement(record, STATEMENT_RUN_NEXT_NAME, err);
        if (!next || record_step(record, next, err) != 1) return false;
        snprintf(run->name, sizeof run->name, "r%lld", (long long)sqlite3_column_int64(next, 0));
        sqlite3_reset(next);
    }
    sqlite3_stmt *s = record_statement(record, STATEMENT_RUN_NEW, err);
    if (!s) return false;
    const char *texts[] = {run->name, digest, key->command, key->config, key->suite, key->subject};
    for (int i = 0; i < 6; i++) bind_c(s, i + 1, texts[i]);
    sqlite3_bind_int64(s, 7, (sqlite3_int64)key->seed);
    bind_c(s, 8, key->build);
    sqlite3_bind_int64(s, 9, (sqlite3_int64)run->started_ns);
    if (!record_done(record, s, err)) return false;
    run->id = sqlite3_last_insert_rowid(record->db);
    return true;
}

/* The run to go on with: 1 found, 0 none, -1 error (a name that belongs to other work). */
static int find_run(struct record *record, const struct record_run_key *key, const char *digest,
                    enum record_start start, struct record_run *run, struct error *err) {
    sqlite3_stmt *s = record_statement(record, key->name ? STATEMENT_RUN_BY_NAME : STATEMENT_RUN_BY_KEY, err);
    if (!s) return -1;
    bind_c(s, 1, key->name ? key->name : digest);
    int found = record_step(record, s, err);
    if (found == 1) {
        fill_run(s, run);
        if (key->name && !text_equal_c(column_text(s, 5), digest)) {
            error_set(err, ERROR_USAGE, "run '%s' exists in record '%s' with other settings; choose another --run name",
                      key->name, record->path);
            found = -1;
        } else if (key->name && start == RECORD_FRESH) {
            error_set(err, ERROR_USAGE, "run '%s' exists in record '%s'; --fresh needs another --run name", key->name,
                      record->path);
            found = -1;
        }
    }
    sqlite3_reset(s);
    return found == 1 && start == RECORD_FRESH ? 0 : found;
}

bool record_run_start(struct record *record, const struct record_run_key *key, enum record_start start,
                      struct record_run *run, struct error *err) {
    char digest[HASH_HEX];
    if (!run_key_digest(key, digest, err) || !record_begin(record, err)) return false;
    int found = find_run(record, key, digest, start, run, err);
    bool ok = found >= 0;
    if (ok && found == 0 && start == RECORD_RESUME_ONLY)
        ok = error_set(err, ERROR_USAGE, "record '%s' has no run of these settings to resume; leave out --resume",
                       record->path);
    if (ok && found == 0) ok = new_run(record, key, digest, run, err);
    if (ok) ok = lock_run(record, run->id, run->name, err);
    if (ok && run->resumed && !run->finished) {
        sqlite3_stmt *s = record_statement(record, STATEMENT_RUN_AGAIN, err);
        ok = s && (sqlite3_bind_int64(s, 1, run->id), record_done(record, s, err));
    }
    if (ok) ok = record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}

bool record_run_end(struct record *record, int64_t run, const char *state, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_RUN_END, err);
    if (!s) return false;
    bind_c(s, 1, state);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)clock_now_ns());
    sqlite3_bind_int64(s, 3, run);
    return record_done(record, s, err);
}

static json_t *run_row(sqlite3_stmt *s) {
    json_t *config = column_json(s, 3), *files = column_json(s, 14);
    json_t *subject = json_pack("{s:s? s:s? s:s? s:s? s:s? s:s? s:s? s:o?}", "digest", sqlite3_column_text(s, 5),
                                "spec", sqlite3_column_text(s, 11), "kind", sqlite3_column_text(s, 12), "name",
                                sqlite3_column_text(s, 13), "tokenizer", sqlite3_column_text(s, 15), "template",
                                sqlite3_column_text(s, 16), "capabilities", sqlite3_column_text(s, 17), "files", files);
    return json_pack("{s:I s:s? s:s? s:o? s:s? s:o s:I s:s? s:I s:I s:s?}", "id",
                     (json_int_t)sqlite3_column_int64(s, 0), "name", sqlite3_column_text(s, 1), "command",
                     sqlite3_column_text(s, 2), "config", config, "suite", sqlite3_column_text(s, 4), "subject",
                     subject, "seed", (json_int_t)sqlite3_column_int64(s, 6), "build", sqlite3_column_text(s, 7),
                     "started", (json_int_t)sqlite3_column_int64(s, 8), "ended", (json_int_t)sqlite3_column_int64(s, 9),
                     "state", sqlite3_column_text(s, 10));
}

#define RUN_COLUMNS                                                                                                    \
    "select r.id, r.name, r.command, r.config, r.suite, r.subject, r.seed, r.build, r.started, r.ended, r.state,"      \
    " s.spec, s.kind, s.name, s.files, s.tokenizer, s.template, s.capabilities"                                        \
    " from runs r left join subjects s on s.digest = r.subject "

json_t *record_run_json(struct record *record, const char *name, struct error *err) {
    bool newest = !name || !name[0];
    sqlite3_stmt *s = NULL;
    const char *sql = newest ? RUN_COLUMNS "order by r.id desc limit 1" : RUN_COLUMNS "where r.name = ?";
    if (sqlite3_prepare_v2(record->db, sql, -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    if (!newest) bind_c(s, 1, name);
    json_t *run = NULL;
    int found = record_step(record, s, err);
    if (found == 1 && !(run = run_row(s))) error_memory(err, "run");
    if (found == 0)
        error_set(err, ERROR_USAGE, newest ? "record '%s' has no runs%s" : "record '%s' has no run '%s'; `basanite "
                  "record list` shows them", record->path, newest ? "" : name);
    sqlite3_finalize(s);
    return run;
}

json_t *record_runs_json(struct record *record, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, RUN_COLUMNS "order by r.id desc", -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    json_t *runs = json_array();
    int found = 0;
    while (runs && (found = record_step(record, s, err)) == 1)
        if (json_array_append_new(runs, run_row(s)) != 0) {
            error_memory(err, "runs");
            found = -1;
            break;
        }
    sqlite3_finalize(s);
    if (!runs) return error_memory(err, "runs"), NULL;
    if (found < 0) return json_decref(runs), NULL;
    return runs;
}
