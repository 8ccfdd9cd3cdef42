/* The table of rules, and running them: see lint.h. */
#include "measure/data/lint_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_MOST = 20 };

static bool nothing(struct lint *lint, struct error *err) {
    (void)lint, (void)err;
    return true; /* told while the rows are read */
}

static const struct lint_rule table[] = {
    {{"readable",
      "rows that cannot be read: broken JSON, columns that are too many or too few, bytes of another encoding",
      FINDING_ERROR, NULL},
     nothing},
    {{"encoding", "characters that an encoding was mistaken for, replacement characters, control characters",
      FINDING_ERROR, NULL},
     lint_encoding},
    {{"duplicate-id", "the same id twice", FINDING_ERROR, NULL}, lint_duplicate_id},
    {{"duplicate-item", "the same question twice, with the same gold or with another one", FINDING_WARNING, NULL},
     lint_duplicate_item},
    {{"lost-item", "prompts that are empty, hold an unfilled place, or are the template alone", FINDING_ERROR, NULL},
     lint_lost_item},
    {{"gold-missing", "rows without a gold answer where the others have one", FINDING_ERROR, NULL}, lint_gold_missing},
    {{"gold-outside", "a gold answer that is none of the options", FINDING_ERROR, NULL}, lint_gold_outside},
    {{"options", "fewer than two options, empty ones, two that are equal", FINDING_ERROR, NULL}, lint_options},
    {{"constant-gold", "the gold is always the same, or too often for chance", FINDING_ERROR, NULL},
     lint_constant_gold},
    {{"gold-length", "the gold is the longest option too often for chance", FINDING_WARNING, NULL}, lint_gold_length},
    {{"leak", "the prompt says which answer is the gold", FINDING_ERROR, NULL}, lint_leak},
    {{"shifted-columns", "values that belong one column further left or right", FINDING_ERROR, NULL},
     lint_shifted_columns},
    {{"duplicate-columns", "two columns that are the same in every row", FINDING_WARNING, NULL},
     lint_duplicate_columns},
    {{"average", "averages that are not those of their row", FINDING_ERROR, NULL}, lint_average},
    {{"secrets", "keys, passwords of services, private keys, numbers of cards", FINDING_ERROR, NULL}, lint_secrets},
    {{"contamination", "the same items in two files or splits", FINDING_ERROR, NULL}, lint_contamination},
    {{"parallel", "files of several languages that do not go together row by row", FINDING_ERROR, NULL}, lint_parallel},
    {{"languages",
      "what makes a ranking of languages one of harnesses: nine checks of tasks in several, tables of golds and rates",
      FINDING_ERROR, NULL},
     lint_languages},
    {{"bug-labels", "findings of audits of contracts whose label is none of Web3Bugs", FINDING_ERROR, NULL},
     lint_bug_labels},
    {{"media", "pictures and sounds that rows name and that are not there, are cut short or cannot be read",
      FINDING_ERROR, NULL},
     lint_media},
    {{"baselines", "what constants score", FINDING_NOTE, NULL}, lint_baselines},
};
enum { RULES = sizeof table / sizeof *table };

size_t lint_rules(const struct lint_rule **out) {
    *out = table;
    return RULES;
}

/* ---- telling ---- */

static bool send(struct lint *lint, enum finding_severity severity, const char *file, size_t line, const char *what,
                 struct error *err) {
    const struct finding f = {
        .rule = lint->rule->is.name, .severity = severity, .file = file, .line = line, .what = what};
    return lint->settings->sink(lint->settings->context, &f, err);
}

/* How many were not told one by one. */
static bool tell_rest(struct lint *lint, struct error *err) {
    char what[80];
    if (lint->told.n <= TOLD_MOST) return true;
    snprintf(what, sizeof what, "and %" PRIu64 " more rows", lint->told.n - TOLD_MOST);
    return send(lint, lint->told.severity, lint->told.file, 0, what, err);
}

static bool tell(struct lint *lint, enum finding_severity severity, const char *file, size_t line, struct error *err,
                 const char *format, va_list arguments) {
    char what[480];
    if (line && lint->told.file && strcmp(lint->told.file, file) != 0) {
        if (!tell_rest(lint, err)) return false;
        lint->told.n = 0;
    }
    lint->result->findings[severity]++;
    if (line) {
        lint->told.file = file;
        lint->told.severity = severity;
        if (++lint->told.n > TOLD_MOST) return true;
    }
    vsnprintf(what, sizeof what, format, arguments);
    for (char *c = what; *c; c++)
        if ((unsigned char)*c < 0x20) *c = ' '; /* a finding is one line */
    return send(lint, severity, file, line, what, err);
}

bool lint_tell_at(struct lint *lint, enum finding_severity severity, const char *file, size_t line, struct error *err,
                  const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool ok = tell(lint, severity, file, line, err, format, arguments);
    va_end(arguments);
    return ok;
}

bool lint_tell(struct lint *lint, enum finding_severity severity, const struct lint_set *set,
               const struct lint_row *row, struct error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool ok = tell(lint, severity, row ? row->file : set->name, row ? row->line : 0, err, format, arguments);
    va_end(arguments);
    return ok;
}

/* ---- running ---- */

static bool check_only(const char *only, struct error *err) {
    const char *names[RULES];
    for (size_t i = 0; i < RULES; i++) names[i] = table[i].is.name;
    return finding_only(only, names, RULES, "lint", err);
}

static bool run_rules(struct lint *lint, struct error *err) {
    for (size_t i = 0; i < RULES; i++) {
        if (i > 0 && !finding_wanted(lint->settings->only, table[i].is.name)) continue;
        lint->rule = &table[i];
        memset(&lint->told, 0, sizeof lint->told);
        if (!table[i].check(lint, err) || !tell_rest(lint, err)) return false;
    }
    return true;
}

/* Prompts that differ in their words, over all that was read: how many questions these are in truth. */
static bool count_prompts(struct lint *lint, struct error *err) {
    struct lint_table seen;
    size_t n = 0;
    for (size_t s = 0; s < lint->n_sets; s++) n += lint->sets[s].n;
    if (!lint_table_new(&seen, n, lint->arena, err)) return false;
    for (size_t s = 0; s < lint->n_sets; s++)
        for (size_t i = 0; i < lint->sets[s].n; i++) {
            uint64_t hash = lint->sets[s].rows[i].prompt_hash;
            lint->result->prompts += hash && !lint_table_put(&seen, hash, 1);
        }
    return true;
}

bool lint_run(const char *const *names, size_t n, const struct lint_settings *settings, struct arena *arena,
              struct lint_result *result, struct error *err) {
    struct lint lint = {.settings = settings, .result = result, .arena = arena, .rule = &table[0]};
    *result = (struct lint_result){0};
    bool ok = check_only(settings->only, err) && (lint.sets = arena_new(arena, struct lint_set, LINT_SETS_MOST, err)) &&
              (lint.published = arena_new(arena, struct lint_set, LINT_SETS_MOST, err));
    for (size_t i = 0; ok && i < n; i++) ok = lint_read(&lint, names[i], err);
    ok = ok && tell_rest(&lint, err) && run_rules(&lint, err) && count_prompts(&lint, err);
    for (size_t i = 0; i < lint.n_sets; i++) {
        result->rows += lint.sets[i].n;
        lint_set_done(&lint.sets[i]);
    }
    for (size_t i = 0; i < lint.n_published; i++) lint_set_done(&lint.published[i]);
    result->sets = lint.n_sets;
    for (size_t i = 0; i < lint.n_suites; i++) suite_free(lint.suites[i]);
    return ok;
}
