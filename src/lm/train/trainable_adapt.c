/* Adapters of the trainable model: making, applying, merging, writing. See trainable.h. */
#include "lm/model/arch.h"
#include "lm/model/model_head.h"
#include "lm/train/trainable_internal.h"

#include "base/rng.h"
#include "lm/files/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void trainable_adapters_free(struct lm_trainable *t) {
    for (size_t l = 0; t->adapters && l < t->shape.layers; l++)
        for (size_t i = 0; i < LM_LORA_TARGETS; i++) {
            struct parameter *const pair[2] = {&t->adapters[l][i].a, &t->adapters[l][i].b};
            for (int half = 0; half < 2; half++) {
                parameter_done(pair[half]);
                memory_free(pair[half]->value.data);
                memory_free(pair[half]->value.grad);
            }
        }
    memory_free(t->adapters);
    t->adapters = NULL;
}

static bool parameter_new(struct parameter *p, const char *name, size_t n, size_t k, struct error *err) {
    p->name = name;
    p->value = (struct tensor){.dims = 2, .shape = {n, k}};
    p->value.data = memory_zeroed(n * k, sizeof(float));
    p->value.grad = memory_zeroed(n * k, sizeof(float));
    parameter_changed(p);
    return (p->value.data && p->value.grad) || error_memory(err, name);
}

static bool adapter_new(struct lm_trainable *t, size_t l, size_t target, const struct parameter *w, uint64_t seed,
                        struct error *err) {
    struct trainable_adapter *x = &t->adapters[l][target];
    size_t rank = t->lora.rank, n = w->value.shape[0], k = w->value.shape[1];
    for (int half = 0; half < 2; half++)
        snprintf(x->names[half], TRAINABLE_NAME, "%s.lora_%c", w->name, half ? 'b' : 'a');
    x->used = true;
    if (!parameter_new(&x->a, x->names[0], rank, k, err) || !parameter_new(&x->b, x->names[1], n, rank, err))
        return false;
    char stream[32];
    snprintf(stream, sizeof stream, "lora/%s", lm_lora_target_names[target]);
    struct rng rng = rng_stream(seed, stream, l);
    for (size_t i = 0; i < rank * k; i++) x->a.value.data[i] = (float)(rng_normal(&rng) / sqrt((double)k));
    t->list[t->n_list++] = &x->a;
    t->list[t->n_list++] = &x->b;
    return true;
}

/* The base needs no gradients any more; a head does. */
static void freeze(struct lm_trainable *t) {
    for (size_t i = 0; i < t->n - t->head; i++) {
        t->parameters[i].frozen = true;
        memory_free(t->parameters[i].value.grad);
        t->parameters[i].value.grad = NULL;
    }
}

/* "blk.L.NAME.weight" among the parameters of layer l. */
static const struct parameter *matrix_of(const struct lm_trainable *t, size_t l, size_t target) {
    char name[TRAINABLE_NAME];
    snprintf(name, sizeof name, "blk.%zu.%s.weight", l, lm_lora_target_names[target]);
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->parameters[i].name, name) == 0) return &t->parameters[i];
    return NULL;
}

bool lm_trainable_adapt(struct lm_trainable *t, const struct lm_lora *lora, uint64_t seed, struct error *err) {
    if (t->adapters) return error_set(err, ERROR_USAGE, "the model has adapters already");
    struct parameter **list = memory_zeroed(2 * LM_LORA_TARGETS * t->shape.layers + 1, sizeof *list);
    t->adapters = memory_zeroed(t->shape.layers, sizeof *t->adapters);
    if (!list || !t->adapters) {
        memory_free(list);
        return error_memory(err, "adapters");
    }
    memory_free(t->list);
    t->list = list;
    t->n_list = 0;
    t->lora = *lora;
    freeze(t);
    for (size_t l = 0; l < t->shape.layers; l++)
        for (size_t i = 0; i < LM_LORA_TARGETS; i++)
            if (lora->targets[i] && !adapter_new(t, l, i, matrix_of(t, l, i), seed, err)) return false;
    if (!t->n_list) return error_set(err, ERROR_USAGE, "lora: no matrix is a target");
    if (t->head) t->list[t->n_list++] = &t->parameters[t->n - 1];
    return true;
}

static double scale_of(const struct lm_trainable *t) {
    return t->lora.alpha / (double)t->lora.rank;
}

