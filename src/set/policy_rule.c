/* Reading rules by recursive descent, and writing them: see policy_rule.h. */
#include "set/policy_rule.h"

#include "set/policy_lex.h"

#include <math.h>
#include <string.h>

enum { RULE_MOST = 1 << 14, RELATIONS_MOST = 64, EXCEPTIONS_MOST = 8 };

/* What grows while the line is read; copied at its size in the end. */
struct draft {
    struct policy_reader r;
    struct policy_goal *goal;
    struct policy_clause clauses[POLICY_CLAUSES_MOST];
    struct policy_relation relations[RELATIONS_MOST];
    struct policy_exception exceptions[EXCEPTIONS_MOST];
    size_t n_clauses, n_relations, n_exceptions;
};

static void *kept(struct arena *arena, const void *from, size_t n, size_t size, struct error *err) {
    void *out = arena_alloc(arena, n + 1, size, err);
    if (out && n) memcpy(out, from, n * size);
    return out;
}

/* ---- clauses */

static bool take_confidence(struct policy_reader *r, double *out, struct error *err) {
    bool percent;
    size_t at = r->at;
    if (!policy_take_number(r, out, &percent, err)) return false;
    if (*out > 0.5 && *out < 1) return true;
    r->at = at;
    return policy_expected(r, "a confidence such as 95%, between 50% and 100%", err);
}

static bool take_details(struct policy_reader *r, struct policy_clause *c, struct error *err) {
    bool percent;
    for (;;) {
        bool ok = true;
        if (policy_take_keyword(r, "at"))
            ok = take_confidence(r, &c->confidence, err);
        else if (policy_take_keyword(r, "on"))
            ok = policy_take_count(r, 1, (uint64_t)1 << 40, &c->n_min, err);
        else if (policy_take_keyword(r, "tol"))
            ok = policy_take_number(r, &c->tol, &percent, err);
        else
            return true;
        if (!ok) return false;
    }
}

static bool take_op(struct policy_reader *r, enum policy_op *op, struct error *err) {
    static const enum policy_op order[] = {POLICY_AT_LEAST, POLICY_AT_MOST, POLICY_ABOVE, POLICY_BELOW};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (policy_take_mark(r, policy_op_names[order[i]])) return *op = order[i], true;
    if (policy_take_keyword(r, "in")) return *op = POLICY_IN, true;
    if (policy_take_keyword(r, "near")) return *op = POLICY_NEAR, true;
    return policy_expected(r, ">=, <=, >, <, in or near", err);
}

static bool take_clause(struct draft *d, struct policy_clause *c, bool prefer, struct error *err) {
    struct policy_reader *r = &d->r;
    bool percent;
    *c = (struct policy_clause){.upper = NAN, .tol = NAN, .prefer = prefer};
    c->unseen = policy_take_keyword(r, "unseen");
    policy_rest(r);
    c->column = r->at + 1;
    if (!policy_take_figure(r, &c->figure, err) || !take_op(r, &c->op, err) ||
        !policy_take_number(r, &c->target, &percent, err))
        return false;
    if (c->op == POLICY_IN && !policy_take_keyword(r, "to")) return policy_expected(r, "'to' and the upper end", err);
    if (c->op == POLICY_NEAR && !policy_take_mark(r, "+-")) return policy_expected(r, "'+-' and how near", err);
    if ((c->op == POLICY_IN && !policy_take_number(r, &c->upper, &percent, err)) ||
        (c->op == POLICY_NEAR && !policy_take_number(r, &c->tol, &percent, err)))
        return false;
    return take_details(r, c, err);
}

static bool add_clause(struct draft *d, bool prefer, struct error *err) {
    if (d->n_exceptions) {
        struct policy_exception *e = &d->exceptions[d->n_exceptions - 1];
        if (prefer) return policy_expected(&d->r, "'require' behind an exception", err);
        if (e->n_clauses == POLICY_CLAUSES_MOST) return policy_expected(&d->r, "at most 16 clauses", err);
        return take_clause(d, &e->clauses[e->n_clauses++], false, err);
    }
    if (d->n_clauses == POLICY_CLAUSES_MOST) return policy_expected(&d->r, "at most 16 clauses", err);
    return take_clause(d, &d->clauses[d->n_clauses++], prefer, err);
}

