/* `basanite score FILE --scorer aqi-compose`: one number out of released raw ones. See score_aqi_read.h. */
#include "cli/score_aqi_read.h"

#include "cli/score_answers.h"
#include "measure/dataset/dataset.h"
#include "measure/score/scorer_internal.h"
#include "measure/statistics/statistics.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 100000, COLUMNS = 8 };
enum column { N, CHI, XB, SILHOUETTE, DB, DUNN, CHI_NORM, XB_NORM };
static const char *const columns[COLUMNS] = {"n", "chi_raw", "xb_raw", "silhouette", "db", "dunn", "chi_norm",
                                             "xb_norm"};

struct raw_row {
    struct text model, category;
    double value[COLUMNS], aqi_said, aqi; /* NaN: not there */
    double chi_norm, xb_norm;
};
struct raw {
    struct raw_row *at;
    size_t n, capacity;
    struct arena *arena;
};

static bool read_number(const json_t *row, const char *name, struct json_place place, double *out, struct error *err) {
    const json_t *value = json_object_get(row, name);
    *out = NAN;
    if (!value || (json_is_string(value) && !json_string_length(value))) return true;
    if (json_is_number(value)) return *out = json_number_value(value), true;
    if (json_is_string(value) && text_to_f64(text_trim(json_text(value)), out)) return true;
    return json_mismatch(value, name, place, "a number", err);
}

static bool add_row(struct raw *raw, const json_t *row, struct json_place place, struct error *err) {
    struct text model, category;
    if (!json_get_text(row, "model", place, &model, err) || !json_get_text(row, "category", place, &category, err))
        return false;
    if (raw->n == ROWS_MOST) return error_set(err, ERROR_DATA, "%s: more than %d rows", place.file, ROWS_MOST);
    if (raw->n == raw->capacity) {
        size_t capacity = raw->capacity ? 2 * raw->capacity : 64;
        struct raw_row *at = memory_grow(raw->at, capacity, sizeof *at);
        if (!at) return error_memory(err, "rows");
        raw->at = at;
        raw->capacity = capacity;
    }
    struct raw_row *r = &raw->at[raw->n];
    *r = (struct raw_row){.aqi = NAN, .chi_norm = NAN, .xb_norm = NAN};
    for (size_t c = 0; c < COLUMNS; c++)
        if (!read_number(row, columns[c], place, &r->value[c], err)) return false;
    char *m = text_copy(raw->arena, model, err), *c = m ? text_copy(raw->arena, category, err) : NULL;
    if (!c || !read_number(row, "aqi", place, &r->aqi_said, err)) return false;
    r->model = (struct text){m, model.len};
    r->category = (struct text){c, category.len};
    raw->n++;
    return true;
}

static bool read_file(struct raw *raw, const char *path, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, err);
    json_t *row;
    size_t line;
    int state = data ? 1 : -1;
    while (state == 1 && (state = dataset_next(data, &row, &line, err)) == 1) {
        if (!add_row(raw, row, (struct json_place){path, line, ""}, err)) state = -1;
        json_decref(row);
    }
    dataset_close(data);
    return state == 0 && (raw->n || error_set(err, ERROR_DATA, "%s: no rows", path));
}

/* ---- forms ---- */

static bool need(const struct raw_row *r, enum column a, enum column b, struct error *err) {
    enum column missing = isnan(r->value[a]) ? a : b;
    if (!isnan(r->value[a]) && !isnan(r->value[b])) return true;
    return error_set(err, ERROR_DATA, "model '%.*s', category '%.*s': no column '%s', which this form needs",
                     TEXT_ARG(r->model), TEXT_ARG(r->category), columns[missing]);
}

