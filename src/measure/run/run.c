/* The runner: see run.h. One chunk of items at a time: plan it, answer what the record has, ask the rest, write answers
 * as they come, then score and chain the chunk in item order. */
#include "measure/run/run_internal.h"

#include "base/progress.h"
#include "base/rng.h"
#include "measure/run/run_languages.h"
#include "measure/run/run_look.h"
#include "subject/subject_batch.h"
#include "subject/subject_look.h"

#include <math.h>
#include <string.h>

#define FIRST_LOOK 40
#define LOOK_GROWTH 1.25
#define FLUSH_ANSWERS 64
#define FLUSH_SECONDS 0.2

/* One sample of one item of the chunk. */
struct sample_slot {
    struct record_answer answer; /* id 0: not there yet */
    const struct choice_score *choices;
    size_t n_choices;
    json_t *logprobs; /* owned */
    struct error error;
    bool pending; /* answered, not yet in the record */
};

struct chunk {
    struct arena arena;
    struct item *items;
    struct ask *asks;
    json_t **canonical;
    size_t n, capacity;
    size_t samples, most; /* of an ask of the step at hand; of any step */
    size_t *same_as;           /* item whose ask is the same (itself, or an earlier one of the chunk) */
    struct sample_slot *slots; /* [n * samples] */
    struct ask *missing;       /* the batch for the subject */
    size_t *missing_item, n_missing;
    bool *broken; /* items of which an earlier step failed */
    uint64_t *place; /* of each item among those of the task */
    json_t **judged; /* [n * samples] what the judge said; owned; NULL: nothing */
};

struct runner {
    struct record *record;
    struct subject *subject;
    const struct run_settings *settings;
    struct run_result *result;
    struct arena *arena; /* of the result */
    const struct task *task;
    struct chunk *chunk;
    size_t pending;
    double flushed;
    struct progress progress;
    uint64_t done;
    struct run_ranks ranks; /* of the task at hand */
    struct run_look *look;  /* of a task that looks inside; NULL: it asks */
    double from, to; /* of a sequential run: items whose number in 0..1 lies in [from, to) are asked */
    bool counted;    /* bad rows of the first pass were told */
};

static json_t *choices_json(const struct choice_score *choices, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++)
        json_array_append_new(list, json_pack("{s:o s:I s:I s:b}", "logprob", json_from_f64(choices[i].logprob),
                                              "tokens", (json_int_t)choices[i].tokens, "bytes",
                                              (json_int_t)choices[i].bytes, "greedy", choices[i].greedy));
    return list;
}

static json_t *tokens_json(const float *logprobs, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_from_f64((double)logprobs[i]));
    return list;
}

static struct choice_score *choices_from_json(struct arena *arena, const json_t *list, size_t *n, struct error *err) {
    *n = json_array_size(list);
    struct choice_score *choices = arena_new(arena, struct choice_score, *n, err);
    for (size_t i = 0; choices && i < *n; i++) {
        const json_t *c = json_array_get(list, i), *logprob = json_object_get(c, "logprob");
        choices[i] = (struct choice_score){.logprob = json_is_number(logprob) ? json_number_value(logprob) : NAN,
                                           .tokens = (size_t)json_integer_value(json_object_get(c, "tokens")),
                                           .bytes = (size_t)json_integer_value(json_object_get(c, "bytes")),
                                           .greedy = json_is_true(json_object_get(c, "greedy"))};
    }
    return choices;
}

/* Writes the answers that came since the last flush, in one short transaction. */
static bool flush(struct runner *r, struct error *err) {
    struct chunk *c = r->chunk;
    if (r->pending == 0) return true;
    if (!record_begin(r->record, err)) return false;
    for (size_t i = 0; i < c->n * c->samples; i++) {
        struct sample_slot *slot = &c->slots[i];
        if (!slot->pending) continue;
        if (!record_put_answer(r->record, &slot->answer, &slot->answer.id, err)) return false;
        slot->pending = false;
    }
    r->pending = 0;
    r->flushed = clock_seconds();
    return record_commit(r->record, err);
}

