/* The normal form of an answer, and the box it stands in. See maths.h. Each step rewrites the text as a whole, in the
 * order of the published grader, because later steps rely on earlier ones. */
#include "verify/maths.h"

#include "base/buffer.h"

#include <ctype.h>

/* ---- the box */

/* Behind the bracket that closes the one at t.at[open]; SIZE_MAX: none does. */
static size_t behind_brace(struct text t, size_t open) {
    size_t depth = 0;
    for (size_t i = open; i < t.len; i++) {
        if (t.at[i] == '{') depth++;
        if (t.at[i] == '}' && --depth == 0) return i + 1;
    }
    return SIZE_MAX;
}

bool maths_boxed(struct text solution, struct text *inside) {
    static const struct text marks[] = {TEXT("\\boxed{"), TEXT("\\fbox{")};
    size_t last = SIZE_MAX, open = 0;
    for (size_t m = 0; m < 2; m++)
        for (size_t at = text_find(solution, marks[m], 0); at != SIZE_MAX; at = text_find(solution, marks[m], at + 1))
            if (last == SIZE_MAX || at > last) last = at, open = at + marks[m].len - 1;
    size_t end = last == SIZE_MAX ? SIZE_MAX : behind_brace(solution, open);
    if (end == SIZE_MAX) return false;
    *inside = text_part(solution, open + 1, end - 1);
    return true;
}

/* ---- the normal form */

struct rewrite {
    struct text from, to;
};

/* In this order; the first that fits at a place is taken. */
static const struct rewrite rewrites[] = {
    {TEXT("\n"), TEXT("")},
    {TEXT("\\!"), TEXT("")},
    {TEXT("\\,"), TEXT("")},
    {TEXT("\\;"), TEXT("")},
    {TEXT("\\ "), TEXT("")},
    {TEXT("\\\\"), TEXT("\\\\")}, /* a line break of a matrix stays, and hides the byte behind it */
    {TEXT("\\tfrac"), TEXT("\\frac")},
    {TEXT("\\dfrac"), TEXT("\\frac")},
    {TEXT("\\cfrac"), TEXT("\\frac")},
    {TEXT("\\left"), TEXT("")},
    {TEXT("\\right"), TEXT("")},
    {TEXT("^{\\circ}"), TEXT("")},
    {TEXT("^\\circ"), TEXT("")},
    {TEXT("\\%"), TEXT("")},
    {TEXT("%"), TEXT("")},
    {TEXT("\\$"), TEXT("")},
    {TEXT("$"), TEXT("")},
};

/* \left and \right go, \leftarrow and \rightarrow stay. */
static bool fits(struct text t, size_t at, struct text part) {
    if (!text_starts(text_part(t, at, t.len), part)) return false;
    size_t end = at + part.len;
    bool command = part.len > 2 && part.at[0] == '\\' && isalpha((unsigned char)part.at[part.len - 1]);
    bool bare_name = command && part.at[part.len - 1] != 'c'; /* \dfracx is \dfrac x */
    return !bare_name || end == t.len || !isalpha((unsigned char)t.at[end]);
}

static void rewrite(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len;) {
        size_t r = 0;
        while (r < sizeof rewrites / sizeof *rewrites && !fits(t, i, rewrites[r].from)) r++;
        if (r < sizeof rewrites / sizeof *rewrites) {
            buffer_put_text(out, rewrites[r].to);
            i += rewrites[r].from.len;
        } else {
            buffer_put_char(out, t.at[i++]);
        }
    }
}

/* "12\text{ cm}": what stands before the last \text that begins with a blank. */
static struct text without_unit(struct text t) {
    size_t at = text_find(t, TEXT("\\text{ "), 0);
    return at == SIZE_MAX || at == 0 ? t : text_part(t, 0, at);
}

/* "x = 5": what stands behind the only sign of equality, when at most two bytes stand before it. */
static struct text without_name(struct text t) {
    size_t at = text_find(t, TEXT("="), 0);
    if (at == SIZE_MAX || text_find(t, TEXT("="), at + 1) != SIZE_MAX) return t;
    return text_trim(text_part(t, 0, at)).len <= 2 ? text_trim(text_part(t, at + 1, t.len)) : t;
}

