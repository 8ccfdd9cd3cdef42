/* Driving the engine for many clients: see serve_desk.h. */
#include "serve/serve_desk.h"

#include "base/progress.h"

#include <string.h>
#include <time.h>

enum {
    LOOK_ROWS = 1024, /* positions that are looked at between two passes, or one text */
    TELL_MS = 40,     /* streams are woken at most this often, but for the first token and the end */
};

struct serve_desk {
    struct subject *subject;
    struct lm_subject *lm;
    struct lm_engine *engine; /* of the flow; the subject's own looks */
    struct lm_flow *flow;
    struct serve_desk_limits limits;
    size_t last_id;
    struct serve_choice **slots; /* of the choices in the flow: slot of an id is its remainder */
    size_t n_slots;
    struct serve_job *jobs; /* under way */
    /* under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct serve_job *queue, **queue_end;
    size_t n_jobs, n_queued, bytes;
    bool closed, dropping; /* dropping: some job under way was dropped */
    struct serve_state counts;
};

/* ---- from the flow ---- */

static struct serve_choice **slot_of(struct serve_desk *d, size_t id) {
    size_t i = id % d->n_slots;
    while (d->slots[i] && d->slots[i]->id != id) i = (i + 1) % d->n_slots;
    return &d->slots[i];
}

/* Takes a choice out of the table: those behind it move up, so that they are found (linear probing). */
static void clear_slot(struct serve_desk *d, size_t id) {
    struct serve_choice **gone = slot_of(d, id);
    if (!*gone) return;
    (*gone)->id = 0;
    *gone = NULL;
    for (size_t i = ((size_t)(gone - d->slots) + 1) % d->n_slots; d->slots[i]; i = (i + 1) % d->n_slots) {
        struct serve_choice *c = d->slots[i];
        d->slots[i] = NULL;
        *slot_of(d, c->id) = c;
    }
}

static bool is_complete(const struct serve_job *job) {
    for (size_t i = 0; i < job->n_choices; i++)
        if (!job->choices[i].ended) return false;
    return !job->looks || job->n_looked == job->request.n_prompts;
}

static bool take_token(void *context, int32_t token, float logprob, const struct lm_top *top, struct text answer) {
    struct serve_choice *c = context;
    struct serve_job *job = c->job;
    double now = clock_seconds();
    pthread_mutex_lock(&job->lock);
    bool ok = serve_choice_grow(c, token, logprob, top, answer);
    bool tell = c->n == 1 || (now - job->told) * 1000 >= TELL_MS;
    if (tell) job->told = now;
    pthread_mutex_unlock(&job->lock);
    if (tell) serve_job_tell(job);
    return ok;
}

static void take_answer(void *context, size_t id, const struct lm_generate_result *result) {
    struct serve_desk *d = context;
    struct serve_choice *c = *slot_of(d, id);
    if (!c) return;
    clear_slot(d, id);
    pthread_mutex_lock(&c->job->lock);
    serve_choice_end(c, result);
    pthread_mutex_unlock(&c->job->lock);
    if (c->job->request.stream) serve_job_tell(c->job); /* others hear of their end alone, in leave */
}

/* ---- jobs come and go ---- */

/* The table has at most half of its slots in use. */
static bool reserve_slots(struct serve_desk *d, size_t more, struct error *err) {
    size_t used = lm_flow_asks(d->flow) + more, n = d->n_slots ? d->n_slots : 64;
    while (n < 2 * used + 2) n *= 2;
    if (n == d->n_slots) return true;
    struct serve_choice **old = d->slots, **slots = memory_zeroed(n, sizeof(struct serve_choice *));
    size_t n_old = d->n_slots;
    if (!slots) return error_memory(err, "table of answers");
    d->slots = slots;
    d->n_slots = n;
    for (size_t i = 0; i < n_old; i++)
        if (old[i]) *slot_of(d, old[i]->id) = old[i];
    memory_free(old);
    return true;
}

