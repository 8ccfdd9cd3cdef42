/* How well a body does what it was asked for while that changes: a trace is a table with a row a step. Each column of
 * numbers but `step` is a quantity; X_target beside X is what was asked of it. The trace falls into `blocks` of equal
 * length, one for each request; the second half of a block is when it should have settled.
 *
 *   block_mean   mean of the second half of a block
 *   tracking_mae mean |X - X_target| over the steps that are at least `settle` behind the last change of the target
 *   settling     steps until |X - X_target| stays below `band` of the targets' range for `hold` steps; of each change
 */
#include "measure/score/scorer_internal.h"

#include "measure/dataset/dataset.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { BLOCKS, SETTLE, BAND, HOLD, N_OPTIONS };
enum { COLUMNS_MOST = 64, STEPS_MOST = 1 << 22, FIGURES_MOST = 4096 };
static const struct option_def tracking_options[] = {
    {"blocks", OPTION_INT, "4", 1, 1000, NULL, "how many requests of equal length the trace has"},
    {"settle", OPTION_INT, "50", 0, 1000000, NULL, "steps behind a change that do not count"},
    {"band", OPTION_REAL, "0.1", 0, 1, NULL, "of the range of the targets: how near is near enough"},
    {"hold", OPTION_INT, "20", 1, 1000000, NULL, "steps that it must stay so near"},
};

struct column {
    struct text name;
    double *at; /* [capacity] */
};
struct trace {
    const struct score_whole *in;
    struct arena *arena;
    struct error *err;
    const char *path;
    struct column column[COLUMNS_MOST];
    size_t n_columns, n, capacity;
    struct figure *figures;
    size_t n_figures;
};

/* ---- reading ---- */

static bool bad(const struct trace *t, size_t line, const char *column, const char *what) {
    return error_set(t->err, ERROR_DATA, "%s:%zu: column '%s': %s", t->path, line, column, what);
}

static bool number(const json_t *value, double *out) {
    if (json_is_number(value))
        *out = json_number_value(value);
    else if (!json_is_string(value) || !text_to_f64(text_trim(json_text(value)), out))
        return false;
    return isfinite(*out);
}

static bool grow(struct trace *t, size_t line) {
    size_t more = t->capacity ? 2 * t->capacity : 1024;
    if (t->n < t->capacity) return true;
    if (more > STEPS_MOST) return bad(t, line, "step", "more steps than can be");
    for (size_t c = 0; c < t->n_columns; c++) {
        double *at = arena_new(t->arena, double, more, t->err);
        if (!at) return false;
        if (t->n) memcpy(at, t->column[c].at, t->n * sizeof *at);
        t->column[c].at = at;
    }
    t->capacity = more;
    return true;
}

/* The columns of the first row are those of the trace. */
static bool name_columns(struct trace *t, const json_t *row, size_t line) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)row, name, value) {
        if (strcmp(name, "step") == 0) continue;
        if (t->n_columns == COLUMNS_MOST) return bad(t, line, name, "more columns than can be");
        const char *copy = text_copy(t->arena, text_of(name), t->err);
        if (!copy) return false;
        t->column[t->n_columns++].name = text_of(copy);
    }
    return t->n_columns || error_set(t->err, ERROR_DATA, "%s:%zu: no column of numbers", t->path, line);
}

static bool take_row(struct trace *t, const json_t *row, size_t line) {
    double step;
    if (!t->n && !name_columns(t, row, line)) return false;
    if (!grow(t, line)) return false;
    const json_t *at = json_object_get(row, "step");
    if (at && (!number(at, &step) || step != (double)t->n)) return bad(t, line, "step", "expected steps 0, 1, 2, ...");
    for (size_t c = 0; c < t->n_columns; c++) {
        struct text name = t->column[c].name;
        if (!number(json_object_getn(row, name.at, name.len), &t->column[c].at[t->n]))
            return bad(t, line, name.at, "expected a finite number");
    }
    t->n++;
    return true;
}

static bool read_trace(struct trace *t) {
    const struct dataset_kwargs kwargs = {.header = true};
    struct dataset *data = dataset_open(t->path, t->path, &kwargs, t->err);
    bool ok = data != NULL;
    for (int state = 1; ok && state;) {
        json_t *row = NULL;
        size_t line;
        state = dataset_next(data, &row, &line, t->err);
        ok = state == 0 || (state == 1 && take_row(t, row, line));
        json_decref(row);
    }
    dataset_close(data);
    size_t blocks = (size_t)t->in->options[BLOCKS].integer;
    if (ok && t->n < 2 * blocks)
        ok = error_set(t->err, ERROR_DATA, "%s: %zu steps are too few for %zu blocks", t->path, t->n, blocks);
    if (ok && t->n % blocks)
        ok = error_set(t->err, ERROR_DATA, "%s: %zu steps do not fall into %zu blocks of equal length", t->path, t->n,
                       blocks);
    return ok;
}

