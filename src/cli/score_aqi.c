/* Files in, figures out; nothing is asked but what a model holds of texts. See score_aqi.h. */
#include "cli/score_aqi.h"

#include "cli/score_answers.h"
#include "cli/score_aqi_read.h"
#include "measure/score/aqi_reference.h"
#include "measure/task/scorer.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

bool score_asks_aqi(const struct arguments *args) {
    struct text name = spec_name(text_of(args_text(args, "scorer", "")));
    return text_equal_c(name, "aqi") || text_equal_c(name, "aqi-compose");
}

/* ---- one set after the other, the first being the base ---- */

struct measured {
    struct aqi_set set;
    struct aqi_result result;
};

/* log rho_cv less that of the base, with an interval from resamples of the same blocks. */
static bool add_difference(const struct aqi_group *base, const struct aqi_group *g, const struct aqi_settings *s,
                           struct arena *arena, struct figure *f, struct error *err) {
    double *drawn = arena_new(arena, double, s->resamples + 1, err);
    if (!drawn) return false;
    for (size_t b = 0; b < s->resamples; b++) drawn[b] = g->drawn[b] - base->drawn[b];
    double value = log(g->rho_cv) - log(base->rho_cv), lo, hi;
    if (!aqi_interval(drawn, s->resamples, value, s->confidence, &lo, &hi, err)) return false;
    *f = figure_new("log_rho_gain", "", value, g->n1 + g->n2);
    figure_set_interval(f, value, lo, hi, isnan(lo) ? "exact" : "paired bootstrap of blocks");
    f->unit = "nats", f->direction = "up", f->scorer = "aqi";
    if (isnan(value)) f->null_reason = "rho_cv is not determined";
    if (g->name.len && !(f->group = arena_printf(arena, err, "axiom=%.*s", TEXT_ARG(g->name)))) return false;
    return true;
}

/* Differences of whole sets and of axioms that both have. */
static bool add_differences(const struct measured *base, const struct measured *m, const struct aqi_settings *s,
                            struct arena *arena, struct figure **figures, size_t *n, struct error *err) {
    struct figure *all = arena_new(arena, struct figure, *n + m->result.n_groups + 1, err);
    if (!all) return false;
    memcpy(all, *figures, *n * sizeof *all);
    for (size_t i = 0; i < m->result.n_groups; i++)
        for (size_t j = 0; j < base->result.n_groups; j++)
            if (text_equal(m->result.groups[i].name, base->result.groups[j].name) &&
                !add_difference(&base->result.groups[j], &m->result.groups[i], s, arena, &all[(*n)++], err))
                return false;
    *figures = all;
    return true;
}

static bool add_similarity(const struct measured *base, const struct measured *m, struct arena *arena,
                           struct figure **figures, size_t *n, struct error *err) {
    size_t layers = m->set.source.layers;
    if (!m->set.source.values || !base->set.source.values || base->set.source.layers != layers ||
        base->set.source.n != m->set.source.n)
        return true;
    struct figure *all = arena_new(arena, struct figure, *n + layers, err);
    if (!all) return false;
    memcpy(all, *figures, *n * sizeof *all);
    for (size_t l = 0; l < layers; l++) {
        double value;
        const char *group = arena_printf(arena, err, "layer=%u", m->set.source.which[l]);
        if (!group || !aqi_cka(&base->set.source, &m->set.source, l, &value, err)) return false;
        struct figure *f = &all[(*n)++];
        *f = figure_new("cka", group, value, m->set.source.n);
        f->unit = "index", f->scorer = "aqi";
        if (isnan(value)) f->null_reason = "a layer does not vary";
    }
    *figures = all;
    return true;
}

static bool add_scores(const json_t *reference, const struct measured *m, struct arena *arena, struct figure **figures,
                       size_t *n, struct error *err) {
    if (!reference) return true;
    struct figure *all = arena_new(arena, struct figure, *n + m->result.n_groups, err);
    const char *method = arena_printf(arena, err, "beside the models of %.80s", aqi_reference_name(reference));
    if (!all || !method) return false;
    memcpy(all, *figures, *n * sizeof *all);
    for (size_t i = 0; i < m->result.n_groups; i++) {
        const struct aqi_group *g = &m->result.groups[i];
        double value = aqi_reference_score(reference, g);
        const char *group = g->name.len ? arena_printf(arena, err, "axiom=%.*s", TEXT_ARG(g->name)) : "";
        if (!group) return false;
        struct figure *f = &all[(*n)++];
        *f = figure_new("rho_normalised", group, value, g->n1 + g->n2);
        f->method = method, f->unit = "points", f->direction = "up", f->scorer = "aqi";
        if (isnan(value)) f->null_reason = "the list has no such axiom";
    }
    *figures = all;
    return true;
}

