/* Steered subjects: see steer_subject.h. Asks become texts in the making (steer_text.h), a group of them at once; their
 * answers go to the sink in order. */
#include "act/steer/steer_text.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

enum { ROLLOUTS_AT_ONCE = 256, TEXTS_AT_ONCE = 32 };

struct steered {
    struct steering s;
    void (*release)(void *owned);
    void *owned;
    char note[256];
};

/* ---- texts */

static json_t *messages_of(const struct ask *ask) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < ask->n_messages; i++) {
        json_t *role = json_from_text(ask->messages[i].role), *content = json_from_text(ask->messages[i].text);
        json_array_append_new(list, json_pack("{s:o s:o}", "role", role, "content", content));
    }
    return list;
}

/* What rewards read: as a row of a file of asks. */
json_t *steer_ask_row(const struct ask *ask, struct error *err) {
    json_t *row = json_pack("{s:o s:o}", "id", json_from_text(ask->id), ask->n_messages ? "messages" : "prompt",
                            ask->n_messages ? messages_of(ask) : json_from_text(ask->prompt));
    if (row && ask->gold) json_object_set(row, "gold", (json_t *)ask->gold);
    if (row && ask->labels) json_object_set(row, "labels", (json_t *)ask->labels);
    if (!row) error_memory(err, "a row");
    return row;
}

static uint64_t stream_of(const struct ask *ask, const struct lm_prompt *prompt) {
    if (ask->digest[0]) return hash_xxh3(ask->digest, strnlen(ask->digest, sizeof ask->digest));
    return hash_xxh3(prompt->ids, prompt->n * sizeof *prompt->ids);
}

/* ERROR_DATA is the text's own. */
static bool make_prompts(struct steering *s, struct steer_said *said, struct lm_prompt_scratch *scratch,
                         struct arena *arena, struct error *err) {
    const struct ask *ask = said->ask;
    if (ask->kind != ASK_GENERATE)
        return error_set(err, ERROR_DATA, "a steered subject generates and does nothing else");
    if (ask->form != ASK_FREE)
        return error_set(err, ERROR_DATA, "a steered answer cannot keep to a grammar or schema as well");
    return lm_prompt_make(s->base_lm, ask, scratch, arena, &said->prompt, err) &&
           (!s->baseline_lm || lm_prompt_make(s->baseline_lm, ask, scratch, arena, &said->prompt_bl, err)) &&
           (!s->head_lm || lm_prompt_make(s->head_lm, ask, scratch, arena, &said->prompt_head, err));
}

static bool said_init(struct steering *s, struct steer_said *said, const struct ask *ask, size_t index, size_t sample,
                      struct lm_prompt_scratch *scratch, struct arena *arena, struct error *err) {
    struct error why = {0};
    *said = (struct steer_said){.ask = ask, .index = index, .sample = sample};
    buffer_init(&said->text, (size_t)1 << 28);
    if (!(said->row = steer_ask_row(ask, err))) return false;
    if (s->trace && !(said->trace = json_array())) return error_memory(err, "trace");
    if (!make_prompts(s, said, scratch, arena, &why)) {
        if (why.kind != ERROR_DATA) return *err = why, false;
        said->error = why;
        said->ended = true;
        return true;
    }
    said->stream = stream_of(ask, &said->prompt);
    return true;
}

static void said_done(struct steer_said *said) {
    lm_kept_free(said->kept);
    lm_kept_free(said->kept_bl);
    token_list_done(&said->ids);
    memory_free(said->logprobs);
    memory_free(said->plan);
    buffer_done(&said->text);
    json_decref(said->row);
    json_decref(said->trace);
}

/* ---- answers */

void steer_add_spent(struct steer_spent *to, const struct steer_spent *more) {
    to->tokens += more->tokens;
    to->rollouts += more->rollouts;
    to->rollout_tokens += more->rollout_tokens;
    to->reward_calls += more->reward_calls;
    to->sure += more->sure;
    to->planned += more->planned;
    to->alarms += more->alarms;
}

static json_t *spent_json(const struct steer_spent *spent) {
    return json_pack("{s:I s:I s:I s:I s:I s:I s:I}", "tokens", (json_int_t)spent->tokens, "rollouts",
                     (json_int_t)spent->rollouts, "rollout_tokens", (json_int_t)spent->rollout_tokens, "reward_calls",
                     (json_int_t)spent->reward_calls, "sure", (json_int_t)spent->sure, "planned",
                     (json_int_t)spent->planned, "alarms", (json_int_t)spent->alarms);
}

