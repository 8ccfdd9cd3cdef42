/* Clauses, queries and terms from text: see horn.h. Operators: those of the standard (ISO 13211-1) that clauses may
 * use. */
#include "solver/horn.h"

#include <stdio.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_ATOM, TOKEN_QUOTED, TOKEN_VARIABLE, TOKEN_INTEGER, TOKEN_REAL, TOKEN_SIGN };
struct token {
    enum token_kind kind;
    struct text text;
    size_t column;
    bool call; /* "(" follows at once */
};
struct reader {
    struct arena *arena;
    struct error *err;
    struct text t;
    size_t at, column, depth;
    struct token now;
    struct horn_clause *clause;
};

static bool fail(struct reader *r, size_t column, const char *what) {
    r->column = column;
    return error_set(r->err, ERROR_DATA, "column %zu: %s", column, what);
}

/* ---- tokens ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static bool is_symbol(char c) {
    return c != 0 && strchr("+-*/\\^<>=~:.?@#&$", c) != NULL;
}

static void number(struct reader *r) {
    size_t from = r->at;
    struct text t = r->t;
    r->now.kind = TOKEN_INTEGER;
    while (r->at < t.len && is_digit(t.at[r->at])) r->at++;
    if (r->at + 1 < t.len && t.at[r->at] == '.' && is_digit(t.at[r->at + 1])) {
        r->now.kind = TOKEN_REAL;
        for (r->at++; r->at < t.len && is_digit(t.at[r->at]);) r->at++;
        size_t e = r->at;
        if (e < t.len && (t.at[e] == 'e' || t.at[e] == 'E')) {
            e += 1 + (e + 1 < t.len && (t.at[e + 1] == '-' || t.at[e + 1] == '+'));
            if (e < t.len && is_digit(t.at[e]))
                for (r->at = e; r->at < t.len && is_digit(t.at[r->at]);) r->at++;
        }
    }
    r->now.text = text_part(t, from, r->at);
}

