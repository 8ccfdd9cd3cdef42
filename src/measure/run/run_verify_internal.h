/* What the files that verify a run share. */
#ifndef MEASURE_RUN_VERIFY_INTERNAL_H
#define MEASURE_RUN_VERIFY_INTERNAL_H

#include "measure/run/run_internal.h"

/* References of the chain that some row answers for: hashes, a table with open addressing. */
struct verify_seen {
    uint64_t *slots;
    size_t n, room;
};

struct verifier {
    struct record *record;
    int64_t run;
    const char *subject, *scorer, *name;
    bool done;
    struct run_verdict *verdict;
    struct buffer ref;
    struct verify_seen seen;
    uint64_t labels; /* of this run's chain */
};

bool verify_see(struct verify_seen *seen, struct text ref, struct error *err) MUST_CHECK;
bool verify_saw(const struct verify_seen *seen, struct text ref);
/* "WHAT 'REF' is not what its evidence was made from" */
bool verify_differs(const struct verifier *v, const char *what, struct error *err);
/* The newest digest of the reference in v->ref must be this one; the reference is seen. */
bool verify_digest(struct verifier *v, const char *what, const char *digest, struct error *err) MUST_CHECK;

/* run_verify_rows.c: rows that are no answers and no figures. */
bool verify_run(struct verifier *v, const json_t *run, struct error *err) MUST_CHECK;
bool verify_plan(struct verifier *v, struct text task, struct error *err) MUST_CHECK;
/* No task beside those of the settings has a plan. */
bool verify_tasks(struct verifier *v, const json_t *tasks, struct error *err) MUST_CHECK;
bool verify_labels(struct verifier *v, struct error *err) MUST_CHECK;
/* Of the whole record. */
bool verify_comparisons(struct verifier *v, struct error *err) MUST_CHECK;
/* Each answer and figure of the chain was seen. */
bool verify_nothing_else(struct verifier *v, struct error *err) MUST_CHECK;

#endif
