/* Digests of plans, labels and comparisons: see evidence_rows.h. */
#include "record/evidence_rows.h"

#include "record/record_internal.h"

#include <math.h>

#define PLAN_SQL                                                                                                       \
    "select p.position, p.samples, p.seed, p.item, p.ask, i.id, i.split, i.grp, i.lang, i.pair, i.twin, i.cluster,"    \
    " i.ref, i.gold, i.licence, q.messages, q.want from plans p left join items i on i.digest = p.item"                \
    " left join asks q on q.digest = p.ask where p.run = ?1 and p.task = ?2 order by p.position"

#define LABELS_SQL                                                                                                     \
    "select p.task, i.id, a.sample, l.label, l.who, l.why from labels l join answers a on a.id = l.answer"             \
    " join plans p on p.ask = a.ask and p.seed = a.seed and a.sample < p.samples join runs r on r.id = p.run"          \
    "   and r.subject = a.subject join items i on i.digest = p.item where p.run = ?1 order by l.at, l.rowid"

#define PAIR_SQL                                                                                                       \
    "select name, task, diff, lo, hi, p, p_corrected, method from comparisons where a = ?1 and b = ?2 order by id"

static sqlite3_stmt *prepared(struct record *record, const char *sql, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db, sql, -1, &s, NULL) == SQLITE_OK) return s;
    record_sql_error(record, "read", err);
    return NULL;
}

/* As in canonical JSON. */
static void put_number(struct buffer *line, double value) {
    if (value == 0 && signbit(value))
        buffer_put_c(line, "-0.0");
    else
        buffer_put_f64(line, value);
}

/* The columns of a row as a JSON array and a line feed; texts: numbers are written as texts. */
static void put_line(struct buffer *line, sqlite3_stmt *s, bool texts) {
    buffer_clear(line);
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        buffer_put_char(line, i ? ',' : '[');
        if (sqlite3_column_type(s, i) == SQLITE_NULL)
            buffer_put_c(line, "null");
        else if (sqlite3_column_type(s, i) == SQLITE_FLOAT && !texts)
            put_number(line, sqlite3_column_double(s, i));
        else
            json_put_string(line, column_text(s, i));
    }
    buffer_put_c(line, "]\n");
}

/* Digest of all rows of a statement, which is finalized. */
static bool digest_rows(struct record *record, sqlite3_stmt *s, bool texts, uint64_t *n, char hex[HASH_HEX],
                        struct error *err) {
    struct sha256 sha;
    struct buffer line;
    int state;
    bool ok = true;
    sha256_init(&sha);
    buffer_init(&line, (size_t)256 << 20);
    for (*n = 0; ok && (state = record_step(record, s, err)) != 0; ++*n) {
        if (state == 1) put_line(&line, s, texts);
        ok = state == 1 && buffer_check(&line, "row of the record", err);
        if (ok) sha256_add(&sha, line.at, line.len);
    }
    sha256_end_hex(&sha, hex);
    buffer_done(&line);
    sqlite3_finalize(s);
    return ok;
}

bool record_plan_digest(struct record *record, int64_t run, struct text task, uint64_t *n, char hex[HASH_HEX],
                        struct error *err) {
    sqlite3_stmt *s = prepared(record, PLAN_SQL, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, task);
    return digest_rows(record, s, true, n, hex, err);
}

/* ---- labels */

bool record_label_digest(const struct record_label *label, char hex[HASH_HEX], struct error *err) {
    json_t *j = json_pack("{s:o s:o s:o}", "label", json_from_text(label->label), "who", json_from_text(label->who),
                          "why", json_from_text(label->why));
    bool ok = j ? json_digest(j, hex, err) : error_memory(err, "label");
    json_decref(j);
    return ok;
}

bool record_label_ref(struct buffer *out, const struct record_label *label) {
    return buffer_printf(out, "label#%.*s#%.*s#%llu", TEXT_ARG(label->task), TEXT_ARG(label->item),
                         (unsigned long long)label->sample);
}

