/* Speed of steering: see bench_steer.h. */
#include "act/steer/bench_steer.h"

#include "act/steer/steer_subject.h"
#include "lm/engine/observe.h"
#include "subject/subject_lm.h"

#include <math.h>
#include <string.h>

enum { CANDIDATES = 8, HORIZON = 12, ANSWER = 24, AT_ONCE = 8 };
#define ALPHA 0.3

static const char *const spec = "tq-direct,topk=8,rollouts=1,horizon=12,heat=0,alpha=0.3";
static const char *const question =
    "The mill stands by the river, and the river comes down from the hills where the old road ends. The smith keeps a "
    "ledger of what was brought, and the baker keeps another; both are read aloud at the festival, when the elders sit "
    "down together and ask who owes what to whom. Some say that the ledgers agree, some that they never did. Say in a "
    "few words what a stranger should know about the mill, the smith, the baker and the festival.";

/* A reward that costs nothing: how much of the answer is the letter e. */
static double worth(struct text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += t.at[i] == 'e';
    return t.len ? (double)n / (double)t.len : 0;
}

static bool judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results,
                  struct error *err) {
    (void)context, (void)err;
    for (size_t i = 0; i < n; i++) results[i] = (struct reward_result){.reward = worth(asks[i].answer)};
    return true;
}

static const struct reward reward = {.name = "letters", .rewards = true, .judge = judge};

struct steer_bench {
    struct subject *subject, *plain; /* steered; the model itself, for the loop */
    struct ask asks[AT_ONCE];
    struct message message;
    size_t n, tokens;
    struct buffer said, looped;
    struct arena arena;
};

/* ---- steered */

static bool keep(void *context, const struct answer *answer, struct error *err) {
    struct steer_bench *s = context;
    if (answer->error.kind) return *err = answer->error, false;
    s->tokens += answer->tokens_out;
    if (answer->ask) return true;
    buffer_clear(&s->said);
    buffer_put_text(&s->said, answer->text);
    return true;
}

static bool steered(void *context, struct error *err) {
    struct steer_bench *s = context;
    s->tokens = 0;
    return subject_ask(s->subject, s->asks, s->n, keep, s, err);
}

/* ---- the loop */

static bool rollout(struct steer_bench *s, struct lm_subject *lm, const int32_t *ids, size_t n, size_t left,
                    struct text *out, struct error *err) {
    struct lm_generate_ask ask = {.prompt = ids, .n_prompt = n, .max_tokens = HORIZON < left ? HORIZON : left,
                                  .sampling = {.top_p = 1}};
    struct lm_generate_result result;
    *out = TEXT("");
    if (left == 0) return true;
    if (!lm_generate(lm->engine, &ask, 1, &result, &s->arena, NULL, NULL, NULL, err)) return false;
    *out = result.text;
    return result.finish != LM_FINISH_ERROR || (*err = result.error, false);
}

static bool value_of(struct steer_bench *s, struct lm_subject *lm, int32_t *ids, size_t n, size_t left, int32_t token,
                     double *out, struct error *err) {
    struct text more = {0};
    struct buffer b;
    const struct tokenizer *tokenizer = lm->model->tokenizer;
    buffer_init(&b, 1 << 20);
    buffer_put_text(&b, buffer_text(&s->looped));
    ids[n] = token;
    bool ok = true;
    if (!tokenizer_ends(tokenizer, token)) {
        tokenizer_piece(tokenizer, token, false, &b);
        ok = rollout(s, lm, ids, n + 1, left - 1, &more, err);
        buffer_put_text(&b, more);
    }
    *out = worth(buffer_text(&b));
    ok = ok && buffer_check(&b, "a text", err);
    buffer_done(&b);
    return ok;
}

/* The candidate of the highest score. */
static bool best_of(struct steer_bench *s, struct lm_subject *lm, int32_t *ids, size_t n, size_t left, int32_t *best,
                    struct error *err) {
    struct lm_observe_options options = {.top = CANDIDATES};
    struct lm_observe_ask ask = {.ids = ids, .n = n, .from = n - 1};
    struct lm_observed seen;
    double most = -INFINITY;
    if (!lm_observe(lm->engine, &options, &ask, 1, &seen, &s->arena, NULL, err)) return false;
    for (size_t i = 0; i < CANDIDATES; i++) {
        double q;
        if (!value_of(s, lm, ids, n, left, seen.top[i].id, &q, err)) return false;
        double score = (double)seen.top[i].logprob + q / ALPHA;
        if (score > most) most = score, *best = seen.top[i].id;
    }
    return true;
}

