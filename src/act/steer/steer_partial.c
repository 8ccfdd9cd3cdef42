/* Values of the text as it stands: args asks the reward about the unfinished text, cd-head a head that was trained to
 * tell of unfinished texts what they will be worth (train --objective value,at=tokens). */
#include "act/steer/steer_internal.h"

static bool of_places(bool (*ask)(void *context, const struct steer_place *places, size_t n, double *out,
                                  struct error *err),
                      void *context, const struct steer_place *places, size_t n, struct steer_value *out,
                      struct arena *arena, struct error *err) {
    double *said = arena_new(arena, double, n + 1, err);
    if (!said || !ask(context, places, n, said, err)) return false;
    for (size_t i = 0; i < n; i++) out[i] = steer_known(said[i]);
    return true;
}

static bool by_reward(const struct steer_settings *s, const struct steer_source *source,
                      const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,
                      struct error *err) {
    (void)s;
    return of_places(source->partial, source->context, places, n, out, arena, err);
}

static bool by_head(const struct steer_settings *s, const struct steer_source *source,
                    const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,
                    struct error *err) {
    (void)s;
    return of_places(source->head, source->context, places, n, out, arena, err);
}

static const struct option_def options[] = {STEER_TOKENS};

const struct steer steer_args = {
    .name = "args",
    .summary = "reward of the unfinished text",
    .source = "ARGS, Khanov et al., ICLR 2024",
    STEER_TABLE(options),
    .needs = STEER_NEEDS_REWARD,
    .q_values = by_reward,
};
const struct steer steer_cd_head = {
    .name = "cd-head",
    .summary = "what a trained value head expects of the unfinished text",
    .source = "controlled decoding's prefix scorer, Mudgal et al., ICML 2024; FUDGE, Yang & Klein 2021",
    STEER_TABLE(options),
    .needs = STEER_NEEDS_HEAD,
    .q_values = by_head,
};
