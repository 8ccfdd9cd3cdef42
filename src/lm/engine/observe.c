/* Observing: the tree of all texts is walked in passes, as in scoring. At every site that was asked for the pass hands
 * its rows over, and each goes to the texts that have its token at its place: their node's range in sorted order. See
 * observe.h. */
#include "lm/engine/observe.h"

#include "lm/engine/forward_visit.h"
#include "lm/engine/kept_internal.h"
#include "lm/engine/top.h"

#include <math.h>
#include <string.h>

/* One text. */
struct seen {
    const struct lm_observe_ask *ask;
    struct lm_observed *result;
    size_t from, to;           /* positions looked at */
    size_t read_from, read_to; /* those whose activations are read */
    double *sums;              /* [lm_sites_size] of LM_POOL_MEAN */
};

struct observing {
    struct lm_engine *engine;
    const struct lm_observe_options *options;
    size_t size; /* of a row */
    struct trie trie;
    struct trie_sequence *sequences; /* sorted; .ask is the number of the text */
    struct seen *seen;               /* by number of the text */
    uint32_t *first, *last;          /* [trie.n]: sequences first..last-1 go through the node */
    struct trie_walk walk;
    struct top_scratch *scratch; /* one a worker */
};

/* ---- What is read ---- */

static void put(struct observing *o, struct seen *seen, size_t position, size_t at, const float *values, size_t n) {
    if (position < seen->read_from || position >= seen->read_to) return;
    if (o->options->pool == LM_POOL_MEAN) {
        for (size_t j = 0; j < n; j++) seen->sums[at + j] += (double)values[j];
        return;
    }
    memcpy(seen->result->values + (position - seen->read_from) * o->size + at, values, n * sizeof *values);
}

/* Row i of the site at `at` of a row, to all texts that have it. */
static void put_row(struct observing *o, uint32_t node, size_t at, const float *values, size_t n) {
    if (!o->trie.nodes[node].wanted) return;
    for (size_t s = o->first[node]; s < o->last[node]; s++)
        put(o, &o->seen[o->sequences[s].ask], o->trie.nodes[node].depth, at, values, n);
}

static void read_site(void *context, const struct visit *visit, const float *values, size_t stride) {
    struct observing *o = context;
    const struct lm_shape *shape = &o->engine->model->shape;
    size_t at = 0;
    for (size_t k = 0; k < o->options->n_sites; k++) {
        struct lm_site site = o->options->sites[k];
        size_t n = lm_site_size(shape, site), head = site.part == LM_HEAD ? site.head * n : 0;
        for (size_t i = 0; site.part == visit->part && site.layer == visit->layer && i < visit->n; i++)
            put_row(o, o->walk.nodes[visit->which ? visit->which[i] : i], at, values + i * stride + head, n);
        at += n;
    }
}

/* Behind the last norm, which stands in the first n rows of engine->normed: rows from.. of those needed. */
static void read_last(struct observing *o, size_t from, size_t n) {
    struct lm_engine *e = o->engine;
    struct visit visit = {LM_STATE, e->model->shape.layers + 1, o->walk.need + from, n};
    read_site(o, &visit, e->normed, e->model->shape.width);
}

/* ---- What is predicted ---- */

struct predicted {
    struct observing *o;
    size_t from;
};

static void predict(struct observing *o, const struct seen *seen, size_t position, const float *logits,
                    struct kernel_mass mass, const struct lm_top *top, double rest) {
    if (position < seen->from || position >= seen->to) return;
    size_t at = position - seen->from, k = o->options->top;
    struct lm_observed *r = seen->result;
    if (k) {
        memcpy(r->top + at * k, top, k * sizeof *top);
        r->rest[at] = rest;
    }
    size_t n = o->engine->model->shape.vocabulary;
    for (size_t i = 0; o->options->all && i < n; i++)
        r->all[at * n + i] = (float)((double)logits[i] - (double)mass.max - log(mass.sum));
    if (o->options->next && position + 1 < seen->ask->n)
        r->next[at] = (float)((double)logits[seen->ask->ids[position + 1]] - (double)mass.max - log(mass.sum));
}

/* Different rows are of different positions, so that no two workers write to one place. */
static void predict_row(void *context, size_t i, size_t worker) {
    const struct predicted *p = context;
    struct observing *o = p->o;
    const struct lm_engine *e = o->engine;
    uint32_t node = o->walk.nodes[o->walk.need[p->from + i]];
    if (!o->trie.nodes[node].wanted) return;
    size_t n = e->model->shape.vocabulary;
    const float *logits = e->logits + i * n;
    struct kernel_mass mass = e->kernels->mass(logits, n);
    double rest = 0;
    struct lm_top *top = o->scratch[worker].top;
    if (o->options->top) rest = top_of(&o->scratch[worker], logits, n, mass, o->options->top);
    for (size_t s = o->first[node]; s < o->last[node]; s++)
        predict(o, &o->seen[o->sequences[s].ask], o->trie.nodes[node].depth, logits, mass, top, rest);
}