static bool take_answer(void *context, const struct answer *answer, struct error *err) {
    struct runner *r = context;
    struct chunk *c = r->chunk;
    if (answer->ask >= c->n_missing || answer->sample >= c->samples)
        return error_set(err, ERROR_ENVIRONMENT, "subject '%s' answered what was not asked", r->subject->spec);
    size_t item = c->missing_item[answer->ask];
    struct sample_slot *slot = &c->slots[item * c->samples + answer->sample];
    bool failed = answer->error.kind != ERROR_NONE;
    char *text = text_copy(&c->arena, answer->text, err);
    char *why = failed ? text_copy(&c->arena, text_of(answer->error.message), err) : NULL;
    if (!text || (failed && !why)) return false;
    slot->error = answer->error;
    slot->logprobs = failed ? NULL : answer->n_choices ? choices_json(answer->choices, answer->n_choices)
                     : answer->logprobs ? tokens_json(answer->logprobs, answer->tokens_out) : NULL;
    if (!failed && answer->n_choices &&
        !(slot->choices = choices_from_json(&c->arena, slot->logprobs, &slot->n_choices, err)))
        return false;
    slot->answer = (struct record_answer){
        .run = r->result->run.id, .ask = c->asks[item].digest, .subject = r->subject->digest, .sample = answer->sample,
        .seed = c->asks[item].seed, .text = {text, answer->text.len},
        .finish = failed ? "error" : answer->finish == ANSWER_LENGTH ? "length" : "stop",
        .tokens_in = (int64_t)answer->tokens_in, .tokens_out = (int64_t)answer->tokens_out, .logprobs = slot->logprobs,
        .ms = answer->ms, .error = why};
    slot->pending = true;
    r->pending++;
    r->done++;
    r->result->asked++;
    progress_at(&r->progress, r->done, "");
    if (r->pending >= FLUSH_ANSWERS || clock_seconds() - r->flushed > FLUSH_SECONDS) return flush(r, err);
    return true;
}

/* The item and the ask of a step; the last step's ask is what the plan of the run names. */
static bool put_asked(struct runner *r, size_t i, const char *step, struct error *err) {
    struct chunk *c = r->chunk;
    const struct item *item = &c->items[i];
    struct record_item row = {.digest = item->digest, .task = text_of(task_name(r->task)), .id = item->id,
                              .split = item->split, .group = item->group, .lang = item->lang, .pair = item->pair,
                              .twin = item->twin, .cluster = item->cluster, .ref = item->ref, .source = item->source,
                              .licence = text_of(task_licence(r->task)), .gold = item->gold};
    const json_t *canonical = c->canonical[i];
    struct record_ask ask = {.digest = c->asks[i].digest, .item = item->digest,
                             .messages = json_object_get(canonical, "messages"),
                             .want = json_object_get(canonical, "want"), .method = step, .prompt_tokens = -1};
    return record_put_item(r->record, &row, err) && record_put_ask(r->record, &ask, err);
}

static bool put_plan_row(struct runner *r, size_t i, uint64_t position, struct error *err) {
    const struct chunk *c = r->chunk;
    return record_put_plan(r->record, r->result->run.id, text_of(task_name(r->task)), position, c->items[i].digest,
                           c->asks[i].digest, c->samples, c->asks[i].seed, err);
}

/* Answers the record already has; *complete tells whether all samples are there. */
static bool find_answers(struct runner *r, size_t i, bool *complete, struct error *err) {
    struct chunk *c = r->chunk;
    *complete = true;
    for (size_t s = 0; s < c->samples; s++) {
        struct sample_slot *slot = &c->slots[i * c->samples + s];
        if (!record_find_answer(r->record, c->asks[i].digest, r->subject->digest, s, c->asks[i].seed, &c->arena,
                                &slot->answer, err)) {
            if (err->kind != ERROR_NONE) return false;
            *complete = false;
            continue;
        }
        slot->logprobs = (json_t *)slot->answer.logprobs;
        if (c->asks[i].kind == ASK_SCORE &&
            !(slot->choices = choices_from_json(&c->arena, slot->logprobs, &slot->n_choices, err)))
            return false;
    }
    return true;
}

static size_t first_of_same_ask(const struct chunk *c, size_t i) {
    for (size_t j = 0; j < i; j++)
        if (c->same_as[j] == j && memcmp(c->asks[j].digest, c->asks[i].digest, HASH_HEX - 1) == 0) return j;
    return i;
}

/* The first prompt of a task as the subject reads it, for reports, where the subject can show it. */
static bool put_first_prompt(struct runner *r, const struct ask *ask, struct error *err) {
    char key[32 + 2 * HASH_HEX];
    struct error unknown = {0};
    struct buffer tokens;
    if (!r->subject->kind->show_prompt) return true;
    buffer_init(&tokens, (size_t)64 << 20);
    bool ok = true;
    snprintf(key, sizeof key, "tokens/%.64s/%.64s", r->subject->digest, ask->digest);
    if (r->subject->kind->show_prompt(r->subject, ask, &tokens, &unknown))
        ok = record_put_fact(r->record, key, buffer_text(&tokens), err);
    buffer_done(&tokens);
    return ok;
}

/* Writes what is asked, and of the last step the plan, and lists what the record has no answer to. */
static bool plan_chunk(struct runner *r, uint64_t first_position, size_t step, struct error *err) {
    struct chunk *c = r->chunk;
    bool last = step + 1 == task_steps(r->task);
    if (!record_begin(r->record, err)) return false;
    if (first_position == 0 && c->n > 0 && step == 0 && !put_first_prompt(r, &c->asks[0], err)) return false;
    for (size_t i = 0; i < c->n; i++) {
        bool complete;
        if (!put_asked(r, i, task_step_name(r->task, step), err)) return false;
        if (last && !put_plan_row(r, i, c->place[i], err)) return false;
        c->same_as[i] = first_of_same_ask(c, i);
        if (c->same_as[i] != i) continue;
        if (!find_answers(r, i, &complete, err)) return false;
        if (complete) {
            if (!r->ranks.known) r->result->reused += c->samples; /* a second pass finds what the first one asked */
            r->done += c->samples;
            continue;
        }
        c->missing[c->n_missing] = c->asks[i];
        c->missing_item[c->n_missing++] = i;
    }
    return record_commit(r->record, err);
}

