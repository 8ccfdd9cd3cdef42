/* Many clients at once against `basanite serve --api`, some of which leave in the middle: every answer that comes whole
 * is compared with the one that the engine gives offline, in one batch, and the memory of the server is watched.
 *
 *   serve_soak MODEL PORT PID SECONDS CLIENTS */
#include "http_client.h"

#include "base/progress.h"
#include "base/rng.h"
#include "serve/serve_reply.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KINDS = 9, ASKS = 90 };

struct expected {
    enum api_route route;
    char body[600], streamed[640];
    json_t *root;
};

struct soak {
    unsigned port;
    long pid;
    double until;
    struct expected asks[ASKS];
    pthread_mutex_t lock;
    size_t answers, streams, left, busy, wrong, failed;
};

struct client {
    struct soak *soak;
    size_t index;
    pthread_t thread;
};

/* ---- asks and what they must give ---- */

static void make_body(size_t i, char *out, size_t size, enum api_route *route) {
    static const char *const words[] = {"The mill",       "Who is the baker",
                                        "The river runs", "Ada says that",
                                        "3 + 4 =",        "The clerk of",
                                        "It is told",     "Hello",
                                        "Name the town",  "Once"};
    const char *w = words[i / KINDS % 10];
    *route = i % KINDS == 7 ? API_EMBEDDINGS : i % KINDS < 5 || i % KINDS == 8 ? API_COMPLETIONS : API_CHAT;
    const char *chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"seed\":%zu,";
    const char *raw = "{\"prompt\":\"%s\",\"seed\":%zu,";
    int n = snprintf(out, size,
                     *route == API_CHAT          ? chat
                     : *route == API_COMPLETIONS ? raw
                                                 : "{\"input\":[\"%s\",\"%zu\"]",
                     w, i);
    static const char *const rest[KINDS] = {
        "\"max_tokens\":20,\"temperature\":0",
        "\"max_tokens\":60,\"temperature\":1,\"top_p\":0.9,\"logprobs\":2",
        "\"max_tokens\":8,\"temperature\":0,\"echo\":true,\"logprobs\":1",
        "\"max_tokens\":40,\"temperature\":1.3,\"n\":3,\"stop\":[\"the\",\".\"]",
        "\"max_tokens\":0,\"echo\":true,\"logprobs\":0",
        "\"max_tokens\":50,\"temperature\":0.7,\"presence_penalty\":0.5,\"frequency_penalty\":0.3,\"logit_bias\":{"
        "\"300\":3}",
        "\"max_tokens\":60,\"temperature\":1,\"response_format\":{\"type\":\"json_object\"},\"logprobs\":true,"
        "\"top_logprobs\":2",
        "",
        "\"max_tokens\":200,\"temperature\":2",
    };
    snprintf(out + n, size - (size_t)n, "%s}", rest[i % KINDS]);
}

static bool look_offline(const struct lm_subject *lm, struct serve_job *job, struct arena *arena, struct error *err) {
    struct lm_site last = {LM_STATE, lm->model->shape.layers + 1, 0};
    bool embeds = job->request.route == API_EMBEDDINGS;
    struct lm_observe_options options = {.next = true, .top = job->request.top};
    if (embeds) options = (struct lm_observe_options){.pool = LM_POOL_MEAN, .sites = &last, .n_sites = 1};
    for (size_t p = 0; p < job->request.n_prompts; p++) {
        struct lm_observe_ask ask = {.ids = job->prompts[p].ids, .n = job->prompts[p].n};
        struct lm_observed seen;
        if (!lm_observe(lm->engine, &options, &ask, 1, &seen, arena, NULL, err)) return false;
        size_t n = embeds ? lm->model->shape.width : ask.n, top = job->request.top;
        float *values = memory_alloc(n * sizeof *values);
        struct lm_top *tops = memory_alloc(ask.n * top * sizeof *tops + 1);
        if (!values || !tops) return error_memory(err, "what is seen");
        memcpy(values, embeds ? seen.values : seen.next, n * sizeof *values);
        if (!embeds && top) memcpy(tops, seen.top, ask.n * top * sizeof *tops);
        *(embeds ? &job->look[p].state : &job->look[p].next) = values;
        job->look[p].tops = tops;
    }
    job->n_looked = job->request.n_prompts;
    return true;
}