static bool asks_logits(const struct lm_observe_options *options) {
    return options->top || options->next || options->all;
}

static bool asks_last(const struct lm_engine *e, const struct lm_observe_options *options) {
    for (size_t i = 0; i < options->n_sites; i++)
        if (options->sites[i].part == LM_STATE && options->sites[i].layer > e->model->shape.layers) return true;
    return false;
}

static bool read_ends(void *context, const struct trie_walk *w, struct error *err) {
    struct observing *o = context;
    struct lm_engine *e = o->engine;
    bool logits = asks_logits(o->options), last = asks_last(e, o->options);
    for (size_t i = 0; (logits || last) && i < w->n_need; i += e->logit_rows) {
        size_t n = w->n_need - i < e->logit_rows ? w->n_need - i : e->logit_rows;
        if (last) {
            forward_last_norm(e, i, n);
            read_last(o, i, n);
        }
        if (!logits) continue;
        if (!forward_logits(e, i, n, e->logits, err)) return false;
        struct predicted predicted = {o, i};
        engine_deal(e, n, n * e->model->shape.vocabulary, predict_row, &predicted);
    }
    return true;
}

/* ---- Before and after ---- */

static bool check_ask(const struct lm_engine *e, const struct lm_observe_ask *ask, size_t index, struct error *err) {
    size_t context = e->model->shape.context, to = ask->to ? ask->to : ask->n;
    if (!ask->n) return error_set(err, ERROR_DATA, "ask %zu: the text is empty", index);
    if (ask->n > context)
        return error_set(err, ERROR_DATA, "ask %zu: a text of %zu tokens is longer than the context of %zu", index,
                         ask->n, context);
    if (ask->from >= to || to > ask->n)
        return error_set(err, ERROR_DATA, "ask %zu: positions %zu to %zu are none of the %zu tokens", index, ask->from,
                         to, ask->n);
    return (lm_hooks_check(e->model, ask->hooks, err) && engine_check_ids(e, ask->ids, ask->n, "text", err)) ||
           error_wrap(err, "ask %zu", index);
}

static bool make_result(struct observing *o, struct seen *seen, struct arena *arena, struct arena *scratch,
                        struct error *err) {
    const struct lm_observe_options *options = o->options;
    struct lm_observed *r = seen->result;
    size_t k = options->top;
    r->positions = seen->to - seen->from;
    r->n_rows = options->pool == LM_POOL_EACH ? r->positions : 1;
    if (options->n_sites && !(r->values = arena_new(arena, float, r->n_rows * o->size, err))) return false;
    if (options->n_sites && options->pool == LM_POOL_MEAN && !(seen->sums = arena_new(scratch, double, o->size, err)))
        return false;
    if (k && (!(r->top = arena_alloc(arena, r->positions * k, sizeof *r->top, err)) ||
              !(r->rest = arena_new(arena, double, r->positions, err))))
        return false;
    if (options->all && !(r->all = arena_new(arena, float, r->positions * o->engine->model->shape.vocabulary, err)))
        return false;
    if (options->next && !(r->next = arena_new(arena, float, r->positions, err))) return false;
    for (size_t i = 0; r->next && i < r->positions; i++) r->next[i] = NAN;
    return true;
}

static bool prepare(struct observing *o, const struct lm_observe_ask *asks, size_t n, struct lm_observed *results,
                    size_t *n_sequences, struct arena *arena, struct arena *scratch, struct error *err) {
    enum lm_pool pool = o->options->pool;
    *n_sequences = 0;
    for (size_t i = 0; i < n; i++) {
        struct seen *seen = &o->seen[i];
        results[i] = (struct lm_observed){0};
        *seen = (struct seen){.ask = &asks[i], .result = &results[i], .from = asks[i].from};
        if (!check_ask(o->engine, &asks[i], i, &results[i].error)) continue;
        seen->to = asks[i].to ? asks[i].to : asks[i].n;
        seen->read_from = pool == LM_POOL_LAST ? seen->to - 1 : seen->from;
        seen->read_to = pool == LM_POOL_FIRST ? seen->from + 1 : seen->to;
        if (!make_result(o, seen, arena, scratch, err)) return false;
        o->sequences[(*n_sequences)++] = (struct trie_sequence){
            .head = asks[i].ids, .n_head = asks[i].n, .ask = i, .plan = hook_plan_make(asks[i].hooks, asks[i].mark)};
    }
    return true;
}

