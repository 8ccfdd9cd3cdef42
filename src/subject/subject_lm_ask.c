/* Putting a batch to a model: prompts to tokens, the engine's two passes (scoring, generating), answers to the sink.
 * What an ask gets depends on the ask alone: random streams are keyed by its digest, sample and seed. See subject_lm.h.
 */
#include "subject/subject_lm.h"

#include "base/hash.h"
#include "base/progress.h"

#include <string.h>

enum { GROUP = 512 }; /* answers that are in the making at once, with their texts in memory; never changes a result */

/* Where a generated answer belongs; a greedy ask is computed once for all its samples. */
struct place {
    size_t ask, first, n;
};

struct batch {
    struct lm_subject *lm;
    const struct ask *asks;
    subject_sink *sink;
    void *context;
    struct error *err;
    struct arena arena; /* of one group */
    struct lm_prompt_scratch scratch;
    double started;
    bool refused; /* the sink's answer was no; err is set */
    struct lm_generate_ask *generate;
    struct place *places;
    size_t n_generate;
    struct lm_score_ask *score; /* of scored asks, choice by choice */
    size_t *score_ask, *score_first;
    size_t n_score, n_score_asks, score_capacity;
};

static bool give(struct batch *b, const struct answer *answer) {
    if (!b->refused && !b->sink(b->context, answer, b->err)) b->refused = true;
    return !b->refused;
}

/* The same error for samples first..first+n-1. */
static bool give_errors(struct batch *b, struct place p, const struct error *why) {
    struct error told = *why;
    if (b->asks[p.ask].id.len) error_wrap(&told, "item '%.*s'", TEXT_ARG(b->asks[p.ask].id));
    for (size_t s = p.first; s < p.first + p.n; s++) {
        struct answer answer = {.ask = p.ask, .sample = s, .finish = ANSWER_ERROR, .error = told};
        if (!give(b, &answer)) return false;
    }
    return true;
}

static bool give_error(struct batch *b, size_t ask, const struct error *why) {
    return give_errors(b, (struct place){ask, 0, ask_answers(&b->asks[ask])}, why);
}

/* ---- generating ---- */

static uint64_t stream_of(const struct ask *ask, const struct lm_prompt *prompt) {
    if (ask->digest[0]) return hash_xxh3(ask->digest, strnlen(ask->digest, sizeof ask->digest));
    return hash_xxh3(prompt->ids, prompt->n * sizeof *prompt->ids);
}

/* What the ask's form and the subject's quotes allow, on the arena; the form has the last word. */
static struct logits_processor *processors_of(struct batch *b, const struct logits_processor *form, size_t *n) {
    const struct logits_processor *quotes = lm_quotes_processor(b->lm->quotes);
    struct logits_processor *all = arena_new(&b->arena, struct logits_processor, 2, b->err);
    *n = 0;
    if (all && quotes) all[(*n)++] = *quotes;
    if (all && form) all[(*n)++] = *form;
    return all;
}

static bool add_generate(struct batch *b, size_t i) {
    const struct ask *ask = &b->asks[i];
    struct lm_prompt prompt;
    const struct logits_processor *form = NULL;
    struct error why = {0};
    if (!lm_prompt_make(b->lm, ask, &b->scratch, &b->arena, &prompt, &why) ||
        (ask->form != ASK_FREE && !(form = lm_forms_find(&b->lm->forms, b->lm->model->tokenizer, ask, &why)))) {
        if (why.kind == ERROR_DATA) return give_error(b, i, &why);
        *b->err = why;
        return false;
    }
    bool greedy = !(ask->temperature > 0);
    size_t samples = ask_answers(ask), n_processors;
    struct logits_processor *processors = processors_of(b, form, &n_processors);
    if (!processors) return false;
    for (size_t s = 0; s < (greedy ? 1 : samples); s++) {
        b->places[b->n_generate] = (struct place){i, s, greedy ? samples : 1};
        b->generate[b->n_generate++] = (struct lm_generate_ask){
            .prompt = prompt.ids,
            .n_prompt = prompt.n,
            .max_tokens = ask->max_tokens,
            .sampling = {.temperature = greedy ? 0 : ask->temperature,
                         .top_p = ask->top_p > 0 ? ask->top_p : 1,
                         .top_k = ask->top_k,
                         .seed = ask->seed},
            .stream = stream_of(ask, &prompt),
            .sample = s,
            .stops = ask->stops,
            .n_stops = ask->n_stops,
            .processors = processors,
            .n_processors = n_processors,
            .special = b->lm->keep_special,
        };
    }
    return true;
}

static void take_generated(void *context, size_t which, const struct lm_generate_result *result) {
    struct batch *b = context;
    struct place p = b->places[which];
    if (result->finish == LM_FINISH_ERROR) {
        give_errors(b, p, &result->error);
        return;
    }
    for (size_t s = p.first; s < p.first + p.n; s++) {
        struct answer answer = {
            .ask = p.ask,
            .sample = s,
            .text = result->text,
            .finish = result->finish == LM_FINISH_STOP ? ANSWER_STOP : ANSWER_LENGTH,
            .tokens_in = b->generate[which].n_prompt,
            .tokens_out = result->n,
            .logprobs = result->logprobs,
            .ms = (clock_seconds() - b->started) * 1000,
        };
        if (!give(b, &answer)) return;
    }
}

static bool run_generate(struct batch *b) {
    if (!b->n_generate) return true;
    struct lm_generate_result *results = arena_new(&b->arena, struct lm_generate_result, b->n_generate, b->err);
    struct error why = {0};
    if (!results) return false;
    bool ok = lm_generate(b->lm->engine, b->generate, b->n_generate, results, &b->arena, take_generated, b, b->lm->stop,
                          &why);
    if (b->refused) return false;
    if (!ok) *b->err = why;
    return ok;
}