static bool admit_choice(struct serve_desk *d, struct serve_choice *c, struct error *err) {
    struct error why = {0};
    c->id = ++d->last_id;
    if (c->job->request.stream) {
        c->ask.token = take_token;
        c->ask.token_context = c;
    }
    *slot_of(d, c->id) = c;
    if (lm_flow_add(d->flow, &c->ask, c->id, &why)) return true;
    clear_slot(d, c->id);
    if (why.kind == ERROR_ENVIRONMENT) return *err = why, false;
    pthread_mutex_lock(&c->job->lock);
    c->ended = true;
    c->finish = LM_FINISH_ERROR;
    c->error = why;
    pthread_mutex_unlock(&c->job->lock);
    return true;
}

static void forget(struct serve_desk *d, struct serve_job *job) {
    for (size_t i = 0; i < job->n_choices; i++)
        if (job->choices[i].id) {
            if (d->flow) lm_flow_drop(d->flow, job->choices[i].id);
            clear_slot(d, job->choices[i].id);
        }
    struct serve_job **at = &d->jobs;
    while (*at && *at != job) at = &(*at)->next;
    if (*at) *at = job->next;
}

/* The job leaves the house. */
static void leave(struct serve_desk *d, struct serve_job *job, bool answered) {
    pthread_mutex_lock(&d->lock);
    d->n_jobs--;
    d->bytes -= job->bytes;
    ++*(answered ? &d->counts.answered : &d->counts.dropped);
    pthread_mutex_unlock(&d->lock);
    pthread_mutex_lock(&job->lock);
    job->done = true;
    pthread_mutex_unlock(&job->lock);
    serve_job_tell(job);
    serve_job_let_go(job);
}

/* Behind those that are under way. */
static void append(struct serve_desk *d, struct serve_job *job) {
    struct serve_job **at = &d->jobs;
    while (*at) at = &(*at)->next;
    job->next = NULL;
    *at = job;
}

static bool admit(struct serve_desk *d, struct serve_job *job, struct error *err) {
    append(d, job);
    if (!reserve_slots(d, job->n_choices, err)) return false;
    for (size_t i = 0; i < job->n_choices; i++)
        if (!admit_choice(d, &job->choices[i], err)) return false;
    return true;
}

/* New jobs; waits for one when there is nothing to do. */
static struct serve_job *take_queue(struct serve_desk *d, double seconds, bool *dropping) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + (uint64_t)(seconds * 1e9);
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&d->lock);
    if (!d->queue && !d->jobs && !d->dropping && seconds > 0) pthread_cond_timedwait(&d->wake, &d->lock, &until);
    struct serve_job *jobs = d->queue;
    *dropping = d->dropping;
    d->dropping = false;
    d->queue = NULL;
    d->queue_end = &d->queue;
    d->n_queued = 0;
    pthread_mutex_unlock(&d->lock);
    return jobs;
}

static bool is_dropped(struct serve_job *job) {
    pthread_mutex_lock(&job->lock);
    bool dropped = job->dropped;
    pthread_mutex_unlock(&job->lock);
    return dropped;
}

static void drop_gone(struct serve_desk *d) {
    for (struct serve_job *job = d->jobs, *next; job; job = next) {
        next = job->next;
        if (!is_dropped(job)) continue;
        forget(d, job);
        leave(d, job, false);
    }
}

static void release_complete(struct serve_desk *d) {
    for (struct serve_job *job = d->jobs, *next; job; job = next) {
        next = job->next;
        if (!is_complete(job)) continue;
        forget(d, job);
        leave(d, job, true);
    }
}

/* ---- looking at texts ---- */

/* Asks of one call, all of the same kind: echoes, or states. */
struct looks {
    struct serve_job *jobs[LOOK_ROWS];
    size_t which[LOOK_ROWS]; /* prompt */
    struct lm_observe_ask asks[LOOK_ROWS];
    struct lm_observed seen[LOOK_ROWS];
    size_t n, positions, top;
    bool embeds;
};

