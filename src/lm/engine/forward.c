/* One pass of the transformer that a description says, over a list of rows: embedding, layers, and the logits of the
 * rows that need them. x: [rows, width]; q: [rows, heads * head_size]; k, v: [rows, kv_heads * head_size]; gate, up:
 * [rows, hidden]. Every step works on rows apart, so a row's result depends on its own token,
 * position and chain of pages alone. */
#include "lm/engine/engine_internal.h"
#include "lm/engine/forward_visit.h"

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
    e->hooked = false;
}

/* ---- The steps of a layer, each over rows ---- */

/* What makes a norm: gain NULL: there is none. */
struct norm {
    const float *gain, *bias;
};

struct step {
    const struct lm_engine *engine;
    const struct lm_layer *layer;
    size_t layer_at; /* where the layer's keys begin in a page */
    struct visit visit;             /* where hooks and readers are let in */
    struct norm norm;
    float *delta;                   /* is added to the state first; NULL: nothing */
    const float *post;              /* gain of the delta's own norm; NULL: none */
    bool plain;                     /* the normed state is the state */
    bool rotates, local;            /* the layer's rotations */
    size_t window;                  /* of the layer */
    const struct forward_row *rows; /* of the queries */
    size_t n_rows, stride;          /* number of queries, and the step in which they are dealt */
};

void forward_norm(const struct lm_engine *e, const float *gain, const float *bias, float *out, const float *x) {
    const struct lm_shape *shape = &e->model->shape;
    if (shape->norm == LM_NORM_LAYER)
        e->kernels->layernorm(out, x, gain, bias, shape->width, shape->norm_eps);
    else
        e->kernels->rmsnorm(out, x, gain, shape->width, shape->norm_eps);
}

static void embed_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    const struct lm_shape *shape = &e->model->shape;
    size_t width = shape->width;
    float *restrict x = e->x + i * width;
    lm_matrix_row(&e->model->embedding, (size_t)e->rows[i].token, x);
    for (size_t j = 0; shape->embedding_scale > 0 && j < width; j++) x[j] *= shape->embedding_scale;
    if (!shape->learned_positions) return;
    const float *restrict place = e->model->positions + (size_t)e->rows[i].position * width;
    for (size_t j = 0; j < width; j++) x[j] += place[j];
}

/* x += delta (when there is one, itself normed where the layer has such norms); normed = norm(x). */
static void norm_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    size_t width = e->model->shape.width;
    float *restrict x = e->x + i * width;
    if (s->delta && s->post)
        e->kernels->rmsnorm(s->delta + i * width, s->delta + i * width, s->post, width, e->model->shape.norm_eps);
    if (s->delta) {
        const float *restrict delta = s->delta + i * width;
        for (size_t j = 0; j < width; j++) x[j] += delta[j];
    }
    if (s->plain) memcpy(e->normed + i * width, x, width * sizeof(float));
    if (s->norm.gain) forward_norm(e, s->norm.gain, s->norm.bias, e->normed + i * width, x);
}

/* Queries or keys of one row, normed in place: head by head, or all as one. */
static void norm_heads(const struct lm_engine *e, float *x, const float *gain, size_t heads) {
    const struct lm_shape *shape = &e->model->shape;
    bool whole = shape->qk_norm == LM_QK_WHOLE;
    size_t parts = whole ? 1 : heads, n = shape->head_size * heads / parts;
    for (size_t i = 0; i < parts; i++) e->kernels->rmsnorm(x + i * n, x + i * n, gain, n, shape->norm_eps);
}

/* Heads of one row, rotated by the angles of its position and scaled. Dimensions that are not rotated follow those that
 * are. */
