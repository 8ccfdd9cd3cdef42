/* The lenient rule: see maths.h. */
#include "verify/maths.h"

#include "base/buffer.h"
#include "base/rng.h"
#include "verify/maths_expression.h"

#include <ctype.h>
#include <math.h>

enum { POINTS = 8, LETTERS_MOST = 2, PARTS_MOST = 64 };

/* ---- words */

static const struct {
    const char *word;
    const char *factor; /* what stands for it; "": it goes */
} words[] = {
    {"trillion", "*10^{12}"},
    {"billion", "*10^{9}"},
    {"million", "*10^{6}"},
    {"thousand", "*10^{3}"},
    {"degrees", ""},
    {"degree", ""},
    {"centimeters", ""},
    {"centimeter", ""},
    {"meters", ""},
    {"meter", ""},
    {"feet", ""},
    {"foot", ""},
    {"inches", ""},
    {"inch", ""},
    {"yards", ""},
    {"yard", ""},
    {"miles", ""},
    {"mile", ""},
    {"kilometers", ""},
    {"kilometer", ""},
    {"liters", ""},
    {"liter", ""},
    {"seconds", ""},
    {"second", ""},
    {"minutes", ""},
    {"minute", ""},
    {"hours", ""},
    {"hour", ""},
    {"days", ""},
    {"day", ""},
    {"weeks", ""},
    {"week", ""},
    {"months", ""},
    {"month", ""},
    {"years", ""},
    {"year", ""},
    {"dollars", ""},
    {"dollar", ""},
    {"cents", ""},
    {"cent", ""},
    {"units", ""},
    {"unit", ""},
    {"square", ""},
    {"cubic", ""},
    {"cm", ""},
    {"mm", ""},
    {"km", ""},
};

static bool letter(struct text t, size_t at) {
    return at < t.len && isalpha((unsigned char)t.at[at]);
}

/* The word of the table that stands at a place as a whole word; its number, or the table's size. */
static size_t word_at(struct text t, size_t at) {
    size_t i = 0, n = sizeof words / sizeof *words;
    if (at > 0 && (letter(t, at - 1) || t.at[at - 1] == '\\')) return n;
    for (; i < n; i++) {
        struct text word = text_of(words[i].word);
        if (text_starts(text_part(t, at, t.len), word) && !letter(t, at + word.len)) return i;
    }
    return n;
}

/* Of \text{...}, \mbox{...}, \mathrm{...}: how many bytes the command and its brace have. */
static size_t text_command(struct text rest) {
    static const struct text commands[] = {TEXT("\\text{"), TEXT("\\mbox{"), TEXT("\\mathrm{"), TEXT("\\textbf{"),
                                           TEXT("\\mathbf{")};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (text_starts(rest, commands[i])) return commands[i].len;
    return 0;
}

static bool digit(struct text t, size_t at) {
    return at < t.len && isdigit((unsigned char)t.at[at]);
}

/* The comma of 1,234: three digits and no more behind it, one to three before it, or such a group. */
static bool is_thousands(struct text t, size_t at) {
    if (!digit(t, at + 1) || !digit(t, at + 2) || !digit(t, at + 3) || digit(t, at + 4)) return false;
    size_t before = 0;
    while (before < at && digit(t, at - 1 - before)) before++;
    if (before == 0 || before > 3) return false;
    size_t from = at - before;
    return from == 0 || t.at[from - 1] != ',' || (before == 3 && is_thousands(t, from - 1));
}

/* Blanks between a whole number and a fraction become a plus: 7 3/4, 7 \frac{3}{4}; -7 3/4 keeps its sign for both. */
static size_t mixed_at(struct text t, size_t at) {
    size_t behind = at;
    if (at == 0 || !digit(t, at - 1)) return 0;
    size_t start = at;
    while (start > 0 && digit(t, start - 1)) start--;
    if (start > 0 && (t.at[start - 1] == '/' || t.at[start - 1] == '.' || t.at[start - 1] == '^')) return 0;
    while (behind < t.len && t.at[behind] == ' ') behind++;
    struct text rest = text_part(t, behind, t.len);
    if (text_starts(rest, TEXT("\\frac{"))) return behind - at + 1;
    if (behind == at) return 0;
    size_t slash = behind;
    while (digit(t, slash)) slash++;
    return slash > behind && slash < t.len && t.at[slash] == '/' && digit(t, slash + 1) ? behind - at + 1 : 0;
}

