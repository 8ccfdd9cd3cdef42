/* Reading problems: see geo_problem.h. */
#include "geometry/geo_problem.h"

#include <string.h>

enum { WORDS_MOST = 16, LETTERS = 16 };

struct reader {
    struct geo_problem *out;
    const char *file;
    size_t line, clause;
    struct error *err;
};

static bool fault(struct reader *r, const char *what, struct text on) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: clause %zu: %s '%.*s'", r->file, r->line, r->clause + 1, what,
                     TEXT_ARG(on));
}

static size_t words_of(struct text t, struct text *out, size_t most) {
    struct text word;
    size_t n = 0;
    while (text_next(&t, ' ', &word))
        if (text_trim(word).len) {
            if (n == most) return most + 1;
            out[n++] = text_trim(word);
        }
    return n;
}

/* ---- a construction's template with points for letters */

struct binding {
    char letter[LETTERS];
    uint8_t point[LETTERS];
    size_t n;
    struct geo_fraction number;
};

static bool bind_fact(struct reader *r, struct text t, const struct binding *b, struct geo_fact *out) {
    struct text word[10];
    struct geo_names letters = {.n = b->n};
    for (size_t i = 0; i < b->n; i++) letters.name[i] = (struct text){&b->letter[i], 1};
    size_t n = words_of(t, word, 10);
    bool number = n && text_equal_c(word[n - 1], "#");
    char copy[80];
    size_t len = number ? (size_t)(word[n - 1].at - t.at) : t.len;
    if (len + 2 > sizeof copy) return fault(r, "a long fact", t);
    memcpy(copy, t.at, len);
    if (number) copy[len++] = '1';
    if (!geo_fact_read((struct text){copy, len}, &letters, false, out, r->err)) return false;
    for (size_t i = 0; i < out->n; i++) out->at[i] = b->point[out->at[i]];
    if (number) out->value = b->number;
    return true;
}

static bool put_premises(struct reader *r, const char *list, const struct binding *b) {
    struct geo_problem *p = r->out;
    struct text rest = text_of(list), one;
    while (text_next(&rest, ';', &one)) {
        one = text_trim(one);
        if (one.len && one.at[0] == '!') one = text_part(one, 1, one.len);
        if (!one.len) continue;
        if (p->n_premises == GEO_PREMISES_MOST) return fault(r, "too many facts at", one);
        if (!bind_fact(r, one, b, &p->premise[p->n_premises])) return false;
        p->clause_of[p->n_premises++] = r->clause;
    }
    return true;
}

static struct geo_placing *placing_of(struct reader *r, uint8_t point) {
    struct geo_problem *p = r->out;
    for (size_t i = 0; i < p->n_placings; i++)
        if (p->placing[i].point == point) return &p->placing[i];
    p->placing[p->n_placings] = (struct geo_placing){.point = point, .clause = r->clause, .line = r->line};
    return &p->placing[p->n_placings++];
}

/* "x: fact; fact" */
static bool put_place(struct reader *r, struct text place, const struct binding *b, bool facts) {
    struct text rest, one;
    size_t colon = text_find(place, TEXT(":"), 0);
    const char *letter = memchr(b->letter, place.at[0], b->n);
    struct geo_placing *p = placing_of(r, b->point[letter - b->letter]);
    rest = text_part(place, colon + 1, place.len);
    while (text_next(&rest, ';', &one)) {
        one = text_trim(one);
        bool outward = one.len && one.at[0] == '!';
        if (outward) one = text_part(one, 1, one.len);
        if (!one.len) continue;
        if (p->n == GEO_CONDITIONS_MOST) return fault(r, "too many conditions on", r->out->names.name[p->point]);
        if (!bind_fact(r, one, b, &p->condition[p->n])) return false;
        p->outward[p->n] = outward;
        if (facts && r->out->n_premises == GEO_PREMISES_MOST) return fault(r, "too many facts at", one);
        if (facts) {
            r->out->premise[r->out->n_premises] = p->condition[p->n];
            r->out->clause_of[r->out->n_premises++] = r->clause;
        }
        p->n++;
    }
    return true;
}

static bool apply(struct reader *r, const struct geo_construction *c, const struct binding *b) {
    struct text rest = text_of(c->places), place;
    while (text_next(&rest, '|', &place)) {
        if (!put_place(r, place, b, !c->facts)) return false;
        if (c->undrawn) placing_of(r, b->point[0])->undrawn = c->name;
    }
    if (c->also && !c->facts && !put_premises(r, c->also, b)) return false;
    return !c->facts || put_premises(r, c->facts, b);
}

