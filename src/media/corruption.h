/* Corruptions of pictures and sounds: one table (corruption.c), a row each in the file of its family. A corruption has
 * parameters, and five severities that are nothing but values of them.
 *
 * A spec says which: `gaussian-noise` (all five severities), `gaussian-noise,severity=3`, `gaussian-noise,sd=0.2`
 * (a parameter that is left out is that of the severity, or of severity 3), `gaussian-noise,severity=1:3` (both), `all`
 * (every corruption), `image` or `sound` (every one of the medium; with severity, if given). */
#ifndef MEDIA_CORRUPTION_H
#define MEDIA_CORRUPTION_H

#include "base/option.h"
#include "media/medium.h"

enum { CORRUPTION_SEVERITIES = 5, CORRUPTION_PARAMETERS_MOST = 8 };

struct image;
struct sound;

/* What a corruption works with. */
struct corruption_work {
    const double *parameters; /* in the order of its options */
    struct rng rng;           /* follows from the seed, the corruption and the content, not from the severity, so that
                               * the severities of one file differ in nothing else */
    struct arena *arena;      /* scratch, and room for what replaces the content */
    struct media_told *told;  /* what it measures itself, before rounding */
};

struct corruption {
    const char *name;
    const struct medium *medium;
    const char *summary;
    const struct option_def *options; /* its parameters: OPTION_REAL or OPTION_INT, without defaults */
    size_t n_options;
    double severities[CORRUPTION_SEVERITIES][CORRUPTION_PARAMETERS_MOST]; /* row s: the parameters at severity s + 1 */
    /* The one of its medium. The content is changed in place; size and length may change. */
    bool (*image)(struct image *image, struct corruption_work *work, struct error *err);
    bool (*sound)(struct sound *sound, struct corruption_work *work, struct error *err);
};
size_t corruptions(const struct corruption *const **out);
const struct corruption *corruption_find(struct text name, struct error *err) MUST_CHECK; /* ERROR_USAGE: the nearest */

/* `severity`, which every corruption takes besides its own options. */
extern const struct option_def corruption_common[1];

/* One corruption with the parameters that it is given. */
struct corruption_choice {
    const struct corruption *corruption;
    int severity;      /* 0: parameters of the user's own */
    const char *label; /* names a folder: "3", "sd=0.2" */
    double parameters[CORRUPTION_PARAMETERS_MOST];
};
struct corruption_choices {
    struct corruption_choice *at; /* on the arena */
    size_t n;
};
/* What n specs ask for, in their order. ERROR_USAGE: no such name or key, a value out of range, the same twice. */
bool corruption_choose(const char *const *specs, size_t n, struct arena *arena, struct corruption_choices *out,
                       struct error *err) MUST_CHECK;

/* The corruption applied with its streams of random numbers: those of `key`, which says what the content is (its
 * digest). */
bool corruption_apply(const struct corruption_choice *choice, void *content, uint64_t seed, const char *key,
                      struct arena *arena, struct media_told *told, struct error *err) MUST_CHECK;

#endif