/* Which nodes are computed, looked at, and whose they are. */
static void mark(struct observing *o, size_t n_sequences) {
    bool ends = asks_logits(o->options);
    for (size_t s = n_sequences; s--;) {
        const struct seen *seen = &o->seen[o->sequences[s].ask];
        size_t from = ends ? seen->from : seen->read_from, to = ends ? seen->to : seen->read_to;
        for (uint32_t i = o->sequences[s].end; i != TRIE_NONE; i = o->trie.nodes[i].parent) {
            struct trie_node *node = &o->trie.nodes[i];
            node->useful |= node->depth < to;
            node->wanted |= node->depth >= from && node->depth < to;
            o->first[i] = (uint32_t)s;
            if (!o->last[i]) o->last[i] = (uint32_t)s + 1;
        }
    }
}

static bool make_tree(struct observing *o, size_t n_sequences, struct arena *scratch, struct error *err) {
    if (!trie_build(&o->trie, o->sequences, n_sequences, !o->engine->options.no_prefix_sharing, scratch, err))
        return false;
    size_t nodes = o->trie.n + 1, threads = pool_threads(o->engine->pool);
    o->first = arena_new(scratch, uint32_t, nodes, err);
    o->last = o->first ? arena_new(scratch, uint32_t, nodes, err) : NULL;
    o->scratch = o->last ? arena_new(scratch, struct top_scratch, threads, err) : NULL;
    if (!o->scratch || !trie_walk_init(&o->walk, o->engine, &o->trie, scratch, err)) return false;
    mark(o, n_sequences);
    kept_mark(o->engine, &o->trie, o->sequences, n_sequences);
    for (size_t i = 0; o->options->top && i < threads; i++)
        if (!top_scratch_make(&o->scratch[i], o->options->top, scratch, err)) return false;
    return true;
}

/* Means are divided, and what is no number is told. */
static void finish(const struct observing *o, size_t index) {
    const struct seen *seen = &o->seen[index];
    struct lm_observed *r = seen->result;
    size_t n = r->n_rows * o->size;
    for (size_t j = 0; seen->sums && j < o->size; j++) r->values[j] = (float)(seen->sums[j] / (double)r->positions);
    for (size_t j = 0; r->values && j < n; j++)
        if (!isfinite(r->values[j])) {
            error_set(&r->error, ERROR_DATA, "ask %zu: an activation is not a number; the model overflows there",
                      index);
            return;
        }
    for (size_t i = 0; i < r->positions; i++) {
        bool last = seen->from + i + 1 == seen->ask->n;
        bool known = !r->all || isfinite(r->all[i * o->engine->model->shape.vocabulary]);
        if (known && (!r->next || last || isfinite(r->next[i])) && (!r->rest || isfinite(r->rest[i]))) continue;
        error_set(&r->error, ERROR_DATA,
                  "ask %zu: the logits behind token %zu are not numbers; the model overflows there", index,
                  seen->from + i);
        return;
    }
}

static bool check_options(const struct lm_engine *e, const struct lm_observe_options *options, struct error *err) {
    if (options->top > e->model->shape.vocabulary)
        return error_set(err, ERROR_USAGE, "the %zu likeliest tokens: the vocabulary has %zu", options->top,
                         e->model->shape.vocabulary);
    for (size_t i = 0; i < options->n_sites; i++)
        if (!lm_site_check(e->model, options->sites[i], err)) return false;
    return true;
}

/* Blocks that must run. */
static size_t blocks(const struct lm_engine *e, const struct lm_observe_options *options) {
    size_t most = asks_logits(options) ? e->model->shape.layers : 0;
    for (size_t i = 0; i < options->n_sites; i++)
        if (options->sites[i].layer > most) most = options->sites[i].layer;
    return most < e->model->shape.layers ? most : e->model->shape.layers;
}

size_t lm_sites_size(const struct lm_shape *shape, const struct lm_site *sites, size_t n) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += lm_site_size(shape, sites[i]);
    return sum;
}

bool lm_observe(struct lm_engine *e, const struct lm_observe_options *options, const struct lm_observe_ask *asks,
                size_t n, struct lm_observed *results, struct arena *arena, const struct interrupt *stop,
                struct error *err) {
    if (!check_options(e, options, err)) return false;
    struct arena scratch;
    arena_init(&scratch, SIZE_MAX);
    struct observing o = {
        .engine = e, .options = options, .size = lm_sites_size(&e->model->shape, options->sites, options->n_sites)};
    struct forward_watch watch = {&o, read_site, blocks(e, options)};
    size_t n_sequences;
    bool ok = (o.sequences = arena_new(&scratch, struct trie_sequence, n, err)) &&
              (o.seen = arena_new(&scratch, struct seen, n, err)) &&
              prepare(&o, asks, n, results, &n_sequences, arena, &scratch, err) &&
              make_tree(&o, n_sequences, &scratch, err);
    e->watch = &watch;
    ok = ok && trie_walk_run(&o.walk, "observing", read_ends, &o, stop, err);
    e->watch = NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (results[i].error.kind == ERROR_NONE) finish(&o, i);
    kv_sweep(&e->kv);
    arena_done(&scratch);
    return ok;
}
