/* Looking through a record: see browse.h. */
#include "record/browse.h"

#include "base/progress.h"
#include "record/record_internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_BETWEEN_LOOKS = 1000, ROWS_BETWEEN_LOOKS = 64 };

const char *const browse_state_names[BROWSE_STATES] = {"any", "missing", "failed", "unscored", "unread", "cut"};

/* The messages are only read where words are looked for. */
#define BROWSE_SQL                                                                                                     \
    "select p.position, i.id, i.grp, i.gold, a.id, a.sample, a.text, a.finish, a.error, s.id, s.value, s.label,"       \
    " s.parsed, a.tokens_out, a.ms, q.messages"                                                                        \
    " from plans p join runs r on r.id = p.run join items i on i.digest = p.item"                                      \
    " left join answers a on a.ask = p.ask and a.subject = r.subject and a.sample < p.samples"                         \
    "   and a.seed = p.seed"                                                                                           \
    " left join scores s on s.answer = a.id and s.item = p.item and s.run = p.run and (?3 is null or s.scorer = ?3)"   \
    " left join asks q on ?4 and q.digest = p.ask"                                                                     \
    " where p.run = ?1 and p.task = ?2 and p.position >= ?5 order by p.position, a.sample"

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool stands_in(struct text t, struct text part) {
    for (size_t i = 0; i + part.len <= t.len; i++) {
        size_t k = 0;
        while (k < part.len && lower(t.at[i + k]) == lower(part.at[k])) k++;
        if (k == part.len) return true;
    }
    return false;
}

static bool is_of_state(const struct record_row *row, enum browse_state state) {
    bool failed = row->finish && strcmp(row->finish, "error") == 0;
    switch (state) {
    case BROWSE_MISSING:
        return row->answer == 0;
    case BROWSE_FAILED:
        return failed;
    case BROWSE_UNSCORED:
        return row->answer != 0 && !failed && !row->scored;
    case BROWSE_UNREAD:
        return row->parsed && strcmp(row->parsed, "fail") == 0;
    case BROWSE_CUT:
        return row->finish && strcmp(row->finish, "length") == 0;
    default:
        return true;
    }
}

static bool passes(const struct browse_filter *f, const struct record_row *row, struct text messages) {
    if (!is_of_state(row, f->state) || (f->label.len && !text_equal(row->label, f->label))) return false;
    return !f->find.len || stands_in(row->item_id, f->find) || stands_in(row->text, f->find) ||
           stands_in(messages, f->find);
}

static void fill(sqlite3_stmt *s, struct text task, struct record_row *row) {
    *row = (struct record_row){
        .task = task,
        .position = (uint64_t)sqlite3_column_int64(s, 0),
        .item_id = column_text(s, 1),
        .group = column_text(s, 2),
        .answer = sqlite3_column_int64(s, 4),
        .sample = (uint64_t)sqlite3_column_int64(s, 5),
        .text = column_text(s, 6),
        .finish = (const char *)sqlite3_column_text(s, 7),
        .error = (const char *)sqlite3_column_text(s, 8),
        .scored = sqlite3_column_type(s, 9) != SQLITE_NULL,
        .value = column_real(s, 10),
        .label = column_text(s, 11),
        .parsed = (const char *)sqlite3_column_text(s, 12),
        .tokens_out = sqlite3_column_int64(s, 13),
        .ms = column_real(s, 14),
    };
}

static bool show(sqlite3_stmt *s, struct record_row *row, record_row_sink *sink, void *context, struct error *err) {
    json_t *gold = column_json(s, 3);
    row->gold = gold;
    bool ok = sink(context, row, err);
    json_decref(gold);
    return ok;
}

static bool walk(struct record *record, sqlite3_stmt *s, const struct browse_filter *f, record_row_sink *sink,
                 void *context, struct browse_end *end, struct error *err) {
    double until = clock_seconds() + f->seconds;
    size_t shown = 0;
    int state;
    bool late = false;
    while ((state = record_step(record, s, err)) == 1) {
        struct record_row row;
        fill(s, f->task, &row);
        if (row.position != end->next || end->looked == 0) {
            end->next = row.position;
            if (shown >= f->most || late) return true;
        }
        end->looked++;
        if (passes(f, &row, column_text(s, 15))) {
            if (!show(s, &row, sink, context, err)) return false;
            shown++;
        }
        late |= end->looked % ROWS_BETWEEN_LOOKS == 0 && clock_seconds() > until;
    }
    end->all = state == 0;
    return state == 0;
}