static void rotate(const struct step *s, float *restrict out, const float *restrict x, size_t heads, size_t position,
                   float scale) {
    const struct lm_engine *e = s->engine;
    const struct lm_shape *shape = &e->model->shape;
    size_t size = shape->head_size, part = s->rotates ? lm_shape_rotated(shape) : 0, angle = position * (part / 2);
    const struct forward_angles *a = &e->angles[s->local];
    if (part == size) {
        e->kernels->rope(out, x, heads, size, a->cosines + angle, a->sines + angle, shape->rope_interleaved, scale);
        return;
    }
    for (size_t h = 0; h < heads; h++, x += size, out += size) {
        if (part)
            e->kernels->rope(out, x, 1, part, a->cosines + angle, a->sines + angle, shape->rope_interleaved, scale);
        for (size_t i = part; i < size; i++) out[i] = x[i] * scale;
    }
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
    size_t n = shape->kv_heads * shape->head_size;
    float *turned = e->scratch + worker * e->scratch_stride, *k = e->k + i * n;
    if (s->layer->k_norm) norm_heads(e, k, s->layer->k_norm, shape->kv_heads);
    rotate(s, turned, k, shape->kv_heads, e->rows[i].position, 1.0f);
    memcpy(k, turned, n * sizeof(float));
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
    float *out = e->normed + i * shape->heads * size, *own = e->q + i * shape->heads * size;
    float *q = e->scratch + worker * e->scratch_stride, *scores = q + shape->heads * size;
    size_t n = row->position + (size_t)1, from = s->window && n > s->window ? n - s->window : 0;
    if (s->layer->q_norm) norm_heads(e, own, s->layer->q_norm, shape->heads);
    rotate(s, q, own, shape->heads, row->position, lm_shape_attention_scale(shape));
    for (size_t h = 0; h < shape->heads; h++) {
        size_t k_at = s->layer_at + h / group * size * PAGE;
        if (from || shape->attention_cap > 0)
            e->kernels->attention_within(out + h * size, q + h * size, row->page->table, k_at, k_at + e->kv.key_floats,
                                         size, from, n, shape->attention_cap, scores);
        else
            e->kernels->attention(out + h * size, q + h * size, row->page->table, k_at, k_at + e->kv.key_floats, size,
                                  n, scores);
    }
}

float *forward_gate(const struct lm_engine *e, float *gate, float *up, size_t n) {
    const struct engine_kernels *k = e->kernels;
    enum lm_activation f = e->model->shape.activation;
    if (e->model->shape.ungated) return (f == LM_GELU_ERF ? k->gelu_erf : k->gelu)(up, n), up;
    (f == LM_SILU ? k->swiglu : f == LM_GELU_ERF ? k->geglu_erf : k->geglu)(gate, up, n);
    return gate;
}

static void gate_row(void *context, size_t i, size_t worker) {
    const struct step *s = context;
    const struct lm_engine *e = s->engine;
    size_t hidden = e->model->shape.hidden;
    forward_gate(e, e->gate + i * hidden, e->up + i * hidden, hidden);
}

/* ---- The pass ---- */

struct biased {
    const float *bias;
    float *y;
    size_t n;
};

static void bias_row(void *context, size_t i, size_t worker) {
    const struct biased *b = context;
    float *restrict y = b->y + i * b->n;
    for (size_t j = 0; j < b->n; j++) y[j] += b->bias[j];
}

bool forward_product_of(const struct lm_engine *e, const struct lm_matrix *w, const float *x, size_t rows,
                        size_t generated, float *y, struct error *err) {
    if (!w->stored.type) generated = 0;
    if (w->stored.type && e->model->rounds_given && row_product_rounds(w->stored.type->id)) generated = rows;
    if (generated && !row_product(&w->stored, e->pool, e->room, x, generated, y, err)) return false;
    if (!matmul_apply(w->packed, e->pool, x + generated * w->k, rows - generated, y + generated * w->n, err))
        return false;
    struct biased biased = {w->bias, y, w->n};
    if (w->bias) engine_deal(e, rows, rows * w->n, bias_row, &biased);
    return true;
}

bool forward_product(const struct lm_engine *e, const struct lm_matrix *w, const float *x, size_t rows, float *y,
                     struct error *err) {
    return forward_product_of(e, w, x, rows, rows < e->n_generated ? rows : e->n_generated, y, err);
}

/* delta NULL: nothing is added. post: its own norm, or NULL. plain: there is no norm, the state is taken as it is. */
static void normalise(const struct lm_engine *e, size_t n, float *delta, const float *post, struct norm norm,
                      bool plain) {
    struct step step = {.engine = e, .norm = norm, .delta = delta, .post = post, .plain = plain};
    engine_deal(e, n, n * e->model->shape.width, norm_row, &step);
}

/* The same where hooks or readers are let in: at what part `visit->part` of a block gave, which is e->q, and at the
 * state that a block leaves. */
static void normalise_visited(struct lm_engine *e, struct visit visit, const float *post, struct norm norm,
                              bool plain) {
    size_t width = e->model->shape.width, n = visit.n;
    if (visit.layer) {
        for (size_t i = 0; post && i < n; i++)
            e->kernels->rmsnorm(e->q + i * width, e->q + i * width, post, width, e->model->shape.norm_eps);
        forward_visit(e, &visit, e->q, width);
        normalise(e, n, e->q, NULL, (struct norm){0}, false);
    }
    if (visit.part == LM_FEED_FORWARD) {
        visit.part = LM_STATE;
        forward_visit(e, &visit, e->x, width);
    }
    normalise(e, n, NULL, NULL, norm, plain);
}

