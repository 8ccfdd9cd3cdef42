/* Training pairs from groups of answers: what is better is told by a reward, a level, or a source that is right;
 * honesty makes answers to imitate. One table of ways (`methods pairs`); each is one file. Rows go out as preference
 * pairs, as single answers with a label (KTO), or as conversations to imitate (SFT). */
#ifndef MEASURE_PAIRS_H
#define MEASURE_PAIRS_H

#include "base/json.h"
#include "base/option.h"
#include "subject/subject.h"

/* ---- which pairs of one group ---- */

enum pair_policy { PAIR_TOP_WINNER, PAIR_MAX_MEAN, PAIR_MAX_MARGIN, PAIR_ALL, PAIR_POLICIES };
extern const char *const pair_policies[PAIR_POLICIES + 1]; /* "top-winner", ...; ended by NULL */

struct pair_candidate {
    double value;  /* higher is better; NaN: not known, in no pair */
    double length; /* tokens or bytes; NaN: not known */
};
struct pair_rule {
    double delta;  /* a winner is better by at least this; 0: by anything */
    double length; /* the longer is at most this share longer; 0: any */
    enum pair_policy policy;
};
struct pair {
    size_t winner, loser;
};
/* top-winner: the best candidate that wins a valid pair, with a loser drawn from those (the first that the stream of
 * seed and id gives). max-mean: the valid pair with the highest mean. max-margin: with the largest difference. all:
 * every one. Equal ones: the first. *n: how many were chosen, on the arena; *valid: how many there are. */
bool pair_select(const struct pair_candidate *candidates, size_t n_candidates, const struct pair_rule *rule,
                 uint64_t seed, struct text id, struct arena *arena, struct pair **out, size_t *n, size_t *valid,
                 struct error *err) MUST_CHECK;

/* ---- files ---- */

enum pair_format { PAIR_PREFERENCE, PAIR_KTO, PAIR_SFT, PAIR_FORMATS };
extern const char *const pair_formats[PAIR_FORMATS + 1];

typedef bool pair_sink(void *context, const json_t *row, struct error *err); /* borrowed */

struct pairs_settings {
    const char *by; /* spec of a way */
    const char *path;
    const char *where; /* template that holds for the rows that are taken, as `where` of a task; NULL: all */
    enum pair_policy policy;
    enum pair_format format;
    uint64_t seed;
    bool lenient;
    struct subject *subject; /* asked for what rows lack, by ways that can; NULL: rows must have everything */
    size_t samples, max_tokens; /* of its sampled answers; 0: the way's own number, 128 tokens */
    double temperature;         /* of the same; NaN: the way's own */
    pair_sink *sink;
    void *context;
};
struct pairs_result {
    uint64_t groups, used, rows;  /* groups read, groups that gave anything, rows written */
    uint64_t valid;               /* pairs that would have been possible */
    uint64_t too_few, equal, bad; /* fewer than two answers with a value; all alike; bad rows (lenient) */
    uint64_t asked;               /* answers that were asked of the subject */
    uint64_t left;                /* rows that `where` does not hold for; not among groups */
};

struct pairs_making; /* pairs_internal.h */
struct pair_way {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
    bool sft;                                                /* gives conversations whatever format is asked for */
    bool (*open)(struct pairs_making *m, struct error *err); /* NULL: nothing to open */
    bool (*make)(struct pairs_making *m, const json_t *row, struct json_place place, struct error *err);
    /* Asks settings.subject for what the rows lack and puts it into them; NULL: nothing can be asked. */
    bool (*fill)(struct pairs_making *m, json_t *const *rows, const struct json_place *places, size_t n,
                 struct error *err);
    void (*close)(struct pairs_making *m);
};
size_t pair_ways(const struct pair_way *const **out);

/* Groups JSONL, or what the way says it takes. A row that is not what it must be is ERROR_DATA with FILE:LINE. */
bool pairs_make(const char *const *paths, size_t n, const struct pairs_settings *settings, struct pairs_result *out,
                struct error *err) MUST_CHECK;

#endif