/* 'it''s' and \' \\ \n inside. */
static bool quoted(struct reader *r) {
    size_t from = r->at++, n = 0;
    char *out = arena_new(r->arena, char, r->t.len - from + 1, r->err);
    if (!out) return false;
    for (; r->at < r->t.len; r->at++) {
        char c = r->t.at[r->at];
        if (c == '\'' && r->at + 1 < r->t.len && r->t.at[r->at + 1] == '\'') {
            r->at++;
        } else if (c == '\'') {
            r->at++;
            r->now.kind = TOKEN_QUOTED, r->now.text = (struct text){out, n};
            return true;
        } else if (c == '\\') {
            c = r->at + 1 < r->t.len ? r->t.at[++r->at] : 0;
            if (c != '\\' && c != '\'' && c != 'n' && c != 't')
                return fail(r, r->at + 1, "an escape that is not known");
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if ((unsigned char)c < 32 && c != '\n' && c != '\t') return fail(r, r->at + 1, "a control character");
        out[n++] = c;
    }
    return fail(r, from + 1, "a quote is not closed");
}

static void word(struct reader *r) {
    size_t from = r->at;
    char first = r->t.at[from];
    while (r->at < r->t.len && is_word(r->t.at[r->at])) r->at++;
    r->now.kind = first == '_' || (first >= 'A' && first <= 'Z') ? TOKEN_VARIABLE : TOKEN_ATOM;
    r->now.text = text_part(r->t, from, r->at);
}

static bool next(struct reader *r) {
    struct text t = r->t;
    while (r->at < t.len && strchr(" \t\r\n", t.at[r->at]) && t.at[r->at]) r->at++;
    r->now = (struct token){.kind = TOKEN_END, .column = r->at + 1};
    if (r->at < t.len && t.at[r->at] == '%')
        while (r->at < t.len && t.at[r->at] != '\n') r->at++;
    if (r->at >= t.len) return true;
    char c = t.at[r->at];
    size_t from = r->at;
    bool ok = true;
    if (is_digit(c)) {
        number(r);
    } else if (c == '\'') {
        ok = quoted(r);
    } else if (is_word(c)) {
        word(r);
    } else if (is_symbol(c)) {
        while (r->at < t.len && is_symbol(t.at[r->at])) r->at++;
        r->now.kind = TOKEN_SIGN, r->now.text = text_part(t, from, r->at);
    } else if (c && strchr("()[]|,;!{}", c)) {
        r->at++;
        r->now.kind = TOKEN_SIGN, r->now.text = text_part(t, from, r->at);
    } else {
        return fail(r, from + 1, c == '"' ? "a string: write it in single quotes" : "a character that is not known");
    }
    r->now.call = ok && r->at < t.len && t.at[r->at] == '(';
    return ok;
}

static bool is_sign(const struct reader *r, const char *sign) {
    return r->now.kind == TOKEN_SIGN && text_equal_c(r->now.text, sign);
}

static bool unexpected(struct reader *r, const char *expected) {
    char what[160];
    if (r->now.kind == TOKEN_END)
        snprintf(what, sizeof what, "expected %s, found the end", expected);
    else
        snprintf(what, sizeof what, "expected %s, found '%.*s'", expected,
                 r->now.text.len > 40 ? 40 : (int)r->now.text.len, r->now.text.at);
    return fail(r, r->now.column, what);
}

static bool take(struct reader *r, const char *sign) {
    char what[8];
    snprintf(what, sizeof what, "'%s'", sign);
    return is_sign(r, sign) ? next(r) : unexpected(r, what);
}

/* ---- terms ---- */

static struct horn_term *term(struct reader *r, int most);

static struct horn_term *new_term(struct reader *r, enum horn_kind kind, struct text name, size_t n) {
    struct horn_term *t = arena_new(r->arena, struct horn_term, 1, r->err);
    if (!t) return NULL;
    *t = (struct horn_term){.kind = kind, .name = name, .n = n, .ground = kind != HORN_VARIABLE};
    t->argument = n ? arena_new(r->arena, struct horn_term *, n, r->err) : NULL;
    return n && !t->argument ? NULL : t;
}

static struct horn_term *compound(struct reader *r, struct text name, struct horn_term *const *part, size_t n) {
    struct horn_term *t = new_term(r, HORN_COMPOUND, name, n);
    for (size_t i = 0; t && i < n; i++) {
        if (!part[i]) return NULL;
        t->argument[i] = part[i];
        t->ground = t->ground && part[i]->ground;
    }
    return t;
}

static struct horn_term *variable(struct reader *r, struct text name) {
    struct horn_clause *c = r->clause;
    struct horn_term *t = new_term(r, HORN_VARIABLE, name, 0);
    size_t i = c->n_variables;
    if (!t) return NULL;
    if (!text_equal_c(name, "_"))
        for (i = 0; i < c->n_variables && !text_equal(c->variable[i], name);) i++;
    if (i == HORN_VARIABLES_MOST) return fail(r, r->now.column, "more than 200 variables"), NULL;
    if (i == c->n_variables) c->variable[c->n_variables++] = name;
    t->integer = (int64_t)i;
    return t;
}

/* The arguments behind "(", up to ")". */
static struct horn_term *call(struct reader *r, struct text name) {
    struct horn_term *part[HORN_ARGUMENTS_MOST];
    size_t n = 0;
    if (!take(r, "(")) return NULL;
    do {
        if (n == HORN_ARGUMENTS_MOST) return fail(r, r->now.column, "more than 64 arguments"), NULL;
        if (n > 0 && !next(r)) return NULL;
        if (!(part[n++] = term(r, 999))) return NULL;
    } while (is_sign(r, ","));
    return take(r, ")") ? compound(r, name, part, n) : NULL;
}

static struct horn_term *list(struct reader *r) {
    struct horn_term *item[256], *tail = NULL;
    size_t n = 0;
    if (!take(r, "[")) return NULL;
    while (!is_sign(r, "]")) {
        if (n == 256) return fail(r, r->now.column, "a list of more than 256 items"), NULL;
        if (!(item[n++] = term(r, 999))) return NULL;
        if (is_sign(r, "|")) {
            if (!next(r) || !(tail = term(r, 999))) return NULL;
            break;
        }
        if (!is_sign(r, ",")) break;
        if (!next(r)) return NULL;
        if (is_sign(r, "]")) return unexpected(r, "an item"), NULL;
    }
    if (!take(r, "]")) return NULL;
    if (!tail) tail = new_term(r, HORN_ATOM, TEXT("[]"), 0);
    while (n > 0 && tail) tail = compound(r, TEXT("[|]"), (struct horn_term *[]){item[--n], tail}, 2);
    return tail;
}

static struct horn_term *numeral(struct reader *r, bool negative) {
    bool whole = r->now.kind == TOKEN_INTEGER;
    struct horn_term *t = new_term(r, whole ? HORN_INTEGER : HORN_REAL, TEXT(""), 0);
    char digits[64];
    if (!t) return NULL;
    if (r->now.text.len > 40) return fail(r, r->now.column, "a number of more than 40 digits"), NULL;
    snprintf(digits, sizeof digits, "%s%.*s", negative ? "-" : "", TEXT_ARG(r->now.text));
    bool ok = whole ? text_to_i64(text_of(digits), &t->integer) : text_to_f64(text_of(digits), &t->real);
    if (!ok || (!whole && (t->real - t->real != 0))) return fail(r, r->now.column, "a number that is too large"), NULL;
    return next(r) ? t : NULL;
}

static struct horn_term *prefix(struct reader *r, const char *name, int most) {
    struct horn_term *inner = next(r) ? term(r, most) : NULL;
    return inner ? compound(r, text_of(name), &inner, 1) : NULL;
}

static struct horn_term *minus(struct reader *r) {
    if (!next(r)) return NULL;
    if (r->now.kind == TOKEN_INTEGER || r->now.kind == TOKEN_REAL) return numeral(r, true);
    struct horn_term *inner = term(r, 200);
    return inner ? compound(r, TEXT("-"), &inner, 1) : NULL;
}

static struct horn_term *atom(struct reader *r) {
    struct token name = r->now;
    if (!next(r)) return NULL;
    return name.call ? call(r, name.text) : new_term(r, HORN_ATOM, name.text, 0);
}

static const struct infix {
    const char *name;
    int level; /* both sides bind tighter; left: the left one may be as loose */
    bool left;
} infixes[] = {
    {"=", 700, false},  {"\\=", 700, false}, {"==", 700, false}, {"\\==", 700, false}, {"<", 700, false},
    {">", 700, false},  {"=<", 700, false},  {">=", 700, false}, {"=:=", 700, false},  {"=\\=", 700, false},
    {"is", 700, false}, {"+", 500, true},    {"-", 500, true},   {"*", 400, true},     {"/", 400, true},
    {"//", 400, true},  {"mod", 400, true},
};

static const struct infix *infix(const struct reader *r) {
    if (r->now.kind != TOKEN_SIGN && r->now.kind != TOKEN_ATOM) return NULL;
    for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
        if (text_equal_c(r->now.text, infixes[i].name)) return &infixes[i];
    return NULL;
}

static struct horn_term *primary(struct reader *r) {
    struct token k = r->now;
    if (k.kind == TOKEN_INTEGER || k.kind == TOKEN_REAL) return numeral(r, false);
    if (k.kind == TOKEN_VARIABLE) {
        struct horn_term *t = variable(r, k.text);
        return t && next(r) ? t : NULL;
    }
    if (k.kind == TOKEN_ATOM || k.kind == TOKEN_QUOTED) return atom(r);
    if (is_sign(r, "[")) return list(r);
    if (k.kind == TOKEN_SIGN && k.call && infix(r)) return atom(r); /* +(1,2) */
    if (is_sign(r, "-")) return minus(r);
    if (is_sign(r, "\\+")) return prefix(r, "\\+", 900);
    if (is_sign(r, "(")) {
        struct horn_term *t = next(r) ? term(r, 1200) : NULL;
        return t && take(r, ")") ? t : NULL;
    }
    unexpected(r, "a term");
    return NULL;
}

static struct horn_term *term_inner(struct reader *r, int most) {
    struct horn_term *left = primary(r);
    int level = 0; /* of what stands left */
    size_t n = 0;
    while (left) {
        const struct infix *op = infix(r);
        if (!op || op->level > most || level > op->level || (level == op->level && !op->left)) return left;
        if (++n > 100) return fail(r, r->now.column, "more than 100 operators side by side"), NULL;
        if (!next(r)) return NULL;
        struct horn_term *right = term(r, op->level - 1);
        left = right ? compound(r, text_of(op->name), (struct horn_term *[]){left, right}, 2) : NULL;
        level = op->level;
    }
    return NULL;
}

static struct horn_term *term(struct reader *r, int most) {
    if (++r->depth > HORN_DEPTH_MOST) return fail(r, r->now.column, "nested more than 64 deep"), NULL;
    struct horn_term *t = term_inner(r, most);
    r->depth--;
    return t;
}

/* ---- what goals may be ---- */

static const struct {
    const char *name;
    size_t arity;
} builtins[] = {
    {"true", 0},   {"fail", 0},      {"false", 0},  {"=", 2},       {"\\=", 2},  {"==", 2},     {"\\==", 2},
    {"<", 2},      {">", 2},         {"=<", 2},     {">=", 2},      {"=:=", 2},  {"=\\=", 2},   {"is", 2},
    {"member", 2}, {"memberchk", 2}, {"length", 2}, {"is_list", 1}, {"atom", 1}, {"number", 1}, {"integer", 1},
    {"atomic", 1}, {"compound", 1},  {"var", 1},    {"nonvar", 1},  {"\\+", 1},
};
/* What Prolog would do otherwise than prove: none of these may be called or defined. */
static const char *const refused[] = {
    "abolish",
    "abort",
    "apply",
    "arg",
    "assert",
    "asserta",
    "assertz",
    "at_end_of_stream",
    "at_halt",
    "atom_to_term",
    "b_setval",
    "bagof",
    "call",
    "call_cleanup",
    "catch",
    "char_conversion",
    "clause",
    "close",
    "compile",
    "consult",
    "copy_predicate_clauses",
    "create_prolog_flag",
    "delete_directory",
    "delete_file",
    "directory_files",
    "dynamic",
    "ensure_loaded",
    "erase",
    "exec",
    "exists_file",
    "fetch",
    "findall",
    "flag",
    "forall",
    "fork",
    "format",
    "foreign",
    "functor",
    "garbage_collect",
    "get_char",
    "getenv",
    "halt",
    "ignore",
    "include",
    "initialization",
    "kill",
    "load_files",
    "load_foreign_library",
    "loop",
    "make",
    "make_directory",
    "module",
    "multifile",
    "nb_setval",
    "nl",
    "not",
    "notrace",
    "once",
    "op",
    "open",
    "open_null_stream",
    "peek_char",
    "phrase",
    "pipe",
    "print",
    "process_create",
    "prolog_load_context",
    "prompt",
    "put_char",
    "qcompile",
    "qsave_program",
    "read",
    "read_term",
    "recorda",
    "recordz",
    "rename_file",
    "repeat",
    "retract",
    "retractall",
    "see",
    "set_input",
    "set_output",
    "set_prolog_flag",
    "setenv",
    "setof",
    "shell",
    "sleep",
    "spy",
    "swritef",
    "table",
    "tell",
    "term_to_atom",
    "thread_create",
    "throw",
    "tnot",
    "tmp_file",
    "told",
    "trace",
    "untable",
    "unsetenv",
    "use_foreign_library",
    "use_module",
    "wait",
    "win_exec",
    "write",
    "write_canonical",
    "write_term",
    "writef",
    "writeln",
    "writeq",
    "working_directory",
    "chdir",
    "cd",
    "ls",
};

bool horn_is_builtin(struct text name, size_t arity) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (builtins[i].arity == arity && text_equal_c(name, builtins[i].name)) return true;
    return false;
}

