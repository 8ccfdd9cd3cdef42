/* Bands of a run as rows of text, for every format: name, what is compared, estimate, interval, n, band, verdict. */
#ifndef REPORT_BANDS_H
#define REPORT_BANDS_H

#include "report/report_data.h"

enum { BAND_NAME, BAND_WHAT, BAND_VALUE, BAND_INTERVAL, BAND_N, BAND_ENDS, BAND_VERDICT, BAND_CELLS };
extern const char *const report_band_heads[BAND_CELLS]; /* of the columns */
/* "0.12", "0.08 to 0.17", "400", "0.1 to 0.2" or ">= 0.1", "met"; on the arena. */
bool report_band_cells(const struct band *band, struct arena *arena, const char *cells[BAND_CELLS],
                       struct error *err) MUST_CHECK;
/* "21 of 24 bands met", on the arena. */
const char *report_bands_lead(const struct report_run *run, struct arena *arena, struct error *err) MUST_CHECK;
json_t *report_bands_json(const struct report_run *run); /* a list; owned by the caller; NULL: out of memory */

#endif
