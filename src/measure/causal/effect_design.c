/* From columns of a table to what estimators see: which covariates are meant, which rows are whole, categories as one
 * column a label, numbers standardised. */
#include "measure/causal/effect_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One covariate as it was asked for. */
struct term {
    const struct effect_column *column;
    bool category, square;
};
struct design {
    const struct effect_table *table;
    const struct effect_column *treatment, *outcome, *pair, *cluster, *role[EFFECT_ROLES];
    struct term term[EFFECT_COLUMNS_MOST];
    size_t n_terms;
    size_t *row; /* the rows that are whole */
    size_t n;
    struct arena *arena;
    struct error *err;
};

/* ---- which columns ---- */

static bool fits(struct text pattern, const char *name) {
    size_t star = text_find(pattern, TEXT("*"), 0);
    struct text t = text_of(name);
    if (star == SIZE_MAX) return text_equal(pattern, t);
    struct text tail = text_part(pattern, star + 1, pattern.len);
    return t.len + 1 >= pattern.len && text_starts(t, text_part(pattern, 0, star)) && text_ends(t, tail);
}

/* Columns that have another part in the question never fit a pattern. */
static bool is_taken(const struct design *d, const struct effect_column *c) {
    for (size_t i = 0; i < EFFECT_ROLES; i++)
        if (c == d->role[i]) return true;
    return c == d->treatment || c == d->outcome || c == d->pair || c == d->cluster;
}

static bool add_term(struct design *d, struct term term) {
    for (size_t i = 0; i < d->n_terms; i++)
        if (d->term[i].column == term.column && d->term[i].square == term.square) return true;
    if (is_taken(d, term.column))
        return error_set(d->err, ERROR_USAGE, "--covariates: '%s' has another part in this question",
                         term.column->name);
    if (term.square && term.column->label)
        return error_set(d->err, ERROR_USAGE, "--covariates: '%s' is a category and has no square", term.column->name);
    if (d->n_terms == EFFECT_COLUMNS_MOST)
        return error_set(d->err, ERROR_USAGE, "--covariates: more than %d columns", EFFECT_COLUMNS_MOST);
    d->term[d->n_terms++] = term;
    return true;
}

static bool add_pattern(struct design *d, struct text pattern, bool category) {
    size_t before = d->n_terms;
    for (size_t c = 0; c < d->table->n_columns; c++) {
        const struct effect_column *column = &d->table->column[c];
        if (fits(pattern, column->name) && !is_taken(d, column) &&
            !add_term(d, (struct term){.column = column, .category = category || column->label}))
            return false;
    }
    return d->n_terms > before ||
           error_set(d->err, ERROR_USAGE, "--covariates: no column fits '%.*s'", TEXT_ARG(pattern));
}

static bool add_covariate(struct design *d, struct text name) {
    size_t colon = text_find(name, TEXT(":"), 0);
    struct text how = colon == SIZE_MAX ? TEXT("") : text_part(name, colon + 1, name.len);
    struct text bare = colon == SIZE_MAX ? name : text_part(name, 0, colon);
    bool square = text_equal_c(how, "square"), category = text_equal_c(how, "category");
    if (how.len && !square && !category)
        return error_set(d->err, ERROR_USAGE, "--covariates: '%.*s': expected NAME, NAME:square or NAME:category",
                         TEXT_ARG(name));
    if (text_find(bare, TEXT("*"), 0) != SIZE_MAX && !square) return add_pattern(d, bare, category);
    const struct effect_column *column = effect_table_column(d->table, bare, d->err);
    if (!column) return false;
    return (!square || add_term(d, (struct term){.column = column, .category = column->label != NULL})) &&
           add_term(d, (struct term){.column = column, .category = category || column->label, .square = square});
}

static bool find_covariates(struct design *d, const char *covariates) {
    struct text rest = text_of(covariates), name;
    while (covariates && text_next(&rest, ',', &name))
        if (text_trim(name).len && !add_covariate(d, text_trim(name))) return false;
    return true;
}

