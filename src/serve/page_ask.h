/* What a request of the page says: arguments of its URL and its body, checked. Inside of serve. */
#ifndef SERVE_PAGE_ASK_H
#define SERVE_PAGE_ASK_H

#include "base/json.h"
#include "serve/api_error.h"

enum { PAGE_ARGS_MOST = 80, PAGE_ARG_BYTES = 4096 };

struct page_ask {
    struct {
        const char *name;
        struct text value;
    } args[PAGE_ARGS_MOST];
    size_t n_args;
    const json_t *body;  /* of a POST: an object; NULL: there is none */
    struct arena *arena; /* for the time of the request */
};

/* Borrowed. Too many, too long, with a zero or no UTF-8: 400. */
bool page_ask_add(struct page_ask *ask, const char *name, struct text value, struct api_error *err);
/* Empty when it was not given. */
struct text page_ask_text(const struct page_ask *ask, const char *name);
/* The nth (from 0) of arguments that may be given several times; empty: there are no more. */
struct text page_ask_nth(const struct page_ask *ask, const char *name, size_t nth);
bool page_ask_needs(const struct page_ask *ask, const char *name, struct text *out, struct api_error *err);
bool page_ask_count(const struct page_ask *ask, const char *name, uint64_t usual, uint64_t most, uint64_t *out,
                    struct api_error *err);
/* A text member of the body. */
bool page_ask_body(const struct page_ask *ask, const char *name, struct text *out, struct api_error *err);

#endif
