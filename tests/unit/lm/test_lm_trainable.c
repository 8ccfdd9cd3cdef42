/* The trainable twin: same logits as the engine, packed sequences do not see one another, gradients against finite
 * differences, values there and back. */
#include "tiny_model.h"

#include "lm/train/trainable.h"

static const struct lm_shape small = {.layers = 2,
                                      .width = 16,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_size = 6,
                                      .hidden = 20,
                                      .vocabulary = 13,
                                      .context = 32,
                                      .norm_eps = 1e-5f,
                                      .rope_base = 100.0f};

struct fixture {
    struct lm_model *model;
    struct lm_trainable *trainable;
    struct tape *tape;
    struct error err;
};

static void fixture_init(struct fixture *f, bool tied, bool interleaved) {
    struct lm_shape shape = small;
    shape.tied = tied;
    shape.rope_interleaved = interleaved;
    *f = (struct fixture){.model = tiny_model_new(&shape, MATMUL_F32, 21)};
    f->trainable = lm_trainable_new(f->model, &f->err);
    f->tape = tape_new(NULL, MATMUL_F32, 1 << 26, &f->err);
    if (!f->trainable || !f->tape) fail_msg("%s", f->err.message);
}

static void fixture_done(struct fixture *f) {
    tape_free(f->tape);
    lm_trainable_free(f->trainable);
    tiny_model_free(f->model);
}

static void logits_match_the_engine(void **state) {
    struct error err = {0};
    int32_t ids[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};
    size_t starts[] = {0, 7, 8, 20};
    for (int mode = 0; mode < 4; mode++) {
        struct fixture f;
        fixture_init(&f, mode & 1, mode & 2);
        struct lm_engine *e = lm_engine_new(f.model, NULL, (struct lm_engine_options){0}, &err);
        check_ok(e);
        struct tensor *x = lm_trainable_logits(f.trainable, f.tape, ids, 20, starts, 3, &err);
        check_ok(x);
        assert_int_equal(x->shape[0], 20);
        assert_int_equal(x->shape[1], 13);
        for (size_t s = 0; s < 3; s++) {
            float expected[20 * 13];
            size_t n = starts[s + 1] - starts[s];
            check_ok(lm_logits(e, ids + starts[s], n, expected, &err));
            for (size_t i = 0; i < n * 13; i++)
                check_near((double)x->data[starts[s] * 13 + i], (double)expected[i], 2e-4);
        }
        lm_engine_free(e);
        fixture_done(&f);
    }
}

static double loss_of(struct fixture *f, bool backward) {
    struct error err = {0};
    static const int32_t ids[] = {3, 1, 4, 1, 5, 9, 2, 6, 5}, targets[] = {1, 4, 1, -1, 9, 2, 6, 5, -1};
    size_t starts[] = {0, 4, 9};
    float weights[9];
    for (size_t i = 0; i < 9; i++) weights[i] = 0.1f * (float)(i + 1);
    tape_reset(f->tape);
    struct tensor *x = lm_trainable_logits(f->trainable, f->tape, ids, 9, starts, 2, &err);
    if (x) x = tape_logprob(f->tape, x, targets, &err);
    if (x) x = tape_weighted_sum(f->tape, x, weights, &err);
    check_ok(x);
    if (backward) check_ok(tape_backward(f->tape, x, &err));
    return (double)x->data[0];
}

/* Central differences of step h in f32: error about 1e-3 of the largest gradients. */
static void gradients_match_finite_differences(void **state) {
    for (int tied = 0; tied < 2; tied++) {
        struct fixture f;
        fixture_init(&f, tied, true);
        loss_of(&f, true);
        struct parameter *const *list;
        size_t n = lm_trainable_parameters(f.trainable, &list);
        assert_int_equal(n, 20 + (tied ? 0 : 1));
        for (size_t i = 0; i < n; i++) {
            size_t size = tensor_size(&list[i]->value);
            for (size_t j = 0; j < size; j += size / 5) {
                float *at = &list[i]->value.data[j], was = *at, h = 4e-3f;
                *at = was + h;
                parameter_changed(list[i]);
                double up = loss_of(&f, false);
                *at = was - h;
                parameter_changed(list[i]);
                double down = loss_of(&f, false);
                *at = was;
                parameter_changed(list[i]);
                double expected = (up - down) / (2 * (double)h), found = (double)list[i]->value.grad[j];
                if (!(fabs(found - expected) <= 1e-2 * (1 + fabs(expected))))
                    fail_msg("%s[%zu]: %g, by differences %g", list[i]->name, j, found, expected);
            }
        }
        fixture_done(&f);
    }
}

