/* basanite methods: what is built in, from the tables of the program itself. */
#include "cli/calibrate_parts.h"
#include "cli/commands.h"

#include "act/compress/codec.h"
#include "act/steer/steer.h"
#include "act/train/train.h"
#include "formalize/contract/checker.h"
#include "formalize/domain/domain.h"
#include "measure/causal/effect.h"
#include "measure/compare/compare.h"
#include "measure/data/lint.h"
#include "measure/trace/audit.h"
#include "measure/table/synth_measure.h"
#include "measure/trace/rule_set.h"
#include "measure/figure/tally.h"
#include "measure/fusion/fuse.h"
#include "measure/data/make.h"
#include "measure/material/material.h"
#include "measure/data/pairs.h"
#include "measure/data/vary.h"
#include "measure/rules/builtin.h"
#include "measure/task/scorer.h"
#include "media/corruption.h"
#include "report/report.h"

#include <string.h>

static const char *const flags[] = {"search", "json", "out", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_methods = {
    .name = "methods",
    .synopsis = "[KIND[/NAME]] [--search WORD]",
    .summary = "what is built in: scorers, readers, metrics, objectives, steers, codecs, scripts, suites, materials, "
               "subjects, formats",
    .example = "basanite methods scorer --search refusal",
    .flags = flags,
    .run = run,
};

struct method {
    const char *kind, *name, *summary;
    const char
        *materials; /* of scorers and metrics: those that show it, ", " between them; "": none. NULL: no such kind */
    const struct option_def *options;
    size_t n_options;
    const struct option_def *more; /* options that it shares with others of its kind */
    size_t n_more;
    const char *row; /* of domains: what a row or a file looks like; NULL */
};

enum { METHODS_MOST = 4096 };

/* Collects the rows that are asked for. */
struct list {
    const char *kind, *name, *search;
    struct method *rows;
    size_t n, capacity;
    bool known_kind, full;
};

static bool holds_word(const char *t, const char *word) {
    return strcasestr(t, word) != NULL;
}

static void add(struct list *l, struct method m) {
    if (l->kind && strcmp(l->kind, m.kind) != 0) return;
    l->known_kind = true;
    if (l->name && strcmp(l->name, m.name) != 0) return;
    if (l->search && !holds_word(m.name, l->search) && !holds_word(m.summary, l->search)) return;
    if (l->n < l->capacity) l->rows[l->n++] = m;
    else
        l->full = true;
}

static void add_scorers(struct list *l) {
    const struct scorer *const *all;
    size_t n = scorers(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "scorer",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_readers(struct list *l) {
    const struct reader *all;
    size_t n = readers(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "reader",
                               .name = all[i].name,
                               .summary = all[i].summary,
                               .options = all[i].options,
                               .n_options = all[i].n_options});
}

static void add_metrics(struct list *l) {
    const struct metric *const *all;
    size_t n = metrics(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "metric", .name = all[i]->name, .summary = all[i]->summary});
}

static void add_objectives(struct list *l) {
    const struct objective *const *all;
    size_t n = objectives(&all);
    for (size_t i = 0; i < n; i++) {
        struct method m = {.kind = "objective",
                           .name = all[i]->name,
                           .summary = all[i]->summary,
                           .options = all[i]->options,
                           .n_options = all[i]->n_options};
        if (all[i]->rollouts) {
            m.more = train_rollout_options;
            m.n_more = train_n_rollout_options;
        }
        add(l, m);
    }
}

static void add_steers(struct list *l) {
    const struct steer *const *all;
    size_t n = steers(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "steer",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_codecs(struct list *l) {
    const struct codec *const *all;
    const struct lm_type_info *types;
    size_t n = codecs(&all), n_types = lm_types(&types);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "codec",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
    for (size_t i = 0; i < n_types; i++)
        if (types[i].from_f32)
            add(l, (struct method){.kind = "codec", .name = types[i].name, .summary = "a storage type of GGUF"});
}

static void add_pairs(struct list *l) {
    const struct pair_way *const *all;
    size_t n = pair_ways(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "pairs",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_generators(struct list *l) {
    const struct generator *const *all;
    size_t n = generators(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "generator",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

/* With their families, by which they can be asked for as well. */
static bool add_variations(struct list *l, struct arena *arena, struct error *err) {
    const struct variation *v;
    for (size_t i = 0; (v = variation_at(i)); i++) {
        char *summary = arena_printf(arena, err, "%s: %s", v->family, v->summary);
        if (!summary) return false;
        add(l, (struct method){.kind = "variation", .name = v->name, .summary = summary});
    }
    return true;
}

static void add_checkers(struct list *l) {
    const struct checker *all;
    size_t n = checkers(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "checker", .name = all[i].is.name, .summary = all[i].is.summary});
}

static void add_estimators(struct list *l) {
    const struct estimator *const *all;
    size_t n = estimators(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "estimator",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_audit_figures(struct list *l) {
    const struct synth_metric *all;
    size_t n = synth_metrics(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "audit", .name = all[i].name, .summary = all[i].summary});
    for (size_t i = 0; i < LEARNERS; i++)
        add(l, (struct method){.kind = "learner", .name = learners[i]->name, .summary = learners[i]->summary});
}

static void add_lint_rules(struct list *l) {
    const struct lint_rule *all;
    size_t n = lint_rules(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "lint", .name = all[i].is.name, .summary = all[i].is.summary});
}

static void add_agent_checks(struct list *l) {
    const struct spec_rule *all;
    size_t n = spec_rules(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "agent-check", .name = all[i].is.name, .summary = all[i].is.summary});
}

static void add_rule_set_rules(struct list *l) {
    for (size_t i = 0; i < 3; i++)
        add(l, (struct method){
                   .kind = "agent-check", .name = rule_set_rules[i]->name, .summary = rule_set_rules[i]->summary});
}

static void add_trace_rules(struct list *l) {
    const struct trace_rule *all;
    size_t n = trace_rules(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "agent-audit", .name = all[i].is.name, .summary = all[i].is.summary});
}

static void add_fusions(struct list *l) {
    const struct fusion *const *all;
    size_t n = fusions(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "fusion",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_corruptions(struct list *l) {
    const struct corruption *const *all;
    size_t n = corruptions(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "corruption",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options,
                               .more = corruption_common,
                               .n_more = 1});
}

static void add_calibrations(struct list *l) {
    const struct calibration_part *all;
    size_t n = calibration_parts(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "calibration", .name = all[i].name, .summary = all[i].summary});
}

static void add_domains(struct list *l) {
    const struct domain *const *all;
    size_t n = domains(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "domain", .name = all[i]->name, .summary = all[i]->summary, .row = all[i]->row});
}

static void add_subjects(struct list *l) {
    const struct subject_kind *const *kinds;
    const struct script *scripts;
    size_t n = subject_kinds(&kinds), n_scripts = subject_scripts(&scripts);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "subject", .name = kinds[i]->name, .summary = kinds[i]->summary});
    for (size_t i = 0; i < n_scripts; i++)
        add(l, (struct method){.kind = "script",
                               .name = scripts[i].name,
                               .summary = scripts[i].summary,
                               .options = scripts[i].options,
                               .n_options = scripts[i].n_options});
}

static void add_tests(struct list *l) {
    const struct compare_test *const *all;
    size_t n = compare_tests(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "test",
                               .name = all[i]->name,
                               .summary = all[i]->summary,
                               .options = all[i]->options,
                               .n_options = all[i]->n_options});
}

