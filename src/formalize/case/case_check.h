/* Is an assurance case sound? Each split is one theorem: do the formulas below imply those of the node?
 *
 * Local status of a node that is checked (its reason is not none, and something supports it):
 *   holds     the formulas of the supporting nodes imply those of the node (Or: those of one of them do)
 *   refuted   they do not: here is a counterexample
 *   vacuous   they contradict each other, so anything would follow
 *   unknown   no verdict within the limits, or what decides is not installed
 *   error     a formula cannot be read, its sorts or units do not fit, or two solvers disagree
 *   skipped   nothing to check here
 * Premises are the lines of the nodes that support it, those of its contexts and assumptions, and, where a strategy
 * without lines of its own stands between, of the nodes behind that one.
 *
 * Supported, from below: a solution is, unless it waits for a figure or its evidence was run and failed; a goal with
 * nothing below is open; any other node is when it holds or is skipped and (And) all below it are, (Or) one that
 * suffices by itself is. The case is accepted when its root is supported and nothing is vacuous.
 *
 * Yellow: a failing node and its ancestors, up to the first one whose support is joined by Or; then, until nothing
 * changes, every node below which all is yellow, and its ancestors in the same way. (Chen, Deng and Du 2023, and the
 * program that goes with it.) */
#ifndef FORMALIZE_CASE_CHECK_H
#define FORMALIZE_CASE_CHECK_H

#include "base/pool.h"
#include "formalize/case/case.h"

enum case_status { CASE_HOLDS, CASE_REFUTED, CASE_VACUOUS, CASE_UNKNOWN, CASE_ERROR, CASE_SKIPPED };
enum { CASE_STATUSES = CASE_SKIPPED + 1 };
enum case_support { CASE_SUPPORTED, CASE_OPEN, CASE_UNSUPPORTED };
const char *case_status_name(enum case_status status);
const char *case_support_name(enum case_support support); /* "yes", "open", "no" */

/* What a leaf that waits for a figure gets: OPEN where the figure is not there. `why` may be set, on the arena. */
enum case_figure { CASE_FIGURE_OPEN, CASE_FIGURE_MET, CASE_FIGURE_MISSED };
typedef enum case_figure case_figures(void *context, const struct case_need *need, struct arena *arena,
                                      const char **why);

struct case_check_settings {
    bool first_line_goal;  /* prove only the first line of a node, its other lines are premises */
    bool evidence;         /* run "run:COMMAND" and look for "file:PATH" in urls of solutions */
    bool refuse_errors;    /* one bad formula, and no solver is started at all */
    const char *node;      /* only this node and what is below; NULL: the root */
    double seconds;        /* of one theorem; 0: 2 */
    uint32_t steps;        /* of Z3 for one theorem; 0: 20 million */
    struct pool *pool;     /* NULL: one after the other. Results are the same for any number of threads */
    case_figures *figures; /* NULL: every leaf that waits is open */
    void *figures_context;
};

/* A line of a node, from 0. */
struct case_point {
    size_t node, line;
};
struct case_theorem; /* one query: what it was and what came out */

struct case_node_result {
    bool looked_at; /* it stands below settings.node */
    enum case_status status;
    enum case_support support;
    bool yellow;
    const char *why;                      /* of the support of a leaf; NULL: nothing to say */
    double belief, disbelief;             /* Dempster-Shafer, from below; NaN: not known */
    struct case_theorem *const *theorems; /* one; of an Or one for each that supports */
    size_t n_theorems;
};
struct case_report {
    const struct assurance_case *c;
    struct case_node_result *nodes; /* by node */
    size_t root;                    /* of what was looked at */
    size_t count[CASE_STATUSES];    /* of nodes */
    bool accepted;
    struct case_point *unused; /* lines that stand in a split that holds, and in the core of none */
    size_t n_unused;
    size_t formalised, goals; /* nodes with formulas; goals */
    size_t undeveloped;       /* goals and strategies with nothing below */
    const char *missing;      /* a solver that was needed and is not installed; NULL: none */
    size_t theorems, solved;  /* in all; solved by this update, not taken from an earlier one */
    double seconds;           /* of solvers, in this update */
};

/* A checker lives as long as a case is edited: each update solves only what has changed since. */
struct case_checker;
struct case_checker *case_checker_new(const struct case_check_settings *settings, struct error *err) MUST_CHECK;
void case_checker_free(struct case_checker *checker);
/* The report and what it points to lives until the next update; `c` must live as long. ERROR_USAGE: no such node.
 * ERROR_ENVIRONMENT: out of memory. Everything that is wrong with the case is in the report. */
const struct case_report *case_checker_update(struct case_checker *checker, const struct assurance_case *c,
                                              struct error *err) MUST_CHECK;

/* The report as JSON, without times: the same bytes for the same case. Owned by the caller.
 * {case, file, root, accepted, supported, counts {STATUS: n}, nodes [{id, kind, status, supported, yellow, by?,
 * reason?, error? {node, line, column, message}, used? [{node, line, text}], unused?, clash?, counterexample? [{symbol,
 * exact, decimal, from [id]}], fails? [text], why?, answer?, proof?, missing?, branches? {id: status}, belief?,
 * disbelief?}], unused [{node, line, text}], undeveloped, formalised_share} */
json_t *case_report_json(const struct case_report *report, struct error *err) MUST_CHECK;
/* The same of one theorem: by, reason, ...; borrowed. NULL: nothing was asked. */
const json_t *case_theorem_detail(const struct case_theorem *theorem);
enum case_status case_theorem_status(const struct case_theorem *theorem);
/* The node whose lines are the premises; SIZE_MAX: all that support. */
size_t case_theorem_branch(const struct case_theorem *theorem);

#endif
