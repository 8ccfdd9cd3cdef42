/* What this machine's products are called, and whether they keep the promise that a row's bits do not depend on its
 * neighbours: see matmul.h. */
#include "tensor/product.h"

#include <stdio.h>
#include <string.h>

bool matmul_describe(enum matmul_type type, char *out, size_t max, struct error *err) {
    bool half = type == MATMUL_BF16 && matmul_bf16_is_native(), ok = false;
    size_t tile = matmul_tile(), side = 256;
    struct product p;
    if (!product_init(&p, half, tile, side, side, (struct layout){side, 1}, NULL, (struct layout){side, 1}, false, err))
        goto out;
    const_dnnl_primitive_desc_t pd;
    const char *name = NULL;
    if (!product_status(dnnl_primitive_get_primitive_desc(p.primitive, &pd), "naming a product", err) ||
        !product_status(dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&name), "naming a product",
                        err))
        goto out;
    int n = snprintf(out, max, "%s%s", name, type == MATMUL_BF16 && !half ? " on bf16-rounded operands" : "");
    ok = n >= 0 && (size_t)n < max;
    if (!ok) error_set(err, ERROR_USAGE, "the name of a product needs more than %zu bytes", max);
out:
    product_done(&p);
    return ok;
}

const char *matmul_isa_name(void) {
    static const struct {
        dnnl_cpu_isa_t isa;
        const char *name;
    } names[] = {
        {dnnl_cpu_isa_sse41, "sse41"},
        {dnnl_cpu_isa_avx, "avx"},
        {dnnl_cpu_isa_avx2, "avx2"},
        {dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
        {dnnl_cpu_isa_avx512_core, "avx512_core"},
        {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
        {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
        {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((int)names[i].isa == matmul_isa()) return names[i].name;
    return "unknown";
}

void matmul_version(char out[32]) {
    const dnnl_version_t *v = dnnl_version();
    snprintf(out, 32, "%d.%d.%d", v->major, v->minor, v->patch);
}

static void fill(float *at, size_t n, uint32_t state) {
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = (float)(int32_t)state * 0x1p-31f;
    }
}

/* One row, alone and at every place of several tiles, must give the same bits. */
static bool rows_agree(enum matmul_type type, size_t n, size_t k, struct error *err) {
    size_t rows = 2 * matmul_tile() + 1;
    bool ok = false;
    float *w = memory_alloc(n * k * sizeof *w), *x = memory_alloc(rows * k * sizeof *x);
    float *y = memory_alloc(rows * n * sizeof *y), *alone = memory_alloc(n * sizeof *alone);
    struct matmul_weights *weights = NULL;
    if (!w || !x || !y || !alone) {
        error_memory(err, "self-test of products");
        goto out;
    }
    fill(w, n * k, 1);
    fill(x, k, 2);
    for (size_t i = 1; i < rows; i++) memcpy(x + i * k, x, k * sizeof *x);
    weights = matmul_weights_new(w, n, k, type, err);
    if (!weights || !matmul_apply(weights, NULL, x, 1, alone, err) || !matmul_apply(weights, NULL, x, rows, y, err))
        goto out;
    for (size_t i = 0; i < rows; i++) {
        if (memcmp(alone, y + i * n, n * sizeof *y) == 0) continue;
        error_set(
            err, ERROR_ENVIRONMENT,
            "self-test of products: %s [%zu, %zu]: row %zu of %zu equal rows differs (oneDNN isa %d); results would "
            "depend on batch size, so this machine cannot be used",
            type == MATMUL_BF16 ? "bf16" : "f32", n, k, i, rows, matmul_isa());
        goto out;
    }
    ok = true;
out:
    matmul_weights_free(weights);
    memory_free(w);
    memory_free(x);
    memory_free(y);
    memory_free(alone);
    return ok;
}

bool matmul_self_test(struct error *err) {
    static const size_t shapes[][2] = {{256, 256}, {96, 64}, {300, 172}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int type = MATMUL_F32; type <= MATMUL_BF16; type++)
            if (!rows_agree((enum matmul_type)type, shapes[i][0], shapes[i][1], err)) return false;
    return true;
}
