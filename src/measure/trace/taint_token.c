/* Values of arguments that stand in another text as they are: see taint.h. */
#include "measure/trace/taint.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static double bits_of(struct text t) {
    double bits = 0;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        bits += isdigit(c) ? 3.3219280948873626 : isalpha(c) ? 4.700439718141092 : 5;
    }
    return bits;
}

static bool stands_in(struct text part, struct text whole) {
    for (size_t at = 0; (at = text_find(whole, part, at)) != SIZE_MAX; at++) {
        size_t end = at + part.len;
        if ((at == 0 || !is_word(whole.at[at - 1]) || !is_word(part.at[0])) &&
            (end == whole.len || !is_word(whole.at[end]) || !is_word(part.at[part.len - 1])))
            return true;
    }
    return false;
}

bool taint_stands_in(struct text word, double bits, struct text in) {
    return bits_of(word) >= bits && stands_in(word, in);
}

/* The next value of canonical JSON behind *at: what stands in a string that is no key, as it is written, or a number.
 * Arguments that are no JSON are one value. */
static bool next_value(struct text json, size_t *at, struct text *value) {
    while (*at < json.len) {
        char c = json.at[*at];
        size_t from = *at + (c == '"');
        if (c == '"') {
            size_t end = from;
            while (end < json.len && json.at[end] != '"') end += json.at[end] == '\\' ? 2 : 1;
            if (end > json.len) end = json.len;
            *at = end + 1;
            *value = text_part(json, from, end);
            if (*at < json.len && json.at[*at] == ':') continue; /* a key */
            return true;
        }
        if (isdigit((unsigned char)c) || c == '-') {
            while (*at < json.len && (isalnum((unsigned char)json.at[*at]) || strchr("+-.", json.at[*at]))) ++*at;
            *value = text_part(json, from, *at);
            return true;
        }
        ++*at;
    }
    return false;
}

bool taint_token(struct text x, struct text arguments, struct text asked, struct text *token) {
    bool json = arguments.len && (arguments.at[0] == '{' || arguments.at[0] == '[');
    size_t at = 0;
    struct text value = arguments;
    while (json ? next_value(arguments, &at, &value) : at++ == 0) {
        if (bits_of(value) < TAINT_BITS || value.len > x.len) continue;
        if (!stands_in(value, x) || stands_in(value, asked)) continue;
        *token = value;
        return true;
    }
    return false;
}