/* ---- words of a construction */

/* "60o" of an angle in degrees, "1pi/3", "3/4", "2.5": angles in half turns. */
static bool read_number(struct text t, bool angle, struct geo_fraction *out) {
    size_t pi = text_find(t, TEXT("pi"), 0);
    char copy[40];
    if (t.len && t.at[t.len - 1] == 'o' && angle)
        return geo_fraction_read(text_part(t, 0, t.len - 1), out) &&
               (*out = geo_fraction_divide(*out, (struct geo_fraction){180, 1}), out->d != 0);
    if (pi == SIZE_MAX || !angle) return geo_fraction_read(t, out);
    struct text before = pi ? text_part(t, 0, pi) : TEXT("1"), behind = text_part(t, pi + 2, t.len);
    if (before.len + behind.len > sizeof copy) return false;
    memcpy(copy, before.at, before.len);
    if (behind.len) memcpy(copy + before.len, behind.at, behind.len);
    return geo_fraction_read((struct text){copy, before.len + behind.len}, out);
}

static bool bind_words(struct reader *r, const struct geo_construction *c, const struct text *word, size_t n,
                       const uint8_t *made, size_t n_made, struct binding *b) {
    size_t makes = strlen(c->makes), takes = strlen(c->takes), all = makes + takes;
    bool implied = n == takes && makes == n_made && n != all; /* new points were not written again */
    if (n != all && !implied)
        return error_set(r->err, ERROR_DATA, "%s:%zu: clause %zu: %s takes %zu points, found %zu", r->file, r->line,
                         r->clause + 1, c->name, all, n);
    b->n = 0;
    for (size_t i = 0; i < all; i++) { /* letters: what it makes first */
        bool new = i < makes;
        char letter = new ? c->makes[i] : c->takes[i - makes];
        size_t given = takes - (takes && c->takes[takes - 1] == '#');
        size_t at = !c->last || letter == '#' ? i : new ? given + i : i - makes;
        struct text t = !implied ? word[at] : new ? (struct text){0} : word[i - makes];
        if (letter == '#') {
            if (!read_number(t, strcmp(c->name, "s_angle") == 0, &b->number)) return fault(r, "no number", t);
            continue;
        }
        int point = implied && new ? made[i] : geo_names_find(&r->out->names, t);
        if (point < 0) return fault(r, "no point", t);
        b->letter[b->n] = letter;
        b->point[b->n++] = (uint8_t)point;
    }
    for (size_t i = 0; i < makes; i++) { /* what it makes are the clause's own points */
        if (memchr(made, b->point[i], n_made)) continue;
        return fault(r, "already placed:", r->out->names.name[b->point[i]]);
    }
    for (size_t i = makes; i < b->n; i++)
        if (memchr(made, b->point[i], n_made)) return fault(r, "placed by itself:", r->out->names.name[b->point[i]]);
    return true;
}

/* The construction that a misspelt word may have meant; NULL: none is near. */
static const char *nearest(struct text word) {
    const struct geo_construction *all;
    const char *names[100];
    size_t many = geo_constructions(&all);
    for (size_t i = 0; i < many; i++) names[i] = all[i].name;
    return text_nearest(word, names, many);
}

