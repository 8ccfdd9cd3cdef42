/* An audit as JSON and back: see synth_audit.h. Numbers are written so that they read back as the same bits. */
#include "measure/table/synth_audit.h"

#include <math.h>
#include <string.h>

enum { BYTES_MOST = 256 << 20, METRICS_MOST = 10000 };

/* ---- writing ---- */

static json_t *files_json(const struct synth_audit *a) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < a->n_files; i++)
        json_array_append_new(list, json_pack("{s:s s:s}", "path", a->file[i].path, "sha256", a->file[i].sha256));
    return list;
}

static json_t *candidates_json(const struct synth_audit *a) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < a->cohort.n; i++) {
        const struct trust_candidate *c = &a->cohort.candidate[i];
        json_array_append_new(list,
                              json_pack("{s:s s:s s:I s:I s:I s:o s:s? s:s? s:b s:I}", "id", c->id, "generator",
                                        c->generator, "seed", (json_int_t)c->seed, "fold", (json_int_t)c->fold, "step",
                                        (json_int_t)c->step, "epsilon", json_from_f64(c->epsilon), "file", c->file,
                                        "sha256", c->sha256, "anchor", (int)c->anchor, "rows", (json_int_t)a->rows[i]));
    }
    return list;
}

static json_t *metrics_json(const struct synth_audit *a) {
    json_t *list = json_array();
    for (size_t m = 0; list && m < a->cohort.k; m++) {
        const struct trust_metric *t = &a->cohort.metric[m];
        char letter[2] = {trust_letters[t->dimension], 0};
        json_array_append_new(list, json_pack("{s:s s:s s:i s:b}", "name", t->name, "dimension", letter, "polarity",
                                              t->polarity, "shown_only", (int)t->shown_only));
    }
    return list;
}

/* One list a candidate; of each figure [value, lo, hi], without an interval [value]. */
static json_t *raw_json(const struct synth_audit *a) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < a->cohort.n; i++) {
        json_t *row = json_array();
        for (size_t m = 0; row && m < a->cohort.k; m++) {
            struct interval x = a->cohort.raw[i * a->cohort.k + m];
            json_array_append_new(row, isnan(x.lo) ? json_pack("[o]", json_from_f64(x.estimate))
                                                   : json_pack("[o o o]", json_from_f64(x.estimate),
                                                               json_from_f64(x.lo), json_from_f64(x.hi)));
        }
        json_array_append_new(list, row);
    }
    return list;
}

json_t *synth_audit_json(const struct synth_audit *a, struct error *err) {
    json_t *whole =
        json_pack("{s:s s:I s:o s:{s:I s:I s:I} s:o s:o s:o s:o}", "format", "audit-1", "seed", (json_int_t)a->seed,
                  "confidence", json_from_f64(a->confidence), "rows", "train", (json_int_t)a->train, "held",
                  (json_int_t)a->held, "test", (json_int_t)a->test, "files", files_json(a), "candidates",
                  candidates_json(a), "metrics", metrics_json(a), "raw", raw_json(a));
    if (whole && a->leaks)
        json_object_set_new(whole, "seen_twice", json_pack("{s:I s:I}", "rows", (json_int_t)a->shared, "by_chance",
                                                           (json_int_t)a->by_chance));
    if (!whole) error_memory(err, "audit");
    return whole;
}

/* ---- reading ---- */

struct reading_audit {
    const json_t *whole;
    struct json_place at;
    struct arena *arena;
    struct synth_audit *out;
};

static bool text_of_key(struct reading_audit *r, const json_t *row, const char *key, bool needed, const char **out,
                        struct error *err) {
    struct text t;
    const json_t *value = json_object_get(row, key);
    *out = NULL;
    if (!needed && (!value || json_is_null(value))) return true;
    return json_get_text(row, key, r->at, &t, err) && (*out = text_copy(r->arena, t, err));
}

