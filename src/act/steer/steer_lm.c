/* Language models as a source: see steer_text.h. Rollouts of all candidates of all texts are one call of the engine,
 * which computes what they have in common once and goes on from the states that it keeps. */
#include "act/steer/steer_text.h"

#include "lm/engine/observe.h"
#include "lm/model/model_head.h"

#include <math.h>
#include <string.h>

/* ---- texts */

/* Where the text ends because of a stop text; SIZE_MAX: nowhere. */
static size_t stop_at(const struct ask *ask, struct text t) {
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < ask->n_stops; i++) {
        size_t at = ask->stops[i].len ? text_find(t, ask->stops[i], 0) : SIZE_MAX;
        if (at < first) first = at;
    }
    return first;
}

bool steer_text_with(struct steering *s, const struct steer_said *said, const int32_t *next, size_t n,
                     struct text more, struct text *out, bool *ends, bool *whole, struct error *err) {
    const struct tokenizer *tokenizer = s->base_lm->model->tokenizer;
    struct buffer b;
    buffer_init(&b, (size_t)1 << 28);
    buffer_put_text(&b, buffer_text(&said->text));
    *whole = false;
    for (size_t i = 0; i < n && !*whole; i++) {
        *whole = tokenizer_ends(tokenizer, next[i]);
        if (!*whole) tokenizer_piece(tokenizer, next[i], s->base_lm->keep_special, &b);
    }
    if (!*whole) buffer_put_text(&b, more);
    size_t stop = b.failed || b.full ? SIZE_MAX : stop_at(said->ask, buffer_text(&b));
    if (stop != SIZE_MAX) b.len = stop, *whole = true;
    *ends = *whole || said->ids.n + n >= said->ask->max_tokens;
    bool ok = buffer_check(&b, "a text", err);
    char *copy = ok ? arena_copy(s->step, b.at ? b.at : "", b.len, err) : NULL;
    *out = (struct text){copy, copy ? b.len : 0};
    buffer_done(&b);
    return copy != NULL;
}

/* ---- rewards */

struct judged {
    size_t text; /* whose it is */
    struct reward_ask ask;
    double *out;
};

static bool is_fatal(const struct error *why) {
    return why->kind != ERROR_DATA;
}

/* One judge for all; where it stumbles over one text, text by text, so that only that one has the error. */
static bool judge_apart(struct steering *s, const struct reward *reward, struct judged *list, struct reward_ask *asks,
                        struct reward_result *results, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++) {
        struct error why = {0};
        struct steer_said *said = &s->said[list[i].text];
        if (reward->judge(reward->context, &asks[i], 1, &results[i], &why)) continue;
        if (is_fatal(&why)) return *err = why, false;
        results[i].reward = NAN;
        if (!said->error.kind) said->error = why;
    }
    return true;
}

static bool judge(struct steering *s, const struct reward *reward, struct judged *list, size_t n, struct error *err) {
    struct reward_ask *asks = arena_new(s->step, struct reward_ask, n + 1, err);
    struct reward_result *results = asks ? arena_new(s->step, struct reward_result, n + 1, err) : NULL;
    struct error why = {0};
    if (!results) return false;
    for (size_t i = 0; i < n; i++) asks[i] = list[i].ask;
    if (n && !reward->judge(reward->context, asks, n, results, &why)) {
        if (is_fatal(&why)) return *err = why, error_wrap(err, "reward %s", reward->name);
        if (!judge_apart(s, reward, list, asks, results, n, err)) return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct steer_said *said = &s->said[list[i].text];
        bool empty = text_trim(asks[i].answer).len == 0; /* says nothing: worth nothing, unless there is a number */
        if (empty && isnan(results[i].reward)) results[i].reward = 0;
        *list[i].out = results[i].reward;
        said->spent.reward_calls++;
        if (!isfinite(results[i].reward) && !said->error.kind)
            error_set(&said->error, ERROR_DATA, "reward %.200s gave no number behind token %zu", reward->name,
                      said->ids.n);
    }
    return true;
}

static struct reward_ask reward_ask_of(const struct steer_said *said, struct text answer, bool whole, size_t tokens) {
    return (struct reward_ask){.row = said->row, .file = "ask", .line = said->index + 1, .answer = answer,
                               .whole = whole, .tokens = tokens};
}

/* ---- what the text is worth as it stands */

static bool partial(void *context, const struct steer_place *places, size_t n, double *out, struct error *err) {
    struct steering *s = context;
    struct judged *list = arena_new(s->step, struct judged, n + 1, err);
    if (!list) return false;
    for (size_t i = 0; i < n; i++) {
        const struct steer_said *said = &s->said[places[i].text];
        struct text t;
        bool ends, whole;
        if (!steer_text_with(s, said, places[i].next, places[i].n_next, TEXT(""), &t, &ends, &whole, err)) return false;
        list[i] = (struct judged){places[i].text,
                                  reward_ask_of(said, t, whole, places[i].n_prefix + places[i].n_next), &out[i]};
    }
    return judge(s, s->reward, list, n, err);
}

