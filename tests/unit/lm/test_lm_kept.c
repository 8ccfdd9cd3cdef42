/* Kept states: answers, scores and what is observed keep every bit, and only what is new is computed, wherever in a
 * page the state ends, with hooks, with several states, in little memory; a conversation computes each turn once. */
#include "check.h"

#include "base/file.h"
#include "lm/engine/kept.h"
#include "lm/engine/observe.h"

#include <unistd.h>

enum { PROMPT = 40, ROLLOUTS = 6, LONG = 12, SCORED = 9 };

static int32_t ids[PROMPT + SCORED];

static struct lm_model *make(const char *spec) {
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    return m;
}

static void draw(void) {
    struct rng rng = rng_stream(9, "kept", 0);
    for (size_t i = 0; i < PROMPT + SCORED; i++) ids[i] = (int32_t)rng_below(&rng, 256);
}

struct outcome {
    int32_t answers[ROLLOUTS][LONG];
    float logprobs[ROLLOUTS][LONG], scores[SCORED], state[64];
    size_t lengths[ROLLOUTS];
};

/* Rollouts from the first n tokens, scores of what follows them, and a state behind them; returns rows computed. */
static uint64_t work(struct lm_engine *e, size_t n, const struct lm_hooks *hooks, struct outcome *out) {
    struct error err = {0};
    struct arena arena;
    struct lm_generate_ask asks[ROLLOUTS];
    struct lm_generate_result answers[ROLLOUTS];
    struct lm_score_ask score = {ids, n, ids + n, SCORED, hooks};
    struct lm_score_result scored;
    struct lm_site site = {LM_STATE, 2, 0};
    struct lm_observe_options options = {.sites = &site, .n_sites = 1};
    struct lm_observe_ask look = {ids, n + 1, n, 0, hooks, n};
    struct lm_observed seen;
    uint64_t before = lm_rows_computed(e);
    arena_init(&arena, 0);
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < ROLLOUTS; i++)
        asks[i] = (struct lm_generate_ask){
            .prompt = ids, .n_prompt = n, .max_tokens = LONG, .sampling = {1, 1, 0, 3}, .sample = i, .hooks = hooks};
    check_ok(lm_generate(e, asks, ROLLOUTS, answers, &arena, NULL, NULL, NULL, &err));
    check_ok(lm_score(e, &score, 1, &scored, &arena, NULL, &err));
    check_ok(lm_observe(e, &options, &look, 1, &seen, &arena, NULL, &err));
    for (size_t i = 0; i < ROLLOUTS; i++) {
        out->lengths[i] = answers[i].n;
        memcpy(out->answers[i], answers[i].ids, answers[i].n * sizeof(int32_t));
        memcpy(out->logprobs[i], answers[i].logprobs, answers[i].n * sizeof(float));
    }
    memcpy(out->scores, scored.tokens, sizeof out->scores);
    memcpy(out->state, seen.values, 24 * sizeof(float));
    arena_done(&arena);
    return lm_rows_computed(e) - before;
}

static struct lm_engine *engine_of(const struct lm_model *m, struct lm_engine_options how) {
    struct error err = {0};
    struct lm_engine *e = lm_engine_new(m, NULL, how, &err);
    check_ok(e);
    return e;
}

static const char *const specs[] = {"llama,width=24,heads=4,hidden=20", "gemma2,width=24,heads=4,hidden=20,window=9",
                                    "qwen3moe,width=24,heads=4,hidden=20,experts=5", "gpt2,width=24,heads=4,hidden=20"};

static void bits_stay_and_only_what_is_new_is_computed(void **state) {
    static const size_t keeps[] = {1, 15, 16, 17, 31, 32, 39, 40}, prompts[] = {5, 16, 33, 40};
    static struct outcome plain, kept;
    draw();
    for (size_t s = 0; s < 4; s++) {
        struct lm_model *m = make(specs[s]);
        struct lm_engine *alone = engine_of(m, (struct lm_engine_options){.no_prefix_sharing = true});
        struct lm_engine *e = engine_of(m, (struct lm_engine_options){.rows = 11});
        for (size_t p = 0; p < 4; p++) {
            work(alone, prompts[p], NULL, &plain);
            uint64_t whole = work(e, prompts[p], NULL, &kept);
            assert_memory_equal(&plain, &kept, sizeof plain);
            for (size_t k = 0; k < 8; k++) {
                struct error err = {0};
                struct lm_kept *held = lm_keep(e, ids, keeps[k], NULL, 0, NULL, &err);
                check_ok(held);
                assert_int_equal(lm_kept_tokens(held), keeps[k]);
                for (size_t again = 0; again < 2; again++) { /* the first call must leave the state as it was */
                    uint64_t rows = work(e, prompts[p], NULL, &kept);
                    if (memcmp(&plain, &kept, sizeof plain))
                        fail_msg("%s: %zu kept of %zu", specs[s], keeps[k], prompts[p]);
                    /* of each of the three calls: what is kept, but not rows of which something is wanted */
                    size_t n = keeps[k] < prompts[p] ? keeps[k] : prompts[p];
                    size_t saved = (n < prompts[p] ? n : prompts[p] - 1) * 2 + n;
                    if (whole - rows != saved)
                        fail_msg("%s: %zu kept of %zu save %d rows", specs[s], keeps[k], prompts[p],
                                 (int)(whole - rows));
                }
                lm_kept_free(held);
            }
        }
        lm_engine_free(alone);
        lm_engine_free(e);
        lm_model_free(m);
    }
}