static bool count_of_key(struct reading_audit *r, const json_t *row, const char *key, uint64_t *out,
                         struct error *err) {
    int64_t x;
    if (!json_get_i64(row, key, r->at, &x, err)) return false;
    *out = (uint64_t)x;
    return x >= 0 || error_set(err, ERROR_DATA, "%s: field '%s': expected 0 or more", r->at.file, key);
}

/* The first file is the schema, which may be one of the program's own. */
static bool digest_of(struct reading_audit *r, struct synth_file *f, size_t i, struct error *err) {
    struct text bytes;
    if (i > 0) return sha256_file(f->path, f->sha256, err);
    if (!synth_schema_text(f->path, r->arena, &bytes, err)) return false;
    sha256_hex(bytes.at, bytes.len, f->sha256);
    return true;
}

static bool read_files(struct reading_audit *r, struct error *err) {
    json_t *list, *row;
    size_t i;
    if (!json_get_array(r->whole, "files", r->at, &list, err)) return false;
    r->out->file = arena_new(r->arena, struct synth_file, json_array_size(list) + 1, err);
    if (!r->out->file) return false;
    json_array_foreach(list, i, row) {
        struct synth_file *f = &r->out->file[i];
        const char *told;
        if (!text_of_key(r, row, "path", true, &f->path, err) || !text_of_key(r, row, "sha256", true, &told, err) ||
            !digest_of(r, f, i, err))
            return false;
        if (strcmp(told, f->sha256) != 0)
            return error_set(err, ERROR_DATA,
                             "%s: changed since the audit %s: sha256 %s, the audit read %s; audit it again", f->path,
                             r->at.file, f->sha256, told);
    }
    r->out->n_files = json_array_size(list);
    return true;
}

static bool read_candidate(struct reading_audit *r, const json_t *row, size_t i, struct error *err) {
    struct trust_candidate *c = &r->out->cohort.candidate[i];
    uint64_t rows;
    *c = (struct trust_candidate){.epsilon = NAN};
    if (!text_of_key(r, row, "id", true, &c->id, err) || !text_of_key(r, row, "generator", true, &c->generator, err) ||
        !text_of_key(r, row, "file", false, &c->file, err) || !text_of_key(r, row, "sha256", false, &c->sha256, err) ||
        !count_of_key(r, row, "seed", &c->seed, err) || !count_of_key(r, row, "fold", &c->fold, err) ||
        !count_of_key(r, row, "step", &c->step, err) || !count_of_key(r, row, "rows", &rows, err))
        return false;
    c->anchor = json_is_true(json_object_get(row, "anchor"));
    if (json_is_number(json_object_get(row, "epsilon")))
        c->epsilon = json_number_value(json_object_get(row, "epsilon"));
    r->out->rows[i] = (size_t)rows;
    return true;
}

static bool read_metric(struct reading_audit *r, const json_t *row, size_t m, struct error *err) {
    struct trust_metric *t = &r->out->cohort.metric[m];
    const char *letter;
    int64_t polarity;
    if (!text_of_key(r, row, "name", true, &t->name, err) || !text_of_key(r, row, "dimension", true, &letter, err) ||
        !json_get_i64(row, "polarity", r->at, &polarity, err))
        return false;
    const char *at = letter[0] ? strchr(trust_letters, letter[0]) : NULL;
    if (!at || letter[1] || (polarity != 1 && polarity != -1))
        return error_set(err, ERROR_DATA, "%s: metric '%s': expected a dimension of %s and a polarity of 1 or -1",
                         r->at.file, t->name, trust_letters);
    t->dimension = (enum trust_dimension)(at - trust_letters);
    t->polarity = (int)polarity;
    t->shown_only = json_is_true(json_object_get(row, "shown_only"));
    return true;
}

static struct interval figure_of(const json_t *value) {
    double x[3] = {NAN, NAN, NAN};
    for (size_t k = 0; k < 3 && k < json_array_size(value); k++)
        if (json_is_number(json_array_get(value, k))) x[k] = json_number_value(json_array_get(value, k));
    return (struct interval){x[0], x[1], x[2]};
}

