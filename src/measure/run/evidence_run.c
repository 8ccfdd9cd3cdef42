/* Entries of the evidence chain that are no answers and no figures: see run_internal.h. */
#include "measure/run/run_internal.h"

#include "record/evidence_rows.h"

#include <string.h>

/* Takes the value. */
static bool digest_of(json_t *j, char hex[HASH_HEX], struct error *err) {
    bool ok = j ? json_digest(j, hex, err) : error_memory(err, "evidence");
    json_decref(j);
    return ok;
}

/* The settings without the paths of their data, which lie elsewhere on another machine; their digests stay. */
static json_t *config_without_paths(const json_t *config) {
    json_t *copy = json_deep_copy(config);
    const json_t *tasks = json_object_get(copy, "tasks");
    for (size_t t = 0; t < json_array_size(tasks); t++) {
        const json_t *data = json_object_get(json_array_get(tasks, t), "data");
        for (size_t i = 0; i < json_array_size(data); i++) json_object_del(json_array_get(data, i), "path");
    }
    return copy;
}

static json_t *file_digests(const json_t *files) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < json_array_size(files); i++) {
        json_t *digest = json_object_get(json_array_get(files, i), "sha256");
        json_array_append_new(list, digest ? json_incref(digest) : json_null());
    }
    return list;
}

bool evidence_run_digest(const json_t *run, char hex[HASH_HEX], struct error *err) {
    const json_t *subject = json_object_get(run, "subject");
    return digest_of(json_pack("{s:o s:O? s:O? s:{s:O? s:o s:O? s:O? s:O?}}", "config",
                               config_without_paths(json_object_get(run, "config")), "seed",
                               json_object_get(run, "seed"), "suite", json_object_get(run, "suite"), "subject",
                               "digest", json_object_get(subject, "digest"), "files",
                               file_digests(json_object_get(subject, "files")), "kind",
                               json_object_get(subject, "kind"), "template", json_object_get(subject, "template"),
                               "tokenizer", json_object_get(subject, "tokenizer")),
                     hex, err);
}

bool evidence_end_digest(const char *state, char hex[HASH_HEX], struct error *err) {
    return digest_of(json_pack("{s:s}", "state", state), hex, err);
}

bool evidence_gone_digest(char hex[HASH_HEX], struct error *err) {
    return digest_of(json_null(), hex, err);
}

bool evidence_plan_ref(struct buffer *out, struct text task) {
    return buffer_printf(out, "plan:%.*s", TEXT_ARG(task));
}

/* In a transaction of its own. */
static bool append(struct record *record, int64_t run, const char *kind, struct text ref, const char *digest,
                   struct error *err) {
    bool ok = record_begin(record, err) && record_evidence_append(record, run, kind, ref, digest, err) &&
              record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}

bool evidence_begin(struct record *record, const char *run_name, struct error *err) {
    char digest[HASH_HEX];
    json_t *run = record_run_json(record, run_name, err);
    bool ok = run && evidence_run_digest(run, digest, err) &&
              append(record, json_integer_value(json_object_get(run, "id")), "run", TEXT("run"), digest, err);
    json_decref(run);
    return ok;
}

bool evidence_plan(struct record *record, int64_t run, struct text task, struct error *err) {
    char digest[HASH_HEX];
    uint64_t n;
    struct buffer ref;
    if (!record_evidence_find(record, run, TEXT("run"), digest, err)) return false;
    if (!digest[0]) return true; /* done by an older version, and given again */
    buffer_init(&ref, 1 << 16);
    evidence_plan_ref(&ref, task);
    bool ok = buffer_check(&ref, "evidence", err) && record_plan_digest(record, run, task, &n, digest, err) &&
              append(record, run, "plan", buffer_text(&ref), digest, err);
    buffer_done(&ref);
    return ok;
}

bool evidence_end(struct record *record, int64_t run, const char *state, struct error *err) {
    char digest[HASH_HEX], before[HASH_HEX];
    if (!record_begin(record, err)) return false;
    bool ok = record_evidence_find(record, run, TEXT("end"), before, err) && evidence_end_digest(state, digest, err);
    if (ok && (before[0] || strcmp(state, "done") == 0))
        ok = record_evidence_append(record, run, "end", TEXT("end"), digest, err);
    ok = ok && record_run_end(record, run, state, err) && record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}
