/* basanite goals graph: reads, ranks, prints. */
#include "cli/goals_graph.h"

#include "measure/data/survey_counts.h"
#include "set/moral_attack.h"
#include "set/moral_bias.h"
#include "set/moral_criteria.h"
#include "set/moral_explain.h"
#include "set/moral_write.h"

#include <math.h>
#include <string.h>

enum { SHOWN = 10, CHAIN_WIDE = 60 };

static const char *name_of(const struct arguments *args, const struct moral *m, size_t value) {
    struct error ignored;
    const char *name = moral_name(m, value, args->arena, &ignored);
    return name ? name : m->value[value].id;
}

/* ---- the graph ---- */

static void print_head(const struct arguments *args, const char *path, const struct moral_report *r) {
    const struct moral *m = r->m;
    const struct moral_place_of *all = &r->place[0];
    FILE *out = args->out;
    if (m->simulated) fprintf(out, "SIMULATED VOTERS: nobody voted\n");
    fprintf(out, "%s: %llu votes", path, (unsigned long long)all->votes);
    if (!m->counts) fprintf(out, " of %zu voters", m->n_voters);
    fprintf(out, " in %zu contexts on %zu values\n", m->n_contexts, m->n_values);
    fprintf(out, "%zu ordered pairs (%zu pairs), %zu edges kept, %zu nodes; rank_compat sums to %.6f\n", m->n_ordered,
            m->n_pairs, all->n_edges, all->n_nodes, all->compat_sum);
    if (m->repeated)
        fprintf(out, "%llu vote%s given again by the same voter; the last one counts\n",
                (unsigned long long)m->repeated, m->repeated == 1 ? " was" : "s were");
}

static void print_ranks(const struct arguments *args, const struct moral_report *r) {
    const struct moral_place_of *all = &r->place[0];
    fprintf(args->out, "\n%8s %21s %8s  %11s  value\n", "rank", "interval", "first", "rank_compat");
    for (size_t i = 0; i < all->n_nodes && i < SHOWN; i++) {
        const struct moral_standing *s = &all->standing[i];
        char interval[40] = "-", first[16] = "-";
        if (!isnan(s->lo)) {
            snprintf(interval, sizeof interval, "[%.6f, %.6f]", s->lo, s->hi);
            snprintf(first, sizeof first, "%.1f %%", 100 * s->first);
        }
        fprintf(args->out, "%8.6f %21s %8s  %11.6f  %s\n", s->rank, interval, first, s->compat,
                name_of(args, r->m, s->value));
    }
    if (all->n_nodes > SHOWN) fprintf(args->out, "... and %zu more (--json has all)\n", all->n_nodes - SHOWN);
}

static void print_contexts(const struct arguments *args, const struct moral_report *r) {
    fprintf(args->out, "\n%7s %6s %6s %8s  context: its winner\n", "votes", "edges", "nodes", "first");
    for (size_t c = 1; c <= r->m->n_contexts; c++) {
        const struct moral_place_of *p = &r->place[c];
        char first[16] = "-";
        if (p->n_nodes && !isnan(p->standing[0].first))
            snprintf(first, sizeof first, "%.1f %%", 100 * p->standing[0].first);
        fprintf(args->out, "%7llu %6zu %6zu %8s  %s: %s%s\n", (unsigned long long)p->votes, p->n_edges, p->n_nodes,
                first, r->m->context[c - 1],
                p->n_nodes ? name_of(args, r->m, p->standing[0].value) : "none, no edge is kept",
                p->votes < MORAL_WEAK ? " (weak: fewer than 30 votes)" : "");
    }
}

static void print_cycles(const struct arguments *args, const struct moral_report *r) {
    if (r->cycles.n == 0) {
        fprintf(args->out, "\nno cycles: what is kept runs one way\n");
        return;
    }
    fprintf(args->out, "\n%zu groups of values that are wiser than one another, so that it runs round:\n", r->cycles.n);
    for (size_t i = 0; i < r->cycles.n; i++) {
        const struct moral_component *c = &r->cycles.component[i];
        fprintf(args->out, "  %zu values; shortest round:", c->n);
        for (size_t k = 0; k < c->length; k++) fprintf(args->out, " %s ->", name_of(args, r->m, c->cycle[k]));
        fprintf(args->out, " %s\n", name_of(args, r->m, c->cycle[0]));
    }
}