static bool read_raw(struct reading_audit *r, struct error *err) {
    struct trust_cohort *c = &r->out->cohort;
    json_t *list, *row, *value;
    size_t i, m;
    if (!json_get_array(r->whole, "raw", r->at, &list, err)) return false;
    bool fits = json_array_size(list) == c->n;
    json_array_foreach(list, i, row) fits = fits && json_array_size(row) == c->k;
    if (!fits)
        return error_set(err, ERROR_DATA, "%s: field 'raw': expected %zu lists of %zu figures", r->at.file, c->n, c->k);
    if (!(c->raw = arena_new(r->arena, struct interval, c->n * c->k + 1, err))) return false;
    json_array_foreach(list, i, row) json_array_foreach(row, m, value) c->raw[i * c->k + m] = figure_of(value);
    return true;
}

static bool read_cohort(struct reading_audit *r, struct error *err) {
    struct trust_cohort *c = &r->out->cohort;
    json_t *candidates, *metrics, *row;
    size_t i;
    if (!json_get_array(r->whole, "candidates", r->at, &candidates, err) ||
        !json_get_array(r->whole, "metrics", r->at, &metrics, err))
        return false;
    c->n = json_array_size(candidates), c->k = json_array_size(metrics);
    if (c->n > SYNTH_CANDIDATES_MOST + 20 || c->k > METRICS_MOST)
        return error_set(err, ERROR_DATA, "%s: %zu candidates, %zu metrics: too many", r->at.file, c->n, c->k);
    c->candidate = arena_new(r->arena, struct trust_candidate, c->n + 1, err);
    c->metric = arena_new(r->arena, struct trust_metric, c->k + 1, err);
    r->out->rows = arena_new(r->arena, size_t, c->n + 1, err);
    if (!c->candidate || !c->metric || !r->out->rows) return false;
    json_array_foreach(candidates, i, row) if (!read_candidate(r, row, i, err)) return false;
    json_array_foreach(metrics, i, row) if (!read_metric(r, row, i, err)) return false;
    return read_raw(r, err);
}

static bool read_counts(struct reading_audit *r, struct error *err) {
    const json_t *rows = json_object_get(r->whole, "rows");
    uint64_t n[3];
    static const char *const keys[] = {"train", "held", "test"};
    for (size_t i = 0; i < 3; i++)
        if (!count_of_key(r, rows, keys[i], &n[i], err)) return false;
    const json_t *twice = json_object_get(r->whole, "seen_twice");
    uint64_t shared = 0, by_chance = 0;
    if (twice && !count_of_key(r, twice, "rows", &shared, err)) return false;
    if (twice && !count_of_key(r, twice, "by_chance", &by_chance, err)) return false;
    r->out->leaks = twice != NULL;
    r->out->shared = (size_t)shared, r->out->by_chance = (size_t)by_chance;
    r->out->train = (size_t)n[0], r->out->held = (size_t)n[1], r->out->test = (size_t)n[2];
    return count_of_key(r, r->whole, "seed", &r->out->seed, err) &&
           json_get_f64(r->whole, "confidence", r->at, &r->out->confidence, err);
}

bool synth_audit_read(const char *path, struct arena *arena, struct synth_audit *out, struct error *err) {
    json_t *whole = json_read_file(path, BYTES_MOST, err);
    struct reading_audit r = {.whole = whole, .at = {path, 0, ""}, .arena = arena, .out = out};
    *out = (struct synth_audit){0};
    if (!whole) return false;
    bool ok = text_equal_c(json_text(json_object_get(whole, "format")), "audit-1") ||
              error_set(err, ERROR_DATA,
                        "%s: expected what `basanite data audit --json` wrote (\"format\": \"audit-1\")", path);
    ok = ok && read_files(&r, err) && read_counts(&r, err) && read_cohort(&r, err);
    json_decref(whole);
    return ok;
}
