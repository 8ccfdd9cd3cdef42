/* The tape as a whole: a small tied Llama learns, equal bits for any threads and after a reset, tied gradients add up,
 * frozen parameters stay, errors are named, limits hold. */
#include "../check.h"
#include "tensor/tape.h"
#include "tensor/tape_plain.h"

#include <stdlib.h>

enum { WORDS = 40, WIDTH = 24, HEADS = 3, SIZE = 8, INNER = 36, ROWS = 150, N = 10 };

struct model {
    struct parameter p[N]; /* embedding, q, k, v, o, gate, up, down, two gains */
    float *data;
    int32_t ids[ROWS], targets[ROWS], positions[ROWS];
    size_t starts[4];
    float weights[ROWS];
};

static const size_t model_shape[N][2] = {{WORDS, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH},
                                         {INNER, WIDTH}, {INNER, WIDTH}, {WIDTH, INNER}, {WIDTH, 0},     {WIDTH, 0}};

static void model_make(struct model *m) {
    uint32_t state = 99;
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < N; i++) {
        bool gain = model_shape[i][1] == 0;
        size_t n = model_shape[i][0] * (gain ? 1 : model_shape[i][1]);
        m->p[i] = (struct parameter){.name = "p", .value = {.dims = gain ? 1 : 2}};
        memcpy(m->p[i].value.shape, model_shape[i], sizeof model_shape[i]);
        m->p[i].value.data = malloc(n * sizeof(float));
        m->p[i].value.grad = calloc(n, sizeof(float));
        for (size_t j = 0; j < n; j++) {
            state = state * 1664525u + 1013904223u;
            m->p[i].value.data[j] = gain ? 1.0f : 0.3f * (float)((double)(state >> 8) * 0x1p-23 - 1.0);
        }
    }
    size_t starts[4] = {0, 70, 75, ROWS};
    memcpy(m->starts, starts, sizeof starts);
    for (size_t i = 0; i < ROWS; i++) {
        size_t first = i >= 75 ? 75 : i >= 70 ? 70 : 0;
        m->positions[i] = (int32_t)(i - first);
        m->ids[i] = (int32_t)(i * 7 % WORDS);
        m->targets[i] = i % 11 == 0 ? -1 : (int32_t)((i + 1) * 7 % WORDS);
        m->weights[i] = -1.0f / ROWS;
    }
}

static void model_free(struct model *m) {
    for (size_t i = 0; i < N; i++) {
        parameter_done(&m->p[i]);
        free(m->p[i].value.data), free(m->p[i].value.grad);
    }
}

static struct tensor *model_loss(struct model *m, struct tape *t, struct error *err) {
    struct parameter *p = m->p;
    struct tensor *x, *y, *q, *k, *v;
    if (!(x = tape_embed(t, &p[0], m->ids, ROWS, err)) || !(y = tape_rmsnorm(t, x, &p[8], 1e-5f, err)) ||
        !(q = tape_linear(t, y, &p[1], NULL, err)) || !(k = tape_linear(t, y, &p[2], NULL, err)) ||
        !(v = tape_linear(t, y, &p[3], NULL, err)) ||
        !(q = tape_rope(t, q, HEADS, SIZE, m->positions, 10000, false, err)) ||
        !(k = tape_rope(t, k, HEADS, SIZE, m->positions, 10000, false, err)) ||
        !(y = tape_attention(t, q, k, v, HEADS, HEADS, SIZE, m->starts, 3, err)) ||
        !(y = tape_linear(t, y, &p[4], NULL, err)) || !(x = tape_add(t, x, y, err)) ||
        !(y = tape_rmsnorm(t, x, &p[9], 1e-5f, err)) || !(q = tape_linear(t, y, &p[5], NULL, err)) ||
        !(k = tape_linear(t, y, &p[6], NULL, err)) || !(y = tape_swiglu(t, q, k, err)) ||
        !(y = tape_linear(t, y, &p[7], NULL, err)) || !(x = tape_add(t, x, y, err)) ||
        !(x = tape_linear(t, x, &p[0], NULL, err)) || !(x = tape_logprob(t, x, m->targets, err)))
        return NULL;
    return tape_weighted_sum(t, x, m->weights, err);
}

