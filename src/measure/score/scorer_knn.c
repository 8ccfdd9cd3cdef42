/* Answers by nearest neighbours among labelled vectors: FILE.f32 holds rows of little-endian f32 of one width, FILE.csv
 * beside it a row each with its class. A vector is never its own neighbour (`loo` says so); where several rows show the
 * same thing, `cluster` names the column that tells, and rows of one cluster are no neighbours of each other: else
 * what is measured is how well copies are found again. */
#include "measure/score/scorer_internal.h"

#include "base/file.h"
#include "measure/dataset/dataset.h"
#include "measure/fusion/knn.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

enum { NEIGHBOURS, LOO, LABELS, LABEL, CLUSTER, N_OPTIONS };
enum { ROWS_MOST = 200000, CLASSES_MOST = 1000, WIDTH_MOST = 1 << 16 };
static const struct option_def knn_options[] = {
    {"k", OPTION_INT, "10", 1, 1000, NULL, "how many neighbours"},
    {"loo", OPTION_FLAG, NULL, 1, 0, NULL, "each row against all others; must be said, there is no other way yet"},
    {"labels", OPTION_TEXT, NULL, 1, 0, NULL, "the file of classes; default: the vectors' with .csv for .f32"},
    {"label", OPTION_TEXT, "category", 1, 0, NULL, "the column of the class"},
    {"cluster", OPTION_TEXT, NULL, 1, 0, NULL, "a column: rows with the same value are no neighbours of each other"},
};

struct vectors {
    const struct score_whole *in;
    struct arena *arena;
    struct error *err;
    const char *path, *labels;
    struct text *classes;
    uint32_t *label, *cluster;
    struct text *clusters;
    size_t n, n_classes, n_clusters;
    struct file_map map;
    struct knn knn;
};

/* ---- labels ---- */

static bool bad(const struct vectors *v, size_t line, struct text column, const char *what) {
    return error_set(v->err, ERROR_DATA, "%s:%zu: column '%.*s': %s", v->labels, line, TEXT_ARG(column), what);
}

static bool place_of(struct vectors *v, struct text name, struct text *list, size_t *n, uint32_t *out) {
    for (*out = 0; *out < *n; ++*out)
        if (text_equal(list[*out], name)) return true;
    char *copy = text_copy(v->arena, name, v->err);
    list[(*n)++] = (struct text){copy, name.len};
    return copy != NULL;
}

static bool take_row(struct vectors *v, const json_t *row, size_t line) {
    struct text label = v->in->options[LABEL].text, cluster = v->in->options[CLUSTER].text;
    struct text class = text_trim(json_text(json_object_getn(row, label.at, label.len)));
    if (v->n == ROWS_MOST) return bad(v, line, label, "more rows than can be");
    if (!class.len) return bad(v, line, label, "expected a class");
    if (v->n_classes == CLASSES_MOST) return bad(v, line, label, "more classes than can be");
    if (!place_of(v, class, v->classes, &v->n_classes, &v->label[v->n])) return false;
    if (cluster.len) {
        struct text t = text_trim(json_text(json_object_getn(row, cluster.at, cluster.len)));
        if (!t.len) return bad(v, line, cluster, "expected which cluster it is of");
        if (!place_of(v, t, v->clusters, &v->n_clusters, &v->cluster[v->n])) return false;
    }
    v->n++;
    return true;
}

static bool read_labels(struct vectors *v) {
    const struct dataset_kwargs kwargs = {.header = true};
    v->classes = arena_new(v->arena, struct text, CLASSES_MOST + 1, v->err);
    v->label = arena_new(v->arena, uint32_t, ROWS_MOST, v->err);
    v->cluster = arena_new(v->arena, uint32_t, ROWS_MOST, v->err);
    v->clusters = arena_new(v->arena, struct text, ROWS_MOST, v->err);
    if (!v->classes || !v->label || !v->cluster || !v->clusters) return false;
    struct dataset *data = dataset_open(v->labels, v->labels, &kwargs, v->err);
    bool ok = data != NULL;
    for (int state = 1; ok && state;) {
        json_t *row = NULL;
        size_t line;
        state = dataset_next(data, &row, &line, v->err);
        ok = state == 0 || (state == 1 && take_row(v, row, line));
        json_decref(row);
    }
    dataset_close(data);
    return ok && (v->n > 1 || error_set(v->err, ERROR_DATA, "%s: fewer than two rows", v->labels));
}

/* ---- vectors ---- */

