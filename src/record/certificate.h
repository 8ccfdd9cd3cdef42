/* Certificates: what was decided about a subject under a policy, as one JSON document each, and the items that no
 * verdict may rest on any more because an act was chosen or made by them.
 *
 * A certificate stands in the table meta as "certificate/NAME" and in the chain of the run that decided (kind
 * "certificate", ref NAME, digest of the document), so that `record verify` sees when it was changed. */
#ifndef RECORD_CERTIFICATE_H
#define RECORD_CERTIFICATE_H

#include "record/record.h"

/* All items of the run's plan are spent for `use` ("tune": an act was chosen by how they were answered). Again: nothing
 * changes. Between record_begin and record_commit. */
bool record_spend(struct record *record, int64_t run, const char *use, struct error *err) MUST_CHECK;
/* Tells of each spent item once, in the order of their digests, and the name of the run that spent it; more = false
 * ends it. */
typedef bool record_spent_sink(void *context, struct text item /* digest */, struct text run, bool *more,
                               struct error *err);
bool record_spent(struct record *record, const char *use, record_spent_sink *sink, void *context,
                  struct error *err) MUST_CHECK;

/* Between record_begin and record_commit. */
bool record_put_certificate(struct record *record, const char *name, int64_t run, const json_t *document,
                            struct error *err) MUST_CHECK;
/* Owned by the caller. NULL with err NONE: there is none of that name. */
json_t *record_certificate(struct record *record, const char *name, struct error *err) MUST_CHECK;
/* {"NAME": document, ...} of all; owned by the caller. */
json_t *record_certificates(struct record *record, struct error *err) MUST_CHECK;

#endif