/* Logits of some rows are those rows of all logits, bit by bit, and give the same gradients. */
static void some_rows_are_rows_of_all(void **state) {
    struct error err = {0};
    static const int32_t ids[] = {3, 1, 4, 1, 5, 9, 2, 6, 5}, at[] = {8, 0, 5}, targets[] = {2, 7, 1};
    static const float weights[] = {0.5f, -1, 2};
    size_t starts[] = {0, 4, 9};
    int32_t all_targets[9];
    float all_weights[9] = {0}, all[9 * 13];
    for (size_t i = 0; i < 9; i++) all_targets[i] = -1;
    for (size_t i = 0; i < 3; i++) all_targets[at[i]] = targets[i], all_weights[at[i]] = weights[i];
    struct fixture whole, some;
    fixture_init(&whole, true, true);
    fixture_init(&some, true, true);
    struct tensor *x = lm_trainable_logits(whole.trainable, whole.tape, ids, 9, starts, 2, &err);
    check_ok(x);
    memcpy(all, x->data, sizeof all);
    check_ok((x = tape_logprob(whole.tape, x, all_targets, &err)) && (x = tape_weighted_sum(whole.tape, x, all_weights, &err)) &&
             tape_backward(whole.tape, x, &err));
    struct tensor *y = lm_trainable_logits_at(some.trainable, some.tape, ids, 9, starts, 2, at, 3, &err);
    check_ok(y);
    assert_int_equal(y->shape[0], 3);
    for (size_t i = 0; i < 3; i++) assert_memory_equal(y->data + i * 13, all + (size_t)at[i] * 13, 13 * sizeof(float));
    check_ok((y = tape_logprob(some.tape, y, targets, &err)) && (y = tape_weighted_sum(some.tape, y, weights, &err)) &&
             tape_backward(some.tape, y, &err));
    struct parameter *const *a, *const *b;
    size_t n = lm_trainable_parameters(whole.trainable, &a);
    lm_trainable_parameters(some.trainable, &b);
    double most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < tensor_size(&a[i]->value); j++) {
            check_near((double)b[i]->value.grad[j], (double)a[i]->value.grad[j], 1e-5);
            most = fmax(most, fabs((double)a[i]->value.grad[j]));
        }
    assert_true(most > 0.1);
    static const int32_t bad[] = {9};
    check_fails(lm_trainable_logits_at(some.trainable, some.tape, ids, 9, starts, 2, bad, 1, &err), ERROR_DATA, "id 0 is 9");
    fixture_done(&whole);
    fixture_done(&some);
}

static void values_go_back_into_the_model(void **state) {
    struct error err = {0};
    for (int tied = 0; tied < 2; tied++) {
        struct fixture f;
        fixture_init(&f, tied, false);
        struct parameter *const *list;
        size_t n = lm_trainable_parameters(f.trainable, &list);
        assert_string_equal(list[0]->name, "token_embd.weight");
        assert_string_equal(list[10]->name, "blk.1.attn_norm.weight");
        assert_string_equal(list[n - 1]->name, tied ? "output_norm.weight" : "output.weight");
        struct rng rng = rng_stream(8, "values", 0);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < tensor_size(&list[i]->value); j++)
                list[i]->value.data[j] *= (float)(1 + 0.3 * rng_normal(&rng));
        for (size_t i = 0; i < n; i++) parameter_changed(list[i]);
        check_ok(lm_trainable_store(f.trainable, f.model, &err));
        int32_t ids[] = {3, 1, 4, 1, 5};
        double expected[5 * 13];
        float found[5 * 13];
        plain_logits(f.model, ids, 5, expected);
        struct lm_engine *e = lm_engine_new(f.model, NULL, (struct lm_engine_options){0}, &err);
        check_ok(e);
        check_ok(lm_logits(e, ids, 5, found, &err));
        struct tensor *x = lm_trainable_logits(f.trainable, f.tape, ids, 5, (size_t[]){0, 5}, 1, &err);
        check_ok(x);
        for (size_t i = 0; i < 5 * 13; i++) {
            check_near((double)found[i], expected[i], 5e-4);
            check_near((double)x->data[i], expected[i], 5e-4);
        }
        lm_engine_free(e);
        fixture_done(&f);
    }
}

static void bad_sequences_are_refused(void **state) {
    struct error err = {0};
    struct fixture f;
    fixture_init(&f, true, true);
    int32_t ids[40] = {1, 2, 13};
    check_fails(lm_trainable_logits(f.trainable, f.tape, ids, 3, (size_t[]){0, 3}, 1, &err), ERROR_DATA,
                "token 2 is 13");
    check_fails(lm_trainable_logits(f.trainable, f.tape, ids, 2, (size_t[]){0, 3}, 1, &err), ERROR_DATA, "end at 2");
    check_fails(lm_trainable_logits(f.trainable, f.tape, ids, 2, (size_t[]){0, 2, 2}, 2, &err), ERROR_DATA,
                "sequence 1");
    check_fails(lm_trainable_logits(f.trainable, f.tape, ids, 40, (size_t[]){0, 40}, 1, &err), ERROR_DATA,
                "context is 32");
    float *values = f.model->layers[1].k.values;
    f.model->layers[1].k.values = NULL;
    check_fails(lm_trainable_new(f.model, &err), ERROR_USAGE, "blk.1.attn_k.weight");
    f.model->layers[1].k.values = values;
    fixture_done(&f);
}

static void allocation_failures_are_survived(void **state) {
    struct lm_shape shape = small;
    shape.tied = true;
    struct lm_model *m = tiny_model_new(&shape, MATMUL_F32, 21);
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        memory_fail_at(i);
        struct lm_trainable *t = lm_trainable_new(m, &err);
        memory_fail_at(0);
        done = t != NULL;
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        lm_trainable_free(t);
        assert_true(i < 1000);
    }
    tiny_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_match_the_engine),          cmocka_unit_test(gradients_match_finite_differences),
        cmocka_unit_test(values_go_back_into_the_model),    cmocka_unit_test(some_rows_are_rows_of_all),
        cmocka_unit_test(bad_sequences_are_refused),
        cmocka_unit_test(allocation_failures_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
