/* The record: a SQLite file (WAL) of what was asked, answered and scored, for good. The schema is in schema.c; a figure
 * can always be recomputed from the answers. Killing the program at any moment loses at most the answers of the open
 * transaction; the same command goes on from there.
 *
 * Writing happens between record_begin and record_commit (BEGIN IMMEDIATE; other writers wait).
 * One thread per record. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/hash.h"
#include "base/json.h"

struct record;

enum record_mode { RECORD_READ, RECORD_WRITE };
/* RECORD_WRITE creates the file and migrates older versions; a newer version or another kind of file is refused. */
struct record *record_open(const char *path, enum record_mode mode, struct error *err) MUST_CHECK;
void record_close(struct record *record);
const char *record_path(const struct record *record);
bool record_begin(struct record *record, struct error *err) MUST_CHECK;
bool record_commit(struct record *record, struct error *err) MUST_CHECK;
void record_rollback(struct record *record);

struct record_subject {
    const char *digest, *spec, *kind, *name, *tokenizer, *template_digest;
    const json_t *files;      /* may be NULL */
    const char *capabilities; /* "generates, scores" */
};
bool record_put_subject(struct record *record, const struct record_subject *subject, struct error *err) MUST_CHECK;

/* What makes two runs the same work: everything but times. */
struct record_run_key {
    const char *name;    /* NULL: r1, r2, ... */
    const char *command; /* the command line as typed, joined by blanks */
    const char *config;  /* canonical JSON of the effective settings that decide results (not threads, batch, ...) */
    const char *suite;
    const char *subject; /* digest */
    uint64_t seed;
    const char *build;   /* version, compiler, instruction set */
};
enum record_start { RECORD_CONTINUE /* go on with the newest unfinished run of this key, else a new one */,
                    RECORD_FRESH, RECORD_RESUME_ONLY };
struct record_run {
    int64_t id;
    char name[64];
    bool resumed;
    bool finished;      /* the same work was already done completely: nothing needs to be asked */
    uint64_t started_ns, ended_ns;
};
/* The run is locked for this process (a byte lock on PATH.lock, released by the system when the process dies); a run
 * that another process writes is refused as ERROR_ENVIRONMENT with its process id. */
bool record_run_start(struct record *record, const struct record_run_key *key, enum record_start start,
                      struct record_run *run, struct error *err) MUST_CHECK;
bool record_run_end(struct record *record, int64_t run, const char *state /* done|interrupted|failed */,
                    struct error *err) MUST_CHECK;

struct record_item {
    const char *digest; /* sha256 of task, id, gold and the row */
    struct text task, id, split, group, lang, pair, twin, cluster, ref, source, licence;
    const json_t *gold; /* {"index":..}|{"text":[..]}|{"number":..}, labels inside */
};
bool record_put_item(struct record *record, const struct record_item *item, struct error *err) MUST_CHECK;

struct record_ask {
    const char *digest; /* sha256 of canonical {messages|prompt, want, choices[, item]} */
    const char *item;   /* digest of the first item that asked it */
    const json_t *messages, *want;
    const char *method;
    int64_t prompt_tokens; /* -1: not known */
};
bool record_put_ask(struct record *record, const struct record_ask *ask, struct error *err) MUST_CHECK;

/* The plan: item at `position` of the task is asked with `ask`; samples 0..samples-1, drawn with seed. */
bool record_put_plan(struct record *record, int64_t run, struct text task, uint64_t position, const char *item,
                     const char *ask, uint64_t samples, uint64_t seed, struct error *err) MUST_CHECK;

struct record_answer {
    int64_t id, run;
    const char *ask, *subject;
    uint64_t sample, seed;
    struct text text;
    const char *finish; /* stop|length|error */
    int64_t tokens_in, tokens_out;
    const json_t
        *logprobs; /* choices: [{"logprob":..,"tokens":..,"bytes":..,"greedy":..}] or tokens: [..]; may be NULL */
    double ms;
    const char *error; /* NULL: none */
};
/* False with err NONE kind: not there. Failed answers (finish error) are not found: they are asked again. */
bool record_find_answer(struct record *record, const char *ask, const char *subject, uint64_t sample, uint64_t seed,
                        struct arena *arena, struct record_answer *out, struct error *err) MUST_CHECK;
