/* Generation: where answers end, stop texts over token borders, cut characters, limits, bad asks. The model is a chain:
 * its greedy answer to a byte is the next byte of a known text, whose bytes all differ, and then the end token. */
#include "tiny_model.h"

static const char chain_text[] = "abc d\xc3\xa9\xe2\x98\x83\xf0\x9f\x99\x82xyz";

struct fixture {
    struct lm_model *model;
    struct lm_engine *engine;
    struct arena arena;
    int32_t ids[64]; /* of the chain */
    size_t n;
};

static struct tokenizer *byte_tokenizer(void) {
    struct error err = {0};
    static const struct text specials[] = {TEXT("<s>"), TEXT("</s>")}, texts[] = {TEXT("a")};
    struct tokenizer_training training = {.texts = texts,
                                          .n_texts = 1,
                                          .specials = specials,
                                          .n_specials = 2,
                                          .vocabulary = 258,
                                          .pre = "gpt-2",
                                          .bos = TEXT("<s>"),
                                          .eos = TEXT("</s>")};
    struct tokenizer *t = tokenizer_train(&training, &err);
    if (!t) fail_msg("%s", err.message);
    return t;
}

/* Layers add nothing; the embedding of token i is the i-th unit vector and points at its successor's output row. */
static void make_chain(struct fixture *f) {
    struct error err = {0};
    struct lm_model *m = f->model;
    size_t v = m->shape.vocabulary, w = m->shape.width;
    struct lm_layer *layer = &m->layers[0];
    memset(layer->o.values, 0, w * layer->o.k * sizeof(float));
    memset(layer->down.values, 0, w * layer->down.k * sizeof(float));
    memset(m->embedding.values, 0, v * w * sizeof(float));
    memset(m->output.values, 0, v * w * sizeof(float));
    for (size_t i = 0; i < v; i++) m->embedding.values[i * w + i] = 1;
    for (size_t i = 0; i < f->n; i++) {
        size_t next = i + 1 < f->n ? (size_t)f->ids[i + 1] : (size_t)tokenizer_eos(m->tokenizer);
        m->output.values[next * w + (size_t)f->ids[i]] = 5;
    }
    check_ok(matmul_weights_update(layer->o.packed, layer->o.values, &err));
    check_ok(matmul_weights_update(layer->down.packed, layer->down.values, &err));
    check_ok(matmul_weights_update(m->output.packed, m->output.values, &err));
}

static int setup(void **state) {
    struct error err = {0};
    struct fixture *f = calloc(1, sizeof *f);
    struct lm_shape shape = {.layers = 1,
                             .width = 260,
                             .heads = 2,
                             .kv_heads = 1,
                             .head_size = 8,
                             .hidden = 8,
                             .vocabulary = 258,
                             .context = 40,
                             .norm_eps = 1e-5f,
                             .rope_base = 10000.0f};
    arena_init(&f->arena, 0);
    f->model = tiny_model_new(&shape, MATMUL_F32, 1);
    f->model->tokenizer = byte_tokenizer();
    struct token_list ids = {0};
    check_ok(tokenizer_encode(f->model->tokenizer, text_of(chain_text), 0, &ids, &err));
    assert_int_equal(ids.n, strlen(chain_text));
    f->n = ids.n;
    memcpy(f->ids, ids.ids, ids.n * sizeof *ids.ids);
    token_list_done(&ids);
    make_chain(f);
    f->engine = lm_engine_new(f->model, NULL, (struct lm_engine_options){0}, &err);
    check_ok(f->engine);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    lm_engine_free(f->engine);
    tokenizer_free(f->model->tokenizer);
    tiny_model_free(f->model);
    arena_done(&f->arena);
    free(f);
    return 0;
}

static struct lm_generate_result generate(struct fixture *f, size_t n_prompt, size_t max_tokens, const char *stop,
                                          const char *other_stop) {
    struct error err = {0};
    struct text stops[] = {text_of(stop), text_of(other_stop)};
    struct lm_generate_ask ask = {.prompt = f->ids,
                                  .n_prompt = n_prompt,
                                  .max_tokens = max_tokens,
                                  .sampling = {.top_p = 1},
                                  .stops = stops,
                                  .n_stops = stop ? 1 + (other_stop != NULL) : 0};
    struct lm_generate_result result;
    check_ok(lm_generate(f->engine, &ask, 1, &result, &f->arena, NULL, NULL, NULL, &err));
    assert_int_equal(result.error.kind, ERROR_NONE);
    return result;
}

