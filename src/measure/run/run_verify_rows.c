/* Verifying settings, plan, labels and comparisons of a run: see run_verify_internal.h. */
#include "measure/run/run_verify_internal.h"

#include "record/evidence_rows.h"

#include <string.h>

/* ---- references that were seen */

static uint64_t hash_of(struct text ref) {
    return hash_xxh3(ref.at, ref.len) | 1;
}

static bool grow(struct verify_seen *seen, struct error *err) {
    size_t room = seen->room ? 2 * seen->room : 1024;
    uint64_t *slots = memory_zeroed(room, sizeof *slots);
    if (!slots) return error_memory(err, "references of the chain");
    for (size_t i = 0; i < seen->room; i++) {
        size_t at = (seen->slots[i] >> 1) & (room - 1);
        while (seen->slots[i] && slots[at]) at = (at + 1) & (room - 1);
        if (seen->slots[i]) slots[at] = seen->slots[i];
    }
    memory_free(seen->slots);
    seen->slots = slots;
    seen->room = room;
    return true;
}

bool verify_saw(const struct verify_seen *seen, struct text ref) {
    uint64_t hash = hash_of(ref);
    if (!seen->room) return false;
    for (size_t at = (hash >> 1) & (seen->room - 1); seen->slots[at]; at = (at + 1) & (seen->room - 1))
        if (seen->slots[at] == hash) return true;
    return false;
}

bool verify_see(struct verify_seen *seen, struct text ref, struct error *err) {
    uint64_t hash = hash_of(ref);
    if (verify_saw(seen, ref)) return true;
    if (2 * seen->n >= seen->room && !grow(seen, err)) return false;
    size_t at = (hash >> 1) & (seen->room - 1);
    while (seen->slots[at]) at = (at + 1) & (seen->room - 1);
    seen->slots[at] = hash;
    seen->n++;
    return true;
}

static bool set_ref(struct verifier *v, const char *ref, struct error *err) {
    buffer_clear(&v->ref);
    buffer_put_c(&v->ref, ref);
    return buffer_check(&v->ref, "evidence", err);
}

/* ---- settings and state */

bool verify_run(struct verifier *v, const json_t *run, struct error *err) {
    char digest[HASH_HEX], newest[HASH_HEX];
    const char *state = json_string_value(json_object_get(run, "state"));
    if (!record_evidence_find(v->record, v->run, TEXT("run"), newest, err)) return false;
    if (!(v->verdict->whole = newest[0] != 0)) return true;
    if (!evidence_run_digest(run, digest, err) || !set_ref(v, v->name, err)) return false;
    if (strcmp(newest, digest) != 0) return verify_differs(v, "settings or subject of run", err);
    if (!record_evidence_find(v->record, v->run, TEXT("end"), newest, err) ||
        !evidence_end_digest(state ? state : "", digest, err))
        return false;
    if (!newest[0] && !v->done) return true;
    return strcmp(newest, digest) == 0 || verify_differs(v, "state of run", err);
}

/* ---- the plan */

bool verify_plan(struct verifier *v, struct text task, struct error *err) {
    char digest[HASH_HEX], newest[HASH_HEX];
    uint64_t n;
    if (!v->verdict->whole) return true;
    buffer_clear(&v->ref);
    evidence_plan_ref(&v->ref, task);
    if (!buffer_check(&v->ref, "evidence", err) ||
        !record_evidence_find(v->record, v->run, buffer_text(&v->ref), newest, err))
        return false;
    if (!newest[0] && !v->done) return true;
    if (!record_plan_digest(v->record, v->run, task, &n, digest, err)) return false;
    return strcmp(newest, digest) == 0 || verify_differs(v, "plan (items, gold, asks)", err);
}

bool verify_tasks(struct verifier *v, const json_t *tasks, struct error *err) {
    json_t *planned = record_tasks_json(v->record, v->run, err);
    bool ok = planned != NULL;
    for (size_t i = 0; ok && i < json_array_size(planned); i++) {
        bool known = false;
        for (size_t t = 0; t < json_array_size(tasks) && !known; t++) {
            const json_t *task = json_array_get(tasks, t);
            known = json_equal(json_array_get(planned, i), json_object_get(task, "task")) ||
                    json_equal(json_array_get(planned, i), json_object_get(task, "name"));
        }
        if (!known)
            ok = error_set(err, ERROR_DATA, "record '%s': the plan has a task '%s', which the run has not",
                           record_path(v->record), json_string_value(json_array_get(planned, i)));
    }
    json_decref(planned);
    return ok;
}

/* ---- labels of people */

static bool check_label(void *context, const struct record_label_row *row, struct error *err) {
    struct verifier *v = context;
    buffer_clear(&v->ref);
    record_label_ref(&v->ref, &row->label);
    if (!buffer_check(&v->ref, "label", err) || !verify_see(&v->seen, buffer_text(&v->ref), err)) return false;
    if (!row->known) return verify_differs(v, "label", err);
    buffer_printf(&v->ref, "#%s", row->digest);
    return buffer_check(&v->ref, "label", err) && verify_see(&v->seen, buffer_text(&v->ref), err);
}

