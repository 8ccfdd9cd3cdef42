/* Exact fractions: see geo_fraction.h. */
#include "geometry/geo_fraction.h"

static const struct geo_fraction lost = {0, 0};

static uint64_t size_of(int64_t a) {
    return a < 0 ? -(uint64_t)a : (uint64_t)a;
}

static uint64_t common(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct geo_fraction geo_fraction(int64_t n, int64_t d) {
    if (d == 0 || n == INT64_MIN || d == INT64_MIN) return lost;
    int64_t g = (int64_t)common(size_of(n), size_of(d));
    if (d < 0) g = -g;
    return (struct geo_fraction){n / g, d / g};
}

static struct geo_fraction combine(struct geo_fraction a, struct geo_fraction b, bool minus) {
    int64_t x, y, n, d;
    if (!a.d || !b.d) return lost;
    int64_t g = (int64_t)common(size_of(a.d), size_of(b.d));
    if (__builtin_mul_overflow(a.n, b.d / g, &x) || __builtin_mul_overflow(b.n, a.d / g, &y) ||
        (minus ? __builtin_sub_overflow(x, y, &n) : __builtin_add_overflow(x, y, &n)) ||
        __builtin_mul_overflow(a.d, b.d / g, &d))
        return lost;
    return geo_fraction(n, d);
}

struct geo_fraction geo_fraction_add(struct geo_fraction a, struct geo_fraction b) {
    return combine(a, b, false);
}
struct geo_fraction geo_fraction_subtract(struct geo_fraction a, struct geo_fraction b) {
    return combine(a, b, true);
}

struct geo_fraction geo_fraction_multiply(struct geo_fraction a, struct geo_fraction b) {
    int64_t n, d;
    if (!a.d || !b.d) return lost;
    int64_t g = (int64_t)common(size_of(a.n), size_of(b.d)), h = (int64_t)common(size_of(b.n), size_of(a.d));
    if (a.n == 0 || b.n == 0) return (struct geo_fraction){0, 1};
    if (__builtin_mul_overflow(a.n / g, b.n / h, &n) || __builtin_mul_overflow(a.d / h, b.d / g, &d)) return lost;
    return geo_fraction(n, d);
}

struct geo_fraction geo_fraction_divide(struct geo_fraction a, struct geo_fraction b) {
    return geo_fraction_multiply(a, geo_fraction(b.d, b.n));
}

bool geo_fraction_fits(struct geo_fraction a) {
    return a.d != 0;
}

bool geo_fraction_equal(struct geo_fraction a, struct geo_fraction b) {
    return a.n == b.n && a.d == b.d;
}

double geo_fraction_f64(struct geo_fraction a) {
    return (double)a.n / (double)a.d;
}

/* "12.5" */
static bool read_decimal(struct text t, struct geo_fraction *out) {
    size_t dot = text_find(t, TEXT("."), 0);
    int64_t whole, part, ten = 1;
    if (dot == SIZE_MAX) return text_to_i64(t, &whole) && (*out = geo_fraction(whole, 1), out->d != 0);
    struct text behind = text_part(t, dot + 1, t.len);
    if (behind.len == 0 || behind.len > 15 || behind.at[0] == '-' || behind.at[0] == '+') return false;
    for (size_t i = 0; i < behind.len; i++) ten *= 10;
    if (!text_to_i64(text_part(t, 0, dot), &whole) || !text_to_i64(behind, &part)) return false;
    struct geo_fraction rest = geo_fraction(t.at[0] == '-' ? -part : part, ten);
    return *out = geo_fraction_add(geo_fraction(whole, 1), rest), out->d != 0;
}

bool geo_fraction_read(struct text t, struct geo_fraction *out) {
    size_t stroke = text_find(t, TEXT("/"), 0);
    struct geo_fraction above, below;
    if (stroke == SIZE_MAX) return read_decimal(t, out);
    if (!read_decimal(text_part(t, 0, stroke), &above) || !read_decimal(text_part(t, stroke + 1, t.len), &below))
        return false;
    return *out = geo_fraction_divide(above, below), out->d != 0;
}
