/* Variants of test cases: the same question put otherwise, with the answer carried along, so that a test that leaked or
 * grew old can be asked anew (TrustGen, Huang et al. 2025, contextual variation). Operations are one table
 * (`methods variation`). What one makes is checked, not believed: of questions about the pocket world the variant is
 * read with the world's wordings and its answer looked up among the facts; other texts must pass two checks that know
 * nothing of each other, or a subject that is asked. What fails is dropped, with a reason.
 *
 * All that is drawn for an item follows from splitmix64(seed, id, number of the variant): more items never change the
 * variants of those that were there. */
#ifndef MEASURE_VARY_H
#define MEASURE_VARY_H

#include "base/json.h"
#include "measure/world/world.h"
#include "subject/subject.h"

enum vary_format { VARY_NONE, VARY_OPEN, VARY_CHOICE, VARY_TRUEFALSE, VARY_FORMATS };
extern const char *const vary_format_names[VARY_FORMATS]; /* "none", "open_ended", "multiple_choice", "true_false" */

struct vary_job; /* vary_internal.h */
struct vary_item;
struct vary_variant;
struct variation {
    const char *name, *family, *summary;
    unsigned formats;   /* 1 << enum vary_format of those it may be used on */
    bool asked_for;     /* drawn only when its name or family is given */
    const char *detail; /* which of several things its function does; NULL: there is one */
    /* Fills out; out->skipped says why there is none. false: err. */
    bool (*make)(struct vary_job *job, const struct vary_item *item, const struct variation *op, uint64_t key,
                 struct vary_variant *out, struct error *err);
};
/* Numbered in their order; NULL behind the last. */
const struct variation *variation_at(size_t i);
enum { VARIATIONS_MOST = 64, VARY_REASONS = 48 };

typedef bool vary_sink(void *context, const json_t *row, struct error *err); /* borrowed */
struct vary_settings {
    const char *const *files;
    size_t n_files;
    const char *const *kinds; /* names and families with commas; none: all that are not asked_for */
    size_t n_kinds;
    uint64_t seed;
    uint64_t samples;                /* variants of an item that are drawn; 0: 1 */
    bool each;                       /* one of every operation instead, and the item as it is */
    bool lenient;                    /* bad rows are counted, not fatal */
    struct subject *teacher, *judge; /* rewrites; decides where a text has no two checks. NULL: none */
    size_t max_tokens;               /* of what the teacher writes; 0: 256 */
    const struct world *world;       /* that rows may be of; NULL: the one that the first row names is drawn */
    vary_sink *sink;
    void *context;
};
struct vary_count {
    uint64_t made, passed, dropped, unchanged; /* unchanged: there was nothing that it could change */
};
struct vary_reason {
    const char *why; /* constant */
    size_t op;
    uint64_t n;
};
struct vary_result {
    uint64_t read, bad, rows, dropped, asked;  /* rows: written; asked: answers of teacher and judge */
    struct vary_count of[VARIATIONS_MOST + 1]; /* by the table of variations; behind them the items as they were */
    struct vary_reason reasons[VARY_REASONS];
    size_t n_reasons;
};
/* Each row is that of the item with prompt, choices, gold and truth of the variant, and parent, op, seed, hash, format,
 * original_format, gate {status, by}. ERROR_USAGE: no such operation; ERROR_DATA: FILE:LINE and what a row lacks, an id
 * that stands twice, a file without rows. */
bool vary_rows(const struct vary_settings *settings, struct vary_result *out, struct error *err) MUST_CHECK;

#endif
