/* Reading and analysing a survey of trust: see survey.h. */
#include "measure/data/survey.h"

#include "measure/dataset/dataset.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 1 << 20, NAMES_MOST = 1 << 16, FIGURES_MOST = 512, LEAST = 1, MOST = 7, STRAIGHT_FROM = 3 };

/* ---- reading ---- */

struct reading {
    const char *path;
    size_t line;
    struct arena *arena;
    struct survey *out;
    size_t capacity;
    struct error *err;
};

static bool bad(const struct reading *r, const char *column, const char *what) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: column '%s': %s", r->path, r->line, column, what);
}

/* The place of a name in a list, which it joins when it is new. */
static bool place_of(struct reading *r, struct text name, struct text *list, size_t *n, size_t most, size_t *out) {
    for (*out = *n; *out > 0; --*out) /* the newest first: rows of a respondent stand together */
        if (text_equal(list[*out - 1], name)) return --*out, true;
    if (*n == most) return bad(r, "respondent", "too many different values");
    char *copy = text_copy(r->arena, name, r->err);
    list[ *out = (*n)++] = (struct text){copy, name.len};
    return copy != NULL;
}

static bool take_rating(struct reading *r, const json_t *row, const char *column, double *out) {
    const json_t *value = json_object_get(row, column);
    bool read = json_is_number(value) ? (*out = json_number_value(value), true)
                                      : json_is_string(value) && text_to_f64(text_trim(json_text(value)), out);
    if (!read) return bad(r, column, "expected a rating from 1 to 7");
    return (*out >= LEAST && *out <= MOST) || bad(r, column, "a rating lies outside 1 to 7");
}

static bool take_check(struct reading *r, const json_t *row, bool *failed) {
    static const char *const yes[] = {"1", "yes", "true", "y"}, *const no[] = {"0", "no", "false", "n"};
    const json_t *value = json_object_get(row, "check_ok");
    struct text t = text_trim(json_text(value));
    *failed = json_is_false(value) || (json_is_integer(value) && !json_integer_value(value));
    if (!json_is_string(value)) return true;
    for (size_t i = 0; i < 4; i++) {
        if (text_equal_nocase(t, text_of(yes[i]))) return true;
        if (text_equal_nocase(t, text_of(no[i]))) return *failed = true;
    }
    return bad(r, "check_ok", "expected yes or no");
}

