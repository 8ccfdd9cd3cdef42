/* `pattern` of JSON Schema: regular expressions (ECMA-262) as the inside of a JSON string. Supported: literals, '.',
 * classes, \d \w \s and their opposites, groups (named ones too), '|', '*', '+', '?', {m,n}, lazy forms (the same
 * texts), '^' at the beginning and '$' at the end of an alternative that is not in a group. Refused: what is not
 * regular (back references, looking ahead or behind) and word borders. A character that JSON escapes is written in its
 * shortest escape. */
#include "lm/grammar/grammar_schema_internal.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MOST = 4096, NESTING_MOST = 100, RANGES_MOST = 1024 };

struct pattern {
    struct schema_build *b;
    struct text t;
    size_t at, nesting;
};

static struct grammar_node *fail(struct pattern *p, const char *what) {
    return schema_fail(p->b, "'pattern': character %zu: %s", p->at, what);
}

static char peek(const struct pattern *p) {
    return p->at < p->t.len ? p->t.at[p->at] : 0;
}

static bool take(struct pattern *p, const char *what) {
    if (!text_starts(text_part(p->t, p->at, p->t.len), text_of(what))) return false;
    p->at += strlen(what);
    return true;
}

/* ---- Characters ---- */

/* A set of characters as JSON writes them: as they are, or escaped. */
static struct grammar_node *in_string(struct pattern *p, const struct grammar_range *ranges, size_t n, bool negated) {
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    struct schema_build *b = p->b;
    struct grammar_node *set = grammar_class(&b->tree, ranges, n, negated, b->err), *ways[3 + sizeof letters + 32];
    struct grammar_range plain[RANGES_MOST * 2 + 8];
    size_t m = 0, n_ways = 0;
    if (!set) return NULL;
    for (size_t i = 0; i < set->n_ranges; i++) {
        uint32_t low = set->ranges[i].low, high = set->ranges[i].high;
        for (uint32_t c = low; c <= high && c <= '\\'; c++) {
            const char *known = c ? memchr(escaped, (int)c, sizeof escaped - 1) : NULL;
            char text[8] = {'\\', known ? letters[known - escaped] : 0, 0};
            if (!known && c < 0x20) snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
            if (!c) return fail(p, "U+0000 is not supported");
            if (known || c < 0x20) ways[n_ways++] = schema_text(b, text);
        }
        const uint32_t cuts[] = {0x20, '"', '"' + 1, '\\', '\\' + 1, 0x110000};
        for (size_t k = 0; k < 6; k += 2) { /* what needs no escape: 0x20..'"', '"'..'\\', '\\'.. */
            uint32_t from = low > cuts[k] ? low : cuts[k], to = high < cuts[k + 1] - 1 ? high : cuts[k + 1] - 1;
            if (from <= to) plain[m++] = (struct grammar_range){from, to};
        }
    }
    if (m) ways[n_ways++] = grammar_class(&b->tree, plain, m, false, b->err);
    return n_ways ? grammar_list(&b->tree, NODE_CHOICE, ways, n_ways, b->err)
                  : fail(p, "no character is in this class");
}

struct ranges {
    struct grammar_range at[RANGES_MOST];
    size_t n;
};

static bool add(struct pattern *p, struct ranges *set, uint32_t low, uint32_t high) {
    if (set->n == RANGES_MOST) return fail(p, "too many ranges"), false;
    set->at[set->n++] = (struct grammar_range){low, high};
    return true;
}

