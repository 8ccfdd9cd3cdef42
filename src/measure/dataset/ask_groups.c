/* Asking the rows of a file in batches: see ask_groups.h. */
#include "measure/dataset/ask_groups.h"

#include <string.h>

enum { BATCH = 256 };

struct slot {
    struct answer answer; /* its data on the arena */
    bool there;
};

struct batch {
    struct arena arena;
    struct ask_row rows[BATCH];
    struct ask asks[BATCH];
    size_t first_slot[BATCH + 1]; /* slots of row i: first_slot[i] .. first_slot[i + 1] - 1 */
    size_t n;
    struct slot *slots;
};

static bool keep(void *context, const struct answer *a, struct error *err) {
    struct batch *b = context;
    if (a->ask >= b->n || a->sample >= b->first_slot[a->ask + 1] - b->first_slot[a->ask])
        return error_set(err, ERROR_ENVIRONMENT, "the subject answered what was not asked");
    size_t at = b->first_slot[a->ask] + a->sample;
    struct answer *kept = &b->slots[at].answer;
    *kept = *a;
    char *text = text_copy(&b->arena, a->text, err);
    if (!text) return false;
    kept->text.at = text;
    if (a->n_choices) {
        struct choice_score *choices = arena_new(&b->arena, struct choice_score, a->n_choices, err);
        if (!choices) return false;
        memcpy(choices, a->choices, a->n_choices * sizeof *choices);
        kept->choices = choices;
    }
    if (a->logprobs && a->tokens_out) {
        float *logprobs = arena_new(&b->arena, float, a->tokens_out, err);
        if (!logprobs) return false;
        memcpy(logprobs, a->logprobs, a->tokens_out * sizeof *logprobs);
        kept->logprobs = logprobs;
    }
    kept->extra = json_incref((json_t *)a->extra);
    b->slots[at].there = true;
    return true;
}

/* Reads the next rows. False with err NONE: the end. */
static bool fill(struct batch *b, ask_groups_source *source, void *context, struct error *err) {
    error_clear(err);
    while (b->n < BATCH) {
        int state = source(context, &b->arena, &b->rows[b->n], err);
        if (state < 0) return false;
        if (state == 0) break;
        struct ask *ask = &b->rows[b->n].ask;
        b->asks[b->n] = *ask;
        b->first_slot[b->n + 1] = b->first_slot[b->n] + (ask->kind == ASK_SCORE ? 1 : ask->samples);
        b->n++;
    }
    if (b->n == 0) return false;
    b->slots = arena_new(&b->arena, struct slot, b->first_slot[b->n], err);
    return b->slots != NULL;
}

static bool give(struct batch *b, ask_groups_sink *sink, void *context, struct ask_groups_counts *counts,
                 struct error *err) {
    for (size_t i = 0; i < b->n; i++) {
        size_t first = b->first_slot[i], n = b->first_slot[i + 1] - first;
        struct answer *answers = arena_new(&b->arena, struct answer, n, err);
        if (!answers) return false;
        for (size_t s = 0; s < n; s++) {
            if (!b->slots[first + s].there)
                return error_set(err, ERROR_ENVIRONMENT, "the subject left '%.*s' unanswered", TEXT_ARG(b->asks[i].id));
            answers[s] = b->slots[first + s].answer;
            counts->answers++;
            counts->failed += answers[s].error.kind != ERROR_NONE;
        }
        counts->rows++;
        if (!sink(context, &b->rows[i], answers, n, err)) return false;
    }
    return true;
}

static void clear(struct batch *b) {
    for (size_t i = 0; b->slots && i < b->first_slot[b->n]; i++) json_decref((json_t *)b->slots[i].answer.extra);
    b->slots = NULL;
    for (size_t i = 0; i < b->n; i++) ask_row_done(&b->rows[i]);
    b->n = 0;
    arena_reset(&b->arena);
}

bool ask_groups(struct subject *subject, ask_groups_source *source, void *source_context, ask_groups_sink *sink,
                void *sink_context, struct ask_groups_counts *counts, struct error *err) {
    *counts = (struct ask_groups_counts){0};
    struct batch *b = memory_zeroed(1, sizeof *b);
    if (!b) return error_memory(err, "rows in flight");
    arena_init(&b->arena, (size_t)1 << 30);
    bool ok = true;
    while (ok && fill(b, source, source_context, err)) {
        ok = subject_ask(subject, b->asks, b->n, keep, b, err) && give(b, sink, sink_context, counts, err);
        clear(b);
    }
    ok = ok && err->kind == ERROR_NONE;
    clear(b);
    arena_done(&b->arena);
    memory_free(b);
    return ok;
}

static json_t *answer_json(const struct answer *a) {
    static const char *const finishes[] = {"stop", "length", "error"};
    if (a->error.kind != ERROR_NONE) return json_pack("{s:s s:s}", "finish", "error", "error", a->error.message);
    json_t *j = json_pack("{s:o s:I s:s}", "text", json_from_text(a->text), "tokens", (json_int_t)a->tokens_out,
                          "finish", finishes[a->finish]);
    if (j && a->logprobs) {
        double sum = 0;
        for (size_t i = 0; i < a->tokens_out; i++) sum += (double)a->logprobs[i];
        json_object_set_new(j, "logprob", json_from_f64(sum));
    }
    if (j && a->extra) json_object_update(j, (json_t *)a->extra);
    return j;
}

json_t *ask_group_json(const struct subject *subject, const struct ask_row *row, const struct answer *answers, size_t n,
                       struct error *err) {
    const struct ask *ask = &row->ask;
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, answer_json(&answers[i]));
    json_t *j = json_pack("{s:o s:O? s:O? s:O? s:o s:{s:s s:o s:I s:I}}", "id", json_from_text(ask->id), "prompt",
                          json_object_get(row->row, "prompt"), "messages", json_object_get(row->row, "messages"),
                          "gold", ask->gold, "answers", list, "config", "subject", subject->digest, "temperature",
                          json_from_f64(ask->temperature), "seed", (json_int_t)ask->seed, "max_tokens",
                          (json_int_t)ask->max_tokens);
    if (!j) error_memory(err, "answers");
    if (j && ask->form != ASK_FREE)
        json_object_set_new(json_object_get(j, "config"), ask->form == ASK_SCHEMA ? "schema" : "grammar",
                            json_from_text(ask->form_source));
    static const char *const optional[] = {"prompt", "messages", "gold"};
    for (size_t i = 0; j && i < 3; i++)
        if (json_is_null(json_object_get(j, optional[i]))) json_object_del(j, optional[i]);
    return j;
}

json_t *ask_scores_json(const struct subject *subject, const struct ask_row *row, const struct answer *answer,
                        struct error *err) {
    const struct ask *ask = &row->ask;
    json_t *list = json_array();
    for (size_t i = 0; list && i < answer->n_choices && answer->error.kind == ERROR_NONE; i++) {
        const struct choice_score *c = &answer->choices[i];
        json_array_append_new(list, json_pack("{s:o s:o s:I s:I s:b}", "text", json_from_text(ask->choices[i]),
                                              "logprob", json_from_f64(c->logprob), "tokens", (json_int_t)c->tokens,
                                              "bytes", (json_int_t)c->bytes, "greedy", (int)c->greedy));
    }
    json_t *j = json_pack("{s:o s:s s:o}", "id", json_from_text(ask->id), "subject", subject->digest, "choices", list);
    if (j && answer->error.kind != ERROR_NONE) json_object_set_new(j, "error", json_string(answer->error.message));
    if (!j) error_memory(err, "answers");
    return j;
}
