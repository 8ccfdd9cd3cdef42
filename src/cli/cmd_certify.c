/* basanite certify: a policy becomes runs, verdicts, acts and a certificate. */
#include "cli/commands.h"
#include "cli/common_steer.h"
#include "cli/goals_policy.h"

#include "certify/certify_case.h"
#include "formalize/case/case_format.h"
#include "report/report.h"
#include "report/report_number.h"
#include "report/text_grid.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const flags[] = {
    SUBJECT_FLAGS, "record",          "limit", "seed",   "bootstrap", "until",  "act",   "as-of", "context",
    "confidence",  "allow-undecided", "json",  "format", "out",       "config", "quiet", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_certify = {
    .name = "certify",
    .synopsis = "[POLICY.yaml] [--act] [--until set|formalize|measure|act] [--as-of DATE] [--allow-undecided]",
    .summary =
        "sets, formalizes, measures, acts and measures again: is the subject fit for what the policy says? exit 1 "
        "where its gate is not met",
    .example = "basanite certify --act",
    .flags = flags,
    .run = run,
    .shares = SHARES_ASKS,
};

/* ---- settings */

static struct subject *open_acted(void *context, const char *spec, const struct certify_round_about *about,
                                  struct error *err) {
    const struct arguments *args = context;
    static const char *const names[] = {"guard", "guide"};
    const char *const values[] = {about->guard, about->guide};
    struct subject_settings settings;
    for (size_t i = 0; i < 2; i++)
        if (values[i])
            return error_set(err, ERROR_ENVIRONMENT,
                             "'%s' of an act is not part of this build yet; write a `run` or a "
                             "`steer`",
                             names[i]),
                   NULL;
    common_subject_settings(args, &settings);
    struct subject *subject = subject_open(text_of(spec), &settings, err);
    if (subject && about->steer) subject = common_steer_by(args, text_of(about->steer), subject, false, err);
    if (!subject || !about->system || subject_tell(subject, text_of(about->system), err)) return subject;
    subject_close(subject);
    return NULL;
}

static void tell(void *context, const char *line) {
    const struct arguments *args = context;
    if (!args_on(args, "quiet")) fprintf(stderr, "%s\n", line);
}

/* Beside the record: RECORD.acts */
static const char *acts_folder(const struct arguments *args, struct error *err) {
    return arena_printf(args->arena, err, "%s.acts", args_text(args, "record", "basanite.db"));
}

static bool fill_settings(struct arguments *args, struct certify_settings *s, struct error *err) {
    static char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return error_set(err, ERROR_ENVIRONMENT, "cannot find the program itself (/proc/self/exe)");
    self[n] = 0;
    *s = (struct certify_settings){.until = CERTIFY_ACT,
                                   .act = args_on(args, "act"),
                                   .program = self,
                                   .open = open_acted,
                                   .tell = tell,
                                   .context = args};
    s->run = (struct run_settings){
        .command = args->line,
        .start = RECORD_CONTINUE,
        .seed = args_count(args, "seed", 1),
        .few_shot = -1,
        .chunk = common_chunk(args),
        .figures = {.bootstrap = args_count(args, "bootstrap", 1000), .seed = args_count(args, "seed", 1)},
        .quiet = args_on(args, "quiet"),
        .stop = args->stop};
    const char *until = args_text(args, "until", NULL);
    s->lend = goals_measured;
    return goals_day(args, &s->as_of, err) && common_task_settings(args, &s->tasks, err) &&
           (s->folder = acts_folder(args, err)) && (s->run.build = common_build(args->arena, err)) &&
           (!until || certify_stage_read(until, &s->until, err));
}

/* ---- what people read */

static const char *bound_of(struct arena *arena, const struct policy_clause *k, const struct figure *f,
                            struct error *err) {
    char target[REPORT_NUMBER], other[REPORT_NUMBER];
    struct figure at = f ? *f : (struct figure){.unit = "", .k = -1};
    const char *op = policy_op_names[k->op];
    at.null_reason = NULL;
    at.value = k->target;
    number_of_figure(&at, target);
    at.value = k->op == POLICY_IN ? k->upper : k->tol;
    number_of_figure(&at, other);
    if (k->op == POLICY_IN) return arena_printf(arena, err, "in %s to %s", target, other);
    if (k->op == POLICY_NEAR) return arena_printf(arena, err, "%s +- %s", target, other);
    return arena_printf(arena, err, "%s %s", op, target);
}

/* What is missing for a verdict, or how many items would give one. */
static const char *remark(struct arena *arena, const struct policy_outcome *o, struct error *err) {
    if (o->why) return arena_printf(arena, err, ": %s", o->why);
    if (o->needed) return arena_printf(arena, err, ": some %llu items would decide", (unsigned long long)o->needed);
    return "";
}

