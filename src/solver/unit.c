/* Units: see unit.h. */
#include "solver/unit.h"

#include <string.h>

/* Derived units in base units; "@": takes no prefix. */
static const struct named {
    const char *name, *means; /* SCALE NAME^POWER ... */
} named[] = {
    {"m", "1 m^1"},
    {"g", "1/1000 kg^1"},
    {"s", "1 s^1"},
    {"A", "1 A^1"},
    {"K", "1 K^1"},
    {"mol", "1 mol^1"},
    {"cd", "1 cd^1"},
    {"N", "1 kg^1 m^1 s^-2"},
    {"J", "1 kg^1 m^2 s^-2"},
    {"W", "1 kg^1 m^2 s^-3"},
    {"Pa", "1 kg^1 m^-1 s^-2"},
    {"Hz", "1 s^-1"},
    {"V", "1 kg^1 m^2 s^-3 A^-1"},
    {"C", "1 s^1 A^1"},
    {"ohm", "1 kg^1 m^2 s^-3 A^-2"},
    {"bit", "1 bit^1"},
    {"B", "8 bit^1"},
    {"L", "1/1000 m^3"},
};
static const struct named fixed[] = {
    {"min", "60 s^1"}, {"h", "3600 s^1"}, {"d", "86400 s^1"}, {"t", "1000 kg^1"}, {"%", "1/100"}, {"1", "1"},
};
static const struct prefix {
    const char *name;
    const char *scale;
} prefixes[] = {
    {"da", "10"}, {"n", "1e-9"}, {"u", "1e-6"}, {"m", "1e-3"}, {"c", "1e-2"}, {"d", "1e-1"},
    {"h", "1e2"}, {"k", "1e3"},  {"M", "1e6"},  {"G", "1e9"},  {"T", "1e12"},
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool scale_by(struct arena *arena, struct unit *u, const struct rational *by, bool over, struct error *err) {
    u->scale = over ? rational_divide(arena, u->scale, by, err) : rational_multiply(arena, u->scale, by, err);
    return u->scale != NULL;
}

/* u times name^power. */
static bool raise(struct unit *u, struct text name, int power, struct error *err) {
    size_t i = 0;
    while (i < u->n && text_compare(u->base[i].name, name) < 0) i++;
    bool there = i < u->n && text_equal(u->base[i].name, name);
    int sum = power + (there ? u->base[i].power : 0);
    if (sum > UNIT_POWER_MOST || sum < -UNIT_POWER_MOST)
        return error_set(err, ERROR_DATA, "a power of a unit beyond %d", UNIT_POWER_MOST);
    if (there && sum == 0) {
        memmove(&u->base[i], &u->base[i + 1], (--u->n - i) * sizeof *u->base);
    } else if (there) {
        u->base[i].power = sum;
    } else if (sum != 0) {
        if (u->n == UNIT_BASES_MOST)
            return error_set(err, ERROR_DATA, "a unit of more than %d base units", UNIT_BASES_MOST);
        memmove(&u->base[i + 1], &u->base[i], (u->n++ - i) * sizeof *u->base);
        u->base[i].name = name, u->base[i].power = sum;
    }
    return true;
}

/* u times the meaning of a row to the power. */
static bool apply(struct arena *arena, struct unit *u, const char *means, int power, struct error *err) {
    struct text rest = text_of(means), piece;
    int64_t exponent;
    if (!text_next(&rest, ' ', &piece)) return false;
    const struct rational *scale = rational_from_text(arena, piece, err);
    for (int i = 0; i < (power < 0 ? -power : power); i++)
        if (!scale || !scale_by(arena, u, scale, power < 0, err)) return false;
    while (text_next(&rest, ' ', &piece)) {
        size_t hat = text_find(piece, TEXT("^"), 0);
        if (!text_to_i64(text_part(piece, hat + 1, piece.len), &exponent)) return false;
        if (!raise(u, text_part(piece, 0, hat), (int)exponent * power, err)) return false;
    }
    return true;
}

static const char *find(const struct named *rows, size_t n, struct text name) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(name, rows[i].name)) return rows[i].means;
    return NULL;
}

/* u times what `name` means to the power: a unit, a prefix and a unit, or a base unit of its own. */
static bool times_name(struct arena *arena, struct unit *u, struct text name, int power, struct error *err) {
    const char *means = find(named, COUNT(named), name);
    if (!means) means = find(fixed, COUNT(fixed), name);
    if (means) return apply(arena, u, means, power, err);
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct text front = text_of(prefixes[i].name);
        if (!text_starts(name, front)) continue;
        if (!(means = find(named, COUNT(named), text_part(name, front.len, name.len)))) continue;
        return apply(arena, u, prefixes[i].scale, power, err) && apply(arena, u, means, power, err);
    }
    return raise(u, name, power, err);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '%' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "^-2", "2" or nothing behind a name. */
