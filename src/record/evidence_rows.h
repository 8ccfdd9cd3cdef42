/* What the evidence chain says of rows that are no answers and no figures: the plan of a task with its items and asks,
 * the labels of people, the comparisons. Digests are sha256 of lines, each a JSON array of the row's columns and a line
 * feed; numbers of a plan are texts, so that whoever checks them needs no rule for numbers. */
#ifndef RECORD_EVIDENCE_ROWS_H
#define RECORD_EVIDENCE_ROWS_H

#include "record/record.h"

/* Over the plan of a task in order: position, samples, seed, digests of item and ask; of the item id, split, group,
 * lang, pair, twin, cluster, ref, gold, licence; of the ask messages and want. *n: rows. Where an item lies (source) is
 * left out, for it differs from machine to machine. */
bool record_plan_digest(struct record *record, int64_t run, struct text task, uint64_t *n, char hex[HASH_HEX],
                        struct error *err) MUST_CHECK;

/* A label of an answer of the run. Borrowed for the call. */
struct record_label_row {
    struct record_label label; /* with its task */
    bool known;                /* the chain of some run has it with this digest */
    const char *digest;        /* of {"label", "who", "why"} */
};
bool record_label_digest(const struct record_label *label, char hex[HASH_HEX], struct error *err) MUST_CHECK;
/* "label#TASK#ITEM#SAMPLE" */
bool record_label_ref(struct buffer *out, const struct record_label *label);
typedef bool record_label_sink(void *context, const struct record_label_row *row, struct error *err);
bool record_labels(struct record *record, int64_t run, record_label_sink *sink, void *context,
                   struct error *err) MUST_CHECK;

/* The chain of the record itself, of no run: what was found between two runs. */
enum { RECORD_CHAIN = 0 };
/* "compare:A:B", the names of both runs. */
bool record_pair_ref(struct record *record, int64_t a, int64_t b, struct buffer *out, struct error *err) MUST_CHECK;
/* Over the comparisons of the pair in the order of their making: name, task, diff, lo, hi, p, p_corrected, method. */
bool record_pair_digest(struct record *record, int64_t a, int64_t b, char hex[HASH_HEX], struct error *err) MUST_CHECK;
typedef bool record_pair_sink(void *context, int64_t a, int64_t b, struct error *err);
/* All pairs that have comparisons. */
bool record_pairs(struct record *record, record_pair_sink *sink, void *context, struct error *err) MUST_CHECK;

#endif