static bool read_vectors(struct vectors *v) {
    size_t values = v->map.len / sizeof(float);
    if (v->map.len % sizeof(float) || values % v->n || !values || values / v->n > WIDTH_MOST)
        return error_set(v->err, ERROR_DATA, "%s: %zu bytes are no vectors of f32 for the %zu rows of %s", v->path,
                         v->map.len, v->n, v->labels);
    float *rows = arena_new(v->arena, float, values, v->err);
    if (!rows) return false;
    for (size_t i = 0; i < values; i++) {
        const unsigned char *b = v->map.at + 4 * i;
        uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&rows[i], &bits, sizeof bits);
        if (!isfinite(rows[i]))
            return error_set(v->err, ERROR_DATA, "%s: row %zu, value %zu (byte %zu): not a finite number", v->path,
                             i / (values / v->n), i % (values / v->n), 4 * i);
    }
    v->knn = (struct knn){.row = rows,
                          .n = v->n,
                          .width = values / v->n,
                          .label = v->label,
                          .cluster = v->in->options[CLUSTER].given ? v->cluster : NULL,
                          .n_classes = v->n_classes,
                          .k = (size_t)v->in->options[NEIGHBOURS].integer};
    return true;
}

/* ---- figures ---- */

struct counted {
    size_t n, right;
};

static struct figure share_of(const char *group, struct counted c, const char *method) {
    struct figure f = figure_new("accuracy", group, (double)c.right / (double)c.n, c.n);
    f.k = (int64_t)c.right, f.unit = "share", f.direction = "up", f.method = method, f.scorer = "knn";
    return f;
}

static bool answer_all(struct vectors *v, struct figure **figures, size_t *n) {
    struct knn_near *near = arena_new(v->arena, struct knn_near, v->knn.k, v->err);
    double *sums = near ? arena_new(v->arena, double, v->n_classes, v->err) : NULL;
    struct counted all = {0}, *of = sums ? arena_new(v->arena, struct counted, v->n_classes, v->err) : NULL;
    const char *method =
        arena_printf(v->arena, v->err, "k=%zu, each against all others, %zu numbers", v->knn.k, v->knn.width);
    *figures = of && method ? arena_new(v->arena, struct figure, v->n_classes + 2, v->err) : NULL;
    if (!*figures) return false;
    double confidence = 0;
    for (size_t i = 0; i < v->n; i++) {
        size_t answer;
        double share;
        knn_answer(&v->knn, i, near, sums, &answer, &share);
        bool right = answer == v->label[i];
        all.n++, all.right += right;
        of[v->label[i]].n++, of[v->label[i]].right += right;
        confidence += share / (double)v->n;
    }
    (*figures)[(*n)++] = share_of("", all, method);
    (*figures)[(*n)] = share_of("", all, method);
    (*figures)[*n].name = "confidence", (*figures)[*n].value = confidence, (*figures)[*n].k = -1;
    (*figures)[(*n)++].null_reason = isnan(confidence) ? "products of some row do not sum to more than 0" : NULL;
    for (size_t c = 0; c < v->n_classes; c++) {
        const char *group = arena_printf(v->arena, v->err, "class=%.*s", TEXT_ARG(v->classes[c]));
        if (!group) return false;
        (*figures)[(*n)++] = share_of(group, of[c], method);
    }
    return true;
}

static bool whole_knn(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                      struct error *err) {
    struct vectors v = {.in = in, .arena = arena, .err = err, .path = in->paths[0]};
    struct text path = text_of(v.path);
    *n = 0;
    if (in->n_paths != 1) return error_set(err, ERROR_USAGE, "scorer 'knn' takes one file of vectors");
    if (!in->options[LOO].flag)
        return error_set(err, ERROR_USAGE, "scorer 'knn': give loo: else each vector is its own nearest neighbour");
    if (!in->options[LABELS].given && !text_ends(path, TEXT(".f32")))
        return error_set(err, ERROR_USAGE, "scorer 'knn': %s does not end in .f32; give labels=FILE", v.path);
    v.labels = in->options[LABELS].given ? text_copy(arena, in->options[LABELS].text, err)
                                         : arena_printf(arena, err, "%.*s.csv", (int)(path.len - 4), path.at);
    if (!v.labels || !read_labels(&v) || !file_map(v.path, &v.map, err)) return false;
    bool ok = read_vectors(&v) && answer_all(&v, figures, n);
    file_unmap(&v.map);
    return ok;
}

static bool score_knn(const struct task *task, const struct option_value *options, const struct item *item,
                      const struct answer *answer, struct arena *arena, struct score *out, struct error *err) {
    (void)task, (void)options, (void)item, (void)answer, (void)arena, (void)out;
    return error_set(err, ERROR_USAGE, "scorer 'knn' reads whole files of vectors; one answer has no neighbours");
}

const struct scorer scorer_knn = {
    .name = "knn",
    .version = "1",
    .summary = "of vectors with classes: how often the nearest neighbours tell the class",
    .options = knn_options,
    .n_options = N_OPTIONS,
    .whole = whole_knn,
    .shown_by = "tests against sorting all products",
    .score = score_knn,
};