/* Trains a little; returns the last loss, and the embedding in *out. */
static float train(enum matmul_type type, size_t threads, int steps, float out[WORDS * WIDTH]) {
    struct error err = {0};
    struct model m;
    model_make(&m);
    struct pool *pool = threads ? pool_new(threads, &err) : NULL;
    struct tape *tape = tape_new(pool, type, (size_t)1 << 28, &err);
    struct parameter *list[N];
    for (size_t i = 0; i < N; i++) list[i] = &m.p[i];
    struct adamw_options options = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .clip = 1};
    struct adamw *adamw = adamw_new(list, N, options, &err);
    check_ok(tape && adamw);
    float value = 0;
    for (int i = 0; i < steps; i++) {
        tape_reset(tape);
        struct tensor *root = model_loss(&m, tape, &err);
        check_ok(root);
        value = root->data[0];
        check_ok(tape_backward(tape, root, &err));
        check_ok(adamw_step(adamw, pool, 0.01, NULL, NULL, &err));
    }
    memcpy(out, m.p[0].value.data, WORDS * WIDTH * sizeof *out);
    adamw_free(adamw);
    tape_free(tape);
    pool_free(pool);
    model_free(&m);
    return value;
}

static float one[WORDS * WIDTH], other[WORDS * WIDTH];

static void learns_with_any_threads(void **state) {
    (void)state;
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        float first = train((enum matmul_type)type, 0, 1, one), last = train((enum matmul_type)type, 0, 40, one);
        assert_true(first > 3.0f && last < 0.5f);
        for (size_t threads = 1; threads <= 3; threads++) {
            assert_true(train((enum matmul_type)type, threads, 40, other) == last);
            assert_memory_equal(one, other, sizeof one);
        }
    }
}

static double loss_at(struct model *m, size_t i, size_t j, float by) {
    struct error err = {0};
    struct tape *tape = tape_new(NULL, MATMUL_F32, (size_t)1 << 28, &err);
    float *at = &m->p[i].value.data[j], before = *at;
    *at = before + by;
    for (size_t k = 0; k < N; k++) parameter_changed(&m->p[k]);
    struct tensor *root = model_loss(m, tape, &err);
    check_ok(root);
    double value = root->data[0];
    *at = before;
    tape_free(tape);
    return value;
}

/* The embedding is used twice; both uses must add up in its gradient. f32 losses near 4 have steps of 2.4e-7, so slopes
 * over 0.02 are exact to about 3e-5, and the curvature adds to that. */
static void tied_gradients_equal_slopes(void **state) {
    (void)state;
    struct error err = {0};
    struct model m;
    model_make(&m);
    struct tape *tape = tape_new(NULL, MATMUL_F32, (size_t)1 << 28, &err);
    struct tensor *root = model_loss(&m, tape, &err);
    check_ok(root);
    check_ok(tape_backward(tape, root, &err));
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 8; j++) {
            size_t n = tensor_size(&m.p[i].value), at = j * 37 % n;
            double slope = (loss_at(&m, i, at, 0.01f) - loss_at(&m, i, at, -0.01f)) / 0.02;
            check_near(m.p[i].value.grad[at], slope, 2e-4 + 0.01 * fabs(slope));
        }
    }
    tape_free(tape);
    model_free(&m);
}

