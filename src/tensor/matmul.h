/* Matrix products with the exactness contract of the house: a row's result never depends on how many rows are in
 * flight, on its place among them, or on threads.
 *
 * All products run through oneDNN 2.6 in row tiles of one height, what is left in steps of fewer rows with the same
 * bits (checked where it runs), one single-threaded primitive per worker. Twins in matmul_plain.c (loops, f64 sums):
 * the oracle. Compute types: f32, and bf16 (inputs rounded to bf16, sums in f32) where the machine has AVX512_BF16;
 * elsewhere a bf16 request computes in f32 on bf16-rounded inputs. */
#ifndef TENSOR_MATMUL_H
#define TENSOR_MATMUL_H

#include "base/arena.h"
#include "base/pool.h"

enum matmul_type { MATMUL_F32, MATMUL_BF16 };

/* The tile height of this machine: 32, or 48 where equal rows in a 32-row tile were seen to differ (see matmul.c). */
size_t matmul_tile(void);
/* Implementation names for `doctor` and `bench`, e.g. "brg:avx512_core_bf16". */
bool matmul_describe(enum matmul_type type, char *out, size_t max, struct error *err) MUST_CHECK;
/* Equal rows in one tile, tile places and tile counts give equal bits? Run once at start-up by users that promise it.
 */
bool matmul_self_test(struct error *err) MUST_CHECK;
/* Does bf16 run as bf16 on this machine? Otherwise a bf16 request costs more than f32 and is less exact. */
bool matmul_bf16_is_native(void);
/* dnnl_get_effective_cpu_isa(), for the record. */
int matmul_isa(void);
/* The same in words, e.g. "avx512_core_bf16"; "unknown" for one that this program has no word for. */
const char *matmul_isa_name(void);
/* Of the oneDNN that runs, e.g. "2.6.0". */
void matmul_version(char out[32]);

/* Constant weights, reordered once into the format the primitive likes. Thread-safe after creation. */
struct matmul_weights;
/* w: [n, k] row-major f32 (as files store Linear weights: out x in). y = x w^T. */
struct matmul_weights *matmul_weights_new(const float *w, size_t n, size_t k, enum matmul_type type,
                                          struct error *err) MUST_CHECK;
/* The same from w: [k, n] row-major. y = x w. */
struct matmul_weights *matmul_weights_new_transposed(const float *w, size_t n, size_t k, enum matmul_type type,
                                                     struct error *err) MUST_CHECK;
/* Weights [n, k] that are kept in another form: read writes rows first..first + n - 1 as f32, [n, k]; it may be called
 * by several threads at once. */
struct matmul_source {
    void (*read)(const void *context, size_t first, size_t n, float *out);
    const void *context; /* borrowed for as long as the weights live, unless they are kept */
};
/* Room in which products unpack weights that are not kept; one for all weights of a model. Thread-safe. */
struct matmul_store;
struct matmul_store *matmul_store_new(struct error *err) MUST_CHECK;
void matmul_store_free(struct matmul_store *store); /* after the weights */
/* store NULL: read and packed once, now, and kept. Otherwise at every product, some blocks of columns at a time for all
 * its rows, in the store's room (which is borrowed): slower by what reading and packing cost, a few per cent of a
 * product with 512 rows, and the same bits. */
struct matmul_weights *matmul_weights_new_source(const struct matmul_source *source, size_t n, size_t k,
                                                 enum matmul_type type, struct matmul_store *store,
                                                 struct error *err) MUST_CHECK;
void matmul_weights_free(struct matmul_weights *weights);
enum matmul_type matmul_weights_type(const struct matmul_weights *weights);
/* Reorders new values into an existing object (after an optimiser step) whose weights are kept. */
bool matmul_weights_update(struct matmul_weights *weights, const float *w, struct error *err) MUST_CHECK;
/* Several objects at once, their blocks dealt to the pool together; the same result. */
struct matmul_renewal {
    struct matmul_weights *weights;
    const float *w;
};
bool matmul_weights_renew(const struct matmul_renewal *list, size_t n, struct pool *pool, struct error *err) MUST_CHECK;
size_t matmul_weights_bytes(const struct matmul_weights *weights); /* of what is kept packed */
/* y: [rows, n] f32 = x: [rows, k] f32 times w^T, rows dealt to the pool in whole tiles. */
bool matmul_apply(const struct matmul_weights *weights, struct pool *pool, const float *x, size_t rows, float *y,
                  struct error *err) MUST_CHECK;
/* y += x w^T: the product is made whole and then added. */
bool matmul_apply_add(const struct matmul_weights *weights, struct pool *pool, const float *x, size_t rows, float *y,
                      struct error *err) MUST_CHECK;

/* General products of changing operands, for training; c: [m, n] f32 row-major.
 * transpose_a: a is stored [k, m]; transpose_b: b is stored [n, k]. accumulate: c += a b.
 * m is cut into fixed tiles dealt to the pool; sums over k have a fixed order. */
bool matmul(struct pool *pool, enum matmul_type type, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
            const float *a, const float *b, float *c, bool accumulate, struct error *err) MUST_CHECK;

/* Oracle: plain loops, f64 accumulation; same arguments. bf16 rounds the inputs first. */
void matmul_plain(enum matmul_type type, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                  const float *a, const float *b, float *c, bool accumulate);

uint16_t bf16_from_f32(float value); /* round to nearest even; NaN stays NaN */
float f32_from_bf16(uint16_t bits);
uint16_t f16_from_f32(float value);
float f32_from_f16(uint16_t bits);

#endif
