/* Compressing a model: block by block, and inside a block in the order {q, k, v}, o, {gate, up}, down. What a
 * calibrated codec sees going into a matrix was computed by the matrices before it as they are after compression.
 * Embedding, norms and head are left as they are (AWQ divides gains of norms). One block at a time is in memory as
 * plain numbers; the written file is complete or not there. */
#ifndef ACT_COMPRESS_H
#define ACT_COMPRESS_H

#include "act/compress/calibration.h"
#include "act/compress/codec.h"
#include "base/interrupt.h"

struct compress_settings {
    const char *in, *out; /* any model that is read; a GGUF */
    struct lm_builtins builtins;
    struct codec_choice choice;
    struct calibration_from from; /* n_paths 0: no text; refused where the codec needs one */
    const char *const *skip;      /* patterns (* and ?) of tensors that stay as they are */
    size_t n_skip;
    enum lm_type type; /* in which tensors are written that have no storage type of their own */
    struct pool *pool;
    const struct interrupt *stop;
};

/* What became of a matrix. Errors are shares: of the mean square of its output over the calibration text where the
 * codec looked at one, else of the weights themselves. */
struct compress_row {
    const char *tensor;
    size_t block, rows, columns;
    bool skipped, of_output;
    double error, power; /* mean squares: of the difference, and of what it is a share of */
    double plain;        /* error at the same rate without looking at activations; NaN: the codec is that */
    double bits;         /* a weight */
    size_t zeros;        /* weights that are 0 */
    double seconds;
};
typedef void compress_told(void *context, const struct compress_row *row);

struct compress_result {
    uint64_t weights, zeros, tokens, windows, bytes; /* weights: of the matrices compressed; bytes: of the file */
    double bits;                                     /* a weight, on average */
    double error, plain;                             /* mean share over the matrices; NaN: none was compressed */
    double seconds, calibrating;                     /* all of it; running the model and summing moments */
    char digest[HASH_HEX];                           /* of the calibration text; "": none */
};

/* ERROR_DATA names the tensor where one cannot be compressed so; experts are refused by the architecture's name. */
bool compress_model(const struct compress_settings *settings, compress_told *told, void *context,
                    struct compress_result *result, struct error *err) MUST_CHECK;

#endif