static int32_t *join(struct steering *s, const struct lm_prompt *prompt, const struct steer_place *p, size_t *n,
                     struct error *err) {
    *n = prompt->n + p->n_prefix + p->n_next;
    int32_t *ids = arena_new(s->step, int32_t, *n, err);
    if (!ids) return NULL;
    memcpy(ids, prompt->ids, prompt->n * sizeof *ids);
    if (p->n_prefix) memcpy(ids + prompt->n, p->prefix, p->n_prefix * sizeof *ids);
    if (p->n_next) memcpy(ids + prompt->n + p->n_prefix, p->next, p->n_next * sizeof *ids);
    return ids;
}

static bool head(void *context, const struct steer_place *places, size_t n, double *out, struct error *err) {
    struct steering *s = context;
    const struct lm_model *model = s->head_lm->model;
    const struct lm_site site = {LM_STATE, model->shape.layers + 1, 0};
    const struct lm_observe_options options = {.sites = &site, .n_sites = 1, .pool = LM_POOL_LAST};
    struct lm_observe_ask *asks = arena_new(s->step, struct lm_observe_ask, n + 1, err);
    struct lm_observed *seen = asks ? arena_new(s->step, struct lm_observed, n + 1, err) : NULL;
    if (!seen) return false;
    for (size_t i = 0; i < n; i++) {
        struct steer_said *said = &s->said[places[i].text];
        if (!(asks[i].ids = join(s, &said->prompt_head, &places[i], &asks[i].n, err))) return false;
        said->spent.reward_calls++;
    }
    if (!lm_observe(s->head_lm->engine, &options, asks, n, seen, s->step, s->stop, err)) return false;
    for (size_t i = 0; i < n; i++) {
        struct steer_said *said = &s->said[places[i].text];
        out[i] = NAN;
        if (!seen[i].error.kind)
            lm_head_apply(model, seen[i].values, &out[i]);
        else if (!said->error.kind)
            said->error = seen[i].error;
    }
    return true;
}

/* ---- log-probabilities */

static bool logprobs(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, double *out,
                     struct error *err) {
    struct steering *s = context;
    struct steer_row *rows = arena_new(s->step, struct steer_row, n + 1, err);
    int32_t *ids = rows ? arena_new(s->step, int32_t, n + 1, err) : NULL;
    size_t texts = 0;
    if (!ids) return false;
    for (size_t i = 0; i < n; i++) {
        ids[i] = places[i].next[0];
        if (i == 0 || places[i].text != places[i - 1].text)
            rows[texts++] = (struct steer_row){places[i].text, &ids[i], &out[i], 0, true};
        rows[texts - 1].n++;
    }
    return steer_rows(s, policy, rows, texts, err);
}

/* ---- rollouts */

/* The text as tokens of the policy's model. Another tokenizer reads it anew: the words stay, the tokens do not. */
static bool put_prompt(struct steering *s, enum steer_policy policy, const struct steer_said *said,
                       const struct steer_place *p, struct text text, struct lm_generate_ask *ask, struct error *err) {
    if (policy == STEER_BASE || !s->other_words) {
        ask->prompt = join(s, policy == STEER_BASE ? &said->prompt : &said->prompt_bl, p, &ask->n_prompt, err);
        return ask->prompt != NULL;
    }
    struct token_list list = {0};
    bool ok = tokenizer_encode(s->baseline_lm->model->tokenizer, text, 0, &list, err);
    struct steer_place whole = {.prefix = list.ids, .n_prefix = list.n};
    ask->prompt = ok ? join(s, &said->prompt_bl, &whole, &ask->n_prompt, err) : NULL;
    token_list_done(&list);
    return ask->prompt != NULL;
}

/* Rollouts of one place: how many asks, where they begin. */
struct finishing {
    struct text text; /* behind the candidate */
    bool ends, whole;
    size_t first, n;
};

static bool begin(struct steering *s, enum steer_policy policy, const struct steer_place *p, size_t first, size_t m,
                  struct finishing *f, struct lm_generate_ask *asks, size_t *n_asks, struct error *err) {
    const struct steer_settings *o = &s->settings;
    const struct steer_said *said = &s->said[p->text];
    struct lm_generate_ask ask = {0};
    if (!steer_text_with(s, said, p->next, p->n_next, TEXT(""), &f->text, &f->ends, &f->whole, err)) return false;
    f->first = *n_asks;
    f->n = f->ends ? 0 : m;
    if (f->ends) return true;
    size_t left = said->ask->max_tokens - p->n_prefix - p->n_next;
    if (!put_prompt(s, policy, said, p, f->text, &ask, err)) return false;
    ask.max_tokens = o->horizon < left ? o->horizon : left;
    ask.sampling = (struct lm_sampling){.temperature = o->rollout_temperature, .top_p = 1, .seed = said->ask->seed};
    ask.stream = said->stream ^ (0x9e3779b97f4a7c15u * (p->n_prefix + 1)); /* the same for all candidates */
    ask.stops = said->ask->stops;
    ask.n_stops = said->ask->n_stops;
    ask.special = s->base_lm->keep_special;
    for (size_t k = 0; k < m; k++) {
        ask.sample = said->sample * 65536 + first + k;
        ask.keep = k == 0;
        asks[(*n_asks)++] = ask;
    }
    return true;
}

