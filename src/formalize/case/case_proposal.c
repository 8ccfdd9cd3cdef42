/* Reading what a model proposes: see case_proposal.h. */
#include "formalize/case/case_proposal.h"

#include "solver/formula.h"
#include "solver/horn.h"
#include "solver/sets.h"

#include <string.h>

/* ---- splits ---- */

static bool take_key(struct text line, const char *key, struct text *out) {
    size_t n = strlen(key);
    if (line.len <= n || !text_equal_nocase(text_part(line, 0, n), text_of(key)) || line.at[n] != ':') return false;
    *out = text_trim(text_part(line, n + 1, line.len));
    return out->len > 0;
}

bool case_read_split(struct text reply, struct case_split_reply *out) {
    struct text rest = reply, line, text;
    *out = (struct case_split_reply){0};
    while (rest.len && text_next(&rest, '\n', &line)) {
        line = text_trim(line);
        bool goal = take_key(line, "goal", &text), solution = !goal && take_key(line, "solution", &text);
        if ((goal || solution) && out->n < PROPOSED_MOST) {
            out->kind[out->n] = goal ? CASE_GOAL : CASE_SOLUTION;
            out->text[out->n++] = text;
        } else if (!out->strategy.len && take_key(line, "strategy", &text)) {
            out->strategy = text;
        } else {
            out->unread += line.len > 0;
        }
    }
    return out->n > 0;
}

bool case_same_split(const struct case_split_reply *a, const struct case_split_reply *b) {
    size_t same = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (a->kind[i] == b->kind[k] && text_equal_nocase(a->text[i], b->text[k])) {
                same++;
                break;
            }
    return a->n == b->n && same == a->n;
}

static size_t add(struct assurance_case *c, struct arena *arena, size_t above, enum case_kind kind, struct text text,
                  struct error *err) {
    size_t at = case_add_node(c, arena, kind, text, err);
    if (at == SIZE_MAX || !case_add_support(c, arena, above, at, err)) return SIZE_MAX;
    c->nodes[at].origin = CASE_MODEL;
    c->nodes[at].undeveloped = kind == CASE_GOAL;
    return at;
}

bool case_take_split(struct assurance_case *c, struct arena *arena, size_t goal, const struct case_split_reply *reply,
                     struct error *err) {
    size_t above = goal;
    if (reply->strategy.len && (above = add(c, arena, goal, CASE_STRATEGY, reply->strategy, err)) == SIZE_MAX)
        return false;
    for (size_t i = 0; i < reply->n; i++)
        if (add(c, arena, above, reply->kind[i], reply->text[i], err) == SIZE_MAX) return false;
    return true;
}

/* ---- languages ---- */

static bool decides(enum case_reason reason) {
    return reason != CASE_UNCHECKED && reason != CASE_TRUST;
}

/* The first node above; SIZE_MAX: none. */
static size_t above(const struct assurance_case *c, size_t node) {
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_supported_by; k++)
            if (c->nodes[i].supported_by[k] == node) return i;
    return SIZE_MAX;
}

/* Strategies without a reason pass on what stands above them. */
enum case_reason case_reason_for(const struct assurance_case *c, size_t node) {
    size_t at = above(c, node);
    while (at != SIZE_MAX && c->nodes[at].kind == CASE_STRATEGY && !decides(c->nodes[at].reason)) at = above(c, at);
    if (at != SIZE_MAX && decides(c->nodes[at].reason)) return c->nodes[at].reason;
    return decides(c->nodes[node].reason) ? c->nodes[node].reason : CASE_UNCHECKED;
}

enum language { FORMULAS, SETS, RULES };
static enum language language_of(enum case_reason reason) {
    return reason == CASE_HORN ? RULES : reason == CASE_SETS || reason == CASE_FINITE ? SETS : FORMULAS;
}

/* ---- formulas ---- */

struct reading {
    const struct assurance_case *c;
    size_t node;
    struct arena *arena;
    struct case_formulas *out;
    struct buffer words;
    struct error *err;
};

static bool keep_line(struct reading *r, struct text line) {
    char *copy = text_copy(r->arena, line, r->err);
    if (copy) r->out->line[r->out->n++] = (struct text){copy, line.len};
    return copy != NULL;
}

static bool keep_formula(struct reading *r, const struct formula *f) {
    struct buffer printed;
    buffer_init(&printed, FORMULA_BYTES_MOST * 4);
    if (r->words.len) buffer_put_c(&r->words, "; ");
    bool ok =
        formula_put(&printed, f) && formula_put_words(&r->words, f, NULL, NULL) && keep_line(r, buffer_text(&printed));
    buffer_done(&printed);
    return ok || r->err->kind != ERROR_NONE ? ok : error_memory(r->err, "formula");
}