static const char *what_of(struct arena *arena, const struct policy_outcome *o, struct error *err) {
    const struct figure *f = o->figure;
    const char *wished = o->clause && o->clause->prefer ? "wished: " : "", *more = remark(arena, o, err);
    if (!more) return NULL;
    if (!f) return arena_printf(arena, err, "%s%s%s", wished, o->clause ? o->clause->figure.text : "a paper", more);
    return arena_printf(arena, err, "%s%s of %s%s%s%s", wished, f->name, f->task, *f->group ? ", " : "", f->group,
                        more);
}

static bool put_outcome(struct text_grid *grid, const struct policy_result *r, const struct policy_outcome *o,
                        bool first, struct error *err) {
    char value[REPORT_NUMBER] = "-", interval[REPORT_NUMBER] = "-", n[24] = "-";
    if (o->figure) {
        struct figure shown = *o->figure;
        shown.lo = o->interval.lo;
        shown.hi = o->interval.hi;
        number_of_figure(&shown, value);
        number_interval(&shown, interval);
        snprintf(n, sizeof n, "%llu", (unsigned long long)shown.n);
    }
    const char *cells[] = {first ? r->policy->goals[o->goal].id : "",
                           what_of(grid->arena, o, err),
                           text_copy(grid->arena, text_of(value), err),
                           text_copy(grid->arena, text_of(interval), err),
                           text_copy(grid->arena, text_of(n), err),
                           o->clause ? bound_of(grid->arena, o->clause, o->figure, err) : "",
                           policy_verdict_names[first ? r->verdicts[o->goal] : o->verdict]};
    for (size_t i = 0; i < 7; i++)
        if (!cells[i]) return false;
    return text_grid_row(grid, cells, err);
}

static bool put_goal(struct text_grid *grid, const struct policy_result *r, size_t goal, struct error *err) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_outcomes; i++)
        if (r->outcomes[i].goal == goal && !put_outcome(grid, r, &r->outcomes[i], n++ == 0, err)) return false;
    const struct policy_goal *g = &r->policy->goals[goal];
    const char *bare[] = {g->id, g->text, "-", "-", "-", "", policy_verdict_names[r->verdicts[goal]]};
    return n > 0 || text_grid_row(grid, bare, err);
}

static bool put_round(struct arguments *args, const struct policy *policy, const struct certify_round *r,
                      struct buffer *out, const struct report_options *options, struct error *err) {
    static const char *const head[] = {"goal", "figure", "value", "interval", "n", "wanted", "verdict"};
    struct text_grid grid;
    if (!text_grid_init(&grid, args->arena, 7, err) || !text_grid_row(&grid, head, err)) return false;
    grid.right[2] = grid.right[4] = true;
    for (size_t i = 0; i < policy->n_goals; i++)
        if (!put_goal(&grid, &r->result, i, err)) return false;
    buffer_printf(out, "\n%s, part %u of %u of the items (run %s)\n", r->subject, r->slice.index, r->slice.of, r->run);
    text_grid_put(&grid, out, 2, options->color, options->width);
    return true;
}

static void put_act(const struct certify_act *a, struct buffer *out) {
    buffer_printf(out, "\nact %s: %s -> %s, cost %g, %.1f s\n", a->act->name, a->from, a->to, a->act->cost, a->seconds);
}

/* What moved beyond its interval, for better or worse, whatever the act was for. */
static void put_change(const struct certify_round *round, struct buffer *out) {
    const struct comparison *change = round->change;
    size_t moved = 0, looked = 0;
    for (size_t i = 0; i < change->n_rows; i++) {
        const struct compare_row *r = &change->rows[i];
        char diff[REPORT_NUMBER], lo[REPORT_NUMBER], hi[REPORT_NUMBER];
        int welcome = certify_welcome(round, r);
        if (*r->group || isnan(r->value)) continue;
        looked++;
        if (!welcome) continue;
        number_plain(r->value, diff), number_plain(r->lo, lo), number_plain(r->hi, hi);
        buffer_printf(out, "  %s of %s: %s%s (%s to %s, n = %llu pairs), %s\n", r->name, r->task,
                      r->value > 0 ? "+" : "", diff, lo, hi, (unsigned long long)r->n,
                      welcome > 0 ? "better" : "WORSE");
        moved++;
    }
    buffer_printf(out, "  %zu of %zu figures moved beyond their interval (paired, on the fresh items)\n", moved,
                  looked);
}