/* ---- figures ---- */

static bool put(struct trace *t, const char *name, const char *group, double value, size_t n, const char *unit,
                const char *direction, const char *why) {
    if (!group) return false;
    if (t->n_figures == FIGURES_MOST) return error_set(t->err, ERROR_DATA, "%s: more figures than can be", t->path);
    struct figure *f = &t->figures[t->n_figures++];
    *f = figure_new(name, group, value, n);
    f->unit = unit, f->direction = direction, f->method = "mean", f->scorer = "tracking";
    if (isnan(value)) f->null_reason = why;
    return true;
}

static bool put_blocks(struct trace *t, const struct column *c) {
    size_t blocks = (size_t)t->in->options[BLOCKS].integer, length = t->n / blocks, half = length / 2;
    for (size_t b = 0; b < blocks; b++) {
        double sum = 0;
        for (size_t i = b * length + half; i < (b + 1) * length; i++) sum += c->at[i];
        const char *group = arena_printf(t->arena, t->err, "column=%.*s,block=%zu", TEXT_ARG(c->name), b + 1);
        if (!put(t, "block_mean", group, sum / (double)(length - half), length - half, "units", "none", ""))
            return false;
    }
    return true;
}

static const struct column *target_of(const struct trace *t, const struct column *c) {
    for (size_t o = 0; o < t->n_columns; o++) {
        struct text name = t->column[o].name;
        if (name.len == c->name.len + 7 && text_starts(name, c->name) && text_ends(name, TEXT("_target")))
            return &t->column[o];
    }
    return NULL;
}

/* Steps from `from` on until the error stays in the band; NaN: it never does before the target changes again. */
static double settling(const struct trace *t, const double *x, const double *wanted, size_t from, double near) {
    size_t held = 0, hold = (size_t)t->in->options[HOLD].integer;
    for (size_t i = from; i < t->n && wanted[i] == wanted[from]; i++) {
        held = fabs(x[i] - wanted[i]) < near ? held + 1 : 0;
        if (held == hold) return (double)(i + 1 - hold - from);
    }
    return NAN;
}

static bool put_tracking(struct trace *t, const struct column *c, const struct column *target) {
    double low = INFINITY, high = -INFINITY, sum = 0;
    size_t n = 0, since = 0, changes = 0, settle = (size_t)t->in->options[SETTLE].integer;
    for (size_t i = 0; i < t->n; i++) low = fmin(low, target->at[i]), high = fmax(high, target->at[i]);
    double near = t->in->options[BAND].real * (high - low);
    for (size_t i = 0; i < t->n; i++) {
        since = i && target->at[i] == target->at[i - 1] ? since + 1 : 0;
        if (since >= settle) sum += fabs(c->at[i] - target->at[i]), n++;
        if (i && since) continue;
        const char *group = arena_printf(t->arena, t->err, "column=%.*s,change=%zu", TEXT_ARG(c->name), ++changes);
        if (!put(t, "settling", group, settling(t, c->at, target->at, i, near), 1, "steps", "down",
                 "it does not stay within the band"))
            return false;
    }
    const char *group = arena_printf(t->arena, t->err, "column=%.*s", TEXT_ARG(c->name));
    return put(t, "tracking_mae", group, n ? sum / (double)n : NAN, n, "units", "down", "no step is settled");
}

static bool whole_tracking(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                           struct error *err) {
    struct trace *t = arena_new(arena, struct trace, 1, err);
    if (!t) return false;
    *t = (struct trace){.in = in,
                        .arena = arena,
                        .err = err,
                        .path = in->paths[0],
                        .figures = arena_new(arena, struct figure, FIGURES_MOST, err)};
    if (in->n_paths != 1) return error_set(err, ERROR_USAGE, "scorer 'tracking' takes one trace");
    if (!t->figures || !read_trace(t)) return false;
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *target = target_of(t, &t->column[c]);
        if (text_ends(t->column[c].name, TEXT("_target"))) continue;
        if (!put_blocks(t, &t->column[c]) || (target && !put_tracking(t, &t->column[c], target))) return false;
    }
    *figures = t->figures;
    *n = t->n_figures;
    return true;
}

static bool score_tracking(const struct task *task, const struct option_value *options, const struct item *item,
                           const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE, "scorer 'tracking' reads whole traces; one answer has no course");
}

const struct scorer scorer_tracking = {
    .name = "tracking",
    .version = "1",
    .summary = "of traces of bodies: where each quantity settles, how far it is from what was asked, and how soon",
    .options = tracking_options,
    .n_options = N_OPTIONS,
    .whole = whole_tracking,
    .shown_by = "tests of traces worked by hand",
    .score = score_tracking,
};