static void put_plain(struct buffer *out, struct text t) {
    bool inside_text = false;
    for (size_t i = 0; i < t.len;) {
        size_t command = text_command(text_part(t, i, t.len)), word = word_at(t, i), mixed;
        if (command) {
            inside_text = true;
            i += command;
        } else if (inside_text && t.at[i] == '}') {
            inside_text = false;
            i++;
        } else if (word < sizeof words / sizeof *words) {
            buffer_put_c(out, words[word].factor);
            i += text_of(words[word].word).len;
            if (!*words[word].factor && i < t.len && t.at[i] == '^' && digit(t, i + 1)) i += 2; /* cm^2 */
        } else if (t.at[i] == ',' && is_thousands(t, i)) {
            i++;
        } else if ((mixed = mixed_at(t, i)) > 0) {
            bool negative = false;
            size_t start = i;
            while (start > 0 && digit(t, start - 1)) start--;
            negative = start > 0 && t.at[start - 1] == '-';
            buffer_put_char(out, negative ? '-' : '+');
            i += mixed - 1;
            if (text_starts(text_part(t, i, t.len), TEXT("\\frac"))) buffer_put_c(out, "\\frac"), i += 5;
        } else {
            buffer_put_char(out, t.at[i++]);
        }
    }
}

static bool plain_form(struct text t, struct arena *arena, struct text *out, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)16 * MATHS_TEXT_MOST);
    struct text normal;
    char *lower = text_copy(arena, t, err);
    for (size_t i = 0; lower && i < t.len; i++) lower[i] = (char)tolower((unsigned char)lower[i]);
    if (lower) put_plain(&b, (struct text){lower, t.len});
    char *kept = lower && buffer_check(&b, "answer", err) ? text_copy(arena, text_trim(buffer_text(&b)), err) : NULL;
    struct text plain = text_of(kept);
    buffer_done(&b);
    if (!kept || !maths_normal(plain, arena, &normal, err)) return false;
    while (normal.len && normal.at[normal.len - 1] == '.') normal.len--;
    *out = normal;
    return true;
}

/* ---- lists */

struct parts {
    char open, close; /* brackets, 0: none */
    size_t n;
    struct text part[PARTS_MOST];
};

static int turn(char c) {
    return c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
}

/* One pair of round or square brackets around the whole; (1,2] counts, (1)(2) does not. */
static bool is_bracketed(struct text t) {
    int depth = 0;
    if (t.len < 2 || (t.at[0] != '(' && t.at[0] != '[') || (t.at[t.len - 1] != ')' && t.at[t.len - 1] != ']'))
        return false;
    for (size_t i = 0; i + 1 < t.len; i++)
        if ((depth += turn(t.at[i])) <= 0) return false;
    return depth == 1;
}

/* Cuts at commas outside of brackets. */
static void cut(struct text t, struct parts *p) {
    bool bracketed = is_bracketed(t);
    struct text inside = bracketed ? text_part(t, 1, t.len - 1) : t;
    size_t from = 0;
    int depth = 0;
    *p = (struct parts){0};
    for (size_t i = 0; i <= inside.len && p->n < PARTS_MOST; i++) {
        bool end = i == inside.len;
        if (!end) depth += turn(inside.at[i]);
        if (!end && (inside.at[i] != ',' || depth != 0)) continue;
        p->part[p->n++] = text_trim(text_part(inside, from, i));
        from = i + 1;
    }
    if (p->n > 1 && bracketed) p->open = t.at[0], p->close = t.at[t.len - 1];
    if (p->n == 1) p->part[0] = t;
}

/* ---- numbers */

static bool is_whole(struct text t) {
    size_t i = t.len && t.at[0] == '-';
    while (digit(t, i)) i++;
    return i == t.len && t.len > (t.at[0] == '-');
}

struct fraction {
    bool negative;
    struct text above, below;
};

static bool take_minus(struct text *t) {
    bool minus = t->len && t->at[0] == '-';
    if (minus) *t = text_part(*t, 1, t->len);
    return minus;
}

/* \frac{a}{b} of whole numbers, with a minus in front or inside. */
static bool is_fraction(struct text t, struct fraction *out) {
    struct text mark = TEXT("\\frac{");
    bool negative = take_minus(&t);
    size_t middle = text_find(t, TEXT("}{"), 0);
    if (!text_starts(t, mark) || t.at[t.len - 1] != '}' || middle == SIZE_MAX) return false;
    *out = (struct fraction){negative, text_part(t, mark.len, middle), text_part(t, middle + 2, t.len - 1)};
    out->negative ^= take_minus(&out->above);
    out->negative ^= take_minus(&out->below);
    return is_whole(out->above) && is_whole(out->below);
}

static bool fractions_equal(const struct fraction *a, const struct fraction *b) {
    return a->negative == b->negative && text_equal(a->above, b->above) && text_equal(a->below, b->below);
}

/* 12.00 is whole, too. */
static bool is_decimal(struct text t) {
    double value;
    size_t i = t.len && t.at[0] == '-';
    return i < t.len && (digit(t, i) || t.at[i] == '.') && text_to_f64(t, &value);
}

