/* The table of objectives. */
#include "act/objective/objective.h"

extern const struct objective objective_lm, objective_sft, objective_dpo, objective_ipo, objective_kto, objective_trpa,
    objective_grpo, objective_rloo, objective_reinforce, objective_online_dpo, objective_distill, objective_classify,
    objective_reward, objective_value, objective_ppo, objective_contrastive, objective_temperature, objective_isotonic;

static const struct objective *const table[] = {
    &objective_lm,          &objective_sft,         &objective_dpo,     &objective_ipo,       &objective_kto,
    &objective_trpa,        &objective_grpo,        &objective_rloo,    &objective_reinforce, &objective_online_dpo,
    &objective_distill,     &objective_classify,    &objective_reward,  &objective_value,     &objective_ppo,
    &objective_contrastive, &objective_temperature, &objective_isotonic};
#define N (sizeof table / sizeof *table)

size_t objectives(const struct objective *const **out) {
    *out = table;
    return N;
}

const struct objective *objective_find(struct text spec, struct error *err) {
    struct text name = spec_name(spec);
    const char *names[N];
    for (size_t i = 0; i < N; i++) {
        names[i] = table[i]->name;
        if (text_equal_c(name, names[i])) return table[i];
    }
    const char *near = text_nearest(name, names, N);
    error_set(err, ERROR_USAGE, "no objective '%.*s'%s%s%s; `basanite methods objective` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}
