/* Speed of training: a Llama of 4 layers (width 256, 4 heads of 64, feed-forward 512, vocabulary 3072, tied embedding)
 * on 8 x 512 tokens, made of the operations of tensor/tape.h. Prints tokens and GFLOP a second, counted as 6 x
 * parameters x tokens, and the time by operation, forward and back.
 *
 *     bench_train [THREADS [STEPS [f32|bf16]]] */
#include "tensor/kernel.h"
#include "tensor/tape.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LAYERS = 4, WIDTH = 256, HEADS = 4, SIZE = 64, INNER = 512, WORDS = 3072, BATCH = 8, LENGTH = 512 };
enum { ROWS = BATCH * LENGTH, PER_LAYER = 9, N_PARAMETERS = 2 + LAYERS * PER_LAYER };
enum { Q, K, V, O, GATE, UP, DOWN, NORM1, NORM2 };
enum op { EMBED, LINEAR, NORM, ROPE, ATTENTION, ADD, SWIGLU, LOGITS, LOSS, BACKWARD, OPTIMISER, N_OPS };

static const char *const op_names[N_OPS] = {"embed",  "linear", "rmsnorm", "rope",     "attention", "add",
                                            "swiglu", "logits", "logprob", "backward", "adamw"};

struct model {
    struct parameter parameters[N_PARAMETERS];
    struct parameter *embedding, *last_norm, *layers;
    double seconds[N_OPS];
    double mark;
    int32_t ids[ROWS], targets[ROWS], positions[ROWS];
    size_t starts[BATCH + 1];
    float weights[ROWS];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void spent(struct model *m, enum op op) {
    double t = now();
    m->seconds[op] += t - m->mark;
    m->mark = t;
}

static bool parameter_make(struct parameter *p, const char *name, size_t rows, size_t columns, struct error *err) {
    size_t n = rows * columns;
    *p = (struct parameter){
        .name = name, .value.dims = rows > 1 ? 2 : 1, .value.shape = {rows > 1 ? rows : columns, columns}};
    p->value.data = memory_aligned(64, n * sizeof(float));
    p->value.grad = memory_zeroed(n, sizeof(float));
    if (!p->value.data || !p->value.grad) return error_memory(err, name);
    uint32_t state = 12345;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        p->value.data[i] = rows > 1 ? (float)(int32_t)state * 0x1p-31f * 0.04f : 1.0f;
    }
    return true;
}

static bool model_make(struct model *m, struct error *err) {
    static const struct {
        const char *name;
        size_t rows, columns;
    } layer[PER_LAYER] = {{"q", WIDTH, WIDTH},    {"k", WIDTH, WIDTH},    {"v", WIDTH, WIDTH},
                          {"o", WIDTH, WIDTH},    {"gate", INNER, WIDTH}, {"up", INNER, WIDTH},
                          {"down", WIDTH, INNER}, {"norm1", 1, WIDTH},    {"norm2", 1, WIDTH}};
    m->embedding = &m->parameters[0], m->last_norm = &m->parameters[1], m->layers = &m->parameters[2];
    if (!parameter_make(m->embedding, "embedding", WORDS, WIDTH, err) ||
        !parameter_make(m->last_norm, "norm", 1, WIDTH, err))
        return false;
    for (size_t l = 0; l < LAYERS; l++)
        for (size_t i = 0; i < PER_LAYER; i++)
            if (!parameter_make(&m->layers[l * PER_LAYER + i], layer[i].name, layer[i].rows, layer[i].columns, err))
                return false;
    uint32_t state = 1;
    for (size_t i = 0; i < ROWS; i++) {
        state = state * 1664525u + 1013904223u;
        m->ids[i] = (int32_t)((state >> 8) % WORDS);
        m->positions[i] = (int32_t)(i % LENGTH);
        m->weights[i] = -1.0f / ROWS;
    }
    for (size_t i = 0; i < ROWS; i++) m->targets[i] = m->ids[(i + 1) % ROWS];
    for (size_t s = 0; s <= BATCH; s++) m->starts[s] = s * LENGTH;
    return true;
}

static struct tensor *attend(struct model *m, struct tape *tape, struct parameter *w, struct tensor *x,
                             struct error *err) {
    struct tensor *q = tape_linear(tape, x, &w[Q], NULL, err), *k = q ? tape_linear(tape, x, &w[K], NULL, err) : NULL;
    struct tensor *v = k ? tape_linear(tape, x, &w[V], NULL, err) : NULL;
    spent(m, LINEAR);
    q = v ? tape_rope(tape, q, HEADS, SIZE, m->positions, 10000.0f, false, err) : NULL;
    k = q ? tape_rope(tape, k, HEADS, SIZE, m->positions, 10000.0f, false, err) : NULL;
    spent(m, ROPE);
    struct tensor *a = k ? tape_attention(tape, q, k, v, HEADS, HEADS, SIZE, m->starts, BATCH, err) : NULL;
    spent(m, ATTENTION);
    a = a ? tape_linear(tape, a, &w[O], NULL, err) : NULL;
    spent(m, LINEAR);
    return a;
}

static struct tensor *feed_forward(struct model *m, struct tape *tape, struct parameter *w, struct tensor *x,
                                   struct error *err) {
    struct tensor *gate = tape_linear(tape, x, &w[GATE], NULL, err);
    struct tensor *up = gate ? tape_linear(tape, x, &w[UP], NULL, err) : NULL;
    spent(m, LINEAR);
    struct tensor *inner = up ? tape_swiglu(tape, gate, up, err) : NULL;
    spent(m, SWIGLU);
    struct tensor *y = inner ? tape_linear(tape, inner, &w[DOWN], NULL, err) : NULL;
    spent(m, LINEAR);
    return y;
}

