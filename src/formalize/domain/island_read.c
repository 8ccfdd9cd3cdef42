/* Reads puzzles: lists of JSON, or the text of nested tuples, which is turned into such lists first. See island.h. */
#include "formalize/domain/island.h"

#include "verify/roles.h"

#include <ctype.h>
#include <string.h>

/* ---- ('not', ('telling-truth', 2)) as ["not", ["telling-truth", 2]] ---- */

struct tuples {
    struct text t;
    size_t at;
    size_t depth;
};

static char next_byte(struct tuples *p) {
    while (p->at < p->t.len && isspace((unsigned char)p->t.at[p->at])) p->at++;
    return p->at < p->t.len ? p->t.at[p->at] : 0;
}

static json_t *read_tuple(struct tuples *p);

static json_t *read_leaf(struct tuples *p) {
    char c = next_byte(p);
    size_t from = p->at;
    int64_t number;
    if (c == '\'' || c == '"') {
        size_t end = text_find(p->t, c == '"' ? TEXT("\"") : TEXT("'"), from + 1);
        if (end == SIZE_MAX) return NULL;
        p->at = end + 1;
        return json_from_text(text_part(p->t, from + 1, end));
    }
    while (p->at < p->t.len && (isdigit((unsigned char)p->t.at[p->at]) || p->t.at[p->at] == '-')) p->at++;
    return text_to_i64(text_part(p->t, from, p->at), &number) ? json_integer(number) : NULL;
}

/* A comma may stand behind the last part. */
static json_t *read_tuple(struct tuples *p) {
    char open = next_byte(p), close = open == '(' ? ')' : ']';
    if (open != '(' && open != '[') return read_leaf(p);
    json_t *list = json_array();
    bool ok = list && ++p->depth <= ISLAND_DEPTH_MOST;
    p->at++;
    while (ok && next_byte(p) != close) {
        json_t *part = read_tuple(p);
        ok = part && json_array_append_new(list, part) == 0 && (next_byte(p) == ',' || next_byte(p) == close);
        if (ok && next_byte(p) == ',') p->at++;
    }
    p->at++;
    p->depth--;
    if (ok) return list;
    json_decref(list);
    return NULL;
}

/* The statements as JSON; owned. */
static json_t *statements_of(const json_t *value, struct json_place place, struct error *err) {
    if (json_is_array(value)) return json_incref((json_t *)value);
    if (!json_is_string(value))
        return json_mismatch(value, "statements", place, "nested lists, or their text", err), NULL;
    struct tuples p = {.t = json_text(value)};
    json_t *list = read_tuple(&p);
    if (list && next_byte(&p) == 0 && json_is_array(list)) return list;
    json_decref(list);
    error_set(err, ERROR_DATA, "%s:%zu: statements: no nested tuples at byte %zu", place.file, place.line, p.at);
    return NULL;
}

/* ---- one statement ---- */

static const struct {
    const char *name;
    enum said_kind kind;
    size_t least, most; /* parts */
} operators[] = {
    {"T", SAID_KNIGHT, 1, 1}, {"telling-truth", SAID_KNIGHT, 1, 1},
    {"L", SAID_KNAVE, 1, 1},  {"lying", SAID_KNAVE, 1, 1},
    {"not", SAID_NOT, 1, 1},  {"and", SAID_AND, 1, 64},
    {"or", SAID_OR, 1, 64},   {"->", SAID_IF, 2, 2},
    {"<=>", SAID_IFF, 2, 2},
};
enum { OPERATORS = sizeof operators / sizeof *operators };

struct reader {
    struct json_place place;
    size_t speaker, people;
    struct arena *arena;
    struct error *err;
};

static size_t find_operator(const struct reader *r, const json_t *name) {
    const char *names[OPERATORS];
    size_t i = 0;
    while (i < OPERATORS && !(json_is_string(name) && strcmp(json_string_value(name), operators[i].name) == 0)) i++;
    if (i < OPERATORS) return i;
    for (size_t k = 0; k < OPERATORS; k++) names[k] = operators[k].name;
    const char *near = json_is_string(name) ? text_nearest(json_text(name), names, OPERATORS) : NULL;
    error_set(r->err, ERROR_DATA,
              "%s:%zu: statement %zu: unknown operator '%.*s'%s%s%s: expected T, L, not, and, or, -> or <=>",
              r->place.file, r->place.line, r->speaker, (int)(json_text(name).len < 40 ? json_text(name).len : 40),
              json_text(name).at ? json_text(name).at : "", near ? "; did you mean '" : "", near ? near : "",
              near ? "'?" : "");
    return i;
}

static bool read_person(const struct reader *r, const json_t *value, size_t *out) {
    if (json_is_integer(value) && json_integer_value(value) >= 0 && (size_t)json_integer_value(value) < r->people)
        return *out = (size_t)json_integer_value(value), true;
    if (json_is_integer(value))
        return error_set(r->err, ERROR_DATA,
                         "%s:%zu: statement %zu speaks of person %lld; there are %zu, counted from 0", r->place.file,
                         r->place.line, r->speaker, (long long)json_integer_value(value), r->people);
    return error_set(r->err, ERROR_DATA, "%s:%zu: statement %zu: expected the number of a person", r->place.file,
                     r->place.line, r->speaker);
}

