/* What collecting rows (tally.c) and computing figures (tally_figures.c) share. */
#ifndef MEASURE_TALLY_INTERNAL_H
#define MEASURE_TALLY_INTERNAL_H

#include "measure/metric_internal.h"

enum { TALLY_FIELDS = 5, TALLY_PARTS = 24, TALLY_VALUES = 4096, TALLY_BLOCK = 2048 };

/* One sample, kept in 32 bytes and 8 for each part that a metric of the task reads. Items and clusters are told apart
 * by 64-bit hashes; sorting by them makes figures independent of the order in which rows come. */
struct tally_row {
    uint64_t cluster, item;
    uint32_t sample;
    uint16_t value_of[TALLY_FIELDS]; /* place in the field's values, 0: none */
    int8_t parsed;                   /* enum parse_state, -1: no reader */
    bool failed;
};

/* The values of a field by which figures are split; values[0] is "none". */
struct tally_field {
    const char *name;
    struct text *values;
    size_t n;
    uint16_t *slots; /* open addressing, twice as many as values */
};

struct tally {
    struct tally_spec spec;
    struct figure_settings settings;
    struct arena arena; /* values of fields */
    const char *parts[TALLY_PARTS];
    bool seen[TALLY_PARTS]; /* some row has it */
    size_t n_parts;
    struct tally_field fields[TALLY_FIELDS];
    size_t n_fields;
    unsigned char **blocks; /* of TALLY_BLOCK rows */
    size_t n_blocks, stride, n;
    struct metric_use *own; /* metrics of the tally's own: the default, and parse_rate */
    size_t n_own;
};

static inline struct tally_row *tally_at(const struct tally *tally, size_t i) {
    return (struct tally_row *)(void *)(tally->blocks[i / TALLY_BLOCK] + i % TALLY_BLOCK * tally->stride);
}

static inline double *tally_parts_at(const struct tally *tally, size_t i) {
    return (double *)(void *)((unsigned char *)tally_at(tally, i) + sizeof(struct tally_row));
}

/* The metrics in the order of their figures. */
static inline const struct metric_use *tally_use(const struct tally *tally, size_t i) {
    return i < tally->spec.n_uses ? &tally->spec.uses[i] : &tally->own[i - tally->spec.n_uses];
}

#endif
