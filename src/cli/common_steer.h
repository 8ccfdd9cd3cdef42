/* A subject that is steered: what --steer, --baseline, --reward and --baseline-reward say. */
#ifndef CLI_COMMON_STEER_H
#define CLI_COMMON_STEER_H

#include "cli/options.h"
#include "subject/subject.h"

/* Flags of commands whose subject may be steered; put in front of a command's own list. */
#define STEER_FLAGS "steer", "baseline", "reward", "baseline-reward"

/* Wraps the subject where --steer is given; takes it, also on failure. Without --steer the other flags are refused. A
 * list of steers (alpha=0.1:1:inf) is refused: common_steers has them. */
struct subject *common_steer(const struct arguments *args, struct subject *subject, struct error *err) MUST_CHECK;
/* The same with one of the specs of common_steers. */
struct subject *common_steer_by(const struct arguments *args, struct text spec, struct subject *subject, bool trace,
                                struct error *err) MUST_CHECK;
/* What --steer says, without grids; *n 0: it is not given. On the arena of the arguments. */
bool common_steers(const struct arguments *args, struct text **specs, size_t *n, struct error *err) MUST_CHECK;
/* A line on stderr of what steering took since the subject was opened, unless --quiet. */
void common_steer_told(const struct arguments *args, const struct subject *subject, double seconds);

#endif
