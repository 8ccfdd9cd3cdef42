/* How far the log-probabilities of both runs lie apart where choices were scored: mean over items of
 *
 *     KL(base || other) = sum over choices of p (ln p - ln q),   p, q: the choices' likelihoods made to sum to 1,
 *
 * in nats, and the share of items whose likeliest choice is the same. What a text's tokens had says nothing of the
 * tokens that were not taken, so tasks with written answers are refused by name; with `along` both models are opened
 * again and look at the base's answers (compare_kl_along.c). */
#include "measure/compare/compare_internal.h"

#include "subject/subject.h"

#include <math.h>
#include <string.h>

enum { CHOICES_MOST = 4096 };

enum { ALONG };
static const struct option_def options_kl[] = {
    [ALONG] = {"along", OPTION_FLAG, "no", 1, 0, NULL,
               "of all tokens, along the base's written answers; models in this process, which are opened again"},
};

struct kl {
    struct compare_task *task;
    double **base; /* of each pair: its choices, normalised ln p */
    size_t *n;
    double *divergence;
    unsigned char *same_top;
    const char *why; /* it cannot be done */
};

/* ln of likelihoods made to sum to 1; false: some are not known, or the answer is a text and no distribution. */
static bool normalise(double *x, size_t n) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || x[i] <= CHOICE_NOT_TAKEN) return false;
        most = fmax(most, x[i]);
    }
    for (size_t i = 0; i < n; i++) sum += exp(x[i] - most);
    for (size_t i = 0; i < n; i++) x[i] -= most + log(sum);
    return n > 0;
}

static size_t likeliest(const double *x, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static double divergence(const double *p, const double *q, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp(p[i]) * (p[i] - q[i]);
    return fmax(sum, 0);
}

static bool take(void *context, size_t pair, int side, const struct record_row *row, struct error *err) {
    struct kl *k = context;
    size_t n = json_array_size(row->logprobs);
    if (k->why) return true;
    if (n == 0 || n > CHOICES_MOST || !json_is_object(json_array_get(row->logprobs, 0))) {
        k->why = "the record has no log-probabilities of choices: answers were written";
        return true;
    }
    double *x = arena_new(k->task->arena, double, n, err);
    if (!x) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_object_get(json_array_get(row->logprobs, i), "logprob");
        x[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    if (!normalise(x, n)) {
        k->why = "a subject gave choices and no log-probabilities (scripts, written or replayed answers)";
    } else if (side == 0) {
        k->base[pair] = x;
        k->n[pair] = n;
    } else if (n != k->n[pair]) {
        k->why = "both runs have different numbers of choices";
    } else {
        k->divergence[pair] = divergence(k->base[pair], x, n);
        k->same_top[pair] = likeliest(k->base[pair], n) == likeliest(x, n);
    }
    return true;
}

static bool put(struct compare_task *t, const struct compare_row *row, struct error *err) {
    return compare_add_row(t, row, err) && compare_put_figure(t, row, err);
}

static struct compare_row row_of(const struct compare_task *t, const char *name, const char *unit,
                                 const char *direction) {
    return (struct compare_row){.test = "kl", .task = t->name, .name = name, .group = "", .a = NAN, .b = NAN, .p = NAN,
                                .detectable = NAN, .unit = unit, .direction = direction};
}

static bool put_along(struct compare_task *t, struct error *err) {
    struct compare_along along = {.divergence = arena_new(t->arena, double, t->n_pairs + 1, err),
                                  .same_top = arena_new(t->arena, double, t->n_pairs + 1, err)};
    struct compare_row kl = row_of(t, "kl", "nats", "down"), top = row_of(t, "same_top", "share", "up");
    return along.divergence && along.same_top && compare_along(t, &along, err) &&
           compare_mean(t, along.divergence, "kl", &kl, err) && put(t, &kl, err) &&
           compare_mean(t, along.same_top, "same_top", &top, err) && put(t, &top, err);
}

static bool put_rows(struct kl *k, struct error *err) {
    struct compare_row kl = row_of(k->task, "kl", "nats", "down"), top = row_of(k->task, "same_top", "nats", "up");
    if (!compare_mean(k->task, k->divergence, "kl", &kl, err) || !put(k->task, &kl, err)) return false;
    return compare_share(k->task, k->same_top, "same_top", &top, err) && put(k->task, &top, err);
}

static bool run_kl(struct compare_task *t, const struct option_value *options, struct error *err) {
    struct kl k = {.task = t};
    if (options[ALONG].flag) return put_along(t, err);
    k.base = arena_new(t->arena, double *, t->n_pairs + 1, err);
    k.n = arena_new(t->arena, size_t, t->n_pairs + 1, err);
    k.divergence = arena_new(t->arena, double, t->n_pairs + 1, err);
    k.same_top = arena_new(t->arena, unsigned char, t->n_pairs + 1, err);
    if (!k.base || !k.n || !k.divergence || !k.same_top || !compare_walk(t, 0, take, &k, err)) return false;
    return k.why ? compare_no_row(t, "kl", "kl", k.why, err) : put_rows(&k, err);
}

const struct compare_test compare_test_kl = {
    .name = "kl",
    .summary = "distance of the probabilities of choices, or with `along` of all tokens (nats); how often the "
               "likeliest is the same",
    .options = options_kl,
    .n_options = sizeof options_kl / sizeof *options_kl,
    .run = run_kl,
};
