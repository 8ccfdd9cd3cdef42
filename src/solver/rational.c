/* Fractions: see rational.h. Magnitudes are little-endian words of 32 bits without leading zeros; long division is
 * Knuth's algorithm D (The Art of Computer Programming 2, 4.3.1). */
#include "solver/rational.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { WORDS_MOST = RATIONAL_BITS_MOST / 32 };

/* A whole number without sign. n 0: zero. */
struct magnitude {
    size_t n;
    const uint32_t *word;
};
struct rational {
    bool negative;
    struct magnitude over, under;
};

static const uint32_t one_word[] = {1};
static const struct magnitude one = {1, one_word};

static struct magnitude trimmed(const uint32_t *word, size_t n) {
    while (n > 0 && word[n - 1] == 0) n--;
    return (struct magnitude){n, word};
}

static bool is_one(struct magnitude a) {
    return a.n == 1 && a.word[0] == 1;
}

static uint32_t *words(struct arena *arena, size_t n, struct error *err) {
    if (n > WORDS_MOST + 2) {
        error_set(err, ERROR_DATA, "a number of more than %d bits", RATIONAL_BITS_MOST);
        return NULL;
    }
    return arena_new(arena, uint32_t, n ? n : 1, err);
}

static int compare(struct magnitude a, struct magnitude b) {
    if (a.n != b.n) return a.n < b.n ? -1 : 1;
    for (size_t i = a.n; i-- > 0;)
        if (a.word[i] != b.word[i]) return a.word[i] < b.word[i] ? -1 : 1;
    return 0;
}

static bool add(struct arena *arena, struct magnitude a, struct magnitude b, struct magnitude *out, struct error *err) {
    size_t n = (a.n > b.n ? a.n : b.n) + 1;
    uint32_t *sum = words(arena, n, err);
    uint64_t carry = 0;
    if (!sum) return false;
    for (size_t i = 0; i < n; i++) {
        carry += (uint64_t)(i < a.n ? a.word[i] : 0) + (i < b.n ? b.word[i] : 0);
        sum[i] = (uint32_t)carry;
        carry >>= 32;
    }
    *out = trimmed(sum, n);
    return true;
}

/* a - b, for a >= b. */
static bool subtract(struct arena *arena, struct magnitude a, struct magnitude b, struct magnitude *out,
                     struct error *err) {
    uint32_t *rest = words(arena, a.n, err);
    uint64_t borrow = 0;
    if (!rest) return false;
    for (size_t i = 0; i < a.n; i++) {
        uint64_t take = (i < b.n ? b.word[i] : 0) + borrow;
        borrow = a.word[i] < take;
        rest[i] = (uint32_t)(a.word[i] - take);
    }
    *out = trimmed(rest, a.n);
    return true;
}

static bool multiply(struct arena *arena, struct magnitude a, struct magnitude b, struct magnitude *out,
                     struct error *err) {
    uint32_t *product = words(arena, a.n + b.n, err);
    if (!product) return false;
    for (size_t i = 0; i < a.n; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b.n; j++) {
            carry += product[i + j] + (uint64_t)a.word[i] * b.word[j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + b.n] = (uint32_t)carry;
    }
    *out = trimmed(product, a.n + b.n);
    return true;
}

/* quotient = a / b, returns a % b. */
static uint32_t divide_word(struct magnitude a, uint32_t b, uint32_t *quotient) {
    uint64_t rest = 0;
    for (size_t i = a.n; i-- > 0;) {
        rest = rest << 32 | a.word[i];
        quotient[i] = (uint32_t)(rest / b);
        rest %= b;
    }
    return (uint32_t)rest;
}

/* One word of the quotient: how often v goes into the top of u; u is what is left. */
static uint32_t divide_step(uint32_t *u, const uint32_t *v, size_t n) {
    uint64_t top = (uint64_t)u[n] << 32 | u[n - 1], guess = top / v[n - 1], rest = top % v[n - 1];
    while (guess >> 32 || guess * v[n - 2] > (rest << 32 | u[n - 2])) {
        guess--;
        rest += v[n - 1];
        if (rest >> 32) break;
    }
    int64_t borrow = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t product = guess * v[i];
        int64_t left = (int64_t)u[i] - borrow - (int64_t)(product & 0xffffffff);
        u[i] = (uint32_t)left;
        borrow = (int64_t)(product >> 32) - (left >> 32);
    }
    int64_t left = (int64_t)u[n] - borrow;
    u[n] = (uint32_t)left;
    if (left >= 0) return (uint32_t)guess;
    uint64_t carry = 0; /* once too often */
    for (size_t i = 0; i < n; i++) {
        carry += (uint64_t)u[i] + v[i];
        u[i] = (uint32_t)carry;
        carry >>= 32;
    }
    u[n] += (uint32_t)carry;
    return (uint32_t)guess - 1;
}

