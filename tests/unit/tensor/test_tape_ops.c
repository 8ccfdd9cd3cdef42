/* Every operation of the tape: the fast one against its naive twin, forward and back, and the twin's gradient against
 * central finite differences. In f32, and in bf16 with a wider tolerance where products take part. */
#include "../check.h"
#include "tensor/tape.h"
#include "tensor/tape_plain.h"

#include <stdlib.h>

enum { MOST_INPUTS = 3 };

/* One operation with fixed shapes. Inputs are parameters, so that each gets a gradient. */
struct op_case {
    const char *name;
    size_t n_in, dims[MOST_INPUTS], shape[MOST_INPUTS][2], out_size;
    struct tensor *(*fast)(struct tape *tape, struct parameter *in, struct error *err);
    void (*plain)(double *const *in, double *y);
    void (*plain_back)(double *const *in, const double *g, double **d);
    double range;     /* inputs are uniform in [-range, range] */
    double tolerance; /* of f32, relative to the largest value */
    double half;      /* of bf16 */
};

static const int32_t ids[] = {3, 0, 3, 6, 1};
static const int32_t positions[] = {0, 1, 5, 2, 700, 3, 3};
static const int32_t targets[] = {4, -1, 0, 36, 7, 7};
static const size_t starts_short[] = {0, 3, 3, 7};
static const size_t starts_long[] = {0, 130, 195, 260};
static double room[2 * 300];

static struct tensor *leaf(struct tape *tape, struct parameter *p, struct error *err) {
    struct tensor *t = tape_parameter(tape, p, err);
    assert_non_null(t);
    return t;
}

static struct tensor *fast_rows(struct tape *t, struct parameter *in, struct error *err) {
    return tape_rows(t, leaf(t, &in[0], err), ids, 5, err);
}
static void p_rows(double *const *in, double *y) {
    plain_rows(5, 19, in[0], ids, y);
}
static void p_rows_back(double *const *in, const double *g, double **d) {
    (void)in;
    plain_rows_back(5, 19, ids, g, d[0]);
}
static struct tensor *fast_embed(struct tape *t, struct parameter *in, struct error *err) {
    return tape_embed(t, &in[0], ids, 5, err);
}
static struct tensor *fast_linear(struct tape *t, struct parameter *in, struct error *err) {
    return tape_linear(t, leaf(t, &in[0], err), &in[1], &in[2], err);
}
static void p_linear(double *const *in, double *y) {
    plain_linear(70, 13, 21, in[0], in[1], in[2], y);
}
static void p_linear_back(double *const *in, const double *g, double **d) {
    plain_linear_back(70, 13, 21, in[0], in[1], g, d[0], d[1], d[2]);
}
static struct tensor *fast_rmsnorm(struct tape *t, struct parameter *in, struct error *err) {
    return tape_rmsnorm(t, leaf(t, &in[0], err), &in[1], 1e-3f, err);
}
static void p_rmsnorm(double *const *in, double *y) {
    plain_rmsnorm(70, 37, 1e-3, in[0], in[1], y);
}
static void p_rmsnorm_back(double *const *in, const double *g, double **d) {
    plain_rmsnorm_back(70, 37, 1e-3, in[0], in[1], g, d[0], d[1]);
}
static struct tensor *fast_rope(struct tape *t, struct parameter *in, struct error *err) {
    return tape_rope(t, leaf(t, &in[0], err), 2, 10, positions, 10000, false, err);
}
static void p_rope(double *const *in, double *y) {
    plain_rope(7, 2, 10, positions, 10000, false, in[0], y);
}
static void p_rope_back(double *const *in, const double *g, double **d) {
    (void)in;
    plain_rope_back(7, 2, 10, positions, 10000, false, g, d[0]);
}
static struct tensor *fast_rope_pairs(struct tape *t, struct parameter *in, struct error *err) {
    return tape_rope(t, leaf(t, &in[0], err), 2, 10, positions, 500, true, err);
}
static void p_rope_pairs(double *const *in, double *y) {
    plain_rope(7, 2, 10, positions, 500, true, in[0], y);
}
static void p_rope_pairs_back(double *const *in, const double *g, double **d) {
    (void)in;
    plain_rope_back(7, 2, 10, positions, 500, true, g, d[0]);
}
static struct tensor *fast_attention(struct tape *t, struct parameter *in, struct error *err) {
    return tape_attention(t, leaf(t, &in[0], err), leaf(t, &in[1], err), leaf(t, &in[2], err), 4, 2, 6, starts_short, 3,
                          err);
}
static void p_attention(double *const *in, double *y) {
    plain_attention(4, 2, 6, starts_short, 3, in[0], in[1], in[2], room, y);
}
static void p_attention_back(double *const *in, const double *g, double **d) {
    plain_attention_back(4, 2, 6, starts_short, 3, in[0], in[1], in[2], g, room, d[0], d[1], d[2]);
}
static struct tensor *fast_attention_long(struct tape *t, struct parameter *in, struct error *err) {
    return tape_attention(t, leaf(t, &in[0], err), leaf(t, &in[1], err), leaf(t, &in[2], err), 2, 2, 8, starts_long, 3,
                          err);
}
static void p_attention_long(double *const *in, double *y) {
    plain_attention(2, 2, 8, starts_long, 3, in[0], in[1], in[2], room, y);
}
static void p_attention_long_back(double *const *in, const double *g, double **d) {
    plain_attention_back(2, 2, 8, starts_long, 3, in[0], in[1], in[2], g, room, d[0], d[1], d[2]);
}
static struct tensor *fast_add(struct tape *t, struct parameter *in, struct error *err) {
    return tape_add(t, leaf(t, &in[0], err), leaf(t, &in[1], err), err);
}
static void p_add(double *const *in, double *y) {
    plain_add(69, in[0], in[1], y);
}
static void p_add_back(double *const *in, const double *g, double **d) {
    (void)in;
    plain_add_back(69, g, d[0], d[1]);
}
static struct tensor *fast_multiply(struct tape *t, struct parameter *in, struct error *err) {
    return tape_multiply(t, leaf(t, &in[0], err), leaf(t, &in[1], err), err);
}
static void p_multiply(double *const *in, double *y) {
    plain_multiply(69, in[0], in[1], y);
}
static void p_multiply_back(double *const *in, const double *g, double **d) {
    plain_multiply_back(69, in[0], in[1], g, d[0], d[1]);
}
static struct tensor *fast_scale(struct tape *t, struct parameter *in, struct error *err) {
    return tape_scale(t, leaf(t, &in[0], err), -1.75f, err);
}
static void p_scale(double *const *in, double *y) {
    plain_scale(69, -1.75, in[0], y);
}
static void p_scale_back(double *const *in, const double *g, double **d) {
    (void)in;
    plain_scale_back(69, -1.75, g, d[0]);
}
static struct tensor *fast_swiglu(struct tape *t, struct parameter *in, struct error *err) {
    return tape_swiglu(t, leaf(t, &in[0], err), leaf(t, &in[1], err), err);
}
static void p_swiglu(double *const *in, double *y) {
    plain_swiglu(69, in[0], in[1], y);
}
static void p_swiglu_back(double *const *in, const double *g, double **d) {
    plain_swiglu_back(69, in[0], in[1], g, d[0], d[1]);
}
static struct tensor *fast_logprob(struct tape *t, struct parameter *in, struct error *err) {
    return tape_logprob(t, leaf(t, &in[0], err), targets, err);
}
static void p_logprob(double *const *in, double *y) {
    plain_logprob(6, 37, in[0], targets, y);
}
static void p_logprob_back(double *const *in, const double *g, double **d) {
    plain_logprob_back(6, 37, in[0], targets, g, d[0]);
}

