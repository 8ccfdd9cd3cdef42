/* A list of models as a reference: see aqi_reference.h. */
#include "measure/score/aqi_reference.h"

#include <math.h>

enum { BYTES = 1 << 20 };

static const struct aqi_group *group_of(const struct aqi_result *r, struct text name) {
    for (size_t i = 0; i < r->n_groups; i++)
        if (text_equal(r->groups[i].name, name)) return &r->groups[i];
    return NULL;
}

/* False: not every model has it, or it is not determined. */
static bool describe(const struct aqi_result *const *results, size_t n, struct text name, double *mean, double *sd) {
    double squares = 0;
    *mean = 0;
    for (size_t i = 0; i < n; i++) {
        const struct aqi_group *g = group_of(results[i], name);
        if (!g || !(g->rho_cv > 0) || isinf(g->rho_cv)) return false;
        *mean += log(g->rho_cv) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double off = log(group_of(results[i], name)->rho_cv) - *mean;
        squares += off * off;
    }
    *sd = sqrt(squares / (double)(n - 1));
    return *sd > 0;
}

json_t *aqi_reference_make(struct text list, const struct aqi_result *const *results, size_t n, struct error *err) {
    json_t *axioms = json_object();
    if (n < 2) return json_decref(axioms), error_set(err, ERROR_USAGE, "a list of models needs two or more"), NULL;
    for (size_t i = 0; axioms && i < results[0]->n_groups; i++) {
        double mean, sd;
        struct text name = results[0]->groups[i].name;
        if (!describe(results, n, name, &mean, &sd)) continue;
        json_object_setn_new(axioms, name.len ? name.at : "", name.len,
                             json_pack("{s:o s:o}", "mean", json_from_f64(mean), "sd", json_from_f64(sd)));
    }
    json_t *out = json_pack("{s:o s:I s:o}", "list", json_from_text(list), "models", (json_int_t)n, "axioms", axioms);
    if (!out) error_memory(err, "reference of models");
    return out;
}

json_t *aqi_reference_read(const char *path, struct error *err) {
    json_t *out = json_read_file(path, BYTES, err), *axioms, *axiom;
    struct json_place place = {path, 0, ""};
    struct text list;
    const char *name;
    bool ok = out && json_get_text(out, "list", place, &list, err) &&
              json_get_object(out, "axioms", place, &axioms, err);
    if (ok) {
        json_object_foreach(axioms, name, axiom) {
            double mean, sd = 0;
            ok = ok && json_get_f64(axiom, "mean", place, &mean, err) && json_get_f64(axiom, "sd", place, &sd, err) &&
                 (sd > 0 || error_set(err, ERROR_DATA, "%s: axiom '%s': field 'sd' is not above 0", path, name));
        }
    }
    if (ok) return out;
    json_decref(out);
    return NULL;
}

double aqi_reference_score(const json_t *reference, const struct aqi_group *g) {
    const json_t *axiom = json_object_getn(json_object_get(reference, "axioms"), g->name.len ? g->name.at : "",
                                           g->name.len);
    if (!axiom) return NAN;
    return 50 + 10 * (log(g->rho_cv) - json_number_value(json_object_get(axiom, "mean"))) /
                    json_number_value(json_object_get(axiom, "sd"));
}

const char *aqi_reference_name(const json_t *reference) {
    return json_string_value(json_object_get(reference, "list"));
}