/* All asks in one batch of the engine, each as it would be in the server; no server is asked. */
static bool make_expected(struct soak *s, const char *model, struct error *err) {
    struct subject_settings settings = {.threads = 2};
    struct subject *subject = subject_open(text_of(model), &settings, err);
    if (!subject) return false;
    const struct lm_subject *lm = subject->state;
    struct serve_forms *forms = serve_forms_new(lm->model->tokenizer, err);
    static struct serve_job *jobs[ASKS];
    static struct lm_generate_ask asks[ASKS * 4];
    static struct lm_generate_result results[ASKS * 4];
    struct arena arena;
    struct api_error refused;
    size_t n = 0, at = 0;
    arena_init(&arena, 0);
    for (size_t i = 0; i < ASKS; i++) {
        struct expected *e = &s->asks[i];
        make_body(i, e->body, sizeof e->body, &e->route);
        snprintf(e->streamed, sizeof e->streamed, "{\"stream\":true,%s", e->body + 1);
        if (!(jobs[i] = serve_job_new(subject, forms, e->route, text_of(e->body), &refused)))
            return error_set(err, ERROR_DATA, "%s: %s", e->body, refused.message);
        for (size_t c = 0; c < jobs[i]->n_choices; c++) asks[n++] = jobs[i]->choices[c].ask;
        if (jobs[i]->looks && !look_offline(lm, jobs[i], &arena, err)) return false;
    }
    if (!lm_generate(lm->engine, asks, n, results, &arena, NULL, NULL, NULL, err)) return false;
    for (size_t i = 0; i < ASKS; i++) {
        struct buffer b;
        buffer_init(&b, (size_t)1 << 26);
        for (size_t c = 0; c < jobs[i]->n_choices; c++) serve_choice_end(&jobs[i]->choices[c], &results[at++]);
        if (!serve_put_reply(&b, subject, jobs[i], &refused)) return error_set(err, ERROR_DATA, "%s", refused.message);
        if (!(s->asks[i].root = json_read(buffer_text(&b), "expected", 1, err))) return false;
        buffer_done(&b);
        serve_job_let_go(jobs[i]);
    }
    arena_done(&arena);
    serve_forms_free(forms);
    subject_close(subject);
    return true;
}

/* ---- what came ---- */

static bool is_same(const struct expected *e, struct text body) {
    struct error err = {0};
    json_t *root = json_read(body, "reply", 1, &err);
    const char *key = e->route == API_EMBEDDINGS ? "data" : "choices";
    bool same = root && json_equal(json_object_get(root, key), json_object_get(e->root, key)) &&
                json_equal(json_object_get(root, "usage"), json_object_get(e->root, "usage"));
    json_decref(root);
    return same;
}

/* The text of choice `index` out of events. */
static void gather(struct text events, size_t index, struct buffer *out, bool *ended) {
    struct text line;
    while (text_next(&events, '\n', &line)) {
        if (text_equal_c(line, "data: [DONE]")) *ended = true;
        if (!text_starts(line, TEXT("data: {"))) continue;
        struct error err = {0};
        json_t *root = json_read(text_part(line, 6, line.len), "event", 1, &err);
        const json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
        const json_t *delta = json_object_get(choice, "delta");
        if (json_integer_value(json_object_get(choice, "index")) == (json_int_t)index)
            buffer_put_text(out, json_text(json_object_get(delta ? delta : choice, delta ? "content" : "text")));
        json_decref(root);
    }
}

static bool is_same_stream(const struct expected *e, struct text body) {
    const json_t *choices = json_object_get(e->root, "choices"), *choice;
    size_t i;
    bool same = true;
    json_array_foreach(choices, i, choice) {
        const json_t *message = json_object_get(choice, "message");
        struct text wanted = json_text(json_object_get(message ? message : choice, message ? "content" : "text"));
        struct buffer said;
        bool ended = false;
        buffer_init(&said, (size_t)1 << 24);
        gather(body, i, &said, &ended);
        same = same && ended && text_equal(said.at ? buffer_text(&said) : TEXT(""), wanted);
        buffer_done(&said);
    }
    return same;
}

static void add(struct soak *s, size_t *counter) {
    pthread_mutex_lock(&s->lock);
    ++*counter;
    pthread_mutex_unlock(&s->lock);
}

static void sleep_ms(size_t ms) {
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000 * 1000000)};
    nanosleep(&t, NULL);
}

