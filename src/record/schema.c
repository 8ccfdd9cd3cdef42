/* The schema of a record: see schema.h. Times are ns UTC, digests sha256 in hexadecimal, JSON is canonical. */
#include "record/schema.h"

static const char *const version_1 =
    "create table meta(key text primary key, value text) strict, without rowid;"
    "create table subjects(digest text primary key, spec text, kind text, name text, files text, tokenizer text,"
    "  template text, capabilities text) strict, without rowid;"
    "create table runs(id integer primary key autoincrement, name text unique, key text, command text, config text,"
    "  suite text, subject text, seed integer, build text, started integer, ended integer,"
    "  state text check(state in ('running', 'done', 'interrupted', 'failed')), parent integer) strict;"
    "create index runs_key on runs(key);"
    "create table items(digest text primary key, task text, id text, split text, grp text, lang text, pair text,"
    "  twin text, cluster text, ref text, gold text, source text, licence text) strict, without rowid;"
    "create table asks(digest text primary key, item text, messages text, want text, method text,"
    "  prompt_tokens integer) strict, without rowid;"
    "create table plans(run integer, task text, position integer, item text, ask text, samples integer,"
    "  seed integer, unique(run, task, position)) strict;"
    "create table answers(id integer primary key, run integer, ask text, subject text, sample integer, seed integer,"
    "  text text, finish text, tokens_in integer, tokens_out integer, logprobs text, parts text, ms real, cost real,"
    "  error text, unique(ask, subject, sample, seed)) strict;"
    "create table scores(id integer primary key, answer integer, item text, scorer text, version text, value real,"
    "  label text, parsed text, evidence text, judge text, ms real, unique(answer, item, scorer, version)) strict;"
    "create table labels(answer integer, label text, who text, why text, at integer) strict;"
    "create table figures(id integer primary key, run integer, name text, task text, grp text, value real, lo real,"
    "  hi real, n integer, k integer, method text, unit text, direction text, parsed real, errors integer,"
    "  null_reason text, scorer text) strict;"
    "create index figures_run on figures(run, task);"
    "create table comparisons(id integer primary key, a integer, b integer, name text, task text, diff real, lo real,"
    "  hi real, p real, p_corrected real, method text) strict;"
    "create table spans(id text, trace text, parent text, agent text, op text, t0 integer, t1 integer, status text,"
    "  model text, tool text, args text, result text, grant text, trust text, prev text, hash text) strict;"
    "create table spent(digest text, use text check(use in ('tune', 'gate')), run integer) strict;"
    "create table evidence(run integer, seq integer, kind text, ref text, digest text, prev text, hash text,"
    "  primary key(run, seq)) strict, without rowid;"
    "create index evidence_ref on evidence(run, ref);";

/* A score belongs to its run: two methods of one task may end in the same ask, and so in the same answer, and are
 * scored by what each makes of it. Version 1 kept one score of an answer and item, that of the run which came last;
 * each run takes over what stands there, if it is of the scorer that its settings name. */
static const char *const version_2 =
    "alter table scores rename to scores_1;"
    "create table scores(id integer primary key, run integer, answer integer, item text, scorer text, version text,"
    "  value real, label text, parsed text, evidence text, judge text, ms real,"
    "  unique(answer, item, run, scorer)) strict;"
    "with own(run, task, scorer, version) as materialized (select r.id, t.value ->> 'task', t.value ->> 'scorer',"
    "  t.value ->> 'scorer_version' from runs r, json_each(r.config, '$.tasks') t)"
    "insert or replace into scores(run, answer, item, scorer, version, value, label, parsed, evidence, judge, ms)"
    "  select p.run, s.answer, s.item, s.scorer, s.version, s.value, s.label, s.parsed, s.evidence, s.judge, s.ms"
    "  from plans p join runs r on r.id = p.run join answers a on a.ask = p.ask and a.subject = r.subject"
    "    and a.seed = p.seed and a.sample < p.samples"
    "  join scores_1 s on s.answer = a.id and s.item = p.item"
    "  left join own o on o.run = p.run and o.task = p.task"
    "  where coalesce(o.scorer, s.scorer) = s.scorer and coalesce(o.version, s.version) = s.version"
    "  order by p.run, s.id;"
    "drop table scores_1;";

