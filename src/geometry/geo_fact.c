/* Facts: see geo_fact.h. */
#include "geometry/geo_fact.h"

#include <string.h>
#include <xxhash.h>

static const struct {
    const char *name;
    uint8_t points; /* 0: 2 to 8 */
    bool value;
} kinds[GEO_KINDS] = {
    [GEO_COLL] = {"coll", 3},       [GEO_PARA] = {"para", 4},     [GEO_PERP] = {"perp", 4},
    [GEO_CONG] = {"cong", 4},       [GEO_MID] = {"mid", 3},       [GEO_CYC] = {"cyc", 4},
    [GEO_CYC6] = {"cyc6", 6},       [GEO_CENTRE] = {"centre", 4}, [GEO_EQANG] = {"eqang", 8},
    [GEO_EQRAT] = {"eqrat", 8},     [GEO_RAT] = {"rat", 4, true}, [GEO_LEN] = {"len", 2, true},
    [GEO_ANG] = {"ang", 4, true},   [GEO_SQSUM] = {"sqsum", 6},   [GEO_SIM] = {"sim", 6},
    [GEO_SIMR] = {"simr", 6},       [GEO_NCOLL] = {"ncoll", 0},   [GEO_DISTINCT] = {"distinct", 0},
    [GEO_DIFF] = {"diff", 2},       [GEO_NPARA] = {"npara", 4},   [GEO_NPERP] = {"nperp", 4},
    [GEO_SAMEORI] = {"sameori", 6}, [GEO_OPPORI] = {"oppori", 6}, [GEO_SAMESIDE] = {"sameside", 6},
    [GEO_SAMEDIR] = {"samedir", 4}, [GEO_BTW] = {"btw", 3},
};

const char *geo_kind_name(enum geo_kind kind) {
    return kinds[kind].name;
}
size_t geo_kind_points(enum geo_kind kind) {
    return kinds[kind].points;
}
bool geo_kind_has_value(enum geo_kind kind) {
    return kinds[kind].value;
}
bool geo_kind_is_guard(enum geo_kind kind) {
    return kind >= GEO_FACTS;
}

int geo_names_find(const struct geo_names *names, struct text name) {
    for (size_t i = 0; i < names->n; i++)
        if (text_equal(names->name[i], name)) return (int)i;
    return -1;
}

/* ---- reading and writing */

static bool word_next(struct text *rest, struct text *word) {
    do
        if (!text_next(rest, ' ', word)) return false;
    while (!word->len);
    return true;
}

static bool read_kind(struct text word, struct geo_fact *out, struct error *err) {
    const char *names[GEO_KINDS];
    for (size_t k = 0; k < GEO_KINDS; k++) {
        names[k] = kinds[k].name;
        out->kind = (enum geo_kind)k;
        if (text_equal_c(word, kinds[k].name)) return true;
    }
    const char *near = text_nearest(word, names, GEO_KINDS);
    return error_set(err, ERROR_DATA, "no fact '%.*s'%s%s%s", TEXT_ARG(word), near ? "; did you mean '" : "",
                     near ? near : "", near ? "'?" : "");
}

static bool read_point(struct text word, struct geo_names *names, bool add, uint8_t *out, struct error *err) {
    int at = geo_names_find(names, word);
    if (at < 0 && !add) return error_set(err, ERROR_DATA, "no point '%.*s'", TEXT_ARG(word));
    if (at < 0 && names->n == GEO_POINTS_MOST)
        return error_set(err, ERROR_DATA, "more than %d points", GEO_POINTS_MOST);
    if (at < 0) {
        names->name[names->n] = word;
        at = (int)names->n++;
    }
    *out = (uint8_t)at;
    return true;
}

bool geo_fact_read(struct text t, struct geo_names *names, bool add, struct geo_fact *out, struct error *err) {
    struct text rest = text_trim(t), word;
    *out = (struct geo_fact){.value = {0, 1}};
    if (!word_next(&rest, &word)) return error_set(err, ERROR_DATA, "expected a fact, found nothing");
    if (!read_kind(word, out, err)) return false;
    const char *name = kinds[out->kind].name;
    size_t wanted = kinds[out->kind].points, most = wanted ? wanted : GEO_ARGUMENTS;
    while (out->n < most && word_next(&rest, &word))
        if (!read_point(word, names, add, &out->at[out->n++], err)) return false;
    if (wanted ? out->n != wanted : out->n < 2)
        return error_set(err, ERROR_DATA, "%s: expected %zu points, found %u", name, wanted ? wanted : 2, out->n);
    if (kinds[out->kind].value && (!word_next(&rest, &word) || !geo_fraction_read(word, &out->value)))
        return error_set(err, ERROR_DATA, "%s: expected a number as 3/4 behind its points", name);
    if (word_next(&rest, &word)) return error_set(err, ERROR_DATA, "%s: '%.*s' is too much", name, TEXT_ARG(word));
    return true;
}

