/* Small facts by key, in the table meta: see record.h. */
#include "record/record_internal.h"

bool record_put_fact(struct record *record, const char *key, struct text value, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_PUT_FACT, err);
    if (!s) return false;
    bind_c(s, 1, key);
    bind_text(s, 2, value);
    return record_done(record, s, err);
}

json_t *record_fact_json(struct record *record, const char *key, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_FACT, err);
    if (!s) return NULL;
    bind_c(s, 1, key);
    json_t *value = record_step(record, s, err) == 1 ? column_json(s, 0) : NULL;
    sqlite3_reset(s);
    return value;
}