#define check_answer(result, expected_text, expected_n, expected_finish)                                               \
    do {                                                                                                               \
        struct lm_generate_result r_ = (result);                                                                       \
        if (!text_equal_c(r_.text, (expected_text)))                                                                   \
            fail_msg("'%.*s', expected '%s'", TEXT_ARG(r_.text), (expected_text));                                     \
        assert_int_equal(r_.n, (expected_n));                                                                          \
        assert_int_equal(r_.finish, (expected_finish));                                                                \
    } while (0)

static void answers_end_at_the_end_token(void **state) {
    struct fixture *f = *state;
    struct lm_generate_result r = generate(f, 1, 100, NULL, NULL);
    check_answer(r, chain_text + 1, f->n - 1, LM_FINISH_STOP);
    assert_memory_equal(r.ids, f->ids + 1, r.n * sizeof *r.ids);
    for (size_t i = 0; i < r.n; i++) check_near((double)r.logprobs[i], 0, 1e-6);
    check_answer(generate(f, f->n, 100, NULL, NULL), "", 0, LM_FINISH_STOP);
}

static void stop_texts_are_cut_off(void **state) {
    struct fixture *f = *state;
    check_answer(generate(f, 1, 100, " d", NULL), "bc", 4, LM_FINISH_STOP);
    check_answer(generate(f, 1, 100, "b", NULL), "", 1, LM_FINISH_STOP);
    check_answer(generate(f, 1, 100, "xyz", "\xe2\x98\x83"), "bc d\xc3\xa9", 9, LM_FINISH_STOP);
    check_answer(generate(f, 1, 100, "yz!", "z"), "bc d\xc3\xa9\xe2\x98\x83\xf0\x9f\x99\x82xy", 16, LM_FINISH_STOP);
    check_answer(generate(f, 1, 100, "ab", ""), chain_text + 1, f->n - 1, LM_FINISH_STOP); /* 'a' is the prompt's */
}

static void limits_end_answers_at_whole_characters(void **state) {
    struct fixture *f = *state;
    check_answer(generate(f, 1, 0, NULL, NULL), "", 0, LM_FINISH_LENGTH);
    check_answer(generate(f, 1, 3, NULL, NULL), "bc ", 3, LM_FINISH_LENGTH);
    check_answer(generate(f, 1, 5, NULL, NULL), "bc d", 5, LM_FINISH_LENGTH); /* half of a letter */
    check_answer(generate(f, 1, 6, NULL, NULL), "bc d\xc3\xa9", 6, LM_FINISH_LENGTH);
    check_answer(generate(f, 1, 8, NULL, NULL), "bc d\xc3\xa9", 8, LM_FINISH_LENGTH); /* two of three bytes */
    check_answer(generate(f, 1, 12, NULL, NULL), "bc d\xc3\xa9\xe2\x98\x83", 12, LM_FINISH_LENGTH); /* three of four */
}

static void the_context_is_a_limit(void **state) {
    struct fixture *f = *state;
    struct error err = {0};
    int32_t ids[41];
    for (size_t i = 0; i < 41; i++) ids[i] = f->ids[0];
    struct lm_generate_ask asks[3] = {{.prompt = ids, .n_prompt = 38, .max_tokens = 100, .sampling = {.top_p = 1}},
                                      {.prompt = ids, .n_prompt = 40, .max_tokens = 100, .sampling = {.top_p = 1}},
                                      {.prompt = ids, .n_prompt = 41, .max_tokens = 100, .sampling = {.top_p = 1}}};
    struct lm_generate_result r[3];
    check_ok(lm_generate(f->engine, asks, 3, r, &f->arena, NULL, NULL, NULL, &err));
    check_answer(r[0], "bc", 2, LM_FINISH_LENGTH);
    check_answer(r[1], "", 0, LM_FINISH_LENGTH);
    assert_int_equal(r[2].finish, LM_FINISH_ERROR);
    assert_non_null(strstr(r[2].error.message, "ask 2: a prompt of 41 tokens is longer than the context of 40"));
}

static void bad_asks_are_named(void **state) {
    struct fixture *f = *state;
    struct error err = {0};
    int32_t bad[] = {5, 258};
    struct lm_sampling fine = {.top_p = 1};
    struct lm_generate_ask asks[] = {{.n_prompt = 0, .max_tokens = 4, .sampling = fine},
                                     {.prompt = bad, .n_prompt = 2, .max_tokens = 4, .sampling = fine},
                                     {.prompt = bad, .n_prompt = 1, .max_tokens = 4, .sampling = {-1, 1}},
                                     {.prompt = bad, .n_prompt = 1, .max_tokens = 4, .sampling = {0, 1.5}},
                                     {.prompt = bad, .n_prompt = 1, .max_tokens = 4, .sampling = {NAN, 1}}};
    static const char *const parts[] = {"the prompt is empty", "token 1 of the prompt is 258", "temperature -1",
                                        "top_p 1.5", "temperature nan"};
    struct lm_generate_result r[5];
    check_ok(lm_generate(f->engine, asks, 5, r, &f->arena, NULL, NULL, NULL, &err));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(r[i].finish, LM_FINISH_ERROR);
        if (!strstr(r[i].error.message, parts[i])) fail_msg("%s", r[i].error.message);
    }
}

