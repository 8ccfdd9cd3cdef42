/* Numbers as people read them: shares as percent with one decimal, others with four significant digits, never locale
 * dependent. The exact value stands in the record and in the json and csv formats. */
#ifndef REPORT_REPORT_NUMBER_H
#define REPORT_REPORT_NUMBER_H

#include "report/report_data.h"

#define REPORT_NUMBER 64 /* room for any of these, with the zero */

bool figure_is_share(const struct figure *figure);
/* "62.5 %", "1.204 nats"; "-" for NaN. */
void number_of_figure(const struct figure *figure, char out[REPORT_NUMBER]);
/* "55.6 to 68.9 %"; "-" when the figure has no interval, or is a p value. */
void number_interval(const struct figure *figure, char out[REPORT_NUMBER]);
/* The method in short: "wilson", "bootstrap, 845 clusters"; its settings stand in figure->method. */
void number_method(const struct figure *figure, char out[REPORT_NUMBER]);
void number_share(double share, char out[REPORT_NUMBER]);  /* "62.5 %", "-" for NaN */
void number_plain(double value, char out[REPORT_NUMBER]);  /* four significant digits */
void number_p_value(double p, char out[REPORT_NUMBER]);    /* "0.013", "< 0.001" */
/* "2026-11-24T11:40:00Z", or with nine decimals of a second; "-" for 0. */
void number_time(uint64_t ns, bool decimals, char out[REPORT_NUMBER]);
void number_duration(uint64_t ns, char out[REPORT_NUMBER]); /* "1 h 02 min", "3 min 07 s", "12.3 s" */
const char *number_arrow(const struct figure *figure);      /* up, down arrow or "" */
const char *number_direction(const struct figure *figure);  /* "higher is better", ... or "" */

#endif