struct tensor *trainable_adapted(const struct lm_trainable *t, struct tape *tape, size_t l, size_t target,
                                 struct tensor *x, struct tensor *y, struct error *err) {
    if (!y || !t->adapters || !t->adapters[l][target].used) return y;
    struct trainable_adapter *adapter = &t->adapters[l][target];
    struct tensor *z = tape_linear(tape, x, &adapter->a, NULL, err);
    if (!z || !(z = tape_scale(tape, z, (float)scale_of(t), err)) ||
        !(z = tape_linear(tape, z, &adapter->b, NULL, err)))
        return NULL;
    return tape_add(tape, y, z, err);
}

bool trainable_merge(const struct lm_trainable *t, size_t l, size_t target, float *values, struct error *err) {
    if (!t->adapters || !t->adapters[l][target].used) return true;
    const struct tensor *a = &t->adapters[l][target].a.value, *b = &t->adapters[l][target].b.value;
    return lm_lora_add(values, b->shape[0], a->shape[1], t->lora.rank, scale_of(t), a->data, b->data, err);
}

/* ---- writing ---- */

static bool put_head(struct gguf_writer *w, const struct lm_trainable *t, const struct lm_model *model,
                     const struct lm_extra *extra, size_t n_extra, struct error *err) {
    bool ok = gguf_put_text(w, "general.type", TEXT("adapter"), err) &&
              gguf_put_text(w, "general.architecture", text_of(arch_gguf(model)), err) &&
              gguf_put_text(w, "general.name", text_of(model->name), err) &&
              gguf_put_text(w, "adapter.type", TEXT("lora"), err) &&
              gguf_put_f32(w, "adapter.lora.alpha", (float)t->lora.alpha, err) &&
              gguf_put_text(w, "basanite.adapter.base", text_of(model->digest), err);
    for (size_t i = 0; ok && i < n_extra; i++) ok = gguf_put_text(w, extra[i].key, extra[i].value, err);
    return ok && lm_head_put_metadata(model, w, err);
}

/* Rows of b in GGUF's order, owned by the caller. */
static float *interleaved(const struct tensor *b, size_t head_size, struct error *err) {
    size_t n = b->shape[0], rank = b->shape[1];
    float *out = memory_alloc(n * rank * sizeof *out);
    if (!out) return error_memory(err, "adapter"), NULL;
    for (size_t row = 0; row < n; row++)
        memcpy(out + row * rank, b->data + lm_rope_half_row(row, head_size) * rank, rank * sizeof *out);
    return out;
}

static bool put_half(struct gguf_writer *w, const char *name, const struct tensor *x, const float *values,
                     enum lm_type type, struct error *err) {
    const struct lm_type_info *info = lm_type_find(type);
    uint64_t shape[2] = {x->shape[0], x->shape[1]};
    return gguf_put_tensor(w, name, info && shape[1] % info->block ? LM_F16 : type, 2, shape, values, err);
}

static bool put_tensors(struct gguf_writer *w, const struct lm_trainable *t, bool permuted, enum lm_type type,
                        float **rotated, struct error *err) {
    for (size_t l = 0; l < t->shape.layers; l++)
        for (size_t i = 0; i < LM_LORA_TARGETS; i++) {
            const struct trainable_adapter *x = &t->adapters[l][i];
            if (!x->used) continue;
            const float *b = x->b.value.data;
            if (i < 2 && permuted && !(b = rotated[2 * l + i] = interleaved(&x->b.value, t->shape.head_size, err)))
                return false;
            if (!put_half(w, x->names[0], &x->a.value, x->a.value.data, type, err) ||
                !put_half(w, x->names[1], &x->b.value, b, type, err))
                return false;
        }
    return true;
}

bool lm_trainable_save_adapter(const struct lm_trainable *t, const struct lm_model *model, const char *path,
                               enum lm_type type, const struct lm_extra *extra, size_t n_extra, struct error *err) {
    if (!t->adapters) return error_set(err, ERROR_USAGE, "the model has no adapters to write");
    struct gguf_writer *w = NULL;
    float **rotated = memory_zeroed(2 * t->shape.layers, sizeof *rotated); /* held until the file is written */
    bool ok = (rotated || error_memory(err, "adapter")) && (w = gguf_writer_new(path, err)) != NULL &&
              put_head(w, t, model, extra, n_extra, err) &&
              put_tensors(w, t, arch_permutes(model), type, rotated, err) && lm_head_put_tensor(model, w, err) &&
              gguf_writer_end(w, err);
    gguf_writer_free(w);
    for (size_t i = 0; rotated && i < 2 * t->shape.layers; i++) memory_free(rotated[i]);
    memory_free(rotated);
    return ok;
}
