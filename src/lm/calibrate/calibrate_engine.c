/* Known answers of a whole model: see calibrate_engine.h. Gradients and training: calibrate_engine_training.c; single
 * blocks: calibrate_engine_blocks.c. */
#include "lm/calibrate/calibrate_engine_internal.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { GOLD_BYTES = 64 << 20, NAME = 96 };

/* The model that is calibrated, and the gold values. */
struct subject_model {
    struct calibration *c;
    const json_t *gold;
    struct lm_model *model;
    struct lm_engine *engine;
};

static bool gold_array(struct subject_model *s, const char *key, json_t **out, struct error *err) {
    return json_get_array(s->gold, key, (struct json_place){.file = s->c->gold, .path = ""}, out, err);
}

static struct json_place place_of(const struct subject_model *s, const char *path) {
    return (struct json_place){.file = s->c->gold, .path = path};
}

static bool encode(const struct subject_model *s, struct text t, struct token_list *ids, struct error *err) {
    return tokenizer_encode(s->model->tokenizer, t, TOKENIZE_BOS, ids, err);
}

static bool check_tokens(struct subject_model *s, struct error *err) {
    json_t *cases;
    if (!gold_array(s, "tokenize", &cases, err)) return false;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *item = json_array_get(cases, i);
        char name[NAME], path[NAME];
        struct text t;
        int32_t *expected;
        size_t n;
        snprintf(path, sizeof path, "tokenize[%zu]", i);
        snprintf(name, sizeof name, "tokens %zu", i);
        if (!json_get_text(item, "text", place_of(s, path), &t, err) ||
            !calibration_get_ids(s->c, item, "ids", place_of(s, path), &expected, &n, err))
            return false;
        struct token_list found = {0};
        struct error why = {0};
        if (encode(s, t, &found, &why))
            calibration_ids(s->c, name, expected, n, found.ids, found.n);
        else
            calibration_failed(s->c, name, &why);
        token_list_done(&found);
    }
    return true;
}

/* Logits of all positions in f64, NULL when the engine fails (err says why). */
static double *logits_of(struct calibration *c, struct lm_engine *engine, size_t vocabulary, const int32_t *ids,
                         size_t n, struct error *err) {
    float *logits = arena_new(&c->arena, float, n *vocabulary, err);
    double *out = logits ? arena_new(&c->arena, double, n *vocabulary, err) : NULL;
    if (!out || !lm_logits(engine, ids, n, logits, err)) return NULL;
    for (size_t i = 0; i < n * vocabulary; i++) out[i] = (double)logits[i];
    return out;
}

static bool check_logits(struct subject_model *s, struct error *err) {
    json_t *cases;
    size_t vocabulary = s->model->shape.vocabulary;
    if (!gold_array(s, "logits", &cases, err)) return false;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *item = json_array_get(cases, i);
        char name[NAME], path[NAME];
        int32_t *ids;
        double *expected;
        size_t n, m;
        int64_t best;
        snprintf(path, sizeof path, "logits[%zu]", i);
        if (!calibration_get_ids(s->c, item, "ids", place_of(s, path), &ids, &n, err) ||
            !calibration_get_reals(s->c, item, "last_logits", place_of(s, path), &expected, &m, err) ||
            !json_get_i64(item, "argmax", place_of(s, path), &best, err))
            return false;
        struct error why = {0};
        const double *found = logits_of(s->c, s->engine, vocabulary, ids, n, &why);
        snprintf(name, sizeof name, "logits %zu", i);
        if (found && n && m != vocabulary)
            error_set(&why, ERROR_DATA, "%zu values, the model's vocabulary has %zu", m, vocabulary);
        if (!found || !n || m != vocabulary) {
            calibration_failed(s->c, name, &why);
            continue;
        }
        found += (n - 1) * vocabulary;
        calibration_numbers(s->c, name, expected, found, m, 1e-4, 1);
        size_t top = 0;
        for (size_t j = 1; j < m; j++)
            if (found[j] > found[top]) top = j;
        snprintf(name, sizeof name, "logits %zu, largest", i);
        calibration_ids(s->c, name, &(int32_t){(int32_t)best}, 1, &(int32_t){(int32_t)top}, 1);
    }
    return true;
}

