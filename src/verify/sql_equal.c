/* Equality of result tables: see sql_equal.h. */
#include "verify/sql_equal.h"

#include "verify/sql_shape.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells */

/* Digits with single underscores between them; *at behind them. False: none. */
static bool take_digits(struct text t, size_t *at) {
    size_t from = *at;
    while (*at < t.len && (isdigit((unsigned char)t.at[*at]) ||
                           (t.at[*at] == '_' && *at > from && *at + 1 < t.len &&
                            isdigit((unsigned char)t.at[*at - 1]) && isdigit((unsigned char)t.at[*at + 1]))))
        ++*at;
    return *at > from;
}

bool sql_reads_as_number(struct text given, double *out) {
    struct text t = text_trim(given);
    char plain[512];
    size_t n = 0, at = 0;
    if (!t.len || t.len >= sizeof plain) return false;
    if (t.at[0] == '+' || t.at[0] == '-') at++;
    struct text word = text_part(t, at, t.len);
    if (text_equal_nocase(word, TEXT("inf")) || text_equal_nocase(word, TEXT("infinity")))
        return *out = t.at[0] == '-' ? -INFINITY : INFINITY, true;
    if (text_equal_nocase(word, TEXT("nan"))) return *out = NAN, true;
    bool whole = take_digits(t, &at), fraction = false;
    if (at < t.len && t.at[at] == '.') at++, fraction = take_digits(t, &at);
    if (!whole && !fraction) return false;
    if (at < t.len && (t.at[at] == 'e' || t.at[at] == 'E')) {
        at++;
        if (at < t.len && (t.at[at] == '+' || t.at[at] == '-')) at++;
        if (!take_digits(t, &at)) return false;
    }
    if (at != t.len) return false;
    for (size_t i = t.at[0] == '+'; i < t.len; i++)
        if (t.at[i] != '_') plain[n++] = t.at[i];
    plain[n] = 0;
    *out = strtod(plain, NULL); /* the program runs in the C locale; over- and underflow as Python has them */
    return true;
}

/* Three places, without the zeros behind, one kept: what Python prints of a rounded float below 1e16. */
static bool number_text(double value, struct arena *arena, struct text *out, struct error *err) {
    char printed[400];
    size_t n;
    if (isnan(value) || isinf(value))
        return *out = isnan(value) ? TEXT("nan") : value < 0 ? TEXT("-inf") : TEXT("inf"), true;
    if (fabs(value) >= 1e16) {
        n = (size_t)snprintf(printed, sizeof printed, "%.17g", value);
    } else {
        n = (size_t)snprintf(printed, sizeof printed, "%.3f", value);
        while (printed[n - 1] == '0' && printed[n - 2] != '.') n--;
    }
    char *copy = arena_copy(arena, printed, n, err);
    *out = (struct text){copy, n};
    return copy != NULL;
}

static bool valid_bytes(struct text t, struct arena *arena, struct text *out, struct error *err) {
    if (text_utf8_invalid(t) == SIZE_MAX) return *out = t, true;
    char *copy = text_copy(arena, t, err);
    size_t n = 0;
    uint32_t ignored;
    if (!copy) return false;
    for (size_t i = 0; i < t.len;) {
        size_t step = text_utf8_next(text_part(t, i, t.len), &ignored);
        if (step) memmove(copy + n, t.at + i, step), n += step;
        i += step ? step : 1;
    }
    *out = (struct text){copy, n};
    return true;
}

bool sql_cell_text(const struct sql_cell *cell, bool yes_no, struct arena *arena, struct text *out, struct error *err) {
    double number;
    struct text t;
    if (cell->type == SQL_NULL) return *out = TEXT("None"), true;
    if (cell->type == SQL_INTEGER) return number_text((double)cell->integer, arena, out, err);
    if (cell->type == SQL_REAL) return number_text(cell->real, arena, out, err);
    if (!valid_bytes(cell->text, arena, &t, err)) return false;
    if (yes_no && (text_equal_c(t, "N") || text_equal_c(t, "No"))) return *out = TEXT("0.0"), true;
    if (yes_no && (text_equal_c(t, "Y") || text_equal_c(t, "Yes"))) return *out = TEXT("1.0"), true;
    if (sql_reads_as_number(t, &number)) return number_text(number, arena, out, err);
    return *out = t, true;
}