static struct sample_slot *slot_of(const struct chunk *c, size_t i, size_t s) {
    return &c->slots[c->same_as[i] * c->samples + s];
}

static bool is_failed(const struct chunk *c, size_t i, size_t s) {
    const struct sample_slot *slot = slot_of(c, i, s);
    return slot->answer.id == 0 || strcmp(slot->answer.finish, "error") == 0 || c->broken[i];
}

/* What is scored of an answer that did not fail. */
static bool answer_of(struct runner *r, size_t i, size_t s, struct answer *out, struct error *err) {
    struct chunk *c = r->chunk;
    const struct sample_slot *slot = slot_of(c, i, s);
    *out = (struct answer){.ask = i, .sample = s, .text = slot->answer.text, .choices = slot->choices,
                           .n_choices = slot->n_choices, .tokens_in = (size_t)slot->answer.tokens_in,
                           .tokens_out = (size_t)slot->answer.tokens_out,
                           .finish = slot->answer.finish[0] == 'l' ? ANSWER_LENGTH : ANSWER_STOP};
    return task_final_answer(r->task, &c->items[i], slot->answer.text, &c->arena, &out->text, err);
}

/* A rule leaves the answer open; empty ones say nothing that could be judged. */
static bool is_open(struct runner *r, size_t i, const struct answer *answer, bool *open, struct error *err) {
    struct score score = {.value = NAN};
    *open = false;
    if (!text_trim(answer->text).len) return true;
    if (!task_score(r->task, &r->chunk->items[i], answer, &r->chunk->arena, &score, err)) return false;
    *open = text_equal_c(score.label, task_scorer(r->task)->open_label);
    json_decref(score.parts);
    return true;
}

/* Verdicts of what is open in the chunk, in c->judged. What rows brought of their own does not
 * count where a judge is there. */
static bool judge_chunk(struct runner *r, struct error *err) {
    struct chunk *c = r->chunk;
    size_t n = 0;
    if (!r->settings->judge || !task_scorer(r->task)->open_label) return true;
    struct run_open *open = arena_new(&c->arena, struct run_open, c->n * c->samples + 1, err);
    size_t *place = arena_new(&c->arena, size_t, c->n * c->samples + 1, err);
    if (!open || !place) return false;
    for (size_t i = 0; i < c->n; i++) {
        json_object_del(c->items[i].row, "judged");
        for (size_t s = 0; s < c->samples; s++) {
            struct answer answer;
            bool yes;
            if (is_failed(c, i, s)) continue;
            if (!answer_of(r, i, s, &answer, err) || !is_open(r, i, &answer, &yes, err)) return false;
            if (!yes) continue;
            open[n] = (struct run_open){.item = &c->items[i], .response = answer.text};
            place[n++] = i * c->samples + s;
        }
    }
    bool ok = run_judge(r->record, r->task, r->settings, open, n, &c->arena, err);
    for (size_t k = 0; k < n; k++) c->judged[place[k]] = open[k].verdict;
    r->result->judged += n;
    return ok;
}

/* The scorer finds what the judge said in the row. */
static bool show_verdict(struct runner *r, size_t i, size_t s, struct error *err) {
    json_t *verdict = r->chunk->judged[i * r->chunk->samples + s], *row = r->chunk->items[i].row;
    if (!r->settings->judge || !task_scorer(r->task)->open_label) return true;
    if (!verdict) return json_object_del(row, "judged"), true;
    return json_object_set(row, "judged", verdict) == 0 || error_memory(err, "verdict");
}

/* Who was asked, for a scorer that must know. What the row itself says is kept. */
static bool show_declared(struct runner *r, size_t i, struct error *err) {
    json_t *row = r->chunk->items[i].row;
    if (!task_scorer(r->task)->declared || !r->subject->declared || json_object_get(row, "target")) return true;
    return json_object_set(row, "target", r->subject->declared) == 0 || error_memory(err, "who was asked");
}

