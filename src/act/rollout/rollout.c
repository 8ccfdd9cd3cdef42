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

static bool generate(struct lm_engine *engine, const struct rollout_settings *s, const struct prompt *const *prompts,
                     size_t n, uint64_t at, struct arena *arena, struct lm_generate_result **out, struct error *err) {
    size_t all = n * s->samples;
    struct lm_generate_ask *asks = arena_new(arena, struct lm_generate_ask, all, err);
    struct lm_generate_result *results = asks ? arena_new(arena, struct lm_generate_result, all, err) : NULL;
    if (!results) return false;
    for (size_t i = 0; i < all; i++) {
        const struct prompt *p = prompts[i / s->samples];
        asks[i] = (struct lm_generate_ask){.prompt = p->ids, .n_prompt = p->n, .max_tokens = s->max_tokens,
                                           .sampling = {s->temperature, s->top_p, 0, s->seed}, .special = s->special,
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

static bool judge(const struct rollout_settings *s, const struct prompt *const *prompts, size_t n,
                  const struct lm_generate_result *results, struct arena *arena, struct reward_result **out,
                  struct error *err) {
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
    return s->reward->judge(s->reward->context, asks, all, judged, err) ||
           error_wrap(err, "reward %s", s->reward->name);
}

/* One answer as processes tell one another of it: its tokens follow, max_tokens and one that ends it. */
struct told {
    uint64_t n;      /* tokens, with the one that ended it */
    double surprise; /* sum of - log p of them, as drawn */
    double reward;
    int32_t level, whole;
};

static size_t told_bytes(const struct rollout_settings *s) {
    return (sizeof(struct told) + (s->max_tokens + 1) * sizeof(int32_t) + 7) / 8 * 8;
}

static int32_t *told_ids(struct told *t) {
    return (int32_t *)(void *)(t + 1);
}

/* An answer of no token at all still has its end. */
static void tell(const struct lm_generate_result *r, const struct reward_result *judged, struct told *out) {
    *out = (struct told){.reward = judged->reward, .level = judged->level, .whole = r->finish == LM_FINISH_STOP};
    for (; out->n < r->n; out->n++) {
        told_ids(out)[out->n] = r->ids[out->n];
        out->surprise -= (double)r->logprobs[out->n];
    }
    if (r->end < 0) return;
    told_ids(out)[out->n++] = r->end;
    out->surprise -= (double)r->end_logprob;
}

/* This process's share of the prompts. */
static bool answer_share(struct lm_engine *engine, const struct rollout_settings *s,
                         const struct prompt *const *prompts, struct team_share share, uint64_t at, struct arena *arena,
                         char *told, struct error *err) {
    struct lm_generate_result *results = NULL;
    struct reward_result *judged = NULL;
    size_t n = share.end - share.first;
    if (n == 0) return true;
    prompts += share.first;
    if (!generate(engine, s, prompts, n, at + share.first, arena, &results, err) ||
        !judge(s, prompts, n, results, arena, &judged, err))
        return false;
    for (size_t i = 0; i < n * s->samples; i++)
        tell(&results[i], &judged[i], (struct told *)(void *)(told + (share.first * s->samples + i) * told_bytes(s)));
    return true;
}

/* Prompt, answer, and the token that ended it. */
static bool make_answer(const struct prompt *p, struct told *t, struct arena *arena, struct graded_answer *out,
                        struct error *err) {
    size_t n = p->n + t->n;
    int32_t *ids = arena_new(arena, int32_t, n, err);
    bool *counted = arena_new(arena, bool, n, err);
    if (!ids || !counted) return false;
    memcpy(ids, p->ids, p->n * sizeof *ids);
    if (t->n) memcpy(ids + p->n, told_ids(t), t->n * sizeof *ids);
    for (size_t i = p->n; i < n; i++) counted[i] = true;
    *out = (struct graded_answer){
        .ids = ids, .counted = counted, .n = n, .n_counted = t->n, .reward = t->reward, .level = t->level};
    return true;
}

static void count(struct rollout *r, const struct told *t, size_t all) {
    r->tokens += t->n;
    r->entropy += t->surprise;
    r->whole += (double)t->whole / (double)all;
    r->reward += t->reward / (double)all;
    if (t->level > 0) r->level[t->level <= 4 ? t->level - 1 : 4] += 1 / (double)all;
}

static bool make_answers(struct rollout *r, const struct rollout_settings *s, const struct prompt *const *prompts,
                         char *told, struct arena *arena, struct error *err) {
    size_t all = r->n * s->samples;
    struct graded_answer *answers = arena_new(arena, struct graded_answer, all, err);
    if (!answers) return false;
    for (size_t i = 0; i < all; i++) {
        struct told *t = (struct told *)(void *)(told + i * told_bytes(s));
        if (!make_answer(prompts[i / s->samples], t, arena, &answers[i], err)) return false;
        answers[i].first_counted = r->counted;
        r->counted += answers[i].n_counted;
        count(r, t, all);
    }
    for (size_t g = 0; g < r->n; g++)
        r->groups[g] = (struct answer_group){prompts[g]->file, prompts[g]->line, prompts[g]->weight,
                                             answers + g * s->samples, s->samples};
    r->length = (double)r->tokens / (double)all;
    r->entropy = r->tokens ? r->entropy / (double)r->tokens : 0;
    return true;
}

bool rollout_make(struct lm_engine *engine, const struct rollout_settings *s, const struct prompt *const *prompts,
                  size_t n, uint64_t at, struct arena *arena, struct rollout *out, struct error *err) {
    size_t group = s->samples * told_bytes(s);
    *out = (struct rollout){.n = n, .groups = arena_new(arena, struct answer_group, n, err)};
    char *told = arena_new(arena, char, n * group, err);
    bool ok = out->groups && told &&
              answer_share(engine, s, prompts, team_share(s->team, n, team_rank(s->team)), at, arena, told, err);
    return team_agree(s->team, ok, err) && team_gather_parts(s->team, told, n, group, err) &&
           make_answers(out, s, prompts, told, arena, err);
}

bool rollout_flat(const struct answer_group *g) {
    for (size_t i = 1; i < g->n; i++) {
        const struct graded_answer *a = &g->answers[0], *b = &g->answers[i];
        if (a->level > 0 ? a->level != b->level : a->reward != b->reward) return false;
    }
    return true;
}