/* States of two texts and one inside another, given back in any order. */
static void several_states_live_together(void **state) {
    static struct outcome plain, kept;
    struct error err = {0};
    draw();
    struct lm_model *m = make(specs[0]);
    struct lm_engine *e = engine_of(m, (struct lm_engine_options){0});
    work(e, PROMPT, NULL, &plain);
    int32_t other[PROMPT];
    memcpy(other, ids, sizeof other);
    other[20]++;
    struct lm_kept *inner = lm_keep(e, ids, 20, NULL, 0, NULL, &err),
                   *whole = lm_keep(e, ids, PROMPT, NULL, 0, NULL, &err);
    uint64_t before = lm_rows_computed(e);
    struct lm_kept *twin = lm_keep(e, other, PROMPT, NULL, 0, NULL, &err);
    check_ok(inner && whole && twin);
    assert_int_equal(lm_rows_computed(e) - before, PROMPT - 20);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    lm_kept_free(whole);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    lm_kept_free(inner);
    lm_kept_free(twin);
    lm_kept_free(NULL);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    lm_engine_free(e);
    lm_model_free(m);
}

static void hooks_part_states(void **state) {
    static struct outcome plain, hooked, kept;
    struct error err = {0};
    float v[24];
    for (size_t i = 0; i < 24; i++) v[i] = (float)(i % 3);
    struct lm_hook hook = {.site = {LM_STATE, 1, 0},
                           .change = LM_ADD,
                           .coefficient = 3,
                           .values = v,
                           .n_values = 1,
                           .where = LM_BETWEEN,
                           .from = 10,
                           .to = 30};
    struct lm_hooks hooks = {&hook, 1};
    draw();
    struct lm_model *m = make(specs[0]);
    struct lm_engine *e = engine_of(m, (struct lm_engine_options){0});
    work(e, PROMPT, NULL, &plain);
    uint64_t whole = work(e, PROMPT, &hooks, &hooked);
    assert_memory_not_equal(&plain, &hooked, sizeof plain);
    struct lm_kept *without = lm_keep(e, ids, PROMPT, NULL, 0, NULL, &err);
    check_ok(without);
    uint64_t rows = work(e, PROMPT, &hooks, &kept);
    assert_memory_equal(&hooked, &kept, sizeof plain);
    assert_int_equal(whole - rows, 3 * 10);
    struct lm_kept *with = lm_keep(e, ids, PROMPT, &hooks, 0, NULL, &err);
    check_ok(with);
    rows = work(e, PROMPT, &hooks, &kept);
    assert_memory_equal(&hooked, &kept, sizeof plain);
    assert_int_equal(whole - rows, 3 * PROMPT - 2);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    lm_kept_free(without);
    lm_kept_free(with);
    lm_engine_free(e);
    lm_model_free(m);
}

/* ---- conversations ---- */

static bool count_token(void *context, int32_t token, float logprob, const struct lm_top *top, struct text answer) {
    size_t *n = context;
    return ++*n < 7;
}

/* Three turns of given words and an answer each; *last: of the third. A turn computes its prompt as far as the turn
 * before has not, and feeds its answer, but not the last token where that did not have to be followed. */