static bool find_outcome(struct design *d, const char *outcome) {
    struct text rest = text_of(outcome), first, second;
    if (!text_next(&rest, ',', &first)) return error_set(d->err, ERROR_USAGE, "--outcome: expected a column");
    if (!(d->outcome = effect_table_column(d->table, text_trim(first), d->err))) return false;
    return !text_next(&rest, ',', &second) ||
           (d->pair = effect_table_column(d->table, text_trim(second), d->err)) != NULL;
}

static bool find_roles(struct design *d, const struct estimator *e, const struct option_value *options) {
    for (size_t r = 0; e->roles && e->roles[r]; r++)
        for (size_t i = 0; i < e->n_options; i++)
            if (strcmp(e->options[i].name, e->roles[r]) == 0 && options[i].text.len &&
                !(d->role[r] = effect_table_column(d->table, options[i].text, d->err)))
                return false;
    return true;
}

/* A column is no effect of itself. */
static bool check_parts(const struct design *d) {
    if (d->treatment == d->outcome || d->treatment == d->pair)
        return error_set(d->err, ERROR_USAGE, "'%s' is the treatment and the outcome; expected two columns",
                         d->treatment->name);
    for (size_t r = 0; r < EFFECT_ROLES; r++)
        if (d->role[r] && (d->role[r] == d->outcome || d->role[r] == d->pair))
            return error_set(d->err, ERROR_USAGE, "'%s' is the outcome, and can have no other part",
                             d->role[r]->name);
    return true;
}

/* ---- which rows ---- */

static bool lacks(const struct effect_column *c, size_t row) {
    return c && isnan(c->x[row]);
}

static const struct effect_column *missing_in(const struct design *d, size_t row) {
    if (lacks(d->treatment, row)) return d->treatment;
    if (lacks(d->outcome, row)) return d->outcome;
    if (lacks(d->pair, row)) return d->pair;
    if (lacks(d->cluster, row)) return d->cluster;
    for (size_t i = 0; i < EFFECT_ROLES; i++)
        if (lacks(d->role[i], row)) return d->role[i];
    for (size_t i = 0; i < d->n_terms; i++)
        if (lacks(d->term[i].column, row)) return d->term[i].column;
    return NULL;
}

static bool whole_rows(struct design *d, struct effect_result *result) {
    size_t *missing = arena_new(d->arena, size_t, d->table->n_columns, d->err), most = 0;
    d->row = arena_new(d->arena, size_t, d->table->rows, d->err);
    if (!missing || !d->row) return false;
    for (size_t r = 0; r < d->table->rows; r++) {
        const struct effect_column *c = missing_in(d, r);
        if (!c)
            d->row[d->n++] = r;
        else if (++missing[c - d->table->column] > most)
            most = missing[c - d->table->column], result->missing = c->name;
    }
    result->rows = d->n;
    result->left_out = d->table->rows - d->n;
    return d->n > 1 || error_set(d->err, ERROR_DATA, "%s: %zu rows without missing values (most lack '%s')",
                                 d->table->name, d->n, result->missing);
}

/* Estimators sum squares, of squares where a term is one: those sums must be finite. */
static bool check_sizes(const struct design *d, const struct effect_column *c) {
    for (size_t i = 0; c && !c->label && i < d->n; i++) {
        double x = c->x[d->row[i]];
        if (!isfinite(x * x * x * x * (double)d->n))
            return error_set(d->err, ERROR_DATA,
                             "%s:%zu: column '%s': %g is too large: sums of its powers are no finite numbers",
                             d->table->name, d->table->line[d->row[i]], c->name, x);
    }
    return true;
}

static bool all_sizes(const struct design *d) {
    bool ok = check_sizes(d, d->treatment) && check_sizes(d, d->outcome) && check_sizes(d, d->pair);
    for (size_t i = 0; ok && i < EFFECT_ROLES; i++) ok = check_sizes(d, d->role[i]);
    for (size_t i = 0; ok && i < d->n_terms; i++) ok = check_sizes(d, d->term[i].column);
    return ok;
}

/* ---- values ---- */

