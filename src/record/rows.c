/* Streaming the scored samples of a run, in plan order: what metrics, reports and verification read. */
#include "record/record_internal.h"

#include <math.h>

/* Samples of an ask that have not been answered yet come as one row with answer 0. */
#define ROWS_SQL                                                                                                       \
    "select p.task, p.position, p.item, p.ask, i.id, i.grp, i.lang, i.pair, i.twin, i.cluster, i.gold,"                \
    " a.id, a.sample, a.text, a.finish, a.logprobs, a.ms, a.tokens_in, a.tokens_out, a.error,"                         \
    " s.id, s.value, s.label, s.parsed, s.evidence, q.messages, q.want, i.source,"                                     \
    " (select l.label from labels l where l.answer = a.id order by l.at desc, l.rowid desc limit 1)"                   \
    " from plans p join runs r on r.id = p.run join items i on i.digest = p.item"                                      \
    " left join answers a on a.ask = p.ask and a.subject = r.subject and a.sample < p.samples"                         \
    "   and a.seed = p.seed"                                                                                           \
    " left join scores s on s.answer = a.id and s.item = p.item and s.run = p.run and s.scorer = ?3"                   \
    " left join asks q on ?4 and q.digest = p.ask"                                                                     \
    " where p.run = ?1 and p.task = ?2 and p.position between ?5 and ?6 order by p.position, a.sample"

struct row_json {
    json_t *gold, *logprobs, *evidence, *messages, *want;
};

static void row_fill(sqlite3_stmt *s, struct record_row *row, struct row_json *json) {
    *json = (struct row_json){column_json(s, 10), column_json(s, 15), column_json(s, 24), column_json(s, 25),
                               column_json(s, 26)};
    *row = (struct record_row){
        .task = column_text(s, 0),
        .position = (uint64_t)sqlite3_column_int64(s, 1),
        .item = (const char *)sqlite3_column_text(s, 2),
        .ask = (const char *)sqlite3_column_text(s, 3),
        .item_id = column_text(s, 4),
        .group = column_text(s, 5),
        .lang = column_text(s, 6),
        .pair = column_text(s, 7),
        .twin = column_text(s, 8),
        .cluster = column_text(s, 9),
        .gold = json->gold,
        .answer = sqlite3_column_int64(s, 11),
        .sample = (uint64_t)sqlite3_column_int64(s, 12),
        .text = column_text(s, 13),
        .finish = (const char *)sqlite3_column_text(s, 14),
        .logprobs = json->logprobs,
        .ms = column_real(s, 16),
        .tokens_in = sqlite3_column_int64(s, 17),
        .tokens_out = sqlite3_column_int64(s, 18),
        .error = (const char *)sqlite3_column_text(s, 19),
        .scored = sqlite3_column_type(s, 20) != SQLITE_NULL,
        .value = column_real(s, 21),
        .label = column_text(s, 22),
        .parsed = (const char *)sqlite3_column_text(s, 23),
        .evidence = json->evidence,
        .messages = json->messages,
        .want = json->want,
        .source = column_text(s, 27),
        .person = column_text(s, 28),
    };
}

static void row_json_done(struct row_json *json) {
    json_decref(json->gold);
    json_decref(json->logprobs);
    json_decref(json->evidence);
    json_decref(json->messages);
    json_decref(json->want);
}

static bool rows_between(struct record *record, int64_t run, struct text task, int64_t from, int64_t to,
                         const char *scorer, int flags, record_row_sink *sink, void *context, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, ROWS_SQL, -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err);
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, task);
    bind_c(s, 3, scorer);
    sqlite3_bind_int(s, 4, flags & RECORD_WITH_ASKS);
    sqlite3_bind_int64(s, 5, from);
    sqlite3_bind_int64(s, 6, to);
    int state;
    bool ok = true;
    while (ok && (state = record_step(record, s, err)) != 0) {
        if (state < 0) {
            ok = false;
            break;
        }
        struct record_row row;
        struct row_json json;
        row_fill(s, &row, &json);
        ok = sink(context, &row, err);
        row_json_done(&json);
    }
    sqlite3_finalize(s);
    return ok;
}

bool record_rows(struct record *record, int64_t run, struct text task, const char *scorer, int flags,
                 record_row_sink *sink, void *context, struct error *err) {
    return rows_between(record, run, task, 0, INT64_MAX, scorer, flags, sink, context, err);
}

bool record_rows_at(struct record *record, int64_t run, struct text task, uint64_t position, const char *scorer,
                    int flags, record_row_sink *sink, void *context, struct error *err) {
    return rows_between(record, run, task, (int64_t)position, (int64_t)position, scorer, flags, sink, context, err);
}