static bool score_sample(struct runner *r, size_t i, size_t s, struct error *err) {
    struct chunk *c = r->chunk;
    const struct item *item = &c->items[i];
    const struct scorer *scorer = task_scorer(r->task);
    struct sample_slot *slot = slot_of(c, i, s);
    bool failed = is_failed(c, i, s);
    struct record_row row = {.task = text_of(task_name(r->task)), .item_id = item->id, .item = item->digest,
                             .ask = c->asks[i].digest, .sample = s, .answer = slot->answer.id,
                             .text = slot->answer.text, .finish = failed ? "error" : slot->answer.finish,
                             .logprobs = slot->logprobs, .value = NAN};
    struct score score = {.value = NAN};
    bool ok = true;
    r->result->samples++;
    if (failed) {
        r->result->failed++;
    } else {
        struct answer answer;
        bool judged = c->judged[i * c->samples + s] != NULL;
        ok = answer_of(r, i, s, &answer, err) && show_verdict(r, i, s, err) && show_declared(r, i, err) &&
             task_score(r->task, item, &answer, &c->arena, &score, err);
        if (ok) {
            struct record_score put = {.run = r->result->run.id, .answer = slot->answer.id, .item = item->digest,
                                       .scorer = scorer->name, .version = scorer->version, .value = score.value,
                                       .label = score.label, .parsed = parse_state_names[score.parsed],
                                       .evidence = score.parts,
                                       .judge = judged ? r->settings->judge_subject->digest : NULL};
            row.value = score.value;
            row.label = score.label;
            row.parsed = put.parsed;
            row.evidence = score.parts;
            ok = record_put_score(r->record, &put, err);
        } else {
            error_wrap(err, "item '%.*s'", TEXT_ARG(item->id));
        }
    }
    char digest[HASH_HEX];
    struct buffer ref;
    buffer_init(&ref, 1 << 16);
    ok = ok && evidence_digest(&row, r->subject->digest, scorer->name, digest, err) &&
         (evidence_ref(&ref, row.task, item->id, s), buffer_check(&ref, "evidence", err)) &&
         record_evidence_append(r->record, r->result->run.id, failed ? "error" : "answer", buffer_text(&ref), digest,
                                err);
    buffer_done(&ref);
    json_decref(score.parts);
    return ok;
}

static bool score_chunk(struct runner *r, struct error *err) {
    struct chunk *c = r->chunk;
    if (!judge_chunk(r, err) || !record_begin(r->record, err)) return false;
    for (size_t i = 0; i < c->n; i++)
        for (size_t s = 0; s < c->samples; s++)
            if (!score_sample(r, i, s, err)) return false;
    r->result->items += c->n;
    return record_commit(r->record, err);
}

static bool chunk_reserve(struct chunk *c, size_t capacity, size_t samples, struct error *err) {
    arena_init(&c->arena, (size_t)1 << 30);
    c->capacity = capacity;
    c->samples = c->most = samples;
    c->items = memory_zeroed(capacity, sizeof *c->items);
    c->asks = memory_zeroed(capacity, sizeof *c->asks);
    c->canonical = memory_zeroed(capacity, sizeof *c->canonical);
    c->same_as = memory_zeroed(capacity, sizeof *c->same_as);
    c->slots = memory_zeroed(capacity * samples, sizeof *c->slots);
    c->missing = memory_zeroed(capacity, sizeof *c->missing);
    c->missing_item = memory_zeroed(capacity, sizeof *c->missing_item);
    c->broken = memory_zeroed(capacity, sizeof *c->broken);
    c->place = memory_zeroed(capacity, sizeof *c->place);
    c->judged = memory_zeroed(capacity * samples, sizeof *c->judged);
    if (c->judged && c->place && c->broken && c->items && c->asks && c->canonical && c->same_as && c->slots &&
        c->missing && c->missing_item)
        return true;
    return error_memory(err, "items in flight");
}

/* Forgets the answers of a step. */
static void chunk_clear_step(struct chunk *c) {
    for (size_t i = 0; i < c->n; i++) {
        json_decref(c->canonical[i]);
        c->canonical[i] = NULL;
    }
    for (size_t i = 0; i < c->n * c->samples; i++) {
        json_decref(c->slots[i].logprobs);
        json_decref(c->judged[i]);
        c->judged[i] = NULL;
    }
    if (c->slots) memset(c->slots, 0, c->capacity * c->most * sizeof *c->slots);
    c->n_missing = 0;
}

static void chunk_clear(struct chunk *c) {
    chunk_clear_step(c);
    for (size_t i = 0; i < c->n; i++) item_done(&c->items[i]);
    if (c->broken) memset(c->broken, 0, c->capacity * sizeof *c->broken);
    c->n = 0;
    arena_reset(&c->arena);
}

static void chunk_done(struct chunk *c) {
    chunk_clear(c);
    arena_done(&c->arena);
    memory_free(c->items);
    memory_free(c->asks);
    memory_free(c->canonical);
    memory_free(c->same_as);
    memory_free(c->slots);
    memory_free(c->missing);
    memory_free(c->missing_item);
    memory_free(c->broken);
    memory_free(c->place);
    memory_free(c->judged);
}

static bool first_ask(struct runner *r, size_t i, bool needs_item, struct error *err) {
    struct chunk *c = r->chunk;
    if (task_method_name(r->task))
        return task_step_ask(r->task, &c->items[i], 0, needs_item, &c->arena, &c->asks[i], &c->canonical[i], err);
    return task_ask(r->task, &c->items[i], needs_item, &c->arena, &c->asks[i], &c->canonical[i], err);
}

