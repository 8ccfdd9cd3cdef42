/* Speed of what models are used for: see bench_model.h. Texts are random tokens; what is measured does not depend on
 * which. */
#include "lm/calibrate/bench_model.h"

#include "base/rng.h"
#include "lm/engine/engine.h"
#include "tensor/bench_matmul.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Lengths in tokens; less where the context is short. */
enum {
    TEXT_LONG = 256,
    PROMPT = 8,
    ANSWER = 16,
    SEQUENCES = 32,
    QUESTIONS = 16,
    CHOICES = 4,
    SHOTS = 240,
    QUESTION = 40,
    CHOICE = 4
};
enum { TRIES = 10 };

struct speed {
    struct lm_model *model;
    struct lm_engine *engine;
    struct arena arena; /* of one call */
    struct rng rng;
    size_t length, shots, question, choice, prompt, answer; /* tokens */
    size_t sequences, most;                                 /* answers at once and their length */
    size_t tokens;                                          /* of the newest call */
    int32_t text[TEXT_LONG], prompts[SEQUENCES][PROMPT], asked[QUESTIONS][SHOTS + QUESTION],
        choices[QUESTIONS][CHOICES][CHOICE];
};

static void arena_again(struct arena *arena) {
    arena_done(arena);
    arena_init(arena, 0);
}

static bool score(struct speed *s, const struct lm_score_ask *asks, size_t n, struct error *err) {
    struct lm_score_result results[QUESTIONS * CHOICES];
    bool ok = lm_score(s->engine, asks, n, results, &s->arena, NULL, err);
    for (size_t i = 0; ok && i < n; i++)
        if (results[i].error.kind) ok = error_set(err, results[i].error.kind, "bench: %s", results[i].error.message);
    arena_again(&s->arena);
    return ok;
}

/* A long text whose last token is scored, as before an answer. */
static bool prefill(void *context, struct error *err) {
    struct speed *s = context;
    s->tokens = s->length;
    return score(s, &(struct lm_score_ask){s->text, s->length - 1, s->text + s->length - 1, 1}, 1, err);
}

static bool score_text(void *context, struct error *err) {
    struct speed *s = context;
    s->tokens = s->length - 1;
    return score(s, &(struct lm_score_ask){s->text, 1, s->text + 1, s->length - 1}, 1, err);
}

/* Questions behind the same examples, each with its choices. */
static bool choose(void *context, struct error *err) {
    struct speed *s = context;
    struct lm_score_ask asks[QUESTIONS * CHOICES];
    for (size_t i = 0; i < QUESTIONS * CHOICES; i++)
        asks[i] = (struct lm_score_ask){s->asked[i / CHOICES], s->shots + s->question,
                                        s->choices[i / CHOICES][i % CHOICES], s->choice};
    s->tokens = QUESTIONS;
    return score(s, asks, QUESTIONS * CHOICES, err);
}

static bool generate(void *context, struct error *err) {
    struct speed *s = context;
    struct lm_generate_ask asks[SEQUENCES];
    struct lm_generate_result results[SEQUENCES];
    for (size_t i = 0; i < s->sequences; i++)
        asks[i] = (struct lm_generate_ask){.prompt = s->prompts[i],
                                           .n_prompt = s->prompt,
                                           .max_tokens = s->most,
                                           .stream = i,
                                           .sampling = {.top_p = 1}};
    bool ok = lm_generate(s->engine, asks, s->sequences, results, &s->arena, NULL, NULL, NULL, err);
    s->tokens = 0;
    for (size_t i = 0; ok && i < s->sequences; i++) {
        s->tokens += results[i].n;
        if (results[i].error.kind) ok = error_set(err, results[i].error.kind, "bench: %s", results[i].error.message);
    }
    arena_again(&s->arena);
    return ok;
}

/* flops: of one unit that is counted; floor: the most such units a second. */
static void report(struct bench *b, const struct speed *s, const char *name, const char *unit, struct bench_times times,
                   double flops, double floor) {
    double rate = (double)s->tokens / times.wall;
    b->report(b->context, &(struct bench_row){"generate", name, rate, unit, 1e-9 * flops * rate, floor,
                                              (double)s->tokens / times.cpu});
}

static bool measure_text(struct bench *b, struct speed *s, bench_work *work, const char *what, struct error *err) {
    struct bench_times times;
    char name[64];
    bool scores = work == score_text;
    double flops = scores
                       ? bench_model_flops(s->model)
                       : bench_model_flops(s->model) - 2 * (double)(s->model->shape.width * s->model->shape.vocabulary);
    if (!bench_times(b, work, s, &times, err)) return false;
    snprintf(name, sizeof name, "%s %zu tokens", what, s->length);
    report(b, s, name, "tokens/s", times, flops, b->peak / flops);
    return true;
}