static void shift_left(uint32_t *out, size_t n, struct magnitude a, unsigned bits) {
    for (size_t i = 0; i < n; i++) {
        uint64_t low = i > 0 && i - 1 < a.n ? a.word[i - 1] : 0, high = i < a.n ? a.word[i] : 0;
        out[i] = (uint32_t)((high << 32 | low) << bits >> 32);
    }
}

static void shift_right(uint32_t *at, size_t n, unsigned bits) {
    for (size_t i = 0; i < n; i++) {
        uint64_t high = i + 1 < n ? at[i + 1] : 0;
        at[i] = (uint32_t)((high << 32 | at[i]) >> bits);
    }
}

/* a = quotient * b + rest; b is not 0. */
static bool divide(struct arena *arena, struct magnitude a, struct magnitude b, struct magnitude *quotient,
                   struct magnitude *rest, struct error *err) {
    assert(b.n > 0);
    uint32_t *q = words(arena, a.n + 1, err), *u = words(arena, a.n + 1, err), *v = words(arena, b.n, err);
    if (!q || !u || !v) return false;
    if (b.n == 1) {
        u[0] = divide_word(a, b.word[0], q);
        *quotient = trimmed(q, a.n), *rest = trimmed(u, 1);
        return true;
    }
    unsigned bits = (unsigned)__builtin_clz(b.word[b.n - 1]);
    shift_left(u, a.n + 1, a, bits);
    shift_left(v, b.n, b, bits);
    for (size_t i = a.n >= b.n ? a.n - b.n + 1 : 0; i-- > 0;) q[i] = divide_step(u + i, v, b.n);
    shift_right(u, a.n + 1, bits);
    *quotient = trimmed(q, a.n + 1), *rest = trimmed(u, a.n + 1);
    return true;
}

static bool common_divisor(struct arena *arena, struct magnitude a, struct magnitude b, struct magnitude *out,
                           struct error *err) {
    struct magnitude quotient, rest;
    while (b.n > 0) {
        if (!divide(arena, a, b, &quotient, &rest, err)) return false;
        a = b, b = rest;
    }
    *out = a;
    return true;
}

static const struct rational *keep(struct arena *arena, bool negative, struct magnitude over, struct magnitude under,
                                   struct error *err) {
    if (over.n > WORDS_MOST || under.n > WORDS_MOST) {
        error_set(err, ERROR_DATA, "a number of more than %d bits", RATIONAL_BITS_MOST);
        return NULL;
    }
    struct rational *r = arena_new(arena, struct rational, 1, err);
    if (r) *r = (struct rational){negative && over.n > 0, over, under};
    return r;
}

/* In lowest terms. */
static const struct rational *make(struct arena *arena, bool negative, struct magnitude over, struct magnitude under,
                                   struct error *err) {
    struct magnitude divisor, rest;
    if (over.n == 0) return keep(arena, false, over, one, err);
    if (is_one(under)) return keep(arena, negative, over, under, err);
    if (!common_divisor(arena, over, under, &divisor, err)) return NULL;
    if (!is_one(divisor) &&
        (!divide(arena, over, divisor, &over, &rest, err) || !divide(arena, under, divisor, &under, &rest, err)))
        return NULL;
    return keep(arena, negative, over, under, err);
}

/* ---- reading ---- */

static bool from_u64(struct arena *arena, uint64_t value, struct magnitude *out, struct error *err) {
    uint32_t *at = words(arena, 2, err);
    if (!at) return false;
    at[0] = (uint32_t)value, at[1] = (uint32_t)(value >> 32);
    *out = trimmed(at, 2);
    return true;
}

const struct rational *rational_from_i64(struct arena *arena, int64_t value, struct error *err) {
    struct magnitude over;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    return from_u64(arena, size, &over, err) ? keep(arena, value < 0, over, one, err) : NULL;
}

