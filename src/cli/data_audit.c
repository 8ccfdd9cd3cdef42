/* Audits of synthetic tables: flags, and how they are told. See data_audit.h. */
#include "cli/data_audit.h"

#include "measure/table/synth_audit.h"

#include <math.h>
#include <string.h>

enum { SIDE_BY_SIDE = 5 }; /* candidates in one table of figures */

/* What is told. */
struct told {
    const struct synth_audit *audit;
    const struct trust_weights *weights;
    struct trust_index index;
    struct trust_ranking ranking;
    const char **note;
    size_t n_notes;
};

/* ---- for people ---- */

static void put_number(FILE *out, double x, int width, const char *none) {
    if (isnan(x))
        fprintf(out, " %*s", width, none);
    else
        fprintf(out, " %*.4f", width, x);
}

static const char *use_word(enum trust_use use) {
    static const char *const words[] = {"", "left out", "says nothing", "shown only"};
    return words[use];
}

static void print_figures_of(FILE *out, const struct told *t) {
    const struct trust_cohort *c = &t->audit->cohort;
    for (size_t from = 0; from < c->n; from += SIDE_BY_SIDE) {
        size_t to = from + SIDE_BY_SIDE < c->n ? from + SIDE_BY_SIDE : c->n;
        fprintf(out, "%-12s %-34s %6s", "dimension", "figure", "better");
        for (size_t i = from; i < to; i++) fprintf(out, " %12.12s", c->candidate[i].id);
        fputc('\n', out);
        for (size_t m = 0; m < c->k; m++) {
            const struct trust_metric *metric = &c->metric[m];
            fprintf(out, "%-12s %-34s %6s", trust_names[metric->dimension], metric->name,
                    metric->polarity > 0 ? "high" : "low");
            for (size_t i = from; i < to; i++) put_number(out, c->raw[i * c->k + m].estimate, 12, "-");
            fprintf(out, "%s%s\n", t->index.use[m] == TRUST_USED ? "" : "  ", use_word(t->index.use[m]));
        }
        fputc('\n', out);
    }
}

static void print_index(FILE *out, const struct told *t) {
    const struct trust_cohort *c = &t->audit->cohort;
    fprintf(out, "%-24s", "index");
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) fprintf(out, " %10s", trust_names[d]);
    fprintf(out, " %8s  what each dimension costs, nats\n", "trust");
    fprintf(out, "%-24s", "weight");
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) put_number(out, t->index.weight[d], 10, "-");
    fputc('\n', out);
    for (size_t i = 0; i < c->n; i++) {
        fprintf(out, "%-24.24s", c->candidate[i].id);
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) put_number(out, t->index.pi[i * TRUST_DIMENSIONS + d], 10, "-");
        put_number(out, t->index.tau[i], 8, "-");
        fputc(' ', out);
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++)
            if (t->index.weight[d] > 0)
                fprintf(out, " %c %.3f", trust_letters[d], t->index.nats[i * TRUST_DIMENSIONS + d]);
        fputc('\n', out);
    }
}

static void print_ranking(FILE *out, const struct told *t) {
    if (!t->ranking.n) return;
    fprintf(out, "\n%-24s %4s %8s %8s %8s %8s %8s %9s\n", "ranking", "n", "mean", "sd", "R_0", "R_0.1", "R_1",
            "P(first)");
    for (size_t g = 0; g < t->ranking.n; g++) {
        const struct trust_rank *r = &t->ranking.row[g];
        fprintf(out, "%-24.24s %4zu", r->generator, r->n);
        put_number(out, r->mean, 8, "-");
        put_number(out, r->sd, 8, "-");
        for (size_t a = 0; a < TRUST_ALPHAS; a++) put_number(out, r->risk[a], 8, "-");
        put_number(out, r->first, 9, "-");
        fputc('\n', out);
    }
    if (!isnan(t->ranking.kendall))
        fprintf(out, "folds agree on the ranking: Kendall's tau-b %.4f\n", t->ranking.kendall);
}

