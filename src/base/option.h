/* Method specs, NAME[,key=value]..., and the option tables that describe, check and document them. */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include "base/buffer.h"

enum option_type { OPTION_FLAG, OPTION_INT, OPTION_REAL, OPTION_TEXT, OPTION_CHOICE };

struct option_def {
    const char *name;
    enum option_type type;
    const char *initial;  /* default, as text; NULL: none */
    double least, most;   /* range of numbers; least > most: no range */
    const char *choices;  /* of OPTION_CHOICE: "a|b|c" */
    const char *help;
};

/* What a spec says, checked against a table. Values stand in the order of the table. */
struct option_value {
    bool given;
    bool flag;
    int64_t integer;
    double real;
    struct text text;
};

/* The name before the first comma. */
struct text spec_name(struct text spec);
/* Parses the part behind the name. `key` alone is yes; a value with a:b:c is kept as text only for OPTION_TEXT (grids
 * are expanded by the caller with spec_grid). An unknown key names the nearest known one. values: n_defs,
 * on the arena. */
struct option_value *spec_parse(struct arena *arena, struct text spec, const struct option_def *defs, size_t n_defs,
                                struct error *err) MUST_CHECK;
/* The same in steps, for options that come one by one from a file: all defaults; then one key (ERROR_USAGE as above).
 * `name` stands in messages. */
struct option_value *option_defaults(struct arena *arena, struct text name, const struct option_def *defs,
                                     size_t n_defs, struct error *err) MUST_CHECK;
bool option_set(struct text name, const struct option_def *defs, size_t n_defs, struct option_value *values,
                struct text key, struct text value, struct error *err) MUST_CHECK;
/* All combinations of a:b:c values: *out gets *n specs without grids. Texts with ':' in URLs or paths: only keys whose
 * definition is a number or choice are grids. */
bool spec_grid(struct arena *arena, struct text spec, const struct option_def *defs, size_t n_defs, struct text **out,
               size_t *n, struct error *err) MUST_CHECK;
/* Canonical text, keys in table order, defaults left out. */
bool spec_put(struct buffer *out, struct text name, const struct option_def *defs, size_t n_defs,
              const struct option_value *values);
/* Lines for --help. */
bool option_put_help(struct buffer *out, const struct option_def *defs, size_t n_defs);

#endif
