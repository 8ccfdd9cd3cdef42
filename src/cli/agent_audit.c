/* basanite agent audit: traces against rules, chains and labels. */
#include "cli/agent_verbs.h"
#include "cli/commands.h"

#include "base/file_list.h"
#include "measure/trace/attribute.h"
#include "measure/trace/audit.h"
#include "measure/trace/chain.h"
#include "measure/trace/rule_set.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct auditing {
    struct arguments *args;
    struct audit *audit;
    struct findings *told;
    const struct chain_set *chains;
    struct arena arena, scratch; /* of the file, of the trace */
    struct trace_counts counts;
    struct attribute_tally tally[3]; /* all, made by algorithms, made by hand */
    struct audit_trace *traces;
    size_t n, room;
    uint64_t alarms;
    const struct trace *now;
};

/* ---- the traces */

static const struct finding_rule chain_rule = {"chain", "a chain of capabilities was gone through", FINDING_ERROR,
                                               "ASI02 T2"};

static bool tell_chain(void *context, const struct chain_dfa *dfa, size_t span, struct error *err) {
    struct auditing *a = context;
    const struct spec_chain *c = dfa->chain;
    char what[400], item[240];
    snprintf(what, sizeof what, "the chain %.*s/%.*s/%zu is complete with this call", TEXT_ARG(c->category),
             TEXT_ARG(c->subcategory), c->number);
    snprintf(item, sizeof item, "%.100s/%.100s", a->now->id.at ? a->now->id.at : "", a->now->spans[span].id.at);
    const struct finding f = {.rule = chain_rule.name,
                              .severity = chain_rule.severity,
                              .file = a->now->file,
                              .line = a->now->spans[span].line,
                              .item = item,
                              .what = what};
    a->alarms++;
    return findings_put(a->told, &f, err);
}

static bool keep(struct auditing *a, const struct audit_trace *of_trace, struct error *err) {
    if (a->n == a->room) {
        size_t room = a->room ? 2 * a->room : 256;
        void *grown = memory_grow(a->traces, room, sizeof *a->traces);
        if (!grown) return error_memory(err, "traces");
        a->traces = grown;
        a->room = room;
    }
    a->traces[a->n++] = *of_trace;
    return true;
}

static bool add_trace(void *context, const struct trace *t, struct error *err) {
    struct auditing *a = context;
    struct audit_trace of_trace;
    a->now = t;
    attribute_add(&a->tally[0], t);
    attribute_add(&a->tally[t->by_hand ? 2 : 1], t);
    arena_reset(&a->scratch);
    return audit_add(a->audit, t, &of_trace, err) && keep(a, &of_trace, err) &&
           (!a->chains || chain_set_watch(a->chains, t, tell_chain, a, &a->scratch, err));
}

static bool is_trace(void *context, const char *path) {
    (void)context;
    return text_ends(text_of(path), TEXT(".json")) || text_ends(text_of(path), TEXT(".jsonl"));
}

static bool read_all(struct auditing *a, struct error *err) {
    struct file_list files = {0};
    const struct trace_settings settings = {.lenient = args_on(a->args, "lenient"), .sink = add_trace, .context = a};
    for (size_t i = 1; i < a->args->n_words; i++)
        if (!file_list_add(&files, a->args->words[i], is_trace, NULL, a->args->arena, err)) return false;
    for (size_t i = 0; i < files.n; i++)
        if (!trace_read_file(files.paths[i], &settings, &a->arena, &a->counts, err)) return false;
    return a->counts.traces > 0 || error_set(err, ERROR_DATA, "%s: no traces", a->args->words[1]);
}

/* ---- figures */

static double mean_of(void *context, const uint32_t *weights, size_t n, bool tue) {
    const struct auditing *a = context;
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct audit_ratio *r = tue ? &a->traces[i].tue : &a->traces[i].css;
        sum += weights[i] * r->sum;
        count += (double)weights[i] * (double)r->n;
    }
    return count > 0 ? sum / count : NAN;
}
static double css_of(void *context, const uint32_t *weights, size_t n) {
    return mean_of(context, weights, n, false);
}
static double tue_of(void *context, const uint32_t *weights, size_t n) {
    return mean_of(context, weights, n, true);
}

struct figures {
    struct audit_result r;
    struct interval share[AUDIT_PILLARS], css, tue;
};