static const struct op_case cases[] = {
    {"rows", 1, {2}, {{7, 19}}, 5 * 19, fast_rows, p_rows, p_rows_back, 1, 1e-6, 1e-6},
    {"embed", 1, {2}, {{7, 19}}, 5 * 19, fast_embed, p_rows, p_rows_back, 1, 1e-6, 1e-6},
    {"linear", 3, {2, 2, 1}, {{70, 21}, {13, 21}, {13}}, 70 * 13, fast_linear, p_linear, p_linear_back, 1, 2e-6, 1e-2},
    {"rmsnorm", 2, {2, 1}, {{70, 37}, {37}}, 70 * 37, fast_rmsnorm, p_rmsnorm, p_rmsnorm_back, 1, 2e-6, 2e-6},
    {"rope", 1, {2}, {{7, 20}}, 140, fast_rope, p_rope, p_rope_back, 1, 1e-6, 1e-6},
    {"rope of pairs", 1, {2}, {{7, 20}}, 140, fast_rope_pairs, p_rope_pairs, p_rope_pairs_back, 1, 1e-6, 1e-6},
    {"attention",
     3,
     {2, 2, 2},
     {{7, 24}, {7, 12}, {7, 12}},
     168,
     fast_attention,
     p_attention,
     p_attention_back,
     2,
     3e-6,
     2e-2},
    {"long attention",
     3,
     {2, 2, 2},
     {{260, 16}, {260, 16}, {260, 16}},
     4160,
     fast_attention_long,
     p_attention_long,
     p_attention_long_back,
     2,
     3e-6,
     2e-2},
    {"add", 2, {2, 2}, {{3, 23}, {3, 23}}, 69, fast_add, p_add, p_add_back, 1, 1e-6, 1e-6},
    {"multiply", 2, {2, 2}, {{3, 23}, {3, 23}}, 69, fast_multiply, p_multiply, p_multiply_back, 1, 1e-6, 1e-6},
    {"scale", 1, {2}, {{3, 23}}, 69, fast_scale, p_scale, p_scale_back, 1, 1e-6, 1e-6},
    {"swiglu", 2, {2, 2}, {{3, 23}, {3, 23}}, 69, fast_swiglu, p_swiglu, p_swiglu_back, 6, 2e-6, 2e-6},
    {"logprob", 1, {2}, {{6, 37}}, 6, fast_logprob, p_logprob, p_logprob_back, 5, 2e-6, 2e-6},
};

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct data {
    struct parameter in[MOST_INPUTS];
    double *x[MOST_INPUTS], *d[MOST_INPUTS]; /* the same values, and the twin's gradients */
    size_t n[MOST_INPUTS];
    double *y, *g;
    float *weights;
};

