/* Weights that stay inside the cells of a codec: whatever is learned, rounding the model gives what rounding it gave
 * before. That is how a fault is planted that only the rounded model has (Egashira et al. 2024, projected descent): the
 * matrices of the blocks, which the codec rounds, may move as far as their cells reach; everything else stays. */
#include "act/train/train_internal.h"

#include "act/compress/codec.h"

#include <math.h>
#include <string.h>

/* Bounds of every value of a parameter; NULL: it stays as it is. */
struct within_bounds {
    float *low, *high;
};
struct within {
    struct within_bounds *of; /* [n_parameters] */
    float **fixed;            /* [n_parameters] values of those that stay; NULL: bounds are there */
};

/* blk.N.NAME.weight of a matrix that codecs work on. */
static bool is_matrix(const char *name) {
    static const char *const inner[] = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"};
    if (strncmp(name, "blk.", 4) != 0) return false;
    const char *dot = strchr(name + 4, '.');
    for (size_t i = 0; dot && i < sizeof inner / sizeof *inner; i++) {
        size_t n = strlen(inner[i]);
        if (strncmp(dot + 1, inner[i], n) == 0 && strcmp(dot + 1 + n, ".weight") == 0) return true;
    }
    return false;
}

static bool bound(struct train *t, size_t i, const struct codec_choice *choice, struct error *err) {
    struct parameter *p = t->parameters[i];
    size_t n = tensor_size(&p->value);
    struct within_bounds *b = &t->within->of[i];
    if (!is_matrix(p->name)) {
        if (!(t->within->fixed[i] = arena_new(&t->arena, float, n, err))) return false;
        memcpy(t->within->fixed[i], p->value.data, n * sizeof(float));
        return true;
    }
    if (p->value.dims != 2) return error_set(err, ERROR_DATA, "tensor '%s' is no matrix", p->name);
    struct codec_matrix m = {
        .name = p->name, .rows = p->value.shape[0], .columns = p->value.shape[1], .w = p->value.data};
    if (!codec_fits(choice, &m, err) || !(b->low = arena_new(&t->arena, float, n, err)) ||
        !(b->high = arena_new(&t->arena, float, n, err)))
        return false;
    choice->codec->cells(choice->options, &m, b->low, b->high);
    return true;
}

bool train_within_open(struct train *t, struct error *err) {
    const char *spec = t->settings.within;
    struct codec_choice *choice;
    size_t n;
    if (!spec) return true;
    if (t->settings.lora)
        return error_set(err, ERROR_USAGE,
                         "--within holds weights, and adapters have none of the model's; leave out one");
    if (t->settings.type != LM_F32)
        return error_set(err, ERROR_USAGE, "--within: rounding to another type could carry a weight out of its cell; "
                                           "give --format f32");
    if (!codec_choices(&t->arena, &spec, 1, &choice, &n, err)) return error_wrap(err, "--within");
    if (n != 1) return error_set(err, ERROR_USAGE, "--within: expected one codec, found %zu", n);
    if (!choice->codec->cells)
        return error_set(err, ERROR_USAGE,
                         "--within: '%s' gives a weight no cell of its own; rtn does", choice->codec->name);
    t->within = arena_new(&t->arena, struct within, 1, err);
    if (!t->within || !(t->within->of = arena_new(&t->arena, struct within_bounds, t->n_parameters, err)) ||
        !(t->within->fixed = arena_new(&t->arena, float *, t->n_parameters, err)))
        return false;
    for (size_t i = 0; i < t->n_parameters; i++)
        if (!bound(t, i, choice, err)) return false;
    return true;
}

bool train_within_hold(struct train *t, struct error *err) {
    if (!t->within) return true;
    for (size_t i = 0; i < t->n_parameters; i++) {
        float *w = t->parameters[i]->value.data;
        const struct within_bounds *b = &t->within->of[i];
        size_t n = tensor_size(&t->parameters[i]->value);
        if (t->within->fixed[i]) memcpy(w, t->within->fixed[i], n * sizeof *w);
        for (size_t j = 0; b->low && j < n; j++) w[j] = fminf(fmaxf(w[j], b->low[j]), b->high[j]);
        parameter_changed(t->parameters[i]);
    }
    return parameters_renew(t->parameters, t->n_parameters, t->pool, err);
}
