/* Which weights a pruner zeros (compressed-trust, section 2.4). */
#ifndef ACT_MASK_H
#define ACT_MASK_H

#include "act/compress/codec.h"

/* A share of all, or (of > 0) `zeros` of every `of` consecutive weights of a row. */
struct mask_rule {
    double share;
    size_t zeros, of;
};

/* The first rows of the pruners' option tables, and what they say. */
enum { MASK_SHARE, MASK_PATTERN, MASK_OPTIONS };
#define MASK_OPTION_ROWS                                                                                               \
    {"share", OPTION_REAL, "0.5", 0, 0.999, NULL, "of the weights that become zero"}, {                                \
        "pattern", OPTION_CHOICE, "none", 1, 0, "none|1of2|1of4|2of4|3of4|2of8|4of8|6of8",                             \
            "instead of a share: zeros of every so many weights of a row"                                              \
    }
struct mask_rule mask_rule_of(const struct option_value *options);
/* A share and a pattern exclude each other. */
bool mask_check(const struct option_value *options, struct error *err) MUST_CHECK;
/* Rows are whole runs of the pattern, or ERROR_DATA. */
bool mask_fits(const struct option_value *options, const struct codec_matrix *m, struct error *err) MUST_CHECK;
double mask_bits(const struct option_value *options, size_t columns);

/* The value at place `at` of n scores when they are sorted; the scores end in another order. at < n. */
double mask_nth(double *scores, size_t n, size_t at);
/* zero[i]: one of the `zeros` least of n scores (ties: the first). */
void mask_least(const double *scores, size_t n, size_t zeros, bool *zero);

#endif
