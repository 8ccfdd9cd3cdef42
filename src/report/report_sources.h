/* What documents about a run name beside its figures: its data with digests and licences, its model's files, names for
 * things that must be unique (UUIDs that are the same whenever the same record is told). */
#ifndef REPORT_REPORT_SOURCES_H
#define REPORT_REPORT_SOURCES_H

#include "report/report_data.h"

struct report_dataset {
    const char *name;    /* last part of its path, or the recipe it is made by */
    const char *digest;  /* sha256 of the file; "": not known */
    const char *task;    /* the first that reads it */
    const char *licence; /* "": not told */
};
/* Each once, in the order of the tasks of all runs; on the data's arena. */
bool report_datasets(struct report_data *data, struct report_dataset **out, size_t *n, struct error *err) MUST_CHECK;

#define REPORT_UUID 37
/* Of a name: a UUID of version 5's form (RFC 9562), of the first bytes of sha256("basanite" line feed name). */
void report_uuid(const char *name, char out[REPORT_UUID]);
/* The number in full, with a point; "" for NaN. */
void report_exact(double value, char out[32]);
/* "TASK#NAME#GROUP" on the data's arena. */
const char *report_figure_id(struct report_data *data, const struct figure *figure, struct error *err) MUST_CHECK;
/* The runs before this one have the same subject: its first. */
bool report_first_of_subject(const struct report_data *data, size_t run);

#endif