static bool is_operator(struct text name) {
    for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
        if (text_equal_c(name, infixes[i].name)) return true;
    return text_equal_c(name, "[|]") || text_equal_c(name, "[]") || text_equal_c(name, "\\+");
}

static bool refuse(struct reader *r, size_t column, struct text name, const char *what) {
    char message[160];
    snprintf(message, sizeof message, "'%.*s' %s", name.len > 60 ? 60 : (int)name.len, name.at, what);
    return fail(r, column, message);
}

static bool is_callable(struct reader *r, const struct horn_term *t, size_t column) {
    if (t->kind != HORN_ATOM && t->kind != HORN_COMPOUND) return fail(r, column, "expected a predicate");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (text_equal_c(t->name, refused[i])) return refuse(r, column, t->name, "is not allowed: rules only prove");
    return true;
}

static bool goal_allowed(struct reader *r, const struct horn_term *t, size_t column) {
    if (!is_callable(r, t, column)) return false;
    if (text_equal_c(t->name, "\\+") && t->n == 1) return goal_allowed(r, t->argument[0], column);
    return horn_is_builtin(t->name, t->n) || !is_operator(t->name) ||
           refuse(r, column, t->name, "is no predicate that can be proved");
}

static bool head_allowed(struct reader *r, const struct horn_term *t, size_t column) {
    if (!is_callable(r, t, column)) return false;
    return (!horn_is_builtin(t->name, t->n) && !is_operator(t->name)) ||
           refuse(r, column, t->name, "is decided by itself and cannot be defined");
}

