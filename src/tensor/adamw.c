/* AdamW: see tape.h. Pieces of the parameters are dealt to the pool; each element is updated alone, and the norm of the
 * gradient is a sum of f64 partial sums of fixed pieces in a fixed order. */
#include "tensor/kernel.h"
#include "tensor/product.h"
#include "tensor/tape.h"

#include <math.h>
#include <string.h>

#define ADAMW_PIECE 16384u

struct moments {
    float *first, *second;
};

/* One piece of one parameter. */
struct piece {
    size_t parameter, from, to;
};

struct adamw {
    struct parameter **parameters;
    size_t n, n_pieces;
    struct moments *moments;
    struct piece *pieces;
    double *sums; /* of squares, one for each piece */
    struct adamw_options options;
    uint64_t steps;
};

static bool pieces_new(struct adamw *adamw, struct error *err) {
    for (size_t i = 0; i < adamw->n; i++)
        adamw->n_pieces += (tensor_size(&adamw->parameters[i]->value) + ADAMW_PIECE - 1) / ADAMW_PIECE;
    adamw->pieces = memory_zeroed(adamw->n_pieces, sizeof *adamw->pieces);
    adamw->sums = memory_zeroed(adamw->n_pieces, sizeof *adamw->sums);
    if (!adamw->pieces || !adamw->sums) return error_memory(err, "optimiser");
    size_t at = 0;
    for (size_t i = 0; i < adamw->n; i++) {
        size_t size = tensor_size(&adamw->parameters[i]->value);
        for (size_t from = 0; from < size; from += ADAMW_PIECE)
            adamw->pieces[at++] = (struct piece){i, from, size - from < ADAMW_PIECE ? size : from + ADAMW_PIECE};
    }
    return true;
}

static bool moments_new(struct adamw *adamw, struct error *err) {
    adamw->moments = memory_zeroed(adamw->n, sizeof *adamw->moments);
    if (!adamw->moments) return error_memory(err, "moments of the optimiser");
    for (size_t i = 0; i < adamw->n; i++) {
        size_t size = tensor_size(&adamw->parameters[i]->value);
        adamw->moments[i].first = memory_zeroed(size, sizeof(float));
        adamw->moments[i].second = memory_zeroed(size, sizeof(float));
        if (!adamw->moments[i].first || !adamw->moments[i].second) return error_memory(err, "moments of the optimiser");
    }
    return true;
}

static bool options_check(const struct adamw_options *o, struct error *err) {
    if (!(o->beta1 >= 0 && o->beta1 < 1) || !(o->beta2 >= 0 && o->beta2 < 1))
        return error_set(err, ERROR_USAGE, "adamw: beta1 %g and beta2 %g must be in [0, 1)", o->beta1, o->beta2);
    if (!(o->eps > 0)) return error_set(err, ERROR_USAGE, "adamw: eps %g must be above 0", o->eps);
    if (!(o->weight_decay >= 0) || !(o->clip >= 0))
        return error_set(err, ERROR_USAGE, "adamw: weight decay %g and clip %g must not be negative", o->weight_decay,
                         o->clip);
    return true;
}

struct adamw *adamw_new(struct parameter *const *parameters, size_t n, struct adamw_options options,
                        struct error *err) {
    if (!options_check(&options, err)) return NULL;
    struct adamw *adamw = memory_zeroed(1, sizeof *adamw);
    if (!adamw) return error_memory(err, "optimiser"), NULL;
    adamw->options = options;
    adamw->parameters = memory_zeroed(n, sizeof *adamw->parameters);
    if (!adamw->parameters) {
        error_memory(err, "optimiser");
        goto out;
    }
    adamw->n = n;
    for (size_t i = 0; i < n; i++) adamw->parameters[i] = parameters[i];
    if (moments_new(adamw, err) && pieces_new(adamw, err)) return adamw;
out:
    adamw_free(adamw);
    return NULL;
}

void adamw_free(struct adamw *adamw) {
    if (!adamw) return;
    for (size_t i = 0; adamw->moments && i < adamw->n; i++) {
        memory_free(adamw->moments[i].first);
        memory_free(adamw->moments[i].second);
    }
    memory_free(adamw->moments);
    memory_free(adamw->pieces);
    memory_free(adamw->sums);
    memory_free(adamw->parameters);
    memory_free(adamw);
}

uint64_t *adamw_steps(struct adamw *adamw) {
    return &adamw->steps;
}

float *adamw_moment(struct adamw *adamw, size_t i, int which) {
    if (i >= adamw->n) return NULL;
    return which == 1 ? adamw->moments[i].first : which == 2 ? adamw->moments[i].second : NULL;
}

static bool trained(const struct parameter *p) {
    return !p->frozen && p->value.grad;
}

struct step {
    struct adamw *adamw;
    const bool *decay;
    struct kernel_adamw kernel;
    float weight_decay;
};

static void squares_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct adamw *adamw = ((struct step *)context)->adamw;
    struct piece piece = adamw->pieces[part];
    const struct parameter *p = adamw->parameters[piece.parameter];
    adamw->sums[part] = trained(p) ? kernels()->squares(p->value.grad + piece.from, piece.to - piece.from) : 0;
}

static void update_part(void *context, size_t part, size_t worker) {
    (void)worker;
    const struct step *step = context;
    struct piece piece = step->adamw->pieces[part];
    struct parameter *p = step->adamw->parameters[piece.parameter];
    if (!trained(p)) return;
    struct kernel_adamw kernel = step->kernel;
    if (!step->decay || step->decay[piece.parameter]) kernel.decay = step->weight_decay;
    struct moments m = step->adamw->moments[piece.parameter];
    size_t from = piece.from;
    kernels()->adamw(p->value.data + from, m.first + from, m.second + from, p->value.grad + from, &kernel,
                     piece.to - from);
}

bool adamw_step(struct adamw *adamw, struct pool *pool, double lr, const bool *decay, double *norm, struct error *err) {
    const struct adamw_options *o = &adamw->options;
    struct step step = {.adamw = adamw, .decay = decay};
    product_deal(pool, adamw->n_pieces, squares_part, &step);
    double sum = 0;
    for (size_t i = 0; i < adamw->n_pieces; i++) sum += adamw->sums[i];
    double length = sqrt(sum);
    if (norm) *norm = length;
    if (!isfinite(length))
        return error_set(
            err, ERROR_DATA,
            "adamw: the gradient of step %llu is not finite; nothing was changed; lower the learning rate or "
            "look for bad data",
            (unsigned long long)adamw->steps + 1);
    double t = (double)++adamw->steps;
    step.kernel = (struct kernel_adamw){
        .beta1 = (float)o->beta1,
        .beta2 = (float)o->beta2,
        .rest1 = (float)(1.0 - o->beta1),
        .rest2 = (float)(1.0 - o->beta2),
        .eps = (float)o->eps,
        .rate = (float)lr,
        .correct1 = (float)(1.0 / (1.0 - pow(o->beta1, t))),
        .correct2 = (float)(1.0 / (1.0 - pow(o->beta2, t))),
        .factor = o->clip > 0 && length > o->clip ? (float)(o->clip / length) : 1.0f,
    };
    step.weight_decay = (float)(lr * o->weight_decay);
    product_deal(pool, adamw->n_pieces, update_part, &step);
    for (size_t i = 0; i < adamw->n; i++)
        if (trained(adamw->parameters[i])) parameter_changed(adamw->parameters[i]);
    return parameters_renew(adamw->parameters, adamw->n, pool, err);
}
