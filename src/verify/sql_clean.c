/* Cleaning what a model wrote: see sql_clean.h. The order of the steps is the published one; for a database of your own
 * comments go first, which the published code leaves in and so joins to what follows. */
#include "verify/sql_clean.h"

#include "base/buffer.h"
#include "verify/sql_shape.h"

#include <ctype.h>
#include <string.h>

enum { CLEAN_MOST = 1 << 20 };

const char *const sql_set_names[SQL_SETS] = {"plain", "atis", "advising", "ehrsql", "spider"};

enum sql_set sql_set_of(struct text db_id) {
    if (text_equal_c(db_id, "atis")) return SQL_SET_ATIS;
    if (text_equal_c(db_id, "advising")) return SQL_SET_ADVISING;
    return text_equal_c(db_id, "mimic_iv") ? SQL_SET_EHRSQL : SQL_SET_PLAIN;
}

enum sql_rule sql_set_rule(enum sql_set set, bool strict) {
    if (strict) return SQL_STRICT;
    return set == SQL_SET_ADVISING ? SQL_ADVISING : set == SQL_SET_SPIDER ? SQL_SPIDER : SQL_SINGLE;
}

bool sql_is_null(struct text sql) {
    return text_equal_nocase(text_trim(sql), TEXT("null"));
}

/* ---- texts that change step by step */

struct cleaning {
    struct text t;
    struct buffer b;
    struct arena *arena;
    struct error *err;
};

/* What stands in the buffer is the text from now on. */
static bool turn(struct cleaning *c) {
    if (!buffer_check(&c->b, "query", c->err)) return false;
    char *copy = arena_copy(c->arena, c->b.at ? c->b.at : "", c->b.len, c->err);
    c->t = (struct text){copy, c->b.len};
    buffer_clear(&c->b);
    return copy != NULL;
}

static size_t find_nocase(struct text t, struct text part, size_t from) {
    for (size_t i = from; i + part.len <= t.len; i++)
        if (text_equal_nocase(text_part(t, i, i + part.len), part)) return i;
    return SIZE_MAX;
}

static bool replace(struct cleaning *c, struct text from, struct text to) {
    size_t at = 0, found;
    if (text_find(c->t, from, 0) == SIZE_MAX) return true;
    while ((found = text_find(c->t, from, at)) != SIZE_MAX) {
        buffer_put_text(&c->b, text_part(c->t, at, found));
        buffer_put_text(&c->b, to);
        at = found + from.len;
    }
    buffer_put_text(&c->b, text_part(c->t, at, c->t.len));
    return turn(c);
}

/* ---- steps for all sets */

static void take_fence(struct cleaning *c) {
    static const struct text marks[] = {{"```json", 7}, {"```sql", 6}};
    for (size_t i = 0; i < 2; i++) {
        size_t at = text_find(c->t, marks[i], 0);
        if (at == SIZE_MAX) continue;
        size_t end = text_find(c->t, TEXT("```"), at + marks[i].len);
        c->t = text_part(c->t, at + marks[i].len, end == SIZE_MAX ? c->t.len : end);
        break;
    }
    c->t = text_trim(c->t);
}

/* The end of a literal that begins here, doubled quotes inside; the place itself: it is not closed. */
static size_t literal_end(struct text t, size_t at) {
    for (size_t i = at + 1; i < t.len; i++) {
        if (t.at[i] != t.at[at]) continue;
        if (i + 1 < t.len && t.at[i + 1] == t.at[at])
            i++;
        else
            return i + 1;
    }
    return at;
}

/* The end of what is quoted and begins here, 0: nothing is. */
static size_t quoted_end(struct text t, size_t at) {
    char open = t.at[at];
    size_t end = open == '[' ? text_find(t, TEXT("]"), at) : SIZE_MAX;
    if (end != SIZE_MAX) return end + 1;
    if (open != '\'' && open != '"' && open != '`') return 0;
    return (end = literal_end(t, at)) > at ? end : 0;
}