static bool end_of(struct steering *s, const struct steer_place *p, const struct lm_generate_result *r,
                   struct steer_end *end, struct reward_ask *ask, struct error *err) {
    struct steer_said *said = &s->said[p->text];
    struct text whole_text;
    bool ends, whole;
    if (!steer_text_with(s, said, p->next, p->n_next, r->text, &whole_text, &ends, &whole, err)) return false;
    whole = whole || r->finish == LM_FINISH_STOP;
    *end = (struct steer_end){.mass = 1, .text = r->text, .truncated = !whole};
    *ask = reward_ask_of(said, whole_text, whole, p->n_prefix + p->n_next + r->n);
    said->spent.rollouts++;
    said->spent.rollout_tokens += r->n + (r->end >= 0);
    if (r->error.kind && !said->error.kind) said->error = r->error;
    return true;
}

static bool remember(struct steering *s, const struct steer_place *p, struct lm_generate_result *results, size_t first,
                     size_t n, struct error *err) {
    struct steer_rollouts *one = arena_new(s->step, struct steer_rollouts, 1, err);
    if (!one) {
        for (size_t i = 0; i < n; i++) lm_kept_free(results[i].kept), results[i].kept = NULL;
        return false;
    }
    *one = (struct steer_rollouts){s->rollouts, p->text, p->next, results, first, n};
    s->rollouts = one;
    return true;
}

/* All ends of all places, their rewards asked for at once. */
static bool worth(struct steering *s, const struct steer_place *places, const struct finishing *f, size_t n,
                  const struct lm_generate_result *results, struct steer_ends *out, struct error *err) {
    size_t all = 0, at = 0;
    for (size_t i = 0; i < n; i++) all += f[i].n ? f[i].n : 1;
    struct judged *list = arena_new(s->step, struct judged, all + 1, err);
    struct judged *other = list ? arena_new(s->step, struct judged, all + 1, err) : NULL;
    if (!other) return false;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct steer_ends){.n = f[i].n ? f[i].n : 1, .exact = f[i].n == 0};
        if (!(out[i].of = arena_new(s->step, struct steer_end, out[i].n, err))) return false;
        for (size_t k = 0; k < out[i].n; k++, at++) {
            struct steer_end *end = &out[i].of[k];
            list[at] = (struct judged){.text = places[i].text, .out = &end->reward};
            if (f[i].n) {
                if (!end_of(s, &places[i], &results[f[i].first + k], end, &list[at].ask, err)) return false;
            } else {
                *end = (struct steer_end){.mass = 1, .truncated = !f[i].whole};
                list[at].ask = reward_ask_of(&s->said[places[i].text], f[i].text, f[i].whole,
                                             places[i].n_prefix + places[i].n_next);
            }
            other[at] = list[at];
            other[at].out = &end->baseline_reward;
        }
    }
    bool both = s->settings.steer->needs & STEER_NEEDS_BASELINE_REWARD;
    return judge(s, s->reward, list, at, err) && (!both || judge(s, s->reward_bl, other, at, err));
}

static bool finish(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, size_t first,
                   size_t m, struct steer_ends *out, struct arena *arena, struct error *err) {
    struct steering *s = context;
    struct lm_subject *lm = policy == STEER_BASE ? s->base_lm : s->baseline_lm;
    struct finishing *f = arena_new(s->step, struct finishing, n + 1, err);
    struct lm_generate_ask *asks = f ? arena_new(s->step, struct lm_generate_ask, n * m + 1, err) : NULL;
    struct lm_generate_result *results = asks ? arena_new(s->step, struct lm_generate_result, n * m + 1, err) : NULL;
    size_t n_asks = 0;
    (void)arena;
    if (!results) return false;
    for (size_t i = 0; i < n; i++)
        if (!begin(s, policy, &places[i], first, m, &f[i], asks, &n_asks, err)) return false;
    bool ok = !n_asks || lm_generate(lm->engine, asks, n_asks, results, s->step, NULL, NULL, s->stop, err);
    for (size_t i = 0; i < n; i++)
        ok = (f[i].n == 0 || remember(s, &places[i], results + f[i].first, first, f[i].n, err)) && ok;
    return ok && worth(s, places, f, n, results, out, err);
}

struct steer_source steering_source(struct steering *s) {
    return (struct steer_source){.context = s,
                                 .has_baseline = s->baseline_lm != NULL,
                                 .has_reward = s->reward != NULL,
                                 .has_baseline_reward = s->reward_bl != NULL,
                                 .has_head = s->head_lm != NULL,
                                 .logprobs = logprobs,
                                 .partial = partial,
                                 .head = head,
                                 .finish = finish};
}
