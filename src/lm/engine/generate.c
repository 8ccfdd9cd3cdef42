/* Generation: all prompts become one tree that is computed once, depth first; where a prompt ends its answers begin,
 * and from then on each is one row of every pass until it ends, beside the prompts that still come. An answer starts
 * only when the store has room for its longest end, so that none ever has to be thrown away. Results do not depend on
 * any of this: see engine_internal.h for the rows and sampling.h for the random numbers. */
#include "lm/engine/engine_internal.h"
#include "lm/engine/kept_internal.h"
#include "lm/engine/generate_sequence.h"
#include "lm/engine/sampling.h"

#include <math.h>
#include <string.h>

/* One token to be drawn in this pass. */
struct draw {
    struct sequence *sequence;
    size_t need; /* which of the needed rows has its logits */
    enum { DRAWN, ENDED, FAILED } outcome; /* ENDED: by a processor; FAILED: the sequence has the error */
    size_t token;
    float logprob;
};

struct generation {
    struct lm_engine *engine;
    struct lm_generate_result *results;
    struct arena *arena;
    lm_generate_done *done;
    void *context;
    struct trie trie;
    struct trie_sequence *prompts; /* sorted; those before next_prompt have been answered or started */
    size_t n_prompts, next_prompt, cursor;
    struct kv_page **path;
    struct sequence *sequences; /* one a prompt, in the order of prompts */
    size_t most_pages;
    struct sequence **active;  /* have a row in every pass */
    struct sequence **waiting; /* have their first token and wait for room, a queue */
    size_t n_active, first_waiting, n_waiting;
    uint32_t *need;
    struct draw *draws;
    size_t n_need, n_draws;
    struct sampling_scratch *scratch; /* one a worker */
    float *rows; /* one a worker, [vocabulary], for processors; NULL: no ask has any */
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
        size_t pages = pages_to_come(g, &g->sequences[i], g->sequences[i].ask->n_prompt);
        if (pages > most) most = pages;
    }
    return most;
}

static size_t pages_promised(const struct generation *g) {
    size_t sum = 0;
    for (size_t i = 0; i < g->n_active; i++) sum += pages_of_active(g, g->active[i]);
    return sum;
}

/* Answers start in order while there are rows and room. */
static bool start_waiting(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    size_t promised = pages_promised(g);
    for (; g->n_waiting && g->n_active < e->options.rows; g->first_waiting++, g->n_waiting--) {
        struct sequence *s = g->waiting[g->first_waiting];
        promised += pages_of_active(g, s);
        if (promised > kv_room(&e->kv)) {
            if (g->n_active) return true;
            return error_set(
                err, ERROR_ENVIRONMENT,
                "an answer of up to %zu tokens to a prompt of %zu needs %zu more pages of keys and values, "
                "%zu of %zu are free; allow more memory for them or fewer tokens",
                s->ask->max_tokens, s->ask->n_prompt, promised, kv_room(&e->kv), e->kv.most);
        }
        g->active[g->n_active++] = s;
    }
    return true;
}

/* ---- One pass ---- */

static void add_draw(struct generation *g, struct sequence *s, size_t need) {
    g->draws[g->n_draws++] = (struct draw){.sequence = s, .need = need};
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
        add_draw(g, s, g->n_need++);
    }
    e->n_generated = g->n_active;
    return true;
}

/* All prompts that end at the node of the row just added. */
static void end_prompts(struct generation *g, uint32_t node, uint32_t row, struct kv_page *page) {
    bool any = false;
    for (; g->next_prompt < g->n_prompts && g->prompts[g->next_prompt].end == node; g->next_prompt++, any = true) {
        struct sequence *s = &g->sequences[g->next_prompt];
        s->page = page;
        s->stored = s->ask->n_prompt;
        add_draw(g, s, g->n_need);
    }
    if (any) g->need[g->n_need++] = row;
}

static bool add_prompts(struct generation *g, struct error *err) {
    struct lm_engine *e = g->engine;
    size_t promised = pages_promised(g) + g->most_pages; /* at least one of the answers can start afterwards */
    for (; g->cursor < g->trie.n && e->n_rows < e->options.rows; g->cursor++) {
        if (e->n_rows && kv_room(&e->kv) <= promised) break;
        const struct trie_node *node = &g->trie.nodes[g->cursor];
        if (node->kept && g->prompts[g->next_prompt].end != g->cursor) {
            g->path[node->depth] = kept_page(e, node);
            continue;
        }
        uint32_t row = (uint32_t)e->n_rows;
        struct kv_page *last = node->depth ? g->path[node->depth - 1] : NULL;
        if (!(g->path[node->depth] = forward_add(e, node->token, node->depth, last, err))) return false;
        forward_hook(e, &g->trie.sequences[node->sequence].plan);
        end_prompts(g, (uint32_t)g->cursor, row, g->path[node->depth]);
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
    struct lm_generate_result *result = &g->results[s->index];
    size_t index = s->index;
    bool ok = sequence_result(s, result, g->arena, err) && keep(g, s, result, err);
    sequence_done(s);
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
            g->waiting[g->first_waiting + g->n_waiting++] = s;
        }
    }
    return true;
}

static void give_back(struct generation *g) {
    for (size_t i = 0; i < g->n_active; i++) kv_keep(g->active[i]->page);
    for (size_t i = 0; i < g->n_waiting; i++) kv_keep(g->waiting[g->first_waiting + i]->page);
    kv_keep_path(g->path, g->cursor < g->trie.n ? g->trie.nodes[g->cursor].depth : 0);
    kv_sweep(&g->engine->kv);
}

