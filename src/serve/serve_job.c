/* Jobs: see serve_job.h. */
#include "serve/serve_job.h"

#include "base/hash.h"
#include "base/progress.h"
#include "serve/serve_bias.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 28, JOB_MOST = 1 << 30, PIECE = 8 /* bytes of text that a token stands for, about */ };

static const char *id_prefix(enum api_route route) {
    return route == API_CHAT ? "chatcmpl" : route == API_COMPLETIONS ? "cmpl" : "embd";
}

static void name_job(struct serve_job *job) {
    uint64_t random[2] = {clock_now_ns(), (uint64_t)(uintptr_t)job};
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != sizeof random) random[0] = clock_now_ns();
    snprintf(job->id, sizeof job->id, "%s-%016llx", id_prefix(job->request.route), (unsigned long long)random[0]);
    job->created = clock_now_ns() / 1000000000;
    if (!job->request.seeded) job->request.seed = random[1] >> 11; /* a number that every JSON reader keeps */
}

static struct serve_job *make(enum api_route route, size_t bytes) {
    struct serve_job *job = memory_zeroed(1, sizeof *job);
    if (!job) return NULL;
    arena_init(&job->arena, JOB_MOST);
    pthread_mutex_init(&job->lock, NULL);
    job->request.route = route;
    job->bytes = bytes;
    job->holders = 1;
    job->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return job;
}

static void release(struct serve_job *job) {
    for (size_t i = 0; job->choices && i < job->n_choices; i++) {
        buffer_done(&job->choices[i].text);
        memory_free(job->choices[i].ids);
        memory_free(job->choices[i].logprobs);
        memory_free(job->choices[i].tops);
    }
    for (size_t i = 0; job->look && i < job->request.n_prompts; i++) {
        memory_free(job->look[i].next);
        memory_free(job->look[i].tops);
        memory_free(job->look[i].state);
    }
    serve_extras_done(&job->extras);
    serve_form_give_back(job->form);
    api_request_done(&job->request);
    if (job->event >= 0) close(job->event);
    pthread_mutex_destroy(&job->lock);
    arena_done(&job->arena);
    memory_free(job);
}

void serve_job_let_go(struct serve_job *job) {
    if (!job) return;
    pthread_mutex_lock(&job->lock);
    bool last = --job->holders == 0;
    pthread_mutex_unlock(&job->lock);
    if (last) release(job);
}

/* ---- making ---- */

static bool make_prompts(struct serve_job *job, const struct subject *subject, struct api_error *err) {
    const struct api_request *q = &job->request;
    struct error why;
    size_t least = q->route != API_EMBEDDINGS && q->max_tokens > 0;
    job->prompts = arena_new(&job->arena, struct serve_prompt, q->n_prompts, &why);
    job->look = job->prompts ? arena_new(&job->arena, struct serve_look, q->n_prompts, &why) : NULL;
    if (!job->look) return api_refuse_for(err, NULL, &why);
    for (size_t i = 0; i < q->n_prompts; i++)
        if (!serve_prompt_make(subject, q, i, least, &job->arena, &job->prompts[i], err)) return false;
    return true;
}

static bool make_processors(struct serve_job *job, const struct subject *subject, struct serve_forms *forms,
                            struct api_error *err) {
    const struct lm_subject *lm = subject->state;
    const struct api_request *q = &job->request;
    struct error why = {0};
    if (!serve_extras_make(&job->extras, q->root, lm, &job->arena, err)) return false;
    const struct logits_processor *quotes = lm_quotes_processor(lm->quotes);
    job->processors = arena_new(&job->arena, struct logits_processor, job->extras.n + 3, &why);
    if (!job->processors) return api_refuse_for(err, NULL, &why);
    for (size_t i = 0; i < q->n_biases; i++)
        if ((size_t)q->biases[i].id >= lm->model->shape.vocabulary)
            return api_refuse(err, 400, "logit_bias", "invalid_value", "token %d: the vocabulary has 0 to %zu",
                              (int)q->biases[i].id, lm->model->shape.vocabulary - 1);
    if (serve_bias_asked(q)) job->processors[job->n_processors++] = serve_bias_processor(q);
    for (size_t i = 0; i < job->extras.n; i++)
        if (job->extras.made[i].processor.kind) job->processors[job->n_processors++] = job->extras.made[i].processor;
    if (quotes && !json_is_false(json_object_get(q->root, "quotes"))) job->processors[job->n_processors++] = *quotes;
    if (q->form == ASK_FREE) return true;
    const char *param = q->form == ASK_SCHEMA ? "response_format" : "grammar";
    if (!(job->form = serve_form_take(forms, q->form, q->form_source, &why))) return api_refuse_for(err, param, &why);
    job->processors[job->n_processors++] = serve_form_processor(job->form); /* has the last word */
    return true;
}

/* Tokens, log-probabilities and alternatives of all answers at their longest. */
static bool count_bytes(struct serve_job *job, const struct lm_subject *lm, struct api_error *err) {
    size_t sum = 0, each = sizeof(int32_t) + sizeof(float) + PIECE + job->request.top * sizeof(struct lm_top);
    for (size_t i = 0; i < job->n_choices; i++) {
        const struct lm_generate_ask *ask = &job->choices[i].ask;
        size_t room = lm->model->shape.context - ask->n_prompt;
        sum += (ask->max_tokens < room ? ask->max_tokens : room) * each;
    }
    job->bytes += sum;
    return sum <= JOB_MOST || api_refuse(err, 400, "n", "invalid_value",
                                         "%zu answers of that length would take %zu MiB, at most %d are given; ask for "
                                         "fewer, shorter ones, or with fewer alternatives",
                                         job->n_choices, sum >> 20, JOB_MOST >> 20);
}