static bool goals(struct reader *r) {
    struct horn_clause *c = r->clause;
    if (!(c->goal = arena_new(r->arena, struct horn_term *, HORN_GOALS_MOST, r->err))) return false;
    do {
        if (c->n_goals == HORN_GOALS_MOST) return fail(r, r->now.column, "more than 200 goals");
        if (c->n_goals > 0 && !next(r)) return false;
        size_t column = r->now.column;
        if (is_sign(r, "!")) return fail(r, column, "a cut: it has no meaning for what can be proved");
        if (!(c->goal[c->n_goals] = term(r, 999)) || !goal_allowed(r, c->goal[c->n_goals], column)) return false;
        c->n_goals++;
    } while (is_sign(r, ","));
    if (is_sign(r, ";") || is_sign(r, "->") || is_sign(r, "|"))
        return fail(r, r->now.column, "no alternatives inside a rule: write two rules");
    return true;
}

static bool ends(struct reader *r) {
    if (is_sign(r, ".") && !next(r)) return false;
    return r->now.kind == TOKEN_END || unexpected(r, "the end");
}

static bool start(struct reader *r, struct horn_clause *clause) {
    r->clause = clause;
    *clause = (struct horn_clause){0};
    if (r->t.len > HORN_BYTES_MOST) return fail(r, 1, "a rule of more than 65536 bytes");
    clause->variable = arena_new(r->arena, struct text, HORN_VARIABLES_MOST, r->err);
    return clause->variable && next(r);
}

