/* Which checkpoint of a training is kept, by what was measured of each.
 *
 *   rule = gate | best | gate ";" best ;
 *   best = figure ( "max" | "min" ) ;
 *
 * gate and figure are those of measure/figure/gate.h; d(x) is the difference from the first measurement, with the
 * interval of two independent estimates. Only checkpoints that meet the gate may be kept; of them the one with the best
 * estimate, the earlier of equal ones; without "best" the newest. A figure of several tasks stands for the mean of its
 * estimates. valid_loss is measured where there are validation data. */
#ifndef REPORT_KEEP_RULE_H
#define REPORT_KEEP_RULE_H

#include "subject/probe.h"

struct keep_rule;
/* source: borrowed. ERROR_USAGE names the column. */
struct keep_rule *keep_rule_new(const char *source, double confidence, struct error *err) MUST_CHECK;
void keep_rule_free(struct keep_rule *rule);
const struct keep *keep_rule_keep(const struct keep_rule *rule); /* borrowed */

#endif
