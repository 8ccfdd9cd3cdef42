/* A moral graph (Klingefjord, Lowe & Edelman, "What are human values, and how do we align AI to them?", 2024): people
 * say of two values which is the wiser one in a context. What is read here are these votes, or counts of them.
 *
 * Votes, one a row: CSV with the columns voter, from_id, to_id, context, relationship; or JSONL of {voter, from, to,
 * context, rel}, among which rows {"kind":"value", id, title, policies} may stand that say what a value is, and
 * "simulated":true marks voters that are no people. relationship: upgrade (to is wiser), no_upgrade, not_sure.
 * Counts, one ordered pair a row: CSV with source_id, wiser_id, contexts (A|B), marked_wiser, marked_not_wiser,
 * marked_less_wise, marked_unsure, impressions, and maybe wiser_likelihood, entropy, which are compared.
 *
 * Values stand in the order of their ids (a shorter id first, so that numbers are in theirs), contexts in that of their
 * bytes: what is computed never depends on the order of the rows. Everything lives on the arena. */
#ifndef SET_MORAL_H
#define SET_MORAL_H

#include "base/text.h"

enum {
    MORAL_VALUES_MOST = 100000,
    MORAL_CONTEXTS_MOST = 4096,
    MORAL_VOTES_MOST = 20000000,
    MORAL_ID_MOST = 256, /* bytes */
    MORAL_POLICIES_MOST = 64,
};

enum moral_says { MORAL_UPGRADE, MORAL_NO_UPGRADE, MORAL_NOT_SURE };
enum { MORAL_SAYS = MORAL_NOT_SURE + 1 };
extern const char *const moral_says_names[MORAL_SAYS]; /* "upgrade", "no_upgrade", "not_sure" */

struct moral_value {
    const char *id;
    const char *title;           /* "" where nobody said it */
    const char *const *policies; /* what it attends to */
    size_t n_policies;
};

/* Two values with votes between them, a < b. */
struct moral_pair {
    uint32_t a, b;
    uint32_t votes[2][MORAL_SAYS]; /* [0]: from a to b, [1]: from b to a */
    uint32_t context, n_contexts;  /* places in moral.pair_context */
};

struct moral_vote {
    uint32_t voter, pair, context;
    uint8_t back; /* 1: from b to a */
    uint8_t says;
};

/* What a file of counts says of an ordered pair beside them. */
struct moral_stated {
    uint32_t pair;
    uint8_t back;
    double p, entropy; /* NaN: not said */
};

struct moral {
    struct moral_value *value;
    const char **context;
    size_t n_values, n_contexts, n_voters;
    struct moral_pair *pair; /* by a, then b */
    uint32_t *pair_context;
    size_t n_pairs;
    struct moral_vote *vote; /* none of counts; in the order of context, pair, voter */
    size_t n_votes;
    struct moral_stated *stated;
    size_t n_stated;
    size_t n_ordered;  /* ordered pairs that were voted on, or stand in the file of counts */
    uint64_t repeated; /* votes that a later one of the same voter on the same ordered pair replaced */
    bool counts, simulated;
};

/* ERROR_DATA "FILE:LINE: column ..." of the first bad row: an unknown relationship, a value beside itself, no context,
 * no voter, a column that tells who a person is (email, prolific id, ...). `only`: votes in this context alone (NULL:
 * all); ERROR_USAGE names the nearest when there is none. A file without any vote is an empty graph. */
bool moral_read_votes(const char *path, const char *only, struct arena *arena, struct moral *out,
                      struct error *err) MUST_CHECK;
bool moral_read_counts(const char *path, const char *only, struct arena *arena, struct moral *out,
                       struct error *err) MUST_CHECK;
/* Which of the two a file is: by its columns. */
bool moral_is_counts(const char *path, bool *counts, struct error *err) MUST_CHECK;
/* The same of votes in memory. */
struct moral_ballot {
    const char *voter, *from, *to, *context;
    enum moral_says says;
};
bool moral_make(const struct moral_ballot *ballot, size_t n, bool simulated, struct arena *arena, struct moral *out,
                struct error *err) MUST_CHECK;
/* Titles and policies: CSV of id, title, or JSONL of cards {id, title, policies}. Of values that no vote is about
 * nothing is kept. */
bool moral_read_titles(struct moral *m, const char *path, struct arena *arena, struct error *err) MUST_CHECK;

/* The value with this id or title, SIZE_MAX: none. */
size_t moral_find(const struct moral *m, struct text name);
/* "289 Information Empowerment" */
const char *moral_name(const struct moral *m, size_t value, struct arena *arena, struct error *err) MUST_CHECK;

#endif
