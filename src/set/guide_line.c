/* Guidelines in what a teacher wrote: see guide.h. */
#include "set/guide.h"

#include <string.h>

/* "- ", "* ", "3. ", "(3) ", "**", a bullet. */
static struct text strip_bullet(struct text t) {
    for (bool more = true; more && t.len;) {
        size_t n = 0;
        while (n < t.len && t.at[n] >= '0' && t.at[n] <= '9') n++;
        bool number = n > 0 && n < t.len && (t.at[n] == '.' || t.at[n] == ')');
        more = number || strchr("-*#(", t.at[0]) || text_starts(t, TEXT("\xe2\x80\xa2"));
        if (!more) break;
        t = text_trim(text_part(t, number ? n + 1 : t.at[0] == '\xe2' ? 3 : 1, t.len));
    }
    return t;
}

static struct text strip_stars(struct text t) {
    while (t.len && t.at[0] == '*') t = text_part(t, 1, t.len);
    while (t.len && t.at[t.len - 1] == '*') t.len--;
    return text_trim(t);
}

static bool is_guideline(struct text line, struct guide_line *out) {
    size_t colon = text_find(line, TEXT(":"), 0);
    if (colon == SIZE_MAX || line.len > GUIDE_TEXT_MOST || text_utf8_invalid(line) != SIZE_MAX) return false;
    out->title = strip_stars(text_part(line, 0, colon));
    out->text = line;
    struct text rest = strip_stars(text_part(line, colon + 1, line.len));
    return out->title.len && rest.len && text_utf8_count(out->title) <= GUIDE_TITLE_MOST &&
           text_utf8_count(text_part(line, 0, colon)) < GUIDE_COLON_WITHIN;
}

bool guide_next_line(struct text *rest, struct guide_line *out) {
    struct text line;
    while (text_next(rest, '\n', &line))
        if (is_guideline(strip_bullet(text_trim(line)), out)) return true;
    return false;
}
