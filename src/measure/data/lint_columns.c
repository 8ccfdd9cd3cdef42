/* Rules of data lint that look at columns: values that were shifted, columns that are the same, averages. */
#include "measure/data/lint_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- columns by name ---- */

struct columns {
    const char *name[LINT_COLUMNS_MOST];
    size_t n;
};

/* Those of the first row; what only some rows have is no column here. */
static void columns_of(const struct lint_set *set, struct columns *c) {
    const char *key;
    json_t *value;
    c->n = 0;
    if (set->n == 0 || !json_is_object(set->rows[0].row)) return;
    json_object_foreach(set->rows[0].row, key, value) if (c->n < LINT_COLUMNS_MOST && strncmp(key, "__", 2) != 0)
        c->name[c->n++] = key;
}

static bool number_of(const json_t *value, double *out) {
    if (json_is_number(value)) return *out = json_number_value(value), true;
    struct text t = text_trim(json_text(value));
    if (t.len && t.at[t.len - 1] == '%') t.len--;
    return t.len && text_to_f64(t, out) && isfinite(*out);
}

/* ---- shifted ---- */

/* What a value looks like. */
enum look { LOOK_EMPTY, LOOK_NUMBER, LOOK_LETTER, LOOK_WORD, LOOK_TEXT, LOOK_LIST, LOOKS };
static const char *const look_names[] = {"empty", "a number", "a letter", "a word", "a text", "a list"};

static enum look look_of(const json_t *value) {
    double x;
    if (!value || json_is_null(value)) return LOOK_EMPTY;
    if (json_is_array(value) || json_is_object(value)) return LOOK_LIST;
    if (json_is_boolean(value)) return LOOK_WORD;
    if (number_of(value, &x)) return LOOK_NUMBER;
    struct text t = text_trim(json_text(value));
    if (t.len == 0) return LOOK_EMPTY;
    if (t.len == 1) return LOOK_LETTER;
    return memchr(t.at, ' ', t.len) || t.len > 24 ? LOOK_TEXT : LOOK_WORD;
}

struct looks {
    enum look usual[LINT_COLUMNS_MOST];
    bool firm[LINT_COLUMNS_MOST]; /* nearly all rows look so */
};

static void usual_looks(const struct lint_set *set, const struct columns *c, struct looks *out) {
    for (size_t k = 0; k < c->n; k++) {
        size_t count[LOOKS] = {0}, best = 0;
        for (size_t i = 0; i < set->n; i++) count[look_of(json_object_get(set->rows[i].row, c->name[k]))]++;
        for (size_t l = 1; l < LOOKS; l++)
            if (count[l] > count[best]) best = l;
        out->usual[k] = (enum look)best;
        out->firm[k] = 10 * count[best] >= 9 * set->n && best != LOOK_EMPTY;
    }
}

/* Columns of a row that do not look as usual, and how many do once all values move by one column. */
static bool is_shifted(const struct lint_row *row, const struct columns *c, const struct looks *looks, int by,
                       size_t *wrong) {
    size_t mends = 0;
    *wrong = 0;
    for (size_t k = 0; k < c->n; k++) {
        if (!looks->firm[k]) continue;
        enum look here = look_of(json_object_get(row->row, c->name[k]));
        size_t from = (k + c->n + (size_t)by) % c->n; /* what falls out at one end may have come in at the other */
        if (here == looks->usual[k]) continue;
        ++*wrong;
        mends += look_of(json_object_get(row->row, c->name[from])) == looks->usual[k];
    }
    return mends >= 2 && mends + 1 >= *wrong;
}

static bool check_shift(struct lint *lint, const struct lint_set *set, const struct lint_row *row,
                        const struct columns *c, const struct looks *looks, struct error *err) {
    size_t wrong;
    for (int by = -1; by <= 1; by += 2) {
        if (!is_shifted(row, c, looks, by, &wrong)) continue;
        size_t k = 0;
        while (!looks->firm[k] || look_of(json_object_get(row->row, c->name[k])) == looks->usual[k]) k++;
        return lint_tell(lint, FINDING_ERROR, set, row, err,
                         "%zu columns look as if shifted to the %s: '%s' is %s where it is %s in other rows", wrong,
                         by > 0 ? "right" : "left", c->name[k],
                         look_names[look_of(json_object_get(row->row, c->name[k]))], look_names[looks->usual[k]]);
    }
    return true;
}

