/* See synergy.h. */
#include "measure/trace/synergy.h"

static bool share(const struct synergy_replay *r, size_t removed, double *out, struct error *err) {
    uint64_t good = 0;
    for (uint64_t draw = 0; draw < r->replays; draw++) {
        bool success;
        if (!r->run(r->context, removed, draw, &success, err)) return false;
        good += success;
    }
    *out = r->replays ? (double)good / (double)r->replays : 0;
    return true;
}

bool synergy_of_messages(const struct synergy_replay *r, struct synergy_message *out, struct error *err) {
    double all, largest = 0;
    if (!share(r, SIZE_MAX, &all, err)) return false;
    for (size_t e = 0; e < r->messages; e++) {
        double without;
        if (!share(r, e, &without, err)) return false;
        out[e] = (struct synergy_message){.delta = all - without, .harm = without > all ? without - all : 0};
        if (out[e].delta > largest) largest = out[e].delta;
    }
    for (size_t e = 0; e < r->messages; e++)
        if (largest > 0 && out[e].delta > 0) out[e].uptake = out[e].delta / largest;
    return true;
}

void synergy_shapley(const double *value, size_t n, double *phi) {
    double weight[SYNERGY_AGENTS_MOST]; /* s! (n - s - 1)! / n! of a team of s that the agent joins */
    for (size_t s = 0; s < n; s++) {
        double w = 1 / (double)n;
        for (size_t k = 1; k <= s; k++) w *= (double)k / (double)(n - k);
        weight[s] = w;
    }
    for (size_t i = 0; i < n; i++) {
        phi[i] = 0;
        for (size_t team = 0; team < (size_t)1 << n; team++) {
            if (team >> i & 1) continue;
            size_t size = 0;
            for (size_t k = 0; k < n; k++) size += team >> k & 1;
            phi[i] += weight[size] * (value[team | (size_t)1 << i] - value[team]);
        }
    }
}

double synergy_of_team(const double *value, size_t n) {
    double sum = value[((size_t)1 << n) - 1];
    for (size_t i = 0; i < n; i++) sum -= value[(size_t)1 << i];
    return sum;
}
