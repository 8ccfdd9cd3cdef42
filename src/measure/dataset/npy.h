/* NumPy's .npy files, read: labels and groups that stand beside the rows of a data file, and arrays of up to four
 * dimensions.
 *
 *   1. 6 bytes "\x93NUMPY", 1 byte major version (1..3), 1 byte minor
 *   2. length of the header: 2 bytes little-endian (version 1), else 4
 *   3. the header, a literal: {'descr': TYPE, 'fortran_order': False, 'shape': (N, ...), }
 *   4. the values, the last dimension fastest, of TYPE: |b1, |i1, |u1, <i2, <i4, <i8, <f4, <f8, or <Uk (k
 *      code points of 4 bytes, padded with 0)
 *
 * Anything else is refused, so are values that do not fill the file exactly. */
#ifndef MEASURE_NPY_H
#define MEASURE_NPY_H

#include "base/file.h"
#include "base/json.h"

struct npy {
    const char *name; /* borrowed: for messages */
    struct file_map map;
    const unsigned char *at;
    size_t n, width; /* values, bytes of each */
    size_t dimensions, shape[4];
    char kind;       /* b, i, u, f, U */
};
bool npy_open(const char *path, const char *shown_name, struct npy *out, struct error *err) MUST_CHECK; /* of one */
bool npy_open_array(const char *path, const char *shown_name, struct npy *out, struct error *err) MUST_CHECK;
void npy_close(struct npy *npy);
/* Value i as a number, true or false, or text; owned by the caller. Beyond the end: ERROR_DATA. */
json_t *npy_value(const struct npy *npy, size_t i, struct error *err) MUST_CHECK;

#endif