/* Replaces a failed answer of the same key; a good one stays (its id is given). */
bool record_put_answer(struct record *record, const struct record_answer *answer, int64_t *id,
                       struct error *err) MUST_CHECK;

/* What a run makes of an answer to one of its items. Answers are shared between runs, scores are not: two methods of a
 * task may end in the same ask and yet score different texts. Put again, the newer one replaces the older. */
struct record_score {
    int64_t run, answer;
    const char *item, *scorer, *version;
    double value;        /* NaN: null */
    struct text label;
    const char *parsed;  /* ok|fallback|fail */
    const json_t *evidence; /* parts and spans, may be NULL */
    const char *judge;   /* digest of the subject that decided; NULL: a rule did */
};
bool record_put_score(struct record *record, const struct record_score *score, struct error *err) MUST_CHECK;

/* What a person says of an answer: yes, no, partial, or a word of the scorer's. */
struct record_label {
    struct text task, item; /* task empty: the only one that has the item */
    uint64_t sample;
    struct text label, who, why;
};
/* Of an answer of the run; a newer label counts before an older one. *task: whose item it is, on the arena. No such
 * item or no answer: ERROR_DATA. */
bool record_put_label(struct record *record, int64_t run, const struct record_label *label, struct arena *arena,
                      struct text *task, struct error *err) MUST_CHECK;

/* A figure with its uncertainty. No number without n, interval and method, unless null_reason says why. */
struct figure {
    const char *name, *task, *group; /* group "": all; else "field=value" */
    double value, lo, hi;            /* NaN: null */
    uint64_t n;                      /* items or clusters the interval rests on */
    int64_t k;                       /* successes of a share, -1: no share */
    const char *method; /* wilson | clopper-pearson | student-t | bootstrap,B=1000,cluster=..,clusters=N | exact */
    const char *unit;                /* share | points | nats | ... */
    const char *direction;           /* up | down | none */
    double parsed;                   /* share of answers that the reader understood, NaN: no reader */
    uint64_t errors;                 /* items that failed */
    const char *null_reason;         /* NULL: none */
    const char *scorer;
};
bool record_clear_figures(struct record *record, int64_t run, struct text task, struct error *err) MUST_CHECK;
bool record_put_figure(struct record *record, int64_t run, const struct figure *figure, struct error *err) MUST_CHECK;
json_t *figure_json(const struct figure *figure); /* owned by the caller; NULL: out of memory */
struct figure figure_from_json(const json_t *object); /* borrows its texts; what is not there is "" or NaN */

/* One scored sample of a run, in plan order. All borrowed for the call. */
struct record_row {
    struct text task, item_id, group, lang, pair, twin, cluster, source;
    const char *item, *ask;
    uint64_t position, sample;
    const json_t *gold;
    int64_t answer; /* 0: not answered yet */
    struct text text;
    const char *finish;
    const json_t *logprobs;
    double ms;
    int64_t tokens_in, tokens_out;
    const char *error;
    bool scored;
    double value; /* NaN: null */
    struct text label;
    const char *parsed;
    const json_t *evidence;
    const json_t *messages, *want; /* of the ask: only with RECORD_WITH_ASKS */
    struct text person;            /* the newest label that a person gave the answer; empty: none */
};
enum { RECORD_WITH_ASKS = 1 };
typedef bool record_row_sink(void *context, const struct record_row *row, struct error *err);
/* scorer: which scores to join. Streams; nothing is kept. */
bool record_rows(struct record *record, int64_t run, struct text task, const char *scorer, int flags,
                 record_row_sink *sink, void *context, struct error *err) MUST_CHECK;

