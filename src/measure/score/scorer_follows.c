/* Does what was said make a goal true? The answer is a list of formulas, parted by line breaks or semicolons; the
 * labels goal and reason (arith, func, sets, finite, horn) say what must follow and in which language. A split counts
 * when its formulas read, can be true together, imply the goal, and are not the goal itself. Decided by Z3, by trying
 * all sets, by rules; where Z3 is not there, arithmetic is not scored. */
#include "measure/score/scorer_internal.h"

#include "solver/horn.h"
#include "solver/sets.h"
#include "solver/smt.h"

#include <math.h>
#include <string.h>

enum { PREMISES_MOST = 32 };
enum verdict { FOLLOWS, DOES_NOT, CLASHES, UNREAD, UNDECIDED };

struct split {
    struct text goal, premise[PREMISES_MOST];
    size_t n;
    struct arena *arena;
    struct error *err;
};

/* The goal itself proves nothing. */
static bool cut(struct text t, struct split *s) {
    for (size_t i = 0, from = 0; i <= t.len; i++) {
        if (i < t.len && t.at[i] != '\n' && t.at[i] != ';') continue;
        struct text part = text_trim(text_part(t, from, i));
        from = i + 1;
        if (part.len == 0) continue;
        if (s->n == PREMISES_MOST || text_equal(part, s->goal)) return false;
        s->premise[s->n++] = part;
    }
    return s->n > 0;
}

/* An error of the environment is one; any other says that a text is no formula. */
static bool unread(const struct split *s, const struct error *why, enum verdict *out) {
    *out = UNREAD;
    return why->kind != ERROR_ENVIRONMENT || (*s->err = *why, false);
}

/* ---- numbers ---- */

static bool note_all(struct symbols *symbols, const struct formula *const *f, size_t n, struct error *why) {
    size_t column;
    for (size_t i = 0; i < n; i++)
        if (!symbols_note(symbols, f[i], &f[i], &column, why)) return false;
    for (size_t i = 0; i < n; i++)
        if (!symbols_infer(symbols, f[i], &column, why)) return false;
    return true;
}

static bool prove(const struct split *s, const struct symbols *symbols, const struct formula *const *f,
                  enum verdict *out) {
    /* by steps, so that a busy machine decides as an idle one does; the seconds only end what hangs */
    const struct smt_limits limits = {.seconds = 60, .steps = 2000000};
    struct smt_answer answer;
    struct smt *smt = smt_new(limits, s->err);
    if (!smt) return false;
    bool ok = smt_prove(smt, symbols, f, s->n, f[s->n], s->arena, &answer, s->err);
    if (ok)
        *out = answer.verdict == SMT_UNKNOWN ? UNDECIDED
               : answer.verdict == SMT_SAT   ? DOES_NOT
               : answer.contradiction        ? CLASHES
                                             : FOLLOWS;
    smt_free(smt);
    return ok;
}

static bool decide_numbers(const struct split *s, enum verdict *out) {
    const struct formula *f[PREMISES_MOST + 1];
    struct symbols symbols;
    struct error why = {0};
    size_t column;
    if (!smt_there()) return *out = UNDECIDED, true;
    for (size_t i = 0; i <= s->n; i++)
        if (!(f[i] = formula_read(s->arena, i < s->n ? s->premise[i] : s->goal, &column, &why)))
            return unread(s, &why, out);
    symbols_init(&symbols, s->arena);
    if (!note_all(&symbols, f, s->n + 1, &why)) return unread(s, &why, out);
    return prove(s, &symbols, f, out);
}

/* ---- sets ---- */

static bool decide_sets(const struct split *s, enum verdict *out) {
    const struct sets_formula *f[PREMISES_MOST + 1];
    struct sets_names names;
    struct sets_answer answer;
    struct error why = {0};
    size_t column;
    sets_names_init(&names, s->arena);
    for (size_t i = 0; i <= s->n; i++)
        if (!(f[i] = sets_read(s->arena, i < s->n ? s->premise[i] : s->goal, &column, &why)) ||
            !sets_names_add(&names, f[i], &column, &why))
            return unread(s, &why, out);
    if (!sets_try_all(&names, f, s->n, f[s->n], s->arena, &answer, s->err)) return false;
    *out = answer.verdict == SETS_UNKNOWN         ? UNDECIDED
           : answer.verdict == SETS_REFUTED       ? DOES_NOT
           : answer.verdict == SETS_CONTRADICTION ? CLASHES
                                                  : FOLLOWS;
    return true;
}

/* ---- rules ---- */

static bool decide_rules(const struct split *s, enum verdict *out) {
    struct horn_program program;
    const struct horn_limits limits = {.steps = 100000, .answers = 10000, .depth = 200};
    struct horn_answer answer;
    struct error why = {0};
    size_t column;
    horn_program_init(&program, s->arena);
    for (size_t i = 0; i < s->n; i++)
        if (!horn_add(&program, s->premise[i], i, &column, &why)) return unread(s, &why, out);
    const struct horn_clause *query = horn_query(s->arena, s->goal, &column, &why);
    if (!query || !horn_check(&program, s->arena, &why)) return unread(s, &why, out);
    if (!horn_solve(&program, query, limits, s->arena, &answer, s->err)) return false;
    *out = answer.verdict == HORN_PROVED   ? FOLLOWS
           : answer.verdict == HORN_FAILED ? DOES_NOT
           : answer.verdict == HORN_ERROR  ? UNREAD
                                           : UNDECIDED;
    return true;
}

/* ---- the scorer ---- */

static bool decide(const struct split *s, struct text reason, enum verdict *out) {
    if (text_equal_c(reason, "sets") || text_equal_c(reason, "finite")) return decide_sets(s, out);
    return text_equal_c(reason, "horn") ? decide_rules(s, out) : decide_numbers(s, out);
}

static struct text label(const struct item *item, const char *key) {
    return json_text(json_object_get(json_object_get(item->gold, "labels"), key));
}

static bool score_follows(const struct task *task, const struct option_value *options, const struct item *item,
                          const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    static const char *const names[] = {"follows", "refuted", "vacuous", "unread", "undecided"};
    struct split s = {.goal = text_trim(label(item, "goal")), .arena = arena, .err = err};
    enum verdict verdict = UNREAD;
    struct text t;
    (void)options;
    if (s.goal.len == 0) return error_set(err, ERROR_DATA, "scorer 'follows' needs the label goal, and reason");
    if (!score_read(task, item, answer->text, arena, &t, &out->parsed, err)) return false;
    if (out->parsed == PARSED_FAIL) return score_unread(out);
    if (cut(t, &s) && !decide(&s, label(item, "reason"), &verdict)) return false;
    if (verdict == UNREAD) out->parsed = PARSED_FAIL;
    if (verdict == UNDECIDED) return true;
    out->value = verdict == FOLLOWS;
    out->label = text_of(names[verdict]);
    return score_part(out, "acc", out->value, err);
}

const struct scorer scorer_follows = {
    .name = "follows",
    .version = "1",
    .summary = "the formulas of an answer imply the goal of its row, and can be true together",
    .metrics = "[acc]",
    .score = score_follows,
};