/* Whether the item belongs to this step of a sequential run: by a number of its own,
 * which those of its cluster share. */
static bool is_due(const struct runner *r, const struct item *item) {
    if (!r->settings->sequential) return true;
    struct text name = item->cluster.len ? item->cluster : item->id;
    struct rng rng = rng_stream(r->settings->seed ^ hash_xxh3(task_name(r->task), strlen(task_name(r->task))),
                                "sequential", hash_xxh3(name.at, name.len));
    double at = rng_unit(&rng);
    return at >= r->from && at < r->to;
}

/* Fills the chunk from the task's stream; *place counts all items of it. False with err NONE: the stream has ended and
 * nothing was read. */
static bool fill_chunk(struct runner *r, struct task_items *items, uint64_t *place, struct error *err) {
    struct chunk *c = r->chunk;
    bool needs_item = r->subject->capabilities & SUBJECT_NEEDS_ITEM;
    error_clear(err);
    if (task_steps(r->task) > 1) c->samples = task_step_samples(r->task, 0);
    while (c->n < c->capacity) {
        int state = task_next(items, &c->arena, &c->items[c->n], err);
        if (state < 0) return false;
        if (state == 0) break;
        ++*place;
        if (!is_due(r, &c->items[c->n])) {
            item_done(&c->items[c->n]);
            c->items[c->n] = (struct item){0};
            continue;
        }
        size_t i = c->n++;
        c->place[i] = *place - 1;
        if (!first_ask(r, i, needs_item, err)) return false;
        if (r->look && !run_look_mark(r->look, c->canonical[i], &c->asks[i], err)) return false;
        if (c->asks[i].kind == ASK_SCORE) c->asks[i].samples = 1;
        if (r->settings->samples && c->asks[i].kind == ASK_GENERATE && task_steps(r->task) == 1)
            c->asks[i].samples = r->settings->samples;
        if (c->asks[i].samples != c->samples)
            return error_set(err, ERROR_DATA, "task '%s': items ask for different numbers of samples",
                             task_name(r->task));
        c->asks[i].seed = c->asks[i].temperature > 0 ? r->settings->seed : 0;
    }
    return c->n > 0;
}

/* Nothing is asked: what is missing comes from looking into the subject. */
static bool look_chunk(struct runner *r, struct error *err) {
    struct chunk *c = r->chunk;
    for (size_t k = 0; k < c->n_missing; k++) {
        struct answer answer = {.ask = k};
        if (!run_look_answer(r->look, r->subject, c->place[c->missing_item[k]], &c->arena, &answer.text, err) ||
            !take_answer(r, &answer, err))
            return false;
    }
    return true;
}

static bool ask_chunk(struct runner *r, uint64_t position, size_t step, struct error *err) {
    struct chunk *c = r->chunk;
    if (!plan_chunk(r, position, step, err)) return false;
    if (c->n_missing == 0) return true;
    struct error late;
    bool asked = r->look ? look_chunk(r, err)
                         : subject_ask(r->subject, c->missing, c->n_missing, take_answer, r, err);
    bool flushed = flush(r, asked ? err : &late);
    return asked && flushed;
}

/* The log-probability of an answer and its number of tokens; NaN: not known. */
static double likelihood_of(const json_t *logprobs, size_t *n) {
    double sum = 0;
    *n = json_array_size(logprobs);
    for (size_t i = 0; i < *n; i++) {
        if (!json_is_number(json_array_get(logprobs, i))) return NAN;
        sum += json_number_value(json_array_get(logprobs, i));
    }
    return *n ? sum : NAN;
}

/* What a step said of item i; of several answers the first, and how much all of them agree with an earlier step's. */
static bool said_of(struct runner *r, size_t i, size_t step, struct task_said *said, struct error *err) {
    struct chunk *c = r->chunk;
    const struct sample_slot *slots = &c->slots[c->same_as[i] * c->samples];
    size_t tokens;
    double sum = likelihood_of(slots->logprobs, &tokens);
    *said =
        (struct task_said){.text = slots->answer.text, .confidence = exp(sum / (double)tokens), .likelihood = exp(sum)};
    for (size_t s = 0; s < c->samples; s++)
        c->broken[i] |= slots[s].answer.id == 0 || strcmp(slots[s].answer.finish, "error") == 0;
    if (c->samples == 1 || c->broken[i]) return true;
    struct text *texts = arena_new(&c->arena, struct text, c->samples, err);
    for (size_t s = 0; texts && s < c->samples; s++) texts[s] = slots[s].answer.text;
    said->texts = texts;
    said->n_texts = texts ? c->samples : 0;
    return texts &&
           task_step_agreement(r->task, &c->items[i], step, texts, c->samples, &c->arena, &said->confidence, err);
}