static struct tensor *norm(struct model *m, struct tape *tape, struct tensor *x, struct parameter *gain,
                           struct error *err) {
    struct tensor *y = x ? tape_rmsnorm(tape, x, gain, 1e-5f, err) : NULL;
    spent(m, NORM);
    return y;
}

static struct tensor *add(struct model *m, struct tape *tape, struct tensor *a, struct tensor *b, struct error *err) {
    struct tensor *y = b ? tape_add(tape, a, b, err) : NULL;
    spent(m, ADD);
    return y;
}

static struct tensor *loss(struct model *m, struct tape *tape, struct error *err) {
    struct tensor *x = tape_embed(tape, m->embedding, m->ids, ROWS, err);
    spent(m, EMBED);
    for (size_t l = 0; l < LAYERS && x; l++) {
        struct parameter *w = m->layers + l * PER_LAYER;
        struct tensor *y = norm(m, tape, x, &w[NORM1], err);
        x = add(m, tape, x, y ? attend(m, tape, w, y, err) : NULL, err);
        y = norm(m, tape, x, &w[NORM2], err);
        x = add(m, tape, x, y ? feed_forward(m, tape, w, y, err) : NULL, err);
    }
    x = norm(m, tape, x, m->last_norm, err);
    struct tensor *logits = x ? tape_linear(tape, x, m->embedding, NULL, err) : NULL;
    spent(m, LOGITS);
    struct tensor *logprob = logits ? tape_logprob(tape, logits, m->targets, err) : NULL;
    struct tensor *root = logprob ? tape_weighted_sum(tape, logprob, m->weights, err) : NULL;
    spent(m, LOSS);
    return root;
}

static bool step(struct model *m, struct tape *tape, struct pool *pool, struct adamw *adamw, float *value,
                 struct error *err) {
    tape_reset(tape);
    m->mark = now();
    struct tensor *root = loss(m, tape, err);
    if (!root || !tape_backward(tape, root, err)) return false;
    *value = root->data[0];
    spent(m, BACKWARD);
    double length;
    bool ok = adamw_step(adamw, pool, 1e-3, NULL, &length, err);
    spent(m, OPTIMISER);
    return ok;
}

static void report(const struct model *m, size_t steps, double seconds, const struct tape *tape) {
    size_t n = 0;
    for (size_t i = 0; i < N_PARAMETERS; i++) n += tensor_size(&m->parameters[i].value);
    double tokens = (double)ROWS * (double)steps / seconds;
    printf("%.0f tokens/s, %.1f GFLOP/s (%zu parameters), %.1f ms a step, %.0f MB on the tape\n", tokens,
           6e-9 * (double)n * tokens, n, 1e3 * seconds / (double)steps, (double)tape_bytes(tape) / 1e6);
    for (size_t i = 0; i < N_OPS; i++) printf("  %-10s %7.2f ms\n", op_names[i], 1e3 * m->seconds[i] / (double)steps);
    struct tape_profile profile[TAPE_OPS_MOST];
    size_t ops = tape_profile_read(tape, profile);
    for (size_t i = 0; i < ops; i++)
        printf("  back %-10s %7.2f ms\n", profile[i].op, 1e3 * profile[i].seconds / (double)steps);
}

int main(int argc, char **argv) {
    struct error err = {0};
    uint64_t threads = 2, steps = 10;
    if (argc > 1 && !text_to_u64(text_of(argv[1]), &threads)) return 2;
    if (argc > 2 && (!text_to_u64(text_of(argv[2]), &steps) || steps == 0)) return 2;
    enum matmul_type type = argc > 3 && strcmp(argv[3], "f32") == 0 ? MATMUL_F32 : MATMUL_BF16;
    struct model *m = memory_zeroed(1, sizeof *m);
    struct pool *pool = pool_new(threads, &err);
    struct tape *tape = m && pool ? tape_new(pool, type, (size_t)4 << 30, &err) : NULL;
    struct parameter *list[N_PARAMETERS];
    struct adamw *adamw = NULL;
    char name[128];
    float value = 0, first = 0;
    bool ok = tape && model_make(m, &err) && matmul_describe(type, name, sizeof name, &err);
    for (size_t i = 0; i < N_PARAMETERS; i++) list[i] = m ? &m->parameters[i] : NULL;
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.1, .clip = 1};
    ok = ok && (adamw = adamw_new(list, N_PARAMETERS, options, &err));
    for (size_t i = 0; i < 2 && ok; i++) ok = step(m, tape, pool, adamw, &first, &err);
    if (ok) memset(m->seconds, 0, sizeof m->seconds);
    if (ok) tape_profile_clear(tape);
    double start = now();
    for (size_t i = 0; i < steps && ok; i++) ok = step(m, tape, pool, adamw, &value, &err);
    if (ok) {
        printf("%s, %zu threads, kernels %s: loss %.4f to %.4f\n", name, pool_threads(pool), kernels()->name, first,
               value);
        report(m, steps, now() - start, tape);
    } else {
        fprintf(stderr, "bench_train: %s\n", err.message);
    }
    adamw_free(adamw);
    for (size_t i = 0; m && i < N_PARAMETERS; i++) {
        parameter_done(&m->parameters[i]);
        memory_free(m->parameters[i].value.data);
        memory_free(m->parameters[i].value.grad);
    }
    tape_free(tape);
    pool_free(pool);
    memory_free(m);
    return ok ? 0 : 1;
}
