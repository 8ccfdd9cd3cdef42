/* GBNF to the tree: see grammar.h for the language. Recursive descent over bytes; every error says line and column. */
#include "lm/grammar/grammar_schema_internal.h"

#include <stdio.h>
#include <string.h>

struct gbnf {
    struct text t;
    size_t at;
    const char *name; /* of the source, for messages */
    struct grammar_tree *tree;
    size_t nesting;
    struct error *err;
};

/* ---- Places and characters ---- */

/* Puts "NAME:LINE:COLUMN: " before the message. Columns count characters. */
static bool placed(const struct gbnf *p, size_t at) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < p->t.len; i++) {
        bool feed = p->t.at[i] == '\n';
        line += feed;
        column = feed ? 1 : column + (((unsigned char)p->t.at[i] & 0xc0) != 0x80);
    }
    char message[sizeof p->err->message];
    if (p->err && p->err->kind == ERROR_DATA) {
        memcpy(message, p->err->message, sizeof message);
        error_set(p->err, ERROR_DATA, "%s:%zu:%zu: %.900s", p->name, line, column, message);
    }
    return false;
}

#define fail_at(p, place, ...) (error_set((p)->err, ERROR_DATA, __VA_ARGS__), placed((p), (place)))
#define fail(p, ...) fail_at((p), (p)->at, __VA_ARGS__)

/* 0 at the end; a zero byte in the source is refused at the start. */
static char peek(const struct gbnf *p) {
    return p->at < p->t.len ? p->t.at[p->at] : 0;
}

static bool take(struct gbnf *p, char c) {
    if (peek(p) != c || !c) return false;
    p->at++;
    return true;
}

