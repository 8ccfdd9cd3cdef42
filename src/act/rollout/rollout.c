/* Answers of the model that learns: see rollout.h. */
#include "act/rollout/rollout.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

/* Keys the random numbers of one prompt of one step; the engine adds sample and position. */
static uint64_t stream_of(const struct rollout_settings *s, uint64_t number) {
    const uint64_t key[2] = {s->seed, number};
    return hash_xxh3(key, sizeof key);
}

static bool generate(struct lm_engine *engine, const struct rollout_settings *s, const struct prompt *const *prompts, size_t n,
                     uint64_t at, struct arena *arena, struct lm_generate_result **out, struct error *err) {
    size_t all = n * s->samples;
    struct lm_generate_ask *asks = arena_new(arena, struct lm_generate_ask, all, err);
    struct lm_generate_result *results = asks ? arena_new(arena, struct lm_generate_result, all, err) : NULL;
    if (!results) return false;
    for (size_t i = 0; i < all; i++) {
        const struct prompt *p = prompts[i / s->samples];
        asks[i] = (struct lm_generate_ask){.prompt = p->ids, .n_prompt = p->n, .max_tokens = s->max_tokens,
                                           .sampling = {s->temperature, s->top_p, 0, s->seed},
                                           .stream = stream_of(s, at + i / s->samples), .sample = i % s->samples};
    }
    if (!lm_generate(engine, asks, all, results, arena, NULL, NULL, s->stop, err)) return false;
    for (size_t i = 0; i < all; i++)
        if (results[i].finish == LM_FINISH_ERROR) {
            *err = results[i].error;
            return error_wrap(err, "%s:%zu", prompts[i / s->samples]->file, prompts[i / s->samples]->line);
        }
    *out = results;
    return true;
}

/* Prompt, answer, and the token that ended it. An answer of no token at all still has its end. */
static bool make_answer(const struct prompt *p, const struct lm_generate_result *r, struct arena *arena,
                        struct graded_answer *out, struct error *err) {
    size_t n = p->n + r->n + (r->end >= 0);
    int32_t *ids = arena_new(arena, int32_t, n, err);
    bool *counted = arena_new(arena, bool, n, err);
    if (!ids || !counted) return false;
    memcpy(ids, p->ids, p->n * sizeof *ids);
    if (r->n) memcpy(ids + p->n, r->ids, r->n * sizeof *ids);
    if (r->end >= 0) ids[n - 1] = r->end;
    for (size_t i = p->n; i < n; i++) counted[i] = true;
    *out = (struct graded_answer){.ids = ids, .counted = counted, .n = n, .n_counted = n - p->n, .reward = NAN};
    return true;
}

static bool judge(const struct rollout_settings *s, const struct prompt *const *prompts, size_t n,
                  const struct lm_generate_result *results, struct arena *arena, struct reward_result **out, struct error *err) {
    size_t all = n * s->samples;
    struct reward_ask *asks = arena_new(arena, struct reward_ask, all, err);
    struct reward_result *judged = asks ? arena_new(arena, struct reward_result, all, err) : NULL;
    if (!judged) return false;
    for (size_t i = 0; i < all; i++) {
        const struct prompt *p = prompts[i / s->samples];
        asks[i] = (struct reward_ask){p->row, p->file, p->line, results[i].text, results[i].finish == LM_FINISH_STOP,
                                      results[i].n + (results[i].end >= 0)};
    }
    *out = judged;
    return s->reward->judge(s->reward->context, asks, all, judged, err) || error_wrap(err, "reward %s", s->reward->name);
}

static void count(struct rollout *r, const struct lm_generate_result *results, size_t all, const struct reward_result *judged) {
    double surprise = 0, rewards = 0;
    for (size_t i = 0; i < all; i++) {
        size_t n = results[i].n;
        for (size_t t = 0; t < n; t++) surprise -= (double)results[i].logprobs[t];
        if (results[i].end >= 0) surprise -= (double)results[i].end_logprob;
        r->tokens += n + (results[i].end >= 0);
        r->whole += (results[i].finish == LM_FINISH_STOP) / (double)all;
        rewards += judged[i].reward / (double)all;
        if (judged[i].level > 0) r->level[judged[i].level <= 4 ? judged[i].level - 1 : 4] += 1 / (double)all;
    }
    r->reward = rewards;
    r->length = (double)r->tokens / (double)all;
    r->entropy = r->tokens ? surprise / (double)r->tokens : 0;
}

bool rollout_make(struct lm_engine *engine, const struct rollout_settings *s, const struct prompt *const *prompts, size_t n,
                  uint64_t at, struct arena *arena, struct rollout *out, struct error *err) {
    struct lm_generate_result *results = NULL;
    struct reward_result *judged = NULL;
    *out = (struct rollout){.n = n, .groups = arena_new(arena, struct answer_group, n, err)};
    struct graded_answer *answers = arena_new(arena, struct graded_answer, n * s->samples, err);
    if (!out->groups || !answers || !generate(engine, s, prompts, n, at, arena, &results, err) ||
        !judge(s, prompts, n, results, arena, &judged, err))
        return false;
    for (size_t i = 0; i < n * s->samples; i++) {
        if (!make_answer(prompts[i / s->samples], &results[i], arena, &answers[i], err)) return false;
        answers[i].reward = judged[i].reward;
        answers[i].level = judged[i].level;
        answers[i].first_counted = out->counted;
        out->counted += answers[i].n_counted;
    }
    for (size_t g = 0; g < n; g++)
        out->groups[g] = (struct answer_group){prompts[g]->file, prompts[g]->line, prompts[g]->weight, answers + g * s->samples,
                                               s->samples};
    count(out, results, n * s->samples, judged);
    return true;
}

bool rollout_flat(const struct answer_group *g) {
    for (size_t i = 1; i < g->n; i++) {
        const struct graded_answer *a = &g->answers[0], *b = &g->answers[i];
        if (a->level > 0 ? a->level != b->level : a->reward != b->reward) return false;
    }
    return true;
}
