/* Method specs and option tables: see option.h. */
#include "base/option.h"

#include <stdio.h>
#include <string.h>

#define GRID_MAX 4096

struct text spec_name(struct text spec) {
    size_t comma = text_find(spec, TEXT(","), 0);
    return text_part(spec, 0, comma == SIZE_MAX ? spec.len : comma);
}

static struct text spec_rest(struct text spec) {
    size_t comma = text_find(spec, TEXT(","), 0);
    return comma == SIZE_MAX ? (struct text){NULL, 0} : text_part(spec, comma + 1, spec.len);
}

/* Splits key=value; a key alone has no value. */
static struct text split_pair(struct text pair, struct text *value, bool *has_value) {
    size_t equals = text_find(pair, TEXT("="), 0);
    *has_value = equals != SIZE_MAX;
    *value = *has_value ? text_part(pair, equals + 1, pair.len) : TEXT("");
    return text_part(pair, 0, *has_value ? equals : pair.len);
}

static const struct option_def *find_def(struct text key, const struct option_def *defs, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(key, defs[i].name)) return &defs[i];
    return NULL;
}

static bool unknown_key(struct text spec, struct text key, const struct option_def *defs, size_t n,
                        struct error *err) {
    const char *names[64] = {NULL};
    size_t count = n < 64 ? n : 64;
    for (size_t i = 0; i < count; i++) names[i] = defs[i].name;
    struct text name = spec_name(spec);
    if (count == 0)
        return error_set(err, ERROR_USAGE, "'%.*s' takes no keys, found '%.*s'", TEXT_ARG(name), TEXT_ARG(key));
    const char *near = text_nearest(key, names, count);
    if (near)
        return error_set(err, ERROR_USAGE, "'%.*s' has no key '%.*s'; did you mean '%s'?", TEXT_ARG(name),
                         TEXT_ARG(key), near);
    error_set(err, ERROR_USAGE, "'%.*s' has no key '%.*s'; its keys are '%s'", TEXT_ARG(name), TEXT_ARG(key), names[0]);
    for (size_t i = 1; err && i < count; i++) {
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, ", '%s'", names[i]);
    }
    return false;
}

static bool in_choices(struct text value, const char *choices) {
    struct text rest = text_of(choices), one;
    while (text_next(&rest, '|', &one))
        if (text_equal(one, value)) return true;
    return false;
}

static bool read_flag(struct text value, bool *out) {
    bool yes = value.len == 0 || text_equal_c(value, "yes") || text_equal_c(value, "true") || text_equal_c(value, "1");
    bool no = text_equal_c(value, "no") || text_equal_c(value, "false") || text_equal_c(value, "0");
    *out = yes;
    return yes || no;
}

static bool wrong(struct text name, const struct option_def *def, const char *expected, struct text value,
                  struct error *err) {
    return error_set(err, ERROR_USAGE, "'%.*s': key '%s': expected %s, found '%.*s'", TEXT_ARG(name), def->name,
                     expected, TEXT_ARG(value));
}

static bool read_value(struct text name, const struct option_def *def, struct text value, struct option_value *out,
                       struct error *err) {
    char range[96];
    bool ranged = def->least <= def->most;
    snprintf(range, sizeof range, ranged ? "a number from %g to %g" : "a number", def->least, def->most);
    out->text = value;
    switch (def->type) {
    case OPTION_FLAG:
        return read_flag(value, &out->flag) || wrong(name, def, "yes or no", value, err);
    case OPTION_INT:
        if (!text_to_i64(value, &out->integer)) return wrong(name, def, "a whole number", value, err);
        out->real = (double)out->integer;
        return !ranged || (out->real >= def->least && out->real <= def->most) || wrong(name, def, range, value, err);
    case OPTION_REAL:
        if (!text_to_f64(value, &out->real)) return wrong(name, def, "a number", value, err);
        return !ranged || (out->real >= def->least && out->real <= def->most) || wrong(name, def, range, value, err);
    case OPTION_CHOICE:
        return in_choices(value, def->choices) || wrong(name, def, def->choices, value, err);
    default:
        return true;
    }
}

struct option_value *option_defaults(struct arena *arena, struct text name, const struct option_def *defs,
                                     size_t n_defs, struct error *err) {
    struct option_value *values = arena_new(arena, struct option_value, n_defs ? n_defs : 1, err);
    for (size_t i = 0; values && i < n_defs; i++)
        if (defs[i].initial && !read_value(name, &defs[i], text_of(defs[i].initial), &values[i], err)) return NULL;
    return values;
}

bool option_set(struct text name, const struct option_def *defs, size_t n_defs, struct option_value *values,
                struct text key, struct text value, struct error *err) {
    const struct option_def *def = find_def(key, defs, n_defs);
    if (!def) return unknown_key(name, key, defs, n_defs, err);
    struct option_value *v = &values[def - defs];
    if (v->given)
        return error_set(err, ERROR_USAGE, "'%.*s': key '%s' is given twice", TEXT_ARG(name), def->name);
    if (!read_value(name, def, value, v, err)) return false;
    return v->given = true;
}