static json_t *extra_of(const struct subject *subject, double kl, double log_ratio, const struct steer_spent *spent,
                        json_t *trace) {
    json_t *extra = json_pack("{s:s s:o s:o s:o}", "steer", strrchr(subject->spec, '~') + 1, "kl", json_from_f64(kl),
                              "log_ratio", json_from_f64(log_ratio), "spent", spent_json(spent));
    if (extra && trace) json_object_set(extra, "trace", trace);
    return extra;
}

static size_t whole_bytes(struct text t) {
    size_t invalid = text_utf8_invalid(t);
    return invalid != SIZE_MAX && t.len - invalid <= 3 ? invalid : t.len;
}

static bool give(struct subject *subject, const struct steer_said *said, subject_sink *sink, void *context,
                 struct error *err) {
    struct answer answer = {.ask = said->index, .sample = said->sample, .finish = ANSWER_ERROR, .error = said->error};
    if (said->error.kind) {
        if (said->ask->id.len) error_wrap(&answer.error, "item '%.*s'", TEXT_ARG(said->ask->id));
        return sink(context, &answer, err);
    }
    json_t *extra = extra_of(subject, said->divergence, said->log_ratio, &said->spent, said->trace);
    struct text t = buffer_text(&said->text);
    answer.finish = said->finish;
    answer.text = text_part(t, 0, whole_bytes(t));
    answer.tokens_in = said->prompt.n;
    answer.tokens_out = said->ids.n;
    answer.logprobs = said->logprobs;
    answer.extra = extra;
    bool ok = (extra || error_memory(err, "an answer")) && sink(context, &answer, err);
    json_decref(extra);
    return ok;
}

/* ---- groups of texts */

struct group {
    struct steer_said *said;
    size_t n, most;
    struct arena arena;
    struct lm_prompt_scratch scratch;
};

static bool run_group(struct subject *subject, struct group *g, subject_sink *sink, void *context, struct error *err) {
    struct steered *state = subject->state;
    bool ok = steer_decode(&state->s, g->said, g->n, err);
    for (size_t i = 0; i < g->n; i++) {
        ok = ok && give(subject, &g->said[i], sink, context, err);
        steer_add_spent(&state->s.spent, &g->said[i].spent);
        said_done(&g->said[i]);
    }
    g->n = 0;
    arena_reset(&g->arena);
    return ok;
}

static size_t group_size(const struct steer_settings *s) {
    size_t each = s->topk * (s->rollouts ? s->rollouts : 1);
    size_t n = s->rollouts && each ? ROLLOUTS_AT_ONCE / each : TEXTS_AT_ONCE;
    return n < 1 ? 1 : n > TEXTS_AT_ONCE ? TEXTS_AT_ONCE : n;
}

static bool ask_steered(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                        struct error *err) {
    struct steered *state = subject->state;
    struct group g = {.most = group_size(&state->s.settings)};
    arena_init(&g.arena, (size_t)1 << 30);
    lm_prompt_scratch_init(&g.scratch);
    bool ok = (g.said = memory_zeroed(g.most, sizeof *g.said)) != NULL || error_memory(err, "answers");
    for (size_t i = 0; ok && i < n; i++)
        for (size_t k = 0; ok && k < ask_answers(&asks[i]); k++) {
            ok = said_init(&state->s, &g.said[g.n++], &asks[i], i, k, &g.scratch, &g.arena, err);
            if (ok && g.n == g.most) ok = run_group(subject, &g, sink, context, err);
        }
    if (ok && g.n) ok = run_group(subject, &g, sink, context, err);
    for (size_t i = 0; i < g.n; i++) said_done(&g.said[i]);
    memory_free(g.said);
    lm_prompt_scratch_done(&g.scratch);
    arena_done(&g.arena);
    return ok;
}

/* ---- alpha without bound: the subject itself */

struct passing {
    struct subject *subject;
    const struct ask *asks;
    subject_sink *sink;
    void *context;
};