/* Answers are shared between runs, and so are their labels: the entry may be in the chain of another one. */
static bool label_known(struct record *record, struct text ref, const char *digest, bool *known, struct error *err) {
    sqlite3_stmt *s =
        prepared(record, "select 1 from evidence where kind = 'label' and ref = ?1 and digest = ?2 limit 1", err);
    if (!s) return false;
    bind_text(s, 1, ref);
    bind_c(s, 2, digest);
    int state = record_step(record, s, err);
    *known = state == 1;
    sqlite3_finalize(s);
    return state >= 0;
}

/* 1: there are labels, 0: none, -1: error. Most records have none, and need not be joined with what they would be of.
 */
static int any_label(struct record *record, struct error *err) {
    sqlite3_stmt *s = prepared(record, "select 1 from labels limit 1", err);
    int state = s ? record_step(record, s, err) : -1;
    sqlite3_finalize(s);
    return state;
}

bool record_labels(struct record *record, int64_t run, record_label_sink *sink, void *context, struct error *err) {
    int any = any_label(record, err);
    if (any < 1) return any == 0;
    sqlite3_stmt *s = prepared(record, LABELS_SQL, err);
    struct buffer ref;
    int state;
    bool ok = s != NULL;
    buffer_init(&ref, 1 << 20);
    if (s) sqlite3_bind_int64(s, 1, run);
    while (ok && (state = record_step(record, s, err)) != 0) {
        char digest[HASH_HEX];
        struct record_label_row row = {.label = {.task = column_text(s, 0),
                                                 .item = column_text(s, 1),
                                                 .sample = (uint64_t)sqlite3_column_int64(s, 2),
                                                 .label = column_text(s, 3),
                                                 .who = column_text(s, 4),
                                                 .why = column_text(s, 5)},
                                       .digest = digest};
        buffer_clear(&ref);
        if (state == 1) record_label_ref(&ref, &row.label);
        ok = state == 1 && buffer_check(&ref, "label", err) && record_label_digest(&row.label, digest, err) &&
             label_known(record, buffer_text(&ref), digest, &row.known, err) && sink(context, &row, err);
    }
    buffer_done(&ref);
    sqlite3_finalize(s);
    return ok;
}

/* ---- comparisons */

bool record_pair_ref(struct record *record, int64_t a, int64_t b, struct buffer *out, struct error *err) {
    const int64_t ids[] = {a, b};
    sqlite3_stmt *s = prepared(record, "select name from runs where id = ?1", err);
    bool ok = s != NULL;
    buffer_put_c(out, "compare");
    for (int i = 0; ok && i < 2; i++) {
        sqlite3_reset(s);
        sqlite3_bind_int64(s, 1, ids[i]);
        int state = record_step(record, s, err);
        if (state == 0)
            error_set(err, ERROR_DATA, "record '%s': a comparison is of run number %lld, which there is not",
                      record->path, (long long)ids[i]);
        ok = state == 1 && buffer_printf(out, ":%.*s", TEXT_ARG(column_text(s, 0)));
    }
    sqlite3_finalize(s);
    return ok && buffer_check(out, "names of runs", err);
}

bool record_pair_digest(struct record *record, int64_t a, int64_t b, char hex[HASH_HEX], struct error *err) {
    uint64_t n;
    sqlite3_stmt *s = prepared(record, PAIR_SQL, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, a);
    sqlite3_bind_int64(s, 2, b);
    return digest_rows(record, s, false, &n, hex, err);
}

bool record_pairs(struct record *record, record_pair_sink *sink, void *context, struct error *err) {
    sqlite3_stmt *s = prepared(record, "select distinct a, b from comparisons order by a, b", err);
    int state;
    bool ok = s != NULL;
    while (ok && (state = record_step(record, s, err)) != 0)
        ok = state == 1 && sink(context, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), err);
    sqlite3_finalize(s);
    return ok;
}