static bool loop(void *context, struct error *err) {
    struct steer_bench *s = context;
    struct lm_subject *lm = s->plain->state;
    struct lm_prompt_scratch scratch;
    struct lm_prompt prompt;
    arena_done(&s->arena);
    arena_init(&s->arena, 0);
    lm_prompt_scratch_init(&scratch);
    buffer_clear(&s->looped);
    bool ok = lm_prompt_make(lm, &s->asks[0], &scratch, &s->arena, &prompt, err);
    int32_t *ids = ok ? arena_new(&s->arena, int32_t, prompt.n + ANSWER + 1, err) : NULL;
    ok = ids != NULL;
    if (ok) memcpy(ids, prompt.ids, prompt.n * sizeof *ids);
    for (size_t t = 0; ok && t < ANSWER; t++) {
        int32_t best = 0; /* candidates are tried in the place where it will stand */
        ok = best_of(s, lm, ids, prompt.n + t, ANSWER - t, &best, err);
        ids[prompt.n + t] = best;
        if (!ok || tokenizer_ends(lm->model->tokenizer, best)) break;
        tokenizer_piece(lm->model->tokenizer, best, false, &s->looped);
    }
    lm_prompt_scratch_done(&scratch);
    return ok;
}

/* ---- measuring */

static bool open_all(struct steer_bench *s, const struct bench *b, struct lm_builtins builtins, struct error *err) {
    struct subject_settings settings = {
        .threads = pool_threads(b->pool), .builtins = builtins, .compute = b->compute, .quiet = true};
    struct text name = text_of(b->subject ? b->subject : "pocket");
    struct steer_parts parts = {.reward = &reward};
    if (!(parts.base = subject_open(name, &settings, err))) return false;
    if (!(parts.baseline = subject_open(name, &settings, err))) return subject_close(parts.base), false;
    if (!(s->subject = steer_subject_new(text_of(spec), &parts, err))) return false;
    settings.no_prefix_sharing = true;
    return (s->plain = subject_open(name, &settings, err)) != NULL;
}

static void make_asks(struct steer_bench *s) {
    s->message = (struct message){TEXT("user"), text_of(question)};
    for (size_t i = 0; i < AT_ONCE; i++)
        s->asks[i] = (struct ask){.kind = ASK_GENERATE, .messages = &s->message, .n_messages = 1, .samples = 1,
                                  .max_tokens = ANSWER, .top_p = 1, .seed = 1};
}

static void tell(const struct bench *b, const char *name, double ms, double floor, double cpu) {
    b->report(b->context, &(struct bench_row){"steer", name, ms, "ms/token", NAN, floor, cpu});
}

static bool measure(struct steer_bench *s, const struct bench *b, struct error *err) {
    struct bench_times one, many, naive;
    s->n = 1;
    if (!bench_times(b, steered, s, &one, err)) return false;
    size_t tokens = s->tokens ? s->tokens : 1;
    if (!bench_times(b, loop, s, &naive, err)) return false;
    if (!text_equal(buffer_text(&s->said), buffer_text(&s->looped)))
        return error_set(err, ERROR_GATE, "bench steer: the loop says '%.*s' where the steered subject says '%.*s'",
                         TEXT_ARG(buffer_text(&s->looped)), TEXT_ARG(buffer_text(&s->said)));
    s->n = AT_ONCE;
    if (!bench_times(b, steered, s, &many, err)) return false;
    double ms = 1e3 / (double)tokens, ms_many = 1e3 / (double)(s->tokens ? s->tokens : 1);
    tell(b, "tq-direct k8 L12", one.wall * ms, NAN, one.cpu * ms);
    tell(b, "8 answers at once", many.wall * ms_many, NAN, many.cpu * ms_many);
    tell(b, "loop that re-reads the text", naive.wall * ms, one.wall * ms, naive.cpu * ms);
    tell(b, "the loop, beside 8 at once", naive.wall * ms, ms_many * many.wall, naive.cpu * ms);
    return true;
}

bool bench_steer(struct bench *b, struct lm_builtins builtins, struct error *err) {
    struct steer_bench *s = memory_zeroed(1, sizeof *s);
    if (!s) return error_memory(err, "benchmark");
    arena_init(&s->arena, 0);
    buffer_init(&s->said, 1 << 20);
    buffer_init(&s->looped, 1 << 20);
    make_asks(s);
    bool ok = open_all(s, b, builtins, err) && measure(s, b, err);
    subject_close(s->subject);
    subject_close(s->plain);
    buffer_done(&s->said);
    buffer_done(&s->looped);
    arena_done(&s->arena);
    memory_free(s);
    return ok;
}
