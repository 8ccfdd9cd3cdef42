/* Before languages are ranked: what the checks of parallel items find in a task, and how the gaps between languages
 * split. Kept in the record as a fact of the run, "languages/RUN/TASK":
 *
 *   {"task", "cells": [...] (parallel_certificate_json), "gaps": [{"lang", "reference", "n", "gap": [estimate, lo, hi],
 * "harness", "parse", "ability", "p", "p_holm", "both", "same", "kappa"}]} */
#ifndef MEASURE_RUN_LANGUAGES_H
#define MEASURE_RUN_LANGUAGES_H

#include "measure/figure/tally.h"

/* Nothing for a task that does not ask for it (key lint: parallel). */
bool run_put_languages(struct record *record, int64_t run, const struct task *task,
                       const struct figure_settings *settings, struct error *err) MUST_CHECK;
/* Owned by the caller; NULL with err NONE: there is none. */
json_t *run_languages_json(struct record *record, int64_t run, const char *task, struct error *err) MUST_CHECK;

#endif