static void resets_to_the_same(void **state) {
    (void)state;
    struct error err = {0};
    struct model m;
    model_make(&m);
    struct tape *tape = tape_new(NULL, MATMUL_BF16, (size_t)1 << 28, &err);
    float first = 0;
    size_t bytes = 0;
    for (int i = 0; i < 4; i++) {
        tape_reset(tape);
        struct tensor *root = model_loss(&m, tape, &err);
        check_ok(root);
        check_ok(tape_backward(tape, root, &err));
        if (i) assert_true(root->data[0] == first && tape_bytes(tape) == bytes);
        first = root->data[0], bytes = tape_bytes(tape);
    }
    struct tape_profile profile[TAPE_OPS_MOST];
    assert_int_equal(tape_profile_read(tape, profile), 9);
    tape_free(tape);
    /* One byte less than needed is refused by name. */
    tape = tape_new(NULL, MATMUL_BF16, bytes - 1, &err);
    struct tensor *root = model_loss(&m, tape, &err);
    assert_true(!root || !tape_backward(tape, root, &err));
    assert_non_null(strstr(err.message, "the tape holds"));
    tape_free(tape);
    model_free(&m);
}

static void frozen_parameters_get_nothing(void **state) {
    (void)state;
    struct error err = {0};
    struct model m;
    model_make(&m);
    for (size_t i = 0; i < N; i++) m.p[i].frozen = i != 5;
    struct tape *tape = tape_new(NULL, MATMUL_F32, (size_t)1 << 28, &err);
    struct tensor *root = model_loss(&m, tape, &err);
    check_ok(root);
    check_ok(tape_backward(tape, root, &err));
    for (size_t i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = 0; j < tensor_size(&m.p[i].value); j++) sum += fabs(m.p[i].value.grad[j]);
        assert_true(i == 5 ? sum > 0 : sum == 0);
    }
    m.p[5].frozen = true; /* nothing to train at all: still no error */
    tape_reset(tape);
    check_ok(root = model_loss(&m, tape, &err));
    check_ok(tape_backward(tape, root, &err));
    tape_free(tape);
    model_free(&m);
}

static void results_may_be_used_twice(void **state) {
    (void)state;
    struct error err = {0};
    float data[3] = {1, -2, 3}, grad[3] = {0}, ones[3] = {1, 1, 1};
    size_t shape = 3;
    struct parameter p = {.name = "x", .value = {.dims = 1, .shape = {3}, .data = data, .grad = grad}};
    struct tape *tape = tape_new(NULL, MATMUL_F32, 1 << 20, &err);
    struct tensor *x = tape_parameter(tape, &p, &err), *y = tape_scale(tape, x, 2, &err);
    struct tensor *square = tape_multiply(tape, y, y, &err); /* 4 x^2 */
    struct tensor *gated = tape_swiglu(tape, y, y, &err);    /* 4 x^2 sigmoid(2 x) */
    struct tensor *constant = tape_constant(tape, ones, 1, &shape, &err);
    struct tensor *sum = tape_add(tape, tape_add(tape, square, gated, &err), constant, &err);
    struct tensor *root = tape_weighted_sum(tape, sum, ones, &err);
    check_ok(root);
    check_ok(tape_backward(tape, root, &err));
    for (size_t i = 0; i < 3; i++) {
        double v = data[i], s = 1 / (1 + exp(-2 * v));
        check_near(grad[i], 8 * v + 8 * v * s + 8 * v * v * s * (1 - s), 1e-5);
    }
    tape_free(tape);
}