/* Comments outside literals become a blank: with lines joined, one of "--" would swallow all that stands behind it. */
static bool drop_comments(struct cleaning *c) {
    for (size_t i = 0; i < c->t.len;) {
        struct text rest = text_part(c->t, i, c->t.len);
        bool line = text_starts(rest, TEXT("--")), block = text_starts(rest, TEXT("/*"));
        if (line || block) {
            size_t end = line ? text_find(rest, TEXT("\n"), 2) : text_find(rest, TEXT("*/"), 2);
            buffer_put_char(&c->b, ' ');
            i += end == SIZE_MAX ? rest.len : line ? end : end + 2;
        } else {
            size_t end = quoted_end(c->t, i);
            if (!end) end = i + 1;
            buffer_put_text(&c->b, text_part(c->t, i, end));
            i = end;
        }
    }
    if (!turn(c)) return false;
    c->t = text_trim(c->t);
    return true;
}

/* Runs of blanks become one; only the blank itself and line feeds count. */
static bool join_blanks(struct cleaning *c) {
    bool was_blank = false;
    for (size_t i = 0; i < c->t.len; i++) {
        bool blank = c->t.at[i] == ' ' || c->t.at[i] == '\n';
        if (!blank)
            buffer_put_char(&c->b, c->t.at[i]);
        else if (!was_blank)
            buffer_put_char(&c->b, ' ');
        was_blank = blank;
    }
    if (!turn(c)) return false;
    c->t = text_trim(c->t);
    return true;
}

/* 'x' -> "x": up to the next quote. */
static bool double_quotes(struct cleaning *c) {
    for (size_t i = 0; i < c->t.len; i++) {
        size_t end = c->t.at[i] == '\'' ? text_find(c->t, TEXT("'"), i + 1) : SIZE_MAX;
        if (end == SIZE_MAX) {
            buffer_put_char(&c->b, c->t.at[i]);
            continue;
        }
        buffer_put_char(&c->b, '"');
        buffer_put_text(&c->b, text_part(c->t, i + 1, end));
        buffer_put_char(&c->b, '"');
        i = end;
    }
    return turn(c);
}

/* "x" -> 'x': as far as a double quote follows without a single one between, so that two literals without one between
 * become a single one. That is what the published expression does. */
static bool single_quotes(struct cleaning *c) {
    for (size_t i = 0; i < c->t.len; i++) {
        size_t end = SIZE_MAX;
        if (c->t.at[i] == '"')
            for (size_t k = i + 1; k < c->t.len && c->t.at[k] != '\''; k++)
                if (c->t.at[k] == '"') end = k;
        if (end == SIZE_MAX) {
            buffer_put_char(&c->b, c->t.at[i]);
            continue;
        }
        buffer_put_char(&c->b, '\'');
        buffer_put_text(&c->b, text_part(c->t, i + 1, end));
        buffer_put_char(&c->b, '\'');
        i = end;
    }
    return turn(c);
}

static void drop_blanks(struct buffer *b) {
    while (b->len && isspace((unsigned char)b->at[b->len - 1])) b->len--;
}

/* No blanks around brackets, one behind commas, none before them; literals stay. */
static bool space_out(struct cleaning *c) {
    for (size_t i = 0; i < c->t.len;) {
        char at = c->t.at[i];
        size_t end = at == '\'' || at == '"' ? literal_end(c->t, i) : i;
        if (end > i) {
            buffer_put_text(&c->b, text_part(c->t, i, end));
            i = end;
        } else if (at == '(' || at == ')' || at == ',') {
            drop_blanks(&c->b);
            buffer_put_char(&c->b, at);
            if (at == ',') buffer_put_char(&c->b, ' ');
            for (i++; i < c->t.len && isspace((unsigned char)c->t.at[i]);) i++;
        } else {
            buffer_put_char(&c->b, at);
            i++;
        }
    }
    if (!turn(c)) return false;
    c->t = text_trim(c->t);
    return true;
}

/* ---- EHRSQL */

