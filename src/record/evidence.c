/* Figures and the evidence chain. */
#include "record/record_internal.h"

#include <math.h>
#include <string.h>

#define ZERO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

bool record_clear_figures(struct record *record, int64_t run, struct text task, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_CLEAR_FIGURES, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, task);
    return record_done(record, s, err);
}

bool record_put_figure(struct record *record, int64_t run, const struct figure *f, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_FIGURE, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    bind_c(s, 2, f->name);
    bind_c(s, 3, f->task);
    bind_c(s, 4, f->group);
    bind_real(s, 5, f->value);
    bind_real(s, 6, f->lo);
    bind_real(s, 7, f->hi);
    sqlite3_bind_int64(s, 8, (sqlite3_int64)f->n);
    if (f->k >= 0) sqlite3_bind_int64(s, 9, f->k);
    bind_c(s, 10, f->method);
    bind_c(s, 11, f->unit);
    bind_c(s, 12, f->direction);
    bind_real(s, 13, f->parsed);
    sqlite3_bind_int64(s, 14, (sqlite3_int64)f->errors);
    bind_c(s, 15, f->null_reason);
    bind_c(s, 16, f->scorer);
    return record_done(record, s, err);
}

json_t *figure_json(const struct figure *f) {
    json_t *j = json_pack("{s:s? s:s? s:s? s:o s:o s:o s:I s:s? s:s? s:s? s:o s:I s:s?}", "name", f->name, "task",
                          f->task, "group", f->group, "value", json_from_f64(f->value), "lo", json_from_f64(f->lo),
                          "hi", json_from_f64(f->hi), "n", (json_int_t)f->n, "method", f->method, "unit", f->unit,
                          "direction", f->direction, "parsed", json_from_f64(f->parsed), "errors",
                          (json_int_t)f->errors, "scorer", f->scorer);
    if (j && f->k >= 0) json_object_set_new(j, "k", json_integer(f->k));
    if (j && f->null_reason) json_object_set_new(j, "null_reason", json_string(f->null_reason));
    return j;
}

static const char *text_at(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static double number_at(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

struct figure figure_from_json(const json_t *j) {
    const json_t *k = json_object_get(j, "k"), *reason = json_object_get(j, "null_reason");
    return (struct figure){.name = text_at(j, "name"),
                           .task = text_at(j, "task"),
                           .group = text_at(j, "group"),
                           .value = number_at(j, "value"),
                           .lo = number_at(j, "lo"),
                           .hi = number_at(j, "hi"),
                           .n = (uint64_t)json_integer_value(json_object_get(j, "n")),
                           .k = json_is_integer(k) ? json_integer_value(k) : -1,
                           .method = text_at(j, "method"),
                           .unit = text_at(j, "unit"),
                           .direction = text_at(j, "direction"),
                           .parsed = number_at(j, "parsed"),
                           .errors = (uint64_t)json_integer_value(json_object_get(j, "errors")),
                           .null_reason = json_string_value(reason),
                           .scorer = text_at(j, "scorer")};
}

json_t *record_figures_json(struct record *record, int64_t run, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db,
                           "select name, task, grp, value, lo, hi, n, k, method, unit, direction, parsed,"
                           " errors, null_reason, scorer from figures where run = ? order by id",
                           -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err), NULL;
    sqlite3_bind_int64(s, 1, run);
    json_t *list = json_array();
    int state = 0;
    while (list && (state = record_step(record, s, err)) == 1) {
#define COLUMN(i) ((const char *)sqlite3_column_text(s, i))
        struct figure f = {.name = COLUMN(0),
                           .task = COLUMN(1),
                           .group = COLUMN(2),
                           .value = column_real(s, 3),
                           .lo = column_real(s, 4),
                           .hi = column_real(s, 5),
                           .n = (uint64_t)sqlite3_column_int64(s, 6),
                           .k = sqlite3_column_type(s, 7) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 7),
                           .method = COLUMN(8),
                           .unit = COLUMN(9),
                           .direction = COLUMN(10),
                           .parsed = column_real(s, 11),
                           .errors = (uint64_t)sqlite3_column_int64(s, 12),
                           .null_reason = COLUMN(13),
                           .scorer = COLUMN(14)};
#undef COLUMN
        if (json_array_append_new(list, figure_json(&f)) != 0) {
            error_memory(err, "figures");
            state = -1;
            break;
        }
    }
    sqlite3_finalize(s);
    if (!list) return error_memory(err, "figures"), NULL;
    if (state < 0) return json_decref(list), NULL;
    return list;
}