static const struct grammar_range digit[] = {{'0', '9'}}, word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
                                  space[] = {{9, 13},          {32, 32},         {0xA0, 0xA0},     {0x1680, 0x1680},
                                             {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                                             {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};

/* \d \w \s and their opposites, behind the backslash: adds them and moves on. */
static bool take_named_set(struct pattern *p, struct ranges *set, bool *ok) {
    const struct grammar_range *r;
    size_t n;
    switch (peek(p) | 0x20) {
    case 'd':
        r = digit, n = 1;
        break;
    case 'w':
        r = word, n = 4;
        break;
    case 's':
        r = space, n = 10;
        break;
    default:
        return false;
    }
    bool negated = !(peek(p) & 0x20);
    struct grammar_node *all = grammar_class(&p->b->tree, r, n, negated, p->b->err);
    p->at++;
    *ok = all != NULL;
    for (size_t i = 0; *ok && i < all->n_ranges; i++) *ok = add(p, set, all->ranges[i].low, all->ranges[i].high);
    return true;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_hex(struct pattern *p, size_t n, uint32_t *c) {
    *c = 0;
    for (size_t i = 0; i < n; i++, p->at++) {
        if (hex_digit(peek(p)) < 0) return fail(p, "expected hexadecimal digits"), false;
        *c = *c << 4 | (uint32_t)hex_digit(peek(p));
    }
    return (*c < 0xD800 || *c > 0xDFFF) || (fail(p, "halves of surrogate pairs are not supported"), false);
}

/* One character; the backslash of an escape is taken already when `escape`. */
static bool read_character(struct pattern *p, bool escape, uint32_t *c) {
    static const char marks[] = "tnrfv", means[] = "\t\n\r\f\v";
    char e = peek(p);
    const char *known = e ? strchr(marks, e) : NULL;
    if (escape && known) return p->at++, *c = (uint32_t)means[known - marks], true;
    if (escape && (e == 'x' || e == 'u')) return p->at++, read_hex(p, e == 'x' ? 2 : 4, c);
    if (escape && ((e >= '0' && e <= '9') || (e >= 'a' && e <= 'z') || (e >= 'A' && e <= 'Z') || !e))
        return fail(p, "this escape is not supported"), false;
    size_t n = text_utf8_next(text_part(p->t, p->at, p->t.len), c);
    if (!n) return fail(p, "unfinished"), false;
    p->at += n;
    return true;
}

static bool read_range(struct pattern *p, struct ranges *set) {
    uint32_t low, high;
    bool ok = true, escape = take(p, "\\");
    if (escape && take_named_set(p, set, &ok)) return ok;
    if (!read_character(p, escape, &low)) return false;
    high = low;
    if (peek(p) == '-' && p->at + 1 < p->t.len && p->t.at[p->at + 1] != ']') {
        p->at++;
        if (!read_character(p, take(p, "\\"), &high)) return false;
    }
    if (low > high) return fail(p, "a range from more to less"), false;
    return add(p, set, low, high);
}

static struct grammar_node *read_class(struct pattern *p) {
    struct ranges set = {.n = 0};
    bool negated = take(p, "^");
    while (!take(p, "]")) {
        if (!peek(p)) return fail(p, "a class without its ']'");
        if (!read_range(p, &set)) return NULL;
    }
    return set.n ? in_string(p, set.at, set.n, negated) : fail(p, "an empty class");
}

/* ---- Structure ---- */

static struct grammar_node *read_choice(struct pattern *p, bool inside);

static struct grammar_node *read_group(struct pattern *p) {
    if (take(p, "?")) {
        if (take(p, "<") && peek(p) != '=' && peek(p) != '!')
            while (peek(p) && !take(p, ">")) p->at++;
        else if (!take(p, ":"))
            return fail(p, "looking ahead or behind is not supported");
    }
    if (++p->nesting > NESTING_MOST) return fail(p, "groups nested too deep");
    struct grammar_node *node = read_choice(p, true);
    p->nesting--;
    return !node || take(p, ")") ? node : fail(p, "expected ')'");
}

static struct grammar_node *read_escape(struct pattern *p) {
    struct ranges set = {.n = 0};
    bool ok = true;
    uint32_t c;
    if (peek(p) == 'b' || peek(p) == 'B') return fail(p, "word borders are not supported");
    if (peek(p) >= '1' && peek(p) <= '9') return fail(p, "back references are not supported");
    if (take_named_set(p, &set, &ok)) return ok ? in_string(p, set.at, set.n, false) : NULL;
    return read_character(p, true, &c) && add(p, &set, c, c) ? in_string(p, set.at, set.n, false) : NULL;
}

static struct grammar_node *read_atom(struct pattern *p) {
    static const struct grammar_range line_ends[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
    struct grammar_range one;
    if (take(p, "(")) return read_group(p);
    if (take(p, "[")) return read_class(p);
    if (take(p, ".")) return in_string(p, line_ends, 3, true);
    if (take(p, "\\")) return read_escape(p);
    if (peek(p) && strchr("*+?{", peek(p))) return fail(p, "nothing stands before this repetition");
    if (peek(p) == '^' || peek(p) == '$') return fail(p, "'^' and '$' are supported at the ends of the pattern only");
    if (peek(p) == ']' || peek(p) == '}') return fail(p, "expected '\\' before this bracket");
    if (!read_character(p, false, &one.low)) return NULL;
    one.high = one.low;
    return in_string(p, &one, 1, false);
}

static bool read_number(struct pattern *p, uint32_t *out) {
    uint32_t n = 0;
    size_t from = p->at;
    for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
        if (n <= GRAMMAR_REPEATS_MOST) n = n * 10 + (uint32_t)(peek(p) - '0');
    *out = n;
    return p->at > from || (fail(p, "expected a number of repetitions"), false);
}

static struct grammar_node *read_repeat(struct pattern *p, struct grammar_node *atom) {
    uint32_t min = 0, max = GRAMMAR_NO_LIMIT;
    if (!atom) return NULL;
    if (take(p, "+")) {
        min = 1;
    } else if (take(p, "?")) {
        max = 1;
    } else if (take(p, "{")) {
        if (!read_number(p, &min)) return NULL;
        max = min;
        if (take(p, ",")) {
            max = GRAMMAR_NO_LIMIT;
            if (peek(p) != '}' && !read_number(p, &max)) return NULL;
        }
        if (!take(p, "}")) return fail(p, "expected '}'");
        if (min > GRAMMAR_REPEATS_MOST || (max != GRAMMAR_NO_LIMIT && max > GRAMMAR_REPEATS_MOST))
            return fail(p, "too many repetitions");
        if (min > max) return fail(p, "at least more than at most");
    } else if (!take(p, "*")) {
        return atom;
    }
    take(p, "?");
    if (peek(p) == '+' || peek(p) == '*') return fail(p, "a repetition of a repetition");
    return schema_repeat(p->b, atom, min, max);
}

static struct grammar_node *read_sequence(struct pattern *p, bool inside) {
    struct schema_build *b = p->b;
    struct grammar_node **parts = arena_new(&b->arena, struct grammar_node *, PARTS_MOST + 2, b->err);
    struct grammar_node *any = inside ? NULL : schema_repeat(b, schema_common(b, "char"), 0, GRAMMAR_NO_LIMIT);
    size_t n = 0;
    bool ended = false;
    if (!parts || (!inside && !any)) return NULL;
    if (!inside && !take(p, "^")) parts[n++] = any;
    while (!ended && peek(p) && peek(p) != '|' && !(inside && peek(p) == ')')) {
        if (peek(p) == ')') return fail(p, "')' without '('");
        ended = !inside && take(p, "$");
        if (ended) break;
        if (n > PARTS_MOST) return fail(p, "too long");
        if (!(parts[n++] = read_repeat(p, read_atom(p)))) return NULL;
    }
    if (ended && peek(p) && peek(p) != '|') return fail(p, "'^' and '$' are supported at the ends of the pattern only");
    if (!inside && !ended) parts[n++] = any;
    return grammar_list(&b->tree, NODE_SEQUENCE, parts, n, b->err);
}

static struct grammar_node *read_choice(struct pattern *p, bool inside) {
    struct grammar_node *node = read_sequence(p, inside);
    while (node && take(p, "|")) {
        struct grammar_node *other = read_sequence(p, inside);
        node = schema_list(p->b, NODE_CHOICE, 2, node, other);
    }
    return node;
}

struct grammar_node *schema_pattern(struct schema_build *b, struct text t) {
    struct pattern p = {.b = b, .t = t};
    if (memchr(t.at, 0, t.len)) return fail(&p, "a zero byte");
    return read_choice(&p, false);
}