/* DATE_SUB(X, INTERVAL 2 YEAR) at the place: X a call without arguments or a literal. *end 0: it is none. */
static void put_date_call(struct cleaning *c, size_t at, size_t *end) {
    struct text t = text_part(c->t, at, c->t.len), date;
    bool back = text_starts(t, TEXT("DATE_SUB("));
    size_t i = 9, from = 9;
    *end = 0;
    if (!back && !text_starts(t, TEXT("DATE_ADD("))) return;
    if (i < t.len && t.at[i] == '\'') {
        i = literal_end(t, i);
    } else {
        while (i < t.len && (isalnum((unsigned char)t.at[i]) || t.at[i] == '_')) i++;
        if (!text_starts(text_part(t, i, t.len), TEXT("()"))) return;
        i += 2;
    }
    date = text_part(t, from, i);
    size_t gap = i;
    while (i < t.len && (t.at[i] == ',' || t.at[i] == ' ')) i++;
    if (i < gap + 2 || t.at[i - 1] != ' ' || !text_starts(text_part(t, i, t.len), TEXT("INTERVAL "))) return;
    size_t number = i += 9;
    while (i < t.len && isdigit((unsigned char)t.at[i])) i++;
    struct text digits = text_part(t, number, i);
    if (!digits.len || i >= t.len || t.at[i] != ' ') return;
    static const char *const units[][2] = {{"MONTH)", "month"}, {"YEAR)", "year"}, {"DAY)", "day"}};
    for (size_t u = 0; u < 3; u++) {
        if (!text_starts(text_part(t, i + 1, t.len), text_of(units[u][0]))) continue;
        buffer_printf(&c->b, "datetime(%.*s, '%c%.*s %s%s')", TEXT_ARG(date), back ? '-' : '+', TEXT_ARG(digits),
                      units[u][1], text_equal_c(digits, "1") ? "" : "s");
        *end = at + i + 1 + strlen(units[u][0]);
    }
}

static bool date_calls(struct cleaning *c) {
    for (size_t i = 0, end; i < c->t.len; i = end) {
        put_date_call(c, i, &end);
        if (end) continue;
        buffer_put_char(&c->b, c->t.at[i]);
        end = i + 1;
    }
    return turn(c);
}

