/* Who may come in, as pure functions: what Host and Origin must say of a request to a server of this machine, and keys
 * compared without telling by the time how much of them was right. */
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include "base/text.h"

enum { GUARD_TOKEN = 49 }; /* bytes of a token in hexadecimal, with the zero */

/* "localhost:8080", "127.0.0.1", "[::1]" and the like, with or without a port. A name of a foreign site that was made
 * to point to this machine (DNS rebinding) is none of them. */
bool guard_names_this_machine(struct text host);
/* Is this Origin the server that Host names? */
bool guard_is_own_origin(struct text origin, struct text host);
/* In a time that does not depend on where they differ. */
bool guard_keys_equal(struct text given, struct text key);
/* "Bearer KEY" of an Authorization header; empty: it is none. */
struct text guard_bearer(struct text authorization);
/* 192 random bits of the system. */
bool guard_make_token(char token[GUARD_TOKEN], struct error *err) MUST_CHECK;

#endif
