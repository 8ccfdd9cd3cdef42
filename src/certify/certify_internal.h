/* What the files of certify share. */
#ifndef CERTIFY_INTERNAL_H
#define CERTIFY_INTERNAL_H

#include "certify/certify.h"

/* One certification under way. */
struct certifying {
    struct record *record;
    const struct policy *policy;
    const struct certify_settings *s;
    struct arena *arena;
    struct certificate *out;
    const char *const *places; /* what `run` is given, each once */
    size_t n_places;
    double confidence; /* of the runs: the highest that a clause asks for */
    unsigned slices;
};
void certify_tell(const struct certifying *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* certify_measure.c */
bool certify_plan(struct certifying *c, struct error *err) MUST_CHECK; /* fills places, confidence, slices */
/* The next slice behind `after` (0: the first) that is not spent, or only by this very measurement of the subject, done
 * before; ERROR_GATE: none is left. */
bool certify_fresh_slice(struct certifying *c, const struct subject *subject, unsigned after, struct task_slice *out,
                         struct error *err) MUST_CHECK;
/* Runs all places on the slice. */
bool certify_measure(struct certifying *c, struct subject *subject, struct task_slice slice, struct run_result *result,
                     struct error *err) MUST_CHECK;

/* certify_choose.c: the acts to be applied after a round, as a set of bits over policy->acts; 0: none fits. Cheapest
 * first; `used` were tried. */
uint64_t certify_choose(const struct policy_result *result, uint64_t used);
bool certify_act_fits(const struct policy_act *act, const struct policy_result *result, size_t goal);
/* A subject with the acts that made it. */
struct standing {
    struct subject *subject;
    const char *spec; /* what it is opened by, without what is put round it */
    struct certify_round_about about;
    bool own; /* to be closed */
};
/* certify_act.c: applies one act to what stands; *to is what results, opened. What is put round `from` stays. */
bool certify_apply(struct certifying *c, size_t act, const struct standing *from, unsigned after, struct standing *to,
                   struct error *err) MUST_CHECK;
/* certify_leak.c: prompts of the slice that stand in files which the acts made or read: ERROR_DATA names the first. */
bool certify_leaks(struct certifying *c, struct task_slice slice, struct error *err) MUST_CHECK;

/* certify_prove.c: the round that stands as a case, each split put to the solver, as JSON (case_check.h, and the words
 * of each node); fills what the certificate counts of it. Owned by the caller. */
json_t *certify_prove(struct certifying *c, struct error *err) MUST_CHECK;

/* certify_document.c: fills out->document and digest, and keeps them. */
bool certify_document(struct certifying *c, struct error *err) MUST_CHECK;

#endif