static bool is_name_byte(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* The first name behind a blank that ends so (as far into it as that end comes last); empty: none. */
static struct text bound_name(struct text t, struct text end) {
    for (size_t i = 1; i < t.len; i++) {
        if ((t.at[i - 1] != ' ' && t.at[i - 1] != '\n') || !is_name_byte(t.at[i])) continue;
        size_t to = i, last = 0;
        while (to < t.len && is_name_byte(t.at[to])) to++;
        for (size_t k = i + 1; k + end.len <= to; k++)
            if (text_starts(text_part(t, k, t.len), end)) last = k + end.len;
        if (last) return text_part(t, i, last);
    }
    return TEXT("");
}

/* "x > heart_rate_lower and x < heart_rate_upper" with the bounds that the data set gives. */
static bool vital_bounds(struct cleaning *c) {
    static const struct {
        const char *name, *low, *high;
    } signs[] = {{"temperature", "35.5", "38.1"}, {"sao2", "95.0", "100.0"},        {"heart_rate", "60.0", "100.0"},
                 {"respiration", "12.0", "18.0"}, {"systolic_bp", "90.0", "120.0"}, {"diastolic_bp", "60.0", "90.0"},
                 {"mean_bp", "60.0", "110.0"}};
    struct text low = bound_name(c->t, TEXT("_lower")), high = bound_name(c->t, TEXT("_upper"));
    if (low.len < 6 || high.len < 6 || !text_equal(text_part(low, 0, low.len - 6), text_part(high, 0, high.len - 6)))
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (text_equal_c(text_part(low, 0, low.len - 6), signs[i].name))
            return replace(c, low, text_of(signs[i].low)) && replace(c, high, text_of(signs[i].high));
    return true;
}

static bool formats(struct cleaning *c) {
    return replace(c, TEXT("%y"), TEXT("%Y")) && replace(c, TEXT("%j"), TEXT("%J"));
}

#define PRESENT "'2100-12-31 23:59:00'"
static bool ehrsql(struct cleaning *c) {
    return date_calls(c) && replace(c, TEXT("current_time"), TEXT(PRESENT)) &&
           replace(c, TEXT("'now'"), TEXT(PRESENT)) && replace(c, TEXT("NOW()"), TEXT(PRESENT)) &&
           replace(c, TEXT("CURDATE()"), TEXT("'2100-12-31'")) && replace(c, TEXT("CURTIME()"), TEXT("'23:59:00'")) &&
           vital_bounds(c) && formats(c);
}

/* ---- all */

static bool clean(struct cleaning *c, enum sql_set set) {
    take_fence(c);
    if (set == SQL_SET_PLAIN && !drop_comments(c)) return false;
    if (!replace(c, TEXT("> ="), TEXT(">=")) || !replace(c, TEXT("< ="), TEXT("<=")) ||
        !replace(c, TEXT("! ="), TEXT("!=")) || !join_blanks(c))
        return false;
    if ((set == SQL_SET_ATIS || set == SQL_SET_ADVISING) && !double_quotes(c)) return false;
    if ((set == SQL_SET_EHRSQL || set == SQL_SET_SPIDER) && !single_quotes(c)) return false;
    if (!space_out(c)) return false;
    if (set == SQL_SET_ADVISING) /* a title that stands in the database with two blanks */
        return replace(c, TEXT("Organogenesis: Stem Cells"), TEXT("Organogenesis:  Stem Cells"));
    return set != SQL_SET_EHRSQL || ehrsql(c);
}

static struct cleaning begin(struct text t, struct arena *arena, struct error *err) {
    struct cleaning c = {.t = t, .arena = arena, .err = err};
    buffer_init(&c.b, CLEAN_MOST);
    return c;
}

bool sql_clean(struct text raw, enum sql_set set, struct arena *arena, struct text *out, struct error *err) {
    struct cleaning c = begin(raw, arena, err);
    if (find_nocase(raw, TEXT("select"), 0) == SIZE_MAX) return *out = TEXT("null"), true;
    bool ok = clean(&c, set) && (set != SQL_SET_SPIDER || sql_without_distinct(c.t, arena, &c.t, err));
    buffer_done(&c.b);
    *out = c.t;
    return ok;
}

bool sql_clean_reference(struct text sql, enum sql_set set, struct arena *arena, struct text *out, struct error *err) {
    struct cleaning c = begin(sql, arena, err);
    bool ok = true;
    if (sql_is_null(sql)) return *out = TEXT("null"), true;
    if (set == SQL_SET_SPIDER) ok = sql_without_distinct(c.t, arena, &c.t, err);
    if (set == SQL_SET_EHRSQL) ok = replace(&c, TEXT("current_time"), TEXT(PRESENT)) && vital_bounds(&c) && formats(&c);
    buffer_done(&c.b);
    *out = c.t;
    return ok;
}

/* ---- decisions */

bool sql_pipeline(struct text detected, struct text raw, struct text checked, bool strict, enum sql_set set,
                  struct arena *arena, struct text *out, struct error *err) {
    struct text label = text_trim(checked);
    bool silent = !text_equal_nocase(text_trim(detected), TEXT("answerable"));
    silent |= strict ? !text_equal_nocase(label, TEXT("correct")) : text_equal_nocase(label, TEXT("incorrect"));
    return silent ? (*out = TEXT("null"), true) : sql_clean(raw, set, arena, out, err);
}

bool sql_says_not_answerable(struct text raw) {
    return find_nocase(raw, TEXT("not_answerable"), 0) != SIZE_MAX;
}

bool sql_demo(struct text raw, enum sql_set set, struct arena *arena, struct text *out, struct error *err) {
    return sql_says_not_answerable(raw) ? (*out = TEXT("null"), true) : sql_clean(raw, set, arena, out, err);
}

bool sql_voting(const struct text *samples, size_t n, double ratio, enum sql_set set, struct arena *arena,
                struct sql_vote *out, struct error *err) {
    struct text *cleaned = arena_new(arena, struct text, n, err);
    size_t best = 0;
    if (!cleaned) return false;
    for (size_t i = 0; i < n; i++)
        if (!sql_clean(samples[i], set, arena, &cleaned[i], err)) return false;
    for (size_t i = 0; i < n; i++) {
        size_t votes = 0;
        for (size_t k = 0; k < n; k++) votes += text_equal(cleaned[i], cleaned[k]);
        if (votes < best || (votes == best && text_compare(cleaned[i], out->modal) >= 0)) continue;
        best = votes;
        out->modal = cleaned[i];
    }
    size_t needed = (size_t)((double)n * ratio);
    out->share = (double)best / (double)n;
    out->winner = best >= needed && 2 * best > n ? out->modal : TEXT("null");
    return true;
}
