/* Prints a hash of what every kernel makes of fixed inputs, a line each: kernel_hashes plain|fast. The same lines come
 * from every twin and from every processor, which neon.sh checks. It is built twice: with the program, and for another
 * processor from the files of the kernels alone. */
#include "lm/engine/engine_kernel.h"
#include "lm/types/row_kernel.h"
#include "lm/types/types_internal.h"
#include "tensor/kernel.h"

#include <math.h>
#include <stdio.h>

enum { MOST = 300, SIZES = 7 };
static const size_t sizes[SIZES] = {1, 7, 16, 31, 64, 129, MOST};

/* ---- numbers and hashes */

static uint32_t state = 1;

static uint32_t draw(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void numbers(float *at, size_t n, float range) {
    for (size_t i = 0; i < n; i++) at[i] = range * (float)((double)draw() * 0x1p-23 - 1.0);
}

/* FNV-1a; what is not a number counts alike, as processors write it differently. */
static uint64_t hash_floats(uint64_t hash, const float *at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0x7fc00000u;
        if (!isnan(at[i])) memcpy(&bits, at + i, sizeof bits);
        for (int b = 0; b < 4; b++) hash = (hash ^ (bits >> 8 * b & 255u)) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t hash_f64(uint64_t hash, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int b = 0; b < 8; b++) hash = (hash ^ (bits >> 8 * b & 255u)) * 0x100000001b3u;
    return hash;
}

static const uint64_t none = 0xcbf29ce484222325u;

static void tell(const char *kernel, uint64_t hash) {
    printf("%s %016llx\n", kernel, (unsigned long long)hash);
}

/* ---- the tape's */

struct rows {
    float a[MOST], b[MOST], c[MOST], d[MOST], out[MOST], other[MOST];
};

static void fill(struct rows *r, size_t n) {
    numbers(r->a, n, 9);
    numbers(r->b, n, 3);
    numbers(r->c, n, 1);
    numbers(r->d, n, 2);
    numbers(r->out, n, 1);
    numbers(r->other, n, 1);
}

static void tape(const struct kernels *k) {
    static struct rows r;
    enum { EXP, SUMS, SIMPLE, NORM, GATE, SOFTMAX, LOSS, ADAMW, ROUND, KINDS };
    static const char *const names[KINDS] = {
        "exp", "dot, squares", "add, multiply, scale", "rmsnorm", "swiglu", "softmax", "log_sum_exp", "adamw", "bf16"};
    uint64_t h[KINDS];
    for (int i = 0; i < KINDS; i++) h[i] = none;
    for (size_t s = 0; s < SIZES; s++) {
        size_t n = sizes[s];
        float sum;
        fill(&r, n);
        k->exp(r.out, r.a, n);
        h[EXP] = hash_floats(h[EXP], r.out, n);
        sum = k->dot(r.a, r.b, n);
        h[SUMS] = hash_f64(hash_floats(h[SUMS], &sum, 1), k->squares(r.a, n));
        k->add(r.out, r.a, r.b, n);
        k->multiply_add(r.out, r.c, r.b, n);
        k->scale_add(r.out, r.d, 0.3F, n);
        k->multiply(r.other, r.out, r.d, n);
        k->scale(r.other, r.other, 1.7F, n);
        h[SIMPLE] = hash_floats(h[SIMPLE], r.other, n);
        fill(&r, n);
        float inverse = k->rmsnorm(r.out, r.a, r.c, 1e-5F, n);
        h[NORM] = hash_floats(h[NORM], r.out, n);
        k->rmsnorm_back(r.out, true, r.other, r.b, r.a, r.c, inverse, n);
        h[NORM] = hash_floats(hash_floats(h[NORM], r.out, n), r.other, n);
        k->swiglu(r.out, r.a, r.b, n);
        h[GATE] = hash_floats(h[GATE], r.out, n);
        k->swiglu_back(r.out, true, r.other, false, r.c, r.a, r.b, n);
        h[GATE] = hash_floats(hash_floats(h[GATE], r.out, n), r.other, n);
        fill(&r, n);
        float max = k->softmax(r.a, n - n / 3, n, &sum);
        h[SOFTMAX] = hash_floats(hash_floats(hash_floats(h[SOFTMAX], r.a, n), &max, 1), &sum, 1);
        k->softmax_back(r.b, r.c, 1.5F, 0.2F, n - n / 3, n);
        h[SOFTMAX] = hash_floats(hash_floats(h[SOFTMAX], r.b, n), r.c, n);
        max = k->log_sum_exp(r.d, n, &sum);
        k->logprob_back(r.out, true, r.d, max, 0.4F, n);
        h[LOSS] = hash_floats(hash_floats(hash_floats(h[LOSS], &max, 1), &sum, 1), r.out, n);
        fill(&r, n);
        for (size_t i = 0; i < n; i++) r.c[i] = fabsf(r.c[i]);
        const struct kernel_adamw step = {0.9F, 0.95F, 0.1F, 0.05F, 1e-8F, 1e-3F, 1e-4F, 1.2F, 1.1F, 0.7F};
        k->adamw(r.a, r.b, r.c, r.d, &step, n);
        h[ADAMW] = hash_floats(hash_floats(hash_floats(h[ADAMW], r.a, n), r.b, n), r.c, n);
        k->bf16_round(r.out, r.a, n);
        h[ROUND] = hash_floats(h[ROUND], r.out, n);
    }
    for (int i = 0; i < KINDS; i++) tell(names[i], h[i]);
}

/* ---- the engine's */

enum { HEADS = 3, SIZE = 16, POSITIONS = 37, PAGES = (POSITIONS + 15) / 16 };

static void attend(const struct engine_kernels *k) {
    static float page[PAGES][2 * SIZE * KERNEL_LANES], x[HEADS * SIZE], out[HEADS * SIZE], scores[PAGES * KERNEL_LANES];
    static float cosines[SIZE / 2], sines[SIZE / 2];
    const float *pages[PAGES];
    uint64_t h = none;
    for (size_t i = 0; i < PAGES; i++) {
        numbers(page[i], 2 * SIZE * KERNEL_LANES, 2);
        pages[i] = page[i];
    }
    numbers(x, HEADS * SIZE, 1);
    numbers(cosines, SIZE / 2, 1);
    numbers(sines, SIZE / 2, 1);
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        k->rope(out, x, HEADS, SIZE, cosines, sines, interleaved, 0.25F);
        h = hash_floats(h, out, HEADS * SIZE);
    }
    tell("rope", h);
    h = none;
    for (size_t n = 1; n <= POSITIONS; n += 9) {
        k->attention(out, x, pages, 0, SIZE * KERNEL_LANES, SIZE, n, scores);
        h = hash_floats(h, out, SIZE);
        k->attention_within(out, x, pages, 0, SIZE * KERNEL_LANES, SIZE, n / 2, n, 5, scores);
        h = hash_floats(h, out, SIZE);
    }
    tell("attention", h);
}

