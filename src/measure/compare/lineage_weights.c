/* What weights say of kinship, with both models at hand: see lineage.h. Fine-tuning moves weights little: matrices stay
 * nearly parallel; singular values of W_Q W_K^T and of W_V W_O do not change when heads are rotated within, or
 * permuted; logits of a model lie in the column space of its output matrix, whatever the layers below do. */
#include "measure/compare/lineage.h"

#include "lm/model/model.h"
#include "tensor/svd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MOST = 1024, HEAD_MOST = 256 };
#define BASIS_MOST ((size_t)1 << 26) /* values */

/* ---- one model ---- */

static bool make_basis(struct lineage_weights *w, struct error *err) {
    const struct lm_shape *s = &w->model->shape;
    const struct lm_matrix *out = s->tied ? &w->model->embedding : &w->model->output;
    size_t n = s->width, m = s->vocabulary;
    if (n > WIDTH_MOST || m < n || n * m > BASIS_MOST || !out->values) return true;
    if (!(w->basis = memory_grow(NULL, n * m, sizeof *w->basis))) return error_memory(err, "space of the logits");
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) w->basis[j * m + i] = (double)out->values[i * n + j];
    w->vocabulary = m;
    return svd_orthonormal(w->basis, m, n, &w->rank, err);
}

/* Singular values of A^T B, both [head][width]: those of R B with A^T = Q R. scratch: 2 head width. */
static bool head_spectrum(const double *a, const double *b, size_t head, size_t width, double *scratch, double *out,
                          struct error *err) {
    double *q = scratch, *columns = scratch + head * width;
    size_t rank;
    memcpy(q, a, head * width * sizeof *q); /* columns of A^T are rows of A */
    if (!svd_orthonormal(q, width, head, &rank, err)) return false;
    memset(columns, 0, head * width * sizeof *columns);
    for (size_t k = 0; k < rank; k++) /* column k of (R B)^T: sum_h (q_k . a_h) b_h */
        for (size_t h = 0; h < head; h++) {
            double along = 0;
            for (size_t i = 0; i < width; i++) along += q[k * width + i] * a[h * width + i];
            for (size_t i = 0; i < width; i++) columns[k * width + i] += along * b[h * width + i];
        }
    return svd_jacobi(columns, width, head, out, NULL, err);
}

/* Rows [from, from + head) of a matrix [n][width], or, across, its columns: as [head][width]. */
static void take_head(const struct lm_matrix *w, size_t from, size_t head, size_t width, bool across, double *out) {
    for (size_t h = 0; h < head; h++)
        for (size_t i = 0; i < width; i++)
            out[h * width + i] = (double)(across ? w->values[i * w->k + from + h] : w->values[(from + h) * w->k + i]);
}

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

static bool layer_spectra(const struct lm_model *m, const struct lm_layer *l, double *room, double *out,
                          struct error *err) {
    const struct lm_shape *s = &m->shape;
    size_t head = s->head_size, width = s->width, group = s->heads / s->kv_heads, n = s->heads * head;
    double *a = room, *b = a + head * width, *scratch = b + head * width;
    for (size_t h = 0; h < s->heads; h++) {
        take_head(&l->q, h * head, head, width, false, a);
        take_head(&l->k, h / group * head, head, width, false, b);
        if (!head_spectrum(a, b, head, width, scratch, out + h * head, err)) return false;
        take_head(&l->o, h * head, head, width, true, a);
        take_head(&l->v, h / group * head, head, width, false, b);
        if (!head_spectrum(a, b, head, width, scratch, out + n + h * head, err)) return false;
    }
    for (int kind = 0; kind < 2; kind++) { /* heads may be permuted: all values of a layer together */
        double *values = out + (size_t)kind * n;
        qsort(values, n, sizeof *values, falling);
        for (size_t i = 0; i < n; i++) values[i] = log(values[i] + 1e-12);
    }
    return true;
}

static bool make_spectra(struct lineage_weights *w, struct error *err) {
    const struct lm_shape *s = &w->model->shape;
    bool fits = s->width <= WIDTH_MOST && s->head_size <= HEAD_MOST && s->head_size <= s->width && s->kv_heads &&
                s->heads % s->kv_heads == 0;
    for (size_t i = 0; fits && i < s->layers; i++)
        fits = w->model->layers[i].q.values && w->model->layers[i].k.values && w->model->layers[i].v.values &&
               w->model->layers[i].o.values;
    if (!fits) return true;
    w->per_layer = 2 * s->heads * s->head_size;
    w->n_spectra = s->layers * w->per_layer;
    double *room = memory_grow(NULL, 4 * s->head_size * s->width + 1, sizeof *room);
    bool ok = room && (w->spectra = memory_grow(NULL, w->n_spectra + 1, sizeof *w->spectra));
    if (!ok) error_memory(err, "singular values");
    for (size_t i = 0; ok && i < s->layers; i++)
        ok = layer_spectra(w->model, &w->model->layers[i], room, w->spectra + i * w->per_layer, err);
    memory_free(room);
    return ok;
}

bool lineage_weights_of(struct lm_model *model, struct lineage_weights *out, struct error *err) {
    *out = (struct lineage_weights){.model = model};
    return make_basis(out, err) && make_spectra(out, err);
}