/* Types kept: a mark in front says which. Reals that are whole are the whole number. */
static bool strict_text(const struct sql_cell *cell, struct arena *arena, struct text *out, struct error *err) {
    const char *printed;
    double whole;
    if (cell->type == SQL_NULL) return *out = TEXT("0"), true;
    if (cell->type == SQL_INTEGER ||
        (cell->type == SQL_REAL && fabs(cell->real) < 9e15 && modf(cell->real, &whole) == 0))
        printed = arena_printf(arena, err, "n%lld",
                               cell->type == SQL_INTEGER ? (long long)cell->integer : (long long)cell->real);
    else if (cell->type == SQL_REAL)
        printed = arena_printf(arena, err, "n%.12g", cell->real);
    else
        printed = NULL;
    if (printed) return *out = text_of(printed), true;
    if (cell->type == SQL_REAL || cell->type == SQL_INTEGER) return false;
    char *copy = arena_alloc(arena, cell->text.len + 2, 1, err);
    if (!copy) return false;
    copy[0] = cell->type == SQL_TEXT ? 't' : 'b';
    if (cell->text.len) memcpy(copy + 1, cell->text.at, cell->text.len);
    *out = (struct text){copy, cell->text.len + 1};
    return true;
}

/* What Python's == says of two cells of a row: numbers by value, all else by type and bytes. */
static bool spider_text(const struct sql_cell *cell, struct arena *arena, struct text *out, struct error *err) {
    double whole;
    if (cell->type != SQL_REAL || (fabs(cell->real) < 9e15 && modf(cell->real, &whole) == 0))
        return strict_text(cell, arena, out, err);
    *out = text_of(arena_printf(arena, err, "n%.17g", cell->real));
    return out->at && out->len;
}

/* ---- tables of texts */

struct texts {
    size_t n_rows, n_columns;
    struct text *at;          /* [n_rows * n_columns] */
    const struct text **rows; /* in the order at hand */
};

static bool table_texts(enum sql_rule rule, const struct sql_table *t, struct arena *arena, struct texts *out,
                        struct error *err) {
    size_t n = t->n_rows * t->n_columns;
    *out = (struct texts){t->n_rows, t->n_columns, arena_new(arena, struct text, n + 1, err), NULL};
    if (!out->at || !(out->rows = arena_new(arena, const struct text *, t->n_rows + 1, err))) return false;
    for (size_t i = 0; i < n; i++)
        if (!(rule == SQL_STRICT   ? strict_text(&t->cells[i], arena, &out->at[i], err)
              : rule == SQL_SPIDER ? spider_text(&t->cells[i], arena, &out->at[i], err)
                                   : sql_cell_text(&t->cells[i], rule == SQL_ADVISING, arena, &out->at[i], err)))
            return false;
    for (size_t r = 0; r < t->n_rows; r++) out->rows[r] = out->at + r * t->n_columns;
    return true;
}

static int compare_rows(const struct text *a, const struct text *b, size_t n) {
    for (size_t c = 0; c < n; c++) {
        int by = text_compare(a[c], b[c]);
        if (by) return by;
    }
    return 0;
}

/* Heap sort: its time does not depend on what a query gives. */
static void sift(const struct text **rows, size_t at, size_t n, size_t columns) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && compare_rows(rows[child], rows[child + 1], columns) < 0) child++;
        if (compare_rows(rows[at], rows[child], columns) >= 0) return;
        const struct text *kept = rows[at];
        rows[at] = rows[child];
        rows[child] = kept;
    }
}

static void sort_rows(struct texts *t) {
    for (size_t i = t->n_rows / 2; i-- > 0;) sift(t->rows, i, t->n_rows, t->n_columns);
    for (size_t n = t->n_rows; n-- > 1;) {
        const struct text *last = t->rows[n];
        t->rows[n] = t->rows[0];
        t->rows[0] = last;
        sift(t->rows, 0, n, t->n_columns);
    }
}

static bool rows_equal(const struct texts *a, const struct texts *b, size_t n) {
    for (size_t r = 0; r < n; r++)
        if (compare_rows(a->rows[r], b->rows[r], a->n_columns) != 0) return false;
    return true;
}

/* ---- single databases */