/* Against its plain twin, forward and back, also where a gradient is there already. */
static void means_are_means(void **state) {
    (void)state;
    struct error err = {0};
    enum { M = 7, D = 3, S = 3 };
    const size_t starts[S + 1] = {0, 1, 5, 7};
    float data[M * D], grad[M * D] = {0}, weights[S * D], ones[M * D];
    double x[M * D], y[S * D], g[S * D], dx[M * D] = {0};
    for (size_t i = 0; i < M * D; i++) x[i] = data[i] = (float)(i * i % 11) - 4, ones[i] = 1;
    for (size_t i = 0; i < S * D; i++) g[i] = weights[i] = (float)i - 3.5f;
    plain_means(S, D, starts, x, y);
    plain_means_back(S, D, starts, g, dx);
    struct parameter p = {.name = "x", .value = {.dims = 2, .shape = {M, D}, .data = data, .grad = grad}};
    struct tape *t = tape_new(NULL, MATMUL_F32, 1 << 20, &err);
    struct tensor *in = tape_parameter(t, &p, &err), *means = tape_means(t, in, starts, S, &err);
    check_ok(means);
    for (size_t i = 0; i < S * D; i++) check_near(means->data[i], y[i], 1e-6);
    struct tensor *root =
        tape_add(t, tape_weighted_sum(t, means, weights, &err), tape_weighted_sum(t, in, ones, &err), &err);
    check_ok(root);
    check_ok(tape_backward(t, root, &err));
    for (size_t i = 0; i < M * D; i++) check_near(grad[i], dx[i] + 1, 1e-6);
    const size_t empty[S + 1] = {0, 1, 1, 7}, less[S + 1] = {0, 1, 5, 6};
    check_fails(tape_means(t, in, empty, S, &err), ERROR_DATA, "none empty");
    check_fails(tape_means(t, in, less, S, &err), ERROR_DATA, "all 7 rows");
    tape_free(t);
}

static void errors_name_the_shapes(void **state) {
    (void)state;
    struct error err = {0};
    float data[60] = {0};
    struct parameter w = {.name = "q.weight", .value = {.dims = 2, .shape = {5, 6}, .data = data}};
    struct parameter b = {.name = "q.bias", .value = {.dims = 1, .shape = {4}, .data = data}};
    struct tape *t = tape_new(NULL, MATMUL_F32, 1 << 20, &err), *u = tape_new(NULL, MATMUL_F32, 1 << 20, &err);
    size_t three[2] = {2, 3}, six[2] = {2, 6}, cube[3] = {2, 3, 1};
    struct tensor *x = tape_constant(t, data, 2, three, &err), *y = tape_constant(t, data, 2, six, &err);
    struct tensor *z = tape_constant(t, data, 3, cube, &err), *far = tape_constant(u, data, 2, three, &err);
    const int32_t bad[] = {0, 5}, below[] = {-1, 0};
    const size_t starts[] = {0, 1, 3}, turned[] = {0, 3, 2};
    check_fails(tape_linear(t, x, &w, NULL, &err), ERROR_DATA, "[2, 3], weights 'q.weight' have shape [5, 6]");
    check_fails(tape_linear(t, y, &w, &b, &err), ERROR_DATA, "bias 'q.bias' has shape [4], expected [5]");
    check_fails(tape_linear(t, z, &w, NULL, &err), ERROR_DATA, "[2, 3, 1], expected two dimensions");
    check_fails(tape_linear(t, far, &w, NULL, &err), ERROR_DATA, "another tape");
    check_fails(tape_embed(t, &w, bad, 2, &err), ERROR_DATA, "id 1 is 5, expected 0 to 4");
    check_fails(tape_embed(t, &b, bad, 1, &err), ERROR_DATA, "q.bias");
    check_fails(tape_rows(t, x, below, 2, &err), ERROR_DATA, "id 0 is -1");
    check_fails(tape_add(t, x, y, &err), ERROR_DATA, "add: the shapes [2, 3] and [2, 6] differ");
    check_fails(tape_multiply(t, x, z, &err), ERROR_DATA, "multiply");
    check_fails(tape_swiglu(t, x, far, &err), ERROR_DATA, "swiglu");
    check_fails(tape_rmsnorm(t, x, &b, 0, &err), ERROR_DATA, "expected [3]");
    check_fails(tape_rope(t, x, 1, 3, below, 1e4f, false, &err), ERROR_DATA, "even head size");
    check_fails(tape_rope(t, y, 1, 6, below, 1e4f, false, &err), ERROR_DATA, "position 0 is -1");
    check_fails(tape_attention(t, y, x, x, 2, 1, 2, starts, 1, &err), ERROR_DATA, "attention: q [2, 6]");
    check_fails(tape_attention(t, y, x, x, 3, 2, 2, starts, 1, &err), ERROR_DATA, "cannot share");
    check_fails(tape_attention(t, y, x, x, 2, 1, 3, starts, 2, &err), ERROR_DATA, "row 2");
    check_fails(tape_attention(t, y, x, x, 2, 1, 3, turned, 2, &err), ERROR_DATA, "segment 1 starts at row 3");
    check_fails(tape_logprob(t, x, bad, &err), ERROR_DATA, "target 1 is 5, expected below 3");
    check_fails(tape_backward(t, x, &err), ERROR_DATA, "one element, not [2, 3]");
    tape_free(t);
    tape_free(u);
}