static bool read_clause(struct reader *r, struct horn_clause *c) {
    if (!start(r, c)) return false;
    size_t column = r->now.column;
    if (is_sign(r, ":-") || is_sign(r, "?-"))
        return fail(r, column, "a directive: only rules and facts may stand here");
    if (!(c->head = term(r, 999)) || !head_allowed(r, c->head, column)) return false;
    if (is_sign(r, "-->")) return fail(r, r->now.column, "a grammar rule: only rules and facts may stand here");
    if (is_sign(r, ":-") && (!next(r) || !goals(r))) return false;
    return ends(r);
}

void horn_program_init(struct horn_program *p, struct arena *arena) {
    *p = (struct horn_program){.arena = arena};
}

static bool grow(struct horn_program *p, struct error *err) {
    if (p->n == HORN_CLAUSES_MOST) return error_set(err, ERROR_DATA, "more than %d rules", HORN_CLAUSES_MOST);
    if (p->n < p->room) return true;
    size_t room = p->room ? p->room * 2 : 32;
    struct horn_clause *more = arena_new(p->arena, struct horn_clause, room, err);
    if (!more) return false;
    if (p->n) memcpy(more, p->clause, p->n * sizeof *more);
    p->clause = more, p->room = room;
    return true;
}

bool horn_add(struct horn_program *p, struct text line, size_t source, size_t *column, struct error *err) {
    struct error own = {0};
    struct reader r = {.arena = p->arena, .err = err ? err : &own, .t = line, .column = 1};
    struct horn_clause clause;
    bool ok = grow(p, r.err) && read_clause(&r, &clause);
    *column = r.column;
    if (!ok) return false;
    clause.source = source;
    p->clause[p->n++] = clause;
    return true;
}