struct watch {
    size_t calls[8], total;
    struct interrupt stop;
    size_t stop_after;
};

static void watch_done(void *context, size_t ask, const struct lm_generate_result *result) {
    struct watch *w = context;
    w->calls[ask]++;
    if (++w->total == w->stop_after) w->stop.asked = 1;
}

static void ends_are_told_and_interrupts_obeyed(void **state) {
    struct fixture *f = *state;
    struct error err = {0};
    struct lm_generate_ask asks[8];
    struct lm_generate_result r[8];
    for (size_t i = 0; i < 8; i++)
        asks[i] =
            (struct lm_generate_ask){.prompt = f->ids, .n_prompt = 1, .max_tokens = 8 - i, .sampling = {.top_p = 1}};
    struct watch watch = {0};
    check_ok(lm_generate(f->engine, asks, 8, r, &f->arena, watch_done, &watch, &watch.stop, &err));
    for (size_t i = 0; i < 8; i++) assert_int_equal(watch.calls[i], 1);
    watch = (struct watch){.stop_after = 3};
    check_fails(lm_generate(f->engine, asks, 8, r, &f->arena, watch_done, &watch, &watch.stop, &err), ERROR_INTERRUPTED,
                "interrupted");
    assert_int_equal(watch.total, 3); /* the shortest answers */
    for (size_t i = 5; i < 8; i++) assert_int_equal(r[i].n, 8 - i);
    check_answer(generate(f, 1, 2, NULL, NULL), "bc", 2, LM_FINISH_LENGTH); /* the engine goes on */
}

static void without_a_tokenizer_there_are_ids_only(void **state) {
    struct fixture *f = *state;
    struct error err = {0};
    struct tokenizer *tokenizer = f->model->tokenizer;
    f->model->tokenizer = NULL;
    struct text stop = TEXT("x");
    struct lm_generate_ask asks[2] = {{.prompt = f->ids, .n_prompt = 1, .max_tokens = 4, .sampling = {.top_p = 1}}};
    asks[1] = asks[0];
    asks[1].stops = &stop;
    asks[1].n_stops = 1;
    struct lm_generate_result r[2];
    check_ok(lm_generate(f->engine, asks, 2, r, &f->arena, NULL, NULL, NULL, &err));
    check_answer(r[0], "", 4, LM_FINISH_LENGTH);
    assert_non_null(strstr(r[1].error.message, "stop texts need a tokenizer"));
    f->model->tokenizer = tokenizer;
}

static void little_memory_is_named(void **state) {
    struct fixture *f = *state;
    struct error err = {0};
    struct lm_engine *e =
        lm_engine_new(f->model, NULL, (struct lm_engine_options){.kv_bytes = 2 * 2 * 8 * 16 * 4}, &err);
    check_ok(e);
    struct lm_generate_ask ask = {.prompt = f->ids, .n_prompt = 10, .max_tokens = 6, .sampling = {.top_p = 1}};
    struct lm_generate_result r;
    check_ok(lm_generate(e, &ask, 1, &r, &f->arena, NULL, NULL, NULL, &err));
    ask.max_tokens = 30;
    check_fails(lm_generate(e, &ask, 1, &r, &f->arena, NULL, NULL, NULL, &err), ERROR_ENVIRONMENT, "allow more memory");
    lm_engine_free(e);
}

static void allocation_failures_are_survived(void **state) {
    struct fixture *f = *state;
    struct lm_generate_ask asks[3];
    for (size_t i = 0; i < 3; i++)
        asks[i] = (struct lm_generate_ask){
            .prompt = f->ids, .n_prompt = 1 + i, .max_tokens = 20, .sampling = {.temperature = 0.5, .top_p = 0.9}};
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        struct arena arena;
        struct lm_generate_result r[3];
        arena_init(&arena, 0);
        memory_fail_at(i);
        struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){.rows = 3}, &err);
        done = e && lm_generate(e, asks, 3, r, &arena, NULL, NULL, NULL, &err);
        memory_fail_at(0);
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        lm_engine_free(e);
        arena_done(&arena);
        assert_true(i < 1000);
    }
}

/* ---- processors ---- */

