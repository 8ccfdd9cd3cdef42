/* Assurance cases that are edited: the checkers that live as long as somebody works on a case, so that each edit solves
 * only what it touched. Inside of serve. */
#ifndef SERVE_PAGE_CASES_H
#define SERVE_PAGE_CASES_H

#include "serve/page_parts.h"

struct page_cases;
struct page_cases *page_cases_new(void); /* NULL: out of memory */
void page_cases_free(struct page_cases *cases);

#endif
