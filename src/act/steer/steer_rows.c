/* Next tokens of texts: one pass of an engine over all texts of a step. A logits processor looks at the row and ends
 * the ask, so that the engine computes what is new of each text and keeps its state. */
#include "act/steer/steer_text.h"

#include <math.h>
#include <string.h>

static double log_mass(const float *logits, size_t n) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, (double)logits[i]);
    for (size_t i = 0; i < n; i++) sum += exp((double)logits[i] - most);
    return most + log(sum);
}

/* The n highest, falling, ties by rising id. */
static void find_top(const float *logits, size_t vocabulary, int32_t *ids, size_t n) {
    size_t have = 0;
    for (size_t i = 0; i < vocabulary; i++) {
        if (have == n && !(logits[i] > logits[ids[n - 1]])) continue;
        size_t at = have < n ? have++ : n - 1;
        for (; at > 0 && logits[i] > logits[ids[at - 1]]; at--) ids[at] = ids[at - 1];
        ids[at] = (int32_t)i;
    }
}

static bool look(const void *settings, void *state, struct logits_row *row, struct error *err) {
    struct steer_row *out = *(struct steer_row *const *)settings;
    double mass = log_mass(row->logits, row->vocabulary);
    (void)state, (void)err;
    if (!out->given) find_top(row->logits, row->vocabulary, out->ids, out->n);
    for (size_t i = 0; i < out->n; i++) out->logprobs[i] = (double)row->logits[out->ids[i]] - mass;
    row->ends = true;
    return true;
}

static const struct logits_processor_kind looking = {.name = "steer", .change = look};

/* Prompt and answer as tokens of the policy's model, on the step's arena. */
static bool tokens_of(struct steering *s, enum steer_policy policy, const struct steer_said *said,
                      struct lm_generate_ask *ask, struct error *err) {
    const struct lm_prompt *prompt = policy == STEER_BASE ? &said->prompt : &said->prompt_bl;
    size_t n = prompt->n + said->ids.n;
    int32_t *ids = arena_new(s->step, int32_t, n, err);
    if (!ids) return false;
    memcpy(ids, prompt->ids, prompt->n * sizeof *ids);
    if (said->ids.n) memcpy(ids + prompt->n, said->ids.ids, said->ids.n * sizeof *ids);
    ask->prompt = ids;
    ask->n_prompt = n;
    return true;
}

static void take_state(struct lm_kept **place, struct lm_kept *kept) {
    if (!kept) return;
    lm_kept_free(*place);
    *place = kept;
}

bool steer_rows(struct steering *s, enum steer_policy policy, struct steer_row *rows, size_t n, struct error *err) {
    struct lm_subject *lm = policy == STEER_BASE ? s->base_lm : s->baseline_lm;
    struct lm_generate_ask *asks = arena_new(s->step, struct lm_generate_ask, n + 1, err);
    struct lm_generate_result *results = asks ? arena_new(s->step, struct lm_generate_result, n + 1, err) : NULL;
    struct logits_processor *processors = results ? arena_new(s->step, struct logits_processor, n + 1, err) : NULL;
    struct steer_row **settings = processors ? arena_new(s->step, struct steer_row *, n + 1, err) : NULL;
    if (!settings) return false;
    for (size_t i = 0; i < n; i++) {
        settings[i] = &rows[i];
        processors[i] = (struct logits_processor){&looking, &settings[i]};
        asks[i] = (struct lm_generate_ask){
            .max_tokens = 1, .sampling = {.top_p = 1}, .processors = &processors[i], .n_processors = 1, .keep = true};
        if (!tokens_of(s, policy, &s->said[rows[i].text], &asks[i], err)) return false;
    }
    bool ok = lm_generate(lm->engine, asks, n, results, s->step, NULL, NULL, s->stop, err);
    for (size_t i = 0; i < n; i++) {
        struct steer_said *said = &s->said[rows[i].text];
        if (results[i].error.kind && !said->error.kind) said->error = results[i].error;
        if (ok && !results[i].error.kind && results[i].finish == LM_FINISH_LENGTH)
            error_set(&said->error, ERROR_DATA, "prompt and answer fill the context of %zu tokens",
                      lm->model->shape.context);
        take_state(policy == STEER_BASE ? &said->kept : &said->kept_bl, results[i].kept);
    }
    return ok;
}

bool steer_blocks(struct steering *s, const size_t *texts, size_t n, struct steer_place *places, struct error *err) {
    size_t k = s->settings.topk, all = n * k;
    struct lm_generate_ask *asks = arena_new(s->step, struct lm_generate_ask, all + 1, err);
    struct lm_generate_result *results = asks ? arena_new(s->step, struct lm_generate_result, all + 1, err) : NULL;
    if (!results) return false;
    for (size_t i = 0; i < all; i++) {
        const struct steer_said *said = &s->said[texts[i / k]];
        size_t left = said->ask->max_tokens - said->ids.n;
        if (i % k) {
            asks[i] = asks[i - 1];
        } else {
            asks[i] = (struct lm_generate_ask){
                .max_tokens = s->settings.block < left ? s->settings.block : left,
                .sampling = {.temperature = said->ask->temperature > 0 ? said->ask->temperature : 1, .top_p = 1,
                             .seed = said->ask->seed},
                .stream = said->stream + said->ids.n + 1};
            if (!tokens_of(s, STEER_BASE, said, &asks[i], err)) return false;
        }
        asks[i].sample = said->sample * k + i % k;
    }
    if (!lm_generate(s->base_lm->engine, asks, all, results, s->step, NULL, NULL, s->stop, err)) return false;
    for (size_t i = 0; i < all; i++) {
        struct steer_said *said = &s->said[texts[i / k]];
        const struct lm_generate_result *r = &results[i];
        if (r->error.kind && !said->error.kind) said->error = r->error;
        size_t more = r->end >= 0;
        int32_t *ids = arena_new(s->step, int32_t, r->n + 1, err);
        if (!ids) return false;
        if (r->n) memcpy(ids, r->ids, r->n * sizeof *ids);
        if (more) ids[r->n] = r->end;
        places[i] = (struct steer_place){.text = texts[i / k],
                                         .prefix = said->ids.ids,
                                         .n_prefix = said->ids.n,
                                         .next = ids,
                                         .n_next = r->n + more,
                                         .logprob = more ? (double)r->end_logprob : 0};
        for (size_t t = 0; t < r->n; t++) places[i].logprob += (double)r->logprobs[t];
        s->spent.rollout_tokens += r->n + more;
        said->spent.rollout_tokens += r->n + more;
    }
    return true;
}
