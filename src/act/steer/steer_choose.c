/* From values to what is said: see steer.h. */
#include "act/steer/steer.h"

#include <math.h>

static double most_of(const double *v, size_t n) {
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) most = fmax(most, v[i]);
    return most;
}

void steer_scores(const struct steer_settings *s, const double *logprobs, const double *q, size_t n, double *scores) {
    double most = most_of(q, n), least = INFINITY;
    for (size_t i = 0; i < n; i++) least = fmin(least, q[i]);
    double range = s->norm == STEER_MINMAX && most > least ? most - least : 1;
    for (size_t i = 0; i < n; i++) {
        double off = (q[i] - most) / range;
        /* 0 / 0 would be no number: the best ones stay whatever alpha is, and alpha = infinity changes none. */
        scores[i] = off == 0 ? logprobs[i] : s->alpha == 0 ? -INFINITY : logprobs[i] + off / s->alpha;
    }
}

void steer_softmax(const double *scores, size_t n, double temperature, double *out) {
    double most = most_of(scores, n), sum = 0;
    for (size_t i = 0; i < n; i++) sum += out[i] = exp((scores[i] - most) / temperature);
    for (size_t i = 0; i < n; i++) out[i] /= sum;
}

size_t steer_best(const double *scores, const int32_t *tokens, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (scores[i] > scores[best] || (scores[i] == scores[best] && tokens[i] < tokens[best])) best = i;
    return best;
}

double steer_divergence(const double *policy, const double *logprobs, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (policy[i] > 0) sum += policy[i] * (log(policy[i]) - logprobs[i]);
    return sum;
}