static struct text name_of(const json_t *row, const char *column, struct arena *arena, struct error *err) {
    const json_t *value = json_object_get(row, column);
    if (!json_is_integer(value)) return text_trim(json_text(value));
    return text_of(arena_printf(arena, err, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
}

static bool take_row(struct reading *r, const json_t *json) {
    struct survey *s = r->out;
    if (s->n == r->capacity) {
        size_t more = r->capacity ? 2 * r->capacity : 1024;
        struct survey_row *at = more <= ROWS_MOST ? arena_new(r->arena, struct survey_row, more, r->err) : NULL;
        if (!at) return r->err->kind ? false : bad(r, "respondent", "more rows than can be");
        if (s->n) memcpy(at, s->row, s->n * sizeof *at);
        s->row = at;
        r->capacity = more;
    }
    struct survey_row *row = &s->row[s->n++];
    struct text respondent = name_of(json, "respondent", r->arena, r->err),
                error = name_of(json, "error", r->arena, r->err);
    struct text task = name_of(json, "task", r->arena, r->err);
    char *attribution = text_copy(r->arena, name_of(json, "attribution", r->arena, r->err), r->err);
    if (!respondent.len) return bad(r, "respondent", "expected who answers");
    if (!error.len) return bad(r, "error", "expected the kind of error");
    row->attribution = text_of(attribution);
    return attribution && place_of(r, respondent, s->respondent, &s->respondents, NAMES_MOST, &row->respondent) &&
           place_of(r, error, s->error, &s->errors, SURVEY_KINDS, &row->error) &&
           place_of(r, task.len ? task : TEXT("any"), s->task, &s->tasks, SURVEY_KINDS, &row->task) &&
           take_rating(r, json, "before", &row->before) && take_rating(r, json, "after", &row->after) &&
           take_check(r, json, &row->failed);
}

bool survey_read(const char *path, struct arena *arena, struct survey *out, struct error *err) {
    struct dataset_kwargs kwargs = {.header = true};
    struct reading r = {.path = path, .arena = arena, .out = out, .err = err};
    *out = (struct survey){.respondent = arena_new(arena, struct text, NAMES_MOST, err),
                           .task = arena_new(arena, struct text, SURVEY_KINDS, err),
                           .error = arena_new(arena, struct text, SURVEY_KINDS, err)};
    struct dataset *d = out->respondent && out->task && out->error ? dataset_open(path, path, &kwargs, err) : NULL;
    bool ok = d != NULL;
    for (int state = 1; ok && state == 1;) {
        json_t *row = NULL;
        state = dataset_next(d, &row, &r.line, err);
        ok = state == 0 || (state == 1 && take_row(&r, row));
        json_decref(row);
    }
    dataset_close(d);
    return ok && (out->n > 0 || error_set(err, ERROR_DATA, "%s: no rows", path));
}

/* ---- who counts ---- */

struct analysis {
    const struct survey *s;
    const struct survey_settings *settings;
    struct arena *arena;
    struct error *err;
    struct survey_result *out;
    bool *kept;       /* [respondents] */
    size_t *place;    /* [respondents] among those kept */
    double *mean;     /* [kept][errors] mean drop, NaN: not met */
    size_t kind;      /* in question */
    double *p, *holm; /* of the differences */
    size_t n_tests;
};

static bool choose_people(struct analysis *a) {
    const struct survey *s = a->s;
    double *first = arena_new(a->arena, double, s->respondents, a->err);
    size_t *rows = arena_new(a->arena, size_t, s->respondents, a->err);
    bool *straight = arena_new(a->arena, bool, s->respondents, a->err);
    a->kept = arena_new(a->arena, bool, s->respondents, a->err);
    a->place = arena_new(a->arena, size_t, s->respondents, a->err);
    if (!first || !rows || !straight || !a->kept || !a->place) return false;
    for (size_t i = 0; i < s->respondents; i++) a->kept[i] = straight[i] = true;
    for (size_t i = 0; i < s->n; i++) {
        const struct survey_row *row = &s->row[i];
        size_t who = row->respondent;
        if (!rows[who]++) first[who] = row->before;
        straight[who] = straight[who] && row->before == first[who] && row->after == first[who];
        if (row->failed) a->kept[who] = false;
    }
    for (size_t i = 0; i < s->respondents; i++) {
        bool same = straight[i] && rows[i] >= STRAIGHT_FROM;
        a->out->failed += !a->kept[i];
        a->out->straight += a->kept[i] && same;
        a->kept[i] = a->kept[i] && !same;
        a->place[i] = a->out->kept;
        a->out->kept += a->kept[i];
    }
    return a->out->kept > 0 || error_set(a->err, ERROR_DATA,
                                         "no respondent is left: %zu failed a check, %zu gave one "
                                         "rating throughout",
                                         a->out->failed, a->out->straight);
}

/* ---- figures ---- */

static struct figure *put(struct analysis *a, const char *name, const char *group, struct interval x, uint64_t n,
                          const char *unit, const char *method) {
    char *kept = arena_printf(a->arena, a->err, "%s", group);
    if (!kept) return NULL;
    if (a->out->n_figures == FIGURES_MOST) return error_set(a->err, ERROR_DATA, "too many cells"), NULL;
    struct figure *f = &a->out->figures[a->out->n_figures++];
    *f = figure_new(name, kept, x.estimate, n);
    figure_set_interval(f, x.estimate, x.lo, x.hi, method);
    f->unit = unit;
    return f;
}

static bool put_number(struct analysis *a, const char *name, const char *group, double value, uint64_t n,
                       const char *unit, const char *method) {
    return put(a, name, group, (struct interval){value, NAN, NAN}, n, unit, method) != NULL;
}

struct drops {
    const double *d;
};

static double mean_of(void *context, const uint32_t *weights, size_t n) {
    const struct drops *x = context;
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * x->d[i];
        all += weights[i];
    }
    return sum / all;
}

/* Mean drop of some rows and its tests; drops of one respondent are resampled together. */
static bool put_drop(struct analysis *a, const char *name, const char *group, const double *d, const uint32_t *who,
                     size_t n, size_t people, double *p) {
    struct drops x = {d};
    struct interval ci;
    struct stat_signed w;
    char stream[200];
    snprintf(stream, sizeof stream, "survey/%s/%.120s", name, group);
    if (n == 0) return true;
    if (!stat_bootstrap(n, who, people, NULL, mean_of, &x, a->settings->bootstrap, a->settings->confidence,
                        a->settings->seed, stream, &ci, a->err) ||
        !stat_wilcoxon(d, n, &w, a->err))
        return false;
    *p = w.p;
    return put(a, name, group, ci, n, "points", "bootstrap over respondents") &&
           put_number(a, "wilcoxon_p", group, w.p, w.n, "p", w.exact ? "exact" : "normal approximation");
}

/* Drops of one kind of error, in one task or (SIZE_MAX) all. */
static bool put_cell(struct analysis *a, size_t error, size_t task) {
    const struct survey *s = a->s;
    double *d = arena_new(a->arena, double, s->n, a->err), p;
    uint32_t *who = arena_new(a->arena, uint32_t, s->n, a->err);
    size_t *seen = arena_new(a->arena, size_t, a->out->kept + 1, a->err), n = 0, people = 0;
    char group[200];
    if (!d || !who || !seen) return false;
    for (size_t i = 0; i < s->n; i++) {
        const struct survey_row *row = &s->row[i];
        if (!a->kept[row->respondent] || row->error != error || (task != SIZE_MAX && row->task != task)) continue;
        size_t *place = &seen[a->place[row->respondent]];
        if (!*place) *place = ++people;
        d[n] = row->before - row->after;
        who[n++] = (uint32_t)(*place - 1);
    }
    snprintf(group, sizeof group, task == SIZE_MAX ? "error=%.*s" : "error=%.*s, task=%.*s",
             (int)(s->error[error].len < 60 ? s->error[error].len : 60), s->error[error].at,
             task == SIZE_MAX ? 0 : (int)(s->task[task].len < 60 ? s->task[task].len : 60),
             task == SIZE_MAX ? "" : s->task[task].at);
    return put_drop(a, "drop", group, d, who, n, people, &p);
}

static bool put_cells(struct analysis *a) {
    for (size_t e = 0; e < a->s->errors; e++)
        if (!put_cell(a, e, SIZE_MAX)) return false;
    for (size_t e = 0; e < a->s->errors && a->s->tasks > 1; e++)
        for (size_t t = 0; t < a->s->tasks; t++)
            if (!put_cell(a, e, t)) return false;
    return true;
}

/* ---- within respondents ---- */

static bool make_means(struct analysis *a) {
    const struct survey *s = a->s;
    size_t cells = a->out->kept * s->errors;
    double *n = arena_new(a->arena, double, cells, a->err);
    a->mean = arena_new(a->arena, double, cells, a->err);
    if (!n || !a->mean) return false;
    for (size_t i = 0; i < s->n; i++) {
        const struct survey_row *row = &s->row[i];
        if (!a->kept[row->respondent]) continue;
        size_t cell = a->place[row->respondent] * s->errors + row->error;
        a->mean[cell] += row->before - row->after;
        n[cell]++;
    }
    for (size_t i = 0; i < cells; i++) a->mean[i] = n[i] > 0 ? a->mean[i] / n[i] : NAN;
    return true;
}

/* The kind in question against another one: respondents who met both. */
static bool put_difference(struct analysis *a, size_t other) {
    size_t n = 0, kinds = a->s->errors;
    double *d = arena_new(a->arena, double, a->out->kept, a->err),
           *x = arena_new(a->arena, double, a->out->kept, a->err);
    double *y = arena_new(a->arena, double, a->out->kept, a->err);
    uint32_t *who = arena_new(a->arena, uint32_t, a->out->kept, a->err);
    char group[200];
    if (!d || !x || !y || !who) return false;
    for (size_t i = 0; i < a->out->kept; i++) {
        double mine = a->mean[i * kinds + a->kind], its = a->mean[i * kinds + other];
        if (isnan(mine) || isnan(its)) continue;
        x[n] = mine;
        y[n] = its;
        d[n] = mine - its;
        who[n] = (uint32_t)n;
        n++;
    }
    snprintf(group, sizeof group, "%.*s - %.*s", (int)(a->s->error[a->kind].len < 60 ? a->s->error[a->kind].len : 60),
             a->s->error[a->kind].at, (int)(a->s->error[other].len < 60 ? a->s->error[other].len : 60),
             a->s->error[other].at);
    return n == 0 || (put_drop(a, "difference", group, d, who, n, n, &a->p[a->n_tests++]) &&
                      put_number(a, "cliff_delta", group, stat_cliff_delta(x, n, y, n), n, "index", "all pairs"));
}

static bool put_differences(struct analysis *a) {
    size_t first = a->out->n_figures, test = 0;
    a->p = arena_new(a->arena, double, SURVEY_KINDS, a->err);
    a->holm = arena_new(a->arena, double, SURVEY_KINDS, a->err);
    if (!a->p || !a->holm) return false;
    for (size_t e = 0; e < a->s->errors; e++)
        if (e != a->kind && !put_difference(a, e)) return false;
    stat_holm(a->p, a->holm, a->n_tests);
    size_t last = a->out->n_figures;
    for (size_t i = first; i < last; i++) {
        const struct figure *f = &a->out->figures[i];
        if (strcmp(f->name, "wilcoxon_p") != 0) continue;
        if (!put_number(a, "wilcoxon_p_holm", f->group, a->holm[test++], f->n, "p", "Holm")) return false;
    }
    return true;
}

static bool put_kinds(struct analysis *a) {
    size_t n = 0, kinds = a->s->errors;
    double *x = arena_new(a->arena, double, a->out->kept *kinds + 1, a->err);
    struct stat_friedman f;
    if (!x || kinds < 2) return x != NULL;
    for (size_t i = 0; i < a->out->kept; i++) {
        size_t met = 0;
        for (size_t e = 0; e < kinds; e++) met += !isnan(a->mean[i * kinds + e]);
        if (met == kinds) memcpy(x + n++ * kinds, a->mean + i * kinds, kinds * sizeof *x);
    }
    if (n == 0) return true;
    return stat_friedman(x, n, kinds, &f, a->err) &&
           put_number(a, "friedman_chi2", "", f.chi2, n, "chi-square", "ranks") &&
           put_number(a, "friedman_p", "", f.p, n, "p", "chi-square") &&
           put_number(a, "kendall_w", "", f.w, n, "index", "ranks");
}

static bool put_attribution(struct analysis *a) {
    const struct survey *s = a->s;
    struct text name[SURVEY_KINDS];
    uint64_t count[SURVEY_KINDS] = {0}, all = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct survey_row *row = &s->row[i];
        size_t k = 0;
        if (!a->kept[row->respondent] || row->error != a->kind || !row->attribution.len) continue;
        while (k < n && !text_equal(name[k], row->attribution)) k++;
        if (k == SURVEY_KINDS) return error_set(a->err, ERROR_DATA, "more than %d attributions", SURVEY_KINDS);
        if (k == n) name[n++] = row->attribution;
        count[k]++;
        all++;
    }
    for (size_t k = 0; k < n; k++) {
        char group[160];
        snprintf(group, sizeof group, "attribution=%.*s", (int)(name[k].len < 120 ? name[k].len : 120), name[k].at);
        struct figure *f =
            put(a, "blamed", group, stat_wilson(count[k], all, a->settings->confidence), all, "share", "wilson");
        if (!f) return false;
        f->k = (int64_t)count[k];
    }
    return true;
}

static bool find_kind(struct analysis *a) {
    const char *wanted = a->settings->error ? a->settings->error : "identity";
    for (int exact = 1; exact >= 0; exact--)
        for (a->kind = 0; a->kind < a->s->errors; a->kind++)
            if (exact ? text_equal_c(a->s->error[a->kind], wanted)
                      : text_find(a->s->error[a->kind], text_of(wanted), 0) != SIZE_MAX)
                return true;
    return error_set(a->err, ERROR_DATA, "no row has the kind of error '%s'; say which one is in question: error=NAME",
                     wanted);
}

bool survey_analyse(const struct survey *survey, const struct survey_settings *settings, struct arena *arena,
                    struct survey_result *out, struct error *err) {
    struct analysis a = {.s = survey, .settings = settings, .arena = arena, .err = err, .out = out};
    *out = (struct survey_result){.figures = arena_new(arena, struct figure, FIGURES_MOST, err)};
    return out->figures && find_kind(&a) && choose_people(&a) && put_cells(&a) && make_means(&a) &&
           put_differences(&a) && put_kinds(&a) && put_attribution(&a);
}
