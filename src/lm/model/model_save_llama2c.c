/* Writing a plain llama in the format of llama2.c: see llama2c.c for the order of its tensors. The format has no words
 * for anything beyond seven sizes, so whatever else the model has is refused by name. */
#include "lm/model/arch.h"
#include "lm/model/lora.h"
#include "lm/model/model_export.h"

#include <limits.h>
#include <string.h>

enum { LAYER_PARTS = 9 };

struct llama2c {
    const struct lm_model *m;
    struct file_out out;
    struct error *err;
};

static const char *difference(const struct lm_model *m) {
    const struct lm_shape *s = &m->shape;
    const char *feature = lm_shape_feature(s);
    const size_t sizes[] = {s->width, s->hidden, s->layers, s->heads, s->kv_heads, s->vocabulary, s->context};
    if (feature) return feature;
    if (m->head.n) return "a head";
    if (s->norm_eps != 1e-5f) return "an epsilon of norms other than 1e-5";
    if (s->rope_base != 10000) return "a base of rotations other than 10000";
    if (s->head_size * s->heads != s->width) return "heads that do not share the width";
    if (s->rotated && s->rotated != s->head_size) return "dimensions of a head that are not rotated";
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] > INT_MAX) return "sizes beyond 2^31";
    return NULL;
}

static void put_header(struct llama2c *x) {
    const struct lm_shape *s = &x->m->shape;
    int32_t vocabulary = (int32_t)s->vocabulary;
    const int32_t header[7] = {(int32_t)s->width,    (int32_t)s->hidden, (int32_t)s->layers, (int32_t)s->heads,
                               (int32_t)s->kv_heads, s->tied ? vocabulary : -vocabulary, (int32_t)s->context};
    file_out_put(&x->out, header, sizeof header);
}

/* turned: rows of each head go from halves to pairs, unless the model has pairs.
 * A failure of the file is told at its end. */
static bool put(struct llama2c *x, const float *values, size_t n, size_t k, bool turned) {
    size_t size = x->m->shape.head_size;
    if (!values)
        return error_set(x->err, ERROR_USAGE, "model '%s' has no plain values; load it with its values kept",
                         x->m->name);
    if (!turned || x->m->shape.rope_interleaved) file_out_put(&x->out, values, n * k * sizeof *values);
    for (size_t row = 0; turned && !x->m->shape.rope_interleaved && row < n; row++)
        file_out_put(&x->out, values + lm_rope_half_row(row, size) * k, k * sizeof *values);
    return true;
}

/* One kind of tensor of every layer. */
static bool put_layers(struct llama2c *x, size_t part) {
    bool ok = true;
    for (size_t l = 0; ok && l < x->m->shape.layers; l++) {
        const struct lm_layer *y = &x->m->layers[l];
        const struct {
            const struct lm_matrix *matrix; /* or */
            const float *norm;
            bool turned;
        } parts[LAYER_PARTS] = {{NULL, y->attention_norm, false}, {&y->q, NULL, true},      {&y->k, NULL, true},
                                {&y->v, NULL, false},             {&y->o, NULL, false},     {NULL, y->ffn_norm, false},
                                {&y->gate, NULL, false},          {&y->down, NULL, false}, {&y->up, NULL, false}};
        const struct lm_matrix *w = parts[part].matrix;
        ok = w ? put(x, w->values, w->n, w->k, parts[part].turned)
               : put(x, parts[part].norm, 1, x->m->shape.width, false);
    }
    return ok;
}

/* Cosines and sines that programs of today compute themselves. */
static void put_rotations(struct llama2c *x) {
    const float zero[64] = {0};
    uint64_t left = (uint64_t)x->m->shape.context * x->m->shape.head_size;
    for (; left; left -= left < 64 ? left : 64)
        file_out_put(&x->out, zero, (size_t)(left < 64 ? left : 64) * sizeof *zero);
}

bool lm_model_save_llama2c(const struct lm_model *m, const char *path, struct error *err) {
    struct llama2c x = {.m = m, .err = err};
    const char *what = difference(m);
    if (what) return error_set(err, ERROR_DATA, "model '%s': llama2.c has no words for %s", m->name, what);
    if (!file_out_open(&x.out, path, err)) return false;
    put_header(&x);
    bool ok = put(&x, m->embedding.values, m->shape.vocabulary, m->shape.width, false);
    for (size_t part = 0; ok && part < LAYER_PARTS; part++) ok = put_layers(&x, part);
    ok = ok && put(&x, m->output_norm, 1, m->shape.width, false);
    if (ok) put_rotations(&x);
    ok = ok && (m->shape.tied || put(&x, m->output.values, m->output.n, m->output.k, false));
    if (ok) return file_out_commit(&x.out, err);
    file_out_abandon(&x.out);
    return false;
}
