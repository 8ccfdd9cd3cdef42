/* The page of quoting answers: each answer with what is quoted marked in it, the sources beside. */
#ifndef REPORT_QUOTE_PAGE_H
#define REPORT_QUOTE_PAGE_H

#include "base/json.h"

struct quote_page;
/* facts: of the index (quote_facts_json). most: answers that are shown, the others are counted. */
struct quote_page *quote_page_new(const json_t *facts, size_t most, struct error *err) MUST_CHECK;
void quote_page_free(struct quote_page *page);
/* A row that the scorer quip with details has scored. */
bool quote_page_add(struct quote_page *page, const json_t *row, struct error *err) MUST_CHECK;
/* summary: quote_summary_json. Whole page into out. */
bool quote_page_end(struct quote_page *page, const json_t *summary, struct buffer *out, struct error *err) MUST_CHECK;

#endif