/* Keeps what was said in a step for the steps behind it. */
static bool keep_said(struct runner *r, size_t step, struct error *err) {
    struct chunk *c = r->chunk;
    for (size_t i = 0; i < c->n; i++) {
        struct task_said said;
        if (!said_of(r, i, step, &said, err) || !run_ranks_put(&r->ranks, step, c->place[i], said.confidence, err))
            return false;
        said.rank = run_ranks_get(&r->ranks, step, c->place[i]);
        if (!task_item_said(r->task, &c->items[i], step, &said, err)) return false;
    }
    return true;
}

/* The steps before the last one; then the asks of the last one stand in the chunk. */
static bool run_steps(struct runner *r, uint64_t position, struct error *err) {
    struct chunk *c = r->chunk;
    bool needs_item = r->subject->capabilities & SUBJECT_NEEDS_ITEM;
    for (size_t step = 0; step + 1 < task_steps(r->task); step++) {
        if (!ask_chunk(r, position, step, err) || !keep_said(r, step, err)) return false;
        chunk_clear_step(c);
        c->samples = task_step_samples(r->task, step + 1);
        for (size_t i = 0; i < c->n; i++) {
            if (!task_step_ask(r->task, &c->items[i], step + 1, needs_item, &c->arena, &c->asks[i], &c->canonical[i],
                               err))
                return false;
            c->asks[i].seed = c->asks[i].temperature > 0 ? r->settings->seed : 0;
        }
    }
    return true;
}

static bool run_chunk(struct runner *r, uint64_t position, struct error *err) {
    size_t last = task_steps(r->task) - 1;
    bool chain = task_method_name(r->task) != NULL;
    if (chain && !run_steps(r, position, err)) return false;
    if (!ask_chunk(r, position, last, err) || (chain && !keep_said(r, last, err))) return false;
    return r->ranks.collecting || score_chunk(r, err);
}

static size_t samples_of(const struct task *task, const struct run_settings *settings, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)256 << 20);
    struct task_items *items = task_open(task, err);
    struct item item = {0};
    struct ask ask = {0};
    json_t *canonical = NULL;
    size_t samples = 1;
    if (items && task_next(items, &arena, &item, err) == 1) {
        if (task_ask(task, &item, false, &arena, &ask, &canonical, err) && ask.kind == ASK_GENERATE)
            samples = settings->samples ? settings->samples : ask.samples ? ask.samples : 1;
        item_done(&item);
        json_decref(canonical);
    }
    task_close(items);
    arena_done(&arena);
    for (size_t step = 0; step < task_steps(task); step++)
        samples = task_step_samples(task, step) > samples ? task_step_samples(task, step) : samples;
    return samples;
}

/* Adds what was left out of the task to the result. */
static bool take_bad_rows(struct runner *r, const struct task_items *items, struct error *err) {
    struct text list;
    uint64_t n = task_bad_rows(items, &list);
    if (n == 0) return true;
    r->result->bad_rows += n;
    const char *before = r->result->bad_list ? r->result->bad_list : "";
    r->result->bad_list = arena_printf(r->arena, err, "%s%.*s", before, TEXT_ARG(list));
    return r->result->bad_list != NULL;
}

/* All items once; chunk_reserve was called. */
static bool run_items(struct runner *r, struct error *err) {
    struct chunk *chunk = r->chunk;
    struct task_items *items = task_open(r->task, err);
    uint64_t position = 0, place = 0;
    bool ok = items != NULL;
    while (ok && fill_chunk(r, items, &place, err)) {
        if (interrupted(r->settings->stop)) ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
        ok = ok && run_chunk(r, position, err);
        position += chunk->n;
        if (ok) chunk_clear(chunk);
    }
    ok = ok && err->kind == ERROR_NONE && (r->ranks.collecting || r->counted || take_bad_rows(r, items, err));
    task_close(items);
    return ok;
}

/* Where answers depend on ranks among all items, a first pass asks everything and a second one scores. */
static bool run_task(struct runner *r, struct error *err) {
    struct chunk chunk = {0};
    size_t capacity = r->settings->chunk ? r->settings->chunk : RUN_CHUNK;
    error_clear(err);
    size_t samples = samples_of(r->task, r->settings, err);
    bool ok = err->kind == ERROR_NONE;
    if (ok && r->settings->samples > 1 && task_steps(r->task) > 1)
        ok = error_set(err, ERROR_USAGE, "task '%s': several samples of a chain of asks are not known",
                       task_name(r->task));
    if (ok && task_looks(r->task)) ok = (r->look = run_look_open(r->task, err)) != NULL;
    ok = ok && chunk_reserve(&chunk, capacity, samples, err);
    r->chunk = &chunk;
    r->ranks = (struct run_ranks){.steps = task_steps(r->task), .collecting = task_ranks(r->task)};
    if (ok && r->ranks.collecting) ok = run_items(r, err) && run_ranks_count(&r->ranks, err);
    ok = ok && run_items(r, err);
    record_rollback(r->record);
    run_ranks_done(&r->ranks);
    run_look_close(r->look);
    r->look = NULL;
    chunk_done(&chunk);
    r->chunk = NULL;
    return ok;
}