/* Adds what the part of a block gave (nothing before the first block) to the states, and norms them for the next. */
static void add_part(struct lm_engine *e, struct visit visit, const float *post, struct norm norm, bool plain) {
    if (forward_is_visited(e))
        normalise_visited(e, visit, post, norm, plain);
    else
        normalise(e, visit.n, visit.layer ? e->q : NULL, post, norm, plain);
}

/* Keys and values of all rows of the pass, from the normed states. */
static bool keys_and_values(const struct lm_engine *e, struct step *s, struct error *err) {
    if (!forward_product(e, &s->layer->k, e->normed, e->n_rows, e->k, err) ||
        !forward_product(e, &s->layer->v, e->normed, e->n_rows, e->v, err))
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

/* What goes into the last matrix of a feed-forward. */
static bool gate_and_up(struct lm_engine *e, struct step *s, float **hidden, struct error *err) {
    const struct lm_shape *shape = &e->model->shape;
    size_t n = s->n_rows;
    if ((!shape->ungated && !forward_product(e, &s->layer->gate, e->normed, n, e->gate, err)) ||
        !forward_product(e, &s->layer->up, e->normed, n, e->up, err))
        return false;
    engine_deal(e, n, n * shape->hidden, gate_row, s);
    *hidden = shape->ungated ? e->up : e->gate;
    return true;
}

static bool feed_forward(struct lm_engine *e, struct step *s, struct error *err) {
    float *hidden;
    if (e->model->shape.experts) return forward_experts(e, s->layer, s->n_rows, err);
    return gate_and_up(e, s, &hidden, err) && forward_product(e, &s->layer->down, hidden, s->n_rows, e->q, err);
}

/* Values weighed by attention, of the queries. */
static bool attend(struct lm_engine *e, struct step *s, struct error *err) {
    if (!forward_product(e, &s->layer->q, e->normed, s->n_rows, e->q, err)) return false;
    s->stride = coprime_stride(s->n_rows);
    engine_deal(e, s->n_rows, attention_floats(s), attention_row, s);
    return true;
}

/* Attention and feed-forward of the queries; x and normed hold their rows only. The second sum is left in e->q for the
 * next norm. */
static bool mix(struct lm_engine *e, struct step *s, struct error *err) {
    size_t n = s->n_rows;
    if (!attend(e, s, err)) return false;
    if (forward_is_visited(e)) {
        s->visit.part = LM_HEAD;
        forward_visit(e, &s->visit, e->normed, e->model->shape.heads * e->model->shape.head_size);
    }
    if (!forward_product(e, &s->layer->o, e->normed, n, e->q, err)) return false;
    s->visit.part = LM_ATTENTION;
    add_part(e, s->visit, s->layer->attention_post_norm, (struct norm){s->layer->ffn_norm, s->layer->ffn_norm_bias},
             e->model->shape.no_pre_norms);
    return feed_forward(e, s, err);
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

/* A pass of a large model takes many seconds, so that who wants to stop is heard inside it. */
static bool stopped(const struct lm_engine *e, struct error *err) {
    if (!interrupted(e->stop)) return false;
    error_set(err, ERROR_INTERRUPTED, "interrupted");
    return true;
}

static struct step step_of(const struct lm_engine *e, const struct lm_layer *layer, size_t l) {
    const struct lm_shape *shape = &e->model->shape;
    return (struct step){.engine = e,
                         .layer = layer,
                         .rotates = lm_shape_rotates(shape, l),
                         .local = lm_shape_is_local(shape, l),
                         .window = lm_shape_window(shape, l),
                         .rows = e->rows,
                         .n_rows = e->n_rows};
}

static bool run_layers(struct lm_engine *e, const uint32_t *need, size_t n_need, struct error *err) {
    const struct lm_shape *shape = &e->model->shape;
    const float *post = NULL; /* of the feed-forward before */
    size_t layers = e->watch ? e->watch->blocks : shape->layers;
    for (size_t l = 0; l < layers; l++) {
        if (stopped(e, err)) return false;
        const struct lm_layer *layer = &e->model->layers[l];
        struct step s = step_of(e, layer, l);
        s.layer_at = l * e->kv.layer_floats;
        add_part(e, (struct visit){LM_FEED_FORWARD, l, NULL, e->n_rows}, post,
                 (struct norm){layer->attention_norm, layer->attention_norm_bias}, shape->no_pre_norms);
        post = layer->ffn_post_norm;
        if (!keys_and_values(e, &s, err)) return false;
        s.visit = (struct visit){.layer = l + 1, .n = e->n_rows};
        if (l + 1 == layers) {
            compact(e, need, n_need);
            s.rows = e->picked;
            s.visit.n = s.n_rows = n_need;
            s.visit.which = need;
        }
        if (s.n_rows && !mix(e, &s, err)) return false;
    }
    if (!layers) compact(e, need, n_need);
    add_part(e, (struct visit){LM_FEED_FORWARD, layers, need, n_need}, post, (struct norm){0}, false);
    return true;
}

/* Angles p * rate, computed in f64, for positions from..n-1. */
static bool fill_angles(struct lm_engine *e, bool local, size_t from, size_t n, double *rates, struct error *err) {
    struct forward_angles *a = &e->angles[local];
    size_t half = lm_shape_rotated(&e->model->shape) / 2;
    float *cosines = memory_grow(a->cosines, n * half, sizeof *cosines);
    if (cosines) a->cosines = cosines;
    float *sines = cosines ? memory_grow(a->sines, n * half, sizeof *sines) : NULL;
    if (sines) a->sines = sines;
    if (!cosines || !sines) return error_memory(err, "rotation angles");
    double amplitude = lm_model_rates(e->model, local, rates);
    for (size_t i = 0; i < half; i++)
        for (size_t p = from; p < n; p++) {
            cosines[p * half + i] = (float)(cos((double)p * rates[i]) * amplitude);
            sines[p * half + i] = (float)(sin((double)p * rates[i]) * amplitude);
        }
    return true;
}

/* For positions up to `last`. */
static bool make_angles(struct lm_engine *e, size_t last, struct error *err) {
    const struct lm_shape *shape = &e->model->shape;
    size_t n = e->n_angles ? e->n_angles : 256;
    if (last < e->n_angles || shape->learned_positions) return true;
    while (n <= last) n *= 2;
    double *rates = memory_alloc(lm_shape_rotated(shape) / 2 * sizeof *rates);
    bool ok = (rates || error_memory(err, "rotation angles")) && fill_angles(e, false, e->n_angles, n, rates, err) &&
              (shape->local_rope_base <= 0 || fill_angles(e, true, e->n_angles, n, rates, err));
    if (ok) e->n_angles = n;
    memory_free(rates);
    return ok;
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

/* Tables of pages, angles and scratch for the rows of the pass. */
static bool prepare(struct lm_engine *e, struct error *err) {
    size_t last = 0;
    e->pass++;
    e->computed += e->n_rows;
    arena_reset(&e->tables);
    for (size_t i = 0; i < e->n_rows; i++) {
        if (e->rows[i].position > last) last = e->rows[i].position;
        if (!make_table(e, e->rows[i].page, err)) return false;
    }
    return make_angles(e, last, err) && make_scratch(e, last, err);
}

static void embed_rows(struct lm_engine *e) {
    struct step s = {.engine = e};
    engine_deal(e, e->n_rows, e->n_rows * e->model->shape.width, embed_row, &s);
}

bool forward_run(struct lm_engine *e, const uint32_t *need, size_t n_need, struct error *err) {
    bool ok = prepare(e, err);
    if (ok) embed_rows(e);
    ok = ok && run_layers(e, need, n_need, err);
    forward_drop(e);
    return ok;
}

void forward_embed(struct lm_engine *e) {
    embed_rows(e);
    forward_drop(e);
}

bool forward_attend(struct lm_engine *e, const struct lm_layer *layer, size_t l, struct error *err) {
    struct step s = step_of(e, layer, l);
    bool ok = prepare(e, err) && keys_and_values(e, &s, err) && attend(e, &s, err);
    forward_drop(e);
    return ok;
}

bool forward_hidden(struct lm_engine *e, const struct lm_layer *layer, size_t n, float **hidden, struct error *err) {
    struct step s = {.engine = e, .layer = layer, .n_rows = n};
    return gate_and_up(e, &s, hidden, err);
}

void forward_last_norm(struct lm_engine *e, size_t from, size_t n) {
    size_t width = e->model->shape.width;
    for (size_t i = 0; i < n; i++)
        forward_norm(e, e->model->output_norm, e->model->output_norm_bias, e->normed + i * width,
                     e->x + (from + i) * width);
}

bool forward_logits(struct lm_engine *e, size_t from, size_t n, float *out, struct error *err) {
    const struct lm_shape *shape = &e->model->shape;
    if (stopped(e, err)) return false;
    forward_last_norm(e, from, n);
    size_t generated = e->n_generated <= from ? 0 : e->n_generated - from < n ? e->n_generated - from : n;
    if (!forward_product_of(e, &e->model->output, e->normed, n, generated, out, err)) return false;
    for (size_t i = 0; shape->logit_cap > 0 && i < n; i++)
        e->kernels->cap(out + i * shape->vocabulary, shape->vocabulary, shape->logit_cap);
    return true;
}