static const struct said *read_said(const struct reader *r, const json_t *list, size_t depth) {
    size_t n = json_array_size(list), op;
    if (!json_is_array(list) || n == 0 || depth > ISLAND_DEPTH_MOST) {
        error_set(r->err, ERROR_DATA, "%s:%zu: statement %zu: expected [OPERATOR, ...], at most %d deep", r->place.file,
                  r->place.line, r->speaker, ISLAND_DEPTH_MOST);
        return NULL;
    }
    if ((op = find_operator(r, json_array_get(list, 0))) == OPERATORS) return NULL;
    if (n - 1 < operators[op].least || n - 1 > operators[op].most) {
        error_set(r->err, ERROR_DATA, "%s:%zu: statement %zu: '%s' takes %zu parts%s, found %zu", r->place.file,
                  r->place.line, r->speaker, operators[op].name, operators[op].least,
                  operators[op].most > 2 ? " or more" : "", n - 1);
        return NULL;
    }
    struct said *s = arena_new(r->arena, struct said, 1, r->err);
    if (!s) return NULL;
    s->kind = operators[op].kind;
    if (s->kind <= SAID_KNAVE) return read_person(r, json_array_get(list, 1), &s->person) ? s : NULL;
    s->n = n - 1;
    if (!(s->of = arena_new(r->arena, const struct said *, s->n, r->err))) return NULL;
    for (size_t i = 0; i < s->n; i++)
        if (!(s->of[i] = read_said(r, json_array_get(list, i + 1), depth + 1))) return NULL;
    return s;
}

/* ---- the row ---- */

static bool read_names(const json_t *names, struct json_place place, struct island *out, struct error *err) {
    out->n = json_array_size(names);
    if (!json_is_array(names) || out->n == 0 || out->n > ISLAND_PEOPLE_MOST)
        return json_mismatch(names, "names", place, "a list of 1 to 20 names", err);
    for (size_t i = 0; i < out->n; i++) {
        out->name[i] = json_text(json_array_get(names, i));
        if (!out->name[i].len)
            return json_mismatch(json_array_get(names, i), "names", place, "texts that are not empty", err);
        for (size_t k = 0; k < i; k++)
            if (text_equal_nocase(out->name[i], out->name[k]))
                return error_set(err, ERROR_DATA, "%s:%zu: names are not unique: '%.*s' comes twice", place.file,
                                 place.line, TEXT_ARG(out->name[i]));
    }
    return true;
}

static bool read_solution(const json_t *list, struct json_place place, struct island *out, struct error *err) {
    if (!list) return true;
    if (!json_is_array(list) || json_array_size(list) != out->n)
        return json_mismatch(list, "solution", place, "a list with true or false for each name", err);
    out->told = true;
    for (size_t i = 0; i < out->n; i++) {
        const json_t *knight = json_array_get(list, i);
        if (!json_is_boolean(knight)) return json_mismatch(knight, "solution", place, "true or false", err);
        out->solution |= (uint32_t)json_is_true(knight) << i;
    }
    return true;
}

/* The text says of everybody what the list says. */
static bool check_told(const json_t *text, struct json_place place, const struct island *out, struct error *err) {
    struct roles roles;
    if (!text || !out->told) return true;
    bool same = json_is_string(text) && roles_of_solution(json_text(text), &roles) && roles.n == out->n;
    for (size_t i = 0; same && i < out->n; i++)
        same = text_equal(roles.name[i], out->name[i]) && roles.knight[i] == (out->solution >> i & 1);
    return same || error_set(err, ERROR_DATA, "%s:%zu: solution_text_format says something else than solution",
                             place.file, place.line);
}

bool island_read(const json_t *row, struct json_place place, struct arena *arena, struct island *out,
                 struct error *err) {
    const json_t *slots = json_object_get(row, "slots"), *from = json_is_object(slots) ? slots : row;
    *out = (struct island){0};
    if (!read_names(json_object_get(from, "names"), place, out, err)) return false;
    json_t *statements = statements_of(json_object_get(from, "statements"), place, err);
    bool ok = statements != NULL;
    if (ok && json_array_size(statements) != out->n)
        ok = error_set(err, ERROR_DATA, "%s:%zu: %zu statements for %zu names", place.file, place.line,
                       json_array_size(statements), out->n);
    for (size_t i = 0; ok && i < out->n; i++) {
        struct reader r = {place, i, out->n, arena, err};
        ok = (out->said[i] = read_said(&r, json_array_get(statements, i), 0)) != NULL;
    }
    json_decref(statements);
    return ok && read_solution(json_object_get(from, "solution"), place, out, err) &&
           check_told(json_object_get(row, "solution_text_format"), place, out, err);
}