/* The middle segment alone must give the log-probabilities that it has among others, to the bit. */
static void rows_do_not_depend_on_the_batch(void **state) {
    (void)state;
    struct error err = {0};
    for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
        struct model m;
        model_make(&m);
        struct tape *t = tape_new(NULL, (enum matmul_type)type, (size_t)1 << 28, &err);
        float all[ROWS];
        for (int alone = 0; alone < 2; alone++) {
            size_t first = alone ? 75 : 0, n = ROWS - first, together[] = {0, 70, 75, ROWS}, single[] = {0, n};
            struct tensor *x, *q, *y;
            tape_reset(t);
            check_ok(x = tape_embed(t, &m.p[0], m.ids + first, n, &err));
            check_ok(q = tape_linear(t, x, &m.p[1], NULL, &err));
            check_ok(q = tape_rope(t, q, HEADS, SIZE, m.positions + first, 10000, true, &err));
            check_ok(
                y = tape_attention(t, q, q, x, HEADS, HEADS, SIZE, alone ? single : together, alone ? 1 : 3, &err));
            check_ok(y = tape_rmsnorm(t, y, &m.p[8], 1e-5f, &err));
            check_ok(y = tape_linear(t, y, &m.p[0], NULL, &err));
            check_ok(y = tape_logprob(t, y, m.targets + first, &err));
            if (alone)
                assert_memory_equal(y->data, all + first, n * sizeof *all);
            else
                memcpy(all, y->data, sizeof all);
        }
        tape_free(t);
        model_free(&m);
    }
}

static void empty_batches_work(void **state) {
    (void)state;
    struct error err = {0};
    float data[30] = {0}, grad[30] = {0};
    struct parameter w = {.name = "w", .value = {.dims = 2, .shape = {5, 6}, .data = data, .grad = grad}};
    struct tape *t = tape_new(NULL, MATMUL_BF16, 1 << 20, &err);
    const size_t starts[] = {0, 0};
    struct tensor *x, *root;
    check_ok(x = tape_embed(t, &w, NULL, 0, &err));
    check_ok(x = tape_attention(t, x, x, x, 1, 1, 6, starts, 1, &err));
    check_ok(x = tape_linear(t, x, &w, NULL, &err));
    check_ok(x = tape_logprob(t, x, NULL, &err));
    check_ok(root = tape_weighted_sum(t, x, NULL, &err));
    check_ok(tape_backward(t, root, &err));
    assert_true(root->data[0] == 0);
    parameter_done(&w);
    tape_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_with_any_threads),
        cmocka_unit_test(tied_gradients_equal_slopes),
        cmocka_unit_test(resets_to_the_same),
        cmocka_unit_test(frozen_parameters_get_nothing),
        cmocka_unit_test(results_may_be_used_twice),
        cmocka_unit_test(means_are_means),
        cmocka_unit_test(errors_name_the_shapes),
        cmocka_unit_test(empty_batches_work),
        cmocka_unit_test(rows_do_not_depend_on_the_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
