/* basanite case: assurance cases. One row a verb, one file a verb (case_verbs.h). */
#include "cli/case_verbs.h"
#include "cli/verbs.h"

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

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {
        {"check", case_check}, {"draft", case_draft}, {"render", case_render}, {"convert", case_convert}};
    return verbs_run(args, verbs, sizeof verbs / sizeof *verbs, err);
}
