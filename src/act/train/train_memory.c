/* The memory of a training, as a formula of the shapes. In floats, with L layers of width W, K of keys and values, H
 * hidden, V tokens; R rows of a pass, P of them predicted, N values that learn:
 *
 *   weights      N, and what is frozen
 *   gradients    N
 *   moments      2 N
 *   sums         N for each level of the tree over the passes of a step (tensor/gradient_sum.h)
 *   packed       every matrix twice, as stored and transposed; half of that in bf16
 *   activations  forward R (W + L (9 W + 3 K + 3 H + heads + 2)) + P (2 W + V + 2), and backward, where arrays are used
 *                again as soon as they are free, R (3 W + 3 K + 3 H) + P (2 W + V + 1)
 *   model        the values that the training began with, and what its products read
 *   reserve      room of the largest product (tensor/matmul_room.h), and a quarter of the activations: they lie in
 *                chunks, the last of which is as large as a quarter of those before
 *
 * What hears E states beside the words (a head, a pool) adds E (2 W + outputs) to both ways, and without words P is 0.
 * Without steps there are only the model and the logits of one row.
 *
 * An adapter of rank r at a matrix of n rows adds R (2 n + 2 r) to both ways; on the way back only the largest does. */
#include "act/train/train_internal.h"

#include "tensor/matmul_room.h"

/* Tokens of a pass, and those of them that are predicted, and whose states are heard, at most. */
struct extent {
    uint64_t rows, predicted, heard;
};

static struct extent extent_of_pass(const struct train *t) {
    struct extent e = {0};
    const struct objective *o = t->objective;
    uint64_t context = t->model->shape.context;
    if (t->prompts) {
        uint64_t rows = t->rule.micro * (uint64_t)train_rollout_samples(t) * context;
        return (struct extent){rows, rows, t->objective->head ? rows : 0};
    }
    if (!t->answers) return (struct extent){t->rule.micro * context, t->rule.micro * context, 0};
    for (size_t g = 0; g < answers_groups(t->answers); g++) {
        const struct answer_group *group = answers_group(t->answers, g);
        struct extent own = {0};
        for (size_t i = 0; i < group->n; i++) {
            own.rows += group->answers[i].n;
            own.predicted += o->wordless ? 0 : group->answers[i].n_counted;
            own.heard += !o->head && !o->pooled ? 0 : o->pooled ? group->answers[i].n : group->answers[i].n_counted + 1;
        }
        if (own.rows > e.rows) e.rows = own.rows;
        if (own.predicted > e.predicted) e.predicted = own.predicted;
        if (own.heard > e.heard) e.heard = own.heard;
    }
    return (struct extent){e.rows * t->rule.micro, e.predicted * t->rule.micro, e.heard * t->rule.micro};
}

/* Rows of matrix `target` of an adapter. */
static uint64_t rows_of_target(const struct lm_shape *s, size_t target) {
    uint64_t width = s->heads * s->head_size, kv = s->kv_heads * s->head_size;
    const uint64_t rows[LM_LORA_TARGETS] = {width, kv, kv, s->width, s->hidden, s->hidden, s->width};
    return rows[target];
}

static uint64_t activations(const struct train *t) {
    const struct lm_shape *s = &t->model->shape;
    struct extent e = extent_of_pass(t);
    uint64_t w = s->width, k = s->kv_heads * s->head_size, h = s->hidden, v = s->vocabulary, more = 0, most = 0;
    for (size_t i = 0; t->settings.lora && i < LM_LORA_TARGETS; i++) {
        uint64_t own = t->lora.targets[i] ? 2 * rows_of_target(s, i) + 2 * t->lora.rank : 0;
        more += own;
        most = own > most ? own : most;
    }
    uint64_t forward =
        e.rows * (w + s->layers * (9 * w + 3 * k + 3 * h + s->heads + 2 + more)) + e.predicted * (2 * w + v + 2);
    uint64_t backward = e.rows * (3 * w + 3 * k + 3 * h + most) + e.predicted * (2 * w + v + 1);
    uint64_t heard = e.heard * (2 * w + (t->objective->pooled ? w : t->model->head.n));
    return sizeof(float) * (forward + backward + 2 * heard);
}

static uint64_t values_of(const struct lm_matrix *m) {
    return (uint64_t)m->n * m->k;
}

/* Values of all matrices that products read: those of the layers, and the output. */
static uint64_t matrices(const struct lm_model *model) {
    uint64_t n = model->shape.tied ? values_of(&model->embedding) : values_of(&model->output);
    for (size_t l = 0; l < model->shape.layers; l++) {
        const struct lm_layer *layer = &model->layers[l];
        n += values_of(&layer->q) + values_of(&layer->k) + values_of(&layer->v) + values_of(&layer->o) +
             values_of(&layer->gate) + values_of(&layer->up) + values_of(&layer->down);
    }
    return n;
}

static uint64_t largest_room(const struct train *t) {
    const struct lm_shape *s = &t->model->shape;
    struct extent e = extent_of_pass(t);
    enum matmul_type type = t->settings.bf16 ? MATMUL_BF16 : MATMUL_F32;
    size_t threads = pool_threads(t->pool), attention = s->heads * s->head_size;
    const size_t shapes[][3] = {{s->vocabulary, s->width, e.predicted},
                                {attention, s->width, e.rows},
                                {s->width, attention, e.rows},
                                {s->hidden, s->width, e.rows},
                                {s->width, s->hidden, e.rows}};
    uint64_t most = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        uint64_t room = matmul_room(type, shapes[i][0], shapes[i][1], shapes[i][2], threads);
        most = room > most ? room : most;
    }
    return most;
}

/* Of objectives without steps. */
static struct train_memory of_model(const struct train *t) {
    struct train_memory m = {.model = sizeof(float) * (t->model->parameters + matrices(t->model)),
                             .activations = sizeof(float) * t->model->shape.context * t->model->shape.vocabulary};
    m.all = m.model + m.activations;
    return m;
}

struct train_memory train_memory(const struct train *t) {
    if (t->objective->settle) return of_model(t);
    uint64_t packed = matrices(t->model), one = sizeof(float), half = t->settings.bf16 ? 2 : 1;
    struct train_memory m = {
        .model = one * (t->model->parameters + packed),
        .weights = one * (t->learning + t->frozen),
        .gradients = one * t->learning,
        .moments = 2 * one * t->learning,
        .sums = gradient_sum_bytes(t->learning, train_passes(t, t->rule.batch)),
        .packed = 2 * one * (packed + (t->settings.lora ? t->learning : 0)) / half,
        .activations = activations(t),
    };
    m.reserve = m.activations / 4 + largest_room(t);
    m.all = m.model + m.weights + m.gradients + m.moments + m.sums + m.packed + m.activations + m.reserve;
    return m;
}