bool verify_labels(struct verifier *v, struct error *err) {
    return record_labels(v->record, v->run, check_label, v, err);
}

/* ---- nothing else */

/* A certificate that rests on the run: the fact "certificate/NAME" is what its newest entry says. */
static bool check_certificate(struct verifier *v, struct text name, struct error *err) {
    char newest[HASH_HEX], digest[HASH_HEX] = "";
    if (!record_evidence_find(v->record, v->run, name, newest, err)) return false;
    buffer_clear(&v->ref);
    buffer_printf(&v->ref, "certificate/%.*s", TEXT_ARG(name));
    if (!buffer_check(&v->ref, "certificate", err)) return false;
    error_clear(err);
    json_t *certificate = record_fact_json(v->record, v->ref.at, err);
    bool ok = certificate ? json_digest(certificate, digest, err) : err->kind == ERROR_NONE;
    json_decref(certificate);
    return ok && (strcmp(newest, digest) == 0 || verify_differs(v, "a certificate,", err));
}

static bool check_seen(void *context, uint64_t seq, const char *kind, struct text ref, const char *digest,
                       const char *prev, const char *hash, struct error *err) {
    struct verifier *v = context;
    char gone[HASH_HEX], newest[HASH_HEX];
    (void)seq, (void)prev, (void)hash;
    bool label = strcmp(kind, "label") == 0, figure = strcmp(kind, "figure") == 0;
    if (strcmp(kind, "certificate") == 0) return check_certificate(v, ref, err);
    buffer_clear(&v->ref);
    buffer_put(&v->ref, ref.at, ref.len);
    if (label) buffer_printf(&v->ref, "#%s", digest); /* each of several labels of an answer is kept */
    if (!buffer_check(&v->ref, "evidence", err)) return false;
    if (strcmp(kind, "error") == 0 || strcmp(kind, "run") == 0 || strcmp(kind, "end") == 0 ||
        strcmp(kind, "plan") == 0 || verify_saw(&v->seen, buffer_text(&v->ref)))
        return true;
    if (figure) {
        if (!v->verdict->whole) return true;
        if (!evidence_gone_digest(gone, err) || !record_evidence_find(v->record, v->run, ref, newest, err))
            return false;
        if (strcmp(newest, gone) == 0) return true;
    }
    return error_set(err, ERROR_DATA, "record '%s': the chain tells of %s '%.*s', which the record has not",
                     record_path(v->record), kind, TEXT_ARG(ref));
}

bool verify_nothing_else(struct verifier *v, struct error *err) {
    return record_evidence(v->record, v->run, check_seen, v, err);
}

/* ---- comparisons */

static bool check_pair(void *context, int64_t a, int64_t b, struct error *err) {
    struct verifier *v = context;
    char digest[HASH_HEX], newest[HASH_HEX];
    buffer_clear(&v->ref);
    if (!record_pair_ref(v->record, a, b, &v->ref, err) || !record_pair_digest(v->record, a, b, digest, err) ||
        !record_evidence_find(v->record, RECORD_CHAIN, buffer_text(&v->ref), newest, err) ||
        !verify_see(&v->seen, buffer_text(&v->ref), err))
        return false;
    if (!newest[0]) { /* older versions kept none, and runs of them may be compared with none */
        char first[HASH_HEX], second[HASH_HEX];
        if (!record_evidence_find(v->record, a, TEXT("run"), first, err) ||
            !record_evidence_find(v->record, b, TEXT("run"), second, err))
            return false;
        if (!first[0] || !second[0]) return true;
    }
    return strcmp(newest, digest) == 0 || verify_differs(v, "what was found by", err);
}

static bool check_pair_seen(void *context, uint64_t seq, const char *kind, struct text ref, const char *digest,
                            const char *prev, const char *hash, struct error *err) {
    struct verifier *v = context;
    char none[HASH_HEX], newest[HASH_HEX];
    (void)seq, (void)digest, (void)prev, (void)hash;
    if (strcmp(kind, "comparison") != 0 || verify_saw(&v->seen, ref)) return true;
    sha256_hex("", 0, none);
    if (!record_evidence_find(v->record, RECORD_CHAIN, ref, newest, err)) return false;
    return strcmp(newest, none) == 0 ||
           error_set(err, ERROR_DATA, "record '%s': the chain tells of comparisons '%.*s', which the record has not",
                     record_path(v->record), TEXT_ARG(ref));
}

bool verify_comparisons(struct verifier *v, struct error *err) {
    uint64_t entries;
    char head[HASH_HEX];
    return record_chain_verify(v->record, RECORD_CHAIN, &entries, head, err) &&
           record_pairs(v->record, check_pair, v, err) &&
           record_evidence(v->record, RECORD_CHAIN, check_pair_seen, v, err);
}