static void talk(struct lm_engine *e, bool keep, bool left, struct lm_generate_result *last, struct arena *arena) {
    struct error err = {0};
    struct lm_kept *before = NULL;
    int32_t said[200];
    size_t n = 0, stored = 0;
    for (size_t turn = 0; turn < 3; turn++) {
        size_t told = 0;
        memcpy(said + n, ids + turn * 13, 13 * sizeof(int32_t));
        n += 13;
        struct lm_generate_ask ask = {.prompt = said,
                                      .n_prompt = n,
                                      .max_tokens = 20,
                                      .sampling = {1, 1, 0, 5},
                                      .stream = turn + 2,
                                      .keep = keep,
                                      .token = count_token,
                                      .token_context = &told};
        uint64_t was = lm_rows_computed(e);
        check_ok(lm_generate(e, &ask, 1, last, arena, NULL, NULL, NULL, &err));
        assert_int_equal(last->finish, LM_FINISH_STOP);
        assert_int_equal(told, last->n);
        assert_true(keep == (last->kept != NULL));
        size_t fed = last->n == 7 ? 6 : last->n;
        assert_int_equal(lm_rows_computed(e) - was, n - stored + fed);
        if (keep) stored = left ? n : n + fed;
        if (keep) assert_int_equal(lm_kept_tokens(last->kept), stored);
        memcpy(said + n, last->ids, last->n * sizeof(int32_t));
        n += last->n;
        lm_kept_free(before);
        before = last->kept;
    }
    assert_true(n > 3 * 13 + 7);
    lm_kept_free(before);
}

static void check_talk(const struct lm_model *m, bool left) {
    struct lm_generate_result plain, kept;
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_engine *e = engine_of(m, (struct lm_engine_options){0});
    talk(e, false, left, &plain, &arena);
    talk(e, true, left, &kept, &arena);
    assert_int_equal(plain.n, kept.n);
    assert_memory_equal(plain.ids, kept.ids, plain.n * sizeof(int32_t));
    assert_memory_equal(plain.logprobs, kept.logprobs, plain.n * sizeof(float));
    lm_engine_free(e);
    arena_done(&arena);
}

static void a_conversation_computes_each_turn_once(void **state) {
    draw();
    for (size_t s = 0; s < 4; s++) {
        struct lm_model *m = make(specs[s]);
        check_talk(m, false);
        lm_model_free(m);
    }
}

static void left_weights_keep_the_bits(void **state) {
    struct error err = {0};
    char folder[] = "/tmp/basanite-kept-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.gguf", folder);
    struct lm_model *m = make("llama,layers=2,width=256,heads=4,hidden=256");
    check_ok(lm_model_save(m, path, LM_Q4_0, NULL, 0, &err));
    lm_model_free(m);
    const struct lm_load_options options = {.weights = LM_WEIGHTS_LEFT};
    m = lm_model_load(path, &options, &err);
    check_ok(m);
    assert_non_null(m->store);
    draw();
    check_talk(m, true);
    lm_model_free(m);
    unlink(path);
    rmdir(folder);
}

static void little_room_and_failures_are_told(void **state) {
    static struct outcome plain, kept;
    struct error err = {0};
    draw();
    struct lm_model *m = make(specs[0]);
    const struct lm_shape *s = &m->shape;
    size_t page = s->layers * 2 * s->kv_heads * s->head_size * 16 * sizeof(float);
    struct lm_engine *e = engine_of(m, (struct lm_engine_options){.kv_bytes = 9 * page});
    work(e, PROMPT, NULL, &plain);
    struct lm_kept *held = lm_keep(e, ids, PROMPT, NULL, 0, NULL, &err);
    check_ok(held);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    for (uint64_t n = 1;; n++) {
        int32_t other[PROMPT];
        memcpy(other, ids, sizeof other);
        other[3]++;
        error_clear(&err);
        memory_fail_at(n);
        struct lm_kept *twin = lm_keep(e, other, PROMPT, NULL, 0, NULL, &err);
        memory_fail_at(0);
        lm_kept_free(twin);
        if (twin) break;
        assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    }
    check_fails(lm_keep(e, ids, 0, NULL, 0, NULL, &err), ERROR_DATA, "a state of 0 tokens");
    int32_t odd[] = {99999};
    check_fails(lm_keep(e, odd, 1, NULL, 0, NULL, &err), ERROR_DATA, "token 0 of the state is 99999");
    struct lm_kept *more[8] = {NULL};
    size_t n = 0;
    for (; n < 8; n++) {
        int32_t other[PROMPT];
        memcpy(other, ids, sizeof other);
        other[0] = (int32_t)n;
        error_clear(&err);
        if (!(more[n] = lm_keep(e, other, PROMPT, NULL, 0, NULL, &err))) break;
    }
    assert_true(n < 8);
    assert_non_null(strstr(err.message, "allow more memory for them"));
    for (size_t i = 0; i < n; i++) lm_kept_free(more[i]);
    work(e, PROMPT, NULL, &kept);
    assert_memory_equal(&plain, &kept, sizeof plain);
    lm_kept_free(held);
    lm_engine_free(e);
    lm_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_stay_and_only_what_is_new_is_computed),
        cmocka_unit_test(several_states_live_together),
        cmocka_unit_test(hooks_part_states),
        cmocka_unit_test(a_conversation_computes_each_turn_once),
        cmocka_unit_test(left_weights_keep_the_bits),
        cmocka_unit_test(little_room_and_failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