static bool put_all(struct arguments *args, const struct policy *policy, const struct certificate *c,
                    struct buffer *out, struct error *err) {
    struct report_options options = {0};
    size_t act = 0;
    print_terminal(args, &options);
    buffer_printf(out, "%s: is %s fit for this use: %s?\n", policy->name, c->rounds[0].subject,
                  policy->use && *policy->use ? policy->use : "what its policy says");
    for (size_t i = 0; i < c->n_rounds; i++) {
        for (; act < c->n_acts && c->acts[act].before < i; act++) put_act(&c->acts[act], out);
        if (c->rounds[i].change) put_change(&c->rounds[i], out);
        if (!put_round(args, policy, &c->rounds[i], out, &options, err)) return false;
        buffer_printf(out, "  gate %s: %s\n", policy->gate, policy_verdict_names[c->rounds[i].result.gate.verdict]);
        if (c->rounds[i].broken != SIZE_MAX)
            buffer_printf(out, "  undone: it broke '%s'\n", policy->goals[c->rounds[i].broken].id);
    }
    if (c->proposed)
        buffer_printf(out, "\nwith --act the policy's own acts would be applied, and all measured on fresh items: %s\n",
                      c->proposed);
    buffer_printf(out, "\ncase: %zu of %zu splits proved, the claim is %s%s%s%s\n", c->proved, c->splits,
                  c->accepted ? "supported" : "not supported", c->missing ? " (" : "", c->missing ? c->missing : "",
                  c->missing ? " is not installed)" : "");
    buffer_printf(out, "%s: %s; certificate %s in %s, %.16s\n", policy->name, policy_verdict_names[c->verdict], c->name,
                  args_text(args, "record", "basanite.db"), c->digest);
    return true;
}

/* ---- the command */

static bool print_it(struct arguments *args, struct record *record, const struct policy *policy,
                     const struct certificate *c, struct error *err) {
    const char *format = args_on(args, "json") ? "json" : args_text(args, "format", "table");
    struct buffer b;
    if (strcmp(format, "json") == 0) return print_json(args->out, c->document, err);
    buffer_init(&b, (size_t)1 << 30);
    bool ok;
    if (strcmp(format, "table") == 0)
        ok = put_all(args, policy, c, &b, err);
    else {
        const struct report_format *f = report_format_find(format, err);
        const char *name = c->rounds[c->standing].run;
        struct report_options options = {0};
        ok = f && f->write(record, &name, 1, &options, &b, err);
    }
    ok = ok && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool judge(const struct arguments *args, const struct certificate *c, struct error *err) {
    if (c->verdict == POLICY_MET || (c->verdict == POLICY_UNDECIDED && args_on(args, "allow-undecided"))) return true;
    return error_set(err, ERROR_GATE, "the policy's gate is %s%s", policy_verdict_names[c->verdict],
                     c->verdict == POLICY_UNDECIDED ? " (more items may decide it; --allow-undecided lets it pass)"
                                                    : "");
}

static bool certify_with(struct arguments *args, const struct policy *policy, struct certify_settings *s,
                         struct error *err) {
    struct subject *subject = common_subject(args, err);
    struct record *record = subject ? common_record(args, RECORD_WRITE, err) : NULL;
    struct certificate c = {0};
    bool ok = record && certify(record, policy, subject, s, args->arena, &c, err) &&
              print_it(args, record, policy, &c, err) && judge(args, &c, err);
    if (record && !args_on(args, "quiet"))
        fprintf(stderr, "%llu asked, %llu from the record\n", (unsigned long long)c.asked,
                (unsigned long long)c.reused);
    certificate_done(&c);
    record_close(record);
    subject_close(subject);
    return ok;
}

/* The case as it stands before anything is measured: its leaves say which figures they wait for. */
static bool print_case(struct arguments *args, const struct policy *policy, struct error *err) {
    struct assurance_case c = {0};
    struct buffer b;
    buffer_init(&b, (size_t)256 << 20);
    bool ok = certify_case(policy, NULL, args->arena, &c, err) && case_format_gsn.write(&c, &b, err) &&
              print_buffer(args->out, &b, err);
    case_done(&c);
    buffer_done(&b);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    struct certify_settings s;
    struct policy_names names;
    struct policy_context use;
    const char *shown, *name = args->n_words ? args->words[0] : "pocket";
    if (!common_words(args, &command_certify, 0, 1, err) || !fill_settings(args, &s, err) ||
        !goals_context(args, &use, err) || !goals_policy_text(args, name, &s.source, &shown, err))
        return false;
    struct policy *policy = goals_policy(args, name, &names, err);
    s.names = &names;
    s.use = &use;
    if (!policy) return false;
    if (s.until == CERTIFY_SET) return goals_check(args, name, err);
    if (s.until == CERTIFY_FORMALIZE) return print_case(args, policy, err);
    return certify_with(args, policy, &s, err);
}
