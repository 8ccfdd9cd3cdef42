/* Connections of the page: who may come in, files of the app, routes, replies. libmicrohttpd gives each connection a
 * thread of its own.
 *
 * Everything is refused whose Host is not this machine or whose Origin is another site. The app's own files (they hold
 * no secrets) are open to who passes that; everything below /api/ needs `Authorization: Bearer TOKEN`. */
#ifndef SERVE_PAGE_HTTP_H
#define SERVE_PAGE_HTTP_H

#include "serve/page_parts.h"

struct page_http;

/* Listens on 127.0.0.1. */
struct page_http *page_http_new(struct page_app *page, struct error *err) MUST_CHECK;
unsigned page_http_port(const struct page_http *http);
/* Cuts connections that take too long to say what they want; to be called about once a second. */
void page_http_tend(struct page_http *http);
/* Waits for the replies under way. */
void page_http_free(struct page_http *http);

/* What the browser is told to refuse: everything that is not of this server itself. */
extern const char page_policy[];
/* The route of a path below /api/ and whether it may be asked in this way; NULL with err. */
const struct page_route *page_find_route(const char *path, bool post, struct api_error *err);

#endif
