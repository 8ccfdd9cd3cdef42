/* Generation: prompts that were added together become one tree that is computed once, depth first; where a prompt ends
 * its answers begin, and from then on each is one row of every pass until it ends, beside the prompts that still come.
 * An answer starts only when the store has room for its longest end, so that none ever has to be thrown away. Results
 * do not depend on any of this: see engine_internal.h for the rows and sampling.h for the random numbers. */
#include "lm/engine/generation.h"
#include "lm/engine/kept_internal.h"
#include "lm/engine/top.h"

#include <math.h>
#include <string.h>

/* One token to be drawn in this pass. */
struct draw {
    struct sequence *sequence;
    size_t need;                           /* which of the needed rows has its logits */
    enum { DRAWN, ENDED, FAILED } outcome; /* ENDED: by a processor; FAILED: the sequence has the error */
    size_t token;
    float logprob;
};

/* ---- Room ---- */

/* Pages that the sequence may still take, `filled` of its positions being in the store. It fills all but the last of
 * its limit, because no token follows that; at its start it may have to copy the prompt's last page. */
static size_t pages_to_come(const struct generation *g, const struct sequence *s, size_t filled) {
    size_t limit = sequence_limit(s->ask, g->engine->model->shape.context);
    return (limit - 1 + PAGE - 1) / PAGE - (filled + PAGE - 1) / PAGE + !s->started;
}

static size_t pages_of_active(const struct generation *g, const struct sequence *s) {
    return pages_to_come(g, s, s->ask->n_prompt + s->n - 1);
}

/* What the hungriest answer may need when it starts. */
static size_t most_pages(const struct generation *g) {
    size_t most = 0;
    for (size_t i = 0; i < g->n_prompts; i++) {
        size_t pages = pages_to_come(g, g->sequences[i], g->sequences[i]->ask->n_prompt);
        if (pages > most) most = pages;
    }
    return most;
}

static size_t pages_promised(const struct generation *g) {
    size_t sum = 0;
    for (size_t i = 0; i < g->n_active; i++) sum += pages_of_active(g, g->active[i]);
    return sum;
}

static void let_go(struct generation *g, struct sequence *s) {
    if (s->before)
        s->before->after = s->after;
    else
        g->first = s->after;
    if (s->after) s->after->before = s->before;
    g->n_asks--;
    sequence_done(s);
    memory_free(s);
}

static struct sequence *take_waiting(struct generation *g) {
    struct sequence *s = g->first_waiting;
    if (!(g->first_waiting = s->next)) g->last_waiting = &g->first_waiting;
    g->n_waiting--;
    return s;
}

static bool no_room(const struct generation *g, const struct sequence *s, size_t promised, struct error *err) {
    const struct kv_store *kv = &g->engine->kv;
    return error_set(err, ERROR_ENVIRONMENT,
                     "an answer of up to %zu tokens to a prompt of %zu needs %zu more pages of keys and values, "
                     "%zu of %zu are free; allow more memory for them or fewer tokens",
                     s->ask->max_tokens, s->ask->n_prompt, promised, kv_room(kv), kv->most);
}

static bool finish(struct generation *g, struct sequence *s, struct error *err);

/* Answers start in order while there are rows and room. */
static bool start_waiting(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    size_t promised = pages_promised(g);
    while (g->n_waiting && g->n_active < e->options.rows) {
        struct sequence *s = g->first_waiting;
        size_t more = pages_of_active(g, s);
        if (promised + more > kv_room(&e->kv)) {
            if (g->n_active) return true;
            if (!g->each) return no_room(g, s, promised + more, err);
            s->finish = LM_FINISH_ERROR;
            no_room(g, s, promised + more, &s->error);
            if (!finish(g, take_waiting(g), err)) return false;
            continue;
        }
        promised += more;
        s->at = SEQUENCE_ACTIVE;
        g->active[g->n_active++] = take_waiting(g);
    }
    return true;
}