/* Greedy answers are points: KL is what they cost under the base; drawn ones are the base's own, at no cost. */
static bool pass(void *context, const struct answer *answer, struct error *err) {
    struct passing *p = context;
    struct steered *state = p->subject->state;
    struct answer own = *answer;
    struct steer_spent spent = {.tokens = answer->tokens_out};
    double cost = 0;
    bool drawn = p->asks[answer->ask].temperature > 0;
    for (size_t i = 0; !drawn && answer->logprobs && i < answer->tokens_out; i++) cost -= (double)answer->logprobs[i];
    steer_add_spent(&state->s.spent, &spent);
    json_t *extra = answer->error.kind ? NULL : extra_of(p->subject, cost, cost, &spent, NULL);
    own.extra = extra;
    bool ok = p->sink(p->context, &own, err);
    json_decref(extra);
    return ok;
}

/* ---- the kind */

static bool ask_subject(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                        struct error *err) {
    struct steered *state = subject->state;
    const struct steer_settings *o = &state->s.settings;
    if (o->steer->needs & STEER_WHOLE) return steer_best_of(&state->s, subject, asks, n, sink, context, err);
    if (isinf(o->alpha)) {
        struct passing p = {subject, asks, sink, context};
        return subject_ask(state->s.base, asks, n, pass, &p, err);
    }
    return ask_steered(subject, asks, n, sink, context, err);
}

static bool show_prompt(struct subject *subject, const struct ask *ask, struct buffer *out, struct error *err) {
    struct subject *base = ((struct steered *)subject->state)->s.base;
    return base->kind->show_prompt && base->kind->show_prompt(base, ask, out, err);
}

static void close_steered(struct subject *subject) {
    struct steered *state = subject->state;
    subject_close(state->s.base);
    subject_close(state->s.baseline);
    subject_close(state->s.head);
    if (state->release) state->release(state->owned);
    memory_free(state);
    subject->state = NULL;
}

static const struct subject_kind steered_kind = {
    .name = "steered",
    .summary = "a subject whose answers a steer chooses",
    .form = "",
    .ask = ask_subject,
    .show_prompt = show_prompt,
    .close = close_steered,
};

json_t *steer_extra(const struct subject *subject, double kl, double log_ratio, const struct steer_spent *spent) {
    return extra_of(subject, kl, log_ratio, spent, NULL);
}

/* ---- opening */

static bool need(const struct steer *steer, int bit, bool there, const char *flag, const char *what,
                 struct error *err) {
    bool needed = steer->needs & bit;
    if (needed == there) return true;
    if (needed) return error_set(err, ERROR_USAGE, "steer '%s' needs %s: %s", steer->name, flag, what);
    return error_set(err, ERROR_USAGE, "steer '%s' has no use for %s", steer->name, flag);
}

static bool check_parts(const struct steer *steer, const struct steer_parts *p, struct error *err) {
    return need(steer, STEER_NEEDS_BASELINE, p->baseline != NULL, "--baseline", "the other model", err) &&
           need(steer, STEER_NEEDS_REWARD, p->reward != NULL, "--reward", "what makes an answer good", err) &&
           need(steer, STEER_NEEDS_BASELINE_REWARD, p->baseline_reward != NULL, "--baseline-reward",
                "what the baseline was aligned to", err) &&
           need(steer, STEER_NEEDS_HEAD, p->head != NULL, "--reward FILE",
                "a model with a value head (train --objective value,at=tokens)", err);
}

static struct lm_subject *model_of(struct subject *subject, const struct steer *steer, const char *which,
                                   struct error *err) {
    if (!subject) return NULL;
    if (subject->kind->ask == subject_lm_ask) return subject->state;
    error_set(err, ERROR_USAGE,
              "steer '%s' needs log-probabilities of next tokens and answers that go on from any token, which %s '%s' "
              "does not give; model files do, and best-of-n works with any subject",
              steer->name, which, subject->name);
    return NULL;
}

/* Tokens of two models are compared one by one, or continued one by the other. */
static bool check_words(struct steered *state, struct error *err) {
    struct steering *s = &state->s;
    const struct steer *steer = s->settings.steer;
    if (s->head && strcmp(s->head->tokenizer, s->base->tokenizer) != 0)
        return error_set(err, ERROR_USAGE, "steer '%s': '%s' has another tokenizer than '%s'", steer->name,
                         s->head->name, s->base->name);
    s->other_words = s->baseline && strcmp(s->baseline->tokenizer, s->base->tokenizer) != 0;
    if (!s->other_words) return true;
    if (!s->settings.rollouts)
        return error_set(err, ERROR_USAGE,
                         "steer '%s' compares token by token, and baseline '%s' has another tokenizer than '%s'; "
                         "steers with rollouts go by the text",
                         steer->name, s->baseline->name, s->base->name);
    snprintf(state->note, sizeof state->note,
             "'%.80s' has another tokenizer than '%.80s': texts are tokenised anew for it", s->baseline->name,
             s->base->name);
    return true;
}

