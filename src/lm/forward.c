/* One pass of the transformer over a list of rows: embedding, layers, and the logits of the rows that need them.
 * x: [rows, width]; q: [rows, heads * head_size]; k, v: [rows, kv_heads * head_size]; gate, up: [rows, hidden].
 * Every step works on rows apart, so a row's result depends on its own token, position and chain of pages alone. */
#include "lm/engine_internal.h"

#include <math.h>
#include <string.h>

/* ---- Putting a pass together ---- */

static bool add_copy(struct lm_engine *e, uint32_t row, struct kv_page *page, struct error *err) {
    if (e->n_copies == e->copies_capacity) {
        size_t capacity = e->copies_capacity ? e->copies_capacity * 2 : 256;
        struct forward_copy *copies = memory_grow(e->copies, capacity, sizeof *copies);
        if (!copies) return error_memory(err, "list of copies");
        e->copies = copies;
        e->copies_capacity = capacity;
    }
    e->copies[e->n_copies++] = (struct forward_copy){row, page};
    return true;
}

/* A page that begins like `from`: places 0..filled-1 are copied, those of rows in this pass once they are known. */
static struct kv_page *branch(struct lm_engine *e, const struct kv_page *from, size_t filled, struct error *err) {
    struct kv_page *page = kv_take(&e->kv, from->parent, err);
    if (!page) return NULL;
    bool known = false;
    for (size_t i = 0; i < filled; i++) {
        page->pending[i] = from->pending[i];
        if (from->pending[i] < 0)
            known = true;
        else if (!add_copy(e, (uint32_t)from->pending[i], page, err))
            return NULL; /* the page stays empty and is swept */
    }
    if (known) memcpy(page->values, from->values, e->kv.floats * sizeof(float));
    return page;
}

struct kv_page *forward_add(struct lm_engine *e, int32_t token, size_t position, struct kv_page *last,
                            struct error *err) {
    size_t place = position % PAGE;
    struct kv_page *page = place == 0              ? kv_take(&e->kv, last, err)
                           : last->filled == place ? last
                                                   : branch(e, last, place, err);
    if (!page) return NULL;
    page->filled = place + 1;
    page->pending[place] = (int32_t)e->n_rows;
    e->rows[e->n_rows++] = (struct forward_row){token, (uint32_t)position, page};
    return page;
}

static bool make_table(struct lm_engine *e, struct kv_page *page, struct error *err) {
    if (page->pass == e->pass) return true;
    const float **table = arena_new(&e->tables, const float *, page->index + 1, err);
    if (!table) return false;
    for (const struct kv_page *p = page; p; p = p->parent) table[p->index] = p->values;
    page->table = table;
    page->pass = e->pass;
    return true;
}

void forward_drop(struct lm_engine *e) {
    for (size_t i = 0; i < e->n_rows; i++) e->rows[i].page->pending[e->rows[i].position % PAGE] = -1;
    for (size_t i = 0; i < e->n_copies; i++) e->copies[i].page->pending[e->rows[e->copies[i].row].position % PAGE] = -1;
    e->n_rows = e->n_copies = 0;
}

/* ---- The steps of a layer, each over rows ---- */

struct step {
    const struct lm_engine *engine;
    const struct lm_layer *layer;
    size_t layer_at; /* where the layer's keys begin in a page */
    const float *gain, *delta;
    const struct forward_row *rows; /* of the queries */
    size_t n_rows, stride;          /* number of queries, and the step in which they are dealt */
};

static void embed_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    size_t width = e->model->shape.width;
    memcpy(e->x + i * width, e->model->embedding.values + (size_t)e->rows[i].token * width, width * sizeof(float));
}

/* x += delta (when there is one); normed = rmsnorm(x). */
static void norm_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    size_t width = e->model->shape.width;
    float *restrict x = e->x + i * width;
    if (s->delta) {
        const float *restrict delta = s->delta + i * width;
        for (size_t j = 0; j < width; j++) x[j] += delta[j];
    }
    if (s->gain) e->kernels->rmsnorm(e->normed + i * width, x, s->gain, width, e->model->shape.norm_eps);
}

/* Keys and values of one row, [kv_heads * head_size], into its place of a page, [kv_heads * head_size, 16]. */
static void put_row(const struct step *s, size_t row, struct kv_page *page) {
    const struct lm_engine *e = s->engine;
    size_t n = e->kv.key_floats / PAGE, place = e->rows[row].position % PAGE;
    const float *restrict k = e->k + row * n, *restrict v = e->v + row * n;
    float *restrict keys = page->values + s->layer_at + place, *restrict values = keys + e->kv.key_floats;
    for (size_t j = 0; j < n; j++) {
        keys[j * PAGE] = k[j];
        values[j * PAGE] = v[j];
    }
}