static bool add_exception(struct draft *d, struct error *err) {
    struct policy_reader *r = &d->r;
    if (d->n_exceptions == EXCEPTIONS_MOST) return policy_expected(r, "at most 8 exceptions", err);
    if (!policy_take_keyword(r, "when")) return policy_expected(r, "'when' behind 'exception'", err);
    struct policy_exception *e = &d->exceptions[d->n_exceptions];
    *e = (struct policy_exception){.clauses = arena_new(r->arena, struct policy_clause, POLICY_CLAUSES_MOST, err)};
    if (!e->clauses || !policy_take_when(r, &e->when, err)) return false;
    if (!policy_take_keyword(r, "require")) return policy_expected(r, "'require' behind the tests", err);
    d->n_exceptions++;
    return add_clause(d, false, err);
}

/* ---- the other parts */

static bool add_relations(struct draft *d, enum policy_relation_kind kind, struct error *err) {
    struct policy_reader *r = &d->r;
    do {
        if (d->n_relations == RELATIONS_MOST) return policy_expected(r, "at most 64 relations", err);
        struct policy_relation *one = &d->relations[d->n_relations];
        policy_rest(r);
        *one = (struct policy_relation){.kind = kind, .goal = SIZE_MAX, .column = r->at + 1};
        if (!policy_take_word(r, "the id of a goal", &one->other, err)) return false;
        d->n_relations++;
    } while (policy_take_mark(r, ","));
    return true;
}

static bool take_kind(struct policy_reader *r, enum policy_kind *out, struct error *err) {
    for (int k = POLICY_INSTRUCTION; k <= POLICY_DOCUMENT; k++)
        if (policy_take_keyword(r, policy_kind_names[k])) return *out = (enum policy_kind)k, true;
    return policy_expected(r, "instruction, preference, principle, norm, value or document", err);
}

static bool take_small(struct policy_reader *r, int most, int *out, struct error *err) {
    uint64_t n;
    if (!policy_take_count(r, 1, (uint64_t)most, &n, err)) return false;
    *out = (int)n;
    return true;
}

static bool take_text(struct policy_reader *r, const char **out, struct error *err) {
    struct text t = policy_rest(r);
    return t.len && t.at[0] == '"' ? policy_take_string(r, out, err)
                                   : policy_take_word(r, "a word or a text", out, err);
}

static bool take_each(struct policy_reader *r, const char **out, struct error *err) {
    if (!policy_take_keyword(r, "each")) return policy_expected(r, "'each' behind 'for'", err);
    return policy_take_word(r, "the field of groups", out, err);
}

/* True where the next word begins a part; *ok tells whether it could be read. */
static bool take_goal_part(struct draft *d, bool *ok, struct error *err) {
    struct policy_reader *r = &d->r;
    struct policy_goal *g = d->goal;
    bool percent;
    if (policy_take_keyword(r, "level"))
        *ok = take_small(r, 3, &g->level, err);
    else if (policy_take_keyword(r, "severity"))
        *ok = take_small(r, 5, &g->severity, err);
    else if (policy_take_keyword(r, "kind"))
        *ok = take_kind(r, &g->kind, err);
    else if (policy_take_keyword(r, "weight"))
        *ok = policy_take_number(r, &g->weight, &percent, err);
    else if (policy_take_keyword(r, "hard"))
        g->hard = *ok = true;
    else if (policy_take_keyword(r, "when"))
        *ok = policy_take_when(r, &g->when, err);
    else if (policy_take_keyword(r, "for"))
        *ok = take_each(r, &g->for_each, err);
    else
        return false;
    return true;
}