static bool print_text(FILE *out, const struct told *t, struct error *err) {
    print_figures_of(out, t);
    print_index(out, t);
    print_ranking(out, t);
    if (t->n_notes) fputc('\n', out);
    for (size_t i = 0; i < t->n_notes; i++) fprintf(out, "%s\n", t->note[i]);
    return !ferror(out) || error_set(err, ERROR_ENVIRONMENT, "cannot write the audit");
}

/* ---- JSON ---- */

/* Per candidate and figure: u, and its place between the anchors. */
static json_t *u_json(const struct told *t, const double *values) {
    const struct trust_cohort *c = &t->audit->cohort;
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->n; i++) {
        json_t *row = json_array();
        for (size_t m = 0; row && m < c->k; m++) json_array_append_new(row, json_from_f64(values[i * c->k + m]));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *by_dimension(const double *values) {
    json_t *row = json_object();
    for (size_t d = 0; row && d < TRUST_DIMENSIONS; d++) {
        char key[2] = {trust_letters[d], 0};
        json_object_set_new(row, key, json_from_f64(values[d]));
    }
    return row;
}

static json_t *index_json(const struct trust_cohort *c, const char *preset, const struct trust_index *index) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->n; i++)
        json_array_append_new(list, json_pack("{s:s s:s s:o s:o s:o}", "id", c->candidate[i].id, "weights", preset,
                                              "pi", by_dimension(index->pi + i * TRUST_DIMENSIONS), "nats",
                                              by_dimension(index->nats + i * TRUST_DIMENSIONS), "tau",
                                              json_from_f64(index->tau[i])));
    return list;
}

static json_t *ranking_json(const struct trust_ranking *ranking, const char *preset) {
    json_t *list = json_array();
    for (size_t g = 0; list && g < ranking->n; g++) {
        const struct trust_rank *r = &ranking->row[g];
        json_array_append_new(list, json_pack("{s:s s:s s:I s:o s:o s:o s:o s:o s:o}", "generator", r->generator,
                                              "weights", preset, "n", (json_int_t)r->n, "mean", json_from_f64(r->mean),
                                              "sd", json_from_f64(r->sd), "R_0", json_from_f64(r->risk[0]), "R_0.1",
                                              json_from_f64(r->risk[1]), "R_1", json_from_f64(r->risk[2]), "p_first",
                                              json_from_f64(r->first)));
    }
    return list;
}

/* Indices and rankings of every preset, behind those that were asked for. */
static bool add_presets(const struct arguments *args, const struct told *t, json_t *indices, json_t *rankings,
                        struct error *err) {
    const struct trust_preset *presets;
    size_t n = trust_presets(&presets);
    for (size_t i = 0; i < n; i++) {
        struct trust_weights weights;
        struct trust_index index;
        struct trust_ranking ranking;
        struct error without; /* a preset whose dimensions nothing measures has no index */
        if (strcmp(presets[i].name, t->weights->name) == 0) continue;
        if (!trust_weights_parse(presets[i].name, args->arena, &weights, err)) return false;
        weights.mid = t->weights->mid;
        if (!trust_index_of(&t->audit->cohort, &weights, args->arena, &index, &without)) continue;
        if (!trust_rank_of(&t->audit->cohort, index.tau, args_count(args, "bootstrap", 1000), t->audit->seed,
                           args->arena, &ranking, err))
            return false;
        json_t *list = index_json(&t->audit->cohort, weights.name, &index);
        json_t *rows = ranking_json(&ranking, weights.name);
        json_array_extend(indices, list);
        json_array_extend(rankings, rows);
        json_decref(list);
        json_decref(rows);
    }
    return true;
}

