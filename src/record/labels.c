/* Labels that people give to answers. */
#include "record/record_internal.h"

#include "base/progress.h"

/* The answer of a place of the plan; items of several tasks may have the same id. */
#define FIND_SQL                                                                                                       \
    "select p.task, a.id from plans p join runs r on r.id = p.run join items i on i.digest = p.item"                   \
    " left join answers a on a.ask = p.ask and a.subject = r.subject and a.seed = p.seed and a.sample = ?3"            \
    " where p.run = ?1 and i.id = ?2 and (?4 = '' or p.task = ?4) limit 2"

static bool find_answer(struct record *record, int64_t run, const struct record_label *label, struct arena *arena,
                        struct text *task, int64_t *answer, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, FIND_SQL, -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err);
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, label->item);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)label->sample);
    bind_text(s, 4, label->task);
    int state = record_step(record, s, err);
    bool ok = state >= 0;
    if (state == 1) {
        char *copy = text_copy(arena, column_text(s, 0), err);
        *task = (struct text){copy, column_text(s, 0).len};
        *answer = sqlite3_column_int64(s, 1);
        ok = copy != NULL && (state = record_step(record, s, err)) >= 0;
        if (ok && state == 1)
            ok = error_set(err, ERROR_DATA, "item '%.*s' is in several tasks of the run: name one as 'task'",
                           TEXT_ARG(label->item));
        else if (ok && *answer == 0)
            ok = error_set(err, ERROR_DATA, "item '%.*s' has no answer of sample %llu", TEXT_ARG(label->item),
                           (unsigned long long)label->sample);
    } else if (ok) {
        ok = error_set(err, ERROR_DATA, "no item '%.*s'%s%.*s in the run", TEXT_ARG(label->item),
                       label->task.len ? " of task " : "", TEXT_ARG(label->task));
    }
    sqlite3_finalize(s);
    return ok;
}

bool record_put_label(struct record *record, int64_t run, const struct record_label *label, struct arena *arena,
                      struct text *task, struct error *err) {
    int64_t answer = 0;
    if (!find_answer(record, run, label, arena, task, &answer, err)) return false;
    /* Rows are joined with their labels: quickly only where these can be found. */
    if (sqlite3_exec(record->db, "create index if not exists labels_answer on labels(answer)", NULL, NULL, NULL) !=
        SQLITE_OK)
        return record_sql_error(record, "write", err);
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_LABEL, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, answer);
    bind_text(s, 2, label->label);
    bind_text(s, 3, label->who);
    bind_text(s, 4, label->why);
    sqlite3_bind_int64(s, 5, (sqlite3_int64)clock_now_ns());
    return record_done(record, s, err);
}
