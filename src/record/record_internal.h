/* What the files of record/ share: the handle and prepared statements. */
#ifndef RECORD_INTERNAL_H
#define RECORD_INTERNAL_H

#include "record/record.h"

#include <sqlite3.h>

/* One list of statements: name, SQL. */
#define RECORD_STATEMENTS(X)                                                                                           \
    X(PUT_SUBJECT, "insert into subjects values(?,?,?,?,?,?,?,?)"                                                      \
                  " on conflict(digest) do update set spec = excluded.spec")                                           \
    X(RUN_BY_KEY, "select id, name, state, started, ended from runs where key = ? order by id desc limit 1")           \
    X(RUN_BY_NAME, "select id, name, state, started, ended, key from runs where name = ?")                             \
    X(RUN_NEW, "insert into runs(name, key, command, config, suite, subject, seed, build, started, ended,"             \
               " state, parent)"                                                                                       \
               " values(?,?,?,?,?,?,?,?,?,null,'running',null)")                                                       \
    X(RUN_NEXT_NAME, "select coalesce((select seq from sqlite_sequence where name = 'runs'), 0) + 1")                  \
    X(RUN_AGAIN, "update runs set state = 'running' where id = ?")                                                     \
    X(RUN_END, "update runs set state = ?, ended = ? where id = ?")                                                    \
    X(PUT_ITEM, "insert or ignore into items values(?,?,?,?,?,?,?,?,?,?,?,?,?)")                                       \
    X(PUT_ASK, "insert or ignore into asks values(?,?,?,?,?,?)")                                                       \
    X(PUT_PLAN, "insert into plans values(?,?,?,?,?,?,?) on conflict do update set item = excluded.item,"              \
                " ask = excluded.ask, samples = excluded.samples, seed = excluded.seed")                               \
    X(FIND_ANSWER, "select id, run, text, finish, tokens_in, tokens_out, logprobs, ms from answers"                    \
                   " where ask = ? and subject = ? and sample = ? and seed = ? and finish <> 'error'")                 \
    X(ANSWER_STATE, "select id, finish from answers where ask = ? and subject = ? and sample = ? and seed = ?")        \
    X(PUT_ANSWER, "insert or replace into answers(id, run, ask, subject, sample, seed, text, finish, tokens_in,"       \
                  " tokens_out, logprobs, parts, ms, cost, error) values(?,?,?,?,?,?,?,?,?,?,?,null,?,null,?)")        \
    X(PUT_SCORE, "insert into scores(run, answer, item, scorer, version, value, label, parsed, evidence, judge)"       \
                 " values(?,?,?,?,?,?,?,?,?,?) on conflict(answer, item, run, scorer) do update set"                   \
                 " version = excluded.version, value = excluded.value, label = excluded.label,"                        \
                 " parsed = excluded.parsed, evidence = excluded.evidence, judge = excluded.judge")                    \
    X(CLEAR_FIGURES, "delete from figures where run = ? and task = ?")                                                 \
    X(PUT_FIGURE, "insert into figures(run, name, task, grp, value, lo, hi, n, k, method, unit, direction, parsed,"    \
                  " errors, null_reason, scorer) values(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")                             \
    X(CLEAR_COMPARISONS, "delete from comparisons where a = ? and b = ?")                                              \
    X(PUT_COMPARISON, "insert into comparisons(a, b, name, task, diff, lo, hi, p, p_corrected, method)"                \
                      " values(?,?,?,?,?,?,?,?,?,?)")                                                                  \
    X(PUT_LABEL, "insert into labels values(?,?,?,?,?)")                                                               \
    X(EVIDENCE_LAST, "select seq, hash from evidence where run = ? order by seq desc limit 1")                         \
    X(EVIDENCE_OF, "select digest from evidence indexed by evidence_ref where run = ? and ref = ?"                 \
                   " order by seq desc limit 1")                  \
    X(PUT_FACT, "insert into meta values(?,?) on conflict(key) do update set value = excluded.value")                  \
    X(FACT, "select value from meta where key = ?")                                                                    \
    X(SPEND, "insert into spent(digest, use, run) select distinct item, ?1, run from plans where run = ?2"             \
             " and item not in (select digest from spent where use = ?1)")                                             \
    X(SPENT, "select s.digest, r.name from spent s left join runs r on r.id = s.run where s.use = ? order by 1") \
    X(CERTIFICATES, "select key, value from meta where key glob 'certificate/*' order by key")                         \
    X(EVIDENCE_ADD, "insert into evidence values(?,?,?,?,?,?,?)")

enum record_statement {
#define X(name, sql) STATEMENT_##name,
    RECORD_STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

struct record {
    sqlite3 *db;
    char *path;
    enum record_mode mode;
    int lock; /* descriptor of PATH.lock, -1: not open */
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* The statement, reset and without bindings; NULL and err when it cannot be prepared. */
sqlite3_stmt *record_statement(struct record *record, enum record_statement which, struct error *err);
/* SQLITE_DONE expected; otherwise err names the record, the reason and what to do. Resets the statement. */
bool record_done(struct record *record, sqlite3_stmt *s, struct error *err);
/* 1 a row, 0 none, -1 an error. */
int record_step(struct record *record, sqlite3_stmt *s, struct error *err);
bool record_sql_error(struct record *record, const char *what, struct error *err);

/* Binding: texts are copied by SQLite; NULL pointers and empty views bind null where said. */
void bind_c(sqlite3_stmt *s, int at, const char *text);          /* NULL: null */
void bind_text(sqlite3_stmt *s, int at, struct text t);          /* empty text stays text */
void bind_real(sqlite3_stmt *s, int at, double value);           /* NaN: null */
/* Canonical; NULL: null. False: longer than 64 MiB as text, or no memory. */
bool bind_json(sqlite3_stmt *s, int at, const json_t *value, struct error *err) MUST_CHECK;
struct text column_text(sqlite3_stmt *s, int at);                /* borrowed until the next step */
double column_real(sqlite3_stmt *s, int at);                     /* null: NaN */
json_t *column_json(sqlite3_stmt *s, int at);                    /* owned; NULL for null or unreadable */

#endif
