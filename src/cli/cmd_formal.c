/* basanite formal: domains in which a machine decides. */
#include "cli/commands.h"
#include "cli/verbs.h"

#include "base/file_list.h"
#include "formalize/domain/formal_file.h"

#include <string.h>

static const char *const flags[] = {"domain",   "all",     "lenient", "strict",  "loose", "rules", "judge", "only",
                                    "suppress", "timeout", "format",  "threads", "json",  "out",   "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_formal = {
    .name = "formal",
    .synopsis = "check|solve|parse FILE... [--domain NAME] [--all N] [--strict|--loose] [--rules FILE] [--judge z3] | "
                "scan FILE|DIR... [--only RULES] [--suppress FILE] [--format json|sarif] | draw FILE --out FILE.svg",
    .summary =
        "what a machine decides: puzzles of knights and knaves (one solution, by enumeration and Z3), equality of "
        "answers in mathematics, faults of contracts in Solidity, problems and proofs of plane geometry, queries to "
        "databases",
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

/* ---- what is shared by the verbs */

/* Does a domain read texts with this ending? */
static bool wanted(void *context, const char *path) {
    const struct domain *only = context, *const * all;
    size_t n = domains(&all);
    if (only && only->claims && (text_ends(text_of(path), TEXT(".jsonl")) || text_ends(text_of(path), TEXT(".json"))))
        return true;
    for (size_t i = 0; i < n; i++)
        if ((!only || only == all[i]) && domain_has_ending(all[i], path)) return true;
    return false;
}

static bool files_of(struct arguments *args, struct formal_settings *s, struct file_list *files, struct error *err) {
    const char *domain = args_text(args, "domain", NULL);
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite formal %s FILE...`", args->words[0]);
    if (domain && !(s->domain = domain_find(domain, err))) return false;
    for (size_t i = 1; i < args->n_words; i++)
        if (!file_list_add(files, args->words[i], wanted, (void *)s->domain, args->arena, err)) return false;
    return files->n > 0 || error_set(err, ERROR_DATA, "%s: no file of a domain that reads texts", args->words[1]);
}

static struct domain_settings how(const struct arguments *args) {
    return (struct domain_settings){.most = args_count(args, "all", 1),
                                    .timeout = args_real(args, "timeout", 0),
                                    .strict = args_on(args, "strict"),
                                    .loose = args_on(args, "loose"),
                                    .judge = args_text(args, "judge", NULL),
                                    .rules = args_text(args, "rules", NULL),
                                    .only = args_text(args, "only", NULL),
                                    .suppress = args_text(args, "suppress", NULL),
                                    .threads = common_threads(args)};
}

/* Flags of other verbs are refused, never left unheard. */
static bool only_of(const struct arguments *args, const char *flag, const char *verb, struct error *err) {
    return strcmp(args->words[0], verb) == 0 || (!args_text(args, flag, NULL) && !args_on(args, flag)) ||
           error_set(err, ERROR_USAGE, "--%s is of formal %s", flag, verb);
}

static bool check_flags(const struct arguments *args, struct error *err) {
    return only_of(args, "all", "solve", err) && only_of(args, "strict", "check", err) &&
           only_of(args, "loose", "check", err) && only_of(args, "only", "scan", err) &&
           only_of(args, "suppress", "scan", err) && only_of(args, "format", "scan", err) &&
           (!args_on(args, "strict") || !args_on(args, "loose") ||
            error_set(err, ERROR_USAGE, "--strict or --loose, not both"));
}

/* ---- verbs */

static void tell_bad(void *context, const char *why) {
    (void)context;
    fprintf(stderr, "%s\n", why);
}

static bool bad_files(const struct formal_settings *s, const struct formal_result *r, struct error *err) {
    return r->bad == 0 || s->lenient ||
           error_set(err, ERROR_DATA, "%llu files cannot be read, or only in part", (unsigned long long)r->bad);
}

/* Files that stand together: one JSON line for each. */
static bool parse_together(struct formal_settings *s, const struct file_list *files, const struct printer *printer,
                           struct error *err) {
    struct formal_result r = {0};
    s->bad = tell_bad;
    if (!formal_together(files->paths, files->n, s, &r, NULL, NULL, err)) return false;
    if (!s->lenient) r.bad += r.fail; /* with places that could not be read */
    r.fail = 0;
    return bad_files(s, &r, err) && tell(printer, &r, err);
}

static bool decide(struct arguments *args, enum formal_verb verb, struct error *err) {
    struct printer printer = {.args = args, .all = verb != FORMAL_CHECK || args_on(args, "json")};
    struct formal_settings s = {.verb = verb,
                                .how = how(args),
                                .lenient = args_on(args, "lenient"),
                                .sink = print_verdict,
                                .context = &printer};
    struct formal_result r = {0};
    struct file_list files = {0};
    if (!files_of(args, &s, &files, err)) return false;
    bool texts = verb == FORMAL_PARSE && !formal_is_json(files.paths[0]); /* rows of JSON tell their domain */
    if (texts && !s.domain && !(s.domain = formal_domain(files.paths[0], err))) return false;
    if (texts && s.domain->add) return parse_together(&s, &files, &printer, err);
    for (size_t i = 0; i < files.n; i++) {
        printer.path = files.paths[i];
        if (!formal_file(files.paths[i], &s, &r, err)) return false;
    }
    return tell(&printer, &r, err);
}

static bool check(struct arguments *args, struct error *err) {
    return decide(args, FORMAL_CHECK, err);
}
static bool solve(struct arguments *args, struct error *err) {
    return decide(args, FORMAL_SOLVE, err);
}
static bool parse(struct arguments *args, struct error *err) {
    return decide(args, FORMAL_PARSE, err);
}

/* The rules of the one domain that scans these files: told from the first. */
static bool scan_domain(struct formal_settings *s, const char *path, struct error *err) {
    if (!s->domain && !(s->domain = formal_domain(path, err))) return false;
    return s->domain->scan || error_set(err, ERROR_USAGE, "domain %s has no `formal scan`", s->domain->name);
}

/* Rows and files that stand alone one by one, the others at once. */
static bool scan_all(const struct formal_settings *s, const struct file_list *files, struct formal_result *r,
                     struct findings *told, struct arena *arena, struct error *err) {
    const char **together = arena_new(arena, const char *, files->n + 1, err);
    size_t n = 0;
    if (!together) return false;
    for (size_t i = 0; i < files->n; i++) {
        if (s->domain->add && !formal_is_json(files->paths[i])) {
            together[n++] = files->paths[i];
            continue;
        }
        if (formal_scan(files->paths[i], s, r, findings_put, told, err)) continue;
        if (!s->lenient || err->kind != ERROR_DATA) return false;
        tell_bad(NULL, err->message);
        error_clear(err);
        r->bad++;
    }
    return n == 0 || formal_together(together, n, s, r, findings_put, told, err);
}

static bool end_scan(struct arguments *args, const struct formal_settings *s, struct formal_result *r,
                     struct findings *told, struct error *err) {
    const unsigned long long *const n = (const unsigned long long[]){told->n[FINDING_ERROR], told->n[FINDING_WARNING],
                                                                     told->n[FINDING_NOTE], told->waived, r->rows};
    json_object_set_new(r->sum, "files", json_integer((json_int_t)r->rows));
    json_object_set_new(r->sum, "bad", json_integer((json_int_t)r->bad));
    if (!findings_end(told, json_incref(r->sum), err)) return false;
    if (told->form == FINDINGS_LINES && !args_on(args, "quiet")) {
        if (r->lines->len && !print_buffer(args->out, r->lines, err)) return false;
        fprintf(args->out, "%s: %llu files, %llu errors, %llu warnings, %llu notes, %llu waived\n", s->domain->name,
                n[4], n[0], n[1], n[2], n[3]);
    }
    return bad_files(s, r, err) &&
           (n[0] == 0 || error_set(err, ERROR_GATE, "%llu errors; the first: %s", n[0], told->first));
}

static bool scan_files(struct arguments *args, struct formal_settings *s, const struct file_list *files,
                       struct findings *told, struct error *err) {
    struct buffer lines;
    struct formal_result r = {.sum = json_object(), .lines = &lines};
    buffer_init(&lines, 1 << 20);
    s->bad = tell_bad;
    bool ok = (r.sum || error_memory(err, "summary")) && scan_all(s, files, &r, told, args->arena, err) &&
              end_scan(args, s, &r, told, err);
    json_decref(r.sum);
    buffer_done(&lines);
    return ok;
}

static bool scan(struct arguments *args, struct error *err) {
    struct formal_settings s = {.how = how(args), .lenient = args_on(args, "lenient")};
    struct file_list files = {0};
    enum findings_form form;
    struct findings told;
    size_t n;
    if (!files_of(args, &s, &files, err) || !scan_domain(&s, files.paths[0], err) ||
        !common_findings_form(args, &form, err))
        return false;
    const struct finding_rule *const *rules = s.domain->rules(&n);
    bool ok = findings_init(&told, form, args->out, rules, n, err) && scan_files(args, &s, &files, &told, err);
    findings_done(&told);
    return ok;
}

static bool draw(struct arguments *args, struct error *err) {
    struct formal_settings s = {.how = how(args)};
    struct formal_result r = {0};
    struct file_list files = {0};
    struct buffer svg;
    if (!files_of(args, &s, &files, err)) return false;
    if (files.n != 1) return error_set(err, ERROR_USAGE, "formal draw takes one file");
    buffer_init(&svg, 64 << 20);
    bool ok = formal_draw(files.paths[0], &s, &r, &svg, err) &&
              (r.rows || error_set(err, ERROR_DATA, "%s: nothing to draw", files.paths[0])) &&
              print_buffer(args->out, &svg, err);
    buffer_done(&svg);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    static const struct verb verbs[] = {
        {"check", check}, {"solve", solve}, {"parse", parse}, {"scan", scan}, {"draw", draw}};
    const struct verb *verb = verbs_find(args, verbs, sizeof verbs / sizeof *verbs, err);
    return verb && check_flags(args, err) && verb->run(args, err);
}
