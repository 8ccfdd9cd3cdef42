/* basanite agent: things that act. What is written down about them, and what they left behind. */
#include "cli/agent_verbs.h"
#include "cli/commands.h"

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
    static const struct {
        const char *name;
        bool (*run)(struct arguments *args, struct error *err);
    } verbs[] = {{"check", agent_check}, {"audit", agent_audit}, {"fuse", agent_fuse}, {"label", agent_label}};
    enum { VERBS = sizeof verbs / sizeof *verbs };
    const char *names[VERBS];
    if (args->n_words == 0) return error_set(err, ERROR_USAGE, "expected a verb: `basanite agent --help` lists them");
    for (size_t v = 0; v < VERBS; v++) {
        names[v] = verbs[v].name;
        if (strcmp(args->words[0], names[v]) == 0) return verbs[v].run(args, err);
    }
    const char *near = text_nearest(text_of(args->words[0]), names, VERBS);
    return error_set(err, ERROR_USAGE, "no verb '%s'%s%s%s: `basanite agent --help` lists them", args->words[0],
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
