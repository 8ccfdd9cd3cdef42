/* Fixed-shape products over oneDNN: see product.h. */
#include "tensor/product.h"

#include <omp.h>
#include <pthread.h>

static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine_of_process; /* written once, under engine_once */

static void engine_make(void) {
    if (dnnl_engine_create(&engine_of_process, dnnl_cpu, 0) != dnnl_success) engine_of_process = NULL;
}

dnnl_engine_t product_engine(struct error *err) {
    pthread_once(&engine_once, engine_make);
    if (!engine_of_process) error_set(err, ERROR_ENVIRONMENT, "oneDNN: cannot make a CPU engine");
    return engine_of_process;
}

bool product_status(dnnl_status_t status, const char *what, struct error *err) {
    if (status == dnnl_success) return true;
    if (status == dnnl_out_of_memory) return error_memory(err, what);
    return error_set(err, ERROR_ENVIRONMENT, "oneDNN: %s failed with status %d%s", what, (int)status,
                     status == dnnl_unimplemented ? " (not implemented for this machine)" : "");
}

bool matmul_bf16_is_native(void) {
    return (matmul_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

bool product_reads_strided(void) {
    int isa = matmul_isa();
    return isa != dnnl_cpu_isa_all && (isa & dnnl_cpu_isa_avx512_core) != dnnl_cpu_isa_avx512_core;
}

static bool describe(dnnl_memory_desc_t *md, size_t rows, size_t columns, bool half, const struct layout *layout,
                     struct error *err) {
    dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)columns};
    dnnl_data_type_t type = half ? dnnl_bf16 : dnnl_f32;
    if (!layout)
        return product_status(dnnl_memory_desc_init_by_tag(md, 2, dims, type, dnnl_format_tag_any),
                              "describing a matrix", err);
    dnnl_dims_t strides = {(dnnl_dim_t)layout->row, (dnnl_dim_t)layout->column};
    return product_status(dnnl_memory_desc_init_by_strides(md, 2, dims, type, strides), "describing a matrix", err);
}

/* Scratch memory is the lane's, so that one primitive may run in many threads. */
static bool attributes(dnnl_primitive_attr_t *attr, bool accumulate, struct error *err) {
    dnnl_post_ops_t post = NULL;
    bool ok = product_status(dnnl_primitive_attr_create(attr), "making attributes", err) &&
              product_status(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user),
                             "setting attributes", err);
    if (ok && accumulate)
        ok = product_status(dnnl_post_ops_create(&post), "making attributes", err) &&
             product_status(dnnl_post_ops_append_sum(post, 1.0f), "setting attributes", err) &&
             product_status(dnnl_primitive_attr_set_post_ops(*attr, post), "setting attributes", err);
    if (post) dnnl_post_ops_destroy(post);
    return ok;
}

bool product_init(struct product *p, bool half, size_t m, size_t n, size_t k, struct layout a, const struct layout *b,
                  struct layout c, bool accumulate, struct error *err) {
    *p = (struct product){.m = m, .n = n, .k = k, .half = half};
    dnnl_matmul_desc_t desc;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    bool ok = false;
    dnnl_engine_t engine = product_engine(err);
    if (!engine || !describe(&p->a, m, k, half, &a, err) || !describe(&p->b, k, n, half, b, err) ||
        !describe(&p->c, m, n, false, &c, err) || !attributes(&attr, accumulate, err))
        goto out;
    if (!product_status(dnnl_matmul_desc_init(&desc, &p->a, &p->b, NULL, &p->c), "describing a product", err) ||
        !product_status(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL), "choosing a product", err) ||
        !product_status(dnnl_primitive_create(&p->primitive, pd), "making a product", err))
        goto out;
    p->b = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    p->scratch = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    ok = true;
out:
    if (pd) dnnl_primitive_desc_destroy(pd);
    if (attr) dnnl_primitive_attr_destroy(attr);
    return ok;
}

void product_done(struct product *p) {
    if (p->primitive) dnnl_primitive_destroy(p->primitive);
    p->primitive = NULL;
}