/* Everything that was found, as one yes or no. */
static bool as_yes_no(const struct texts *t, struct arena *arena, struct texts *out, struct error *err) {
    bool all_zero = t->n_rows && t->n_columns, all_none = all_zero;
    for (size_t i = 0; i < t->n_rows * t->n_columns; i++) {
        all_zero &= text_equal_c(t->at[i], "0.0");
        all_none &= text_equal_c(t->at[i], "None");
    }
    *out = (struct texts){1, 1, arena_new(arena, struct text, 1, err), arena_new(arena, const struct text *, 1, err)};
    if (!out->at || !out->rows) return false;
    out->at[0] = all_zero || all_none ? TEXT("0.0") : TEXT("1.0");
    out->rows[0] = out->at;
    return true;
}

static bool cut_equal(struct texts *a, struct texts *b) {
    size_t n = a->n_rows < SQL_ROWS_COMPARED ? a->n_rows : SQL_ROWS_COMPARED;
    size_t m = b->n_rows < SQL_ROWS_COMPARED ? b->n_rows : SQL_ROWS_COMPARED;
    if (n != m) return false;
    if (n == 0) return true;
    if (a->n_columns != b->n_columns) return false;
    sort_rows(a);
    sort_rows(b);
    return rows_equal(a, b, n);
}

/* ---- Spider */

struct search {
    const struct texts *a, *b;
    bool ordered;
    struct texts sorted, permuted; /* of a, of b; rows and cells of the permuted one are written again each time */
    size_t map[SQL_COLUMNS_PERMUTED];
    bool used[SQL_COLUMNS_PERMUTED], may[SQL_COLUMNS_PERMUTED][SQL_COLUMNS_PERMUTED];
};

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static bool column(const struct texts *t, size_t c, struct arena *arena, struct text **out, struct error *err) {
    if (!(*out = arena_new(arena, struct text, t->n_rows + 1, err))) return false;
    for (size_t r = 0; r < t->n_rows; r++) (*out)[r] = t->at[r * t->n_columns + c];
    qsort(*out, t->n_rows, sizeof **out, by_text);
    return true;
}

/* Which columns hold the same bag of values. */
static bool prune(struct search *s, struct arena *arena, struct error *err) {
    size_t n = s->a->n_columns;
    struct text *of_a[SQL_COLUMNS_PERMUTED], *of_b[SQL_COLUMNS_PERMUTED];
    for (size_t c = 0; c < n; c++)
        if (!column(s->a, c, arena, &of_a[c], err) || !column(s->b, c, arena, &of_b[c], err)) return false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            size_t r = 0;
            while (r < s->a->n_rows && text_equal(of_a[i][r], of_b[j][r])) r++;
            s->may[i][j] = r == s->a->n_rows;
        }
    return true;
}

static bool try_map(struct search *s) {
    size_t n = s->a->n_columns;
    for (size_t r = 0; r < s->b->n_rows; r++) {
        for (size_t c = 0; c < n; c++) s->permuted.at[r * n + c] = s->b->at[r * n + s->map[c]];
        s->permuted.rows[r] = s->permuted.at + r * n;
    }
    if (!s->ordered) sort_rows(&s->permuted);
    return rows_equal(&s->sorted, &s->permuted, s->a->n_rows);
}

static bool search(struct search *s, size_t at) {
    size_t n = s->a->n_columns;
    if (at == n) return try_map(s);
    for (size_t c = 0; c < n; c++) {
        if (s->used[c] || !s->may[at][c]) continue;
        s->used[c] = true;
        s->map[at] = c;
        bool found = search(s, at + 1);
        s->used[c] = false;
        if (found) return true;
    }
    return false;
}

static bool spider_equal(struct texts *a, struct texts *b, bool ordered, struct arena *arena, struct sql_match *out,
                         struct error *err) {
    struct search s = {.a = a, .b = b, .ordered = ordered, .sorted = *a};
    if (a->n_rows == 0 && b->n_rows == 0) return out->equal = true, true;
    if (a->n_rows != b->n_rows || a->n_columns != b->n_columns) return true;
    out->too_wide = a->n_columns > SQL_COLUMNS_PERMUTED;
    if (out->too_wide) return true;
    s.permuted = (struct texts){b->n_rows, b->n_columns, arena_new(arena, struct text, b->n_rows * b->n_columns, err),
                                arena_new(arena, const struct text *, b->n_rows, err)};
    if (!s.permuted.at || !s.permuted.rows || !prune(&s, arena, err)) return false;
    if (!ordered) sort_rows(&s.sorted);
    out->equal = search(&s, 0);
    return true;
}

/* ---- all */