/* migrations[v] brings a file of version v to v + 1. */
static const char *const *const migrations[RECORD_SCHEMA_VERSION] = {&version_1, &version_2};

bool schema_sql_error(sqlite3 *db, const char *path, const char *what, struct error *err) {
    int code = sqlite3_errcode(db);
    const char *advice = "";
    if (code == SQLITE_FULL || code == SQLITE_IOERR)
        advice = "; free some space and run the same command again, what was committed is kept";
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        advice = "; another program holds the record, run the same command again when it has ended";
    else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM)
        advice = "; name a file you may write with --record";
    return error_set(err, code == SQLITE_CORRUPT ? ERROR_DATA : ERROR_ENVIRONMENT, "record '%s': %s: %s%s", path, what,
                     sqlite3_errmsg(db), advice);
}

static bool pragma_int(sqlite3 *db, const char *sql, int *out) {
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (ok) *out = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return ok;
}

static bool run_sql(sqlite3 *db, const char *sql, const char *path, struct error *err) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    return schema_sql_error(db, path, "cannot be written", err);
}

static bool migrate_from(sqlite3 *db, int version, const char *path, struct error *err) {
    char mark[128];
    for (int v = version; v < RECORD_SCHEMA_VERSION; v++)
        if (!run_sql(db, *migrations[v], path, err)) return false;
    sqlite3_snprintf(sizeof mark, mark, "pragma application_id = %d; pragma user_version = %d;", RECORD_APPLICATION_ID,
                     RECORD_SCHEMA_VERSION);
    return run_sql(db, mark, path, err);
}

static bool read_versions(sqlite3 *db, const char *path, int *application, int *version, int *tables,
                          struct error *err) {
    if (pragma_int(db, "pragma application_id", application) && pragma_int(db, "pragma user_version", version) &&
        pragma_int(db, "select count(*) from sqlite_schema", tables))
        return true;
    int code = sqlite3_errcode(db);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return error_set(err, ERROR_DATA, "'%s' is no record: %s; name another file with --record", path,
                         sqlite3_errmsg(db));
    return schema_sql_error(db, path, "cannot be read", err);
}

static bool check_versions(const char *path, int application, int version, int tables, bool migrate,
                           struct error *err) {
    if (application != RECORD_APPLICATION_ID && tables > 0)
        return error_set(err, ERROR_DATA, "'%s' is a SQLite file of something else, not a record; name another file "
                         "with --record", path);
    if (version > RECORD_SCHEMA_VERSION)
        return error_set(err, ERROR_DATA, "record '%s' has schema version %d, this program knows up to %d; use a newer "
                         "basanite", path, version, RECORD_SCHEMA_VERSION);
    if (!migrate && tables == 0)
        return error_set(err, ERROR_DATA, "record '%s' is empty; `basanite run` fills it", path);
    if (!migrate && version < RECORD_SCHEMA_VERSION)
        return error_set(err, ERROR_DATA, "record '%s' has schema version %d, older than %d; a command that writes "
                         "to it (run) brings it up to date", path, version, RECORD_SCHEMA_VERSION);
    return true;
}

bool schema_prepare(sqlite3 *db, const char *path, bool migrate, struct error *err) {
    int application, version, tables;
    if (!read_versions(db, path, &application, &version, &tables, err)) return false;
    if (!check_versions(path, application, version, tables, migrate, err)) return false;
    if (version == RECORD_SCHEMA_VERSION) return true;
    /* Another process may have migrated since we looked: look again under the write lock. */
    if (!run_sql(db, "begin immediate", path, err)) return false;
    bool ok = read_versions(db, path, &application, &version, &tables, err) &&
              (version == RECORD_SCHEMA_VERSION || migrate_from(db, version, path, err));
    if (ok) ok = run_sql(db, "commit", path, err);
    if (!ok) sqlite3_exec(db, "rollback", NULL, NULL, NULL);
    return ok;
}