/* What the file of counts says of likelihood and entropy, against what they are. */
static void print_stated(const struct arguments *args, const struct moral *m) {
    double p = 0, entropy = 0;
    size_t stated = 0, kept = 0;
    for (size_t i = 0; i < m->n_stated; i++) {
        struct moral_edge e = moral_edge_of(&m->pair[m->stated[i].pair], m->stated[i].back);
        kept += e.kept;
        if (isnan(m->stated[i].p) || isnan(m->stated[i].entropy)) continue;
        stated++;
        p = fmax(p, fabs(e.p - m->stated[i].p));
        entropy = fmax(entropy, fabs(e.entropy - m->stated[i].entropy));
    }
    if (!m->counts) return;
    fprintf(args->out, "%zu of the %zu rows are kept by the rule\n", kept, m->n_stated);
    if (stated)
        fprintf(args->out, "%zu rows say their likelihood and entropy: they differ by at most %.1e and %.1e\n", stated,
                p, entropy);
}

/* ---- one value ---- */

static bool find_value(const struct moral *m, const char *flag, const char *name, size_t *out, struct error *err) {
    *out = moral_find(m, text_of(name));
    return *out != SIZE_MAX ||
           error_set(err, ERROR_USAGE, "--%s: no vote is about a value '%s'; expected an id or a title", flag, name);
}

static void print_part(const struct arguments *args, const struct moral *m, const struct moral_part *part, bool into) {
    const struct moral_edge *e = &part->edge;
    char brings[16] = "", why[16] = "kept";
    if (!isnan(part->brings)) snprintf(brings, sizeof brings, "%.1f %%", 100 * part->brings);
    if (!e->kept) snprintf(why, sizeof why, "%s", moral_why_not(e));
    fprintf(args->out, "%8s %4u %4u %4u %4u %7.4f %7.4f  %-9s %s %s\n", brings, e->w, e->n, e->u, e->l, e->p,
            e->entropy, why, into ? "from" : "to", name_of(args, m, into ? e->from : e->to));
}

static json_t *part_json(const struct moral *m, const struct moral_part *part) {
    const struct moral_edge *e = &part->edge;
    return json_pack("{s:s s:s s:I s:I s:I s:I s:o s:o s:b s:o s:o}", "from", m->value[e->from].id, "to",
                     m->value[e->to].id, "W", (json_int_t)e->w, "N", (json_int_t)e->n, "U", (json_int_t)e->u, "L",
                     (json_int_t)e->l, "p", json_from_f64(e->p), "H", json_from_f64(e->entropy), "kept", e->kept,
                     "why_not", e->kept ? json_null() : json_string(moral_why_not(e)), "brings",
                     json_from_f64(part->brings));
}

static bool explain_json(const struct arguments *args, const struct moral *m, const struct moral_explained *x,
                         struct error *err) {
    json_t *into = json_array(), *out_of = json_array(), *chain = json_array();
    for (size_t i = 0; i < x->n_into; i++) json_array_append_new(into, part_json(m, &x->into[i]));
    for (size_t i = 0; i < x->n_out_of; i++) json_array_append_new(out_of, part_json(m, &x->out_of[i]));
    for (size_t i = 0; i < x->n_chain; i++)
        json_array_append_new(chain, json_from_text(text_of(m->value[x->chain[i]].id)));
    json_t *all = json_pack("{s:s s:I s:o s:o s:o s:o s:o s:b}", "value", m->value[x->value].id, "position",
                            (json_int_t)x->position, "rank", json_from_f64(x->rank), "even", json_from_f64(x->even),
                            "into", into, "out_of", out_of, "chain", chain, "simulated", m->simulated);
    bool ok = print_json(args->out, all, err);
    json_decref(all);
    return ok;
}

static bool explain(const struct arguments *args, const struct moral *m, const char *name, struct error *err) {
    struct moral_explained x;
    size_t value;
    if (!find_value(m, "explain", name, &value, err) || !moral_explain(m, MORAL_ALL, value, args->arena, &x, err))
        return false;
    if (args_on(args, "json")) return explain_json(args, m, &x, err);
    if (m->simulated) fprintf(args->out, "SIMULATED VOTERS: nobody voted\n");
    if (x.position)
        fprintf(args->out, "%s: number %zu, rank %.6f; %.1f %% of it every node gets\n", name_of(args, m, value),
                x.position, x.rank, 100 * x.even);
    else
        fprintf(args->out, "%s: no edge to or from it is kept, so it has no rank\n", name_of(args, m, value));
    fprintf(args->out, "%8s %4s %4s %4s %4s %7s %7s\n", "brings", "W", "N", "U", "L", "p", "H");
    for (size_t i = 0; i < x.n_into; i++) print_part(args, m, &x.into[i], true);
    for (size_t i = 0; i < x.n_out_of; i++) print_part(args, m, &x.out_of[i], false);
    fprintf(args->out, "back along what brings most: ");
    for (size_t i = 0; i < x.n_chain; i++) fprintf(args->out, "%s%s", i ? " <- " : "", name_of(args, m, x.chain[i]));
    fputc('\n', args->out);
    return true;
}