static bool finish_figures(struct runner *r, const struct suite *suite, struct arena *arena, struct error *err) {
    size_t total = 0;
    struct figure **parts = arena_new(arena, struct figure *, suite->n_tasks, err);
    size_t *counts = arena_new(arena, size_t, suite->n_tasks, err);
    if (!parts || !counts) return false;
    for (size_t t = 0; t < suite->n_tasks; t++) {
        if (interrupted(r->settings->stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (!evidence_plan(r->record, r->result->run.id, text_of(task_name(suite->tasks[t])), err) ||
            !run_task_figures(r->record, r->result->run.id, suite->tasks[t], &r->settings->figures, arena, &parts[t],
                              &counts[t], err) ||
            !run_put_figures(r->record, r->result->run.id, suite->tasks[t], parts[t], counts[t], err) ||
            !run_put_languages(r->record, r->result->run.id, suite->tasks[t], &r->settings->figures, err))
            return false;
        total += counts[t];
    }
    r->result->figures = arena_new(arena, struct figure, total, err);
    if (!r->result->figures) return false;
    for (size_t t = 0; t < suite->n_tasks; t++) {
        memcpy(r->result->figures + r->result->n_figures, parts[t], counts[t] * sizeof(struct figure));
        r->result->n_figures += counts[t];
    }
    return true;
}

static bool put_subject(struct runner *r, const struct subject *subject, struct error *err) {
    struct buffer words;
    buffer_init(&words, 1024);
    subject_put_capabilities(&words, subject->capabilities);
    struct record_subject row = {.digest = subject->digest, .spec = subject->spec,
                                 .kind = subject->kind->name, .name = subject->name,
                                 .tokenizer = subject->tokenizer, .template_digest = subject->template_digest,
                                 .files = subject->files, .capabilities = words.at ? words.at : ""};
    bool ok = buffer_check(&words, "subject", err) && record_put_subject(r->record, &row, err);
    buffer_done(&words);
    return ok;
}

static bool start_run(struct runner *r, const struct suite *suite, struct error *err) {
    json_t *config = run_config(suite, r->settings, err);
    struct buffer text;
    buffer_init(&text, (size_t)64 << 20);
    char *name = NULL;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool ok = config && json_put_canonical(&text, config) && buffer_check(&text, "settings of the run", err) &&
              (name = text_copy(&arena, suite->name, err)) != NULL && put_subject(r, r->subject, err) &&
              (!r->settings->judge || put_subject(r, r->settings->judge_subject, err));
    if (ok) {
        struct record_run_key key = {.name = r->settings->name, .command = r->settings->command, .config = text.at,
                                     .suite = name, .subject = r->subject->digest, .seed = r->settings->seed,
                                     .build = r->settings->build};
        ok = record_run_start(r->record, &key, r->settings->start, &r->result->run, err) &&
             (r->result->run.finished || evidence_begin(r->record, r->result->run.name, err));
    }
    arena_done(&arena);
    buffer_done(&text);
    json_decref(config);
    return ok;
}

static bool check_needs(const struct subject *subject, const struct suite *suite, const struct run_settings *settings,
                        struct error *err) {
    for (size_t t = 0; t < suite->n_tasks; t++) {
        const char *name = task_name(suite->tasks[t]);
        if (!subject_require(subject, task_needs(suite->tasks[t]), name, err)) return false;
        if (!task_looks(suite->tasks[t])) continue;
        if (!subject_look_require(subject, name, err)) return false;
        if (settings->samples > 1)
            return error_set(err, ERROR_USAGE, "task '%s': what a model holds of a text is the same each time", name);
    }
    return true;
}

/* What the gate says of what was asked so far; undecided where a figure is not there yet. */
static bool look(struct runner *r, const struct suite *suite, enum gate_verdict *verdict, struct error *err) {
    struct figure_settings settings = r->settings->figures;
    struct gate_figures all = {.confidence = settings.confidence};
    struct arena arena;
    struct figure *figures, *list = NULL;
    settings.bootstrap = 0;
    *verdict = GATE_UNDECIDED;
    r->result->looks++;
    arena_init(&arena, (size_t)256 << 20);
    bool ok = true;
    for (size_t t = 0; ok && t < suite->n_tasks; t++) {
        size_t n;
        ok = run_task_figures(r->record, r->result->run.id, suite->tasks[t], &settings, &arena, &figures, &n, err);
        struct figure *more = ok ? arena_new(&arena, struct figure, all.n + n, err) : NULL;
        if (!(ok = more != NULL)) break;
        if (all.n) memcpy(more, list, all.n * sizeof *more);
        memcpy(more + all.n, figures, n * sizeof *more);
        list = more;
        all.n += n;
    }
    struct gate_result result = {.verdict = GATE_UNDECIDED};
    all.figures = list;
    if (ok && !gate_judge(r->settings->gate, &all, &arena, &result, err)) {
        ok = err->kind == ERROR_USAGE; /* a group of which no item came yet; the last look tells what is never there */
        result.verdict = GATE_UNDECIDED;
        if (ok) error_clear(err);
    }
    *verdict = result.verdict;
    arena_done(&arena);
    return ok;
}

/* Steps that grow by a quarter, from FIRST_LOOK items of the largest task on, each task in step with the others. */
static bool ask_in_steps(struct runner *r, const struct suite *suite, uint64_t largest, struct error *err) {
    enum gate_verdict verdict = GATE_UNDECIDED;
    double share = largest ? FIRST_LOOK / (double)largest : 1;
    for (r->from = 0; r->from < 1 && verdict == GATE_UNDECIDED; r->from = r->to, share *= LOOK_GROWTH) {
        r->to = share < 1 ? share : 1;
        for (size_t t = 0; t < suite->n_tasks; t++) {
            r->task = suite->tasks[t];
            if (!run_task(r, err)) return false;
        }
        r->counted = true;
        if (r->settings->gate && !look(r, suite, &verdict, err)) return false;
    }
    return true;
}

static bool ask_all(struct runner *r, const struct suite *suite, struct error *err) {
    uint64_t total = 0, largest = 0;
    for (size_t t = 0; t < suite->n_tasks; t++) {
        uint64_t n;
        if (!task_count(suite->tasks[t], &n, err)) return false;
        if (r->settings->sequential && (task_ranks(suite->tasks[t]) || task_looks(suite->tasks[t])))
            return error_set(err, ERROR_USAGE, "--sequential: the answers of task '%s' depend on all of its items",
                             task_name(suite->tasks[t]));
        r->result->planned += n;
        largest = n > largest ? n : largest;
        if (task_steps(suite->tasks[t]) == 1) total += n * (r->settings->samples ? r->settings->samples : 1);
        for (size_t s = 0; task_steps(suite->tasks[t]) > 1 && s < task_steps(suite->tasks[t]); s++)
            total += n * task_step_samples(suite->tasks[t], s);
    }
    progress_init(&r->progress, "asking", total, r->settings->quiet);
    bool ok = !r->settings->sequential || ask_in_steps(r, suite, largest, err);
    for (size_t t = 0; ok && !r->settings->sequential && t < suite->n_tasks; t++) {
        r->task = suite->tasks[t];
        ok = run_task(r, err);
    }
    progress_end(&r->progress);
    return ok;
}

/* Marks the run and says how to go on; the first error stays the one that is told. */
static void mark_stopped(struct runner *r, struct error *err) {
    struct error ignored;
    bool stopped = err->kind == ERROR_INTERRUPTED;
    if (!evidence_end(r->record, r->result->run.id, stopped ? "interrupted" : "failed", &ignored)) return;
    if (err->kind == ERROR_DATA && r->result->asked == 0) return;
    size_t n = strlen(err->message);
    snprintf(err->message + n, sizeof err->message - n,
             "; run '%s' keeps what was answered (%llu new), the same command goes on from there%s",
             r->result->run.name,
             (unsigned long long)r->result->asked, err->kind == ERROR_DATA ? " once this is put right" : "");
}

bool run_suite(struct record *record, struct subject *subject, const struct suite *suite,
               const struct run_settings *settings, struct arena *arena, struct run_result *result,
               struct error *err) {
    memset(result, 0, sizeof *result);
    struct runner r = {.record = record, .subject = subject, .settings = settings, .result = result,
                       .arena = arena, .flushed = clock_seconds()};
    if (!check_needs(subject, suite, settings, err) || !start_run(&r, suite, err)) return false;
    bool was_finished = result->run.finished;
    if (!ask_all(&r, suite, err) || !finish_figures(&r, suite, arena, err)) return mark_stopped(&r, err), false;
    bool later = result->failed > 0 && subject_answers_later(subject);
    if (later || !was_finished || result->asked > 0)
        if (!evidence_end(record, result->run.id, later ? "interrupted" : "done", err)) return false;
    if (!record_evidence_state(record, result->run.id, &result->chain_entries, result->chain, err)) return false;
    if (later)
        return error_set(err, ERROR_ENVIRONMENT, "run '%s' waits for %llu answers: `basanite record export %s --format "
                         "openai-batch --out requests.jsonl` writes the requests, `basanite record import` takes the "
                         "responses, then the same command goes on", result->run.name,
                         (unsigned long long)result->failed, result->run.name);
    if (result->failed > 0 && result->failed >= result->samples && !settings->may_fail)
        return error_set(err, ERROR_ENVIRONMENT, "every item of run '%s' failed; `basanite record query \"select error "
                         "from answers where run = %lld limit 5\"` shows why", result->run.name,
                         (long long)result->run.id);
    return true;
}
