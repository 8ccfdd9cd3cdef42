/* What many quoting answers say together, and ways to quote much without saying anything: one sentence given to every
 * question, repetition, quotes joined to sentences that stand nowhere, answers beside the question. */
#ifndef MEASURE_QUOTE_SUMMARY_H
#define MEASURE_QUOTE_SUMMARY_H

#include "base/json.h"

struct quote_summary;
struct quote_summary *quote_summary_new(struct error *err) MUST_CHECK;
void quote_summary_free(struct quote_summary *summary);
/* A row that the scorer quip with details has scored: a group with answers, or one answer. */
bool quote_summary_add(struct quote_summary *summary, const json_t *row, struct error *err) MUST_CHECK;

enum { QUOTE_FLAG_ONE_SENTENCE, QUOTE_FLAG_REPEATS, QUOTE_FLAG_STITCHED, QUOTE_FLAG_BESIDE, QUOTE_FLAGS };
/* {"prompts", "answers", "too_short", "invalid", "binary", "sources", "repeated", "relevance", "longest": {..}, "top":
 * {"text", "prompts", "share"}, "flags": ["..."]}; owned by the caller. Flags:
 *   one sentence   one stretch is half of all that is quoted or more, in answers to three prompts at least and to half
 * of them repeats        a quarter of the quoted windows stood in the same answer before stitched       a tenth of the
 * answers have a stitched sentence beside         answers quote half or more and hold less than a tenth of the words of
 * their prompts */
json_t *quote_summary_json(struct quote_summary *summary, struct error *err) MUST_CHECK;

/* What was asked: "prompt", "question", or the last thing a user said in "messages"; empty: the row does not say. */
struct text quote_row_prompt(const json_t *row);

/* Share of the different words of four letters or more of the prompt that the answer has too, ASCII letters in any
 * case; NaN: the prompt has none. */
double quote_relevance(struct text prompt, struct text answer);

#endif