/* Settings: a token, and what to do with it. The state counts calls, so that a call too many or too few shows. */
struct favour {
    int32_t token;
    enum { ADD, FORBID_OTHERS, FORBID_ALL, END_AFTER_TWO, FAIL_AFTER_TWO } how;
};

static bool favour_begin(const void *settings, void **state, struct error *err) {
    (void)settings;
    *state = memory_zeroed(1, sizeof(size_t));
    return *state != NULL || error_memory(err, "state");
}

static bool favour_change(const void *settings, void *state, struct logits_row *row, struct error *err) {
    const struct favour *f = settings;
    size_t *calls = state;
    if (row->n_answer != (*calls)++) return error_set(err, ERROR_DATA, "call %zu has %zu tokens", *calls, row->n_answer);
    if (f->how == FAIL_AFTER_TWO && row->n_answer == 2) return error_set(err, ERROR_DATA, "two were enough");
    if (f->how == END_AFTER_TWO) row->ends = row->n_answer == 2;
    for (size_t i = 0; i < row->vocabulary; i++)
        if (f->how == FORBID_ALL || (f->how == FORBID_OTHERS && (int32_t)i != f->token)) row->logits[i] = -INFINITY;
    if (f->how == ADD) row->logits[f->token] += 1000;
    return true;
}

static void favour_end(void *state) {
    memory_free(state);
}

static const struct logits_processor_kind favour_kind = {"favour", favour_begin, favour_change, favour_end};

static struct lm_generate_result generate_with(struct fixture *f, const struct favour *favours, size_t n) {
    struct error err = {0};
    struct logits_processor processors[4];
    for (size_t i = 0; i < n; i++) processors[i] = (struct logits_processor){&favour_kind, &favours[i]};
    /* the same prompt without processors shares its row of logits */
    struct lm_generate_ask asks[2] = {{.prompt = f->ids, .n_prompt = 1, .max_tokens = 4, .sampling = {.top_p = 1}}};
    asks[1] = asks[0];
    asks[0].processors = processors;
    asks[0].n_processors = n;
    struct lm_generate_result results[2];
    check_ok(lm_generate(f->engine, asks, 2, results, &f->arena, NULL, NULL, NULL, &err));
    check_answer(results[1], "bc d", 4, LM_FINISH_LENGTH);
    return results[0];
}

static void processors_change_what_is_drawn(void **state) {
    struct fixture *f = *state;
    const struct favour z = {f->ids[f->n - 1], ADD}, only_b = {f->ids[1], FORBID_OTHERS};
    struct lm_generate_result r = generate_with(f, &z, 1);
    check_answer(r, "zzzz", 4, LM_FINISH_LENGTH);
    assert_true(r.logprobs[0] < -50); /* of the model, not of the changed row */
    r = generate_with(f, &only_b, 1);
    check_answer(r, "bbbb", 4, LM_FINISH_LENGTH);
    check_near((double)r.logprobs[0], 0, 1e-6);
    assert_true(r.logprobs[1] < -50);
    const struct favour both[] = {z, only_b}; /* the second has the last word */
    check_answer(generate_with(f, both, 2), "bbbb", 4, LM_FINISH_LENGTH);
}

static void processors_end_answers_and_fail_alone(void **state) {
    struct fixture *f = *state;
    const struct favour end = {0, END_AFTER_TWO}, all = {0, FORBID_ALL}, fails = {0, FAIL_AFTER_TWO};
    check_answer(generate_with(f, &end, 1), "bc", 2, LM_FINISH_STOP);
    struct lm_generate_result r = generate_with(f, &all, 1);
    assert_int_equal(r.finish, LM_FINISH_ERROR);
    assert_string_equal(r.error.message, "ask 0: no token is left behind token 1 after 'favour'");
    r = generate_with(f, &fails, 1);
    assert_int_equal(r.finish, LM_FINISH_ERROR);
    assert_string_equal(r.error.message, "ask 0: favour: two were enough");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors_change_what_is_drawn),
        cmocka_unit_test(processors_end_answers_and_fail_alone),
        cmocka_unit_test(answers_end_at_the_end_token),
        cmocka_unit_test(stop_texts_are_cut_off),
        cmocka_unit_test(limits_end_answers_at_whole_characters),
        cmocka_unit_test(the_context_is_a_limit),
        cmocka_unit_test(bad_asks_are_named),
        cmocka_unit_test(ends_are_told_and_interrupts_obeyed),
        cmocka_unit_test(without_a_tokenizer_there_are_ids_only),
        cmocka_unit_test(little_memory_is_named),
        cmocka_unit_test(allocation_failures_are_survived),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