static bool measure_choices(struct bench *b, struct speed *s, struct error *err) {
    struct bench_times times;
    char name[64];
    double scored = CHOICES * (s->choice - 1) + 1,
           all = (double)s->shots / QUESTIONS + (double)s->question - 1 + scored;
    double output = 2 * (double)(s->model->shape.width * s->model->shape.vocabulary);
    double flops = all * (bench_model_flops(s->model) - output) + scored * output;
    if (!bench_times(b, choose, s, &times, err)) return false;
    snprintf(name, sizeof name, "%d questions, %d choices", QUESTIONS, CHOICES);
    report(b, s, name, "asks/s", times, flops, b->peak / flops);
    return true;
}

/* Tokens behind the first of each answer, so that the prompts do not count. */
static bool measure_answers(struct bench *b, struct speed *s, size_t sequences, struct error *err) {
    struct bench_times first, all;
    char name[64];
    double flops = bench_model_flops(s->model),
           floor = fmin(b->peak / flops, (double)sequences * b->bandwidth / bench_model_bytes(s->model));
    s->sequences = sequences;
    for (int i = 0; i < TRIES; i++) {
        s->most = 1;
        if (!bench_times(b, generate, s, &first, err)) return false;
        size_t begun = s->tokens;
        s->most = s->answer;
        if (!bench_times(b, generate, s, &all, err)) return false;
        s->tokens -= begun;
        struct bench_times times = {all.wall - first.wall, all.cpu - first.cpu};
        if (!s->tokens || times.wall <= 0 || times.cpu <= 0) continue;
        snprintf(name, sizeof name, "generate %zu at once", sequences);
        report(b, s, name, "tokens/s", times, flops, floor);
        return true;
    }
    return error_set(err, ERROR_ENVIRONMENT,
                     "bench generate: %zu answers of %zu tokens take no longer than their first tokens; is the "
                     "machine busy?",
                     sequences, s->answer);
}

static void fill(struct speed *s, int32_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) ids[i] = (int32_t)rng_below(&s->rng, s->model->shape.vocabulary);
}

static bool make_texts(struct speed *s, struct error *err) {
    size_t context = s->model->shape.context, part = context / 4;
    if (context < 16)
        return error_set(err, ERROR_DATA, "bench generate: the context of %zu tokens is too short", context);
    s->length = context < TEXT_LONG ? context : TEXT_LONG;
    s->choice = CHOICE < part ? CHOICE : part;
    s->question = QUESTION < part ? QUESTION : part;
    s->shots = context - s->choice - s->question < SHOTS ? context - s->choice - s->question : SHOTS;
    s->prompt = PROMPT < part ? PROMPT : part;
    s->answer = context - s->prompt < ANSWER ? context - s->prompt : ANSWER;
    s->rng = rng_stream(1, "bench", 0);
    fill(s, s->text, TEXT_LONG);
    fill(s, s->prompts[0], sizeof s->prompts / sizeof(int32_t));
    fill(s, s->choices[0][0], sizeof s->choices / sizeof(int32_t));
    fill(s, s->asked[0], s->shots);
    for (size_t i = 0; i < QUESTIONS; i++) {
        memcpy(s->asked[i], s->asked[0], s->shots * sizeof(int32_t));
        fill(s, s->asked[i] + s->shots, s->question);
    }
    return true;
}

/* The subject as its users have it: large ones stay in their file. */
static struct lm_model *open_model(const struct bench *b, struct error *err) {
    struct lm_load_options options = {0};
    if (!lm_load_options_parse(text_of(b->compute ? b->compute : "auto"), &options, err)) return NULL;
    return b->subject ? lm_model_load(b->subject, &options, err) : bench_model(b, options.compute, err);
}

bool bench_generate(struct bench *b, struct error *err) {
    if (!bench_bandwidth(b, err) || !bench_peak(b, err)) return false;
    struct speed *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "benchmark");
    arena_init(&s->arena, 0);
    bool ok = (s->model = open_model(b, err)) &&
              (s->engine = lm_engine_new(s->model, b->pool, (struct lm_engine_options){0}, err)) &&
              make_texts(s, err) && measure_text(b, s, prefill, "prefill", err);
    struct bench warm = *b; /* after the first case */
    warm.warm = true;
    ok = ok && measure_text(&warm, s, score_text, "score", err) && measure_choices(&warm, s, err) &&
         measure_answers(&warm, s, 1, err) && measure_answers(&warm, s, SEQUENCES, err);
    lm_engine_free(s->engine);
    lm_model_free(s->model);
    arena_done(&s->arena);
    memory_free(s);
    return ok;
}