static bool print_whole(const struct arguments *args, const struct told *t, struct error *err) {
    json_t *whole = synth_audit_json(t->audit, err), *notes = json_array(), *use = json_array();
    json_t *indices = index_json(&t->audit->cohort, t->weights->name, &t->index);
    json_t *rankings = ranking_json(&t->ranking, t->weights->name);
    bool ok = whole && notes && use && indices && rankings && add_presets(args, t, indices, rankings, err);
    for (size_t i = 0; ok && i < t->n_notes; i++) json_array_append_new(notes, json_string(t->note[i]));
    for (size_t m = 0; ok && m < t->audit->cohort.k; m++)
        json_array_append_new(use, json_string(t->index.use[m] == TRUST_USED ? "used" : use_word(t->index.use[m])));
    if (ok) {
        json_object_set_new(whole, "u", u_json(t, t->index.u));
        json_object_set_new(whole, "u_abs", u_json(t, t->index.absolute));
        json_object_set(whole, "use", use);
        json_object_set(whole, "index", indices);
        json_object_set(whole, "ranking", rankings);
        json_object_set_new(whole, "kendall", json_from_f64(t->ranking.kendall));
        json_object_set_new(whole, "clear_winner", json_boolean(t->ranking.clear_winner));
        json_object_set(whole, "notes", notes);
        ok = print_json(args->out, whole, err);
    }
    json_decref(use);
    json_decref(notes);
    json_decref(indices);
    json_decref(rankings);
    json_decref(whole);
    return ok;
}

/* ---- the command ---- */

static void show(void *context, const char *what) {
    if (!args_on(context, "quiet")) fprintf(stderr, "measuring %s\n", what);
}

static bool measure(struct arguments *args, struct synth_audit *audit, struct error *err) {
    const char **real;
    struct synth_audit_settings s = {.schema = args_text(args, "schema", NULL),
                                     .candidates = args->words + 1,
                                     .n_candidates = args->n_words - 1,
                                     .anchors = args_on(args, "anchors"),
                                     .lenient = args_on(args, "lenient"),
                                     .seed = args_count(args, "seed", 1),
                                     .confidence = args_real(args, "confidence", 0.95),
                                     .progress = show,
                                     .context = args};
    s.n_real = args_texts(args, "real", &real);
    s.real = (const char *const *)real;
    if (!s.schema || !s.n_real)
        return error_set(err, ERROR_USAGE,
                         "expected `basanite data audit --schema S.jsonl --real FILE.csv CANDIDATE...`");
    if (!(s.confidence > 0 && s.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    if (args_text(args, "make", NULL)) return synth_audit_split(&s, args_text(args, "make", NULL), args->arena, err);
    if (!(s.pool = pool_new(common_threads(args), err))) return false;
    bool ok = synth_audit_run(&s, args->arena, audit, err);
    pool_free(s.pool);
    return ok;
}

static bool tell(struct arguments *args, const struct synth_audit *audit, const struct trust_weights *weights,
                 struct error *err) {
    struct told t = {.audit = audit, .weights = weights};
    if (!trust_index_of(&audit->cohort, weights, args->arena, &t.index, err) ||
        !trust_rank_of(&audit->cohort, t.index.tau, args_count(args, "bootstrap", 1000), audit->seed, args->arena,
                       &t.ranking, err) ||
        !synth_audit_notes(audit, &t.index, &t.ranking, args->arena, &t.note, &t.n_notes, err))
        return false;
    return args_on(args, "json") ? print_whole(args, &t, err) : print_text(args->out, &t, err);
}

bool data_audit(struct arguments *args, struct error *err) {
    struct synth_audit audit;
    struct trust_weights weights;
    if (!trust_weights_parse(args_text(args, "weights", "all"), args->arena, &weights, err)) return false;
    if (args_on(args, "cached")) {
        if (args->n_words != 2 || args_text(args, "real", NULL) || args_text(args, "schema", NULL))
            return error_set(err, ERROR_USAGE, "expected `basanite data audit --cached AUDIT.json [--weights SPEC]`");
        return synth_audit_read(args->words[1], args->arena, &audit, err) && tell(args, &audit, &weights, err);
    }
    if (!measure(args, &audit, err)) return false;
    return args_text(args, "make", NULL) || tell(args, &audit, &weights, err);
}