/* ---- One pass ---- */

static bool add_draw(struct generation *g, struct sequence *s, size_t need, struct error *err) {
    if (!sequence_reserve(s, err)) return false;
    g->draws[g->n_draws++] = (struct draw){.sequence = s, .need = need};
    return true;
}

static bool add_answers(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    for (size_t i = 0; i < g->n_active; i++) {
        struct sequence *s = g->active[i];
        g->need[g->n_need] = (uint32_t)e->n_rows;
        struct kv_page *page = forward_add(e, s->ids[s->n - 1], s->ask->n_prompt + s->n - 1, s->page, err);
        if (!page) return false;
        forward_hook(e, &s->plan);
        s->page = page;
        s->stored++;
        s->started = true;
        if (!add_draw(g, s, g->n_need++, err)) return false;
    }
    e->n_generated = g->n_active;
    return true;
}

/* All prompts that end at the node of the row just added; page NULL: nobody wants their answers any more. */
static bool end_prompts(struct generation *g, uint32_t node, uint32_t row, struct kv_page *page, struct error *err) {
    bool any = false;
    for (; g->next_prompt < g->n_prompts && g->prompts[g->next_prompt].end == node; g->next_prompt++) {
        struct sequence *s = g->sequences[g->next_prompt];
        if (s->dropped) {
            let_go(g, s);
            continue;
        }
        s->page = page;
        s->stored = s->ask->n_prompt;
        if (!add_draw(g, s, g->n_need, err)) return false;
        any = true;
    }
    if (any) g->need[g->n_need++] = row;
    return true;
}

/* Whether every prompt that has this node, the next one to be computed, was dropped. Its sequence is the first of them,
 * and what a later one shares with it falls along their order. */
static bool is_dropped(const struct generation *g, const struct trie_node *node) {
    for (size_t i = node->sequence; g->sequences[i]->dropped; i++) {
        if (i + 1 == g->n_prompts || g->engine->options.no_prefix_sharing) return true;
        if (trie_shared(&g->prompts[i], &g->prompts[i + 1]) <= node->depth) return true;
    }
    return false;
}

static bool add_prompts(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    size_t promised = pages_promised(g) + g->most_pages; /* at least one of the answers can start afterwards */
    for (; g->cursor < g->trie.n && e->n_rows < e->options.rows; g->cursor++) {
        if (e->n_rows && kv_room(&e->kv) <= promised) break;
        const struct trie_node *node = &g->trie.nodes[g->cursor];
        if (g->n_dropped && is_dropped(g, node)) {
            if (!end_prompts(g, (uint32_t)g->cursor, 0, NULL, err)) return false;
            continue;
        }
        if (node->kept && g->prompts[g->next_prompt].end != g->cursor) {
            g->path[node->depth] = kept_page(e, node);
            continue;
        }
        uint32_t row = (uint32_t)e->n_rows;
        struct kv_page *last = node->depth ? g->path[node->depth - 1] : NULL;
        if (!(g->path[node->depth] = forward_add(e, node->token, node->depth, last, err))) return false;
        forward_hook(e, &g->trie.sequences[node->sequence].plan);
        if (!end_prompts(g, (uint32_t)g->cursor, row, g->path[node->depth], err)) return false;
    }
    return true;
}

struct drawing {
    struct generation *generation;
    size_t first_draw, first_need;
};

static bool check_row(struct sequence *s, struct kernel_mass mass) {
    if (isfinite(mass.sum) && isfinite(mass.max)) return true;
    return error_set(&s->error, ERROR_DATA,
                     "ask %zu: the logits behind token %zu are not numbers; the model overflows there", s->index,
                     s->ask->n_prompt + s->n);
}