/* ---- attack ---- */

static bool attack_json(const struct arguments *args, const struct moral *m, const struct moral_attacked *a,
                        struct error *err) {
    json_t *plan = json_array();
    for (size_t i = 0; i < a->n_plan; i++)
        json_array_append_new(plan, json_pack("{s:s s:s s:s s:I}", "from", m->value[a->plan[i].from].id, "to",
                                              m->value[a->plan[i].to].id, "rel", moral_says_names[a->plan[i].says],
                                              "votes", (json_int_t)a->plan[i].n));
    json_t *all = json_pack(
        "{s:s s:s s:b s:b s:I s:o s:I s:o s:I s:b}", "value", m->value[a->value].id, "first", m->value[a->first].id,
        "dethrones", a->dethrones, "exact", a->exact, "at_least", (json_int_t)a->at_least, "votes",
        a->votes ? json_integer((json_int_t)a->votes) : json_null(), "voters", (json_int_t)a->voters, "plan", plan,
        "trials", (json_int_t)a->trials, "simulated", m->simulated);
    bool ok = print_json(args->out, all, err);
    json_decref(all);
    return ok;
}

static bool attack(const struct arguments *args, const struct moral *m, const char *name, struct error *err) {
    struct moral_attacked a;
    size_t value;
    if (!find_value(m, "attack", name, &value, err) || !moral_attack(m, MORAL_ALL, value, 0, args->arena, &a, err))
        return false;
    if (args_on(args, "json")) return attack_json(args, m, &a, err);
    if (m->simulated) fprintf(args->out, "SIMULATED VOTERS: nobody voted\n");
    fprintf(args->out, "%s %s\n", name_of(args, m, value),
            a.dethrones ? "is first" : "is not first; what is looked for makes it so");
    if (!a.dethrones) fprintf(args->out, "first is %s\n", name_of(args, m, a.first));
    if (a.exact)
        fprintf(args->out, "exactly %llu vote%s it, no fewer\n", (unsigned long long)a.votes,
                a.votes == 1 ? " does" : "s do");
    else if (a.votes)
        fprintf(args->out, "%llu votes do it; no fewer than %llu can\n", (unsigned long long)a.votes,
                (unsigned long long)a.at_least);
    else
        fprintf(args->out, "no way was found; no fewer than %llu votes can do it\n", (unsigned long long)a.at_least);
    for (size_t i = 0; i < a.n_plan; i++)
        fprintf(args->out, "  %u x %s from %s to %s\n", a.plan[i].n, moral_says_names[a.plan[i].says],
                name_of(args, m, a.plan[i].from), name_of(args, m, a.plan[i].to));
    if (a.votes)
        fprintf(args->out, "by at least %u voter%s, each once on an ordered pair; first is then %s\n", a.voters,
                a.voters == 1 ? "" : "s", name_of(args, m, a.first_after));
    return true;
}

/* ---- all ---- */

static bool read_graph(const struct arguments *args, const char *path, struct moral *m, struct error *err) {
    const char *from = args_text(args, "from", NULL), *titles = args_text(args, "titles", NULL);
    const char *only = args_text(args, "only", NULL);
    bool counts = false;
    if (from && strcmp(from, "votes") != 0 && strcmp(from, "counts") != 0)
        return error_set(err, ERROR_USAGE, "--from: expected votes or counts, found '%s'", from);
    if (from)
        counts = strcmp(from, "counts") == 0;
    else if (!moral_is_counts(path, &counts, err))
        return false;
    return (counts ? moral_read_counts : moral_read_votes)(path, only, args->arena, m, err) &&
           (!titles || moral_read_titles(m, titles, args->arena, err));
}

static void print_criteria(const struct arguments *args, const struct moral_report *r,
                           const struct moral_criterion *criterion) {
    struct moral_bias bias = moral_bias_of(r->m);
    fprintf(args->out, "\nwhat a target should be\n");
    for (size_t i = 0; i < MORAL_CRITERIA; i++) {
        const struct moral_criterion *c = &criterion[i];
        if (isnan(c->value))
            fprintf(args->out, "  %-14s %8s  %s: %s\n", c->name, "-", c->figure, c->why);
        else if (c->n)
            fprintf(args->out, "  %-14s %7.1f%%  %s (%llu of %llu)\n", c->name, 100 * c->value, c->figure,
                    (unsigned long long)c->k, (unsigned long long)c->n);
        else
            fprintf(args->out, "  %-14s %8.3f  %s\n", c->name, c->value, c->figure);
    }
    if (bias.pairs)
        fprintf(args->out,
                "yes is said for being asked by %.3f (standard error %.3f; %zu pairs shown both ways, %llu votes)\n",
                bias.beta, bias.error, bias.pairs, (unsigned long long)bias.votes);
}