/* Formulas that cannot be read where they stand are the checker's business, not that of a proposal. */
static bool note_others(struct reading *r, struct symbols *symbols, bool infer) {
    for (size_t i = 0; i < r->c->n_nodes; i++) {
        if (i == r->node || language_of(case_reason_for(r->c, i)) != FORMULAS) continue;
        for (size_t k = 0; k < r->c->nodes[i].n_formal; k++) {
            struct error why = {0};
            size_t column;
            const struct formula *f = formula_read(r->arena, r->c->nodes[i].formal[k].text, &column, &why);
            bool ok = f && (infer ? symbols_infer(symbols, f, &column, &why)
                                  : symbols_note(symbols, f, &r->c->nodes[i].formal[k], &column, &why));
            if (!ok && why.kind == ERROR_ENVIRONMENT) return *r->err = why, false;
        }
    }
    return true;
}

static bool fits(struct reading *r, const struct formula *const *f, size_t n) {
    struct symbols symbols;
    size_t column = 0;
    symbols_init(&symbols, r->arena);
    bool ok = note_others(r, &symbols, false);
    for (size_t i = 0; ok && i < n; i++) ok = symbols_note(&symbols, f[i], &f[i], &column, r->err);
    ok = ok && note_others(r, &symbols, true);
    for (size_t i = 0; ok && i < n; i++)
        ok = symbols_infer(&symbols, f[i], &column, r->err) &&
             symbols_check_units(&symbols, r->arena, f[i], &column, r->err);
    return ok;
}

static bool read_formulas(struct reading *r, const struct text *lines, size_t n) {
    const struct formula *f[FORMULAS_MOST];
    for (size_t i = 0; i < n; i++) {
        size_t column;
        if (!(f[i] = formula_read(r->arena, lines[i], &column, r->err))) return error_wrap(r->err, "line %zu", i + 1);
    }
    if (!fits(r, f, n)) return false;
    for (size_t i = 0; i < n; i++)
        if (!keep_formula(r, f[i])) return false;
    return true;
}

static bool read_sets(struct reading *r, const struct text *lines, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t column;
        const struct sets_formula *f = sets_read(r->arena, lines[i], &column, r->err);
        if (!f) return error_wrap(r->err, "line %zu", i + 1);
        if (r->words.len) buffer_put_c(&r->words, "; ");
        if (!sets_put_words(&r->words, f) || !keep_line(r, lines[i])) return false;
    }
    return true;
}

/* A rule, a fact, or (of a goal) a query. */
static bool read_rules(struct reading *r, const struct text *lines, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct horn_program program;
        struct error query = {0};
        size_t column;
        horn_program_init(&program, r->arena);
        bool ok = horn_add(&program, lines[i], i, &column, r->err);
        if (!ok && horn_query(r->arena, lines[i], &column, &query)) ok = true, error_clear(r->err);
        if (!ok) return error_wrap(r->err, "line %zu", i + 1);
        if (!keep_line(r, lines[i])) return false;
    }
    return true;
}

static bool cut_lines(struct text reply, struct text lines[FORMULAS_MOST], size_t *n, struct error *err) {
    struct text rest = reply, line;
    *n = 0;
    while (rest.len && text_next(&rest, '\n', &line)) {
        line = text_trim(line);
        if (line.len == 0) continue;
        if (*n == FORMULAS_MOST) return error_set(err, ERROR_DATA, "more than %d formulas", FORMULAS_MOST);
        lines[(*n)++] = line;
    }
    return *n > 0 || error_set(err, ERROR_DATA, "no formula");
}

bool case_read_formulas(const struct assurance_case *c, size_t node, struct text reply, struct arena *arena,
                        struct case_formulas *out, struct error *err) {
    struct text lines[FORMULAS_MOST];
    struct reading r = {.c = c, .node = node, .arena = arena, .out = out, .err = err};
    size_t n;
    *out = (struct case_formulas){.words = ""};
    if (!cut_lines(reply, lines, &n, err)) return false;
    buffer_init(&r.words, 1 << 20);
    enum language language = language_of(case_reason_for(c, node));
    bool ok = language == SETS    ? read_sets(&r, lines, n)
              : language == RULES ? read_rules(&r, lines, n)
                                  : read_formulas(&r, lines, n);
    ok = ok && buffer_check(&r.words, "formula in words", err) &&
         (out->words = text_copy(arena, buffer_text(&r.words), err)) != NULL;
    buffer_done(&r.words);
    return ok;
}

bool case_same_formulas(const struct case_formulas *a, const struct case_formulas *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) same = text_equal(a->line[i], b->line[i]);
    return same;
}