bool geo_fact_put(struct buffer *out, const struct geo_fact *fact, const struct geo_names *names) {
    buffer_put_c(out, kinds[fact->kind].name);
    for (size_t i = 0; i < fact->n; i++) {
        buffer_put_char(out, ' ');
        buffer_put_text(out, names->name[fact->at[i]]);
    }
    if (kinds[fact->kind].value) buffer_printf(out, " %lld", (long long)fact->value.n);
    if (kinds[fact->kind].value && fact->value.d != 1) buffer_printf(out, "/%lld", (long long)fact->value.d);
    return !out->failed;
}

/* ---- one form */

static void sort_bytes(uint8_t *at, size_t n) {
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && at[k] < at[k - 1]; k--) {
            uint8_t swap = at[k];
            at[k] = at[k - 1];
            at[k - 1] = swap;
        }
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t swap = a[i];
        a[i] = b[i];
        b[i] = swap;
    }
}

/* Two blocks of n bytes in rising order; true: they were swapped. */
static bool order_blocks(uint8_t *a, uint8_t *b, size_t n) {
    if (memcmp(a, b, n) <= 0) return false;
    swap_bytes(a, b, n);
    return true;
}

/* d1 + d4 = d2 + d3: outer and inner pairs are unordered, and so are the two sums. */
static struct geo_fact canonical_four(struct geo_fact f, enum geo_kind two) {
    uint8_t *p = f.at;
    for (size_t i = 0; i < 4; i++) sort_bytes(p + 2 * i, 2);
    for (size_t outer = 0; outer < 2; outer++)
        for (size_t inner = 0; inner < 2; inner++)
            if (memcmp(p + 6 * outer, p + 2 + 2 * inner, 2) == 0) {
                struct geo_fact g = {.kind = two, .n = 4, .value = {0, 1}};
                memcpy(g.at, p + 6 * !outer, 2);
                memcpy(g.at + 2, p + 2 + 2 * !inner, 2);
                order_blocks(g.at, g.at + 2, 2);
                return g;
            }
    order_blocks(p, p + 6, 2);
    order_blocks(p + 2, p + 4, 2);
    uint8_t outer[4] = {p[0], p[1], p[6], p[7]}, inner[4] = {p[2], p[3], p[4], p[5]};
    if (memcmp(outer, inner, 4) > 0) {
        memcpy(p, inner, 2);
        memcpy(p + 6, inner + 2, 2);
        memcpy(p + 2, outer, 4);
    }
    return f;
}

/* Corners of both triangles in the order of the first one's points; the triangle with the lesser points first. */
static struct geo_fact canonical_similar(struct geo_fact f) {
    uint8_t first[3], second[3], *p = f.at;
    memcpy(first, p, 3);
    memcpy(second, p + 3, 3);
    sort_bytes(first, 3);
    sort_bytes(second, 3);
    if (memcmp(first, second, 3) > 0) swap_bytes(p, p + 3, 3);
    for (size_t i = 1; i < 3; i++)
        for (size_t k = i; k > 0 && p[k] < p[k - 1]; k--) {
            swap_bytes(p + k, p + k - 1, 1);
            swap_bytes(p + 3 + k, p + 2 + k, 1);
        }
    /* A triangle and itself: a map of corners and its inverse say the same. */
    uint8_t inverse[3];
    if (memcmp(first, second, 3) != 0) return f;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            if (p[3 + k] == p[i]) inverse[i] = p[k];
    if (memcmp(inverse, p + 3, 3) < 0) memcpy(p + 3, inverse, 3);
    return f;
}

static struct geo_fact canonical_value(struct geo_fact f) {
    sort_bytes(f.at, 2);
    sort_bytes(f.at + 2, 2);
    bool swapped = order_blocks(f.at, f.at + 2, 2);
    if (f.kind == GEO_RAT) {
        if (swapped) f.value = geo_fraction_divide((struct geo_fraction){1, 1}, f.value);
        return geo_fraction_equal(f.value, (struct geo_fraction){1, 1})
                   ? geo_fact_canonical((struct geo_fact){
                         .kind = GEO_CONG, .n = 4, .at = {f.at[0], f.at[1], f.at[2], f.at[3]}, .value = {0, 1}})
                   : f;
    }
    if (swapped) f.value = geo_fraction_subtract((struct geo_fraction){0, 1}, f.value);
    int64_t turn = f.value.d ? f.value.n % f.value.d : 0; /* an angle, modulo 1 */
    f.value = geo_fraction(turn < 0 ? turn + f.value.d : turn, f.value.d);
    bool whole = f.value.n == 0 && f.value.d, half = f.value.n == 1 && f.value.d == 2;
    if (whole || half) {
        f.kind = whole ? GEO_PARA : GEO_PERP;
        f.value = (struct geo_fraction){0, 1};
    }
    return f;
}