static void engine(const struct engine_kernels *k) {
    static struct rows r;
    enum { NORMS, GATES, CAP, MASS, KINDS };
    static const char *const names[KINDS] = {"rmsnorm, layernorm", "geglu, gelu, swiglu", "cap", "mass, powers"};
    uint64_t h[KINDS];
    for (int i = 0; i < KINDS; i++) h[i] = none;
    for (size_t s = 0; s < SIZES; s++) {
        size_t n = sizes[s];
        fill(&r, n);
        k->rmsnorm(r.out, r.a, r.b, n, 1e-5F);
        k->layernorm(r.other, r.a, r.b, r.c, n, 1e-5F);
        h[NORMS] = hash_floats(hash_floats(h[NORMS], r.out, n), r.other, n);
        k->geglu(r.a, r.b, n);
        k->gelu(r.b, n);
        k->geglu_erf(r.c, r.d, n);
        k->gelu_erf(r.d, n);
        k->swiglu(r.out, r.a, n);
        h[GATES] = hash_floats(hash_floats(hash_floats(h[GATES], r.a, n), r.b, n), r.c, n);
        h[GATES] = hash_floats(hash_floats(h[GATES], r.d, n), r.out, n);
        fill(&r, n);
        k->cap(r.a, n, 3);
        h[CAP] = hash_floats(h[CAP], r.a, n);
        struct kernel_mass mass = k->mass(r.b, n);
        k->powers(r.out, r.b, n, mass.max, 0.5F);
        h[MASS] =
            hash_f64(hash_f64(hash_floats(hash_floats(h[MASS], r.out, n), &mass.max, 1), mass.sum), (double)mass.best);
    }
    for (int i = 0; i < KINDS; i++) tell(names[i], h[i]);
    attend(k);
}

