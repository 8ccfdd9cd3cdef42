/* What a policy needs to know of figures and tasks, which other rooms have: given by the caller as functions. */
#ifndef SET_POLICY_NAMES_H
#define SET_POLICY_NAMES_H

#include "base/text.h"

/* What kind of thing a figure says, for what the levels must bind. */
enum policy_measure {
    POLICY_ACCURACY,    /* a task is done right */
    POLICY_WIN,         /* people, or a judge in their place, prefer it: win rates, rewards, ratings */
    POLICY_BEHAVIOUR,   /* what the model does: it refuses, leaks, agrees, favours a group */
    POLICY_UNCERTAINTY, /* whether stated confidence is right */
    POLICY_ABSTENTION,  /* whether it says that it does not know */
};
extern const char *const policy_measure_names[];

struct policy_metric {
    const char *name, *unit; /* share, points, nats ... */
    const char *figure;      /* as figures are named: without options that are as they are by themselves */
    const char *direction;   /* up, down, none */
    enum policy_measure measure;
    double least, most; /* what it can be; NaN: no end is known */
    bool exact;         /* a share of independent items: its interval in a gate is Clopper and Pearson's */
};

/* Where a figure is taken. */
struct policy_place {
    const char *run;          /* what `basanite run` is given for it: "xstest", "demo/unknown" */
    const char *group;        /* FIELD=VALUE or VALUE; "" the whole task */
    const char *const *tasks; /* that figures name, one or more */
    size_t n_tasks;
    const char *const *figures; /* that are measured there, without their options; none: not known */
    size_t n_figures;
};

struct policy_names {
    void *context;
    /* An unknown name is ERROR_USAGE and names the nearest. What is given lives on the arena. */
    bool (*metric)(void *context, struct text name, struct arena *arena, struct policy_metric *out, struct error *err);
    bool (*place)(void *context, struct text place, struct arena *arena, struct policy_place *out, struct error *err);
    /* Items at a place; 0: not known, such as where its data are not there. NULL: nobody knows. */
    bool (*items)(void *context, struct text place, uint64_t *n, struct error *err);
    /* How many items both places ask alike. NULL: nobody knows. */
    bool (*shared)(void *context, struct text a, struct text b, uint64_t *n, struct error *err);
};

#endif
