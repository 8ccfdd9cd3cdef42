/* The looks of a query: see sql_shape.h. */
#include "verify/sql_shape.h"

#include "base/buffer.h"
#include "base/hash.h"
#include "verify/sql_lex.h"

#include <ctype.h>
#include <string.h>

const char *const sql_hardness_names[] = {"easy", "medium", "hard"};

enum { ALIASES_MOST = 64 };

/* ---- habits */

/* [^)]* between the brackets, as the published rule reads it. */
static bool asks_existence(const struct sql_piece *p, size_t n) {
    for (size_t i = 0; i + 5 < n; i++) {
        size_t close = i + 2;
        if (!sql_is_word(&p[i], "count") || !sql_is_sign(&p[i + 1], "(")) continue;
        while (close < n && !sql_is_sign(&p[close], ")")) close++;
        if (close + 3 < n && sql_is_sign(&p[close + 1], ">") && text_equal_c(p[close + 2].text, "0") &&
            sql_is_word(&p[close + 3], "from"))
            return true;
    }
    return false;
}

/* What the levels of a query ask about, counted in one pass. */
struct census {
    size_t selects, sets, tables, joins, aggregates;
    bool where, having, limit, orders, orders_anywhere;
};

static bool is_aggregate(const struct sql_piece *p, size_t i, size_t n) {
    static const char *const names[] = {"count", "sum", "avg", "min", "max", "total", "group_concat"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (sql_is_word(&p[i], names[k]) && i + 1 < n && sql_is_sign(&p[i + 1], "(")) return true;
    return false;
}

/* Commas between tables of a FROM clause at its own depth. */
static size_t tables_of_from(const struct sql_piece *p, size_t i, size_t n) {
    static const char *const ends[] = {"where", "group",     "order",  "having", "limit",
                                       "union", "intersect", "except", "window"};
    size_t depth = 0, tables = 1;
    for (i++; i < n; i++) {
        if (sql_is_sign(&p[i], "(")) depth++;
        if (sql_is_sign(&p[i], ")") && depth-- == 0) break;
        if (depth) continue;
        tables += sql_is_sign(&p[i], ",") || sql_is_word(&p[i], "join");
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            if (sql_is_word(&p[i], ends[k])) return tables;
    }
    return tables;
}

static void take_census(const struct sql_piece *p, size_t n, struct census *c) {
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        if (sql_is_sign(&p[i], "(")) depth++;
        if (sql_is_sign(&p[i], ")") && depth) depth--;
        c->selects += sql_is_word(&p[i], "select");
        c->sets += sql_is_word(&p[i], "union") || sql_is_word(&p[i], "intersect") || sql_is_word(&p[i], "except");
        c->aggregates += is_aggregate(p, i, n);
        c->where |= sql_is_word(&p[i], "where");
        c->having |= sql_is_word(&p[i], "having");
        c->limit |= sql_is_word(&p[i], "limit");
        if (sql_is_word(&p[i], "from")) c->tables += tables_of_from(p, i, n);
        if (i + 1 < n && sql_is_word(&p[i], "order") && sql_is_word(&p[i + 1], "by")) {
            c->orders_anywhere = true;
            c->orders |= depth == 0;
        }
    }
}

static enum sql_hardness hardness_of(const struct census *c) {
    if (c->selects > 1 || c->sets || c->having) return SQL_HARD;
    if (c->tables > 1 || (c->orders && c->limit) || (c->aggregates && c->where)) return SQL_MEDIUM;
    return SQL_EASY;
}

/* ---- structure */

struct aliases {
    struct text name[ALIASES_MOST];
    size_t n;
};

static size_t alias_of(const struct aliases *a, struct text name) {
    size_t i = 0;
    while (i < a->n && !text_equal_nocase(a->name[i], name)) i++;
    return i;
}

static bool is_keyword_behind_table(const struct sql_piece *p) {
    static const char *const words[] = {"on",        "where",   "join",  "inner", "left",   "right", "full",
                                        "cross",     "natural", "group", "order", "having", "limit", "union",
                                        "intersect", "except",  "using", "as",    "window"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_is_word(p, words[i])) return true;
    return false;
}

/* "table AS a", "table a", "(...) AS a", behind FROM, JOIN and commas; and columns that are named with AS. */
static void find_aliases(const struct sql_piece *p, size_t n, struct aliases *a) {
    for (size_t i = 1; i + 1 < n; i++) {
        const struct text *name = NULL;
        if (sql_is_word(&p[i], "as") && p[i + 1].kind == SQL_WORD && !sql_is_word(&p[i + 1], "select"))
            name = &p[i + 1].text;
        bool table = sql_is_word(&p[i - 1], "from") || sql_is_word(&p[i - 1], "join");
        if (table && p[i].kind == SQL_WORD && p[i + 1].kind == SQL_WORD && !is_keyword_behind_table(&p[i + 1]))
            name = &p[i + 1].text;
        if (name && a->n < ALIASES_MOST && alias_of(a, *name) == a->n) a->name[a->n++] = *name;
    }
}

