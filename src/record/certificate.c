/* Certificates and spent items: see certificate.h. */
#include "record/certificate.h"

#include "record/record_internal.h"

#include <string.h>

#define KEY "certificate/"

bool record_spend(struct record *record, int64_t run, const char *use, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_SPEND, err);
    if (!s) return false;
    bind_c(s, 1, use);
    sqlite3_bind_int64(s, 2, run);
    return record_done(record, s, err);
}

bool record_spent(struct record *record, const char *use, record_spent_sink *sink, void *context, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_SPENT, err);
    if (!s) return false;
    bool more = true, ok = true;
    int state = 1;
    bind_c(s, 1, use);
    while (ok && more && (state = record_step(record, s, err)) == 1)
        ok = sink(context, column_text(s, 0), column_text(s, 1), &more, err);
    sqlite3_reset(s);
    return ok && state >= 0;
}

static bool key_of(const char *name, char key[256], struct error *err) {
    int n = snprintf(key, 256, KEY "%s", name);
    return (n > 0 && n < 256) || error_set(err, ERROR_USAGE, "certificate: a name of more than 240 bytes");
}

bool record_put_certificate(struct record *record, const char *name, int64_t run, const json_t *document,
                            struct error *err) {
    char key[256], digest[HASH_HEX];
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    bool ok = key_of(name, key, err) && json_digest(document, digest, err) && json_put_canonical(&b, document) &&
              buffer_check(&b, "certificate", err) && record_put_fact(record, key, buffer_text(&b), err) &&
              record_evidence_append(record, run, "certificate", text_of(name), digest, err);
    buffer_done(&b);
    return ok;
}

json_t *record_certificate(struct record *record, const char *name, struct error *err) {
    char key[256];
    return key_of(name, key, err) ? record_fact_json(record, key, err) : NULL;
}

json_t *record_certificates(struct record *record, struct error *err) {
    sqlite3_stmt *s = record_statement(record, STATEMENT_CERTIFICATES, err);
    json_t *all = s ? json_object() : NULL;
    int state = 0;
    if (s && !all) error_memory(err, "certificates");
    while (all && (state = record_step(record, s, err)) == 1) {
        char name[256];
        struct text key = column_text(s, 0);
        snprintf(name, sizeof name, "%.*s", (int)(key.len - strlen(KEY)), key.at + strlen(KEY));
        json_t *document = column_json(s, 1);
        if (document && json_object_set_new(all, name, document) == 0) continue;
        error_set(err, ERROR_DATA, "record '%s': the certificate '%s' cannot be read", record_path(record), name);
        state = -1;
        break;
    }
    if (s) sqlite3_reset(s);
    if (state < 0) json_decref(all), all = NULL;
    return all;
}