static bool read_construction(struct reader *r, struct text t, const uint8_t *made, size_t n_made) {
    struct text word[WORDS_MOST];
    struct binding b;
    size_t n = words_of(t, word, WORDS_MOST);
    if (!n || n > WORDS_MOST) return fault(r, "no construction", t);
    const struct geo_construction *c = geo_construction_find(word[0]);
    if (c) return bind_words(r, c, word + 1, n - 1, made, n_made, &b) && apply(r, c, &b);
    const char *near = nearest(word[0]);
    return error_set(r->err, ERROR_DATA, "%s:%zu: clause %zu: no construction '%.*s'%s%s%s", r->file, r->line,
                     r->clause + 1, TEXT_ARG(word[0]), near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

static bool read_clause(struct reader *r, struct text t) {
    size_t equals = text_find(t, TEXT("="), 0);
    struct text word[WORDS_MOST], rest, one;
    uint8_t made[WORDS_MOST];
    if (equals == SIZE_MAX) return fault(r, "expected 'points = constructions', found", t);
    size_t n = words_of(text_part(t, 0, equals), word, WORDS_MOST);
    if (!n || n > WORDS_MOST) return fault(r, "no new points in", t);
    for (size_t i = 0; i < n; i++) {
        struct geo_names *names = &r->out->names;
        if (geo_names_find(names, word[i]) >= 0) return fault(r, "placed twice:", word[i]);
        if (names->n == GEO_POINTS_MOST) return fault(r, "too many points at", word[i]);
        made[i] = (uint8_t)names->n;
        names->name[names->n++] = word[i];
    }
    rest = text_part(t, equals + 1, t.len);
    while (text_next(&rest, ',', &one))
        if (!read_construction(r, text_trim(one), made, n)) return false;
    for (size_t i = 0; i < n; i++) {
        const struct geo_placing *p = placing_of(r, made[i]);
        if (p->n > 2)
            return error_set(r->err, ERROR_DATA, "%s:%zu: clause %zu: point '%.*s' has %zu conditions, at most 2",
                             r->file, r->line, r->clause + 1, TEXT_ARG(word[i]), p->n);
    }
    return true;
}

/* ---- goals */

static const struct {
    const char *theirs, *ours, *points; /* which of theirs stand where in ours */
    bool cong;                          /* and AB = PQ */
} goals[] = {
    {"cyclic", NULL, NULL},
    {"eqangle", "eqang", "01234567"},
    {"eqratio", "eqrat", "01234567"},
    {"eqratio3", "eqrat", "40425153"},
    {"midp", "mid", "012"},
    {"rconst", "rat", "0123"},
    {"aconst", "ang", "0123"},
    {"lconst", "len", "01"},
    {"simtri", "sim", "012345"},
    {"simtrir", "simr", "012345"},
    {"contri", "sim", "012345", true},
    {"contrir", "simr", "012345", true},
    {"acompute", "ang", "0123"},
};

static bool put_goal(struct reader *r, const struct geo_fact *f, bool asked) {
    struct geo_problem *p = r->out;
    if (p->n_goals == GEO_GOALS_MOST)
        return error_set(r->err, ERROR_DATA, "%s:%zu: more than %d goals", r->file, r->line, GEO_GOALS_MOST);
    p->asked[p->n_goals] = asked;
    p->goal[p->n_goals++] = *f;
    return true;
}

static bool goal_points(struct reader *r, const struct text *word, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++) {
        int point = geo_names_find(&r->out->names, word[i]);
        if (point < 0)
            return error_set(r->err, ERROR_DATA, "%s:%zu: goal: no point '%.*s'", r->file, r->line, TEXT_ARG(word[i]));
        out[i] = (uint8_t)point;
    }
    return true;
}

/* Any number of points on one circle: each with the first three. */
static bool put_cyclic(struct reader *r, const struct text *word, size_t n) {
    uint8_t p[WORDS_MOST];
    if (n < 4) return error_set(r->err, ERROR_DATA, "%s:%zu: goal: cyclic takes at least 4 points", r->file, r->line);
    if (!goal_points(r, word, n, p)) return false;
    for (size_t i = 3; i < n; i++) {
        struct geo_fact f = {.kind = GEO_CYC, .n = 4, .at = {p[0], p[1], p[2], p[i]}, .value = {0, 1}};
        bool again = p[i] == p[0] || p[i] == p[1] || p[i] == p[2];
        if (!again && !put_goal(r, &f, false)) return false;
    }
    return true;
}

static bool put_translated(struct reader *r, size_t row, const struct text *word, size_t n) {
    struct geo_fact f = {.value = {0, 1}};
    uint8_t p[WORDS_MOST];
    bool asked = strcmp(goals[row].theirs, "acompute") == 0;
    size_t points = strlen(goals[row].points), given = points;
    if (strcmp(goals[row].theirs, "eqratio3") == 0) given = 6;
    for (size_t k = 0; k < GEO_KINDS; k++)
        if (strcmp(geo_kind_name(k), goals[row].ours) == 0) f.kind = k;
    bool value = geo_kind_has_value(f.kind) && !asked;
    if (n != given + value)
        return error_set(r->err, ERROR_DATA, "%s:%zu: goal: %s takes %zu words, found %zu", r->file, r->line,
                         goals[row].theirs, given + value, n);
    if (!goal_points(r, word, given, p)) return false;
    f.n = (uint8_t)points;
    for (size_t i = 0; i < points; i++) f.at[i] = p[goals[row].points[i] - '0'];
    if (value && !read_number(word[n - 1], f.kind == GEO_ANG, &f.value))
        return error_set(r->err, ERROR_DATA, "%s:%zu: goal: no number '%.*s'", r->file, r->line, TEXT_ARG(word[n - 1]));
    const struct geo_fact cong = {
        .kind = GEO_CONG, .n = 4, .at = {f.at[0], f.at[1], f.at[3], f.at[4]}, .value = {0, 1}};
    return put_goal(r, &f, asked) && (!goals[row].cong || put_goal(r, &cong, false));
}

static bool read_goal(struct reader *r, struct text t) {
    struct text word[WORDS_MOST];
    struct geo_fact f;
    size_t n = words_of(t, word, WORDS_MOST);
    if (!n || n > WORDS_MOST)
        return error_set(r->err, ERROR_DATA, "%s:%zu: no goal in '%.*s'", r->file, r->line, TEXT_ARG(t));
    if (text_equal_c(word[0], "cyclic")) return put_cyclic(r, word + 1, n - 1);
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++)
        if (text_equal_c(word[0], goals[i].theirs)) return put_translated(r, i, word + 1, n - 1);
    if (!geo_fact_read(t, &r->out->names, false, &f, r->err))
        return error_wrap(r->err, "%s:%zu: goal", r->file, r->line);
    return put_goal(r, &f, false);
}