/* Runs the processors on a copy of the row, which other answers may share; *mass is then the copy's. */
static bool process(const struct generation *g, struct draw *draw, float *row, const float *logits,
                    struct kernel_mass *mass) {
    struct sequence *s = draw->sequence;
    size_t n = g->engine->model->shape.vocabulary;
    struct logits_row changed = {.prompt = s->ask->prompt,
                                 .n_prompt = s->ask->n_prompt,
                                 .answer = s->ids,
                                 .n_answer = s->n,
                                 .logits = row,
                                 .vocabulary = n};
    memcpy(row, logits, n * sizeof *row);
    draw->outcome = FAILED;
    if (!logits_chain_change(&s->chain, &changed, &s->error)) return error_wrap(&s->error, "ask %zu", s->index);
    draw->outcome = ENDED;
    if (changed.ends) return false;
    draw->outcome = DRAWN;
    *mass = g->engine->kernels->mass(row, n);
    if (isfinite(mass->sum) && isfinite(mass->max)) return true;
    draw->outcome = FAILED;
    return error_set(&s->error, ERROR_DATA, "ask %zu: no token is left behind token %zu after '%s'", s->index,
                     s->ask->n_prompt + s->n, s->ask->processors[s->ask->n_processors - 1].kind->name);
}

static void draw_token(void *context, size_t i, size_t worker) {
    const struct drawing *d = context;
    struct generation *g = d->generation;
    const struct lm_engine *e = g->engine;
    struct draw *draw = &g->draws[d->first_draw + i];
    const struct lm_generate_ask *ask = draw->sequence->ask;
    size_t n = e->model->shape.vocabulary;
    const float *logits = e->logits + (draw->need - d->first_need) * n, *row = logits;
    struct kernel_mass mass = e->kernels->mass(logits, n), left = mass;
    draw->outcome = FAILED;
    if (!check_row(draw->sequence, mass)) return;
    draw->outcome = DRAWN;
    if (ask->n_processors) {
        if (!process(g, draw, g->rows + worker * n, logits, &left)) return;
        row = g->rows + worker * n;
    }
    double unit = ask->sampling.temperature > 0
                      ? sampling_unit(ask->sampling.seed, ask->stream, ask->sample, draw->sequence->n)
                      : 0;
    draw->token = sampling_pick(&ask->sampling, row, n, left, unit, e->kernels, &g->scratch[worker]);
    draw->logprob = (float)((double)logits[draw->token] - (double)mass.max - log(mass.sum));
    if (!ask->top) return;
    struct top_scratch top = {sequence_top(draw->sequence), g->scratch[worker].heap};
    top_of(&top, logits, n, mass, ask->top);
}

static bool run_pass(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    if (!forward_run(e, g->need, g->n_need, err)) return false;
    size_t draws = 0;
    for (size_t i = 0; i < g->n_need; i += e->logit_rows) {
        size_t n = g->n_need - i < e->logit_rows ? g->n_need - i : e->logit_rows, first = draws;
        if (!forward_logits(e, i, n, e->logits, err)) return false;
        while (draws < g->n_draws && g->draws[draws].need < i + n) draws++;
        struct drawing drawing = {g, first, i};
        engine_deal(e, draws - first, (draws - first) * e->model->shape.vocabulary, draw_token, &drawing);
    }
    return true;
}

/* ---- After a pass ---- */

/* Keeps what is asked for and holds the bits of given text: an answer's rows only where they are computed alike. */
static bool keep(struct generation *g, const struct sequence *s, struct lm_generate_result *result, struct error *err) {
    size_t n = g->engine->model->store ? s->ask->n_prompt : s->stored;
    struct trie_sequence tokens = {
        .head = s->ask->prompt, .n_head = s->ask->n_prompt, .tail = s->ids, .n_tail = s->n, .plan = s->plan};
    if (!s->ask->keep || s->finish == LM_FINISH_ERROR) return true;
    return (result->kept = kept_new(g->engine, &tokens, n, s->page, err)) != NULL;
}

