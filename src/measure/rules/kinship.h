/* How alike the replies of two models are: features of lineage that need texts alone (identity confusion, Li et al.
 * 2024, by way of the works it rests on). Pure functions; what a feature means for kinship is for a calibration to say
 * (measure/compare/lineage.h): alike is not akin.
 *
 *   F1  mean over prompts of the cosine of counts of runs of 4 characters, of all replies to a prompt together
 *   F2  genetic: contexts are genes, the next 4 characters alleles (Yax et al. 2024, "PhyloLM", their formula)
 *   F3  a two-sample test on whole replies, character by character (Gao, Liang and Guestrin 2024, "Model equality
 *       testing", the kernel by Hamming distance) */
#ifndef MEASURE_KINSHIP_H
#define MEASURE_KINSHIP_H

#include "base/rng.h"
#include "base/text.h"

/* Replies of one model: [prompts][samples]. An absent reply is an empty text. */
struct kin_replies {
    size_t prompts, samples;
    const struct text *reply;
};

/* ---- F1 ---- */

/* Counts of runs of 4 characters of a text in lower case with single blanks, by their hash, ascending. */
struct kin_gram {
    uint64_t key;
    double count;
};
struct kin_grams {
    struct kin_gram *at;
    size_t n;
    double norm; /* length of the vector */
};
/* Of n texts together; runs do not go over from one to the next. On the arena. */
bool kin_grams(const struct text *texts, size_t n, struct arena *arena, struct kin_grams *out,
               struct error *err) MUST_CHECK;
double kin_cosine(const struct kin_grams *a, const struct kin_grams *b); /* an empty side: 0 */
/* grams: [prompts] of both. */
double kin_similarity(const struct kin_grams *a, const struct kin_grams *b, size_t prompts);

/* Attribution of answers to models: centroids are sums of the unit vectors of the training answers, each gram times
 * ln(N / df) with N training answers; a bundle of consecutive test answers is the sum of its counts times the same
 * factors, grams unseen in training ignored; the largest cosine wins, of equal ones the first model. grams: [models][
 * prompts]; the first `train` prompts train. *right of *trials. */
bool kin_attribute(const struct kin_grams *grams, size_t models, size_t prompts, size_t train, size_t bundle,
                   struct arena *arena, uint64_t *right, uint64_t *trials, struct error *err) MUST_CHECK;

/* ---- F2 ---- */

/* S = sum_g sum_x Pa(x|g) Pb(x|g) / sqrt(sum_g sum_x Pa^2 sum_g sum_x Pb^2), of samples with sum P^2 replaced by
 * (N sum P^2 - 1) / (N - 1), which is unbiased; the distance is -ln S. Both sides have the same prompts. S may exceed 1
 * by chance; NaN: a side has no reply. */
double kin_genetic(const struct kin_replies *a, const struct kin_replies *b);

/* ---- F3 ---- */

struct kin_test {
    double mmd2, p;
    double power; /* chance that a difference as large as the one seen passes the one-sided 5 % point, by the normal
                   * approximation of the exchanges */
};
/* Unbiased MMD^2 of the kernel k((q,x),(r,y)) = [q = r] (1/L) sum_{i<L} [x_i = y_i] on characters padded to L; the p
 * value from exchanges of both models' replies within each prompt, (1 + at least as far) / (1 + exchanges). At least
 * two samples a prompt on each side, else ERROR_DATA. Streams are keyed by (seed, name). */
enum { KIN_CHARACTERS = 200 };
bool kin_same(const struct kin_replies *a, const struct kin_replies *b, uint64_t exchanges, uint64_t seed,
              const char *name, struct kin_test *out, struct error *err) MUST_CHECK;

#endif
