/* Saying yes: see moral_bias.h. */
#include "set/moral_bias.h"

#include <math.h>

struct moral_bias moral_bias_of(const struct moral *m) {
    struct moral_bias out = {.beta = NAN, .error = NAN};
    double sum = 0, weights = 0, variance = 0;
    for (size_t i = 0; i < m->n_pairs && !m->counts; i++) {
        double n[2], q[2], weight, own = 0;
        for (size_t way = 0; way < 2; way++) {
            const uint32_t *votes = m->pair[i].votes[way];
            n[way] = (double)votes[MORAL_UPGRADE] + votes[MORAL_NO_UPGRADE];
            q[way] = votes[MORAL_UPGRADE] / n[way];
            own +=
                (votes[MORAL_UPGRADE] + 0.5) * (votes[MORAL_NO_UPGRADE] + 0.5) / ((n[way] + 1) * (n[way] + 1) * n[way]);
        }
        if (n[0] < 1 || n[1] < 1) continue;
        weight = 1 / (1 / n[0] + 1 / n[1]);
        sum += weight * (q[0] + q[1] - 1);
        weights += weight;
        variance += weight * weight * own;
        out.pairs++;
        out.votes += (uint64_t)(n[0] + n[1]);
    }
    if (!out.pairs) return out;
    out.beta = sum / weights;
    out.error = sqrt(variance) / weights;
    return out;
}