static bool open_models(struct steered *state, struct error *err) {
    struct steering *s = &state->s;
    const struct steer *steer = s->settings.steer;
    if (steer->needs & STEER_WHOLE)
        return subject_require(s->base, SUBJECT_GENERATES | SUBJECT_SAMPLES, "best-of-n", err);
    if (!(s->base_lm = model_of(s->base, steer, "subject", err))) return false;
    if (s->baseline && !(s->baseline_lm = model_of(s->baseline, steer, "baseline", err))) return false;
    if (s->head && !(s->head_lm = model_of(s->head, steer, "model", err))) return false;
    if (s->head_lm && s->head_lm->model->head.n != 1)
        return error_set(err, ERROR_USAGE, "'%s' has no head of one output; train --objective value makes one",
                         s->head->name);
    return check_words(state, err);
}

/* Everything that decides answers. */
static bool put_digest(struct subject *subject, const struct steering *s, struct text spec, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "steer %.*s\nbase %s\n", TEXT_ARG(spec), s->base->digest);
    if (s->baseline) buffer_printf(&b, "baseline %s\n", s->baseline->digest);
    if (s->head) buffer_printf(&b, "head %s\n", s->head->digest);
    if (s->reward) buffer_printf(&b, "reward %s\n", s->reward->name);
    if (s->reward_bl) buffer_printf(&b, "baseline reward %s\n", s->reward_bl->name);
    bool ok = buffer_check(&b, "digest", err);
    if (ok) subject_digest_text(subject, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

static bool fill(struct subject *subject, struct steered *state, struct text spec, struct error *err) {
    struct subject *base = state->s.base;
    size_t n = strlen(base->spec) + 1 + spec.len + 1;
    if (!(subject->spec = memory_alloc(n))) return error_memory(err, "subject");
    snprintf(subject->spec, n, "%s~%.*s", base->spec, TEXT_ARG(spec));
    struct buffer name;
    buffer_init(&name, 4096);
    buffer_printf(&name, "%s~%.*s", base->name, TEXT_ARG(spec));
    subject_name_text(subject, buffer_text(&name));
    buffer_done(&name);
    subject->capabilities = base->capabilities & ~(SUBJECT_SCORES | SUBJECT_FOLLOWS);
    snprintf(subject->lacks, sizeof subject->lacks, "it is steered, and a steer changes what is generated alone");
    snprintf(subject->tokenizer, sizeof subject->tokenizer, "%s", base->tokenizer);
    snprintf(subject->template_digest, sizeof subject->template_digest, "%s", base->template_digest);
    subject->files = json_incref(base->files);
    subject->declared = json_incref(base->declared);
    return put_digest(subject, &state->s, spec, err);
}

static void close_parts(const struct steer_parts *parts) {
    subject_close(parts->base);
    subject_close(parts->baseline);
    subject_close(parts->head);
    if (parts->release) parts->release(parts->owned);
}

struct subject *steer_subject_new(struct text spec, const struct steer_parts *parts, struct error *err) {
    struct arena arena;
    struct steered *state = memory_zeroed(1, sizeof *state);
    struct subject *subject = state ? memory_zeroed(1, sizeof *subject) : NULL;
    if (!subject) {
        memory_free(state);
        close_parts(parts);
        return error_memory(err, "subject"), NULL;
    }
    state->s = (struct steering){.base = parts->base, .baseline = parts->baseline, .head = parts->head,
                                 .reward = parts->reward, .reward_bl = parts->baseline_reward, .trace = parts->trace,
                                 .stop = parts->base->settings.stop};
    state->release = parts->release;
    state->owned = parts->owned;
    subject->kind = &steered_kind;
    subject->state = state;
    subject->settings = parts->base->settings;
    arena_init(&arena, 1 << 20);
    bool ok = steer_settings_read(spec, &arena, &state->s.settings, err) &&
              check_parts(state->s.settings.steer, parts, err) && open_models(state, err) &&
              fill(subject, state, spec, err);
    arena_done(&arena);
    if (ok) return subject;
    subject_close(subject);
    return NULL;
}

struct steer_spent steer_subject_spent(const struct subject *subject) {
    return ((const struct steered *)subject->state)->s.spent;
}

const char *steer_subject_note(const struct subject *subject) {
    return ((const struct steered *)subject->state)->note;
}
