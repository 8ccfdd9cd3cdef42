/* What documents of SARIF 2.1.0 share, whether they tell of runs (format_sarif.c) or of findings (findings.c). All
 * values are new, NULL without memory. */
#ifndef REPORT_SARIF_H
#define REPORT_SARIF_H

#include "base/json.h"

json_t *sarif_uri(struct text path); /* a path as a URI reference */
/* {"basanite/v1": digest of what makes two results the same one, over versions of a file} */
json_t *sarif_fingerprint(struct text identity);
json_t *sarif_document(json_t *runs); /* runs: taken over */

#endif
