/* Products in f64: see double_product.h. c is cut into tiles that are dealt to the pool; each packs its operands, a
 * stretch of k at a time, into strips as wide as the kernel's own tile. */
#include "tensor/double_product.h"

#include "base/arena.h"
#include "tensor/double_kernel.h"

/* Multiples of every kernel's tile. */
enum { PART_ROWS = 256, PART_COLUMNS = 240, STRETCH = 256 };

struct double_work {
    const struct double_kernel *kernel;
    size_t m, n, k, c_row, across; /* parts in a row of parts */
    size_t *parts;                 /* those that are wanted, so that each worker gets as much to do */
    struct double_operand a, b;
    double *c, sign;
    bool lower;
    double *room; /* of each worker: a part of a, then one of b */
};

static const struct double_kernel *best(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &double_kernel_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &double_kernel_avx2;
#endif
    return &double_kernel_plain;
}

/* Elements (from + i, at + j), i < n, j < k, as strips [k, width], the last filled up with zeros; read in the order in
 * which they lie. Of b the operand is handed over with its strides exchanged. */
static void pack(const struct double_operand *o, size_t from, size_t n, size_t at, size_t k, size_t width,
                 double *restrict out) {
    size_t start = from * o->row + at * o->column, strips = (n + width - 1) / width;
    bool by_rows = o->row > o->column;
    for (size_t outer = 0; outer < (by_rows ? strips : k); outer++)
        for (size_t inner = 0; inner < (by_rows ? k : strips); inner++) {
            size_t strip = by_rows ? outer : inner, j = by_rows ? inner : outer, i = 0;
            size_t first = start + strip * width * o->row + j * o->column;
            size_t some = n - strip * width < width ? n - strip * width : width;
            double *restrict to = out + (strip * k + j) * width;
            if (o->wide)
                for (; i < some; i++) to[i] = o->wide[first + i * o->row];
            else
                for (; i < some; i++) to[i] = (double)o->narrow[first + i * o->row];
            for (; i < width; i++) to[i] = 0;
        }
}

static void add_tile(const struct double_work *w, const double *sums, size_t row, size_t rows, size_t column,
                     size_t columns) {
    for (size_t i = 0; i < rows; i++) {
        double *restrict c = w->c + (row + i) * w->c_row + column;
        const double *restrict s = sums + i * w->kernel->columns;
        for (size_t j = 0; j < columns; j++) c[j] += w->sign * s[j];
    }
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void part_product(void *context, size_t part, size_t worker) {
    const struct double_work *w = context;
    const struct double_kernel *kernel = w->kernel;
    size_t row = w->parts[part] / w->across * PART_ROWS, column = w->parts[part] % w->across * PART_COLUMNS;
    size_t rows = least(w->m - row, PART_ROWS), columns = least(w->n - column, PART_COLUMNS);
    double *a = w->room + worker * STRETCH * (PART_ROWS + PART_COLUMNS), *b = a + STRETCH * PART_ROWS;
    double sums[DOUBLE_TILE_MOST];
    const struct double_operand turned = {w->b.wide, w->b.narrow, w->b.column, w->b.row};
    for (size_t at = 0; at < w->k; at += STRETCH) {
        size_t k = least(w->k - at, STRETCH);
        pack(&w->a, row, rows, at, k, kernel->rows, a);
        pack(&turned, column, columns, at, k, kernel->columns, b);
        for (size_t j = 0; j < columns; j += kernel->columns)
            for (size_t i = 0; i < rows; i += kernel->rows) {
                size_t some = least(rows - i, kernel->rows);
                if (w->lower && row + i + some <= column + j) continue;
                kernel->tile(k, a + i * k, b + j * k, sums);
                add_tile(w, sums, row + i, some, column + j, least(columns - j, kernel->columns));
            }
    }
}

static bool product(const struct double_kernel *kernel, struct pool *pool, struct double_work w, struct error *err) {
    enum { WORTH_A_START = 1 << 16 };
    size_t down = (w.m + PART_ROWS - 1) / PART_ROWS, n = 0;
    w.across = (w.n + PART_COLUMNS - 1) / PART_COLUMNS;
    w.kernel = kernel;
    if (!w.m || !w.n || !w.k) return true;
    if (w.m * w.n < WORTH_A_START / w.k) pool = NULL;
    w.room = memory_aligned(64, pool_threads(pool) * STRETCH * (PART_ROWS + PART_COLUMNS) * sizeof *w.room);
    w.parts = memory_zeroed(down * w.across, sizeof *w.parts);
    for (size_t i = 0; w.parts && i < down * w.across; i++) {
        size_t end = least(w.m, (i / w.across + 1) * PART_ROWS);
        if (!w.lower || end > i % w.across * PART_COLUMNS) w.parts[n++] = i;
    }
    bool ok = w.room && w.parts;
    if (ok) pool_run(pool, n, part_product, &w);
    memory_free(w.room);
    memory_free(w.parts);
    return ok || error_memory(err, "room of a product");
}

bool double_product(struct pool *pool, size_t m, size_t n, size_t k, struct double_operand a, struct double_operand b,
                    double *c, size_t c_row, double sign, bool lower, struct error *err) {
    const struct double_work w = {
        .m = m, .n = n, .k = k, .c_row = c_row, .a = a, .b = b, .c = c, .sign = sign, .lower = lower};
    return product(best(), pool, w, err);
}

bool double_product_plain(struct pool *pool, size_t m, size_t n, size_t k, struct double_operand a,
                          struct double_operand b, double *c, size_t c_row, double sign, bool lower,
                          struct error *err) {
    const struct double_work w = {
        .m = m, .n = n, .k = k, .c_row = c_row, .a = a, .b = b, .c = c, .sign = sign, .lower = lower};
    return product(&double_kernel_plain, pool, w, err);
}
