/* Domains in which a machine decides: what a row of JSON, or a stretch of a text file of the domain's own, claims is
 * checked, solved, searched for faults, or drawn. One table; a domain is one file, and offers the verbs that it has. */
#ifndef FORMALIZE_DOMAIN_DOMAIN_H
#define FORMALIZE_DOMAIN_DOMAIN_H

#include "base/finding.h"
#include "base/json.h"

/* What is decided at a time. Texts are borrowed for the call. */
struct domain_unit {
    struct json_place place; /* its file, and the line where it begins */
    const json_t *row;       /* of JSON; NULL: text */
    struct text text;        /* of a file of the domain's own; a scan gets whole files */
    struct text id;          /* as a row or the text names it; empty: it has none */
};

/* What the flags say, for those domains that heed it. */
struct domain_settings {
    size_t most;          /* solve: answers */
    double timeout;       /* seconds for one unit; 0: the domain's own */
    bool strict, loose;   /* check: how steps are judged */
    const char *judge;    /* check, solve: a second one, of domains that are `judged`; NULL: none */
    const char *rules;    /* a file of rules in place of the built-in ones; NULL */
    const char *only;     /* scan: names of rules with commas; NULL: all */
    const char *suppress; /* scan: a file of findings that are not to be told as faults; NULL */
    size_t threads;       /* 0: as many as there are processors; never changes a result */
};

/* Adds what was found to `out` (an object). *holds: the claim holds, an answer exists, it could be read; else `out`
 * says why in "why". False: the unit is not what it must be (ERROR_DATA with FILE:LINE), or nothing could be decided.
 */
typedef bool domain_verb(void *state, const struct domain_unit *unit, struct arena *arena, json_t *out, bool *holds,
                         struct error *err);
/* Takes one unit of a text file; false ends the reading. */
typedef bool domain_take(void *context, const struct domain_unit *unit, struct error *err);

struct domain {
    const char *name, *summary;
    const char *row;                       /* what a row or a file looks like */
    const char *endings;                   /* of its own text files, with commas: "sol"; NULL: it reads JSON alone */
    const char *(*means)(void);            /* how is decided in this build */
    bool (*claims)(const json_t *row);     /* is it a row of this domain? NULL: it reads no JSON */
    bool (*claims_text)(struct text file); /* is it a text of this domain, whatever its ending? NULL: no */
    /* What it keeps while it goes through files (a solver, rules); opened once. `settings` outlive it. NULL: nothing,
     * and the state of verbs is the settings themselves. */
    void *(*open)(const struct domain_settings *settings, struct error *err);
    void (*close)(void *state);
    /* A text file as units, in order; NULL: the file is one. */
    bool (*split)(void *state, struct text file, const char *name, domain_take *take, void *context, struct error *err);
    bool judged;                        /* heeds settings.judge; else it is refused */
    domain_verb *check, *solve, *parse; /* NULL: refused by name */
    /* Files that stand together (imports): each file of a command is added, its text borrowed until close; then parse
     * is asked for each of them, and scan once, for a unit without text or row. NULL: each file stands alone. */
    bool (*add)(void *state, const struct domain_unit *file, struct error *err);
    /* Findings of a whole file, whose JSON form `out` of parse could hold. */
    bool (*scan)(void *state, const struct domain_unit *unit, struct arena *arena, finding_sink *sink, void *context,
                 struct error *err);
    const struct finding_rule *const *(*rules)(size_t *n); /* of scan */
    /* What all that was scanned comes to: as members of `out`, and as lines for people. NULL: nothing more. */
    bool (*sum)(void *state, json_t *out, struct buffer *lines, struct error *err);
    bool (*draw)(void *state, const struct domain_unit *unit, struct arena *arena, struct buffer *svg,
                 struct error *err);
};
size_t domains(const struct domain *const **out);
const struct domain *domain_find(const char *name, struct error *err) MUST_CHECK; /* ERROR_USAGE names the nearest */
/* The domain that claims a row, or a text file by its ending or its content; NULL and ERROR_DATA: none does. */
const struct domain *domain_of(const json_t *row, struct json_place place, struct error *err) MUST_CHECK;
const struct domain *domain_of_text(const char *path, struct text file, struct error *err) MUST_CHECK;
bool domain_has_ending(const struct domain *domain, const char *path);

extern const struct domain domain_contract, domain_geometry, domain_logic, domain_maths, domain_sql;

#endif