static void data_make(const struct op_case *c, struct data *data) {
    uint32_t state = 7;
    memset(data, 0, sizeof *data);
    for (size_t i = 0; i < c->n_in; i++) {
        size_t n = c->shape[i][0] * (c->dims[i] == 2 ? c->shape[i][1] : 1);
        data->n[i] = n;
        struct parameter *p = &data->in[i];
        p->name = "input";
        p->value.dims = c->dims[i];
        memcpy(p->value.shape, c->shape[i], sizeof c->shape[i]);
        p->value.data = malloc(n * sizeof(float));
        p->value.grad = calloc(n, sizeof(float));
        data->x[i] = malloc(n * sizeof(double));
        data->d[i] = calloc(n, sizeof(double));
        for (size_t j = 0; j < n; j++)
            data->x[i][j] = p->value.data[j] = (float)(c->range * ((double)next(&state) * 0x1p-23 - 1.0));
    }
    data->y = calloc(c->out_size, sizeof(double));
    data->g = malloc(c->out_size * sizeof(double));
    data->weights = malloc(c->out_size * sizeof(float));
    for (size_t j = 0; j < c->out_size; j++)
        data->g[j] = data->weights[j] = (float)((double)next(&state) * 0x1p-23 - 1.0);
}

static void data_free(struct data *data) {
    for (size_t i = 0; i < MOST_INPUTS; i++) {
        parameter_done(&data->in[i]);
        free(data->in[i].value.data), free(data->in[i].value.grad), free(data->x[i]), free(data->d[i]);
    }
    free(data->y), free(data->g), free(data->weights);
}

static void near_all(const char *name, const char *what, const float *fast, const double *plain, size_t n,
                     double tolerance) {
    double most = 1e-3;
    for (size_t j = 0; j < n; j++) most = fmax(most, fabs(plain[j]));
    for (size_t j = 0; j < n; j++)
        if (!(fabs(fast[j] - plain[j]) <= tolerance * most))
            fail_msg("%s: %s %zu is %.9g, the plain twin says %.9g (largest %g)", name, what, j, fast[j], plain[j],
                     most);
}

/* Forward and back once; gradients are added to the parameters'. */
static void run_fast(const struct op_case *c, struct data *data, struct pool *pool, enum matmul_type type, float *y) {
    struct error err = {0};
    struct tape *tape = tape_new(pool, type, (size_t)1 << 28, &err);
    check_ok(tape);
    struct tensor *out = c->fast(tape, data->in, &err);
    check_ok(out);
    assert_int_equal(tensor_size(out), c->out_size);
    memcpy(y, out->data, c->out_size * sizeof *y);
    struct tensor *root = tape_weighted_sum(tape, out, data->weights, &err);
    check_ok(root);
    double sum = plain_weighted_sum(c->out_size, data->y, data->g), size = 0;
    for (size_t j = 0; j < c->out_size; j++) size += fabs(data->y[j] * data->g[j]);
    check_near(root->data[0], sum, (type == MATMUL_BF16 ? c->half : c->tolerance) * (1 + size));
    check_ok(tape_backward(tape, root, &err));
    tape_free(tape);
}

static void equal_their_twins(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct op_case *c = &cases[i];
        for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
            double tolerance = type == MATMUL_BF16 ? c->half : c->tolerance;
            struct data data;
            data_make(c, &data);
            float *y = malloc(c->out_size * sizeof *y);
            c->plain(data.x, data.y);
            c->plain_back(data.x, data.g, data.d);
            run_fast(c, &data, NULL, (enum matmul_type)type, y);
            near_all(c->name, "output", y, data.y, c->out_size, tolerance);
            for (size_t k = 0; k < c->n_in; k++)
                near_all(c->name, "gradient", data.in[k].value.grad, data.d[k], data.n[k], tolerance);
            /* A second walk adds the same again. */
            run_fast(c, &data, NULL, (enum matmul_type)type, y);
            for (size_t k = 0; k < c->n_in; k++) {
                for (size_t j = 0; j < data.n[k]; j++) data.d[k][j] *= 2;
                near_all(c->name, "gradient added twice", data.in[k].value.grad, data.d[k], data.n[k], tolerance);
            }
            free(y);
            data_free(&data);
        }
    }
}