static void gather(struct serve_desk *d, struct looks *l) {
    for (struct serve_job *job = d->jobs; job; job = job->next) {
        bool embeds = job->request.route == API_EMBEDDINGS;
        if (!job->looks || job->n_looked == job->request.n_prompts) continue;
        if (l->n && l->embeds != embeds) continue;
        l->embeds = embeds;
        for (size_t i = job->n_looked; i < job->request.n_prompts; i++) {
            const struct serve_prompt *p = &job->prompts[i];
            if (l->n == LOOK_ROWS || (l->n && l->positions + p->n > LOOK_ROWS)) return;
            l->jobs[l->n] = job;
            l->which[l->n] = i;
            l->asks[l->n++] = (struct lm_observe_ask){.ids = p->ids, .n = p->n};
            l->positions += p->n;
            if (job->request.top > l->top) l->top = job->request.top;
        }
    }
}

static float *copy_floats(const float *values, size_t n) {
    float *copy = memory_alloc(n * sizeof *copy);
    if (copy) memcpy(copy, values, n * sizeof *copy);
    return copy;
}

/* Of `top` likeliest tokens a position the first `wanted`. */
static struct lm_top *copy_tops(const struct lm_top *tops, size_t n, size_t top, size_t wanted) {
    struct lm_top *copy = memory_alloc(n * wanted * sizeof *copy + 1);
    for (size_t i = 0; copy && i < n; i++) memcpy(copy + i * wanted, tops + i * top, wanted * sizeof *copy);
    return copy;
}

static void keep_look(const struct serve_desk *d, const struct looks *l, size_t i) {
    struct serve_job *job = l->jobs[i];
    struct serve_look *look = &job->look[l->which[i]];
    const struct lm_observed *seen = &l->seen[i];
    size_t n = l->asks[i].n, wanted = job->request.top < l->top ? job->request.top : l->top;
    bool ok = true;
    look->error = seen->error;
    if (seen->error.kind) return;
    if (l->embeds)
        ok = (look->state = copy_floats(seen->values, d->lm->model->shape.width)) != NULL;
    else
        ok = (look->next = copy_floats(seen->next, n)) != NULL &&
             (!l->top || (look->tops = copy_tops(seen->top, n, l->top, wanted)));
    if (!ok) error_memory(&look->error, "what was seen of a prompt");
}

/* A failure (a text that the store cannot hold, no memory) is that of these texts alone. */
static void run_looks(struct serve_desk *d, struct looks *l) {
    struct lm_site last = {LM_STATE, d->lm->model->shape.layers + 1, 0};
    struct lm_observe_options options = {.pool = LM_POOL_MEAN, .next = true, .top = l->top};
    struct error why = {0};
    struct arena arena;
    if (l->embeds) options = (struct lm_observe_options){.pool = LM_POOL_MEAN, .sites = &last, .n_sites = 1};
    if (options.top > d->lm->model->shape.vocabulary) options.top = l->top = d->lm->model->shape.vocabulary;
    arena_init(&arena, (size_t)4 << 30);
    bool ok = lm_observe(d->lm->engine, &options, l->asks, l->n, l->seen, &arena, NULL, &why);
    for (size_t i = 0; i < l->n; i++) {
        struct serve_job *job = l->jobs[i];
        pthread_mutex_lock(&job->lock);
        if (ok)
            keep_look(d, l, i);
        else
            job->look[l->which[i]].error = why;
        job->n_looked++;
        pthread_mutex_unlock(&job->lock);
        if (job->request.stream) serve_job_tell(job);
    }
    arena_done(&arena);
}

static bool has_looks(const struct serve_desk *d) {
    for (const struct serve_job *job = d->jobs; job; job = job->next)
        if (job->looks && job->n_looked < job->request.n_prompts) return true;
    return false;
}

static bool look(struct serve_desk *d, struct error *err) {
    if (!has_looks(d)) return true;
    struct looks *l = memory_zeroed(1, sizeof *l);
    if (!l) return error_memory(err, "texts to look at");
    gather(d, l);
    if (l->n) run_looks(d, l);
    memory_free(l);
    return true;
}

/* ---- a step ---- */

static bool take_in(struct serve_desk *d, double seconds, struct error *err) {
    bool dropping, ok = true;
    for (struct serve_job *job = take_queue(d, seconds, &dropping), *next; job; job = next) {
        next = job->next;
        if (ok)
            ok = admit(d, job, err);
        else
            append(d, job); /* it is told with the others */
    }
    if (dropping) drop_gone(d);
    return ok;
}

