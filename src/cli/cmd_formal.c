/* basanite formal: domains in which a machine decides. */
#include "cli/commands.h"

#include "formalize/formal_file.h"

#include <string.h>

static const char *const flags[] = {"domain", "all", "lenient", "json", "out", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_formal = {
    .name = "formal",
    .synopsis = "check|solve FILE... [--domain logic|math] [--all N]",
    .summary =
        "what a machine decides: puzzles of knights and knaves (one solution, by enumeration and Z3), equality of "
        "answers in mathematics",
    .example = "basanite formal check puzzles.jsonl --domain logic",
    .flags = flags,
    .run = run,
};

struct printer {
    const struct arguments *args;
    const char *path;
    bool all; /* every row, not only those that do not hold */
};

static const char *text_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_value(value) : "";
}

static bool print_verdict(void *context, const json_t *verdict, struct error *err) {
    struct printer *p = context;
    if (p->all) return print_json_line(p->args->out, verdict, err);
    if (json_is_true(json_object_get(verdict, "holds"))) return true;
    fprintf(p->args->out, "%s:%lld: %s%s%s\n", p->path, (long long)json_integer_value(json_object_get(verdict, "line")),
            text_at(verdict, "id"), *text_at(verdict, "id") ? ": " : "", text_at(verdict, "why"));
    return true;
}

/* What was decided, and how: beside rows of JSON it is a message. */
static bool tell(const struct printer *p, const struct formal_result *r, struct error *err) {
    unsigned long long fail = r->fail, bad = r->bad, rows = r->rows;
    FILE *out = p->all ? stderr : p->args->out;
    if (!r->domain) return error_set(err, ERROR_DATA, "no rows");
    if (!p->all || !args_on(p->args, "quiet"))
        fprintf(out, "%s: %llu of %llu hold (%s)\n", r->domain->name, (unsigned long long)r->hold, rows,
                r->domain->means());
    if (bad) return error_set(err, ERROR_DATA, "%llu of %llu rows cannot be read", bad, rows);
    return fail == 0 || error_set(err, ERROR_GATE, "%llu of %llu claims do not hold", fail, rows);
}

static bool go(struct arguments *args, enum formal_verb verb, struct error *err) {
    struct printer printer = {.args = args, .all = verb == FORMAL_SOLVE || args_on(args, "json")};
    struct formal_settings s = {.verb = verb,
                                .most = args_count(args, "all", 1),
                                .lenient = args_on(args, "lenient"),
                                .sink = print_verdict,
                                .context = &printer};
    struct formal_result r = {0};
    const char *domain = args_text(args, "domain", NULL);
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite formal %s FILE...`", args->words[0]);
    if (verb == FORMAL_CHECK && args_text(args, "all", NULL))
        return error_set(err, ERROR_USAGE, "--all is of formal solve");
    if (domain && !(s.domain = domain_find(domain, err))) return false;
    for (size_t i = 1; i < args->n_words; i++) {
        printer.path = args->words[i];
        if (!formal_file(args->words[i], &s, &r, err)) return false;
    }
    return tell(&printer, &r, err);
}

static bool run(struct arguments *args, struct error *err) {
    static const char *const verbs[] = {"check", "solve"};
    if (args->n_words == 0) return error_set(err, ERROR_USAGE, "expected a verb: check or solve");
    for (int v = 0; v < 2; v++)
        if (strcmp(args->words[0], verbs[v]) == 0) return go(args, v == 0 ? FORMAL_CHECK : FORMAL_SOLVE, err);
    const char *near = text_nearest(text_of(args->words[0]), verbs, 2);
    return error_set(err, ERROR_USAGE, "no verb '%s'%s%s%s: expected check or solve", args->words[0],
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