const struct horn_clause *horn_query(struct arena *arena, struct text line, size_t *column, struct error *err) {
    struct error own = {0};
    struct reader r = {.arena = arena, .err = err ? err : &own, .t = line, .column = 1};
    struct horn_clause *clause = arena_new(arena, struct horn_clause, 1, r.err);
    bool ok = clause && start(&r, clause) && (!is_sign(&r, "?-") || next(&r)) && goals(&r) && ends(&r);
    *column = r.column;
    return ok ? clause : NULL;
}

struct horn_term *horn_term_read(struct arena *arena, struct text t, struct error *err) {
    struct error own = {0};
    struct reader r = {.arena = arena, .err = err ? err : &own, .t = t, .column = 1};
    struct horn_clause clause;
    struct horn_term *read = start(&r, &clause) ? term(&r, 1200) : NULL;
    return read && ends(&r) ? read : NULL;
}

/* ---- writing ---- */

static bool plain_atom(struct text name) {
    bool plain = name.len > 0 && name.at[0] >= 'a' && name.at[0] <= 'z';
    for (size_t i = 0; i < name.len && plain; i++) plain = is_word(name.at[i]);
    return plain || text_equal_c(name, "[]");
}

static void put_atom(struct buffer *out, struct text name) {
    if (plain_atom(name)) {
        buffer_put_text(out, name);
        return;
    }
    buffer_put_char(out, '\'');
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (c == '\'' || c == '\\') buffer_put_char(out, '\\');
        if (c == '\n' || c == '\t') buffer_put_char(out, '\\');
        buffer_put_char(out, c == '\n' ? 'n' : c == '\t' ? 't' : c);
    }
    buffer_put_char(out, '\'');
}

static const struct horn_term *value(const struct horn_term *t) {
    while (t->kind == HORN_VARIABLE && t->bound) t = t->bound;
    return t;
}

static void put_variable(struct buffer *out, const struct horn_term *t, struct horn_seen *seen) {
    size_t i = 0;
    if (!seen) {
        buffer_put_text(out, t->name);
        return;
    }
    while (i < seen->n && seen->variable[i] != t) i++;
    if (i == seen->n && i < HORN_VARIABLES_MOST) seen->variable[seen->n++] = t;
    buffer_printf(out, "_%zu", i);
}

