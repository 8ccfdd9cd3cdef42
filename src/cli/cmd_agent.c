/* basanite agent: things that act. What is written down about them, and what they left behind. */
#include "cli/agent_verbs.h"
#include "cli/commands.h"
#include "cli/verbs.h"

#include <string.h>

static const char *const flags[] = {"only",      "taint",     "chains",  "tools",      "attribute", "witness",
                                    "format",    "lenient",   "map",     "tokens",     "method",    "loo",
                                    "conformal", "ask-again", "explain", "confidence", "bootstrap", "seed",
                                    "json",      "out",       "quiet",   NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_agent = {
    .name = "agent",
    .synopsis =
        "check FILE... [--only RULES] [--witness FILE] [--format json|sarif] | audit TRACE... [--only RULES] [--taint "
        "fine|coarse] [--chains FILE] [--tools FILE] [--attribute] [--format json|sarif] | "
        "fuse LOG... [--method NAME] [--only AGENTS] [--loo] [--conformal ALPHA] "
        "[--ask-again SPEC] [--map FILE] | label SCENES [--method rule|model|fuse] [--tokens FILE]",
    .summary = "things that act: what is wrong with chains of capabilities, tools and their schemas; what agents did, "
               "held against fifteen rules; what several agents answered, fused; "
               "how somebody drove",
    .example = "basanite agent check chains.json capabilities.json tools.json",
    .flags = flags,
    .run = run,
};

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {
        {"check", agent_check}, {"audit", agent_audit}, {"fuse", agent_fuse}, {"label", agent_label}};
    return verbs_run(args, verbs, sizeof verbs / sizeof *verbs, err);
}