bool geo_problem_read(struct text t, struct text id, const char *file, size_t line, struct geo_problem *out,
                      struct error *err) {
    struct reader r = {out, file, line, 0, err};
    size_t question = text_find(t, TEXT("?"), 0);
    struct text clauses = question == SIZE_MAX ? t : text_part(t, 0, question), goal, one;
    goal = question == SIZE_MAX ? (struct text){0} : text_part(t, question + 1, t.len);
    memset(out, 0, sizeof *out);
    out->id = id;
    out->line = line;
    if (text_utf8_invalid(t) != SIZE_MAX) return error_set(err, ERROR_DATA, "%s:%zu: not UTF-8", file, line);
    while (text_next(&clauses, ';', &one)) {
        if (!text_trim(one).len) continue;
        if (!read_clause(&r, text_trim(one))) return false;
        out->n_clauses = ++r.clause;
    }
    if (out->names.n < 2) return error_set(err, ERROR_DATA, "%s:%zu: fewer than two points", file, line);
    while (text_next(&goal, ';', &one))
        if (text_trim(one).len && !read_goal(&r, text_trim(one))) return false;
    return true;
}

/* ---- files */

bool geo_problem_split(struct text file, const char *shown, geo_problem_take *take, void *context, struct error *err) {
    struct text line, id = {0};
    size_t number = 0, named = 0;
    while (text_next(&file, '\n', &line)) {
        number++;
        line = text_trim(line);
        if (!line.len || line.at[0] == '#') continue;
        if (text_find(line, TEXT("="), 0) == SIZE_MAX) {
            if (named)
                return error_set(err, ERROR_DATA, "%s:%zu: '%.*s' has no problem behind it", shown, named,
                                 TEXT_ARG(id));
            id = line;
            named = number;
            continue;
        }
        if (!take(context, line, id, number, err)) return false;
        id = (struct text){0};
        named = 0;
    }
    return !named || error_set(err, ERROR_DATA, "%s:%zu: '%.*s' has no problem behind it", shown, named, TEXT_ARG(id));
}

/* "a b c = trianle a b c": nearly a construction, and about the very points that it names, so that reading it says what
 * is misspelt; an equation of another kind does not repeat its left side. */
static bool nearly_claims(struct text left, struct text construction) {
    struct text made[WORDS_MOST], word[WORDS_MOST];
    size_t n = words_of(left, made, WORDS_MOST), many = words_of(construction, word, WORDS_MOST);
    if (!n || n > WORDS_MOST || many < 2 || many > WORDS_MOST || word[0].len < 4 || !nearest(word[0])) return false;
    for (size_t i = 0; i < n; i++) {
        size_t k = 1;
        while (k < many && !text_equal(made[i], word[k])) k++;
        if (k == many) return false;
    }
    return true;
}

bool geo_problem_claims(struct text file) {
    struct text line;
    for (size_t i = 0; i < 40 && text_next(&file, '\n', &line); i++) {
        size_t equals = text_find(line, TEXT("="), 0);
        struct text rest, word, first;
        if (equals == SIZE_MAX) continue;
        rest = first = text_trim(text_part(line, equals + 1, line.len));
        if (!text_next(&rest, ' ', &word)) return false;
        while (word.len && (word.at[word.len - 1] == ';' || word.at[word.len - 1] == ',')) word.len--;
        if (geo_construction_find(word)) return true;
        for (size_t k = 0; k < first.len; k++)
            if (strchr(";,?", first.at[k])) first.len = k;
        return nearly_claims(text_part(line, 0, equals), first);
    }
    return false;
}
