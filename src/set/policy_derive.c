/* Applicability as rules, and their proofs: see policy_derive.h. */
#include "set/policy_derive.h"

#include "solver/horn.h"

#include <string.h>

enum { PROGRAM_MOST = 64 << 20, LINE_MOST = HORN_BYTES_MOST };

/* An atom; what is no letter, digit or underscore, or begins in capitals, is quoted. */
static void put_atom(struct buffer *out, const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    bool plain = name[0] >= 'a' && name[0] <= 'z' && name[strspn(name, letters)] == 0;
    if (!plain) buffer_put_char(out, '\'');
    for (const char *c = name; *c; c++) {
        if (!plain && (*c == '\'' || *c == '\\')) buffer_put_char(out, '\\');
        buffer_put_char(out, *c);
    }
    if (!plain) buffer_put_char(out, '\'');
}

static void put_test(struct buffer *out, const struct policy_test *t, size_t at) {
    buffer_put_c(out, "context(");
    put_atom(out, t->name);
    buffer_printf(out, ", V%zu), %smember(V%zu, [", at, t->negated ? "\\+ " : "", at);
    for (size_t i = 0; i < t->n_values; i++) {
        if (i) buffer_put_c(out, ", ");
        put_atom(out, t->values[i]);
    }
    buffer_put_c(out, "])");
}

/* Each with a comma behind it: another goal always follows. */
static void put_tests(struct buffer *out, const struct policy_when *when) {
    for (size_t i = 0; i < when->n; i++) {
        put_test(out, &when->tests[i], i);
        buffer_put_c(out, ", ");
    }
}

static void put_goal(struct buffer *out, const struct policy *p, size_t goal) {
    const struct policy_goal *g = &p->goals[goal];
    buffer_printf(out, "'%s applies' :- ", g->id);
    put_tests(out, &g->when);
    buffer_printf(out, "\\+ '%s is overridden'.\n", g->id);
    buffer_printf(out, "'%s is overridden' :- fail.\n", g->id);
    for (size_t k = 0; k < g->n_relations; k++)
        if (g->relations[k].kind == POLICY_OVERRIDES)
            buffer_printf(out, "'%s is overridden' :- '%s applies'.\n", g->relations[k].other, g->id);
    for (size_t i = 0; i < g->n_exceptions; i++) {
        buffer_printf(out, "'%s takes exception %zu' :- ", g->id, i + 1);
        put_tests(out, &g->exceptions[i].when);
        if (i) buffer_printf(out, "\\+ '%s takes exception %zu', ", g->id, i);
        buffer_printf(out, "'%s applies'.\n", g->id);
    }
}

bool policy_rules_put(struct buffer *out, const struct policy *p, const struct policy_context *context) {
    if (!context->facts.n) buffer_put_c(out, "context(nothing, said).\n");
    for (size_t i = 0; i < context->facts.n; i++) {
        const struct policy_test *t = &context->facts.tests[i];
        buffer_put_c(out, "context(");
        put_atom(out, t->name);
        buffer_put_c(out, ", ");
        put_atom(out, t->values[0]);
        buffer_put_c(out, ").\n");
    }
    for (size_t i = 0; i < p->n_goals; i++) put_goal(out, p, i);
    return !out->failed;
}

static bool read_program(struct horn_program *program, struct text rules, struct error *err) {
    struct text line;
    size_t column;
    for (size_t i = 0; text_next(&rules, '\n', &line); i++)
        if (line.len && !horn_add(program, line, i, &column, err)) return false;
    return true;
}

/* "'ID WORDS'" put to the program; its proof, if there is one, into `out`. */
static bool ask(const struct horn_program *program, const char *id, const char *words, struct arena *arena,
                struct buffer *out, bool *proved, struct error *err) {
    struct horn_answer answer;
    size_t column;
    const char *text = arena_printf(arena, err, "'%s %s'", id, words);
    const struct horn_clause *query = text ? horn_query(arena, text_of(text), &column, err) : NULL;
    if (!query || !horn_solve(program, query, (struct horn_limits){0}, arena, &answer, err)) return false;
    *proved = answer.verdict == HORN_PROVED;
    return !*proved || horn_put_proof(out, answer.solution[0].proof[0], 2, NULL, NULL) || error_memory(err, "proof");
}

bool policy_derive(const struct policy *p, const struct policy_context *context, size_t goal, struct arena *arena,
                   struct buffer *out, bool *proved, struct error *err) {
    struct horn_program program;
    struct buffer rules;
    const char *id = p->goals[goal].id;
    bool overridden = false;
    horn_program_init(&program, arena);
    buffer_init(&rules, PROGRAM_MOST);
    policy_rules_put(&rules, p, context);
    bool ok = buffer_check(&rules, "rules", err);
    const char *kept = ok ? text_copy(arena, buffer_text(&rules), err) : NULL;
    buffer_done(&rules);
    if (!kept || !read_program(&program, text_of(kept), err) || !horn_check(&program, arena, err) ||
        !ask(&program, id, "applies", arena, out, proved, err))
        return false;
    if (!*proved) return ask(&program, id, "is overridden", arena, out, &overridden, err);
    for (size_t i = 0, n = p->goals[goal].n_exceptions; i < n; i++) {
        bool taken;
        char words[40];
        snprintf(words, sizeof words, "takes exception %zu", i + 1);
        if (!ask(&program, id, words, arena, out, &taken, err)) return false;
    }
    return true;
}
