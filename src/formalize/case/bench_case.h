/* `basanite bench case`: checking assurance cases, beside what Z3 itself needs for their theorems. */
#ifndef FORMALIZE_BENCH_CASE_H
#define FORMALIZE_BENCH_CASE_H

#include "base/bench.h"

bool bench_case(struct bench *b, struct error *err) MUST_CHECK;

#endif