static int level_of(const struct horn_term *t, bool *left) {
    *left = false;
    if (t->kind == HORN_COMPOUND && t->n == 1 && text_equal_c(t->name, "\\+")) return 900;
    if (t->kind != HORN_COMPOUND || t->n != 2) return 0;
    for (size_t i = 0; i < sizeof infixes / sizeof *infixes; i++)
        if (text_equal_c(t->name, infixes[i].name)) {
            *left = infixes[i].left;
            return infixes[i].level;
        }
    return 0;
}

static void put(struct buffer *out, const struct horn_term *t, int most, struct horn_seen *seen);

static void put_list(struct buffer *out, const struct horn_term *t, struct horn_seen *seen) {
    buffer_put_char(out, '[');
    for (bool first = true; t->kind == HORN_COMPOUND && t->n == 2 && text_equal_c(t->name, "[|]"); first = false) {
        if (!first) buffer_put_char(out, ',');
        put(out, t->argument[0], 999, seen);
        t = value(t->argument[1]);
    }
    if (t->kind != HORN_ATOM || !text_equal_c(t->name, "[]")) buffer_put_char(out, '|'), put(out, t, 999, seen);
    buffer_put_char(out, ']');
}

static void put_infix(struct buffer *out, const struct horn_term *t, int level, bool left, struct horn_seen *seen) {
    bool tight = level < 700 && !is_word(t->name.at[0]);
    put(out, t->argument[0], left ? level : level - 1, seen);
    if (!tight) buffer_put_char(out, ' ');
    buffer_put_text(out, t->name);
    if (!tight) buffer_put_char(out, ' ');
    put(out, t->argument[1], level - 1, seen);
}

static void put_call(struct buffer *out, const struct horn_term *t, struct horn_seen *seen) {
    put_atom(out, t->name);
    buffer_put_char(out, '(');
    for (size_t i = 0; i < t->n; i++) {
        if (i) buffer_put_char(out, ',');
        put(out, t->argument[i], 999, seen);
    }
    buffer_put_char(out, ')');
}

static void put(struct buffer *out, const struct horn_term *t, int most, struct horn_seen *seen) {
    bool left;
    t = value(t);
    int level = level_of(t, &left);
    bool negative = (t->kind == HORN_INTEGER && t->integer < 0) || (t->kind == HORN_REAL && t->real < 0);
    bool minus = negative || (t->kind == HORN_COMPOUND && t->n == 1 && text_equal_c(t->name, "-"));
    bool brackets = level > most || (minus && most < 999); /* "+-" would be one sign */
    char digits[40];
    if (brackets) buffer_put_char(out, '(');
    if (t->kind == HORN_VARIABLE) {
        put_variable(out, t, seen);
    } else if (t->kind == HORN_ATOM) {
        put_atom(out, t->name);
    } else if (t->kind == HORN_INTEGER) {
        buffer_printf(out, "%lld", (long long)t->integer);
    } else if (t->kind == HORN_REAL) {
        size_t n = text_from_f64(t->real, digits);
        buffer_put(out, digits, n);
        if (!memchr(digits, '.', n) && !memchr(digits, 'e', n)) buffer_put_c(out, ".0");
    } else if (t->n == 2 && text_equal_c(t->name, "[|]")) {
        put_list(out, t, seen);
    } else if (t->n == 1 && text_equal_c(t->name, "-")) {
        buffer_put_c(out, "-(");
        put(out, t->argument[0], 999, seen);
        buffer_put_char(out, ')');
    } else if (level == 900) {
        buffer_put_c(out, "\\+ ");
        put(out, t->argument[0], 900, seen);
    } else if (level > 0) {
        put_infix(out, t, level, left, seen);
    } else {
        put_call(out, t, seen);
    }
    if (brackets) buffer_put_char(out, ')');
}

bool horn_put(struct buffer *out, const struct horn_term *term, struct horn_seen *seen) {
    put(out, term, 1200, seen);
    return !out->failed;
}
