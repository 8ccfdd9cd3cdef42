/* Claims about a subject that someone judged: the goals of a policy, as `certify` left them with a run. A report shows
 * them where its format has a place for verdicts (JUnit, SARIF, OSCAL, the model card, the skeletons of documents).
 *
 * They stand in the record as the fact "claims/RUN" (table meta), JSON:
 *
 *   {"policy": "helpdesk", "digest": "sha256 of the policy", "verdict": "met|violated|undecided",
 *    "claims": [{"id", "text", "clause"?, "attribute"?, "verdict": "met|violated|undecided|waived",
 *                "task"?, "figure"?, "group"?, "op"?, "target"?, "why"?, "owner"?}]}
 *
 * task, figure and group name the figure of the run that decided; why says it in words. */
#ifndef REPORT_REPORT_CLAIMS_H
#define REPORT_REPORT_CLAIMS_H

#include "record/record.h"

struct report_claim {
    const char *id, *text, *clause, *attribute, *verdict, *why, *owner; /* "": not told */
    const char *task, *figure, *group, *op;
    double target; /* NaN: none */
};

struct report_claims {
    json_t *json; /* the fact; the texts are its */
    const char *policy, *digest, *verdict;
    struct report_claim *claims;
    size_t n;
};
/* None in the record: n is 0 and json NULL. On the arena; report_claims_done drops the rest. */
bool report_claims_read(struct record *record, const char *run, struct arena *arena, struct report_claims *out,
                        struct error *err) MUST_CHECK;
void report_claims_done(struct report_claims *claims);
bool report_claim_holds(const struct report_claim *claim); /* met, or waived */
/* "acc of mill >= 0.9", "acc of mill, lang=fr", or the claim's own words where no figure decides. */
const char *report_claim_question(const struct report_claim *claim, struct arena *arena, struct error *err) MUST_CHECK;

#endif