bool lint_shifted_columns(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        struct columns c;
        struct looks looks;
        columns_of(set, &c);
        if (set->n < 10 || c.n < 2) continue;
        usual_looks(set, &c, &looks);
        for (size_t i = 0; i < set->n; i++)
            if (!check_shift(lint, set, &set->rows[i], &c, &looks, err)) return false;
    }
    return true;
}

/* ---- the same twice ---- */

static bool same_column(const struct lint_set *set, const char *a, const char *b) {
    bool varies = false;
    for (size_t i = 0; i < set->n; i++) {
        const json_t *x = json_object_get(set->rows[i].row, a), *y = json_object_get(set->rows[i].row, b);
        if (!x || !y || !json_equal((json_t *)x, (json_t *)y)) return false;
        varies = varies || !json_equal((json_t *)x, json_object_get(set->rows[0].row, a));
    }
    return varies;
}

bool lint_duplicate_columns(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        const struct lint_set *set = &lint->sets[s];
        struct columns c;
        columns_of(set, &c);
        for (size_t a = 0; set->n >= 3 && a < c.n; a++)
            for (size_t b = a + 1; b < c.n; b++)
                if (same_column(set, c.name[a], c.name[b]) &&
                    !lint_tell(lint, FINDING_WARNING, set, NULL, err,
                               "columns '%s' and '%s' are the same in all %zu rows", c.name[a], c.name[b], set->n))
                    return false;
    }
    return true;
}

/* ---- averages ---- */

static bool names_average(const char *name) {
    static const char *const words[] = {"avg", "average", "mean", "overall"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncasecmp(name, words[i], strlen(words[i])) == 0) return true;
    return false;
}

/* The mean of the other columns of numbers of a row; NaN: fewer than two. */
static double mean_of_others(const struct lint_row *row, const struct columns *c, size_t average) {
    double sum = 0, n = 0, x;
    for (size_t k = 0; k < c->n; k++)
        if (k != average && !names_average(c->name[k]) && number_of(json_object_get(row->row, c->name[k]), &x))
            sum += x, n++;
    return n >= 2 ? sum / n : NAN;
}

/* Half a unit of the last digit that is printed, and what rounding of the parts adds. */
static double rounding_of(const json_t *value) {
    struct text t = text_trim(json_text(value));
    size_t point = text_find(t, TEXT("."), 0), digits = 0;
    if (json_is_number(value)) return 6e-4;
    for (size_t i = point == SIZE_MAX ? t.len : point + 1; i < t.len && isdigit((unsigned char)t.at[i]); i++) digits++;
    return 6 * pow(10, -(double)digits);
}

/* Rows whose average is that of the row; told: those of which it is not, where most are. */
static bool check_average(struct lint *lint, const struct lint_set *set, const struct columns *c, size_t k,
                          struct error *err) {
    size_t fit = 0, n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < set->n; i++) {
            const json_t *value = json_object_get(set->rows[i].row, c->name[k]);
            double mean = mean_of_others(&set->rows[i], c, k), stated;
            if (isnan(mean) || !number_of(value, &stated)) continue;
            bool fits = fabs(mean - stated) <= rounding_of(value);
            if (pass == 0) n++, fit += fits;
            if (pass == 1 && !fits &&
                !lint_tell(lint, FINDING_ERROR, set, &set->rows[i], err,
                           "'%s' is %.6g, the mean of the other columns %.6g", c->name[k], stated, mean))
                return false;
            if (pass == 0 && i + 1 == set->n && 2 * fit < n) return true; /* it is the average of something else */
        }
    return n == 0 || lint_tell(lint, FINDING_NOTE, set, NULL, err,
                               "'%s' is the mean of the other columns in %zu of %zu rows", c->name[k], fit, n);
}

bool lint_average(struct lint *lint, struct error *err) {
    for (size_t s = 0; s < lint->n_sets; s++) {
        struct columns c;
        columns_of(&lint->sets[s], &c);
        for (size_t k = 0; k < c.n; k++)
            if (names_average(c.name[k]) && !check_average(lint, &lint->sets[s], &c, k, err)) return false;
    }
    return true;
}