/* The rows of one place of the plan only. */
bool record_rows_at(struct record *record, int64_t run, struct text task, uint64_t position, const char *scorer,
                    int flags, record_row_sink *sink, void *context, struct error *err) MUST_CHECK;

/* A difference between two runs: b less a. */
struct record_comparison {
    int64_t a, b; /* runs */
    const char *name, *task, *method;
    double diff, lo, hi, p, p_corrected; /* NaN: null */
};
bool record_clear_comparisons(struct record *record, int64_t a, int64_t b, struct error *err) MUST_CHECK;
bool record_put_comparison(struct record *record, const struct record_comparison *comparison,
                           struct error *err) MUST_CHECK;

/* Facts of no table of their own, by key (table meta); put again, the newer one stays.
 *   judge/JUDGE/CASE     what a judge said of an answer: {"said", "rating"}; of question, answer and what is accepted
 *   tokens/SUBJECT/ASK   the prompt as the subject reads it: [{"id":1,"text":"<s>"},..];
 *                        of the first item of each task */
bool record_put_fact(struct record *record, const char *key, struct text value, struct error *err) MUST_CHECK;
/* Owned by the caller; NULL with err NONE: there is none. */
json_t *record_fact_json(struct record *record, const char *key, struct error *err) MUST_CHECK;

/* The evidence chain: hash = sha256(prev "\n" kind "\n" ref "\n" digest), one chain per run, appended in plan order. An
 * entry whose ref already has this digest as its newest one is not appended again, so going on with a run changes
 * nothing; a later entry of the same ref supersedes the earlier one (an item that failed and
 * was answered on a second try). */
bool record_evidence_append(struct record *record, int64_t run, const char *kind, struct text ref, const char *digest,
                            struct error *err) MUST_CHECK;
/* The newest digest of a ref, "" when there is none. */
bool record_evidence_find(struct record *record, int64_t run, struct text ref, char digest[HASH_HEX],
                          struct error *err) MUST_CHECK;
/* Entries so far and the newest hash (64 zeros when empty). */
bool record_evidence_state(struct record *record, int64_t run, uint64_t *n, char hash[HASH_HEX],
                           struct error *err) MUST_CHECK;
void record_evidence_hash(const char *prev, const char *kind, struct text ref, const char *digest, char hash[HASH_HEX]);
/* Walks the chain; the first broken link is named (ERROR_DATA). */
bool record_chain_verify(struct record *record, int64_t run, uint64_t *entries, char head[HASH_HEX],
                         struct error *err) MUST_CHECK;
typedef bool record_evidence_sink(void *context, uint64_t seq, const char *kind, struct text ref, const char *digest,
                                  const char *prev, const char *hash, struct error *err);
bool record_evidence(struct record *record, int64_t run, record_evidence_sink *sink, void *context,
                     struct error *err) MUST_CHECK;

/* Runs by name ("" or NULL: the newest) as JSON: {"id","name","command","config","suite","subject":{..},"seed","build",
 * "started","ended","state"}; owned by the caller. */
json_t *record_run_json(struct record *record, const char *name, struct error *err) MUST_CHECK;
json_t *record_runs_json(struct record *record, struct error *err) MUST_CHECK; /* array, newest first */
/* Stored figures of a run: array of objects as figure_json makes them. */
json_t *record_figures_json(struct record *record, int64_t run, struct error *err) MUST_CHECK;
json_t *record_tasks_json(struct record *record, int64_t run, struct error *err) MUST_CHECK; /* names in plan order */

/* A read-only query for people: SELECT only, limited steps and size. Rows as JSON arrays through the sink; the first
 * call gives the column names. */
typedef bool record_query_sink(void *context, const json_t *row, bool header, struct error *err);
bool record_query(struct record *record, struct text sql, double seconds, record_query_sink *sink, void *context,
                  struct error *err) MUST_CHECK;
/* Tables of a run as JSONL lines (asks, answers, items, figures, comparisons, evidence). */
bool record_export(struct record *record, int64_t run, const char *table, record_query_sink *sink, void *context,
                   struct error *err) MUST_CHECK;

#endif
