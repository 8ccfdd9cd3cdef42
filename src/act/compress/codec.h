/* Ways of making weights smaller: one table, one file a method. A codec works on one matrix at a time, in place; which
 * matrices, in which order and on what text is compress.h's. Weights stay plain numbers that lie on the codec's grid or
 * are zero ("fake quantised"); only a storage type changes how they are written. */
#ifndef ACT_CODEC_H
#define ACT_CODEC_H

#include "act/compress/moments.h"
#include "base/option.h"
#include "lm/types/types.h"

/* What a codec wants to know of the activations that go into a matrix. */
enum codec_needs { CODEC_NEEDS_NOTHING, CODEC_NEEDS_SQUARES, CODEC_NEEDS_PRODUCTS };

struct codec_matrix {
    const char *name;       /* of its tensor, for messages */
    size_t rows, columns;   /* outputs, inputs */
    float *w;               /* [rows, columns], finite */
    struct moments *inputs; /* as the codec needs them; borrowed, its factor may be made */
    bool clips;             /* AWQ may cut its extremes off: not of queries and keys */
};

/* Matrices that see the same activations, before any of them is compressed, and what is made of their outputs. */
struct codec_site {
    struct codec_matrix *list;
    size_t n;
    void *context;
    /* Mean squared difference of the module's output with the matrices as they are now from that with them as they
     * were.
     */
    bool (*judge)(void *context, double *loss, struct error *err);
};

struct codec {
    const char *name, *summary, *source; /* paper */
    const struct option_def *options;
    size_t n_options;
    enum codec_needs needs;
    bool prunes; /* zeros weights; otherwise it rounds them */
    /* Settings that do not go together: ERROR_USAGE. NULL: all do. */
    bool (*check)(const struct option_value *options, struct error *err);
    /* Can the matrix be compressed so? ERROR_DATA names the tensor. */
    bool (*fits)(const struct option_value *options, const struct codec_matrix *m, struct error *err);
    bool (*compress)(const struct option_value *options, struct codec_matrix *m, struct pool *pool, struct error *err);
    /* The same rate without looking at activations, for comparison; NULL: that is the codec itself. */
    void (*plain)(const struct option_value *options, struct codec_matrix *m);
    /* How far each weight may move alone or with all others so that compress gives the very same: low and high, [rows,
     * columns], a little within the cell. NULL: what becomes of a weight is not decided by its group alone. */
    void (*cells)(const struct option_value *options, const struct codec_matrix *m, float *low, float *high);
    /* Factors for the inputs of a site, [columns], by which what comes before is divided; NULL: none. The matrices end
     * as they began. */
    bool (*scale)(const struct option_value *options, struct codec_site *site, double *factors, struct error *err);
    /* Bits a weight takes where the grid is stored as such; of a pruner: of what is left, 16 each. */
    double (*bits)(const struct option_value *options, size_t columns);
};

/* A codec with its settings, read from a spec. */
struct codec_choice {
    const struct codec *codec;
    const struct lm_type_info *stored; /* a storage type; codec is then codec_store */
    struct option_value *options;
    const char *name; /* of files: gptq-bits3-group64; on the arena */
    const char *spec; /* canonical */
};

size_t codecs(const struct codec *const **out); /* without the storage types */
/* Specs of a list and of grids (a:b:c), one choice each, on the arena. ERROR_USAGE: unknown names, keys, values. */
bool codec_choices(struct arena *arena, const char *const *specs, size_t n, struct codec_choice **out, size_t *n_out,
                   struct error *err) MUST_CHECK;
bool codec_fits(const struct codec_choice *choice, const struct codec_matrix *m, struct error *err) MUST_CHECK;
double codec_bits(const struct codec_choice *choice, size_t columns);

extern const struct codec codec_rtn, codec_gptq, codec_awq, codec_magnitude, codec_wanda, codec_sparsegpt, codec_store;

#endif