static bool strict_equal(struct texts *a, struct texts *b, bool ordered) {
    if (a->n_rows != b->n_rows || a->n_columns != b->n_columns) return false;
    if (!ordered) {
        sort_rows(a);
        sort_rows(b);
    }
    return rows_equal(a, b, a->n_rows);
}

bool sql_tables_equal(enum sql_rule rule, struct text reference_sql, const struct sql_table *reference,
                      const struct sql_table *predicted, struct arena *arena, struct sql_match *out,
                      struct error *err) {
    struct texts a, b, decided;
    struct sql_shape shape;
    *out = (struct sql_match){.empty = !reference->n_rows && !predicted->n_rows};
    if (!sql_shape_of(reference_sql, arena, &shape, err) || !table_texts(rule, reference, arena, &a, err) ||
        !table_texts(rule, predicted, arena, &b, err))
        return false;
    if (rule == SQL_SPIDER) return spider_equal(&a, &b, shape.orders_anywhere, arena, out, err);
    if (rule == SQL_STRICT) return out->equal = strict_equal(&a, &b, shape.orders), true;
    if (!shape.asks_existence) return out->equal = cut_equal(&a, &b), true;
    if (!as_yes_no(&b, arena, &decided, err)) return false;
    return out->equal = cut_equal(&a, &decided), true;
}

/* ---- results as texts */

struct reader {
    struct text t;
    size_t at;
    char *room; /* for the cells, which are never longer than their text */
};

static bool take(struct reader *r, char c) {
    while (r->at < r->t.len && isspace((unsigned char)r->t.at[r->at])) r->at++;
    if (r->at >= r->t.len || r->t.at[r->at] != c) return false;
    r->at++;
    return true;
}

/* A literal of Python, in single or double quotes, with \\, \', \", \n, \t and \x41; or a bare word. */
static bool take_cell(struct reader *r, struct sql_cell *cell) {
    while (r->at < r->t.len && isspace((unsigned char)r->t.at[r->at])) r->at++;
    char quote = r->at < r->t.len ? r->t.at[r->at] : 0;
    char *copy = r->room;
    size_t n = 0;
    *cell = (struct sql_cell){.type = SQL_TEXT};
    if (quote != '\'' && quote != '"') {
        while (r->at < r->t.len && !strchr(",] ", r->t.at[r->at])) copy[n++] = r->t.at[r->at++];
        r->room += n;
        cell->text = (struct text){copy, n};
        if (text_equal_c(cell->text, "None")) cell->type = SQL_NULL;
        return n > 0;
    }
    for (r->at++; r->at < r->t.len && r->t.at[r->at] != quote; r->at++) {
        char c = r->t.at[r->at];
        if (c == '\\' && r->at + 1 < r->t.len) {
            c = r->t.at[++r->at];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        copy[n++] = c;
    }
    r->room += n;
    cell->text = (struct text){copy, n};
    return r->at < r->t.len && ++r->at;
}

static bool take_row(struct reader *r, struct sql_cell *cells, size_t most, size_t *n) {
    *n = 0;
    if (!take(r, '[')) return false;
    if (take(r, ']')) return true;
    do {
        if (*n == most || !take_cell(r, &cells[*n])) return false;
        ++*n;
    } while (take(r, ','));
    return take(r, ']');
}

static bool take_table(struct reader *r, struct sql_cell *cells, size_t most, struct sql_table *out) {
    size_t used = 0, n;
    if (!take(r, '[')) return false;
    if (take(r, ']')) return r->at == r->t.len;
    do {
        if (!take_row(r, cells + used, most - used, &n) || (out->n_rows && n != out->n_columns)) return false;
        out->n_columns = n;
        used += n;
        out->n_rows++;
    } while (take(r, ','));
    return take(r, ']') && r->at == r->t.len;
}

bool sql_table_read(struct text t, struct arena *arena, struct sql_table *out, bool *read, struct error *err) {
    struct reader r = {.t = text_trim(t), .room = arena_alloc(arena, t.len + 1, 1, err)};
    size_t most = 1;
    for (size_t i = 0; i < r.t.len; i++) most += r.t.at[i] == ',';
    struct sql_cell *cells = r.room ? arena_new(arena, struct sql_cell, most, err) : NULL;
    if (!cells) return false;
    *out = (struct sql_table){.cells = cells};
    *read = take_table(&r, cells, most, out);
    return true;
}