bool record_browse(struct record *record, const struct browse_filter *f, record_row_sink *sink, void *context,
                   struct browse_end *end, struct error *err) {
    sqlite3_stmt *s = NULL;
    *end = (struct browse_end){.next = f->from};
    if (sqlite3_prepare_v2(record->db, BROWSE_SQL, -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err);
    sqlite3_bind_int64(s, 1, f->run);
    bind_text(s, 2, f->task);
    bind_c(s, 3, f->scorer);
    sqlite3_bind_int(s, 4, f->find.len > 0);
    sqlite3_bind_int64(s, 5, f->from > INT64_MAX ? INT64_MAX : (sqlite3_int64)f->from);
    bool ok = walk(record, s, f, sink, context, end, err);
    sqlite3_finalize(s);
    return ok;
}

/* ---- counts */

json_t *record_plan_json(struct record *record, int64_t run, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db,
                           "select task, count(*), sum(samples) from plans where run = ? group by task"
                           " order by min(rowid)",
                           -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    sqlite3_bind_int64(s, 1, run);
    json_t *list = json_array();
    int state = 0;
    while (list && (state = record_step(record, s, err)) == 1)
        if (json_array_append_new(list, json_pack("{s:o s:I s:I}", "task", json_from_text(column_text(s, 0)), "items",
                                                  (json_int_t)sqlite3_column_int64(s, 1), "samples",
                                                  (json_int_t)sqlite3_column_int64(s, 2))) != 0)
            break;
    sqlite3_finalize(s);
    if (state < 0) return json_decref(list), NULL;
    if (!list || state == 1) return json_decref(list), error_memory(err, "plan"), NULL;
    return list;
}

bool record_progress(struct record *record, int64_t run, uint64_t *answered, uint64_t *failed, struct error *err) {
    sqlite3_stmt *s = NULL;
    *answered = *failed = 0;
    if (sqlite3_prepare_v2(record->db,
                           "select coalesce(sum(kind = 'answer'), 0), coalesce(sum(kind = 'error'), 0) from evidence"
                           " where run = ?",
                           -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err);
    sqlite3_bind_int64(s, 1, run);
    bool ok = record_step(record, s, err) == 1;
    if (ok) {
        *answered = (uint64_t)sqlite3_column_int64(s, 0);
        *failed = (uint64_t)sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return ok;
}

static int out_of_time(void *context) {
    return clock_seconds() > *(double *)context;
}

static json_t *read_counts(struct record *record, sqlite3_stmt *s, struct error *err) {
    json_t *list = json_array();
    int code = SQLITE_DONE;
    while (list && (code = sqlite3_step(s)) == SQLITE_ROW)
        if (json_array_append_new(list, json_pack("[o, I]", json_from_text(column_text(s, 0)),
                                                  (json_int_t)sqlite3_column_int64(s, 1))) != 0)
            break;
    if (list && code == SQLITE_DONE) return list;
    json_decref(list);
    if (code == SQLITE_INTERRUPT) return NULL;
    return list && code != SQLITE_ROW ? record_sql_error(record, "read", err) : error_memory(err, "labels"), NULL;
}

json_t *record_label_counts(struct record *record, int64_t run, struct text task, size_t most, double seconds,
                            struct error *err) {
    sqlite3_stmt *s = NULL;
    double until = clock_seconds() + seconds;
    error_clear(err);
    if (sqlite3_prepare_v2(record->db,
                           "select s.label, count(*) from plans p join runs r on r.id = p.run"
                           " join answers a on a.ask = p.ask and a.subject = r.subject and a.sample < p.samples"
                           "   and a.seed = p.seed"
                           " join scores s on s.answer = a.id and s.item = p.item and s.run = p.run"
                           " where p.run = ? and p.task = ? and s.label <> '' group by s.label"
                           " order by count(*) desc, s.label limit ?",
                           -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, task);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)most);
    sqlite3_progress_handler(record->db, STEPS_BETWEEN_LOOKS, out_of_time, &until);
    json_t *list = read_counts(record, s, err);
    sqlite3_progress_handler(record->db, 0, NULL, NULL);
    sqlite3_finalize(s);
    return list;
}

/* Opened for reading: closing it drops no lock of ours, because this process writes no run. */
int record_run_writer(const struct record *record, int64_t run) {
    char path[4096 + 8];
    if (strlen(record->path) > 4096) return 0;
    snprintf(path, sizeof path, "%s.lock", record->path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = run, .l_len = 1};
    bool held = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    close(fd);
    return held ? (int)holder.l_pid : 0;
}
