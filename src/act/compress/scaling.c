/* AWQ's factors where they meet a model: what they are judged by, and what they are folded into. See
 * compress_internal.h. */
#include "act/compress/compress_internal.h"

#include "base/arena.h"

#include <string.h>

/* Tokens of the calibration text that the search looks at: whole windows, so that attention is whole. */
enum { JUDGED_TOKENS = 4096 };

/* What the factors of a stage are divided out of: a gain with its bias, or rows of a matrix with theirs. */
struct before {
    float *gain, *bias;
    struct lm_matrix *matrix;
    const char *name; /* of the tensor */
};

static struct before before_of(const struct compressing *c, enum stage stage) {
    struct lm_layer *y = c->layer;
    const struct lm_shape *s = &c->model->shape;
    switch (stage) {
    case STAGE_QKV:
        return (struct before){y->attention_norm, y->attention_norm_bias, NULL, "attn_norm"};
    case STAGE_O:
        return (struct before){NULL, y->v.bias, y->v.n == y->o.k ? &y->v : NULL, "attn_v"};
    case STAGE_GATE_UP:
        return (struct before){y->ffn_norm, y->ffn_norm_bias, NULL, "ffn_norm"};
    default:
        return (struct before){NULL, y->up.bias, s->ungated ? NULL : &y->up, "ffn_up"};
    }
}

bool repack(struct lm_matrix *w, struct error *err) {
    if (w->packed) return matmul_weights_update(w->packed, w->values, err);
    return (w->packed = matmul_weights_new(w->values, w->n, w->k, MATMUL_F32, err)) != NULL;
}

struct judging {
    struct compressing *c;
    enum stage stage;
    struct lm_matrix *const *matrices;
    size_t n;
};

/* Outputs of the windows that are judged, one behind the other; `keep`: into c->judged, else compared with it. */
static bool pass_outputs(struct judging *j, bool keep, double *loss, struct error *err) {
    struct compressing *c = j->c;
    size_t at = 0, width = c->model->shape.width;
    double sum = 0;
    for (size_t w = 0; w < c->judged_windows; w++) {
        size_t n = c->text.windows[w].n * width;
        if (!stage_output(c, j->stage, w, err)) return false;
        if (keep) memcpy(c->judged + at, c->out, n * sizeof *c->out);
        for (size_t i = 0; !keep && i < n; i++) {
            double d = (double)c->out[i] - (double)c->judged[at + i];
            sum += d * d;
        }
        at += n;
    }
    *loss = sum / (double)at;
    return true;
}

static bool judge(void *context, double *loss, struct error *err) {
    struct judging *j = context;
    for (size_t i = 0; i < j->n; i++)
        if (!repack(j->matrices[i], err)) return false;
    return pass_outputs(j, false, loss, err);
}

static bool make_judged(struct compressing *c, struct error *err) {
    size_t tokens = 0;
    if (c->judged) return true;
    for (; c->judged_windows < c->text.n && tokens < JUDGED_TOKENS; c->judged_windows++)
        tokens += c->text.windows[c->judged_windows].n;
    c->judged = memory_alloc(tokens * c->model->shape.width * sizeof *c->judged);
    return c->judged || error_memory(err, "outputs that are judged");
}

static void divide(const struct before *b, size_t n, const double *factors) {
    for (size_t j = 0; j < n; j++) {
        if (b->gain) b->gain[j] = (float)((double)b->gain[j] / factors[j]);
        if (b->bias) b->bias[j] = (float)((double)b->bias[j] / factors[j]);
        for (size_t i = 0; b->matrix && i < b->matrix->k; i++) {
            float *w = &b->matrix->values[j * b->matrix->k + i];
            *w = (float)((double)*w / factors[j]);
        }
    }
}

/* Values that attention weighs are divided with the rows of v that made them. */
static void divide_kept(struct compressing *c, size_t n, const double *factors) {
    for (size_t i = 0; i < (size_t)c->text.tokens; i++)
        for (size_t j = 0; j < n; j++) c->z[i * n + j] = (float)((double)c->z[i * n + j] / factors[j]);
}

static bool fold(struct compressing *c, enum stage stage, const struct before *b, struct codec_matrix *list,
                 struct lm_matrix *const *matrices, size_t n, const double *factors, struct error *err) {
    size_t columns = list[0].columns;
    divide(b, columns, factors);
    if (stage == STAGE_O) divide_kept(c, columns, factors);
    moments_divide(&c->moments, factors);
    for (size_t m = 0; m < n; m++) {
        for (size_t i = 0; i < list[m].rows * columns; i++)
            list[m].w[i] = (float)((double)list[m].w[i] * factors[i % columns]);
        if (!repack(matrices[m], err)) return false;
    }
    return !b->matrix || repack(b->matrix, err);
}

bool stage_scale(struct compressing *c, enum stage stage, struct codec_matrix *list, struct lm_matrix *const *matrices,
                 size_t n, struct error *err) {
    const struct codec_choice *choice = &c->settings->choice;
    struct before before = before_of(c, stage);
    struct judging judging = {c, stage, matrices, n};
    struct codec_site site = {list, n, &judging, judge};
    char name[NAME_MOST];
    double unused;
    tensor_name(name, c->l, before.name);
    if (!choice->codec->scale || (!before.gain && !before.matrix) || is_skipped(c->settings, name)) return true;
    double *factors = memory_zeroed(list[0].columns, sizeof *factors);
    bool ok = (factors || error_memory(err, "factors of inputs")) && make_judged(c, err) &&
              pass_outputs(&judging, true, &unused, err) &&
              choice->codec->scale(choice->options, &site, factors, err) &&
              fold(c, stage, &before, list, matrices, n, factors, err);
    memory_free(factors);
    return ok;
}
