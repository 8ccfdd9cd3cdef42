/* The table of steers, and reading their specs: see steer.h. */
#include "act/steer/steer.h"

#include <math.h>

extern const struct steer steer_args, steer_cd, steer_cd_head, steer_tq_direct, steer_tq_indirect,
    steer_tq_indirect_raw, steer_soft, steer_implicit, steer_best_of_n, steer_contrast;

static const struct steer *const table[] = {
    &steer_args, &steer_cd,       &steer_cd_head,   &steer_tq_direct, &steer_tq_indirect, &steer_tq_indirect_raw,
    &steer_soft, &steer_implicit, &steer_best_of_n, &steer_contrast};
#define N (sizeof table / sizeof *table)

size_t steers(const struct steer *const **out) {
    *out = table;
    return N;
}

const struct steer *steer_find(struct text spec, struct error *err) {
    struct text name = spec_name(spec);
    const char *names[N];
    for (size_t i = 0; i < N; i++) {
        names[i] = table[i]->name;
        if (text_equal_c(name, names[i])) return table[i];
    }
    const char *near = text_nearest(name, names, N);
    error_set(err, ERROR_USAGE, "no steer '%.*s'%s%s%s; `basanite methods steer` lists them", TEXT_ARG(name),
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

/* ---- specs */

/* NULL: the steer has no such option, or it has no value. */
static const struct option_value *value_of(const struct steer *steer, const struct option_value *values,
                                           const char *name) {
    for (size_t i = 0; i < steer->n_options; i++)
        if (text_equal_c(text_of(name), steer->options[i].name))
            return values[i].given || steer->options[i].initial ? &values[i] : NULL;
    return NULL;
}

static size_t whole(const struct steer *steer, const struct option_value *values, const char *name, size_t otherwise) {
    const struct option_value *v = value_of(steer, values, name);
    return v ? (size_t)v->integer : otherwise;
}

static double real(const struct steer *steer, const struct option_value *values, const char *name, double otherwise) {
    const struct option_value *v = value_of(steer, values, name);
    return v ? v->real : otherwise;
}

static bool chosen(const struct steer *steer, const struct option_value *values, const char *name, const char *what) {
    const struct option_value *v = value_of(steer, values, name);
    return v && text_equal_c(v->text, what);
}

bool steer_settings_read(struct text spec, struct arena *arena, struct steer_settings *out, struct error *err) {
    const struct steer *s = steer_find(spec, err);
    const struct option_value *v = s ? spec_parse(arena, spec, s->options, s->n_options, err) : NULL;
    const struct option_value *halving = v ? value_of(s, v, "halving") : NULL;
    if (!v) return false;
    *out = (struct steer_settings){
        .steer = s,
        .alpha = real(s, v, "alpha", 1),
        .topk = whole(s, v, "topk", 8),
        .mode = chosen(s, v, "mode", "greedy")   ? STEER_GREEDY
                : chosen(s, v, "mode", "sample") ? STEER_SAMPLE
                                                 : STEER_AS_ASKED,
        .skip = real(s, v, "skip", 1),
        .norm = chosen(s, v, "norm", "running-z") ? STEER_RUNNING_Z
                : chosen(s, v, "norm", "minmax")  ? STEER_MINMAX
                                                  : STEER_PLAIN,
        .rollouts = whole(s, v, "rollouts", 0),
        .horizon = whole(s, v, "horizon", 0),
        .rollout_temperature = real(s, v, "heat", 1),
        .halving = halving && halving->flag,
        .block = whole(s, v, "block", 1),
        .replan = !chosen(s, v, "replan", "disagree"),
        .beta = real(s, v, "beta", NAN),
        .clip = real(s, v, "clip", 0),
        .least_effective = real(s, v, "least", 0),
        .samples = whole(s, v, "samples", 0),
        .cutoff = real(s, v, "cutoff", 0),
    };
    if (!value_of(s, v, "alpha")) out->alpha = 1 / real(s, v, "beta", 1); /* the weight of a difference */
    if ((s->needs & STEER_NEEDS_BETA) && isnan(out->beta))
        return error_set(err, ERROR_USAGE, "steer '%s' needs beta=B: the strength of the alignment that it goes by",
                         s->name);
    if (out->block > 1 && !out->replan)
        return error_set(err, ERROR_USAGE, "steer '%s': block and replan=disagree both save rollouts; take one of them",
                         s->name);
    return true;
}
