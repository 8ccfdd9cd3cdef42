/* What the steers share. Inside of the room. */
#ifndef ACT_STEER_INTERNAL_H
#define ACT_STEER_INTERNAL_H

#include "act/steer/steer_options.h"
#include "act/steer/steer_values.h"

#include <math.h>

/* Finishes each place settings->rollouts times and makes a value of its ends. */
typedef bool steer_estimate(const struct steer_settings *settings, struct steer_value *value, struct arena *arena,
                            struct error *err);
bool steer_by_rollouts(const struct steer_settings *settings, const struct steer_source *source,
                       const struct steer_place *places, size_t n, steer_estimate *estimate, struct steer_value *out,
                       struct arena *arena, struct error *err) MUST_CHECK;
/* A value that is known without ends. */
struct steer_value steer_known(double q);

#endif