static bool read_power(struct text t, size_t *i, int *power) {
    size_t from = *i + (*i < t.len && t.at[*i] == '^'), end = from;
    int64_t value = 1;
    if (end < t.len && t.at[end] == '-' && from > *i) end++;
    while (end < t.len && is_digit(t.at[end])) end++;
    bool ok = end == *i || (text_to_i64(text_part(t, from, end), &value) && value >= -UNIT_POWER_MOST &&
                            value <= UNIT_POWER_MOST && value != 0);
    *i = end, *power = (int)value;
    return ok;
}

static bool read_factors(struct arena *arena, struct unit *u, struct text t, size_t *i, struct error *err) {
    int sign = 1, power;
    bool wanted = true;
    while (true) {
        while (*i < t.len && t.at[*i] == ' ') ++*i;
        if (*i == t.len) return !wanted || error_set(err, ERROR_DATA, "a unit is missing");
        if (!wanted && (t.at[*i] == '/' || t.at[*i] == '*')) {
            sign = t.at[(*i)++] == '/' ? -1 : 1;
            wanted = true;
            continue;
        }
        size_t from = *i;
        if (t.at[*i] == '1')
            ++*i;
        else
            while (*i < t.len && is_letter(t.at[*i])) ++*i;
        if (*i == from) return error_set(err, ERROR_DATA, "expected a unit such as m/s^2");
        struct text name = text_part(t, from, *i);
        if (!read_power(t, i, &power)) return error_set(err, ERROR_DATA, "a wrong power of '%.*s'", TEXT_ARG(name));
        if (!times_name(arena, u, name, sign * power, err)) return false;
        wanted = false, sign = 1;
    }
}

static struct unit *plain(struct arena *arena, struct error *err) {
    struct unit *u = arena_new(arena, struct unit, 1, err);
    if (u) u->scale = rational_from_i64(arena, 1, err);
    return u && u->scale ? u : NULL;
}

const struct unit *unit_one(struct arena *arena, struct error *err) {
    return plain(arena, err);
}

const struct unit *unit_read(struct arena *arena, struct text t, size_t *at, struct error *err) {
    struct unit *u = plain(arena, err);
    size_t i = 0;
    size_t invalid = text_utf8_invalid(t);
    bool ok = u != NULL;
    if (ok && invalid != SIZE_MAX) i = invalid, ok = error_set(err, ERROR_DATA, "a unit that is no UTF-8");
    ok = ok && read_factors(arena, u, t, &i, err);
    *at = i + 1;
    return ok ? u : NULL;
}

const struct unit *unit_times(struct arena *arena, const struct unit *a, const struct unit *b, int power,
                              struct error *err) {
    struct unit *u = arena_new(arena, struct unit, 1, err);
    if (!u) return NULL;
    *u = *a;
    for (int i = 0; i < (power < 0 ? -power : power); i++)
        if (!scale_by(arena, u, b->scale, power < 0, err)) return NULL;
    for (size_t i = 0; i < b->n; i++)
        if (!raise(u, b->base[i].name, b->base[i].power * power, err)) return NULL;
    return u;
}

bool unit_same_dimension(const struct unit *a, const struct unit *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; i < a->n && same; i++)
        same = a->base[i].power == b->base[i].power && text_equal(a->base[i].name, b->base[i].name);
    return same;
}

static bool scale_put(struct buffer *out, const struct unit *u) {
    return rational_put(out, u->scale);
}

bool unit_equal(const struct unit *a, const struct unit *b) {
    if (!unit_same_dimension(a, b)) return false;
    struct buffer left, right;
    buffer_init(&left, (size_t)1 << 20), buffer_init(&right, (size_t)1 << 20);
    bool same = scale_put(&left, a) && scale_put(&right, b) && text_equal(buffer_text(&left), buffer_text(&right));
    buffer_done(&left), buffer_done(&right);
    return same;
}

bool unit_put(struct buffer *out, const struct unit *u) {
    bool is_one = rational_is_whole(u->scale) && rational_to_f64(u->scale) == 1, any = false;
    if (!is_one || u->n == 0) rational_put(out, u->scale);
    if (!is_one && u->n > 0) buffer_put_char(out, ' ');
    for (int side = 1; side >= -1; side -= 2)
        for (size_t i = 0; i < u->n; i++) {
            int power = u->base[i].power * side;
            if (power < 0) continue;
            if (side < 0 && !any) buffer_put_char(out, '1');
            if (any || side < 0) buffer_put_char(out, side < 0 ? '/' : '*');
            buffer_put_text(out, u->base[i].name);
            if (power != 1) buffer_printf(out, "^%d", power);
            any = true;
        }
    return !out->failed;
}