static double *values_of(struct design *d, const struct effect_column *c) {
    double *out = arena_new(d->arena, double, d->n, d->err);
    for (size_t i = 0; out && i < d->n; i++) out[i] = c->x[d->row[i]];
    return out;
}

static const char *shown_value(struct design *d, const struct effect_column *c, double x) {
    char number[32];
    if (c->label) return text_copy(d->arena, c->label[(size_t)x], d->err);
    text_from_f64(x, number);
    return arena_printf(d->arena, d->err, "%s", number);
}

/* Words that say by themselves which of two values is the treatment. */
static bool says_treated(const char *label) {
    static const char *const words[] = {"yes", "true", "treated", "treatment", "y", "t"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(label, words[i]) == 0) return true;
    return false;
}

/* Which of both values is the treatment, as 1. */
static bool which_treated(struct design *d, struct effect_problem *p, const char *treated) {
    bool high = true;
    if (treated) {
        high = strcmp(treated, p->high) == 0;
        if (!high && strcmp(treated, p->low) != 0)
            return error_set(d->err, ERROR_USAGE, "%s: treatment '%s' is '%s' or '%s', never '%s'", d->table->name,
                             d->treatment->name, p->low, p->high, treated);
    } else if (d->treatment->label) {
        high = says_treated(p->high);
        if (high == says_treated(p->low))
            return error_set(d->err, ERROR_USAGE,
                             "%s: '%s' is '%s' or '%s': say which of them is the treatment, as --treatment %s=%s",
                             d->table->name, d->treatment->name, p->low, p->high, d->treatment->name, p->low);
    }
    if (high) return true;
    const char *low = p->low;
    p->low = p->high, p->high = low;
    for (size_t i = 0; i < d->n; i++) p->t[i] = 1 - p->t[i];
    return true;
}

/* Two values become 0 and 1. */
static bool take_treatment(struct design *d, struct effect_problem *p, const char *treated) {
    double low = INFINITY, high = -INFINITY;
    if (!(p->t = values_of(d, d->treatment))) return false;
    for (size_t i = 0; i < d->n; i++) low = fmin(low, p->t[i]), high = fmax(high, p->t[i]);
    if (low == high)
        return error_set(d->err, ERROR_DATA, "%s: treatment '%s' is %s in all %zu rows; nothing can be compared",
                         d->table->name, d->treatment->name, shown_value(d, d->treatment, low), d->n);
    p->binary = true;
    for (size_t i = 0; i < d->n; i++) p->binary &= p->t[i] == low || p->t[i] == high;
    if (d->treatment->label && !p->binary)
        return error_set(d->err, ERROR_DATA, "%s: treatment '%s' is a category of %zu labels; expected two values",
                         d->table->name, d->treatment->name, d->treatment->n_labels);
    for (size_t i = 0; p->binary && i < d->n; i++) p->t[i] = p->t[i] == high;
    p->low = shown_value(d, d->treatment, low);
    if (!p->low || !(p->high = shown_value(d, d->treatment, high))) return false;
    return p->binary
               ? which_treated(d, p, treated)
               : !treated || error_set(d->err, ERROR_USAGE,
                                       "%s: treatment '%s' has more than two values; none of them is the treated one",
                                       d->table->name, d->treatment->name);
}