static void add_formats(struct list *l) {
    const struct report_format *const *all;
    size_t n = report_formats(&all);
    for (size_t i = 0; i < n; i++)
        add(l, (struct method){.kind = "format", .name = all[i]->name, .summary = all[i]->summary});
}

/* The title line of a built-in file. */
static const char *title_of(const struct builtin_file *file, struct arena *arena, struct error *err) {
    struct text t = {(const char *)file->at, (size_t)(file->end - file->at)};
    size_t at = text_starts(t, TEXT("title:")) ? 0 : text_find(t, TEXT("\ntitle:"), 0);
    if (at == SIZE_MAX) return "";
    size_t from = text_find(t, TEXT(":"), at) + 1, end = text_find(t, TEXT("\n"), from);
    struct text title = text_trim(text_part(t, from, end == SIZE_MAX ? t.len : end));
    if (title.len > 1 && title.at[0] == '"') title = text_part(title, 1, title.len - 1); /* quoted for its colon */
    return text_copy(arena, title, err);
}

/* The YAML files of a folder that is built in. */
static bool add_files(struct list *l, const char *kind, struct text folder, struct arena *arena, struct error *err) {
    size_t n;
    const struct builtin_file *files = builtin_files(&n);
    for (size_t i = 0; i < n; i++) {
        struct text name = text_of(files[i].name);
        if (!text_starts(name, folder) || !text_ends(name, TEXT(".yaml"))) continue;
        const char *shown = text_copy(arena, text_part(name, folder.len, name.len - 5), err);
        const char *title = title_of(&files[i], arena, err);
        if (!shown || !title) return false;
        add(l, (struct method){.kind = kind, .name = shown, .summary = title});
    }
    return true;
}