static bool make_choices(struct serve_job *job, const struct lm_subject *lm, struct api_error *err) {
    const struct api_request *q = &job->request;
    struct error why;
    job->n_choices = q->n_prompts * q->n;
    if (!(job->choices = arena_new(&job->arena, struct serve_choice, job->n_choices, &why)))
        return api_refuse_for(err, NULL, &why);
    for (size_t i = 0; i < job->n_choices; i++) {
        const struct serve_prompt *p = &job->prompts[i / q->n];
        struct serve_choice *c = &job->choices[i];
        c->job = job;
        buffer_init(&c->text, TEXT_MOST);
        c->ask = (struct lm_generate_ask){
            .prompt = p->ids,
            .n_prompt = p->n,
            .max_tokens = q->max_tokens,
            .sampling = {q->temperature, q->top_p, q->top_k, q->seed},
            .stream = hash_xxh3(p->ids, p->n * sizeof *p->ids),
            .sample = i % q->n,
            .stops = q->stops,
            .n_stops = q->n_stops,
            .processors = job->n_processors ? job->processors : NULL,
            .n_processors = job->n_processors,
            .special = lm->keep_special,
            .top = q->top < lm->model->shape.vocabulary ? q->top : lm->model->shape.vocabulary,
        };
    }
    return count_bytes(job, lm, err);
}

static bool check_embedding(const struct serve_job *job, const struct lm_subject *lm, struct api_error *err) {
    size_t wanted = job->request.dimensions, width = lm->model->shape.width;
    return !wanted || wanted == width ||
           api_refuse(err, 400, "dimensions", "unsupported_parameter", "'dimensions': the model's states have %zu",
                      width);
}

struct serve_job *serve_job_new(const struct subject *subject, struct serve_forms *forms, enum api_route route,
                                struct text body, struct api_error *err) {
    const struct lm_subject *lm = subject->state;
    struct serve_job *job = make(route, body.len);
    if (!job || job->event < 0) {
        api_refuse(err, 500, NULL, NULL, "out of memory");
    } else if (api_request_read(&job->request, route, body, serve_extra_known, &job->arena, err)) {
        const struct api_request *q = &job->request;
        name_job(job);
        job->looks = route == API_EMBEDDINGS || (q->echo && q->logprobs);
        bool ok = make_prompts(job, subject, err);
        if (route == API_EMBEDDINGS)
            ok = ok && check_embedding(job, lm, err);
        else
            ok = ok && make_processors(job, subject, forms, err) && make_choices(job, lm, err);
        if (ok) return job;
    }
    serve_job_let_go(job);
    return NULL;
}

/* ---- by the desk ---- */

static bool reserve(struct serve_choice *c, size_t n) {
    size_t top = c->ask.top;
    if (n <= c->capacity) return true;
    size_t capacity = c->capacity ? c->capacity * 2 : 32;
    if (capacity < n) capacity = n;
    int32_t *ids = memory_grow(c->ids, capacity, sizeof *ids);
    if (ids) c->ids = ids;
    float *logprobs = ids ? memory_grow(c->logprobs, capacity, sizeof *logprobs) : NULL;
    if (logprobs) c->logprobs = logprobs;
    struct lm_top *tops = logprobs && top ? memory_grow(c->tops, capacity, top * sizeof *tops) : NULL;
    if (tops) c->tops = tops;
    if (!logprobs || (top && !tops)) return false;
    c->capacity = capacity;
    return true;
}

bool serve_choice_grow(struct serve_choice *c, int32_t token, float logprob, const struct lm_top *top,
                       struct text answer) {
    size_t n_top = c->ask.top;
    if (!reserve(c, c->n + 1)) return false;
    c->ids[c->n] = token;
    c->logprobs[c->n] = logprob;
    if (n_top) memcpy(c->tops + c->n * n_top, top, n_top * sizeof *top);
    c->n++;
    return buffer_put_text(&c->text, text_part(answer, c->text.len, answer.len));
}

void serve_choice_end(struct serve_choice *c, const struct lm_generate_result *r) {
    size_t n_top = c->ask.top;
    c->ended = true;
    c->finish = r->finish;
    c->error = r->error;
    if (r->finish == LM_FINISH_ERROR) return;
    buffer_clear(&c->text);
    if (!reserve(c, r->n) || !buffer_put_text(&c->text, r->text)) {
        c->finish = LM_FINISH_ERROR;
        error_memory(&c->error, "answer");
        return;
    }
    c->n = r->n;
    if (r->n) memcpy(c->ids, r->ids, r->n * sizeof *r->ids);
    if (r->n) memcpy(c->logprobs, r->logprobs, r->n * sizeof *r->logprobs);
    if (r->n && n_top) memcpy(c->tops, r->top, r->n * n_top * sizeof *r->top);
}

void serve_job_tell(struct serve_job *job) {
    uint64_t one = 1;
    if (write(job->event, &one, sizeof one) < 0) return; /* full: it is awake anyway */
}
