/* Private training (DP-SGD, Abadi et al. 2016): an example is a document of its own row, or a group of answers. A step
 * takes every example with the same small probability, clips the gradient of each, adds noise to the sum, and divides
 * by the size that a step has on average. Each example is a pass of its own, so its gradient is exact for every
 * objective and every parameter, also for arrays that are used twice (tied embeddings). Norms without
 * gradients ("ghost norms") would let short examples share a pass; they are not used here. */
#include "act/train/train_internal.h"

#include "act/train/privacy.h"
#include "base/rng.h"
#include "tensor/gradient_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEED_LEAST ((uint64_t)1 << 32)

static bool refuse(struct train *t, struct error *err) {
    const struct train_settings *s = &t->settings;
    const struct objective *o = t->objective;
    if (o->whole || t->prompts || t->dump)
        return error_set(err, ERROR_USAGE, "dp needs a gradient of each example: objective %s %s", o->name,
                         t->dump ? "learns from packed texts of a teacher"
                                 : "looks at all examples of a step together");
    if (s->seed < SEED_LEAST)
        return error_set(
            err, ERROR_USAGE,
            "dp: the noise follows from --seed, so give one that nobody can guess, %llu or more, and keep it "
            "to yourself",
            (unsigned long long)SEED_LEAST);
    if (t->weights)
        return error_set(err, ERROR_USAGE, "dp: --mix repeats documents, and then no example counts once; give --data");
    if (text_equal_c(spec_name(text_of(s->init)), "random") && !strstr(s->init, "tokenizer="))
        return error_set(err, ERROR_USAGE,
                         "dp: a tokenizer trained on the data tells of them; give --init random,tokenizer=FILE");
    return t->rule.clip > 0 ||
           error_set(err, ERROR_USAGE, "dp needs clip above 0, the length of an example's gradient");
}

bool train_private_open(struct train *t, struct error *err) {
    struct train_rule *r = &t->rule;
    if (!r->epsilon) return true;
    if (!refuse(t, err)) return false;
    double n = (double)train_size(t).rows;
    if ((double)r->batch > n)
        return error_set(err, ERROR_USAGE, "dp: a step of %zu examples of %.0f; batch is at most as large", r->batch,
                         n);
    r->rate = (double)r->batch / n;
    if (r->delta <= 0) r->delta = 1 / (10 * n);
    if (r->delta >= 1 / n)
        return error_set(err, ERROR_USAGE,
                         "dp: delta=%g says little of %.0f examples; take less than one over their number", r->delta,
                         n);
    r->example = r->clip;
    r->clip = 0;
    r->micro = 1;
    return privacy_noise(r->rate, t->steps, r->epsilon, r->delta, &r->noise, err);
}

/* Numbers of the examples of a step. */
static size_t *draw(struct train *t, size_t *n, struct error *err) {
    uint64_t all = train_size(t).rows;
    size_t *out = memory_zeroed(all + 1, sizeof *out);
    if (!out) return error_memory(err, "examples of a step"), NULL;
    struct rng rng = rng_stream(t->settings.seed, "dp sample", t->step);
    *n = 0;
    for (uint64_t i = 0; i < all; i++)
        if (rng_unit(&rng) < t->rule.rate) out[(*n)++] = (size_t)i;
    return out;
}

static bool take(struct train *t, struct error *err) {
    double norm;
    return gradient_clip(t->parameters, t->n_parameters, t->pool, t->rule.example, &norm, err) &&
           gradient_sum_take(t->sum, err);
}

static bool example(struct train *t, size_t number, double *loss, struct error *err) {
    return (t->corpus ? train_rows_example : train_answers_example)(t, number, loss, err) && take(t, err);
}

bool train_private_gradients(struct train *t, double *loss, struct error *err) {
    size_t n = 0, *numbers = draw(t, &n, err);
    double *losses = numbers ? memory_zeroed(n + 1, sizeof *losses) : NULL;
    bool ok = losses != NULL || (numbers && error_memory(err, "losses of a step"));
    struct team_share share = gradient_sum_begin(t->sum, n);
    for (size_t i = share.first; ok && i < share.end; i++) ok = example(t, numbers[i], &losses[i], err);
    ok = team_agree(t->settings.team, ok, err) && gradient_sum_end(t->sum, err) &&
         team_gather_parts(t->settings.team, losses, n, sizeof *losses, err);
    *loss = n ? 0 : NAN; /* nothing is known of a step without examples */
    for (size_t i = 0; ok && i < n; i++) *loss += losses[i] / (double)n;
    if (ok)
        gradient_noise(t->parameters, t->n_parameters, t->pool, t->rule.noise * t->rule.example,
                       1 / (double)t->rule.batch, t->settings.seed, t->step);
    memory_free(numbers);
    memory_free(losses);
    return ok;
}

double train_private_spent(const struct train *t) {
    return privacy_epsilon(t->rule.rate, t->rule.noise, t->step, t->rule.delta, NULL);
}

void train_private_command(const struct train *t, struct buffer *b) {
    const char *line = t->settings.command ? t->settings.command : "basanite",
               *seed = t->rule.epsilon > 0 ? strstr(line, "--seed") : NULL;
    size_t end = seed ? (size_t)(seed - line) + strlen("--seed") : 0;
    if (seed) buffer_printf(b, "%.*s=SECRET", (int)end, line);
    if (seed && line[end]) end++;
    while (seed && line[end] && line[end] != ' ') end++;
    buffer_put_c(b, line + end);
}

void train_private_put(const struct train *t, struct buffer *b) {
    const struct train_rule *r = &t->rule;
    buffer_printf(
        b,
        "(epsilon %.6g, delta %.3g)-differential privacy of each %s after %llu steps: every one is taken with "
        "probability %.6g a "
        "step, gradients clipped to %g, noise of %.6g times that; Renyi accountant; neighbours differ by one example",
        privacy_epsilon(r->rate, r->noise, t->steps, r->delta, NULL), r->delta,
        t->corpus ? "document" : "row of answers", (unsigned long long)t->steps, r->rate, r->example, r->noise);
}
