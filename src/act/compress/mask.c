/* Which weights a pruner zeros: see mask.h. */
#include "act/compress/mask.h"

#include <string.h>

struct mask_rule mask_rule_of(const struct option_value *o) {
    struct mask_rule rule = {.share = o[MASK_SHARE].real};
    struct text pattern = o[MASK_PATTERN].text;
    size_t middle = text_find(pattern, TEXT("of"), 0);
    uint64_t zeros, of;
    if (middle != SIZE_MAX && text_to_u64(text_part(pattern, 0, middle), &zeros) &&
        text_to_u64(text_part(pattern, middle + 2, pattern.len), &of)) {
        rule.zeros = (size_t)zeros;
        rule.of = (size_t)of;
        rule.share = (double)zeros / (double)of;
    }
    return rule;
}

bool mask_check(const struct option_value *o, struct error *err) {
    return !o[MASK_SHARE].given || !mask_rule_of(o).of ||
           error_set(err, ERROR_USAGE, "--codec: give either share or pattern");
}

bool mask_fits(const struct option_value *o, const struct codec_matrix *m, struct error *err) {
    size_t of = mask_rule_of(o).of;
    return !of || m->columns % of == 0 ||
           error_set(err, ERROR_DATA, "tensor '%s': rows of %zu values are no whole runs of %zu (pattern %.*s)",
                     m->name, m->columns, of, TEXT_ARG(o[MASK_PATTERN].text));
}

double mask_bits(const struct option_value *o, size_t columns) {
    (void)columns;
    return 16 * (1 - mask_rule_of(o).share);
}

/* Hoare's selection; the pivot is the middle one, so the same list always takes the same steps. */
double mask_nth(double *v, size_t n, size_t at) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i >= j) break;
            double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (at <= j) /* low..j are at most the pivot, the others at least */
            high = j;
        else
            low = j + 1;
    }
    return v[at];
}

void mask_least(const double *scores, size_t n, size_t zeros, bool *zero) {
    memset(zero, 0, n * sizeof *zero);
    for (size_t z = 0; z < zeros && z < n; z++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!zero[i] && (best == n || scores[i] < scores[best])) best = i;
        zero[best] = true;
    }
}