static void key_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    const struct lm_shape *shape = &e->model->shape;
    size_t angle = e->rows[i].position * (shape->head_size / 2), n = shape->kv_heads * shape->head_size;
    float *turned = e->scratch + worker * e->scratch_stride;
    e->kernels->rope(turned, e->k + i * n, shape->kv_heads, shape->head_size, e->cosines + angle, e->sines + angle,
                     shape->rope_interleaved, 1.0f);
    memcpy(e->k + i * n, turned, n * sizeof(float));
    put_row(s, i, e->rows[i].page);
}

static void copy_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    put_row(s, s->engine->copies[i].row, s->engine->copies[i].page);
}

/* Query, rotated and scaled, and its attention, which takes the place of the normed state. Rows are dealt in strides,
 * because late positions of a sequence cost more than early ones. */
static void attention_row(void *context, size_t part, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    const struct lm_shape *shape = &e->model->shape;
    size_t size = shape->head_size, group = shape->heads / shape->kv_heads;
    size_t i = part * s->stride % s->n_rows;
    const struct forward_row *row = &s->rows[i];
    float *out = e->normed + i * shape->heads * size;
    float *q = e->scratch + worker * e->scratch_stride, *scores = q + shape->heads * size;
    size_t angle = row->position * (size / 2);
    e->kernels->rope(q, e->q + i * shape->heads * size, shape->heads, size, e->cosines + angle, e->sines + angle,
                     shape->rope_interleaved, 1.0f / sqrtf((float)size));
    for (size_t h = 0; h < shape->heads; h++) {
        size_t k_at = s->layer_at + h / group * size * PAGE;
        e->kernels->attention(out + h * size, q + h * size, row->page->table, k_at, k_at + e->kv.key_floats, size,
                              row->position + (size_t)1, scores);
    }
}

static void gate_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    size_t hidden = e->model->shape.hidden;
    e->kernels->swiglu(e->gate + i * hidden, e->up + i * hidden, hidden);
}

/* ---- The pass ---- */

static bool product(const struct lm_engine *e, const struct lm_matrix *w, const float *x, size_t n, float *y,
                    struct error *err) {
    return matmul_apply(w->packed, e->pool, x, n, y, err);
}

static void normalise(const struct lm_engine *e, size_t n, const float *delta, const float *gain) {
    struct step step = {.engine = e, .gain = gain, .delta = delta};
    engine_deal(e, n, n * e->model->shape.width, norm_row, &step);
}

/* Keys and values of all rows of the pass, from the normed states. */
static bool keys_and_values(const struct lm_engine *e, struct step *s, struct error *err) {
    if (!product(e, &s->layer->k, e->normed, e->n_rows, e->k, err) ||
        !product(e, &s->layer->v, e->normed, e->n_rows, e->v, err))
        return false;
    size_t floats = e->kv.key_floats / PAGE * 2;
    engine_deal(e, e->n_rows, e->n_rows * floats, key_row, s);
    engine_deal(e, e->n_copies, e->n_copies * floats, copy_row, s);
    return true;
}

static size_t coprime_stride(size_t n) {
    size_t stride = n * 5 / 8 + 1;
    for (;; stride++) {
        size_t a = n, b = stride;
        while (b) {
            size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) return stride;
    }
}

/* Keys and values that the queries read. */
static size_t attention_floats(const struct step *s) {
    const struct lm_shape *shape = &s->engine->model->shape;
    size_t positions = 0;
    for (size_t i = 0; i < s->n_rows; i++) positions += s->rows[i].position + (size_t)1;
    return positions * shape->heads * shape->head_size * 2;
}

/* Attention and feed-forward of the queries; x and normed hold their rows only. The second sum is left in e->q for the
 * next norm. */
static bool mix(const struct lm_engine *e, struct step *s, struct error *err) {
    size_t n = s->n_rows;
    if (!product(e, &s->layer->q, e->normed, n, e->q, err)) return false;
    s->stride = coprime_stride(n);
    engine_deal(e, n, attention_floats(s), attention_row, s);
    if (!product(e, &s->layer->o, e->normed, n, e->q, err)) return false;
    normalise(e, n, e->q, s->layer->ffn_norm);
    if (!product(e, &s->layer->gate, e->normed, n, e->gate, err) ||
        !product(e, &s->layer->up, e->normed, n, e->up, err))
        return false;
    engine_deal(e, n, n * e->model->shape.hidden, gate_row, s);
    return product(e, &s->layer->down, e->gate, n, e->q, err);
}