static bool take_words_part(struct draft *d, bool *ok, struct error *err) {
    const struct {
        const char *word, **out;
    } texts[] = {{"attribute", &d->goal->attribute},
                 {"owner", &d->goal->owner},
                 {"clause", &d->goal->clause},
                 {"text", &d->goal->text},
                 {"because", &d->goal->because}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (policy_take_keyword(&d->r, texts[i].word)) return *ok = take_text(&d->r, texts[i].out, err), true;
    for (int k = POLICY_REFINES; k <= POLICY_OVERRIDES; k++)
        if (policy_take_keyword(&d->r, policy_relation_names[k]))
            return *ok = add_relations(d, (enum policy_relation_kind)k, err), true;
    return false;
}

static bool take_part(struct draft *d, struct error *err) {
    bool ok = false;
    if (policy_take_keyword(&d->r, "require")) return add_clause(d, false, err);
    if (policy_take_keyword(&d->r, "prefer")) return add_clause(d, true, err);
    if (policy_take_keyword(&d->r, "exception")) return add_exception(d, err);
    if (take_goal_part(d, &ok, err) || take_words_part(d, &ok, err)) return ok;
    return policy_expected(&d->r,
                           "level, kind, severity, weight, hard, when, for each, require, prefer, exception, refines, "
                           "supports, conflicts, overrides, attribute, owner, clause, text or because",
                           err);
}

bool policy_rule_parse(struct text source, struct arena *arena, struct policy_goal *g, struct error *err) {
    struct draft *d = arena_new(arena, struct draft, 1, err);
    if (!d) return false;
    d->r = (struct policy_reader){.source = source, .what = "rule", .arena = arena};
    d->goal = g;
    if (source.len > RULE_MOST || memchr(source.at, 0, source.len))
        return error_set(err, ERROR_DATA, "rule: column 1: expected at most %d bytes of text", RULE_MOST);
    if (!policy_take_keyword(&d->r, "goal")) return policy_expected(&d->r, "'goal' and its id", err);
    if (!policy_take_word(&d->r, "the id of the goal", &g->id, err)) return false;
    while (!policy_at_end(&d->r))
        if (!take_part(d, err)) return false;
    for (size_t i = 0; i < d->n_exceptions; i++) {
        struct policy_exception *e = &d->exceptions[i];
        if (!(e->clauses = kept(arena, e->clauses, e->n_clauses, sizeof *e->clauses, err))) return false;
    }
    g->clauses = kept(arena, d->clauses, d->n_clauses, sizeof *d->clauses, err);
    g->relations = g->clauses ? kept(arena, d->relations, d->n_relations, sizeof *d->relations, err) : NULL;
    g->exceptions = g->relations ? kept(arena, d->exceptions, d->n_exceptions, sizeof *d->exceptions, err) : NULL;
    g->n_clauses = d->n_clauses, g->n_relations = d->n_relations, g->n_exceptions = d->n_exceptions;
    return g->exceptions != NULL;
}

/* ---- writing */

static void put_string(struct buffer *out, const char *key, const char *text) {
    if (!text[0]) return;
    buffer_printf(out, " %s \"", key);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') buffer_put_char(out, '\\');
        buffer_put_char(out, *text == '\n' ? ' ' : *text);
    }
    buffer_put_char(out, '"');
}

static void put_number(struct buffer *out, const char *before, double value) {
    buffer_put_c(out, before);
    buffer_put_f64(out, value);
}

static void put_clause(struct buffer *out, const struct policy_clause *c) {
    buffer_printf(out, " %s %s%s %s ", c->prefer ? "prefer" : "require", c->unseen ? "unseen " : "", c->figure.text,
                  policy_op_names[c->op]);
    buffer_put_f64(out, c->target);
    if (c->op == POLICY_IN) put_number(out, " to ", c->upper);
    if (c->op == POLICY_NEAR) put_number(out, " +- ", c->tol);
    if (c->confidence > 0) put_number(out, " at ", c->confidence);
    if (c->n_min) buffer_printf(out, " on %llu", (unsigned long long)c->n_min);
    if (c->op != POLICY_NEAR && !isnan(c->tol)) put_number(out, " tol ", c->tol);
}

static void put_when(struct buffer *out, const struct policy_when *when) {
    buffer_put_c(out, " when ");
    policy_when_put(out, when);
}

bool policy_rule_put(struct buffer *out, const struct policy_goal *g) {
    buffer_printf(out, "goal %s level %d kind %s severity %d", g->id, g->level, policy_kind_names[g->kind],
                  g->severity);
    if (g->weight != 1) put_number(out, " weight ", g->weight);
    if (g->when.n) put_when(out, &g->when);
    if (g->for_each[0]) buffer_printf(out, " for each %s", g->for_each);
    for (size_t i = 0; i < g->n_clauses; i++) put_clause(out, &g->clauses[i]);
    if (g->hard) buffer_put_c(out, " hard");
    for (size_t i = 0; i < g->n_relations; i++)
        buffer_printf(out, " %s %s", policy_relation_names[g->relations[i].kind], g->relations[i].other);
    put_string(out, "attribute", g->attribute);
    put_string(out, "owner", g->owner);
    put_string(out, "clause", g->clause);
    put_string(out, "text", g->text);
    put_string(out, "because", g->because);
    for (size_t i = 0; i < g->n_exceptions; i++) {
        buffer_put_c(out, " exception");
        put_when(out, &g->exceptions[i].when);
        for (size_t k = 0; k < g->exceptions[i].n_clauses; k++) put_clause(out, &g->exceptions[i].clauses[k]);
    }
    return !out->failed;
}