/* at = at * factor + digit, in place; room: n + 1 words. */
static size_t grow(uint32_t *at, size_t n, uint32_t factor, uint32_t digit) {
    uint64_t carry = digit;
    for (size_t i = 0; i < n; i++) {
        carry += (uint64_t)at[i] * factor;
        at[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) at[n++] = (uint32_t)carry;
    return n;
}

static bool ten_to(struct arena *arena, size_t power, struct magnitude *out, struct error *err) {
    uint32_t *at = words(arena, power / 9 + 2, err);
    size_t n = 1;
    if (!at) return false;
    at[0] = 1;
    for (size_t i = 0; i < power; i++) n = grow(at, n, 10, 0);
    *out = trimmed(at, n);
    return true;
}

struct decimal {
    bool negative;
    struct text digits; /* with at most one dot */
    size_t places;      /* digits behind the dot */
    int64_t exponent;
};

static bool decimal_read(struct text t, struct decimal *d) {
    size_t i = 0, digits = 0;
    bool dot = false;
    *d = (struct decimal){0};
    if (t.len && (t.at[0] == '-' || t.at[0] == '+')) d->negative = t.at[i++] == '-';
    size_t from = i;
    for (; i < t.len && (t.at[i] == '.' ? !dot : t.at[i] >= '0' && t.at[i] <= '9'); i++) {
        if (t.at[i] == '.')
            dot = true;
        else
            digits++, d->places += dot;
    }
    d->digits = text_part(t, from, i);
    if (digits == 0) return false;
    if (i == t.len) return true;
    struct text power = text_part(t, i + 1, t.len);
    if (power.len > 1 && power.at[0] == '+') power = text_part(power, 1, power.len);
    return (t.at[i] == 'e' || t.at[i] == 'E') && text_to_i64(power, &d->exponent);
}

static const struct rational *from_decimal(struct arena *arena, struct text t, struct error *err) {
    struct decimal d;
    if (!decimal_read(t, &d)) {
        error_set(err, ERROR_DATA, "'%.*s' is no number", t.len > 40 ? 40 : (int)t.len, t.at);
        return NULL;
    }
    int64_t power = d.exponent < -5000 || d.exponent > 5000 || d.places > 5000 ? 5001 : d.exponent - (int64_t)d.places;
    uint32_t *at = words(arena, d.digits.len / 9 + 2, err);
    struct magnitude over, under = one, scale;
    size_t n = 0;
    if (power > 5000 || power < -5000 || !at) {
        if (at) error_set(err, ERROR_DATA, "a number of more than %d bits", RATIONAL_BITS_MOST);
        return NULL;
    }
    for (size_t i = 0; i < d.digits.len; i++)
        if (d.digits.at[i] != '.') n = grow(at, n, 10, (uint32_t)(d.digits.at[i] - '0'));
    over = trimmed(at, n);
    if (power < 0 && !ten_to(arena, (size_t)-power, &under, err)) return NULL;
    if (power > 0 && (!ten_to(arena, (size_t)power, &scale, err) || !multiply(arena, over, scale, &over, err)))
        return NULL;
    return make(arena, d.negative, over, under, err);
}

const struct rational *rational_from_text(struct arena *arena, struct text t, struct error *err) {
    size_t stroke = text_find(t, TEXT("/"), 0);
    if (stroke == SIZE_MAX) return from_decimal(arena, t, err);
    const struct rational *a = from_decimal(arena, text_part(t, 0, stroke), err);
    const struct rational *b = a ? from_decimal(arena, text_part(t, stroke + 1, t.len), err) : NULL;
    return b ? rational_divide(arena, a, b, err) : NULL;
}

const struct rational *rational_from_f64(struct arena *arena, double value, struct error *err) {
    char digits[32];
    if (!isfinite(value)) {
        error_set(err, ERROR_DATA, "a number that is not finite");
        return NULL;
    }
    size_t n = text_from_f64(value, digits);
    return from_decimal(arena, (struct text){digits, n}, err);
}

/* ---- arithmetic ---- */

static const struct rational *sum(struct arena *arena, const struct rational *a, const struct rational *b, bool minus,
                                  struct error *err) {
    struct magnitude left, right, under, over;
    bool b_negative = b->negative != minus;
    if (!multiply(arena, a->over, b->under, &left, err) || !multiply(arena, b->over, a->under, &right, err) ||
        !multiply(arena, a->under, b->under, &under, err))
        return NULL;
    if (a->negative == b_negative)
        return add(arena, left, right, &over, err) ? make(arena, a->negative, over, under, err) : NULL;
    bool more = compare(left, right) >= 0;
    if (!subtract(arena, more ? left : right, more ? right : left, &over, err)) return NULL;
    return make(arena, more ? a->negative : b_negative, over, under, err);
}

const struct rational *rational_add(struct arena *arena, const struct rational *a, const struct rational *b,
                                    struct error *err) {
    return sum(arena, a, b, false, err);
}

const struct rational *rational_subtract(struct arena *arena, const struct rational *a, const struct rational *b,
                                         struct error *err) {
    return sum(arena, a, b, true, err);
}

static const struct rational *product(struct arena *arena, bool negative, const struct magnitude part[4],
                                      struct error *err) {
    struct magnitude over, under;
    if (!multiply(arena, part[0], part[1], &over, err) || !multiply(arena, part[2], part[3], &under, err)) return NULL;
    return make(arena, negative, over, under, err);
}

const struct rational *rational_multiply(struct arena *arena, const struct rational *a, const struct rational *b,
                                         struct error *err) {
    const struct magnitude part[4] = {a->over, b->over, a->under, b->under};
    return product(arena, a->negative != b->negative, part, err);
}

const struct rational *rational_divide(struct arena *arena, const struct rational *a, const struct rational *b,
                                       struct error *err) {
    const struct magnitude part[4] = {a->over, b->under, a->under, b->over};
    if (b->over.n == 0) {
        error_set(err, ERROR_DATA, "division by zero");
        return NULL;
    }
    return product(arena, a->negative != b->negative, part, err);
}

const struct rational *rational_negate(struct arena *arena, const struct rational *a, struct error *err) {
    return keep(arena, !a->negative, a->over, a->under, err);
}

const struct rational *rational_power(struct arena *arena, const struct rational *a, unsigned n, struct error *err) {
    const struct rational *power = rational_from_i64(arena, 1, err);
    for (unsigned i = 0; i < n && power; i++) power = rational_multiply(arena, power, a, err);
    return power;
}

int rational_sign(const struct rational *a) {
    return a->over.n == 0 ? 0 : a->negative ? -1 : 1;
}

bool rational_compare(struct arena *arena, const struct rational *a, const struct rational *b, int *order,
                      struct error *err) {
    const struct rational *difference = sum(arena, a, b, true, err);
    if (difference) *order = rational_sign(difference);
    return difference != NULL;
}

bool rational_is_whole(const struct rational *a) {
    return is_one(a->under);
}

/* The leading 64 bits and how many bits stand behind them. */
static double leading(struct magnitude a, int *behind) {
    double value = 0;
    size_t from = a.n > 3 ? a.n - 3 : 0;
    for (size_t i = a.n; i-- > from;) value = value * 4294967296.0 + a.word[i];
    *behind = (int)from * 32;
    return value;
}

double rational_to_f64(const struct rational *a) {
    int over, under;
    double up = leading(a->over, &over), down = leading(a->under, &under);
    double value = ldexp(up / down, over - under);
    return a->negative ? -value : value;
}

/* ---- writing ---- */

static bool put_whole(struct buffer *out, struct magnitude a) {
    uint32_t left[WORDS_MOST];
    char digits[WORDS_MOST * 10 + 1];
    size_t n = a.n, at = sizeof digits;
    memcpy(left, a.word, n * sizeof *left);
    do {
        uint32_t nine = n ? divide_word((struct magnitude){n, left}, 1000000000, left) : 0;
        n = trimmed(left, n).n;
        for (int i = 0; i < 9 && (n > 0 || nine > 0 || i == 0); i++, nine /= 10) digits[--at] = (char)('0' + nine % 10);
    } while (n > 0);
    return buffer_put(out, digits + at, sizeof digits - at);
}

bool rational_put(struct buffer *out, const struct rational *a) {
    if (a->negative) buffer_put_char(out, '-');
    put_whole(out, a->over);
    if (!is_one(a->under)) buffer_put_char(out, '/'), put_whole(out, a->under);
    return !out->failed;
}

static bool put_places(struct buffer *out, struct arena *arena, const struct rational *a, unsigned digits,
                       bool *exact) {
    struct magnitude whole, rest, ten = {1, (const uint32_t[]){10}}, digit;
    struct error ignored;
    char place[40];
    size_t n = 0, last = 0;
    if (!divide(arena, a->over, a->under, &whole, &rest, &ignored)) return false;
    if (a->negative) buffer_put_char(out, '-');
    put_whole(out, whole);
    for (; n < digits && n < sizeof place && rest.n > 0; n++) {
        if (!multiply(arena, rest, ten, &rest, &ignored) || !divide(arena, rest, a->under, &digit, &rest, &ignored))
            return false;
        place[n] = (char)('0' + (digit.n ? digit.word[0] : 0));
        if (place[n] != '0') last = n + 1;
    }
    *exact = rest.n == 0;
    if (last) buffer_put_char(out, '.'), buffer_put(out, place, last);
    return !out->failed;
}

bool rational_put_decimal(struct buffer *out, const struct rational *a, unsigned digits, bool *exact) {
    struct arena arena;
    arena_init(&arena, (size_t)16 << 20);
    bool ok = put_places(out, &arena, a, digits, exact);
    arena_done(&arena);
    return ok;
}