static bool take_outcome(struct design *d, struct effect_problem *p) {
    const struct effect_column *both[] = {d->outcome, d->pair};
    for (size_t i = 0; i < 2; i++)
        if (both[i] && both[i]->label && both[i]->n_labels > 2)
            return error_set(d->err, ERROR_DATA, "%s: outcome '%s' is a category of %zu labels; expected numbers",
                             d->table->name, both[i]->name, both[i]->n_labels);
    if (!(p->y = values_of(d, d->outcome))) return false;
    if (!d->pair) return true;
    if (!(p->y0 = values_of(d, d->outcome)) || !(p->y1 = values_of(d, d->pair))) return false;
    if (!p->binary)
        return error_set(d->err, ERROR_DATA, "%s: both potential outcomes of '%s', which has more than two values",
                         d->table->name, d->treatment->name);
    for (size_t i = 0; i < d->n; i++) p->y[i] = p->t[i] == 1 ? p->y1[i] : p->y0[i];
    return true;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The values of a term that occur, in their order: its columns where it is a category. */
static bool levels_of(struct design *d, const struct term *term, double *levels, size_t *n) {
    double *sorted = values_of(d, term->column);
    if (!sorted) return false;
    qsort(sorted, d->n, sizeof *sorted, by_value);
    *n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (i && sorted[i] == sorted[i - 1]) continue;
        if (*n == EFFECT_LEVELS_MOST)
            return error_set(d->err, ERROR_DATA, "%s: '%s' is a category of more than %d values; %s", d->table->name,
                             term->column->name, EFFECT_LEVELS_MOST, "leave it out, or give it fewer");
        levels[(*n)++] = sorted[i];
    }
    return true;
}

static double term_value(const struct design *d, const struct term *term, size_t i) {
    double x = term->column->x[d->row[i]];
    return term->square ? x * x : x;
}

static void put_number(const struct design *d, const struct term *term, struct effect_problem *p, size_t j) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < d->n; i++) mean += term_value(d, term, i);
    mean /= (double)d->n;
    for (size_t i = 0; i < d->n; i++) square += pow(term_value(d, term, i) - mean, 2);
    double sd = sqrt(square / (double)d->n);
    for (size_t i = 0; i < d->n; i++) p->x[i * p->p + j] = sd > 0 ? (term_value(d, term, i) - mean) / sd : 0;
}

static bool count_columns(struct design *d, double *levels, size_t *counts, size_t *p) {
    *p = 1;
    for (size_t k = 0; k < d->n_terms; k++) {
        counts[k] = 1;
        if (d->term[k].category && !levels_of(d, &d->term[k], levels + k * EFFECT_LEVELS_MOST, &counts[k]))
            return false;
        *p += counts[k];
    }
    return *p <= EFFECT_COLUMNS_MOST || error_set(d->err, ERROR_DATA, "%s: the covariates make %zu columns; at most %d",
                                                  d->table->name, *p, EFFECT_COLUMNS_MOST);
}

static bool put_term(struct design *d, const struct term *term, const double *levels, size_t count,
                     struct effect_problem *p, size_t j) {
    if (!term->category) {
        put_number(d, term, p, j);
        p->x_name[j] = arena_printf(d->arena, d->err, "%s%s", term->column->name, term->square ? ":square" : "");
        return p->x_name[j] != NULL;
    }
    for (size_t c = 0; c < count; c++) {
        const char *value = shown_value(d, term->column, levels[c]);
        if (!value || !(p->x_name[j + c] = arena_printf(d->arena, d->err, "%s=%s", term->column->name, value)))
            return false;
        for (size_t i = 0; i < d->n; i++) p->x[i * p->p + j + c] = term->column->x[d->row[i]] == levels[c];
    }
    return true;
}

static bool take_covariates(struct design *d, struct effect_problem *p) {
    double *levels = arena_new(d->arena, double, (d->n_terms + 1) * EFFECT_LEVELS_MOST, d->err);
    size_t *counts = arena_new(d->arena, size_t, d->n_terms + 1, d->err), j = 1;
    if (!levels || !counts || !count_columns(d, levels, counts, &p->p)) return false;
    p->x = arena_new(d->arena, double, d->n * p->p, d->err);
    p->x_name = arena_new(d->arena, const char *, p->p, d->err);
    if (!p->x || !p->x_name) return false;
    for (size_t i = 0; i < d->n; i++) p->x[i * p->p] = 1;
    p->x_name[0] = "1";
    for (size_t k = 0; k < d->n_terms; j += counts[k++])
        if (!put_term(d, &d->term[k], levels + k * EFFECT_LEVELS_MOST, counts[k], p, j)) return false;
    return true;
}

