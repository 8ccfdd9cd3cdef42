/* One oneDNN matmul primitive of one fixed shape, and the lanes (one per worker) that run it. Inside of the room: the
 * contract is matmul.h. A product is constant after product_init; each lane belongs to one worker at a time. */
#ifndef TENSOR_PRODUCT_H
#define TENSOR_PRODUCT_H

#include "tensor/matmul.h"

#include <oneapi/dnnl/dnnl.h>

/* How an operand lies in memory: element (i, j) at i * row + j * column; one of the two strides is 1. */
struct layout {
    size_t row, column;
};

struct product {
    size_t m, n, k;
    bool half; /* operands a and b are bf16 words, otherwise f32 */
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t a, b, c, scratch;
};

struct lane {
    dnnl_stream_t stream;
    dnnl_memory_t a, b, c, scratch;
    void *scratch_bytes;
};

/* The one engine of the process. oneDNN's CPU engine has no state that a product changes and its primitive cache is
 * shared by all engines anyway, so one engine, made on first use and never changed again, serves every object. */
dnnl_engine_t product_engine(struct error *err) MUST_CHECK;

/* Are products fast on operands whose rows lie apart? From AVX-512 on oneDNN's fast ones read dense matrices only. */
bool product_reads_strided(void);

/* c [m, n] f32 = a [m, k] b [k, n], or += with accumulate. b NULL: b lies as the primitive likes best (see p->b). */
bool product_init(struct product *p, bool half, size_t m, size_t n, size_t k, struct layout a, const struct layout *b,
                  struct layout c, bool accumulate, struct error *err) MUST_CHECK;
void product_done(struct product *p);
bool lane_init(struct lane *lane, const struct product *p, struct error *err) MUST_CHECK;
void lane_done(struct lane *lane);
/* false: oneDNN reported a failure. No err: workers cannot share one; the caller says what failed. */
bool product_run(const struct product *p, struct lane *lane, const void *a, const void *b, void *c);
/* The same with a packed b, which any number of lanes may share. */
bool product_run_packed(const struct product *p, struct lane *lane, const void *a, dnnl_memory_t b, void *c);
/* Bytes of a packed b; a memory object over them (the padding inside is zeroed by this call). */
size_t product_packed_bytes(const struct product *p);
bool product_packed_memory(const struct product *p, void *bytes, dnnl_memory_t *memory, struct error *err) MUST_CHECK;
/* Copies b, f32 with the given layout, into the layout p->b that the primitive chose; converts to bf16 for half. */
bool product_pack(const struct product *p, const float *b, struct layout from, dnnl_memory_t packed,
                  struct error *err) MUST_CHECK;

/* Products by shape, made when first asked for, with a lane for each of a fixed number of workers. Not thread-safe:
 * ask before the work is dealt. */
struct product_cache {
    struct product_entry *entries;
    size_t workers;
};

struct product_entry {
    struct product_entry *next;
    struct product product;
    struct layout a_layout, b_layout, c_layout; /* b_layout {0, 0}: packed */
    bool accumulate;
    struct lane *lanes;
};

void product_cache_done(struct product_cache *cache);
/* The entry, owned by the cache; arguments as product_init. */
struct product_entry *product_cached(struct product_cache *cache, bool half, size_t m, size_t n, size_t k,
                                     struct layout a, const struct layout *b, struct layout c, bool accumulate,
                                     struct error *err) MUST_CHECK;

/* pool_run with OpenMP held at one thread in the caller too, so that oneDNN stays single-threaded inside. */
void product_deal(struct pool *pool, size_t parts, pool_work *work, void *context);
bool product_status(dnnl_status_t status, const char *what, struct error *err);

#endif
