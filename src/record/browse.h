/* Looking through a record while others may write it: pages of samples that pass a filter, how far a run is, labels by
 * count. Each call does a bounded piece of work and says where it stopped, so that nobody waits for 200,000 samples. */
#ifndef RECORD_BROWSE_H
#define RECORD_BROWSE_H

#include "record/record.h"

/* What may be said of a sample; samples of several states count for each. */
enum browse_state {
    BROWSE_ANY,
    BROWSE_MISSING,  /* planned, not answered yet */
    BROWSE_FAILED,   /* the ask failed */
    BROWSE_UNSCORED, /* answered, without a score */
    BROWSE_UNREAD,   /* the reader did not understand the answer */
    BROWSE_CUT,      /* ended by the token limit */
    BROWSE_STATES
};
extern const char *const browse_state_names[BROWSE_STATES]; /* "any", "missing", ... */

struct browse_filter {
    int64_t run;
    struct text task;
    const char *scorer; /* which scores to show; NULL: of any scorer */
    enum browse_state state;
    struct text label; /* empty: any */
    struct text find;  /* in id, prompt and answer, ASCII letters in either case; empty: anything */
    uint64_t from;     /* the first position looked at */
    size_t most;       /* rows wanted; all samples of a position come together */
    double seconds;    /* then it stops where it is */
};
/* Of record_row these are set: task, position, sample, item_id, group, gold, answer, text, finish, error, scored,
 * value, label, parsed, tokens_out, ms. */
struct browse_end {
    uint64_t next;   /* position to go on from */
    uint64_t looked; /* rows looked at */
    bool all;        /* there is nothing behind `next` */
};
bool record_browse(struct record *record, const struct browse_filter *filter, record_row_sink *sink, void *context,
                   struct browse_end *end, struct error *err) MUST_CHECK;

/* [{"task", "items", "samples"}] in plan order; owned by the caller. */
json_t *record_plan_json(struct record *record, int64_t run, struct error *err) MUST_CHECK;
/* Samples with an answer and samples whose ask failed, by the evidence so far: one pass over it. */
bool record_progress(struct record *record, int64_t run, uint64_t *answered, uint64_t *failed,
                     struct error *err) MUST_CHECK;
/* [[label, samples]], the most frequent first, at most `most`; owned by the caller. NULL with err NONE: it took longer
 * than `seconds`. */
json_t *record_label_counts(struct record *record, int64_t run, struct text task, size_t most, double seconds,
                            struct error *err) MUST_CHECK;
/* The process that writes the run now; 0: none does, whatever its state says. */
int record_run_writer(const struct record *record, int64_t run);

#endif