static bool new_flow(struct serve_desk *d, struct error *err) {
    return (d->flow = lm_flow_new(d->engine, take_answer, d, err)) != NULL;
}

/* After a failure of the engine the flow is made anew. */
static bool recover(struct serve_desk *d, struct error *err) {
    struct api_error why;
    struct error again;
    api_refuse(&why, 500, NULL, NULL, "%s", err->message);
    lm_flow_free(d->flow);
    d->flow = NULL;
    serve_desk_fail_all(d, &why);
    if (!new_flow(d, &again)) *err = again;
    return false;
}

bool serve_desk_step(struct serve_desk *d, double seconds, struct error *err) {
    if (!d->flow && !new_flow(d, err)) return false;
    if (!take_in(d, seconds, err) || !look(d, err) || !lm_flow_pass(d->flow, NULL, err)) return recover(d, err);
    release_complete(d);
    return true;
}

bool serve_desk_idle(struct serve_desk *d) {
    pthread_mutex_lock(&d->lock);
    bool idle = d->n_jobs == 0;
    pthread_mutex_unlock(&d->lock);
    return idle;
}

void serve_desk_fail_all(struct serve_desk *d, const struct api_error *why) {
    bool dropping;
    for (struct serve_job *job = take_queue(d, 0, &dropping), *next; job; job = next) {
        next = job->next;
        append(d, job);
    }
    while (d->jobs) {
        struct serve_job *job = d->jobs;
        pthread_mutex_lock(&job->lock);
        job->failed = true;
        job->error = *why;
        pthread_mutex_unlock(&job->lock);
        forget(d, job);
        leave(d, job, false);
    }
}

/* ---- from any thread ---- */

bool serve_desk_hand_in(struct serve_desk *d, struct serve_job *job, struct api_error *err) {
    pthread_mutex_lock(&d->lock);
    bool full = d->n_jobs >= d->limits.jobs || d->bytes + job->bytes > d->limits.bytes, taken = !full && !d->closed;
    if (taken) {
        job->holders++;
        job->next = NULL;
        *d->queue_end = job;
        d->queue_end = &job->next;
        d->n_jobs++;
        d->n_queued++;
        d->bytes += job->bytes;
        pthread_cond_signal(&d->wake);
    } else {
        d->counts.refused++;
    }
    bool closed = d->closed;
    pthread_mutex_unlock(&d->lock);
    if (taken) return true;
    if (closed) return api_refuse(err, 503, NULL, "server_closing", "the server is ending");
    return api_refuse(err, 429, NULL, "rate_limit_exceeded",
                      "too many requests at once: %zu are waiting or under way; try again in a moment", d->limits.jobs);
}

void serve_desk_drop(struct serve_desk *d, struct serve_job *job) {
    pthread_mutex_lock(&job->lock);
    job->dropped = true;
    pthread_mutex_unlock(&job->lock);
    pthread_mutex_lock(&d->lock);
    d->dropping = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

void serve_desk_state(struct serve_desk *d, struct serve_state *state) {
    pthread_mutex_lock(&d->lock);
    *state = d->counts;
    state->queued = d->n_queued;
    state->under_way = d->n_jobs - d->n_queued;
    pthread_mutex_unlock(&d->lock);
}

void serve_desk_close(struct serve_desk *d) {
    pthread_mutex_lock(&d->lock);
    d->closed = true;
    pthread_mutex_unlock(&d->lock);
}

/* ---- making ---- */

struct serve_desk *serve_desk_new(struct subject *subject, struct serve_desk_limits limits, struct error *err) {
    struct serve_desk *d = memory_zeroed(1, sizeof *d);
    pthread_condattr_t monotonic;
    if (!d) return error_memory(err, "desk"), NULL;
    d->subject = subject;
    d->lm = subject->state;
    d->limits = limits;
    d->queue_end = &d->queue;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    d->engine = subject_lm_engine(subject, err);
    if (d->engine && new_flow(d, err)) return d;
    serve_desk_free(d);
    return NULL;
}

void serve_desk_free(struct serve_desk *d) {
    if (!d) return;
    lm_flow_free(d->flow);
    lm_engine_free(d->engine);
    memory_free(d->slots);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    memory_free(d);
}