static bool check_logprobs(struct subject_model *s, struct error *err) {
    json_t *cases;
    if (!gold_array(s, "logprobs", &cases, err)) return false;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *item = json_array_get(cases, i);
        char name[NAME], path[NAME];
        int32_t *ids;
        double *expected, mean;
        size_t n, m;
        snprintf(path, sizeof path, "logprobs[%zu]", i);
        if (!calibration_get_ids(s->c, item, "ids", place_of(s, path), &ids, &n, err) ||
            !calibration_get_reals(s->c, item, "logp", place_of(s, path), &expected, &m, err) ||
            !json_get_f64(item, "mean_nll", place_of(s, path), &mean, err))
            return false;
        if (n != m + 1 || !m)
            return error_set(err, ERROR_DATA, "%s: %s: %zu ids and %zu log-probabilities", s->c->gold, path, n, m);
        double *found = arena_new(&s->c->arena, double, m, err);
        if (!found) return false;
        struct lm_score_ask ask = {ids, 1, ids + 1, m};
        struct lm_score_result result;
        struct error why = {0};
        snprintf(name, sizeof name, "log-probabilities %zu", i);
        bool ok = lm_score(s->engine, &ask, 1, &result, &s->c->arena, NULL, &why);
        if (!ok || result.error.kind) {
            calibration_failed(s->c, name, ok ? &result.error : &why);
            continue;
        }
        for (size_t j = 0; j < m; j++) found[j] = (double)result.tokens[j];
        calibration_numbers(s->c, name, expected, found, m, 1e-4, 1);
        snprintf(name, sizeof name, "mean negative log-likelihood %zu", i);
        calibration_number(s->c, name, mean, -result.sum / (double)m, 1e-4);
    }
    return true;
}

static bool check_greedy(struct subject_model *s, struct error *err) {
    json_t *cases;
    if (!gold_array(s, "greedy", &cases, err)) return false;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *item = json_array_get(cases, i);
        char name[NAME], path[NAME];
        int32_t *expected;
        size_t n;
        struct text prompt;
        snprintf(path, sizeof path, "greedy[%zu]", i);
        snprintf(name, sizeof name, "greedy text %zu", i);
        if (!json_get_text(item, "prompt", place_of(s, path), &prompt, err) ||
            !calibration_get_ids(s->c, item, "out", place_of(s, path), &expected, &n, err))
            return false;
        struct token_list ids = {0};
        struct error why = {0};
        struct lm_generate_result result = {0};
        bool ok = encode(s, prompt, &ids, &why);
        struct lm_generate_ask ask = {
            .prompt = ids.ids, .n_prompt = ids.n, .max_tokens = n > ids.n ? n - ids.n : 0, .sampling = {.top_p = 1}};
        ok = ok && lm_generate(s->engine, &ask, 1, &result, &s->c->arena, NULL, NULL, NULL, &why);
        for (size_t j = 0; ok && j < result.n; j++) ok = token_list_put(&ids, result.ids[j], &why);
        if (ok && !result.error.kind)
            calibration_ids(s->c, name, expected, n, ids.ids, ids.n);
        else
            calibration_failed(s->c, name, ok ? &result.error : &why);
        token_list_done(&ids);
    }
    return true;
}

/* Of the DPO case the policy's log-probabilities; loss and gradient are the objective's (calibrate_dpo.h). */
static bool check_dpo(struct subject_model *s, struct error *err) {
    static const char *const sides[][2] = {{"chosen", "logp_policy_chosen"}, {"rejected", "logp_policy_rejected"}};
    json_t *dpo;
    int32_t *prompt, *answer;
    size_t n, m;
    if (!json_get_object(s->gold, "dpo", place_of(s, ""), &dpo, err) ||
        !calibration_get_ids(s->c, dpo, "prompt", place_of(s, "dpo"), &prompt, &n, err))
        return false;
    for (size_t i = 0; i < 2; i++) {
        char name[NAME];
        double expected;
        if (!calibration_get_ids(s->c, dpo, sides[i][0], place_of(s, "dpo"), &answer, &m, err) ||
            !json_get_f64(dpo, sides[i][1], place_of(s, "dpo"), &expected, err))
            return false;
        struct lm_score_ask ask = {prompt, n, answer, m};
        struct lm_score_result result;
        struct error why = {0};
        snprintf(name, sizeof name, "dpo, log-probability of the %s answer", sides[i][0]);
        bool ok = lm_score(s->engine, &ask, 1, &result, &s->c->arena, NULL, &why);
        if (ok && !result.error.kind)
            calibration_numbers(s->c, name, &expected, &result.sum, 1, 1e-4, 1);
        else
            calibration_failed(s->c, name, ok ? &result.error : &why);
    }
    return true;
}

