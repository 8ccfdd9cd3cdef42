/* Known answers of the audit of synthetic tables: an index worked by hand, faults planted in a table of our own, and,
 * where they are there, public tables with anchors. */
#ifndef MEASURE_CALIBRATE_AUDIT_H
#define MEASURE_CALIBRATE_AUDIT_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"
#include "measure/table/synth_measure.h"

#include <stdint.h>

/* gold: folder with bank_part_a.csv, german_credit_first700.csv, student_por.csv, customer_daily_spend_part_a.csv;
 * NULL: none. */
bool calibrate_audit(const char *gold, uint64_t seed, struct pool *pool, calibrate_report *report, void *context,
                     struct error *err) MUST_CHECK;

/* The planted faults alone: copies of training rows, columns permuted in a part of the rows, labels of one group's
 * positives flipped. */
bool calibrate_audit_planted(uint64_t seed, struct pool *pool, const struct calibrate_out *rows,
                             struct error *err) MUST_CHECK;

#endif
