/* Formulas over figures: see recipe_formula.h. By recursive descent, with a bound on how deep brackets go. */
#include "recipe/recipe_formula.h"

#include "base/file.h"
#include "measure/statistics/statistics.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { DEEPEST = 50, LONGEST = 1 << 14, PAIRS_MOST = 64 };

enum formula_kind {
    FORMULA_NUMBER,
    FORMULA_FIGURE,
    FORMULA_SUM,
    FORMULA_DIFFERENCE,
    FORMULA_PRODUCT,
    FORMULA_QUOTIENT,
    FORMULA_SPEARMAN
};
struct recipe_formula {
    enum formula_kind kind;
    const struct recipe_formula *left, *right;
    double number;
    const char *figure, *run, *place; /* place NULL: the only task */
    const struct recipe_formula **x, **y; /* of the pairs that are ranked */
    size_t n;
    const char *base;                 /* of a comparison; NULL: a figure of the run itself */
};

/* ---- reading */

struct reader {
    struct text source;
    size_t at;
    unsigned depth;
    struct arena *arena;
};

static char peek(struct reader *r) {
    while (r->at < r->source.len && isspace((unsigned char)r->source.at[r->at])) r->at++;
    return r->at < r->source.len ? r->source.at[r->at] : 0;
}

static bool take(struct reader *r, char c) {
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

static const struct recipe_formula *fault(struct reader *r, const char *expected, struct error *err) {
    char c = peek(r);
    if (!c)
        error_set(err, ERROR_USAGE, "figure: column %zu: expected %s, found the end", r->at + 1, expected);
    else
        error_set(err, ERROR_USAGE, "figure: column %zu: expected %s, found '%c'", r->at + 1, expected, c);
    return NULL;
}

static const struct recipe_formula *node(struct reader *r, struct recipe_formula f, struct error *err) {
    struct recipe_formula *out = arena_new(r->arena, struct recipe_formula, 1, err);
    if (out) *out = f;
    return out;
}

static const struct recipe_formula *read_number(struct reader *r, struct error *err) {
    size_t from = r->at;
    double number;
    while (r->at < r->source.len && (isalnum((unsigned char)r->source.at[r->at]) || r->source.at[r->at] == '.'))
        r->at++;
    if (!text_to_f64(text_part(r->source, from, r->at), &number) || !isfinite(number))
        return r->at = from, fault(r, "a number", err);
    if (take(r, '%')) number /= 100;
    return node(r, (struct recipe_formula){.kind = FORMULA_NUMBER, .number = number}, err);
}

/* "RUN over BASE" becomes RUN, and BASE is returned; without it nothing. Both trimmed. */
static struct text behind_over(struct text *run) {
    const struct text over = TEXT(" over ");
    struct text base = {0};
    size_t at = text_find(*run, over, 0);
    if (at != SIZE_MAX) base = text_trim(text_part(*run, at + over.len, run->len));
    if (at != SIZE_MAX) *run = text_part(*run, 0, at);
    *run = text_trim(*run);
    return base;
}

/* The name of a figure goes on to the bracket: options of figures hold commas, equals signs and points. */
static const struct recipe_formula *read_figure(struct reader *r, struct error *err) {
    size_t from = r->at, open = r->at;
    while (open < r->source.len && !strchr("() \t\n", r->source.at[open])) open++;
    struct recipe_formula f = {.kind = FORMULA_FIGURE};
    r->at = open;
    if (open == from || !take(r, '(')) return fault(r, "'(' and the name of a run behind a figure", err);
    size_t inside = r->at;
    while (r->at < r->source.len && r->source.at[r->at] != ')') r->at++;
    struct text rest = text_part(r->source, inside, r->at), run = {0};
    if (!take(r, ')')) return fault(r, "')' behind the name of a run", err);
    (void)!text_next(&rest, ':', &run);
    struct text base = behind_over(&run);
    rest = text_trim(rest);
    if (!run.len || (base.at && !base.len)) return r->at = inside, fault(r, "the name of a run", err);
    f.figure = text_copy(r->arena, text_part(r->source, from, open), err);
    f.run = f.figure ? text_copy(r->arena, run, err) : NULL;
    f.place = f.run && rest.len ? text_copy(r->arena, rest, err) : NULL;
    f.base = f.run && base.len ? text_copy(r->arena, base, err) : NULL;
    return f.run && (f.place || !rest.len) && (f.base || !base.len) ? node(r, f, err) : NULL;
}

static const struct recipe_formula *read_sum(struct reader *r, struct error *err);

static bool begins_spearman(struct reader *r) {
    (void)peek(r);
    if (!text_starts(text_part(r->source, r->at, r->source.len), TEXT("spearman("))) return false;
    r->at += strlen("spearman(");
    return true;
}

/* Behind the bracket: x, y, x, y, ... */
static const struct recipe_formula *read_spearman(struct reader *r, struct error *err) {
    struct recipe_formula f = {.kind = FORMULA_SPEARMAN};
    f.x = arena_new(r->arena, const struct recipe_formula *, PAIRS_MOST, err);
    f.y = f.x ? arena_new(r->arena, const struct recipe_formula *, PAIRS_MOST, err) : NULL;
    if (!f.y) return NULL;
    do {
        if (f.n == PAIRS_MOST) return fault(r, "at most 64 pairs", err);
        if (!(f.x[f.n] = read_sum(r, err))) return NULL;
        if (!take(r, ',')) return fault(r, "',' and the other value of the pair", err);
        if (!(f.y[f.n++] = read_sum(r, err))) return NULL;
    } while (take(r, ','));
    if (!take(r, ')')) return fault(r, "',' or ')' behind a pair", err);
    return f.n > 3 ? node(r, f, err) : fault(r, "four pairs or more in the brackets before it", err);
}

static const struct recipe_formula *negative(struct reader *r, const struct recipe_formula *of, struct error *err) {
    struct recipe_formula f = {.kind = FORMULA_NUMBER, .number = -of->number};
    if (of->kind == FORMULA_NUMBER) return node(r, f, err);
    f = (struct recipe_formula){.kind = FORMULA_PRODUCT, .right = of};
    f.left = node(r, (struct recipe_formula){.kind = FORMULA_NUMBER, .number = -1}, err);
    return f.left ? node(r, f, err) : NULL;
}

static const struct recipe_formula *read_unit(struct reader *r, struct error *err) {
    const struct recipe_formula *inner = NULL;
    char c = peek(r);
    if (++r->depth > DEEPEST) return fault(r, "no deeper brackets", err);
    if (take(r, '-')) {
        inner = read_unit(r, err);
        if (inner) inner = negative(r, inner, err);
    } else if (take(r, '(')) {
        inner = read_sum(r, err);
        if (inner && !take(r, ')')) inner = fault(r, "')'", err);
    } else if (begins_spearman(r)) {
        inner = read_spearman(r, err);
    } else {
        inner = isdigit((unsigned char)c) || c == '.' ? read_number(r, err)
                : isalpha((unsigned char)c)           ? read_figure(r, err)
                                                      : fault(r, "a figure, such as acc(RUN), or a number", err);
    }
    r->depth--;
    return inner;
}

/* Units joined by * and /, or these joined by + and -. */
static const struct recipe_formula *read_chain(struct reader *r, bool sums, struct error *err) {
    const struct recipe_formula *left = sums ? read_chain(r, false, err) : read_unit(r, err);
    while (left) {
        char c = peek(r);
        if (c != (sums ? '+' : '*') && c != (sums ? '-' : '/')) break;
        r->at++;
        const struct recipe_formula *right = sums ? read_chain(r, false, err) : read_unit(r, err);
        enum formula_kind kind = c == '+'   ? FORMULA_SUM
                                 : c == '-' ? FORMULA_DIFFERENCE
                                 : c == '*' ? FORMULA_PRODUCT
                                            : FORMULA_QUOTIENT;
        left = right ? node(r, (struct recipe_formula){.kind = kind, .left = left, .right = right}, err) : NULL;
    }
    return left;
}

static const struct recipe_formula *read_sum(struct reader *r, struct error *err) {
    return read_chain(r, true, err);
}

const struct recipe_formula *recipe_formula_parse(struct text source, struct arena *arena, struct error *err) {
    struct reader r = {.source = source, .arena = arena};
    if (source.len > LONGEST) return error_set(err, ERROR_USAGE, "figure: expected at most %d bytes", LONGEST), NULL;
    const struct recipe_formula *formula = read_sum(&r, err);
    return !formula || !peek(&r) ? formula : fault(&r, "an operator or the end", err);
}

/* ---- values */

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool is_at(const json_t *figure, const char *place) {
    const char *task = text_at(figure, "task"), *group = text_at(figure, "group");
    size_t n = strlen(task);
    if (!place) return !*group;
    if (!*group) return strcmp(task, place) == 0;
    return strncmp(place, task, n) == 0 && place[n] == '/' && strcmp(place + n + 1, group) == 0;
}

/* What there is, for the message: places of the figure, or else figures. */
static bool not_there(const struct recipe_formula *f, const json_t *figures, bool several, struct error *err) {
    struct buffer list;
    const json_t *one;
    size_t i;
    bool named = false;
    buffer_init(&list, 600); /* cut off where they are many */
    json_array_foreach(figures, i, one) named |= strcmp(text_at(one, "name"), f->figure) == 0;
    json_array_foreach(figures, i, one) {
        if (named && strcmp(text_at(one, "name"), f->figure) != 0) continue;
        const char *group = text_at(one, "group");
        if (named)
            buffer_printf(&list, "%s%s%s%s", list.len ? ", " : "", text_at(one, "task"), *group ? "/" : "", group);
        else if (!*group)
            buffer_printf(&list, "%s%s", list.len ? ", " : "", text_at(one, "name"));
    }
    error_set(err, ERROR_DATA, "run '%s' has %s '%s'%s%s; there are: %.*s", f->run,
              several ? "several figures" : "no figure", f->figure, f->place ? " at " : "", f->place ? f->place : "",
              (int)list.len, list.at ? list.at : "");
    buffer_done(&list);
    return false;
}

static bool figure_value(const struct recipe_formula *f, const json_t *figures, struct recipe_value *out,
                         struct error *err) {
    const json_t *one, *found = NULL;
    size_t i, n = 0;
    json_array_foreach(figures, i, one) if (strcmp(text_at(one, "name"), f->figure) == 0 && is_at(one, f->place))
        found = one,
        n++;
    if (n != 1) return not_there(f, figures, n > 1, err);
    *out = (struct recipe_value){number_at(found, "value"), number_at(found, "lo"), number_at(found, "hi")};
    return true;
}

/* ---- comparisons that the record keeps */

struct comparison_search {
    const struct recipe_formula *f;
    struct recipe_value *out;
    size_t found;
};

/* Name, task, base, other run, difference, ends of its interval: the table "comparisons" of an export. Names of tests
 * other than paired stand before a colon. */
static bool see_comparison(void *context, const json_t *row, bool header, struct error *err) {
    struct comparison_search *s = context;
    struct text name = json_text(json_array_get(row, 0));
    size_t colon = text_find(name, TEXT(": "), 0);
    (void)err;
    if (header) return true;
    if (colon != SIZE_MAX) name = text_part(name, colon + 2, name.len);
    if (!text_equal_c(name, s->f->figure) || !text_equal_c(json_text(json_array_get(row, 2)), s->f->base) ||
        !text_equal_c(json_text(json_array_get(row, 3)), s->f->run) ||
        (s->f->place && !text_equal_c(json_text(json_array_get(row, 1)), s->f->place)))
        return true;
    double ends[3];
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_array_get(row, 4 + i);
        ends[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    *s->out = (struct recipe_value){ends[0], ends[1], ends[2]};
    s->found++;
    return true;
}

static bool compared_value(const struct recipe_formula *f, struct record *in, int64_t run, struct recipe_value *out,
                           struct error *err) {
    struct comparison_search s = {f, out, 0};
    if (!record_export(in, run, "comparisons", see_comparison, &s, err)) return false;
    return s.found == 1 ||
           error_set(err, ERROR_DATA,
                     "the record has %s comparison of '%s' over '%s' in '%s'%s%s; `basanite compare %s %s` makes it",
                     s.found ? "more than one" : "no", f->run, f->base, f->figure, f->place ? " at " : "",
                     f->place ? f->place : "", f->base, f->run);
}

/* The figures of a file that a line wrote. */
static bool look_into_file(const struct recipe_formula *f, const struct recipe_records *records,
                           struct recipe_value *out, struct error *err) {
    enum { MOST_BYTES = 64 << 20 };
    char path[4096];
    error_set(err, ERROR_DATA, "there is no file '%s'", f->run);
    for (size_t i = 0; i < 2; i++) {
        if (!records->folders[i] ||
            (size_t)snprintf(path, sizeof path, "%s/%s", records->folders[i], f->run) >= sizeof path ||
            !file_exists(path))
            continue;
        json_t *file = json_read_file(path, MOST_BYTES, err);
        bool ok = file && figure_value(f, json_object_get(file, "figures"), out, err);
        json_decref(file);
        return ok;
    }
    return false;
}

static bool look_up(const struct recipe_formula *f, const struct recipe_records *records, struct recipe_value *out,
                    struct error *err) {
    struct record *in = NULL;
    json_t *run = NULL;
    if (text_ends(text_of(f->run), TEXT(".json"))) return look_into_file(f, records, out, err);
    error_set(err, ERROR_DATA, "there is no run '%s'", f->run);
    for (size_t i = 0; i < records->n && !run; i++)
        if (!(run = record_run_json(in = records->at[i], f->run, err)) && err->kind != ERROR_USAGE) return false;
    if (!run) return err->kind = ERROR_DATA, false;
    int64_t id = json_integer_value(json_object_get(run, "id"));
    json_decref(run);
    if (f->base) return compared_value(f, in, id, out, err);
    json_t *figures = record_figures_json(in, id, err);
    bool ok = figures && figure_value(f, figures, out, err);
    json_decref(figures);
    return ok;
}

static struct recipe_value scaled(struct recipe_value x, double by) {
    double lo = x.lo * by, hi = x.hi * by;
    return (struct recipe_value){x.value * by, by < 0 ? hi : lo, by < 0 ? lo : hi};
}

static struct recipe_value difference(struct recipe_value x, struct recipe_value y) {
    struct interval d =
        stat_mover_difference((struct interval){x.value, x.lo, x.hi}, (struct interval){y.value, y.lo, y.hi});
    return (struct recipe_value){d.estimate, d.lo, d.hi};
}

static struct recipe_value joined(const struct recipe_formula *f, struct recipe_value x, struct recipe_value y) {
    switch (f->kind) {
    case FORMULA_DIFFERENCE:
        return difference(x, y);
    case FORMULA_SUM:
        return difference(x, scaled(y, -1));
    case FORMULA_PRODUCT:
        if (f->left->kind == FORMULA_NUMBER) return scaled(y, x.value);
        if (f->right->kind == FORMULA_NUMBER) return scaled(x, y.value);
        return (struct recipe_value){x.value * y.value, NAN, NAN};
    default:
        if (f->right->kind == FORMULA_NUMBER) return scaled(x, 1 / y.value);
        return (struct recipe_value){x.value / y.value, NAN, NAN};
    }
}

/* The interval is that of Bonett and Wright (2000), on Fisher's scale; 1 and -1 have none. */
static bool spearman_value(const struct recipe_formula *f, const struct recipe_records *records,
                           struct recipe_value *out, struct error *err) {
    double x[PAIRS_MOST], y[PAIRS_MOST];
    for (size_t i = 0; i < f->n; i++) {
        struct recipe_value one, other;
        if (!recipe_formula_value(f->x[i], records, &one, err) || !recipe_formula_value(f->y[i], records, &other, err))
            return false;
        x[i] = one.value, y[i] = other.value;
    }
    error_clear(err);
    double rho = stat_spearman(x, y, f->n, err);
    if (err->kind != ERROR_NONE) return false;
    double half =
        fabs(rho) < 1 - 1e-12 ? stat_normal_quantile(0.975) * sqrt((1 + rho * rho / 2) / ((double)f->n - 3)) : NAN;
    *out = (struct recipe_value){rho, tanh(atanh(rho) - half), tanh(atanh(rho) + half)};
    return true;
}

bool recipe_formula_value(const struct recipe_formula *f, const struct recipe_records *records,
                          struct recipe_value *out, struct error *err) {
    struct recipe_value x, y;
    if (f->kind == FORMULA_NUMBER) return *out = (struct recipe_value){f->number, f->number, f->number}, true;
    if (f->kind == FORMULA_FIGURE) return look_up(f, records, out, err);
    if (f->kind == FORMULA_SPEARMAN) return spearman_value(f, records, out, err);
    if (!recipe_formula_value(f->left, records, &x, err) || !recipe_formula_value(f->right, records, &y, err))
        return false;
    *out = joined(f, x, y);
    return true;
}