/* One argument of a command: a group as it stands, or one byte or command in braces. Returns where it ends. */
static size_t put_argument(struct buffer *out, struct text t, size_t at) {
    size_t end = at + 1;
    if (at >= t.len) return at;
    if (t.at[at] == '{') {
        end = behind_brace(t, at);
        if (end == SIZE_MAX) end = t.len;
        buffer_put_text(out, text_part(t, at, end));
        return end;
    }
    if (t.at[at] == '\\')
        while (end < t.len && isalpha((unsigned char)t.at[end])) end++;
    buffer_printf(out, "{%.*s}", TEXT_ARG(text_part(t, at, end)));
    return end;
}

/* \sqrt3 and \frac12 get the braces that LaTeX supplies. */
static void put_braces(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len;) {
        struct text rest = text_part(t, i, t.len), command = TEXT("");
        size_t arguments = 0;
        if (text_starts(rest, TEXT("\\frac"))) command = TEXT("\\frac"), arguments = 2;
        if (text_starts(rest, TEXT("\\sqrt")) && rest.len > 5 && rest.at[5] != '[')
            command = TEXT("\\sqrt"), arguments = 1;
        buffer_put_text(out, command);
        i += command.len;
        for (size_t a = 0; a < arguments; a++) i = put_argument(out, t, i);
        if (!arguments) buffer_put_char(out, t.at[i++]);
    }
}

static bool is_whole(struct text t) {
    size_t i = t.len && (t.at[0] == '-' || t.at[0] == '+');
    if (i == t.len || t.len > 40) return false;
    while (i < t.len && isdigit((unsigned char)t.at[i])) i++;
    return i == t.len;
}

/* What the whole answer is: 0.5, a/b of whole numbers, a point in front. */
static void put_whole(struct buffer *out, struct text t) {
    size_t slash = text_find(t, TEXT("/"), 0);
    if (text_equal_c(t, "0.5")) {
        buffer_put_c(out, "\\frac{1}{2}");
    } else if (slash != SIZE_MAX && is_whole(text_part(t, 0, slash)) && is_whole(text_part(t, slash + 1, t.len))) {
        buffer_printf(out, "\\frac{%.*s}{%.*s}", (int)slash, t.at, TEXT_ARG(text_part(t, slash + 1, t.len)));
    } else {
        buffer_put_text(out, t);
    }
}

static void without_blanks(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '.' && i + 1 < t.len && isdigit((unsigned char)t.at[i + 1]) &&
            (i == 0 || t.at[i - 1] == ' ' || t.at[i - 1] == '{'))
            buffer_put_char(out, '0');
        if (!isspace((unsigned char)t.at[i])) buffer_put_char(out, t.at[i]);
    }
}

bool maths_normal(struct text answer, struct arena *arena, struct text *out, struct error *err) {
    struct buffer a, b;
    char *kept = NULL;
    *out = answer;
    if (answer.len > MATHS_TEXT_MOST) return true;
    buffer_init(&a, (size_t)8 * MATHS_TEXT_MOST);
    buffer_init(&b, (size_t)8 * MATHS_TEXT_MOST);
    rewrite(&a, text_trim(answer));
    without_blanks(&b, without_name(without_unit(buffer_text(&a))));
    buffer_clear(&a);
    put_braces(&a, buffer_text(&b));
    buffer_clear(&b);
    put_whole(&b, buffer_text(&a));
    if (buffer_check(&a, "answer", err) && buffer_check(&b, "answer", err))
        kept = text_copy(arena, buffer_text(&b), err);
    *out = (struct text){kept, b.len};
    buffer_done(&a);
    buffer_done(&b);
    return kept != NULL;
}

bool maths_equal_strict(struct text a, struct text b, struct arena *arena, bool *equal, struct error *err) {
    struct text x, y;
    if (!maths_normal(a, arena, &x, err) || !maths_normal(b, arena, &y, err)) return false;
    *equal = text_equal(x, y);
    return true;
}
