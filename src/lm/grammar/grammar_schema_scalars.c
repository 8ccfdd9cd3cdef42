/* Strings and numbers of JSON Schema: lengths, formats, ranges. See grammar_schema.h. */
#include "lm/grammar/grammar_schema_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define seq(b, ...)                                                                                                    \
    schema_list(b, NODE_SEQUENCE, sizeof((struct grammar_node *[]){__VA_ARGS__}) / sizeof(void *), __VA_ARGS__)

/* ---- Strings ---- */

#define YEAR_LEAP "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
#define DATE                                                                                                           \
    "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])" \
    ")|" YEAR_LEAP "-02-29)"
#define TIME "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])"
#define HEX(n) "[0-9a-f]{" #n "}"

/* RFC 3339 and RFC 9562, as patterns. */
static const struct {
    const char *name, *pattern;
} formats[] = {
    {"date", "^" DATE "$"},
    {"time", "^" TIME "$"},
    {"date-time", "^" DATE "T" TIME "$"},
    {"uuid", "^" HEX(8) "-" HEX(4) "-" HEX(4) "-" HEX(4) "-" HEX(12) "$"},
};

static const char *find_format(const json_t *format) {
    for (size_t i = 0; json_is_string(format) && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(json_string_value(format), formats[i].name) == 0) return formats[i].pattern;
    return NULL;
}

struct grammar_node *schema_string(struct schema_build *b, const json_t *schema) {
    const json_t *pattern = json_object_get(schema, "pattern"), *format = json_object_get(schema, "format");
    bool sized = json_object_get(schema, "minLength") || json_object_get(schema, "maxLength");
    uint32_t min, max;
    if (pattern && !json_is_string(pattern)) return schema_fail(b, "'pattern': expected a text");
    if (format && !find_format(format))
        return schema_fail(b, "'format' %s%s%s is not supported; there are date, time, date-time and uuid",
                           json_is_string(format) ? "'" : "",
                           json_is_string(format) ? json_string_value(format) : "of no text",
                           json_is_string(format) ? "'" : "");
    if ((pattern != NULL) + (format != NULL) + sized > 1)
        return schema_fail(b, "'pattern', 'format' and limits of length are not supported together");
    if (pattern || format) {
        struct text source = pattern ? json_text(pattern) : text_of(find_format(format));
        return seq(b, schema_text(b, "\""), schema_pattern(b, source), schema_text(b, "\""));
    }
    if (!schema_count(b, schema, "minLength", 0, &min) || !schema_count(b, schema, "maxLength", GRAMMAR_NO_LIMIT, &max))
        return NULL;
    if (min > max)
        return schema_fail(b, "no text has at least %u and at most %u characters", (unsigned)min, (unsigned)max);
    if (!sized) return schema_common(b, "string");
    return seq(b, schema_text(b, "\""), schema_repeat(b, schema_common(b, "char"), min, max), schema_text(b, "\""));
}

/* ---- Ranges of whole numbers from 0 on ---- */

enum { DIGITS_MOST = 16 };
#define NUMBER_MOST UINT64_C(9999999999999999)

static struct grammar_node *digits(struct schema_build *b, char low, char high, uint32_t n) {
    const struct grammar_range range = {(uint32_t)low, (uint32_t)high};
    return n ? schema_repeat(b, grammar_class(&b->tree, &range, 1, false, b->err), n, n) : schema_text(b, "");
}

/* Digits of the same length between low and high; NULL stands for 00..0 or 99..9. */
static struct grammar_node *between(struct schema_build *b, const char *low, const char *high, uint32_t n) {
    char first = low ? *low : '0', last = high ? *high : '9';
    struct grammar_node *ways[3];
    size_t m = 0;
    if (!n) return schema_text(b, "");
    if (!low && !high) return digits(b, '0', '9', n);
    if (first == last)
        return seq(b, digits(b, first, first, 1), between(b, low ? low + 1 : NULL, high ? high + 1 : NULL, n - 1));
    if (low) ways[m++] = seq(b, digits(b, first, first, 1), between(b, low + 1, NULL, n - 1));
    char from = (char)(low ? first + 1 : first), to = (char)(high ? last - 1 : last);
    if (from <= to) ways[m++] = seq(b, digits(b, from, to, 1), digits(b, '0', '9', n - 1));
    if (high) ways[m++] = seq(b, digits(b, last, last, 1), between(b, NULL, high + 1, n - 1));
    return grammar_list(&b->tree, NODE_CHOICE, ways, m, b->err);
}

/* Whole numbers low..high, both included, without leading zeros. */
static struct grammar_node *whole(struct schema_build *b, uint64_t low, uint64_t high) {
    struct grammar_node *ways[DIGITS_MOST + 1];
    size_t m = 0;
    uint64_t first = 0, last = 9; /* of this length */
    for (uint32_t n = 1; n <= DIGITS_MOST; n++, first = last + 1, last = last * 10 + 9) {
        uint64_t from = low > first ? low : first, to = high < last ? high : last;
        char x[24], y[24];
        if (from > to) continue;
        snprintf(x, sizeof x, "%" PRIu64, from);
        snprintf(y, sizeof y, "%" PRIu64, to);
        ways[m++] = between(b, x, y, n);
    }
    return grammar_list(&b->tree, NODE_CHOICE, ways, m, b->err);
}