bool lane_init(struct lane *lane, const struct product *p, struct error *err) {
    *lane = (struct lane){0};
    dnnl_engine_t engine = product_engine(err);
    if (!engine) return false;
    size_t bytes = dnnl_memory_desc_get_size(&p->scratch);
    if (bytes && !(lane->scratch_bytes = memory_aligned(64, bytes))) return error_memory(err, "scratch of a product");
    void *none = DNNL_MEMORY_NONE;
    bool ok =
        product_status(dnnl_stream_create(&lane->stream, engine, dnnl_stream_default_flags), "making a stream", err) &&
        product_status(dnnl_memory_create(&lane->a, &p->a, engine, none), "making an operand", err) &&
        product_status(dnnl_memory_create(&lane->b, &p->b, engine, none), "making an operand", err) &&
        product_status(dnnl_memory_create(&lane->c, &p->c, engine, none), "making an operand", err) &&
        product_status(dnnl_memory_create(&lane->scratch, &p->scratch, engine, lane->scratch_bytes), "making scratch",
                       err);
    if (!ok) lane_done(lane);
    return ok;
}

void lane_done(struct lane *lane) {
    dnnl_memory_t memories[] = {lane->a, lane->b, lane->c, lane->scratch};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i]) dnnl_memory_destroy(memories[i]);
    if (lane->stream) dnnl_stream_destroy(lane->stream);
    memory_free(lane->scratch_bytes);
    *lane = (struct lane){0};
}

bool product_run(const struct product *p, struct lane *lane, const void *a, const void *b, void *c) {
    return dnnl_memory_set_data_handle(lane->b, (void *)(uintptr_t)b) == dnnl_success &&
           product_run_packed(p, lane, a, lane->b, c);
}

bool product_run_packed(const struct product *p, struct lane *lane, const void *a, dnnl_memory_t b, void *c) {
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, lane->a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, lane->c}, {DNNL_ARG_SCRATCHPAD, lane->scratch}};
    return dnnl_memory_set_data_handle(lane->a, (void *)(uintptr_t)a) == dnnl_success &&
           dnnl_memory_set_data_handle(lane->c, c) == dnnl_success &&
           dnnl_primitive_execute(p->primitive, lane->stream, 4, args) == dnnl_success &&
           dnnl_stream_wait(lane->stream) == dnnl_success;
}

size_t product_packed_bytes(const struct product *p) {
    return dnnl_memory_desc_get_size(&p->b);
}

bool product_packed_memory(const struct product *p, void *bytes, dnnl_memory_t *memory, struct error *err) {
    dnnl_engine_t engine = product_engine(err);
    return engine && product_status(dnnl_memory_create(memory, &p->b, engine, bytes), "making an operand", err);
}

bool product_pack(const struct product *p, const float *b, struct layout from, dnnl_memory_t packed,
                  struct error *err) {
    dnnl_memory_desc_t plain;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_memory_t source = NULL;
    dnnl_stream_t stream = NULL;
    bool ok = false;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    dnnl_engine_t engine = product_engine(err);
    if (!engine || !describe(&plain, p->k, p->n, false, &from, err)) goto out;
    if (!product_status(dnnl_reorder_primitive_desc_create(&pd, &plain, engine, &p->b, engine, NULL),
                        "choosing a reorder", err) ||
        !product_status(dnnl_primitive_create(&reorder, pd), "making a reorder", err) ||
        !product_status(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "making a stream", err) ||
        !product_status(dnnl_memory_create(&source, &plain, engine, (void *)(uintptr_t)b), "making an operand", err))
        goto out;
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, packed}};
    ok = product_status(dnnl_primitive_execute(reorder, stream, 2, args), "a reorder", err) &&
         product_status(dnnl_stream_wait(stream), "a reorder", err);
out:
    omp_set_num_threads(threads);
    if (source) dnnl_memory_destroy(source);
    if (stream) dnnl_stream_destroy(stream);
    if (reorder) dnnl_primitive_destroy(reorder);
    if (pd) dnnl_primitive_desc_destroy(pd);
    return ok;
}

void product_deal(struct pool *pool, size_t parts, pool_work *work, void *context) {
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    if (pool) {
        pool_run(pool, parts, work, context);
    } else {
        for (size_t part = 0; part < parts; part++) work(context, part, 0);
    }
    omp_set_num_threads(threads);
}