/* The rows of one model stand together and are normalised among themselves. */
static bool compose_code(struct raw *raw, double gamma, struct error *err) {
    double *room = memory_zeroed(5 * raw->n, sizeof *room);
    if (!room) return error_memory(err, "rows");
    double *chi = room, *xb = room + raw->n, *chi_norm = xb + raw->n, *xb_norm = chi_norm + raw->n,
           *aqi = xb_norm + raw->n;
    bool ok = true;
    for (size_t from = 0, to; ok && from < raw->n; from = to) {
        for (to = from; to < raw->n && text_equal(raw->at[to].model, raw->at[from].model); to++) {
            if (!(ok = ok && need(&raw->at[to], CHI, XB, err))) break;
            chi[to] = raw->at[to].value[CHI];
            xb[to] = raw->at[to].value[XB];
        }
        ok = ok && aqi_compose_code(chi + from, xb + from, to - from, gamma, 10, chi_norm + from, xb_norm + from,
                                    aqi + from, err);
        for (size_t i = from; ok && i < to; i++)
            raw->at[i].chi_norm = chi_norm[i], raw->at[i].xb_norm = xb_norm[i], raw->at[i].aqi = aqi[i];
    }
    memory_free(room);
    return ok;
}

static bool compose(struct raw *raw, struct text variant, double share, bool given, struct error *err) {
    if (text_equal_c(variant, "code")) return compose_code(raw, given ? share : 0.5, err);
    for (size_t i = 0; i < raw->n; i++) {
        struct raw_row *r = &raw->at[i];
        bool paper = text_equal_c(variant, "paper"), chi = text_equal_c(variant, "ss-chi"),
             db = text_equal_c(variant, "db-dunn");
        if (!need(r, paper ? CHI : db ? DB : SILHOUETTE, db ? DUNN : chi ? CHI : XB, err)) return false;
        double gamma = given ? share : chi ? 0.3 : 0.5;
        r->aqi = paper  ? aqi_compose_paper(r->value[CHI], r->value[XB], gamma)
                 : chi  ? aqi_compose_ss_chi(r->value[SILHOUETTE], r->value[CHI], gamma)
                 : db   ? aqi_compose_db_dunn(r->value[DB], r->value[DUNN], gamma)
                        : aqi_compose_ss_xb(r->value[SILHOUETTE], r->value[XB], gamma);
    }
    return true;
}

/* ---- figures ---- */

struct sheet {
    struct figure *at;
    size_t n;
    const struct raw_row *row;
    const char *group;
};

static void put(struct sheet *s, const char *name, double value, const char *direction) {
    if (isnan(value)) return;
    struct figure *f = &s->at[s->n++];
    *f = figure_new(name, s->group, value, isnan(s->row->value[N]) ? 0 : (uint64_t)s->row->value[N]);
    f->unit = "index", f->direction = direction, f->scorer = "aqi-compose";
}

/* Two balanced groups: CH XB = (n - 2) / 4; how far the row is off that, as a share. */
static void put_row(struct sheet *s) {
    const struct raw_row *r = s->row;
    put(s, "aqi", r->aqi, "up");
    if (!isnan(r->aqi_said)) put(s, "aqi_off", fabs(r->aqi - r->aqi_said), "down");
    put(s, "chi_norm", r->chi_norm, "up");
    if (!isnan(r->value[CHI_NORM])) put(s, "chi_norm_off", fabs(r->chi_norm - r->value[CHI_NORM]), "down");
    put(s, "xb_norm", r->xb_norm, "none");
    if (!isnan(r->value[XB_NORM])) put(s, "xb_norm_off", fabs(r->xb_norm - r->value[XB_NORM]), "down");
    put(s, "rho", 1 / r->value[XB], "up");
    double product = r->value[CHI] * r->value[XB];
    put(s, "chi_xb", product, "none");
    put(s, "identity_off", fabs(product / ((r->value[N] - 2) / 4) - 1), "down");
}
enum { FIGURES_A_ROW = 9 };

static bool print_rows(struct arguments *args, const struct raw *raw, const char *spec, struct error *err) {
    struct sheet sheet = {.at = arena_new(args->arena, struct figure, FIGURES_A_ROW * raw->n, err)};
    if (!sheet.at) return false;
    for (size_t i = 0; i < raw->n; i++) {
        sheet.row = &raw->at[i];
        sheet.group = arena_printf(args->arena, err, "%.*s: %.*s", TEXT_ARG(raw->at[i].model),
                                   TEXT_ARG(raw->at[i].category));
        if (!sheet.group) return false;
        put_row(&sheet);
    }
    json_t *rest = json_pack("{s:s s:I}", "scorer", spec, "rows", (json_int_t)raw->n);
    return print_figures(args, args->out, sheet.at, sheet.n, rest, err);
}