struct geo_fact geo_fact_canonical(struct geo_fact f) {
    switch (f.kind) {
    case GEO_COLL:
    case GEO_CYC:
    case GEO_CYC6:
        sort_bytes(f.at, f.n);
        break;
    case GEO_MID:
        sort_bytes(f.at + 1, 2);
        break;
    case GEO_CENTRE:
        sort_bytes(f.at + 1, 3);
        break;
    case GEO_LEN:
        sort_bytes(f.at, 2);
        break;
    case GEO_SQSUM:
        for (size_t i = 0; i < 3; i++) sort_bytes(f.at + 2 * i, 2);
        order_blocks(f.at, f.at + 2, 2);
        break;
    case GEO_PARA:
    case GEO_PERP:
    case GEO_CONG:
        sort_bytes(f.at, 2);
        sort_bytes(f.at + 2, 2);
        order_blocks(f.at, f.at + 2, 2);
        break;
    case GEO_RAT:
    case GEO_ANG:
        return canonical_value(f);
    case GEO_EQANG:
        return canonical_four(f, GEO_PARA);
    case GEO_EQRAT:
        return canonical_four(f, GEO_CONG);
    case GEO_SIM:
    case GEO_SIMR:
        return canonical_similar(f);
    default:
        break;
    }
    return f;
}

int geo_fact_compare(const struct geo_fact *a, const struct geo_fact *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    int order = memcmp(a->at, b->at, sizeof a->at);
    if (order) return order;
    if (a->value.n != b->value.n) return a->value.n < b->value.n ? -1 : 1;
    return (a->value.d > b->value.d) - (a->value.d < b->value.d);
}

bool geo_fact_equal(const struct geo_fact *a, const struct geo_fact *b) {
    return geo_fact_compare(a, b) == 0;
}

uint64_t geo_fact_hash(const struct geo_fact *fact) {
    int64_t words[4] = {(int64_t)fact->kind, 0, fact->value.n, fact->value.d};
    memcpy(&words[1], fact->at, sizeof fact->at);
    return XXH3_64bits(words, sizeof words);
}

bool geo_fact_is_trivial(const struct geo_fact *fact) {
    struct geo_fact f = geo_fact_canonical(*fact);
    if (f.kind == GEO_PARA || f.kind == GEO_CONG) return memcmp(f.at, f.at + 2, 2) == 0;
    return f.kind == GEO_SIM && memcmp(f.at, f.at + 3, 3) == 0;
}

static bool all_distinct(const uint8_t *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (at[i] == at[k]) return false;
    return true;
}

bool geo_fact_is_degenerate(const struct geo_fact *f) {
    switch (f->kind) {
    case GEO_COLL:
    case GEO_MID:
    case GEO_CYC:
    case GEO_CENTRE:
        return !all_distinct(f->at, f->n);
    case GEO_CYC6:
        return !all_distinct(f->at, 3);
    case GEO_SIM:
    case GEO_SIMR:
        return !all_distinct(f->at, 3) || !all_distinct(f->at + 3, 3);
    default:
        break;
    }
    for (size_t i = 0; i + 1 < f->n; i += 2)
        if (f->at[i] == f->at[i + 1]) return true;
    return false;
}

static struct geo_fact four(enum geo_kind kind, uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return (struct geo_fact){.kind = kind, .n = 4, .at = {a, b, c, d}, .value = {0, 1}};
}

size_t geo_fact_parts(const struct geo_fact *f, struct geo_fact out[3]) {
    const uint8_t *p = f->at;
    out[0] = *f;
    if (f->kind == GEO_CENTRE) {
        out[0] = four(GEO_CONG, p[0], p[1], p[0], p[2]);
        out[1] = four(GEO_CONG, p[0], p[2], p[0], p[3]);
        return 2;
    }
    if (f->kind != GEO_CYC6) return 1;
    size_t n = 0;
    for (size_t i = 3; i < 6; i++)
        if (p[i] != p[0] && p[i] != p[1] && p[i] != p[2]) out[n++] = four(GEO_CYC, p[0], p[1], p[2], p[i]);
    return n;
}