static void skip_blanks(struct gbnf *p, bool lines) {
    for (char c; (c = peek(p)); p->at++) {
        if (c == '#') {
            while (p->at + 1 < p->t.len && p->t.at[p->at + 1] != '\n' && p->t.at[p->at + 1] != '\r') p->at++;
        } else if (c != ' ' && c != '\t' && !(lines && (c == '\n' || c == '\r'))) {
            return;
        }
    }
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static struct text take_name(struct gbnf *p) {
    size_t from = p->at;
    while (is_name_byte(peek(p))) p->at++;
    return text_part(p->t, from, p->at);
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_digits(struct gbnf *p, size_t n, uint32_t *out) {
    *out = 0;
    for (size_t i = 0; i < n; i++, p->at++) {
        int digit = digit_of(peek(p));
        if (digit < 0) return fail(p, "expected %zu hexadecimal digits behind the escape", n);
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static bool read_escape(struct gbnf *p, uint32_t *out) {
    static const char marks[] = "nrt\\\"[]", means[] = "\n\r\t\\\"[]";
    size_t from = p->at - 1;
    char c = peek(p);
    const char *known = c ? strchr(marks, c) : NULL;
    if (!known && c != 'x' && c != 'u' && c != 'U')
        return fail_at(p, from, "unknown escape; there are \\n \\r \\t \\\\ \\\" \\[ \\] \\xHH \\uHHHH \\UHHHHHHHH");
    p->at++;
    if (known) return *out = (uint32_t)(unsigned char)means[known - marks], true;
    if (!read_digits(p, c == 'x' ? 2 : c == 'u' ? 4 : 8, out)) return false;
    if (*out > 0x10FFFF || (*out >= 0xD800 && *out < 0xE000))
        return fail_at(p, from, "U+%04X is no character", (unsigned)*out);
    return true;
}

/* One code point of a literal or class. The source is valid UTF-8. */
static bool read_character(struct gbnf *p, uint32_t *out) {
    if (take(p, '\\')) return read_escape(p, out);
    size_t n = text_utf8_next(text_part(p->t, p->at, p->t.len), out);
    p->at += n ? n : 1;
    return true;
}

/* ---- Items ---- */

static struct grammar_node *read_literal(struct gbnf *p) {
    size_t from = p->at++;
    struct buffer bytes;
    struct grammar_node *node = NULL;
    char *copy;
    buffer_init(&bytes, p->t.len + 1);
    while (peek(p) != '"') {
        uint32_t c = 0;
        char encoded[4];
        if (!peek(p) || peek(p) == '\n') {
            fail_at(p, from, "a literal without its closing '\"'");
            goto out;
        }
        if (!read_character(p, &c)) goto out;
        buffer_put(&bytes, encoded, text_utf8_put(c, encoded));
    }
    p->at++;
    if (!buffer_check(&bytes, "a literal", p->err)) goto out;
    if ((copy = arena_copy(p->tree->arena, bytes.at ? bytes.at : "", bytes.len, p->err)))
        node = grammar_bytes(p->tree, (struct text){copy, bytes.len}, p->err);
out:
    buffer_done(&bytes);
    return node;
}

static bool read_range(struct gbnf *p, struct grammar_range *range) {
    size_t from = p->at;
    *range = (struct grammar_range){0};
    if (!read_character(p, &range->low)) return false;
    range->high = range->low;
    if (peek(p) != '-' || p->at + 1 >= p->t.len || p->t.at[p->at + 1] == ']') return true;
    p->at++;
    if (!read_character(p, &range->high)) return false;
    return range->low <= range->high ||
           fail_at(p, from, "a range from U+%04X down to U+%04X", (unsigned)range->low, (unsigned)range->high);
}

static struct grammar_node *read_class(struct gbnf *p) {
    struct grammar_range ranges[256], *all = ranges;
    size_t from = p->at++, n = 0, capacity = 256;
    bool negated = take(p, '^');
    struct grammar_node *node = NULL;
    while (!take(p, ']')) {
        if (!peek(p) || peek(p) == '\n') return fail_at(p, from, "a class without its closing ']'"), NULL;
        if (n == capacity) {
            struct grammar_range *grown =
                n < GRAMMAR_RANGES_MOST ? arena_new(p->tree->arena, struct grammar_range, capacity * 2, p->err) : NULL;
            if (n >= GRAMMAR_RANGES_MOST) fail_at(p, from, "a class of more than %d ranges", GRAMMAR_RANGES_MOST);
            if (!grown) return NULL;
            memcpy(grown, all, n * sizeof *grown);
            all = grown;
            capacity *= 2;
        }
        if (!read_range(p, &all[n++])) return NULL;
    }
    if (!n) return fail_at(p, from, "an empty class"), NULL;
    node = grammar_class(p->tree, all, n, negated, p->err);
    return node && node->n_ranges ? node : node ? (fail_at(p, from, "a class that no character is in"), NULL) : NULL;
}

static struct grammar_node *read_choice(struct gbnf *p, bool lines);

static struct grammar_node *read_group(struct gbnf *p) {
    size_t from = p->at++;
    if (++p->nesting > GRAMMAR_NESTING_MOST)
        return fail_at(p, from, "groups nested more than %d deep", GRAMMAR_NESTING_MOST), NULL;
    skip_blanks(p, true);
    struct grammar_node *node = read_choice(p, true);
    p->nesting--;
    if (!node) return NULL;
    return take(p, ')') ? node : (fail(p, "expected ')' of the group that begins at byte %zu", from), NULL);
}

static struct grammar_node *read_call(struct gbnf *p) {
    size_t from = p->at;
    uint32_t rule;
    if (!grammar_tree_rule(p->tree, take_name(p), from, &rule, p->err)) return placed(p, from), NULL;
    return grammar_call(p->tree, rule, p->err);
}

/* *found: an item stands here. */
static struct grammar_node *read_item(struct gbnf *p, bool *found) {
    const struct grammar_range none = {0, 0};
    *found = true;
    switch (peek(p)) {
    case '"':
        return read_literal(p);
    case '[':
        return read_class(p);
    case '(':
        return read_group(p);
    case '.':
        p->at++;
        return grammar_class(p->tree, &none, 0, true, p->err);
    case '<':
    case '!':
        return fail(p, "tokens as items are not supported; write the text of the token as a literal"), NULL;
    default:
        *found = is_name_byte(peek(p));
        return *found ? read_call(p) : NULL;
    }
}

static bool read_count(struct gbnf *p, uint32_t *out) {
    size_t from = p->at;
    uint64_t value = 0;
    for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
        if (value <= GRAMMAR_REPEATS_MOST) value = value * 10 + (uint64_t)(peek(p) - '0');
    if (p->at == from) return fail(p, "expected a number of repetitions");
    *out = (uint32_t)value;
    return value <= GRAMMAR_REPEATS_MOST || fail_at(p, from, "more than %d repetitions", GRAMMAR_REPEATS_MOST);
}

static bool read_braces(struct gbnf *p, bool lines, uint32_t *min, uint32_t *max) {
    size_t from = p->at;
    skip_blanks(p, lines);
    if (!read_count(p, min)) return false;
    *max = *min;
    skip_blanks(p, lines);
    if (take(p, ',')) {
        skip_blanks(p, lines);
        *max = GRAMMAR_NO_LIMIT;
        if (peek(p) != '}' && !read_count(p, max)) return false;
        skip_blanks(p, lines);
    }
    if (!take(p, '}')) return fail(p, "expected '}' behind a number of repetitions");
    return *max >= *min || fail_at(p, from, "at least %u and at most %u repetitions", (unsigned)*min, (unsigned)*max);
}

/* All of '*', '+', '?', {...} behind an item. */
static struct grammar_node *read_repeats(struct gbnf *p, struct grammar_node *item, bool lines) {
    size_t depth = 0;
    skip_blanks(p, lines);
    while (item) {
        size_t from = p->at;
        uint32_t min = 0, max = GRAMMAR_NO_LIMIT;
        if (take(p, '+')) {
            min = 1;
        } else if (take(p, '?')) {
            max = 1;
        } else if (take(p, '{')) {
            if (!read_braces(p, lines, &min, &max)) return NULL;
        } else if (!take(p, '*')) {
            return item;
        }
        if (++depth > 8) return fail_at(p, from, "more than 8 repetitions of one another"), NULL;
        item = grammar_repeat(p->tree, item, min, max, p->err);
        skip_blanks(p, lines);
    }
    return NULL;
}

/* ---- Lists ---- */

struct nodes {
    struct grammar_node **at;
    size_t n, capacity;
};

static bool add_node(struct gbnf *p, struct nodes *list, struct grammar_node *node) {
    if (!node) return false;
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct grammar_node **grown = memory_grow(list->at, capacity, sizeof(struct grammar_node *));
        if (!grown) return error_memory(p->err, "grammar");
        list->at = grown;
        list->capacity = capacity;
    }
    list->at[list->n++] = node;
    return true;
}

static struct grammar_node *read_sequence(struct gbnf *p, bool lines) {
    struct nodes items = {0};
    struct grammar_node *node = NULL, *item;
    bool ok = true, found;
    while (ok) {
        if (strchr("*+?{", peek(p)) && peek(p)) {
            ok = fail(p, "'%c' has nothing before it to repeat", peek(p));
            break;
        }
        item = read_item(p, &found);
        if (!found) break;
        ok = item && add_node(p, &items, read_repeats(p, item, lines));
    }
    if (ok) node = grammar_list(p->tree, NODE_SEQUENCE, items.at, items.n, p->err);
    memory_free(items.at);
    return node;
}

static struct grammar_node *read_choice(struct gbnf *p, bool lines) {
    struct nodes ways = {0};
    struct grammar_node *node = NULL;
    bool ok = add_node(p, &ways, read_sequence(p, lines));
    while (ok && take(p, '|')) {
        skip_blanks(p, true);
        ok = add_node(p, &ways, read_sequence(p, lines));
    }
    if (ok) node = grammar_list(p->tree, NODE_CHOICE, ways.at, ways.n, p->err);
    memory_free(ways.at);
    return node;
}

static bool read_rule(struct gbnf *p) {
    size_t from = p->at;
    struct text name = take_name(p);
    uint32_t rule;
    if (!name.len) return fail(p, "expected the name of a rule (letters, digits and '-')");
    skip_blanks(p, false);
    if (!text_starts(text_part(p->t, p->at, p->t.len), TEXT("::=")))
        return fail(p, "expected '::=' behind the name of a rule");
    p->at += 3;
    skip_blanks(p, true);
    if (!grammar_tree_rule(p->tree, name, from, &rule, p->err)) return placed(p, from);
    if (p->tree->rules[rule].body) return fail_at(p, from, "rule '%.*s' is defined twice", TEXT_ARG(name));
    p->tree->rules[rule].at = from;
    struct grammar_node *body = read_choice(p, false);
    if (!body) return false;
    p->tree->rules[rule].body = body;
    if (peek(p) && peek(p) != '\n' && peek(p) != '\r')
        return fail(
            p, "expected an item, '|' or the end of the line; a rule goes on in the next line only inside a group or "
               "behind '|'");
    skip_blanks(p, true);
    return true;
}

/* ---- All ---- */

static bool check_source(struct gbnf *p) {
    size_t zero = text_find(p->t, (struct text){"", 1}, 0), bad = text_utf8_invalid(p->t);
    if (p->t.len > GRAMMAR_TEXT_MOST)
        return error_set(p->err, ERROR_DATA, "%s: a grammar of %zu bytes, at most %zu", p->name, p->t.len,
                         GRAMMAR_TEXT_MOST);
    if (bad != SIZE_MAX) return fail_at(p, bad, "invalid UTF-8");
    return zero == SIZE_MAX || fail_at(p, zero, "a zero byte");
}

static bool check_rules(struct gbnf *p, uint32_t *root) {
    for (size_t i = 0; i < p->tree->n; i++)
        if (!p->tree->rules[i].body)
            return fail_at(p, p->tree->rules[i].at, "no rule '%.*s'", TEXT_ARG(p->tree->rules[i].name));
    if (!grammar_tree_rule(p->tree, TEXT("root"), p->t.len, root, p->err)) return placed(p, p->t.len);
    return p->tree->rules[*root].body || fail_at(p, p->t.len, "no rule 'root', which every grammar begins with");
}

static bool read_rules(struct gbnf *p) {
    skip_blanks(p, true);
    while (peek(p))
        if (!read_rule(p)) return false;
    return true;
}

static struct grammar *read_all(struct gbnf *p) {
    uint32_t root = 0;
    size_t culprit = SIZE_MAX;
    if (!read_rules(p) || !check_rules(p, &root)) return NULL;
    struct grammar *g = grammar_compile(p->tree, root, &culprit, p->err);
    if (!g && culprit != SIZE_MAX) placed(p, p->tree->rules[culprit].at);
    return g;
}

struct grammar *grammar_from_gbnf(struct text t, const char *shown_name, struct error *err) {
    struct error ignored = {0};
    struct arena arena;
    struct grammar_tree tree;
    struct gbnf p = {.t = t, .name = shown_name, .tree = &tree, .err = err ? err : &ignored};
    arena_init(&arena, (size_t)1 << 30);
    struct grammar *g = check_source(&p) && grammar_tree_init(&tree, &arena, p.err) ? read_all(&p) : NULL;
    arena_done(&arena);
    return g;
}

bool grammar_gbnf_add(struct grammar_tree *tree, struct text t, const char *name, struct error *err) {
    struct gbnf p = {.t = t, .name = name, .tree = tree, .err = err};
    return check_source(&p) && read_rules(&p);
}
