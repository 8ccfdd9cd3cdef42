/* Two labelled groups of texts, of which a model holds one vector a layer: which weights of the layers part them best.
 * h~ = sum_l alpha_l h^(l), alpha >= 0. Sums are kept of cells of texts and no text itself, so that memory does not
 * grow with their number:
 *
 *   G[l,m] = sum_i <h_i^(l), h_i^(m)>     s_l = sum_i h_i^(l)
 *   S_W[l,m] = sum_k (G_k[l,m] - <s_{k,l}, s_{k,m}> / n_k)     S_B[l,m] = <delta_l, delta_m>, delta = mu_1 - mu_0
 *   W(alpha) = alpha' S_W alpha     D^2(alpha) = alpha' S_B alpha     rho(alpha) = n D^2 / W
 *
 * A reference (the mean of the first texts) is taken off before anything is squared, because of cancellation. */
#ifndef MEASURE_LAYERS_H
#define MEASURE_LAYERS_H

#include "base/rng.h"

enum { LAYERS_MOST = 512, LAYERS_SURE = 16 };

struct layers;
/* cells: groups of texts whose sums are kept apart (label x block x topic). ERROR_DATA: too large. */
struct layers *layers_new(size_t layers, size_t width, size_t cells, struct error *err) MUST_CHECK;
void layers_free(struct layers *sums);
size_t layers_bytes(size_t layers, size_t width, size_t cells); /* what it will hold; SIZE_MAX: too much */
/* h: [layers, width]. The order of texts decides the reference, and only rounding beside. ERROR_DATA: a number that is
 * none. */
bool layers_add(struct layers *sums, size_t cell, const float *h, struct error *err) MUST_CHECK;
void layers_end(struct layers *sums); /* no text follows */
uint64_t layers_texts(const struct layers *sums, size_t cell);
/* 1 / root mean square norm of each layer over all texts: [layers]; 1 where a layer is 0. */
void layers_scales(const struct layers *sums, double *scale);

/* Scatter of some cells: group [cells] is 0, 1, or LAYERS_NOT. scale [layers] multiplies layers. */
enum { LAYERS_NOT = 255 };
struct layers_scatter {
    size_t layers;
    double n[2];
    double *within, *apart; /* [layers, layers] S_W, S_B; owned: layers_scatter_done */
};
bool layers_scatter(const struct layers *sums, const uint8_t *group, const double *scale, struct layers_scatter *out,
                    struct error *err) MUST_CHECK;
void layers_scatter_done(struct layers_scatter *scatter);
double layers_within(const struct layers_scatter *scatter, const double *alpha);
double layers_apart(const struct layers_scatter *scatter, const double *alpha);
double layers_rho(const struct layers_scatter *scatter, const double *alpha); /* W 0: infinite; NaN: all are one */
/* Of one cell under alpha (already scaled): its sum [width], less the reference, and sum of squares. */
double layers_pooled(const struct layers *sums, size_t cell, const double *alpha, double *sum);

/* The best weights, sum 1. */
enum layers_proof {
    LAYERS_BOUND, /* the best weights of any sign have none below 0, so nothing is better */
    LAYERS_EVERY, /* every set of layers was tried, at most LAYERS_SURE of them: nothing is better */
    LAYERS_LOCAL, /* the best of many starts; nothing is better than `bound` */
};
extern const char *const layers_proofs[];
struct layers_best {
    double rho, bound; /* bound: of weights of any sign, an upper bound */
    enum layers_proof proof;
};
/* The ratio of two forms is largest, within a set of layers of which none has weight 0, at the largest eigenvalue of
 * that set's pencil (n S_B, S_W) and nowhere else; so trying sets is exact. Otherwise Dinkelbach's iteration
 * (Management Science 13, 1967) by projected gradients from every layer, every pair, and the clipped eigenvector.
 * alpha: [layers]. */
bool layers_optimal(const struct layers_scatter *scatter, double *alpha, struct layers_best *out,
                    struct error *err) MUST_CHECK;

/* Euclidean projection on the simplex (Martins & Astudillo 2016): out [n] may be z; order: room [n]. */
void sparsemax(const double *z, size_t n, double *out, double *order);

/* The learner of the paper: contrastive loss over sampled pairs, alpha = sparsemax(z), Adam. Texts give their layers by
 * a callback, which are borrowed until the next call but one. */
typedef const float *layers_read(void *context, size_t text);
struct layers_learner {
    size_t steps, batch; /* 200, 64 */
    double rate, delta;  /* 0.05, 0.1 */
    uint64_t seed;
};
bool layers_learn(const struct layers_learner *settings, size_t layers, size_t width, const double *scale,
                  layers_read *read, void *context, const uint32_t *text, const uint8_t *label, size_t n,
                  double *alpha, size_t *steps, struct error *err) MUST_CHECK;

#endif