static void put_piece(struct buffer *b, const struct sql_piece *p, const struct aliases *a) {
    size_t alias = alias_of(a, p->text);
    if (p->kind == SQL_NUMBER || p->kind == SQL_STRING)
        buffer_put_char(b, '?');
    else if (p->kind == SQL_QUOTED && p->text.at[0] == '"')
        buffer_put_char(b, '?'); /* a literal in most of the sets */
    else if (p->kind == SQL_WORD && alias < a->n)
        buffer_printf(b, "a%zu", alias + 1);
    else
        for (size_t i = 0; i < p->text.len; i++) buffer_put_char(b, (char)tolower((unsigned char)p->text.at[i]));
}

bool sql_structure(struct text sql, struct arena *arena, struct text *out, struct error *err) {
    struct aliases aliases = {.n = 0};
    struct buffer b;
    size_t n;
    const struct sql_piece *p = sql_pieces(sql, arena, &n, err);
    if (!p) return false;
    while (n && sql_is_sign(&p[n - 1], ";")) n--;
    find_aliases(p, n, &aliases);
    buffer_init(&b, (size_t)4 << 20);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_char(&b, ' ');
        put_piece(&b, &p[i], &aliases);
    }
    char *copy = buffer_check(&b, "query", err) ? arena_copy(arena, b.at ? b.at : "", b.len, err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

bool sql_shape_of(struct text sql, struct arena *arena, struct sql_shape *out, struct error *err) {
    struct census c = {0};
    struct text structure;
    size_t n;
    const struct sql_piece *p = sql_pieces(sql, arena, &n, err);
    if (!p || !sql_structure(sql, arena, &structure, err)) return false;
    take_census(p, n, &c);
    *out = (struct sql_shape){.hardness = hardness_of(&c),
                              .structure = hash_xxh3(structure.at, structure.len),
                              .orders = c.orders,
                              .orders_anywhere = c.orders_anywhere,
                              .asks_existence = asks_existence(p, n),
                              .n_tables = c.tables};
    return true;
}

/* ---- DISTINCT */

/* The piece that stands where the published code looks: behind SELECT (place 2), and behind the first item and what
 * follows it (place 4), a bracket, a point, a comma or a blank. NULL: the list ends before. */
static const struct sql_piece *at_place(const struct sql_piece *p, size_t from, int place) {
    if (place == 2) return from > 1 ? &p[1] : NULL;
    if (from < 3) return NULL;
    bool close = sql_is_sign(&p[2], "(") || sql_is_sign(&p[2], ".") || sql_is_sign(&p[2], ",");
    return !close ? &p[2] : from > 3 ? &p[3] : NULL;
}

static size_t find_from(const struct sql_piece *p, size_t n) {
    size_t i = 0;
    while (i < n && !sql_is_word(&p[i], "from")) i++;
    return i;
}

bool sql_repair_distinct(struct text reference, struct text prediction, struct arena *arena, struct text *out,
                         struct error *err) {
    size_t n, m;
    const struct sql_piece *r = sql_pieces(reference, arena, &n, err), *p = sql_pieces(prediction, arena, &m, err);
    if (!r || !p) return false;
    size_t from_r = find_from(r, n), from_p = find_from(p, m);
    *out = prediction;
    if (from_r == n || from_p == m || !sql_is_word(&r[0], "select") || !sql_is_word(&p[0], "select")) return true;
    for (int place = 2; place <= 4; place += 2) {
        const struct sql_piece *wanted = at_place(r, from_r, place), *found = at_place(p, from_p, place);
        if (!wanted || !sql_is_word(wanted, "distinct")) continue;
        if (!found || sql_is_word(found, "distinct") || sql_is_sign(found, "*")) continue;
        size_t at = (size_t)(found->text.at - prediction.at);
        const char *repaired = arena_printf(arena, err, "%.*sDISTINCT %.*s", (int)at, prediction.at,
                                            TEXT_ARG(text_part(prediction, at, prediction.len)));
        return *out = text_of(repaired), repaired != NULL;
    }
    return true;
}

bool sql_without_distinct(struct text sql, struct arena *arena, struct text *out, struct error *err) {
    struct text rest = sql;
    struct sql_piece piece;
    char *copy = text_copy(arena, sql, err);
    size_t n = 0, done = 0;
    if (!copy) return false;
    while (sql_next(&rest, &piece)) {
        if (!sql_is_word(&piece, "distinct")) continue;
        size_t at = (size_t)(piece.text.at - sql.at);
        memmove(copy + n, sql.at + done, at - done);
        n += at - done;
        done = at + piece.text.len;
    }
    memmove(copy + n, sql.at + done, sql.len - done);
    *out = (struct text){copy, n + sql.len - done};
    return true;
}
