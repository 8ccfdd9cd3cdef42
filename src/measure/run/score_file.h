/* Any scorer over recorded answers: files of answers in, scored rows and figures out. No subject is asked and no record
 * is written; the same scorer and the same metrics as in a run. */
#ifndef MEASURE_SCORE_FILE_H
#define MEASURE_SCORE_FILE_H

#include "measure/score/judge.h"
#include "measure/figure/tally.h"

/* A scored row, in the order of the file; borrowed for the call. Groups JSONL: the row with reward {NAME: value},
 * labels {NAME: label} and level (where the scorer tells one) in each answer. Else Answer JSONL: the row with scorer,
 * value, label, parsed, evidence. */
typedef bool score_file_sink(void *context, const json_t *row, struct error *err);

enum { SCORE_ALSO_MOST = 31 };

struct score_file_settings {
    const char *scorer; /* spec */
    /* Further specs over the same rows, which are read once; no judge is asked for them. Scored rows carry theirs under
     * "scores": {SPEC: {value, label, parsed}}; figures stand behind those of the first, `starts` says where. */
    const char *const *also;
    size_t n_also;
    const char *path;   /* folders for what it names */
    struct figure_settings figures;
    bool lenient;          /* bad rows are counted, not fatal */
    struct record *record; /* of paths "run:NAME"; NULL: none */
    struct judge *judge;   /* asked about answers that the scorer leaves open (scorer.open_label); NULL: none */
    score_file_sink *sink; /* NULL: none */
    void *context;
};
/* A task without rows of its own that carries a scorer and its metrics. ERROR_USAGE: no such scorer, a bad option. */
struct task *score_carrier(const char *scorer, const char *path, uint64_t seed, struct error *err) MUST_CHECK;

struct score_file_result {
    uint64_t rows, answers, bad_rows;
    uint64_t judged;        /* answers that a judge was asked about, now or (in the row, as "judged") earlier */
    uint64_t expected, met; /* rows with "expect": {level | score | label | PART: ...}, and those whose score is so */
    const char *missed;     /* the first rows that are not, a line each; on the arena, NULL: none */
    const char *mistakes;   /* rows of a labelled file that got another class, a line each; on the arena, NULL: none */
    struct figure
        *figures; /* on the arena; where answers were judged, those without the judge follow, group judge=no */
    size_t n_figures;
    size_t starts[SCORE_ALSO_MOST + 2]; /* of scorer k its first figure; behind the last one n_figures */
};
bool score_files(const char *const *paths, size_t n_paths, const struct score_file_settings *settings,
                 struct arena *arena, struct score_file_result *out, struct error *err) MUST_CHECK;

#endif
