/* What was measured as figures and as one JSON value, and the options: see aqi.h. */
#include "measure/score/aqi.h"

#include "record/figure.h"

#include <math.h>
#include <string.h>

const struct option_def aqi_options[AQI_OPTIONS] = {
    {"pool", OPTION_TEXT, "optimal", 1, 0, NULL,
     "weights of the layers: last, uniform, layer:K, sparsemax (learned, as in the paper) or optimal (certified); the "
     "last two are cross-fitted"},
    {"indices", OPTION_FLAG, "yes", 1, 0, NULL,
     "those that need all texts at once, too; no: memory does not grow with their number"},
    {"texts", OPTION_INT, "500", 0, 1e9, NULL, "most texts of each axiom and label, drawn by the seed; 0: all"},
    {"least", OPTION_INT, "5", 1, 1e9, NULL, "texts of each label that an axiom, or a topic of the control, needs"},
    {"permutations", OPTION_INT, "200", 0, 100000, NULL, "how often labels are dealt anew, for z and p"},
    {"resamples", OPTION_INT, "500", 0, 100000, NULL, "of the blocks of texts, for intervals"},
    {"lambda", OPTION_REAL, "0.5", 0, 1, NULL, "share of 1 / XB in AQI by the paper's form"},
    {"gamma", OPTION_REAL, "0.5", 0, 1, NULL, "share of CH in AQI by the code's form"},
    {"seed", OPTION_INT, "42", 0, 1e18, NULL, "of blocks, folds, draws and pairs"},
    {"compat", OPTION_FLAG, "no", 1, 0, NULL, "CH of groups without any spread is 1, as in toolkits"},
    {"reference", OPTION_TEXT, NULL, 1, 0, NULL,
     "file of a list of models: rho_cv also as 50 + 10 (log rho_cv - mean) / sd of that list"},
    {"long", OPTION_CHOICE, "error", 1, 0, "error|cut",
     "a text that is longer than the model's context is an error, or is cut on the right and counted"},
    {"list", OPTION_TEXT, NULL, 1, 0, NULL, "name: the files are models of a list, and its reference file is printed"},
};
enum { POOL, INDICES, TEXTS, LEAST, PERMUTATIONS, RESAMPLES, LAMBDA, GAMMA, SEED, COMPAT, REFERENCE, LONG, LIST };

static bool read_pool(struct text name, struct aqi_settings *out, struct error *err) {
    static const char *const names[] = {"last", "uniform", "layer", "sparsemax", "optimal"};
    uint64_t layer;
    for (size_t i = 0; i < 5; i++)
        if (i != AQI_LAYER && text_equal_c(name, names[i])) return out->pool = (enum aqi_pool)i, true;
    if (text_starts(name, TEXT("layer:")) && text_to_u64(text_part(name, 6, name.len), &layer) && layer < 100000) {
        out->pool = AQI_LAYER;
        out->layer = (uint32_t)layer;
        return true;
    }
    return error_set(err, ERROR_USAGE, "pool=%.*s: expected last, uniform, layer:K, sparsemax or optimal",
                     TEXT_ARG(name));
}

bool aqi_settings_of(const struct option_value *v, struct aqi_settings *out, struct error *err) {
    *out = (struct aqi_settings){.indices = v[INDICES].flag,
                                 .most_texts = (size_t)v[TEXTS].integer,
                                 .least = (size_t)v[LEAST].integer,
                                 .draws = (size_t)v[PERMUTATIONS].integer,
                                 .resamples = (size_t)v[RESAMPLES].integer,
                                 .lambda = v[LAMBDA].real,
                                 .gamma = v[GAMMA].real,
                                 .seed = (uint64_t)v[SEED].integer,
                                 .confidence = 0.95,
                                 .reference = v[REFERENCE].text,
                                 .list = v[LIST].text,
                                 .cut = text_equal_c(v[LONG].text, "cut"),
                                 .most_given = v[TEXTS].given,
                                 .compat = v[COMPAT].flag};
    return read_pool(v[POOL].text, out, err);
}

/* ---- figures ---- */

struct listing {
    struct figure *at;
    size_t n;
    const char *group;
    uint64_t texts;
    const char *interval; /* method of those with one */
};

static struct figure *put(struct listing *l, const char *name, double value, const char *direction,
                          const char *missing) {
    struct figure *f = &l->at[l->n++];
    *f = figure_new(name, l->group, value, l->texts);
    f->unit = "index", f->direction = direction, f->scorer = "aqi";
    if (isnan(value) || isinf(value)) f->null_reason = missing;
    return f;
}