static bool print_one(FILE *out, const struct method *m, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "%s/%s: %s\n", m->kind, m->name, m->summary);
    if (m->row) buffer_printf(&b, "a row, or a file: %s\n", m->row);
    if (m->n_options) option_put_help(&b, m->options, m->n_options);
    if (m->n_more) option_put_help(&b, m->more, m->n_more);
    if (m->materials) buffer_printf(&b, "reference materials: %s\n", m->materials[0] ? m->materials : "none yet");
    bool ok = print_buffer(out, &b, err);
    buffer_done(&b);
    return ok;
}

/* Of scorers and metrics alone their materials stand behind them, and those without one at the end. */
static bool print_list(FILE *out, const struct list *l) {
    size_t none = 0;
    for (size_t i = 0; i < l->n; i++) {
        const struct method *m = &l->rows[i];
        fprintf(out, "%-10s %-18s %s", m->kind, m->name, m->summary);
        if (l->kind && m->materials && m->materials[0]) fprintf(out, " [%s]", m->materials);
        fputc('\n', out);
        none += m->materials && !m->materials[0];
    }
    for (size_t i = 0; l->kind && none && i < l->n; i++)
        if (l->rows[i].materials && !l->rows[i].materials[0])
            fprintf(out, "%s/%s has no reference material\n", l->rows[i].kind, l->rows[i].name);
    return true;
}

static void put_options(json_t *out, const struct option_def *options, size_t n) {
    for (size_t i = 0; out && i < n; i++)
        json_array_append_new(out, json_pack("{s:s s:s? s:s?}", "name", options[i].name, "default", options[i].initial,
                                             "help", options[i].help));
}

static bool print_list_json(FILE *out, const struct list *l, struct error *err) {
    json_t *all = json_array();
    for (size_t i = 0; all && i < l->n; i++) {
        const struct method *m = &l->rows[i];
        json_t *options = json_array();
        put_options(options, m->options, m->n_options);
        put_options(options, m->more, m->n_more);
        json_t *row =
            json_pack("{s:s s:s s:s s:o}", "kind", m->kind, "name", m->name, "summary", m->summary, "options", options);
        if (m->materials) json_object_set_new(row, "materials", json_string(m->materials));
        json_array_append_new(all, row);
    }
    bool ok = all ? print_json(out, all, err) : error_memory(err, "methods");
    json_decref(all);
    return ok;
}

/* Which materials show each scorer and metric that is listed. */
static bool name_materials(struct list *l, struct arena *arena, struct error *err) {
    struct material *all[256];
    size_t n, read = 0;
    const struct material_file *files = material_files(arena, &n, err);
    bool ok = files != NULL;
    for (; ok && read < n && read < 256; read++)
        if (!(all[read] = material_parse(files[read].source, files[read].name, err))) ok = false, read--;
    for (size_t i = 0; ok && i < l->n; i++) {
        struct method *m = &l->rows[i];
        bool scorer = strcmp(m->kind, "scorer") == 0;
        if (!scorer && strcmp(m->kind, "metric") != 0) continue;
        const struct scorer *whole = scorer ? scorer_find(text_of(m->name)) : NULL;
        m->materials = whole && whole->shown_by ? whole->shown_by : "";
        for (size_t k = 0; ok && k < read; k++) {
            if (!(scorer ? material_has_scorer : material_has_metric)(all[k], m->name)) continue;
            m->materials =
                arena_printf(arena, err, "%s%s%s", m->materials, m->materials[0] ? ", " : "", material_name(all[k]));
            ok = m->materials != NULL;
        }
    }
    for (size_t k = 0; k < read; k++) material_free(all[k]);
    return ok;
}

