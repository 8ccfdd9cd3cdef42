/* A policy: what a system is for, and what must be true of its model, as goals that are measured. Read from YAML
 * (docs/goals.md) and from one-line rules (policy_rule.h); what a figure or a task is called is asked of the caller
 * (policy_names.h), so that this room needs no other one.
 *
 * Everything lives on the arena that policy_read was given. Texts are never NULL where the comment does not say so. */
#ifndef SET_POLICY_H
#define SET_POLICY_H

#include "base/yaml.h"

enum {
    POLICY_GOALS_MOST = 10000,
    POLICY_CLAUSES_MOST = 16, /* of a goal, and of each of its exceptions */
    POLICY_TESTS_MOST = 16,   /* of a `when` */
    POLICY_FILE_MOST = 8 << 20,
};

/* ---- days */

/* A day as a number that grows by one a day (0: 1970-01-01); POLICY_NO_DAY: none is given. */
enum { POLICY_NO_DAY = -1000000 };
bool policy_day_parse(struct text t, int *day); /* "2026-08-02", a day that there is */
bool policy_day_put(int day, char out[11]);     /* the same back; false out of the years 1..9999 */

/* ---- when a goal applies */

/* One test of the context: `name` is (or, negated, is not) one of the values. */
struct policy_test {
    const char *name;
    const char *const *values;
    size_t n_values;
    bool negated;
};
/* All tests must hold; none: always. */
struct policy_when {
    const struct policy_test *tests;
    size_t n;
};
/* "domain=health, lang in {en,de}, risk != low"; ERROR_DATA "when: column N: ...". */
bool policy_when_parse(struct text source, struct arena *arena, struct policy_when *out, struct error *err) MUST_CHECK;
bool policy_when_put(struct buffer *out, const struct policy_when *when); /* the same back */

/* ---- what is required */

/* A figure by its name in results, as in a gate: refusal_rate(xstest/unsafe), d(acc(demo)). */
struct policy_figure {
    const char *text;  /* as it was written */
    const char *name;  /* "ece,bins=15" */
    const char *place; /* "": of every task that has it */
    bool difference;   /* d(...): of compared runs */
    bool exact;        /* options were given: the figure with just these; else with any */
};

enum policy_op {
    POLICY_AT_LEAST, /* >= */
    POLICY_AT_MOST,  /* <= */
    POLICY_ABOVE,    /* > */
    POLICY_BELOW,    /* < */
    POLICY_IN,       /* in: between target and upper, both included */
    POLICY_NEAR,     /* near: within tol of target, by two one-sided tests */
};
extern const char *const policy_op_names[]; /* ">=", ... */

struct policy_clause {
    struct policy_figure figure;
    enum policy_op op;
    double target, upper, tol; /* upper of `in`; tol of `near`, else NaN or what the weighted deficit divides by */
    double confidence;         /* two-sided, in (0.5, 1) */
    uint64_t n_min;            /* items that the figure must rest on; 0: any */
    bool prefer;               /* wished for, not required: reported, never decides */
    bool unseen;               /* measured where nothing was tuned: its task is no other clause's */
    size_t line, column;
};

/* Where `when` holds, these clauses stand in place of the goal's own. */
struct policy_exception {
    struct policy_when when;
    struct policy_clause *clauses;
    size_t n_clauses;
};

enum policy_relation_kind {
    POLICY_REFINES, /* this goal is a part of what `other` means */
    POLICY_SUPPORTS,
    POLICY_CONFLICTS,
    POLICY_OVERRIDES, /* where both apply, `other` does not */
};
extern const char *const policy_relation_names[];
struct policy_relation {
    enum policy_relation_kind kind;
    const char *other; /* id of a goal */
    size_t goal;       /* its place among the goals */
    size_t line, column;
};

enum policy_kind {
    POLICY_INSTRUCTION,
    POLICY_PREFERENCE,
    POLICY_PRINCIPLE,
    POLICY_NORM,
    POLICY_VALUE,
    POLICY_DOCUMENT, /* a duty that nothing measures: met by a paper with an owner, a hash and a last day alone */
};
extern const char *const policy_kind_names[];

/* What a person puts forward for a duty of kind document. */
struct policy_evidence {
    const char *file, *sha256, *owner; /* NULL: not said, so the goal stays undecided */
    int until;
};