/* 3.5*10^{6}, as "3.5 million" has become, is one as well. */
static bool is_whole_number(struct text t) {
    double value, power = 0;
    size_t factor = text_find(t, TEXT("*10^{"), 0);
    if (factor != SIZE_MAX && !text_to_f64(text_part(t, factor + 5, t.len - 1), &power)) return false;
    struct text digits = text_part(t, 0, factor == SIZE_MAX ? t.len : factor);
    if (is_whole(digits)) return true;
    if (!is_decimal(digits) || !text_to_f64(digits, &value)) return false;
    value *= pow(10, power);
    return value == floor(value);
}

/* ---- expressions */

static bool near(complex double a, complex double b) {
    return cabs(a - b) <= 1e-9 * fmax(1, fmax(cabs(a), cabs(b)));
}

static bool finite_value(complex double x) {
    return isfinite(creal(x)) && isfinite(cimag(x));
}

/* The k-th point: each letter gets a value of its own; first real points above 0, then complex ones. */
static void draw_point(const bool seen[256], complex double letters[256], size_t k) {
    for (unsigned l = 0; l < 256; l++) {
        if (!seen[l]) continue;
        struct rng rng = rng_stream(l, "maths/point", k);
        double x = 0.3 + 1.4 * rng_unit(&rng), y = rng_unit(&rng) - 0.5;
        letters[l] = k < POINTS / 2 ? x : x + y * I;
    }
}

/* Agrees at enough points; plus and minus may have changed places. */
static bool agree(const struct maths_node *a, const struct maths_node *b, const bool letters_seen[256], bool constant) {
    size_t seen = 0;
    bool same = true, crossed = true;
    for (size_t k = 0; k < (constant ? 1 : POINTS); k++) {
        complex double letters[256] = {0};
        draw_point(letters_seen, letters, k);
        complex double a1 = maths_value(a, letters, 1), a2 = maths_value(a, letters, -1);
        complex double b1 = maths_value(b, letters, 1), b2 = maths_value(b, letters, -1);
        if (!finite_value(a1) || !finite_value(a2) || !finite_value(b1) || !finite_value(b2)) continue;
        seen++;
        same = same && near(a1, b1) && near(a2, b2);
        crossed = crossed && near(a1, b2) && near(a2, b1);
    }
    return seen >= (constant ? 1 : POINTS / 2) && (same || crossed);
}

static bool expressions_equal(struct text x, struct text y, struct arena *arena, bool *equal, struct error *err) {
    bool letters_a[256] = {false}, letters_b[256] = {false};
    *equal = false;
    error_clear(err);
    const struct maths_node *a = maths_parse(x, arena, err), *b = a ? maths_parse(y, arena, err) : NULL;
    if (!a || !b) return err->kind == ERROR_NONE;
    size_t n = maths_letters(a, letters_a), m = maths_letters(b, letters_b);
    if (n > LETTERS_MOST || m > LETTERS_MOST || maths_has_nested_power(a) || maths_has_nested_power(b)) return true;
    maths_letters(b, letters_a); /* those of both */
    *equal = agree(a, b, letters_a, n + m == 0);
    return true;
}

/* ---- the rule */

static bool part_equal(struct text answer, struct text reference, struct arena *arena, bool *equal, struct error *err) {
    *equal = text_equal(answer, reference) && answer.len > 0;
    if (*equal || !answer.len || !reference.len) return true;
    struct fraction a, b;
    double x, y;
    if (is_decimal(answer) && is_decimal(reference) && text_to_f64(answer, &x) && text_to_f64(reference, &y))
        return *equal = x == y, true;
    if (is_fraction(answer, &a) && is_fraction(reference, &b)) return *equal = fractions_equal(&a, &b), true;
    if (is_whole(reference) && !is_whole_number(answer)) return true;
    return expressions_equal(answer, reference, arena, equal, err);
}

bool maths_equal_lenient(struct text answer, struct text reference, struct arena *arena, bool *equal,
                         struct error *err) {
    struct text a, b;
    struct parts *p = arena_new(arena, struct parts, 2, err);
    *equal = text_equal(answer, reference);
    if (!p) return false;
    if (answer.len > MATHS_TEXT_MOST || reference.len > MATHS_TEXT_MOST) return true;
    if (!plain_form(answer, arena, &a, err) || !plain_form(reference, arena, &b, err)) return false;
    *equal = a.len > 0 && text_equal(a, b);
    cut(a, &p[0]);
    cut(b, &p[1]);
    if (*equal || p[0].n != p[1].n || p[0].open != p[1].open || p[0].close != p[1].close || p[0].n == PARTS_MOST)
        return true;
    *equal = true;
    for (size_t i = 0; *equal && i < p[0].n; i++)
        if (!part_equal(p[0].part[i], p[1].part[i], arena, equal, err)) return false;
    return true;
}

bool maths_equal(struct text answer, struct text reference, struct arena *arena, bool *equal, struct error *err) {
    if (!maths_equal_strict(answer, reference, arena, equal, err)) return false;
    return *equal || maths_equal_lenient(answer, reference, arena, equal, err);
}
