/* Asking the rows of a file and writing what comes, in the order of the file: Groups JSONL for generated answers,
 * Answer JSONL with log-probabilities for given continuations. Nothing is kept but one batch of rows. */
#ifndef MEASURE_ASK_GROUPS_H
#define MEASURE_ASK_GROUPS_H

#include "measure/dataset/ask_file.h"

/* One finished row: answers in the order of their samples (ASK_SCORE: one). Borrowed for the call. */
typedef bool ask_groups_sink(void *context, const struct ask_row *row, const struct answer *answers, size_t n,
                             struct error *err);
/* Gives the next row, as ask_file_next. */
typedef int ask_groups_source(void *context, struct arena *arena, struct ask_row *row, struct error *err);

struct ask_groups_counts {
    uint64_t rows, answers, failed;
};
bool ask_groups(struct subject *subject, ask_groups_source *source, void *source_context, ask_groups_sink *sink,
                void *sink_context, struct ask_groups_counts *counts, struct error *err) MUST_CHECK;

/* {"id","prompt"|"messages","gold"?,"answers":[{"text","tokens","logprob"?,"finish"}],"config":{..}}; owned. */
json_t *ask_group_json(const struct subject *subject, const struct ask_row *row, const struct answer *answers, size_t n,
                       struct error *err) MUST_CHECK;
/* {"id","subject","choices":[{"text","logprob","tokens","bytes","greedy"}]}; owned. */
json_t *ask_scores_json(const struct subject *subject, const struct ask_row *row, const struct answer *answer,
                        struct error *err) MUST_CHECK;

#endif
