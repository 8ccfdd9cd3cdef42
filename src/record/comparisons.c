/* What `compare` found between two runs: see record.h. */
#include "record/record_internal.h"

bool record_clear_comparisons(struct record *record, int64_t a, int64_t b, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_CLEAR_COMPARISONS, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, a);
    sqlite3_bind_int64(s, 2, b);
    return record_done(record, s, err);
}

bool record_put_comparison(struct record *record, const struct record_comparison *c, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_COMPARISON, err);
    if (!s) return false;
    sqlite3_bind_int64(s, 1, c->a);
    sqlite3_bind_int64(s, 2, c->b);
    bind_c(s, 3, c->name);
    bind_c(s, 4, c->task);
    const double values[] = {c->diff, c->lo, c->hi, c->p, c->p_corrected};
    for (int i = 0; i < 5; i++) bind_real(s, 5 + i, values[i]);
    bind_c(s, 10, c->method);
    return record_done(record, s, err);
}
