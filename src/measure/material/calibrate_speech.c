/* See calibrate_speech.h.
 *
 * A verifier hears how far the pitch of two recordings lies apart and lets in below a threshold t. The distance is a
 * normal number with sd 1, around 0 for the same speaker, around d for a clone: FRR = Phi(-t), FAR = Phi(t - d), and
 * both are Phi(-d / 2) at t = d / 2. */
#include "measure/material/calibrate_speech.h"

#include "base/arena.h"
#include "base/rng.h"
#include "measure/statistics/statistics.h"
#include "measure/statistics/verification.h"
#include "media/corruption.h"
#include "media/sound/sound_corruptions.h"

#include <math.h>
#include <stdio.h>

enum { THOUSANDS = 20 };

/* Four standard errors of a share. */
static double tolerance(double p, size_t n) {
    return 4 * sqrt(p * (1 - p) / (double)n);
}

static bool give_verifier(const struct calibrate_out *out, double d, size_t n, uint64_t seed, struct arena *arena,
                          struct error *err) {
    struct rng rng = rng_stream(seed, "calibrate/speech", (uint64_t)(100 * d));
    double *genuine = arena_new(arena, double, n, err), *clone = arena_new(arena, double, n, err), far, frr, equal;
    char name[96];
    if (!genuine || !clone) return false;
    for (size_t i = 0; i < n; i++) genuine[i] = -rng_normal(&rng), clone[i] = -(d + rng_normal(&rng));
    double t = 0.4 * d; /* not where both are equal */
    stat_acceptance(genuine, n, clone, n, -t, &far, &frr);
    if (!stat_equal_error(genuine, n, clone, n, &equal, err)) return false;
    snprintf(name, sizeof name, "clone %g sd away: false acceptance", d);
    calibrate_number(out, name, stat_normal_cdf(t - d), far, tolerance(stat_normal_cdf(t - d), n),
                     "normal distances, threshold 0.4 d");
    snprintf(name, sizeof name, "clone %g sd away: false rejection", d);
    calibrate_number(out, name, stat_normal_cdf(-t), frr, tolerance(stat_normal_cdf(-t), n),
                     "normal distances, threshold 0.4 d");
    snprintf(name, sizeof name, "clone %g sd away: equal error", d);
    calibrate_number(out, name, stat_normal_cdf(-d / 2), equal, tolerance(stat_normal_cdf(-d / 2), n), "Phi(-d / 2)");
    return true;
}

static bool give_ratio(const struct calibrate_out *out, const char *kind, int snr, const struct sound *speech,
                       uint64_t seed, struct arena *arena, struct error *err) {
    char spec[64];
    const char *specs[] = {spec};
    struct corruption_choices choices;
    struct media_told told = {0};
    double measured = NAN;
    struct sound *mixed = sound_copy(speech, arena, err);
    snprintf(spec, sizeof spec, "%s,snr=%d", kind, snr);
    if (!mixed || !corruption_choose(specs, 1, arena, &choices, err) ||
        !corruption_apply(&choices.at[0], mixed, seed, "calibrate", arena, &told, err))
        return false;
    for (size_t i = 0; i < told.n_figures; i++)
        if (text_equal_c(text_of(told.figures[i].name), "snr")) measured = told.figures[i].value;
    calibrate_number(out, spec, snr, measured, 0.1, "dB, measured in the mixture before rounding");
    return true;
}

static bool give_ratios(const struct calibrate_out *out, uint64_t seed, struct arena *arena, struct error *err) {
    static const char *const kinds[] = {"white-noise", "pink-noise", "babble", "background", "overlap"};
    static const int ratios[] = {20, 10, 5, 0};
    struct rng rng = rng_stream(seed, "calibrate/speech/voice", 0);
    struct sound *speech = sound_new(2 * SOUND_RATE, arena, err);
    if (!speech) return false;
    sound_conversation(speech->at, speech->n, &rng);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t r = 0; r < sizeof ratios / sizeof *ratios; r++)
            if (!give_ratio(out, kinds[k], ratios[r], speech, seed, arena, err)) return false;
    return true;
}

bool calibrate_speech(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    static const double distances[] = {1, 2, 3};
    const struct calibrate_out out = {report, context};
    size_t n = 1000 * (size_t)(repeat ? repeat : THOUSANDS);
    struct arena arena;
    bool ok = true;
    arena_init(&arena, (size_t)4 << 30);
    for (size_t i = 0; ok && i < 3; i++) ok = give_verifier(&out, distances[i], n, seed, &arena, err);
    ok = ok && give_ratios(&out, seed, &arena, err);
    arena_done(&arena);
    return ok;
}