/* ---- agreement ---- */

enum { SCORES = 16, MODELS = 4096 };

struct table {
    const char *name[SCORES];
    size_t n_names, n;
    double *value; /* [SCORES][MODELS] */
};

/* Columns of numbers, by the first row. */
static bool name_columns(struct table *t, const json_t *row, struct arena *arena, struct error *err) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)row, key, value) {
        double number;
        bool is = json_is_number(value) || (json_is_string(value) && text_to_f64(text_trim(json_text(value)), &number));
        if (is && t->n_names < SCORES && !(t->name[t->n_names++] = arena_copy(arena, key, strlen(key), err)))
            return false;
    }
    return t->n_names > 1 || error_set(err, ERROR_DATA, "expected two columns of numbers or more");
}

static bool read_table(struct table *t, const char *path, struct arena *arena, struct error *err) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(path, path, &kwargs, err);
    json_t *row;
    size_t line;
    int state = data ? 1 : -1;
    while (state == 1 && (state = dataset_next(data, &row, &line, err)) == 1) {
        struct json_place place = {path, line, ""};
        if (t->n == MODELS) state = error_set(err, ERROR_DATA, "%s: more than %d models", path, MODELS) - 1;
        else if (!t->n && !name_columns(t, row, arena, err)) state = -1;
        for (size_t c = 0; state == 1 && c < t->n_names; c++)
            if (!read_number(row, t->name[c], place, &t->value[c * MODELS + t->n], err)) state = -1;
        t->n += state == 1;
        json_decref(row);
    }
    dataset_close(data);
    return state == 0;
}

static bool print_agreement(struct arguments *args, const struct table *t, const char *spec, struct error *err) {
    struct figure *figures = arena_new(args->arena, struct figure, 2 * SCORES, err);
    size_t n = 0;
    if (!figures) return false;
    for (size_t c = 1; c < t->n_names; c++)
        for (int ranks = 0; ranks < 2; ranks++) {
            const double *x = t->value, *y = t->value + c * MODELS;
            struct error why = {0};
            double r = ranks ? stat_spearman(x, y, t->n, &why) : stat_pearson(x, y, t->n);
            const char *group = arena_printf(args->arena, err, "%s and %s", t->name[0], t->name[c]);
            if (why.kind != ERROR_NONE) return *err = why, false;
            if (!group) return false;
            struct figure *f = &figures[n++];
            *f = figure_new(ranks ? "spearman" : "pearson", group, r, t->n);
            f->unit = "index", f->direction = "up", f->scorer = "aqi-compose";
            if (isnan(r)) f->null_reason = "a column does not vary, or lacks a number";
        }
    return print_figures(args, args->out, figures, n, json_pack("{s:s s:I}", "scorer", spec, "rows", (json_int_t)t->n),
                         err);
}

static bool agree(struct arguments *args, const char *spec, struct error *err) {
    struct table t = {.value = memory_zeroed((size_t)SCORES * MODELS, sizeof *t.value)};
    bool ok = t.value || error_memory(err, "scores of models");
    for (size_t i = 0; ok && i < args->n_words; i++) ok = read_table(&t, args->words[i], args->arena, err);
    ok = ok && print_agreement(args, &t, spec, err);
    memory_free(t.value);
    return ok;
}

bool aqi_compose_files(struct arguments *args, const char *spec, struct error *err) {
    struct raw raw = {.arena = args->arena};
    const struct option_value *options =
        spec_parse(args->arena, text_of(spec), scorer_aqi_compose.options, scorer_aqi_compose.n_options, err);
    bool ok = options != NULL;
    if (ok && text_equal_c(options[0].text, "agreement")) return agree(args, spec, err);
    for (size_t i = 0; ok && i < args->n_words; i++) ok = read_file(&raw, args->words[i], err);
    ok = ok && compose(&raw, options[0].text, options[1].real, options[1].given, err) &&
         print_rows(args, &raw, spec, err);
    memory_free(raw.at);
    return ok;
}