static double twin_loss(const struct op_case *c, struct data *data) {
    c->plain(data->x, data->y);
    return plain_weighted_sum(c->out_size, data->y, data->g);
}

static void twins_equal_finite_differences(void **state) {
    (void)state;
    const double h = 1e-5;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct op_case *c = &cases[i];
        struct data data;
        data_make(c, &data);
        c->plain_back(data.x, data.g, data.d);
        for (size_t k = 0; k < c->n_in; k++) {
            size_t step = 1 + data.n[k] / 200; /* of long inputs a sample */
            for (size_t j = 0; j < data.n[k]; j += step) {
                double x = data.x[k][j];
                data.x[k][j] = x + h;
                double above = twin_loss(c, &data);
                data.x[k][j] = x - h;
                double below = twin_loss(c, &data), slope = (above - below) / (2 * h);
                data.x[k][j] = x;
                if (!(fabs(slope - data.d[k][j]) <= 1e-7 * (1 + fabs(slope))))
                    fail_msg("%s: input %zu, element %zu: gradient %.12g, slope %.12g", c->name, k, j, data.d[k][j],
                             slope);
            }
        }
        data_free(&data);
    }
}

static void do_not_depend_on_threads(void **state) {
    (void)state;
    struct error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct op_case *c = &cases[i];
        for (int type = MATMUL_F32; type <= MATMUL_BF16; type++) {
            float *y = malloc(c->out_size * sizeof *y), *one = malloc(c->out_size * sizeof *one);
            struct data first, data;
            data_make(c, &first);
            c->plain(first.x, first.y);
            run_fast(c, &first, NULL, (enum matmul_type)type, one);
            for (size_t threads = 1; threads <= 3; threads++) {
                struct pool *pool = pool_new(threads, &err);
                check_ok(pool);
                data_make(c, &data);
                c->plain(data.x, data.y);
                run_fast(c, &data, pool, (enum matmul_type)type, y);
                assert_memory_equal(y, one, c->out_size * sizeof *y);
                for (size_t k = 0; k < c->n_in; k++)
                    assert_memory_equal(data.in[k].value.grad, first.in[k].value.grad, data.n[k] * sizeof *y);
                data_free(&data);
                pool_free(pool);
            }
            data_free(&first);
            free(y), free(one);
        }
    }
}

static void survive_nan(void **state) {
    (void)state;
    struct error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct op_case *c = &cases[i];
        struct data data;
        data_make(c, &data);
        data.in[0].value.data[0] = NAN;
        struct tape *tape = tape_new(NULL, MATMUL_BF16, (size_t)1 << 28, &err);
        check_ok(tape);
        struct tensor *out = c->fast(tape, data.in, &err), *root;
        check_ok(out);
        check_ok(root = tape_weighted_sum(tape, out, data.weights, &err));
        check_ok(tape_backward(tape, root, &err));
        assert_true(isnan(root->data[0]));
        tape_free(tape);
        data_free(&data);
    }
}

static void fail_cleanly_without_memory(void **state) {
    (void)state;
    struct error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct op_case *c = &cases[i];
        bool done = false;
        for (uint64_t nth = 1; nth < 400 && !done; nth++) {
            struct data data;
            data_make(c, &data);
            error_clear(&err);
            memory_fail_at(nth);
            struct tape *tape = tape_new(NULL, MATMUL_BF16, (size_t)1 << 28, &err);
            struct tensor *out = NULL, *root = NULL;
            /* Leaves are made before the operation: the first allocations are theirs, so start behind them. */
            if (tape && nth > 4) out = c->fast(tape, data.in, &err);
            if (out) root = tape_weighted_sum(tape, out, data.weights, &err);
            done = root && tape_backward(tape, root, &err);
            memory_fail_at(0);
            if (!done && nth > 4) {
                assert_int_equal(err.kind, ERROR_ENVIRONMENT);
                assert_non_null(strstr(err.message, "out of memory"));
            }
            tape_free(tape);
            data_free(&data);
        }
        if (!done) fail_msg("%s never succeeded", c->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_their_twins),           cmocka_unit_test(twins_equal_finite_differences),
        cmocka_unit_test(do_not_depend_on_threads),    cmocka_unit_test(survive_nan),
        cmocka_unit_test(fail_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
