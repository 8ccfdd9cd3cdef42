/* Domains in which a machine decides: what a row of a file claims is checked, or solved. One table; a domain is one
 * file. */
#ifndef FORMALIZE_DOMAIN_H
#define FORMALIZE_DOMAIN_H

#include "base/json.h"

/* What a domain keeps while it goes through a file (a solver); opened once. */
struct domain {
    const char *name, *summary;
    const char *row;                   /* what a row looks like */
    const char *(*means)(void);        /* how a row is decided in this build */
    bool (*claims)(const json_t *row); /* is it a row of this domain? */
    void *(*open)(struct error *err);  /* NULL: nothing is kept */
    void (*close)(void *state);
    /* Adds what was found to `out` (an object). *holds: the claim holds; else `out` says why in "why". False: the row
     * is not what it must be (ERROR_DATA with FILE:LINE), or nothing could be decided. */
    bool (*check)(void *state, const json_t *row, struct json_place place, struct arena *arena, json_t *out,
                  bool *holds, struct error *err);
    /* The same without a claim: answers, at most `most` of them. */
    bool (*solve)(void *state, const json_t *row, struct json_place place, size_t most, struct arena *arena,
                  json_t *out, bool *holds, struct error *err);
};
size_t domains(const struct domain *const **out);
const struct domain *domain_find(const char *name, struct error *err) MUST_CHECK; /* ERROR_USAGE names the nearest */
/* The domain that claims a row; NULL and ERROR_DATA: none does. */
const struct domain *domain_of(const json_t *row, struct json_place place, struct error *err) MUST_CHECK;

extern const struct domain domain_logic, domain_maths;

#endif