/* ---- rows of weights, and what types decode to */

enum { UNITS = 3, K = 256 * UNITS, ROWS = 11, WEIGHTS = 13 };

static void random_bytes(unsigned char *at, size_t n) {
    for (size_t i = 0; i < n; i++) at[i] = (unsigned char)draw();
}

/* A half between 2^-9 and 2^-6, as scales are. */
static void put_scale(unsigned char *at) {
    uint16_t half = (uint16_t)(0x1800u + draw() % 0xc00u);
    memcpy(at, &half, sizeof half);
}

static void row(const char *name, row_kernel *kernel, size_t values, size_t bytes, const struct row_extra *extra,
                const size_t *scales, size_t n_scales) {
    static unsigned char w[WEIGHTS * K * 2];
    static _Alignas(64) char room[28 * K + 64];
    static signed char q[ROWS * K];
    static float d[ROWS * K / 32], y[ROWS * (WEIGHTS + 1)];
    static int32_t excess[ROWS * K / 16];
    static int16_t sums[ROWS * K / 32];
    struct row_operand x = {K, q, d, excess, sums};
    random_bytes(w, WEIGHTS * K / values * bytes);
    for (size_t b = 0; b < WEIGHTS * K / values; b++)
        for (size_t s = 0; s < n_scales; s++) put_scale(w + b * bytes + scales[s]);
    for (size_t i = 0; i < ROWS * K; i++) q[i] = (signed char)(draw() % 255 - 127);
    numbers(d, ROWS * K / 32, 0.1F);
    for (size_t r = 0; r < ROWS; r++) row_operand_sums(&x, extra, r);
    const struct row_block block = {w, K / values * bytes, WEIGHTS, room};
    kernel(&block, &x, ROWS, y, WEIGHTS + 1);
    uint64_t h = none;
    for (size_t r = 0; r < ROWS; r++) h = hash_floats(h, y + (WEIGHTS + 1) * r, WEIGHTS);
    tell(name, h);
}

static void rows(const struct row_kernels *k) {
    static float w[WEIGHTS * MOST], x[ROWS * MOST], y[ROWS * WEIGHTS];
    static const size_t first[] = {0}, two[] = {0, 2}, last[] = {208};
    uint64_t h = none;
    row("row q8_0", k->q8_0, 32, Q8_0_BYTES, &row_extra_q8_0, first, 1);
    row("row q4_0", k->q4_0, 32, Q4_0_BYTES, &row_extra_q4_0, first, 1);
    row("row q4_k", k->q4_k, 256, Q4_K_BYTES, &row_extra_q4_k, two, 2);
    row("row q6_k", k->q6_k, 256, Q6_K_BYTES, &row_extra_q6_k, last, 1);
    for (size_t s = 0; s < SIZES; s++) {
        numbers(w, WEIGHTS * sizes[s], 1);
        numbers(x, ROWS * sizes[s], 2);
        k->floats(w, WEIGHTS, x, sizes[s], ROWS, y, WEIGHTS);
        h = hash_floats(h, y, ROWS * WEIGHTS);
    }
    tell("row floats", h);
}

static void decoders(const struct type_decoders *k) {
    static unsigned char from[4096];
    static float to[1024];
#define DECODE(name, NAME, values, size)                                                                               \
    random_bytes(from, 2 * (size));                                                                                    \
    k->name(from, to, 2 * (values));                                                                                   \
    tell("decode " #name, hash_floats(none, to, 2 * (values)));
    TYPE_LIST(DECODE)
#undef DECODE
}

int main(int argc, char **argv) {
    bool fast = argc == 2 && strcmp(argv[1], "fast") == 0;
    if (!fast && (argc != 2 || strcmp(argv[1], "plain") != 0)) {
        fputs("usage: kernel_hashes plain|fast\n", stderr);
        return 2;
    }
    tape(fast ? kernels() : &kernels_plain);
    engine(fast ? engine_kernels() : &engine_kernels_plain);
    rows(fast ? row_kernels() : &row_kernels_plain);
    decoders(fast ? type_decoders() : &type_decoders_plain);
    return 0;
}