struct option_value *spec_parse(struct arena *arena, struct text spec, const struct option_def *defs, size_t n_defs,
                                struct error *err) {
    struct text name = spec_name(spec), rest = spec_rest(spec), pair, value;
    struct option_value *values = option_defaults(arena, name, defs, n_defs, err);
    while (values && text_next(&rest, ',', &pair)) {
        bool has_value;
        struct text key = split_pair(pair, &value, &has_value);
        const struct option_def *def = find_def(key, defs, n_defs);
        if (def && !has_value && def->type != OPTION_FLAG)
            return wrong(name, def, "a value (key=value)", TEXT(""), err), NULL;
        if (!option_set(name, defs, n_defs, values, key, value, err)) return NULL;
    }
    return values;
}

/* Alternatives of one key=value pair; 1 when it is no grid. */
static size_t alternatives(struct text pair, const struct option_def *defs, size_t n_defs) {
    struct text value;
    bool has_value;
    const struct option_def *def = find_def(split_pair(pair, &value, &has_value), defs, n_defs);
    if (!def || def->type == OPTION_TEXT || def->type == OPTION_FLAG) return 1;
    size_t n = 1;
    for (size_t i = 0; i < value.len; i++) n += value.at[i] == ':';
    return n;
}

static struct text alternative(struct text value, size_t i) {
    struct text rest = value, one = value;
    for (size_t k = 0; k <= i && text_next(&rest, ':', &one); k++) continue;
    return one;
}

/* The combination with mixed-radix number `which`, whose digits are those of the fraction which / total; the last key
 * varies fastest. */
static bool put_combination(struct buffer *b, struct text spec, const struct option_def *defs, size_t n_defs,
                            size_t which, size_t total) {
    struct text rest = spec_rest(spec), pair, value;
    buffer_put_text(b, spec_name(spec));
    while (text_next(&rest, ',', &pair)) {
        bool has_value;
        size_t n = alternatives(pair, defs, n_defs);
        struct text key = split_pair(pair, &value, &has_value);
        which *= n;
        size_t i = which / total;
        which %= total;
        buffer_printf(b, ",%.*s", TEXT_ARG(key));
        struct text chosen = n > 1 ? alternative(value, i) : value;
        if (has_value) buffer_printf(b, "=%.*s", TEXT_ARG(chosen));
    }
    return !b->failed;
}

bool spec_grid(struct arena *arena, struct text spec, const struct option_def *defs, size_t n_defs, struct text **out,
               size_t *n, struct error *err) {
    struct text rest = spec_rest(spec), pair;
    size_t total = 1;
    while (text_next(&rest, ',', &pair)) {
        total *= alternatives(pair, defs, n_defs);
        if (total > GRID_MAX)
            return error_set(err, ERROR_USAGE, "'%.*s': more than %d combinations", TEXT_ARG(spec_name(spec)),
                             GRID_MAX);
    }
    *out = arena_new(arena, struct text, total, err);
    *n = total;
    if (!*out) return false;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    bool ok = true;
    for (size_t i = 0; ok && i < total; i++) {
        buffer_clear(&b);
        put_combination(&b, spec, defs, n_defs, i, total);
        char *copy = buffer_check(&b, "spec", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
        ok = copy != NULL;
        if (ok) (*out)[i] = text_of(copy);
    }
    buffer_done(&b);
    return ok;
}

static bool is_initial(const struct option_def *def, const struct option_value *v) {
    struct option_value initial = {0};
    struct error ignored;
    if (!def->initial) return !v->given;
    if (!read_value(TEXT(""), def, text_of(def->initial), &initial, &ignored)) return false;
    switch (def->type) {
    case OPTION_FLAG: return initial.flag == v->flag;
    case OPTION_INT: return initial.integer == v->integer;
    case OPTION_REAL: return initial.real == v->real;
    default: return text_equal(initial.text, v->text);
    }
}

bool spec_put(struct buffer *out, struct text name, const struct option_def *defs, size_t n_defs,
              const struct option_value *values) {
    buffer_put_text(out, name);
    for (size_t i = 0; i < n_defs; i++) {
        const struct option_value *v = &values[i];
        if (is_initial(&defs[i], v)) continue;
        buffer_printf(out, ",%s=", defs[i].name);
        if (defs[i].type == OPTION_FLAG)
            buffer_put_c(out, v->flag ? "yes" : "no");
        else if (defs[i].type == OPTION_REAL)
            buffer_put_f64(out, v->real);
        else if (defs[i].type == OPTION_INT)
            buffer_printf(out, "%lld", (long long)v->integer);
        else
            buffer_put_text(out, v->text);
    }
    return !out->failed;
}

bool option_put_help(struct buffer *out, const struct option_def *defs, size_t n_defs) {
    static const char *const types[] = {"yes|no", "N", "X", "TEXT", ""};
    for (size_t i = 0; i < n_defs; i++) {
        const struct option_def *d = &defs[i];
        buffer_printf(out, "  %s=%s", d->name, d->type == OPTION_CHOICE ? d->choices : types[d->type]);
        if (d->type != OPTION_TEXT && d->type != OPTION_FLAG && d->type != OPTION_CHOICE && d->least <= d->most)
            buffer_printf(out, " (%g to %g)", d->least, d->most);
        if (d->initial) buffer_printf(out, " [%s]", d->initial);
        buffer_printf(out, "  %s\n", d->help ? d->help : "");
    }
    return !out->failed;
}