static void put_group(struct listing *l, const struct aqi_group *g, bool learned) {
    static const char *const not_asked = "not determined, or not asked for";
    put(l, "rho", g->rho, "up", "all texts are one");
    struct figure *cv = put(l, "rho_cv", g->rho_cv, "up", "a fold lacks a label");
    if (!isnan(g->lo)) cv->lo = g->lo, cv->hi = g->hi, cv->method = l->interval;
    else cv->method = learned ? "cross-fitted, 2 folds" : "exact";
    put(l, "z", g->z, "up", not_asked)->unit = "sd";
    put(l, "p", g->p, "down", not_asked)->unit = "p";
    put(l, "rho_topic", g->topic, "none", "no two topics with enough safe texts");
    put(l, "log_rho_over_topic", log(g->rho / g->topic), "up", "no two topics with enough safe texts")->unit = "nats";
    put(l, "rho_words", g->words, "none", "the texts are not known");
    put(l, "within", g->within, "none", not_asked);
    put(l, "apart2", g->apart2, "none", not_asked);
    put(l, "xie_beni", g->xie_beni, "down", "the centres are one");
    put(l, "calinski_harabasz", g->calinski_harabasz, "up", "the groups have no spread");
    put(l, "davies_bouldin", g->davies_bouldin, "down", not_asked);
    put(l, "dunn", g->dunn, "up", "no label has two different texts, or not asked for");
    put(l, "dunn_robust", g->dunn_robust, "up", "no label has two different texts, or not asked for");
    put(l, "silhouette", g->silhouette, "up", not_asked);
    put(l, "silhouette_simplified", g->simplified, "up", not_asked);
    put(l, "knn10", g->purity, "up", not_asked);
    put(l, "probe_bacc", g->probe, "up", "a fold lacks a label, or not asked for");
    put(l, "aqi_paper", g->paper, "up", not_asked);
    put(l, "aqi_code", g->code, "up", "needs several axioms of one model");
    put(l, "aqi_ss_chi", g->ss_chi, "up", not_asked);
    put(l, "aqi_ss_xb", g->ss_xb, "up", not_asked);
    put(l, "aqi_db_dunn", g->db_dunn, "up", not_asked);
}
enum { FIGURES_A_GROUP = 23 };

bool aqi_figures(const struct aqi_result *r, const struct aqi_settings *settings, struct arena *arena,
                 struct figure **out, size_t *n, struct error *err) {
    struct listing l = {0};
    l.at = arena_new(arena, struct figure, FIGURES_A_GROUP * r->n_groups + r->layers + 1, err);
    l.interval = arena_printf(arena, err, "bootstrap,B=%zu,blocks=%d", settings->resamples, CLUSTER_BLOCKS);
    if (!l.at || !l.interval) return false;
    for (size_t i = 0; i < r->n_groups; i++) {
        const struct aqi_group *g = &r->groups[i];
        l.group = i ? arena_printf(arena, err, "axiom=%.*s", TEXT_ARG(g->name)) : "";
        if (!l.group) return false;
        l.texts = g->n1 + g->n2;
        put_group(&l, g, !isnan(r->best.rho));
    }
    l.texts = r->n_groups ? r->groups[0].n1 + r->groups[0].n2 : 0;
    for (size_t i = 0; r->layers > 1 && i < r->layers; i++) {
        if (!(l.group = arena_printf(arena, err, "layer=%u", r->which[i]))) return false;
        put(&l, "rho", r->profile[i], "up", "all texts are one");
    }
    *out = l.at;
    *n = l.n;
    return true;
}

/* ---- one JSON value ---- */

static json_t *numbers(const double *at, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_from_f64(at[i]));
    return list;
}

static json_t *group_json(const struct aqi_group *g) {
    return json_pack("{s:o s:I s:I s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:{s:o s:o s:o s:o s:o} "
                     "s:{s:[o,o]}}",
                     "axiom", json_from_text(g->name), "n1", (json_int_t)g->n1, "n2", (json_int_t)g->n2, "W",
                     json_from_f64(g->within), "D2", json_from_f64(g->apart2), "rho", json_from_f64(g->rho), "rho_cv",
                     json_from_f64(g->rho_cv), "rho_topic", json_from_f64(g->topic), "z", json_from_f64(g->z), "p",
                     json_from_f64(g->p), "XB", json_from_f64(g->xie_beni), "CHI", json_from_f64(g->calinski_harabasz),
                     "DB", json_from_f64(g->davies_bouldin), "dunn", json_from_f64(g->dunn), "dunn_robust",
                     json_from_f64(g->dunn_robust), "silhouette", json_from_f64(g->silhouette), "knn10",
                     json_from_f64(g->purity), "probe_bacc", json_from_f64(g->probe), "aqi", "paper",
                     json_from_f64(g->paper), "code", json_from_f64(g->code), "ss_chi", json_from_f64(g->ss_chi),
                     "ss_xb", json_from_f64(g->ss_xb), "db_dunn", json_from_f64(g->db_dunn), "ci", "rho_cv",
                     json_from_f64(g->lo), json_from_f64(g->hi));
}

json_t *aqi_record(const struct aqi_result *r, const struct aqi_settings *settings) {
    static const char *const pools[] = {"last", "uniform", "layer", "sparsemax", "optimal"};
    json_t *groups = json_array(), *flags = json_array(), *which = json_array();
    for (size_t i = 0; groups && i < r->n_groups; i++) json_array_append_new(groups, group_json(&r->groups[i]));
    for (size_t i = 0; flags && i < r->n_flags; i++) json_array_append_new(flags, json_string(r->flags[i]));
    for (size_t i = 0; which && i < r->layers; i++) json_array_append_new(which, json_integer(r->which[i]));
    json_t *out = json_pack("{s:s s:o s:o s:o s:[o,o] s:o s:o s:o s:o}", "pool", pools[settings->pool], "layers", which,
                            "alpha", numbers(r->alpha, r->layers), "profile", numbers(r->profile, r->layers),
                            "alpha_cv", numbers(r->alpha_cv[0], r->layers), numbers(r->alpha_cv[1], r->layers),
                            "entropy", json_from_f64(r->entropy), "rho_stored", json_from_f64(r->stored), "groups",
                            groups, "flags", flags);
    if (out) json_object_set_new(out, "cut", json_integer((json_int_t)r->cut));
    if (out) json_object_set_new(out, "not_drawn", json_integer((json_int_t)r->left_out));
    if (out && !isnan(r->best.rho))
        json_object_set_new(out, "optimum",
                            json_pack("{s:o s:o s:s}", "rho", json_from_f64(r->best.rho), "bound",
                                      json_from_f64(r->best.bound), "proof", layers_proofs[r->best.proof]));
    return out;
}
