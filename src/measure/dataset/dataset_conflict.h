/* Rows of LLM-Knowledge-Conflict (Xie et al. 2024, conflictQA-strategyQA-MODEL.json): a yes-or-no question, two answers
 * of a model in sentences that contradict each other, and a text for each. A row becomes two, one for each text:
 *
 *   id         "N/counter", "N/memory": the line and whose text it is
 *   question, gold "True"|"False"; wrong: the other one
 *   document   the text; says: the truth value of the answer that it supports
 *   source     counter (contradicts the model's first answer) | memory (supports it)
 *   source_right  says is the gold
 *   own        the truth value of the model's first answer
 *
 * Where the truth value of the two sentences cannot be told (both deny, say), the row becomes one with null for says,
 * source_right and own, whose source is "undecidable". */
#ifndef MEASURE_DATASET_CONFLICT_H
#define MEASURE_DATASET_CONFLICT_H

#include "base/json.h"

/* *second NULL: there is just one. Both owned by the caller. ERROR_DATA with FILE:LINE. */
bool dataset_conflict_rows(const json_t *raw, struct json_place place, json_t **first, json_t **second,
                           struct error *err) MUST_CHECK;

#endif