bool record_evidence_state(struct record *record, int64_t run, uint64_t *n, char hash[HASH_HEX], struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_EVIDENCE_LAST, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    int found = record_step(record, s, err);
    *n = found == 1 ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    struct text last = found == 1 ? column_text(s, 1) : TEXT(ZERO_HASH);
    snprintf(hash, HASH_HEX, "%.*s", TEXT_ARG(last));
    sqlite3_reset(s);
    return found >= 0;
}

void record_evidence_hash(const char *prev, const char *kind, struct text ref, const char *digest,
                          char hash[HASH_HEX]) {
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, prev, strlen(prev));
    sha256_add(&sha, "\n", 1);
    sha256_add(&sha, kind, strlen(kind));
    sha256_add(&sha, "\n", 1);
    sha256_add(&sha, ref.at, ref.len);
    sha256_add(&sha, "\n", 1);
    sha256_add(&sha, digest, strlen(digest));
    sha256_end_hex(&sha, hash);
}

bool record_evidence_find(struct record *record, int64_t run, struct text ref, char digest[HASH_HEX],
                          struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_EVIDENCE_OF, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, ref);
    int found = record_step(record, s, err);
    digest[0] = 0;
    if (found == 1) snprintf(digest, HASH_HEX, "%.*s", TEXT_ARG(column_text(s, 0)));
    sqlite3_reset(s);
    return found >= 0;
}

bool record_evidence_append(struct record *record, int64_t run, const char *kind, struct text ref, const char *digest,
                            struct error *err) {
    uint64_t n;
    char prev[HASH_HEX], hash[HASH_HEX], newest[HASH_HEX];
    if (!record_evidence_find(record, run, ref, newest, err)) return false;
    if (strcmp(newest, digest) == 0) return true;
    if (!record_evidence_state(record, run, &n, prev, err)) return false;
    record_evidence_hash(prev, kind, ref, digest, hash);
    sqlite3_stmt *s = record_statement(record, STATEMENT_EVIDENCE_ADD, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, run);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)n + 1);
    bind_c(s, 3, kind);
    bind_text(s, 4, ref);
    bind_c(s, 5, digest);
    bind_c(s, 6, prev);
    bind_c(s, 7, hash);
    return record_done(record, s, err);
}

bool record_evidence(struct record *record, int64_t run, record_evidence_sink *sink, void *context, struct error *err) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(record->db,
                           "select seq, kind, ref, digest, prev, hash from evidence where run = ?"
                           " order by seq",
                           -1, &s, NULL) != SQLITE_OK)
        return record_sql_error(record, "read", err);
    sqlite3_bind_int64(s, 1, run);
    bool ok = true;
    int state;
    while (ok && (state = record_step(record, s, err)) != 0)
        ok = state == 1 && sink(context, (uint64_t)sqlite3_column_int64(s, 0), (const char *)sqlite3_column_text(s, 1),
                                column_text(s, 2), (const char *)sqlite3_column_text(s, 3),
                                (const char *)sqlite3_column_text(s, 4), (const char *)sqlite3_column_text(s, 5), err);
    sqlite3_finalize(s);
    return ok;
}

struct chain_walk {
    uint64_t expected;
    char prev[HASH_HEX];
    const char *path;
    uint64_t answers, figures;
};

static bool walk_entry(void *context, uint64_t seq, const char *kind, struct text ref, const char *digest,
                       const char *prev, const char *hash, struct error *err) {
    struct chain_walk *walk = context;
    if (!kind || !digest || !prev || !hash)
        return error_set(err, ERROR_DATA, "record '%s': evidence %llu has empty fields", walk->path,
                         (unsigned long long)seq);
    char computed[HASH_HEX];
    record_evidence_hash(walk->prev, kind, ref, digest, computed);
    if (seq != walk->expected)
        return error_set(err, ERROR_DATA, "record '%s': evidence %llu is missing, the next entry is %llu", walk->path,
                         (unsigned long long)walk->expected, (unsigned long long)seq);
    if (strcmp(prev, walk->prev) != 0 || strcmp(hash, computed) != 0)
        return error_set(err, ERROR_DATA,
                         "record '%s': the evidence chain breaks at entry %llu (%s '%.*s'): the entry "
                         "or one before it was changed",
                         walk->path, (unsigned long long)seq, kind, TEXT_ARG(ref));
    memcpy(walk->prev, computed, HASH_HEX);
    walk->expected++;
    if (strcmp(kind, "figure") == 0)
        walk->figures++;
    else
        walk->answers++;
    return true;
}

bool record_chain_verify(struct record *record, int64_t run, uint64_t *entries, char head[HASH_HEX],
                         struct error *err) {
    struct chain_walk walk = {.expected = 1, .prev = ZERO_HASH, .path = record->path};
    if (!record_evidence(record, run, walk_entry, &walk, err)) return false;
    *entries = walk.expected - 1;
    memcpy(head, walk.prev, HASH_HEX);
    return true;
}
