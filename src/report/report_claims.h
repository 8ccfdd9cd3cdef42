/* Claims about a subject that were judged: the goals of a policy, as a certificate tells them. A report shows them
 * where its format has a place for verdicts (JUnit, SARIF, OSCAL, the model card, the skeletons of documents).
 *
 * Certificates stand in the record as the facts "certificate/NAME" (table meta), JSON. Read of them is
 *
 *   {"when", "policy": {"name", "sha256"}, "rounds": [{"run", "gate": {"verdict"}, "goals": [{"id", "text", "clause"?,
 *    "attribute"?, "verdict", "findings": [{"verdict", "what", "op", "target", "why"?}]}]}]}
 *
 * of the newest one with a round of the run; what is the figure that decided, "NAME of TASK" or "NAME of TASK, GROUP".
 */
#ifndef REPORT_REPORT_CLAIMS_H
#define REPORT_REPORT_CLAIMS_H

#include "record/record.h"

struct report_claim {
    const char *id, *text, *clause, *attribute; /* "": not told */
    const char *verdict;                        /* met, violated, undecided, waived, does not apply */
    const char *what, *op, *why;                /* of the finding that decided; "": none */
    double target;                              /* NaN: none */
};

struct report_claims {
    json_t *json; /* the certificate; the texts are its */
    const char *policy, *digest, *verdict;
    struct report_claim *claims;
    size_t n;
};
/* None in the record: n is 0 and json NULL. On the arena; report_claims_done drops the rest. */
bool report_claims_read(struct record *record, const char *run, struct arena *arena, struct report_claims *out,
                        struct error *err) MUST_CHECK;
void report_claims_done(struct report_claims *claims);
bool report_claim_waived(const struct report_claim *claim); /* waived, or it does not apply */
bool report_claim_holds(const struct report_claim *claim);  /* met, or the above */
/* "acc of mill >= 0.9", "acc of mill, lang=fr", or the claim's own words where no figure decides. */
const char *report_claim_question(const struct report_claim *claim, struct arena *arena, struct error *err) MUST_CHECK;
/* Whether the figure is the one that decided. */
bool report_claim_is_of(const struct report_claim *claim, const struct figure *figure);

#endif
