/* Which acts are tried, and whether what they changed is welcome: see certify_internal.h. */
#include "certify/certify_internal.h"

#include <math.h>
#include <string.h>

enum { ACTS_MOST = 16 }; /* sets of them are enumerated */

static bool upwards(const struct policy_clause *k) {
    return k->op == POLICY_AT_LEAST || k->op == POLICY_ABOVE;
}

/* By the goal's id, or by the name of a figure that it asks for. */
bool certify_act_fits(const struct policy_act *act, const struct policy_result *result, size_t goal) {
    for (size_t i = 0; i < act->n_targets; i++) {
        if (strcmp(act->targets[i], result->policy->goals[goal].id) == 0) return true;
        for (size_t k = 0; k < result->n_outcomes; k++) {
            const struct policy_outcome *o = &result->outcomes[k];
            if (o->goal == goal && o->clause && strcmp(act->targets[i], o->clause->figure.name) == 0) return true;
        }
    }
    return false;
}

static bool is_open(const struct policy_result *result, size_t goal) {
    return result->verdicts[goal] == POLICY_VIOLATED || result->verdicts[goal] == POLICY_UNDECIDED;
}

/* How far the interval is from where it would do, in the unit of the figure; of the clause that lacks most. */
static double shortfall(const struct policy_result *result, size_t goal) {
    double most = 0;
    for (size_t i = 0; i < result->n_outcomes; i++) {
        const struct policy_outcome *o = &result->outcomes[i];
        if (o->goal != goal || !o->clause || o->clause->prefer || o->verdict == POLICY_MET) continue;
        double lack = upwards(o->clause) ? o->clause->target - o->interval.lo : o->interval.hi - o->clause->target;
        if (lack > most) most = lack;
    }
    return most;
}

/* Whether what the acts of the set promise is enough for the goal; an act that promises nothing may be enough. */
static bool is_enough(const struct policy_result *result, uint64_t set, size_t goal) {
    const struct policy *policy = result->policy;
    double sum = 0;
    bool any = false;
    for (size_t i = 0; i < policy->n_acts && i < ACTS_MOST; i++) {
        if (!(set >> i & 1) || !certify_act_fits(&policy->acts[i], result, goal)) continue;
        any = true;
        if (isnan(policy->acts[i].effect)) return true;
        sum += fabs(policy->acts[i].effect);
    }
    return any && sum >= shortfall(result, goal);
}

/* How many open goals that some unused act fits are answered by the set. */
static size_t answered(const struct policy_result *result, uint64_t set) {
    size_t n = 0;
    for (size_t i = 0; i < result->policy->n_goals; i++) n += is_open(result, i) && is_enough(result, set, i);
    return n;
}

static double cost_of(const struct policy *policy, uint64_t set) {
    double sum = 0;
    for (size_t i = 0; i < policy->n_acts && i < ACTS_MOST; i++)
        if (set >> i & 1) sum += policy->acts[i].cost;
    return sum;
}

/* Of the sets that answer as many goals as can be answered the cheapest (a 0-1 knapsack by enumeration); of equal ones
 * that whose acts stand first. Where no set promises enough, all acts that fit an open goal. */
uint64_t certify_choose(const struct policy_result *result, uint64_t used) {
    const struct policy *policy = result->policy;
    size_t n = policy->n_acts < ACTS_MOST ? policy->n_acts : ACTS_MOST, most = 0;
    uint64_t fitting = 0, best = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < policy->n_goals; k++)
            if (is_open(result, k) && certify_act_fits(&policy->acts[i], result, k)) fitting |= (uint64_t)1 << i;
    fitting &= ~used;
    for (uint64_t set = 1; set < (uint64_t)1 << n; set++) {
        if (set & ~fitting) continue;
        size_t count = answered(result, set);
        if (count > most || (count == most && count && cost_of(policy, set) < cost_of(policy, best))) {
            most = count;
            best = set;
        }
    }
    return best ? best : fitting;
}

int certify_welcome(const struct certify_round *round, const struct compare_row *row) {
    const struct policy_result *result = &round->result;
    if (isnan(row->lo) || isnan(row->hi) || (row->lo <= 0 && row->hi >= 0)) return 0;
    bool up = row->direction && strcmp(row->direction, "up") == 0;
    for (size_t i = 0; i < result->n_outcomes; i++) {
        const struct policy_outcome *o = &result->outcomes[i];
        if (!o->clause || !o->figure || strcmp(o->figure->name, row->name) != 0) continue;
        if (strcmp(o->figure->task, row->task) == 0) up = upwards(o->clause);
    }
    return up == (row->value > 0) ? 1 : -1;
}