/* ---- scoring ---- */

static bool reserve_scores(struct batch *b, size_t more) {
    if (b->n_score + more <= b->score_capacity) return true;
    size_t wanted = b->score_capacity ? b->score_capacity * 2 : 256;
    while (wanted < b->n_score + more) wanted *= 2;
    struct lm_score_ask *grown = memory_grow(b->score, wanted, sizeof *grown);
    if (!grown) return error_memory(b->err, "choices");
    b->score = grown;
    b->score_capacity = wanted;
    return true;
}

static bool add_score(struct batch *b, size_t i) {
    const struct ask *ask = &b->asks[i];
    struct lm_prompt context,
        *choices = arena_new(&b->arena, struct lm_prompt, ask->n_choices ? ask->n_choices : 1, b->err);
    struct error why = {0};
    if (!choices || !reserve_scores(b, ask->n_choices)) return false;
    if (!lm_prompt_make_choices(b->lm, ask, &b->scratch, &b->arena, &context, choices, &why)) {
        if (why.kind == ERROR_DATA) return give_error(b, i, &why);
        *b->err = why;
        return false;
    }
    b->score_ask[b->n_score_asks] = i;
    b->score_first[b->n_score_asks++] = b->n_score;
    for (size_t c = 0; c < ask->n_choices; c++)
        b->score[b->n_score++] = (struct lm_score_ask){
            .prefix = context.ids, .n_prefix = context.n, .continuation = choices[c].ids, .n = choices[c].n};
    return true;
}

static bool give_scores(struct batch *b, size_t i, size_t first, const struct lm_score_result *results, double ms) {
    const struct ask *ask = &b->asks[i];
    size_t n = ask->n_choices;
    struct choice_score *scores = arena_new(&b->arena, struct choice_score, n ? n : 1, b->err);
    if (!scores) return false;
    size_t tokens = 0;
    for (size_t c = 0; c < n; c++)
        if (results[first + c].error.kind == ERROR_INTERRUPTED) return true; /* it is asked again */
    for (size_t c = 0; c < n; c++) {
        const struct lm_score_result *r = &results[first + c];
        if (r->error.kind != ERROR_NONE) return give_error(b, i, &r->error);
        tokens += b->score[first + c].n;
        scores[c] = (struct choice_score){
            .logprob = r->sum, .tokens = b->score[first + c].n, .bytes = ask->choices[c].len, .greedy = r->greedy};
    }
    struct answer answer = {.ask = i,
                            .finish = ANSWER_STOP,
                            .tokens_in = tokens + (n ? b->score[first].n_prefix : 0),
                            .choices = scores,
                            .n_choices = n,
                            .ms = ms};
    return give(b, &answer);
}

static bool run_score(struct batch *b) {
    if (!b->n_score_asks) return true;
    double begun = clock_seconds();
    struct lm_score_result *results = arena_new(&b->arena, struct lm_score_result, b->n_score ? b->n_score : 1, b->err);
    struct error why = {0};
    if (!results) return false;
    bool ok = lm_score(b->lm->engine, b->score, b->n_score, results, &b->arena, b->lm->stop, &why);
    double ms = (clock_seconds() - begun) * 1000 / (double)b->n_score_asks;
    for (size_t i = 0; i < b->n_score_asks && (ok || why.kind == ERROR_INTERRUPTED); i++)
        if (!give_scores(b, b->score_ask[i], b->score_first[i], results, ms)) return false;
    if (!ok) *b->err = why;
    return ok;
}

/* ---- groups ---- */

static size_t generations(const struct ask *ask) {
    return ask->kind == ASK_GENERATE && ask->temperature > 0 ? ask_answers(ask) : 1;
}

/* Asks from..*to whose answers are made together: as many as fit, at least one. */
static bool run_group(struct batch *b, size_t from, size_t to, size_t answers) {
    arena_reset(&b->arena);
    lm_forms_trim(&b->lm->forms);
    b->n_generate = b->n_score = b->n_score_asks = 0;
    b->started = clock_seconds();
    b->generate = arena_new(&b->arena, struct lm_generate_ask, answers, b->err);
    b->places = arena_new(&b->arena, struct place, answers, b->err);
    b->score_ask = arena_new(&b->arena, size_t, to - from, b->err);
    b->score_first = arena_new(&b->arena, size_t, to - from, b->err);
    if (!b->generate || !b->places || !b->score_ask || !b->score_first) return false;
    for (size_t i = from; i < to; i++) {
        if (interrupted(b->lm->stop)) return error_set(b->err, ERROR_INTERRUPTED, "interrupted");
        if (!(b->asks[i].kind == ASK_SCORE ? add_score(b, i) : add_generate(b, i))) return false;
    }
    return run_score(b) && run_generate(b);
}

bool subject_lm_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                    struct error *err) {
    struct batch b = {.lm = subject->state, .asks = asks, .sink = sink, .context = context, .err = err};
    bool ok = true;
    arena_init(&b.arena, (size_t)8 << 30);
    lm_prompt_scratch_init(&b.scratch);
    for (size_t from = 0, to; ok && from < n; from = to) {
        size_t answers = generations(&asks[from]);
        for (to = from + 1; to < n && answers + generations(&asks[to]) <= GROUP; to++)
            answers += generations(&asks[to]);
        ok = run_group(&b, from, to, answers);
    }
    memory_free(b.score);
    lm_prompt_scratch_done(&b.scratch);
    arena_done(&b.arena);
    return ok;
}
