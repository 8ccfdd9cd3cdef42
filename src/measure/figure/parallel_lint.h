/* Checks of the same items in several languages, made before languages are ranked: is a difference between them the
 * subject's or the harness's? Nine rules; each was found at work in the public data and results of XTRUST (Li et al.
 * 2024). Of a task they look at the items as they would be asked and at what its own scorer makes of answers that are
 * known; of published tables of gold answers and rates they look at the numbers. Nothing is asked. */
#ifndef MEASURE_PARALLEL_LINT_H
#define MEASURE_PARALLEL_LINT_H

#include "measure/rules/lexicon.h"
#include "measure/task/task.h"

enum parallel_rule {
    PARALLEL_GOLD,    /* L1: the gold is none of the letters or phrases that the prompt offers */
    PARALLEL_MUTE,    /* L2: saying nothing is right */
    PARALLEL_LOST,    /* L3: the item is not in the prompt, or empty */
    PARALLEL_BAIT,    /* L4: an answer is seen inside a word that means something else */
    PARALLEL_CLASSES, /* L5: the gold is always the same and no twin is there, so a constant is right */
    PARALLEL_IDS,     /* L6: other languages have items, or golds, that this one has not */
    PARALLEL_COIN,    /* L7: what is drawn for an item differs between languages */
    PARALLEL_SECRET,  /* L8: a credential stands in the task */
    PARALLEL_OPTIONS, /* L9: the prompt offers other options than the item has, or the scorer reads others */
    PARALLEL_RULES
};
extern const struct parallel_rule_name {
    const char *name, *summary; /* "L1", "the gold ..." */
} parallel_rules[PARALLEL_RULES];

/* A task in one language. Texts on the arena. */
struct parallel_cell {
    const char *lang;
    uint64_t n, paired;                /* items; of them those that every language has */
    uint64_t found[PARALLEL_RULES];    /* items that break a rule */
    uint64_t looked[PARALLEL_RULES];   /* items that it is about; 0: it does not apply */
    const char *first[PARALLEL_RULES]; /* what was found first: place, id and words; NULL: nothing */
};
struct parallel_certificate {
    const char *task;
    struct parallel_cell *cells; /* in the order in which languages come; none: the items tell no language */
    size_t n_cells;
};
/* Bad rows are errors, as they are where the task is asked. An unknown language is ERROR_DATA with the item. */
bool parallel_lint_task(const struct task *task, struct arena *arena, struct parallel_certificate *out,
                        struct error *err) MUST_CHECK;
bool parallel_passes(const struct parallel_cell *cell);
/* The task asks for the checks (key lint: parallel). */
bool task_lints_parallel(const struct task *task);

/* {"task", "cells": [{"lang", "n", "paired", "found": {"L1": {"items", "of", "first"}}}]}; owned. */
json_t *parallel_certificate_json(const struct parallel_certificate *certificate);

/* ---- published tables */
struct parallel_finding {
    enum parallel_rule rule;
    const char *file, *lang; /* lang "": all of them */
    uint64_t found, of;
    const char *what; /* in words; borrowed for the call */
};
typedef bool parallel_sink(void *context, const struct parallel_finding *finding, struct error *err);

/* {FILE: {LANGUAGE: [[GOLD, COUNT], ...]}}: golds outside the Greek letters where the file's are letters (L1), files of
 * one class (L5), languages whose counts of the repaired golds differ from those of most, or that are missing (L6). */
bool parallel_lint_histograms(const json_t *histograms, const char *shown, const struct lexicons *lexicons,
                              parallel_sink *sink, void *context, struct error *err) MUST_CHECK;
/* {TASK: {MODEL: {LANGUAGE: {"accuracy", "no_response", ...}}}} beside such histograms, whose file of a task begins
 * with its name and '/': accuracies that are exactly the share of spoilt golds, which is what a mute subject gets (L2).
 */
bool parallel_lint_rates(const json_t *rates, const json_t *histograms, const char *shown,
                         const struct lexicons *lexicons, parallel_sink *sink, void *context,
                         struct error *err) MUST_CHECK;

/* What the published reader makes of a true accuracy when a share of the golds is spoilt: items with a good gold keep
 * it, the others are right where nothing was said. */
double parallel_explain(double fixed, double bad_gold, double no_response);
/* Text that looks like a credential: the prefixes of well-known services with a key behind them, private keys. */
bool parallel_secret(struct text t);

#endif