/* Moves the needed rows of x and normed together. */
static void compact(struct lm_engine *e, const uint32_t *need, size_t n_need) {
    size_t width = e->model->shape.width;
    for (size_t i = 0; i < n_need; i++) {
        e->picked[i] = e->rows[need[i]];
        if (need[i] == i) continue;
        memcpy(e->x + i * width, e->x + need[i] * width, width * sizeof(float));
        memcpy(e->normed + i * width, e->normed + need[i] * width, width * sizeof(float));
    }
}

static bool run_layers(struct lm_engine *e, const uint32_t *need, size_t n_need, struct error *err) {
    const struct lm_shape *shape = &e->model->shape;
    for (size_t l = 0; l < shape->layers; l++) {
        const struct lm_layer *layer = &e->model->layers[l];
        struct step s = {
            .engine = e, .layer = layer, .layer_at = l * e->kv.layer_floats, .rows = e->rows, .n_rows = e->n_rows};
        normalise(e, e->n_rows, l ? e->q : NULL, layer->attention_norm);
        if (!keys_and_values(e, &s, err)) return false;
        if (l + 1 == shape->layers) {
            compact(e, need, n_need);
            s.rows = e->picked;
            s.n_rows = n_need;
        }
        if (s.n_rows && !mix(e, &s, err)) return false;
    }
    normalise(e, n_need, e->q, NULL);
    return true;
}

/* Angles p * base^(-2i / head_size), computed in f64, for positions up to `last`. */
static bool make_angles(struct lm_engine *e, size_t last, struct error *err) {
    if (last < e->n_angles) return true;
    size_t half = e->model->shape.head_size / 2, n = e->n_angles ? e->n_angles : 256;
    while (n <= last) n *= 2;
    float *cosines = memory_grow(e->cosines, n * half, sizeof *cosines);
    if (cosines) e->cosines = cosines;
    float *sines = cosines ? memory_grow(e->sines, n * half, sizeof *sines) : NULL;
    if (sines) e->sines = sines;
    if (!cosines || !sines) return error_memory(err, "rotation angles");
    for (size_t i = 0; i < half; i++) {
        double rate = pow((double)e->model->shape.rope_base, -2.0 * (double)i / (double)e->model->shape.head_size);
        for (size_t p = e->n_angles; p < n; p++) {
            cosines[p * half + i] = (float)cos((double)p * rate);
            sines[p * half + i] = (float)sin((double)p * rate);
        }
    }
    e->n_angles = n;
    return true;
}

/* A worker's scratch: turned queries or keys of one row, and the scores of its attention. */
static bool make_scratch(struct lm_engine *e, size_t last, struct error *err) {
    size_t turned = e->model->shape.heads * e->model->shape.head_size, scores = (last / PAGE + 1) * PAGE;
    if (e->scratch && turned + scores <= e->scratch_stride) return true;
    size_t stride = (turned + (scores < 512 ? 1024 : scores * 2) + PAGE - 1) / PAGE * PAGE;
    float *scratch = memory_aligned(64, stride * pool_threads(e->pool) * sizeof *scratch);
    if (!scratch) return error_memory(err, "attention scores");
    memory_free(e->scratch);
    e->scratch = scratch;
    e->scratch_stride = stride;
    return true;
}

bool forward_run(struct lm_engine *e, const uint32_t *need, size_t n_need, struct error *err) {
    bool ok = false;
    size_t last = 0;
    e->pass++;
    arena_reset(&e->tables);
    for (size_t i = 0; i < e->n_rows; i++) {
        if (e->rows[i].position > last) last = e->rows[i].position;
        if (!make_table(e, e->rows[i].page, err)) goto out;
    }
    if (!make_angles(e, last, err) || !make_scratch(e, last, err)) goto out;
    struct step s = {.engine = e};
    engine_deal(e, e->n_rows, e->n_rows * e->model->shape.width, embed_row, &s);
    ok = run_layers(e, need, n_need, err);
out:
    forward_drop(e);
    return ok;
}

bool forward_logits(struct lm_engine *e, size_t from, size_t n, float *out, struct error *err) {
    size_t width = e->model->shape.width;
    const float *gain = e->model->output_norm;
    for (size_t i = 0; i < n; i++)
        e->kernels->rmsnorm(e->normed + i * width, e->x + (from + i) * width, gain, width, e->model->shape.norm_eps);
    return product(e, &e->model->output, e->normed, n, out, err);
}