/* One trace says nothing of how traces differ: the mean has no interval then. */
static bool mean_figure(struct auditing *a, bool tue, struct interval *out, struct error *err) {
    double confidence = args_real(a->args, "confidence", 0.95);
    uint64_t resamples = args_count(a->args, "bootstrap", 1000), seed = args_count(a->args, "seed", 1);
    size_t with = 0;
    for (size_t i = 0; i < a->n; i++) with += (tue ? a->traces[i].tue.n : a->traces[i].css.n) > 0;
    if (!with) return true;
    if (!stat_bootstrap_rows(NULL, a->n, tue ? tue_of : css_of, a, resamples, confidence, seed,
                             tue ? "audit/tue" : "audit/css", out, err))
        return false;
    if (with < 2) out->lo = out->hi = NAN;
    return true;
}

static bool make_figures(struct auditing *a, struct figures *f, struct error *err) {
    double confidence = args_real(a->args, "confidence", 0.95);
    const struct interval none = {NAN, NAN, NAN};
    audit_end(a->audit, &f->r);
    for (size_t i = 0; i < AUDIT_PILLARS; i++)
        f->share[i] = f->r.shares[i].n ? stat_wilson(f->r.shares[i].k, f->r.shares[i].n, confidence) : none;
    f->css = f->tue = none;
    return mean_figure(a, false, &f->css, err) && mean_figure(a, true, &f->tue, err);
}

static json_t *interval_json(struct interval x, uint64_t n) {
    return json_pack("{s:o s:o s:o s:I}", "value", json_from_f64(x.estimate), "lo", json_from_f64(x.lo), "hi",
                     json_from_f64(x.hi), "n", (json_int_t)n);
}

/* The mean of the pillars that have a figure, and the least of them: a mean hides a zero. */
static void composite(const struct figures *f, double *mean, double *least) {
    size_t n = 0;
    *mean = 0;
    *least = NAN;
    for (size_t i = 0; i < AUDIT_PILLARS; i++) {
        if (!f->r.shares[i].n) continue;
        *mean += f->share[i].estimate;
        *least = n++ ? fmin(*least, f->share[i].estimate) : f->share[i].estimate;
    }
    *mean = n ? *mean / (double)n : NAN;
}

