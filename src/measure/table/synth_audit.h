/* An audit of synthetic tables: files in, a cohort of raw figures out (trust_index.h makes indices of it), which is
 * kept as JSON with a digest of every file, so that other weights need no second measuring. */
#ifndef MEASURE_SYNTH_AUDIT_H
#define MEASURE_SYNTH_AUDIT_H

#include "base/json.h"
#include "base/pool.h"
#include "measure/table/synth_measure.h"

enum { SYNTH_CANDIDATES_MOST = 2000 };

struct synth_audit_settings {
    const char *schema;
    const char *const *real; /* one file, split in folds; or two: rows that the generator saw, and rows it did not */
    size_t n_real;
    const char *const *candidates; /* CSV or TSV files, folders of them; .jsonl: records {id, generator, seed, fold,
                                      step, epsilon, file, sha256}, files beside it */
    size_t n_candidates;
    bool anchors, lenient;
    uint64_t seed;
    double confidence;
    struct pool *pool;
    void (*progress)(void *context, const char *what); /* NULL: none */
    void *context;
};
struct synth_file {
    const char *path;
    char sha256[HASH_HEX];
};
struct synth_audit {
    struct trust_cohort cohort;
    struct synth_file *file; /* schema, real ones, records, candidates */
    size_t n_files;
    size_t *rows; /* [cohort.n] */
    uint64_t seed;
    double confidence;
    size_t train, held, test; /* rows of fold 0, or of the first fold asked for */
    size_t shared, by_chance; /* of two real files: unseen rows that are seen ones, too; how many chance would make so:
                               * the share of seen rows that another seen row equals, times the unseen rows */
    bool leaks;               /* shared is more than chance gives, by three standard deviations */
};
/* On the arena; the same bits for any number of threads. Candidates of fewer than 100 rows, and a real file that is
 * given twice, are refused. ERROR_DATA names file and line; a record whose file has another digest names the file. */
bool synth_audit_run(const struct synth_audit_settings *settings, struct arena *arena, struct synth_audit *out,
                     struct error *err) MUST_CHECK;
/* Writes train.csv, held.csv and test.csv of every fold into FOLDER/fold0 and so on: what a generator may see, and what
 * it may not. One real file only. */
bool synth_audit_split(const struct synth_audit_settings *settings, const char *folder, struct arena *arena,
                       struct error *err) MUST_CHECK;

/* {"format": "audit-1", "files": [...], "candidates": [...], "metrics": [...], "raw": [...]}; owned by the caller. */
json_t *synth_audit_json(const struct synth_audit *audit, struct error *err) MUST_CHECK;
/* What synth_audit_json made; every file is read again, and one that has changed is refused by its name. */
bool synth_audit_read(const char *path, struct arena *arena, struct synth_audit *out, struct error *err) MUST_CHECK;

/* What a reader must know, one line each, on the arena: copies of training rows, gaps above 0.1, learners far below
 * those trained on real rows, metrics that were dropped or say nothing, small cohorts, candidates of less
 * than half of the training rows, unseen rows that were seen. */
bool synth_audit_notes(const struct synth_audit *audit, const struct trust_index *index,
                       const struct trust_ranking *ranking, struct arena *arena, const char ***out, size_t *n,
                       struct error *err) MUST_CHECK;

#endif
