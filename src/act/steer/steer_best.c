/* Best of n: whole answers of the base, of which the one with the highest reward is said. The reference point of every
 * steer; KL to the base at most log n - (n - 1) / n (Beirami et al. 2024). Works with subjects that give no
 * log-probabilities. */
#include "act/steer/steer_internal.h"
#include "act/steer/steer_text.h"

static const struct option_def options[] = {
    STEER_INT("samples", "8", 1, 4096, "answers of which the best one counts"),
    STEER_REAL("heat", "1", 0.001, 100, "temperature of the answers, where the ask has none")};

const struct steer steer_best_of_n = {
    .name = "best-of-n",
    .summary = "whole answers of the base, the best of them",
    .source = "Stiennon et al., NeurIPS 2020; KL: Beirami et al. 2024",
    STEER_TABLE(options),
    .needs = STEER_NEEDS_REWARD | STEER_WHOLE,
};

/* ---- asking */

/* Answers of one ask in the order of their samples. */
struct heap_of {
    struct answer *answers; /* [samples * n] */
    size_t n;
};
struct gathering {
    struct steering *s;
    struct heap_of *of;
    struct arena arena;
};

static bool gather(void *context, const struct answer *answer, struct error *err) {
    struct gathering *g = context;
    struct heap_of *of = &g->of[answer->ask];
    char *copy = arena_copy(&g->arena, answer->text.at ? answer->text.at : "", answer->text.len, err);
    if (!copy) return false;
    if (answer->sample >= of->n) return true;
    struct answer *own = &of->answers[answer->sample];
    *own = *answer;
    own->text.at = copy;
    own->logprobs = NULL;
    own->extra = NULL;
    return true;
}

/* The best of `n` answers, NULL: none has a reward. *calls: rewards that were asked for. */
static const struct answer *best_of(struct steering *s, const json_t *row, size_t index, const struct answer *answers,
                                    size_t n, uint64_t *calls, struct error *why) {
    const struct answer *best = NULL;
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const struct answer *a = &answers[i];
        struct reward_result result = {NAN, 0};
        const struct reward_ask ask = {row, "ask", index + 1, a->text, a->finish == ANSWER_STOP, a->tokens_out};
        if (a->error.kind) {
            *why = a->error;
            continue;
        }
        ++*calls;
        if (!s->reward->judge(s->reward->context, &ask, 1, &result, why)) continue;
        if (result.reward > most || (!best && isfinite(result.reward))) most = result.reward, best = a;
    }
    if (!best && !why->kind) error_set(why, ERROR_DATA, "reward %.200s gave no number for any answer", s->reward->name);
    return best;
}

static bool give_best(struct steering *s, struct subject *subject, const struct ask *ask, size_t index, size_t sample,
                      const struct answer *answers, subject_sink *sink, void *context, struct error *err) {
    size_t n = s->settings.samples;
    struct error why = {0};
    struct steer_spent spent = {.rollouts = n};
    json_t *row = steer_ask_row(ask, err);
    if (!row) return false;
    const struct answer *best = best_of(s, row, index, answers, n, &spent.reward_calls, &why);
    json_decref(row);
    if (!best && why.kind != ERROR_DATA && why.kind != ERROR_ENVIRONMENT) return *err = why, false;
    for (size_t i = 0; i < n; i++) spent.rollout_tokens += answers[i].tokens_out;
    spent.tokens = best ? best->tokens_out : 0;
    steer_add_spent(&s->spent, &spent);
    if (!best) return subject_give_error(index, sample, &why, sink, context, err);
    struct answer answer = *best;
    answer.ask = index;
    answer.sample = sample;
    double most = log((double)n) - (double)(n - 1) / (double)n;
    json_t *extra = steer_extra(subject, most, NAN, &spent);
    answer.extra = extra;
    bool ok = (extra || error_memory(err, "an answer")) && sink(context, &answer, err);
    json_decref(extra);
    return ok;
}

bool steer_best_of(struct steering *s, struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink,
                   void *context, struct error *err) {
    struct gathering g = {.s = s};
    arena_init(&g.arena, (size_t)2 << 30);
    struct ask *own = arena_new(&g.arena, struct ask, n + 1, err);
    bool ok = own && (g.of = arena_new(&g.arena, struct heap_of, n + 1, err));
    for (size_t i = 0; ok && i < n; i++) {
        own[i] = asks[i];
        own[i].samples = ask_answers(&asks[i]) * s->settings.samples;
        if (!(own[i].temperature > 0)) own[i].temperature = s->settings.rollout_temperature;
        g.of[i].n = own[i].samples;
        ok = (g.of[i].answers = arena_new(&g.arena, struct answer, own[i].samples, err)) != NULL;
    }
    ok = ok && subject_ask(s->base, own, n, gather, &g, err);
    for (size_t i = 0; ok && i < n; i++)
        for (size_t k = 0; ok && k < ask_answers(&asks[i]); k++)
            ok = give_best(s, subject, &asks[i], i, k, g.of[i].answers + k * s->settings.samples, sink, context, err);
    arena_done(&g.arena);
    return ok;
}