static void tell(const struct arguments *args, const struct aqi_result *r) {
    if (args_on(args, "quiet") || args_on(args, "json")) return;
    for (size_t i = 0; i < r->n_flags; i++) fprintf(stderr, "note: %s\n", r->flags[i]);
    if (r->layers < 2) return;
    fputs("weights of layers", stderr);
    for (size_t l = 0; l < r->layers; l++)
        if (r->alpha[l] > 0) fprintf(stderr, "  %u: %.4f", r->which[l], r->alpha[l]);
    fprintf(stderr, "  (entropy %.3f)\n", r->entropy);
    if (!isnan(r->best.rho))
        fprintf(stderr, "best rho %.6g, %s; bound %.6g\n", r->best.rho, layers_proofs[r->best.proof], r->best.bound);
}

static bool print_set(struct arguments *args, const struct aqi_settings *settings, const json_t *reference,
                      const struct measured *base, const struct measured *m, const char *name, struct error *err) {
    struct figure *figures;
    size_t n;
    json_t *rest;
    if (!aqi_figures(&m->result, settings, args->arena, &figures, &n, err)) return false;
    if (base != m && (!add_differences(base, m, settings, args->arena, &figures, &n, err) ||
                      !add_similarity(base, m, args->arena, &figures, &n, err)))
        return false;
    if (!add_scores(reference, m, args->arena, &figures, &n, err)) return false;
    if (!(rest = aqi_record(&m->result, settings))) return error_memory(err, "figures");
    json_object_set_new(rest, "set", json_string(name));
    if (args->n_words > 1 && !args_on(args, "json")) fprintf(args->out, "%s%s\n", base != m ? "\n" : "", name);
    tell(args, &m->result);
    return print_figures(args, args->out, figures, n, rest, err);
}

static bool print_reference(struct arguments *args, const struct aqi_settings *settings, const struct measured *all,
                            struct error *err) {
    const struct aqi_result **results = arena_new(args->arena, const struct aqi_result *, args->n_words, err);
    if (!results) return false;
    for (size_t i = 0; i < args->n_words; i++) results[i] = &all[i].result;
    json_t *made = aqi_reference_make(settings->list, results, args->n_words, err);
    bool ok = made && print_json(args->out, made, err);
    json_decref(made);
    return ok;
}

/* The base stays open, for what is compared with it. With a name of a list figures are not printed. */
static bool measure_all(struct arguments *args, struct aqi_reading *reading, const struct aqi_settings *settings,
                        const json_t *reference, struct error *err) {
    struct measured *all = arena_new(args->arena, struct measured, args->n_words + 1, err);
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < args->n_words; i++) {
        ok = aqi_set_read(reading, args->words[i], settings, &all[i].set, err) &&
             aqi_measure(&all[i].set.source, &all[i].set.texts, settings, reading->pool, args->arena, &all[i].result,
                         err);
        if (!ok) error_wrap(err, "%s", args->words[i]);
        ok = ok && (settings->list.len ||
                    print_set(args, settings, reference, &all[0], &all[i], args->words[i], err));
        if (i && !settings->list.len) aqi_set_close(&all[i].set);
    }
    ok = ok && (!settings->list.len || print_reference(args, settings, all, err));
    for (size_t i = 0; all && i < args->n_words; i++) aqi_set_close(&all[i].set);
    return ok;
}

static bool read_reference(struct arguments *args, const struct aqi_settings *settings, json_t **out,
                           struct error *err) {
    *out = NULL;
    if (!settings->reference.len) return true;
    const char *path = text_copy(args->arena, settings->reference, err);
    return path && (*out = aqi_reference_read(path, err)) != NULL;
}

static bool measure(struct arguments *args, const char *spec, struct error *err) {
    struct aqi_settings settings;
    struct aqi_reading reading = {.args = args};
    const struct option_value *options = spec_parse(args->arena, text_of(spec), aqi_options, AQI_OPTIONS, err);
    if (!options || !aqi_settings_of(options, &settings, err)) return false;
    settings.confidence = args_real(args, "confidence", 0.95);
    reading.pool = pool_new(args_count(args, "threads", 0), err);
    json_t *reference = NULL;
    bool ok = reading.pool && read_reference(args, &settings, &reference, err) &&
              measure_all(args, &reading, &settings, reference, err);
    json_decref(reference);
    subject_close(reading.subject);
    pool_free(reading.pool);
    return ok;
}

bool score_aqi(struct arguments *args, struct error *err) {
    const char **specs;
    if (args_texts(args, "scorer", &specs) > 1)
        return error_set(err, ERROR_USAGE, "--scorer %s measures a whole set; give it alone", specs[0]);
    if (args_text(args, "before", NULL) || args_text(args, "judge", NULL))
        return error_set(err, ERROR_USAGE, "--before, --judge: answers are not what --scorer %s measures", specs[0]);
    if (text_equal_c(spec_name(text_of(specs[0])), "aqi-compose")) return aqi_compose_files(args, specs[0], err);
    return measure(args, specs[0], err);
}