/* The same weights in another container: logits of the longest gold sequence, all positions. */
static bool check_container(struct subject_model *s, const char *file, struct error *err) {
    char name[NAME];
    snprintf(name, sizeof name, "container %s", file);
    char *path = file_beside(&s->c->arena, s->c->gold, file, err);
    if (!path) return false;
    if (!file_exists(path)) return calibration_skip(s->c, name, "the file is not there"), true;
    json_t *cases, *longest;
    int32_t *ids;
    size_t n;
    if (!gold_array(s, "logprobs", &cases, err)) return false;
    longest = json_array_get(cases, 0);
    for (size_t i = 1; i < json_array_size(cases); i++)
        if (json_array_size(json_object_get(json_array_get(cases, i), "ids")) >
            json_array_size(json_object_get(longest, "ids")))
            longest = json_array_get(cases, i);
    if (!calibration_get_ids(s->c, longest, "ids", place_of(s, "logprobs"), &ids, &n, err)) return false;
    struct error why = {0};
    struct lm_load_options options = {.compute = MATMUL_F32};
    size_t vocabulary = s->model->shape.vocabulary;
    struct lm_model *other = lm_model_load(path, &options, &why);
    struct lm_engine *engine = other ? lm_engine_new(other, s->c->pool, (struct lm_engine_options){0}, &why) : NULL;
    double *expected = engine ? logits_of(s->c, s->engine, vocabulary, ids, n, &why) : NULL;
    double *found = expected ? logits_of(s->c, engine, other->shape.vocabulary, ids, n, &why) : NULL;
    if (found && other->shape.vocabulary == vocabulary)
        calibration_numbers(s->c, name, expected, found, n * vocabulary, 1e-6, 1);
    else
        calibration_failed(s->c, name, &why);
    lm_engine_free(engine);
    lm_model_free(other);
    return true;
}

static bool check_model(struct subject_model *s, struct error *err) {
    static const char *const containers[] = {"tinyllamas-stories-260k-f32.gguf", "stories260K.bin",
                                             "model.safetensors"};
    if (!s->model->tokenizer)
        calibration_skip(s->c, "tokens, greedy texts", "the model has no tokenizer");
    else if (!check_tokens(s, err) || !check_greedy(s, err))
        return false;
    if (!check_logits(s, err) || !check_logprobs(s, err) || !check_dpo(s, err)) return false;
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (!check_container(s, containers[i], err)) return false;
    return calibrate_training(s->c, s->gold, s->model, err);
}

bool calibrate_engine(const char *gold, struct pool *pool, calibrate_report *report, void *context, struct error *err) {
    struct calibration c = {.gold = gold, .pool = pool, .rows = {report, context}};
    struct subject_model s = {.c = &c};
    arena_init(&c.arena, 0);
    bool ok = false;
    json_t *values = json_read_file(gold, GOLD_BYTES, err);
    s.gold = values;
    char *path = values ? file_beside(&c.arena, gold, "stories260K-v3.gguf", err) : NULL;
    if (!path) goto out;
    struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true};
    struct error why = {0};
    if (!file_exists(path)) {
        calibration_skip(&c, "stories260K-v3.gguf", "the file is not there");
    } else if (!(s.model = lm_model_load(path, &options, &why)) ||
               !(s.engine = lm_engine_new(s.model, pool, (struct lm_engine_options){0}, &why))) {
        calibration_failed(&c, "stories260K-v3.gguf", &why);
    } else if (!check_model(&s, err)) {
        goto out;
    }
    ok = calibrate_blocks(&c, err);
out:
    lm_engine_free(s.engine);
    lm_model_free(s.model);
    json_decref(values);
    arena_done(&c.arena);
    return ok;
}
