/* Judging predictions: see sql_judge.h. */
#include "verify/sql_judge.h"

#include "base/buffer.h"
#include "verify/sql_lex.h"
#include "verify/sql_shape.h"

#include <ctype.h>
#include <string.h>

const char *const sql_verdict_names[SQL_VERDICTS] = {"right", "silent", "missed", "wrong", "no result", "false answer"};

struct sql_judge {
    struct sql_database *database;
    struct sql_variants *variants; /* NULL: not asked for, or not needed yet */
    struct sql_judge_settings settings;
};

struct sql_judge_settings sql_judge_usual(void) {
    return (struct sql_judge_settings){.set = SQL_SET_PLAIN, .limits = sql_limits_usual, .seed = 1};
}

struct sql_judge *sql_judge_new(struct sql_database *database, const struct sql_judge_settings *settings,
                                struct error *err) {
    struct sql_judge *judge = memory_zeroed(1, sizeof *judge);
    if (!judge) {
        sql_close(database);
        return error_memory(err, "judge"), NULL;
    }
    judge->database = database;
    judge->settings = *settings;
    return judge;
}

void sql_judge_free(struct sql_judge *judge) {
    if (!judge) return;
    sql_variants_free(judge->variants);
    sql_close(judge->database);
    memory_free(judge);
}

struct sql_database *sql_judge_database(struct sql_judge *judge) {
    return judge->database;
}

/* ---- one answer */

/* The first word of a query, misspelt: "SELEC COUNT(*)", "SLECT 1"; not a word of English that is near by chance. */
static bool is_misspelt_select(const struct sql_piece *first, struct text rest) {
    static const char *const word[] = {"select"};
    char small[16];
    struct sql_piece next;
    if (first->kind != SQL_WORD || first->text.len >= sizeof small) return false;
    for (size_t i = 0; i < first->text.len; i++) small[i] = (char)tolower((unsigned char)first->text.at[i]);
    if (small[0] != 's' || !text_nearest((struct text){small, first->text.len}, word, 1)) return false;
    for (bool begins = true; sql_next(&rest, &next); begins = false)
        if (sql_is_word(&next, "from") || (begins && (next.kind == SQL_NUMBER || sql_is_sign(&next, "*")))) return true;
    return false;
}

/* A statement without the word select: cleaning would take it for silence, and it is anything but that. */
static bool is_statement(struct text raw) {
    static const char *const words[] = {"delete",  "drop",   "insert", "update",   "replace", "create",
                                        "alter",   "attach", "detach", "pragma",   "vacuum",  "reindex",
                                        "analyze", "begin",  "commit", "rollback", "explain"};
    struct text rest = raw;
    struct sql_piece first, second;
    size_t fence = text_find(raw, TEXT("```sql"), 0);
    if (fence != SIZE_MAX) {
        rest = text_part(raw, fence + 6, raw.len);
    } else if (text_starts(text_trim(raw), TEXT("```"))) {
        size_t line = text_find(rest, TEXT("\n"), 0);
        rest = text_part(rest, line == SIZE_MAX ? rest.len : line + 1, rest.len);
    }
    if (!sql_next(&rest, &first)) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_is_word(&first, words[i])) return true;
    if (is_misspelt_select(&first, rest)) return true;
    return sql_is_word(&first, "values") && sql_next(&rest, &second) && sql_is_sign(&second, "(");
}

static bool clean_prediction(const struct sql_judge *j, struct text raw, struct text reference, struct arena *arena,
                             struct text *out, struct error *err) {
    bool single = j->settings.set != SQL_SET_SPIDER;
    *out = raw;
    if (sql_is_null(raw) || !text_trim(raw).len) return *out = TEXT("null"), true;
    if (!j->settings.raw && !sql_clean(raw, j->settings.set, arena, out, err)) return false;
    if (sql_is_null(*out) && is_statement(raw)) return *out = text_trim(raw), true;
    if (sql_is_null(*out) || sql_is_null(reference) || j->settings.strict || !single) return true;
    return sql_repair_distinct(reference, *out, arena, out, err);
}

static bool no_reference(const struct sql_judge *j, struct text reference, const struct sql_result *r,
                         struct error *err) {
    if (!j->database)
        return error_set(err, ERROR_DATA, "there is no database to run '%.*s' on",
                         (int)(reference.len < 80 ? reference.len : 80), reference.at);
    return error_set(err, ERROR_DATA, "the reference '%.*s' does not run on %s: %s (%s)",
                     (int)(reference.len < 120 ? reference.len : 120), reference.at, sql_shown_name(j->database),
                     sql_state_names[r->state], r->why);
}

/* Right here: on the perturbed databases, too? */
static bool test_luck(struct sql_judge *j, enum sql_rule rule, struct text reference, struct arena *arena,
                      struct sql_judgement *out, struct error *err) {
    struct sql_luck luck;
    if (!j->settings.variants) return true;
    if (!j->variants && !(j->variants = sql_variants_new(j->database, j->settings.variants, j->settings.seed, err)))
        return false;
    if (!sql_variants_compare(j->variants, rule, reference, out->sql, &j->settings.limits, arena, &luck, err))
        return false;
    out->lucky = luck.lucky;
    out->variant = luck.variant;
    return true;
}