static bool finish(struct generation *g, struct sequence *s, struct error *err) {
    struct lm_generate_result passing, *result = s->result ? s->result : &passing;
    size_t index = s->index;
    bool ok = sequence_result(s, result, g->arena, err) && keep(g, s, result, err);
    let_go(g, s);
    if (ok && g->done) g->done(g->context, index, result);
    return ok;
}

/* Every drawn token goes to its answer; new answers that go on join the queue, ended ones leave. */
static bool put_tokens(struct generation *g, struct error *err) {
    size_t was_active = g->n_active;
    g->n_active = 0;
    for (size_t i = 0; i < g->n_draws; i++) {
        struct draw *draw = &g->draws[i];
        struct sequence *s = draw->sequence;
        if (draw->outcome != DRAWN) {
            s->ended = true;
            s->finish = draw->outcome == ENDED ? LM_FINISH_STOP : LM_FINISH_ERROR;
        } else if (!sequence_put(s, g->engine->model, (int32_t)draw->token, draw->logprob, err)) {
            return false;
        }
        if (s->ended) {
            if (!finish(g, s, err)) return false;
        } else if (i < was_active) {
            g->active[g->n_active++] = s;
        } else {
            s->at = SEQUENCE_WAITS;
            *g->last_waiting = s;
            g->last_waiting = &s->next;
            g->n_waiting++;
        }
    }
    return true;
}

static void give_back(struct generation *g) {
    for (size_t i = 0; i < g->n_active; i++) kv_keep(g->active[i]->page);
    for (const struct sequence *s = g->first_waiting; s; s = s->next) kv_keep(s->page);
    kv_keep_path(g->path, g->cursor < g->trie.n ? g->trie.nodes[g->cursor].depth : 0);
    kv_sweep(&g->engine->kv);
}

/* ---- A wave ---- */

/* An answer to each may begin in one pass, beside a row of each that has begun. */
static bool reserve_draws(struct generation *g, size_t n, struct error *err) {
    if (n <= g->draws_capacity) return true;
    struct draw *draws = memory_grow(g->draws, n, sizeof *draws);
    if (!draws) return error_memory(err, "tokens to draw");
    g->draws = draws;
    g->draws_capacity = n;
    return true;
}

/* The asks that were added become one tree. */
static bool begin_wave(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    size_t n = g->n_added;
    arena_reset(&g->room);
    g->trie = (struct trie){0};
    g->n_prompts = g->next_prompt = g->cursor = g->n_dropped = 0;
    if (!reserve_draws(g, e->options.rows + n, err) ||
        !(g->prompts = arena_new(&g->room, struct trie_sequence, n, err)) ||
        !(g->sequences = arena_new(&g->room, struct sequence *, n, err)))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct sequence *s = g->added[i];
        g->prompts[i] =
            (struct trie_sequence){.head = s->ask->prompt, .n_head = s->ask->n_prompt, .ask = i, .plan = s->plan};
    }
    if (!trie_build(&g->trie, g->prompts, n, !e->options.no_prefix_sharing, &g->room, err)) return false;
    if (!(g->path = arena_new(&g->room, struct kv_page *, g->trie.deepest, err))) return false;
    for (size_t i = 0; i < n; i++) {
        g->sequences[i] = g->added[g->prompts[i].ask];
        g->sequences[i]->at = SEQUENCE_IN_WAVE;
    }
    g->n_prompts = n;
    g->n_added = 0;
    g->most_pages = most_pages(g);
    kept_mark(e, &g->trie, g->prompts, n);
    return true;
}

static bool one_pass(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    if (!start_waiting(g, err)) return false;
    g->n_need = g->n_draws = 0;
    if (!add_answers(g, err) || (!g->n_waiting && !add_prompts(g, err))) {
        forward_drop(e);
        return false;
    }
    return !e->n_rows || (run_pass(g, err) && put_tokens(g, err));
}

