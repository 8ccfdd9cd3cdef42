/* Conversions between f32 and the two half-precision formats, by integer arithmetic, so that every machine gives the
 * same bits: denormals are kept, ties go to even, NaN stays NaN (quiet, sign kept), too large becomes infinity. */
#include "tensor/half.h"

#include "tensor/kernel.h"

#include <string.h>

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float value_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint16_t bf16_from_f32(float value) {
    uint32_t bits = bits_of(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

float f32_from_bf16(uint16_t bits) {
    return value_of((uint32_t)bits << 16);
}

uint16_t f16_from_f32(float value) {
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* 65520 and above round to infinity */
    if (magnitude < 0x38800000u) { /* below 2^-14: adding 0.5 leaves the multiples of 2^-24 in the low bits */
        float aligned = value_of(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_of(aligned) - 0x3f000000u));
    }
    uint32_t odd = magnitude >> 13 & 1u;
    return (uint16_t)(sign | (magnitude - 0x38000000u + 0xfffu + odd) >> 13);
}

float f32_from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
    if (exponent == 0x1fu) return value_of(sign | 0x7f800000u | (fraction ? 0x400000u : 0) | fraction << 13);
    if (exponent == 0) return value_of(sign | bits_of((float)fraction * 0x1p-24f));
    return value_of(sign | (exponent + 112u) << 23 | fraction << 13);
}

void bf16_array_from_f32(uint16_t *out, const float *in, size_t n) {
    kernels()->bf16_from_f32(out, in, n);
}

void f32_array_from_bf16(float *out, const uint16_t *in, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = f32_from_bf16(in[i]);
}

void f16_array_from_f32(uint16_t *out, const float *in, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = f16_from_f32(in[i]);
}

void f32_array_from_f16(float *out, const uint16_t *in, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = f32_from_f16(in[i]);
}