static bool fill(struct list *l, struct arena *arena, struct error *err) {
    if (!add_files(l, "suite", TEXT("suites/"), arena, err) ||
        !add_files(l, "material", TEXT("materials/"), arena, err) ||
        !add_files(l, "rules", TEXT("rules/levels/"), arena, err) ||
        !add_files(l, "taxonomy", TEXT("taxonomies/"), arena, err) ||
        !add_files(l, "leaf", TEXT("leaves/"), arena, err) || !add_files(l, "profile", TEXT("profiles/"), arena, err) ||
        !add_files(l, "policy", TEXT("policies/"), arena, err))
        return false;
    add_scorers(l);
    add_readers(l);
    add_metrics(l);
    add_objectives(l);
    add_steers(l);
    add_codecs(l);
    add_lint_rules(l);
    add_audit_figures(l);
    add_checkers(l);
    add_agent_checks(l);
    add_rule_set_rules(l);
    add_trace_rules(l);
    add_fusions(l);
    add_domains(l);
    add_calibrations(l);
    add_pairs(l);
    add_generators(l);
    if (!add_variations(l, arena, err)) return false;
    add_estimators(l);
    add_corruptions(l);
    add_subjects(l);
    add_tests(l);
    add_formats(l);
    return !l->full ||
           error_set(err, ERROR_ENVIRONMENT, "more than %d methods: the list of them is too short", METHODS_MOST);
}

/* The kind (kind NULL) or the method of a kind whose name is nearest to what was asked for; NULL: none is near. */
static const char *nearest(const char *kind, const char *asked, struct arena *arena, struct error *err) {
    struct method rows[METHODS_MOST];
    const char *names[METHODS_MOST];
    struct list all = {.kind = kind, .rows = rows, .capacity = METHODS_MOST};
    if (!fill(&all, arena, err)) return NULL;
    for (size_t i = 0; i < all.n; i++) names[i] = kind ? rows[i].name : rows[i].kind;
    return text_nearest(text_of(asked), names, all.n);
}

static bool nothing(const struct list *l, struct arena *arena, struct error *err) {
    bool no_kind = l->kind && !l->known_kind;
    if (!no_kind && !l->name) return error_set(err, ERROR_USAGE, "no method holds '%s'", l->search ? l->search : "");
    const char *near = nearest(no_kind ? NULL : l->kind, no_kind ? l->kind : l->name, arena, err);
    const char *ask = near ? "; did you mean '" : "", *end = near ? "'?" : "";
    if (no_kind)
        return error_set(err, ERROR_USAGE, "no kind '%s'%s%s%s; `basanite methods` lists them in its first column",
                         l->kind, ask, near ? near : "", end);
    return error_set(err, ERROR_USAGE, "no method '%s/%s'%s%s%s; `basanite methods %s` lists them", l->kind, l->name,
                     ask, near ? near : "", end, l->kind);
}

static bool run(struct arguments *args, struct error *err) {
    if (!common_words(args, &command_methods, 0, 1, err)) return false;
    struct method rows[METHODS_MOST];
    struct list l = {.search = args_text(args, "search", NULL), .rows = rows, .capacity = METHODS_MOST};
    if (args->n_words) {
        struct text word = text_of(args->words[0]);
        size_t slash = text_find(word, TEXT("/"), 0);
        l.kind = text_copy(args->arena, text_part(word, 0, slash == SIZE_MAX ? word.len : slash), err);
        l.name = slash == SIZE_MAX ? NULL : args->words[0] + slash + 1;
        if (!l.kind) return false;
    }
    if (!fill(&l, args->arena, err)) return false;
    if (l.n == 0) return nothing(&l, args->arena, err);
    if ((l.kind || args_on(args, "json")) && !name_materials(&l, args->arena, err)) return false;
    if (args_on(args, "json")) return print_list_json(args->out, &l, err);
    return l.name ? print_one(args->out, &l.rows[0], err) : print_list(args->out, &l);
}