bool generation_pass(struct generation *g, const struct interrupt *stop, struct error *err) {
    struct lm_engine *e = g->engine;
    give_back(g);
    if (g->n_added && g->cursor == g->trie.n && !g->n_waiting && !begin_wave(g, err)) return false;
    e->stop = stop;
    bool ok = one_pass(g, err);
    e->stop = NULL;
    e->n_generated = 0;
    if (!ok && err->kind == ERROR_INTERRUPTED) error_set(err, ERROR_INTERRUPTED, "generation was interrupted");
    return ok;
}

/* ---- Asks ---- */

bool generation_check(const struct lm_engine *e, const struct lm_generate_ask *ask, size_t index, struct error *err) {
    const struct lm_sampling *s = &ask->sampling;
    size_t context = e->model->shape.context, vocabulary = e->model->shape.vocabulary;
    if (!ask->n_prompt) return error_set(err, ERROR_DATA, "ask %zu: the prompt is empty", index);
    if (ask->n_prompt > context)
        return error_set(err, ERROR_DATA, "ask %zu: a prompt of %zu tokens is longer than the context of %zu", index,
                         ask->n_prompt, context);
    if (!(s->temperature >= 0) || !isfinite(s->temperature))
        return error_set(err, ERROR_USAGE, "ask %zu: temperature %g, expected 0 or more", index, s->temperature);
    if (!(s->top_p >= 0 && s->top_p <= 1))
        return error_set(err, ERROR_USAGE, "ask %zu: top_p %g, expected 0 to 1", index, s->top_p);
    if (ask->top > vocabulary)
        return error_set(err, ERROR_USAGE, "ask %zu: the %zu likeliest tokens: the vocabulary has %zu", index, ask->top,
                         vocabulary);
    if (ask->n_stops && !e->model->tokenizer)
        return error_set(err, ERROR_USAGE, "ask %zu: stop texts need a tokenizer, and model '%s' has none", index,
                         e->model->name);
    return (lm_hooks_check(e->model, ask->hooks, err) &&
            engine_check_ids(e, ask->prompt, ask->n_prompt, "prompt", err)) ||
           error_wrap(err, "ask %zu", index);
}

static bool reserve_added(struct generation *g, struct error *err) {
    if (g->n_added < g->added_capacity) return true;
    size_t capacity = g->added_capacity ? g->added_capacity * 2 : 64;
    struct sequence **added = memory_grow(g->added, capacity, sizeof(struct sequence *));
    if (!added) return error_memory(err, "list of asks");
    g->added = added;
    g->added_capacity = capacity;
    return true;
}

/* An ask with room for no token is answered at once. */
static bool answer_nothing(struct generation *g, const struct lm_generate_ask *ask, size_t index,
                           struct lm_generate_result *result, struct error *err) {
    struct lm_generate_result passing;
    struct sequence none;
    if (!result) result = &passing;
    sequence_init(&none, ask, index);
    none.finish = LM_FINISH_LENGTH;
    if (!sequence_result(&none, result, g->arena, err)) return false;
    if (g->done) g->done(g->context, index, result);
    return true;
}

bool generation_add(struct generation *g, const struct lm_generate_ask *ask, size_t index,
                    struct lm_generate_result *result, struct error *err) {
    if (sequence_limit(ask, g->engine->model->shape.context) <= ask->n_prompt)
        return answer_nothing(g, ask, index, result, err);
    if (ask->n_processors && !g->rows) {
        size_t n = pool_threads(g->engine->pool) * g->engine->model->shape.vocabulary;
        if (!(g->rows = arena_new(&g->fixed, float, n, err))) return false;
    }
    struct sequence *s = reserve_added(g, err) ? memory_alloc(sizeof *s) : NULL;
    if (!s) return error_memory(err, "an answer");
    sequence_init(s, ask, index);
    s->result = result;
    s->plan = hook_plan_make(ask->hooks, ask->n_prompt);
    if ((s->after = g->first)) s->after->before = s;
    g->first = s;
    g->n_asks++;
    g->added[g->n_added++] = s;
    return true;
}