/* One request; now and then the client leaves while it waits, or in the middle of a stream. */
static void ask_once(struct soak *s, struct rng *rng) {
    static const char *const routes[] = {[API_COMPLETIONS] = "POST /v1/completions",
                                         [API_CHAT] = "POST /v1/chat/completions",
                                         [API_EMBEDDINGS] = "POST /v1/embeddings"};
    const struct expected *e = &s->asks[rng_below(rng, ASKS)];
    bool streams = e->route != API_EMBEDDINGS && rng_below(rng, 3) == 0, leaves = rng_below(rng, 5) == 0;
    struct http_reply r;
    int fd = http_connect(s->port, 60);
    if (fd < 0) {
        add(s, &s->failed);
        return;
    }
    http_reply_init(&r);
    bool sent = http_send_request(fd, routes[e->route], NULL, text_of(streams ? e->streamed : e->body));
    if (sent && leaves && rng_below(rng, 2)) {
        sleep_ms(rng_below(rng, 60));
    } else if (sent) {
        http_read_reply(fd, &r, leaves ? 1 + rng_below(rng, 1500) : 0);
    }
    close(fd);
    bool same = r.whole && r.status == 200 &&
                (streams ? is_same_stream(e, buffer_text(&r.body)) : is_same(e, buffer_text(&r.body)));
    if (leaves && !r.whole)
        add(s, &s->left);
    else if (r.status == 429)
        add(s, &s->busy), sleep_ms(100);
    else if (!r.whole || r.status != 200)
        add(s, &s->failed), fprintf(stderr, "status %d: %s\n", r.status, r.body.at ? r.body.at : "");
    else if (!same)
        add(s, &s->wrong), fprintf(stderr, "asked %s\n%s\n", streams ? e->streamed : e->body, r.body.at);
    else
        add(s, streams ? &s->streams : &s->answers);
    http_reply_done(&r);
}

static void *run_client(void *argument) {
    struct client *c = argument;
    struct rng rng = rng_stream(7, "client", c->index);
    while (clock_seconds() < c->soak->until) ask_once(c->soak, &rng);
    return NULL;
}

/* Resident memory of the server, MiB; 0: not known. */
static double memory_of(long pid) {
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", pid);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static int conclude(const struct soak *s, double begun, double early, double late) {
    double seconds = clock_seconds() - begun, allowed = 24;
    size_t whole = s->answers + s->streams;
    printf("# %zu answers and %zu streams whole and right, %zu left in the middle, %zu told to come later, "
           "%.0f a second; memory %.1f MiB, then %.1f\n",
           s->answers, s->streams, s->left, s->busy, (double)whole / seconds, early, late);
    bool ok = whole > 20 && s->left > 2 && !s->wrong && !s->failed, flat = early > 0 && late - early < allowed;
    printf("%s - soak: every answer is the offline one", ok ? "ok" : "not ok");
    if (!ok) printf(": %zu wrong, %zu failed, %zu whole, %zu left", s->wrong, s->failed, whole, s->left);
    printf("\n%s - soak: the server's memory stays", flat ? "ok" : "not ok");
    if (!flat) printf(": %.1f MiB more", late - early);
    printf("\n");
    return ok && flat ? 0 : 1;
}

int main(int argc, char **argv) {
    static struct soak s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    static struct client clients[256];
    struct error err = {0};
    if (argc != 6) return fprintf(stderr, "serve_soak MODEL PORT PID SECONDS CLIENTS\n"), 2;
    size_t n = (size_t)atoi(argv[5]);
    double seconds = atof(argv[4]);
    if (n > 256 || !make_expected(&s, argv[1], &err)) return printf("not ok - soak: %s\n", err.message), 1;
    s.port = (unsigned)atoi(argv[2]);
    s.pid = atol(argv[3]);
    double begun = clock_seconds();
    s.until = begun + seconds;
    for (size_t i = 0; i < n; i++) {
        clients[i] = (struct client){.soak = &s, .index = i};
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]))
            return printf("not ok - soak: threads\n"), 1;
    }
    while (clock_seconds() < begun + seconds * 0.4) sleep_ms(50);
    double early = memory_of(s.pid);
    for (size_t i = 0; i < n; i++) pthread_join(clients[i].thread, NULL);
    sleep_ms(300);
    double late = memory_of(s.pid);
    for (size_t i = 0; i < ASKS; i++) json_decref(s.asks[i].root);
    return conclude(&s, begun, early, late);
}
