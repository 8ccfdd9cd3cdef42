/* The whole circle: a policy (set) becomes an assurance case (formalize) whose leaves are figures of runs (measure);
 * where they do not do, the policy's own acts are applied (act) and everything is measured again, on items that nothing
 * was chosen by. The end is a certificate: the verdict of each goal with its figure, what was done and what it changed
 * beside what it was for, and whether the policy's gate is met.
 *
 * Slices. The rows of each task are cut into as many parts that share no cluster as there may be rounds: one, and one
 * more for every act, SLICES_MOST at most. A round measures on the first part that is not spent. When acts were chosen
 * by a round its items are spent for good: no later verdict of this record rests on them. Both subjects, with and
 * without the acts, are measured on the fresh part, so that what the acts changed is a paired comparison; the verdict
 * is of the changed one alone. Acts that break a goal which was met are undone, and others are tried from where they
 * began.
 *
 * Everything is kept in the record: the runs, the acts (what they made lies in `folder`), the certificate with its
 * digest in the chain of the run that decided. The same call again asks nothing, makes nothing and gives the same
 * bytes. */
#ifndef CERTIFY_CERTIFY_H
#define CERTIFY_CERTIFY_H

#include "measure/compare/compare.h"
#include "measure/run/run.h"
#include "measure/task/task.h"
#include "set/policy_verdict.h"

enum { CERTIFY_SLICES_MOST = 4 };
enum certify_stage { CERTIFY_SET, CERTIFY_FORMALIZE, CERTIFY_MEASURE, CERTIFY_ACT };
bool certify_stage_read(const char *name, enum certify_stage *out, struct error *err) MUST_CHECK;

/* ---- what came of it */

struct certify_round {
    struct task_slice slice;
    const char *subject, *digest; /* spec as it is told, and what it is */
    const char *run, *before;     /* names of the runs: of this subject, and of the one before its acts (NULL: none) */
    int64_t run_id;
    struct policy_result result;     /* of its goals and gate */
    const struct comparison *change; /* NULL: no act was before this round */
    size_t broken; /* a goal that was met before these acts and is violated with them, so that they were undone;
                      SIZE_MAX: none */
};
/* What acts put round a subject, all of those that stand: it is opened with them again by whatever comes next. */
struct certify_round_about {
    const char *system; /* messages, joined by an empty line */
    const char *steer, *guard, *guide;
};
struct certify_act {
    const struct policy_act *act;
    const char *from, *to; /* the subjects, with what is put round them */
    const char *folder;    /* of what it made; NULL: nothing */
    const char *to_digest;
    double seconds;  /* when it was made */
    unsigned before; /* the round that was measured before it, from 0 */
};
struct certificate {
    const char *name; /* in the record */
    struct certify_round rounds[CERTIFY_SLICES_MOST];
    size_t n_rounds, standing; /* standing: the round whose subject and verdict count */
    struct certify_act *acts;
    size_t n_acts;
    enum policy_verdict verdict; /* of the round that stands */
    const char *proposed;        /* acts that would be tried with --act, or why none is left; NULL: none is wanted */
    json_t *document;            /* see docs/certify.md; released by certificate_done */
    char digest[HASH_HEX];
    uint64_t asked, reused; /* asks of all rounds */
    size_t proved, splits;  /* of the case: splits that hold, of those that are checked */
    bool accepted;          /* its root is supported, and nothing is vacuous */
    const char *missing;    /* a solver that is not installed; NULL: none */
};
void certificate_done(struct certificate *certificate);

/* Whether the row of a comparison is a change that goals welcome (1) or not (-1); 0: its interval holds 0. What a goal
 * asks of the figure goes before the direction that the figure has by itself. */
int certify_welcome(const struct certify_round *round, const struct compare_row *row);

/* ---- doing it */

struct certify_settings {
    enum certify_stage until;
    bool act;                         /* the policy's acts may be applied */
    struct text source;               /* of the policy, for its digest */
    int as_of;                        /* the day it was read for */
    const struct policy_context *use; /* what is known of the use; NULL: nothing */
    const struct policy_names *names;
    /* Lends the judge of goals what it needs of other rooms; everything is borrowed. */
    void (*lend)(const struct policy_names *names, const double *confidence, const struct figure *figures, size_t n,
                 int as_of, struct policy_measured *out);
    struct task_settings tasks;   /* limit 0: the policy's own; slices are set here */
    struct run_settings run;      /* names are set here */
    const char *program, *folder; /* this program; where acts make their files */
    /* Opens what an act made, with what it puts round it; NULL with err. */
    struct subject *(*open)(void *context, const char *spec, const struct certify_round_about *about,
                            struct error *err);
    void (*tell)(void *context, const char *line); /* for people, as it goes on; NULL: nobody */
    void *context;
};
/* On the arena, but for the document. The verdict is no error. */
bool certify(struct record *record, const struct policy *policy, struct subject *subject,
             const struct certify_settings *settings, struct arena *arena, struct certificate *out,
             struct error *err) MUST_CHECK;

#endif