size_t generation_asks(const struct generation *g) {
    return g->n_asks;
}

static void drop_from(struct sequence **list, size_t *n, const struct sequence *s) {
    size_t i = 0;
    while (list[i] != s) i++;
    memmove(list + i, list + i + 1, (--*n - i) * sizeof *list);
}

static void drop_waiting(struct generation *g, const struct sequence *s) {
    struct sequence **at = &g->first_waiting;
    while (*at != s) at = &(*at)->next;
    if (!(*at = s->next)) g->last_waiting = at;
    g->n_waiting--;
}

void generation_drop(struct generation *g, size_t index) {
    struct sequence *s = g->first;
    while (s && s->index != index) s = s->after;
    if (!s || s->dropped) return;
    if (s->at == SEQUENCE_IN_WAVE) { /* let go when the walk comes to its end */
        s->dropped = true;
        g->n_dropped++;
        return;
    }
    if (s->at == SEQUENCE_ADDED) drop_from(g->added, &g->n_added, s);
    if (s->at == SEQUENCE_WAITS) drop_waiting(g, s);
    if (s->at == SEQUENCE_ACTIVE) drop_from(g->active, &g->n_active, s);
    let_go(g, s);
}

/* ---- Before and after all ---- */

bool generation_init(struct generation *g, struct lm_engine *e, struct error *err) {
    size_t threads = pool_threads(e->pool), vocabulary = e->model->shape.vocabulary, rows = e->options.rows;
    *g = (struct generation){.engine = e};
    g->last_waiting = &g->first_waiting;
    arena_init(&g->room, SIZE_MAX);
    arena_init(&g->fixed, SIZE_MAX);
    if (!(g->scratch = arena_new(&g->fixed, struct sampling_scratch, threads, err)) ||
        !(g->active = arena_new(&g->fixed, struct sequence *, rows, err)) ||
        !(g->need = arena_new(&g->fixed, uint32_t, rows, err)))
        return false;
    for (size_t i = 0; i < threads; i++)
        if (!(g->scratch[i].weights = arena_new(&g->fixed, float, vocabulary, err)) ||
            !(g->scratch[i].heap = arena_new(&g->fixed, uint32_t, vocabulary, err)))
            return false;
    return true;
}

void generation_done(struct generation *g) {
    while (g->first) let_go(g, g->first);
    g->engine->n_generated = 0;
    kv_sweep(&g->engine->kv);
    memory_free(g->added);
    memory_free(g->draws);
    arena_done(&g->room);
    arena_done(&g->fixed);
}

/* Asks that cannot run are answered at once; the others are added. */
static bool add_all(struct generation *g, const struct lm_generate_ask *asks, size_t n,
                    struct lm_generate_result *results, struct error *err) {
    for (size_t i = 0; i < n; i++) results[i] = (struct lm_generate_result){.finish = LM_FINISH_ERROR};
    for (size_t i = 0; i < n; i++) {
        if (generation_check(g->engine, &asks[i], i, &results[i].error)) {
            if (!generation_add(g, &asks[i], i, &results[i], err)) return false;
        } else if (g->done) {
            g->done(g->context, i, &results[i]);
        }
    }
    return true;
}

bool lm_generate(struct lm_engine *e, const struct lm_generate_ask *asks, size_t n, struct lm_generate_result *results,
                 struct arena *arena, lm_generate_done *done, void *context, const struct interrupt *stop,
                 struct error *err) {
    struct generation g;
    bool ok = generation_init(&g, e, err);
    g.arena = arena;
    g.done = done;
    g.context = context;
    ok = ok && add_all(&g, asks, n, results, err);
    while (ok && generation_asks(&g)) ok = generation_pass(&g, stop, err);
    generation_done(&g);
    return ok;
}