/* ---- Numbers ---- */

struct limit {
    bool given, open; /* open: the limit itself is outside */
    double at;
};

/* The tighter of the two keywords. sign 1: lower limits, -1: upper ones. */
static bool read_limit(struct schema_build *b, const json_t *schema, const char *closed, const char *open, double sign,
                       struct limit *out) {
    *out = (struct limit){0};
    for (int i = 0; i < 2; i++) {
        const char *key = i ? open : closed;
        const json_t *value = json_object_get(schema, key);
        double at = json_number_value(value);
        if (!value) continue;
        if (!json_is_number(value)) return schema_fail(b, "'%s': expected a number", key), false;
        if (!(fabs(at) <= 1e15)) return schema_fail(b, "'%s': beyond 10^15", key), false;
        if (!out->given || sign * at > sign * out->at || (i && !(sign * at < sign * out->at)))
            *out = (struct limit){true, i, at};
    }
    return true;
}

/* Whole limits that say the same of whole numbers. */
static void make_whole(struct limit *low, struct limit *high) {
    if (low->given) low->at = low->open && floor(low->at) >= low->at ? low->at + 1 : ceil(low->at);
    if (high->given) high->at = high->open && ceil(high->at) <= high->at ? high->at - 1 : floor(high->at);
    low->open = high->open = false;
}

/* Sizes from low to high (none: NUMBER_MOST), of whole numbers. */
static struct grammar_node *whole_sizes(struct schema_build *b, struct limit low, struct limit high) {
    uint64_t from = (uint64_t)low.at, to = high.given ? (uint64_t)high.at : NUMBER_MOST;
    return whole(b, from, to);
}

/* The same of numbers with a fraction; limits are whole. NULL without an error where there is none: *any is false. */
static struct grammar_node *sizes(struct schema_build *b, struct limit low, struct limit high, bool *any) {
    uint64_t from = (uint64_t)low.at, to = high.given ? (uint64_t)high.at : NUMBER_MOST + 1;
    struct grammar_node *ways[3], *fraction = schema_common(b, "fraction");
    size_t n = 0;
    if (from < to && low.open) /* behind an open limit something must follow the point */
        ways[n++] = seq(b, whole(b, from, from), schema_text(b, "."), schema_repeat(b, digits(b, '0', '9', 1), 0, 15),
                        digits(b, '1', '9', 1));
    if (from + low.open < to) ways[n++] = seq(b, whole(b, from + low.open, to - 1), schema_maybe(b, fraction));
    if (high.given && !high.open && (from < to || !low.open))
        ways[n++] = seq(b, whole(b, to, to),
                        schema_maybe(b, seq(b, schema_text(b, "."), schema_repeat(b, schema_text(b, "0"), 1, 16))));
    *any = n > 0;
    return n ? grammar_list(&b->tree, NODE_CHOICE, ways, n, b->err) : NULL;
}

/* The numbers below 0 by their sizes, then those from 0 on. */
static struct grammar_node *number_between(struct schema_build *b, struct limit low, struct limit high, bool integer) {
    struct grammar_node *ways[2];
    size_t n = 0;
    bool any = true;
    if (!low.given || low.at < 0) {
        struct limit least = {true, false, integer ? 1 : 0}, most = {low.given, low.open, -low.at};
        if (high.given && high.at < 0) least = (struct limit){true, high.open, -high.at};
        if (high.given && high.open && !(high.at < 0) && !(high.at > 0)) least.open = true;
        struct grammar_node *size = integer ? whole_sizes(b, least, most) : sizes(b, least, most, &any);
        if (any && !(ways[n++] = seq(b, schema_text(b, "-"), size))) return NULL;
    }
    any = true;
    if (!high.given || high.at >= 0) {
        struct limit least = low.given && low.at >= 0 ? low : (struct limit){true, false, 0};
        struct grammar_node *size = integer ? whole_sizes(b, least, high) : sizes(b, least, high, &any);
        if (any && !(ways[n++] = size)) return NULL;
    }
    return n ? grammar_list(&b->tree, NODE_CHOICE, ways, n, b->err)
             : schema_fail(b, "no number lies between the limits");
}

struct grammar_node *schema_number(struct schema_build *b, const json_t *schema, bool integer) {
    struct limit low, high;
    if (!read_limit(b, schema, "minimum", "exclusiveMinimum", 1, &low) ||
        !read_limit(b, schema, "maximum", "exclusiveMaximum", -1, &high))
        return NULL;
    if (!low.given && !high.given) return schema_common(b, integer ? "integer" : "number");
    if (integer) make_whole(&low, &high);
    if ((low.given && floor(low.at) < low.at) || (high.given && floor(high.at) < high.at))
        return schema_fail(b, "limits of numbers that are no whole numbers are not supported");
    if (low.given && high.given && (low.at > high.at || (low.at >= high.at && (low.open || high.open))))
        return schema_fail(b, "no number lies between the limits");
    return number_between(b, low, high, integer);
}
