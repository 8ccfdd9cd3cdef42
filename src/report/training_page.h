/* The HTML page of trainings; see training_report.h. Inside of the room. */
#ifndef REPORT_TRAINING_PAGE_H
#define REPORT_TRAINING_PAGE_H

#include "report/training_log.h"

bool training_page_write(const struct training_log *logs, size_t n, struct buffer *out, struct error *err) MUST_CHECK;

#endif
