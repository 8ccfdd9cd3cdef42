/* What Z3 says of rules, and of the steps of a proof that a rule makes: see geo_row.h. */
#include "formalize/geometry/geo_judge.h"
#include "formalize/geometry/geo_row.h"

#include <string.h>

static const char *const verdict_names[] = {[SMT_UNSAT] = "proved", [SMT_SAT] = "refuted", [SMT_UNKNOWN] = "unknown"};

static bool is_asked(const struct geo_fact *f, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (f[i].kind == GEO_LEN || f[i].kind == GEO_ANG || f[i].kind == GEO_BTW) return false;
    return true;
}

static bool rule_is_asked(const struct geo_rule *r) {
    return is_asked(r->premise, r->n_premises) && is_asked(r->guard, r->n_guards) && is_asked(r->gives, r->n_gives);
}

bool geo_row_z3_rule(struct smt *z3, const struct geo_rule *rule, json_t *out, bool *holds, struct error *err) {
    enum smt_verdict all = SMT_UNSAT;
    char why[120];
    bool ok = true, asked = rule_is_asked(rule);
    for (size_t i = 0; ok && asked && i < rule->n_gives && all != SMT_SAT; i++) {
        struct arena arena;
        enum smt_verdict one = SMT_UNKNOWN;
        arena_init(&arena, (size_t)256 << 20);
        ok = geo_judge_z3(z3, rule->premise, rule->n_premises, rule->guard, rule->n_guards, &rule->gives[i], &arena,
                          &one, err);
        arena_done(&arena);
        if (one != SMT_UNSAT) all = one;
        snprintf(why, sizeof why, "Z3 refutes conclusion %zu (%s) over the reals", i + 1,
                 geo_kind_name(rule->gives[i].kind));
    }
    if (!ok) return false;
    ok = json_object_set_new(out, "z3", json_string(asked ? verdict_names[all] : "not asked")) == 0;
    if (ok && asked && all == SMT_SAT && *holds) ok = json_object_set_new(out, "why", json_string(why)) == 0;
    *holds = *holds && !(asked && all == SMT_SAT);
    return ok || error_memory(err, "verdict");
}

static bool judge_step(struct smt *z3, const struct geo_step *s, const struct geo_rule *r, enum smt_verdict *verdict,
                       struct error *err) {
    struct geo_fact premise[GEO_RULE_FACTS], guard[GEO_RULE_FACTS];
    struct arena arena;
    for (size_t i = 0; i < r->n_premises; i++) premise[i] = geo_rule_fact(&r->premise[i], s->points);
    for (size_t i = 0; i < r->n_guards; i++) guard[i] = geo_rule_fact(&r->guard[i], s->points);
    arena_init(&arena, (size_t)256 << 20);
    bool ok = geo_judge_z3(z3, premise, r->n_premises, guard, r->n_guards, &s->gives, &arena, verdict, err);
    arena_done(&arena);
    return ok;
}

bool geo_row_z3_steps(struct smt *z3, const struct geo_proof *proof, const struct geo_rules *rules, json_t *out,
                      bool *holds, struct error *err) {
    json_int_t count[3] = {0}, not_asked = 0;
    for (size_t i = 0; i < proof->n; i++) {
        const struct geo_step *s = &proof->step[i];
        enum smt_verdict one = SMT_UNKNOWN;
        if (s->reason == GEO_GIVEN) continue;
        if (s->reason < 0 || !rule_is_asked(&rules->at[s->reason]) || !is_asked(&s->gives, 1)) {
            not_asked++;
            continue;
        }
        if (!judge_step(z3, s, &rules->at[s->reason], &one, err)) return false;
        count[one]++;
    }
    json_t *counts = json_pack("{s:I s:I s:I s:I}", "proved", count[SMT_UNSAT], "unknown", count[SMT_UNKNOWN],
                               "refuted", count[SMT_SAT], "not asked", not_asked);
    *holds = *holds && count[SMT_SAT] == 0;
    bool ok = json_object_set_new(out, "z3", counts) == 0;
    if (ok && count[SMT_SAT] > 0)
        ok = json_object_set_new(out, "why", json_string("Z3 refutes a step of the proof over the reals")) == 0;
    return ok || error_memory(err, "verdict");
}