static json_t *criteria_json(const struct moral_report *r, const struct moral_criterion *criterion) {
    json_t *list = json_array();
    struct moral_bias bias = moral_bias_of(r->m);
    for (size_t i = 0; i < MORAL_CRITERIA; i++)
        json_array_append_new(list,
                              json_pack("{s:s s:s s:o s:s}", "name", criterion[i].name, "figure", criterion[i].figure,
                                        "value", json_from_f64(criterion[i].value), "why", criterion[i].why));
    return json_pack("{s:o s:{s:o s:o s:I s:I}}", "criteria", list, "bias", "beta", json_from_f64(bias.beta), "error",
                     json_from_f64(bias.error), "pairs", (json_int_t)bias.pairs, "votes", (json_int_t)bias.votes);
}

/* Participants' answers, counted: the share that finds the place of its value fair. */
static bool read_fair(const struct arguments *args, struct moral_fair *fair, struct error *err) {
    struct survey_result survey = {0};
    const char *path = args_text(args, "survey", NULL);
    *fair = (struct moral_fair){0};
    if (!path) return true;
    if (!survey_counts_read(path, 0.95, args->arena, &survey, err)) return false;
    for (size_t i = 0; i < survey.n_figures; i++)
        if (strcmp(survey.figures[i].group, "of=graph_position_satisfied") == 0)
            *fair = (struct moral_fair){(uint64_t)survey.figures[i].k, survey.figures[i].n};
    return fair->n ||
           error_set(err, ERROR_DATA, "%s: expected graph_position_satisfied and graph_position_total", path);
}

static bool print_graph(const struct arguments *args, const char *path, const struct moral_report *r,
                        const struct moral_criterion *criterion, struct error *err) {
    if (args_on(args, "json")) {
        json_t *json = moral_json(r, err), *more = criteria_json(r, criterion);
        bool ok = json && more && json_object_update(json, more) == 0 && print_json(args->out, json, err);
        json_decref(json);
        json_decref(more);
        return ok;
    }
    print_head(args, path, r);
    print_stated(args, r->m);
    print_ranks(args, r);
    print_contexts(args, r);
    print_cycles(args, r);
    print_criteria(args, r, criterion);
    return true;
}

static bool print_lines(const struct arguments *args, const char *path, const struct moral_report *r, bool guide,
                        struct error *err) {
    struct guide_library library;
    struct buffer b;
    buffer_init(&b, (size_t)1 << 28);
    bool ok = guide ? moral_guide(r, args->arena, &library, err) && guide_put(&b, &library, err)
                    : moral_put_pairs(r, &b, err);
    if (ok && !b.len && !args_on(args, "quiet"))
        fprintf(stderr, "%s: %s\n", path,
                guide ? "no guideline: no place has 30 votes and an edge that is kept"
                      : "no pair: no edge between values is kept");
    ok = ok && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

bool goals_graph(struct arguments *args, const char *votes, struct error *err) {
    const char *value = args_text(args, "explain", NULL), *attacked = args_text(args, "attack", NULL);
    const char *format = args_text(args, "format", "graph");
    struct moral_standing_settings settings = {.resamples = args_count(args, "bootstrap", 1000),
                                               .seed = args_count(args, "seed", 1),
                                               .confidence = args_real(args, "confidence", 0.95)};
    struct moral m;
    struct moral_report report;
    bool guide = strcmp(format, "guide") == 0, pairs = strcmp(format, "pairs") == 0;
    if (!guide && !pairs && strcmp(format, "graph") != 0)
        return error_set(err, ERROR_USAGE, "--format: expected graph, guide or pairs, found '%s'", format);
    if (!(settings.confidence > 0 && settings.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    if (!read_graph(args, votes, &m, err)) return false;
    if (m.n_pairs == 0 && !args_on(args, "quiet"))
        fprintf(stderr, "warning: %s: no votes, so the graph is empty\n", votes);
    if (value) return explain(args, &m, value, err);
    if (attacked) return attack(args, &m, attacked, err);
    if (guide || pairs) settings.resamples = 0;
    struct moral_criterion criterion[MORAL_CRITERIA];
    struct moral_fair fair;
    if (!read_fair(args, &fair, err) || !(settings.pool = pool_new(common_threads(args), err))) return false;
    bool ok = moral_report_make(&m, &settings, args->arena, &report, err) &&
              (guide || pairs || moral_criteria(&report, fair, &settings, args->arena, criterion, err));
    pool_free(settings.pool);
    return ok && (guide || pairs ? print_lines(args, votes, &report, guide, err)
                                 : print_graph(args, votes, &report, criterion, err));
}