bool lineage_weights_open(const char *spec, struct lm_builtins builtins, struct lineage_weights *out, bool *there,
                          struct error *err) {
    static const char *const others[] = {"openai:", "replay:", "script:", "batch:"};
    struct lm_load_options options = {.no_packing = true, .keep_values = true, .builtins = builtins};
    *out = (struct lineage_weights){0};
    *there = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(spec, others[i], strlen(others[i])) == 0) return true;
    struct lm_model *model = lm_model_load(spec, &options, err);
    return *there = model && lineage_weights_of(model, out, err);
}

void lineage_weights_close(struct lineage_weights *w) {
    lm_model_free(w->model);
    memory_free(w->basis);
    memory_free(w->spectra);
    *w = (struct lineage_weights){0};
}

/* ---- two models ---- */

struct by_text {
    struct text text;
    int32_t id;
};

static int by_token(const void *a, const void *b) {
    const struct by_text *x = a, *y = b;
    int order = text_compare(x->text, y->text);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static struct by_text *sorted_tokens(const struct tokenizer *t, size_t n, struct error *err) {
    struct by_text *all = memory_grow(NULL, n + 1, sizeof *all);
    if (!all) return error_memory(err, "vocabulary"), NULL;
    for (size_t i = 0; i < n; i++) all[i] = (struct by_text){tokenizer_token(t, (int32_t)i), (int32_t)i};
    qsort(all, n, sizeof *all, by_token);
    return all;
}

static bool compare_tokens(const struct tokenizer *a, const struct tokenizer *b, double *jaccard, struct error *err) {
    size_t na = tokenizer_vocabulary(a), nb = tokenizer_vocabulary(b), both = 0;
    struct by_text *x = sorted_tokens(a, na, err), *y = x ? sorted_tokens(b, nb, err) : NULL;
    for (size_t i = 0, k = 0; y && i < na && k < nb;) {
        int order = text_compare(x[i].text, y[k].text);
        both += order == 0;
        i += order <= 0;
        k += order >= 0;
    }
    *jaccard = (double)both / (double)(na + nb - both);
    bool ok = y != NULL;
    memory_free(x);
    memory_free(y);
    return ok;
}

struct cosines {
    double sum;
    size_t n;
};

static void add_cosine(struct cosines *c, const struct lm_matrix *a, const struct lm_matrix *b) {
    double xy = 0, xx = 0, yy = 0;
    if (!a->values || !b->values || a->n != b->n || a->k != b->k || a->n * a->k == 0) return;
    for (size_t i = 0; i < a->n * a->k; i++) {
        double x = (double)a->values[i], y = (double)b->values[i];
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    if (!(xx > 0 && yy > 0)) return;
    c->sum += xy / sqrt(xx * yy);
    c->n++;
}

static double compare_matrices(const struct lm_model *a, const struct lm_model *b) {
    struct cosines c = {0, 0};
    add_cosine(&c, &a->embedding, &b->embedding);
    if (!a->shape.tied && !b->shape.tied) add_cosine(&c, &a->output, &b->output);
    for (size_t i = 0; i < a->shape.layers && i < b->shape.layers; i++) {
        const struct lm_layer *x = &a->layers[i], *y = &b->layers[i];
        const struct lm_matrix *const pairs[][2] = {{&x->q, &y->q},      {&x->k, &y->k},   {&x->v, &y->v},
                                                    {&x->o, &y->o},      {&x->up, &y->up}, {&x->gate, &y->gate},
                                                    {&x->down, &y->down}};
        for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) add_cosine(&c, pairs[p][0], pairs[p][1]);
    }
    return c.n ? c.sum / (double)c.n : NAN;
}

static double correlation(const double *x, const double *y, size_t n) {
    double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) mx += x[i] / (double)n, my += y[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static bool compare_logits(const struct lineage_weights *a, const struct lineage_weights *b, double *out,
                           struct error *err) {
    size_t n = a->rank < b->rank ? a->rank : b->rank;
    double *cosine = memory_grow(NULL, n + 1, sizeof *cosine), sum = 0;
    bool ok = cosine || error_memory(err, "angles of subspaces");
    ok = ok && svd_principal_cosines(a->basis, a->rank, b->basis, b->rank, a->vocabulary, cosine, err);
    for (size_t i = 0; ok && i < n; i++) sum += cosine[i] * cosine[i];
    if (ok) *out = sum / (double)n;
    memory_free(cosine);
    return ok;
}

bool lineage_weights_compare(const struct lineage_weights *a, const struct lineage_weights *b,
                             double feature[LINEAGE_FEATURES], struct error *err) {
    if (a->model->tokenizer && b->model->tokenizer &&
        !compare_tokens(a->model->tokenizer, b->model->tokenizer, &feature[LINEAGE_TOKENS], err))
        return false;
    feature[LINEAGE_WEIGHTS] = compare_matrices(a->model, b->model);
    if (a->spectra && b->spectra && a->n_spectra == b->n_spectra && a->per_layer == b->per_layer)
        feature[LINEAGE_SPECTRA] = correlation(a->spectra, b->spectra, a->n_spectra);
    bool logits = a->basis && b->basis && a->vocabulary == b->vocabulary && a->rank && b->rank;
    return !logits || compare_logits(a, b, &feature[LINEAGE_LOGITS], err);
}
