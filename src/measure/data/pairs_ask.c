/* What rows of training data lack is asked of a model: its answers, greedy or sampled, and what accepted answers are
 * worth to it. See pairs_internal.h. */
#include "measure/data/pairs_internal.h"

#include "measure/dataset/ask_file.h"

#include <math.h>
#include <string.h>

struct asking {
    struct pairs_making *m;
    const struct ask *asks;
    size_t samples;
    struct text *texts; /* [asks][samples] */
    double *sums;       /* of scored asks: the likelihoods of all choices together */
};

static bool take(void *context, const struct answer *answer, struct error *err) {
    struct asking *a = context;
    if (answer->error.kind != ERROR_NONE)
        return *err = answer->error, error_wrap(err, "row '%.*s'", TEXT_ARG(a->asks[answer->ask].id));
    if (a->sums) {
        double *sum = &a->sums[answer->ask];
        *sum = 0;
        for (size_t i = 0; i < answer->n_choices; i++) *sum += exp(answer->choices[i].logprob);
        return true;
    }
    char *copy = text_copy(&a->m->batch, answer->text, err);
    a->texts[answer->ask * a->samples + answer->sample] = (struct text){copy, answer->text.len};
    return copy != NULL;
}

/* As a message of the user where the subject talks, else as it stands. */
static bool set_prompt(struct pairs_making *m, struct ask *ask, struct text prompt, struct error *err) {
    struct message *message = NULL;
    if (!(m->settings->subject->capabilities & SUBJECT_CHATS)) return ask->prompt = prompt, true;
    if (!(message = arena_new(&m->batch, struct message, 1, err))) return false;
    *message = (struct message){TEXT("user"), prompt};
    ask->messages = message;
    ask->n_messages = 1;
    return true;
}

static struct ask *new_asks(struct pairs_making *m, const struct pair_ask *wanted, size_t n, struct error *err) {
    struct ask *asks = arena_new(&m->batch, struct ask, n + 1, err);
    for (size_t i = 0; asks && i < n; i++) {
        asks[i] = (struct ask){.id = wanted[i].id,
                               .kind = wanted[i].n_choices ? ASK_SCORE : ASK_GENERATE,
                               .choices = wanted[i].choices,
                               .n_choices = wanted[i].n_choices,
                               .gold = wanted[i].gold,
                               .labels = json_object_get(wanted[i].gold, "labels"),
                               .samples = 1,
                               .top_p = 1,
                               .max_tokens = m->settings->max_tokens ? m->settings->max_tokens : 128,
                               .seed = m->settings->seed};
        if (!set_prompt(m, &asks[i], wanted[i].prompt, err)) return NULL;
    }
    return asks;
}

bool pairs_chats(const struct pairs_making *m) {
    return m->settings->subject->capabilities & SUBJECT_CHATS;
}

bool pairs_ask(struct pairs_making *m, const struct pair_ask *wanted, size_t n, size_t samples, double temperature,
               struct text *out, struct error *err) {
    struct ask *asks = new_asks(m, wanted, n, err);
    struct asking a = {m, asks, samples, out, NULL};
    static const struct text stops[] = {TEXT("\nQ:")};
    int needed = SUBJECT_GENERATES | (temperature > 0 ? SUBJECT_SAMPLES : 0);
    if (!asks || !subject_require(m->settings->subject, needed, "data pairs", err)) return false;
    for (size_t i = 0; i < n; i++) {
        asks[i].samples = samples;
        asks[i].temperature = temperature;
        asks[i].seed = temperature > 0 ? m->settings->seed : 0;
        asks[i].stops = stops;
        asks[i].n_stops = !pairs_chats(m);
        if (!ask_digest(&asks[i], err)) return false;
    }
    return n == 0 || subject_ask(m->settings->subject, asks, n, take, &a, err);
}

bool pairs_ask_worth(struct pairs_making *m, const struct pair_ask *wanted, size_t n, double *out, struct error *err) {
    struct ask *asks = new_asks(m, wanted, n, err);
    struct asking a = {m, asks, 1, NULL, out};
    if (!asks || !subject_require(m->settings->subject, SUBJECT_SCORES, "the exact expected accuracy", err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!ask_digest(&asks[i], err)) return false;
    return n == 0 || subject_ask(m->settings->subject, asks, n, take, &a, err);
}