/* Clusters by their first row. */
struct place {
    double value;
    size_t row;
};
static int by_place(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool take_clusters(struct design *d, struct effect_problem *p) {
    struct place *place = arena_new(d->arena, struct place, d->n, d->err);
    p->cluster = arena_new(d->arena, uint32_t, d->n, d->err);
    if (!place || !p->cluster) return false;
    if (d->cluster->label && d->cluster->n_labels > EFFECT_LEVELS_MOST)
        return error_set(d->err, ERROR_DATA, "%s: clusters '%s' have more than %d names; give them numbers",
                         d->table->name, d->cluster->name, EFFECT_LEVELS_MOST);
    for (size_t i = 0; i < d->n; i++) place[i] = (struct place){d->cluster->x[d->row[i]], i};
    qsort(place, d->n, sizeof *place, by_place);
    for (size_t i = 0; i < d->n; i++) {
        if (i && place[i].value != place[i - 1].value) p->n_clusters++;
        p->cluster[place[i].row] = (uint32_t)p->n_clusters;
    }
    p->n_clusters++;
    return p->n_clusters > 1 ||
           error_set(d->err, ERROR_DATA, "%s: one cluster '%s' only", d->table->name, d->cluster->name);
}

static bool take_roles(struct design *d, struct effect_problem *p) {
    size_t *line = arena_new(d->arena, size_t, d->n, d->err);
    if (!line) return false;
    for (size_t i = 0; i < d->n; i++) line[i] = d->table->line[d->row[i]];
    p->line = line;
    for (size_t r = 0; r < EFFECT_ROLES; r++) {
        if (!d->role[r]) continue;
        double *x = values_of(d, d->role[r]);
        if (!x) return false;
        p->role[r] = (struct effect_role){d->role[r]->name, x, d->role[r]->label ? d->role[r]->n_labels : 0};
        if (d->role[r]->n_labels > EFFECT_LEVELS_MOST)
            return error_set(d->err, ERROR_DATA, "%s: '%s' is a category of more than %d labels", d->table->name,
                             d->role[r]->name, EFFECT_LEVELS_MOST);
    }
    return true;
}

static bool check_needs(const struct effect_problem *p, const struct design *d) {
    const struct estimator *e = p->estimator;
    if ((e->needs & EFFECT_BINARY) && !p->binary)
        return error_set(d->err, ERROR_DATA, "%s: treatment '%s' has more than two values; '%s' needs two",
                         d->table->name, d->treatment->name, e->name);
    if ((e->needs & EFFECT_COVARIATES) && p->p == 1)
        return error_set(d->err, ERROR_USAGE, "'%s' needs --covariates, or a --graph that gives them", e->name);
    if ((e->needs & EFFECT_PAIR) && !p->y0)
        return error_set(d->err, ERROR_USAGE, "'%s' needs both potential outcomes: --outcome Y0,Y1", e->name);
    return d->n > p->p ||
           error_set(d->err, ERROR_DATA, "%s: %zu rows for %zu columns of covariates", d->table->name, d->n, p->p);
}

bool effect_design(const struct effect_table *table, const struct effect_settings *settings, const char *covariates,
                   const struct estimator *estimator, const struct option_value *options, struct arena *arena,
                   struct effect_problem *out, struct effect_result *result, struct error *err) {
    struct design *d = arena_new(arena, struct design, 1, err);
    if (!d) return false;
    *d = (struct design){.table = table, .arena = arena, .err = err};
    *out = (struct effect_problem){
        .estimator = estimator, .options = options, .table = table->name, .seed = settings->seed};
    if (!(d->treatment = effect_table_column(table, text_of(settings->treatment), err)) ||
        !find_outcome(d, settings->outcome) ||
        (settings->cluster && !(d->cluster = effect_table_column(table, text_of(settings->cluster), err))) ||
        !find_roles(d, estimator, options) || !check_parts(d) || !find_covariates(d, covariates) ||
        !whole_rows(d, result) || !all_sizes(d))
        return false;
    out->n = d->n;
    return take_treatment(d, out, settings->treated) && take_outcome(d, out) && take_covariates(d, out) &&
           take_roles(d, out) && (!d->cluster || take_clusters(d, out)) && check_needs(out, d);
}
