/* What the files of compressing share: the state of a block under way. Inside of the folder. */
#ifndef ACT_COMPRESS_INTERNAL_H
#define ACT_COMPRESS_INTERNAL_H

#include "act/compress/compress.h"

/* The matrices of a block in the order in which they are compressed, by what goes into them. */
enum stage { STAGE_QKV, STAGE_O, STAGE_GATE_UP, STAGE_DOWN, STAGES };
enum { STAGE_MOST = 3, NAME_MOST = 64 };

struct compressing {
    const struct compress_settings *settings;
    struct lm_model *model;
    struct lm_engine *engine; /* NULL: nothing is calibrated */
    struct calibration_text text;
    float *x, *z;    /* [tokens, width], [tokens, heads * head_size]: states, and values weighed by attention */
    float *in, *out; /* of a window: [window, widest] each */
    float *judged;   /* outputs of a module before it is changed, [tokens that are judged, width] */
    size_t judged_windows;
    struct moments moments; /* of the stage */
    struct lm_layer *layer;
    size_t l;
    compress_told *told;
    void *context;
    struct compress_result *result;
    double shares, plain_shares; /* sums over n_rows matrices */
    size_t n_rows;
};

/* The matrices of a stage and their names; returns how many. Those that the description has not are left out. */
size_t stage_matrices(const struct lm_shape *shape, struct lm_layer *layer, enum stage stage,
                      struct lm_matrix *out[STAGE_MOST], const char *names[STAGE_MOST]);
void tensor_name(char out[NAME_MOST], size_t l, const char *name);
bool is_skipped(const struct compress_settings *settings, const char *tensor);

/* stages.c: the text running through the block. */
bool stage_begin(struct compressing *c, struct error *err) MUST_CHECK; /* embeds; makes the room */
/* What goes into the matrices of the stage: [windows[w].n, columns], in c->in or where it is kept. */
bool stage_input(struct compressing *c, enum stage stage, size_t w, const float **in, struct error *err) MUST_CHECK;
/* All windows: fills c->moments. */
bool stage_moments(struct compressing *c, enum stage stage, size_t columns, bool products,
                   struct error *err) MUST_CHECK;
/* Lets the text pass the matrices of the stage. */
bool stage_advance(struct compressing *c, enum stage stage, struct error *err) MUST_CHECK;
/* Output of the module that AWQ judges: attention of the first stage, feed-forward of the third, the matrix alone of
 * the others; [windows[w].n, width] in c->out. */
bool stage_output(struct compressing *c, enum stage stage, size_t w, struct error *err) MUST_CHECK;

/* scaling.c: AWQ's factors of a stage, folded into what comes before; nothing where the codec has none, where what
 * comes before is no gain or matrix of the same size, or where a tensor that would change is skipped. */
bool stage_scale(struct compressing *c, enum stage stage, struct codec_matrix *list, struct lm_matrix *const *matrices,
                 size_t n, struct error *err) MUST_CHECK;
/* Packs the values of a matrix anew, or for the first time. */
bool repack(struct lm_matrix *w, struct error *err) MUST_CHECK;

#endif
