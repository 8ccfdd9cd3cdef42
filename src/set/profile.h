/* Profiles: what a law, a standard or a house asks for, as dated data (profiles/NAME.yaml): ids, numbers of clauses and
 * our own words, from which a policy is begun, and rules by which a use falls into a class. Nothing here is legal
 * advice; what nothing measures is a blank that people fill, never a pass.
 *
 *   profile, title, source, jurisdiction, checked (the day the file was last compared with its source)
 *   items: [{id, clause, text, attribute, severity, level, kind, metric, unseen, op, target, tol, confidence, n_min,
 *            because, since, until, note}]         without metric: a document
 *   actions: {ID: [item ids]}                      what a source suggests, and which items it serves
 *   actions_added: {ID: [item ids]}                links that the published data lack, and `actions_why`
 *   requirements: [{id, text, benchmarks}]         technical requirements that somebody read out of it
 *   matches: [{from, exact|close|broad|narrow|related: to}]   a crosswalk; a match keeps its kind
 *   questions: {NAME: text}
 *   impossible: [{when, because}]                  answers that exclude each other
 *   classes: [{track, class, clause, when, because}]   in order; the first that holds decides its track */
#ifndef SET_PROFILE_H
#define SET_PROFILE_H

#include "set/policy_apply.h"

struct profile_item {
    const char *id, *clause, *text, *attribute, *because, *note;
    const char *kind;                           /* "" as the level says; document where there is no metric */
    const char *metric, *unseen;                /* figures, "" none */
    const char *op, *target, *tol, *confidence; /* as they are written in a policy; "" none */
    int level, severity;
    uint64_t n_min;
    int since, until; /* POLICY_NO_DAY: always */
};
struct profile_action {
    const char *id;
    const char *const *items;
    size_t n_items;
    bool added; /* by us, for data that lack it */
};
struct profile_requirement {
    const char *id, *text;
    uint64_t benchmarks;
};
/* Only exact and close ones say that one risk is the other: the rest never counts as coverage. */
enum profile_match_kind { PROFILE_EXACT, PROFILE_CLOSE, PROFILE_BROAD, PROFILE_NARROW, PROFILE_RELATED };
extern const char *const profile_match_names[];
struct profile_match {
    enum profile_match_kind kind;
    const char *from, *to;
};
struct profile_class {
    const char *id, *track, *name, *clause, *because;
    struct policy_when when;
};
struct profile_impossible {
    struct policy_when when;
    const char *because;
};
struct profile {
    const char *name, *title, *source, *jurisdiction, *actions_why;
    int checked;
    struct profile_item *items;
    struct profile_action *actions;
    struct profile_requirement *requirements;
    struct profile_match *matches;
    struct profile_class *classes;
    struct profile_impossible *impossible;
    const char *const *questions, *const *question_texts;
    size_t n_items, n_actions, n_requirements, n_matches, n_classes, n_impossible, n_questions;
};
/* On the arena. ERROR_DATA with FILE:LINE:COLUMN. */
struct profile *profile_read(struct text source, const char *shown_name, struct arena *arena,
                             struct error *err) MUST_CHECK;
bool profile_item_holds(const struct profile_item *item, int day); /* within since..until */

/* How far actions reach: of those that are not `added` and of all. */
struct profile_reach {
    size_t actions, items;  /* actions by id; items that an action is for */
    size_t published_items; /* by the links that were published alone */
    size_t unlinked;        /* actions that are for none */
    size_t served;          /* actions for an item that `held` says yes to */
};
/* held: of each item, whether a goal of a policy stands for it and can be decided; NULL: not asked. */
bool profile_reach(const struct profile *profile, const bool *held, struct arena *arena, struct profile_reach *out,
                   struct error *err) MUST_CHECK;

/* A policy that asks for what the profiles ask for on that day; reads back without faults. */
bool profile_policy_put(struct buffer *out, const struct profile *const *profiles, size_t n, const char *name, int day);

/* ---- classes */

enum { PROFILE_TRACKS_MOST = 4 };
/* A rule that was looked at. */
struct profile_step {
    const struct profile_class *rule;
    enum policy_applies holds;
    const struct policy_test *decided; /* the answer that made it so: a test that fails, or its last one */
};
struct profile_verdict {
    struct {
        const char *track, *name; /* name NULL: open, since an answer is missing */
        const struct profile_class *by;
        const char *missing; /* a question that has no answer */
    } tracks[PROFILE_TRACKS_MOST];
    size_t n_tracks;
    struct profile_step *steps; /* in the order of the rules */
    size_t n_steps;
};
/* answers: facts of a context; a question that is not asked by the profile, or answers that exclude each other, are
 * ERROR_DATA. */
bool profile_classify(const struct profile *profile, const struct policy_context *answers, struct arena *arena,
                      struct profile_verdict *out, struct error *err) MUST_CHECK;
/* {answers: {NAME: yes|no|WORD}, unanswered: no}: what is not answered is `unanswered`, or open. */
bool profile_answers_read(const struct profile *profile, const struct yaml *root, struct arena *arena,
                          struct policy_context *out, struct error *err) MUST_CHECK;
bool profile_verdict_put(struct buffer *out, const struct profile_verdict *verdict,
                         const struct policy_context *answers);

#endif
