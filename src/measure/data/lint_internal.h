/* What the rules of data lint share. */
#ifndef MEASURE_LINT_INTERNAL_H
#define MEASURE_LINT_INTERNAL_H

#include "measure/data/lint.h"

enum { LINT_OPTIONS_MOST = 64, LINT_SETS_MOST = 4096, LINT_COLUMNS_MOST = 256 };

struct lint_row {
    const char *file;
    size_t line;
    json_t *row;
    struct text id, prompt, split;
    struct text *options;
    size_t n_options;
    bool has_prompt, has_gold;
    struct text gold;     /* as the row says it, or the text of the option */
    int64_t gold_index;   /* place among the options; -1: none of them */
    uint64_t prompt_hash; /* of its words in lower case, see lint_words_hash */
};

/* What a file holds: rows, or a published table of golds or of rates by language. */
enum lint_table_kind { LINT_ROWS, LINT_GOLDS, LINT_RATES };

/* The rows of one file, or of one task. */
struct lint_set {
    const char *name; /* as it was named; of a task its name */
    const struct task *task;
    bool permuted; /* the task asks its choices in an order of each item's own */
    struct lint_row *rows;
    size_t n, capacity;
    enum lint_table_kind table_kind;
    json_t *table; /* of a file that holds no rows */
};

struct lint {
    const struct lint_settings *settings;
    struct lint_result *result;
    struct arena *arena;
    struct lint_set *sets;
    size_t n_sets;
    struct lint_set *published; /* tasks as their key `compat` has them, where they have one */
    size_t n_published;
    const struct lint_rule *rule; /* at work */
    struct suite *suites[64];
    size_t n_suites;
    struct { /* findings of the rule in this file so far */
        const char *file;
        uint64_t n;
        enum finding_severity severity;
    } told;
};

/* lint.c: tells a finding of the rule at work. row NULL: of the set as a whole. */
bool lint_tell(struct lint *lint, enum finding_severity severity, const struct lint_set *set,
               const struct lint_row *row, struct error *err, const char *format, ...) PRINTF_LIKE(6, 7) MUST_CHECK;
/* The same by file and line. */
bool lint_tell_at(struct lint *lint, enum finding_severity severity, const char *file, size_t line, struct error *err,
                  const char *format, ...) PRINTF_LIKE(6, 7) MUST_CHECK;

/* lint_read.c */
bool lint_read(struct lint *lint, const char *name, struct error *err) MUST_CHECK;
void lint_set_done(struct lint_set *set);

/* At most 60 bytes of a value for a message, whole characters. */
struct text lint_short(struct text t);
/* Words in lower case without what stands between them: equal for texts that differ in case, blanks and punctuation. */
uint64_t lint_words_hash(struct text t);
/* An open hash table of 64-bit keys with a row behind each. */
struct lint_table {
    uint64_t *keys;
    uint32_t *first; /* place of the first row with it, + 1 */
    size_t slots;
};
bool lint_table_new(struct lint_table *table, size_t n, struct arena *arena, struct error *err) MUST_CHECK;
/* The value kept for the key; 0: it was not there and now is, with `value` (> 0). */
uint32_t lint_table_put(struct lint_table *table, uint64_t key, uint32_t value);
uint32_t lint_table_get(const struct lint_table *table, uint64_t key);

/* lint_rows.c */
bool lint_encoding(struct lint *lint, struct error *err);
bool lint_duplicate_id(struct lint *lint, struct error *err);
bool lint_duplicate_item(struct lint *lint, struct error *err);
bool lint_lost_item(struct lint *lint, struct error *err);
bool lint_secrets(struct lint *lint, struct error *err);
/* lint_gold.c */
bool lint_gold_missing(struct lint *lint, struct error *err);
bool lint_gold_outside(struct lint *lint, struct error *err);
bool lint_options(struct lint *lint, struct error *err);
bool lint_constant_gold(struct lint *lint, struct error *err);
bool lint_gold_length(struct lint *lint, struct error *err);
bool lint_leak(struct lint *lint, struct error *err);
bool lint_baselines(struct lint *lint, struct error *err);
/* lint_columns.c */
bool lint_shifted_columns(struct lint *lint, struct error *err);
bool lint_duplicate_columns(struct lint *lint, struct error *err);
bool lint_average(struct lint *lint, struct error *err);
/* lint_files.c */
bool lint_contamination(struct lint *lint, struct error *err);
bool lint_parallel(struct lint *lint, struct error *err);
/* lint_contracts.c */
bool lint_bug_labels(struct lint *lint, struct error *err);
/* lint_media.c */
bool lint_media(struct lint *lint, struct error *err);
/* lint_languages.c; reading: whether the file is such a table, which the set then holds. */
bool lint_languages(struct lint *lint, struct error *err);
bool lint_read_table(struct lint_set *set, const char *path);

#endif