static json_t *pillars_json(const struct figures *f) {
    json_t *list = json_array();
    for (size_t i = 0; i < AUDIT_PILLARS; i++) {
        const struct audit_share *s = &f->r.shares[i];
        json_t *row = interval_json(f->share[i], s->n);
        json_object_set_new(row, "k", json_integer((json_int_t)s->k));
        json_object_set_new(row, "pillar", json_string(s->pillar));
        json_object_set_new(row, "of", json_string(s->what));
        if (!s->n) json_object_set_new(row, "null_reason", json_string(s->why));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *tally_json(const struct attribute_tally *t, const char *of) {
    json_t *row = json_pack("{s:s s:I s:I}", "logs_of", of, "logs", (json_int_t)t->logs, "labelled_agent_speaks",
                            (json_int_t)t->speaks);
    for (size_t w = 0; t->logs && w < ATTRIBUTE_WAYS; w++)
        json_object_set_new(row, attribute_names[w],
                            json_pack("{s:o s:o s:o}", "agent", json_from_f64(t->agent[w] / (double)t->logs), "step",
                                      json_from_f64(t->step[w] / (double)t->logs), "within_one",
                                      json_from_f64(t->near[w] / (double)t->logs)));
    return row;
}

static const char *const of_logs[] = {"all", "made by algorithms", "made by hand"};

static json_t *more_json(const struct auditing *a, const struct figures *f) {
    const struct audit_result *r = &f->r;
    const struct trace_rule *rules;
    json_t *by_rule = json_object(), *tallies = json_array();
    double mean, least;
    size_t n = trace_rules(&rules);
    composite(f, &mean, &least);
    for (size_t i = 0; i < n; i++)
        json_object_set_new(by_rule, rules[i].is.name, json_integer((json_int_t)r->findings[i]));
    for (size_t i = 0; a->tally[0].logs && i < 3; i++)
        json_array_append_new(tallies, tally_json(&a->tally[i], of_logs[i]));
    return json_pack(
        "{s:I s:I s:I s:I s:I s:I s:I s:I s:I s:o s:o s:o s:o s:o s:o s:o s:o s:o}", "files",
        (json_int_t)a->counts.files, "traces", (json_int_t)a->counts.traces, "spans", (json_int_t)a->counts.spans,
        "bad", (json_int_t)a->counts.bad, "cut", (json_int_t)a->counts.cut, "flagged", (json_int_t)r->flagged,
        "chained", (json_int_t)r->chained, "alarms", (json_int_t)a->alarms, "followed_coarsely", (json_int_t)r->coarse,
        "rules", by_rule, "pillars", pillars_json(f), "trust_mean", json_from_f64(mean), "trust_least",
        json_from_f64(least), "css", interval_json(f->css, r->css.n), "css_contradicted", json_from_f64(r->harm), "tue",
        interval_json(f->tue, r->tue.n), "tue_additive",
        json_from_f64(r->additive.n ? r->additive.sum / (double)r->additive.n : NAN), "attribution", tallies);
}

static void print_interval(FILE *out, struct interval x) {
    if (isnan(x.lo))
        fprintf(out, " %.3f (one trace)   ", x.estimate);
    else
        fprintf(out, " %.3f [%.3f, %.3f]", x.estimate, x.lo, x.hi);
}

static void print_pillars(FILE *out, const struct figures *f) {
    double mean, least;
    for (size_t i = 0; i < AUDIT_PILLARS; i++) {
        const struct audit_share *s = &f->r.shares[i];
        fprintf(out, "%-15s", s->pillar);
        if (s->n) {
            fprintf(out, " %6" PRIu64 " of %-6" PRIu64, s->k, s->n);
            print_interval(out, f->share[i]);
            fprintf(out, "  %s\n", s->what);
        } else
            fprintf(out, " %16s -                       %s\n", "", s->why);
    }
    composite(f, &mean, &least);
    if (!isnan(mean)) fprintf(out, "%-15s mean %.3f, least %.3f of the pillars with a figure\n", "trust", mean, least);
}

static void print_scores(FILE *out, const struct figures *f) {
    const struct audit_result *r = &f->r;
    fprintf(out, "%-15s", "css");
    if (r->css.n) {
        fprintf(out, " %6" PRIu64 " messages ", r->css.n);
        print_interval(out, f->css);
        fprintf(out, "  mean of uptake x quality of messages; %.3f contradict a verified result\n", r->harm);
    } else
        fputs("                  -                       no message\n", out);
    fprintf(out, "%-15s", "tue");
    if (r->tue.n) {
        fprintf(out, " %6" PRIu64 " calls    ", r->tue.n);
        print_interval(out, f->tue);
        fprintf(out, "  mean of chosen x obeys x well x new x used; additive %.3f\n",
                r->additive.sum / (double)r->additive.n);
    } else
        fputs("                  -                       no call of a tool\n", out);
}

static void print_attribution(FILE *out, const struct attribute_tally tally[3]) {
    if (!tally[0].logs) {
        fputs("attribution: no labelled logs\n", out);
        return;
    }
    fprintf(out, "attribution: of %" PRIu64 " labels, %" PRIu64 " name the speaker of their step\n", tally[0].logs,
            tally[0].speaks);
    fprintf(out, "%-20s %5s %-9s %7s %7s %9s\n", "logs", "n", "by", "agent", "step", "step +-1");
    for (size_t i = 0; i < 3; i++)
        for (size_t w = 0; tally[i].logs && w < ATTRIBUTE_WAYS; w++) {
            double n = (double)tally[i].logs;
            fprintf(out, "%-20s %5" PRIu64 " %-9s %7.3f %7.3f %9.3f\n", of_logs[i], tally[i].logs, attribute_names[w],
                    tally[i].agent[w] / n, tally[i].step[w] / n, tally[i].near[w] / n);
        }
}

static void print_all(struct auditing *a, const struct figures *f) {
    FILE *out = a->args->out;
    const struct audit_result *r = &f->r;
    const struct trace_rule *rules;
    size_t n = trace_rules(&rules);
    fprintf(out, "%" PRIu64 " traces, %" PRIu64 " spans; %" PRIu64 " flagged", a->counts.traces, a->counts.spans,
            r->flagged);
    for (size_t i = 0; i < n; i++)
        if (r->findings[i]) fprintf(out, ", %s %" PRIu64, rules[i].is.name, r->findings[i]);
    if (a->chains) fprintf(out, "; %" PRIu64 " alarms of chains", a->alarms);
    if (r->coarse) fprintf(out, "; %" PRIu64 " with too much tainted text, followed coarsely", r->coarse);
    if (a->counts.bad) fprintf(out, "; %" PRIu64 " bad, the first: %s", a->counts.bad, a->counts.first);
    if (a->counts.cut) fprintf(out, "; %" PRIu64 " texts cut", a->counts.cut);
    fputc('\n', out);
    print_pillars(out, f);
    print_scores(out, f);
    if (args_on(a->args, "attribute")) print_attribution(out, a->tally);
}

/* ---- */

/* The lines of a rule set that say never are chains too. Its values live as long as the arguments. */
static bool add_rules(struct arguments *args, struct tool_spec *spec, const char *path, struct error *err) {
    struct rule_set set;
    bool ok = rule_set_read(&set, path, args->arena, err);
    for (size_t i = 0; ok && i < set.n_lines; i++)
        ok = set.lines[i].must || tool_spec_add_chain(spec, &set.lines[i].chain, err);
    if (ok && spec->n_roots < SPEC_FILES_MOST)
        spec->roots[spec->n_roots++] = set.json; /* goes with the others */
    else
        rule_set_done(&set);
    return ok;
}

static bool read_specs(struct arguments *args, struct tool_spec *spec, const char *flag, struct error *err) {
    const char **paths, *kind;
    size_t n = args_texts(args, flag, &paths);
    for (size_t i = 0; i < n; i++)
        if (!(rule_set_is(paths[i]) ? add_rules(args, spec, paths[i], err)
                                    : tool_spec_read(spec, paths[i], &kind, err)))
            return false;
    return true;
}

static bool taint_of(const struct arguments *args, bool *coarse, struct error *err) {
    const char *taint = args_text(args, "taint", "fine");
    *coarse = strcmp(taint, "coarse") == 0;
    return *coarse || strcmp(taint, "fine") == 0 ||
           error_set(err, ERROR_USAGE, "--taint: expected fine or coarse, found '%s'", taint);
}

static bool run_audit(struct auditing *a, struct error *err) {
    struct figures f;
    if (!read_all(a, err) || !make_figures(a, &f, err) || !findings_end(a->told, more_json(a, &f), err)) return false;
    if (a->told->form == FINDINGS_LINES && !args_on(a->args, "quiet")) print_all(a, &f);
    return a->told->n[FINDING_ERROR] == 0 ||
           error_set(err, ERROR_GATE, "%" PRIu64 " errors; the first: %s", a->told->n[FINDING_ERROR], a->told->first);
}

static bool set_up(struct auditing *a, struct tool_spec *spec, struct chain_set *chains, struct error *err) {
    struct audit_settings s = {.only = args_text(a->args, "only", NULL), .sink = findings_put, .context = a->told};
    if (!taint_of(a->args, &s.coarse, err) || !read_specs(a->args, spec, "chains", err) ||
        !read_specs(a->args, spec, "tools", err))
        return false;
    if (spec->n_tools) s.tools = spec;
    if (args_text(a->args, "chains", NULL)) {
        if (!chain_set_make(spec, a->args->arena, chains, err)) return false;
        a->chains = chains;
    }
    return (a->audit = audit_new(&s, err)) != NULL;
}

bool agent_audit(struct arguments *args, struct error *err) {
    const struct finding_rule *rules[AUDIT_RULES + 1];
    const struct trace_rule *all;
    struct findings told;
    struct tool_spec spec;
    struct chain_set chains;
    struct auditing a = {.args = args, .told = &told};
    enum findings_form form;
    size_t n = trace_rules(&all);
    if (args->n_words < 2) return error_set(err, ERROR_USAGE, "expected `basanite agent audit TRACE...`");
    for (size_t i = 0; i < n; i++) rules[i] = &all[i].is;
    rules[n++] = &chain_rule;
    if (!common_findings_form(args, &form, err)) return false;
    tool_spec_init(&spec, args->arena);
    arena_init(&a.arena, (size_t)16 << 30);
    arena_init(&a.scratch, 1 << 30);
    bool ok =
        findings_init(&told, form, args->out, rules, n, err) && set_up(&a, &spec, &chains, err) && run_audit(&a, err);
    findings_done(&told);
    audit_free(a.audit);
    memory_free(a.traces);
    arena_done(&a.arena);
    arena_done(&a.scratch);
    tool_spec_done(&spec);
    return ok;
}
