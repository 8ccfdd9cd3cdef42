/* basanite case: assurance cases. One row a verb, one file a verb (case_verbs.h). */
#include "cli/case_verbs.h"

#include <string.h>

static const char *const flags[] = {SUBJECT_FLAGS, "teacher", "check",  "formalize",       "samples",  "temperature",
                                    "max-tokens",  "seed",    "format", "first-line-goal", "evidence", "node",
                                    "json",        "out",     "config", "quiet",           NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_case = {
    .name = "case",
    .synopsis = "check CASE [--first-line-goal] [--evidence] [--node ID] [--timeout S] | draft CASE|POLICY "
                "[--teacher SPEC] [--formalize] [-n TRIES] | render CASE [--check] [--format "
                "svg|dot|html|text] | convert IN [OUT] [--format gsn|tdt|cae|tea|sacm|prolog|csv]",
    .summary =
        "assurance cases: claims split down to evidence; each split proved, drawn, and converted between formats",
    .example = "basanite case check brakes.yaml",
    .flags = flags,
    .run = run,
};

static const struct {
    const char *name;
    bool (*run)(struct arguments *args, struct error *err);
} verbs[] = {
    {"check", case_check},
    {"draft", case_draft},
    {"render", case_render},
    {"convert", case_convert},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static bool run(struct arguments *args, struct error *err) {
    const char *names[VERBS];
    if (args->n_words == 0) return error_set(err, ERROR_USAGE, "expected a verb: %s", command_case.synopsis);
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(args->words[0], verbs[i].name) == 0) return verbs[i].run(args, err);
        names[i] = verbs[i].name;
    }
    const char *near = text_nearest(text_of(args->words[0]), names, VERBS);
    return error_set(err, ERROR_USAGE, "no verb '%s'%s%s%s: expected %s", args->words[0],
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", command_case.synopsis);
}