static bool run(struct generation *g, struct error *err) {
    while (g->n_active || g->n_waiting || g->cursor < g->trie.n) {
        give_back(g);
        if (!start_waiting(g, err)) return false;
        g->n_need = g->n_draws = 0;
        if (!add_answers(g, err) || (!g->n_waiting && !add_prompts(g, err))) {
            forward_drop(g->engine);
            return false;
        }
        if (!run_pass(g, err) || !put_tokens(g, err)) return false;
    }
    return true;
}

/* ---- Before and after all ---- */

static bool check_ask(const struct lm_engine *e, const struct lm_generate_ask *ask, size_t index, struct error *err) {
    const struct lm_sampling *s = &ask->sampling;
    size_t context = e->model->shape.context;
    if (!ask->n_prompt) return error_set(err, ERROR_DATA, "ask %zu: the prompt is empty", index);
    if (ask->n_prompt > context)
        return error_set(err, ERROR_DATA, "ask %zu: a prompt of %zu tokens is longer than the context of %zu", index,
                         ask->n_prompt, context);
    if (!(s->temperature >= 0) || !isfinite(s->temperature))
        return error_set(err, ERROR_USAGE, "ask %zu: temperature %g, expected 0 or more", index, s->temperature);
    if (!(s->top_p >= 0 && s->top_p <= 1))
        return error_set(err, ERROR_USAGE, "ask %zu: top_p %g, expected 0 to 1", index, s->top_p);
    if (ask->n_stops && !e->model->tokenizer)
        return error_set(err, ERROR_USAGE, "ask %zu: stop texts need a tokenizer, and model '%s' has none", index,
                         e->model->name);
    return (lm_hooks_check(e->model, ask->hooks, err) &&
            engine_check_ids(e, ask->prompt, ask->n_prompt, "prompt", err)) ||
           error_wrap(err, "ask %zu", index);
}

/* Asks that cannot or need not run are answered at once; the prompts of the others are listed. */
static bool prepare(struct generation *g, const struct lm_generate_ask *asks, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++) {
        struct lm_generate_result *result = &g->results[i];
        *result = (struct lm_generate_result){.finish = LM_FINISH_ERROR};
        if (check_ask(g->engine, &asks[i], i, &result->error)) {
            if (sequence_limit(&asks[i], g->engine->model->shape.context) > asks[i].n_prompt) {
                g->prompts[g->n_prompts++] =
                    (struct trie_sequence){.head = asks[i].prompt,
                                           .n_head = asks[i].n_prompt,
                                           .ask = i,
                                           .plan = hook_plan_make(asks[i].hooks, asks[i].n_prompt)};
                continue;
            }
            struct sequence none;
            sequence_init(&none, &asks[i], i);
            none.finish = LM_FINISH_LENGTH;
            if (!sequence_result(&none, result, g->arena, err)) return false;
        }
        if (g->done) g->done(g->context, i, result);
    }
    return true;
}

static bool make_scratch(struct generation *g, bool processors, struct arena *scratch, struct error *err) {
    size_t threads = pool_threads(g->engine->pool), vocabulary = g->engine->model->shape.vocabulary;
    if (!(g->scratch = arena_new(scratch, struct sampling_scratch, threads, err))) return false;
    for (size_t i = 0; i < threads; i++)
        if (!(g->scratch[i].weights = arena_new(scratch, float, vocabulary, err)) ||
            !(g->scratch[i].heap = arena_new(scratch, uint32_t, vocabulary, err)))
            return false;
    return !processors || (g->rows = arena_new(scratch, float, threads * vocabulary, err)) != NULL;
}

bool lm_generate(struct lm_engine *e, const struct lm_generate_ask *asks, size_t n, struct lm_generate_result *results,
                 struct arena *arena, lm_generate_done *done, void *context, const struct interrupt *stop,
                 struct error *err) {
    struct arena scratch;
    arena_init(&scratch, SIZE_MAX);
    struct generation g = {.engine = e, .results = results, .arena = arena, .done = done, .context = context};
    size_t rows = e->options.rows;
    bool ok = false, processors = false;
    for (size_t i = 0; i < n; i++) processors |= asks[i].n_processors > 0;
    if (!(g.prompts = arena_new(&scratch, struct trie_sequence, n, err)) || !prepare(&g, asks, n, err) ||
        !trie_build(&g.trie, g.prompts, g.n_prompts, !e->options.no_prefix_sharing, &scratch, err) ||
        !(g.path = arena_new(&scratch, struct kv_page *, g.trie.deepest, err)) ||
        !(g.sequences = arena_new(&scratch, struct sequence, g.n_prompts, err)) ||
        !(g.active = arena_new(&scratch, struct sequence *, rows, err)) ||
        !(g.waiting = arena_new(&scratch, struct sequence *, g.n_prompts, err)) ||
        !(g.need = arena_new(&scratch, uint32_t, rows, err)) ||
        !(g.draws = arena_new(&scratch, struct draw, g.n_prompts, err)) || !make_scratch(&g, processors, &scratch, err))
        goto out;
    for (size_t i = 0; i < g.n_prompts; i++) {
        sequence_init(&g.sequences[i], &asks[g.prompts[i].ask], g.prompts[i].ask);
        g.sequences[i].plan = g.prompts[i].plan;
    }
    g.most_pages = most_pages(&g);
    kept_mark(e, &g.trie, g.prompts, g.n_prompts);
    e->stop = stop;
    ok = run(&g, err);
    e->stop = NULL;
    if (!ok && err->kind == ERROR_INTERRUPTED) error_set(err, ERROR_INTERRUPTED, "generation was interrupted");
out:
    for (size_t i = 0; g.sequences && i < g.n_prompts; i++) sequence_done(&g.sequences[i]);
    e->n_generated = 0;
    kv_sweep(&e->kv);
    arena_done(&scratch);
    return ok;
}