static bool judge_feasible(struct sql_judge *j, struct text reference, struct arena *arena, struct sql_judgement *out,
                           struct error *err) {
    enum sql_rule rule = sql_set_rule(j->settings.set, j->settings.strict);
    struct sql_result wanted = {0}, found;
    struct sql_match match = {0};
    if (!out->answered) return out->verdict = SQL_MISSED, true;
    if (!j->database) return no_reference(j, reference, &wanted, err);
    if (!sql_run(j->database, reference, &j->settings.limits, arena, &wanted, err)) return false;
    if (wanted.state != SQL_RAN) return no_reference(j, reference, &wanted, err);
    if (!sql_run(j->database, out->sql, &j->settings.limits, arena, &found, err)) return false;
    out->state = found.state;
    out->why = found.why;
    out->verdict = SQL_NO_RESULT;
    if (found.state != SQL_RAN) return true;
    if (!sql_tables_equal(rule, reference, &wanted.table, &found.table, arena, &match, err)) return false;
    out->verdict = match.equal ? SQL_RIGHT : SQL_WRONG;
    out->empty = match.equal && match.empty;
    return !match.equal || test_luck(j, rule, reference, arena, out, err);
}

bool sql_judge_answer(struct sql_judge *j, struct text given, struct text prediction, struct arena *arena,
                      struct sql_judgement *out, struct error *err) {
    struct text reference;
    struct sql_shape shape;
    *out = (struct sql_judgement){.state = SQL_RAN};
    if (!sql_clean_reference(given, j->settings.set, arena, &reference, err) ||
        !clean_prediction(j, prediction, reference, arena, &out->sql, err))
        return false;
    out->feasible = !sql_is_null(reference);
    out->answered = !sql_is_null(out->sql);
    if (!out->feasible) {
        out->verdict = out->answered ? SQL_FALSE : SQL_SILENT;
    } else {
        if (!sql_shape_of(reference, arena, &shape, err) || !judge_feasible(j, reference, arena, out, err))
            return false;
        out->reference = (struct sql_shape_brief){(int)shape.hardness, shape.structure};
    }
    out->score = out->verdict == SQL_RIGHT || out->verdict == SQL_SILENT ? 1 : out->verdict == SQL_MISSED ? 0 : -1;
    out->harmful = out->score < 0;
    return true;
}

/* ---- signals that need no model */

/* Which sample of the list wins: most of its kind, the first by bytes of equal ones. */
static size_t modal(const struct text *texts, const size_t *kind, size_t n, double *share) {
    size_t best = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t votes = 0;
        for (size_t k = 0; k < n; k++) votes += kind[i] == kind[k];
        if (votes < most || (votes == most && text_compare(texts[i], texts[best]) >= 0)) continue;
        most = votes;
        best = i;
    }
    *share = (double)most / (double)n;
    return best;
}

static bool same_result(struct sql_judge *j, const struct text *sql, const struct sql_result *a,
                        const struct sql_result *b, struct arena *arena, bool *same, struct error *err) {
    struct sql_match match = {0};
    *same = false;
    if (a->state != SQL_RAN || b->state != SQL_RAN) return true;
    if (!sql_tables_equal(sql_set_rule(j->settings.set, j->settings.strict), *sql, &a->table, &b->table, arena, &match,
                          err))
        return false;
    *same = match.equal;
    return true;
}

/* kind[i]: the first sample with the same table; what does not run is alone, silence is one kind. */
static bool group_results(struct sql_judge *j, const struct text *cleaned, size_t n, size_t *kind, struct arena *arena,
                          struct error *err) {
    struct sql_result *r = arena_new(arena, struct sql_result, n, err);
    if (!r) return false;
    for (size_t i = 0; i < n; i++) {
        bool silent = sql_is_null(cleaned[i]);
        kind[i] = i;
        r[i].state = SQL_FAILED;
        if (!silent && !sql_run(j->database, cleaned[i], &j->settings.limits, arena, &r[i], err)) return false;
        for (size_t k = 0; k < i && kind[i] == i; k++) {
            bool same = silent && sql_is_null(cleaned[k]);
            if (!silent && kind[k] == k && !same_result(j, &cleaned[k], &r[k], &r[i], arena, &same, err)) return false;
            if (same) kind[i] = kind[k];
        }
    }
    return true;
}

bool sql_signals_of(struct sql_judge *j, const struct text *samples, size_t n, struct arena *arena,
                    struct sql_signals *out, struct error *err) {
    struct text *cleaned = arena_new(arena, struct text, n, err);
    size_t *kind = arena_new(arena, size_t, n, err);
    struct sql_result prepared;
    *out = (struct sql_signals){.result_share = __builtin_nan(""), .prepares = __builtin_nan("")};
    if (!cleaned || !kind) return false;
    for (size_t i = 0; i < n; i++) {
        if (!clean_prediction(j, samples[i], TEXT("null"), arena, &cleaned[i], err)) return false;
        kind[i] = i;
        for (size_t k = 0; k < i && kind[i] == i; k++)
            if (text_equal(cleaned[i], cleaned[k])) kind[i] = kind[k];
    }
    out->modal_text = cleaned[modal(cleaned, kind, n, &out->text_share)];
    out->modal_result = out->modal_text;
    if (!j->database) return true;
    if (!group_results(j, cleaned, n, kind, arena, err)) return false;
    out->modal_result = cleaned[modal(cleaned, kind, n, &out->result_share)];
    if (sql_is_null(out->modal_text)) return out->prepares = 0, true;
    if (!sql_prepares(j->database, out->modal_text, arena, &prepared, err)) return false;
    out->prepares = prepared.state == SQL_RAN;
    return true;
}