struct policy_goal {
    const char *id, *text;
    int level; /* 1 instructions, 2 preferences, 3 values */
    enum policy_kind kind;
    const char *clause;    /* of a law or standard: "TC260-003 9(c)"; "" none */
    const char *attribute; /* "" none */
    const char *owner, *because;
    const char *for_each; /* field of groups: every value of it must do; "" none */
    int severity;         /* 1 to 5 */
    bool hard;            /* a violated hard goal decides all */
    double weight;        /* of soft goals in the deficit; 1 */
    struct policy_when when;
    struct policy_clause *clauses;
    size_t n_clauses;
    struct policy_exception *exceptions;
    size_t n_exceptions;
    struct policy_relation *relations;
    size_t n_relations;
    struct policy_evidence evidence;
    const char *waived_by; /* owner of the waiver that holds on the day; NULL: none */
    int waived_until;
    size_t line, column;
};

/* ---- what may be done about it */

/* An act makes the subject better at what fails. It is one of the policy's own lines of basanite that make files, or
 * wrappers put round the subject, or both:
 *
 *   acts:
 *     - name: abstain
 *       for: [honest]               ids of goals, or names of figures: it is tried where one of them is not met
 *       run:                        in this order; {subject} is the subject, {out} an empty folder of the act's own
 *         - basanite train --objective sft --init {subject} --data pairs.jsonl --out {out}/model.gguf
 *       subject: "{out}/model.gguf" the subject that results; left out: {subject}
 *       system: "..." steer: SPEC guard: SPEC guide: FILE     put round it, as the flags of these names do
 *       cost: 3                     in units of the policy's own; cheaper ones are tried first
 *       effect: 0.04                what it is expected to change the figure by; nothing is decided by it */
struct policy_act {
    const char *name;
    const char *const *targets; /* `for` */
    size_t n_targets;
    const char *const *run;
    size_t n_run;
    const char *subject;                        /* with {subject} and {out} */
    const char *system, *steer, *guard, *guide; /* NULL: none */
    const char *kind;                           /* a word for reports: training, prompt, steer, ... */
    double cost, effect;                        /* effect NaN: not said */
    size_t line, column;
};

struct policy_risk {
    const char *id, *source;  /* source: id in a taxonomy */
    int severity, likelihood; /* 1 to 5; their product: from 15 high, from 8 medium, else low */
    const char *quadrant;     /* known-known, known-unknown, unknown-known, unknown-unknown; "" not said */
    const char *const *goals; /* that answer it */
    size_t n_goals, line, column;
};
const char *policy_risk_class(const struct policy_risk *risk); /* "high", "medium", "low" */

struct policy_named { /* a stakeholder or attribute */
    const char *id, *role, *owner;
    double weight;
    bool veto;
    size_t line, column;
};

struct policy {
    const char *name;                   /* key `policy` */
    const char *system, *subject, *use; /* of key `system`; subject NULL: the caller's */
    const char *risk;                   /* class of the whole: prohibited, high, limited, minimal; "" not said */
    const char *const *jurisdictions;   /* EU, CN, US ... */
    const char *const *profiles;        /* the profiles it was made from */
    size_t n_jurisdictions, n_profiles;
    struct policy_named *stakeholders, *attributes;
    size_t n_stakeholders, n_attributes;
    struct policy_risk *risks;
    size_t n_risks;
    struct policy_goal *goals;
    size_t n_goals;
    struct policy_act *acts;
    size_t n_acts;
    double confidence;   /* of clauses that say none */
    uint64_t items;      /* most items that are asked of each task; 0: all */
    const char *gate;    /* policy_gate.h; where the policy says none: POLICY_GATE_DEFAULT */
    const char *key_env; /* variable that holds the key of an endpoint; NULL: none */
    size_t gate_line, gate_column;
    const char *file;
};
#define POLICY_GATE_DEFAULT "met(severity >= 4) and not violated(all)" /* without goals so severe: "met(all)" */

/* What is wrong with a policy, all at once: each entry "FILE:LINE:COLUMN: what". */
struct policy_faults {
    const char **messages;
    size_t n, most;
};

struct policy_names;
struct policy_settings {
    const struct policy_names *names; /* NULL: names of figures and tasks are not checked */
    int as_of;                        /* the day for which waivers are looked at */
    double confidence;                /* of clauses that say none; 0: 0.95 */
};

/* Reads and checks: unknown keys, figures and tasks (the nearest is named), targets out of range (95 where 0.95 is
 * meant), ids that come twice, relations that go nowhere or round, waivers that have run out, what each level must
 * bind. NULL with ERROR_DATA "FILE:LINE:COLUMN: ..." of the first fault; `faults` (NULL: not wanted) gets all that were
 * found, one for each goal or entry at most. */
struct policy *policy_read(struct text source, const char *shown_name, const struct policy_settings *settings,
                           struct arena *arena, struct policy_faults *faults, struct error *err) MUST_CHECK;

/* The goal with this id, SIZE_MAX: none. */
size_t policy_goal_find(const struct policy *policy, struct text id);

#endif
