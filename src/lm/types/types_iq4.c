/* Encoders of the 4-bit types with uneven levels: see types.h for the layouts. The result is that of ggml's quantisers
 * without an importance matrix, byte for byte. */
#include "lm/types/types_fit.h"
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

enum { GROUP = 32, HALF = GROUP / 2 };

static void put_levels(unsigned char *to, const float *x, float scale) {
    float inverse = scale != 0 ? 1 / scale : 0;
    for (size_t i = 0; i < HALF; i++)
        to[i] = (unsigned char)(fit_level(inverse * x[i]) | fit_level(inverse * x[i + HALF]) << 4);
}

void iq4_nl_store(const float *from, void *to, size_t n) {
    unsigned char *p = to;
    for (size_t i = 0; i < n; i += GROUP, p += IQ4_NL_BYTES) {
        float scale = fit_levels(from + i, GROUP);
        store_u16(p, f16_from_f32(scale));
        put_levels(p + 2, from + i, scale);
    }
}

static void iq4_xs_block(const float *x, unsigned char *to) {
    float scale[8], most = 0, d = -0.0f; /* the sign that the reference gives to zeros */
    unsigned tops = 0;
    for (size_t g = 0; g < 8; g++) {
        float size = scale[g] = fit_levels(x + GROUP * g, GROUP);
        if (size < 0) size = -size;
        if (size > most) most = size, d = -scale[g] / 32;
    }
    float inverse = d != 0 ? 1 / d : 0;
    memset(to + 4, 0, 4);
    for (size_t g = 0; g < 8; g++) {
        int k = fit_clamp(fit_nearest(inverse * scale[g]), -32, 31);
        put_levels(to + 8 + HALF * g, x + GROUP * g, d * (float)k);
        to[4 + g / 2] |= (unsigned char)((k + 32) % 16 << g % 2 * 4);
        tops |= (unsigned)(k + 32) / 16 << 2 * g;
    }
    store_u16(to, f16_from_f32(d));
    store_u16(to + 2, (uint16_t)tops);
}

void iq4_xs_store(const float *from, void *to, size_t n) {
    for (size_t i = 0; i < n / IQ4_XS_VALUES; i++)
        iq4_xs_block(from + i * IQ4_XS_VALUES, (unsigned char *)to + i * IQ4_XS_BYTES);
}
