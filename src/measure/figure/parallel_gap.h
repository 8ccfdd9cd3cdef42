/* The gap between two languages on the same items, split into what the harness, the reading and the subject add. Of
 * item i in language l: q the score that the published reader gives, y right by the repaired one (what could not be
 * read is wrong), z it could be read; means over the items that both languages have, r the reference language.
 *
 *   gap      = q_l - q_r
 *   harness  = (q_l - y_l) - (q_r - y_r)            what repairing the reader takes away
 *   parse    = (z_l - z_r) (a_l + a_r) / 2          a = y / z: right where read
 *   ability  = (a_l - a_r) (z_l + z_r) / 2
 *
 * The last two add up to y_l - y_r (Kitagawa, Journal of the American Statistical Association 50, 1955), all three to
 * the gap. Where a language reads nothing, a is not known and all is parse. Intervals: bootstrap of items, both
 * languages together. */
#ifndef MEASURE_PARALLEL_GAP_H
#define MEASURE_PARALLEL_GAP_H

#include "base/json.h"
#include "measure/statistics/statistics.h"

struct parallel_gaps;
struct parallel_answer {
    struct text lang, pair;  /* pair: what all languages call the item */
    double published, right; /* published NaN: no other reader is known, the harness adds nothing */
    bool read;
    double picked; /* the class that was answered; NaN: none */
};
struct parallel_gap {
    const char *lang, *reference;
    uint64_t n; /* items that both have */
    struct interval gap, harness, parse, ability;
    double p, p_holm;   /* exact McNemar of right against wrong; Holm over the languages */
    uint64_t both;      /* items read in both languages */
    double same, kappa; /* share of these with the same answer, and beyond chance (Cohen); NaN: none */
};

struct parallel_gaps *parallel_gaps_new(struct error *err) MUST_CHECK;
void parallel_gaps_free(struct parallel_gaps *gaps);
/* An item that comes twice in a language: the first counts. */
bool parallel_gaps_add(struct parallel_gaps *gaps, const struct parallel_answer *answer, struct error *err) MUST_CHECK;
/* One row for each language but the reference (NULL: en where it is there, else the first), in the order in which they
 * came. Texts on the arena. resamples 0: no intervals. A reference that did not come: ERROR_USAGE. */
bool parallel_gaps_split(struct parallel_gaps *gaps, const char *reference, double confidence, uint64_t resamples,
                         uint64_t seed, struct arena *arena, struct parallel_gap **out, size_t *n,
                         struct error *err) MUST_CHECK;

#endif
